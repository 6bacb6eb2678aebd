"""Things to await."""

from __future__ import annotations

import asyncio
import types
from typing import TYPE_CHECKING, Any

import pytest

from refpool.utils import Deferred, Ready

if TYPE_CHECKING:
    from collections.abc import Generator


async def answer() -> int:
    await asyncio.sleep(0)
    return 7


THINGS = [lambda: Ready(7), lambda: Deferred(answer)]


@pytest.mark.parametrize("make", THINGS)
async def test_it_can_be_awaited_in_each_of_asyncios_ways(make: Any) -> None:
    """await, yield from, gather, wait_for, ensure_future, create_task."""

    @types.coroutine
    def generator() -> Generator[Any, Any, Any]:
        return (yield from make())

    assert await make() == 7
    assert await generator() == 7
    assert list(await asyncio.gather(make(), make())) == [7, 7]
    assert await asyncio.wait_for(make(), 5) == 7
    assert await asyncio.ensure_future(make()) == 7
    assert await asyncio.create_task(make()) == 7


@pytest.mark.parametrize("make", THINGS)
async def test_a_cancelled_task_ends_cancelled(make: Any) -> None:
    """Before its first step, and in the middle."""
    task = asyncio.create_task(make())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_is_cancelled_where_it_waits() -> None:
    """The coroutine inside is told."""
    told = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.set()

    task = asyncio.create_task(Deferred(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.is_set()


async def test_a_value_that_is_there_takes_no_turn() -> None:
    """Awaiting it never suspends, and it can be asked without awaiting."""
    ready = Ready(7)
    with pytest.raises(StopIteration) as stop:
        next(ready.__await__())
    assert stop.value.value == 7
    assert (ready.done(), ready.result()) == (True, 7)
    ready.close()


def test_work_never_awaited_has_cost_nothing() -> None:
    """Nothing is made, nothing warned of; close() is harmless, and stops what has begun."""
    made = []

    async def work() -> None:
        await asyncio.sleep(0)

    def make() -> Any:
        made.append(1)
        return work()

    deferred: Deferred[None] = Deferred(make)
    deferred.close()
    assert made == []
    begun: Deferred[None] = Deferred(make)
    begun.send(None)
    begun.close()
    assert made == [1]


@pytest.mark.parametrize("args", [(ValueError("x"),), (ValueError, ValueError("x")), (ValueError,)])
def test_throw_takes_each_form(args: Any) -> None:
    """The abstract class has three arguments, of which Python uses one."""
    with pytest.raises(ValueError, match=r"x|^$"):
        Deferred(answer).throw(*args)
    with pytest.raises(ValueError, match=r"x|^$"):
        Ready(1).throw(*args)
