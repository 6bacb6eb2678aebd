"""The servers that clients are told on: a fake, or a real one that is started for it; with the same accounts and data.

This module alone knows which is which. What it hands out is a :class:`~tests.clients.harness.Place`, and with it a way
to stop the server, for the steps that ask for that.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pymysql

from fakemysql import Account, FakeServer
from fakemysql.tls import CERTIFICATE_PATH, KEY_PATH
from tools import real_server

from .harness import PERSONAS, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATABASES = ("stock", "other_stock")
KINDS = dict(zip(PERSONAS, ("mariadb", "mysql"), strict=True))
MAX_ALLOWED_PACKET = 64 << 20


BIG_COLUMNS = "a:int, b:varchar(20), c:double"


@functools.cache
def big_rows() -> list[tuple[int, str, float]]:
    """The big result, in order; on the fake it is an answer that is given in advance."""
    return [(number, f"row {number}", number / 4) for number in range(100_000)]


@dataclass(frozen=True)
class User:
    """An account of the steps. plugin: None for the server's default. is_new: nobody has logged in with it yet."""

    name: str
    password: str
    plugin: str | None = None
    is_new: bool = False


def users(persona: str) -> list[User]:
    found = [User("stock", "s3cret"), User("stock_open", "")]
    # A new account each, since caching_sha2_password asks for more where it does not know the password yet.
    found += [User(f"stock_new_{way}", "s3cret", is_new=True) for way in ("plain", "tls", "socket")]
    if persona == "mysql-9.7":
        found.append(User("stock_sha256", "s3cret", "sha256_password"))
    return found


@contextlib.contextmanager
def fake(persona: str) -> Iterator[tuple[Place, Callable[[], None]]]:
    """A fake with what the steps need, and what stops it."""
    accounts = {
        user.name: Account(user.name, user.password, user.plugin, is_cached=not user.is_new) for user in users(persona)
    }
    with tempfile.TemporaryDirectory() as folder:
        server = FakeServer(
            persona=persona,
            users=accounts,
            databases=DATABASES,
            tls=True,
            unix_socket=Path(folder) / "server.sock",
            variables={"max_allowed_packet": MAX_ALLOWED_PACKET},
        )
        with server as running:
            assert server.unix_socket is not None
            place = Place(str(server.host), server.port, "root", "", server.unix_socket, str(CERTIFICATE_PATH))
            running.server.on("SELECT a, b, c FROM stock_big.numbers*", rows=big_rows(), columns=BIG_COLUMNS)
            yield place, running.awaited(server.shutdown)


@contextlib.contextmanager
def real(persona: str) -> Iterator[tuple[Place, Callable[[], None]]]:
    """A real server, started for this and thrown away, and what tells it to shut down."""
    options = [
        f"--ssl-cert={{folder}}/{CERTIFICATE_PATH.name}",
        f"--ssl-key={{folder}}/{KEY_PATH.name}",
        f"--max-allowed-packet={MAX_ALLOWED_PACKET}",
    ]
    with real_server.running(KINDS[persona], options=options, files=[CERTIFICATE_PATH, KEY_PATH]) as text:
        url = urlsplit(text)
        assert url.hostname is not None
        assert url.port is not None
        place = Place(url.hostname, url.port, str(url.username), "", "", str(CERTIFICATE_PATH))
        admin = connect(place)
        with admin, admin.cursor() as cursor:
            cursor.execute("SELECT @@socket")
            [(socket,)] = cursor.fetchall()
            cursor.execute("CREATE DATABASE stock_big")
            cursor.execute("CREATE TABLE stock_big.numbers (a INT, b VARCHAR(20), c DOUBLE)")
            cursor.executemany("INSERT INTO stock_big.numbers (a, b, c) VALUES (%s, %s, %s)", big_rows())
        if persona == "mysql-9.7":
            socket = f"{real_server.MYSQL_ROOT}{socket}"
        # Real folders have long names, and the path of a socket has 107 bytes.
        with tempfile.TemporaryDirectory() as folder:
            link = f"{folder}/server.sock"
            os.symlink(socket, link)
            place = Place(place.host, place.port, place.user, place.password, link, place.ca)
            yield place, lambda: shut_down(place)


def connect(place: Place) -> Any:
    """A connection of the account that may do everything."""
    return pymysql.connect(
        host=place.host,
        port=place.port,
        user=place.user,
        password=place.password,
        autocommit=True,
        ssl_disabled=True,
    )


def shut_down(place: Place) -> None:
    admin = connect(place)
    with admin.cursor() as cursor:
        cursor.execute("SHUTDOWN")
    admin.close()


def prepare(place: Place, persona: str) -> None:
    """Make on a real server what the steps need, afresh: databases, and accounts in the state that they ask for."""
    admin = connect(place)
    with admin, admin.cursor() as cursor:
        for database in DATABASES:
            cursor.execute(f"DROP DATABASE IF EXISTS {database}")
            cursor.execute(f"CREATE DATABASE {database}")
        for user in users(persona):
            cursor.execute(f"DROP USER IF EXISTS '{user.name}'@'%'")
            plugin = f" WITH {user.plugin}" if user.plugin else ""
            proof = f"IDENTIFIED{plugin} BY '{user.password}'"
            cursor.execute(f"CREATE USER '{user.name}'@'%' {proof}")
            cursor.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{user.name}'@'%'")
    for user in users(persona):
        if not user.is_new:
            pymysql.connect(host=place.host, port=place.port, user=user.name, password=user.password).close()
