"""Stored tables at the engine: plans that are kept, versions that are dropped, what a session leaves behind."""

from __future__ import annotations

import pymysql
import pytest

from fakemysql import Account, FakeServer
from fakemysql.persona import PERSONAS
from fakemysql.sql.accounts import Accounts
from fakemysql.transcript import TransactionEnded

from . import golden
from .engine_client import Bench

both = pytest.mark.parametrize("persona", golden.PERSONAS)


@both
def test_a_kept_plan_ends_with_the_definitions_that_it_was_made_for(persona: str) -> None:
    bench = Bench(persona)
    client, other = bench.login(), bench.login(database="test")
    question = "SELECT * FROM t"
    client.ok("CREATE TABLE t (a INT)")
    client.ok("INSERT INTO t VALUES (1)")
    assert client.rows(question) == client.rows(question) == [(1,)]
    assert other.failure(question).code == 1146
    client.ok("CREATE TEMPORARY TABLE t (a INT, b INT)")
    client.ok("INSERT INTO t VALUES (2, 3)")
    assert client.rows(question) == [(2, 3)]
    client.ok("DROP TABLE t")
    assert client.rows(question) == [(1,)]
    client.ok("DROP TABLE t")
    assert client.failure(question).code == 1146
    client.ok("CREATE TABLE t (v VARCHAR(3))")
    client.ok("INSERT INTO t VALUES ('x')")
    assert client.rows(question) == [("x",)]


@both
def test_versions_that_nobody_can_see_are_dropped(persona: str) -> None:
    """A snapshot keeps what it may still read, and nothing is kept once it is gone."""
    bench = Bench(persona)
    writer, reader = bench.login(), bench.login()
    writer.ok("CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE)")
    writer.ok("INSERT INTO t VALUES (1, 1), (2, 2)")
    reader.ok("BEGIN")
    assert len(reader.rows("SELECT * FROM t")) == 2
    writer.ok("UPDATE t SET b = 5 WHERE a = 1")
    writer.ok("DELETE FROM t WHERE a = 2")
    store = bench.instance.tables
    assert store is not None
    table = store.table("spec", "t")
    assert table is not None
    assert len(table.entries) == 2
    assert sorted(reader.rows("SELECT * FROM t")) == [(1, 1), (2, 2)]
    reader.ok("COMMIT")
    writer.ok("INSERT INTO t VALUES (3, 1)")
    assert sorted(table.entries) == [1, 3]
    assert all(entry.version is not None and entry.version.older is None for entry in table.entries.values())
    assert sorted(reader.rows("SELECT * FROM t")) == [(1, 5), (3, 1)]


@both
def test_a_session_that_ends_takes_its_rows_and_locks_along(persona: str) -> None:
    bench = Bench(persona)
    one, other = bench.login(), bench.login()
    one.ok("CREATE TABLE t (a INT PRIMARY KEY)")
    one.ok("BEGIN")
    one.ok("INSERT INTO t VALUES (1)")
    waiting = other.steps("INSERT INTO t VALUES (1)")
    next(waiting)
    wakes = bench.engine.close_session(one.session)
    assert [wake.connection_id for wake in wakes] == [other.session.connection_id]
    waiting.close()
    assert other.rows("SELECT * FROM t") == []
    assert other.ok("INSERT INTO t VALUES (1)").affected_rows == 1


@both
def test_a_read_only_server_takes_no_rows_but_from_admins(persona: str) -> None:
    accounts = Accounts({"spec": "", "admin": Account("admin", is_admin=True)}, PERSONAS[persona])
    bench = Bench(persona, variables={"read_only": "ON"}, accounts=accounts)
    admin, root, client = (bench.login(user=user) for user in ("admin", "root", "spec"))
    admin.ok("CREATE TABLE t (a INT)")
    admin.ok("INSERT INTO t VALUES (1)")
    for other in (root, client):
        refused = other.failure("INSERT INTO t VALUES (1)")
        assert (refused.code, "--read-only option" in refused.message) == (1290, True)
    admin.ok("SET GLOBAL super_read_only = ON" if persona == "mysql-9.7" else "SET GLOBAL read_only = ON")
    if persona == "mysql-9.7":
        assert "--super-read-only option" in admin.failure("INSERT INTO t VALUES (1)").message
    client.ok("CREATE TEMPORARY TABLE t (a INT)")
    client.ok("INSERT INTO t VALUES (1)")


@both
def test_a_row_that_replaces_its_like_in_the_last_unique_key_deletes_none(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT, b INT UNIQUE)")
    client.ok("INSERT INTO t VALUES (1, 1)")
    assert client.ok("REPLACE INTO t VALUES (1, 1)").affected_rows == 1
    assert client.ok("REPLACE INTO t SELECT 1, 1").info == "Records: 1  Duplicates: 0  Warnings: 0"
    assert client.ok("REPLACE INTO t VALUES (2, 1)").affected_rows == 2
    client.ok("CREATE TABLE u (a INT PRIMARY KEY, b INT UNIQUE)")
    client.ok("INSERT INTO u VALUES (1, 1)")
    assert client.ok("REPLACE INTO u VALUES (1, 1)").affected_rows == 2
    assert client.rows("SELECT * FROM u") == [(1, 1)]


def test_a_row_given_back_by_mariadb() -> None:
    client = Bench("mariadb-10.11").login()
    client.ok("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)")
    assert client.rows("INSERT INTO t (a) VALUES (7), (8) RETURNING id, a + 1, t.a") == [(1, 8, 7), (2, 9, 8)]
    assert client.rows("DELETE FROM t WHERE id = 1 RETURNING *") == [(1, 7)]


@both
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE u (a INT, FULLTEXT (a))",
        "CREATE TABLE u (a INT, CONSTRAINT f CHECK (a > 0))",
        "CREATE TABLE u (p GEOMETRY)",
        "CREATE TABLE u (a INT, KEY (a) KEY_BLOCK_SIZE = 4)",
        "CREATE TABLE u (a INT, KEY ((a + 1)))",
        "CREATE TABLE u (a INT CHECK (a > 1))",
        "CREATE TABLE u (a INT) PARTITION BY KEY (a)",
        "RENAME USER a TO b, c",
        "DESCRIBE SELECT 1",
        "INSERT INTO t PARTITION (p) VALUES (1)",
        "INSERT INTO t TABLE t",
        "DELETE t FROM t",
        "DELETE FROM t USING t",
        "UPDATE t, t AS s SET t.a = 1",
        "SHOW COLUMNS FROM information_schema.processlist",
    ],
)
def test_what_is_not_done_with_tables_is_said_to_be_so(persona: str, statement: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    assert client.failure(statement).code in (1235, 1064)
    assert client.rows("SELECT * FROM t") == []


@both
def test_lock_tables_is_what_ends_a_transaction(persona: str) -> None:
    with FakeServer(persona=persona) as server, pymysql.connect(**server.connect_kwargs("pymysql")) as client:
        cursor = client.cursor()
        cursor.execute("CREATE TABLE t (a INT)")
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO t VALUES (1)")
        cursor.execute("LOCK TABLES t READ")
        assert [event.how for event in server.transcript if isinstance(event, TransactionEnded)][-1] == "lock tables"
