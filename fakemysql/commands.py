"""Who carries out each command of the command phase.

A handler is a generator in the conversation's manner, or returns one: it is given the conversation and the command's
whole payload, answers through :meth:`Conversation.reply` or :meth:`Conversation.answer`, and yields where somebody else
must act. A command that is not in :data:`COMMANDS` gets 1047, as on a server; a further protocol (prepared statements,
say) is further entries, and conversations need not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .answers import End, Failure, Ok
from .auth import Granted
from .constants import MYSQL_OPTION_MULTI_STATEMENTS_OFF
from .effects import Close, Hangup, Refusal, WakeOther
from .fields import MalformedPacket
from .packets import ComChangeUser, Command, ComSetOption
from .sql.session import Login
from .transcript import ClosedBy, StatementClosed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .conversation import Conversation, Talk

    Handler: TypeAlias = Callable[[Conversation, bytes], Talk]

UNKNOWN_COMMAND: Final = Failure(1047, "08S01", "Unknown command")


def com_quit(conversation: Conversation, payload: bytes) -> Talk:
    """The client leaves; nothing is answered."""
    yield Close(Hangup.FIN, ClosedBy.QUIT)


def com_init_db(conversation: Conversation, payload: bytes) -> Talk:
    """USE, as a command."""
    yield from conversation.reply(conversation.surroundings.engine.init_db(conversation.own_session, payload[1:]))


def com_query(conversation: Conversation, payload: bytes) -> Talk:
    """A statement, or several."""
    around = conversation.surroundings
    session = conversation.own_session
    statement = payload[1:]
    if not around.faults.live:
        constant = around.engine.constant(session, statement)
        if constant is not None:
            return conversation.answer_constant(constant)
    return conversation.answer(around.engine.query(session, statement))


def com_statistics(conversation: Conversation, payload: bytes) -> Talk:
    """One line of text, in a packet of its own and without a header."""
    yield from conversation.reply(conversation.surroundings.engine.statistics())


def com_ping(conversation: Conversation, payload: bytes) -> Talk:
    """An OK."""
    return conversation.reply(conversation.surroundings.engine.ping(conversation.own_session))


def com_set_option(conversation: Conversation, payload: bytes) -> Talk:
    """Several statements in one command: on or off. An option that does not exist is an unknown command."""
    around = conversation.surroundings
    try:
        option = ComSetOption.parse(payload).option
    except MalformedPacket:
        yield from malformed_command(conversation, payload)
        return
    if option > MYSQL_OPTION_MULTI_STATEMENTS_OFF:
        yield from conversation.reply(UNKNOWN_COMMAND)
        return
    yield from conversation.reply(around.engine.set_option(conversation.own_session, option))


def com_reset_connection(conversation: Conversation, payload: bytes) -> Talk:
    """The session starts afresh without another login."""
    _close_statements(conversation)
    ok, wakes = conversation.surroundings.engine.reset(conversation.own_session)
    conversation.note_reset("reset")
    for wake in wakes:
        yield WakeOther(wake.connection_id)
    yield from conversation.reply(ok)


def com_debug(conversation: Conversation, payload: bytes) -> Talk:
    """The server writes about itself into its log; the client sees an EOF."""
    ok = conversation.surroundings.engine.ping(conversation.own_session)
    yield from conversation.reply(End(ok.status, ok.warnings))


def com_field_list(conversation: Conversation, payload: bytes) -> Talk:
    """The columns of a table, each with its default; an EOF stands behind them for every client."""
    name, end, pattern = payload[1:].partition(b"\x00")
    if not end and not conversation.surroundings.persona.has_old_commands:
        yield from malformed_command(conversation, payload)
        return
    session = conversation.own_session
    decode = session.client_charset.decode
    fields = conversation.surroundings.engine.field_list(session, decode(name), decode(pattern.rstrip(b"\x00")))
    if isinstance(fields, Failure):
        yield from conversation.reply(fields)
        return
    yield from conversation.strike_answer()
    conversation.send_field_list(fields)


def com_refresh(conversation: Conversation, payload: bytes) -> Talk:
    """FLUSH, as a command; nothing is kept that could be flushed."""
    if conversation.surroundings.persona.has_old_commands:
        yield from conversation.reply(Ok(conversation.own_session.status))
    else:
        yield from unknown_command(conversation, payload)


def com_shutdown(conversation: Conversation, payload: bytes) -> Talk:
    """SHUTDOWN, as a command."""
    if conversation.surroundings.persona.has_old_commands:
        yield from conversation.reply(End(conversation.own_session.status))
        yield from conversation.end_server(is_statement=False)
    else:
        yield from unknown_command(conversation, payload)


def com_process_info(conversation: Conversation, payload: bytes) -> Talk:
    """SHOW PROCESSLIST, as a command."""
    yield from _as_statement(conversation, payload, "SHOW PROCESSLIST")


def com_process_kill(conversation: Conversation, payload: bytes) -> Talk:
    """KILL, as a command."""
    yield from _as_statement(conversation, payload, f"KILL {int.from_bytes(payload[1:5], 'little')}")


def _as_statement(conversation: Conversation, payload: bytes, statement: str) -> Talk:
    if conversation.surroundings.persona.has_old_commands:
        engine = conversation.surroundings.engine
        yield from conversation.answer(engine.query(conversation.own_session, statement.encode()))
    else:
        yield from unknown_command(conversation, payload)


def com_change_user(conversation: Conversation, payload: bytes) -> Talk:
    """Another login on the same connection, always with a switch, whatever the client began with."""
    around = conversation.surroundings
    allowed = around.persona.refused_change_users
    if allowed and conversation.refused_change_users >= allowed:
        yield from conversation.reply(UNKNOWN_COMMAND)
        return
    conversation.begin_change_user()
    try:
        request = ComChangeUser.parse(payload, conversation.capabilities)
    except MalformedPacket:
        yield from _refuse(conversation, UNKNOWN_COMMAND)
        return
    verdict = yield from conversation.authenticate(
        request.user, request.auth_plugin, request.auth_response, always_switch=True
    )
    if not isinstance(verdict, Granted):
        _, wakes = around.engine.change_user(conversation.own_session, None)
        for wake in wakes:
            yield WakeOther(wake.connection_id)
        yield from _refuse(conversation, Failure(verdict.code, verdict.sqlstate, verdict.message), starts_afresh=True)
        return
    before = conversation.own_session.login
    login = Login(
        connection_id=conversation.connection_id,
        user=request.user,
        client_host=conversation.peer.host,
        client_port=conversation.peer.port,
        database=request.database,
        collation=before.collation if request.collation is None else request.collation,
        capabilities=conversation.capabilities,
        attributes=dict(request.attributes),
        account=verdict.account,
        tls=before.tls,
    )
    answer, wakes = around.engine.change_user(conversation.own_session, login)
    for wake in wakes:
        yield WakeOther(wake.connection_id)
    if isinstance(answer, Failure):
        yield from _refuse(conversation, answer, starts_afresh=True)
        return
    _close_statements(conversation)
    conversation.note_reset("change user")
    conversation.note_login()
    conversation.user = request.user
    conversation.refused_change_users = 0
    yield from conversation.reply(answer)


def _refuse(conversation: Conversation, failure: Failure, *, starts_afresh: bool = False) -> Talk:
    """The end of the connection, or the old user's turn again; starts_afresh: in a session that has been reset."""
    if not conversation.surroundings.persona.refused_change_users:
        raise Refusal(failure)
    if starts_afresh:
        _close_statements(conversation)
        conversation.note_reset("change user")
    conversation.refused_change_users += 1
    yield from conversation.reply(failure)


def _close_statements(conversation: Conversation) -> None:
    if conversation.statements is not None:
        for statement_id in conversation.statements.close_all():
            conversation.note(StatementClosed, statement_id)


# Filled by the first of these commands; an import that finds its module again and again takes 0.6 us each time.
_com_stmt: dict[int, Handler] = {}


def com_stmt(conversation: Conversation, payload: bytes) -> Talk:
    """A prepared statement's command. Most clients send none, so that what carries them out is loaded by the first."""
    if not _com_stmt:
        from .com_stmt import COM_STMT

        _com_stmt.update(COM_STMT)
    return _com_stmt[payload[0]](conversation, payload)


def malformed_command(conversation: Conversation, payload: bytes) -> Talk:
    """A command that ends inside a field."""
    yield from conversation.reply(Failure(*conversation.surroundings.persona.malformed_command))


def unknown_command(conversation: Conversation, payload: bytes) -> Talk:
    """A number that stands for nothing, or for nothing that this server does."""
    yield from conversation.reply(UNKNOWN_COMMAND)


COMMANDS: Final[dict[int, tuple[str, Handler]]] = {
    Command.COM_QUIT: ("Quit", com_quit),
    Command.COM_INIT_DB: ("Init DB", com_init_db),
    Command.COM_QUERY: ("Query", com_query),
    Command.COM_FIELD_LIST: ("Field List", com_field_list),
    Command.COM_REFRESH: ("Refresh", com_refresh),
    Command.COM_SHUTDOWN: ("Shutdown", com_shutdown),
    Command.COM_PROCESS_INFO: ("Processlist", com_process_info),
    Command.COM_PROCESS_KILL: ("Kill", com_process_kill),
    Command.COM_DEBUG: ("Debug", com_debug),
    Command.COM_STATISTICS: ("Statistics", com_statistics),
    Command.COM_PING: ("Ping", com_ping),
    Command.COM_CHANGE_USER: ("Change user", com_change_user),
    Command.COM_SET_OPTION: ("Set option", com_set_option),
    Command.COM_RESET_CONNECTION: ("Reset Connection", com_reset_connection),
    Command.COM_STMT_PREPARE: ("Prepare", com_stmt),
    Command.COM_STMT_EXECUTE: ("Execute", com_stmt),
    Command.COM_STMT_SEND_LONG_DATA: ("Long Data", com_stmt),
    Command.COM_STMT_CLOSE: ("Close stmt", com_stmt),
    Command.COM_STMT_RESET: ("Reset stmt", com_stmt),
    Command.COM_STMT_FETCH: ("Fetch", com_stmt),
}
"""The commands that are understood: the name in PROCESSLIST, and the handler."""

UNKNOWN: Final[tuple[str, Handler]] = ("Error", unknown_command)
