"""Chapter 1 of POOL.md broken: how a pool comes to be, and what goes into it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from .sound import Sound, all_but, breaks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator, Sequence

    from spec.subject import Driver


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


@breaks(
    "create_pool_is_a_coroutine",
    shows="the pool was not ready when create_pool() had been awaited",
    also="""
        create_pool_signature create_pool_takes_minsize starts_with_minsize_free size_counts_lent_and_free
        freesize_counts_free close_closes_one_pool wait_closed_finishes_closing terminate_closes_the_pool
    """,
)
class FillsWhenFirstAsked(Sound):
    """Creates an empty pool, and opens minsize connections at the first acquire."""

    is_filled = False

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "minsize": 0}

    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))

    async def lend(self) -> Any:
        if not self.is_filled:
            self.is_filled = True
            for connection in [await self.inner.acquire() for _ in range(self.minsize)]:
                self.inner.release(connection)
        return await super().lend()


@breaks(
    "create_pool_takes_minsize",
    shows="minsize=2 did not become the pool's smallest size",
    also="""
        own_parameters_go_by_keyword starts_with_minsize_free minsize_zero_starts_empty minsize_attribute
        size_counts_lent_and_free freesize_counts_free closed_pool_refuses_acquire wait_closed_finishes_closing
    """,
)
class IgnoresMinsize(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "minsize"}


@breaks(
    "create_pool_takes_minsize",
    shows="minsize=2 did not make two connections",
    also="""
        starts_with_minsize_free minsize_zero_starts_empty size_counts_lent_and_free freesize_counts_free
        closed_pool_refuses_acquire wait_closed_finishes_closing
    """,
)
class MinsizeIsOnlyRead(IgnoresMinsize):
    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 1))


@breaks(
    "create_pool_takes_maxsize",
    shows="maxsize=1 did not become the pool's largest size",
    also="""
        own_parameters_go_by_keyword grows_up_to_maxsize maxsize_zero_is_unlimited maxsize_attribute
        size_counts_lent_and_free
    """,
)
class IgnoresMaxsize(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "maxsize"}


@breaks(
    "create_pool_takes_maxsize",
    shows="a second connection came out of a pool of maxsize=1",
    also="grows_up_to_maxsize maxsize_zero_is_unlimited size_counts_lent_and_free",
)
class MaxsizeIsOnlyRead(IgnoresMaxsize):
    @property
    def maxsize(self) -> int:
        return int(self.given.get("maxsize", 10))


@breaks("create_pool_takes_loop", shows="TypeError: ", also="basic_usage own_parameters_go_by_keyword")
class RefusesLoop(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        if "loop" in given:
            raise TypeError("create_pool() got an unexpected keyword argument 'loop'")
        return given


@breaks(
    "create_pool_takes_loop",
    shows="a pool that was given its loop does not answer SELECT 10",
    also="own_parameters_go_by_keyword",
)
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


@breaks(
    "loop_defaults_to_the_current_one",
    shows="TypeError: ",
    also=all_but("loop_defaults_to_the_current_one basic_usage create_pool_takes_loop own_parameters_go_by_keyword"),
)
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


@breaks(
    "connect_parameters_reach_connections", shows="autocommit did not take effect", also="own_parameters_go_by_keyword"
)
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


@breaks(
    "create_pool_returns_a_pool",
    shows="the pool lacks an attribute that the page documents",
    also="""
        create_pool_is_a_coroutine loop_defaults_to_the_current_one starts_with_minsize_free freesize_counts_free
        freesize_is_read_only with_statement_borrows acquire_and_release_by_hand acquire_takes_a_free_connection
        release_makes_free_again release_is_no_coroutine close_marks_connections wait_closed_finishes_closing
        wait_closed_after_terminate
    """,
)
class LacksFreesize(Lacks):
    missing = "freesize"


@breaks(
    "create_pool_returns_a_pool",
    shows="the pool lacks an attribute that the page documents",
    also="echo_is_off_by_default echo_attribute",
)
class LacksEcho(Lacks):
    missing = "echo"


@breaks(
    "create_pool_returns_a_pool",
    shows="the pool lacks a method that the page documents",
    also="""
        terminate_closes_the_pool terminate_closes_lent_connections wait_closed_after_terminate
        terminate_is_no_coroutine
    """,
)
class LacksTerminate(Lacks):
    missing = "terminate"


@breaks(
    "create_pool_returns_a_pool",
    shows="the pool lacks a method that the page documents",
    also="""
        pool_and_plain_connections loop_defaults_to_the_current_one grows_up_to_maxsize maxsize_zero_recycles
        size_counts_lent_and_free freesize_counts_free lent_to_one_user_at_a_time acquire_and_release_by_hand
        release_makes_free_again release_is_no_coroutine close_marks_connections closed_pool_refuses_acquire
        wait_closed_after_close wait_closed_waits_for_release
    """,
)
class ReleaseIsNoMethod(Sound):
    """It is there, and cannot be called."""

    release = None  # type: ignore[assignment]
