"""What the statements on tables do: definitions made and dropped, rows inserted, changed and deleted, tables locked.

Handlers of the engine, each a generator of steps. Whatever writes rows does so between ``begin_statement`` and
``finish_statement`` of the session's :class:`~fakemysql.sql.table_access.TableSession`, so that a statement that fails
halfway leaves nothing behind; whatever changes a definition commits first, and waits until nobody uses the table.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import answers
from .. import constants as c
from ..answers import Columns, Ok, Rows
from . import shapes, sqlerrors, table_grammar, values
from .access_paths import Path, path_of_change
from .calls import Bound, Scope
from .declaring import check_columns, declare
from .evaluation import Binder
from .inserting import Inserter, OnDuplicate, default_column, duplicate_error, now, places_of
from .instance import OWN_DATABASE
from .nodes import Call, Item, Literal, LiteralKind, Name, Star
from .select import Planner, evaluate, rows_of, steps_of_effects
from .sqlerrors import SqlError
from .storing import INTEGER, Writing, zero
from .table_access import keeper_of, missing, not_locked, tables_of
from .table_grammar import Default
from .table_relations import hold_rows, local_rows, refuse_to_reopen, relation_of
from .tables import Duplicate, Table, Use

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from ..answers import Pause, Step, Wake, Woken
    from .definitions import TableDefinition
    from .engine import SessionEngine
    from .instance import Instance
    from .nodes import Expression, Order, TableName
    from .session import Session
    from .shapes import Shape
    from .table_access import TableSession
    from .table_grammar import CreateTable, Delete, DropTable, Insert, LockTables, RenameTable, Truncate, Update
    from .tables import Entry, Row
    from .values import Value

    Answer = Generator[Step, Woken | None, None]
    Cell = tuple[Value, Shape]


def _named(session: Session, table: TableName) -> tuple[str, str]:
    """The database and name of a table that is written, defined or locked: none of information_schema, or 1044."""
    database = table.database or session.need_database()
    if database.lower() == OWN_DATABASE:
        raise sqlerrors.database_denied(session.current_user, database)
    return database, table.name


@contextlib.contextmanager
def _statement(tables: TableSession) -> Iterator[None]:
    """A statement that writes: all of it is done, or nothing."""
    try:
        yield
    except BaseException:
        tables.fail_statement()
        raise
    tables.finish_statement()


# --- definitions ------------------------------------------------------------------------------------------------------


def create_table(engine: SessionEngine, session: Session, statement: CreateTable, more: int) -> Answer:
    engine.instance.counters.add("Com_create_table")
    tables = tables_of(session)
    database, name = _named(session, statement.table)
    temporary = tables.me.temporary
    known = temporary.get((database, name)) if statement.is_temporary else tables.store.table(database, name)
    if statement.is_temporary:
        tables.refuse_writes_where_read_only(is_temporary=True)
        if engine.dialect.temporary_table_opens_transaction is (known is None):
            # MySQL makes one inside of a transaction, MariaDB merely opens one that is there.
            session.transaction.touch()
    else:
        tables.begin_definition()
    if database not in engine.instance.databases:
        raise sqlerrors.unknown_database(database)
    if not statement.is_temporary:
        tables.check_may_create(known, name)
    if statement.like is not None and not engine.dialect.mariadb:
        tables.need(*_named(session, statement.like))
    check_columns(session, statement)
    if known is not None and statement.replaces:
        yield from _replaced(session, tables, known)
        known = None
    if known is not None:
        if not statement.if_not_exists:
            raise SqlError(1050, "42S01", f"Table '{name}' already exists")
        session.warn("Note", 1050, f"Table '{name}' already exists")
        yield engine.ok(session, more)
        return
    if statement.select is not None:
        from .copying import create_selected

        yield from create_selected(engine, session, statement, database, more)
        return
    definition = _definition(session, statement, database)
    if definition.foreign_keys:
        from .foreign_keys import check_definition

        check_definition(session, tables.store, definition)
    table = Table(definition)
    table.created = session.local_time()
    if statement.is_temporary:
        temporary[database, name] = table
        if session.tracker is not None:
            session.tracker.change()
            if not engine.dialect.mariadb:
                # MySQL takes it for the end of the transaction that goes on.
                session.tracker.ended()
    else:
        tables.store.add(table)
    yield engine.ok(session, more)


def _replaced(session: Session, tables: TableSession, table: Table) -> Generator[Pause | Wake, Woken | None, None]:
    """CREATE OR REPLACE: the table that was there goes."""
    if table.definition.is_temporary:
        del tables.me.temporary[table.definition.database, table.definition.name]
        return
    refused = _refusal(session, tables, table, [table])
    if refused is not None:
        raise refused
    yield from tables.open(table, Use.DEFINE)
    tables.store.remove(table)
    tables.forget(table)


def _definition(session: Session, statement: CreateTable, database: str) -> TableDefinition:
    """The definition of a new table."""
    if statement.like is None:
        return declare(session, statement, database)
    pattern = tables_of(session).need(*_named(session, statement.like)).definition
    return replace(
        pattern,
        database=database,
        name=statement.table.name,
        options=replace(pattern.options, auto_increment=None),
        is_temporary=statement.is_temporary,
        positions={},
    )


def drop_table(engine: SessionEngine, session: Session, statement: DropTable, more: int) -> Answer:
    engine.instance.counters.add("Com_drop_table")
    tables = tables_of(session)
    names = [_named(session, table) for table in statement.tables]
    temporary = tables.me.temporary
    found = [temporary.get(name) or (None if statement.is_temporary else tables.store.table(*name)) for name in names]
    if statement.is_temporary:
        tables.refuse_writes_where_read_only(is_temporary=True)
    elif not all(name in temporary for name in names):
        tables.begin_definition()
    absent = [f"{database}.{name}" for (database, name), table in zip(names, found, strict=True) if table is None]
    if tables.me.has_locked and absent and not statement.if_exists:
        raise not_locked(names[0][1])
    if absent and not statement.if_exists and not engine.dialect.mariadb:
        raise sqlerrors.bad_table(",".join(absent))
    refused: SqlError | None = None
    leaving = [table for table in found if table is not None]
    if not engine.dialect.mariadb:
        for table in leaving:
            refused = refused or _refusal(session, tables, table, leaving)
        if refused is not None:
            raise refused
    for table in leaving:
        error = _refusal(session, tables, table, leaving)
        if error is not None:
            refused = error
            continue
        if table.definition.is_temporary:
            del temporary[table.definition.database, table.definition.name]
            if session.tracker is not None:
                session.tracker.change()
            continue
        yield from tables.open(table, Use.DEFINE)
        tables.store.remove(table)
        tables.forget(table)
    if refused is not None:
        raise refused
    if absent and not statement.if_exists:
        raise sqlerrors.bad_table(",".join(absent))
    if absent:
        for each in [",".join(absent)] if engine.dialect.mariadb else absent:
            session.warn("Note", 1051, f"Unknown table '{each}'")
    yield engine.ok(session, more)


def _refusal(session: Session, tables: TableSession, table: Table, leaving: Sequence[Table]) -> SqlError | None:
    """Why a table cannot be dropped: others refer to it."""
    if table.definition.is_temporary or not tables.store.has_foreign_keys:
        return None
    from .foreign_keys import refuse_drop

    return refuse_drop(session, tables.store, table, leaving)


def truncate(engine: SessionEngine, session: Session, statement: Truncate, more: int) -> Answer:
    engine.instance.counters.add("Com_truncate")
    tables = tables_of(session)
    tables.begin_definition()
    database, name = _named(session, statement.table)
    if database not in engine.instance.databases:
        # Of all statements this one does not look at the database by itself.
        raise sqlerrors.no_such_table(database, name)
    table = tables.need(database, name)
    if tables.store.has_foreign_keys:
        from .foreign_keys import refuse_truncate

        refuse_truncate(session, tables.store, table)
    yield from tables.open(table, Use.DEFINE)
    table.empty()
    table.next_id = 1
    yield engine.ok(session, more)


_UNDER_LOCKS: Final = "Can't execute the given command because you have active locked tables or an active transaction"


def rename_table(engine: SessionEngine, session: Session, statement: RenameTable, more: int) -> Answer:
    engine.instance.counters.add("Com_rename_table")
    tables = tables_of(session)
    tables.begin_definition()
    if tables.me.has_locked and engine.dialect.mariadb:
        raise SqlError(1192, "HY000", _UNDER_LOCKS)
    for before, after in statement.pairs:
        table = tables.need(*_named(session, before))
        database, name = _named(session, after)
        if tables.find(database, name) is not None:
            raise SqlError(1050, "42S01", f"Table '{name}' already exists")
        if database not in engine.instance.databases:
            if not engine.dialect.mariadb:
                raise sqlerrors.unknown_database(database)
            place = f"'./{table.definition.database}/{table.definition.name}' to './{database}/{name}'"
            raise SqlError(
                1025, "HY000", f'Error on rename of {place} (errno: 168 "Unknown (generic) error from engine")'
            )
        yield from tables.open(table, Use.DEFINE)
        tables.store.remove(table)
        table.define(replace(table.definition, database=database, name=name, positions={}))
        tables.store.add(table)
    yield engine.ok(session, more)


def lock_tables(engine: SessionEngine, session: Session, statement: LockTables, more: int) -> Answer:
    engine.instance.counters.add("Com_lock_tables")
    tables = tables_of(session)
    session.transaction.end(how="lock tables")
    tables.unlock()
    if session.transaction.reads_by_default and any(writes for _, writes in statement.tables):
        tables.refuse_writes_where_read_only(is_temporary=True)
    wanted = []
    seen: set[str] = set()
    for named, writes in statement.tables:
        database, name = _named(session, named)
        table = tables.find(database, name)
        if table is None:
            raise missing(engine.instance, database, name)
        alias = named.alias or name
        if alias in seen:
            raise SqlError(1066, "42000", f"Not unique table/alias: '{alias}'")
        seen.add(alias)
        wanted.append((table, Use.KEPT_FOR_WRITING if writes else Use.KEPT_FOR_READING))
    yield from tables.keep(wanted)
    session.transaction.touch()
    if session.tracker is not None:
        for _, use in wanted:
            session.tracker.used(writes=use is Use.KEPT_FOR_WRITING)
        session.tracker.locked()
    yield engine.ok(session, more)


# --- values and rows --------------------------------------------------------------------------------------------------


class RowBinder(Binder):
    """Binds what is stored in a row: columns are those of the table, and of the new row where there is one.

    new is what the new row is called, new_places where its columns stand behind those of the old one.
    """

    def __init__(self, planner: Planner, table: Table, named: TableName, clause: str) -> None:
        relation = relation_of(planner.instance, table, named)
        super().__init__(planner.session, planner.instance, relation, planner.subquery, clause)
        self.table = table
        self.new = ""
        self.new_columns: tuple[str, ...] = ()
        self.takes_values = False

    def bind(self, node: Expression) -> Bound:
        if self.takes_values:
            name = self._of_new_row(node)
            if name is not None:
                return self._new_value(name)
        return super().bind(node)

    def _of_new_row(self, node: Expression) -> str | None:
        """The column of the new row that VALUES(column), or alias.column, names."""
        if isinstance(node, Call) and node.name.upper() in ("VALUES", "VALUE") and len(node.arguments) == 1:
            argument = node.arguments[0]
            return argument.parts[-1] if isinstance(argument, Name) else None
        if isinstance(node, Name) and self.new:
            if len(node.parts) == 2 and node.parts[0].lower() == self.new.lower():
                return self._renamed(node.parts[1])
            if len(node.parts) == 1 and node.parts[0].lower() in map(str.lower, self.new_columns):
                return self._renamed(node.parts[0])
        return None

    def _renamed(self, name: str) -> str:
        lowered = [each.lower() for each in self.new_columns]
        if not lowered:
            return name
        if name.lower() not in lowered:
            raise sqlerrors.unknown_column(self.dialect, f"{self.new}.{name}", self.clause)
        return self.table.definition.columns[lowered.index(name.lower())].name

    def _new_value(self, name: str) -> Bound:
        definition = self.table.definition
        place = definition.positions.get(name.lower())
        if place is None:
            raise sqlerrors.unknown_column(self.dialect, name, self.dialect.pick("SELECT", "field list"))
        behind = len(definition.columns)
        return Bound(
            definition.shape(place, self.dialect).but(nullable=True),
            lambda scope: scope.row[place + behind] if len(scope.row) > behind else None,
        )


def insert(engine: SessionEngine, session: Session, statement: Insert, more: int) -> Answer:
    engine.instance.counters.add("Com_replace" if statement.replaces else "Com_insert")
    tables = tables_of(session)
    table = tables.need_for_writing(*_named(session, statement.table))
    definition = table.definition
    places = places_of(definition, statement.columns, engine.dialect)
    if statement.columns == ():
        places = []
    planner = Planner(session, engine.instance, engine.catalogue)
    rows = [] if statement.select is not None else _check_counts(statement, places)
    tables.begin_statement()
    with _statement(tables):
        yield from tables.open(table, Use.WRITE)
        inserter = _inserter(planner, tables, table, statement, places)
        scope = Scope(session, engine.instance)
        scans = False
        if statement.select is not None:
            scans = yield from _insert_selected(planner, inserter, statement, places, scope)
        else:
            yield from _insert_values(planner, inserter, table, statement, rows, scope)
        yield from steps_of_effects(scope)
    if inserter.first_id:
        session.last_insert_id = inserter.first_id
    if statement.returning:
        yield from _returned(engine, session, planner, table, statement, inserter.rows, more)
        session.row_count = inserter.affected
        return
    info = ""
    if len(statement.rows) > 1 or statement.select is not None:
        warned = session.statement_warnings
        info = f"Records: {inserter.records}  Duplicates: {inserter.duplicates}  Warnings: {warned}"
    session.row_count = inserter.affected
    yield Ok(
        session.status | more | (c.SERVER_STATUS_NO_INDEX_USED if scans else 0),
        affected_rows=inserter.affected,
        last_insert_id=inserter.insert_id,
        warnings=session.statement_warnings,
        info=info,
    )


def _check_counts(statement: Insert, places: list[int]) -> Sequence[Sequence[Expression | Default]]:
    """The rows of VALUES, each with as many values as there are columns."""
    for number, row in enumerate(statement.rows, 1):
        if len(row) != len(places) and (row or statement.columns):
            raise SqlError(1136, "21S01", f"Column count doesn't match value count at row {number}")
    if statement.rows and not statement.rows[0]:
        del places[:]
    return statement.rows


def _inserter(planner: Planner, tables: TableSession, table: Table, statement: Insert, places: list[int]) -> Inserter:
    on_duplicate = OnDuplicate.FAIL
    if statement.replaces:
        on_duplicate = OnDuplicate.REPLACE
    elif statement.on_duplicate:
        on_duplicate = OnDuplicate.UPDATE
    elif statement.ignore:
        on_duplicate = OnDuplicate.SKIP
    changer = None
    if statement.on_duplicate:
        clause = planner.instance.dialect.pick("UPDATE", "field list")
        binder = RowBinder(planner, table, statement.table, clause)
        binder.takes_values = True
        binder.new, binder.new_columns = statement.alias, statement.alias_columns
        changer = Changer(binder, tables, table, statement.on_duplicate, ignore=statement.ignore)
    return Inserter(
        tables,
        table,
        places,
        on_duplicate=on_duplicate,
        change=None if changer is None else changer.merge,
        ignore=statement.ignore,
        is_single=len(statement.rows) == 1 and not statement.ignore,
    )


def _insert_values(
    planner: Planner,
    inserter: Inserter,
    table: Table,
    statement: Insert,
    rows: Sequence[Sequence[Expression | Default]],
    scope: Scope,
) -> Generator[Pause | Wake, Woken | None, None]:
    session = planner.session
    definition = table.definition
    clause = planner.instance.dialect.pick("VALUES", "field list")
    binder: RowBinder | None = None
    text_shape = shapes.string(0, session.collation)
    places = places_of(definition, statement.columns, planner.instance.dialect)
    for values_of_row in rows:
        row = inserter.blank()
        for place, node in zip(places, values_of_row, strict=False):
            if type(node) is Literal and not node.charset:
                if node.kind is LiteralKind.STRING:
                    row[place] = inserter.convert(place, node.text, text_shape)
                    continue
                if node.kind is LiteralKind.INTEGER and len(node.text) < 19:
                    row[place] = inserter.convert(place, int(node.text), INTEGER)
                    continue
            if isinstance(node, Default):
                column = default_column(definition, place, node, session, clause)
                row[place] = None if column.auto_increment else inserter.required_default(column)
                continue
            if binder is None:
                binder = RowBinder(planner, table, statement.table, clause)
            bound = binder.bind(node)
            (value,) = yield from evaluate((bound,), scope, row)
            row[place] = inserter.convert(place, value, bound.shape)
        yield from inserter.store(row)


def _insert_selected(
    planner: Planner, inserter: Inserter, statement: Insert, places: Sequence[int], scope: Scope
) -> Generator[Pause | Wake, Woken | None, bool]:
    """Store what a SELECT gives; whether that has read a table without an index."""
    assert statement.select is not None
    plan = planner.plan(statement.select)
    refuse_to_reopen(planner.session, plan.relations, inserter.table)
    if len(plan.columns) != len(places):
        raise SqlError(1136, "21S01", "Column count doesn't match value count at row 1")
    for relation in plan.relations:
        yield from relation.open(planner.session)
    rows = yield from rows_of(plan, scope)
    for row in rows:
        yield from inserter.add(list(zip(row, plan.shapes, strict=True)))
    return plan.scans


def _returned(
    engine: SessionEngine,
    session: Session,
    planner: Planner,
    table: Table,
    statement: Insert | Delete,
    rows: Sequence[Row],
    more: int,
) -> Answer:
    """RETURNING: the rows as a result set."""
    columns, items = _returning_items(planner, table, statement.table, statement.returning)
    scope = Scope(session, engine.instance)
    shown: list[tuple[Value, ...]] = []
    for row in local_rows(list(rows), table, session):
        made = yield from evaluate(items, scope, row)
        shown.append(made)
    yield Columns(columns, session.status | more, session.statement_warnings)
    if shown:
        yield Rows(shown)
    yield answers.End(session.status | more, session.statement_warnings)


def _returning_items(
    planner: Planner, table: Table, named: TableName, returning: Sequence[Item]
) -> tuple[tuple[answers.Column, ...], list[Bound]]:
    binder = RowBinder(planner, table, named, planner.instance.dialect.pick("RETURNING", "field list"))
    relation = relation_of(planner.instance, table, named)
    results, dialect = planner.session.results, planner.instance.dialect
    columns: list[answers.Column] = []
    items: list[Bound] = []
    for item in returning:
        if isinstance(item.expression, Star):
            expressions: list[tuple[Expression, str]] = [
                (Name((column.name,)), column.name) for column in table.definition.columns
            ]
        else:
            expressions = [(item.expression, item.name)]
        for expression, name in expressions:
            bound = binder.bind(expression)
            items.append(bound)
            if isinstance(expression, Name):
                found = relation.resolve(expression.parts)
                assert found is not None
                columns.append(relation.definition(found[0], name, results, dialect))
            else:
                columns.append(shapes.column(name, bound.shape, results, dialect))
    return tuple(columns), items


# --- what PREPARE looks at --------------------------------------------------------------------------------------------


def check(engine: SessionEngine, session: Session, statement: object) -> None:
    """Resolve the names of a statement without running it.

    Raises:
        SqlError: a table or a column does not exist, values do not match columns.
    """
    if not isinstance(statement, (table_grammar.Insert, table_grammar.Update, table_grammar.Delete)):
        return
    table = tables_of(session).need(*_named(session, statement.table))
    planner = Planner(session, engine.instance, engine.catalogue)
    if isinstance(statement, table_grammar.Insert):
        places = places_of(table.definition, statement.columns, engine.dialect)
        if statement.select is None:
            _check_counts(statement, places)
            binder = RowBinder(planner, table, statement.table, engine.dialect.pick("VALUES", "field list"))
            for row in statement.rows:
                binder.bind_all([node for node in row if not isinstance(node, Default)])
        else:
            planner.plan(statement.select)
        return
    clause = engine.dialect.pick("SET", "field list")
    binder = RowBinder(planner, table, statement.table, clause)
    if isinstance(statement, table_grammar.Update):
        Changer(binder, tables_of(session), table, statement.assignments, ignore=statement.ignore)
    _Chooser(binder, table, statement.where, statement.order_by, statement.limit)


# --- UPDATE and DELETE ------------------------------------------------------------------------------------------------


class Changer:
    """What assignments make of a row."""

    def __init__(
        self,
        binder: RowBinder,
        tables: TableSession,
        table: Table,
        assignments: Sequence[tuple[str, Expression | Default]],
        *,
        ignore: bool,
    ) -> None:
        self._table = table
        self._session = tables.session
        self._clause = binder.clause
        definition = table.definition
        self.writing = Writing(tables.session, definition, ignore=ignore)
        self._scope = Scope(tables.session, tables.session.instance)
        self._assigned: list[tuple[int, Bound | Default]] = []
        for name, node in assignments:
            place = definition.positions.get(name.lower())
            if place is None:
                raise sqlerrors.unknown_column(binder.dialect, name, binder.clause)
            self._assigned.append((place, node if isinstance(node, Default) else binder.bind(node)))
        given = {place for place, _ in self._assigned}
        self._touched = [
            place for place, column in enumerate(definition.columns) if column.on_update_now and place not in given
        ]

    @property
    def places(self) -> list[int]:
        """The columns that are assigned to."""
        return [place for place, _ in self._assigned]

    def merge(self, before: Row, new: Row) -> Generator[Pause | Wake, Woken | None, Row | None]:
        """The row that is there after a duplicate came, None if it stays as it is."""
        return (yield from self.change(before, new))

    def change(self, before: Row, new: Row = ()) -> Generator[Pause | Wake, Woken | None, Row | None]:
        """The row after the assignments; None if it stays as it is."""
        after = yield from self.assign(before, new)
        made = tuple(after)
        if made == before and not any(type(one) is not type(other) for one, other in zip(made, before, strict=True)):
            return None
        for place in self._touched:
            after[place] = now(self._session, self._table.definition.columns[place])
        return tuple(after)

    def assign(self, before: Row, new: Row = ()) -> Generator[Pause | Wake, Woken | None, list[Value]]:
        """The values after the assignments, each of which sees the ones before it."""
        (shown,) = local_rows([before], self._table, self._session)
        seen = [*shown, *new]
        after = list(before)
        for place, bound in self._assigned:
            if isinstance(bound, Default):
                value = self._default(place, bound)
            else:
                (raw,) = yield from evaluate((bound,), self._scope, seen)
                value = self._convert(place, raw, bound.shape)
            after[place] = value
            seen[place] = local_rows([tuple(after)], self._table, self._session)[0][place]
        return after

    def _default(self, place: int, node: Default) -> Value:
        column = default_column(self._table.definition, place, node, self._session, self._clause)
        if column.must_be_given:
            raise SqlError(1364, "HY000", f"Field '{column.name}' doesn't have a default value")
        from .definitions import Computed, Now

        if isinstance(column.default, Now):
            return now(self._session, column)
        if isinstance(column.default, Computed):
            bound = Binder(self._session, self._session.instance).bind(column.default.expression)
            return self._convert(place, bound.run(self._scope), bound.shape)
        # That of another column need not fit this one.
        value, shape = column.default, column.type.shape(self._session.instance.dialect, nullable=True)
        return self._convert(place, value, shape) if node.column else value

    def _convert(self, place: int, value: Value, shape: Shape) -> Value:
        column = self._table.definition.columns[place]
        if value is None:
            if column.nullable:
                return None
            if self.writing.is_strict:
                raise SqlError(1048, "23000", f"Column '{column.name}' cannot be null")
            self.writing.warn(1048, f"Column '{column.name}' cannot be null")
            return zero(column)
        self.writing.column = column.name
        return self._table.converters[place](value, shape, self.writing)


def update(engine: SessionEngine, session: Session, statement: Update, more: int) -> Answer:
    engine.instance.counters.add("Com_update")
    tables = tables_of(session)
    table = tables.need_for_writing(*_named(session, statement.table))
    planner = Planner(session, engine.instance, engine.catalogue)
    binder = RowBinder(planner, table, statement.table, engine.dialect.pick("SET", "field list"))
    changer = Changer(binder, tables, table, statement.assignments, ignore=statement.ignore)
    chooser = _Chooser(binder, table, statement.where, statement.order_by, statement.limit)
    id_before = session.last_insert_id
    scope = Scope(session, engine.instance)
    matched = changed = 0
    work = tables.begin_statement()
    with _statement(tables):
        yield from tables.open(table, Use.WRITE)
        keeper = keeper_of(tables, table)
        for entry, row in (yield from chooser.choose(tables, scope)):
            matched += 1
            changer.writing.row = matched
            after = yield from changer.change(row)
            if after is None:
                continue
            try:
                yield from tables.patiently(functools.partial(table.update, work, entry, after))
            except Duplicate as duplicate:
                error = duplicate_error(table.definition, duplicate, engine.dialect)
                if not statement.ignore:
                    raise error from None
                if not engine.dialect.mariadb:
                    session.warn("Warning", 1062, error.message)
                continue
            if keeper is not None:
                yield from keeper.changed(row, after)
            changed += 1
        yield from steps_of_effects(scope)
    affected = matched if session.counts_found_rows else changed
    session.row_count = affected
    warned = session.statement_warnings
    tells_nothing = engine.dialect.mariadb and chooser.wants_none
    yield Ok(
        session.status | more | chooser.status | _status_of(planner),
        affected_rows=affected,
        last_insert_id=session.last_insert_id if session.last_insert_id != id_before else 0,
        warnings=warned,
        info="" if tells_nothing else f"Rows matched: {matched}  Changed: {changed}  Warnings: {warned}",
    )


def delete(engine: SessionEngine, session: Session, statement: Delete, more: int) -> Answer:
    engine.instance.counters.add("Com_delete")
    tables = tables_of(session)
    table = tables.need_for_writing(*_named(session, statement.table))
    planner = Planner(session, engine.instance, engine.catalogue)
    binder = RowBinder(planner, table, statement.table, engine.dialect.pick("WHERE", "where clause"))
    chooser = _Chooser(binder, table, statement.where, statement.order_by, statement.limit)
    scope = Scope(session, engine.instance)
    work = tables.begin_statement()
    gone: list[Row] = []
    with _statement(tables):
        yield from tables.open(table, Use.WRITE)
        keeper = keeper_of(tables, table)
        for entry, row in (yield from chooser.choose(tables, scope)):
            if entry.row is None:
                continue  # it has gone with another
            table.delete(work, entry)
            gone.append(row)
            if keeper is not None:
                yield from keeper.removed(row)
        yield from steps_of_effects(scope)
    if statement.returning:
        yield from _returned(engine, session, planner, table, statement, gone, more)
        return
    yield engine.ok(session, more, affected=len(gone), status=chooser.status | _status_of(planner))


def _status_of(planner: Planner) -> int:
    """What the status word tells of the queries inside a statement."""
    return c.SERVER_STATUS_NO_INDEX_USED if planner.scans else 0


class _Chooser:
    """Which rows a change is for: WHERE, ORDER BY and LIMIT, bound. status is what the status word tells of the way."""

    def __init__(
        self,
        binder: RowBinder,
        table: Table,
        where: Expression | None,
        order_by: Sequence[Order],
        limit: Expression | None,
    ) -> None:
        self._table = table
        self._instance: Instance = binder.instance
        pick = binder.dialect.pick
        before, binder.clause = binder.clause, pick("WHERE", "where clause")
        self._where = None if where is None else binder.bind(where)
        binder.clause = pick("ORDER BY", "order clause")
        self._keys = [(binder.bind(order.expression), order.descending) for order in order_by]
        binder.clause = before
        self._limit: int | None = None
        if limit is not None:
            value = binder.bind(limit).run(Scope(binder.session, binder.instance))
            self._limit = value if isinstance(value, int) else 0
        self._path: Path = path_of_change(table.definition, where)
        self.status = c.SERVER_STATUS_NO_INDEX_USED if self._path.scans and self._limit != 0 else 0

    @property
    def wants_none(self) -> bool:
        """LIMIT 0."""
        return self._limit == 0

    def choose(
        self, tables: TableSession, scope: Scope
    ) -> Generator[Pause | Wake, Woken | None, list[tuple[Entry, Row]]]:
        """The rows, held."""
        if self.wants_none:
            return []
        work = tables.store.begin(tables.me)
        held = yield from hold_rows(tables, work, self._table, self._path, self._where, scope)
        if self._keys:
            keys = [key for key, _ in self._keys]
            keyed: list[tuple[tuple[Value, ...], tuple[Entry, Row]]] = []
            for each in held:
                (shown,) = local_rows([each[1]], self._table, tables.session)
                made = yield from evaluate(keys, scope, shown)
                keyed.append((made, each))

            def order(one: tuple[Sequence[Value], object], other: tuple[Sequence[Value], object]) -> int:
                return self._order(one[0], other[0], scope)

            keyed.sort(key=functools.cmp_to_key(order))
            held = [each for _, each in keyed]
        return held[: self._limit]

    def _order(self, one: Sequence[Value], other: Sequence[Value], scope: Scope) -> int:
        for (key, descending), left, right in zip(self._keys, one, other, strict=True):
            answer = values.order(left, key.shape, right, key.shape, key.shape.collation or scope.session.collation)
            if answer:
                return -answer if descending else answer
        return 0
