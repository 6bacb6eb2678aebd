"""One connection, one command at a time; closed, never lent, after a broken exchange.

This module knows the commands and the order of a connection's life, and holds the awaits: it asks ``session_state``
what may happen, gives bytes to ``transport`` and reads what ``replies`` made of the answer. It is kept from knowing the
layout of packets.

Two promises shape it. Between two awaits a connection is always in a sound state, so that a cancellation, which may
arrive at any await, finds either no command (nothing to do) or one whose reply is out: then the connection is dropped
at once, because the reply would be taken for the next command's. And a pool learns without asking: ``_fit`` is True
exactly while the connection is idle, nothing is unread and no transaction is open, and is kept by those who know.
"""

from __future__ import annotations

import asyncio
import functools
import struct
import warnings
import weakref
from asyncio import events
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec

from refpool import wire
from refpool.cursors import Cursor
from refpool.errors import (
    ConnectFailed,
    ConnectionBusy,
    DBAPIErrors,
    Error,
    NotConnected,
    OutOfStep,
)
from refpool.local_files import answer_with_file
from refpool.login import LoggedIn, change_user, login
from refpool.opening import attributes, carry_out, set_autocommit, setup_commands
from refpool.replies import Dialect, Reply
from refpool.rows import Row, Shapes
from refpool.session_state import Event, Fitness, State, next_state, opened_in_silence
from refpool.settings import ConnectSettings, connect_settings
from refpool.transport import Link, dial
from refpool.utils import Deferred, Ready
from refpool.wire import COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Connection", "connect", "open_connection"]

P = ParamSpec("P")

_CANCELLED: Final = "Cancelled during execution"
_GOODBYE: Final = b"\x01\x00\x00\x00\x01"  # COM_QUIT
_ER_UNKNOWN_COM: Final = 1047


class Connecting(Deferred["Connection"]):
    """What connect() returns: ``await`` it for a connection, or ``async with`` it for one that is closed at the end."""

    __slots__ = ("_connection",)

    _connection: Connection

    async def __aenter__(self) -> Connection:
        self._connection = await self
        return self._connection

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(exc_type, exc, tb)


def _with_the_same_parameters(settings_of: Callable[P, ConnectSettings]) -> Callable[P, Connecting]:
    @functools.wraps(settings_of)
    def connect(*args: P.args, **kwargs: P.kwargs) -> Connecting:
        settings = settings_of(*args, **kwargs)
        return Connecting(lambda: open_connection(settings))

    connect.__name__ = connect.__qualname__ = "connect"
    connect.__module__ = __name__
    return connect


connect = _with_the_same_parameters(connect_settings)


async def open_connection(settings: ConnectSettings, *, loop: asyncio.AbstractEventLoop | None = None) -> Connection:
    """Open a connection: dial, TLS, log in, run the session's first commands.

    All of it is bounded by settings.connect_timeout; on an error or a cancellation nothing is left open.

    Args:
        loop: the running loop, or None.

    Raises:
        ConnectFailed: nobody answers there, or not in time (2003).
        MySQLError: the server refuses (1045, 1040, ...), or what it says cannot be understood.
        RuntimeError: the loop given here or in the settings is not the one that runs.
    """
    running = asyncio.get_running_loop()
    given = loop if loop is not None else settings.loop
    if given is not None and given is not running:
        raise RuntimeError(f"loop={given!r} was given, but {running!r} is running: a connection belongs to one loop")
    connection = Connection(settings, running)
    await connection._connect()
    return connection


class Connection(DBAPIErrors):
    """One session on the server. Made by ``connect()``.

    Beside the documented members it has the plain attributes of aiomysql's: server_status, server_version,
    server_thread_id, server_capabilities, server_charset, protocol_version, host_info, autocommit_mode, cursorclass,
    encoders, decoders, sql_mode, init_command, connect_timeout, client_flag, use_unicode, connected_time.
    """

    # Known to __del__ even if __init__ has failed.
    _state: State = State.CLOSED
    _link: Link | None = None

    def __init__(self, settings: ConnectSettings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._loop = loop
        self._echo = settings.echo
        self._close_reason: str | None = None
        self._last_usage = loop.time()
        self._result: Reply | None = None
        self._affected_rows = 0
        self._next_sequence = 0  # of the next result, while one is pending
        self._secure = False
        self._doubt = False  # whether an error may have left a transaction open
        self._login: LoggedIn | None = None
        self._schema = settings.db

        self.server_status = 0
        self.server_version = ""
        self.server_thread_id: tuple[int, ...] = ()
        self.server_capabilities = 0
        self.server_language: int | None = None
        self.server_charset: str | None = None
        self.server_public_key = settings.server_public_key
        self.protocol_version = 0
        self.host_info = "Not connected"
        self.connected_time = 0.0
        self.cursorclass: Callable[..., Any] = settings.cursorclass or Cursor
        self.encoders = wire.encoders
        self.decoders = settings.conv
        self.sql_mode = settings.sql_mode
        self.init_command = settings.init_command
        self.connect_timeout = settings.connect_timeout
        self.client_flag = settings.client_flag
        self.use_unicode = settings.use_unicode
        self.autocommit_mode = settings.autocommit
        self._use_charset(settings.charset)

        # A pool's marks, and what it is told by.
        self._fit = False
        self._on_unfit: Callable[[Connection], None] | None = None
        self._on_reconnect: Callable[[Connection], None] | None = None  # asked by ping(); raises if it must not be
        self._pool: Any = None
        self._pool_ticket = 0
        self._pool_generation = 0
        self._pool_number = 0
        self._pool_born = 0.0
        self._pool_idle_since = 0.0

    def __repr__(self) -> str:
        number = self.server_thread_id[0] if self.server_thread_id else "?"
        return f"<refpool.Connection {number} to {self._settings.address} {self._state.name.lower()}>"

    # -- What is known about it -----------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The server's name or address, as given."""
        return self._settings.host

    @property
    def port(self) -> int:
        """The server's port, as given."""
        return self._settings.port

    @property
    def unix_socket(self) -> str | None:
        """The path of the unix socket, as given."""
        return self._settings.unix_socket

    @property
    def db(self) -> str | None:
        """The initial database, as given."""
        return self._settings.db

    @property
    def user(self) -> str | bytes:
        """The account's name."""
        return self._settings.user

    @property
    def echo(self) -> bool:
        """Whether what is executed is logged."""
        return self._echo

    @property
    def last_usage(self) -> float:
        """loop.time() at the last cursor()."""
        return self._last_usage

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop to which the connection belongs."""
        return self._loop

    @property
    def closed(self) -> bool:
        """Whether it can be used no more: closed, cancelled in the middle of a command, or lost."""
        return self._state >= State.LOST

    @property
    def encoding(self) -> str:
        """Python's codec of the connection's character set."""
        return self._charset.encoding

    @property
    def charset(self) -> str:
        """The connection's character set."""
        return self._charset.name

    @property
    def fitness(self) -> Fitness:
        """What a pool may do with it."""
        if self._state is not State.IDLE:
            return Fitness.UNFIT
        return Fitness.READY if self._fit else Fitness.IN_TRANSACTION

    def get_autocommit(self) -> bool:
        """The session's autocommit mode, as the server last reported it."""
        return bool(self.server_status & wire.STATUS_AUTOCOMMIT)

    def get_transaction_status(self) -> bool:
        """Whether a transaction is open, as the server last reported it."""
        return bool(self.server_status & wire.STATUS_IN_TRANS)

    def affected_rows(self) -> int:
        """Of the last statement: rows changed, or read."""
        return self._affected_rows

    def insert_id(self) -> int | None:
        """Of the last statement: the number that AUTO_INCREMENT gave; 0 when there was no statement."""
        return self._result.insert_id if self._result is not None else 0

    def thread_id(self) -> int:
        """The server's number of this connection."""
        return self.server_thread_id[0]

    def character_set_name(self) -> str:
        """The connection's character set."""
        return self._charset.name

    def get_host_info(self) -> str:
        """How the server is reached, in words."""
        return self.host_info

    def get_proto_info(self) -> int:
        """The protocol's version: 10."""
        return self.protocol_version

    def get_server_info(self) -> str:
        """The server's version."""
        return self.server_version

    # -- Literals -------------------------------------------------------------------------------------------------

    def escape(self, obj: object) -> str:
        """Write a value as a literal of SQL."""
        return wire.escape(obj, self._charset.name, no_backslash_escapes=self._no_backslash_escapes)

    def literal(self, obj: object) -> str:
        """The same as escape()."""
        return self.escape(obj)

    def escape_string(self, s: str) -> str:
        """Escape text for use between single quotes."""
        return wire.escape_text(s, no_backslash_escapes=self._no_backslash_escapes)

    @property
    def _no_backslash_escapes(self) -> bool:
        return bool(self.server_status & wire.STATUS_NO_BACKSLASH_ESCAPES)

    # -- Commands -------------------------------------------------------------------------------------------------

    def cursor(self, *cursors: type[Cursor]) -> CursorOpening:
        """Make a cursor: ``await conn.cursor()``, or ``async with conn.cursor() as cur:``.

        Args:
            cursors: its class; several are mixed into one.

        Raises:
            TypeError: one of them is no cursor class.
            InterfaceError, OperationalError: the connection is closed or lost.
        """
        if self._state >= State.LOST:
            raise self._unusable()
        self._last_usage = self._loop.time()
        if not cursors:
            return CursorOpening(self.cursorclass(self, self._echo))
        if not all(_is_cursor_class(kind) for kind in cursors):
            raise TypeError(f"Custom cursor must be subclass of Cursor, not {cursors!r}")
        return CursorOpening(_mixed(cursors)(self, self._echo))

    async def autocommit(self, value: bool) -> None:
        """Set the session's autocommit mode."""
        self.autocommit_mode = bool(value)
        if self.autocommit_mode != self.get_autocommit():
            await self._ok(COMMAND.COM_QUERY, set_autocommit(self.autocommit_mode))

    async def begin(self) -> None:
        """Begin a transaction."""
        await self._ok(COMMAND.COM_QUERY, b"BEGIN")

    async def commit(self) -> None:
        """Commit the transaction."""
        await self._ok(COMMAND.COM_QUERY, b"COMMIT")

    async def rollback(self) -> None:
        """Roll the transaction back."""
        await self._ok(COMMAND.COM_QUERY, b"ROLLBACK")

    async def select_db(self, db: str) -> None:
        """Make another database the session's current one."""
        await self._ok(COMMAND.COM_INIT_DB, db.encode(self.encoding))
        self._schema = db

    async def show_warnings(self) -> tuple[Row, ...] | None:
        """The warnings of the last statement: (level, code, message)."""
        reply = await self._ok(COMMAND.COM_QUERY, b"SHOW WARNINGS")
        rows: tuple[Row, ...] | None = reply.rows
        return rows

    async def set_charset(self, charset: str) -> None:
        """Change the connection's character set.

        Raises:
            ValueError: it is not known.
        """
        try:
            known = wire.charset_named(charset)
        except LookupError as cause:
            raise ValueError(f"charset={charset!r} is not known: {cause}") from cause
        await self._ok(COMMAND.COM_QUERY, f"SET NAMES {self.escape(charset)}".encode())
        self._use_charset(known)

    async def kill(self, thread_id: int) -> None:
        """End another connection of the server.

        Args:
            thread_id: its number, 0..2**64-1.
        """
        # As a statement: COM_PROCESS_KILL, deprecated since MySQL 5.7, has room for 32 bits only.
        await self._ok(COMMAND.COM_QUERY, b"KILL %d" % thread_id)

    async def ping(self, reconnect: bool = True) -> None:
        """Ask the server for a sign of life.

        Args:
            reconnect: connect anew if there is none. What was the session's is gone then.

        Raises:
            Error: the connection was closed, and is not to be connected anew.
            ConnectionBusy: another command is running.
        """
        if self._state >= State.LOST:
            if not reconnect:
                raise self._unusable() if self._state is State.LOST else Error("Already closed")
            await self._reconnect()
            reconnect = False
        try:
            await self._ok(COMMAND.COM_PING, b"")
        except ConnectionBusy:
            raise
        except Error:
            if not reconnect:
                raise
            self.abort()
            await self._reconnect()

    async def reset(self) -> None:
        """Make the session as new: no transaction, temporary tables, user variables, locks; the initial database; the
        settings that connect() was given.

        It costs one round trip. Where the server knows no COM_RESET_CONNECTION, or the session is in a database and has
        begun in none (which COM_RESET_CONNECTION leaves as it is), it logs in again (COM_CHANGE_USER).

        Raises:
            MySQLError: the server refuses; the connection is closed then.
        """
        if self._state is not State.IDLE:
            await self._finish_the_last()
        self._begin()
        settings = self._settings
        tracked = self._login is not None and self._login.capabilities & wire.CLIENT_SESSION_TRACK
        try:
            if settings.db is None and (self._schema is not None or not tracked):
                await self._change_user()
            else:
                commands = [(wire.COM_RESET_CONNECTION, b""), *setup_commands(settings, autocommit=None)]
                if settings.db is not None:
                    commands.insert(1, (COMMAND.COM_INIT_DB, settings.db.encode(settings.charset.encoding)))
                error = await self._run_together(commands)
                if error is not None and error.args[:1] == (_ER_UNKNOWN_COM,):
                    await self._change_user()
                elif error is not None:
                    raise error
        except BaseException as cause:
            self._break_off(cause)
            raise
        self._schema = settings.db
        self._use_charset(settings.charset)
        self.autocommit_mode = settings.autocommit
        self._result = None
        self._become(Event.ANSWERED)

    async def query(self, sql: str | bytes | bytearray, unbuffered: bool = False) -> int:
        """Run a statement and read its first result. Cursors call this.

        Args:
            unbuffered: read the column definitions only, and leave the rows for the cursor to fetch.

        Returns:
            rows changed, or read.
        """
        if isinstance(sql, str):
            sql = sql.encode(self._charset.encoding, "surrogateescape")
        elif not isinstance(sql, (bytes, bytearray)):
            raise TypeError(f"a statement should be text or bytes, not {type(sql).__name__}: {sql!r}")
        return self._keep(await self._run(COMMAND.COM_QUERY, bytes(sql), unbuffered=unbuffered))

    async def next_result(self, unbuffered: bool = False) -> int:
        """Read the next result of the last statement."""
        if self._state is not State.PENDING:
            raise self._unusable()
        return self._keep(await self._read_next(unbuffered=unbuffered))

    def _keep(self, reply: Reply) -> int:
        self._result = reply
        if reply.error is not None and not (reply.unbuffered and reply.rows):
            raise _raisable(reply)
        self._affected_rows = reply.affected_rows
        return reply.affected_rows

    async def _ok(self, command: int, body: bytes) -> Reply:
        reply = await self._run(command, body)
        if reply.error is not None:
            raise _raisable(reply)
        return reply

    async def _run(self, command: int, body: bytes, *, unbuffered: bool = False) -> Reply:
        """Send one command and read its reply, which may hold an error."""
        if self._state is State.IDLE:
            self._begin()
        else:
            await self._finish_the_last()
            self._begin()
        link = self._link
        assert link is not None
        self._result = None
        # A command of n packets is answered with packet n.
        reply = Reply(self._dialect, (len(body) + 1) // wire.LARGEST_PAYLOAD + 1 & 0xFF, unbuffered=unbuffered)
        try:
            link.expect(reply)
            if len(body) < wire.LARGEST_PAYLOAD - 1:
                link.send(command, body)
            else:
                await link.send_large(command, body, reply)
            await link.wait(reply)
            if reply.filename is not None:
                await self._answer_with_file(reply)
        except BaseException as cause:
            self._break_off(cause)
            raise
        self._settle(reply, body)
        return reply

    async def _read_next(self, *, unbuffered: bool = False) -> Reply:
        """Read the next result of those that the last command has."""
        link = self._link
        assert link is not None
        self._begin(Event.READ_ON)
        self._result = None
        reply = Reply(self._dialect, self._next_sequence, unbuffered=unbuffered)
        try:
            link.expect(reply)
            await link.wait(reply)
            if reply.filename is not None:
                await self._answer_with_file(reply)
        except BaseException as cause:
            self._break_off(cause)
            raise
        self._settle(reply, b"CALL")
        return reply

    async def _fetch(self, reply: Reply) -> list[Row]:
        """Rows of an unbuffered result: as many as have come, at least one; an empty list when there are no more.

        Raises:
            Exception: what ended the result before its time.
        """
        if reply is not self._result or self._state in (State.IDLE, State.PENDING):
            return []  # it was read to its end, or another command came and the rest was dropped
        if not reply.rows:
            self._begin(Event.READ_ON)
            link = self._link
            assert link is not None
            try:
                while not reply.rows and not reply.over:
                    reply.news = False
                    await link.wait(reply)
            except BaseException as cause:
                self._break_off(cause)
                raise
            # Only who has asked in vain has read to the end: until then the rows count as unread.
            if reply.rows:
                self._become(Event.ROWS_LEFT)
            else:
                self._settle(reply, b"")
                if reply.error is not None:
                    raise _raisable(reply)
        elif self._state is not State.STREAMING:
            raise self._unusable()
        rows = reply.take_rows()
        if self._link is not None and not reply.over:
            self._link.resume()
        return rows

    async def _finish_the_last(self) -> None:
        """Read what the last command has left, so that another can be sent."""
        if self._state is State.STREAMING:
            assert self._result is not None
            warnings.warn("Previous unbuffered result was left incomplete", stacklevel=5)
            await self._drop_rows(self._result)
        while self._state is State.PENDING:
            reply = await self._read_next()
            if reply.error is not None:
                raise _raisable(reply)
        if self._state is not State.IDLE:
            raise self._unusable()

    async def _drop_rows(self, reply: Reply) -> None:
        """Walk over the rows of an unbuffered result that nobody has fetched."""
        if self._state is not State.STREAMING:
            return
        link = self._link
        assert link is not None
        self._begin(Event.READ_ON)
        reply.drop_rows()
        try:
            while not reply.over:
                await link.wait(reply)
        except BaseException as cause:
            self._break_off(cause)
            raise
        self._settle(reply, b"")

    async def _answer_with_file(self, reply: Reply) -> None:
        assert self._link is not None
        await answer_with_file(self._link, reply, allowed=self._settings.local_infile, loop=self._loop)

    async def _run_together(self, commands: list[tuple[int, bytes]]) -> BaseException | None:
        """Send commands in one write and read their replies; the first error among them.

        The caller has begun and settles.
        """
        link = self._link
        assert link is not None
        link.idle = False
        link.write(b"".join(struct.pack("<IB", len(body) + 1, command) + body for command, body in commands))
        first: BaseException | None = None
        for _ in commands:
            sequence, more = 1, True
            while more:
                reply = Reply(self._dialect, sequence)
                link.expect(reply)
                await link.wait(reply)
                if reply.filename is not None:
                    await self._answer_with_file(reply)
                self._note_status(reply, b"")
                first = first or reply.error
                sequence, more = reply.sequence, reply.has_next
        return first

    # -- States ---------------------------------------------------------------------------------------------------

    def _begin(self, event: Literal[Event.SEND, Event.READ_ON] = Event.SEND) -> None:
        """A command begins, or is read on: from now on nobody else may use the connection."""
        state = self._state
        if state is State.WAITING or state >= State.LOST or state is State.CONNECTING:
            raise self._unusable()
        if events._get_running_loop() is not self._loop:
            raise RuntimeError(f"{self!r} belongs to another event loop than the one that is running")
        self._fit = False
        self._state = next_state(state, event)

    def _settle(self, reply: Reply, statement: bytes) -> None:
        """A command has got what it waited for."""
        self._next_sequence = reply.sequence
        self._note_status(reply, statement)
        if reply.unbuffered and (reply.rows or not reply.over):
            self._become(Event.ROWS_LEFT)
        elif reply.has_next:
            self._become(Event.RESULTS_LEFT)
        else:
            self._become(Event.ANSWERED)

    def _note_status(self, reply: Reply, statement: bytes) -> None:
        if reply.server_status is not None:
            self.server_status = reply.server_status
            self._doubt = False
        elif reply.error is not None and reply.over:
            code = reply.error.args[0] if reply.error.args else 0
            self._doubt = opened_in_silence(code, autocommit=self.get_autocommit(), statement=statement[:40])
        if reply.schema is not None:
            self._schema = reply.schema or None

    def _become(self, event: Event) -> None:
        link = self._link
        assert link is not None
        self._state = next_state(self._state, event)
        if self._state is State.IDLE:
            self._fit = not self.server_status & wire.STATUS_IN_TRANS and not self._doubt
            link.settle()  # which may find bytes that nobody asked for, and tell _link_ended()
        if link.failure is not None:
            # The reply came whole, and the end right behind it.
            self._link_ended()
            self._tell_unfit()

    def _break_off(self, cause: BaseException) -> None:
        """A command could not be brought to its end: what comes next on the wire cannot be told apart any more."""
        link = self._link
        assert link is not None
        self._fit = False
        if self._state is not State.CLOSED:
            self._state = next_state(self._state, Event.CLOSE)
            self._close_reason = _CANCELLED if isinstance(cause, asyncio.CancelledError) else None
        link.forget_owner()
        link.abort()
        self._tell_unfit()

    def _tell_unfit(self) -> None:
        """A pool learns at once, and not at a release that may never come, that this session is no more."""
        if self._on_unfit is not None:
            self._on_unfit(self)

    def _unusable(self) -> Exception:
        """Why no command can be sent now."""
        if self._state is State.LOST:
            # The loss is told once, then the connection counts as closed.
            assert self._link is not None
            self._state = next_state(self._state, Event.CLOSE)
            self._close_reason = None
            self._link.abort()
            return self._link.why_failed()
        if self._state is State.CLOSED:
            error = NotConnected.because(self._close_reason)
            if self._link is not None and self._close_reason is None:
                error.__cause__ = self._link.failure
            return error
        if self._state is State.WAITING or self._state is State.CONNECTING:
            return ConnectionBusy.on(self.thread_id() if self.server_thread_id else 0)
        return OutOfStep(0, f"{self!r} has no further result")

    def _link_ended(self) -> None:
        """The link has ended, or brought bytes that nobody asked for. A command that waits is told by its wait()."""
        if self._state in (State.IDLE, State.STREAMING, State.PENDING):
            self._fit = False
            self._state = next_state(self._state, Event.LOSS)
            self._tell_unfit()

    # -- Connecting -----------------------------------------------------------------------------------------------

    async def _reconnect(self) -> None:
        """Connect anew, if the pool still has room for it: it may have given the place of what was lost to another."""
        if self._on_reconnect is not None:
            self._on_reconnect(self)
        await self._connect()

    async def _connect(self) -> None:
        """Connect, or connect anew."""
        self._drop_link()
        settings = self._settings
        self._state = next_state(self._state, Event.CONNECT)
        timeout = asyncio.timeout(settings.connect_timeout)
        try:
            async with timeout:
                await self._open()
        except BaseException as cause:
            self._state = next_state(self._state, Event.CLOSE)
            self._close_reason = None
            self._fit = False
            self._drop_link()
            self._tell_unfit()
            if not isinstance(cause, OSError):
                raise
            if isinstance(cause, TimeoutError) and timeout.expired():
                reason = f"no login within {settings.connect_timeout} s"
                raise ConnectFailed.to(settings.host, settings.address, reason, timed_out=True) from cause
            raise ConnectFailed.to(settings.host, settings.address, str(cause) or repr(cause)) from cause

    def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.forget_owner()
            link.abort()

    async def _open(self) -> None:
        settings = self._settings
        me = weakref.WeakMethod(self._link_ended)  # or the loop, through its transport, would keep us alive

        def ended() -> None:
            told = me()
            if told is not None:  # pragma: no branch - __del__ has told the link to forget us
                told()

        link = self._link = await dial(self._loop, settings, ended)
        if self._state is not State.CONNECTING:
            raise NotConnected.because("closed while it was being connected anew")
        self._secure = settings.unix_socket is not None
        if settings.unix_socket is not None:
            self.host_info = f"Localhost via UNIX socket: {settings.unix_socket}"
        else:
            self.host_info = f"socket {settings.host}:{settings.port}"

        talk = login(settings, secure=self._secure, attributes=attributes(settings))
        logged_in = await carry_out(talk, link, settings)
        self._secure = self._secure or settings.ssl is not None
        greeting = logged_in.greeting
        self._login = logged_in
        self._schema = logged_in.schema
        self._doubt = False
        self._result = None
        self._use_charset(settings.charset)
        self.autocommit_mode = settings.autocommit
        self.client_flag = logged_in.capabilities
        self.server_status = logged_in.status
        self.server_version = greeting.server_version
        self.server_thread_id = (greeting.thread_id,)
        self.server_capabilities = greeting.capabilities
        self.server_language = greeting.collation
        if greeting.collation is not None:
            self.server_charset = wire.charset_name_of_collation(greeting.collation)
        self.server_public_key = logged_in.public_key
        self.protocol_version = greeting.protocol_version

        for command in setup_commands(settings, autocommit=self.get_autocommit()):
            error = await self._run_together([command])
            if error is not None:
                raise error
        self.connected_time = self._last_usage = self._loop.time()
        self._become(Event.LOGGED_IN)
        if link.failure is not None:
            raise link.why_failed()

    async def _change_user(self) -> None:
        assert self._login is not None
        link = self._link
        assert link is not None
        link.idle = False
        settings = self._settings
        talk = change_user(settings, self._login, secure=self._secure, attributes=attributes(settings))
        logged_in = await carry_out(talk, link, settings)
        self.server_status = logged_in.status
        self._login = logged_in
        self._doubt = False
        error = await self._run_together(setup_commands(settings, autocommit=None))
        if error is not None:
            raise error

    def _use_charset(self, charset: wire.Charset) -> None:
        self._charset = charset
        self._dialect = Dialect(
            self._login.capabilities if self._login is not None else 0,
            Shapes(encoding=charset.encoding, use_unicode=self.use_unicode, converters=self.decoders),
        )

    # -- The end --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Say goodbye if between commands, then close; in the middle of a command, drop the connection. Never waits."""
        polite = self._state is State.IDLE
        if self._leave() and self._link is not None:
            if polite:
                self._link.close(_GOODBYE)
            else:
                self._link.abort("it was closed while a command was running or its result was unread")
            self._tell_unfit()

    def abort(self) -> None:
        """Drop the connection at once, without goodbye; a command that is running fails at once."""
        if self._leave() and self._link is not None:
            self._link.abort("the connection was dropped")
            self._tell_unfit()

    def _leave(self) -> bool:
        if self._state is State.CLOSED:
            return False
        self._fit = False
        self._state = next_state(self._state, Event.CLOSE)
        self._close_reason = None
        if self._link is not None:
            self._link.forget_owner()
        return True

    async def ensure_closed(self) -> None:
        """Say goodbye, and wait until the connection is closed. Once more is harmless."""
        self.close()
        await self.wait_closed()

    async def wait_closed(self) -> None:
        """Wait until the transport has said connection_lost, also when nobody has asked it to close yet."""
        if self._link is not None:
            await self._link.wait_closed()

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if exc_type is not None:
            self.close()
        else:
            await self.ensure_closed()

    def __del__(self) -> None:
        if self._state in (State.CLOSED, State.LOST) or self._link is None:
            return
        if self._loop.is_closed():
            return  # nothing can be closed any more, and asyncio's transport warns of itself
        self._link.forget_owner()
        self._link.abort()
        warnings.warn(f"Unclosed connection {self!r}", ResourceWarning, source=self, stacklevel=1)


class CursorOpening(Ready[Any]):
    """What cursor() returns: ``await`` it for the cursor, or ``async with`` it for one that is closed at the end."""

    __slots__ = ()

    async def __aenter__(self) -> Any:
        return self._value

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._value.close()


def _is_cursor_class(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Cursor)


@functools.lru_cache(maxsize=64)
def _mixed(kinds: tuple[type[Cursor], ...]) -> type[Cursor]:
    if len(kinds) == 1:
        return kinds[0]
    name = "".join(kind.__name__ for kind in kinds).replace("Cursor", "") + "Cursor"
    return type(name, kinds, {})


def _raisable(reply: Reply) -> BaseException:
    # The connection keeps the reply; with the error in it, the frames of its traceback would live as long.
    error, reply.error = reply.error, None
    assert error is not None
    return error
