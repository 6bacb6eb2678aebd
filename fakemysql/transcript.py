"""What was said, in order and decoded: for assertions, and for the report of a test that failed.

An event is a frozen value with the second it happened (on the server's clock) and the connection it belongs to. The
transcript only keeps them: it decides nothing, and nothing in the fake reads it back.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from .faults import matcher
from .records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .faults import Matcher

    E = TypeVar("E", bound="Event")


# One for all the commands that have none.
_NO_ATTRIBUTES: Final[Mapping[str, str | None]] = MappingProxyType({})


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


@record
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


@record
class Accepted(Event):
    """A client dialled; peer is its address as the server sees it."""

    peer: str

    def describe(self) -> str:
        return f"connection from {self.peer}"


@record
class Greeted(Event):
    """The greeting was sent."""

    server_version: str
    auth_plugin: str

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        return f"greeting of {self.server_version}, {self.auth_plugin}"


@record
class LoginReceived(Event):
    """The handshake response came. capabilities are the client's own; database is None where none was sent.

    extended_capabilities are MariaDB's, from a client that has them.
    """

    user: str
    database: str | None
    capabilities: int
    collation: int
    auth_plugin: str | None
    attributes: Mapping[str, str]
    max_packet_bytes: int = 0
    extended_capabilities: int = 0

    arrow: ClassVar[str] = ">"

    def describe(self) -> str:
        database = f", database {self.database!r}" if self.database else ""
        return f"login of {self.user!r}{database}, {self.auth_plugin}, capabilities {self.capabilities:#010x}"


@record
class TlsStarted(Event):
    """The TLS handshake is complete; version and cipher as OpenSSL names them."""

    version: str
    cipher: str

    def describe(self) -> str:
        return f"{self.version}, {self.cipher}"


@record
class AuthMessage(Event):
    """One further message of an authentication, from the server or from the client. Proofs are counted, not kept."""

    by_server: bool
    text: str

    @property
    def mark(self) -> str:
        return "<" if self.by_server else ">"

    def describe(self) -> str:
        return f"{'server' if self.by_server else 'client'}: {self.text}"


@record
class LoggedIn(Event):
    """The login has succeeded, the first one of a connection or COM_CHANGE_USER's; database is "" for none."""

    user: str
    database: str

    def describe(self) -> str:
        return f"logged in as {self.user!r}" + (f", database {self.database!r}" if self.database else "")


@record
class LoginRefused(Event):
    """The client was turned away with this error; user is "" where it had not said who it is."""

    user: str
    code: int
    text: str

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        return f"{self.user!r} was refused, {self.code}"


@record
class TransactionBegan(Event):
    """A transaction is open from now on."""

    read_only: bool

    def describe(self) -> str:
        return f"a {'read-only ' if self.read_only else ''}transaction begins"


@record
class TransactionEnded(Event):
    """How is one of commit, rollback, begin (another one commits it), autocommit (SET autocommit = 1), ddl (a statement
    that commits), lock tables, reset, change user, disconnect (a KILL too). The last three roll back.
    """

    how: str

    def describe(self) -> str:
        return f"the transaction ends by {self.how}"


@record
class SessionReset(Event):
    """The session starts afresh; how is reset (COM_RESET_CONNECTION) or change user."""

    how: str

    def describe(self) -> str:
        return f"the session starts afresh by {self.how}"


@record
class VariableSet(Event):
    """A variable was assigned. scope is user, session, global, or names (SET NAMES); value as text, None for NULL."""

    scope: str
    name: str
    value: str | None

    def describe(self) -> str:
        return f"{self.scope} {self.name} = {self.value}"


@record
class StatementPrepared(Event):
    """A statement was prepared by the protocol."""

    statement_id: int
    text: str

    def describe(self) -> str:
        return f"statement {self.statement_id} is {self.text}"


@record
class StatementClosed(Event):
    """A prepared statement is no more: closed by the client, or with its session. An end of the connection is none."""

    statement_id: int

    def describe(self) -> str:
        return f"statement {self.statement_id} is closed"


@record
class LockTaken(Event):
    """GET_LOCK() was answered with 1; a lock that one holds can be taken again."""

    name: str

    def describe(self) -> str:
        return f"lock {self.name!r} is taken"


@record
class LockReleased(Event):
    """A named lock was given back once, or as often as it was held at a reset or an end."""

    name: str

    def describe(self) -> str:
        return f"lock {self.name!r} is released"


@record
class TimedOut(Event):
    """The client said nothing for too long; waited_for is a command (wait_timeout) or a login (connect_timeout)."""

    waited_for: str

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        return f"too long without a {self.waited_for}"


@record
class CommandReceived(Event):
    """A command came. command is the manual's name; argument is the statement, the database's name, or empty.

    The argument of a prepared statement's command is the statement's text. attributes are query attributes, as text.
    """

    command: str
    argument: str
    attributes: Mapping[str, str | None] = _NO_ATTRIBUTES

    arrow: ClassVar[str] = ">"

    def describe(self) -> str:
        return f"{self.command} {self.argument}".rstrip()


@record
class Replied(Event):
    """One answer was written: a command gives several when it held several statements, a login one.

    status is the SERVER_STATUS word that it carried (0 for ERR and text); code is the error's, 0 for none; rows and
    affected_rows count; text is the error's message or the statistics. size_bytes is the answer's length with headers,
    before compression and encryption.
    """

    kind: ReplyKind
    status: int = 0
    rows: int = 0
    affected_rows: int = 0
    code: int = 0
    text: str = ""
    size_bytes: int = 0

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        if self.kind is ReplyKind.ERR:
            return f"ERR {self.code} {self.text}"
        if self.kind is ReplyKind.TEXT:
            return self.text
        count = {ReplyKind.ROWS: f"{self.rows} rows", ReplyKind.OK: f"OK, {self.affected_rows} affected"}
        return f"{count.get(self.kind, self.kind.value)}, status {self.status:#06x}"


@record
class FaultFired(Event):
    """A fault that was armed took effect."""

    fault: str

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        return f"fault: {self.fault}"


@record
class SentUnasked(Event):
    """Bytes that no command asked for were written."""

    data: bytes

    arrow: ClassVar[str] = "<"

    def describe(self) -> str:
        return f"unasked: {self.data!r}"


@record
class Killed(Event):
    """The connection, or with query_only its statement, was killed; by is the killer's id, None for the test itself."""

    by: int | None
    query_only: bool

    arrow: ClassVar[str] = "!"

    def describe(self) -> str:
        who = "the test" if self.by is None else f"connection {self.by}"
        return f"{'statement' if self.query_only else 'connection'} killed by {who}"


@record
class Closed(Event):
    """The connection ended; the counts are of bytes on the wire, headers included."""

    by: ClosedBy
    received_bytes: int
    sent_bytes: int

    def describe(self) -> str:
        return f"closed by {self.by.value} after {self.received_bytes} bytes in, {self.sent_bytes} out"


class Transcript:
    """All events of a server, oldest first.

    What happens is kept as what an event is made of, and made one when somebody looks: most of what a server says is
    never read, and to make the events was a tenth of what a short statement cost.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.keep: int | None = None
        """How many of the newest events stay; None for all."""
        self.listener: Callable[[Event], None] | None = None
        """Told of each event when it happens."""
        self.tap: Callable[[type[Event], float, int, tuple[Any, ...]], None] | None = None
        """The same before it is made an event: told the kind, the second, the connection and the other fields."""
        self._events: list[Any] = []
        self._made = 0
        self._dropped = 0

    @property
    def events(self) -> list[Event]:
        """What is kept, oldest first."""
        keep = self.keep
        events = self._events
        if keep is not None and len(events) > keep:
            self._drop(len(events) - keep)
        for place in range(self._made, len(events)):
            event = events[place]
            if type(event) is tuple:
                kind, at, connection_id, values = event
                events[place] = kind(at, connection_id, *values)
        self._made = len(events)
        return events

    @property
    def dropped(self) -> int:
        """How many older events are not kept, because of ``keep``."""
        return self._dropped + max(0, len(self._events) - self.keep) if self.keep is not None else self._dropped

    def note(self, kind: type[Event], connection_id: int, *values: Any) -> None:
        """Append one that happens now; values are those of the kind's fields behind the first two."""
        at = self.clock()
        if self.tap is not None:
            self.tap(kind, at, connection_id, values)
            if self.keep == 0 and self.listener is None:
                self._dropped += 1
                return
        event: Any = kind, at, connection_id, values
        if self.listener is not None:
            event = kind(at, connection_id, *values)
            self.listener(event)
        events = self._events
        events.append(event)
        # A list that is cut now and then costs less than one that is cut each time.
        if self.keep is not None and len(events) > 2 * self.keep + _SLACK:
            self._drop(len(events) - self.keep)

    def _drop(self, count: int) -> None:
        del self._events[:count]
        self._made = max(0, self._made - count)
        self._dropped += count

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

    def queries(self, like: Matcher | None = None) -> dict[str, int]:
        """How often each statement was sent, the most frequent first: literals as ``?``, white space as one blank.

        Args:
            like: only statements whose own text is like that, as in ``faults.arm(matching=...)``.
        """
        return dict(Counter(normalised(text) for text in self._sent(like)).most_common())

    def count(self, like: Matcher) -> int:
        """How many statements were sent that are like that."""
        return len(self._sent(like))

    def _sent(self, like: Matcher | None) -> list[str]:
        matches = matcher(like)
        return [
            event.argument
            for event in self.all(CommandReceived)
            if event.command in _CARRY_OUT and (matches is None or matches(event.argument))
        ]

    def clear(self) -> None:
        """Forget what happened so far."""
        self._events.clear()
        self._made = 0
        self._dropped = 0

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __str__(self) -> str:
        """The dialogue, a line an event."""
        lines = list(map(str, self.events))
        if self.dropped:
            lines.insert(0, f"({self.dropped} earlier events were dropped)")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Transcript of {len(self.events)} events>\n{self}"


# How many events more than asked for may be held for a moment.
_SLACK: Final = 1000
_CARRY_OUT: Final = frozenset(("COM_QUERY", "COM_STMT_EXECUTE"))
_LITERAL: Final = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | \b0x[0-9a-f]+\b | \b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LIST: Final = re.compile(r"\?(?:\s*,\s*\?)+")


def normalised(statement: str) -> str:
    """The statement with ``?`` for each literal and for each list of them, and one blank for white space."""
    return " ".join(_LIST.sub("?", _LITERAL.sub("?", statement)).split())
