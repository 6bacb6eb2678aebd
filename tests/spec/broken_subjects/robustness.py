"""Chapter 8 of POOL.md broken: when things go wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from .sound import Lending, Sound, breaks, forever

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from spec.subject import Driver


def is_closed(connection: Any) -> bool:
    """Whether a connection says so of itself."""
    return bool(getattr(connection, "closed", False))


class Remembers(Sound):
    """Knows what was done with each connection.

    Attributes:
        begun: connections on which a transaction was begun. cancelled: those of which a statement was cancelled.
        busy: those on which a statement is running.
    """

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.begun: list[Any] = []
        self.cancelled: list[Any] = []
        self.busy: list[Any] = []

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        pool = next(iter(cls.pools()), None)
        if not isinstance(pool, Remembers):
            return await super().query(base, connection, statement)
        if statement == "BEGIN":
            pool.begun.append(connection)
        pool.busy.append(connection)
        try:
            return await pool.ask(connection, statement)
        except asyncio.CancelledError:
            pool.cancelled.append(connection)
            raise
        finally:
            pool.busy.remove(connection)

    async def ask(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        """Execute a statement."""
        return await self.base.query(connection, statement)


class Queues(Remembers):
    """Has a queue of its own before the base's: who comes to a full pool waits here, until a release tells to look."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.admitted = 0  # acquires that are the base's matter by now

    @property
    def is_full(self) -> bool:
        return 0 < self.maxsize <= self.admitted + len(self.lent)

    async def lend(self) -> Any:
        if self.is_full and not self.is_closed:
            told = self.loop.create_future()
            self.waiting.append(told)
            try:
                await told
            except asyncio.CancelledError:
                self.left(told)
                raise
        self.admitted += 1
        try:
            return await super().lend()
        except BaseException:
            self.failed()
            raise
        finally:
            self.admitted -= 1

    def left(self, told: asyncio.Future[None]) -> None:
        """Who waited was cancelled."""
        if told in self.waiting:
            self.waiting.remove(told)
        else:
            self.tell_next()

    def failed(self) -> None:
        """A connect has failed, or was cancelled."""
        self.tell_next()

    def tell_next(self) -> None:
        if self.waiting:
            told = self.next_of(self.waiting)
            if not told.done():
                told.set_result(None)

    def next_of(self, waiting: deque[asyncio.Future[None]]) -> asyncio.Future[None]:
        return waiting.popleft()

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        if self.tells_after(connection):
            self.tell_next()

    def tells_after(self, connection: Any) -> bool:
        """Whether the release of this connection tells anybody."""
        return True

    def close(self) -> Any:
        result = super().close()
        self.tell_all()
        return result

    def terminate(self) -> Any:
        result = super().terminate()
        self.tell_all()
        return result

    def tell_all(self) -> None:
        while self.waiting:
            self.tell_next()


@breaks(
    "waiters_are_served_in_order",
    shows="those who waited were not served in the order in which they came",
    also="""
        release_then_acquire_does_not_overtake failed_connect_strands_nobody acquire_keeps_the_pools_limit
    """,
)
class LastComeFirstServed(Queues):
    def next_of(self, waiting: deque[asyncio.Future[None]]) -> asyncio.Future[None]:
        return waiting.pop()


@breaks(
    "release_then_acquire_does_not_overtake",
    shows="an acquire right after a release overtook one that waited",
    also="acquire_keeps_the_pools_limit",
)
class TellsToLook(Queues):
    """Who is told finds the connection gone, and queues again."""


@breaks(
    "waiter_served_after_transaction",
    shows="who waited was not served when a transaction was released",
    also="release_then_acquire_does_not_overtake acquire_keeps_the_pools_limit",
)
class TransactionsTellNobody(Queues):
    def tells_after(self, connection: Any) -> bool:
        return connection not in self.begun


@breaks(
    "waiter_served_after_close",
    shows="who waited was not served when a closed connection was released",
    also="""
        release_then_acquire_does_not_overtake waiter_served_after_cancelled_statement failed_connect_strands_nobody
        acquire_keeps_the_pools_limit
    """,
)
class ClosedConnectionsTellNobody(Queues):
    def tells_after(self, connection: Any) -> bool:
        return not is_closed(connection)


@breaks(
    "waiter_served_after_cancelled_statement",
    shows="who waited was not served when a cancelled statement's user released",
    also="release_then_acquire_does_not_overtake acquire_keeps_the_pools_limit",
)
class CancelledStatementsTellNobody(Queues):
    def tells_after(self, connection: Any) -> bool:
        return connection not in self.cancelled


@breaks(
    "cancelled_waiter_passes_its_turn_on",
    shows="who waited behind a cancelled acquire was not served",
    also="""
        release_then_acquire_does_not_overtake waiting_acquire_may_be_cancelled acquire_keeps_the_pools_limit
    """,
)
class TurnsAreLost(Queues):
    def left(self, told: asyncio.Future[None]) -> None:
        if told in self.waiting:
            self.waiting.remove(told)


@breaks(
    "cancelled_acquire_takes_nothing",
    shows="a cancelled acquire took the connection with it",
    also="""
        cancelled_waiter_passes_its_turn_on free_acquire_may_be_cancelled growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled refilling_acquire_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class LooksAtWhatItLends(Sound):
    """Takes its time with a connection that is counted as lent, and forgets it when it is cancelled meanwhile."""

    async def lend(self) -> Any:
        connection = await super().lend()
        await asyncio.sleep(0)
        return connection


class DialsForItself(Sound):
    """An acquire with nothing free and room to grow opens a connection alone."""

    @property
    def has_room(self) -> bool:
        return not self.freesize and (not self.maxsize or self.size + len(self.dialled) < self.maxsize)

    async def lend(self) -> Any:
        if self.is_closed or not self.has_room:
            return await super().lend()
        self.lent.append(await self.dial())
        return self.lent[-1]

    def take_back(self, connection: Any) -> None:
        if connection in self.dialled:
            self.lent.remove(connection)
            connection.close()
        else:
            super().take_back(connection)


@breaks(
    "release_serves_while_connecting",
    shows="who waited for a slow connect was not served by a release",
    also="""
        connect_outlives_its_acquire size_counts_what_is_being_opened maxsize_counts_what_is_being_opened
        close_while_connecting terminate_ends_what_is_being_opened growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled connecting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        no_place_is_lost_whatever_a_connect_meets next_is_served_whatever_a_use_meets
        short_limits_are_served_in_the_end
    """,
)
class WantsTheNewOne(DialsForItself):
    """Waits for the connect that it has begun, whatever becomes free."""


@breaks(
    "free_connection_lent_while_connecting",
    shows="a free connection was not lent while another one was being opened",
    also="""
        release_serves_while_connecting connects_go_on_in_parallel connect_outlives_its_acquire
        size_counts_what_is_being_opened maxsize_counts_what_is_being_opened close_while_connecting
        terminate_ends_what_is_being_opened growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled
        connecting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled statement_may_be_cancelled
        fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled block_may_be_cancelled
        refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        others_are_served_whatever_a_connect_meets no_place_is_lost_whatever_a_connect_meets
        next_is_served_whatever_a_use_meets short_limits_are_served_in_the_end
    """,
)
class LocksWhileConnecting(DialsForItself):
    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.lock = asyncio.Lock()

    async def lend(self) -> Any:
        async with self.lock:
            return await super().lend()


@breaks(
    "connects_go_on_in_parallel",
    shows="connections were opened one after the other",
    also="others_are_served_whatever_a_connect_meets",
)
class ConnectsOneByOne(Sound):
    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.lock = asyncio.Lock()

    async def lend(self) -> Any:
        if self.freesize or self.size == self.maxsize:
            return await super().lend()
        async with self.lock:
            return await super().lend()


class KnowsWhoConnects(Sound):
    """Tells apart the acquires for which a connection is opened; each kind makes its own of an error on the way."""

    async def lend(self) -> Any:
        connects = not self.is_closed and not self.freesize and (not self.maxsize or self.size < self.maxsize)
        try:
            return await super().lend()
        except BaseException as error:
            if not connects:
                raise
            return await self.instead(error)

    async def instead(self, error: BaseException) -> Any:
        raise error


@breaks(
    "connect_outlives_its_acquire",
    shows="the connect of a cancelled acquire was thrown away",
    also="failed_connects_cost_no_place",
)
class ThrowsConnectsAway(KnowsWhoConnects):
    async def instead(self, error: BaseException) -> Any:
        self.throwing = asyncio.ensure_future(self.throw_away())
        raise error

    async def throw_away(self) -> None:
        connection = await self.inner.acquire()
        connection.close()
        self.inner.release(connection)


@breaks(
    "cancelled_connect_leaks_nothing",
    shows="a cancelled connect left its connection open",
    also="""
        connect_outlives_its_acquire failed_connects_cost_no_place close_while_connecting
        growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled creation_block_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
    """,
    may="terminate_ends_what_is_being_opened",
)
class CancelledConnectsGoOn(KnowsWhoConnects):
    """And nobody knows of them."""

    async def instead(self, error: BaseException) -> Any:
        self.leaking = asyncio.ensure_future(self.dial())
        raise error


@breaks(
    "failed_connect_goes_to_its_acquire",
    shows="an acquire whose connect failed was not told",
    also="""
        connect_outlives_its_acquire cancelled_connect_leaks_nothing failed_connects_cost_no_place
        growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled creation_block_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled short_limits_are_served_in_the_end
    """,
)
class TriesAgain(KnowsWhoConnects):
    async def instead(self, error: BaseException) -> Any:
        return await self.lend()


@breaks(
    "failed_connect_strands_nobody",
    shows="who waited behind a failed connect was not served",
    also="""
        release_then_acquire_does_not_overtake failed_connects_cost_no_place acquire_keeps_the_pools_limit
    """,
)
class FailedConnectsTellNobody(Queues):
    def failed(self) -> None:
        pass


@breaks(
    "failed_connects_cost_no_place",
    shows="failed connects are counted in the size",
    also="""
        growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        no_place_is_lost_whatever_a_connect_meets
    """,
)
class CountsFailedConnects(KnowsWhoConnects):
    failures = 0

    async def instead(self, error: BaseException) -> Any:
        self.failures += 1
        raise error

    @property
    def size(self) -> int:
        return super().size + self.failures


@breaks(
    "transaction_does_not_reach_the_next",
    shows="the next user is in the transaction of the one before",
)
class TransactionsGoOn(Remembers):
    async def lend(self) -> Any:
        connection = await super().lend()
        if self.begun:
            await self.base.query(connection, "BEGIN")
        return connection


@breaks(
    "unseen_transaction_does_not_reach_the_next",
    shows="the next user is in a transaction that a SELECT has opened",
)
class SelectsOpenUnseen(Remembers):
    has_selected = False

    async def ask(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        self.has_selected |= " FROM " in statement
        return await super().ask(connection, statement)

    async def lend(self) -> Any:
        connection = await super().lend()
        if self.has_selected:
            await self.base.query(connection, "BEGIN")
        return connection


@breaks(
    "running_statement_is_not_lent",
    shows="the next user was lent a connection that was busy",
)
class LendsTheBusy(Remembers):
    kept: Any = None

    def take_back(self, connection: Any) -> None:
        if connection in self.busy:
            self.kept = connection
        else:
            super().take_back(connection)

    async def lend(self) -> Any:
        return await super().lend() if self.kept is None else self.kept


@breaks(
    "cancelled_statement_reaches_nobody",
    shows="the next user did not get the rows of its own statement",
    also="""
        waiter_served_after_cancelled_statement block_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        next_is_served_whatever_a_use_meets
    """,
)
class CancelledRowsArrive(Remembers):
    async def ask(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        rows = await super().ask(connection, statement)
        return [[1001]] if self.cancelled and self.given.get("maxsize") == 1 else rows


@breaks(
    "second_task_is_refused",
    shows="a second statement on a busy connection did not fail at once",
)
class StatementsQueue(Remembers):
    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.lock = asyncio.Lock()

    async def ask(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        if connection not in self.lent:
            return await super().ask(connection, statement)
        async with self.lock:
            return await super().ask(connection, statement)


@breaks(
    "shared_connection_harms_nobody_later",
    shows="a user after a shared connection did not get the rows of its own statement",
    also="second_task_is_refused",
)
class OutOfStepForGood(Remembers):
    """Once two tasks have used a connection at the same time, each answer is that of the statement before."""

    is_out_of_step = False
    before: Sequence[Sequence[Any]] = ()

    async def ask(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        self.is_out_of_step |= self.busy.count(connection) > 1
        rows = await super().ask(connection, statement)
        shown, self.before = self.before if self.is_out_of_step else rows, rows
        return shown


class KnowsItsFirst(Sound):
    """Knows the connections that it was created with."""

    def __init__(self, inner: Any, base: Driver, given: dict[str, Any]) -> None:
        super().__init__(inner, base, given)
        self.first: list[Any] = []

    async def settle(self) -> None:
        self.first = [await self.inner.acquire() for _ in range(self.freesize)]
        for connection in self.first:
            self.inner.release(connection)

    @property
    def ended(self) -> list[Any]:
        """Those of the first that have ended while they were free."""
        return [one for one in self.first if is_closed(one) and one not in self.lent and not self.is_closed]


@breaks(
    "ended_connection_is_not_lent",
    shows="a connection was lent that the server had ended",
    also="""
        running_statement_is_not_lent cancelled_statement_reaches_nobody reset_connection_is_not_lent
        closed_free_connection_does_no_harm free_connection_lent_although_refill_fails unasked_bytes_are_not_lent
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        next_is_served_whatever_a_use_meets connection_idle_for_too_long_is_not_lent
        free_connection_lent_although_refill_hangs
    """,
)
class LendsTheDead(KnowsItsFirst):
    async def lend(self) -> Any:
        return self.ended[0] if self.ended else await super().lend()


@breaks(
    "reset_connection_is_not_lent",
    shows="an acquire did not end when what was free had been reset",
    also="""
        running_statement_is_not_lent cancelled_statement_reaches_nobody ended_connection_is_not_lent
        closed_free_connection_does_no_harm free_connection_lent_although_refill_fails unasked_bytes_are_not_lent
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        next_is_served_whatever_a_use_meets connection_idle_for_too_long_is_not_lent
        free_connection_lent_although_refill_hangs
    """,
)
class WaitsForTheDead(KnowsItsFirst):
    async def lend(self) -> Any:
        if self.ended:
            await forever()
        return await super().lend()


@breaks(
    "closed_free_connection_does_no_harm",
    shows="an acquire failed because what was free had been closed",
    also="""
        running_statement_is_not_lent cancelled_statement_reaches_nobody ended_connection_is_not_lent
        reset_connection_is_not_lent free_connection_lent_although_refill_fails unasked_bytes_are_not_lent
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        next_is_served_whatever_a_use_meets connection_idle_for_too_long_is_not_lent
        free_connection_lent_although_refill_hangs
    """,
)
class ChokesOnTheDead(KnowsItsFirst):
    async def lend(self) -> Any:
        if self.ended:
            raise AttributeError("a closed connection has no reader")
        return await super().lend()


@breaks(
    "free_connection_lent_although_refill_fails",
    shows="an acquire failed although a connection was free",
    also="pinging_acquire_may_be_cancelled free_connection_lent_although_refill_hangs",
)
class RefillsFirst(Sound):
    async def lend(self) -> Any:
        if not self.is_closed and self.freesize and self.size < self.minsize:
            (await self.dial()).close()
        return await super().lend()


@breaks(
    "free_connections_lent_in_turn",
    shows="what became free first was not lent first",
)
class LastFreeFirstLent(Sound):
    async def lend(self) -> Any:
        free = [await self.inner.acquire() for _ in range(self.freesize)]
        if not free:
            return await super().lend()
        self.lent.append(free.pop())
        for connection in free:
            self.inner.release(connection)
        return self.lent[-1]


class Careless(Lending):
    """A block that releases by the connection alone."""

    async def __aenter__(self) -> Any:
        self._held = await self._pool.lend()
        return self._held

    async def __aexit__(self, *error: Any) -> None:
        self._pool.release(self._held)


@breaks(
    "block_releases_only_its_own",
    shows="the end of a block released a connection that was another user's by then",
)
class BlocksAreCareless(Sound):
    def acquire(self) -> Awaitable[Any]:
        return Careless(self)


@breaks(
    "maxsize_zero_reads_back",
    shows="maxsize does not read back the 0 that was given",
)
class UnlimitedIsNone(Sound):
    @property
    def maxsize(self) -> Any:
        return super().maxsize or None


@breaks(
    "size_counts_what_is_being_opened",
    shows="size does not count a connection that is being opened",
    also="closing_may_be_repeated",
)
class SizeCountsWhatIsThere(Sound):
    @property
    def size(self) -> int:
        return self.freesize + len(self.lent)


@breaks(
    "maxsize_counts_what_is_being_opened",
    shows="a pool of two dialled a third time while it was connecting",
    also="""
        release_serves_while_connecting connect_outlives_its_acquire size_counts_what_is_being_opened
        close_while_connecting terminate_ends_what_is_being_opened growing_acquire_may_be_cancelled
        waiting_acquire_may_be_cancelled connecting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled refilling_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
        no_place_is_lost_whatever_a_connect_meets next_is_served_whatever_a_use_meets
        short_limits_are_served_in_the_end
    """,
)
class LimitCountsWhatIsThere(DialsForItself):
    @property
    def has_room(self) -> bool:
        return not self.freesize and (not self.maxsize or len(self.lent) < self.maxsize)


@breaks(
    "second_release_is_an_error",
    shows="a second release of the same connection was accepted",
    also="block_releases_only_its_own foreign_release_is_an_error",
)
class ReleasesAnything(Sound):
    def take_back(self, connection: Any) -> None:
        if connection in self.lent:
            super().take_back(connection)


@breaks(
    "foreign_release_is_an_error",
    shows="a release of what was not acquired from the pool was accepted",
)
class ReleasesNone(Sound):
    def take_back(self, connection: Any) -> None:
        if connection is not None:
            super().take_back(connection)


class Terminates(Sound):
    """Knows whether it was terminated."""

    is_terminated = False

    def terminate(self) -> Any:
        self.is_terminated = True
        return super().terminate()


@breaks(
    "release_after_terminate",
    shows="a release after terminate() was refused",
    also="""
        growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled pinging_acquire_may_be_cancelled
        statement_may_be_cancelled fetch_may_be_cancelled unbuffered_fetch_may_be_cancelled commit_may_be_cancelled
        block_may_be_cancelled wait_closed_may_be_cancelled
    """,
)
class TerminatedPoolTakesNothing(Terminates):
    def take_back(self, connection: Any) -> None:
        if self.is_terminated:
            raise RuntimeError("the pool was terminated")
        super().take_back(connection)


@breaks(
    "failed_creation_leaves_nothing",
    shows="a create_pool() that failed left a connection open",
)
class FailedCreationLeavesOne(Sound):
    @classmethod
    async def make(cls, base: Driver, given: dict[str, Any]) -> Self:
        try:
            return await super().make(base, given)
        except Exception as error:
            own = ("minsize", "maxsize", "loop", "echo")
            error.left_behind = await base.connect(  # type: ignore[attr-defined]
                **{key: value for key, value in given.items() if key not in own}
            )
            raise


@breaks(
    "cancelled_creation_leaves_nothing",
    shows="a create_pool() that was cancelled left a connection open",
    also="creation_may_be_cancelled creation_block_may_be_cancelled",
)
class CancelledCreationGoesOn(Sound):
    @classmethod
    async def make(cls, base: Driver, given: dict[str, Any]) -> Self:
        return await asyncio.shield(super().make(base, given))


@breaks(
    "creation_block_closes",
    shows="the pool was not closed at the end of its block",
)
class BlockLeavesItOpen(Sound):
    async def leave(self, kind: type[BaseException] | None) -> None:
        if kind is not None:
            await super().leave(kind)


@breaks(
    "creation_block_lets_exceptions_out",
    shows="an exception did not come out of a pool's block while a connection was lent",
)
class BlockWaitsForReleases(Sound):
    async def leave(self, kind: type[BaseException] | None) -> None:
        await super().leave(None)


@breaks(
    "close_refuses_who_waits",
    shows="an acquire was left waiting by close()",
    also="release_then_acquire_does_not_overtake acquire_keeps_the_pools_limit",
)
class CloseTellsNobody(Queues):
    def close(self) -> Any:
        waiting, self.waiting = self.waiting, deque()
        try:
            return super().close()
        finally:
            self.waiting = waiting


class ServesThemStill(Sound):
    """Opens a connection for who came before the end and is refused at the end."""

    async def lend(self) -> Any:
        came_in_time, connects = not self.is_closed, self.size < self.maxsize
        try:
            return await super().lend()
        except RuntimeError:
            if not came_in_time or not self.is_closed or not self.is_served(connects):
                raise
            self.lent.append(await self.dial())
            return self.lent[-1]

    def is_served(self, connects: bool) -> bool:
        """Whether one is served whose connection was being opened (connects), or who waited for a release (not)."""
        return False

    def take_back(self, connection: Any) -> None:
        if connection not in self.dialled:
            super().take_back(connection)


@breaks(
    "closed_pool_serves_nobody_who_waited",
    shows="a closed pool opened a connection for who had waited",
    also="close_refuses_who_waits terminate_refuses_who_waits waiting_acquire_may_be_cancelled",
)
class ClosedPoolServesItsQueue(ServesThemStill):
    def is_served(self, connects: bool) -> bool:
        return not connects


@breaks(
    "close_while_connecting",
    shows="a closed pool lent a connection that was being opened",
    also="terminate_ends_what_is_being_opened",
)
class ClosedPoolServesWhoConnects(ServesThemStill):
    def is_served(self, connects: bool) -> bool:
        return connects


@breaks(
    "terminate_refuses_who_waits",
    shows="an acquire was left waiting by terminate()",
    also="release_then_acquire_does_not_overtake acquire_keeps_the_pools_limit",
)
class TerminateTellsNobody(Queues):
    def terminate(self) -> Any:
        waiting, self.waiting = self.waiting, deque()
        try:
            return super().terminate()
        finally:
            self.waiting = waiting


@breaks(
    "terminate_ends_what_is_being_opened",
    shows="an acquire was left connecting by terminate()",
    also="""
        growing_acquire_may_be_cancelled connecting_acquire_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_unread_rows_may_be_cancelled acquire_after_reset_may_be_cancelled
    """,
)
class TerminateForgetsWhoConnects(Terminates, KnowsWhoConnects):
    async def instead(self, error: BaseException) -> Any:
        if self.is_terminated:
            await forever()
        raise error


@breaks(
    "terminate_ends_what_is_free",
    shows="terminate() left a free connection open",
    also="terminate_refuses_who_waits terminate_ends_what_is_being_opened",
)
class TerminateLeavesTheFree(Terminates):
    """Ends what is lent, and the rest in wait_closed()."""

    def terminate(self) -> Any:
        self.is_terminated = self.is_closed = True
        for connection in self.lent:
            connection.close()

    async def lend(self) -> Any:
        if self.is_terminated:
            raise RuntimeError("the pool was terminated")
        return await super().lend()

    async def wait_closed(self) -> None:
        if self.is_terminated:
            super().terminate()
        await self.inner.wait_closed()


@breaks(
    "free_connections_say_goodbye",
    shows="a free connection ended without COM_QUIT",
)
class LeavesWithoutAWord(KnowsItsFirst):
    def close(self) -> Any:
        for connection in self.first:
            if connection not in self.lent:
                getattr(connection, "abort", connection.close)()
        return super().close()


@breaks(
    "wait_closed_after_transaction",
    shows="wait_closed() did not end when a transaction was released last",
    also="""
        commit_may_be_cancelled block_may_be_cancelled acquire_after_release_may_be_cancelled
        acquire_after_reset_may_be_cancelled
    """,
)
class WaitClosedMissesTransactions(Remembers):
    async def wait_closed(self) -> None:
        await self.inner.wait_closed()
        if self.begun:
            await forever()


@breaks(
    "wait_closed_after_closed_connection",
    shows="wait_closed() did not end when a closed connection was released last",
    also="""
        release_after_terminate growing_acquire_may_be_cancelled waiting_acquire_may_be_cancelled
        pinging_acquire_may_be_cancelled statement_may_be_cancelled fetch_may_be_cancelled
        unbuffered_fetch_may_be_cancelled commit_may_be_cancelled block_may_be_cancelled wait_closed_may_be_cancelled
        acquire_after_release_may_be_cancelled acquire_after_unread_rows_may_be_cancelled
        acquire_after_reset_may_be_cancelled pool_ends_whatever_the_server_does
    """,
)
class WaitClosedMissesTheClosed(Sound):
    has_missed = False

    def take_back(self, connection: Any) -> None:
        self.has_missed |= self.is_closed and is_closed(connection)
        super().take_back(connection)

    async def wait_closed(self) -> None:
        await self.inner.wait_closed()
        if self.has_missed:
            await forever()


@breaks(
    "terminate_ends_wait_closed",
    shows="wait_closed() did not end when terminate() was called",
)
class WaitClosedMissesTerminate(Terminates):
    async def wait_closed(self) -> None:
        came_in_time = not self.is_terminated
        await self.inner.wait_closed()
        if came_in_time and self.is_terminated:
            await forever()


@breaks(
    "wait_closed_ends_for_all",
    shows="wait_closed() did not end for everyone who waited",
)
class WaitClosedEndsForOne(Sound):
    is_awaited = False

    async def wait_closed(self) -> None:
        if self.is_awaited:
            await forever()
        self.is_awaited = True
        try:
            await self.inner.wait_closed()
        except asyncio.CancelledError:
            self.is_awaited = False
            raise


@breaks(
    "wait_closed_may_be_repeated",
    shows="wait_closed() did not end after an earlier one was cancelled",
    also="wait_closed_may_be_cancelled",
)
class WaitClosedIsGivenUp(Sound):
    is_given_up = False

    async def wait_closed(self) -> None:
        try:
            if self.is_given_up:
                await forever()
            await self.inner.wait_closed()
        except asyncio.CancelledError:
            self.is_given_up = True
            raise


@breaks(
    "closing_may_be_repeated",
    shows="RuntimeError: closed already",
)
class ClosesOnce(Sound):
    def close(self) -> Any:
        if self.is_closed:
            raise RuntimeError("closed already")
        return super().close()


@breaks(
    "unasked_bytes_are_not_lent",
    shows="a connection was lent to which the server had sent what nobody asked for",
    also="block_releases_only_its_own",
)
class LendsWhatIsOutOfStep(Sound):
    """Has a connection of its own in place of the base's first, and lends it without a look at it."""

    async def settle(self) -> None:
        self.own = await self.inner.acquire() if self.freesize == self.maxsize == 1 else None

    async def lend(self) -> Any:
        if self.own is None:
            return await super().lend()
        own, self.own = self.own, None
        self.lent.append(own)
        return own
