"""Chapter 5 of POOL.md broken: the orderly end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .sound import Sound, breaks, forever

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from spec.subject import Driver


@breaks("close_closes_one_pool", shows="closing one of two pools did not leave the other's connection")
class CloseClosesAll(Sound):
    def close(self) -> Any:
        for pool in self.pools():
            Sound.close(pool)

    async def wait_closed(self) -> None:
        for pool in self.pools():
            await Sound.wait_closed(pool)


@breaks("close_closes_one_pool", shows="closing one of two pools closed the other")
class CloseIsForAll(Sound):
    """Whether a pool is closed is remembered in one place for all pools."""

    async def lend(self) -> Any:
        if any(pool.is_closed for pool in self.pools()):
            raise RuntimeError("the pool is closed")
        return await super().lend()


@breaks(
    "close_closes_one_pool",
    shows="closing one of two pools did not leave the other's connection",
    also="""
        basic_usage close_marks_connections closed_pool_refuses_acquire wait_closed_after_close close_is_no_coroutine
        wait_closed_waits_for_release wait_closed_finishes_closing
    """,
)
class CloseDoesNothing(Sound):
    def close(self) -> Any:
        pass

    async def wait_closed(self) -> None:
        pass


@breaks(
    "close_marks_connections",
    shows="close() ended a connection that is lent",
    also="wait_closed_after_close wait_closed_waits_for_release",
)
class CloseTerminates(Sound):
    def close(self) -> Any:
        return self.terminate()


class ClosesByHand(Sound):
    """What comes back after close() meets its end here, not in the base."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.all_back = asyncio.Event()

    def take_back(self, connection: Any) -> None:
        if self.is_closed:
            self.take_back_closed(connection)
        else:
            super().take_back(connection)

    def take_back_closed(self, connection: Any) -> None:
        """Do what a release does after close()."""
        super().take_back(connection)


@breaks(
    "close_marks_connections",
    shows="a connection that was released after close() did not end",
    also="closed_pool_refuses_acquire wait_closed_after_close wait_closed_waits_for_release",
)
class ReleaseAfterCloseDoesNothing(ClosesByHand):
    def take_back_closed(self, connection: Any) -> None:
        pass


@breaks(
    "close_marks_connections",
    shows="a lent connection ended when another was released after close()",
    also="wait_closed_waits_for_release",
)
class ReleaseAfterCloseEndsAll(ClosesByHand):
    def take_back_closed(self, connection: Any) -> None:
        super().take_back_closed(connection)
        for other in self.lent:
            other.close()


@breaks(
    "close_marks_connections",
    shows="a connection that was released after close() did not end",
    also="wait_closed_waits_for_release wait_closed_after_terminate",
)
class ReleaseAfterCloseKeepsItOpen(ClosesByHand):
    """Takes the released connection out of its counts, and forgets to close it."""

    def take_back_closed(self, connection: Any) -> None:
        self.lent.remove(connection)
        if not self.lent:
            self.all_back.set()

    async def wait_closed(self) -> None:
        if self.lent:
            await self.all_back.wait()

    @property
    def size(self) -> int:
        return len(self.lent) if self.is_closed else super().size

    @property
    def freesize(self) -> int:
        return 0 if self.is_closed else super().freesize


@breaks("close_marks_connections", shows="a connection that was released after close() is free")
class ReleaseAfterCloseCountsAsFree(ClosesByHand):
    closed_ones = 0

    def take_back_closed(self, connection: Any) -> None:
        super().take_back_closed(connection)
        self.closed_ones += 1

    @property
    def freesize(self) -> int:
        return super().freesize + self.closed_ones


@breaks(
    "close_marks_connections",
    shows="a lent connection was not usable after close()",
    also="wait_closed_after_close wait_closed_waits_for_release",
)
class CloseForbidsStatements(Sound):
    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        if any(pool.is_closed and connection in pool.lent for pool in cls.pools()):
            raise RuntimeError("the pool is closed")
        return await super().query(base, connection, statement)


class Shuts(Sound):
    """Keeps from users what the base would still do for them: a closed pool of its own kind."""

    async def lend(self) -> Any:
        return await (self.lend_closed() if self.is_closed else super().lend())

    async def lend_closed(self) -> Any:
        """What an acquire does after close()."""
        return await super().lend()


@breaks("closed_pool_refuses_acquire", shows="a closed pool lent a connection", also="close_is_no_coroutine")
class ClosedPoolLendsWhatIsFree(Sound):
    """Opens nothing any more, and goes on lending what it has until wait_closed() is called."""

    def close(self) -> Any:
        self.is_closed = True

    async def lend(self) -> Any:
        if self.is_closed and not self.freesize:
            raise RuntimeError("the pool is closed")
        return await super().lend()

    def take_back(self, connection: Any) -> None:
        if self.is_closed:
            connection.close()
        super().take_back(connection)

    def wait_closed(self) -> Awaitable[Any]:
        self.inner.close()
        return super().wait_closed()


@breaks("closed_pool_refuses_acquire", shows="a closed pool opened a connection", also="terminate_closes_the_pool")
class ClosedPoolDials(Shuts):
    """Looks whether it is closed when it has opened a connection."""

    async def lend_closed(self) -> Any:
        (await self.dial()).close()
        raise RuntimeError("the pool is closed")


@breaks(
    "closed_pool_refuses_acquire",
    shows="an acquire of a closed pool was left waiting",
    also="close_is_no_coroutine terminate_closes_the_pool terminate_is_no_coroutine",
)
class ClosedPoolKeepsWaiting(Shuts):
    async def lend_closed(self) -> Any:
        await forever()


class Reopens(Sound):
    """After wait_closed() it is no longer closed."""

    has_ended = False

    async def wait_closed(self) -> None:
        await super().wait_closed()
        self.has_ended = True


@breaks("closed_pool_refuses_acquire", shows="a pool that has ended lent a connection")
class EndedPoolLends(Reopens):
    async def lend(self) -> Any:
        return await (self.dial() if self.has_ended else super().lend())


@breaks("closed_pool_refuses_acquire", shows="a pool that has ended opened a connection")
class EndedPoolDials(Reopens):
    async def lend(self) -> Any:
        if self.has_ended:
            self.opening = asyncio.ensure_future(self.dial())
        return await super().lend()


@breaks("closed_pool_refuses_acquire", shows="an acquire of a pool that has ended was left waiting")
class EndedPoolKeepsWaiting(Reopens):
    async def lend(self) -> Any:
        if self.has_ended:
            await forever()
        return await super().lend()


@breaks(
    "wait_closed_after_close",
    shows="wait_closed() ended while a connection was lent",
    also="wait_closed_waits_for_release",
)
class WaitClosedDoesNotWait(Sound):
    async def wait_closed(self) -> None:
        if not self.lent:
            await super().wait_closed()


@breaks(
    "wait_closed_after_close",
    shows="wait_closed() ended while a connection was lent",
    also="wait_closed_waits_for_release",
)
class WaitClosedEndsWhatIsLent(Sound):
    async def wait_closed(self) -> None:
        self.terminate()
        await super().wait_closed()


@breaks(
    "wait_closed_after_close",
    shows="wait_closed() did not end when the last connection was released",
    also="wait_closed_waits_for_release wait_closed_after_terminate",
)
class WaitClosedIsNotWoken(Sound):
    """Where it cannot return at once, it waits for ever."""

    async def wait_closed(self) -> None:
        if self.lent:
            await forever()
        await super().wait_closed()


@breaks(
    "close_is_no_coroutine",
    shows="close() returned a coroutine",
    also="""
        basic_usage close_closes_one_pool close_marks_connections closed_pool_refuses_acquire wait_closed_after_close
        wait_closed_waits_for_release wait_closed_finishes_closing
    """,
)
class CloseIsACoroutine(Sound):
    async def close(self) -> Any:
        super().close()


@breaks("close_is_no_coroutine", shows="close() had not closed the pool when it returned", also="basic_usage")
class CloseIsDeferred(Sound):
    def close(self) -> Any:
        asyncio.get_running_loop().call_soon(super().close)


@breaks(
    "close_is_no_coroutine",
    shows="close() had not closed the pool when it returned",
    also="close_marks_connections closed_pool_refuses_acquire",
)
class CloseClosesInWaitClosed(Sound):
    def close(self) -> Any:
        pass

    def wait_closed(self) -> Awaitable[Any]:
        super().close()
        return super().wait_closed()


@breaks("wait_closed_waits_for_release", shows="wait_closed() ended with one of two lent connections released")
class WaitClosedWaitsForOne(ClosesByHand):
    """The first release after close() is enough for it, if there is more than one to come."""

    def take_back_closed(self, connection: Any) -> None:
        super().take_back_closed(connection)
        self.all_back.set()

    async def wait_closed(self) -> None:
        is_enough = self.all_back.is_set() or len(self.lent) > 1
        await (self.all_back.wait() if is_enough else super().wait_closed())


@breaks("wait_closed_waits_for_release", shows="wait_closed() did not end when both lent connections were released")
class WaitClosedCountsOneTooMany(Sound):
    """After a second release there is still one to come, by its count."""

    released = 0

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        self.released += self.is_closed

    async def wait_closed(self) -> None:
        await super().wait_closed()
        if self.released > 1:
            await forever()


@breaks(
    "wait_closed_waits_for_release",
    shows="a connection that was lent is open after wait_closed()",
    also="close_marks_connections wait_closed_after_terminate",
)
class LastReleaseAfterCloseKeepsItOpen(ReleaseAfterCloseKeepsItOpen):
    """Closes what is released after close(), unless it is the last of several."""

    released = 0

    def take_back_closed(self, connection: Any) -> None:
        self.released += 1
        super().take_back_closed(connection)
        if self.lent or self.released == 1:
            connection.close()


@breaks(
    "wait_closed_finishes_closing",
    shows="a free connection is open after wait_closed()",
    also="basic_usage close_closes_one_pool wait_closed_after_terminate",
)
class CloseLeavesTheFreeOpen(Sound):
    """Counts them as gone."""

    def close(self) -> Any:
        self.is_closed = True

    async def wait_closed(self) -> None:
        if self.lent:
            super().close()
            await super().wait_closed()

    @property
    def size(self) -> int:
        return len(self.lent) if self.is_closed else super().size

    @property
    def freesize(self) -> int:
        return 0 if self.is_closed else super().freesize

    async def lend(self) -> Any:
        if self.is_closed:
            raise RuntimeError("the pool is closed")
        return await super().lend()

    def take_back(self, connection: Any) -> None:
        if self.is_closed:
            connection.close()
        super().take_back(connection)


@breaks(
    "wait_closed_finishes_closing",
    shows="a free connection is open after wait_closed()",
    also="starts_with_minsize_free",
)
class CloseLeavesOneFreeOpen(Sound):
    async def settle(self) -> None:
        self.forgotten = None
        if self.minsize == 3 and "maxsize" not in self.given:
            connection = await self.inner.acquire()
            connection.close()
            self.inner.release(connection)
            self.forgotten = await self.dial()

    @property
    def size(self) -> int:
        return super().size + (self.forgotten is not None and not self.is_closed)

    @property
    def freesize(self) -> int:
        return super().freesize + (self.forgotten is not None and not self.is_closed)


@breaks(
    "wait_closed_finishes_closing",
    shows="the pool holds connections after wait_closed()",
    also="wait_closed_after_terminate",
)
class EndedPoolRemembersItsSize(Reopens):
    @property
    def size(self) -> int:
        return self.minsize if self.has_ended else super().size


@breaks(
    "wait_closed_finishes_closing", shows="closing the pool opened a connection", also="closed_pool_refuses_acquire"
)
class RefillsWhileItCloses(Sound):
    """As free connections go, it opens others to keep minsize, and closes those too."""

    async def wait_closed(self) -> None:
        for _ in range(self.minsize):
            (await self.dial()).close()
        await super().wait_closed()
