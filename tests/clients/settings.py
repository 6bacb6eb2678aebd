"""Connects with what ``server.connect_kwargs(NAME)`` says: python -m tests.clients.settings NAME ...

Runs in whatever environment has the clients, against servers of its own: over TCP, over TLS with a certificate that is
verified, and over a unix socket. Prints what went wrong, a line each, and ends with status 1 if anything did.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fakemysql import FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable

QUESTION = "SELECT DATABASE(), 7"
ANSWER = ("shop", 7)
MODULES = {"mysqlclient": "MySQLdb", "mysql-connector-python": "mysql.connector"}


def blocking(name: str, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    link = import_module(MODULES.get(name, name)).connect(**kwargs)
    cursor = link.cursor()
    cursor.execute(QUESTION)
    found = cursor.fetchone()
    cursor.close()
    link.close()
    return tuple(found)


def waiting(name: str, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    async def ask() -> tuple[Any, ...]:
        link = await import_module(name).connect(**kwargs)
        cursor = link.cursor()
        cursor = await cursor if hasattr(cursor, "__await__") else cursor
        await cursor.execute(QUESTION)
        found = cursor.fetchone()
        found = await found if hasattr(found, "__await__") else found
        closed = link.close() if name == "mysql.connector.aio" else link.ensure_closed()
        await closed
        return tuple(found)

    return asyncio.run(ask())


def engine(name: str, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    sqlalchemy = import_module("sqlalchemy")
    if not name.endswith(("aiomysql", "asyncmy")):
        made = sqlalchemy.create_engine(**kwargs)
        with made.connect() as link:
            found = link.execute(sqlalchemy.text(QUESTION)).one()
        made.dispose()
        return tuple(found)

    async def ask() -> tuple[Any, ...]:
        made = import_module("sqlalchemy.ext.asyncio").create_async_engine(**kwargs)
        async with made.connect() as link:
            found = (await link.execute(sqlalchemy.text(QUESTION))).one()
        await made.dispose()
        return tuple(found)

    return asyncio.run(ask())


def django(_: str, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    settings = import_module("django.conf").settings
    if not settings.configured:
        settings.configure()
    link = import_module("django.db.utils").ConnectionHandler({"default": kwargs})["default"]
    with link.cursor() as cursor:
        cursor.execute(QUESTION)
        found = cursor.fetchone()
    link.close()
    return tuple(found)


def peewee(_: str, kwargs: dict[str, Any]) -> tuple[Any, ...]:
    database = import_module("peewee").MySQLDatabase(**kwargs)
    found = database.execute_sql(QUESTION).fetchone()
    database.close()
    return tuple(found)


def way(name: str) -> Callable[[str, dict[str, Any]], tuple[Any, ...]]:
    """How one asks with this client."""
    if name.startswith("sqlalchemy+"):
        return engine
    if name in ("aiomysql", "asyncmy", "refpool", "mysql.connector.aio"):
        return waiting
    return {"django": django, "peewee": peewee}.get(name, blocking)


def complaints(name: str) -> list[str]:
    """What is wrong with the settings for one client, on each kind of connection."""
    found = []
    persona = "mariadb-10.11" if "mariadb" in name else "mysql-9.7"
    account: dict[str, Any] = {"persona": persona, "users": {"ann": "p@ss/word"}, "databases": ["shop"]}
    with tempfile.TemporaryDirectory() as folder:
        for kind, options in (
            ("TCP", {}),
            ("TLS", {"tls": True, "require_tls": True}),
            ("a unix socket", {"host": None, "unix_socket": f"{folder}/x y.sock"}),
        ):
            with FakeServer(**account, **options) as server:
                try:
                    answer = way(name)(name, server.connect_kwargs(name, user="ann", database="shop"))
                except Exception as error:  # noqa: BLE001 - whatever a client raises is the complaint
                    found.append(f"{name} over {kind}: {type(error).__name__}: {error}")
                else:
                    if answer != ANSWER:
                        found.append(f"{name} over {kind}: answered {answer!r}")
    return found


def main(names: list[str]) -> int:
    found = [complaint for name in names for complaint in complaints(name)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
