"""The face that decides what a statement answers, and the engine that answers it from session state.

A conversation holds an :class:`Engine` and one :class:`~fakemysql.sql.session.Session` for each connection. The engine
never sees a packet and never waits: a statement that waits yields a :class:`~fakemysql.answers.Pause`.

:class:`SessionEngine` knows expressions, variables, transactions and the server's own tables. An engine with tables
of its own adds statements to :attr:`SessionEngine.handlers`, their grammar to ``statements.STATEMENTS``, and its
tables to the catalogue that is asked what FROM names.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Protocol

from .. import answers
from .. import constants as c
from ..answers import Columns, Constant, Failure, Ok, Rows
from . import (
    choosing,  # noqa: F401  # entering its functions in the table is what importing it is for
    evaluation,
    numeric_functions,  # noqa: F401
    own_reading,
    restrictions,
    session_functions,  # noqa: F401
    sqlerrors,
    statements,
    string_functions,  # noqa: F401
    temporal,  # noqa: F401
    values,
)
from .calls import Scope
from .evaluation import Binder
from .instance import OWN_DATABASE
from .news import Ended, Unlocked
from .nodes import LOCAL_MARK, Locking, tables_in
from .relations import SystemCatalogue, warn_of_processlist
from .select import Planner, evaluate, home, rows_of, steps_of_effects
from .session import Session, SessionRefused
from .settings import Assigner, apply
from .show import SCANNING, Shower, is_diagnostic
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from ..answers import Column, Step, Steps, Wake, Woken
    from ..binary import Parameter
    from ..persona import Persona
    from ..prepared import Description
    from .charsets import Charset
    from .dialect import Dialect
    from .instance import Instance
    from .nodes import Expression, Select
    from .relations import Catalogue, Relation
    from .select import Plan
    from .session import Login
    from .shapes import Results
    from .statements import Part, Statement
    from .tokens import Lexis

    Handler = Callable[["SessionEngine", Session, object, int], "Generator[Step, Woken | None, None]"]


class Engine(Protocol):
    """What a conversation asks of the side that knows SQL."""

    def open_session(self, login: Login) -> Session:
        """A session for a client whose authentication succeeded.

        Raises:
            SessionRefused: with the fields of the ERR packet, for example 1049 for an unknown database.
        """
        ...

    def close_session(self, session: Session) -> list[Wake]:
        """Roll back, release its locks, forget it; says which paused sessions may go on. Harmless a second time."""
        ...

    def query(self, session: Session, statement: bytes) -> Steps:
        """COM_QUERY: the steps of one or several statements, see :mod:`fakemysql.answers`."""
        ...

    def constant(self, session: Session, statement: bytes) -> Constant | None:
        """COM_QUERY, carried out at once: the statement's answer where it is one result set that can never be another.

        None leaves the statement to :meth:`query`, and has done nothing.
        """
        ...

    def init_db(self, session: Session, name: bytes) -> Ok | Failure:
        """COM_INIT_DB."""
        ...

    def reset(self, session: Session) -> tuple[Ok, list[Wake]]:
        """COM_RESET_CONNECTION: everything but the connection id, the account and the database starts afresh."""
        ...

    def change_user(self, session: Session, login: Login | None) -> tuple[Ok | Failure, list[Wake]]:
        """COM_CHANGE_USER, once the new user is authenticated, or refused: None. After a Failure, or a refusal, the
        connection ends, or goes on with the old user and a session that has started afresh.
        """
        ...

    def set_option(self, session: Session, option: int) -> answers.End | Failure:
        """COM_SET_OPTION: several statements in one command, 0 on and 1 off."""
        ...

    def field_list(self, session: Session, table: str, pattern: str) -> Sequence[tuple[Column, bytes | None]] | Failure:
        """COM_FIELD_LIST: the columns of a table that a LIKE pattern matches, all for "", with their defaults."""
        ...

    def statistics(self) -> str:
        """COM_STATISTICS: the one-line summary."""
        ...

    def ping(self, session: Session) -> Ok:
        """COM_PING."""
        ...

    def prepare(self, session: Session, statement: bytes) -> Description | Failure:
        """COM_STMT_PREPARE: read and describe one statement; several, or none, are an error."""
        ...

    def execute(self, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
        """COM_STMT_EXECUTE: the steps of a description's statement, with a value in the place of each ``?``.

        A parameter whose value is not of its type's family is converted to it, with the warnings of a CAST.
        """
        ...


# Versions of MySQL that warn of FLUSH PRIVILEGES.
_PRIVILEGES_FLUSH_THEMSELVES: Final = range(90000, 100000)
# What SET STATEMENT leaves alone.
_NOT_FOR_A_STATEMENT: Final = frozenset(
    ("autocommit", "tx_isolation", "character_set_client", "collation_connection", "wait_timeout")
)
# Statements that were read are kept; longer ones (a blob in a literal) are not worth it.
_CACHED_STATEMENTS: Final = 512
_CACHED_LENGTH_LIMIT: Final = 4096
_SELECTS: Final = frozenset((b"SELECT", b"select", b"Select"))


class Text:
    """What a text was read as; shared by all servers of the process.

    A test starts many servers and tells each the same, and reading costs more than everything else that a short
    statement does (measured: 40 of 55 us). constants are plans whose rows can never be others, stripped of whatever
    knows the session that they were made for.
    """

    __slots__ = ("constants", "parts")

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.constants: dict[tuple[Persona, int, Results, frozenset[str]], Plan] = {}


class Reading:
    """A text that this engine was sent, or told to prepare, and the plans that it has made for it."""

    __slots__ = ("parts", "plans", "text")

    def __init__(self, text: Text) -> None:
        self.text = text
        self.parts = text.parts
        self.plans: dict[tuple[int, Results, frozenset[str]], Plan] = {}


def _read_now(
    statement: bytes, charset: Charset, lexis: Lexis, dialect: Dialect, modes: frozenset[str], several: bool
) -> Text:
    return Text(statements.parse(charset.decode(statement), lexis, dialect, modes, several=several))


_read_before = functools.lru_cache(_CACHED_STATEMENTS)(_read_now)


@functools.lru_cache(8)
def _constants(persona: Persona) -> dict[tuple[object, ...], Constant]:
    """Statements with one answer for ever, by their text and by what else says how it is read and written."""
    return {}


class Unhandled(str):
    """A statement that the engine does not know, and the connection that said it."""

    __slots__ = ("connection_id",)
    connection_id: int

    def __new__(cls, statement: str, connection_id: int) -> Unhandled:
        self = super().__new__(cls, statement)
        self.connection_id = connection_id
        return self


class SessionEngine:
    """Answers statements from session state.

    unhandled lists the statements that error 1235 answered, in order.
    """

    def __init__(self, instance: Instance, catalogue: Catalogue | None = None) -> None:
        self.instance = instance
        self.dialect = instance.dialect
        self.catalogue: Catalogue = catalogue if catalogue is not None else SystemCatalogue(instance)
        self.handlers: dict[type, Handler] = dict(HANDLERS)
        self.unhandled: list[Unhandled] = []
        self._read: OrderedDict[tuple[bytes, str, frozenset[str], bool], Reading] = OrderedDict()
        self._constants = _constants(instance.persona)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def open_session(self, login: Login) -> Session:
        try:
            restrictions.admit(self.instance, login)
            if login.database:
                self.instance.database(login.database)
        except SqlError as error:
            raise SessionRefused(error.code, error.sqlstate, error.message) from None
        session = Session(self.instance, login)
        self.instance.enter(session)
        init_connect = self.instance.globals["init_connect"]
        if init_connect and not (login.account is not None and self.instance.accounts.is_admin(login.account)):
            session.initial = str(init_connect)
        return session

    def close_session(self, session: Session) -> list[Wake]:
        if not self.instance.leave(session):
            return []
        return self._let_go(session)

    def _let_go(self, session: Session) -> list[Wake]:
        """Give up what others may wait for."""
        if session.transaction.xa is not None:
            from . import xa

            xa.leave(self.instance, session)
        if session.tables is None and self.instance.locks.are_idle:
            return []
        wakes = self.instance.locks.give_up(session.connection_id)
        session.news += map(Unlocked, self.instance.locks.names_of(session.connection_id))
        _, released = self.instance.locks.release_all(session.connection_id)
        left = [] if session.tables is None else session.tables.leave()
        return wakes + released + left

    def init_db(self, session: Session, name: bytes) -> Ok | Failure:
        self.instance.counters.add("Com_change_db")
        if not name:
            return Failure(1046, "3D000", "No database selected")
        try:
            session.database = self.instance.database(session.client_charset.decode(name))
        except SqlError as error:
            session.row_count = -1
            if self.dialect.mariadb:
                session.warnings = []
            return _failure(error)
        session.statement_warnings = self._kept_warnings(session)
        session.row_count = 0
        return session.ok()

    def reset(self, session: Session) -> tuple[Ok, list[Wake]]:
        wakes = self._let_go(session)
        self._give_up_transaction(session, "reset")
        restores = self.dialect.reset_restores_handshake_charset
        session.forget(session.login.collation if restores else None)
        return session.ok(), wakes

    def change_user(self, session: Session, login: Login | None) -> tuple[Ok | Failure, list[Wake]]:
        wakes = self._let_go(session)
        self._give_up_transaction(session, "change user")
        try:
            if login is not None:
                restrictions.admit(self.instance, login, again=session)
                if login.database:
                    self.instance.database(login.database)
                session.become(login)
                return session.ok(), wakes
        except SqlError as error:
            session.forget(None)
            return _failure(error), wakes
        # MariaDB keeps whoever was there, and nothing of what the session was, its character set included.
        session.forget(None)
        return session.ok(), wakes

    def set_option(self, session: Session, option: int) -> answers.End | Failure:
        if option not in (c.MYSQL_OPTION_MULTI_STATEMENTS_ON, c.MYSQL_OPTION_MULTI_STATEMENTS_OFF):
            return Failure(1047, "08S01", "Unknown command")
        session.multi_statements = option == c.MYSQL_OPTION_MULTI_STATEMENTS_ON
        session.row_count = -1
        return answers.End(session.status, self._kept_warnings(session))

    @staticmethod
    def _give_up_transaction(session: Session, how: str) -> None:
        if session.transaction.is_open:
            session.news.append(Ended(how))

    def field_list(self, session: Session, table: str, pattern: str) -> Sequence[tuple[Column, bytes | None]] | Failure:
        try:
            database = session.need_database()
            if self.instance.tables is None:
                raise sqlerrors.no_such_table(database, table)
            from .table_show import field_list

            return field_list(session, table, pattern)
        except SqlError as error:
            return _failure(error)

    def statistics(self) -> str:
        counters = self.instance.counters
        uptime = max(self.instance.uptime, 1)
        flushes = self.dialect.pick("", f"  Flush tables: {1 + counters['Com_flush']}")
        return (
            f"Uptime: {self.instance.uptime}  Threads: {len(self.instance.sessions)}"
            f"  Questions: {counters['Questions']}  Slow queries: {counters['Slow_queries']}"
            f"  Opens: {counters['Opened_tables']}{flushes}  Open tables: {counters['Open_tables']}"
            f"  Queries per second avg: {counters['Questions'] / uptime:.3f}"
        )

    def ping(self, session: Session) -> Ok:
        session.statement_warnings = self._kept_warnings(session)
        session.row_count = 0
        return session.ok()

    def _kept_warnings(self, session: Session) -> int:
        """What a command that is no statement reports: MySQL counts the conditions of the one before once more."""
        return self.dialect.pick(0, session.statement_warnings)

    # --- statements ---------------------------------------------------------------------------------------------------

    def constant(self, session: Session, statement: bytes) -> Constant | None:
        # What tests and health checks send most is SELECT of literals. Answered here it costs a third of what the way
        # through steps and packets does.
        if (
            statement[:6] not in _SELECTS
            or session.tables is not None
            or session.is_restricted
            or session.select_limit is not None
            or session.initial
            or not self.instance.has_default_globals
        ):
            return None
        key = (
            statement,
            session.client_charset,
            session.collation.id,
            session.results,
            session.modes,
            session.multi_statements,
        )
        found = self._constants.get(key)
        if found is None:
            found = self._find_constant(session, statement)
            if found is None:
                return None
            if len(self._constants) >= _CACHED_STATEMENTS:
                self._constants.clear()
            self._constants[key] = found
        counters = self.instance.counters
        counters.add("Questions")
        counters.add("Com_select")
        if session.tracker is not None:
            session.tracker.begin(found.statement)
        session.started = None
        self.begin_diagnostics(session, found.statement)
        session.found_rows = len(found.rows)
        session.row_count = -1
        return found

    def _find_constant(self, session: Session, statement: bytes) -> Constant | None:
        """A statement whose plan was made before, here or by another server."""
        if len(statement) > _CACHED_LENGTH_LIMIT:
            return None
        read = self._reading(session, statement)
        part = read.parts[0]
        if len(read.parts) > 1 or part.warnings or type(part.statement) is not statements.Query:
            return None
        key = self.instance.persona, session.collation.id, session.results, session.modes
        plan = read.text.constants.get(key)
        if plan is None or plan.constant is None or plan.into:
            return None
        return Constant(plan.columns, plan.constant, part.statement)

    def query(self, session: Session, statement: bytes) -> Steps:
        if session.initial:
            from . import init_connect

            failure = init_connect.run(self, session)
            if failure is not None:
                yield failure
                yield answers.Kill(session.connection_id, query_only=False, is_answered=True)
                return
        read = self._reading(session, statement)
        parts = read.parts
        last = len(parts) - 1
        for place, part in enumerate(parts):
            more = 0 if place == last else c.SERVER_MORE_RESULTS_EXISTS
            is_done = yield from self.run_one(session, part, more, read if not last else None)
            if not is_done:
                return

    def run_one(
        self, session: Session, part: Part, more: int = 0, read: Reading | None = None
    ) -> Generator[Step, Woken | None, bool]:
        """One statement; whether it went well. more: SERVER_MORE_RESULTS_EXISTS, or 0. read: where plans are kept."""
        self.instance.counters.add("Questions")
        session.started = None
        if session.tracker is not None:
            session.tracker.begin(part.statement)
        try:
            steps = self.begin(session, part, more, read)
            yield from restrictions.run(session, part.statement, steps) if session.is_restricted else steps
        except SqlError as error:
            yield from self.leave_tables(session)
            yield self.note(session, error.of(part.text) if isinstance(error, sqlerrors.Unsupported) else error)
            return False
        finally:
            if session.tables is not None:
                session.tables.finish_statement()
        yield from self.leave_tables(session)
        return True

    def leave_tables(self, session: Session) -> Sequence[Wake]:
        """The statement uses tables no longer; whom that wakes."""
        if session.tables is None:
            return ()
        session.tables.finish_statement()
        return session.tables.take_wakes()

    def prepare(self, session: Session, statement: bytes) -> Description | Failure:
        from . import preparing

        if session.initial:
            from . import init_connect

            failure = init_connect.run(self, session)
            if failure is not None:
                return failure
        return preparing.prepare(self, session, statement)

    def execute(self, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
        from . import preparing

        return preparing.execute(self, session, handle, parameters)

    def _reading(self, session: Session, statement: bytes) -> Reading:
        """The statement's parts, from memory or read now."""
        key = statement, session.client_charset.name, session.modes, session.multi_statements
        read = self._read.get(key)
        if read is None:
            is_short = len(statement) <= _CACHED_LENGTH_LIMIT
            read_text = _read_before if is_short else _read_now
            read = Reading(
                read_text(
                    statement,
                    session.client_charset,
                    session.lexis,
                    self.dialect,
                    session.modes,
                    session.multi_statements,
                )
            )
            if is_short:
                self._read[key] = read
                if len(self._read) > _CACHED_STATEMENTS:
                    self._read.popitem(last=False)
        return read

    def begin(
        self, session: Session, part: Part, more: int, read: Reading | None
    ) -> Generator[Step, Woken | None, None]:
        statement = part.statement
        if statement is None:
            assert part.error is not None
            self.begin_diagnostics(session, statement)
            # An exception keeps the frames that it passed through, and this one is kept for other sessions.
            raise part.error.copy()
        self.begin_diagnostics(session, statement)
        yield from self.carry_out(session, part, more, read)

    def carry_out(
        self, session: Session, part: Part, more: int, read: Reading | None
    ) -> Generator[Step, Woken | None, None]:
        """One statement, whose warnings are entered behind those that there are."""
        statement = part.statement
        for code, text in part.warnings:
            session.warn("Warning", code, text)
        if type(statement) is statements.Query:
            yield from self._query(session, statement, more, read)
        else:
            yield from self._handler(type(statement))(self, session, statement, more)

    def _handler(self, kind: type) -> Handler:
        """Who carries out statements of this kind; a kind of a module of its own brings its handlers along."""
        handler = self.handlers.get(kind)
        if handler is None:
            family: Mapping[type, Handler] = sys.modules[kind.__module__].__dict__["HANDLERS"]
            self.handlers |= family
            handler = family[kind]
        return handler

    def begin_diagnostics(self, session: Session, statement: Statement) -> None:
        """Each statement starts its own list of warnings, unless it is there to show them."""
        if isinstance(statement, statements.Show) and is_diagnostic(statement.kind):
            if not self.dialect.mariadb:
                session.statement_warnings = 0
            return
        if not self.dialect.warnings_outlive:
            is_clean = not session.warnings and not session.statement_warnings
            session.counts_before = (0, 0) if is_clean else session.count_all()
            session.warnings = session.warnings and []
        session.statement_warnings = 0

    def refusal(self, session: Session, error: SqlError) -> Failure:
        """The answer to an error that somebody else enters into the session, or nobody."""
        if isinstance(error, sqlerrors.Unsupported):
            self.unhandled.append(Unhandled(error.statement, session.connection_id))
        return _failure(error)

    def note(self, session: Session, error: SqlError) -> Failure:
        """The answer to an error, which is also the last line of SHOW WARNINGS."""
        session.warn("Error", error.code, error.message)
        session.row_count = -1
        return self.refusal(session, error)

    # --- SELECT and DO ------------------------------------------------------------------------------------------------

    def _query(
        self,
        session: Session,
        statement: statements.Query,
        more: int,
        read: Reading | None,
    ) -> Generator[Step, Woken | None, None]:
        if session.transaction.will_read_only:
            self._refuse_locks_for_writing(session, statement.select)
        key = session.collation.id, session.results, session.modes
        plan = read.plans.get(key) if read is not None else None
        if plan is None or (plan.home is not None and plan.home != home(session)):
            plan = self._plan(session, statement, read)
        self.instance.counters.add("Com_select")
        if session.select_limit is not None and plan.limit is None:
            plan = plan.limited(session.select_limit)
        if plan.constant is not None and not plan.into:
            status = session.transaction.state.value | more if not session.modes else session.status | more
            session.found_rows = len(plan.constant)
            session.row_count = -1
            yield Columns(plan.columns, status, session.statement_warnings)
            if plan.constant:
                yield Rows(plan.constant)
            yield answers.End(status, session.statement_warnings)
            return
        yield from self._select(session, plan, more)

    def _refuse_locks_for_writing(self, session: Session, select: Select) -> None:
        """A transaction that only reads cannot lock rows FOR UPDATE, of tables that are not there either."""
        for core in select.cores:
            for table in tables_in(core.table) if core.locking & Locking.UPDATE else ():
                from .table_access import tables_of

                tables_of(session).refuse_writes_to(table.database or session.need_database(), table.name)

    def _plan(self, session: Session, statement: statements.Query, read: Reading | None) -> Plan:
        """A plan made now, or found among those of other servers; kept where it is good for later, too."""
        key = session.collation.id, session.results, session.modes
        shared: dict[tuple[Persona, int, Results, frozenset[str]], Plan] = {}
        if read is not None and self.instance.has_default_globals:
            shared = read.text.constants
        plan = shared.get((self.instance.persona, *key))
        if plan is None:
            plan = Planner(session, self.instance, self.catalogue).plan(statement.select)
            if plan.constant is not None:
                plan = dataclasses.replace(plan, cores=(), casts=None)
                shared[self.instance.persona, *key] = plan
        if plan.is_stable and read is not None:
            read.plans[key] = plan
        return plan

    def _select(self, session: Session, plan: Plan, more: int) -> Generator[Step, Woken | None, None]:
        if plan.relations:
            yield from self._open(session, plan.relations)
        scope = Scope(session, self.instance)
        extra = c.SERVER_STATUS_NO_INDEX_USED if plan.scans else 0
        if plan.into:
            rows = yield from rows_of(plan, scope)
            yield from steps_of_effects(scope)
            session.row_count = len(rows)
            self._into(session, plan, rows)
            yield Ok(session.status | more | extra, affected_rows=len(rows), warnings=session.statement_warnings)
            return
        yield Columns(plan.columns, session.status | more | extra, session.statement_warnings)
        rows = yield from rows_of(plan, scope)
        yield from steps_of_effects(scope)
        session.row_count = -1
        if rows:
            yield Rows(rows)
        yield answers.End(session.status | more | extra, session.statement_warnings)

    def _into(self, session: Session, plan: Plan, rows: object) -> None:
        assert isinstance(rows, (list, tuple))
        if len(rows) > 1:
            raise SqlError(1172, "42000", "Result consisted of more than one row")
        if not rows:
            session.warn("Warning", 1329, "No data - zero rows fetched, selected, or processed")
            return
        for name, value, shape in zip(plan.into, rows[0], plan.shapes, strict=True):
            if name.startswith(LOCAL_MARK):
                variable = session.frame.find(name[1:]) if session.frame is not None else None
                assert variable is not None, "only a routine's own statements name its variables"
                variable.assign(value, shape)
                continue
            session.user_variables[name.lower()] = evaluation.store(value, shape, session.collation)

    def _open(self, session: Session, relations: Sequence[Relation]) -> Generator[Step, Woken | None, None]:
        """A statement reads these."""
        if any(relation.opens_transaction(self.dialect) for relation in relations):
            session.transaction.touch()
        self._drop_old_warnings(session)
        if session.tables is not None and session.tables.me.temporary:
            from .table_relations import refuse_to_reopen

            refuse_to_reopen(session, relations)
        for relation in relations:
            yield from relation.open(session)

    def _reads(self, session: Session, planner: Planner) -> Generator[Step, Woken | None, int]:
        """A statement that is no query may have some inside; what they add to the status word."""
        if not planner.relations:
            return 0
        yield from self._open(session, planner.relations)
        return c.SERVER_STATUS_NO_INDEX_USED if planner.scans else 0

    def _drop_old_warnings(self, session: Session) -> None:
        """Where warnings outlive statements, those that read tables end them."""
        if self.dialect.warnings_outlive and not session.statement_warnings:
            session.warnings = []

    def _do(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Do)
        scope = Scope(session, self.instance)
        planner = Planner(session, self.instance, self.catalogue)
        bound = self.binder_of_do(session, planner).bind_all(statement.expressions)
        status = yield from self._reads(session, planner)
        if not self.dialect.mariadb:
            yield from evaluate(bound, scope, ())
            yield from steps_of_effects(scope)
            # MySQL carries DO out as a query whose one row nobody is shown.
            session.found_rows = 1
            yield self.ok(session, more, status=status)
            return
        failed = False
        for each in bound:
            try:
                yield from evaluate((each,), scope, ())
            except SqlError as error:
                if isinstance(error, sqlerrors.Unsupported):
                    raise
                # MariaDB lists what went wrong, and goes on: a DO that could be read is answered with OK.
                session.warn("Error", error.code, error.message)
                failed = True
                if error.code == sqlerrors.INTERRUPTED:
                    break
        yield from steps_of_effects(scope)
        answer = self.ok(session, more, status=status)
        session.row_count = -1 if failed else 0
        yield answer

    def binder_of_do(self, session: Session, planner: Planner | None = None) -> Binder:
        """What reads the expressions of DO."""
        if planner is None:
            planner = Planner(session, self.instance, self.catalogue)
        return Binder(session, self.instance, None, planner.subquery, self.dialect.pick("DO", "field list"))

    def ok(self, session: Session, more: int, *, affected: int = 0, status: int = 0, info: str = "") -> Ok:
        """An OK with the status and warnings of now; ROW_COUNT() will tell the rows affected."""
        session.row_count = affected
        warnings = session.statement_warnings
        return Ok(session.status | more | status, affected_rows=max(affected, 0), warnings=warnings, info=info)

    # --- transactions -------------------------------------------------------------------------------------------------

    def _begin(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Begin)
        self.instance.counters.add("Com_begin")
        if session.tables is not None:
            session.tables.unlock()
        session.transaction.begin(read_only=statement.read_only, keeps_read_only=self.dialect.begin_keeps_read_only)
        if statement.snapshot:
            from .table_access import tables_of

            tables_of(session).begin_snapshot()
            if session.tracker is not None:
                session.tracker.took_snapshot()
        yield self.ok(session, more)

    def _end(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.End)
        self.instance.counters.add("Com_commit" if statement.commits else "Com_rollback")
        completion = session.setting("completion_type")
        chain = completion == "CHAIN" if statement.chain is None else statement.chain
        release = completion == "RELEASE" if statement.release is None else statement.release
        session.transaction.end(chain=chain, how="commit" if statement.commits else "rollback")
        yield self.ok(session, more)
        if release:
            yield answers.Kill(session.connection_id, query_only=False, is_answered=True)

    def _savepoint(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Savepoint)
        action = statement.action
        if action is statements.SavepointAction.SET:
            session.transaction.set_savepoint(statement.name)
            if session.tables is not None:
                session.tables.set_savepoint(statement.name)
        elif action is statements.SavepointAction.ROLLBACK:
            session.transaction.rollback_to(statement.name)
            if session.tables is not None:
                session.tables.roll_back_to(statement.name)
        else:
            session.transaction.release(statement.name)
        yield self.ok(session, more)

    # --- the session --------------------------------------------------------------------------------------------------

    def _set(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Set)
        self.instance.counters.add("Com_set_option")
        planner = Planner(session, self.instance, self.catalogue)
        Assigner(session, self.instance, planner.subquery).assign(statement.assignments)
        status = yield from self._reads(session, planner)
        yield self.ok(session, more, status=status)

    def _set_for(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        """SET STATEMENT: settings for the time of one statement."""
        assert isinstance(statement, statements.SetFor)
        before = {
            each.name.lower(): self.instance.reader(definition, "")(session)
            for each in statement.assignments
            if (definition := self.instance.definitions.get(each.name.lower())) is not None
        }
        planner = Planner(session, self.instance, self.catalogue)
        self.check_settings_of(statement)
        Assigner(session, self.instance, planner.subquery).assign(statement.assignments)
        try:
            steps = self.begin(session, statements.Part(statement.statement), more, None)
            yield from restrictions.run(session, statement.statement, steps) if session.is_restricted else steps
        finally:
            for name, setting in before.items():
                apply(session, name, setting)

    def check_settings_of(self, statement: statements.SetFor) -> None:
        """Refuse what cannot be set for one statement."""
        for each in statement.assignments:
            name = each.name.lower()
            if name in _NOT_FOR_A_STATEMENT:
                raise SqlError(1971, "42000", f"The system variable {name} cannot be set in SET STATEMENT.")

    def _use(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Use)
        self.instance.counters.add("Com_change_db")
        session.database = self.instance.database(statement.database)
        yield self.ok(session, more)

    def _kill(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Kill)
        self.instance.counters.add("Com_kill")
        if statement.by_host or statement.by_user is None:
            yield from self._kill_user(session, statement, more)
            return
        binder = Binder(session, self.instance, None, None, self.dialect.pick("KILL", "field list"))
        bound = binder.bind(statement.target)
        scope = Scope(session, self.instance)
        target = values.to_integer(bound.run(scope), bound.shape, scope.warn) or 0
        if statement.is_query_id:
            # Statements have no numbers here that anybody could have been told.
            raise SqlError(1957, "HY000", f"Unknown query id: {self.thread_number(target)}")
        if target not in self.instance.sessions:
            raise sqlerrors.unknown_thread(self.thread_number(target))
        if target == session.connection_id:
            if statement.query_only:
                raise sqlerrors.interrupted()
            yield answers.Kill(target, query_only=False)
            return
        yield answers.Kill(target, query_only=statement.query_only)
        yield self.ok(session, more)

    def thread_number(self, target: int) -> int:
        """A number that names no thread, as the servers print it."""
        if self.dialect.mariadb:
            return min(target, (1 << 63) - 1) & ((1 << 64) - 1)
        return target & 0xFFFFFFFF if -(1 << 63) <= target < (1 << 63) else 0xFFFFFFFF

    def _kill_user(
        self, session: Session, statement: statements.Kill, more: int
    ) -> Generator[Step, Woken | None, None]:
        name = session.user if statement.by_user is None else statement.by_user
        victims = [each for each in self.instance.sessions.values() if each.user == name]
        if statement.by_host not in ("", "%"):
            victims = [each for each in victims if each.login.client_host == statement.by_host]
        for victim in victims:
            if victim is not session:
                yield answers.Kill(victim.connection_id, query_only=statement.query_only)
        yield self.ok(session, more, affected=len(victims))
        if session in victims and not statement.query_only:
            yield answers.Kill(session.connection_id, query_only=False, is_answered=True)

    # --- the server ---------------------------------------------------------------------------------------------------

    def _show(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Show)
        kind = statement.kind
        self.instance.counters.add(f"Com_show_{kind.lower()}")
        columns, rows = Shower(session, self.instance, self.catalogue).show(statement)
        if kind in SCANNING:
            rows = rows[: session.select_limit]
        status = more | (
            self.read_own_tables(session, kind, like=statement.like, where=statement.where) if kind in SCANNING else 0
        )
        session.row_count = -1
        warnings = 0 if is_diagnostic(kind) else session.statement_warnings
        if not is_diagnostic(kind):
            session.found_rows = len(rows)
        yield Columns(columns, session.status | status, warnings)
        if kind == "PROCESSLIST":
            warn_of_processlist(session)
            warnings = session.statement_warnings
        if rows:
            yield Rows(rows)
        if kind == "STATUS":
            # Counting what it has counted itself is over before its rows end.
            status &= ~c.SERVER_STATUS_NO_INDEX_USED
        yield answers.End(session.status | status, warnings)

    def read_own_tables(
        self, session: Session, kind: str, *, like: str | None = None, where: Expression | None = None
    ) -> int:
        """A SHOW with this LIKE or WHERE reads tables of the server's; what that adds to the status word."""
        self._drop_old_warnings(session)
        if self.dialect.show_opens_transaction:
            session.transaction.touch()
        if session.tracker is not None:
            session.tracker.used_own(kind)
        scans = own_reading.show_scans(self.dialect, kind, like=like, where=where)
        return c.SERVER_STATUS_NO_INDEX_USED if scans else 0

    def _flush(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.Flush)
        self.instance.counters.add("Com_flush")
        session.transaction.end()
        if statement.needs_database:
            session.need_database()
        if "STATUS" in statement.what:
            self.instance.counters.reset()
        if "USER_RESOURCES" in statement.what:
            self.instance.accounts.forget_usage()
        if "PRIVILEGES" in statement.what and self.dialect.version_number in _PRIVILEGES_FLUSH_THEMSELVES:
            session.warn("Warning", 1681, "'FLUSH PRIVILEGES' is deprecated and will be removed in a future release.")
        yield self.ok(session, more)

    @staticmethod
    def _begin_database(session: Session, name: str) -> None:
        """A database is defined or dropped, which commits, and is refused where nothing may be written."""
        from .table_access import tables_of

        if name.lower() == OWN_DATABASE:
            raise sqlerrors.database_denied(session.current_user, name)
        tables_of(session).begin_definition()

    def _create_database(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.CreateDatabase)
        self.instance.counters.add("Com_create_db")
        name = statement.name
        self._begin_database(session, name)
        if name in self.instance.databases:
            if not statement.if_not_exists:
                raise SqlError(1007, "HY000", f"Can't create database '{name}'; database exists")
            session.warn("Note", 1007, f"Can't create database '{name}'; database exists")
            yield self.ok(session, more, affected=self.dialect.pick(0, 1))
            return
        self.instance.databases.append(name)
        yield self.ok(session, more, affected=1)

    def _drop_database(self, session: Session, statement: object, more: int) -> Generator[Step, Woken | None, None]:
        assert isinstance(statement, statements.DropDatabase)
        self.instance.counters.add("Com_drop_db")
        name = statement.name
        self._begin_database(session, name)
        dropped = 0
        if name not in self.instance.databases:
            if not statement.if_exists:
                raise SqlError(1008, "HY000", f"Can't drop database '{name}'; database doesn't exist")
            session.warn("Note", 1008, f"Can't drop database '{name}'; database doesn't exist")
        else:
            if self.instance.tables is not None:
                from .table_access import tables_of

                dropped = yield from tables_of(session).drop_database(name)
            self.instance.databases.remove(name)
            if session.database == name:
                session.database = ""
        yield self.ok(session, more, affected=dropped, status=c.SERVER_STATUS_DB_DROPPED)

    def _unlock(self, session: Session, _statement: object, more: int) -> Generator[Step, Woken | None, None]:
        if session.tables is not None and session.tables.me.has_locked:
            session.transaction.end()
            session.tables.unlock()
        yield self.ok(session, more)

    def _nothing(self, session: Session, _statement: object, more: int) -> Generator[Step, Woken | None, None]:
        yield self.ok(session, more)


def _failure(error: SqlError) -> Failure:
    return Failure(error.code, error.sqlstate, error.message)


HANDLERS: Final[dict[type, Handler]] = {
    statements.Do: SessionEngine._do,
    statements.Begin: SessionEngine._begin,
    statements.End: SessionEngine._end,
    statements.Savepoint: SessionEngine._savepoint,
    statements.Set: SessionEngine._set,
    statements.SetFor: SessionEngine._set_for,
    statements.Use: SessionEngine._use,
    statements.Kill: SessionEngine._kill,
    statements.Show: SessionEngine._show,
    statements.Flush: SessionEngine._flush,
    statements.CreateDatabase: SessionEngine._create_database,
    statements.DropDatabase: SessionEngine._drop_database,
    statements.UnlockTables: SessionEngine._unlock,
    statements.Nothing: SessionEngine._nothing,
}
