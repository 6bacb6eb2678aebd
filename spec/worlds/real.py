"""The world of a real MariaDB or MySQL: the server that SPEC_MYSQL_URL names, with the proxy before it.

Knows: an address and an account. The account needs no right but to log in and to use its database; nothing is
created, nothing is changed that outlives a connection, and other users of the server do not disturb a verdict, for
only what goes through the proxy is counted.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from ..world import Stage, Unavailable
from .dialogue import HEADER, Greeting
from .proxy import LOOPBACK, Proxy

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable

    from ..settings import ServerUrl

PROBE_SECONDS = 5.0
LONGEST_GREETING = 4096  # bytes; those of MariaDB and MySQL have about 100


class RealWorld:
    """A world that is somebody's server."""

    name = "real"
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    seed: int | None = None

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self.server = "a server not asked yet"

    def check(self) -> None:
        """Read one greeting, by hand and without any driver. Raises Unavailable."""
        where = f"{self._url.host}:{self._url.port}"
        try:
            payload = self._read_greeting()
        except OSError as error:
            reason = "it says nothing" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise Unavailable(
                f"the server at {where} does not answer ({reason}): start it, or correct SPEC_MYSQL_URL"
            ) from None
        greeting = Greeting.parse(payload)
        if greeting is None:
            said = payload[3:].decode("utf-8", "replace") if payload.startswith(b"\xff") else repr(payload[:40])
            raise Unavailable(f"what answers at {where} does not greet as MariaDB and MySQL do; it says {said}")
        self.server = name_server(greeting.version)

    def _read_greeting(self) -> bytes:
        with socket.create_connection((self._url.host, self._url.port), timeout=PROBE_SECONDS) as probe:
            received = b""
            while len(received) < HEADER or len(received) < _announced(received):
                chunk = probe.recv(4096)
                if not chunk:
                    raise ConnectionResetError("it closes the connection at once")
                received += chunk
            return received[HEADER:]

    def remark(self, error: BaseException) -> str | None:
        """Nothing: here a driver can do all that it can anywhere."""

    @contextlib.asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        """A proxy of the clause's own; the server stays as it is."""
        url = self._url
        async with Proxy(url.host, url.port) as proxy:
            yield Stage(
                proxy,
                {"host": LOOPBACK, "port": proxy.port, "user": url.user, "password": url.password, "db": url.database},
            )


def _announced(received: bytes) -> int:
    """The length of the first packet with its header, in bytes; 0 where it is too long to be a greeting."""
    length = HEADER + int.from_bytes(received[:3], "little")
    return length if length <= LONGEST_GREETING else 0


def name_server(version: str) -> str:
    """The server's name and number from the version in its greeting.

    MariaDB puts 5.5.5- before its own number, for old replicas' sake, and the packager's words behind it.
    """
    is_mariadb = "mariadb" in version.lower()
    number = version.removeprefix("5.5.5-") if is_mariadb else version
    return f"{'MariaDB' if is_mariadb else 'MySQL'} {number.split('-')[0]}"
