"""What kind of value an expression has before it is evaluated, and the column definition that follows from it.

A server decides type, length, decimals, flags and character set of every result column from the statement alone;
clients choose their conversions by them. A :class:`Shape` carries what that decision needs; :func:`column` makes the
definition that a server of the dialect would send. The rules, and the numbers in them, are what MariaDB 10.11 and
MySQL 9.7 were seen to answer; ``tests/fakemysql/data`` keeps those answers.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Column
from ..records import record
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .charsets import Charset, Charsets, Collation
    from .dialect import Dialect


class Family(enum.IntEnum):
    """The families of types that arithmetic and comparison tell apart."""

    NULL = 0
    INTEGER = 1
    DECIMAL = 2
    DOUBLE = 3
    STRING = 4
    DATE = 5
    TIME = 6
    DATETIME = 7

    @property
    def is_number(self) -> bool:
        return Family.INTEGER <= self <= Family.DOUBLE

    @property
    def is_temporal(self) -> bool:
        return self >= Family.DATE


class Coercibility(enum.IntEnum):
    """Whose collation wins when strings meet; the smaller number does. The values are those of COERCIBILITY()."""

    EXPLICIT = 0
    NONE = 1
    IMPLICIT = 2
    SYSTEM = 3
    LITERAL = 4
    NUMERIC = 5
    NULL = 6


NOT_FIXED: Final = 31  # "decimals" of a double whose digits are not fixed
BIGINT_DIGITS: Final = 20  # and a sign
DOUBLE_LENGTH: Final = 23
MAX_DECIMAL_DIGITS: Final = 65
MAX_DECIMAL_SCALE: Final = 30
# A shorter integer is an INT on MariaDB, this many digits and more are a BIGINT.
_MARIADB_BIGINT_LENGTH: Final = 10


@record
class Shape:
    """The static type of an expression.

    length counts characters, and for binary strings bytes; for numbers it is the display width, sign and point
    included. collation is None but for strings. field_type overrides the type on the wire that the family implies.
    is_literal marks constants written as such, is_hex the hexadecimal and bit literals, is_number those that count as
    numbers. zeros is the width that a ZEROFILL column fills with zeros. is_stored: what a stored routine keeps, which
    is described as a column is.
    """

    family: Family
    length: int
    decimals: int = 0
    unsigned: bool = False
    nullable: bool = False
    collation: Collation | None = None
    coercibility: Coercibility = Coercibility.NUMERIC
    field_type: int | None = None
    precision: int = 0
    fixed_decimals: bool = False
    wire_length: int | None = None
    is_hex: bool = False
    is_number: bool = False
    is_literal: bool = False
    zeros: int = 0
    is_stored: bool = False

    @property
    def is_binary(self) -> bool:
        return self.collation is not None and self.collation.id == 63

    @property
    def digits(self) -> int:
        """The number of digits that a decimal or integer of this shape can have, before and behind the point."""
        if self.precision:
            return self.precision
        return max(self.length - (1 if self.decimals else 0) - (0 if self.unsigned else 1), 1)

    @property
    def is_character(self) -> bool:
        """A string of characters, as opposed to one of bytes or to a number."""
        return self.family is Family.STRING and not self.is_binary

    def but(self, **changes: object) -> Shape:
        return replace(self, **changes)  # type: ignore[arg-type]  # the fields are checked where they are written


def integer(length: int, *, unsigned: bool = False, nullable: bool = False, field_type: int | None = None) -> Shape:
    return Shape(Family.INTEGER, length, unsigned=unsigned, nullable=nullable, field_type=field_type)


def decimal(digits: int, scale: int, *, unsigned: bool = False, nullable: bool = False) -> Shape:
    """DECIMAL(digits, scale), within what a server allows; the sign and the point are part of the length."""
    scale = min(scale, MAX_DECIMAL_SCALE)
    digits = min(max(digits, scale, 1), MAX_DECIMAL_DIGITS)
    length = digits + (1 if scale else 0) + (0 if unsigned else 1)
    return Shape(Family.DECIMAL, length, scale, unsigned=unsigned, nullable=nullable, precision=digits)


def double(length: int = DOUBLE_LENGTH, *, decimals: int = NOT_FIXED, nullable: bool = False) -> Shape:
    return Shape(Family.DOUBLE, length, decimals, nullable=nullable)


def string(
    length: int,
    collation: Collation,
    *,
    nullable: bool = True,
    coercibility: Coercibility = Coercibility.LITERAL,
    fixed_decimals: bool = False,
) -> Shape:
    return Shape(
        Family.STRING,
        length,
        nullable=nullable,
        collation=collation,
        coercibility=coercibility,
        fixed_decimals=fixed_decimals,
    )


def temporal(family: Family, decimals: int = 0, *, nullable: bool = True, length: int | None = None) -> Shape:
    width = {Family.DATE: 10, Family.TIME: 10, Family.DATETIME: 19}[family] if length is None else length
    if family is not Family.DATE and decimals:
        width += decimals + 1
    return Shape(family, width, decimals, nullable=nullable)


NULL: Final = Shape(Family.NULL, 0, nullable=True, coercibility=Coercibility.NULL)


@record
class Results:
    """How the session wants results: the character set that strings are sent in, None for "as they are"."""

    charset: Charset | None
    collation_id: int

    def __hash__(self) -> int:
        """Of the collation, which says nearly all: this is hashed with each statement."""
        return self.collation_id


def column(name: str, shape: Shape, results: Results, dialect: Dialect) -> Column:
    """The definition that a server of this dialect sends for a result column of this shape."""
    flags = 0 if shape.nullable else c.NOT_NULL_FLAG
    if shape.family is Family.STRING:
        return _string_column(name, shape, results, dialect, flags)
    if not (shape.is_stored and shape.family.is_number):
        flags |= c.BINARY_FLAG
    if shape.unsigned:
        flags |= c.UNSIGNED_FLAG
    return Column(
        name=name,
        type=wire_type(shape, dialect),
        character_set=63,
        column_length=shape.length,
        flags=flags,
        decimals=shape.decimals,
    )


def _string_column(name: str, shape: Shape, results: Results, dialect: Dialect, flags: int) -> Column:
    collation = shape.collation
    assert collation is not None
    if collation.is_binary:
        flags |= c.BINARY_FLAG
    if shape.is_hex and shape.unsigned:
        flags |= c.UNSIGNED_FLAG
    if shape.is_binary or results.charset is None:
        charset_id, bytes_each = collation.id, collation.charset.max_bytes
    else:
        charset_id, bytes_each = results.collation_id, results.charset.max_bytes
    length = shape.length * bytes_each if shape.wire_length is None else shape.wire_length
    is_plain = shape.is_hex or shape.is_stored or (shape.fixed_decimals and dialect.mariadb)
    decimals = 0 if is_plain else dialect.string_decimals
    return Column(
        name=name,
        type=wire_type(shape, dialect),
        character_set=charset_id,
        column_length=length,
        flags=flags,
        decimals=decimals,
    )


_TYPES: Final = {
    Family.NULL: c.FIELD_TYPE_NULL,
    Family.INTEGER: c.FIELD_TYPE_LONGLONG,
    Family.DECIMAL: c.FIELD_TYPE_NEWDECIMAL,
    Family.DOUBLE: c.FIELD_TYPE_DOUBLE,
    Family.STRING: c.FIELD_TYPE_VAR_STRING,
    Family.DATE: c.FIELD_TYPE_DATE,
    Family.TIME: c.FIELD_TYPE_TIME,
    Family.DATETIME: c.FIELD_TYPE_DATETIME,
}


def wire_type(shape: Shape, dialect: Dialect) -> int:
    if shape.field_type is not None:
        return shape.field_type
    if shape.family is Family.INTEGER and dialect.mariadb and shape.length < _MARIADB_BIGINT_LENGTH:
        return c.FIELD_TYPE_LONG
    if shape.family is Family.STRING and shape.collation is not None:
        return dialect.string_type(shape.length * shape.collation.charset.max_bytes)
    return _TYPES[shape.family]


def as_number(shape: Shape) -> Shape:
    """The numeric shape that a value of this shape has among numbers: strings are doubles, times count digits."""
    if shape.family.is_number:
        return shape
    if shape.is_number:
        digits = len(str(256**shape.length - 1)) if shape.length else 1
        return integer(digits, unsigned=True, nullable=shape.nullable)
    if shape.family.is_temporal:
        digits = {Family.DATE: 8, Family.TIME: 7, Family.DATETIME: 14}[shape.family]
        if shape.decimals:
            return decimal(digits + shape.decimals, shape.decimals, nullable=shape.nullable)
        return integer(digits, nullable=shape.nullable).but(precision=digits)
    return double(nullable=shape.nullable)


def union(shapes: Sequence[Shape], charsets: Charsets, dialect: Dialect) -> Shape:
    """One shape that holds values of all these: the columns of a UNION, the branches of CASE, IF and COALESCE."""
    known = [shape for shape in shapes if shape.family is not Family.NULL]
    if not known:
        return NULL
    nullable = any(shape.nullable for shape in shapes)
    families = {shape.family for shape in known}
    if len(families) == 1 and not families & {Family.INTEGER, Family.DECIMAL, Family.DOUBLE, Family.STRING}:
        return max(known, key=lambda shape: shape.length).but(nullable=nullable, is_literal=False)
    if all(family.is_number for family in families):
        return _numeric_union(known, nullable=nullable, dialect=dialect)
    if all(family.is_temporal for family in families):
        scale = max(shape.decimals for shape in known)
        return temporal(Family.DATETIME, scale, nullable=nullable)
    collation, coercibility = aggregate(known, charsets)
    is_binary = collation.id == 63
    length = max(
        text_length(shape, dialect) * (shape.collation.charset.max_bytes if is_binary and shape.collation else 1)
        for shape in known
    )
    return string(length, collation, nullable=nullable, coercibility=coercibility)


def _numeric_union(shapes: Sequence[Shape], *, nullable: bool, dialect: Dialect) -> Shape:
    family = max(shape.family for shape in shapes)
    if family is Family.INTEGER:
        unsigned = all(shape.unsigned for shape in shapes)
        digits = max(shape.digits for shape in shapes)
        if not unsigned and any(shape.unsigned and shape.digits >= BIGINT_DIGITS - 1 for shape in shapes):
            return decimal(digits, 0, nullable=nullable)  # no integer holds both halves
        return integer(digits + (0 if unsigned else 1), unsigned=unsigned, nullable=nullable)
    if family is Family.DECIMAL:
        scale = max(shape.decimals for shape in shapes)
        whole = max(shape.digits - shape.decimals for shape in shapes)
        return decimal(whole + scale, scale, nullable=nullable)
    length = max(shape.length for shape in shapes) if dialect.mariadb else DOUBLE_LENGTH
    return double(length, nullable=nullable)


def text_length(shape: Shape, dialect: Dialect) -> int:
    """How many characters a value of this shape may have as text."""
    return DOUBLE_LENGTH - 1 if shape.family is Family.DOUBLE and not dialect.mariadb else shape.length


def aggregate(shapes: Sequence[Shape], charsets: Charsets) -> tuple[Collation, Coercibility]:
    """The collation that strings of these shapes have together.

    Raises:
        SqlError: 1267, the collations do not mix.
    """
    chosen: Collation | None = None
    rank = Coercibility.NULL
    for shape in shapes:
        if shape.collation is None or shape.coercibility > rank:
            continue
        if chosen is None or shape.coercibility < rank:
            chosen, rank = shape.collation, shape.coercibility
        elif chosen is not shape.collation:
            chosen = _mixed(chosen, shape.collation, rank, mariadb=charsets.mariadb)
    if chosen is None:
        return charsets.by_id[63], Coercibility.NUMERIC
    return chosen, rank


def _mixed(one: Collation, other: Collation, rank: Coercibility, *, mariadb: bool) -> Collation:
    """Two collations of equal standing: binary wins over characters, Unicode over the rest, a _bin over its set."""
    for candidate in (one, other):
        if candidate.id == 63:
            return candidate
    if one.charset is other.charset:
        if rank is not Coercibility.EXPLICIT and one.is_binary != other.is_binary:
            return one if one.is_binary else other
    elif rank is not Coercibility.EXPLICIT or mariadb:
        order = ("utf8mb4", "utf32", "utf16", "ucs2", "utf8mb3")
        ranked = sorted(
            (one, other), key=lambda each: order.index(each.charset.name) if each.charset.name in order else 9
        )
        if ranked[0].charset.name in order:
            return ranked[0]
        if "ascii" in (one.charset.name, other.charset.name):
            return other if one.charset.name == "ascii" else one
    name = Coercibility(rank).name
    word = {"LITERAL": "COERCIBLE", "SYSTEM": "SYSCONST"}.get(name, name)
    raise SqlError(
        1267,
        "HY000",
        f"Illegal mix of collations ({one.name},{word}) and ({other.name},{word}) for operation '='",
    )
