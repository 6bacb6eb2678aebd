"""Drives what stands on a driver by the lines that README.md explains. Usage: python client_engines.py NAME HOST PORT

NAME is sqlalchemy-DRIVER, django-mysqldb or peewee-pymysql. Each is used as its users use it: SQLAlchemy by an engine
and its connections, Django by a database wrapper, peewee by a Database, with what they say when they connect.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, os.path.dirname(__file__))

NAME, HOST, PORT = sys.argv[1:4]
FRAMEWORK, _, DRIVER = NAME.partition("-")
LOOP = asyncio.new_event_loop()


class Link:
    """A connection of a framework: what the verbs need of it."""

    def query(self, statement: str, values: list[str] | None = None) -> str:
        raise AssertionError

    def begin(self) -> None:
        raise AssertionError

    def commit(self) -> None:
        raise AssertionError

    def rollback(self) -> None:
        raise AssertionError

    def quit(self) -> None:
        raise AssertionError


def shown(cursor: Any) -> str:
    if cursor.description is None:
        return f"ok affected={cursor.rowcount} insert_id={cursor.lastrowid}"
    columns = [(column[0], column[1]) for column in cursor.description]
    return f"rows {columns}: {' '.join(repr(tuple(row)) for row in cursor.fetchall())}"


class SqlAlchemy(Link):
    """An engine of its own, with one connection checked out; commands by exec_driver_sql(), parameters by text()."""

    def __init__(self, way: str, user: str, password: str, database: str) -> None:
        from_here = import_module("sqlalchemy")
        create_async_engine = import_module("sqlalchemy.ext.asyncio").create_async_engine
        self._is_async = DRIVER in ("aiomysql", "asyncmy")
        dialect = "mariadb" if DRIVER == "mariadbconnector" else "mysql"
        query, arguments = sqlalchemy_options(way)
        place = "localhost" if way == "socket" else f"{HOST}:{PORT}"
        url = f"{dialect}+{DRIVER}://{quote(user)}:{quote(password)}@{place}/{database}{query}"
        make = create_async_engine if self._is_async else from_here.create_engine
        self._engine = make(url, connect_args=arguments, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self._link: Any = self._wait(self._engine.connect())

    def _wait(self, value: Any) -> Any:
        async def come() -> Any:
            return await value

        return LOOP.run_until_complete(come()) if self._is_async else value

    def query(self, statement: str, values: list[str] | None = None) -> str:
        text = import_module("sqlalchemy").text
        if values is None:
            result = self._wait(
                self._link.exec_driver_sql(statement.replace("%", "%%") if "%" in statement else statement)
            )
        else:
            marks = iter(f":v{number}" for number in range(len(values)))
            marked = re.sub(r"\?", lambda _: next(marks), statement.replace(":", r"\:"))
            named = {f"v{number}": value for number, value in enumerate(values)}
            result = self._wait(self._link.execute(text(marked), named))
        if not result.returns_rows:
            found = f"ok affected={result.rowcount}"
        else:
            kinds = [(column[0], column[1]) for column in result.cursor.description]
            found = f"rows {kinds}: {' '.join(repr(tuple(row)) for row in result.fetchall())}"
        result.close()
        return found

    def begin(self) -> None:
        self._isolate(self._engine.dialect.default_isolation_level)
        self._wait(self._link.begin())

    def _isolate(self, level: str) -> None:
        """Another isolation level, which SQLAlchemy sets between transactions alone."""
        self._end()
        done = self._link.execution_options(isolation_level=level)
        self._wait(done)

    def _end(self) -> None:
        if self._link.in_transaction():
            self._wait(self._link.rollback())

    def commit(self) -> None:
        self._wait(self._link.commit())
        self._isolate("AUTOCOMMIT")

    def rollback(self) -> None:
        self._wait(self._link.rollback())
        self._isolate("AUTOCOMMIT")

    def quit(self) -> None:
        """Back into the pool, which resets it, and the pool away."""
        self._wait(self._link.close())
        self._wait(self._engine.dispose())


def sqlalchemy_options(way: str) -> tuple[str, dict[str, Any]]:
    """The query of the URL and the driver's arguments for a way to connect."""
    # The programs for the drivers know their keywords; what is asked for is one driver's, and no connection is made.
    module = {"mysqlconnector": "connector", "mariadbconnector": "mariadb"}.get(DRIVER, DRIVER)
    argv, sys.argv = sys.argv, [sys.argv[0], module, HOST, PORT]
    try:
        how = import_module("client").options(way)
    finally:
        sys.argv = argv
    if how is None:
        raise Unsupported
    socket = how.pop("unix_socket", None)
    how.pop("charset", None)
    return f"?{urlencode({'unix_socket': socket})}" if socket else "", how


class Unsupported(Exception):
    """The driver has nothing for this."""


class Django(Link):
    """One of Django's own connections, outside of any request."""

    def __init__(self, way: str, user: str, password: str, database: str) -> None:
        settings = import_module("django.conf").settings
        handler = import_module("django.db.utils").ConnectionHandler
        if not settings.configured:
            settings.configure(USE_TZ=True)
        if way == "compress":
            extra: dict[str, Any] = {"compress": True}
        elif way.startswith("tls"):
            extra = {"ssl_mode": "VERIFY_CA" if way == "tls_ca" else "REQUIRED", "ssl": {"ca": os.environ["STOCK_CA"]}}
        else:
            extra = {}
        place = {"HOST": os.environ["STOCK_SOCKET"]} if way == "socket" else {"HOST": HOST, "PORT": PORT}
        described = {"ENGINE": "django.db.backends.mysql", "NAME": database, "USER": user, "PASSWORD": password}
        self._link: Any = handler({"default": described | place | {"OPTIONS": extra}})["default"]
        self._link.ensure_connection()

    def query(self, statement: str, values: list[str] | None = None) -> str:
        with self._link.cursor() as cursor:
            if values is None:
                cursor.execute(statement)
            else:
                cursor.execute(statement.replace("%", "%%").replace("?", "%s"), values)
            return shown(cursor)

    def begin(self) -> None:
        self._link.set_autocommit(False)

    def commit(self) -> None:
        self._link.commit()
        self._link.set_autocommit(True)

    def rollback(self) -> None:
        self._link.rollback()
        self._link.set_autocommit(True)

    def quit(self) -> None:
        self._link.close()


class Peewee(Link):
    """A peewee MySQLDatabase on PyMySQL."""

    def __init__(self, way: str, user: str, password: str, database: str) -> None:
        database_class = import_module("peewee").MySQLDatabase
        _, how = sqlalchemy_options("" if way == "socket" else way)
        place = {"unix_socket": os.environ["STOCK_SOCKET"]} if way == "socket" else {"host": HOST, "port": int(PORT)}
        self._link: Any = database_class(database or None, user=user, password=password, **place, **how)
        if not database:
            raise Unsupported
        self._link.connect()

    def query(self, statement: str, values: list[str] | None = None) -> str:
        if values is None:
            return shown(self._link.execute_sql(statement))
        return shown(self._link.execute_sql(statement.replace("%", "%%").replace("?", "%s"), values))

    def begin(self) -> None:
        self._link.begin()

    def commit(self) -> None:
        self._link.commit()

    def rollback(self) -> None:
        self._link.rollback()

    def quit(self) -> None:
        self._link.close()


FRAMEWORKS: dict[str, Callable[..., Link]] = {"sqlalchemy": SqlAlchemy, "django": Django, "peewee": Peewee}


def told(error: BaseException) -> str:
    """The framework's class, and code and text of the driver's error behind it."""
    behind = getattr(error, "orig", None) or (error.__cause__ if FRAMEWORK != "sqlalchemy" else None) or error
    code = getattr(behind, "errno", None) or (behind.args[0] if behind.args else "-")
    text = getattr(behind, "msg", None) or (behind.args[-1] if behind.args else "-")
    state = getattr(behind, "sqlstate", None) or "-"
    lost = f" invalidated={error.connection_invalidated}" if hasattr(error, "connection_invalidated") else ""
    return f"error {code} {state} {type(error).__name__} {text}{lost}"


def main() -> None:
    links: dict[str, Link] = {}
    ids: dict[str, str] = {}
    print(f"{FRAMEWORK} {metadata.version(FRAMEWORK)}, {DRIVER}", flush=True)
    for line in sys.stdin:
        name, verb, *words = line.rstrip("\n").split("\t")
        words = [re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], found[0]), word) for word in words]
        try:
            if verb.startswith("connect"):
                way = words.pop(0) if verb == "connect_with" else ""
                links[name] = FRAMEWORKS[FRAMEWORK](way, *words)
                ids[name] = re.sub(r".*?(\d+)\D*$", r"\1", links[name].query("SELECT CONNECTION_ID()"))
                answer = "ok"
            elif verb in ("query", "multi", "multi_fails"):
                answer = links[name].query(words[0])
            elif verb == "param":
                answer = links[name].query(words[0], words[1:])
            elif verb in ("begin", "commit", "rollback", "quit"):
                getattr(links[name], verb)()
                answer = "ok"
            else:
                answer = "unsupported"
        except Unsupported:
            answer = "unsupported"
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what is asked for here
            answer = told(error)
        print(answer.replace("\n", "\\n").replace("\r", "\\r"), flush=True)


if __name__ == "__main__":
    main()
