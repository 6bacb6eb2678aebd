"""Chapter 10 of POOL.md: whatever the server does, at whichever gate: who is told, when, and what is left.

Each clause plays every combination of fates at the gates that it is about (`gates.py`), and a failure names the one.
"""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

from .clause import should
from .gates import AT_ONCE_SECONDS, CONNECT_SECONDS, LIMIT_SECONDS, SLOW_SECONDS, Fate, Play, fates_at
from .world import Point

if TYPE_CHECKING:
    from .bench import Bench
    from .subject import Pool

OPENING = {"connect": Point.DIAL, "greeting": Point.GREETING, "login": Point.LOGIN}


def open_badly(play: Play) -> None:
    """The first connection meets these fates while it is opened, and the others none."""
    for gate, point in OPENING.items():
        play.meet(gate, point, [1])


async def visit(spec: Bench, pool: Pool, number: int) -> Any:
    """What a user does who has a time limit: borrow, ask, give back."""
    async with asyncio.timeout(LIMIT_SECONDS):
        connection = await pool.acquire()
        try:
            return await spec.value(connection, f"SELECT {number}")
        finally:
            pool.release(connection)


@should(
    "Whatever a connect meets, an acquire ends within its user's time limit, with a connection if one can be had.",
    simulated=True,
)
async def test_acquire_ends_whatever_a_connect_meets(spec: Bench) -> None:
    for fates in fates_at(*OPENING):
        async with Play(spec, fates) as play:
            open_badly(play)
            pool = await spec.pool(minsize=0, maxsize=1, connect_timeout=CONNECT_SECONDS)
            outcome = await spec.within(LIMIT_SECONDS + SLOW_SECONDS, visit(spec, pool, 1001))
            assert outcome is not None, "an acquire did not end within its user's time limit"
            if all(fate.is_passed for fate in fates.values()):
                assert outcome.error is None, "an acquire failed although its connect was no more than slow"
            if outcome.error is None:
                assert outcome.value == 1001, "a user did not get its own rows"


@should("Whatever a connect meets, of two users who need one each the other is served at once.", simulated=True)
async def test_others_are_served_whatever_a_connect_meets(spec: Bench) -> None:
    """If this fails, look for a lock that is held while connecting."""
    for fates in fates_at(*OPENING):
        async with Play(spec, fates) as play:
            open_badly(play)
            pool = await spec.pool(minsize=0, maxsize=2, connect_timeout=CONNECT_SECONDS)
            first = spec.start(pool.acquire())
            await spec.happens(lambda: spec.wire.accepted == 1, "an acquire of an empty pool did not dial")
            second = spec.start(pool.acquire())
            await asyncio.wait({first, second}, timeout=AT_ONCE_SECONDS)
            served = [user for user in (first, second) if user.done() and not user.exception()]
            assert served, "nobody was served while another's connect was in trouble"


@should("Whatever a connect has met, its place in the pool serves the next user.", simulated=True)
async def test_no_place_is_lost_whatever_a_connect_meets(spec: Bench) -> None:
    for fates in fates_at(*OPENING):
        async with Play(spec, fates) as play:
            open_badly(play)
            pool = await spec.pool(minsize=0, maxsize=1, connect_timeout=CONNECT_SECONDS)
            await spec.within(LIMIT_SECONDS + SLOW_SECONDS, visit(spec, pool, 1001))
            outcome = await spec.within(LIMIT_SECONDS + SLOW_SECONDS, visit(spec, pool, 1002))
            assert outcome is not None, "who came after a connect in trouble was not served"
            assert outcome.value == 1002, "who came after a connect in trouble was not served"
            assert (pool.size, pool.freesize) == (1, 1), "a connect in trouble left the counts wrong"


@should(
    "Whatever one user's statement meets, and the rollback or ping after it, the next is served its own rows.",
    simulated=True,
)
async def test_next_is_served_whatever_a_use_meets(spec: Bench) -> None:
    pinged = spec.option("pre_ping", True) if spec.has_option("pre_ping") else {}
    ways = {"rollback": pinged}
    if spec.has_option("reset"):
        ways["reset"] = {**pinged, **spec.option("reset", True)}
    for way, options in ways.items():
        for fates in fates_at("statement", way, *(["ping"] if pinged else [])):
            async with Play(spec, fates) as play:
                pool = await spec.pool(minsize=1, maxsize=1, connect_timeout=CONNECT_SECONDS, **options)
                await use_badly(spec, play, pool, fates["statement"], way)
                play.meet("ping", Point.REPLY, spec.wire.links)
                outcome = await spec.within(LIMIT_SECONDS + SLOW_SECONDS, visit(spec, pool, 1002))
                assert outcome is not None, "the user after one in trouble was not served"
                assert outcome.value == 1002, "the user after one in trouble was not served its own rows"
                wrong = "a user in trouble left the counts wrong"
                await spec.happens(partial(is_whole, pool), wrong)


def is_whole(pool: Pool) -> bool:
    """A pool of one has it, free."""
    return (pool.size, pool.freesize) == (1, 1)


async def use_badly(spec: Bench, play: Play, pool: Pool, fate: Fate, way: str) -> None:
    """A user's statement meets this fate, and the end of its transaction its own; the user is told of the one in time.

    way: the gate at which the transaction ends.
    """
    connection = await pool.acquire()
    await spec.query(connection, "BEGIN")
    links = list(spec.wire.links)
    gates = play.meet("statement", Point.REPLY, links)

    async def ask() -> Any:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await spec.value(connection, "SELECT 1001")

    outcome = await spec.within(LIMIT_SECONDS + SLOW_SECONDS, ask())
    assert outcome is not None, "a statement did not end within its user's time limit"
    if fate.is_passed:
        assert outcome.value == 1001, "a statement failed that was no more than slow"
    else:
        assert outcome.error is not None, "a statement did not fail that was not answered"
    gates += play.meet(way, Point.REPLY, links)
    pool.release(connection)
    await asyncio.sleep(2 * SLOW_SECONDS)
    for gate in gates:
        if not gate.waiting:
            gate.open()  # the pool has ended the transaction in a way of its own


@should(
    "Whatever a statement and the end of a connection meet, a pool that is closed or terminated ends, and all of it.",
    simulated=True,
)
async def test_pool_ends_whatever_the_server_does(spec: Bench) -> None:
    for statement, end, how in itertools.product(fates_at("statement"), fates_at("close"), ("close", "terminate")):
        async with Play(spec, statement | end, how) as play:
            pool = await spec.pool(minsize=2, maxsize=2, connect_timeout=CONNECT_SECONDS)
            connection = await pool.acquire()
            busy = spec.wire.link(await spec.thread_id(connection))
            play.meet("statement", Point.REPLY, [busy])
            others = [link for link in spec.wire.links if link is not busy]
            play.meet("close", Point.REPLY, others, reset=True)  # that the server ends is what is asked for
            user = spec.start(finish(spec, pool, connection))
            await spec.pass_by()
            getattr(pool, how)()
            ending = await spec.within(2 * LIMIT_SECONDS, pool.wait_closed())
            assert ending is not None, "a pool did not end although its users did"
            assert ending.error is None, "wait_closed() failed"
            told = await spec.within(0 if how == "terminate" else LIMIT_SECONDS, user)
            assert told is not None, "a pool ended before its user did"
            await spec.happens(lambda: spec.wire.live == 0, "a connection is open after its pool has ended")


async def finish(spec: Bench, pool: Pool, connection: Any) -> None:
    """What a user does who has a time limit and was lent a connection before: ask, give back."""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await spec.query(connection, "SELECT 1001")
    finally:
        pool.release(connection)
