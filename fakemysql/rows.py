"""Rows out of Python values, a batch at a time: the hot path of a large answer.

A row is cells; a cell is the value's text with its length before it. Done cell by cell, a row of five costs 2 to 3 us
in plain Python. Here a batch is turned by columns: each column finds out which Python types it holds and is converted
by ``map``, in C. Its texts then go side by side through one list comprehension that was written out for just this row
of columns, which measures them and puts each row together with its head (``row_writer.py``). Everything is ``str`` in
which a character stands for a byte, until the batch is encoded once, as Latin-1. Measured on integers and short texts:
2.8 million rows of five a second, 1.3 million with a float and a datetime among them, six times what the loop does. A
handful of rows, which is what most answers are, goes through the loop all the same: what a batch costs at least is more
than that.

How a value is written follows from its type and from its column's ``decimals`` and charset, as MySQL spells it. The
module knows nothing of statements; it is told columns and codecs. The binary form of a row has its cells from
``binary.py`` and is put together here.

An answer that is given again and again need not be turned into bytes each time: :class:`Precoded` rows keep theirs, and
may be turned before anybody asks.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import functools
import math
import struct
from collections.abc import Sequence
from itertools import repeat
from operator import countOf
from typing import TYPE_CHECKING, Final, Protocol, overload

from . import datetimes
from .constants import FIELD_TYPE_FLOAT, FIELD_TYPE_NEWDECIMAL, ZEROFILL_FLAG
from .fields import NULL_CELL, lenenc_int
from .framing import Framing
from .row_writer import CELL, INTEGER, PREFIXES, SHORT, TEXT, RowTooLong, side_by_side
from .sql.charsets import collation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from typing import Any, TypeAlias

    from .answers import Column, Value
    from .sql.charsets import Charset

    # Text or binary, what else the bytes depend on, and the number of the first packet.
    _Form: TypeAlias = tuple[type, Hashable, int]

# From this many decimals on, a float is written with as many digits as it has (NOT_FIXED_DEC of the servers).
_AS_MANY_AS_IT_HAS: Final = 31
# From here on a double may be spelled otherwise than Python spells it, without an exponent to tell it by.
_LARGE: Final = 1e15
_NULL: Final = NULL_CELL.decode("latin-1")
_NONE: Final = type(None)
# Large enough that the cost of a batch is spread, small enough that its values stay in the processor's cache.
BATCH_ROWS: Final = 512
# Up to so many rows go through the loop. A batch is quicker from 2 to 6 on, but its first one of a kind compiles.
FEW_ROWS: Final = 8
# Of so many values it is looked whether they are often the same ones.
_SAMPLE: Final = 16
# Precoded rows: a piece that is written at once, and how many forms of the same rows are kept.
_PIECE_BYTES: Final = 1 << 16
_KEPT_FORMS: Final = 4


def number_text(value: float, decimals: int = _AS_MANY_AS_IT_HAS, *, single: bool = False) -> str:
    """A DOUBLE as MySQL spells it, or with single a FLOAT.

    With decimals below 31 that many are written; otherwise the shortest digits that give the number back, or for a
    FLOAT six of them, with an exponent only where the point would stand behind the digits and more than 15 places to
    the right, or 15 to the left.
    """
    if decimals < _AS_MANY_AS_IT_HAS:
        return f"{value:.{decimals}f}"
    shortest = f"{struct.unpack('<f', struct.pack('<f', value))[0]:.6g}" if single else repr(value)
    if "e" not in shortest and abs(value) < 1e15:
        return shortest.removesuffix(".0")
    if not math.isfinite(value):
        return shortest
    sign, digit_tuple, exponent = decimal.Decimal(shortest).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    if point < -14 or 15 < point >= len(digits):
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{minus}{digits[0]}{fraction}e{point - 1}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{minus}{whole}.{fraction}" if fraction else f"{minus}{whole}"


def time_text(value: datetime.timedelta, decimals: int = 0) -> str:
    """A TIME: [-]HH:MM:SS and decimals digits of the second, cut off rather than rounded."""
    sign = ""
    if value.days < 0:
        value, sign = -value, "-"
    hours, seconds = divmod(value.seconds, 3600)
    text = f"{sign}{value.days * 24 + hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    return f"{text}.{value.microseconds:06}"[: len(text) + 1 + decimals] if decimals else text


def datetime_text(value: datetime.datetime, decimals: int = 0) -> str:
    """A DATETIME or TIMESTAMP, with decimals digits of the second, cut off rather than rounded."""
    # Whatever stands behind the seconds, a zone too, is cut off: four times as quick as leaving it out (measured).
    text = value.isoformat(" ")[:19]
    return f"{text}.{value.microsecond:06}"[: 20 + decimals] if decimals else text


class Encoder(Protocol):
    """Writes the rows of one result set."""

    @property
    def form(self) -> Hashable:
        """What the bytes depend on, besides the values and the encoder's class."""
        ...

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        """The rows as packets, numbered on by framing."""
        ...


class RowEncoder:
    """Writes the rows of one result set; made once for its columns.

    Args:
        columns: the columns, in order.
        charset_of: what a collation id means.
    """

    __slots__ = ("_as_cells", "_columns")

    def __init__(self, columns: Sequence[Column], charset_of: Callable[[int], Charset]) -> None:
        self._columns = _column_encoders(tuple(columns), charset_of)
        # The columns that had a NULL, a long text or several types. They may again, and each shape is compiled.
        self._as_cells: set[int] = set()

    @property
    def form(self) -> Hashable:
        """What the bytes depend on: not names, nor which collation of its character set a column has."""
        return tuple(column.form for column in self._columns)

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        """The rows as packets, numbered on by framing. Each row has one value a column; ValueError if one has not."""
        if len(rows) > FEW_ROWS:
            columns = turned(rows, len(self._columns))
            try:
                return self._batch(rows, columns, framing)
            except RowTooLong:
                pass  # Then by the loop, which can make several packets of a row.
        return b"".join([framing.frame(self._payload(row)) for row in rows])

    def _batch(self, rows: Sequence[Sequence[Value]], columns: Sequence[tuple[Value, ...]], framing: Framing) -> bytes:
        streams: list[Iterable[Any]] = []
        shape = ""
        as_they_are = True
        for place, (column, values) in enumerate(zip(self._columns, columns, strict=True)):
            letter, stream = (CELL, column.cells(values)) if place in self._as_cells else column.stream(values)
            if letter == CELL:
                self._as_cells.add(place)
            shape += letter
            streams.append(stream)
            as_they_are = as_they_are and stream is values
        try:
            return side_by_side(streams, shape, len(rows), framing, rows if as_they_are else None)
        except IndexError:
            self._find_long(columns, shape)
        return self._batch(rows, columns, framing)

    def _find_long(self, columns: Sequence[tuple[Value, ...]], shape: str) -> None:
        """Some text is too long for a length of one byte: its column gives cells from now on."""
        known = len(self._as_cells)
        for place, (column, values, letter) in enumerate(zip(self._columns, columns, shape, strict=True)):
            if letter != CELL and max(map(len, column.texts(type(values[0]), values))) > SHORT:
                self._as_cells.add(place)
        assert len(self._as_cells) > known, "a text was too long"

    def _payload(self, row: Sequence[Value]) -> bytes:
        if len(row) != len(self._columns):
            raise wrong_width(row, len(self._columns))
        cells = [column.cell(value) for column, value in zip(self._columns, row, strict=True)]
        return "".join(cells).encode("latin-1")


def wrong_width(row: Sequence[Value], width: int) -> ValueError:
    """What is raised for a row that has not width values."""
    return ValueError(f"a row of {len(row)} values was given for {width} columns: {row!r}")


def turned(rows: Sequence[Sequence[Value]], width: int) -> list[tuple[Value, ...]]:
    """The columns of rows, of which there is at least one.

    Raises:
        ValueError: a row has not width values; the text quotes it.
    """
    try:
        columns = list(zip(*rows, strict=True))
    except ValueError:
        columns = []
    if len(columns) != width:
        raise wrong_width(next(row for row in rows if len(row) != width), width)
    return columns


def kind_of(values: Sequence[Value]) -> type | None:
    """The class of all these values, of which there is at least one; None where they are of several."""
    kind = type(values[0])
    # A quarter quicker than a set of them (measured: 9 ns a value).
    return kind if countOf(map(type, values), kind) == len(values) else None


def cells_of(texts: Iterable[str]) -> list[str]:
    """Each text with its length before it."""
    return [PREFIXES[size] + text if (size := len(text)) <= SHORT else _long(text) for text in texts]


def texts_in(charset: Charset, values: Sequence[str]) -> Sequence[str]:
    """Each text as its bytes in charset, a character a byte."""
    if charset.min_bytes == 1:
        if "".join(values).isascii():
            return values
        # In none of these character sets is the byte 0 a part of any other character.
        whole = "\0".join(values)
        if whole.count("\0") == len(values) - 1:
            with contextlib.suppress(UnicodeEncodeError):
                return whole.encode(charset.codec, "surrogateescape").decode("latin-1").split("\0")
    return [charset.encode(value).decode("latin-1") for value in values]


class _ColumnEncoder:
    """One column: its values as texts or as cells, each character a byte.

    zeros is the width that numbers are filled up to with zeros, as ZEROFILL says; 0 for all other columns.
    """

    __slots__ = ("_ascii_is_itself", "_by_type", "_encode", "_many", "form")

    def __init__(self, field_type: int, decimals: int, charset: Charset, zeros: int = 0) -> None:
        single = field_type == FIELD_TYPE_FLOAT
        places = decimals if field_type == FIELD_TYPE_NEWDECIMAL else None
        self.form = single, places, decimals, charset.codec, zeros
        self._ascii_is_itself = charset.min_bytes == 1
        self._encode = charset.encode
        self._by_type: dict[type, Callable[..., str]] = {
            int: str,
            bool: lambda value: "1" if value else "0",
            float: lambda value: number_text(value, decimals, single=single),
            decimal.Decimal: str if places is None else (lambda value: f"{value:.{places}f}"),
            str: self._text,
            bytes: lambda value: str(value, "latin-1"),
            datetime.date: str,
            datetime.datetime: lambda value: datetime_text(value, decimals),
            datetime.timedelta: lambda value: time_text(value, decimals),
        }
        # The same for many values of one type at once, in C as far as can be; what is not here goes one by one.
        self._many: dict[type, Callable[..., Iterable[str]]] = {
            float: lambda values: _once(values, lambda some: _number_texts(some, decimals, single=single)),
            decimal.Decimal: lambda values: _decimal_texts(values, places),
            str: functools.partial(texts_in, charset),
            bytes: lambda values: map(str, values, repeat("latin-1")),
            datetime.date: lambda values: _once(values, functools.partial(map, str)),
            datetime.datetime: lambda values: _once(values, lambda some: _datetime_texts(some, decimals)),
        }
        if zeros:
            for kind in (int, float, decimal.Decimal):
                self._by_type[kind] = _filled(self._by_type[kind], zeros)
                self._many.pop(kind, None)

    def stream(self, values: Sequence[Any]) -> tuple[str, Iterable[Any]]:
        """These values as ``side_by_side`` takes them: with their letter, as integers, texts or cells."""
        kind = type(values[0])
        if kind is str:
            # To join them is a third of the work of asking for their classes, and a subclass may be joined too.
            try:
                whole = "".join(values)
            except TypeError:
                return CELL, self.cells(values)
            return TEXT, values if self._ascii_is_itself and whole.isascii() else self.texts(kind, values)
        if kind_of(values) is not kind or kind is _NONE:
            return CELL, self.cells(values)
        if kind is int and self._by_type[int] is str:
            return INTEGER, values
        return TEXT, self.texts(kind, values)

    def texts(self, kind: type, values: Sequence[Value]) -> Iterable[str]:
        """The texts of values that are all of this type, or of texts."""
        many = self._many.get(kind)
        return many(values) if many is not None else map(self._convert(kind), values)

    def cells(self, values: Sequence[Value]) -> Sequence[str]:
        """The cells of any values."""
        given = [value for value in values if value is not None]
        kind = kind_of(given) if given else None
        if kind is None:
            return list(map(self.cell, values))
        cells = cells_of(self.texts(kind, given))
        if len(cells) == len(values):
            return cells
        following = iter(cells)
        return [_NULL if value is None else next(following) for value in values]

    def cell(self, value: Value) -> str:
        """One cell."""
        if value is None:
            return _NULL
        convert = self._by_type.get(type(value)) or self._convert(type(value))
        text = convert(value)
        return PREFIXES[size] + text if (size := len(text)) <= SHORT else _long(text)

    def _convert(self, kind: type) -> Callable[..., str]:
        # A subclass (an IntEnum, a str of the caller's own) is written as what it is.
        for base in kind.__mro__:
            if base in self._by_type:
                return self._by_type[base]
        raise TypeError(f"a cell holds {kind.__name__}, which MySQL has no text for")

    def _text(self, value: str) -> str:
        return self._encode(value).decode("latin-1")


def _filled(convert: Callable[..., str], zeros: int) -> Callable[..., str]:
    return lambda value: convert(value).zfill(zeros)


# Nearly all columns of a server have the same few types.
_column_encoder: Final = functools.lru_cache(256)(_ColumnEncoder)


# And most results the same few columns.
@functools.lru_cache(256)
def _column_encoders(columns: tuple[Column, ...], charset_of: Callable[[int], Charset]) -> tuple[_ColumnEncoder, ...]:
    return tuple(
        _column_encoder(
            column.type,
            column.decimals,
            charset_of(column.character_set),
            column.column_length if column.flags & ZEROFILL_FLAG else 0,
        )
        for column in columns
    )


def _long(text: str) -> str:
    return lenenc_int(len(text)).decode("latin-1") + text


def _once(values: Sequence[Any], convert: Callable[[Sequence[Any]], Iterable[str]]) -> Iterable[str]:
    """What convert makes of values; where they are often the same, as days and prices are, of each but once."""
    if len(set(values[:_SAMPLE])) * 2 > _SAMPLE:
        return convert(values)
    distinct = list(set(values))
    # Equal, and spelled in two ways: 0.0 and -0.0, a moment in two time zones.
    differ = 0.0 in distinct or any(getattr(value, "tzinfo", None) is not None for value in distinct)
    if differ or len(distinct) * 2 > len(values):
        return convert(values)
    return map(dict(zip(distinct, convert(distinct), strict=True)).__getitem__, values)


def _number_texts(values: Sequence[float], decimals: int, *, single: bool) -> Iterable[str]:
    """As number_text() of each."""
    if decimals < _AS_MANY_AS_IT_HAS:
        return map(float.__format__, values, repeat(f".{decimals}f"))
    if single:
        form = struct.Struct(f"<{len(values)}f")
        texts = list(map(float.__format__, form.unpack(form.pack(*values)), repeat(".6g")))
        whole = "\n".join(texts)
    else:
        texts = list(map(repr, values))
        whole = "\n".join(texts) + "\n"
        if ".0\n" in whole:
            texts = whole.replace(".0\n", "\n").split("\n")[:-1]
    # With an exponent, large, "nan" or "inf": those are spelled one by one.
    if "e" in whole or "n" in whole or max(values) >= _LARGE or min(values) <= -_LARGE:
        return [
            text if abs(value) < _LARGE and "e" not in text else number_text(value, single=single)
            for text, value in zip(texts, values, strict=True)
        ]
    return texts


def _decimal_texts(values: Sequence[decimal.Decimal], places: int | None) -> Iterable[str]:
    if places is None:
        return map(str, values)
    return map(decimal.Decimal.__format__, values, repeat(f".{places}f"))


def _datetime_texts(values: Sequence[datetime.datetime], decimals: int) -> Sequence[str]:
    """As datetime_text() of each."""
    if not decimals:
        return datetimes.texts(values)
    size = min(20 + decimals, 26)
    texts = list(map(datetime.datetime.isoformat, values, repeat(" "), repeat("microseconds")))
    return texts if set(map(len, texts)) == {size} else [text[:size] for text in texts]


def first_number(width: int, before: int = 1) -> int:
    """The number of the first row's packet of a result of width columns, for a client without CLIENT_DEPRECATE_EOF.

    before: the number that the result begins with, 1 for the first result of a command.
    """
    return (before + 1 + width + 1) & 0xFF


def charset_of(collation_id: int) -> Charset:
    """What a collation id means, whichever server's it is."""
    return collation(collation_id).charset


class Precoded(Sequence["Sequence[Value]"]):
    """Rows that are turned into packets once and copied from then on: when they are first sent, or at once.

    For an answer of many rows that is given more than once, or that a client should not have to wait for: measured, a
    hundred thousand rows of five are sent some twenty times as fast as from values. It stands wherever rows do, and
    reads like the sequence of rows that it was made of. The bytes depend on types and character sets of the columns, on
    the form (text or binary) and on the number of the packet before; the four forms last used are kept. Packets of
    short rows take a fifth of the memory that the values take, those of long texts as much again.

    Args:
        rows: each a sequence of as many values as the answer has columns.
        columns: where they are given, the rows are turned into packets now, as a SELECT of these columns is sent as
            text to a client that has not agreed to CLIENT_DEPRECATE_EOF, which is most of them.
    """

    __slots__ = ("_forms", "_rows")

    def __init__(self, rows: Iterable[Sequence[Value]], columns: Sequence[Column] | None = None) -> None:
        self._rows = tuple(rows)
        self._forms: dict[_Form, list[tuple[bytes, int]]] = {}
        if columns is not None:
            self.encode(RowEncoder(columns, charset_of), first_number(len(columns)))

    def encode(self, encoder: Encoder, sequence: int) -> int:
        """Turn the rows into packets now; the arguments are those of pieces(). The number due after the last packet."""
        for _, after in self.pieces(encoder, sequence):
            sequence = after
        return sequence

    def pieces(self, encoder: Encoder, sequence: int) -> Iterable[tuple[bytes, int]]:
        """The rows as packets, as encoder writes them: pieces of 64 KiB and a bit, each with the number due after it.

        They are made as they are asked for, so that a first sending keeps nobody else waiting, and are kept once the
        last one was.

        Args:
            encoder: made for the columns of the answer.
            sequence: the number of the first packet.

        Raises:
            ValueError: while they are made: a row has another number of values than there are columns.
        """
        key = type(encoder), encoder.form, sequence
        kept = self._forms.pop(key, None)
        if kept is None:
            return self._write(encoder, key)
        self._forms[key] = kept
        return kept

    def _write(self, encoder: Encoder, key: _Form) -> Iterator[tuple[bytes, int]]:
        framing = Framing(limit_bytes=0)
        framing.sequence = key[-1]
        pieces: list[tuple[bytes, int]] = []
        piece = bytearray()
        for start in range(0, len(self._rows), BATCH_ROWS):
            piece += encoder.encode(self._rows[start : start + BATCH_ROWS], framing)
            if len(piece) >= _PIECE_BYTES or start + BATCH_ROWS >= len(self._rows):
                pieces.append((bytes(piece), framing.sequence))
                piece.clear()
                yield pieces[-1]
        self._forms.pop(key, None)
        if len(self._forms) >= _KEPT_FORMS:
            del self._forms[next(iter(self._forms))]
        self._forms[key] = pieces

    @overload
    def __getitem__(self, index: int) -> Sequence[Value]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Value]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[Value] | Sequence[Sequence[Value]]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Sequence[Value]]:
        return iter(self._rows)

    def __repr__(self) -> str:
        return f"<Precoded: {len(self._rows)} rows>"
