"""The server's side of one connection as a decider: bytes in, bytes and effects out, no I/O.

A conversation passes through phases; :data:`TRANSITIONS` is the table of them, and whatever is not in it is refused.
What happens inside a phase is written as generators, in the order of the manual's own pictures: a generator yields
``NEED_PACKET`` when it is the client's turn and an :data:`Effect` when somebody else must act, and is resumed when that
is done. A statement of the engine and a plugin of ``auth`` are generators too, so that a wait, a fault or an end can
fall between any two packets without a flag to remember it by.

How to drive it: hand over what arrives with :meth:`~Conversation.receive`, call :meth:`~Conversation.advance` until it
returns None, each time first writing :meth:`~Conversation.take_output` and then carrying out the effect. ``Flush`` asks
for nothing but that writing; whoever drives may wait there until the client has read. Everything else that may happen
to a connection (a kill, a timeout, a lost peer) is a method, after which it is advanced again.

The module knows packets, the engine's answers and the plan of faults. It is kept from SQL, sockets, clocks and chance.
What few connections need (TLS, compression, query attributes, prepared statements) stands in modules of its own, which
are loaded by the first connection that asks.

Source: MySQL manual, "Connection Phase", "Command Phase"; ends and errors as MariaDB 10.11 and MySQL 9.7 were seen to
send them.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .answers import Columns, End, Failure, Kill, LocalFile, Ok, Pause, Rows, Shutdown, Woken
from .auth import Refused, Verdict, authenticate, needs_answer
from .commands import COMMANDS, UNKNOWN, malformed_command
from .constants import (
    CLIENT_COMPRESS,
    CLIENT_DEPRECATE_EOF,
    CLIENT_PROTOCOL_41,
    CLIENT_QUERY_ATTRIBUTES,
    CLIENT_SESSION_TRACK,
    CLIENT_SSL,
    SERVER_MORE_RESULTS_EXISTS,
    SERVER_STATUS_IN_TRANS,
)
from .effects import FLUSH, AnsweredByFault, Close, Effect, Hangup, KillOther, Refusal, ShutDown, Wait, WakeOther
from .faults import Hook, Occasion
from .fields import NULL_CELL, MalformedPacket, lenenc_bytes, lenenc_int
from .framing import Framing, FramingError, OutOfOrder, PacketTooBig
from .packets import (
    AuthSwitchRequest,
    ColumnDefinition41,
    EofPacket,
    ErrPacket,
    HandshakeResponse41,
    HandshakeV10,
    OkPacket,
    SSLRequest,
    command_name,
    to_bytes,
    to_text,
)
from .persona import Farewell
from .records import record
from .rows import BATCH_ROWS, Encoder, Precoded, RowEncoder, charset_of
from .sql.session import Login, SessionRefused
from .transcript import (
    AuthMessage,
    ClosedBy,
    CommandReceived,
    Greeted,
    LoggedIn,
    LoginReceived,
    LoginRefused,
    Replied,
    ReplyKind,
    SentUnasked,
    SessionReset,
    TimedOut,
    TlsStarted,
    TransactionEnded,
)
from .transcript import Closed as ClosedEvent
from .transcript import Killed as KilledEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .answers import Column, Constant, Steps, Value
    from .commands import Handler
    from .distortions import Distortion, Distortions
    from .faults import Faults
    from .persona import Persona
    from .prepared import Statements
    from .sql.accounts import Accounts
    from .sql.charsets import Charset
    from .sql.engine import Engine
    from .sql.session import Session
    from .tls import TlsFilter
    from .transcript import Event as TranscriptEvent
    from .transcript import Transcript

# Past this much output, a long answer asks to be written before it goes on.
_FLUSH_BYTES: Final = 1 << 16
# The greeting names the charset's collation in one byte, and a session begins with autocommit on.
_GREETING_STATUS: Final = 0x0002
_COM_QUERY: Final = 0x03
_NOTHING: Final[list[Effect]] = []
_NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})
_INTERRUPTED: Final = Failure(1317, "70100", "Query execution was interrupted")


class Phase(enum.Enum):
    """Where a conversation is."""

    CONNECTED = "the client has dialled and nothing is said"
    GREETED = "the handshake response is due"
    AUTHENTICATING = "the client proves who it is"
    READY = "a command is due"
    BUSY = "a command is being carried out"
    CLOSED = "nothing more is said"

    # Members are single; the hash that Enum has is a call into Python at each look into the table.
    __hash__ = object.__hash__


class Event(enum.Enum):
    """What moves it on."""

    GREETING_SENT = "the greeting was sent"
    RESPONSE_CAME = "the handshake response came"
    COMMAND_CAME = "a command came"
    CHANGE_USER_CAME = "the command is another login"
    ANSWERED = "the login or the command is answered in full"
    ENDED = "the connection ends, for whatever reason"

    __hash__ = object.__hash__


TRANSITIONS: Final[dict[tuple[Phase, Event], Phase]] = {
    (Phase.CONNECTED, Event.GREETING_SENT): Phase.GREETED,
    (Phase.GREETED, Event.RESPONSE_CAME): Phase.AUTHENTICATING,
    (Phase.AUTHENTICATING, Event.ANSWERED): Phase.READY,
    (Phase.READY, Event.COMMAND_CAME): Phase.BUSY,
    (Phase.BUSY, Event.CHANGE_USER_CAME): Phase.AUTHENTICATING,
    (Phase.BUSY, Event.ANSWERED): Phase.READY,
    (Phase.CONNECTED, Event.ENDED): Phase.CLOSED,
    (Phase.GREETED, Event.ENDED): Phase.CLOSED,
    (Phase.AUTHENTICATING, Event.ENDED): Phase.CLOSED,
    (Phase.READY, Event.ENDED): Phase.CLOSED,
    (Phase.BUSY, Event.ENDED): Phase.CLOSED,
}  # an absent pair is refused, and the refusal names both


class _NeedPacket(enum.Enum):
    NEED_PACKET = "the client's turn"


NEED_PACKET: Final = _NeedPacket.NEED_PACKET

# What a part of the dialogue yields, and what it is resumed with: a payload, why a wait ended, or nothing.
Talk: TypeAlias = Generator[Effect | _NeedPacket, bytes | Woken | None, None]


@record
class Peer:
    """The other end: host as in USER() ("localhost"), port None on a unix socket."""

    host: str
    port: int | None

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


@dataclass(slots=True)
class Surroundings:
    """What all conversations of one server share. A test that scripts answers exchanges the engine and the commands.

    nonce: 20 fresh bytes without a NUL. limit_bytes: the largest payload taken now (max_allowed_packet). tls: makes the
    filter of a connection; None where TLS is not offered. requires_tls: whether a login without it is refused now.
    commands: who carries out each command.
    """

    persona: Persona
    accounts: Accounts
    engine: Engine
    faults: Faults
    transcript: Transcript
    nonce: Callable[[], bytes]
    limit_bytes: Callable[[], int]
    tls: Callable[[], TlsFilter] | None = None
    requires_tls: Callable[[], bool] = lambda: False
    commands: Mapping[int, tuple[str, Handler]] = field(default_factory=lambda: COMMANDS)

    _greeting: tuple[bytes, bytes, bytes] | None = None

    @property
    def capabilities(self) -> int:
        """What the greeting offers."""
        return self.persona.capabilities | (CLIENT_SSL if self.tls is not None else 0)

    def greeting(self, connection_id: int, nonce: bytes) -> bytes:
        """The greeting of a connection; only the two that are given differ from one to the next."""
        if self._greeting is None:
            persona = self.persona
            mold = HandshakeV10(
                persona.greeting_version,
                connection_id,
                nonce,
                self.capabilities,
                persona.greeting_collation,
                _GREETING_STATUS,
                persona.default_auth_plugin,
                persona.extended_capabilities,
            )
            self._greeting = mold.parts()
        before, between, after = self._greeting
        return b"".join((before, connection_id.to_bytes(4, "little"), nonce[:8], between, nonce[8:], after))


class _Turn(enum.Enum):
    """Whom the dialogue waits for."""

    OURS = "nobody: it can go on"
    CLIENT = "the client, for a packet"
    WAKING = "a clock, a gate or another connection"
    NOBODY = "it has ended"


MakeEncoder: TypeAlias = "Callable[[Sequence[Column], Callable[[int], Charset]], Encoder]"


class Conversation:
    """One connection, from the greeting to the end. See the module's text for how to drive it."""

    __slots__ = (
        "_after_end",
        "_client_has_gone",
        "_distortions",
        "_interrupted",
        "_is_shutting_down",
        "_occasion_text",
        "_pause_is_statements",
        "_protocol_41",
        "_refusal",
        "_resumed_with",
        "_said_before",
        "_said_bytes",
        "_silence",
        "_talk",
        "_tls",
        "_turn",
        "capabilities",
        "certificate",
        "closed_by",
        "connection_id",
        "ended_in_transaction",
        "framing",
        "nonce",
        "output",
        "peer",
        "phase",
        "received_bytes",
        "refused_change_users",
        "sent_bytes",
        "session",
        "statement",
        "statements",
        "surroundings",
        "user",
        "was_switched",
    )

    def __init__(self, surroundings: Surroundings, connection_id: int, peer: Peer) -> None:
        self.connection_id = connection_id
        self.peer = peer
        self.phase = Phase.CONNECTED
        self.session: Session | None = None
        self.statement: str | None = None
        self.statements: Statements | None = None
        self.closed_by: ClosedBy | None = None
        self.ended_in_transaction = False
        self.output = bytearray()
        self.received_bytes = 0
        self.sent_bytes = 0
        self._said_bytes = 0
        self._said_before = 0
        self.surroundings = surroundings
        self.framing = Framing(limit_bytes=surroundings.limit_bytes())
        self._tls: TlsFilter | None = None
        self.nonce = b""
        self.capabilities = 0
        self._protocol_41 = False
        self.user = ""
        self._interrupted = False
        self._is_shutting_down = False
        self._client_has_gone = False
        self._pause_is_statements = False
        self.refused_change_users = 0
        self._occasion_text: tuple[str | None, str] = (None, "")
        self._distortions: Distortions | None = None
        self._refusal: Failure | None = None
        self._silence = 0.0
        self.certificate: object = None
        self.was_switched = False
        # What is to be done once it has ended: a list of its own by then, and not before, so that idle ones are small.
        self._after_end = _NOTHING
        self._resumed_with: bytes | Woken | None = None
        self._turn = _Turn.OURS
        self._talk = self._dialogue()

    # ------------------------------------------------------------------------------------------------- driving it

    def receive(self, data: bytes) -> None:
        """What arrived, cut however the network liked."""
        self.received_bytes += len(data)
        if self._turn is _Turn.NOBODY:
            return
        if self._tls is None:
            self.framing.receive(data)
            return
        try:
            self.framing.receive(self._decrypt(self._tls, data))
        except ConnectionError:
            self._end(ClosedBy.PROTOCOL, Hangup.FIN)

    @property
    def unread_bytes(self) -> int:
        """What has arrived and waits for its turn: pipelined commands."""
        return self.framing.pending_bytes

    def take_output(self) -> bytes:
        """What is to be written now; it is forgotten here.

        Nothing while a statement waits: servers keep an answer back until it is complete or fills their buffer, and
        whoever is killed in SLEEP has not seen the column definitions.
        """
        if self._pause_is_statements:
            return b""
        if self._tls is None and self._distortions is None:
            if not self.output:
                return b""
            plain = bytes(self.output)
            self.output.clear()
            output = self.framing.seal(plain)
            self.sent_bytes += len(output)
            self._said_bytes += len(plain)
            return output
        plain = bytes(self.output)
        self.output.clear()
        if self._distortions is not None:
            plain = self._distortions.feed(plain, is_all=self._turn is _Turn.NOBODY)
        output = self.framing.seal(plain)
        if self._tls is not None:
            output = self._tls.seal(output)
            # Whoever is killed or timed out hears no goodbye of TLS's either: the socket ends (measured).
            if self._turn is _Turn.NOBODY and self.closed_by not in (ClosedBy.KILL, ClosedBy.TIMEOUT):
                self._tls.close()
                output += self._tls.seal(b"")
        self.sent_bytes += len(output)
        self._said_bytes += len(plain)
        return output

    def advance(self) -> Effect | None:
        """Go on as far as nobody else is needed; the effect to carry out, or None when the turn is somebody else's."""
        if self._after_end:
            return self._after_end.pop(0)
        if self._distortions is not None and self._distortions.end is not None and self._turn is not _Turn.NOBODY:
            self._end(ClosedBy.FAULT, self._distortions.end)
            return self._after_end.pop(0)
        while True:
            if self._turn is _Turn.OURS:
                value, self._resumed_with = self._resumed_with, None
                request = self._talk.send(value)
            elif self._turn is _Turn.CLIENT:
                try:
                    payload = self.framing.next_payload()
                except FramingError as error:
                    request = self._talk.throw(error)
                else:
                    if payload is None:
                        if not self._client_has_gone:
                            return None
                        self._end(ClosedBy.EOF, Hangup.FIN)
                        return self._after_end.pop(0)
                    request = self._talk.send(payload)
            else:
                return None
            if request is NEED_PACKET:
                self._turn = _Turn.CLIENT
                if self._distortions is not None:
                    return self._end_distortions(self._distortions)
                if self._is_shutting_down:
                    self._end(ClosedBy.SHUTDOWN, Hangup.FIN)
                    return self._after_end.pop(0)
                continue
            self._turn = _Turn.OURS
            if type(request) is Wait:
                self._turn = _Turn.WAKING
                if self._client_has_gone and not request.client_check_seconds:
                    self._end(ClosedBy.EOF, Hangup.FIN)
                    return self._after_end.pop(0)
            elif type(request) is Close:
                self._end(request.by, request.how)
                return self._after_end.pop(0)
            return request

    def _end_distortions(self, distortions: Distortions) -> Effect:
        """What a fault does to our words ends where it is the client's turn."""
        self._distortions = None
        self.output[:] = distortions.feed(bytes(self.output), is_all=True)
        if distortions.end is None:
            return FLUSH
        self._end(ClosedBy.FAULT, distortions.end)
        return self._after_end.pop(0)

    def resume(self, woken: Woken) -> None:
        """The wait that was last asked for is over; one that is over already is none."""
        if self._turn is _Turn.WAKING:
            self._turn = _Turn.OURS
            self._resumed_with = woken

    def awaken(self) -> None:
        """Another session freed what this one's statement may be waiting for."""
        if self._pause_is_statements:
            self.resume(Woken.AWAKENED)

    def kill_query(self, by: int | None) -> None:
        """Interrupt the statement; nothing if there is none."""
        if self.phase is not Phase.BUSY:
            return
        self.note(KilledEvent, by, True)
        if self._pause_is_statements:
            self.resume(Woken.KILLED)
        else:
            self._interrupted = True

    def kill(self, by: int | None) -> None:
        """End the connection as KILL does: an idle one, or one that sleeps, sees a bare FIN."""
        if self._turn is not _Turn.NOBODY:
            self.note(KilledEvent, by, False)
            self.output.clear()
            self._distortions = None
            self._end(ClosedBy.KILL, Hangup.FIN)

    def be_silent(self, seconds: float) -> None:
        """The client has said nothing for so long, which a fault waits for; nothing if it is not the client's turn."""
        if self._turn is _Turn.CLIENT and self.phase is Phase.READY:
            self._silence = seconds
            self._turn = _Turn.OURS

    def time_out(self, farewell: Failure | None = None) -> None:
        """Nothing came for too long: wait_timeout between commands, connect_timeout before the login.

        farewell: the error to be told it with; None for the persona's own manner.
        """
        if self._turn is not _Turn.CLIENT:
            return
        waited_for = "command" if self.phase is Phase.READY else "login"
        self.note(TimedOut, waited_for)
        if farewell is not None:
            if self.phase is Phase.READY:
                self.framing.restart()
            self.send_err(farewell)
        elif self.surroundings.persona.idle_farewell is Farewell.RESET:
            self._end(ClosedBy.TIMEOUT, Hangup.RST)
            return
        elif self.phase is Phase.READY:
            text = (
                "The client was disconnected by the server because of inactivity. See wait_timeout and "
                "interactive_timeout for configuring this behavior."
            )
            self.framing.restart()
            self.send_err(Failure(4031, "HY000", text))
        else:
            self._protocol_41 = True
            self.send_err(Failure(1159, "08S01", "Got timeout reading communication packets"))
        self._end(ClosedBy.TIMEOUT, Hangup.FIN)

    def shut_down(self) -> None:
        """The server goes down, and says goodbye in its persona's manner."""
        if self._pause_is_statements and self.surroundings.persona.shutdown_interrupts_first:
            self.resume(Woken.KILLED)
            self._is_shutting_down = True
        else:
            self._end(ClosedBy.SHUTDOWN, Hangup.FIN)

    def client_has_gone(self) -> None:
        """The client will send no more. What it sent before is still answered."""
        self._client_has_gone = True
        if self._turn is _Turn.WAKING and not self._pause_is_statements:
            # A fault holds the connection. No server is busy there, so that nothing real would be shown by waiting.
            self._end(ClosedBy.EOF, Hangup.FIN)

    def end(self, by: ClosedBy, how: Hangup) -> None:
        """End it from outside: the transport is lost, the server stops, a test cuts it. Nothing if it has ended."""
        self._end(by, how)

    def turn_away(self, failure: Failure) -> None:
        """Refuse the client before a word is said: the error takes the place of the greeting. Advance it afterwards."""
        self._refusal = failure

    def send_unasked(self, data: bytes) -> None:
        """Write bytes that nobody asked for."""
        self.note(SentUnasked, data)
        self.output += data
        self._said_before += len(data)

    # ------------------------------------------------------------------------------------------------ what it shows

    @property
    def is_over(self) -> bool:
        """Nothing more will be said."""
        return self._turn is _Turn.NOBODY

    @property
    def awaits_client(self) -> bool:
        """Nothing goes on before the client's next packet."""
        return self._turn is _Turn.CLIENT

    @property
    def is_waiting(self) -> bool:
        """The wait that was last asked for is not over."""
        return self._turn is _Turn.WAKING

    @property
    def status(self) -> int:
        """The session's SERVER_STATUS word; 0 before the login."""
        return self.session.status if self.session is not None else 0

    @property
    def in_transaction(self) -> bool:
        """A transaction is open."""
        return bool(self.status & SERVER_STATUS_IN_TRANS)

    # ------------------------------------------------------------------------------------------------- the dialogue

    def _dialogue(self) -> Talk:
        try:
            yield from self._log_in()
            while True:
                if self.capabilities & CLIENT_COMPRESS:
                    # Compressed packets are numbered as they are written, which has to be done with the old numbers.
                    yield FLUSH
                self.framing.restart()
                self._occasion_text = (None, "")
                payload = yield NEED_PACKET
                while payload is None:
                    with contextlib.suppress(AnsweredByFault):
                        yield from self.strike(Hook.IDLE, count=self._silence)
                    self.framing.restart()
                    payload = yield NEED_PACKET
                assert isinstance(payload, bytes)
                self._move(Event.COMMAND_CAME)
                yield from self._carry_out(payload)
                self._move(Event.ANSWERED)
        except Refusal as refusal:
            failure = refusal.failure
            self.note(LoginRefused, self.user, failure.code, failure.message)
            self.send_err(failure)
            yield Close(Hangup.FIN, ClosedBy.REFUSED)
        except OutOfOrder:
            self._protocol_41 = True
            self.send_err(Failure(1156, "08S01", "Got packets out of order"))
            resets = self.surroundings.persona.resets_after_disorder
            yield Close(Hangup.RST if resets else Hangup.FIN, ClosedBy.PROTOCOL)
        except PacketTooBig:
            self._protocol_41 = True
            self.send_err(Failure(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"))
            yield Close(Hangup.FIN, ClosedBy.PROTOCOL)
        except FramingError:
            # What cannot be uncompressed is not answered.
            yield Close(Hangup.FIN, ClosedBy.PROTOCOL)

    def _log_in(self) -> Talk:
        around = self.surroundings
        persona = around.persona
        faults = around.faults
        if faults.live and faults.expects(Hook.ACCEPT):
            yield from self.strike(Hook.ACCEPT)
        if self._refusal is not None:
            raise Refusal(self._refusal)
        if faults.live and faults.expects(Hook.CONNECT):
            yield from self.strike(Hook.CONNECT)
        self.nonce = around.nonce()
        self.send(around.greeting(self.connection_id, self.nonce))
        self.note(Greeted, persona.greeting_version, persona.default_auth_plugin)
        self._move(Event.GREETING_SENT)
        if faults.live and faults.expects(Hook.GREETED):
            yield FLUSH
            yield from self.strike(Hook.GREETED)
        payload = yield NEED_PACKET
        assert isinstance(payload, bytes)
        if around.tls is not None and _is_ssl_request(payload):
            if faults.live:
                from .suffering import begin_tls

                yield from begin_tls(self, around.tls)
            else:
                yield from self.start_tls(around.tls())
            payload = yield NEED_PACKET
            assert isinstance(payload, bytes)
        self._move(Event.RESPONSE_CAME)
        # A response too short to say what the client can do is taken for one of today's.
        self._protocol_41 = len(payload) < 2 or bool(int.from_bytes(payload[:2], "little") & CLIENT_PROTOCOL_41)
        try:
            # An SSLRequest, which nobody invited, is a response that ends too early.
            response = _read_response(payload)
        except MalformedPacket:
            raise Refusal(Failure(1043, "08S01", "Bad handshake")) from None
        self.capabilities = around.capabilities & response.capabilities
        # Of ten thousand connections nearly all have the same user and database.
        self.user = sys.intern(response.user)
        database = sys.intern(response.database or "")
        attributes = dict(response.attributes) if response.attributes else _NO_ATTRIBUTES
        self.note(
            LoginReceived,
            response.user,
            response.database,
            response.capabilities,
            response.collation,
            response.auth_plugin,
            attributes,
            response.max_packet_bytes,
            response.extended_capabilities,
        )
        plugin = response.auth_plugin
        if faults.live and faults.expects(Hook.LOGIN):
            yield from self.strike(Hook.LOGIN)
            if self.was_switched:
                plugin = "none of ours"
        verdict = yield from self.authenticate(response.user, plugin, response.auth_response, always_switch=False)
        if isinstance(verdict, Refused):
            raise Refusal(Failure(verdict.code, verdict.sqlstate, verdict.message))
        login = Login(
            connection_id=self.connection_id,
            user=self.user,
            client_host=self.peer.host,
            client_port=self.peer.port,
            database=database,
            collation=response.collation,
            capabilities=self.capabilities,
            attributes=attributes,
            account=verdict.account,
            tls=("", "") if self._tls is None else (self._tls.version, self._tls.cipher),
        )
        try:
            self.session = around.engine.open_session(login)
        except SessionRefused as refusal:
            raise Refusal(Failure(refusal.code, refusal.sqlstate, refusal.message)) from None
        if faults.live and faults.expects(Hook.WELCOME):
            yield from self.strike(Hook.WELCOME)
        self.note_login()
        self._send_ok(Ok(self.session.status))
        if self.capabilities & CLIENT_COMPRESS:
            from .compression import CompressedFraming

            yield FLUSH
            self.framing = CompressedFraming(limit_bytes=self.framing.limit_bytes)
        self._move(Event.ANSWERED)

    def start_tls(self, tls: TlsFilter) -> Talk:
        """From now on everything is TLS; its first bytes may have come with the request."""
        self._tls = tls
        try:
            self.framing.receive(self._decrypt(tls, self.framing.take_rest()))
        except ConnectionError:
            yield Close(Hangup.FIN, ClosedBy.PROTOCOL)

    def _decrypt(self, tls: TlsFilter, data: bytes) -> bytes:
        was_established = tls.established
        plaintext = tls.receive(data)
        if tls.established and not was_established:
            self.note(TlsStarted, tls.version, tls.cipher)
        return plaintext

    @property
    def is_secure(self) -> bool:
        """Nobody listens in: TLS, or a unix socket."""
        return self._tls is not None or self.peer.port is None

    def authenticate(
        self, user: str, plugin: str | None, response: bytes, *, always_switch: bool
    ) -> Generator[Effect | _NeedPacket, bytes | Woken | None, Verdict]:
        dialogue = authenticate(
            self.surroundings.accounts,
            user=user,
            client_host=self.peer.host,
            client_plugin=plugin,
            response=response,
            nonce=self.nonce,
            fresh_nonce=self.surroundings.nonce,
            capabilities=self.capabilities,
            is_secure=self.is_secure,
            is_encrypted=self._tls is not None,
            requires_tls=self.surroundings.requires_tls(),
            always_switch=always_switch,
        )
        try:
            message = next(dialogue)
            while True:
                name = type(message).__name__
                text = f"{name} {message.plugin}" if isinstance(message, AuthSwitchRequest) else name
                if self.surroundings.faults.live and self.surroundings.faults.expects(Hook.AUTH):
                    self._occasion_text = (None, text)
                    yield from self.strike(Hook.AUTH)
                self.send(message.serialize())
                self.note(AuthMessage, True, text)
                payload = b""
                if needs_answer(message):
                    came = yield NEED_PACKET
                    assert isinstance(came, bytes)
                    payload = came
                    text = f"AuthSwitchResponse of {len(payload)} bytes"
                    self.note(AuthMessage, False, text)
                message = dialogue.send(payload)
        except StopIteration as stop:
            verdict: Verdict = stop.value
            return verdict

    def _carry_out(self, payload: bytes) -> Talk:
        # Every command passes here: what stands in a line of its own elsewhere is written out (a call is 0.1 us and
        # more, and there were twenty).
        around = self.surroundings
        faults, transcript = around.faults, around.transcript
        session = self.session
        assert session is not None, "a command comes after the login"
        number = payload[0] if payload else -1
        title, handler = around.commands.get(number, UNKNOWN)
        attributes: Mapping[str, str | None] = _NO_ATTRIBUTES
        if number == _COM_QUERY and self.capabilities & CLIENT_QUERY_ATTRIBUTES:
            from .binary import split_query

            try:
                attributes, statement = split_query(payload[1:], session.client_charset.decode)
                payload = payload[:1] + statement
            except MalformedPacket:
                handler = malformed_command
        name = command_name(payload)
        argument = self._argument(number, payload)
        now = transcript.clock()
        transcript.note(CommandReceived, self.connection_id, name, argument, attributes)
        self._occasion_text = (name, argument)
        self._interrupted = False
        if number in _STATEMENTS:
            self.statement = argument
        # What PROCESSLIST says of this connection from now on.
        session.command, session.state, session.state_since, session.info = title, "", now, self.statement
        try:
            if faults.live and faults.expects(Hook.COMMAND):
                yield from self.strike(Hook.COMMAND)
            yield from handler(self, payload)
        except AnsweredByFault:  # suppress() takes 0.5 us each time
            pass
        session.command, session.state, session.state_since, session.info = "Sleep", "", transcript.clock(), None
        self.statement = None
        if faults.live and faults.expects(Hook.ANSWERED):
            with contextlib.suppress(AnsweredByFault):
                yield from self.strike(Hook.ANSWERED)

    def _argument(self, number: int, payload: bytes) -> str:
        """The command's text, or that of the prepared statement which it names."""
        if number in _WITH_TEXT:
            return to_text(payload[1:])
        if self.statements is not None and number in _OF_PREPARED:
            return self.statements.text_of(payload[1:])
        return ""

    # ------------------------------------------------------------------------------------------------------ answers

    def begin_change_user(self) -> None:
        """The command that is being carried out is another login."""
        self._move(Event.CHANGE_USER_CAME)

    def reply(self, answer: Ok | End | Failure | str) -> Talk:
        """An answer that is one packet."""
        faults = self.surroundings.faults
        if faults.live and faults.expects(Hook.ANSWER):
            yield from self.strike(Hook.ANSWER)
        if isinstance(answer, Ok):
            self._send_ok(answer)
        elif isinstance(answer, Failure):
            if self.surroundings.persona.dialect.mariadb:
                # A list of warnings of its own, as for a statement; MySQL goes on with the one that there is.
                self.own_session.statement_warnings = 0
            self.own_session.warn("Error", answer.code, answer.message)
            self.send_err(answer)
        elif isinstance(answer, str):
            self.send(to_bytes(answer))
            self._note_reply(ReplyKind.TEXT, text=answer)
        else:
            self._send_end(answer)
            self._note_reply(ReplyKind.EOF, answer.status)

    def strike_answer(self) -> Talk:
        """The place for faults between carrying out and answering."""
        faults = self.surroundings.faults
        if faults.live and faults.expects(Hook.ANSWER):
            yield from self.strike(Hook.ANSWER)

    def answer(self, steps: Steps, make_encoder: MakeEncoder = RowEncoder) -> Talk:
        """The answer of a statement, or of several; make_encoder writes the rows, as text unless told otherwise."""
        faults = self.surroundings.faults
        asked_answer = not (faults.live and faults.expects(Hook.ANSWER))
        woken: Woken | None = None
        encoder: Encoder | None = None
        row_count = 0
        try:
            while True:
                if self._interrupted:
                    self.send_err(_INTERRUPTED)
                    return
                try:
                    step = steps.send(woken)
                except StopIteration:
                    return
                woken = None
                kind = type(step)
                if not asked_answer and kind in _PUTS_OUT:
                    asked_answer = True
                    yield from self.strike(Hook.ANSWER)
                if isinstance(step, Rows):
                    assert encoder is not None, "rows follow columns"
                    if isinstance(step.rows, Precoded) and not (faults.live and faults.expects(Hook.ROWS)):
                        yield from self._send_pieces(step.rows.pieces(encoder, self.framing.sequence))
                    else:
                        yield from self._send_rows(encoder, step.rows, row_count)
                    row_count += len(step.rows)
                elif isinstance(step, Columns):
                    encoder = make_encoder(step.columns, charset_of)
                    row_count = 0
                    if faults.live and faults.expects(Hook.COLUMNS):
                        self.send(lenenc_int(len(step.columns)))
                        yield from self._define_with_faults(step)
                    else:
                        self._send_head(step)
                    if faults.live and faults.expects(Hook.ROWS):
                        yield from self.strike(Hook.ROWS)
                elif isinstance(step, _ENDS):
                    if isinstance(step, Ok):
                        self._send_ok(step)
                    else:
                        self._end_rows(step, row_count)
                    if step.status & SERVER_MORE_RESULTS_EXISTS:
                        # A complete answer goes out at once, however long the next one takes.
                        yield from self._flush()
                elif isinstance(step, Failure):
                    self.send_err(step)
                    return
                elif isinstance(step, Pause):
                    woken = yield from self._pause(step)
                elif isinstance(step, Kill):
                    yield from self._kill_from_statement(step)
                elif isinstance(step, LocalFile):
                    yield from self._take_file(step)
                elif isinstance(step, Shutdown):
                    yield from self.end_server(is_statement=True)
                else:
                    yield WakeOther(step.connection_id)
        finally:
            steps.close()

    def answer_constant(self, constant: Constant) -> Talk:
        """An answer that is always the same; its packets but the last are made by the first who sends it."""
        status = self.own_session.status
        # The EOF behind definitions says more to a client that follows its session.
        has_eof = not self.capabilities & CLIENT_DEPRECATE_EOF
        is_kept = not (has_eof and self.capabilities & CLIENT_SESSION_TRACK)
        key = status if has_eof else None
        framing = self.framing
        kept = constant.packets.get(key) if is_kept else None
        if kept is None:
            start = len(self.output)
            self.send(lenenc_int(len(constant.columns)))
            self.send_definitions(Columns(constant.columns, status))
            self.output += RowEncoder(constant.columns, charset_of).encode(constant.rows, framing)
            if is_kept:
                constant.packets[key] = bytes(self.output[start:]), framing.sequence
        else:
            self.output += kept[0]
            framing.sequence = kept[1]
        self._end_rows(End(status), len(constant.rows))
        yield from ()

    def _is_interrupted(self) -> bool:
        """KILL QUERY struck a statement that was not waiting."""
        return self._interrupted

    def answer_rows(self, encoder: Encoder, rows: Sequence[Sequence[Value]], end: End) -> Talk:
        """Rows whose columns were described before, and their end: what is fetched from a cursor."""
        yield from self.strike_answer()
        yield from self._send_rows(encoder, rows, 0)
        if self._is_interrupted():
            self.send_err(_INTERRUPTED)
            return
        self._end_rows(end, len(rows))

    def _end_rows(self, end: End, row_count: int) -> None:
        self._send_end(end)
        self._note_reply(ReplyKind.ROWS, end.status, row_count)

    def _send_rows(self, encoder: Encoder, rows: Sequence[Sequence[Value]], sent: int) -> Talk:
        """Some rows of the open result set, of which so many were sent; breaks off when KILL QUERY strikes."""
        faults = self.surroundings.faults
        if len(rows) <= BATCH_ROWS and not faults.live and len(self.output) < _FLUSH_BYTES:
            # Most answers: none of what follows, but that they may be long all the same.
            self.output += encoder.encode(rows, self.framing)
            if len(self.output) >= _FLUSH_BYTES:
                yield FLUSH
            return
        for batch in self._batches(rows, sent):
            sent += len(batch)
            self.output += encoder.encode(batch, self.framing)
            if faults.live and faults.expects(Hook.ROWS):
                yield from self.strike(Hook.ROWS, count=sent)
            if len(self.output) >= _FLUSH_BYTES:
                yield from self._flush()
                if self._is_interrupted():
                    return

    def _send_pieces(self, pieces: Iterable[tuple[bytes, int]]) -> Talk:
        """Rows that are packets already; breaks off when KILL QUERY strikes."""
        for piece, self.framing.sequence in pieces:
            self.output += piece
            if len(self.output) >= _FLUSH_BYTES:
                yield from self._flush()
                if self._is_interrupted():
                    return

    def _batches(self, rows: Sequence[Sequence[Value]], sent: int) -> Generator[Sequence[Sequence[Value]], None, None]:
        """The rows in pieces that end where a fault wants to be asked."""
        faults = self.surroundings.faults
        if len(rows) <= BATCH_ROWS and not faults.live:
            yield rows
            return
        marks = [int(mark) - sent for mark in faults.marks(Hook.ROWS)]
        start = 0
        for stop in (*(mark for mark in marks if 0 < mark < len(rows)), len(rows)):
            while start < stop:
                end = min(start + BATCH_ROWS, stop)
                yield rows[start:end]
                start = end

    def _pause(self, pause: Pause) -> Generator[Effect | _NeedPacket, bytes | Woken | None, Woken]:
        session = self.own_session
        session.state, before = pause.state, session.state
        self._pause_is_statements = True
        try:
            woken = yield Wait(pause.seconds, client_check_seconds=pause.client_check_seconds)
        finally:
            self._pause_is_statements = False
            session.state = before
        assert isinstance(woken, Woken)
        return woken

    def _kill_from_statement(self, step: Kill) -> Talk:
        if step.connection_id != self.connection_id:
            yield KillOther(step.connection_id, step.query_only)
            return
        self.note(KilledEvent, self.connection_id, step.query_only)
        if step.query_only:
            self._interrupted = True
            return
        if not step.is_answered:
            self.send_err(Failure(*self.surroundings.persona.killed_by_itself))
        yield Close(Hangup.FIN, ClosedBy.KILL)

    def _take_file(self, file: LocalFile) -> Talk:
        """LOAD DATA LOCAL: the request, then packets up to an empty one."""
        self.send(b"\xfb" + to_bytes(file.name))
        yield FLUSH
        while True:
            payload = yield NEED_PACKET
            assert isinstance(payload, bytes)
            if not payload:
                return
            file.data += payload

    def end_server(self, *, is_statement: bool) -> Talk:
        """The command has been answered and ends the server, its own connection first."""
        if is_statement and not self.surroundings.persona.shutdown_grace:
            # As if to a command that has not come.
            self.framing.sequence = 1
            self.send_err(Failure(*self.surroundings.persona.killed_by_itself))
        yield ShutDown()
        yield Close(Hangup.FIN, ClosedBy.SHUTDOWN)

    def _flush(self) -> Talk:
        yield FLUSH

    # ------------------------------------------------------------------------------------------------------- faults

    def strike(self, hook: Hook, *, count: float = 0) -> Talk:
        """Suffer what the plan of faults has for this place."""
        from .suffering import strike

        command, text = self._occasion_text
        yield from strike(self, Occasion(hook, self.connection_id, self.user, command, text, count))

    def distort(self, distortion: Distortion) -> None:
        """Put it before what is said until it is the client's turn again."""
        if self._distortions is None:
            from .distortions import Distortions

            self._distortions = Distortions()
        self._distortions.add(distortion)

    def _define_with_faults(self, columns: Columns) -> Talk:
        """As send_definitions, in pieces that end where a fault wants to be asked."""
        defined = 0
        for mark in map(int, self.surroundings.faults.marks(Hook.COLUMNS)):
            if mark <= len(columns.columns):
                self._define(columns.columns[defined:mark])
                defined = mark
                yield from self.strike(Hook.COLUMNS, count=mark)
        self._define(columns.columns[defined:])
        self._end_definitions(columns)

    # ----------------------------------------------------------------------------------------------------- packets

    @property
    def now(self) -> float:
        return self.surroundings.transcript.clock()

    @property
    def own_session(self) -> Session:
        assert self.session is not None, "a command comes after the login"
        return self.session

    def note(self, kind: type[TranscriptEvent], *values: Any) -> None:
        """Enter into the transcript what happens now on this connection."""
        self.surroundings.transcript.note(kind, self.connection_id, *values)

    def _move(self, event: Event) -> None:
        try:
            self.phase = TRANSITIONS[self.phase, event]
        except KeyError:
            raise AssertionError(
                f"{event} cannot come in {self.phase}: {event.value}, but {self.phase.value}"
            ) from None

    def _end(self, by: ClosedBy, how: Hangup) -> None:
        if self._turn is _Turn.NOBODY:
            return
        self._turn = _Turn.NOBODY
        self.closed_by = by
        self.ended_in_transaction = self.session is not None and self.in_transaction
        if self._pause_is_statements:
            # What was kept back is never sent.
            self.output.clear()
            self._distortions = None
        self._move(Event.ENDED)
        self._talk.close()
        close = Close(how, by)
        faults = self.surroundings.faults
        if faults.live and faults.expects(Hook.CLOSE) and by not in (ClosedBy.STOP, ClosedBy.RESET):
            from .suffering import part

            close = part(self, close)
        self._after_end = [close]
        if self.session is not None:
            wakes = self.surroundings.engine.close_session(self.session)
            if self.ended_in_transaction:
                self.note(TransactionEnded, "disconnect")
            if self.session.news:
                self._tell(self.session)
            if wakes:
                self._after_end.extend(WakeOther(wake.connection_id) for wake in wakes)
        self.statement = None
        sent = self.sent_bytes + len(self.output)
        self.note(ClosedEvent, by, self.received_bytes, sent)

    def send(self, payload: bytes) -> None:
        """Put one payload on the wire, framed and numbered on."""
        self.output += self.framing.frame(payload)

    @property
    def _charset(self) -> Charset | None:
        """The character set that the session wants results in, names and messages too; None for as they are."""
        return self.session.results.charset if self.session is not None else None

    def _send_ok(self, ok: Ok) -> None:
        state: bytes | None = None
        if self.capabilities & CLIENT_SESSION_TRACK:
            from .tracking import tell

            state = tell(self.own_session)
        self.send(_ok_payload(ok.status, ok.affected_rows, ok.last_insert_id, ok.warnings, ok.info, state))
        self.note_ok(ok)

    def note_ok(self, ok: Ok) -> None:
        """Enter an OK into the transcript."""
        self._note_reply(ReplyKind.OK, ok.status, affected_rows=ok.affected_rows, text=ok.info)

    def _note_reply(
        self, kind: ReplyKind, status: int = 0, rows: int = 0, affected_rows: int = 0, code: int = 0, text: str = ""
    ) -> None:
        session = self.session
        if session is not None and session.news:
            self._tell(session)
        said = self._said_bytes + len(self.output)
        size, self._said_before = said - self._said_before, said
        self.surroundings.transcript.note(
            Replied, self.connection_id, kind, status, rows, affected_rows, code, text, size
        )

    def _tell(self, session: Session) -> None:
        """Enter what the session did beside answering."""
        from .telling import event_of

        news, session.news[:] = list(session.news), ()
        for each in news:
            self.note(*event_of(each))

    def note_reset(self, how: str) -> None:
        """Enter that the session starts afresh, and what ended with it."""
        if self.own_session.news:
            self._tell(self.own_session)
        self.note(SessionReset, how)

    def note_login(self) -> None:
        """Enter that whoever logged in was let in."""
        login = self.own_session.login
        self.note(LoggedIn, login.user, login.database)

    def send_err(self, failure: Failure) -> None:
        sqlstate = failure.sqlstate if self._protocol_41 else None
        self.send(ErrPacket(failure.code, sqlstate, _encode(failure.message, self._charset)).serialize())
        if self.capabilities & CLIENT_SESSION_TRACK and self.session is not None:
            from .tracking import pass_by

            pass_by(self.session)
        self._note_reply(ReplyKind.ERR, code=failure.code, text=failure.message)

    def _send_head(self, columns: Columns) -> None:
        """How many columns, and as send_definitions."""
        end = None
        if not self.capabilities & CLIENT_DEPRECATE_EOF:
            end = columns.status | self._mark_of_definitions(), columns.warnings
        framing = self.framing
        head, framing.sequence = _head(columns.columns, self._charset, end, framing.sequence)
        self.output += head

    def send_definitions(self, columns: Columns) -> None:
        """Column definitions, and the EOF behind them where there is one."""
        self._define(columns.columns)
        self._end_definitions(columns)

    def _define(self, columns: tuple[Column, ...]) -> None:
        for payload in _definitions(columns, self._charset):
            self.send(payload)

    def send_field_list(self, fields: Sequence[tuple[Column, bytes | None]]) -> None:
        """The answer to COM_FIELD_LIST: definitions with a default behind each."""
        definitions = _definitions(tuple(column for column, _ in fields), self._charset)
        for definition, (_, default) in zip(definitions, fields, strict=True):
            self.send(definition + (NULL_CELL if default is None else lenenc_bytes(default)))
        status = self.own_session.status
        self.send(_eof_payload(status, 0))
        self._note_reply(ReplyKind.EOF, status)

    def _end_definitions(self, columns: Columns) -> None:
        if not self.capabilities & CLIENT_DEPRECATE_EOF:
            self.send(_eof_payload(columns.status | self._mark_of_definitions(), columns.warnings))

    def _mark_of_definitions(self) -> int:
        """What the status word behind definitions has in addition."""
        if not self.capabilities & CLIENT_SESSION_TRACK:
            return 0
        from .tracking import mark_of_definitions

        return mark_of_definitions(self.own_session)

    def _send_end(self, end: End) -> None:
        follows = self.capabilities & CLIENT_SESSION_TRACK
        if self.capabilities & CLIENT_DEPRECATE_EOF:
            state: bytes | None = None
            if follows:
                from .tracking import tell

                state = tell(self.own_session, has_rows=True)
            self.send(_ok_payload(end.status, 0, 0, end.warnings, "", state, ends_result_set=True))
            return
        status = end.status
        if follows:
            from .tracking import mark_of_rows

            status |= mark_of_rows(self.own_session)
        self.send(_eof_payload(status, end.warnings))


def _encode(text: str, charset: Charset | None) -> bytes:
    """A name or a message. Servers keep both in three-byte UTF-8, so that a letter beyond the basic plane was lost."""
    if not text.isascii():
        text = _BEYOND_BASIC_PLANE.sub("?", text)
    return to_bytes(text) if charset is None else charset.encode(text)


# The packets of short answers are the same few again and again; looking one up takes a fifth of writing it. So is what
# clients without a password say at first.

_read_response = functools.lru_cache(32)(HandshakeResponse41.parse)


@functools.lru_cache(256)
def _definitions(columns: tuple[Column, ...], charset: Charset | None) -> tuple[bytes, ...]:
    return tuple(
        ColumnDefinition41(
            _encode(column.name, charset),
            column.type,
            column.character_set,
            column.column_length,
            column.flags,
            column.decimals,
            _encode(column.schema, charset),
            _encode(column.table, charset),
            _encode(column.org_table, charset),
            _encode(column.org_name, charset),
        ).serialize()
        for column in columns
    )


@functools.lru_cache(256)
def _head(
    columns: tuple[Column, ...], charset: Charset | None, end: tuple[int, int] | None, sequence: int
) -> tuple[bytes, int]:
    """The packets before the rows of a result, of which the first has this number, and the number of the next one."""
    framing = Framing(limit_bytes=0)
    framing.sequence = sequence
    payloads = [lenenc_int(len(columns)), *_definitions(columns, charset)]
    if end is not None:
        payloads.append(_eof_payload(*end))
    return b"".join(map(framing.frame, payloads)), framing.sequence


@functools.lru_cache(256)
def _ok_payload(
    status: int,
    affected_rows: int,
    last_insert_id: int,
    warnings: int,
    info: str,
    session_state: bytes | None,
    *,
    ends_result_set: bool = False,
) -> bytes:
    # By its values and not as one, for C hashes and compares those.
    return OkPacket(
        status, affected_rows, last_insert_id, warnings, to_bytes(info), ends_result_set, session_state
    ).serialize()


@functools.lru_cache(256)
def _eof_payload(status: int, warnings: int) -> bytes:
    return EofPacket(status, warnings).serialize()


def _is_ssl_request(payload: bytes) -> bool:
    if len(payload) != SSLRequest.SIZE:
        return False
    try:
        SSLRequest.parse(payload)
    except MalformedPacket:
        return False
    return True


# COM_INIT_DB, COM_QUERY, COM_STMT_PREPARE; commands that name a prepared statement; commands that PROCESSLIST quotes.
_BEYOND_BASIC_PLANE: Final = re.compile("[\U00010000-\U0010ffff]")
_WITH_TEXT: Final = frozenset((0x02, _COM_QUERY, 0x16))
_OF_PREPARED: Final = frozenset((0x17, 0x18, 0x19, 0x1A, 0x1C))
_STATEMENTS: Final = frozenset((_COM_QUERY, 0x16, 0x17))
_PUTS_OUT: Final = frozenset((Ok, Columns, Failure))
_ENDS: Final = (Ok, End)
