"""Connection settings in each client's words."""

from __future__ import annotations

import gc
import inspect
import ssl

import aiomysql
import asyncmy
import pymysql
import pytest

from fakemysql.clients import CLIENTS, FRAMEWORKS, ServerUrl, Target, client_named
from fakemysql.tls import CERTIFICATE_PATH
from tests.clients import settings

TARGET = Target("127.0.0.1", 3307, None, "ann", "p@ss/word", "test")
ON_SOCKET = Target(None, 0, "/tmp/x y.sock", "root", "", "test")


def test_a_url_is_a_string_and_knows_the_other_spellings() -> None:
    url = ServerUrl(TARGET)
    assert url == "mysql://ann:p%40ss%2Fword@127.0.0.1:3307/test"
    assert url("pymysql") == "mysql+pymysql://ann:p%40ss%2Fword@127.0.0.1:3307/test"
    assert [url(name).partition(":")[0] for name in CLIENTS] == [
        "mysql+pymysql",
        "mysql+aiomysql",
        "mysql+asyncmy",
        "mysql+aiomysql",
        "mysql+mysqldb",
        "mysql+mysqlconnector",
        "mysql+mysqlconnector",
        "mariadb+mariadbconnector",
    ]


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert ServerUrl(Target("::1", 3307, None, "root", "", "test")) == "mysql://root:@[::1]:3307/test"


def test_a_unix_socket_stands_in_the_query() -> None:
    assert ServerUrl(ON_SOCKET) == "mysql://root:@localhost/test?unix_socket=%2Ftmp%2Fx+y.sock"
    assert client_named("pymysql").connect_kwargs(ON_SOCKET) == {
        "user": "root",
        "password": "",
        "database": "test",
        "unix_socket": "/tmp/x y.sock",
    }


def test_each_client_is_told_in_its_own_words() -> None:
    assert client_named("aiomysql").connect_kwargs(TARGET) == {
        "host": "127.0.0.1",
        "port": 3307,
        "user": "ann",
        "password": "p@ss/word",
        "db": "test",
    }
    assert client_named("MySQLdb") is CLIENTS["mysqlclient"]


@pytest.mark.parametrize(
    ("name", "connect"),
    [("pymysql", pymysql.connections.Connection), ("aiomysql", aiomysql.Connection), ("asyncmy", asyncmy.connect)],
)
@pytest.mark.parametrize("target", [TARGET, ON_SOCKET])
def test_the_words_are_parameters_of_the_client(name: str, connect: object, target: Target) -> None:
    with_tls = Target(
        target.host,
        target.port,
        target.unix_socket,
        target.user,
        target.password,
        target.database,
        str(CERTIFICATE_PATH),
    )
    settings = CLIENTS[name].connect_kwargs(with_tls)
    try:
        parameters = inspect.signature(connect).parameters  # type: ignore[arg-type]
    except ValueError:
        pytest.skip(f"{name} is compiled and tells nobody its parameters")
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        assert settings.keys() <= parameters.keys()


def test_tls_is_verified_against_the_servers_certificate() -> None:
    target = Target("127.0.0.1", 1, None, "root", "", "test", str(CERTIFICATE_PATH))
    context = client_named("aiomysql").connect_kwargs(target)["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert client_named("pymysql").connect_kwargs(target)["ssl_ca"] == str(CERTIFICATE_PATH)
    for name in CLIENTS:
        assert any("ssl" in word for word in client_named(name).connect_kwargs(target))


def test_an_unknown_client_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'psycopg'; there are aiomysql, asyncmy, django, mariadb, mysql-connector-"):
        client_named("psycopg")


WITH_TLS = Target("127.0.0.1", 3307, None, "ann", "p@ss/word", "test", "/ca.pem")


def test_sqlalchemy_is_told_a_url_and_the_drivers_arguments() -> None:
    """``create_engine(**kwargs)``: a URL has no place for every driver's TLS."""
    plain = client_named("sqlalchemy+mysqldb").connect_kwargs(TARGET)
    assert plain == {"url": "mysql+mysqldb://ann:p%40ss%2Fword@127.0.0.1:3307/test", "connect_args": {}}
    secure = client_named("sqlalchemy+mariadbconnector").connect_kwargs(WITH_TLS)
    assert secure["url"].startswith("mariadb+mariadbconnector://")
    assert secure["connect_args"] == {"ssl": True, "ssl_ca": "/ca.pem", "ssl_verify_cert": True}
    assert ServerUrl(TARGET)("sqlalchemy+pymysql") == ServerUrl(TARGET)("pymysql")


def test_django_is_told_an_entry_of_its_databases() -> None:
    assert client_named("django").connect_kwargs(WITH_TLS) == {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "test",
        "USER": "ann",
        "PASSWORD": "p@ss/word",
        "HOST": "127.0.0.1",
        "PORT": 3307,
        "OPTIONS": {"ssl": {"ca": "/ca.pem"}},
    }
    assert client_named("django").connect_kwargs(ON_SOCKET)["HOST"] == "/tmp/x y.sock"


def test_every_framework_stands_on_a_client_that_there_is() -> None:
    assert {framework.driver for framework in FRAMEWORKS.values()} <= CLIENTS.keys()


# asyncmy leaves its socket to the garbage collector, who is to find it here and not in some other test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["pymysql", "aiomysql", "asyncmy", "refpool"])
def test_a_client_connects_with_what_it_is_told(name: str) -> None:
    """Over TCP, over TLS with the certificate verified, over a unix socket; ``make clients`` asks the others."""
    complaints = settings.complaints(name)
    gc.collect()
    assert complaints == []
