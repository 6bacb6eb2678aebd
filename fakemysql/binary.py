"""The binary protocol: what prepared statements send and receive instead of text.

Values travel in their machine form: integers and floats little-endian, dates in pieces with trailing zeros left out,
everything else as length-encoded bytes; a bitmap says which are NULL. A row writes the type of its column; a parameter
brings its type along. This module knows those forms and the packets around them (COM_STMT_* and the attributes that
stand before a COM_QUERY); it is kept from knowing statements, sessions and servers. ``prepared.py`` does.

Reading never raises anything but :class:`~fakemysql.fields.MalformedPacket`, whatever the bytes are, and allocates no
more than has arrived.

Source: MySQL manual, "Binary Protocol Resultset", "COM_STMT_EXECUTE", "COM_QUERY"; rows compared byte for byte with
MariaDB 10.11.19 and MySQL 9.7.4, for every column type.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import functools
import re
import struct
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Final

from . import constants as c
from . import datetimes
from .answers import Column
from .fields import FieldReader, MalformedPacket, fixed_int, lenenc_bytes, lenenc_int
from .packets import Command
from .records import record
from .row_writer import CELL, TEXT, RowTooLong, side_by_side
from .rows import FEW_ROWS, cells_of, datetime_text, kind_of, number_text, texts_in, time_text, turned, wrong_width

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from typing import Any

    from .answers import Value
    from .framing import Framing
    from .sql.charsets import Charset

CURSOR_TYPE_READ_ONLY: Final = 0x01
PARAMETER_COUNT_AVAILABLE: Final = 0x08
_UNSIGNED: Final = 0x80
# NOT_FIXED_DEC of the servers: no number of decimals is set.
_AS_MANY_AS_IT_HAS: Final = 31
_MAX_DECIMALS: Final = 30

_INTEGERS: Final = {
    c.FIELD_TYPE_TINY: "b",
    c.FIELD_TYPE_SHORT: "h",
    c.FIELD_TYPE_YEAR: "h",
    c.FIELD_TYPE_LONG: "i",
    c.FIELD_TYPE_INT24: "i",
    c.FIELD_TYPE_LONGLONG: "q",
}
_FLOATS: Final = {c.FIELD_TYPE_FLOAT: "f", c.FIELD_TYPE_DOUBLE: "d"}
_DECIMALS: Final = frozenset({c.FIELD_TYPE_DECIMAL, c.FIELD_TYPE_NEWDECIMAL})
_MOMENTS: Final = frozenset({c.FIELD_TYPE_DATETIME, c.FIELD_TYPE_TIMESTAMP})
_DATES: Final = _MOMENTS | {c.FIELD_TYPE_DATE}
_MACHINE_FORMS: Final = frozenset({*_INTEGERS, *_FLOATS, *_DATES, c.FIELD_TYPE_TIME})
_TEXTS: Final = frozenset(
    {
        c.FIELD_TYPE_VARCHAR,
        c.FIELD_TYPE_VAR_STRING,
        c.FIELD_TYPE_STRING,
        c.FIELD_TYPE_ENUM,
        c.FIELD_TYPE_SET,
        c.FIELD_TYPE_JSON,
    }
)
_BYTES: Final = frozenset(
    {
        c.FIELD_TYPE_TINY_BLOB,
        c.FIELD_TYPE_MEDIUM_BLOB,
        c.FIELD_TYPE_LONG_BLOB,
        c.FIELD_TYPE_BLOB,
        c.FIELD_TYPE_BIT,
        c.FIELD_TYPE_GEOMETRY,
    }
)
_NAMES: Final = {
    value: name.removeprefix("FIELD_TYPE_") for name, value in vars(c).items() if name.startswith("FIELD_TYPE_")
}

_DATETIME_TEXT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?")
_TIME_TEXT: Final = re.compile(r"(-?)(\d{1,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


class MalformedValues(MalformedPacket):
    """The types of the parameters were read, or were not needed, and then the values ended early or made no sense."""


class UnknownTypes(MalformedValues):
    """Values came without types, and no execution before had any."""


# ------------------------------------------------------------------------------------------------------------- packets


@dataclass(frozen=True, slots=True)
class StmtPrepareOk:
    """COM_STMT_PREPARE_OK: the first packet of the answer to a prepare; definitions follow where a count is not 0."""

    statement_id: int
    column_count: int
    parameter_count: int
    warnings: int = 0

    def serialize(self) -> bytes:
        return struct.pack("<BIHHBH", 0, self.statement_id, self.column_count, self.parameter_count, 0, self.warnings)

    @classmethod
    def parse(cls, payload: bytes) -> StmtPrepareOk:
        reader = FieldReader(payload)
        header = reader.fixed_int(1, "header of COM_STMT_PREPARE_OK")
        if header:
            raise MalformedPacket(f"COM_STMT_PREPARE_OK begins with 0x00, not with {header:#04x}")
        statement_id = reader.fixed_int(4, "statement id")
        column_count = reader.fixed_int(2, "column count")
        parameter_count = reader.fixed_int(2, "parameter count")
        reader.fixed_bytes(1, "filler")
        return cls(statement_id, column_count, parameter_count, reader.fixed_int(2, "warnings"))


# Statement id, cursor flags, iterations.
_EXECUTE: Final = struct.Struct("<IBI")


@record
class ComStmtExecute:
    """COM_STMT_EXECUTE up to its parameters, which cannot be read before the statement is known: they are in rest.

    flags: CURSOR_TYPE_* in the low bits, and PARAMETER_COUNT_AVAILABLE.
    """

    statement_id: int
    flags: int = 0
    iterations: int = 1
    rest: bytes = b""

    def serialize(self) -> bytes:
        return (
            struct.pack("<BIBI", Command.COM_STMT_EXECUTE, self.statement_id, self.flags, self.iterations) + self.rest
        )

    @classmethod
    def parse(cls, body: bytes) -> ComStmtExecute:
        """Read what follows the command's byte."""
        if len(body) < _EXECUTE.size:
            raise MalformedPacket(f"COM_STMT_EXECUTE has {_EXECUTE.size} bytes at least, not {len(body)}")
        statement_id, flags, iterations = _EXECUTE.unpack_from(body)
        return cls(statement_id, flags, iterations, body[_EXECUTE.size :])


# -------------------------------------------------------------------------------------------------- parameters, read


@dataclass(frozen=True, slots=True)
class ParameterType:
    """What a client binds to one place: enum_field_types, whether unsigned, and the name that an attribute has."""

    type: int
    unsigned: bool = False
    name: str = ""

    def __str__(self) -> str:
        return ("unsigned " if self.unsigned else "") + _NAMES.get(self.type, f"type {self.type}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value and the type that it came with. A zero date, which Python has none for, is its text."""

    type: ParameterType
    value: Value


@dataclass(frozen=True, slots=True)
class ParameterReader:
    """Reads parameter blocks; decode turns bytes in the client's character set into text."""

    decode: Callable[[bytes], str]
    named: bool = False
    """CLIENT_QUERY_ATTRIBUTES was agreed: names stand beside types, and the count in front of the block."""

    def read(
        self,
        reader: FieldReader,
        count: int,
        known_types: Sequence[ParameterType] | None = None,
        long_data: Mapping[int, bytes] | None = None,
    ) -> list[Parameter]:
        """Read the block of count parameters: bitmap, types or their absence, values.

        Args:
            reader: stands on the bitmap.
            count: at least 1.
            known_types: those of the last execution, for a client that does not repeat them.
            long_data: values that were sent before, by index; they have no place in the block, and beat the bitmap.

        Raises:
            MalformedPacket: the block ends inside the types.
            MalformedValues: types were neither sent nor known, a value is cut off, or a type has no binary form.
        """
        try:
            nulls = reader.fixed_bytes((count + 7) // 8, "bitmap of NULL parameters")
            types_follow = reader.fixed_int(1, "new_params_bind_flag")
        except MalformedPacket as error:
            raise MalformedValues(str(error)) from error
        types = self._types(reader, count) if types_follow else known_types
        if types is None or len(types) != count:
            text = f"no types were sent for {count} parameters, and no earlier execution sent them"
            raise (UnknownTypes if reader.remaining else MalformedValues)(text)
        sent_before = long_data or {}
        parameters = []
        try:
            for index, kind in enumerate(types):
                if index in sent_before:
                    data = sent_before[index]
                    parameters.append(Parameter(kind, data if kind.type in _BYTES else self.decode(data)))
                elif nulls[index // 8] >> index % 8 & 1:
                    parameters.append(Parameter(kind, None))
                else:
                    parameters.append(Parameter(kind, self._value(reader, kind, index)))
        except MalformedPacket as error:
            raise MalformedValues(str(error)) from error
        return parameters

    def _types(self, reader: FieldReader, count: int) -> list[ParameterType]:
        types = []
        for index in range(count):
            kind = reader.fixed_int(1, f"type of parameter {index}")
            flags = reader.fixed_int(1, f"flags of parameter {index}")
            name = self.decode(reader.lenenc_bytes(f"name of parameter {index}")) if self.named else ""
            types.append(ParameterType(kind, bool(flags & _UNSIGNED), name))
        return types

    def _value(self, reader: FieldReader, kind: ParameterType, index: int) -> Value:
        what = f"parameter {index} ({kind})"
        form = _INTEGERS.get(kind.type)
        if form is not None:
            size = struct.calcsize(form)
            return int.from_bytes(reader.fixed_bytes(size, what), "little", signed=not kind.unsigned)
        form = _FLOATS.get(kind.type)
        if form is not None:
            number: float = struct.unpack("<" + form, reader.fixed_bytes(struct.calcsize(form), what))[0]
            return number
        if kind.type in _DATES:
            return _read_date(reader, what, with_time=kind.type != c.FIELD_TYPE_DATE)
        if kind.type == c.FIELD_TYPE_TIME:
            return _read_time(reader, what)
        if kind.type in _TEXTS:
            return self.decode(reader.lenenc_bytes(what))
        if kind.type in _BYTES:
            return reader.lenenc_bytes(what)
        if kind.type in _DECIMALS:
            return _decimal(reader.lenenc_bytes(what).decode("ascii", "replace"))
        raise MalformedPacket(f"{what} has no binary form")

    def read_query(self, body: bytes) -> tuple[list[Parameter], bytes]:
        """Read what stands before the text of a COM_QUERY where query attributes were agreed.

        Args:
            body: what follows the command's byte.

        Returns:
            The attributes, and the statement.
        """
        reader = FieldReader(body)
        count = reader.lenenc_int("count of query attributes")
        sets = reader.lenenc_int("count of sets of query attributes")
        if sets != 1:
            raise MalformedPacket(f"query attributes come in 1 set, not in {sets}")
        attributes = self.read(reader, count) if count else []
        return attributes, reader.rest()


def split_query(body: bytes, decode: Callable[[bytes], str]) -> tuple[dict[str, str | None], bytes]:
    """The query attributes of a COM_QUERY's body, by name and as text, and the statement behind them.

    Raises:
        MalformedPacket: what should be attributes makes no sense.
    """
    attributes, statement = ParameterReader(decode, named=True).read_query(body)
    shown = {each.type.name: None if each.value is None else str(each.value) for each in attributes}
    return shown, statement


def _decimal(text: str) -> decimal.Decimal:
    try:
        number = decimal.Decimal(text.strip())
    except decimal.InvalidOperation:
        return decimal.Decimal(0)
    return number if number.is_finite() else decimal.Decimal(0)


def _read_date(reader: FieldReader, what: str, *, with_time: bool) -> Value:
    size = reader.fixed_int(1, what)
    if size not in (0, 4, 7, 11):
        raise MalformedPacket(f"{what} has {size} bytes; a date has 0, 4, 7 or 11")
    data = reader.fixed_bytes(size, what).ljust(11, b"\x00")
    year, month, day, hour, minute, second, microsecond = struct.unpack("<HBBBBBI", data)
    if not with_time:
        hour = minute = second = microsecond = 0
    try:
        if with_time:
            return datetime.datetime(year, month, day, hour, minute, second, microsecond)
        return datetime.date(year, month, day)
    except ValueError:
        date = f"{year:04}-{month:02}-{day:02}"
        fraction = f".{microsecond:06}" if microsecond else ""
        return f"{date} {hour:02}:{minute:02}:{second:02}{fraction}" if with_time else date


def _read_time(reader: FieldReader, what: str) -> Value:
    size = reader.fixed_int(1, what)
    if size not in (0, 8, 12):
        raise MalformedPacket(f"{what} has {size} bytes; a time has 0, 8 or 12")
    data = reader.fixed_bytes(size, what).ljust(12, b"\x00")
    negative, days, hours, minutes, seconds, microseconds = struct.unpack("<BIBBBI", data)
    try:
        time = datetime.timedelta(days, seconds, microseconds, 0, minutes, hours)
        return -time if negative else time
    except OverflowError as error:
        raise MalformedPacket(f"{what} has {days} days, which is out of all reach") from error


# -------------------------------------------------------------------------------------------------------- rows, written


class BinaryRowEncoder:
    """Writes the rows of one result set in the binary protocol; the same face as ``rows.RowEncoder``.

    Many rows are turned by columns, as text rows are: measured, 0.6 us for a row of five, where one by one takes 2.2.

    Args:
        columns: the columns, in order.
        charset_of: what a collation id means.
    """

    __slots__ = ("_columns", "_described", "_has_long")

    def __init__(self, columns: Sequence[Column], charset_of: Callable[[int], Charset]) -> None:
        # A text was too long for a length of one byte, and others may be.
        self._has_long = False
        self._described, self._columns = _described(tuple(columns), charset_of)

    @property
    def form(self) -> Hashable:
        """What the bytes depend on."""
        return tuple(
            (column.type, column.flags & c.UNSIGNED_FLAG, column.decimals, charset.codec)
            for column, charset in self._described
        )

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        """The rows as packets, numbered on by framing.

        Raises:
            ValueError: a row has not one value a column, or a value does not fit its column; the text names both.
        """
        if len(rows) > FEW_ROWS:
            columns = turned(rows, len(self._columns))
            with contextlib.suppress(RowTooLong):
                return self._batch(columns, framing)
        return b"".join([framing.frame(self.payload(row)) for row in rows])

    def _batch(self, columns: Sequence[tuple[Value, ...]], framing: Framing) -> bytes:
        """By columns, as text rows are; see ``rows.py``."""
        count = len(columns[0])
        streams: list[Iterable[str]] = []
        shape = CELL
        nulls: list[list[int]] = []
        for place, (described, values) in enumerate(zip(self._described, columns, strict=True)):
            kind = kind_of(values)
            if kind is None or kind is type(None):
                given = [value for value in values if value is not None]
                letter, stream = _stream(*described, kind_of(given), given) if given else (CELL, [])
                cells = iter(cells_of(stream) if letter == TEXT else stream)
                streams.append(["" if value is None else next(cells) for value in values])
                shape += CELL
                if len(given) < count:
                    bit = 1 << place + 2
                    nulls.append([bit if value is None else 0 for value in values])
                continue
            letter, stream = _stream(*described, kind, values)
            is_long = letter == TEXT and self._has_long
            shape += CELL if is_long else letter
            streams.append(cells_of(stream) if is_long else stream)
        bitmaps = list(map(sum, zip(*nulls, strict=True))) if nulls else [0] * count
        size = (len(columns) + 9) // 8
        heads = {bits: "\0" + bits.to_bytes(size, "little").decode("latin-1") for bits in set(bitmaps)}
        try:
            return side_by_side([map(heads.__getitem__, bitmaps), *streams], shape, count, framing)
        except IndexError:
            self._has_long = True
        return self._batch(columns, framing)

    def payload(self, row: Sequence[Value]) -> bytes:
        """One row's packet body: 0x00, the bitmap with its offset of 2, the values that are not NULL."""
        if len(row) != len(self._columns):
            raise wrong_width(row, len(self._columns))
        nulls = 0
        cells = []
        for index, (write, value) in enumerate(zip(self._columns, row, strict=True), 2):
            if value is None:
                nulls |= 1 << index
            else:
                cells.append(write(value))
        bitmap = nulls.to_bytes((len(row) + 9) // 8, "little")
        return b"\x00" + bitmap + b"".join(cells)


def _stream(column: Column, charset: Charset, kind: type | None, values: Sequence[Any]) -> tuple[str, Iterable[str]]:
    """Many values of one column, none of them NULL, as ``side_by_side`` takes them: their letter, and texts or cells.

    They are what the column's cell writer makes of each; a character is a byte. kind is the class of them all.
    """
    if column.type not in _MACHINE_FORMS:
        if kind is str:
            return TEXT, texts_in(charset, values)
        if kind is bytes:
            return TEXT, map(str, values, repeat("latin-1"))
        if kind is decimal.Decimal:
            return TEXT, map(decimal.Decimal.__format__, values, repeat(_decimal_format(column)))
    elif kind is datetime.datetime and column.type in _MOMENTS and not column.decimals:
        return CELL, datetimes.cells(values)
    form = _INTEGERS.get(column.type) if kind is int else _FLOATS.get(column.type) if kind is float else None
    if form is not None:
        if kind is int and column.flags & c.UNSIGNED_FLAG:
            form = form.upper()
        # What does not fit is told of below, where it is one by one.
        with contextlib.suppress(struct.error, OverflowError):
            packed = struct.pack(f"<{len(values)}{form}", *values).decode("latin-1")
            size = len(packed) // len(values)
            return CELL, [packed[start : start + size] for start in range(0, len(packed), size)]
    write = _cell_writer(column, charset)
    return CELL, [write(value).decode("latin-1") for value in values]


# A prepared statement is executed again and again, with the same columns.
@functools.lru_cache(256)
def _described(
    columns: tuple[Column, ...], charset_of: Callable[[int], Charset]
) -> tuple[tuple[tuple[Column, Charset], ...], tuple[Callable[[Value], bytes], ...]]:
    """The columns with their character sets, and who writes a cell of each."""
    described = tuple((column, charset_of(column.character_set)) for column in columns)
    return described, tuple(_cell_writer(column, charset) for column, charset in described)


@functools.lru_cache(256)
def _cell_writer(column: Column, charset: Charset) -> Callable[[Value], bytes]:
    unsigned = bool(column.flags & c.UNSIGNED_FLAG)
    form = _INTEGERS.get(column.type)
    if form is not None:
        integer = struct.Struct("<" + (form.upper() if unsigned else form))
        return lambda value: _packed(integer, column, int(value), value)  # type: ignore[arg-type]
    form = _FLOATS.get(column.type)
    if form is not None:
        number = struct.Struct("<" + form)
        return lambda value: _packed(number, column, float(value), value)  # type: ignore[arg-type]
    if column.type in _DATES:
        return lambda value: _date(column, value)
    if column.type == c.FIELD_TYPE_TIME:
        return lambda value: _time(column, value)
    by_type = _text_forms(column, charset)
    return lambda value: lenenc_bytes(_form_of(by_type, value)(value))


def _packed(form: struct.Struct, column: Column, number: float, value: Value) -> bytes:
    try:
        return form.pack(number)
    except (struct.error, OverflowError) as error:
        kind = ParameterType(column.type, bool(column.flags & c.UNSIGNED_FLAG))
        raise ValueError(f"{value!r} does not fit column {column.name!r}, which is {kind}") from error


def _text_forms(column: Column, charset: Charset) -> dict[type, Callable[..., bytes]]:
    """How a value is written where the binary protocol has no form of its own: as in the text protocol."""
    decimals = column.decimals
    decimal_format = _decimal_format(column)
    return {
        bool: lambda value: b"1" if value else b"0",
        int: lambda value: b"%d" % value,
        float: lambda value: number_text(value, decimals).encode("ascii"),
        decimal.Decimal: lambda value: format(value, decimal_format).encode("ascii"),
        str: charset.encode,
        bytes: bytes,
        datetime.date: lambda value: value.isoformat().encode("ascii"),
        datetime.datetime: lambda value: datetime_text(value, decimals).encode("ascii"),
        datetime.timedelta: lambda value: time_text(value, decimals).encode("ascii"),
    }


def _decimal_format(column: Column) -> str:
    # 30 decimals are declared for a parameter, which may have any number of them.
    is_fixed = column.type == c.FIELD_TYPE_NEWDECIMAL and column.decimals < _MAX_DECIMALS
    return f".{column.decimals}f" if is_fixed else "f"


def _form_of(by_type: Mapping[type, Callable[..., bytes]], value: Value) -> Callable[..., bytes]:
    # A subclass (an IntEnum, a str of the caller's own) is written as what it is.
    for base in type(value).__mro__:
        if base in by_type:
            return by_type[base]
    raise TypeError(f"a cell holds {type(value).__name__}, which MySQL has no form for")


def _cut(microsecond: int, decimals: int) -> int:
    """Without the digits that the column does not have: cut off, not rounded, as in text."""
    return microsecond - microsecond % 10 ** (6 - decimals) if decimals < 6 else microsecond


def _date(column: Column, value: Value) -> bytes:
    if isinstance(value, datetime.datetime):
        parts = [
            *(value.year, value.month, value.day),
            *(value.hour, value.minute, value.second, value.microsecond),
        ]
    elif isinstance(value, datetime.date):
        parts = [value.year, value.month, value.day, 0, 0, 0, 0]
    else:
        match = _DATETIME_TEXT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{value!r} is no date for column {column.name!r}: give a date, a datetime or their text")
        parts = [int(part or 0) for part in match.groups()[:6]] + [int((match[7] or "").ljust(6, "0"))]
    if column.type == c.FIELD_TYPE_DATE:
        parts[3:] = [0, 0, 0, 0]
    parts[6] = _cut(parts[6], column.decimals)
    if parts[6]:
        return b"\x0b" + struct.pack("<HBBBBBI", *parts)
    if any(parts[3:6]):
        return b"\x07" + struct.pack("<HBBBBB", *parts[:6])
    return b"\x04" + struct.pack("<HBB", *parts[:3]) if any(parts[:3]) else b"\x00"


def _time(column: Column, value: Value) -> bytes:
    if isinstance(value, datetime.timedelta):
        microseconds = value // datetime.timedelta(microseconds=1)
        negative = microseconds < 0
        seconds, microsecond = divmod(abs(microseconds), 1_000_000)
    else:
        match = _TIME_TEXT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{value!r} is no time for column {column.name!r}: give a timedelta or its text")
        negative = bool(match[1])
        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
        microsecond = int((match[5] or "").ljust(6, "0"))
    microsecond = _cut(microsecond, column.decimals)
    if not seconds and not microsecond:
        return b"\x00"
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    parts = struct.pack("<BIBBB", negative, day, hour, minute, second)
    return b"\x0c" + parts + fixed_int(microsecond, 4) if microsecond else b"\x08" + parts


# ------------------------------------------------------------------------------------ parameters, written (for clients)


def write_parameters(parameters: Sequence[Parameter], charset: Charset, *, named: bool = False) -> bytes:
    """The block that :class:`ParameterReader` reads, types included; for raw clients and tests."""
    nulls = 0
    types = []
    values = []
    for index, parameter in enumerate(parameters):
        kind = parameter.type
        types.append(bytes((kind.type, _UNSIGNED if kind.unsigned else 0)))
        if named:
            types.append(lenenc_bytes(charset.encode(kind.name)))
        if parameter.value is None:
            nulls |= 1 << index
            continue
        flags = c.UNSIGNED_FLAG if kind.unsigned else 0
        column = Column(kind.name, kind.type, 0, 0, flags, decimals=_AS_MANY_AS_IT_HAS)
        values.append(_cell_writer(column, charset)(parameter.value))
    bitmap = nulls.to_bytes((len(parameters) + 7) // 8, "little")
    return bitmap + b"\x01" + b"".join(types) + b"".join(values)


def write_query(attributes: Sequence[Parameter], statement: bytes, charset: Charset) -> bytes:
    """A COM_QUERY's body with query attributes, as :meth:`ParameterReader.read_query` reads it."""
    block = write_parameters(attributes, charset, named=True) if attributes else b""
    return lenenc_int(len(attributes)) + b"\x01" + block + statement
