"""Tasks in words: what each one waits for, line by line, down to the innermost await.

asyncio's own `Task.print_stack` shows the outermost frame of a waiting task alone, which is nearly always the least
interesting one. Knows coroutines and frames, no loop and no network.
"""

from __future__ import annotations

import gc
import linecache
from collections.abc import Coroutine, Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator
    from types import FrameType

__all__ = ["describe_tasks"]


def awaiting_frames(coroutine: Any) -> Iterator[FrameType]:
    """Go down the chain of awaits: the coroutine's own frame first, the one that really waits last."""
    seen = 0
    while coroutine is not None and seen < 1000:  # a chain is no ring, but a wrapper of somebody's may make it one
        seen += 1
        for frame_name, next_name in (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await")):
            frame = getattr(coroutine, frame_name, None)
            if frame is not None:
                yield frame
                coroutine = getattr(coroutine, next_name)
                break
        else:
            coroutine = wrapped_in(coroutine)


def wrapped_in(wrapper: object) -> object | None:
    """Look into an object without a frame: what `coroutine.__await__()` gives, or an awaitable of a driver's own.

    Returns:
        The one coroutine or generator that it holds, None where it holds none or several.
    """
    held = [*gc.get_referents(wrapper), *getattr(wrapper, "__dict__", {}).values()]
    found = {id(one): one for one in held if isinstance(one, Coroutine | Generator)}
    return next(iter(found.values())) if len(found) == 1 else None


def describe_task(task: asyncio.Task[Any]) -> str:
    """Answer with the task's name and coroutine, and a line for each frame it waits in."""
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", type(coroutine).__name__)
    lines = [f"{task.get_name()} ({name})"]
    for frame in awaiting_frames(coroutine):
        code = frame.f_code
        number: int | None = frame.f_lineno  # a compiled coroutine's frame has none
        if number is None:
            lines.append(f"    {code.co_filename} in {code.co_name}")
        else:
            source = linecache.getline(code.co_filename, number).strip()
            lines.append(f"    {code.co_filename}:{number} in {code.co_name}: {source}")
    if len(lines) == 1:
        lines.append("    (not started, or it waits in code that shows no frame)")
    return "\n".join(lines)


def describe_tasks(tasks: Iterable[asyncio.Task[Any]]) -> str:
    """Answer with the description of every task, in the order given, or a line that says there is none."""
    return "\n".join(map(describe_task, tasks)) or "(no task)"
