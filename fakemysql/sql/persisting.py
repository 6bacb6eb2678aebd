"""RESET PERSIST of MySQL: what SET PERSIST has put aside for the next start is forgotten.

Loaded by the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..answers import Ok
from ..records import record
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .session import Session
    from .statements import Statement, StatementParser


@record
class ResetPersist:
    """name: the variable, None for all of them."""

    name: str | None
    if_exists: bool


def reset(parser: StatementParser) -> Statement:
    parser.need_word("RESET")
    if parser.dialect.mariadb:
        parser.fail()
    parser.need_word("PERSIST")
    if_exists = parser.take_word("IF", "EXISTS")
    named = if_exists or not parser.is_at_end
    return ResetPersist(parser.need_name().lower() if named else None, if_exists)


def _reset(
    engine: SessionEngine, session: Session, statement: object, more: int
) -> Generator[Step, Woken | None, None]:
    assert isinstance(statement, ResetPersist)
    persisted = engine.instance.persisted
    if statement.name is None:
        persisted.clear()
    elif statement.name not in persisted:
        text = f"Variable {statement.name} does not exist in persisted config file"
        if not statement.if_exists:
            raise SqlError(3615, "HY000", text)
        session.warn("Warning", 3615, text)
    else:
        del persisted[statement.name]
    session.row_count = 0
    yield Ok(session.status | more, warnings=session.statement_warnings)


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"RESET": reset}
HANDLERS: Final[dict[type, Handler]] = {ResetPersist: _reset}
