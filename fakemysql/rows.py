"""Text rows out of Python values, a batch at a time: the hot path of a large answer.

A row is cells; a cell is the value's text with its length before it. Done cell by cell, a row of five costs some 3 us
in plain Python. Here a batch is turned by columns: each column finds out which Python types it holds, and is then
converted, measured and prefixed by ``map``, in C. The batch is put together as one ``str`` in which every character
stands for a byte, and is encoded once, as Latin-1. Measured on batches of integers and short strings: a million rows of
five a second, about three times what the loop does. A handful of rows, which is what most answers are, goes through the
loop all the same: what a batch costs at least is more than that.

How a value is written follows from its type and from its column's ``decimals`` and charset, as MySQL spells it. The
module knows nothing of statements; it is told columns and codecs.

An answer that is given again and again need not be turned into bytes each time: :class:`Precoded` rows keep theirs.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import math
import struct
from collections.abc import Sequence
from itertools import chain, repeat
from operator import add
from typing import TYPE_CHECKING, Final, Protocol, overload

from .constants import FIELD_TYPE_FLOAT, FIELD_TYPE_NEWDECIMAL, ZEROFILL_FLAG
from .fields import NULL_CELL, lenenc_int
from .framing import MAX_BODY, Framing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from .answers import Column, Value
    from .sql.charsets import Charset

    # Text or binary, the columns, and the number of the first packet.
    _Form: TypeAlias = tuple[type, tuple[Column, ...], int]

# From this many decimals on, a float is written with as many digits as it has (NOT_FIXED_DEC of the servers).
_AS_MANY_AS_IT_HAS: Final = 31
_SHORT: Final = 250
_NULL: Final = NULL_CELL.decode("latin-1")
_PREFIXES: Final = tuple(map(chr, range(_SHORT + 1)))
# Large enough that the cost of a batch is spread, small enough that a batch of wide rows fits the send buffer.
BATCH_ROWS: Final = 512
# Up to so many rows the loop is quicker (measured: 2 us for a row of one, where a batch takes 10).
_FEW_ROWS: Final = 6
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
    microseconds = value // datetime.timedelta(microseconds=1)
    sign = "-" if microseconds < 0 else ""
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}"[: len(text) + 1 + decimals] if decimals else text


def datetime_text(value: datetime.datetime, decimals: int = 0) -> str:
    """A DATETIME or TIMESTAMP, with decimals digits of the second, cut off rather than rounded."""
    # Whatever stands behind the seconds, a zone too, is cut off: four times as quick as leaving it out (measured).
    text = value.isoformat(" ")[:19]
    return f"{text}.{value.microsecond:06}"[: 20 + decimals] if decimals else text


class Encoder(Protocol):
    """Writes the rows of one result set."""

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        """The rows as packets, numbered on by framing."""
        ...


class RowEncoder:
    """Writes the rows of one result set; made once for its columns.

    Args:
        columns: the columns, in order.
        charset_of: what a collation id means.
    """

    __slots__ = ("_columns",)

    def __init__(self, columns: Sequence[Column], charset_of: Callable[[int], Charset]) -> None:
        self._columns = [
            _column_encoder(
                column.type,
                column.decimals,
                charset_of(column.character_set),
                column.column_length if column.flags & ZEROFILL_FLAG else 0,
            )
            for column in columns
        ]

    def encode(self, rows: Sequence[Sequence[Value]], framing: Framing) -> bytes:
        """The rows as packets, numbered on by framing. Each row has one value a column; ValueError if one has not."""
        width = len(self._columns)
        if set(map(len, rows)) != {width}:
            wrong = next((row for row in rows if len(row) != width), None)
            if wrong is None:
                return b""
            raise ValueError(f"a row of {len(wrong)} values was given for {width} columns: {wrong!r}")
        if len(rows) <= _FEW_ROWS:
            return b"".join([framing.frame(self._payload(row)) for row in rows])
        streams: list[Iterable[str]] = []
        totals: list[int] | None = None
        for column, values in zip(self._columns, zip(*rows, strict=True), strict=True):
            cells, sizes = column.encode(values)
            streams += cells
            totals = list(sizes) if totals is None else list(map(add, totals, sizes))
        assert totals is not None, "a result set has at least one column"
        if max(totals) >= MAX_BODY:
            return b"".join(framing.frame("".join(cells).encode("latin-1")) for cells in zip(*streams, strict=True))
        first = framing.sequence
        numbers = [number << 24 for number in range(256)]
        turns = (numbers[first:] + numbers[:first]) * (len(totals) // 256 + 1)
        framing.sequence = (first + len(totals)) & 0xFF
        heads = map(str, map(struct.Struct("<I").pack, map(add, totals, turns)), repeat("latin-1"))
        return "".join(chain.from_iterable(zip(heads, *streams, strict=True))).encode("latin-1")

    def _payload(self, row: Sequence[Value]) -> bytes:
        cells = [column.cell(value) for column, value in zip(self._columns, row, strict=True)]
        return "".join(cells).encode("latin-1")


class _ColumnEncoder:
    """One column: its cells as streams of text to be laid side by side, and the size of each cell in bytes.

    zeros is the width that numbers are filled up to with zeros, as ZEROFILL says; 0 for all other columns.
    """

    __slots__ = ("_ascii_is_itself", "_by_type", "_encode")

    def __init__(self, field_type: int, decimals: int, charset: Charset, zeros: int = 0) -> None:
        single = field_type == FIELD_TYPE_FLOAT
        places = decimals if field_type == FIELD_TYPE_NEWDECIMAL else None
        self._encode = charset.encode
        self._ascii_is_itself = charset.min_bytes == 1
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
        if zeros:
            self._by_type |= {kind: _filled(self._by_type[kind], zeros) for kind in (int, float, decimal.Decimal)}

    def encode(self, values: tuple[Value, ...]) -> tuple[list[Iterable[str]], list[int]]:
        kinds = set(map(type, values))
        if type(None) in kinds or len(kinds) > 1:
            cells = list(map(self.cell, values))
            return [cells], list(map(len, cells))
        (kind,) = kinds
        if kind is str and self._ascii_is_itself and "".join(values).isascii():  # type: ignore[arg-type]
            texts: list[str] = list(values)  # type: ignore[arg-type]
        else:
            texts = list(map(self._convert(kind), values))
        sizes = list(map(len, texts))
        if max(sizes) > _SHORT:
            cells = list(map(_prefixed, texts))
            return [cells], list(map(len, cells))
        return [map(_PREFIXES.__getitem__, sizes), texts], [size + 1 for size in sizes]

    def cell(self, value: Value) -> str:
        """One cell."""
        if value is None:
            return _NULL
        convert = self._by_type.get(type(value)) or self._convert(type(value))
        return _prefixed(convert(value))

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


def _prefixed(text: str) -> str:
    size = len(text)
    return _PREFIXES[size] + text if size <= _SHORT else lenenc_int(size).decode("latin-1") + text


class Precoded(Sequence["Sequence[Value]"]):
    """Rows that are turned into packets once, when they are first sent, and copied from then on.

    For an answer of many rows that is given more than once: measured, a hundred thousand rows of five are sent some ten
    times as fast as from values. It stands wherever rows do, and reads like the sequence of rows that it was made of.
    The bytes depend on the columns, on the form (text or binary) and on the number of the packet before; the four forms
    last used are kept.

    Args:
        rows: each a sequence of as many values as the answer has columns.
    """

    __slots__ = ("_forms", "_rows")

    def __init__(self, rows: Iterable[Sequence[Value]]) -> None:
        self._rows = tuple(rows)
        self._forms: dict[_Form, list[tuple[bytes, int]]] = {}

    def pieces(self, encoder: Encoder, columns: tuple[Column, ...], sequence: int) -> Iterable[tuple[bytes, int]]:
        """The rows as packets, as encoder writes them: pieces of 64 KiB and a bit, each with the number due after it.

        They are made as they are asked for, so that a first sending keeps nobody else waiting, and are kept once the
        last one was.

        Args:
            encoder: made for these columns.
            columns: those of the answer.
            sequence: the number of the first packet.

        Raises:
            ValueError: while they are made: a row has another number of values than there are columns.
        """
        key = type(encoder), columns, sequence
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
