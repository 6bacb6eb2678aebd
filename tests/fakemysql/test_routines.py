"""Stored routines where recorded dialogues do not go: jumps, conditions, cursors, other databases, waiting."""

from __future__ import annotations

import pytest

from fakemysql.answers import Failure, Ok, Pause, Rows

from . import golden
from .engine_client import Bench, Client


@pytest.fixture(params=golden.PERSONAS)
def client(request: pytest.FixtureRequest) -> Client:
    return Bench(request.param).login()


def results(client: Client, statement: str) -> list[object]:
    """The rows of each result set, and what came last."""
    said = client.say(statement)
    rows: list[object] = [list(step.rows) for step in said if isinstance(step, Rows)]
    last = said[-1]
    return [*rows, last.code if isinstance(last, Failure) else "ok" if isinstance(last, Ok) else last]


def test_loops_are_left_and_gone_round_by_their_labels(client: Client) -> None:
    client.ok(
        "CREATE PROCEDURE p() BEGIN DECLARE i, n INT DEFAULT 0;"
        " a: LOOP SET i = i + 1; IF i = 2 THEN ITERATE a; END IF;"
        "  b: REPEAT SET n = n + 1; IF n > 5 THEN LEAVE a; END IF; UNTIL n % 2 = 0 END REPEAT b; END LOOP a;"
        " done: BEGIN LEAVE done; SELECT 'not here'; END done; SELECT i, n; END"
    )
    assert results(client, "CALL p()") == [[(4, 6)], "ok"]


@pytest.mark.parametrize(
    ("condition", "statement", "code"),
    [
        ("1146", "SELECT * FROM nosuch", None),
        ("SQLSTATE '42S02'", "SELECT * FROM nosuch", None),
        ("SQLSTATE VALUE '42S22'", "SELECT * FROM nosuch", 1146),
        ("gone", "SELECT * FROM nosuch", None),
        ("NOT FOUND", "SELECT * FROM nosuch", 1146),
        ("SQLEXCEPTION, NOT FOUND", "SIGNAL SQLSTATE '02001'", None),
        ("SQLWARNING", "SIGNAL SQLSTATE '01001'", None),
        ("1062", "SIGNAL SQLSTATE '02001'", 1643),
        ("NOT FOUND", "SELECT 1 INTO @x FROM t", None),
        ("1062", "RESIGNAL", 1645),
    ],
)
def test_handlers_take_what_their_conditions_name(
    client: Client, condition: str, statement: str, code: int | None
) -> None:
    client.ok("CREATE TABLE t (id INT)")
    client.ok(
        "CREATE PROCEDURE p() BEGIN DECLARE gone CONDITION FOR 1146;"
        f" BEGIN DECLARE EXIT HANDLER FOR {condition} SELECT 'caught'; {statement}; SELECT 'behind'; END; END"
    )
    assert results(client, "CALL p()") == ([[("caught",)], "ok"] if code is None else [code])


def test_a_warning_nobody_handles_is_one(client: Client) -> None:
    client.ok("CREATE PROCEDURE p() BEGIN SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'mind', MYSQL_ERRNO = 77; END")
    assert client.ok("CALL p()").warnings == 1
    assert client.warnings() == [["Warning", "77", "mind"]]


def test_what_was_handled_may_be_signalled_again(client: Client) -> None:
    client.ok(
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR 1146 BEGIN RESIGNAL SET MESSAGE_TEXT = 'again'; END;"
        " SELECT * FROM nosuch; END"
    )
    failure = client.failure("CALL p()")
    assert (failure.code, failure.sqlstate, failure.message) == (1146, "42S02", "again")
    client.ok(
        "CREATE PROCEDURE q() BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION RESIGNAL SQLSTATE '45001'; CALL p(); END"
    )
    assert client.failure("CALL q()").sqlstate == "45001"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("DECLARE c CURSOR FOR SELECT 1; FETCH c INTO v;", 1326),
        ("DECLARE c CURSOR FOR SELECT 1; OPEN c; OPEN c;", 1325),
        ("DECLARE c CURSOR FOR SELECT 1, 2; OPEN c; FETCH NEXT FROM c INTO v;", 1328),
        ("DECLARE c CURSOR FOR SELECT 1; OPEN c; FETCH FROM c INTO v; FETCH c INTO v;", 1329),
        ("DECLARE c CURSOR FOR SELECT 1; CLOSE c;", 1326),
        ("CASE 1 WHEN 2 THEN SELECT 1; END CASE;", 1339),
        ("CALL p();", 1456),
        ("SELECT f(1);", 1321),
    ],
)
def test_what_goes_wrong_in_a_body_has_its_code(client: Client, body: str, code: int) -> None:
    client.ok("CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN IF a > 1 THEN RETURN 2; END IF; END")
    client.ok(f"CREATE PROCEDURE p() BEGIN DECLARE v INT; BEGIN {body} END; END")
    assert results(client, "CALL p()")[-1] == code
    assert client.session.frame is None


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CREATE PROCEDURE p() BEGIN RETURN 1; END", 1313),
        ("CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR nosuch SELECT 1; END", 1319),
        ("CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR SELECT 1; OPEN c; FETCH c INTO v; END", 1327),
        ("CREATE PROCEDURE p() BEGIN DECLARE UNDO HANDLER FOR 1 SELECT 1; END", 1235),
        ("CREATE PROCEDURE p() BEGIN a: BEGIN ITERATE a; END; END", 1308),
        ("CREATE PROCEDURE p() BEGIN a: SELECT 1; END", 1064),
        ("CREATE PROCEDURE p() BEGIN SIGNAL SQLSTATE 45000; END", 1064),
        ("CREATE PROCEDURE p() COMMENT 5 SELECT 1", 1064),
        ("CREATE PROCEDURE p(a NOTYPE) SELECT 1", 1064),
        ("CREATE PROCEDURE nosuch.p() SELECT 1", 1049),
        ("CREATE FUNCTION f() RETURNS INT SHOW TABLES", 1415),
        ("CREATE DEFINER = 'a'@'b' VIEW v AS SELECT 1", 1235),
        ("CREATE PROCEDURE p() SIGNAL somewhere", 1235),
    ],
)
def test_what_cannot_be_is_refused_at_once(client: Client, statement: str, code: int) -> None:
    wanted = {code, 4161} if "NOTYPE" in statement else {code}
    assert client.failure(statement).code in wanted
    assert not client.bench.instance.routines


def test_a_routine_runs_in_its_own_database(client: Client) -> None:
    client.ok("CREATE TABLE test.t (id INT)")
    client.ok("CREATE DEFINER = 'a'@'b' PROCEDURE test.p(OUT n INT) NOT DETERMINISTIC LANGUAGE SQL NO SQL"
              " BEGIN INSERT INTO t VALUES (1); SELECT COUNT(*) INTO n FROM t; SELECT DATABASE(); END")  # fmt: skip
    assert results(client, "CALL test.p(@n)") == [[("test",)], "ok"]
    assert client.value("@n") == 1
    assert client.value("DATABASE()") == "spec"


def test_variables_are_handed_on_from_routine_to_routine(client: Client) -> None:
    client.ok("CREATE PROCEDURE add1(INOUT a INT, b INT) SET a = a + b")
    client.ok("CREATE PROCEDURE p(OUT r INT) BEGIN DECLARE x INT DEFAULT 5; CALL add1(x, x); SET r = x, @seen = r; END")
    client.ok("CALL p(@r)")
    assert client.rows("SELECT @r, @seen") == [(10, 10)]
    assert client.failure("CALL add1(nosuch, 1)").code == 1414


def test_a_procedure_may_wait_and_a_function_may_not(client: Client) -> None:
    client.ok("CREATE PROCEDURE p() BEGIN DO SLEEP(1); SELECT SLEEP(2); END")
    client.ok("CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN SLEEP(1)")
    pauses = [step for step in client.say("CALL p()") if isinstance(step, Pause)]
    assert [pause.seconds for pause in pauses] == [1, 2]
    assert client.failure("SELECT f()").code == 1235


def test_a_function_changes_rows_inside_of_a_statement_that_is_undone_as_a_whole(client: Client) -> None:
    client.ok("CREATE TABLE seen (n INT)")
    client.ok("CREATE TABLE t (n INT PRIMARY KEY)")
    client.ok(
        "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN SELECT COUNT(*) INTO @c FROM seen; RETURN a; END"
    )
    client.ok("BEGIN")
    client.ok("INSERT INTO t VALUES (1)")
    assert client.failure("INSERT INTO t VALUES (2), (f(1))").code == 1062
    assert client.rows("SELECT n FROM t") == [(1,)]


def test_a_function_does_not_call_itself(client: Client) -> None:
    client.ok("CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN f(a)")
    assert client.failure("SELECT f(1)").code == 1424


def test_a_routine_may_be_replaced_and_dropped(client: Client) -> None:
    client.ok("CREATE PROCEDURE p() SELECT 1")
    if client.bench.instance.dialect.mariadb:
        client.ok("CREATE OR REPLACE PROCEDURE p() SELECT 2")
        assert results(client, "CALL p()") == [[(2,)], "ok"]
    assert client.rows("SHOW PROCEDURE STATUS WHERE Name = 'q'") == []
    client.ok("DROP PROCEDURE p")
    assert client.failure("CALL p()").code == 1305


def test_a_variable_stands_before_a_column_of_its_name(client: Client) -> None:
    client.ok("CREATE TABLE t (a INT, b INT)")
    client.ok("INSERT INTO t VALUES (1, 2)")
    client.ok("CREATE PROCEDURE p(a INT) SELECT a, b, t.a FROM t")
    assert results(client, "CALL p(7)") == [[(7, 2, 1)], "ok"]
