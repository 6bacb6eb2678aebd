"""The face that decides what a statement answers, and the engine that answers it from session state.

A conversation holds an :class:`Engine` and one :class:`~fakemysql.session.Session` for each connection. The engine never
sees a packet and never waits: a statement that waits yields a :class:`~fakemysql.answers.Pause`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fakemysql.answers import End, Failure, Ok, Steps, Wake
    from fakemysql.session import Login, Session


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

    def init_db(self, session: Session, name: bytes) -> Ok | Failure:
        """COM_INIT_DB."""
        ...

    def reset(self, session: Session) -> tuple[Ok, list[Wake]]:
        """COM_RESET_CONNECTION: everything but the connection id, the account and the database starts afresh."""
        ...

    def change_user(self, session: Session, login: Login) -> tuple[Ok | Failure, list[Wake]]:
        """COM_CHANGE_USER, once the new user is authenticated. After a Failure the connection ends."""
        ...

    def set_option(self, session: Session, option: int) -> End | Failure:
        """COM_SET_OPTION: several statements in one command, 0 on and 1 off."""
        ...

    def statistics(self) -> str:
        """COM_STATISTICS: the one-line summary."""
        ...

    def ping(self, session: Session) -> Ok:
        """COM_PING."""
        ...
