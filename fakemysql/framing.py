"""A byte stream cut into packets, and packets put into a byte stream; no I/O.

Each packet has a header of 4 bytes: the length of the body (3, little-endian) and a sequence number (1). A body of
16,777,215 bytes or more goes on in the next packet, and one of an exact multiple of that ends with an empty packet.
Both directions share one counter, which starts at 0 with each command: a :class:`Framing` is strict about it, for a
client that miscounts today is a client that takes a stale answer for its own tomorrow.

The module knows lengths and numbers and is kept from the meaning of any body. It holds no more than has arrived, and
refuses a body as soon as the lengths declared pass ``limit_bytes``, before the body itself is there.

Source: MySQL manual, "MySQL Packets"; what a refusal looks like on the wire is the conversation's matter.
"""

from __future__ import annotations

from typing import Final

MAX_BODY: Final = 0xFFFFFF
"""The longest body that one packet carries; a body of this length announces another packet."""

_HEADER: Final = 4


class FramingError(Exception):
    """The stream cannot be cut into packets any further."""


class PacketTooBig(FramingError):
    """A body longer than the limit was announced (error 1153 on a server)."""

    def __init__(self, declared_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"a packet of at least {declared_bytes} bytes was announced; the limit is {limit_bytes}")
        self.declared_bytes = declared_bytes
        self.limit_bytes = limit_bytes


class OutOfOrder(FramingError):
    """A sequence number was not the one that was due (error 1156 on a server)."""

    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"packet {received} came, {expected} was due")
        self.expected = expected
        self.received = received


class Framing:
    """Both directions of one connection: :meth:`receive`, then :meth:`next_payload` until None; :meth:`frame` answers.

    After a :class:`FramingError` the stream has no further packets: each later :meth:`next_payload` raises the same.
    """

    __slots__ = ("_body", "_checks_numbers", "_error", "_inbox", "_lone", "limit_bytes", "sequence")

    def __init__(self, *, limit_bytes: int, checks_numbers: bool = True) -> None:
        self._checks_numbers = checks_numbers
        self.limit_bytes = limit_bytes
        self.sequence = 0
        self._inbox = bytearray()
        # What came while nothing else was there, and nearly always is one whole packet: it is cut once, and is a third
        # quicker through than by way of the inbox (measured).
        self._lone: bytes | None = None
        self._body: bytearray | None = None
        self._error: FramingError | None = None

    @property
    def pending_bytes(self) -> int:
        """How much has arrived that no payload has been made of."""
        lone = 0 if self._lone is None else len(self._lone)
        return lone + len(self._inbox) + (len(self._body) if self._body is not None else 0)

    def take_rest(self) -> bytes:
        """What has arrived behind the last payload, when it turns out to be no packets: TLS begins there."""
        self._put_lone()
        rest = bytes(self._inbox)
        self._inbox.clear()
        return rest

    def seal(self, stream: bytes) -> bytes:
        """What goes on the wire for a stream of framed packets: here the packets themselves."""
        return stream

    def restart(self) -> None:
        """A new command begins: the next packet, in whichever direction, has number 0."""
        self.sequence = 0

    def receive(self, data: bytes) -> None:
        """Take what arrived, however it was cut."""
        if self._lone is None and not self._inbox:
            self._lone = data
        else:
            self._put_lone()
            self._inbox += data

    def _put_lone(self) -> None:
        """The inbox holds all there is."""
        if self._lone is not None:
            self._inbox += self._lone
            self._lone = None

    def next_payload(self) -> bytes | None:
        """The body of the next whole payload, joined from its packets; None until it has arrived.

        Raises:
            OutOfOrder: the header's number is not the one due; ``sequence`` stays the number that was due.
            PacketTooBig: the announced lengths pass ``limit_bytes``; ``sequence`` is the number after that header's.
        """
        lone = self._lone
        if lone is not None:
            length = len(lone) - _HEADER
            if (
                0 <= length < MAX_BODY
                and length == lone[0] | lone[1] << 8 | lone[2] << 16
                and lone[3] == self.sequence
                and length <= self.limit_bytes
                and self._body is None
                and self._error is None
            ):
                self._lone = None
                self.sequence = (self.sequence + 1) & 0xFF
                return lone[_HEADER:]
            self._put_lone()
        if self._error is not None:
            raise self._error
        inbox = self._inbox
        while len(inbox) >= _HEADER:
            length = inbox[0] | inbox[1] << 8 | inbox[2] << 16
            if inbox[3] != self.sequence and self._checks_numbers:
                raise self._broken(OutOfOrder(self.sequence, inbox[3]))
            declared = length + (len(self._body) if self._body is not None else 0)
            if declared > self.limit_bytes:
                self.sequence = (self.sequence + 1) & 0xFF
                raise self._broken(PacketTooBig(declared, self.limit_bytes))
            end = _HEADER + length
            if len(inbox) < end:
                return None
            self.sequence = (self.sequence + 1) & 0xFF
            part = bytes(inbox[_HEADER:end])
            del inbox[:end]
            if length == MAX_BODY:
                if self._body is None:
                    self._body = bytearray()
                self._body += part
                continue
            if self._body is None:
                return part
            self._body += part
            whole = bytes(self._body)
            self._body = None
            return whole
        return None

    def frame(self, payload: bytes) -> bytes:
        """The payload as one or more packets, numbered on from the last one in either direction."""
        length = len(payload)
        if length < MAX_BODY:
            header = (length | self.sequence << 24).to_bytes(_HEADER, "little")
            self.sequence = (self.sequence + 1) & 0xFF
            return header + payload
        framed = bytearray()
        for start in range(0, length + 1, MAX_BODY):
            part = payload[start : start + MAX_BODY]
            framed += (len(part) | self.sequence << 24).to_bytes(_HEADER, "little")
            framed += part
            self.sequence = (self.sequence + 1) & 0xFF
        return bytes(framed)

    def _broken(self, error: FramingError) -> FramingError:
        self._error = error
        self._lone = None
        self._inbox.clear()
        self._body = None
        return error
