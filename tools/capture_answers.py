"""Ask both servers the questions of the golden files again: ``python -m tools.capture_answers MARIADB_URL MYSQL_URL``.

Questions stand in the files themselves, first on each line; a new one is a line with nothing behind it. The servers
should be fresh ones with the default settings.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pymysql

from tests.fakemysql import golden

from .asking import PLAIN, dial

if TYPE_CHECKING:
    from collections.abc import Callable


class Server:
    """One server, asked in one session after another."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.renew()

    def renew(self) -> None:
        self.connection = dial(self.url, **PLAIN)

    def prepare(self) -> None:
        for statement in golden.PRELUDE:
            self.run(statement)

    def run(self, statement: str) -> Any:
        """The result, or the error."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(statement)
        except pymysql.err.MySQLError as error:
            return error
        return cursor._result

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        result = self.run(statement)
        return [] if isinstance(result, Exception) else list(result.rows or [])

    def describe(self, question: str, statement: str) -> str:
        """The answer to a statement, as a golden line."""
        result = self.run(statement)
        if isinstance(result, Exception):
            return golden.describe_error(*result.args)
        if not result.field_count:
            return golden.describe_ok(result.affected_rows, result.server_status, result.warning_count)
        columns = [
            (field.name, field.type_code, field.length, field.flags, field.scale, field.charsetnr)
            for field in result.fields
        ]
        return golden.describe_rows(question, columns, list(result.rows), self.rows("SHOW WARNINGS"))


def ask_select(server: Server, question: str) -> str:
    # Reading a table empties MariaDB's list of warnings.
    server.run("SELECT COUNT(*) FROM information_schema.engines LIMIT 0")
    server.run(golden.BEFORE_EACH)
    return server.describe(question, f"SELECT {question}")


def ask_set(server: Server, question: str) -> str:
    server.renew()
    server.run("SET autocommit=0")
    answer = server.describe(question, f"SET {question}")
    if answer.startswith("error"):
        return answer
    shown = [list(row) for row in server.rows("SHOW WARNINGS")]
    read = golden.read_back(question)
    values = [list(row) for row in server.rows(read)] if read else []
    return golden.with_state(answer, shown, values)


def ask_statement(server: Server, question: str) -> str:
    server.renew()
    server.run("SET autocommit=0")
    if question.lower().startswith("show "):
        server.run("SELECT nosuchcolumn")
    return server.describe(question, question)


def ask_in_turn(server: Server, question: str) -> str:
    statement = golden.continued(question)
    if statement is None:
        server.renew()
    return server.describe(question, statement or question)


FILES: dict[str, tuple[str, Callable[[Server, str], str]]] = {
    "answers_select.tsv": ("What follows SELECT, and what MariaDB 10.11.19 and MySQL 9.7.4 answer.", ask_select),
    "answers_set.tsv": ("What follows SET under autocommit=0, and what the two servers answer.", ask_set),
    "answers_session.tsv": (
        "Statements in a session; those behind a plus sign follow the one before in the same session.",
        ask_in_turn,
    ),
    "answers_statement.tsv": ("Statements under autocommit=0, and what the two servers answer.", ask_statement),
}


def main() -> None:
    mariadb, mysql = (Server(url) for url in sys.argv[1:3])
    for name, (comment, ask) in FILES.items():
        questions = [parts[0] for parts in golden.questions(name)]
        for server in (mariadb, mysql):
            server.prepare()
        golden.dump(name, comment, [(each, ask(mariadb, each), ask(mysql, each)) for each in questions])


if __name__ == "__main__":
    main()
