"""The fake and a real server are told the same, packet for packet, and must answer the same.

Runs only where SPEC_MYSQL_URL names a server. The fake plays the persona of that server's family. What must differ is
made equal first: the nonce of a switch, the numbers of the statistics. Dialogues are bytes, so that no client's opinion
stands between.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest

from fakemysql import FakeServer
from fakemysql.auth import native_scramble, sha2_scramble
from fakemysql.constants import (
    CLIENT_CONNECT_ATTRS,
    CLIENT_DEPRECATE_EOF,
    CLIENT_MULTI_RESULTS,
    CLIENT_MULTI_STATEMENTS,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_TRANSACTIONS,
)
from fakemysql.packets import AuthSwitchRequest, ComChangeUser, HandshakeResponse41, HandshakeV10

URL: Final = os.environ.get("SPEC_MYSQL_URL")
pytestmark = pytest.mark.skipif(URL is None, reason="SPEC_MYSQL_URL names no server to compare with")

BASE: Final = (
    CLIENT_PROTOCOL_41
    | CLIENT_TRANSACTIONS
    | CLIENT_SECURE_CONNECTION
    | CLIENT_PLUGIN_AUTH
    | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
    | CLIENT_CONNECT_ATTRS
)
SCRAMBLES: Final = {"mysql_native_password": native_scramble, "caching_sha2_password": sha2_scramble}
# Longer than any server here takes, and never used up: the end of an answer is a packet, or the end of the connection.
DEADLINE: Final = 20.0


@dataclass(frozen=True)
class Side:
    """One server to talk to, and the account to do it with."""

    host: str
    port: int
    user: str
    password: str
    database: str


class Wire:
    """A client that knows framing, the login, and nothing more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, side: Side) -> None:
        self.reader, self.writer, self.side = reader, writer, side

    @classmethod
    async def dial(cls, side: Side) -> tuple[Wire, HandshakeV10]:
        wire = cls(*await asyncio.open_connection(side.host, side.port), side)
        return wire, HandshakeV10.parse((await wire.packet())[1])

    @classmethod
    async def log_in(cls, side: Side, extra: int = 0) -> Wire:
        wire, greeting = await cls.dial(side)
        scramble = SCRAMBLES[greeting.auth_plugin](side.password.encode(), greeting.nonce)
        response = HandshakeResponse41(
            BASE | extra | 8, 1 << 24, 45, side.user, scramble, side.database, greeting.auth_plugin
        )
        wire.say(response.serialize(), 1)
        number, payload = await wire.packet()
        if payload[:1] == b"\xfe":
            await wire.answer_switch(number, payload)
            number, payload = await wire.packet()
        if payload == b"\x01\x03":
            number, payload = await wire.packet()
        assert payload[:1] == b"\x00", payload
        return wire

    async def answer_switch(self, number: int, payload: bytes) -> None:
        switch = AuthSwitchRequest.parse(payload)
        self.say(SCRAMBLES[switch.plugin](self.side.password.encode(), switch.data), number + 1)

    def say(self, payload: bytes, number: int = 0) -> None:
        self.writer.write(len(payload).to_bytes(3, "little") + bytes((number,)) + payload)

    async def packet(self) -> tuple[int, bytes]:
        head = await self.reader.readexactly(4)
        return head[3], await self.reader.readexactly(int.from_bytes(head[:3], "little"))

    async def until_silence(self, *, tells_resets: bool = False) -> list[tuple[int, bytes] | str]:
        """Everything up to the end.

        tells_resets: whether a broken end is told from an orderly one. Where the server had been told more than it
        read, which of the two it is depends on the moment.
        """
        found: list[tuple[int, bytes] | str] = []
        try:
            while True:
                found.append(await self.packet())
        except asyncio.IncompleteReadError:
            found.append("end")
        except ConnectionError:
            found.append("reset" if tells_resets else "end")
        return found

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture(scope="module")
def real() -> Side:
    assert URL is not None
    parts = urlsplit(URL)
    return Side(
        parts.hostname or "127.0.0.1",
        parts.port or 3306,
        unquote(parts.username or "root"),
        unquote(parts.password or ""),
        parts.path.lstrip("/"),
    )


def fake_for(real: Side, greeting: HandshakeV10) -> FakeServer:
    return FakeServer(
        persona="mariadb-10.11" if "MariaDB" in greeting.server_version else "mysql-9.7",
        users={real.user: real.password},
        databases=(real.database,),
    )


STATISTICS: Final = re.compile(rb"^Uptime: .*Queries per second avg: [\d.]+$")


def comparable(answers: list[tuple[int, bytes] | str]) -> list[object]:
    """The answers without what differs between any two runs of one server."""
    found: list[object] = []
    for answer in answers:
        if isinstance(answer, tuple) and STATISTICS.match(answer[1]):
            found.append((answer[0], "statistics"))
        elif isinstance(answer, tuple) and answer[1][:1] == b"\xfe" and len(answer[1]) > 9:
            found.append((answer[0], "switch", AuthSwitchRequest.parse(answer[1]).plugin))
        else:
            found.append(answer)
    return found


QUIT = b"\x01"
PING = b"\x0e"
DIALOGUES: dict[str, list[bytes]] = {
    "ping, reset, init": [PING, b"\x1f", b"\x02nosuch_db", PING],
    "nothing selected": [b"\x02", PING],
    "statistics": [b"\x09", PING],
    "options": [b"\x1b\x00\x00", b"\x1b\x01\x00", b"\x1b\x05\x00", PING],
    "unknown commands": [b"\x50", b"\x00", b"", PING],
    "select": [b"\x03SELECT 1", b"\x03SELECT NULL, 'a', 1.5", PING],
    "errors": [b"\x03SELEC 1", b"\x03", b"\x03   ", b"\x03USE nosuch_db", b"\x03SELECT x", PING],
    "comment alone": [b"\x03-- nothing", PING],
    "transaction": [b"\x03BEGIN", b"\x03SELECT 1", b"\x03COMMIT", b"\x03SET autocommit=0", b"\x03SELECT 1", b"\x1f"],
    "kill who is not there": [b"\x03KILL 99999999", PING],
    "kill oneself": [b"\x03KILL CONNECTION_ID()"],
    "kill one's own query": [b"\x03KILL QUERY CONNECTION_ID()", PING],
    "variables": [b"\x03SET nosuch=1", b"\x03SELECT @@nosuch", b"\x03SET autocommit=5", PING],
}
EXTRA = {
    "plain": 0,
    "deprecate eof": CLIENT_DEPRECATE_EOF,
    "several": CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS,
}


async def told(side: Side, payloads: list[bytes], extra: int) -> list[object]:
    """What a server answers to the payloads, sent in one segment, and then to a COM_QUIT."""
    wire = await Wire.log_in(side, extra)
    for payload in (*payloads, QUIT):
        wire.say(payload)
    try:
        async with asyncio.timeout(DEADLINE):
            return comparable(await wire.until_silence())
    finally:
        await wire.close()


@pytest.fixture
async def sides(real: Side) -> object:
    wire, greeting = await Wire.dial(real)
    await wire.close()
    async with fake_for(real, greeting) as fake:
        yield real, Side("127.0.0.1", fake.port, real.user, real.password, real.database)


@pytest.mark.parametrize("extra", EXTRA.values(), ids=EXTRA)
@pytest.mark.parametrize("dialogue", DIALOGUES)
async def test_commands_are_answered_alike(sides: tuple[Side, Side], dialogue: str, extra: int) -> None:
    real, fake = sides
    assert await told(fake, DIALOGUES[dialogue], extra) == await told(real, DIALOGUES[dialogue], extra)


async def test_several_statements_are_answered_alike(sides: tuple[Side, Side]) -> None:
    real, fake = sides
    several = [b"\x03SELECT 1; SET @a = 2; SELECT @a; SELEC 1; SELECT 2", PING]
    for extra in EXTRA.values():
        assert await told(fake, several, extra) == await told(real, several, extra)


FIRST_WORDS: dict[str, bytes] = {
    "nothing but a header": b"\x00\x00\x00\x01",
    "before 4.1 and short": b"\x05\x00\x00\x01\x00\x00\x00\x00x",
    "too short": b"\x05\x00\x00\x01\x00\x02\x00\x00x",
    "wrong number": b"\x05\x00\x00\x07abcde",
}


@pytest.mark.parametrize("words", FIRST_WORDS.values(), ids=FIRST_WORDS)
async def test_a_bad_beginning_is_answered_alike(sides: tuple[Side, Side], words: bytes) -> None:
    found = []
    for side in sides:
        wire, _ = await Wire.dial(side)
        wire.writer.write(words)
        async with asyncio.timeout(DEADLINE):
            found.append(await wire.until_silence(tells_resets=True))
        await wire.close()
    assert found[1] == found[0]


async def test_a_packet_out_of_order_is_answered_alike(sides: tuple[Side, Side]) -> None:
    found = []
    for side in sides:
        wire = await Wire.log_in(side)
        wire.say(PING, 5)
        async with asyncio.timeout(DEADLINE):
            found.append(await wire.until_silence(tells_resets=True))
        await wire.close()
    assert found[1] == found[0]


@pytest.mark.parametrize("database", ["", "nosuch_db"])
@pytest.mark.parametrize("user", [None, "nosuch_user"])
async def test_another_login_is_answered_alike(sides: tuple[Side, Side], user: str | None, database: str) -> None:
    if user is not None and database:
        database = ""
    found = []
    for side in sides:
        wire = await Wire.log_in(side)
        change = ComChangeUser(user or side.user, b"", database, 45, "mysql_native_password")
        wire.say(change.serialize(BASE))
        number, switch = await wire.packet()
        plugin = AuthSwitchRequest.parse(switch).plugin
        if user is None:
            await wire.answer_switch(number, switch)
        else:
            # For a user that does not exist MySQL draws a plugin by lot; a wrong answer is wrong in each.
            plugin = "any"
            wire.say(b"x" * 20, number + 1)
        async with asyncio.timeout(DEADLINE):
            answer = await wire.packet()
            wire.say(PING)
            wire.say(QUIT)
            found.append([(number, plugin), answer, *await wire.until_silence()])
        await wire.close()
    assert found[1] == found[0]


@pytest.mark.parametrize("what", ["QUERY", "CONNECTION"])
async def test_a_kill_during_sleep_looks_alike(sides: tuple[Side, Side], what: str) -> None:
    found = []
    for side in sides:
        sleeper, killer = await Wire.log_in(side), await Wire.log_in(side)
        sleeper.say(b"\x03SELECT CONNECTION_ID()")
        packets = [await sleeper.packet() for _ in range(5)]
        victim = int(packets[3][1][1:])
        sleeper.say(b"\x03SELECT SLEEP(60)")
        async with asyncio.timeout(DEADLINE):
            while True:
                killer.say(
                    b"\x03SELECT COUNT(*) FROM information_schema.processlist WHERE id=%d AND info LIKE '%%SLEEP%%'"
                    % victim
                )
                answers = [await killer.packet() for _ in range(5)]
                if answers[3][1] == b"\x011":
                    break
            killer.say(b"\x03KILL %s %d" % (what.encode(), victim))
            found.append([await killer.packet()])
            if what == "QUERY":
                sleeper.say(QUIT)
            found[-1] += await sleeper.until_silence()  # type: ignore[arg-type]
        for wire in (sleeper, killer):
            await wire.close()
    assert found[1] == found[0]
