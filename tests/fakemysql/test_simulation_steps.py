"""Steps: counting how often a task moves, and acting between two of its moves."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql.simulation import DeadlockError, Moment, Network, Simulation, Steps, cancellation_points, running_loop

if TYPE_CHECKING:
    from collections.abc import Generator

EAGER = [False, True] if sys.version_info >= (3, 12) else [False]


@contextlib.contextmanager
def world(eager: bool = False) -> Generator[Simulation]:
    with Simulation(eager_tasks=eager, network=Network.instant()) as sim:
        yield sim


def finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def three_waits(log: list[str]) -> str:
    """Waits by a bare yield, by a timer and by an event: four steps."""
    log.append("one")
    await asyncio.sleep(0)
    log.append("two")
    await asyncio.sleep(1)
    log.append("three")
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, finish, future)
    await future
    log.append("four")
    return "done"


@pytest.mark.parametrize("eager", EAGER)
def test_steps_are_counted(eager: bool) -> None:
    async def main() -> int:
        steps = Steps(three_waits([]))
        assert await asyncio.create_task(steps) == "done"
        assert not steps.acted
        return steps.count

    with world(eager) as sim:
        assert sim.run(main()) == 4


@pytest.mark.parametrize("eager", EAGER)
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_task_is_cancelled_between_two_steps(at: int, moment: Moment, eager: bool) -> None:
    """It has done `at` steps and no more; PARKED takes no virtual time beyond them, WOKEN takes the wait's."""

    async def main() -> tuple[list[str], float]:
        log: list[str] = []
        began = asyncio.get_running_loop().time()
        steps = Steps(three_waits(log), at=at, moment=moment)
        task = asyncio.create_task(steps)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert task.cancelling() == 1
        assert steps.acted
        assert steps.count == at + 1
        return log, asyncio.get_running_loop().time() - began

    with world(eager) as sim:
        log, seconds = sim.run(main())
    assert log == ["one", "two", "three"][:at]
    waits = [0, 1, 1]
    assert seconds == sum(waits[: at if moment is Moment.WOKEN else at - 1])


def test_woken_means_that_the_task_owns_what_it_has_not_seen() -> None:
    """The race that loses connections: the queue has handed over, the taker is cancelled before it runs."""

    def left(moment: Moment) -> int:
        async def main() -> int:
            queue: asyncio.Queue[int] = asyncio.Queue()
            given: asyncio.Future[int] = asyncio.get_running_loop().create_future()

            async def take() -> int:
                return await given

            steps = Steps(take(), at=1, moment=moment)
            task = asyncio.create_task(steps)
            await asyncio.sleep(1)
            if not given.cancelled():
                given.set_result(7)
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
            queue.put_nowait(0 if given.cancelled() else given.result())
            return queue.get_nowait()

        with world() as sim:
            return sim.run(main())

    assert left(Moment.PARKED) == 0
    assert left(Moment.WOKEN) == 7


def test_another_action_can_stand_in_for_the_cancel() -> None:
    async def main() -> str:
        acted: list[str] = []

        def act(task: asyncio.Task[Any]) -> None:
            acted.append(task.get_name())

        result = await asyncio.create_task(Steps(three_waits([]), at=2, act=act), name="user")
        assert acted == ["user"]
        return result

    with world() as sim:
        assert sim.run(main()) == "done"


def test_a_task_that_ends_before_the_step_meets_no_action() -> None:
    with world() as sim:
        assert not sim.run(counted_without_end()).acted


async def counted_without_end() -> Steps[None]:
    async def at_once() -> None:
        return None

    steps = Steps(at_once(), at=1)
    await asyncio.create_task(steps)
    return steps


def test_the_first_step_is_one() -> None:
    coroutine = three_waits([])
    with pytest.raises(ValueError, match="the first step is 1"):
        Steps(coroutine, at=0)
    coroutine.close()


def test_a_coroutine_that_is_not_run_can_be_closed() -> None:
    steps = Steps(three_waits([]))
    steps.close()
    assert steps.count == 0


def test_steps_can_be_awaited_inside_another_coroutine() -> None:
    """Then the outer task's steps are counted while it is in there, errors and cancellations come through."""

    async def main() -> None:
        steps = Steps(three_waits([]))
        assert await steps == "done"
        assert steps.count == 4

        async def fails() -> None:
            await asyncio.sleep(1)
            raise LookupError("inside")

        with pytest.raises(LookupError, match="inside"):
            await Steps(fails())

        async def recovers() -> str:
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(100)
            except TimeoutError:
                await asyncio.sleep(1)
                return "recovered"
            raise AssertionError("the timeout came")

        assert await Steps(recovers()) == "recovered"

    with world() as sim:
        sim.run(main())


def test_a_wrapped_coroutine_is_shown_like_any_other() -> None:
    async def main() -> None:
        await asyncio.create_task(Steps(stuck()), name="stuck one")

    async def stuck() -> None:
        await asyncio.get_running_loop().create_future()

    with world() as sim:
        with pytest.raises(DeadlockError, match=r"stuck one \(.*stuck\)") as caught:
            sim.run(main())
        assert "in stuck: await asyncio.get_running_loop().create_future()" in str(caught.value)
        (_, task) = sim.loop.pending_tasks()
        steps = task.get_coro()
        assert isinstance(steps, Steps)
        assert steps.cr_code is stuck.__code__
        assert not steps.cr_running
        assert task.get_stack()


def test_a_sweep_meets_every_await_of_a_scenario() -> None:
    """The way in which it is meant to be used: count once, then a world for each point. A lock must survive all."""

    async def scenario(lock: asyncio.Lock, outcomes: list[str]) -> None:
        async with lock:
            outcomes.append("locked")
            await asyncio.sleep(1)

    def play(at: int | None, moment: Moment = Moment.PARKED) -> tuple[int, bool, str]:
        async def main() -> tuple[int, bool, str]:
            lock = asyncio.Lock()
            outcomes: list[str] = []
            await lock.acquire()
            asyncio.get_running_loop().call_later(1, lock.release)
            steps = Steps(scenario(lock, outcomes), at=at, moment=moment)
            task = asyncio.create_task(steps)
            await asyncio.wait([task])
            await asyncio.wait_for(lock.acquire(), 10)  # full capacity is there
            return steps.count, task.cancelled(), "".join(outcomes)

        with world() as sim:
            return sim.run(main())

    count, cancelled, outcome = play(None)
    assert (count, cancelled, outcome) == (3, False, "locked")
    points = list(cancellation_points(count))
    assert points == [(1, Moment.PARKED), (1, Moment.WOKEN), (2, Moment.PARKED), (2, Moment.WOKEN)]
    assert [play(*point)[1:] for point in points] == [(True, ""), (True, ""), (True, "locked"), (True, "locked")]


def test_steps_over_the_network_are_the_same_in_every_run() -> None:
    async def main() -> int:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        async def ask() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", 3306)
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

        await asyncio.start_server(echo, "127.0.0.1", 3306)
        steps = Steps(ask())
        assert await running_loop().create_task(steps) == b"hello\n"
        return steps.count

    counts = set()
    for _ in range(3):
        with Simulation(3) as sim:
            counts.add(sim.run(main()))
    assert len(counts) == 1
