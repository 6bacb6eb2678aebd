"""What random talks with real servers have shown, held without one: counts, limits, origins, who is asked first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fakemysql.answers import Columns, End, Failure, Kill, Ok, Rows, Woken
from fakemysql.binary import Parameter, ParameterType
from fakemysql.constants import CLIENT_MULTI_STATEMENTS, SERVER_MORE_RESULTS_EXISTS
from fakemysql.prepared import CursorUse, Description, of_a_temporary_table
from fakemysql.sql.accounts import Account
from fakemysql.sql.session import Login

from . import golden
from .engine_client import Bench, Client

both = pytest.mark.parametrize("persona", golden.PERSONAS)
MARIADB, MYSQL = golden.PERSONAS


def columns(client: Client, statement: str) -> Columns:
    return next(step for step in client.say(statement) if isinstance(step, Columns))


def described(client: Client, statement: bytes) -> Description:
    answer = client.engine.prepare(client.session, statement)
    assert isinstance(answer, Description), answer
    return answer


@both
def test_a_select_without_limit_gives_as_many_rows_as_the_setting_says(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET sql_select_limit = 1")
    assert client.rows("SELECT 1 UNION SELECT 2") == [(1,)]
    assert client.rows("SELECT 1 UNION SELECT 2 LIMIT 2") == [(1,), (2,)]
    assert len(client.rows("SHOW VARIABLES")) == 1
    assert len(client.rows("SHOW ENGINES")) == 1
    client.ok("SELECT 1 UNION SELECT 2 INTO @a")
    client.ok("SET sql_select_limit = 0")
    assert client.rows("SELECT 1") == []
    client.ok("SET sql_select_limit = DEFAULT")
    assert client.rows("SELECT 1") == [(1,)]


@both
def test_a_reset_takes_the_limit_of_rows_away(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET sql_select_limit = 0")
    client.engine.reset(client.session)
    assert client.rows("SELECT 1") == [(1,)]


@both
def test_found_rows_and_several_statements_outlive_a_reset(persona: str) -> None:
    client = Bench(persona).login()
    client.engine.set_option(client.session, 0)
    client.rows("SELECT 1 UNION SELECT 2")
    client.engine.reset(client.session)
    assert client.rows("DO 0; SELECT FOUND_ROWS()") == [(1 if persona == MYSQL else 2,)]


@both
def test_a_failed_init_db_is_a_warning_beside_those_of_before_on_mysql_alone(persona: str) -> None:
    client = Bench(persona).login()
    client.rows("SELECT 1/0")
    assert isinstance(client.engine.init_db(client.session, b"nosuch"), Failure)
    assert len(client.warnings()) == (0 if persona == MARIADB else 1)  # the conversation adds the error itself
    assert client.value("ROW_COUNT()") == -1


@both
def test_a_ping_counts_the_warnings_of_the_statement_before_on_mysql_alone(persona: str) -> None:
    client = Bench(persona).login()
    client.rows("SELECT 1/0")
    assert client.engine.ping(client.session) == Ok(2, warnings=0 if persona == MARIADB else 1)
    assert client.value("ROW_COUNT()") == 0


# Database, table and original name of the first column, on MariaDB and on MySQL.
ORIGINS = {
    "SHOW TABLES": (("information_schema", "TABLE_NAMES", "TABLE_NAME"), ("", "TABLES", "Tables_in_spec")),
    "SHOW DATABASES": (("information_schema", "SCHEMATA", "SCHEMA_NAME"), ("", "SCHEMATA", "Database")),
    "SHOW GLOBAL VARIABLES": (
        ("information_schema", "SESSION_VARIABLES", "VARIABLE_NAME"),
        ("performance_schema", "global_variables", "Variable_name"),
    ),
    "SHOW STATUS": (
        ("information_schema", "SESSION_STATUS", "VARIABLE_NAME"),
        ("performance_schema", "session_status", "Variable_name"),
    ),
    "DESCRIBE t": (("information_schema", "COLUMNS", "COLUMN_NAME"), ("", "COLUMNS", "Field")),
    "SHOW INDEX FROM t": (("information_schema", "STATISTICS", "TABLE_NAME"), ("", "SHOW_STATISTICS", "Table")),
    "SHOW WARNINGS": (("", "", ""), ("", "", "")),
}


@both
@pytest.mark.parametrize("statement", ORIGINS)
def test_where_a_show_takes_its_columns_from(persona: str, statement: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT PRIMARY KEY)")
    first = columns(client, statement).columns[0]
    assert (first.schema, first.table, first.org_name) == ORIGINS[statement][golden.PERSONAS.index(persona)]


@both
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO nosuch VALUES (1)",
        "UPDATE nosuch SET a = 1",
        "DELETE FROM nosuch",
        "SELECT * FROM nosuch FOR UPDATE",
    ],
)
def test_a_transaction_that_only_reads_refuses_before_a_table_is_looked_for(persona: str, statement: str) -> None:
    client = Bench(persona).login()
    client.ok("START TRANSACTION READ ONLY")
    assert client.failure(statement).code == 1792
    client.ok("ROLLBACK")
    assert client.failure(statement).code == 1146


@both
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE u (a INT)", "TRUNCATE TABLE t", "DROP TABLE t", "DROP TABLE IF EXISTS nosuch"]
)
def test_nothing_is_defined_where_transactions_only_read(persona: str, statement: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    client.ok("SET SESSION TRANSACTION READ ONLY")
    assert client.failure(statement).code == 1792
    client.ok("SET SESSION TRANSACTION READ WRITE")
    client.ok("START TRANSACTION READ ONLY")
    client.ok(statement)


def test_a_temporary_table_is_locked_for_writing_where_a_transaction_only_reads() -> None:
    client = Bench().login()
    client.ok("CREATE TEMPORARY TABLE own (a INT)")
    client.ok("START TRANSACTION READ ONLY")
    assert client.rows("SELECT * FROM own FOR UPDATE") == []
    client.ok("INSERT INTO own VALUES (1)")


@both
def test_mariadb_asks_for_a_lock_before_values_are_counted_and_mysql_behind(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    client.ok("LOCK TABLES t READ")
    assert client.failure("INSERT INTO t VALUES (1, 2)").code == (1099 if persona == MARIADB else 1136)


@both
def test_what_becomes_of_a_cursor(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    refused = CursorUse.PASSED_OVER if persona == MARIADB else CursorUse.REFUSED
    for statement, expected in [
        (b"SELECT 1", CursorUse.OPENS),
        (b"SHOW TABLES", CursorUse.OPENS),
        (b"SHOW ENGINES", CursorUse.OPENS),
        (b"SHOW PROCESSLIST", CursorUse.PASSED_OVER),
        (b"SHOW PRIVILEGES", CursorUse.PASSED_OVER),
        (b"INSERT INTO t VALUES (1)", CursorUse.PASSED_OVER),
        (b"COMMIT", refused),
        (b"SET @a = 1", refused),
        (b"TRUNCATE TABLE t", refused),
    ]:
        assert described(client, statement).cursor_use is expected, statement


@both
def test_an_unknown_function_is_looked_for_in_the_database_where_there_is_one(persona: str) -> None:
    client = Bench(persona).login(database="")
    assert client.failure("SELECT NOSUCH(1)").code == (1305 if persona == MARIADB else 1046)


@both
def test_modes_may_be_a_number(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET sql_mode = 4")
    assert client.value("@@sql_mode") == "ANSI_QUOTES"
    assert client.failure("SET sql_mode = -1").code == 1231


@both
def test_a_value_is_checked_before_the_session_is_told_that_it_may_not_set_it(persona: str) -> None:
    client = Bench(persona).login()
    assert client.failure("SET SESSION max_allowed_packet = 'x'").code == 1232
    assert client.failure("SET SESSION max_allowed_packet = 1024").code == 1621


@both
def test_a_null_in_a_cursor_is_a_string(persona: str) -> None:
    column = Bench(persona).login().column("NULL")
    made = of_a_temporary_table(column, mariadb=persona == MARIADB)
    assert (made.type, made.org_name) == (254 if persona == MARIADB else 253, column.name)


@both
def test_the_columns_of_a_union_are_told_when_it_is_prepared(persona: str) -> None:
    client = Bench(persona).login()
    (column,) = described(client, b"SELECT 1 UNION SELECT 2").columns
    assert column.org_name == ("1" if persona == MARIADB else "")


@both
def test_set_reads_everything_before_it_assigns_anything(persona: str) -> None:
    """SET @a = 2, @b = @a gives @b the old value, on both servers."""
    client = Bench(persona).login()
    client.ok("SET @a = 1, wait_timeout = 100")
    client.ok("SET @a = 2, @b = @a, wait_timeout = 200, @w = @@wait_timeout, @a = @a + 6")
    assert client.rows("SELECT @a, @b, @w, @@wait_timeout") == [(7, 1, 100, 200)]
    assert client.failure("SET @a = 9, @b = (SELECT 1 UNION SELECT 2)").code == 1242
    assert client.value("@a") == 7


def test_mysql_counts_the_warnings_of_the_statement_before() -> None:
    client = Bench("mysql-9.7").login()
    client.say("SELECT 1/0, 1/0")
    assert client.rows("SELECT @@warning_count, @@error_count") == [(2, 0)]
    assert client.value("@@warning_count") == 0
    client.failure("SELECT nosuch")
    assert client.rows("SHOW ERRORS")
    assert client.rows("SELECT @@session.error_count + 0, (SELECT @@warning_count)") == [(1, 1)]
    client.ok("SET max_error_count = 1")
    client.say("SELECT 1/0, 1/0, 1/0")
    client.ok("SET @n = @@warning_count")
    assert client.value("@n") == 3


def test_warnings_of_the_text_are_counted_where_the_definitions_end() -> None:
    columns, *_ = Bench("mysql-9.7").login().say("SELECT !0")
    assert isinstance(columns, Columns)
    assert columns.warnings == 1


@both
def test_what_is_not_supported_is_quoted_whole_wherever_it_is_found(persona: str) -> None:
    """Error 1235 and server.unhandled have the statement, in words that also name the part."""
    client = Bench(persona).login(capabilities=CLIENT_MULTI_STATEMENTS)
    failure = client.failure("DO 1; KILL  (SELECT 5) ; DO 2")
    assert (failure.code, client.engine.unhandled) == (1235, ["KILL  (SELECT 5)"])
    assert failure.message.endswith("support a subquery in this place; script an answer for it: KILL  (SELECT 5)")
    refused = client.engine.prepare(client.session, b"SELECT\nJSON_PRETTY(?)")
    assert isinstance(refused, Failure)
    assert refused.code == 1235
    assert client.engine.unhandled[1:] == ["SELECT\nJSON_PRETTY(?)"]


@both
@pytest.mark.parametrize(("mariadb", "mysql", "name"), [(1235, 1235, "xy"), (1235, 1305, "sformat"), (1305, 1305, "f")])
def test_a_function_that_the_server_has_and_the_fake_has_not_is_said_to_exist(
    persona: str, mariadb: int, mysql: int, name: str
) -> None:
    called = {"xy": "st_x(1)"}.get(name, f"{name}('a')")
    assert Bench(persona).login().failure(f"SELECT {called}").code == (mariadb if persona == MARIADB else mysql)
    assert Bench(persona).login().failure(f"SELECT spec.{called}").code == 1305


@both
def test_comments_behind_a_semicolon_are_a_statement(persona: str) -> None:
    """As both servers have it, a client that takes several results gets an OK for them."""
    client = Bench(persona).login(capabilities=CLIENT_MULTI_STATEMENTS)
    for comment in ("-- c", "/* c */", "# c", "-- c\n;"):
        *_, end, ok = client.say(f"SELECT 1;{comment}")
        assert isinstance(end, End)
        assert end.status & SERVER_MORE_RESULTS_EXISTS
        assert isinstance(ok, Ok)
    assert len(client.say(" \n SELECT 1;; \n; ")) == 3
    assert client.ok("/* c */;").status == 2
    one = Bench(persona).login()
    assert len(one.say("SELECT 1; -- c")) == 3


@both
def test_one_nul_behind_a_text_is_no_part_of_it(persona: str) -> None:
    client = Bench(persona).login(capabilities=CLIENT_MULTI_STATEMENTS)
    assert client.rows("SELECT 1\0") == [(1,)]
    assert client.failure("\0").code == 1065
    assert client.failure("SELECT 1;\0").code == 1065
    for text, near in (("SELECT 1\0\0 ", ""), ("\0SELECT 1", ""), ("SELECT\x001", ""), ("SELEC 1\x002", "SELEC 1")):
        assert client.failure(text).message.endswith(f"near '{near}' at line 1")


def test_bytes_that_are_no_text_end_what_an_error_quotes() -> None:
    for persona, near in ((MARIADB, "?b"), (MYSQL, "")):
        assert f"near '{near}' at" in Bench(persona).login().failure(b"SELECT a\xffb").message


@both
def test_a_prepare_finds_out_what_a_set_names(persona: str) -> None:
    client = Bench(persona).login()

    def refused(statement: str) -> int:
        answer = client.engine.prepare(client.session, statement.encode())
        return answer.code if isinstance(answer, Failure) else 0

    refusals = {"SET nosuch = 1": 1193, "SET @a = 1, max_connections = 5": 1229, "SET NAMES nosuch": 1115}
    refusals |= {"SET @a = nosuch": 1054, "DO 1, nosuch": 1054, "SET NAMES utf8mb4 COLLATE latin1_bin": 1253}
    refusals |= {"SET wait_timeout = 'x'": 0, "SET autocommit = DEFAULT": 0, "SET @a = ?": 0}
    # MySQL looks later whether a variable may be written at all.
    refusals |= {"SET version = 'x'": 1238 if persona == MARIADB else 1229}
    refusals |= {"SET warning_count = 1": 1238 if persona == MARIADB else 0}
    refusals |= {"LOCK TABLES t READ": 0 if persona == MARIADB else 1295}
    if persona == MARIADB:
        refusals |= {"SET STATEMENT wait_timeout = 5 FOR SELECT 1": 1971, "SET STATEMENT nosuch = 5 FOR SELECT 1": 1193}
    assert {statement: refused(statement) for statement in refusals} == refusals


@both
def test_flush_takes_what_its_server_has_and_nothing_behind_it(persona: str) -> None:
    client = Bench(persona).login()
    for what in ("TABLES", "TABLE t, test.u", "TABLES WITH READ LOCK", "STATUS, PRIVILEGES", "BINARY LOGS, LOGS"):
        client.ok(f"FLUSH NO_WRITE_TO_BINLOG {what}")
    for what in ("STATUS nosuch", "TABLES, STATUS", "nosuch", "BINARY", ""):
        assert client.failure(f"FLUSH {what}").code == 1064
    for what, mariadb in (("HOSTS", True), ("QUERY CACHE", True), ("OPTIMIZER_COSTS", False)):
        takes = mariadb == (persona == MARIADB)
        assert isinstance(client.say(f"FLUSH {what}")[0], Ok) == takes
    assert client.failure("FLUSH TABLES t WITH READ LOCK").code == 1235
    assert Bench(persona).login(database="").failure("FLUSH TABLE t").code == 1046


def test_mysql_puts_variables_aside_for_the_next_start() -> None:
    client = Bench(MYSQL).login()
    persisted = client.session.instance.persisted
    client.ok("SET PERSIST wait_timeout = 77, @@persist_only.max_connections = 9, PERSIST_ONLY net_read_timeout = 5")
    assert client.rows("SELECT @@global.wait_timeout, @@wait_timeout, @@max_connections") == [(77, 28800, 151)]
    assert persisted == {"wait_timeout": 77, "max_connections": 9, "net_read_timeout": 5}
    client.ok("RESET PERSIST wait_timeout")
    assert client.failure("RESET PERSIST wait_timeout").code == 3615
    assert client.ok("RESET PERSIST IF EXISTS wait_timeout").warnings == 1
    client.ok("RESET PERSIST")
    assert persisted == {}
    assert client.failure("SET PERSIST version = 'x'").code == 1238


def test_mariadb_puts_nothing_aside() -> None:
    client = Bench(MARIADB).login()
    assert client.failure("SET PERSIST wait_timeout = 77").code == 1064
    assert "near 'PERSIST' at" in client.failure("RESET PERSIST").message


def test_what_a_text_is_warned_of_is_told_by_its_prepare_and_not_again() -> None:
    client = Bench(MYSQL).login()
    description = described(client, b"SELECT !0")
    assert description.warnings == 1
    *_, end = client.engine.execute(client.session, description.handle, ())
    assert end == End(2, 0)
    client.ok("PREPARE s FROM 'SELECT !0'")
    *_, end = client.say("EXECUTE s")
    assert end == End(2, 0)


@both
def test_names_that_no_database_can_have(persona: str) -> None:
    client = Bench(persona).login()
    assert (client.failure("USE ``").code, client.failure("USE `spec `").code) == (1046, 1102)


@both
def test_init_connect_is_said_before_the_first_statement(persona: str) -> None:
    text = "SET @who = 1, autocommit = 0; SELECT SLEEP(9); SET @two = 2"
    bench = Bench(persona, variables={"init_connect": text})
    client = bench.login()
    assert client.session.status == 2  # the login is answered before
    assert client.rows("SELECT @who, @two, @@autocommit") == [(1, 2, 0)]
    client.ok("SET @who = 3")
    assert client.value("@who") == 3
    prepared = bench.login()
    assert isinstance(prepared.engine.prepare(prepared.session, b"SELECT @two"), Description)
    assert prepared.session.user_variables["two"].value == 2
    admin = bench.login(account=Account("spec", is_admin=True))
    assert admin.rows("SELECT @who, @@autocommit") == [(None, 1)]


@both
def test_a_connection_whose_init_connect_fails_is_ended_with_the_first_answer(persona: str) -> None:
    bench = Bench(persona, variables={"init_connect": "SET @a = 1; SELEC nosuch"})
    failure, kill = bench.login().say("SELECT 1")
    text = "Aborted connection 1 to db: 'spec' user: 'spec' host: 'localhost' (init_connect command failed)"
    assert failure == Failure(1184, "08S01", text)
    assert kill == Kill(1, query_only=False, is_answered=True)
    other = bench.login()
    assert other.engine.prepare(other.session, b"SELECT 1") == Failure(1184, "08S01", text.replace(" 1 ", " 2 "))


def test_a_refused_change_of_user_leaves_mariadb_with_a_fresh_session() -> None:
    """Whoever was there goes on, in the same database, and nothing else of the session is left."""
    for refused in (None, Login(1, "spec", database="nosuch", collation=45)):
        client = Bench(MARIADB).login()
        client.ok("SET @a = 1, wait_timeout = 5, autocommit = 0")
        client.ok("CREATE TEMPORARY TABLE t (a INT)")
        client.ok("INSERT INTO t VALUES (1)")
        client.value("GET_LOCK('l', 0)")
        client.engine.change_user(client.session, refused)
        assert client.session.status == 2
        assert client.rows("SELECT @a, @@wait_timeout, DATABASE(), USER(), IS_FREE_LOCK('l')") == [
            (None, 28800, "spec", "spec@localhost", 1)
        ]
        assert client.failure("SELECT * FROM t").code == 1146
        assert client.value("@@collation_connection") == "latin1_swedish_ci"  # the server's own


def test_on_mariadb_a_do_that_could_be_read_is_answered_with_ok() -> None:
    client = Bench(MARIADB).login()
    assert client.ok("DO 9223372036854775807 + 1, @after := 1, (SELECT 1 UNION SELECT 2)") == Ok(2, warnings=2)
    assert client.rows("SELECT ROW_COUNT(), @after") == [(-1, 1)]
    client.ok("DO 1, SLEEP(-1)")
    assert [(level, code) for level, code, _ in client.warnings()] == [("Error", "1690"), ("Error", "1242")]
    assert client.failure("DO nosuch").code == 1054
    assert client.say("DO SLEEP(9), @after := 2", woken=Woken.KILLED)[-1] == Ok(2, warnings=1)
    assert client.value("@after") == 1
    assert client.failure("DO JSON_PRETTY('1')").code == 1235
    mysql = Bench(MYSQL).login()
    assert mysql.failure("DO 9223372036854775807 + 1").code == 1690


@both
def test_a_part_of_a_union_has_a_limit_of_its_own(persona: str) -> None:
    client = Bench(persona).login()
    for statement, rows in {
        "(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 LIMIT 0)": [1],
        "(SELECT 1 LIMIT 0) UNION ALL (SELECT 2) LIMIT 1": [2],
        "SELECT 1 UNION ALL (SELECT 2 LIMIT 0)": [1],
        "(SELECT 3 ORDER BY 1) UNION (SELECT 1 LIMIT 1) ORDER BY 1": [1, 3],
        "(SELECT 1 UNION SELECT 1) UNION ALL SELECT 1": [1, 1],
        "(SELECT 5 LIMIT 1) LIMIT 0": [],
        "(SELECT 7)": [7],
    }.items():
        assert client.rows(statement) == [(row,) for row in rows], statement
    client.ok("CREATE TABLE u (a INT, b INT)")
    client.ok("INSERT INTO u VALUES (1, 2), (3, 4)")
    assert client.rows("(SELECT * FROM u ORDER BY a DESC LIMIT 1) UNION ALL SELECT 9, 9") == [(3, 4), (9, 9)]
    assert columns(client, "(SELECT 1 x, 2 x LIMIT 1) UNION SELECT 3, 4").columns[1].name == "x"


VAR_STRING, LONG, DOUBLE, NEWDECIMAL, LONGLONG = 253, 3, 5, 246, 8


@both
def test_a_parameter_behind_limit_has_manners_of_its_own(persona: str) -> None:
    """MySQL takes nothing but integers there, which clients that bind all numbers as doubles run into."""
    client = Bench(persona).login()
    description = described(client, b"SELECT 1 UNION ALL SELECT 2 LIMIT ?")
    wanted = (LONGLONG, 21) if persona == MYSQL else (6, 0)
    assert [(each.type, each.column_length) for each in description.parameters] == [wanted]

    def run(kind: int, value: int | float | Decimal | str | bytes | None) -> int | str:
        bound = Parameter(ParameterType(kind), value)
        *_, last = said = list(client.engine.execute(client.session, description.handle, (bound,)))
        if isinstance(last, Failure):
            return f"{last.code} {last.message}"
        return sum(len(step.rows) for step in said if isinstance(step, Rows))

    incorrect = "1210 Incorrect arguments to mysqld_stmt_execute"
    assert [run(LONG, 1), run(LONG, 0), run(LONG, 5), run(LONG, None), run(LONG, 1)] == [1, 0, 2, 0, 1]
    assert [run(VAR_STRING, "1"), run(VAR_STRING, b"2"), run(VAR_STRING, "x")] == [1, 2, 0]
    fraction = [run(DOUBLE, 1.0), run(NEWDECIMAL, Decimal(1))]
    assert fraction == ([incorrect] * 2 if persona == MYSQL else [1, 1])
    too_small = "1690 SIGNED INTEGER value is out of range in 'mysqld_stmt_execute'"
    assert run(LONG, -1) == (too_small if persona == MYSQL else 2)


@both
def test_limit_of_execute_using_is_an_integer(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("PREPARE s FROM 'SELECT 1 LIMIT ?, ?'")
    client.ok("SET @zero = 0, @one = 1, @text = '1', @less = -1")
    assert client.rows("EXECUTE s USING @zero, @one") == [(1,)]
    assert client.rows("EXECUTE s USING @zero, @zero") == []
    assert client.rows("EXECUTE s USING @zero, @one") == [(1,)]
    mysql = persona == MYSQL
    assert client.failure("EXECUTE s USING @zero, @less").code == (1690 if mysql else 1210)
    if mysql:
        assert client.failure("EXECUTE s USING @zero, @text").message == "Incorrect arguments to EXECUTE"
    else:
        assert client.rows("EXECUTE s USING @zero, @text") == [(1,)]


@both
def test_a_limit_has_64_bits_and_a_truncate_knows_tables_alone(persona: str) -> None:
    client = Bench(persona).login()
    assert client.rows("SELECT 1 LIMIT 18446744073709551615") == [(1,)]
    assert client.failure("SELECT 1 LIMIT 18446744073709551616").code == 1064
    assert client.failure("TRUNCATE nosuch_db.t").message == "Table 'nosuch_db.t' doesn't exist"


def test_mysql_warns_of_half_a_strict_mode() -> None:
    client = Bench(MYSQL).login()
    whole = "NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO"
    for mode, codes in {
        "STRICT_TRANS_TABLES": ["3135"],
        "NO_ZERO_DATE": ["3135"],
        f"STRICT_ALL_TABLES,{whole}": [],
        f"STRICT_ALL_TABLES,{whole},PAD_CHAR_TO_FULL_LENGTH": ["3090"],
        "ANSI": [],
        "": [],
    }.items():
        client.ok(f"SET sql_mode = '{mode}'")
        assert [code for _, code, _ in client.warnings()] == codes, mode
    assert client.ok("SET profiling = 0").warnings == 1
    assert Bench(MARIADB).login().ok("SET sql_mode = 'STRICT_TRANS_TABLES', profiling = 0").warnings == 0
