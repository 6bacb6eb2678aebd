"""The simulated network: who listens where, what is on its way to whom, when it arrives, and the faults.

It plays the operating system's part, and what lies between the machines. What asyncio makes of it is not known here.
No loop, no socket, no clock: time is the number `now`, which the owner moves, and chance is a function that draws from
[0, 1).

How the parts fit: `Network` is what a test chooses, `SimulatedNetwork` the state; links and their ends are in link.py.
Everything that will happen lies in one heap of `(when, number, source)`. The number keeps the order in which things
were put in, so that two of them at one instant happen in the order in which they were caused.
"""

from __future__ import annotations

import errno
import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heappop
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol, TypeGuard

from .errors import NotSimulated
from .link import Address, Dial, End, Link, Mark, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .link import Side, Source
    from .timeline import Timeline

__all__ = ["EPOCH", "Listener", "Network", "SimulatedNetwork", "UnknownName"]

EPOCH: Final = 1000.0
"""What the clock shows at the start. A real monotonic clock is never 0, and code may take 0.0 for "never"."""

FIRST_LISTENING_PORT: Final = 49_152
FIRST_DIALLING_PORT: Final = 32_768
LAST_PORT: Final = 65_535
ANY_HOST: Final = {4: "0.0.0.0", 6: "::"}


class UnknownName(OSError):
    """The host name stands for no address; the loop turns it into socket.gaierror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the network may do, and how often. Times are seconds, chances are from 0 to 1.

    The default is a mild network that is never the same twice: small random delays, and writes cut at random places.
    `Network.instant()` leaves nothing to chance. Every fault that depends on chance is off until it is asked for.
    """

    latency: tuple[float, float] = (0.0001, 0.001)
    """Least and greatest delay of one segment; a connect takes two."""
    think: tuple[float, float] = (0.0, 0.0)
    """Least and greatest extra delay of what the accepting side writes: a server that takes its time."""
    split: float = 0.2
    """Chance that a piece of a write is cut at a random place; each rest is tried again."""
    segment_bytes: int = 16_384
    """No piece is longer. asyncio reads up to 256 KiB at once, so what arrives together is still read together."""
    buffer_bytes: int = 65_536
    """What one direction holds, on its way or unread, before the writer has to wait: the kernel's two buffers."""
    bytes_per_second: float | None = None
    """Speed of one direction; None is without limit."""
    refusals: float = 0.0
    """Chance that a connect to somebody who listens is refused all the same."""
    resets: float = 0.0
    """Chance, for each write, that the link is reset instead."""
    cuts: float = 0.0
    """Chance, for each write, that the link goes silent for ever from there on, in both directions, unannounced."""
    abort_resets: bool = False
    """What `transport.abort()` tells the peer. False is what asyncio on Linux does: a reset if bytes were unread or
    SO_LINGER is set to zero seconds, otherwise an ordinary end. True: always a reset."""
    hosts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Host names beside localhost, each with its IP addresses in the order in which they are tried."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, with a ValueError that names the setting."""
        for name in ("latency", "think"):
            least, greatest = getattr(self, name)
            if not 0 <= least <= greatest:
                raise ValueError(f"Network({name}={getattr(self, name)!r}): give (least, greatest) seconds, 0 or more")
        for name in ("split", "refusals", "resets", "cuts"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"Network({name}={getattr(self, name)!r}): a chance is a number from 0 to 1")
        if self.split == 1:
            raise ValueError("Network(split=1): every rest would be cut again; give segment_bytes=1 for single bytes")
        for name in ("segment_bytes", "buffer_bytes", "bytes_per_second"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"Network({name}={value!r}): it must be greater than 0")

    @classmethod
    def instant(cls) -> Network:
        """Make a network without delays, cuts and chance: what is written is there one loop iteration later."""
        return cls(latency=(0.0, 0.0), split=0.0, segment_bytes=2**62)


class Listener(Protocol):
    """Somebody who listens on an address."""

    def accept(self, end: End) -> None:
        """Take over the server's end of a link that has just been established."""
        ...


class SimulatedNetwork:
    """The state of one simulated network, and the faults a test can ask for.

    A fault's *target* is a `Link`, anything with `get_extra_info` that has one (a transport, a StreamWriter), or an
    address: (host, port) or a path, for every link to it and, where that makes sense, for connects to it.

    Attributes:
        settings: what was chosen.
        timeline: what happened.
        now: the loop's time.
    """

    def __init__(self, settings: Network, draw: Callable[[], float], timeline: Timeline, now: float = EPOCH) -> None:
        """Start with nobody listening.

        Args:
            settings: what the network may do.
            draw: answers with the next random number from [0, 1).
            timeline: told what happens.
            now: what the clock shows at first.
        """
        self.settings = settings
        self.draw = draw
        self.timeline = timeline
        self.now = now
        self.due: list[tuple[float, int, Source]] = []
        self.order = count()
        self.link_numbers = count(1)
        self.least_latency = settings.latency[0]
        self.latency_span = settings.latency[1] - settings.latency[0]
        self.speed = settings.bytes_per_second
        self.think = (settings.think[0], settings.think[1] - settings.think[0]) if any(settings.think) else None
        self.segment_bytes = settings.segment_bytes
        self.split = settings.split
        self.buffer_bytes = settings.buffer_bytes
        self.faulty = bool(settings.resets or settings.cuts)
        self.listeners: dict[Address, Listener] = {}
        self.bound: set[Address] = set()
        self.stale_paths: set[str] = set()
        self.refusing: set[Address] = set()
        self.stalled: set[Address] = set()
        self.delays: dict[Address, float] = {}
        self.held: list[Dial] = []
        self._links: dict[int, Link] = {}
        self._listening_port = FIRST_LISTENING_PORT
        self._dialling_port = FIRST_DIALLING_PORT

    # Names and addresses.

    def resolve(self, host: str | None) -> list[str]:
        """Answer with the IP addresses of a host; None or "" is this machine.

        Raises:
            UnknownName: it is no IP address, not localhost, and not among the settings' hosts.
        """
        if not host or host == "localhost":
            return ["127.0.0.1", "::1"]
        if host in self.settings.hosts:
            return list(self.settings.hosts[host])
        try:
            return [_as_written(host)]
        except ValueError:
            raise UnknownName(
                f"{host!r} is no IP address, and the simulated network has no host of that name;"
                f" name it: Network(hosts={{{host!r}: ['10.0.0.1']}})"
            ) from None

    def addresses(self, address: Address) -> list[Address]:
        """Answer with every address that (host, port) or a path stands for."""
        if isinstance(address, str):
            return [address]
        return [(ip, address[1]) for ip in self.resolve(address[0])]

    def dialling_address(self, remote: Address) -> Address:
        """Answer with an address of our own, with a new port, from which to dial `remote`."""
        if isinstance(remote, str):
            return ""
        port = self._dialling_port
        self._dialling_port = port + 1 if port < FIRST_LISTENING_PORT - 1 else FIRST_DIALLING_PORT
        return ("::1" if ":" in remote[0] else "127.0.0.1", port)

    def bind(self, address: Address) -> Address:
        """Reserve an address to listen on; port 0 becomes a free one, the same for the same history.

        Raises:
            OSError: EADDRINUSE, somebody has it.
        """
        if isinstance(address, str):
            self.stale_paths.discard(address)
        elif address[1] == 0:
            while (address[0], self._listening_port) in self.bound:
                self._listening_port += 1
            if self._listening_port > LAST_PORT:
                raise OSError(errno.EADDRINUSE, "every port from 49152 to 65535 was used in this simulation")
            address = (address[0], self._listening_port)
            self._listening_port += 1
        if address in self.bound:
            raise OSError(errno.EADDRINUSE, f"error while attempting to bind on address {address!r}: in use")
        self.bound.add(address)
        return address

    def listen(self, address: Address, listener: Listener) -> None:
        """Let connects to a bound address through to `listener`."""
        self.listeners[address] = listener

    def unbind(self, address: Address, *, keep_path: bool) -> None:
        """Listen no longer; `keep_path` leaves the file of a Unix socket, to which a connect is then refused."""
        self.bound.discard(address)
        self.listeners.pop(address, None)
        if keep_path and isinstance(address, str):
            self.stale_paths.add(address)

    def listener_for(self, address: Address) -> Listener | None:
        """Answer with who listens there, on the address itself or on all of its kind."""
        found = self.listeners.get(address)
        if found is None and not isinstance(address, str):
            return self.listeners.get((ANY_HOST[6 if ":" in address[0] else 4], address[1]))
        return found

    # Links.

    @property
    def links(self) -> tuple[Link, ...]:
        """The links that are not closed at both ends, in the order in which they were dialled."""
        return tuple(self._links.values())

    def dial(self, remote: Address, answer: Callable[[End | OSError], None], local: Address | None = None) -> Dial:
        """Connect; `answer` is called once, later, with the client's end or an error to raise."""
        return Dial(self, local, remote, answer)

    def establish(self, dial: Dial) -> End | OSError:
        """Decide what a connect comes to, now that its answer is due."""
        remote = dial.remote
        refused = remote in self.refusing
        if isinstance(remote, str) and remote not in self.bound and remote not in self.stale_paths:
            error: OSError = FileNotFoundError(errno.ENOENT, "No such file or directory", remote)
        elif refused or self.listener_for(remote) is None or (self.settings.refusals and self.draw_refusal()):
            error = ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {remote!r}")
        else:
            link = Link(self, dial.link_number, dial.local, remote)
            link.client.extra_delay = link.server.extra_delay = self.delays.get(remote, 0.0)
            self._links[link.number] = link
            self.record(link, "open", "client")
            link.server.put(Mark.ACCEPT)
            return link.client
        self.timeline.add(self.now, dial.link_number, "refuse", "", 0, show(remote))
        return error

    def accept(self, end: End) -> None:
        """Hand a link's server end to whoever listens by now; a reset if nobody does any longer."""
        listener = self.listener_for(end.link.server_address)
        if listener is None:
            end.linger_zero = True
            end.release()
            return
        self.record(end.link, "accept", "server")
        listener.accept(end)

    def forget(self, link: Link) -> None:
        """Drop a link both of whose ends have closed: whatever is still on its way reaches nobody."""
        self._links.pop(link.number, None)
        link.client.drop()
        link.server.drop()

    def record(self, link: Link, what: str, who: str = "") -> None:
        """Put an event of a link into the timeline."""
        if self.timeline.keeps:
            self.timeline.add(self.now, link.number, what, who)

    def close(self) -> None:
        """Forget every link and listener: the simulation is over."""
        for link in self.links:
            self.forget(link)
        self.listeners.clear()
        self.due.clear()
        self.held.clear()

    def ready(self) -> list[Source]:
        """Take what is due out of the heap, in order."""
        due = self.due
        now = self.now
        found = []
        while due and due[0][0] <= now:
            found.append(heappop(due)[2])
        return found

    # Chance.

    def draw_refusal(self) -> bool:
        """Decide by chance whether a connect is refused."""
        return self.draw() < self.settings.refusals

    def draw_faults(self, link: Link) -> bool:
        """Decide by chance whether a write breaks its link; True if it did."""
        if self.settings.resets and self.draw() < self.settings.resets:
            self.reset(link)
            return True
        if self.settings.cuts and self.draw() < self.settings.cuts:
            self.cut(link)
        return False

    # Faults.

    def refuse(self, address: Address) -> None:
        """Refuse every connect to an address, as a machine does on which the server has stopped, until `allow`."""
        self.refusing.update(self.addresses(address))
        self.timeline.add(self.now, 0, "refuse", "", 0, f"from now on, {show(address)}")

    def allow(self, address: Address) -> None:
        """Take back `refuse`."""
        self.refusing.difference_update(self.addresses(address))
        self.timeline.add(self.now, 0, "allow", "", 0, show(address))

    def reset(self, target: object) -> None:
        """Break off: both ends are told at once that the connection was reset, and what was on its way is lost."""
        for link in self._targets(target):
            self.record(link, "reset")
            link.was_reset = link.client.finished = link.server.finished = True
            link.client.break_off()
            link.server.break_off()

    def cut(self, target: object) -> None:
        """Cut the cable: nothing arrives any longer at either end, and neither end is told; there is no way back."""
        for link in self._targets(target):
            self.record(link, "cut")
            for end in (link.client, link.server):
                end.stalled = end.silent = True

    def stall(self, target: object, toward: Side | None = None) -> None:
        """Hold everything back until `resume`: bytes, ends, resets, and connects if the target is an address.

        Args:
            target: a link, something that has one, or an address.
            toward: hold back only what goes to this side of the links; None is both, and connects as well.
        """
        for link in self._targets(target):
            self.record(link, "stall", toward or "")
            for end in (link.client, link.server):
                if toward in (None, end.side):
                    end.stalled = True
        if _is_address(target) and toward is None:
            self.stalled.update(self.addresses(target))

    def resume(self, target: object) -> None:
        """Let go what `stall` has held back; it arrives now, in order. A link that was cut stays cut."""
        for link in self._targets(target):
            self.record(link, "resume")
            for end in (link.client, link.server):
                if not end.silent:
                    end.stalled = False
                    end.expect()
        if _is_address(target):
            self._let_go(self.addresses(target))

    def hold_connects(self, address: Address) -> Callable[[], None]:
        """Leave connects to an address unanswered until the function that is returned is called; links go on."""
        addresses = self.addresses(address)
        self.stalled.update(addresses)
        self.timeline.add(self.now, 0, "stall", "", 0, f"connects to {show(address)}")
        return lambda: self._let_go(addresses)

    def _let_go(self, addresses: Sequence[Address]) -> None:
        self.stalled.difference_update(addresses)
        held, self.held = self.held, []
        for dial in held:
            dial.set_out()

    def delay(self, target: object, seconds: float) -> None:
        """Add `seconds` to the delay of all that is sent from now on; 0 takes it back. For an address, connects too."""
        if seconds < 0:
            raise ValueError(f"delay({seconds!r}): a delay is 0 or more seconds")
        for link in self._targets(target):
            self.record(link, "delay")
            link.client.extra_delay = link.server.extra_delay = seconds
        if _is_address(target):
            for address in self.addresses(target):
                self.delays[address] = seconds

    def link_of(self, target: object) -> Link:
        """Answer with the link of a transport, a StreamWriter, or anything else whose `get_extra_info` tells it."""
        found = target if isinstance(target, Link) else None
        ask = getattr(target, "get_extra_info", None)
        if found is None and ask is not None:
            found = ask("link")
        if not isinstance(found, Link):
            raise NotSimulated(
                f"{target!r} has no simulated link; give a link, a transport, a StreamWriter or an address"
            )
        return found

    def _targets(self, target: object) -> Iterable[Link]:
        if not _is_address(target):
            return [self.link_of(target)]
        addresses = self.addresses(target)
        return [link for link in self.links if link.server_address in addresses]


@lru_cache
def _as_written(ip: str) -> str:
    """An IP address in its usual form; ValueError if it is none. Each connect asks, and most for the same one."""
    return str(ipaddress.ip_address(ip))


def _is_address(target: object) -> TypeGuard[Address]:
    return isinstance(target, str | tuple)
