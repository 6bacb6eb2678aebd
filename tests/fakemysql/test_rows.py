"""Values as MySQL spells them, and whole batches of rows as a row at a time would be."""

from __future__ import annotations

import datetime
import decimal
import enum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql.answers import Column
from fakemysql.constants import (
    FIELD_TYPE_DATE,
    FIELD_TYPE_DATETIME,
    FIELD_TYPE_DOUBLE,
    FIELD_TYPE_FLOAT,
    FIELD_TYPE_LONGLONG,
    FIELD_TYPE_NEWDECIMAL,
    FIELD_TYPE_TIME,
    FIELD_TYPE_VAR_STRING,
    ZEROFILL_FLAG,
)
from fakemysql.framing import MAX_BODY, Framing
from fakemysql.packets import TextRow
from fakemysql.rows import Precoded, RowEncoder, datetime_text, first_number, number_text, texts_in, time_text
from fakemysql.sql.charsets import collation, mysql_charsets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakemysql.answers import Value

BINARY, LATIN1, UTF8MB4, UCS2, UTF16 = 63, 8, 45, 35, 54


def encoder(*columns: Column) -> RowEncoder:
    return RowEncoder(columns, lambda number: collation(number).charset)


def column(kind: int = FIELD_TYPE_VAR_STRING, charset: int = UTF8MB4, decimals: int = 31) -> Column:
    return Column("c", kind, charset, 100, 0, decimals)


def cells(columns: tuple[Column, ...], rows: list[tuple[object, ...]]) -> list[tuple[bytes | None, ...]]:
    """The rows as a client would read them."""
    framing = Framing(limit_bytes=1 << 26)
    wire = encoder(*columns).encode(rows, framing)  # type: ignore[arg-type]
    reader = Framing(limit_bytes=1 << 26)
    reader.receive(wire)
    found = []
    while (payload := reader.next_payload()) is not None:
        found.append(TextRow.parse(payload).cells)
    assert reader.sequence == framing.sequence
    return found


# Asked of both servers: SELECT of DOUBLE and FLOAT columns that hold these.
DOUBLES = [
    (0.1, "0.1"),
    (1.0, "1"),
    (-2.5, "-2.5"),
    (0.0, "0"),
    (1e14, "100000000000000"),
    (999999999999999.9, "999999999999999.9"),
    (1e15, "1e15"),
    (1e16, "1e16"),
    (1.5e16, "1.5e16"),
    (2737333367870160.5, "2737333367870160.5"),
    (9999999999999998.0, "9.999999999999998e15"),
    (123456789012345.6, "123456789012345.6"),
    (1e-4, "0.0001"),
    (1e-5, "0.00001"),
    (1e-15, "0.000000000000001"),
    (1.25e-15, "0.00000000000000125"),
    (1e-16, "1e-16"),
    (-1.5e-16, "-1.5e-16"),
    (-1e300, "-1e300"),
    (1 / 3, "0.3333333333333333"),
    (1.7976931348623157e308, "1.7976931348623157e308"),
    (5e-324, "5e-324"),
]
FLOATS = [
    (1 / 3, "0.333333"),
    (123456789012345.6, "123457000000000"),
    (999999999999999.9, "1e15"),
    (-6067.985069581993, "-6067.98"),
    (-28292897648820.945, "-28292900000000"),
    (2.4580338977940384e16, "2.45803e16"),
    (-6.862973553954668e-08, "-0.0000000686297"),
    (-6.186190443567252e-17, "-6.18619e-17"),
]


@pytest.mark.parametrize(("value", "text"), DOUBLES)
def test_a_double_is_spelled_as_the_servers_spell_it(value: float, text: str) -> None:
    assert number_text(value) == text
    assert float(text) == value


@pytest.mark.parametrize(("value", "text"), FLOATS)
def test_a_float_has_six_digits(value: float, text: str) -> None:
    assert number_text(value, single=True) == text


def test_a_number_with_decimals_has_just_those() -> None:
    assert number_text(1.0, 4) == "1.0000"
    assert number_text(2.5, 0) == "2"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_that_was_spelled_is_the_same_number(value: float) -> None:
    assert float(number_text(value)) == value


def test_what_no_server_can_hold_is_at_least_readable() -> None:
    assert number_text(float("inf")) == "inf"


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [
        (0, 0, "00:00:00"),
        (59.999999, 0, "00:00:59"),
        (3661.5, 1, "01:01:01.5"),
        (-3661.25, 6, "-01:01:01.250000"),
        (838 * 3600 + 59 * 60 + 59, 0, "838:59:59"),
    ],
)
def test_a_time(seconds: float, decimals: int, text: str) -> None:
    assert time_text(datetime.timedelta(seconds=seconds), decimals) == text


def test_a_datetime_has_the_columns_decimals() -> None:
    value = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
    assert datetime_text(value) == "2024-02-29 23:59:58"
    assert datetime_text(value, 3) == "2024-02-29 23:59:58.123"
    assert datetime_text(value.replace(microsecond=0), 6) == "2024-02-29 23:59:58.000000"
    zoned = value.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-3)))
    assert datetime_text(zoned) == "2024-02-29 23:59:58", "a zone is not told"
    assert datetime_text(zoned, 6) == datetime_text(value, 6)
    assert datetime_text(datetime.datetime(7, 1, 2)) == "0007-01-02 00:00:00"


class Color(enum.IntEnum):
    RED = 7


@pytest.mark.parametrize(
    ("shape", "value", "cell"),
    [
        (column(FIELD_TYPE_LONGLONG, BINARY), -5, b"-5"),
        (column(FIELD_TYPE_LONGLONG, BINARY), True, b"1"),
        (column(FIELD_TYPE_LONGLONG, BINARY), False, b"0"),
        (column(FIELD_TYPE_LONGLONG, BINARY), 2**64 - 1, b"18446744073709551615"),
        (column(FIELD_TYPE_LONGLONG, BINARY), Color.RED, b"7"),
        (column(FIELD_TYPE_DOUBLE, BINARY), 1e15, b"1e15"),
        (column(FIELD_TYPE_DOUBLE, BINARY, 2), 1.0, b"1.00"),
        (column(FIELD_TYPE_FLOAT, BINARY), 1 / 3, b"0.333333"),
        (column(FIELD_TYPE_NEWDECIMAL, BINARY, 4), decimal.Decimal("0.5"), b"0.5000"),
        (column(FIELD_TYPE_NEWDECIMAL, BINARY, 0), decimal.Decimal("1E+3"), b"1000"),
        (column(), decimal.Decimal("1.50"), b"1.50"),
        (column(FIELD_TYPE_DATE, BINARY), datetime.date(2024, 2, 29), b"2024-02-29"),
        (column(FIELD_TYPE_DATETIME, BINARY, 0), datetime.datetime(2024, 2, 29, 1, 2, 3), b"2024-02-29 01:02:03"),
        (column(FIELD_TYPE_TIME, BINARY, 0), datetime.timedelta(hours=30), b"30:00:00"),
        (column(), "plain", b"plain"),
        (column(), "schön", "schön".encode()),
        (column(charset=LATIN1), "schön", "schön".encode("latin-1")),
        (column(charset=LATIN1), "日本", b"??"),
        (column(charset=UCS2), "ab", b"\x00a\x00b"),
        (column(charset=BINARY), b"\x00\xff", b"\x00\xff"),
        (column(), b"\xfe", b"\xfe"),
        (column(), "", b""),
        (column(), None, None),
        (column(), "x" * 250, b"x" * 250),
        (column(), "x" * 251, b"x" * 251),
        (column(), "y" * 70000, b"y" * 70000),
    ],
)
def test_a_value_is_written_by_its_type_and_its_column(shape: Column, value: object, cell: bytes | None) -> None:
    assert cells((shape,), [(value,)]) == [(cell,)]


class Loud(str):
    """A str that shows itself as something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "not what it holds"


FLOATING = st.floats() | st.integers(-(10**16), 10**16).map(float) | st.sampled_from([0.0, -0.0, 1e15, 0.1])
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.text("\0a\udc80ö", max_size=4)
LONG = st.sampled_from([250, 251, 65535, 65536]).map(lambda size: "x" * size)
ZONED = st.datetimes(timezones=st.sampled_from([None, datetime.UTC, datetime.timezone(datetime.timedelta(1e-5))]))
NUMBERS = st.decimals(-(10**9), 10**9, places=3) | st.sampled_from([decimal.Decimal("1E+3"), decimal.Decimal("1E-9")])
TIMES = st.timedeltas(datetime.timedelta(hours=-839), datetime.timedelta(hours=839))
ODD = st.sampled_from([True, Color.RED, Loud("loud"), 2**70])
ALL = st.none() | st.integers() | FLOATING | ANY_TEXT | st.binary(max_size=4) | ZONED | NUMBERS | TIMES | ODD

# A column and the values that it is given.
COLUMNS = [
    (column(FIELD_TYPE_LONGLONG, BINARY), st.integers()),
    (column(FIELD_TYPE_LONGLONG, BINARY), st.booleans()),
    (column(FIELD_TYPE_LONGLONG, BINARY), st.none() | st.integers()),
    (Column("c", FIELD_TYPE_LONGLONG, BINARY, 5, ZEROFILL_FLAG), st.integers(0) | FLOATING),
    (Column("c", FIELD_TYPE_NEWDECIMAL, BINARY, 5, ZEROFILL_FLAG, 2), NUMBERS),
    (column(FIELD_TYPE_DOUBLE, BINARY), FLOATING),
    (column(FIELD_TYPE_DOUBLE, BINARY, 2), FLOATING),
    (column(FIELD_TYPE_FLOAT, BINARY), st.floats(width=32)),
    (column(FIELD_TYPE_NEWDECIMAL, BINARY, 2), NUMBERS),
    (column(), NUMBERS),
    (column(FIELD_TYPE_DATE, BINARY), st.dates()),
    (column(FIELD_TYPE_DATETIME, BINARY, 0), ZONED),
    (column(FIELD_TYPE_DATETIME, BINARY, 4), ZONED),
    (column(), ZONED),
    (column(FIELD_TYPE_TIME, BINARY, 0), TIMES),
    (column(FIELD_TYPE_TIME, BINARY, 6), st.none() | TIMES),
    (column(), st.text("ab", max_size=3)),
    (column(), ANY_TEXT),
    (column(), ANY_TEXT | LONG),
    (column(), st.none()),
    (column(), st.none() | LONG),
    (column(charset=LATIN1), ANY_TEXT),
    (column(charset=UCS2), st.none() | ANY_TEXT),
    (column(charset=UTF16), st.text("ab", max_size=3)),
    (column(charset=BINARY), st.binary(max_size=5)),
    (column(), ODD),
    (column(), st.sampled_from(["plain", Loud("loud"), Loud("öd")])),
    (column(), st.sampled_from(["plain", Loud("loud"), None, b"data"])),
    (column(), ALL),
]


@settings(max_examples=80)
@given(st.data())
def test_a_batch_is_what_its_rows_are_one_by_one_whatever_they_hold(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5))
    some = data.draw(st.lists(st.tuples(*(values for _, values in drawn)), min_size=1, max_size=16))
    # The same again, so that there are enough for a batch, and some values often enough to be looked up.
    rows: list[tuple[Value, ...]] = (some * 32)[: data.draw(st.sampled_from([13, 32, 50]))]
    shapes = tuple(shape for shape, _ in drawn)
    single, batch = Framing(limit_bytes=1), Framing(limit_bytes=1)
    expected = b"".join(encoder(*shapes).encode([row], single) for row in rows)
    whole = encoder(*shapes)
    assert whole.encode(rows, batch) == expected
    assert batch.sequence == single.sequence
    batch.sequence = 0
    assert whole.encode(rows, batch) == expected, "what was learnt of the columns changes nothing"


@pytest.mark.parametrize("name", sorted({found.charset.name for found in mysql_charsets().by_id.values()}))
def test_a_column_of_text_is_encoded_as_each_text_is(name: str) -> None:
    charset = mysql_charsets().charset(name)
    assert charset is not None
    texts = ["", "plain", "\0", "schön", "日本語", "~\\\x7f", "naïve \udc80", "\ud800", "\N{GRINNING FACE}", "é" * 3]
    for some in (texts, [text for text in texts if "\0" not in text], ["schön", "Zoë"], ["a", "~"]):
        assert list(texts_in(charset, some)) == [charset.encode(text).decode("latin-1") for text in some]


def test_values_that_are_equal_and_spelled_in_two_ways_stay_two() -> None:
    noon = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    later = noon.astimezone(datetime.timezone(datetime.timedelta(hours=1)))
    for shape, values, texts in (
        (column(FIELD_TYPE_DOUBLE, BINARY), (0.0, -0.0), (b"0", b"-0")),
        (column(FIELD_TYPE_DATETIME, BINARY, 0), (noon, later), (b"2024-01-01 12:00:00", b"2024-01-01 13:00:00")),
        (column(), (decimal.Decimal("1.0"), decimal.Decimal("1.00")), (b"1.0", b"1.00")),
    ):
        rows: Any = [(value,) for value in values] * 20
        assert cells((shape,), rows) == [(text,) for text in texts] * 20


MIXED = (
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.binary(max_size=5)
)


def plain(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode()


@given(st.lists(st.tuples(MIXED, st.integers(), st.text("ab", max_size=3)), max_size=300))
def test_a_batch_is_what_its_rows_are_one_by_one(rows: list[tuple[object, ...]]) -> None:
    shapes = (column(), column(FIELD_TYPE_LONGLONG, BINARY), column())
    assert cells(shapes, rows) == [tuple(map(plain, row)) for row in rows]


def test_numbers_of_packets_go_on_and_wrap() -> None:
    framing = Framing(limit_bytes=1)
    framing.sequence = 250
    wire = encoder(column(FIELD_TYPE_LONGLONG, BINARY)).encode([(1,)] * 600, framing)
    assert [wire[index * 6 + 3] for index in range(600)] == [(250 + index) & 0xFF for index in range(600)]
    assert framing.sequence == (250 + 600) & 0xFF


@pytest.mark.parametrize("around", [1, 20])
def test_a_row_of_sixteen_mebibytes_goes_on_in_a_second_packet(around: int) -> None:
    big = "z" * MAX_BODY
    assert cells((column(), column()), [("a", "b")] * around + [(big, None), ("c", "d")]) == [
        *[(b"a", b"b")] * around,
        (big.encode(), None),
        (b"c", b"d"),
    ]


def test_a_batch_may_be_longer_than_any_packet() -> None:
    rows: list[tuple[object, ...]] = [(number, "z" * 1_000_000) for number in range(20)]
    assert cells((column(), column()), rows) == [(b"%d" % number, b"z" * 1_000_000) for number in range(20)]


def test_no_rows_are_no_bytes() -> None:
    assert encoder(column()).encode([], Framing(limit_bytes=1)) == b""


@pytest.mark.parametrize("rows", [[(1,), (1, 2)], [(1,)] * 30 + [(1, 2)], [(1, 2)] * 30])
def test_a_row_of_the_wrong_width_is_named(rows: list[tuple[Value, ...]]) -> None:
    framing = Framing(limit_bytes=1)
    with pytest.raises(ValueError, match=r"a row of 2 values was given for 1 columns: \(1, 2\)"):
        encoder(column()).encode(rows, framing)


@pytest.mark.parametrize("before", [0, 30])
def test_a_value_that_mysql_has_no_text_for_is_named(before: int) -> None:
    rows: Any = [(1,)] * before + [(object(),)]
    with pytest.raises(TypeError, match="a cell holds object"):
        encoder(column()).encode(rows, Framing(limit_bytes=1))
    with pytest.raises(TypeError, match="a cell holds object"):
        encoder(column()).encode(rows[-1:] * 30, Framing(limit_bytes=1))


class CountingEncoder(RowEncoder):
    """Counts the batches it was asked for."""

    batches = 0

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        type(self).batches += 1
        return super().encode(rows, framing)


def test_precoded_rows_are_written_once_and_then_copied() -> None:
    columns = (column(FIELD_TYPE_LONGLONG, BINARY), column())
    rows = [(number, f"row {number}") for number in range(10000)]
    framing = Framing(limit_bytes=0)
    framing.sequence = 7
    wire = encoder(*columns).encode(rows, framing)
    precoded = Precoded(rows)
    CountingEncoder.batches = 0
    counting = CountingEncoder(columns, lambda number: collation(number).charset)
    pieces = list(precoded.pieces(counting, 7))
    assert b"".join(piece for piece, _ in pieces) == wire
    assert len(pieces) > 2
    assert pieces[-1][1] == framing.sequence
    written = CountingEncoder.batches
    assert precoded.pieces(counting, 7) == pieces
    assert CountingEncoder.batches == written


def test_the_first_sending_of_precoded_rows_makes_no_more_than_is_asked_for() -> None:
    columns = (column(),)
    precoded = Precoded([("a" * 200,)] * 10000)
    CountingEncoder.batches = 0
    counting = CountingEncoder(columns, lambda number: collation(number).charset)
    broken_off = iter(precoded.pieces(counting, 0))
    first = next(broken_off)
    assert CountingEncoder.batches == 1
    whole = list(precoded.pieces(counting, 0))
    assert whole[0] == first
    assert [first, *broken_off] == whole, "who was slower still gets all"


def test_precoded_rows_keep_the_forms_last_used() -> None:
    columns = (column(),)
    precoded = Precoded([("a",)])
    CountingEncoder.batches = 0
    counting = CountingEncoder(columns, lambda number: collation(number).charset)

    def written(sequence: int) -> int:
        before = CountingEncoder.batches
        pieces = list(precoded.pieces(counting, sequence))
        assert pieces == [(b"\x02\0\0" + bytes([sequence]) + b"\x01a", sequence + 1)]
        return CountingEncoder.batches - before

    assert written(0) == 1
    for sequence in range(1, 4):
        assert written(sequence) == 1
        assert written(0) == 0
    assert written(4) == 1
    assert written(0) == 0, "it was used more lately than number 1"
    for sequence in range(5, 9):
        written(sequence)
    assert written(0) == 1


def test_precoded_rows_are_written_once_for_columns_that_differ_in_names_alone() -> None:
    precoded = Precoded([("ä",)])
    CountingEncoder.batches = 0
    for name, charset in (("a", 45), ("b", 255), ("c", 33)):
        counting = CountingEncoder(
            (Column(name, FIELD_TYPE_VAR_STRING, charset, 9),), lambda number: collation(number).charset
        )
        assert list(precoded.pieces(counting, 0)) == [(b"\3\0\0\0\2\xc3\xa4", 1)]
    assert CountingEncoder.batches == 1
    latin = CountingEncoder((column(charset=LATIN1),), lambda number: collation(number).charset)
    assert list(precoded.pieces(latin, 0)) == [(b"\2\0\0\0\1\xe4", 1)]


def test_rows_may_be_turned_into_packets_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (column(FIELD_TYPE_LONGLONG, BINARY), column())
    rows = [(number, f"row {number}") for number in range(1000)]
    framing = Framing(limit_bytes=0)
    framing.sequence = first_number(2)
    assert framing.sequence == 5, "behind the count, two definitions and an EOF, which are 1 to 4"
    wire = encoder(*columns).encode(rows, framing)
    at_once, later = Precoded(rows, columns), Precoded(rows)
    assert later.encode(encoder(*columns), 5) == framing.sequence
    monkeypatch.setattr(RowEncoder, "encode", None)
    for precoded in (at_once, later):
        assert b"".join(piece for piece, _ in precoded.pieces(encoder(*columns), 5)) == wire


def test_precoded_rows_read_like_the_rows_they_are() -> None:
    rows = [(1, "a"), (2, "b"), (3, None)]
    precoded = Precoded(iter(rows))
    assert len(precoded) == 3
    assert list(precoded) == rows
    assert precoded[1] == (2, "b")
    assert list(precoded[1:]) == rows[1:]
    assert repr(precoded) == "<Precoded: 3 rows>"
    assert list(Precoded([]).pieces(encoder(column()), 3)) == []


def test_a_precoded_row_of_the_wrong_width_is_named() -> None:
    with pytest.raises(ValueError, match="a row of 2 values was given for 1 columns"):
        list(Precoded([(1, 2)]).pieces(encoder(column()), 0))
