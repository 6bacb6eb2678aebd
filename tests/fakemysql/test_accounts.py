"""Accounts: who is meant by a user and a host, what keeps them out, and what statements make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from fakemysql import Account, FakeServer
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7
from fakemysql.sql.accounts import Accounts

from .engine_client import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakemysql.persona import Persona
    from fakemysql.threaded import ThreadedServer

both = pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)


# ------------------------------------------------------------------------------------------------------------ matching


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.1.2.3", "app@10.1.2.3"),
        ("10.1.2.4", "app@10.1.2.%"),
        ("10.1.9.9", "app@10.1.%"),
        ("db.example.org", "app@%.example.org"),
        ("elsewhere", "app@%"),
        ("localhost", "@localhost"),
    ],
)
def test_the_account_whose_host_says_most_is_meant(host: str, expected: str) -> None:
    names = ["app@%", "app@10.1.%", "app@10.1.2.%", "app@10.1.2.3", "app@%.example.org", "@localhost"]
    accounts = Accounts(dict.fromkeys(names, ""), MYSQL_9_7)
    assert str(accounts.match("app", host)) == expected


def test_a_host_on_this_machine_has_two_names() -> None:
    accounts = Accounts({"app@127.0.0.1": "", "other@192.0.2.1": ""}, MYSQL_9_7)
    assert str(accounts.match("app", "localhost")) == "app@127.0.0.1"
    assert accounts.match("other", "localhost") is None


def test_an_account_is_given_by_name_or_by_name_and_host() -> None:
    accounts = Accounts({"a@h": Account("a", "1", host="h"), "b": Account("b", "2", host="h"), "c@h": "3"}, MYSQL_9_7)
    assert [accounts[name].password for name in ("a", "b", "c", "a@h", "b@h", "c@h")] == ["1", "2", "3"] * 2
    with pytest.raises(KeyError):
        accounts["a@other"]


# ---------------------------------------------------------------------------------------------------------- statements


@both
def test_accounts_are_made_changed_renamed_and_dropped(persona: Persona) -> None:
    bench = Bench(persona.name)
    client, accounts = bench.login(), bench.instance.accounts
    client.ok("CREATE USER a IDENTIFIED BY 'x', 'b'@'h' ACCOUNT LOCK PASSWORD EXPIRE")
    a, b = accounts["a"], accounts["b"]
    assert (a.password, a.is_locked, a.is_expired, b.host) == ("x", True, True, "h")
    client.ok("ALTER USER a IDENTIFIED BY 'y' ACCOUNT UNLOCK PASSWORD EXPIRE NEVER")
    assert (accounts["a"].password, accounts["a"].is_locked, accounts["a"].is_expired) == ("y", False, False)
    client.ok("ALTER USER a PASSWORD EXPIRE INTERVAL 5 DAY REQUIRE SUBJECT 'x' AND ISSUER 'y'")
    assert (accounts["a"].is_expired, accounts["a"].requires_tls) == (False, True)
    client.ok("ALTER USER a REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 3 MAX_UPDATES_PER_HOUR 9 MAX_USER_CONNECTIONS 2")
    assert (accounts["a"].requires_tls, accounts["a"].max_queries_per_hour) == (False, 3)
    client.ok("RENAME USER a TO c@localhost")
    assert accounts.get("a") is None
    assert accounts["c"].max_user_connections == 2
    assert client.failure("RENAME USER b@h TO c@localhost").code == 1396
    client.ok("DROP USER IF EXISTS c@localhost, nosuch")
    assert [account.name for account in accounts] == ["root", "spec", "b"]
    assert client.failure("DROP USER b@h, nosuch").code == 1396
    assert (accounts.get("b") is None) is bench.instance.dialect.mariadb


def test_several_accounts_are_all_made_or_none_on_mysql() -> None:
    for persona, made in ((MARIADB_10_11, True), (MYSQL_9_7, False)):
        bench = Bench(persona.name)
        assert bench.login().failure("CREATE USER root, fresh").code == 1396
        assert (bench.instance.accounts.get("fresh") is not None) is made


def test_mariadb_replaces_an_account_and_takes_a_hash() -> None:
    bench = Bench("mariadb-10.11")
    client, accounts = bench.login(), bench.instance.accounts
    client.ok("CREATE USER a IDENTIFIED VIA unix_socket USING 'whatever'")
    client.ok("CREATE OR REPLACE USER a IDENTIFIED VIA mysql_native_password USING PASSWORD('x')")
    assert accounts["a"].password == "x"
    known = "*B69027D44F6E5EDC07F1AEAD1477967B16F28227"
    client.ok(f"SET PASSWORD FOR a = '{known.lower()}'")
    assert client.rows("SHOW CREATE USER a") == [(f"CREATE USER `a`@`%` IDENTIFIED BY PASSWORD '{known}'",)]
    client.ok(f"CREATE USER b IDENTIFIED BY PASSWORD '{known}' REQUIRE SSL ACCOUNT LOCK PASSWORD EXPIRE")
    assert client.rows("SHOW CREATE USER b")[0][0].endswith("' REQUIRE SSL ACCOUNT LOCK PASSWORD EXPIRE")
    client.ok("GRANT SELECT ON *.* TO made IDENTIFIED BY 'x' REQUIRE SSL WITH GRANT OPTION MAX_USER_CONNECTIONS 5")
    assert accounts["made"].password == "x"
    client.ok("GRANT SELECT ON *.* TO made IDENTIFIED BY 'y'")
    assert accounts["made"].password == "y"
    client.ok("CREATE USER c WITH MAX_USER_CONNECTIONS 3")
    assert client.rows("SHOW CREATE USER c") == [("CREATE USER `c`@`%` WITH MAX_USER_CONNECTIONS 3",)]


@both
def test_grants_are_kept_and_shown(persona: Persona) -> None:
    bench = Bench(persona.name)
    client = bench.login()
    client.ok("CREATE USER a@localhost")
    client.ok("GRANT SELECT (x, y), INSERT ON spec.* TO a@localhost WITH GRANT OPTION")
    client.ok("GRANT ALL ON test.* TO a@localhost")
    client.ok("GRANT SELECT ON * TO a@localhost")
    user = "`a`@`localhost`"
    usage = f"GRANT USAGE ON *.* TO {user}"
    test = f"GRANT ALL PRIVILEGES ON `test`.* TO {user}"
    assert client.rows("SHOW GRANTS FOR a@localhost") == [
        (usage,),
        (f"GRANT SELECT, INSERT ON `spec`.* TO {user} WITH GRANT OPTION",),
        (test,),
    ]
    client.ok("REVOKE SELECT, INSERT ON spec.* FROM a@localhost")
    client.ok("REVOKE ALL ON test.* FROM a@localhost")
    assert test not in [line for (line,) in client.rows("SHOW GRANTS FOR a@localhost")]
    client.ok("REVOKE ALL PRIVILEGES, GRANT OPTION FROM a@localhost")
    assert client.rows("SHOW GRANTS FOR a@localhost") == [(usage,)]
    client.ok("CREATE ROLE r")
    client.ok("GRANT r TO a@localhost")
    assert len(client.rows("SHOW GRANTS FOR a@localhost")) == 2
    client.ok("REVOKE r FROM a@localhost")
    client.ok("DROP ROLE r")
    assert client.failure("GRANT r TO a@localhost").code in (1959, 3523)


def test_who_has_everything_is_an_admin() -> None:
    bench = Bench()
    client, accounts = bench.login(), bench.instance.accounts
    client.ok("CREATE USER a")
    assert not accounts.is_admin(accounts["a"])
    client.ok("GRANT ALL ON *.* TO a")
    assert accounts.is_admin(accounts["a"])
    assert not accounts.is_admin(accounts["root"])


# --------------------------------------------------------------------------------------------------------- over a wire

USERS: dict[str, str | Account] = {
    "app": "s3cret",
    "locked": Account("locked", "x", is_locked=True),
    "old": Account("old", "x", is_expired=True),
    "two": Account("two", max_user_connections=2),
    "few": Account("few", max_queries_per_hour=3),
    "rare": Account("rare", max_connections_per_hour=1),
    "safe": Account("safe", requires_tls=True),
    "boss": Account("boss", is_admin=True),
}


@pytest.fixture(params=["mariadb-10.11", "mysql-9.7"])
def server(request: pytest.FixtureRequest) -> Iterator[ThreadedServer]:
    with FakeServer(persona=request.param, users=USERS) as running:
        yield running


def dial(server: ThreadedServer, user: str, password: str = "", **options: Any) -> Any:
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": user, "password": password}
    return pymysql.connect(**(settings | {"autocommit": None} | options))


def refusal(server: ThreadedServer, user: str, password: str = "", **options: Any) -> tuple[int, str]:
    with pytest.raises(pymysql.err.MySQLError) as caught:
        dial(server, user, password, **options)
    code, text = caught.value.args
    return code, text


def answer(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def failure(connection: Any, statement: str) -> tuple[int, str]:
    with pytest.raises(pymysql.err.MySQLError) as caught:
        answer(connection, statement)
    code, text = caught.value.args
    return code, text


def is_mariadb(server: ThreadedServer) -> bool:
    return "mariadb" in server.server.persona.name


def test_a_locked_account_is_refused_once_it_has_proved_its_password(server: ThreadedServer) -> None:
    assert refusal(server, "locked", "wrong")[0] == 1045
    mysql = (3118, "Access denied for user 'locked'@'localhost'. Account is locked.")
    mariadb = (4151, "Access denied, this account is locked")
    assert refusal(server, "locked", "x") == (mariadb if is_mariadb(server) else mysql)


def test_an_expired_password_has_to_be_changed(server: ThreadedServer) -> None:
    if not is_mariadb(server):
        text = "Your password has expired. To log in you must change it using a client that supports expired passwords."
        assert refusal(server, "old", "x") == (1862, text)
        # This client says SET NAMES before a test can say anything, and is answered already.
        assert refusal(server, "old", "x", client_flag=1 << 22)[0] == 1820
        return
    connection = dial(server, "old", "x")
    assert failure(connection, "SELECT 1") == (1820, "You must SET PASSWORD before executing this statement")
    answer(connection, "SET @a = 1")
    answer(connection, "SET PASSWORD = PASSWORD('new')")
    assert answer(connection, "SELECT CURRENT_USER()") == (("old@%",),)
    dial(server, "old", "new").close()
    connection.close()


def test_an_account_has_no_more_connections_than_it_may(server: ThreadedServer) -> None:
    held = [dial(server, "two") for _ in range(2)]
    text = "User 'two' has exceeded the 'max_user_connections' resource (current value: 2)"
    assert refusal(server, "two") == (1226, text)
    for connection in held:
        connection.close()


def test_an_account_asks_no_more_in_an_hour_than_it_may(server: ThreadedServer) -> None:
    connection = dial(server, "few")  # which says SET NAMES
    answer(connection, "SELECT 1")
    answer(connection, "SELECT 2")
    resource = "max_queries_per_hour" if is_mariadb(server) else "max_questions"
    text = f"User 'few' has exceeded the '{resource}' resource (current value: 3)"
    assert failure(connection, "SELECT 3") == (1226, text)
    root = dial(server, "root")
    answer(root, "FLUSH USER_RESOURCES")
    answer(connection, "SELECT 3")
    dial(server, "rare").close()
    assert refusal(server, "rare")[0] == 1226
    for each in (root, connection):
        each.close()


def test_the_last_connection_is_an_admins(server: ThreadedServer) -> None:
    root = dial(server, "root")
    server.server.instance.globals = {**server.server.instance.globals, "max_connections": 1}
    assert refusal(server, "app", "s3cret") == (1040, "Too many connections")
    boss = dial(server, "boss")
    assert refusal(server, "boss") == (1040, "Too many connections")
    assert answer(boss, "SHOW STATUS LIKE 'Connection_errors_max%'")[0][1] == "2"
    for connection in (root, boss):
        connection.close()


def test_the_server_limits_what_each_account_has(server: ThreadedServer) -> None:
    server.server.instance.globals = {**server.server.instance.globals, "max_user_connections": 1}
    held = [dial(server, "app", "s3cret"), dial(server, "boss"), dial(server, "boss")]
    text = "User app already has more than 'max_user_connections' active connections"
    assert refusal(server, "app", "s3cret") == (1203, text)
    for connection in held:
        connection.close()


def test_an_account_may_demand_tls(server: ThreadedServer) -> None:
    text = "Access denied for user 'safe'@'localhost' (using password: NO)"
    assert refusal(server, "safe", ssl_disabled=True) == (1045, text)


def test_an_account_of_a_statement_logs_in(server: ThreadedServer) -> None:
    root = dial(server, "root")
    answer(root, "CREATE USER fresh@localhost IDENTIFIED BY 'pw'")
    connection = dial(server, "fresh", "pw")
    assert answer(connection, "SELECT CURRENT_USER(), USER()") == (("fresh@localhost", "fresh@localhost"),)
    set_password = "SET PASSWORD = PASSWORD('n')" if is_mariadb(server) else "SET PASSWORD = 'n'"
    answer(connection, set_password)
    again = dial(server, "fresh", "n")
    for each in (root, connection, again):
        each.close()


def test_a_password_known_by_its_hash_alone_is_proved() -> None:
    account = Account("a", plugin="mysql_native_password", native_hash="*B69027D44F6E5EDC07F1AEAD1477967B16F28227")
    with FakeServer(users={"a": account}) as server:
        dial(server, "a", "x").close()
        assert refusal(server, "a", "y")[0] == refusal(server, "a")[0] == 1045


def test_a_session_shows_its_cipher() -> None:
    with FakeServer(tls=True) as server:
        connection = dial(server, "root", ssl={"check_hostname": False})
        assert answer(connection, "SHOW STATUS LIKE 'Ssl_version'")[0][1].startswith("TLSv1")
        assert answer(connection, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1]
        connection.close()
        plain = dial(server, "root", ssl_disabled=True)
        assert answer(plain, "SHOW STATUS LIKE 'Ssl_cipher'") == (("Ssl_cipher", ""),)
        plain.close()


def test_a_limit_is_the_accounts_and_not_the_names() -> None:
    here = Account("a", host="localhost", max_user_connections=1)
    with FakeServer(users={"a@localhost": here, "a@elsewhere": replace(here, host="elsewhere")}) as server:
        connection = dial(server, "a")
        assert refusal(server, "a")[0] == 1226
        connection.close()


@pytest.mark.parametrize(("persona", "has_it"), [("mysql-8.0", True), ("mysql-8.4", False), ("mysql-9.7", False)])
def test_mysql_has_lost_a_plugin_on_its_way(persona: str, has_it: bool) -> None:
    client = Bench(persona).login()
    statement = "CREATE USER a IDENTIFIED WITH mysql_native_password BY 'x'"
    if has_it:
        client.ok(statement)
    else:
        assert client.failure(statement).code == 1524
    assert client.ok("FLUSH PRIVILEGES").warnings == (persona == "mysql-9.7")
    assert client.value("VERSION()").startswith(persona.removeprefix("mysql-"))
    assert client.value("1 /*!80100 + 1 */") == (1 if has_it else 2)


@both
def test_seldom_clauses_are_read(persona: Persona) -> None:
    """Each by both servers or by one, whose alone it is."""
    bench = Bench(persona.name)
    client, mariadb = bench.login(), bench.instance.dialect.mariadb
    client.ok("CREATE USER a IDENTIFIED BY 'x' WITH MAX_QUERIES_PER_HOUR 1 ACCOUNT UNLOCK")
    client.ok("ALTER USER CURRENT_USER() ACCOUNT UNLOCK")
    assert client.failure("CREATE USER b IDENTIFIED x").code == 1064
    assert client.failure("CREATE USER b IDENTIFIED BY x").code == 1064
    assert client.failure("CREATE USER b NOSUCH").code == 1064
    assert client.failure("CREATE USER 5").code == 1064
    assert client.failure("SET PASSWORD FOR a 'x'").code == 1064
    client.ok("CREATE ROLE IF NOT EXISTS r")
    assert client.ok("CREATE ROLE IF NOT EXISTS r").warnings == 1
    assert client.ok("DROP ROLE IF EXISTS nosuch").warnings == 1
    assert client.failure("SET ROLE nosuch").code == (1959 if mariadb else 3530)
    if mariadb:
        client.ok("CREATE ROLE s WITH ADMIN CURRENT_USER")
        client.ok("SET DEFAULT ROLE NONE FOR a")
    else:
        client.ok("CREATE USER c IDENTIFIED BY 'x' COMMENT 'kept by nobody' PASSWORD HISTORY 5")
        client.ok("SET DEFAULT ROLE NONE TO a")
        client.ok("SET PASSWORD = 'y' REPLACE 'x' RETAIN CURRENT PASSWORD")
        assert client.failure("SET PASSWORD TO RANDOM").code == 1235
