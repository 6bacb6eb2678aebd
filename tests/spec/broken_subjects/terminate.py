"""Chapter 6 of POOL.md broken: the abrupt end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from .sound import Sound, breaks, forever

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from spec.subject import Driver


class Terminates(Sound):
    """Has a terminated state of its own kind."""

    is_terminated = False

    def terminate(self) -> Any:
        self.is_terminated = True
        return super().terminate()


@breaks("terminate_closes_the_pool", shows="a terminated pool lent a connection", also="terminate_is_no_coroutine")
class TerminatedPoolLends(Terminates):
    async def lend(self) -> Any:
        return await (self.dial() if self.is_terminated else super().lend())


@breaks("terminate_closes_the_pool", shows="a terminated pool opened a connection")
class TerminatedPoolDials(Terminates):
    async def lend(self) -> Any:
        if self.is_terminated:
            (await self.dial()).close()
        return await super().lend()


@breaks(
    "terminate_closes_the_pool",
    shows="an acquire of a terminated pool was left waiting",
    also="terminate_is_no_coroutine",
)
class TerminatedPoolKeepsWaiting(Terminates):
    async def lend(self) -> Any:
        if self.is_terminated:
            await forever()
        return await super().lend()


@breaks(
    "terminate_closes_lent_connections",
    shows="terminate() left a lent connection open",
    also="wait_closed_after_terminate terminate_is_no_coroutine",
)
class TerminateOnlyCloses(Sound):
    def terminate(self) -> Any:
        return self.close()


@breaks("terminate_closes_lent_connections", shows="terminate() left a lent connection open")
class TerminateSparesOne(Sound):
    """Closes all lent connections but the last."""

    def terminate(self) -> Any:
        for connection in self.lent[:-1]:
            connection.close()
        return super().terminate() if len(self.lent) < 2 else super().close()


@breaks("terminate_closes_lent_connections", shows="terminate() left a lent connection open")
class TerminateWaitsForStatements(Sound):
    """Connections on which a statement runs are ended when it is done."""

    busy: ClassVar[list[Any]] = []

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        cls.busy.append(connection)
        try:
            return await super().query(base, connection, statement)
        finally:
            cls.busy.remove(connection)

    def terminate(self) -> Any:
        busy = [connection for connection in self.lent if connection in self.busy]
        if not busy:
            return super().terminate()
        for connection in self.lent:
            if connection not in busy:
                connection.close()
        return super().close()


@breaks("terminate_closes_lent_connections", shows="a lent connection was usable after terminate()")
class TerminatedConnectionsReconnect(Terminates):
    """A statement on a connection that terminate() has ended goes over a new one."""

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        for pool in cls.pools():
            if isinstance(pool, Terminates) and pool.is_terminated and connection in pool.lent:
                return await super().query(base, await pool.dial(), statement)
        return await super().query(base, connection, statement)


@breaks("wait_closed_after_terminate", shows="wait_closed() did not end after terminate()")
class WaitClosedWantsReleasesEvenThen(Terminates):
    async def wait_closed(self) -> None:
        if self.is_terminated and self.lent:
            await forever()
        await super().wait_closed()


@breaks("wait_closed_after_terminate", shows="the pool holds connections after terminate() and wait_closed()")
class TerminateForgetsToCount(Terminates):
    @property
    def size(self) -> int:
        return super().size + (len(self.lent) if self.is_terminated else 0)


@breaks(
    "wait_closed_after_terminate",
    shows="a connection is open after terminate() and wait_closed()",
    also="wait_closed_waits_for_release terminate_closes_lent_connections",
)
class TerminateForgetsTheFree(Terminates):
    """Ends what is lent, and leaves open what is free."""

    forgotten: Any = None

    async def settle(self) -> None:
        if self.given.get("minsize") == self.given.get("maxsize") == 2:
            connection = await self.inner.acquire()
            connection.close()
            self.inner.release(connection)
            self.forgotten = await self.dial()

    @property
    def size(self) -> int:
        return super().size + (self.forgotten is not None and not self.is_closed)

    async def lend(self) -> Any:
        if self.forgotten is not None and self.lent:
            connection, self.forgotten = self.forgotten, None
            self.lent.append(connection)
            return connection
        return await super().lend()


@breaks(
    "terminate_is_no_coroutine",
    shows="terminate() returned a coroutine",
    also="terminate_closes_the_pool terminate_closes_lent_connections wait_closed_after_terminate",
)
class TerminateIsACoroutine(Sound):
    async def terminate(self) -> Any:
        super().terminate()


@breaks("terminate_is_no_coroutine", shows="terminate() had not closed the pool when it returned")
class TerminateIsDeferred(Sound):
    def terminate(self) -> Any:
        asyncio.get_running_loop().call_soon(super().terminate)


@breaks(
    "terminate_is_no_coroutine",
    shows="terminate() had not ended the lent connection when it returned",
    also="wait_closed_after_close wait_closed_waits_for_release terminate_closes_lent_connections",
)
class TerminateTerminatesInWaitClosed(Sound):
    def terminate(self) -> Any:
        return super().close()

    def wait_closed(self) -> Awaitable[Any]:
        super().terminate()
        return super().wait_closed()
