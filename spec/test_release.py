"""Chapter 4 of POOL.md: giving a connection back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .clause import must

if TYPE_CHECKING:
    from .bench import Bench


@must("A released connection is free again, and is lent again.")
async def test_release_makes_free_again(spec: Bench) -> None:
    """If this fails, look at why release() drops the connection: nothing was left undone on it."""
    pool = await spec.pool(minsize=1, maxsize=1)
    connection = await pool.acquire()
    before = await spec.thread_id(connection)
    pool.release(connection)
    assert pool.freesize == 1, "a released connection is not free"
    again = await spec.finishes(pool.acquire(), "an acquire of a released connection did not end")
    assert await spec.thread_id(again) == before, "a released connection was not lent again"
    assert spec.wire.accepted == 1, "a new connection was opened where one had been released"


@must("Calling release() does its work at once; nothing needs to be awaited.")
async def test_release_is_no_coroutine(spec: Bench) -> None:
    """If this fails, release() was made a coroutine function; an awaitable result is fine, needing it is not."""
    pool = await spec.pool(minsize=1, maxsize=1)
    connection = await pool.acquire()
    result = pool.release(connection)
    assert not asyncio.iscoroutine(result), "release() returned a coroutine, which does nothing unless awaited"
    assert pool.freesize == 1, "release() had not made the connection free when it returned"
