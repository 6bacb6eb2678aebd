"""Chapter 5 of POOL.md: the orderly end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .clause import must

if TYPE_CHECKING:
    from .bench import Bench


@must("Calling close() closes the pool it is called on, and no other.")
async def test_close_closes_one_pool(spec: Bench) -> None:
    closed = await spec.pool(minsize=1)
    other = await spec.pool(minsize=1)
    closed.close()
    await spec.finishes(closed.wait_closed(), "wait_closed() did not end with nothing lent")
    await spec.eventually(lambda: spec.wire.live == 1, "closing one of two pools did not leave the other's connection")
    outcome = await spec.outcome(other.acquire(), "an acquire of another pool did not end")
    assert outcome.error is None, "closing one of two pools closed the other"
    thread = await spec.thread_id(outcome.value)
    assert spec.wire.link(thread) is spec.wire.links[1], "closing one pool took away another one's connection"


@must("A lent connection stays usable after close(), and ends when it is released.")
async def test_close_marks_connections(spec: Bench) -> None:
    """If the first part fails, close() does what terminate() is for. If the second, look at release() when closing."""
    pool = await spec.pool(minsize=1, maxsize=2)
    held = [await pool.acquire(), await pool.acquire()]
    pool.close()
    await spec.never(lambda: spec.wire.live != 2, "close() ended a connection that is lent")
    for connection in held:
        outcome = await spec.outcome(
            spec.value(connection, "SELECT 10"), "a lent connection did not answer after close()"
        )
        assert outcome.value == 10, "a lent connection was not usable after close()"
    pool.release(held[0])
    await spec.eventually(lambda: spec.wire.live < 2, "a connection that was released after close() did not end")
    await spec.never(lambda: spec.wire.live < 1, "a lent connection ended when another was released after close()")
    pool.release(held[1])
    await spec.eventually(
        lambda: spec.wire.live == 0, "the last connection that was released after close() did not end"
    )
    assert pool.freesize == 0, "a connection that was released after close() is free"


@must("After close() an acquire fails, and opens nothing, even where a connection is free.")
async def test_closed_pool_refuses_acquire(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=3)
    held = await pool.acquire()
    pool.close()
    outcome = await spec.outcome(pool.acquire(), "an acquire of a closed pool was left waiting")
    assert outcome.error is not None, "a closed pool lent a connection"
    assert spec.wire.accepted == 2, "a closed pool opened a connection"
    pool.release(held)
    await spec.finishes(pool.wait_closed(), "wait_closed() did not end after everything was released")
    outcome = await spec.outcome(pool.acquire(), "an acquire of a pool that has ended was left waiting")
    assert outcome.error is not None, "a pool that has ended lent a connection"
    await spec.never(lambda: spec.wire.accepted != 2, "a pool that has ended opened a connection")


@must("Awaited after close(), wait_closed() goes on waiting while a connection is lent.")
async def test_wait_closed_after_close(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    held = await pool.acquire()
    pool.close()
    waiting = spec.start(pool.wait_closed())
    await spec.never(waiting.done, "wait_closed() ended while a connection was lent", via=held)
    pool.release(held)
    await spec.finishes(waiting, "wait_closed() did not end when the last connection was released")


@must("Calling close() does its work at once; nothing needs to be awaited.")
async def test_close_is_no_coroutine(spec: Bench) -> None:
    """If this fails, close() was made a coroutine function; an awaitable result is fine, needing it is not."""
    pool = await spec.pool(minsize=1)
    result = pool.close()
    assert not asyncio.iscoroutine(result), "close() returned a coroutine, which does nothing unless awaited"
    assert await spec.fails_at_once(pool.acquire()), "close() had not closed the pool when it returned"


@must("When wait_closed() returns, everything that was lent has been released, and has ended.")
async def test_wait_closed_waits_for_release(spec: Bench) -> None:
    """If this fails at the second release, look at what wakes wait_closed(): each release, or only the first."""
    pool = await spec.pool(minsize=2, maxsize=2)
    first, second = await pool.acquire(), await pool.acquire()
    pool.close()
    waiting = spec.start(pool.wait_closed())
    pool.release(first)
    await spec.never(waiting.done, "wait_closed() ended with one of two lent connections released", via=second)
    pool.release(second)
    await spec.finishes(waiting, "wait_closed() did not end when both lent connections were released")
    await spec.eventually(lambda: spec.wire.live == 0, "a connection that was lent is open after wait_closed()")


@must("After close() and wait_closed() the pool holds no connection, and none of it is open.")
async def test_wait_closed_finishes_closing(spec: Bench) -> None:
    pool = await spec.pool(minsize=3)
    pool.close()
    await spec.finishes(pool.wait_closed(), "wait_closed() did not end with nothing lent")
    assert (pool.size, pool.freesize) == (0, 0), "the pool holds connections after wait_closed()"
    await spec.eventually(lambda: spec.wire.live == 0, "a free connection is open after wait_closed()")
    await spec.never(lambda: spec.wire.accepted != 3, "closing the pool opened a connection")
