"""SELECT of literals goes a shorter way through the server; nobody can tell it from the long one."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

import pytest

from fakemysql import Fail, FakeServer, Hook
from fakemysql.constants import (
    CLIENT_DEPRECATE_EOF,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_SESSION_TRACK,
)
from fakemysql.packets import HandshakeResponse41
from fakemysql.simulation import Simulation

from .doubles import RawClient
from .engine_client import Bench

if TYPE_CHECKING:
    from fakemysql.sql.session import Session

PERSONAS = ("mysql-9.7", "mariadb-10.11")
BEFORE = (
    ("nothing", ()),
    ("a warning", ("SELECT CAST('x' AS SIGNED)",)),
    ("an error", ("SELEKT 1",)),
    ("a transaction", ("BEGIN",)),
    ("no autocommit", ("SET autocommit = 0",)),
    ("another character set", ("SET NAMES latin1",)),
    ("a mode", ("SET sql_mode = 'ANSI_QUOTES'",)),
    ("rows", ("SELECT 1 UNION SELECT 2",)),
    ("a read-only transaction", ("SET SESSION TRANSACTION READ ONLY", "BEGIN")),
)
CONSTANTS = ("SELECT 1", "SELECT 'a' AS b, 2", "SELECT 1 LIMIT 0", "SELECT NULL")


def state_of(session: Session) -> dict[str, object]:
    """All that a session keeps of what was said."""
    names = ("found_rows", "row_count", "statement_warnings", "warnings", "status", "started", "counts_before", "news")
    return {name: getattr(session, name) for name in names}


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(("name", "before"), BEFORE, ids=[name for name, _ in BEFORE])
def test_the_short_way_leaves_a_session_as_the_long_one_does(name: str, before: tuple[str, ...], persona: str) -> None:
    taken = 0
    for statement in CONSTANTS:
        bench = Bench(persona)
        long, short = bench.login(), bench.login()
        for said in before:
            long.say(said)
            short.say(said)
        long.say(statement)
        counted = bench.instance.counters["Com_select"], bench.instance.counters["Questions"]
        if short.engine.constant(short.session, statement.encode()) is None:
            continue
        taken += 1
        now = bench.instance.counters["Com_select"], bench.instance.counters["Questions"]
        assert now == (counted[0] + 1, counted[1] + 1)
        assert state_of(short.session) == state_of(long.session)
    assert taken >= 3


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CONNECTION_ID()",
        "SELECT SLEEP(0)",
        "SELECT 1; SELECT 2",
        "SELECT 1 INTO @a",
        "SELECT @a",
        "DO 1",
        "SELECT",
    ],
)
def test_what_may_have_another_answer_goes_the_long_way(statement: str) -> None:
    client = Bench().login()
    for _ in range(3):
        client.say(statement)
        assert client.engine.constant(client.session, statement.encode()) is None


@pytest.mark.parametrize("preparation", ["SET sql_select_limit = 1", "SET GLOBAL wait_timeout = 5"])
def test_what_a_setting_may_change_goes_the_long_way(preparation: str) -> None:
    client = Bench().login()
    client.say("SELECT 1")
    assert client.engine.constant(client.session, b"SELECT 1") is not None
    client.say(preparation)
    assert client.engine.constant(client.session, b"SELECT 1") is None


async def said(server: FakeServer, capabilities: int) -> bytes:
    """All that a server says to one client."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    await reader.readexactly(int.from_bytes(await reader.readexactly(3), "little") + 1)
    wanted = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | capabilities
    plugin = server.persona.default_auth_plugin
    response = HandshakeResponse41(wanted, 1 << 24, 45, "root", b"", None, plugin).serialize()
    writer.write(len(response).to_bytes(3, "little") + b"\1" + response)
    for statement in (
        "SELECT 'x'",
        "SELECT 'x'",
        "SET autocommit = 0",
        "SELECT 'x'",
        "BEGIN",
        "SELECT 'x'",
        "SELECT 7",
    ):
        payload = b"\x03" + statement.encode()
        writer.write(len(payload).to_bytes(3, "little") + b"\0" + payload)
        await asyncio.sleep(0.1)
    writer.write(b"\1\0\0\0\1")
    words = await reader.read()
    writer.close()
    return words


@pytest.mark.parametrize("eof", [0, CLIENT_DEPRECATE_EOF])
@pytest.mark.parametrize("follows", [0, CLIENT_SESSION_TRACK])
@pytest.mark.parametrize("persona", PERSONAS)
def test_both_ways_are_the_same_on_the_wire(persona: str, eof: int, follows: int) -> None:
    def heard(*, is_long: bool) -> tuple[bytes, str]:
        async def main() -> tuple[bytes, str]:
            async with FakeServer(persona=persona, random=Random(1)) as server:
                if is_long:  # a plan of faults, of which none ever comes, has everything asked at every place
                    server.faults.arm(Fail(1234, "HY000", "never"), at=Hook.COMMAND, matching="NEVER SAID")
                words = await said(server, eof | follows)
                return words, str(server.transcript)

        with Simulation(3) as sim:
            return sim.run(main())

    heard(is_long=False)  # whoever is the first makes what is kept
    assert heard(is_long=False) == heard(is_long=True)


async def test_a_server_of_another_size_shares_what_never_changes_and_tells_its_own_size() -> None:
    for size in (7, 8):
        async with FakeServer(max_connections=size) as server:
            assert server.instance.has_default_globals
            client = await RawClient.log_in(server)
            for statement, cell in (("SELECT 1", b"1"), ("SELECT @@max_connections", b"%d" % size)):
                for _ in range(2):
                    packets = await client.query(statement, packets=5)
                    assert packets[3][1][1:] == cell
            await client.hang_up()
