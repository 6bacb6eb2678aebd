"""Chapter 9 of POOL.md broken: what is lost when somebody is cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from .robustness import CancelledConnectsGoOn, LooksAtWhatItLends, TurnsAreLost
from .sound import Lending, Sound, breaks, forever

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from spec.subject import Driver


@breaks(
    "free_acquire_may_be_cancelled",
    shows="who came after a cancelled acquire of a free connection was not served",
    also="""
        cancelled_waiter_passes_its_turn_on cancelled_acquire_takes_nothing growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled refilling_acquire_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class ForgetsTheFree(LooksAtWhatItLends):
    """Looks at what it lends, and forgets it when it is cancelled meanwhile."""


@breaks(
    "growing_acquire_may_be_cancelled",
    shows="who came after a cancelled acquire for which the pool grows was not served",
    also="""
        release_then_acquire_does_not_overtake connect_outlives_its_acquire cancelled_connect_leaks_nothing
        failed_connect_strands_nobody failed_connects_cost_no_place close_refuses_who_waits
        terminate_refuses_who_waits connecting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        no_place_is_lost_whatever_a_connect_meets acquire_keeps_the_pools_limit short_limits_are_served_in_the_end
    """,
)
class CountsWhoWasCancelled(Sound):
    """Counts places of its own, and keeps that of an acquire that was cancelled."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.places = 0
        self.left = asyncio.Condition()

    async def lend(self) -> Any:
        async with self.left:
            await self.left.wait_for(lambda: self.places < self.maxsize)
        self.places += 1
        return await super().lend()

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        self.places -= 1
        self.telling = asyncio.ensure_future(self.tell())

    async def tell(self) -> None:
        async with self.left:
            self.left.notify_all()


@breaks(
    "waiting_acquire_may_be_cancelled",
    shows="who waited behind a cancelled acquire that waits was not served",
    also="""
        release_then_acquire_does_not_overtake cancelled_waiter_passes_its_turn_on acquire_keeps_the_pools_limit
    """,
)
class TurnsOfTheCancelledAreLost(TurnsAreLost):
    """Who is told to look, and is cancelled before it looks, tells nobody."""


@breaks(
    "connecting_acquire_may_be_cancelled",
    shows="a cancelled acquire that connects left a session that no pool owns",
    also="""
        connect_outlives_its_acquire cancelled_connect_leaks_nothing failed_connects_cost_no_place
        close_while_connecting terminate_ends_what_is_being_opened growing_acquire_may_be_cancelled
        creation_block_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled
    """,
)
class ConnectsOfTheCancelledGoOn(CancelledConnectsGoOn):
    """And nobody knows of them."""


@breaks(
    "pinging_acquire_may_be_cancelled",
    shows="who came after a cancelled acquire that pings was not served",
    also="""
        cancelled_waiter_passes_its_turn_on cancelled_acquire_takes_nothing free_acquire_may_be_cancelled
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled refilling_acquire_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class ForgetsWhatItHasPinged(LooksAtWhatItLends):
    """Looks once more at what it lends, and forgets it when it is cancelled meanwhile."""


@breaks(
    "refilling_acquire_may_be_cancelled",
    shows="who came after a cancelled acquire that refills was not served",
    also="""
        cancelled_waiter_passes_its_turn_on cancelled_acquire_takes_nothing free_acquire_may_be_cancelled
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class ForgetsWhatItSetsAside(LooksAtWhatItLends):
    """Sets aside what it will lend, and forgets it when it is cancelled meanwhile."""


@breaks(
    "acquire_after_release_may_be_cancelled",
    shows="who came after a cancelled acquire after a release in a transaction was not served",
    also="""
        release_then_acquire_does_not_overtake connect_outlives_its_acquire cancelled_connect_leaks_nothing
        failed_connect_strands_nobody failed_connects_cost_no_place close_refuses_who_waits
        terminate_refuses_who_waits growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled no_place_is_lost_whatever_a_connect_meets acquire_keeps_the_pools_limit
        short_limits_are_served_in_the_end
    """,
)
class CountsWhoCameBackAndWasCancelled(CountsWhoWasCancelled):
    """Counts places of its own, and keeps that of an acquire that was cancelled while the pool made something ready."""


@breaks(
    "acquire_after_unread_rows_may_be_cancelled",
    shows="who came after a cancelled acquire after a release with rows unread was not served",
    also="""
        cancelled_waiter_passes_its_turn_on cancelled_acquire_takes_nothing free_acquire_may_be_cancelled
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled acquire_after_reset_may_be_cancelled
    """,
)
class ForgetsWhatItReadsOut(LooksAtWhatItLends):
    """Asks once more whether all rows were read of what it lends, and forgets it when it is cancelled meanwhile."""


@breaks(
    "acquire_after_reset_may_be_cancelled",
    shows="who came after a cancelled acquire after a release that resets was not served",
    also="""
        cancelled_waiter_passes_its_turn_on cancelled_acquire_takes_nothing free_acquire_may_be_cancelled
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled
    """,
)
class ForgetsWhatItResets(LooksAtWhatItLends):
    """Asks once more whether what it lends was reset, and forgets it when it is cancelled meanwhile."""


@breaks(
    "free_acquire_may_be_cancelled",
    shows="a cancelled acquire of a free connection left a session open",
    also="""
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled refilling_acquire_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
    """,
)
class ReplacesForTheTerminated(Sound):
    """Opens a connection in place of the one that a cancelled acquire may have lost, in a terminated pool too."""

    def terminate(self) -> Any:
        self.was_terminated = True
        return super().terminate()

    async def lend(self) -> Any:
        connection = await super().lend()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.take_back(connection)
            if hasattr(self, "was_terminated"):
                self.replacing = asyncio.ensure_future(self.dial())
            raise
        return connection


@breaks(
    "release_may_be_cancelled",
    shows="who came after a cancelled release was not served",
    also="""
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class ReleasesInATask(Sound):
    """A release is a task that may be awaited, and so be cancelled before it has begun."""

    def release(self, connection: Any) -> Any:
        return asyncio.ensure_future(self.give_back(connection))

    async def give_back(self, connection: Any) -> None:
        await asyncio.sleep(0)
        self.take_back(connection)


@breaks(
    "statement_may_be_cancelled",
    shows="a cancelled statement went on as if nothing had been",
    also="""
        fetch_may_be_cancelled block_may_be_cancelled creation_block_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class SwallowsCancellations(Sound):
    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        try:
            return await super().query(base, connection, statement)
        except asyncio.CancelledError:
            return []


class LosesPlaces(Sound):
    """Does not take back what it has lost, and goes on counting it."""

    missing = 0

    def is_lost(self, connection: Any) -> bool:
        """Whether a connection that comes back is forgotten."""
        raise AssertionError("each kind says which")

    def take_back(self, connection: Any) -> None:
        if self.is_lost(connection):
            self.lent.remove(connection)
            self.missing += 1
        else:
            super().take_back(connection)

    async def lend(self) -> Any:
        if len(self.lent) + self.missing >= self.maxsize:
            await forever()
        return await super().lend()


class LosesWhatTheCancelledRelease(LosesPlaces):
    """What a task releases that is being cancelled."""

    def is_lost(self, connection: Any) -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0


@breaks(
    "fetch_may_be_cancelled",
    shows="who came after a cancelled statement with many rows was not served",
    also="""
        waiters_are_served_in_order release_then_acquire_does_not_overtake waiter_served_after_transaction
        waiter_served_after_close waiter_served_after_cancelled_statement cancelled_waiter_passes_its_turn_on
        failed_connect_strands_nobody close_refuses_who_waits closed_pool_serves_nobody_who_waited
        terminate_refuses_who_waits growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled statement_may_be_cancelled unbuffered_fetch_may_be_cancelled
        commit_may_be_cancelled block_may_be_cancelled wait_closed_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled acquire_keeps_the_pools_limit acquire_waits_for_hours
    """,
)
class CutResultsKeepTheirPlace(LosesWhatTheCancelledRelease):
    """A connection whose rows were not all read is counted for ever."""


@breaks(
    "unbuffered_fetch_may_be_cancelled",
    shows="who came after a cancelled fetch that is not buffered was not served",
    also="""
        waiters_are_served_in_order release_then_acquire_does_not_overtake waiter_served_after_transaction
        waiter_served_after_close waiter_served_after_cancelled_statement cancelled_waiter_passes_its_turn_on
        failed_connect_strands_nobody close_refuses_who_waits closed_pool_serves_nobody_who_waited
        terminate_refuses_who_waits growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled statement_may_be_cancelled fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled wait_closed_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled acquire_keeps_the_pools_limit
        acquire_waits_for_hours
    """,
)
class CutFetchesKeepTheirPlace(LosesWhatTheCancelledRelease):
    """A connection whose rows were not all fetched is counted for ever."""


@breaks(
    "commit_may_be_cancelled",
    shows="who came after a cancelled commit was not served",
    also="""
        waiters_are_served_in_order release_then_acquire_does_not_overtake waiter_served_after_transaction
        waiter_served_after_close waiter_served_after_cancelled_statement cancelled_waiter_passes_its_turn_on
        failed_connect_strands_nobody close_refuses_who_waits closed_pool_serves_nobody_who_waited
        terminate_refuses_who_waits growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled statement_may_be_cancelled fetch_may_be_cancelled
        unbuffered_fetch_may_be_cancelled block_may_be_cancelled wait_closed_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled acquire_keeps_the_pools_limit acquire_waits_for_hours
    """,
)
class CutCommitsKeepTheirPlace(LosesWhatTheCancelledRelease):
    """A connection whose commit is in doubt is counted for ever."""


class Hesitating(Lending):
    """A block that waits before it releases."""

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.sleep(0)
        await super().__aexit__(*error)


@breaks("block_may_be_cancelled", shows="who came after a cancelled block was not served")
class BlocksEndLate(Sound):
    def acquire(self) -> Awaitable[Any]:
        return Hesitating(self)


@breaks(
    "creation_may_be_cancelled",
    shows="a cancelled create_pool() left a session open",
    also="cancelled_creation_leaves_nothing creation_block_may_be_cancelled",
)
class CreationGoesOnAlone(Sound):
    @classmethod
    async def make(cls, base: Driver, given: dict[str, Any]) -> Self:
        return await asyncio.shield(asyncio.ensure_future(super().make(base, given)))


@breaks("creation_block_may_be_cancelled", shows="a cancelled create_pool() block left a session open")
class BlockDoesNotEndForTheCancelled(Sound):
    async def leave(self, kind: type[BaseException] | None) -> None:
        if kind is not asyncio.CancelledError:
            await super().leave(kind)


@breaks("clear_may_be_cancelled", shows="who came after a cancelled clear() was not served")
class ClearTakesThemOut(Sound):
    """Borrows what is free to close it, one after the other."""

    async def clear(self) -> None:
        while self.freesize:
            connection = await self.inner.acquire()
            await asyncio.sleep(0)
            connection.close()
            self.inner.release(connection)


@breaks(
    "wait_closed_may_be_cancelled",
    shows="a pool did not end after a cancelled wait_closed()",
    also="wait_closed_ends_for_all wait_closed_may_be_repeated",
)
class WaitsOnce(Sound):
    """A second wait_closed() waits for the first, which was cancelled."""

    async def wait_closed(self) -> None:
        if hasattr(self, "waited"):
            await forever()
        self.waited = True
        await self.inner.wait_closed()
