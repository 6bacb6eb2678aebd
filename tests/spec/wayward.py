"""Drivers that break one rule of random histories each, and a history in which it shows.

Each is refpool's adapter with one method in the way. Knows: refpool, and what the rules say. Kept from knowing: how a
rule is looked after.
"""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Any

from refpool.pool import Pool
from spec.drivers.refpool import Driver
from spec.explore.history import Fault, History, Strike, User, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WAYWARD: dict[str, tuple[Callable[[], Driver], History]] = {}

ALONE = History(minsize=0)
IDLE = User((Visit(do=("hold",)),))
BY_HAND = User((Visit(do=("hold",), form="hands"),))


def breaks(rule: str, history: History) -> Callable[[type[Pool] | type[Driver]], type]:
    """Enter a pool, or a whole driver, that breaks this rule in this history."""

    def enter(kind: type) -> type:
        if issubclass(kind, Driver):
            WAYWARD[rule] = kind, history
        else:
            WAYWARD[rule] = (lambda: _driver_of(kind)), history
        return kind

    return enter


def _driver_of(kind: type) -> Driver:
    class Turned(Driver):
        async def create_pool(self, **parameters: Any) -> Any:
            pool = await super().create_pool(**parameters)
            pool.__class__ = kind
            return pool

    return Turned()


@breaks("pool_is_made", ALONE)
class NoPool(Driver):
    async def create_pool(self, **parameters: Any) -> Any:
        raise RuntimeError("no pool today")


@breaks("sizes_hold", ALONE)
class NegativeSize(Pool):
    @property
    def freesize(self) -> int:
        return super().freesize - 1


@breaks("server_sees_maxsize", History(users=3 * (IDLE,), minsize=0, maxsize=1))
class NoLimit(Driver):
    async def create_pool(self, **parameters: Any) -> Any:
        pool = await super().create_pool(**{**parameters, "maxsize": 0})
        pool.__class__ = _TellsOfOne
        return pool


class _TellsOfOne(Pool):
    @property
    def size(self) -> int:
        return min(super().size, 1)

    @property
    def freesize(self) -> int:
        return min(super().freesize, 1)


@breaks("lent_to_one", History(users=2 * (BY_HAND,), maxsize=1))
class LendsTwice(Pool):
    def acquire(self, timeout: float | None = None) -> Any:
        return self._any() if self._used else super().acquire(timeout)

    async def _any(self) -> Any:
        return next(iter(self._used))


@breaks("rows_are_own", ALONE)
class OtherRows(Driver):
    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        await super().query(connection, statement)
        return (("somebody else's",),)


@breaks("session_is_clean", ALONE)
class BeginsForOthers(Pool):
    def acquire(self, timeout: float | None = None) -> Any:
        return _Begun(super().acquire(timeout))


class _Begun:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __aenter__(self) -> Any:
        connection = await self.inner.__aenter__()
        await connection.begin()
        return connection

    async def __aexit__(self, *error: Any) -> None:
        await self.inner.__aexit__(*error)


@breaks("acquire_ends", History(users=2 * (BY_HAND,), maxsize=1, minsize=1))
class ForgetsWhoWaits(Pool):
    def acquire(self, timeout: float | None = None) -> Any:
        return self._never() if self._used else super().acquire(timeout)

    @property
    def freesize(self) -> int:
        return 0

    async def _never(self) -> None:
        await asyncio.get_running_loop().create_future()


@breaks("free_serves_waiting", History(users=(IDLE,), minsize=1))
class LetsWait(Pool):
    def acquire(self, timeout: float | None = None) -> Any:
        return _Late(super().acquire(timeout))


class _Late:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __aenter__(self) -> Any:
        await asyncio.sleep(3)
        return await self.inner.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self.inner.__aexit__(*error)


@breaks("statement_ends", ALONE)
class NeverAnswers(Driver):
    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        await asyncio.get_running_loop().create_future()
        return ()


@breaks("calls_end", ALONE)
class NeverClosed(Pool):
    async def wait_closed(self) -> None:
        await asyncio.get_running_loop().create_future()


@breaks("closed_lends_nothing", History(users=(User((Visit(after=0.1),)),), faults=(Fault(0.05, "close"),)))
class LendsThoughClosed(Pool):
    def close(self) -> None:
        """Forget it."""

    async def wait_closed(self) -> None:
        """Nothing to wait for."""


@breaks("closed_opens_nothing", History(users=(User((Visit(after=2.0),)),), faults=(Fault(0.05, "close"),)))
class OpensThoughClosed(Driver):
    async def create_pool(self, **parameters: Any) -> Any:
        pool: Any = await super().create_pool(**parameters)
        asyncio.get_running_loop().call_later(1.0, self._dial, parameters)
        return pool

    def _dial(self, given: dict[str, Any]) -> None:
        names = ("host", "port", "user", "password", "db")
        self.dialling = asyncio.ensure_future(self._connect({name: given[name] for name in names}))

    async def _connect(self, given: dict[str, Any]) -> None:
        await self.connect(**given)


@breaks("errors_have_causes", ALONE)
class RaisesForNothing(Pool):
    def acquire(self, timeout: float | None = None) -> Any:
        raise OSError("just so")


@breaks("cancel_is_delivered", History(users=(User((Visit(do=("ask",)),), Strike(1)),), minsize=1))
class SwallowsCancellations(Driver):
    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        try:
            rows: Sequence[Sequence[Any]] = await super().query(connection, statement)
            return rows
        except asyncio.CancelledError:
            return ((statement.split("'")[1],),)


@breaks("capacity_returns", ALONE)
class LosesAPlace(Pool):
    @property
    def size(self) -> int:
        return super().size + bool(super().freesize)


@breaks("nothing_left_open", ALONE)
class LeavesOneOpen(Driver):
    async def create_pool(self, **parameters: Any) -> Any:
        names = ("host", "port", "user", "password", "db")
        self.forgotten = await self.connect(**{name: parameters[name] for name in names})
        return await super().create_pool(**parameters)


@breaks("nothing_unsaid", ALONE)
class WarnsOfWhatItLeft(Pool):
    def close(self) -> None:
        warnings.warn("left open", ResourceWarning, stacklevel=2)
        super().close()


@breaks("comes_to_rest", ALONE)
class NeverRests(Driver):
    async def create_pool(self, **parameters: Any) -> Any:
        self.spinning = asyncio.ensure_future(self._spin())
        return await super().create_pool(**parameters)

    async def _spin(self) -> None:
        asyncio.get_running_loop().call_soon(self._again)

    def _again(self) -> None:
        asyncio.get_running_loop().call_soon(self._again)
