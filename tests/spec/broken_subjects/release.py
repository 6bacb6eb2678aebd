"""Chapter 4 of POOL.md broken: giving a connection back."""

from __future__ import annotations

import asyncio
from typing import Any

from .sound import Sound, breaks, forever


@breaks(
    "release_makes_free_again",
    shows="a released connection is not free",
    also="""
        loop_defaults_to_the_current_one maxsize_zero_recycles size_counts_lent_and_free freesize_counts_free
        lent_to_one_user_at_a_time acquire_and_release_by_hand release_is_no_coroutine
    """,
)
class ReleaseCloses(Sound):
    def take_back(self, connection: Any) -> None:
        connection.close()
        super().take_back(connection)


@breaks(
    "release_makes_free_again",
    shows="a released connection was not lent again",
    also="maxsize_zero_recycles lent_to_one_user_at_a_time",
)
class ReleasedConnectionsAreReplaced(Sound):
    """What came back counts as free, and is exchanged for a new connection when it is due again."""

    is_worn = False

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        self.is_worn = True

    async def lend(self) -> Any:
        if self.is_worn:
            (await self.inner.acquire()).close()
            return await self.dial()
        return await super().lend()


@breaks(
    "release_makes_free_again",
    shows="an acquire of a released connection did not end",
    also="maxsize_zero_recycles acquire_and_release_by_hand",
)
class ReleasedConnectionsRest(Sound):
    """What came back is free, and nobody gets it."""

    is_resting = False

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        self.is_resting = not self.lent

    async def lend(self) -> Any:
        if self.is_resting and not self.is_closed:
            await forever()
        return await super().lend()


@breaks(
    "release_is_no_coroutine",
    shows="release() returned a coroutine",
    also="""
        loop_defaults_to_the_current_one grows_up_to_maxsize maxsize_zero_recycles freesize_counts_free
        lent_to_one_user_at_a_time acquire_and_release_by_hand release_makes_free_again close_marks_connections
        closed_pool_refuses_acquire wait_closed_after_close wait_closed_waits_for_release
    """,
)
class ReleaseIsACoroutine(Sound):
    async def release(self, connection: Any) -> Any:
        super().release(connection)


@breaks("release_is_no_coroutine", shows="release() returned a coroutine")
class ReleaseReturnsACoroutine(Sound):
    """Does its work at once, and asks to be awaited nevertheless."""

    def release(self, connection: Any) -> Any:
        super().release(connection)
        coroutine = asyncio.sleep(0)
        coroutine.send(None)  # one that never began would warn of it when it is collected
        return coroutine


@breaks(
    "release_is_no_coroutine",
    shows="release() had not made the connection free when it returned",
    also="""
        loop_defaults_to_the_current_one freesize_counts_free acquire_and_release_by_hand release_makes_free_again
    """,
)
class ReleaseIsDeferred(Sound):
    def release(self, connection: Any) -> Any:
        asyncio.get_running_loop().call_soon(super().release, connection)
