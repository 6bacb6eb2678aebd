"""init_connect: what the server says to itself for each new connection before the client's first statement.

As on servers it is said for everybody but admins, after the login has been answered, and a connection for which it
fails is ended with error 1184 in the place of the first answer. What it would have to wait for is not waited for.
Loaded with the first connection of a server whose init_connect says something.

Source: MariaDB 10.11.19 and MySQL 9.7.4, asked with statements that set variables, that fail and that give rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..answers import Failure, Pause, Woken

if TYPE_CHECKING:
    from .engine import SessionEngine
    from .session import Session


def run(engine: SessionEngine, session: Session) -> Failure | None:
    """Carry it out; the error that the client is told before its connection ends, if there is one."""
    text, session.initial = session.initial, ""
    takes_several, session.multi_statements = session.multi_statements, True
    steps = engine.query(session, text.encode())
    woken: Woken | None = None
    try:
        while True:
            step = steps.send(woken)
            if isinstance(step, Failure):
                return _aborted(session)
            woken = Woken.ELAPSED if isinstance(step, Pause) else None
    except StopIteration:
        return None
    finally:
        steps.close()
        session.multi_statements = takes_several


def _aborted(session: Session) -> Failure:
    login = session.login
    where = f"to db: '{session.database or 'unconnected'}' user: '{login.user}' host: '{login.client_host}'"
    text = f"Aborted connection {session.connection_id} {where} (init_connect command failed)"
    return Failure(1184, "08S01", text)
