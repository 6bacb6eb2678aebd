"""What an OK tells a client that follows the session's state, as bytes: variables, the database, the transaction.

A client that agreed to CLIENT_SESSION_TRACK reads its own state from these packets: MariaDB's libraries take the
character set and the current database from them, so that without them such a client encodes its text as the greeting
says, whatever it has set since.

What is told is decided in :mod:`fakemysql.sql.following`; this module writes it down, and knows that with
CLIENT_DEPRECATE_EOF the packet behind rows is an OK and tells, too, and that an EOF can only say that there is
something. Loaded with the first client that follows.

Source: MySQL manual, "OK_Packet", session state information; MariaDB 10.11.19 and MySQL 9.7.4 as recorded in
``tests/fakemysql/data/tracking.tsv``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .constants import SERVER_SESSION_STATE_CHANGED
from .fields import lenenc_bytes, lenenc_int
from .packets import to_bytes
from .sql.following import STATE_CHANGE

if TYPE_CHECKING:
    from .sql.session import Session


def tell(session: Session, *, has_rows: bool = False) -> bytes | None:
    """The session state information of the OK that is due, None for none; the session has then nothing left to tell."""
    tracker = session.tracker
    if tracker is None:
        return None
    tracker.answer(has_rows=has_rows)
    entries = tracker.take()
    return None if entries is None else b"".join(_entry(kind, fields) for kind, fields in entries)


def mark_of_definitions(session: Session) -> int:
    """What the status word of an EOF behind definitions has in addition."""
    tracker = session.tracker
    return SERVER_SESSION_STATE_CHANGED if tracker is not None and tracker.marks_rows else 0


def mark_of_rows(session: Session) -> int:
    """The same for an EOF behind rows, or one that answers a command; what there is to tell stays."""
    tracker = session.tracker
    if tracker is None:
        return 0
    tracker.answer(has_rows=True)
    mark = mark_of_definitions(session)
    tracker.pass_by()
    return mark


def pass_by(session: Session) -> None:
    """An error was the answer."""
    if session.tracker is not None:
        session.tracker.pass_by()


def _entry(kind: int, fields: tuple[str, ...]) -> bytes:
    # The one entry that is not made of length-encoded texts.
    data = fields[0].encode() if kind == STATE_CHANGE else b"".join(lenenc_bytes(to_bytes(field)) for field in fields)
    return lenenc_int(kind) + lenenc_bytes(data)
