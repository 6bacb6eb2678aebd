"""The compressed protocol: the stream of ordinary packets in zlib-compressed pieces; no I/O.

Where both sides set CLIENT_COMPRESS, everything after the login's final OK travels in *compressed packets*: 3 bytes
length of what follows the header, 1 byte number, 3 bytes length before compression (0 where the piece is not
compressed), then the piece. Pieces are cut without regard to the ordinary packets inside: one may hold several, or a
part of one. The numbers of the compressed packets count by themselves, from 0 with each command, in both directions
together.

The module sits between a socket and a :class:`~fakemysql.framing.Framing` and is kept from knowing packets. No piece
yields more bytes than its header declares, and that is at most 16 MiB; pieces are decompressed one by one as they are
asked for, so that a limit on the framing's side stops a bomb after the piece that passes it.

What servers do with numbers *inside* is for the conversation to know: they do not look at the inner number of what they
receive, and number the packets of an answer on from the number of its first compressed packet.

Source: MySQL manual, "Compression"; MariaDB 10.11.19 and MySQL 9.7.4 agree in everything tried: pieces under 50 bytes
go uncompressed, as do pieces that would grow, buffers are flushed at 16 KiB, and a length before compression that
promises too much is let pass while one that promises too little ends the connection.
"""

from __future__ import annotations

import zlib
from typing import Final

from .framing import FramingError, OutOfOrder

MIN_COMPRESSED_BYTES: Final = 50
"""Shorter pieces are sent as they are: the header of zlib would eat the gain."""

PIECE_BYTES: Final = 16_384
"""How much of the stream a server puts into one compressed packet (its net_buffer_length)."""

_HEADER: Final = 7


class CannotUncompress(FramingError):
    """A piece is damaged, or holds more than its header declares. Servers hang up without a packet."""


class Compression:
    """Both directions of one connection: feed with :meth:`receive`, take with :meth:`next_piece`, write by :meth:`wrap`.

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

    def wrap(self, stream: bytes) -> bytes:
        """Put a part of the stream of ordinary packets, as framed, into compressed packets."""
        wrapped = bytearray()
        for start in range(0, len(stream), PIECE_BYTES):
            piece = stream[start : start + PIECE_BYTES]
            declared = 0
            if len(piece) >= MIN_COMPRESSED_BYTES:
                compressed = zlib.compress(piece)
                if len(compressed) < len(piece):
                    declared, piece = len(piece), compressed
            wrapped += (len(piece) | self.sequence << 24 | declared << 32).to_bytes(_HEADER, "little")
            wrapped += piece
            self.sequence = (self.sequence + 1) & 0xFF
        return bytes(wrapped)

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
