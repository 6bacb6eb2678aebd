"""Chapter 3 of POOL.md: borrowing a connection."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from .clause import must

if TYPE_CHECKING:
    from collections.abc import Generator

    from .bench import Bench


@must("Connections are pooled: one that is lent belongs to its user alone until it is released.")
async def test_lent_to_one_user_at_a_time(spec: Bench) -> None:
    """If this fails, look at when a connection leaves the free list: in the same step that gives it out, or later."""
    pool = await spec.pool(minsize=1, maxsize=3)
    users = [spec.start(pool.acquire()) for _ in range(3)]
    held = [await spec.finishes(user, "an acquire below maxsize did not end") for user in users]
    threads = [await spec.thread_id(connection) for connection in held]
    assert len(set(threads)) == 3, "two users were lent the same connection"
    pool.release(held[1])
    again = await spec.finishes(pool.acquire(), "an acquire of a released connection did not end")
    assert await spec.thread_id(again) == threads[1], "a user was lent a connection that another one holds"


@must(
    """In generator code, `with (yield from pool) as conn` borrows for the block and gives back at its end, an
    exception included."""
)
async def test_with_statement_borrows(spec: Bench) -> None:
    """If this fails with "not iterable", look at the pool's __iter__: it is a generator that acquires."""
    pool: Any = await spec.pool(minsize=1, maxsize=1)

    @types.coroutine
    def borrow(error: Exception | None) -> Generator[Any, Any, int]:
        with (yield from pool) as connection:
            assert pool.freesize == 0, "the connection is free inside the with block"
            cursor = yield from connection.cursor()
            yield from cursor.execute("SELECT 10")
            (value,) = yield from cursor.fetchone()
            if error:
                raise error
        return int(value)

    assert await borrow(None) == 10, "SELECT 10 did not fetch 10 in a with block"
    assert pool.freesize == 1, "the connection is not free after the with block"
    outcome = await spec.outcome(borrow(KeyError("on purpose")), "a second with block did not end")
    assert isinstance(outcome.error, KeyError), "an exception did not come out of the with block"
    assert pool.freesize == 1, "the connection is not free after an exception in the with block"
    assert spec.wire.accepted == 1, "a second with block opened a second connection"


@must("Acquiring and releasing by hand does what the `with` statement does.")
async def test_acquire_and_release_by_hand(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    connection = await spec.finishes(pool.acquire(), "an acquire by hand did not end")
    assert pool.freesize == 0, "the connection is free while it is held by hand"
    assert await spec.value(connection, "SELECT 10") == 10, "a connection acquired by hand does not answer SELECT 10"
    pool.release(connection)
    assert pool.freesize == 1, "the connection is not free after a release by hand"
    await spec.finishes(pool.acquire(), "a second acquire by hand did not end")


@must("An acquire takes a free connection where there is one, and opens none.")
async def test_acquire_takes_a_free_connection(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=5)
    held = [await pool.acquire(), await pool.acquire()]
    await spec.never(lambda: spec.wire.accepted != 2, "an acquire opened a connection while one was free", via=held[0])
    ids = {link.thread_id for link in spec.wire.links}
    assert {await spec.thread_id(connection) for connection in held} == ids, "an acquire did not take what was free"
    assert (pool.freesize, pool.size) == (0, 2), "the sizes do not tell of two free connections that were lent"


@must("With nothing free and size below maxsize, an acquire opens one connection and gets it.")
async def test_acquire_opens_one_if_needed(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=3)
    first = await pool.acquire()
    second = await spec.finishes(pool.acquire(), "an acquire with nothing free and room to grow did not end")
    await spec.never(
        lambda: spec.wire.accepted != 2, "an acquire with nothing free did not open exactly one connection", via=second
    )
    assert await spec.thread_id(second) == spec.wire.links[1].thread_id, "the new connection went to somebody else"
    assert await spec.thread_id(first) == spec.wire.links[0].thread_id, "the first connection was exchanged"
    assert pool.size == 2, "size does not tell of the new connection"


@must("What an acquire results in is a connection that answers statements.")
async def test_acquire_returns_a_connection(spec: Bench) -> None:
    pool = await spec.pool()
    connection = await pool.acquire()
    assert await spec.value(connection, "SELECT 10") == 10, "an acquired connection does not answer SELECT 10"
    assert spec.wire.links[0].statements[-1] == "SELECT 10", "the statement did not go over the pool's connection"
