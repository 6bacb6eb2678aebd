"""The types that a column of a table can have: how each is spelled, sent and measured.

A :class:`ColumnType` is a declared type as a server keeps it: ``INT`` with its width, ``DECIMAL`` with its digits, a
text with its collation. From it follow the spelling that SHOW prints, the :class:`~fakemysql.sql.shapes.Shape` that
expressions compute with, and the field type on the wire. How a value becomes one of the type, and what is said when it
does not fit, is in ``storing.py``.

Source: the definitions that MariaDB 10.11.19 and MySQL 9.7.4 sent for a column of each type.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import shapes
from .shapes import Coercibility, Family, Shape

if TYPE_CHECKING:
    from .charsets import Collation
    from .dialect import Dialect


class Kind(enum.Enum):
    """What a type is at bottom; the value of one that SHOW spells in one way only is that spelling."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DOUBLE = "double"
    BIT = "bit"
    YEAR = "year"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    CHAR = "char"
    VARCHAR = "varchar"
    TEXT = "text"
    ENUM = "enum"
    SET = "set"
    JSON = "json"

    @property
    def is_temporal(self) -> bool:
        return self in (Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.TIMESTAMP)

    @property
    def is_number(self) -> bool:
        return self in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE)

    @property
    def is_text(self) -> bool:
        """Of characters or bytes, and of any length up to its limit."""
        return self in (Kind.CHAR, Kind.VARCHAR, Kind.TEXT)

    @property
    def has_collation(self) -> bool:
        return self.is_text or self in (Kind.ENUM, Kind.SET, Kind.JSON)


@dataclass(frozen=True, slots=True)
class IntegerSize:
    """One of the integer types: its field type, its widths signed and unsigned, and its bytes."""

    field_type: int
    width: int
    unsigned_width: int
    bytes: int


INTEGERS: Final = {
    "tinyint": IntegerSize(c.FIELD_TYPE_TINY, 4, 3, 1),
    "smallint": IntegerSize(c.FIELD_TYPE_SHORT, 6, 5, 2),
    "mediumint": IntegerSize(c.FIELD_TYPE_INT24, 9, 8, 3),
    "int": IntegerSize(c.FIELD_TYPE_LONG, 11, 10, 4),
    "bigint": IntegerSize(c.FIELD_TYPE_LONGLONG, 20, 20, 8),
}
# Bytes that a text of each size may have; a blob's are the same.
TEXTS: Final = {"tiny": 255, "": 65535, "medium": 16777215, "long": 4294967295}
_TEXT_FAMILY: Final = {
    Kind.CHAR: c.FIELD_TYPE_STRING,
    Kind.VARCHAR: c.FIELD_TYPE_VAR_STRING,
    Kind.TEXT: c.FIELD_TYPE_BLOB,
    Kind.ENUM: c.FIELD_TYPE_STRING,
    Kind.SET: c.FIELD_TYPE_STRING,
}
_BINARY_NAMES: Final = {Kind.CHAR: "binary", Kind.VARCHAR: "varbinary"}
_FLOAT_LENGTH: Final = 12
_DOUBLE_LENGTH: Final = 22
_WIDEST: Final = TEXTS["long"]


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type.

    name is what SHOW calls it, without what stands in parentheses. length counts characters, for binary strings and
    texts bytes, for numbers digits; None where nothing was said of it. decimals are digits behind the point, of a
    number or of a second. members are those of ENUM and SET.
    """

    kind: Kind
    name: str
    length: int | None = None
    decimals: int | None = None
    unsigned: bool = False
    zerofill: bool = False
    collation: Collation | None = None
    members: tuple[str, ...] = ()

    @property
    def is_binary(self) -> bool:
        return self.collation is not None and self.collation.id == 63

    @property
    def width(self) -> int:
        """The digits that an integer is shown with."""
        size = INTEGERS[self.name]
        if self.length is not None:
            return self.length
        return size.unsigned_width if self.unsigned else size.width

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest integer."""
        bits = INTEGERS[self.name].bytes * 8
        return (0, (1 << bits) - 1) if self.unsigned else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)

    # --- spelling -----------------------------------------------------------------------------------------------------

    def spelling(self, dialect: Dialect) -> str:
        """The type as SHOW COLUMNS prints it."""
        text = self._name_and_size(dialect)
        if self.unsigned:
            text += " unsigned"
        return text + (" zerofill" if self.zerofill else "")

    def data_type(self, dialect: Dialect) -> str:
        """information_schema's name of the type alone."""
        return self.spelling(dialect).partition("(")[0].partition(" ")[0]

    def _name_and_size(self, dialect: Dialect) -> str:
        kind, name = self.kind, self.name
        if kind is Kind.INTEGER:
            shown = dialect.mariadb or self.zerofill or (name == "tinyint" and self.length == 1)
            return f"{name}({self.width})" if shown else name
        if kind is Kind.DECIMAL or (kind in (Kind.FLOAT, Kind.DOUBLE) and self.decimals is not None):
            return f"{name}({self.length},{self.decimals})"
        if kind in (Kind.CHAR, Kind.VARCHAR):
            return f"{_BINARY_NAMES[kind] if self.is_binary else name}({self.length})"
        if kind is Kind.BIT:
            return f"bit({self.length})"
        if kind is Kind.YEAR:
            return dialect.pick("year(4)", "year")
        if kind in (Kind.ENUM, Kind.SET):
            return f"{name}({','.join(quoted(member) for member in self.members)})"
        if kind is Kind.JSON:
            return dialect.pick("longtext", "json")
        return f"{name}({self.decimals})" if kind.is_temporal and self.decimals else name

    # --- on the wire --------------------------------------------------------------------------------------------------

    def shape(self, dialect: Dialect, *, nullable: bool) -> Shape:
        """What expressions know of a column of this type."""
        made = self._shape(dialect)
        zeros = made.length if self.zerofill or self.kind is Kind.YEAR else 0
        return made.but(nullable=nullable, zeros=zeros)

    def _shape(self, dialect: Dialect) -> Shape:
        kind = self.kind
        if kind is Kind.INTEGER:
            size = INTEGERS[self.name]
            digits = size.unsigned_width - (1 if self.name == "bigint" and not self.unsigned else 0)
            made = shapes.integer(self.width, unsigned=self.unsigned, field_type=size.field_type)
            return made.but(precision=digits)
        if kind is Kind.DECIMAL:
            assert self.length is not None
            assert self.decimals is not None
            return shapes.decimal(self.length, self.decimals, unsigned=self.unsigned)
        if kind in (Kind.FLOAT, Kind.DOUBLE):
            return self._float_shape()
        if kind.is_temporal:
            return self._temporal_shape(dialect)
        if kind is Kind.YEAR:
            return Shape(Family.INTEGER, 4, unsigned=True, field_type=c.FIELD_TYPE_YEAR, precision=4)
        if kind is Kind.BIT:
            assert self.length is not None
            binary = dialect.charsets.by_id[63]
            return Shape(
                Family.STRING,
                self.length,
                unsigned=True,
                collation=binary,
                coercibility=Coercibility.IMPLICIT,
                field_type=c.FIELD_TYPE_BIT,
                wire_length=self.length,
                is_number=True,
            )
        return self._text_shape(dialect)

    def _float_shape(self) -> Shape:
        is_float = self.kind is Kind.FLOAT
        field_type = c.FIELD_TYPE_FLOAT if is_float else c.FIELD_TYPE_DOUBLE
        length = self.length
        if length is None or self.decimals is None:
            length = _FLOAT_LENGTH if is_float else _DOUBLE_LENGTH
        decimals = shapes.NOT_FIXED if self.decimals is None else self.decimals
        return Shape(Family.DOUBLE, length, decimals, unsigned=self.unsigned, field_type=field_type)

    def _temporal_shape(self, dialect: Dialect) -> Shape:
        family = {Kind.DATE: Family.DATE, Kind.TIME: Family.TIME}.get(self.kind, Family.DATETIME)
        made = shapes.temporal(family, self.decimals or 0)
        if self.kind is Kind.TIMESTAMP:
            return made.but(field_type=c.FIELD_TYPE_TIMESTAMP, unsigned=dialect.mariadb)
        return made

    def _text_shape(self, dialect: Dialect) -> Shape:
        collation = self.collation
        assert collation is not None
        length, wire_length, field_type = self.length, None, _TEXT_FAMILY.get(self.kind)
        if self.kind is Kind.ENUM:
            length = max(map(len, self.members))
        elif self.kind is Kind.SET:
            length = sum(map(len, self.members)) + len(self.members) - 1
        elif self.kind is Kind.JSON:
            length, wire_length = _WIDEST // 4, _WIDEST
            field_type = dialect.pick(c.FIELD_TYPE_BLOB, c.FIELD_TYPE_JSON)
        assert length is not None
        if self.kind is Kind.TEXT and length == _WIDEST:
            wire_length = length  # no longer one can be told
        return Shape(
            Family.STRING,
            length,
            nullable=True,
            collation=collation,
            coercibility=Coercibility.IMPLICIT,
            field_type=field_type,
            wire_length=wire_length,
        )

    def flags(self) -> int:
        """The flags of the definition that follow from the type alone, but for those of its shape."""
        flags = c.ZEROFILL_FLAG if self.zerofill or self.kind is Kind.YEAR else 0
        if self.kind in (Kind.TEXT, Kind.JSON):
            flags |= c.BLOB_FLAG
        if self.kind is Kind.ENUM:
            flags |= c.ENUM_FLAG
        if self.kind is Kind.SET:
            flags |= c.SET_FLAG
        if self.kind is Kind.JSON:
            flags |= c.BINARY_FLAG
        if self.kind is Kind.BIT:
            flags |= c.UNSIGNED_FLAG
        return flags


def quoted(text: str) -> str:
    """A string as SHOW CREATE TABLE prints it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\r", "\\r") + "'"
