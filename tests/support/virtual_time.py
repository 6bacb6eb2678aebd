"""An event loop on virtual time: thirty seconds cost microseconds, and a scenario that hangs stops at once.

Time stands still while anything is ready to run and jumps to the next timer when nothing is. When there is neither,
nothing can ever happen again, and ``run`` raises Deadlock with the names of the tasks that still wait. The loop knows
no sockets: what is not a timer, a future or a task does not belong into a scenario on virtual time, since its arrival
could not be told from never.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import selectors
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

__all__ = ["Deadlock", "VirtualTimeLoop", "run", "virtual"]

T = TypeVar("T")

# Seconds. asyncio takes timers as due within a nanosecond; beyond this the next float is further away than that, and a
# loop whose clock does not move by itself would never reach it.
FAR_FUTURE = 4e6
Scenario = Callable[..., Coroutine[Any, Any, None]]


class Deadlock(AssertionError):
    """Nothing is ready, no timer is set: what still waits will wait for ever."""


class _JumpingSelector(selectors.BaseSelector):
    """Stands where the loop would wait for sockets, and moves the clock instead."""

    def __init__(self) -> None:
        self.keys: dict[int, selectors.SelectorKey] = {}
        self.loop: VirtualTimeLoop | None = None

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Keep the key of the loop's own wake-up socket, which nothing uses here."""
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self.keys[key.fd] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget it."""
        return self.keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """All keys by file descriptor."""
        return self.keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Called once an iteration: timeout 0 when something is ready, None when nothing ever will be."""
        assert self.loop is not None
        self.loop.between_iterations(timeout)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps.

    Attributes:
        watch: called before each iteration, for invariants that must hold whenever other code may look.
        complaints: what asyncio reported through the exception handler; ``run`` raises when there is any.
    """

    def __init__(self) -> None:
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self
        self._now = 0.0
        self.watch: Callable[[], None] | None = None
        self.complaints: list[str] = []
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def between_iterations(self, timeout: float | None) -> None:
        """Look, then let time pass."""
        if self.watch is not None:
            self.watch()
        if timeout is None:
            waiting = sorted(f"{task.get_name()}: {_where(task)}" for task in asyncio.all_tasks(self))
            raise Deadlock(f"at {self._now:g} s nothing is left to wait for; still pending: " + "; ".join(waiting))
        self._now += timeout
        if self._now > FAR_FUTURE:
            raise OverflowError(
                f"virtual time has come to {self._now:g} s; the loop is exact up to {FAR_FUTURE:g} s only"
            )

    def _complain(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.append(f"{context['message']}: {context.get('exception') or context.get('task') or context}")


def _where(task: asyncio.Task[Any]) -> str:
    """The place of a suspended task, innermost frame."""
    frames = task.get_stack()
    return f"line {frames[-1].f_lineno} of {frames[-1].f_code.co_name}" if frames else "not started"


def run(main: Coroutine[Any, Any, T], *, eager: bool = False, debug: bool = False) -> T:
    """Run a scenario to its end on a loop of its own.

    Args:
        main: the scenario.
        eager: with asyncio.eager_task_factory (Python 3.12 and later).
        debug: asyncio's debug mode.

    Raises:
        Deadlock: it can never end.
        AssertionError: it left tasks behind, or asyncio complained (an exception never retrieved, for one).
    """
    with asyncio.Runner(debug=debug, loop_factory=VirtualTimeLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualTimeLoop)
        if eager:
            loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009 - unknown to Python 3.11's types
        try:
            result = runner.run(main)
        except Deadlock:
            loop.watch = None
            _abandon(loop)
            raise
        loop.watch = None
        leftovers = sorted(task.get_name() for task in asyncio.all_tasks(loop))
        if leftovers:
            _abandon(loop)
            raise AssertionError(f"the scenario ended, these tasks did not: {', '.join(leftovers)}")
        if loop.complaints:
            raise AssertionError(f"asyncio complained: {loop.complaints}")
    return result


def _abandon(loop: VirtualTimeLoop) -> None:
    """Cancel what is left, so that the loop can be closed in silence."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    for _ in range(100):  # a task may swallow a cancellation, but not for ever
        if all(task.done() for task in tasks):
            break
        loop.call_soon(loop.stop)
        loop.run_forever()


def modes() -> Iterator[bool]:
    """Task factories to run a scenario under: the plain one, and the eager one where it exists."""
    yield False
    if sys.version_info >= (3, 12):
        yield True


def virtual(scenario: Scenario) -> Callable[..., None]:
    """Make a plain test of a scenario: it runs on virtual time, with plain tasks and then with eager ones."""

    @functools.wraps(scenario)
    def test(*args: Any, **kwargs: Any) -> None:
        for eager in modes():
            try:
                run(scenario(*args, **kwargs), eager=eager)
            except BaseException as error:
                if eager:
                    error.add_note("with eager tasks")
                raise

    return test


def collected() -> int:
    """Objects alive after a full collection, for tests that count what stays behind."""
    gc.collect()
    return len(gc.get_objects())
