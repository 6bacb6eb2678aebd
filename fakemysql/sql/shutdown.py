"""SHUTDOWN: the one statement after which there is no server. Loaded with the first.

The statement is answered, and then asks for the end; how clients are given up is the persona's, and done by whoever
holds the connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..answers import Ok, Shutdown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .session import Session
    from .statements import Statement, StatementParser


@dataclass(frozen=True, slots=True)
class ShutdownServer:
    pass


def shutdown(parser: StatementParser) -> Statement:
    parser.need_word("SHUTDOWN")
    if parser.dialect.mariadb and parser.take_word("WAIT"):
        parser.need_word("FOR", "ALL")
        parser.take_any("SLAVES", "REPLICAS")
    return ShutdownServer()


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {"SHUTDOWN": shutdown}


def _shutdown(
    engine: SessionEngine, session: Session, statement: object, more: int
) -> Generator[Step, Woken | None, None]:
    engine.instance.counters.add("Com_shutdown")
    yield Ok(session.status | more)
    yield Shutdown()


HANDLERS: Final[dict[type, Handler]] = {ShutdownServer: _shutdown}
"""Who carries out each of these statements."""
