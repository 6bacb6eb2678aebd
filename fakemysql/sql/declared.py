"""Columns as CREATE TABLE declares them: the name of a type to the definition that a server sends for such a column.

``columns("id:int, name:varchar(20)")`` is how a test writes down a result; :func:`inferred` finds types for values that
nobody declared. Both give :class:`Declared` columns, which become definitions when it is known in which character set
the session wants its results. The module knows types and their numbers; it is kept from rows, rules and packets.

Source: the definitions that MariaDB 10.11.19 and MySQL 9.7.4 sent for a table with one column of each type. They differ
in JSON, which MariaDB keeps as text, and in a flag of TIMESTAMP.
"""

from __future__ import annotations

import datetime
import decimal
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Column
from ..records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..answers import Value
    from .dialect import Dialect
    from .shapes import Results

_NOT_FIXED: Final = 31
_MOST_BYTES: Final = 0xFFFFFFFF
_BYTES_FLAGS: Final = c.BLOB_FLAG | c.BINARY_FLAG
_VARCHAR_CHARACTERS: Final = 16383
# The collation of stored text, for sessions that take it as it is: utf8mb4_general_ci, utf8mb4_0900_ai_ci.
_STORED: Final = (45, 255)


@record
class Declared:
    """One column. length counts characters where is_text, else what column_length counts."""

    name: str
    type: int
    length: int
    flags: int = 0
    decimals: int = 0
    is_text: bool = False

    def definition(self, results: Results, dialect: Dialect) -> Column:
        """What a server of this dialect sends for it to a session that wants its results so."""
        length, flags, kind, collation = self.length, self.flags, self.type, 63
        is_text = self.is_text
        if kind == c.FIELD_TYPE_JSON and dialect.mariadb:
            kind, is_text = c.FIELD_TYPE_BLOB, True
        elif kind == c.FIELD_TYPE_TIMESTAMP and dialect.mariadb:
            flags |= c.UNSIGNED_FLAG
        if is_text:
            charset = results.charset
            collation = results.collation_id if charset is not None else dialect.pick(*_STORED)
            length = min(length * (charset.max_bytes if charset is not None else 4), _MOST_BYTES)
        return Column(self.name, kind, collation, length, flags, self.decimals)


_INTEGERS: Final[dict[str, tuple[int, int, int]]] = {
    # name: type, display width with a sign, and without one
    "TINYINT": (c.FIELD_TYPE_TINY, 4, 3),
    "SMALLINT": (c.FIELD_TYPE_SHORT, 6, 5),
    "MEDIUMINT": (c.FIELD_TYPE_INT24, 9, 8),
    "INT": (c.FIELD_TYPE_LONG, 11, 10),
    "INTEGER": (c.FIELD_TYPE_LONG, 11, 10),
    "BIGINT": (c.FIELD_TYPE_LONGLONG, 20, 20),
}
_FLOATS: Final = {
    "FLOAT": (c.FIELD_TYPE_FLOAT, 12),
    "DOUBLE": (c.FIELD_TYPE_DOUBLE, 22),
    "REAL": (c.FIELD_TYPE_DOUBLE, 22),
}
_DECIMALS: Final = frozenset(("DECIMAL", "NUMERIC", "DEC", "FIXED"))
_TEXTS: Final = {"TINYTEXT": 255, "TEXT": 65535, "MEDIUMTEXT": 0xFFFFFF, "LONGTEXT": _MOST_BYTES}
_BLOBS: Final = {"TINYBLOB": 255, "BLOB": 65535, "MEDIUMBLOB": 0xFFFFFF, "LONGBLOB": _MOST_BYTES}
_MOMENTS: Final = {
    "DATETIME": (c.FIELD_TYPE_DATETIME, 19),
    "TIMESTAMP": (c.FIELD_TYPE_TIMESTAMP, 19),
    "TIME": (c.FIELD_TYPE_TIME, 10),
}
_TYPE: Final = re.compile(
    r"\s*(?P<name>[A-Za-z]+)\s*(?:\((?P<arguments>[^)]*)\))?\s*(?P<unsigned>UNSIGNED\b)?\s*(?P<null>(?:NOT\s+)?NULL\b)?\s*",
    re.IGNORECASE,
)


def declared(name: str, text: str) -> Declared:
    """The column of that name and that type, as in ``declared("price", "decimal(10,2) not null")``.

    Raises:
        ValueError: there is no such type; the text lists those there are.
    """
    match = _TYPE.fullmatch(text)
    if match is None:
        raise ValueError(f"column {name!r}: {text!r} is no type; write it as CREATE TABLE does, as in 'varchar(20)'")
    word = match["name"].upper()
    column = _typed(name, word, _arguments(name, text, word, match["arguments"]))
    if column is None:
        raise ValueError(f"column {name!r}: there is no type {match['name']!r}; there are {', '.join(_names())}")
    if match["unsigned"]:
        column = _unsigned(column, text)
    if match["null"] and match["null"].upper().startswith("NOT"):
        column = replace(column, flags=column.flags | c.NOT_NULL_FLAG | c.NO_DEFAULT_VALUE_FLAG)
    return column


def _names() -> list[str]:
    single = ("bool", "char", "varchar", "binary", "varbinary", "date", "year", "json", "bit", "enum", "set")
    several = (_INTEGERS, _FLOATS, _DECIMALS, _TEXTS, _BLOBS, _MOMENTS)
    return sorted([*single, *(name.lower() for names in several for name in names)])


def _arguments(name: str, text: str, word: str, arguments: str | None) -> list[int]:
    if arguments is None:
        return []
    if word in ("ENUM", "SET"):
        lengths = [len(part.strip().strip("'\"")) for part in arguments.split(",")]
        return [max(lengths) if word == "ENUM" else sum(lengths) + len(lengths) - 1]
    parts = [part.strip() for part in arguments.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ValueError(f"column {name!r}: in {text!r} the parentheses hold {arguments!r} where numbers belong")
    return [int(part) for part in parts]


def _typed(name: str, word: str, numbers: list[int]) -> Declared | None:
    first = numbers[0] if numbers else None
    if word in _INTEGERS:
        kind, width, _ = _INTEGERS[word]
        return Declared(name, kind, width if first is None else first)
    if word in ("BOOL", "BOOLEAN"):
        return Declared(name, c.FIELD_TYPE_TINY, 1)
    if word in _FLOATS:
        return Declared(name, *_FLOATS[word], decimals=_NOT_FIXED)
    if word in _DECIMALS:
        digits, scale = first if first is not None else 10, numbers[1] if len(numbers) > 1 else 0
        return Declared(name, c.FIELD_TYPE_NEWDECIMAL, digits + 1 + bool(scale), decimals=scale)
    if word in ("CHAR", "ENUM", "SET"):
        flags = {"ENUM": c.ENUM_FLAG, "SET": c.SET_FLAG}.get(word, 0)
        return Declared(name, c.FIELD_TYPE_STRING, 1 if first is None else first, flags, is_text=True)
    if word == "VARCHAR":
        return Declared(name, c.FIELD_TYPE_VAR_STRING, 255 if first is None else first, is_text=True)
    if word in _TEXTS:
        return Declared(name, c.FIELD_TYPE_BLOB, _TEXTS[word], c.BLOB_FLAG, is_text=True)
    if word in ("BINARY", "VARBINARY"):
        kind, least = (c.FIELD_TYPE_STRING, 1) if word == "BINARY" else (c.FIELD_TYPE_VAR_STRING, 255)
        return Declared(name, kind, least if first is None else first, c.BINARY_FLAG)
    if word in _BLOBS:
        return Declared(name, c.FIELD_TYPE_BLOB, _BLOBS[word], _BYTES_FLAGS)
    return _moment(name, word, first or 0)


def _moment(name: str, word: str, number: int) -> Declared | None:
    if word in _MOMENTS:
        kind, width = _MOMENTS[word]
        return Declared(name, kind, width + (number + 1 if number else 0), c.BINARY_FLAG, number)
    if word == "DATE":
        return Declared(name, c.FIELD_TYPE_DATE, 10, c.BINARY_FLAG)
    if word == "YEAR":
        return Declared(name, c.FIELD_TYPE_YEAR, 4, c.UNSIGNED_FLAG | c.ZEROFILL_FLAG)
    if word == "JSON":
        return Declared(name, c.FIELD_TYPE_JSON, _MOST_BYTES, _BYTES_FLAGS)
    if word == "BIT":
        return Declared(name, c.FIELD_TYPE_BIT, number or 1, c.UNSIGNED_FLAG)
    return None


def _unsigned(column: Declared, text: str) -> Declared:
    for kind, width, without in _INTEGERS.values():
        if column.type == kind:
            length = without if column.length == width else column.length
            return replace(column, length=length, flags=column.flags | c.UNSIGNED_FLAG)
    if column.type == c.FIELD_TYPE_NEWDECIMAL:
        return replace(column, length=column.length - 1, flags=column.flags | c.UNSIGNED_FLAG)
    if column.type in (c.FIELD_TYPE_FLOAT, c.FIELD_TYPE_DOUBLE):
        return replace(column, flags=column.flags | c.UNSIGNED_FLAG)
    raise ValueError(f"column {column.name!r}: {text!r} is no number that could be unsigned")


def columns(text: str) -> list[tuple[str, str | None]]:
    """Names and types of ``"id:int, price:decimal(10,2), note"``; None where no type is written.

    Raises:
        ValueError: a name is missing.
    """
    found: list[tuple[str, str | None]] = []
    for part in re.split(r",(?![^(]*\))", text):
        name, colon, kind = part.partition(":")
        if not name.strip() or (colon and not kind.strip()):
            raise ValueError(f"columns: {part.strip()!r} in {text!r} is not NAME or NAME:TYPE")
        found.append((name.strip(), kind.strip() if colon else None))
    return found


def inferred(name: str, values: Iterable[Value]) -> Declared:
    """A column that can hold all these values; text where nothing else can, or where there are none.

    Integers are BIGINT; strings are VARCHAR, or LONGTEXT from 16384 characters on; None fits everywhere.

    Raises:
        TypeError: a value is of a type that no column holds.
    """
    kept = [value for value in values if value is not None]
    kinds = kinds_of(name, kept)
    if kinds == {bool}:
        return declared(name, "bool")
    if kinds and kinds <= {bool, int}:
        least, most = min(map(int, kept)), max(map(int, kept))  # type: ignore[arg-type]
        if least >= -(1 << 63) and most < 1 << 63:
            return declared(name, "bigint")
        if least >= 0 and most < 1 << 64:
            return declared(name, "bigint unsigned")
        return _decimal(name, [decimal.Decimal(int(value)) for value in kept])  # type: ignore[arg-type]
    if kinds and kinds <= {bool, int, float}:
        return declared(name, "double")
    if kinds and kinds <= {bool, int, decimal.Decimal}:
        return _decimal(name, [decimal.Decimal(value) for value in kept])  # type: ignore[arg-type]
    if kinds == {bytes}:
        longest = max(map(len, kept))  # type: ignore[arg-type]
        return declared(name, f"varbinary({longest})" if longest <= 65535 else "longblob")
    if kinds == {datetime.date}:
        return declared(name, "date")
    if kinds and kinds <= {datetime.date, datetime.datetime}:
        precise = any(isinstance(value, datetime.datetime) and value.microsecond for value in kept)
        return declared(name, "datetime(6)" if precise else "datetime")
    if kinds == {datetime.timedelta}:
        precise = any(isinstance(value, datetime.timedelta) and value.microseconds for value in kept)
        return declared(name, "time(6)" if precise else "time")
    if kinds and kinds <= {str, bytes}:
        longest = max(map(len, kept))  # type: ignore[arg-type]
    else:
        longest = max((len(value) if isinstance(value, str | bytes) else 32 for value in kept), default=255)
    return declared(name, f"varchar({longest})" if longest <= _VARCHAR_CHARACTERS else "longtext")


_KINDS: Final = (bool, int, float, decimal.Decimal, str, bytes, datetime.datetime, datetime.date, datetime.timedelta)


def kinds_of(name: str, values: Sequence[Value]) -> set[type]:
    """The types of a column's values, each as one that columns hold: int for an IntEnum; NULL has none.

    Raises:
        TypeError: a value is of a type that no column holds.
    """
    found: set[type] = set()
    for each in set(map(type, values)) - {type(None)}:
        kind = next((kind for kind in _KINDS if issubclass(each, kind)), None)
        if kind is None:
            value = next(value for value in values if type(value) is each)
            raise TypeError(
                f"column {name!r}: {value!r} is a {each.__name__}, which no column holds; give a number, str, bytes, "
                "date, datetime, timedelta or None"
            )
        found.add(kind)
    return found


def _decimal(name: str, values: Sequence[decimal.Decimal]) -> Declared:
    scale = max(max(-int(value.as_tuple().exponent), 0) for value in values)
    whole = max(max(value.adjusted() + 1, 1) for value in values)
    return declared(name, f"decimal({whole + scale},{scale})")
