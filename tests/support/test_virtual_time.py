"""The virtual-time loop judged by itself: it jumps, keeps order, sees a hang at once and leaves nothing unsaid."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from tests.support.virtual_time import FAR_FUTURE, Deadlock, VirtualTimeLoop, modes, run, virtual


def test_a_long_sleep_takes_no_time() -> None:
    async def scenario() -> float:
        await asyncio.sleep(86400)
        return asyncio.get_running_loop().time()

    began = time.perf_counter()
    assert run(scenario()) == pytest.approx(86400)
    assert time.perf_counter() - began < 5


@virtual
async def test_timers_fire_in_order_and_time_stands_still_between() -> None:
    loop = asyncio.get_running_loop()
    seen: list[tuple[str, float]] = []

    async def note(name: str, delay: float) -> None:
        await asyncio.sleep(delay)
        seen.append((name, loop.time()))

    await asyncio.gather(note("c", 3), note("a", 1), note("b", 1.5))
    before = loop.time()
    for _ in range(50):
        await asyncio.sleep(0)
    assert seen == [("a", 1), ("b", 1.5), ("c", 3)]
    assert loop.time() == before


def test_time_too_far_to_be_exact_is_an_error() -> None:
    with pytest.raises(OverflowError, match="4e\\+06 s only"):
        run(asyncio.sleep(FAR_FUTURE * 2))


@virtual
async def test_timeouts_are_virtual_too() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 30)
    assert asyncio.get_running_loop().time() == pytest.approx(30)


def test_a_hang_is_a_deadlock_that_names_who_waits() -> None:
    async def scenario() -> None:
        await asyncio.create_task(asyncio.Event().wait(), name="the forgotten one")

    with pytest.raises(Deadlock, match="the forgotten one"):
        run(scenario())


def test_a_task_left_behind_is_an_error() -> None:
    keep: list[object] = []

    async def scenario() -> None:
        keep.append(asyncio.create_task(asyncio.sleep(3600), name="leftover"))

    with pytest.raises(AssertionError, match="leftover"):
        run(scenario())


def test_an_exception_nobody_fetched_is_an_error() -> None:
    async def scenario() -> None:
        asyncio.get_running_loop().create_future().set_exception(ValueError("unseen"))

    with pytest.raises(AssertionError, match="unseen"):
        run(scenario())


def test_the_watch_sees_every_iteration() -> None:
    looks: list[float] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.watch = lambda: looks.append(loop.time())
        await asyncio.sleep(1)
        await asyncio.sleep(1)

    run(scenario())
    assert looks[0] == 0
    assert looks[-1] == 2


def test_both_kinds_of_tasks_are_tried_and_named() -> None:
    factories: list[object] = []

    @virtual
    async def scenario() -> None:
        factories.append(asyncio.get_running_loop().get_task_factory())
        if factories[-1] is not None:
            raise ValueError("as told")

    if sys.version_info >= (3, 12):
        with pytest.raises(ValueError, match="as told") as caught:
            scenario()
        assert caught.value.__notes__ == ["with eager tasks"]
    else:
        scenario()
    assert len(factories) == len(list(modes()))
