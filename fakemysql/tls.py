"""TLS as a filter between a socket and a conversation: bytes in, bytes out, no socket of its own.

After SSLRequest everything on a connection is TLS. A client may put its ClientHello into the same segment as
SSLRequest, so whoever reads the socket must be able to hand over what it has already read; asyncio's ``start_tls``
cannot take it (such clients hang). :class:`TlsFilter` is OpenSSL between two memory buffers: what came from the socket
goes in, plaintext and what is to be sent come out, in any segmentation.

The module knows OpenSSL and the test certificate; it is kept from knowing packets, sockets and time. ``ssl`` is
imported when a context is made, not when this module is: a fake without TLS must not pay for it.

The certificate that comes with the package names localhost, 127.0.0.1 and ::1 and is its own authority: a client that
verifies is given :data:`CERTIFICATE_PATH` as its CA file. Its key is published with it. For another name, an expired
date or a client certificate, make an ``ssl.SSLContext`` of your own.
"""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl

CERTIFICATE_PATH: Final = Path(__file__).parent / "certificates" / "server.pem"
KEY_PATH: Final = Path(__file__).parent / "certificates" / "server.key"
WRONG_NAME_PATH: Final = Path(__file__).parent / "certificates" / "wrong-name.pem"

_READ_SIZE: Final = 65536


class TlsFailed(ConnectionError):
    """The handshake or a record was not acceptable; the connection is over, once the alert that is left is written."""


@functools.cache
def default_context() -> ssl.SSLContext:
    """A server context with the test certificate, TLS 1.2 and later; made once, since that takes milliseconds."""
    return _context(CERTIFICATE_PATH)


@functools.cache
def wrong_name_context() -> ssl.SSLContext:
    """The same, with a certificate of the same authority that names another host, ``another-host.invalid``."""
    return _context(WRONG_NAME_PATH)


def _context(certificate: Path) -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, KEY_PATH)
    # Tickets would arrive after the login's last bytes; a client that closes with them unread resets the connection.
    context.num_tickets = 0
    return context


class TlsFilter:
    """The server's end of one TLS connection, without I/O: :meth:`receive` what came, write what :meth:`seal` gives.

    established: the handshake is complete.
    peer_closed: the client has said close_notify; nothing more will come from it.
    """

    __slots__ = ("_incoming", "_object", "_outgoing", "established", "peer_closed")

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Args: context: a server-side context; the test certificate's where none is given."""
        import ssl

        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = (context or default_context()).wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self.peer_closed = False

    @property
    def version(self) -> str:
        """``TLSv1.3`` and the like, as Ssl_version shows it; empty before the handshake is complete."""
        return (self._object.version() or "") if self.established else ""

    @property
    def cipher(self) -> str:
        """OpenSSL's name of the cipher suite, as Ssl_cipher shows it; empty before the handshake is complete."""
        chosen = self._object.cipher() if self.established else None
        return chosen[0] if chosen else ""

    def receive(self, data: bytes) -> bytes:
        """Take what came from the socket, in any segmentation; what TLS itself answers is in the next :meth:`seal`.

        Args:
            data: the next bytes of the stream; may hold the handshake's end and the first records together.

        Returns:
            What the client said, as far as its records are complete.

        Raises:
            TlsFailed: not TLS, no common version or cipher, a refused certificate, a damaged record. Plaintext of
                earlier records in the same data is lost with it.
        """
        import ssl

        self._incoming.write(data)
        chunks: list[bytes] = []
        try:
            if not self.established:
                self._object.do_handshake()
                self.established = True
            while not self.peer_closed:
                chunk = self._object.read(_READ_SIZE)
                chunks.append(chunk)
                self.peer_closed = not chunk
        except ssl.SSLWantReadError:
            pass  # the rest has not come yet
        except ssl.SSLError as error:
            phase = "a record was refused" if self.established else "the handshake failed"
            raise TlsFailed(f"TLS: {phase}: {error.reason or error}") from error
        return b"".join(chunks)

    def seal(self, plaintext: bytes) -> bytes:
        """What is to be written: the answers of TLS itself, then the plaintext, encrypted.

        Before the handshake's end there are no keys, and no server has anything to say; plaintext goes out as it is,
        for a test that wants to disturb the handshake.
        """
        if not self.established:
            return self._outgoing.read() + plaintext
        if plaintext:
            self._object.write(plaintext)
        return self._outgoing.read()

    def close(self) -> None:
        """Say goodbye: close_notify is in the next :meth:`seal`. Nothing before the handshake's end, or a second time.

        An answer is not waited for: servers close the socket right after, and so do clients. No plaintext may follow.
        """
        import ssl

        if self.established:
            # The peer's own close_notify has not come, or never will: ours is written all the same.
            with contextlib.suppress(ssl.SSLError):
                self._object.unwrap()
