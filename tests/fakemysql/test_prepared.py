"""Prepared statements without a server: ids, types, long data, cursors, and every misuse as both servers answer it."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql import constants as c
from fakemysql.answers import Column, Failure
from fakemysql.binary import ComStmtExecute, Parameter, ParameterType, write_parameters
from fakemysql.prepared import MANNERS, Cursor, Description, Execution, Statement, Statements
from fakemysql.sql.charsets import Charset

UTF8 = Charset("utf8mb4", "UTF-8 Unicode", "utf8mb4_general_ci", 4, "utf-8")
INTEGER = ParameterType(c.FIELD_TYPE_LONG)
BIGINT = ParameterType(c.FIELD_TYPE_LONGLONG)
TEXT = ParameterType(c.FIELD_TYPE_VAR_STRING)
BLOB = ParameterType(c.FIELD_TYPE_BLOB)
DOUBLE = ParameterType(c.FIELD_TYPE_DOUBLE)
PLACE = Column("?", c.FIELD_TYPE_VAR_STRING, 45, 0)

both = pytest.mark.parametrize("product", sorted(MANNERS))


def statements(product: str = "MySQL", *, named: bool = False, limit_bytes: int = 1000) -> Statements:
    return Statements(MANNERS[product], named_parameters=named, limit_bytes=lambda: limit_bytes)


def opened(store: Statements, parameter_count: int = 0) -> Statement:
    return store.open(store.next_id(), "SELECT ...", Description((PLACE,) * parameter_count, ()))


def execute(
    store: Statements, statement_id: int, *parameters: Parameter, flags: int = 0, rest: bytes | None = None
) -> Execution | Failure:
    block = write_parameters(parameters, UTF8) if parameters else b""
    body = ComStmtExecute(statement_id, flags, rest=block if rest is None else rest).serialize()[1:]
    return store.read_execute(body, UTF8.decode)


def executed(store: Statements, statement_id: int, *parameters: Parameter, flags: int = 0) -> Execution:
    execution = execute(store, statement_id, *parameters, flags=flags)
    assert isinstance(execution, Execution)
    return execution


def long_data(store: Statements, statement_id: int, index: int, data: bytes) -> None:
    assert store.send_long_data(struct.pack("<IH", statement_id, index) + data) is None


def code(answer: object) -> int:
    assert isinstance(answer, Failure)
    return answer.code


def words(statement_id: int) -> bytes:
    return struct.pack("<I", statement_id)


@both
def test_ids_count_up_and_a_prepare_that_fails_uses_one(product: str) -> None:
    store = statements(product)
    assert opened(store).id == 1
    store.next_id()
    assert opened(store).id == 3
    assert (len(store), store.get(2)) == (2, None)


@both
def test_values_arrive_with_their_types(product: str) -> None:
    store = statements(product)
    statement = opened(store, 2)
    execution = executed(store, statement.id, Parameter(BIGINT, 5), Parameter(TEXT, "é"))
    assert execution.statement is statement
    assert execution.parameters == [Parameter(BIGINT, 5), Parameter(TEXT, "é")]
    assert (execution.attributes, execution.wants_cursor) == ([], False)


@both
def test_types_need_not_be_repeated(product: str) -> None:
    store = statements(product)
    statement = opened(store, 1)
    executed(store, statement.id, Parameter(BIGINT, 5))
    again = execute(store, statement.id, rest=b"\x00\x00" + struct.pack("<q", 7))
    assert isinstance(again, Execution)
    assert again.parameters == [Parameter(BIGINT, 7)]


@pytest.mark.parametrize(
    ("product", "text"),
    [
        ("MariaDB", "Unknown prepared statement handler (255) given to mysqld_stmt_{}"),
        ("MySQL", "Unknown prepared statement handler (255) given to mysql_stmt_precheck"),
    ],
)
def test_an_unknown_id_is_refused_by_name(product: str, text: str) -> None:
    store = statements(product)
    assert execute(store, 255) == Failure(1243, "HY000", text.format("execute"))
    assert store.reset(words(255)) == Failure(1243, "HY000", text.format("reset"))
    assert store.fetch(words(255) + words(1)) == Failure(1243, "HY000", text.format("fetch"))
    assert store.close(words(255)) is None
    long_data(store, 255, 0, b"x")


@both
def test_a_closed_statement_is_unknown(product: str) -> None:
    store = statements(product)
    first, second = opened(store), opened(store)
    assert store.close(words(first.id)) is None
    assert code(execute(store, first.id)) == 1243
    executed(store, second.id)
    store.close_all()
    assert code(execute(store, second.id)) == 1243
    assert opened(store).id == 3


@pytest.mark.parametrize(
    ("product", "rest", "refused"),
    [
        ("MariaDB", b"", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MariaDB", b"\x00\x00\x05\x00\x00\x00", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MariaDB", b"\x00\x01\x03\x00\x05\x00", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MariaDB", b"\x00\x01\x03", (1835, "Malformed communication packet")),
        ("MariaDB", b"\x00\x01\x06\x00", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MariaDB", b"\x00\x01\xf5\x00\x02{}", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MySQL", b"", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x00", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x00\x05\x00\x00\x00", (1210, "Incorrect arguments to mysqld_stmt_execute")),
        ("MySQL", b"\x00\x01\x03\x00\x05\x00", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x01\x03", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x01\x06\x00", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x01\x09\x00\xff\xff\xff\xff", (1835, "Malformed communication packet.")),
        ("MySQL", b"\x00\x01\xf7\x00\x01x", (1210, "Incorrect arguments to mysqld_stmt_execute")),
    ],
)
def test_parameters_that_make_no_sense_are_refused_as_the_server_does(
    product: str, rest: bytes, refused: tuple[int, str]
) -> None:
    store = statements(product)
    statement = opened(store, 1)
    failure = execute(store, statement.id, rest=rest)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.message) == refused


@both
def test_a_null_may_have_any_type(product: str) -> None:
    store = statements(product)
    statement = opened(store, 2)
    nothing = ParameterType(c.FIELD_TYPE_NULL)
    execution = executed(store, statement.id, Parameter(nothing, None), Parameter(INTEGER, 1))
    assert [parameter.value for parameter in execution.parameters] == [None, 1]


@pytest.mark.parametrize(
    ("product", "answered"),
    [("MariaDB", [1835, 1835, 1835, None, None]), ("MySQL", [1835, 1835, 1835, 1835, 1835])],
)
def test_bodies_that_end_early_are_refused_or_passed_over(product: str, answered: list[int | None]) -> None:
    store = statements(product)
    opened(store)
    answers: list[object] = [
        store.read_execute(b"\x01\x00\x00\x00\x00", UTF8.decode),
        store.reset(b"\x01"),
        store.fetch(b"\x01\x00"),
        store.close(b"\x01\x00"),
        store.send_long_data(b"\x01\x00\x00\x00\x00"),
    ]
    assert [getattr(answer, "code", None) for answer in answers] == answered


# ------------------------------------------------------------------------------------------------------------ long data


@both
def test_long_data_is_put_together_and_used_once(product: str) -> None:
    store = statements(product)
    statement = opened(store, 2)
    long_data(store, statement.id, 0, b"abc")
    long_data(store, statement.id, 0, b"\x00def")
    block = b"\x00\x01" + bytes((c.FIELD_TYPE_BLOB, 0, c.FIELD_TYPE_LONG, 0)) + b"\x07\x00\x00\x00"
    execution = execute(store, statement.id, rest=block)
    assert isinstance(execution, Execution)
    assert [parameter.value for parameter in execution.parameters] == [b"abc\x00def", 7]
    assert code(execute(store, statement.id, rest=block)) in (1210, 1835)


@pytest.mark.parametrize(("product", "value"), [("MariaDB", "é"), ("MySQL", "é".encode())])
def test_long_data_of_a_text_is_text_on_one_server_and_bytes_on_the_other(product: str, value: str | bytes) -> None:
    store = statements(product)
    statement = opened(store, 1)
    long_data(store, statement.id, 0, "é".encode())
    execution = execute(store, statement.id, rest=b"\x00\x01\xfd\x00")
    assert isinstance(execution, Execution)
    assert [parameter.value for parameter in execution.parameters] == [value]


@both
def test_a_reset_forgets_long_data(product: str) -> None:
    store = statements(product)
    statement = opened(store, 1)
    long_data(store, statement.id, 0, b"abc")
    assert store.reset(words(statement.id)) is None
    assert executed(store, statement.id, Parameter(TEXT, "x")).parameters == [Parameter(TEXT, "x")]


@pytest.mark.parametrize(
    ("product", "function"), [("MariaDB", "mysqld_stmt_send_long_data"), ("MySQL", "mysql_stmt_precheck")]
)
def test_long_data_for_no_parameter_is_an_error_at_each_execution_until_a_reset(product: str, function: str) -> None:
    store = statements(product)
    statement = opened(store, 1)
    long_data(store, statement.id, 1, b"abc")
    long_data(store, statement.id, 0, b"abc")
    for _ in range(2):
        failure = execute(store, statement.id, Parameter(TEXT, "x"))
        assert failure == Failure(1210, "HY000", f"Incorrect arguments to {function}")
    store.reset(words(statement.id))
    executed(store, statement.id, Parameter(TEXT, "x"))


@both
def test_long_data_has_a_limit_and_nothing_past_it_is_kept(product: str) -> None:
    store = statements(product, limit_bytes=10)
    statement = opened(store, 1)
    long_data(store, statement.id, 0, b"x" * 10)
    assert statement.long_data == {0: b"x" * 10}
    long_data(store, statement.id, 0, b"x")
    assert statement.long_data == {}
    failure = execute(store, statement.id, Parameter(BLOB, b""))
    assert isinstance(failure, Failure)
    assert (failure.code, failure.sqlstate) == (1105, "HY000")
    assert "longer than 'max_allowed_packet' bytes" in failure.message


# ------------------------------------------------------------------------------------------------------ types of places


def resolved(first: Parameter, *then: Parameter) -> Parameter:
    """What a statement of one place gets last, on MySQL."""
    store = statements("MySQL")
    statement = opened(store, 1)
    for parameter in (first, *then):
        (got,) = executed(store, statement.id, parameter).parameters
    return got


@pytest.mark.parametrize(
    ("first", "then", "kind"),
    [
        ((INTEGER, 5), (TEXT, "x"), BIGINT),
        ((INTEGER, 5), (BLOB, b"x"), BIGINT),
        ((INTEGER, 5), (DOUBLE, 0.5), DOUBLE),
        (
            (INTEGER, 5),
            (ParameterType(c.FIELD_TYPE_NEWDECIMAL), Decimal("1.5")),
            ParameterType(c.FIELD_TYPE_NEWDECIMAL),
        ),
        (
            (INTEGER, 5),
            (ParameterType(c.FIELD_TYPE_LONGLONG, True), 2**64 - 1),
            ParameterType(c.FIELD_TYPE_LONGLONG, True),
        ),
        ((INTEGER, 5), (INTEGER, None), BIGINT),
        ((TEXT, "x"), (INTEGER, 5), BIGINT),
        ((TEXT, "x"), (BLOB, b"x"), TEXT),
        ((BLOB, b"x"), (TEXT, "x"), TEXT),
        ((DOUBLE, 0.5), (TEXT, "x"), DOUBLE),
        ((DOUBLE, 0.5), (INTEGER, 5), DOUBLE),
        ((ParameterType(c.FIELD_TYPE_FLOAT), 0.5), (DOUBLE, 0.5), DOUBLE),
        ((ParameterType(c.FIELD_TYPE_NEWDECIMAL), Decimal(1)), (INTEGER, 5), ParameterType(c.FIELD_TYPE_NEWDECIMAL)),
        (
            (ParameterType(c.FIELD_TYPE_DATETIME), "0000-00-00 00:00:00"),
            (INTEGER, 5),
            ParameterType(c.FIELD_TYPE_DATETIME),
        ),
        ((TEXT, None), (INTEGER, 5), BIGINT),
        ((TEXT, None), (TEXT, "x"), TEXT),
    ],
)
def test_on_mysql_a_place_keeps_its_type_while_values_can_be_converted(
    first: tuple[ParameterType, object], then: tuple[ParameterType, object], kind: ParameterType
) -> None:
    """As recorded; the value stays what was bound, for the engine to convert."""
    got = resolved(Parameter(*first), Parameter(*then))  # type: ignore[arg-type]
    assert got == Parameter(kind, then[1])  # type: ignore[arg-type]


def test_on_mysql_one_value_that_does_not_fit_gives_all_places_new_types() -> None:
    """A blob alone is a string like the others; beside an integer that makes the server resolve anew it is a blob."""
    store = statements("MySQL")
    statement = opened(store, 2)
    execution = executed(store, statement.id, Parameter(BLOB, b"x"), Parameter(TEXT, "y"))
    assert [parameter.type for parameter in execution.parameters] == [TEXT, TEXT]
    execution = executed(store, statement.id, Parameter(BLOB, b"x"), Parameter(INTEGER, 1))
    assert [parameter.type for parameter in execution.parameters] == [BLOB, BIGINT]
    execution = executed(store, statement.id, Parameter(BLOB, b"x"), Parameter(TEXT, "1"))
    assert [parameter.type for parameter in execution.parameters] == [BLOB, BIGINT]


def test_on_mariadb_a_place_has_the_type_that_was_bound_last() -> None:
    store = statements("MariaDB")
    statement = opened(store, 1)
    for parameter in (Parameter(INTEGER, 5), Parameter(TEXT, "x"), Parameter(DOUBLE, 0.5)):
        assert executed(store, statement.id, parameter).parameters == [parameter]


# ---------------------------------------------------------------------------------------------------- query attributes


def test_query_attributes_follow_the_parameters() -> None:
    store = statements("MySQL", named=True)
    statement = opened(store, 1)
    tag = Parameter(ParameterType(c.FIELD_TYPE_VAR_STRING, name="tag"), "v")
    five = Parameter(ParameterType(c.FIELD_TYPE_LONGLONG, name=""), 5)
    block = write_parameters([five, tag], UTF8, named=True)
    execution = execute(store, statement.id, flags=8, rest=b"\x02" + block)
    assert isinstance(execution, Execution)
    assert (execution.parameters, execution.attributes) == ([five], [tag])


def test_with_names_the_count_stands_in_front_whatever_the_flag_says() -> None:
    """As MySQL 9.7 was seen to read it."""
    store = statements("MySQL", named=True)
    one, none = opened(store, 1), opened(store)
    block = write_parameters([Parameter(BIGINT, 5)], UTF8, named=True)
    assert isinstance(execute(store, one.id, flags=0, rest=b"\x01" + block), Execution)
    short = execute(store, one.id, flags=8, rest=b"\x00")
    assert short == Failure(1210, "HY000", "Incorrect arguments to COM_STMT_EXECUTE")
    assert isinstance(execute(store, none.id, flags=0), Execution)
    assert isinstance(execute(store, none.id, flags=8, rest=b"\x00"), Execution)
    assert isinstance(execute(store, none.id, flags=8, rest=b"\x01" + block), Execution)
    assert code(execute(store, none.id, flags=8)) == 1835


# ------------------------------------------------------------------------------------------------------------- cursors


def test_rows_are_taken_as_asked_and_the_end_shows_when_too_few_are_left() -> None:
    """Both servers: the row count that meets the end exactly does not show it yet."""
    cursor = Cursor((PLACE,), [(1,), (2,), (3,)], 0x0022)
    assert cursor.take(1) == ([(1,)], 0x0062)
    assert cursor.take(0) == ([], 0x0062)
    assert cursor.take(2) == ([(2,), (3,)], 0x0062)
    assert cursor.take(1) == ([], 0x00A2)


@pytest.mark.parametrize(("product", "end"), [("MariaDB", ""), ("MySQL", ".")])
def test_a_fetch_needs_an_open_cursor_and_the_last_rows_close_it(product: str, end: str) -> None:
    store = statements(product)
    statement = opened(store)
    no_cursor = Failure(1421, "HY000", f"The statement (1) has no open cursor{end}")
    assert store.fetch(words(1) + words(5)) == no_cursor
    statement.cursor = Cursor((PLACE,), [(1,), (2,)], 2)
    assert store.fetch(words(1) + words(1)) == ((PLACE,), [(1,)], 0x42)
    assert store.fetch(words(1) + words(5)) == ((PLACE,), [(2,)], 0x82)
    assert store.fetch(words(1) + words(5)) == no_cursor


@both
def test_an_execution_or_a_reset_closes_the_cursor(product: str) -> None:
    store = statements(product)
    statement = opened(store)
    statement.cursor = Cursor((PLACE,), [(1,)], 2)
    assert executed(store, statement.id, flags=1).wants_cursor
    assert code(store.fetch(words(1) + words(1))) == 1421
    statement.cursor = Cursor((PLACE,), [(1,)], 2)
    store.reset(words(statement.id))
    assert code(store.fetch(words(1) + words(1))) == 1421


# ----------------------------------------------------------------------------------------------------------- any bytes


@both
@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=60), count=st.integers(0, 20), named=st.booleans())
def test_no_body_raises_anything(product: str, body: bytes, count: int, named: bool) -> None:
    store = statements(product, named=named)
    opened(store, count)
    for tail in (body, words(1) + body):
        store.send_long_data(tail)
        store.read_execute(tail, UTF8.decode)
        store.fetch(tail)
        store.reset(tail)
        store.read_execute(tail, UTF8.decode)
    store.close(body)


def test_on_mariadb_an_id_stands_for_the_statement_prepared_last() -> None:
    store, last = statements("MariaDB"), 0xFFFFFFFF
    assert code(execute(store, last)) == 1243
    opened(store)
    second = opened(store)
    assert executed(store, last).statement is second
    assert store.text_of(words(last)) == second.text
    assert store.reset(words(last)) is None
    assert store.close(words(last)) is None
    assert code(execute(store, last)) == 1243
    assert store.get(second.id) is None
    opened(store)
    store.next_id()  # of a prepare that fails
    assert code(execute(store, last)) == 1243


def test_on_mysql_that_id_is_one_like_any_other() -> None:
    store = statements("MySQL")
    opened(store)
    assert code(execute(store, 0xFFFFFFFF)) == 1243
