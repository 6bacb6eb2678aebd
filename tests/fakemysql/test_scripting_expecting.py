"""Commands answered by hand: what is waited for, every order, and that nothing hangs that was given up."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql import FakeServer, Precoded, error, ok, pass_on, result
from fakemysql.commands import COMMANDS
from fakemysql.transcript import Closed, ClosedBy
from tests.fakemysql.doubles import RawClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakemysql import Request


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


@pytest.fixture
async def client(server: FakeServer) -> AsyncIterator[RawClient]:
    raw = await RawClient.log_in(server)
    yield raw
    await raw.hang_up()


async def packets(client: RawClient, count: int) -> list[bytes]:
    async with asyncio.timeout(10):
        return [(await client.packet())[1] for _ in range(count)]


def code(packet: bytes) -> int:
    assert packet[:1] == b"\xff", packet
    return int.from_bytes(packet[1:3], "little")


async def test_a_statement_is_held_until_it_is_answered(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x03SELECT a FROM t")
    expectation = server.expect("SELECT *")
    request = await expectation
    assert (request.command, request.statement, request.payload) == ("COM_QUERY", "SELECT a FROM t", client_said())
    assert (request.connection_id, request.user, request.database, request.args) == (1, "root", None, None)
    assert (request.is_open, expectation.request) == (True, request)
    assert server.connections[1].statement == "SELECT a FROM t"
    assert repr(request) == "<Request COM_QUERY SELECT a FROM t of connection 1 ('root'): not answered yet>"
    request.reply(rows=[("x",)], columns="a")
    column_count, _, _, row, _ = await packets(client, 5)
    assert (column_count, row) == (b"\x01", b"\x01x")
    assert not request.is_open
    assert await expectation is request
    with pytest.raises(RuntimeError, match=r"of connection 1 \('root'\) cannot be answered any more: reply\(\) was"):
        request.reply_ok()
    assert server._surroundings.commands is COMMANDS, "nothing is expected, nothing is asked"


def client_said() -> bytes:
    return b"\x03SELECT a FROM t"


async def test_every_answer_can_be_given(server: FakeServer, client: RawClient) -> None:
    async def asked() -> Request:
        client.say(b"\x03SELECT 1")
        return await server.expect("SELECT 1")

    (await asked()).reply_ok(3, last_insert_id=7)
    assert (await packets(client, 1))[0][:3] == b"\x00\x03\x07"
    (await asked()).reply_error(1213)
    assert code((await packets(client, 1))[0]) == 1213
    (await asked()).reply(error(1205))
    assert code((await packets(client, 1))[0]) == 1205
    (await asked()).reply([result([(1,)]), ok()])
    assert len(await packets(client, 6)) == 6
    (await asked()).reply(pass_on())
    assert (await packets(client, 5))[3] == b"\x011"
    (await asked()).pass_on()
    assert (await packets(client, 5))[3] == b"\x011"
    request = await asked()
    with pytest.raises(TypeError, match="either rows= or an answer"):
        request.reply()
    with pytest.raises(TypeError, match="an answer is result"):
        request.reply(lambda call: ok())
    request.reply_ok()
    await packets(client, 1)


async def test_bytes_are_written_as_they_are_and_packets_are_framed(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x0e")
    request = await server.expect(command="COM_PING")
    assert (request.statement, str(request)) == ("", "COM_PING of connection 1 ('root')")
    request.packet(b"one")
    assert await client.packet() == (1, b"one")
    request.packet(b"two")
    assert await client.packet() == (2, b"two")
    request.raw(b"\x03\x00\x00\x09raw")
    assert await client.packet() == (9, b"raw")
    request.done()
    client.say(b"\x0e")
    assert (await packets(client, 1))[0][:1] == b"\x00", "the next command is read"


@pytest.mark.parametrize(("reset", "by"), [(False, b""), (True, None)])
async def test_a_connection_is_ended_either_way(server: FakeServer, reset: bool, by: bytes | None) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03COMMIT")
    request = await server.expect("COMMIT")
    await request.hang_up(reset=reset)
    assert len(server.connections) == 0
    await request.closed()
    if by is None:
        with pytest.raises(ConnectionResetError):
            await client.end()
    else:
        assert await client.end() == by
    await client.hang_up()
    assert server.transcript.all(Closed)[0].by is ClosedBy.FAULT


async def test_commands_that_are_no_statements(server: FakeServer, client: RawClient) -> None:
    anything = server.expect()
    assert repr(anything) == "<Expectation expect(): still to come>"
    client.say(b"\x02test")
    request = await anything
    assert repr(anything) == "<Expectation expect(): met by COM_INIT_DB test of connection 1 ('root')>"
    assert (request.command, request.statement) == ("COM_INIT_DB", "test")
    request.reply_error(1049)
    assert code((await packets(client, 1))[0]) == 1049
    client.say(b"\x01")
    request = await server.expect(command="COM_QUIT")
    assert len(server.connections) == 1
    request.pass_on()
    assert await client.end() == b""
    assert server.transcript.all(Closed)[0].by is ClosedBy.QUIT


async def test_an_empty_packet_and_an_unknown_number_are_commands_too(server: FakeServer, client: RawClient) -> None:
    client.say(b"")
    request = await server.expect()
    assert request.command == "an empty packet"
    request.pass_on()
    assert code((await packets(client, 1))[0]) == 1047
    client.say(b"\xf0")
    request = await server.expect()
    assert request.command == "command 0xf0"
    request.reply_ok()
    await packets(client, 1)


async def test_a_prepared_statement_is_stepped_through(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x16SELECT a FROM t WHERE b = ?")
    request = await server.expect("SELECT *", command="COM_STMT_PREPARE")
    request.reply(rows=[(5,)], columns="a:int")
    prepared = (await packets(client, 5))[0]
    statement_id, columns, parameters = struct.unpack("<IHH", prepared[1:9])
    assert (columns, parameters) == (1, 1)

    execute = b"\x17" + struct.pack("<IBI", statement_id, 0, 1) + b"\x00\x01\xfd\x00\x03ann"
    client.say(execute)
    request = await server.expect(command="COM_STMT_EXECUTE")
    assert (request.statement, request.args) == ("SELECT a FROM t WHERE b = ?", ("ann",))
    request.reply(rows=[(5,)], columns="a:int")
    assert (await packets(client, 5))[3] == b"\x00\x00" + struct.pack("<i", 5)

    client.say(execute)
    (await server.expect(command="COM_STMT_EXECUTE")).pass_on()
    assert code((await packets(client, 1))[0]) == 1046, "the engine has its own view of it"
    client.say(b"\x17" + struct.pack("<IBI", 99, 0, 1))
    request = await server.expect(command="COM_STMT_EXECUTE")
    assert request.args is None
    request.pass_on()
    assert code((await packets(client, 1))[0]) == 1243
    client.say(b"\x17" + struct.pack("<IBI", 99, 0, 1))
    (await server.expect(command="COM_STMT_EXECUTE")).reply_ok()
    assert (await packets(client, 1))[0][:1] == b"\x00"
    client.say(b"\x19" + struct.pack("<I", statement_id))
    request = await server.expect(command="COM_STMT_CLOSE")
    assert request.statement == "SELECT a FROM t WHERE b = ?"
    request.done()
    client.say(b"\x16SELECT 1")
    (await server.expect(command="COM_STMT_PREPARE")).reply_error(1064)
    assert code((await packets(client, 1))[0]) == 1064
    client.say(b"\x16SELECT 1")
    (await server.expect(command="COM_STMT_PREPARE")).pass_on()
    await packets(client, 3)
    assert server.connections[1].prepared == 2


async def test_the_first_expectation_that_fits_gets_it_before_any_rule(server: FakeServer, client: RawClient) -> None:
    server.on("SELECT *", rows=[("rule",)])
    other = server.expect("SELECT *", user="ann")
    first, second = server.expect("SELECT *"), server.expect("SELECT 1", connection_id=1)
    assert repr(other) == "<Expectation expect('SELECT *', user='ann'): still to come>"
    for expectation in (first, second):
        client.say(b"\x03SELECT 1")
        (await expectation.wait()).reply_ok()
        await packets(client, 1)
    client.say(b"\x03SELECT 1")
    assert (await packets(client, 5))[3] == b"\x04rule"
    with pytest.raises(AssertionError, match=r"expect\('SELECT \*', user='ann'\): it has not come"):
        server.assert_all_used()
    other.cancel()
    server.assert_all_used()


async def test_one_that_does_not_come_in_time_says_what_did(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x03SELECT 2")
    await packets(client, 5)
    with pytest.raises(
        TimeoutError, match=r"(?s)expect\('SELECT 1'\): it did not come within 0.01 s.*COM_QUERY SELECT 2"
    ):
        await server.expect("SELECT 1", timeout=0.01)
    client.say(b"\x03SELECT 1")
    assert len(await packets(client, 5)) == 5, "it was withdrawn"


async def test_one_that_is_cancelled_takes_nothing(server: FakeServer, client: RawClient) -> None:
    waiting = asyncio.create_task(server.expect("SELECT 1").wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    client.say(b"\x03SELECT 1")
    assert len(await packets(client, 5)) == 5


async def test_what_came_in_the_instant_of_a_cancellation_is_passed_on(server: FakeServer, client: RawClient) -> None:
    expectation = server.expect("SELECT 1")
    waiting = asyncio.create_task(expectation.wait())
    await asyncio.sleep(0)
    client.say(b"\x03SELECT 1")
    await server.wait_for(lambda server: expectation.request is not None)
    untaken = server.expect("SELECT 2")
    client.say(b"\x03SELECT 2")
    (await waiting).reply_ok()
    await packets(client, 1)
    await server.wait_for(lambda server: untaken.request is not None)
    untaken.cancel()
    untaken.cancel()
    assert len(await packets(client, 5)) == 5
    with pytest.raises(RuntimeError, match="waits no more: it was cancelled"):
        await untaken


async def test_a_cancellation_from_outside_wakes_who_waits(server: FakeServer) -> None:
    expectation = server.expect("SELECT 1")
    waiting = asyncio.create_task(expectation.wait())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="is awaited already"):
        await expectation.wait()
    expectation.cancel()
    with pytest.raises(RuntimeError, match=r"expect\('SELECT 1'\) waits no more: it was cancelled"):
        await waiting
    assert repr(expectation) == "<Expectation expect('SELECT 1'): it was cancelled>"


async def test_a_client_that_leaves_takes_its_request_along(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03SELECT 1")
    request = await server.expect("SELECT 1")
    await client.hang_up()
    await request.closed()
    with pytest.raises(RuntimeError, match="cannot be answered any more: its connection has ended"):
        request.reply_ok()
    server.assert_all_used()


async def test_a_request_that_is_not_answered_is_told() -> None:
    async with FakeServer() as server:
        client = await RawClient.log_in(server)
        client.say(b"\x03SELECT 1")
        await server.expect("SELECT 1")
        never = server.expect("SELECT 2")
        waiting = asyncio.create_task(never.wait())
        await asyncio.sleep(0)
        told = r"(?s)never answered .*COM_QUERY SELECT 1 of connection 1 \('root'\), since \d+"
        with pytest.raises(AssertionError, match=told):
            server.assert_clean(goodbye="none")
        with pytest.warns(ResourceWarning, match=told):
            await server.stop()
        with pytest.raises(RuntimeError, match="the server has stopped"):
            await waiting
    await client.hang_up()


async def test_a_request_can_be_answered_between_its_coming_and_its_being_awaited(
    server: FakeServer, client: RawClient
) -> None:
    expectation = server.expect("SELECT 1")
    client.say(b"\x03SELECT 1")
    await server.wait_for(lambda server: expectation.request is not None)
    assert expectation.request is not None
    request = expectation.request
    request.reply_ok()
    expectation.cancel()
    assert (await packets(client, 1))[0][:1] == b"\x00"
    server.clear()


async def test_a_connection_that_is_held_can_be_killed(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x03SELECT 1")
    request = await server.expect("SELECT 1")
    await server.kill(1, query_only=True)
    request.reply(rows=[(1,)])
    assert code((await packets(client, 1))[0]) == 1317, "what was killed is not answered"
    client.say(b"\x03SELECT 1")
    request = await server.expect("SELECT 1")
    await server.kill(1)
    assert await client.end() == b""
    assert repr(request).endswith("its connection has ended>")


async def test_a_request_that_was_answered_while_its_client_reads_slowly_is_not_answered_again(
    server: FakeServer, client: RawClient
) -> None:
    client.say(b"\x03SELECT w")
    request = await server.expect("SELECT w")
    request.reply(rows=[("w" * 100_000,)] * 500)
    server.clear()
    assert len(await packets(client, 504)) == 504


async def test_a_rule_answers_prepared_statements_on_the_wire_with_cursors_and_precoded_rows(
    server: FakeServer, client: RawClient
) -> None:
    rule = server.on("SELECT n FROM numbers", rows=Precoded([(number,) for number in range(3)]), columns="n:int")
    for _ in range(2):
        assert [packet for _, packet in await client.query("SELECT n FROM numbers", 7)][3:5] == [b"\x010", b"\x011"]
    client.say(b"\x16SELECT n FROM numbers")
    statement_id = (await packets(client, 3))[0][1:5]
    client.say(b"\x17" + statement_id + struct.pack("<BI", 0, 1))
    assert (await packets(client, 7))[3:5] == [b"\x00\x00" + struct.pack("<i", number) for number in (0, 1)]
    client.say(b"\x17" + statement_id + struct.pack("<BI", 1, 1))
    await packets(client, 3)
    client.say(b"\x1c" + statement_id + struct.pack("<I", 2))
    assert (await packets(client, 3))[:2] == [b"\x00\x00" + struct.pack("<i", number) for number in (0, 1)]
    assert (rule.used, [call.args for call in rule.calls]) == (4, [None, None, (), ()])


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_test_that_failed_is_not_told_what_it_did_not_answer(threaded: bool) -> None:
    """The error that comes out is the test's own, also where warnings are errors."""

    clients = []

    async def ask(server: FakeServer) -> None:
        clients.append(await RawClient.log_in(server))
        clients[0].say(b"\x03SELECT 1")

    async def in_the_loop() -> None:
        async with FakeServer() as server:
            await ask(server)
            await server.expect("SELECT 1")
            raise ZeroDivisionError

    async def in_a_thread() -> None:
        with FakeServer() as handle:
            expectation = handle.expect("SELECT 1")
            await ask(handle.server)
            expectation.wait()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await (in_a_thread() if threaded else in_the_loop())
    await clients[0].hang_up()


async def test_a_restart_takes_along_what_is_held_and_keeps_what_is_expected(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03SELECT 1")
    request, still = await server.expect("SELECT 1"), server.expect("SELECT 2")
    await server.restart()
    assert not request.is_open
    await client.hang_up()
    client = await RawClient.log_in(server)
    client.say(b"\x03SELECT 2")
    (await still).reply_ok()
    await packets(client, 1)
    await client.hang_up()


async def test_clear_passes_on_what_is_held_and_forgets_the_rest(server: FakeServer, client: RawClient) -> None:
    server.on("SELECT 1", rows=[("rule",)])
    client.say(b"\x03SELECT 1")
    held, untaken = await server.expect("SELECT 1"), server.expect("SELECT 2")
    client.say(b"\x03INSTALL PLUGIN x SONAME 'y'")
    server.clear()
    assert not held.is_open
    assert (await packets(client, 5))[3] == b"\x011"
    assert code((await packets(client, 1))[0]) == 1235
    with pytest.raises(RuntimeError, match="waits no more"):
        await untaken
    assert [str(each) for each in server.unhandled] == ["INSTALL PLUGIN x SONAME 'y'"]
    server.clear()
    assert (server.unhandled, len(server.transcript)) == ([], 0)
    fresh = FakeServer()
    fresh.clear()
    fresh.assert_all_used()


async def test_a_command_that_does_not_exist_cannot_be_expected(server: FakeServer) -> None:
    with pytest.raises(ValueError, match="there is no command 'COM_PONG'; there are COM_BINLOG_DUMP, "):
        server.expect(command="COM_PONG")


async def test_a_large_answer_waits_for_a_client_that_is_slow_to_read(server: FakeServer, client: RawClient) -> None:
    client.say(b"\x03SELECT w")
    request = await server.expect("SELECT w")
    request.reply(rows=[("w" * 1000,)] * 5000)
    assert len(await packets(client, 5004)) == 5004


# --------------------------------------------------------------------------------------------- the other two assertions


async def test_unknown_statements_are_listed_with_connection_and_near_rule(
    server: FakeServer, client: RawClient
) -> None:
    server.assert_no_unhandled()
    client.say(b"\x03INSTALL PLUGIN xx SONAME 'y'")
    await packets(client, 1)
    with pytest.raises(
        AssertionError, match=r"script an answer with server.on\(\):\n  connection 1: INSTALL PLUGIN xx"
    ):
        server.assert_no_unhandled()
    server.on("INSTALL PLUGIN x SONAME 'y'", ok()).optional()
    with pytest.raises(AssertionError, match=r"\n      nearly on\(\"INSTALL PLUGIN x SONAME 'y'\"\)"):
        server.assert_no_unhandled()


def told(server: FakeServer, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        server.assert_clean(**options)
    return str(caught.value)


async def test_what_connections_have_left_behind_is_told(server: FakeServer) -> None:
    begun, prepared, closed, clean, lost = [await RawClient.log_in(server) for _ in range(5)]
    dialled = await RawClient.dial(server)
    await begun.query("BEGIN")
    await lost.query("BEGIN")
    prepared.say(b"\x16SELECT 1")
    await packets(prepared, 3)
    clean.say(b"\x01")
    await clean.end()
    for client in (closed, clean, lost):
        await client.hang_up()
    await server.wait_for(connections=3)
    lines = told(server).splitlines()
    assert lines == [
        "connections were not left clean:",
        "  connection 1 ('root') has a transaction open; it last said COM_QUERY BEGIN",
        "  connection 1 ('root') is still connected; it last said COM_QUERY BEGIN",
        "  connection 2 ('root') never closed 1 of its prepared statements; it last said COM_STMT_PREPARE SELECT 1",
        "  connection 2 ('root') is still connected; it last said COM_STMT_PREPARE SELECT 1",
        "  connection 5 ('root') ended inside a transaction, which is lost; it last said COM_QUERY BEGIN",
        "  connection 3 ('root') closed its connection without COM_QUIT; it last said nothing",
        "  connection 5 ('root') closed its connection without COM_QUIT; it last said COM_QUERY BEGIN",
    ]
    assert "without COM_QUIT" not in told(server, goodbye="close")
    assert "still connected" not in told(server, goodbye="none")
    await server.stop()
    assert "connection 2 ('root') was still connected when the server stopped" in told(server)
    with pytest.raises(ValueError, match="goodbye is one of quit, close, none; got 'maybe'"):
        server.assert_clean(goodbye="maybe")  # type: ignore[arg-type]
    for client in (begun, prepared, dialled):
        await client.hang_up()


async def test_what_the_test_ended_is_clean(server: FakeServer) -> None:
    killed, cut = [await RawClient.log_in(server) for _ in range(2)]
    await killed.query("BEGIN")
    await server.kill(1)
    await server.connections[2].cut()
    server.assert_clean()
    for client in (killed, cut):
        await client.hang_up()
