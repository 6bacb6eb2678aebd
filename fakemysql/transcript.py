"""What was said, in order and decoded: for assertions, and for the report of a test that failed.

An event is a frozen value with the second it happened (on the server's clock) and the connection it belongs to. The
transcript only keeps them: it decides nothing, and nothing in the fake reads it back.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    E = TypeVar("E", bound="Event")


class ClosedBy(enum.Enum):
    """Why a connection ended."""

    QUIT = "quit"
    EOF = "eof"
    RESET = "reset"
    KILL = "kill"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    PROTOCOL = "protocol error"
    FAULT = "fault"
    SHUTDOWN = "shutdown"
    STOP = "stop"


class ReplyKind(enum.Enum):
    """What a reply was."""

    OK = "OK"
    ERR = "ERR"
    EOF = "EOF"
    ROWS = "rows"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on one connection. at: seconds on the server's clock."""

    at: float
    connection_id: int

    arrow: ClassVar[str] = "-"

    @property
    def mark(self) -> str:
        """Which way it went: > from the client, < to it, ! done to the connection, - neither."""
        return self.arrow

    def describe(self) -> str:
        """The event in a few words."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.at:12.6f}  #{self.connection_id:<4} {self.mark} {self.describe()}"


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """A client dialled; peer is its address as the server sees it."""

    peer: str

    def describe(self) -> str:
        return f"connection from {self.peer}"


@dataclass(frozen=True, slots=True)
class Greeted(Event):
    """The greeting was sent."""

    server_version: str
    auth_plugin: str

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        return f"greeting of {self.server_version}, {self.auth_plugin}"


@dataclass(frozen=True, slots=True)
class LoginReceived(Event):
    """The handshake response came. capabilities are the client's own; database is None where none was sent."""

    user: str
    database: str | None
    capabilities: int
    collation: int
    auth_plugin: str | None
    attributes: Mapping[str, str]

    arrow: ClassVar[str] = ">"

    def describe(self) -> str:
        database = f", database {self.database!r}" if self.database else ""
        return f"login of {self.user!r}{database}, {self.auth_plugin}, capabilities {self.capabilities:#010x}"


@dataclass(frozen=True, slots=True)
class TlsStarted(Event):
    """The TLS handshake is complete; version and cipher as OpenSSL names them."""

    version: str
    cipher: str

    def describe(self) -> str:
        return f"{self.version}, {self.cipher}"


@dataclass(frozen=True, slots=True)
class AuthMessage(Event):
    """One further message of an authentication, from the server or from the client. Proofs are counted, not kept."""

    by_server: bool
    text: str

    @property
    def mark(self) -> str:
        return "<" if self.by_server else ">"

    def describe(self) -> str:
        return f"{'server' if self.by_server else 'client'}: {self.text}"


@dataclass(frozen=True, slots=True)
class CommandReceived(Event):
    """A command came. command is the manual's name; argument is the statement, the database's name, or empty.

    The argument of a prepared statement's command is the statement's text. attributes are query attributes, as text.
    """

    command: str
    argument: str
    attributes: Mapping[str, str | None] = field(default_factory=dict)

    arrow: ClassVar[str] = ">"

    def describe(self) -> str:
        return f"{self.command} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class Replied(Event):
    """One answer was written: a command gives several when it held several statements, a login one.

    status is the SERVER_STATUS word that it carried (0 for ERR and text); code is the error's, 0 for none; rows and
    affected_rows count; text is the error's message or the statistics.
    """

    kind: ReplyKind
    status: int = 0
    rows: int = 0
    affected_rows: int = 0
    code: int = 0
    text: str = ""

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        if self.kind is ReplyKind.ERR:
            return f"ERR {self.code} {self.text}"
        if self.kind is ReplyKind.TEXT:
            return self.text
        count = {ReplyKind.ROWS: f"{self.rows} rows", ReplyKind.OK: f"OK, {self.affected_rows} affected"}
        return f"{count.get(self.kind, self.kind.value)}, status {self.status:#06x}"


@dataclass(frozen=True, slots=True)
class FaultFired(Event):
    """A fault that was armed took effect."""

    fault: str

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        return f"fault: {self.fault}"


@dataclass(frozen=True, slots=True)
class SentUnasked(Event):
    """Bytes that no command asked for were written."""

    data: bytes

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        return f"unasked: {self.data!r}"


@dataclass(frozen=True, slots=True)
class Killed(Event):
    """The connection, or with query_only its statement, was killed; by is the killer's id, None for the test itself."""

    by: int | None
    query_only: bool

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        who = "the test" if self.by is None else f"connection {self.by}"
        return f"{'statement' if self.query_only else 'connection'} killed by {who}"


@dataclass(frozen=True, slots=True)
class Closed(Event):
    """The connection ended; the counts are of bytes on the wire, headers included."""

    by: ClosedBy
    received_bytes: int
    sent_bytes: int

    def describe(self) -> str:
        return f"closed by {self.by.value} after {self.received_bytes} bytes in, {self.sent_bytes} out"


class Transcript:
    """All events of a server, oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.keep: int | None = None
        """How many of the newest events stay; None for all."""
        self.listener: Callable[[Event], None] | None = None
        """Told of each event when it happens."""

    def record(self, event: Event) -> None:
        """Append one."""
        if self.listener is not None:
            self.listener(event)
        self.events.append(event)
        if self.keep is not None and len(self.events) > self.keep:
            del self.events[: len(self.events) - self.keep]

    def of(self, connection_id: int) -> list[Event]:
        """The events of one connection."""
        return [event for event in self.events if event.connection_id == connection_id]

    def all(self, kind: type[E]) -> list[E]:
        """The events of one type."""
        return [event for event in self.events if isinstance(event, kind)]

    def statements(self, connection_id: int | None = None) -> list[str]:
        """The texts of the COM_QUERY commands, of one connection or of all."""
        return [
            event.argument
            for event in self.all(CommandReceived)
            if event.command == "COM_QUERY" and connection_id in (None, event.connection_id)
        ]

    def clear(self) -> None:
        """Forget what happened so far."""
        self.events.clear()

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __str__(self) -> str:
        """The dialogue, a line an event."""
        return "\n".join(map(str, self.events))

    def __repr__(self) -> str:
        return f"<Transcript of {len(self.events)} events>\n{self}"
