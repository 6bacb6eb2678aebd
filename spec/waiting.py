"""Tasks in words: what each one waits for, line by line, down to the innermost await.

A clause that fails because something hangs is understood when one sees who waits where. asyncio's own
`Task.print_stack` shows the outermost frame alone, which is nearly always the least interesting one.

Knows: tasks, coroutines and frames. Kept from knowing: clauses, worlds, the loop.
"""

from __future__ import annotations

import gc
import inspect
import linecache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator
    from types import FrameType

SUITE = Path(__file__).parent
OWN = {str(SUITE / name) for name in ("bench.py", "sweep.py", "gates.py")}  # frames of these wait for others
HELPERS = {str(SUITE / "gates.py")}  # tasks that begin here are the world's, not the pool's
LONGEST_CHAIN = 100  # of awaits; a wrapper of somebody's may make a ring of it


def frames_of(coroutine: Any) -> Iterator[FrameType]:
    """The frames in which a coroutine waits, the outermost first."""
    for _ in range(LONGEST_CHAIN):
        for frame, inner in (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await")):
            found = getattr(coroutine, frame, None)
            if found is not None:
                yield found
                coroutine = getattr(coroutine, inner)
                break
        else:
            # What `__await__` of a coroutine gives shows nothing of it but to the garbage collector.
            coroutine = next((one for one in gc.get_referents(coroutine) if inspect.iscoroutine(one)), None)
            if coroutine is None:
                return


def line_of(frame: FrameType) -> str:
    """The line of source at which a frame stands, "" where there is none to be had."""
    number = frame.f_lineno or 0  # a frame may have none, whatever the stubs say
    return linecache.getline(frame.f_code.co_filename, number).strip()


def who_waits(tasks: Iterable[asyncio.Task[Any]]) -> list[str]:
    """A line a task and, indented, one a frame of it, in the order in which the tasks were created.

    Frames of the suite's own machinery are left out, and so are its own tasks.
    """
    lines = []
    for task in sorted(tasks, key=lambda task: (len(task.get_name()), task.get_name())):  # Task-9 before Task-10
        found = list(frames_of(task.get_coro()))
        told = [frame for frame in found if frame.f_code.co_filename not in OWN]
        if found and found[0].f_code.co_filename in HELPERS:
            continue
        if told:
            lines.append(told[0].f_code.co_qualname)
            lines += [f"    {_place(frame)}: {line_of(frame)}" for frame in told]
        elif not found:
            lines += [name_of(task), "    (it has not begun, or its code shows no frames)"]
    return lines


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} in {frame.f_code.co_name}"


def name_of(task: asyncio.Task[Any]) -> str:
    """A task's coroutine. Names of tasks count up through a process, addresses differ: neither is the same each run."""
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", type(coroutine).__name__)
