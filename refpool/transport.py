"""The wire's end in asyncio: a BufferedProtocol that feeds a decider and wakes the one command that waits.

This module knows asyncio's transports: dialling, TLS, buffers, pausing, the several ways to end. It is kept from
knowing what the bytes mean: a ``Packets`` (a reply, or one packet of a login) takes them, and says when there is news.
All packets that a read has brought are handled in one go, and the waiting task is woken once for all of them; a task
switch or a ``readexactly`` for each packet would cost ten times what decoding a row does.

Bytes are read into one buffer that is used again and again; it grows when a packet, or the speed of the stream, asks
for more, and shrinks when the command is over. What is taken from it is copied out in one piece, since slices of
``bytes`` are what Python decodes fastest.
"""

from __future__ import annotations

import asyncio
import copy
import socket
import struct
from typing import TYPE_CHECKING, Final

from refpool import wire
from refpool.errors import ConnectionLost, MySQLError
from refpool.replies import Packets, Reply, farewell, may_be_farewell

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from refpool.settings import ConnectSettings

__all__ = ["Link", "dial"]

_FIRST_BUFFER: Final = 16 * 1024  # an ordinary reply, and what an idle connection costs
_FAST_BUFFER: Final = 256 * 1024  # a stream: fewer reads, windows long enough to make each one's overhead vanish
_LEAST_ROOM: Final = 4 * 1024  # below it a read is not worth its system call
_UNREAD_LIMIT_BYTES: Final = 256 * 1024  # of rows decoded that nobody has fetched, and of bytes nobody has asked for
_GOODBYE_SECONDS: Final = 5.0  # for a peer that takes neither our last bytes nor TLS's farewell

_header: Final = struct.Struct("<I").pack
_header_and_command: Final = struct.Struct("<IB").pack


async def dial(loop: asyncio.AbstractEventLoop, settings: ConnectSettings, ended: Callable[[], None]) -> Link:
    """Open a TCP connection or a unix socket.

    Args:
        ended: called, without waiting, when the link ends or brings bytes that nobody asked for, while it is idle or
            has unread rows or results.

    Raises:
        OSError: as asyncio raises it.
    """
    if settings.unix_socket is not None:
        _, link = await loop.create_unix_connection(lambda: Link(loop, ended), settings.unix_socket)
        return link
    _, link = await loop.create_connection(lambda: Link(loop, ended), settings.host, settings.port)
    sock = link.transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return link


class Link(asyncio.BufferedProtocol):
    """One transport and the command that waits on it.

    Attributes:
        failure: why the link can be used no more; None as long as it can. Once set it is not replaced, but for a
            better reason (the server's own words).
        idle: between commands, so that each byte which comes is one that nobody asked for.
    """

    __slots__ = (
        "_buffer",
        "_closed",
        "_drain_waiters",
        "_end",
        "_ended",
        "_goodbye",
        "_loop",
        "_packets",
        "_paused_reading",
        "_paused_writing",
        "_start",
        "_waiter",
        "_waiters_for_close",
        "failure",
        "idle",
        "transport",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, ended: Callable[[], None]) -> None:
        self._loop = loop
        self._ended: Callable[[], None] | None = ended
        self._buffer = bytearray(_FIRST_BUFFER)
        self._start = 0
        self._end = 0
        self._packets: Packets | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drain_waiters: list[asyncio.Future[None]] = []
        self._waiters_for_close: list[asyncio.Future[None]] = []
        self._goodbye: asyncio.TimerHandle | None = None
        self._paused_reading = False
        self._paused_writing = False
        self._closed = False
        self.failure: MySQLError | None = None
        self.idle = False
        self.transport: asyncio.Transport

    # -- What asyncio calls ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # asyncio types it by its base

    def get_buffer(self, sizehint: int) -> memoryview:
        if len(self._buffer) - self._end < _LEAST_ROOM:
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._end += nbytes
        packets = self._packets
        if packets is None:
            self._nobody_asked()
            return
        if self._end - self._start < packets.need:
            return
        self._feed(packets)
        if packets.news:
            waiter = self._waiter
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
            elif not packets.over and isinstance(packets, Reply) and packets.taken_bytes > _UNREAD_LIMIT_BYTES:
                self._pause_reading()

    def eof_received(self) -> None:
        # Returning None lets the transport close itself, and connection_lost() tells the waiting command.
        self._fail(ConnectionLost.because("the server closed the connection"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._fail(ConnectionLost.because(str(exc) if exc is not None else "the connection was closed"))
        self._wake_all()
        if self._goodbye is not None:
            self._goodbye.cancel()
            self._goodbye = None
        for waiter in self._waiters_for_close:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters_for_close.clear()

    def pause_writing(self) -> None:
        self._paused_writing = True

    def resume_writing(self) -> None:
        self._paused_writing = False
        for waiter in self._drain_waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._drain_waiters.clear()

    # -- Reading --------------------------------------------------------------------------------------------------

    def expect(self, packets: Packets) -> None:
        """From now on, what comes belongs to these; what has come already is fed to them at once."""
        self.idle = False
        self._packets = packets
        if self._end > self._start:
            self._feed(packets)
        self._resume_reading()

    async def wait(self, packets: Packets) -> None:
        """Wait for news of these, which are expected.

        Raises:
            MySQLError: the link's failure; what came before the end is still an answer.
        """
        if not packets.news and self.failure is None:
            self._resume_reading()
            self._waiter = waiter = self._loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        if not packets.news and self.failure is not None:
            raise self.why_failed()

    def why_failed(self) -> MySQLError:
        """The failure, to be raised: a copy, since an exception that was raised holds on to its caller's frames, and
        the link would hold on to them with it."""
        assert self.failure is not None
        return copy.copy(self.failure)

    def settle(self) -> None:
        """The command is over and no other follows: from now on, whatever comes is unasked for."""
        self.idle = True
        if self._end > self._start:
            self._nobody_asked()
        elif len(self._buffer) > _FIRST_BUFFER:
            self._buffer = bytearray(_FIRST_BUFFER)
            self._start = self._end = 0

    def _feed(self, packets: Packets) -> None:
        start, end = self._start, self._end
        window = bytes(memoryview(self._buffer)[start:end])
        try:
            taken = packets.feed(window)
        except MySQLError as failure:
            self._fail(failure)
            self.abort()
            self._wake_all()
            return
        if packets.over:
            self._packets = None
        if taken == end - start:
            self._start = self._end = 0
            if end == len(self._buffer) and not packets.over:
                self._make_room()
        else:
            self._start = start + taken

    def _make_room(self) -> None:
        """The buffer is nearly full: grow it for a quick stream or a long packet, else move its rest to the front."""
        start, size = self._start, self._end - self._start
        need = self._packets.need if self._packets is not None else 0
        length = len(self._buffer)
        if length < _FAST_BUFFER or size > length // 2 or need > length:
            length = max(min(2 * length, _FAST_BUFFER), need + _FIRST_BUFFER, 2 * size)
            buffer = bytearray(length)
            buffer[:size] = memoryview(self._buffer)[start : start + size]
            self._buffer = buffer
        else:
            # In place, although asyncio still holds a view of it: the length stays.
            self._buffer[:size] = self._buffer[start : start + size]
        self._start, self._end = 0, size

    def _nobody_asked(self) -> None:
        if not self.idle:
            # Between two results, or two replies that were asked for together: it is kept, but not without end.
            if self._end - self._start > _UNREAD_LIMIT_BYTES:
                self._pause_reading()
            return
        window = bytes(memoryview(self._buffer)[self._start : self._end])
        words = farewell(window)
        self._fail(
            words or ConnectionLost.because(f"{len(window)} bytes came that nobody asked for"), words is not None
        )
        if not may_be_farewell(window):
            self.abort()

    def _pause_reading(self) -> None:
        if not self._paused_reading and not self.transport.is_closing():
            self._paused_reading = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Rows were fetched: there is room for more."""
        self._resume_reading()

    def _resume_reading(self) -> None:
        if self._paused_reading:
            self._paused_reading = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    # -- Writing --------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.transport.write(data)

    def send(self, command: int, body: bytes) -> None:
        """Send a command that fits one packet: len(body) < LARGEST_PAYLOAD - 1."""
        self.transport.write(_header_and_command(len(body) + 1, command) + body)

    async def send_large(self, command: int, body: bytes, answer: Packets) -> None:
        """Send a command in as many packets as it takes, no faster than the server reads.

        A server that will not have one so long (1153) says so and closes, before it has read all of it: the link fails
        then while it is written. That is no error here if the answer has come.
        """
        try:
            await self.send_payload(b"".join((bytes((command,)), body)), 0)
        except MySQLError:
            if not answer.news:
                raise

    async def send_payload(self, payload: bytes, sequence: int) -> int:
        """Send a payload in as many packets as it takes, no faster than the server reads.

        Returns:
            the sequence number of what follows.

        Raises:
            MySQLError: the link's failure.
        """
        view = memoryview(payload)
        while True:
            part = view[: wire.LARGEST_PAYLOAD]
            self.transport.write(_header(len(part) | sequence << 24))
            if part:
                self.transport.write(part)
            sequence = sequence + 1 & 0xFF
            if self._paused_writing:
                await self._drained()
                # What has come meanwhile is read first: an attempt to write to a link that has ended ends it for both.
                await asyncio.sleep(0)
            if self.failure is not None:
                raise self.why_failed()
            if len(part) < wire.LARGEST_PAYLOAD:
                return sequence
            view = view[wire.LARGEST_PAYLOAD :]

    async def _drained(self) -> None:
        while self._paused_writing and self.failure is None:
            waiter = self._loop.create_future()
            self._drain_waiters.append(waiter)
            await waiter

    # -- TLS ------------------------------------------------------------------------------------------------------

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str) -> None:
        """Turn to TLS.

        Raises:
            OSError: as asyncio raises it: the certificate is not trusted, the handshake fails.
            MySQLError: bytes came before TLS began, which somebody on the way must have sent.
        """
        if self._end > self._start:
            raise ConnectionLost.because("the server sent plain text where TLS was to begin")
        transport = await self._loop.start_tls(
            self.transport, self, context, server_hostname=server_hostname, ssl_shutdown_timeout=_GOODBYE_SECONDS
        )
        if transport is None:  # asyncio's way to say that the transport closed meanwhile
            raise ConnectionLost.because("the server closed the connection while TLS was to begin")
        self.transport = transport

    # -- The end --------------------------------------------------------------------------------------------------

    def close(self, last_bytes: bytes) -> None:
        """Send the last bytes and close; never waits."""
        self._ended = None
        transport = self.transport
        if self._closed or transport.is_closing() or self._loop.is_closed():
            return
        self.failure = self.failure or ConnectionLost.because("it was closed")
        self._resume_reading()
        transport.write(last_bytes)
        transport.close()
        if transport.get_write_buffer_size() or transport.get_extra_info("sslcontext") is not None:
            self._goodbye = self._loop.call_later(_GOODBYE_SECONDS, transport.abort)

    def abort(self, reason: str = "it was closed") -> None:
        """Drop the connection at once; a command that waits fails at once."""
        self._fail(ConnectionLost.because(reason))
        self._wake_all()
        if not self._closed and not self._loop.is_closed():
            self.transport.abort()

    def forget_owner(self) -> None:
        """Call ``ended`` no more."""
        self._ended = None

    async def wait_closed(self) -> None:
        """Wait until the transport has said connection_lost."""
        if not self._closed:
            waiter = self._loop.create_future()
            self._waiters_for_close.append(waiter)
            await waiter

    def _fail(self, failure: MySQLError, better: bool = False) -> None:
        if self.failure is None or better:
            self.failure = failure
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _wake_all(self) -> None:
        self.resume_writing()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
