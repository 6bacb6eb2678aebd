"""Stock clients against scripted servers: over TCP, from threads, and in the simulated world."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import aiomysql
import asyncmy
import pymysql
import pytest
from pymysql.constants import CLIENT

import refpool
from fakemysql import FakeServer, error, ok, result
from fakemysql.binary import BinaryRowEncoder
from fakemysql.rows import RowEncoder
from fakemysql.scripting.files import BadScript, register
from fakemysql.simulation import Moment, Simulation, Steps, cancellation_points, running_loop
from tests.fakemysql.test_threaded import answered, connected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from fakemysql import Call
    from fakemysql.threaded import ThreadedServer

DRIVERS = {"refpool": refpool, "aiomysql": aiomysql, "asyncmy": asyncmy}

driver_names = pytest.mark.parametrize("name", DRIVERS)


@contextlib.asynccontextmanager
async def pool_of(name: str, server: FakeServer, **options: Any) -> AsyncIterator[Any]:
    usual = {"host": server.host, "port": server.port, "user": "root", "db": "test", "minsize": 1, "maxsize": 2}
    async with DRIVERS[name].create_pool(**{**usual, **options}) as pool:
        yield pool


async def said(connection: Any, statement: str, args: object = None) -> Any:
    async with connection.cursor() as cursor:
        await cursor.execute(statement, args)
        return await cursor.fetchall()


def code(caught: pytest.ExceptionInfo[BaseException]) -> object:
    return caught.value.args[0]


def over_tcp(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


def simulated(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    for seed in range(3):
        with Simulation(seed) as world:
            world.run(main())


worlds = pytest.mark.parametrize("world", [over_tcp, simulated])


@driver_names
@worlds
def test_an_application_is_tested_without_a_database(name: str, world: Callable[..., None]) -> None:
    """Rows, inserts, a deadlock that is tried again: nothing else is there, and everything was used."""

    async def main() -> None:
        async with FakeServer() as server:
            server.on("SELECT id, name FROM users WHERE id = *", rows=[(1, "ann")], columns="id:int, name:varchar(20)")
            server.on("INSERT INTO orders*", error(1213)).then(ok(1, last_insert_id=77)).times(1)
            async with pool_of(name, server) as pool, pool.acquire() as connection:
                rows = await said(connection, "SELECT id, name FROM users WHERE id = %s", (1,))
                assert [tuple(row) for row in rows] == [(1, "ann")]
                await connection.begin()
                with pytest.raises(Exception, match="Deadlock") as caught:
                    await said(connection, "INSERT INTO orders VALUES (1)")
                assert code(caught) == 1213
                assert not server.connections[1].in_transaction
                await connection.begin()
                async with connection.cursor() as cursor:
                    assert await cursor.execute("INSERT INTO orders VALUES (1)") == 1
                    assert cursor.lastrowid == 77
                await connection.commit()
            await server.wait_for(connections=0)
            server.assert_all_used()
            server.assert_no_unhandled()
            server.assert_clean(goodbye="close" if name == "aiomysql" else "quit")

    world(main)


@driver_names
@worlds
def test_a_driver_is_stepped_through(name: str, world: Callable[..., None]) -> None:
    """Each statement is answered when the test says so; one is hung up on."""

    async def main() -> None:
        async with FakeServer() as server, pool_of(name, server, minsize=0) as pool:
            async with pool.acquire() as connection:
                first = server.expect("SELECT *", user="root")
                running = asyncio.create_task(said(connection, "SELECT stock FROM items"))
                request = await first
                assert not running.done()
                request.reply([result([(5,)], "stock")])
                assert [tuple(row) for row in await running] == [(5,)]
                running = asyncio.create_task(said(connection, "SELECT stock FROM items"))
                request = await server.expect("SELECT *")
                await request.hang_up()
                with pytest.raises(Exception, match=r"Lost connection|closed|2013|gone away"):
                    await running
            assert len(server.connections) == 0

    world(main)


def test_an_expectation_that_is_cancelled_anywhere_leaves_nothing_hanging() -> None:
    """A test's task is cancelled at each of its steps; the client is answered all the same, by test or engine."""

    def play(at: int | None, moment: Moment = Moment.PARKED) -> int:
        async def main() -> int:
            async with FakeServer() as server, pool_of("refpool", server) as pool, pool.acquire() as connection:

                async def steps_through() -> None:
                    for number in (1, 2):
                        (await server.expect(f"SELECT {number}")).reply(rows=[("scripted",)])

                steps = Steps(steps_through(), at=at, moment=moment)
                stepping = asyncio.create_task(steps)
                await asyncio.sleep(0)
                async with asyncio.timeout(60):
                    found = [(await said(connection, f"SELECT {number}"))[0][0] for number in (1, 2)]
                await asyncio.wait([stepping])
                assert stepping.cancelled() == (at is not None)
                assert all(value in (number, "scripted") for number, value in enumerate(found, 1))
                assert (at is None) == (found == ["scripted", "scripted"])
                server.assert_all_used()
                return steps.count

        with Simulation(1) as world:
            return world.run(main())

    points = list(cancellation_points(play(None)))
    assert points
    for point in points:
        play(*point)


def test_a_delay_is_virtual_in_the_simulated_world() -> None:
    async def main() -> float:
        async with FakeServer() as server:
            server.on("SELECT slow", rows=[(1,)], delay=3600)
            async with pool_of("refpool", server) as pool, pool.acquire() as connection:
                begun = running_loop().time()
                await said(connection, "SELECT slow")
                return running_loop().time() - begun

    with Simulation() as world:
        begun = time.monotonic()
        assert 3600 <= world.run(main()) < 3601
        assert time.monotonic() - begun < 5


def test_an_expectation_times_out_on_the_servers_clock() -> None:
    async def main() -> None:
        async with FakeServer() as server:
            with pytest.raises(TimeoutError, match="did not come within 600 s"):
                await server.expect("SELECT 1", timeout=600)

    with Simulation() as world:
        world.run(main())


def test_a_scripted_history_repeats_from_its_seed() -> None:
    async def main() -> str:
        loop = running_loop()
        async with FakeServer(nonce=loop.random.randbytes, random=loop.random, wall=loop.utcnow) as server:
            server.on("SELECT x", rows=[(1,)], delay=0.5)
            async with pool_of("refpool", server) as pool, pool.acquire() as connection:
                late = server.expect("COMMIT", timeout=1)
                await asyncio.gather(said(connection, "SELECT x"), late, return_exceptions=True)
        return str(server.transcript)

    histories = []
    for seed in (5, 5):
        with Simulation(seed) as world:
            histories.append(world.run(main()))
    assert histories[0] == histories[1]


# ------------------------------------------------------------------------------------------------ in threads


def test_the_same_names_from_other_threads() -> None:
    with FakeServer() as server:
        connection = connected(server, autocommit=True)
        rule = server.on("SELECT name FROM users", rows=[("ann",)], times=1).then(error(1205)).times(1)
        rule.then(rows=[("bob",)]).times(3).forever().optional()
        assert answered(connection, "SELECT name FROM users") == (("ann",),)
        with pytest.raises(pymysql.err.OperationalError, match="1205"):
            answered(connection, "SELECT name FROM users")
        assert answered(connection, "SELECT name FROM users") == (("bob",),)
        assert (rule.used, rule.is_spent, len(rule.calls)) == (3, False, 3)
        assert str(rule) == "on('SELECT name FROM users')"
        assert repr(rule).startswith("<Rule on('SELECT name FROM users'): used 3")
        server.assert_all_used()
        rule.remove()
        server.script([("UPDATE*", ok(2)), ("DELETE*", ok(1))])
        with connection.cursor() as cursor:
            assert cursor.execute("UPDATE t SET a = 1") == 2
            assert cursor.execute("DELETE FROM t") == 1
        with pytest.raises(pymysql.err.Error, match="1235"):
            answered(connection, "INSTALL PLUGIN x SONAME 'y'")
        assert server.unhandled == ["INSTALL PLUGIN x SONAME 'y'"]
        with pytest.raises(AssertionError, match="INSTALL PLUGIN"):
            server.assert_no_unhandled()
        assert next(iter(server.connections)).prepared == 0
        server.clear()
        server.assert_no_unhandled()
        server.assert_clean(goodbye="none")
        with pytest.raises(AssertionError, match="is still connected"):
            server.assert_clean(settle=0.01)
        connection.close()
        server.assert_clean()
    server.assert_all_used()
    server.assert_clean()


def test_a_client_in_another_thread_is_stepped_through() -> None:
    found: list[object] = []

    def client(server: ThreadedServer) -> None:
        with contextlib.closing(connected(server)) as connection:
            found.append(answered(connection, "SELECT a FROM t"))
            connection.ping(reconnect=False)
            for _ in range(3):
                try:
                    found.append(answered(connection, "COMMIT"))
                except pymysql.err.Error as failure:
                    found.append(failure.args[0])

    with FakeServer() as server:
        select, ping = server.expect("SELECT a*"), server.expect(command="COM_PING")
        first, second, third = (server.expect("COMMIT") for _ in range(3))
        assert repr(select.request) == "None"
        thread = threading.Thread(target=client, args=(server,))
        thread.start()
        request = select.wait()
        assert (request.command, request.statement, request.user, request.database) == (
            "COM_QUERY",
            "SELECT a FROM t",
            "root",
            "test",
        )
        assert (request.args, request.payload[:1], request.connection_id, request.is_open) == (None, b"\x03", 1, True)
        assert repr(request) == repr(request.request)
        assert repr(select.request) == repr(request)
        request.reply(rows=[(1,)])
        request = ping.wait()
        request.packet(b"\x00\x00\x00\x02\x00\x00\x00")
        request.done()
        first.wait().reply_ok(affected_rows=0)
        second.wait().reply_error(1213)
        request = third.wait()
        assert "met by" in repr(third)
        request.hang_up()
        request.closed()
        thread.join(20)
        assert found == [((1,),), [], 1213, 2013]
        with pytest.raises(TimeoutError, match=r"did not come within 0\.01 s"):
            server.expect("SELECT 1", timeout=0.01).wait()
        given_up = server.expect("SELECT 1")
        given_up.cancel()
        with pytest.raises(RuntimeError, match="it was cancelled"):
            given_up.wait()


def test_a_thread_that_is_interrupted_while_it_waits_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in a test: the expectation is withdrawn and takes nothing from the next one."""

    genuine = concurrent.futures.Future.result

    def interrupted(future: concurrent.futures.Future[Any], timeout: float | None = None) -> Any:
        monkeypatch.setattr(concurrent.futures.Future, "result", genuine)
        raise KeyboardInterrupt

    with FakeServer() as server:
        expectation = server.expect("SELECT 1")
        monkeypatch.setattr(concurrent.futures.Future, "result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            expectation.wait()
        assert "was cancelled" in repr(expectation)
        with contextlib.closing(connected(server)) as connection:
            assert answered(connection, "SELECT 1") == ((1,),)


def test_a_function_answers_a_thread() -> None:
    def double(call: Call) -> object:
        return result([(len(call.statement),)])

    with FakeServer(unknown=double) as server, contextlib.closing(connected(server)) as connection:
        assert answered(connection, "INSTALL PLUGIN x SONAME 'y'") == ((27,),)
        server.assert_no_unhandled()


def test_multi_statements_and_several_results_reach_a_client() -> None:
    with FakeServer() as server:
        server.on("SELECT 'b'", rows=[("scripted",)])
        server.on("CALL report()", [result([(1,)]), result([("x",)]), ok()])
        settings = {"client_flag": CLIENT.MULTI_STATEMENTS}
        with contextlib.closing(connected(server, **settings)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 'a'; SELECT 'b'")
            assert cursor.fetchall() == (("a",),)
            assert cursor.nextset()
            assert cursor.fetchall() == (("scripted",),)
            assert not cursor.nextset()
            cursor.execute("CALL report()")
            assert cursor.fetchall() == ((1,),)
            assert cursor.nextset()
            assert cursor.fetchall() == (("x",),)
            assert cursor.nextset()
            assert not cursor.nextset()


class Encoded:
    """How many batches of rows were encoded, as text and in the binary form."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = self.binary = 0
        for name, kind in (("text", RowEncoder), ("binary", BinaryRowEncoder)):
            self._count(monkeypatch, name, kind)

    def _count(self, monkeypatch: pytest.MonkeyPatch, name: str, kind: Any) -> None:
        encode = kind.encode

        def counting(encoder: Any, rows: Any, framing: Any) -> Any:
            setattr(self, name, getattr(self, name) + 1)
            return encode(encoder, rows, framing)

        monkeypatch.setattr(kind, "encode", counting)


MANY = [(number, f"näme {number}", 0.5, None) for number in range(1000)]


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
def test_many_rows_are_packets_before_a_client_asks(persona: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = Encoded(monkeypatch)
    rows: list[Any] = list(MANY)
    with FakeServer(persona=persona) as server:
        server.on("SELECT one", rows=rows, columns="id:int, name:varchar(20), price:double, at:datetime")
        server.on("SELECT three", [result(rows), ok(1), result([(1,)]), result(rows[:500])])
        server.on("SELECT then", rows=[(1,)]).then(rows=rows)
        server.script([("SELECT scripted", result(rows))])
        given = encoded.text
        assert given == 2 + 2 + 1 + 2 + 2
        rows.clear()
        with pymysql.connect(**server.connect_kwargs("pymysql"), client_flag=CLIENT.MULTI_STATEMENTS) as connection:
            cursor = connection.cursor()
            encoded.text = 0
            for statement in ("SELECT one", "SELECT one", "SELECT scripted", "SELECT then", "SELECT then"):
                cursor.execute(statement)
                assert list(cursor.fetchall()) in (MANY, [(1,)])
            assert encoded.text == 1, "the one row that is not many"
            encoded.text = 0
            cursor.execute("SELECT three")
            answers = [list(cursor.fetchall())]
            while cursor.nextset():
                answers.append(list(cursor.fetchall()))
            assert answers == [MANY, [], [(1,)], MANY[:500]]
            assert encoded.text == 1


def test_sessions_of_another_form_find_the_rows_turned_from_their_first_answer_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded = Encoded(monkeypatch)
    with FakeServer() as server:
        server.on("SELECT many", rows=MANY)
        encoded.text = 0
        for expected in (2, 2):
            with pymysql.connect(**server.connect_kwargs("pymysql"), charset="latin1") as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT many")
                assert list(cursor.fetchall()) == MANY
                assert encoded.text == expected


def test_rows_for_prepared_statements_alone_are_turned_into_the_binary_form(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = Encoded(monkeypatch)
    server = FakeServer()
    server.on("SELECT ?", rows=MANY, args=(7,)).then(rows=MANY)
    assert (encoded.text, encoded.binary) == (0, 4)
    with pytest.raises(ValueError, match="'x' is no date for column 'd'"):
        server.on("SELECT ?", rows=[("x",)] * 100, columns="d:date", args=(7,))
    rules = [{"on": "DO 1", "ok": True}, {"on": "?", "args": [1], "rows": [["x"]] * 100, "columns": "d:date"}]
    with pytest.raises(BadScript, match=r"rules.json: rules\[1\]: 'x' is no date for column 'd'"):
        register(json.dumps(rules), server.on, "rules.json")
    assert len(server._scripted.rules.all) == 1, "nothing of the file is registered"
