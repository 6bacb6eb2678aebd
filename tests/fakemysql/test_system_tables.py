"""The server's own tables and seldom SHOWs: their lines are what is true, and what would be invented is refused."""

from __future__ import annotations

import pytest

from .engine_client import Bench

MARIADB, MYSQL = "mariadb-10.11", "mysql-9.7"
both = pytest.mark.parametrize("persona", [MARIADB, MYSQL])


@both
def test_variables_and_counters_can_be_selected(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET autocommit = 0")
    schema = "information_schema" if persona == MARIADB else "performance_schema"
    for scope, expected in (("session", "OFF"), ("global", "ON")):
        table = f"{schema}.{scope}_variables"
        assert client.rows(f"SELECT variable_value FROM {table} WHERE variable_name = 'autocommit'") == [(expected,)]
    rows = client.rows(f"SELECT variable_value FROM {schema}.global_status WHERE variable_name = 'threads_connected'")
    assert rows == [("1",)]


@both
def test_keys_of_stored_tables_are_constraints(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT PRIMARY KEY, b INT, c INT, UNIQUE KEY u (b, c), KEY k (c))")
    constraints = "SELECT constraint_name, constraint_type FROM information_schema.table_constraints ORDER BY 1"
    assert client.rows(constraints) == [("PRIMARY", "PRIMARY KEY"), ("u", "UNIQUE")]
    columns = "SELECT constraint_name, column_name, ordinal_position FROM information_schema.key_column_usage"
    assert client.rows(columns) == [("PRIMARY", "a", 1), ("u", "b", 1), ("u", "c", 2)]


@both
def test_accounts_are_lines_of_mysql_user(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE USER a@h IDENTIFIED BY 'x' PASSWORD EXPIRE")
    rows = client.rows("SELECT host, password_expired, authentication_string FROM mysql.user WHERE user = 'a'")
    known = "*B69027D44F6E5EDC07F1AEAD1477967B16F28227" if persona == MARIADB else ""
    assert rows == [("h", "Y", known)]


def test_the_attributes_of_a_connection_are_told_by_mysql() -> None:
    client = Bench(MYSQL).login(attributes={"_client_name": "mine"})
    query = "SELECT attr_name, attr_value FROM performance_schema.session_connect_attrs"
    assert client.rows(query) == [("_client_name", "mine")]
    assert Bench(MARIADB).login(attributes={"a": "b"}).rows(query) == []


@both
def test_roles_are_enabled_when_they_are_set(persona: str) -> None:
    client = Bench(persona).login()
    for statement in ("CREATE ROLE r", "GRANT r TO spec", "SET ROLE r"):
        client.ok(statement)
    assert client.rows("SELECT role_name FROM information_schema.enabled_roles") == [("r",)]
    assert client.value("CURRENT_ROLE()") == ("r" if persona == MARIADB else "`r`@`%`")
    assert len(client.rows("SHOW GRANTS")) >= 2


@both
def test_what_would_be_invented_is_not_answered(persona: str) -> None:
    client = Bench(persona).login()
    assert client.failure("SELECT * FROM information_schema.innodb_trx").code == 1235
    assert client.failure("SELECT * FROM information_schema.nosuch").code == 1109
    assert client.failure("SELECT * FROM mysql.nosuch").code == 1146
    assert client.failure("SHOW PROCEDURE CODE x").code == 1235


@both
def test_lists_that_never_change(persona: str) -> None:
    client = Bench(persona).login()
    assert ("InnoDB", "DEFAULT") in [row[:2] for row in client.rows("SHOW STORAGE ENGINES")]
    plugins = {row[0] for row in client.rows("SHOW PLUGINS")}
    assert {"InnoDB", "mysql_native_password" if persona == MARIADB else "caching_sha2_password"} <= plugins
    assert len(client.rows("SHOW PRIVILEGES")) > 30
    assert client.rows("SHOW ENGINE INNODB STATUS")[0][0] == "InnoDB"
    assert client.rows("SHOW EVENTS FROM test WHERE Name = 'x'") == []
    assert client.failure("SHOW TRIGGERS FROM nosuch").code == 1049
    assert client.failure("SHOW EVENTS x").code == 1064
    assert client.failure("SHOW BINARY LOGS").code == client.failure("SHOW MASTER LOGS").code == 1381
