"""Queries in the place of tables, and WITH: the rows of one SELECT as the relation that another reads.

A query that only picks rows and columns is merged, as servers say: its columns are those of the table behind it. The
rows of every other have been through a table without an index. Loaded by the first FROM that names a query.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import nodes, sqlerrors
from .calls import Scope
from .relations import Field, Relation
from .select import AGGREGATES, rows_of
from .shapes import Family

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from ..answers import Column, Pause, Wake, Woken
    from .dialect import Dialect
    from .nodes import Derived, Select
    from .select import CorePlan, Plan, Planner
    from .shapes import Results, Shape
    from .values import Value

# More rounds than this are a mistake of whoever wrote the query; servers stop there as well.
_MOST_ROUNDS: Final = 1000
_SHORTEST_BIGINT: Final = 10


class DerivedRelation(Relation):
    """The rows of a plan under a name."""

    __slots__ = ("columns", "is_lasting", "plan")

    def __init__(self, plan: Plan, columns: Sequence[Column], alias: str, names: Sequence[str]) -> None:
        fields = tuple(Field(name, shape.but(is_literal=False)) for name, shape in zip(names, plan.shapes, strict=True))
        super().__init__("", alias, alias, fields, tuple)
        self.plan = plan
        self.is_lasting = plan.is_stable
        self.columns = tuple(columns)

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        del results, dialect
        return dataclasses.replace(self.columns[position], name=name, table=self.alias)

    def read(self, core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Iterable[Sequence[Value]]]:
        del core
        kept = scope.session.found_rows
        rows = yield from rows_of(self.plan, Scope(scope.session, scope.instance, scope.outer))
        scope.session.found_rows = kept
        return rows


class RecursiveRelation(DerivedRelation):
    """WITH RECURSIVE: the first part's rows, and whatever the others make of what was found last, until nothing is."""

    __slots__ = ("_is_distinct", "_rounds", "_working")

    def __init__(self, first: DerivedRelation, rounds: Sequence[Plan], working: Relation, *, is_distinct: bool) -> None:
        super().__init__(first.plan, first.columns, first.alias, [field.name for field in first.fields])
        self.scans = True
        self.is_lasting = False
        self._rounds = rounds
        self._working = working
        self._is_distinct = is_distinct

    def read(self, core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Iterable[Sequence[Value]]]:
        found = list((yield from super().read(core, scope)))
        rows = list(found)
        for _ in range(_MOST_ROUNDS):
            latest, found = found, []
            self._working.rows = lambda latest=latest: latest  # type: ignore[misc]
            for plan in self._rounds:
                more = yield from rows_of(plan, Scope(scope.session, scope.instance, scope.outer))
                found += [row for row in more if not (self._is_distinct and (row in rows or row in found))]
            if not found:
                return rows
            rows += found
        raise sqlerrors.SqlError(
            3636,
            "HY000",
            f"Recursive query aborted after {_MOST_ROUNDS + 1} iterations. Try increasing @@cte_max_recursion_depth to"
            " a larger value.",
        )


def relation_of(planner: Planner, source: Derived) -> Relation:
    """A query as FROM names it.

    Raises:
        SqlError: whatever is wrong with the query; 1060, two of its columns have the same name.
    """
    if source.recursive_name:
        return _recursive(planner, source)
    return _derived(planner, source.select, source)


def _derived(planner: Planner, select: Select, source: Derived) -> DerivedRelation:
    dialect = planner.instance.dialect
    plan = planner.inner(select)
    names = source.columns or tuple(column.name for column in plan.columns)
    if len(names) != len(plan.columns):
        raise sqlerrors.SqlError(
            dialect.pick(4002, 1353),
            "HY000",
            dialect.pick(
                "WITH column list and SELECT field list have different column counts",
                "In definition of view, derived table or common table expression, SELECT list and column names list"
                " have different column counts",
            ),
        )
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise sqlerrors.SqlError(1060, "42S21", f"Duplicate column name '{name}'")
        seen.add(name.lower())
    is_merged = _is_merged(select)
    columns = plan.columns
    if not is_merged:
        columns = tuple(
            stored_column(planner, column, shape) for column, shape in zip(plan.columns, plan.shapes, strict=True)
        )
    made = DerivedRelation(plan, columns, source.alias, names)
    made.scans = not is_merged and not _is_single(select, dialect)
    return made


def stored_column(planner: Planner, column: Column, shape: Shape) -> Column:
    """A result's column once it has been through a table: what is nothing is text, small numbers are INT."""
    dialect = planner.instance.dialect
    if shape.family is Family.NULL:
        kind = dialect.pick(c.FIELD_TYPE_STRING, c.FIELD_TYPE_VAR_STRING)
        return dataclasses.replace(column, type=kind, flags=c.BINARY_FLAG)
    flags = column.flags & ~(c.BINARY_FLAG if shape.family.is_number else 0)
    kind = column.type
    if shape.family is Family.INTEGER and shape.field_type is None and shape.length < _SHORTEST_BIGINT:
        kind = c.FIELD_TYPE_LONG
    decimals = 0 if shape.family is Family.STRING else column.decimals
    return dataclasses.replace(column, type=kind, flags=flags, decimals=decimals)


def _is_merged(select: Select) -> bool:
    core = select.cores[0]
    return not (
        select.is_union
        or core.table is None
        or core.is_distinct
        or core.group_by
        or core.having
        or select.limit
        or any(_aggregates(item.expression) for item in core.items)
    )


def _is_single(select: Select, dialect: Dialect) -> bool:
    """One row, which servers look at before they begin."""
    core = select.cores[0]
    if select.is_union or core.group_by:
        return False
    is_one = core.table is None or any(_aggregates(item.expression) for item in core.items)
    is_first = isinstance(select.limit, nodes.Literal) and select.limit.text == "1"
    return is_one or (is_first and not dialect.mariadb)


def _aggregates(node: object) -> bool:
    if isinstance(node, nodes.Concatenated) or (isinstance(node, nodes.Call) and node.name.upper() in AGGREGATES):
        return True
    if isinstance(node, tuple):
        return any(map(_aggregates, node))
    if dataclasses.is_dataclass(node) and not isinstance(node, (nodes.Subquery, nodes.Exists)):
        return any(_aggregates(getattr(node, field.name)) for field in dataclasses.fields(node))
    return False


def _recursive(planner: Planner, source: Derived) -> RecursiveRelation:
    select = source.select
    name = source.recursive_name.lower()
    starts = [core for core in select.cores if not _names_table(core.table, name)]
    others = [core for core in select.cores if _names_table(core.table, name)]
    if not starts or not others:
        raise sqlerrors.unsupported(f"WITH RECURSIVE {source.recursive_name} of this form")
    is_union = len(starts) > 1
    first = _derived(
        planner, dataclasses.replace(select, cores=tuple(starts), is_union=is_union, order_by=(), limit=None), source
    )
    fields = tuple(Field(field.name, field.shape.but(nullable=True)) for field in first.fields)
    working = Relation("", source.recursive_name, source.recursive_name, fields, tuple, scans=True)
    before = planner.working.get(name)
    planner.working[name] = working
    try:
        rounds = [planner.inner(nodes.Select((core,))) for core in others]
    finally:
        del planner.working[name]
        if before is not None:
            planner.working[name] = before
    return RecursiveRelation(first, rounds, working, is_distinct=bool(select.distinct_until))


def _names_table(source: nodes.Source | None, name: str) -> bool:
    if isinstance(source, nodes.Join):
        return _names_table(source.left, name) or _names_table(source.right, name)
    return isinstance(source, nodes.TableName) and not source.database and source.name.lower() == name
