"""Rows read a second, refpool beside PyMySQL, aiomysql and asyncmy.

    SPEC_MYSQL_URL=mysql://user:password@host:port/database python benchmarks/driver_rows.py [--rows 100000]

Each driver reads the same result of five columns (int, text, decimal-free float, datetime, longer text) from a table of
its own making, the best of several rounds. The last columns are ratios to refpool: above 1, refpool is quicker. CPU is
the process's own, without the server; with one client on an idle machine wall time says about the same.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

TABLE = "refpool_bench_rows"
SELECT = f"SELECT id, name, price, made, note FROM {TABLE}"
Read = Callable[[str], Awaitable[int]]


def server() -> dict[str, Any]:
    """Where SPEC_MYSQL_URL points, as arguments of connect()."""
    url = urlsplit(os.environ.get("SPEC_MYSQL_URL", ""))
    if not url.hostname:
        sys.exit("set SPEC_MYSQL_URL=mysql://user:password@host:port/database")
    return {
        "host": url.hostname,
        "port": url.port or 3306,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "database": url.path.lstrip("/"),
    }


def fill(target: dict[str, Any], rows: int) -> None:
    """Make the table, unless it is there with so many rows."""
    import pymysql

    connection = pymysql.connect(**target, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} "
            "(id INT PRIMARY KEY, name VARCHAR(40), price DOUBLE, made DATETIME, note VARCHAR(80))"
        )
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")
        if cursor.fetchone() != (rows,):
            cursor.execute(f"DELETE FROM {TABLE}")
            for begin in range(0, rows, 1000):
                cursor.executemany(
                    f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s, %s)",
                    [
                        (
                            number,
                            f"name {number}",
                            number + 0.25,
                            "2024-05-06 07:08:09",
                            f"a somewhat longer note {number}",
                        )
                        for number in range(begin, min(begin + 1000, rows))
                    ],
                )
    connection.close()


async def with_pymysql(target: dict[str, Any]) -> tuple[Read, Callable[[], Awaitable[None]]]:
    import pymysql

    connection = pymysql.connect(**target)

    async def read(kind: str) -> int:
        with connection.cursor(getattr(pymysql.cursors, kind)) as cursor:
            cursor.execute(SELECT)
            if not kind.startswith("SS"):
                return len(cursor.fetchall())
            return sum(1 for _ in cursor)

    async def close() -> None:
        connection.close()

    return read, close


async def with_module(name: str, target: dict[str, Any]) -> tuple[Read, Callable[[], Awaitable[None]]]:
    module: Any = __import__(name)
    cursors: Any = __import__(f"{name}.cursors", fromlist=["Cursor"])
    arguments = {**target, "db": target["database"]}
    del arguments["database"]
    connection = await module.connect(**arguments)

    async def read(kind: str) -> int:
        async with connection.cursor(getattr(cursors, kind)) as cursor:
            await cursor.execute(SELECT)
            if not kind.startswith("SS"):
                return len(await cursor.fetchall())
            count = 0
            async for _ in cursor:
                count += 1
            return count

    async def close() -> None:
        closing = connection.close()
        if closing is not None:
            await closing

    return read, close


async def timed(read: Read, kind: str, rounds: int) -> tuple[float, float]:
    wall, cpu = float("inf"), float("inf")
    for _ in range(rounds):
        gc.collect()
        begin, begin_cpu = time.perf_counter(), time.process_time()
        await read(kind)
        wall = min(wall, time.perf_counter() - begin)
        cpu = min(cpu, time.process_time() - begin_cpu)
    return wall, cpu


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # PyMySQL 1.2 warns of names that the older drivers use
    target = server()
    fill(target, options.rows)
    drivers = {"refpool": await with_module("refpool", target), "pymysql": await with_pymysql(target)}
    for name in ("aiomysql", "asyncmy"):
        try:
            drivers[name] = await with_module(name, target)
        except ImportError:
            print(f"{name} is not installed")
    print(f"{options.rows} rows of 5 columns, best of {options.rounds}, Python {sys.version.split()[0]}")
    print(f"{'cursor':14}{'driver':10}{'wall s':>8}{'cpu s':>8}{'us/row':>8}{'x wall':>8}{'x cpu':>8}")
    for kind in ("Cursor", "DictCursor", "SSCursor"):
        ours = (0.0, 0.0)
        for name, (read, _) in drivers.items():
            wall, cpu = await timed(read, kind, options.rounds)
            ours = (wall, cpu) if name == "refpool" else ours
            print(
                f"{kind:14}{name:10}{wall:8.3f}{cpu:8.3f}{cpu / options.rows * 1e6:8.2f}"
                f"{wall / ours[0]:8.2f}{cpu / ours[1]:8.2f}"
            )
    for _, close in drivers.values():
        await close()


if __name__ == "__main__":
    asyncio.run(main())
