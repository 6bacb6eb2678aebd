"""The engine: sessions, several statements in one, waits and who ends them, resets, and the server's own tables."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from typing import Any

import pytest

from fakemysql import constants as c
from fakemysql.answers import Columns, End, Failure, Kill, Ok, Pause, Rows, Wake, Woken
from fakemysql.sql import statements
from fakemysql.sql.session import SessionRefused

from . import golden
from .engine_client import Bench

MULTI = c.CLIENT_MULTI_STATEMENTS
both = pytest.mark.parametrize("persona", golden.PERSONAS)
MARIADB, MYSQL = golden.PERSONAS


# ------------------------------------------------------------------------------------------------------------- sessions


@both
def test_a_login_to_an_unknown_database_is_refused(persona: str) -> None:
    with pytest.raises(SessionRefused) as refused:
        Bench(persona).login(database="nosuch")
    assert (refused.value.code, refused.value.sqlstate) == (1049, "42000")
    assert refused.value.message == "Unknown database 'nosuch'"


@both
def test_sessions_come_and_go(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    assert sorted(bench.instance.sessions) == [1, 2]
    assert bench.engine.close_session(one.session) == []
    assert bench.engine.close_session(one.session) == []
    assert two.rows("SHOW STATUS LIKE 'Threads_connected'") == [("Threads_connected", "1")]
    assert two.rows("SHOW STATUS WHERE Variable_name = 'Max_used_connections'") == [("Max_used_connections", "2")]


def test_a_closed_session_lets_others_have_its_locks() -> None:
    bench = Bench()
    one, two = bench.login(), bench.login()
    assert one.value("GET_LOCK('a', 0)") == 1
    waiting = two.steps("SELECT GET_LOCK('a', 10)")
    assert isinstance(next(waiting), Columns)
    assert next(waiting) == Pause(10.0, "User lock")
    assert bench.engine.close_session(one.session) == [Wake(2)]
    assert waiting.send(Woken.AWAKENED) == Rows([(1,)])


@both
def test_init_db_and_use_change_the_database(persona: str) -> None:
    bench = Bench(persona)
    client = bench.login(database="")
    assert client.value("DATABASE()") is None
    assert bench.engine.init_db(client.session, b"test") == Ok(2)
    assert client.value("DATABASE()") == "test"
    assert bench.engine.init_db(client.session, b"nosuch") == Failure(1049, "42000", "Unknown database 'nosuch'")
    client.ok("USE Information_Schema")
    assert client.value("DATABASE()") == "information_schema"


def test_set_option_turns_several_statements_on_and_off() -> None:
    bench = Bench()
    client = bench.login()
    assert client.failure("SELECT 1; SELECT 2").code == 1064
    answer = bench.engine.set_option(client.session, 0)
    assert isinstance(answer, End)
    assert answer.status == 2
    assert client.rows("SELECT 1; SELECT 2") == [(1,), (2,)]
    bench.engine.set_option(client.session, 1)
    assert client.failure("SELECT 1; SELECT 2").code == 1064
    refused = bench.engine.set_option(client.session, 7)
    assert isinstance(refused, Failure)
    assert refused.code == 1047


@both
def test_statistics_are_one_line_of_counts(persona: str) -> None:
    bench = Bench(persona)
    client = bench.login()
    client.value("1")
    bench.now += 10
    line = bench.engine.statistics()
    assert line.startswith("Uptime: 10  Threads: 1  Questions: 1  Slow queries: 0  Opens: 0")
    assert line.endswith("Queries per second avg: 0.100")
    assert ("Flush tables" in line) == (persona == MYSQL)


def test_ping_answers_the_status() -> None:
    bench = Bench()
    client = bench.login()
    client.ok("BEGIN")
    assert bench.engine.ping(client.session) == Ok(3)


# --------------------------------------------------------------------------------------------------- several statements


@both
def test_each_answer_but_the_last_says_that_more_follow(persona: str) -> None:
    client = Bench(persona).login(capabilities=MULTI)
    steps = client.say("SET @a = 1; SELECT @a, 2; BEGIN; SELECT 3")
    answers = [step.status for step in steps if isinstance(step, (Ok, Columns, End))]
    assert answers == [0xA, 0xA, 0xA, 0xB, 0x3, 0x3]


def test_statements_before_the_one_that_fails_are_answered() -> None:
    client = Bench().login(capabilities=MULTI)
    steps = client.say("SET @a = 1; SELECT nosuch; SET @a = 2")
    assert [type(step) for step in steps] == [Ok, Failure]
    assert client.value("@a") == 1


def test_a_syntax_error_counts_lines_from_its_own_statement() -> None:
    client = Bench().login(capabilities=MULTI)
    *_, last = client.say("SELECT 1;\n SELECT 2;\n\nSELEC 3\n")
    assert isinstance(last, Failure)
    assert last.message.endswith("near 'SELEC 3' at line 1")
    assert client.failure("SELECT 1\n+\nFROM").message.endswith("near 'FROM' at line 3")


def test_without_the_flag_nothing_of_two_statements_is_run() -> None:
    client = Bench().login()
    failure = client.failure("SET @a = 1; SET @b = 2")
    assert failure.message.endswith("near 'SET @b = 2' at line 1")
    assert client.value("@a") is None


def test_a_semicolon_at_the_end_is_no_second_statement() -> None:
    client = Bench().login()
    assert client.rows("SELECT 1;") == client.rows(" SELECT 1 ; ; ") == [(1,)]


def test_an_error_quotes_eighty_characters_at_most() -> None:
    client = Bench().login()
    failure = client.failure("SELECT 1 1 " + "x" * 200)
    assert failure.message.endswith(f"near '1 {'x' * 78}' at line 1")


def test_unsupported_statements_are_quoted_and_remembered() -> None:
    bench = Bench()
    client = bench.login()
    failure = client.failure("  CREATE TABLESPACE me ADD DATAFILE 'x'; ")
    assert (failure.code, failure.sqlstate) == (1235, "42000")
    assert failure.message.endswith("CREATE TABLESPACE me ADD DATAFILE 'x'")
    client.failure("ALTER TABLE t ADD COLUMN " + "c" * 300)
    assert bench.engine.unhandled[0] == "CREATE TABLESPACE me ADD DATAFILE 'x'"
    assert len(client.warnings()[0][2] or "") < 300


# ----------------------------------------------------------------------------------------------------------- waiting


@both
def test_sleep_pauses_behind_its_columns(persona: str) -> None:
    client = Bench(persona).login()
    steps = client.steps("SELECT SLEEP(2.5), 'x'")
    assert isinstance(next(steps), Columns)
    assert next(steps) == Pause(2.5, "User sleep")
    assert steps.send(Woken.ELAPSED) == Rows([(0, "x")])
    assert next(steps) == End(2)


def test_a_killed_sleep_is_an_error_on_mariadb() -> None:
    client = Bench(MARIADB).login()
    *_, last = client.say("SELECT SLEEP(5)", woken=Woken.KILLED)
    assert last == Failure(1317, "70100", "Query execution was interrupted")
    assert client.value("1") == 1


def test_a_killed_sleep_is_a_one_on_mysql() -> None:
    client = Bench(MYSQL).login()
    assert client.say("SELECT SLEEP(5)", woken=Woken.KILLED)[2:] == [Rows([(1,)]), End(2)]


def test_what_a_row_did_before_a_pause_happens_once() -> None:
    """A row that waits is run again from its beginning; variables, locks and chance must not notice."""
    client = Bench().login()
    client.ok("SET @n = 0")
    ((count, first, lock, zero, again),) = client.rows(
        "SELECT @n := @n + 1, UUID(), GET_LOCK('once', 0), SLEEP(1), SLEEP(2)"
    )
    assert (count, lock, zero, again) == (1, 1, 0, 0)
    assert len(first) == 36
    assert client.value("@n") == 1
    assert client.value("RELEASE_ALL_LOCKS()") == 1


def test_a_variable_that_was_unset_before_a_pause_is_unset_when_the_row_is_run_again() -> None:
    client = Bench().login()
    assert client.rows("SELECT @fresh IS NULL, @fresh := 5, SLEEP(1)") == [(1, 5, 0)]


def test_do_waits_too() -> None:
    client = Bench().login()
    assert client.say("DO SLEEP(1), 2") == [Pause(1.0, "User sleep"), Ok(2)]


@both
def test_a_lock_is_waited_for_until_its_time_is_over(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    one.value("GET_LOCK('a', 0)")
    assert two.value("GET_LOCK('a', 0)") == 0
    steps = two.steps("SELECT GET_LOCK('a', 5)")
    next(steps)
    assert next(steps) == Pause(5.0, "User lock")
    bench.now += 2
    # Woken without reason: the rest of the time is waited.
    assert steps.send(Woken.AWAKENED) == Pause(3.0, "User lock")
    bench.now += 3
    assert steps.send(Woken.ELAPSED) == Rows([(0,)])
    assert two.value("IS_USED_LOCK('a')") == 1


@both
def test_releasing_a_lock_wakes_the_one_that_waits(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    one.value("GET_LOCK('a', 0)")
    steps = two.steps("SELECT GET_LOCK('a', -1)" if persona == MYSQL else "SELECT GET_LOCK('a', 1e9)")
    next(steps)
    assert next(steps) == Pause(31_536_000.0, "User lock")
    released = one.say("SELECT RELEASE_LOCK('a')")
    assert released[1:] == [Wake(2), Rows([(1,)]), End(2)]
    assert steps.send(Woken.AWAKENED) == Rows([(1,)])
    assert one.value("RELEASE_LOCK('a')") == 0
    assert two.say("DO RELEASE_ALL_LOCKS()") == [Ok(2)]


@pytest.mark.parametrize(("persona", "outcome"), [(MARIADB, None), (MYSQL, 1317)])
def test_a_killed_wait_for_a_lock_gives_up_its_place(persona: str, outcome: int | None) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    one.value("GET_LOCK('a', 0)")
    *_, last = two.say("SELECT GET_LOCK('a', 9)", woken=Woken.KILLED)
    assert isinstance(last, Failure if outcome else End)
    assert one.say("DO RELEASE_LOCK('a')") == [Ok(2)]


@pytest.mark.parametrize(("persona", "code"), [(MARIADB, 1213), (MYSQL, 3058)])
def test_two_that_wait_for_one_another_are_told_so(persona: str, code: int) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    one.value("GET_LOCK('a', 0)")
    two.value("GET_LOCK('b', 0)")
    waiting = one.steps("SELECT GET_LOCK('b', 9)")
    next(waiting)
    next(waiting)
    assert two.failure("SELECT GET_LOCK('a', 9)").code == code
    waiting.close()


@both
def test_locks_need_a_name(persona: str) -> None:
    client = Bench(persona).login()
    if persona == MARIADB:
        for call in ("GET_LOCK(NULL, 1)", "GET_LOCK('', 1)", "RELEASE_LOCK(NULL)", "IS_FREE_LOCK('')"):
            assert client.value(call) is None
        assert client.value("IS_USED_LOCK(NULL)") is None
        for timeout in ("NULL", "-1"):
            assert client.value(f"GET_LOCK('a', {timeout})") is None
            wanted = f"Incorrect timeout value: '{timeout}' for function get_lock"
            assert client.warnings() == [["Warning", "1411", wanted]]
        assert client.value(f"GET_LOCK('{'x' * 192}', 0)") == 1
        too_long = client.failure(f"SELECT GET_LOCK('{'é' * 97}', 0)")
        assert (too_long.code, too_long.message) == (1059, f"Identifier name '{'é' * 48}...' is too long")
        for number, kind in (("1", "int"), ("1.5", "decimal"), ("1e0", "double"), ("NOW()", "datetime")):
            text = f"Illegal parameter data type {kind} for operation 'get_lock'"
            assert client.failure(f"SELECT GET_LOCK({number}, 0)").message == text
        client.ok("SET @id = 1")
        assert "bigint for operation 'is_used_lock'" in client.failure("SELECT IS_USED_LOCK(@id)").message
    else:
        for call in ("GET_LOCK(NULL, 1)", "RELEASE_LOCK('')", "IS_FREE_LOCK(NULL)"):
            failure = client.failure(f"SELECT {call}")
            assert failure.code == 3057
            assert "The name is empty, NULL, or can not be expressed" in failure.message
        assert client.failure(f"SELECT IS_USED_LOCK('{'x' * 65}')").code == 4163
        assert f"'{'x' * 192}'" in client.failure(f"SELECT IS_USED_LOCK('{'x' * 300}')").message
    assert client.value("IS_FREE_LOCK('free')") == 1
    assert client.value("IS_USED_LOCK('free')") is None


@both
def test_letter_case_tells_locks_apart_on_mariadb_alone(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    assert one.value("GET_LOCK('a', 0)") == 1
    assert two.value("GET_LOCK('A', 0)") == int(persona == MARIADB)
    assert one.rows("SELECT IS_USED_LOCK('A'), RELEASE_LOCK('A')") == [(2, 0) if persona == MARIADB else (1, 1)]


def test_a_function_that_waits_has_no_place_in_a_subquery() -> None:
    client = Bench().login()
    assert client.failure("SELECT (SELECT SLEEP(1))").code == 1235


# --------------------------------------------------------------------------------------------------------------- KILL


@both
def test_kill_asks_for_another_session(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login()
    assert one.say(f"KILL {two.session.connection_id}") == [Kill(2, query_only=False), Ok(2)]
    assert one.say("KILL CONNECTION 2") == [Kill(2, query_only=False), Ok(2)]
    assert one.say("KILL QUERY 1 + 1") == [Kill(2, query_only=True), Ok(2)]
    assert one.failure("KILL 99") == Failure(1094, "HY000", "Unknown thread id: 99")


@both
def test_killing_oneself(persona: str) -> None:
    client = Bench(persona).login()
    assert client.say("KILL CONNECTION_ID()") == [Kill(1, query_only=False)]
    assert client.failure("KILL QUERY 1") == Failure(1317, "70100", "Query execution was interrupted")


def test_mariadb_kills_by_user_and_by_force() -> None:
    bench = Bench(MARIADB)
    one, _, other = bench.login(), bench.login(), bench.login(user="other")
    assert one.say("KILL HARD QUERY 2") == [Kill(2, query_only=True), Ok(2)]
    own = Kill(1, query_only=False, is_answered=True)
    assert one.say("KILL USER spec") == [Kill(2, query_only=False), Ok(2, affected_rows=2), own]
    assert other.say("KILL SOFT CONNECTION USER 'nobody'") == [Ok(2)]
    assert one.failure("KILL QUERY ID 5").code == 1957


@both
def test_commit_release_ends_the_session(persona: str) -> None:
    client = Bench(persona).login()
    assert client.say("COMMIT RELEASE") == [Ok(2), Kill(1, query_only=False, is_answered=True)]
    client.ok("SET completion_type = 'RELEASE'")
    assert client.say("ROLLBACK")[-1] == Kill(1, query_only=False, is_answered=True)
    assert client.say("ROLLBACK NO RELEASE") == [Ok(2)]
    client.ok("SET completion_type = 1")
    assert client.ok("COMMIT").status == 3
    assert client.ok("COMMIT AND NO CHAIN").status == 2


# ------------------------------------------------------------------------------------------------ reset and change user


def unsettle(client: object) -> None:
    for statement in (
        "SET autocommit = 0, sql_mode = '', wait_timeout = 5, @v = 1",
        "SET NAMES latin1",
        "SET SESSION TRANSACTION READ ONLY",
        "USE test",
        "SELECT LAST_INSERT_ID(7)",
        "SELECT GET_LOCK('mine', 0)",
        "BEGIN",
    ):
        client.say(statement)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("persona", "collation"), [(MARIADB, "utf8mb4_bin"), (MYSQL, "utf8mb4_0900_ai_ci")])
def test_a_reset_keeps_the_database_alone(persona: str, collation: str) -> None:
    bench = Bench(persona)
    client, other = bench.login(collation=46), bench.login()
    unsettle(client)
    waiting = other.steps("SELECT GET_LOCK('mine', 9)")
    next(waiting)
    next(waiting)
    ok, wakes = bench.engine.reset(client.session)
    assert (ok, wakes) == (Ok(2), [Wake(2)])
    read = "DATABASE(), @v, @@autocommit, @@wait_timeout, @@sql_mode <> '', @@collation_connection, LAST_INSERT_ID()"
    assert client.rows(f"SELECT {read}, CONNECTION_ID()") == [("test", None, 1, 28800, 1, collation, 0, 1)]
    assert client.ok("BEGIN").status == 3
    waiting.close()


@both
def test_change_user_starts_everything_anew(persona: str) -> None:
    bench = Bench(persona)
    client = bench.login()
    unsettle(client)
    from dataclasses import replace

    login = replace(client.session.login, user="root", database="", collation=8)
    answer, wakes = bench.engine.change_user(client.session, login)
    assert (answer, wakes) == (Ok(2), [])
    assert client.rows("SELECT USER(), DATABASE(), @v, @@character_set_client") == [
        ("root@localhost", None, None, "latin1")
    ]
    refused, _ = bench.engine.change_user(client.session, replace(login, database="nosuch"))
    assert isinstance(refused, Failure)
    assert refused.code == 1049


# -------------------------------------------------------------------------------------------------- the server's tables


@pytest.mark.parametrize("statement", ["SHOW PROCESSLIST", "SHOW FULL PROCESSLIST"])
@both
def test_processlist_shows_what_each_session_does(persona: str, statement: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(client_port=5001), bench.login(database="", user="other")
    bench.now += 3
    two.session.command, two.session.info, two.session.state = "Query", "x" * 150, "User sleep"
    rows = [row[:8] for row in one.rows(statement)]
    info = "x" * (150 if "FULL" in statement else 100)
    assert rows == [
        (1, "spec", "localhost:5001", "spec", "Sleep", 3, "", None),
        (2, "other", "localhost", None, "Query", 3, "User sleep", info),
    ]


@both
def test_processlist_is_a_table_too(persona: str) -> None:
    bench = Bench(persona)
    one, two = bench.login(), bench.login(user="other")
    assert two.rows(
        "SELECT id, user AS who, p.COMMAND FROM information_schema.processlist p WHERE user = 'SPEC' OR p.id = 99"
    ) == [(1, "spec", "Sleep")]
    count = "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
    assert one.rows(count) == [(2,)]
    assert one.rows(f"{count} WHERE user = 'spec' AND id <> CONNECTION_ID()") == [(0,)]
    assert one.rows(
        "SELECT user, COUNT(id), MAX(id), MIN(user) FROM information_schema.processlist GROUP BY user ORDER BY 1 DESC"
    ) == [("spec", 1, 1, "spec"), ("other", 1, 2, "other")]
    assert [row[0] for row in one.rows("SELECT * FROM information_schema.processlist ORDER BY id DESC LIMIT 1")] == [2]
    assert one.rows("SELECT p.* FROM information_schema.processlist AS p LIMIT 1, 1")[0][1] == "other"
    ordered = one.rows("SELECT id, RAND() > 2 FROM information_schema.processlist ORDER BY state, 1 DESC")
    assert ordered == [(2, 0), (1, 0)]
    assert one.rows("SELECT id FROM information_schema.processlist ORDER BY db IS NULL") == [(1,), (2,)]
    one_row = one.value("RAND(1)")
    both_rows = one.rows("SELECT RAND(1) FROM information_schema.processlist")
    assert [row[0] == one_row for row in both_rows] == [True, False]
    assert one.failure("SELECT 1 FROM information_schema.'processlist'").code == 1064
    assert one.failure("SELECT q.* FROM information_schema.processlist AS p").code == 1051
    assert one.failure("SELECT q.id FROM information_schema.processlist AS p WHERE q.id = 1").code == 1054
    assert one.failure("SELECT q.id FROM information_schema.processlist AS p").code == 1054
    one.ok("USE information_schema")
    assert one.rows("SELECT COUNT(DISTINCT db), SUM(id), AVG(id) FROM processlist")[0][0] == 2


@both
def test_schemata_lists_the_databases(persona: str) -> None:
    client = Bench(persona).login()
    names = client.rows("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'spe%'")
    assert names == [("spec",)]


def test_databases_are_made_and_dropped() -> None:
    bench = Bench()
    client = bench.login(database="test")
    assert client.ok("CREATE DATABASE fresh CHARACTER SET utf8mb4").affected_rows == 1
    assert client.rows("SHOW DATABASES LIKE 'fre%'") == [("fresh",)]
    assert client.failure("CREATE SCHEMA fresh").code == 1007
    assert client.ok("CREATE SCHEMA IF NOT EXISTS fresh").warnings == 1
    client.ok("USE fresh")
    assert client.ok("DROP DATABASE fresh").status == 0x102
    assert client.value("DATABASE()") is None
    assert client.failure("DROP SCHEMA fresh").code == 1008
    assert client.ok("DROP SCHEMA IF EXISTS fresh").warnings == 1
    client.ok("DROP DATABASE test")
    assert client.failure("SELECT * FROM t").code == 1046
    assert [row[0] for row in client.rows("SHOW DATABASES")] == [
        "information_schema",
        "mysql",
        "performance_schema",
        "spec",
        "sys",
    ]


@both
def test_show_tables_of_information_schema(persona: str) -> None:
    client = Bench(persona).login()
    assert client.rows("SHOW FULL TABLES FROM information_schema") == [
        (name, "SYSTEM VIEW") for name in ("columns", "processlist", "schemata", "statistics", "tables")
    ]
    assert client.rows("SHOW FULL TABLES") == []
    assert Bench(persona).login(database="").failure("SHOW TABLES").code == 1046
    assert client.failure("SHOW COLUMNS FROM information_schema.processlist").code == 1235


@both
def test_show_tells_of_the_servers_parts(persona: str) -> None:
    client = Bench(persona).login()
    engines = client.rows("SHOW ENGINES")
    assert engines == client.rows("SHOW STORAGE ENGINES")
    assert ("InnoDB", "DEFAULT") in [row[:2] for row in engines]
    assert ("InnoDB", "ACTIVE", "STORAGE ENGINE", None, "GPL") in client.rows("SHOW PLUGINS")
    charsets = client.rows("SHOW CHARACTER SET LIKE 'utf8mb_'")
    assert [row[0] for row in charsets] == ["utf8mb3", "utf8mb4"]
    assert charsets == client.rows("SHOW CHARSET WHERE Charset IN ('utf8mb3', 'utf8mb4')")
    (collation,) = client.rows("SHOW COLLATION WHERE id = 46")
    assert collation[:5] == ("utf8mb4_bin", "utf8mb4", 46, "", "Yes")
    assert len(client.rows("SHOW COLLATION")) == (286 if persona == MYSQL else 1242)


@both
def test_show_warnings_takes_a_limit(persona: str) -> None:
    client = Bench(persona).login()
    client.rows("SELECT 1/0, 'x'+1, 'y'+1")
    assert [row[2] for row in client.rows("SHOW WARNINGS")] == [
        "Division by 0",
        "Truncated incorrect DOUBLE value: 'x'",
        "Truncated incorrect DOUBLE value: 'y'",
    ]
    assert [row[2][-3:] for row in client.rows("SHOW WARNINGS LIMIT 1, 2")] == ["'x'", "'y'"]
    assert client.rows("SHOW WARNINGS LIMIT 1 OFFSET 2") == client.rows("SHOW WARNINGS LIMIT 2, 5")
    assert client.rows("SHOW ERRORS") == []
    assert client.rows("SHOW COUNT(*) WARNINGS") == [(3,)]
    assert client.rows("SHOW COUNT(*) ERRORS") == [(0,)]


def test_warnings_are_kept_up_to_max_error_count() -> None:
    client = Bench().login()
    client.ok("SET max_error_count = 1")
    said = client.say("SELECT 'x'+1, 'y'+1")
    assert isinstance(said[-1], End)
    assert said[-1].warnings == 2
    assert client.rows("SHOW COUNT(*) WARNINGS") == [(1,)]


def test_flush_status_forgets_counts() -> None:
    client = Bench().login()
    client.value("1")
    assert client.rows("SHOW STATUS LIKE 'Com_select'") == [("Com_select", "1")]
    client.ok("FLUSH LOCAL STATUS")
    assert client.rows("SHOW GLOBAL STATUS LIKE 'Com_select'") == [("Com_select", "0")]
    assert client.rows("SHOW STATUS LIKE 'Questions'") == [("Questions", "5")]


def test_uptime_follows_the_clock() -> None:
    bench = Bench()
    client = bench.login()
    bench.now += 61.5
    assert client.rows("SHOW GLOBAL STATUS LIKE 'Uptime'") == [("Uptime", "61")]


# ------------------------------------------------------------------------------------------------------------- the rest


def test_mariadb_has_words_of_its_own() -> None:
    client = Bench(MARIADB).login()
    assert client.failure("BEGIN NOT ATOMIC SELECT 1; END").code == 1235
    assert client.failure("SET @@persist.wait_timeout = 1").code == 4081
    assert client.failure("SET old_mode = 1.5").code == 1232
    assert client.failure("SET old_mode = NULL").code == 1231
    assert Bench(MYSQL).login().ok("SET @@persist.wait_timeout = 5") == Ok(2)


def test_rows_are_sorted_by_several_columns() -> None:
    bench = Bench()
    clients = [
        bench.login(user=user, database=database) for user, database in (("b", ""), ("a", "test"), ("b", "spec"))
    ]
    assert clients[0].rows(
        "SELECT user, db FROM information_schema.processlist ORDER BY user DESC, db, CONNECTION_ID() + 1"
    ) == [("b", None), ("b", "spec"), ("a", "test")]
    assert clients[0].rows("SELECT MIN(user), MAX(db), COUNT(DISTINCT user) FROM information_schema.processlist") == [
        ("a", "test", 2)
    ]
    assert clients[0].rows("SELECT DISTINCT user FROM information_schema.processlist ORDER BY 1") == [("a",), ("b",)]
    assert clients[0].rows(
        "SELECT user u, COUNT(*) FROM information_schema.processlist GROUP BY u HAVING COUNT(*) > 1"
    ) == [("b", 2)]
    assert clients[0].rows("SELECT NULL UNION SELECT 2 UNION SELECT 1 ORDER BY 1 DESC") == [(2,), (1,), (None,)]


def test_init_db_needs_a_name() -> None:
    bench = Bench()
    assert bench.engine.init_db(bench.login().session, b"") == Failure(1046, "3D000", "No database selected")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("", 1065),
        ("  \n ", 1065),
        (";", 1065),
        ("SELECT * FROM nosuch", 1146),
        ("CREATE VIEW v AS SELECT 1", 1235),
        ("DROP VIEW v", 1235),
        ("SET RESOURCE GROUP x", 1235),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 1235),
        ("SELECT 1 FROM (SELECT 1) x, LATERAL (SELECT 2) y", 1235),
        ("SELECT 1 FROM information_schema.processlist, LATERAL (SELECT 1) x", 1235),
        ("WITH a AS (SELECT 1) DELETE FROM x", 1235),
        ("SELECT 1 EXCEPT SELECT 2", 1235),
        ("START REPLICA", 1235),
        ("SET @a 1", 1064),
        ("SELECT 1 FROM a.1", 1064),
        ("SELECT 1 + t.*", 1064),
        ("SELECT INTERVAL(1", 1064),
        ("SELECT ROW", 1054),
        ("SHOW VARIABLES WHERE nosuch = 1", 1054),
        ("SHOW VARIABLES WHERE value = (SELECT 1)", 1235),
        ("SET autocommit = 1e0", 1232),
        ("SET completion_type = 1e0", 1232),
        ("SET sql_mode = 1e0", 1232),
    ],
)
def test_errors_have_their_codes(statement: str, code: int) -> None:
    assert Bench().login().failure(statement).code == code


def test_comments_alone_are_a_statement_that_does_nothing() -> None:
    client = Bench().login()
    assert client.say("-- nothing") == client.say("/* at all */") == [Ok(2)]


def test_select_into_variables() -> None:
    client = Bench().login()
    assert client.ok("SELECT 1, 'x' INTO @a, @b").affected_rows == 1
    assert client.rows("SELECT @a, @b") == [(1, "x")]
    assert client.failure("SELECT 1 UNION SELECT 2 INTO @a").code == 1172
    assert client.ok("SELECT 5 WHERE 0 INTO @a").warnings == 1
    assert client.value("@a") == 1


def test_row_counts_of_the_statement_before() -> None:
    client = Bench().login()
    client.ok("SET @a = 1")
    assert client.value("ROW_COUNT()") == 0
    assert client.value("ROW_COUNT()") == -1
    client.rows("SELECT 1 UNION SELECT 2 UNION SELECT 3 LIMIT 2")
    assert client.value("FOUND_ROWS()") == 2
    client.rows("SELECT SQL_CALC_FOUND_ROWS user FROM information_schema.processlist LIMIT 0")
    assert client.value("FOUND_ROWS()") == 1
    client.failure("SELEC")
    assert client.value("ROW_COUNT()") == -1


def test_a_statement_is_read_once_and_the_cache_is_bounded() -> None:
    bench = Bench()
    client = bench.login()
    for number in range(600):
        client.value(str(number))
    assert len(bench.engine._read) <= 512
    long = "SELECT '" + "x" * 5000 + "'"
    client.rows(long)
    assert not any(len(key[0]) > 4096 for key in bench.engine._read)


@both
def test_a_cached_statement_follows_the_sessions_settings(persona: str) -> None:
    """The same bytes mean other things under another character set, sql_mode or variable."""
    client = Bench(persona).login(capabilities=0)
    statement = "SELECT @a, 'x', \"y\", 1 || 0"
    client.ok("SET @a = 1")
    assert client.rows(statement) == [(1, "x", "y", 1)]
    client.ok("SET @a = 'text', sql_mode = 'PIPES_AS_CONCAT'")
    assert client.rows(statement) == [("text", "x", "y", "10")]
    client.ok("SET sql_mode = 'ANSI_QUOTES'")
    assert client.failure(statement).code == 1054
    literal = "SELECT 'ä'"
    assert client.rows(literal) == [("ä",)]
    client.ok("SET NAMES latin1")
    assert client.rows(literal) == [("Ã¤",)]
    assert client.column("'ä'").character_set == 8


def test_bytes_of_binary_literals_come_back_exactly() -> None:
    client = Bench().login()
    data = bytes(range(256))
    escaped = data.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    for charset in ("utf8mb4", "latin1", "ascii", "binary"):
        client.ok(f"SET NAMES {charset}")
        assert client.rows(b"SELECT _binary'" + escaped + b"'") == [(data,)]
        assert client.rows(b"SELECT x'" + data.hex().encode() + b"', LENGTH(_binary'" + escaped + b"')") == [
            (data, 256)
        ]


@both
def test_reading_a_table_ends_the_warnings_of_the_statement_before(persona: str) -> None:
    client = Bench(persona).login()
    client.rows("SELECT 'x' + 0")
    client.rows("SELECT COUNT(*) FROM information_schema.schemata")
    assert client.warnings() == []


@both
def test_set_statement_is_for_mariadb(persona: str) -> None:
    client = Bench(persona).login()
    statement = "SET STATEMENT sql_mode = 'ANSI_QUOTES', max_statement_time = 1 FOR SELECT @@sql_mode"
    if persona == MYSQL:
        assert client.failure(statement).code == 1064
        return
    before = client.value("@@sql_mode")
    assert client.rows(statement) == [("ANSI_QUOTES",)]
    assert client.value("@@sql_mode") == before
    assert client.failure("SET STATEMENT nosuch = 1 FOR SELECT 1").code == 1193
    assert client.failure("SET STATEMENT sql_mode = '' FOR ALTER TABLESPACE t").code == 1235
    assert client.failure("SET STATEMENT sql_mode = '' FOR SELECT nosuch").code == 1054
    assert client.value("@@sql_mode") == before


@pytest.mark.skipif(sys.gettrace() is not None, reason="measuring coverage takes longer than the statement")
def test_a_literal_select_takes_a_few_microseconds() -> None:
    """The common path: read once, planned once, then three steps out of memory."""
    client = Bench().login()
    client.value("1")
    best = min(_timed(client) for _ in range(5))
    assert best < 30e-6, best


def _timed(client: object) -> float:
    engine, session = client.engine, client.session  # type: ignore[attr-defined]
    started = time.perf_counter()
    for _ in range(500):
        for _step in engine.query(session, b"SELECT 1"):
            pass
    return (time.perf_counter() - started) / 500


# --------------------------------------------------------------------------------- what servers of one process share


class Counted(list[str]):
    """The texts that were parsed."""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counted:
    texts = Counted()
    parse = statements.parse

    def counting(text: str, *arguments: Any, **options: Any) -> Any:
        texts.append(text)
        return parse(text, *arguments, **options)

    monkeypatch.setattr(statements, "parse", counting)
    return texts


def test_a_statement_is_read_once_for_all_servers(parsed: Counted) -> None:
    statement = "SELECT 'read once', 2"
    answers = [Bench().login().say(statement) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert parsed == [statement]


def test_a_statement_is_read_again_where_it_means_something_else(parsed: Counted) -> None:
    statement = 'SELECT "read twice"'
    client = Bench().login()
    [_, rows, _] = client.say(statement)
    assert isinstance(rows, Rows)
    assert rows.rows == (("read twice",),)
    client.ok("SET sql_mode = 'ANSI_QUOTES'")
    assert client.failure(statement).code == 1054
    Bench("mariadb-10.11").login().say(statement)
    assert parsed.count(statement) == 3


def test_an_answer_that_is_always_the_same_is_shared_by_servers_with_the_same_settings_alone() -> None:
    statement = "SELECT 'shared', 1.5"
    heads = [Bench(variables=given).login().say(statement)[0] for given in (None, None, {"sql_mode": ""})]
    [first, second, other] = [head.columns for head in heads if isinstance(head, Columns)]
    assert first is second
    assert other == first
    assert other is not first


def test_what_servers_share_keeps_none_of_them_alive() -> None:
    bench = Bench()
    client = bench.login()
    for statement in ("SELECT 'kept', 1", "SELECT nonsense", "SELECT FROM nonsense", "CALL nonsense()"):
        client.say(statement)
    gone = weakref.ref(bench)
    gc.collect()
    del bench, client
    gc.collect()
    assert gone() is None
