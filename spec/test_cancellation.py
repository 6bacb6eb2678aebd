"""Chapter 9 of POOL.md: whoever is cancelled, and at whatever await, takes nothing with it.

Each clause is a scene for `sweep.py`, which plays it once for each step of the call and once for each company.
"""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any

from .clause import should
from .sweep import ENDINGS, Company, Instant, Scene, interrupt, judge_end, nothing_is_lost, see_what_is_left, turn
from .world import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .bench import Bench
    from .subject import Pool

# More than comes at once: the network carries 16 KiB in one piece.
MANY_ROWS = "SELECT 1 UNION ALL SELECT REPEAT('x', 150000) UNION ALL SELECT 3"


def taking(pool: Pool) -> Callable[[], Coroutine[Any, Any, None]]:
    """An acquire whose user gives back at once what it gets."""

    async def take() -> None:
        pool.release(await pool.acquire())

    return take


def using(pool: Pool, connection: Any, use: Callable[[Any], Any]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Something awaited with a lent connection, which is released however that ends."""

    async def work() -> None:
        try:
            await use(connection)
        finally:
            pool.release(connection)

    return work


async def pool_of_two(spec: Bench) -> tuple[Pool, Any, Any]:
    """A pool with both of its connections lent: one to somebody else, one to the task under test."""
    pool = await spec.pool(minsize=2, maxsize=2)
    return pool, await pool.acquire(), await pool.acquire()


# Acquire


@should("An acquire of a free connection may be cancelled at any step.", simulated=True)
async def test_free_acquire_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        pool = await spec.pool(minsize=2, maxsize=2)
        return Scene(taking(pool), pool, held=[await pool.acquire()])

    await nothing_is_lost(spec, "acquire of a free connection", arrange)


@should("An acquire for which the pool grows may be cancelled at any step.", simulated=True)
async def test_growing_acquire_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at the place that was reserved for the new connection."""

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=1, maxsize=2)
        return Scene(taking(pool), pool, held=[await pool.acquire()])

    await nothing_is_lost(spec, "acquire for which the pool grows", arrange)


@should("An acquire that waits for a release may be cancelled at any step.", simulated=True)
async def test_waiting_acquire_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at an acquire that has been handed a connection, or told to look, and has not run since."""

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=1, maxsize=1)
        return Scene(taking(pool), pool, held=[await pool.acquire()], waits=True, behind=taking(pool))

    await nothing_is_lost(spec, "acquire that waits", arrange)


@should("An acquire may be cancelled however far its connect has come.", simulated=True)
async def test_connecting_acquire_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at what becomes of a socket whose login is given up half-way."""
    for company, point in itertools.product((Company.NOTHING, *ENDINGS), Point):
        async with spec.another_stage():
            await cancel_at_point(spec, point, Instant(1, is_woken=False, company=company, is_company_first=True))


async def cancel_at_point(spec: Bench, point: Point, instant: Instant) -> None:
    """Cancel an acquire when its connect has come to a point, and see what is left."""
    what = "acquire that connects"
    pool = await spec.pool(minsize=0, maxsize=1)
    scene = Scene(taking(pool), pool)
    with spec.wire.stall(point) as gate:
        task = spec.start(scene.call())
        await spec.happens(lambda: len(gate.waiting) > 0, "an acquire of an empty pool did not dial")
        await turn()
        interrupt(spec, scene, task, instant)
        await spec.happens(task.done, f"a cancelled {what} did not end")
        judge_end(what, task, instant.company)
    await see_what_is_left(spec, scene, what)


@should("An acquire that tries its connection before it is lent may be cancelled at any step.", simulated=True)
async def test_pinging_acquire_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at the answer to the ping, which is still to come."""
    option = spec.option("pre_ping", True)

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=2, maxsize=2, **option)
        return Scene(taking(pool), pool, held=[await pool.acquire()])

    await nothing_is_lost(spec, "acquire that pings", arrange)


@should(
    "An acquire that finds too few connections, and has others opened, may be cancelled at any step.", simulated=True
)
async def test_refilling_acquire_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at the connection that is set aside for the acquire while others are opened."""

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=2, maxsize=2)
        spec.wire.cut(spec.wire.links[0])
        await spec.pass_by()
        return Scene(taking(pool), pool)

    await nothing_is_lost(spec, "acquire that refills", arrange)


# Release


async def leave_it(spec: Bench, connection: Any) -> None:
    """As it is."""


async def begin(spec: Bench, connection: Any) -> None:
    """In a transaction."""
    await spec.query(connection, "BEGIN")


async def shut(spec: Bench, connection: Any) -> None:
    """Closed by its user."""
    result = connection.close()
    if inspect.isawaitable(result):
        await result


FORMS = {"release": leave_it, "release in a transaction": begin, "release of a closed connection": shut}


@should("A release may be cancelled at any step, in whatever state the connection comes back.", simulated=True)
async def test_release_may_be_cancelled(spec: Bench) -> None:
    for what, prepare in FORMS.items():

        async def arrange(prepare: Callable[[Bench, Any], Coroutine[Any, Any, None]] = prepare) -> Scene:
            pool, other, own = await pool_of_two(spec)
            await prepare(spec, own)

            async def give_back() -> None:
                result = pool.release(own)
                if inspect.isawaitable(result):
                    await result

            return Scene(give_back, pool, held=[other])

        await nothing_is_lost(spec, what, arrange)


async def come_back(
    spec: Bench, what: str, prepare: Callable[[Bench, Any], Coroutine[Any, Any, object]], **options: Any
) -> None:
    """A pool of one: its user gives the connection back as `prepare` leaves it, and acquires again at once."""

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=1, maxsize=1, **options)
        own = await pool.acquire()
        left = await prepare(spec, own)  # kept for as long as the scene, since an end of it might clear it away

        async def return_and_take(_: object = left) -> None:
            result = pool.release(own)
            if inspect.isawaitable(result):
                await result
            again = await pool.acquire()
            try:
                assert await spec.value(again, "SELECT 1001") == 1001, "a user did not get its own rows"
            finally:
                pool.release(again)

        return Scene(return_and_take, pool)

    await nothing_is_lost(spec, f"acquire after a {what}", arrange, (Company.NOTHING, *ENDINGS))


@should(
    "An acquire right after a release may be cancelled at any step, in whatever state the connection has come back.",
    simulated=True,
)
async def test_acquire_after_release_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at a rollback that nobody waits for any more, and at the connect in place of what is gone."""
    for what, prepare in FORMS.items():
        await come_back(spec, what, prepare)


@should("An acquire right after a release with rows unread may be cancelled at any step.", simulated=True)
async def test_acquire_after_unread_rows_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at what is read, or closed, of a connection whose user has left rows behind."""
    unbuffered = spec.offered(spec.driver, "unbuffered")

    async def leave_rows(_: Bench, connection: Any) -> object:
        block = unbuffered(connection)
        cursor = await block.__aenter__()
        await cursor.execute(MANY_ROWS)
        await cursor.fetchone()
        return block, cursor

    await come_back(spec, "release with rows unread", leave_rows)


@should("An acquire that waits while the pool resets what was released may be cancelled at any step.", simulated=True)
async def test_acquire_after_reset_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at who owns a connection while it is reset, and at the answer, which is still to come."""
    option = spec.option("reset", True)
    async with spec.another_stage():
        pool = await spec.pool(minsize=1, maxsize=1, **option)
        connection = await pool.acquire()
        await spec.query(connection, "SET @left = 1001")
        pool.release(connection)
        connection = await spec.served(pool.acquire(), "an acquire of a connection that is being reset did not end")
        assert await spec.value(connection, "SELECT @left") is None, "a connection was lent that had not been reset"
    for what, prepare in FORMS.items():
        await come_back(spec, f"{what} that resets", prepare, **option)


# What users do with a connection


@should("A statement may be cancelled at any step.", simulated=True)
async def test_statement_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at what makes a connection fit to be lent again: an answer that is still to come does not."""

    async def arrange() -> Scene:
        pool, other, own = await pool_of_two(spec)
        return Scene(using(pool, own, lambda own: spec.query(own, "SELECT 1001")), pool, held=[other])

    await nothing_is_lost(spec, "statement", arrange)


@should("A statement with many rows may be cancelled at any step of their coming.", simulated=True)
async def test_fetch_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        pool, other, own = await pool_of_two(spec)
        return Scene(using(pool, own, lambda own: spec.query(own, MANY_ROWS)), pool, held=[other])

    await nothing_is_lost(spec, "statement with many rows", arrange)


@should("The fetching of rows that are not buffered may be cancelled at any step.", simulated=True)
async def test_unbuffered_fetch_may_be_cancelled(spec: Bench) -> None:
    unbuffered = spec.offered(spec.driver, "unbuffered")

    async def fetch(connection: Any) -> None:
        async with unbuffered(connection) as cursor:
            await cursor.execute(MANY_ROWS)
            while await cursor.fetchone() is not None:
                pass

    async def arrange() -> Scene:
        pool, other, own = await pool_of_two(spec)
        return Scene(using(pool, own, fetch), pool, held=[other])

    await nothing_is_lost(spec, "fetch that is not buffered", arrange)


@should("A commit may be cancelled at any step.", simulated=True)
async def test_commit_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        pool, other, own = await pool_of_two(spec)
        await begin(spec, own)
        commit = spec.offered(own, "commit")
        return Scene(using(pool, own, lambda _: commit()), pool, held=[other])

    await nothing_is_lost(spec, "commit", arrange)


@should("The use of a connection in an `async with pool.acquire()` block may be cancelled at any step.", simulated=True)
async def test_block_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        pool = await spec.pool(minsize=1, maxsize=1)
        held = await pool.acquire()

        async def use() -> None:
            async with spec.acquire_block(pool) as connection:
                await spec.query(connection, "BEGIN")
                await spec.query(connection, "SELECT 1001")

        return Scene(use, pool, held=[held], waits=True)

    await nothing_is_lost(spec, "block", arrange)


# The pool itself


@should("A create_pool() may be cancelled at any step, and nothing of it is open then.", simulated=True)
async def test_creation_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        async def create() -> None:
            pool = await spec.pool(minsize=2)
            pool.terminate()
            await pool.wait_closed()

        return Scene(create)

    with spec.uncollected():
        await nothing_is_lost(spec, "create_pool()", arrange, [Company.NOTHING, Company.KILL])


@should("The use of a pool in an `async with create_pool()` block may be cancelled at any step.", simulated=True)
async def test_creation_block_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        async def use() -> None:
            async with spec.creation_block(minsize=1) as pool:
                spec.keep(pool)
                free = await pool.acquire()
                try:
                    connection = await pool.acquire()
                finally:
                    pool.release(free)
                try:
                    await spec.query(connection, "SELECT 1001")
                finally:
                    pool.release(connection)

        return Scene(use)

    with spec.uncollected():
        await nothing_is_lost(spec, "create_pool() block", arrange, [Company.NOTHING, Company.KILL])


@should("A clear() may be cancelled at any step.", simulated=True)
async def test_clear_may_be_cancelled(spec: Bench) -> None:
    async def arrange() -> Scene:
        pool = await spec.pool(minsize=2, maxsize=2)
        return Scene(spec.offered(pool, "clear"), pool, held=[await pool.acquire()])

    await nothing_is_lost(spec, "clear()", arrange)


@should("A wait_closed() may be cancelled at any step, and called again.", simulated=True)
async def test_wait_closed_may_be_cancelled(spec: Bench) -> None:
    """If this fails, look at connections that a cancelled wait_closed() has taken off the list and not yet closed."""

    async def arrange() -> Scene:
        pool = await spec.pool(minsize=3, maxsize=3)
        held = [await pool.acquire()]
        pool.close()

        async def wait() -> None:
            await pool.wait_closed()

        return Scene(wait, pool, held, waits=True, is_closed=True)

    companies = [company for company in Company if company is not Company.CLOSE]
    await nothing_is_lost(spec, "wait_closed()", arrange, companies)
