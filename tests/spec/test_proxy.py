"""The wire changes nothing but the greeting, sees everything, and has links stall, end and fail on request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, ClassVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.world import Command, Ending, Point
from spec.worlds.dialogue import COMMANDS, Dialogue, Framer, Greeting, error_packet
from spec.worlds.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

# The greeting of MariaDB 10.11.19, thread 287, and of MySQL 9.7.4, thread 194, both from their beginning to the second
# half of the capabilities; SSL, compression and, at MySQL, zstd are on offer.
THREAD_287 = (287).to_bytes(4, "little")
MARIADB = b"\x0a5.5.5-10.11.19-MariaDB\x00" + THREAD_287 + b"saltsalt\x00" + b"\xfe\xff-\x02\x00\xff\x81"
MYSQL = b"\x0a9.7.4\x00" + (194).to_bytes(4, "little") + b"saltsalt\x00" + b"\xff\xff\xff\x02\x00\xff\xdf"
OK = b"\x00\x00\x00\x02\x00\x00\x00"


def packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def query(text: str) -> bytes:
    return packet(0, b"\x03" + text.encode())


QUIT = packet(0, b"\x01")


# Framing


@given(
    payloads=st.lists(st.binary(max_size=40), max_size=5),
    cuts=st.lists(st.integers(0, 250), max_size=8),
)
def test_framing_does_not_depend_on_how_the_stream_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(packet(index, payload) for index, payload in enumerate(payloads))
    framer, found, start = Framer(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        found += framer.feed(stream[start:cut])
        start = max(start, cut)
    assert found == list(enumerate(payloads))


def test_framing_byte_by_byte_and_with_another_packet_behind() -> None:
    stream = packet(0, b"first") + packet(1, b"") + packet(2, b"third")
    framer = Framer()
    assert [one for byte in stream for one in framer.feed(bytes([byte]))] == [(0, b"first"), (1, b""), (2, b"third")]


def test_a_payload_of_16_mib_and_its_continuation_are_one() -> None:
    framer = Framer(keep_bytes=8)
    assert framer.feed(packet(0, b"x" * 0xFFFFFF)) == []
    assert framer.feed(packet(1, b"tail") + packet(0, b"next")) == [(0, b"xxxxxxxx"), (0, b"next")]


def test_a_payload_of_exactly_16_mib_ends_with_an_empty_packet() -> None:
    framer = Framer(keep_bytes=2)
    assert framer.feed(packet(0, b"x" * 0xFFFFFF)) == []
    assert framer.feed(packet(1, b"")) == [(0, b"xx")]


# The greeting


@pytest.mark.parametrize(
    ("payload", "version", "thread_id"), [(MARIADB, "5.5.5-10.11.19-MariaDB", 287), (MYSQL, "9.7.4", 194)]
)
def test_a_greeting_is_read_and_stripped_of_tls_and_compression(payload: bytes, version: str, thread_id: int) -> None:
    greeting = Greeting.parse(payload)
    assert greeting is not None
    assert (greeting.version, greeting.thread_id) == (version, thread_id)
    patched = greeting.in_clear(payload)
    at = greeting.capabilities_at
    before = int.from_bytes(payload[at : at + 2] + payload[at + 5 : at + 7], "little")
    after = int.from_bytes(patched[at : at + 2] + patched[at + 5 : at + 7], "little")
    assert before & ~after == before & (1 << 5 | 1 << 11 | 1 << 26)
    assert before | after == before
    assert patched[:at] == payload[:at]
    assert patched[at + 2 : at + 5] == payload[at + 2 : at + 5]
    assert len(patched) == len(payload)


def test_a_greeting_without_the_second_half_of_capabilities_is_left_as_long_as_it_is() -> None:
    short = MARIADB[:-5]
    greeting = Greeting.parse(short)
    assert greeting is not None
    assert len(greeting.in_clear(short)) == len(short)


@pytest.mark.parametrize("payload", [b"", b"\xff\x10\x04too many", b"\x09old\x00", b"\x0a8.0\x00", b"\x0aendless"])
def test_what_is_no_greeting_is_not_taken_for_one(payload: bytes) -> None:
    assert Greeting.parse(payload) is None


# The dialogue


def heard(dialogue: Dialogue) -> list[str]:
    return [text for _, text in dialogue.notes]


def test_a_dialogue_is_overheard() -> None:
    dialogue = Dialogue()
    assert dialogue.server_sent(packet(0, MARIADB)[:9], 0.0) == b""
    assert len(dialogue.server_sent(packet(0, MARIADB)[9:], 0.0)) == len(MARIADB) + 4
    dialogue.client_sent(packet(1, b"login"), 0.1)
    dialogue.server_sent(packet(2, b"\xfeplugin\x00"), 0.2)
    dialogue.client_sent(packet(3, b"scramble"), 0.3)
    phases = [dialogue.phase]
    dialogue.server_sent(packet(4, OK), 0.4)
    phases.append(dialogue.phase)
    assert phases == [Point.LOGIN, Point.REPLY]
    assert dialogue.client_sent(query("SELECT 1"), 0.5) == [Command("COM_QUERY", "SELECT 1")]
    dialogue.server_sent(packet(1, b"\x01") + packet(2, b"column") + packet(3, OK), 0.6)
    dialogue.client_sent(packet(0, b"\x0e"), 0.7)
    dialogue.server_sent(packet(1, b"\xff\x28\x04#42000no such thing"), 0.8)
    dialogue.client_sent(packet(0, b"\x1f") + packet(0, b"\xf0") + QUIT, 0.9)
    assert dialogue.has_quit
    assert [command.name for command in dialogue.commands] == [
        *("COM_QUERY", "COM_PING", "COM_RESET_CONNECTION", "command f0", "COM_QUIT")
    ]
    assert heard(dialogue) == [
        "< greeting of 5.5.5-10.11.19-MariaDB, thread 287",
        "> login",
        "> login goes on",
        "< OK",
        "> SELECT 1",
        "< rows",
        "> COM_PING",
        "< ERR 1064 no such thing",
        "> COM_RESET_CONNECTION",
        "> command f0",
        "> COM_QUIT",
    ]


@pytest.mark.parametrize(
    ("ok", "is_open"),
    [
        (OK, False),
        (b"\x00\x00\x00\x03\x00\x00\x00", True),
        (b"\x00\x00\x00\x01\x00\x00\x00", True),
        (b"\x00\xfc\x01\x01\xfd\x01\x01\x01\x03\x00\x00\x00", True),
        (b"\x00\xfe" + b"\x01" * 8 + b"\x01\x02\x00\x00\x00", False),
        (b"\x00", False),
        (b"\x00\xfc\x01", False),
    ],
)
def test_whether_a_transaction_is_open_is_read_from_an_ok(ok: bytes, is_open: bool) -> None:
    dialogue = Dialogue(phase=Point.REPLY)
    dialogue.client_sent(query("BEGIN"), 0.0)
    dialogue.server_sent(packet(1, ok), 0.0)
    assert dialogue.is_in_transaction == is_open


def test_rows_and_errors_do_not_tell_of_a_transaction_and_are_answers() -> None:
    dialogue = Dialogue(phase=Point.REPLY, is_in_transaction=True)
    for answer in (b"\x01\x00\x00\x02\x00", b"\xff\x28\x04#42000no"):
        dialogue.client_sent(query("SELECT 1"), 0.0)
        assert dialogue.is_answer_due
        dialogue.server_sent(packet(1, answer), 0.0)
        assert dialogue.is_in_transaction
        assert not dialogue.is_answer_due


def test_a_refused_login_is_heard_and_ends_no_phase() -> None:
    dialogue = Dialogue()
    dialogue.server_sent(packet(0, MYSQL), 0.0)
    dialogue.client_sent(packet(1, b"login"), 0.0)
    dialogue.server_sent(packet(2, b"\xff\x15\x04#28000no"), 0.0)
    assert heard(dialogue)[-1] == "< ERR 1045 no"
    assert dialogue.phase is Point.LOGIN


def test_an_error_in_place_of_a_greeting_passes_unchanged() -> None:
    dialogue = Dialogue()
    refusal = error_packet(1040, "Too many connections", 0)
    assert dialogue.server_sent(refusal, 0.0) == refusal
    assert dialogue.greeting is None
    assert heard(dialogue) == ["< ERR 1040 Too many connections"]


def test_a_greeting_that_comes_with_more_behind_it_is_cut_off() -> None:
    dialogue = Dialogue()
    passed = dialogue.server_sent(packet(0, MYSQL) + packet(1, OK), 0.0)
    assert len(passed) == len(packet(0, MYSQL) + packet(1, OK))
    assert dialogue.phase is Point.REPLY


def test_a_continued_answer_to_a_server_is_no_command() -> None:
    dialogue = Dialogue()
    dialogue.server_sent(packet(0, MYSQL), 0.0)
    dialogue.client_sent(packet(1, b"login"), 0.0)
    dialogue.server_sent(packet(2, OK), 0.0)
    dialogue.client_sent(query("LOAD DATA LOCAL") + packet(2, b"\x01 the file's bytes"), 0.0)
    assert [command.text for command in dialogue.commands] == ["LOAD DATA LOCAL"]
    assert not dialogue.has_quit


def test_commands_have_their_numbers() -> None:
    assert {name: COMMANDS.index(name) for name in ("COM_QUIT", "COM_QUERY", "COM_PING", "COM_CHANGE_USER")} == {
        "COM_QUIT": 0x01,
        "COM_QUERY": 0x03,
        "COM_PING": 0x0E,
        "COM_CHANGE_USER": 0x11,
    }
    assert COMMANDS.index("COM_STMT_PREPARE") == 0x16
    assert COMMANDS.index("COM_RESET_CONNECTION") == 0x1F


def reset(transport: asyncio.BaseTransport) -> None:
    """Close a connection as one does whose program has died: with a reset."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    cast("asyncio.Transport", transport).abort()


# The proxy, between clients and a server that speak as the test says


class Server:
    """Greets, lets everybody in, and answers OK to every command until COM_QUIT."""

    def __init__(self, session: type[Session] | None = None) -> None:
        self.sessions: list[Session] = []
        self.session = session or Session
        self.received: list[bytes] = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        listener = await asyncio.get_running_loop().create_server(lambda: self.session(self), "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            for session in self.sessions:
                session.transport.abort()
                await session.has_ended.wait()


class Session(asyncio.Protocol):
    """One connection to the server; the thread ids count from 1."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.has_ended = asyncio.Event()
        self.unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.server.sessions.append(self)
        thread_id = len(self.server.sessions)
        self.transport.write(packet(0, MARIADB.replace(THREAD_287, thread_id.to_bytes(4, "little"))))

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while len(self.unread) >= 4 and len(self.unread) >= 4 + int.from_bytes(self.unread[:3], "little"):
            length, sequence = int.from_bytes(self.unread[:3], "little"), self.unread[3]
            payload, self.unread = self.unread[4 : 4 + length], self.unread[4 + length :]
            self.server.received.append(payload)
            if payload == b"\x01":
                self.transport.close()
            else:
                self.transport.write(packet(sequence + 1, OK))

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_ended.set()


class Client:
    """A client that can only what a test of the wire needs; `wired` closes it."""

    opened: ClassVar[list[Client]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def dial(cls, port: int) -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        cls.opened.append(client)
        return client

    @classmethod
    async def close_all(cls) -> None:
        while cls.opened:
            writer = cls.opened.pop().writer
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @classmethod
    async def log_in(cls, port: int) -> Client:
        client = await cls.dial(port)
        await client.read()
        await client.ask(packet(1, b"login"))
        return client

    async def read(self) -> bytes:
        header = await self.reader.readexactly(4)
        return await self.reader.readexactly(int.from_bytes(header[:3], "little"))

    async def ask(self, data: bytes) -> bytes:
        self.writer.write(data)
        return await self.read()


@contextlib.asynccontextmanager
async def wired() -> AsyncIterator[tuple[Server, Proxy]]:
    async with Server().running() as server, Proxy("127.0.0.1", server.port) as proxy:
        try:
            yield server, proxy
        finally:
            await Client.close_all()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for is counted by the wire, which has no events
            await asyncio.sleep(0.001)


async def test_links_are_counted_named_and_listened_to() -> None:
    async with wired() as (server, wire):
        one = await Client.log_in(wire.port)
        two = await Client.log_in(wire.port)
        assert (wire.accepted, wire.live, wire.peak) == (2, 2, 2)
        assert [link.thread_id for link in wire.links] == [1, 2]
        assert wire.link(2) is wire.links[1]
        with pytest.raises(LookupError, match=r"no link of the wire has thread id 9; there are \[1, 2\]"):
            wire.link(9)
        assert await two.ask(query("SELECT 2")) == OK
        assert await one.ask(query("SELECT 1")) == OK
        assert await one.ask(packet(0, b"\x0e")) == OK
        assert wire.statements == ["SELECT 2", "SELECT 1"]
        assert list(wire.links[0].statements) == ["SELECT 1"]
        assert [command.name for command in wire.links[0].commands] == ["COM_QUERY", "COM_PING"]
        assert b"\x03SELECT 1" in server.received
        assert "link 2  > SELECT 2" in wire.story()


async def test_how_a_client_left_is_told() -> None:
    async with wired() as (_, wire):
        polite, plain = await Client.log_in(wire.port), await Client.log_in(wire.port)
        polite.writer.write(QUIT)
        plain.writer.close()
        await until(lambda: wire.live == 0)
        assert [link.ending for link in wire.links] == [Ending.QUIT, Ending.EOF]
        assert not wire.links[0].is_open
        assert wire.peak == 2


async def test_a_client_that_resets_is_told_from_one_that_closes() -> None:
    async with wired() as (_, wire):
        client = await Client.log_in(wire.port)
        reset(client.writer.transport)
        await until(lambda: wire.live == 0)
        assert wire.links[0].ending is Ending.RESET


async def test_a_server_that_closes_is_told_and_passed_on() -> None:
    async with wired() as (server, wire):
        client = await Client.log_in(wire.port)
        server.sessions[0].transport.close()
        assert await client.reader.read() == b""
        assert wire.links[0].ending is Ending.SERVER


async def test_a_server_that_resets_is_passed_on() -> None:
    async with wired() as (server, wire):
        client = await Client.log_in(wire.port)
        reset(server.sessions[0].transport)
        with pytest.raises(ConnectionResetError):
            await client.reader.read()
        assert wire.links[0].ending is Ending.SERVER


@pytest.mark.parametrize("by_reset", [False, True])
async def test_a_link_can_be_cut(by_reset: bool) -> None:
    async with wired() as (_, wire):
        client = await Client.log_in(wire.port)
        wire.cut(wire.links[0], reset=by_reset)
        if by_reset:
            with pytest.raises(ConnectionResetError):
                await client.reader.read()
        else:
            assert await client.reader.read() == b""
        assert wire.links[0].ending is Ending.CUT
        assert wire.live == 0


async def test_the_nth_link_can_be_refused_in_silence() -> None:
    async with wired() as (server, wire):
        wire.refuse(2)
        await Client.log_in(wire.port)
        refused = await Client.dial(wire.port)
        with contextlib.suppress(ConnectionResetError):
            assert await refused.reader.read() == b""
        await Client.log_in(wire.port)
        assert [link.ending for link in wire.links] == [None, Ending.REFUSED, None]
        assert len(server.sessions) == 2


async def test_the_nth_link_can_be_refused_with_an_error() -> None:
    async with wired() as (server, wire):
        wire.refuse(1, code=1040)
        refused = await Client.dial(wire.port)
        assert await refused.read() == b"\xff\x10\x04refused by the conformance suite"
        assert await refused.reader.read() == b""
        assert wire.links[0].ending is Ending.REFUSED
        assert len(server.sessions) == 0


async def test_dialling_can_be_stalled() -> None:
    async with wired() as (server, wire):
        with wire.stall(Point.DIAL) as gate:
            client = await Client.dial(wire.port)
            await wire.fence()
            assert list(gate.waiting) == [wire.links[0]]
            assert (wire.accepted, wire.live, len(server.sessions)) == (1, 1, 0)
        assert (await client.read())[:1] == b"\x0a"
        assert len(server.sessions) == 1
        assert f"stalled: {Point.DIAL.value}" in wire.story()


async def test_a_client_that_leaves_while_stalled_is_seen_and_never_dialled() -> None:
    async with wired() as (server, wire):
        with wire.stall(Point.DIAL) as gate:
            client = await Client.dial(wire.port)
            await until(lambda: gate.waiting)
            client.writer.close()
            await until(lambda: wire.live == 0)
            assert list(gate.waiting) == []
            assert wire.links[0].ending is Ending.EOF
        await wire.fence()
        assert len(server.sessions) == 0


async def test_a_greeting_can_be_stalled() -> None:
    async with wired() as (server, wire):
        with wire.stall(Point.GREETING) as gate:
            client = await Client.dial(wire.port)
            await until(lambda: gate.waiting)
            assert len(server.sessions) == 1
            assert wire.links[0].thread_id == 1
            reading = asyncio.ensure_future(client.read())
            await wire.fence()
            assert not reading.done()
            gate.open()
            assert (await reading)[:1] == b"\x0a"


async def test_a_login_can_be_stalled() -> None:
    async with wired() as (_, wire):
        client = await Client.dial(wire.port)
        await client.read()
        with wire.stall(Point.LOGIN) as gate:
            asking = asyncio.ensure_future(client.ask(packet(1, b"login")))
            await until(lambda: gate.waiting)
            await wire.fence()
            assert not asking.done()
        assert await asking == OK


async def test_a_link_can_be_stalled_by_its_number_before_it_is_there() -> None:
    async with wired() as (server, wire):
        with wire.stall(Point.DIAL, 2) as gate:
            first, second = await Client.dial(wire.port), await Client.dial(wire.port)
            await wire.fence()
            assert (await first.read())[:1] == b"\x0a"
            assert list(gate.waiting) == [wire.links[1]]
            assert len(server.sessions) == 1
        assert (await second.read())[:1] == b"\x0a"


async def test_a_client_can_be_sent_what_its_server_has_not_said() -> None:
    async with wired() as (_, wire):
        client = await Client.log_in(wire.port)
        wire.say(wire.links[0], b"\1\0\0\0!")
        assert await client.read() == b"!"
        assert await client.ask(query("SELECT 1")) == OK
        assert "< 5 bytes that the server has not sent" in wire.story()


async def test_the_answers_to_one_link_can_be_stalled_and_keep_their_order() -> None:
    async with wired() as (server, wire):
        held, free = await Client.log_in(wire.port), await Client.log_in(wire.port)
        with wire.stall(Point.REPLY, wire.links[0]) as gate:
            held.writer.write(query("SELECT 1"))
            await until(lambda: gate.waiting)
            held.writer.write(query("SELECT 2"))
            await until(lambda: len(server.received) == 4)
            assert await free.ask(query("SELECT 3")) == OK
            server.sessions[0].transport.close()
            await until(lambda: wire.links[0].ending)
            with wire.stall(Point.REPLY):
                gate.open()
                reading = asyncio.ensure_future(held.read())
                await wire.fence()
                assert not reading.done()
        assert [await reading, await held.read()] == [OK, OK]
        assert await held.reader.read() == b""


async def test_a_wire_knows_whether_the_server_owes_anything() -> None:
    async with wired() as (_, wire):

        def owes() -> bool:
            return wire.is_answer_due

        client = await Client.dial(wire.port)
        await client.read()
        assert owes(), "the rest of the login"
        await client.ask(packet(1, b"login"))
        assert not owes()
        before = wire.events
        with wire.stall(Point.REPLY) as gate:
            client.writer.write(query("SELECT 1"))
            await until(lambda: gate.waiting)
            assert not owes(), "what a gate holds up, the server does not owe"
        await client.read()
        assert wire.events == before + 2, "a question and an answer"
        assert not owes()
        wire.cut(wire.links[0])
        assert wire.events == before + 3, "an end"
        with wire.stall(Point.DIAL):
            await Client.dial(wire.port)
            await until(lambda: wire.accepted == 2)
        assert wire.events == before + 4, "a new link"
        assert owes(), "its greeting"


async def test_a_server_that_cannot_be_reached_ends_the_link() -> None:
    async with Server().running() as server:
        port = server.port
    async with Proxy("127.0.0.1", port) as wire:
        client = await Client.dial(wire.port)
        with contextlib.suppress(ConnectionResetError):
            assert await client.reader.read() == b""
        await Client.close_all()
        assert wire.links[0].ending is Ending.SERVER
        assert "the server could not be reached" in wire.story()


async def test_a_fence_sees_what_was_dialled_before_it() -> None:
    async with wired() as (_, wire):
        for count in range(1, 20):
            dialling = asyncio.ensure_future(Client.dial(wire.port))
            for _ in range(3):
                await asyncio.sleep(0)
            await wire.fence()
            assert wire.accepted == count
            await dialling


async def test_a_greeting_that_comes_in_pieces_passes_whole() -> None:
    whole = packet(0, MYSQL)

    class Slow(Session):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.Transport", transport)
            self.server.sessions.append(self)
            self.transport.write(whole[:7])

    async with Server(Slow).running() as server, Proxy("127.0.0.1", server.port) as wire:
        client = await Client.dial(wire.port)
        await until(lambda: server.sessions)
        await wire.fence()
        before = wire.links[0].thread_id
        server.sessions[0].transport.write(whole[7:])
        assert len(await client.read()) == len(MYSQL)
        assert (before, wire.links[0].thread_id) == (None, 194)
        await Client.close_all()


async def test_a_dial_that_hangs_is_given_up_with_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    async with Server().running() as server:
        async with Proxy("127.0.0.1", server.port) as wire:
            with wire.stall(Point.DIAL) as gate:
                client = await Client.dial(wire.port)
                await until(lambda: gate.waiting)
                monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", hang)
        with pytest.raises(ConnectionResetError):
            await client.reader.read()
        await Client.close_all()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_many_megabytes_pass_with_a_slow_reader() -> None:
    async with wired() as (server, wire):
        client = await Client.log_in(wire.port)
        body = bytes(range(256)) * (1 << 14)
        for sequence in range(4):
            server.sessions[0].transport.write(packet(sequence + 1, body))
        assert [await client.read() for _ in range(4)] == [body] * 4


async def test_a_wire_takes_everything_with_it() -> None:
    async with Server().running() as server:
        async with Proxy("127.0.0.1", server.port) as wire:
            client = await Client.log_in(wire.port)
            with wire.stall(Point.DIAL) as gate:
                stalled = await Client.dial(wire.port)
                await until(lambda: gate.waiting)
                await wire.__aexit__(None, None, None)
            assert [link.ending for link in wire.links] == [Ending.CUT, Ending.CUT]
            for left in (client, stalled):
                with pytest.raises(ConnectionResetError):
                    await left.reader.read()
            assert len(server.sessions) == 1
            await server.sessions[0].has_ended.wait()
            await Client.close_all()
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_nothing_is_told_where_nothing_happened_and_long_stories_are_cut() -> None:
    async with wired() as (_, wire):
        assert "no connection was made" in wire.story()
        client = await Client.log_in(wire.port)
        for number in range(40):
            await client.ask(query(f"SELECT {number}"))
        story = wire.story().splitlines()
        assert story[0].strip() == "(24 earlier lines left out)"
        assert story[-1].endswith("< OK")
        assert len(story) == 61
