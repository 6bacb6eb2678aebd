"""Stored tables as relations: what SELECT, UPDATE and DELETE read of them, and what they hold while they do.

A plain SELECT takes the rows that its snapshot shows, all at once, so that what follows may wait as long as it likes.
Whoever is going to change rows, or asks for them with FOR UPDATE, reads the newest rows and holds each before looking
at it (:func:`hold_rows`): all that are looked at under REPEATABLE READ, only those that match under READ COMMITTED,
which is how InnoDB does it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from . import values
from .access_paths import Path, is_fixed, path_of_select
from .column_types import Kind
from .evaluation import Binder
from .nodes import Locking
from .relations import Field, Relation
from .select import evaluate
from .sqlerrors import SqlError
from .table_access import tables_of
from .tables import Blocked, Use

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from ..answers import Column, Pause, Wake, Woken
    from .calls import Bound, Scope
    from .definitions import TableDefinition
    from .dialect import Dialect
    from .instance import Instance
    from .nodes import Expression, Order, SelectCore, TableName
    from .select import CorePlan
    from .session import Session
    from .shapes import Results
    from .table_access import TableSession
    from .tables import Entry, Row, Table, Work
    from .values import Value

_CHANGES: Final = Locking.UPDATE
_SKIPPED: Final = frozenset({"READ-COMMITTED", "READ-UNCOMMITTED"})


class StoredRelation(Relation):
    """A table under the name that FROM gives it."""

    __slots__ = ("is_lasting", "stored")

    def __init__(self, table: Table, alias: str, dialect: Dialect) -> None:
        definition = table.definition
        fields = tuple(
            Field(column.name, definition.shape(place, dialect)) for place, column in enumerate(definition.columns)
        )
        super().__init__(definition.database, definition.name, alias, fields, tuple)
        self.stored = table
        self.is_lasting = not definition.is_temporary

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        return self.stored.definition.definition(position, name, self.alias, results, dialect)

    def path(
        self, core: SelectCore, order_by: Sequence[Order], limit: Expression | None, dialect: Dialect
    ) -> Path | None:
        """See :mod:`~fakemysql.sql.access_paths`."""
        return path_of_select(self.stored.definition, core, order_by, limit, dialect)

    def opens_transaction(self, dialect: Dialect) -> bool:
        """It is what transactions are for."""
        del dialect
        return True

    def open(self, session: Session) -> Generator[Pause | Wake, Woken | None, None]:
        """Wait until the table may be used."""
        tables = tables_of(session)
        yield from tables.open(self.stored, Use.READ)
        tables.begin_statement()

    def read(self, core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Iterable[Sequence[Value]]]:
        """The rows that the SELECT sees, held if it asks for that."""
        session = scope.session
        tables = tables_of(session)
        locking = core.locking
        if not locking and tables.reads_hold:
            locking = Locking.SHARE
        path = core.path or Path()
        if locking:
            work = tables.store.begin(tables.me)
            held = yield from hold_rows(tables, work, self.stored, path, core.where, scope, locking)
            rows: list[Row] = [row for _, row in held]
        else:
            rows = self._seen(tables, path, scope)
        if path.order is not None:
            rows = along(rows, self.stored, path)
        return local_rows(rows, self.stored, session)

    def _seen(self, tables: TableSession, path: Path, scope: Scope) -> list[Row]:
        number, work = tables.snapshot(), tables.me.work
        found = candidates(self.stored, path, scope)
        if found is None:
            return self.stored.rows(number, work)
        seen = [entry.seen(number, work) for entry in found]
        return [row for row in seen if row is not None]


def relation_of(instance: Instance, table: Table, named: TableName) -> StoredRelation:
    """A table as FROM names it."""
    return StoredRelation(table, named.alias or named.name, instance.dialect)


def refuse_to_reopen(session: Session, relations: Sequence[Relation], target: Table | None = None) -> None:
    """Raise error 1137 where MySQL would have to read a temporary table twice, or the one that it writes."""
    if session.instance.dialect.mariadb or session.tables is None or not session.tables.me.temporary:
        return
    seen: set[Table] = set() if target is None else {target}
    for relation in relations:
        if isinstance(relation, StoredRelation) and relation.stored.definition.is_temporary:
            if relation.stored in seen:
                raise SqlError(1137, "HY000", f"Can't reopen table: '{relation.stored.definition.name}'")
            seen.add(relation.stored)


def candidates(table: Table, path: Path, scope: Scope) -> list[Entry] | None:
    """The entries that a unique key leaves, None where all have to be looked at."""
    if path.key is None or not all(is_fixed(node) for node in path.values):
        return None
    definition = table.definition
    row_like: list[Value] = [None] * len(definition.columns)
    binder = Binder(scope.session, scope.instance)
    for name, node in zip(path.key.columns, path.values, strict=True):
        place = definition.positions[name.lower()]
        value = binder.bind(node).run(scope)
        if value is None:
            return []
        kind = definition.columns[place].type.kind
        is_same_kind = (kind is Kind.INTEGER and isinstance(value, int)) or (
            kind in (Kind.CHAR, Kind.VARCHAR)
            and isinstance(value, str)
            and not definition.columns[place].type.is_binary
        )
        if not is_same_kind:
            return None
        row_like[place] = value
    return table.find(path.key, tuple(row_like))


def along(rows: list[Row], table: Table, path: Path) -> list[Row]:
    """Rows in the order of an index, NULL first, and as they were where the index does not tell."""
    assert path.order is not None
    definition = table.definition
    places = [definition.positions[name.lower()] for name in path.order.columns]

    def key(row: Row) -> tuple[tuple[bool, object], ...]:
        return tuple((row[place] is not None, _sort_key(row[place], definition, place)) for place in places)

    return sorted(rows, key=key)


def _sort_key(value: Value, definition: TableDefinition, place: int) -> object:
    if value is None:
        return 0
    if isinstance(value, values.Listed):
        return value.number
    collation = definition.columns[place].type.collation
    if isinstance(value, str) and collation is not None:
        return values.collation_key(value, collation)
    return str(value) if isinstance(value, (str, dt.date)) else value


def local_rows(rows: list[Row], table: Table, session: Session) -> list[Row]:
    """Rows with their TIMESTAMPs in the session's time zone."""
    offset = session.offset
    if not offset:
        return rows
    places = [place for place, column in enumerate(table.definition.columns) if column.type.kind is Kind.TIMESTAMP]
    return [local_row(row, places, offset) for row in rows] if places else rows


def local_row(row: Row, places: Sequence[int], offset: dt.timedelta) -> Row:
    cells = list(row)
    for place in places:
        cell = cells[place]
        if isinstance(cell, dt.datetime):
            cells[place] = cell + offset
    return tuple(cells)


# --- holding ----------------------------------------------------------------------------------------------------------


def hold_rows(
    tables: TableSession,
    work: Work,
    table: Table,
    path: Path,
    where: Bound | None,
    scope: Scope,
    locking: Locking = _CHANGES,
) -> Generator[Pause | Wake, Woken | None, list[tuple[Entry, Row]]]:
    """The newest rows that match, each held until the work ends.

    Raises:
        SqlError: 1205, 1213 or 1317 while waiting; 3572 or 1205 under NOWAIT.
    """
    found = candidates(table, path, scope)
    is_shared = bool(locking & Locking.SHARE)
    holds_all = tables.isolation not in _SKIPPED
    held: list[tuple[Entry, Row]] = []
    for entry in table.all_entries() if found is None else found:
        if not holds_all and entry.holder is not None and entry.holder is not work:
            # Another is changing it: what was committed last decides whether it is worth waiting for.
            before = entry.seen(tables.store.serial, work)
            if before is not None and not (yield from _matches(where, scope, before, tables, table)):
                continue
        had = entry.holder is work
        if not (yield from _hold(tables, work, entry, locking, is_shared=is_shared)):
            continue
        row = entry.row
        if row is not None and (yield from _matches(where, scope, row, tables, table)):
            held.append((entry, row))
        elif not had and not holds_all:
            entry.let_go(work)
    return held


def _matches(
    where: Bound | None, scope: Scope, row: Row, tables: TableSession, table: Table
) -> Generator[Pause | Wake, Woken | None, bool]:
    if where is None:
        return True
    (shown,) = local_rows([row], table, tables.session)
    (holds,) = yield from evaluate((where,), scope, shown)
    return bool(values.truth(holds, where.shape, scope.warn))


def _hold(
    tables: TableSession, work: Work, entry: Entry, locking: Locking, *, is_shared: bool
) -> Generator[Pause | Wake, Woken | None, bool]:
    """Whether the row is held now; False where it is to be skipped."""
    if locking & (Locking.NOWAIT | Locking.SKIP):
        try:
            entry.hold(work, is_shared=is_shared)
        except Blocked:
            if locking & Locking.SKIP:
                return False
            raise _not_now(tables) from None
        return True
    yield from tables.patiently(lambda: entry.hold(work, is_shared=is_shared))
    return True


def _not_now(tables: TableSession) -> SqlError:
    if tables.session.instance.dialect.mariadb:
        return SqlError(1205, "HY000", "Lock wait timeout exceeded; try restarting transaction")
    return SqlError(
        3572,
        "HY000",
        "Statement aborted because lock(s) could not be acquired immediately and NOWAIT is set.",
    )
