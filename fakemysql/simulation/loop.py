"""The deterministic event loop: asyncio's own loop on a selector that moves a clock instead of waiting.

`asyncio.BaseEventLoop` runs callbacks, keeps timers and asks its selector, once in each iteration, to wait for at most
so many seconds. Ours waits for nothing. It takes from the network what is due within that time and sets the clock to
that moment; if nothing is due it moves the clock by the whole time. Asked to wait without limit while nothing is on
its way, it knows that nothing will ever run again and raises a DeadlockError at once.

The order of ready callbacks is asyncio's: first in, first out. Chance enters through the network alone. What else
differs from run to run in asyncio is taken away here: tasks are numbered and named for each loop afresh, and they hash
by number, because asyncio keeps tasks in sets (a TaskGroup cancels its tasks in the order of one) and the hash of an
ordinary task is its place in memory.

Everything that would leave this world (real sockets, pipes, processes, threads, signals) raises NotSimulated.
"""

from __future__ import annotations

import asyncio
import datetime
import math
import os
import random
import socket
import sys
import threading
from asyncio.format_helpers import _format_callback_source
from asyncio.sslproto import SSLProtocol
from contextvars import copy_context
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from .errors import DeadlockError, NotSimulated, RunawayError, SimulationError
from .link import End
from .network import ANY_HOST, EPOCH, Network, SimulatedNetwork, UnknownName
from .report import describe_tasks
from .timeline import KEPT_EVENTS, Timeline
from .transport import SimulatedServer, SimulatedSocket, SimulatedTransport, socket_address

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections import deque
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
    from contextvars import Context
    from weakref import WeakSet

    from .link import Address, Source

__all__ = ["SimulatedLoop", "loop_factory", "running_loop"]

P = TypeVar("P", bound=asyncio.BaseProtocol)
T = TypeVar("T")

MAX_ITERATIONS: Final = 1_000_000
"""A few real seconds of a loop that does nothing useful; the longest honest run met so far took 20,000."""

MAX_SECONDS: Final = 30 * 86_400.0
"""More than any time limit a server or a pool is given in earnest."""

FIRST_DAY: Final = datetime.datetime(2030, 1, 1, 12, 0, 0)  # naive, as SQL's date and time are

CANCELLED_TIMERS: Final = 100
"""From so many on asyncio may throw them out, in an iteration of its own making."""

MAXIMUM_WAIT: Final = 24 * 3600
"""Seconds: asyncio lets its selector wait no longer at once."""

KNOWN_PYTHONS: Final = (3, 16)
"""Below this asyncio's `_run_once` and handles were read, and a test compares ours with them; see `_run_once`."""

SHOWN_EVENTS: Final = 20
"""How much of the timeline stands at the end of an error's text."""


class SimulatedTask(asyncio.Task[T]):
    """A task that hashes by its number in its loop, so that a set of tasks has the same order in every run."""

    number: int

    def __init__(self, coro: Coroutine[Any, Any, T], *, loop: SimulatedLoop, **options: Any) -> None:
        """Take the next number, and a name after it unless there is one."""
        self.number = loop.next_task_number()
        if options.get("name") is None:
            options["name"] = f"Task-{self.number}"
        super().__init__(coro, loop=loop, **options)

    def __hash__(self) -> int:
        """Answer with the number."""
        return self.number

    def __eq__(self, other: object) -> bool:
        """Equal to itself alone."""
        return self is other


class _Handle(asyncio.Handle):
    """asyncio's own, made in one call: it is made for each callback, and is a tenth of what an iteration costs."""

    __slots__ = ()

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], loop: SimulatedLoop, context: Context | None
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


class _Timer(asyncio.TimerHandle):
    """The same for timers; and they are compared, which a heap does often, without a look at their types."""

    __slots__ = ()

    # asyncio's own slots; the stubs leave them out.
    _scheduled: bool
    _when: float

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: SimulatedLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None
        self._when = when
        self._scheduled = True

    def __hash__(self) -> int:
        """Answer as asyncio's does."""
        return hash(self._when)

    def __lt__(self, other: Any) -> bool:
        """Answer whether it is due before another timer."""
        return self._when < other._when  # type: ignore[no-any-return] # a float


def _complain(handle: Any, error: BaseException) -> None:
    """Tell the loop's exception handler of a callback's error, as asyncio's own handle does."""
    what = _format_callback_source(handle._callback, handle._args)
    context = {"message": f"Exception in callback {what}", "exception": error, "handle": handle}
    handle._loop.call_exception_handler(context)


class _Selector:
    """What the loop asks for events: it moves the clock."""

    __slots__ = ("began", "iterations", "loop_explains", "max_iterations", "max_seconds", "network", "watchers")

    def __init__(self, network: SimulatedNetwork, max_iterations: int, max_seconds: float) -> None:
        self.network = network
        self.max_iterations = max_iterations
        self.max_seconds = max_seconds
        self.watchers: list[Callable[[], object]] = []
        self.iterations = 0
        self.began = network.now

    def begin(self) -> None:
        """Count iterations and seconds from here: a run begins."""
        self.iterations = 0
        self.began = self.network.now

    def select(self, timeout: float | None) -> Sequence[Source]:
        """Answer with what the network has next, within `timeout` seconds, and move the clock there."""
        if self.watchers:
            for watcher in self.watchers:
                watcher()
        self.iterations += 1
        if self.iterations > self.max_iterations:
            self._run_away(f"{self.max_iterations:,} loop iterations are over")
        network = self.network
        due = network.due
        if due:
            when = due[0][0]
            if timeout is None or when <= network.now + timeout:
                if when > network.now:
                    network.now = when
                    if when - self.began > self.max_seconds:
                        self._run_away(f"{self.max_seconds:,.0f} virtual seconds are over")
                return network.ready()
        if timeout is None:
            raise DeadlockError(
                "nothing can ever run again: no callback is ready, no timer is set, and no byte is on its way.\n"
                + running_loop().describe()
                + _described_threads()
            )
        if timeout:
            network.now += timeout
            if network.now - self.began > self.max_seconds:
                self._run_away(f"{self.max_seconds:,.0f} virtual seconds are over")
        return ()

    def _run_away(self, what: str) -> NoReturn:
        loop = running_loop()
        loop.forgive()
        raise RunawayError(
            f"{what}, and the run has not come to an end; if it is meant to be so long, raise max_iterations or"
            f" max_seconds.\n{loop.describe()}"
        )


def _not_simulated(name: str, instead: str) -> Any:
    def refuse(self: object, *args: object, **kwargs: object) -> NoReturn:
        raise NotSimulated(f"loop.{name}() is not simulated: {instead}")

    refuse.__name__ = name
    refuse.__doc__ = f"Raise NotSimulated: {instead}."
    return refuse


_SOCKETS: Final = "a real socket is outside of the simulated network; use loop.create_connection() or asyncio's streams"
_FILES: Final = (
    "a real file descriptor becomes ready in real time; only create_connection() and create_server() are here"
)
_PROCESSES: Final = "a process lives in real time"
_SIGNALS: Final = "a signal comes from outside, at no virtual time"


class SimulatedLoop(asyncio.BaseEventLoop):
    """An asyncio event loop in which time and network are simulated.

    Attributes:
        seed: what all chance comes from.
        random: the generator itself; draw from it what your test decides by chance.
        network: the simulated network, its links and faults.
        timeline: what happened on it.
    """

    # asyncio's own, on all Pythons; the stubs leave them out.
    _asyncgens: WeakSet[Any]
    _clock_resolution: float
    _closed: bool
    _by_the_book: bool
    _debug: bool
    _ready: deque[Any]
    _scheduled: list[Any]
    _stopping: bool
    _timer_cancelled_count: int

    def __init__(
        self,
        seed: int | str = 0,
        network: Network | None = None,
        *,
        max_iterations: int = MAX_ITERATIONS,
        max_seconds: float = MAX_SECONDS,
        eager_tasks: bool = False,
        inline_executor: bool = False,
        kept_events: int = KEPT_EVENTS,
    ) -> None:
        """Make a loop; nothing real is opened.

        Args:
            seed: the same seed, the same history.
            network: what the network may do; None is `Network()`.
            max_iterations: iterations after which one run is given up with a RunawayError.
            max_seconds: virtual seconds after which one run is given up, likewise.
            eager_tasks: tasks begin to run when they are created, as with asyncio.eager_task_factory (Python 3.12).
            inline_executor: run_in_executor and asyncio.to_thread call their function in the loop's own thread, one
                iteration later, instead of raising NotSimulated. The function must not wait for the loop, and the real
                time it takes is no virtual time.
            kept_events: how many of the last events the timeline keeps. With 0 a run is a twentieth quicker, and errors
                tell less of it; nothing else changes, so that a run that went wrong can be played again with events.
        """
        self._is_known = sys.version_info < KNOWN_PYTHONS
        super().__init__()
        self.seed = seed
        self.random = random.Random(seed)
        self.timeline = Timeline(EPOCH, kept_events)
        self.network = SimulatedNetwork(network or Network(), self.random.random, self.timeline)
        self._selector = _Selector(self.network, max_iterations, max_seconds)
        self._inline_executor = inline_executor
        self._tasks_made = 0
        self._chances_given = 0
        self._factory_given: Any = None
        self._thread: int | None = None
        if eager_tasks:
            factory = getattr(asyncio, "eager_task_factory", None)
            if factory is None:
                self.close()
                raise NotSimulated("eager_tasks=True: eager tasks came with Python 3.12")
            self.set_task_factory(factory)  # pragma: no cover # Python 3.12 and later, where it is tested

    # What BaseEventLoop leaves to its subclasses.

    def time(self) -> float:
        """Answer with the virtual time in seconds."""
        return self.network.now

    def _process_events(self, events: Iterable[Source]) -> None:
        for source in events:
            self.call_soon(source.arrive, context=source.context)

    def call_soon(  # type: ignore[override] # the stubs type it with TypeVarTuple; the meaning is the same
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Do as asyncio does."""
        if self._by_the_book or self._closed:
            return super().call_soon(callback, *args, context=context)
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def set_debug(self, enabled: bool) -> None:
        """Do as asyncio does."""
        super().set_debug(enabled)
        self._by_the_book = enabled or not self._is_known

    def call_later(  # type: ignore[override] # as above
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Do as asyncio does."""
        if delay is None:
            raise TypeError("delay must not be None")
        return self.call_at(self.network.now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override] # as above
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Do as asyncio does."""
        if self._debug or self._closed or when is None:
            return super().call_at(when, callback, *args, context=context)
        timer = _Timer(when, callback, args, self, context)
        heappush(self._scheduled, timer)
        return timer

    def _run_once(self) -> None:
        """One iteration, as asyncio's own does it, for the case that is the rule: no debug mode, few timers cancelled.

        An iteration here lasts microseconds, of which asyncio's precautions (a slow callback's log, a limit of what a
        selector can wait) would take a third. The sums and comparisons are asyncio's to the last bit, for the clock's
        digits are part of what a seed repeats. On a Python that was not out when this was written asyncio's own is used
        throughout: the history is the same, and takes longer.
        """
        scheduled = self._scheduled
        if self._by_the_book or self._timer_cancelled_count > CANCELLED_TIMERS:
            # Before 3.15 asyncio adds a resolution which, after months, is too small to make a difference to the clock.
            self._clock_resolution = max(self._clock_resolution, math.ulp(self.network.now + MAXIMUM_WAIT))
            super()._run_once()  # type: ignore[misc] # the stubs leave it out
            return
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heappop(scheduled)._scheduled = False
        ready = self._ready
        timeout: float | None = None
        if ready or self._stopping:
            timeout = 0
        elif scheduled:
            timeout = min(max(0, scheduled[0]._when - self.network.now), MAXIMUM_WAIT)
        for source in self._selector.select(timeout):
            ready.append(_Handle(source.arrive, (), self, source.context))
        if scheduled:
            now = self.network.now
            end = now + self._clock_resolution
            if end == now:  # after months: the clock's digits are few, and a timer that is due has to be over
                end += math.ulp(now)
            while scheduled and scheduled[0]._when < end:
                timer = heappop(scheduled)
                timer._scheduled = False
                ready.append(timer)
        # Only what is ready by now: what a callback makes ready comes in the next iteration.
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                try:
                    handle._context.run(handle._callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 # as asyncio: whatever it is, the loop goes on
                    _complain(handle, error)

    def _write_to_self(self) -> None:
        """Wake nobody: the selector never sleeps."""

    def run_forever(self) -> None:
        """Run until stopped; each run has the iterations and seconds of its own."""
        selector = self._selector
        selector.begin()
        self._thread = threading.get_ident()
        try:
            super().run_forever()
        finally:
            self._thread = None
        for watcher in selector.watchers:
            watcher()

    def run_until_complete(self, future: Awaitable[T]) -> T:  # type: ignore[override] # the stubs name two kinds of it
        """Do as asyncio does. What the world itself raises comes without the loop's lines: its text says who waits."""
        __tracebackhide__ = True
        try:
            return super().run_until_complete(future)
        except SimulationError as error:
            raise error.with_traceback(None)  # noqa: B904 # it is the same error

    def close(self) -> None:
        """Close the loop and forget the network's links. Everything recorded stays."""
        if not self.is_closed():
            super().close()
            self.network.close()
            self._selector.watchers.clear()

    # What is added.

    def is_at_rest(self) -> bool:
        """Tell whether no callback is ready and no asynchronous generator is open."""
        return not self._ready and not self._asyncgens

    def after_each_iteration(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called between loop iterations and at the end of a run, to look whether all is well.

        What it raises ends the run and comes out of it. It must not wait, and should change nothing.

        Returns:
            A function that ends it.
        """
        watchers = self._selector.watchers
        watchers.append(callback)
        return lambda: watchers.remove(callback)

    @property
    def iterations(self) -> int:
        """Loop iterations of the present run, or the last."""
        return self._selector.iterations

    def forgive(self) -> None:
        """Count iterations and seconds from here again, so that what comes after a RunawayError can clean up."""
        self._selector.begin()

    def own_chance_and_date(self) -> tuple[random.Random, Callable[[], datetime.datetime]]:
        """Offer chance and date to a server that was given none: a generator of its own that follows from the seed (so
        that nothing which a server draws moves the network's history), and :meth:`utcnow`.
        """
        self._chances_given += 1
        return random.Random(f"{self.seed} chance {self._chances_given}"), self.utcnow

    def hold_connects(self, address: Address) -> Callable[[], None]:
        """Leave connects to an address unanswered, as where a backlog is full.

        Returns:
            A function that lets them go on.
        """
        return self.network.hold_connects(address)

    def utcnow(self) -> datetime.datetime:
        """Answer with the world's date and time in UTC, naive: a day in 2030 at first, moved by virtual time alone.

        Nothing calls it unasked, for datetime.now() and time.time() stay real; hand it to what takes a clock, as in
        FakeServer(wall=loop.utcnow).
        """
        return FIRST_DAY + datetime.timedelta(seconds=self.network.now - EPOCH)

    def note(self, text: str) -> None:
        """Put a line of your own into the timeline."""
        self.timeline.add(self.network.now, 0, "note", "", 0, text)

    def pending_tasks(self) -> list[asyncio.Task[Any]]:
        """Answer with the tasks that are not done, in the order in which they were created."""
        return sorted(asyncio.all_tasks(self), key=lambda task: (getattr(task, "number", sys.maxsize), task.get_name()))

    def describe(self) -> str:
        """Answer with what is going on, for people: time, seed, pending tasks, open links, the timeline's end."""
        tasks = self.pending_tasks()
        links = "\n".join(map(repr, self.network.links)) or "(none)"
        return (
            f"Virtual time {self.time() - EPOCH:.6f} s, iteration {self.iterations}, seed {self.seed!r}.\n"
            f"Pending tasks: {len(tasks)}\n{describe_tasks(tasks)}\n"
            f"Open links:\n{links}\n"
            f"The timeline's end:\n{self.timeline.text(SHOWN_EVENTS) or '(empty)'}"
        )

    # Tasks.

    def _refuse_if_closed(self, coro: object = None) -> None:
        if self.is_closed():
            if asyncio.iscoroutine(coro):
                coro.close()
            raise RuntimeError("Event loop is closed")

    def next_task_number(self) -> int:
        """Count a task."""
        self._tasks_made += 1
        return self._tasks_made

    def create_task(  # type: ignore[override] # the stubs name the options; later Pythons have more of them
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None, **options: Any
    ) -> asyncio.Task[T]:
        """Make a task; see SimulatedTask."""
        if self._factory_given is not None:
            return super().create_task(coro, name=name, context=context, **options)
        self._refuse_if_closed(coro)
        return SimulatedTask(coro, loop=self, name=name, context=context, **options)

    def set_task_factory(self, factory: Any) -> None:
        """Set a task factory; asyncio's eager one makes SimulatedTasks as well."""
        self._factory_given = factory
        # Excluded because it is not there on 3.11; it is tested on later Pythons.
        if sys.version_info >= (3, 12) and factory is asyncio.eager_task_factory:  # pragma: no cover
            factory = asyncio.create_eager_task_factory(cast("Any", SimulatedTask))
        super().set_task_factory(factory)

    def get_task_factory(self) -> Any:
        """Answer with what was set."""
        return self._factory_given

    # Threads.

    def call_soon_threadsafe(  # type: ignore[override] # the stubs type it with TypeVarTuple; the meaning is the same
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Do as call_soon; from another thread than the loop's own, raise NotSimulated."""
        if self._thread not in (None, threading.get_ident()):
            raise NotSimulated("loop.call_soon_threadsafe() from another thread: threads live in real time")
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override] # the stubs type it with TypeVarTuple; the meaning is the same
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Raise NotSimulated, or with `inline_executor` call the function one iteration later."""
        if not self._inline_executor:
            raise NotSimulated(
                "loop.run_in_executor() is not simulated: threads live in real time; Simulation(inline_executor=True)"
                " calls the function in the loop's own thread"
            )
        self._refuse_if_closed()
        future = self.create_future()

        def call() -> None:
            if future.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 # whatever it raises belongs to whoever awaits
                future.set_exception(error)
            else:
                future.set_result(result)

        self.call_soon(call)
        return future

    # Names.

    async def getaddrinfo(
        self,
        host: str | bytes | None,
        port: str | bytes | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[tuple[Any, Any, int, str, Any]]:
        """Look a name up on the simulated network, at once; socket.gaierror for an unknown one."""
        kind = socket.SocketKind(type or socket.SOCK_STREAM)
        return [
            (_family_of(address[0]), kind, proto, "", socket_address(address))
            for address in self._addresses_of(host, port, family)
        ]

    def _addresses_of(
        self, host: str | bytes | None, port: str | bytes | int | None, family: int
    ) -> list[tuple[str, int]]:
        number = _port_number(port)
        found = [(ip, number) for ip in self._resolve(host) if not family or family == _family_of(ip)]
        if not found:
            raise socket.gaierror(socket.EAI_FAMILY, f"{host!r} has no address of that family")
        return found

    def _resolve(self, host: str | bytes | None) -> list[str]:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        try:
            return self.network.resolve(name)
        except UnknownName as error:
            raise socket.gaierror(socket.EAI_NONAME, str(error)) from None

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        """Answer with the address itself: names are looked up in one direction alone."""
        return sockaddr[0], str(sockaddr[1])

    # Connections.

    async def create_connection(
        self,
        protocol_factory: Callable[[], P],
        host: str | None = None,
        port: int | None = None,
        *,
        ssl: bool | ssl_module.SSLContext | None = None,
        family: int = 0,
        proto: int = 0,
        flags: int = 0,
        sock: Any = None,
        local_addr: tuple[str, int] | None = None,
        server_hostname: str | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        happy_eyeballs_delay: float | None = None,
        interleave: int | None = None,
        all_errors: bool = False,
    ) -> tuple[asyncio.Transport, P]:
        """Connect to an address on the simulated network.

        `sock` may be a simulated socket (a duplicate of what `get_extra_info("socket")` gave). Addresses are tried one
        after the other: happy eyeballs and interleaving are not simulated.
        """
        hostname = _hostname_for_tls(ssl, server_hostname, host)
        timeouts = (ssl_handshake_timeout, ssl_shutdown_timeout)
        if not ssl and timeouts != (None, None):
            raise ValueError("ssl_handshake_timeout and ssl_shutdown_timeout are only meaningful with ssl")
        if happy_eyeballs_delay is not None or interleave is not None:
            raise NotSimulated("create_connection(happy_eyeballs_delay=, interleave=): addresses are tried in turn")
        if sock is not None:
            if host is not None or port is not None:
                raise ValueError("host/port and sock can not be specified at the same time")
            end = _end_of(sock)
        elif host is None and port is None:
            raise ValueError("host and port was not specified and no sock specified")
        else:
            remotes = self._addresses_of(host, port, family)
            local: Address | None = None
            if local_addr is not None:
                local = (self._resolve(local_addr[0])[0], _port_number(local_addr[1]))
                if local[1] == 0:
                    local = (local[0], cast("tuple[str, int]", self.network.dialling_address(local))[1])
            end = await self._dial_first(remotes, local, all_errors=all_errors)
        return await self._over(end, protocol_factory, ssl, hostname, timeouts)

    async def create_unix_connection(
        self,
        protocol_factory: Callable[[], P],
        path: str | bytes | os.PathLike[str] | None = None,
        *,
        ssl: bool | ssl_module.SSLContext | None = None,
        sock: Any = None,
        server_hostname: str | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
    ) -> tuple[asyncio.Transport, P]:
        """Connect to a path on which a simulated server listens. No file is looked at."""
        hostname = _hostname_for_tls(ssl, server_hostname, None)
        if (path is None) == (sock is None):
            raise ValueError("give either path or sock")
        if sock is not None:
            end = _end_of(sock)
        else:
            end = await self._dial_first([os.fsdecode(cast("str", path))], None, all_errors=False)
        timeouts = (ssl_handshake_timeout, ssl_shutdown_timeout)
        return await self._over(end, protocol_factory, ssl, hostname, timeouts)

    async def _dial_first(self, remotes: Iterable[Address], local: Address | None, *, all_errors: bool) -> End:
        """Try one address after the other; asyncio's rules for which error comes out in the end."""
        errors: list[OSError] = []
        for remote in remotes:
            answer = await self._dial(remote, local)
            if isinstance(answer, End):
                return answer
            errors.append(answer)
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        if len({str(error) for error in errors}) == 1:
            raise errors[0]
        raise OSError(f"Multiple exceptions: {', '.join(map(str, errors))}")

    async def _dial(self, remote: Address, local: Address | None) -> End | OSError:
        """Answer with an end or an error; cancelled, leave nothing open, whether the answer had come or comes later."""
        future: asyncio.Future[End | OSError] = self.create_future()

        def answer(outcome: End | OSError) -> None:
            if not future.done():
                future.set_result(outcome)
            elif isinstance(outcome, End):
                outcome.release()

        dial = self.network.dial(remote, answer, local)
        try:
            return await future
        except asyncio.CancelledError:
            dial.give_up()
            if not future.cancelled() and isinstance(end := future.result(), End):
                end.release()
            raise

    async def _over(
        self,
        end: End,
        protocol_factory: Callable[[], P],
        ssl: bool | ssl_module.SSLContext | None,
        hostname: str | None,
        timeouts: tuple[float | None, float | None],
    ) -> tuple[asyncio.Transport, P]:
        """Make the protocol and the transport over an end, and wait for connection_made, or for TLS."""
        try:
            protocol = protocol_factory()
            waiter: asyncio.Future[None] = self.create_future()
            if ssl:
                tls = SSLProtocol(
                    self,
                    protocol,
                    cast("ssl_module.SSLContext", None if ssl is True else ssl),
                    waiter,
                    server_side=False,
                    server_hostname=hostname,
                    ssl_handshake_timeout=timeouts[0],  # type: ignore[arg-type] # the stubs say int; any number does
                    ssl_shutdown_timeout=timeouts[1],
                )
        except BaseException:
            end.release()
            raise
        transport: asyncio.Transport
        if ssl:
            SimulatedTransport(self, end, tls)
            transport = tls._app_transport
        else:
            transport = SimulatedTransport(self, end, protocol, waiter)
        try:
            await waiter
        except BaseException:
            transport.close()
            raise
        return transport, protocol

    # Servers.

    async def create_server(  # type: ignore[override] # as above
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | Sequence[str] | None = None,
        port: int | None = None,
        *,
        family: int = socket.AF_UNSPEC,
        flags: int = socket.AI_PASSIVE,
        sock: Any = None,
        backlog: int = 100,
        ssl: ssl_module.SSLContext | None = None,
        reuse_address: bool | None = None,
        reuse_port: bool | None = None,
        keep_alive: bool | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        start_serving: bool = True,
    ) -> SimulatedServer:
        """Listen on the simulated network; port 0 gives ports that are the same in every run."""
        if sock is not None:
            raise NotSimulated(f"create_server(sock=): {_SOCKETS}")
        if host is None and port is None:
            raise ValueError("Neither host/port nor sock were specified")
        addresses: dict[Address, None] = {}
        for name in [host] if host is None or isinstance(host, str) else host:
            ips = [ANY_HOST[4], ANY_HOST[6]] if not name else self._resolve(name)
            for ip in ips:
                if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in ip else socket.AF_INET):
                    addresses[ip, _port_number(port)] = None
        return await self._serve(
            addresses,
            protocol_factory,
            ssl,
            ssl_handshake_timeout,
            ssl_shutdown_timeout,
            start_serving,
            keep_path=False,
        )

    async def create_unix_server(  # type: ignore[override] # as above
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        path: str | bytes | os.PathLike[str] | None = None,
        *,
        sock: Any = None,
        backlog: int = 100,
        ssl: ssl_module.SSLContext | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        start_serving: bool = True,
        cleanup_socket: bool = True,
    ) -> SimulatedServer:
        """Listen on a path of the simulated world. No file is made."""
        if sock is not None or path is None:
            raise NotSimulated(f"create_unix_server() without a path: {_SOCKETS}")
        return await self._serve(
            [os.fsdecode(path)],
            protocol_factory,
            ssl,
            ssl_handshake_timeout,
            ssl_shutdown_timeout,
            start_serving,
            keep_path=sys.version_info < (3, 13) or not cleanup_socket,
        )

    async def _serve(
        self,
        addresses: Iterable[Address],
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        ssl: ssl_module.SSLContext | None,
        ssl_handshake_timeout: float | None,
        ssl_shutdown_timeout: float | None,
        start_serving: bool,
        *,
        keep_path: bool,
    ) -> SimulatedServer:
        if isinstance(ssl, bool):
            raise TypeError("ssl argument must be an SSLContext or None")
        server = SimulatedServer(
            self, addresses, protocol_factory, ssl, ssl_handshake_timeout, ssl_shutdown_timeout, keep_path=keep_path
        )
        if start_serving:
            await server.start_serving()
        return server

    # What is outside of this world.

    def remove_signal_handler(self, sig: int) -> bool:
        """Answer False: there was none."""
        return False

    def remove_reader(self, fd: Any) -> bool:
        """Answer False: there was none."""
        return False

    def remove_writer(self, fd: Any) -> bool:
        """Answer False: there was none."""
        return False

    add_reader = _not_simulated("add_reader", _FILES)
    add_writer = _not_simulated("add_writer", _FILES)
    add_signal_handler = _not_simulated("add_signal_handler", _SIGNALS)
    set_default_executor = _not_simulated("set_default_executor", "threads live in real time")
    connect_accepted_socket = _not_simulated("connect_accepted_socket", _SOCKETS)
    connect_read_pipe = _not_simulated("connect_read_pipe", _FILES)
    connect_write_pipe = _not_simulated("connect_write_pipe", _FILES)
    create_datagram_endpoint = _not_simulated("create_datagram_endpoint", "the simulated network carries streams alone")
    sendfile = _not_simulated("sendfile", "read the file and write its bytes")
    sock_accept = _not_simulated("sock_accept", _SOCKETS)
    sock_connect = _not_simulated("sock_connect", _SOCKETS)
    sock_recv = _not_simulated("sock_recv", _SOCKETS)
    sock_recv_into = _not_simulated("sock_recv_into", _SOCKETS)
    sock_recvfrom = _not_simulated("sock_recvfrom", _SOCKETS)
    sock_recvfrom_into = _not_simulated("sock_recvfrom_into", _SOCKETS)
    sock_sendall = _not_simulated("sock_sendall", _SOCKETS)
    sock_sendfile = _not_simulated("sock_sendfile", _SOCKETS)
    sock_sendto = _not_simulated("sock_sendto", _SOCKETS)
    subprocess_exec = _not_simulated("subprocess_exec", _PROCESSES)
    subprocess_shell = _not_simulated("subprocess_shell", _PROCESSES)


def loop_factory(seed: int | str = 0, network: Network | None = None, **options: Any) -> Callable[[], SimulatedLoop]:
    """Make a loop factory for asyncio.Runner, asyncio.run (3.12) and pytest-asyncio; options as of SimulatedLoop."""
    return lambda: SimulatedLoop(seed, network, **options)


def running_loop() -> SimulatedLoop:
    """Answer with the running loop, which must be a simulated one; NotSimulated otherwise."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, SimulatedLoop):
        raise NotSimulated(f"the running loop is no simulated one: {loop!r}")
    return loop


def _described_threads() -> str:
    """A line of the other threads, with one of which somebody may wait in vain; empty where there is none."""
    here = (threading.main_thread(), threading.current_thread())
    others = [repr(thread.name) for thread in threading.enumerate() if thread not in here]
    if not others:
        return ""
    return (
        f"\nOther threads: {', '.join(others)}. Whoever waits for one waits for ever: a thread lives in real time, and"
        " loop.call_soon_threadsafe() is refused to it. Simulation(inline_executor=True) calls what is given to"
        " loop.run_in_executor() or asyncio.to_thread() in the loop's own thread."
    )


def _family_of(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def _port_number(port: str | bytes | int | None) -> int:
    try:
        number = int(port or 0)
    except ValueError:
        raise socket.gaierror(
            socket.EAI_SERVICE, f"{port!r} is no port number, and services have no names here"
        ) from None
    if not 0 <= number <= 65_535:
        raise OverflowError(f"port must be 0-65535, and it is {number}")
    return number


def _hostname_for_tls(
    ssl: bool | ssl_module.SSLContext | None, server_hostname: str | None, host: str | None
) -> str | None:
    """Answer with the name the certificate must have, by asyncio's rules."""
    if not ssl:
        if server_hostname is not None:
            raise ValueError("server_hostname is only meaningful with ssl")
        return None
    if server_hostname is None and not host:
        raise ValueError("You must set server_hostname when using ssl without a host")
    return host if server_hostname is None else server_hostname


def _end_of(sock: object) -> End:
    if not isinstance(sock, SimulatedSocket):
        raise NotSimulated(f"create_connection(sock={sock!r}): {_SOCKETS}")
    end = sock.hand_over()
    if end is None:
        raise OSError(f"{sock!r} is closed")
    return end
