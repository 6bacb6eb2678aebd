"""Chapter 10 of POOL.md broken: what goes wrong when the server does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from spec.gates import AT_ONCE_SECONDS

from .cancellation import CountsWhoWasCancelled, LosesPlaces
from .robustness import ConnectsOneByOne, is_closed
from .sound import Sound, breaks, forever
from .time_passes import HasAListOfItsOwn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.subject import Driver


HOPING_SECONDS = 300.0


@breaks(
    "acquire_ends_whatever_a_connect_meets",
    shows="an acquire did not end within its user's time limit",
    also="""
        failed_connect_goes_to_its_acquire failed_connect_strands_nobody failed_connects_cost_no_place
        creation_block_closes close_refuses_who_waits closed_pool_serves_nobody_who_waited terminate_refuses_who_waits
        close_while_connecting terminate_ends_what_is_being_opened waiting_acquire_may_be_cancelled
        acquire_keeps_the_pools_limit
    """,
)
class BringsBadNewsLate(Sound):
    """Waits for better news when a connect has failed, and lets nobody go."""

    async def lend(self) -> Any:
        try:
            return await super().lend()
        except Exception:
            until = self.loop.time() + HOPING_SECONDS
            while self.loop.time() < until:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(until - self.loop.time())
            raise


@breaks(
    "acquire_ends_whatever_a_connect_meets",
    shows="an acquire failed although its connect was no more than slow",
    also="""
        no_place_is_lost_whatever_a_connect_meets next_is_served_whatever_a_use_meets acquire_keeps_the_pools_limit
        acquire_waits_for_hours
    """,
)
class GivesUpEarly(Sound):
    """Has a limit for a connect that nobody has asked for."""

    async def lend(self) -> Any:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            return await super().lend()


@breaks(
    "next_is_served_whatever_a_use_meets",
    shows="a statement failed that was no more than slow",
    also="long_statement_is_left_alone",
)
class GivesStatementsUpEarly(Sound):
    """Has a limit for a statement that nobody has asked for."""

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            return await super().query(base, connection, statement)


@breaks(
    "next_is_served_whatever_a_use_meets",
    shows="the user after one in trouble was not served its own rows",
    also="""
        transaction_does_not_reach_the_next unseen_transaction_does_not_reach_the_next running_statement_is_not_lent
        closed_free_connection_does_no_harm second_release_is_an_error growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled statement_may_be_cancelled
        fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled block_may_be_cancelled
        acquire_after_reset_may_be_cancelled recycling_replaces_what_was_free connection_idle_for_too_long_is_not_lent
    """,
)
class LendsOnTrustAlone(HasAListOfItsOwn):
    """Lends again what was released, without a rollback and without a look at it."""


@breaks(
    "next_is_served_whatever_a_use_meets",
    shows="the user after one in trouble was not served",
    also="""
        waiters_are_served_in_order release_then_acquire_does_not_overtake waiter_served_after_transaction
        waiter_served_after_close waiter_served_after_cancelled_statement cancelled_waiter_passes_its_turn_on
        failed_connect_strands_nobody close_refuses_who_waits closed_pool_serves_nobody_who_waited
        terminate_refuses_who_waits waiting_acquire_may_be_cancelled acquire_keeps_the_pools_limit
        acquire_waits_for_hours
    """,
)
class LosesWhatIsSlowToComeBack(LosesPlaces):
    """Counts for ever what is not free soon after it was released."""

    def is_lost(self, connection: Any) -> bool:
        self.loop.call_later(AT_ONCE_SECONDS, self.count)
        return False

    def count(self) -> None:
        self.missing += not self.freesize


@breaks("next_is_served_whatever_a_use_meets", shows="the user after one in trouble was not served its own rows")
class BelievesInPings(Sound):
    """Asks what it lends whether it lives, and hands on whatever comes of that."""

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        given.pop("pool_pre_ping", None)
        return given

    async def lend(self) -> Any:
        connection = await super().lend()
        try:
            await self.base.query(connection, "SELECT 1")
        except BaseException:
            self.take_back(connection)
            raise
        return connection


@breaks(
    "pool_ends_whatever_the_server_does",
    shows="wait_closed() failed",
    also="""
        wait_closed_may_be_repeated creation_block_may_be_cancelled wait_closed_may_be_cancelled
    """,
)
class SaysGoodbyeAndWaits(Sound):
    """Asks the server once more on each free connection before it closes, and waits for the answers."""

    def close(self) -> Any:
        self.is_closed = True
        self.saying = asyncio.ensure_future(self.say_goodbye())

    async def say_goodbye(self) -> None:
        leaving = [await self.inner.acquire() for _ in range(self.freesize)]
        try:
            for connection in leaving:
                await self.base.query(connection, "SELECT 1")
        finally:
            for connection in leaving:
                self.inner.release(connection)
            self.inner.close()

    async def wait_closed(self) -> None:
        if hasattr(self, "saying"):
            await self.saying
        await self.inner.wait_closed()


@breaks(
    "pool_ends_whatever_the_server_does",
    shows="wait_closed() failed",
    also="""
        wait_closed_may_be_repeated creation_block_may_be_cancelled wait_closed_may_be_cancelled
    """,
)
class HasNoTimeForGoodbyes(SaysGoodbyeAndWaits):
    """And has a limit for it that nobody has asked for."""

    async def say_goodbye(self) -> None:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            await super().say_goodbye()


@breaks(
    "others_are_served_whatever_a_connect_meets",
    shows="nobody was served while another's connect was in trouble",
    also="connects_go_on_in_parallel",
)
class OneInTroubleHoldsAll(ConnectsOneByOne):
    """Holds a lock while connecting."""


@breaks(
    "no_place_is_lost_whatever_a_connect_meets",
    shows="who came after a connect in trouble was not served",
    also="""
        release_then_acquire_does_not_overtake connect_outlives_its_acquire cancelled_connect_leaks_nothing
        failed_connect_strands_nobody failed_connects_cost_no_place close_refuses_who_waits
        terminate_refuses_who_waits growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled acquire_keeps_the_pools_limit
        short_limits_are_served_in_the_end
    """,
)
class ConnectsInTroubleKeepTheirPlace(CountsWhoWasCancelled):
    """Counts places of its own, and keeps that of a connect that has failed."""


@breaks(
    "next_is_served_whatever_a_use_meets",
    shows="the user after one in trouble was not served",
    also="""
        waiters_are_served_in_order release_then_acquire_does_not_overtake waiter_served_after_transaction
        waiter_served_after_close waiter_served_after_cancelled_statement cancelled_waiter_passes_its_turn_on
        failed_connect_strands_nobody cancelled_statement_reaches_nobody close_refuses_who_waits
        closed_pool_serves_nobody_who_waited terminate_refuses_who_waits waiting_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled acquire_keeps_the_pools_limit acquire_waits_for_hours
    """,
)
class UsersInTroubleKeepTheirPlace(LosesPlaces):
    """A connection that has ended in its user's hands is counted for ever."""

    def is_lost(self, connection: Any) -> bool:
        return is_closed(connection)


@breaks(
    "pool_ends_whatever_the_server_does",
    shows="a pool did not end although its users did",
    also="""
        release_after_terminate wait_closed_after_closed_connection growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled statement_may_be_cancelled
        fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled block_may_be_cancelled
        creation_block_may_be_cancelled wait_closed_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
    """,
)
class WaitsForGoodbyes(Sound):
    """A pool that was closed waits for each connection to be released as sound as it was."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.missed = False

    def take_back(self, connection: Any) -> None:
        self.missed |= is_closed(connection)
        super().take_back(connection)

    async def wait_closed(self) -> None:
        await self.inner.wait_closed()
        if self.missed:
            await forever()
