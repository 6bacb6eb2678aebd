"""Who owns each connection, who waits, and what is to be opened or closed next: the pool's decisions, as plain data.

A connection of the pool is in exactly one place, and every transition below is one synchronous step, so a cancellation
always finds the pool between two sound states and no lock is needed:

    place       transition      leads to
    ----------  --------------  ---------------------------------------------------------------------
    (nowhere)   _open           opening
    opening     opened          lent (somebody waits), idle, or gone (closing, old generation, unfit)
    opening     open_failed     gone; the acquirer for whom it was started gets the error
    idle        take            lent, or gone (unfit, too old, idle too long)
    idle        clear, expire, shrink, close, lost      gone
    lent        give_back       lent (somebody waits), idle, mending or gone: the table RETURNED
    lent        drop, lost, terminate                   gone
    mending     mended          lent (somebody waits), idle, or gone
    mending     terminate       gone

Two rules carry the rest. *No connection idles while somebody waits*: whatever becomes free goes straight to the one
who has waited longest, so that finding an idle connection proves that nobody waits, and ``take`` needs no fairness
test. *No live waiter is uncovered*: every transition that frees capacity or adds demand ends in ``_grow``, which opens
another connection where one is wanted and allowed.

This module knows connections by a handful of attributes and waiters by three methods of a future. It is kept from
knowing tasks, sockets, clocks and chance: time comes in as ``now``, jitter as a number, and what has to be done outside
is left in ``orders`` for the shell (pool.py) to carry out before it returns to the event loop. An outbox rather than
returned effects, because the hot path then pays one truth test and builds nothing.
"""

from __future__ import annotations

import enum
import weakref
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from refpool.session_state import Fitness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Cancel",
    "Close",
    "Fate",
    "Mend",
    "OnRelease",
    "Open",
    "Opening",
    "Phase",
    "PoolClosed",
    "PoolSettings",
    "PoolState",
    "PoolStats",
    "TooManyWaiting",
    "require_seconds",
]

# A top-up to minsize is tried at most this often, in seconds: no acquire should dial a server that refuses them all.
TOP_UP_PAUSE = 1.0


class PoolClosed(RuntimeError):
    """The pool is closing or closed; it lends nothing any more."""


class TooManyWaiting(RuntimeError):
    """As many acquirers as max_waiting allows are queued already."""


class Phase(enum.Enum):
    """How far the pool has come in its life."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class OnRelease(enum.Enum):
    """What becomes of the session of a connection that comes back."""

    ROLLBACK = "rollback"  # an open transaction is rolled back; without one the connection is lent again as it is
    CLOSE = "close"  # an open transaction means that the connection is closed, as aiomysql does
    RESET = "reset"  # every session is made as new before it is lent again


class Fate(enum.Enum):
    """Where a connection goes that was given back to an open pool."""

    LEND_AGAIN = "lend again"
    MEND = "mend"
    CLOSE = "close"


RETURNED: Mapping[tuple[Fitness, OnRelease], Fate] = {
    (Fitness.READY, OnRelease.ROLLBACK): Fate.LEND_AGAIN,
    (Fitness.READY, OnRelease.CLOSE): Fate.LEND_AGAIN,
    (Fitness.READY, OnRelease.RESET): Fate.MEND,
    (Fitness.IN_TRANSACTION, OnRelease.ROLLBACK): Fate.MEND,
    (Fitness.IN_TRANSACTION, OnRelease.CLOSE): Fate.CLOSE,
    (Fitness.IN_TRANSACTION, OnRelease.RESET): Fate.MEND,
    (Fitness.UNFIT, OnRelease.ROLLBACK): Fate.CLOSE,
    (Fitness.UNFIT, OnRelease.CLOSE): Fate.CLOSE,
    (Fitness.UNFIT, OnRelease.RESET): Fate.CLOSE,
}


class Poolable(Protocol):
    """What the pool reads of a connection, and the notes it keeps on it (attributes, so that no look-up is needed)."""

    _fit: bool  # True exactly when fitness is READY; one load in place of six checks
    _pool: Any  # the PoolState whose connection this is
    _pool_ticket: int  # raised by each release, so that a block can tell whether the connection is still its own
    _pool_generation: int
    _pool_number: int  # of those that this pool has opened, from 1
    _pool_born: float  # seconds, loop time of the login, moved back by this connection's share of the jitter
    _pool_idle_since: float  # seconds, loop time of the last give_back; kept only when an age is set

    @property
    def closed(self) -> bool: ...
    @property
    def fitness(self) -> Fitness: ...


C = TypeVar("C", bound=Poolable)
ConnectionT_contra = TypeVar("ConnectionT_contra", contravariant=True)


class Waiter(Protocol[ConnectionT_contra]):
    """A queued acquirer; an asyncio.Future is one. It may have left (cancelled), which done() tells."""

    def done(self) -> bool: ...
    def set_result(self, result: ConnectionT_contra, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...
    def __hash__(self) -> int: ...


class Opening(Generic[C]):
    """A connection that is being opened: its place is reserved, and it remembers for whom it was started."""

    __slots__ = ("generation", "sponsor")

    def __init__(self, sponsor: Waiter[C] | None, generation: int) -> None:
        self.sponsor = sponsor
        self.generation = generation


@dataclass(frozen=True, slots=True)
class Open(Generic[C]):
    """Order: open a connection, then say opened() or open_failed()."""

    opening: Opening[C]


@dataclass(frozen=True, slots=True)
class Cancel(Generic[C]):
    """Order: nobody wants this opening any more; cancel it, and say so with open_failed() or opened()."""

    opening: Opening[C]


@dataclass(frozen=True, slots=True)
class Close(Generic[C]):
    """Order: the pool owns this connection no longer; close it, with a goodbye where that is possible."""

    connection: C


@dataclass(frozen=True, slots=True)
class Mend(Generic[C]):
    """Order: roll back or reset this connection, then say mended()."""

    connection: C


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolSettings:
    """The pool's own parameters, checked when built. Durations are seconds; None and the default mean "off"."""

    minsize: int = 1
    maxsize: int = 10  # 0: unlimited, and it reads back 0
    pool_recycle: float = -1  # closed at acquire when idle for longer; negative: never. aiomysql's name and default
    on_release: OnRelease = OnRelease.ROLLBACK
    acquire_timeout: float | None = None
    max_connecting: int | None = None
    max_lifetime: float | None = None
    max_idle: float | None = None
    max_waiting: int | None = None
    pool_pre_ping: bool | float = False
    use_lifo: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        _require_whole("minsize", self.minsize, least=0)
        _require_whole("maxsize", self.maxsize, least=0, note=" (0 means unlimited)")
        if self.maxsize and self.maxsize < self.minsize:
            raise ValueError(
                f"maxsize must not be less than minsize (or be 0, for unlimited): maxsize={self.maxsize!r}, "
                f"minsize={self.minsize!r}"
            )
        require_seconds("pool_recycle", self.pool_recycle, any_sign=True)
        if not isinstance(self.on_release, OnRelease):
            raise TypeError(f"on_release must be an OnRelease, not {self.on_release!r}")
        for name in ("acquire_timeout", "max_lifetime", "max_idle"):
            value = getattr(self, name)
            if value is not None:
                require_seconds(name, value)
        for name in ("max_connecting", "max_waiting"):
            value = getattr(self, name)
            if value is not None:
                _require_whole(name, value, least=1)
        if not isinstance(self.pool_pre_ping, bool):
            require_seconds("pool_pre_ping", self.pool_pre_ping, or_else="True, False or ")
        if not isinstance(self.use_lifo, bool):
            raise TypeError(f"use_lifo must be True or False, not {self.use_lifo!r}")
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a str, not {self.name!r}")


def _require_whole(name: str, value: object, *, least: int, note: str = "") -> None:
    # A bool is an int to Python; minsize=True is a mistake to everybody else.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more{note}, not {value!r}")


def require_seconds(name: str, value: object, *, any_sign: bool = False, or_else: str = "") -> None:
    """Raise TypeError or ValueError, naming the argument, unless the value is a duration."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be {or_else}a number of seconds, not {value!r}")
    if value != value or (value < 0 and not any_sign):
        raise ValueError(f"{name} must be {or_else}0 seconds or more, not {value!r}")


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The pool at one instant, and what it has done since it was made. size = used + free + opening + mending."""

    size: int
    used: int
    free: int
    opening: int
    mending: int
    waiting: int
    requests: int  # connections lent
    queued: int  # acquires that had to wait
    wait_seconds: float  # spent in the queue by those who were served
    opened: int  # connects that succeeded
    connect_errors: int
    discarded: int  # connections closed by the pool, for whatever reason
    last_connect_error: BaseException | None


class PoolState(Generic[C]):
    """Slots and waiters. Read freely; change only through the methods, and carry out ``orders`` after each of them."""

    __slots__ = (
        "__weakref__",
        "_low",
        "_mends_all",
        "_pop",
        "_top_up_due",
        "connect_errors",
        "discarded",
        "free",
        "generation",
        "last_error",
        "late",
        "mending",
        "opened_count",
        "opening",
        "orders",
        "phase",
        "queued",
        "relends",
        "requests",
        "settings",
        "size",
        "timed",
        "used",
        "wait_seconds",
        "waiters",
        "written_off",
    )

    def __init__(self, settings: PoolSettings, *, mends_all: bool = False) -> None:
        """Start empty and open.

        Args:
            settings: the sizes, ages and rules.
            mends_all: every connection that comes back goes through mending, whatever on_release says (a reset hook).
        """
        self.settings = settings
        self.phase = Phase.OPEN
        self.free: deque[C] = deque()
        self.used: set[C] = set()
        self.mending: set[C] = set()
        self.late: set[C] = set()  # mending, and taking so long that nobody should count on it
        # In order of arrival; the value is the opening that was started for this waiter and is not over yet. An
        # OrderedDict, because it pops the first and removes any in constant time: a list or deque must search, a plain
        # dict walks over tombstones, and entries left behind to be skipped pile up behind a connection that is stuck.
        self.waiters: OrderedDict[Waiter[C], Opening[C] | None] = OrderedDict()
        self.opening: dict[Opening[C], None] = {}
        self.orders: deque[Open[C] | Close[C] | Mend[C] | Cancel[C]] = deque()
        # Connections whose slot was taken back while somebody held them: the release that is still to come is in order.
        # Weak, because whoever falls into `async with await pool.acquire()` never releases at all.
        self.written_off: weakref.WeakSet[C] = weakref.WeakSet()
        self.size = 0  # kept beside the containers: summing them up on each acquire costs 0.25 us
        self.generation = 0
        self._mends_all = mends_all or settings.on_release is OnRelease.RESET
        self.relends = not self._mends_all  # a fit connection goes on without further questions
        self.timed = (
            settings.pool_recycle >= 0
            or settings.max_lifetime is not None
            or settings.max_idle is not None
            or settings.pool_pre_ping is not False
        )
        self._pop: Callable[[], C] = self.free.pop if settings.use_lifo else self.free.popleft
        self._low = 0  # fewest idle connections since the last shrink
        self._top_up_due = float("-inf")
        self.last_error: BaseException | None = None
        self.requests = 0
        self.queued = 0
        self.wait_seconds = 0.0
        self.opened_count = 0
        self.connect_errors = 0
        self.discarded = 0

    # Acquiring

    def take(self, now: float) -> C | None:
        """Lend the idle connection whose turn it is.

        Args:
            now: loop time in seconds; not looked at unless ``timed``.

        Returns:
            The connection, now lent; None when there is none, and the caller should enqueue().
        """
        free = self.free
        while free:
            connection = self._pop()
            if connection._fit and not (self.timed and self._is_stale(connection, now)):
                self.used.add(connection)
                self.requests += 1
                return connection
            self._discard(connection)
        return None

    def enqueue(self, waiter: Waiter[C], *, first: bool = False) -> None:
        """Queue an acquirer whom take() could not serve.

        Args:
            waiter: gets a connection by set_result(), or an error by set_exception(), unless it is done() by then.
            first: it was served already, with a connection that died on the way: it keeps its place at the head.

        Raises:
            PoolClosed: the pool is not open.
            TooManyWaiting: max_waiting are queued already.
        """
        self.require_open()
        limit = self.settings.max_waiting
        if limit is not None and len(self.waiters) >= limit and not first:
            raise TooManyWaiting(f"{len(self.waiters)} acquirers are waiting already, max_waiting is {limit}")
        self.waiters[waiter] = None
        if first:
            self.waiters.move_to_end(waiter, last=False)
        self.queued += 1
        self._grow()

    def leave(self, waiter: Waiter[C]) -> bool:
        """Take a waiter out of the queue; whether it was still in it. The connect started for it goes on."""
        if waiter not in self.waiters:
            return False
        del self.waiters[waiter]
        return True

    def top_up(self, now: float) -> list[Opening[C]]:
        """Start what is missing to minsize, at most once in TOP_UP_PAUSE seconds.

        Call it after take() or enqueue(): what the caller is lent or waits for is reserved first.
        """
        if self.size >= self.settings.minsize or now < self._top_up_due or self.phase is not Phase.OPEN:
            return []
        self._top_up_due = now + TOP_UP_PAUSE
        return self.fill(self.settings.minsize - self.size)

    def fill(self, count: int) -> list[Opening[C]]:
        """Open up to so many connections that nobody waits for, as far as max_connecting allows; those started."""
        limit = self.settings.max_connecting
        if limit is not None:
            count = min(count, limit - len(self.opening))
        return [self._open(None) for _ in range(count)]

    # Giving back

    def give_back(self, connection: C, now: float) -> None:
        """A lent connection returns: to the next waiter, to the idle ones, to be mended, or to be closed.

        Args:
            connection: must be in ``used``.
            now: loop time in seconds; not looked at unless ``timed``.
        """
        self.used.remove(connection)
        connection._pool_ticket += 1
        if connection._fit and self.relends and connection._pool_generation == self.generation and not self.timed:
            if self.waiters:
                self._hand_on(connection)
            else:
                self.free.append(connection)
            return
        fate = self._fate_of(connection, now)
        if fate is Fate.LEND_AGAIN:
            self._rest(connection, now)
        elif fate is Fate.MEND:
            self.mending.add(connection)
            self.orders.append(Mend(connection))
        else:
            self._discard(connection)
            self._grow()

    def mended(self, connection: C, now: float, *, sound: bool) -> None:
        """Rolling back or resetting is over; sound says whether it worked. Unknown connections (terminated) pass."""
        if connection not in self.mending:
            return
        self.mending.remove(connection)
        self.late.discard(connection)
        if sound and connection._fit and self._may_stay(connection, now):
            self._rest(connection, now)
        else:
            self._discard(connection)
            self._grow()

    def doubt(self, connection: C) -> None:
        """Mending takes long: waiters should not count on this connection any more, and may have another opened."""
        if connection in self.mending:
            self.late.add(connection)
            self._grow()

    def drop(self, connection: C) -> None:
        """A lent connection that its acquirer never saw, or must not see, is closed and its slot given on."""
        if connection in self.used:
            self.used.remove(connection)
            connection._pool_ticket += 1
            self._discard(connection)
            self._grow()
        else:
            self.written_off.discard(connection)

    def lost(self, connection: C) -> None:
        """An idle or lent connection has become unfit by itself: lost, closed by its holder, or with stray bytes.

        A lent one keeps its slot until it is given back, except when it is closed: a closed connection is no session
        on the server, and its holder may never give it back (``async with await pool.acquire()`` closes it).
        """
        if connection in self.used:
            if connection.closed:
                self.used.remove(connection)
                self.written_off.add(connection)
                self._discard(connection)
                self._grow()
        elif connection in self.free:
            self.free.remove(connection)
            self._discard(connection)

    def take_back(self, connection: C, now: float) -> bool:
        """Whether a lent connection that was lost may connect anew: its slot is still free, or another one is."""
        if connection not in self.used:
            maxsize = self.settings.maxsize
            full = maxsize and self.size >= maxsize
            if full or self.phase is not Phase.OPEN or connection not in self.written_off:
                return False
            self.written_off.remove(connection)
            self.used.add(connection)
            self.size += 1
        connection._pool_generation = self.generation
        connection._pool_born = now
        return True

    def accept_late_release(self, connection: C) -> bool:
        """Whether this release is the one still due for a connection whose slot was taken back; it counts once."""
        if connection not in self.written_off:
            return False
        self.written_off.remove(connection)
        connection._pool_ticket += 1  # its block, if it has one, need not release it again
        return True

    # Opening

    def opened(self, opening: Opening[C], connection: C, now: float, *, jitter: float = 0.0) -> None:
        """An opening has succeeded.

        Args:
            opening: as ordered.
            connection: the new connection; from here on the pool's.
            now: loop time in seconds.
            jitter: seconds by which this connection's lifetime is shorter than max_lifetime.
        """
        self._end(opening)
        self.size += 1
        self.opened_count += 1
        connection._pool = self
        connection._pool_ticket = 0
        connection._pool_generation = opening.generation
        connection._pool_number = self.opened_count
        connection._pool_born = now - jitter
        if connection._fit and self._may_stay(connection, now):
            self._rest(connection, now)
        else:
            self._discard(connection)
        self._grow()

    def open_failed(self, opening: Opening[C], error: BaseException | None) -> bool:
        """An opening has failed, or was cancelled (error None); whether an acquirer got the error."""
        sponsor = self._end(opening)
        told = False
        if error is not None:
            self.connect_errors += 1
            self.last_error = error
            if sponsor is not None and not sponsor.done():
                del self.waiters[sponsor]
                sponsor.set_exception(error)
                told = True
        self._grow()
        return told

    # The end

    def clear(self) -> None:
        """Close the idle connections."""
        while self.free:
            self._discard(self.free.popleft())
        self._grow()

    def expire(self) -> None:
        """Let no connection made so far be lent again: idle ones close now, the others when they come back."""
        self.generation += 1
        self.clear()

    def shrink(self) -> None:
        """Close the longest idle connection, if one was spare all the time since the last call; never below minsize."""
        if self._low > 0 and self.size > self.settings.minsize and self.free:
            self._discard(self.free.popleft())
        self._low = len(self.free)

    def close(self) -> None:
        """Lend nothing any more: idle connections close, waiters fail with PoolClosed, openings are cancelled."""
        if self.phase is not Phase.OPEN:
            return
        self.phase = Phase.CLOSING
        self.relends = False
        while self.free:
            self._discard(self.free.popleft())
        waiters, self.waiters = self.waiters, OrderedDict()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(self._closed_error())
        self.orders.extend(Cancel(opening) for opening in self.opening)

    def terminate(self) -> None:
        """Close, and close what is lent or being mended too, the oldest first."""
        self.close()
        # Sorted, for a set's order is one of addresses: what the server sees would differ from run to run.
        for connection in sorted(self.used, key=_born):
            connection._pool_ticket += 1
            self.written_off.add(connection)
            self._discard(connection)
        self.used.clear()
        for connection in sorted(self.mending, key=_born):
            self._discard(connection)
        self.mending.clear()
        self.late.clear()

    def finish(self) -> None:
        """Everything is gone."""
        if self.phase is Phase.OPEN or self.size:
            raise AssertionError(
                f"a pool ends after close() and empty, this one is {self.phase.value} with {self.size}"
            )
        self.phase = Phase.CLOSED

    def require_open(self) -> None:
        """Raise PoolClosed unless the pool lends."""
        if self.phase is not Phase.OPEN:
            raise self._closed_error()

    # Looking

    def stats(self) -> PoolStats:
        """The counts."""
        return PoolStats(
            size=self.size,
            used=len(self.used),
            free=len(self.free),
            opening=len(self.opening),
            mending=len(self.mending),
            waiting=self.waiting(),
            requests=self.requests,
            queued=self.queued,
            wait_seconds=self.wait_seconds,
            opened=self.opened_count,
            connect_errors=self.connect_errors,
            discarded=self.discarded,
            last_connect_error=self.last_error,
        )

    def waiting(self) -> int:
        """How many acquirers wait; those who have been cancelled but have not run since do not count."""
        return sum(not waiter.done() for waiter in self.waiters)

    def check(self) -> None:
        """Raise AssertionError unless the invariants hold; for tests, after each step."""
        settings = self.settings
        places = [*self.free, *self.used, *self.mending]
        live = self.waiting()
        _hold(len(places) == len({id(connection) for connection in places}), "a connection is in two places")
        _hold(self.size == len(places) + len(self.opening), f"size is {self.size}, counted {places} {self.opening}")
        _hold(not settings.maxsize or self.size <= settings.maxsize, f"size {self.size} exceeds {settings.maxsize}")
        _hold(self.late <= self.mending, "doubted, but not being mended")
        _hold(not (self.free and live), f"{len(self.free)} idle while {live} wait")
        if self.phase is Phase.OPEN:
            supply = len(self.opening) + len(self.mending) - len(self.late)
            most = settings.max_connecting
            full = settings.maxsize and self.size == settings.maxsize
            busy = most is not None and len(self.opening) >= most
            _hold(bool(full or busy) or supply >= live, f"{live} wait, only {supply} on the way, size {self.size}")
        else:
            _hold(not self.waiters, "somebody waits at a closing pool")
            _hold(not self.free, "a closing pool keeps an idle connection")
        _hold(self.phase is not Phase.CLOSED or self.size == 0, f"closed with size {self.size}")
        sponsors = [opening.sponsor for opening in self.opening if opening.sponsor in self.waiters]
        _hold(len(sponsors) == len(set(sponsors)), "one waiter sponsors two openings")

    # Steps of the transitions above

    def _closed_error(self) -> PoolClosed:
        name = f" {self.settings.name!r}" if self.settings.name else ""
        return PoolClosed(f"pool{name} is {self.phase.value}: after close() or terminate() it lends no connection")

    def _fate_of(self, connection: C, now: float) -> Fate:
        if not self._may_stay(connection, now):
            return Fate.CLOSE
        fate = RETURNED[connection.fitness, self.settings.on_release]
        return Fate.MEND if fate is Fate.LEND_AGAIN and self._mends_all else fate

    def _may_stay(self, connection: C, now: float) -> bool:
        lifetime = self.settings.max_lifetime
        return (
            self.phase is Phase.OPEN
            and connection._pool_generation == self.generation
            and (lifetime is None or now - connection._pool_born < lifetime)
        )

    def _is_stale(self, connection: C, now: float) -> bool:
        self._low = min(self._low, len(self.free))
        recycle = self.settings.pool_recycle
        lifetime = self.settings.max_lifetime
        return (0 <= recycle < now - connection._pool_idle_since) or (
            lifetime is not None and now - connection._pool_born >= lifetime
        )

    def _rest(self, connection: C, now: float) -> None:
        connection._pool_idle_since = now
        self._hand_on(connection)

    def _hand_on(self, connection: C) -> None:
        """To the longest waiting who is still there, or to the idle ones."""
        while self.waiters:
            waiter, _ = self.waiters.popitem(last=False)
            if not waiter.done():
                self.used.add(connection)
                self.requests += 1
                waiter.set_result(connection)
                return
        self.free.append(connection)

    def _discard(self, connection: C) -> None:
        self.size -= 1
        self.discarded += 1
        self.orders.append(Close(connection))

    def _open(self, sponsor: Waiter[C] | None) -> Opening[C]:
        opening = Opening(sponsor, self.generation)
        self.opening[opening] = None
        self.size += 1
        self.orders.append(Open(opening))
        return opening

    def _end(self, opening: Opening[C]) -> Waiter[C] | None:
        """The opening is over; the waiter for whom it was started, if it is still queued."""
        del self.opening[opening]
        self.size -= 1
        sponsor = opening.sponsor
        if sponsor is None or sponsor not in self.waiters:
            return None
        self.waiters[sponsor] = None  # whoever waits on may have another one started
        return sponsor

    def _grow(self) -> None:
        """Open another connection if somebody waits for whom none is on its way, and there is room for it.

        One is all that can be missing: no transition adds more than one waiter, or frees more than one slot while
        somebody waits. It is opened in the name of the longest waiting who has none of his own.
        """
        settings = self.settings
        on_the_way = len(self.opening) + len(self.mending) - len(self.late)
        if (
            on_the_way >= len(self.waiters)
            or self.phase is not Phase.OPEN
            or (settings.maxsize and self.size >= settings.maxsize)
            or (settings.max_connecting is not None and len(self.opening) >= settings.max_connecting)
        ):
            return
        # At most as many waiters are passed over here as connections are being opened.
        for waiter, own in self.waiters.items():
            if own is None and not waiter.done():
                self.waiters[waiter] = self._open(waiter)
                return


def _hold(condition: bool, complaint: str) -> None:
    # Not an assert statement: the tests check the invariants under python -O too.
    if not condition:
        raise AssertionError(complaint)


def _born(connection: Poolable) -> tuple[float, int]:
    # The number, for two may have been born at the same time.
    return connection._pool_born, connection._pool_number
