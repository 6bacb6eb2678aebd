"""The binary protocol: rows recorded from both servers, parameters from the manual, round trips, and any bytes."""

from __future__ import annotations

import datetime as dt
import enum
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakemysql import constants as c
from fakemysql.answers import Column
from fakemysql.binary import (
    BinaryRowEncoder,
    ComStmtExecute,
    MalformedValues,
    Parameter,
    ParameterReader,
    ParameterType,
    StmtPrepareOk,
    write_parameters,
    write_query,
)
from fakemysql.fields import FieldReader, MalformedPacket
from fakemysql.framing import MAX_BODY, Framing
from fakemysql.sql.charsets import Charset

if TYPE_CHECKING:
    from fakemysql.answers import Value

UTF8 = Charset("utf8mb4", "UTF-8 Unicode", "utf8mb4_general_ci", 4, "utf-8")
LATIN1 = Charset("latin1", "cp1252 West European", "latin1_swedish_ci", 1, "cp1252")
UNSIGNED = c.UNSIGNED_FLAG

# A table with a column of every type; MariaDB 10.11.19 and MySQL 9.7.4 sent these rows for it, byte for byte the same.
TABLE: list[tuple[str, int, int, int, Value, Value, Value]] = [
    ("ti", c.FIELD_TYPE_TINY, 0, 0, -128, 1, 2),
    ("tu", c.FIELD_TYPE_TINY, UNSIGNED, 0, 255, None, None),
    ("s", c.FIELD_TYPE_SHORT, 0, 0, -32768, None, None),
    ("su", c.FIELD_TYPE_SHORT, UNSIGNED, 0, 65535, None, None),
    ("m", c.FIELD_TYPE_INT24, 0, 0, -8388608, None, None),
    ("mu", c.FIELD_TYPE_INT24, UNSIGNED, 0, 16777215, None, None),
    ("i", c.FIELD_TYPE_LONG, 0, 0, -2147483648, None, None),
    ("iu", c.FIELD_TYPE_LONG, UNSIGNED, 0, 4294967295, None, None),
    ("b", c.FIELD_TYPE_LONGLONG, 0, 0, -(2**63), None, None),
    ("bu", c.FIELD_TYPE_LONGLONG, UNSIGNED, 0, 2**64 - 1, None, None),
    ("f", c.FIELD_TYPE_FLOAT, 0, 31, 1.5, 0.0, None),
    ("d", c.FIELD_TYPE_DOUBLE, 0, 31, -2.25, 0, None),
    ("dc", c.FIELD_TYPE_NEWDECIMAL, 0, 3, Decimal("1234567.891"), Decimal(0), None),
    ("y", c.FIELD_TYPE_YEAR, UNSIGNED | c.ZEROFILL_FLAG, 0, 2024, 0, None),
    ("bt", c.FIELD_TYPE_BIT, UNSIGNED, 0, b"\x0a\x01", b"\x00\x00", None),
    ("bt1", c.FIELD_TYPE_BIT, UNSIGNED, 0, b"\x01", None, None),
    ("dt", c.FIELD_TYPE_DATE, 0, 0, dt.date(2024, 2, 29), "0000-00-00", None),
    ("t", c.FIELD_TYPE_TIME, 0, 0, -dt.timedelta(hours=838, minutes=59, seconds=59), dt.timedelta(0), "25:00:01"),
    (
        "t6",
        c.FIELD_TYPE_TIME,
        0,
        6,
        dt.timedelta(hours=12, minutes=34, seconds=56, milliseconds=789),
        dt.timedelta(milliseconds=500),
        "-25:00:00.000001",
    ),
    ("dtm", c.FIELD_TYPE_DATETIME, 0, 0, dt.datetime(2024, 2, 29), "0000-00-00 00:00:00", None),
    (
        "dtm6",
        c.FIELD_TYPE_DATETIME,
        0,
        6,
        dt.datetime(2024, 2, 29, 12, 34, 56, 1),
        dt.datetime(2024, 1, 1, 10, 20),
        None,
    ),
    ("ts", c.FIELD_TYPE_TIMESTAMP, 0, 0, dt.datetime(2024, 2, 29, 12, 34, 56), None, None),
    ("ts3", c.FIELD_TYPE_TIMESTAMP, 0, 3, dt.datetime(2024, 2, 29, 0, 0, 0, 120_000), None, None),
    ("c", c.FIELD_TYPE_STRING, 0, 0, "ab", None, None),
    ("vc", c.FIELD_TYPE_VAR_STRING, 0, 0, "çé", None, None),
    ("bin", c.FIELD_TYPE_STRING, 0, 0, b"a\x00\x00\x00", None, None),
    ("vb", c.FIELD_TYPE_VAR_STRING, 0, 0, b"\x001", None, None),
    ("tx", c.FIELD_TYPE_BLOB, 0, 0, "text", None, None),
    ("tb", c.FIELD_TYPE_BLOB, 0, 0, "tiny", None, None),
    ("mb", c.FIELD_TYPE_BLOB, 0, 0, b"mb", None, None),
    ("lb", c.FIELD_TYPE_BLOB, 0, 0, b"lb", None, None),
    ("e", c.FIELD_TYPE_STRING, c.ENUM_FLAG, 0, "b", None, None),
    ("st", c.FIELD_TYPE_STRING, c.SET_FLAG, 0, "x,y", None, None),
    ("js", c.FIELD_TYPE_JSON, 0, 0, '{"a": 1}', None, None),
    ("zf", c.FIELD_TYPE_LONG, UNSIGNED | c.ZEROFILL_FLAG, 0, 42, None, None),
    ("g", c.FIELD_TYPE_GEOMETRY, 0, 0, None, None, None),
]
RECORDED = [
    "00000000002080ff0080ffff000080ffffffff0000000080ffffffff0000000000000080ffffffffffffffff0000c03f00000000000002c00b"
    "313233343536372e383931e807020a01010104e807021d080122000000163b3b0c00000000000c2238080a0c0004e807021d0be807021d0c22"
    "380100000007e807021d0c22380be807021d000000c0d4010002616204c3a7c3a9046100000002003104746578740474696e79026d62026c62"
    "016203782c79087b2261223a20317d2a000000",
    "00f80f82ff3f0100000000000000000000000005302e303030000002000000000c000000000000000020a107000007e80701010a1400",
    "00f8ffe7ff3f020800010000000100010c010100000001000001000000",
]
COLUMNS = [Column(name, kind, 45, 0, flags, decimals) for name, kind, flags, decimals, *_ in TABLE]


def utf8(_: int) -> Charset:
    return UTF8


def column(kind: int, *, unsigned: bool = False, decimals: int = 31) -> Column:
    return Column("a", kind, 45, 0, UNSIGNED if unsigned else 0, decimals)


def cell(kind: int, value: Value, *, unsigned: bool = False, decimals: int = 31, charset: Charset = UTF8) -> bytes:
    encoder = BinaryRowEncoder([column(kind, unsigned=unsigned, decimals=decimals)], lambda _: charset)
    return encoder.payload([value])[2:]


def read(block: bytes, count: int, **more: object) -> list[Value]:
    reader = FieldReader(block)
    parameters = ParameterReader(UTF8.decode).read(reader, count, **more)  # type: ignore[arg-type]
    return [parameter.value for parameter in parameters]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_row_of_every_type_is_what_both_servers_sent(which: int) -> None:
    row = [values[which] for *_, first, second, third in TABLE for values in [(first, second, third)]]
    assert BinaryRowEncoder(COLUMNS, utf8).payload(row).hex() == RECORDED[which]


def test_rows_are_packets_numbered_on() -> None:
    framing = Framing(limit_bytes=100)
    framing.sequence = 254
    encoder = BinaryRowEncoder([column(c.FIELD_TYPE_TINY)], utf8)
    assert encoder.encode([(1,), (None,), (3,)], framing) == (
        b"\x03\x00\x00\xfe\x00\x00\x01" + b"\x02\x00\x00\xff\x00\x04" + b"\x03\x00\x00\x00\x00\x00\x03"
    )
    assert framing.sequence == 1


FITTING: dict[int, st.SearchStrategy[Any]] = {
    c.FIELD_TYPE_TINY: st.integers(-128, 127) | st.booleans(),
    c.FIELD_TYPE_LONG: st.integers(-(2**31), 2**31 - 1) | st.just("17") | st.just(Decimal(5)),
    c.FIELD_TYPE_LONGLONG: st.integers(-(2**63), 2**63 - 1),
    c.FIELD_TYPE_YEAR: st.integers(1901, 2155),
    c.FIELD_TYPE_FLOAT: st.floats(width=32),
    c.FIELD_TYPE_DOUBLE: st.floats() | st.integers(0, 9),
    c.FIELD_TYPE_NEWDECIMAL: st.decimals(-1000, 1000, places=3) | st.integers(0, 9),
    c.FIELD_TYPE_DATE: st.dates() | st.datetimes(),
    c.FIELD_TYPE_DATETIME: st.datetimes() | st.just("0000-00-00 00:00:00"),
    c.FIELD_TYPE_TIME: st.timedeltas(dt.timedelta(hours=-800), dt.timedelta(hours=800)),
    c.FIELD_TYPE_VAR_STRING: st.text(max_size=4) | st.binary(max_size=4) | st.sampled_from(["x" * 250, "x" * 251]),
    c.FIELD_TYPE_STRING: st.decimals(0, 9, places=1) | st.text("ab"),
    c.FIELD_TYPE_BLOB: st.binary(max_size=300),
}


@settings(max_examples=60)
@given(st.data())
def test_a_batch_is_what_its_rows_are_one_by_one(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(FITTING)), min_size=1, max_size=7))
    shapes = [column(kind, decimals=data.draw(st.sampled_from([0, 2, 6, 31]))) for kind in kinds]
    values = [FITTING[kind] if data.draw(st.booleans()) else st.none() | FITTING[kind] for kind in kinds]
    some = data.draw(st.lists(st.tuples(*values), min_size=1, max_size=14))
    rows: list[tuple[Value, ...]] = (some * 30)[:30]
    batch, single = Framing(limit_bytes=0), Framing(limit_bytes=0)
    encoder = BinaryRowEncoder(shapes, utf8)
    assert encoder.encode(rows, batch) == b"".join(single.frame(encoder.payload(row)) for row in rows)
    assert batch.sequence == single.sequence


def test_a_batch_of_unsigned_numbers_and_of_text_in_another_charset() -> None:
    shapes = [column(c.FIELD_TYPE_TINY, unsigned=True), column(c.FIELD_TYPE_VAR_STRING)]
    encoder = BinaryRowEncoder(shapes, lambda _: LATIN1)
    wire = encoder.encode([(255, "\xe9")] * 20, Framing(limit_bytes=0))
    assert wire[:9] == b"\x05\x00\x00\x00\x00\x00\xff\x01\xe9"


@pytest.mark.parametrize("kind", [c.FIELD_TYPE_DATETIME, c.FIELD_TYPE_TIMESTAMP])
def test_a_batch_of_moments_has_each_as_short_as_it_can_be(kind: int) -> None:
    values = [dt.datetime(2024, 2, 29, 1, 2, 3, 999999), dt.datetime(2024, 2, 29)] * 10
    encoder = BinaryRowEncoder([column(kind, decimals=0)], utf8)
    wire = encoder.encode([(value,) for value in values], Framing(limit_bytes=0))
    assert wire[:25].hex(" ") == "0a 00 00 00 00 00 07 e8 07 02 1d 01 02 03 07 00 00 01 00 00 04 e8 07 02 1d"
    assert len(wire) == 25 * 10


def test_what_of_a_batch_does_not_fit_is_named() -> None:
    framing = Framing(limit_bytes=0)
    tiny = BinaryRowEncoder([column(c.FIELD_TYPE_TINY)], utf8)
    with pytest.raises(ValueError, match="300 does not fit column 'a', which is TINY"):
        tiny.encode([(1,)] * 20 + [(300,)], framing)
    with pytest.raises(ValueError, match="'x' is no date for column 'a'"):
        BinaryRowEncoder([column(c.FIELD_TYPE_DATE)], utf8).encode([("x",)] * 20, framing)
    with pytest.raises(ValueError, match=r"a row of 2 values was given for 1 columns: \(1, 2\)"):
        tiny.encode([(1,)] * 20 + [(1, 2)], framing)
    with pytest.raises(ValueError, match="1e\\+40 does not fit column 'a', which is FLOAT"):
        BinaryRowEncoder([column(c.FIELD_TYPE_FLOAT)], utf8).encode([(1e40,)] * 20, framing)
    assert framing.sequence == 0


def test_a_row_of_sixteen_mebibytes_among_many_goes_on_in_a_second_packet() -> None:
    encoder = BinaryRowEncoder([column(c.FIELD_TYPE_BLOB)], utf8)
    wire = encoder.encode([(b"",)] * 20 + [(b"z" * MAX_BODY,)], Framing(limit_bytes=0))
    reader = Framing(limit_bytes=1 << 26)
    reader.receive(wire)
    sizes = []
    while (payload := reader.next_payload()) is not None:
        sizes.append(len(payload))
    assert sizes == [3] * 20 + [2 + 4 + MAX_BODY]


@pytest.mark.parametrize("count", [1, 5, 6, 7, 13, 14, 15, 100])
def test_the_bitmap_begins_at_its_third_bit(count: int) -> None:
    encoder = BinaryRowEncoder([column(c.FIELD_TYPE_TINY)] * count, utf8)
    for index in range(count):
        row: list[Value] = [7] * count
        row[index] = None
        payload = encoder.payload(row)
        size = (count + 2 + 7) // 8
        assert int.from_bytes(payload[1 : 1 + size], "little") == 1 << (index + 2)
        assert payload[1 + size :] == b"\x07" * (count - 1)


class Colour(enum.IntEnum):
    RED = 3


class Name(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (c.FIELD_TYPE_LONG, True, b"\x01\x00\x00\x00"),
        (c.FIELD_TYPE_LONG, "42", b"\x2a\x00\x00\x00"),
        (c.FIELD_TYPE_TINY, Colour.RED, b"\x03"),
        (c.FIELD_TYPE_LONGLONG, Decimal(5), b"\x05" + bytes(7)),
        (c.FIELD_TYPE_DOUBLE, Decimal("0.5"), struct.pack("<d", 0.5)),
        (c.FIELD_TYPE_DOUBLE, 2, struct.pack("<d", 2)),
        (c.FIELD_TYPE_NEWDECIMAL, Decimal("1E+3"), b"\x041000"),
        (c.FIELD_TYPE_NEWDECIMAL, 12, b"\x0212"),
        (c.FIELD_TYPE_VAR_STRING, Decimal("1.50"), b"\x041.50"),
        (c.FIELD_TYPE_VAR_STRING, Colour.RED, b"\x013"),
        (c.FIELD_TYPE_VAR_STRING, Name("ann"), b"\x03ann"),
        (c.FIELD_TYPE_VAR_STRING, True, b"\x011"),
        (c.FIELD_TYPE_VAR_STRING, False, b"\x010"),
        (c.FIELD_TYPE_VAR_STRING, 0.1, b"\x030.1"),
        (c.FIELD_TYPE_VAR_STRING, dt.date(2024, 2, 29), b"\x0a2024-02-29"),
        (c.FIELD_TYPE_VAR_STRING, dt.datetime(2024, 2, 29, 1, 2, 3, 4), b"\x1a2024-02-29 01:02:03.000004"),
        (c.FIELD_TYPE_VAR_STRING, dt.timedelta(hours=25), b"\x0f25:00:00.000000"),
        (c.FIELD_TYPE_BLOB, b"\x00" * 300, b"\xfc\x2c\x01" + bytes(300)),
        (c.FIELD_TYPE_DATE, dt.datetime(2024, 2, 29, 1, 2, 3), b"\x04\xe8\x07\x02\x1d"),
        (c.FIELD_TYPE_DATETIME, dt.date(2024, 2, 29), b"\x04\xe8\x07\x02\x1d"),
        (c.FIELD_TYPE_DATETIME, "2024-02-29T01:02:03.5", b"\x0b\xe8\x07\x02\x1d\x01\x02\x03\x20\xa1\x07\x00"),
        (c.FIELD_TYPE_TIME, "01:02:03", b"\x08\x00\x00\x00\x00\x00\x01\x02\x03"),
    ],
)
def test_a_value_is_written_in_the_form_of_its_column(kind: int, value: Value, said: bytes) -> None:
    assert cell(kind, value) == said


def test_digits_that_the_column_does_not_have_are_cut_off() -> None:
    moment = dt.datetime(2024, 2, 29, 1, 2, 3, 999_999)
    assert cell(c.FIELD_TYPE_DATETIME, moment, decimals=0) == b"\x07\xe8\x07\x02\x1d\x01\x02\x03"
    assert cell(c.FIELD_TYPE_DATETIME, moment, decimals=2)[8:] == (990_000).to_bytes(4, "little")
    assert cell(c.FIELD_TYPE_TIME, dt.timedelta(microseconds=999), decimals=3) == b"\x00"
    assert cell(c.FIELD_TYPE_NEWDECIMAL, Decimal("1.25"), decimals=3) == b"\x051.250"


def test_text_is_written_in_the_charset_of_its_column() -> None:
    assert cell(c.FIELD_TYPE_VAR_STRING, "é", charset=LATIN1) == b"\x01\xe9"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (c.FIELD_TYPE_TINY, 128, "128 does not fit column 'a', which is TINY"),
        (c.FIELD_TYPE_LONG, 2**31, "which is LONG"),
        (c.FIELD_TYPE_FLOAT, 1e300, "which is FLOAT"),
        (c.FIELD_TYPE_DATE, "yesterday", "'yesterday' is no date for column 'a'"),
        (c.FIELD_TYPE_DATETIME, 20240229, "no date"),
        (c.FIELD_TYPE_TIME, "noon", "'noon' is no time for column 'a'"),
        (c.FIELD_TYPE_TIME, 12, "no time"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_column(kind: int, value: Value, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cell(kind, value)


def test_an_unsigned_column_has_no_room_for_a_minus() -> None:
    with pytest.raises(ValueError, match="unsigned LONGLONG"):
        cell(c.FIELD_TYPE_LONGLONG, -1, unsigned=True)


def test_a_value_of_no_known_type_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        cell(c.FIELD_TYPE_BLOB, object())  # type: ignore[arg-type]


def test_a_row_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values was given for 1 columns"):
        BinaryRowEncoder([column(c.FIELD_TYPE_TINY)], utf8).payload([1, 2])


# --------------------------------------------------------------------------------------------------------- parameters

# The manual's example of COM_STMT_EXECUTE: one parameter, VARCHAR, 'foo'.
MANUAL_EXECUTE = bytes.fromhex("01000000 00 01000000 00 01 0f00 03666f6f")


def test_the_manuals_example_is_read() -> None:
    execute = ComStmtExecute.parse(MANUAL_EXECUTE)
    assert (execute.statement_id, execute.flags, execute.iterations) == (1, 0, 1)
    assert read(execute.rest, 1) == ["foo"]
    assert execute.serialize() == b"\x17" + MANUAL_EXECUTE


@pytest.mark.parametrize(
    ("kind", "unsigned", "data", "value"),
    [
        (c.FIELD_TYPE_TINY, False, "ff", -1),
        (c.FIELD_TYPE_TINY, True, "ff", 255),
        (c.FIELD_TYPE_SHORT, False, "0080", -32768),
        (c.FIELD_TYPE_YEAR, True, "e807", 2024),
        (c.FIELD_TYPE_LONG, True, "ffffffff", 2**32 - 1),
        (c.FIELD_TYPE_INT24, False, "ffffffff", -1),
        (c.FIELD_TYPE_LONGLONG, True, "ffffffffffffffff", 2**64 - 1),
        (c.FIELD_TYPE_FLOAT, False, "0000c03f", 1.5),
        (c.FIELD_TYPE_DOUBLE, False, "9a9999999999b93f", 0.1),
        (c.FIELD_TYPE_DECIMAL, False, "04312e3530", Decimal("1.50")),
        (c.FIELD_TYPE_NEWDECIMAL, False, "0178", Decimal(0)),
        (c.FIELD_TYPE_NEWDECIMAL, False, "034e614e", Decimal(0)),
        (c.FIELD_TYPE_VAR_STRING, False, "02c3a9", "é"),
        (c.FIELD_TYPE_STRING, False, "00", ""),
        (c.FIELD_TYPE_JSON, False, "027b7d", "{}"),
        (c.FIELD_TYPE_LONG_BLOB, False, "020078", b"\x00x"),
        (c.FIELD_TYPE_DATE, False, "04e807021d", dt.date(2024, 2, 29)),
        (c.FIELD_TYPE_DATE, False, "07e807021d010203", dt.date(2024, 2, 29)),
        (c.FIELD_TYPE_DATE, False, "00", "0000-00-00"),
        (c.FIELD_TYPE_DATETIME, False, "00", "0000-00-00 00:00:00"),
        (c.FIELD_TYPE_DATETIME, False, "0be8070000010203a0860100", "2024-00-00 01:02:03.100000"),
        (c.FIELD_TYPE_DATETIME, False, "04e807021d", dt.datetime(2024, 2, 29)),
        (c.FIELD_TYPE_TIMESTAMP, False, "07e807021d010203", dt.datetime(2024, 2, 29, 1, 2, 3)),
        (c.FIELD_TYPE_DATETIME, False, "0be807021d01020301000000", dt.datetime(2024, 2, 29, 1, 2, 3, 1)),
        (c.FIELD_TYPE_TIME, False, "00", dt.timedelta(0)),
        (c.FIELD_TYPE_TIME, False, "080101000000020304", -dt.timedelta(1, hours=2, minutes=3, seconds=4)),
        (c.FIELD_TYPE_TIME, False, "0c000000000000000001000000", dt.timedelta(microseconds=1)),
    ],
)
def test_a_parameter_is_read_by_the_type_it_brings(kind: int, unsigned: bool, data: str, value: Value) -> None:
    block = bytes((0, 1, kind, 0x80 if unsigned else 0)) + bytes.fromhex(data)
    (got,) = read(block, 1)
    assert got == value
    assert type(got) is type(value)


def test_null_parameters_take_no_room() -> None:
    assert read(b"\x05\x01" + b"\x03\x00" * 3 + b"\x07\x00\x00\x00", 3) == [None, 7, None]


def test_types_may_be_left_out_once_they_are_known() -> None:
    known = [ParameterType(c.FIELD_TYPE_TINY), ParameterType(c.FIELD_TYPE_VAR_STRING)]
    assert read(b"\x00\x00\x05\x01x", 2, known_types=known) == [5, "x"]
    for unknown in (None, known[:1]):
        with pytest.raises(MalformedValues, match="no types were sent for 2 parameters"):
            read(b"\x00\x00\x05\x01x", 2, known_types=unknown)


def test_data_sent_before_takes_the_place_of_a_value_and_beats_the_bitmap() -> None:
    """Both servers."""
    types = bytes((c.FIELD_TYPE_BLOB, 0, c.FIELD_TYPE_LONG, 0, c.FIELD_TYPE_VAR_STRING, 0))
    block = b"\x01\x01" + types + b"\x07\x00\x00\x00"
    assert read(block, 3, long_data={0: b"abc\x00", 2: "é".encode()}) == [b"abc\x00", 7, "é"]


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("", MalformedValues),
        ("00", MalformedValues),
        ("0001", MalformedPacket),
        ("000103", MalformedPacket),
        ("00010300", MalformedValues),
        ("00010300010000", MalformedValues),
        ("0001fd0050616263", MalformedValues),
        ("0001fd00ff", MalformedValues),
        ("00010a0003e80702", MalformedValues),
        ("00010b00050000000000", MalformedValues),
        ("00010b0008" + "00ffffffff000000", MalformedValues),
        ("00010600", MalformedValues),
        ("0001f40001", MalformedValues),
    ],
)
def test_a_block_that_ends_early_or_makes_no_sense_is_refused(block: str, kind: type[MalformedPacket]) -> None:
    with pytest.raises(MalformedPacket) as refused:
        read(bytes.fromhex(block), 1)
    assert type(refused.value) is kind


def test_a_refusal_names_the_parameter_and_its_type() -> None:
    with pytest.raises(MalformedValues, match=r"parameter 1 \(unsigned LONGLONG\) wants 8 bytes"):
        read(b"\x00\x01" + b"\x01\x00\x08\x80" + b"\x01\x02", 2)
    with pytest.raises(MalformedValues, match="type 244"):
        read(b"\x00\x01\xf4\x00", 1)


def test_query_attributes_stand_before_the_statement() -> None:
    reader = ParameterReader(UTF8.decode, named=True)
    attributes, statement = reader.read_query(bytes.fromhex("02010201030001 6e 0600 017a 01000000") + b"SELECT 2")
    assert [(each.type.name, each.value) for each in attributes] == [("n", 1), ("z", None)]
    assert statement == b"SELECT 2"
    assert reader.read_query(b"\x00\x01SELECT 1") == ([], b"SELECT 1")


@pytest.mark.parametrize("body", ["", "00", "0000", "0002", "0101", "fb01", "fe" + "ff" * 8 + "01", "010100000176"])
def test_query_attributes_that_make_no_sense_are_refused(body: str) -> None:
    with pytest.raises(MalformedPacket):
        ParameterReader(UTF8.decode, named=True).read_query(bytes.fromhex(body))


integers = st.one_of(
    *(
        st.tuples(
            st.just(ParameterType(kind, unsigned)), st.integers(0 if unsigned else -low, high if unsigned else low - 1)
        )
        for kind, low, high in [
            (c.FIELD_TYPE_TINY, 2**7, 2**8 - 1),
            (c.FIELD_TYPE_SHORT, 2**15, 2**16 - 1),
            (c.FIELD_TYPE_LONG, 2**31, 2**32 - 1),
            (c.FIELD_TYPE_LONGLONG, 2**63, 2**64 - 1),
        ]
        for unsigned in (False, True)
    )
)
texts = st.tuples(st.just(ParameterType(c.FIELD_TYPE_VAR_STRING)), st.text(st.characters(codec="utf-8"), max_size=300))
values: st.SearchStrategy[tuple[ParameterType, Value]] = st.one_of(
    integers,
    texts,
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_DOUBLE)), st.floats(allow_nan=False)),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_FLOAT)), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_NEWDECIMAL)), st.decimals(-(10**30), 10**30, places=10)),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_BLOB)), st.binary(max_size=300)),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_DATE)), st.dates()),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_DATETIME)), st.datetimes()),
    st.tuples(
        st.just(ParameterType(c.FIELD_TYPE_TIME)), st.timedeltas(-dt.timedelta(hours=839), dt.timedelta(hours=839))
    ),
    st.tuples(st.just(ParameterType(c.FIELD_TYPE_NULL)), st.none()),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(values, min_size=1, max_size=12), st.booleans())
@example([(ParameterType(c.FIELD_TYPE_TIME), -dt.timedelta(microseconds=1))], False)
def test_what_is_written_is_read(given_values: list[tuple[ParameterType, Value]], named: bool) -> None:
    parameters = [
        Parameter(ParameterType(kind.type, kind.unsigned, f"né{index}" if named else ""), value)
        for index, (kind, value) in enumerate(given_values)
    ]
    block = write_parameters(parameters, UTF8, named=named)
    reader = FieldReader(block)
    assert ParameterReader(UTF8.decode, named=named).read(reader, len(parameters)) == parameters
    assert reader.remaining == 0
    if named:
        body = write_query(parameters, b"SELECT 1", UTF8)
        assert ParameterReader(UTF8.decode, named=True).read_query(body) == (parameters, b"SELECT 1")


def test_a_query_may_have_no_attributes() -> None:
    assert write_query([], b"SELECT 1", UTF8) == b"\x00\x01SELECT 1"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.integers(1, 70), st.booleans())
def test_no_bytes_raise_anything_but_malformed_packet(data: bytes, count: int, named: bool) -> None:
    reader = ParameterReader(UTF8.decode, named=named)
    known = [ParameterType(kind % 256) for kind in range(count)]
    for attempt in (
        lambda: reader.read(FieldReader(data), count, known),
        lambda: reader.read_query(data),
        lambda: ComStmtExecute.parse(data),
        lambda: StmtPrepareOk.parse(data),
    ):
        try:
            attempt()
        except MalformedPacket:
            continue


@given(st.integers(0, 2**32 - 1), st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 65535))
@settings(max_examples=30, deadline=None)
def test_the_answer_to_a_prepare_goes_round(statement: int, columns: int, parameters: int, warnings: int) -> None:
    packet = StmtPrepareOk(statement, columns, parameters, warnings)
    assert StmtPrepareOk.parse(packet.serialize()) == packet


def test_the_answer_to_a_prepare_is_what_servers_sent() -> None:
    """SELECT ? on both: id 2, one column, one parameter."""
    assert StmtPrepareOk(2, 1, 1).serialize() == bytes.fromhex("000200000001000100000000")
    with pytest.raises(MalformedPacket, match="0xff"):
        StmtPrepareOk.parse(b"\xff" * 12)
