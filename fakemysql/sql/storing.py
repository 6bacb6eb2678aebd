"""How a value becomes one of a column's type, and what is said when it does not fit.

In strict mode what does not fit is an error that ends the statement; otherwise, and under IGNORE, it is bent until it
fits, with a warning. The texts, and in which of the two cases which of them is used, are what both servers answered.

A column's converter is looked up once for a table (:func:`converter`) and then called for each value; the values that
need no conversion, an integer in range and a text that is short enough, are through after one comparison.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from . import shapes, values
from .column_types import Kind
from .documents import NotJson, normalized
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .definitions import ColumnDefinition, TableDefinition
    from .session import Session
    from .shapes import Shape
    from .values import Value

    Converter: TypeAlias = "Callable[[Value, Shape, Writing], Value]"

_NUMBER: Final = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_FLOAT_LIMIT: Final = 3.4028234663852886e38
_LONGEST_TIME: Final = dt.timedelta(hours=838, minutes=59, seconds=59)
_FIRST_TIMESTAMP: Final = dt.datetime(1970, 1, 1, 0, 0, 1)
_LAST_TIMESTAMP: Final = dt.datetime(2038, 1, 19, 3, 14, 7, 999999)
_FIRST_YEAR: Final = 1901
_LAST_YEAR: Final = 2155
_ZERO_DATE: Final = "0000-00-00"
_ZERO_DATES: Final = re.compile(r"\s*0{4}-?0{2}-?0{2}(?:[ T]0{2}:?0{2}:?0{2}(?:\.0*)?)?\s*$")
# A day that its month may lack.
_ALMOST_DATE: Final = re.compile(r"\s*\d{2,4}-(?:0?\d|1[0-2])-(?:[0-2]?\d|3[01])(?!\d)")
INTEGER: Final = shapes.integer(20)


class Writing:
    """One statement that writes rows: how strict it is, and which row it has come to, counted from 1."""

    __slots__ = ("_session", "column", "is_strict", "row", "table")

    def __init__(self, session: Session, table: TableDefinition, *, ignore: bool = False) -> None:
        self._session = session
        self.table = table
        self.is_strict = not ignore and session.is_strict
        self.row = 1
        self.column = ""

    @property
    def modes(self) -> frozenset[str]:
        return self._session.modes

    @property
    def is_mariadb(self) -> bool:
        return self._session.instance.dialect.mariadb

    @property
    def offset(self) -> dt.timedelta:
        return self._session.offset

    def now(self) -> dt.datetime:
        return self._session.local_time()

    def complain(self, code: int, sqlstate: str, text: str) -> None:
        """An error in strict mode, and else a warning."""
        if self.is_strict:
            raise SqlError(code, sqlstate, text)
        self._session.warn("Warning", code, text)

    def warn(self, code: int, text: str, level: str = "Warning") -> None:
        self._session.warn(level, code, text)

    # --- the usual complaints -----------------------------------------------------------------------------------------

    def out_of_range(self) -> None:
        self.complain(1264, "22003", f"Out of range value for column '{self.column}' at row {self.row}")

    def truncated(self) -> None:
        self.complain(1265, "01000", self._truncated_text())

    def note_truncated(self) -> None:
        self.warn(1265, self._truncated_text(), "Note")

    def note_time_of_day(self, shown: str) -> None:
        """A date came with a time, which is dropped."""
        if self.is_strict and not self.is_mariadb:
            self.warn(1292, f"Incorrect date value: '{shown}' for column '{self.column}' at row {self.row}", "Note")
        else:
            self.note_truncated()

    def too_long(self, code: int = 1265) -> None:
        if self.is_strict:
            raise SqlError(1406, "22001", f"Data too long for column '{self.column}' at row {self.row}")
        text = self._truncated_text()
        self.warn(code, text if code == 1265 else f"Out of range value for column '{self.column}' at row {self.row}")

    def incorrect(self, kind: str, shown: str) -> None:
        """No value of this kind: error or warning 1366."""
        sqlstate = "22007" if self.is_mariadb else "HY000"
        self.complain(1366, sqlstate, f"Incorrect {kind} value: '{shown}' for column {self._place()} at row {self.row}")

    def no_moment(self, kind: str, shown: str, *, out_of_range: bool = False) -> None:
        """No date or time: error 1292, or a warning in other words."""
        if self.is_strict:
            text = f"Incorrect {kind} value: '{shown}' for column {self._place()} at row {self.row}"
            raise SqlError(1292, "22007", text)
        if out_of_range:
            self.out_of_range()
        else:
            self.truncated()

    def _truncated_text(self) -> str:
        return f"Data truncated for column '{self.column}' at row {self.row}"

    def _place(self) -> str:
        """A column as an error names it; MariaDB says where it is."""
        if not self.is_mariadb:
            return f"'{self.column}'"
        return f"`{self.table.database}`.`{self.table.name}`.`{self.column}`"


# --- one converter a kind ---------------------------------------------------------------------------------------------


def converter(column: ColumnDefinition) -> Converter:
    """What turns a value that is not NULL into one that the column can hold."""
    return _CONVERTERS[column.type.kind](column)


def _shown(value: Value, shape: Shape) -> str:
    text = values.to_text(value, shape)
    return "NULL" if text is None else values.text_of(text)


def _number(value: Value, shape: Shape, writing: Writing, kind: str) -> Decimal | int | float:
    """A value as a number; a text that is none is at fault, and one with something behind the number is too."""
    if not isinstance(value, (str, bytes)) or (shape.is_number and isinstance(value, bytes)):
        number = values.to_number(value, shape)
        assert number is not None
        return number
    text = values.text_of(value)
    match = _NUMBER.match(text)
    if match is None:
        writing.incorrect(kind, text)
        return 0
    rest = text[match.end() :]
    if rest.strip():
        writing.incorrect(kind, text) if kind == "DOUBLE" and writing.is_strict else writing.truncated()
    elif rest and writing.is_mariadb:
        writing.note_truncated()
    return values.CONTEXT.create_decimal(match[1])


def _integers(column: ColumnDefinition) -> Converter:
    low, high = column.type.range

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if type(value) is int and low <= value <= high:
            return value
        number = values.round_half_away(_number(value, shape, writing, "integer"))
        assert number is not None
        if low <= number <= high:
            return int(number)
        writing.out_of_range()
        return min(max(number, low), high)

    return convert


def _decimals(column: ColumnDefinition) -> Converter:
    digits, scale = column.type.length or 10, column.type.decimals or 0
    high = values.CONTEXT.create_decimal("9" * digits).scaleb(-scale, context=values.CONTEXT)
    low = values.rounded(Decimal(0), scale) if column.type.unsigned else -high

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        number = _number(value, shape, writing, "decimal")
        exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
        if abs(exact) > high + 1:
            writing.out_of_range()
            return high if exact > 0 else low
        rounded = values.rounded(exact, scale)
        if not low <= rounded <= high:
            writing.out_of_range()
            return high if exact > 0 else low
        if rounded != exact and not isinstance(number, float):
            writing.note_truncated()
        return rounded

    return convert


def single(value: float) -> float:
    """A number as a FLOAT holds it."""
    made: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return made


def _floats(column: ColumnDefinition) -> Converter:
    is_single, decimals = column.type.kind is Kind.FLOAT, column.type.decimals
    limit = _FLOAT_LIMIT if is_single else float("inf")
    if decimals is not None:
        limit = min(limit, float(10 ** ((column.type.length or 0) - decimals)) - 10.0**-decimals)
    low = 0.0 if column.type.unsigned else -limit
    name = "FLOAT" if is_single else "DOUBLE"

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        number = float(_number(value, shape, writing, "double" if writing.is_mariadb else name))
        if decimals is not None:
            number = round(number, decimals)
        if not low <= number <= limit:
            writing.out_of_range()
            number = min(max(number, low), limit)
        return single(number) if is_single else number

    return convert


def _bits(column: ColumnDefinition) -> Converter:
    size = column.type.length or 1
    length, limit = (size + 7) // 8, 1 << size

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if isinstance(value, (str, bytes)):
            data = value.encode() if isinstance(value, str) else value
            number = int.from_bytes(data, "big")
        else:
            number = values.to_integer(value, shape) or 0
        if not 0 <= number < limit:
            writing.too_long(1264)
            number = limit - 1
        return number.to_bytes(length, "big")

    return convert


def _years(_column: ColumnDefinition) -> Converter:
    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if isinstance(value, dt.date):
            if writing.is_mariadb:
                writing.no_moment("date", _shown(value, shape))
            return value.year
        if isinstance(value, dt.timedelta):
            return writing.now().year
        number = values.round_half_away(_number(value, shape, writing, "integer")) or 0
        # The text '0' is a year of two digits, the number 0 is none.
        is_short = isinstance(value, str) and value.strip().isdigit() and len(value.strip()) < 4
        if 0 < number < 100 or (number == 0 and is_short):
            number += 2000 if number < 70 else 1900
        if number and not _FIRST_YEAR <= number <= _LAST_YEAR:
            writing.out_of_range()
            return 0
        return number

    return convert


def _texts(column: ColumnDefinition) -> Converter:
    kind, collation, limit = column.type.kind, column.type.collation, column.type.length
    assert collation is not None
    assert limit is not None
    if collation.id == 63:
        return _binaries(column, limit)
    charset = collation.charset
    encode, counts_bytes = charset.encode, kind is Kind.TEXT
    is_char, holds_all = kind is Kind.CHAR, charset.name.startswith("utf")
    is_narrow = charset.name == "utf8mb3"

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if type(value) is str:
            text = value
        else:
            made = values.to_text(value, shape)
            if isinstance(made, bytes):
                text = charset.decode(made)
                bad = next((place for place, sign in enumerate(text) if "\udc80" <= sign <= "\udcff"), None)
                if bad is not None:
                    writing.incorrect("string", _escaped(encode(text[bad:])))
                    text = text[:bad]
            else:
                assert made is not None
                text = made
        if not text.isascii() and (not holds_all or is_narrow):
            text = _fitting(text, charset.codec, writing, is_narrow=is_narrow)
        if is_char:
            text = text.rstrip(" ")
        if len(text) > limit or (counts_bytes and len(text) * 4 > limit and len(encode(text)) > limit):
            text = _cut(text, limit, writing, encode if counts_bytes else None)
        return text

    return convert


def _escaped(data: bytes) -> str:
    """Bytes as an error shows them: six of them at most."""
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}" for byte in data[:6])
    return shown + ("..." if len(data) > 6 else "")


def _fitting(text: str, codec: str, writing: Writing, *, is_narrow: bool) -> str:
    """A text whose characters the column's set has; those that it lacks are question marks."""

    def is_known(sign: str) -> bool:
        try:
            sign.encode(codec)
        except UnicodeEncodeError:
            return False
        return not is_narrow or ord(sign) < 0x10000

    bad = next((place for place, sign in enumerate(text) if not is_known(sign)), None)
    if bad is None:
        return text
    writing.incorrect("string", _escaped(text[bad:].encode("utf-8", "surrogateescape")))
    return "".join(sign if is_known(sign) else "?" for sign in text)


def _cut(text: str, limit: int, writing: Writing, encode: Callable[[str], bytes] | None) -> str:
    kept = text[:limit] if encode is None else encode(text)[:limit].decode("utf-8", "ignore")
    if text[len(kept) :].strip(" "):
        writing.too_long()
    else:
        writing.note_truncated()
    return kept


def _binaries(column: ColumnDefinition, limit: int) -> Converter:
    pads = column.type.kind is Kind.CHAR

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        made = values.to_text(value, shape)
        if isinstance(made, str):
            collation = shape.collation
            made = collation.charset.encode(made) if collation is not None else made.encode()
        assert made is not None
        if len(made) > limit:
            writing.too_long()
            made = made[:limit]
        return made.ljust(limit, b"\0") if pads else made

    return convert


# --- moments ----------------------------------------------------------------------------------------------------------


def _rounded(moment: dt.datetime, decimals: int, *, truncate: bool) -> dt.datetime:
    """A moment with so many digits of a second: MySQL rounds, MariaDB cuts off."""
    fraction = values.round_micros(moment.microsecond, decimals, truncate=truncate)
    return moment.replace(microsecond=0) + dt.timedelta(microseconds=fraction)


def _moment(value: Value, shape: Shape, writing: Writing, kind: str) -> dt.datetime | str:
    """A value as a moment, or the zero date; what is none of them is at fault, and then the zero date."""
    if isinstance(value, dt.timedelta):
        return writing.now().replace(hour=0, minute=0, second=0, microsecond=0) + value
    text = _shown(value, shape) if not isinstance(value, dt.date) else ""
    if _ZERO_DATES.match(text) or (isinstance(value, int) and value == 0):
        if "NO_ZERO_DATE" in writing.modes:
            writing.no_moment(kind, text if not isinstance(value, int) else "0")
        return _ZERO_DATE
    moment = values.to_datetime(value, shape)
    if moment is not None:
        return moment
    is_date = _ALMOST_DATE.match(text) is not None
    writing.no_moment(kind, text, out_of_range=is_date and not writing.is_mariadb)
    return _ZERO_DATE


def _dates(_column: ColumnDefinition) -> Converter:
    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if type(value) is dt.date:
            return value
        moment = _moment(value, shape, writing, "date")
        if isinstance(moment, str):
            return moment
        if moment.time() != dt.time():
            writing.note_time_of_day(_shown(value, shape))
        return moment.date()

    return convert


def _datetimes(column: ColumnDefinition) -> Converter:
    decimals, is_timestamp = column.type.decimals or 0, column.type.kind is Kind.TIMESTAMP

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        moment = _moment(value, shape, writing, "datetime")
        if isinstance(moment, str):
            return f"{_ZERO_DATE} 00:00:00" + values.fraction_text(0, decimals)
        if decimals < 6:
            moment = _rounded(moment, decimals, truncate=writing.is_mariadb)
        if not is_timestamp:
            return moment
        # Kept in UTC, and shown in the time zone of whoever reads.
        utc = moment - writing.offset
        if not _FIRST_TIMESTAMP <= utc <= _LAST_TIMESTAMP:
            writing.no_moment("datetime", _shown(value, shape), out_of_range=True)
            return f"{_ZERO_DATE} 00:00:00" + values.fraction_text(0, decimals)
        return utc

    return convert


def _times(column: ColumnDefinition) -> Converter:
    decimals = column.type.decimals or 0

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        time = values.to_time(value, shape)
        if time is None:
            writing.no_moment("time", _shown(value, shape))
            return dt.timedelta()
        if isinstance(value, dt.datetime) and writing.is_mariadb:
            writing.note_truncated()
        unit = 10 ** (6 - decimals)
        micros = time // dt.timedelta(microseconds=1)
        sign = -1 if micros < 0 else 1
        half = 0 if writing.is_mariadb else unit // 2
        time = dt.timedelta(microseconds=sign * ((abs(micros) + half) // unit * unit))
        if abs(time) > _LONGEST_TIME:
            writing.no_moment("time", _shown(value, shape), out_of_range=True)
            return _LONGEST_TIME if sign > 0 else -_LONGEST_TIME
        return time

    return convert


# --- lists ------------------------------------------------------------------------------------------------------------


def _enums(column: ColumnDefinition) -> Converter:
    collation, members = column.type.collation, column.type.members
    assert collation is not None
    listed = [values.Listed.of(member, number) for number, member in enumerate(members, 1)]
    by_key = {values.collation_key(member, collation): member for member in reversed(listed)}

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if isinstance(value, (str, bytes)) and not (shape.is_number and isinstance(value, bytes)):
            text = values.text_of(value)
            found = by_key.get(values.collation_key(text.rstrip(" "), collation))
            if found is not None:
                return found
            number = int(text) if text.strip().isdigit() else 0
        else:
            number = values.to_integer(value, shape) or 0
        if 1 <= number <= len(members):
            return listed[number - 1]
        writing.truncated()
        return values.Listed.of("", 0)

    return convert


def _sets(column: ColumnDefinition) -> Converter:
    collation, members = column.type.collation, column.type.members
    assert collation is not None
    bits = {values.collation_key(member, collation): 1 << place for place, member in enumerate(members)}
    every = (1 << len(members)) - 1

    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        if isinstance(value, str):
            wanted = {values.collation_key(part, collation) for part in value.split(",")} if value else set()
            if not wanted <= bits.keys():
                writing.truncated()
            number = sum(bits[key] for key in wanted if key in bits)
        else:
            number = values.to_integer(value, shape) or 0
            if not 0 <= number <= every:
                writing.truncated()
                number &= every
        return values.Listed.of(",".join(member for place, member in enumerate(members) if number >> place & 1), number)

    return convert


# --- JSON -------------------------------------------------------------------------------------------------------------


def no_document(table: TableDefinition, column: ColumnDefinition) -> SqlError:
    """MariaDB's error for a JSON column that is not given JSON."""
    place = f"{table.name}.{column.name}"
    return SqlError(4025, "23000", f"CONSTRAINT `{place}` failed for `{table.database}`.`{table.name}`")


def _jsons(column: ColumnDefinition) -> Converter:
    def convert(value: Value, shape: Shape, writing: Writing) -> Value:
        text = _shown(value, shape)
        if writing.is_mariadb:
            try:
                normalized(text)
            except NotJson as error:
                raise no_document(writing.table, column) from error
            return text
        if isinstance(value, bytes):
            raise SqlError(3144, "22032", "Cannot create a JSON value from a string with CHARACTER SET 'binary'.")
        try:
            if not isinstance(value, str):
                raise NotJson("not a JSON text, may need CAST", 0)
            return normalized(text)
        except NotJson as error:
            place = f"at position {error.position} in value for column '{writing.table.name}.{column.name}'"
            raise SqlError(3140, "22032", f'Invalid JSON text: "{error.problem}" {place}.') from error

    return convert


_CONVERTERS: Final[dict[Kind, Callable[[ColumnDefinition], Converter]]] = {
    Kind.INTEGER: _integers,
    Kind.DECIMAL: _decimals,
    Kind.FLOAT: _floats,
    Kind.DOUBLE: _floats,
    Kind.BIT: _bits,
    Kind.YEAR: _years,
    Kind.DATE: _dates,
    Kind.TIME: _times,
    Kind.DATETIME: _datetimes,
    Kind.TIMESTAMP: _datetimes,
    Kind.CHAR: _texts,
    Kind.VARCHAR: _texts,
    Kind.TEXT: _texts,
    Kind.ENUM: _enums,
    Kind.SET: _sets,
    Kind.JSON: _jsons,
}


def zero(column: ColumnDefinition) -> Value:
    """What a column holds that is not null, has no default, and is not given a value outside of strict mode."""
    kind = column.type.kind
    if kind is Kind.ENUM:
        return values.Listed.of(column.type.members[0], 1)
    if kind is Kind.DATE:
        return _ZERO_DATE
    if kind in (Kind.DATETIME, Kind.TIMESTAMP):
        return f"{_ZERO_DATE} 00:00:00" + values.fraction_text(0, column.type.decimals or 0)
    if kind is Kind.TIME:
        return dt.timedelta()
    if kind is Kind.DECIMAL:
        return values.rounded(Decimal(0), column.type.decimals or 0)
    if kind is Kind.BIT:
        return bytes(((column.type.length or 1) + 7) // 8)
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return 0.0
    if kind in (Kind.INTEGER, Kind.YEAR):
        return 0
    if kind is Kind.JSON:
        return "null"
    return (
        bytes(column.type.length or 0)
        if column.type.is_binary and kind is Kind.CHAR
        else b""
        if column.type.is_binary
        else ""
    )
