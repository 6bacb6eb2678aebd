"""Two servers told the same, and what each answered, made comparable.

A :class:`Pair` is one session on a real server and its twin on the fake. Whatever is said to it is said to both; the
answers come back as lines, packet by packet, and :func:`differences` of the two lists is what a test looks at. Only
what cannot be equal is made so: connection ids, wherever they stand in a row or a text.

``KNOWN`` lists in what the fake is known to differ and why, each with a dialogue that shows it: a test holds that it
still differs, so that an entry goes when its reason has gone.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fakemysql.constants import (
    CLIENT_DEPRECATE_EOF,
    CLIENT_MULTI_RESULTS,
    CLIENT_MULTI_STATEMENTS,
    SERVER_MORE_RESULTS_EXISTS,
    SERVER_STATUS_AUTOCOMMIT,
    SERVER_STATUS_CURSOR_EXISTS,
)
from fakemysql.fields import FieldReader
from fakemysql.packets import AuthSwitchRequest, ComChangeUser, TextRow
from tests.fakemysql.prepared_dialogues import CAPABILITIES, Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MODES: Final = (0, CLIENT_DEPRECATE_EOF)
NEITHER_OK_NOR_ROWS: Final = {b"\x19", b"\x18"}  # COM_STMT_CLOSE and COM_STMT_SEND_LONG_DATA are never answered


@dataclass(frozen=True)
class Known:
    """One thing in which the fake differs.

    mariadb: from which of the two servers. talk: what shows it. commands: a pattern for the commands that would
    show it, which are left out; the last of the talk is one. reason: why it stays.
    """

    mariadb: bool
    talk: tuple[bytes, ...]
    commands: re.Pattern[bytes]
    reason: str


KNOWN: Final = (
    Known(
        False,
        (b"\x16SELECT ? + 1",),
        re.compile(rb"^\x16SELECT \? \+ 1"),
        "MySQL gives a parameter the type of its place in an expression; the fake does so for a bare one alone",
    ),
    Known(
        True,
        (b"\x16SELECT ? + 1", b"\x17{s0}\x00\x01\x00\x00\x00\x00\x01\x03\x00\x05\x00\x00\x00"),
        re.compile(rb"^\x16SELECT \? \+ 1"),
        "MariaDB takes an expression over a parameter for one that may be NULL, whatever is bound",
    ),
    Known(
        False,
        (b"\x16DO ?", b"\x17{s0}\x01\x01\x00\x00\x00\x00\x01\x03\x00\x05\x00\x00\x00"),
        re.compile(rb"^\x16DO"),
        "MySQL shows what DO has computed as a result, once a cursor is asked for",
    ),
    Known(
        True,
        (b"\x16SELECT @a", b"\x17{s0}\x01\x01\x00\x00\x00"),
        re.compile(rb"^\x16SELECT @a"),
        "MariaDB makes a blob of a variable that holds nothing, as of all that is put into a cursor's table",
    ),
    Known(
        False,
        (b"\x16SELECT @a", b"\x03SET @a = 0", b"\x17{s0}\x00\x01\x00\x00\x00"),
        re.compile(rb"^\x16SELECT @a"),
        "MySQL keeps the type that a variable had when the statement was prepared",
    ),
    Known(
        False,
        (b"\x03CREATE TEMPORARY TABLE t (a INT)", b"\x03DESCRIBE t"),
        re.compile(rb"^\x03DESCRIBE"),
        "MySQL lists the columns of a temporary table out of another table than those of a stored one",
    ),
    *(
        Known(
            mariadb,
            (b"\x03SET lc_time_names = 1",),
            re.compile(rb"lc_time_names = -?[0-9]"),
            "the servers take a number for a place in their list of locales, which the fake does not have",
        )
        for mariadb in (True, False)
    ),
    *(
        Known(
            mariadb,
            (command,),
            re.compile(re.escape(command[8:])),
            "the length announced for an expression over variables that hold nothing, off by a few in 65,535 bytes",
        )
        for mariadb, command in (
            (False, b"\x03SELECT COALESCE(NULL, @a)"),
            (False, b"\x03SELECT CONCAT(@a, '-', @b)"),
            (True, b"\x03SELECT CONCAT(@a, '-', @b)"),
        )
    ),
)


class ServerHasGone(Exception):
    """The server has ended the connection."""


class Session(Client):
    """One connection; says a command and takes every packet of its answer, however many results it has.

    status is the last status word that came; statements are the ids that the server gave, in order.
    """

    def __init__(self, url: str, extra: int) -> None:
        super().__init__(url, extra | CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS)
        self.statements: list[bytes] = []
        self.status = SERVER_STATUS_AUTOCOMMIT
        try:
            self.id = int(self.cell(b"\x03SELECT CONNECTION_ID()"))
        except BaseException:
            self.close()
            raise

    def cell(self, payload: bytes) -> str:
        """The one value of a result set."""
        packets = list(self.told(payload))
        rows = [packet for _, packet in packets[(2 if self.deprecates_eof else 3) :]]
        value = TextRow.parse(rows[0]).cells[0]
        assert value is not None
        return value.decode()

    def told(self, payload: bytes) -> Iterator[tuple[int, bytes]]:
        """Say it, and take the packets that answer it, up to the last one or to the connection's end."""
        self.send(payload)
        if payload[:1] in NEITHER_OK_NOR_ROWS:
            return
        command = payload[:1]
        while True:
            number, first = self.packet()
            kind = first[:1]
            if command == b"\x16" and kind == b"\x00":
                # MariaDB counts statements of the whole server, MySQL those of the connection.
                self.statements.append(first[1:5])
                yield number, b"\x00 ID " + first[5:]
                yield from self._definitions(first)
                return
            yield number, first
            if kind == b"\xff" or not first:
                return
            if kind == b"\xfe" and command == b"\x11":
                return  # the caller answers the switch
            if kind == b"\x00" and command != b"\x1c":
                self.status = status_of_ok(first)
            elif kind == b"\xfe":
                self.status = int.from_bytes(first[3:5], "little")
            elif command == b"\x09":
                return
            else:
                if command not in (b"\x1c", b"\x04"):
                    for _ in range(first[0]):
                        yield self.packet()
                    if not self.deprecates_eof:
                        number, end = self.packet()
                        yield number, end
                        if int.from_bytes(end[3:5], "little") & SERVER_STATUS_CURSOR_EXISTS:
                            return
                packet = b""
                for number, packet in self._rows():
                    yield number, packet
                if packet[:1] == b"\xff":
                    return
                self.status = self._status_of_end(packet)
            if not self.status & SERVER_MORE_RESULTS_EXISTS:
                return

    def _definitions(self, first: bytes) -> Iterator[tuple[int, bytes]]:
        for at in (7, 5):
            count = int.from_bytes(first[at : at + 2], "little")
            for _ in range(count + (bool(count) and not self.deprecates_eof)):
                yield self.packet()

    def _status_of_end(self, packet: bytes) -> int:
        return status_of_ok(packet) if self.deprecates_eof else int.from_bytes(packet[3:5], "little")

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self.socket.recv(65536)
            if not data:
                raise ServerHasGone
            self._buffer += data
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """Everything up to the end of the connection, which is ServerHasGone or a ConnectionError."""
        while True:
            yield self.packet()

    def change_user(self, url_database: str, user: str) -> Iterator[tuple[int, bytes]]:
        """COM_CHANGE_USER to an account without a password; the switch's data differs by nature, so it is not shown."""
        self.send(ComChangeUser(user, b"", url_database, 45, "mysql_native_password").serialize(CAPABILITIES))
        number, packet = self.packet()
        if packet[:1] == b"\xfe":
            yield number, b"switch to " + AuthSwitchRequest.parse(packet).plugin.encode()
            self.send(b"", number + 1)
            number, packet = self.packet()
            if packet == b"\x01\x03":
                yield number, packet
                number, packet = self.packet()
        self.statements.clear()
        yield number, packet


class Pair:
    """One session on both servers."""

    def __init__(self, real: str, fake: str, extra: int) -> None:
        with contextlib.ExitStack() as stack:
            self.real = Session(real, extra)
            stack.callback(self.real.close)
            self.fake = Session(fake, extra)
            stack.pop_all()
        self.user = real.partition("//")[2].partition(":")[0]

    @property
    def prepared(self) -> int:
        """How many statements have been prepared, closed ones included."""
        return len(self.real.statements)

    def say(self, payload: bytes, sessions: Sequence[Pair] = ()) -> tuple[list[str], list[str]]:
        """A command to both, and what the real server and the fake answer.

        {c0} stands for the connection id of the first of the sessions, {s0} for the id of the first statement that was
        prepared here; each side gets its own.
        """
        reals = self._told(self.real, payload, [pair.real.id for pair in sessions])
        return reals, self._told(self.fake, payload, [pair.fake.id for pair in sessions])

    def change_user(self, database: str) -> tuple[list[str], list[str]]:
        """COM_CHANGE_USER to the same account."""
        return self._shown(self.real, self.real.change_user(database, self.user)), self._shown(
            self.fake, self.fake.change_user(database, self.user)
        )

    def rest(self) -> tuple[list[str], list[str]]:
        """What both send up to the end of the connection."""
        return self._shown(self.real, self.real.rest()), self._shown(self.fake, self.fake.rest())

    def _told(self, side: Session, payload: bytes, ids: Sequence[int]) -> list[str]:
        tells_ids = any(word in payload for word in (b"CONNECTION_ID", b"IS_USED_LOCK", b"KILL"))
        for n, connection_id in enumerate(ids):
            payload = payload.replace(b"{c%d}" % n, b"%d" % connection_id)
        for n, statement in enumerate(side.statements):
            payload = payload.replace(b"{s%d}" % n, statement)
        names = {connection_id: f"<{n}>" for n, connection_id in enumerate(ids)} if tells_ids else {}
        return self._shown(side, side.told(payload), names)

    def _shown(self, side: Session, packets: Iterator[tuple[int, bytes]], names: Mapping[int, str] = {}) -> list[str]:
        lines = []
        try:
            for number, packet in packets:
                lines.append(f"{number} {shown(packet, names)}")
        except (ServerHasGone, ConnectionError):
            lines.append("the connection has ended")
        return lines

    def close(self) -> None:
        """Leave both, as a client does that is in a hurry."""
        self.real.close()
        self.fake.close()


def shown(packet: bytes, names: Mapping[int, str]) -> str:
    """A packet as text: an error as a reader wants it, everything else byte by byte; ids by their names."""
    if packet[:1] == b"\xff":
        text = packet[3:].decode(errors="backslashreplace")
        for number, name in names.items():
            text = re.sub(rf"\b{number}\b", name, text)
        text = re.sub(r"(statement handler|The statement) \(\d+\)", r"\1 (ID)", text)
        return f"ERR {int.from_bytes(packet[1:3], 'little')} {text}"
    for number, name in names.items():
        digits = b"%d" % number
        packet = packet.replace(bytes((len(digits),)) + digits, name.encode())
    return repr(packet)[2:-1]


def status_of_ok(packet: bytes) -> int:
    """The status word of an OK packet, or of one that ends rows."""
    reader = FieldReader(packet, 1)
    reader.lenenc_int("affected rows")
    reader.lenenc_int("last insert id")
    return reader.fixed_int(2, "status")


def differences(real: Sequence[str], fake: Sequence[str]) -> str:
    """Nothing if they are equal; otherwise what stands where they part."""
    if list(real) == list(fake):
        return ""
    for at, (one, other) in enumerate(zip(real, fake, strict=False)):
        if one != other:
            return f"packet {at}: the server answers\n    {one}\nand the fake\n    {other}"
    more, lines = ("the server", real) if len(real) > len(fake) else ("the fake", fake)
    return f"only {more} goes on with\n    {lines[min(len(real), len(fake))]}"
