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


@breaks(
    "acquire_ends_whatever_a_connect_meets",
    shows="an acquire failed although its connect was no more than slow",
)
class GivesUpEarly(Sound):
    """Has a limit for a connect that nobody has asked for."""

    async def lend(self) -> Any:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            return await super().lend()


@breaks("next_is_served_whatever_a_use_meets", shows="a statement failed that was no more than slow")
class GivesStatementsUpEarly(Sound):
    """Has a limit for a statement that nobody has asked for."""

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            return await super().query(base, connection, statement)


@breaks("next_is_served_whatever_a_use_meets", shows="the user after one in trouble was not served its own rows")
class LendsOnTrustAlone(HasAListOfItsOwn):
    """Lends again what was released, without a rollback and without a look at it."""


@breaks("next_is_served_whatever_a_use_meets", shows="the user after one in trouble was not served")
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


@breaks("pool_ends_whatever_the_server_does", shows="wait_closed() failed")
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


@breaks("pool_ends_whatever_the_server_does", shows="wait_closed() failed")
class HasNoTimeForGoodbyes(SaysGoodbyeAndWaits):
    """And has a limit for it that nobody has asked for."""

    async def say_goodbye(self) -> None:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            await super().say_goodbye()


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
