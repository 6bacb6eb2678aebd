"""SHOW of stored tables: COLUMNS, INDEX, CREATE TABLE and TABLE STATUS; and what COM_FIELD_LIST lists.

Each takes its lines from ``table_catalogue.py`` and names their columns as SHOW does.

Source: the definitions that MariaDB 10.11.19 and MySQL 9.7.4 sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import sqlerrors, table_catalogue, values
from .definitions import Computed, Now
from .nodes import TableName
from .show import Cell
from .show import Table as Listing
from .storing import zero
from .table_access import tables_of
from .table_relations import StoredRelation

if TYPE_CHECKING:
    from ..answers import Column
    from .dialect import Dialect
    from .session import Session
    from .show import Shower
    from .statements import Show
    from .tables import Table
    from .values import Value

# name=column of information_schema:field type:length:flags
_MARIADB: Final = {
    "COLUMNS": """Field=COLUMN_NAME:253:256:1001 Type=COLUMN_TYPE:252:786420:1011 Collation=COLLATION_NAME:253:256:1000
        Null=IS_NULLABLE:253:12:1001 Key=COLUMN_KEY:253:12:1001 Default=default:252:786384:1010 Extra=EXTRA:253:320:1001
        Privileges=PRIVILEGES:253:320:1001 Comment=COLUMN_COMMENT:253:4096:1001""",
    "INDEX": """Table=TABLE_NAME:253:256:1001 Non_unique=NON_UNIQUE:8:1:1001 Key_name=INDEX_NAME:253:256:1001
        Seq_in_index=SEQ_IN_INDEX:3:2:1021 Column_name=COLUMN_NAME:253:256:1001 Collation=COLLATION:253:4:1000
        Cardinality=CARDINALITY:8:21:1000 Sub_part=SUB_PART:8:3:1000 Packed=PACKED:253:40:1000 Null=NULLABLE:253:12:1001
        Index_type=INDEX_TYPE:253:64:1001 Comment=COMMENT:253:64:1000 Index_comment=INDEX_COMMENT:253:4096:1001
        Ignored=IGNORED:253:12:1001""",
    "TABLE STATUS": """Name=TABLE_NAME:253:256:1001 Engine=ENGINE:253:256:1000 Version=VERSION:8:21:1020
        Row_format=ROW_FORMAT:253:40:1000 Rows=TABLE_ROWS:8:21:1020 Avg_row_length=AVG_ROW_LENGTH:8:21:1020
        Data_length=DATA_LENGTH:8:21:1020 Max_data_length=MAX_DATA_LENGTH:8:21:1020 Index_length=INDEX_LENGTH:8:21:1020
        Data_free=DATA_FREE:8:21:1020 Auto_increment=AUTO_INCREMENT:8:21:1020 Create_time=CREATE_TIME:12:19:1080
        Update_time=UPDATE_TIME:12:19:1080 Check_time=CHECK_TIME:12:19:1080 Collation=TABLE_COLLATION:253:256:1000
        Checksum=CHECKSUM:8:21:1020 Create_options=CREATE_OPTIONS:253:8192:1000 Comment=TABLE_COMMENT:253:8192:1001
        Max_index_length=MAX_INDEX_LENGTH:8:21:1020 Temporary=TEMPORARY:253:4:1000""",
}
_MYSQL: Final = {
    "COLUMNS": """Field=COLUMN_NAME:253:256:0 Type=COLUMN_TYPE:252:67108860:1091 Collation=COLLATION_NAME:253:256:0
        Null=IS_NULLABLE:253:12:1 Key=COLUMN_KEY:254:12:1181 Default=default:252:262140:90 Extra=EXTRA:253:1024:0
        Privileges=PRIVILEGES:253:616:0 Comment=COLUMN_COMMENT:252:24576:91""",
    "INDEX": """Table=TABLE_NAME:253:256:1081 Non_unique=NON_UNIQUE:3:2:1 Key_name=INDEX_NAME:253:256:0
        Seq_in_index=SEQ_IN_INDEX:3:10:1021 Column_name=COLUMN_NAME:253:256:0 Collation=COLLATION:253:4:0
        Cardinality=CARDINALITY:8:21:0 Sub_part=SUB_PART:8:21:0 Packed=PACKED:6:0:80 Null=NULLABLE:253:12:1
        Index_type=INDEX_TYPE:253:44:81 Comment=COMMENT:253:32:1 Index_comment=INDEX_COMMENT:253:8192:1081
        Visible=IS_VISIBLE:253:12:1 Expression=EXPRESSION:252:4294967295:90""",
    "TABLE STATUS": """Name=TABLE_NAME:253:256:1081 Engine=ENGINE:253:256:0 Version=VERSION:3:3:0
        Row_format=ROW_FORMAT:254:40:180 Rows=TABLE_ROWS:8:21:20 Avg_row_length=AVG_ROW_LENGTH:8:21:20
        Data_length=DATA_LENGTH:8:21:20 Max_data_length=MAX_DATA_LENGTH:8:21:20 Index_length=INDEX_LENGTH:8:21:20
        Data_free=DATA_FREE:8:21:20 Auto_increment=AUTO_INCREMENT:8:21:20 Create_time=CREATE_TIME:7:19:1081
        Update_time=UPDATE_TIME:12:19:80 Check_time=CHECK_TIME:12:19:80 Collation=TABLE_COLLATION:253:256:1000
        Checksum=CHECKSUM:8:21:0 Create_options=CREATE_OPTIONS:253:1024:0 Comment=TABLE_COMMENT:252:24576:10""",
}
# The tables of MySQL's own that columns are taken out of as they are; the others are computed.
_MYSQL_STORED: Final = {
    "COLUMNS": dict.fromkeys(("Type", "Key", "Default"), "columns"),
    "INDEX": {"Table": "tables", "Seq_in_index": "index_column_usage", "Index_comment": "indexes"},
    "TABLE STATUS": dict.fromkeys(("Name", "Row_format", "Create_time"), "tables") | {"Collation": "collations"},
}
_ONLY_FULL: Final = frozenset({"Collation", "Privileges", "Comment"})


def show(shower: Shower, show: Show) -> Listing:
    """The lines of one of these kinds.

    Raises:
        SqlError: 1146 or 1049, there is no such table.
    """
    if show.kind == "TABLE STATUS":
        return _table_status(shower, show)
    table = _table(shower, show)
    if show.kind == "CREATE TABLE":
        return _create(shower, table)
    if show.kind == "COLUMNS":
        return _lines(shower, "COLUMNS", [table], is_full=show.full)
    return _lines(shower, "INDEX", [table])


def _table(shower: Shower, show: Show) -> Table:
    database = show.database or shower.session.need_database()
    relation = shower.catalogue.find(shower.session, TableName(database, show.name))
    if not isinstance(relation, StoredRelation):
        raise sqlerrors.unsupported(f"SHOW {show.kind} of {relation.database}.{relation.name}")
    return relation.stored


def _create(shower: Shower, table: Table) -> Listing:
    definition = table.definition
    next_id = table.next_id if definition.auto_position is not None else 1
    cells = (Cell("Table", shower.words(64)), Cell("Create Table", shower.words(1024)))
    return Listing(cells, [(definition.name, definition.text(shower.dialect, next_id=next_id))])


def _table_status(shower: Shower, show: Show) -> Listing:
    session = shower.session
    database = shower.instance.database(show.database) if show.database else session.need_database()
    store = tables_of(session).store
    found = [store.table(database, name) for name in store.names(database)]
    return _lines(shower, "TABLE STATUS", [table for table in found if table is not None])


_SOURCES: Final = {"COLUMNS": "columns", "INDEX": "statistics", "TABLE STATUS": "tables"}


def _lines(shower: Shower, kind: str, tables: list[Table], *, is_full: bool = True) -> Listing:
    named = _named(kind, shower.dialect)
    if not is_full:
        named = [pair for pair in named if pair[1].name not in _ONLY_FULL]
    cells = tuple(
        Cell(column.name, column.shape(shower.dialect), column.flags, column.field_type, 0, origin)
        for source, column in named
        for origin in [_origin(shower, kind, source, column.name)]
    )
    lines = table_catalogue.LINES[_SOURCES[kind]]
    rows: list[tuple[Value, ...]] = [
        tuple(line.get("shown default" if source == "default" else source) for source, _ in named)
        for table in tables
        for line in lines(shower.instance, table)
    ]
    return Listing(cells, rows)


def _origin(shower: Shower, kind: str, source: str, name: str) -> tuple[str, str, str, str]:
    if name == "Packed" and not shower.dialect.mariadb:
        return "", "", "", ""  # it is always NULL
    mariadb = _SOURCES[kind].upper(), "COLUMN_DEFAULT" if source == "default" else source
    alias = "SHOW_STATISTICS" if kind == "INDEX" else mariadb[0]
    return shower.origin(mariadb, ("", alias, _MYSQL_STORED[kind].get(name, "")), name)


def _named(kind: str, dialect: Dialect) -> list[tuple[str, table_catalogue.Described]]:
    """The columns of a kind, each behind the name of what it shows."""
    parts = [part.partition("=") for part in dialect.pick(_MARIADB, _MYSQL)[kind].split()]
    made = table_catalogue.described(" ".join(name + rest[rest.index(":") :] for name, _, rest in parts))
    return [(rest.partition(":")[0], column) for (_, _, rest), column in zip(parts, made, strict=True)]


def field_list(session: Session, name: str, pattern: str) -> list[tuple[Column, bytes | None]]:
    """COM_FIELD_LIST: the definitions of a table's columns that a LIKE pattern matches, each with its default as text.

    A column that is never null and has no default lists what it would hold if errors were passed over.

    Raises:
        SqlError: 1146 when there is no such table.
    """
    dialect = session.instance.dialect
    definition = tables_of(session).need(session.need_database(), name).definition
    utf8 = session.instance.charsets.by_id[33]
    matcher = values.like_pattern(pattern or "%", "\\", utf8)
    found: list[tuple[Column, bytes | None]] = []
    for place, column in enumerate(definition.columns):
        if not matcher.fullmatch(values.like_text(column.name, utf8)):
            continue
        made = definition.definition(place, column.name, name, session.results, dialect)
        default = column.default if column.has_default or column.nullable else zero(column)
        if isinstance(default, (Now, Computed)):
            default = None
        text = values.to_text(default, definition.shape(place, dialect))
        found.append((made, text.encode() if isinstance(text, str) else text))
    return found
