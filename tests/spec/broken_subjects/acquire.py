"""Chapter 3 of POOL.md broken: borrowing a connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from .sound import SaysWhatWasGiven, Sound, breaks, forever

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from spec.subject import Driver


@breaks(
    "lent_to_one_user_at_a_time",
    shows="two users were lent the same connection",
    also="""
        create_pool_signature create_pool_takes_maxsize grows_up_to_maxsize maxsize_zero_is_unlimited
        maxsize_zero_recycles size_counts_lent_and_free freesize_counts_free acquire_opens_one_if_needed
        close_marks_connections closed_pool_refuses_acquire terminate_is_no_coroutine
    """,
)
class LendsTheSameAgain(Sound):
    """When nothing is free, everybody gets the connection that was lent last."""

    async def lend(self) -> Any:
        if self.lent and not self.freesize:
            return self.lent[-1]
        return await super().lend()

    def take_back(self, connection: Any) -> None:
        if connection in self.lent:
            super().take_back(connection)


@breaks(
    "lent_to_one_user_at_a_time",
    shows="two users were lent the same connection",
    also="grows_up_to_maxsize freesize_counts_free",
)
class SimultaneousUsersShare(Sound):
    """Finds a free connection, lets the loop turn, and only then takes it off the list."""

    finding: asyncio.Task[Any] | None = None

    async def lend(self) -> Any:
        finding = self.finding = self.finding or asyncio.ensure_future(super().lend())
        try:
            return await asyncio.shield(finding)
        finally:
            self.finding = None

    def take_back(self, connection: Any) -> None:
        if connection in self.lent:
            super().take_back(connection)


@breaks("lent_to_one_user_at_a_time", shows="a user was lent a connection that another one holds")
class MixesUpWhatCameBack(Sound):
    """After a release the next user gets the wrong one: a connection that is lent still."""

    confused: Any = None

    def take_back(self, connection: Any) -> None:
        super().take_back(connection)
        self.confused = self.lent[0] if len(self.lent) == 2 else None

    async def lend(self) -> Any:
        connection = await super().lend()
        return connection if self.confused is None else self.confused


class Borrowed:
    """What goes after `with`, forwarded."""

    def __init__(self, pool: Sound, inner: Any) -> None:
        self.pool = pool
        self.inner = inner

    def __enter__(self) -> Any:
        return self.inner.__enter__()

    def __exit__(self, *error: Any) -> Any:
        return self.inner.__exit__(*error)


class Borrows(Sound):
    """Has a `with` statement of its own kind."""

    borrowed: ClassVar[type[Borrowed]]

    def __iter__(self) -> Generator[Any, Any, Borrowed]:
        inner = yield from iter(self.inner)
        return self.borrowed(self, inner)


@breaks("with_statement_borrows", shows="the connection is not free after an exception in the with block")
class WithKeepsOnError(Borrows):
    class borrowed(Borrowed):
        def __exit__(self, *error: Any) -> Any:
            return super().__exit__(*error) if error[0] is None else None


@breaks("with_statement_borrows", shows="the connection is not free after the with block", also="basic_usage")
class WithKeepsAlways(Borrows):
    class borrowed(Borrowed):
        def __exit__(self, *error: Any) -> Any:
            return None


@breaks("with_statement_borrows", shows="an exception did not come out of the with block")
class WithSwallowsErrors(Borrows):
    class borrowed(Borrowed):
        def __exit__(self, *error: Any) -> Any:
            super().__exit__(*error)
            return True


@breaks("with_statement_borrows", shows="the connection is free inside the with block")
class WithGivesBackAtOnce(Borrows):
    class borrowed(Borrowed):
        def __enter__(self) -> Any:
            connection = super().__enter__()
            super().__exit__(None, None, None)
            return connection

        def __exit__(self, *error: Any) -> Any:
            return None


@breaks("with_statement_borrows", shows="a second with block opened a second connection")
class WithDialsToo(Sound):
    def __iter__(self) -> Generator[Any, Any, Any]:
        (yield from self.dial().__await__()).close()
        return (yield from iter(self.inner))


@breaks("with_statement_borrows", shows="TypeError: ", also="basic_usage")
class IsNotIterable(Sound):
    __iter__ = None  # type: ignore[assignment]


@breaks(
    "acquire_and_release_by_hand",
    shows="the connection is free while it is held by hand",
    also="freesize_counts_free acquire_takes_a_free_connection wait_closed_after_terminate",
)
class HandIsNotCounted(Sound):
    @property
    def freesize(self) -> int:
        return super().freesize + len(self.lent)


@breaks(
    "acquire_and_release_by_hand",
    shows="the connection is not free after a release by hand",
    also="""
        loop_defaults_to_the_current_one grows_up_to_maxsize maxsize_zero_recycles freesize_counts_free
        lent_to_one_user_at_a_time release_makes_free_again release_is_no_coroutine close_marks_connections
        closed_pool_refuses_acquire wait_closed_after_close wait_closed_waits_for_release
    """,
)
class ReleaseByHandDoesNothing(Sound):
    def take_back(self, connection: Any) -> None:
        pass


@breaks("acquire_and_release_by_hand", shows="a second acquire by hand did not end", also="release_makes_free_again")
class HandMayAcquireOnce(Sound):
    """The second time in a row that a pool of one lends its only connection by hand, it does not."""

    times = 0

    async def lend(self) -> Any:
        self.times += 1
        if self.maxsize == 1 and self.times == 2:
            await forever()
        return await super().lend()


@breaks(
    "acquire_takes_a_free_connection",
    shows="an acquire opened a connection while one was free",
    also="""
        create_pool_signature grows_up_to_maxsize maxsize_zero_is_unlimited maxsize_zero_recycles
        size_counts_lent_and_free acquire_opens_one_if_needed release_makes_free_again close_marks_connections
        closed_pool_refuses_acquire wait_closed_waits_for_release terminate_closes_lent_connections
    """,
    may="wait_closed_after_terminate",
)
class OpensAheadOfDemand(Sound):
    """An acquire that takes a free connection has another one opened for the next."""

    async def lend(self) -> Any:
        if self.freesize:
            self.opening = asyncio.ensure_future(self.dial())
        return await super().lend()


@breaks(
    "acquire_takes_a_free_connection",
    shows="an acquire opened a connection while one was free",
    also="""
        size_counts_lent_and_free freesize_counts_free acquire_opens_one_if_needed acquire_returns_a_connection
        close_closes_one_pool closed_pool_refuses_acquire
    """,
)
class LeavesTheFreeAlone(Sound):
    """Grows for as long as it may, and only then lends what is free."""

    async def lend(self) -> Any:
        if self.freesize and self.size < self.maxsize:
            aside = [await self.inner.acquire() for _ in range(self.freesize)]
            connection = await super().lend()
            for one in aside:
                self.inner.release(one)
            return connection
        return await super().lend()


@breaks(
    "acquire_takes_a_free_connection",
    shows="the sizes do not tell of two free connections that were lent",
    also="acquire_opens_one_if_needed",
)
class SizeShrinksWhenLending(Sound):
    @property
    def size(self) -> int:
        return super().size - (len(self.lent) == 2 and not self.freesize)


@breaks(
    "acquire_opens_one_if_needed",
    shows="an acquire with nothing free and room to grow did not end",
    also="""
        create_pool_signature connect_parameters_reach_connections grows_up_to_maxsize maxsize_zero_is_unlimited
        maxsize_zero_recycles minsize_attribute maxsize_attribute size_counts_lent_and_free freesize_counts_free
        lent_to_one_user_at_a_time close_marks_connections echo_logs_statements
    """,
)
class NeverGrows(SaysWhatWasGiven):
    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "maxsize": given.get("minsize") or 1}


@breaks(
    "acquire_opens_one_if_needed",
    shows="an acquire with nothing free did not open exactly one connection",
    also="""
        create_pool_signature grows_up_to_maxsize maxsize_zero_is_unlimited maxsize_zero_recycles
        size_counts_lent_and_free close_marks_connections
    """,
)
class OpensTwoForOne(Sound):
    async def lend(self) -> Any:
        before = self.inner.size
        connection = await super().lend()
        if self.inner.size > before:
            await self.dial()
        return connection


@breaks(
    "acquire_opens_one_if_needed",
    shows="the new connection went to somebody else",
    also="maxsize_zero_recycles lent_to_one_user_at_a_time close_marks_connections",
)
class SwapsConnections(Sound):
    """Opens a connection for the newcomer, and gives the two users one another's."""

    async def lend(self) -> Any:
        first = self.lent[0] if self.size == 1 and self.lent else None
        connection = await super().lend()
        return connection if first is None else first


@breaks(
    "acquire_returns_a_connection",
    shows="AttributeError: 'NoneType' object has no attribute 'cursor'",
    also="""
        pool_and_plain_connections create_pool_takes_loop loop_defaults_to_the_current_one
        connect_parameters_reach_connections own_parameters_go_by_keyword lent_to_one_user_at_a_time
        acquire_and_release_by_hand acquire_takes_a_free_connection acquire_opens_one_if_needed
        release_makes_free_again close_closes_one_pool close_marks_connections terminate_closes_lent_connections
        terminate_is_no_coroutine echo_is_off_by_default echo_logs_statements
    """,
)
class AcquireReturnsNothing(Sound):
    """Lends, and forgets to return what it has lent."""

    async def lend(self) -> Any:
        await super().lend()

    def take_back(self, connection: Any) -> None:
        super().take_back(self.lent[-1])


@breaks(
    "acquire_returns_a_connection",
    shows="an acquired connection does not answer SELECT 10",
    also="""
        pool_and_plain_connections create_pool_takes_loop loop_defaults_to_the_current_one acquire_and_release_by_hand
        close_marks_connections
    """,
)
class AcquireReturnsOneOutOfStep(Sound):
    """The connection answers each statement with the result of the one before."""

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        if statement == "SELECT 10" and any(connection in pool.lent for pool in cls.pools()):
            await super().query(base, connection, statement)
            return [[9]]
        return await super().query(base, connection, statement)


@breaks(
    "acquire_returns_a_connection",
    shows="the statement did not go over the pool's connection",
    also="create_pool_signature",
)
class AcquireReturnsAStranger(Sound):
    """Lends a connection, and returns one that it never made its own."""

    async def lend(self) -> Any:
        self.owned = await super().lend()
        return await self.dial() if len(self.lent) == 1 and self.given.keys().isdisjoint({"minsize"}) else self.owned

    def take_back(self, connection: Any) -> None:
        super().take_back(connection if connection in self.lent else self.owned)
