"""An engine of a few statements and a client of a few packets, so that the protocol side is tested by itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from fakemysql.answers import Column, Columns, End, Failure, Kill, Ok, Pause, Rows, Wake, Woken
from fakemysql.auth import sha2_scramble
from fakemysql.constants import (
    CLIENT_CONNECT_ATTRS,
    CLIENT_CONNECT_WITH_DB,
    CLIENT_DEPRECATE_EOF,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_TRANSACTIONS,
    FIELD_TYPE_LONGLONG,
    FIELD_TYPE_VAR_STRING,
    SERVER_MORE_RESULTS_EXISTS,
)
from fakemysql.conversation import Conversation, Peer, Surroundings
from fakemysql.effects import Wait
from fakemysql.faults import Faults
from fakemysql.packets import AuthSwitchRequest, HandshakeResponse41, HandshakeV10
from fakemysql.persona import MYSQL_9_7
from fakemysql.prepared import Description
from fakemysql.rows import Precoded
from fakemysql.sql.accounts import Accounts
from fakemysql.sql.session import SessionRefused
from fakemysql.sql.shapes import Results
from fakemysql.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakemysql.answers import Steps
    from fakemysql.binary import Parameter
    from fakemysql.effects import Effect
    from fakemysql.packets import Packet
    from fakemysql.persona import Persona
    from fakemysql.server import FakeServer
    from fakemysql.sql.session import Login, Session

NONCE = b"abcdefghijklmnopqrst"
CAPABILITIES = (
    CLIENT_PROTOCOL_41
    | CLIENT_TRANSACTIONS
    | CLIENT_SECURE_CONNECTION
    | CLIENT_PLUGIN_AUTH
    | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
    | CLIENT_CONNECT_ATTRS
)
ONE = Column("1", FIELD_TYPE_LONGLONG, 63, 2, 0x81)


class SmallSession:
    """As much of a session as a conversation reads and writes."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.connection_id = login.connection_id
        self.status = 2
        self.database = login.database
        self.wait_timeout = 28800.0
        self.command = self.state = ""
        self.state_since = 0.0
        self.info: str | None = None
        self.results = Results(None, 63)
        self.warnings: list[tuple[str, int, str]] = []
        self.news: list[object] = []

    def warn(self, level: str, code: int, message: str) -> None:
        self.warnings.append((level, code, message))


class SmallEngine:
    """Answers by the statement's first word; statuses count up so that each answer can be told from the next."""

    def __init__(self) -> None:
        self.open: dict[int, Session] = {}
        self.wakes_on_close: list[Wake] = []
        self.woken: list[Woken | None] = []
        self.closed_steps = 0
        self.precoded = Precoded([])

    def open_session(self, login: Login) -> Session:
        if login.database == "nosuch":
            raise SessionRefused(1049, "42000", "Unknown database 'nosuch'")
        session = cast("Session", SmallSession(login))
        self.open[login.connection_id] = session
        return session

    def close_session(self, session: Session) -> list[Wake]:
        self.open.pop(session.connection_id, None)
        return self.wakes_on_close

    def constant(self, session: Session, statement: bytes) -> None:
        return None

    def query(self, session: Session, statement: bytes) -> Steps:
        word, _, rest = statement.decode().partition(" ")
        try:
            yield from getattr(self, f"_{word.lower()}", self._error)(session, rest)
        finally:
            self.closed_steps += 1

    def _error(self, session: Session, rest: str) -> Steps:
        yield Failure(1064, "42000", "You have an error")

    def _set(self, session: Session, rest: str) -> Steps:
        yield Ok(2, affected_rows=3, info="fine")

    def _select(self, session: Session, rest: str) -> Steps:
        count = int(rest)
        yield Columns((ONE,), 2)
        yield Rows([(number,) for number in range(count)])
        yield End(2, warnings=1)

    def _again(self, session: Session, rest: str) -> Steps:
        yield Columns((ONE,), 2)
        yield Rows(self.precoded)
        yield End(2)

    def _two(self, session: Session, rest: str) -> Steps:
        yield Ok(2 | SERVER_MORE_RESULTS_EXISTS)
        yield from self._sleep(session, rest)

    def _wide(self, session: Session, rest: str) -> Steps:
        yield Columns((Column("w", FIELD_TYPE_VAR_STRING, 45, 4000),), 2)
        yield Rows([("w" * 1000,)] * int(rest))
        yield End(2)

    def _sleep(self, session: Session, rest: str) -> Steps:
        yield Columns((ONE,), 2)
        woken = yield Pause(float(rest) if rest else None, "User sleep")
        self.woken.append(woken)
        yield Rows([(0 if woken is Woken.ELAPSED else 1,)])
        yield End(2)

    def _watchful(self, session: Session, rest: str) -> Steps:
        yield Pause(None, "User lock", client_check_seconds=0.02)

    def _broken(self, session: Session, rest: str) -> Steps:
        yield Columns((ONE,), 2)
        yield Rows([(1,)])
        yield Failure(1317, "70100", "Query execution was interrupted")

    def _kill(self, session: Session, rest: str) -> Steps:
        number, _, query = rest.partition(" ")
        yield Kill(int(number), query_only=bool(query))
        yield Ok(2)

    def _wake(self, session: Session, rest: str) -> Steps:
        yield Wake(int(rest))
        yield Ok(2)

    def init_db(self, session: Session, name: bytes) -> Ok | Failure:
        return Failure(1049, "42000", "Unknown database 'nosuch'") if name == b"nosuch" else Ok(2)

    def reset(self, session: Session) -> tuple[Ok, list[Wake]]:
        return Ok(2), [Wake(77)]

    def change_user(self, session: Session, login: Login | None) -> tuple[Ok | Failure, list[Wake]]:
        if login is not None and login.database == "nosuch":
            return Failure(1049, "42000", "Unknown database 'nosuch'"), []
        return Ok(2), [Wake(78)]

    def field_list(self, session: Session, table: str, pattern: str) -> Failure:
        del session, pattern
        return Failure(1146, "42S02", f"Table 'test.{table}' doesn't exist")

    def set_option(self, session: Session, option: int) -> End | Failure:
        return End(2)

    def statistics(self) -> str:
        return "Uptime: 1"

    def prepare(self, session: Session, statement: bytes) -> Description | Failure:
        """One column for SELECT, none for the rest, and a parameter for each question mark."""
        if not hasattr(self, f"_{statement.decode().partition(' ')[0].lower()}"):
            return Failure(1064, "42000", "You have an error")
        columns = (ONE,) if statement.startswith(b"SELECT") else ()
        return Description((ONE,) * statement.count(b"?"), columns, handle=statement)

    def execute(self, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
        """The statement with the values in place of the question marks."""
        text = cast("bytes", handle).decode()
        for parameter in parameters:
            value = parameter.value
            text = text.replace("?", value.decode() if isinstance(value, bytes) else str(value), 1)
        return self.query(session, text.encode())

    def ping(self, session: Session) -> Ok:
        return Ok(2)


class RawClient:
    """A client of the fake over asyncio streams, that knows framing and no more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, server: FakeServer, *, unix: bool = False) -> RawClient:
        """Connect, and say nothing."""
        if unix:
            assert server.unix_socket is not None
            return cls(*await asyncio.open_unix_connection(server.unix_socket))
        return cls(*await asyncio.open_connection(server.host, server.port))

    @classmethod
    async def log_in(cls, server: FakeServer, *, unix: bool = False) -> RawClient:
        """Connect as root."""
        client = await cls.dial(server, unix=unix)
        number, _ = await client.packet()
        assert number == 0
        client.say(HandshakeResponse41(CAPABILITIES, 1 << 24, 45, "root", b"", None, "caching_sha2_password"), 1)
        assert (await client.packet())[1][:1] == b"\x00"
        return client

    def say(self, packet: Packet | bytes, number: int = 0) -> None:
        """Send one packet."""
        payload = packet if isinstance(packet, bytes) else packet.serialize()
        self.writer.write(len(payload).to_bytes(3, "little") + bytes((number,)) + payload)

    async def packet(self) -> tuple[int, bytes]:
        """The next packet: its number and its payload. IncompleteReadError at an end."""
        head = await self.reader.readexactly(4)
        return head[3], await self.reader.readexactly(int.from_bytes(head[:3], "little"))

    async def query(self, statement: str, packets: int = 1) -> list[tuple[int, bytes]]:
        """Say a statement and read so many packets."""
        self.say(b"\x03" + statement.encode())
        return [await self.packet() for _ in range(packets)]

    async def end(self) -> bytes:
        """What still comes before the end; ConnectionResetError for a broken one."""
        return await self.reader.read()

    async def hang_up(self) -> None:
        """Close, and wait until that is done; a connection that is broken already is closed, too."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


class Dialogue:
    """One conversation, driven by hand: send payloads, read the packets that came back."""

    def __init__(
        self, *, persona: Persona = MYSQL_9_7, engine: SmallEngine | None = None, limit_bytes: int = 1 << 24
    ) -> None:
        self.engine = engine or SmallEngine()
        self.faults = Faults()
        self.now = 0.0
        self.transcript = Transcript(lambda: self.now)
        self.surroundings = Surroundings(
            persona=persona,
            accounts=Accounts({"app": "s3cret"}, persona),
            engine=self.engine,
            faults=self.faults,
            transcript=self.transcript,
            nonce=lambda: NONCE,
            limit_bytes=lambda: limit_bytes,
        )
        self.conversation = Conversation(self.surroundings, 7, Peer("localhost", 5000))
        self.effects: list[Effect] = []
        self.wire = bytearray()

    def advance(self) -> list[Effect]:
        """Drive as a server does, to where somebody else's turn is; the effects asked for meanwhile."""
        begun = len(self.effects)
        while True:
            effect = self.conversation.advance()
            self.wire += self.conversation.take_output()
            if effect is None:
                return self.effects[begun:]
            self.effects.append(effect)

    def say(self, payload: bytes, number: int = 0) -> list[tuple[int, bytes]]:
        """Send one packet; what came back, as (number, payload)."""
        self.conversation.receive(len(payload).to_bytes(3, "little") + bytes((number,)) + payload)
        self.advance()
        return self.heard()

    def heard(self) -> list[tuple[int, bytes]]:
        """The packets that came since last asked."""
        found, position = [], 0
        wire = bytes(self.wire)
        self.wire.clear()
        while position < len(wire):
            length = int.from_bytes(wire[position : position + 3], "little")
            found.append((wire[position + 3], wire[position + 4 : position + 4 + length]))
            position += 4 + length
        return found

    def greet(self) -> HandshakeV10:
        """Take the greeting."""
        self.advance()
        [(number, payload)] = self.heard()
        assert number == 0
        return HandshakeV10.parse(payload)

    def log_in(
        self,
        user: str = "root",
        password: str = "",
        *,
        database: str | None = None,
        capabilities: int = CAPABILITIES,
        plugin: str = "caching_sha2_password",
    ) -> list[tuple[int, bytes]]:
        """Greet and log in; the answers."""
        nonce = self.greet().nonce
        if database is not None:
            capabilities |= CLIENT_CONNECT_WITH_DB
        response = HandshakeResponse41(
            capabilities, 1 << 24, 45, user, sha2_scramble(password.encode(), nonce), database, plugin, (("who", "me"),)
        )
        answers = self.say(response.serialize(), 1)
        if answers and answers[0][1][:1] == b"\xfe":
            assert AuthSwitchRequest.parse(answers[0][1]).plugin == "mysql_native_password"
            return answers + self.say(b"", answers[0][0] + 1)
        return answers

    def ready(self, **options: bool) -> Dialogue:
        """Logged in as root, with what was said so far forgotten."""
        extra = CLIENT_DEPRECATE_EOF if options.get("deprecate_eof") else 0
        assert self.log_in(capabilities=CAPABILITIES | extra)[-1][1][:1] == b"\x00"
        self.effects.clear()
        return self

    def waits(self) -> Wait:
        """The wait that was asked for last."""
        effect = self.effects[-1]
        assert isinstance(effect, Wait)
        return effect
