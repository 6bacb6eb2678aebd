"""Pools that are wrong on purpose, each in one thing: what the conformance suite has to catch.

A broken pool is a driver like any other, so the suite itself can be pointed at one:

    python -m spec run --driver tests.spec.broken_subjects:driver_NoLimit

It wraps a *base*, a driver that conforms, forwards everything to it, and overrides what it gets wrong. So whatever a
clause says about a broken pool is said about that one thing, and the base can be any conforming driver.

Knows: the face of a driver (`spec/subject.py`), the ids of the clauses and the first lines they show. Kept from
knowing: the world, how clauses work, and what the base is made of: where a subject leaks a connection, it opens one
through the base's own connect(), and where it kills one it calls close() on it, as any user could.
"""

from __future__ import annotations

import asyncio
import logging
import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

from spec.clause import all_clauses
from spec.drivers import find

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

    from spec.subject import Driver

BASE_VARIABLE = "CATCHES_BASE"
FACTORY_PREFIX = "driver_"
DEADLINE = "not done by the deadline: "


def base() -> Driver:
    """The driver that is broken: refpool, unless the environment names another conforming one in CATCHES_BASE."""
    return find(os.environ.get(BASE_VARIABLE, "refpool"))


class Sound:
    """A pool that forwards everything to a sound one; each subject overrides what it gets wrong.

    The class methods are the driver's side of it: how pools and plain connections are made, how statements are run.

    Attributes:
        inner: the base's pool. given: what the clause gave to create_pool().
        lent: connections that came out of acquire() and have not been through release(), oldest first.
    """

    siblings: ClassVar[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, list[Sound]]]

    def __init_subclass__(cls) -> None:
        cls.siblings = weakref.WeakKeyDictionary()

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        self.inner = inner
        self.base = base
        self.given = given
        self.lent: list[Any] = []
        self.is_closed = False
        self.siblings.setdefault(asyncio.get_running_loop(), []).append(self)

    # The driver's side

    @classmethod
    def create_pool(cls, base: Driver, given: dict[str, Any]) -> Awaitable[Self]:
        """What create_pool() of the broken driver returns."""
        return cls.make(base, given)

    @classmethod
    async def make(cls, base: Driver, given: dict[str, Any]) -> Self:
        """Create the base's pool and put this one before it."""
        pool = cls(await base.create_pool(**cls.arrange(dict(given))), base, given)
        await pool.settle()
        return pool

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The parameters that the base gets."""
        return given

    async def settle(self) -> None:
        """What is done with a pool that has just been created."""

    @classmethod
    async def connect(cls, base: Driver, given: dict[str, Any]) -> Any:
        """A plain connection."""
        return await base.connect(**given)

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        """Execute a statement."""
        return await base.query(connection, statement)

    @classmethod
    def pools(cls) -> list[Sound]:
        """All pools of this kind in the running loop."""
        return cls.siblings.get(asyncio.get_running_loop(), [])

    async def dial(self) -> Any:
        """A plain connection to where this pool's connections go."""
        own = ("minsize", "maxsize", "loop", "echo")
        return await self.base.connect(**{key: value for key, value in self.given.items() if key not in own})

    # The pool's side

    @property
    def minsize(self) -> int:
        return int(self.inner.minsize)

    @property
    def maxsize(self) -> int:
        return int(self.inner.maxsize or 0)

    @property
    def size(self) -> int:
        return int(self.inner.size)

    @property
    def freesize(self) -> int:
        return int(self.inner.freesize)

    @property
    def echo(self) -> bool:
        return bool(self.inner.echo)

    def close(self) -> Any:
        self.is_closed = True
        return self.inner.close()

    def terminate(self) -> Any:
        self.is_closed = True
        return self.inner.terminate()

    def wait_closed(self) -> Awaitable[Any]:
        awaitable: Awaitable[Any] = self.inner.wait_closed()
        return awaitable

    def acquire(self) -> Awaitable[Any]:
        return self.lend()

    async def lend(self) -> Any:
        """What an acquire does."""
        connection = await self.inner.acquire()
        self.lent.append(connection)
        return connection

    def release(self, connection: Any) -> Any:
        self.take_back(connection)

    def take_back(self, connection: Any) -> None:
        """What a release does."""
        if connection in self.lent:
            self.lent.remove(connection)
        self.inner.release(connection)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inner)


class BrokenDriver:
    """The driver whose pools are of one broken kind; `spec.subject.Driver`."""

    def __init__(self, subject: Subject, base: Driver) -> None:
        self.name = subject.name
        self.version = f"on {base.name} {base.version}"
        self.logger = base.logger
        self._kind = subject.kind
        self._base = base

    def create_pool(self, **parameters: Any) -> Awaitable[Any]:
        return self._kind.create_pool(self._base, parameters)

    def connect(self, **parameters: Any) -> Awaitable[Any]:
        return self._kind.connect(self._base, parameters)

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        return await self._kind.query(self._base, connection, statement)


@dataclass(frozen=True, slots=True)
class Subject:
    """One broken pool, and what the suite has to say about it.

    Attributes:
        clause: the id of the clause that it is made for. shows: how the first line of that clause begins.
        also: ids of the other clauses that it fails, since the same fault shows there; no more and no fewer.
    """

    name: str
    clause: str
    shows: str
    also: frozenset[str]
    kind: type[Sound]

    def __call__(self, base: Driver) -> BrokenDriver:
        return BrokenDriver(self, base)


SUBJECTS: list[Subject] = []
IDS = [clause.id for clause in all_clauses()]

Kind = TypeVar("Kind", bound=type[Sound])


def breaks(clause: str, *, shows: str, also: Sequence[str] = ()) -> Callable[[Kind], Kind]:
    """The class below breaks this clause, which shows this, and these others with it; see `Subject`."""

    def enter(kind: Kind) -> Kind:
        SUBJECTS.append(Subject(kind.__name__, clause, shows, frozenset(also), kind))
        return kind

    return enter


def all_but(*ids: str) -> Sequence[str]:
    """For also: every clause except these. Raises KeyError for an unknown one."""
    for unknown in set(ids) - set(IDS):
        raise KeyError(unknown)
    return [one for one in IDS if one not in ids]


def __getattr__(name: str) -> Callable[[], BrokenDriver]:
    """`driver_NoLimit` is a factory for the suite's --driver."""
    for subject in SUBJECTS:
        if name == FACTORY_PREFIX + subject.name:
            return lambda: subject(base())
    raise AttributeError(f"{__name__} has no {name!r}")


# Chapter 1: creation


class Wrapped:
    """Another object around a connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@breaks("pool_and_plain_connections", shows="a pooled connection is of another type than a plain one")
class PooledIsWrapped(Sound):
    async def lend(self) -> Any:
        return Wrapped(await super().lend())

    def take_back(self, connection: Any) -> None:
        super().take_back(connection.connection)


@breaks("pool_and_plain_connections", shows="a pooled connection is of another type than a plain one")
class PooledIsOfASubclass(Sound):
    """What asks isinstance() does not see it."""

    async def lend(self) -> Any:
        connection = await super().lend()
        kind = type(connection)
        if kind.__name__ != "Pooled":
            connection.__class__ = type("Pooled", (kind,), {"__slots__": ()})
        return connection


@breaks("pool_and_plain_connections", shows="a pooled connection is of another type than a plain one")
class PlainIsWrapped(Sound):
    @classmethod
    async def connect(cls, base: Driver, given: dict[str, Any]) -> Any:
        return Wrapped(await super().connect(base, given))


class OnlyAwaitable:
    """What may be awaited and, unlike a coroutine, does not go after `yield from`."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, None, Any]:
        return self._awaitable.__await__()


@breaks("basic_usage", shows="TypeError: 'OnlyAwaitable' object is not iterable")
class CreationIsOnlyAwaitable(Sound):
    @classmethod
    def create_pool(cls, base: Driver, given: dict[str, Any]) -> Any:
        return OnlyAwaitable(cls.make(base, given))


@breaks("basic_usage", shows="TypeError: 'OnlyAwaitable' object is not iterable")
class WaitClosedIsOnlyAwaitable(Sound):
    def wait_closed(self) -> Awaitable[Any]:
        return OnlyAwaitable(super().wait_closed())


@breaks("basic_usage", shows="ValueError: autocommit")
class RefusesAutocommitOff(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("autocommit") is False:
            raise ValueError("autocommit is off anyway")
        return given


@breaks("create_pool_signature", shows="creation did not open exactly one connection")
class OpensTwoByDefault(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return given if given.keys() & {"minsize", "maxsize"} else {**given, "minsize": 2}

    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))


class LimitedByDefault(Sound):
    """Has a limit other than 10 where none was given, and says 10."""

    limit: ClassVar[int]

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {"maxsize": cls.limit, **given}

    @property
    def maxsize(self) -> int:
        return int(self.given.get("maxsize", 10))


@breaks("create_pool_signature", shows="an eleventh connection came out of a pool of default size")
class GrowsToElevenByDefault(LimitedByDefault):
    limit = 11


@breaks("create_pool_signature", shows="an acquire below the default size did not end")
class GrowsToNineByDefault(LimitedByDefault):
    limit = 9


@breaks("create_pool_is_a_coroutine", shows="create_pool() dialled before it was awaited")
class DialsWhenCalled(Sound):
    @classmethod
    def create_pool(cls, base: Driver, given: dict[str, Any]) -> Any:
        return asyncio.ensure_future(cls.make(base, given))


@breaks("create_pool_is_a_coroutine", shows="the pool was not ready when create_pool() had been awaited")
class FillsAfterwards(Sound):
    """Creates an empty pool, and has it open its connections as soon as somebody else lets the loop turn."""

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "minsize": 0}

    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))

    async def settle(self) -> None:
        self.filling = asyncio.ensure_future(self.fill())

    async def fill(self) -> None:
        for connection in [await self.inner.acquire() for _ in range(self.minsize)]:
            self.inner.release(connection)


@breaks("create_pool_takes_minsize", shows="minsize=2 did not become the pool's smallest size")
class IgnoresMinsize(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "minsize"}


@breaks("create_pool_takes_minsize", shows="minsize=2 did not make two connections")
class MinsizeIsOnlyRead(IgnoresMinsize):
    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))


@breaks("create_pool_takes_maxsize", shows="maxsize=1 did not become the pool's largest size")
class IgnoresMaxsize(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "maxsize"}


@breaks("create_pool_takes_maxsize", shows="a second connection came out of a pool of maxsize=1")
class MaxsizeIsOnlyRead(IgnoresMaxsize):
    @property
    def maxsize(self) -> int:
        return int(self.given.get("maxsize", 10))


@breaks("create_pool_takes_loop", shows="TypeError: ")
class RefusesLoop(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        if "loop" in given:
            raise TypeError("create_pool() got an unexpected keyword argument 'loop'")
        return given


@breaks("create_pool_takes_loop", shows="a pool that was given its loop does not answer SELECT 10")
class AnswersNothingWithALoop(Sound):
    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        rows = await super().query(base, connection, statement)
        is_on_given_loop = any("loop" in pool.given and connection in pool.lent for pool in cls.pools())
        return [[None]] if is_on_given_loop else rows


@breaks("loop_defaults_to_the_current_one", shows="RuntimeError: there is no loop yet")
class LoopComesFromTheFirstConnection(Sound):
    """Finds its loop when it fills itself, so an empty pool has none."""

    async def lend(self) -> Any:
        if "loop" not in self.given and not self.inner.size:
            raise RuntimeError("there is no loop yet")
        return await super().lend()


@breaks("loop_defaults_to_the_current_one", shows="TypeError: ")
class RequiresLoop(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        if "loop" not in given:
            raise TypeError("create_pool() missing 1 required keyword-only argument: 'loop'")
        return given


class Drops(Sound):
    """One parameter of connect() gets lost on the way."""

    parameter: ClassVar[str]

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != cls.parameter}


@breaks("connect_parameters_reach_connections", shows="charset did not take effect")
class DropsCharset(Drops):
    parameter = "charset"


@breaks("connect_parameters_reach_connections", shows="autocommit did not take effect")
class DropsAutocommit(Drops):
    parameter = "autocommit"


@breaks("connect_parameters_reach_connections", shows="init_command did not take effect")
class DropsInitCommand(Drops):
    parameter = "init_command"


@breaks("connect_parameters_reach_connections", shows="db did not take effect")
class DropsDb(Drops):
    parameter = "db"


class UsesUp(Sound):
    """A parameter reaches the connections of the beginning and none that is opened later."""

    parameter: ClassVar[str]
    undo: ClassVar[str]

    async def lend(self) -> Any:
        before = self.inner.size
        connection = await super().lend()
        if self.inner.size > before and self.parameter in self.given:
            await self.base.query(connection, self.undo)
        return connection


@breaks("connect_parameters_reach_connections", shows="init_command did not take effect")
class UsesUpInitCommand(UsesUp):
    parameter, undo = "init_command", "SET @spec = NULL"


@breaks("connect_parameters_reach_connections", shows="charset did not take effect")
class UsesUpCharset(UsesUp):
    parameter, undo = "charset", "SET NAMES utf8mb4"


@breaks("connect_parameters_reach_connections", shows="autocommit did not take effect")
class UsesUpAutocommit(UsesUp):
    parameter, undo = "autocommit", "SET autocommit = 0"


@breaks("own_parameters_go_by_keyword", shows="minsize=2 and maxsize=3 did not arrive")
class SizesGoByPosition(Sound):
    """Takes whichever of the two is named first for the smaller one."""

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        sizes = [key for key in given if key in ("minsize", "maxsize")]
        if sizes == ["maxsize", "minsize"]:
            return {**given, "minsize": given["maxsize"], "maxsize": max(given.values(), key=_as_size)}
        return given


def _as_size(value: object) -> int:
    return value if type(value) is int else 0


@breaks("own_parameters_go_by_keyword", shows="autocommit did not take effect beside them")
class LoopDisplacesAutocommit(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "autocommit" or "loop" not in given}


class Lacks(Sound):
    """One documented name is not there."""

    missing: ClassVar[str]

    def __getattribute__(self, name: str) -> Any:
        if name == type(self).missing:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return super().__getattribute__(name)


@breaks("create_pool_returns_a_pool", shows="the pool lacks an attribute that the page documents")
class LacksFreesize(Lacks):
    missing = "freesize"


@breaks("create_pool_returns_a_pool", shows="the pool lacks an attribute that the page documents")
class LacksEcho(Lacks):
    missing = "echo"


@breaks("create_pool_returns_a_pool", shows="the pool lacks a method that the page documents")
class LacksTerminate(Lacks):
    missing = "terminate"


@breaks("create_pool_returns_a_pool", shows="the pool lacks a method that the page documents")
class ReleaseIsNoMethod(Sound):
    """It is there, and cannot be called."""

    release = None  # type: ignore[assignment]
