"""Ask both servers the dialogues about tables again: ``python -m tools.capture_tables MARIADB MYSQL [FILE ...]``.

The servers are given as URLs. The dialogues stand in the files themselves; a new line is one with nothing behind the
statement.
"""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pymysql
from pymysql.connections import MySQLResult
from pymysql.protocol import EOFPacketWrapper

from tests.fakemysql import dialogues, golden

from .asking import PLAIN, dial

# Longer than a server takes to say something that does not wait.
_WAITS_SECONDS = 0.15


def _note_status(self: Any, packet: Any) -> bool:
    """PyMySQL's own, which forgets the status word behind a result set."""
    if not packet.is_eof_packet():
        return False
    eof = EOFPacketWrapper(packet)
    self.warning_count, self.has_next, self.server_status = eof.warning_count, eof.has_next, eof.server_status
    return True


setattr(MySQLResult, "_check_packet_is_eof", _note_status)  # noqa: B010  # mypy knows no such method


class Speaker:
    """One session of a real server."""

    def __init__(self, url: str, database: str) -> None:
        self.connection = dial(url, database=database, **PLAIN)
        self.pending: Future[str] | None = None

    def run(self, statement: str) -> Any:
        """The results of a statement, the last of which may be an error."""
        cursor = self.connection.cursor()
        results: list[Any] = []
        try:
            cursor.execute(statement)
            results.append(cursor._result)
            while results[-1].has_next:
                cursor.nextset()
                results.append(cursor._result)
        except pymysql.err.MySQLError as error:
            results.append(error)
        return results

    def answer(self, statement: str, *, is_full: bool) -> str:
        results = self.run(statement)
        said = dialogues.in_turn([self.describe(result, is_full=is_full) for result in results])
        has_warnings = not isinstance(results[-1], Exception) and results[-1].warning_count
        warned = list(self.run("SHOW WARNINGS")[0].rows) if has_warnings else []
        return dialogues.with_warnings(said, warned)

    @staticmethod
    def describe(result: Any, *, is_full: bool) -> str:
        if isinstance(result, Exception):
            return golden.describe_error(*result.args)
        if not result.field_count:
            info = result.message[1:].decode() if result.message else ""
            return dialogues.describe_ok(result.affected_rows, result.server_status, result.insert_id, info)
        columns = [
            (field.name, field.type_code, field.length, field.flags, field.scale, field.charsetnr)
            for field in result.fields
        ]
        return dialogues.describe_rows(columns, list(result.rows), result.server_status, is_full=is_full)


def ask(url: str, dialogue: dialogues.Dialogue, pool: ThreadPoolExecutor) -> list[str]:
    """What a server answers to the lines of a dialogue."""
    administrator = dial(url, database=None)
    with administrator.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {dialogue.database}")
        cursor.execute(f"CREATE DATABASE {dialogue.database}")
    speakers: dict[str, Speaker] = {}
    answers = []
    for line in dialogue.lines:
        speaker = speakers.get(line.speaker) or speakers.setdefault(line.speaker, Speaker(url, dialogue.database))
        if line.mark == "?":
            answers.append(speaker.pending.result() if speaker.pending else "nothing was asked")
            continue
        speaker.pending = pool.submit(speaker.answer, line.statement, is_full=line.mark == "*")
        try:
            answers.append(speaker.pending.result(_WAITS_SECONDS if line.mark == "&" else None))
        except TimeoutError:
            answers.append(dialogues.WAITS)
    for speaker in speakers.values():
        speaker.connection.close()
    administrator.close()
    return answers


def main() -> None:
    urls = sys.argv[1:3]
    with ThreadPoolExecutor() as pool:
        for file in sys.argv[3:] or dialogues.DATABASES:
            capture(urls, file, pool)


def capture(urls: list[str], file: str, pool: ThreadPoolExecutor) -> None:
    """Ask again, and write down anew, the dialogues of a file."""
    lines = ["## Dialogues about tables; see dialogues.py. MariaDB 10.11.19, MySQL 9.7.4."]
    for dialogue in dialogues.load(file):
        lines.append(f"== {dialogue.name}")
        both = [ask(url, dialogue, pool) for url in urls]
        for line, mariadb, mysql in zip(dialogue.lines, *both, strict=True):
            parts = [line.speaker + line.mark, line.statement, mariadb, "=" if mysql == mariadb else mysql]
            for plain, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t")):
                parts = [part.replace(plain, escaped) for part in parts]
            lines.append("\t".join(parts))
    (golden.DATA / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
