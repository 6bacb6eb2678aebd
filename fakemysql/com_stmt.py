"""COM_STMT_*: prepared statements on the wire, as further commands of a conversation.

This module is loaded with the first of these commands. Each is a generator like those of ``commands.py``; what a body
means and what a misuse is answered is decided in ``prepared.py``, how a value looks in ``binary.py``, and what a
statement does by the engine. What is left is the order of packets.

Source: MySQL manual, "Prepared Statements"; the packets of a cursor as both servers were seen to send them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .answers import Columns, End, Failure, Ok, Rows, Stepping
from .binary import BinaryRowEncoder, StmtPrepareOk
from .constants import (
    CLIENT_DEPRECATE_EOF,
    CLIENT_QUERY_ATTRIBUTES,
    SERVER_STATUS_CURSOR_EXISTS,
    SERVER_STATUS_NO_INDEX_USED,
)
from .packets import Command, to_text
from .prepared import MANNERS, Cursor, CursorUse, Statements, of_a_temporary_table
from .rows import charset_of
from .transcript import StatementClosed, StatementPrepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .answers import Steps, Value
    from .commands import Handler
    from .conversation import Conversation, Talk
    from .prepared import Description, Execution, Statement

# As the server words it.
_NO_CURSOR: Final = Failure(1210, "HY000", "Incorrect arguments to with cursor")


def _prepare(conversation: Conversation, payload: bytes) -> Talk:
    engine = conversation.surroundings.engine
    yield from answer_prepare(conversation, payload, engine.prepare(conversation.own_session, payload[1:]))


def answer_prepare(conversation: Conversation, payload: bytes, description: Description | Failure) -> Talk:
    """Keep the statement under an id of its own and tell what it is, or why there is none."""
    statements = _statements(conversation)
    statement_id = statements.next_id()
    session = conversation.own_session
    if isinstance(description, Failure):
        yield from conversation.reply(description)
        return
    yield from conversation.strike_answer()
    text = to_text(payload[1:])
    statements.open(statement_id, text, description)
    conversation.note(StatementPrepared, statement_id, text)
    parameters, columns = description.parameters, description.columns
    conversation.send(StmtPrepareOk(statement_id, len(columns), len(parameters), description.warnings).serialize())
    for definitions in (parameters, columns):
        if definitions:
            conversation.send_definitions(Columns(definitions, session.status, description.warnings))
    conversation.note_ok(Ok(session.status))


def _execute(conversation: Conversation, payload: bytes) -> Talk:
    return answer_execute(conversation, read_execute(conversation, payload))


def read_execute(conversation: Conversation, payload: bytes) -> Execution | Failure:
    """Which statement is to be executed, with which values; to be read once."""
    return _statements(conversation).read_execute(payload[1:], conversation.own_session.client_charset.decode)


def answer_execute(conversation: Conversation, execution: Execution | Failure, steps: Steps | None = None) -> Talk:
    """Execute it; steps are answered instead of the engine's own."""
    if isinstance(execution, Failure):
        _begin(conversation)
        yield from _refuse(conversation, execution)
        return
    session, statement = conversation.own_session, execution.statement
    cursor_use = statement.description.cursor_use
    if execution.wants_cursor and cursor_use is CursorUse.REFUSED:
        conversation.own_session.warnings = []
        yield from conversation.reply(_NO_CURSOR)
        return
    if steps is None:
        engine = conversation.surroundings.engine
        steps = engine.execute(session, statement.description.handle, execution.parameters)
    if execution.wants_cursor and cursor_use is CursorUse.OPENS:
        steps = _into_cursor(
            steps,
            statement,
            mariadb=conversation.surroundings.persona.dialect.mariadb,
            ends_twice=bool(conversation.capabilities & CLIENT_DEPRECATE_EOF),
        )
    yield from conversation.answer(steps, BinaryRowEncoder)


def _into_cursor(steps: Steps, statement: Statement, *, mariadb: bool, ends_twice: bool) -> Steps:
    """The steps with the rows of their result set kept for later fetches.

    ends_twice: where no EOF stands behind the definitions, one that says that a cursor is open follows all the same.
    """
    columns: Columns | None = None
    rows: list[Sequence[Value]] = []
    with Stepping(steps) as each:
        for step in each:
            if isinstance(step, Columns):
                definitions = [
                    of_a_temporary_table(column, mariadb=mariadb, bytes_each=charset_of(column.character_set).max_bytes)
                    for column in step.columns
                ]
                columns = replace(step, columns=tuple(definitions))
            elif isinstance(step, Rows):
                rows.extend(step.rows)
            elif isinstance(step, End):
                assert columns is not None, "a result set that ends has begun"
                # How the rows were found is told once; fetches find them in the table that they were put into.
                statement.cursor = Cursor(columns.columns, rows, step.status & ~SERVER_STATUS_NO_INDEX_USED)
                status = step.status | SERVER_STATUS_CURSOR_EXISTS
                yield replace(columns, status=status)
                if ends_twice:
                    yield replace(step, status=status)
            else:
                each.woken = yield step


def _fetch(conversation: Conversation, payload: bytes) -> Talk:
    fetched = _begin(conversation).fetch(payload[1:])
    if isinstance(fetched, Failure):
        yield from _refuse(conversation, fetched)
        return
    columns, rows, status = fetched
    yield from conversation.answer_rows(BinaryRowEncoder(columns, charset_of), rows, End(status))


def _send_long_data(conversation: Conversation, payload: bytes) -> Talk:
    yield from _only_failures(conversation, _statements(conversation).send_long_data(payload[1:]))


def _close(conversation: Conversation, payload: bytes) -> Talk:
    statements = _statements(conversation)
    statement_id = statements.id_of(payload[1:])
    if statement_id is not None:
        conversation.note(StatementClosed, statement_id)
    yield from _only_failures(conversation, statements.close(payload[1:]))


def _reset(conversation: Conversation, payload: bytes) -> Talk:
    failure = _begin(conversation).reset(payload[1:])
    if failure is not None:
        yield from _refuse(conversation, failure)
        return
    yield from conversation.reply(Ok(conversation.own_session.status))


def _begin(conversation: Conversation) -> Statements:
    """The store, for a command that is answered without a statement being read.

    Warnings of before are kept, and an error is added to them; MariaDB has an error begin a list of its own.
    """
    conversation.own_session.statement_warnings = 0
    return _statements(conversation)


def _refuse(conversation: Conversation, failure: Failure) -> Talk:
    session = conversation.own_session
    if conversation.surroundings.persona.dialect.mariadb:
        session.warnings = []
    session.statement_warnings = len(session.warnings)  # so that the error is added to the list
    yield from conversation.reply(failure)
    session.statement_warnings = 1


def _only_failures(conversation: Conversation, failure: Failure | None) -> Talk:
    """The two commands that are not answered, unless something is wrong."""
    if failure is not None:
        yield from conversation.reply(failure)


def _statements(conversation: Conversation) -> Statements:
    if conversation.statements is None:
        around = conversation.surroundings
        conversation.statements = Statements(
            MANNERS[around.persona.product],
            named_parameters=bool(conversation.capabilities & CLIENT_QUERY_ATTRIBUTES),
            limit_bytes=around.limit_bytes,
        )
    return conversation.statements


COM_STMT: Final[dict[int, Handler]] = {
    Command.COM_STMT_PREPARE: _prepare,
    Command.COM_STMT_EXECUTE: _execute,
    Command.COM_STMT_FETCH: _fetch,
    Command.COM_STMT_SEND_LONG_DATA: _send_long_data,
    Command.COM_STMT_CLOSE: _close,
    Command.COM_STMT_RESET: _reset,
}
"""Who carries out each of these commands."""
