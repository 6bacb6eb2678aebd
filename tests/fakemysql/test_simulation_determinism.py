"""The same seed gives the same history, byte for byte: in one process, in two, and whatever hashing does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakemysql.simulation import Network, Simulation, running_loop

HOST, PORT = "db.test", 3306


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each line with its digest, a thousandfold for some."""
    try:
        while line := await reader.readline():
            digest = hashlib.sha256(line).digest()
            writer.write(digest.hex().encode() * (1000 if digest[0] < 20 else 1) + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError):
        pass
    finally:
        writer.close()


async def user(number: int) -> None:
    """Connect, ask, be refused and reset; give up sometimes."""
    loop = running_loop()
    for round_number in range(4):
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.5):
                reader, writer = await asyncio.open_connection(HOST, PORT, limit=1_000_000)
                try:
                    for _ in range(5):
                        writer.write(f"user {number} round {round_number} {loop.random.random()}\n".encode())
                        await reader.readline()
                finally:
                    writer.close()
        loop.note(f"user {number} is through round {round_number}")


async def doomed(names: set[str]) -> None:
    """Tasks of a group, cancelled together, each of which says so."""

    async def member(name: str) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            running_loop().note(f"member {name} is cancelled")

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            for name in sorted(names):
                group.create_task(member(name))
            await asyncio.sleep(0.01)
            raise LookupError


async def history() -> None:
    """A small world in which most of what the simulation can do happens."""
    loop = running_loop()
    server = await asyncio.start_server(serve, HOST, PORT)
    users = [asyncio.create_task(user(number)) for number in range(6)]
    await asyncio.sleep(0.02)
    if loop.network.links:
        loop.network.reset(loop.random.choice(loop.network.links))
    loop.network.stall((HOST, PORT), toward="client")
    await doomed({"a", "b", "c", "d", "e"})
    loop.network.resume((HOST, PORT))
    users[loop.random.randrange(6)].cancel()
    await asyncio.wait(users)
    server.close()


def play(seed: int) -> str:
    """Play the history and answer with its timeline."""
    network = Network(hosts={HOST: ["10.0.0.1"]}, refusals=0.1, resets=0.02, cuts=0.01, think=(0, 0.01))
    with Simulation(seed, network) as sim:
        # 3.11 tells of a server's handler that was cancelled as if it had failed
        sim.loop.set_exception_handler(lambda loop, context: None)
        sim.run(history())
    return str(sim.timeline)


def test_the_same_seed_gives_the_same_history_twice_in_one_process() -> None:
    for seed in range(5):
        first = play(seed)
        _ballast = [object() for _ in range(10_000)]  # other places in memory
        assert play(seed) == first
        assert len(first.splitlines()) > 200


def test_different_seeds_give_different_histories() -> None:
    assert len({play(seed) for seed in range(20)}) == 20


@pytest.mark.parametrize("optimised", [[], ["-O"], ["-X", "dev"]])
def test_the_same_seed_gives_the_same_history_in_another_process(optimised: list[str]) -> None:
    """With another hash seed, with and without assertions, and in asyncio's debug mode."""
    histories = [
        subprocess.run(
            [sys.executable, *optimised, __file__, "7"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for hash_seed in (["1", "4321"] if not optimised else ["99"])
    ]
    assert {history.removesuffix("\n") for history in histories} == {play(7)}


if __name__ == "__main__":
    print(play(int(sys.argv[1])))
