"""One client's session as the server sees it: who, where, which settings, which transaction.

A session knows nothing of sockets and of other sessions; the instance holds those. Whoever drives the engine reads
``status`` and ``wait_timeout`` here, and says through :meth:`Session.begin_command` what the connection is doing, which
is what PROCESSLIST shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Login:
    """What a client told when it logged in, after authentication.

    database is "" for none; collation is the id of the handshake response; capabilities are the effective ones, of both
    sides; client_host is the host as in USER() and PROCESSLIST ("localhost").
    """

    connection_id: int
    user: str
    client_host: str = "localhost"
    client_port: int | None = None
    database: str = ""
    collation: int = 45
    capabilities: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)


class SessionRefused(Exception):
    """The login is refused after authentication, with these fields of an ERR packet."""

    def __init__(self, code: int, sqlstate: str, message: str) -> None:
        super().__init__(code, sqlstate, message)
        self.code = code
        self.sqlstate = sqlstate
        self.message = message


class Session:
    """The state of one connection."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.connection_id = login.connection_id
        self.status = 0x0002
        self.wait_timeout = 28800.0
        self.command = "Sleep"
        self.state = ""
        self.state_since = 0.0
        self.info: str | None = None
