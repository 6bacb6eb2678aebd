"""A server of the MySQL protocol that does what a test tells it to, byte by byte.

A test gives a coroutine that plays the server's part on one connection: it reads commands and writes what it likes,
well formed or not. Packets are written here afresh from the manual, and share no code with the driver under test.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

PROTOCOL_41 = 0x0200
CONNECT_WITH_DB = 0x0008
LOCAL_FILES = 0x0080
SSL = 0x0800
SECURE_CONNECTION = 0x8000
PLUGIN_AUTH = 1 << 19
CONNECT_ATTRS = 1 << 20
PLUGIN_AUTH_LENENC = 1 << 21
SESSION_TRACK = 1 << 23
DEPRECATE_EOF = 1 << 24

BASIC = 0x00FF_F7FF & ~SSL & ~SESSION_TRACK & ~0x20
"""What a server of today offers, without TLS, session tracking, compression and CLIENT_DEPRECATE_EOF."""

AUTOCOMMIT = 2
IN_TRANS = 1
MORE_RESULTS = 8

SALT = b"abcdefghijklmnopqrst"

LONGLONG, DOUBLE, VAR_STRING, DATETIME, DATE, JSON, NEWDECIMAL = 8, 5, 253, 12, 10, 245, 246
UTF8MB4, BINARY = 45, 63


def lenenc(number: int) -> bytes:
    """A length-encoded integer."""
    for mark, width in ((b"", 1), (b"\xfc", 2), (b"\xfd", 3), (b"\xfe", 8)):
        if number < (251 if width == 1 else 1 << 8 * width):
            return mark + number.to_bytes(width, "little")
    raise ValueError(number)


def text(value: bytes | str | None) -> bytes:
    """A length-encoded string; None is NULL."""
    if value is None:
        return b"\xfb"
    raw = value.encode() if isinstance(value, str) else value
    return lenenc(len(raw)) + raw


def packet(sequence: int, payload: bytes) -> bytes:
    """A packet; one of 16 MiB and more in as many as it takes."""
    out = b""
    while True:
        part, payload = payload[:0xFFFFFF], payload[0xFFFFFF:]
        out += len(part).to_bytes(3, "little") + bytes((sequence & 0xFF,)) + part
        sequence += 1
        if len(part) < 0xFFFFFF:
            return out


def packets(payloads: Iterable[bytes], first: int = 1) -> bytes:
    """Packets numbered one after the other; none of them of 16 MiB."""
    return b"".join(packet(first + index, payload) for index, payload in enumerate(payloads))


def greeting(
    capabilities: int = BASIC, plugin: str = "mysql_native_password", status: int = AUTOCOMMIT, thread_id: int = 7
) -> bytes:
    """Protocol::HandshakeV10."""
    return (
        b"\x0a8.4.0-script\0"
        + struct.pack("<I", thread_id)
        + SALT[:8]
        + b"\0"
        + struct.pack("<HBHH", capabilities & 0xFFFF, UTF8MB4, status, capabilities >> 16)
        + b"\x15"
        + bytes(10)
        + SALT[8:]
        + b"\0"
        + plugin.encode()
        + b"\0"
    )


def ok(
    status: int = AUTOCOMMIT,
    *,
    affected: int = 0,
    insert_id: int = 0,
    warnings: int = 0,
    tail: bytes = b"",
    head: bytes = b"\0",
) -> bytes:
    """OK_Packet; with head 0xFE the one that ends rows under CLIENT_DEPRECATE_EOF."""
    return head + lenenc(affected) + lenenc(insert_id) + struct.pack("<HH", status, warnings) + tail


def eof(status: int = AUTOCOMMIT, warnings: int = 0) -> bytes:
    """EOF_Packet."""
    return b"\xfe" + struct.pack("<HH", warnings, status)


def err(code: int, message: str = "no", sqlstate: str | None = "HY000") -> bytes:
    """ERR_Packet."""
    return (
        b"\xff" + struct.pack("<H", code) + (b"" if sqlstate is None else b"#" + sqlstate.encode()) + message.encode()
    )


def column(name: str = "a", kind: int = VAR_STRING, charset: int = UTF8MB4, table: str = "t") -> bytes:
    """Protocol::ColumnDefinition41."""
    return (
        text("def") + text("db") + text(table) + text(table) + text(name) + text(name)
        + b"\x0c" + struct.pack("<HIBHBxx", charset, 80, kind, 0, 0)
    )  # fmt: skip


def row(*values: bytes | str | None) -> bytes:
    """A text row."""
    return b"".join(map(text, values))


def result(
    columns: Sequence[bytes],
    rows: Iterable[bytes],
    *,
    status: int = AUTOCOMMIT,
    deprecate_eof: bool = False,
    warnings: int = 0,
) -> list[bytes]:
    """The payloads of a result set."""
    if deprecate_eof:
        return [lenenc(len(columns)), *columns, *rows, ok(status, head=b"\xfe", warnings=warnings)]
    return [lenenc(len(columns)), *columns, eof(status), *rows, eof(status, warnings)]


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.capabilities = 0
        self.response = b""
        self._tls: ssl.SSLObject | None = None
        self._from_client = ssl.MemoryBIO()
        self._to_client = ssl.MemoryBIO()

    async def read(self) -> tuple[int, bytes]:
        """One packet: its sequence number and payload, continuations joined (the number is then the last one's)."""
        payload = b""
        while True:
            header = await self._readexactly(4)
            part = await self._readexactly(int.from_bytes(header[:3], "little"))
            payload += part
            if len(part) < 0xFFFFFF:
                return header[3], payload

    async def _readexactly(self, count: int) -> bytes:
        if self._tls is None:
            return await self._reader.readexactly(count)
        data = b""
        while len(data) < count:
            try:
                data += self._tls.read(count - len(data))
            except ssl.SSLWantReadError:
                await self._more_tls()
        return data

    async def _more_tls(self) -> None:
        self.writer.write(self._to_client.read())
        data = await self._reader.read(65536)
        if not data:
            raise asyncio.IncompleteReadError(b"", None)
        self._from_client.write(data)

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Turn to TLS; what the client has sent of it already was kept."""
        self._tls = context.wrap_bio(self._from_client, self._to_client, server_side=True)
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._more_tls()
        self.writer.write(self._to_client.read())

    async def command(self, expected: bytes | None = None) -> bytes:
        """The next command, which must begin a new sequence; its payload."""
        _, payload = await self.read()
        if expected is not None:
            assert payload == expected, f"{payload!r} came, {expected!r} was due"
        return payload

    async def query(self, expected: str | None = None) -> str:
        """The next command, which must be a COM_QUERY; its statement."""
        payload = await self.command()
        assert payload[:1] == b"\x03", payload
        statement = payload[1:].decode()
        if expected is not None:
            assert statement == expected, f"{statement!r} came, {expected!r} was due"
        return statement

    def say(self, *payloads: bytes, first: int = 1) -> None:
        """Send packets."""
        self.say_raw(packets(payloads, first))

    def say_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        if self._tls is not None:
            self._tls.write(data)
            data = self._to_client.read()
        self.writer.write(data)

    async def login(self, capabilities: int = BASIC, status: int = AUTOCOMMIT) -> None:
        """The server's part of a login that succeeds, whatever the password."""
        self.say(greeting(capabilities), first=0)
        sequence, self.response = await self.read()
        self.capabilities = int.from_bytes(self.response[:4], "little")
        self.say(ok(status), first=sequence + 1)

    async def gone(self) -> bytes:
        """What still comes until the client has closed."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""


Script = Callable[[Peer], Awaitable[None]]


class ScriptedServer:
    """Plays a script on each connection: the first on the first, ..., the last on all that follow.

    ``async with ScriptedServer(script) as server:`` gives ``host``, ``port``, ``where`` (arguments of connect());
    at the end an error of a script is raised, scripts that still run are cancelled.
    """

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._tasks: list[asyncio.Task[None]] = []
        self.accepted = 0
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def where(self) -> dict[str, Any]:
        """Arguments of connect(); autocommit=None, so that nothing is sent but what the test asks for."""
        return {"host": self.host, "port": self.port, "user": "u", "autocommit": None}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
        self.accepted += 1
        # In a task of our own: asyncio's, cancelled, logs an error on Python 3.11.
        self._tasks.append(asyncio.create_task(self._play(script, Peer(reader, writer))))

    async def _play(self, script: Script, peer: Peer) -> None:
        try:
            await script(peer)
        finally:
            peer.writer.close()

    async def played(self) -> None:
        """Wait until all scripts that have begun are over; raise the first error among them."""
        await asyncio.gather(*self._tasks)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._server.close()
        over = [task for task in self._tasks if task.done()]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if exc is None:
            for task in over:
                task.result()
