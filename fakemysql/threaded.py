"""The server in a thread of its own, for clients that block: ``with FakeServer() as server: ...``.

A :class:`ThreadedServer` is the same server seen from another thread. Its loop runs in one thread, which lives from
``__enter__`` to ``__exit__``; whatever is called here is carried out on that loop and awaited, so that nothing of the
server is ever touched by two threads, and an ``await`` of the other form is a plain call in this one. Any thread may
call.

What is only read (ports, events, counts) is read directly: these are single values and append-only lists.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Literal

    from .answers import Value
    from .clients import ServerUrl
    from .connections import Connection
    from .conversation import Phase
    from .faults import Fault
    from .persona import Persona
    from .scripting.answers import AnswerLike, ColumnsLike, RowsLike
    from .scripting.patterns import PatternLike
    from .scripting.threads import ThreadedExpectation, ThreadedRule
    from .server import FakeServer
    from .sql.accounts import Accounts
    from .sql.engine import Unhandled
    from .transcript import Transcript

P = ParamSpec("P")
R = TypeVar("R")


class ThreadedServer:
    """A running server's handle for other threads; :attr:`server` is the server itself, which belongs to its loop."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.faults = ThreadedFaults(self)
        self.connections = ThreadedConnections(self)
        self.kill = self.awaited(server.kill)
        self.wait_for = self.awaited(server.wait_for)
        self.listen = self.awaited(server.listen)
        self.stop_listening = self.called(server.stop_listening)
        self.stop_accepting = self.called(server.stop_accepting)
        self.kill_all = self.awaited(server.kill_all)
        self.shutdown = self.awaited(server.shutdown)
        self.restart = self.awaited(server.restart)
        self.clear = self.called(server.clear)

    # ------------------------------------------------------------------------------------------------ start and stop

    def start(self) -> None:
        """Start the thread and listen; returns when clients can connect. After :meth:`shutdown` the thread is there.

        Raises:
            OSError: the address cannot be listened on. No thread is left behind.
            RuntimeError: it has been started already.
        """
        if self._thread is not None:
            self.awaited(self.server.start)()
            return
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name=f"fakemysql {self.server.persona.name}", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except BaseException:
            # The start failed, or this thread was interrupted while the other one was starting.
            concurrent.futures.wait([started])
            self.stop()
            raise

    def stop(self) -> None:
        """End every connection, stop listening, end the thread. Harmless a second time.

        Raises:
            BaseException: what the server's loop ended with before, if it did.
        """
        if self._thread is None:
            return
        if self._thread is threading.current_thread():
            raise RuntimeError("stop() waits for the server's thread; it cannot be called from within that thread")
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the thread has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = self._loop = None
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _run(self, started: concurrent.futures.Future[None]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits in start(), or to stop()'s
            if started.done():
                self._failure = error
            else:
                started.set_exception(error)

    async def _serve(self, started: concurrent.futures.Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        async with self.server:
            started.set_result(None)
            await self._stopping.wait()

    # ------------------------------------------------------------------------------------------- across the threads

    def called(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function, to be called from any thread and carried out on the server's."""

        async def on_loop(*args: P.args, **kwargs: P.kwargs) -> R:
            return function(*args, **kwargs)

        return self.awaited(on_loop)

    def awaited(self, function: Callable[P, Awaitable[R]]) -> Callable[P, R]:
        """The coroutine function as a plain one, which returns when the coroutine has."""

        async def on_loop(*args: P.args, **kwargs: P.kwargs) -> R:
            return await function(*args, **kwargs)

        def from_anywhere(*args: P.args, **kwargs: P.kwargs) -> R:
            if self._thread is None or self._loop is None:
                raise RuntimeError("the server is not running; use `with FakeServer() as server:`")
            if self._thread is threading.current_thread():
                raise RuntimeError("this is the server's own thread, which must not wait for itself; use handle.server")
            running = asyncio.run_coroutine_threadsafe(on_loop(*args, **kwargs), self._loop)
            try:
                return running.result()
            except BaseException:
                # This thread was interrupted while it waited: what it waited for is given up, too.
                running.cancel()
                raise

        return from_anywhere

    # ------------------------------------------------------------------------------------------------------ its face

    @property
    def persona(self) -> Persona:
        return self.server.persona

    @property
    def host(self) -> str | None:
        return self.server.host

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def unix_socket(self) -> str | None:
        return self.server.unix_socket

    @property
    def url(self) -> ServerUrl:
        return self.server.url

    def connect_kwargs(self, client: str, *, user: str = "root", database: str = "test") -> dict[str, Any]:
        """The keywords of a client's ``connect()``; see :meth:`FakeServer.connect_kwargs`."""
        return self.server.connect_kwargs(client, user=user, database=database)

    # ------------------------------------------------------------------------------------ scripting, see FakeServer

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
    ) -> ThreadedRule:
        """Answer statements instead of the engine; functions are called on the server's thread."""
        from .scripting.threads import ThreadedRule

        rule = self.called(self.server.on)(
            pattern,
            answer,
            rows=rows,
            columns=columns,
            delay=delay,
            times=times,
            args=args,
            user=user,
            database=database,
            connection_id=connection_id,
        )
        return ThreadedRule(self, rule)

    def script(
        self,
        steps: Iterable[tuple[PatternLike, AnswerLike]],
        *,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
    ) -> list[ThreadedRule]:
        """Rules for statements that come in this order."""
        from .scripting.threads import ThreadedRule

        rules = self.called(self.server.script)(list(steps), user=user, database=database, connection_id=connection_id)
        return [ThreadedRule(self, rule) for rule in rules]

    def expect(
        self,
        pattern: PatternLike | None = None,
        *,
        command: str | None = None,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
        timeout: float | None = 10.0,
    ) -> ThreadedExpectation:
        """Take a client's next command and answer it by hand: ``request = server.expect("SELECT *").wait()``."""
        from .scripting.threads import ThreadedExpectation

        expectation = self.called(self.server.expect)(
            pattern, command=command, user=user, database=database, connection_id=connection_id, timeout=timeout
        )
        return ThreadedExpectation(self, expectation)

    @property
    def unhandled(self) -> list[Unhandled]:
        """The statements that are unknown here, each with its connection_id."""
        return self.server.unhandled

    def assert_all_used(self) -> None:
        """Every rule was used as often as it was to be. Also when the server has stopped."""
        self._judged(self.server.assert_all_used)

    def assert_no_unhandled(self) -> None:
        """No statement was answered with error 1235. Also when the server has stopped."""
        self._judged(self.server.assert_no_unhandled)

    def assert_clean(self, *, goodbye: Literal["quit", "close", "none"] = "quit", settle: float = 1.0) -> None:
        """See :meth:`FakeServer.assert_clean`. Also when the server has stopped.

        Args:
            settle: seconds that connections have to end: a client that has closed is not yet seen to have.
        """
        if self._thread is not None and goodbye != "none":
            with contextlib.suppress(TimeoutError):
                self.wait_for(connections=0, timeout=settle)
        self._judged(functools.partial(self.server.assert_clean, goodbye=goodbye))

    def _judged(self, judge: Callable[[], None]) -> None:
        if self._thread is None:
            judge()
        else:
            self.called(judge)()

    @property
    def transcript(self) -> Transcript:
        return self.server.transcript

    @property
    def accounts(self) -> Accounts:
        return self.server.accounts


class ThreadedFaults:
    """The plan of faults, from other threads; see :class:`~fakemysql.faults.Faults`."""

    def __init__(self, handle: ThreadedServer) -> None:
        faults = handle.server.faults
        self.arm = handle.called(faults.arm)
        self.disarm = handle.called(faults.disarm)
        self.clear = handle.called(faults.clear)
        self.assert_all_fired = handle.called(faults.assert_all_fired)
        self._armed = handle.called(lambda: faults.armed)
        self._never_fired = handle.called(lambda: faults.never_fired)

    @property
    def armed(self) -> list[Fault]:
        """Faults that may still fire."""
        return self._armed()

    @property
    def never_fired(self) -> list[Fault]:
        """Faults whose occasion has not come."""
        return self._never_fired()


class ThreadedConnections:
    """The live connections, from other threads: iterate, count, look up by id."""

    def __init__(self, handle: ThreadedServer) -> None:
        self._handle = handle
        self._all = handle.server.connections

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, connection_id: int) -> bool:
        return connection_id in self._all

    def __iter__(self) -> Iterator[ThreadedConnection]:
        return iter([ThreadedConnection(self._handle, connection) for connection in self._all])

    def __getitem__(self, connection_id: int) -> ThreadedConnection:
        return ThreadedConnection(self._handle, self._all[connection_id])

    def of(self, user: str) -> list[ThreadedConnection]:
        """Those of one user."""
        return [ThreadedConnection(self._handle, connection) for connection in self._all.of(user)]

    @property
    def opened(self) -> int:
        """How many were let in, ever."""
        return self._all.opened

    @property
    def peak(self) -> int:
        """The most there were at once."""
        return self._all.peak

    @property
    def aborted(self) -> int:
        """How many ended without a goodbye, or were never logged in."""
        return self._all.aborted

    def by_user(self) -> dict[str, int]:
        """How many each user has; "" for those that have not said who they are."""
        return self._all.by_user()

    def by_database(self) -> dict[str | None, int]:
        """How many have each database as their current one; None for none."""
        return self._all.by_database()

    def in_transaction(self) -> list[ThreadedConnection]:
        """Those with an open transaction."""
        return [ThreadedConnection(self._handle, connection) for connection in self._all.in_transaction()]

    def __repr__(self) -> str:
        return repr(self._all)


class ThreadedConnection:
    """One live connection, from other threads; see :class:`~fakemysql.connections.Connection`."""

    def __init__(self, handle: ThreadedServer, connection: Connection) -> None:
        self._connection = connection
        self.kill = handle.awaited(connection.kill)
        self.cut = handle.awaited(connection.cut)
        self.close = handle.awaited(connection.close)
        self.idle_close = handle.awaited(connection.idle_close)
        self.stall = handle.called(connection.stall)
        self.reset = handle.awaited(connection.reset)
        self.closed = handle.awaited(connection.closed)
        self.send = handle.called(connection.send)

    @property
    def id(self) -> int:
        return self._connection.id

    @property
    def user(self) -> str:
        return self._connection.user

    @property
    def database(self) -> str | None:
        return self._connection.database

    @property
    def peer(self) -> str:
        return self._connection.peer

    @property
    def phase(self) -> Phase:
        return self._connection.phase

    @property
    def status(self) -> int:
        return self._connection.status

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def statement(self) -> str | None:
        return self._connection.statement

    @property
    def prepared(self) -> int:
        return self._connection.prepared

    @property
    def attributes(self) -> Mapping[str, str]:
        return self._connection.attributes

    def __repr__(self) -> str:
        return repr(self._connection)
