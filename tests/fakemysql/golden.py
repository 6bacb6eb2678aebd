"""Answers of real servers as lines of text, and the same line for an answer of the fake.

A file under ``data`` holds one line a question: the question, what MariaDB 10.11 answered and what MySQL 9.7 answered
("=" for the same), tab-separated. ``tools/capture_answers.py`` asks the servers again. An answer reads::

    246 5 0x81 1 63 => [["2.5"]]                   type, length, flags, decimals and charset of each column; the rows
    3 1 0x81 0 63 as a => [["1"]] warn [[...]]     named other than the question; with warnings
    ok 1 0x3 0                                     affected rows, status, warnings
    error 1054 Unknown column 'x' in 'SELECT'

Cells are as the text protocol writes them; binary strings as {"hex": "..."}.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DATA = Path(__file__).with_name("data")
PERSONAS = ("mariadb-10.11", "mysql-9.7")

# What a session is told before it is asked, so that answers do not depend on when and where.
PRELUDE = (
    "SET timestamp=1700000000.123456",
    "SET time_zone='+00:00'",
    "SET @gi=5,@gs='text',@gd=1.25,@gf=2.5e0,@gb=x'4142',@gn=null,@gu=18446744073709551615,@gdt=now()",
)
BEFORE_EACH = "SET @x=null,@a=null,@b=null,@gi=5,last_insert_id=0"

# A backslash, a line break and a tab, in the order in which they are to be written.
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\t": "\t"}
_ESCAPE = re.compile(r"\\[\\nt]")
# Longer cells are recorded by their length.
_LONG = 400
_SYNTAX = re.compile(
    r"You have an error in your SQL syntax; check the manual that corresponds to your \w+ server version for the right"
    r" syntax to use near (.*) at line (\d+)$",
    re.DOTALL,
)


def describe_rows(
    question: str,
    columns: Sequence[tuple[str, int, int, int, int, int]],
    rows: Sequence[Sequence[str | bytes | None]],
    warnings: Sequence[Sequence[str | None]],
) -> str:
    """A result set as a line; a column is name, type, length, flags, decimals and charset."""
    described = []
    for name, field_type, length, flags, decimals, charset in columns:
        alias = "" if name == question.strip() else f" as {json.dumps(name, ensure_ascii=False)}"
        described.append(f"{field_type} {length} {flags:#x} {decimals} {charset}{alias}")
    cells = [[_cell(cell) for cell in row] for row in rows]
    line = f"{' ; '.join(described)} => {json.dumps(cells, ensure_ascii=False)}"
    return line + (f" warn {json.dumps(list(map(list, warnings)), ensure_ascii=False)}" if warnings else "")


def _cell(cell: str | bytes | None) -> Any:
    if cell is not None and len(cell) > _LONG:
        return {"length": len(cell)}
    return {"hex": cell.hex()} if isinstance(cell, bytes) else cell


def describe_error(code: int, message: str) -> str:
    match = _SYNTAX.match(message)
    return f"error {code} " + (f"near {match[1]} line {match[2]}" if match else message)


def describe_ok(affected: int, status: int, warnings: int) -> str:
    return f"ok {affected} {status:#x} {warnings}"


def questions(name: str) -> Iterator[list[str]]:
    """The lines of a file, each as its parts, unescaped."""
    for line in (DATA / name).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("## "):
            yield [_ESCAPE.sub(lambda match: _ESCAPES[match[0]], part) for part in line.split("\t")]


def load(name: str) -> Iterator[tuple[str, str, str]]:
    """The questions of a file with both answers."""
    for question, mariadb, mysql in questions(name):
        yield question, mariadb, mariadb if mysql == "=" else mysql


def dump(name: str, comment: str, answers: Sequence[tuple[str, str, str]]) -> None:
    """Write a file that :func:`load` reads."""
    lines = [f"## {comment}"]
    for question, mariadb, mysql in answers:
        parts = [question, mariadb, "=" if mysql == mariadb else mysql]
        for escape, character in _ESCAPES.items():
            parts = [part.replace(character, escape) for part in parts]
        lines.append("\t".join(parts))
    (DATA / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def continued(question: str) -> str | None:
    """The statement of a question that follows the one before in the same session; None for one that begins afresh."""
    return question[2:] if question.startswith("+ ") else None


def read_back(question: str) -> str:
    """What shows the effect of a SET: the variable's new value, or the character sets."""
    if question.lower().startswith(("names", "char")):
        return "SELECT @@character_set_client,@@character_set_results,@@collation_connection"
    match = re.match(r"(?:@@)?(?:session |local |@@session\.|@@local\.)?(\w+)\s*:?=", question)
    return f"SELECT @@{match[1]}" if match and match[1] != "timestamp" else ""


def with_state(
    answer: str, warnings: Sequence[Sequence[str | None]], values: Sequence[Sequence[str | bytes | None]]
) -> str:
    """An OK with the warnings it left and the value that a read shows."""
    shown = [[cell.decode() if isinstance(cell, bytes) else cell for cell in row] for row in values]
    line = answer + (f" now {json.dumps(shown, ensure_ascii=False)}" if shown else "")
    return line + (f" warn {json.dumps(list(map(list, warnings)), ensure_ascii=False)}" if warnings else "")


def rows_of(line: str) -> list[list[str | bytes | None]]:
    """The rows of a described result set."""
    _, arrow, rest = line.partition(" => ")
    rows: list[list[str | bytes | None]] = []
    for row in json.loads(rest.partition(" warn ")[0]) if arrow else []:
        rows.append([bytes.fromhex(cell["hex"]) if isinstance(cell, dict) and "hex" in cell else cell for cell in row])
    return rows
