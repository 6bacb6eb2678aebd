"""asyncio's side of a simulated link: the transport, the server, and the socket that drivers insist on.

A transport does what asyncio's own does with a real socket: it offers bytes to the link's end, keeps what does not fit,
pauses and resumes its protocol, reads when told that there is something to read, and closes in the same order of
callbacks. The rules of the network are the end's; nothing here knows of delays or faults. TLS is asyncio's own
`SSLProtocol`, put between the transport and the application's protocol as asyncio puts it.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import sys
from asyncio.sslproto import SSLProtocol
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, cast

from .errors import NotSimulated, NotSimulatedAttribute
from .link import End, Mark

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from .link import Address
    from .loop import SimulatedLoop

__all__ = ["Listener", "SimulatedServer", "SimulatedSocket", "SimulatedTransport"]

READ_BYTES: Final = 256 * 1024
"""asyncio reads no more than this at once."""

HIGH_WATER_BYTES: Final = 64 * 1024
"""asyncio's own limit above which a protocol is told to pause; the low one is a quarter of it."""


def socket_address(address: Address) -> Any:
    """Answer with what `getsockname` says: a path, (host, port), or the four values of IPv6."""
    if isinstance(address, tuple) and ":" in address[0]:
        return (*address, 0, 0)
    return address


class SimulatedSocket:
    """What `get_extra_info("socket")` answers with: a socket that is connected to nothing real.

    It takes options and gives them back, names its addresses, can be duplicated and handed to `create_connection` (the
    way in which some drivers begin TLS), and its `fileno()` is -1, as that of a closed socket, so that nobody writes
    past the transport. To read or write through it is an error.
    """

    def __init__(self, end: End | None, address: Address, peer: Address | None, *, listening: bool = False) -> None:
        """Wrap a link's end, or none for a listening socket; `address` is its own and `peer` the other side's."""
        self._end = end
        self._address = address
        self._peer = peer
        self._options: dict[tuple[int, int], int | bytes] = {}
        self._listening = listening
        family = "AF_UNIX" if isinstance(address, str) else "AF_INET6" if ":" in address[0] else "AF_INET"
        self.family = getattr(socket, family)
        self.type = socket.SOCK_STREAM
        self.proto = 0

    def fileno(self) -> int:
        """Answer -1: the system knows no such file."""
        return -1

    def getsockname(self) -> Any:
        """Answer with our own address."""
        return socket_address(self._address)

    def getpeername(self) -> Any:
        """Answer with the other side's address; OSError if there is none."""
        if self._peer is None:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return socket_address(self._peer)

    def setsockopt(self, level: int, optname: int, value: int | bytes | None, optlen: int = 0) -> None:
        """Keep an option. SO_LINGER with zero seconds has its effect, no other has any."""
        self._options[level, optname] = value if value is not None else bytes(optlen)
        if (level, optname) == (socket.SOL_SOCKET, socket.SO_LINGER) and self._end is not None:
            self._end.linger_zero = struct.unpack("ii", cast("bytes", value)[:8]) == (1, 0)

    def getsockopt(self, level: int, optname: int, buflen: int = 0) -> int | bytes:
        """Answer with what was set, or zero."""
        if (level, optname) == (socket.SOL_SOCKET, socket.SO_TYPE):
            return int(self.type)
        return self._options.get((level, optname), bytes(buflen) if buflen else 0)

    def getblocking(self) -> bool:
        """Answer False, as every socket of an event loop does."""
        return False

    def gettimeout(self) -> float | None:
        """Answer 0.0, which is how a socket says that it does not block."""
        return 0.0

    def setblocking(self, flag: bool) -> None:
        """Accept False; a blocking socket would stop virtual time."""
        if flag:
            raise NotSimulated("socket.setblocking(True): a blocking socket has no place in an event loop")

    def settimeout(self, value: float | None) -> None:
        """Accept 0, as `setblocking(False)`."""
        self.setblocking(value != 0)

    def dup(self) -> SimulatedSocket:
        """Duplicate: the link stays open until this one is closed too."""
        if self._end is None or self._end.closed:
            raise OSError(errno.EBADF, "Bad file descriptor")
        self._end.hold()
        return SimulatedSocket(self._end, self._address, self._peer)

    def close(self) -> None:
        """Let the link go, if this is a duplicate that was not handed to `create_connection`."""
        end, self._end = self._end, None
        if end is not None:
            end.release()

    def hand_over(self) -> End | None:
        """Give the link's end away, to a transport that closes it from now on."""
        end, self._end = self._end, None
        return end

    def shutdown(self, how: int) -> None:
        """Say that no more bytes will come from here, unless only reading is to end."""
        if self._end is not None and how != socket.SHUT_RD:
            self._end.finish()

    def __getattr__(self, name: str) -> Any:
        """Refuse what a real socket has and this one has not."""
        if hasattr(socket.socket, name):
            raise NotSimulatedAttribute(
                f"socket.{name} is not simulated: bytes go through the transport, and there is no real socket behind it"
            )
        raise AttributeError(f"'SimulatedSocket' object has no attribute {name!r}")

    def __repr__(self) -> str:
        """Name the addresses."""
        return f"<SimulatedSocket {self._address!r} peer={self._peer!r}>"


class SimulatedTransport(asyncio.Transport):
    """A transport over one end of a simulated link; made by the loop.

    `get_extra_info` knows "peername", "sockname", "socket" and "link", and with TLS what asyncio adds to it.
    """

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_buffered",
        "_closing",
        "_end",
        "_eof",
        "_high",
        "_link",
        "_loop",
        "_lost",
        "_low",
        "_number",
        "_paused",
        "_protocol",
        "_reads_into_buffer",
        "_saw_eof",
        "_server",
        "_socket",
        "_told_to_pause",
    )

    # asyncio's start_tls asks for this name; a transport without it is refused.
    _start_tls_compatible = True

    _protocol: asyncio.BaseProtocol

    def __init__(
        self,
        loop: SimulatedLoop,
        end: End,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[None] | None = None,
        server: SimulatedServer | None = None,
    ) -> None:
        """Take the end over and have the protocol's `connection_made` called, then `waiter` set, then reading begin."""
        super().__init__()
        self._loop = loop
        self._end = end
        self._link = end.link
        self._number = 2 * end.link.number + (end.side == "server")
        self._server = server
        self._socket: SimulatedSocket | None = None
        self._buffer: deque[bytes] = deque()
        self._buffered = 0
        self._high = HIGH_WATER_BYTES
        self._low = HIGH_WATER_BYTES // 4
        self._told_to_pause = False
        self._closing = False
        self._lost = False
        self._paused = False
        self._eof = False
        self._saw_eof = False
        self.set_protocol(protocol)
        end.context = copy_context()
        if server is not None:
            server.attach(self)
        loop.call_soon(self._begin, waiter)

    def _begin(self, waiter: asyncio.Future[None] | None) -> None:
        try:
            self._protocol.connection_made(self)
        finally:
            if not self._lost:
                self._end.user = self
                self._end.expect()
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def __hash__(self) -> int:
        """Answer with a number that is the same in every run, for a set of transports is gone through in its order."""
        return self._number

    def __eq__(self, other: object) -> bool:
        """Equal to itself alone."""
        return self is other

    def __repr__(self) -> str:
        """Name the link and the state."""
        state = "closed" if self._lost and self._end.user is None else "closing" if self._closing else "open"
        return f"<SimulatedTransport {self._end.side} of {self._link!r} {state} write_buffer={self._buffered}>"

    # What asyncio.Transport promises.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Answer with "peername", "sockname", "socket" or "link", otherwise `default`."""
        if name == "socket":
            if self._socket is None:
                self._socket = SimulatedSocket(self._end, *self._addresses())
            return self._socket
        if name == "sockname":
            return socket_address(self._addresses()[0])
        if name == "peername":
            return socket_address(self._addresses()[1])
        if name == "link":
            return self._link
        return default

    def _addresses(self) -> tuple[Address, Address]:
        link = self._link
        if self._end.side == "client":
            return link.client_address, link.server_address
        return link.server_address, link.client_address

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand everything to another protocol from now on."""
        self._protocol = protocol
        self._reads_into_buffer = isinstance(protocol, asyncio.BufferedProtocol)
        if isinstance(protocol, SSLProtocol):
            self._link.encrypted = True

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Answer with the protocol."""
        return self._protocol

    def is_closing(self) -> bool:
        """Tell whether close or abort was called or the connection is lost."""
        return self._closing

    def is_reading(self) -> bool:
        """Tell whether the protocol is given what arrives."""
        return not self._closing and not self._paused

    def pause_reading(self) -> None:
        """Leave what arrives with the network, until `resume_reading`."""
        if not self._closing:
            self._paused = True

    def resume_reading(self) -> None:
        """Read again, from the next loop iteration on."""
        if not self._closing and self._paused:
            self._paused = False
            if not self._saw_eof:
                self._end.expect()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the numbers of buffered bytes above which, and down to which, the protocol pauses writing."""
        if high is None:
            high = HIGH_WATER_BYTES if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low
        self._pause_protocol()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Answer with (low, high)."""
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        """Answer with the number of bytes that the network has not yet taken."""
        return self._buffered

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or keep what the network does not take at once. After the connection is lost it does nothing."""
        if type(data) is not bytes and not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
        if self._eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if not data or self._lost:
            return
        end = self._end
        if (self._paused or self._saw_eof) and end.is_broken():
            self._fail(_broken_pipe() if end.hung_up else _connection_reset(), "Fatal write error on socket transport")
            return
        payload = bytes(data)
        if not self._buffer:
            room = end.room
            if len(payload) <= room:
                end.send(payload)
                return
            if room > 0:
                end.send(payload[:room])
                payload = payload[room:]
            end.wants_room = True
        self._buffer.append(payload)
        self._buffered += len(payload)
        self._pause_protocol()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all of them as one write."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Answer True."""
        return True

    def write_eof(self) -> None:
        """Say, after all that is buffered, that no more will come; reading goes on."""
        if not self._closing and not self._eof:
            self._eof = True
            if not self._buffer:
                self._end.finish()

    def close(self) -> None:
        """Send what is buffered, then close; nothing more is read."""
        if not self._closing:
            self._closing = True
            if not self._buffer:
                self._lose(None)

    def abort(self) -> None:
        """Close at once and forget what is buffered; see `Network.abort_resets` for what the peer is told."""
        self._force_close(None, abort=True)

    # What the end calls.

    def readable(self) -> None:
        """Hand the protocol what has arrived."""
        if self._closing or self._paused or self._saw_eof:
            return
        end = self._end
        if self._reads_into_buffer:
            self._read_into_buffer(end, self._protocol)  # type: ignore[arg-type] # set_protocol has seen to it
        else:
            data = end.take(READ_BYTES)
            if type(data) is bytes:
                try:
                    self._protocol.data_received(data)  # type: ignore[attr-defined] # as above
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 # whatever it is, the connection ends and the loop goes on
                    self._fail(error, "Fatal error: protocol.data_received() call failed.")
            else:
                self._hear(cast("Mark", data))
        if not self._closing and not self._paused:  # type: ignore[redundant-expr] # the protocol may have closed it
            end.expect()

    def _read_into_buffer(self, end: End, protocol: asyncio.BufferedProtocol) -> None:
        """Fill the protocol's own buffer. asyncio asks for it before it knows what there is, so a mark asks too."""
        step = "get_buffer"
        try:
            buffer = protocol.get_buffer(-1)
            room = len(buffer)  # type: ignore[arg-type] # a Buffer has a length: bytearray or memoryview
            if not room:
                raise RuntimeError("get_buffer() returned an empty buffer")
            data = end.take(room)
            if type(data) is bytes:
                size = len(data)
                memoryview(buffer)[:size] = data
                step = "buffer_updated"
                protocol.buffer_updated(size)
                return
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 # as above
            self._fail(error, f"Fatal error: protocol.{step}() call failed.")
            return
        self._hear(cast("Mark", data))

    def _hear(self, mark: Mark) -> None:
        if mark is Mark.RST:
            self._fail(_connection_reset(), "Fatal read error on socket transport")
            return
        try:
            keep_open = cast("asyncio.Protocol", self._protocol).eof_received()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 # as above
            self._fail(error, "Fatal error: protocol.eof_received() call failed.")
            return
        if keep_open:
            self._saw_eof = True
        else:
            self.close()

    def writable(self) -> None:
        """Send what was kept, now that there is room."""
        end = self._end
        while self._buffer and (room := end.room) > 0:
            payload = self._buffer.popleft()
            if len(payload) > room:
                self._buffer.appendleft(payload[room:])
                payload = payload[:room]
            self._buffered -= len(payload)
            end.send(payload)
        end.wants_room = bool(self._buffer)
        self._resume_protocol()
        if not self._buffer:
            if self._closing:
                self._lose(None)
            elif self._eof:
                end.finish()

    # How it ends.

    def _fail(self, error: BaseException, message: str) -> None:
        if not isinstance(error, OSError):
            self._loop.call_exception_handler(
                {"message": message, "exception": error, "transport": self, "protocol": self._protocol}
            )
        self._force_close(error)

    def _force_close(self, error: BaseException | None, *, abort: bool = False) -> None:
        """End at once; asyncio's SSLProtocol calls it by this name."""
        if not self._lost:
            self._buffer.clear()
            self._buffered = 0
            self._end.wants_room = False
            self._closing = True
            self._lose(error, abort=abort)

    def _lose(self, error: BaseException | None, *, abort: bool = False) -> None:
        self._lost = True
        self._loop.call_soon(self._connection_lost, error, abort)

    def _connection_lost(self, error: BaseException | None, abort: bool) -> None:
        try:
            self._protocol.connection_lost(cast("Exception | None", error))
        finally:
            self._end.user = None
            self._end.release(abort=abort)
            server, self._server = self._server, None
            if server is not None:
                server.detach(self)
            # As asyncio does: nobody is called any more, and no ring of references keeps everybody alive.
            self._protocol = cast("asyncio.BaseProtocol", None)
            self._loop = cast("SimulatedLoop", None)

    def _pause_protocol(self) -> None:
        if self._buffered > self._high and not self._told_to_pause:
            self._told_to_pause = True
            self._tell("pause_writing")

    def _resume_protocol(self) -> None:
        if self._told_to_pause and self._buffered <= self._low:
            self._told_to_pause = False
            self._tell("resume_writing")

    def _tell(self, name: str) -> None:
        try:
            getattr(self._protocol, name)()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 # the connection goes on, as with asyncio's own transports
            self._loop.call_exception_handler(
                {"message": f"protocol.{name}() failed", "exception": error, "transport": self}
            )


def _connection_reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def _broken_pipe() -> BrokenPipeError:
    return BrokenPipeError(errno.EPIPE, "Broken pipe")


class Listener:
    """One address of a server."""

    def __init__(self, server: SimulatedServer, address: Address) -> None:
        """Listen for `server`."""
        self.server = server
        self.address = address
        self.socket = SimulatedSocket(None, address, None, listening=True)

    def accept(self, end: End) -> None:
        """Make a protocol and a transport for a new link."""
        self.server.accept(end)


class SimulatedServer(asyncio.AbstractServer):
    """What `create_server` answers with; like asyncio's own, including what 3.11's `wait_closed` does."""

    def __init__(
        self,
        loop: SimulatedLoop,
        addresses: Iterable[Address],
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        ssl_context: ssl.SSLContext | None,
        ssl_handshake_timeout: float | None,
        ssl_shutdown_timeout: float | None,
        *,
        keep_path: bool,
    ) -> None:
        """Bind, and do not listen yet.

        Args:
            loop: the loop.
            addresses: where to listen; every one is bound, or none.
            protocol_factory: called for each connection.
            ssl_context: speak TLS from the first byte, None for not.
            ssl_handshake_timeout: seconds, None for asyncio's default.
            ssl_shutdown_timeout: seconds, None for asyncio's default.
            keep_path: leave a Unix socket's file behind, as Python does before 3.13.
        """
        self._loop = loop
        self._protocol_factory = protocol_factory
        self._ssl_context = ssl_context
        self._ssl_timeouts = (ssl_handshake_timeout, ssl_shutdown_timeout)
        self._keep_path = keep_path
        self._listeners: list[Listener] | None = []
        try:
            for address in addresses:
                self._listeners.append(Listener(self, loop.network.bind(address)))
        except OSError:
            self._unbind()
            raise
        self._serving = False
        self._context = copy_context()
        self._clients: dict[SimulatedTransport, None] = {}
        self._waiters: list[asyncio.Future[None]] | None = []
        self._forever: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        """Name the addresses."""
        return f"<SimulatedServer {[listener.address for listener in self._listeners or ()]}>"

    @property
    def sockets(self) -> tuple[SimulatedSocket, ...]:
        """One listening socket for each address; none when closed."""
        return tuple(listener.socket for listener in self._listeners or ())

    def accept(self, end: End) -> None:
        """Make a protocol and a transport for a new link."""
        self._context.copy().run(self._accept, end)

    def _accept(self, end: End) -> None:
        loop = self._loop
        try:
            protocol = self._protocol_factory()
        except Exception as error:  # noqa: BLE001 # one bad connection must not end the server
            loop.call_exception_handler({"message": "the server's protocol factory failed", "exception": error})
            end.release()
            return
        if self._ssl_context is None:
            SimulatedTransport(loop, end, protocol, None, self)
            return
        waiter = loop.create_future()
        tls = SSLProtocol(
            loop,
            protocol,
            self._ssl_context,
            waiter,
            server_side=True,
            ssl_handshake_timeout=self._ssl_timeouts[0],  # type: ignore[arg-type] # the stubs say int; any number does
            ssl_shutdown_timeout=self._ssl_timeouts[1],
        )
        # The handshake's end is told to nobody but the protocol. A failure has already closed the transport; it is
        # read here, or asyncio would complain that nobody did.
        waiter.add_done_callback(lambda waiter: waiter.cancelled() or waiter.exception())
        SimulatedTransport(loop, end, tls, None, self)

    def attach(self, transport: SimulatedTransport) -> None:
        """Count a connection."""
        self._clients[transport] = None

    def detach(self, transport: SimulatedTransport) -> None:
        """Count it no longer; the last one of a closed server wakes those who wait for it."""
        self._clients.pop(transport, None)
        if not self._clients and self._listeners is None:
            self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _unbind(self) -> None:
        for listener in self._listeners or ():
            self._loop.network.unbind(listener.address, keep_path=self._keep_path)
        self._listeners = None

    def close(self) -> None:
        """Listen no longer; connections stay."""
        if self._listeners is None:
            return
        self._unbind()
        self._serving = False
        if self._forever is not None and not self._forever.done():
            self._forever.cancel()
            self._forever = None
        if not self._clients:
            self._wake()

    def close_clients(self) -> None:
        """Close every connection."""
        for transport in list(self._clients):
            transport.close()

    def abort_clients(self) -> None:
        """Abort every connection."""
        for transport in list(self._clients):
            transport.abort()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Answer with the loop."""
        return self._loop

    def is_serving(self) -> bool:
        """Tell whether it listens."""
        return self._serving

    def begin(self) -> None:
        """Listen."""
        if self._listeners is None:
            raise RuntimeError(f"server {self!r} is closed")
        if not self._serving:
            self._serving = True
            for listener in self._listeners:
                self._loop.network.listen(listener.address, listener)

    async def start_serving(self) -> None:
        """Listen, if it does not yet."""
        self.begin()
        await asyncio.sleep(0)

    async def serve_forever(self) -> None:
        """Listen until cancelled; then close, and wait for the connections' ends."""
        if self._forever is not None:
            raise RuntimeError(f"server {self!r} is already being awaited on serve_forever()")
        self.begin()
        self._forever = self._loop.create_future()
        try:
            await self._forever
        except asyncio.CancelledError:
            try:
                self.close()
                await self.wait_closed()
            finally:
                raise
        finally:
            self._forever = None

    async def wait_closed(self) -> None:
        """Wait until it is closed and its last connection has ended; 3.11 returns at once when it is closed."""
        if self._waiters is None or (sys.version_info < (3, 12) and self._listeners is None):
            return
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter
