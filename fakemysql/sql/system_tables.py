"""Tables of the server's own beyond the few that ``relations.py`` has: of information_schema, performance_schema, mysql.

Their columns are as captured from the servers; of the wide ``mysql.user`` there are those that clients ask for. Lines
are what is true here: variables, counters, character sets, accounts and connection attributes as they are; nothing of
what this server never has (triggers, routines, events, views). A table whose lines would have to be invented is not
supported, and says so. Loaded with the first such table.
"""

from __future__ import annotations

import functools
import importlib
import json
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Column
from ..records import record
from . import shapes, sqlerrors
from .relations import Field, OwnRelation, Relation
from .shapes import Family, Shape
from .show import Shower
from .statements import Show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .definitions import ForeignKey, TableDefinition
    from .dialect import Dialect
    from .instance import Instance
    from .nodes import TableName
    from .session import Session
    from .shapes import Results
    from .values import Value

    Row = tuple[Value, ...]

_BYTES_EACH: Final = 4  # of a character, where the columns were captured
_TEXTS: Final = frozenset(
    (c.FIELD_TYPE_VAR_STRING, c.FIELD_TYPE_STRING, c.FIELD_TYPE_BLOB, c.FIELD_TYPE_LONG_BLOB, c.FIELD_TYPE_ENUM)
)
_MOMENTS: Final = frozenset((c.FIELD_TYPE_DATETIME, c.FIELD_TYPE_TIMESTAMP))
_DOUBLES: Final = frozenset((c.FIELD_TYPE_DOUBLE, c.FIELD_TYPE_FLOAT, c.FIELD_TYPE_NEWDECIMAL))


@record
class Described:
    """A column as a server describes it; length counts bytes of utf8mb4."""

    name: str
    field_type: int
    length: int
    flags: int
    decimals: int
    is_binary: bool

    def shape(self, dialect: Dialect) -> Shape:
        nullable = not self.flags & c.NOT_NULL_FLAG
        if self.field_type in _TEXTS and not self.is_binary:
            odd = self.length if self.length % _BYTES_EACH else None
            text = shapes.string(self.length // _BYTES_EACH, dialect.charsets.by_id[33], nullable=nullable)
            return text.but(field_type=self.field_type, wire_length=odd)
        if self.field_type in _TEXTS:
            return shapes.string(self.length, dialect.charsets.by_id[63], nullable=nullable)
        if self.field_type in _MOMENTS:
            return shapes.temporal(Family.DATETIME, self.decimals, nullable=nullable).but(field_type=self.field_type)
        if self.field_type in _DOUBLES:
            return shapes.double(self.length, decimals=self.decimals, nullable=nullable)
        if self.field_type == c.FIELD_TYPE_NULL:
            return shapes.NULL
        unsigned = bool(self.flags & c.UNSIGNED_FLAG)
        return shapes.integer(self.length, unsigned=unsigned, nullable=nullable, field_type=self.field_type)

    def column(self, name: str, results: Results, dialect: Dialect) -> Column:
        """The definition, in the character set of the results."""
        made = shapes.column(name, self.shape(dialect), results, dialect)
        return Column(name, self.field_type, made.character_set, made.column_length, self.flags, self.decimals)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    for section in text.split("## ")[1:]:
        names, _, lines = section.partition("\n")
        for name in names.split(", "):
            yield name, [line for line in lines.split("\n") if line]


def _module(dialect: Dialect) -> Mapping[str, str]:
    return vars(importlib.import_module(f".system_{dialect.pick('mariadb', 'mysql')}", __package__))


@functools.cache
def described(dialect: Dialect) -> Mapping[str, tuple[Described, ...]]:
    """The columns of every table and SHOW that was captured, by ``schema.table`` in lower case or ``SHOW WORDS``."""
    return {name: tuple(map(_described, lines)) for name, lines in _sections(_module(dialect)["COLUMNS"])}


def _described(line: str) -> Described:
    name, _, rest = line.rpartition("|")
    field_type, length, flags, decimals, *binary = rest.split(" ")
    return Described(name, int(field_type), int(length), int(flags, 16), int(decimals), bool(binary))


@functools.cache
def lines_of(dialect: Dialect, name: str) -> Sequence[Row]:
    """Lines that never change, as they were captured."""
    found = dict(_sections(_module(dialect)["ROWS"]))
    return [tuple(json.loads(line)) for line in found[name]]


class _SystemRelation(OwnRelation):
    """A table whose definitions are given."""

    __slots__ = ("columns",)

    def __init__(
        self,
        names: tuple[str, str, str],
        columns: tuple[Described, ...],
        rows: Callable[[], Sequence[Row]],
        dialect: Dialect,
    ) -> None:
        database, name, alias = names
        fields = tuple(Field(column.name, column.shape(dialect)) for column in columns)
        super().__init__(database, name, alias, fields, rows)
        self.columns = columns

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        described_ = self.columns[position]
        made = described_.column(name, results, dialect)
        return Column(
            name,
            made.type,
            made.character_set,
            made.column_length,
            made.flags,
            made.decimals,
            self.database,
            self.alias,
            self.name,
            described_.name,
        )


def relation(instance: Instance, session: Session, database: str, named: TableName) -> Relation | None:
    """The table of this name; None where the server has none either.

    Raises:
        SqlError: 1235, its lines would have to be invented.
    """
    key = f"{database.lower()}.{named.name.lower()}"
    columns = described(instance.dialect).get(key)
    if columns is None:
        return None
    make = _LINES.get(key)
    if make is None:
        raise sqlerrors.unsupported(f"SELECT ... FROM {database}.{named.name}")
    name = named.name.lower() if database.lower() != "information_schema" else named.name.upper()
    alias = named.alias or named.name
    return _SystemRelation((database.lower(), name, alias), columns, lambda: make(instance, session), instance.dialect)


# --- lines ------------------------------------------------------------------------------------------------------------


def _none(_instance: Instance, _session: Session) -> Sequence[Row]:
    return ()


def _captured(name: str) -> Callable[[Instance, Session], Sequence[Row]]:
    return lambda instance, _session: lines_of(instance.dialect, name)


def _shown(kind: str, scope: str = "", *, upper: bool = False) -> Callable[[Instance, Session], Sequence[Row]]:
    """The lines of a SHOW; upper: the names in capitals."""

    def lines(instance: Instance, session: Session) -> Sequence[Row]:
        from .relations import SystemCatalogue

        _, rows = Shower(session, instance, SystemCatalogue(instance)).show(Show(kind, scope))
        if not upper:
            return rows
        return [(str(name).upper(), *rest) for name, *rest in rows]

    return lines


def _character_sets(instance: Instance, _session: Session) -> Sequence[Row]:
    charsets = sorted(instance.charsets.charsets.values(), key=lambda charset: charset.name)
    return [(each.name, each.default_collation, each.description, each.max_bytes) for each in charsets]


def _applicability(instance: Instance, _session: Session) -> Sequence[Row]:
    found: list[Row] = []
    for each in sorted(instance.charsets.by_name.values(), key=lambda each: each.name):
        row: Row = (each.name, each.charset.name)
        if instance.dialect.mariadb:
            is_default = each.charset.default_collation == each.name
            row += (each.name, each.id, "Yes" if is_default else "")
        found.append(row)
    return found


def _enabled_roles(instance: Instance, session: Session) -> Sequence[Row]:
    if instance.dialect.mariadb:
        return [(session.role or None,)]
    return [(session.role, "%", "NO", "NO")] if session.role else []


def _users(instance: Instance, _session: Session) -> Sequence[Row]:
    from .account_statements import native_hash_of

    accounts = instance.accounts
    found: list[Row] = []
    for account in accounts:
        plugin = accounts.plugin_of(account)
        known = native_hash_of(account) if plugin == "mysql_native_password" else ""
        row: Row = (account.host, account.name, plugin, known, "Y" if account.is_expired else "N")
        found.append(row if instance.dialect.mariadb else (*row, "Y" if account.is_locked else "N"))
    return found


def _constraints(instance: Instance, _session: Session) -> Sequence[Row]:
    """The primary and unique keys of stored tables, each once."""
    ends: Row = () if instance.dialect.mariadb else ("YES",)
    return [
        ("def", schema, key, schema, table, "PRIMARY KEY" if key == "PRIMARY" else "UNIQUE", *ends)
        for schema, table, key, place, _ in _unique_columns(instance)
        if place == 1
    ] + [
        ("def", definition.database, key.name, definition.database, definition.name, "FOREIGN KEY", *ends)
        for definition, key in _foreign_keys(instance)
    ]


def _key_columns(instance: Instance, _session: Session) -> Sequence[Row]:
    return [
        ("def", schema, key, "def", schema, table, column, place, None, None, None, None)
        for schema, table, key, place, column in _unique_columns(instance)
    ] + [
        (
            "def", definition.database, key.name, "def", definition.database, definition.name, column, place, place,
            key.database or definition.database, key.table, key.referenced[place - 1],
        )
        for definition, key in _foreign_keys(instance)
        for place, column in enumerate(key.columns, 1)
    ]  # fmt: skip


def _foreign_keys(instance: Instance) -> Iterator[tuple[TableDefinition, ForeignKey]]:
    from .table_catalogue import all_tables

    for table in all_tables(instance):
        for key in table.definition.foreign_keys:
            yield table.definition, key


def _references(instance: Instance, _session: Session) -> Sequence[Row]:
    """The foreign keys of stored tables."""
    from .declaring import begins_with

    found: list[Row] = []
    unsaid = instance.dialect.pick("RESTRICT", "NO ACTION")
    for definition, key in _foreign_keys(instance):
        database = key.database or definition.database
        parent = None if instance.tables is None else instance.tables.table(database, key.table)
        indexes = () if parent is None else parent.definition.indexes
        unique = next((index.name for index in indexes if begins_with(index, key.referenced)), None)
        rules = key.on_update or unsaid, key.on_delete or unsaid
        place: Row = ("def", definition.database, key.name, "def", database, unique, "NONE", *rules)
        found.append((*place, definition.name, key.table))
    return found


def _unique_columns(instance: Instance) -> Iterator[tuple[Value, Value, Value, Value, Value]]:
    """Schema, table, key, place from 1 and column of each column of a unique key."""
    from .table_catalogue import LINES, all_tables

    for table in all_tables(instance):
        for line in LINES["statistics"](instance, table):
            if not line["NON_UNIQUE"]:
                yield (
                    line["TABLE_SCHEMA"],
                    line["TABLE_NAME"],
                    line["INDEX_NAME"],
                    line["SEQ_IN_INDEX"],
                    line["COLUMN_NAME"],
                )


def _attributes(instance: Instance, session: Session) -> Sequence[Row]:
    if instance.dialect.mariadb:
        return ()  # whose performance_schema is switched off
    return [
        (connection_id, name, value, place)
        for connection_id, each in sorted(instance.sessions.items())
        for place, (name, value) in enumerate(each.login.attributes.items())
    ]


def _routines(instance: Instance, _session: Session) -> Sequence[Row]:
    if not instance.routines:
        return ()
    from .routines import all_routines, schema_line

    columns = described(instance.dialect)["information_schema.routines"]
    lines = [schema_line(routine, instance) for routine in all_routines(instance)]
    return [tuple(line.get(column.name) for column in columns) for line in lines]


_EMPTY: Final = (
    "applicable_roles", "column_privileges", "events", "files", "parameters",
    "table_privileges", "triggers", "views",
)  # fmt: skip
_LINES: Final[dict[str, Callable[[Instance, Session], Sequence[Row]]]] = {
    **{f"information_schema.{name}": _none for name in _EMPTY},
    "information_schema.character_sets": _character_sets,
    "information_schema.collations": _shown("COLLATION"),
    "information_schema.collation_character_set_applicability": _applicability,
    "information_schema.key_column_usage": _key_columns,
    "information_schema.referential_constraints": _references,
    "information_schema.routines": _routines,
    "information_schema.table_constraints": _constraints,
    "information_schema.enabled_roles": _enabled_roles,
    "information_schema.engines": _captured("information_schema.engines"),
    "information_schema.plugins": _captured("information_schema.plugins"),
    "information_schema.global_status": _shown("STATUS", "GLOBAL", upper=True),
    "information_schema.session_status": _shown("STATUS", upper=True),
    "information_schema.global_variables": _shown("VARIABLES", "GLOBAL", upper=True),
    "information_schema.session_variables": _shown("VARIABLES", upper=True),
    "performance_schema.global_status": _shown("STATUS", "GLOBAL"),
    "performance_schema.session_status": _shown("STATUS"),
    "performance_schema.global_variables": _shown("VARIABLES", "GLOBAL"),
    "performance_schema.session_variables": _shown("VARIABLES"),
    "performance_schema.session_connect_attrs": _attributes,
    "mysql.db": _none,
    "mysql.plugin": _none,
    "mysql.time_zone_name": _none,
    "mysql.user": _users,
}
