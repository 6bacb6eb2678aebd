"""XA transactions of several sessions: what is prepared outlives its session, and holds its rows until it is over."""

from __future__ import annotations

import pytest

from fakemysql.answers import Ok, Pause, Wake, Woken

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(request.param)


def prepared(bench: Bench, row: int) -> Client:
    """A session that has prepared an insertion."""
    client = bench.login()
    client.ok("XA START 'x','y',5")
    client.ok(f"INSERT INTO t VALUES ({row})")
    client.ok("XA END 'x','y',5")
    client.ok("XA PREPARE 'x','y',5")
    return client


@pytest.mark.parametrize(("end", "rows"), [("COMMIT", [(7,)]), ("ROLLBACK", [])])
def test_who_has_prepared_may_leave_and_another_ends_it(bench: Bench, end: str, rows: list[tuple[int]]) -> None:
    other = bench.login()
    other.ok("CREATE TABLE t (id INT PRIMARY KEY)")
    client = prepared(bench, 7)
    bench.engine.close_session(client.session)
    ((number, gtrid, bqual, data),) = other.rows("XA RECOVER CONVERT XID")
    assert (number, gtrid, bqual, data) == (5, 1, 1, "0x7879")
    assert other.rows("SELECT * FROM t") == []
    waiting = bench.login()
    steps = waiting.steps("INSERT INTO t VALUES (7)")
    assert isinstance(steps.send(None), Pause)
    said = other.say(f"XA {end} X'78',X'79',5")
    assert [step for step in said if isinstance(step, Wake)] == [Wake(waiting.session.connection_id)]
    if end == "ROLLBACK":
        assert isinstance(steps.send(Woken.AWAKENED), Ok)
        waiting.ok("DELETE FROM t")
    assert other.rows("SELECT * FROM t") == rows
    assert other.rows("XA RECOVER") == []


def test_what_is_not_prepared_ends_with_its_session(bench: Bench) -> None:
    client = bench.login()
    client.ok("CREATE TABLE t (id INT)")
    client.ok("XA START 'x'")
    client.ok("INSERT INTO t VALUES (1)")
    other = bench.login()
    assert other.failure("XA START 'x'").code == 1440
    assert other.failure("XA COMMIT 'x'").code == 1397
    bench.engine.reset(client.session)
    assert client.session.status == 2
    other.ok("XA START 'x'")
    assert client.rows("SELECT * FROM t") == []


def test_only_one_who_is_free_ends_what_is_prepared(bench: Bench) -> None:
    client = bench.login()
    client.ok("CREATE TABLE t (id INT PRIMARY KEY)")
    bench.engine.close_session(prepared(bench, 1).session)
    client.ok("BEGIN")
    assert client.failure("XA COMMIT 'x','y',5").code == 1399
    client.ok("ROLLBACK")
    client.ok("XA START 'z'")
    client.ok("XA END 'z'")
    assert client.failure("XA ROLLBACK 'x','y',5").code == 1397
    client.ok("XA ROLLBACK 'z'")
    client.ok("XA COMMIT 'x','y',5")


def test_a_branch_without_tables_and_temporary_ones_beside_it(bench: Bench) -> None:
    client = bench.login()
    client.ok("XA START 'empty'")
    client.ok("XA END 'empty'")
    client.ok("XA PREPARE 'empty'")
    client.ok("XA ROLLBACK 'empty'")
    client.ok("CREATE TEMPORARY TABLE mine (id INT)")
    client.ok("CREATE TABLE t (id INT)")
    client.ok("XA START 'x'")
    client.ok("INSERT INTO t VALUES (1)")
    client.ok("XA END 'x'")
    client.ok("XA PREPARE 'x'")
    client.ok("XA COMMIT 'x'")
    assert client.rows("SELECT * FROM mine") == []
    assert client.failure("XA END 'x' SUSPEND FOR MIGRATE").code == 1398
    assert client.failure("XA RECOVER FORMAT = 'SQL'").code == 1235
    assert client.failure("XA START 5").code == 1064


def test_mariadb_wants_a_name() -> None:
    assert Bench("mariadb-10.11").login().failure("XA START ''").code == 1398
