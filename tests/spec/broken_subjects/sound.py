"""What broken pools are made of: a sound pool that forwards everything, the driver around it, and their register.

Knows: the face of a driver (`spec/subject.py`) and the ids of the clauses. Kept from knowing: the world, how clauses
work, and what the base is made of: where a subject leaks a connection, it opens one through the base's own connect(),
and where it kills one it calls close() on it, as any user could.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from spec.clause import all_clauses
from spec.drivers import find

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

    from spec.subject import Driver

BASE_VARIABLE = "CATCHES_BASE"


def base() -> Driver:
    """The driver that is broken: refpool, unless the environment names another conforming one in CATCHES_BASE."""
    return find(os.environ.get(BASE_VARIABLE, "refpool"))


async def forever() -> None:
    """What a user waits for that was forgotten."""
    await asyncio.get_running_loop().create_future()


class Creating:
    """What create_pool() returns: awaitable, iterable for generator code, and good for `async with`."""

    def __init__(self, kind: type[Sound], base: Driver, given: dict[str, Any]) -> None:
        self._kind = kind
        self._base = base
        self._given = given

    def __await__(self) -> Generator[Any, Any, Sound]:
        return self._kind.make(self._base, self._given).__await__()

    __iter__ = __await__

    async def __aenter__(self) -> Sound:
        self._pool = await self
        return self._pool

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._pool.leave(kind)


class Lending:
    """What acquire() returns: awaitable, and good for `async with` in the base's own way."""

    def __init__(self, pool: Sound) -> None:
        self._pool = pool

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._pool.lend().__await__()

    async def __aenter__(self) -> Any:
        self._block = self._pool.inner.acquire()
        return await self._block.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._block.__aexit__(*error)


class Sound:
    """A pool that forwards everything to a sound one; each subject overrides what it gets wrong.

    The class methods are the driver's side of it: how pools and plain connections are made, how statements are run.

    Attributes:
        inner: the base's pool. given: what the clause gave to create_pool().
        lent: connections that came out of acquire() and have not been through release(), oldest first.
        dialled: plain connections that the fault has opened.
    """

    siblings: ClassVar[weakref.WeakSet[Sound]] = weakref.WeakSet()

    def __init_subclass__(cls) -> None:
        cls.siblings = weakref.WeakSet()

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        self.inner = inner
        self.base = base
        self.given = given
        self.lent: list[Any] = []
        self.is_closed = False
        self.dialled: list[Any] = []
        self.loop = asyncio.get_running_loop()
        self.siblings.add(self)

    # The driver's side

    @classmethod
    def create_pool(cls, base: Driver, given: dict[str, Any]) -> Awaitable[Any]:
        """What create_pool() of the broken driver returns."""
        return Creating(cls, base, given)

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
        return [pool for pool in cls.siblings if pool.loop is asyncio.get_running_loop()]

    async def dial(self) -> Any:
        """A plain connection to where this pool's connections go; kept, for what is forgotten closes itself."""
        own = ("minsize", "maxsize", "loop", "echo")
        connection = await self.base.connect(**{key: value for key, value in self.given.items() if key not in own})
        self.dialled.append(connection)
        return connection

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

    async def leave(self, kind: type[BaseException] | None) -> None:
        """What the end of an `async with create_pool()` block does."""
        if kind is None:
            self.close()
        else:
            self.terminate()
        await self.wait_closed()

    def acquire(self) -> Awaitable[Any]:
        return Lending(self)

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


class SaysWhatWasGiven(Sound):
    """Reads back the sizes it was asked for, whatever it does."""

    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))

    @property
    def maxsize(self) -> int:
        return int(self.given.get("maxsize", 10))


class BrokenDriver:
    """The driver whose pools are of one broken kind; `spec.subject.Driver`."""

    def __init__(self, subject: Subject, base: Driver) -> None:
        self.name = subject.name
        self.version = f"on {base.name} {base.version}"
        self.logger = base.logger
        self.options = getattr(base, "options", {})
        self.unbuffered = getattr(base, "unbuffered", None)
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
        also: ids of the other clauses of the same level that it fails, since the same fault shows there; no more and no
            fewer. may: ids of those where it depends on the network whether the fault shows.
    """

    name: str
    clause: str
    shows: str
    also: frozenset[str]
    kind: type[Sound]
    may: frozenset[str] = frozenset()

    @property
    def overrides(self) -> set[str]:
        """The names that this pool defines, anew or in addition, itself or by way of its own base classes."""
        own = {name for kind in self.kind.__mro__ if kind not in (Sound, object) for name in vars(kind)}
        return own - {"siblings"}  # which every class has for itself, by __init_subclass__

    def __call__(self, base: Driver) -> BrokenDriver:
        return BrokenDriver(self, base)


SUBJECTS: list[Subject] = []
IDS = [clause.id for clause in all_clauses()]
MUSTS = [clause.id for clause in all_clauses() if clause.statement.level == "must"]

Kind = TypeVar("Kind", bound=type[Sound])


def breaks(clause: str, *, shows: str, also: str = "", may: str = "") -> Callable[[Kind], Kind]:
    """The class below breaks this clause, which shows this, and these others with it; see `Subject`.

    Args:
        also, may: ids with white space between.
    """

    def enter(kind: Kind) -> Kind:
        SUBJECTS.append(Subject(kind.__name__, clause, shows, frozenset(also.split()), kind, frozenset(may.split())))
        return kind

    return enter


def all_but(ids: str) -> str:
    """For also: every must except these. Raises KeyError for unknown ones."""
    if unknown := set(ids.split()) - set(MUSTS):
        raise KeyError(unknown)
    return " ".join(one for one in MUSTS if one not in ids.split())
