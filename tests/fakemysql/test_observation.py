"""What a server shows of itself: every type of event when it happens, counts, and SHOW STATUS that agrees with both."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql import FakeServer
from fakemysql.constants import CLIENT_CONNECT_WITH_DB
from fakemysql.eventlog import EVENTS, json_line, parse_line
from fakemysql.packets import ComChangeUser, HandshakeResponse41
from fakemysql.simulation import Network, Simulation
from fakemysql.transcript import (
    Accepted,
    Closed,
    ClosedBy,
    CommandReceived,
    Event,
    LockReleased,
    LockTaken,
    LoggedIn,
    LoginReceived,
    LoginRefused,
    Replied,
    ReplyKind,
    SessionReset,
    StatementClosed,
    StatementPrepared,
    TimedOut,
    TransactionBegan,
    TransactionEnded,
    Transcript,
    VariableSet,
    normalised,
)
from tests.fakemysql.doubles import CAPABILITIES, RawClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


def play(script: Callable[[FakeServer], Awaitable[None]], **options: Any) -> FakeServer:
    """A script with a server, in a simulated world; the server, after the script's end."""

    async def main() -> FakeServer:
        async with FakeServer(**options) as server:
            await script(server)
            return server

    with Simulation(network=Network.instant()) as world:
        return world.run(main())


async def log_in(server: FakeServer) -> RawClient:
    """As root, on either persona."""
    client = await RawClient.dial(server)
    await client.packet()
    plugin = server.persona.default_auth_plugin
    client.say(HandshakeResponse41(CAPABILITIES, 1 << 24, 45, "root", b"", None, plugin), 1)
    await client.packet()
    return client


async def read(client: RawClient) -> list[bytes]:
    """One answer, to its end, of a client that is told EOF."""
    packets = [(await client.packet())[1]]
    if packets[0][:1] in (b"\x00", b"\xff"):
        return packets
    ends = 0
    while ends < 2 and packets[-1][:1] != b"\xff":
        packets.append((await client.packet())[1])
        ends += packets[-1][:1] == b"\xfe" and len(packets[-1]) < 9
    return packets


async def ask(client: RawClient, *statements: str) -> list[list[bytes]]:
    answers = []
    for statement in statements:
        client.say(b"\x03" + statement.encode())
        answers.append(await read(client))
    return answers


async def rows(client: RawClient, statement: str) -> list[Any]:
    """The rows of a result whose cells are short and not NULL."""
    [answer] = await ask(client, statement)
    eofs = [index for index, packet in enumerate(answer) if packet[:1] == b"\xfe" and len(packet) < 9]
    found = []
    for packet in answer[eofs[0] + 1 : eofs[1]]:
        cells, at = [], 0
        while at < len(packet):
            if packet[at] == 0xFB:
                cells.append("NULL")
                at += 1
                continue
            cells.append(packet[at + 1 : at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        found.append(tuple(cells))
    return found


def shown(server: FakeServer, *kinds: type[Event]) -> list[str]:
    return [event.describe() for event in server.transcript if isinstance(event, kinds)]


# ---------------------------------------------------------------------------------------------------------- the events


def test_a_connection_is_told_from_its_beginning_to_its_end() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        await ask(client, "SELECT 1")
        client.say(b"\x01")
        await client.end()
        await client.hang_up()

    server = play(script)
    assert [type(event).__name__ for event in server.transcript] == [
        "Accepted",
        "Greeted",
        "LoginReceived",
        "LoggedIn",
        "Replied",
        "CommandReceived",
        "Replied",
        "CommandReceived",
        "Closed",
    ]
    [login] = server.transcript.all(LoginReceived)
    assert (login.max_packet_bytes, login.extended_capabilities) == (1 << 24, 0)
    times = [event.at for event in server.transcript]
    assert times == sorted(times)


def test_a_reply_says_how_many_bytes_it_had() -> None:
    seen: list[int] = []

    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        for statement in ("DO 1", "SELECT REPEAT('x', 100)", "SELECT nonsense", "SELECT 1; SELECT 2"):
            [answer] = await ask(client, statement)
            seen.append(sum(4 + len(packet) for packet in answer))
        await client.hang_up()

    server = play(script)
    assert [event.size_bytes for event in server.transcript.all(Replied)][1:] == seen


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["BEGIN", "COMMIT"], ["a transaction begins", "the transaction ends by commit"]),
        (["START TRANSACTION READ ONLY", "ROLLBACK"], ["a read-only transaction begins", "… rollback"]),
        (["BEGIN", "BEGIN", "COMMIT"], ["a transaction begins", "… begin", "a transaction begins", "… commit"]),
        (["BEGIN", "COMMIT AND CHAIN", "ROLLBACK"],
         ["a transaction begins", "… commit", "a transaction begins", "… rollback"]),
        (["BEGIN", "CREATE DATABASE d"], ["a transaction begins", "… ddl"]),
        (["SET autocommit = 0", "SELECT * FROM information_schema.schemata", "SET autocommit = 1"],
         ["a transaction begins", "… autocommit"]),
        (["COMMIT", "SELECT 1"], []),
        (["BEGIN"], ["a transaction begins", "… disconnect"]),
    ],
)  # fmt: skip
def test_transactions_are_told_when_they_begin_and_how_they_end(statements: list[str], told: list[str]) -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        await ask(client, *statements)
        await client.hang_up()
        await server.wait_for(connections=0)

    server = play(script)
    expected = [line.replace("…", "the transaction ends by") for line in told]
    assert shown(server, TransactionBegan, TransactionEnded) == expected
    if told:
        kinds = [type(event) for event in server.transcript]
        assert kinds[kinds.index(TransactionBegan) + 1] is Replied, "told before the answer that shows it"


def test_a_reset_and_a_change_of_user_end_what_the_session_had() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        prepared = b"\x16SELECT ?"
        await ask(client, "BEGIN", "SELECT GET_LOCK('One', 0)", "SELECT GET_LOCK('two', 0), RELEASE_LOCK('two')")
        client.say(prepared)
        for _ in range(5):
            await client.packet()
        client.say(b"\x1f")
        await read(client)
        client.say(prepared)
        for _ in range(5):
            await client.packet()
        client.say(b"\x19\x02\x00\x00\x00")
        await ask(client, "BEGIN")
        client.say(ComChangeUser("app", b"", "test", 45, "mysql_native_password").serialize(CAPABILITIES))
        number, switch = await client.packet()
        assert switch[:1] == b"\xfe"
        client.say(b"", number + 1)
        await client.packet()
        await client.hang_up()

    server = play(script, users={"app": ""})
    told = (
        LockTaken,
        LockReleased,
        SessionReset,
        StatementPrepared,
        StatementClosed,
        TransactionBegan,
        TransactionEnded,
        LoggedIn,
    )
    assert shown(server, *told) == [
        "logged in as 'root'",
        "a transaction begins",
        "lock 'one' is taken",
        "lock 'two' is taken",
        "lock 'two' is released",
        "statement 1 is SELECT ?",
        "statement 1 is closed",
        "lock 'one' is released",
        "the transaction ends by reset",
        "the session starts afresh by reset",
        "statement 2 is SELECT ?",
        "statement 2 is closed",
        "a transaction begins",
        "the transaction ends by change user",
        "the session starts afresh by change user",
        "logged in as 'app', database 'test'",
    ]


def test_locks_are_told_of_however_they_are_given_back() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        await ask(client, "SELECT GET_LOCK('a', 0), GET_LOCK('b', 0)", "SELECT RELEASE_ALL_LOCKS()")
        await ask(client, "SELECT GET_LOCK('c', 0)")
        await server.connections[1].kill()
        await client.hang_up()

    assert shown(play(script), LockTaken, LockReleased) == [
        "lock 'a' is taken",
        "lock 'b' is taken",
        "lock 'a' is released",
        "lock 'b' is released",
        "lock 'c' is taken",
        "lock 'c' is released",
    ]


def test_variables_are_told_of_in_all_their_scopes() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.log_in(server)
        await ask(
            client,
            "SET @a = 1, @b = NULL, @c = x'41'",
            "SET SESSION wait_timeout = 5, GLOBAL max_connections = 7",
            "SET NAMES latin1",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SET nonsense = 1",
        )
        await client.hang_up()

    assert shown(play(script), VariableSet) == [
        "user a = 1",
        "user b = None",
        "user c = A",
        "session wait_timeout = 5",
        "global max_connections = 7",
        "names latin1 = latin1_swedish_ci",
        "session transaction_isolation = READ-COMMITTED",
    ]


def test_a_refused_login_and_a_client_that_says_nothing() -> None:
    async def script(server: FakeServer) -> None:
        client = await RawClient.dial(server)
        await client.packet()
        response = HandshakeResponse41(
            CAPABILITIES | CLIENT_CONNECT_WITH_DB, 1 << 24, 45, "root", b"", "nosuch", "caching_sha2_password"
        )
        client.say(response, 1)
        await client.end()
        silent = await RawClient.dial(server)
        await silent.end()
        idle = await RawClient.log_in(server)
        await ask(idle, "SET wait_timeout = 3")
        await idle.end()
        for each in (client, silent, idle):
            await each.hang_up()

    server = play(script)
    assert shown(server, LoginRefused, TimedOut) == [
        "'root' was refused, 1049",
        "too long without a login",
        "too long without a command",
    ]
    assert (server.connections.opened, server.connections.peak, server.connections.aborted) == (3, 1, 3)


def test_one_client_too_many_is_refused_too() -> None:
    async def script(server: FakeServer) -> None:
        # One more than that is let in to say who it is, for it may be an admin.
        clients = [await RawClient.log_in(server), await RawClient.dial(server), await RawClient.dial(server)]
        await clients[-1].end()
        for each in clients:
            await each.hang_up()

    assert shown(play(script, max_connections=1), LoginRefused) == ["'' was refused, 1040"]


# ---------------------------------------------------------------------------------------------------------- aggregates


def test_connections_by_user_by_database_and_in_transactions() -> None:
    async def script(server: FakeServer) -> None:
        clients = [await RawClient.log_in(server) for _ in range(3)]
        await ask(clients[0], "USE test", "BEGIN")
        silent = await RawClient.dial(server)
        await silent.packet()
        assert server.connections.by_user() == {"root": 3, "": 1}
        assert server.connections.by_database() == {"test": 1, None: 3}
        assert [connection.id for connection in server.connections.in_transaction()] == [1]
        for each in (*clients, silent):
            await each.hang_up()

    play(script)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT  *\n FROM t1 WHERE a = 'it''s' AND b = -1.5e3", "SELECT * FROM t1 WHERE a = ? AND b = -?"),
        ('INSERT INTO t VALUES (1, "a\\"b", 0xFF), (2, x, 3)', "INSERT INTO t VALUES (?), (?, x, ?)"),
        ("SELECT a FROM t WHERE id IN (1,2, 3)", "SELECT a FROM t WHERE id IN (?)"),
        ("COMMIT", "COMMIT"),
    ],
)
def test_statements_are_normalised(statement: str, expected: str) -> None:
    assert normalised(statement) == expected


def test_queries_are_counted_by_their_normalised_text() -> None:
    transcript = Transcript(lambda: 0.0)
    for command, text in (
        ("COM_QUERY", "SELECT 1"),
        ("COM_QUERY", "SELECT  22"),
        ("COM_STMT_PREPARE", "SELECT 3"),
        ("COM_STMT_EXECUTE", "SELECT 'a'"),
        ("COM_QUERY", "COMMIT"),
        ("COM_PING", ""),
    ):
        transcript.note(CommandReceived, 1, command, text)
    assert transcript.queries() == {"SELECT ?": 3, "COMMIT": 1}
    assert transcript.queries("select*2") == {"SELECT ?": 1}
    assert transcript.count("SELECT*") == 3


def test_a_transcript_with_a_limit_counts_what_it_drops() -> None:
    seconds = iter(range(2500))
    transcript = Transcript(lambda: float(next(seconds)))
    transcript.keep = 5
    for number in range(2500):
        transcript.note(Event, 1)
        if number == 1200:
            assert len(transcript.events) == 5, "what was looked at counts like the rest"
        assert len(transcript._events) <= 2 * 5 + 1000, "bounded, whoever looks"
    assert transcript.dropped == 2495
    assert [event.at for event in transcript] == [2495, 2496, 2497, 2498, 2499]
    assert len(transcript) == 5
    assert transcript.dropped == 2495
    assert str(transcript).splitlines()[0] == "(2495 earlier events were dropped)"
    transcript.clear()
    assert transcript.dropped == 0
    with pytest.raises(ValueError, match="keep_events is a count from 0"):
        FakeServer(keep_events=-1)
    assert FakeServer(keep_events=9).transcript.keep == 9
    with pytest.raises(ValueError, match="a database has a name"):
        FakeServer(databases=["a", ""])


# -------------------------------------------------------------------------------------------------- what SQL says of it


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
def test_show_status_and_the_process_list_agree_with_the_transcript(persona: str) -> None:
    async def script(server: FakeServer) -> None:
        a, b, c = [await log_in(server) for _ in range(3)]
        await ask(a, "SELECT 1", "COMMIT", "SET @x = 1")
        await ask(b, "BEGIN", "SELECT 1; SELECT 2", "nonsense")
        await server.connections[3].cut()
        stranger = await RawClient.dial(server)
        await stranger.packet()
        assert dict(await rows(a, "SHOW STATUS LIKE 'Threads_connected'")) == {"Threads_connected": "3"}
        await stranger.hang_up()
        b.say(b"\x03SELECT SLEEP(100)")
        await server.wait_for(connections=2)
        await server.wait_for(lambda server: server.connections[2].statement is not None)
        status = dict(await rows(a, "SHOW GLOBAL STATUS"))
        transcript = server.transcript
        assert int(status["Threads_connected"]) == len(server.connections) == 2
        assert int(status["Threads_running"]) == 2
        assert int(status["Connections"]) == len(transcript.all(Accepted)) == 4
        assert int(status["Max_used_connections"]) == server.connections.peak == 3
        closed = transcript.all(Closed)
        assert int(status["Aborted_clients"]) + int(status["Aborted_connects"]) == len(closed) == 2
        assert int(status["Questions"]) == len(transcript.statements())
        assert int(status["Com_commit"]) == transcript.count("COMMIT") == 1
        assert int(status["Com_begin"]) == transcript.count("BEGIN") == 1
        assert int(status["Com_set_option"]) == transcript.count("SET*") == 1
        assert int(status["Com_select"]) == 2, "what cannot be read counts as none"
        assert int(status["Bytes_received"]) > sum(event.received_bytes for event in closed)
        await asyncio.sleep(7)
        assert int(dict(await rows(a, "SHOW STATUS LIKE 'Uptime'"))["Uptime"]) == 7
        listed = await rows(a, "SHOW PROCESSLIST")
        assert [int(line[0]) for line in listed] == [connection.id for connection in server.connections]
        sleeping = next(line for line in listed if line[0] == "2")
        assert sleeping[4:8] == ("Query", "7", "User sleep", "SELECT SLEEP(100)")
        same = await rows(a, "SELECT ID, COMMAND, INFO FROM information_schema.processlist ORDER BY ID")
        assert same[1] == ("2", "Query", "SELECT SLEEP(100)")
        for each in (a, b, c):
            await each.hang_up()

    play(script, persona=persona)


# ---------------------------------------------------------------------------------------------------------- JSON lines

TEXT = st.text(max_size=8)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "int": st.integers(0, 1 << 40),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=8),
    "str | None": st.none() | TEXT,
    "int | None": st.none() | st.integers(0, 99),
    "ClosedBy": st.sampled_from(ClosedBy),
    "ReplyKind": st.sampled_from(ReplyKind),
    "Mapping[str, str]": st.dictionaries(TEXT, TEXT, max_size=2),
    "Mapping[str, str | None]": st.dictionaries(TEXT, st.none() | TEXT, max_size=2),
}


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(list(EVENTS.values())))
    values = {field.name: draw(FIELDS[str(field.type)]) for field in dataclasses.fields(kind)[2:]}
    return kind(draw(st.integers(0, 10**9)) / 1000, draw(st.integers(0, 99)), **values)


@given(events())
@settings(max_examples=150, deadline=None)
def test_every_event_comes_back_from_its_line(event: Event) -> None:
    assert parse_line(json_line(event)) == event


def test_a_command_and_a_login_without_attributes_have_a_line() -> None:
    none: Mapping[str, str] = MappingProxyType({})
    for event in CommandReceived(0.5, 1, "COM_PING", ""), LoginReceived(0.5, 1, "root", None, 0, 45, None, none):
        assert json.loads(json_line(event))["attributes"] == {}
        assert parse_line(json_line(event)) == event


def test_bytes_that_were_no_text_come_back() -> None:
    event = CommandReceived(
        0.5, 1, "COM_QUERY", b"SELECT '\xff\x80'".decode("utf-8", "surrogateescape"), {"a": "\udc81"}
    )
    assert parse_line(json_line(event)) == event


@pytest.mark.parametrize("line", ["{}", '{"event": "Nonesuch"}', '{"event": "Accepted", "at": 1}', "[]", "nonsense"])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"no event of fakemysql|Expecting value"):
        parse_line(line)


def test_every_type_of_event_has_a_line_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    for name, kind in EVENTS.items():
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind)[2:])
        assert f"| `{name}` | {fields} | " in text
    assert json.loads(json_line(TimedOut(1, 2, "command"))) == {
        "at": 1,
        "connection": 2,
        "event": "TimedOut",
        "waited_for": "command",
    }
