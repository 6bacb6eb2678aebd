"""The deterministic loop and its runner: virtual time, deadlocks, runaways, tasks, and what is not simulated."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import datetime
import gc
import logging
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql.simulation import (
    DeadlockError,
    Network,
    NotSimulated,
    RunawayError,
    SimulatedLoop,
    Simulation,
    SimulationError,
    loop_factory,
    running_loop,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

EAGER = [False, True] if sys.version_info >= (3, 12) else [False]


async def wait_for_ever() -> None:
    await asyncio.get_running_loop().create_future()


# Running.


def test_run_answers_with_the_result_and_may_be_called_again() -> None:
    """A simulation runs several coroutines, one after the other, on one loop and in one context."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def count() -> tuple[int, asyncio.AbstractEventLoop]:
        variable.set(variable.get() + 1)
        return variable.get(), asyncio.get_running_loop()

    with Simulation() as sim:
        assert sim.run(count()) == (1, sim.loop)
        assert sim.run(count()) == (2, sim.loop)
        assert sim.run(count(), context=contextvars.Context()) == (1, sim.loop)
        assert running_in(sim) is sim.loop
    assert variable.get() == 0
    assert sim.loop.is_closed()
    sim.close()


def running_in(sim: Simulation) -> SimulatedLoop:
    async def ask() -> SimulatedLoop:
        return running_loop()

    return sim.run(ask())


def test_an_exception_comes_out_of_run() -> None:
    async def fail() -> None:
        raise LookupError("mine")

    with Simulation() as sim, pytest.raises(LookupError, match="mine"):
        sim.run(fail())


def test_run_wants_a_coroutine_and_no_running_loop() -> None:
    async def inner() -> None:
        with Simulation() as other, pytest.raises(RuntimeError, match="running event loop"):
            other.loop.run_until_complete(other.loop.create_future())

    async def outer(sim: Simulation) -> None:
        with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
            sim.run(inner())

    with Simulation() as sim:
        sim.run(outer(sim))
        with pytest.raises(ValueError, match="a coroutine was expected, got None"):
            sim.run(None)  # type: ignore[arg-type] # the error is the point


@pytest.mark.parametrize("eager", EAGER)
def test_tasks_left_over_are_cancelled_in_order_of_creation(eager: bool) -> None:
    ended: list[int] = []

    async def linger(number: int) -> None:
        try:
            await wait_for_ever()
        finally:
            ended.append(number)

    async def main() -> None:
        asyncio.get_running_loop().keep = [asyncio.create_task(linger(n)) for n in range(20)]  # type: ignore[attr-defined]
        await asyncio.sleep(1)

    with Simulation(eager_tasks=eager) as sim:
        sim.run(main())
        assert ended == []
    assert ended == list(range(20))


def test_a_task_that_fails_when_it_is_cancelled_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> None:
        try:
            await wait_for_ever()
        finally:
            raise OSError("on the way out")

    async def main(sim: Simulation) -> asyncio.Task[None]:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        return task

    with caplog.at_level(logging.ERROR, "asyncio"), Simulation() as sim:
        task = sim.run(main(sim))
    assert "left over failed when the simulation cancelled it" in caplog.text
    assert "on the way out" in caplog.text
    assert task.done()


@pytest.mark.parametrize("failing", [False, True])
def test_a_task_that_does_not_end_is_named(failing: bool) -> None:
    """A task that takes its cancellation and waits on is named; an error that is on its way already stays the error."""

    async def immortal() -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await wait_for_ever()

    async def main() -> None:
        asyncio.get_running_loop().keep = asyncio.create_task(immortal())  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        if failing:
            raise LookupError("first")

    with pytest.raises(LookupError if failing else SimulationError) as caught, Simulation() as sim:
        sim.run(main())
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "immortal" in text
    assert sim.loop.is_closed()
    sim.loop.keep = None  # type: ignore[attr-defined]


def test_connections_left_open_are_aborted_at_the_end() -> None:
    """Nobody complains of them later, at the mercy of the garbage collector; a test that cares looks at the links."""
    told: list[object] = []

    class Told(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            told.append(error)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Told, "127.0.0.1", 3306)
        await loop.create_connection(Told, "127.0.0.1", 3306)
        await asyncio.sleep(1)

    with Simulation() as sim:
        sim.run(main())
        assert len(sim.network.links) == 1
        assert told == []
    assert told == [None, None]
    assert not sim.network.links


def test_what_begins_again_and_again_is_named() -> None:
    async def again() -> None:
        try:
            await wait_for_ever()
        except asyncio.CancelledError:
            running_loop().keep = asyncio.create_task(again())  # type: ignore[attr-defined]

    async def main() -> None:
        running_loop().keep = asyncio.create_task(again())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    sim = Simulation()
    sim.run(main())
    with pytest.raises(SimulationError, match="something new begins"):
        sim.close()
    sim.loop.keep._log_destroy_pending = False  # type: ignore[attr-defined] # it is the fault that was to be found
    sim.loop.keep.get_coro().close()  # type: ignore[attr-defined]


def test_asynchronous_generators_are_closed() -> None:
    closed = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def main() -> AsyncIterator[int]:
        generator = numbers()
        await anext(generator)
        return generator

    with Simulation() as sim:
        generator = sim.run(main())
        assert not closed
    assert closed
    del generator


# Time.


def test_time_is_virtual_everywhere() -> None:
    """sleep, timeouts and call_later take the virtual seconds they say, and no real ones."""

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(3600)
        times = [loop.time() - began]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await wait_for_ever()
        times.append(loop.time() - began)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait_for_ever(), 0.5)
        times.append(loop.time() - began)
        called = loop.create_future()
        loop.call_at(began + 86_400 * 3, called.set_result, None)
        await called
        times.append(loop.time() - began)
        return times

    real = time.monotonic()
    with Simulation() as sim:
        assert sim.run(main()) == pytest.approx([3600, 3630, 3630.5, 86_400 * 3])
        assert sim.elapsed == pytest.approx(86_400 * 3)
        assert sim.now == sim.loop.time()
    assert time.monotonic() - real < 5


def test_the_clock_does_not_begin_at_zero() -> None:
    """A real monotonic clock is never 0, and code may take 0.0 for 'never'."""
    with Simulation() as sim:
        assert sim.now > 0
        assert sim.elapsed == 0


def test_the_date_is_virtual_for_who_asks_the_loop() -> None:
    with Simulation() as sim:
        assert sim.loop.utcnow() == datetime.datetime(2030, 1, 1, 12)
        sim.run(asyncio.sleep(86_400.5))
        assert sim.loop.utcnow() == datetime.datetime(2030, 1, 2, 12, 0, 0, 500_000)
        assert sim.loop.utcnow().tzinfo is None


def test_call_soon_is_first_in_first_out() -> None:
    async def main() -> list[int]:
        order: list[int] = []
        for number in range(100):
            asyncio.get_running_loop().call_soon(order.append, number)
        await asyncio.sleep(0)
        return order

    for seed in range(5):
        with Simulation(seed) as sim:
            assert sim.run(main()) == list(range(100))


# Deadlock and runaway.


def test_a_deadlock_is_found_at_once_and_says_who_waits_where() -> None:
    """The report names every pending task, with the whole chain of awaits, the links and the end of the timeline."""

    async def innermost(lock: asyncio.Lock) -> None:
        async with lock:
            raise AssertionError("nobody gives the lock back")

    async def waiter(lock: asyncio.Lock) -> None:
        await innermost(lock)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        await asyncio.start_server(accept, "127.0.0.1", 3306)
        _reader, writer = await asyncio.open_connection("127.0.0.1", 3306)
        writer.write(b"hello")
        await asyncio.sleep(1)
        running_loop().note("now we wait")
        await asyncio.gather(waiter(lock), asyncio.create_task(waiter(lock), name="named waiter"))

    with Simulation(11) as sim:
        with pytest.raises(DeadlockError) as caught:
            sim.run(main())
        text = str(caught.value)
        # 3.11 tells of a server's handler that was cancelled as if it had failed
        sim.loop.set_exception_handler(lambda loop, context: None)
    assert text.startswith(
        "nothing can ever run again: no callback is ready, no timer is set, and no byte is on its way."
    )
    assert "Virtual time 1.000000 s" not in text  # a connect comes before the second
    assert "seed 11" in text
    assert "Pending tasks: 4" in text
    assert text.index("main)") < text.index("accept)") < text.index("named waiter (") < text.index("Task-4 (")
    assert text.count("in innermost: async with lock") == 2
    assert text.count("in waiter: await innermost(lock)") == 2
    assert "in accept: await reader.read()" in text
    assert "#1 127.0.0.1:32768 > 127.0.0.1:3306" in text
    assert text.splitlines()[-1].endswith("note now we wait")


def test_a_deadlock_without_tasks_says_so() -> None:
    with Simulation() as sim, pytest.raises(DeadlockError, match=r"\(no task\)") as caught:
        sim.loop.run_until_complete(sim.loop.create_future())
    assert "(none)" in str(caught.value)
    assert "(empty)" in str(caught.value)


def test_a_deadlock_shows_generators_and_what_has_no_frame() -> None:
    class Opaque:
        def __await__(self) -> Any:
            return iter(asyncio.get_running_loop().create_future())

    async def generator() -> AsyncIterator[None]:
        await Opaque()
        yield

    async def main() -> None:
        async for _ in generator():
            pass

    with Simulation() as sim, pytest.raises(DeadlockError, match="in main: async for _ in generator"):
        sim.run(main())


class Framed(Coroutine[Any, Any, None]):
    """A coroutine in an object, as drivers make them for what may be awaited and entered alike."""

    def __init__(self, *coroutines: Coroutine[Any, Any, None]) -> None:
        self.coroutines = coroutines
        if len(coroutines) == 1:
            self.only = coroutines[0]

    def send(self, value: Any) -> Any:
        return self.coroutines[0].send(value)

    def throw(self, *error: Any) -> Any:
        return self.coroutines[0].throw(*error)

    def close(self) -> None:
        for coroutine in self.coroutines:
            coroutine.close()

    def __await__(self) -> Any:
        return self.coroutines[0].__await__()


def test_a_deadlock_shows_a_coroutine_that_has_no_frames_by_its_name() -> None:
    """Compiled coroutines are such."""
    several = Framed(wait_for_ever(), wait_for_ever())
    with Simulation() as sim, pytest.raises(DeadlockError, match=r"Task-1 \(Framed\)\n    \(not started, or"):
        sim.run(several)
    several.close()


@pytest.mark.parametrize("is_awaited", [False, True])
def test_a_deadlock_shows_what_an_object_around_a_coroutine_waits_for(is_awaited: bool) -> None:
    async def main() -> None:
        await Framed(wait_for_ever())

    with Simulation() as sim, pytest.raises(DeadlockError) as caught:
        sim.run(main() if is_awaited else Framed(wait_for_ever()))
    assert "in wait_for_ever: await asyncio.get_running_loop().create_future()" in str(caught.value)


def test_a_deadlock_names_threads_that_somebody_may_wait_for() -> None:
    async def main() -> None:
        found = asyncio.get_running_loop().create_future()
        thread = threading.Thread(target=ended.wait, name="the finder")
        thread.start()
        try:
            await found
        finally:
            ended.set()
            thread.join()

    ended = threading.Event()
    with (
        pytest.raises(DeadlockError, match=r"Other threads: .*'the finder'.*inline_executor=True"),
        Simulation() as sim,
    ):
        sim.run(main())


def test_a_failure_of_the_world_shows_none_of_its_own_lines_in_pytest() -> None:
    """The text says who waits where; the lines of the loop would only stand in the way."""
    with Simulation(max_iterations=100) as sim:
        for error, function in ((DeadlockError, wait_for_ever), (RunawayError, spin)):
            with pytest.raises(error) as caught:
                sim.run(function())
            assert [str(entry.path) for entry in caught.traceback.filter(caught)] == [__file__]


async def spin() -> None:
    while True:  # noqa: ASYNC110 # it is the fault to be found
        await asyncio.sleep(0)


def test_after_a_deadlock_the_simulation_goes_on() -> None:
    async def later() -> str:
        await asyncio.sleep(1)
        return "fine"

    with Simulation() as sim:
        with pytest.raises(DeadlockError):
            sim.run(wait_for_ever())
        assert sim.run(later()) == "fine"


def test_a_loop_that_spins_is_given_up() -> None:
    with Simulation(max_iterations=500) as sim:
        with pytest.raises(RunawayError, match="500 loop iterations are over") as caught:
            sim.run(spin())
        assert "in spin: await asyncio.sleep(0)" in str(caught.value)


@pytest.mark.parametrize("networked", [False, True])
def test_a_run_that_takes_too_long_is_given_up(networked: bool) -> None:
    """A heartbeat that never ends is no deadlock; the limit of virtual time finds it, between timers as in traffic."""

    async def heartbeat() -> None:
        while True:  # noqa: ASYNC110 # it is the fault to be found
            await asyncio.sleep(60)

    async def dial() -> None:
        while True:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", 1)

    with Simulation(network=Network(latency=(30, 30)), max_seconds=3600) as sim:
        with pytest.raises(RunawayError, match="3,600 virtual seconds are over"):
            sim.run(dial() if networked else heartbeat())
        assert 3600 <= sim.elapsed < 3700


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("years", [1, 30])
def test_years_pass(years: int, debug: bool) -> None:
    """Then the clock has few digits left behind the point, and timers must be over all the same."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for odd in (0.0, 0.1, 1 / 3):
            began = loop.time()
            await asyncio.sleep(years * 365 * 86_400 + odd)
            await asyncio.sleep(1e-9)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wait_for_ever(), 0.3)
            assert loop.time() - began == pytest.approx(years * 365 * 86_400 + odd + 0.3, rel=1e-12, abs=1e-4)

    with Simulation(max_seconds=1e12) as sim:
        sim.loop.set_debug(debug)
        sim.run(main())


def test_limits_count_for_each_run() -> None:
    async def some() -> None:
        for _ in range(300):
            await asyncio.sleep(1)

    with Simulation(max_iterations=700, max_seconds=310) as sim:
        for _ in range(5):
            sim.run(some())
        assert 300 < sim.loop.iterations < 700


# Between iterations.


def test_watchers_are_called_between_iterations_and_at_the_end() -> None:
    seen = []
    state = 0

    async def main() -> None:
        nonlocal state
        for state in (1, 2, 3):  # noqa: B007 # the watcher reads it
            await asyncio.sleep(0)
        state = 4

    with Simulation() as sim:
        stop = sim.after_each_iteration(lambda: seen.append(state))
        sim.run(main())
        assert sorted(set(seen)) == [0, 1, 2, 3, 4]
        stop()
        count = len(seen)
        sim.run(main())
        assert len(seen) == count


def test_what_a_watcher_raises_ends_the_run() -> None:
    counter = 0

    async def main() -> None:
        nonlocal counter
        while True:
            counter += 1
            await asyncio.sleep(0)

    def watch() -> None:
        if counter > 10:
            raise AssertionError(f"invariant broken at {counter}")

    with Simulation() as sim:
        stop = sim.after_each_iteration(watch)
        with pytest.raises(AssertionError, match="invariant broken at 11"):
            sim.run(main())
        stop()


# Tasks.


def test_tasks_are_numbered_and_named_for_each_loop_afresh() -> None:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(asyncio.sleep(0), name="mine")]
        await asyncio.wait(tasks)
        return [task.get_name() for task in tasks]

    for _ in range(3):
        with Simulation() as sim:
            assert sim.run(main()) == ["Task-2", "mine"]


@pytest.mark.parametrize("eager", EAGER)
def test_a_task_group_cancels_in_the_same_order_in_every_run(eager: bool) -> None:
    """asyncio keeps a group's tasks in a set; ordinary tasks hash by their place in memory."""

    def history(ballast: int) -> list[int]:
        order: list[int] = []

        async def member(number: int) -> None:
            try:
                await wait_for_ever()
            finally:
                order.append(number)

        async def main() -> None:
            _elsewhere = [object() for _ in range(ballast)]
            with contextlib.suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    for number in range(50):
                        group.create_task(member(number))
                    await asyncio.sleep(0)
                    raise LookupError

        with Simulation(eager_tasks=eager) as sim:
            sim.run(main())
        return order

    assert history(0) == history(1000) == history(12_345)


def test_a_task_factory_is_used_and_given_back() -> None:
    made = []

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coro.__name__)
        return asyncio.Task(coro, loop=loop, **options)

    async def child() -> None:
        await asyncio.sleep(0)

    async def main() -> None:
        task = asyncio.create_task(child(), name="named")
        assert task.get_name() == "named"
        await task

    with Simulation() as sim:
        assert sim.loop.get_task_factory() is None
        sim.loop.set_task_factory(factory)
        assert sim.loop.get_task_factory() is factory
        sim.run(main())
        sim.loop.set_task_factory(None)
        sim.run(asyncio.sleep(0))
    assert made == ["main", "child"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_need_python_3_12() -> None:
    with pytest.raises(NotSimulated, match=r"3\.12"):
        Simulation(eager_tasks=True)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_begin_at_once() -> None:
    async def main() -> bool:
        begun = []

        async def child() -> None:
            begun.append(True)
            await asyncio.sleep(0)

        task = asyncio.create_task(child())
        at_once = bool(begun)
        await task
        return at_once

    with Simulation(eager_tasks=True) as sim:
        assert sim.run(main())
        assert sim.loop.get_task_factory() is getattr(asyncio, "eager_task_factory")  # noqa: B009 # absent in 3.11
    with Simulation() as sim:
        assert not sim.run(main())


def test_a_closed_loop_makes_no_task() -> None:
    with Simulation() as sim:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        sim.loop.create_task(asyncio.sleep(0))
    with pytest.raises(RuntimeError, match="closed"):
        sim.run(asyncio.sleep(0))


# The loop alone.


def test_the_loop_factory_serves_asyncio_runner() -> None:
    with asyncio.Runner(loop_factory=loop_factory(5, Network.instant(), max_iterations=1000)) as runner:
        runner.run(asyncio.sleep(1000))
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        assert loop.seed == 5
        assert loop.network.settings == Network.instant()
    assert loop.is_closed()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio.run takes a loop factory from 3.12 on")
def test_the_loop_factory_serves_asyncio_run() -> None:
    async def main() -> int | str:
        await asyncio.sleep(1000)
        return running_loop().seed

    assert asyncio.run(main(), loop_factory=loop_factory("name"), debug=True) == "name"  # type: ignore[call-arg]


def test_running_loop_refuses_another_loop() -> None:
    async def main() -> None:
        with pytest.raises(NotSimulated, match="no simulated one"):
            running_loop()

    asyncio.run(main())


@pytest.mark.parametrize("cancelled", [0, 50, 300])
def test_iterations_are_the_same_as_asyncios_own(cancelled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With asyncio's iteration (in debug mode, on Pythons to come) and with ours, order and times are the same."""

    def history(*, debug: bool = False) -> list[tuple[str, float, int]]:
        seen: list[tuple[str, float, int]] = []

        def see(what: str) -> None:
            seen.append((what, sim.loop.time(), sim.loop.iterations))

        async def sleep(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            see(name)
            await asyncio.sleep(0)
            see(f"{name} again")

        async def main() -> None:
            loop = sim.loop
            timers = [loop.call_later(0.001 * number, see, f"cancelled {number}") for number in range(cancelled)]
            loop.call_later(100_000.1, see, "after more than a day")
            handle = loop.call_soon(see, "cancelled before it ran")
            handle.cancel()
            for timer in timers:
                timer.cancel()
            await asyncio.gather(*(sleep(f"task {number}", sim.random.random() / 3) for number in range(20)))
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.sleep(100_001)

        with Simulation(seed=3, debug=debug) as sim:
            sim.run(main())
        return seen

    ours = history()
    assert len(ours) == 41
    assert history(debug=True) == ours
    monkeypatch.setattr("fakemysql.simulation.loop.KNOWN_PYTHONS", (3, 11))
    iterations = 0
    run_once = vars(asyncio.BaseEventLoop)["_run_once"]

    def counted(loop: asyncio.BaseEventLoop) -> None:
        nonlocal iterations
        iterations += 1
        run_once(loop)

    monkeypatch.setattr(asyncio.BaseEventLoop, "_run_once", counted)
    assert history() == ours
    assert iterations >= ours[-1][2]


def test_debug_mode_works() -> None:
    async def main() -> bool:
        await asyncio.sleep(10)
        task = asyncio.create_task(asyncio.sleep(0.1))
        await task
        return asyncio.get_running_loop().get_debug()

    with Simulation(debug=True) as sim:
        assert sim.run(main())


def test_nothing_real_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is made, not even the pipe by which asyncio wakes itself."""

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a real socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "socketpair", refuse)

    async def main() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        server = await asyncio.start_server(answer, "localhost", 3306)
        reader, writer = await asyncio.open_connection("localhost", 3306)
        writer.write(b"x\n")
        line = await reader.read()
        writer.close()
        server.close()
        await server.wait_closed()
        return line

    with Simulation() as sim:
        assert sim.run(main()) == b"x\n"


def test_a_closed_simulation_leaves_nothing_behind() -> None:
    """After a clean end no ring of references is left for the garbage collector, ten thousand simulations or one."""

    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await reader.read()
            writer.close()
            await writer.wait_closed()
            handled.set()

        handled = asyncio.Event()
        server = await asyncio.start_server(answer, "localhost", 3306)
        reader, writer = await asyncio.open_connection("localhost", 3306)
        writer.write(b"x\n")
        await reader.readline()
        writer.close()
        await writer.wait_closed()
        await handled.wait()
        server.close()
        await server.wait_closed()

    def once() -> list[weakref.ref[Any]]:
        with Simulation() as sim:
            sim.run(main())
            return [weakref.ref(sim.loop), weakref.ref(sim.network)]

    once()
    gc.collect()
    gc.disable()
    try:
        assert [reference() for reference in once()] == [None, None]
    finally:
        gc.enable()


def test_the_selector_still_serves_when_the_loop_is_closed_twice() -> None:
    loop = SimulatedLoop()
    loop.close()
    loop.close()
    assert loop.is_closed()


# What is not simulated.

REFUSED: dict[str, Callable[[SimulatedLoop], object]] = {
    "add_reader": lambda loop: loop.add_reader(0, print),
    "add_writer": lambda loop: loop.add_writer(0, print),
    "add_signal_handler": lambda loop: loop.add_signal_handler(signal.SIGINT, print),
    "connect_accepted_socket": lambda loop: loop.connect_accepted_socket(asyncio.Protocol, None),
    "connect_read_pipe": lambda loop: loop.connect_read_pipe(asyncio.Protocol, None),
    "connect_write_pipe": lambda loop: loop.connect_write_pipe(asyncio.Protocol, None),
    "create_datagram_endpoint": lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol),
    "run_in_executor": lambda loop: loop.run_in_executor(None, print),
    "sendfile": lambda loop: loop.sendfile(None, None),
    "set_default_executor": lambda loop: loop.set_default_executor(concurrent.futures.ThreadPoolExecutor()),
    "sock_accept": lambda loop: loop.sock_accept(None),
    "sock_connect": lambda loop: loop.sock_connect(None, ("127.0.0.1", 1)),
    "sock_recv": lambda loop: loop.sock_recv(None, 1),
    "sock_recv_into": lambda loop: loop.sock_recv_into(None, bytearray(1)),
    "sock_recvfrom": lambda loop: loop.sock_recvfrom(None, 1),
    "sock_recvfrom_into": lambda loop: loop.sock_recvfrom_into(None, bytearray(1)),
    "sock_sendall": lambda loop: loop.sock_sendall(None, b""),
    "sock_sendfile": lambda loop: loop.sock_sendfile(None, None),
    "sock_sendto": lambda loop: loop.sock_sendto(None, b"", None),
    "subprocess_exec": lambda loop: loop.subprocess_exec(asyncio.SubprocessProtocol, "true"),
    "subprocess_shell": lambda loop: loop.subprocess_shell(asyncio.SubprocessProtocol, "true"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_simulated_says_its_name(name: str) -> None:
    with Simulation() as sim, pytest.raises(NotSimulated, match=rf"loop\.{name}\(\) is not simulated: \w+"):
        REFUSED[name](sim.loop)


def test_every_method_of_an_event_loop_is_answered_or_refused() -> None:
    """No method is left that would raise asyncio's own bare NotImplementedError or reach for a real socket."""
    kept_from_base = {name for name in vars(asyncio.BaseEventLoop) if not name.startswith("_")}
    ours = {name for name in vars(SimulatedLoop) if not name.startswith("_")}
    public = {name for name in vars(asyncio.AbstractEventLoop) if not name.startswith("_")}
    assert public - kept_from_base - ours == set()
    works_on_ours = {
        # scheduling, running and reporting, which BaseEventLoop does without touching the world
        *("call_at", "call_exception_handler", "call_later", "call_soon", "close", "create_future", "create_task"),
        *("default_exception_handler", "get_debug", "get_exception_handler", "get_task_factory", "is_closed"),
        *("is_running", "run_forever", "run_until_complete", "set_debug", "set_exception_handler", "set_task_factory"),
        *("shutdown_asyncgens", "shutdown_default_executor", "stop", "time", "call_soon_threadsafe"),
        *("start_tls", "slow_callback_duration"),
    }
    assert kept_from_base - ours - works_on_ours == set()


def test_threads_are_refused_by_name_and_inline_on_request() -> None:
    async def main() -> tuple[int, list[int]]:
        here = threading.get_ident()
        there = await asyncio.to_thread(threading.get_ident)
        with pytest.raises(ZeroDivisionError):
            await asyncio.get_running_loop().run_in_executor(None, lambda: 1 // 0)
        called: list[int] = []
        future = asyncio.get_running_loop().run_in_executor(None, called.append, 1)
        future.cancel()
        await asyncio.sleep(0)
        return there - here, called

    with Simulation(inline_executor=True) as sim:
        assert sim.run(main()) == (0, [])
    with Simulation() as sim, pytest.raises(NotSimulated, match="inline_executor=True"):
        sim.run(main())
    with pytest.raises(RuntimeError, match="closed"):
        SimulationClosed().loop.run_in_executor(None, print)


class SimulationClosed(Simulation):
    """One with threads, closed at once."""

    def __init__(self) -> None:
        super().__init__(inline_executor=True)
        self.close()


def test_call_soon_threadsafe_is_call_soon_in_the_loops_own_thread() -> None:
    async def main() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_soon(order.append, "first")
        loop.call_soon_threadsafe(order.append, "second")
        loop.call_soon(order.append, "third")
        await asyncio.sleep(0)
        failure: list[BaseException] = []

        def from_outside() -> None:
            try:
                loop.call_soon_threadsafe(order.append, "never")
            except NotSimulated as error:
                failure.append(error)

        thread = threading.Thread(target=from_outside)
        thread.start()
        thread.join()
        assert "another thread" in str(failure[0])
        return order

    with Simulation() as sim:
        sim.loop.call_soon_threadsafe(lambda: None)
        assert sim.run(main()) == ["first", "second", "third"]


def test_handlers_that_are_not_there_can_be_removed() -> None:
    with Simulation() as sim:
        assert not sim.loop.remove_signal_handler(signal.SIGINT)
        assert not sim.loop.remove_reader(0)
        assert not sim.loop.remove_writer(0)


def test_not_simulated_is_what_asyncio_raises_for_what_a_platform_lacks() -> None:
    """Code that goes on without signal handlers on Windows goes on without them here."""
    assert issubclass(NotSimulated, NotImplementedError)
    assert issubclass(DeadlockError, RuntimeError)
    assert issubclass(RunawayError, RuntimeError)
