"""ALTER TABLE where recorded dialogues do not go: numbers that count on, transactions, conversions, careful forms."""

from __future__ import annotations

import pytest

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def client(request: pytest.FixtureRequest) -> Client:
    return Bench(request.param).login()


def test_rows_that_are_there_get_the_values_of_new_columns(client: Client) -> None:
    client.ok("CREATE TABLE t (a INT)")
    client.ok("INSERT INTO t VALUES (1), (2)")
    client.ok(
        "ALTER TABLE t ADD b INT DEFAULT 7, ADD c VARCHAR(3) NOT NULL, ADD d DATETIME DEFAULT CURRENT_TIMESTAMP,"
        " ADD e INT DEFAULT (3 + 4), ADD id INT AUTO_INCREMENT UNIQUE FIRST"
    )
    rows = client.rows("SELECT id, a, b, c, d IS NULL, e FROM t ORDER BY id")
    assert rows == [(1, 1, 7, "", 0, 7), (2, 2, 7, "", 0, 7)]
    client.ok("INSERT INTO t (a, c) VALUES (3, 'x')")
    assert client.value("LAST_INSERT_ID()") == 3


def test_a_duplicate_leaves_the_table_as_it_was(client: Client) -> None:
    client.ok("CREATE TABLE t (a INT, b INT)")
    client.ok("INSERT INTO t VALUES (1, 1), (1, 2)")
    assert client.failure("ALTER TABLE t DROP COLUMN b, ADD UNIQUE (a)").code == 1062
    assert client.rows("SELECT * FROM t") == [(1, 1), (1, 2)]
    client.ok("ALTER TABLE t ADD UNIQUE k (b)")
    assert client.failure("INSERT INTO t VALUES (5, 2)").code == 1062
    client.ok("ALTER TABLE t DROP INDEX k")
    client.ok("INSERT INTO t VALUES (5, 2)")


def test_whoever_reads_goes_on_with_what_there_is_now(client: Client) -> None:
    other = client.bench.login()
    client.ok("CREATE TABLE t (a INT PRIMARY KEY, b INT)")
    client.ok("INSERT INTO t VALUES (1, 10)")
    other.ok("INSERT INTO t VALUES (2, 20)")
    client.ok("DELETE FROM t WHERE a = 1")
    client.ok("ALTER TABLE t CHANGE b c BIGINT FIRST, RENAME TO u")
    assert other.rows("SELECT * FROM u") == [(20, 2)]
    other.ok("UPDATE u SET c = 21")
    assert client.rows("SELECT c FROM u WHERE a = 2") == [(21,)]
    assert client.failure("ALTER TABLE u RENAME TO nosuch.t").code == 1049
    client.ok("ALTER TABLE u RENAME TO test.u")
    assert client.rows("SELECT c FROM test.u") == [(21,)]


def test_a_temporary_table_is_altered_inside_of_a_transaction(client: Client) -> None:
    client.ok("CREATE TEMPORARY TABLE t (a INT)")
    client.ok("BEGIN")
    client.ok("INSERT INTO t VALUES (1)")
    client.ok("ALTER TABLE t ADD b INT NOT NULL DEFAULT 5")
    client.ok("INSERT INTO t VALUES (2, 6)")
    client.ok("ROLLBACK")
    assert client.rows("SELECT * FROM t")[0] == (1, 5)


def test_what_does_not_fit_is_bent_without_strictness(client: Client) -> None:
    client.ok("CREATE TABLE t (a VARCHAR(5))")
    client.ok("INSERT INTO t VALUES ('abcde'), (NULL)")
    client.ok("SET sql_mode = ''")
    client.ok("ALTER TABLE t MODIFY a VARCHAR(2) NOT NULL")
    assert client.rows("SELECT a FROM t") == [("ab",), ("",)]
    client.ok("ALTER TABLE t ADD d DATE NOT NULL")
    assert len(client.rows("SELECT d FROM t")) == 2


def test_options_are_changed_alone(client: Client) -> None:
    client.ok("CREATE TABLE t (a INT, KEY k (a)) COMMENT = 'x'")
    client.ok("ALTER TABLE t ENGINE = MyISAM, ROW_FORMAT = DYNAMIC, COLLATE = utf8mb4_bin")
    ((_, text),) = client.rows("SHOW CREATE TABLE t")
    assert "ENGINE=MyISAM" in text
    assert "COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='x'" in text
    assert client.failure("ALTER TABLE t RENAME INDEX nosuch TO k2").code == 1176
    client.ok("ALTER TABLE t ALTER a SET DEFAULT (1 + 1), ALTER COLUMN a SET DEFAULT 3")
    client.ok("INSERT INTO t VALUES ()")
    assert client.rows("SELECT a FROM t") == [(3,)]
    client.ok("CREATE INDEX k2 USING BTREE ON t (a) COMMENT 'c' ALGORITHM = INPLACE LOCK = NONE")
    client.ok("DROP INDEX k2 ON t ALGORITHM = DEFAULT")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT",
        "ALTER TABLE t DROP COLUMN IF EXISTS nosuch",
        "ALTER TABLE t MODIFY IF EXISTS nosuch INT",
        "ALTER TABLE t CHANGE COLUMN IF EXISTS nosuch b INT",
        "ALTER TABLE IF EXISTS nosuch ADD b INT",
        "CREATE INDEX IF NOT EXISTS k ON t (a)",
        "DROP INDEX IF EXISTS nosuch ON t",
        "ALTER TABLE t ENABLE KEYS",
    ],
)
def test_mariadb_has_careful_forms(statement: str) -> None:
    client = Bench("mariadb-10.11").login()
    client.ok("CREATE TABLE t (a INT, KEY k (a))")
    assert client.ok(statement).warnings == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD FULLTEXT (a)",
        "ALTER TABLE t DROP CONSTRAINT f",
        "ALTER TABLE t DISCARD TABLESPACE",
        "ALTER TABLE t ALTER INDEX k INVISIBLE",
        "CREATE OR REPLACE INDEX k ON t (a)",
    ],
)
def test_what_is_not_supported_is_quoted(client: Client, statement: str) -> None:
    client.ok("CREATE TABLE t (a INT)")
    assert client.failure(statement).code == 1235


@pytest.mark.parametrize(
    "statement", ["ALTER TABLE t ADD a INT ADD b INT", "DROP INDEX k ON t x", "ALTER TABLE t RENAME"]
)
def test_what_does_not_end_is_a_syntax_error(client: Client, statement: str) -> None:
    client.ok("CREATE TABLE t (a INT)")
    assert client.failure(statement).code == 1064


def test_a_query_that_was_said_before_looks_at_the_table_of_now(client: Client) -> None:
    client.ok("CREATE TEMPORARY TABLE other (a INT)")
    for query in ("SELECT * FROM t", "SELECT * FROM t UNION SELECT * FROM t"):
        client.ok("CREATE TABLE t (a INT)")
        client.ok("INSERT INTO t VALUES (1)")
        assert client.rows(query) == [(1,)]
        client.ok("DROP TABLE t")
        client.ok("CREATE TABLE t (a INT, b INT)")
        assert client.rows(query) == []
        client.ok("DROP TABLE t")
