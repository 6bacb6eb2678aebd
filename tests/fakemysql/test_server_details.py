"""What talks and clients have shown besides: texts that may be NULL, variables, tables of the server's own."""

from __future__ import annotations

import pytest

from fakemysql.answers import Columns, Failure
from fakemysql.constants import BLOB_FLAG, FIELD_TYPE_BLOB, FIELD_TYPE_VAR_STRING, NOT_NULL_FLAG
from fakemysql.prepared import of_a_temporary_table
from fakemysql.rows import charset_of

from . import golden
from .engine_client import Bench, Client

both = pytest.mark.parametrize("persona", golden.PERSONAS)
MARIADB, MYSQL = golden.PERSONAS


def columns(client: Client, statement: str) -> Columns:
    return next(step for step in client.say(statement) if isinstance(step, Columns))


@both
def test_a_character_set_has_a_number(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET character_set_client = 8, character_set_results = 45, collation_connection = 33")
    named = "@@character_set_client, @@character_set_results, @@collation_connection"
    utf8 = "utf8mb3"
    assert client.rows(f"SELECT {named}") == [("latin1", "utf8mb4", f"{utf8}_general_ci")]
    # On MariaDB it is the number of its default collation alone.
    if persona == MARIADB:
        assert client.failure("SET character_set_client = 47").message == "Unknown character set: '47'"
    else:
        client.ok("SET character_set_client = 47")
        assert client.value("@@character_set_client") == "latin1"
    assert client.failure("SET character_set_client = 9999").code == 1115


@both
def test_texts_may_be_null_under_a_strict_mode_alone(persona: str) -> None:
    client = Bench(persona).login()
    expressions = ["CURRENT_USER()", "CONCAT('a', 1)", "CAST(1 AS CHAR)", "CONVERT('a' USING latin1)", "CHARSET(NULL)"]
    for statement, flag in (("SET sql_mode = STRICT_ALL_TABLES", 0), ("SET sql_mode = ''", NOT_NULL_FLAG)):
        client.ok(statement)
        for expression in expressions:
            assert client.column(expression).flags & NOT_NULL_FLAG == flag, expression
        assert not client.column("CONCAT('a', NULL)").flags & NOT_NULL_FLAG


@both
def test_a_variable_that_its_own_statement_assigns_is_read_as_what_it_held(persona: str) -> None:
    client = Bench(persona).login()
    assert client.rows("SELECT @a := 5, @a") == [(5, "5")]
    assert client.rows("SELECT @a := 'x', @a") == [("x", 0)]
    assert client.rows("SELECT @b := NULL, @b") == [(None, None)]
    client.ok("SET @c = 1.5, @d = 1e0")
    assert client.rows("SELECT @c := '2.5', @c, @d := 3, @d") == [("2.5", "2.5", 3, 3.0)]


@both
def test_where_transactions_read_only_databases_and_locks_for_writing_are_refused(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    client.ok("SET SESSION TRANSACTION READ ONLY")
    for statement in ("CREATE DATABASE d", "DROP DATABASE IF EXISTS d", "LOCK TABLES t WRITE"):
        assert client.failure(statement).code == 1792, statement
    client.ok("LOCK TABLES t READ")
    client.ok("UNLOCK TABLES")
    client.ok("SET SESSION TRANSACTION READ WRITE")
    client.ok("START TRANSACTION READ ONLY")
    client.ok("CREATE DATABASE d")
    client.ok("CREATE TEMPORARY TABLE u (a INT)")
    client.ok("START TRANSACTION READ ONLY")
    for statement in ("DROP TEMPORARY TABLE u", "DROP TEMPORARY TABLE IF EXISTS nosuch"):
        assert client.failure(statement).code == 1792, statement


@both
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE information_schema.x (a INT)",
        "INSERT INTO information_schema.tables VALUES (1)",
        "DROP TABLE INFORMATION_SCHEMA.tables",
        "LOCK TABLES information_schema.tables READ",
        "CREATE DATABASE information_schema",
        "DROP DATABASE information_schema",
    ],
)
def test_nobody_writes_to_information_schema(persona: str, statement: str) -> None:
    refused = Bench(persona).login().failure(statement)
    assert refused.code == 1044
    assert refused.message.lower() == "access denied for user 'spec'@'%' to database 'information_schema'"


@both
def test_mysql_reads_a_temporary_table_once_in_a_statement(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TEMPORARY TABLE t (a INT)")
    client.ok("CREATE TABLE u (a INT)")
    assert client.rows("SELECT * FROM t, u AS b, u AS c") == []
    for statement in (
        "SELECT * FROM t, t AS b",
        "SELECT (SELECT COUNT(*) FROM t) FROM t",
        "INSERT INTO t SELECT * FROM t",
    ):
        if persona == MYSQL:
            assert client.failure(statement).message == "Can't reopen table: 't'"
        else:
            assert not isinstance(client.say(statement)[-1], Failure)


@both
def test_locks_of_temporary_tables_alone_are_locks(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("CREATE TABLE t (a INT)")
    client.ok("CREATE TEMPORARY TABLE u (a INT)")
    client.ok("LOCK TABLES u WRITE")
    assert client.failure("SELECT * FROM t").code == 1100
    client.ok("UNLOCK TABLES")
    assert client.rows("SELECT * FROM t") == []
    client.ok("LOCK TABLES t READ")
    assert client.failure("CREATE TABLE t (a INT)").code == (1099 if persona == MARIADB else 1050)
    assert client.failure("INSERT INTO t (nosuch) VALUES (1)").code == (1099 if persona == MARIADB else 1054)
    assert client.failure("INSERT INTO t VALUES (1)").code == 1099
    client.ok("LOCK TABLES t WRITE")
    client.ok("DROP TABLE t")
    assert client.failure("SELECT * FROM t").code == 1146


@both
def test_where_columns_of_character_sets_come_from(persona: str) -> None:
    client = Bench(persona).login()
    origins = {
        each.name: (each.table, each.org_table, each.org_name)
        for statement in ("SHOW COLLATION LIKE 'x'", "SHOW CHARACTER SET LIKE 'x'")
        for each in columns(client, statement).columns
    }
    if persona == MARIADB:
        assert origins["Default collation"] == ("CHARACTER_SETS", "CHARACTER_SETS", "DEFAULT_COLLATE_NAME")
        assert origins["Sortlen"] == ("COLLATIONS", "COLLATIONS", "SORTLEN")
    else:
        assert origins["Default collation"] == ("CHARACTER_SETS", "col", "Default collation")
        assert origins["Sortlen"] == ("COLLATIONS", "COLLATIONS", "Sortlen")


# A statement, and the status words of MariaDB and MySQL behind its rows, without autocommit.
READ = {
    "SELECT 1 FROM information_schema.processlist": (0x20, 0x20),
    "SELECT 1 FROM information_schema.schemata": (0x20, 0x21),
    "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'x'": (0x20, 0x01),
    "SELECT 1 FROM information_schema.schemata WHERE schema_name LIKE '%x'": (0x20, 0x21),
    "SELECT 1 FROM information_schema.tables WHERE 1 AND table_schema = DATABASE()": (0x20, 0x01),
    "SELECT 1 FROM information_schema.tables WHERE table_schema = table_name": (0x20, 0x21),
    "SELECT 1 FROM information_schema.collations WHERE collation_name = 'x'": (0x20, 0x21),
    "SELECT 1 FROM information_schema.character_sets": (0x20, 0x01),
    "SELECT 1 FROM mysql.db": (0x01, 0x01),
    "SHOW EVENTS": (0x00, 0x21),
    "SHOW TRIGGERS": (0x20, 0x21),
    "SHOW CHARACTER SET": (0x20, 0x21),
    "SHOW CHARACTER SET LIKE 'latin1'": (0x20, 0x01),
    "SHOW CHARACTER SET WHERE Maxlen = 7": (0x20, 0x21),
    "SHOW COLLATION WHERE Collation = 'latin1_bin'": (0x20, 0x01),
    "SHOW VARIABLES WHERE Variable_name IN ('autocommit')": (0x20, 0x01),
    "SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'x')": (0x20, 0x21),
}


@both
@pytest.mark.parametrize("statement", list(READ))
def test_what_reading_tables_of_the_servers_own_leaves_in_the_status(persona: str, statement: str) -> None:
    client = Bench(persona).login()
    client.ok("SET autocommit = 0")
    assert client.status(statement) == READ[statement][persona == MYSQL]


def test_mysql_warns_of_its_old_table_of_processes() -> None:
    client = Bench(MYSQL).login()
    client.rows("SHOW PROCESSLIST")
    [[level, code, text]] = client.warnings()
    assert (level, code) == ("Warning", "1287")
    assert text is not None
    assert text.startswith("'INFORMATION_SCHEMA.PROCESSLIST' is deprecated")


@pytest.mark.parametrize(
    ("expression", "mariadb", "mysql"),
    [
        ("REPEAT('a', 512)", (FIELD_TYPE_VAR_STRING, 2048), (FIELD_TYPE_VAR_STRING, 2048)),
        ("REPEAT('a', 513)", (FIELD_TYPE_BLOB, 262140), (FIELD_TYPE_BLOB, 8208)),
        ("REPEAT('a', 16384)", (FIELD_TYPE_BLOB, 67108860), (FIELD_TYPE_BLOB, 262144)),
        ("CAST(REPEAT('a', 600) AS BINARY)", (FIELD_TYPE_BLOB, 65535), (FIELD_TYPE_BLOB, 2400)),
    ],
)
def test_a_cursor_has_long_texts_as_blobs(expression: str, mariadb: tuple[int, int], mysql: tuple[int, int]) -> None:
    for persona, wanted in ((MARIADB, mariadb), (MYSQL, mysql)):
        column = Bench(persona).login().column(expression)
        bytes_each = charset_of(column.character_set).max_bytes
        made = of_a_temporary_table(column, mariadb=persona == MARIADB, bytes_each=bytes_each)
        assert (made.type, made.column_length) == wanted
        assert bool(made.flags & BLOB_FLAG) is (made.type == FIELD_TYPE_BLOB)
