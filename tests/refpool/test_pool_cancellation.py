"""A cancellation at every step of everything that waits, alone and together with a release, a loss or a close.

One sweep runs a scenario again and again, and cancels its task one loop iteration later each time, until it ends before
the cancellation comes. So every await is hit, and so is every iteration between an event and the moment its receiver
runs. The pool's invariants are checked before each iteration; after each run the cancellation must have come out, no
session may be on the server but the pool's own, and the whole pool can be borrowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from refpool.pool_state import Phase, PoolClosed
from refpool.session_state import Fitness
from tests.refpool.pool_fakes import Refused, Server, full_capacity, playing, settle
from tests.support.virtual_time import VirtualTimeLoop, modes, run, virtual

Scenario = Callable[[Server, Any], Coroutine[Any, Any, object]]
Twist = Callable[[Server, Any], None]
LONGEST = 300  # iterations; no scenario here comes near


# What is cancelled


async def acquire(server: Server, pool: Any) -> None:
    """Idle connections where there are some, growth where there are none."""
    pool.release(await pool.acquire())


async def acquire_by_block(server: Server, pool: Any) -> None:
    async with pool.acquire() as connection:
        await connection.work(0.01)


async def acquire_in_a_full_pool(server: Server, pool: Any) -> None:
    """Wait until somebody gives back; another acquirer stands behind."""
    async with pool.acquire() as connection:
        await connection.work(0.01)


async def acquire_with_a_deadline(server: Server, pool: Any) -> None:
    async with pool.acquire(timeout=0.05) as connection:
        await connection.work(0.01)


async def transaction(server: Server, pool: Any) -> None:
    async with pool.acquire() as connection:
        await connection.work(0.01, then=Fitness.IN_TRANSACTION)


async def release_awaited(server: Server, pool: Any) -> None:
    connection = await pool.acquire()
    connection.begin()
    await pool.release(connection)
    await asyncio.sleep(0)


async def clear(server: Server, pool: Any) -> None:
    await pool.clear()
    await asyncio.sleep(0)


# What happens at the same instant


def nothing(server: Server, pool: Any) -> None:
    pass


def loss(server: Server, pool: Any) -> None:
    for connection in list(server.sessions)[:1]:
        connection.die()


def loss_of_all(server: Server, pool: Any) -> None:
    for connection in list(server.sessions):
        connection.die()


def refusal(server: Server, pool: Any) -> None:
    server.refuse_next.append(Refused("1040"))


def expiry(server: Server, pool: Any) -> None:
    pool.expire_connections()


def closing(server: Server, pool: Any) -> None:
    pool.close()


def termination(server: Server, pool: Any) -> None:
    pool.terminate()


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"minsize": 1, "maxsize": 2},
    "growing": {"minsize": 0, "maxsize": 2},
    "one": {"minsize": 1, "maxsize": 1},
    "pinged": {"minsize": 1, "maxsize": 2, "pool_pre_ping": True},
    "topped up": {"minsize": 2, "maxsize": 2},
    "hooked": {"minsize": 1, "maxsize": 2},
    "reset": {"minsize": 1, "maxsize": 1, "on_release": "reset"},
    "dropped": {"minsize": 1, "maxsize": 1, "on_release": "close"},
}
SCENARIOS: list[Scenario] = [
    acquire,
    acquire_by_block,
    acquire_in_a_full_pool,
    acquire_with_a_deadline,
    transaction,
    release_awaited,
    clear,
]
TWISTS: list[Twist] = [nothing, loss, loss_of_all, refusal, expiry, closing, termination]


async def hook(connection: Any) -> None:
    await connection.work(0.002)


async def once(scenario: Scenario, kind: str, twist: Twist, step: int, *, cancel_first: bool) -> bool:
    """Run it with a cancellation at that iteration; whether the scenario was over before."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    settings = dict(SETTINGS[kind])
    if kind == "hooked":
        settings |= {"init": hook, "setup": hook, "reset": hook}
    async with playing(**settings) as (server, pool):
        server.connect_takes = server.ping_takes = server.rollback_takes = 0.01
        if kind == "topped up":
            pool._free[0].die()
        holders = []
        if scenario is acquire_in_a_full_pool:
            holders = [await pool.acquire() for _ in range(pool.maxsize)]
        task = asyncio.create_task(scenario(server, pool), name="to be cancelled")
        behind = []
        if scenario is acquire_in_a_full_pool:
            behind = [asyncio.create_task(acquire_by_block(server, pool), name="behind")]
            for number, holder in enumerate(holders):
                loop.call_later(0.005 * number, pool.release, holder)
        steps = 0
        hit = False

        def watch() -> None:
            nonlocal steps, hit
            pool._state.check()
            steps += 1
            if steps == step:
                if cancel_first:
                    hit = task.cancel()
                twist(server, pool)
                if not cancel_first:
                    hit = task.cancel()

        loop.watch = watch
        await asyncio.wait([task, *behind])
        if hit:
            outcome = task.exception() if not task.cancelled() else None
            assert task.cancelled() or isinstance(outcome, PoolClosed | Refused), f"not cancelled, but {outcome!r}"
        for other in behind:
            # It gets what the pool or the server did to it, and never a CancelledError of somebody else's.
            assert not other.cancelled()
            assert isinstance(other.exception(), PoolClosed | Refused | None)
        await asyncio.sleep(1)
        owned = {*pool._free, *pool._used, *pool._state.mending}
        assert server.sessions == owned, f"on the server: {server.sessions}; in the pool: {owned}"
        assert not pool._used
        assert not pool._state.waiters
        server.refuse_next.clear()
        if pool._state.phase is Phase.OPEN:
            await full_capacity_of(pool)
        return not hit


async def full_capacity_of(pool: Any) -> None:
    connections = [await asyncio.wait_for(pool.acquire(), 60) for _ in range(pool.maxsize)]
    assert len(set(connections)) == pool.maxsize
    for connection in connections:
        assert connection._fit
        pool.release(connection)
    await asyncio.sleep(1)
    assert pool.freesize == pool.size == pool.maxsize


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_F3_a_cancellation_at_every_step_leaves_the_pool_whole(scenario: Scenario, kind: str) -> None:
    for eager, twist, cancel_first in itertools.product(modes(), TWISTS, (True, False)):
        if cancel_first and twist is nothing:
            continue
        for step in range(1, LONGEST):
            try:
                over = run(once(scenario, kind, twist, step, cancel_first=cancel_first), eager=eager)
            except BaseException as error:
                error.add_note(f"{twist.__name__} at step {step}, {cancel_first=}, {eager=}")
                raise
            if over:
                break
        else:
            raise AssertionError("the scenario never ended")


@virtual
async def test_F7_A4_a_waiter_cancelled_any_number_of_steps_after_the_release_loses_nothing() -> None:
    for steps in range(8):
        async with playing(0, 1) as (_, pool):
            connection = await pool.acquire()
            first = asyncio.create_task(pool.acquire())
            await settle(2)
            second = asyncio.create_task(pool.acquire())
            await settle(2)
            pool.release(connection)
            await settle(steps)
            was_served = first.done()
            first.cancel()
            await asyncio.wait([first], timeout=1)
            if was_served:
                pool.release(first.result())
            else:
                assert first.cancelled()
            assert await asyncio.wait_for(second, 1) is connection


@virtual
async def test_D15_the_recipe_of_the_lost_wake_up() -> None:
    """The one who was just handed the connection is cancelled in the same iteration, before it could run."""
    async with playing(0, 1) as (_, pool):
        connection = await pool.acquire()
        first, second = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.acquire())
        await settle(3)
        asyncio.get_running_loop().call_soon(first.cancel)
        pool.release(connection)
        assert await asyncio.wait_for(second, 1) is connection
        assert first.cancelled()


@virtual
async def test_a_waiter_cancelled_with_an_error_in_hand_is_cancelled_and_the_error_is_not_lost_loudly() -> None:
    async with playing(0, 1) as (server, pool):
        server.refuse = Refused("1040")
        for steps in range(8):
            task = asyncio.create_task(pool.acquire())
            await settle(steps)
            told = task.done()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() != told
            await settle()
        assert pool.size == 0


@virtual
async def test_F9_a_connection_whose_ping_was_cancelled_is_closed_and_its_slot_free() -> None:
    """Also one that does not close itself: its answer may still be on the way."""
    async with playing(1, 1, pool_pre_ping=True) as (_, pool):
        (connection,) = pool._free

        async def ping(reconnect: bool) -> None:
            await asyncio.sleep(1e5)

        connection.ping = ping
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.acquire(), 1)
        assert connection.closed
        await full_capacity(pool, 1)


@virtual
async def test_F7_wait_for_around_acquire_never_loses_a_connection() -> None:
    """wait_for before Python 3.12 has a task and races of its own; whoever gets the connection owns it."""
    for delay in range(12):
        async with playing(0, 1) as (_, pool):
            connection = await pool.acquire()
            waiter = asyncio.create_task(asyncio.wait_for(pool.acquire(), 0.01))
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.01, pool.release, connection)
            await settle(delay)
            with contextlib.suppress(TimeoutError):
                pool.release(await waiter)
            await asyncio.sleep(0.02)
            await full_capacity(pool, 1)


@virtual
async def test_F6_create_pool_cancelled_at_every_step_leaves_no_session() -> None:
    for by_block in (False, True):
        for step in range(1, LONGEST):
            server = Server()
            server.connect_takes = 0.01

            async def make(server: Server = server, by_block: bool = by_block) -> None:
                maker = server.pool(3, max_connecting=2)
                if by_block:
                    async with maker:
                        pass
                else:
                    (await maker).terminate()

            if await cancelled_at(step, make()):
                break
            await asyncio.sleep(1)
            assert not server.sessions
            assert not server.connecting
        else:
            raise AssertionError("it never ended")


@virtual
async def test_F5_wait_closed_cancelled_at_every_step_can_be_repeated() -> None:
    for step in range(1, LONGEST):
        async with playing(2, 3) as (server, pool):
            held = await pool.acquire()
            held.begin()
            server.rollback_takes = 0.01
            pool.release(held)
            other = await pool.acquire()
            pool.close()
            asyncio.get_running_loop().call_later(0.02, pool.release, other)
            over = await cancelled_at(step, pool.wait_closed())
            await pool.wait_closed()
            assert pool.closed
            assert not server.sessions
        if over:
            break


@virtual
async def test_an_acquire_thrown_away_in_the_middle_gives_back_what_it_had() -> None:
    """A coroutine that is closed (garbage collected, at the end of a loop) is a cancellation, too."""
    async with playing(0, 1) as (_, pool):
        connection = await pool.acquire()
        waiting = pool.acquire().__await__()
        waiting.send(None)
        assert pool._state.waiting() == 1
        waiting.close()
        assert not pool._state.waiters
        waiting = pool.acquire().__await__()
        waiting.send(None)
        pool.release(connection)
        assert pool.freesize == 0
        waiting.close()
        assert pool.freesize == 1


async def cancelled_at(step: int, coroutine: Coroutine[Any, Any, object]) -> bool:
    """Run it with a cancellation at that iteration; whether it was over before."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    task = asyncio.create_task(coroutine)
    steps = 0
    hit = False

    def watch() -> None:
        nonlocal steps, hit
        steps += 1
        if steps == step:
            hit = task.cancel()

    before, loop.watch = loop.watch, watch
    await asyncio.wait([task])
    loop.watch = before
    if hit:
        assert task.cancelled()
    else:
        task.result()
    return not hit
