"""What a test does to a server as a whole: closed ports, full backlogs, restarts, farewells, kills, stalls, paces."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from fakemysql import FakeServer
from fakemysql.faults import (
    Cut,
    Delay,
    Fail,
    Gate,
    Hook,
    Refuse,
    Reset,
    Segments,
    Send,
    Stall,
    Switch,
    Throttle,
)
from fakemysql.listening import FullBacklog
from fakemysql.packets import ErrPacket
from fakemysql.simulation import Network, Simulation, running_loop
from fakemysql.transcript import Closed, ClosedBy, FaultFired
from tests.fakemysql.doubles import Dialogue, RawClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


def play(script: Callable[[FakeServer], Awaitable[None]], seed: int = 0, **options: Any) -> FakeServer:
    async def main() -> FakeServer:
        async with FakeServer(**options) as server:
            await script(server)
            return server

    with Simulation(seed, network=Network.instant()) as world:
        return world.run(main())


def ends(server: FakeServer) -> list[ClosedBy]:
    return [event.by for event in server.transcript.all(Closed)]


# ----------------------------------------------------------------------------------------------------------- the port


@pytest.mark.parametrize("action", [Refuse(), Delay(20, jitter=5), Stall()], ids=lambda action: type(action).__name__)
def test_a_server_comes_up_late(action: Refuse | Delay | Stall) -> None:
    """In the simulated world: refused, or left unanswered, until the fault is over; then the same port serves."""

    async def main() -> None:
        loop = running_loop()
        server = FakeServer()
        server.faults.arm(action, at=Hook.LISTEN)
        async with server:
            assert server.port
            if isinstance(action, Stall):
                loop.call_later(30, action.gate.open)
                began = loop.time()
                client = await RawClient.log_in(server)
                assert 30 <= loop.time() - began < 31
            else:
                with pytest.raises(ConnectionRefusedError):
                    await RawClient.dial(server)
                if isinstance(action, Refuse):
                    action.gate.open()
                await asyncio.sleep(26)
                client = await RawClient.log_in(server)
            await client.hang_up()
            assert len(server.transcript.all(FaultFired)) == 1

    with Simulation(network=Network.instant()) as world:
        world.run(main())


async def test_a_port_that_a_fault_holds_is_opened_by_listen_and_given_up_by_stop() -> None:
    server = FakeServer()
    server.faults.arm(Stall(), at=Hook.LISTEN)
    server.faults.arm(Refuse(), at=Hook.LISTEN, nth=2)
    async with server:
        assert server._listening_later is not None
        await server.listen()
        client = await RawClient.log_in(server)
        await client.hang_up()
        server.stop_listening()
        await server.listen()
        with pytest.raises(ConnectionRefusedError):
            await RawClient.dial(server)
    assert len(asyncio.all_tasks()) == 1, "the task that was to listen later is gone"


async def test_a_gate_opened_in_another_thread_opens_the_port() -> None:
    gate = Gate()
    server = FakeServer()
    server.faults.arm(Refuse(gate), at=Hook.LISTEN)
    async with server:
        with pytest.raises(ConnectionRefusedError):
            await RawClient.dial(server)
        thread = threading.Thread(target=gate.open)
        thread.start()
        later = server._listening_later
        assert later is not None
        await later
        thread.join()
        client = await RawClient.log_in(server)
        await client.hang_up()


async def test_a_full_backlog_leaves_connects_unanswered_on_real_sockets() -> None:
    """Linux drops what finds the backlog full; the client's kernel tries again a second later, and gets through."""
    async with FakeServer() as server:
        before = await RawClient.log_in(server)
        server.stop_accepting()
        server.stop_accepting()
        dialling = asyncio.create_task(RawClient.log_in(server))
        done, _ = await asyncio.wait([dialling], timeout=0.2)
        assert not done
        assert len(await before.query("SELECT 1", 5)) == 5, "who is connected stays connected"
        await server.listen()
        client = await asyncio.wait_for(dialling, 20)
        for each in (before, client):
            await each.hang_up()


async def test_a_backlog_that_cannot_be_filled_leaves_nothing_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        open_files = len(os.listdir("/proc/self/fd"))
        with pytest.raises(OSError, match="in use"):
            FullBacklog("127.0.0.1", taken.getsockname()[1])
        assert len(os.listdir("/proc/self/fd")) == open_files
    with pytest.raises(RuntimeError, match="a backlog is full at a port"):
        FakeServer().stop_accepting()


async def test_a_restart_ends_all_and_keeps_the_port(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with FakeServer(unix_socket=path) as server:
        port = server.port
        client = await RawClient.log_in(server)
        await client.query("SET GLOBAL max_connections = 7")
        await client.query("SET GLOBAL wait_timeout = 5")
        await client.query("SET PERSIST net_read_timeout = 9")
        await server.restart()
        assert await client.end() == b""
        assert server.port == port
        for unix in (False, True):
            again = await RawClient.log_in(server, unix=unix)
            assert (await again.query("SELECT @@GLOBAL.max_connections", 5))[3][1] != b"\x017"
            assert (await again.query("SELECT @@net_read_timeout", 5))[3][1] == b"\x019"
            await again.hang_up()
        await client.hang_up()
        assert server.instance.counters["Connections"] == 2
        await server.stop()
        with pytest.raises(RuntimeError, match="is not started"):
            await server.restart()
        with pytest.raises(RuntimeError, match="is not started"):
            await server.shutdown()
        await server.start()
        assert server.port == port
        with pytest.raises(RuntimeError, match="started already"):
            await server.start()


async def test_a_start_that_fails_can_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = FakeServer(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await server.start()
    await server.start()
    await server.stop()


# ----------------------------------------------------------------------------------------------------------- farewells


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
def test_a_shutdown_says_goodbye_in_the_personas_manner(persona: str) -> None:
    """Idle: FIN. A sleep: MariaDB ends it at once, MySQL after two seconds, with its row and then FIN."""
    is_mysql = persona.startswith("mysql")

    async def script(server: FakeServer) -> None:
        loop = running_loop()
        idle, sleeping = [await log_in(server) for _ in range(2)]
        sleeping.say(b"\x03SELECT SLEEP(1000)")
        await server.wait_for(lambda server: server.connections[2].statement is not None)
        began = loop.time()
        await server.shutdown()
        assert loop.time() - began == (2.0 if is_mysql else 0.0)
        assert await idle.end() == b""
        rest = await sleeping.end()
        assert (b"\x011" in rest) is is_mysql
        with pytest.raises(ConnectionRefusedError):
            await RawClient.dial(server)
        for each in (idle, sleeping):
            await each.hang_up()
        await server.start()
        again = await log_in(server)
        await again.hang_up()

    assert ends(play(script, persona=persona))[:2] == [ClosedBy.SHUTDOWN, ClosedBy.SHUTDOWN]


async def log_in(server: FakeServer) -> RawClient:
    from fakemysql.packets import HandshakeResponse41
    from tests.fakemysql.doubles import CAPABILITIES

    client = await RawClient.dial(server)
    await client.packet()
    plugin = server.persona.default_auth_plugin
    client.say(HandshakeResponse41(CAPABILITIES, 1 << 24, 45, "root", b"", None, plugin), 1)
    await client.packet()
    return client


async def test_all_are_killed_at_once() -> None:
    async with FakeServer() as server:
        clients = [await RawClient.log_in(server) for _ in range(3)]
        clients[0].say(b"\x03SELECT SLEEP(1000)")
        await server.wait_for(lambda server: server.connections[1].statement is not None)
        await server.kill_all()
        assert len(server.connections) == 0
        assert ends(server) == [ClosedBy.KILL] * 3
        for client in clients:
            assert await client.end() == b""
            await client.hang_up()


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
async def test_an_idle_connection_is_given_up_as_after_its_wait_timeout(persona: str) -> None:
    async with FakeServer(persona=persona) as server:
        client = await log_in(server)
        await server.connections[1].idle_close()
        if persona.startswith("mysql"):
            number, payload = await client.packet()
            assert (number, ErrPacket.parse(payload).code) == (0, 4031)
            assert await client.end() == b""
        else:
            with pytest.raises(ConnectionResetError):
                await client.end()
        told = await log_in(server)
        await server.connections[2].idle_close(Fail(1927, "70100", "Connection was killed"))
        number, payload = await told.packet()
        assert (number, ErrPacket.parse(payload).code) == (0, 1927)
        silent = await RawClient.dial(server)
        await silent.packet()
        await server.connections[3].idle_close(Fail(1159, "08S01", "timeout"))
        assert (await silent.packet())[0] == 1
        busy = await log_in(server)
        busy.say(b"\x03SELECT SLEEP(1000)")
        await server.wait_for(lambda server: server.connections[4].statement is not None)
        with pytest.raises(RuntimeError, match=r"connection 4 is not idle: 'SELECT SLEEP\(1000\)'"):
            await server.connections[4].idle_close()
        for each in (client, told, silent, busy):
            await each.hang_up()


async def test_a_connection_is_stalled_and_let_go() -> None:
    async with FakeServer() as server:
        client, other = [await RawClient.log_in(server) for _ in range(2)]
        gate = server.connections[1].stall()
        client.say(b"\x0e")
        assert len(await other.query("SELECT 1", 5)) == 5
        assert server.transcript.of(1)[-1].describe() == "OK, 0 affected, status 0x0002", "the ping is not even read"
        gate.open()
        assert (await client.packet())[1][:1] == b"\x00"
        again = server.connections[1].stall(Gate())
        await client.hang_up()
        await server.wait_for(connections=1)
        again.open()
        await other.hang_up()


# --------------------------------------------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("action", "seconds", "end"),
    [(Delay(9), 9.0, b""), (Delay(9, jitter=1), 9.0, b""), (Send(b"bye"), 0.0, b"bye"), (Reset(), 0.0, None)],
    ids=lambda value: type(value).__name__,
)
def test_a_goodbye_is_answered_otherwise(action: Any, seconds: float, end: bytes | None) -> None:
    async def script(server: FakeServer) -> None:
        loop = running_loop()
        server.faults.arm(action, at=Hook.CLOSE, closed_by=ClosedBy.QUIT)
        client = await RawClient.log_in(server)
        began = loop.time()
        client.say(b"\x01")
        if end is None:
            with pytest.raises(ConnectionResetError):
                await client.end()
        else:
            assert await client.end() == end
        assert seconds <= loop.time() - began <= seconds + 1
        await client.hang_up()

    play(script)


def test_a_reset_farewell_is_made_an_orderly_one() -> None:
    async def script(server: FakeServer) -> None:
        server.faults.arm(Cut(), at=Hook.CLOSE)
        client = await log_in(server)
        await server.connections[1].idle_close()
        assert await client.end() == b""
        await client.hang_up()

    play(script, persona="mariadb-10.11")


def test_two_faults_hold_an_end_back_one_after_the_other() -> None:
    async def script(server: FakeServer) -> None:
        loop, gate = running_loop(), Gate()
        server.faults.arm(Delay(3), at=Hook.CLOSE)
        server.faults.arm(Stall(gate), at=Hook.CLOSE)
        client = await RawClient.log_in(server)
        began = loop.time()
        loop.call_later(60, gate.open)
        client.say(b"\x01")
        assert await client.end() == b""
        assert 60 <= loop.time() - began < 61
        await client.hang_up()

    play(script)


def test_a_server_that_stops_waits_for_no_fault() -> None:
    async def script(server: FakeServer) -> None:
        for action in (Stall(), Delay(1000)):
            server.faults.arm(action, at=Hook.CLOSE)
            client = await RawClient.log_in(server)
            client.say(b"\x01")
            await server.wait_for(connections=0)
            await server.restart()
            await client.end()
            await client.hang_up()

    play(script)


# -------------------------------------------------------------------------------------------------- silence and paces


def test_a_silent_client_is_struck_at_the_chosen_times_also_when_it_was_silent_before() -> None:
    async def script(server: FakeServer) -> None:
        loop = running_loop()
        client = await RawClient.log_in(server)
        began = loop.time()
        await asyncio.sleep(10)
        server.faults.arm(Send(b"b"), at=Hook.IDLE, after_seconds=20, times=None)
        server.faults.arm(Send(b"a"), at=Hook.IDLE, after_seconds=5, times=None)
        server.faults.arm(Cut(), at=Hook.IDLE, after_seconds=5, nth=2)
        assert await client.reader.readexactly(1) == b"a"
        assert loop.time() - began == 10, "it has been silent for long enough"
        assert await client.reader.readexactly(1) == b"b"
        assert 20 <= loop.time() - began <= 30
        await client.query("DO 1")
        began = loop.time()
        assert await client.end() == b"a"
        assert loop.time() - began == 5
        await client.hang_up()

    play(script)


def test_an_error_while_idle_has_number_0_and_the_connection_goes_on() -> None:
    async def script(server: FakeServer) -> None:
        server.faults.arm(Fail(4031, "HY000", "too idle"), at=Hook.IDLE)
        client = await RawClient.log_in(server)
        number, payload = await client.packet()
        assert (number, ErrPacket.parse(payload).code) == (0, 4031)
        assert (await client.query("DO 1"))[0][0] == 1
        server.faults.arm(Stall(gate := Gate()), at=Hook.IDLE, after_seconds=1)
        await asyncio.sleep(2)
        client.say(b"\x0e")
        running_loop().call_later(50, gate.open)
        began = running_loop().time()
        await client.packet()
        assert running_loop().time() - began == 50
        await client.hang_up()

    play(script)


def test_bandwidth_holds_in_each_direction() -> None:
    async def script(server: FakeServer) -> None:
        loop = running_loop()
        client = await RawClient.log_in(server)
        server.faults.arm(Throttle(100, "client"), at=Hook.COMMAND, matching="SELECT REPEAT*")
        began = loop.time()
        await client.query("SELECT REPEAT('x', 1000)", 5)
        assert 10 <= loop.time() - began <= 12
        server.faults.arm(Throttle(100, "server"), at=Hook.ANSWERED)
        await client.query("DO 1")
        began = loop.time()
        await client.query("DO " + "1" * 1000)
        assert 10 <= loop.time() - began <= 12
        client.say(b"\x03DO " + b"1" * 1000)
        client.writer.write_eof()
        began = loop.time()
        assert (await client.end())[4:5] in (b"\x00", b"\xff"), "what came before the end is answered"
        assert 10 <= loop.time() - began <= 12
        await client.hang_up()

    play(script)


def test_a_broken_connection_forgets_what_was_held_back() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        server.faults.arm(Throttle(1), at=Hook.COMMAND)
        client.say(b"\x03SELECT REPEAT('x', 1000)")
        await client.packet()
        client.say(b"\x0e")
        client.writer.transport.abort()
        await server.wait_for(connections=0)
        await client.hang_up()

    play(script)


def test_pieces_have_their_sizes_and_their_gaps() -> None:
    async def script(server: FakeServer) -> None:
        loop = running_loop()
        client = await RawClient.log_in(server)
        server.faults.arm(Segments((1, 4), gap=1.0), at=Hook.COMMAND)
        client.say(b"\x0e")
        came = []
        for _ in range(5):
            came.append((len(await client.reader.read(100)), loop.time()))
            if sum(size for size, _ in came) == 11:
                break
        assert [size for size, _ in came] == [1, 4, 1, 4, 1]
        assert [later - earlier for (_, earlier), (_, later) in itertools.pairwise(came)] == [1.0] * 4
        await client.hang_up()

    play(script)


def test_a_login_is_switched_for_ever() -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Switch("mysql_native_password", rounds=None), at=Hook.LOGIN)
    dialogue.log_in()
    for number in range(5, 60, 2):
        [(answered, payload)] = dialogue.say(b"", number)
        assert (answered, payload[:1]) == (number + 1, b"\xfe")


def test_a_client_of_before_plugins_is_not_switched() -> None:
    from fakemysql.constants import CLIENT_PLUGIN_AUTH
    from tests.fakemysql.doubles import CAPABILITIES

    dialogue = Dialogue()
    dialogue.faults.arm(Switch("nonesuch"), at=Hook.LOGIN)
    answers = dialogue.log_in(capabilities=CAPABILITIES & ~CLIENT_PLUGIN_AUTH)
    assert ErrPacket.parse(answers[0][1]).code == 1251


def test_a_killed_connection_says_nothing_of_what_was_to_be_distorted() -> None:
    from fakemysql.faults import Duplicate, Replace

    dialogue = Dialogue().ready()
    for action in (Replace(b"x"), Duplicate()):
        dialogue.faults.arm(action, at=Hook.COMMAND)
    dialogue.faults.arm(Delay(5), at=Hook.ANSWER)
    dialogue.conversation.receive(b"\x01\0\0\0\x0e")
    dialogue.advance()
    assert bytes(dialogue.wire) == b"x"
    dialogue.faults.clear()
    dialogue.wire.clear()
    dialogue.faults.arm(Replace(b"x"), at=Hook.ANSWER)
    dialogue.faults.arm(Delay(5), at=Hook.ANSWER)
    dialogue.say(b"\x0e")
    dialogue.conversation.kill(None)
    dialogue.advance()
    assert bytes(dialogue.wire) == b""


# ---------------------------------------------------------------------------- from threads, leaving nothing


def test_the_verbs_are_plain_calls_from_another_thread() -> None:
    with FakeServer() as server:
        port = server.port
        settings: dict[str, Any] = {"host": "127.0.0.1", "port": port, "user": "root"}
        one, two, three = (pymysql.connect(**settings) for _ in range(3))
        assert server.connections.by_user() == {"root": 3}
        assert server.connections.by_database() == {None: 3}
        one.begin()
        assert [connection.id for connection in server.connections.in_transaction()] == [1]
        gate = server.connections[1].stall()
        answered = threading.Thread(target=one.ping, args=(False,))
        answered.start()
        gate.open()
        answered.join(20)
        assert not answered.is_alive(), "the gate was opened from here"
        server.connections[1].close()
        server.connections[2].idle_close(Fail(4031, "HY000", "idle"))
        assert server.connections.aborted == 2
        server.faults.arm(Cut(), at=Hook.COMMAND)
        with pytest.raises(AssertionError, match="1 of 1 faults never fired"):
            server.faults.assert_all_fired()
        server.faults.clear()
        server.kill_all()
        server.restart()
        four = pymysql.connect(**settings)
        server.stop_accepting()
        server.listen()
        server.shutdown(grace=0)
        with pytest.raises(pymysql.err.OperationalError, match="2003"):
            pymysql.connect(**settings)
        for each in (one, two, three, four):
            with contextlib.suppress(pymysql.err.Error):
                each.close()


async def test_nothing_is_left_of_a_hundred_servers_with_faults() -> None:
    async def once() -> None:
        server = FakeServer()
        server.faults.arm(Stall(), at=Hook.LISTEN, nth=2)
        server.faults.arm(Throttle(1e6), at=Hook.ACCEPT)
        async with server:
            client = await RawClient.log_in(server)
            server.faults.arm(Stall(), at=Hook.CLOSE)
            client.say(b"\x01")
            await server.wait_for(connections=0)
            server.stop_listening()
            await server.listen()
        await client.hang_up()

    await once()
    gc.collect()
    files, tasks, threads = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), threading.active_count()
    for _ in range(100):
        await once()
    gc.collect()
    assert (len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), threading.active_count()) == (
        files,
        tasks,
        threads,
    )


# ------------------------------------------------------------------------------------------------ the simulated world


def histories(seed: int) -> list[str]:
    async def script(server: FakeServer) -> None:
        server.faults.arm(Delay(1, jitter=1), at=Hook.COMMAND, probability=0.5)
        client = await RawClient.log_in(server)
        for _ in range(5):
            await client.query("SELECT RAND(), UUID(), NOW(6)", 7)
        await client.hang_up()

    async def main() -> list[str]:
        async with FakeServer() as server:
            await script(server)
        return [str(event) for event in server.transcript]

    with Simulation(seed) as world:
        told = world.run(main())
        return told + world.timeline.text(10_000).splitlines()


def test_a_world_repeats_itself_with_a_server_that_was_told_nothing() -> None:
    assert histories(1) == histories(1)
    assert histories(1) != histories(2)


def test_what_is_given_is_kept_and_the_rest_comes_from_the_world() -> None:
    import datetime
    import random

    day = datetime.datetime(2001, 2, 3)

    async def main() -> None:
        given = FakeServer(nonce=lambda count: b"x" * count, wall=lambda: day, random=random.Random(5))
        seed = given.faults.seed
        async with given, FakeServer(wall=lambda: day) as half, FakeServer() as other:
            assert given._fresh_nonce() == given._fresh_nonce()
            assert given.instance.wall() == half.instance.wall() == day
            assert given.faults.seed == seed
            assert other.instance.wall() == running_loop().utcnow()
            assert half.faults.seed != other.faults.seed

    with Simulation() as world:
        world.run(main())
