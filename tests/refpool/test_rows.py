"""The row decoders: what a value becomes, and where a decoder stops."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymysql import converters

from refpool import rows, wire
from refpool.rows import RowFailed, Shapes, check_row, decode_row, make_decoder, skip_rows, write_out_decoder
from refpool.wire import FIELD_TYPE, MalformedPacket
from tests.support import scripted_server as script

MAKERS = [make_decoder, write_out_decoder]
COLUMNS: tuple[Any, ...] = (int, bytes.decode, float, bytes, lambda raw: raw.decode("latin1"))


def run(decode: rows.Decoder, data: bytes, sequence: int = 0, position: int = 0) -> tuple[int, int, list[Any]]:
    out: list[Any] = []
    return *decode(data, position, len(data), sequence, out.append), out


values = st.tuples(
    st.none() | st.integers().map(lambda number: str(number).encode()),
    st.none() | st.text(max_size=300).map(str.encode),
    st.none() | st.floats(allow_nan=False).map(lambda number: repr(number).encode()),
    st.none() | st.binary(max_size=300),
    st.none() | st.binary(max_size=10),
)


def expected(value: tuple[bytes | None, ...]) -> tuple[Any, ...]:
    return tuple(None if raw is None else column(raw) for column, raw in zip(COLUMNS, value, strict=True))


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=40)
@given(st.lists(values, max_size=8), st.integers(0, 255), st.data())
def test_all_whole_rows_are_decoded_in_one_go(make: Any, table: list[Any], first: int, data: st.DataObject) -> None:
    """Cut anywhere, the rows before the cut are there, and the position is that of the row that is cut."""
    packets = [script.packet(first + index & 0xFF, script.row(*value)) for index, value in enumerate(table)]
    stream = b"".join(packets)
    cut = data.draw(st.integers(0, len(stream)))
    whole = 0
    while whole < len(packets) and len(b"".join(packets[: whole + 1])) <= cut:
        whole += 1
    position, sequence, out = run(make(COLUMNS), stream[:cut], first)
    assert out == [expected(value) for value in table[:whole]]
    assert (position, sequence) == (len(b"".join(packets[:whole])), first + whole & 0xFF)
    assert run(skip_rows, stream[:cut], first)[:2] == (position, sequence)
    assert [decode_row(script.row(*value), COLUMNS) for value in table] == [expected(value) for value in table]


@pytest.mark.parametrize("make", [*MAKERS, lambda columns: skip_rows])
@pytest.mark.parametrize("last", [script.eof(), script.err(1317), script.ok(head=b"\xfe")])
def test_a_decoder_stops_before_what_is_no_row(make: Any, last: bytes) -> None:
    """EOF, ERR and the OK that ends rows are left to the reply; so is a packet out of sequence."""
    stream = script.packets([script.row("1"), last, script.row("2")], 5)
    assert run(make((int,)), stream, 5)[:2] == (4 + 2, 6)
    stream = script.packet(5, script.row("1")) + script.packet(9, script.row("2"))
    assert run(make((int,)), stream, 5)[:2] == (4 + 2, 6)


@pytest.mark.parametrize("make", MAKERS)
def test_a_long_value_is_read(make: Any) -> None:
    """Lengths of two and three bytes, and NULL in each place."""
    stream = script.packets([script.row("x" * 70000, None, "y" * 300), script.row(None, None, None)])
    assert run(make((bytes.decode,) * 3), stream, 1)[2] == [("x" * 70000, None, "y" * 300), (None, None, None)]


@pytest.mark.parametrize("make", MAKERS)
def test_a_value_that_cannot_be_converted_names_its_row(make: Any) -> None:
    """The failure has the position and number of its packet, and the reason as its cause; rows before it are kept."""
    stream = script.packets([script.row("1"), script.row("one"), script.row("2")])
    out: list[Any] = []
    with pytest.raises(RowFailed) as caught:
        make((int,))(stream, 0, len(stream), 1, out.append)
    assert (caught.value.position, caught.value.sequence, out) == (6, 2, [(1,)])
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("payload", [script.row("1", "2"), b"\x05abc", b"\x01", b"\xfc\x01"])
def test_a_row_laid_out_wrong_is_told_from_a_bad_value(make: Any, payload: bytes) -> None:
    """A column too many, and lengths that lead out of the packet."""
    stream = script.packet(1, payload) + script.packet(2, script.row("9" * 20))
    with pytest.raises(RowFailed):
        make((bytes,))(stream, 0, len(stream), 1, [].append)
    with pytest.raises(MalformedPacket):
        check_row(payload, 1)
    with pytest.raises(MalformedPacket):
        decode_row(payload, (bytes,))
    check_row(script.row("fine", None), 2)


# -- What a column becomes --------------------------------------------------------------------------------------------


def column_value(
    kind: int,
    raw: bytes,
    *,
    charset: int = script.UTF8MB4,
    conv: Any = None,
    encoding: str = "utf8",
    use_unicode: bool = True,
) -> Any:
    field = wire.parse_field(script.column("a", kind, charset), "utf8")
    conv = wire.decoders if conv is None else conv
    function = rows.column_function(field, encoding=encoding, use_unicode=use_unicode, converter=conv.get(kind))
    return function(raw)


@pytest.mark.parametrize(
    ("kind", "charset", "raw", "value"),
    [
        (FIELD_TYPE.LONGLONG, 63, b"-5", -5),
        (FIELD_TYPE.YEAR, 63, b"2024", 2024),
        (FIELD_TYPE.DOUBLE, 63, b"1.5e3", 1500.0),
        (FIELD_TYPE.NEWDECIMAL, 63, b"1.10", Decimal("1.10")),
        (FIELD_TYPE.DATETIME, 63, b"2024-01-02 03:04:05.25", datetime.datetime(2024, 1, 2, 3, 4, 5, 250000)),
        (FIELD_TYPE.DATE, 63, b"2024-01-02", datetime.date(2024, 1, 2)),
        (FIELD_TYPE.TIME, 63, b"-25:00:01", -datetime.timedelta(hours=25, seconds=1)),
        (FIELD_TYPE.VAR_STRING, 45, "ä".encode(), "ä"),
        (FIELD_TYPE.VAR_STRING, 63, b"\xff", b"\xff"),
        (FIELD_TYPE.BLOB, 63, b"\xff", b"\xff"),
        (FIELD_TYPE.BLOB, 45, b"text", "text"),
        (FIELD_TYPE.BIT, 63, b"\x05", b"\x05"),
        (FIELD_TYPE.GEOMETRY, 63, b"\x01", b"\x01"),
        (242, 63, b"\x00\x00\x80\x3f", b"\x00\x00\x80\x3f"),
        (FIELD_TYPE.JSON, 63, '{"ä":1}'.encode(), '{"ä":1}'),
        (FIELD_TYPE.NULL, 63, b"", ""),
    ],
)
def test_each_type_has_its_value(kind: int, charset: int, raw: bytes, value: object) -> None:
    """As PyMySQL gives it."""
    assert column_value(kind, raw, charset=charset) == value
    assert type(column_value(kind, raw, charset=charset)) is type(value)


def test_without_unicode_text_stays_bytes() -> None:
    """use_unicode=False: text is bytes, numbers and dates are what they are."""
    assert column_value(FIELD_TYPE.VAR_STRING, b"a", use_unicode=False) == b"a"
    assert column_value(FIELD_TYPE.LONG, b"1", use_unicode=False) == 1
    assert column_value(FIELD_TYPE.NEWDECIMAL, b"1", use_unicode=False) == Decimal(1)
    assert column_value(FIELD_TYPE.LONG, b"1", conv={FIELD_TYPE.LONG: repr}, use_unicode=False) == "b'1'"


def test_converters_of_ones_own_get_text() -> None:
    """``conv`` replaces the map: its functions get text; a type that is not in it comes as text."""
    assert column_value(FIELD_TYPE.LONG, b"1", conv={FIELD_TYPE.LONG: lambda text: text + "!"}) == "1!"
    assert column_value(FIELD_TYPE.LONG, b"1", conv={"x": 1}) == "1"
    assert column_value(FIELD_TYPE.VAR_STRING, b"\xe4", encoding="cp1252") == "ä"
    assert column_value(FIELD_TYPE.VAR_STRING, b"\xe4", encoding="cp1252", conv={253: str.upper}) == "Ä"


@given(
    st.datetimes().map(lambda when: when.isoformat(" "))
    | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,6})?", fullmatch=True)
)
def test_quick_datetimes_are_pymysqls(text: str) -> None:
    """Whatever a server can send, zero dates and impossible ones included, has the value that PyMySQL gives it."""
    assert rows._to_datetime(text.encode()) == converters.convert_datetime(text)
    assert rows._to_date(text[:10].encode()) == converters.convert_date(text[:10])


def test_odd_dates_are_left_as_text() -> None:
    """PyMySQL's habit."""
    assert rows._to_datetime(b"0000-00-00 00:00:00") == "0000-00-00 00:00:00"
    assert rows._to_date(b"0000-00-00") == "0000-00-00"
    assert rows._to_datetime(b"2024-01-02") == datetime.date(2024, 1, 2)


# -- Shapes -----------------------------------------------------------------------------------------------------------


def test_a_shape_is_made_once() -> None:
    """Equal definitions give the same object; others do not; the store is bounded."""
    shapes = Shapes(encoding="utf8", use_unicode=True, converters=wire.decoders)
    one = shapes.of((script.column("a"),))
    assert shapes.of((script.column("a"),)) is one
    assert shapes.of((script.column("b"),)) is not one
    assert one.description == (("a", 253, None, 80, 80, 0, True),)
    for number in range(rows._KEPT_SHAPES):
        shapes.of((script.column(f"c{number}"),))
    assert len(shapes._known) <= rows._KEPT_SHAPES
    assert shapes.of((script.column("a"),)) is not one


def test_a_shape_of_many_rows_is_written_out() -> None:
    """The quicker decoder comes when it is paid back, once."""
    shapes = Shapes(encoding="utf8", use_unicode=True, converters=wire.decoders)
    shape = shapes.of((script.column("a", script.LONGLONG), script.column("b")))
    loop = shape.decode
    shape.seen(rows._ROWS_WORTH_WRITING_OUT - 1)
    assert shape.decode is loop
    shape.seen(1)
    written = shape.decode
    assert written is not loop
    shape.seen(5)
    assert shape.decode is written
    assert run(written, script.packets([script.row("1", "x")]), 1)[2] == [(1, "x")]
