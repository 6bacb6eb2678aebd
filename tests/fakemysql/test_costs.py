"""What the fake costs, as far as a test can hold it without a clock: what is loaded, what is left, what is kept.

Times are the matter of ``benchmarks/fake_server.py``.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fakemysql
from fakemysql import FakeServer
from fakemysql.simulation import Network, Simulation
from tests.fakemysql.doubles import RawClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IDLE_BYTES = 3000
"""What a connection that is logged in and idle may take, without transports and sockets: measured 2,475."""


TELL_WHAT_IS_LOADED = """
import asyncio, sys
before = set(sys.modules)
{script}
print(*sorted(set(sys.modules) - before))
"""
START_AND_STOP = """
import fakemysql
async def main():
    async with fakemysql.FakeServer():
        pass
asyncio.run(main())
"""


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this script, beyond those of asyncio."""
    root = str(Path(fakemysql.__file__).parent.parent)
    command = [sys.executable, "-c", TELL_WHAT_IS_LOADED.format(script=script)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_else() -> None:
    assert loaded_by("import fakemysql") <= {"fakemysql", "__future__"}


def test_starting_a_server_loads_what_a_login_and_a_statement_need_and_no_more() -> None:
    """A module that slips in here makes every test-suite that uses the fake start later."""
    loaded = loaded_by(START_AND_STOP)
    own = {name.removeprefix("fakemysql.") for name in loaded if name.startswith("fakemysql.")}
    assert {"server", "conversation", "sql.engine"} <= own
    optional = (
        "binary clients com_stmt compression eventlog prepared rsa simulation sql.preparing sql.variables_mariadb"
    )
    assert not own & {*optional.split(), "threaded", "tls", "tracking"}
    slow = "argparse csv dis email http inspect json pprint pydoc sqlite3 tempfile uuid"
    assert not loaded & set(slow.split())
    foreign = {name.partition(".")[0] for name in loaded} - {"fakemysql"} - set(sys.stdlib_module_names)
    assert not foreign, "the standard library alone"


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open descriptors are counted in /proc")
def test_a_thousand_servers_leave_nothing_behind(tmp_path: Path) -> None:
    async def main() -> None:
        within = open_descriptors()
        for number in range(1000):
            unix_socket = tmp_path / "mysql.sock" if number % 10 == 0 else None
            async with FakeServer(unix_socket=unix_socket) as server:
                if number % 100 == 0:
                    client = await RawClient.log_in(server)
                    await client.hang_up()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert open_descriptors() == within

    before, threads = open_descriptors(), threading.active_count()
    asyncio.run(main())
    for _ in range(1000):
        with FakeServer():
            pass
    assert threading.active_count() == threads
    assert open_descriptors() == before
    assert list(tmp_path.iterdir()) == []


def simulated(story: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await story()

    with Simulation(network=Network.instant()) as sim:
        sim.run(main())


def test_an_idle_connection_is_small() -> None:
    """Ten thousand of them are to fit into the memory of a test."""

    def taken() -> int:
        gc.collect()
        own = str(Path(fakemysql.__file__).parent)
        wanted = [
            tracemalloc.Filter(True, f"{own}/*"),
            tracemalloc.Filter(False, f"{own}/simulation/*"),
            tracemalloc.Filter(False, f"{own}/transcript.py"),
        ]
        statistics = tracemalloc.take_snapshot().filter_traces(wanted).statistics("filename")
        return sum(each.size for each in statistics)

    async def story() -> None:
        async with FakeServer(max_connections=1200) as server:
            server.transcript.keep = 10
            clients = [await RawClient.log_in(server) for _ in range(100)]
            tracemalloc.start()
            try:
                clients += [await RawClient.log_in(server) for _ in range(10)]
                before = taken()
                clients += [await RawClient.log_in(server) for _ in range(500)]
                each = (taken() - before) / 500
            finally:
                tracemalloc.stop()
            assert 1000 < each < IDLE_BYTES
            for client in clients:
                await client.hang_up()

    simulated(story)


def test_a_thousand_clients_at_once_are_all_served_and_none_is_starved() -> None:
    statements = 10
    done: list[int] = []

    async def member(client: RawClient, number: int) -> None:
        for _ in range(statements):
            await client.query("SELECT 1", packets=5)
            done[number] += 1
        if len(finishers) == 0:
            # When the first is through, nobody is far behind.
            assert min(done) >= statements - 2
        finishers.append(number)

    finishers: list[int] = []

    async def story() -> None:
        async with FakeServer(max_connections=1000) as server:
            clients = [await RawClient.log_in(server) for _ in range(1000)]
            done.extend([0] * len(clients))
            await asyncio.gather(*(member(client, number) for number, client in enumerate(clients)))
            assert server.connections.peak == 1000
            for client in clients:
                await client.hang_up()

    simulated(story)
    assert sorted(finishers) == list(range(1000))
