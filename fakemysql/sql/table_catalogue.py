"""What information_schema and SHOW tell of stored tables: TABLES, COLUMNS and STATISTICS.

The definitions of the columns are data, in the order of the servers: name, field type, length in bytes at four a
character, flags. The lines are made once for both ways of asking: SHOW takes some of the columns, under names of its
own (``table_show.py``).

Source: the definitions that MariaDB 10.11.19 and MySQL 9.7.4 sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Column
from . import shapes
from .column_types import INTEGERS, TEXTS, Kind
from .definitions import Computed, Now, default_text, now_text
from .relations import Field, OwnRelation, Relation
from .shapes import Family, Shape
from .tables import Store
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .column_types import ColumnType
    from .definitions import ColumnDefinition, TableDefinition
    from .dialect import Dialect
    from .instance import Instance
    from .nodes import TableName
    from .shapes import Results
    from .tables import Table
    from .values import Value

_LONGEST: Final = 4294967295
_BYTES_EACH: Final = 4
_ROOT_PAGE_BYTES: Final = 16384
_PRIVILEGES: Final = "select,insert,update,references"

# name:field type:length:flags in hexadecimal
_MARIADB: Final = {
    "tables": """TABLE_CATALOG:253:2048:1001 TABLE_SCHEMA:253:256:1001 TABLE_NAME:253:256:1001 TABLE_TYPE:253:256:1001
        ENGINE:253:256:1000 VERSION:8:21:1020 ROW_FORMAT:253:40:1000 TABLE_ROWS:8:21:1020 AVG_ROW_LENGTH:8:21:1020
        DATA_LENGTH:8:21:1020 MAX_DATA_LENGTH:8:21:1020 INDEX_LENGTH:8:21:1020 DATA_FREE:8:21:1020
        AUTO_INCREMENT:8:21:1020 CREATE_TIME:12:19:1080 UPDATE_TIME:12:19:1080 CHECK_TIME:12:19:1080
        TABLE_COLLATION:253:256:1000 CHECKSUM:8:21:1020 CREATE_OPTIONS:253:8192:1000 TABLE_COMMENT:253:8192:1001
        MAX_INDEX_LENGTH:8:21:1020 TEMPORARY:253:4:1000""",
    "columns": """TABLE_CATALOG:253:2048:1001 TABLE_SCHEMA:253:256:1001 TABLE_NAME:253:256:1001 COLUMN_NAME:253:256:1001
        ORDINAL_POSITION:8:21:1021 COLUMN_DEFAULT:252:786384:1010 IS_NULLABLE:253:12:1001 DATA_TYPE:253:256:1001
        CHARACTER_MAXIMUM_LENGTH:8:21:1020 CHARACTER_OCTET_LENGTH:8:21:1020 NUMERIC_PRECISION:8:21:1020
        NUMERIC_SCALE:8:21:1020 DATETIME_PRECISION:8:21:1020 CHARACTER_SET_NAME:253:128:1000
        COLLATION_NAME:253:256:1000 COLUMN_TYPE:252:786420:1011 COLUMN_KEY:253:12:1001 EXTRA:253:320:1001
        PRIVILEGES:253:320:1001 COLUMN_COMMENT:253:4096:1001 IS_GENERATED:253:24:1001
        GENERATION_EXPRESSION:252:786384:1010""",
    "statistics": """TABLE_CATALOG:253:2048:1001 TABLE_SCHEMA:253:256:1001 TABLE_NAME:253:256:1001 NON_UNIQUE:8:1:1001
        INDEX_SCHEMA:253:256:1001 INDEX_NAME:253:256:1001 SEQ_IN_INDEX:3:2:1021 COLUMN_NAME:253:256:1001
        COLLATION:253:4:1000 CARDINALITY:8:21:1000 SUB_PART:8:3:1000 PACKED:253:40:1000 NULLABLE:253:12:1001
        INDEX_TYPE:253:64:1001 COMMENT:253:64:1000 INDEX_COMMENT:253:4096:1001 IGNORED:253:12:1001""",
}
_MYSQL: Final = {
    "tables": """TABLE_CATALOG:253:256:5085 TABLE_SCHEMA:253:256:5081 TABLE_NAME:253:256:5081 TABLE_TYPE:254:44:5189
        ENGINE:253:256:0 VERSION:8:3:80 ROW_FORMAT:254:40:180 TABLE_ROWS:8:21:a0 AVG_ROW_LENGTH:8:21:a0
        DATA_LENGTH:8:21:a0 MAX_DATA_LENGTH:8:21:a0 INDEX_LENGTH:8:21:a0 DATA_FREE:8:21:a0 AUTO_INCREMENT:8:21:a0
        CREATE_TIME:7:19:1081 UPDATE_TIME:12:19:80 CHECK_TIME:12:19:80 TABLE_COLLATION:253:256:5004 CHECKSUM:8:21:80
        CREATE_OPTIONS:253:1024:0 TABLE_COMMENT:253:8192:0""",
    "columns": """TABLE_CATALOG:253:256:5085 TABLE_SCHEMA:253:256:5081 TABLE_NAME:253:256:5081 COLUMN_NAME:253:256:0
        ORDINAL_POSITION:3:10:5021 COLUMN_DEFAULT:252:262140:90 IS_NULLABLE:253:12:1 DATA_TYPE:251:201326580:80
        CHARACTER_MAXIMUM_LENGTH:8:21:80 CHARACTER_OCTET_LENGTH:8:21:80 NUMERIC_PRECISION:3:10:a0
        NUMERIC_SCALE:3:10:a0 DATETIME_PRECISION:3:10:20 CHARACTER_SET_NAME:253:256:0 COLLATION_NAME:253:256:0
        COLUMN_TYPE:252:67108860:1091 COLUMN_KEY:254:12:1181 EXTRA:253:1024:0 PRIVILEGES:253:616:0
        COLUMN_COMMENT:253:8192:81 GENERATION_EXPRESSION:252:4294967295:81 SRS_ID:3:10:4028""",
    "statistics": """TABLE_CATALOG:253:256:5085 TABLE_SCHEMA:253:256:5081 TABLE_NAME:253:256:5081 NON_UNIQUE:8:2:81
        INDEX_SCHEMA:253:256:5081 INDEX_NAME:253:256:0 SEQ_IN_INDEX:3:10:5023 COLUMN_NAME:253:256:0 COLLATION:253:4:0
        CARDINALITY:8:21:80 SUB_PART:8:21:80 PACKED:6:0:80 NULLABLE:253:12:1 INDEX_TYPE:253:44:81 COMMENT:253:32:1
        INDEX_COMMENT:253:8192:1081 IS_VISIBLE:253:12:1 EXPRESSION:252:4294967295:80""",
}
# MySQL's columns that are computed, which their decimals tell.
_COMPUTED: Final = frozenset(
    words(
        """
    ENGINE CREATE_OPTIONS TABLE_COMMENT COLUMN_NAME IS_NULLABLE DATA_TYPE CHARACTER_SET_NAME COLLATION_NAME EXTRA
    PRIVILEGES COLUMN_COMMENT GENERATION_EXPRESSION INDEX_NAME COLLATION NULLABLE INDEX_TYPE COMMENT IS_VISIBLE
    EXPRESSION
    """
    )
)
_TEXTS: Final = frozenset({c.FIELD_TYPE_VAR_STRING, c.FIELD_TYPE_STRING, c.FIELD_TYPE_BLOB, c.FIELD_TYPE_LONG_BLOB})
_MOMENTS: Final = frozenset({c.FIELD_TYPE_DATETIME, c.FIELD_TYPE_TIMESTAMP})


@dataclass(frozen=True, slots=True)
class Described:
    """One column as a server defines it; length counts bytes, at four a character."""

    name: str
    field_type: int
    length: int
    flags: int

    def shape(self, dialect: Dialect) -> Shape:
        nullable = not self.flags & c.NOT_NULL_FLAG
        if self.field_type in _TEXTS:
            longest = self.length if self.length == _LONGEST else None
            made = shapes.string(self.length // _BYTES_EACH, dialect.charsets.by_id[33], nullable=nullable)
            return made.but(field_type=self.field_type, wire_length=longest)
        if self.field_type in _MOMENTS:
            return shapes.temporal(Family.DATETIME, nullable=nullable).but(field_type=self.field_type)
        if self.field_type == c.FIELD_TYPE_NULL:
            return shapes.NULL
        return shapes.integer(
            self.length,
            unsigned=bool(self.flags & c.UNSIGNED_FLAG),
            nullable=nullable,
            field_type=self.field_type,
        )


def described(text: str) -> tuple[Described, ...]:
    """Columns out of their short spelling."""
    made = []
    for part in text.split():
        name, field_type, length, flags = part.split(":")
        made.append(Described(name, int(field_type), int(length), int(flags, 16)))
    return tuple(made)


class _SchemaRelation(OwnRelation):
    """A table of information_schema whose definitions are given."""

    __slots__ = ("columns",)

    def __init__(
        self,
        name: str,
        alias: str,
        columns: tuple[Described, ...],
        rows: Callable[[], Iterator[tuple[Value, ...]]],
        dialect: Dialect,
    ) -> None:
        fields = tuple(Field(column.name, column.shape(dialect)) for column in columns)
        super().__init__("information_schema", name, alias, fields, rows)
        self.columns = columns

    def definition(self, position: int, name: str, results: Results, dialect: Dialect) -> Column:
        column = self.columns[position]
        made = shapes.column(name, column.shape(dialect), results, dialect)
        is_computed = not dialect.mariadb and column.name in _COMPUTED
        # MySQL's are views, whose columns keep their names however they are written.
        is_respelled = not dialect.mariadb and name.lower() == column.name.lower()
        return Column(
            column.name if is_respelled else name,
            column.field_type,
            made.character_set,
            made.column_length,
            column.flags,
            dialect.string_decimals if is_computed and column.field_type in _TEXTS else 0,
            self.database,
            self.alias,
            self.name,
            column.name,
        )


def relation(instance: Instance, named: TableName) -> Relation:
    """TABLES, COLUMNS or STATISTICS, as FROM names it."""
    name = named.name.lower()
    columns = described(instance.dialect.pick(_MARIADB, _MYSQL)[name])
    lines = LINES[name]

    def rows() -> Iterator[tuple[Value, ...]]:
        for table in all_tables(instance):
            found = list(lines(instance, table))
            if name == "columns" and not instance.dialect.mariadb:
                # Its tables of columns are read along an index of their names.
                found.sort(key=lambda line: str(line["COLUMN_NAME"]).lower())
            for line in found:
                yield tuple(line.get(column.name) for column in columns)

    return _SchemaRelation(name.upper(), named.alias or named.name, columns, rows, instance.dialect)


def all_tables(instance: Instance) -> Iterator[Table]:
    """Every stored table, by database and name."""
    store = instance.tables or Store()
    for database in sorted(store.databases):
        for name in store.names(database):
            yield store.databases[database][name]


# --- lines ------------------------------------------------------------------------------------------------------------


def tables(instance: Instance, table: Table) -> Iterator[dict[str, Value]]:
    """The line of TABLES."""
    definition = table.definition
    dialect = instance.dialect
    counts = definition.auto_position is not None
    shown_id = table.next_id if counts and (dialect.mariadb or table.next_id > 1) else None
    secondary = sum(index is not definition.clustered for index in definition.indexes)
    row_count = len(table.rows((instance.tables or Store()).serial, None))
    yield {
        "TABLE_CATALOG": "def",
        "TABLE_SCHEMA": definition.database,
        "TABLE_NAME": definition.name,
        "TABLE_TYPE": "BASE TABLE",
        "ENGINE": definition.options.engine,
        "VERSION": 10,
        "ROW_FORMAT": "Dynamic",
        "TABLE_ROWS": row_count,
        "AVG_ROW_LENGTH": _ROOT_PAGE_BYTES // row_count if row_count else 0,
        "DATA_LENGTH": _ROOT_PAGE_BYTES,
        "MAX_DATA_LENGTH": 0,
        "INDEX_LENGTH": _ROOT_PAGE_BYTES * secondary,
        "DATA_FREE": 0,
        "AUTO_INCREMENT": shown_id,
        "CREATE_TIME": None if table.created is None else table.created.replace(microsecond=0),
        "TABLE_COLLATION": definition.options.collation,
        "CREATE_OPTIONS": " ".join(definition.options.others).lower(),
        "TABLE_COMMENT": definition.options.comment,
        "MAX_INDEX_LENGTH": 0,
        "TEMPORARY": "N",
    }


def columns(instance: Instance, table: Table) -> Iterator[dict[str, Value]]:
    """The lines of COLUMNS."""
    definition, dialect = table.definition, instance.dialect
    for place, column in enumerate(definition.columns):
        yield _column_line(definition, column, place, dialect)


def _column_line(
    definition: TableDefinition, column: ColumnDefinition, place: int, dialect: Dialect
) -> dict[str, Value]:
    kind, collation = column.type.kind, column.type.collation
    has_collation = collation is not None and not column.type.is_binary
    if kind is Kind.JSON and not dialect.mariadb:
        has_collation = False
    length = _length(column.type)
    bytes_each = collation.charset.max_bytes if collation is not None and kind is not Kind.TEXT else 1
    precision, scale = _precision(column.type)
    return {
        "TABLE_CATALOG": "def",
        "TABLE_SCHEMA": definition.database,
        "TABLE_NAME": definition.name,
        "COLUMN_NAME": column.name,
        "ORDINAL_POSITION": place + 1,
        "COLUMN_DEFAULT": _schema_default(column, dialect),
        "IS_NULLABLE": "YES" if column.nullable else "NO",
        "DATA_TYPE": column.type.data_type(dialect),
        "CHARACTER_MAXIMUM_LENGTH": length,
        "CHARACTER_OCTET_LENGTH": None if length is None else length * bytes_each,
        "NUMERIC_PRECISION": precision,
        "NUMERIC_SCALE": scale,
        "DATETIME_PRECISION": (column.type.decimals or 0) if kind.is_temporal and kind is not Kind.DATE else None,
        "CHARACTER_SET_NAME": collation.charset.name if has_collation and collation is not None else None,
        "COLLATION_NAME": collation.name if has_collation and collation is not None else None,
        "COLUMN_TYPE": column.type.spelling(dialect),
        "COLUMN_KEY": definition.key_of(column.name),
        "EXTRA": extra(column, dialect),
        "PRIVILEGES": _PRIVILEGES,
        "COLUMN_COMMENT": column.comment,
        "IS_GENERATED": "NEVER",
        "GENERATION_EXPRESSION": dialect.pick(None, ""),
        # What SHOW COLUMNS prints, which MariaDB spells differently.
        "shown default": default_text(column, dialect),
    }


def _schema_default(column: ColumnDefinition, dialect: Dialect) -> str | None:
    """COLUMN_DEFAULT; MariaDB's is an expression, with NULL for one that is not written."""
    text = default_text(column, dialect)
    if not dialect.mariadb:
        return text
    if text is None:
        return "NULL" if column.nullable and not column.auto_increment else None
    is_plain = isinstance(column.default, (Now, Computed)) or column.type.kind.is_number
    return text if is_plain or column.type.kind is Kind.BIT else "'" + text.replace("'", "\\'") + "'"


def _length(column_type: ColumnType) -> int | None:
    if column_type.kind.is_text:
        return column_type.length
    if column_type.kind is Kind.ENUM:
        return max(map(len, column_type.members))
    if column_type.kind is Kind.SET:
        return sum(map(len, column_type.members)) + len(column_type.members) - 1
    return TEXTS["long"] if column_type.kind is Kind.JSON else None


def _precision(column_type: ColumnType) -> tuple[int | None, int | None]:
    kind = column_type.kind
    if kind is Kind.INTEGER:
        size = INTEGERS[column_type.name]
        digits = size.unsigned_width - (1 if column_type.name == "bigint" and not column_type.unsigned else 0)
        return digits, 0
    if kind is Kind.DECIMAL:
        return column_type.length, column_type.decimals
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        natural = 12 if kind is Kind.FLOAT else 22
        return column_type.length or natural, column_type.decimals
    return (column_type.length, None) if kind is Kind.BIT else (None, None)


def extra(column: ColumnDefinition, dialect: Dialect) -> str:
    """EXTRA: what else there is to say of a column."""
    said: list[str] = []
    if column.auto_increment:
        said.append("auto_increment")
    if isinstance(column.default, (Now, Computed)) and not dialect.mariadb:
        said.append("DEFAULT_GENERATED")
    if column.on_update_now:
        said.append(f"on update {now_text(column.type.decimals or 0, dialect)}")
    return " ".join(said)


def statistics(instance: Instance, table: Table) -> Iterator[dict[str, Value]]:
    """The lines of STATISTICS."""
    definition = table.definition
    row_count = len(table.rows((instance.tables or Store()).serial, None))
    for index in definition.indexes:
        for number, name in enumerate(index.columns, 1):
            yield {
                "TABLE_CATALOG": "def",
                "TABLE_SCHEMA": definition.database,
                "TABLE_NAME": definition.name,
                "NON_UNIQUE": 0 if index.is_unique else 1,
                "INDEX_SCHEMA": definition.database,
                "INDEX_NAME": index.name,
                "SEQ_IN_INDEX": number,
                "COLUMN_NAME": name,
                "COLLATION": "A",
                "CARDINALITY": row_count,
                "SUB_PART": index.prefixes[number - 1] if index.prefixes else None,
                "NULLABLE": "YES" if definition.column(name).nullable else "",
                "INDEX_TYPE": "BTREE",
                "COMMENT": "",
                "INDEX_COMMENT": index.comment,
                "IGNORED": "NO",
                "IS_VISIBLE": "YES",
            }


LINES: Final[dict[str, Callable[[Instance, Table], Iterator[dict[str, Value]]]]] = {
    "tables": tables,
    "columns": columns,
    "statistics": statistics,
}
