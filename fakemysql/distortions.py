"""What faults do to the bytes of an answer: packets in, packets out, changed.

A distortion is put before a connection's output for one turn of the server's: it is fed the packets in the order in
which they would have been written, and finished when it is the client's turn again, or the connection ends. Several of
them are fed one by the other. It sees packets before they are compressed and encrypted, so that a client meets a wrong
byte in the protocol and not in its zlib.

The module knows the header of a packet, and as much of bodies as WrongInteger needs. It draws from a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from .effects import Hangup
from .faults import Cut, Duplicate, Garble, Replace, Reset, WrongInteger, WrongLength, WrongNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .faults import Action, Chance

    Packets = list[bytes]

_HEADER: Final = 4
_HUGE: Final = b"\xfe" + b"\xff" * 8


class Distortion(Protocol):
    """One fault's effect on one turn. end: how the connection is to end now; None while it is not."""

    end: Hangup | None

    def feed(self, packets: Packets) -> Packets:
        """These are to be written; what is written instead."""
        ...

    def finish(self) -> Packets:
        """Nothing more comes in this turn; what is written behind it."""
        ...


def packets_of(stream: bytes) -> Packets:
    """Whole packets, headers included."""
    packets, start = [], 0
    while start < len(stream):
        stop = start + _HEADER + int.from_bytes(stream[start : start + 3], "little")
        packets.append(stream[start:stop])
        start = stop
    return packets


class Shortened:
    """So many bytes, then an end; what is shorter is followed by the end all the same."""

    def __init__(self, limit: int, how: Hangup) -> None:
        self.end: Hangup | None = None
        self._left = limit
        self._how = how

    def feed(self, packets: Packets) -> Packets:
        stream = b"".join(packets)
        if len(stream) >= self._left:
            self.end = self._how
        kept = stream[: self._left]
        self._left -= len(kept)
        return [kept]

    def finish(self) -> Packets:
        self.end = self._how
        return []


class Replaced:
    """Other bytes in the place of all."""

    def __init__(self, data: bytes, *, closes: bool) -> None:
        self.end: Hangup | None = None
        self._data = data
        self._closes = closes

    def feed(self, packets: Packets) -> Packets:
        return []

    def finish(self) -> Packets:
        if self._closes:
            self.end = Hangup.FIN
        return [self._data]


class Repeated:
    """Everything twice, or one packet."""

    end: Hangup | None = None

    def __init__(self, only: int | None) -> None:
        self._only = only
        self._index = 0
        self._said: Packets = []

    def feed(self, packets: Packets) -> Packets:
        if self._only is None:
            self._said += packets
            return packets
        place = self._only - self._index
        self._index += len(packets)
        if not 0 <= place < len(packets):
            return packets
        return [*packets[: place + 1], *packets[place:]]

    def finish(self) -> Packets:
        return self._said


class Changed:
    """Each packet, or one, made another by a function."""

    end: Hangup | None = None

    def __init__(self, change: Callable[[bytes], bytes], only: int | None) -> None:
        self._change = change
        self._only = only
        self._index = 0

    def feed(self, packets: Packets) -> Packets:
        changed = []
        for packet in packets:
            changed.append(self._change(packet) if self._only in (None, self._index) else packet)
            self._index += 1
        return changed

    def finish(self) -> Packets:
        return []


def garbled(packet: bytes, count: int, chance: Chance) -> bytes:
    """So many bytes of the body, none twice, each changed into another."""
    changed = bytearray(packet)
    places = list(range(_HEADER, len(packet)))
    for _ in range(min(count, len(places))):
        changed[places.pop(chance.below(len(places)))] ^= 1 + chance.below(255)
    return bytes(changed)


def renumbered(packet: bytes, by: int) -> bytes:
    """The header with another number."""
    return packet[:3] + bytes(((packet[3] + by) & 0xFF,)) + packet[4:]


def announced(packet: bytes, by: int) -> bytes:
    """The header with another length, within what three bytes can say."""
    length = min(max(len(packet) - _HEADER + by, 0), 0xFFFFFF)
    return length.to_bytes(3, "little") + packet[3:]


def overstated(packet: bytes) -> bytes:
    """The body with the greatest length-encoded integer in the place of its first one; other bodies as they are."""
    body = packet[_HEADER:]
    if body[:1] == b"\xff" or (body[:1] == b"\xfe" and len(body) < 9) or not body:
        return packet
    kept = 1 if body[:1] == b"\x00" or body[:1] == b"\xfe" else 0  # an OK, or one that ends a result
    first = body[kept] if len(body) > kept else 0
    width = {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(first, 1)
    body = body[:kept] + _HUGE + body[kept + width :]
    return len(body).to_bytes(3, "little") + packet[3:4] + body


def distortion(action: Action, chance: Chance) -> Distortion:
    """What an action does to the bytes that are due."""
    if isinstance(action, Cut):
        return Shortened(action.after_bytes, Hangup.FIN)
    if isinstance(action, Reset):
        return Shortened(action.after_bytes, Hangup.RST)
    if isinstance(action, Replace):
        return Replaced(action.data, closes=action.closes)
    if isinstance(action, Duplicate):
        return Repeated(action.packet)
    if isinstance(action, Garble):
        count = action.count
        return Changed(lambda packet: garbled(packet, count, chance), action.packet)
    if isinstance(action, WrongNumber):
        number = action.by
        return Changed(lambda packet: renumbered(packet, number), action.packet)
    if isinstance(action, WrongLength):
        length = action.by
        return Changed(lambda packet: announced(packet, length), action.packet)
    assert isinstance(action, WrongInteger), f"{action} changes no bytes"
    return Changed(overstated, action.packet)


class Distortions:
    """All that is done to the output of one turn, in the order in which the faults struck."""

    def __init__(self) -> None:
        self._parts: list[Distortion] = []

    def add(self, part: Distortion) -> None:
        self._parts.append(part)

    @property
    def end(self) -> Hangup | None:
        """How the connection is to end now; None while it is not."""
        return next((part.end for part in self._parts if part.end is not None), None)

    def feed(self, stream: bytes, *, is_all: bool = False) -> bytes:
        """Whole packets that are to be written; what is written instead. is_all: the turn is over."""
        return b"".join(self._through(packets_of(stream), self._parts, is_all=is_all))

    @staticmethod
    def _through(packets: Packets, parts: Sequence[Distortion], *, is_all: bool) -> Packets:
        for part in parts:
            packets = part.feed(packets)
            if is_all:
                packets = packets + part.finish()
        return packets
