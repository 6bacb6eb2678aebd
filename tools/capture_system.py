"""Ask both servers what their own tables and SHOWs look like: ``python -m tools.capture_system MARIADB_URL MYSQL_URL``.

Writes ``fakemysql/sql/system_mariadb.py`` and ``system_mysql.py``: the columns of the tables of information_schema,
performance_schema and mysql, and of the SHOWs, that ``system_tables.py`` and ``listings.py`` answer; and the lines of
those that never change. The servers should be fresh ones with the default settings.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pymysql

from .capture_answers import Server

TABLES = {
    "information_schema": """
        applicable_roles character_sets collations collation_character_set_applicability column_privileges
        enabled_roles engines events files global_status global_variables key_column_usage parameters
        partitions plugins referential_constraints routines schema_privileges session_status session_variables
        table_constraints table_privileges triggers views user_privileges innodb_trx
    """,
    "performance_schema": """
        global_status global_variables session_connect_attrs session_status session_variables
    """,
    "mysql": """
        db plugin time_zone_name user
    """,
}
# Of a wide table these columns alone, as far as there are such.
ONLY = {
    "mysql.user": (
        "host, user, plugin, authentication_string, password_expired, account_locked",
        "host, user, plugin, authentication_string, password_expired",
    )
}
SHOWS = (
    "EVENTS", "TRIGGERS", "PROCEDURE STATUS", "FUNCTION STATUS", "OPEN TABLES", "MASTER STATUS", "BINARY LOG STATUS",
    "SLAVE STATUS", "REPLICA STATUS", "SLAVE HOSTS", "REPLICAS", "BINLOG EVENTS", "RELAYLOG EVENTS", "PRIVILEGES",
    "PROFILES", "PROFILE", "COLLATION", "CHARACTER SET", "ENGINE INNODB STATUS", "PLUGINS", "ENGINES",
    "ALL SLAVES STATUS",
)  # fmt: skip
# Questions whose lines are kept, and which of them.
LINES = {
    "information_schema.engines": "SELECT * FROM information_schema.engines",
    "information_schema.plugins": (
        "SELECT * FROM information_schema.plugins WHERE plugin_type IN ('AUTHENTICATION', 'STORAGE ENGINE')"
    ),
    "SHOW PRIVILEGES": "SHOW PRIVILEGES",
}


def columns(server: Server, statement: str) -> list[list[Any]] | None:
    result = server.run(statement)
    if isinstance(result, pymysql.err.MySQLError):
        return None
    return [[each.name, each.type_code, each.length, each.flags, each.scale, each.charsetnr] for each in result.fields]


def captured(server: Server) -> tuple[str, str]:
    """The definitions, and the lines that are kept."""
    definitions: dict[str, list[str]] = {}
    for table in (f"{database}.{name}" for database, names in TABLES.items() for name in names.split()):
        for wanted in ONLY.get(table, ("*",)):
            found = columns(server, f"SELECT {wanted} FROM {table} LIMIT 0")
            if found is not None:
                definitions[table] = [described(each) for each in found]
                break
    for show in SHOWS:
        found = columns(server, f"SHOW {show}")
        if found is not None:
            definitions[f"SHOW {show}"] = [described(each) for each in found]
    alike: dict[str, list[str]] = {}
    for name, each in definitions.items():
        alike.setdefault("\n".join(each), []).append(name)
    lines = [f"## {', '.join(names)}\n{each}" for each, names in alike.items()]
    rows = {name: [list(row) for row in server.rows(statement)] for name, statement in LINES.items()}
    kept = [f"## {name}\n" + "\n".join(json.dumps(row) for row in each) for name, each in rows.items()]
    return "\n".join(lines), "\n".join(kept)


def described(column: list[Any]) -> str:
    name, field_type, length, flags, decimals, charset = column
    return f"{name}|{field_type} {length} {flags:#x} {decimals}{' binary' if charset == 63 else ''}"


def main() -> None:
    families = (("mariadb", "MariaDB 10.11.19"), ("mysql", "MySQL 9.7.4"))
    for url, (family, product) in zip(sys.argv[1:3], families, strict=True):
        definitions, rows = captured(Server(url))
        text = f'''"""Columns of the tables and SHOWs of {product}, captured from one by tools/capture_system.py.

A table's columns are, a line each: name, a bar, then type, length in bytes of utf8mb4, flags, decimals, and "binary"
where it has no character set. Tables that are alike stand together. Lines of rows are JSON.
"""

from __future__ import annotations

from typing import Final

COLUMNS: Final = r"""
{definitions}
"""

ROWS: Final = r"""
{rows}
"""
'''
        Path(f"fakemysql/sql/system_{family}.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
