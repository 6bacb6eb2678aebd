"""The server in a thread of its own, with a client that blocks."""

from __future__ import annotations

import gc
import os
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pymysql
import pytest
from pymysql.err import OperationalError

import fakemysql
from fakemysql import Cut, Fail, FakeServer, Hook
from fakemysql.threaded import ThreadedServer
from fakemysql.transcript import Closed, ClosedBy

if TYPE_CHECKING:
    from collections.abc import Coroutine


def connected(server: ThreadedServer, **more: object) -> pymysql.Connection:
    return pymysql.connect(**{**server.connect_kwargs("pymysql"), **more})


def answered(connection: pymysql.Connection, statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_client_that_blocks_is_served() -> None:
    with FakeServer() as server, closing(connected(server)) as connection:
        assert answered(connection, "SELECT 1, CONNECTION_ID()") == ((1, 1),)
        assert (server.persona.name, server.host, server.unix_socket) == ("mysql-9.7", "127.0.0.1", None)
        assert server.url == f"mysql://root:@127.0.0.1:{server.port}/test"
        assert server.url("aiomysql").startswith("mysql+aiomysql://")
        assert server.transcript.statements()[-1] == "SELECT 1, CONNECTION_ID()"
        assert server.accounts["root"].password == ""


def test_what_is_entered_is_a_handle_of_the_server() -> None:
    server = FakeServer()
    with server as handle:
        assert handle.server is server


def test_many_clients_in_many_threads_are_served_at_once() -> None:
    """Each waits for its answer while all the others do."""
    found: list[object] = []

    def client() -> None:
        with closing(connected(server)) as connection:
            found.append(answered(connection, "SELECT 7"))

    with FakeServer() as server:
        expectations = [server.expect("SELECT 7", timeout=60) for _ in range(8)]
        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        requests = [expectation.wait() for expectation in expectations]
        assert found == []
        for request in requests:
            request.pass_on()
        for thread in threads:
            thread.join()
        assert found == [((7,),)] * 8
        server.wait_for(connections=0)
        assert (server.connections.opened, server.connections.peak) == (8, 8)


def test_connections_are_seen_and_ended_from_outside() -> None:
    with FakeServer(users={"ann": "pw"}) as server:
        with closing(connected(server, user="ann", password="pw")) as connection:
            answered(connection, "BEGIN")
            (seen,) = server.connections
            assert seen.id in server.connections
            assert (seen.user, seen.database, seen.status & 1, seen.in_transaction) == ("ann", "test", 1, True)
            assert (seen.statement, seen.phase.name) == (None, "READY")
            assert seen.peer.startswith("localhost:")
            assert seen.attributes["_client_name"] == "pymysql"
            assert repr(seen) == repr(seen._connection)
            assert "1 live" in repr(server.connections)
            assert [each.id for each in server.connections.of("ann")] == [seen.id]
            server.connections[seen.id].kill()
            assert len(server.connections) == 0
            with pytest.raises(OperationalError):
                answered(connection, "SELECT 1")
            seen.closed()
        with pytest.raises(KeyError, match="no live connection"):
            server.connections[99]


@pytest.mark.parametrize("end", ["cut", "reset"])
def test_a_connection_is_ended_either_way(end: str) -> None:
    with FakeServer() as server, closing(connected(server)) as connection:
        (seen,) = server.connections
        getattr(seen, end)()
        with pytest.raises(OperationalError):
            answered(connection, "SELECT 1")


def test_bytes_that_nobody_asked_for_are_sent() -> None:
    with FakeServer() as server, socket.create_connection((server.host, server.port)) as raw:
        raw.settimeout(10)
        assert raw.recv(4096)[4] == 10
        server.wait_for(connections=1)
        (seen,) = server.connections
        seen.send(b"stray")
        assert raw.recv(4096) == b"stray"


def test_faults_are_armed_from_outside() -> None:
    with FakeServer() as server, closing(connected(server)) as connection:
        fault = server.faults.arm(Fail(1205, "HY000", "too long"), at=Hook.COMMAND, matching="SELECT 2")
        never = server.faults.arm(Cut(), at=Hook.COMMAND, matching="SELECT 9")
        assert answered(connection, "SELECT 1") == ((1,),)
        with pytest.raises(OperationalError, match="too long"):
            answered(connection, "SELECT 2")
        assert fault.fired == 1
        assert server.faults.armed == server.faults.never_fired == [never]
        server.faults.disarm(never)
        server.faults.arm(Cut(), at=Hook.COMMAND)
        server.faults.clear()
        assert answered(connection, "SELECT 3") == ((3,),)


def test_a_kill_and_a_wait_are_plain_calls() -> None:
    with FakeServer() as server:
        failed: list[BaseException] = []

        def sleeper() -> None:
            with closing(connected(server)) as connection:
                try:
                    answered(connection, "SELECT SLEEP(3600)")
                except OperationalError as error:
                    failed.append(error)

        thread = threading.Thread(target=sleeper)
        thread.start()
        server.wait_for(lambda it: any("SLEEP" in (each.statement or "") for each in it.connections))
        (seen,) = server.connections
        server.kill(seen.id)
        thread.join(10)
        assert [error.args[0] for error in failed] == [2013]
        assert [event.by for event in server.transcript.all(Closed)] == [ClosedBy.KILL]


def test_a_wait_that_is_not_met_fails_in_words() -> None:
    with FakeServer() as server, pytest.raises(TimeoutError, match="0 connections"):
        server.wait_for(connections=3, timeout=0.01)


def test_it_stops_listening_and_listens_again_on_the_same_port() -> None:
    with FakeServer() as server:
        port = server.port
        server.stop_listening()
        with pytest.raises(OperationalError, match="2003"):
            connected(server)
        server.listen()
        assert server.port == port
        connected(server).close()


def test_after_a_shutdown_it_is_started_again_on_the_same_port() -> None:
    with FakeServer() as server:
        thread, port = threading.active_count(), server.port
        server.shutdown(grace=0)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        server.start()
        assert (server.port, threading.active_count()) == (port, thread)
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(RuntimeError, match="started already"):
            server.start()


def test_a_stop_ends_clients_and_thread_and_may_be_repeated() -> None:
    server = FakeServer()
    handle = ThreadedServer(server)
    handle.stop()
    handle.start()
    with pytest.raises(RuntimeError, match="started already"):
        handle.start()
    connection = connected(handle)
    before = threading.active_count()
    handle.stop()
    handle.stop()
    assert threading.active_count() == before - 1
    with pytest.raises(OperationalError):
        answered(connection, "SELECT 1")
    with pytest.raises(RuntimeError, match="not running"):
        handle.kill(1)


def test_a_port_that_is_taken_fails_in_the_caller_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        handle = ThreadedServer(FakeServer(port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            handle.start()
    assert threading.active_count() == before


def test_a_loop_that_cannot_be_made_fails_in_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_loop(main: Coroutine[object, object, None]) -> None:
        main.close()
        raise OSError("too many open files")

    monkeypatch.setattr("fakemysql.threaded.asyncio.run", no_loop)
    with pytest.raises(OSError, match="too many open files"):
        ThreadedServer(FakeServer()).start()


def test_what_the_loop_died_of_is_raised_by_the_stop() -> None:
    class Broken(FakeServer):
        async def stop(self) -> None:
            await super().stop()
            raise LookupError("broken on the way out")

    handle = ThreadedServer(Broken())
    handle.start()
    with pytest.raises(LookupError, match="broken on the way out"):
        handle.stop()
    handle.stop()


def test_the_servers_own_thread_must_not_wait_for_itself() -> None:
    with FakeServer() as server:
        with pytest.raises(RuntimeError, match="own thread"):
            server.called(lambda: server.kill(1))()
        with pytest.raises(RuntimeError, match="within that thread"):
            server.called(server.stop)()


def test_an_error_on_the_loop_is_raised_in_the_caller() -> None:
    with FakeServer() as server, pytest.raises(KeyError, match="no live connection has the id 7"):
        server.kill(7)


def test_nothing_is_left_of_a_hundred_of_them() -> None:
    def files() -> int:
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    with FakeServer():
        pass
    gc.collect()
    threads, open_files = threading.active_count(), files()
    for _ in range(100):
        with FakeServer() as server, socket.create_connection((server.host, server.port)) as raw:
            assert raw.recv(5)
    gc.collect()
    assert (threading.active_count(), files()) == (threads, open_files)


def test_one_can_enter_with_tls() -> None:
    with FakeServer(tls=True, require_tls=True, users={"ann": "pw"}) as server:
        settings = server.connect_kwargs("pymysql", user="ann")
        with closing(pymysql.connect(**settings)) as connection:
            assert answered(connection, "SELECT 1") == ((1,),)
        with pytest.raises(OperationalError, match="3159"):
            connected(server, ssl_ca=None, ssl_verify_cert=None, ssl_verify_identity=None, ssl_disabled=True)


def test_the_package_offers_it_without_loading_it() -> None:
    assert fakemysql.FakeServer is FakeServer
