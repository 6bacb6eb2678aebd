"""Rules, expectations and requests as other threads see them: the same names, each call carried out on the server's.

What is only read (calls, counts, texts) is read directly, as everywhere in ``threaded.py``.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..answers import Value
    from ..threaded import ThreadedServer
    from .answers import AnswerLike, ColumnsLike, RowsLike
    from .expecting import Expectation, Request
    from .rules import Call, Rule


class ThreadedRule:
    """A rule, from other threads; see :class:`~fakemysql.scripting.rules.Rule`.

    Between ``on()`` and what is chained to it a client of another thread may come; give ``times=`` to ``on()`` where
    that matters.
    """

    def __init__(self, handle: ThreadedServer, rule: Rule) -> None:
        self._handle = handle
        self.rule = rule

    def times(self, count: int) -> ThreadedRule:
        """The answer given last holds for so many statements."""
        self._handle.called(self.rule.times)(count)
        return self

    def forever(self) -> ThreadedRule:
        """The answer given last holds for all statements that come."""
        self._handle.called(self.rule.forever)()
        return self

    def then(
        self,
        answer: AnswerLike | None = None,
        *,
        rows: RowsLike | None = None,
        columns: ColumnsLike | None = None,
        delay: float = 0.0,
    ) -> ThreadedRule:
        """Another answer for the statements after those."""
        self._handle.called(self.rule.then)(answer, rows=rows, columns=columns, delay=delay)
        return self

    def optional(self) -> ThreadedRule:
        """``assert_all_used()`` does not mind if no statement comes."""
        self._handle.called(self.rule.optional)()
        return self

    def remove(self) -> None:
        """It answers no more, and is missed by no assertion."""
        self._handle.called(self.rule.remove)()

    @property
    def calls(self) -> list[Call]:
        """What it matched, in order."""
        return self.rule.calls

    @property
    def used(self) -> int:
        """How often it matched."""
        return self.rule.used

    @property
    def is_spent(self) -> bool:
        """Every answer was given as often as it was to be."""
        return self.rule.is_spent

    def __str__(self) -> str:
        return str(self.rule)

    def __repr__(self) -> str:
        return repr(self.rule)


class ThreadedExpectation:
    """An expectation, from other threads: ``server.expect("SELECT *").wait()`` is the request."""

    def __init__(self, handle: ThreadedServer, expectation: Expectation) -> None:
        self._handle = handle
        self.expectation = expectation
        self.cancel = handle.called(expectation.cancel)

    def wait(self) -> ThreadedRequest:
        """The request, once a client has sent it; see :meth:`~fakemysql.scripting.expecting.Expectation.wait`."""
        try:
            return ThreadedRequest(self._handle, self._handle.awaited(self.expectation.wait)())
        except BaseException:
            # Also where this thread was interrupted before the other one had begun to wait.
            with contextlib.suppress(RuntimeError):  # the server has stopped, and all waiting with it
                self.cancel()
            raise

    @property
    def request(self) -> ThreadedRequest | None:
        """What came; None before."""
        request = self.expectation.request
        return None if request is None else ThreadedRequest(self._handle, request)

    def __repr__(self) -> str:
        return repr(self.expectation)


class ThreadedRequest:
    """A command that the test holds, from other threads; see :class:`~fakemysql.scripting.expecting.Request`."""

    def __init__(self, handle: ThreadedServer, request: Request) -> None:
        self.request = request
        self.pass_on = handle.called(request.pass_on)
        self.packet = handle.called(request.packet)
        self.raw = handle.called(request.raw)
        self.done = handle.called(request.done)
        self.hang_up = handle.awaited(request.hang_up)
        self.closed = handle.awaited(request.closed)
        self._reply = handle.called(request.reply)
        self._reply_ok = handle.called(request.reply_ok)
        self._reply_error = handle.called(request.reply_error)

    def reply(
        self, answer: AnswerLike | None = None, *, rows: RowsLike | None = None, columns: ColumnsLike | None = None
    ) -> None:
        """Answer with rows, or with ok(), error(), result(), or a list of them."""
        self._reply(answer, rows=rows, columns=columns)

    def reply_ok(self, affected_rows: int = 0, **fields: Any) -> None:
        """Answer OK."""
        self._reply_ok(affected_rows, **fields)

    def reply_error(self, code: int, sqlstate: str | None = None, message: str | None = None) -> None:
        """Answer with an error."""
        self._reply_error(code, sqlstate, message)

    @property
    def command(self) -> str:
        return self.request.command

    @property
    def statement(self) -> str:
        return self.request.statement

    @property
    def args(self) -> tuple[Value, ...] | None:
        return self.request.args

    @property
    def payload(self) -> bytes:
        return self.request.payload

    @property
    def connection_id(self) -> int:
        return self.request.connection_id

    @property
    def user(self) -> str:
        return self.request.user

    @property
    def database(self) -> str | None:
        return self.request.database

    @property
    def is_open(self) -> bool:
        """The client waits, and the test has yet to answer."""
        return self.request.is_open

    def __repr__(self) -> str:
        return repr(self.request)
