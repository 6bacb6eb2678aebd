"""A server and connections that the pool's tests play: the driver's face, no bytes, every delay and failure on demand.

The connections know only what the pool may ask of them. What happens to them the tests say in the words of a user
(``await connection.work(2)``, ``connection.begin()``) and of a server (``connection.die()``, ``server.refuse = ...``).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

from refpool.connection import Connection
from refpool.pool import Pool, PoolContext
from refpool.pool_state import OnRelease, PoolSettings
from refpool.session_state import Fitness
from tests.support.virtual_time import VirtualTimeLoop

__all__ = ["FakeConnection", "Gate", "Refused", "Server", "full_capacity", "playing", "settle"]

Hook = Callable[[Connection], Awaitable[object]]


class Refused(Exception):
    """The server said no."""


class Gate:
    """Holds up whoever comes until it is opened."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.event = asyncio.Event()
        self.arrived = 0
        if is_open:
            self.event.set()

    def open(self) -> None:
        """Let everybody through, now and later."""
        self.event.set()

    async def passed(self) -> None:
        """Wait for it."""
        self.arrived += 1
        await self.event.wait()


class FakeConnection:
    """One session, with the face of refpool.connection.Connection that the pool uses."""

    def __init__(self, server: Server, number: int) -> None:
        self.server = server
        self.number = number
        self.fitness = Fitness.READY
        self.closed = False
        self.gone = asyncio.Event()
        self.frozen = False  # its transport never gets to flush
        self.current: asyncio.Future[None] | None = None
        self._on_unfit: Callable[[Any], None] | None = None
        self._on_reconnect: Callable[[Any], None] | None = None
        self._pool: Any = None
        self._pool_ticket = 0
        self._pool_generation = 0
        self._pool_number = 0
        self._pool_born = 0.0
        self._pool_idle_since = 0.0
        self._fit = True

    def __repr__(self) -> str:
        return f"<fake connection {self.number}>"

    def become(self, fitness: Fitness) -> None:
        """Change what the pool may do with it."""
        self.fitness = fitness
        self._fit = fitness is Fitness.READY

    # What users do

    def begin(self) -> None:
        """A transaction is open from here on."""
        self.become(Fitness.IN_TRANSACTION)

    def leave_rows(self) -> None:
        """Stop in the middle of a result."""
        self.become(Fitness.UNFIT)

    async def work(self, seconds: float, then: Fitness = Fitness.READY) -> None:
        """Run a statement; cancelled, the connection is closed, since the answer would still come."""
        if self.closed:
            raise Refused("not connected")
        self.become(Fitness.UNFIT)
        self.current = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({self.current}, timeout=seconds)
        except BaseException:
            self._end("aborted")
            raise
        finally:
            self.current = None
        if self.closed:
            raise Refused("lost in the middle of a statement")
        self.become(then)

    # What the server does

    def die(self) -> None:
        """The server ends the session."""
        self._end("died")

    def stray(self) -> None:
        """Bytes arrive that nobody asked for."""
        self.become(Fitness.UNFIT)
        self._tell()

    # What the pool does

    def close(self) -> None:
        """With a goodbye between two commands, without one in the middle of one."""
        self._end("quit" if self.current is None and self.fitness is not Fitness.UNFIT else "aborted")

    def abort(self) -> None:
        """At once."""
        self.frozen = False
        self._end("aborted")
        self.server.loop.call_soon(self._is_gone)

    async def wait_closed(self) -> None:
        """Until the transport is gone."""
        await self.gone.wait()

    async def rollback(self) -> None:
        """One round trip."""
        await self._command("rollback", self.server.rollback_takes, self.server.rollback_gate)

    async def reset(self) -> None:
        """One round trip."""
        await self._command("reset", self.server.rollback_takes, self.server.rollback_gate)

    async def ping(self, reconnect: bool = True) -> None:
        """One round trip, after a login if there is no session any more and a new one is wished for."""
        if self.closed and reconnect:
            assert self._on_reconnect is not None
            self._on_reconnect(self)
            await asyncio.sleep(self.server.connect_takes)
            self.closed = False
            self.gone = asyncio.Event()
            self.become(Fitness.READY)
            self.server.sessions.add(self)
            self.server.most_sessions = max(self.server.most_sessions, len(self.server.sessions))
        await self._command("ping", self.server.ping_takes, self.server.ping_gate)

    async def _command(self, name: str, seconds: float, gate: Gate | None) -> None:
        self.server.note(name, self)
        error = self.server.failing.get(name)
        self.become(Fitness.UNFIT)
        try:
            await asyncio.sleep(seconds)
            if gate is not None:
                await gate.passed()
            if self.closed or error is not None:
                raise Refused(f"{name} failed") from error
        except BaseException:
            self._end("aborted")
            raise
        self.become(Fitness.READY)

    def _end(self, how: str) -> None:
        if self.closed:
            return
        self.closed = True
        self.become(Fitness.UNFIT)
        self.server.sessions.discard(self)
        self.server.note(how, self)
        if self.current is not None and not self.current.done():
            self.current.set_result(None)
        if not self.frozen:
            self.server.loop.call_soon(self._is_gone)
        self._tell()

    def _is_gone(self) -> None:
        self.gone.set()

    def _tell(self) -> None:
        if self._on_unfit is not None:
            self._on_unfit(cast("Connection", self))


class Server:
    """Opens connections as told, and keeps count."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.connect_takes: float = 0.0
        self.connect_gate: Gate | None = None
        self.rollback_takes: float = 0.0
        self.rollback_gate: Gate | None = None
        self.ping_takes: float = 0.0
        self.ping_gate: Gate | None = None
        self.refuse: BaseException | None = None  # all connects, until it is None again
        self.refuse_next: list[BaseException | None] = []  # one connect each, None for a good one
        self.ends_new_sessions_after: int | None = None  # so many iterations of the loop after the login
        self.failing: dict[str, BaseException] = {}  # by command: rollback, reset, ping
        self.sessions: set[FakeConnection] = set()
        self.made: list[FakeConnection] = []
        self.events: list[tuple[str, int]] = []
        self.connecting = 0
        self.most_connecting = 0
        self.most_sessions = 0
        self.attempts = 0

    def note(self, event: str, connection: FakeConnection) -> None:
        """Write down what happened."""
        self.events.append((event, connection.number))

    def count(self, event: str) -> int:
        """How often it happened."""
        return Counter(name for name, _ in self.events)[event]

    async def open(self) -> Connection:
        """One login."""
        self.attempts += 1
        self.connecting += 1
        self.most_connecting = max(self.most_connecting, self.connecting)
        error = self.refuse_next.pop(0) if self.refuse_next else self.refuse
        try:
            await asyncio.sleep(self.connect_takes)
            if self.connect_gate is not None:
                await self.connect_gate.passed()
            if error is not None:
                raise error
        finally:
            self.connecting -= 1
        connection = FakeConnection(self, len(self.made) + 1)
        self.made.append(connection)
        self.sessions.add(connection)
        self.most_sessions = max(self.most_sessions, len(self.sessions))
        self.note("opened", connection)
        if self.ends_new_sessions_after is not None:
            self._end_after(connection, self.ends_new_sessions_after)
        return cast("Connection", connection)

    def _end_after(self, connection: FakeConnection, iterations: int) -> None:
        if iterations:
            self.loop.call_soon(self._end_after, connection, iterations - 1)
        else:
            connection.die()

    def pool(
        self,
        minsize: int = 0,
        maxsize: int = 10,
        *,
        on_release: str = "rollback",
        init: Hook | None = None,
        setup: Hook | None = None,
        reset: Hook | None = None,
        ping_limit: float = 5.0,
        chance: random.Random | None = None,
        **settings: Any,
    ) -> PoolContext:
        """create_pool() without the driver: the same object, to be awaited or used with ``async with``."""
        checked = PoolSettings(minsize=minsize, maxsize=maxsize, on_release=OnRelease(on_release), **settings)

        def make() -> Pool:
            return Pool(
                checked,
                self.open,
                init=init,
                setup=setup,
                reset=reset,
                ping_limit=ping_limit,
                chance=chance or random.Random(7),
            )

        return PoolContext(make)


def fake(connection: Connection) -> FakeConnection:
    """The fake behind a connection of the pool."""
    return cast("FakeConnection", connection)


async def settle(rounds: int = 12) -> None:
    """Let everything that is ready run, while time stands still."""
    for _ in range(rounds):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def playing(minsize: int = 0, maxsize: int = 10, **options: Any) -> AsyncIterator[tuple[Server, Any]]:
    """A server and a pool of it, whose invariants are checked before every iteration of the loop.

    Afterwards the pool is terminated, whatever is still lent, and must have left nothing. The pool is typed Any: what
    it lends here are fakes, and the tests speak to them as such.
    """
    server = Server()
    pool = await server.pool(minsize, maxsize, **options)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.watch = pool._state.check
    try:
        yield server, pool
    finally:
        loop.watch = None
    pool._state.check()
    pool.terminate()
    await pool.wait_closed()
    pool._state.check()
    assert pool.closed
    assert pool.size == pool.freesize == 0
    assert not server.sessions, f"sessions left on the server: {server.sessions}"


async def full_capacity(pool: Any, count: int) -> None:
    """Every slot can be had at the same time, and each connection in it is fit."""
    connections = [await asyncio.wait_for(pool.acquire(), 60) for _ in range(count)]
    assert len(set(connections)) == count
    for connection in connections:
        await connection.work(0.001)
        pool.release(connection)
    await settle()
    assert pool.freesize == pool.size
