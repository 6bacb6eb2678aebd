"""The simulated world: the fake server and the wire before it on virtual time, in a network in memory.

Knows: the simulation that comes with the fake, and how its chance is spent. Kept from knowing: clauses and drivers.

Nothing real is opened and no real second passes, so a clause costs milliseconds, and one that hangs costs no more. All
chance comes from one seed, the server's own included: the same seed gives the same run, byte for byte.

The network is not instant. Each piece of what is written takes a time of its own, drawn from the seed, and some writes
arrive in two pieces, as on a real network; with another seed other things happen first. A statement is kept or not
whatever the network does, so the verdict on a pool that conforms must not depend on the seed. An instant network was
turned down: it shows every pool the one order of events in which the clauses were written.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from ..world import Stage
from .fake import find_fake
from .proxy import LOOPBACK, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from ..world import Stepped

LATENCY_SECONDS = (0.0002, 0.002)  # of one piece in one direction; far below a standstill's and a deadline's
AT_REST_SECONDS = 10 * LATENCY_SECONDS[1]  # a connect takes three latencies until it is counted


class SimulatedWire(Proxy):
    """The wire, whose fence waits until all that was under way has arrived: links do not keep step with one another."""

    async def fence(self) -> None:
        await super().fence()
        await asyncio.sleep(AT_REST_SECONDS)


class SimulatedWorld:
    """A world of its own for each clause, all from one seed."""

    name = "sim"

    def __init__(self, seed: int) -> None:
        """Args: seed: what all chance comes from. Raises Unavailable."""
        self._fake = find_fake()
        self._simulation = importlib.import_module(f"{self._fake.__name__}.simulation")
        self.server = "fakemysql"
        self.seed: int | None = seed

    def check(self) -> None:
        """There is nothing that could be missing: the package was found."""

    def loop_factory(self) -> asyncio.AbstractEventLoop:
        """A simulated loop at the beginning of its time."""
        loop: asyncio.AbstractEventLoop = self._simulation.SimulatedLoop(
            self.seed, self._simulation.Network(latency=LATENCY_SECONDS)
        )
        return loop

    @contextlib.asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        """A fresh server, with its account root and its database test."""
        loop = self._simulation.running_loop()
        loop.random.seed(self.seed)  # each stage of a clause begins as the first did, so that steps can be compared
        chance: dict[str, Any] = {"nonce": loop.random.randbytes, "random": loop.random, "wall": loop.utcnow}
        async with self._fake.FakeServer(**chance) as server, SimulatedWire(server.host, server.port) as wire:
            try:
                settings = {"host": LOOPBACK, "port": wire.port, "user": "root", "password": "", "db": "test"}
                yield Stage(wire, settings, self._stepped)
            finally:
                for link in loop.network.links:  # what a driver leaves open, it would close when its loop is gone
                    if link.client.user is not None:
                        link.client.user.abort()
                await asyncio.sleep(AT_REST_SECONDS)

    def _stepped(
        self,
        coroutine: Coroutine[Any, Any, Any],
        at: int,
        act: Callable[[asyncio.Task[Any]], object],
        *,
        is_woken: bool,
    ) -> Stepped:
        moment = self._simulation.Moment.WOKEN if is_woken else self._simulation.Moment.PARKED
        steps: Stepped = self._simulation.Steps(coroutine, at=at, moment=moment, act=act)
        return steps

    def remark(self, error: BaseException) -> str | None:
        """What is not simulated, where the driver has asked for such a thing."""
        seen: BaseException | None = error
        while seen is not None:
            if isinstance(seen, self._simulation.NotSimulated):
                return f"{seen}: this driver needs a real loop, so use --world tcp"
            seen = seen.__cause__ or seen.__context__
        return None
