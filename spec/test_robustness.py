"""Chapter 8 of POOL.md: what users need of a pool when things go wrong, and the page does not say.

What drivers are known to get wrong here, they get wrong by hanging. So these clauses end at a standstill of the wire
(`served`, `ended`, `happens`), long before their deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import TYPE_CHECKING, Any

from .bench import NotRun
from .clause import should
from .world import Ending, Point

if TYPE_CHECKING:
    from .bench import Bench, Outcome
    from .subject import Pool

UNASKED = b"\x07\0\0\1\0\0\0\2\0\0\0"  # an OK, as it answers a statement
SWEEP_TURNS = 8  # of the loop: a hand-over within a pool takes two or three


async def shut(connection: Any) -> None:
    """Close a connection as its user may."""
    result = connection.close()
    if inspect.isawaitable(result):
        await result


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task, unless it has ended, and wait for its end."""
    task.cancel()
    await asyncio.wait({task})


async def turn(times: int) -> None:
    """Let the loop turn."""
    for _ in range(times):
        await asyncio.sleep(0)


def is_error(outcome: Outcome[Any]) -> bool:
    """Whether something ended with an error of the driver's."""
    return outcome.error is not None


# Who waits is served


@should("Acquires that wait are served in the order in which they came.")
async def test_waiters_are_served_in_order(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    served: list[int] = []

    async def use(number: int) -> None:
        connection = await pool.acquire()
        served.append(number)
        await spec.query(connection, "SELECT 1")
        pool.release(connection)

    users = [spec.start(use(number)) for number in range(4)]
    await turn(SWEEP_TURNS)
    pool.release(held)
    for user in users:
        await spec.served(user, "an acquire that waited was not served")
    assert served == [0, 1, 2, 3], "those who waited were not served in the order in which they came"


@should("An acquire right after a release in the same task does not overtake those who wait.")
async def test_release_then_acquire_does_not_overtake(spec: Bench) -> None:
    """If this fails, look at whether a release gives the connection to the waiter, or only tells it to look."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    await turn(SWEEP_TURNS)

    async def come_again() -> Any:
        pool.release(held)
        return await pool.acquire()

    again = spec.start(come_again())
    await spec.happens(lambda: waiter.done() or again.done(), "nobody was served when a connection was released")
    assert not again.done(), "an acquire right after a release overtook one that waited"


@should("Whoever waits is served when a connection is released inside a transaction.")
async def test_waiter_served_after_transaction(spec: Bench) -> None:
    """If this fails, look at the branch of release() that deals with transactions: does it wake anybody?"""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    await spec.query(held, "BEGIN")
    pool.release(held)
    connection = await spec.served(waiter, "who waited was not served when a transaction was released")
    assert await spec.value(connection, "SELECT 10") == 10, "who waited got a connection that does not answer SELECT 10"


@should("Whoever waits is served when a connection is released that its user has closed.")
async def test_waiter_served_after_close(spec: Bench) -> None:
    """If this fails, look at the branch of release() that drops closed connections: does it wake anybody?"""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    await turn(SWEEP_TURNS)
    await shut(held)
    pool.release(held)
    connection = await spec.served(waiter, "who waited was not served when a closed connection was released")
    assert await spec.value(connection, "SELECT 10") == 10, "who waited got a connection that does not answer SELECT 10"


@should("Whoever waits is served when a connection is released whose statement was cancelled.")
async def test_waiter_served_after_cancelled_statement(spec: Bench) -> None:
    """If this fails, look at what a cancelled statement makes of its connection, and at the release of such a one."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    with spec.wire.stall(Point.REPLY, spec.wire.links[0]) as gate:
        running = spec.start(spec.value(held, "SELECT 1001"))
        await spec.happens(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        await cancel(running)
        pool.release(held)
        connection = await spec.served(waiter, "who waited was not served when a cancelled statement's user released")
    assert await spec.value(connection, "SELECT 10") == 10, "who waited got a connection that does not answer SELECT 10"


@should("An acquire that is cancelled when its turn has come passes the turn on to whoever waits behind it.")
async def test_cancelled_waiter_passes_its_turn_on(spec: Bench) -> None:
    """If this fails on some Python alone, look for asyncio.Condition: before 3.13 it loses such a notification."""
    pool = await spec.pool(minsize=1, maxsize=1)
    for turns in range(SWEEP_TURNS):
        held = await spec.served(pool.acquire(), "an acquire of a free connection did not end")
        first, second = spec.start(pool.acquire()), spec.start(pool.acquire())
        await turn(SWEEP_TURNS)
        pool.release(held)
        await turn(turns)
        await cancel(first)
        if not first.cancelled():
            pool.release(first.result())
        pool.release(await spec.served(second, "who waited behind a cancelled acquire was not served"))


@should("An acquire that is cancelled, at whatever moment, takes no connection with it.")
async def test_cancelled_acquire_takes_nothing(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    for turns in range(SWEEP_TURNS):
        held = await spec.served(pool.acquire(), "a cancelled acquire took the connection with it")
        waiter = spec.start(pool.acquire())
        await turn(SWEEP_TURNS)
        pool.release(held)
        await turn(turns)
        await cancel(waiter)
        if not waiter.cancelled():
            pool.release(waiter.result())
    held = await spec.served(pool.acquire(), "a cancelled acquire took the connection with it")
    assert await spec.value(held, "SELECT 10") == 10, "after cancelled acquires a connection does not answer SELECT 10"
    assert pool.size == 1, "cancelled acquires changed the pool's size"


# While a connection is being opened


@should("A release serves whoever waits, also while a connection is being opened for it.")
async def test_release_serves_while_connecting(spec: Bench) -> None:
    """If this fails, look for a lock that is held while connecting."""
    pool = await spec.pool(minsize=1, maxsize=2)
    held = await pool.acquire()
    with spec.wire.stall(Point.GREETING) as gate:
        waiter = spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire with room to grow did not dial")
        pool.release(held)
        connection = await spec.served(waiter, "who waited for a slow connect was not served by a release")
    assert await spec.value(connection, "SELECT 10") == 10, "the released connection does not answer SELECT 10"


@should("A free connection is lent at once, also while another one is being opened.")
async def test_free_connection_lent_while_connecting(spec: Bench) -> None:
    """If this fails, look for a lock that is held while connecting."""
    pool = await spec.pool(minsize=2, maxsize=3)
    held = [await pool.acquire(), await pool.acquire()]
    with spec.wire.stall(Point.GREETING) as gate:
        spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire with room to grow did not dial")
        for connection in held:
            pool.release(connection)
        await spec.served(pool.acquire(), "a free connection was not lent while another one was being opened")


@should("Acquires that each need a new connection have them opened at the same time.")
async def test_connects_go_on_in_parallel(spec: Bench) -> None:
    """If this fails, look for a lock that is held while connecting."""
    pool = await spec.pool(minsize=0, maxsize=3)
    with spec.wire.stall(Point.GREETING) as gate:
        users = [spec.start(pool.acquire()) for _ in range(3)]
        await spec.happens(lambda: len(gate.waiting) == 3, "connections were opened one after the other")
    for user in users:
        await spec.served(user, "an acquire did not end when its connection could be opened")


@should("A connect that was begun goes on when its acquire is cancelled, and serves the next.")
async def test_connect_outlives_its_acquire(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=1)
    with spec.wire.stall(Point.GREETING) as gate:
        first = spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire of an empty pool did not dial")
        await cancel(first)
        second = spec.start(pool.acquire())
        await turn(SWEEP_TURNS)
    await spec.served(second, "an acquire after a cancelled one did not end")
    assert spec.wire.accepted == 1, "the connect of a cancelled acquire was thrown away"


@should("An acquire that is cancelled while it connects leaves the pool able to lend and to close.")
async def test_cancelled_connect_leaks_nothing(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=1)
    for point in (Point.DIAL, Point.GREETING, Point.LOGIN):
        with spec.wire.stall(point):
            user = spec.start(pool.acquire())
            await turn(SWEEP_TURNS)
            await spec.wire.fence()
            await cancel(user)
    connection = await spec.served(pool.acquire(), "an acquire after cancelled connects did not end")
    assert await spec.value(connection, "SELECT 10") == 10, "after cancelled connects one does not answer SELECT 10"
    await spec.happens(lambda: spec.wire.live == 1, "a cancelled connect left its connection open")
    pool.release(connection)
    pool.close()
    await spec.served(pool.wait_closed(), "wait_closed() did not end after cancelled connects")
    await spec.happens(lambda: spec.wire.live == 0, "a connection is open after cancelled connects and wait_closed()")


@should("A connect that fails is told to the acquire that it was begun for, and the others go on.")
async def test_failed_connect_goes_to_its_acquire(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=2)
    spec.wire.refuse(1, code=1040)
    first = spec.start(pool.acquire())
    await spec.happens(lambda: spec.wire.accepted == 1, "an acquire of an empty pool did not dial")
    second = spec.start(pool.acquire())
    outcome = await spec.ended(first, "an acquire whose connect failed did not end")
    assert is_error(outcome), "an acquire whose connect failed was not told"
    outcome = await spec.ended(second, "an acquire did not end when another one's connect had failed")
    assert not is_error(outcome), "an acquire was told of another one's failed connect"


@should("A connect that fails leaves nobody waiting behind: the next in turn has one begun.")
async def test_failed_connect_strands_nobody(spec: Bench) -> None:
    """If this fails, look at whether a failed connect wakes the next waiter: it has freed a place."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    users = [spec.start(pool.acquire()) for _ in range(3)]
    await turn(SWEEP_TURNS)
    spec.wire.refuse(2, code=1040)
    spec.wire.cut(spec.wire.links[0])
    await spec.wire.fence()
    await turn(SWEEP_TURNS)
    pool.release(held)
    await spec.happens(lambda: users[0].done(), "a connection that the server had ended was not replaced")
    outcome = await spec.ended(users[1], "who waited behind a failed connect was not served")
    assert not is_error(outcome), "who waited behind a failed connect was told of it"


@should("However many connects fail, the pool has its full size again when the server is back.")
async def test_failed_connects_cost_no_place(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=2)
    for number in range(1, 7):
        spec.wire.refuse(number, code=1040)
    users = [spec.start(pool.acquire()) for _ in range(6)]
    for user in users:
        outcome = await spec.ended(user, "an acquire of a server that refuses did not end")
        assert is_error(outcome), "an acquire of a server that refuses did not fail"
    assert pool.size == 0, "failed connects are counted in the size"
    for _ in range(2):
        await spec.served(pool.acquire(), "an acquire did not end when the server was back")


# What the next user gets


@should("What a user did inside a transaction is not part of the next user's.")
async def test_transaction_does_not_reach_the_next(spec: Bench) -> None:
    """If this fails, look at whether release() rolls back, resets or closes what is in a transaction."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    await spec.query(held, "BEGIN")
    assert spec.wire.links[0].is_in_transaction, "BEGIN did not begin a transaction"
    pool.release(held)
    connection = await spec.served(pool.acquire(), "an acquire after a released transaction did not end")
    link = spec.wire.link(await spec.thread_id(connection))
    await spec.query(connection, "SET @spec = 1")
    assert not link.is_in_transaction, "the next user is in the transaction of the one before"


# What opens a transaction where autocommit is off and answers with rows alone, with what is to be done before. No table
# is there on every server, and not every account may read or make one.
OPENING_SELECTS = (
    ((), "SELECT schema_name FROM information_schema.schemata"),
    ((), "SELECT trx_id FROM information_schema.innodb_trx"),
    (("CREATE TEMPORARY TABLE spec (a INT)", "COMMIT"), "SELECT a FROM spec"),
)


async def find_opening_select(spec: Bench) -> tuple[tuple[str, ...], str]:
    """One that opens a transaction on this server. Raises NotRun."""
    connection = await spec.connect(autocommit=False)
    link = spec.wire.links[-1]
    for before, select in OPENING_SELECTS:
        with contextlib.suppress(Exception):  # not on this server, or not for this account
            for statement in (*before, select, "SET @spec = 1"):
                await spec.query(connection, statement)
            if link.is_in_transaction:
                await shut(connection)
                return before, select
    raise NotRun("no SELECT is known that opens a transaction here")


@should("A transaction that a mere SELECT has opened, with autocommit off, is not part of the next user's either.")
async def test_unseen_transaction_does_not_reach_the_next(spec: Bench) -> None:
    """If this fails, look at the status flags that end a result set: they tell of the transaction, and nothing else."""
    before, select = await find_opening_select(spec)
    pool = await spec.pool(minsize=1, maxsize=1, autocommit=False)
    held = await pool.acquire()
    for statement in (*before, select):
        await spec.query(held, statement)
    pool.release(held)
    connection = await spec.served(pool.acquire(), "an acquire after a released SELECT did not end")
    link = spec.wire.link(await spec.thread_id(connection))
    await spec.query(connection, "SET @spec = 1")
    assert not link.is_in_transaction, "the next user is in a transaction that a SELECT has opened"


@should("A connection that is released while a statement of it is running is not lent to the next user.")
async def test_running_statement_is_not_lent(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    with spec.wire.stall(Point.REPLY, spec.wire.links[0]) as gate:
        running = spec.start(spec.value(held, "SELECT 1001"))
        await spec.happens(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        pool.release(held)
        acquiring = spec.start(pool.acquire())
        await spec.happens(acquiring.done, "an acquire after the release of a busy connection did not end")
        asking = spec.start(spec.value(acquiring.result(), "SELECT 1002"))
        await turn(SWEEP_TURNS)
    await spec.ended(running, "a statement whose connection was released did not end")
    outcome = await spec.ended(asking, "the next user of a pool with a busy connection got no answer")
    assert outcome.value == 1002, "the next user was lent a connection that was busy"


@should("After a statement was cancelled, the next user gets the rows of its own statements and no others.")
async def test_cancelled_statement_reaches_nobody(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    with spec.wire.stall(Point.REPLY, spec.wire.links[0]) as gate:
        running = spec.start(spec.value(held, "SELECT 1001"))
        await spec.happens(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        await cancel(running)
        pool.release(held)
        connection = await spec.served(pool.acquire(), "an acquire after a cancelled statement did not end")
    for number in (1002, 1003):
        outcome = await spec.ended(
            spec.value(connection, f"SELECT {number}"), "a user after a cancelled one got no answer"
        )
        assert outcome.value == number, "the next user did not get the rows of its own statement"


@should("A second statement on a busy connection, from another task, fails, and the first one's rows are unharmed.")
async def test_second_task_is_refused(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    with spec.wire.stall(Point.REPLY) as gate:
        first = spec.start(spec.value(held, "SELECT 1001"))
        await spec.happens(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        second = spec.start(spec.value(held, "SELECT 1002"))
        await spec.happens(second.done, "a second statement on a busy connection did not fail at once")
    outcome = await spec.ended(second, "a second statement on a busy connection did not end")
    assert is_error(outcome), "a second statement on a busy connection did not fail"
    outcome = await spec.ended(first, "a statement did not end when another task had used its connection")
    assert outcome.value == 1001, "a statement lost its rows when another task used its connection"


@should("Two tasks that used one connection at the same time do no harm to the users after them.")
async def test_shared_connection_harms_nobody_later(spec: Bench) -> None:
    """If this fails, look at what makes a connection fit to be lent: an answer that is still to come does not."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    with spec.wire.stall(Point.REPLY, spec.wire.links[0]) as gate:
        tasks = [spec.start(spec.value(held, f"SELECT {number}")) for number in (1001, 1002)]
        await spec.happens(lambda: len(gate.waiting) == 1, "a statement did not reach the server")
        await turn(SWEEP_TURNS)
    with contextlib.suppress(AssertionError):  # how they end is another clause's matter
        for task in tasks:
            await spec.ended(task, "")
    for task in tasks:
        await cancel(task)
    pool.release(held)
    for number in (1003, 1004):
        connection = await spec.served(pool.acquire(), "an acquire after a shared connection did not end")
        outcome = await spec.ended(
            spec.value(connection, f"SELECT {number}"), "a user after a shared one got no answer"
        )
        assert outcome.value == number, "a user after a shared connection did not get the rows of its own statement"
        pool.release(connection)


@should("A free connection that the server has ended is not lent.")
async def test_ended_connection_is_not_lent(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    for link in list(spec.wire.links):
        spec.wire.cut(link)
    await spec.pass_by()
    connection = await spec.served(pool.acquire(), "an acquire did not end when the server had ended what was free")
    outcome = await spec.ended(spec.value(connection, "SELECT 10"), "a connection lent after a server's end hangs")
    assert outcome.value == 10, "a connection was lent that the server had ended"


@should("A free connection that was reset is not lent.")
async def test_reset_connection_is_not_lent(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    for link in list(spec.wire.links):
        spec.wire.cut(link, reset=True)
    await spec.pass_by()
    connection = await spec.served(pool.acquire(), "an acquire did not end when what was free had been reset")
    outcome = await spec.ended(spec.value(connection, "SELECT 10"), "a connection lent after a reset hangs")
    assert outcome.value == 10, "a connection was lent that had been reset"


@should("A free connection to which the server has sent something that nobody asked for is not lent.")
async def test_unasked_bytes_are_not_lent(spec: Bench) -> None:
    """If this fails, look at what examines a free connection: an end of stream is not all that may have come."""
    pool = await spec.pool(minsize=1, maxsize=1)
    spec.wire.say(spec.wire.links[0], UNASKED)
    await spec.pass_by()
    connection = await spec.served(pool.acquire(), "an acquire did not end when something unasked had come")
    outcome = await spec.ended(spec.value(connection, "SELECT 10"), "a connection lent with unasked bytes hangs")
    assert outcome.value == 10, "a connection was lent to which the server had sent what nobody asked for"


@should("A free connection that somebody closes does not keep the pool from lending.")
async def test_closed_free_connection_does_no_harm(spec: Bench) -> None:
    """If this fails, look at how acquire() examines what is free: a closed connection has lost its streams."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    pool.release(held)
    await shut(held)
    outcome = await spec.ended(pool.acquire(), "an acquire did not end when what was free had been closed")
    assert not is_error(outcome), "an acquire failed because what was free had been closed"
    assert await spec.value(outcome.value, "SELECT 10") == 10, "a closed connection was lent"


@should("A free connection is lent although others have to be replaced and the server refuses.")
async def test_free_connection_lent_although_refill_fails(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=3)
    spec.wire.cut(spec.wire.links[0])
    await spec.pass_by()
    for number in range(3, 6):
        spec.wire.refuse(number, code=1040)
    outcome = await spec.ended(pool.acquire(), "an acquire did not end when others could not be replaced")
    assert not is_error(outcome), "an acquire failed although a connection was free"
    assert await spec.thread_id(outcome.value) == spec.wire.links[1].thread_id, "the free connection was not lent"


@should("Connections that are free are lent in the order in which they became so.")
async def test_free_connections_lent_in_turn(spec: Bench) -> None:
    pool = await spec.pool(minsize=3, maxsize=3)
    held = [await pool.acquire() for _ in range(3)]
    threads = [await spec.thread_id(connection) for connection in held]
    for index in (1, 0, 2):
        pool.release(held[index])
    again = [await spec.thread_id(await pool.acquire()) for _ in range(3)]
    assert again == [threads[index] for index in (1, 0, 2)], "what became free first was not lent first"


@should("The end of an `async with` block releases nothing that was released by hand inside it.")
async def test_block_releases_only_its_own(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    block = spec.acquire_block(pool)
    pool.release(await block.__aenter__())
    held = await spec.served(pool.acquire(), "an acquire after a release by hand did not end")
    with contextlib.suppress(Exception):  # whether it complains is its own matter
        await block.__aexit__(None, None, None)
    third = spec.start(pool.acquire())
    await spec.never(third.done, "the end of a block released a connection that was another user's by then", via=held)


# What is counted


@should("The attribute maxsize reads back 0 where 0 was given.")
async def test_maxsize_zero_reads_back(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=0)
    assert pool.maxsize == 0, "maxsize does not read back the 0 that was given"


@should("The attribute size counts connections that are being opened.")
async def test_size_counts_what_is_being_opened(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=2)
    with spec.wire.stall(Point.GREETING) as gate:
        user = spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire of an empty pool did not dial")
        assert pool.size == 1, "size does not count a connection that is being opened"
    await spec.served(user, "an acquire did not end when its connection could be opened")
    assert pool.size == 1, "size counts a connection twice that has been opened"


@should("With connections being opened there are no more than maxsize either.")
async def test_maxsize_counts_what_is_being_opened(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=2)
    with spec.wire.stall(Point.LOGIN):
        users = [spec.start(pool.acquire()) for _ in range(5)]
        await spec.never(lambda: spec.wire.accepted > 2, "a pool of two dialled a third time while it was connecting")
        assert pool.size <= 2, "size exceeds maxsize while connections are being opened"
    done, _ = await asyncio.wait(users, return_when=asyncio.FIRST_COMPLETED)
    await spec.never(lambda: spec.wire.accepted > 2, "a pool of two dialled a third time", via=done.pop().result())


async def refuses_release(pool: Pool, connection: Any) -> bool:
    """Whether a release fails, at the call or where its result is awaited."""
    try:
        result = pool.release(connection)
        if inspect.isawaitable(result):
            await result
    except Exception:  # noqa: BLE001 - which error it is, is the driver's own matter
        return True
    return False


@should("Releasing a connection that is not lent is an error, and changes nothing.")
async def test_second_release_is_an_error(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    held = await pool.acquire()
    pool.release(held)
    assert await refuses_release(pool, held), "a second release of the same connection was accepted"
    assert (pool.size, pool.freesize) == (2, 2), "a second release of the same connection changed the counts"


@should("Releasing what was not acquired from the pool is an error, and changes nothing.")
async def test_foreign_release_is_an_error(spec: Bench) -> None:
    pool, other = await spec.pool(minsize=1), await spec.pool(minsize=1)
    for stranger in (await other.acquire(), await spec.connect(), None):
        assert await refuses_release(pool, stranger), "a release of what was not acquired from the pool was accepted"
        assert (pool.size, pool.freesize) == (1, 1), (
            "a release of what was not acquired from the pool changed the counts"
        )


@should("A release after terminate() is accepted.")
async def test_release_after_terminate(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    held = [await pool.acquire(), await pool.acquire()]
    pool.terminate()
    assert not await refuses_release(pool, held[0]), "a release after terminate() was refused"
    await spec.served(pool.wait_closed(), "wait_closed() did not end after terminate() and a release")
    assert not await refuses_release(pool, held[1]), "a release after terminate() and wait_closed() was refused"
    assert (pool.size, pool.freesize) == (0, 0), "a release after terminate() changed the counts"


# How a pool begins and ends


@should("A create_pool() that fails leaves nothing open.")
async def test_failed_creation_leaves_nothing(spec: Bench) -> None:
    spec.wire.refuse(3, code=1040)
    with spec.uncollected():
        outcome = await spec.ended(spec.pool(minsize=3), "create_pool() did not end when the server refused")
        assert is_error(outcome), "create_pool() did not fail when the server refused"
        await spec.happens(lambda: spec.wire.live == 0, "a create_pool() that failed left a connection open")


@should("A create_pool() that is cancelled leaves nothing open.")
async def test_cancelled_creation_leaves_nothing(spec: Bench) -> None:
    with spec.uncollected(), spec.wire.stall(Point.GREETING) as gate:
        creating = spec.start(spec.pool(minsize=2))
        await spec.happens(lambda: len(gate.waiting) > 0, "create_pool() did not dial")
        with spec.wire.stall(Point.DIAL) as second:
            gate.open()
            await spec.happens(lambda: len(second.waiting) == 1, "create_pool() did not dial a second time")
            await cancel(creating)
            await spec.happens(lambda: spec.wire.live == 0, "a create_pool() that was cancelled left a connection open")


@should("With `async with create_pool()` the pool is closed at the end of the block, and nothing of it is open.")
async def test_creation_block_closes(spec: Bench) -> None:
    async with spec.creation_block(minsize=2) as pool:
        spec.keep(pool)
        pool.release(await pool.acquire())
    assert await spec.fails_at_once(pool.acquire()), "the pool was not closed at the end of its block"
    await spec.happens(lambda: spec.wire.live == 0, "a connection is open after the end of its pool's block")


@should("An exception comes out of an `async with create_pool()` block although a connection is lent.")
async def test_creation_block_lets_exceptions_out(spec: Bench) -> None:
    """If this fails, look at whether the end of the block waits for a release that will never come."""
    held = []

    async def fail() -> None:
        async with spec.creation_block(minsize=1) as pool:
            spec.keep(pool)
            held.append(await pool.acquire())
            raise KeyError("on purpose")

    outcome = await spec.ended(fail(), "an exception did not come out of a pool's block while a connection was lent")
    assert isinstance(outcome.error, KeyError), "another exception came out of a pool's block"


@should("An acquire that waits fails when close() is called.")
async def test_close_refuses_who_waits(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    await pool.acquire()
    waiter = spec.start(pool.acquire())
    await turn(SWEEP_TURNS)
    pool.close()
    outcome = await spec.ended(waiter, "an acquire was left waiting by close()")
    assert is_error(outcome), "an acquire that waited was served by a closed pool"


@should("After close() nobody gets a connection and none is opened, not for those either who waited before.")
async def test_closed_pool_serves_nobody_who_waited(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    waiter = spec.start(pool.acquire())
    await turn(SWEEP_TURNS)
    pool.close()
    pool.release(held)
    await spec.never(lambda: spec.wire.accepted > 1, "a closed pool opened a connection for who had waited")
    outcome = await spec.ended(waiter, "an acquire was left waiting by close() and the last release")
    assert is_error(outcome), "a closed pool lent a connection to who had waited"


@should("An acquire that waits fails when terminate() is called.")
async def test_terminate_refuses_who_waits(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    await pool.acquire()
    waiter = spec.start(pool.acquire())
    await turn(SWEEP_TURNS)
    pool.terminate()
    outcome = await spec.ended(waiter, "an acquire was left waiting by terminate()")
    assert is_error(outcome), "an acquire that waited was served by a terminated pool"


@should("Calling close() while a connection is being opened fails its acquire, and nothing of it stays open.")
async def test_close_while_connecting(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=1)
    with spec.wire.stall(Point.LOGIN) as gate:
        user = spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire of an empty pool did not dial")
        pool.close()
        await turn(SWEEP_TURNS)
    outcome = await spec.ended(user, "an acquire was left connecting by close()")
    assert is_error(outcome), "a closed pool lent a connection that was being opened"
    await spec.served(pool.wait_closed(), "wait_closed() did not end when close() met a connect")
    await spec.happens(lambda: spec.wire.live == 0, "a connection stayed open that was being opened at close()")


@should("Calling terminate() ends what is being opened, and fails its acquire.")
async def test_terminate_ends_what_is_being_opened(spec: Bench) -> None:
    pool = await spec.pool(minsize=0, maxsize=1)
    with spec.wire.stall(Point.GREETING) as gate:
        user = spec.start(pool.acquire())
        await spec.happens(lambda: len(gate.waiting) == 1, "an acquire of an empty pool did not dial")
        pool.terminate()
        outcome = await spec.ended(user, "an acquire was left connecting by terminate()")
        assert is_error(outcome), "a terminated pool lent a connection that was being opened"
        await spec.happens(lambda: spec.wire.live == 0, "terminate() left a connection that was being opened")


@should("Calling terminate() ends free connections too, at once.")
async def test_terminate_ends_what_is_free(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    pool.terminate()
    await spec.happens(lambda: spec.wire.live == 0, "terminate() left a free connection open")


@should("Free connections of a closed pool end with COM_QUIT.")
async def test_free_connections_say_goodbye(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    pool.close()
    await spec.served(pool.wait_closed(), "wait_closed() did not end with nothing lent")
    await spec.happens(lambda: spec.wire.live == 0, "a free connection is open after wait_closed()")
    assert {link.ending for link in spec.wire.links} == {Ending.QUIT}, "a free connection ended without COM_QUIT"


@should("A wait_closed() that waits ends when the last connection is released inside a transaction.")
async def test_wait_closed_after_transaction(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    await spec.query(held, "BEGIN")
    pool.close()
    waiting = spec.start(pool.wait_closed())
    await turn(SWEEP_TURNS)
    pool.release(held)
    await spec.served(waiting, "wait_closed() did not end when a transaction was released last")


@should("A wait_closed() that waits ends when the last connection is released that its user has closed.")
async def test_wait_closed_after_closed_connection(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    pool.close()
    waiting = spec.start(pool.wait_closed())
    await turn(SWEEP_TURNS)
    await shut(held)
    pool.release(held)
    await spec.served(waiting, "wait_closed() did not end when a closed connection was released last")


@should("A wait_closed() that waits ends when terminate() is called.")
async def test_terminate_ends_wait_closed(spec: Bench) -> None:
    pool = await spec.pool(minsize=1, maxsize=1)
    await pool.acquire()
    pool.close()
    waiting = spec.start(pool.wait_closed())
    await turn(SWEEP_TURNS)
    pool.terminate()
    await spec.served(waiting, "wait_closed() did not end when terminate() was called")


@should("However many call wait_closed(), it ends for all of them.")
async def test_wait_closed_ends_for_all(spec: Bench) -> None:
    """If this fails, look at what wakes wait_closed(): one of those who wait, or all."""
    pool = await spec.pool(minsize=1, maxsize=1)
    held = await pool.acquire()
    pool.close()
    waiting = [spec.start(pool.wait_closed()) for _ in range(3)]
    await turn(SWEEP_TURNS)
    pool.release(held)
    for one in waiting:
        await spec.served(one, "wait_closed() did not end for everyone who waited")


@should("A wait_closed() that was cancelled may be called again.")
async def test_wait_closed_may_be_repeated(spec: Bench) -> None:
    pool = await spec.pool(minsize=2, maxsize=2)
    held = await pool.acquire()
    pool.close()
    for turns in range(1, 4):
        waiting = spec.start(pool.wait_closed())
        await turn(turns)
        await cancel(waiting)
    pool.release(held)
    await spec.served(pool.wait_closed(), "wait_closed() did not end after an earlier one was cancelled")
    await spec.happens(lambda: spec.wire.live == 0, "a connection is open after a cancelled wait_closed() and another")


@should("Calling close() or terminate() again does nothing.")
async def test_closing_may_be_repeated(spec: Bench) -> None:
    for first, second in (("close", "close"), ("terminate", "terminate"), ("terminate", "close")):
        pool = await spec.pool(minsize=2, maxsize=2)
        await pool.acquire()
        getattr(pool, first)()
        getattr(pool, second)()
        pool.terminate()
        await spec.served(pool.wait_closed(), "wait_closed() did not end when a pool was closed twice")
        getattr(pool, second)()
        assert (pool.size, pool.freesize) == (0, 0), "a pool that was closed twice holds connections"
