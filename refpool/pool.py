"""The pool users see: it carries out what pool_state decides, and holds the few places where somebody waits.

Every change of ownership happens inside PoolState, synchronously. Here are the awaits around it, and there are only
these: an acquirer waits for its own future (and, where asked for, for a ping or a hook on a connection that is its own
already); a connect or a rollback runs in a task of the pool, which no user's cancellation reaches; wait_closed waits
for the end. Between the moment a connection is lent and the moment acquire() returns it there is no suspension, so a
cancellation meets an acquirer either in the queue, where it leaves, or with a connection, which it hands on.

The pool is kept from knowing what a connection does: it calls close, abort, wait_closed, rollback, reset and ping, and
reads whether the connection may be lent again.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import math
import random
import warnings
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from refpool.connection import Connection, open_connection
from refpool.errors import ConnectionLost, NotConnected
from refpool.pool_state import (
    Cancel,
    Close,
    Mend,
    OnRelease,
    Open,
    Opening,
    Phase,
    PoolClosed,
    PoolSettings,
    PoolState,
    PoolStats,
    TooManyWaiting,
    require_seconds,
)
from refpool.session_state import Fitness
from refpool.settings import connect_settings
from refpool.utils import Deferred

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Pool", "PoolClosed", "PoolStats", "PoolTimeout", "TooManyWaiting", "create_pool"]

Hook = Callable[[Connection], Awaitable[object]]

MEND_LIMIT = 5.0  # seconds a rollback, reset or reset hook may take before the connection is closed instead
MEND_PROMPT = 0.1  # seconds after which waiters stop counting on it and may have another connection opened
TOP_UP_WAIT = 0.1  # seconds an acquire waits, at most, for the pool to be brought back to minsize
PING_LIMIT = 5.0  # seconds a pre-ping may take where no connect_timeout is set
FAREWELL_LIMIT = 1.0  # seconds wait_closed() gives a transport to flush its goodbye before it is dropped
FORGET_AFTER = 10.0  # seconds after which a closed connection's transport is gone for certain: the driver drops it in 5
JITTER = 0.05  # of max_lifetime: connections made together must not all end together
# Deaths of a connection between being lent and being returned by acquire() that one acquire stands; a server that drops
# each new connection at once would otherwise be dialled for ever.
DEATHS_BORNE = 3

log = logging.getLogger("refpool.pool")
log.addHandler(logging.NullHandler())  # nothing on stderr for those who have not set logging up


class _Limit(NamedTuple):
    """How long an acquire may take, computed once: going back to the queue does not renew it."""

    seconds: float
    until: float  # loop time


class PoolTimeout(TimeoutError):
    """No connection within the time allowed. __cause__ is the pool's last connect error, if there was one."""


class AcquireContext(Deferred[Connection]):
    """What acquire() returns: await it for a connection, or use ``async with`` to have it given back at the end."""

    __slots__ = ("_connection", "_pool", "_ticket", "_timeout")

    def __init__(self, pool: Pool, timeout: float | None) -> None:
        self._coroutine = None  # and no super().__init__(): this runs for each acquire
        self._pool = pool
        self._timeout = timeout
        self._connection: Connection | None = None

    def _begun(self) -> Coroutine[Any, Any, Connection]:
        if self._coroutine is None:
            self._coroutine = self._pool._acquire(self._timeout)
        return self._coroutine

    def __await__(self) -> Generator[Any, Any, Connection]:
        # Not by way of _begun(): one coroutine less on the way of every acquire.
        connection = self._pool._take()
        if connection is None:
            connection = yield from self._pool._acquire_slowly(self._timeout).__await__()
        return connection

    async def __aenter__(self) -> Connection:
        if self._connection is not None:
            raise RuntimeError("this acquire() is in use already; call acquire() once for each `async with`")
        connection = self._pool._take()
        if connection is None:
            connection = await self._pool._acquire_slowly(self._timeout)
        self._connection = connection
        self._ticket = connection._pool_ticket
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection = self._connection
        self._connection = None
        # Released by hand inside the block, it may belong to somebody else by now; the ticket tells.
        if connection is not None and connection._pool_ticket == self._ticket:
            self._pool.release(connection)


class LentConnection:
    """What ``yield from pool`` gives: a plain ``with`` block that gives the connection back at its end."""

    __slots__ = ("_connection", "_pool", "_ticket")

    def __init__(self, pool: Pool, connection: Connection) -> None:
        self._pool = pool
        self._connection = connection
        self._ticket = connection._pool_ticket

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connection._pool_ticket == self._ticket:
            self._pool.release(self._connection)


class PoolContext(Deferred["Pool"]):
    """What create_pool() returns: await it for the pool, or use ``async with`` to have it closed at the end."""

    __slots__ = ("_pool",)

    def __init__(self, make: Callable[[], Pool]) -> None:
        super().__init__(functools.partial(_filled, make))
        self._pool: Pool | None = None

    async def __aenter__(self) -> Pool:
        self._pool = await self
        return self._pool

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            await self._pool.__aexit__(kind, error, traceback)


async def _filled(make: Callable[[], Pool]) -> Pool:
    pool = make()
    await pool._fill()
    return pool


class Pool:
    """A pool of connections; create_pool() makes one.

    A pool belongs to the event loop in which it was made and refuses to be used from another one, and so after a fork
    too: the child's loop is another.
    """

    def __init__(
        self,
        settings: PoolSettings,
        open_one: Callable[[], Coroutine[Any, Any, Connection]],
        *,
        where: str = "",
        echo: bool = False,
        init: Hook | None = None,
        setup: Hook | None = None,
        reset: Hook | None = None,
        ping_limit: float = PING_LIMIT,
        chance: random.Random | None = None,
    ) -> None:
        """Make an empty pool in the running loop.

        Args:
            settings: the pool's own parameters.
            open_one: opens a connection; bounds itself in time, and leaves nothing open when it fails or is cancelled.
            where: which server, for repr and messages.
            echo: what the property echo reads back.
            init: awaited with each new connection.
            setup: awaited with each connection about to be lent.
            reset: awaited with each connection that has come back, after on_release has been done.
            ping_limit: seconds a pre-ping may take.
            chance: where max_lifetime's jitter comes from.
        """
        self._loop = loop = asyncio.get_running_loop()
        self._settings = settings
        self._minsize = settings.minsize
        self._open_one = open_one
        self._where = where
        self._echo = echo
        self._init = init
        self._setup = setup
        self._reset = reset
        self._ping_limit = ping_limit
        self._uniform = random.uniform if chance is None else chance.uniform
        self._state: PoolState[Connection] = PoolState(settings, mends_all=reset is not None)
        # aiomysql keeps its connections under these names, and some people look.
        self._free = self._state.free
        self._used = self._state.used
        # Something must be awaited with an idle connection before it may be lent.
        self._prepares = setup is not None or settings.pool_pre_ping is not False
        # The pool's tasks by what they work on; the reference also keeps them alive.
        self._tasks: dict[Opening[Connection] | Connection, asyncio.Task[Any]] = {}
        # Told to close, with the loop's time, and perhaps still flushing.
        self._leaving: deque[tuple[float, Connection]] = deque()
        self._gone = asyncio.Event()
        # A connect must not inherit the context of the acquirer who happened to need it: tracing spans, for one.
        self._context = contextvars.copy_context()
        self._released: asyncio.Future[None] = loop.create_future()
        self._released.set_result(None)
        # Weak, or a forgotten pool would be kept alive by way of its idle connections' transports.
        self._tell_lost = functools.partial(_tell, weakref.ref(self), Pool._lost)
        self._ask_reconnect = functools.partial(_tell, weakref.ref(self), Pool._reconnecting)
        self._shrinking: asyncio.TimerHandle | None = None
        if settings.max_idle is not None:
            self._shrinking = loop.call_later(settings.max_idle, _shrink, weakref.ref(self), settings.max_idle)

    # What the documentation promises to read

    @property
    def minsize(self) -> int:
        """The fewest connections that the pool keeps."""
        return self._minsize

    @property
    def maxsize(self) -> int:
        """The most connections that the pool has at any time; 0 for unlimited."""
        return self._settings.maxsize

    @property
    def size(self) -> int:
        """Connections lent, idle, being opened, and being rolled back or reset."""
        return self._state.size

    @property
    def freesize(self) -> int:
        """Connections that are idle."""
        return len(self._free)

    @property
    def echo(self) -> bool:
        """Whether executed queries are logged."""
        return self._echo

    @property
    def closed(self) -> bool:
        """Whether close() or terminate() has been followed by a wait_closed() that saw everything gone."""
        return self._state.phase is Phase.CLOSED

    @property
    def name(self) -> str:
        """The name given to create_pool(), for repr, messages and logs."""
        return self._settings.name

    def get_stats(self) -> PoolStats:
        """Counts of this instant and since the pool was made."""
        return self._state.stats()

    def __repr__(self) -> str:
        state = self._state
        most = self._settings.maxsize or "unlimited"
        name = f" {self.name!r}" if self.name else ""
        where = f" to {self._where}" if self._where else ""
        error = f", last connect error {state.last_error!r}" if state.last_error is not None else ""
        return (
            f"<refpool.Pool{name}{where} {state.phase.value}: size {state.size} of {most} "
            f"({len(state.used)} used, {len(state.free)} free, {len(state.opening)} being opened, "
            f"{len(state.mending)} being rolled back or reset), {state.waiting()} waiting{error}>"
        )

    # Lending

    def acquire(self, timeout: float | None = None) -> AcquireContext:
        """Borrow a connection: ``await`` it and release() it, or ``async with pool.acquire() as connection``.

        An idle connection is lent at once; else a new one is opened if the pool may grow, and whoever has waited
        longest gets the first connection to come free. ``async with await pool.acquire()`` is a trap: that is the
        connection's own context, which closes it; the pool then takes the slot back, at the price of a new login.

        Args:
            timeout: seconds that all of it may take; None for the pool's acquire_timeout, math.inf for no limit.

        Raises:
            PoolTimeout: the time was up.
            RuntimeError: the pool is closed or gets closed, max_waiting is reached, or this is another event loop.
            OperationalError: the connect that was started for this call has failed.
        """
        return AcquireContext(self, timeout)

    def release(self, conn: Connection) -> Awaitable[None]:
        """Give a connection back; the effect is immediate, and the result may be awaited but need not be.

        One that is in a transaction is rolled back first (on_release), by the pool and within 5 s; one that is unfit
        (closed, a statement running, rows unread) is closed, and its slot serves the next.

        Raises:
            ValueError: not a connection that this pool has lent: released already, another pool's, no connection. The
                pool is unchanged.
            RuntimeError: this is another event loop or thread.
        """
        if asyncio._get_running_loop() is not self._loop:
            self._refuse_other_loops()
        state = self._state
        try:
            lent = conn in state.used
        except TypeError:
            lent = False
        if lent:
            state.give_back(conn, self._loop.time() if state.timed else 0.0)
            if state.orders:
                self._carry_out()
        else:
            self._release_otherwise(conn)
        return self._released

    def _release_otherwise(self, connection: Connection) -> None:
        if not isinstance(getattr(connection, "_pool_ticket", None), int):
            raise ValueError(f"release() takes a connection that was acquired from this pool, not {connection!r}")
        if self._state.accept_late_release(connection):
            if not connection.closed:  # its holder had it reconnect after the slot was given to somebody else
                self._see_off(connection)
            return
        if connection._pool is not self._state:
            raise ValueError(f"{connection!r} belongs to another pool than {self!r}; release it there")
        raise ValueError(f"{connection!r} is not lent: it was released already; {self!r}")

    def _take(self) -> Connection | None:
        """The fast path: an idle connection that needs nothing further, or None. No task, no future, no await."""
        if asyncio._get_running_loop() is not self._loop:
            self._refuse_other_loops()
        state = self._state
        if self._prepares or state.size < self._minsize:
            return None
        connection = state.take(self._loop.time() if state.timed else 0.0)
        if state.orders:
            self._carry_out()
        return connection

    async def _acquire(self, timeout: float | None) -> Connection:
        connection = self._take()
        return connection if connection is not None else await self._acquire_slowly(timeout)

    async def _acquire_slowly(self, timeout: float | None) -> Connection:
        """Every acquire that finds no idle connection, or has something to do before it may return one."""
        state = self._state
        limit = self._limit(timeout)
        began = now = self._loop.time()
        again = False
        deaths = 0
        while True:
            state.require_open()
            if again and limit is not None and now >= limit.until:
                raise self._timeout_error(limit)
            waiter: asyncio.Future[Connection] | None = None
            connection = state.take(now)
            if connection is None:
                waiter = self._loop.create_future()
                state.enqueue(waiter, first=again)
            openings = state.top_up(now)
            self._carry_out()
            if waiter is not None:
                connection = await self._served(waiter, limit)
            assert connection is not None
            if openings:
                await self._top_up(openings, connection, limit)
            # One handed over, straight from its opening or its last holder, has just shown that it is alive.
            must_ping = waiter is None and self._must_ping(connection, began, now)
            answers = not must_ping or await self._answers(connection, limit)
            if answers and self._setup is not None and state.phase is Phase.OPEN:
                await self._set_up(self._setup, connection, limit)
            if answers and state.phase is Phase.OPEN:
                if connection._fit or (self._setup is not None and not connection.closed):
                    return connection
                deaths += 1
            # It did not answer, it died after it was lent and before anybody saw it, or the pool is closing.
            self._drop(connection)
            if deaths > DEATHS_BORNE:
                raise ConnectionLost.because(f"{deaths} connections in a row ended as soon as they were lent; {self!r}")
            again = True
            now = self._loop.time()

    def _limit(self, timeout: float | None) -> _Limit | None:
        if timeout is None:
            timeout = self._settings.acquire_timeout
        else:
            require_seconds("timeout", timeout, or_else="None or ")
        return None if timeout is None or timeout == math.inf else _Limit(timeout, self._loop.time() + timeout)

    async def _served(self, waiter: asyncio.Future[Connection], limit: _Limit | None) -> Connection:
        """Wait in the queue. The one place where a hand-over and a cancellation can meet."""
        state = self._state
        began = self._loop.time()
        timer = None if limit is None else self._loop.call_at(limit.until, self._time_out, waiter, limit)
        try:
            connection = await waiter
            state.wait_seconds += self._loop.time() - began
            return connection
        except BaseException:
            # Cancelled in the queue: leave it. Cancelled with the connection in hand: the next one gets it, and the
            # cancellation still goes out. Cancelled or not, with an error in hand: fetched, so that none is lost.
            if not state.leave(waiter) and not waiter.cancelled() and waiter.exception() is None:
                self._give_back_unused(waiter.result())
            raise
        finally:
            if timer is not None:
                timer.cancel()
            del waiter  # its exception has this frame in its traceback

    def _time_out(self, waiter: asyncio.Future[Connection], limit: _Limit) -> None:
        if self._state.leave(waiter) and not waiter.done():
            waiter.set_exception(self._timeout_error(limit))

    def _timeout_error(self, limit: _Limit) -> PoolTimeout:
        error = PoolTimeout(f"no connection within {limit.seconds:g} s; {self!r}")
        error.__cause__ = self._state.last_error
        return error

    async def _top_up(
        self, openings: Iterable[Opening[Connection]], connection: Connection, limit: _Limit | None
    ) -> None:
        """Wait a little for the pool to be back at minsize, with the connection in hand; no failure comes out."""
        until = self._loop.time() + TOP_UP_WAIT
        if limit is not None:
            until = min(until, limit.until)
        tasks = [self._tasks[opening] for opening in openings if opening in self._tasks]
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, timeout=max(0.0, until - self._loop.time()))
        except BaseException:
            self._give_back_unused(connection)
            raise

    def _must_ping(self, connection: Connection, began: float, now: float) -> bool:
        """Whether pool_pre_ping wants this connection asked; not if it has shown life since the acquire began."""
        wish = self._settings.pool_pre_ping
        idle_since = connection._pool_idle_since
        return wish is not False and idle_since <= began and (wish is True or now - idle_since > wish)

    async def _answers(self, connection: Connection, limit: _Limit | None) -> bool:
        """Ping a connection that is about to be lent; False is reason to drop it."""
        until = self._loop.time() + self._ping_limit
        try:
            async with asyncio.timeout_at(until if limit is None else min(until, limit.until)):
                await connection.ping(reconnect=False)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, this connection is not lent
            log.debug("%r did not answer before it was lent: %r", connection, error)
            return False
        except BaseException:
            self._drop(connection)  # its answer may still be on the way
            raise
        return True

    async def _set_up(self, setup: Hook, connection: Connection, limit: _Limit | None) -> None:
        """Run the user's hook; whatever it raises, the connection is closed and the slot free."""
        try:
            async with asyncio.timeout_at(None if limit is None else limit.until) as timeout:
                await setup(connection)
        except BaseException as error:
            self._drop(connection)
            if limit is not None and isinstance(error, TimeoutError) and timeout.expired():
                raise self._timeout_error(limit) from error
            raise

    def _give_back_unused(self, connection: Connection) -> None:
        if connection in self._state.used:
            self._state.give_back(connection, self._loop.time())
            self._carry_out()
        else:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._state.drop(connection)
        self._carry_out()

    # Carrying out what the state has ordered

    def _carry_out(self) -> None:
        orders = self._state.orders
        while orders:
            match orders.popleft():
                case Close(connection):
                    self._see_off(connection)
                case Open(opening):
                    self._spawn(opening, self._open(), functools.partial(self._opened, opening))
                case Mend(connection):
                    self._spawn(connection, self._mend(connection), functools.partial(self._mended, connection))
                case Cancel(opening):  # pragma: no branch - there are these four
                    # An eager task whose init hook closes the pool is not among the tasks yet; its end will tell.
                    if opening in self._tasks:  # pragma: no branch - no eager tasks on Python 3.11
                        self._tasks[opening].cancel()
        if self._state.phase is not Phase.OPEN:
            self._look_for_the_end()

    def _spawn(
        self,
        work: Opening[Connection] | Connection,
        coroutine: Coroutine[Any, Any, Any],
        done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        # A copy for each task, since a context cannot be entered twice, and eager tasks begin inside one another.
        context = self._context.copy()
        task = self._loop.create_task(coroutine, name=f"refpool {self.name} {type(work).__name__}", context=context)
        self._tasks[work] = task
        # Told by callback and not by the coroutine's own last line: a task cancelled before it began has no last line.
        task.add_done_callback(done, context=context)

    async def _open(self) -> Connection:
        connection = await self._open_one()
        try:
            connection._on_unfit = self._tell_lost
            connection._on_reconnect = self._ask_reconnect
            if self._init is not None:
                await self._init(connection)
                # If the hook has closed the pool and so cancelled this very task, let the cancellation come out here:
                # at the return it would take the connection with it.
                await asyncio.sleep(0)
                if connection.fitness is Fitness.IN_TRANSACTION:
                    await connection.rollback()
        except BaseException:
            self._see_off(connection)
            raise
        return connection

    def _opened(self, opening: Opening[Connection], task: asyncio.Task[Connection]) -> None:
        del self._tasks[opening]
        cancelled = task.cancelled()
        error = None if cancelled else task.exception()
        if error is None and not cancelled and not task.result()._fit:
            # An error and not a quiet second try: a server that ends each new session would be dialled without end.
            error = ConnectionLost.because(f"{task.result()!r} was lost when it had just been opened")
            self._see_off(task.result())
        if cancelled or error is not None:
            told = self._state.open_failed(opening, error)
            if error is not None and not told:
                log.warning("connect failed with nobody left to tell: %r; %r", error, self)
        else:
            lifetime = self._settings.max_lifetime or 0.0
            jitter = self._uniform(0, JITTER) * lifetime if lifetime else 0.0
            self._state.opened(opening, task.result(), self._loop.time(), jitter=jitter)
        self._carry_out()

    async def _mend(self, connection: Connection) -> None:
        doubt = self._loop.call_later(MEND_PROMPT, self._doubt, connection)
        try:
            async with asyncio.timeout(MEND_LIMIT):
                if self._settings.on_release is OnRelease.RESET:
                    await connection.reset()
                elif connection.fitness is Fitness.IN_TRANSACTION:
                    await connection.rollback()
                if self._reset is not None:
                    await self._reset(connection)
                    if connection.fitness is Fitness.IN_TRANSACTION:
                        await connection.rollback()
        finally:
            doubt.cancel()

    def _doubt(self, connection: Connection) -> None:
        self._state.doubt(connection)
        self._carry_out()

    def _mended(self, connection: Connection, task: asyncio.Task[None]) -> None:
        del self._tasks[connection]
        error = None if task.cancelled() else task.exception()
        if error is not None and connection in self._state.mending:
            log.warning("%r could not be rolled back or reset, and is closed: %r", connection, error)
        self._state.mended(connection, self._loop.time(), sound=not task.cancelled() and error is None)
        self._carry_out()

    def _see_off(self, connection: Connection) -> None:
        task = self._tasks.get(connection)
        if task is not None:
            task.cancel()
        now = self._loop.time()
        while self._leaving and self._leaving[0][0] < now - FORGET_AFTER:
            self._leaving.popleft()
        self._leaving.append((now, connection))
        connection.close()

    def _lost(self, connection: Connection) -> None:
        """The connection's own word that it is unfit, without anybody having asked it for anything."""
        self._state.lost(connection)
        self._carry_out()

    def _reconnecting(self, connection: Connection) -> None:
        """A holder's ping() is about to connect anew what was lost: only where the pool still has room for it."""
        if not self._state.take_back(connection, self._loop.time()):
            reason = f"{connection!r} was lost, and its place in the pool is another's; release it and acquire anew"
            raise NotConnected.because(reason)

    # The end

    def close(self) -> None:
        """Lend nothing any more: idle connections close now, lent ones when they come back, waiters fail at once."""
        self._refuse_other_loops()
        self._state.close()
        self._end_of_lending()

    def terminate(self) -> None:
        """Close, and close the lent connections too, at once; giving them back later is accepted and does nothing."""
        self._refuse_other_loops()
        self._state.terminate()
        self._end_of_lending()

    def _end_of_lending(self) -> None:
        if self._shrinking is not None:
            self._shrinking.cancel()
        self._carry_out()

    async def wait_closed(self) -> None:
        """Wait until every connection has come back and its transport is closed; for any number of callers.

        A transport that cannot flush its goodbye is dropped after a second. Cancelled, it may simply be called again.

        Raises:
            RuntimeError: neither close() nor terminate() was called, or this is another event loop.
        """
        self._refuse_other_loops()
        if self._state.phase is Phase.OPEN:
            raise RuntimeError(f"wait_closed() comes after close() or terminate(); {self!r}")
        self._look_for_the_end()
        await self._gone.wait()
        await self._see_gone([connection for _, connection in self._leaving])
        self._state.finish()

    def _look_for_the_end(self) -> None:
        if self._state.size == 0 and not self._tasks:
            self._gone.set()

    async def _see_gone(self, connections: list[Connection]) -> None:
        """Wait for their transports to end, at most so long."""
        try:
            async with asyncio.timeout(FAREWELL_LIMIT):
                for connection in connections:
                    await connection.wait_closed()
        except TimeoutError:
            for connection in connections:
                connection.abort()
            for connection in connections:
                await connection.wait_closed()

    async def clear(self) -> None:
        """Close the idle connections; the next acquire brings the pool back to minsize."""
        self._refuse_other_loops()
        idle = list(self._free)
        self._state.clear()
        self._carry_out()
        await self._see_gone(idle)

    def expire_connections(self) -> None:
        """Let no connection of now be lent again: idle ones close at once, the others when they come back."""
        self._refuse_other_loops()
        self._state.expire()
        self._carry_out()

    async def _fill(self) -> None:
        """Open minsize connections: one alone, so that a wrong setting shows once and early, then the rest together."""
        try:
            started = 0
            while started < self._minsize or self._tasks:
                openings = self._state.fill(1 if started == 0 else self._minsize - started)
                self._carry_out()
                started += len(openings)
                tasks = list(self._tasks.values())
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        except Exception:
            self.terminate()
            await self.wait_closed()
            raise
        except BaseException:
            self.terminate()  # cancelled: the rest happens in the pool's own tasks
            raise

    def _refuse_other_loops(self) -> None:
        """Raise RuntimeError, unless this is the pool's loop, or that loop stands still and no other runs here."""
        here = asyncio._get_running_loop()
        if here is self._loop or (here is None and not self._loop.is_running()):
            return
        used = "without a running event loop" if here is None else f"from another event loop, {here!r}"
        raise RuntimeError(f"{self!r} belongs to the loop {self._loop!r} and was used {used}")

    # The forms

    def __enter__(self) -> None:
        raise RuntimeError(
            "a pool is no plain context manager; write `async with pool.acquire() as connection:`, or "
            "`with (yield from pool) as connection:` in a generator under @types.coroutine"
        )

    def __exit__(self, *_: object) -> None:
        """Looked up by ``with`` before __enter__ can refuse; never called."""

    def __iter__(self) -> Generator[Any, Any, LentConnection]:
        connection = yield from self.acquire().__await__()
        return LentConnection(self, connection)

    def __await__(self) -> Generator[Any, Any, LentConnection]:
        warnings.warn(
            "`with await pool as connection` is deprecated; write `async with pool.acquire() as connection`",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.__iter__()

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # After an exception, waiting for those who still hold connections would only hide it.
        if kind is None:
            self.close()
        else:
            self.terminate()
        try:
            await self.wait_closed()
        except BaseException:
            self.terminate()  # nobody will come back to close it
            raise

    def __del__(self) -> None:
        state = self.__dict__.get("_state")
        if state is None or state.phase is not Phase.OPEN or not state.size:
            return
        complaint = f"unclosed pool {self!r}; call close() and then await wait_closed()"
        warnings.warn(complaint, ResourceWarning, stacklevel=2, source=self)
        for connection in state.free:
            if not self._loop.is_closed():
                # The garbage collector runs in any thread.
                self._loop.call_soon_threadsafe(connection.close)


def _tell(reference: weakref.ref[Pool], what: Callable[[Pool, Connection], None], connection: Connection) -> None:
    pool = reference()
    if pool is not None:
        what(pool, connection)


def _shrink(reference: weakref.ref[Pool], period: float) -> None:
    pool = reference()
    if pool is not None:
        pool._state.shrink()
        pool._carry_out()
        pool._shrinking = pool._loop.call_later(period, _shrink, reference, period)


def create_pool(
    minsize: int = 1,
    maxsize: int = 10,
    echo: bool = False,
    pool_recycle: float = -1,
    loop: asyncio.AbstractEventLoop | None = None,
    *,
    on_release: str = "rollback",
    acquire_timeout: float | None = None,
    max_connecting: int | None = None,
    max_lifetime: float | None = None,
    max_idle: float | None = None,
    max_waiting: int | None = None,
    pool_pre_ping: bool | float = False,
    use_lifo: bool = False,
    name: str = "",
    init: Hook | None = None,
    setup: Hook | None = None,
    reset: Hook | None = None,
    **connect: Any,
) -> PoolContext:
    """Make a pool: ``pool = await create_pool(...)`` or ``async with create_pool(...) as pool``.

    All arguments are checked here, at the call, whatever minsize is. Awaiting then opens minsize connections; when that
    fails or is cancelled, none of them is left.

    Args:
        minsize: connections opened at once and, at each acquire, brought back if some were lost.
        maxsize: the most connections there ever are, those being opened included; 0 for unlimited.
        echo: log executed queries; also read back as Pool.echo.
        pool_recycle: seconds a connection may have been idle to be lent again; negative for no limit.
        loop: the running loop, if given at all.
        on_release: what becomes of a transaction that is open when its connection is released. "rollback" rolls it
            back, "close" closes the connection, "reset" makes every session as new, with a transaction or without.
        acquire_timeout: seconds an acquire may take in all, None for no limit.
        max_connecting: the most connections being opened at the same time, None for no limit but maxsize.
        max_lifetime: seconds after its login, less up to 5 %, when a connection is closed; not while it is lent.
        max_idle: every so many seconds one connection above minsize that was never needed in that time is closed.
        max_waiting: the most acquirers in the queue; one more gets a RuntimeError at once.
        pool_pre_ping: True pings each idle connection before it is lent, a number only those idle for more seconds.
        use_lifo: lend the connection that came back last, not first.
        name: for repr, messages and logs.
        init: async function, awaited with each new connection.
        setup: async function, awaited with each connection that is about to be lent.
        reset: async function, awaited with each connection that has come back.
        connect: the parameters of connect().

    Raises:
        TypeError: an unknown keyword, or a value of a wrong type.
        ValueError: minsize < 0, maxsize < minsize, or another value out of range.
    """
    try:
        released = OnRelease(on_release)
    except ValueError:
        raise ValueError(f'on_release must be "rollback", "close" or "reset", not {on_release!r}') from None
    settings = PoolSettings(
        minsize=minsize,
        maxsize=maxsize,
        pool_recycle=pool_recycle,
        on_release=released,
        acquire_timeout=acquire_timeout,
        max_connecting=max_connecting,
        max_lifetime=max_lifetime,
        max_idle=max_idle,
        max_waiting=max_waiting,
        pool_pre_ping=pool_pre_ping,
        use_lifo=use_lifo,
        name=name,
    )
    for argument, hook in (("init", init), ("setup", setup), ("reset", reset)):
        if hook is not None and not callable(hook):
            raise TypeError(f"{argument} must be an async function of one connection, not {hook!r}")
    if loop is not None and not isinstance(loop, asyncio.AbstractEventLoop):
        raise TypeError(f"loop must be an event loop or None, not {loop!r}")
    connecting = connect_settings(echo=echo, loop=loop, **connect)

    def make() -> Pool:
        running = asyncio.get_running_loop()
        if loop is not None and loop is not running:
            raise RuntimeError(f"create_pool() was given the loop {loop!r} and is awaited in {running!r}")
        return Pool(
            settings,
            functools.partial(open_connection, connecting, loop=running),
            where=connecting.unix_socket or f"{connecting.host}:{connecting.port}",
            echo=connecting.echo,
            init=init,
            setup=setup,
            reset=reset,
            ping_limit=connecting.connect_timeout or PING_LIMIT,
        )

    return PoolContext(make)
