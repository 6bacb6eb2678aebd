"""Cancellation at every await: count the steps of a task, and do something at the k-th of them.

A task moves in steps. Each runs the coroutine from one await that really waits to the next; what can go wrong when a
task is cancelled goes wrong between two steps. There are two moments between step k and step k + 1:

- `Moment.PARKED`: step k has just ended, and what the task waits for has not come. A cancel here takes the wait away.
- `Moment.WOKEN`: it has come, and the task has not seen it yet. A cancel here meets a task that already owns what it
  was given: the place where connections get lost.

A sweep runs a scenario once and counts; then again, in a new world, for each k and each moment. Counting is done by a
coroutine around the coroutine, which works the same for compiled coroutines, for eager tasks and on every Python,
needs no place in the loop, and changes no order: the action at WOKEN is a callback on the awaited future that was there
before the task's own.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import CodeType, FrameType

__all__ = ["Moment", "Steps", "cancel", "cancellation_points"]

T = TypeVar("T")


class Moment(enum.Enum):
    """Where between two steps."""

    PARKED = "parked"
    WOKEN = "woken"


def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel the task: the usual action."""
    task.cancel()


class Steps(Coroutine[Any, Any, T]):
    """A coroutine that counts its steps and does something between two of them. Make a task of it:

        steps = Steps(scenario(), at=3, moment=Moment.WOKEN)
        task = asyncio.create_task(steps)

    Attributes:
        count: steps begun so far.
        acted: the action was done.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, T],
        *,
        at: int | None = None,
        moment: Moment = Moment.PARKED,
        act: Callable[[asyncio.Task[Any]], object] = cancel,
    ) -> None:
        """Wrap a coroutine.

        Args:
            coroutine: it.
            at: after how many steps to act, from 1; None is never, which only counts.
            moment: at once, or when what the task waits for has come.
            act: called with the task; the default cancels it.
        """
        if at is not None and at < 1:
            raise ValueError(f"at={at!r}: the first step is 1; to cancel a task that has not begun, cancel it yourself")
        self._coroutine = coroutine
        self._at = at
        self._moment = moment
        self._act = act
        self.count = 0
        self.acted = False
        self.__name__ = getattr(coroutine, "__name__", type(coroutine).__name__)
        self.__qualname__ = getattr(coroutine, "__qualname__", self.__name__)

    def send(self, value: Any) -> Any:
        """Do one step."""
        return self._between(self._begin().send(value))

    def throw(self, *error: Any) -> Any:
        """Do one step that begins with an error: a cancellation, or a failed wait."""
        return self._between(self._begin().throw(*error))

    def _begin(self) -> Coroutine[Any, Any, T]:
        self.count += 1
        return self._coroutine

    def _between(self, awaited: Any) -> Any:
        if self.count == self._at and not self.acted:
            task = asyncio.current_task()
            assert task is not None, "a task runs the steps"
            if self._moment is Moment.PARKED:
                self._do(task)
            elif awaited is None:  # a bare yield, as of sleep(0): the task goes on in the next iteration
                task.get_loop().call_soon(self._do, task)
            else:
                awaited.add_done_callback(lambda _: self._do(task))
        return awaited

    def _do(self, task: asyncio.Task[Any]) -> None:
        self.acted = True
        self._act(task)

    def close(self) -> None:
        """Close the coroutine."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, T]:
        """Let the wrapper be awaited in place of the coroutine; its steps count all the same."""
        value = None
        try:
            while True:
                awaited = self.send(None) if value is None else value
                value = None
                try:
                    yield awaited
                except BaseException as error:  # noqa: BLE001 # handed on as it came
                    value = self.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return] # a coroutine ends with its own result

    # What asyncio and reports look at to show where a task is.

    @property
    def cr_frame(self) -> FrameType | None:
        """The coroutine's frame."""
        return getattr(self._coroutine, "cr_frame", None)

    @property
    def cr_await(self) -> Any:
        """What the coroutine awaits."""
        return getattr(self._coroutine, "cr_await", None)

    @property
    def cr_code(self) -> CodeType | None:
        """The coroutine's code."""
        return getattr(self._coroutine, "cr_code", None)

    @property
    def cr_running(self) -> bool:
        """Whether it runs at this moment."""
        return bool(getattr(self._coroutine, "cr_running", False))


def cancellation_points(steps: int) -> Iterator[tuple[int, Moment]]:
    """Answer with every (k, moment) between the steps of a task that took so many: the sweep's list."""
    for k in range(1, steps):
        for moment in Moment:
            yield k, moment
