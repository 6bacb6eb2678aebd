"""refpool's pool with one race in it each: mistakes that show only when two things happen at the same time.

The clauses on single situations let every one of them pass (four fall to the sweep of cancellations as well);
`test_explore_mutants.py` holds random histories to finding each. A mutant is a
subclass of the pool, of its state or of both, into which a sound pool is turned as soon as it has been made.

Knows: refpool's inside. It is the one place of the suite's tests that does, for a race cannot be made from outside.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from refpool.pool import Pool
from refpool.pool_state import Close, Fate, Phase, PoolState
from refpool.session_state import Fitness
from spec.drivers.refpool import Driver

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from refpool.pool import _Limit


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. rule, seed: which rule the history of which seed breaks."""

    name: str
    rule: str
    seed: int
    pool: type[Pool]
    state: type[PoolState[Any]]

    def __call__(self) -> Driver:
        """Its adapter."""
        mutant = self

        class MutantDriver(Driver):
            name = mutant.name

            def create_pool(self, **parameters: Any) -> Any:
                return _Turning(mutant, super().create_pool(**parameters))

        return MutantDriver()


class _Turning:
    """What create_pool() returns: awaited or entered it gives the pool, which is no longer sound then."""

    def __init__(self, mutant: Mutant, creating: Any) -> None:
        self.mutant = mutant
        self.creating = creating

    def turn(self, pool: Any) -> Any:
        pool.__class__ = self.mutant.pool
        pool._state.__class__ = self.mutant.state
        return pool

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.turn((yield from self.creating.__await__()))

    __iter__ = __await__

    async def __aenter__(self) -> Any:
        return self.turn(await self.creating.__aenter__())

    async def __aexit__(self, *error: Any) -> None:
        await self.creating.__aexit__(*error)


MUTANTS: list[Mutant] = []


def shows(rule: str, seed: int) -> Callable[[Any], Any]:
    """Enter a class as a mutant, with a seed that shows it."""

    def enter(kind: Any) -> Any:
        if issubclass(kind, Pool):
            MUTANTS.append(Mutant(kind.__name__, rule, seed, kind, PoolState))
        else:
            MUTANTS.append(Mutant(kind.__name__, rule, seed, Pool, kind))
        return kind

    return enter


class State(PoolState[Any]):
    """The state, to be spoilt: without places of its own, or a sound one could not be turned into it."""

    __slots__ = ()


@shows("calls_end", 904)
class HandsToTheCancelled(State):
    """A connection that is handed to somebody who was cancelled in the same instant belongs to nobody from then on."""

    __slots__ = ()

    def _hand_on(self, connection: Any) -> None:
        if self.waiters and next(iter(self.waiters)).done():
            self.waiters.popitem(last=False)
            self.used.add(connection)
        else:
            super()._hand_on(connection)


@shows("acquire_ends", 635)
class FailedConnectOfTheCancelled(State):
    """A connect that fails when the one for whom it was started has gone covers nobody who waits behind."""

    __slots__ = ()

    def open_failed(self, opening: Any, error: BaseException | None) -> bool:
        sponsor = opening.sponsor
        if sponsor is None or not sponsor.done():
            return super().open_failed(opening, error)
        self._end(opening)
        return False


@shows("calls_end", 38)
class CloseDuringARollback(State):
    """A rollback that ends after close() leaves its place taken."""

    __slots__ = ()

    def mended(self, connection: Any, now: float, *, sound: bool) -> None:
        if self.phase is Phase.CLOSING and connection in self.mending:
            self.mending.remove(connection)
            self.orders.append(Close(connection))
        else:
            super().mended(connection, now, sound=sound)


@shows("free_serves_waiting", 3095)
class FailedRollbackWakesNobody(State):
    """The connection whose rollback fails is closed, and its place is given to nobody."""

    __slots__ = ()

    def mended(self, connection: Any, now: float, *, sound: bool) -> None:
        if connection in self.mending and not (sound and connection._fit):
            self.mending.remove(connection)
            self.late.discard(connection)
            self._discard(connection)
        else:
            super().mended(connection, now, sound=sound)


@shows("closed_lends_nothing", 10)
class ServedInTheInstantOfTheClose(Pool):
    """Who was served and has not run since keeps its connection although the pool was closed in between."""

    async def _served(self, waiter: asyncio.Future[Any], limit: _Limit | None) -> Any:
        connection = await super()._served(waiter, limit)
        if self._state.phase is Phase.CLOSING and connection in self._used:
            raise _Served(connection)
        return connection

    async def _acquire_slowly(self, timeout: float | None) -> Any:
        try:
            return await super()._acquire_slowly(timeout)
        except _Served as served:
            return served.connection


class _Served(Exception):
    def __init__(self, connection: Any) -> None:
        self.connection = connection


@shows("calls_end", 104)
class TerminateDuringARollback(State):
    """terminate() forgets what is being rolled back, and wait_closed() waits for it."""

    __slots__ = ()

    def terminate(self) -> None:
        mending = len(self.mending)
        super().terminate()
        self.size += mending


@shows("free_serves_waiting", 1)
class ConnectionsWithAnAgeRest(State):
    """Where connections have an age, one that comes back is put aside, whoever waits."""

    __slots__ = ()

    def _rest(self, connection: Any, now: float) -> None:
        if self.timed and connection._pool_idle_since:
            connection._pool_idle_since = now
            self.free.append(connection)
        else:
            super()._rest(connection, now)


@shows("sizes_hold", 80)
class CancelledDuringAPing(Pool):
    """Who is cancelled while the connection is asked whether it lives takes its place along."""

    async def _answers(self, connection: Any, limit: _Limit | None) -> bool:
        try:
            return await super()._answers(connection, limit)
        except BaseException:
            self._state.size += 1
            raise


@shows("capacity_returns", 46)
class CancelledDuringATopUp(Pool):
    """Who is cancelled while the pool is brought back to minsize takes the connection along."""

    async def _top_up(self, openings: Any, connection: Any, limit: _Limit | None) -> None:
        try:
            await super()._top_up(openings, connection, limit)
        except BaseException:
            if connection in self._free:
                self._free.remove(connection)
                self._used.add(connection)
            raise


@shows("sizes_hold", 63)
class CountsTheCancelledTwice(State):
    """The end of a connect whose sponsor was cancelled gives back one place too many."""

    __slots__ = ()

    def open_failed(self, opening: Any, error: BaseException | None) -> bool:
        if opening.sponsor is not None and opening.sponsor.done() and self.size > 1:
            self.size -= 1
        return super().open_failed(opening, error)


@shows("cancel_is_delivered", 18)
class ServedBeatsCancelled(Pool):
    """Who is cancelled and served in the same instant is served."""

    async def _served(self, waiter: asyncio.Future[Any], limit: _Limit | None) -> Any:
        try:
            return await super()._served(waiter, limit)
        except asyncio.CancelledError:
            if waiter.cancelled() or waiter.exception() is not None:
                raise
            connection = waiter.result()
            if connection in self._free:
                self._free.remove(connection)
                self._used.add(connection)
                return connection
            raise


@shows("acquire_ends", 370)
class ClosedForItsTransactionWakesNobody(State):
    """Where a transaction is ended by closing its connection, nobody gets the place."""

    __slots__ = ()

    def give_back(self, connection: Any, now: float) -> None:
        is_closed_for_it = connection.fitness is Fitness.IN_TRANSACTION and self._fate_of(connection, now) is Fate.CLOSE
        if is_closed_for_it and self.phase is Phase.OPEN:
            self.used.remove(connection)
            connection._pool_ticket += 1
            self._discard(connection)
        else:
            super().give_back(connection, now)


@shows("sizes_hold", 566)
class ClearCountsRollbacks(State):
    """clear() gives the places of connections back that are being rolled back, and are idle again right after."""

    __slots__ = ()

    def clear(self) -> None:
        self.size -= len(self.mending)
        super().clear()


def __getattr__(name: str) -> Mutant:
    """`driver_HandsToTheCancelled` and so on: each is a driver for `--driver tests.spec.race_mutants:driver_...`."""
    for mutant in MUTANTS:
        if name == f"driver_{mutant.name}":
            return mutant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
