"""The wire over TCP: a proxy before a fake server and a real one alike, which passes bytes through and watches.

Knows: connections, and what `dialogue.py` overhears on them. Kept from knowing: what kind of server is behind it, and
which driver is in front.

One proxy serves one clause, in the clause's own event loop, and takes every connection with it when it goes. It is
built on transports and protocols rather than on streams: an end of stream, a reset and a quiet close are three calls
here, in the order in which they happened, and no task is needed a connection, so none is left behind. It dials and
listens through the running loop alone, so that a loop with a network of its own carries it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, cast

from ..world import Command, Ending, Link, Point
from .dialogue import Dialogue, error_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

LOOPBACK = "127.0.0.1"
STORY_LINES = 60
ACCEPT_TURNS = 3  # of the loop, in which a connection that was accepted just now gets its transport


class Relay:
    """One connection through the proxy: the client's side, the server's side, and the dialogue between them.

    It is the `Link` that clauses see. `ending` is set once, by whoever ends the link first.
    """

    def __init__(self, proxy: Proxy, number: int) -> None:
        self.number = number
        self.ending: Ending | None = None
        self.dialogue = Dialogue()
        self.client = _Side(self.client_sent, self.client_ended)
        self.server = _Side(self.server_sent, self.server_ended)
        self._proxy = proxy
        self._held_back: list[bytes] = []
        self._held_at = Point.GREETING
        self._server_has_ended = False
        self.is_leaving = False
        """The client has said COM_QUIT and ended its stream, and a gate holds back the server's end of it."""

    @property
    def thread_id(self) -> int | None:
        greeting = self.dialogue.greeting
        return greeting.thread_id if greeting else None

    @property
    def is_open(self) -> bool:
        return self.ending is None

    @property
    def commands(self) -> Sequence[Command]:
        return self.dialogue.commands

    @property
    def statements(self) -> Sequence[str]:
        return [command.text for command in self.dialogue.commands if command.name == "COM_QUERY"]

    @property
    def is_in_transaction(self) -> bool:
        return self.dialogue.is_in_transaction

    @property
    def is_answer_due(self) -> bool:
        """The server has not yet said what it owes, and no gate holds it up. A login is owed as a whole."""
        if not self.is_open or self._proxy.is_held(self):
            return False
        return self.dialogue.phase is not Point.REPLY or self.dialogue.is_answer_due

    def client_sent(self, data: bytes) -> None:
        self._proxy.events += 1
        for command in self.dialogue.client_sent(data, self._proxy.now()):
            if command.name == "COM_QUERY":
                self._proxy.statements.append(command.text)
        self.server.write(data, backpressure=self.client)

    def server_sent(self, data: bytes) -> None:
        self._proxy.events += 1
        point = self.dialogue.phase
        passed = self.dialogue.server_sent(data, self._proxy.now())
        if passed:
            if not self._held_back:
                self._held_at = point
            self._held_back.append(passed)
            self.deliver()

    def deliver(self) -> None:
        """Pass on what the server sent, and its end, unless a gate holds it back: then all of it waits, in order."""
        if self._proxy.gate_for(self, self._held_at if self._held_back else self.dialogue.phase) is not None:
            return
        while self._held_back:
            self.client.write(self._held_back.pop(0), backpressure=self.server)
        if self._server_has_ended or self.is_leaving:
            self.is_leaving = False
            self.client.close()

    def client_ended(self, error: Exception | None) -> bool:
        """True: the client's side stays half open."""
        if self.dialogue.has_quit:
            self.end(Ending.QUIT)
        else:
            self.end(Ending.RESET if error else Ending.EOF)
        self.server.close()
        if error is None and self.dialogue.has_quit and self._proxy.gate_for(self, Point.REPLY) is not None:
            self.is_leaving = True
        else:
            self.client.close()
        return self.is_leaving

    def server_ended(self, error: Exception | None) -> bool:
        """False: there is nothing left to be said to a server that has ended."""
        self.end(Ending.QUIT if self.dialogue.has_quit else Ending.SERVER)
        self._server_has_ended = True
        if error:
            self.client.abort()
        else:
            self.deliver()
        return False

    def end(self, ending: Ending) -> None:
        """The link ends here; the first reason stands."""
        if self.ending is None:
            self.ending = ending
            self._proxy.events += 1
            self.dialogue.note(self._proxy.now(), f"ended: {ending.value}")


class _Side(asyncio.Protocol):
    """One of a relay's two sockets: reports what arrives and how it ended, slows the other when its peer is slow."""

    def __init__(self, on_data: Callable[[bytes], None], on_end: Callable[[Exception | None], bool]) -> None:
        self._on_data = on_data
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self._slowed: _Side | None = None
        self._early: list[Callable[[asyncio.Transport], None]] = []
        self.has_ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        for action in self._early:
            action(self._transport)

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def eof_received(self) -> bool:
        return self._on_end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_ended.set()
        self.resume_writing()
        self._on_end(exc)

    def pause_writing(self) -> None:
        assert self._slowed is not None, "nothing but a write of the other side's bytes fills this one"
        self._slowed._act(lambda transport: transport.pause_reading())

    def resume_writing(self) -> None:
        if self._slowed is not None:
            self._slowed._act(lambda transport: transport.resume_reading())

    def write(self, data: bytes, *, backpressure: _Side) -> None:
        """Send; while this side is full, backpressure is not read from."""
        self._slowed = backpressure
        self._act(lambda transport: None if transport.is_closing() else transport.write(data))

    def close(self) -> None:
        """End the stream after what was written."""
        self._act(lambda transport: transport.close())

    def abort(self) -> None:
        """Reset the connection."""
        self._act(_reset)

    def _act(self, action: Callable[[asyncio.Transport], None]) -> None:
        """Do it now, or as soon as there is a connection."""
        if self._transport is None:
            self._early.append(action)
        else:
            action(self._transport)

    @property
    def is_connected(self) -> bool:
        return self._transport is not None


def _reset(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:  # pragma: no branch - a loop with a network of its own may have none
        with contextlib.suppress(OSError):  # a socket that is gone already cannot be told to linger
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class TcpGate:
    """A stall in force: for one relay, by its number, or for all, at one point."""

    def __init__(self, proxy: Proxy, point: Point, number: int | None) -> None:
        self._proxy = proxy
        self._number = number
        self.point = point
        self._held: list[Relay] = []

    @property
    def waiting(self) -> Sequence[Link]:
        return [relay for relay in self._held if relay.is_open or relay.is_leaving]

    def holds(self, relay: Relay, point: Point) -> bool:
        """Whether the relay is to wait here; from then on it is listed."""
        if point is not self.point or self._number not in (None, relay.number):
            return False
        if relay not in self._held:
            self._held.append(relay)
            relay.dialogue.note(self._proxy.now(), f"stalled: {point.value}")
        return True

    def open(self) -> None:
        if self in self._proxy.gates:
            self._proxy.gates.remove(self)
            for relay in self._held:
                self._proxy.carry_on(relay, self.point)


class Proxy:
    """The wire in front of one server; `async with` it, then point a driver at `port` of 127.0.0.1."""

    def __init__(self, host: str, port: int) -> None:
        """Args: where the server listens."""
        self._upstream = (host, port)
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._relays: list[Relay] = []
        self._dials: set[asyncio.Task[None]] = set()
        self._refusals: dict[int, int | None] = {}
        self._stack = contextlib.AsyncExitStack()
        self.gates: list[TcpGate] = []
        self.statements: list[str] = []
        self.events = 0
        self.peak = 0
        self.port = 0

    async def __aenter__(self) -> Proxy:
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._end_all)
            listener = await self._loop.create_server(self._accept, LOOPBACK, 0)
            stack.callback(listener.close)
            self._fence = await self._loop.create_server(_Bell, LOOPBACK, 0)
            stack.callback(self._fence.close)
            self.port = listener.sockets[0].getsockname()[1]
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _end_all(self) -> None:
        for task in self._dials:
            task.cancel()
        if self._dials:
            await asyncio.wait(self._dials)
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        for relay in self._relays:
            relay.end(Ending.CUT)
            for side in (relay.client, relay.server):
                side.abort()
        for relay in self._relays:
            for side in (relay.client, relay.server):
                if side.is_connected:
                    await side.has_ended.wait()

    # What clauses ask

    @property
    def links(self) -> Sequence[Link]:
        return self._relays

    @property
    def accepted(self) -> int:
        return len(self._relays)

    @property
    def live(self) -> int:
        return sum(relay.is_open for relay in self._relays)

    def link(self, thread_id: int) -> Link:
        for relay in self._relays:
            if relay.thread_id == thread_id:
                return relay
        known = [relay.thread_id for relay in self._relays]
        raise LookupError(f"no link of the wire has thread id {thread_id}; there are {known}")

    @property
    def is_answer_due(self) -> bool:
        return any(relay.is_answer_due for relay in self._relays)

    def cut(self, link: Link, *, reset: bool = False) -> None:
        relay = self._relays[link.number - 1]
        relay.end(Ending.CUT)
        relay.is_leaving = False
        if reset:
            relay.client.abort()
        else:
            relay.client.close()
        relay.server.close()

    def say(self, link: Link, data: bytes) -> None:
        relay = self._relays[link.number - 1]
        relay.dialogue.note(self.now(), f"< {len(data)} bytes that the server has not sent")
        relay.client.write(data, backpressure=relay.server)

    def refuse(self, number: int, *, code: int | None = None) -> None:
        self._refusals[number] = code

    @contextlib.contextmanager
    def stall(self, point: Point, link: Link | int | None = None) -> Iterator[TcpGate]:
        gate = TcpGate(self, point, link if link is None or isinstance(link, int) else link.number)
        self.gates.append(gate)
        try:
            yield gate
        finally:
            gate.open()

    async def fence(self) -> None:
        """A connection of our own to a second listener: what was dialled earlier has been accepted when it answers."""
        host, port = self._fence.sockets[0].getsockname()[:2]
        transport, bell = await self._loop.create_connection(_Bell, host, port)
        try:
            await bell.rung.wait()
        finally:
            transport.close()

    def story(self) -> str:
        lines = sorted(
            (when, f"{when - self._started:8.3f}  link {relay.number}  {text}")
            for relay in self._relays
            for when, text in relay.dialogue.notes
        )
        shown = [line for _, line in lines[-STORY_LINES:]]
        if len(lines) > len(shown):
            shown.insert(0, f"          ({len(lines) - len(shown)} earlier lines left out)")
        return "\n".join(shown) or "          nothing: no connection was made"

    # What relays ask

    def now(self) -> float:
        """The loop's time, in seconds."""
        return self._loop.time()

    def gate_for(self, relay: Relay, point: Point) -> TcpGate | None:
        """The gate that holds this relay at this point, if there is one."""
        return next((gate for gate in self.gates if gate.holds(relay, point)), None)

    def is_held(self, relay: Relay) -> bool:
        """Whether some gate keeps something of this relay back."""
        return any(relay in gate.waiting for gate in self.gates)

    def carry_on(self, relay: Relay, point: Point) -> None:
        """A gate was opened: do what it kept from happening, unless the link has ended or another gate is shut."""
        if point is Point.DIAL:
            if relay.is_open and self.gate_for(relay, point) is None:
                self._dial(relay)
        else:
            relay.deliver()

    # Connections

    def _accept(self) -> asyncio.Protocol:
        relay = Relay(self, len(self._relays) + 1)
        self._relays.append(relay)
        self.events += 1
        relay.dialogue.note(self.now(), "connected")
        if relay.number in self._refusals:
            self._refuse(relay, self._refusals[relay.number])
        elif self.gate_for(relay, Point.DIAL) is None:
            self._dial(relay)
        self.peak = max(self.peak, self.live)
        return relay.client

    def _refuse(self, relay: Relay, code: int | None) -> None:
        relay.end(Ending.REFUSED)
        if code is None:
            relay.client.abort()
        else:
            relay.client.write(error_packet(code, "refused by the conformance suite", 0), backpressure=relay.server)
            relay.client.close()

    def _dial(self, relay: Relay) -> None:
        task = self._loop.create_task(self._connect(relay), name=f"wire: dial for link {relay.number}")
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def _connect(self, relay: Relay) -> None:
        try:
            await self._loop.create_connection(lambda: relay.server, *self._upstream)
        except OSError as error:
            relay.dialogue.note(self.now(), f"the server could not be reached: {error}")
            relay.server_ended(error)


class _Bell(asyncio.Protocol):
    """Both ends of a fence: the listening end rings once, the dialling end hears it."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(b"!")

    def data_received(self, data: bytes) -> None:
        self.rung.set()
