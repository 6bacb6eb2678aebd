"""Chapter 2 of POOL.md broken: how many connections there are, and what the pool says about it."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from .sound import SaysWhatWasGiven, Sound, breaks, forever


@breaks(
    "starts_with_minsize_free",
    shows="a new pool does not have minsize free connections",
    also="""
        create_pool_signature create_pool_is_a_coroutine create_pool_takes_minsize size_counts_lent_and_free
        freesize_counts_free close_closes_one_pool closed_pool_refuses_acquire wait_closed_finishes_closing
        terminate_closes_the_pool
    """,
)
class OpensOneTooFew(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "minsize": max(given.get("minsize", 1) - 1, 0)}


@breaks(
    "starts_with_minsize_free",
    shows="creation did not open exactly minsize connections",
    also="wait_closed_finishes_closing",
)
class OpensOneTooMany(Sound):
    """The one too many is in no count."""

    async def settle(self) -> None:
        if self.minsize > 2:
            await self.dial()


@breaks(
    "starts_with_minsize_free",
    shows="the size of a new pool is not minsize",
    also="""
        minsize_zero_starts_empty size_counts_lent_and_free acquire_takes_a_free_connection
        acquire_opens_one_if_needed wait_closed_finishes_closing wait_closed_after_terminate
    """,
)
class LendsOneToItself(Sound):
    """One of the connections that it opens is not for users, and counts."""

    @property
    def size(self) -> int:
        return super().size + 1


@breaks("starts_with_minsize_free", shows="a connection of a new pool is not open")
class CountsOneThatHasEnded(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "minsize": 2} if given.get("minsize") == 3 else given

    async def settle(self) -> None:
        self.is_one_dead = self.given.get("minsize") == 3
        if self.is_one_dead:
            (await self.dial()).close()

    @property
    def size(self) -> int:
        return super().size + (self.is_one_dead and not self.is_closed)

    @property
    def freesize(self) -> int:
        return super().freesize + (self.is_one_dead and not self.is_closed)


class WrongLimit(SaysWhatWasGiven):
    """Keeps to another limit than it was given."""

    step: ClassVar[int]

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        limit = given.get("maxsize", 10)
        return {**given, "maxsize": max(limit + cls.step, 1) if limit else 0}


@breaks(
    "grows_up_to_maxsize",
    shows="a fourth acquire of a pool of three did not wait",
    also="create_pool_signature create_pool_takes_maxsize size_counts_lent_and_free",
)
class NoLimit(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "maxsize": 0}


@breaks(
    "grows_up_to_maxsize",
    shows="a fourth acquire of a pool of three did not wait",
    also="create_pool_signature create_pool_takes_maxsize size_counts_lent_and_free",
)
class OneOverTheLimit(WrongLimit):
    step = 1


@breaks(
    "grows_up_to_maxsize",
    shows="an acquire below maxsize did not end",
    also="freesize_counts_free lent_to_one_user_at_a_time",
)
class OneUnderTheLimit(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "maxsize": 2} if given.get("maxsize") == 3 else given


class Crowded(Sound):
    """Does something of its own when an acquire finds the pool full."""

    @property
    def is_full(self) -> bool:
        return 0 < self.maxsize == self.size and not self.freesize

    async def lend(self) -> Any:
        if self.is_full and not self.is_closed:
            return await self.lend_when_full()
        return await super().lend()

    async def lend_when_full(self) -> Any:
        """What happens instead of waiting."""
        return await super().lend()


@breaks(
    "grows_up_to_maxsize",
    shows="a fourth acquire of a pool of three did not wait",
    also="create_pool_signature create_pool_takes_maxsize",
)
class RaisesWhenFull(Crowded):
    async def lend_when_full(self) -> Any:
        raise RuntimeError("all connections are in use")


@breaks("grows_up_to_maxsize", shows="a pool of three dialled a fourth time", also="create_pool_signature")
class DialsWhenFull(Crowded):
    """Opens a connection, sees that it is one too many, closes it and waits."""

    async def lend_when_full(self) -> Any:
        (await self.dial()).close()
        return await super().lend_when_full()


@breaks("grows_up_to_maxsize", shows="whoever waited was not served when a connection was released")
class ForgetsWhoWaits(Crowded):
    async def lend_when_full(self) -> Any:
        await forever()


@breaks("grows_up_to_maxsize", shows="the second who waited was not served by the second release")
class ForgetsTheSecondWhoWaits(Crowded):
    has_waited = False

    async def lend_when_full(self) -> Any:
        if self.has_waited:
            await forever()
        self.has_waited = True
        return await super().lend_when_full()


@breaks("grows_up_to_maxsize", shows="two who waited were served by one release", also="freesize_counts_free")
class OneReleaseServesAll(Crowded):
    serving: asyncio.Task[Any] | None = None

    async def lend_when_full(self) -> Any:
        self.serving = self.serving or asyncio.ensure_future(super().lend_when_full())
        return await asyncio.shield(self.serving)


@breaks("grows_up_to_maxsize", shows="a pool of three had more connections open")
class ReplacesOnHandOver(Crowded):
    """Whoever waited gets a new connection, opened while the released one is still there."""

    async def lend_when_full(self) -> Any:
        connection = await super().lend_when_full()
        (await self.dial()).close()
        return connection


@breaks("minsize_zero_starts_empty", shows="the size of a new pool with minsize=0 is not 0")
class MinsizeZeroMeansOne(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "minsize": given.get("minsize") or 1}


@breaks("minsize_zero_starts_empty", shows="creation opened a connection although minsize is 0")
class TriesTheAddressFirst(Sound):
    """Opens a connection to see whether the address is right, and closes it."""

    async def settle(self) -> None:
        if not self.minsize:
            (await self.dial()).close()


@breaks("minsize_zero_starts_empty", shows="creation opened a connection although minsize is 0")
class OpensOneInTheBackground(Sound):
    async def settle(self) -> None:
        if not self.minsize:
            self.opening = asyncio.ensure_future(self.dial())


class LimitsTheUnlimited(SaysWhatWasGiven):
    """Takes a maxsize of 0 for a number."""

    limit: ClassVar[int]

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "maxsize": given.get("maxsize", 10) or cls.limit}


@breaks("maxsize_zero_is_unlimited", shows="an acquire of a pool without limit did not end")
class MaxsizeZeroMeansTen(LimitsTheUnlimited):
    limit = 10


@breaks("maxsize_zero_is_unlimited", shows="an acquire of a pool without limit did not end")
class MaxsizeZeroMeansThirtyTwo(LimitsTheUnlimited):
    limit = 32


@breaks("maxsize_zero_is_unlimited", shows="ValueError: maxsize", also="maxsize_zero_recycles")
class MaxsizeZeroIsRefused(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("maxsize") == 0:
            raise ValueError("maxsize should be not less than minsize")
        return given


@breaks("maxsize_zero_is_unlimited", shows="a pool without limit did not make as many connections as it lent")
class SharesBeyondTen(Sound):
    async def lend(self) -> Any:
        if self.maxsize == 0 and len(self.lent) == 10:
            return self.lent[0]
        return await super().lend()


@breaks("maxsize_zero_recycles", shows="a pool without limit opened connections while it had free ones")
class UnlimitedMeansSingleUse(Sound):
    def take_back(self, connection: Any) -> None:
        if not self.maxsize:
            connection.close()
        super().take_back(connection)


@breaks("maxsize_zero_recycles", shows="a pool without limit opened connections while it had free ones")
class UnlimitedKeepsMinsize(Sound):
    """Without a limit it keeps no more free connections than minsize."""

    def take_back(self, connection: Any) -> None:
        if not self.maxsize and self.freesize >= self.minsize:
            connection.close()
        super().take_back(connection)


@breaks(
    "maxsize_zero_recycles",
    shows="a pool without limit opened connections while it had free ones",
    also="maxsize_zero_is_unlimited",
)
class UnlimitedAlwaysDials(Sound):
    """With no limit to keep to, an acquire does not look for a free connection first."""

    async def lend(self) -> Any:
        if not self.maxsize and len(self.pools()) == 1:
            self.lent.append(await self.dial())
            return self.lent[-1]
        return await super().lend()

    def take_back(self, connection: Any) -> None:
        if not self.maxsize:
            self.lent.remove(connection)
        else:
            super().take_back(connection)


@breaks("minsize_attribute", shows="minsize changes while connections are lent")
class MinsizeIsSize(Sound):
    @property
    def minsize(self) -> int:
        return self.size


@breaks("minsize_attribute", shows="minsize changes while connections are lent")
class MinsizeIsFreesize(Sound):
    @property
    def minsize(self) -> int:
        return self.freesize


@breaks(
    "minsize_attribute",
    shows="minsize is not what it was created with",
    also="create_pool_takes_minsize own_parameters_go_by_keyword",
)
class MinsizeIsAlwaysOne(Sound):
    @property
    def minsize(self) -> int:
        return 1


@breaks("maxsize_attribute", shows="maxsize changes while connections are lent")
class MaxsizeIsTheRoomLeft(Sound):
    @property
    def maxsize(self) -> int:
        return super().maxsize - len(self.lent)


@breaks(
    "maxsize_attribute",
    shows="maxsize is not what it was created with",
    also="create_pool_takes_maxsize own_parameters_go_by_keyword",
)
class MaxsizeIsAlwaysTen(Sound):
    @property
    def maxsize(self) -> int:
        return 10


@breaks("minsize_defaults_to_one", shows="minsize is not 1 by default")
class MinsizeIsZeroByDefault(Sound):
    @property
    def minsize(self) -> int:
        return int(self.given.get("minsize", 0))


@breaks("minsize_defaults_to_one", shows="minsize is not 1 by default", also="minsize_is_read_only")
class MinsizeIsNoneByDefault(Sound):
    """Tells what it was given, and of what it does by itself it tells nothing."""

    @property
    def minsize(self) -> Any:
        return super().minsize if "minsize" in self.given else None


@breaks("maxsize_defaults_to_ten", shows="maxsize is not 10 by default")
class MaxsizeIsNineByDefault(Sound):
    @property
    def maxsize(self) -> int:
        return int(self.given.get("maxsize", 9))


@breaks("maxsize_defaults_to_ten", shows="maxsize is not 10 by default")
class MaxsizeIsZeroByDefault(Sound):
    """Tells what it was given, and of what it does by itself it tells nothing."""

    @property
    def maxsize(self) -> int:
        return super().maxsize if "maxsize" in self.given else 0


class Setting:
    """An attribute that can be set, to no effect but that it reads back."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, pool: Sound, owner: type) -> Any:
        return pool.__dict__.get(self.name, getattr(pool.inner, self.name))

    def __set__(self, pool: Sound, value: int) -> None:
        pool.__dict__[self.name] = value


class IgnoredSetting(Setting):
    """An attribute that can be set, to no effect at all."""

    def __set__(self, pool: Sound, value: int) -> None:
        pass


@breaks("minsize_is_read_only", shows="minsize can be set")
class MinsizeCanBeSet(Sound):
    minsize = Setting()


@breaks("minsize_is_read_only", shows="minsize can be set")
class MinsizeSwallowsWhatIsSet(Sound):
    minsize = IgnoredSetting()


@breaks("maxsize_is_read_only", shows="maxsize can be set")
class MaxsizeCanBeSet(Sound):
    maxsize = Setting()


@breaks("maxsize_is_read_only", shows="maxsize can be set")
class MaxsizeSwallowsWhatIsSet(Sound):
    maxsize = IgnoredSetting()


@breaks("size_is_read_only", shows="size can be set")
class SizeCanBeSet(Sound):
    size = Setting()


@breaks("size_is_read_only", shows="size can be set")
class SizeSwallowsWhatIsSet(Sound):
    size = IgnoredSetting()


@breaks("freesize_is_read_only", shows="freesize can be set")
class FreesizeCanBeSet(Sound):
    freesize = Setting()


@breaks("freesize_is_read_only", shows="freesize can be set")
class FreesizeSwallowsWhatIsSet(Sound):
    freesize = IgnoredSetting()


@breaks("size_counts_lent_and_free", shows="size does not count free connections", also="starts_with_minsize_free")
class SizeIsWhatIsLent(Sound):
    @property
    def size(self) -> int:
        return super().size - self.freesize


@breaks(
    "size_counts_lent_and_free",
    shows="size does not count lent and free connections together",
    also="acquire_takes_a_free_connection acquire_opens_one_if_needed",
)
class SizeIsWhatIsFree(Sound):
    @property
    def size(self) -> int:
        return self.freesize


@breaks("size_counts_lent_and_free", shows="size changes when a connection is released")
class SizeCountsFreeUpToMinsize(Sound):
    @property
    def size(self) -> int:
        return super().size - max(self.freesize - self.minsize, 0)


class CountsWhoWaits(Sound):
    """Knows how many wait for a connection."""

    waiting = 0

    async def lend(self) -> Any:
        self.waiting += 1
        try:
            return await super().lend()
        finally:
            self.waiting -= 1


@breaks("size_counts_lent_and_free", shows="size counts those who wait")
class SizeCountsWhoWaits(CountsWhoWaits):
    @property
    def size(self) -> int:
        return super().size + self.waiting


@breaks(
    "size_counts_lent_and_free",
    shows="size is not the number of connections that are open",
    also="create_pool_signature grows_up_to_maxsize maxsize_zero_is_unlimited maxsize_zero_recycles",
)
class GrowthLeaksASocket(Sound):
    """The counts are right, and for each connection that it opens beyond minsize there are two sockets."""

    async def lend(self) -> Any:
        before = self.inner.size
        connection = await super().lend()
        if self.inner.size > max(before, 2):
            await self.dial()
        return connection


@breaks(
    "freesize_counts_free",
    shows="freesize does not go down by one when a free connection is lent",
    also="with_statement_borrows acquire_and_release_by_hand acquire_takes_a_free_connection",
)
class FreesizeIsSize(Sound):
    @property
    def freesize(self) -> int:
        return self.size


@breaks(
    "freesize_counts_free",
    shows="freesize is not minsize in a new pool",
    also="""
        create_pool_is_a_coroutine loop_defaults_to_the_current_one starts_with_minsize_free
        acquire_takes_a_free_connection close_marks_connections wait_closed_finishes_closing
        wait_closed_after_terminate
    """,
)
class FreesizeIsTheRoomLeft(Sound):
    """Counts connections that could be opened as free."""

    @property
    def freesize(self) -> int:
        return super().freesize + self.maxsize - self.size


@breaks("freesize_counts_free", shows="freesize counts those who wait")
class FreesizeGoesBelowZero(CountsWhoWaits):
    @property
    def freesize(self) -> int:
        return super().freesize - self.waiting


@breaks(
    "freesize_counts_free",
    shows="freesize does not go up by one when a connection is released",
    also="loop_defaults_to_the_current_one",
)
class FreesizeStopsAtMinsize(Sound):
    @property
    def freesize(self) -> int:
        return min(super().freesize, self.minsize)
