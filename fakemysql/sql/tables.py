"""Stored rows: their versions, who holds them, and what a snapshot sees of them.

A :class:`Table` keeps an :class:`Entry` for each row, in the order of its clustered key. An entry is a chain of
:class:`Version` s, the newest first; a version whose row is ``None`` says that the row is deleted. Each version names
the :class:`Work` that wrote it, which is what one session's transaction has done so far.

**How a snapshot is decided.** The :class:`Store` counts commits. A work that commits gets the next number as its
``committed_at``; until then that is ``NEVER``. A snapshot is such a number: of each entry it shows the newest version
whose work was committed at that number or before, or is the reader's own (:meth:`Table.rows`). REPEATABLE READ keeps
one number for a transaction, READ COMMITTED takes the latest one for each statement, READ UNCOMMITTED takes ``NEVER``,
and whoever writes looks at the newest version, which it must hold first.

**Undoing** takes the newest versions off again, back to a mark in the work's list of changes: all of them for
ROLLBACK, those behind a savepoint or of the statement that failed otherwise. Versions that no snapshot can need are
dropped when a work ends.

**Waiting** is not done here: whoever would have to wait gets :class:`Blocked`, with those in its way; it waits in
``table_access.py``.
"""

from __future__ import annotations

import bisect
import datetime as dt
import enum
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import values
from .storing import converter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeAlias

    from .definitions import Index, TableDefinition
    from .values import Value

    Row: TypeAlias = tuple[Value, ...]
    Key: TypeAlias = Any  # comparable with the other keys of its index

NEVER: Final = 1 << 62


class Use(enum.IntEnum):
    """What a session does with a table until its statement or its transaction ends, or until UNLOCK TABLES."""

    READ = 1
    WRITE = 2
    KEPT_FOR_READING = 3  # LOCK TABLES t READ
    KEPT_FOR_WRITING = 4
    DEFINE = 5  # CREATE, DROP, TRUNCATE, ALTER


_GOES_WITH: Final = {
    Use.READ: frozenset({Use.READ, Use.WRITE, Use.KEPT_FOR_READING}),
    Use.WRITE: frozenset({Use.READ, Use.WRITE}),
    Use.KEPT_FOR_READING: frozenset({Use.READ, Use.KEPT_FOR_READING}),
    Use.KEPT_FOR_WRITING: frozenset[Use](),
    Use.DEFINE: frozenset[Use](),
}


class Blocked(Exception):  # not an error: it asks for waiting
    """Others are in the way. is_row: they hold a row, and not the whole table."""

    def __init__(self, others: Iterable[Participant], *, is_row: bool) -> None:
        self.others = list(others)
        self.is_row = is_row
        super().__init__(self.others)


class Duplicate(Exception):  # the caller words the error as its server does
    """A row with this key is there already. shown is the key as an error prints it."""

    def __init__(self, index: Index, entry: Entry, shown: str) -> None:
        super().__init__(index.name, shown)
        self.index = index
        self.entry = entry
        self.shown = shown


class Participant:
    """One session, as far as tables know it: its work, the tables that it uses, whom it waits for."""

    __slots__ = (
        "connection_id",
        "has_locked",
        "is_victim",
        "kept",
        "marks",
        "temporary",
        "used",
        "waiters",
        "waits_for",
        "work",
    )

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id
        self.work: Work | None = None
        self.temporary: dict[tuple[str, str], Table] = {}
        self.used: dict[Table, Use] = {}
        self.kept: dict[Table, Use] = {}
        # LOCK TABLES is in force; of temporary tables alone, which nobody else could use, nothing is kept.
        self.has_locked = False
        self.marks: dict[str, int] = {}
        self.waits_for: list[Participant] = []
        self.waiters: dict[Participant, None] = {}
        self.is_victim = False

    @property
    def weight(self) -> int:
        """How much would be lost if this one had to give up."""
        return 0 if self.work is None else len(self.work.changes) + len(self.work.held)


class Work:
    """What a transaction has done: the changes in order, and the entries that it holds.

    snapshot is the number that a REPEATABLE READ has settled on, None before its first read.
    """

    __slots__ = ("changes", "committed_at", "held", "owner", "snapshot")

    def __init__(self, owner: Participant | None) -> None:
        self.owner = owner
        self.committed_at = NEVER
        self.snapshot: int | None = None
        self.changes: list[tuple[Table, Entry]] = []
        self.held: list[Entry] = []


# Whatever was committed so long ago that every snapshot sees it.
_SETTLED: Final = Work(None)
_SETTLED.committed_at = 0


class Version:
    """A row as one work left it; None where it deleted it."""

    __slots__ = ("older", "row", "work")

    def __init__(self, row: Row | None, work: Work, older: Version | None) -> None:
        self.row = row
        self.work = work
        self.older = older


class Entry:
    """One row through time, and who holds it: one work alone, or several that only want it to stay as it is."""

    __slots__ = ("holder", "key", "sharers", "version")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.version: Version | None = None
        self.holder: Work | None = None
        self.sharers: set[Work] | None = None

    @property
    def row(self) -> Row | None:
        """The newest row, whoever wrote it."""
        return None if self.version is None else self.version.row

    def seen(self, number: int, work: Work | None) -> Row | None:
        """The row that a snapshot shows, with what the reader itself has done."""
        version = self.version
        while version is not None:
            if version.work.committed_at <= number or version.work is work:
                return version.row
            version = version.older
        return None

    def hold(self, work: Work, *, is_shared: bool = False) -> None:
        """Take the row for a work, until that ends.

        Raises:
            Blocked: others have it.
        """
        if self.holder is work:
            return
        others = [] if self.holder is None else [self.holder]
        if self.sharers and not is_shared:
            others += [sharer for sharer in self.sharers if sharer is not work]
        if others:
            raise Blocked((other.owner for other in others if other.owner is not None), is_row=True)
        if is_shared:
            self.sharers = {work} if self.sharers is None else self.sharers | {work}
        else:
            self.holder = work
        work.held.append(self)

    def let_go(self, work: Work) -> None:
        if self.holder is work:
            self.holder = None
        if self.sharers is not None:
            self.sharers.discard(work)


class _Unique:
    """The entries by what a unique key has of them, in any of their versions."""

    __slots__ = ("entries", "index", "key_of")

    def __init__(self, index: Index, key_of: Callable[[Row], Key]) -> None:
        self.index = index
        self.key_of = key_of
        self.entries: dict[Key, list[Entry]] = {}

    def add(self, entry: Entry, row: Row) -> None:
        key = self.key_of(row)
        if key is not None:
            known = self.entries.setdefault(key, [])
            if entry not in known:
                known.append(entry)

    def remove(self, entry: Entry, row: Row) -> None:
        """Forget that the entry had this row, unless another version has the same key."""
        key = self.key_of(row)
        known = self.entries.get(key)
        if known is None or entry not in known:
            return
        version = entry.version
        while version is not None:
            if version.row is not None and self.key_of(version.row) == key:
                return
            version = version.older
        known.remove(entry)
        if not known:
            del self.entries[key]


class Table:
    """A table: its definition, its rows, who uses it. next_id is what AUTO_INCREMENT counts next."""

    def __init__(self, definition: TableDefinition) -> None:
        self.used: dict[Participant, Use] = {}
        self.kept: dict[Participant, Use] = {}
        self.created: dt.datetime | None = None
        self.next_id = definition.options.auto_increment or 1
        self.define(definition)
        self.empty()

    def define(self, definition: TableDefinition) -> None:
        """Another name, or other columns while there are no rows."""
        self.definition = definition
        self.converters = [converter(column) for column in definition.columns]

    def empty(self) -> None:
        """No rows: at the beginning, and after TRUNCATE."""
        definition = self.definition
        self.entries: dict[Key, Entry] = {}
        self.order: list[Key] = []
        self._last_row = 0
        clustered = definition.clustered
        self._clustered = clustered
        self._key_of = None if clustered is None else _key_function(definition, clustered)
        self._uniques = [
            _Unique(index, _key_function(definition, index))
            for index in definition.indexes
            if index.is_unique and index is not clustered
        ]

    def become(self, made: Table, definition: TableDefinition) -> None:
        """Take over the rows of a table that nobody else knows."""
        self.next_id = made.next_id
        self.define(definition)
        self.empty()
        for key in made.order:
            entry = self.entries[key] = made.entries[key]
            self.order.append(key)
            if entry.row is not None:
                for unique in self._uniques:
                    unique.add(entry, entry.row)
        self._last_row = made._last_row

    # --- reading ------------------------------------------------------------------------------------------------------

    def rows(self, number: int, work: Work | None) -> list[Row]:
        """All rows that a snapshot shows, in the order of the clustered key."""
        rows: list[Row] = []
        entries = self.entries
        for key in self.order:
            version = entries[key].version
            while version is not None:
                if version.work.committed_at <= number or version.work is work:
                    if version.row is not None:
                        rows.append(version.row)
                    break
                version = version.older
        return rows

    def all_entries(self) -> Iterator[Entry]:
        """Every row's entry, as of now, while others go on changing the table."""
        entries = self.entries
        for key in list(self.order):
            entry = entries.get(key)
            if entry is not None:
                yield entry

    def find(self, index: Index, row_like: Row) -> list[Entry]:
        """The entries that have, in any version, the values of this row in the columns of a unique index."""
        if index is self._clustered:
            assert self._key_of is not None
            entry = self.entries.get(self._key_of(row_like))
            return [] if entry is None else [entry]
        unique = next(each for each in self._uniques if each.index is index)
        return list(unique.entries.get(unique.key_of(row_like), ()))

    # --- writing ------------------------------------------------------------------------------------------------------

    def insert(self, work: Work, row: Row) -> None:
        """Add a row.

        Raises:
            Duplicate: a unique key has it already.
            Blocked: whether it has is for another transaction to say.
        """
        if self._key_of is None:
            self._last_row += 1
            key = self._last_row
        else:
            key = self._key_of(row)
        entry = self.entries.get(key)
        if entry is not None:
            assert self._clustered is not None
            self._collide(work, entry, self._clustered, row)
        for unique in self._uniques:
            self._check(work, unique, row, None)
        if entry is None:
            entry = self.entries[key] = Entry(key)
            if not self.order or key > self.order[-1]:
                self.order.append(key)
            else:
                bisect.insort(self.order, key)
        self._push(work, entry, row)

    def update(self, work: Work, entry: Entry, row: Row) -> None:
        """Change a row that the work holds; another clustered key makes it another entry.

        Raises:
            Duplicate, Blocked: as for :meth:`insert`.
        """
        if self._key_of is not None and self._key_of(row) != entry.key:
            other = self.entries.get(self._key_of(row))
            if other is not None:
                assert self._clustered is not None
                self._collide(work, other, self._clustered, row)
            for unique in self._uniques:
                self._check(work, unique, row, entry)
            self.delete(work, entry)
            self.insert(work, row)
            return
        for unique in self._uniques:
            self._check(work, unique, row, entry)
        self._push(work, entry, row)

    def delete(self, work: Work, entry: Entry) -> None:
        self._push(work, entry, None)

    def _push(self, work: Work, entry: Entry, row: Row | None) -> None:
        entry.hold(work)
        entry.version = Version(row, work, entry.version)
        work.changes.append((self, entry))
        if row is not None:
            for unique in self._uniques:
                unique.add(entry, row)

    def _check(self, work: Work, unique: _Unique, row: Row, itself: Entry | None) -> None:
        key = unique.key_of(row)
        if key is None:
            return
        for entry in unique.entries.get(key, ()):
            if entry is itself:
                continue
            if entry.holder is not None and entry.holder is not work:
                entry.hold(work)
            newest = entry.row
            if newest is not None and unique.key_of(newest) == key:
                raise Duplicate(unique.index, entry, _shown(self.definition, unique.index, row))

    def _collide(self, work: Work, entry: Entry, index: Index, row: Row) -> None:
        entry.hold(work)
        if entry.row is not None:
            raise Duplicate(index, entry, _shown(self.definition, index, row))

    # --- taking back and tidying up -----------------------------------------------------------------------------------

    def undo(self, entry: Entry) -> None:
        """Take the newest version off an entry."""
        version = entry.version
        assert version is not None
        entry.version = version.older
        if version.row is not None:
            for unique in self._uniques:
                unique.remove(entry, version.row)
        if entry.version is None:
            self._drop(entry)

    def prune(self, entry: Entry, oldest: int) -> bool:
        """Drop what no snapshot from this number on can see; whether nothing is left that could be dropped later."""
        version = entry.version
        while version is not None and version.work.committed_at > oldest:
            version = version.older
        if version is None:
            return entry.version is None
        cut, version.older, version.work = version.older, None, _SETTLED
        while cut is not None:
            if cut.row is not None:
                for unique in self._uniques:
                    unique.remove(entry, cut.row)
            cut = cut.older
        if entry.version is version and version.row is None:
            self._drop(entry)
            return True
        return entry.version is version

    def _drop(self, entry: Entry) -> None:
        if self.entries.get(entry.key) is not entry:
            return  # TRUNCATE has dropped them all
        del self.entries[entry.key]
        place = bisect.bisect_left(self.order, entry.key)
        del self.order[place]

    # --- use ----------------------------------------------------------------------------------------------------------

    def blockers(self, participant: Participant, use: Use) -> list[Participant]:
        """Who uses the table in a way that does not go with this one."""
        allowed = _GOES_WITH[use]
        return [
            other
            for users in (self.used, self.kept)
            for other, held in users.items()
            if other is not participant and held not in allowed
        ]


def _key_function(definition: TableDefinition, index: Index) -> Callable[[Row], Key]:
    """What rows that are equal in an index have in common; None where a part of it is NULL."""
    parts = [
        _part_function(definition, definition.positions[name.lower()], prefix)
        for name, prefix in zip(index.columns, index.prefixes or (None,) * len(index.columns), strict=True)
    ]
    if len(parts) == 1:
        return parts[0]

    def key(row: Row) -> Key:
        made = tuple([part(row) for part in parts])
        return None if None in made else made

    return key


def _part_function(definition: TableDefinition, place: int, prefix: int | None) -> Callable[[Row], Key]:
    column = definition.columns[place]
    collation = column.type.collation
    if column.type.kind.is_temporal:
        # A zero date is text among dates; all of them as text are in order.
        return lambda row: _moment_key(row[place])
    if collation is None or column.type.is_binary:
        return (lambda row: row[place]) if prefix is None else (lambda row: _cut(row[place], prefix))

    def text_key(row: Row) -> Key:
        value = _cut(row[place], prefix)
        return values.collation_key(value, collation) if isinstance(value, str) else value

    return text_key


def _moment_key(value: Value) -> Key:
    return value if value is None or isinstance(value, dt.timedelta) else str(value)


def _cut(value: Value, prefix: int | None) -> Value:
    return value[:prefix] if prefix is not None and isinstance(value, (str, bytes)) else value


def _shown(definition: TableDefinition, index: Index, row: Row) -> str:
    """A key as the error of a duplicate prints it."""
    shown: list[str] = []
    for name, prefix in zip(index.columns, index.prefixes or (None,) * len(index.columns), strict=True):
        value = _cut(row[definition.positions[name.lower()]], prefix)
        if isinstance(value, bytes):
            shown.append("".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}" for byte in value))
        elif isinstance(value, dt.timedelta):
            shown.append(values.time_text(value))
        else:
            shown.append(str(value))
    return "-".join(shown)


class Store:
    """All tables of a server, and the count of commits.

    version counts changes of definitions, so that a plan can tell whether it still fits.
    """

    def __init__(self) -> None:
        self.databases: dict[str, dict[str, Table]] = {}
        self.serial = 0
        self.version = 0
        # Whether any table has ever had one.
        self.has_foreign_keys = False
        self._works: set[Work] = set()
        self._unpruned: list[tuple[Table, Entry]] = []

    # --- names --------------------------------------------------------------------------------------------------------

    def table(self, database: str, name: str) -> Table | None:
        return self.databases.get(database, {}).get(name)

    def names(self, database: str) -> list[str]:
        return sorted(self.databases.get(database, ()))

    def add(self, table: Table) -> None:
        definition = table.definition
        self.has_foreign_keys = self.has_foreign_keys or bool(definition.foreign_keys)
        self.databases.setdefault(definition.database, {})[definition.name] = table
        self.version += 1

    def remove(self, table: Table) -> None:
        del self.databases[table.definition.database][table.definition.name]
        self.version += 1

    def remove_database(self, name: str) -> list[Table]:
        """Forget a database's tables, and name them."""
        self.version += 1
        return list(self.databases.pop(name, {}).values())

    def redefine(self, table: Table, made: Table, target: tuple[str, str] | None) -> None:
        """A table becomes what has been made of it, under another name if there is one."""
        database, name = target or (table.definition.database, table.definition.name)
        if not table.definition.is_temporary:
            self.remove(table)
        # What was done to the rows that there were is over.
        self._unpruned = [each for each in self._unpruned if each[0] is not table]
        table.become(made, replace(made.definition, database=database, name=name, positions={}, shapes=[]))
        if not table.definition.is_temporary:
            self.add(table)

    # --- works --------------------------------------------------------------------------------------------------------

    def begin(self, participant: Participant) -> Work:
        """The participant's work, begun now unless it has one."""
        if participant.work is None:
            participant.work = Work(participant)
        return participant.work

    def settle_snapshot(self, work: Work) -> int:
        """The number that the work reads at from now on."""
        if work.snapshot is None:
            work.snapshot = self.serial
            self._works.add(work)
        return work.snapshot

    def roll_back_to(self, work: Work, mark: int) -> None:
        """Take back what was done since there were so many changes."""
        changes = work.changes
        while len(changes) > mark:
            table, entry = changes.pop()
            table.undo(entry)

    def end(self, participant: Participant, *, commits: bool) -> None:
        """The participant's transaction is over."""
        participant.marks.clear()
        work, participant.work = participant.work, None
        if work is None:
            return
        if commits:
            if work.changes:
                self.serial += 1
                work.committed_at = self.serial
                self._unpruned += work.changes
        else:
            self.roll_back_to(work, 0)
        for entry in work.held:
            entry.let_go(work)
        self._works.discard(work)
        if self._unpruned:
            self._prune()

    def _prune(self) -> None:
        oldest = min((work.snapshot for work in self._works if work.snapshot is not None), default=self.serial)
        self._unpruned = [(table, entry) for table, entry in self._unpruned if not table.prune(entry, oldest)]
