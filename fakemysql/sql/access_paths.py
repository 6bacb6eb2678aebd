"""How a statement gets at a table's rows: by a key, by a range of an index, along an index, or through all of them.

The status word tells clients whether an index was used (SERVER_STATUS_NO_INDEX_USED), and rows come in the order of
the index that was; both follow from here. The rules are a few of an optimizer's: a key that is given as a whole, an
index whose first column is compared with a constant, an index that has all the columns that are asked for. They are
what MariaDB 10.11.19 and MySQL 9.7.4 did with small tables.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import nodes
from .column_types import INTEGERS, Kind
from .nodes import Call, Expression, Literal, LiteralKind, Name, Operation, Parameter, Star, UserVariable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .definitions import Index, TableDefinition
    from .dialect import Dialect
    from .nodes import Item, Order, SelectCore

_RANGES: Final = frozenset({"<", "<=", ">", ">="})
_FLIPPED: Final = frozenset({"=", "<=>", *_RANGES})
_EXTREMES: Final = frozenset({"MIN", "MAX"})


@dataclass(frozen=True, slots=True)
class Path:
    """How rows are got at.

    scans: no index helps, and the status word says so. key and values: the only rows are those with these values in a
    unique key. order: the index along which rows come, None for the clustered one.
    """

    scans: bool = False
    key: Index | None = None
    values: tuple[Expression, ...] = ()
    order: Index | None = None


def path_of_select(
    table: TableDefinition, core: SelectCore, order_by: Sequence[Order], limit: Expression | None, dialect: Dialect
) -> Path:
    """How a SELECT reads."""
    if isinstance(limit, Literal) and limit.text == "0":
        return Path()
    if core.where is None and not core.group_by and _is_extreme_alone(table, core.items):
        return Path()
    if core.where is None and not core.group_by and not dialect.mariadb and _is_count_alone(core.items):
        return Path()
    found = _by_condition(table, core.where)
    if found is not None:
        return found
    used = {name for item in core.items for name in columns_in(item.expression, table)}
    for part in (core.where, core.having, *core.group_by, *(order.expression for order in order_by)):
        if part is not None:
            used |= set(columns_in(part, table))
    covering = _covering(table, used, dialect)
    if dialect.mariadb:
        return Path(scans=True, order=covering)
    if covering is not None or _is_along_key(table, order_by, limit):
        return Path(order=covering)
    return Path(scans=not _is_covered_by_clustered(table, used))


def path_of_change(table: TableDefinition, where: Expression | None) -> Path:
    """How an UPDATE or DELETE finds its rows."""
    return _by_condition(table, where) or Path(scans=True)


# --- what a condition gives -------------------------------------------------------------------------------------------


def _by_condition(table: TableDefinition, where: Expression | None) -> Path | None:
    """The path that a WHERE opens, None if it helps no index."""
    if where is None:
        return None
    terms = list(_conjuncts(where))
    if any(_is_false(term) for term in terms):
        return Path()
    equal: dict[str, Expression] = {}
    ranged: set[str] = set()
    for term in terms:
        compared = _compared(table, term)
        if compared is None:
            continue
        column, value = compared
        if value is not None:
            equal.setdefault(column, value)
        ranged.add(column)
    for index in table.indexes:
        columns = [name.lower() for name in index.columns]
        if index.is_unique and not any(index.prefixes) and all(name in equal for name in columns):
            return Path(key=index, values=tuple(equal[name] for name in columns))
    for index in table.indexes:
        if index.columns[0].lower() in ranged:
            return Path(order=None if index is table.clustered else index)
    return None


def _conjuncts(node: Expression) -> Iterator[Expression]:
    if isinstance(node, Operation) and node.operator == "AND":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _is_false(node: Expression) -> bool:
    if isinstance(node, Literal):
        return node.kind in (LiteralKind.FALSE, LiteralKind.NULL) or (
            node.kind is LiteralKind.INTEGER and int(node.text) == 0
        )
    if isinstance(node, Operation) and node.operator == "=":
        one, other = node.operands
        return (
            isinstance(one, Literal)
            and isinstance(other, Literal)
            and one.kind is LiteralKind.INTEGER is other.kind
            and int(one.text) != int(other.text)
        )
    return False


def _compared(table: TableDefinition, node: Expression) -> tuple[str, Expression | None] | None:
    """The column that a term compares with constants, and the value if it must equal one."""
    if not isinstance(node, Operation):
        return None
    operator, operands = node.operator, node.operands
    if operator == "OR":
        sides = [_compared(table, operand) for operand in operands]
        first = sides[0]
        same = first is not None and all(side is not None and side[0] == first[0] for side in sides)
        return (first[0], None) if same and first is not None else None
    if operator in _FLIPPED and not _is_column(table, operands[0]):
        operands = operands[::-1]
    if not _is_column(table, operands[0]):
        return None
    name = operands[0]
    assert isinstance(name, Name)
    column = name.parts[-1].lower()
    if operator == "IS NULL":
        return column, None
    if any(True for operand in operands[1:] for _ in columns_in(operand, table)):
        return None
    if not all(_suits(table, column, operand) for operand in operands[1:]):
        return None
    if operator in ("=", "<=>"):
        return column, operands[1]
    if operator in _RANGES or operator in ("BETWEEN", "IN"):
        return column, None
    if operator == "LIKE":
        pattern = operands[1]
        is_prefixed = isinstance(pattern, Literal) and pattern.text[:1] not in ("%", "_", "")
        return (column, None) if is_prefixed else None
    return None


def _is_column(table: TableDefinition, node: Expression) -> bool:
    return isinstance(node, Name) and node.parts[-1].lower() in table.positions


def _suits(table: TableDefinition, column: str, node: Expression) -> bool:
    """A text column is not looked up by a number."""
    is_number = isinstance(node, Literal) and node.kind in (
        LiteralKind.INTEGER,
        LiteralKind.DECIMAL,
        LiteralKind.FLOAT,
    )
    return not (is_number and table.column(column).type.kind in (Kind.CHAR, Kind.VARCHAR, Kind.TEXT))


def is_fixed(node: Expression) -> bool:
    """A value that is known before any row is."""
    return isinstance(node, (Literal, Parameter, UserVariable))


def columns_in(node: object, table: TableDefinition) -> Iterator[str]:
    """The columns that an expression names, in small letters; a star names all."""
    if isinstance(node, Name):
        if node.parts[-1].lower() in table.positions:
            yield node.parts[-1].lower()
    elif isinstance(node, Star):
        yield from table.positions
    elif isinstance(node, Call):
        for argument in node.arguments:
            # The star of COUNT(*) names none.
            if not isinstance(argument, Star):
                yield from columns_in(argument, table)
    elif isinstance(node, tuple):
        for each in node:
            yield from columns_in(each, table)
    elif dataclasses.is_dataclass(node) and not isinstance(node, (nodes.Subquery, nodes.Exists)):
        for field in dataclasses.fields(node):
            yield from columns_in(getattr(node, field.name), table)


# --- what an index gives without a condition --------------------------------------------------------------------------


def _is_extreme_alone(table: TableDefinition, items: Sequence[Item]) -> bool:
    """Nothing but MIN and MAX of columns that lead an index, whose ends are simply looked up."""
    leads = {index.columns[0].lower() for index in table.indexes}
    for item in items:
        node = item.expression
        if not isinstance(node, Call) or node.name.upper() not in _EXTREMES:
            return False
        argument = node.arguments[0]
        if not isinstance(argument, Name) or argument.parts[-1].lower() not in leads:
            return False
    return True


def _is_count_alone(items: Sequence[Item]) -> bool:
    """COUNT(*) and nothing else, which MySQL asks the storage engine."""
    return all(isinstance(item.expression, Call) and item.expression.arguments == (Star(),) for item in items)


def _covering(table: TableDefinition, used: set[str], dialect: Dialect) -> Index | None:
    """The shortest secondary index that has all these columns; each has those of the clustered key too.

    MariaDB reads along the clustered key where that is shorter and has them all; MySQL takes it for the whole row.
    """
    clustered = table.clustered
    kept = set() if clustered is None else {name.lower() for name in clustered.columns}
    found = [
        index
        for index in table.indexes
        if index is not clustered
        and not any(index.prefixes)
        and used <= kept | {name.lower() for name in index.columns}
    ]
    best = min(found, key=lambda index: _key_bytes(table, index), default=None)
    if best is None or clustered is None or not dialect.mariadb or not used <= kept:
        return best
    return best if _key_bytes(table, best) < _key_bytes(table, clustered) else None


def _key_bytes(table: TableDefinition, index: Index) -> int:
    """How long a key of the index may be, about."""
    total = 0
    for name in index.columns:
        column = table.column(name)
        size = INTEGERS.get(column.type.name)
        width = (column.type.length or 8) * (column.type.collation.charset.max_bytes if column.type.collation else 1)
        total += (size.bytes if size is not None else width + 2) + (1 if column.nullable else 0)
    return total


def _is_covered_by_clustered(table: TableDefinition, used: set[str]) -> bool:
    clustered = table.clustered
    return clustered is not None and used <= {name.lower() for name in clustered.columns}


def _is_along_key(table: TableDefinition, order_by: Sequence[Order], limit: Expression | None) -> bool:
    """MySQL reads along an index to save the sorting."""
    if not order_by or not isinstance(order_by[0].expression, Name):
        return False
    names = [order.expression.parts[-1].lower() for order in order_by if isinstance(order.expression, Name)]
    if len(names) < len(order_by) or len({order.descending for order in order_by}) > 1:
        return False
    for index in table.indexes:
        leads = [name.lower() for name in index.columns][: len(names)] == names
        if leads and (index is table.clustered or limit is not None):
            return True
    return False
