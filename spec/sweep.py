"""Chapter 9's instrument: one call, cancelled at each of its steps, alone and in company; then a look at what is left.

Knows: how a sweep goes, and what "nothing is lost" means in calls and on the wire. Kept from knowing: drivers, and how
steps are counted, which the world does.

A sweep plays a *scene* again and again, each time on a new stage: once for each step of the call, for each of the two
moments between that step and the next, and for each *company*, which is what else happens in that same instant, just
before the cancellation or just after it. How many steps there are is not asked beforehand: when a play ends before its
step has come, all have been played.
"""

from __future__ import annotations

import asyncio
import enum
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .bench import FENCE_TURNS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from .bench import Bench
    from .subject import Pool

MOST_STEPS = 200  # of one call; those that are known take fewer than twenty
FIRST_NUMBER = 2001  # of the statements with which those who come after see whose rows they get


class Company(enum.Enum):
    """What happens in the instant of the cancellation."""

    NOTHING = "nothing else"
    RELEASE = "another user's release"
    KILL = "the server's end of every connection"
    CLOSE = "the pool's close"
    TERMINATE = "the pool's terminate"


ALL = tuple(Company)
ENDINGS = (Company.KILL, Company.CLOSE, Company.TERMINATE)  # then an error that says so is as good as a cancellation


@dataclass(frozen=True, slots=True)
class Instant:
    """When a call is cancelled, and what happens with it. step: from 1; is_woken: see `world.Stepper`."""

    step: int
    is_woken: bool
    company: Company
    is_company_first: bool

    def __str__(self) -> str:
        moment = "when what it waited for had come" if self.is_woken else "while it waited"
        order = "just after" if self.is_company_first else "just before"
        besides = "" if self.company is Company.NOTHING else f", {order} {self.company.value}"
        return f"cancelled after step {self.step}, {moment}{besides}"


@dataclass(slots=True)
class Scene:
    """What one play begins with.

    Attributes:
        call: makes the coroutine that is to be cancelled; it leaves nothing behind that a careful user would not leave.
        pool: None where the call itself makes one, and nothing may be open when it was cancelled.
        held: what other users have been lent. waits: the call waits for one of them to be released.
        behind: somebody else who waits, behind the call. is_closed: the pool was closed before.
    """

    call: Callable[[], Coroutine[Any, Any, Any]]
    pool: Pool | None = None
    held: list[Any] = field(default_factory=list)
    waits: bool = False
    behind: Callable[[], Coroutine[Any, Any, Any]] | None = None
    is_closed: bool = False

    def release(self) -> None:
        """One of the other users releases, if there is one left."""
        if self.pool is not None and self.held:
            self.pool.release(self.held.pop())

    def end(self, how: Company) -> None:
        """The pool is closed, or terminated."""
        if self.pool is not None:
            (self.pool.close if how is Company.CLOSE else self.pool.terminate)()
            self.is_closed = True


async def nothing_is_lost(
    spec: Bench,
    what: str,
    arrange: Callable[[], Awaitable[Scene]],
    companies: Iterable[Company] = ALL,
) -> None:
    """Cancel a call wherever it can be, and see each time that nothing is lost.

    Args:
        what: the call in words, as they follow "a cancelled": "acquire that waits".
        arrange: makes the scene, on the stage that the bench has by then.
        companies: what else is to happen, one after the other.
    """
    __tracebackhide__ = True
    steps = MOST_STEPS
    for company, is_company_first, is_woken in itertools.product(companies, (True, False), (False, True)):
        if company is Company.NOTHING and not is_company_first:
            continue
        for step in range(1, steps):
            instant = Instant(step, is_woken, company, is_company_first)
            async with spec.another_stage():
                if not await _played(spec, what, await arrange(), instant):
                    steps = step  # it takes no more in any other play: each is the same until it is cancelled
                    break
        assert steps < MOST_STEPS, f"a {what} takes too many steps to be swept\nIt takes {MOST_STEPS} or more."


async def _played(spec: Bench, what: str, scene: Scene, instant: Instant) -> bool:
    """Play a scene once; False where the call had ended before its step came."""
    __tracebackhide__ = True
    stepped = spec.stepped(
        scene.call(), instant.step, lambda task: interrupt(spec, scene, task, instant), is_woken=instant.is_woken
    )
    task = spec.start(stepped)
    await turn()
    behind = spec.start(scene.behind()) if scene.behind and not task.done() else None
    await turn()
    if scene.waits:
        scene.release()
    try:
        await spec.happens(task.done, f"a cancelled {what} did not end")
        if not stepped.acted:
            task.result()
            return False
        judge_end(what, task, instant.company)
        if behind:
            await spec.ended(behind, f"who waited behind a cancelled {what} was not served")
        await see_what_is_left(spec, scene, what)
    except AssertionError as error:
        error.add_note(str(instant))
        raise
    return True


async def turn() -> None:
    """Let the loop turn, until whoever can go on without the network has done so."""
    for _ in range(FENCE_TURNS):
        await asyncio.sleep(0)


def interrupt(spec: Bench, scene: Scene, task: asyncio.Task[Any], instant: Instant) -> None:
    """Cancel the task, and do what else happens in that instant."""
    if not instant.is_company_first:
        task.cancel()
    if instant.company is Company.RELEASE:
        scene.release()
    elif instant.company is Company.KILL:
        for link in spec.wire.links:
            if link.is_open:
                spec.wire.cut(link)
    elif instant.company is not Company.NOTHING:
        scene.end(instant.company)
    if instant.is_company_first:
        task.cancel()


def judge_end(what: str, task: asyncio.Task[Any], company: Company) -> None:
    """A task that was cancelled ends cancelled; where something else went wrong too, an error of that is as good."""
    __tracebackhide__ = True
    if task.cancelled():
        return
    error = task.exception()
    assert error is not None, f"a cancelled {what} went on as if nothing had been"
    assert company in ENDINGS, f"a cancelled {what} ended with an error\nIt was {type(error).__name__}: {error}"


async def see_what_is_left(spec: Bench, scene: Scene, what: str) -> None:
    """Whoever holds a connection releases it; then the pool is as good as before, or ends if it was closed."""
    __tracebackhide__ = True
    pool = scene.pool
    if pool is None:
        await spec.happens(lambda: spec.wire.live == 0, f"a cancelled {what} left a session open")
        return
    for connection in scene.held:
        pool.release(connection)
    await spec.pass_by()
    if not scene.is_closed:
        await see_it_serve(spec, pool, what)
        pool.close()
    await see_it_close(spec, pool, what)


async def see_it_serve(spec: Bench, pool: Pool, what: str) -> None:
    """The pool lends as many connections as it ever did, each gets its own rows, and the server has no others."""
    __tracebackhide__ = True
    count = pool.maxsize

    async def use(number: int) -> Any:
        connection = await pool.acquire()
        return connection, await spec.value(connection, f"SELECT {number}")

    users = [spec.start(use(FIRST_NUMBER + index)) for index in range(count)]
    await spec.happens(lambda: all(user.done() for user in users), f"who came after a cancelled {what} was not served")
    for index, user in enumerate(users):
        error = user.exception()
        assert error is None, f"who came after a cancelled {what} met an error\nIt was {type(error).__name__}: {error}"
        assert user.result()[1] == FIRST_NUMBER + index, f"who came after a cancelled {what} did not get its own rows"
    assert (pool.size, pool.freesize) == (count, 0), f"a cancelled {what} left the counts wrong"
    await spec.happens(lambda: spec.wire.live <= count, f"a cancelled {what} left a session that no pool owns")
    for user in users:
        pool.release(user.result()[0])
    # A pool may do something to what comes back before it is free again.
    await spec.happens(
        lambda: (pool.size, pool.freesize) == (count, count), f"a cancelled {what} left the counts wrong"
    )


async def see_it_close(spec: Bench, pool: Pool, what: str) -> None:
    """The pool, which has been closed, ends, and nothing of it is open."""
    __tracebackhide__ = True
    outcome = await spec.ended(pool.wait_closed(), f"a pool did not end after a cancelled {what}")
    assert outcome.error is None, f"wait_closed() failed after a cancelled {what}\nIt was {outcome.error!r}"
    assert (pool.size, pool.freesize) == (0, 0), f"a cancelled {what} left a connection in a pool that has ended"
    await spec.happens(lambda: spec.wire.live == 0, f"a cancelled {what} left a session open")
