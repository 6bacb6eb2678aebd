"""Chapter 10's instrument: the gates that a connection passes in its life, and what it may meet at each.

Knows: how the wire is told to be slow, to break off, or to say nothing for ever. Kept from knowing: drivers, and how
waiting is made to take no time: the clauses run where seconds are virtual.

There are seven gates: connect, greeting, login; statement, rollback (or reset, where a pool does that), ping; close.
At each a connection meets one of four *fates*. Behind an error or a silence lies no further gate, so of all
combinations only those are played in which nothing but the ordinary is planned there: the others would be the same
plays again.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import itertools
from typing import TYPE_CHECKING

from .world import Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from .bench import Bench
    from .world import Gate, Link

SLOW_SECONDS = 1.0
CONNECT_SECONDS = 10.0  # the limit that connect() is given; three slow gates are well within
LIMIT_SECONDS = 60.0  # a user's; above the sum of all that a pool may allow itself: connect, rollback and ping
PLAY_SECONDS = 20 * LIMIT_SECONDS
AT_ONCE_SECONDS = SLOW_SECONDS / 2
LOOKING_SECONDS = 0.01


class Fate(enum.Enum):
    """What a connection meets at a gate. An error is the server's end, in the middle of what it was asked."""

    OK = "ok"
    ERROR = "error"
    SLOW = "slow"
    NEVER = "never"

    @property
    def is_passed(self) -> bool:
        """There is a way on."""
        return self in (Fate.OK, Fate.SLOW)


def fates_at(*gates: str) -> Iterator[dict[str, Fate]]:
    """Every fate at each of these gates, which are passed in this order; behind one that is not passed all are ok."""
    for fates in itertools.product(Fate, repeat=len(gates)):
        behind = itertools.dropwhile(lambda fate: fate.is_passed, fates)
        if all(fate is Fate.OK for fate in itertools.islice(behind, 1, None)):
            yield dict(zip(gates, fates, strict=True))


class Play:
    """One combination of fates, on a stage of its own; `async with` it. An assertion that fails in it names them.

    Attributes:
        fates: what is planned, by the name of the gate.
        reached: names of the gates at which somebody has met what was planned there, other than ok.
    """

    def __init__(self, spec: Bench, fates: dict[str, Fate], *besides: str) -> None:
        """Args: besides: what else tells this play from others."""
        self._spec = spec
        self.fates = fates
        self.reached: set[str] = set()
        self._words = ", ".join([*(f"{gate} {fate.value}" for gate, fate in fates.items()), *besides])
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Play:
        await self._stack.enter_async_context(self._spec.another_stage(PLAY_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, AssertionError):
            error.add_note(self._words)
        await self._stack.__aexit__(kind, error, trace)

    def meet(self, name: str, point: Point, links: Sequence[Link | int], *, reset: bool = False) -> list[Gate]:
        """From now on these links meet at this point what is planned for the gate of this name; ok where nothing is.

        A silence lasts until the play is over. reset: an error is a reset connection; else the server's end of its
        stream.
        """
        fate = self.fates.get(name, Fate.OK)
        gates: list[Gate] = []
        if fate is Fate.ERROR and point is Point.DIAL:
            for link in links:
                self._spec.wire.refuse(link if isinstance(link, int) else link.number)
                self.reached.add(name)
        elif fate is not Fate.OK:
            for link in links:
                gate = self._stack.enter_context(self._spec.wire.stall(point, link))
                task = asyncio.ensure_future(self._decide(name, gate, fate, reset=reset))
                self._stack.callback(task.cancel)
                gates.append(gate)
        return gates

    async def _decide(self, name: str, gate: Gate, fate: Fate, *, reset: bool) -> None:
        while not gate.waiting:  # noqa: ASYNC110 - a gate has no event, and looking costs nothing where time is virtual
            await asyncio.sleep(LOOKING_SECONDS)
        self.reached.add(name)
        if fate is Fate.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
            gate.open()
        elif fate is Fate.ERROR:
            for link in gate.waiting:
                self._spec.wire.cut(link, reset=reset)
