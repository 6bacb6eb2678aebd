"""SELECT: from a parsed query to columns, and to rows one at a time.

A query is planned for a session: its names are resolved, its expressions bound, its column definitions made. A plan
that depends on nothing but the text and the connection's character sets is kept by whoever planned it. Rows are made
synchronously; a row that must wait raises :class:`~fakemysql.sql.calls.Suspended`, which the engine turns into a pause.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ..constants import BINARY_FLAG
from ..records import record
from . import nodes, shapes, sqlerrors, values
from .calls import Bound, CallSite, Scope, Suspended, Trial
from .evaluation import Binder
from .nodes import Locking
from .relations import Relation
from .shapes import Coercibility, Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from ..answers import Column, Pause, Step, Wake, Woken
    from .access_paths import Path
    from .group_concat import ConcatAggregate
    from .instance import Instance
    from .nodes import Expression, Select, SelectCore
    from .relations import Catalogue
    from .session import Session
    from .values import Value

# A NUL, or a byte that is not part of any character, as decoding keeps it.
_NO_CHARACTER: Final = re.compile("[\0\udc80-\udcff]")
# A user variable's decimal shows the digits that it has, whatever its column says.
_AS_STORED: Final = -1
AGGREGATES: Final = frozenset(
    f"{name}{distinct}" for name in ("COUNT", "SUM", "MIN", "MAX", "AVG") for distinct in ("", " DISTINCT")
)


@record
class CorePlan:
    """One SELECT, bound. sort_keys are bound for its rows; aggregates is None unless the rows are grouped."""

    shapes: tuple[Shape, ...]
    columns: tuple[Column, ...]
    items: tuple[Bound, ...]
    relation: Relation | None
    where: Bound | None
    having: Bound | None
    group_by: tuple[Bound, ...]
    aggregates: tuple[Aggregate | ConcatAggregate, ...] | None
    sort_keys: tuple[tuple[Bound, bool], ...]
    # Places of decimals and how many digits they show behind the point.
    scales: tuple[tuple[int, int], ...]
    is_distinct: bool
    counts_rows: bool
    locking: Locking = Locking.NONE
    # How a stored table's rows are got at.
    path: Path | None = None
    # The places of the columns, where the items are nothing else.
    picks: tuple[int, ...] | None = None


@record
class Plan:
    """A whole query. constant holds the rows when they can never be others; relations are those of subqueries too."""

    columns: tuple[Column, ...]
    shapes: tuple[Shape, ...]
    cores: tuple[CorePlan, ...]
    casts: tuple[tuple[Callable[[Scope, Value], Value], ...], ...] | None
    distinct_until: int
    sort: tuple[tuple[int, bool], ...]
    limit: int | None
    offset: int
    into: tuple[str, ...]
    is_stable: bool
    relations: tuple[Relation, ...]
    scans: bool
    constant: tuple[tuple[Value, ...], ...] | None = None
    # Which definitions and which current database a plan of stored tables is good for.
    home: tuple[int, str] | None = None

    def limited(self, count: int) -> Plan:
        """The plan with a LIMIT that its text does not have."""
        constant = None if self.constant is None else self.constant[:count]
        return dataclasses.replace(self, limit=count, constant=constant)


class Aggregate:
    """COUNT and its kin over the rows of a group."""

    __slots__ = ("argument", "is_distinct", "kind", "result")

    def __init__(self, kind: str, argument: Bound | None) -> None:
        self.kind, _, distinct = kind.partition(" ")
        self.is_distinct = bool(distinct)
        self.argument = argument
        self.result: Value = None

    def compute(self, scope: Scope, rows: Sequence[Sequence[Value]]) -> None:
        argument = self.argument
        if argument is None:
            self.result = len(rows)
            return
        found: list[Value] = []
        for row in rows:
            scope.row = row
            value = argument.run(scope)
            if value is not None:
                found.append(value)
        if self.is_distinct:
            found = list({_key(value, argument.shape, scope): value for value in found}.values())
        self.result = self._reduce(found, argument.shape, scope)

    def _reduce(self, found: list[Value], shape: Shape, scope: Scope) -> Value:
        if self.kind == "COUNT":
            return len(found)
        if not found:
            return None
        if self.kind in ("MIN", "MAX"):
            collation = shape.collation or scope.session.collation

            def order(one: Value, other: Value) -> int:
                return values.compare(one, shape, other, shape, collation, values.ignore) or 0

            ordered = sorted(found, key=functools.cmp_to_key(order))
            return ordered[0] if self.kind == "MIN" else ordered[-1]
        if shapes.as_number(shape).family is Family.DOUBLE:
            total = sum(values.to_double(value, shape, scope.warn) or 0.0 for value in found)
            return total if self.kind == "SUM" else total / len(found)
        exact = sum((values.to_decimal(value, shape, scope.warn) or Decimal(0) for value in found), Decimal(0))
        return exact if self.kind == "SUM" else values.CONTEXT.divide(exact, Decimal(len(found)))


class SelectBinder(Binder):
    """Binds one SELECT's expressions, and gathers the aggregates among them."""

    def __init__(self, planner: Planner, relation: Relation | None, clause: str = "") -> None:
        super().__init__(planner.session, planner.instance, relation, planner.subquery, clause, planner.outer)
        self.aggregates: list[Aggregate | ConcatAggregate] = []
        # What HAVING may call by an alias.
        self.aliases: dict[str, Bound] = {}

    def bind(self, node: Expression) -> Bound:
        if isinstance(node, nodes.Call) and node.name.upper() in AGGREGATES and not node.database:
            return self._aggregate(node)
        if isinstance(node, nodes.Concatenated):
            from . import group_concat

            return group_concat.bind(self, node)
        if self.aliases and isinstance(node, nodes.Name) and len(node.parts) == 1:
            known = self.aliases.get(node.parts[0].lower())
            if known is not None:
                return known
        return super().bind(node)

    def _aggregate(self, node: nodes.Call) -> Bound:
        kind = node.name.upper()
        function = kind.partition(" ")[0]
        counted = node.arguments[0]
        argument = None if isinstance(counted, nodes.Star) else super().bind(counted)
        aggregate = Aggregate(kind, argument)
        self.aggregates.append(aggregate)
        self.is_stable = False
        site = CallSite(node.name, self, node.arguments, [] if argument is None else [argument])
        return Bound(self._aggregate_shape(function, site), lambda _scope: aggregate.result)

    @staticmethod
    def _aggregate_shape(kind: str, site: CallSite) -> Shape:
        if kind == "COUNT":
            return site.integer(21, 21, big=True, nullable=False)
        shape = site.shape(0)
        if kind in ("MIN", "MAX"):
            if shape.family is Family.INTEGER:
                return site.integer(shape.length, shape.length, big=True, unsigned=shape.unsigned, nullable=True)
            return shape.but(nullable=True, is_literal=False)
        number = shapes.as_number(shape)
        if number.family is Family.DOUBLE:
            return shapes.double(nullable=True)
        extra = (22, 0) if kind == "SUM" else (4, 4)
        return shapes.decimal(number.digits + extra[0], number.decimals + extra[1], nullable=True)


class Planner:
    """Plans queries for one session; outer binds the query around this one."""

    def __init__(self, session: Session, instance: Instance, catalogue: Catalogue, outer: Binder | None = None) -> None:
        self.session = session
        self.instance = instance
        self.catalogue = catalogue
        self.outer = outer
        self.reaches_out = False
        # What recursive queries that are being planned call their own rows.
        self.working: dict[str, Relation] = {}
        # All that is read, in subqueries too, and whether any of it is read without an index.
        self.relations: list[Relation] = []
        self.scans = False

    def plan(self, select: Select) -> Plan:
        """Resolve and bind a query.

        Raises:
            SqlError: a name is unknown, columns do not match, a function is called wrongly.
        """
        if select.is_union:
            cores = tuple(self._core(core, (), None) for core in select.cores)
            return self._union(select, cores)
        order_by = select.order_by
        core = self._core(select.cores[0], order_by, select.limit)
        if select.into and len(select.into) != len(core.columns):
            raise sqlerrors.different_columns()
        limit, offset = self._count(select.limit), self._count(select.offset) or 0
        at_home = home(self.session) if self.relations else None
        is_stable = self._is_kept(at_home) and not select.into
        plan = Plan(
            columns=core.columns,
            shapes=core.shapes,
            cores=(core,),
            casts=None,
            distinct_until=0,
            sort=(),
            limit=limit,
            offset=offset,
            into=select.into,
            is_stable=is_stable,
            relations=tuple(self.relations),
            scans=self.scans,
            home=at_home,
        )
        if is_stable and all(item.is_constant for item in core.items) and core.where is core.having is None:
            return self._with_constant_rows(plan)
        return plan

    def _with_constant_rows(self, plan: Plan) -> Plan:
        """The plan with its rows, unless making them has something to tell or fails."""
        if plan.cores[0].relation is not None or plan.cores[0].group_by:
            return plan
        scope = Trial(self.session, self.instance)
        try:
            row = _shown(tuple(item.run(scope) for item in plan.cores[0].items), plan.cores[0].scales)
        except sqlerrors.SqlError:
            return plan
        if scope.noticed:
            return plan
        rows = (row,) if plan.limit != 0 and not plan.offset else ()
        return dataclasses.replace(plan, constant=rows)

    _stable = True

    def _is_kept(self, at_home: tuple[int, str] | None) -> bool:
        """Whether the plan is good for later: not where nobody could tell that its tables are others by then."""
        return self._stable and (at_home is not None or not self.relations)

    def _count(self, node: Expression | None) -> int | None:
        if node is None:
            return None
        bound = Binder(self.session, self.instance).bind(node)
        self._stable = self._stable and bound.is_constant
        scope = Scope(self.session, self.instance)
        # A negative number is a large one without its sign.
        return (values.to_integer(bound.run(scope), bound.shape, scope.warn) or 0) & values.UINT64_MAX

    def _core(self, core: SelectCore, order_by: Sequence[nodes.Order], limit: Expression | None) -> CorePlan:
        relation = None if core.table is None else self.relation(core.table, core.where)
        if order_by and relation is not None and len(relation.leaves) > 1:
            self._sort_elsewhere(relation, core, order_by)
        binder = SelectBinder(self, relation)
        items, columns, stored = self._items(core, relation, binder)
        known = len(binder.aggregates)
        where = None if core.where is None else self._clause(binder, core.where, ("WHERE", "where clause"))
        if len(binder.aggregates) > known:
            raise sqlerrors.group_function()
        names = {item.name.lower(): bound for item, bound in zip(core.items, items, strict=False)}
        group_by = tuple(
            self._by(each, items, names, binder, ("GROUP BY", "group statement")) for each in core.group_by
        )
        binder.aliases = names
        having = None if core.having is None else self._clause(binder, core.having, ("HAVING", "having clause"))
        binder.aliases = {}
        sort_keys = tuple(
            (self._by(order.expression, items, names, binder, ("ORDER BY", "order clause")), order.descending)
            for order in order_by
        )
        self.follow(binder)
        self._stable = self._stable and (relation is None or relation.is_lasting)
        path, dialect = None, self.instance.dialect
        if relation is not None:
            path = relation.path(self._local(core, relation), order_by, limit, dialect)
            self.relations += relation.leaves
            self.scans = self.scans or (relation.is_scanned(core, dialect) if path is None else path.scans)
        grouped = binder.aggregates or core.group_by
        return CorePlan(
            shapes=tuple(item.shape for item in items),
            columns=tuple(columns),
            items=tuple(items),
            relation=relation,
            where=where,
            having=having,
            group_by=group_by,
            aggregates=tuple(binder.aggregates) if grouped else None,
            sort_keys=sort_keys,
            scales=tuple(
                (place, _AS_STORED if item.shape.coercibility is Coercibility.IMPLICIT else item.shape.decimals)
                for place, item in enumerate(items)
                if item.shape.family is Family.DECIMAL and place not in stored
            ),
            is_distinct=core.is_distinct,
            counts_rows=core.counts_rows,
            locking=core.locking,
            path=path,
            picks=tuple(stored.values()) if len(stored) == len(items) else None,
        )

    def _items(
        self, core: SelectCore, relation: Relation | None, binder: SelectBinder
    ) -> tuple[list[Bound], list[Column], dict[int, int]]:
        """The items of a SELECT, their columns, and which are columns of the relation as they are: here, and there."""
        items: list[Bound] = []
        columns: list[Column] = []
        stored: dict[int, int] = {}
        results, dialect = self.session.results, self.instance.dialect
        for item in core.items:
            if isinstance(item.expression, nodes.Star):
                for position in self._expand(item.expression, relation):
                    assert relation is not None
                    field = relation.fields[position]
                    stored[len(items)] = position
                    items.append(_column_reader(position, field.shape))
                    columns.append(relation.definition(position, field.name, results, dialect))
                continue
            bound = binder.bind(item.expression)
            name = self._name(item, bound)
            items.append(bound)
            if isinstance(item.expression, nodes.Name) and relation is not None and not bound.shape.is_stored:
                found = relation.resolve(item.expression.parts)
                if found is not None:
                    stored[len(columns)] = found[0]
                    columns.append(relation.definition(found[0], name, results, dialect))
                    continue
            columns.append(shapes.column(name, bound.shape, results, dialect))
        return items, columns, stored

    def relation(self, source: nodes.Source, where: Expression | None = None) -> Relation:
        """What FROM names; where may tell how tables of a join go together."""
        if isinstance(source, nodes.TableName):
            working = self.working.get(source.name.lower()) if self.working and not source.database else None
            if working is None:
                return self.catalogue.find(self.session, source)
            known, alias = working, source.alias or source.name
            return Relation("", known.name, alias, known.fields, lambda: known.rows(), scans=True)
        if isinstance(source, nodes.Join):
            from .joins import relation_of

            return relation_of(self, source, where)
        from .derived import relation_of as derived_of

        return derived_of(self, source)

    def inner(self, select: Select, outer: Binder | None = None) -> Plan:
        """The plan of a query that is part of this one."""
        inner = Planner(self.session, self.instance, self.catalogue, outer or self.outer)
        inner.working = self.working
        plan = inner.plan(select)
        self.relations += inner.relations
        self.scans = self.scans or inner.scans
        self._stable = self._stable and inner._stable
        self.reaches_out = self.reaches_out or (outer is None and inner.reaches_out)
        return plan

    def follow(self, binder: Binder) -> None:
        """Note what binding a part has shown."""
        self._stable = self._stable and binder.is_stable
        self.reaches_out = self.reaches_out or binder.reaches_out

    def _local(self, core: SelectCore, relation: Relation) -> SelectCore:
        if self.outer is None or core.where is None:
            return core
        from .joins import localised

        return localised(core, relation)

    @staticmethod
    def _sort_elsewhere(relation: Relation, core: SelectCore, order_by: Sequence[nodes.Order]) -> None:
        from .joins import JoinedRelation, sorts_elsewhere

        places: list[int | None] = []
        for item in core.items:
            found = relation.resolve(item.expression.parts) if isinstance(item.expression, nodes.Name) else None
            places.append(None if found is None else found[0])
        if isinstance(relation, JoinedRelation):
            relation.through_table = sorts_elsewhere(relation, order_by, places)

    def _name(self, item: nodes.Item, bound: Bound) -> str:
        """A column's name; a literal behind an introducer is named by what it is in that character set."""
        literal = item.expression
        if isinstance(literal, nodes.Literal) and literal.charset and item.name == literal.source:
            value = bound.run(Trial(self.session, self.instance))
            return value if isinstance(value, str) else item.name
        if item.name == "\0":
            return ""  # an alias of nothing, as the parser keeps it
        return item.name if item.name.isascii() and "\0" not in item.name else self._legible(item.name)

    def _legible(self, name: str) -> str:
        """A name without what is no character: MariaDB spells such a byte, MySQL marks it or stops there."""
        if self.session.client_charset.max_bytes == 1:
            # Every byte is some character there, also one that Python's codec lacks.
            return name.replace("\0", "")
        if self.instance.dialect.mariadb:
            return _NO_CHARACTER.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02X}", name)
        return _NO_CHARACTER.sub("?", name.partition("\0")[0])

    def _clause(self, binder: SelectBinder, node: Expression, clauses: tuple[str, str]) -> Bound:
        before, binder.clause = binder.clause, self.instance.dialect.pick(*clauses)
        try:
            return binder.bind(node)
        finally:
            binder.clause = before

    def _by(
        self,
        node: Expression,
        items: list[Bound],
        names: dict[str, Bound],
        binder: SelectBinder,
        clauses: tuple[str, str],
    ) -> Bound:
        """An expression of ORDER BY or GROUP BY: a position, an alias or an expression."""
        if isinstance(node, nodes.Literal) and node.kind is nodes.LiteralKind.INTEGER:
            place = int(node.text)
            if not 1 <= place <= len(items):
                clause = self.instance.dialect.pick(*clauses)
                raise sqlerrors.unknown_column(self.instance.dialect, node.text, clause)
            return items[place - 1]
        if isinstance(node, nodes.Name) and len(node.parts) == 1 and node.parts[0].lower() in names:
            return names[node.parts[0].lower()]
        return self._clause(binder, node, clauses)

    def _expand(self, star: nodes.Star, relation: Relation | None) -> Sequence[int]:
        if relation is None:
            if star.table:
                database = self.session.database
                table = ".".join(star.table)
                is_bare = len(star.table) == 1 and self.instance.dialect.mariadb and database
                raise sqlerrors.bad_table(f"{database}.{table}" if is_bare else table)
            raise sqlerrors.no_tables_used()
        places = relation.places_of(star.table)
        if places is None:
            known = f"{self.session.database}." if len(relation.leaves) > 1 and self.instance.dialect.mariadb else ""
            raise sqlerrors.bad_table(known + star.table[-1])
        return places

    def _union(self, select: Select, cores: tuple[CorePlan, ...]) -> Plan:
        width = len(cores[0].columns)
        if any(len(core.columns) != width for core in cores):
            raise sqlerrors.different_columns()
        dialect = self.instance.dialect
        merged = tuple(
            shapes.union([core.shapes[place] for core in cores], dialect.charsets, dialect) for place in range(width)
        )
        needs_table = bool(select.distinct_until or select.order_by)
        through_table = needs_table or not dialect.mariadb
        columns = tuple(
            self._stored(cores[0].columns[place].name, merged[place], through_table=through_table)
            for place in range(width)
        )
        casts = tuple(tuple(_caster(core.shapes[place], merged[place]) for place in range(width)) for core in cores)
        sort = tuple(
            (self._position(order, columns), order.descending)
            for order in select.order_by
            if not self._is_constant(order.expression)
        )
        at_home = home(self.session) if self.relations else None
        return Plan(
            columns=columns,
            shapes=merged,
            cores=cores,
            casts=casts,
            distinct_until=select.distinct_until,
            sort=sort,
            limit=self._count(select.limit),
            offset=self._count(select.offset) or 0,
            into=select.into,
            is_stable=self._is_kept(at_home),
            relations=tuple(self.relations),
            home=at_home,
            # What a union is put together in is a table without an index.
            scans=self.scans or needs_table,
        )

    def foretold(self, plan: Plan) -> tuple[Column, ...]:
        """The columns of a UNION as its prepare tells them: MySQL's are the first part's, MariaDB's a table's."""
        if not self.instance.dialect.mariadb:
            return plan.cores[0].columns
        return tuple(
            self._stored(column.name, shape, through_table=True)
            for column, shape in zip(plan.columns, plan.shapes, strict=True)
        )

    def _stored(self, name: str, shape: Shape, *, through_table: bool) -> Column:
        """A column of a UNION. What has been through a table is named after itself, and numbers are not marked binary.

        MariaDB needs no such table for UNION ALL alone.
        """
        column = shapes.column(name, shape, self.session.results, self.instance.dialect)
        numbers = (Family.NULL, Family.INTEGER, Family.DOUBLE, Family.DECIMAL)
        return dataclasses.replace(
            column,
            org_name=name if through_table else "",
            flags=column.flags & ~BINARY_FLAG if through_table and shape.family in numbers else column.flags,
            decimals=0 if shape.family is Family.STRING else column.decimals,
        )

    def _is_constant(self, node: Expression) -> bool:
        """Whether an expression is the same for all rows, and so no order; a literal number is a position."""
        return isinstance(node, nodes.Operation) and Binder(self.session, self.instance).bind(node).is_constant

    def _position(self, order: nodes.Order, columns: Sequence[Column]) -> int:
        node = order.expression
        if isinstance(node, nodes.Literal) and node.kind is nodes.LiteralKind.INTEGER:
            if 1 <= int(node.text) <= len(columns):
                return int(node.text) - 1
            name = node.text
        elif isinstance(node, nodes.Name):
            name = node.parts[-1]
            for place, column in enumerate(columns):
                if column.name.lower() == name.lower():
                    return place
        else:
            raise sqlerrors.unsupported("ORDER BY of an expression behind a UNION")
        clause = self.instance.dialect.pick("ORDER BY", "order clause")
        raise sqlerrors.unknown_column(self.instance.dialect, name, clause)

    def subquery(self, select: Select, outer: Binder) -> tuple[list[Shape], Callable[[Scope], list[Sequence[Value]]]]:
        """A query inside an expression: its shapes, and how to make its rows."""
        reached_before, outer.reaches_out = outer.reaches_out, False
        inner = Planner(self.session, self.instance, self.catalogue, outer)
        inner.working = self.working
        plan = inner.plan(select)
        self.relations += inner.relations
        self.scans = self.scans or inner.scans
        self._stable = self._stable and inner._stable
        outer.reaches_out = outer.reaches_out or reached_before
        is_same_for_all = bool(inner.relations) and not inner.reaches_out
        key = object()

        def rows(scope: Scope) -> list[Sequence[Value]]:
            if is_same_for_all and scope.subqueries is not None and key in scope.subqueries:
                return scope.subqueries[key]
            runner = rows_of(plan, Scope(scope.session, scope.instance, scope))
            try:
                next(runner)
            except StopIteration as done:
                found = list(done.value)
                if is_same_for_all:
                    scope.subqueries = {**(scope.subqueries or {}), key: found}
                return found
            raise sqlerrors.unsupported("a function that waits inside a subquery")

        return list(plan.shapes), rows


def home(session: Session) -> tuple[int, str] | None:
    """What the names of tables stand for in a session: the count of definitions, and the current database.

    None where temporary tables may stand in front of others.
    """
    tables = session.instance.tables
    if tables is None or (session.tables is not None and session.tables.me.temporary):
        return None
    return tables.version, session.database


def _column_reader(position: int, shape: Shape) -> Bound:
    return Bound(shape, lambda scope: scope.row[position])


def _caster(shape: Shape, to: Shape) -> Callable[[Scope, Value], Value]:
    """How a value of one part's column becomes one of the union's."""
    if to.family is Family.STRING and to.collation is not None:
        collation = to.collation

        def as_text(_scope: Scope, value: Value) -> Value:
            text = values.to_text(value, shape)
            if text is None or not to.is_binary:
                return text
            return values.to_bytes(text, shape.collation or collation)

        return as_text
    if to.family is Family.DECIMAL:

        def as_decimal(scope: Scope, value: Value) -> Value:
            exact = values.to_decimal(value, shape, scope.warn)
            return None if exact is None else values.rounded(exact, to.decimals)

        return as_decimal
    if to.family is Family.DOUBLE:
        return lambda scope, value: values.to_double(value, shape, scope.warn)
    return lambda _scope, value: value


def evaluate(
    items: Sequence[Bound], scope: Scope, row: Sequence[Value]
) -> Generator[Pause, Woken | None, tuple[Value, ...]]:
    """One row's values; yields a pause for each wait on the way."""
    scope.begin_row(row)
    while True:
        try:
            return tuple([item.run(scope) for item in items])
        except Suspended as suspended:
            waiting = suspended
        scope.resume((yield from _wait(waiting)))
        scope.replay()


def _wait(waiting: Suspended) -> Generator[Pause, Woken | None, Value]:
    """The answer to a wait, which may take several pauses."""
    while True:
        woken = yield waiting.pause
        assert woken is not None, "a statement is resumed with a Woken after a Pause"
        try:
            return waiting.settle(woken)
        except Suspended as again:
            waiting = again


def rows_of(plan: Plan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Sequence[tuple[Value, ...]]]:
    """All rows of a plan, sorted, distinct and limited."""
    if plan.constant is not None:
        return plan.constant
    if plan.casts is None:
        rows = yield from _core_rows(plan.cores[0], scope)
    else:
        rows = []
        for place, (core, casts) in enumerate(zip(plan.cores, plan.casts, strict=True)):
            part = yield from _core_rows(core, scope)
            rows.extend(tuple(cast(scope, value) for cast, value in zip(casts, row, strict=True)) for row in part)
            if place and place <= plan.distinct_until:
                rows = _distinct(rows, plan.shapes, scope)
        if plan.sort:
            keys = [(plan.shapes[place], place, descending) for place, descending in plan.sort]
            rows.sort(key=functools.cmp_to_key(_row_order(keys, scope)))
    scope.session.found_rows = len(rows)
    end = None if plan.limit is None else plan.offset + plan.limit
    limited = rows[plan.offset : end]
    if not any(core.counts_rows for core in plan.cores):
        scope.session.found_rows = len(limited)
    return limited


def _core_rows(core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, list[tuple[Value, ...]]]:
    source: Iterable[Sequence[Value]] = ((),)
    if core.relation is not None:
        source = yield from core.relation.read(core, scope)
    if core.where is not None:
        kept: list[Sequence[Value]] = []
        for row in source:
            (holds,) = yield from evaluate((core.where,), scope, row)
            if values.truth(holds, core.where.shape, scope.warn):
                kept.append(row)
        source = kept
    if core.picks is not None and core.aggregates is None and not core.sort_keys and core.having is None:
        picked = _picked(core, source)
        return _distinct(picked, core.shapes, scope) if core.is_distinct else picked
    width = len(core.items)
    wanted = core.items + tuple(key for key, _ in core.sort_keys)
    rows: list[tuple[Value, ...]] = []
    if core.aggregates is None:
        for row in source:
            made = yield from evaluate(wanted, scope, row)
            if core.having is None or values.truth(core.having.run(scope), core.having.shape, scope.warn):
                rows.append(made)
    else:
        for group in _groups(core, list(source), scope):
            for aggregate in core.aggregates:
                aggregate.compute(scope, group)
            made = yield from evaluate(wanted, scope, group[0] if group else ())
            if core.having is None or values.truth(core.having.run(scope), core.having.shape, scope.warn):
                rows.append(made)
    if core.is_distinct:
        rows = _distinct(rows, core.shapes, scope)
    if core.sort_keys:
        keys = [(key.shape, width + place, descending) for place, (key, descending) in enumerate(core.sort_keys)]
        rows.sort(key=functools.cmp_to_key(_row_order(keys, scope)))
        rows = [row[:width] for row in rows]
    if core.scales:
        rows = [_shown(row, core.scales) for row in rows]
    return rows


def _picked(core: CorePlan, source: Iterable[Sequence[Value]]) -> list[tuple[Value, ...]]:
    """Rows whose cells are columns as they are; a star takes them whole, with nothing copied."""
    assert core.picks is not None
    assert core.relation is not None
    picks = core.picks
    if picks == tuple(range(len(core.relation.fields))):
        return [row if type(row) is tuple else tuple(row) for row in source]
    if len(picks) == 1:
        place = picks[0]
        return [(row[place],) for row in source]
    return list(map(operator.itemgetter(*picks), source))


def _shown(row: tuple[Value, ...], scales: Sequence[tuple[int, int]]) -> tuple[Value, ...]:
    """A row with its decimals at the digits that their columns have."""
    if not scales:
        return row
    cells = list(row)
    for place, scale in scales:
        value = cells[place]
        if isinstance(value, Decimal):
            cells[place] = format(value, "f") if scale == _AS_STORED else values.rounded(value, scale)
    return tuple(cells)


def _groups(core: CorePlan, rows: list[Sequence[Value]], scope: Scope) -> list[list[Sequence[Value]]]:
    if not core.group_by:
        return [rows]
    groups: dict[tuple[object, ...], list[Sequence[Value]]] = {}
    for row in rows:
        scope.row = row
        key = tuple(_key(bound.run(scope), bound.shape, scope) for bound in core.group_by)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _key(value: Value, shape: Shape, scope: Scope) -> object:
    """What equal values have in common."""
    if isinstance(value, str):
        return values.collation_key(value, shape.collation or scope.session.collation)
    return value


def _distinct(rows: list[tuple[Value, ...]], row_shapes: Sequence[Shape], scope: Scope) -> list[tuple[Value, ...]]:
    seen: dict[tuple[object, ...], tuple[Value, ...]] = {}
    for row in rows:
        key = tuple(_key(value, shape, scope) for value, shape in zip(row, row_shapes, strict=False))
        seen.setdefault(key, row)
    return list(seen.values())


def _row_order(
    keys: Sequence[tuple[Shape, int, bool]], scope: Scope
) -> Callable[[tuple[Value, ...], tuple[Value, ...]], int]:
    """How two rows compare by these columns; NULL stands before everything."""

    def order(one: tuple[Value, ...], other: tuple[Value, ...]) -> int:
        for shape, place, descending in keys:
            left, right = one[place], other[place]
            answer = values.order(left, shape, right, shape, shape.collation or scope.session.collation)
            if answer:
                return -answer if descending else answer
        return 0

    return order


def steps_of_effects(scope: Scope) -> list[Step]:
    """What running rows asks of other sessions: wake-ups, to be sent on."""
    effects, scope.effects = scope.effects, []
    return list(effects)
