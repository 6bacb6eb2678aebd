"""Literals: what each is worth, and the shape that it has.

Known here are the rules by which MariaDB and MySQL measure what was written down, and what an introducer makes of
bytes; not known is what stands around a literal. ``evaluation.py`` binds all the rest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import shapes, sqlerrors, values
from .calls import Bound
from .nodes import LiteralKind
from .shapes import NULL, Coercibility, Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import nodes
    from .charsets import Collation
    from .evaluation import Binder
    from .values import Value

_TRUE_SHAPE_LENGTH: Final = (5, 1)


def literal(binder: Binder, node: nodes.Literal) -> Bound:
    """A literal, ready to run."""
    value, shape = _LITERALS[node.kind](binder, node)
    return Bound(shape, lambda _scope: value, True)


def _null(binder: Binder, _node: nodes.Literal) -> tuple[Value, Shape]:
    return None, NULL


def _boolean(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    # MariaDB measures the literal by its longest spelling, "FALSE".
    field_type = c.FIELD_TYPE_LONG if binder.dialect.mariadb else None
    shape = shapes.integer(binder.dialect.pick(*_TRUE_SHAPE_LENGTH), field_type=field_type).but(precision=1)
    return int(node.kind is LiteralKind.TRUE), shape


def _integer(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    value, digits = int(node.text), len(node.text)
    if value > values.UINT64_MAX:
        return Decimal(value), shapes.decimal(len(str(value)), 0)
    return value, integer_literal(binder, value, digits)


def integer_literal(binder: Binder, value: int, digits: int) -> Shape:
    """The shape of a whole number that is written with so many digits."""
    unsigned = value > values.INT64_MAX
    signed = value < 0 or (not binder.dialect.mariadb and not unsigned)
    length = digits + (1 if signed else 0)
    return Shape(Family.INTEGER, length, unsigned=unsigned, precision=digits, is_literal=True)


def _decimal(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    whole, _, fraction = node.text.partition(".")
    if not binder.dialect.mariadb:
        whole = whole.lstrip("0") or ("0" if whole else "")
    digits = len(whole) + len(fraction)
    return Decimal(node.text), shapes.decimal(max(digits, 1), len(fraction)).but(is_literal=True)


def _float(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    value = float(node.text)
    if value == float("inf"):
        raise sqlerrors.SqlError(1367, "22007", f"Illegal double '{node.text}' value found during parsing")
    return value, shapes.double(len(node.text)).but(is_literal=True)


def _string(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    if node.charset == "binary":
        data = _client_bytes(binder, node.text)
        return data, Shape(
            Family.STRING, len(data), collation=binder.binary, coercibility=Coercibility.LITERAL, is_literal=True
        )
    collation, text = binder.collation, node.text
    if node.charset:
        collation = binder.introduced_collation(node.charset)
        if any("\udc80" <= character <= "\udcff" for character in text) or not text.isascii():
            text = _decoded(_client_bytes(binder, text), collation)
    return text, Shape(
        Family.STRING, len(text), collation=collation, coercibility=Coercibility.LITERAL, is_literal=True
    )


def _client_bytes(binder: Binder, text: str) -> bytes:
    """The bytes that the client sent for this text."""
    return binder.session.client_charset.encode(text)


def _decoded(data: bytes, collation: Collation) -> str:
    """Bytes behind an introducer as text.

    Raises:
        SqlError: 1300, they are none in this character set.
    """
    try:
        return data.decode(collation.charset.codec)
    except UnicodeDecodeError as error:
        bad = data[error.start : error.start + 6].hex().upper()
        raise sqlerrors.SqlError(1300, "HY000", f"Invalid {collation.charset.name} character string: '{bad}'") from None


def _national(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    return node.text, Shape(
        Family.STRING,
        len(node.text),
        collation=binder.utf8,
        coercibility=Coercibility.LITERAL,
        is_literal=True,
    )


def _hex(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    return _bytes_literal(binder, bytes.fromhex(node.text), node)


def _bit(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    size = (len(node.text) + 7) // 8
    return _bytes_literal(binder, int(node.text or "0", 2).to_bytes(size, "big"), node)


def _bytes_literal(binder: Binder, data: bytes, node: nodes.Literal) -> tuple[Value, Shape]:
    if node.charset and node.charset != "binary":
        collation = binder.introduced_collation(node.charset)
        text = _decoded(data, collation)
        return text, Shape(
            Family.STRING, len(text), collation=collation, coercibility=Coercibility.LITERAL, is_literal=True
        )
    return data, Shape(
        Family.STRING,
        len(data),
        collation=binder.binary,
        coercibility=Coercibility.LITERAL,
        unsigned=not node.charset and (node.kind is LiteralKind.HEX or binder.dialect.mariadb),
        is_hex=not node.charset,
        # MariaDB takes 0x41 for a number among numbers, but x'41' for a string.
        is_number=not (binder.dialect.mariadb and node.source.startswith(("x", "X"))),
        field_type=c.FIELD_TYPE_VAR_STRING,
        is_literal=True,
    )


def _date(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    moment = values.parse_datetime(node.text)
    if moment is None or ":" in node.text:
        raise sqlerrors.SqlError(1525, "HY000", f"Incorrect DATE value: '{node.text}'")
    return moment.date(), shapes.temporal(Family.DATE, nullable=False)


def _time(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    time = values.parse_time(node.text)
    if time is None:
        raise sqlerrors.SqlError(1525, "HY000", f"Incorrect TIME value: '{node.text}'")
    return time, shapes.temporal(Family.TIME, values.fraction_digits(node.text), nullable=False)


def _timestamp(binder: Binder, node: nodes.Literal) -> tuple[Value, Shape]:
    moment = values.parse_datetime(node.text)
    if moment is None or not (":" in node.text or len(node.text.strip()) >= 12):
        raise sqlerrors.SqlError(1525, "HY000", f"Incorrect DATETIME value: '{node.text}'")
    return moment, shapes.temporal(Family.DATETIME, values.fraction_digits(node.text), nullable=False)


_LITERALS: Final[dict[LiteralKind, Callable[[Binder, nodes.Literal], tuple[Value, Shape]]]] = {
    LiteralKind.NULL: _null,
    LiteralKind.TRUE: _boolean,
    LiteralKind.FALSE: _boolean,
    LiteralKind.INTEGER: _integer,
    LiteralKind.DECIMAL: _decimal,
    LiteralKind.FLOAT: _float,
    LiteralKind.STRING: _string,
    LiteralKind.NATIONAL: _national,
    LiteralKind.HEX: _hex,
    LiteralKind.BIT: _bit,
    LiteralKind.DATE: _date,
    LiteralKind.TIME: _time,
    LiteralKind.TIMESTAMP: _timestamp,
}
