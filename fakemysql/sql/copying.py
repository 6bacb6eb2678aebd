"""CREATE TABLE ... SELECT: a table whose columns, and whose rows, are those of a query. Loaded with the first of them.

A column that is selected as it is keeps its type and its default, but no key and no counting; what is computed gets the
type that its shape has once it is stored. Columns that the statement declares itself stand in front, or give their type
to the selected column of their name.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from .calls import Scope
from .column_types import TEXTS, ColumnType, Kind
from .declaring import declare, declared_index
from .definitions import ColumnDefinition, Index, define
from .inserting import Inserter
from .joins import JoinedRelation
from .select import Planner, rows_of, steps_of_effects
from .shapes import Family, wire_type
from .sqlerrors import SqlError
from .table_access import tables_of
from .table_relations import StoredRelation
from .tables import Table, Use
from .values import rounded

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ..answers import Step, Woken
    from .definitions import TableDefinition
    from .dialect import Dialect
    from .engine import SessionEngine
    from .relations import Relation
    from .select import Plan
    from .session import Session
    from .shapes import Shape
    from .table_grammar import CreateTable
    from .values import Value

# The longest text, in characters, that is stored as a VARCHAR.
_LONGEST_VARCHAR: Final = 512
_ZEROS: Final[dict[Family, Value]] = {Family.INTEGER: 0, Family.DECIMAL: 0, Family.DOUBLE: 0.0, Family.STRING: ""}
_SHORTEST_BIGINT: Final = 10


def create_selected(
    engine: SessionEngine, session: Session, statement: CreateTable, database: str, more: int
) -> Generator[Step, Woken | None, None]:
    """The table, with its rows; neither where a row does not fit.

    Raises:
        SqlError: what planning, declaring and storing may raise.
    """
    assert statement.select is not None
    tables = tables_of(session)
    planner = Planner(session, engine.instance, engine.catalogue)
    plan = planner.plan(statement.select)
    definition, places = _definition(session, statement, database, plan)
    table = Table(definition)
    table.created = session.local_time()
    key = database, definition.name
    tables.begin_statement()
    for relation in plan.relations:
        yield from relation.open(session)
    scope = Scope(session, engine.instance)
    if statement.is_temporary:
        tables.me.temporary[key] = table
    else:
        tables.store.add(table)
    try:
        yield from tables.open(table, Use.WRITE)
        inserter = Inserter(tables, table, places)
        for row in (yield from rows_of(plan, scope)):
            yield from inserter.add(list(zip(row, plan.shapes, strict=True)))
        yield from steps_of_effects(scope)
    except BaseException:
        tables.fail_statement()
        if statement.is_temporary:
            del tables.me.temporary[key]
        else:
            tables.store.remove(table)
        raise
    tables.finish_statement()
    if not statement.is_temporary:
        session.transaction.end()
    yield engine.ok(
        session,
        more,
        affected=inserter.affected,
        status=c.SERVER_STATUS_NO_INDEX_USED if plan.scans else 0,
        info=f"Records: {inserter.records}  Duplicates: 0  Warnings: {session.statement_warnings}",
    )


def _definition(
    session: Session, statement: CreateTable, database: str, plan: Plan
) -> tuple[TableDefinition, list[int]]:
    """The table's definition, and which of its columns the query gives."""
    bare = tuple(replace(node, key="", auto_increment=False, references=None) for node in statement.columns)
    base = declare(session, replace(statement, columns=bare, indexes=(), foreign_keys=()), database)
    declared = {
        column.name.lower(): replace(column, auto_increment=True, nullable=False) if node.auto_increment else column
        for column, node in zip(base.columns, statement.columns, strict=True)
    }
    selected = _columns(session, plan)
    names = [column.name.lower() for column in selected]
    if len(set(names)) < len(names):
        twice = next(column.name for place, column in enumerate(selected) if names[place] in names[:place])
        raise SqlError(1060, "42S21", f"Duplicate column name '{twice}'")
    first = [column for name, column in declared.items() if name not in names]
    columns = [*first, *(declared.get(column.name.lower(), column) for column in selected)]
    indexes = [
        Index("PRIMARY" if node.key == "PRIMARY" else "", (node.name,), True, node.key == "PRIMARY")
        for node in statement.columns
        if node.key
    ]
    indexes += [declared_index(session, node) for node in statement.indexes]
    made = define(database, base.name, columns, indexes, base.options, is_temporary=statement.is_temporary)
    return made, list(range(len(first), len(columns)))


def _columns(session: Session, plan: Plan) -> list[ColumnDefinition]:
    dialect = session.instance.dialect
    sources: Sequence[ColumnDefinition | None] = [None] * len(plan.columns)
    if plan.casts is None and plan.cores:
        core = plan.cores[0]
        if core.relation is not None:
            sources = [
                None if place is None else _source(core.relation, place) for place in _places(plan, core.relation)
            ]
    return [
        _made(column.name, shape, dialect) if source is None else _copied(source, column.name)
        for column, shape, source in zip(plan.columns, plan.shapes, sources, strict=True)
    ]


def _places(plan: Plan, relation: Relation) -> list[int | None]:
    """For each column of the result the place in the relation that it was taken from, None for what is computed."""
    core = plan.cores[0]
    if core.picks is not None:
        return list(core.picks)
    # A column that is selected as it is is described by its table, and what is computed by none.
    places: list[int | None] = []
    for column in plan.columns:
        found = relation.resolve((column.table, column.org_name)) if column.org_name and column.table else None
        places.append(None if found is None else found[0])
    return places


def _source(relation: Relation, place: int) -> ColumnDefinition | None:
    """The stored column at this place, nullable where a join may leave it out."""
    if isinstance(relation, StoredRelation):
        return relation.stored.definition.columns[place]
    if not isinstance(relation, JoinedRelation):
        return None
    is_left = place < relation.width
    found = _source(relation.left if is_left else relation.right, place if is_left else place - relation.width)
    if found is None or relation.kind != ("RIGHT" if is_left else "LEFT"):
        return found
    return replace(found, nullable=True)


def _copied(source: ColumnDefinition, name: str) -> ColumnDefinition:
    if source.auto_increment:
        return ColumnDefinition(name, source.type, source.nullable, has_default=True, default=0)
    return replace(source, name=name, on_update_now=False)


def _made(name: str, shape: Shape, dialect: Dialect) -> ColumnDefinition:
    """A column for what is computed; MySQL gives it a default where it has a nought or an empty text."""
    has_default = not dialect.mariadb and not shape.nullable and shape.family in _ZEROS
    default: Value = None
    if has_default:
        default = b"" if shape.is_binary else _ZEROS[shape.family]
        if shape.family is Family.DECIMAL:
            default = rounded(Decimal(0), shape.decimals)
    return ColumnDefinition(name, _type(shape, dialect), shape.nullable, has_default=has_default, default=default)


def _type(shape: Shape, dialect: Dialect) -> ColumnType:
    family = shape.family
    if family is Family.INTEGER:
        is_int = wire_type(shape, dialect) in (c.FIELD_TYPE_LONG, c.FIELD_TYPE_SHORT, c.FIELD_TYPE_TINY)
        is_int = is_int or (not dialect.mariadb and shape.length < _SHORTEST_BIGINT)
        width = shape.length if dialect.mariadb else None
        return ColumnType(Kind.INTEGER, "int" if is_int else "bigint", width, None, shape.unsigned)
    if family is Family.DECIMAL:
        return ColumnType(Kind.DECIMAL, "decimal", shape.digits, shape.decimals, shape.unsigned)
    if family is Family.DOUBLE:
        return ColumnType(Kind.DOUBLE, "double")
    if family.is_temporal:
        kind = {Family.DATE: Kind.DATE, Family.TIME: Kind.TIME}.get(family, Kind.DATETIME)
        return ColumnType(kind, kind.value, None, shape.decimals)
    if family is Family.NULL:
        binary = dialect.charsets.by_id[63]
        if dialect.mariadb:
            return ColumnType(Kind.CHAR, "char", 0, collation=binary)
        return ColumnType(Kind.VARCHAR, "varchar", 0, collation=binary)
    return _text(shape)


def _text(shape: Shape) -> ColumnType:
    collation = shape.collation
    assert collation is not None, "a string has a collation"
    if shape.length <= _LONGEST_VARCHAR:
        return ColumnType(Kind.VARCHAR, "varchar", shape.length, collation=collation)
    needed = shape.length * collation.charset.max_bytes
    size, limit = next((each for each in TEXTS.items() if needed <= each[1]), ("long", TEXTS["long"]))
    stem = "blob" if shape.is_binary else "text"
    return ColumnType(Kind.TEXT, size + stem, limit, collation=collation)
