"""Write the table of a server's system variables from a live server: ``python -m tools.capture_variables URL MODULE``.

The server should be a fresh one: what somebody has set globally is taken for a default.

The fake answers SHOW VARIABLES and ``@@name`` from such a table. Which variables are read-only is asked by assignments
that fail before anything is set. Values that belong to the machine and not to the server are replaced.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pymysql

from .asking import dial

MACHINE = {
    "basedir": "/usr/",
    "bind_address": "*",
    "datadir": "/var/lib/mysql/",
    "general_log_file": "/var/lib/mysql/localhost.log",
    "hostname": "localhost",
    "init_file": "",
    "innodb_flush_log_at_trx_commit": "1",
    "log_error": "",
    "max_connections": "151",
    "mysqlx_bind_address": "*",
    "pid_file": "/var/run/mysqld/mysqld.pid",
    "port": "3306",
    "report_port": "3306",
    "secure_file_priv": r"\N",
    "server_uuid": "00000000-0000-0000-0000-000000000001",
    "slow_query_log_file": "/var/lib/mysql/localhost-slow.log",
    "socket": "/var/run/mysqld/mysqld.sock",
    "timestamp": "0",
    "pseudo_thread_id": "0",
    "rand_seed1": "0",
    "rand_seed2": "0",
    "statement_id": "0",
    "time_zone": "SYSTEM",
    "tmpdir": "/tmp",
    "autocommit": "ON",
    "character_set_client": "",
    "character_set_connection": "",
    "character_set_results": "",
    "collation_connection": "",
}
# What MySQL does not tell of its enumerations.
CHOICES = {
    "binlog_format": "MIXED,STATEMENT,ROW",
    "binlog_row_image": "MINIMAL,NOBLOB,FULL",
    "completion_type": "NO_CHAIN,CHAIN,RELEASE",
    "concurrent_insert": "NEVER,AUTO,ALWAYS",
    "delay_key_write": "OFF,ON,ALL",
    "event_scheduler": "OFF,ON,DISABLED",
    "internal_tmp_mem_storage_engine": "MEMORY,TempTable",
    "resultset_metadata": "NONE,FULL",
    "session_track_gtids": "OFF,OWN_GTID,ALL_GTIDS",
    "session_track_transaction_info": "OFF,STATE,CHARACTERISTICS",
    "transaction_isolation": "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE",
    "use_secondary_engine": "OFF,ON,FORCED",
}
MARIADB = """
    select lower(variable_name), variable_scope, numeric_min_value, numeric_max_value, enum_value_list, variable_type
    from information_schema.system_variables order by 1"""
MYSQL = """
    select variable_name, variable_scope, min_value, max_value, null, data_type
    from performance_schema.variables_metadata order by 1"""


def failure(cursor: Any, statement: str) -> int:
    """The code that a statement fails with, 0 for none."""
    try:
        cursor.execute(statement)
    except pymysql.err.MySQLError as error:
        return int(error.args[0])
    return 0


def row(cursor: Any, shown: dict[str, str], captured: tuple[Any, ...], *, is_mariadb: bool) -> str:
    name, scope, least, most, choices, data_type = captured
    letter = {"GLOBAL": "g", "SESSION": "b", "SESSION ONLY": "s", "SESSION_ONLY": "s"}[scope]
    # The second assignment is of a wrong type, so that nothing is ever set.
    wide = failure(cursor, f"set global {name} = @@global.{name}, global max_connections = 'x'")
    narrow = failure(cursor, f"set session {name} = @@session.{name}, global max_connections = 'x'")
    tried = {"g": (wide,), "s": (narrow,), "b": (wide, narrow)}[letter]
    access = "r" if all(code == 1238 for code in tried) else "x" if narrow == 1621 else "w"
    if failure(cursor, f"select @@{name}"):
        cursor.execute(f"select @@global.{name}")
    wire = cursor._result.fields[0]
    if wire.type_code == 8:
        kind = "bool" if wire.length == 1 else "uint" if wire.flags & 0x20 else "int"
    elif wire.type_code == 5:
        kind = "double"
    else:
        kind = {"ENUM": "enum", "SET": "set"}.get(data_type, "text")
    limits = f"{least}..{most}" if kind in ("int", "uint", "double") and least else "-"
    if kind in ("enum", "set"):
        limits = choices or "-"
    if not is_mariadb and name in CHOICES:
        kind, limits = "enum", CHOICES[name]
    value = MACHINE.get(name, shown.get(name, "") or "")
    value = value.replace(shown["datadir"], "/var/lib/mysql/").replace(f"{shown['hostname']}-", "localhost-")
    return " ".join([name, letter, kind, access, limits, value]).rstrip()


def main() -> None:
    module = Path(sys.argv[2])
    cursor = dial(sys.argv[1], charset="utf8mb4").cursor()
    cursor.execute("select version()")
    ((version,),) = cursor.fetchall()
    is_mariadb = "MariaDB" in version
    cursor.execute("show global variables")
    shown = dict(cursor.fetchall())
    cursor.execute("show session variables")
    shown = dict(cursor.fetchall()) | shown
    cursor.execute(MARIADB if is_mariadb else MYSQL)
    lines = [row(cursor, shown, captured, is_mariadb=is_mariadb) for captured in cursor.fetchall()]
    product, number = ("MariaDB" if is_mariadb else "MySQL"), version.partition("-")[0]
    module.write_text(
        f'"""The system variables of {product} {number}, captured from one by tools/capture_variables.py.\n\n'
        "A line is: name; g for global, s for session, b for both; kind; w for writable, r for read-only, x for a\n"
        "session value that only follows the global one; the range of numbers or the choices, - for any; the default.\n"
        '"""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import Final\n\n"
        'TABLE: Final = r"""\n' + "\n".join(lines) + '\n"""  # noqa: E501\n'
    )


if __name__ == "__main__":
    main()
