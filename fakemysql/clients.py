"""Connection settings in each client's own words: the keywords of its ``connect()``, and its URL.

Every Python client spells the same five things differently (``db``, ``database``, ``passwd``, ``ssl_ca``, ...), and a
test that runs with several of them wants the server to know the spelling. This module knows the spellings and nothing
of servers; it imports no client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect and as whom. host is None for a unix socket; ca is the file to check the certificate by."""

    host: str | None
    port: int
    unix_socket: str | None
    user: str
    password: str
    database: str
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """One client's spelling: its name in SQLAlchemy URLs, its keywords, and how it is told of TLS."""

    scheme: str
    password: str
    database: str
    tls: Callable[[str], dict[str, Any]]

    def connect_kwargs(self, target: Target) -> dict[str, Any]:
        """The keywords of this client's ``connect()``."""
        settings: dict[str, Any] = {"user": target.user, self.password: target.password, self.database: target.database}
        if target.host is None:
            settings["unix_socket"] = target.unix_socket
        else:
            settings |= {"host": target.host, "port": target.port}
        if target.ca is not None:
            settings |= self.tls(target.ca)
        return settings


def _ssl_context(ca: str) -> dict[str, Any]:
    import ssl

    return {"ssl": ssl.create_default_context(cafile=ca)}


def _pymysql_tls(ca: str) -> dict[str, Any]:
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _mysqlclient_tls(ca: str) -> dict[str, Any]:
    return {"ssl": {"ca": ca}}


def _connector_tls(ca: str) -> dict[str, Any]:
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _mariadb_tls(ca: str) -> dict[str, Any]:
    return {"ssl": True, "ssl_ca": ca, "ssl_verify_cert": True}


CLIENTS: Final[dict[str, Client]] = {
    "pymysql": Client("mysql+pymysql", "password", "database", _pymysql_tls),
    "aiomysql": Client("mysql+aiomysql", "password", "db", _ssl_context),
    "asyncmy": Client("mysql+asyncmy", "password", "db", _ssl_context),
    "mysqlclient": Client("mysql+mysqldb", "password", "database", _mysqlclient_tls),
    "mysql-connector-python": Client("mysql+mysqlconnector", "password", "database", _connector_tls),
    "mariadb": Client("mariadb+mariadbconnector", "password", "database", _mariadb_tls),
}
"""By the name under which the client is installed."""

_ALIASES: Final = {
    "MySQLdb": "mysqlclient",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
    "mysql.connector": "mysql-connector-python",
    "mysql-connector": "mysql-connector-python",
    "mariadbconnector": "mariadb",
}


def client_named(name: str) -> Client:
    """The client of that name, as it is installed or imported; ValueError lists the names there are."""
    try:
        return CLIENTS[_ALIASES.get(name, name)]
    except KeyError:
        known = ", ".join(sorted(CLIENTS))
        raise ValueError(f"no settings are known for the client {name!r}; there are {known}") from None


class ServerUrl(str):
    """A server's URL, ``mysql://root:@127.0.0.1:PORT/test``; called with a client's name, the one for that client.

    ``server.url("pymysql")`` is ``mysql+pymysql://...``, as SQLAlchemy reads it.
    """

    __slots__ = ("_target",)
    _target: Target

    def __new__(cls, target: Target) -> ServerUrl:
        self = super().__new__(cls, _url("mysql", target))
        self._target = target
        return self

    def __call__(self, client: str) -> str:
        """The URL for one of :data:`CLIENTS`."""
        return _url(client_named(client).scheme, self._target)


def _url(scheme: str, target: Target) -> str:
    account = f"{quote(target.user, safe='')}:{quote(target.password, safe='')}"
    host = "localhost" if target.host is None else f"[{target.host}]" if ":" in target.host else target.host
    place = host if target.host is None else f"{host}:{target.port}"
    query = f"?{urlencode({'unix_socket': target.unix_socket})}" if target.host is None else ""
    return f"{scheme}://{account}@{place}/{quote(target.database, safe='')}{query}"
