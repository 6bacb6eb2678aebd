"""CREATE TABLE ... SELECT where recorded dialogues do not go: joins, long texts, keys, moments, what is left."""

from __future__ import annotations

import pytest

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def client(request: pytest.FixtureRequest) -> Client:
    return Bench(request.param).login()


def columns(client: Client, table: str) -> dict[str, tuple[str, str]]:
    """Each column's type and nullability."""
    return {name: (kind, nullable) for name, kind, nullable, *_ in client.rows(f"SHOW COLUMNS FROM {table}")}


def test_sides_of_a_join_keep_their_types_and_what_may_be_missing_is_nullable(client: Client) -> None:
    client.ok("CREATE TABLE a (id INT NOT NULL, name CHAR(3) NOT NULL)")
    client.ok("CREATE TABLE b (id INT NOT NULL, v ENUM('x') NOT NULL)")
    client.ok("INSERT INTO a VALUES (1, 'one')")
    client.ok("CREATE TABLE l SELECT a.name, b.v, a.id + 1 AS n FROM a LEFT JOIN b ON a.id = b.id")
    client.ok("CREATE TABLE r SELECT a.name, b.v FROM b RIGHT JOIN a USING (id)")
    for table in ("l", "r"):
        found = columns(client, table)
        assert (found["name"], found["v"]) == (("char(3)", "NO"), ("enum('x')", "YES"))
        assert client.rows(f"SELECT name, v FROM {table}") == [("one", None)]


def test_what_is_computed_has_a_type_of_its_own(client: Client) -> None:
    client.ok(
        "CREATE TABLE t AS SELECT d.*, CURTIME() AS tm, CURDATE() AS dt, REPEAT('x', 600) AS s, UNHEX('41') AS b"
        " FROM (SELECT 1.5 AS n) AS d"
    )
    found = columns(client, "t")
    assert found["n"][0] == "decimal(2,1)"
    assert (found["tm"][0], found["dt"][0]) == ("time", "date")
    assert found["s"][0] in ("text", "mediumtext", "varchar(600)")
    assert found["b"][0].startswith("varbinary(")


def test_keys_and_counters_are_those_that_are_declared(client: Client) -> None:
    client.ok("CREATE TABLE s (v INT)")
    client.ok("INSERT INTO s VALUES (5), (6)")
    client.ok("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, KEY k (v)) SELECT v FROM s")
    assert client.rows("SELECT id, v FROM t") == [(1, 5), (2, 6)]
    client.ok("INSERT INTO t (v) VALUES (7)")
    assert client.value("LAST_INSERT_ID()") == 3


def test_a_temporary_table_is_not_left_behind_by_a_row_that_does_not_fit(client: Client) -> None:
    client.ok("BEGIN")
    assert client.failure("CREATE TEMPORARY TABLE t (a TINYINT) SELECT 1000 AS a").code == 1264
    assert client.failure("SELECT * FROM t").code == 1146
    client.ok("CREATE TEMPORARY TABLE t SELECT 1 AS a")
    assert client.session.transaction.is_open


def test_what_others_refer_to_is_not_replaced() -> None:
    client = Bench("mariadb-10.11").login()
    client.ok("CREATE TABLE p (id INT PRIMARY KEY)")
    client.ok("CREATE TABLE c (id INT REFERENCES p (id))")
    assert client.failure("CREATE OR REPLACE TABLE p (id INT)").code == 1451
    client.ok("CREATE OR REPLACE TABLE c SELECT 1 AS one")
    client.ok("CREATE OR REPLACE TABLE p (id INT)")
