"""Real drivers, unmodified, on the simulated network against the fake server; nothing here is real but the code.

The bodies are written once, on what all of them share: an asyncio pool of connections with cursors. mysql-connector's
asyncio part has no pool, and is tested by itself where it is installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from typing import TYPE_CHECKING, Any

import aiomysql
import asyncmy
import pytest

import refpool
from fakemysql import FakeServer
from fakemysql.simulation import DeadlockError, Moment, Network, Simulation, Steps, cancellation_points, running_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DRIVERS = {"refpool": refpool, "aiomysql": aiomysql, "asyncmy": asyncmy}
EAGER = [False, True] if sys.version_info >= (3, 12) else [False]

driver_names = pytest.mark.parametrize("name", DRIVERS)


def fake_server(**options: Any) -> FakeServer:
    """A server that takes its chance and its date from the world it is in."""
    loop = running_loop()
    return FakeServer(nonce=loop.random.randbytes, random=loop.random, wall=loop.utcnow, **options)


@contextlib.asynccontextmanager
async def pool_of(name: str, server: FakeServer, **options: Any) -> AsyncIterator[Any]:
    usual = {"host": server.host, "port": server.port, "user": "root", "db": "test", "minsize": 1, "maxsize": 2}
    async with DRIVERS[name].create_pool(**{**usual, **options}) as pool:
        yield pool


async def select(pool: Any, number: int) -> int:
    async with pool.acquire() as connection, connection.cursor() as cursor:
        await cursor.execute("SELECT %s", (number,))
        ((value,),) = await cursor.fetchall()
        return int(value)


async def six_users(name: str) -> int:
    async with fake_server() as server, pool_of(name, server) as pool:
        assert await asyncio.gather(*(select(pool, number) for number in range(6))) == list(range(6))
        return len(running_loop().network.links)


@driver_names
@pytest.mark.parametrize("eager", EAGER)
@pytest.mark.parametrize("network", [Network.instant(), Network(), Network(split=0.6, segment_bytes=10)])
def test_a_pool_serves_everybody(name: str, eager: bool, network: Network) -> None:
    """Six users, two connections; nothing of them is left on the network."""
    for seed in range(5):
        with Simulation(seed, network, eager_tasks=eager) as sim:
            assert sim.run(six_users(name)) == 2
            sim.run(asyncio.sleep(1))
            assert not sim.network.links


@driver_names
def test_debug_mode(name: str) -> None:
    with Simulation(debug=True) as sim:
        sim.run(six_users(name))


@driver_names
def test_the_history_is_the_same_for_the_same_seed(name: str) -> None:
    """Every byte on the wire included."""
    histories = []
    for seed in (3, 3, 4):
        with Simulation(seed) as sim:
            sim.run(six_users(name))
            histories.append(str(sim.timeline))
    assert histories[0] == histories[1] != histories[2]


@driver_names
def test_time_is_virtual_for_driver_and_server(name: str) -> None:
    """SLEEP takes its seconds, and a pool's recycling hours; nobody waits for them."""

    async def main() -> None:
        loop = running_loop()
        async with fake_server() as server, pool_of(name, server, maxsize=1, pool_recycle=3600) as pool:
            began = loop.time()
            async with pool.acquire() as connection, connection.cursor() as cursor:
                first = connection.thread_id()
                await cursor.execute("SELECT SLEEP(100), CURDATE()")
                ((_, date),) = await cursor.fetchall()
                assert str(date) == "2030-01-01"
            assert 100 <= loop.time() - began < 101
            await asyncio.sleep(4000)
            async with pool.acquire() as connection:
                assert connection.thread_id() != first

    with Simulation() as sim:
        sim.run(main())


@driver_names
def test_an_idle_connection_meets_wait_timeout(name: str) -> None:
    async def main() -> None:
        async with (
            fake_server(variables={"wait_timeout": 60}) as server,
            pool_of(name, server, maxsize=1) as pool,
        ):
            await select(pool, 1)
            await asyncio.sleep(61)
            assert not server.connections
            assert await select(pool, 2) == 2

    with Simulation() as sim:
        sim.run(main())


@driver_names
@pytest.mark.parametrize("seed", range(5))
def test_tls(name: str, seed: int) -> None:
    """Each begins it in its own way: by start_tls, or by a duplicate of the socket handed to create_connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    async def main() -> None:
        async with fake_server(tls=True, require_tls=True) as server, pool_of(name, server, ssl=context) as pool:
            assert await asyncio.gather(*(select(pool, number) for number in range(4))) == list(range(4))
            encrypted = [link for link in running_loop().network.links if link.encrypted]
            assert len(encrypted) == 2

    with Simulation(seed) as sim:
        sim.run(main())
        assert any(event.detail == "tls" for event in sim.timeline)


@driver_names
def test_nobody_listens(name: str) -> None:
    async def main() -> None:
        async with fake_server() as server:
            server.stop_listening()
            with pytest.raises(
                DRIVERS[name].OperationalError if name != "asyncmy" else asyncmy.errors.OperationalError
            ):
                async with pool_of(name, server):
                    pass

    with Simulation() as sim:
        sim.run(main())


@driver_names
def test_a_link_that_is_reset_is_an_error_and_the_pool_goes_on(name: str) -> None:
    async def main() -> None:
        loop = running_loop()
        async with fake_server() as server, pool_of(name, server, maxsize=1) as pool:
            loop.call_later(1, loop.network.reset, (server.host, server.port))
            with pytest.raises(Exception, match=r"2013|Lost|lost|reset"):
                async with pool.acquire() as connection, connection.cursor() as cursor:
                    await cursor.execute("SELECT SLEEP(10)")
            assert await select(pool, 5) == 5

    with Simulation() as sim:
        sim.run(main())


@driver_names
def test_a_hang_is_found_at_once(name: str) -> None:
    """The server's answer never comes and nobody has set a limit: the error says who waits, and what is stalled."""

    async def main() -> None:
        loop = running_loop()
        async with fake_server() as server, pool_of(name, server) as pool:
            await select(pool, 1)
            loop.network.stall((server.host, server.port), toward="client")
            await asyncio.create_task(select(pool, 2), name="the user")

    with Simulation() as sim:
        with pytest.raises(DeadlockError, match=r"the user \(select\)") as caught:
            sim.run(main())
        assert "stalled towards the client" in str(caught.value)
        (link, *_) = sim.network.links
        sim.network.resume((link.server_address[0], int(link.server_address[1])))


def test_a_cancelled_user_of_refpool_harms_nobody() -> None:
    """The sweep, end to end: a user cancelled at each of its steps; another is served after each."""

    def play(at: int | None, moment: Moment = Moment.PARKED) -> int:
        async def main() -> int:
            async with fake_server() as server, pool_of("refpool", server, maxsize=1) as pool:
                steps = Steps(select(pool, 7), at=at, moment=moment)
                task = asyncio.create_task(steps)
                await asyncio.wait([task])
                assert task.cancelled() == (at is not None)
                async with asyncio.timeout(60):
                    assert await select(pool, 8) == 8
                assert (pool.size, pool.freesize) == (1, 1)
                return steps.count

        with Simulation(1) as sim:
            return sim.run(main())

    points = list(cancellation_points(play(None)))
    assert points
    for point in points:
        play(*point)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("encrypted", [False, True])
def test_mysql_connector(seed: int, encrypted: bool) -> None:
    connector = pytest.importorskip(
        "mysql.connector.aio", reason="mysql-connector-python is not among the test drivers"
    )

    async def main() -> None:
        async with fake_server(tls=encrypted) as server:
            connection = await connector.connect(
                host=server.host,
                port=server.port,
                user="root",
                database="test",
                ssl_disabled=not encrypted,  # it cannot do without when the server offers none and nothing is said
            )
            cursor = await connection.cursor()
            await cursor.execute("SELECT 7")
            assert await cursor.fetchall() == [(7,)]
            await connection.close()

    with Simulation(seed) as sim:
        sim.run(main())
        assert any(event.detail == "tls" for event in sim.timeline) == encrypted
