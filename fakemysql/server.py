"""The server as a test starts, asks and stops it: a listener on TCP or on a unix socket, and a link for each client.

With ``link.py`` this is where the fake waits: for sockets, for clocks, for gates. It decides nothing of MySQL. There is
no task for a connection: a conversation stands still between two calls, so that ten thousand idle ones cost memory
alone, and stopping needs no cancellation.

Only ``create_server``, ``create_unix_server``, ``time``, ``call_later``, ``call_at`` and ``call_soon`` of the running
loop are used, and of transports what their base classes promise, so that a simulated loop can stand in for it. On
asyncio's own loop on sockets the transports are those of ``sockets.py``, with which a login takes fewer turns.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime
import functools
import os
import time
from typing import TYPE_CHECKING, Any, Final

from . import sockets
from .answers import Failure
from .connections import Connection, Connections
from .conversation import Conversation, Surroundings
from .faults import Faults, Hook, Occasion
from .link import Link
from .persona import MYSQL_9_7, Persona, persona_named
from .sql.accounts import Accounts
from .sql.engine import SessionEngine
from .sql.instance import Instance
from .transcript import Accepted, ClosedBy, FaultFired, Transcript

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from random import Random
    from types import TracebackType
    from typing import Literal

    from .answers import Value
    from .clients import ServerUrl, Target
    from .faults import Fault
    from .listening import FullBacklog
    from .scripting.answers import AnswerLike, ColumnsLike, RowsLike
    from .scripting.desk import Desk
    from .scripting.expecting import Expectation
    from .scripting.patterns import PatternLike
    from .scripting.rules import Rule
    from .sql.accounts import Account
    from .sql.engine import Engine, Unhandled
    from .threaded import ThreadedServer
    from .tls import TlsFilter

_PENDING_CONNECTS: Final = 1024
# How much is taken from a socket at once.
_READ_BYTES: Final = 1 << 16
_NONCE_BYTES: Final = 20
_PRINTABLE: Final = bytes(0x25 + byte % 0x5A for byte in range(256))
# Ends with which a transaction is lost that the client should have ended; kills and faults are not its fault.
_CLIENTS_OWN_ENDS: Final = frozenset((ClosedBy.QUIT, ClosedBy.EOF, ClosedBy.RESET, ClosedBy.PROTOCOL, ClosedBy.STOP))
_TOO_MANY: Final = Failure(1040, "08004", "Too many connections")


class FakeServer:
    """A MySQL server in this process: ``async with FakeServer() as server: ...``.

    The account ``root`` with an empty password and the database ``test`` are always there.

    Args:
        persona: which server to be taken for: a name (``"mysql-9.7"``, ``"mysql-8.4"``, ``"mysql-8.0"``,
            ``"mariadb-10.11"``) or a Persona.
        users: further accounts, name or ``name@host`` to password or to an :class:`~fakemysql.sql.accounts.Account`.
        databases: further databases.
        max_connections: how many clients at once; the next one gets error 1040.
        variables: global system variables that differ from the persona's, as ``{"wait_timeout": 5}``.
        host: the address to listen on, in numbers; None for a unix socket alone.
        port: the port, 0 for any that is free; read it back from ``port``.
        unix_socket: a path to listen on as well.
        tls: whether TLS is offered: True for the test certificate (``fakemysql.tls.CERTIFICATE_PATH``), or a context of
            your own.
        require_tls: refuse whoever logs in without TLS or a unix socket; needs tls.
        segment: write in pieces of so many bytes, each on its own; None for as the network likes.
        engine: makes what answers statements; None for session state and expressions.
        nonce: a source of n random bytes.
        wall: the date and time in UTC, naive.
        random: the source of RAND() and UUID(), and of what faults draw.
        keep_events: how many of the newest events the transcript keeps; None for all. For a server that runs for long.
        unknown: what answers statements that the engine does not know, as in :meth:`on`; None for error 1235.

    What of nonce, wall and random is not given comes from the loop if it offers it, as a simulated one does, and
    otherwise from the machine.
    """

    def __init__(
        self,
        *,
        persona: str | Persona = MYSQL_9_7,
        users: Mapping[str, str | Account] | None = None,
        databases: Sequence[str] = (),
        max_connections: int | None = None,
        variables: Mapping[str, Value] | None = None,
        host: str | None = "127.0.0.1",
        port: int = 0,
        unix_socket: str | os.PathLike[str] | None = None,
        tls: bool | ssl.SSLContext = False,
        require_tls: bool = False,
        segment: int | None = None,
        engine: Callable[[Instance], Engine] | None = None,
        nonce: Callable[[int], bytes] | None = None,
        wall: Callable[[], datetime.datetime] | None = None,
        random: Random | None = None,
        keep_events: int | None = None,
        unknown: AnswerLike | None = None,
    ) -> None:
        if host is None and unix_socket is None:
            raise ValueError("host=None needs a unix_socket: a server listens somewhere")
        if segment is not None and segment < 1:
            raise ValueError(f"segment is a count of bytes from 1, or None; got {segment}")
        if require_tls and not tls:
            raise ValueError("require_tls=True needs tls: nobody could log in")
        if "" in databases:
            raise ValueError("databases: a database has a name, and '' is none")
        if keep_events is not None and keep_events < 0:
            raise ValueError(f"keep_events is a count from 0, or None for all; got {keep_events}")
        self.persona = persona_named(persona) if isinstance(persona, str) else persona
        self.host = host
        self.port = port
        self.unix_socket = None if unix_socket is None else os.fspath(unix_socket)
        self.segment = segment
        self.faults = Faults(0 if random is None else random.getrandbits(32))
        self.faults.listener = self._fault_armed
        self.accounts = Accounts(users, self.persona)
        self.connections = Connections()
        self.transcript = Transcript(self._time)
        self.transcript.keep = keep_events
        self._nonce = nonce or os.urandom
        self._is_given = (nonce is not None, wall is not None, random is not None)
        settings: dict[str, Value] = dict(variables or {})
        if require_tls:
            settings["require_secure_transport"] = "ON"
        self._loop: asyncio.AbstractEventLoop | None = None
        self.instance = Instance(
            self.persona,
            wall=wall or _utc_now,
            clock=self._time,
            random=random,
            accounts=self.accounts,
            databases=("test", *databases),
            variables=settings,
        )
        if max_connections is not None:
            self.instance.limit_connections(max_connections)
        self.instance.count_connections = self.connections.__len__
        self.instance.count_strangers = lambda: len(self.connections) - len(self.instance.sessions)
        self.instance.count_protocol_statements = self._count_statements
        self._surroundings = Surroundings(
            persona=self.persona,
            accounts=self.accounts,
            engine=(engine or SessionEngine)(self.instance),
            faults=self.faults,
            transcript=self.transcript,
            nonce=self._fresh_nonce,
            limit_bytes=lambda: self._setting("max_allowed_packet"),
            tls=_tls_filters(tls) if tls else None,
            requires_tls=lambda: self.instance.globals["require_secure_transport"] == "ON",
        )
        self._engine = self._surroundings.engine
        self._desk: Desk | None = None
        self._is_failing = False
        # Who logged in on connections that ended inside a transaction, by id.
        self._unfinished: dict[int, str] = {}
        if unknown is not None:
            self._make_desk(unknown)
        self._has_own_context = not isinstance(tls, bool)
        self.on_shutdown: Callable[[], None] | None = None
        """Called when a client has shut the server down (SHUTDOWN), and the last connection has been given up."""
        self._threaded: ThreadedServer | None = None
        self._listeners: list[asyncio.Server | sockets.Listener] = []
        self._links: dict[int, Link] = {}
        self._next_id = 1
        self._waiters: list[tuple[Callable[[FakeServer], bool], asyncio.Future[None]]] = []
        self._all_gone: asyncio.Future[None] | None = None
        self._is_running = False
        self._listening_later: asyncio.Task[None] | None = None
        self._full_backlog: FullBacklog | Callable[[], None] | None = None
        self._globals_at_start = self.instance.globals

    # ------------------------------------------------------------------------------------------------ start and stop

    async def start(self) -> None:
        """Listen. The server belongs to the running loop until it stops; then it may be started again, port and all."""
        if self._is_running:
            raise RuntimeError("this server has been started already; a new FakeServer is cheap")
        self._loop = asyncio.get_running_loop()
        # Asked several times for each command, so that the way round by _time() counts, and the loop's own way too.
        own = getattr(self._loop.time, "__func__", None) is asyncio.BaseEventLoop.time
        self.transcript.clock = self.instance.clock = time.monotonic if own else self._loop.time
        self.instance.started = self._loop.time()
        self._is_running = True
        self._take_from(self._loop)
        try:
            await self.listen()
        except BaseException:
            self._is_running = False
            raise

    def _take_from(self, loop: asyncio.AbstractEventLoop) -> None:
        """Chance and date from a loop that has its own; see SimulatedLoop.own_chance_and_date."""
        offer = getattr(loop, "own_chance_and_date", None)
        if offer is None or all(self._is_given):
            return
        chance, date = offer()
        has_nonce, has_wall, has_random = self._is_given
        if not has_nonce:
            self._nonce = chance.randbytes
        if not has_wall:
            self.instance.wall = date
        if not has_random:
            self.instance.draw_from(chance)
            self.faults.seed = chance.getrandbits(32)

    async def listen(self) -> None:
        """Take new connections, after :meth:`stop_listening` or :meth:`stop_accepting` again, on the same port."""
        if not self._is_running:
            raise RuntimeError("the server is not started; use `async with` or start()")
        if self._listeners:
            return
        was_put_off = self._listening_later is not None
        self._forget_plans()
        if not was_put_off and self.faults.live and self.faults.expects(Hook.LISTEN):
            struck = self.faults.strike(Occasion(Hook.LISTEN, 0))
            if struck:
                await self._listen_later(struck)
                return
        await self.begin_listening()

    async def _listen_later(self, struck: list[Fault]) -> None:
        from .listening import listen_later

        # The port is known from the start, and closed.
        await self.begin_listening()
        self._close_listeners()
        for fault in struck:
            self.transcript.note(FaultFired, 0, str(fault))
        self._listening_later = asyncio.get_running_loop().create_task(listen_later(self, struck))

    async def begin_listening(self) -> None:
        """Listen at once, whatever the faults say; :meth:`listen` is what asks them."""
        assert self._loop is not None, "it is started"
        loop, make = self._loop, self._new_link
        is_plain = sockets.serves(loop)
        listener: asyncio.Server | sockets.Listener
        if self.host is not None:
            if is_plain:
                listener = sockets.listen_on_port(loop, make, self.host, self.port, _PENDING_CONNECTS)
            else:
                listener = await loop.create_server(make, self.host, self.port, backlog=_PENDING_CONNECTS)
            self._listeners.append(listener)
            self.port = listener.sockets[0].getsockname()[1]
        if self.unix_socket is not None:
            if is_plain:
                listener = sockets.listen_on_path(loop, make, self.unix_socket, _PENDING_CONNECTS)
            else:
                listener = await loop.create_unix_server(make, self.unix_socket, backlog=_PENDING_CONNECTS)
            self._listeners.append(listener)

    def stop_listening(self) -> None:
        """Refuse new connections, as a server that is down does; those that there are go on."""
        self._forget_plans()
        self._close_listeners()

    def _forget_plans(self) -> None:
        """Nothing of what was to end a refusal, or a full backlog, is to happen any more."""
        if self._listening_later is not None:
            if self._listening_later is not asyncio.current_task(self._loop):
                self._listening_later.cancel()
            self._listening_later = None
        self.accept_again()

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if self.unix_socket is not None and os.path.exists(self.unix_socket):
            os.unlink(self.unix_socket)

    def stop_accepting(self) -> None:
        """Leave connects unanswered, as a server with a full backlog does, until :meth:`listen`.

        A unix socket is closed meanwhile: connects to it are refused.
        """
        if self._loop is None or self.host is None:
            raise RuntimeError("a backlog is full at a port; this server has none, or is not started")
        self._close_listeners()
        if self._full_backlog is not None:
            return
        hold = getattr(self._loop, "hold_connects", None)
        if hold is not None:
            self._full_backlog = hold((self.host, self.port))
            return
        from .listening import FullBacklog

        self._full_backlog = FullBacklog(self.host, self.port)

    def accept_again(self) -> None:
        """Give up what :meth:`stop_accepting` holds; :meth:`listen` does it, and listens."""
        held, self._full_backlog = self._full_backlog, None
        if callable(held):
            held()
        elif held is not None:
            held.close()

    def links(self) -> list[Link]:
        """Every connection there is, those that are being refused among them; for the modules of this package."""
        return list(self._links.values())

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """As the loop that the server runs in; nothing comes of it once that is over."""
        assert self._loop is not None, "it is started"
        self._loop.call_later(seconds, callback)

    async def stop(self) -> None:
        """End every connection, at once and also one that is stalled, and listen no more. Harmless a second time.

        Whoever waits for an expectation is told. A ResourceWarning tells of commands that the test took and never
        answered, unless the test has failed already.
        """
        unanswered = self._desk.stop() if self._desk is not None else ""
        await self._halt()
        if unanswered and not self._is_failing:
            import warnings

            warnings.warn(unanswered, ResourceWarning, stacklevel=2)

    async def _halt(self) -> None:
        listeners = list(self._listeners)
        later = self._listening_later
        self.stop_listening()
        self._is_running = False
        for link in list(self._links.values()):
            link.stop()
        if self._links:
            assert self._loop is not None
            self._all_gone = self._loop.create_future()
            await self._all_gone
        for listener in listeners:
            await listener.wait_closed()
        if later is not None:
            await asyncio.wait([later])

    async def restart(self) -> None:
        """Stop and start as a crashed server does: every connection ends, global variables are what they were at the
        start, but for those of SET PERSIST, and clients find it on the same port. Faults, rules, users, databases and
        the transcript stay.
        """
        if not self._is_running:
            raise RuntimeError("the server is not started; use `async with` or start()")
        await self._halt()
        self._all_gone = None
        persisted = self.instance.persisted
        self.instance.globals = {**self._globals_at_start, **persisted} if persisted else self._globals_at_start
        self.instance.counters.restart()
        await self.start()

    async def kill_all(self) -> None:
        """KILL every connection; returns when every end is on the wire."""
        links = [self._links[connection.id] for connection in self.connections]
        for link in links:
            link.kill(None, query_only=False)
        for link in links:
            await link.wait_lost()

    async def shutdown(self, *, grace: float | None = None) -> None:
        """Go down in order, as after SHUTDOWN, and say goodbye as the persona does: nobody new is let in, who is idle
        sees an end, who sleeps is ended at once (MariaDB) or sees the sleep interrupted first (MySQL). Returns when
        every end is on the wire; :meth:`start` begins anew.

        Args:
            grace: seconds until the goodbyes, in which statements go on; None for the persona's.
        """
        if not self._is_running:
            raise RuntimeError("the server is not started; use `async with` or start()")
        self.stop_listening()
        seconds = self.persona.shutdown_grace if grace is None else grace
        if seconds:
            await asyncio.sleep(seconds)
        links = list(self._links.values())
        for link in links:
            link.shut_down()
        for link in links:
            await link.wait_lost()
        await self._halt()

    async def __aenter__(self) -> FakeServer:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_failing |= kind is not None
        await self.stop()

    def __enter__(self) -> ThreadedServer:
        """Run in a thread of its own, for clients that block; what is entered is a handle for other threads."""
        from .threaded import ThreadedServer

        self._threaded = ThreadedServer(self)
        self._threaded.start()
        return self._threaded

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._threaded is not None, "what is left was entered"
        self._is_failing |= kind is not None
        self._threaded.stop()

    # ------------------------------------------------------------------------------------------------------- its face

    @property
    def url(self) -> ServerUrl:
        """``mysql://root:@127.0.0.1:PORT/test``, with the password that root has; ``url("pymysql")`` for one client."""
        from .clients import ServerUrl

        return ServerUrl(self._target("root", "test"))

    def connect_kwargs(self, client: str, *, user: str = "root", database: str = "test") -> dict[str, Any]:
        """The keywords of a client's ``connect()``, by the name under which the client is installed.

        With TLS they say so, and how the test certificate is verified; with a context of your own TLS is left to you.

        Raises:
            ValueError: no settings are known for the client.
            KeyError: there is no such user.
        """
        from .clients import client_named

        return client_named(client).connect_kwargs(self._target(user, database))

    def _target(self, user: str, database: str) -> Target:
        from .clients import Target

        ca = None
        if self._surroundings.tls is not None and not self._has_own_context:
            from .tls import CERTIFICATE_PATH

            ca = str(CERTIFICATE_PATH)
        password = self.accounts[user].password
        return Target(self.host, self.port, self.unix_socket, user, password, database, ca)

    async def kill(self, connection_id: int, *, query_only: bool = False) -> None:
        """KILL [QUERY] that connection; returns when its end is on the wire. KeyError if there is none of that id."""
        await self.connections[connection_id].kill(query_only=query_only)

    async def wait_for(
        self,
        condition: Callable[[FakeServer], bool] | None = None,
        *,
        connections: int | None = None,
        timeout: float | None = 10.0,
    ) -> None:
        """Wait until the condition holds of this server, or until it has so many connections.

        Args:
            condition: asked at once, and again whenever something has happened on any connection.
            connections: how many live connections there are to be.
            timeout: seconds; None for as long as it takes.

        Raises:
            TimeoutError: with the last of the transcript.
        """
        if (condition is None) == (connections is None):
            raise ValueError("wait_for() wants either a condition or connections=N")
        if condition is None:
            condition = _has_connections(connections or 0)
        if condition(self):
            return
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (condition, happened)
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await happened
        except TimeoutError:
            last = "\n".join(map(str, self.transcript.events[-20:]))
            raise TimeoutError(
                f"nothing of what was waited for within {timeout} s; {len(self.connections)} connections; "
                f"the last that happened:\n{last}"
            ) from None
        finally:
            self._waiters.remove(waiter)

    # ------------------------------------------------------------------------------------- scripting, see scripting/

    def on(
        self,
        pattern: PatternLike,
        answer: AnswerLike | None = None,
        *,
        rows: RowsLike | None = None,
        columns: ColumnsLike | None = None,
        delay: float = 0.0,
        times: int | None = None,
        args: Sequence[Value] | Callable[[tuple[Value, ...]], bool] | None = None,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
    ) -> Rule:
        """Answer statements instead of the engine; the rule counts them, and says with ``then()`` how it goes on.

        Of several rules that fit, the one registered last answers; one that is used up lets the others, and at last the
        engine. Each statement of a text of several is matched by itself, and so is each execution of a prepared one.

        Args:
            pattern: which statements: text in any letter case with ``*`` for anything; ``exact(text)``; a compiled
                pattern, which is searched for; or a function of the text. White space, comments and a last semicolon
                count for nothing.
            answer: ``ok()``, ``error(code)``, ``result(rows, columns)``, a list of these for several results,
                ``pass_on()``, or a function that is given a :class:`~fakemysql.scripting.rules.Call` and returns one.
            rows: short for ``result(rows, columns)``.
            columns: as in :func:`~fakemysql.result`; with a function, what a prepared statement is told.
            delay: seconds on the server's clock before the answer. KILL ends it.
            times: for how many statements; None for all.
            args: only executions of prepared statements with these values, or values that this function wants.
            user: only for this user. database: with this current database. connection_id: on this connection.

        Raises:
            TypeError, ValueError: the answer or the pattern makes no sense; the text says which part.
        """
        from .scripting.rules import stage_of

        stage = stage_of(answer, rows=rows, columns=columns, delay=delay, times=times, as_prepared=args is not None)
        return self._scripted.rules.add(
            pattern, stage, args=args, user=user, database=database, connection_id=connection_id
        )

    def script(
        self,
        steps: Iterable[tuple[PatternLike, AnswerLike]],
        *,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
    ) -> list[Rule]:
        """Rules for statements that come in this order: each answers once, when those before it have answered."""
        return self._scripted.script(steps, user=user, database=database, connection_id=connection_id)

    def expect(
        self,
        pattern: PatternLike | None = None,
        *,
        command: str | None = None,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
        timeout: float | None = 10.0,
    ) -> Expectation:
        """Take a client's next command and answer it by hand: ``request = await server.expect("SELECT *")``.

        It counts from the call on, also before it is awaited, and goes before all rules. The connection stands still
        until the request is answered.

        Args:
            pattern: as in :meth:`on`, of the command's whole text; None for any.
            command: the manual's name, as in ``"COM_PING"`` or ``"COM_STMT_EXECUTE"``. None is COM_QUERY with a
                pattern, and any command without one.
            user: only from this user. database: with this current database. connection_id: on this connection.
            timeout: seconds on the server's clock that ``await`` waits, None for as long as it takes.
        """
        return self._scripted.expectations.expect(
            pattern, command=command, user=user, database=database, connection_id=connection_id, timeout=timeout
        )

    @property
    def unhandled(self) -> list[Unhandled]:
        """The statements that were answered with error 1235, for they are unknown here; each has a connection_id."""
        return list(getattr(self._engine, "unhandled", ()))

    def clear(self) -> None:
        """Forget rules, expectations, faults, unknown statements and the transcript; connections go on.

        For a server that serves several tests. A command that ``expect()`` holds is passed on.
        """
        if self._desk is not None:
            self._desk.clear()
        self.faults.clear()
        self.transcript.clear()
        self._unfinished.clear()
        getattr(self._engine, "unhandled", []).clear()

    def assert_all_used(self) -> None:
        """Every rule was used as often as it was to be, and every expectation met.

        Raises:
            AssertionError: with the statements that came and nearly fitted.
        """
        if self._desk is not None:
            self._desk.assert_all_used()

    def assert_no_unhandled(self) -> None:
        """No statement was answered with error 1235.

        Raises:
            AssertionError: with those that were.
        """
        from .scripting import verdicts

        rules = self._desk.rules.all if self._desk is not None else []
        hint = "statements came that the fake does not know; script an answer with server.on():"
        verdicts.verdict(hint, verdicts.unhandled(self.unhandled, rules))

    def assert_clean(self, *, goodbye: Literal["quit", "close", "none"] = "quit") -> None:
        """No transaction is open or was lost, no prepared statement is left, every connection has said goodbye.

        Args:
            goodbye: "quit": every connection was ended with COM_QUIT, as most clients do; "close": ending it is enough,
                for those that only close (aiomysql's pool, mysql-connector's asyncio part); "none": it may live on.

        Raises:
            AssertionError: with the connection, what is wrong with it, and what it said last.
        """
        from .scripting import verdicts

        if goodbye not in verdicts.GOODBYES:
            raise ValueError(f"goodbye is one of {', '.join(verdicts.GOODBYES)}; got {goodbye!r}")
        live = [
            verdicts.Live(connection.id, connection.user, connection.in_transaction, connection.prepared)
            for connection in self.connections
            if connection.user
        ]
        found = verdicts.unclean(live, self.transcript, self._unfinished, goodbye)
        if self._desk is not None:
            found += self._desk.complaints()
        verdicts.verdict("connections were not left clean:", found)

    @property
    def _scripted(self) -> Desk:
        return self._desk or self._make_desk(None)

    def _make_desk(self, unknown: AnswerLike | None) -> Desk:
        from .scripting.desk import Desk

        self._desk = Desk(self._surroundings, self._time, self._lost, unknown)
        return self._desk

    async def _lost(self, connection_id: int) -> None:
        link = self._links.get(connection_id)
        if link is not None:
            await link.wait_lost()

    # ------------------------------------------------------------------------------------------------- for its links

    def _time(self) -> float:
        return self._loop.time() if self._loop is not None else 0.0

    def _setting(self, name: str) -> int:
        return int(self.instance.globals[name] or 0)

    def _fault_armed(self, fault: Fault) -> None:
        """Who is idle already may have been silent for long enough."""
        if fault.at is Hook.IDLE:
            for link in list(self._links.values()):
                link.mind_silence()

    def _count_statements(self) -> int:
        kept = (link.conversation.statements for link in self._links.values())
        return sum(len(statements) for statements in kept if statements is not None)

    def _fresh_nonce(self) -> bytes:
        # Clients read the nonce up to a NUL, and some stumble over what is not printable.
        return self._nonce(_NONCE_BYTES).translate(_PRINTABLE)

    def _new_link(self) -> Link:
        return Link(self)

    def _arrived(self, link: Link) -> None:
        connection_id, self._next_id = self._next_id, self._next_id + 1
        link.conversation = Conversation(self._surroundings, connection_id, link.peer)
        self.transcript.note(Accepted, connection_id, str(link.peer))
        self.instance.counters.add("Connections")
        live = len(self.connections)
        self._links[connection_id] = link
        # One more than that is let in to say who it is: it may be an admin.
        if live > self._setting("max_connections"):
            self.instance.counters.add("Connection_errors_max_connections")
            link.conversation.turn_away(_TOO_MANY)
            return
        self.connections.add(connection_id, Connection(link))
        self.instance.counters.note_connections(live + 1)

    def _left(self, link: Link) -> None:
        connection_id = link.conversation.connection_id
        self.connections.discard(connection_id)
        self._links.pop(connection_id, None)
        if not self._links and self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)

    def _ended(self, conversation: Conversation) -> None:
        """A conversation is over; its transport may take a moment more."""
        self.connections.discard(conversation.connection_id)
        if conversation.session is None:
            self.instance.counters.add("Aborted_connects")
            self.connections.aborted += 1
        elif conversation.closed_by is not ClosedBy.QUIT:
            self.instance.counters.add("Aborted_clients")
            self.connections.aborted += 1
        if conversation.ended_in_transaction and conversation.closed_by in _CLIENTS_OWN_ENDS:
            self._unfinished[conversation.connection_id] = conversation.user

    @functools.cached_property
    def _context(self) -> contextvars.Context:
        """For timers that every connection has: without it each would keep a copy of its own."""
        return contextvars.copy_context()

    @functools.cached_property
    def _read_buffer(self) -> memoryview:
        return memoryview(bytearray(_READ_BYTES))

    def _link(self, connection_id: int) -> Link | None:
        return self._links.get(connection_id)

    def _something_happened(self) -> None:
        for condition, happened in self._waiters:
            if not happened.done():
                try:
                    if condition(self):
                        happened.set_result(None)
                except Exception as error:  # noqa: BLE001 - the condition is the caller's, and the error goes to the caller
                    happened.set_exception(error)


def _tls_filters(tls: bool | ssl.SSLContext) -> Callable[[], TlsFilter]:
    from .tls import TlsFilter

    return TlsFilter if isinstance(tls, bool) else lambda: TlsFilter(tls)


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def _has_connections(count: int) -> Callable[[FakeServer], bool]:
    return lambda server: len(server.connections) == count
