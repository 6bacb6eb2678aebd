"""One link between two sockets, as the kernels at its ends have it: what is on its way, what is unread, how it ended.

An `End` is what a connected socket is to the kernel: a queue of bytes that have arrived or are about to, a peer, and
the knowledge of how it ended. What asyncio makes of that (transports, servers) is not known here; it comes in as a
`User` that is told when there is something to read or room to write. Which delays, cuts and faults there are is the
network's to say; here is what they do. No loop, no socket, no clock.

Each direction is one queue in which arrival times never decrease: bytes may be late and cut anywhere, but they come in
order, as TCP promises. A queue stands in the network's heap with its head only, so a thousand segments on their way are
still one entry.

Where TCP has odd corners, Linux is followed, and tests/fakemysql/test_simulation_like_tcp.py compares the two: a socket
that is closed with bytes unread sends a reset and not an end, bytes that come to a closed socket are answered with a
reset, and what arrived before a reset can still be read.
"""

from __future__ import annotations

import enum
from collections import deque
from heapq import heappush
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from .network import SimulatedNetwork

__all__ = ["Address", "Dial", "End", "Link", "Mark", "Side", "Source", "User", "show"]

Address = tuple[str, int] | str
"""Where somebody listens: (IP address, port), or the path of a Unix socket."""

Side = Literal["client", "server"]


class Mark(enum.Enum):
    """What can stand in a queue beside bytes."""

    ACCEPT = "accept"
    FIN = "fin"
    RST = "rst"


class User(Protocol):
    """Whoever holds an end: a transport. Both calls come in a loop iteration of their own, never from inside a call."""

    def readable(self) -> None:
        """Told that `take` has something, if it wants it."""
        ...

    def writable(self) -> None:
        """Told that there is room again, after `End.wants_room` was set."""
        ...


class Source(Protocol):
    """What can stand in the heap."""

    context: Context | None

    def arrive(self) -> None:
        """Do what was due."""
        ...


class End:
    """One end of a link, as the kernel has it: an inbox, a peer, and who holds it.

    Attributes:
        link: the link.
        side: "client" (dialled) or "server" (was dialled).
        peer: the other end.
        user: the transport, None before the first, after the last, and between the two of a socket handed on.
        unread: bytes that are in the inbox, on their way or arrived.
        extra_delay: seconds that everything to this end takes longer.
        stalled: nothing reaches this end for now; silent: nor ever again.
        finished: nothing more will be sent from here.
        wants_room: the user waits for room to write to the peer; reset when it is told.
        linger_zero: SO_LINGER was set to zero seconds: the last close sends a reset.
        hung_up: the peer's end of its stream has been read.
        closed: nobody holds it any longer.
        context: the context variables with which the user is called.
    """

    __slots__ = (
        "_armed",
        "_free_at",
        "_holders",
        "_inbox",
        "_last",
        "_network",
        "closed",
        "context",
        "extra_delay",
        "finished",
        "hung_up",
        "linger_zero",
        "link",
        "peer",
        "side",
        "silent",
        "stalled",
        "unread",
        "user",
        "wants_room",
    )

    peer: End

    def __init__(self, network: SimulatedNetwork, link: Link, side: Side) -> None:
        """Make one end; the link joins the two."""
        self._network = network
        self._inbox: deque[tuple[float, bytes | Mark]] = deque()
        self._last = 0.0  # the latest arrival time in the inbox: nothing overtakes it
        self._free_at = 0.0  # when the wire to this end has sent what it has, if it has a speed
        self._armed = False
        self._holders = 1
        self.link = link
        self.side = side
        self.user: User | None = None
        self.context: Context | None = None
        self.unread = 0
        self.extra_delay = 0.0
        self.stalled = False
        self.silent = False
        self.wants_room = False
        self.linger_zero = False
        self.finished = False
        self.hung_up = False
        self.closed = False

    # What the user does.

    @property
    def room(self) -> int:
        """How many bytes can be sent before the writer has to wait; 0 or less is none."""
        return self._network.buffer_bytes - self.peer.unread

    def send(self, data: bytes) -> None:
        """Put bytes on their way to the peer, in one piece or several; the caller minds `room`."""
        network = self._network
        if network.faulty and network.draw_faults(self.link):
            return
        peer = self.peer
        size = len(data)
        peer.unread += size
        timeline = network.timeline
        if timeline.keeps:
            timeline.add(network.now, self.link.number, "send", self.side, size, self.link.shown(data))
        draw = network.draw
        limit = network.segment_bytes
        split = network.split
        think = network.think if self.side == "server" else None
        delay = 0.0 if think is None else think[0] + think[1] * draw()
        start = 0
        while start < size:
            rest = size - start
            piece = rest if rest < limit else limit
            if split and piece > 1 and draw() < split:
                piece = 1 + int(draw() * (piece - 1))
            peer.put(data if piece == size else data[start : start + piece], piece, delay)
            start += piece

    def put(self, payload: bytes | Mark, size: int = 0, delay: float = 0.0) -> None:
        """Queue what will come to this end, after a delay drawn from the settings and never before what is there."""
        network = self._network
        now = when = network.now
        if network.speed is not None:
            when = self._free_at = (self._free_at if self._free_at > now else now) + size / network.speed
        when += network.least_latency + self.extra_delay + delay
        if network.latency_span:
            when += network.latency_span * network.draw()
        if when < self._last:
            when = self._last
        self._last = when
        self._inbox.append((when, payload))
        if not self._armed:
            self._armed = True
            heappush(network.due, (when, next(network.order), self))

    def finish(self) -> None:
        """Say that no more bytes will come from here, once."""
        if not self.finished:
            self.finished = True
            self._network.record(self.link, "fin", self.side)
            self.peer.put(Mark.FIN)

    def reset(self) -> None:
        """Tell the peer that the connection is no more, once; what is already on its way still arrives before."""
        self.finished = True
        if not self.link.was_reset:
            self.link.was_reset = True
            self._network.record(self.link, "rst", self.side)
            self.peer.put(Mark.RST)

    def take(self, limit: int) -> bytes | Mark:
        """Take what has arrived: up to `limit` bytes, or a mark. Only for a user that was just told `readable`."""
        inbox = self._inbox
        network = self._network
        payload = inbox.popleft()[1]
        if type(payload) is Mark:
            self.hung_up = self.hung_up or payload is Mark.FIN
            network.record(self.link, "end" if payload is Mark.FIN else "broken", self.side)
            return payload
        data: bytes = payload  # type: ignore[assignment] # a Mark has no subclass
        if len(data) > limit or (inbox and inbox[0][0] <= network.now):
            data = self._gather(data, limit)
        size = len(data)
        self.unread -= size
        timeline = network.timeline
        if timeline.keeps:
            timeline.add(network.now, self.link.number, "arrive", self.side, size)
        if self.peer.wants_room:
            self.peer.arm(network.now)
        return data

    def _gather(self, first: bytes, limit: int) -> bytes:
        inbox = self._inbox
        now = self._network.now
        pieces = [first]
        size = len(first)
        while size < limit and inbox and inbox[0][0] <= now and not isinstance(inbox[0][1], Mark):
            pieces.append(inbox.popleft()[1])  # type: ignore[arg-type] # it is no mark, the line above has seen to it
            size += len(pieces[-1])
        if size > limit:
            keep = len(pieces[-1]) - (size - limit)
            inbox.appendleft((now, pieces[-1][keep:]))
            pieces[-1] = pieces[-1][:keep]
        return b"".join(pieces)

    def expect(self) -> None:
        """Have the user told when the next thing is there; it has taken one, or begins to read (again)."""
        if self._inbox and not self._armed:
            when = self._inbox[0][0]
            self.arm(when if when > self._network.now else self._network.now)

    def is_broken(self) -> bool:
        """Tell whether a reset has arrived, read or not: what a write would be answered with an error for."""
        now = self._network.now
        return any(payload is Mark.RST and when <= now for when, payload in self._inbox)

    def hold(self) -> None:
        """Count one more holder: a duplicate of the socket."""
        self._holders += 1

    def release(self, *, abort: bool = False) -> None:
        """Let go; the last holder closes: with an end of the stream, or with a reset when bytes are unread."""
        self._holders -= 1
        if self._holders or self.closed:
            return
        self.closed = True
        now = self._network.now
        unread = bool(self._inbox) and any(when <= now and type(payload) is bytes for when, payload in self._inbox)
        if unread or self.linger_zero or (abort and self._network.settings.abort_resets):
            self.reset()
        else:
            self.finish()
        self.user = None
        self._network.record(self.link, "closed", self.side)
        if self.peer.closed:
            self._network.forget(self.link)
        else:
            self.expect()

    # What the network does.

    def arm(self, when: float) -> None:
        """Stand in the heap for `when`."""
        self._armed = True
        network = self._network
        heappush(network.due, (when, next(network.order), self))

    def arrive(self) -> None:
        """Do what is due at this end: tell the user, or answer for one that is gone."""
        self._armed = False
        user = self.user
        if self.wants_room and user is not None and self.room > 0:
            self.wants_room = False
            user.writable()
        if self.stalled or not self._inbox:
            return
        when, payload = self._inbox[0]
        if when > self._network.now:
            self.expect()
        elif payload is Mark.ACCEPT:
            self._inbox.popleft()
            self._network.accept(self)
        elif user is not None:
            user.readable()
        elif self.closed:
            self._answer_for_nobody()

    def _answer_for_nobody(self) -> None:
        now = self._network.now
        while self._inbox and self._inbox[0][0] <= now:
            if not isinstance(self._inbox.popleft()[1], Mark):
                self.reset()
        self.expect()

    def break_off(self) -> None:
        """Lose what is on its way to this end and put a reset in its place, at once."""
        self._inbox.clear()
        self.unread = 0
        self._last = self._network.now
        self._inbox.append((self._last, Mark.RST))
        self.arm(self._last)

    def drop(self) -> None:
        """Forget everybody, so that nothing of a closed simulation is kept alive by a ring of references."""
        self._inbox.clear()
        self.user = None
        self.context = None
        self.closed = self.finished = True
        del self.link, self.peer


class Link:
    """One connection between two ends, from the dial to the moment when both have closed.

    Attributes:
        number: 1, 2, ... in order of dialling.
        client_address: where the dialling side is, "" for a Unix socket.
        server_address: what was dialled.
        client, server: the two ends.
        encrypted: TLS runs over it; the timeline then keeps no bytes.
        was_reset: one side has sent a reset.
    """

    __slots__ = ("client", "client_address", "encrypted", "number", "server", "server_address", "was_reset")

    def __init__(
        self, network: SimulatedNetwork, number: int, client_address: Address, server_address: Address
    ) -> None:
        """Make a link and its two ends, joined."""
        self.number = number
        self.client_address = client_address
        self.server_address = server_address
        self.encrypted = False
        self.was_reset = False
        self.client = End(network, self, "client")
        self.server = End(network, self, "server")
        self.client.peer = self.server
        self.server.peer = self.client

    def shown(self, data: bytes) -> bytes | str:
        """Answer with what the timeline may keep of `data`."""
        return "tls" if self.encrypted else data

    def __repr__(self) -> str:
        """Say which link it is, what waits in it, and what has been done to it."""
        words = [f"#{self.number} {show(self.client_address)} > {show(self.server_address)}"]
        for end in (self.server, self.client):
            if end.unread:
                words.append(f"{end.unread} bytes not yet read by the {end.side}")
            if end.silent:
                words.append(f"cut towards the {end.side}")
            elif end.stalled:
                words.append(f"stalled towards the {end.side}")
            if end.closed:
                words.append(f"closed by the {end.side}")
        return ", ".join(words)


class Dial:
    """A connect on its way: it answers once, with an end or with an error, unless it is given up before."""

    __slots__ = ("_answer", "_network", "context", "link_number", "local", "remote")

    def __init__(
        self, network: SimulatedNetwork, local: Address | None, remote: Address, answer: Callable[[End | OSError], None]
    ) -> None:
        """Set out at once."""
        self._network = network
        self._answer: Callable[[End | OSError], None] | None = answer
        self.context: Context | None = None
        self.link_number = next(network.link_numbers)
        self.local = local if local is not None else network.dialling_address(remote)
        self.remote = remote
        if network.timeline.keeps:
            network.timeline.add(
                network.now, self.link_number, "connect", "client", 0, f"{show(self.local)} > {show(remote)}"
            )
        self.set_out()

    def set_out(self) -> None:
        """Put the answer in the heap, a round trip away."""
        network = self._network
        delay = 2 * (network.least_latency + network.delays.get(self.remote, 0.0))
        if network.latency_span:
            delay += network.latency_span * (network.draw() + network.draw())
        heappush(network.due, (network.now + delay, next(network.order), self))

    def give_up(self) -> None:
        """Nobody waits any longer; a packet of a socket that is closed while it dials comes to nothing."""
        self._answer = None

    def arrive(self) -> None:
        """Answer, or wait until the address is no longer stalled."""
        if self._answer is None:
            return
        network = self._network
        if self.remote in network.stalled:
            network.held.append(self)
            return
        answer, self._answer = self._answer, None
        answer(network.establish(self))


def show(address: Address) -> str:
    """Write an address as people do."""
    if isinstance(address, str):
        return address or "(unnamed)"
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
