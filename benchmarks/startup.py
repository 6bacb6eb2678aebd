"""Import time of refpool and of fakemysql beside that of PyMySQL with asyncio, and how soon a FakeServer is up.

Each import runs in an interpreter of its own, the kinds taking turns so that a busy moment hurts all of them alike;
the figure is the median. Prints ratios; exits with 1 where one passes its bound, so that CI may call it. Run from the
repository's root: `python -m benchmarks.startup`.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time

import fakemysql

ROUNDS = 15
IMPORT_RATIO_BOUND = 1.5
SERVER_UP_BOUND_MS = 5.0

IMPORTS = {
    "nothing": "pass",
    "pymysql + asyncio": "import pymysql, asyncio",
    "refpool": "import refpool",
    "fakemysql": "import fakemysql",
    "fakemysql.FakeServer": "import fakemysql; fakemysql.FakeServer",  # fakemysql loads its names when they are used
}


def import_seconds(statement: str) -> float:
    """Seconds that a fresh interpreter takes for this statement, its own start included."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


async def server_up_ms() -> float:
    """Milliseconds from the call to a FakeServer that listens."""
    started = time.perf_counter()
    async with fakemysql.FakeServer():
        return (time.perf_counter() - started) * 1000


def main() -> int:
    """Measure, print, and tell whether the bounds hold."""
    measured: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(ROUNDS):
        for name, statement in IMPORTS.items():
            measured[name].append(import_seconds(statement))
    median = {name: statistics.median(times) for name, times in measured.items()}
    yardstick = median["pymysql + asyncio"] - median["nothing"]
    worst = 0.0
    print(f"import pymysql + asyncio: {yardstick * 1000:.1f} ms")
    for name in ("refpool", "fakemysql", "fakemysql.FakeServer"):
        own = median[name] - median["nothing"]
        worst = max(worst, own / yardstick)
        print(f"import {name}: {own * 1000:.1f} ms, {own / yardstick:.2f} times as much")
    first, *later = (asyncio.run(server_up_ms()) for _ in range(ROUNDS))
    up = statistics.median(later)
    print(f"FakeServer up: {up:.2f} ms (the first, with its lazy imports: {first:.2f} ms)")
    return int(worst > IMPORT_RATIO_BOUND or up > SERVER_UP_BOUND_MS)


if __name__ == "__main__":
    sys.exit(main())
