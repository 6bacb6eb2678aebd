"""Chapter 6 of POOL.md: the abrupt end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .clause import must
from .world import Point

if TYPE_CHECKING:
    from .bench import Bench


@must("After terminate() an acquire fails, and opens nothing.")
async def test_terminate_closes_the_pool(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=3)
    pool.terminate()
    outcome = await spec.outcome(pool.acquire(), "an acquire of a terminated pool was left waiting")
    assert outcome.error is not None, "a terminated pool lent a connection"
    await spec.never(lambda: spec.wire.accepted != 1, "a terminated pool opened a connection")


@must("Calling terminate() ends lent connections at once, without waiting for their release.")
async def test_terminate_closes_lent_connections(spec: Bench) -> None:
    """If this fails, look at whether terminate() closes only what is free, or waits for release() as close() does."""
    pool = await spec.pool(minsize=2, maxsize=2)
    held = [await pool.acquire(), await pool.acquire()]
    with spec.wire.stall(Point.REPLY) as gate:
        running = spec.start(spec.value(held[0], "SELECT 10"))
        await spec.eventually(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        pool.terminate()
        await spec.eventually(lambda: spec.wire.live == 0, "terminate() left a lent connection open")
    outcome = await spec.outcome(running, "a statement that terminate() interrupted did not end")
    assert outcome.error is not None, "a statement that terminate() interrupted was answered"
    for connection in held:
        outcome = await spec.outcome(spec.value(connection, "SELECT 10"), "a statement after terminate() did not end")
        assert outcome.error is not None, "a lent connection was usable after terminate()"


@must("Awaited after terminate(), wait_closed() returns although nothing is released, and the pool is empty then.")
async def test_wait_closed_after_terminate(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    await pool.acquire()
    pool.terminate()
    await spec.finishes(pool.wait_closed(), "wait_closed() did not end after terminate()")
    assert (pool.size, pool.freesize) == (0, 0), "the pool holds connections after terminate() and wait_closed()"
    await spec.eventually(lambda: spec.wire.live == 0, "a connection is open after terminate() and wait_closed()")


@must("Calling terminate() does its work at once; nothing needs to be awaited.")
async def test_terminate_is_no_coroutine(spec: Bench) -> None:
    """If this fails, terminate() was made a coroutine function; an awaitable result is fine, needing it is not."""
    pool = await spec.pool(minsize=2)
    held = await pool.acquire()  # the other one stays free: a pool that is still open lends it on the spot
    link = spec.wire.link(await spec.thread_id(held))
    result = pool.terminate()
    assert not asyncio.iscoroutine(result), "terminate() returned a coroutine, which does nothing unless awaited"
    assert await spec.fails_at_once(pool.acquire()), "terminate() had not closed the pool when it returned"
    # What was free may last until wait_closed(): the page speaks of what was acquired.
    await spec.eventually(lambda: not link.is_open, "terminate() had not ended the lent connection when it returned")
