"""As much of a client as a measurement needs: it adds next to nothing to what the server takes.

The login is made once from the greeting's length on; replies are not decoded but counted, packet by packet.
"""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

# CLIENT_PROTOCOL_41, CLIENT_TRANSACTIONS, CLIENT_SECURE_CONNECTION, CLIENT_CONNECT_WITH_DB, CLIENT_PLUGIN_AUTH
CAPABILITIES = 0x0000200 | 0x0002000 | 0x0008000 | 0x0000008 | 0x0080000
COM_QUIT = b"\x01\0\0\0\x01"
COM_PING = b"\x01\0\0\0\x0e"


class Target(NamedTuple):
    """Where a server listens, and who logs in."""

    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def of(cls, url: str) -> Target:
        """From mysql://user:password@host:port/database."""
        parts = urlsplit(url)
        assert parts.hostname, f"a URL looks like mysql://user:password@host:port/database, not like {url!r}"
        return cls(
            parts.hostname, parts.port or 3306, unquote(parts.username or ""), unquote(parts.password or ""),
            parts.path.lstrip("/"),
        )  # fmt: skip


def packet(payload: bytes, number: int = 0) -> bytes:
    """One packet."""
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def query(statement: str) -> bytes:
    """COM_QUERY."""
    return packet(b"\x03" + statement.encode())


def login(target: Target, greeting: bytes) -> bytes:
    """The handshake response to a greeting's payload, by mysql_native_password, or for an empty password by any."""
    end = greeting.index(b"\0", 1) + 1 + 4
    nonce = greeting[end : end + 8] + greeting[end + 27 : end + 39]
    plugin = greeting[end + 40 :].rstrip(b"\0") if not target.password else b"mysql_native_password"
    proof = b""
    if target.password:
        once = hashlib.sha1(target.password.encode()).digest()
        mask = hashlib.sha1(nonce + hashlib.sha1(once).digest()).digest()
        proof = bytes(a ^ b for a, b in zip(once, mask, strict=True))
    return packet(
        CAPABILITIES.to_bytes(4, "little")
        + (1 << 24).to_bytes(4, "little")
        + b"\x2d"
        + bytes(23)
        + target.user.encode()
        + b"\0"
        + bytes((len(proof),))
        + proof
        + target.database.encode()
        + b"\0"
        + plugin
        + b"\0",
        1,
    )


def packets(stream: bytearray) -> Iterator[bytes]:
    """The payloads of the whole packets at the stream's beginning, which are taken out of it."""
    position = 0
    try:
        while len(stream) >= position + 4:
            end = position + 4 + int.from_bytes(stream[position : position + 3], "little")
            if len(stream) < end:
                return
            yield bytes(stream[position + 4 : end])
            position = end
    finally:
        del stream[:position]


class Replies:
    """Tells where the reply to a command ends: after one packet, or after the second EOF of a result set."""

    def __init__(self) -> None:
        self._stream = bytearray()
        self._eofs = 0
        self._in_rows = False

    def feed(self, data: bytes) -> int:
        """How many replies are complete by now."""
        self._stream += data
        done = 0
        for payload in packets(self._stream):
            first = payload[:1]
            if not self._in_rows:
                if first in (b"\0", b"\xff", b"\xfe"):
                    assert first != b"\xff", payload
                    done += 1
                else:
                    self._in_rows = True
            elif first == b"\xfe" and len(payload) < 9:
                self._eofs += 1
                if self._eofs == 2:
                    self._eofs, self._in_rows = 0, False
                    done += 1
        return done


class RawConnection:
    """A blocking connection that is logged in."""

    def __init__(self, target: Target) -> None:
        self.socket = socket.create_connection((target.host, target.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = self.socket.recv(4096)
        self.socket.sendall(login(target, greeting[4:]))
        answer = self.socket.recv(4096)
        assert answer[4:5] == b"\0", answer

    def round_trip(self, command: bytes, ending: bytes) -> bytes:
        """Send a command and read until the reply ends with these bytes."""
        self.socket.sendall(command)
        reply = self.socket.recv(65536)
        while not reply.endswith(ending):
            more = self.socket.recv(65536)
            assert more, f"the server hung up after {reply[-100:]!r}"
            reply += more
        return reply

    def close(self) -> None:
        """Say goodbye."""
        self.socket.sendall(COM_QUIT)
        self.socket.close()
