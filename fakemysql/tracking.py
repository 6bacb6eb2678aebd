"""What an OK tells a client that follows the session's state: variables that were set, the database that was chosen.

A client that agreed to CLIENT_SESSION_TRACK reads its own state from these packets: MariaDB's libraries take the
character set and the current database from them, so that without them such a client encodes its text as the greeting
says, whatever it has set since.

Told is what was assigned, whether or not it changed. session_track_schema and session_track_system_variables decide
what is told, with the defaults of both servers. Transactions, GTIDs and session_track_state_change are not told of.

This module knows a session and the bytes; when an OK is due is the conversation's matter. Loaded with the first client
that follows.

Source: MySQL manual, "OK_Packet", session state information; the order of variables as MariaDB 10.11.19 and MySQL
9.7.4 were seen to have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .fields import lenenc_bytes, lenenc_int
from .packets import to_bytes

if TYPE_CHECKING:
    from .sql.session import Session

_SYSTEM_VARIABLES: Final = 0
_SCHEMA: Final = 1
# MySQL goes by the alphabet; MariaDB has an order of its own, and tells other variables behind these.
_MARIADB_ORDER: Final = (
    "autocommit",
    "character_set_connection",
    "character_set_client",
    "time_zone",
    "character_set_results",
)


def tell(session: Session) -> bytes | None:
    """The session state information of the OK that is due, None for none; the session has then nothing left to tell."""
    if not session.assigned and not session.database_is_news:
        return None
    told = b"".join(_variables(session))
    if session.database_is_news and session.setting("session_track_schema") == "ON":
        told += _entry(_SCHEMA, lenenc_bytes(to_bytes(session.database)))
    session.forget_news()
    return told or None


def _variables(session: Session) -> list[bytes]:
    followed = {
        name.strip().lower() for name in str(session.setting("session_track_system_variables") or "").split(",")
    }
    names = [name for name in session.assigned if name in followed or "*" in followed]
    names.sort(key=_place if session.instance.dialect.mariadb else str)
    entries = []
    for name in names:
        definition = session.instance.definitions[name]
        value = definition.to_text(session.instance.reader(definition, "")(session)) or ""
        entries.append(_entry(_SYSTEM_VARIABLES, lenenc_bytes(name.encode()) + lenenc_bytes(to_bytes(value))))
    return entries


def _place(name: str) -> tuple[int, str]:
    return (_MARIADB_ORDER.index(name) if name in _MARIADB_ORDER else len(_MARIADB_ORDER), name)


def _entry(kind: int, data: bytes) -> bytes:
    return lenenc_int(kind) + lenenc_bytes(data)
