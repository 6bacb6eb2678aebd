"""Chapter 2 of POOL.md: how many connections there are, and what the pool says about it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from .clause import must

if TYPE_CHECKING:
    from .bench import Bench
    from .subject import Pool


def can_be_set(pool: Pool, attribute: str) -> bool:
    """Whether an attribute takes another value without complaint."""
    other = getattr(pool, attribute) + 1
    with contextlib.suppress(AttributeError):
        setattr(pool, attribute, other)
        return True
    return False


@must("A pool just created holds minsize connections, all open and all free.")
async def test_starts_with_minsize_free(spec: Bench) -> None:
    pool = await spec.pool(minsize=3)
    assert pool.freesize == 3, "a new pool does not have minsize free connections"
    assert pool.size == 3, "the size of a new pool is not minsize"
    await spec.never(lambda: spec.wire.accepted != 3, "creation did not open exactly minsize connections")
    assert spec.wire.live == 3, "a connection of a new pool is not open"


@must("Demand makes the pool grow to maxsize connections and no further; whoever comes then waits for a release.")
async def test_grows_up_to_maxsize(spec: Bench) -> None:
    """If this fails, look at where the limit is checked: before a connect is begun, or only when it is done."""
    pool = await spec.pool(minsize=1, maxsize=3)
    held = [await spec.finishes(pool.acquire(), "an acquire below maxsize did not end") for _ in range(3)]
    assert spec.wire.live == 3, "three acquires did not make three connections"
    fourth = spec.start(pool.acquire())
    fifth = spec.start(pool.acquire())
    await spec.never(
        lambda: fourth.done() or fifth.done(), "a fourth acquire of a pool of three did not wait", via=held[0]
    )
    assert spec.wire.accepted == 3, "a pool of three dialled a fourth time"
    pool.release(held.pop())
    await spec.finishes(fourth, "whoever waited was not served when a connection was released")
    await spec.never(fifth.done, "two who waited were served by one release", via=held[0])
    pool.release(held.pop())
    await spec.finishes(fifth, "the second who waited was not served by the second release")
    assert spec.wire.peak == 3, "a pool of three had more connections open"


@must("With a minsize of 0, creating the pool opens no connection.")
async def test_minsize_zero_starts_empty(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=2)
    assert pool.size == 0, "the size of a new pool with minsize=0 is not 0"
    await spec.never(lambda: spec.wire.accepted != 0, "creation opened a connection although minsize is 0")


@must("With a maxsize of 0 the pool grows as far as demand goes.")
async def test_maxsize_zero_is_unlimited(spec: Bench) -> None:
    """If this fails, look at where 0 is compared with size as if it were a limit."""
    pool = await spec.pool(minsize=1, maxsize=0)
    demand = (
        33  # more than the ten of a pool of default size, and than the round numbers somebody might take for enough
    )
    for _ in range(demand):
        await spec.finishes(pool.acquire(), "an acquire of a pool without limit did not end")
    assert spec.wire.live == demand, "a pool without limit did not make as many connections as it lent"


@must("A pool without a limit still lends released connections again before it opens new ones.")
async def test_maxsize_zero_recycles(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=0)
    for _ in range(2):
        held = [await spec.finishes(pool.acquire(), "an acquire of a pool without limit did not end") for _ in range(3)]
        for connection in held:
            pool.release(connection)
    await spec.never(lambda: spec.wire.accepted != 3, "a pool without limit opened connections while it had free ones")


@must("The attribute minsize tells the pool's smallest size.")
async def test_minsize_attribute(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=5)
    assert pool.minsize == 2, "minsize is not what it was created with"
    for _ in range(3):
        await pool.acquire()
        assert pool.minsize == 2, "minsize changes while connections are lent"


@must("The attribute minsize cannot be set.")
async def test_minsize_is_read_only(spec: Bench) -> None:
    pool = await spec.pool()
    assert not can_be_set(pool, "minsize"), "minsize can be set"


@must("The attribute minsize is 1 where none was given.")
async def test_minsize_defaults_to_one(spec: Bench) -> None:
    pool = await spec.pool()
    assert pool.minsize == 1, "minsize is not 1 by default"


@must("The attribute maxsize tells the pool's largest size.")
async def test_maxsize_attribute(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=5)
    assert pool.maxsize == 5, "maxsize is not what it was created with"
    for _ in range(3):
        await pool.acquire()
        assert pool.maxsize == 5, "maxsize changes while connections are lent"


@must("The attribute maxsize cannot be set.")
async def test_maxsize_is_read_only(spec: Bench) -> None:
    pool = await spec.pool()
    assert not can_be_set(pool, "maxsize"), "maxsize can be set"


@must("The attribute maxsize is 10 where none was given.")
async def test_maxsize_defaults_to_ten(spec: Bench) -> None:
    pool = await spec.pool()
    assert pool.maxsize == 10, "maxsize is not 10 by default"


@must("The attribute size cannot be set.")
async def test_size_is_read_only(spec: Bench) -> None:
    pool = await spec.pool()
    assert not can_be_set(pool, "size"), "size can be set"


@must("The attribute size is the number of lent connections plus the number of free ones, at every moment.")
async def test_size_counts_lent_and_free(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=4)
    assert pool.size == 2, "size does not count free connections"
    held = [await pool.acquire()]
    assert pool.size == 2, "size does not count lent and free connections together"
    held += [await pool.acquire(), await pool.acquire()]
    assert pool.size == 3, "size does not count lent connections"
    held += [await pool.acquire()]
    waiting = spec.start(pool.acquire())
    await spec.never(lambda: pool.size != 4, "size counts those who wait", via=held[0])
    waiting.cancel()
    await asyncio.wait({waiting})
    while held:
        pool.release(held.pop())
        assert pool.size == 4, "size changes when a connection is released"
    assert spec.wire.live == 4, "size is not the number of connections that are open"


@must("The attribute freesize is the number of free connections, at every moment.")
async def test_freesize_counts_free(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=3)
    assert pool.freesize == 2, "freesize is not minsize in a new pool"
    held = [await pool.acquire()]
    assert pool.freesize == 1, "freesize does not go down by one when a free connection is lent"
    held += [await pool.acquire(), await pool.acquire()]
    assert pool.freesize == 0, "freesize is not 0 when everything is lent"
    waiting = spec.start(pool.acquire())
    await spec.never(lambda: pool.freesize != 0, "freesize counts those who wait", via=held[0])
    waiting.cancel()
    await asyncio.wait({waiting})
    for count in (1, 2, 3):
        pool.release(held.pop())
        assert pool.freesize == count, "freesize does not go up by one when a connection is released"


@must("The attribute freesize cannot be set.")
async def test_freesize_is_read_only(spec: Bench) -> None:
    pool = await spec.pool()
    assert not can_be_set(pool, "freesize"), "freesize can be set"
