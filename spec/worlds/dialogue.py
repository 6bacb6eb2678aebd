"""What a client and a server say to one another, overheard: bytes in, commands and ends out.

Knows: the framing of both directions, the greeting, the names of the commands, the first byte of an answer and the
status flags of an OK. That is all that observation needs; what lies inside a result set is passed on unread. Kept from
knowing: sockets, time (`now` comes in with the bytes), and every other implementation of the protocol in this project,
for an observer that shares its reading of the manual with the driver or with the fake server would overlook their
mistakes.

The one change made to what passes: CLIENT_SSL, CLIENT_COMPRESS and CLIENT_ZSTD_COMPRESSION_ALGORITHM are taken out of
the greeting, for behind TLS or compression there is nothing to see. The wire runs over the loopback interface.

Source: MySQL manual, "Protocol Basics", "Protocol::HandshakeV10", "Command Phase"; MariaDB's greeting agrees up to
here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..world import Command, Point

HEADER = 4
MAX_PACKET = 0xFFFFFF
SERVER_STATUS_IN_TRANS = 1
KEEP_BYTES = 1 << 20  # of a client's packet: more than any statement of a clause, less than a flood

CLIENT_COMPRESS = 1 << 5
CLIENT_SSL = 1 << 11
CLIENT_ZSTD = 1 << 26

COMMANDS = (
    *("COM_SLEEP", "COM_QUIT", "COM_INIT_DB", "COM_QUERY", "COM_FIELD_LIST", "COM_CREATE_DB", "COM_DROP_DB"),
    *("COM_REFRESH", "COM_SHUTDOWN", "COM_STATISTICS", "COM_PROCESS_INFO", "COM_CONNECT", "COM_PROCESS_KILL"),
    *("COM_DEBUG", "COM_PING", "COM_TIME", "COM_DELAYED_INSERT", "COM_CHANGE_USER", "COM_BINLOG_DUMP"),
    *("COM_TABLE_DUMP", "COM_CONNECT_OUT", "COM_REGISTER_SLAVE", "COM_STMT_PREPARE", "COM_STMT_EXECUTE"),
    *("COM_STMT_SEND_LONG_DATA", "COM_STMT_CLOSE", "COM_STMT_RESET", "COM_SET_OPTION", "COM_STMT_FETCH"),
    *("COM_DAEMON", "COM_BINLOG_DUMP_GTID", "COM_RESET_CONNECTION", "COM_CLONE"),
)  # by their number


class Framer:
    """Cuts one direction of a connection into payloads.

    feed() takes any cut of the stream, byte by byte as well. Of a payload the first keep_bytes are kept. A payload of
    16 MiB - 1 and its continuations count as one.
    """

    def __init__(self, keep_bytes: int = KEEP_BYTES) -> None:
        self._keep = keep_bytes
        self._header = bytearray()
        self._left = 0
        self._body = bytearray()
        self._sequence = 0
        self._continued = False
        self._continues = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The payloads that are complete with these bytes, each after the sequence number of its first packet."""
        found = []
        at = 0
        while at < len(data):
            if len(self._header) < HEADER:
                taken = data[at : at + HEADER - len(self._header)]
                at += len(taken)
                self._header += taken
                if len(self._header) < HEADER:
                    break
                self._left = int.from_bytes(self._header[:3], "little")
                self._continued = self._left == MAX_PACKET
                if not self._continues:
                    self._sequence = self._header[3]
            taken = data[at : at + self._left]
            at += len(taken)
            self._left -= len(taken)
            self._body += taken[: max(0, self._keep - len(self._body))]
            if not self._left:
                self._header.clear()
                self._continues = self._continued
                if not self._continued:
                    found.append((self._sequence, bytes(self._body)))
                    self._body.clear()
        return found


@dataclass(slots=True)
class Greeting:
    """What is read of a HandshakeV10 payload."""

    version: str
    thread_id: int
    capabilities_at: int

    @classmethod
    def parse(cls, payload: bytes) -> Greeting | None:
        """None where the payload is something else: an error packet, another protocol version, a stub of a greeting."""
        end = payload.find(b"\0", 1)
        capabilities_at = end + 1 + 4 + 8 + 1
        if not payload.startswith(b"\x0a") or end < 0 or len(payload) < capabilities_at + 2:
            return None
        thread_id = int.from_bytes(payload[end + 1 : end + 5], "little")
        return cls(payload[1:end].decode("ascii", "replace"), thread_id, capabilities_at)

    def in_clear(self, payload: bytes) -> bytes:
        """The payload without the offers that would hide what follows."""
        patched = bytearray(payload)
        low = slice(self.capabilities_at, self.capabilities_at + 2)
        high = slice(self.capabilities_at + 5, self.capabilities_at + 7)  # a character set and a status lie between
        for part, offered in ((low, CLIENT_COMPRESS | CLIENT_SSL), (high, CLIENT_ZSTD >> 16)):
            value = int.from_bytes(patched[part], "little") & ~offered
            patched[part] = value.to_bytes(len(patched[part]), "little")
        return bytes(patched)


def error_packet(code: int, message: str, sequence: int) -> bytes:
    """A whole ERR packet, without an SQLSTATE, as it stands where a greeting is due."""
    payload = b"\xff" + code.to_bytes(2, "little") + message.encode()
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def is_in_transaction(ok: bytes) -> bool:
    """Whether an OK packet's payload carries SERVER_STATUS_IN_TRANS; False where it is cut short.

    Source: MySQL manual, "OK_Packet": after two length-encoded integers come two bytes of flags.
    """
    at = 1
    for _ in range(2):
        first = ok[at] if at < len(ok) else 0
        at += 1 + {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    return bool(int.from_bytes(ok[at : at + 2], "little") & SERVER_STATUS_IN_TRANS)


def _describe_answer(payload: bytes) -> str:
    match payload[:1]:
        case b"\x00":
            return "OK"
        case b"\xff":
            text = payload[3:].decode("utf-8", "replace")
            if text.startswith("#"):
                text = text[6:]
            return f"ERR {int.from_bytes(payload[1:3], 'little')} {text}"
        case _:
            return "rows"


@dataclass(slots=True)
class Dialogue:
    """One link's conversation so far. Feed it both directions in the order in which they came."""

    greeting: Greeting | None = None
    phase: Point = Point.GREETING
    commands: list[Command] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)
    has_quit: bool = False
    is_in_transaction: bool = False
    is_answer_due: bool = False
    _client: Framer = field(default_factory=Framer)
    _server: Framer = field(default_factory=lambda: Framer(keep_bytes=512))
    _unread: bytes = b""

    def note(self, now: float, text: str) -> None:
        """Add a line to the story."""
        self.notes.append((now, text))

    def client_sent(self, data: bytes, now: float) -> list[Command]:
        """Take what the client sent; returns the commands that are complete with it.

        A command begins a new exchange, with sequence number 0; what answers the server's questions goes on counting.
        """
        fresh = []
        for sequence, payload in self._client.feed(data):
            if sequence != 0 or self.phase is Point.GREETING:
                if self.phase is Point.LOGIN and not self.commands:
                    self.note(now, "> login" if sequence == 1 else "> login goes on")
                continue
            name = COMMANDS[payload[0]] if payload and payload[0] < len(COMMANDS) else f"command {payload[:1].hex()}"
            text = payload[1:].decode("utf-8", "replace") if name == "COM_QUERY" else ""
            fresh.append(Command(name, text))
            self.is_answer_due = True
            self.has_quit |= name == "COM_QUIT"
            self.note(now, f"> {text}" if text else f"> {name}")
        self.commands += fresh
        return fresh

    def server_sent(self, data: bytes, now: float) -> bytes:
        """Take what the server sent; returns what the client is to get: nothing while the greeting is incomplete."""
        if self.phase is not Point.GREETING:
            self._overhear(data, now)
            return data
        self._unread += data
        length = HEADER + int.from_bytes(self._unread[:3], "little")
        if len(self._unread) < max(length, HEADER + 1):
            return b""
        first, rest = self._unread[:length], self._unread[length:]
        self._unread = b""
        self.phase = Point.LOGIN
        self.greeting = Greeting.parse(first[HEADER:])
        if self.greeting:
            self.note(now, f"< greeting of {self.greeting.version}, thread {self.greeting.thread_id}")
            first = first[:HEADER] + self.greeting.in_clear(first[HEADER:])
        else:
            self.note(now, f"< {_describe_answer(first[HEADER:])}")
        self._overhear(rest, now)
        return first + rest

    def _overhear(self, data: bytes, now: float) -> None:
        for _, payload in self._server.feed(data):
            if self.phase is Point.LOGIN:
                if payload[:1] in (b"\x00", b"\xff"):
                    self.note(now, f"< {_describe_answer(payload)}")
                if payload[:1] == b"\x00":
                    self.phase = Point.REPLY
            elif self.is_answer_due:
                self.is_answer_due = False
                if payload[:1] == b"\x00":
                    self.is_in_transaction = is_in_transaction(payload)
                self.note(now, f"< {_describe_answer(payload)}")
