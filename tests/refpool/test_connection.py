"""Connections, against a server that does what each test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gc
import ipaddress
import logging
import socket
import ssl
import threading
import types
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import refpool
from refpool import errors, local_files, wire
from refpool.connection import Connection, open_connection
from refpool.session_state import Fitness, State
from refpool.settings import connect_settings
from tests.support import scripted_server as script
from tests.support.scripted_server import Peer, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

NUMBER = script.column("n", script.LONGLONG, script.BINARY)
ONE_ROW = script.result([NUMBER], [script.row("7")])
QUIT = b"\x01\x00\x00\x00\x01"


def tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context, with a certificate for 127.0.0.1 that the client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scripted server")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, False, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    return server_side, ssl.create_default_context(cafile=str(pem))


def fit(conn: refpool.Connection) -> Fitness:
    """Its fitness, read anew: a type checker takes an attribute for constant."""
    return conn.fitness


async def opened(server: ScriptedServer, **more: Any) -> Connection:
    return await refpool.connect(**{**server.where, **more})


async def logged_in(peer: Peer) -> None:
    await peer.login()
    await peer.gone()


def answering(*replies: list[bytes], login: bool = True) -> Any:
    """A script: log in, answer one command with each of these, wait for the end."""

    async def play(peer: Peer) -> None:
        if login:
            await peer.login()
        for payloads in replies:
            await peer.command()
            peer.say(*payloads)
        await peer.gone()

    return play


class TestConnecting:
    """From connect() to a session that can be used."""

    async def test_what_is_known_afterwards(self) -> None:
        """The documented properties and methods."""
        async with ScriptedServer(logged_in) as server:
            conn = await opened(server, db="shop")
            assert (conn.host, conn.port, conn.unix_socket) == (server.host, server.port, None)
            assert (conn.db, conn.user, conn.echo, conn.closed) == ("shop", "u", False, False)
            assert (conn.encoding, conn.charset, conn.character_set_name()) == ("utf8", "utf8mb4", "utf8mb4")
            assert conn.loop is asyncio.get_running_loop()
            assert (conn.thread_id(), conn.get_server_info(), conn.get_proto_info()) == (7, "8.4.0-script", 10)
            assert conn.get_host_info() == f"socket {server.host}:{server.port}"
            assert (conn.get_autocommit(), conn.get_transaction_status()) == (True, False)
            assert (conn.affected_rows(), conn.insert_id()) == (0, 0)
            assert (conn.server_charset, conn.server_language) == ("utf8mb4", 45)
            assert conn.last_usage <= conn.loop.time()
            assert conn.client_flag & wire.CLIENT.CONNECT_WITH_DB
            assert (fit(conn), conn._fit) == (Fitness.READY, True)
            assert repr(conn) == f"<refpool.Connection 7 to 127.0.0.1:{server.port} idle>"
            conn.close()

    async def test_the_ways_to_connect(self) -> None:
        """await, async with, yield from, wait_for."""

        @types.coroutine
        def generator(where: dict[str, Any]) -> Generator[Any, Any, Connection]:
            return (yield from refpool.connect(**where))

        async with ScriptedServer(logged_in) as server:
            for connecting in (refpool.connect(**server.where), generator(server.where)):
                conn = await connecting
                await conn.ensure_closed()
            conn = await asyncio.wait_for(refpool.connect(**server.where), 10)
            conn.close()
            async with refpool.connect(**server.where) as conn:
                assert fit(conn) is Fitness.READY
            assert conn.closed
            with pytest.raises(KeyError):
                async with refpool.connect(**server.where) as conn:
                    raise KeyError
            assert conn.closed
            async with await refpool.connect(**server.where) as conn:
                pass
            assert conn.closed

    async def test_the_first_commands(self) -> None:
        """sql_mode, init_command and its COMMIT, autocommit where it differs; program_name is told."""
        seen: list[str] = []

        async def play(peer: Peer) -> None:
            await peer.login()
            for _ in range(4):
                seen.append(await peer.query())
                payloads = ONE_ROW if len(seen) == 2 else [script.ok(0)]
                peer.say(*payloads)
            assert b"program_name\x03app" in peer.response
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, sql_mode="ANSI", init_command="SELECT 7", autocommit=False, program_name="app")
            assert seen == ["SET sql_mode='ANSI'", "SELECT 7", "COMMIT", "SET AUTOCOMMIT = 0"]
            assert conn.get_autocommit() is False
            await conn.ensure_closed()

    async def test_a_failing_first_command_leaves_nothing_open(self) -> None:
        """The error is the server's."""
        async with ScriptedServer(answering([script.err(1064, "bad")])) as server:
            with pytest.raises(refpool.ProgrammingError, match="bad"):
                await opened(server, init_command="BAD")
            await server.played()

    async def test_nobody_there(self) -> None:
        """2003, with host and reason, and the cause."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(
                errors.ConnectFailed, match=r"Can't connect to MySQL server on '127\.0\.0\.1'"
            ) as caught:
                await refpool.connect(host="127.0.0.1", port=port, user="u")
        assert caught.value.args[0] == 2003
        assert not caught.value.timed_out
        assert isinstance(caught.value.__cause__, OSError)

    @pytest.mark.parametrize("after", ["nothing", "greeting", "login"])
    async def test_connect_timeout_bounds_all_of_it(self, after: str) -> None:
        """A server that is silent, at whatever point."""

        async def play(peer: Peer) -> None:
            if after == "login":
                await peer.login()
            elif after == "greeting":
                peer.say(script.greeting(), first=0)
            await peer.gone()

        async with ScriptedServer(play) as server:
            with pytest.raises(errors.ConnectFailed, match=r"no login within 0\.05 s") as caught:
                await opened(server, connect_timeout=0.05, init_command="SELECT 1")
            assert caught.value.timed_out
            await server.played()

    @pytest.mark.parametrize("after", ["nothing", "greeting", "login"])
    async def test_a_cancelled_connect_leaves_nothing_open(self, after: str) -> None:
        """At whatever point."""
        reached = asyncio.Event()

        async def play(peer: Peer) -> None:
            if after == "login":
                await peer.login()
                await peer.command()
            elif after == "greeting":
                peer.say(script.greeting(), first=0)
                await peer.read()
            reached.set()
            await peer.gone()

        async with ScriptedServer(play) as server:
            task = asyncio.create_task(opened(server, init_command="SELECT 1"))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.played()

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            (script.packet(0, script.err(1040, "Too many connections", None)), refpool.OperationalError),
            (script.packet(0, b"\x09old"), errors.OutOfStep),
            (script.packet(1, script.greeting()), errors.OutOfStep),
            (b"", errors.ConnectionLost),
            (script.packet(0, script.greeting())[:20], errors.ConnectionLost),
        ],
    )
    async def test_what_a_server_may_say_instead(self, said: bytes, error: type[Exception]) -> None:
        """A refusal, another protocol, a packet out of sequence, nothing, half a greeting."""

        async def play(peer: Peer) -> None:
            peer.say_raw(said)

        async with ScriptedServer(play) as server:
            with pytest.raises(error):
                await opened(server)

    async def test_ssl_is_never_plain_text(self) -> None:
        """A server without TLS gets not a byte."""
        said: list[bytes] = []

        async def play(peer: Peer) -> None:
            peer.say(script.greeting(), first=0)
            said.append(await peer.gone())

        async with ScriptedServer(play) as server:
            with pytest.raises(errors.TLSRefused):
                await opened(server, ssl=ssl.create_default_context())
            await server.played()
        assert said == [b""]

    async def test_a_server_that_ends_or_talks_before_tls(self) -> None:
        """It is noticed, in either case."""

        async def talks(peer: Peer) -> None:
            peer.say_raw(script.packet(0, script.greeting(script.BASIC | script.SSL)) + b"injected")
            await peer.gone()

        async def ends(peer: Peer) -> None:
            peer.say(script.greeting(script.BASIC | script.SSL), first=0)
            await peer.read()

        async with ScriptedServer(talks, ends) as server:
            with pytest.raises(errors.ConnectionLost, match="plain text where TLS was to begin"):
                await opened(server, ssl=ssl.create_default_context())
            with pytest.raises(refpool.OperationalError):
                await opened(server, ssl=ssl.create_default_context())

    async def test_tls(self, tmp_path: Path) -> None:
        """All but the first packet goes over TLS, and the password may be sent in it."""
        offered = script.BASIC | script.SSL
        server_side, client_side = tls_contexts(tmp_path)

        async def play(peer: Peer) -> None:
            peer.say(script.greeting(offered), first=0)
            sequence, request = await peer.read()
            assert (sequence, len(request)) == (1, 32)
            await peer.start_tls(server_side)
            sequence, response = await peer.read()
            assert response[:32] == request
            peer.say(b"\xfemysql_clear_password\0", first=sequence + 1)
            sequence, password = await peer.read()
            assert password == b"s3cret\0"
            peer.say(script.ok(), first=sequence + 1)
            await peer.query("SELECT 7")
            peer.say(*ONE_ROW)
            assert await peer.command() == b"\x01"

        async with ScriptedServer(play) as server:
            conn = await opened(server, ssl=client_side, password="s3cret")
            cur = await conn.cursor()
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == ((7,),)
            await conn.ensure_closed()
            await server.played()

    async def test_a_certificate_that_is_not_trusted(self, tmp_path: Path) -> None:
        """It ends the attempt."""
        server_side, _ = tls_contexts(tmp_path)

        async def play(peer: Peer) -> None:
            peer.say(script.greeting(script.BASIC | script.SSL), first=0)
            await peer.read()
            with contextlib.suppress(ssl.SSLError, asyncio.IncompleteReadError, ConnectionError):
                await peer.start_tls(server_side)
            await peer.gone()

        async with ScriptedServer(play) as server:
            with pytest.raises(errors.ConnectFailed, match="certificate"):
                await opened(server, ssl=ssl.create_default_context())
            await server.played()

    async def test_an_old_greeting(self) -> None:
        """The short form says nothing of the server's collation."""

        async def play(peer: Peer) -> None:
            peer.say(script.greeting()[: len(b"\x0a8.4.0-script\0") + 15], first=0)
            sequence, _ = await peer.read()
            peer.say(script.ok(), first=sequence + 1)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            assert (conn.server_language, conn.server_charset) == (None, None)
            conn.close()

    async def test_bytes_behind_the_login(self) -> None:
        """A server that talks out of turn is not connected to."""

        async def play(peer: Peer) -> None:
            peer.say(script.greeting(), first=0)
            sequence, _ = await peer.read()
            peer.say(script.ok(), b"stray", first=sequence + 1)
            await peer.gone()

        async with ScriptedServer(play) as server:
            with pytest.raises(errors.ConnectionLost, match="9 bytes came that nobody asked for"):
                await opened(server)
            await server.played()

    async def test_another_loop_is_refused(self) -> None:
        """A connection belongs to one loop: to be given another is an error, and to be used from another."""
        other = asyncio.new_event_loop()
        try:
            with pytest.raises(RuntimeError, match="belongs to one loop"):
                await refpool.connect(loop=other)
            with pytest.raises(RuntimeError, match="belongs to one loop"):
                await open_connection(connect_settings(), loop=other)
        finally:
            other.close()
        async with ScriptedServer(logged_in) as server:
            conn = await opened(server, loop=asyncio.get_running_loop())
            with pytest.raises(RuntimeError, match="belongs to another event loop"):
                await asyncio.to_thread(asyncio.run, conn.ping())
            assert fit(conn) is Fitness.READY
            conn.close()

    async def test_a_unix_socket(self, tmp_path: Any) -> None:
        """It is used instead of host and port, and counts as safe from listeners."""

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = Peer(reader, writer)
            await logged_in(peer)
            writer.close()

        path = str(tmp_path / "s")
        server = await asyncio.start_unix_server(accepted, path)
        async with server:
            async with refpool.connect(unix_socket=path, user="u", autocommit=None) as conn:
                assert conn.unix_socket == path
                assert path in conn.get_host_info()
                assert conn._secure
            with pytest.raises(errors.ConnectFailed, match="nosuch"):
                await refpool.connect(unix_socket=path + "nosuch", user="u")


class TestCommands:
    """One command at a time."""

    async def test_each_sends_its_own(self) -> None:
        """Statements, COM_INIT_DB, COM_PING; nothing for an autocommit that is so already."""
        seen: list[bytes] = []

        async def play(peer: Peer) -> None:
            await peer.login()
            while True:
                seen.append(await peer.command())
                if seen[-1] == b"\x01":
                    break
                status = 0 if seen[-1].endswith(b"= 0") else 2
                peer.say(*(ONE_ROW if b"SHOW" in seen[-1] else [script.ok(status)]))

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            await conn.begin()
            await conn.commit()
            await conn.rollback()
            await conn.select_db("shop")
            await conn.ping()
            await conn.kill(12345678901)
            await conn.autocommit(True)
            await conn.autocommit(False)
            assert (conn.get_autocommit(), conn.autocommit_mode) == (False, False)
            await conn.set_charset("latin1")
            assert (conn.charset, conn.encoding) == ("latin1", "cp1252")
            assert await conn.show_warnings() == ((7,),)
            with pytest.raises(ValueError, match="klingon"):
                await conn.set_charset("klingon")
            await conn.ensure_closed()
            await server.played()
        assert seen == [
            b"\x03BEGIN", b"\x03COMMIT", b"\x03ROLLBACK", b"\x02shop", b"\x0e", b"\x03KILL 12345678901",
            b"\x03SET AUTOCOMMIT = 0", b"\x03SET NAMES 'latin1'", b"\x03SHOW WARNINGS", b"\x01",
        ]  # fmt: skip

    async def test_two_tasks_at_once(self) -> None:
        """The second is refused at once, by name, and the first one's result is unharmed."""
        asked, go = asyncio.Event(), asyncio.Event()

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.query("SELECT 7")
            asked.set()
            await go.wait()
            peer.say(*ONE_ROW)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            first = await conn.cursor()
            task = asyncio.create_task(first.execute("SELECT 7"))
            await asked.wait()
            assert fit(conn) is Fitness.UNFIT
            for second in (conn.ping(), conn.begin(), (await conn.cursor()).execute("SELECT 8"), conn.reset()):
                with pytest.raises(errors.ConnectionBusy, match="connection 7 is busy"):
                    await second
            go.set()
            assert await task == 1
            assert await first.fetchall() == ((7,),)
            assert fit(conn) is Fitness.READY
            conn.close()

    async def test_errors_are_the_servers(self) -> None:
        """The connection is as good as before, whatever command failed."""
        async with ScriptedServer(answering([script.err(1064, "bad")], [script.err(1105)], ONE_ROW)) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            with pytest.raises(refpool.ProgrammingError, match="bad"):
                await cur.execute("BAD")
            with pytest.raises(refpool.OperationalError):
                await conn.commit()
            assert await cur.execute("SELECT 7") == 1
            conn.close()

    async def test_query_takes_bytes_and_refuses_others(self) -> None:
        """A statement is text or bytes."""
        async with ScriptedServer(answering([script.ok(affected=3)])) as server:
            conn = await opened(server)
            assert await conn.query(b"UPDATE t") == 3
            assert conn.affected_rows() == 3
            with pytest.raises(TypeError):
                await conn.query(7)  # type: ignore[arg-type]
            assert fit(conn) is Fitness.READY
            conn.close()

    async def test_escaping_follows_the_sql_mode(self) -> None:
        """NO_BACKSLASH_ESCAPES, as the server reports it."""
        async with ScriptedServer(answering([script.ok(512)])) as server:
            conn = await opened(server)
            assert conn.escape("a'\\") == r"'a\'\\'"
            assert conn.escape_string("'") == r"\'"
            await conn.query("SET sql_mode='NO_BACKSLASH_ESCAPES'")
            assert conn.literal("a'\\") == "'a''\\'"
            assert conn.escape_string("'") == "''"
            conn.close()

    async def test_a_parameter_of_twenty_megabytes(self) -> None:
        """It travels in two packets, and so does an answer."""
        size = 20 * 1024 * 1024

        async def play(peer: Peer) -> None:
            await peer.login()
            sequence, payload = await peer.read()
            assert (sequence, len(payload)) == (1, len(b"\x03SELECT ''") + size)
            peer.say_raw(script.packets([b"\x01", script.column(), script.eof()], 2))
            peer.say_raw(script.packet(5, script.row(payload[9:-1])))
            peer.say(script.eof(), first=7)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            await cur.execute("SELECT %s", ("x" * size,))
            ((value,),) = await cur.fetchall()
            assert len(value) == size
            assert conn.fitness is Fitness.READY
            conn.close()

    async def test_no_further_result(self) -> None:
        """next_result() without one is refused."""
        async with ScriptedServer(logged_in) as server:
            conn = await opened(server)
            with pytest.raises(errors.OutOfStep, match="no further result"):
                await conn.next_result()
            conn.close()


class TestFitness:
    """What a pool may do with it."""

    async def test_flags_of_every_packet_count(self) -> None:
        """IN_TRANS in an OK, in the last packet of a result, in that of an unbuffered one, of the last of many."""
        in_trans = script.result([NUMBER], [script.row("7")], status=1)
        more = script.result([NUMBER], [script.row("7")], status=8)

        async def play(peer: Peer) -> None:
            await peer.login()
            for payloads in ([script.ok(3)], [script.ok(2)], in_trans, [script.ok(2)], in_trans, [script.ok(2)]):
                await peer.command()
                peer.say(*payloads)
            await peer.command()
            peer.say(*more, *in_trans)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            await conn.begin()
            assert (fit(conn), conn._fit, conn.get_transaction_status()) == (Fitness.IN_TRANSACTION, False, True)
            await conn.rollback()
            assert (fit(conn), conn._fit) == (Fitness.READY, True)
            cur = await conn.cursor()
            await cur.execute("SELECT 7")
            assert fit(conn) is Fitness.IN_TRANSACTION
            await conn.rollback()
            streamed = await conn.cursor(refpool.SSCursor)
            await streamed.execute("SELECT 7")
            assert fit(conn) is Fitness.UNFIT
            assert await streamed.fetchall() == [(7,)]
            assert fit(conn) is Fitness.IN_TRANSACTION
            await conn.rollback()
            await cur.execute("SELECT 7; SELECT 7")
            assert fit(conn) is Fitness.UNFIT
            await cur.nextset()
            assert fit(conn) is Fitness.IN_TRANSACTION
            conn.close()
            assert fit(conn) is Fitness.UNFIT

    async def test_an_error_may_hide_a_transaction(self) -> None:
        """An ERR has no flags: with autocommit off a failed INSERT has opened one; a ROLLBACK clears the doubt."""
        replies = [script.ok(0)], [script.err(1062)], [script.ok(0)], [script.err(1064)]
        async with ScriptedServer(answering(*replies)) as server:
            conn = await opened(server, autocommit=False)
            with pytest.raises(refpool.IntegrityError):
                await conn.query("INSERT INTO t VALUES (1)")
            assert (fit(conn), conn._fit) == (Fitness.IN_TRANSACTION, False)
            await conn.rollback()
            assert fit(conn) is Fitness.READY
            with pytest.raises(refpool.ProgrammingError):
                await conn.query("SELEC")
            assert fit(conn) is Fitness.READY
            conn.close()

    @pytest.mark.parametrize(
        ("said", "text", "words"),
        [
            (
                script.packet(0, script.err(4031, "idle too long")),
                "the server said: idle too long",
                (4031, "idle too long"),
            ),
            (script.packet(0, script.ok()), "11 bytes came that nobody asked for", None),
            (b"", "the server closed the connection", None),
        ],
    )
    async def test_an_idle_connection_knows_when_it_is_lost(self, said: bytes, text: str, words: Any) -> None:
        """EOF, the server's last words, stray bytes: the pool is told at once; the next use says what happened, those
        behind it that there is no connection."""
        go, told = asyncio.Event(), asyncio.Event()

        async def play(peer: Peer) -> None:
            await peer.login()
            await go.wait()
            peer.say_raw(said)

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            seen: list[tuple[Connection, Fitness, bool]] = []

            def unfit(which: Connection) -> None:
                seen.append((which, which.fitness, which._fit))
                told.set()

            conn._on_unfit = unfit
            cur = await conn.cursor()
            go.set()
            await told.wait()
            assert seen == [(conn, Fitness.UNFIT, False)]
            assert conn.closed
            await conn.wait_closed()
            with pytest.raises(errors.ConnectionLost, match="Lost connection to MySQL server during query") as caught:
                await cur.execute("SELECT 7")
            assert text in str(caught.value)
            assert caught.value.farewell == words
            for use in (cur.execute("SELECT 7"), conn.ping(reconnect=False), conn.reset()):
                with pytest.raises(refpool.Error):
                    await use
            with pytest.raises(errors.NotConnected) as again:
                await conn.commit()
            assert again.value.args == ("(0, 'Not connected')",)
            assert isinstance(again.value.__cause__, errors.ConnectionLost)
            assert len(seen) == 1

    async def test_last_words_may_come_in_pieces(self) -> None:
        """The first byte makes it unfit, the last one says why."""
        said = script.packet(0, script.err(4031, "idle too long"))
        go, told = asyncio.Event(), asyncio.Event()

        async def play(peer: Peer) -> None:
            await peer.login()
            await go.wait()
            peer.say_raw(said[:3])
            await told.wait()
            peer.say_raw(said[3:])

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            conn._on_unfit = lambda which: told.set()
            go.set()
            await told.wait()
            assert fit(conn) is Fitness.UNFIT
            await conn.wait_closed()
            with pytest.raises(errors.ConnectionLost, match="idle too long"):
                await conn.ping(reconnect=False)

    async def test_bytes_behind_a_reply_are_stray(self) -> None:
        """The answer is good, the connection is not."""
        async with ScriptedServer(answering([*ONE_ROW, script.ok()])) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            assert await cur.execute("SELECT 7") == 1
            assert await cur.fetchall() == ((7,),)
            assert (conn.fitness, conn.closed) == (Fitness.UNFIT, True)
            conn.close()

    async def test_an_end_right_behind_a_reply(self) -> None:
        """The same, when the server closes together with its answer."""

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.command()
            peer.say(*ONE_ROW)
            peer.writer.write_eof()
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            assert await cur.execute("SELECT 7") == 1
            await conn.wait_closed()
            assert conn.closed


class TestBrokenExchanges:
    """After them nothing is ever sent on the connection."""

    @pytest.mark.parametrize("how", ["cancel", "timeout"])
    async def test_a_command_given_up_closes_the_connection(self, how: str) -> None:
        """At once, and later use says so."""
        asked = asyncio.Event()

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.command()
            asked.set()
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            task = asyncio.create_task(cur.execute("SELECT SLEEP(9)"))
            await asked.wait()
            if how == "cancel":
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(task, 0.01)
            assert (conn.closed, fit(conn)) == (True, Fitness.UNFIT)
            await server.played()
            with pytest.raises(refpool.InterfaceError, match="Cancelled during execution"):
                await cur.execute("SELECT 7")
            with pytest.raises(refpool.InterfaceError, match="Cancelled during execution"):
                conn.cursor()
            await conn.ensure_closed()

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            (script.packet(5, script.ok()), errors.OutOfStep),
            (script.packet(1, b"\x00"), errors.OutOfStep),
            (script.packet(0, script.err(1053, "shutdown")), errors.ConnectionLost),
            (script.packets(ONE_ROW)[:-3], errors.ConnectionLost),
            (b"", errors.ConnectionLost),
        ],
    )
    async def test_a_reply_that_cannot_be_read_closes_it(self, said: bytes, error: type[Exception]) -> None:
        """Wrong numbers, packets cut short, last words, the end in the middle."""

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.command()
            peer.say_raw(said)
            if said and error is errors.OutOfStep:
                await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            with pytest.raises(error):
                await cur.execute("SELECT 7")
            assert conn.closed
            with pytest.raises(errors.NotConnected):
                await cur.execute("SELECT 7")
            await conn.wait_closed()

    async def test_a_further_result_that_cannot_be_read_closes_it(self) -> None:
        """As the first one does."""
        first = script.result([NUMBER], [script.row("1")], status=script.MORE_RESULTS)
        async with ScriptedServer(answering([*first, b"\0"])) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            await cur.execute("SELECT 1; SELECT 2")
            with pytest.raises(errors.OutOfStep):
                await cur.nextset()
            assert conn.closed

    async def test_close_with_rows_unread(self) -> None:
        """Then they are not to be had any more."""
        async with ScriptedServer(answering(ONE_ROW)) as server:
            conn = await opened(server)
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT 7")
            conn.close()
            with pytest.raises(errors.NotConnected):
                await cur.fetchone()

    async def test_close_in_the_middle_of_a_command(self) -> None:
        """close() and abort() fail it at once, without goodbye."""
        for end in (Connection.close, Connection.abort):
            asked = asyncio.Event()
            rest: list[bytes] = []

            async def play(peer: Peer, asked: asyncio.Event = asked, rest: list[bytes] = rest) -> None:
                await peer.login()
                await peer.command()
                asked.set()
                rest.append(await peer.gone())

            async with ScriptedServer(play) as server:
                conn = await opened(server)
                task = asyncio.create_task(conn.query("SELECT SLEEP(9)"))
                await asked.wait()
                end(conn)
                with pytest.raises(errors.ConnectionLost):
                    await task
                await server.played()
                assert rest == [b""]
                with pytest.raises(errors.NotConnected, match="Not connected"):
                    await conn.begin()

    async def test_a_converter_that_fails_leaves_the_connection_in_step(self) -> None:
        """The error is raised, the rest was read, the next statement has its own rows."""
        rows = [script.row("1"), script.row("x"), script.row("3")]
        async with ScriptedServer(answering(script.result([NUMBER], rows), ONE_ROW)) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            with pytest.raises(ValueError, match="invalid literal"):
                await cur.execute("SELECT broken")
            assert fit(conn) is Fitness.READY
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == ((7,),)
            conn.close()


class TestTheEnd:
    """close, abort, ensure_closed, wait_closed, and being forgotten."""

    async def test_goodbye_is_said_between_commands(self) -> None:
        """close() is plain, and sends COM_QUIT; abort() does not; closing twice is harmless."""
        for end, last in ((Connection.close, QUIT), (Connection.abort, b"")):
            rest: list[bytes] = []

            async def play(peer: Peer, rest: list[bytes] = rest) -> None:
                await peer.login()
                rest.append(await peer.gone())

            async with ScriptedServer(play) as server:
                conn = await opened(server)
                end(conn)
                assert (conn.closed, fit(conn)) == (True, Fitness.UNFIT)
                end(conn)
                conn.abort()
                await conn.wait_closed()
                await conn.ensure_closed()
                await server.played()
            assert rest == [last]

    async def test_any_use_afterwards_is_refused(self) -> None:
        """In aiomysql's words."""
        async with ScriptedServer(logged_in) as server:
            conn = await opened(server)
            cur = await conn.cursor()
            await conn.ensure_closed()
            for use in (conn.commit, conn.reset, conn.show_warnings, lambda: cur.execute("SELECT 7"), conn.next_result):
                with pytest.raises(refpool.InterfaceError) as caught:
                    await use()
                assert caught.value.args == ("(0, 'Not connected')",)
            with pytest.raises(refpool.InterfaceError):
                conn.cursor()
            with pytest.raises(refpool.Error, match="Already closed"):
                await conn.ping(reconnect=False)

    async def test_ping_connects_anew(self) -> None:
        """A connection that was closed, or is found dead by the ping; one that is alive stays."""

        async def ends(peer: Peer) -> None:
            await peer.login()
            await peer.command()

        async with ScriptedServer(ends) as server:
            conn = await opened(server)
            with pytest.raises(errors.ConnectionLost):
                await conn.ping(reconnect=False)

        async with ScriptedServer(answering([script.ok()]), ends, answering([script.ok()])) as server:
            conn = await opened(server)
            await conn.ping()
            assert server.accepted == 1
            conn.close()
            await conn._connect()
            assert server.accepted == 2
            await conn.ping()
            assert server.accepted == 3
            assert fit(conn) is Fitness.READY
            await conn.ensure_closed()
            await conn.ping()
            assert (server.accepted, conn.closed) == (4, False)
            await conn.ensure_closed()

    async def test_wait_closed_of_one_that_was_never_opened(self) -> None:
        """There is nothing to wait for, and nothing to close."""
        conn = Connection(connect_settings(), asyncio.get_running_loop())
        conn.close()
        conn.abort()
        await conn.wait_closed()
        assert repr(conn).startswith("<refpool.Connection ? to localhost:3306 closed")

    async def test_a_forgotten_connection_is_dropped_with_a_warning(self) -> None:
        """One ResourceWarning, the socket closed; none for one that was closed."""
        async with ScriptedServer(logged_in) as server:
            conn = await opened(server)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                del conn
                gc.collect()
            assert [(each.category, "Unclosed connection" in str(each.message)) for each in caught] == [
                (ResourceWarning, True)
            ]
            del caught
            await server.played()
            conn = await opened(server)
            conn.close()
            await conn.wait_closed()
            del conn
            gc.collect()

    async def test_a_connection_that_is_lost_and_forgotten_warns_of_nothing(self) -> None:
        """There is nothing left to close."""

        async def play(peer: Peer) -> None:
            await peer.login()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            await conn.wait_closed()
            del conn
            gc.collect()

    async def test_closed_while_it_is_connected_anew(self) -> None:
        """It stays closed."""

        async def hung_up_on(peer: Peer) -> None:
            peer.say(script.greeting(), first=0)
            await peer.gone()

        async with ScriptedServer(logged_in, hung_up_on) as server:
            conn = await opened(server)
            await conn.ensure_closed()
            anew = asyncio.create_task(conn.ping())
            await asyncio.sleep(0)
            assert (fit(conn), conn.closed) == (Fitness.UNFIT, False)
            conn.close()
            with pytest.raises(errors.NotConnected, match="closed while it was being connected anew"):
                await anew
            assert conn.closed
            await server.played()

    def test_forgotten_after_its_loop(self) -> None:
        """No exception from close(), abort() or __del__, and no other warning than asyncio's own."""

        def serve(listener: socket.socket) -> None:
            for _ in range(2):
                peer, _address = listener.accept()
                peer.sendall(script.packet(0, script.greeting()))
                peer.recv(4096)
                peer.sendall(script.packet(2, script.ok()))
                peers.append(peer)

        peers: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            where: dict[str, Any] = {"host": "127.0.0.1", "port": listener.getsockname()[1], "autocommit": None}
            server = threading.Thread(target=serve, args=(listener,))
            server.start()

            async def main() -> Connection:
                return await refpool.connect(user="u", **where)

            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                conn = asyncio.run(main())
                conn.close()
                conn.abort()
                del conn
                conn = asyncio.run(main())
                del conn
                gc.collect()
            server.join()
        for peer in peers:
            peer.close()
        assert {each.category for each in caught} == {ResourceWarning}
        assert not any("Unclosed connection" in str(each.message) for each in caught)


class TestReset:
    """reset(): the session as new, in one round trip."""

    async def test_it_is_one_write(self) -> None:
        """COM_RESET_CONNECTION and what set the session up, sent before the first answer."""
        seen: list[bytes] = []

        async def play(peer: Peer) -> None:
            await peer.login()
            for _ in range(4):
                await peer.command()
                peer.say(script.ok(0))
            peer.say_raw(b"")
            seen.extend([await peer.command() for _ in range(7)])
            for _ in range(7):
                peer.say(script.ok(0))
            seen.append(await peer.command())
            peer.say(*ONE_ROW)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, db="shop", sql_mode="ANSI", init_command="SET @x=1", autocommit=False)
            conn.autocommit_mode = True
            conn._use_charset(refpool.wire.charset_named("latin1"))
            await conn.reset()
            assert (conn.fitness, conn.autocommit_mode, conn.charset) == (Fitness.READY, False, "utf8mb4")
            await conn.query("SELECT 7")
            conn.close()
        assert seen == [
            b"\x1f", b"\x02shop", b"\x03SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", b"\x03SET sql_mode='ANSI'",
            b"\x03SET @x=1", b"\x03COMMIT", b"\x03SET AUTOCOMMIT = 0", b"\x03SELECT 7",
        ]  # fmt: skip

    async def test_results_of_the_init_command_are_read(self) -> None:
        """However many they are."""
        more = script.result([NUMBER], [script.row("1")], status=script.MORE_RESULTS)

        async def play(peer: Peer) -> None:
            await peer.login()
            for _ in range(2):
                await peer.command()
                peer.say(script.ok(0))
            for _ in range(5):
                await peer.command()
            peer.say(script.ok(2))
            peer.say(script.ok(2))
            peer.say(script.ok(2))
            peer.say(*more, *ONE_ROW)
            peer.say(script.ok(2))
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, db="shop", init_command="SELECT 1; SELECT 7")
            await conn.reset()
            assert fit(conn) is Fitness.READY
            conn.close()

    async def test_without_a_database_of_its_own_it_logs_in_again(self) -> None:
        """COM_RESET_CONNECTION would leave the session where a USE has taken it."""

        async def play(peer: Peer) -> None:
            await peer.login()
            payload = await peer.command()
            assert payload.startswith(b"\x11u\0")
            peer.say(b"\xfemysql_native_password\0" + script.SALT + b"\0")
            sequence, answer = await peer.read()
            assert (sequence, answer) == (2, b"")
            peer.say(script.ok(2), first=3)
            await peer.query("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci")
            peer.say(script.ok(2))
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            await conn.reset()
            assert fit(conn) is Fitness.READY
            conn.close()

    async def test_a_server_that_knows_no_reset(self) -> None:
        """It logs in again."""

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.command(b"\x1f")
            peer.say(script.err(1047, "Unknown command"))
            for _ in range(2):
                await peer.command()
                peer.say(script.ok(2))
            assert (await peer.command()).startswith(b"\x11u\0")
            peer.say(script.ok(2))
            await peer.command()
            peer.say(script.ok(2))
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, db="shop")
            await conn.reset()
            assert fit(conn) is Fitness.READY
            conn.close()

    @pytest.mark.parametrize("again", [False, True])
    async def test_a_reset_that_fails_closes_the_connection(self, again: bool) -> None:
        """Nobody can say what the session is."""

        async def play(peer: Peer) -> None:
            await peer.login()
            if again:
                await peer.command()
                peer.say(script.ok(2))
            await peer.command()
            peer.say(script.err(1049, "gone"))
            for _ in range(0 if again else 2):
                await peer.command()
                peer.say(script.ok(2))
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, db=None if again else "shop")
            with pytest.raises(refpool.Error):
                await asyncio.wait_for(conn.reset(), 5)
            assert conn.closed

    async def test_a_cancelled_reset_closes_the_connection(self) -> None:
        """A reply may be under way."""
        asked = asyncio.Event()

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.command()
            asked.set()
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, db="shop")
            task = asyncio.create_task(conn.reset())
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert conn.closed

    async def test_the_changed_schema_is_known(self) -> None:
        """With session tracking a session that has gone nowhere needs no second login."""

        async def play(peer: Peer) -> None:
            await peer.login(script.BASIC | script.SESSION_TRACK)
            await peer.command(b"\x1f")
            await peer.query("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci")
            peer.say(script.ok(2))
            peer.say(script.ok(2))
            await peer.query("USE shop")
            peer.say(script.ok(1 << 14, tail=script.text("") + script.text(b"\x01" + script.text(script.text("shop")))))
            assert (await peer.command()).startswith(b"\x11")
            peer.say(script.ok(2))
            await peer.command()
            peer.say(script.ok(2))
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server)
            await conn.reset()
            await conn.query("USE shop")
            await conn.reset()
            conn.close()


class TestLocalFiles:
    """LOAD DATA LOCAL."""

    @staticmethod
    def asking(name: str, got: list[bytes]) -> Any:
        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.query()
            peer.say(b"\xfb" + name.encode())
            while True:
                sequence, payload = await peer.read()
                got.append(payload)
                if not payload:
                    break
            peer.say(script.ok(2, affected=3), first=sequence + 1)
            await peer.query("SELECT 7")
            peer.say(*ONE_ROW)
            await peer.gone()

        return play

    async def test_a_later_result_or_the_init_command_may_ask(self, tmp_path: Path) -> None:
        """It is all the same."""
        path = tmp_path / "data"
        path.write_bytes(b"line")
        asked = b"\xfb" + str(path).encode()

        async def play(peer: Peer) -> None:
            await peer.login()
            await peer.query("LOAD DATA")
            peer.say(asked)
            assert await peer.read() == (2, b"line")
            assert await peer.read() == (3, b"")
            peer.say(script.ok(), first=4)
            for reply in (*[[script.ok()]] * 3, [script.ok(script.MORE_RESULTS), asked]):
                await peer.query()
                peer.say(*reply)
            assert await peer.read() == (3, b"line")
            assert await peer.read() == (4, b"")
            peer.say(script.ok(affected=1), first=5)
            await peer.gone()

        async with ScriptedServer(play) as server:
            conn = await opened(server, local_infile=True, init_command="LOAD DATA", autocommit=True)
            await conn.commit()
            cur = await conn.cursor()
            await cur.execute("SET @x=1; LOAD DATA")
            assert await cur.nextset()
            assert cur.rowcount == 1
            conn.close()

    async def test_a_file_given_up_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also when the thread that opens it outlives whoever asked."""
        opening, go, closed = threading.Event(), threading.Event(), threading.Event()

        class File:
            def close(self) -> None:
                closed.set()

        def slow(*args: object) -> File:
            opening.set()
            go.wait(10)
            return File()

        monkeypatch.setattr(local_files, "open", slow, raising=False)
        async with ScriptedServer(answering([b"\xfbx"])) as server:
            conn = await opened(server, local_infile=True)
            task = asyncio.create_task(conn.query("LOAD DATA LOCAL ..."))
            await asyncio.to_thread(opening.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert conn.closed
            go.set()
            assert await asyncio.to_thread(closed.wait, 10)

    async def test_the_file_is_sent(self, tmp_path: Any) -> None:
        """In pieces, ended by an empty packet."""
        path = tmp_path / "data"
        path.write_bytes(b"line\n" * 100_000)
        got: list[bytes] = []
        async with ScriptedServer(self.asking(str(path), got)) as server:
            conn = await opened(server, local_infile=True)
            cur = await conn.cursor()
            assert await cur.execute("LOAD DATA LOCAL ...") == 3
            assert b"".join(got) == path.read_bytes()
            assert len(got) > 2
            await cur.execute("SELECT 7")
            conn.close()

    @pytest.mark.parametrize(
        ("name", "allowed", "code"), [("/etc/hostname", False, 1148), ("/nonexistent", True, 1017), ("/", True, 1017)]
    )
    async def test_a_file_that_is_not_sent_leaves_the_connection_in_step(
        self, name: str, allowed: bool, code: int
    ) -> None:
        """The server is told that nothing comes; the caller why."""
        got: list[bytes] = []
        async with ScriptedServer(self.asking(name, got)) as server:
            conn = await opened(server, local_infile=allowed)
            cur = await conn.cursor()
            with pytest.raises(errors.LocalFileError) as caught:
                await cur.execute("LOAD DATA LOCAL ...")
            assert caught.value.args[0] == code
            assert got == [b""]
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == ((7,),)
            conn.close()

    async def test_a_file_that_cannot_be_read(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """1024."""

        class Broken:
            def read(self, size: int) -> bytes:
                raise OSError("disk")

            def close(self) -> None: ...

        monkeypatch.setattr(local_files, "open", lambda *args: Broken(), raising=False)
        got: list[bytes] = []
        async with ScriptedServer(self.asking("x", got)) as server:
            conn = await opened(server, local_infile=True)
            with pytest.raises(errors.LocalFileError, match="disk") as caught:
                await conn.query("LOAD DATA LOCAL ...")
            assert caught.value.args[0] == 1024
            conn.close()


async def test_echo_logs_what_is_executed(caplog: pytest.LogCaptureFixture) -> None:
    """To ``refpool`` at INFO: the statement, then its parameters; also of one that fails; nothing without echo."""
    caplog.set_level(logging.INFO, "refpool")
    async with ScriptedServer(answering(ONE_ROW, [script.err(1064)])) as server:
        conn = await opened(server, echo=True)
        cur = await conn.cursor()
        assert (conn.echo, cur.echo) == (True, True)
        await cur.execute("SELECT %s", (7,))
        with pytest.raises(refpool.ProgrammingError):
            await cur.execute("BAD")
        conn.close()
    assert caplog.messages == ["SELECT 7", "(7,)", "BAD", "None"]
    caplog.clear()
    async with ScriptedServer(answering(ONE_ROW)) as server:
        conn = await opened(server)
        await (await conn.cursor()).execute("SELECT 7")
        conn.close()
    assert caplog.messages == []


def test_states_are_those_of_the_table() -> None:
    """What closed says is what the table says of the states from LOST on."""
    assert [state for state in State if state >= State.LOST] == [State.LOST, State.CLOSED]
