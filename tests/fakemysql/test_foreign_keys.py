"""Foreign keys where recorded dialogues do not go: rows held by others, cascades, databases, what cannot be."""

from __future__ import annotations

import pytest

from fakemysql.answers import Pause

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def client(request: pytest.FixtureRequest) -> Client:
    return Bench(request.param).login()


def test_a_cascade_waits_for_rows_that_another_holds(client: Client) -> None:
    other = client.bench.login()
    client.ok("CREATE TABLE p (id INT PRIMARY KEY)")
    client.ok("CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)")
    client.ok("INSERT INTO p VALUES (1)")
    client.ok("INSERT INTO c VALUES (1, 1), (2, 1)")
    other.ok("BEGIN")
    other.ok("DELETE FROM c WHERE id = 2")
    steps = client.steps("DELETE FROM p WHERE id = 1")
    assert isinstance(steps.send(None), Pause)
    steps.close()
    other.ok("ROLLBACK")
    client.ok("DELETE FROM p WHERE id = 1")
    assert client.value("(SELECT COUNT(*) FROM c)") == 0


def test_a_failed_cascade_leaves_nothing_behind(client: Client) -> None:
    client.ok("CREATE TABLE p (id INT PRIMARY KEY)")
    client.ok("CREATE TABLE c (id INT PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL)")
    client.ok("CREATE TABLE g (c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE NO ACTION ON UPDATE RESTRICT)")
    client.ok("INSERT INTO p VALUES (1), (2)")
    client.ok("INSERT INTO c VALUES (1, 1), (2, 2)")
    client.ok("INSERT INTO g VALUES (2)")
    assert client.failure("DELETE FROM p").code == 1451
    assert client.rows("SELECT * FROM c ORDER BY id") == [(1, 1), (2, 2)]
    client.ok("UPDATE p SET id = 3 WHERE id = 2")
    assert client.rows("SELECT * FROM c ORDER BY id") == [(1, 1), (2, None)]
    client.ok("INSERT INTO p VALUES (1) ON DUPLICATE KEY UPDATE id = 4")
    assert client.rows("SELECT p FROM c") == [(None,), (None,)]
    client.ok("DELETE FROM p")


def test_parents_may_be_in_another_database_and_text(client: Client) -> None:
    client.ok("CREATE TABLE test.p (name VARCHAR(9) PRIMARY KEY)")
    client.ok("CREATE TABLE c (name VARCHAR(9), FOREIGN KEY (name) REFERENCES test.p (name) MATCH SIMPLE)")
    client.ok("INSERT INTO test.p VALUES ('Ann')")
    client.ok("INSERT INTO c VALUES ('ANN')")
    assert client.failure("INSERT INTO c VALUES ('Bob')").code == 1452
    assert "REFERENCES `test`.`p` (`name`)" in client.failure("DELETE FROM test.p").message
    client.ok("SET foreign_key_checks = 0")
    client.ok("TRUNCATE test.p")
    client.ok("DROP TABLE test.p")
    client.ok("CREATE TABLE d (x INT, FOREIGN KEY (x) REFERENCES nosuch (id))")
    client.ok("ALTER TABLE c ADD FOREIGN KEY (name) REFERENCES test.p (name)")
    client.ok("SET foreign_key_checks = 1")
    assert client.failure("INSERT INTO d VALUES (1)").code == 1452
    rows = client.rows("SELECT constraint_name, unique_constraint_name FROM information_schema.referential_constraints")
    assert ("d_ibfk_1", None) in rows


def test_a_temporary_table_has_none() -> None:
    for persona, code in (("mariadb-10.11", 1005), ("mysql-9.7", 1215)):
        client = Bench(persona).login()
        client.ok("CREATE TABLE p (id INT PRIMARY KEY)")
        assert client.failure("CREATE TEMPORARY TABLE c (x INT REFERENCES p (id))").code == code


def test_a_parent_needs_a_key(client: Client) -> None:
    client.ok("CREATE TABLE p (id INT, v INT, KEY (id, v))")
    made = client.say("CREATE TABLE c (x INT, FOREIGN KEY (x) REFERENCES p (id))")
    assert getattr(made[-1], "code", 0) == client.bench.instance.dialect.pick(0, 6125)
    assert client.failure("CREATE TABLE d (x INT, FOREIGN KEY (x) REFERENCES p (v))").code in (1005, 6125)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CREATE TABLE c (x INT, FOREIGN KEY (x) REFERENCES p (id) ON DELETE SET DEFAULT)", 1235),
        ("CREATE TABLE c (x INT, FOREIGN KEY (x) REFERENCES p (id) ON INSERT CASCADE)", 1064),
        ("CREATE TABLE c (x INT, FOREIGN KEY IF NOT EXISTS (x) REFERENCES p (id))", 1235),
        ("CREATE TABLE c (x INT, CONSTRAINT k CHECK (x > 0))", 1235),
        ("CREATE TABLE c (x INT, CONSTRAINT FOREIGN KEY (x) REFERENCES p (id) MATCH nosuch)", 1064),
    ],
)
def test_what_cannot_be_read_is_refused(client: Client, statement: str, code: int) -> None:
    client.ok("CREATE TABLE p (id INT PRIMARY KEY)")
    assert client.failure(statement).code == code
