"""A client's command, held until the test has answered it: the stepwise form, for authors of drivers.

    request = await server.expect("SELECT *")     # waits until a client says it, and holds that connection
    request.reply(rows=[(1,)])                    # or reply_ok(), reply_error(), raw(), hang_up(), pass_on(), ...

An :class:`Expectation` is registered at once, when it is made, so that nothing can slip in before it is awaited; of
several that fit a command the one that was made first gets it. What it hands over is a :class:`Request`. The connection
stands still inside a handler (:meth:`Expectations.handler`) that carries out the test's orders, each as it is given.

Nothing hangs because of an expectation that was given up: one whose ``wait()`` is cancelled or times out is withdrawn,
and a command that it holds already is passed on. What a test never answers is told by ``assert_clean()``, and when the
server stops.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..answers import Failure
from ..commands import COMMANDS, UNKNOWN
from ..effects import FLUSH, Close, Hangup, Wait
from ..faults import Gate
from ..packets import Command, command_name
from ..sql import scripted
from ..transcript import ClosedBy
from .answers import ErrorAnswer, OkAnswer, PassOn, ResultAnswer, answer_of, error, ok, result
from .patterns import Pattern, pattern_of
from .steps import fail, steps_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from ..answers import Step, Steps, Value
    from ..commands import Handler
    from ..conversation import Conversation, Talk
    from ..prepared import Execution
    from .answers import AnswerLike, ColumnsLike, RowsLike
    from .engine import ScriptedEngine
    from .patterns import PatternLike

_QUERY: Final = "COM_QUERY"
_SHOWN_EVENTS: Final = 20
_WITH_TEXT: Final = frozenset((Command.COM_QUERY, Command.COM_INIT_DB, Command.COM_STMT_PREPARE))


@dataclass(frozen=True, slots=True)
class _Reply:
    answers: tuple[OkAnswer | ErrorAnswer | ResultAnswer, ...]


@dataclass(frozen=True, slots=True)
class _Bytes:
    data: bytes
    is_framed: bool


@dataclass(frozen=True, slots=True)
class _HangUp:
    how: Hangup


class Request:
    """One command that a client sent and the test has to answer.

    command is the manual's name, statement the text that belongs to it ("" for none), payload the whole packet; args
    are the values of a COM_STMT_EXECUTE, else None.
    """

    def __init__(
        self,
        conversation: Conversation,
        payload: bytes,
        statement: str,
        execution: Execution | Failure | None,
        lost: Callable[[int], Awaitable[None]],
    ) -> None:
        session = conversation.own_session
        self.command = command_name(payload)
        self.statement = statement
        self.payload = payload
        self.connection_id = conversation.connection_id
        self.user = conversation.user
        self.database = session.database or None
        self.at = conversation.surroundings.transcript.clock()
        self._conversation = conversation
        self._execution = execution
        self._lost = lost
        self._orders: deque[_Reply | _Bytes | _HangUp | PassOn | None] = deque()
        self._gate = Gate()
        self._how: str | None = None
        """The order that ended it, for the message of one that comes later."""

    @property
    def args(self) -> tuple[Value, ...] | None:
        """The values that a COM_STMT_EXECUTE binds; None for other commands, and for one that makes no sense."""
        if self._execution is None or isinstance(self._execution, Failure):
            return None
        return tuple(parameter.value for parameter in self._execution.parameters)

    @property
    def is_open(self) -> bool:
        """The client waits, and the test has yet to answer."""
        return self._how is None

    # ----------------------------------------------------------------------------------------------------- the answers

    def reply(
        self, answer: AnswerLike | None = None, *, rows: RowsLike | None = None, columns: ColumnsLike | None = None
    ) -> None:
        """Answer with rows, or with what ``server.on()`` takes but a function; a list gives several results.

        A COM_STMT_PREPARE is told the columns of the rows, and its statement can be executed from then on.
        """
        if (answer is None) == (rows is None):
            raise TypeError(
                "reply() wants either rows= or an answer: ok(), error(code), result(...), or a list of them"
            )
        made = answer_of(answer) if rows is None else result(rows, columns)
        if isinstance(made, PassOn):
            self.pass_on()
        else:
            self._order(_Reply(made if isinstance(made, tuple) else (made,)), "reply()")

    def reply_ok(self, affected_rows: int = 0, **fields: Any) -> None:
        """Answer OK; the arguments are those of :func:`~fakemysql.ok`."""
        self._order(_Reply((ok(affected_rows, **fields),)), "reply_ok()")

    def reply_error(self, code: int, sqlstate: str | None = None, message: str | None = None) -> None:
        """Answer with an error; the arguments are those of :func:`~fakemysql.error`."""
        self._order(_Reply((error(code, sqlstate, message),)), "reply_error()")

    def pass_on(self) -> None:
        """Let the rules or the engine answer, as if nobody had expected it."""
        self._order(PassOn(), "pass_on()")

    def packet(self, payload: bytes) -> None:
        """Write one packet, with its header and the number that is due; more may follow, :meth:`done` ends it."""
        self._order(_Bytes(bytes(payload), is_framed=True))

    def raw(self, data: bytes) -> None:
        """Write these bytes as they are, whatever they mean; more may follow, :meth:`done` ends it."""
        self._order(_Bytes(bytes(data), is_framed=False))

    def done(self) -> None:
        """Nothing more is written; the client's next command is read. For after :meth:`packet` and :meth:`raw`."""
        self._order(None, "done()")

    async def hang_up(self, *, reset: bool = False) -> None:
        """End the connection, in order or with a reset; returns when that is on the wire."""
        self._order(_HangUp(Hangup.RST if reset else Hangup.FIN), "hang_up()")
        await self.closed()

    async def closed(self) -> None:
        """Wait until the connection has ended, whoever ended it."""
        await self._lost(self.connection_id)

    def _order(self, order: _Reply | _Bytes | _HangUp | PassOn | None, ends_by: str | None = None) -> None:
        if self._how is not None:
            raise RuntimeError(f"{self} cannot be answered any more: {self._how}")
        self._orders.append(order)
        if ends_by is not None:
            self._how = f"{ends_by} was called"
        # Carried out before this returns, unless the client is slow to read.
        self._gate.open()

    # ----------------------------------------------------------------------------------------------- in the dialogue

    def hold(self, engine: ScriptedEngine, handler: Handler) -> Talk:
        """Carry out the test's orders; handler is who would have answered."""
        conversation = self._conversation
        try:
            while True:
                while not self._orders:
                    self._gate = Gate()
                    yield FLUSH
                    yield Wait(None, self._gate)
                order = self._orders.popleft()
                if isinstance(order, _Bytes):
                    if order.is_framed:
                        conversation.send(order.data)
                    else:
                        conversation.send_unasked(order.data)
                    continue
                if isinstance(order, _HangUp):
                    yield Close(order.how, ClosedBy.FAULT)
                elif isinstance(order, PassOn):
                    yield from self._pass_on(handler)
                elif order is not None:
                    yield from self._answer(engine, order.answers)
                return
        finally:
            if self._how is None:
                self._how = "its connection has ended"

    def _pass_on(self, handler: Handler) -> Talk:
        if self._execution is None:
            yield from handler(self._conversation, self.payload)
        else:
            from ..com_stmt import answer_execute

            yield from answer_execute(self._conversation, self._execution)

    def _answer(self, engine: ScriptedEngine, answers: tuple[OkAnswer | ErrorAnswer | ResultAnswer, ...]) -> Talk:
        conversation, session = self._conversation, self._conversation.own_session
        if self.command == "COM_STMT_PREPARE":
            from ..com_stmt import answer_prepare

            first = answers[0]
            made = (
                fail(engine.behind, session, first)
                if isinstance(first, ErrorAnswer)
                else engine.describe(session, self.statement, answers)
            )
            yield from answer_prepare(conversation, self.payload, made)
            return
        text = self.statement if self.command in (_QUERY, "COM_STMT_EXECUTE") else ""
        if text:
            scripted.begin(session)
        steps = _only_steps(steps_of(engine.behind, session, text, answers))
        if self._execution is not None and not isinstance(self._execution, Failure):
            from ..com_stmt import answer_execute

            yield from answer_execute(conversation, self._execution, steps)
        else:
            yield from conversation.answer(steps)

    def __str__(self) -> str:
        text = f"{self.command} {self.statement}".rstrip()
        return f"{text} of connection {self.connection_id} ({self.user!r})"

    def __repr__(self) -> str:
        return f"<Request {self}: {self._how or 'not answered yet'}>"


def _only_steps(steps: Generator[Step, Any, bool]) -> Steps:
    yield from steps


class Expectation:
    """A command that the test waits for; await it, or its :meth:`wait`, for the request."""

    def __init__(
        self,
        expectations: Expectations,
        pattern: Pattern | None,
        command: str | None,
        *,
        user: str | None,
        database: str | None,
        connection_id: int | None,
        timeout: float | None,
    ) -> None:
        self.pattern = pattern
        self.command = command
        self.user = user
        self.database = database
        self.connection_id = connection_id
        self.timeout = timeout
        self.request: Request | None = None
        """What came; None before, and after it was cancelled."""
        self._expectations = expectations
        self._waiter: asyncio.Future[None] | None = None
        self._is_handed_over = False
        self._ended: str | None = None

    async def wait(self) -> Request:
        """The request, once a client has sent it.

        Raises:
            TimeoutError: it did not come in time; the text shows the last of the transcript.
            RuntimeError: the expectation was cancelled, or the server has stopped.
        """
        if self.request is None:
            if self._ended is not None:
                raise RuntimeError(f"{self} waits no more: {self._ended}")
            if self._waiter is not None:
                raise RuntimeError(f"{self} is awaited already")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self.timeout):
                    await self._waiter
            except TimeoutError:
                self.cancel()
                raise TimeoutError(self._expectations.late(self)) from None
            except BaseException:
                self.cancel()
                raise
            finally:
                self._waiter = None
        assert self.request is not None, "whoever is woken without an error has a request"
        self._is_handed_over = True
        return self.request

    def __await__(self) -> Generator[Any, None, Request]:
        return self.wait().__await__()

    def cancel(self) -> None:
        """Wait no more; what it holds and nobody has taken over is passed on. Harmless at any time."""
        self._expectations.withdraw(self)
        if self.request is not None and not self._is_handed_over:
            request, self.request = self.request, None
            if request.is_open:
                request.pass_on()
        self.end("it was cancelled")

    # ---------------------------------------------------------------------------------------- for the expectations

    def wants(self, conversation: Conversation, command: str, statement: str) -> bool:
        """Whether it waits for this command."""
        session = conversation.own_session
        return (
            (self.command is None or self.command == command)
            and self.user in (None, conversation.user)
            and self.database in (None, session.database)
            and self.connection_id in (None, conversation.connection_id)
            and (self.pattern is None or bool(self.pattern.match(statement)))
        )

    def meet(self, request: Request) -> None:
        """It came."""
        self.request = request
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self, why: str) -> None:
        """It will not come."""
        self._ended = self._ended or why
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(RuntimeError(f"{self} waits no more: {why}"))

    def __str__(self) -> str:
        wanted: dict[str, object] = {
            "command": None if self.command == _QUERY else self.command,
            "user": self.user,
            "database": self.database,
            "connection_id": self.connection_id,
        }
        parts = [] if self.pattern is None else [str(self.pattern)]
        parts += [f"{name}={value!r}" for name, value in wanted.items() if value is not None]
        return f"expect({', '.join(parts)})"

    def __repr__(self) -> str:
        state = self._ended or ("still to come" if self.request is None else f"met by {self.request}")
        return f"<Expectation {self}: {state}>"


class Expectations:
    """What one server's test waits for, and the commands that it holds."""

    def __init__(
        self,
        engine: ScriptedEngine,
        lost: Callable[[int], Awaitable[None]],
        transcript: Callable[[], Sequence[object]],
        changed: Callable[[], None],
    ) -> None:
        self.pending: list[Expectation] = []
        self.requests: list[Request] = []
        """Those that are held."""
        self._engine = engine
        self._lost = lost
        self._transcript = transcript
        self._changed = changed

    def expect(
        self,
        wanted: PatternLike | None,
        *,
        command: str | None,
        user: str | None,
        database: str | None,
        connection_id: int | None,
        timeout: float | None,
    ) -> Expectation:
        """Register an expectation; see ``FakeServer.expect``."""
        if command is not None and command not in COMMAND_NAMES:
            raise ValueError(f"there is no command {command!r}; there are {', '.join(sorted(COMMAND_NAMES))}")
        if command is None and wanted is not None:
            command = _QUERY
        expectation = Expectation(
            self,
            None if wanted is None else pattern_of(wanted),
            command,
            user=user,
            database=database,
            connection_id=connection_id,
            timeout=timeout,
        )
        self.pending.append(expectation)
        self._changed()
        return expectation

    def withdraw(self, expectation: Expectation) -> None:
        """It waits no more."""
        if expectation in self.pending:
            self.pending.remove(expectation)
            self._changed()

    @property
    def is_idle(self) -> bool:
        """Nothing is waited for; what is held needs no more commands."""
        return not self.pending

    def handler(self, behind: Handler) -> Handler:
        """A command's handler that first asks whether somebody waits for it."""

        def ask(conversation: Conversation, payload: bytes) -> Talk:
            request = self._meet(conversation, payload)
            if request is None:
                yield from behind(conversation, payload)
                return
            try:
                yield from request.hold(self._engine, behind)
            finally:
                self.requests.remove(request)

        return ask

    def _meet(self, conversation: Conversation, payload: bytes) -> Request | None:
        command, statement = command_name(payload), _statement(conversation, payload)
        for expectation in self.pending:
            if expectation.wants(conversation, command, statement):
                execution = None
                if command == "COM_STMT_EXECUTE":
                    from ..com_stmt import read_execute

                    execution = read_execute(conversation, payload)
                request = Request(conversation, payload, statement, execution, self._lost)
                self.requests.append(request)
                self.pending.remove(expectation)
                expectation.meet(request)
                self._changed()
                return request
        return None

    def clear(self) -> None:
        """Wait for nothing any more; commands that are held are passed on."""
        for expectation in list(self.pending):
            expectation.cancel()
        for request in list(self.requests):
            if request.is_open:
                request.pass_on()

    def stop(self, why: str) -> None:
        """The server stops: nothing will come."""
        pending, self.pending = self.pending, []
        for expectation in pending:
            expectation.end(why)

    def late(self, expectation: Expectation) -> str:
        """What to say of one that did not come in time."""
        events = "\n".join(map(str, self._transcript()[-_SHOWN_EVENTS:])) or "(nothing)"
        return f"{expectation}: it did not come within {expectation.timeout} s; the last that happened:\n{events}"


COMMAND_NAMES: Final = frozenset(each.name for each in Command)


def commands_asking(expectations: Expectations) -> dict[int, tuple[str, Handler]]:
    """A table of all commands, known or not, each of which asks the expectations first."""
    asking: dict[int, tuple[str, Handler]] = {}
    for number in range(-1, 256):
        title, handler = COMMANDS.get(number, UNKNOWN)
        asking[number] = title, expectations.handler(handler)
    return asking


def _statement(conversation: Conversation, payload: bytes) -> str:
    """The text that belongs to a command: its own, or that of the prepared statement which it names."""
    if not payload:
        return ""
    if payload[0] in _WITH_TEXT:
        return conversation.own_session.client_charset.decode(payload[1:])
    if conversation.statements is not None and command_name(payload).startswith("COM_STMT_"):
        return conversation.statements.text_of(payload[1:])
    return ""
