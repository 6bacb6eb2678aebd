"""What FROM can name: relations, and the catalogue that finds them.

A relation is columns and rows, wherever they come from. The catalogue here knows the two tables of information_schema
that drivers and pools read to find their own sessions, and asks the modules of stored tables once there are some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from .. import constants as c
from ..answers import Column
from ..records import record
from . import own_reading, shapes, sqlerrors
from .shapes import Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from ..answers import Pause, Wake, Woken
    from .access_paths import Path
    from .calls import Scope
    from .dialect import Dialect
    from .instance import Instance
    from .nodes import Expression, Order, SelectCore, TableName
    from .select import CorePlan
    from .session import Session
    from .shapes import Results
    from .values import Value


@record
class Field:
    """A column of a relation; flags are those of its definition that do not follow from the shape."""

    name: str
    shape: Shape
    flags: int = 0


class Relation:
    """Columns and rows under a name. scans: reading it uses no index, which the status word tells."""

    __slots__ = ("alias", "database", "fields", "name", "rows", "scans")

    # A plan that names it may be kept until definitions change.
    is_lasting = False

    def __init__(
        self,
        database: str,
        name: str,
        alias: str,
        fields: tuple[Field, ...],
        rows: Callable[[], Iterable[Sequence[Value]]],
        *,
        scans: bool = False,
    ) -> None:
        self.database = database
        self.name = name
        self.alias = alias
        self.fields = fields
        self.rows = rows
        self.scans = scans

    def path(
        self, core: SelectCore, order_by: Sequence[Order], limit: Expression | None, dialect: Dialect
    ) -> Path | None:
        """How the rows of a stored table are got at; None for the server's own tables."""
        del core, order_by, limit, dialect
        return None

    def is_scanned(self, core: SelectCore, dialect: Dialect) -> bool:
        """Whether reading it for this SELECT uses no index."""
        del core, dialect
        return self.scans

    def opens_transaction(self, dialect: Dialect) -> bool:
        """Reading it is part of a transaction, and begins one where autocommit is off."""
        del dialect
        return False

    def open(self, session: Session) -> Generator[Pause | Wake, Woken | None, None]:
        """Wait until the relation may be read; all but stored tables always may."""
        del session
        yield from ()

    def read(self, core: CorePlan, scope: Scope) -> Generator[Pause | Wake, Woken | None, Iterable[Sequence[Value]]]:
        """The rows that a SELECT starts from, which may have to wait for others."""
        del core, scope
        yield from ()
        return self.rows()

    def resolve(self, parts: tuple[str, ...]) -> tuple[int, Shape] | None:
        """The position and shape of a column, in any letter case."""
        if len(parts) > 1 and parts[-2].lower() != self.alias.lower():
            return None
        wanted = parts[-1].lower()
        for position, field in enumerate(self.fields):
            if field.name.lower() == wanted:
                return position, field.shape
        return None

    @property
    def leaves(self) -> tuple[Relation, ...]:
        """The relations that this one is put together of."""
        return (self,)

    def places_of(self, table: tuple[str, ...]) -> Sequence[int] | None:
        """The columns of ``table.*``, or of ``*``; None where there is no such table."""
        if table and table[-1].lower() != self.alias.lower():
            return None
        return range(len(self.fields))

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        """The definition of a column that is selected as it is."""
        field = self.fields[position]
        made = shapes.column(name, field.shape, results, dialect)
        # A stored number is not marked binary, as the result of an expression is.
        flags = made.flags & ~(c.BINARY_FLAG if field.shape.family.is_number else 0)
        return Column(
            name,
            made.type,
            made.character_set,
            made.column_length,
            flags | field.flags,
            made.decimals if field.shape.family is not Family.STRING else 0,
            self.database,
            self.alias,
            self.name,
            field.name,
        )


class OwnRelation(Relation):
    """A table of the server's own."""

    __slots__ = ()

    def is_scanned(self, core: SelectCore, dialect: Dialect) -> bool:
        return own_reading.is_scanned(dialect, self.database.lower(), self.name.lower(), core.where)

    def opens_transaction(self, dialect: Dialect) -> bool:
        return own_reading.opens_transaction(dialect, self.database.lower(), self.name.lower())

    def open(self, session: Session) -> Generator[Pause | Wake, Woken | None, None]:
        if session.tracker is not None:
            session.tracker.used_own(f"{self.database}.{self.name}".lower())
        yield from ()


class Catalogue(Protocol):
    """Finds relations for a session."""

    def find(self, session: Session, table: TableName) -> Relation:
        """The relation of this name.

        Raises:
            SqlError: 1046 without a current database, 1049, 1109 or 1146 when there is no such table.
        """
        ...

    def tables(self, session: Session, database: str) -> list[str]:
        """The names of the tables of a database."""
        ...


# Tables of information_schema that tell of tables.
_OF_TABLES: Final = frozenset(["tables", "columns", "statistics"])


class SystemCatalogue:
    """information_schema, as far as clients look themselves and their tables up in it, and stored tables."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._system: dict[str, Callable[[Session, str], Relation]] = {
            "processlist": self._processlist,
            "schemata": self._schemata,
        }

    def find(self, session: Session, table: TableName) -> Relation:
        database = table.database or session.need_database()
        dialect = self.instance.dialect
        if database.lower() == "information_schema":
            make = self._system.get(table.name.lower())
            if make is None and table.name.lower() in _OF_TABLES:
                from . import table_catalogue

                return table_catalogue.relation(self.instance, table)
            if make is None:
                found = self._other(session, database, table)
                if found is not None:
                    return found
                name = table.name if dialect.mariadb else table.name.upper()
                raise sqlerrors.SqlError(1109, "42S02", f"Unknown table '{name}' in information_schema")
            return make(session, table.alias or table.name)
        if database in ("mysql", "performance_schema"):
            found = self._other(session, database, table)
            if found is not None:
                return found
        if self.instance.tables is not None:
            from .table_access import tables_of
            from .table_relations import relation_of

            return relation_of(self.instance, tables_of(session).need(database, table.name), table)
        if not dialect.mariadb and database not in self.instance.databases:
            raise sqlerrors.unknown_database(database)
        raise sqlerrors.no_such_table(database, table.name)

    def _other(self, session: Session, database: str, table: TableName) -> Relation | None:
        from .system_tables import relation

        return relation(self.instance, session, database, table)

    def tables(self, session: Session, database: str) -> list[str]:
        if database.lower() == "information_schema":
            return sorted([*self._system, *_OF_TABLES])
        return [] if self.instance.tables is None else self.instance.tables.names(database)

    def _processlist(self, session: Session, alias: str) -> Relation:
        dialect = self.instance.dialect
        text = dialect.charsets.by_id[33]
        number = shapes.integer(dialect.pick(4, 22), field_type=c.FIELD_TYPE_LONGLONG, unsigned=not dialect.mariadb)
        seconds = shapes.integer(dialect.pick(7, 8), field_type=c.FIELD_TYPE_LONG)
        required = c.NO_DEFAULT_VALUE_FLAG if dialect.mariadb else 0

        def words(length: int, *, nullable: bool = False) -> Shape:
            return shapes.string(length, text, nullable=nullable)

        fields = (
            Field("ID", number, required),
            Field("USER", words(dialect.pick(128, 32)), required),
            Field("HOST", words(dialect.pick(64, 261)), required),
            Field("DB", words(64, nullable=True), required),
            Field("COMMAND", words(16), required),
            Field("TIME", seconds, required),
            Field("STATE", words(64, nullable=True), required),
            Field(
                "INFO",
                words(65535, nullable=True).but(field_type=c.FIELD_TYPE_BLOB, wire_length=786420),
                required | c.BLOB_FLAG,
            ),
        )

        def rows() -> Iterable[Sequence[Value]]:
            warn_of_processlist(session)
            return process_rows(self.instance)

        return OwnRelation("information_schema", "PROCESSLIST", alias, fields, rows)

    def _schemata(self, _session: Session, alias: str) -> Relation:
        dialect = self.instance.dialect
        text = dialect.charsets.by_id[33]
        required = c.NO_DEFAULT_VALUE_FLAG if dialect.mariadb else 0
        settings = self.instance.globals
        charset, collation = str(settings["character_set_server"]), str(settings["collation_server"])
        fields = (
            Field("CATALOG_NAME", shapes.string(dialect.pick(512, 64), text, nullable=False), required),
            Field("SCHEMA_NAME", shapes.string(64, text, nullable=False), required),
            Field("DEFAULT_CHARACTER_SET_NAME", shapes.string(dialect.pick(32, 64), text, nullable=False), required),
            Field("DEFAULT_COLLATION_NAME", shapes.string(64, text, nullable=False), required),
            Field("SQL_PATH", shapes.string(dialect.pick(512, 0), text), required),
        )
        return OwnRelation(
            "information_schema",
            "SCHEMATA",
            alias,
            fields,
            lambda: [("def", database, charset, collation, None) for database in sorted(self.instance.databases)],
        )


def warn_of_processlist(session: Session) -> None:
    """MySQL would rather have its other table read."""
    if not session.instance.dialect.mariadb:
        text = (
            "'INFORMATION_SCHEMA.PROCESSLIST' is deprecated and will be removed in a future release. Please use"
            " performance_schema.processlist instead"
        )
        session.warn("Warning", 1287, text)


def process_rows(instance: Instance, limit: int | None = None) -> list[tuple[Value, ...]]:
    """PROCESSLIST: id, user, host, database, command, seconds, state and statement of every session, by id.

    limit cuts the statement, as SHOW PROCESSLIST without FULL does.
    """
    now = instance.clock()
    rows: list[tuple[Value, ...]] = []
    for connection_id in sorted(instance.sessions):
        session = instance.sessions[connection_id]
        info = session.info if limit is None or session.info is None else session.info[:limit]
        rows.append(
            (
                connection_id,
                session.user,
                session.host,
                session.database or None,
                session.command,
                max(0, int(now - session.state_since)),
                session.state,
                info,
            )
        )
    return rows


INFO_LIMIT: Final = 100
