"""LOAD DATA LOCAL INFILE: what is asked of the client, what becomes of what it sends, and of one that has nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from fakemysql import FakeServer
from fakemysql.answers import Failure, LocalFile, Ok
from fakemysql.sql.loading import Format, lines_of

from .engine_client import Bench, Client

if TYPE_CHECKING:
    from pathlib import Path

MARIADB, MYSQL = "mariadb-10.11", "mysql-9.7"
both = pytest.mark.parametrize("persona", [MARIADB, MYSQL])
LOCAL_FILES = 1 << 7


def client(persona: str, *, allowed: bool = True, offered: bool = True) -> Client:
    bench = Bench(persona, variables={"local_infile": allowed})
    made = bench.login(capabilities=LOCAL_FILES if offered else 0)
    made.ok("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))")
    return made


def load(client: Client, content: str, how: str = "", into: str = "t") -> Ok | Failure:
    """The answer to the statement, once the client has sent its file."""
    steps = client.steps(
        f"LOAD DATA LOCAL INFILE 'x.txt' {how.partition('!')[0]} INTO TABLE {into} {how.partition('!')[2]}"
    )
    for step in steps:
        if isinstance(step, LocalFile):
            assert step.name == "x.txt"
            step.data += content.encode()
        if isinstance(step, Ok | Failure):
            return step
    raise AssertionError("no answer")


def info(answer: Ok | Failure) -> str:
    assert isinstance(answer, Ok), answer
    return answer.info


@both
def test_lines_become_rows(persona: str) -> None:
    session = client(persona)
    assert info(load(session, "1\tone\n2\t\\N\n")) == "Records: 2  Deleted: 0  Skipped: 0  Warnings: 0"
    csv = 'id,name\r\n4,"a ""b"", c"\r\n5,NULL\r\n6,"NULL"'
    how = "!CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\r\\n'"
    assert info(load(session, csv, how + " IGNORE 1 LINES (a, b)")).startswith("Records: 3 ")
    assert session.rows("SELECT * FROM t ORDER BY a") == [
        (1, "one"),
        (2, None),
        (4, 'a "b", c'),
        (5, None),
        (6, "NULL"),
    ]


@both
def test_what_does_not_fit_is_bent_and_told(persona: str) -> None:
    session = client(persona)
    answer = load(session, "8\n9\tnine\textra\n8\tagain\nabc\tbad\n")
    assert info(answer) == "Records: 4  Deleted: 0  Skipped: 1  Warnings: 4"
    assert [code for _, code, _ in session.warnings()] == ["1261", "1262", "1062", "1366"]
    assert session.rows("SELECT a FROM t ORDER BY a") == [(0,), (8,), (9,)]


@both
def test_fields_can_be_skipped_and_columns_left_out(persona: str) -> None:
    session = client(persona)
    session.ok("CREATE TABLE u (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20))")
    assert info(load(session, "x\tone\n", "!(@skipped, b)", "u")).startswith("Records: 1")
    assert session.rows("SELECT * FROM u") == [(1, "one")]
    assert isinstance(load(session, "1\tnew\n", "REPLACE !"), Ok)


@both
def test_fields_go_through_variables_and_set(persona: str) -> None:
    session = client(persona)
    session.ok("CREATE TABLE u (a INT, b VARCHAR(20), c INT, d VARCHAR(9) DEFAULT 'x')")
    session.ok("SET @v = 5")  # a number before, and text from then on
    how = "!FIELDS TERMINATED BY ',' (a, b, @v) SET c = @v * 2 + a, b = CONCAT('<', b, '>'), d = DEFAULT"
    assert info(load(session, "1,ann,5\n2,\\N,\\N\n3\n", how, "u")) == "Records: 3  Deleted: 0  Skipped: 0  Warnings: 1"
    assert session.warnings() == [["Warning", "1261", "Row 3 doesn't contain data for all columns"]]
    assert session.rows("SELECT * FROM u") == [(1, "<ann>", 11, "x"), (2, None, None, "x"), (3, None, None, "x")]
    assert session.value("@v") is None
    load(session, "skipped\nx,y,z\n", "!FIELDS TERMINATED BY ',' IGNORE 1 LINES (@one, @Two) SET b = UPPER(@two)", "u")
    assert [code for _, code, _ in session.warnings()] == ["1262"]
    assert session.rows("SELECT a, b FROM u WHERE c IS NULL AND a IS NULL") == [(None, "Y")]


@both
def test_a_line_that_is_too_short_leaves_no_default_but_null(persona: str) -> None:
    session = client(persona)
    session.ok("CREATE TABLE u (a INT, b VARCHAR(9), c VARCHAR(9) DEFAULT 'd', e INT NOT NULL DEFAULT 7)")
    load(session, "1\n", "!", "u")
    assert [code for _, code, _ in session.warnings()] == ["1261"] * 3
    assert session.rows("SELECT * FROM u") == [(1, None, "", 0)]


@both
def test_replace_is_as_strict_as_the_session(persona: str) -> None:
    session = client(persona)
    for text, code in (("1\n", 1261), ("1\ta\tb\n", 1262), ("x\ta\n", 1366)):
        answer = load(session, text, "REPLACE !")
        assert isinstance(answer, Failure)
        assert answer.code == code
    session.ok("SET sql_mode = ''")
    assert info(load(session, "1\n", "REPLACE !")) == "Records: 1  Deleted: 0  Skipped: 0  Warnings: 1"


@both
def test_who_may_not_is_told(persona: str) -> None:
    code = 4166 if persona == MARIADB else 3948
    statement = "LOAD DATA LOCAL INFILE 'x' INTO TABLE t"
    assert client(persona, allowed=False).failure(statement).code == code
    assert client(persona, offered=False).failure(statement).code == code


@both
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE nosuch", 1146),
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t (nosuch)", 1054),
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t CHARACTER SET nosuch", 1115),
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t FIELDS ENCLOSED BY 'xx'", 1083),
        ("LOAD DATA LOCAL INFILE x INTO TABLE t", 1064),
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t IGNORE 1", 1064),
        ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t (a) SET nosuch = 1", 1054),
        ("LOAD DATA INFILE 'x' INTO TABLE t", 1235),
        ("LOAD XML LOCAL INFILE 'x' INTO TABLE t", 1235),
    ],
)
def test_what_is_wrong_is_told_before_a_file_is_asked_for(persona: str, statement: str, code: int) -> None:
    assert client(persona).failure(statement).code == code


def test_lines_may_begin_and_end_with_anything() -> None:
    how = Format(field_end=";", line_start=">>", line_end="|")
    assert list(lines_of("xx>>10;ten|junk>>11;el\\;even|", how)) == [["10", "ten"], ["11", "el;even"]]
    assert list(lines_of('"a"b",c\n', Format(field_end=",", quote='"'))) == [['a"b', "c"]]
    assert list(lines_of("a\\tb\\N", Format(field_end=",", line_end=""))) == [["a\tbN"]]
    assert list(lines_of("", Format())) == []


# --------------------------------------------------------------------------------------------------------- over a wire


@both
def test_a_client_sends_its_file(persona: str, tmp_path: Path) -> None:
    """In as many packets as it likes; one without a file sends none, and the session goes on."""
    path = tmp_path / "x.txt"
    path.write_text("".join(f"{number}\t{'x' * 20}\n" for number in range(5000)))
    with FakeServer(persona=persona, variables={"local_infile": 1}) as server:
        connection: Any = pymysql.connect(
            host="127.0.0.1", port=server.port, user="root", database="test", local_infile=True
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))")
            assert cursor.execute(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE t") == 5000
            with pytest.raises(pymysql.err.MySQLError):
                cursor.execute("LOAD DATA LOCAL INFILE '/nosuch/file' INTO TABLE t")
            cursor.execute("SELECT COUNT(*) FROM t")
            assert cursor.fetchone() == (5000,)


def test_a_statement_that_is_killed_meanwhile_stores_nothing() -> None:
    session = client(MYSQL)
    steps = session.steps("LOAD DATA LOCAL INFILE 'x' INTO TABLE t")
    assert isinstance(next(steps), LocalFile)
    steps.close()
    assert session.rows("SELECT * FROM t") == []
