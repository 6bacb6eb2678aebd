"""Chapter 1 of POOL.md: how a pool comes to be, and what goes into it."""

from __future__ import annotations

import asyncio
import types
from typing import TYPE_CHECKING, Any

from .clause import must

if TYPE_CHECKING:
    from collections.abc import Generator

    from .bench import Bench


@must("A connection of the pool and a plain connection are of the same type.")
async def test_pool_and_plain_connections(spec: Bench) -> None:
    """If this fails, look at what acquire() wraps around a connection: users pass either to the same code."""
    pool = await spec.pool()
    plain = await spec.connect()
    pooled = await pool.acquire()
    assert type(pooled) is type(plain), "a pooled connection is of another type than a plain one"
    assert await spec.value(plain, "SELECT 10") == 10, "a plain connection does not answer SELECT 10"
    assert await spec.value(pooled, "SELECT 10") == 10, "a pooled connection does not answer SELECT 10"
    pool.release(pooled)


@must("""Generator code creates a pool, borrows a connection in a `with` statement, fetches a row, closes the pool and
    waits for it.""")
async def test_basic_usage(spec: Bench) -> None:
    """The page's first example, with today's spelling of the decorator.

    If this fails with "not iterable", look at the pool's __iter__, and at what create_pool(), cursor() and execute()
    return: `yield from` takes coroutines and iterators, not every awaitable.
    """

    @types.coroutine
    def go() -> Generator[Any, Any, int]:
        pool: Any = yield from spec.driver.create_pool(  # type: ignore[misc]
            **spec.settings, loop=asyncio.get_running_loop(), autocommit=False
        )
        spec.keep(pool)
        with (yield from pool) as connection:
            cursor = yield from connection.cursor()
            yield from cursor.execute("SELECT 10")
            (value,) = yield from cursor.fetchone()
        pool.close()
        yield from pool.wait_closed()
        return int(value)

    assert await go() == 10, "SELECT 10 did not fetch 10"
    await spec.eventually(lambda: spec.wire.live == 0, "a connection is open after wait_closed()")


@must("Created from an address and an account alone, a pool opens one connection and grows to ten.")
async def test_create_pool_signature(spec: Bench) -> None:
    """If this fails, look at the defaults of minsize and maxsize, and at parameters that have none."""
    pool = await spec.pool()
    await spec.never(lambda: spec.wire.accepted != 1, "creation did not open exactly one connection")
    held = [await spec.finishes(pool.acquire(), "an acquire below the default size did not end") for _ in range(10)]
    eleventh = spec.start(pool.acquire())
    await spec.never(eleventh.done, "an eleventh connection came out of a pool of default size", via=held[0])
    assert spec.wire.accepted == 10, "ten acquires did not make ten connections"


@must("Calling create_pool() dials nothing; awaiting it makes the pool.")
async def test_create_pool_is_a_coroutine(spec: Bench) -> None:
    """If this fails, look for work that create_pool() does before it is awaited."""
    promise = spec.driver.create_pool(**spec.settings, minsize=1)
    await spec.never(lambda: spec.wire.accepted != 0, "create_pool() dialled before it was awaited")
    pool = spec.keep(await promise)
    assert pool.freesize == 1, "the pool was not ready when create_pool() had been awaited"


@must("The parameter minsize, a whole number, sets the pool's smallest size.")
async def test_create_pool_takes_minsize(spec: Bench) -> None:
    pool = await spec.pool(minsize=2)
    assert pool.minsize == 2, "minsize=2 did not become the pool's smallest size"
    assert spec.wire.accepted == 2, "minsize=2 did not make two connections"


@must("The parameter maxsize, a whole number, sets the pool's largest size.")
async def test_create_pool_takes_maxsize(spec: Bench) -> None:
    pool = await spec.pool(maxsize=1)
    assert pool.maxsize == 1, "maxsize=1 did not become the pool's largest size"
    held = await pool.acquire()
    second = spec.start(pool.acquire())
    await spec.never(second.done, "a second connection came out of a pool of maxsize=1", via=held)


@must("The event loop may be handed to create_pool() as loop.")
async def test_create_pool_takes_loop(spec: Bench) -> None:
    """If this fails, loop is not among the parameters; nothing needs to be done with it but to accept it."""
    pool = await spec.pool(loop=asyncio.get_running_loop())
    connection = await pool.acquire()
    assert await spec.value(connection, "SELECT 10") == 10, "a pool that was given its loop does not answer SELECT 10"


@must("A pool that was given no loop lives on the one it was created in.")
async def test_loop_defaults_to_the_current_one(spec: Bench) -> None:
    """If this fails, look for a loop that is asked for when the module is imported, or when another pool was made."""
    pool = await spec.pool(minsize=0)
    connection = await pool.acquire()
    assert await spec.value(connection, "SELECT 10") == 10, "a pool that was given no loop does not answer SELECT 10"
    pool.release(connection)
    assert pool.freesize == 1, "a pool that was given no loop did not take its connection back"


@must("Parameters of connect() that are given to create_pool() take effect on every connection of the pool.")
async def test_connect_parameters_reach_connections(spec: Bench) -> None:
    """If this fails for the second connection only, look at parameters that are used up by the first."""
    pool = await spec.pool(minsize=1, maxsize=2, charset="latin1", autocommit=True, init_command="SET @spec = 7")
    for connection in [await pool.acquire(), await pool.acquire()]:
        assert await spec.value(connection, "SELECT DATABASE()") == spec.settings["db"], "db did not take effect"
        assert await spec.value(connection, "SELECT @@character_set_client") == "latin1", "charset did not take effect"
        assert await spec.value(connection, "SELECT @@autocommit") == 1, "autocommit did not take effect"
        assert await spec.value(connection, "SELECT @spec") == 7, "init_command did not take effect"


@must("The pool's own parameters loop, minsize and maxsize may be named among those of connect(), in any order.")
async def test_own_parameters_go_by_keyword(spec: Bench) -> None:
    pool = await spec.pool(maxsize=3, autocommit=True, loop=asyncio.get_running_loop(), minsize=2)
    assert (pool.minsize, pool.maxsize) == (2, 3), "minsize=2 and maxsize=3 did not arrive"
    connection = await pool.acquire()
    assert await spec.value(connection, "SELECT @@autocommit") == 1, "autocommit did not take effect beside them"


@must("What create_pool() results in has every attribute and method that this document names.")
async def test_create_pool_returns_a_pool(spec: Bench) -> None:
    pool = await spec.pool()
    attributes = ("minsize", "maxsize", "size", "freesize", "echo")
    assert all(hasattr(pool, name) for name in attributes), "the pool lacks an attribute that the page documents"
    methods = ("close", "terminate", "wait_closed", "acquire", "release")
    assert all(callable(getattr(pool, name, None)) for name in methods), (
        "the pool lacks a method that the page documents"
    )
