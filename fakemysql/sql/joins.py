"""Tables side by side as one relation: whose columns are meant, which rows go together, and what an index helps.

A join is a relation whose rows are those of its two sides, one behind the other, so that whoever selects need not know
that there are two. Rows are put together by nested loops, the left side outermost; where columns of both sides must be
equal, only those rows of the right side are looked at that are. Which table a server would begin with is not decided:
that is a matter of costs. Loaded by the first FROM that names more than one table.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from .. import constants as c
from . import nodes, sqlerrors, values
from .access_paths import Path, path_of_select
from .relations import Field, Relation
from .select import SelectBinder, evaluate
from .shapes import Family
from .table_relations import StoredRelation

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from ..answers import Column, Pause, Wake, Woken
    from .calls import Bound, Scope
    from .dialect import Dialect
    from .nodes import Expression, Join, Name, Order, SelectCore
    from .select import CorePlan, Planner
    from .shapes import Results, Shape
    from .values import Value

    Row = Sequence[Value]

# What a column keeps of its flags on the way through a table in which rows are sorted.
_KEPT_FLAGS: Final = (
    c.NOT_NULL_FLAG
    | c.BLOB_FLAG
    | c.UNSIGNED_FLAG
    | c.ZEROFILL_FLAG
    | c.BINARY_FLAG
    | c.ENUM_FLAG
    | c.SET_FLAG
    | c.NO_DEFAULT_VALUE_FLAG
)


class JoinedRelation(Relation):
    """Two relations side by side.

    shared: columns of USING and NATURAL by their names in small letters, with their places on either side.
    through_table: the rows are sorted in a table of their own, which shows in the definitions.
    """

    __slots__ = ("condition", "is_lasting", "kind", "left", "pairs", "right", "shared", "through_table", "width")

    def __init__(self, left: Relation, right: Relation, kind: str, shared: dict[str, tuple[int, int]]) -> None:
        super().__init__("", "", "", self._fields(left, right, kind), tuple)
        self.left = left
        self.right = right
        self.kind = kind
        self.shared = shared
        self.width = len(left.fields)
        self.condition: Bound | None = None
        # Places, on either side, of columns that must be equal.
        self.pairs: list[tuple[int, int]] = list(shared.values())
        self.is_lasting = left.is_lasting and right.is_lasting
        self.through_table = False

    @staticmethod
    def _fields(left: Relation, right: Relation, kind: str) -> tuple[Field, ...]:
        def loosened(fields: Iterable[Field], outer: str) -> tuple[Field, ...]:
            if kind != outer:
                return tuple(fields)
            return tuple(Field(field.name, field.shape.but(nullable=True), field.flags) for field in fields)

        return loosened(left.fields, "RIGHT") + loosened(right.fields, "LEFT")

    # --- names --------------------------------------------------------------------------------------------------------

    @property
    def leaves(self) -> tuple[Relation, ...]:
        return self.left.leaves + self.right.leaves

    def resolve(self, parts: tuple[str, ...]) -> tuple[int, Shape] | None:
        """The column of this name.

        Raises:
            Ambiguous: both sides have one.
        """
        one, other = self.left.resolve(parts), self.right.resolve(parts)
        if one is not None and other is not None:
            if len(parts) > 1 or parts[0].lower() not in self.shared:
                raise Ambiguous(".".join(parts))
            if self.kind == "RIGHT":
                one = None
        if one is not None:
            return one[0], self.fields[one[0]].shape
        if other is not None:
            place = other[0] + self.width
            return place, self.fields[place].shape
        return None

    def places_of(self, table: tuple[str, ...]) -> Sequence[int] | None:
        left, right = self.left.places_of(table), self.right.places_of(table)
        if table:
            return left if left is not None else None if right is None else [place + self.width for place in right]
        assert left is not None
        assert right is not None
        one = {place for place, _ in self.shared.values()}
        other = {place for _, place in self.shared.values()}
        mine = [place for place in left if place not in one]
        theirs = [place + self.width for place in right if place not in other]
        if self.kind == "RIGHT" and self.shared:
            # Servers turn it into a LEFT JOIN.
            return [*(place + self.width for place in sorted(other)), *theirs, *mine]
        return [*sorted(one), *mine, *theirs]

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        is_left = position < self.width
        side, place = (self.left, position) if is_left else (self.right, position - self.width)
        made = side.definition(place, name, results, dialect)
        flags = made.flags
        if self.kind == ("RIGHT" if is_left else "LEFT"):
            flags &= ~c.NOT_NULL_FLAG
        if self.through_table:
            flags &= _KEPT_FLAGS
        return made if flags == made.flags else dataclasses.replace(made, flags=flags)

    # --- the way to the rows ------------------------------------------------------------------------------------------

    def path(
        self, core: SelectCore, order_by: Sequence[Order], limit: Expression | None, dialect: Dialect
    ) -> Path | None:
        """Whether all of the tables are read along an index: by a constant, or by a column of another table."""
        if isinstance(limit, nodes.Literal) and limit.text == "0":
            return Path()
        terms = list(self._terms(core))
        stored = [leaf for leaf in self.leaves if isinstance(leaf, StoredRelation)]
        scanned = [leaf for leaf in stored if self._scans(leaf, core, terms, limit, dialect)]
        begins = {join.leaves[0 if join.kind == "LEFT" else -1] for join in self.joins() if join.kind != "INNER"}
        linked = [leaf for leaf in scanned if leaf not in begins and self._is_linked(leaf, terms)]
        # One table is where reading begins; that one is read as a whole.
        return Path(scans=bool(scanned) and (len(linked) < len(scanned) or len(scanned) == len(stored)))

    def _scans(
        self,
        leaf: StoredRelation,
        core: SelectCore,
        terms: Sequence[Expression],
        limit: Expression | None,
        dialect: Dialect,
    ) -> bool:
        own = [
            term for term in terms if (names := list(names_in(term))) and all(self._is_of(name, leaf) for name in names)
        ]
        where: Expression | None = None
        for term in own:
            where = term if where is None else nodes.Operation("AND", (where, term))
        path = path_of_select(
            leaf.stored.definition, dataclasses.replace(core, where=where, table=None), (), limit, dialect
        )
        return path.scans

    def _is_linked(self, leaf: StoredRelation, terms: Sequence[Expression]) -> bool:
        """Whether a column that leads one of the table's indexes must equal another table's."""
        leads = {index.columns[0].lower() for index in leaf.stored.definition.indexes}
        for term in terms:
            if isinstance(term, nodes.Operation) and term.operator == "=":
                for one, other in (term.operands, term.operands[::-1]):
                    if (
                        isinstance(one, nodes.Name)
                        and self._is_of(one, leaf)
                        and one.parts[-1].lower() in leads
                        and not any(self._is_of(name, leaf) for name in names_in(other))
                    ):
                        return True
        shared = {name for join in self.joins() for name in join.shared}
        return bool(leads & shared)

    def joins(self) -> Iterator[JoinedRelation]:
        """This join and those that it is made of."""
        yield self
        for side in (self.left, self.right):
            if isinstance(side, JoinedRelation):
                yield from side.joins()

    def _terms(self, core: SelectCore) -> Iterator[Expression]:
        yield from conjuncts(core.where)
        if core.table is not None:
            yield from _conditions(core.table)

    @staticmethod
    def _is_of(name: Name, leaf: Relation) -> bool:
        return leaf.resolve(name.parts) is not None

    # --- rows ---------------------------------------------------------------------------------------------------------

    def read(self, core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Iterable[Row]]:
        """The rows that go together."""
        bare = core if core.path is None and core.where is None else dataclasses.replace(core, where=None, path=None)
        left = list((yield from self.left.read(bare, scope)))
        right = list((yield from self.right.read(bare, scope)))
        if self.kind == "RIGHT":
            rows = yield from self._joined(right, left, scope, is_swapped=True)
        else:
            rows = yield from self._joined(left, right, scope, is_swapped=False)
        return rows

    def _joined(
        self, outer: list[Row], inner: list[Row], scope: Scope, *, is_swapped: bool
    ) -> Generator[Pause | Wake, Woken | None, list[Row]]:
        find = self._finder(inner, scope, is_swapped=is_swapped)
        empty = (None,) * (self.width if is_swapped else len(self.right.fields))
        rows: list[Row] = []
        for row in outer:
            is_alone = True
            for other in find(row):
                made = (*other, *row) if is_swapped else (*row, *other)
                if self.condition is not None:
                    (holds,) = yield from evaluate((self.condition,), scope, made)
                    if not values.truth(holds, self.condition.shape, scope.warn):
                        continue
                is_alone = False
                rows.append(made)
            if is_alone and self.kind != "INNER":
                rows.append((*empty, *row) if is_swapped else (*row, *empty))
        return rows

    def _finder(self, inner: list[Row], scope: Scope, *, is_swapped: bool) -> _Finder:
        columns = []
        for left, right in self.pairs:
            one, other = self.left.fields[left].shape, self.right.fields[right].shape
            columns.append((right, left, other, one) if is_swapped else (left, right, one, other))
        return _Finder(columns, inner, scope)


class Ambiguous(LookupError):
    """A column's name that fits several; whoever asked knows in which clause that was."""


class _Finder:
    """The rows of one side that can go with a row of the other: those whose columns of USING and the like are equal."""

    def __init__(self, columns: list[tuple[int, int, Shape, Shape]], rows: list[Row], scope: Scope) -> None:
        self._columns = columns
        self._rows = rows
        self._scope = scope
        self._found: dict[tuple[object, ...], list[Row]] = {}
        for row in rows if columns else ():
            key = self._key(tuple((row[inner], shape) for _, inner, _, shape in columns))
            if key is not None:
                self._found.setdefault(key, []).append(row)

    def __call__(self, row: Row) -> Iterable[Row]:
        if not self._columns:
            return self._rows
        key = self._key(tuple((row[outer], shape) for outer, _, shape, _ in self._columns))
        return () if key is None else self._found.get(key, ())

    def _key(self, cells: tuple[tuple[Value, Shape], ...]) -> tuple[object, ...] | None:
        key: list[object] = []
        for value, shape in cells:
            if value is None:
                return None
            if isinstance(value, str):
                key.append(values.collation_key(value, shape.collation or self._scope.session.collation))
            else:
                key.append(value)
        return tuple(key)


def relation_of(planner: Planner, source: Join, where: Expression | None) -> JoinedRelation:
    """A join as FROM names it; where may tell which columns must be equal.

    Raises:
        SqlError: a table does not exist, two have the same name, a condition names unknown columns.
    """
    made = _join(planner, source, list(conjuncts(where)))
    seen: set[tuple[str, str]] = set()
    for leaf in made.leaves:
        key = leaf.database if leaf.alias == leaf.name else "", leaf.alias.lower()
        if key in seen:
            raise sqlerrors.SqlError(1066, "42000", f"Not unique table/alias: '{leaf.alias}'")
        seen.add(key)
    return made


def _join(planner: Planner, source: Join, terms: list[Expression]) -> JoinedRelation:
    inherited = terms if source.kind == "INNER" else []
    sides = [
        _join(planner, side, inherited) if isinstance(side, nodes.Join) else planner.relation(side)
        for side in (source.left, source.right)
    ]
    left, right = sides
    made = JoinedRelation(left, right, source.kind, _shared(planner, left, right, source.using))
    if source.condition is not None:
        binder = SelectBinder(planner, made, planner.instance.dialect.pick("ON", "on clause"))
        made.condition = binder.bind(source.condition)
        planner.follow(binder)
    for term in [*inherited, *conjuncts(source.condition)]:
        pair = _pair(made, term)
        if pair is not None:
            made.pairs.append(pair)
    return made


def _shared(
    planner: Planner, left: Relation, right: Relation, using: tuple[str, ...] | None
) -> dict[str, tuple[int, int]]:
    """The columns that USING names, or NATURAL means."""
    if using is None:
        return {}
    names: Iterable[str] = using
    if not using:
        places = left.places_of(()) or ()
        theirs = {right.fields[place].name.lower() for place in right.places_of(()) or ()}
        names = [left.fields[place].name for place in places if left.fields[place].name.lower() in theirs]
    shared: dict[str, tuple[int, int]] = {}
    clause = planner.instance.dialect.pick("FROM", "from clause")
    for name in names:
        try:
            one, other = left.resolve((name,)), right.resolve((name,))
        except Ambiguous:
            raise sqlerrors.ambiguous(planner.instance.dialect, name, clause) from None
        if one is None or other is None:
            raise sqlerrors.unknown_column(planner.instance.dialect, name, clause)
        shared[name.lower()] = one[0], other[0]
    return shared


def _pair(join: JoinedRelation, term: Expression) -> tuple[int, int] | None:
    """The columns, one of either side, that a condition wants equal, if they are compared as they are."""
    if not isinstance(term, nodes.Operation) or term.operator != "=":
        return None
    places: list[int] = []
    for operand in term.operands:
        if not isinstance(operand, nodes.Name):
            return None
        try:
            found = join.resolve(operand.parts)
        except Ambiguous:
            return None
        if found is None:
            return None
        places.append(found[0])
    low, high = sorted(places)
    if not low < join.width <= high:
        return None
    one, other = join.fields[low].shape, join.fields[high].shape
    is_same = one.family is other.family and one.collation is other.collation
    return (low, high - join.width) if is_same and one.family in (Family.INTEGER, Family.STRING) else None


def conjuncts(node: Expression | None) -> Iterator[Expression]:
    """What must hold all together."""
    if isinstance(node, nodes.Operation) and node.operator == "AND":
        for operand in node.operands:
            yield from conjuncts(operand)
    elif node is not None:
        yield node


def _conditions(source: nodes.Source) -> Iterator[Expression]:
    if isinstance(source, nodes.Join):
        yield from _conditions(source.left)
        yield from _conditions(source.right)
        yield from conjuncts(source.condition)


def names_in(node: object) -> Iterator[Name]:
    """The columns that an expression names; not those of queries in it."""
    if isinstance(node, nodes.Name):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from names_in(each)
    elif dataclasses.is_dataclass(node) and not isinstance(node, (nodes.Subquery, nodes.Exists)):
        for field in dataclasses.fields(node):
            yield from names_in(getattr(node, field.name))


def localised(core: SelectCore, relation: Relation) -> SelectCore:
    """The query as the way to this relation's rows sees it: columns of the queries around it are constants."""

    def changed(node: Any) -> Any:
        if isinstance(node, nodes.Name):
            return node if len(node.parts) < 2 or relation.resolve(node.parts) is not None else nodes.Name(("\0",))
        if isinstance(node, nodes.Operation):
            return dataclasses.replace(node, operands=tuple(map(changed, node.operands)))
        return node

    return dataclasses.replace(core, where=changed(core.where))


def sorts_elsewhere(relation: Relation, order_by: Sequence[Order], places: Sequence[int | None]) -> bool:
    """Whether rows are sorted in a table of their own: by something else than columns of the first table.

    places are those of the items of the select list, which a number in ORDER BY, or an alias, stands for.
    """
    first = relation.leaves[0]
    for order in order_by:
        node = order.expression
        if isinstance(node, nodes.Literal) and node.text.isdigit():
            index = int(node.text) - 1
            place = places[index] if index < len(places) else None
            if place is None or place >= len(first.fields):
                return True
        elif not isinstance(node, nodes.Name) or first.resolve(node.parts) is None:
            return True
    return False
