"""A scripted answer as the steps that a conversation turns into packets, with a status that is true.

Every answer says what a server that really gave it would say of the session: a scripted COMMIT has ended the
transaction, a scripted INSERT under autocommit=0 has opened one, a deadlock has rolled it back (``sql/scripted.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Columns, End, Failure, Ok, Rows
from ..sql import scripted
from .answers import ErrorAnswer, OkAnswer, ResultAnswer
from .errors import ROLLS_BACK

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ..answers import Step, Woken
    from ..sql.engine import Engine
    from ..sql.session import Session

INTERRUPTED: Final = Failure(1317, "70100", "Query execution was interrupted")


def steps_of(
    engine: Engine,
    session: Session,
    text: str,
    answers: Sequence[OkAnswer | ErrorAnswer | ResultAnswer],
    more: int = 0,
) -> Generator[Step, Woken | None, bool]:
    """The steps of a statement that is answered so; whether it went well.

    Args:
        engine: carries out what of the statement is a matter of sessions.
        text: the statement; "" for a command that is none.
        answers: one, or several for a statement with several results.
        more: SERVER_MORE_RESULTS_EXISTS where another statement's answer follows, else 0.
    """
    last = len(answers) - 1
    for place, answer in enumerate(answers):
        follows = more if place == last else c.SERVER_MORE_RESULTS_EXISTS
        if isinstance(answer, ErrorAnswer):
            yield fail(engine, session, answer)
            return False
        for line in answer.warnings:
            session.warn(*line)
        if place == 0:
            scripted.succeeded(
                engine,
                session,
                text,
                affected_rows=-1 if isinstance(answer, ResultAnswer) else answer.affected_rows,
                last_insert_id=0 if isinstance(answer, ResultAnswer) else answer.last_insert_id,
            )
        warnings = session.statement_warnings
        status = session.status | follows
        if isinstance(answer, ResultAnswer):
            session.found_rows = len(answer.rows)
            yield Columns(answer.definitions(session.results, session.instance.dialect), status, warnings)
            if len(answer.rows):
                yield Rows(answer.rows)
            yield End(status, warnings)
        else:
            yield Ok(status, answer.affected_rows, answer.last_insert_id, warnings, answer.info)
    return True


def fail(engine: Engine, session: Session, answer: ErrorAnswer) -> Failure:
    """The error, entered into the session."""
    failure = Failure(answer.code, answer.sqlstate, answer.message)
    scripted.failed(engine, session, failure, rolls_back=answer.code in ROLLS_BACK)
    return failure
