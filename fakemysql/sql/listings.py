"""SHOWs that few clients send: events, triggers, routines, replication, privileges, profiles.

Most list what this server never has, and so have columns and no lines; PLUGINS, ENGINES and PRIVILEGES are lists that
never change. Columns are as captured from the servers (``system_tables.py``). Loaded with the first such SHOW.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..answers import Columns, End, Rows
from ..records import record
from .sqlerrors import SqlError
from .system_tables import described, lines_of
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
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


@record
class ShowCreate:
    """SHOW CREATE of what is never there."""

    kind: str
    name: str


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
        return ShowCreate(kind, parser.table_name().name)
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
    while not parser.is_at_end:
        parser.advance()
    return Listing(kind, database)


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
        status |= engine.read_own_tables(session, kind)
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
    columns = tuple(each.column(each.name, session.results, dialect) for each in described(dialect)[f"SHOW {kind}"])
    if is_query(statement):
        rows = rows[: session.select_limit]
    session.row_count = -1
    session.found_rows = len(rows)
    yield Columns(columns, session.status | status, session.statement_warnings)
    if rows:
        yield Rows(rows)
    yield End(session.status | status, session.statement_warnings)


def _show_create(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, ShowCreate)
    engine.instance.counters.add(f"Com_show_create_{statement.kind.lower()}")
    yield from ()
    if statement.kind == "TRIGGER":
        raise SqlError(1360, "HY000", "Trigger does not exist")
    session.need_database()
    if statement.kind == "EVENT":
        raise SqlError(1539, "HY000", f"Unknown event '{statement.name}'")
    raise SqlError(1305, "42000", f"{statement.kind} {statement.name} does not exist")


HANDLERS: Final[dict[type, Handler]] = {Listing: _list, ShowCreate: _show_create}
"""Who carries out each of these statements."""
