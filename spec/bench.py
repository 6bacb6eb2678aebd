"""What a clause is given: the driver under test and the wire before the server, and ways to wait without a clock.

Knows: how a clause is run (a loop of its own, a deadline, a clean end) and how waiting is done. Kept from knowing:
which driver and which world these are.

Three rules about time. What must happen is waited for, up to a deadline so long that a longer one never changes a
verdict. What must not happen is not waited for at all: `never()` lets the loop turn and makes a full round trip over
the wire, a *fence*: whatever the pool had begun before has reached the wire by then. And where drivers are known to
hang, waiting ends early, at a *standstill*: the server owes nobody anything, and however often one looks again nothing
has happened on the wire. Looks are counted and not seconds, so that a machine that is busy elsewhere changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .subject import OPTIONS
from .waiting import frames_of, line_of, name_of, who_waits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence

    from .clause import Clause
    from .subject import Driver, Pool
    from .world import Stage, Stepped, Wire, World

T = TypeVar("T")

FENCE_TURNS = 25  # of the loop, on each side of a fence; a hand-over within a pool takes two or three
LEAVING_TURNS = 100  # of the loop, for tasks that are about to end
CLEANING_SECONDS = 0.5  # for a pool that is being cleared away; one that hangs then is not judged again
POLLING_SECONDS = 0.005
STANDSTILL_LOOKS = 24  # in a row, POLLING_SECONDS apart, that find the wire as it was; a timer of 0.1 s fits in


class Undecided(Exception):
    """The clause ends without a verdict; the text is the reason."""


class NotOffered(Undecided):
    """The driver lacks an extension; said of a should, never of what the page documents."""


class NotRun(Undecided):
    """The clause cannot be decided in this world."""


class WorldFailed(Exception):
    """The world could not be set up; the driver has nothing to do with it."""


class DeadlineMissed(AssertionError):
    """The clause had not ended when its time was over."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How an awaitable ended: with a value, or with an error."""

    value: T | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Notes:
    """What a run leaves for the report of a failure.

    waiting: who was waiting for what when it failed. leaked: names of tasks that outlived the clause.
    """

    story: str = ""
    waiting: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Bench:
    """The fixture `spec`: one driver, one world, one clause."""

    driver: Driver

    def __init__(self, driver: Driver, world: World, deadline: float) -> None:
        self.driver = driver
        self.world = world
        self.deadline = deadline
        self.notes = Notes()
        self._pools: list[Pool] = []
        self._plain: list[Any] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._stage: Stage | None = None
        self._main: asyncio.Task[Any] | None = None
        self._until = 0.0

    def __repr__(self) -> str:
        return f"<{self.driver.name} {self.driver.version} on {self.world.server}>"

    # Running

    def run(self, clause: Clause) -> None:
        """Run one clause from beginning to end; what it raises comes out as it is, from the clause's own lines on."""
        __tracebackhide__ = True
        if clause.is_simulated and self.world.seed is None:
            raise NotRun("it counts steps, or lets hours pass, which the simulated world alone can repeat: --world sim")
        try:
            self.perform(clause.body)
        except BaseException as error:  # not caught: its trace is cut, and it goes on
            if remark := self.world.remark(error):
                raise WorldFailed(remark) from error
            trace = error.__traceback__
            while trace and trace.tb_frame.f_code is not clause.body.__code__:
                trace = trace.tb_next
            raise error.with_traceback(trace or error.__traceback__) from error.__cause__

    def perform(self, body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine function on this bench: in a loop and on a stage of its own, within the deadline."""
        with asyncio.Runner(loop_factory=self.world.loop_factory) as runner:
            runner.run(self._perform(body))

    async def _perform(self, body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        asyncio.get_running_loop().set_exception_handler(self._complain)
        self._main = asyncio.current_task()
        try:
            async with self.another_stage():
                await self._within_deadline(body(self))
        finally:
            await self._see_tasks_out()

    @contextlib.asynccontextmanager
    async def another_stage(self, seconds: float | None = None) -> AsyncIterator[None]:
        """A server and a wire of its own for the block, and a deadline of its own, the usual one unless it is given."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                stage = await stack.enter_async_context(self.world.stage())
            except Exception as error:
                raise WorldFailed(f"{self.world.server} could not be set up: {error!r}") from error
            outer, self._stage = self._stage, stage
            self.allow(self.deadline if seconds is None else seconds)
            try:
                yield
            except BaseException:
                self._remember()
                raise
            finally:
                await self._clear_away()
                if outer is not None:
                    self._stage = outer
        if outer is None:
            self.notes.story = self.notes.story or stage.wire.story()

    def allow(self, seconds: float) -> None:
        """Set the deadline to so much later than now: for a clause in which time passes, and takes none."""
        self._until = asyncio.get_running_loop().time() + seconds

    @property
    def wire(self) -> Wire:
        """The wire of the present stage, and when all is over, of the last."""
        assert self._stage is not None, "a clause runs on a stage"
        return self._stage.wire

    @property
    def settings(self) -> Mapping[str, Any]:
        """What connect() needs on the present stage, and when all is over, on the last; empty before the first."""
        return self._stage.settings if self._stage else {}

    def stepped(
        self,
        coroutine: Coroutine[Any, Any, Any],
        at: int,
        act: Callable[[asyncio.Task[Any]], object],
        *,
        is_woken: bool,
    ) -> Stepped:
        """See `world.Stepper`."""
        assert self._stage is not None
        assert self._stage.stepped is not None, "the clause is simulated=True, and runs nowhere else"
        return self._stage.stepped(coroutine, at, act, is_woken=is_woken)

    async def _within_deadline(self, body: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(body)
        try:
            loop = asyncio.get_running_loop()
            while not task.done() and (left := self._until - loop.time()) > 0:
                await asyncio.wait({task}, timeout=left)
            if not task.done():
                line = line_of(next(frames_of(body)))
                raise DeadlineMissed(f"not done by the deadline: {line}\nThe clause had {self.deadline:g} seconds.")
            # Cancelled although nobody cancels it: what it waited for was, by the driver. A failure like any other.
            assert not task.cancelled(), "something ended cancelled that nobody had cancelled"
            task.result()
        except Exception:
            self._remember()
            raise
        finally:
            await self._cancel([task])

    def _remember(self) -> None:
        """Note what a failure is explained by, before it is cleared away; what the innermost stage has noted stands."""
        if not self.notes.story:
            self.notes.story = self.wire.story()
            self.notes.waiting = who_waits(asyncio.all_tasks() - {asyncio.current_task(), self._main})

    async def _clear_away(self) -> None:
        """Leave nothing open. Errors here say nothing about the clause, and go to the notes."""
        await self._cancel(self._tasks)
        for pool in self._pools:
            await self._quietly(lambda pool=pool: pool.terminate())  # type: ignore[misc]
            await self._quietly(pool.wait_closed)
        for connection in self._plain:
            await self._quietly(connection.close)
        for kept in (self._tasks, self._pools, self._plain):
            kept.clear()

    async def _quietly(self, call: Callable[[], Any]) -> None:
        try:
            result = call()
            if inspect.isawaitable(result):
                async with asyncio.timeout(CLEANING_SECONDS):
                    await result
        except Exception as error:  # noqa: BLE001 - any driver may fail in its own way while it is cleared away
            self._complain_of(error)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            self._complain_of(error)  # it waited for a task of its own that was cancelled, and nobody cancels the bench

    def _complain_of(self, error: BaseException) -> None:
        self.notes.complaints.append(f"clearing away: {type(error).__name__}: {error}")

    async def _cancel(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLEANING_SECONDS)
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()  # has been seen: no "exception was never retrieved" for it

    async def _see_tasks_out(self) -> None:
        for _ in range(LEAVING_TURNS):
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if not left:
                return
            await asyncio.sleep(0)
        self.notes.leaked = sorted(name_of(task) for task in left)

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.notes.complaints.append(f"{context['message']}{f': {error!r}' if error else ''}")

    # The driver

    async def pool(self, **parameters: Any) -> Pool:
        """Create a pool in the world's server, with these parameters besides the address and the account."""
        __tracebackhide__ = True
        return self.keep(await self.driver.create_pool(**{**self.settings, **parameters}))

    def creation_block(self, **parameters: Any) -> Any:
        """What goes after `async with` to have a pool for the block; keep() what comes out. Else *not offered*."""
        return self._block(self.driver.create_pool(**{**self.settings, **parameters}), "create_pool()")

    def acquire_block(self, pool: Pool) -> Any:
        """What goes after `async with` to borrow a connection for the block. Else *not offered*."""
        return self._block(pool.acquire(), "pool.acquire()")

    def _block(self, block: Any, call: str) -> Any:
        if not hasattr(block, "__aenter__"):
            if inspect.iscoroutine(block):
                block.close()
            raise NotOffered(f"{self.driver.name} has no `async with {call}`")
        return block

    def keep(self, pool: Pool) -> Pool:
        """Have a pool cleared away at the end that the clause made in a way of its own."""
        self._pools.append(pool)
        return pool

    async def connect(self, **parameters: Any) -> Any:
        """Open a plain connection to the world's server."""
        __tracebackhide__ = True
        connection = await self.driver.connect(**{**self.settings, **parameters})
        self._plain.append(connection)
        return connection

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        """Execute a statement and return its rows."""
        __tracebackhide__ = True
        return await self.driver.query(connection, statement)

    async def value(self, connection: Any, statement: str) -> Any:
        """The first column of the first row that a statement answers with."""
        __tracebackhide__ = True
        rows = await self.query(connection, statement)
        return rows[0][0]

    async def thread_id(self, connection: Any) -> int:
        """The server's id of a connection, as the server tells it: the driver's word is not taken."""
        __tracebackhide__ = True
        return int(await self.value(connection, "SELECT CONNECTION_ID()"))

    def offered(self, subject: object, name: str) -> Any:
        """An attribute that only an extension has. Where it is missing, the clause ends as *not offered*."""
        if not hasattr(subject, name):
            raise NotOffered(f"{self.driver.name} has no {name}")
        return getattr(subject, name)

    def option(self, name: str, value: Any) -> dict[str, Any]:
        """An option of create_pool() that few have, as a parameter of this driver's. Without it: *not offered*.

        Args:
            name: one of `subject.OPTIONS`.
        """
        if not self.has_option(name):
            raise NotOffered(f"{self.driver.name} has no option {name}: {OPTIONS[name]}")
        spelt = self.driver.options[name]  # type: ignore[attr-defined] # which an adapter need not have
        return dict(spelt) if isinstance(spelt, Mapping) else {spelt: value}

    def has_option(self, name: str) -> bool:
        """Whether the driver has it; ask where a clause is about other things as well."""
        return name in getattr(self.driver, "options", {})

    @contextlib.contextmanager
    def logged(self) -> Iterator[list[str]]:
        """The messages that reach the driver's logger within the block, at every level."""
        messages: list[str] = []
        handler = _Collector(messages)
        logger = logging.getLogger(self.driver.logger)
        level, was_disabled = logger.level, logger.disabled
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
        try:
            yield messages
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.disabled = was_disabled

    @contextlib.contextmanager
    def uncollected(self) -> Iterator[None]:
        """Keep the garbage collector out of the block: what only it would close counts as left open, in every run."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()

    # Waiting

    def start(self, awaitable: Awaitable[T]) -> asyncio.Task[T]:
        """Let something run beside the clause; it is cancelled at the end if it is still there."""
        task = asyncio.ensure_future(_as_coroutine(awaitable))
        self._tasks.append(task)
        return task

    async def finishes(self, awaitable: Awaitable[T], message: str) -> T:
        """The result of something that must not hang. The awaitable may be a task from `start`."""
        __tracebackhide__ = True
        task = awaitable if isinstance(awaitable, asyncio.Task) else self.start(awaitable)
        done, _ = await asyncio.wait({task}, timeout=self.deadline / 2)
        if not done:
            raise AssertionError(message)
        result: T = task.result()
        return result

    async def outcome(self, awaitable: Awaitable[T], message: str) -> Outcome[T]:
        """How something ends that must not hang, and may well fail."""
        __tracebackhide__ = True
        task = awaitable if isinstance(awaitable, asyncio.Task) else self.start(awaitable)
        done, _ = await asyncio.wait({task}, timeout=self.deadline / 2)
        if not done:
            raise AssertionError(message)
        try:
            return Outcome(value=task.result())
        except Exception as error:  # noqa: BLE001 - the clause is asking for it
            return Outcome(error=error)

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> Outcome[T] | None:
        """How something ends by then; None where it does not, and goes on. For clauses in which time is virtual."""
        task = awaitable if isinstance(awaitable, asyncio.Task) else self.start(awaitable)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return await self.outcome(task, "") if done else None

    async def fails_at_once(self, awaitable: Awaitable[object]) -> bool:
        """Whether something fails that is awaited on the spot: a task of its own would give the loop a turn before."""
        try:
            await awaitable
        except Exception:  # noqa: BLE001 - each driver refuses with an error of its own
            return True
        return False

    async def eventually(self, condition: Callable[[], bool], message: str) -> None:
        """Wait until a condition holds, for half the deadline at most."""
        __tracebackhide__ = True
        loop = asyncio.get_running_loop()
        limit = loop.time() + self.deadline / 2
        while not condition():
            if loop.time() > limit:
                raise AssertionError(message)
            await asyncio.sleep(POLLING_SECONDS)

    # What a standstill ends

    async def served(self, awaitable: Awaitable[T], message: str) -> T:
        """As `finishes`, and fails at the first standstill."""
        __tracebackhide__ = True
        task = awaitable if isinstance(awaitable, asyncio.Task) else self.start(awaitable)
        await self.happens(task.done, message)
        result: T = task.result()
        return result

    async def ended(self, awaitable: Awaitable[T], message: str) -> Outcome[T]:
        """As `outcome`, and fails at the first standstill."""
        __tracebackhide__ = True
        task = awaitable if isinstance(awaitable, asyncio.Task) else self.start(awaitable)
        await self.happens(task.done, message)
        return await self.outcome(task, message)

    async def happens(self, condition: Callable[[], bool], message: str) -> None:
        """As `eventually`, and fails at the first standstill."""
        __tracebackhide__ = True
        loop = asyncio.get_running_loop()
        limit = loop.time() + self.deadline / 2
        for _ in range(FENCE_TURNS):
            if condition():
                return
            await asyncio.sleep(0)
        events, looks = self.wire.events, 0
        while not condition():
            looks = 0 if self.wire.is_answer_due or self.wire.events != events else looks + 1
            events = self.wire.events
            if looks > STANDSTILL_LOOKS or loop.time() > limit:
                raise AssertionError(message)
            await asyncio.sleep(POLLING_SECONDS)

    async def never(self, condition: Callable[[], bool], message: str, via: Any = None) -> None:
        """See that a condition does not come true by itself.

        via: a connection that the clause holds, for a round trip besides the one that the wire itself makes.
        """
        __tracebackhide__ = True
        await self._turn(condition, message)
        if via is not None:
            await self.query(via, "SELECT 1")
        await self.wire.fence()
        await self._turn(condition, message)

    async def pass_by(self) -> None:
        """Let everybody see what has happened on the wire before this call."""
        await self.never(lambda: False, "")

    async def _turn(self, condition: Callable[[], bool], message: str) -> None:
        __tracebackhide__ = True
        for _ in range(FENCE_TURNS):
            if condition():
                raise AssertionError(message)
            await asyncio.sleep(0)


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    """Tasks are made of coroutines; what a driver returns may be awaitable in its own way."""
    __tracebackhide__ = True
    return await awaitable


def shown_of(error: BaseException, port: object) -> str:
    """The first line of what a failing clause shows; the same in every run.

    An assertion shows its message, any other error its type as well. What differs from run to run, the port of the wire
    and addresses of objects, is taken out of messages that drivers made.
    """
    first = str(error).strip().split("\n")[0].strip()
    if not isinstance(error, AssertionError):
        first = f"{type(error).__name__}: {first}".removesuffix(": ")
    first = re.sub(r"\b0x[0-9a-f]{6,}\b", "0x…", first)
    return re.sub(rf"\b{port}\b", "PORT", first) if port else first
