"""What one history costs in the simulated world: a pool of two, six users, a FakeServer of its own.

    python -m benchmarks.simulated_history [--histories N] [--profile]

Each line adds one thing to the line before, so that the difference is what that thing costs: the world itself, a server
that starts and stops, raw clients that log in and send statements (the server's part, and the network's), and then a
pool whose users send those statements. The figure is the median of the histories; one core.

The last lines are what `python -m spec explore --driver refpool` plays by the million: random histories with faults and
cancellations, drawn and played and looked at after every iteration of the loop; those of a pool of two with six users,
and those of all sizes as they are drawn. They are the mean over consecutive seeds. --profile prints where the pool's
histories spend their time.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import refpool
from benchmarks import _raw
from fakemysql import FakeServer
from fakemysql.simulation import Simulation
from spec.explore.run import Errand, explore_here

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECTIONS = 2
USERS = 6
STATEMENTS = 5
"""Of each user: thirty in all, as refpool's own BEGIN, ROLLBACK and the like are not counted."""

SCRIPT = ("SELECT 1", "SELECT CONNECTION_ID()", "BEGIN", "SELECT 'a' AS a, 2 AS b", "COMMIT")


class RawClient(asyncio.Protocol):
    """Logs in, sends so many statements one after the other, says goodbye."""

    def __init__(self, statements: list[bytes], done: asyncio.Future[None]) -> None:
        self._statements = iter(statements)
        self._replies = _raw.Replies()
        self._done = done
        self._greeting: bytearray | None = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._greeting is not None:
            self._greeting += data
            for greeting in _raw.packets(self._greeting):
                self._greeting = None
                self._transport.write(_raw.login(_raw.Target("", 0, "root", "", "test"), greeting))
                break
        elif self._replies.feed(data):
            self._transport.write(next(self._statements, _raw.COM_QUIT))

    def connection_lost(self, exc: Exception | None) -> None:
        self._done.set_result(None)


async def nothing() -> None:
    """The world alone."""


async def server_only() -> None:
    """A server that nobody dials."""
    async with FakeServer():
        pass


async def raw(statements: int) -> None:
    """Raw clients at the same time, each with its share of the statements."""
    async with FakeServer() as server:
        loop = asyncio.get_running_loop()
        commands = [_raw.query(SCRIPT[index % len(SCRIPT)]) for index in range(statements)]
        ends = []
        for _ in range(CONNECTIONS):
            done: asyncio.Future[None] = loop.create_future()
            ends.append(done)
            await loop.create_connection(partial(RawClient, commands, done), "127.0.0.1", server.port)
        for done in ends:
            await done


async def raw_logins() -> None:
    """As many logins as the pool makes."""
    await raw(0)


async def raw_statements() -> None:
    """As many statements as the users send."""
    await raw(USERS * STATEMENTS // CONNECTIONS)


async def pooled() -> None:
    """Users that share the pool."""

    async def user(pool: refpool.Pool) -> None:
        async with pool.acquire() as connection, connection.cursor() as cursor:
            for statement in SCRIPT:
                await cursor.execute(statement)
                await cursor.fetchall()

    async with FakeServer() as server:
        pool = await refpool.create_pool(
            host=server.host, port=server.port, user="root", db="test", minsize=0, maxsize=CONNECTIONS
        )
        await asyncio.gather(*(user(pool) for _ in range(USERS)))
        pool.close()
        await pool.wait_closed()


LAYERS: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
    ("an empty world", nothing),
    ("and a server", server_only),
    (f"and {CONNECTIONS} raw logins", raw_logins),
    (f"and {USERS * STATEMENTS} raw statements", raw_statements),
    (f"refpool: {CONNECTIONS} connections, {USERS} users, {USERS * STATEMENTS} statements", pooled),
)


RANDOM_ONES: tuple[tuple[str, int | None, int | None], ...] = (
    (f"random histories: {CONNECTIONS} connections, {USERS} users", CONNECTIONS, USERS),
    ("random histories as they are drawn", None, None),
)


def run(history: Callable[[], Awaitable[None]], seed: int) -> None:
    """One world from beginning to end."""

    async def main() -> None:
        await history()

    with Simulation(seed) as sim:
        sim.run(main())


def median_us(history: Callable[[], Awaitable[None]], count: int) -> float:
    """Microseconds of processor time for one history."""
    for seed in range(5):
        run(history, seed)
    gc.collect()
    times = []
    for seed in range(count):
        began = time.process_time()
        run(history, seed)
        times.append(time.process_time() - began)
    return statistics.median(times) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="show where a history of refpool spends its time")
    arguments = parser.parse_args()
    before = 0.0
    print(f"{'microseconds a history':60} {'in all':>8} {'more':>8}")
    for name, history in LAYERS:
        cost = median_us(history, arguments.histories)
        print(f"{name:60} {cost:8.0f} {cost - before:8.0f}")
        before = cost
    for name, maxsize, users in RANDOM_ONES:
        for start, count in ((0, 100), (100, 5 * arguments.histories)):  # the first hundred fill caches
            tally = explore_here(Errand("refpool", start, count, maxsize, users))
        cost = tally.cpu_seconds / tally.played * 1e6
        print(f"{name:60} {cost:8.0f}")
        print(f"{1e6 / cost:.0f} histories a second on one core")
    if arguments.profile:
        profile = cProfile.Profile()
        with profile:
            for seed in range(arguments.histories):
                run(pooled, seed)
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)


if __name__ == "__main__":
    main()
