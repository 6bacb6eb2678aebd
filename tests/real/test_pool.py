"""The pool on a real server: what it shows of itself there, in its lists of sessions, transactions and locks.

Runs only where SPEC_MYSQL_URL names a server (mysql://user:password@host:port/database); the account must be allowed to
create tables in that database, to kill sessions and to see those of others.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import pytest

import refpool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from refpool.pool import PoolContext

URL: Final = os.environ.get("SPEC_MYSQL_URL")
pytestmark = [
    pytest.mark.skipif(URL is None, reason="SPEC_MYSQL_URL names no server"),
    # MySQL 9 would rather be asked in performance_schema, which MariaDB has not.
    pytest.mark.filterwarnings("ignore:.*PROCESSLIST.* is deprecated"),
]

LONG: Final = 30.0  # seconds; a deadline that a passing test never uses


def where() -> dict[str, Any]:
    parts = urlsplit(URL or "")
    return {
        "host": parts.hostname or "localhost",
        "port": parts.port or 3306,
        "user": unquote(parts.username or "root"),
        "password": unquote(parts.password or ""),
        "db": parts.path.lstrip("/") or None,
    }


def pool_of(minsize: int = 1, maxsize: int = 10, **options: Any) -> PoolContext:
    return refpool.create_pool(minsize, maxsize, **{**where(), **options})


async def answer(connection: refpool.Connection, statement: str) -> Any:
    """The first column of the first row, or None."""
    async with connection.cursor() as cursor:
        await cursor.execute(statement)
        row = await cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@pytest.fixture
async def admin() -> AsyncIterator[refpool.Connection]:
    """A connection beside the pool, and an empty table t_pool of InnoDB."""
    async with asyncio.timeout(LONG), refpool.connect(**where(), autocommit=True) as connection:
        await connection.query("DROP TABLE IF EXISTS t_pool")
        await answer(connection, "CREATE TABLE t_pool (n INT) ENGINE=InnoDB")
        await answer(connection, "INSERT INTO t_pool VALUES (1)")
        yield connection
        await answer(connection, "DROP TABLE t_pool")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """The server needs a moment to see what has happened; the test's deadline ends this."""
    while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
        await asyncio.sleep(0.005)


async def sessions(admin: refpool.Connection, numbers: set[int]) -> int:
    """How many of them the server lists."""
    async with admin.cursor() as cursor:
        await cursor.execute("SHOW PROCESSLIST")
        return len(numbers & {row[0] for row in await cursor.fetchall()})


async def numbers_of(pool: refpool.Pool, count: int) -> set[int]:
    held = [await pool.acquire() for _ in range(count)]
    numbers = {connection.thread_id() for connection in held}
    for connection in held:
        pool.release(connection)
    return numbers


async def test_sessions_are_reused_and_gone_after_the_end(admin: refpool.Connection) -> None:
    async with pool_of(3, 3) as pool:
        numbers = await numbers_of(pool, 3)
        assert await numbers_of(pool, 3) == numbers
        assert await sessions(admin, numbers) == 3

    async def gone() -> bool:
        return await sessions(admin, numbers) == 0

    await until(gone)


async def test_a_free_connection_has_no_transaction_whatever_opened_it(admin: refpool.Connection) -> None:
    async with pool_of(1, 1) as pool:
        for statement in ("SELECT n FROM t_pool", "BEGIN", "INSERT INTO t_pool VALUES (2)", "SELECT 1"):
            connection = await pool.acquire()
            number = connection.thread_id()
            await answer(connection, statement)
            pool.release(connection)

            async def free() -> bool:
                return pool.freesize == 1

            await until(free)
            open_ones = f"SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {number}"
            assert await answer(admin, open_ones) == 0, statement
            # Nor a lock on the table's definition: this would wait for ever, and the test's deadline end it.
            await answer(admin, "ALTER TABLE t_pool COMMENT = 'changed'")
            async with pool.acquire() as connection:
                assert connection.thread_id() == number
                assert await answer(connection, "SELECT COUNT(*) FROM t_pool") == 1


async def test_the_next_user_sees_what_was_committed_meanwhile(admin: refpool.Connection) -> None:
    async with pool_of(1, 1) as pool:
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT COUNT(*) FROM t_pool") == 1
        await answer(admin, "INSERT INTO t_pool VALUES (2)")
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT COUNT(*) FROM t_pool") == 2


@pytest.mark.parametrize("on_release", ["rollback", "close", "reset"])
async def test_a_release_in_a_transaction_serves_the_waiter_and_undoes_it(
    admin: refpool.Connection, on_release: str
) -> None:
    async with pool_of(1, 1, on_release=on_release) as pool:
        connection = await pool.acquire()
        await answer(connection, "INSERT INTO t_pool VALUES (2)")
        waiter = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        pool.release(connection)
        served = await waiter
        assert (served is connection) == (on_release != "close")
        assert await answer(served, "SELECT COUNT(*) FROM t_pool") == 1
        pool.release(served)


async def test_reset_leaves_nothing_of_the_session(admin: refpool.Connection) -> None:
    async with pool_of(1, 1, on_release="reset") as pool:
        async with pool.acquire() as connection:
            number = connection.thread_id()
            for statement in (
                "SET @mine = 1",
                "SET sql_mode = 'ANSI'",
                "CREATE TEMPORARY TABLE t_mine (n INT)",
                "SELECT GET_LOCK('refpool test', 0)",
                "SET NAMES latin1",
                "SET autocommit = 1",
            ):
                await answer(connection, statement)
        async with pool.acquire() as connection:
            assert connection.thread_id() == number
            assert await answer(connection, "SELECT @mine") is None
            assert "ANSI" not in await answer(connection, "SELECT @@sql_mode")
            assert await answer(connection, "SELECT IS_FREE_LOCK('refpool test')") == 1
            assert await answer(connection, "SELECT @@character_set_client") == "utf8mb4"
            assert await answer(connection, "SELECT @@autocommit") == 0
            with pytest.raises(refpool.ProgrammingError, match="t_mine"):
                await answer(connection, "SELECT * FROM t_mine")


async def test_killed_idle_connections_are_not_lent(admin: refpool.Connection) -> None:
    async with pool_of(3, 3) as pool:
        for number in await numbers_of(pool, 3):
            await answer(admin, f"KILL {number}")

        async def noticed() -> bool:
            return pool.freesize == 0

        await until(noticed)
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 7") == 7


async def test_connections_that_the_server_found_idle_too_long_are_not_lent() -> None:
    async with asyncio.timeout(LONG), pool_of(2, 2, init_command="SET SESSION wait_timeout = 1") as pool:

        async def noticed() -> bool:
            return pool.freesize == 0

        await until(noticed)
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 7") == 7
        assert pool.size == 2


async def test_a_cancelled_statement_serves_the_next_with_his_own_rows() -> None:
    async with asyncio.timeout(LONG), pool_of(1, 1) as pool:

        async def slow() -> None:
            async with pool.acquire() as connection:
                await answer(connection, "SELECT SLEEP(3)")

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slow(), 0.1)
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 9") == 9


async def test_a_half_read_result_does_not_reach_the_next_user() -> None:
    async with asyncio.timeout(LONG), pool_of(1, 1) as pool:
        connection = await pool.acquire()
        cursor = await connection.cursor(refpool.SSCursor)
        await cursor.execute("SELECT 1 UNION SELECT 2 UNION SELECT 3")
        await cursor.fetchone()
        pool.release(connection)
        async with pool.acquire() as connection:
            assert await answer(connection, "SELECT 9") == 9


async def test_terminate_ends_sessions_at_once(admin: refpool.Connection) -> None:
    pool = await pool_of(2, 3)
    numbers = await numbers_of(pool, 2)
    held = await pool.acquire()
    pool.terminate()
    assert held.closed
    await pool.wait_closed()

    async def gone() -> bool:
        return await sessions(admin, numbers) == 0

    await until(gone)
    pool.release(held)


async def test_users_with_all_habits_and_no_patience_get_only_what_is_theirs(admin: refpool.Connection) -> None:
    chance = random.Random(5)
    async with pool_of(1, 4) as pool:

        async def user(number: int) -> None:
            async with pool.acquire() as connection:
                if number % 3 == 0:
                    await answer(connection, "SELECT n FROM t_pool")
                assert await answer(connection, f"SELECT {number}") == number
                if number % 5 == 0:
                    await answer(connection, "SELECT SLEEP(0.01)")
                if number % 11 == 0:
                    connection.close()

        tasks = [asyncio.create_task(user(number)) for number in range(150)]
        for task in chance.sample(tasks, 50):
            await asyncio.sleep(0.001)
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError)
        assert len(await numbers_of(pool, 4)) == 4
