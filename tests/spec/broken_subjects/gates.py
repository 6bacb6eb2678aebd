"""Chapter 10 of POOL.md broken: what goes wrong when the server does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from .cancellation import CountsWhoWasCancelled, LosesPlaces
from .robustness import ConnectsOneByOne, is_closed
from .sound import Sound, breaks, forever

if TYPE_CHECKING:
    from spec.subject import Driver


HOPING_SECONDS = 300.0


@breaks("acquire_ends_whatever_a_connect_meets", shows="an acquire did not end within its user's time limit")
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


@breaks("others_are_served_whatever_a_connect_meets", shows="nobody was served while another's connect was in trouble")
class OneInTroubleHoldsAll(ConnectsOneByOne):
    """Holds a lock while connecting."""


@breaks("no_place_is_lost_whatever_a_connect_meets", shows="who came after a connect in trouble was not served")
class ConnectsInTroubleKeepTheirPlace(CountsWhoWasCancelled):
    """Counts places of its own, and keeps that of a connect that has failed."""


@breaks("next_is_served_whatever_a_use_meets", shows="the user after one in trouble was not served")
class UsersInTroubleKeepTheirPlace(LosesPlaces):
    """A connection that has ended in its user's hands is counted for ever."""

    def is_lost(self, connection: Any) -> bool:
        return is_closed(connection)


@breaks("pool_ends_whatever_the_server_does", shows="a pool did not end although its users did")
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
