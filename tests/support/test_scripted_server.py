"""The scripted server, judged by a client that is not ours."""

from __future__ import annotations

import asyncio

import pymysql
import pytest

from tests.support import scripted_server as script
from tests.support.scripted_server import Peer, ScriptedServer


async def test_a_stock_client_understands_it() -> None:
    """Greeting, OK, a result set and an ERR, as PyMySQL reads them."""
    columns = [script.column("n", script.LONGLONG, script.BINARY), script.column("t")]

    async def play(peer: Peer) -> None:
        await peer.login()
        assert peer.response[32:34] == b"u\0"
        await peer.query("SET NAMES utf8mb4")
        peer.say(script.ok())
        await peer.query("SELECT")
        peer.say(*script.result(columns, [script.row("7", "ä"), script.row(None, "x" * 70_000)]))
        await peer.query("BAD")
        peer.say(script.err(1064, "bad", "42000"))
        assert await peer.command() == b"\x01"

    def client(port: int) -> None:
        connection = pymysql.connect(host="127.0.0.1", port=port, user="u", autocommit=None, ssl_disabled=True)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT")
            assert cursor.fetchall() == ((7, "ä"), (None, "x" * 70_000))
            with pytest.raises(pymysql.err.ProgrammingError, match="bad"):
                cursor.execute("BAD")

    async with ScriptedServer(play) as server:
        await asyncio.to_thread(client, server.port)
        await server.played()


async def test_an_error_of_a_script_fails_the_test() -> None:
    """What a script asserts counts."""

    async def play(peer: Peer) -> None:
        raise AssertionError("not as due")

    server = ScriptedServer(play)
    await server.__aenter__()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    await reader.read()
    writer.close()
    with pytest.raises(AssertionError, match="not as due"):
        await server.__aexit__(None, None, None)
