"""CALL, and DROP of what mostly is not there: procedures, functions, triggers, events, foreign servers.

Stored routines are those of ``routines.py``, which this module loads once there are some; triggers, events and servers
cannot be created here (error 1235), so that there is nothing but a server's error to answer. Loaded with the first such
statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..answers import Ok
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .nodes import Expression
    from .routines import Routine
    from .session import Session
    from .statements import Statement, StatementParser

    Steps = Generator[Step, Woken | None, None]


@dataclass(frozen=True, slots=True)
class Call:
    database: str
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    kind: str
    database: str
    name: str
    if_exists: bool


def call(parser: StatementParser) -> Statement:
    parser.need_word("CALL")
    table = parser.table_name()
    arguments: list[Expression] = []
    if parser.take("(") and not parser.take(")"):
        arguments.append(parser.expression())
        while parser.take(","):
            arguments.append(parser.expression())
        parser.need(")")
    return Call(table.database, table.name, tuple(arguments))


def drop(parser: StatementParser) -> Statement:
    parser.need_word("DROP")
    kind = parser.advance().upper
    if_exists = parser.take_word("IF", "EXISTS")
    table = parser.table_name()
    return Drop(kind, table.database, table.name, if_exists)


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"CALL": call, "DROP": drop}


def no_procedure(session: Session, statement: Call) -> SqlError:
    """1305, or 1046 where no database could have it."""
    database = statement.database or session.need_database()
    return SqlError(1305, "42000", f"PROCEDURE {database}.{statement.name} does not exist")


def _call(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Call)
    engine.instance.counters.add("Com_call_procedure")
    routine = found(engine, session, statement)
    if routine is None:
        raise no_procedure(session, statement)
    from . import routines

    yield from routines.call(engine, session, statement, routine, more)


def found(engine: SessionEngine, session: Session, statement: Call) -> Routine | None:
    """The procedure that is meant, None where it is not there."""
    if not engine.instance.routines:
        return None
    from . import routines

    database = statement.database or session.need_database()
    return routines.find(engine.instance, database, "PROCEDURE", statement.name)


def _drop(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Drop)
    kind = statement.kind
    engine.instance.counters.add(f"Com_drop_{kind.lower()}")
    if kind == "FUNCTION" and not statement.database and not session.database:
        missing = SqlError(1305, "42000", f"FUNCTION (UDF) {statement.name} does not exist")
    elif kind == "SERVER":
        text = "The foreign server name you are trying to reference does not exist. Data source error:  "
        missing = SqlError(1477, "HY000", text + statement.name)
    else:
        database = statement.database or session.need_database()
        missing = {
            "TRIGGER": SqlError(1360, "HY000", "Trigger does not exist"),
            "EVENT": SqlError(1539, "HY000", f"Unknown event '{statement.name}'"),
        }.get(kind, SqlError(1305, "42000", f"{kind} {database}.{statement.name} does not exist"))
    session.transaction.end()
    routine = (statement.database or session.database, kind, statement.name.lower())
    if engine.instance.routines.pop(routine, None) is not None:
        yield engine.ok(session, more)
        return
    if not statement.if_exists:
        raise missing
    affected = 0
    if kind == "SERVER":
        affected = engine.dialect.pick(0, 1)
    elif kind == "EVENT":
        session.warn("Note", 1305, f"Event {statement.name} does not exist")
    else:
        session.warn("Note", missing.code, missing.message)
    session.row_count = affected
    yield Ok(session.status | more, affected_rows=affected, warnings=session.statement_warnings)


HANDLERS: Final[dict[type, Handler]] = {Call: _call, Drop: _drop}
"""Who carries out each of these statements."""
