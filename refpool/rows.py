"""The hot path: all rows that the buffer holds, decoded in one synchronous go.

This module knows how a text row is laid out and which function makes a column's bytes a Python value. It is kept from
knowing where bytes come from and who wants the rows. A ``Shape`` is made once for each set of column definitions and
kept (``Shapes``): the second time a query is run, its definitions are one look-up in a dict instead of 5 microseconds
a column, and its decoder is there.

A decoder is one loop over plain bytes, whose only call a value is the column's function (``int``, ``bytes.decode``,
...). It takes the whole window at once because each turn through asyncio would cost more than a row. A shape that has
brought many rows gets a second decoder, whose loop over columns is written out as code. Measured on CPython 3.11 with
five columns: 1.1 us a row for the loop, 0.8 us written out, 4.5 us in aiomysql; writing out costs 40 us a column, once,
which a query of a few rows never earns back. A test that compares the two holds them to the same behaviour.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

from refpool import wire
from refpool.wire import FIELD_TYPE, Converter, Field, MalformedPacket

__all__ = ["Decoder", "RowFailed", "Shape", "Shapes", "decode_row", "skip_rows"]

Row = tuple[Any, ...]
Column = Callable[[bytes], Any]
Decoder = Callable[[bytes, int, int, int, Callable[[Row], None]], tuple[int, int]]
"""decode(data, position, end, sequence, append) -> (position, sequence), both of the first packet that is no complete
row in step: it is incomplete, carries another sequence number, or begins with 0xFE or 0xFF."""

_header_at: Final = struct.Struct("<I").unpack_from

_KEPT_SHAPES: Final = 256

_ROWS_WORTH_WRITING_OUT: Final = 1000  # it is paid back after 700, whatever the number of columns

# Columns of these types carry text or bytes, as their character set says. GEOMETRY and VECTOR are always binary.
_TEXT_TYPES: Final = frozenset(
    {
        FIELD_TYPE.BIT,
        FIELD_TYPE.BLOB,
        FIELD_TYPE.LONG_BLOB,
        FIELD_TYPE.MEDIUM_BLOB,
        FIELD_TYPE.STRING,
        FIELD_TYPE.TINY_BLOB,
        FIELD_TYPE.VAR_STRING,
        FIELD_TYPE.VARCHAR,
        FIELD_TYPE.GEOMETRY,
        242,  # MYSQL_TYPE_VECTOR, of MySQL 9
    }
)


class RowFailed(Exception):
    """A row could not be decoded; the reason is the __cause__.

    Attributes:
        position: of the packet's header, in the window.
        sequence: the packet's number.
    """

    def __init__(self, position: int, sequence: int) -> None:
        super().__init__(position, sequence)
        self.position = position
        self.sequence = sequence


def make_decoder(columns: tuple[Column, ...]) -> Decoder:
    """Make the decoder of rows with these columns.

    The decoder raises RowFailed when a column's function raises, or a row is not laid out as its columns say. Its
    window must be shorter than a packet of the greatest length (wire.LARGEST_PAYLOAD), so that none in it is continued.
    """

    def decode(data: bytes, position: int, end: int, sequence: int, append: Callable[[Row], None]) -> tuple[int, int]:
        try:
            while end - position > 4:
                (header,) = _header_at(data, position)
                stop = position + 4 + (header & 0xFFFFFF)
                at = position + 4
                if stop > end or header >> 24 != sequence or data[at] > 0xFD:
                    break
                row = []
                for column in columns:
                    size = data[at]
                    at += 1
                    if size < 0xFB:
                        start = at
                        at += size
                        row.append(column(data[start:at]))
                    elif size == 0xFB:
                        row.append(None)
                    else:
                        size, start = wire.lenenc_int_at(data, at - 1)
                        at = start + size
                        row.append(column(data[start:at]))
                if at != stop:
                    raise MalformedPacket(f"a row's columns end at byte {at}, its packet at {stop}")
                append(tuple(row))
                position = stop
                sequence = sequence + 1 & 0xFF
        except Exception as cause:
            raise RowFailed(position, sequence) from cause
        return position, sequence

    return decode


def write_out_decoder(columns: tuple[Column, ...]) -> Decoder:
    """Make the same decoder as make_decoder() with the loop over columns written out as code."""
    kinds = tuple(column if column in _INLINE else None for column in columns)
    decoder: Decoder = _decoder_maker(kinds)(columns, _header_at, wire.lenenc_int_at, MalformedPacket, RowFailed)
    return decoder


# Functions that are called by a name, or a method, that Python finds quicker than a variable of the closure.
_INLINE: Final[dict[Any, str]] = {
    int: "int({0})",
    float: "float({0})",
    bytes.decode: "{0}.decode()",
    bytes: "{0}",
}

_WRITTEN_HEAD: Final = """
def make(columns, header_at, lenenc_int_at, MalformedPacket, RowFailed):
    {names} = columns
    def decode(data, position, end, sequence, append):
        try:
            while end - position > 4:
                (header,) = header_at(data, position)
                stop = position + 4 + (header & 0xFFFFFF)
                at = position + 4
                if stop > end or header >> 24 != sequence or data[at] > 0xFD:
                    break
"""

_WRITTEN_COLUMN: Final = """
                size = data[at]
                at += 1
                if size < 0xFB:
                    start = at
                    at += size
                    v{index} = {value}
                elif size == 0xFB:
                    v{index} = None
                else:
                    size, start = lenenc_int_at(data, at - 1)
                    at = start + size
                    v{index} = {value}
"""

_WRITTEN_TAIL: Final = """
                if at != stop:
                    raise MalformedPacket(f"a row's columns end at byte {{at}}, its packet at {{stop}}")
                append(({values},))
                position = stop
                sequence = sequence + 1 & 0xFF
        except Exception as cause:
            raise RowFailed(position, sequence) from cause
        return position, sequence
    return decode
"""


@functools.lru_cache(maxsize=256)
def _decoder_maker(kinds: tuple[Column | None, ...]) -> Callable[..., Decoder]:
    """Compile the maker of decoders for columns of these kinds; connections with equal shapes share it."""
    indexes = range(len(kinds))
    source = _WRITTEN_HEAD.format(names="".join(f"c{index}, " for index in indexes))
    for index, kind in enumerate(kinds):
        call = f"c{index}({{0}})" if kind is None else _INLINE[kind]
        source += _WRITTEN_COLUMN.format(index=index, value=call.format("data[start:at]"))
    source += _WRITTEN_TAIL.format(values=", ".join(f"v{index}" for index in indexes))
    namespace: dict[str, Any] = {}
    exec(compile(source, f"<rows of {len(kinds)} columns>", "exec"), namespace)  # of our own text alone
    maker: Callable[..., Decoder] = namespace["make"]
    return maker


def skip_rows(data: bytes, position: int, end: int, sequence: int, append: object) -> tuple[int, int]:
    """Walk over rows without looking into them: the Decoder of a result that nobody wants any more."""
    while end - position > 4:
        (header,) = _header_at(data, position)
        stop = position + 4 + (header & 0xFFFFFF)
        if stop > end or header >> 24 != sequence or data[position + 4] > 0xFD:
            break
        position = stop
        sequence = sequence + 1 & 0xFF
    return position, sequence


def decode_row(payload: bytes, columns: tuple[Column, ...]) -> Row:
    """Decode one row from its joined payload, for rows of 16 MiB and more.

    Raises:
        MalformedPacket: the payload is not laid out as its columns say.
        Exception: whatever a column's function raises.
    """
    return tuple(
        None if value is None else column(value)
        for column, value in zip(columns, _values(payload, len(columns)), strict=True)
    )


def check_row(payload: bytes, columns_count: int) -> None:
    """Tell a row that is laid out wrong from one whose value a function refused.

    Raises:
        MalformedPacket: the payload is not laid out as a row of so many columns.
    """
    for _ in _values(payload, columns_count):
        pass


def _values(payload: bytes, count: int) -> Iterator[bytes | None]:
    at = 0
    for _ in range(count):
        if payload[at : at + 1] == b"\xfb":
            at += 1
            yield None
            continue
        size, start = wire.lenenc_int_at(payload, at)
        at = start + size
        if at > len(payload):
            break
        yield payload[start:at]
    if at != len(payload):
        raise MalformedPacket(f"a row's columns end at byte {at}, its packet at {len(payload)}")


# -- A column's function ----------------------------------------------------------------------------------------------


def column_function(field: Field, *, encoding: str, use_unicode: bool, converter: Converter | None) -> Column:
    """The function that makes a column's bytes a value.

    Args:
        encoding: Python's codec of the connection's character set.
        use_unicode: False: text stays bytes, and converters are given bytes.
        converter: from ``conv``; None or PyMySQL's ``through``: the text itself.
    """
    if converter is wire.through:
        converter = None
    if converter in _FROM_BYTES:
        return _FROM_BYTES[converter]
    codec = _codec(field, encoding) if use_unicode else None
    if codec is None:
        return bytes if converter is None else converter
    if converter is None:
        # bytes.decode without an argument is UTF-8, and a fifth quicker than with one.
        return bytes.decode if codec in ("utf8", "ascii") else _decode_with(codec)
    return _convert_text(codec, converter)


def _codec(field: Field, encoding: str) -> str | None:
    if field.type_code == FIELD_TYPE.JSON:
        # The server calls a JSON column binary, but sends it in the connection's character set.
        return encoding
    if field.type_code in _TEXT_TYPES:
        return None if field.charsetnr == wire.BINARY_COLLATION else encoding
    return "ascii"


def _decode_with(codec: str) -> Column:
    return lambda raw: raw.decode(codec)


def _convert_text(codec: str, converter: Converter) -> Column:
    return lambda raw: converter(raw.decode(codec))


def _to_datetime(raw: bytes) -> Any:
    # Eight times as quick as PyMySQL's regular expression, which gets what is no ISO 8601: zero dates, mostly.
    text = raw.decode()
    if len(text) > 18:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    return wire.parse_datetime(text)


def _to_date(raw: bytes) -> Any:
    text = raw.decode()
    try:
        return date.fromisoformat(text)
    except ValueError:
        return wire.parse_date(text)


def _to_decimal(raw: bytes) -> Any:
    return wire.to_decimal(raw.decode())


# int and float read ASCII from bytes as they do from text, and so no text has to be made.
_FROM_BYTES: Final[dict[Any, Column]] = {
    int: int,
    float: float,
    wire.to_decimal: _to_decimal,
    wire.parse_datetime: _to_datetime,
    wire.parse_date: _to_date,
}


# -- Shapes -----------------------------------------------------------------------------------------------------------


class Shape:
    """What a set of column definitions means: made once, used for every result that has them.

    Attributes:
        fields: the definitions, as PyMySQL reads them.
        description: the DB-API's seven for each column.
        columns: the columns' functions.
        decode: the rows' decoder.
        written_out: whether that is the quicker one already.
    """

    __slots__ = ("_rows_seen", "columns", "decode", "description", "fields", "written_out")

    def __init__(self, fields: list[Field], columns: tuple[Column, ...]) -> None:
        self.fields = fields
        self.description: tuple[Any, ...] = tuple(field.description() for field in fields)
        self.columns = columns
        self.decode = make_decoder(columns)
        self.written_out = False
        self._rows_seen = 0

    def seen(self, rows_count: int) -> None:
        """So many rows more were decoded; when there are enough, the decoder is written out."""
        self._rows_seen += rows_count
        if self._rows_seen >= _ROWS_WORTH_WRITING_OUT and not self.written_out:
            self.written_out = True
            self.decode = write_out_decoder(self.columns)


class Shapes:
    """The shapes a connection has met."""

    def __init__(self, *, encoding: str, use_unicode: bool, converters: wire.Converters) -> None:
        self._encoding = encoding
        self._use_unicode = use_unicode
        self._converters = converters
        self._known: dict[tuple[bytes, ...], Shape] = {}

    def of(self, definitions: tuple[bytes, ...]) -> Shape:
        """The shape of these column definitions' payloads.

        Raises:
            MalformedPacket: one of them cannot be read.
        """
        shape = self._known.get(definitions)
        if shape is None:
            if len(self._known) >= _KEPT_SHAPES:
                self._known.clear()
            shape = self._known[definitions] = self._read(definitions)
        return shape

    def _read(self, definitions: tuple[bytes, ...]) -> Shape:
        fields = [wire.parse_field(definition, self._encoding) for definition in definitions]
        return Shape(
            fields,
            tuple(
                column_function(
                    field,
                    encoding=self._encoding,
                    use_unicode=self._use_unicode,
                    converter=self._converters.get(field.type_code),
                )
                for field in fields
            ),
        )
