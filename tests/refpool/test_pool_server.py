"""The pool with the driver, on the fake server: over TCP, and in simulated time where a limit passes."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import textwrap
import types
from typing import TYPE_CHECKING, Any

import pytest

import fakemysql
import refpool
from fakemysql.faults import Fail, Hook, Reset, Stall
from fakemysql.simulation import Simulation
from fakemysql.transcript import CommandReceived
from refpool.errors import ConnectFailed, ConnectionBusy, NotConnected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from fakemysql import FakeServer
    from refpool.pool import PoolContext

LONG = 20.0  # seconds; a deadline that a passing test never uses


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with asyncio.timeout(LONG):
        async with fakemysql.FakeServer() as running:
            yield running


def pool_of(server: FakeServer, minsize: int = 1, maxsize: int = 10, **options: Any) -> PoolContext:
    return refpool.create_pool(minsize, maxsize, host=server.host, port=server.port, user="root", db="test", **options)


def in_simulated_time(scenario: Callable[[FakeServer], Awaitable[None]]) -> Callable[[], None]:
    """A test with the same driver and server where limits pass in no time, however busy the machine is."""

    async def main() -> None:
        async with fakemysql.FakeServer() as server:
            await scenario(server)

    def test() -> None:
        with Simulation() as world:
            world.run(main())

    test.__doc__ = scenario.__doc__
    return test


async def answer(connection: refpool.Connection, statement: str) -> Any:
    """The first column of the first row."""
    async with connection.cursor() as cursor:
        await cursor.execute(statement)
        (value,) = await cursor.fetchone()
        return value


async def idle_seen_dead(server: FakeServer, pool: refpool.Pool, left: int) -> None:
    """Until the pool has noticed."""
    while pool.freesize > left:  # noqa: ASYNC110 - the pool has no event for it, and needs none
        await asyncio.sleep(0.001)


async def test_the_example_of_the_page(server: FakeServer) -> None:
    loop = asyncio.get_running_loop()

    @types.coroutine
    def go() -> Any:
        pool = yield from refpool.create_pool(
            host=server.host, port=server.port, user="root", password="", db="test", loop=loop, autocommit=False
        )
        with (yield from pool) as conn:
            cur = yield from conn.cursor()
            yield from cur.execute("SELECT 10")
            (r,) = yield from cur.fetchone()
            assert r == 10
        pool.close()
        yield from pool.wait_closed()

    await go()
    await server.wait_for(connections=0)


async def test_connections_are_reused_and_say_goodbye(server: FakeServer) -> None:
    async with pool_of(server, 2) as pool:
        assert len(server.connections) == 2
        ids = set()
        for _ in range(6):
            async with pool.acquire() as connection:
                ids.add(await answer(connection, "SELECT CONNECTION_ID()"))
        assert ids == {connection.id for connection in server.connections}
    goodbyes = [event for event in server.transcript.all(CommandReceived) if event.command == "COM_QUIT"]
    assert {event.connection_id for event in goodbyes} == ids
    await server.wait_for(connections=0)
    assert server.connections.opened == 2


async def test_every_parameter_of_connect_reaches_every_connection(server: FakeServer) -> None:
    async with pool_of(server, 0, 2, init_command="SET @x = 7", autocommit=True, echo=True) as pool:
        assert pool.echo
        async with pool.acquire() as one, pool.acquire() as other:
            for connection in (one, other):
                assert connection.echo
                assert await answer(connection, "SELECT @x") == 7
                assert await answer(connection, "SELECT @@autocommit") == 1


@pytest.mark.parametrize(
    ("on_release", "same", "command"), [("rollback", True, "ROLLBACK"), ("close", False, None), ("reset", True, None)]
)
async def test_a_transaction_ends_with_its_user(
    server: FakeServer, on_release: str, same: bool, command: str | None
) -> None:
    async with pool_of(server, 1, 1, on_release=on_release) as pool:
        async with pool.acquire() as connection:
            number = await answer(connection, "SELECT CONNECTION_ID()")
            await connection.begin()
            assert server.connections[number].in_transaction
        async with pool.acquire() as connection:
            assert (await answer(connection, "SELECT CONNECTION_ID()") == number) == same
            assert not any(other.in_transaction for other in server.connections)
        if command is not None:
            assert command in server.transcript.statements(number)


async def test_reset_makes_the_session_as_new(server: FakeServer) -> None:
    async with pool_of(server, 1, 1, on_release="reset") as pool:
        async with pool.acquire() as connection:
            number = await answer(connection, "SELECT CONNECTION_ID()")
            async with connection.cursor() as cursor:
                await cursor.execute("SET @mine = 1, sql_mode = 'ANSI'")
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT CONNECTION_ID()") == number
            assert await answer(connection, "SELECT @mine") is None
            assert "ANSI" not in await answer(connection, "SELECT @@sql_mode")


@pytest.mark.parametrize("how", ["kill", "cut", "reset", "stray"])
async def test_idle_connections_that_the_server_ended_are_not_lent(server: FakeServer, how: str) -> None:
    async with pool_of(server, 3, 3) as pool:
        for session in server.connections:
            if how == "stray":
                session.send(b"\x01\x00\x00\x00\x00")
            else:
                await getattr(session, how)()
        await idle_seen_dead(server, pool, 0)
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 7") == 7
        assert pool.size == 3


async def test_a_cancelled_statement_serves_the_waiter_with_a_session_of_its_own(server: FakeServer) -> None:
    async with pool_of(server, 1, 1) as pool:
        running = asyncio.Event()

        async def sleeper() -> None:
            async with pool.acquire() as connection:
                running.set()
                await answer(connection, "SELECT SLEEP(1000)")

        task = asyncio.create_task(sleeper())
        await running.wait()
        waiter = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        task.cancel()
        connection = await waiter
        assert await answer(connection, "SELECT 9") == 9
        pool.release(connection)


async def test_a_release_in_the_middle_of_a_statement_shares_nothing(server: FakeServer) -> None:
    async with pool_of(server, 1, 1) as pool:
        connection = await pool.acquire()
        stray = asyncio.create_task(answer(connection, "SELECT SLEEP(1000)"))
        await server.wait_for(lambda each: any(other.statement for other in each.connections))
        with pytest.raises(ConnectionBusy):
            await answer(connection, "SELECT 1")
        pool.release(connection)
        async with pool.acquire() as next_one:
            assert await answer(next_one, "SELECT 7") == 7
        with pytest.raises(refpool.Error):
            await stray


@pytest.mark.parametrize("statement", ["SELECT 1 UNION SELECT 2 UNION SELECT 3", "SELECT 1; SELECT 2"])
async def test_a_release_with_something_unread_closes_the_connection(server: FakeServer, statement: str) -> None:
    async with pool_of(server, 1, 1) as pool:
        connection = await pool.acquire()
        cursor = await connection.cursor(refpool.SSCursor)
        await cursor.execute(statement)
        pool.release(connection)
        assert connection.closed
        async with pool.acquire() as next_one:
            assert await answer(next_one, "SELECT 7") == 7


async def test_the_slot_of_a_connection_closed_by_its_own_block_is_not_lost(server: FakeServer) -> None:
    async with pool_of(server, 0, 2) as pool:
        for number in range(6):
            async with await pool.acquire() as connection:
                assert await answer(connection, f"SELECT {number}") == number
        assert pool.size == 0


async def test_a_lost_connection_released_by_hand_is_not_released_again_by_its_block(server: FakeServer) -> None:
    """Else the ValueError of the second release hides what the block was left with: a cancellation, for one."""

    async def block(pool: Any) -> None:
        async with pool.acquire() as connection:
            await server.kill(connection.thread_id())
            await connection.wait_closed()
            pool.release(connection)
            with pytest.raises(ValueError, match="released already"):
                pool.release(connection)
            raise asyncio.CancelledError

    async with pool_of(server, 0, 1) as pool:
        with pytest.raises(asyncio.CancelledError):
            await block(pool)


async def test_a_lost_connection_reconnects_in_its_place_unless_that_was_given_away(server: FakeServer) -> None:
    async with pool_of(server, 0, 1) as pool:
        connection = await pool.acquire()
        await server.kill(connection.thread_id())
        await connection.wait_closed()
        await connection.ping()
        assert pool.size == 1
        assert await answer(connection, "SELECT 1") == 1
        waiter = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        await server.kill(connection.thread_id())
        other = await waiter
        with pytest.raises(NotConnected):
            await connection.ping()
        pool.release(connection)
        pool.release(other)
        await server.wait_for(connections=1)


async def test_a_server_that_refuses_is_an_error_and_leaves_nothing(server: FakeServer) -> None:
    for _ in range(2):
        with pytest.raises(refpool.OperationalError, match="1045"):
            await pool_of(server, 3, password="wrong")
    server.faults.arm(Fail(1040, "08004", "Too many connections"), at=Hook.LOGIN, nth=3)
    with pytest.raises(refpool.OperationalError, match="1040"):
        await pool_of(server, 3)
    await server.wait_for(connections=0)
    server.stop_listening()
    with pytest.raises(ConnectFailed):
        await pool_of(server)


@in_simulated_time
async def test_create_pool_cancelled_in_the_middle_of_a_login_leaves_nothing(server: FakeServer) -> None:
    server.faults.arm(Stall(), at=Hook.LOGIN, nth=2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool_of(server, 3), 0.1)
    await server.wait_for(connections=0)


@in_simulated_time
async def test_a_login_that_hangs_holds_up_nobody_and_ends_by_connect_timeout(server: FakeServer) -> None:
    async with pool_of(server, 1, 2, connect_timeout=0.2) as pool:
        held = await pool.acquire()
        server.faults.arm(Stall(), at=Hook.LOGIN)
        stuck = asyncio.create_task(pool.acquire())
        await server.wait_for(connections=2)
        pool.release(held)
        assert await stuck is held
        server.faults.arm(Stall(), at=Hook.LOGIN, times=None)
        with pytest.raises(ConnectFailed):  # the acquirer for whom the next one is started, and nobody else
            await pool.acquire()
        pool.release(held)


@in_simulated_time
async def test_pre_ping_finds_a_server_that_has_gone_silent(server: FakeServer) -> None:
    async with pool_of(server, 1, 1, pool_pre_ping=True, connect_timeout=0.2) as pool:
        server.faults.arm(Stall(), at=Hook.COMMAND, command="COM_PING")
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 7") == 7
        assert server.connections.opened == 2


@in_simulated_time
async def test_a_rollback_that_is_never_answered_holds_up_the_next_only_shortly(server: FakeServer) -> None:
    async with pool_of(server, 1, 2) as pool:
        server.faults.arm(Stall(), at=Hook.COMMAND, matching="ROLLBACK")
        async with pool.acquire() as connection:
            await connection.begin()
        async with pool.acquire(timeout=2) as other:
            assert other is not connection
            assert await answer(other, "SELECT 7") == 7
        pool.terminate()


async def test_a_rollback_that_breaks_off_costs_the_connection_and_nothing_else(server: FakeServer) -> None:
    async with pool_of(server, 1, 1) as pool:
        server.faults.arm(Reset(), at=Hook.COMMAND, matching="ROLLBACK")
        async with pool.acquire() as connection:
            await connection.begin()
        async with pool.acquire() as other:
            assert other is not connection
            assert await answer(other, "SELECT 7") == 7


async def test_terminate_ends_a_running_statement_and_every_session(server: FakeServer) -> None:
    pool = await pool_of(server, 2, 3)
    connection = await pool.acquire()
    running = asyncio.create_task(answer(connection, "SELECT SLEEP(1000)"))
    await server.wait_for(lambda each: any(other.statement for other in each.connections))
    server.faults.arm(Stall(), at=Hook.LOGIN)
    await pool.acquire()
    opening = asyncio.create_task(pool.acquire())
    await server.wait_for(connections=3)
    pool.terminate()
    with pytest.raises(refpool.Error):
        await running
    with pytest.raises(RuntimeError):
        await opening
    await pool.wait_closed()
    pool.release(connection)
    # As a real server, this one notices in the middle of SLEEP only after seconds that its client has gone.
    await server.wait_for(connections=1)


async def test_max_connections_of_the_server_is_an_error_with_its_code() -> None:
    async with (
        fakemysql.FakeServer(max_connections=2) as server,
        pool_of(server, 0, 5) as pool,
        pool.acquire(),
        pool.acquire(),
    ):
        with pytest.raises(refpool.OperationalError, match="1040"):
            await pool.acquire()
        assert pool.size == 2


async def test_many_users_one_after_another_and_all_at_once(server: FakeServer) -> None:
    async with pool_of(server, 1, 4) as pool:

        async def user(number: int) -> None:
            async with pool.acquire() as connection:
                if number % 3 == 0:
                    await connection.begin()
                assert await answer(connection, f"SELECT {number}") == number
                if number % 7 == 0:
                    connection.close()

        async def impatient(number: int) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await user(number)

        await asyncio.gather(*(user(number) for number in range(60)), *(impatient(number) for number in range(40)))
        assert server.connections.peak <= 5  # one may be on its way out while the next arrives
        held = [await pool.acquire() for _ in range(4)]
        assert len({await answer(connection, "SELECT CONNECTION_ID()") for connection in held}) == 4
        for connection in held:
            pool.release(connection)


def run_script(source: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=60, check=False
    )


SCRIPT = """
    import asyncio
    import fakemysql, refpool

    async def main():
        asyncio.get_running_loop().slow_callback_duration = 60  # importing takes a while in development mode
        async with fakemysql.FakeServer() as server:
            where = dict(host=server.host, port=server.port, user="root", db="test")
            async with refpool.create_pool(2, 4, **where) as pool:
                async with pool.acquire() as connection, connection.cursor() as cursor:
                    await cursor.execute("SELECT 10")
                    assert await cursor.fetchone() == (10,)
                await asyncio.gather(*(one(pool) for _ in range(8)))
            pool = await refpool.create_pool(1, **where)
            connection = await pool.acquire()
            for wrong in (None, 7):
                try:
                    pool.release(wrong)
                except ValueError:
                    pass
                else:
                    raise SystemExit("accepted")
            pool.release(connection)
            try:
                pool.release(connection)
            except ValueError:
                pass
            else:
                raise SystemExit("accepted twice")
            await pool.acquire()
            waiting = asyncio.ensure_future(pool.clear())
            pool.terminate()
            await pool.wait_closed()
            await waiting
            maker = refpool.create_pool(2, **where)
            try:
                await asyncio.wait_for(maker, 0.0005)
            except asyncio.TimeoutError:
                pass
            else:
                raise SystemExit("a login in half a millisecond")

    async def one(pool):
        async with pool.acquire() as connection:
            await connection.begin()
            await asyncio.sleep(0.001)

    asyncio.run(main())
    print("done")
"""


@pytest.mark.parametrize("flags", [("-X", "dev", "-W", "error"), ("-O",)])
def test_G10_a_program_that_closes_its_pools_ends_in_silence(flags: tuple[str, ...]) -> None:
    source = (
        SCRIPT if "-O" not in flags else SCRIPT.replace("assert await cursor.fetchone()", "x = await cursor.fetchone()")
    )
    result = run_script(source, *flags)
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_a_program_that_forgets_its_pool_hears_of_it_once_and_of_no_exception() -> None:
    result = run_script(
        """
        import asyncio
        import fakemysql, refpool

        async def main():
            async with fakemysql.FakeServer() as server:
                pool = await refpool.create_pool(2, host=server.host, port=server.port, user="root")

        asyncio.run(main())
        """,
        "-X",
        "dev",
    )
    assert "Traceback" not in result.stderr
    assert "Error" not in result.stderr
    assert result.stderr.count("ResourceWarning: unclosed pool <refpool.Pool") == 1
