"""Answers as values: checked when made, columns as servers describe them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql import constants as c
from fakemysql.answers import Column
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7
from fakemysql.rows import Precoded
from fakemysql.scripting.answers import answer_of, error, ok, pass_on, result
from fakemysql.sql.charsets import Charset
from fakemysql.sql.declared import columns, declared, inferred
from fakemysql.sql.shapes import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UTF8 = Results(Charset("utf8mb4", "", "utf8mb4_general_ci", 4, "utf-8"), 45)
LATIN1 = Results(Charset("latin1", "", "latin1_swedish_ci", 1, "latin-1"), 8)
AS_THEY_ARE = Results(None, 63)
GOLDEN = Path(__file__).parent / "data" / "column-types.txt"


def golden() -> list[tuple[str, str, tuple[int, ...]]]:
    """Server, type, and the numbers of its definition: type, collation, length, flags, decimals."""
    found = []
    for line in GOLDEN.read_text().splitlines():
        if not line.startswith("#"):
            server, kind, *numbers = line.split("|")
            found.append((server, kind, tuple(int(number, 0) for number in numbers)))
    return found


@pytest.mark.parametrize(("server", "kind", "numbers"), golden(), ids=lambda value: value if type(value) is str else "")
def test_a_column_is_described_as_the_server_does(server: str, kind: str, numbers: tuple[int, ...]) -> None:
    persona = MARIADB_10_11 if server == "mariadb" else MYSQL_9_7
    column = declared("a", kind).definition(UTF8, persona.dialect)
    assert numbers == (column.type, column.character_set, column.column_length, column.flags, column.decimals)


def test_text_is_described_in_the_character_set_of_the_results() -> None:
    column = declared("a", "varchar(20)")
    assert column.definition(LATIN1, MYSQL_9_7.dialect).column_length == 20
    as_it_is = column.definition(AS_THEY_ARE, MYSQL_9_7.dialect)
    assert (as_it_is.column_length, as_it_is.character_set) == (80, 255)
    assert column.definition(AS_THEY_ARE, MARIADB_10_11.dialect).character_set == 45


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("gigantic", "there is no type 'gigantic'; there are bigint, binary, bit, .*varchar, year"),
        ("int int", "'int int' is no type; write it as CREATE TABLE does"),
        ("varchar(x)", "the parentheses hold 'x' where numbers belong"),
        ("varchar(5) unsigned", "no number that could be unsigned"),
    ],
)
def test_what_is_no_type_is_refused(kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"column 'a': .*{message}"):
        declared("a", kind)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, -5], "bigint"),
        ([1, 1 << 63], "bigint unsigned"),
        ([1 << 64], "decimal(20,0)"),
        ([True, None], "bool"),
        ([True, 7], "bigint"),
        ([1, 2.5], "double"),
        ([1, Decimal("12.50")], "decimal(4,2)"),
        ([Decimal("0.001"), Decimal("1E+3")], "decimal(7,3)"),
        (["ann", "Zoë"], "varchar(3)"),
        (["x" * 16384], "longtext"),
        ([b"abc"], "varbinary(3)"),
        ([b"x" * 65536], "longblob"),
        ([dt.date(2024, 2, 29)], "date"),
        ([dt.date(2024, 2, 29), dt.datetime(2024, 2, 29)], "datetime"),
        ([dt.datetime(2024, 2, 29, microsecond=5)], "datetime(6)"),
        ([dt.timedelta(hours=-1)], "time"),
        ([dt.timedelta(microseconds=1)], "time(6)"),
        ([None], "varchar(255)"),
        ([], "varchar(255)"),
        (["a", b"bc", 1], "varchar(32)"),
    ],
)
def test_a_type_follows_from_the_values(values: list[Any], kind: str) -> None:
    assert inferred("a", values) == declared("a", kind)


def test_a_value_that_no_column_holds_is_refused() -> None:
    with pytest.raises(TypeError, match=r"column 'a': \[1\] is a list, which no column holds"):
        result([([1],)], ["a"])  # type: ignore[list-item]


def test_columns_are_written_in_several_ways() -> None:
    assert columns("id:int, price : decimal(10,2),note") == [
        ("id", "int"),
        ("price", "decimal(10,2)"),
        ("note", None),
    ]
    exactly = Column("c", c.FIELD_TYPE_YEAR, 63, 4)
    made = result([(1, "x", 2024)], ["a:int", ("b", "char(1)"), exactly])
    assert [column.name for column in made.columns] == ["a", "b", "c"]
    assert made.columns[2] is exactly
    assert [column.name for column in result([(1, 2)]).columns] == ["column_1", "column_2"]
    assert [column.name for column in result([{"a": 1, "b": 2}]).columns] == ["a", "b"]
    assert repr(made) == "result of 1 rows, columns a, b, c"


def test_rows_are_taken_in_several_forms() -> None:
    assert result([{"b": 2, "a": 1}, {"a": 3, "b": 4}], "a, b").rows == ((1, 2), (3, 4))
    assert result((number,) for number in range(2)).rows == ((0,), (1,))
    given = [(1,)]
    made = result(given)
    given.append((2,))
    assert list(made.rows) == [(1,)], "what the caller does with the list later changes nothing"
    row = [1]
    made = result([row])
    row[0] = 2
    assert list(made.rows) == [(1,)], "nor what it does with a row"
    precoded = Precoded([(1,)])
    assert result(precoded).rows is precoded


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_many_rows_are_turned_into_packets_once(kind: Callable[[list[list[int]]], Iterable[list[int]]]) -> None:
    rows = [[number] for number in range(1000)]
    made = result(kind(rows))
    rows[0][0] = 77
    assert isinstance(made.rows, Precoded)
    assert list(made.rows) == [(number,) for number in range(1000)]
    assert isinstance(result([(1,)]).rows, tuple), "a few are written sooner than found"
    lazy = _Rows()
    assert result(lazy).rows is lazy, "a sequence of the caller's own decides itself what it holds"


def test_what_a_complete_column_is_given_is_looked_at_too() -> None:
    exactly = Column("c", c.FIELD_TYPE_BLOB, 63, 4)
    with pytest.raises(TypeError, match=r"column 'c': \{1\} is a set, which no column holds"):
        result([(b"ab",), ({1},)], [exactly])  # type: ignore[list-item]


class _Rows(Sequence["tuple[int]"]):
    def __len__(self) -> int:
        return 1000

    def __getitem__(self, index: Any) -> Any:
        return (range(1000)[index],)


@pytest.mark.parametrize(
    ("rows", "wanted", "message"),
    [
        ("ab", None, "rows is a list of tuples, or of mappings; got 'ab'"),
        ({"a": 1}, None, "rows is a list"),
        (17, None, "rows is a list"),
        ([1], None, r"rows\[0\] is 1; a row is a tuple, also of one value: \(1,\)"),
        (["ab"], None, r"rows\[0\] is 'ab'; a row is a tuple"),
        ([(1,), (1, 2)], None, r"rows\[1\] has 2 values for 1 columns: \(1, 2\)"),
        ([(1,)], "a, b", r"rows\[0\] has 1 values for 2 columns"),
        ([], None, "a result has at least one column"),
        ([()], None, "a result has at least one column"),
        ([(1,)], [], "a result has at least one column"),
        ([(1,)], [17], "a column is 'name'"),
        ([(1,)], "a:", "'a:' in 'a:' is not NAME or NAME:TYPE"),
        ([(1,)], ", a", "is not NAME or NAME:TYPE"),
        ([{"a": 1}, (2,)], None, r"rows\[1\] is \(2,\) among mappings"),
        ([{"a": 1}, {"b": 2}], None, r"rows\[1\] has the keys \['b'\], and the columns are \['a'\]"),
        ([("x",)], "a:int", "column 'a' is int, and 'x' is no number"),
    ],
)
def test_rows_that_do_not_fit_are_refused_where_they_are_written(rows: Any, wanted: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        result(rows, wanted)


def test_errors_that_are_known_need_their_code_alone() -> None:
    assert (error(1213).sqlstate, error(1213).message[:8]) == ("40001", "Deadlock")
    assert error(1205, message="too long").sqlstate == "HY000"
    assert error(1205, "40001").message.startswith("Lock wait timeout")
    assert error(9999, message="own").sqlstate == "HY000"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "an error's code is a number from 1 to 65535; got 0"),
        (("1213",), "an error's code is a number"),
        ((9999,), r"error 9999 is not known here; give its text: error\(9999, 'HY000', '...'\)"),
        ((1213, "4000"), "an SQLSTATE has five ASCII characters; got '4000'"),
    ],
)
def test_errors_that_make_no_sense_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        error(*arguments)


def test_ok_carries_counts_and_warnings() -> None:
    assert ok(3, warnings=2).warnings == (("Warning", 1105, "Scripted warning"),) * 2
    assert ok(warnings=[("Note", 1051, "Unknown table")]).warnings == (("Note", 1051, "Unknown table"),)
    with pytest.raises(ValueError, match="affected_rows is a count below"):
        ok(-1)
    with pytest.raises(ValueError, match="last_insert_id is a count below"):
        ok(last_insert_id="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a warning is"):
        ok(warnings=[("Loud", 1, "x")])


def test_several_answers_are_one() -> None:
    first, second = result([(1,)]), ok()
    assert answer_of([first, second]) == (first, second)
    assert answer_of([second]) is second
    assert answer_of(pass_on()) is pass_on()
    assert answer_of([ok(), error(1213)])
    with pytest.raises(ValueError, match="nothing follows an error"):
        answer_of([error(1213), ok()])
    for wrong in (None, [], [(1,)], "ok", [pass_on(), ok()]):
        with pytest.raises(TypeError, match="an answer is result"):
            answer_of(wrong)
