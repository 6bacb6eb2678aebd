"""What SHOW STATUS says of the connection itself: TLS and compression."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

import refpool
from fakemysql import FakeServer


def status_of(cursor: Any, pattern: str) -> dict[str, str]:
    cursor.execute(f"SHOW SESSION STATUS LIKE '{pattern}'")
    return dict(cursor.fetchall())


@pytest.mark.parametrize("persona", ["mariadb-10.11", "mysql-9.7"])
def test_a_session_under_tls_knows_version_and_cipher(persona: str) -> None:
    with FakeServer(persona=persona, tls=True) as server:
        with pymysql.connect(**server.connect_kwargs("pymysql")) as secure, secure.cursor() as cursor:
            found = status_of(cursor, "Ssl\\_%")
            assert found["Ssl_version"].startswith("TLSv1.")
            assert found["Ssl_cipher"]
        plain = pymysql.connect(host="127.0.0.1", port=server.port, user="root", ssl_disabled=True)
        with plain, plain.cursor() as cursor:
            assert status_of(cursor, "Ssl\\_%") == {"Ssl_cipher": "", "Ssl_version": ""}
            assert status_of(cursor, "Compression") == {"Compression": "OFF"}


async def test_a_reset_keeps_the_tls_that_there_is() -> None:
    async with FakeServer(tls=True) as server:
        kwargs = server.connect_kwargs("aiomysql")
        async with refpool.connect(**kwargs) as connection, connection.cursor() as cursor:
            await connection.reset()
            await cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
            ((_, version),) = await cursor.fetchall()
            assert version.startswith("TLSv1.")
