"""Expressions: precedence, names of columns, values and the ways between them; what golden answers do not reach."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.sql import shapes, values
from fakemysql.sql.charsets import mariadb_charsets, mysql_charsets
from fakemysql.sql.dialect import MARIADB, MYSQL
from fakemysql.sql.shapes import Coercibility, Family
from fakemysql.sql.sqlerrors import SqlError

from .engine_client import Bench

MYSQL_PERSONA = "mysql-9.7"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("2 * 3 DIV 4 % 5", 1),
        ("1 | 2 & 3 << 1", 3),
        ("5 ^ 1 * 2", 8),
        ("-2 ^ 2", 18446744073709551612),
        ("NOT 1 = 2", 1),
        ("NOT 0 AND 0", 0),
        ("1 OR 0 AND 0", 1),
        ("1 XOR 1 OR 1", 1),
        ("1 = 1 = 1", 1),
        ("3 BETWEEN 1 AND 5 AND 0", 0),
        ("1 IN (1) IN (0)", 0),
        ("'a' LIKE 'a' AND 1", 1),
        ("1 IS NULL IS NULL", 0),
        ("! 1 + 1", 1),
        ("~ 0 = 18446744073709551615", 1),
        ("- - - 1", -1),
        ("@v := 1 + 1", 2),
        ("CASE WHEN 0 THEN 1 WHEN 1 THEN 2 END + 1", 3),
        ("BINARY 'a' = 'A' OR 1", 1),
        ("'a' COLLATE utf8mb4_bin = 'A'", 0),
        ("INTERVAL(2, 1, 3)", 1),
    ],
)
def test_operators_bind_as_the_manual_says(expression: str, value: int) -> None:
    assert Bench().login().value(expression) == value


def test_a_sign_rounds_no_decimal() -> None:
    """Python's own decimals keep 28 digits; a server's keep 65."""
    exact = "-12345678901234567890.123456789"
    assert Bench().login().value(exact) == Decimal(exact)


def test_sql_modes_change_what_operators_mean() -> None:
    client = Bench().login()
    client.ok("SET sql_mode = 'PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE,IGNORE_SPACE'")
    assert client.value("'a' || 'b' || 1") == "ab1"
    assert client.value("NOT 1 = 0") == 1
    assert client.value("NOT 0 + 5") == 6
    assert client.value("COUNT (*)") == 1
    client.ok("SET sql_mode = ''")
    assert client.value("NOT 1 = 0") == 1
    assert client.value("NOT 0 + 5") == 0


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("1", "1"),
        (" 1 + 1 ", "1 + 1"),
        ("(1)", "1"),
        ("((1 + 1))", "1 + 1"),
        ("+1", "1"),
        ("'it''s'", "it's"),
        ("'a' AS b", "b"),
        ("1 'c'", "c"),
        ('1 "d"', "d"),
        ("1 AS `e f`", "e f"),
        ("1 AS ``", ""),
        ("@@session . sql_mode", "@@session . sql_mode"),
        ("concat( 'a' )", "concat( 'a' )"),
        ("true", "true"),
        ("null", "NULL"),
        ("_utf8mb4'x'", "x"),
        ("{d '2020-01-01'}", "{d '2020-01-01'}"),
        ("{d 5}", "5"),
    ],
)
def test_a_column_is_named_by_what_was_written(item: str, name: str) -> None:
    assert Bench().login().column(item).name == name


@pytest.mark.parametrize("persona", ["mariadb-10.11", MYSQL_PERSONA])
def test_select_dollar_dollar_is_an_error(persona: str) -> None:
    """Stock clients ask this, and lose their step over a result set."""
    failure = Bench(persona).login().failure("select $$")
    if persona == MYSQL_PERSONA:
        assert failure.code == 1064
        assert failure.message.endswith("near '$$' at line 1")
    else:
        assert (failure.code, failure.message) == (1054, "Unknown column '$$' in 'SELECT'")


@pytest.mark.parametrize(
    ("statement", "near"),
    [
        ("SELECT ?", "?"),
        ("SELECT 1 FROM", ""),
        ("SELECT (1, 2", ""),
        ("SELECT 1 COLLATE 1", "1"),
        ("SELECT CASE 1 END", "END"),
        ("SELECT EXISTS 1", "1"),
        ("SELECT CAST(1 AS DECIMAL(1,", ""),
        ("SELECT CONVERT(1 USING 1)", "1)"),
        ("SELECT TRIM(BOTH 'x')", ")"),
        ("SELECT TIMESTAMPDIFF(DAY, 1)", ")"),
        ("SELECT a.1", ".1"),
        ("SELECT @@session.1.5", ".1.5"),
        ("SELECT {5}", "5}"),
        ("SELECT IF(1, 2, 3, 4)", ", 4)"),
        ("SELECT LEFT('a')", ")"),
        ("SELECT TABLE", "TABLE"),
    ],
)
def test_a_syntax_error_shows_where_it_was_seen(statement: str, near: str) -> None:
    failure = Bench().login().failure(statement)
    assert failure.code == 1064
    assert failure.message.endswith(f"near '{near}' at line 1"), failure.message


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("(1, 2)", 1241),
        ("1 = (1, 2)", 1241),
        ("(1, 2) = (1, 2, 3)", 1241),
        ("1 = ANY (SELECT 1, 2)", 1241),
        ("1 = ANY (1)", 1235),
        ("nosuch", 1054),
        ("nosuch()", 1305),
        ("9223372036854775807 + 1", 1690),
        ("1e308 * 10", 1690),
        ("'a' REGEXP '('", 1139),
        ("1e999", 1367),
        ("_utf8mb4 x'ff'", 1300),
        ("CONVERT('a' USING nosuch)", 1115),
        ("1 UNION SELECT 2 ORDER BY CONCAT('x')", 1235),
    ],
)
def test_what_cannot_be_has_its_code(expression: str, code: int) -> None:
    assert Bench().login().failure(f"SELECT {expression}").code == code


def test_without_a_database_a_function_cannot_be_unknown() -> None:
    client = Bench().login(database="")
    assert client.failure("SELECT nosuch()").code == 1046
    assert client.failure("SELECT test.nosuch()").message == "FUNCTION test.nosuch does not exist"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 > ANY (SELECT 0 UNION SELECT 2)", 1),
        ("1 > SOME (SELECT 2 UNION SELECT NULL)", None),
        ("NULL = ANY (SELECT 1)", None),
        ("1 = ANY (SELECT 1 WHERE 0)", 0),
        ("1 < ALL (SELECT 2 UNION SELECT 3)", 1),
        ("1 < ALL (SELECT 2 UNION SELECT NULL)", None),
        ("5 < ALL (SELECT 2 UNION SELECT NULL)", 0),
        ("1 < ALL (SELECT 2 WHERE 0)", 1),
        ("1 IN (SELECT 2 UNION SELECT NULL)", None),
        ("(1, 2) <= (1, 2)", 1),
        ("(1, 2) < (1, 2)", 0),
        ("(1, 3) <> (1, 2)", 1),
        ("EXISTS (SELECT 1 WHERE 1)", 1),
    ],
)
def test_rows_and_subqueries_compare(expression: str, value: int | None) -> None:
    assert Bench().login().value(expression) == value


# --------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.5, "1.5"),
        (-0.001, "-0.001"),
        (1e14, "100000000000000"),
        (1e15, "1e15"),
        (123456789012345.6, "123456789012345.6"),
        (1.5e100, "1.5e100"),
        (-2.5e-20, "-2.5e-20"),
        (1e-5, "0.00001"),
        (1.25e-7, "0.000000125"),
        (1e-15, "0.000000000000001"),
        (1e-16, "1e-16"),
    ],
)
def test_doubles_are_printed_as_the_servers_do(number: float, text: str) -> None:
    assert values.double_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_double_reads_back_the_same(number: float) -> None:
    assert values.text_to_double(values.double_text(number)) == number or abs(number) > 1.7e308


def test_fixed_decimals_are_printed_as_many() -> None:
    assert values.double_text(1.5, 3) == "1.500"
    assert values.decimal_text(Decimal("1.005"), 2) == "1.01"
    assert values.decimal_text(Decimal("-0.001"), 2) == "0.00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-02", dt.datetime(2020, 1, 2)),
        ("20-1-2", dt.datetime(2020, 1, 2)),
        ("70-1-2", dt.datetime(1970, 1, 2)),
        ("2020-01-02 03:04", dt.datetime(2020, 1, 2, 3, 4)),
        ("2020-01-02T03:04:05.6", dt.datetime(2020, 1, 2, 3, 4, 5, 600000)),
        ("20200102030405", dt.datetime(2020, 1, 2, 3, 4, 5)),
        ("2020-02-30", None),
        ("0000-00-00", None),
        ("x", None),
    ],
)
def test_dates_are_read_in_all_their_spellings(text: str, moment: dt.datetime | None) -> None:
    assert values.parse_datetime(text) == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10:11:12", 36672),
        ("10:11", 36660),
        ("-1:00:00", -3600),
        ("1 02:00:00", 93600),
        ("101112", 36672),
        ("12", 12),
        ("2020-01-02 00:00:05", 5),
        ("10:70:00", None),
        ("99:99", None),
        ("1270", None),
        ("x", None),
    ],
)
def test_times_are_read_in_all_their_spellings(text: str, seconds: int | None) -> None:
    time = values.parse_time(text)
    assert (None if time is None else time.total_seconds()) == seconds


@given(st.datetimes(min_value=dt.datetime(1000, 1, 1), max_value=dt.datetime(9999, 12, 31)))
def test_a_moment_survives_its_text(moment: dt.datetime) -> None:
    assert values.parse_datetime(values.datetime_text(moment, 6)) == moment


@given(st.timedeltas(min_value=dt.timedelta(hours=-838), max_value=dt.timedelta(hours=838)))
def test_a_time_survives_its_text(time: dt.timedelta) -> None:
    assert values.parse_time(values.time_text(time, 6)) == time


def test_a_time_is_no_moment_and_compares_with_one_by_its_digits() -> None:
    time, moment = dt.timedelta(hours=1), dt.datetime(2020, 1, 1)
    assert values.to_datetime(time, shapes.temporal(Family.TIME)) is None
    shape_of = {Family.TIME: shapes.temporal(Family.TIME), Family.DATE: shapes.temporal(Family.DATE)}
    binary = mysql_charsets().by_id[63]
    answer = values.compare(time, shape_of[Family.TIME], "x", shapes.NULL, binary, values.ignore)
    assert answer == 1
    assert values.compare(moment, shape_of[Family.DATE], 5, shapes.integer(1), binary, values.ignore) == 1


def test_text_counts_as_a_number_as_far_as_it_is_one() -> None:
    told: list[tuple[int, str]] = []
    warn = lambda code, text: told.append((code, text))  # noqa: E731
    assert values.text_to_double("12abc", warn) == 12
    assert values.text_to_double("1e999", warn) == 1.7976931348623157e308
    assert values.text_to_double("-1e999", warn) == -1.7976931348623157e308
    assert values.text_to_decimal("1.5x", warn) == Decimal("1.5")
    assert values.text_to_decimal("x", warn) == 0
    assert values.to_integer("99999999999999999999", shapes.NULL, warn) == values.UINT64_MAX
    assert len(told) == 6


@pytest.mark.parametrize(
    ("one", "other", "collation", "order"),
    [
        ("a", "A", "utf8mb4_0900_ai_ci", 0),
        ("a", "A", "utf8mb4_0900_as_cs", 1),
        ("a ", "a", "utf8mb4_general_ci", 0),
        ("a ", "a", "utf8mb4_0900_ai_ci", 1),
        ("ä", "a", "utf8mb4_0900_ai_ci", 0),
        ("ä", "a", "utf8mb4_0900_as_ci", 1),
        ("Ä", "ä", "utf8mb4_0900_as_ci", 0),
        ("ß", "ss", "utf8mb4_0900_ai_ci", 0),
        ("ß", "ss", "utf8mb4_general_ci", 1),
        ("a", "b", "utf8mb4_bin", -1),
        ("Ä", "ä", "utf8mb4_bin", -1),
        ("É", "é", "utf8mb4_0900_as_cs", -1),
    ],
)
def test_collations_compare(one: str, other: str, collation: str, order: int) -> None:
    chosen = mysql_charsets().by_name[collation]
    answer = values.compare_texts(one, other, chosen)
    assert (answer > 0) - (answer < 0) == order
    back = values.compare_texts(other, one, chosen)
    assert (back > 0) - (back < 0) == -order


# --------------------------------------------------------------------------------------------------------------- shapes


def text_shape(name: str, rank: Coercibility = Coercibility.LITERAL) -> shapes.Shape:
    return shapes.string(1, mysql_charsets().by_name[name], coercibility=rank)


@pytest.mark.parametrize(
    ("one", "other", "chosen"),
    [
        (text_shape("latin1_swedish_ci"), text_shape("utf8mb4_bin"), "utf8mb4_bin"),
        (text_shape("utf8mb3_bin"), text_shape("latin1_bin"), "utf8mb3_bin"),
        (text_shape("binary"), text_shape("latin1_bin"), "binary"),
        (text_shape("utf8mb4_bin"), text_shape("utf8mb4_0900_ai_ci"), "utf8mb4_bin"),
        (text_shape("utf8mb4_0900_ai_ci"), text_shape("utf8mb4_bin"), "utf8mb4_bin"),
        (text_shape("ascii_general_ci"), text_shape("latin1_bin"), "latin1_bin"),
        (text_shape("latin1_bin"), text_shape("ascii_bin"), "latin1_bin"),
        (text_shape("latin1_bin", Coercibility.IMPLICIT), text_shape("utf8mb4_bin"), "latin1_bin"),
        (shapes.integer(1), text_shape("utf8mb4_bin"), "utf8mb4_bin"),
        (shapes.integer(1), shapes.NULL, "binary"),
    ],
)
def test_strings_that_meet_get_one_collation(one: shapes.Shape, other: shapes.Shape, chosen: str) -> None:
    assert shapes.aggregate([one, other], mysql_charsets())[0].name == chosen


@pytest.mark.parametrize(
    ("one", "other", "rank", "word"),
    [
        ("latin1_bin", "latin2_bin", Coercibility.LITERAL, "COERCIBLE"),
        ("utf8mb4_bin", "utf8mb4_general_ci", Coercibility.EXPLICIT, "EXPLICIT"),
        ("utf8mb3_general_ci", "utf8mb3_unicode_ci", Coercibility.SYSTEM, "SYSCONST"),
    ],
)
def test_collations_that_do_not_mix_are_named(one: str, other: str, rank: Coercibility, word: str) -> None:
    with pytest.raises(SqlError) as refused:
        shapes.aggregate([text_shape(one, rank), text_shape(other, rank)], mysql_charsets())
    assert refused.value.code == 1267
    assert f"({one},{word}) and ({other},{word})" in refused.value.message


def test_a_column_in_no_character_set_of_results_keeps_its_own() -> None:
    shape = text_shape("latin1_german1_ci")
    column = shapes.column("c", shape, shapes.Results(None, 63), MYSQL)
    assert (column.character_set, column.column_length) == (5, 1)


def test_long_strings_are_blobs() -> None:
    collation = mariadb_charsets().by_id[45]
    types = [shapes.wire_type(shapes.string(length, collation), MARIADB) for length in (16000, 16384, 1 << 23)]
    assert types == [253, 250, 251]


def test_a_union_of_dates_and_times_is_a_moment() -> None:
    shape = shapes.union([shapes.temporal(Family.DATE), shapes.temporal(Family.DATETIME, 3)], mysql_charsets(), MYSQL)
    assert (shape.family, shape.decimals) == (Family.DATETIME, 3)
    assert shapes.union([shapes.NULL, shapes.NULL], mysql_charsets(), MYSQL) is shapes.NULL


@pytest.mark.parametrize(
    "expression",
    [
        "-NULLIF(1, 1)",
        "CAST(NULL AS TIME)",
        "CONVERT(NULL USING latin1)",
        "DATE_ADD(TIME'10:00:00', INTERVAL NULL MINUTE)",
        "ADDTIME('1-x', '01:00:00')",
    ],
)
@pytest.mark.parametrize("persona", ["mariadb-10.11", MYSQL_PERSONA])
def test_of_nothing_comes_nothing(persona: str, expression: str) -> None:
    assert Bench(persona).login().value(expression) is None
