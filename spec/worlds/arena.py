"""The world of random histories: a fake server on a simulated loop, with the network's faults at hand and no proxy.

Knows: the fake, its faults, and the network under it. Kept from knowing: histories, rules and drivers.

The server is watched through its own transcript and the network's links: a proxy before it would double what goes over
the network, and a thousand histories a second are wanted. The clauses look through the proxy and the histories do not,
so a mistake of one of the two observers does not hide in the other.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from .fake import find_fake

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from types import ModuleType, TracebackType
    from typing import Self

MAX_ITERATIONS = 50_000
"""Of the loop, in one history; the longest honest ones take some thousands."""


def find_parts() -> None:
    """Import what an arena needs. Raises Unavailable."""
    _part("simulation")


class Restless(Exception):
    """The loop never came to rest, or could not go on; the text says who still ran."""


@cache
def _fake() -> ModuleType:
    return find_fake()


@cache
def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{_fake().__name__}.{name}")


@cache
def _network(name: str) -> Any:
    network = _part("simulation").Network
    if name == "instant":
        return network.instant()
    return network() if name == "mild" else network(latency=(0.0005, 0.05), split=0.6)


class Arena:
    """One server in one simulated loop.

    Attributes:
        happened: events on the server so far.
        ended: the session's number and the time, for each session that did not end by the client's own doing.
        opened, opened_at: how many clients were let in, and when the last one was, in seconds of `now`.
        on_statement: called with each statement that comes, before it is carried out, and with whether its session is
            in a transaction.
    """

    def __init__(self, seed: int, network: str, *, wait_timeout: int, eager: bool, is_told: bool = True) -> None:
        """Begin a world; nothing runs yet. is_told: whether anybody will ask for the timeline; all else is the same."""
        simulation = _part("simulation")
        self._simulation = simulation.Simulation(
            seed,
            _network(network),
            max_iterations=MAX_ITERATIONS,
            eager_tasks=eager and sys.version_info >= (3, 12),
            **({} if is_told else {"kept_events": 0}),
        )
        self.loop = self._simulation.loop
        self._began = self.loop.time()
        self._network = self._simulation.network
        self._server: Any = None
        self._wait_timeout = wait_timeout
        self._refusing = 0
        self._logins = 0
        self._killing: set[Any] = set()
        self.happened = 0
        self.ended: list[tuple[int, float]] = []
        self.opened = 0
        self.opened_at = 0.0
        self.on_statement: Callable[[str, bool], object] = lambda statement, in_transaction: None
        self.tell: Callable[[str, str], object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the world, and everybody in it. What does not end then counts unless something else went wrong before."""
        try:
            self._simulation.close()
        except _part("simulation").SimulationError as on_closing:
            if error is None:
                raise Restless(_first_line(on_closing)) from on_closing

    @property
    def now(self) -> float:
        """Virtual seconds since the beginning."""
        now: float = self._network.now - self._began
        return now

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run to the end. Raises Restless."""
        try:
            self._simulation.run(main)
        except _part("simulation").SimulationError as error:
            raise Restless(_first_line(error)) from error

    def after_each_iteration(self, look: Callable[[], object]) -> None:
        """Have something called after each iteration of the loop; what it raises ends the run."""
        self._simulation.after_each_iteration(look)

    def stepped(
        self, coroutine: Coroutine[Any, Any, None], step: int, moment: str, act: Callable[[Any], object]
    ) -> Coroutine[Any, Any, None]:
        """The coroutine, with something done to its task between two of its steps."""
        simulation = _part("simulation")
        wrapped: Coroutine[Any, Any, None] = simulation.Steps(
            coroutine, at=step, moment=simulation.Moment(moment), act=act
        )
        return wrapped

    async def start(self) -> Mapping[str, Any]:
        """Start the server; answers with the parameters of connect()."""
        variables = {} if self._wait_timeout == 28_800 else {"wait_timeout": self._wait_timeout}
        # From the network's chance a server draws once, when it is made: what the network does must not depend on what
        # the server does later. A generator of its own would cost as much as a statement.
        self._server = _fake().FakeServer(
            variables=variables, nonce=self._nonce, random=self.loop.random, wall=self.loop.utcnow, keep_events=0
        )
        self._server.transcript.tap = self._hear
        await self._server.start()
        return {"host": self._server.host, "port": self._server.port, "user": "root", "password": "", "db": "test"}

    def _nonce(self, count: int) -> bytes:
        self._logins += 1
        return b"%0*d" % (count, self._logins)

    async def stop(self) -> None:
        """Stop the server."""
        await self._server.stop()

    def _hear(self, kind: type, at: float, session: int, values: tuple[Any, ...]) -> None:
        self.happened += 1
        name = kind.__name__
        if name == "CommandReceived":
            if values[0] == "COM_QUERY":
                self.on_statement(values[1], self._server.connections[session].in_transaction)
        elif name == "Accepted":
            self.opened += 1
            self.opened_at = at - self._began
        elif name == "Closed" and values[0].name not in ("QUIT", "EOF"):
            self.ended.append((session, at - self._began))
        if self.tell is not None:
            event = kind(at, session, *values)
            self.tell(f"session {session}", f"{event.mark} {event.describe()}")

    @property
    def open_links(self) -> int:
        """How many connections are open, as far as either side has said."""
        count = 0
        for link in self._network.links:
            if not link.client.finished and not link.server.finished:
                count += 1
        return count

    # Faults

    def kill(self, number: int) -> None:
        """KILL one of the sessions there are."""
        sessions = list(self._server.connections)
        if sessions:
            task = self.loop.create_task(sessions[number % len(sessions)].kill())
            self._killing.add(task)
            task.add_done_callback(self._killing.discard)

    def reset(self, number: int) -> None:
        """Break one of the links there are."""
        links = self._network.links
        if links:
            self._network.reset(links[number % len(links)])

    def stall(self, number: int, seconds: float) -> None:
        """Hold up what is under way on one of the links there are."""
        links = self._network.links
        if links:
            link = links[number % len(links)]
            self._network.stall(link)
            self.loop.call_later(seconds, self._network.resume, link)

    def refuse(self, seconds: float) -> None:
        """Have nobody listen."""
        address = (self._server.host, self._server.port)
        self._refusing += 1
        self._network.refuse(address)
        self.loop.call_later(seconds, self._allow, address)

    def _allow(self, address: tuple[str, int]) -> None:
        self._refusing -= 1
        if not self._refusing:
            self._network.allow(address)

    def full(self, seconds: float) -> None:
        """Meet each connect with error 1040."""
        fake = _fake()
        self._arm(fake.Fail(1040, "08004", "Too many connections"), fake.Hook.CONNECT, seconds)

    def deny(self, seconds: float) -> None:
        """Meet each login with error 1045."""
        fake = _fake()
        self._arm(fake.Fail(1045, "28000", "Access denied"), fake.Hook.LOGIN, seconds)

    def slow(self, seconds: float) -> None:
        """Let each connect wait for so long for its greeting."""
        fake = _fake()
        self._arm(fake.Delay(seconds), fake.Hook.CONNECT, seconds)

    def _arm(self, action: Any, hook: Any, seconds: float) -> None:
        fault = self._server.faults.arm(action, at=hook, times=None)
        self.loop.call_later(seconds, self._server.faults.disarm, fault)

    def timeline(self) -> str:
        """All that went over the network, a line an event; equal texts are equal runs."""
        text: str = self._simulation.timeline.text()
        return text


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
