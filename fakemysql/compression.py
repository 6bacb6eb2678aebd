"""The compressed protocol: the stream of ordinary packets in zlib-compressed pieces; no I/O.

Where both sides set CLIENT_COMPRESS, everything after the login's final OK travels in *compressed packets*: 3 bytes
length of what follows the header, 1 byte number, 3 bytes length before compression (0 where the piece is not
compressed), then the piece. Pieces are cut without regard to the ordinary packets inside: one may hold several, or a
part of one. The numbers of the compressed packets count by themselves, from 0 with each command, in both directions
together.

:class:`Compression` makes and reads pieces and is kept from knowing packets; :class:`CompressedFraming` is the framing
of a connection with it, in the place of a plain one. No piece yields more bytes than its header declares, and that is
at most 16 MiB; pieces are decompressed one by one as they are asked for, so that the framing's limit stops a bomb after
the piece that passes it.

Numbers *inside* mean little: servers do not look at the inner number of what they receive, and number the packets of an
answer on from the number of its first compressed packet.

Source: MySQL manual, "Compression"; MariaDB 10.11.19 and MySQL 9.7.4 agree in everything tried: pieces under 50 bytes
go uncompressed, as do pieces that would grow, buffers are flushed at 16 KiB, and a length before compression that
promises too much is let pass while one that promises too little ends the connection.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from .framing import Framing, FramingError, OutOfOrder

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_COMPRESSED_BYTES: Final = 50
"""Shorter pieces are sent as they are: the header of zlib would eat the gain."""

PIECE_BYTES: Final = 16_384
"""How much of the stream a server gathers for one compressed packet (its net_buffer_length)."""

_HEADER: Final = 7
_INNER_HEADER: Final = 4


class CannotUncompress(FramingError):
    """A piece is damaged, or holds more than its header declares. Servers hang up without a packet."""


class Compression:
    """Both directions of one connection: feed with :meth:`receive`, take with :meth:`next_piece`, write :meth:`wrap`.

    sequence: the number that the next compressed packet has, in whichever direction.

    After an error the stream has no further pieces: each later :meth:`next_piece` raises the same.
    """

    __slots__ = ("_error", "_inbox", "sequence")

    def __init__(self) -> None:
        self.sequence = 0
        self._inbox = bytearray()
        self._error: FramingError | None = None

    @property
    def pending_bytes(self) -> int:
        """How much has arrived that no piece has been made of."""
        return len(self._inbox)

    def restart(self) -> None:
        """A new command begins: the next compressed packet, in whichever direction, has number 0."""
        self.sequence = 0

    def receive(self, data: bytes) -> None:
        """Take what arrived, however it was cut."""
        self._inbox += data

    def next_piece(self) -> bytes | None:
        """The next piece of the stream of ordinary packets; None until a compressed packet has arrived whole.

        Raises:
            OutOfOrder: the compressed packet's number is not the one due; ``sequence`` stays the number that was due.
            CannotUncompress: damaged, or longer than declared.
        """
        if self._error is not None:
            raise self._error
        inbox = self._inbox
        if len(inbox) < _HEADER:
            return None
        if inbox[3] != self.sequence:
            raise self._broken(OutOfOrder(self.sequence, inbox[3]))
        end = _HEADER + int.from_bytes(inbox[:3], "little")
        if len(inbox) < end:
            return None
        declared = int.from_bytes(inbox[4:_HEADER], "little")
        body = bytes(inbox[_HEADER:end])
        del inbox[:end]
        piece = self._uncompressed(body, declared) if declared else body
        self.sequence = (self.sequence + 1) & 0xFF
        return piece

    def wrap(self, piece: bytes) -> bytes:
        """One piece of the stream of ordinary packets as a compressed packet; at most 16 MiB - 1."""
        declared = 0
        if len(piece) >= MIN_COMPRESSED_BYTES:
            compressed = zlib.compress(piece)
            if len(compressed) < len(piece):
                declared, piece = len(piece), compressed
        header = len(piece) | self.sequence << 24 | declared << 32
        self.sequence = (self.sequence + 1) & 0xFF
        return header.to_bytes(_HEADER, "little") + piece

    def _uncompressed(self, body: bytes, declared: int) -> bytes:
        stream = zlib.decompressobj()
        try:
            piece = stream.decompress(body, declared)
            # A piece of exactly the declared size may leave its checksum unread.
            finished = stream.eof or (not stream.decompress(stream.unconsumed_tail, 1) and stream.eof)
        except zlib.error as error:
            raise self._broken(
                CannotUncompress(f"a compressed packet of {len(body)} bytes is damaged: {error}")
            ) from error
        if not finished:
            text = (
                f"a compressed packet of {len(body)} bytes is cut off or holds more than the {declared} bytes declared"
            )
            raise self._broken(CannotUncompress(text))
        return piece

    def _broken(self, error: FramingError) -> FramingError:
        self._error = error
        self._inbox.clear()
        return error


class CompressedFraming(Framing):
    """A framing whose stream is compressed, in both directions; it takes the place of the plain one after the login.

    :meth:`frame` makes plain packets as ever: what is to be written goes through :meth:`seal` first.
    """

    __slots__ = ("_compression",)

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(limit_bytes=limit_bytes, checks_numbers=False)
        self._compression = Compression()

    @property
    def pending_bytes(self) -> int:
        return super().pending_bytes + self._compression.pending_bytes

    def restart(self) -> None:
        super().restart()
        self._compression.restart()

    def receive(self, data: bytes) -> None:
        self._compression.receive(data)

    def next_payload(self) -> bytes | None:
        """As in a plain framing; CannotUncompress besides."""
        payload = super().next_payload()
        while payload is None:
            piece = self._compression.next_piece()
            if piece is None:
                return None
            super().receive(piece)
            payload = super().next_payload()
        self.sequence = self._compression.sequence
        return payload

    def seal(self, stream: bytes) -> bytes:
        return b"".join(map(self._compression.wrap, _pieces(stream)))


def _pieces(stream: bytes) -> Iterator[bytes]:
    """The stream cut where a server cuts it, which some clients depend on.

    Headers and bodies go through a buffer of PIECE_BYTES; what does not fit fills it up, and a rest that is longer than
    the buffer goes out in one piece behind it.
    """
    start = position = 0
    while position < len(stream):
        length = int.from_bytes(stream[position : position + 3], "little")
        for size in (_INNER_HEADER, length):
            position += size
            if position - start > PIECE_BYTES:
                yield stream[start : start + PIECE_BYTES]
                start += PIECE_BYTES
                if position - start > PIECE_BYTES:
                    yield stream[start:position]
                    start = position
    if start < len(stream):
        yield stream[start:]
