"""Drives a Python client by the lines that README.md explains. Usage: python client.py KIND HOST PORT

KIND is pymysql, mysqldb, connector, connector_aio, mariadb, aiomysql, asyncmy or refpool. STOCK_SOCKET and STOCK_CA in
the environment name the server's unix socket and the file by which its certificate is verified.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import os
import re
import ssl
import sys
from importlib import import_module, metadata
from typing import Any

MODULES = {"mysqldb": "MySQLdb", "connector": "mysql.connector", "connector_aio": "mysql.connector.aio"}
PACKAGES = {
    "pymysql": "PyMySQL",
    "mysqldb": "mysqlclient",
    "connector": "mysql-connector-python",
    "connector_aio": "mysql-connector-python",
}
DATABASE_WORD = {"pymysql": "database", "connector": "database", "connector_aio": "database"}
KIND, HOST, PORT = sys.argv[1:4]
LIBRARY = import_module(MODULES.get(KIND, KIND))
IS_ASYNC = KIND in ("aiomysql", "asyncmy", "refpool", "connector_aio")
IS_CONNECTOR = KIND in ("connector", "connector_aio")
LOOP = asyncio.new_event_loop() if IS_ASYNC else None


def wait(value: Any) -> Any:
    """The value itself, or what it comes to where the client is an asynchronous one."""

    async def come() -> Any:
        return await value

    return LOOP.run_until_complete(come()) if LOOP is not None and hasattr(value, "__await__") else value


def options(way: str) -> dict[str, Any] | None:
    """The keywords for a way to connect; None where the client has none for it. "" is its own choice."""
    if way == "socket":
        return {"unix_socket": os.environ["STOCK_SOCKET"]}
    verifies, ca = way == "tls_ca", os.environ["STOCK_CA"]
    if IS_CONNECTOR:
        common = {"allow_local_infile": False} | ({"use_pure": True} if KIND == "connector" else {})
        if way.startswith("tls"):
            return common | ({"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True} if verifies else {})
        return common | {"ssl_disabled": True} | ({"compress": True} if way == "compress" else {})
    if KIND == "mysqldb":
        if way.startswith("tls"):
            return {"charset": "utf8mb4", "ssl_mode": "VERIFY_CA" if verifies else "REQUIRED", "ssl": {"ca": ca}}
        return {"charset": "utf8mb4"} | ({"compress": True} if way == "compress" else {})
    if KIND == "mariadb":
        if way.startswith("tls"):
            return {"ssl": True, "ssl_verify_cert": verifies} | ({"ssl_ca": ca} if verifies else {})
        return {"compress": True} if way == "compress" else {}
    if way == "compress":
        return None
    if way.startswith("tls"):
        context = ssl.create_default_context(cafile=ca)
        if not verifies:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return {"charset": "utf8mb4", "ssl": context}
    return {"charset": "utf8mb4"} | ({"ssl_disabled": True} if KIND == "pymysql" else {})


def connect(how: dict[str, Any], user: str, password: str, database: str) -> Any:
    named = {DATABASE_WORD.get(KIND, "db"): database} if database else {}
    place = {} if "unix_socket" in how else {"host": HOST, "port": int(PORT)}
    return wait(LIBRARY.connect(user=user, password=password, autocommit=True, **place, **named, **how))


def cursor_of(link: Any, **how: Any) -> Any:
    made = link.cursor(**how)
    return wait(made)


def result(cursor: Any) -> str:
    if cursor.description is None:
        return f"ok affected={cursor.rowcount} insert_id={cursor.lastrowid}"
    columns = [(column[0], column[1], column[6]) for column in cursor.description]
    rows = " ".join(map(repr, wait(cursor.fetchall())))
    return f"rows {columns}: {rows} count={cursor.rowcount}"


def execute(link: Any, statement: str, values: list[Any] | None = None, **how: Any) -> str:
    cursor = cursor_of(link, **how)
    wait(cursor.execute(statement, values) if values else cursor.execute(statement))
    found = result(cursor)
    wait(cursor.close())
    return found


def multi(link: Any, statement: str) -> str:
    cursor = cursor_of(link)
    wait(cursor.execute(statement))
    found = [result(cursor)]
    while wait(cursor.nextset()):
        found.append(result(cursor))
    wait(cursor.close())
    return " ; ".join(found)


def placeholders(statement: str) -> str:
    return statement if KIND == "mariadb" else statement.replace("%", "%%").replace("?", "%s")


def prepare(link: Any, statement: str, *values: str) -> str:
    return bound(link, statement, list(values))


def bound(link: Any, statement: str, values: list[Any]) -> str:
    """By the client's prepared statements."""
    if IS_CONNECTOR:
        return execute(link, statement, values, prepared=True)
    return execute(link, statement, values, binary=True) if KIND == "mariadb" else "unsupported"


def typed(word: str) -> Any:
    """The value that a word like ``i:5`` means."""
    kind, _, text = word.partition(":")
    made: dict[str, Any] = {
        "i": int,
        "f": float,
        "s": str,
        "n": lambda _: None,
        "B": lambda text: text == "1",
        "b": bytes.fromhex,
        "D": decimal.Decimal,
        "d": datetime.date.fromisoformat,
        "t": datetime.datetime.fromisoformat,
        "T": lambda text: datetime.timedelta(seconds=float(text)),
    }
    return made[kind](text)


def many(link: Any, statement: str, *rows: str) -> str:
    """executemany() with a row a word, its values parted by commas."""
    cursor = cursor_of(link)
    wait(cursor.executemany(placeholders(statement), [[typed(value) for value in row.split(",")] for row in rows]))
    found = f"ok affected={cursor.rowcount} insert_id={cursor.lastrowid}"
    wait(cursor.close())
    return found


def streamed(link: Any, statement: str) -> str:
    """The first row of a result that is not read to its end, by the client's unbuffered cursor."""
    if KIND in ("pymysql", "aiomysql", "asyncmy", "refpool", "mysqldb"):
        cursors = import_module(f"{MODULES.get(KIND, KIND)}.cursors")
        cursor = wait(link.cursor(cursors.SSCursor))
    else:
        cursor = cursor_of(link, **({"buffered": False}))
    wait(cursor.execute(statement))
    first = wait(cursor.fetchone())
    second = wait(cursor.fetchmany(2))
    rest = len(wait(cursor.fetchall()))
    wait(cursor.close())
    return f"rows {first!r} {list(second)!r} and {rest} more"


def ping(link: Any) -> str:
    if KIND in ("pymysql", "aiomysql", "asyncmy", "refpool") or IS_CONNECTOR:
        wait(link.ping(reconnect=False))
    else:
        link.ping()
    return "ok"


def change_user(link: Any, user: str, password: str, database: str) -> str:
    change = "cmd_change_user" if IS_CONNECTOR else {"mariadb": "change_user", "mysqldb": "change_user"}.get(KIND)
    if change is None or not hasattr(link, change):
        return "unsupported"
    wait(getattr(link, change)(user, password, database))
    return "ok"


def reset(link: Any) -> str:
    name = "cmd_reset_connection" if IS_CONNECTOR else {"mariadb": "reset", "refpool": "reset"}.get(KIND)
    if name is None:
        return "unsupported"
    wait(getattr(link, name)())
    return "ok"


def statistics(link: Any) -> str:
    if IS_CONNECTOR:
        return f"text {sorted(wait(link.cmd_statistics()))}"
    return f"text {re.sub('[0-9.]+', 'N', str(link.stat()))}" if KIND == "mysqldb" else "unsupported"


def use(link: Any, database: str) -> str:
    if KIND in ("connector", "mariadb"):
        link.database = database
        return f"ok {link.database}"
    if KIND == "connector_aio":
        wait(link.set_database(database))
        return f"ok {wait(link.get_database())}"
    wait(link.select_db(database))
    return "ok"


def autocommit(link: Any, on: str) -> str:
    if KIND in ("connector", "mariadb"):
        link.autocommit = on == "1"
    elif KIND == "connector_aio":
        wait(link.set_autocommit(on == "1"))
        return f"ok {wait(link.get_autocommit())}"
    else:
        wait(link.autocommit(on == "1"))
    if KIND in ("aiomysql", "pymysql", "refpool"):
        return f"ok {link.get_autocommit()}"
    return f"ok {bool(link.autocommit)}" if KIND in ("connector", "mariadb") else "ok"


def status(link: Any) -> str:
    """What the client knows of the session without asking: a transaction is open, the last status word."""
    found = {}
    for name in ("in_transaction", "server_status", "warning_count", "warnings"):
        if isinstance(value := getattr(link, name, None), int):
            found[name] = value
    if hasattr(link, "get_transaction_status"):
        found["transaction"] = link.get_transaction_status()
    if hasattr(link, "get_autocommit") and not IS_CONNECTOR:
        found["autocommit"] = link.get_autocommit()
    return f"status {found}" if found else "unsupported"


def end(name: str) -> Any:
    def act(link: Any) -> str:
        wait(getattr(link, name)())
        return "ok"

    return act


def quit_(link: Any) -> str:
    wait(link.ensure_closed() if IS_ASYNC and KIND != "connector_aio" else link.close())
    return "ok"


def escape(link: Any, text: str) -> str:
    if KIND in ("pymysql", "aiomysql", "asyncmy", "refpool"):
        return str(link.escape(text))
    return repr(link.escape_string(text)) if KIND in ("mysqldb", "mariadb") else "unsupported"


VERBS = {
    "query": execute,
    "multi": multi,
    "multi_fails": multi,
    "param": lambda link, statement, *values: execute(link, placeholders(statement), list(values)),
    "prepare": prepare,
    "typed": lambda link, statement, *values: execute(link, placeholders(statement), [typed(each) for each in values]),
    "bound": lambda link, statement, *values: bound(link, statement, [typed(each) for each in values]),
    "many": many,
    "streamed": streamed,
    "status": status,
    "ping": ping,
    "use": use,
    "reset": reset,
    "change_user": change_user,
    "statistics": statistics,
    "begin": end("begin"),
    "commit": end("commit"),
    "rollback": end("rollback"),
    "autocommit": autocommit,
    "escape": escape,
    "quit": quit_,
}


def told(error: BaseException) -> str:
    code = getattr(error, "errno", None) or (error.args[0] if error.args else "-")
    text = getattr(error, "msg", None) or (error.args[-1] if error.args else "-")
    kind = type(error)
    return f"error {code} {getattr(error, 'sqlstate', None) or '-'} {kind.__name__} {text}"


def main() -> None:
    links: dict[str, Any] = {}
    ids: dict[str, str] = {}
    version = LIBRARY.__version__ if KIND == "refpool" else metadata.version(PACKAGES.get(KIND, KIND))
    print(f"{PACKAGES.get(KIND, KIND)} {version}", flush=True)
    for line in sys.stdin:
        name, verb, *words = line.rstrip("\n").split("\t")
        words = [re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], found[0]), word) for word in words]
        try:
            how = options(words.pop(0) if verb == "connect_with" else "")
            if how is None:
                answer = "unsupported"
            elif verb.startswith("connect"):
                links[name] = connect(how, *words)
                cursor = cursor_of(links[name])
                wait(cursor.execute("SELECT CONNECTION_ID()"))
                ids[name] = str(wait(cursor.fetchall())[0][0])
                wait(cursor.close())
                answer = "ok"
            elif verb not in VERBS or (verb in ("begin",) and not hasattr(links[name], verb)):
                answer = "unsupported"
            else:
                answer = VERBS[verb](links[name], *words)
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what is asked for here
            answer = told(error)
        print(answer.replace("\n", "\\n").replace("\r", "\\r"), flush=True)


if __name__ == "__main__":
    main()
