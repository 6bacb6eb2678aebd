"""Drives a Python client by the lines that README.md explains. Usage: python client.py KIND HOST PORT

KIND is pymysql, mysqldb, connector, mariadb, aiomysql or asyncmy.
"""

from __future__ import annotations

import asyncio
import re
import sys
from importlib import import_module
from typing import Any

MODULES = {"mysqldb": "MySQLdb", "connector": "mysql.connector"}
DATABASE_WORD = {"pymysql": "database", "connector": "database"}
KIND, HOST, PORT = sys.argv[1:4]
LIBRARY = import_module(MODULES.get(KIND, KIND))
IS_ASYNC = KIND in ("aiomysql", "asyncmy")
LOOP = asyncio.new_event_loop() if IS_ASYNC else None


def wait(value: Any) -> Any:
    """The value itself, or what it comes to where the client is an asynchronous one."""

    async def come() -> Any:
        return await value

    return LOOP.run_until_complete(come()) if LOOP is not None and hasattr(value, "__await__") else value


def options() -> dict[str, Any]:
    if KIND == "connector":
        return {"allow_local_infile": False, "ssl_disabled": True, "use_pure": True}
    if KIND == "mysqldb":
        return {"charset": "utf8mb4"}
    if KIND == "mariadb":
        return {}
    return {"charset": "utf8mb4"} | ({"ssl_disabled": True} if KIND == "pymysql" else {})


def connect(user: str, password: str, database: str) -> Any:
    named = {DATABASE_WORD.get(KIND, "db"): database} if database else {}
    return wait(
        LIBRARY.connect(host=HOST, port=int(PORT), user=user, password=password, autocommit=True, **named, **options())
    )


def cursor_of(link: Any, **how: Any) -> Any:
    made = link.cursor(**how)
    return wait(made)


def result(cursor: Any) -> str:
    if cursor.description is None:
        return f"ok affected={cursor.rowcount} insert_id={cursor.lastrowid}"
    columns = [(column[0], column[1], column[6]) for column in cursor.description]
    rows = " ".join(map(repr, wait(cursor.fetchall())))
    return f"rows {columns}: {rows} count={cursor.rowcount}"


def execute(link: Any, statement: str, values: list[str] | None = None, **how: Any) -> str:
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
    if KIND == "connector":
        return execute(link, statement, list(values), prepared=True)
    return execute(link, statement, list(values), binary=True) if KIND == "mariadb" else "unsupported"


def ping(link: Any) -> str:
    if KIND in ("pymysql", "aiomysql", "asyncmy", "connector"):
        wait(link.ping(reconnect=False))
    else:
        link.ping()
    return "ok"


def change_user(link: Any, user: str, password: str, database: str) -> str:
    change = {"connector": "cmd_change_user", "mariadb": "change_user", "mysqldb": "change_user"}.get(KIND)
    if change is None or not hasattr(link, change):
        return "unsupported"
    getattr(link, change)(user, password, database)
    return "ok"


def reset(link: Any) -> str:
    name = {"connector": "cmd_reset_connection", "mariadb": "reset"}.get(KIND)
    if name is None:
        return "unsupported"
    getattr(link, name)()
    return "ok"


def statistics(link: Any) -> str:
    if KIND == "connector":
        return f"text {sorted(link.cmd_statistics())}"
    return f"text {re.sub('[0-9.]+', 'N', str(link.stat()))}" if KIND == "mysqldb" else "unsupported"


def use(link: Any, database: str) -> str:
    if KIND in ("connector", "mariadb"):
        link.database = database
        return f"ok {link.database}"
    wait(link.select_db(database))
    return "ok"


def autocommit(link: Any, on: str) -> str:
    if KIND in ("connector", "mariadb"):
        link.autocommit = on == "1"
    else:
        wait(link.autocommit(on == "1"))
    if KIND in ("aiomysql", "pymysql"):
        return f"ok {link.get_autocommit()}"
    return f"ok {bool(link.autocommit)}" if KIND in ("connector", "mariadb") else "ok"


def end(name: str) -> Any:
    def act(link: Any) -> str:
        wait(getattr(link, name)())
        return "ok"

    return act


def quit_(link: Any) -> str:
    wait(link.ensure_closed() if IS_ASYNC else link.close())
    return "ok"


def escape(link: Any, text: str) -> str:
    if KIND in ("pymysql", "aiomysql", "asyncmy"):
        return str(link.escape(text))
    return repr(link.escape_string(text)) if KIND in ("mysqldb", "mariadb") else "unsupported"


VERBS = {
    "query": execute,
    "multi": multi,
    "multi_fails": multi,
    "param": lambda link, statement, *values: execute(link, placeholders(statement), list(values)),
    "prepare": prepare,
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
    print(f"Python {KIND} {getattr(LIBRARY, '__version__', '')}", flush=True)
    for line in sys.stdin:
        name, verb, *words = line.rstrip("\n").split("\t")
        words = [re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], found[0]), word) for word in words]
        try:
            if verb == "connect":
                links[name] = connect(words[0], words[1], words[2])
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


main()
