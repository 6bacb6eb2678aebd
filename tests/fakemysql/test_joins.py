"""Joins and queries in FROM where recorded dialogues do not go: hints, names that fit twice, queries that never end."""

from __future__ import annotations

import pytest

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def client(request: pytest.FixtureRequest) -> Client:
    client = Bench(request.param).login()
    client.ok("CREATE TABLE a (id INT PRIMARY KEY, name VARCHAR(9))")
    client.ok("CREATE TABLE b (id INT PRIMARY KEY, name CHAR(9), a_id INT)")
    client.ok("INSERT INTO a VALUES (1, 'x'), (2, NULL)")
    client.ok("INSERT INTO b VALUES (1, 'X', 1), (2, NULL, 1)")
    return client


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT a.id FROM a IGNORE INDEX FOR ORDER BY (PRIMARY) JOIN b USE KEY FOR JOIN (PRIMARY) USING (id)", 2),
        ("SELECT a.id FROM a FORCE INDEX FOR GROUP BY (PRIMARY), b", 4),
        ("SELECT * FROM a JOIN b ON a.name = b.name", 1),
        ("SELECT * FROM a JOIN b USING (id, name)", 1),
        ("SELECT a.id FROM (a CROSS JOIN b)", 4),
        ("SELECT * FROM ((SELECT 1) UNION (SELECT 2)) AS u", 2),
        ("SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q) AS u", 1),
        ("WITH q AS (SELECT id FROM a), r AS (SELECT id FROM q AS z) SELECT * FROM r, q", 4),
        ("SELECT COUNT(*) + 1 FROM (SELECT CONCAT(MAX(id), 'x') AS m FROM a) AS d", 1),
    ],
)  # fmt: skip
def test_tables_go_together(client: Client, query: str, rows: int) -> None:
    assert len(client.rows(query)) == rows


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT 1 FROM a JOIN b USING (id) JOIN a AS c USING (name)", 1052),
        ("SELECT 1 FROM a JOIN b ON b.a_id = a.id WHERE id = name", 1052),
        ("WITH q (m, n) AS (SELECT id FROM a) SELECT * FROM q", (4002, 1353)),
        ("SELECT 1 FROM a PARTITION (p), b", 1235),
        ("SELECT 1 FROM b, a PARTITION (p)", 1235),
        ("SELECT 1 FROM a USE INDEX (k", 1064),
        ("SELECT 1 FROM a USE INDEX FOR (k)", 1064),
        ("WITH RECURSIVE q AS (SELECT n FROM q UNION SELECT n + 1 FROM q) SELECT * FROM q", 1235),
        ("WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n FROM q) SELECT * FROM q", 3636),
        ("SELECT COUNT(*) FROM a WHERE COUNT(*) = 1", 1111),
    ],
)
def test_what_cannot_be_has_its_code(client: Client, query: str, code: int | tuple[int, int]) -> None:
    wanted = code if isinstance(code, int) else client.bench.instance.dialect.pick(*code)
    assert client.failure(query).code == wanted


def test_a_recursive_query_reads_tables_beside_itself(client: Client) -> None:
    query = (
        "WITH RECURSIVE q AS (SELECT id FROM b WHERE id = 1 UNION SELECT b.id FROM b JOIN q AS p ON b.a_id = p.id)"
        " SELECT id FROM q ORDER BY id"
    )
    assert client.rows(query) == [(1,), (2,)]
