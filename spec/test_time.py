"""Chapter 11 of POOL.md: what hours do to a pool, and what they do not.

These clauses sleep, as no others do: their time is virtual, and an hour takes as long as a line.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .clause import should
from .gates import SLOW_SECONDS, Fate, Play
from .world import Point

if TYPE_CHECKING:
    from .bench import Bench

MINUTE = 60.0
HOUR = 60 * MINUTE
WEEK = 7 * 24 * HOUR
PATIENT_USERS = 6


@should("A connection that was free for longer than the recycling time is replaced before it is lent.", simulated=True)
async def test_recycling_replaces_what_was_free(spec: Bench) -> None:
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1, **spec.option("recycle", MINUTE))
    held = await pool.acquire()
    first = await spec.thread_id(held)
    pool.release(held)
    await asyncio.sleep(MINUTE + 1)
    held = await spec.served(pool.acquire(), "an acquire after the recycling time did not end")
    assert await spec.thread_id(held) != first, "a connection was lent that was free for longer than the recycling time"
    await spec.happens(lambda: spec.wire.live == 1, "a connection that was replaced is still open")
    assert pool.size == 1, "a connection that was replaced is still counted"


@should("A connection that is used more often than the recycling time is never replaced.", simulated=True)
async def test_recycling_spares_what_is_used(spec: Bench) -> None:
    """If this fails, look at from when the time is counted: the login, or the last use."""
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1, **spec.option("recycle", MINUTE))
    threads = set()
    for _ in range(5):
        held = await spec.served(pool.acquire(), "an acquire of a free connection did not end")
        threads.add(await spec.thread_id(held))
        pool.release(held)
        await asyncio.sleep(MINUTE - 1)
    assert len(threads) == 1, "a connection was replaced that was free for less than the recycling time"


@should("A connection that is lent for longer than the recycling time stays open.", simulated=True)
async def test_recycling_spares_what_is_lent(spec: Bench) -> None:
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1, **spec.option("recycle", MINUTE))
    held = await pool.acquire()
    first = await spec.thread_id(held)
    await asyncio.sleep(HOUR)
    assert spec.wire.live == 1, "a lent connection was ended by the recycling time"
    assert await spec.thread_id(held) == first, "a lent connection was ended by the recycling time"


@should("A free connection that the server has ended for being idle is not lent.", simulated=True)
async def test_connection_idle_for_too_long_is_not_lent(spec: Bench) -> None:
    """If this fails, look at what else a MySQL sends before it ends an idle session: an error packet, number 4031."""
    spec.allow(WEEK)
    pool = await spec.pool(minsize=2, maxsize=2, init_command="SET SESSION wait_timeout = 60")
    for _ in range(2):
        pool.release(await pool.acquire())
    await asyncio.sleep(HOUR)
    assert spec.wire.live == 0, "the server did not end what was idle"
    for number in (1001, 1002):
        held = await spec.served(pool.acquire(), "an acquire did not end when the server had ended what was idle")
        outcome = await spec.ended(spec.value(held, f"SELECT {number}"), "a connection lent after an idle hour hangs")
        assert outcome.value == number, "a connection was lent that the server had ended for being idle"


@should("A free connection is lent although others have to be replaced and the server says nothing.", simulated=True)
async def test_free_connection_lent_although_refill_hangs(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=3)
    spec.wire.cut(spec.wire.links[0])
    await spec.pass_by()
    with spec.wire.stall(Point.GREETING):
        outcome = await spec.within(1.0, pool.acquire())
        assert outcome is not None, "a free connection was not lent while a silent server was asked for others"
        assert outcome.error is None, "an acquire failed although a connection was free"
        assert await spec.thread_id(outcome.value) == spec.wire.links[1].thread_id, "the free connection was not lent"


@should(
    "An acquire of a pool that has a time limit ends at the limit, with an error, and leaves the queue.", simulated=True
)
async def test_acquire_keeps_the_pools_limit(spec: Bench) -> None:
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1, **spec.option("acquire_timeout", MINUTE))
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    assert await spec.within(MINUTE - 1, waiter) is None, "an acquire ended before the pool's limit"
    outcome = await spec.within(2, waiter)
    assert outcome is not None, "an acquire did not end at the pool's limit"
    assert outcome.error is not None, "an acquire was served at the pool's limit although nothing was free"
    pool.release(held)
    held = await spec.served(pool.acquire(), "who came after an acquire that had met its limit was not served")
    assert await spec.value(held, "SELECT 10") == 10, "the next user's connection does not answer SELECT 10"


@should("Users whose time limits are shorter than a connect are served in the end, by few connects.", simulated=True)
async def test_short_limits_are_served_in_the_end(spec: Bench) -> None:
    """If this fails, look at what becomes of a connect whose user has gone."""
    async with Play(spec, {"connect": Fate.SLOW}) as play:
        play.meet("connect", Point.DIAL, range(1, PATIENT_USERS + 1))
        pool = await spec.pool(minsize=0, maxsize=1)

        async def come() -> Any:
            async with asyncio.timeout(SLOW_SECONDS / 2):
                return await pool.acquire()

        outcomes = [await spec.within(SLOW_SECONDS, come()) for _ in range(PATIENT_USERS)]
        served = [one for one in outcomes if one is not None and one.error is None]
        assert served, "no user was served whose time limit was shorter than a connect"
        assert spec.wire.accepted <= 2, "each user with a short time limit had a connect of its own"


@should("An acquire without a limit waits for as long as it takes.", simulated=True)
async def test_acquire_waits_for_hours(spec: Bench) -> None:
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    assert await spec.within(7 * HOUR, waiter) is None, "an acquire without a limit gave up"
    pool.release(held)
    connection = await spec.served(waiter, "an acquire that had waited for hours was not served")
    assert await spec.value(connection, "SELECT 10") == 10, "a connection handed over after hours does not answer"


@should("A statement takes as long as it takes; nothing of the pool ends it.", simulated=True)
async def test_long_statement_is_left_alone(spec: Bench) -> None:
    spec.allow(WEEK)
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()

    async def ask() -> Any:
        return await spec.value(held, f"SELECT SLEEP({5 * HOUR:.0f})")

    outcome = await spec.within(6 * HOUR, ask())
    assert outcome is not None, "a statement of five hours did not end"
    assert outcome.value == 0, "a statement of five hours was ended before its time"
