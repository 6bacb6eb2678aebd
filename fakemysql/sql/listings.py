"""SHOWs that few clients send: events, triggers, routines, replication, privileges, profiles.

Most list what this server never has, and so have columns and no lines; PLUGINS, ENGINES and PRIVILEGES are lists that
never change. Columns are as captured from the servers (``system_tables.py``). Loaded with the first such SHOW.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..answers import Columns, End, Rows
from ..constants import SERVER_STATUS_NO_INDEX_USED
from ..records import record
from . import values
from .calls import Scope
from .evaluation import Binder
from .relations import Field, Relation
from .shapes import column, string
from .sqlerrors import SqlError
from .system_tables import described, lines_of
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .nodes import Expression
    from .session import Session
    from .statements import Statement, StatementParser
    from .values import Value

    Steps = Generator[Step, Woken | None, None]

# SHOW PROFILE and SHOW PROFILES, on MySQL.
_OLD: Final = "'SHOW {}' is deprecated and will be removed in a future release. Please use Performance Schema instead"
# Tables of information_schema are read for these, which a status word may tell.
_READ: Final = frozenset(("EVENTS", "TRIGGERS", "PROCEDURE STATUS", "FUNCTION STATUS"))
_QUERIES: Final = _READ | {"ENGINES", "PLUGINS", "OPEN TABLES"}


@record
class Listing:
    """kind: the words behind SHOW."""

    kind: str
    database: str = ""
    like: str | None = None
    where: Expression | None = None


@record
class ShowCreate:
    """SHOW CREATE of a routine, or of what is never there."""

    kind: str
    name: str
    database: str = ""


_SEVERAL_WORDS: Final = (
    ("PROCEDURE", "STATUS"), ("FUNCTION", "STATUS"), ("OPEN", "TABLES"), ("MASTER", "STATUS"),
    ("BINARY", "LOG", "STATUS"), ("SLAVE", "STATUS"), ("REPLICA", "STATUS"), ("SLAVE", "HOSTS"), ("REPLICAS",),
    ("BINARY", "LOGS"), ("MASTER", "LOGS"), ("BINLOG", "EVENTS"), ("RELAYLOG", "EVENTS"), ("PRIVILEGES",),
    ("PROFILES",), ("PROFILE",), ("ENGINE", "INNODB", "STATUS"), ("EVENTS",), ("TRIGGERS",), ("ENGINES",),
    ("STORAGE", "ENGINES"), ("PLUGINS",), ("ALL", "SLAVES", "STATUS"),
)  # fmt: skip
_FOLLOWED: Final = frozenset(words("FROM IN LIKE WHERE LIMIT FOR"))


def show(parser: StatementParser) -> Statement:
    parser.need_word("SHOW")
    if parser.at_word("CREATE"):
        parser.advance()
        kind = parser.advance().upper
        table = parser.table_name()
        return ShowCreate(kind, table.name, table.database)
    for candidate in _SEVERAL_WORDS:
        if parser.take_word(*candidate):
            kind = " ".join(candidate)
            break
    else:
        if parser.take_word("STORAGE"):
            parser.fail()
        parser.unsupported()
    kind = {"STORAGE ENGINES": "ENGINES", "MASTER LOGS": "BINARY LOGS"}.get(kind, kind)
    columns = described(parser.dialect)
    if f"SHOW {kind}" not in columns and kind != "BINARY LOGS":
        # The other server's word, or one that has gone.
        parser.index -= len(candidate) - 1 if kind.startswith("BINARY LOG") else len(candidate)
        parser.fail()
    database = ""
    if kind in ("EVENTS", "TRIGGERS", "OPEN TABLES") and parser.take_any("FROM", "IN"):
        database = parser.need_name()
    if parser.token.upper not in _FOLLOWED and not parser.is_at_end:
        parser.fail()
    like, where = parser.filter() if kind.endswith("E STATUS") or kind == "FUNCTION STATUS" else (None, None)
    while not parser.is_at_end:
        parser.advance()
    return Listing(kind, database, like, where)


def is_query(listing: Listing) -> bool:
    """Whether the servers answer it with a query of their own, which has what queries have: a limit, a cursor."""
    return listing.kind in _QUERIES


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"SHOW": show}


def _list(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Listing)
    kind, dialect = statement.kind, engine.dialect
    engine.instance.counters.add(f"Com_show_{kind.lower().replace(' ', '_')}")
    if kind == "BINARY LOGS":
        raise SqlError(1381, "HY000", "You are not using binary logging")
    status = more
    if is_query(statement):
        if kind in ("EVENTS", "TRIGGERS"):
            engine.instance.database(statement.database or session.need_database())
        status |= engine.read_own_tables(session, kind, where=statement.where)
    if kind in ("PROFILE", "PROFILES") and not dialect.mariadb:
        session.warn("Warning", 1287, _OLD.format(kind))
    rows: list[tuple[Value, ...]] = []
    if kind == "PRIVILEGES":
        rows = list(lines_of(dialect, "SHOW PRIVILEGES"))
    elif kind == "ENGINES":
        rows = [row[:6] for row in lines_of(dialect, "information_schema.engines")]
    elif kind == "PLUGINS":
        # Name, status and type; then library and license.
        wanted = (0, 2, 3, 5, 9)
        rows = [tuple(row[place] for place in wanted) for row in lines_of(dialect, "information_schema.plugins")]
    elif kind == "ENGINE INNODB STATUS":
        rows = [("InnoDB", "", "fakemysql has no InnoDB that could tell of itself\n")]
    elif kind in ("PROCEDURE STATUS", "FUNCTION STATUS") and engine.instance.routines:
        rows = _routines(engine, session, statement)
    columns = tuple(each.column(each.name, session.results, dialect) for each in described(dialect)[f"SHOW {kind}"])
    if is_query(statement):
        rows = rows[: session.select_limit]
    session.row_count = -1
    session.found_rows = len(rows)
    yield Columns(columns, session.status | status, session.statement_warnings)
    if rows:
        yield Rows(rows)
    if kind == "EVENTS" and dialect.mariadb:
        # Reading the table of events is over before its rows end.
        status &= ~SERVER_STATUS_NO_INDEX_USED
    yield End(session.status | status, session.statement_warnings)


def _routines(engine: SessionEngine, session: Session, statement: Listing) -> list[tuple[Value, ...]]:
    from .routines import all_routines, status_line

    kind, _, _ = statement.kind.partition(" ")
    rows = [status_line(each, engine.instance) for each in all_routines(engine.instance) if each.kind == kind]
    if statement.like is not None:
        utf8 = engine.instance.charsets.by_id[33]
        matcher = values.like_pattern(statement.like, "\\", utf8)
        return [row for row in rows if matcher.fullmatch(values.like_text(str(row[1]), utf8))]
    if statement.where is None:
        return rows
    columns = described(engine.dialect)[f"SHOW {statement.kind}"]
    fields = tuple(Field(each.name, each.shape(engine.dialect)) for each in columns)
    relation = Relation("", "", "", fields, tuple)
    condition = Binder(session, engine.instance, relation, None, engine.dialect.pick("WHERE", "where clause")).bind(
        statement.where
    )
    scope, kept = Scope(session, engine.instance), []
    for row in rows:
        scope.begin_row(row)
        if values.truth(condition.run(scope), condition.shape, scope.warn):
            kept.append(row)
    return kept


def _show_create(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, ShowCreate)
    engine.instance.counters.add(f"Com_show_create_{statement.kind.lower()}")
    yield from ()
    if statement.kind == "TRIGGER":
        raise SqlError(1360, "HY000", "Trigger does not exist")
    database = statement.database or session.need_database()
    if (database, statement.kind, statement.name.lower()) in engine.instance.routines:
        yield from _show_routine(engine, session, database, statement, more)
        return
    if statement.kind == "EVENT":
        raise SqlError(1539, "HY000", f"Unknown event '{statement.name}'")
    raise SqlError(1305, "42000", f"{statement.kind} {statement.name} does not exist")


def _show_routine(engine: SessionEngine, session: Session, database: str, statement: ShowCreate, more: int) -> Steps:
    from .routines import find

    routine = find(engine.instance, database, statement.kind, statement.name)
    assert routine is not None, "it has just been there"
    utf8, dialect = engine.instance.charsets.by_id[33], engine.dialect
    text = routine.text(engine.instance)
    cells = (
        (statement.kind.capitalize(), routine.name, 64, True),
        ("sql_mode", routine.modes, len(routine.modes), True),
        (f"Create {statement.kind.capitalize()}", text, max(len(text), 1024), False),
        ("character_set_client", routine.charset, 32, True),
        ("collation_connection", routine.collation, dialect.pick(64, 32), True),
        ("Database Collation", str(engine.instance.globals["collation_server"]), 32, True),
    )
    columns = tuple(
        column(name, string(length, utf8, nullable=not required), session.results, dialect)
        for name, _, length, required in cells
    )
    session.row_count = -1
    yield Columns(columns, session.status | more, session.statement_warnings)
    yield Rows([tuple(value for _, value, _, _ in cells)])
    yield End(session.status | more, session.statement_warnings)


HANDLERS: Final[dict[type, Handler]] = {Listing: _list, ShowCreate: _show_create}
"""Who carries out each of these statements."""
