"""SHOW: each kind as a relation of its own, filtered by LIKE or WHERE.

A kind names its columns as the servers define them, and its lines as they stand at the moment. LIKE compares the
first column; WHERE is an expression over all of them.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Column
from ..records import record
from . import shapes, values
from .calls import Scope
from .evaluation import Binder
from .relations import INFO_LIMIT, process_rows
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .instance import Instance
    from .relations import Catalogue
    from .session import Session
    from .shapes import Shape
    from .statements import Show
    from .values import Value

# The flags of a column of information_schema, from which most of SHOW is made.
_REQUIRED: Final = c.NOT_NULL_FLAG | c.NO_DEFAULT_VALUE_FLAG
_OPTIONAL: Final = c.NO_DEFAULT_VALUE_FLAG


@record
class Cell:
    """A column of a SHOW; flags None are those of a computed column. decimals None is the dialect's for strings.

    origin: the database, the table's alias and name, and the name of the column that it is there.
    """

    name: str
    shape: Shape
    flags: int | None = None
    field_type: int | None = None
    decimals: int | None = None
    origin: tuple[str, str, str, str] = ("", "", "", "")


@record
class Table:
    cells: tuple[Cell, ...]
    rows: list[tuple[Value, ...]]


class Shower:
    """Answers SHOW for a session."""

    def __init__(self, session: Session, instance: Instance, catalogue: Catalogue) -> None:
        self.session = session
        self.instance = instance
        self.catalogue = catalogue
        self.dialect = instance.dialect
        self.utf8 = instance.charsets.by_id[33]

    def show(self, show: Show) -> tuple[tuple[Column, ...], list[tuple[Value, ...]]]:
        """The column definitions and the lines.

        Raises:
            SqlError: a database or table that is named does not exist, or WHERE is wrong.
        """
        table = _KINDS[show.kind](self, show)
        rows = self._filtered(show, table)
        if show.kind in ("COLLATION", "CHARSET"):
            from .system_tables import described

            name = "SHOW COLLATION" if show.kind == "COLLATION" else "SHOW CHARACTER SET"
            made = [
                each.column(each.name, self.session.results, self.dialect) for each in described(self.dialect)[name]
            ]
            return tuple(self._from_charsets(column, show.kind) for column in made), rows
        columns = tuple(self._column(cell) for cell in table.cells)
        return columns, rows

    def _from_charsets(self, column: Column, kind: str) -> Column:
        """A column of the two SHOWs of character sets with its origin."""
        table = "COLLATIONS" if kind == "COLLATION" else "CHARACTER_SETS"
        if self.dialect.mariadb:
            origin = table, _CHARSET_COLUMNS.get(column.name, column.name.upper())
        elif kind == "COLLATION":
            origin = table, column.name
        else:
            # MySQL joins two tables for it, and tells what it calls them.
            origin = "col" if column.name == "Default collation" else "cs", column.name
        return replace(column, schema="information_schema", table=table, org_table=origin[0], org_name=origin[1])

    def _filtered(self, show: Show, table: Table) -> list[tuple[Value, ...]]:
        if show.like is not None:
            matcher = values.like_pattern(show.like, "\\", self.utf8)
            return [row for row in table.rows if matcher.fullmatch(values.like_text(str(row[0]), self.utf8))]
        if show.where is not None:
            binder = Binder(
                self.session,
                self.instance,
                _Resolver(table.cells),
                None,
                self.dialect.pick("WHERE", "where clause"),
            )
            condition = binder.bind(show.where)
            scope = Scope(self.session, self.instance)
            kept = []
            for row in table.rows:
                scope.begin_row(row)
                if values.truth(condition.run(scope), condition.shape, scope.warn):
                    kept.append(row)
            return kept
        end = None if show.limit is None else show.offset + show.limit
        return table.rows[show.offset : end]

    def _column(self, cell: Cell) -> Column:
        made = shapes.column(cell.name, cell.shape, self.session.results, self.dialect)
        return Column(
            made.name,
            made.type if cell.field_type is None else cell.field_type,
            made.character_set,
            made.column_length,
            made.flags if cell.flags is None else cell.flags,
            made.decimals if cell.decimals is None else cell.decimals,
            *cell.origin,
        )

    # --- shapes of cells ----------------------------------------------------------------------------------------------

    def words(self, length: int, *, nullable: bool = False) -> Shape:
        """Text of so many characters, as the server's own tables hold it."""
        return shapes.string(length, self.utf8, nullable=nullable)

    def _stored(self, name: str, length: int, *, nullable: bool = False) -> Cell:
        """A column that comes out of a table of the server's."""
        flags = self.dialect.pick(_OPTIONAL, 0) if nullable else self.dialect.pick(_REQUIRED, c.NOT_NULL_FLAG)
        return Cell(name, self.words(length, nullable=nullable), flags, decimals=0)

    def origin(self, mariadb: tuple[str, str], mysql: tuple[str, str, str], name: str) -> tuple[str, str, str, str]:
        """A column's origin: table and column of MariaDB's information_schema; MySQL's database, alias and table."""
        if self.dialect.mariadb:
            table, column = mariadb
            return "information_schema", table, table, column
        return *mysql, name

    # --- kinds --------------------------------------------------------------------------------------------------------

    def variables(self, show: Show) -> Table:
        cells = self._pairs(show, "variables")
        rows: list[tuple[Value, ...]] = []
        for name, definition in self.instance.definitions.items():
            if show.scope == "GLOBAL" and not definition.has_global:
                continue
            scope = show.scope if show.scope else ""
            setting = self.instance.reader(definition, scope)(self.session)
            rows.append((name, definition.to_text(setting)))
        return Table(cells, rows)

    def _pairs(self, show: Show, what: str) -> tuple[Cell, Cell]:
        """The columns of what has a name and a value: variables and status."""
        table = f"SESSION_{what.upper()}"
        source = f"{'global' if show.scope == 'GLOBAL' else 'session'}_{what}"
        stored = "performance_schema", source, source
        shape = self.words(self.dialect.pick(4096, 1024), nullable=not self.dialect.mariadb)
        name, value = "Variable_name", "Value"
        return (
            Cell(name, self.words(64), _REQUIRED, None, 0, self.origin((table, "VARIABLE_NAME"), stored, name)),
            Cell(
                value,
                shape,
                self.dialect.pick(_REQUIRED, 0),
                None,
                0,
                self.origin((table, "VARIABLE_VALUE"), stored, value),
            ),
        )

    def status(self, show: Show) -> Table:
        cells = self._pairs(show, "status")
        instance = self.instance
        counters: dict[str, object] = dict(instance.counters.listed())
        counters |= {
            "Threads_connected": len(instance.sessions) + instance.count_strangers(),
            "Threads_running": sum(session.command != "Sleep" for session in instance.sessions.values()),
            "Uptime": instance.uptime,
            "Uptime_since_flush_status": instance.uptime,
            "Last_query_cost": "0.000000",
            "Compression": "ON" if self.session.login.capabilities & c.CLIENT_COMPRESS else "OFF",
            "Ssl_cipher": self.session.login.tls[1],
            "Ssl_version": self.session.login.tls[0],
        }
        ordered = sorted(counters.items(), key=lambda pair: pair[0].lower())
        return Table(cells, [(name, str(count)) for name, count in ordered])

    def processlist(self, show: Show) -> Table:
        pick = self.dialect.pick
        number = shapes.integer(pick(11, 22), field_type=c.FIELD_TYPE_LONGLONG)
        info_length = 16777216 * 12 if show.full else INFO_LIMIT
        info = self.words(info_length if not show.full else 201326592, nullable=True)
        cells: tuple[Cell, ...] = (
            Cell("Id", number),
            Cell("User", self.words(pick(128, 32))),
            Cell("Host", self.words(pick(64, 255))),
            Cell("db", self.words(64, nullable=True)),
            Cell("Command", self.words(16)),
            Cell("Time", shapes.integer(pick(7, 8), field_type=c.FIELD_TYPE_LONG)),
            Cell("State", self.words(30, nullable=True)),
            Cell("Info", info, field_type=c.FIELD_TYPE_LONG_BLOB if show.full else None),
        )
        rows = process_rows(self.instance, None if show.full else INFO_LIMIT)
        if self.dialect.mariadb:
            cells += (Cell("Progress", shapes.double(7, decimals=3)),)
            rows = [(*row, 0.0) for row in rows]
        return Table(cells, rows)

    def warnings(self, show: Show) -> Table:
        cells = (
            Cell("Level", self.words(7)),
            Cell("Code", shapes.integer(self.dialect.pick(4, 5), unsigned=True, field_type=c.FIELD_TYPE_LONG)),
            Cell("Message", self.words(512)),
        )
        wanted = ("Error",) if show.kind == "ERRORS" else ("Note", "Warning", "Error")
        rows: list[tuple[Value, ...]] = [
            (line.level, line.code, line.message) for line in self.session.warnings if line.level in wanted
        ]
        return Table(cells, rows)

    def count(self, show: Show) -> Table:
        level = "Error" if show.kind == "COUNT ERRORS" else ""
        name = f"@@session.{'error' if level else 'warning'}_count"
        shape = shapes.integer(21, unsigned=True, nullable=True)
        return Table((Cell(name, shape),), [(self.session.count_warnings(level),)])

    def databases(self, show: Show) -> Table:
        name = "Database" if show.like is None else f"Database ({show.like})"
        flags = _REQUIRED | self.dialect.pick(0, c.BINARY_FLAG)
        origin = self.origin(("SCHEMATA", "SCHEMA_NAME"), ("", "SCHEMATA", "schemata"), name)
        cells = (Cell(name, self.words(64), flags, None, 0, origin),)
        return Table(cells, [(database,) for database in sorted(self.instance.databases)])

    def tables(self, show: Show) -> Table:
        database = self.instance.database(show.database) if show.database else self.session.need_database()
        name = f"Tables_in_{database}" + ("" if show.like is None else f" ({show.like})")
        pick = self.dialect.pick
        flags = _REQUIRED | pick(0, c.BINARY_FLAG)
        source = "", "TABLES", "tables"
        origin = self.origin(("TABLE_NAMES", "TABLE_NAME"), source, name)
        cells: tuple[Cell, ...] = (Cell(name, self.words(pick(73, 64)), flags, None, 0, origin),)
        rows: list[tuple[Value, ...]] = [(table,) for table in self.catalogue.tables(self.session, database)]
        if show.full:
            origin = self.origin(("TABLE_NAMES", "TABLE_TYPE"), source, "Table_type")
            if self.dialect.mariadb:
                cells += (Cell("Table_type", self.words(64), _REQUIRED, None, 0, origin),)
            else:
                enum_flags = _REQUIRED | c.BINARY_FLAG | c.ENUM_FLAG
                cells += (Cell("Table_type", self.words(11), enum_flags, c.FIELD_TYPE_STRING, 0, origin),)
            kind = "SYSTEM VIEW" if database == "information_schema" else "BASE TABLE"
            rows = [(*row, kind) for row in rows]
        return Table(cells, rows)

    def collation(self, _show: Show) -> Table:
        cells = (
            self._stored("Collation", 64),
            self._stored("Charset", self.dialect.pick(32, 64)),
            Cell(
                "Id",
                shapes.integer(self.dialect.pick(11, 20), field_type=c.FIELD_TYPE_LONGLONG),
                self.dialect.pick(_OPTIONAL, c.NOT_NULL_FLAG | c.UNSIGNED_FLAG),
            ),
            self._stored("Default", 3),
            self._stored("Compiled", 3),
            Cell(
                "Sortlen",
                shapes.integer(self.dialect.pick(3, 10)),
                _REQUIRED | self.dialect.pick(0, c.UNSIGNED_FLAG),
                self.dialect.pick(c.FIELD_TYPE_LONGLONG, c.FIELD_TYPE_LONG),
            ),
        )
        rows: list[tuple[Value, ...]] = []
        for collation in sorted(self.instance.charsets.by_name.values(), key=lambda each: each.name):
            is_default = collation.charset.default_collation == collation.name
            sortlen = (
                0 if "_0900_" in collation.name else 1 if collation.is_binary else 8 if "uni" in collation.name else 1
            )
            rows.append(
                (collation.name, collation.charset.name, collation.id, "Yes" if is_default else "", "Yes", sortlen)
            )
        if not self.dialect.mariadb:
            pad = Cell("Pad_attribute", self.words(9), _REQUIRED | c.BINARY_FLAG | c.ENUM_FLAG, c.FIELD_TYPE_STRING, 0)
            padded = self.instance.charsets.by_name
            rows = [(*row, "PAD SPACE" if padded[str(row[0])].pads_spaces else "NO PAD") for row in rows]
            return Table((*cells, pad), rows)
        return Table(cells, rows)

    def charsets(self, _show: Show) -> Table:
        cells = (
            self._stored("Charset", self.dialect.pick(32, 64)),
            self._stored("Description", self.dialect.pick(60, 2048)),
            self._stored("Default collation", 64),
            Cell(
                "Maxlen",
                shapes.integer(self.dialect.pick(3, 10)),
                _REQUIRED | self.dialect.pick(0, c.UNSIGNED_FLAG),
                self.dialect.pick(c.FIELD_TYPE_LONGLONG, c.FIELD_TYPE_LONG),
            ),
        )
        ordered = sorted(self.instance.charsets.charsets.values(), key=lambda charset: charset.name)
        return Table(
            cells,
            [(charset.name, charset.description, charset.default_collation, charset.max_bytes) for charset in ordered],
        )

    def create_database(self, show: Show) -> Table:
        database = self.instance.database(show.name)
        collation = self.instance.charsets.by_name[str(self.instance.globals["collation_server"])]
        careful = "/*!32312 IF NOT EXISTS*/ " if show.full else ""
        text = (
            f"CREATE DATABASE {careful}`{database}` /*!40100 DEFAULT CHARACTER SET {collation.charset.name}"
            f" COLLATE {collation.name} */"
        )
        if not self.dialect.mariadb:
            text += " /*!80016 DEFAULT ENCRYPTION='N' */"
        cells = (Cell("Database", self.words(64)), Cell("Create Database", self.words(1024)))
        return Table(cells, [(database, text)])

    def of_table(self, show: Show) -> Table:
        """What tells of stored tables."""
        from . import table_show

        return table_show.show(self, show)


class _Resolver:
    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells

    def resolve(self, parts: tuple[str, ...]) -> tuple[int, Shape] | None:
        wanted = parts[-1].lower()
        for position, cell in enumerate(self.cells):
            if cell.name.lower() == wanted:
                return position, cell.shape
        return None


# Columns of SHOW that have another name in MariaDB's information_schema, beside those in capitals.
_CHARSET_COLUMNS: Final = {
    "Charset": "CHARACTER_SET_NAME",
    "Default collation": "DEFAULT_COLLATE_NAME",
    "Collation": "COLLATION_NAME",
    "Default": "IS_DEFAULT",
    "Compiled": "IS_COMPILED",
}
_KINDS: Final[dict[str, Callable[[Shower, Show], Table]]] = {
    "VARIABLES": Shower.variables,
    "STATUS": Shower.status,
    "PROCESSLIST": Shower.processlist,
    "WARNINGS": Shower.warnings,
    "ERRORS": Shower.warnings,
    "COUNT WARNINGS": Shower.count,
    "COUNT ERRORS": Shower.count,
    "DATABASES": Shower.databases,
    "TABLES": Shower.tables,
    "COLLATION": Shower.collation,
    "CHARSET": Shower.charsets,
    "CREATE DATABASE": Shower.create_database,
    "CREATE TABLE": Shower.of_table,
    "COLUMNS": Shower.of_table,
    "INDEX": Shower.of_table,
    "TABLE STATUS": Shower.of_table,
}

# Kinds that read tables of the server's, which scans them and counts as using tables.
SCANNING: Final = frozenset(
    [
        *words("VARIABLES STATUS DATABASES TABLES COLLATION CHARSET COLUMNS INDEX"),
        "TABLE STATUS",
    ]
)


@functools.cache
def is_diagnostic(kind: str) -> bool:
    """Whether a kind of SHOW tells of the statement before, and so leaves its warnings alone."""
    return kind in ("WARNINGS", "ERRORS", "COUNT WARNINGS", "COUNT ERRORS")
