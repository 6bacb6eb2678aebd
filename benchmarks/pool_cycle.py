"""What one acquire and release costs, side by side with aiomysql's pool: no network, connections that are only there.

    python -m benchmarks.pool_cycle [--cycles N]

Prints microseconds for a cycle, best of five rounds that alternate between the two, and the ratio. Uncontended: one
task, one idle connection. Contended: 100 tasks on 10 connections, each cycle of which gives the loop one turn.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from refpool.pool import Pool
from refpool.pool_state import PoolSettings
from refpool.session_state import Fitness

if TYPE_CHECKING:
    from refpool.connection import Connection

Scenario = Callable[[Any, int], Awaitable[None]]


class Idle:
    """A connection as far as either pool looks at one that is idle and well."""

    closed = False
    fitness = Fitness.READY
    last_usage = 0.0

    def __init__(self) -> None:
        self._fit = True
        self._on_unfit: Any = None
        self._on_reconnect: Any = None
        self._pool: Any = None
        self._pool_ticket = 0
        self._pool_generation = 0
        self._pool_born = 0.0
        self._pool_idle_since = 0.0
        self._reader = self
        self.eof_received = False

    def at_eof(self) -> bool:
        """aiomysql asks each idle connection's stream."""
        return False

    def exception(self) -> None:
        """And this."""

    def get_transaction_status(self) -> bool:
        """And this at release."""
        return False

    def close(self) -> None:
        """At the end."""
        self.closed = True
        self._fit = False

    async def wait_closed(self) -> None:
        """At once."""


async def refpool_of(size: int) -> Pool:
    async def open_one() -> Connection:
        return cast("Connection", Idle())

    pool = Pool(PoolSettings(minsize=size, maxsize=size), open_one)
    await pool._fill()
    return pool


async def aiomysql_of(size: int) -> Any:
    import aiomysql.pool

    async def connect(**_: Any) -> Idle:
        return Idle()

    original, aiomysql.pool.connect = aiomysql.pool.connect, connect
    try:
        return await aiomysql.pool.create_pool(size, size)
    finally:
        aiomysql.pool.connect = original


async def by_block(pool: Any, cycles: int) -> None:
    for _ in range(cycles):
        async with pool.acquire():
            pass


async def by_hand(pool: Any, cycles: int) -> None:
    for _ in range(cycles):
        await pool.release(await pool.acquire())


async def contended(pool: Any, cycles: int) -> None:
    async def user() -> None:
        for _ in range(cycles // 100):
            async with pool.acquire():
                await asyncio.sleep(0)

    await asyncio.gather(*(user() for _ in range(100)))


async def seconds(make: Callable[[int], Awaitable[Any]], size: int, scenario: Scenario, cycles: int) -> float:
    pool = await make(size)
    await scenario(pool, 200)
    began = time.perf_counter()
    await scenario(pool, cycles)
    took = time.perf_counter() - began
    await asyncio.sleep(0.01)  # aiomysql releases in tasks of their own
    pool.close()
    await pool.wait_closed()
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cycles", type=int, default=20_000)
    cycles = parser.parse_args().cycles
    scenarios: list[tuple[str, int, Scenario]] = [
        ("async with pool.acquire()", 1, by_block),
        ("await acquire(), await release()", 1, by_hand),
        ("the same, 100 idle ones", 100, by_hand),
        ("100 tasks on 10 connections", 10, contended),
    ]
    print(f"{'microseconds a cycle':32} {'refpool':>9} {'aiomysql':>9} {'ratio':>7}")
    for name, size, scenario in scenarios:
        best = {"refpool": float("inf"), "aiomysql": float("inf")}
        for _ in range(5):
            for driver, make in (("refpool", refpool_of), ("aiomysql", aiomysql_of)):
                best[driver] = min(best[driver], asyncio.run(seconds(make, size, scenario, cycles)) / cycles * 1e6)
        print(f"{name:32} {best['refpool']:9.2f} {best['aiomysql']:9.2f} {best['aiomysql'] / best['refpool']:6.1f}x")


if __name__ == "__main__":
    main()
