"""Chapter 11 of POOL.md broken: what hours do to a pool that counts them wrong."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any

from .robustness import is_closed
from .sound import Sound, breaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.subject import Driver

HOUR = 3600.0


class Ages(Sound):
    """Knows the recycling time, and when each connection was lent first."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.limit = float(given.get("pool_recycle", math.inf))
        self.seen: dict[Any, float] = {}

    async def lend(self) -> Any:
        connection = await super().lend()
        self.seen.setdefault(connection, self.loop.time())
        return connection


@breaks(
    "recycling_replaces_what_was_free",
    shows="a connection was lent that was free for longer than the recycling time",
)
class NeverRecycles(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        given.pop("pool_recycle", None)
        return given


@breaks(
    "recycling_spares_what_is_used",
    shows="a connection was replaced that was free for less than the recycling time",
)
class CountsFromTheLogin(Ages):
    async def lend(self) -> Any:
        connection = await super().lend()
        if self.loop.time() - self.seen[connection] < self.limit:
            return connection
        connection.close()
        self.take_back(connection)
        return await super().lend()


@breaks(
    "recycling_spares_what_is_lent",
    shows="a lent connection was ended by the recycling time",
    also="recycling_spares_what_is_used",
)
class EndsWhatIsLent(Ages):
    async def lend(self) -> Any:
        connection = await super().lend()
        if self.limit < math.inf:
            self.loop.call_later(self.limit, connection.close)
        return connection


class HasAListOfItsOwn(Sound):
    """Keeps what comes back sound and nobody waits for, and lends it again without a look at it."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.kept: deque[Any] = deque()
        self.waiting = 0

    @property
    def freesize(self) -> int:
        return super().freesize + len(self.kept)

    async def lend(self) -> Any:
        if self.kept and not self.is_closed:
            self.lent.append(self.kept.popleft())
            return self.lent[-1]
        self.waiting += 1
        try:
            return await super().lend()
        finally:
            self.waiting -= 1

    def take_back(self, connection: Any) -> None:
        if self.waiting or self.is_closed or is_closed(connection) or connection not in self.lent:
            super().take_back(connection)
        else:
            self.lent.remove(connection)
            self.kept.append(connection)

    def close(self) -> Any:
        while self.kept:
            self.inner.release(self.kept.popleft())
        return super().close()

    def terminate(self) -> Any:
        while self.kept:
            self.inner.release(self.kept.popleft())
        return super().terminate()


@breaks(
    "connection_idle_for_too_long_is_not_lent",
    shows="a connection was lent that the server had ended for being idle",
    also="""
        transaction_does_not_reach_the_next unseen_transaction_does_not_reach_the_next running_statement_is_not_lent
        closed_free_connection_does_no_harm second_release_is_an_error growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled statement_may_be_cancelled
        fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled block_may_be_cancelled
        acquire_after_reset_may_be_cancelled next_is_served_whatever_a_use_meets recycling_replaces_what_was_free
    """,
)
class TrustsTheIdle(HasAListOfItsOwn):
    """Lends what the server has ended in the night."""


@breaks(
    "free_connection_lent_although_refill_hangs",
    shows="a free connection was not lent while a silent server was asked for others",
    also="""
        free_connection_lent_although_refill_fails pinging_acquire_may_be_cancelled
        acquire_after_reset_may_be_cancelled next_is_served_whatever_a_use_meets
    """,
)
class WaitsForItsRefill(Sound):
    async def lend(self) -> Any:
        if self.size < self.minsize:
            (await self.dial()).close()
        return await super().lend()


@breaks("acquire_keeps_the_pools_limit", shows="an acquire did not end at the pool's limit")
class KnowsNoLimit(Sound):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        given.pop("acquire_timeout", None)
        return given


@breaks(
    "short_limits_are_served_in_the_end",
    shows="no user was served whose time limit was shorter than a connect",
    also="""
        release_serves_while_connecting connect_outlives_its_acquire size_counts_what_is_being_opened
        maxsize_counts_what_is_being_opened terminate_ends_what_is_being_opened pinging_acquire_may_be_cancelled
        acquire_after_reset_may_be_cancelled next_is_served_whatever_a_use_meets
    """,
)
class BeginsAnewForEach(Sound):
    """Has nothing to do with the connects of those who have gone."""

    async def lend(self) -> Any:
        if not self.freesize and self.size < self.maxsize:
            (await self.dial()).close()
        return await super().lend()


@breaks("acquire_waits_for_hours", shows="an acquire without a limit gave up")
class GivesUpAfterAnHour(Sound):
    async def lend(self) -> Any:
        async with asyncio.timeout(HOUR):
            return await super().lend()


@breaks("long_statement_is_left_alone", shows="a statement of five hours was ended before its time")
class StatementsHaveAnHour(Sound):
    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with asyncio.timeout(HOUR):
            return await super().query(base, connection, statement)
