"""The native functions that choose between their arguments: IF, COALESCE, GREATEST, FIELD and their like.

Known here is the shape that holds all of what may be chosen, and how the choice is made; how a value becomes one of
that shape is known to ``calls.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import shapes, values
from .calls import Bound, CallSite, Scope, converted, native
from .shapes import Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from .values import Value


def _choose(site: CallSite, shape: Shape, pick: Callable[[Scope], int | None], indexes: list[int]) -> Bound:
    """One of the arguments, converted to the shape that holds them all."""
    readers = {index: converted(site.arguments[index], shape) for index in indexes}

    def run(scope: Scope) -> Value:
        chosen = pick(scope)
        return None if chosen is None else readers[chosen](scope)

    return Bound(shape, run, site.is_constant)


def _union(site: CallSite, chosen: list[Shape]) -> Shape:
    return shapes.union(chosen, site.dialect.charsets, site.dialect)


@native("IF", 3)
def _if(site: CallSite) -> Bound:
    branches = [site.shape(1), site.shape(2)]
    shape = _union(site, branches)
    known = [branch for branch in branches if branch.family is not Family.NULL]
    if len(known) == 1 and known[0].family is Family.INTEGER:
        shape = known[0].but(nullable=True, is_literal=False)
    condition = site.arguments[0]
    if site.dialect.mariadb and condition.shape.nullable:
        shape = shape.but(nullable=True)

    def pick(scope: Scope) -> int | None:
        return 1 if values.truth(condition.run(scope), condition.shape, scope.warn) else 2

    return _choose(site, shape, pick, [1, 2])


def _first_known(site: CallSite) -> Bound:
    """COALESCE and IFNULL: the first argument that is not NULL."""
    nullable = all(shape.nullable for shape in site.shapes)
    shape = _union(site, site.shapes).but(nullable=nullable)
    readers = [converted(argument, shape) for argument in site.arguments]

    def run(scope: Scope) -> Value:
        for read in readers:
            value = read(scope)
            if value is not None:
                return value
        return None

    return Bound(shape, run, site.is_constant)


native("COALESCE", 1, None)(_first_known)
native("IFNULL", 2)(_first_known)
native("NVL", 2, mariadb_only=True)(_first_known)


@native("ISNULL", 1)
def _isnull(site: CallSite) -> Bound:
    value = site.value(0)
    shape = site.integer(1, 1, nullable=False)
    return Bound(shape, lambda scope: int(value(scope) is None), site.is_constant)


@native("NULLIF", 2)
def _nullif(site: CallSite) -> Bound:
    one, other = site.arguments
    exact = {one.shape.family, other.shape.family} & {Family.INTEGER, Family.DECIMAL}
    kind = "DECIMAL" if exact and site.dialect.mariadb else "DOUBLE"
    collation = site.mixed_collation() if site.shape(0).collation and site.shape(1).collation else site.binder.collation
    shape = one.shape.but(nullable=True, is_literal=False)

    def run(scope: Scope) -> Value:
        value = one.run(scope)
        answer = values.compare(value, one.shape, other.run(scope), other.shape, collation, scope.warn, kind)
        return None if answer == 0 else value

    return Bound(shape, run, site.is_constant)


def _extreme(sign: int) -> Callable[[CallSite], Bound]:
    """GREATEST (1) and LEAST (-1)."""

    def bind(site: CallSite) -> Bound:
        shape = _extreme_shape(site)
        collation = shape.collation or site.binder.collation
        readers = [converted(argument, shape) for argument in site.arguments]

        def run(scope: Scope) -> Value:
            best: Value = None
            for place, read in enumerate(readers):
                value = read(scope)
                if value is None:
                    return None
                answer = values.compare(value, shape, best, shape, collation, scope.warn)
                if place == 0 or (answer is not None and answer * sign > 0):
                    best = value
            return best

        return Bound(shape, run, site.is_constant)

    return bind


def _extreme_shape(site: CallSite) -> Shape:
    families = {shape.family for shape in site.shapes}
    numbers = any(family.is_number for family in families)
    if site.dialect.mariadb and numbers and Family.NULL in families:
        return shapes.double(17, decimals=0, nullable=True)
    if site.dialect.mariadb and numbers and Family.STRING in families:
        return shapes.double(nullable=site.is_nullable)
    shape = _union(site, site.shapes)
    if shape.family is Family.DOUBLE:
        return shapes.double(nullable=site.is_nullable)
    return shape.but(nullable=site.is_nullable, is_literal=False)


native("GREATEST", 2, None)(_extreme(1))
native("LEAST", 2, None)(_extreme(-1))


@native("INTERVAL", 2, None)
def _interval(site: CallSite) -> Bound:
    numbers = [site.double(index) for index in range(len(site))]

    def run(scope: Scope) -> Value:
        first, *limits = [read(scope) for read in numbers]
        if first is None:
            return -1
        return sum(1 for limit in limits if limit is None or first >= limit)

    return Bound(site.integer(2, 2, nullable=False), run, site.is_constant)


@native("FIELD", 2, None)
def _field(site: CallSite) -> Bound:
    wanted, *rest = site.arguments
    collation = site.mixed_collation() if any(shape.collation for shape in site.shapes) else site.binder.collation

    def run(scope: Scope) -> Value:
        value = wanted.run(scope)
        for place, candidate in enumerate(rest, 1):
            answer = values.compare(value, wanted.shape, candidate.run(scope), candidate.shape, collation, scope.warn)
            if answer == 0:
                return place
        return 0

    return Bound(site.integer(3, 11, nullable=False), run, site.is_constant)


@native("ELT", 2, None)
def _elt(site: CallSite) -> Bound:
    indexes = list(range(1, len(site)))
    shape = site.string(max(site.length(index) for index in indexes), site.mixed_collation(*indexes))
    place = site.integer_of(0)

    def pick(scope: Scope) -> int | None:
        number = place(scope)
        return number if number is not None and 1 <= number < len(site) else None

    return _choose(site, shape, pick, indexes)


@native("ANY_VALUE", 1, mysql_only=True)
def _any_value(site: CallSite) -> Bound:
    return site.arguments[0]
