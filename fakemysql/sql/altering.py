"""ALTER TABLE carried out: another definition, and where that asks for it the rows made anew.

All changes are made to a copy of the definition; the rows are converted into a table of their own, so that an error in
any of them leaves everything as it was. What the OK packet counts is what servers copy: rows, when a column's type, the
character set or the primary key changes, and none for what they do in place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import sqlerrors
from .alter_grammar import (
    AddForeignKey,
    AddIndex,
    AlterTable,
    Convert,
    Drop,
    PutColumn,
    Rebuild,
    Rename,
    RenameTo,
    SetDefault,
    SetOptions,
    SwitchKeys,
)
from .calls import Scope
from .column_types import Kind
from .declaring import begins_with, collation_of, declare, declared_index, foreign_key, needed_index, options_of
from .definitions import Computed, Index, Now, define
from .evaluation import Binder
from .inserting import duplicate_error, now
from .nodes import TableName
from .sqlerrors import SqlError
from .storing import Writing, zero
from .table_access import tables_of
from .table_grammar import CreateTable, OptionsNode
from .tables import Duplicate, Table, Use, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .definitions import ColumnDefinition, ForeignKey, TableDefinition
    from .engine import SessionEngine
    from .session import Session
    from .table_access import TableSession
    from .tables import Row
    from .values import Value

_ZERO_TEXT: Final = {Kind.DATE: "0000-00-00", Kind.DATETIME: "0000-00-00 00:00:00"}
_NO_SUCH_OPTION: Final = 1031


def alter_table(
    engine: SessionEngine, session: Session, statement: object, more: int
) -> Generator[Step, Woken | None, None]:
    """ALTER TABLE, CREATE INDEX and DROP INDEX."""
    assert isinstance(statement, AlterTable)
    engine.instance.counters.add("Com_alter_table")
    tables = tables_of(session)
    database, name = statement.table.database or session.need_database(), statement.table.name
    if (database, name) not in tables.me.temporary:
        tables.begin_definition()
    if statement.if_exists and tables.find(database, name) is None:
        session.warn("Note", 1146, sqlerrors.no_such_table(database, name).message)
        yield engine.ok(session, more)
        return
    table = tables.need(database, name)
    altered = _Altered(session, table)
    for change in statement.changes:
        altered.apply(change)
    definition = altered.definition()
    target = altered.renamed
    if target is not None and tables.find(*target) is not None:
        raise SqlError(1050, "42S01", f"Table '{target[1]}' already exists")
    if target is not None and target[0] not in engine.instance.databases:
        raise sqlerrors.unknown_database(target[0])
    yield from tables.open(table, Use.DEFINE)
    rows = table.rows(tables.store.serial, tables.me.work)
    made = _rebuilt(session, definition, altered, rows, table)
    if altered.new_keys:
        _check_references(tables, made, altered)
    tables.store.redefine(table, made, target)
    only_names = all(isinstance(change, (RenameTo, SwitchKeys)) for change in statement.changes)
    if only_names and (statement.changes or not engine.dialect.mariadb):
        yield engine.ok(session, more)
        return
    copied = len(rows) if altered.copies else 0
    yield engine.ok(
        session,
        more,
        affected=copied,
        info=f"Records: {copied}  Duplicates: 0  Warnings: {session.statement_warnings}",
    )


def _check_references(tables: TableSession, made: Table, altered: _Altered) -> None:
    """Raise the error of a foreign key that cannot be, or that a row does not fit."""
    from .foreign_keys import Keeper, check_definition

    definition = made.definition
    check_definition(tables.session, tables.store, definition)
    if tables.session.setting("foreign_key_checks") == "OFF":
        return
    made.definition = replace(definition, foreign_keys=tuple(altered.new_keys), positions={}, shapes=[])
    keeper = Keeper(tables, made, ())
    for entry in made.all_entries():
        if entry.row is not None:
            keeper.check(entry.row)
    made.definition = definition


class _Altered:
    """A definition under way: columns, and from which old column each has its values."""

    def __init__(self, session: Session, table: Table) -> None:
        self.session = session
        self.dialect = session.instance.dialect
        self.before = table.definition
        self.columns = list(table.definition.columns)
        self.origins: list[int | None] = list(range(len(self.columns)))
        self.indexes = list(table.definition.indexes)
        self.options = table.definition.options
        self.renamed: tuple[str, str] | None = None
        self.copies = False
        self.next_id: int | None = None
        self._new_indexes: list[Index] = []
        self._had_primary = self.before.primary is not None
        self._foreign_keys = list(self.before.foreign_keys)
        self.new_keys: list[ForeignKey] = []

    def apply(self, change: object) -> None:
        """One change.

        Raises:
            SqlError: 1054, 1060, 1091 and what declaring a column may raise.
        """
        _APPLY[type(change)](self, change)

    def definition(self) -> TableDefinition:
        """The definition with all changes.

        Raises:
            SqlError: 1061, 1068, 1072, 1075, 1090 and their kin.
        """
        before = self.before
        if not self.columns:
            raise SqlError(1090, "42000", "You can't delete all columns with ALTER TABLE; use DROP TABLE instead")
        made = define(
            before.database,
            before.name,
            self.columns,
            [*self.indexes, *self._new_indexes],
            self.options,
            is_temporary=before.is_temporary,
            foreign_keys=self._foreign_keys,
        )
        if self._had_primary and made.primary is None:
            self.copies = True
        return made

    # --- columns ------------------------------------------------------------------------------------------------------

    def _place(self, name: str) -> int:
        for place, column in enumerate(self.columns):
            if column.name.lower() == name.lower():
                return place
        raise SqlError(1054, "42S22", f"Unknown column '{name}' in '{self.before.name}'")

    def _has(self, name: str) -> bool:
        return any(column.name.lower() == name.lower() for column in self.columns)

    def put(self, change: PutColumn) -> None:
        if change.is_careful and self._has(change.old or change.column.name) is not bool(change.old):
            if change.old:
                self.session.warn("Note", 1054, f"Unknown column '{change.old}' in '{self.before.name}'")
            else:
                self.session.warn("Note", 1060, f"Duplicate column name '{change.column.name}'")
            return
        origin: int | None = None
        at = len(self.columns)
        if change.old:
            at = self._place(change.old)
        column = self._declared(change)
        if change.old:
            old = self.columns.pop(at)
            origin = self.origins.pop(at)
            self._rename_in_keys(change.old, column.name)
            self.copies = self.copies or _is_copied(old, column)
        elif self._has(column.name):
            raise SqlError(1060, "42S21", f"Duplicate column name '{column.name}'")
        if change.after is not None:
            at = self._place(change.after) + 1 if change.after else 0
        self.columns.insert(at, column)
        self.origins.insert(at, origin)
        if change.column.key:
            is_primary = change.column.key == "PRIMARY"
            name = "PRIMARY" if is_primary else ""
            self._new_indexes.append(Index(name, (column.name,), is_unique=True, is_primary=is_primary))

    def _declared(self, change: PutColumn) -> ColumnDefinition:
        """The column, declared alone; what counts must be a key, which it need not have here."""
        node = change.column
        alone = replace(node, auto_increment=False, key="")
        options = OptionsNode(collation=self.options.collation)
        table = TableName("", self.before.name)
        made = declare(self.session, CreateTable(table, False, False, (alone,), options=options), "").columns[0]
        if node.auto_increment:
            made = replace(made, auto_increment=True, nullable=False)
        in_primary = any(
            index.is_primary and change.old.lower() in (name.lower() for name in index.columns)
            for index in self.indexes
        )
        return replace(made, nullable=False) if in_primary and node.nullable is None else made

    def _rename_in_keys(self, before: str, after: str) -> None:
        self.indexes = [
            replace(
                index,
                columns=tuple(after if name.lower() == before.lower() else name for name in index.columns),
            )
            for index in self.indexes
        ]

    def drop(self, change: Drop) -> None:
        if change.kind == "INDEX":
            self._drop_index(change)
            return
        if change.kind == "FOREIGN KEY":
            self._drop_foreign_key(change)
            return
        if not self._has(change.name):
            self._missing("COLUMN", change)
            return
        place = self._place(change.name)
        for key in self._foreign_keys:
            if change.name.lower() in (name.lower() for name in key.columns):
                raise self._needed(key, change)
        del self.columns[place], self.origins[place]
        kept: list[Index] = []
        for index in self.indexes:
            places = [at for at, name in enumerate(index.columns) if name.lower() != change.name.lower()]
            is_cut = len(places) < len(index.columns)
            if is_cut and places and index.is_unique and self.dialect.mariadb:
                raise SqlError(1072, "42000", f"Key column '{change.name}' doesn't exist in table")
            if places:
                prefixes = tuple(index.prefixes[at] for at in places) if index.prefixes else ()
                columns = tuple(index.columns[at] for at in places)
                kept.append(replace(index, columns=columns, prefixes=prefixes) if is_cut else index)
        self.indexes = kept

    def _missing(self, kind: str, change: Drop) -> None:
        text = f"Can't DROP '{change.name}'; check that column/key exists"
        if self.dialect.mariadb:
            text = f"Can't DROP {kind} `{change.name}`; check that it exists"
        if not change.if_exists:
            raise SqlError(1091, "42000", text)
        self.session.warn("Note", 1091, text)

    def _needed(self, key: ForeignKey, change: Drop) -> SqlError:
        """The error for what a foreign key cannot do without."""
        if change.kind == "COLUMN" and not self.dialect.mariadb:
            text = f"Cannot drop column '{change.name}': needed in a foreign key constraint '{key.name}'"
            return SqlError(1828, "HY000", text)
        index = next(each.name for each in self.before.indexes if begins_with(each, key.columns))
        return SqlError(1553, "HY000", f"Cannot drop index '{index}': needed in a foreign key constraint")

    def _drop_foreign_key(self, change: Drop) -> None:
        kept = [key for key in self._foreign_keys if key.name.lower() != change.name.lower()]
        if len(kept) == len(self._foreign_keys):
            self._missing("FOREIGN KEY", change)
        self._foreign_keys = kept

    def add_foreign_key(self, change: AddForeignKey) -> None:
        made = foreign_key(change.key, self.before.name, [key.name for key in self._foreign_keys])
        self._foreign_keys.append(made)
        self.new_keys.append(made)
        needed = needed_index(change.key, [*self.indexes, *self._new_indexes])
        self._new_indexes += [] if needed is None else [needed]
        self.copies = True

    def set_default(self, change: SetDefault) -> None:
        place = self._place(change.column)
        column = self.columns[place]
        if change.default is None:
            self.columns[place] = replace(column, has_default=False, default=None)
            return
        statement = self._redeclared(column, change)
        self.columns[place] = replace(column, has_default=True, default=statement.default)

    def _redeclared(self, column: ColumnDefinition, change: SetDefault) -> ColumnDefinition:
        from .declaring import with_default

        assert change.default is not None
        bare = replace(column, has_default=False, default=None)
        made = define("", self.before.name, [replace(bare, auto_increment=False)], [], self.options)
        writing = Writing(self.session, made)
        writing.is_strict = True
        return with_default(self.session, bare, change.default, writing)

    def rename(self, change: Rename) -> None:
        if change.kind == "COLUMN":
            place = self._place(change.before)
            self.columns[place] = replace(self.columns[place], name=change.after)
            self._rename_in_keys(change.before, change.after)
            return
        found = [index.name.lower() == change.before.lower() for index in self.indexes]
        if not any(found):
            raise SqlError(1176, "42000", f"Key '{change.before}' doesn't exist in table '{self.before.name}'")
        place = found.index(True)
        self.indexes[place] = replace(self.indexes[place], name=change.after)

    # --- keys and the table -------------------------------------------------------------------------------------------

    def _drop_index(self, change: Drop) -> None:
        kept = [index for index in self.indexes if index.name.lower() != change.name.lower()]
        if len(kept) == len(self.indexes):
            self._missing("INDEX", change)
        for key in self._foreign_keys:
            if not any(begins_with(index, key.columns) for index in kept):
                raise self._needed(key, change)
        self.indexes = kept

    def add_index(self, change: AddIndex) -> None:
        index = declared_index(self.session, change.index)
        if change.if_not_exists and any(each.name.lower() == index.name.lower() for each in self.indexes):
            self.session.warn("Note", 1061, f"Duplicate key name '{index.name}'")
            return
        self._new_indexes.append(index)

    def rename_to(self, change: RenameTo) -> None:
        table = change.table
        target = table.database or self.session.need_database(), table.name
        self.renamed = None if target == (self.before.database, self.before.name) else target

    def set_options(self, change: SetOptions) -> None:
        said = change.options
        made = options_of(self.session, replace(said, collation=said.collation or ""), self.before.name)
        options = self.options
        if said.engine:
            options = replace(options, engine=made.engine)
        if said.charset or said.collation:
            options = replace(options, collation=made.collation)
        if said.comment:
            options = replace(options, comment=said.comment)
        if said.others:
            options = replace(options, others=made.others)
        self.options = options
        self.next_id = said.auto_increment

    def convert(self, change: Convert) -> None:
        collation = collation_of(self.session, change.charset, change.collation)
        self.options = replace(self.options, collation=collation.name)
        for place, column in enumerate(self.columns):
            known = column.type.collation
            if known is None or column.type.is_binary or column.type.kind is Kind.JSON:
                continue
            if known is not collation:
                self.columns[place] = replace(column, type=replace(column.type, collation=collation))
                self.copies = True

    def rebuild(self, change: Rebuild) -> None:
        if not change.is_ordered:
            return
        self.copies = True
        if self.before.clustered is not None:
            text = f"ORDER BY ignored as there is a user-defined clustered index in the table '{self.before.name}'"
            self.session.warn("Warning", 1105, text)

    def switch_keys(self, change: SwitchKeys) -> None:
        before = self.before
        if not self.dialect.mariadb:
            text = f"Table storage engine for '{before.name}' doesn't have this option"
            self.session.warn("Note", _NO_SUCH_OPTION, text)
        elif change.on:
            text = f"Storage engine InnoDB of the table `{before.database}`.`{before.name}` doesn't have this option"
            self.session.warn("Note", _NO_SUCH_OPTION, text)


_APPLY: Final[dict[type, Callable[[_Altered, object], None]]] = {
    PutColumn: _Altered.put,  # type: ignore[dict-item]  # each takes the kind that leads to it
    AddForeignKey: _Altered.add_foreign_key,  # type: ignore[dict-item]
    AddIndex: _Altered.add_index,  # type: ignore[dict-item]
    Drop: _Altered.drop,  # type: ignore[dict-item]
    Rename: _Altered.rename,  # type: ignore[dict-item]
    RenameTo: _Altered.rename_to,  # type: ignore[dict-item]
    SetDefault: _Altered.set_default,  # type: ignore[dict-item]
    SetOptions: _Altered.set_options,  # type: ignore[dict-item]
    Convert: _Altered.convert,  # type: ignore[dict-item]
    Rebuild: _Altered.rebuild,  # type: ignore[dict-item]
    SwitchKeys: _Altered.switch_keys,  # type: ignore[dict-item]
}


def _is_copied(old: ColumnDefinition, new: ColumnDefinition) -> bool:
    """Whether servers write all rows anew: for another type, but not for a longer VARCHAR or another nullability."""
    if old.auto_increment is not new.auto_increment and new.auto_increment:
        return True
    one, other = old.type, new.type
    if one.kind is other.kind is Kind.VARCHAR and one.collation is other.collation:
        return (other.length or 0) < (one.length or 0)
    return one != other


# --- rows -------------------------------------------------------------------------------------------------------------


def _rebuilt(session: Session, definition: TableDefinition, altered: _Altered, rows: list[Row], table: Table) -> Table:
    """A table of the new definition with all rows.

    Raises:
        SqlError: a value does not fit its new column, 1062 for a key that is no longer unique.
    """
    made = Table(definition)
    made.created = table.created
    made.next_id = table.next_id if definition.auto_position is not None else 1
    writing = Writing(session, definition)
    work = Work(None)
    work.committed_at = 0
    for number, row in enumerate(rows, 1):
        writing.row = number
        cells = [_cell(session, made, altered, writing, place, row) for place in range(len(definition.columns))]
        auto = definition.auto_position
        if auto is not None:
            value = cells[auto]
            if value is None or value == 0:
                value = cells[auto] = made.next_id
            made.next_id = max(made.next_id, int(value) + 1)  # type: ignore[arg-type]
        try:
            made.insert(work, tuple(cells))
        except Duplicate as duplicate:
            raise duplicate_error(definition, duplicate, session.instance.dialect) from None
    if altered.next_id is not None:
        made.next_id = max(altered.next_id, made.next_id if rows else 1)
    for entry in work.held:
        entry.let_go(work)
    return made


def _cell(session: Session, table: Table, altered: _Altered, writing: Writing, place: int, row: Row) -> Value:
    column, origin = table.definition.columns[place], altered.origins[place]
    writing.column = column.name
    dialect = session.instance.dialect
    if origin is None:
        return _fresh(session, table, column, place, writing)
    value, old = row[origin], altered.before.columns[origin]
    if value is None:
        if column.nullable or column.auto_increment:
            return None
        if writing.is_strict:
            if dialect.mariadb:
                raise SqlError(1265, "01000", f"Data truncated for column '{column.name}' at row {writing.row}")
            raise SqlError(1138, "22004", "Invalid use of NULL value")
        writing.warn(1265, f"Data truncated for column '{column.name}' at row {writing.row}")
        return zero(column)
    if old.type == column.type:
        return value
    return table.converters[place](value, old.type.shape(dialect, nullable=True), writing)


def _fresh(session: Session, table: Table, column: ColumnDefinition, place: int, writing: Writing) -> Value:
    """The value of a new column in a row that was there before."""
    if column.auto_increment:
        return None
    if isinstance(column.default, Now):
        return now(session, column)
    if isinstance(column.default, Computed):
        bound = Binder(session, session.instance).bind(column.default.expression)
        return table.converters[place](bound.run(Scope(session, session.instance)), bound.shape, writing)
    if not column.must_be_given:
        return column.default
    value = zero(column)
    no_zero = "NO_ZERO_DATE" in session.modes and writing.is_strict and not session.instance.dialect.mariadb
    if column.type.kind in _ZERO_TEXT and no_zero:
        shown = _ZERO_TEXT[column.type.kind]
        where = f"for column '{column.name}' at row {writing.row}"
        text = f"Incorrect {column.type.kind.value} value: '{shown}' {where}"
        raise SqlError(1292, "22007", text)
    return value
