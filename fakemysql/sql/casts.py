"""What makes a value of another type of a value: CAST, CONVERT and COLLATE.

Known here is what fits a type, what is cut off or rounded, and which warning tells so. Which type a value has by
itself is known to the shapes it comes with.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import nodes, shapes, sqlerrors, values
from .calls import Bound, Scope, as_string, plain_text
from .shapes import Coercibility, Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from .charsets import Collation
    from .evaluation import Binder
    from .values import Value


def cast(binder: Binder, node: nodes.Cast) -> Bound:
    """CAST, or CONVERT to a type, ready to run."""
    return _CASTS[node.to.name](binder, binder.bind(node.value), node)


def _cast_char(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    collation = binder.collation
    if node.to.charset:
        collation = _named_charset(binder, node.to.charset)
    length = shapes.text_length(bound.shape, binder.dialect) if node.to.length is None else node.to.length
    shape = shapes.string(length, collation, coercibility=Coercibility.IMPLICIT, fixed_decimals=True)
    read = as_string(bound, collation)
    limit = node.to.length

    def run(scope: Scope) -> Value:
        text = read(scope)
        if text is not None and limit is not None and len(text) > limit:
            scope.warn(*values.truncated(f"CHAR({limit})", values.text_of(text)))
            return text[:limit]
        return text

    return Bound(shape, run, bound.is_constant)


def _named_charset(binder: Binder, name: str) -> Collation:
    charset = binder.dialect.charsets.charset(name)
    if charset is None:
        raise sqlerrors.unknown_charset(name)
    return binder.introduced_collation(charset.name)


def _cast_binary(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    own = bound.shape.collation
    length = bound.shape.length * (own.charset.max_bytes if own is not None else 1)
    shape = shapes.string(length if node.to.length is None else node.to.length, binder.binary, fixed_decimals=True)
    read = as_string(bound, binder.binary)
    size = node.to.length

    def run(scope: Scope) -> Value:
        data = read(scope)
        if data is None or size is None:
            return data
        assert isinstance(data, bytes)
        if len(data) > size:
            scope.warn(*values.truncated(f"BINARY({size})", values.text_of(data)))
        return data[:size].ljust(size, b"\0")

    return Bound(shape, run, bound.is_constant)


def _cast_integer(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    unsigned = node.to.name == "UNSIGNED"
    length = 21
    if binder.dialect.mariadb:
        length = min(max(bound.shape.length, 1 if unsigned else 2), 20 if unsigned else 21)
        value = bound.run(binder.nowhere) if bound.is_constant else None
        if isinstance(value, float) or (isinstance(value, int) and value < 0 and unsigned):
            length = 20
    shape = shapes.integer(length, unsigned=unsigned, nullable=bound.shape.nullable)

    def overflow(scope: Scope, source: Value, kind: str) -> None:
        shown = plain_text(source, bound.shape)
        scope.warn(1916, f"Got overflow when converting '{shown}' to {kind} BIGINT. Value truncated", "Note")

    def run(scope: Scope) -> Value:
        source = bound.run(scope)
        value = values.to_integer(source, bound.shape, scope.warn)
        if value is None:
            return None
        if unsigned:
            if value < 0 and binder.dialect.mariadb:
                scope.warn(1105, "Cast to unsigned converted negative integer to it's positive complement", "Note")
            if value < 0:
                return max(value, values.INT64_MIN) & values.UINT64_MAX
            if value > values.UINT64_MAX:
                if not binder.dialect.mariadb:
                    return values.INT64_MAX
                overflow(scope, source, "UNSIGNED")
            return min(value, values.UINT64_MAX)
        # A text is read as 64 bits without a sign before it is given one.
        wide = bound.shape.unsigned or bound.shape.family is Family.STRING
        limit = values.UINT64_MAX if wide else values.INT64_MAX
        if value > limit or value < values.INT64_MIN:
            if binder.dialect.mariadb:
                overflow(scope, source, "SIGNED")
            return values.INT64_MAX if value > 0 else values.INT64_MIN
        return value - (1 << 64) if value > values.INT64_MAX else value

    return Bound(shape, run, bound.is_constant)


def _cast_decimal(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    digits, scale = 10 if node.to.length is None else node.to.length, node.to.decimals or 0
    if digits > shapes.MAX_DECIMAL_DIGITS:
        raise too_precise(binder.dialect.mariadb, digits, node.value_source, shapes.MAX_DECIMAL_DIGITS)
    if digits < scale:
        text = "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '')"
        raise sqlerrors.SqlError(1427, "42000", text + binder.dialect.pick("", "."))
    shape = shapes.decimal(digits or 10, scale, nullable=bound.shape.nullable)
    limit = Decimal(10) ** ((digits or 10) - scale) - Decimal(1).scaleb(-scale)
    source = node.source

    def run(scope: Scope) -> Value:
        value = values.to_decimal(bound.run(scope), bound.shape, scope.warn)
        if value is None:
            return None
        result = values.rounded(value, scale)
        if abs(result) > limit:
            scope.warn(1264, f"Out of range value for column '{source}' at row 1")
            return limit if result > 0 else -limit
        return result

    return Bound(shape, run, bound.is_constant)


def _cast_double(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    nullable = True if binder.dialect.mariadb else bound.shape.nullable
    if node.to.name == "FLOAT":
        shape = shapes.double(binder.dialect.pick(12, 23), nullable=nullable).but(field_type=c.FIELD_TYPE_FLOAT)
        return Bound(
            shape,
            lambda scope: _single(values.to_double(bound.run(scope), bound.shape, scope.warn)),
            bound.is_constant,
        )
    shape = shapes.double(binder.dialect.pick(22, 23), nullable=nullable)
    return Bound(shape, lambda scope: values.to_double(bound.run(scope), bound.shape, scope.warn), bound.is_constant)


def _cast_date(binder: Binder, bound: Bound, _node: nodes.Cast) -> Bound:
    def run(scope: Scope) -> Value:
        moment = _moment_of(binder, bound, scope, "date")
        return None if moment is None else moment.date()

    return Bound(shapes.temporal(Family.DATE), run, bound.is_constant)


def _moment_of(binder: Binder, bound: Bound, scope: Scope, kind: str) -> dt.datetime | None:
    value = bound.run(scope)
    if isinstance(value, dt.timedelta):
        today = scope.session.local_time().replace(hour=0, minute=0, second=0, microsecond=0)
        return today + value
    moment = values.to_datetime(value, bound.shape)
    if moment is None and value is not None:
        text = plain_text(value, bound.shape)
        wording = f"Incorrect datetime value: '{text}'"
        is_cut = kind == "date" and not binder.dialect.mariadb
        scope.warn(1292, f"Truncated incorrect date value: '{text}'" if is_cut else wording)
    return moment


def _cast_datetime(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    digits = _fraction(binder, node)

    def run(scope: Scope) -> Value:
        moment = _moment_of(binder, bound, scope, "datetime")
        return None if moment is None else _at_precision(binder, moment, digits)

    return Bound(shapes.temporal(Family.DATETIME, digits), run, bound.is_constant)


def _at_precision(binder: Binder, moment: dt.datetime, digits: int) -> dt.datetime:
    """A moment with so many digits of a second: MariaDB cuts, MySQL rounds."""
    micro = values.round_micros(moment.microsecond, digits, truncate=binder.dialect.mariadb)
    return moment.replace(microsecond=0) + dt.timedelta(microseconds=micro)


def _cast_time(binder: Binder, bound: Bound, node: nodes.Cast) -> Bound:
    digits = _fraction(binder, node)

    def run(scope: Scope) -> Value:
        value = bound.run(scope)
        time = values.to_time(value, bound.shape)
        if time is None:
            if value is not None:
                wording = binder.dialect.pick("Incorrect", "Truncated incorrect")
                scope.warn(1292, f"{wording} time value: '{plain_text(value, bound.shape)}'")
            return None
        micro = values.round_micros(time.microseconds, digits, truncate=binder.dialect.mariadb)
        return time - dt.timedelta(microseconds=time.microseconds) + dt.timedelta(microseconds=micro)

    return Bound(shapes.temporal(Family.TIME, digits), run, bound.is_constant)


def _fraction(binder: Binder, node: nodes.Cast) -> int:
    digits = node.to.length or 0
    if digits > 6:
        name = binder.dialect.pick(node.value_source, "CAST")
        raise too_precise(binder.dialect.mariadb, digits, name)
    return digits


def _cast_year(binder: Binder, bound: Bound, _node: nodes.Cast) -> Bound:
    shape = shapes.integer(4, unsigned=True, nullable=True, field_type=c.FIELD_TYPE_YEAR)
    return Bound(shape, lambda scope: values.to_integer(bound.run(scope), bound.shape, scope.warn), bound.is_constant)


def convert_using(binder: Binder, node: nodes.ConvertUsing) -> Bound:
    """CONVERT to a character set, ready to run."""
    charset = binder.dialect.charsets.charset(node.charset)
    if charset is None:
        raise sqlerrors.unknown_charset(node.charset)
    bound = binder.bind(node.value)
    collation = binder.introduced_collation(charset.name)
    length = shapes.text_length(bound.shape, binder.dialect)
    if bound.shape.is_binary and binder.dialect.mariadb:
        length = -(-length // collation.charset.max_bytes)
    if collation.id == 63 and bound.shape.collation is not None and not binder.dialect.mariadb:
        length *= bound.shape.collation.charset.max_bytes
    read = as_string(bound, collation)
    shape = shapes.string(length, collation, coercibility=Coercibility.IMPLICIT)
    if collation.id == 63:
        return Bound(shape, read, bound.is_constant)

    def run(scope: Scope) -> Value:
        text = read(scope)
        if text is None:
            return None
        assert isinstance(text, str)
        if any("\udc80" <= character <= "\udcff" for character in text):
            scope.warn(1300, f"Invalid {charset.name} character string: '{charset.encode(text)[:6].hex().upper()}'")
            return None
        return charset.decode(charset.encode(text))

    return Bound(shape, run, bound.is_constant)


def collate(binder: Binder, node: nodes.Collate) -> Bound:
    """COLLATE, ready to run."""
    collation = binder.dialect.charsets.named(node.collation)
    if collation is None:
        raise sqlerrors.unknown_collation(node.collation)
    bound = binder.bind(node.value)
    own = bound.shape.collation or binder.collation
    if own.charset.name != collation.charset.name:
        raise sqlerrors.collation_mismatch(collation.name, own.charset.name)
    shape = shapes.string(bound.shape.length, collation, coercibility=Coercibility.EXPLICIT)
    return Bound(shape, as_string(bound, collation), bound.is_constant)


def too_precise(mariadb: bool, digits: int, name: str, most: int = 6) -> sqlerrors.SqlError:
    """Error 1426 for so many digits where at most so many are possible."""
    if mariadb:
        return sqlerrors.SqlError(1426, "42000", f"Too big precision specified for '{name}'. Maximum is {most}")
    return sqlerrors.SqlError(1426, "42000", f"Too-big precision {digits} specified for '{name}'. Maximum is {most}.")


def _single(value: float | None) -> float | None:
    """A double as a FLOAT prints it: six significant digits."""
    return None if value is None else float(f"{value:.6g}")


_CASTS: Final[dict[str, Callable[[Binder, Bound, nodes.Cast], Bound]]] = {
    "CHAR": _cast_char,
    "BINARY": _cast_binary,
    "SIGNED": _cast_integer,
    "UNSIGNED": _cast_integer,
    "DECIMAL": _cast_decimal,
    "DOUBLE": _cast_double,
    "FLOAT": _cast_double,
    "DATE": _cast_date,
    "DATETIME": _cast_datetime,
    "TIME": _cast_time,
    "YEAR": _cast_year,
}
