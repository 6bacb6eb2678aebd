"""Connection settings in each client's own words: the keywords of its ``connect()``, and its URL.

Every Python client spells the same five things differently (``db``, ``database``, ``passwd``, ``ssl_ca``, ...), and a
test that runs with several of them wants the server to know the spelling. This module knows the spellings and nothing
of servers; it imports no client. Frameworks that stand on a client (SQLAlchemy, Django, peewee) are told by
:data:`FRAMEWORKS`, in the shape that each wants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    without_tls: dict[str, Any] = field(default_factory=dict)

    def connect_kwargs(self, target: Target) -> dict[str, Any]:
        """The keywords of this client's ``connect()``."""
        settings: dict[str, Any] = {"user": target.user, self.password: target.password, self.database: target.database}
        if target.host is None:
            settings["unix_socket"] = target.unix_socket
        else:
            settings |= {"host": target.host, "port": target.port}
        return settings | (self.without_tls if target.ca is None else self.tls(target.ca))


def _ssl_context(ca: str) -> dict[str, Any]:
    import ssl

    return {"ssl": ssl.create_default_context(cafile=ca)}


def _pymysql_tls(ca: str) -> dict[str, Any]:
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _mysqlclient_tls(ca: str) -> dict[str, Any]:
    return {"ssl": {"ca": ca}}


def _connector_tls(ca: str) -> dict[str, Any]:
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _connector_aio_tls(ca: str) -> dict[str, Any]:
    from .tls import KEY_PATH

    # It takes a CA together with a certificate of the client alone; the server does not ask for one.
    return _connector_tls(ca) | {"ssl_cert": ca, "ssl_key": str(KEY_PATH)}


def _mariadb_tls(ca: str) -> dict[str, Any]:
    return {"ssl": True, "ssl_ca": ca, "ssl_verify_cert": True}


@dataclass(frozen=True, slots=True)
class Framework:
    """What stands on one of the clients and takes its settings in a shape of its own."""

    driver: str
    shape: Callable[[Target, Client], dict[str, Any]]

    @property
    def scheme(self) -> str:
        return CLIENTS[self.driver].scheme

    def connect_kwargs(self, target: Target) -> dict[str, Any]:
        """What the framework is told; see :data:`FRAMEWORKS`."""
        return self.shape(target, CLIENTS[self.driver])


def _sqlalchemy(target: Target, client: Client) -> dict[str, Any]:
    # Not every driver's TLS fits into a URL, and the arguments of connect() always do.
    arguments = {} if target.ca is None else client.tls(target.ca)
    return {"url": _url(client.scheme, target), "connect_args": arguments}


def _django(target: Target, client: Client) -> dict[str, Any]:
    place = {"HOST": target.unix_socket} if target.host is None else {"HOST": target.host, "PORT": target.port}
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": target.database,
        "USER": target.user,
        "PASSWORD": target.password,
        **place,
        "OPTIONS": {} if target.ca is None else client.tls(target.ca),
    }


CLIENTS: Final[dict[str, Client]] = {
    "pymysql": Client("mysql+pymysql", "password", "database", _pymysql_tls),
    "aiomysql": Client("mysql+aiomysql", "password", "db", _ssl_context),
    "asyncmy": Client("mysql+asyncmy", "password", "db", _ssl_context),
    "refpool": Client("mysql+aiomysql", "password", "db", _ssl_context),
    "mysqlclient": Client("mysql+mysqldb", "password", "database", _mysqlclient_tls),
    "mysql-connector-python": Client("mysql+mysqlconnector", "password", "database", _connector_tls),
    # Without TLS it must be told so: it stumbles over a server that does not offer any.
    "mysql.connector.aio": Client(
        "mysql+mysqlconnector", "password", "database", _connector_aio_tls, {"ssl_disabled": True}
    ),
    "mariadb": Client("mariadb+mariadbconnector", "password", "database", _mariadb_tls),
}
"""By the name under which the client is installed."""

FRAMEWORKS: Final[dict[str, Framework]] = {
    **{
        f"sqlalchemy+{client.scheme.partition('+')[2]}": Framework(name, _sqlalchemy)
        for name, client in CLIENTS.items()
        if name not in ("refpool", "mysql.connector.aio")
    },
    "django": Framework("mysqlclient", _django),
    "peewee": Framework("pymysql", lambda target, client: client.connect_kwargs(target)),
}
"""``create_engine(**kwargs)``, or ``create_async_engine``, for ``sqlalchemy+DRIVER``; an entry of ``DATABASES`` for
django; ``MySQLDatabase(**kwargs)`` for peewee."""

_ALIASES: Final = {
    "MySQLdb": "mysqlclient",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
    "mysql.connector": "mysql-connector-python",
    "mysql-connector": "mysql-connector-python",
    "mariadbconnector": "mariadb",
}


def client_named(name: str) -> Client | Framework:
    """The client of that name, as it is installed or imported; ValueError lists the names there are."""
    found = CLIENTS.get(_ALIASES.get(name, name)) or FRAMEWORKS.get(name)
    if found is None:
        known = ", ".join(sorted([*CLIENTS, *FRAMEWORKS]))
        raise ValueError(f"no settings are known for the client {name!r}; there are {known}")
    return found


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
        """The URL for one of :data:`CLIENTS`, as SQLAlchemy reads it; of TLS it says nothing."""
        return _url(client_named(client).scheme, self._target)


def _url(scheme: str, target: Target) -> str:
    account = f"{quote(target.user, safe='')}:{quote(target.password, safe='')}"
    host = "localhost" if target.host is None else f"[{target.host}]" if ":" in target.host else target.host
    place = host if target.host is None else f"{host}:{target.port}"
    query = f"?{urlencode({'unix_socket': target.unix_socket})}" if target.host is None else ""
    return f"{scheme}://{account}@{place}/{quote(target.database, safe='')}{query}"
