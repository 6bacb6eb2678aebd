"""What the servers answered, asked of the fake: 1,200 questions, both personas, down to each column's flags.

A difference is mended, or listed here with its reason; one that is listed and no longer there fails too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import golden
from .engine_client import Bench, Client

if TYPE_CHECKING:
    from collections.abc import Callable

_JSON = "JSON functions are not there"
_BLOB = "the width of a text made from a user variable"
_NOT_MEASURED = "a width that follows from the server's internals, and that no client looks at"

_LOCALE = "locales other than en_US are not there"
_WARNING = "a warning that is not there, or in other words"
_FOLDED = "a test for NULL is answered without making the value"
_DEPRECATED = "a warning that something is going to vanish"
_PROCEDURES = "variables of stored procedures are not there"
_SORTED = "the flag of a column that has been sorted"
_ZERO_DATE = "years below 1 are no dates here"
_LOOKAHEAD = "MariaDB's parser has looked one token further when it gives up"

# How far an answer may differ from a server's, and why.
KNOWN: dict[str, dict[str, str]] = {
    "mariadb-10.11": {
        "x'41'+0": _NOT_MEASURED,
        "SUBSTRING('abcdef',2)": _NOT_MEASURED,
        "SUBSTRING('abcdef' FROM 2)": _NOT_MEASURED,
        "UUID()='x'": "UUID is a type of its own there, and compares as one",
        "JSON_EXTRACT('{\"a\":1}','$.a')": _JSON,
        "JSON_OBJECT('a',1)": _JSON,
        "JSON_VALID('1')": _JSON,
        "UPPER(@gs)": _BLOB,
        "@gd+1": "decimals have 38 digits behind the point there",
        "' 12 ' + 0": "a note that spaces behind a number were passed over",
        "FORMAT(1234567.891,2)": _NOT_MEASURED,
        "FORMAT(5,0)": _NOT_MEASURED,
        "1 = (1,2)": "an error of its own, with the names of types in it",
        "1 IN (SELECT 1 UNION SELECT 2)": _NOT_MEASURED,
        "(SELECT 1 WHERE 0)": _NOT_MEASURED,
        "MAX(NULL)": "an empty binary string instead of NULL's type",
        "IF(1,NULL,NULL)": "an empty string instead of NULL's type",
        "SUBSTRING('abc',@gi)": _NOT_MEASURED,
        "QUOTE(NULL)": _NOT_MEASURED,
        "FORMAT(1.005,1)": _NOT_MEASURED,
        "FORMAT(-1234.5678,-1)": _NOT_MEASURED,
        "FORMAT(NULL,2)": _NOT_MEASURED,
        "FORMAT(1234.5,2,'de_DE')": _LOCALE,
        "FROM_BASE64('!!')": _WARNING,
        "ROUND(1.5e300,2)": "digits behind the seventeenth, which mean nothing",
        "ROUND(123.456,@gi)": "a column of other decimals",
        "ROUND(18446744073709551615,-1)": "a decimal, lest it overflow",
        "UNIX_TIMESTAMP('bad')": _NOT_MEASURED,
        "FROM_UNIXTIME('1.5')": "decimals of 39, which means that nobody knows",
        "FROM_UNIXTIME(99999999999)": _WARNING,
        "FROM_DAYS(1)": _ZERO_DATE,
        "EXTRACT(DAY FROM NULL)": _NOT_MEASURED,
        "TIME('10:70:00')": _NOT_MEASURED,
        "DATE_ADD('2020-01-31', INTERVAL 1 MICROSECOND)": _NOT_MEASURED,
        "DATE_ADD('bad', INTERVAL 1 DAY)": _NOT_MEASURED,
        "CONVERT_TZ('bad','+00:00','+01:00')": _NOT_MEASURED,
        "DATE_FORMAT(NOW(),@gs)": _NOT_MEASURED,
        "'a' REGEXP '('": "the wording of another library for regular expressions",
        "1 IN (SELECT 1 WHERE 0)": _NOT_MEASURED,
        "POSITION('a','b')": _LOOKAHEAD,
        "EXTRACT(YEAR, NOW())": _LOOKAHEAD,
        "COUNT(*, 1)": _LOOKAHEAD,
        "SUM(1,2)": _LOOKAHEAD,
        "1e0 DIV 2": _NOT_MEASURED,
        "-@gu": "the server answers 1, which is wrong",
        "-@gd": _NOT_MEASURED,
        "-@gs": _NOT_MEASURED,
        "NAME_CONST('a', 1)": "the name that it is for",
        "SUM(1e0), AVG('x')": _NOT_MEASURED,
        "1.5 + ' 2 '": "a note that spaces behind a number were passed over",
        "- NULL + 1": _NOT_MEASURED,
        "REPEAT('a',100000000) IS NULL": _FOLDED,
        "DATE'2020-01-01' > 5": _WARNING,
        "NOW() > 5": _WARNING,
        "CONCAT(_latin1'a',_ascii'b')": "two character sets that MariaDB mixes in comparisons alone",
        "CONCAT(@gs,@gb)": _BLOB,
        "EXTRACT(DAY FROM 'bad')": _WARNING,
        "TIMESTAMP('bad')": _NOT_MEASURED,
        "TIME_TO_SEC('bad')": _NOT_MEASURED,
        "(SELECT 1 LIMIT 0)": "the server answers 1, which is wrong",
        "names = 1": _LOOKAHEAD,
        "show warnings limit x": _PROCEDURES,
    },
    "mysql-9.7": {
        "b'101'+0": _NOT_MEASURED,
        "@gdt": "a text that was made from a moment is another kind of text",
        "JSON_EXTRACT('{\"a\":1}','$.a')": _JSON,
        "JSON_OBJECT('a',1)": _JSON,
        "JSON_VALID('1')": _JSON,
        "PASSWORD('a')": "a keyword without a meaning",
        "/*+ hint */ 1": "optimizer hints are comments here, and nobody reads them",
        "CONCAT(@gs,'x')": _BLOB,
        "@gd+1": _NOT_MEASURED,
        "IFNULL(@nosuchvar,'d')": _BLOB,
        "(SELECT 'a' UNION SELECT 'b' LIMIT 1)": "the NOT NULL flag of a subquery that could be empty",
        "CONCAT_WS(_binary',','a','b')": _NOT_MEASURED,
        "LPAD('a',-1,'x')": _NOT_MEASURED,
        "LOCATE(_binary'B','abc')": "letter case counts among binary strings, but not there",
        "CONV('x',10,2)": _WARNING,
        "FORMAT(NULL,2)": _NOT_MEASURED,
        "FORMAT(1234.5,2,'de_DE')": _LOCALE,
        "ROUND(18446744073709551615,-1)": "an overflow at the edge of 64 bits",
        "INET_ATON('256.1.1.1')": _WARNING,
        "INET_ATON('x')": _WARNING,
        "INET_NTOA(-1)": _WARNING,
        "UNIX_TIMESTAMP('bad')": "a nought with six digits instead of NULL",
        "FROM_DAYS(1)": _ZERO_DATE,
        "WEEK('2020-01-05',NULL)": "a mode that is NULL is another mode than none",
        "DATE('2020.1.2')": _WARNING,
        "TIME('10:70:00')": _NOT_MEASURED,
        "DATE_ADD(DATE'9999-12-31', INTERVAL 1 DAY)": _WARNING,
        "CONVERT_TZ('bad','+00:00','+01:00')": _NOT_MEASURED,
        "DATE_FORMAT(NOW(),@gs)": _NOT_MEASURED,
        "'a' REGEXP '('": "the wording of another library for regular expressions",
        "'ABC' REGEXP BINARY 'abc'": "a refusal of that library's",
        "CAST(-1e30 AS SIGNED)": "an overflow at the edge of 64 bits",
        "CAST(1 AS JSON)": _JSON,
        "1e0 DIV 2": _NOT_MEASURED,
        "-@gu": "the text of an overflow quotes the name in its own way",
        "-@gs": "minus nought",
        "NAME_CONST('a', 1)": "the name that it is for",
        "- NULL + 1": _NOT_MEASURED,
        "REPEAT('a',100000000) IS NULL": _FOLDED,
        "INET_NTOA(4294967296)": _WARNING,
        "CONCAT(@gs,@gb)": _BLOB,
        "TIMESTAMP('bad')": _NOT_MEASURED,
        "collation_connection=33": _DEPRECATED,
        "collation_database=utf8mb4_bin": _DEPRECATED,
        "show warnings limit x": _PROCEDURES,
        "show tables where tables_in_spec='x'": _SORTED,
        "show databases where `database`='spec'": _SORTED,
        "character_set_client=33": _DEPRECATED,
    },
}


_OF_A_PARAMETER = "the type of a user variable that a parameter has set to NULL"
# The same for sequences of statements.
KNOWN_IN_SESSIONS: dict[str, dict[str, str]] = {
    "mariadb-10.11": {"+ select @z": _OF_A_PARAMETER},
    "mysql-9.7": {"+ select @z": _OF_A_PARAMETER},
}


def ask_select(client: Client, question: str) -> str:
    client.session.warnings = []
    client.session.found_rows = 0
    client.ok(golden.BEFORE_EACH)
    return client.describe(question, f"SELECT {question}")


def ask_set(client: Client, question: str) -> str:
    client.ok("SET autocommit=0")
    answer = client.describe(question, f"SET {question}")
    if answer.startswith("error"):
        return answer
    shown = client.warnings()
    read = golden.read_back(question)
    described = client.describe("", read) if read else ""
    return golden.with_state(answer, shown, golden.rows_of(described))


def ask_statement(client: Client, question: str) -> str:
    client.ok("SET autocommit=0")
    if question.lower().startswith("show "):
        client.failure("SELECT nosuchcolumn")
    return client.describe(question, question)


@pytest.mark.parametrize("persona", golden.PERSONAS)
def test_sessions_go_as_they_did_on_the_servers(persona: str) -> None:
    known = KNOWN_IN_SESSIONS[persona]
    client = Bench(persona).login()
    different, mended = [], []
    for question, *answers in golden.load("answers_session.tsv"):
        recorded = answers[golden.PERSONAS.index(persona)]
        statement = golden.continued(question)
        if statement is None:
            client = Bench(persona).login()
        given = client.describe(question, statement or question)
        if question in known:
            mended += [question] if given == recorded else []
        elif given != recorded:
            different.append(f"{question}\n    server: {recorded}\n    fake:   {given}")
    assert not different, f"{len(different)} answers differ:\n" + "\n".join(different)
    assert not mended, f"listed as different, and equal: {mended}"


@pytest.mark.parametrize("persona", golden.PERSONAS)
@pytest.mark.parametrize(
    ("name", "ask", "afresh"),
    [
        ("answers_select.tsv", ask_select, False),
        ("answers_set.tsv", ask_set, True),
        ("answers_statement.tsv", ask_statement, True),
    ],
)
def test_the_fake_answers_as_the_servers_did(
    persona: str, name: str, ask: Callable[[Client, str], str], afresh: bool
) -> None:
    known = KNOWN[persona]
    bench = Bench(persona)
    client = prepared(bench)
    different, mended = [], []
    for question, *answers in golden.load(name):
        recorded = answers[golden.PERSONAS.index(persona)]
        if afresh:
            client = prepared(Bench(persona))
        given = ask(client, question)
        if question in known:
            mended += [question] if given == recorded else []
        elif given != recorded:
            different.append(f"{question}\n    server: {recorded}\n    fake:   {given}")
    assert not different, f"{len(different)} answers differ:\n" + "\n".join(different)
    assert not mended, f"listed as different, and equal: {mended}"


def prepared(bench: Bench) -> Client:
    client = bench.login()
    for statement in golden.PRELUDE:
        client.ok(statement)
    return client


def test_the_golden_files_survive_being_written_and_read(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Tabs, line breaks and backslashes in questions and answers come back."""
    monkeypatch.setattr(golden, "DATA", tmp_path)
    answers = [("a\tb\n\\n", "x\\", "x\\"), ("c", "1", "2")]
    golden.dump("file.tsv", "comment", answers)
    assert list(golden.load("file.tsv")) == answers
