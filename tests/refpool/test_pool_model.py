"""The pool's state against a model of ten lines, and the whole pool through random histories on virtual time.

The model has a queue, a list of idle connections and counts; whatever happens, it settles by three rules. Hypothesis
looks for a sequence of events after which the real state differs. The histories let users, a server and cancellations
run into one another under a seed; after each the pool must be whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from refpool.errors import ConnectionLost
from refpool.pool_state import Cancel, Close, Mend, OnRelease, Open, Opening, Phase, PoolClosed, PoolSettings, PoolState
from refpool.session_state import Fitness
from tests.refpool.pool_fakes import Refused, playing
from tests.refpool.pool_pieces import Conn, Queued
from tests.support.virtual_time import modes, run


class Model:
    """What a pool is, without its bookkeeping."""

    def __init__(self, maxsize: int, max_connecting: int | None) -> None:
        self.most, self.at_once = maxsize or 10**9, max_connecting or 10**9
        self.idle: deque[Conn] = deque()
        self.queue: list[Queued] = []
        self.lent: set[Conn] = set()
        self.mending: set[Conn] = set()
        self.doubted: set[Conn] = set()
        self.opening = 0
        self.is_open = True

    def settle(self) -> None:
        """The rules: idle connections go to those who wait; who is left waiting has one opened while there is room."""
        while self.idle and self.queue:
            self.lent.add(self.idle.popleft())
            self.queue.pop(0)
        wanted = len(self.queue) - len(self.mending) + len(self.doubted)
        self.opening = max(self.opening, min(wanted, self.opening + self.most - self.size(), self.at_once))

    def size(self) -> int:
        """All of them."""
        return len(self.idle) + len(self.lent) + len(self.mending) + self.opening


class PoolAgainstModel(RuleBasedStateMachine):
    """Every event in any order; the two must agree on who has what after each."""

    @initialize(
        minsize=st.integers(0, 3),
        more=st.integers(0, 3),
        unlimited=st.booleans(),
        max_connecting=st.sampled_from([None, 1, 2]),
        on_release=st.sampled_from(OnRelease),
    )
    def make(self, minsize: int, more: int, unlimited: bool, max_connecting: int | None, on_release: OnRelease) -> None:
        maxsize = 0 if unlimited else max(1, minsize + more)
        self.state: PoolState[Conn] = PoolState(
            PoolSettings(minsize=minsize, maxsize=maxsize, max_connecting=max_connecting, on_release=on_release)
        )
        self.on_release = on_release
        self.model = Model(maxsize, max_connecting)
        self.to_open: list[Opening[Conn]] = []
        self.closed: set[Conn] = set()
        self.waiters: list[Queued] = []
        self.made = 0

    def after(self) -> None:
        """Carry the orders out as far as this world goes, and let the model settle."""
        while self.state.orders:
            match self.state.orders.popleft():
                case Open(opening):
                    self.to_open.append(opening)
                case Cancel(opening):
                    assert opening in self.to_open
                case Close(connection):
                    assert connection not in self.closed, "closed twice"
                    self.closed.add(connection)
                case Mend(connection):
                    assert connection in self.state.mending
        if self.model.is_open:
            self.model.settle()

    @rule()
    def acquire(self) -> None:
        connection = self.state.take(0.0)
        if connection is not None:
            assert not self.model.queue, "overtook the queue"
            assert connection is self.model.idle.popleft(), "not the one that was idle for longest"
            self.model.lent.add(connection)
        elif self.model.is_open:
            waiter = Queued(len(self.waiters))
            self.waiters.append(waiter)
            self.state.enqueue(waiter)
            self.model.queue.append(waiter)
        else:
            with pytest.raises(PoolClosed):
                self.state.enqueue(Queued())
        self.after()

    @rule()
    def top_up(self) -> None:
        self.state._top_up_due = 0.0
        before = self.model.size()
        started = len(self.state.top_up(1.0))
        missing = self.state.settings.minsize - before if self.model.is_open else 0
        assert started == max(0, min(missing, self.model.at_once - self.model.opening))
        self.model.opening += started
        self.after()

    @precondition(lambda self: self.model.queue)
    @rule(choice=st.randoms(use_true_random=False))
    def waiter_leaves(self, choice: random.Random) -> None:
        waiter = choice.choice(self.model.queue)
        waiter.left = True
        assert self.state.leave(waiter)
        self.model.queue.remove(waiter)

    @precondition(lambda self: self.model.queue and self.model.lent)
    @rule(choice=st.randoms(use_true_random=False))
    def waiter_leaves_and_a_release_comes_first(self, choice: random.Random) -> None:
        """Cancelled, but its task has not run yet: the connection must go to the next, or to the idle ones."""
        waiter = choice.choice(self.model.queue)
        waiter.left = True
        self.model.queue.remove(waiter)
        self.release(choice, Fitness.READY)
        self.state.leave(waiter)

    @precondition(lambda self: self.model.lent)
    @rule(choice=st.randoms(use_true_random=False), fitness=st.sampled_from(Fitness))
    def give_back(self, choice: random.Random, fitness: Fitness) -> None:
        self.release(choice, fitness)

    def release(self, choice: random.Random, fitness: Fitness) -> None:
        connection = choice.choice(sorted(self.model.lent, key=lambda each: each.number))
        connection.become(fitness)
        self.state.give_back(connection, 0.0)
        self.model.lent.remove(connection)
        dirty = fitness is Fitness.IN_TRANSACTION
        if not self.model.is_open or fitness is Fitness.UNFIT or (dirty and self.on_release is OnRelease.CLOSE):
            pass
        elif dirty or self.on_release is OnRelease.RESET:
            self.model.mending.add(connection)
        else:
            self.model.idle.append(connection)
        self.after()

    @precondition(lambda self: self.model.mending)
    @rule(choice=st.randoms(use_true_random=False), how=st.sampled_from(["sound", "unsound", "drags"]))
    def mend(self, choice: random.Random, how: str) -> None:
        connection = choice.choice(sorted(self.model.mending, key=lambda each: each.number))
        if how == "drags":
            self.state.doubt(connection)
            self.model.doubted.add(connection)
        else:
            if how == "sound":
                connection.become(Fitness.READY)
            self.state.mended(connection, 0.0, sound=how == "sound")
            self.model.mending.remove(connection)
            self.model.doubted.discard(connection)
            if how == "sound" and self.model.is_open:
                self.model.idle.append(connection)
        self.after()

    @precondition(lambda self: self.to_open)
    @rule(choice=st.randoms(use_true_random=False), outcome=st.sampled_from(["works", "fails", "cancelled"]))
    def connect_ends(self, choice: random.Random, outcome: str) -> None:
        opening = self.to_open.pop(choice.randrange(len(self.to_open)))
        self.model.opening -= 1
        if outcome == "works":
            self.made += 1
            connection = Conn(self.made)
            self.state.opened(opening, connection, 0.0)
            if self.model.is_open and opening.generation == self.state.generation:
                self.model.idle.append(connection)
        else:
            sponsor = opening.sponsor
            error = Refused() if outcome == "fails" else None
            told = self.state.open_failed(opening, error)
            assert told == (sponsor in self.model.queue and error is not None)
            if told:
                assert isinstance(sponsor, Queued)
                assert sponsor.error is error
                self.model.queue.remove(sponsor)
        self.after()

    @precondition(lambda self: self.model.idle or self.model.lent)
    @rule(choice=st.randoms(use_true_random=False))
    def lose(self, choice: random.Random) -> None:
        candidates = sorted([*self.model.idle, *self.model.lent], key=lambda each: each.number)
        connection = choice.choice(candidates)
        self.state.lost(connection.become(Fitness.UNFIT, closed=True))
        if connection in self.model.lent:
            self.model.lent.remove(connection)
        else:
            self.model.idle.remove(connection)
        self.after()

    @rule()
    def clear(self) -> None:
        self.state.clear()
        self.model.idle.clear()
        self.after()

    @precondition(lambda self: self.made > 4 and self.model.is_open)
    @rule(terminate=st.booleans())
    def close(self, terminate: bool) -> None:
        if terminate:
            self.state.terminate()
            self.model.lent.clear()
            self.model.mending.clear()
        else:
            self.state.close()
        assert all(isinstance(waiter.error, PoolClosed) for waiter in self.model.queue)
        self.model.idle.clear()
        self.model.queue.clear()
        self.model.is_open = False
        self.after()

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "state"):
            return
        self.state.check()
        state, model = self.state, self.model
        assert list(state.free) == list(model.idle)
        assert state.used == model.lent
        assert state.mending == model.mending
        assert len(state.opening) == model.opening
        assert state.size == model.size()
        assert [waiter for waiter in state.waiters if not waiter.done()] == model.queue
        assert not (self.closed & (state.used | state.mending | set(state.free)))

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        self.state.terminate()
        while self.state.orders:
            self.state.orders.popleft()
        for opening in self.to_open:
            self.state.open_failed(opening, None)
        self.state.finish()
        assert self.state.phase is Phase.CLOSED


PoolAgainstModel.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPoolAgainstModel = PoolAgainstModel.TestCase


# Random histories of the whole pool

HISTORIES = 150


async def history(seed: int) -> None:
    chance = random.Random(seed)
    maxsize = chance.randint(1, 3)
    options: dict[str, Any] = {
        "on_release": chance.choice(["rollback", "close", "reset"]),
        "max_connecting": chance.choice([None, 1]),
        "pool_pre_ping": chance.choice([False, True, 0.02]),
        "pool_recycle": chance.choice([-1, 0.05]),
        "max_lifetime": chance.choice([None, 0.2]),
        "max_idle": chance.choice([None, 0.1]),
        "use_lifo": chance.random() < 0.5,
    }
    async with playing(chance.randint(0, maxsize), maxsize, **options) as (server, pool):

        def faults() -> None:
            server.connect_takes = chance.choice([0, 0.001, 0.03])
            server.rollback_takes = chance.choice([0, 0.001, 0.2])
            server.ping_takes = chance.choice([0, 0.001])
            server.refuse = chance.choice([None, None, Refused("1040")])
            server.failing = {name: Refused(name) for name in ("rollback", "reset", "ping") if chance.random() < 0.1}

        async def use(connection: Any) -> None:
            await connection.work(chance.choice([0, 0.001, 0.02]), then=chance.choice(list(Fitness)))
            if chance.random() < 0.1:
                connection.close()

        async def user() -> None:
            for _ in range(4):
                await asyncio.sleep(chance.choice([0, 0.001, 0.02]))
                # ConnectionLost: its session was ended between the login and the first instant of its life.
                with contextlib.suppress(Refused, TimeoutError, ConnectionLost):
                    how = chance.randrange(3)
                    if how == 0:
                        async with pool.acquire(timeout=chance.choice([None, 0, 0.01])) as connection:
                            await use(connection)
                    elif how == 1:
                        async with asyncio.timeout(chance.choice([0, 0.001, 0.02])):
                            async with pool.acquire() as connection:
                                await use(connection)
                    else:
                        connection = await pool.acquire()
                        try:
                            await use(connection)
                        finally:
                            pool.release(connection)

        async def trouble() -> None:
            for _ in range(15):
                await asyncio.sleep(chance.choice([0, 0.001, 0.01]))
                what = chance.randrange(6)
                if what == 0 and server.sessions:
                    chance.choice(sorted(server.sessions, key=lambda each: each.number)).die()
                elif what == 1:
                    chance.choice(users).cancel()
                elif what == 2:
                    pool.expire_connections()
                elif what == 3:
                    await pool.clear()
                else:
                    faults()

        users = [asyncio.create_task(user()) for _ in range(5)]
        await trouble()
        server.refuse, server.failing = None, {}
        await asyncio.wait_for(asyncio.gather(*users, return_exceptions=True), 1000)
        for task in users:
            assert task.cancelled() or task.exception() is None, task
        assert server.most_sessions <= maxsize
        server.rollback_takes = server.connect_takes = 0
        await asyncio.sleep(10)
        assert not pool._used
        assert not pool._state.waiters
        await full_capacity_whatever_the_release_does(pool, maxsize)


async def full_capacity_whatever_the_release_does(pool: Any, count: int) -> None:
    connections = [await asyncio.wait_for(pool.acquire(), 60) for _ in range(count)]
    assert len(set(connections)) == count
    for connection in connections:
        await connection.work(0)
        pool.release(connection)


@pytest.mark.parametrize("block", range(5))
def test_any_history_leaves_the_pool_whole(block: int) -> None:
    for seed in range(block * HISTORIES, (block + 1) * HISTORIES):
        for eager in modes():
            try:
                run(history(seed), eager=eager)
            except BaseException as error:
                error.add_note(f"{seed=}, {eager=}")
                raise
