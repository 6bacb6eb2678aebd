"""The native functions on numbers: rounding, powers, logarithms, angles.

Known here is which type of number comes out of which, with how many digits; what arithmetic does is known to
``operators.py``.
"""

from __future__ import annotations

import decimal
import functools
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from . import shapes, sqlerrors, values
from .calls import Bound, CallSite, Scope, native
from .shapes import Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from .values import Value


@native("ABS", 1)
def _abs(site: CallSite) -> Bound:
    shape = site.shape(0)
    number = shapes.as_number(shape)
    if shape.family is Family.NULL:
        result = shapes.double(17, decimals=0, nullable=True)
    elif number.family is Family.INTEGER:
        result = shapes.integer(shape.length, unsigned=number.unsigned, nullable=number.nullable)
    elif number.family is Family.DOUBLE:
        result = shapes.double(nullable=number.nullable)
    else:
        result = number.but(is_literal=False)

    def compute(value: values.Number) -> Value:
        if isinstance(value, int) and value == values.INT64_MIN:
            quoted = site.dialect.pick(f"abs({value})", f"abs(-({-value}))")
            raise sqlerrors.out_of_range("BIGINT", quoted)
        return value.copy_abs() if isinstance(value, Decimal) else abs(value)

    return site.make(result, compute, site.number(0))


@native("SIGN", 1)
def _sign(site: CallSite) -> Bound:
    return site.make(site.integer(2, 21), lambda number: (number > 0) - (number < 0), site.number(0))


def _rounding(how: str) -> Callable[[CallSite], Bound]:
    """ROUND and TRUNCATE, to so many digits behind the point, or before it."""

    def bind(site: CallSite) -> Bound:
        number = shapes.as_number(site.shape(0))
        places = site.constant(1) if len(site) == 2 else 0
        read, digits_of = site.number(0), (site.integer_of(1) if len(site) == 2 else lambda _scope: 0)
        shape = _rounded_shape(site, number, places if isinstance(places, int) else None, how)
        return site.make(shape, functools.partial(_round_to, how=how, family=number.family), read, digits_of)

    return bind


def _rounded_shape(site: CallSite, number: Shape, places: int | None, how: str) -> Shape:
    nullable = site.is_nullable
    if len(site) == 2 and site.shape(1).family is Family.NULL:
        if site.dialect.mariadb:
            return shapes.double(nullable=True)
        places = 0
    if number.family is Family.INTEGER:
        length = number.length + (1 if places is not None and places < 0 and how == "round" else 0)
        if site.dialect.mariadb:
            return shapes.integer(length, unsigned=number.unsigned, nullable=nullable)
        return shapes.integer(21, unsigned=number.unsigned, nullable=nullable)
    if number.family is Family.DOUBLE:
        if not site.dialect.mariadb or places is None:
            return shapes.double(nullable=nullable)
        scale = min(max(places, 0), shapes.MAX_DECIMAL_SCALE)
        return shapes.double(17 + scale, decimals=scale, nullable=nullable)
    scale = number.decimals if places is None else min(max(places, 0), number.decimals)
    whole = number.digits - number.decimals
    carry = 1 if how == "round" and scale < number.decimals else 0
    return shapes.decimal(whole + scale + carry, scale, nullable=nullable)


# From here on a double has no digits behind its point.
_ALL_DIGITS_WHOLE: Final = 1e16


def _round_to(value: values.Number, digits: int, *, how: str, family: Family) -> Value:
    mode = decimal.ROUND_HALF_UP if how == "round" else decimal.ROUND_DOWN
    digits = min(max(digits, -80), 80)
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) >= _ALL_DIGITS_WHOLE:
            return value
        exact = Decimal(repr(value)) if how != "round" or digits else Decimal(value)
        # A double is rounded to the even neighbour when it lies exactly between two.
        mode = decimal.ROUND_HALF_EVEN if how == "round" and digits == 0 else mode
        unit = Decimal(1).scaleb(-min(digits, 30))
        return float(exact.quantize(unit, mode, values.CONTEXT))
    if isinstance(value, int):
        if digits >= 0:
            return value
        return int(Decimal(value).quantize(Decimal(1).scaleb(-digits), mode, values.CONTEXT))
    scale = min(digits, max(0, -int(value.as_tuple().exponent)))
    result = value.quantize(Decimal(1).scaleb(-scale), mode, values.CONTEXT)
    return result if scale >= 0 else Decimal(int(result))


native("ROUND", 1, 2)(_rounding("round"))
native("TRUNCATE", 2)(_rounding("truncate"))


_BIGINT_SAFE_DIGITS: Final = 18


def _to_whole(how: str) -> Callable[[CallSite], Bound]:
    """FLOOR and CEILING: an integer for exact numbers, a double for the others."""
    mode = decimal.ROUND_FLOOR if how == "floor" else decimal.ROUND_CEILING

    def bind(site: CallSite) -> Bound:
        number = shapes.as_number(site.shape(0))
        if number.family is Family.DOUBLE:
            shape = site.dialect.pick(shapes.double(17, decimals=0), shapes.double()).but(nullable=site.is_nullable)
            return site.make(shape, math.floor if how == "floor" else math.ceil, site.double(0))
        whole = number.digits - number.decimals
        length = site.length(0) if number.family is Family.INTEGER else whole + 2
        if number.family is Family.DECIMAL and whole > _BIGINT_SAFE_DIGITS:
            large = shapes.decimal(whole + 1, 0, nullable=site.is_nullable)
            return site.make(large, lambda value: value.to_integral_value(mode), site.decimal(0))
        shape = shapes.integer(site.dialect.pick(length, 21), unsigned=number.unsigned, nullable=site.is_nullable)
        return site.make(shape, lambda value: int(Decimal(value).to_integral_value(mode)), site.number(0))

    return bind


native("FLOOR", 1)(_to_whole("floor"))
native("CEIL CEILING", 1)(_to_whole("ceiling"))


@native("MOD", 2)
def _mod(site: CallSite) -> Bound:
    from .nodes import Operation

    return site.binder.bind(Operation("%", (site.nodes[0], site.nodes[1])))


def _real(
    compute: Callable[..., float], *, nullable: bool = True, is_logarithm: bool = False
) -> Callable[[CallSite], Bound]:
    """A function of doubles that gives a double, or NULL where it is not defined; a logarithm then warns."""

    def bind(site: CallSite) -> Bound:
        readers = [site.double(index) for index in range(len(site))]
        complaint = site.dialect.pick((1365, "Division by 0"), (3020, "Invalid argument for logarithm"))

        def run(scope: Scope) -> Value:
            numbers = [read(scope) for read in readers]
            if None in numbers:
                return None
            try:
                return compute(*numbers)
            except (ValueError, ZeroDivisionError):
                if is_logarithm:
                    scope.warn(*complaint)
                return None
            except OverflowError:
                shown = ",".join(_shown(number, mysql=not site.dialect.mariadb) for number in numbers)
                raise sqlerrors.out_of_range("DOUBLE", f"{site.name.lower()}({shown})") from None

        return Bound(shapes.double(nullable=nullable or site.is_nullable), run, site.is_constant)

    return bind


def _shown(number: float | None, *, mysql: bool) -> str:
    """A number as an error quotes it; MySQL puts a sign before parentheses."""
    text = "NULL" if number is None else values.double_text(number)
    return f"-({text[1:]})" if mysql and text.startswith("-") else text


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        raise OverflowError
    return math.pow(base, exponent)


def _logarithm(*numbers: float) -> float:
    if len(numbers) == 1:
        return math.log(numbers[0])
    base, number = numbers
    return math.log(number) / math.log(base)


native("POW POWER", 2)(_real(_power))
native("SQRT", 1)(_real(math.sqrt))
native("EXP", 1)(_real(math.exp))
native("LN", 1)(_real(math.log, is_logarithm=True))
native("LOG", 1, 2)(_real(_logarithm, is_logarithm=True))
native("LOG2", 1)(_real(math.log2, is_logarithm=True))
native("LOG10", 1)(_real(math.log10, is_logarithm=True))
native("SIN", 1)(_real(math.sin))
native("COS", 1)(_real(math.cos))
native("TAN", 1)(_real(math.tan))
native("ASIN", 1)(_real(math.asin))
native("ACOS", 1)(_real(math.acos))
native("ATAN", 1)(_real(math.atan))
native("DEGREES", 1)(_real(math.degrees, nullable=False))
native("RADIANS", 1)(_real(math.radians, nullable=False))


@native("PI", 0)
def _pi(_site: CallSite) -> Bound:
    return Bound(shapes.double(8, decimals=6), lambda _scope: math.pi, True)
