"""Foreign keys: whether they may be, and what they ask when rows come, change and go.

What a foreign key is stands in a table's definition; here is who looks. A :class:`Keeper` is made for a statement that
writes to a table which refers to another or is referred to, and asked after each row: a row without its parent is error
1452, a parent that is still needed is 1451 unless the key says CASCADE or SET NULL. Loaded with the first such table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import values
from .declaring import begins_with
from .definitions import name_text
from .sqlerrors import SqlError
from .tables import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from ..answers import Pause, Wake, Woken
    from .definitions import ForeignKey, TableDefinition
    from .dialect import Dialect
    from .session import Session
    from .table_access import TableSession
    from .tables import Entry, Row, Store, Table
    from .values import Value

    Steps = Generator[Pause | Wake, Woken | None, None]

_ACTS: Final = frozenset({"CASCADE", "SET NULL"})
_FAILS_CHILD: Final = "Cannot add or update a child row: a foreign key constraint fails"
_FAILS_PARENT: Final = "Cannot delete or update a parent row: a foreign key constraint fails"


def keeper_of(tables: TableSession, table: Table) -> Keeper | None:
    """Who looks after the keys of a table in one statement, None where nobody need."""
    definition = table.definition
    if definition.is_temporary or tables.session.setting("foreign_key_checks") == "OFF":
        return None
    referring = list(referring_to(tables.store, definition))
    if not definition.foreign_keys and not referring:
        return None
    return Keeper(tables, table, referring)


def referring_to(store: Store, definition: TableDefinition) -> Iterator[tuple[Table, ForeignKey]]:
    """The tables that refer to this one, each with its key."""
    target = definition.database, definition.name
    for known in store.databases.values():
        for table in known.values():
            for key in table.definition.foreign_keys:
                if (key.database or table.definition.database, key.table) == target:
                    yield table, key


class Keeper:
    """Looks after the foreign keys of one table, and of those that refer to it."""

    def __init__(self, tables: TableSession, table: Table, referring: Sequence[tuple[Table, ForeignKey]]) -> None:
        self._tables = tables
        self._table = table
        self._referring = referring

    def check(self, row: Row, before: Row | None = None) -> None:
        """A row is there now.

        Raises:
            SqlError: 1452, one of its parents is not.
        """
        definition = self._table.definition
        for key in definition.foreign_keys:
            wanted = _cells(definition, row, key.columns)
            if None in wanted or (before is not None and wanted == _cells(definition, before, key.columns)):
                continue
            parent = self._tables.store.table(key.database or definition.database, key.table)
            if parent is None or next(_entries(parent, key.referenced, wanted), None) is None:
                raise SqlError(1452, "23000", f"{_FAILS_CHILD} ({told(definition, key)})")

    def removed(self, row: Row) -> Steps:
        """A row is gone: so are those that refer to it, or it cannot go.

        Raises:
            SqlError: 1451, and what waiting for rows may end with.
        """
        for child, key in self._referring:
            yield from self._act(child, key, key.on_delete, _cells(self._table.definition, row, key.referenced), None)

    def changed(self, before: Row, after: Row) -> Steps:
        """A row has other values.

        Raises:
            SqlError: 1451, 1452.
        """
        self.check(after, before)
        for child, key in self._referring:
            old, new = (_cells(self._table.definition, row, key.referenced) for row in (before, after))
            if old != new:
                yield from self._act(child, key, key.on_update, old, new)

    def _act(
        self, child: Table, key: ForeignKey, action: str, old: tuple[Value, ...], new: tuple[Value, ...] | None
    ) -> Steps:
        if None in old:
            return
        tables, definition = self._tables, child.definition
        if next(_entries(self._table, key.referenced, old), None) is not None:
            return  # another row has the same values
        found = list(_entries(child, key.columns, old, with_held=action in _ACTS))
        if found and action not in _ACTS:
            raise SqlError(1451, "23000", f"{_FAILS_PARENT} ({told(definition, key)})")
        keeper = Keeper(tables, child, list(referring_to(tables.store, definition)))
        work = tables.store.begin(tables.me)
        if found:
            yield from tables.open(child, Use.WRITE)
        for entry in found:
            yield from tables.patiently(_holding(entry, work))
            row = entry.row
            if row is None or entry not in _entries(child, key.columns, old):
                continue
            if action == "CASCADE" and new is None:
                child.delete(work, entry)
                yield from keeper.removed(row)
                continue
            cells = list(row)
            for place, name in enumerate(key.columns):
                cells[definition.positions[name.lower()]] = None if new is None or action == "SET NULL" else new[place]
            child.update(work, entry, tuple(cells))
            yield from keeper.changed(row, tuple(cells))


def _holding(entry: Entry, work: object) -> Callable[[], None]:
    return lambda: entry.hold(work)  # type: ignore[arg-type]  # a Work, which this module need not know


def _cells(definition: TableDefinition, row: Row, names: Sequence[str]) -> tuple[Value, ...]:
    return tuple(row[definition.positions[name.lower()]] for name in names)


def _entries(
    table: Table, names: Sequence[str], wanted: tuple[Value, ...], *, with_held: bool = False
) -> Iterator[Entry]:
    """The entries whose newest row has these values; with_held: or had them before whoever holds it changed it."""
    definition = table.definition
    places = [definition.positions[name.lower()] for name in names]
    collations = [definition.columns[place].type.collation for place in places]

    def key(cell: Value, place: int) -> object:
        collation = collations[place]
        return values.collation_key(cell, collation) if isinstance(cell, str) and collation is not None else cell

    keys = [key(cell, place) for place, cell in enumerate(wanted)]
    for entry in table.all_entries():
        version = entry.version
        while version is not None:
            row = version.row
            if row is not None and [key(row[at], place) for place, at in enumerate(places)] == keys:
                yield entry
                break
            version = version.older if with_held and entry.holder is not None else None


def told(definition: TableDefinition, key: ForeignKey) -> str:
    """A foreign key as errors quote it."""
    place = f"{name_text(definition.database)}.{name_text(definition.name)}"
    return f"{place}, {key.text(definition.database)}"


# --- definitions ------------------------------------------------------------------------------------------------------


def check_definition(session: Session, store: Store, definition: TableDefinition) -> None:
    """Raise the error of a foreign key that cannot be: its parent has no such columns, or other types."""
    dialect = session.instance.dialect
    if definition.is_temporary:
        if dialect.mariadb:
            raise _malformed(definition)
        raise SqlError(1215, "HY000", "Cannot add foreign key constraint")
    for key in definition.foreign_keys:
        database = key.database or definition.database
        is_itself = (database, key.table) == (definition.database, definition.name)
        table = store.table(database, key.table)
        parent = definition if is_itself else None if table is None else table.definition
        if parent is None:
            if session.setting("foreign_key_checks") == "OFF":
                continue
            if dialect.mariadb:
                raise _malformed(definition)
            raise SqlError(1824, "HY000", f"Failed to open the referenced table '{key.table}'")
        for name, other in zip(key.columns, key.referenced, strict=True):
            _check_column(definition, parent, key, name, other, dialect)
        _check_key(definition, parent, key, dialect)


def _check_column(
    definition: TableDefinition, parent: TableDefinition, key: ForeignKey, name: str, other: str, dialect: Dialect
) -> None:
    if other.lower() not in parent.positions:
        if dialect.mariadb:
            raise _malformed(definition)
        text = f"Missing column '{other}' for constraint '{key.name}' in the referenced table '{key.table}'"
        raise SqlError(3734, "HY000", f"Failed to add the foreign key constraint. {text}")
    one, two = definition.column(name).type, parent.column(other).type
    is_same = one.collation is two.collation and one.unsigned == two.unsigned
    if one.kind is not two.kind or not is_same or (one.collation is None and one.name != two.name):
        if dialect.mariadb:
            raise _malformed(definition)
        text = f"Referencing column '{name}' and referenced column '{other}' in foreign key constraint '{key.name}'"
        raise SqlError(3780, "HY000", f"{text} are incompatible.")


def _check_key(definition: TableDefinition, parent: TableDefinition, key: ForeignKey, dialect: Dialect) -> None:
    for index in parent.indexes:
        is_whole = index.is_unique and len(index.columns) == len(key.referenced)
        if begins_with(index, key.referenced) and (dialect.mariadb or is_whole):
            return
    if dialect.mariadb:
        raise _malformed(definition)
    raise SqlError(
        6125,
        "HY000",
        f"Failed to add the foreign key constraint. Missing unique key for constraint '{key.name}' in the referenced"
        f" table '{key.table}'",
    )


def _malformed(definition: TableDefinition) -> SqlError:
    place = f"{name_text(definition.database)}.{name_text(definition.name)}"
    text = f'Can\'t create table {place} (errno: 150 "Foreign key constraint is incorrectly formed")'
    return SqlError(1005, "HY000", text)


def refuse_drop(session: Session, store: Store, table: Table, leaving: Sequence[Table]) -> SqlError | None:
    """The error for a table that is to go while others refer to it; None where it may."""
    if session.setting("foreign_key_checks") == "OFF":
        return None
    for child, key in referring_to(store, table.definition):
        if child is table or (child in leaving and not session.instance.dialect.mariadb):
            continue
        if session.instance.dialect.mariadb:
            return SqlError(1451, "23000", _FAILS_PARENT)
        text = f"Cannot drop table '{table.definition.name}' referenced by a foreign key constraint '{key.name}'"
        return SqlError(3730, "HY000", f"{text} on table '{child.definition.name}'.")
    return None


def refuse_truncate(session: Session, store: Store, table: Table) -> None:
    """Raise error 1701 where others refer to the table."""
    if session.setting("foreign_key_checks") == "OFF":
        return
    for child, key in referring_to(store, table.definition):
        if child is table:
            continue
        definition = child.definition
        place = f"{name_text(definition.database)}.{name_text(definition.name)}, "
        shown = f"CONSTRAINT {name_text(key.name)}"
        if session.instance.dialect.mariadb:
            shown = replace(key, database=key.database or definition.database).text("")
        text = f"Cannot truncate a table referenced in a foreign key constraint ({place}{shown})"
        raise SqlError(1701, "42000", text)
