"""Plain sockets, served with as little between the kernel and a protocol as asyncio's own rules allow.

asyncio's ``create_server`` takes a task, a future and three turns of the loop from a client's connect to the first byte
that a protocol can say, each turn with a look at all sockets. Here :class:`Listener` accepts, makes the protocol and
lets it speak in the one callback, and :class:`PlainTransport` is watched from then on (measured with both ends on one
processor: a dialogue of a login's packets takes 0.10 ms in place of 0.13, and a MariaDB 0.11 to log somebody in).

Only public calls of a loop are used (``add_reader``, ``add_writer``, ``call_soon``, ``call_later``,
``call_exception_handler``), and only where :func:`serves` says so: a loop with other means (Windows' proactor, uvloop,
a simulated one) has a ``create_server`` that is better for it. A protocol cannot tell the difference, but for this:
``connection_made`` is called while the client's connect is being accepted. Whatever else asyncio promises holds:
``connection_lost`` comes once and from the loop, never from within a call of the protocol's own; ``close`` first sends
what is kept and ``abort`` does not; reads stop while they are paused, and writing is paused above a mark.

The module knows sockets and asyncio, and neither packets nor the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# How long no connect is looked at once a descriptor or memory for it was lacking, as in asyncio.
RETRY_SECONDS: Final = 1.0
_LACKING: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
# A turn of the loop is as long as there are connections that are busy, so that in each as many more are let in as these
# are, by this. To accept until nobody is left costs 4 us for nothing with each client that comes alone (measured).
_OPEN_BY_ACCEPTED: Final = 4
# Accepted sockets have the options of the listening one.
_INHERITS: Final = sys.platform == "linux"
# asyncio's own marks.
_HIGH_BYTES: Final = 1 << 16
_LOW_BYTES: Final = _HIGH_BYTES // 4


def serves(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the listeners of this module are right for that loop; else its own ``create_server`` is."""
    return isinstance(loop, asyncio.SelectorEventLoop)


def listen_on_port(
    loop: asyncio.AbstractEventLoop,
    make_protocol: Callable[[], asyncio.BufferedProtocol],
    host: str,
    port: int,
    backlog: int,
) -> Listener:
    """Listen on an address in numbers; port 0 for any that is free.

    Raises:
        OSError: the address is in use, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = _Listening(family)
    try:
        if os.name == "posix":
            # On Windows it would let two servers have the same port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _bind(sock, (host, port), f"{host} port {port}")
        return Listener(loop, make_protocol, sock, backlog)
    except BaseException:
        sock.close()
        raise


def listen_on_path(
    loop: asyncio.AbstractEventLoop,
    make_protocol: Callable[[], asyncio.BufferedProtocol],
    path: str,
    backlog: int,
) -> Listener:
    """Listen on a unix socket; one that somebody has left behind there is taken away first.

    Raises:
        OSError: the path is something else, or cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.remove(path)
    sock = _Listening(socket.AF_UNIX)
    try:
        _bind(sock, path, path)
        return Listener(loop, make_protocol, sock, backlog)
    except BaseException:
        sock.close()
        raise


def _bind(sock: socket.socket, address: tuple[str, int] | str, name: str) -> None:
    try:
        sock.bind(address)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {name}: {(error.strerror or str(error)).lower()}") from None


class _Listening(socket.socket):
    """A socket that knows what it is: properties that look it up are a quarter of what accept() takes (1 of 5 us)."""

    family: Any = None
    type: Any = None
    proto: Any = 0

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self.family, self.type = family, socket.SOCK_STREAM


class Listener:
    """One listening socket, which it owns: each client gets a protocol of its own from ``make_protocol``."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        make_protocol: Callable[[], asyncio.BufferedProtocol],
        sock: socket.socket,
        backlog: int,
    ) -> None:
        self._loop = loop
        self._make_protocol = make_protocol
        self._sock = sock
        is_tcp = sock.family != getattr(socket, "AF_UNIX", None)
        if is_tcp and _INHERITS:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sets_nodelay = is_tcp and not _INHERITS
        self._open_count = 0
        self._retry: asyncio.TimerHandle | None = None
        self._is_closed = False
        sock.setblocking(False)
        sock.listen(backlog)
        loop.add_reader(sock.fileno(), self._accept)

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The listening socket; none any more once it is closed."""
        return () if self._is_closed else (self._sock,)

    def is_serving(self) -> bool:
        """Whether it is not closed."""
        return not self._is_closed

    def close(self) -> None:
        """Accept nobody any more; who has been accepted stays. Harmless a second time."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._retry is not None:
            self._retry.cancel()
        else:
            self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for once :meth:`close` has returned."""

    def _accept(self) -> None:
        for _ in range(1 + self._open_count // _OPEN_BY_ACCEPTED):
            try:
                sock, address = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _LACKING:
                    raise
                self._rest(error)
                return
            self._begin(sock, address)
            if self._is_closed:
                return

    def _begin(self, sock: socket.socket, address: Any) -> None:
        sock.setblocking(False)
        if self._sets_nodelay:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open_count += 1
        transport = PlainTransport(self._loop, sock, address, self._lost)
        try:
            transport.begin(self._make_protocol())
        except Exception as error:  # noqa: BLE001 - the protocol's mistake is reported, and others are served
            transport.abort()
            _report(self._loop, "the protocol of a new connection failed", error, transport)

    def _lost(self) -> None:
        self._open_count -= 1

    def _rest(self, error: OSError) -> None:
        """The kernel would report the client who waits again and again: look away for a while."""
        self._loop.call_exception_handler(
            {"message": "socket.accept() out of system resource", "exception": error, "socket": self._sock}
        )
        self._loop.remove_reader(self._sock.fileno())
        self._retry = self._loop.call_later(RETRY_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._retry = None
        self._loop.add_reader(self._sock.fileno(), self._accept)


class PlainTransport(asyncio.Transport):
    """One connected socket, which it owns, and the buffered protocol that :meth:`begin` gives it."""

    __slots__ = (
        "_address",
        "_buffer",
        "_error",
        "_fd",
        "_has_read_eof",
        "_has_written_eof",
        "_high",
        "_is_closing",
        "_is_losing",
        "_is_reading",
        "_is_telling",
        "_is_writing_paused",
        "_loop",
        "_low",
        "_on_lost",
        "_protocol",
        "_sock",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, address: Any, on_lost: Callable[[], None]
    ) -> None:
        # The base class's dict of extras is never made: what it would hold is asked of the socket.
        self._loop = loop
        self._sock: socket.socket | None = sock
        self._fd = sock.fileno()
        self._protocol: asyncio.BufferedProtocol | None = None
        self._address = address
        self._on_lost = on_lost
        self._buffer: bytearray | None = None
        self._error: Exception | None = None
        self._high = _HIGH_BYTES
        self._low = _LOW_BYTES
        self._has_read_eof = False
        self._has_written_eof = False
        self._is_closing = False
        self._is_losing = False
        self._is_reading = False
        self._is_telling = False
        self._is_writing_paused = False

    def begin(self, protocol: asyncio.BufferedProtocol) -> None:
        """Introduce the protocol, which may speak at once, and read from then on."""
        self._protocol = protocol
        self._is_reading = True
        try:
            protocol.connection_made(self)
        finally:
            if self._is_reading:
                self._loop.add_reader(self._fd, self._read)

    def __repr__(self) -> str:
        if self._sock is None:
            return "<PlainTransport, closed>"
        doing = "closing" if self._is_closing else "reading" if self._is_reading else "paused"
        return f"<PlainTransport {doing} fd={self._fd} from {self._address!r}, {self.get_write_buffer_size()} to write>"

    def __del__(self) -> None:
        if self._sock is not None:
            import warnings

            warnings.warn(f"unclosed transport {self!r}", ResourceWarning, stacklevel=2, source=self)
            self._sock.close()

    # ----------------------------------------------------------------------------------------------------- what it is

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """``peername``, ``sockname`` and ``socket``."""
        if name == "peername":
            return self._address
        if self._sock is not None:
            if name == "socket":
                return self._sock
            if name == "sockname":
                return self._sock.getsockname()
        return default

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        if not isinstance(protocol, asyncio.BufferedProtocol):
            raise TypeError(f"this transport reads into a protocol's own buffer; {protocol!r} has none")
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BufferedProtocol:
        assert self._protocol is not None, "a transport that has not ended has one"
        return self._protocol

    def is_closing(self) -> bool:
        return self._is_closing

    # -------------------------------------------------------------------------------------------------------- reading

    def is_reading(self) -> bool:
        return self._is_reading

    def pause_reading(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        if not (self._is_reading or self._is_closing or self._has_read_eof):
            self._is_reading = True
            self._loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        sock, protocol, has_ended = self._sock, self._protocol, self._is_losing
        if has_ended or sock is None or protocol is None:
            return
        try:
            count = sock.recv_into(protocol.get_buffer(-1))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        self._is_telling = True
        try:
            if count:
                protocol.buffer_updated(count)
            else:
                self.pause_reading()
                self._has_read_eof = True
                if not protocol.eof_received():
                    self.close()
        except Exception as error:  # noqa: BLE001 - the protocol's mistake is reported, and ends its own connection
            _report(self._loop, "the protocol failed", error, self)
            self._lose(error)
        finally:
            self._is_telling = False
        if self._is_losing:
            self._end()

    # -------------------------------------------------------------------------------------------------------- writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._has_written_eof:
            raise RuntimeError("nothing can be written after write_eof()")
        if self._is_losing or self._sock is None or not data:
            return
        if self._buffer is None:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self._lose(error)
                return
            if sent == len(data):
                return
            self._buffer = bytearray(memoryview(data)[sent:])
            self._loop.add_writer(self._fd, self._write_on)
        else:
            self._buffer += data
        if not self._is_writing_paused and len(self._buffer) > self._high:
            self._is_writing_paused = True
            self._tell("pause_writing")

    def _write_on(self) -> None:
        """The socket takes more of what is buffered."""
        if self._sock is None or self._buffer is None:
            return
        try:
            sent = self._sock.send(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        del self._buffer[:sent]
        if self._is_writing_paused and len(self._buffer) <= self._low:
            self._is_writing_paused = False
            self._tell("resume_writing")  # which may write more, or abort
        if not self._is_losing and not self._buffer:
            self._forget_buffer()
            if self._is_closing:
                self._lose(None)
            elif self._has_written_eof:
                self._sock.shutdown(socket.SHUT_WR)

    def _tell(self, method: str) -> None:
        try:
            getattr(self._protocol, method)()
        except Exception as error:  # noqa: BLE001 - the protocol's mistake is reported
            _report(self._loop, f"protocol.{method}() failed", error, self)

    def get_write_buffer_size(self) -> int:
        return 0 if self._buffer is None else len(self._buffer)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = _HIGH_BYTES if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"the marks are 0 <= low <= high; got low={low!r}, high={high!r}")
        self._high, self._low = high, low

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """End our direction once all is written; the peer's stays open."""
        if self._is_closing or self._has_written_eof or self._sock is None:
            return
        self._has_written_eof = True
        if self._buffer is None:
            self._sock.shutdown(socket.SHUT_WR)

    # --------------------------------------------------------------------------------------------------------- ending

    def close(self) -> None:
        """Read no more, write what is buffered, then end."""
        if self._is_closing:
            return
        self._is_closing = True
        self.pause_reading()
        if self._buffer is None:
            self._lose(None)

    def abort(self) -> None:
        """End now; what is buffered is never sent."""
        self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if self._is_losing:
            return
        self._is_losing = self._is_closing = True
        self._error = error
        self._forget_buffer()
        self.pause_reading()
        if not self._is_telling:
            # Else it ends when the protocol has been told what came, which saves a turn of the loop for each goodbye.
            self._loop.call_soon(self._end)

    def _forget_buffer(self) -> None:
        if self._buffer is not None:
            self._buffer = None
            self._loop.remove_writer(self._fd)

    def _end(self) -> None:
        assert self._sock is not None, "it ends once"
        try:
            if self._protocol is not None:
                self._protocol.connection_lost(self._error)
        finally:
            self._sock.close()
            self._sock = None
            # Protocols keep their transport; left as a ring, each connection would be the garbage collector's work.
            self._protocol = self._error = None
            self._on_lost()


def _report(
    loop: asyncio.AbstractEventLoop, message: str, error: BaseException, transport: asyncio.BaseTransport
) -> None:
    loop.call_exception_handler({"message": message, "exception": error, "transport": transport})
