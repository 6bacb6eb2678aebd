"""Rows put into a table, one after another: what INSERT, REPLACE and whoever loads rows from elsewhere have in common.

An :class:`Inserter` is made for a table and a list of columns. :meth:`Inserter.add` takes one row's values, each with
its shape, fills in defaults and AUTO_INCREMENT, converts, and stores the row; it waits where another transaction has
the same key, and treats a duplicate as it was told to. What the OK packet tells is counted here.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from .calls import Scope
from .column_types import Kind
from .definitions import Computed, Now
from .evaluation import Binder
from .sqlerrors import SqlError, unknown_column
from .storing import INTEGER, Writing, no_document, zero
from .table_access import keeper_of
from .tables import Blocked, Duplicate
from .values import UINT64_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..answers import Pause, Wake, Woken
    from .definitions import ColumnDefinition, Index, TableDefinition
    from .dialect import Dialect
    from .foreign_keys import Keeper
    from .session import Session
    from .shapes import Shape
    from .table_access import TableSession
    from .table_grammar import Default
    from .tables import Entry, Row, Table, Work
    from .values import Value

    # What a duplicate's row becomes, or None where it stays as it is.
    Change = Callable[[Row, Row], "Generator[Pause | Wake, Woken | None, Row | None]"]


class OnDuplicate(enum.Enum):
    """What becomes of a row whose key is there already."""

    FAIL = "error 1062"
    SKIP = "INSERT IGNORE: a warning"
    REPLACE = "REPLACE: the old row goes"
    UPDATE = "ON DUPLICATE KEY UPDATE: the old row is changed"


def places_of(definition: TableDefinition, names: Sequence[str] | None, dialect: Dialect) -> list[int]:
    """The places of the columns that are listed, or of all.

    Raises:
        SqlError: 1054 or 1110, a column is unknown or named twice.
    """
    if names is None:
        return list(range(len(definition.columns)))
    places: list[int] = []
    for name in names:
        place = definition.positions.get(name.lower())
        if place is None:
            raise unknown_column(dialect, name, dialect.pick("INSERT INTO", "field list"))
        if place in places:
            raise SqlError(1110, "42000", f"Column '{name}' specified twice")
        places.append(place)
    return places


def default_column(
    definition: TableDefinition, place: int, node: Default, session: Session, clause: str
) -> ColumnDefinition:
    """The column whose default DEFAULT or DEFAULT(column) means, for the column at this place.

    Raises:
        SqlError: 1054, there is no such column; 3773, its default is an expression, which MySQL does not look up.
    """
    if not node.column:
        return definition.columns[place]
    dialect = session.instance.dialect
    if node.column.lower() not in definition.positions:
        raise unknown_column(dialect, node.column, clause)
    column = definition.column(node.column)
    if isinstance(column.default, Computed) and not dialect.mariadb:
        raise SqlError(3773, "HY000", "DEFAULT function cannot be used with default value expressions")
    return column


class Inserter:
    """Stores rows in a table.

    Args:
        tables: the session's way to tables; its statement has begun.
        table: where the rows go.
        places: which columns the values of a row are for, in order.
        on_duplicate: what to do with a row whose key is there.
        change: for ON DUPLICATE KEY UPDATE, what the old row becomes.
        is_single: there is one row alone, in which a NULL where none may be is an error in any mode.

    records, duplicates, affected: what the OK packet tells. first_id is the first number that AUTO_INCREMENT gave out,
    last_id the last one that a row has.
    """

    def __init__(
        self,
        tables: TableSession,
        table: Table,
        places: Sequence[int],
        *,
        on_duplicate: OnDuplicate = OnDuplicate.FAIL,
        change: Change | None = None,
        ignore: bool = False,
        is_single: bool = False,
    ) -> None:
        self.session: Session = tables.session
        self.definition = table.definition
        self.writing = Writing(self.session, self.definition, ignore=ignore)
        self.records = self.duplicates = self.affected = 0
        self.first_id = self.last_id = 0
        self.rows: list[Row] = []
        # The number that the row of now was given, and one that a row before it gave back.
        self._given = self._spare = 0
        self._tables = tables
        self.table = table
        self._places = places
        self._on_duplicate = on_duplicate
        self._change = change
        self._is_single = is_single
        self._auto = self.definition.auto_position
        self._work: Work = tables.store.begin(tables.me)
        self._keeper = keeper_of(tables, table)
        self._missing: list[ColumnDefinition] = []
        self._blank = self._defaults()
        if self.session.instance.dialect.mariadb:
            self._complain_of_missing()

    def _defaults(self) -> list[Value]:
        """A row of defaults, for the columns that are not given; those that have none are noted."""
        given = set(self._places)
        return [
            self._beforehand(column) if place in given else self._default(column)
            for place, column in enumerate(self.definition.columns)
        ]

    def _beforehand(self, column: ColumnDefinition) -> Value:
        """What an expression finds in a column that has not been given its value yet."""
        if column.has_default and not isinstance(column.default, (Now, Computed)):
            return column.default
        return None if column.nullable or column.auto_increment else zero(column)

    def _default(self, column: ColumnDefinition) -> Value:
        if column.must_be_given:
            if column.type.kind is not Kind.ENUM:
                self._missing.append(column)
            return zero(column)
        return self.default(column)

    def _complain_of_missing(self) -> None:
        """Say it once a statement: MariaDB before it looks at values, MySQL after those of the first row.

        Raises:
            SqlError: 1364, in strict mode; 4025, what is put in the place of a document is none.
        """
        for column in self._missing:
            self.writing.complain(1364, "HY000", f"Field '{column.name}' doesn't have a default value")
        if self.writing.is_mariadb:
            for column in self._missing:
                if column.type.kind is Kind.JSON:
                    raise no_document(self.definition, column)
        self._missing = []

    def default(self, column: ColumnDefinition) -> Value:
        """A column's default, of now."""
        default = column.default
        if isinstance(default, Now):
            return now(self.session, column)
        if isinstance(default, Computed):
            bound = Binder(self.session, self.session.instance).bind(default.expression)
            value = bound.run(Scope(self.session, self.session.instance))
            return self.convert(self.definition.positions[column.name.lower()], value, bound.shape)
        return default

    def required_default(self, column: ColumnDefinition) -> Value:
        """What DEFAULT stands for in the place of a value.

        Raises:
            SqlError: 1364, there is none.
        """
        if column.must_be_given:
            raise SqlError(1364, "HY000", f"Field '{column.name}' doesn't have a default value")
        return self.default(column)

    def convert(self, place: int, value: Value, shape: Shape) -> Value:
        """A value as the column at this place holds it.

        Raises:
            SqlError: it does not fit, in strict mode; 1048 for a NULL that may not be.
        """
        column = self.definition.columns[place]
        if value is None:
            if column.nullable or place == self._auto:
                return None
            if self._is_single or self.writing.is_strict:
                raise SqlError(1048, "23000", f"Column '{column.name}' cannot be null")
            self.writing.warn(1048, f"Column '{column.name}' cannot be null")
            return zero(column)
        self.writing.column = column.name
        return self.table.converters[place](value, shape, self.writing)

    def blank(self) -> list[Value]:
        """A row to fill in: defaults where nothing is going to be given."""
        self.writing.row = self.records + 1
        return list(self._blank)

    def add(self, cells: Sequence[tuple[Value, Shape]]) -> Generator[Pause | Wake, Woken | None, None]:
        """Convert and store one row of values for the columns at ``places``.

        Raises:
            SqlError: a value does not fit (strict mode), 1062, or what waiting may end with.
        """
        row = self.blank()
        for place, (value, shape) in zip(self._places, cells, strict=True):
            row[place] = self.convert(place, value, shape)
        yield from self.store(row)

    def store(self, row: list[Value]) -> Generator[Pause | Wake, Woken | None, None]:
        """Store one row whose values are converted, but for AUTO_INCREMENT."""
        self.records += 1
        if self._missing:
            self._complain_of_missing()
        self._number(row)
        made = tuple(row)
        while True:
            try:
                self.table.insert(self._work, made)
            except Blocked:
                yield from self._tables.patiently(lambda: self._probe(made))
                continue
            except Duplicate as duplicate:
                if (yield from self._settle(duplicate, made)):
                    return
                continue
            if self._keeper is not None and not self._has_parents(self._keeper, made):
                return
            self.affected += 1
            self.rows.append(made)
            if self._auto is not None:
                self._count(made[self._auto])
            return

    def _has_parents(self, keeper: Keeper, row: Row) -> bool:
        """Whether the row that has been stored may stay; INSERT IGNORE takes it away again.

        Raises:
            SqlError: 1452.
        """
        try:
            keeper.check(row)
        except SqlError as error:
            ignores = self._on_duplicate is OnDuplicate.SKIP
            if not self.writing.is_mariadb and (self._is_single or ignores) and self._given:
                # MySQL looks for parents before it counts.
                self.table.next_id = self._given
            if not ignores:
                raise
            self._tables.store.roll_back_to(self._work, len(self._work.changes) - 1)
            self.writing.warn(error.code, error.message)
            self._take_back()
            return False
        return True

    def _probe(self, row: Row) -> None:
        """Wait for those who are in the way, and leave the rest to another try."""
        mark = len(self._work.changes)
        try:
            self.table.insert(self._work, row)
        except Duplicate:
            return
        self._tables.store.roll_back_to(self._work, mark)

    def _number(self, row: list[Value]) -> None:
        place = self._auto
        self._given = 0
        if place is None:
            return
        value = row[place]
        is_asked_for = value is None or (value == 0 and "NO_AUTO_VALUE_ON_ZERO" not in self.session.modes)
        if not is_asked_for:
            assert isinstance(value, (int, float))
            self.table.next_id = max(self.table.next_id, int(value) + 1)
            return
        number = self.session.insert_id or self._spare or _next_in_step(self.session, self.table.next_id)
        self.session.insert_id = self._spare = 0
        self._given = number
        row[place] = self.table.converters[place](number, INTEGER, self.writing)
        # A number that was taken back and is used now was one of as many as there are rows: the last of those is lost.
        self.table.next_id = max(self.table.next_id + 1, number + 1)
        if not self.first_id:
            self.first_id = number

    def _take_back(self) -> None:
        """The number that was given out last has not been used: the next row of the statement gets it."""
        if self._given:
            self._spare = self._given
            if self.first_id == self._given:
                self.first_id = 0

    def _count(self, value: Value) -> None:
        # Sent as it is kept, in 64 bits without a sign.
        self.last_id = int(value) & UINT64_MAX if isinstance(value, (int, float)) else 0

    # --- duplicates ---------------------------------------------------------------------------------------------------

    def _settle(self, duplicate: Duplicate, row: Row) -> Generator[Pause | Wake, Woken | None, bool]:
        """Do with a duplicate what is to be done; whether the row is dealt with."""
        error = duplicate_error(self.definition, duplicate, self.session.instance.dialect)
        if self._on_duplicate is OnDuplicate.FAIL:
            raise error
        if self._on_duplicate is OnDuplicate.SKIP:
            self.writing.warn(1062, error.message)
            self.duplicates += 1
            self._take_back()
            return True
        entry = duplicate.entry
        yield from self._tables.patiently(lambda: entry.hold(self._work))
        before = entry.row
        if before is None:
            return False  # whoever had it has just deleted it
        if self._on_duplicate is OnDuplicate.REPLACE:
            if before == row and duplicate.index is self._last_unique():
                # Servers change the old row where no other key can be in the way, and this one stays as it is.
                self.affected += 1
                self.rows.append(row)
                if self._auto is not None:
                    self._count(row[self._auto])
                return True
            self.table.delete(self._work, entry)
            if self._keeper is not None and self.writing.is_mariadb:
                yield from self._keeper.removed(before)
            elif self._keeper is not None:
                yield from self._keeper.changed(before, row)
            self.affected += 1
            if self.duplicates < self.records:
                self.duplicates += 1
            return False
        yield from self._update(entry, before, row)
        return True

    def _last_unique(self) -> Index | None:
        return next((index for index in reversed(self.definition.indexes) if index.is_unique), None)

    def _update(self, entry: Entry, before: Row, row: Row) -> Generator[Pause | Wake, Woken | None, None]:
        assert self._change is not None
        after = yield from self._change(before, row)
        self.duplicates += 1
        self._take_back()
        if self._auto is not None:
            self._count(before[self._auto])
        if after is None:
            self.affected += 1 if self.session.counts_found_rows else 0
            return
        try:
            yield from self._tables.patiently(lambda: self.table.update(self._work, entry, after))
        except Duplicate as again:
            raise duplicate_error(self.definition, again, self.session.instance.dialect) from None
        if self._keeper is not None:
            yield from self._keeper.changed(before, after)
        self.affected += 2

    @property
    def insert_id(self) -> int:
        """What the OK packet tells: the first number given out, or else the last one that a row came with."""
        return self.first_id or self.last_id


def _next_in_step(session: Session, least: int) -> int:
    """The next number of auto_increment_offset, + increment, + increment ... that is not less."""
    step = int(session.setting("auto_increment_increment") or 1)
    offset = int(session.setting("auto_increment_offset") or 1)
    if step <= 1:
        return least
    return least if least <= offset else offset + -(-(least - offset) // step) * step


def now(session: Session, column: ColumnDefinition) -> Value:
    """The moment that a column of this type takes for CURRENT_TIMESTAMP."""
    is_timestamp = column.type.kind is Kind.TIMESTAMP
    moment = session.utc_time() if is_timestamp else session.local_time()
    unit: int = 10 ** (6 - (column.type.decimals or 0))
    return moment.replace(microsecond=moment.microsecond // unit * unit)


def duplicate_error(definition: TableDefinition, duplicate: Duplicate, dialect: Dialect) -> SqlError:
    name = duplicate.index.name
    key = name if dialect.mariadb else f"{definition.name}.{name}"
    return SqlError(1062, "23000", f"Duplicate entry '{duplicate.shown}' for key '{key}'")
