"""The shell: listening, back-pressure, clocks, kills across connections, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from typing import TYPE_CHECKING, cast

import pytest

from fakemysql.answers import Wake
from fakemysql.faults import Cut, Delay, Fail, Gate, Hook, Reset, Segments, Send, Stall
from fakemysql.packets import ErrPacket, HandshakeResponse41, HandshakeV10
from fakemysql.persona import MARIADB_10_11
from fakemysql.server import FakeServer
from fakemysql.simulation import Simulation
from fakemysql.sql.accounts import Account
from fakemysql.transcript import Accepted, Closed, ClosedBy, Killed
from tests.fakemysql.doubles import CAPABILITIES, RawClient, SmallEngine, SmallSession

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class NaggingEngine(SmallEngine):
    """SHORT makes the session's patience short."""

    def _short(self, session: SmallSession, rest: str) -> object:
        session.wait_timeout = float(rest)
        return self._set(session, rest)  # type: ignore[arg-type]


def fake(**options: object) -> FakeServer:
    return FakeServer(engine=lambda instance: NaggingEngine(), **options)  # type: ignore[arg-type]


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with fake() as running:
        yield running


def ends(server: FakeServer) -> list[ClosedBy]:
    return [event.by for event in server.transcript.all(Closed)]


# ------------------------------------------------------------------------------------------------------ start and stop


async def test_a_server_listens_where_it_says(server: FakeServer) -> None:
    assert server.url == f"mysql://root:@127.0.0.1:{server.port}/test"
    client = await RawClient.log_in(server)
    assert len(await client.query("SELECT 1", 5)) == 5
    await client.hang_up()
    await server.wait_for(connections=0)


async def test_the_url_carries_roots_password() -> None:
    assert fake(users={"root": "p@ss/word"}).url == "mysql://root:p%40ss%2Fword@127.0.0.1:0/test"


async def test_a_unix_socket_beside_tcp_or_alone(tmp_path: Path) -> None:
    path = tmp_path / "fake.sock"
    async with fake(unix_socket=path) as both:
        for unix in (True, False):
            client = await RawClient.log_in(both, unix=unix)
            assert len(await client.query("SELECT 1", 5)) == 5
            await client.hang_up()
        assert [event.peer == "localhost" for event in both.transcript.all(Accepted)] == [True, False]
    assert not path.exists()
    async with fake(host=None, unix_socket=path) as alone:
        client = await RawClient.log_in(alone, unix=True)
        await client.hang_up()


async def test_it_starts_and_stops_in_a_moment_also_with_stalled_connections() -> None:
    """Up in less than 5 ms (the best of a few tries, for the machine has others on it); down as quickly."""
    up, down = [], []
    for _ in range(5):
        began = time.perf_counter()
        server = fake()
        await server.start()
        up.append(time.perf_counter() - began)
        server.faults.arm(Stall(), at=Hook.CONNECT, nth=2, times=None)
        ready = await RawClient.log_in(server)
        stalled = await RawClient.dial(server)
        ready.say(b"\x03SLEEP")
        await server.wait_for(
            lambda server: len(server.connections) == 2 and server.connections[1].statement == "SLEEP"
        )
        began = time.perf_counter()
        await server.stop()
        down.append(time.perf_counter() - began)
        assert ends(server) == [ClosedBy.STOP, ClosedBy.STOP]
        for client in (ready, stalled):
            assert await client.end() == b""
            await client.hang_up()
    assert min(up) < 0.005
    assert min(down) < 0.005


async def test_it_leaves_no_task_and_no_file_descriptor_behind() -> None:
    async def once() -> None:
        async with fake() as server:
            client = await RawClient.log_in(server)
            await client.query("SET x")
            await client.hang_up()
            other = await RawClient.log_in(server)
        await other.hang_up()

    await once()
    gc.collect()
    descriptors, tasks = set(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
    for _ in range(20):
        await once()
    assert len(asyncio.all_tasks()) == tasks
    assert len(set(os.listdir("/proc/self/fd"))) == len(descriptors)


async def test_connections_need_no_task_of_the_server(server: FakeServer) -> None:
    before = len(asyncio.all_tasks())
    clients = [await RawClient.log_in(server) for _ in range(5)]
    assert len(asyncio.all_tasks()) == before
    for client in clients:
        await client.hang_up()


async def test_it_can_refuse_connections_for_a_while_and_come_back_on_the_same_port(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    port = server.port
    server.stop_listening()
    with pytest.raises(ConnectionRefusedError):
        await RawClient.dial(server)
    assert len(await client.query("SELECT 1", 5)) == 5, "who is connected stays connected"
    await server.listen()
    await server.listen()
    assert server.port == port
    again = await RawClient.log_in(server)
    for each in (client, again):
        await each.hang_up()


async def test_stopping_twice_and_starting_twice(server: FakeServer) -> None:
    with pytest.raises(RuntimeError, match="started already"):
        await server.start()
    await server.stop()
    await server.stop()


async def test_a_server_that_is_not_started_says_so() -> None:
    with pytest.raises(RuntimeError, match="is not started"):
        await fake().listen()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": None}, "host=None needs a unix_socket"),
        ({"segment": 0}, "segment is a count of bytes from 1, or None; got 0"),
        ({"persona": "oracle"}, r"no persona is named 'oracle'; there are mariadb-10\.11, mysql-8"),
        ({"users": {"a": Account("b")}}, "another name"),
        ({"variables": {"nosuch": 1}}, "nosuch"),
    ],
)
def test_wrong_arguments_are_refused_at_once(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fake(**options)


# ------------------------------------------------------------------------------------------------------ what it shows


async def test_connections_can_be_counted_listed_and_looked_at(server: FakeServer) -> None:
    assert len(server.connections) == 0
    first, second = await RawClient.log_in(server), await RawClient.dial(server)
    await second.packet()
    one, two = server.connections
    assert (one.id, one.user, one.database, one.status, one.in_transaction) == (1, "root", None, 2, False)
    assert (two.id, two.user, two.database, two.status, two.attributes) == (2, "", None, 0, {})
    assert one.attributes == {}
    assert one.peer.startswith("localhost:")
    assert one.statement is None
    assert repr(one) == f"<Connection 1 of 'root' from {one.peer}: READY>"
    assert repr(two) == f"<Connection 2 of nobody from {two.peer}: GREETED>"
    assert server.connections.of("root") == [one]
    assert 2 in server.connections
    first.say(b"\x03SLEEP")
    await server.wait_for(lambda server: one.statement == "SLEEP")
    for client in (first, second):
        await client.hang_up()
    await one.kill()
    await server.wait_for(connections=0)
    assert repr(server.connections) == "<Connections: 0 live, peak 2, 2 opened>"
    with pytest.raises(KeyError, match=r"no live connection has the id 1; there are \[\]"):
        server.connections[1]


async def test_waiting_for_what_holds_already_and_for_what_never_comes(server: FakeServer) -> None:
    await server.wait_for(connections=0)
    with pytest.raises(TimeoutError, match=r"nothing of what was waited for within 0\.01 s; 0 connections"):
        await server.wait_for(connections=1, timeout=0.01)
    with pytest.raises(ValueError, match="either a condition or connections=N"):
        await server.wait_for()
    with pytest.raises(ValueError, match="either a condition or connections=N"):
        await server.wait_for(lambda server: True, connections=1)


async def test_a_condition_that_raises_raises_where_it_was_waited_for(server: FakeServer) -> None:
    waiting = asyncio.create_task(server.wait_for(lambda server: 1 // (1 - len(server.connections)) < 0))
    await asyncio.sleep(0)
    client = await RawClient.dial(server)
    with pytest.raises(ZeroDivisionError):
        await waiting
    await client.hang_up()


async def test_a_wait_that_is_cancelled_leaves_nothing_behind(server: FakeServer) -> None:
    waiting = asyncio.create_task(server.wait_for(connections=7))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert server._waiters == []


# -------------------------------------------------------------------------------------------------------- limits, time


async def test_two_connections_too_many_get_1040_before_the_greeting() -> None:
    """One too many is asked who it is, for it may be an admin; whether it is, the engine knows."""
    async with fake(max_connections=1) as server:
        clients = [await RawClient.log_in(server) for _ in range(2)]
        third = await RawClient.dial(server)
        assert await third.packet() == (0, b"\xff\x10\x04Too many connections")
        assert await third.end() == b""
        await clients[0].hang_up()
        await server.wait_for(connections=1)
        fourth = await RawClient.log_in(server)
        for client in (*clients, third, fourth):
            await client.hang_up()
        assert (server.connections.opened, server.connections.peak) == (3, 2)


@pytest.mark.parametrize("quiet", ["idle", "after a statement"])
async def test_an_idle_session_past_its_wait_timeout_is_told_and_ended(server: FakeServer, quiet: str) -> None:
    client = await RawClient.log_in(server)
    await client.query("SHORT 0.05")
    if quiet == "after a statement":
        await client.query("SET x")
    number, payload = await client.packet()
    assert (number, ErrPacket.parse(payload).code) == (0, 4031)
    assert await client.end() == b""
    assert ends(server) == [ClosedBy.TIMEOUT]
    await client.hang_up()


async def test_a_statement_may_take_longer_than_the_wait_timeout(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    await client.query("SHORT 0.05")
    assert len(await client.query("SLEEP 0.12", 5)) == 5
    assert ErrPacket.parse((await client.packet())[1]).code == 4031
    await client.hang_up()


async def test_mariadb_resets_an_idle_session() -> None:
    async with FakeServer(engine=lambda instance: NaggingEngine(), persona="mariadb-10.11") as server:
        client = await RawClient.dial(server)
        await client.packet()
        client.say(HandshakeResponse41(CAPABILITIES, 0, 45, "root", b"", None, MARIADB_10_11.default_auth_plugin), 1)
        await client.packet()
        await client.query("SHORT 0.05")
        with pytest.raises(ConnectionResetError):
            await client.end()
        await client.hang_up()


def test_each_command_begins_the_wait_anew() -> None:
    """Under a timer that is not set again for each command, the last command counts."""

    async def scenario() -> None:
        async with fake() as server:
            client = await RawClient.log_in(server)
            await client.query("SHORT 3")
            for _ in range(3):
                await asyncio.sleep(2)
                await client.query("SET x")
            last = asyncio.get_running_loop().time()
            assert ends(server) == []
            await client.packet()
            assert asyncio.get_running_loop().time() - last == pytest.approx(3, abs=0.1)
            await client.hang_up()

    with Simulation() as world:
        world.run(scenario())


async def test_a_client_that_never_logs_in_is_ended_after_connect_timeout(server: FakeServer) -> None:
    server.instance.globals = {**server.instance.globals, "connect_timeout": cast("int", 0.05)}
    client = await RawClient.dial(server)
    await client.packet()
    number, payload = await client.packet()
    assert (number, ErrPacket.parse(payload).code) == (1, 1159)
    assert await client.end() == b""
    await client.hang_up()


# --------------------------------------------------------------------------------------------------------------- kills


async def test_a_kill_is_on_the_wire_when_it_returns(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    await server.kill(1)
    assert len(server.connections) == 0
    assert await asyncio.wait_for(client.end(), 0.5) == b""
    await client.hang_up()


async def test_one_session_kills_another(server: FakeServer) -> None:
    killer, sleeper = [await RawClient.log_in(server) for _ in range(2)]
    sleeper.say(b"\x03SLEEP")
    await server.wait_for(lambda server: server.connections[2].statement == "SLEEP")
    await killer.query("KILL 2 QUERY")
    assert [(await sleeper.packet())[0] for _ in range(5)] == [1, 2, 3, 4, 5]
    sleeper.say(b"\x03SLEEP")
    await server.wait_for(lambda server: server.connections[2].statement == "SLEEP")
    await killer.query("KILL 2")
    assert await sleeper.end() == b""
    assert [(event.connection_id, event.by) for event in server.transcript.all(Killed)] == [(2, 1), (2, 1)]
    assert [payload[:1] for _, payload in await killer.query("KILL 99")] == [b"\x00"], "who has gone is nobody's target"
    for client in (killer, sleeper):
        await client.hang_up()


async def test_a_test_interrupts_a_statement_and_leaves_the_connection(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03SLEEP")
    await server.wait_for(lambda server: server.connections[1].statement == "SLEEP")
    await server.kill(1, query_only=True)
    assert [(await client.packet())[0] for _ in range(5)] == [1, 2, 3, 4, 5]
    await client.hang_up()


async def test_several_may_wait_for_the_same_end_and_one_may_give_up(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    connection = server.connections[1]
    patient, impatient = asyncio.create_task(connection.closed()), asyncio.create_task(connection.closed())
    await asyncio.sleep(0)
    impatient.cancel()
    await connection.cut()
    await patient
    await connection.closed()
    connection.send(b"too late")
    assert await client.end() == b""
    await client.hang_up()


async def test_a_victim_whose_end_wakes_its_killer_does_not_confuse_it() -> None:
    engine = NaggingEngine()
    engine.wakes_on_close = [Wake(1), Wake(99)]
    async with FakeServer(engine=lambda instance: engine) as server:
        killer, victim = [await RawClient.log_in(server) for _ in range(2)]
        assert [number for number, _ in await killer.query("KILL 2")] == [1]
        assert await victim.end() == b""
        assert len(await killer.query("SELECT 1", 5)) == 5
        for client in (killer, victim):
            await client.hang_up()


async def test_what_a_server_counts_of_its_connections(server: FakeServer) -> None:
    counters = server.instance.counters
    for end in ("quit", "leave", "refused"):
        client = await RawClient.log_in(server) if end != "refused" else await RawClient.dial(server)
        if end == "quit":
            client.say(b"\x01")
            await client.end()
        await client.hang_up()
        await server.wait_for(connections=0)
    assert (counters["Aborted_clients"], counters["Aborted_connects"]) == (1, 1)
    assert counters["Bytes_received"] == sum(event.received_bytes for event in server.transcript.all(Closed))
    assert counters["Bytes_sent"] == sum(event.sent_bytes for event in server.transcript.all(Closed))


async def test_one_session_wakes_another(server: FakeServer) -> None:
    one, other = [await RawClient.log_in(server) for _ in range(2)]
    other.say(b"\x03SLEEP")
    await server.wait_for(lambda server: server.connections[2].statement == "SLEEP")
    await one.query("WAKE 2")
    assert [(await other.packet())[0] for _ in range(5)] == [1, 2, 3, 4, 5]
    for client in (one, other):
        await client.hang_up()


async def test_a_sleep_ends_by_itself(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    assert len(await client.query("SLEEP 0.01", 5)) == 5
    await client.hang_up()


async def test_a_client_that_leaves_in_the_middle_of_a_wait_is_noticed_at_the_next_look(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03WATCHFUL")
    await server.wait_for(lambda server: server.connections[1].statement == "WATCHFUL")
    await client.hang_up()
    await server.wait_for(connections=0)
    assert ends(server) == [ClosedBy.EOF]


# --------------------------------------------------------------------------------------------- many bytes, small bytes


async def test_a_client_that_does_not_read_holds_up_the_answer_and_nobody_else(server: FakeServer) -> None:
    slow, quick = [await RawClient.log_in(server) for _ in range(2)]
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
    slow.say(b"\x03WIDE 30000")
    await asyncio.sleep(0)
    assert len(await quick.query("SELECT 1", 5)) == 5
    link = server._links[1]
    await server.wait_for(lambda server: link._is_choked)
    held = link.conversation.sent_bytes
    assert len(await quick.query("SELECT 1", 5)) == 5
    assert link.conversation.sent_bytes == held < 16_000_000
    assert link._transport.get_write_buffer_size() < 2_000_000
    await server.kill(1)
    assert ends(server) == [ClosedBy.KILL]
    for client in (slow, quick):
        await client.hang_up()


async def test_a_held_up_answer_goes_on_when_the_client_reads(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.say(b"\x03WIDE 20000")
    link = server._links[1]
    await server.wait_for(lambda server: link._is_choked)
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]
    received = 0
    while server.connections[1].statement is not None or received < link.conversation.sent_bytes - 88 - 11:
        received += len(await client.reader.read(1 << 20))
    await client.hang_up()


async def test_a_client_that_pipelines_without_end_is_read_no_further(server: FakeServer) -> None:
    gate = Gate()
    server.faults.arm(Stall(gate), at=Hook.COMMAND)
    client = await RawClient.log_in(server)
    count = 2000
    for _ in range(count):
        client.say(b"\x03SET " + b"x" * 1000)
    link = server._links[1]
    await server.wait_for(lambda server: link._reading_paused)
    assert link.conversation.unread_bytes < 1_000_000
    gate.open()
    for _ in range(count):
        assert (await client.packet())[0] == 1
    await client.hang_up()


async def test_everything_in_pieces_of_one_byte() -> None:
    async with fake(segment=1) as server:
        client = await RawClient.dial(server)
        assert len(await client.reader.read(100)) < 5, "the greeting does not come at once"
        await client.hang_up()
        client = await RawClient.log_in(server)
        assert len(await client.query("SELECT 3", 7)) == 7
        client.say(b"\x01")
        assert await client.end() == b""
        await client.hang_up()


async def test_in_pieces_a_large_answer_holds_itself_up() -> None:
    async with fake(segment=4000) as server:
        client = await RawClient.log_in(server)
        assert len(await client.query("SELECT 100000", 100_004)) == 100_004
        await client.hang_up()


# -------------------------------------------------------------------------------------------------------------- faults


async def test_a_connection_is_cut_and_reset_from_outside(server: FakeServer) -> None:
    one, other = [await RawClient.log_in(server) for _ in range(2)]
    await server.connections[1].cut()
    assert await one.end() == b""
    await server.connections[2].reset()
    with pytest.raises(ConnectionResetError):
        await other.end()
    assert ends(server) == [ClosedBy.FAULT, ClosedBy.FAULT]
    for client in (one, other):
        await client.hang_up()


async def test_bytes_that_nobody_asked_for_are_sent_from_outside(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    server.connections[1].send(b"\x03\0\0\x05abc")
    assert await client.packet() == (5, b"abc")
    await client.hang_up()


async def test_faults_strike_on_real_sockets(server: FakeServer) -> None:
    gate = Gate()
    server.faults.arm(Stall(gate), at=Hook.CONNECT)
    stalled = await RawClient.dial(server)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stalled.packet(), 0.02)
    gate.open()
    assert HandshakeV10.parse((await stalled.packet())[1]).connection_id == 1
    server.faults.arm(Delay(0.01), at=Hook.CONNECT)
    server.faults.arm(Fail(1045, "28000", "no"), at=Hook.LOGIN)
    refused = await RawClient.dial(server)
    await refused.packet()
    refused.say(HandshakeResponse41(CAPABILITIES, 0, 45, "root", b"", None, "caching_sha2_password"), 1)
    assert ErrPacket.parse((await refused.packet())[1]).message == b"no"
    server.faults.arm(Segments(2), at=Hook.CONNECT)
    small = await RawClient.log_in(server)
    server.faults.arm(Send(b"\x00\0\0\x07"), at=Hook.ANSWER)
    assert [number for number, _ in await small.query("SET x", 2)] == [7, 1]
    server.faults.arm(Reset(), at=Hook.ANSWERED)
    small.say(b"\x0e")
    with contextlib.suppress(ConnectionResetError):
        await small.end()
    server.faults.arm(Cut(after_bytes=3), at=Hook.ANSWER)
    cut = await RawClient.log_in(server)
    cut.say(b"\x0e")
    assert await cut.end() == b"\x07\0\0"
    assert server.faults.never_fired == []
    for client in (stalled, refused, small, cut):
        await client.hang_up()


async def test_a_client_that_gives_up_a_stall_is_forgotten_at_once(server: FakeServer) -> None:
    server.faults.arm(Stall(), at=Hook.CONNECT)
    client = await RawClient.dial(server)
    await server.wait_for(connections=1)
    await client.hang_up()
    await server.wait_for(connections=0)
    assert ends(server) == [ClosedBy.EOF]


async def test_a_mistake_in_the_engine_ends_the_connection_and_is_reported() -> None:
    class Mistaken(SmallEngine):
        def ping(self, session: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError

    seen: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context))
    async with FakeServer(engine=lambda instance: Mistaken()) as server:  # type: ignore[arg-type,return-value]
        client = await RawClient.log_in(server)
        client.say(b"\x0e")
        assert await client.end() == b""
        await client.hang_up()
    assert isinstance(seen[0]["exception"], ZeroDivisionError)
