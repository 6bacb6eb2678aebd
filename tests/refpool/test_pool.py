"""The pool on virtual time, with connections the tests play: every documented promise and every known field bug.

Ids in the names (A1, F7, ...) are those of the robustness clauses that the pool was designed by: A waiters, B limits,
C connecting, D dead and old connections, E dirty connections, F cancellation (more in test_pool_cancellation.py),
G the end, H misuse, J a server that is away, K cost.
"""

from __future__ import annotations

import asyncio
import collections.abc
import contextvars
import gc
import itertools
import math
import random
import threading
import types
import warnings
import weakref
from typing import Any

import pytest

from refpool import pool as pool_module
from refpool.errors import ConnectionLost, NotConnected
from refpool.pool import Pool, PoolTimeout, create_pool
from refpool.pool_state import PoolClosed, PoolSettings, TooManyWaiting
from refpool.session_state import Fitness
from tests.refpool.pool_fakes import Gate, Refused, Server, full_capacity, playing, settle
from tests.support.virtual_time import collected, run, virtual


def now() -> float:
    return asyncio.get_running_loop().time()


async def waiting(pool: Any, count: int = 1, **how: Any) -> list[asyncio.Task[Any]]:
    """So many acquirers, queued in this order."""
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(pool.acquire(**how)))
        await settle(3)
    return tasks


# Creation


@virtual
async def test_a_new_pool_has_minsize_free_connections() -> None:
    for minsize in (0, 1, 4):
        async with playing(minsize) as (server, pool):
            assert isinstance(pool, Pool)
            assert pool.size == pool.freesize == minsize == len(server.sessions)


def test_the_sizes_default_to_1_and_10_and_cannot_be_assigned() -> None:
    async def scenario() -> None:
        async with playing(1) as (_, pool):
            assert (pool.minsize, pool.maxsize, pool.echo, pool.closed, pool.name) == (1, 10, False, False, "")
            for name in ("minsize", "maxsize", "size", "freesize", "echo", "closed", "name"):
                with pytest.raises(AttributeError):
                    setattr(pool, name, 1)

    run(scenario())


@virtual
async def test_maxsize_zero_is_unlimited_and_reads_back_zero() -> None:
    for minsize in (0, 1):
        async with playing(minsize, 0) as (server, pool):
            assert pool.maxsize == 0
            held = await asyncio.gather(*(pool.acquire() for _ in range(15)))
            assert len(server.sessions) == 15
            for connection in held:
                pool.release(connection)
            again = [await pool.acquire() for _ in range(15)]
            assert set(again) == set(held)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"minsize": -1}, ValueError, "minsize.*-1"),
        ({"minsize": 5, "maxsize": 2}, ValueError, "maxsize=2.*minsize=5"),
        ({"minsize": 0, "maxsize": -1}, ValueError, "maxsize.*0 means unlimited.*-1"),
        ({"minsize": 1.0}, TypeError, "minsize.*1.0"),
        ({"minsize": True}, TypeError, "minsize.*True"),
        ({"maxsize": "10"}, TypeError, "maxsize.*'10'"),
        ({"maxsize": None}, TypeError, "maxsize.*None"),
        ({"nosuch": 1}, TypeError, "nosuch"),
        ({"pool_recycle": "3600"}, TypeError, "pool_recycle.*'3600'"),
        ({"pool_recycle": math.nan}, ValueError, "pool_recycle.*nan"),
        ({"acquire_timeout": -1}, ValueError, "acquire_timeout.*-1"),
        ({"acquire_timeout": False}, TypeError, "acquire_timeout.*False"),
        ({"max_lifetime": "1"}, TypeError, "max_lifetime.*'1'"),
        ({"max_idle": -0.5}, ValueError, "max_idle.*-0.5"),
        ({"max_connecting": 0}, ValueError, "max_connecting.*0"),
        ({"max_waiting": 1.5}, TypeError, "max_waiting.*1.5"),
        ({"pool_pre_ping": -1}, ValueError, "pool_pre_ping.*True, False.*-1"),
        ({"pool_pre_ping": "yes"}, TypeError, "pool_pre_ping.*'yes'"),
        ({"use_lifo": 1}, TypeError, "use_lifo.*1"),
        ({"name": 7}, TypeError, "name.*7"),
        ({"on_release": "keep"}, ValueError, "on_release.*rollback.*'keep'"),
        ({"on_release": []}, ValueError, "on_release.*rollback"),
        ({"init": "SELECT 1"}, TypeError, "init.*'SELECT 1'"),
        ({"setup": 1}, TypeError, "setup.*1"),
        ({"reset": True}, TypeError, "reset.*True"),
        ({"loop": "main"}, TypeError, "loop.*'main'"),
    ],
)
def test_a_bad_argument_is_refused_at_the_call_by_name_and_value(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    """No event loop runs here: nothing has been awaited, let alone dialled."""
    with pytest.raises(error, match=words):
        create_pool(**{"minsize": 0, **arguments})


def test_settings_themselves_insist_on_the_enumeration() -> None:
    with pytest.raises(TypeError, match="OnRelease"):
        PoolSettings(on_release="rollback")  # type: ignore[arg-type]


@virtual
async def test_C6_the_first_connect_goes_alone_and_the_rest_together() -> None:
    server = Server()
    server.connect_takes = 0.1
    maker = asyncio.create_task(server.pool(6))
    await asyncio.sleep(0.05)
    assert server.connecting == 1
    pool = await maker
    assert now() == pytest.approx(0.2)
    assert pool.size == pool.freesize == 6
    pool.close()
    await pool.wait_closed()


@virtual
async def test_the_first_fill_keeps_to_max_connecting() -> None:
    server = Server()
    server.connect_takes = 0.1
    async with server.pool(6, max_connecting=2) as pool:
        assert pool.freesize == 6
        assert server.most_connecting == 2
        assert now() == pytest.approx(0.4)  # 1, 2, 2, 1


@virtual
async def test_I1_a_failing_nth_connect_comes_out_and_leaves_no_session() -> None:
    for nth in range(4):
        server = Server()
        server.connect_takes = 0.1
        server.refuse_next = [*([None] * nth), Refused("max_user_connections")]
        with pytest.raises(Refused, match="max_user_connections"):
            await server.pool(4)
        assert not server.sessions
        assert server.connecting == 0


@virtual
async def test_a_pool_in_the_making_is_a_coroutine_to_everybody() -> None:
    server = Server()
    made = server.pool(1)
    assert isinstance(made, collections.abc.Coroutine)
    assert asyncio.iscoroutine(made)
    pools = [
        await made,
        await asyncio.create_task(server.pool(1)),
        await asyncio.wait_for(server.pool(1), 5),
        *await asyncio.gather(server.pool(1), server.pool(1)),
    ]

    @types.coroutine
    def go() -> Any:
        return (yield from server.pool(1))

    pools.append(await go())
    for pool in pools:
        assert isinstance(pool, Pool)
        pool.close()
        await pool.wait_closed()


def test_a_pool_never_awaited_opens_and_warns_of_nothing() -> None:
    async def scenario() -> None:
        server = Server()
        made = server.pool(3)
        made.close()
        del made
        gc.collect()
        await settle()
        assert not server.made
        server.connect_takes = 1
        started = server.pool(3)
        task = asyncio.create_task(started)
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        started.close()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        create_pool(minsize=0)
        gc.collect()
        run(scenario())


def test_throwing_into_what_was_never_started_starts_nothing() -> None:
    async def scenario() -> None:
        server = Server()
        made = server.pool(1)
        with pytest.raises(ZeroDivisionError):
            made.throw(ZeroDivisionError())
        assert not server.made

    run(scenario())


@virtual
async def test_the_block_of_create_pool_closes_and_waits() -> None:
    server = Server()
    async with server.pool(2) as pool:
        connection = await pool.acquire()
        asyncio.get_running_loop().call_later(3, pool.release, connection)
    assert now() == pytest.approx(3)
    assert pool.closed
    assert not server.sessions
    assert server.count("quit") == 2


@virtual
async def test_an_exception_in_the_block_comes_out_though_a_connection_is_held() -> None:
    server = Server()
    seen: list[Any] = []

    async def block() -> None:
        async with server.pool(2) as pool:
            seen.extend([pool, await pool.acquire()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await block()
    assert all(thing.closed for thing in seen)
    assert not server.sessions


@virtual
async def test_a_pool_is_a_block_itself() -> None:
    server = Server()
    pool = await server.pool(2)
    async with pool as same:
        assert same is pool
    assert pool.closed
    second = await server.pool(1)

    async def block() -> None:
        async with second:
            await second.acquire()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await block()
    assert second.closed


@virtual
async def test_a_block_that_could_not_be_entered_has_nothing_to_leave() -> None:
    server = Server()
    await server.pool(1).__aexit__(None, None, None)
    assert not server.made


@virtual
async def test_a_cancelled_end_of_the_block_terminates() -> None:
    """Nobody will come back to close the pool, so its last connections must not stay."""
    server = Server()

    async def block() -> None:
        async with server.pool(2) as pool:
            await pool.acquire()

    task = asyncio.create_task(block())
    await settle()
    assert len(server.sessions) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert not server.sessions


# Forms of acquire


@virtual
async def test_acquire_takes_a_free_connection_first_and_then_opens() -> None:
    async with playing(1, 3) as (server, pool):
        first = await pool.acquire()
        assert (pool.size, pool.freesize, len(server.made)) == (1, 0, 1)
        second = await pool.acquire()
        assert (pool.size, pool.freesize, len(server.made)) == (2, 0, 2)
        pool.release(first)
        assert (pool.size, pool.freesize) == (2, 1)
        assert await pool.acquire() is first
        assert second is not first


@virtual
async def test_the_block_gives_back_also_after_an_exception() -> None:
    async with playing(1, 1) as (_, pool):
        async with pool.acquire() as connection:
            assert pool.freesize == 0
            assert not connection.closed
        assert pool.freesize == 1
        with pytest.raises(ZeroDivisionError):
            async with pool.acquire():
                raise ZeroDivisionError
        assert pool.freesize == 1


@virtual
async def test_one_acquire_serves_one_block_at_a_time() -> None:
    async with playing(1, 2) as (_, pool):
        acquiring = pool.acquire()
        async with acquiring:
            with pytest.raises(RuntimeError, match="once for each"):
                await acquiring.__aenter__()
        async with acquiring:
            assert pool.freesize == 0
        assert pool.freesize == 1


@virtual
async def test_leaving_a_block_that_was_never_entered_does_nothing() -> None:
    async with playing(1, 2) as (_, pool):
        await pool.acquire().__aexit__(None, None, None)
        assert pool.freesize == 1


@virtual
async def test_H5_acquire_is_a_coroutine_to_everybody() -> None:
    async with playing(0, 10) as (_, pool):
        assert asyncio.iscoroutine(pool.acquire())
        held = [
            await pool.acquire(),
            await asyncio.create_task(pool.acquire()),
            await asyncio.wait_for(pool.acquire(), 5),
            *await asyncio.gather(pool.acquire(), pool.acquire()),
        ]
        assert "AcquireContext" in repr(asyncio.ensure_future(waiting_repr := pool.acquire())), waiting_repr
        await settle()
        assert len(set(held)) == 5
        assert pool.size == 6
        held[0].server.made[5].close()


def test_H6_an_acquire_never_awaited_consumes_and_warns_of_nothing() -> None:
    async def scenario() -> None:
        async with playing(1, 1) as (_, pool):
            pool.acquire()
            pool.acquire().close()
            gc.collect()
            await settle()
            assert pool.freesize == 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(scenario())


@virtual
async def test_the_form_of_the_page_with_yield_from() -> None:
    async with playing(1, 1) as (_, pool):

        @types.coroutine
        def go() -> Any:
            with (yield from pool) as connection:
                assert pool.freesize == 0
                assert not connection.closed
            assert pool.freesize == 1
            connection = yield from pool.acquire()
            yield from pool.release(connection)
            with pytest.raises(ZeroDivisionError), (yield from pool):
                raise ZeroDivisionError
            assert pool.freesize == 1
            with (yield from pool) as connection:
                pool.release(connection)
                stolen = yield from pool.acquire()
            assert pool.freesize == 0, "leaving the block released what belongs to somebody else"
            pool.release(stolen)
            pool.close()
            yield from pool.wait_closed()

        await go()


@virtual
async def test_with_await_works_and_is_deprecated() -> None:
    async with playing(1, 1) as (_, pool):
        with pytest.deprecated_call(match="async with pool.acquire") as caught:
            lent = await pool
        assert caught[0].filename == __file__
        with lent as connection:
            assert not connection.closed
            assert pool.freesize == 0
        assert pool.freesize == 1


@virtual
async def test_H4_plain_with_says_what_to_write() -> None:
    async with playing(0) as (_, pool):
        with pytest.raises(RuntimeError, match=r"async with pool\.acquire\(\)"), pool:
            raise AssertionError("entered")
        assert pool.__exit__() is None


@virtual
async def test_idle_connections_are_reused_first_in_first_out_or_last_in() -> None:
    for use_lifo in (False, True):
        async with playing(2, 2, use_lifo=use_lifo) as (_, pool):
            first, second = await pool.acquire(), await pool.acquire()
            pool.release(first)
            pool.release(second)
            assert await pool.acquire() is (second if use_lifo else first)


@virtual
async def test_the_names_that_aiomysql_uses_inside_are_there() -> None:
    async with playing(2) as (_, pool):
        connection = await pool.acquire()
        assert pool._used == {connection}
        assert connection not in pool._free
        assert len(pool._free) == 1


# A: waiters


@virtual
async def test_at_maxsize_an_acquire_waits_for_a_release() -> None:
    async with playing(0, 1) as (server, pool):
        connection = await pool.acquire()
        (waiter,) = await waiting(pool)
        await asyncio.sleep(1000)
        assert not waiter.done()
        pool.release(conn=connection)  # the documented name
        assert await waiter is connection
        assert len(server.made) == 1


@virtual
async def test_A1_a_release_in_a_transaction_serves_the_waiter() -> None:
    for on_release in ("rollback", "close", "reset"):
        async with playing(0, 1, on_release=on_release) as (server, pool):
            connection = await pool.acquire()
            connection.begin()
            (waiter,) = await waiting(pool)
            pool.release(connection)
            served = await asyncio.wait_for(waiter, 1)
            assert served._fit
            assert (served is connection) == (on_release != "close")
            expected = {"rollback": "rollback", "close": "quit", "reset": "reset"}[on_release]
            assert server.count(expected) == 1


@virtual
async def test_A2_a_release_of_a_closed_connection_serves_the_waiter() -> None:
    async with playing(0, 1) as (_, pool):
        connection = await pool.acquire()
        connection._on_unfit = None  # nobody was told
        connection.close()
        (waiter,) = await waiting(pool)
        pool.release(connection)
        assert (await asyncio.wait_for(waiter, 1))._fit


@virtual
async def test_A3_a_cancelled_statement_serves_the_waiter() -> None:
    async with playing(0, 1) as (_, pool):

        async def user() -> None:
            async with pool.acquire() as connection:
                await connection.work(1000)

        task = asyncio.create_task(user())
        await settle()
        (waiter,) = await waiting(pool)
        task.cancel()
        assert (await asyncio.wait_for(waiter, 1))._fit


@virtual
async def test_A5_more_acquirers_than_slots_all_get_their_own_error() -> None:
    async with playing(0, 3) as (server, pool):
        server.connect_takes = 0.1
        server.refuse = Refused("1040")
        results = await asyncio.gather(*(pool.acquire() for _ in range(10)), return_exceptions=True)
        assert [type(result) for result in results] == [Refused] * 10
        assert pool.size == 0
        assert server.attempts == 10


@virtual
async def test_A6_the_connect_of_a_cancelled_acquirer_serves_another() -> None:
    async with playing(0, 1) as (server, pool):
        server.connect_takes = 1
        (first,) = await waiting(pool)
        first.cancel()
        await asyncio.wait({first})
        (second,) = await waiting(pool)
        assert not (await second).closed
        assert now() == pytest.approx(1)
        assert server.attempts == 1


@virtual
async def test_A6_the_connect_of_a_cancelled_acquirer_joins_the_free_ones() -> None:
    async with playing(0, 1) as (server, pool):
        server.connect_takes = 1
        (first,) = await waiting(pool)
        first.cancel()
        await asyncio.sleep(2)
        assert first.cancelled()
        assert pool.freesize == 1


@virtual
async def test_A11_failed_connects_leak_no_slot() -> None:
    async with playing(0, 2) as (server, pool):
        server.refuse = Refused("no")
        for _ in range(100):
            with pytest.raises(Refused):
                await pool.acquire()
            assert pool.size == 0
        server.refuse = None
        await full_capacity(pool, 2)
        assert pool.get_stats().connect_errors == 100


@virtual
async def test_a_failed_connect_is_told_to_its_own_acquirer_and_the_others_go_on() -> None:
    async with playing(0, 2) as (server, pool):
        server.connect_takes = 1
        server.refuse_next = [Refused("the first"), None]
        first, second = await waiting(pool, 2)
        with pytest.raises(Refused, match="the first"):
            await first
        assert not (await second).closed


@virtual
async def test_a_failed_connect_is_nobodys_when_its_acquirer_was_served_otherwise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with playing(0, 2) as (server, pool):
        held = await pool.acquire()
        server.connect_takes = 1
        server.refuse_next = [Refused("told to nobody")]
        (first,) = await waiting(pool)
        pool.release(held)
        assert await first is held
        (second,) = await waiting(pool)  # relies on the connect that is under way, and must not get its error
        assert server.connecting == 1
        assert (await second)._fit
        assert server.attempts == 3
        assert str(pool.get_stats().last_connect_error) == "told to nobody"
        assert "told to nobody" in repr(pool)
        assert [record.levelname for record in caplog.records if "told to nobody" in record.message] == ["WARNING"]
        caplog.clear()


@virtual
async def test_waiters_are_served_in_order_of_arrival() -> None:
    async with playing(0, 2) as (_, pool):
        order: list[int] = []

        async def user(number: int) -> None:
            async with pool.acquire() as connection:
                order.append(number)
                await connection.work(1)

        await asyncio.gather(*(user(number) for number in range(20)))
        assert order == list(range(20))


@virtual
async def test_C2_a_release_followed_by_an_acquire_does_not_overtake() -> None:
    async with playing(0, 1) as (_, pool):
        connection = await pool.acquire()
        (waiter,) = await waiting(pool)
        for _ in range(20):
            pool.release(connection)
            own = asyncio.create_task(pool.acquire())
            await settle()
            assert not own.done()
            connection = await waiter
            waiter = own
        pool.release(connection)
        pool.release(await waiter)


@virtual
async def test_a_waiter_handed_a_connection_that_died_on_the_way_stays_first() -> None:
    async with playing(0, 1) as (server, pool):
        connection = await pool.acquire()
        server.connect_takes = 1
        first, second = await waiting(pool, 2)
        pool.release(connection)
        connection.die()  # handed over, and not yet seen by the one who waits
        await settle()
        assert not first.done()
        served = await first
        assert served is not connection
        assert served._fit
        assert not second.done()
        pool.release(served)
        assert await second is served


@virtual
async def test_a_server_that_ends_each_new_session_at_once_is_an_error_and_not_a_storm() -> None:
    for iterations in range(6):  # between the login and the end of the session
        async with playing(0, 1) as (server, pool):
            server.ends_new_sessions_after = iterations
            began = server.attempts
            try:
                connection = await asyncio.wait_for(pool.acquire(), 1)
            except ConnectionLost:
                assert server.attempts - began <= 4
            else:
                pool.release(connection)  # it came before the session ended
            await settle()
            assert pool._state.waiting() == 0
            assert server.attempts <= 4


# B and C: limits and connecting


@virtual
async def test_B1_sessions_never_exceed_maxsize_whatever_happens() -> None:
    chance = random.Random(3)
    async with playing(1, 4) as (server, pool):
        server.connect_takes = 0.05

        async def user() -> None:
            for _ in range(5):
                async with pool.acquire() as connection:
                    fate = chance.randrange(5)
                    await connection.work(chance.random())
                    if fate == 0:
                        connection.begin()
                    elif fate == 1:
                        connection.die()
                    elif fate == 2:
                        connection.close()
                    assert pool.size <= 4
                    assert 0 <= pool.freesize <= pool.size

        users = [asyncio.create_task(user()) for _ in range(20)]
        for victim in users[::4]:
            await asyncio.sleep(0.3)
            victim.cancel()
        await asyncio.gather(*users, return_exceptions=True)
        assert server.most_sessions <= 4
        await full_capacity(pool, 4)


@virtual
async def test_B4_at_most_max_connecting_logins_at_once_and_a_release_serves_meanwhile() -> None:
    async with playing(1, 10, max_connecting=2) as (server, pool):
        held = await pool.acquire()
        server.connect_takes = 1
        tasks = await waiting(pool, 6)
        assert server.connecting == 2
        assert pool.size == 3
        pool.release(held)
        assert await tasks[0] is held
        await asyncio.gather(*tasks)
        assert server.most_connecting == 2
        assert now() == pytest.approx(3)


@virtual
async def test_B6_a_spike_is_carried_by_the_connections_that_are_there() -> None:
    async with playing(5, 50, max_connecting=3) as (server, pool):
        server.connect_takes = 0.150

        async def job() -> None:
            async with pool.acquire() as connection:
                await connection.work(0.002)

        await asyncio.gather(*(job() for _ in range(50)))
        assert now() < 0.120
        assert pool.size <= 8


@virtual
async def test_C3_a_returned_connection_serves_before_the_slow_connect() -> None:
    async with playing(1, 2) as (server, pool):
        held = await pool.acquire()
        server.connect_takes = 600
        (waiter,) = await waiting(pool)
        await asyncio.sleep(0.05)
        pool.release(held)
        assert await waiter is held
        assert now() == pytest.approx(0.05)


@virtual
async def test_C4_a_hung_connect_holds_up_nobody_else() -> None:
    async with playing(1, 3) as (server, pool):
        server.connect_gate = Gate()
        held = await pool.acquire()
        (stuck,) = await waiting(pool)
        pool.release(held)
        assert await stuck is held
        pool.release(held)
        before = now()
        assert await pool.acquire() is held
        assert now() == before


@virtual
async def test_C5_acquires_that_each_need_a_connect_take_one_connects_time() -> None:
    async with playing(0, 6) as (server, pool):
        server.connect_takes = 0.1
        await asyncio.gather(*(pool.acquire() for _ in range(6)))
        assert now() == pytest.approx(0.1)


@virtual
async def test_X1_a_connect_does_not_inherit_its_acquirers_context() -> None:
    trace = contextvars.ContextVar("trace", default="none")
    seen: list[str] = []
    trace.set("the maker's")

    async def init(_: object) -> None:
        seen.append(trace.get())

    async with playing(0, 2, init=init, max_connecting=1) as (_, pool):

        async def request() -> None:
            trace.set("a request's")
            async with pool.acquire() as connection:
                await connection.work(1)

        await asyncio.gather(request(), request())
    assert seen == ["the maker's"] * 2


# D: dead and old connections


@virtual
async def test_D_idle_connections_that_died_are_never_lent() -> None:
    for how in ("die", "stray", "close"):
        async with playing(5, 5) as (server, pool):
            for connection in list(pool._free)[:4]:
                getattr(connection, how)()
            assert pool.freesize == 1
            assert (await pool.acquire())._fit
            assert len(server.sessions) == 5


@virtual
async def test_D18_idle_connections_of_which_nobody_said_that_they_are_unfit_are_not_lent_either() -> None:
    """An old holder goes on using what it has released: closes it, begins a transaction, runs a statement."""
    async with playing(3, 3) as (_, pool):
        closed, begun, fit = list(pool._free)
        closed._on_unfit = None
        closed.close()
        begun.begin()
        assert await pool.acquire() is fit
        await settle()
        assert begun.closed


@virtual
async def test_D7_pool_recycle_counts_idle_seconds_and_is_looked_at_when_lending() -> None:
    async with playing(1, 1, pool_recycle=10) as (_, pool):
        connection = await pool.acquire()
        await asyncio.sleep(100)  # in use, however long: untouched
        pool.release(connection)
        await asyncio.sleep(9.9)
        assert await pool.acquire() is connection
        pool.release(connection)
        await asyncio.sleep(10.1)
        assert pool.freesize == 1  # lazily
        assert not connection.closed
        assert await pool.acquire() is not connection
        assert connection.closed


@virtual
async def test_pool_recycle_zero_keeps_what_is_reused_at_once_and_negative_keeps_all() -> None:
    async with playing(1, 1, pool_recycle=0) as (_, pool):
        connection = await pool.acquire()
        pool.release(connection)
        assert await pool.acquire() is connection
        pool.release(connection)
        await asyncio.sleep(0.1)
        assert await pool.acquire() is not connection
    async with playing(1, 1, pool_recycle=-1) as (_, pool):
        connection = await pool.acquire()
        pool.release(connection)
        await asyncio.sleep(1e6)
        assert await pool.acquire() is connection


@virtual
async def test_D8_max_lifetime_counts_from_the_login_and_holds_at_borrow_and_at_return() -> None:
    async with playing(1, 1, max_lifetime=100) as (_, pool):
        connection = await pool.acquire()
        for _ in range(9):
            await asyncio.sleep(10)
            pool.release(connection)
            assert await pool.acquire() is connection
        await asyncio.sleep(11)
        assert not connection.closed  # lent: not touched
        pool.release(connection)
        assert connection.closed
        second = await pool.acquire()
        assert second is not connection
        pool.release(second)
        await asyncio.sleep(101)
        assert await pool.acquire() is not second


@virtual
async def test_D8_connections_made_together_do_not_all_end_together() -> None:
    async with playing(20, 20, max_lifetime=100, chance=random.Random(1)) as (_, pool):
        ends = sorted(connection._pool_born + 100 for connection in pool._free)
        assert ends[0] >= 95
        assert ends[-1] <= 100
        assert ends[-1] - ends[0] > 1


@virtual
async def test_D10_max_idle_shrinks_to_minsize_one_a_period_and_keeps_what_is_needed() -> None:
    async with playing(2, 10, max_idle=60) as (_, pool):
        held = await asyncio.gather(*(pool.acquire() for _ in range(6)))
        for connection in held:
            pool.release(connection)
        sizes = []
        for _ in range(8):
            await asyncio.sleep(60)
            sizes.append(pool.size)
        assert sizes[-1] == 2
        assert all(before - after in (0, 1) for before, after in itertools.pairwise(sizes))
    async with playing(0, 10, max_idle=60) as (_, pool):
        for _ in range(10):
            pair = [await pool.acquire(), await pool.acquire()]
            for connection in pair:
                pool.release(connection)
            await asyncio.sleep(50)
        assert pool.size == 2


@virtual
async def test_D5_pre_ping_replaces_a_connection_that_does_not_answer() -> None:
    for fault in ("error", "silence"):
        async with playing(2, 2, pool_pre_ping=True, ping_limit=3) as (server, pool):
            if fault == "error":
                server.failing["ping"] = OSError("gone")
            else:
                server.ping_gate = Gate()
            stale = set(pool._free)
            began = now()
            server.connect_takes = 0.01
            connection = await pool.acquire()
            assert connection not in stale
            assert now() - began == pytest.approx(0.02 if fault == "error" else 6.01, abs=0.011)
            assert all(dead.closed for dead in stale)
            assert server.count("ping") == 2


@virtual
async def test_pre_ping_by_idle_seconds_pings_only_the_long_idle() -> None:
    async with playing(1, 1, pool_pre_ping=30) as (server, pool):
        for pause, pings in ((10, 0), (30, 0), (31, 1), (1, 1)):
            await asyncio.sleep(pause)
            async with pool.acquire():
                assert server.count("ping") == pings


@virtual
async def test_F11_the_deadline_holds_over_ping_queue_and_connect_together() -> None:
    async with playing(2, 2, pool_pre_ping=True, acquire_timeout=10) as (server, pool):
        server.ping_takes = 4
        server.failing["ping"] = OSError("gone")
        server.connect_takes = 1000
        with pytest.raises(PoolTimeout):
            await pool.acquire()
        assert now() == pytest.approx(10)
    async with playing(3, 3, pool_pre_ping=True) as (server, pool):
        began = now()
        server.ping_gate = Gate()
        with pytest.raises(PoolTimeout):
            await pool.acquire(timeout=2)
        assert now() - began == pytest.approx(2)
        assert server.count("ping") == 1
        assert pool.freesize == 2


@virtual
async def test_D11_a_frozen_connection_holds_up_neither_release_nor_the_end_for_long() -> None:
    async with playing(0, 2) as (_, pool):
        frozen, other = await pool.acquire(), await pool.acquire()
        frozen.frozen = True
        frozen.leave_rows()
        pool.release(frozen)
        pool.release(other)
        assert await pool.acquire() is other
        pool.release(other)
        pool.close()
        began = now()
        await pool.wait_closed()
        assert now() - began <= pool_module.FAREWELL_LIMIT + 0.01
        assert frozen.gone.is_set()


@virtual
async def test_expire_connections_ends_idle_ones_now_and_lent_ones_when_they_come_back() -> None:
    async with playing(3, 5) as (server, pool):
        held = await pool.acquire()
        server.connect_takes = 1
        others = [await pool.acquire(), await pool.acquire()]
        pool.release(others.pop())
        assert pool.freesize == 1
        pool.expire_connections()
        assert pool.freesize == 0
        (opening,) = await waiting(pool)
        pool.release(held)
        assert held.closed
        new = await opening
        assert new._pool_generation == 1
        pool.release(new)
        assert pool.freesize == 1
        others[0].begin()
        pool.release(others[0])
        assert others[0].closed


@virtual
async def test_a_connect_under_way_when_connections_expire_is_not_lent() -> None:
    async with playing(0, 5) as (server, pool):
        server.connect_takes = 1
        (task,) = await waiting(pool)
        pool.expire_connections()
        assert await task is server.made[1]
        assert server.made[0].closed


@virtual
async def test_a_rollback_under_way_when_connections_expire_ends_in_a_close() -> None:
    async with playing(1, 5) as (server, pool):
        server.rollback_takes = 1
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        pool.expire_connections()
        await asyncio.sleep(2)
        assert connection.closed
        assert pool.size == 0


# The top-up to minsize


@virtual
async def test_P4_the_next_acquire_brings_the_pool_back_to_minsize_before_it_returns() -> None:
    async with playing(10, 10) as (_, pool):
        connection = await pool.acquire()
        connection.close()
        pool.release(connection)
        assert pool.size == 9
        await pool.acquire()
        assert (pool.size, pool.freesize) == (10, 9)


@virtual
async def test_after_clear_the_next_acquire_brings_the_pool_back_to_minsize() -> None:
    async with playing(3, 5) as (server, pool):
        held = await pool.acquire()
        await pool.clear()
        assert (pool.size, pool.freesize) == (1, 0)
        assert len(server.sessions) == 1
        assert not held.closed
        await pool.acquire()
        assert (pool.size, pool.freesize) == (3, 1)


@virtual
async def test_J4_a_top_up_that_fails_hinders_no_acquire_and_is_not_repeated_at_once() -> None:
    async with playing(2, 5) as (server, pool):
        pool._free[0].die()
        server.refuse = Refused("1040")
        for _ in range(10):
            async with pool.acquire() as connection:
                assert connection._fit
        assert server.attempts == 3
        assert pool.size == 1
        server.refuse = None
        await asyncio.sleep(1.01)
        async with pool.acquire():
            assert pool.size == 2


@virtual
async def test_J5_a_top_up_that_hangs_delays_an_acquire_by_a_tenth_of_a_second_and_only_once() -> None:
    async with playing(2, 5) as (server, pool):
        pool._free[0].die()
        server.connect_gate = Gate()
        async with pool.acquire():
            assert now() == pytest.approx(0.1)
        async with pool.acquire():
            assert now() == pytest.approx(0.1)
        assert pool.size == 2


@virtual
async def test_the_top_up_waits_no_longer_than_the_acquirer_does() -> None:
    async with playing(2, 5) as (server, pool):
        pool._free[0].die()
        server.connect_gate = Gate()
        async with pool.acquire(timeout=0.03):
            assert now() == pytest.approx(0.03)


@virtual
async def test_a_connection_that_dies_during_the_top_up_is_not_returned() -> None:
    async with playing(2, 5) as (server, pool):
        first, second = list(pool._free)
        first.die()
        server.connect_takes = 0.05
        asyncio.get_running_loop().call_later(0.01, second.die)
        connection = await pool.acquire()
        assert connection._fit
        assert connection not in (first, second)


# E: dirty connections


@virtual
async def test_E1_a_transaction_is_rolled_back_before_the_next_user_gets_the_connection() -> None:
    async with playing(1, 1) as (server, pool):
        server.rollback_takes = 0.02
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        assert (pool.size, pool.freesize) == (1, 0)
        assert await pool.acquire() is connection
        assert now() == pytest.approx(0.02)
        assert connection.fitness is Fitness.READY
        assert server.count("rollback") == 1
        assert len(server.made) == 1


@virtual
async def test_a_rollback_that_comes_soon_is_waited_for_and_costs_no_login() -> None:
    async with playing(1, 10) as (server, pool):
        server.rollback_takes = 0.02
        connection = await pool.acquire()
        for _ in range(20):
            connection.begin()
            pool.release(connection)
            assert await pool.acquire() is connection
        assert len(server.made) == 1


@virtual
async def test_a_rollback_that_drags_lets_the_pool_grow_and_ends_in_a_close() -> None:
    async with playing(1, 10) as (server, pool):
        server.rollback_gate = Gate()
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        other = await pool.acquire()
        assert other is not connection
        assert now() == pytest.approx(pool_module.MEND_PROMPT)
        await asyncio.sleep(pool_module.MEND_LIMIT)
        assert connection.closed
        assert pool.size == 1


@virtual
async def test_a_rollback_that_fails_closes_the_connection_and_serves_the_waiter() -> None:
    async with playing(1, 1) as (server, pool):
        server.failing["rollback"] = OSError("gone")
        connection = await pool.acquire()
        connection.begin()
        (waiter,) = await waiting(pool)
        pool.release(connection)
        assert await waiter is not connection
        assert connection.closed


@virtual
async def test_E6_reset_comes_between_two_users_even_without_a_transaction() -> None:
    async with playing(1, 1, on_release="reset") as (server, pool):
        connection = await pool.acquire()
        pool.release(connection)
        assert pool.freesize == 0
        assert await pool.acquire() is connection
        assert server.events == [("opened", 1), ("reset", 1)]


@virtual
async def test_E3_E4_E7_a_connection_with_something_outstanding_is_closed_and_the_slot_serves_the_next() -> None:
    async with playing(1, 1) as (_, pool):
        connection = await pool.acquire()
        connection.leave_rows()
        (waiter,) = await waiting(pool)
        pool.release(connection)
        assert connection.closed
        assert await waiter is not connection
    async with playing(1, 1) as (_, pool):
        connection = await pool.acquire()
        task = asyncio.create_task(connection.work(100))
        await settle()
        pool.release(connection)
        with pytest.raises(Refused):
            await task
        assert await pool.acquire() is not connection


@virtual
async def test_a_lent_connection_with_stray_bytes_keeps_its_slot_until_it_comes_back() -> None:
    async with playing(1, 1) as (_, pool):
        connection = await pool.acquire()
        connection.stray()
        assert pool.size == 1
        assert not connection.closed
        pool.release(connection)
        assert connection.closed
        assert pool.size == 0


# A lent connection that its holder closes


@virtual
async def test_a_lent_connection_closed_by_its_holder_gives_its_slot_back_at_once() -> None:
    """``async with await pool.acquire() as c`` closes c and never releases it."""
    async with playing(0, 2) as (_, pool):
        for _ in range(10):
            connection = await asyncio.wait_for(pool.acquire(), 1)
            connection.close()
        assert pool.size == 0
        held = await asyncio.gather(pool.acquire(), pool.acquire())
        (waiter,) = await waiting(pool)
        held[0].die()
        assert (await waiter)._fit
        pool.release(held[0])  # the release still due: in order, once, and it changes nothing
        assert pool.size == 2
        with pytest.raises(ValueError, match="released already"):
            pool.release(held[0])


@virtual
async def test_connections_closed_by_their_holders_are_not_kept_alive() -> None:
    async with playing(0, 1) as (server, pool):
        references = []
        for _ in range(40):
            connection = await pool.acquire()
            references.append(weakref.ref(connection))
            connection.close()
            await asyncio.sleep(1)
            server.made.clear()
        del connection
        assert sum(reference() is not None for reference in references) <= pool_module.FORGET_AFTER + 2


@virtual
async def test_a_lost_connection_reconnects_into_its_slot_while_there_is_room() -> None:
    async with playing(0, 2) as (server, pool):
        connection, other = await pool.acquire(), await pool.acquire()
        connection.die()
        assert pool.size == 1
        await connection.ping()
        assert pool.size == 2
        connection.die()
        await connection.ping()
        pool.release(connection)
        assert pool.freesize == 1
        assert not connection.closed
        connection = await pool.acquire()
        (waiter,) = await waiting(pool)
        connection.die()  # the one who waits gets the slot
        with pytest.raises(NotConnected, match="release it and acquire anew"):
            await connection.ping()
        await waiter
        pool.release(connection)
        assert server.most_sessions == 2
        pool.close()
        other.die()
        with pytest.raises(NotConnected):
            await other.ping()


@virtual
async def test_what_is_lent_no_more_does_not_reconnect() -> None:
    async with playing(1, 2) as (_, pool):
        connection = await pool.acquire()
        pool.release(connection)
        connection.die()
        with pytest.raises(NotConnected):
            await connection.ping()


@virtual
async def test_a_connection_alive_after_its_slot_was_given_away_is_closed_at_release() -> None:
    async with playing(0, 1) as (server, pool):
        connection = await pool.acquire()
        connection.die()
        connection.closed = False
        connection.become(Fitness.READY)
        server.sessions.add(connection)
        pool.release(connection)
        assert connection.closed


# G: the end


@virtual
async def test_A9_close_fails_those_who_wait_at_once() -> None:
    for ending in ("close", "terminate"):
        async with playing(0, 1) as (_, pool):
            await pool.acquire()
            tasks = await waiting(pool, 3)
            getattr(pool, ending)()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [PoolClosed] * 3
            assert len({id(result) for result in results}) == 3
            with pytest.raises(RuntimeError, match=r"closing.*lends no connection"):
                await pool.acquire()
            with pytest.raises(RuntimeError, match="closing"):
                async with pool.acquire():
                    raise AssertionError("entered")


@virtual
async def test_A10_a_closed_pool_lends_nothing_not_even_what_was_handed_over_at_the_last_instant() -> None:
    for ending in ("close", "terminate"):
        async with playing(0, 1) as (server, pool):
            connection = await pool.acquire()
            (waiter,) = await waiting(pool)
            pool.release(connection)
            getattr(pool, ending)()
            with pytest.raises(PoolClosed):
                await waiter
            assert connection.closed
            await pool.wait_closed()
            assert len(server.made) == 1


@virtual
async def test_G8_close_during_a_connect_ends_the_connect_and_the_acquirer() -> None:
    for ending in ("close", "terminate"):
        async with playing(0, 1) as (server, pool):
            server.connect_takes = 100
            (waiter,) = await waiting(pool)
            getattr(pool, ending)()
            with pytest.raises(PoolClosed):
                await waiter
            await pool.wait_closed()
            assert now() == 0 or now() < 1
            assert server.connecting == 0
            assert not server.sessions


@virtual
async def test_a_connect_that_ends_in_the_instant_of_the_close_is_closed() -> None:
    async with playing(0, 1) as (server, pool):
        server.connect_gate = Gate()
        (waiter,) = await waiting(pool)
        server.connect_gate.open()
        for _ in range(10):
            if server.made:  # the connection is there, and the pool has not looked yet
                break
            await asyncio.sleep(0)
        assert pool.get_stats().opening == 1
        pool.close()
        with pytest.raises(PoolClosed):
            await waiter
        await pool.wait_closed()
        assert server.made[0].closed


@virtual
async def test_close_is_immediate_and_lent_connections_go_on_until_they_come_back() -> None:
    async with playing(3, 3) as (server, pool):
        held = await pool.acquire()
        assert pool.close() is None
        assert pool.close() is None
        assert not pool.closed
        assert (pool.size, pool.freesize) == (1, 0)  # G3b: the idle ones went at once
        await held.work(1)
        waits = [asyncio.create_task(pool.wait_closed()) for _ in range(3)]
        await asyncio.sleep(10)
        assert not any(wait.done() for wait in waits)
        pool.release(held)
        await asyncio.gather(*waits)  # G1: all of them
        assert pool.closed
        assert server.count("quit") == 3  # G3
        assert not server.sessions
        await pool.wait_closed()
        pool.close()
        assert pool.closed


@virtual
async def test_A7_wait_closed_ends_by_whatever_path_the_last_connection_comes_back() -> None:
    def in_transaction(connection: Any) -> None:
        connection.begin()

    for last in (in_transaction, lambda c: c.close(), lambda c: c.die(), lambda c: c.leave_rows(), lambda c: c.stray()):
        async with playing(0, 1) as (_, pool):
            connection = await pool.acquire()
            pool.close()
            wait = asyncio.create_task(pool.wait_closed())
            await settle()
            last(connection)
            pool.release(connection)
            await asyncio.wait_for(wait, 1)
            assert connection.closed


@virtual
async def test_a_held_connection_that_its_holder_closes_ends_wait_closed_without_a_release() -> None:
    async with playing(0, 1) as (_, pool):
        connection = await pool.acquire()
        pool.close()
        wait = asyncio.create_task(pool.wait_closed())
        await settle()
        connection.close()
        await asyncio.wait_for(wait, 1)


@virtual
async def test_A8_terminate_ends_a_wait_closed_that_is_parked() -> None:
    async with playing(0, 2) as (_, pool):
        await pool.acquire()
        pool.close()
        wait = asyncio.create_task(pool.wait_closed())
        await asyncio.sleep(10)
        pool.terminate()
        await asyncio.wait_for(wait, 1)


@virtual
async def test_wait_closed_before_close_is_refused() -> None:
    async with playing(0) as (_, pool):
        with pytest.raises(RuntimeError, match=r"after close\(\)"):
            await pool.wait_closed()


@virtual
async def test_F5_a_cancelled_wait_closed_can_be_repeated() -> None:
    async with playing(2, 2) as (server, pool):
        held = await pool.acquire()
        pool.close()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pool.wait_closed(), 0.02)
        pool.release(held)
        await pool.wait_closed()
        assert not server.sessions


@virtual
async def test_wait_closed_waits_for_the_transports() -> None:
    async with playing(1, 1) as (server, pool):
        (connection,) = server.sessions
        pool.close()
        assert not connection.gone.is_set()
        await pool.wait_closed()
        assert connection.gone.is_set()


@virtual
async def test_G6_terminate_closes_lent_idle_and_opening_at_once_and_later_releases_are_ignored_once() -> None:
    async with playing(3, 5) as (server, pool):
        held = [await pool.acquire(), await pool.acquire()]
        running = asyncio.create_task(held[0].work(1000))
        server.connect_gate = Gate()
        await pool.acquire()
        opening = await waiting(pool, 1)
        assert pool.terminate() is None
        assert all(connection.closed for connection in server.made)
        with pytest.raises(Refused):
            await running
        assert pool.freesize == 0
        pool.release(held[1])
        await pool.release(held[0])
        for connection in held:
            with pytest.raises(ValueError, match="released already"):
                pool.release(connection)
        pool.terminate()
        await pool.wait_closed()
        assert pool.size == 0
        assert isinstance((await asyncio.gather(*opening, return_exceptions=True))[0], PoolClosed)


@virtual
async def test_terminate_in_the_middle_of_a_block_and_of_a_rollback() -> None:
    async with playing(2, 2) as (server, pool):
        server.rollback_gate = Gate()
        mending = await pool.acquire()
        mending.begin()
        async with pool.acquire():
            pool.release(mending)
            await settle()
            pool.terminate()
        assert mending.closed
        await pool.wait_closed()


@virtual
async def test_terminate_ends_a_reset_hook_and_wait_closed_waits_for_that() -> None:
    async def hook(_: object) -> None:
        try:
            await asyncio.sleep(1e5)
        finally:
            await asyncio.sleep(0.5)  # tidies up

    async with playing(1, 1, reset=hook) as (_, pool):
        async with pool.acquire():
            pass
        await settle()
        pool.terminate()
        assert pool.size == 0
        await pool.wait_closed()
        assert now() == pytest.approx(0.5)
        assert asyncio.all_tasks() == {asyncio.current_task()}


@virtual
async def test_nothing_of_max_idle_goes_on_after_the_end() -> None:
    async with playing(1, 2, max_idle=60) as (_, pool):
        pool.close()
        assert pool._shrinking.cancelled()
        await pool.wait_closed()


@virtual
async def test_G11_close_lets_a_rollback_under_way_finish_and_says_goodbye() -> None:
    async with playing(1, 1) as (server, pool):
        server.rollback_takes = 0.5
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        pool.close()
        await pool.wait_closed()
        assert now() == pytest.approx(0.5)
        assert server.events == [("opened", 1), ("rollback", 1), ("quit", 1)]


@virtual
async def test_G11_close_during_a_top_up_and_during_a_ping() -> None:
    async with playing(2, 5) as (server, pool):
        pool._free[0].die()
        server.connect_gate = Gate()
        (task,) = await waiting(pool)
        pool.close()
        with pytest.raises(PoolClosed):
            await task
        await pool.wait_closed()
    async with playing(1, 5, pool_pre_ping=True) as (server, pool):
        server.ping_takes = 1
        (task,) = await waiting(pool)
        pool.close()
        with pytest.raises(PoolClosed):
            await task
        await pool.wait_closed()


@virtual
async def test_close_from_within_a_hook() -> None:
    pools: list[Any] = []

    async def hook(_: object) -> None:
        pools[-1].close()

    for which in ("init", "setup", "reset"):
        async with playing(0, 5, **{which: hook}) as (server, pool):
            pools.append(pool)
            if which == "reset":
                async with pool.acquire():
                    pass
                await settle()
            else:
                with pytest.raises(PoolClosed):
                    await pool.acquire()
            await pool.wait_closed()
            assert not server.sessions


@virtual
async def test_clear_closes_idle_connections_only_and_waits_for_them() -> None:
    async with playing(3, 3) as (server, pool):
        held = await pool.acquire()
        await pool.clear()
        assert pool.freesize == 0
        assert server.sessions == {held}
        assert sum(connection.gone.is_set() for connection in server.made) == 2
        assert server.count("quit") == 2


# H: misuse


@virtual
async def test_H1_a_double_release_is_refused_and_changes_nothing() -> None:
    async with playing(2, 2) as (_, pool):
        connection = await pool.acquire()
        pool.release(connection)
        before = (pool.size, pool.freesize)
        with pytest.raises(ValueError, match="released already"):
            pool.release(connection)
        assert (pool.size, pool.freesize) == before
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        with pytest.raises(ValueError, match="released already"):
            pool.release(connection)


@virtual
async def test_H2_foreign_things_are_refused_and_change_nothing() -> None:
    async with playing(1, 1) as (_, pool), playing(1, 1) as (_, other):
        foreign = await other.acquire()
        for thing, words in ((foreign, "another pool"), (None, "None"), (7, "7"), ([], r"\[\]"), ("c", "'c'")):
            with pytest.raises(ValueError, match=words):
                pool.release(thing)
        assert (pool.size, pool.freesize, other.size, other.freesize) == (1, 1, 1, 0)


@virtual
async def test_H1b_leaving_a_block_after_a_release_by_hand_releases_nothing_of_anybody() -> None:
    async with playing(1, 1) as (_, pool):
        acquiring = pool.acquire()
        connection = await acquiring.__aenter__()
        pool.release(connection)
        other = await pool.acquire()
        assert other is connection
        await acquiring.__aexit__(None, None, None)
        (third,) = await waiting(pool)
        assert not third.done()
        pool.release(other)
        await third


def test_H3_use_from_another_loop_is_refused_at_once() -> None:
    problems: list[str] = []

    async def elsewhere(pool: Any, connection: Any) -> None:
        for use in (pool.acquire, pool.wait_closed, pool.clear):
            with pytest.raises(RuntimeError, match="belongs to the loop"):
                await asyncio.wait_for(use(), 1)
        for plain in (lambda: pool.release(connection), pool.close, pool.terminate, pool.expire_connections):
            with pytest.raises(RuntimeError, match="from another event loop"):
                plain()

    def in_a_thread(pool: Any, connection: Any) -> None:
        try:
            with pytest.raises(RuntimeError, match="without a running event loop"):
                pool.release(connection)
            with asyncio.Runner() as runner:
                runner.run(elsewhere(pool, connection))
        except BaseException as error:  # noqa: BLE001 - a failure must come out of the thread
            problems.append(repr(error))

    async def scenario() -> None:
        async with playing(2, 2) as (_, pool):
            connection = await pool.acquire()
            thread = threading.Thread(target=in_a_thread, args=(pool, connection))
            thread.start()
            thread.join()
            assert (pool.size, pool.freesize) == (2, 1)

    run(scenario())
    assert not problems


def test_a_pool_may_be_closed_between_two_runs_of_its_loop() -> None:
    with asyncio.Runner() as runner:

        async def make() -> tuple[Server, Any, Any]:
            server = Server()
            pool: Any = await server.pool(2)
            return server, pool, await pool.acquire()

        server, pool, connection = runner.run(make())
        pool.release(connection)
        pool.close()
        runner.run(pool.wait_closed())
        assert not server.sessions


def test_a_loop_given_to_create_pool_must_be_the_running_one() -> None:
    async def scenario(other: asyncio.AbstractEventLoop) -> None:
        pool = await create_pool(0, loop=asyncio.get_running_loop())
        pool.close()
        await pool.wait_closed()
        with pytest.raises(RuntimeError, match="was given the loop"):
            await create_pool(0, loop=other)

    other = asyncio.new_event_loop()
    try:
        asyncio.run(scenario(other))
    finally:
        other.close()


@virtual
async def test_release_may_be_awaited_any_number_of_ways() -> None:
    async with playing(2, 2) as (_, pool):
        assert await pool.release(await pool.acquire()) is None
        first, second = await pool.acquire(), await pool.acquire()
        assert not any(await asyncio.gather(pool.release(first), pool.release(second)))
        await asyncio.shield(pool.release(await pool.acquire()))
        await asyncio.wait_for(pool.release(await pool.acquire()), 1)
        assert pool.freesize == 2


# J: a server that is away


@virtual
async def test_J1_a_server_that_is_down_is_an_error_at_once_and_none_when_it_is_back() -> None:
    async with playing(0, 2) as (server, pool):
        server.refuse = Refused("2003")
        with pytest.raises(Refused):
            await pool.acquire()
        server.refuse = None
        assert (await pool.acquire())._fit


# Timeouts


@virtual
async def test_a_timeout_names_the_counts_and_carries_the_last_connect_error() -> None:
    async with playing(1, 2, acquire_timeout=3, name="orders") as (server, pool):
        held = await pool.acquire()
        server.refuse = Refused("max_user_connections")
        with pytest.raises(Refused):
            await pool.acquire()
        server.refuse = None
        await pool.acquire()
        began = now()
        with pytest.raises(PoolTimeout) as caught:
            await pool.acquire()
        assert now() - began == pytest.approx(3)
        assert isinstance(caught.value, asyncio.TimeoutError)
        for words in ("within 3 s", "orders", "size 2 of 2", "2 used", "0 free", "0 waiting"):
            assert words in str(caught.value)
        assert str(caught.value.__cause__) == "max_user_connections"
        with pytest.raises(PoolTimeout):
            await pool.acquire(timeout=0.5)
        assert now() - began == pytest.approx(3.5)
        forever = asyncio.create_task(pool.acquire(timeout=math.inf))
        await asyncio.sleep(1000)
        pool.release(held)
        assert await forever is held


@virtual
async def test_timeout_zero_takes_what_is_there_and_nothing_else() -> None:
    async with playing(1, 1) as (_, pool):
        held = await pool.acquire(timeout=0)
        with pytest.raises(PoolTimeout):
            await pool.acquire(timeout=0)
        pool.release(held)


@virtual
async def test_a_bad_timeout_is_refused() -> None:
    async with playing(0, 1) as (_, pool):
        for timeout, error in ((-1, ValueError), ("1", TypeError), (math.nan, ValueError)):
            with pytest.raises(error, match="timeout"):
                await pool.acquire(timeout=timeout)
        assert pool.size == 0


@virtual
async def test_F8_acquires_shorter_than_a_connect_still_get_there_and_dial_once() -> None:
    async with playing(0, 5, acquire_timeout=0.05) as (server, pool):
        server.connect_takes = 0.15
        tries = 0
        while True:
            tries += 1
            try:
                async with pool.acquire():
                    break
            except PoolTimeout:
                assert tries < 12
        assert server.attempts == 1
        assert tries == 4 or tries == 3


@virtual
async def test_max_waiting_refuses_one_more_at_once() -> None:
    async with playing(0, 1, max_waiting=2) as (_, pool):
        held = await pool.acquire()
        tasks = await waiting(pool, 2)
        with pytest.raises(TooManyWaiting, match="max_waiting is 2"):
            await pool.acquire()
        pool.release(held)
        pool.release(await tasks[0])
        await tasks[1]


# Hooks


@virtual
async def test_the_hooks_come_once_a_connection_at_each_acquire_and_at_each_release() -> None:
    calls: list[str] = []

    def hook(name: str) -> Any:
        async def called(connection: Any) -> None:
            assert not connection.closed
            calls.append(name)
            connection.begin()
            await asyncio.sleep(0.01)

        return called

    async with playing(1, 1, init=hook("init"), setup=hook("setup"), reset=hook("reset")) as (server, pool):
        for _ in range(2):
            async with pool.acquire() as connection:
                calls.append("used")
            await asyncio.sleep(1)
        assert calls == ["init", "setup", "used", "reset", "setup", "used", "reset"]
        assert pool.freesize == 1
        assert connection.fitness is Fitness.READY
        assert len(server.made) == 1


@virtual
async def test_F10_a_failing_hook_discards_the_connection_and_frees_the_slot() -> None:
    class Fatal(BaseException):
        pass

    for error in (ZeroDivisionError, Fatal):
        for which in ("init", "setup", "reset"):
            if error is Fatal and which != "setup":
                continue  # in a task of the pool's own, the event loop itself decides about those
            broken: list[type[BaseException]] = [error]

            async def hook(_: object, broken: list[type[BaseException]] = broken) -> None:
                if broken:
                    raise broken[0]

            async with playing(0, 1, **{which: hook}) as (server, pool):
                if which == "reset":
                    async with pool.acquire():
                        pass
                    await settle()
                else:
                    with pytest.raises(error):
                        await pool.acquire()
                assert pool.size == 0
                assert not server.sessions
                broken.clear()
                await full_capacity(pool, 1)


@virtual
async def test_setup_is_within_the_acquires_time_and_its_own_timeouts_are_its_own() -> None:
    async def slow(_: object) -> None:
        await asyncio.sleep(10)

    async def own(_: object) -> None:
        raise TimeoutError("its own")

    async with playing(1, 1, setup=slow) as (_, pool):
        with pytest.raises(PoolTimeout):
            await pool.acquire(timeout=1)
        assert now() == pytest.approx(1)
        assert pool.size == 0
    async with playing(1, 1, setup=own) as (_, pool):
        with pytest.raises(TimeoutError, match="its own"):
            await pool.acquire(timeout=1)


@virtual
async def test_setup_that_closes_its_connection_gets_the_acquirer_another_until_it_gives_up() -> None:
    async def closing(connection: Any) -> None:
        connection.close()

    async with playing(1, 1, setup=closing) as (_, pool):
        with pytest.raises(ConnectionLost, match="in a row"):
            await pool.acquire()


# K: cost


def test_K2_an_uncontended_acquire_neither_suspends_nor_makes_a_task() -> None:
    async def scenario() -> None:
        for options in ({}, {"pool_recycle": 5}, {"max_lifetime": 5}, {"pool_pre_ping": 5}):
            async with playing(1, 1, **options) as (_, pool):
                tasks = len(asyncio.all_tasks())
                for start in ("__await__", "__aenter__"):
                    coroutine = getattr(pool.acquire(), start)()
                    with pytest.raises(StopIteration) as caught:
                        coroutine.send(None)
                    pool.release(caught.value.value)
                    assert len(asyncio.all_tasks()) == tasks
                    assert pool.freesize == 1

    run(scenario())


@virtual
async def test_K4_abandoned_waiters_leave_nothing_behind() -> None:
    async with playing(1, 1) as (_, pool):
        await pool.acquire()

        async def abandon(count: int) -> None:
            for _ in range(count):
                task = asyncio.create_task(pool.acquire())
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            for _ in range(count):
                with pytest.raises(PoolTimeout):
                    await pool.acquire(timeout=0)

        await abandon(20)
        before = collected()
        await abandon(200)
        assert collected() - before < 100
        assert not pool._state.waiters


@virtual
async def test_K4_waiters_that_were_served_leave_no_timer_behind() -> None:
    async with playing(1, 1) as (_, pool):

        async def serve(count: int) -> None:
            for _ in range(count):
                connection = await pool.acquire()
                (waiter,) = await waiting(pool, timeout=1e5)
                pool.release(connection)
                pool.release(await waiter)

        await serve(20)
        before = collected()
        await serve(300)
        assert collected() - before < 100


# Looking at it


@virtual
async def test_S1_the_statistics_add_up() -> None:
    async with playing(0, 2) as (server, pool):
        server.connect_takes = 1
        held = [await pool.acquire(), await pool.acquire()]
        (task,) = await waiting(pool)
        stats = pool.get_stats()
        assert (stats.size, stats.used, stats.free, stats.opening, stats.mending, stats.waiting) == (2, 2, 0, 0, 0, 1)
        await asyncio.sleep(5)
        pool.release(held[0])
        await task
        held[1].begin()
        pool.release(held[1])
        stats = pool.get_stats()
        assert (stats.used, stats.mending, stats.waiting) == (1, 1, 0)
        assert (stats.requests, stats.queued, stats.opened, stats.connect_errors) == (3, 3, 2, 0)
        assert stats.wait_seconds == pytest.approx(1 + 1 + 5)
        assert stats.discarded == 0
        assert stats.last_connect_error is None


def test_the_repr_says_what_one_wants_to_know_at_night() -> None:
    async def scenario() -> None:
        pool = await create_pool(0, 0, host="db1", port=3307, name="orders", user="app", password="secret")
        text = repr(pool)
        assert text == (
            "<refpool.Pool 'orders' to db1:3307 open: size 0 of unlimited (0 used, 0 free, 0 being opened, "
            "0 being rolled back or reset), 0 waiting>"
        )
        assert pool.name == "orders"
        pool.close()
        await pool.wait_closed()
        assert " closed: " in repr(pool)

    asyncio.run(scenario())


def test_a_forgotten_pool_warns_once_and_closes_its_idle_connections() -> None:
    async def scenario() -> None:
        server = Server()
        pool = await server.pool(3, max_idle=5)
        forgotten = [pool]
        del pool
        with pytest.warns(ResourceWarning, match=r"unclosed pool.*size 3") as caught:
            forgotten.clear()
        assert len(caught) == 1
        caught.clear()  # it holds the pool, as the source of the warning
        await settle()
        assert not server.sessions
        await asyncio.sleep(20)  # the shrinking timer has noticed, too
        empty = await server.pool(0)
        del empty
        gc.collect()

    run(scenario())


def test_a_pool_forgotten_with_its_loop_warns_and_raises_nothing() -> None:
    kept: list[Any] = []

    async def scenario() -> None:
        server = Server()
        kept.append(await server.pool(2))
        kept.append(kept[0]._tell_lost)
        kept.append(server.made[0])

    asyncio.run(scenario())
    with pytest.warns(ResourceWarning, match="unclosed pool"):
        del kept[0]
    kept[0](kept[1])  # a connection that tells a pool that is no more


@virtual
async def test_cancelling_the_pools_own_tasks_is_survived() -> None:
    """asyncio.run cancels every task at its end, the pool's too."""
    async with playing(1, 2) as (server, pool):
        server.connect_takes = 1
        server.rollback_takes = 1
        connection = await pool.acquire()
        connection.begin()
        pool.release(connection)
        (waiter,) = await waiting(pool)
        await asyncio.sleep(0.2)
        for task in pool._tasks.values():
            task.cancel()
        served = await asyncio.wait_for(waiter, 10)
        assert served._fit
        assert connection.closed
