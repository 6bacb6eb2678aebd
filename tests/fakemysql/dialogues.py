"""Dialogues of one to three sessions about tables, as lines of text: what is said, and what both servers answered.

Each file of :data:`DATABASES` holds one line a statement, tab-separated: who says it, the statement, MariaDB's answer
and MySQL's ("=" for the same). A line that begins with ``==`` begins a dialogue, in a database of its own, with nobody
logged in before. Who speaks is a letter, and may have a mark behind it::

    A    the statement is answered
    A*   and the definitions of its columns are part of the answer
    A&   the statement waits for another session
    A?   no statement: the answer to the one that waited, however it has come about

Several results of one statement stand one behind another, with ``||`` between them.

``tools/capture_tables.py`` asks the servers again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import golden

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where dialogues are written down, and the database in which those of a file take place.
DATABASES = {"table_dialogues.tsv": "fm_tables", "breadth_dialogues.tsv": "fm_breadth"}
WAITS = "waits"


@dataclass
class Line:
    """What one session says, and what MariaDB and MySQL answered."""

    speaker: str
    mark: str
    statement: str
    answers: tuple[str, str] = ("", "")


@dataclass
class Dialogue:
    name: str
    database: str
    lines: list[Line]


def load(*files: str) -> list[Dialogue]:
    """The dialogues of these files, or of all."""
    return [dialogue for file in files or DATABASES for dialogue in _read(file)]


def _read(file: str) -> list[Dialogue]:
    dialogues: list[Dialogue] = []
    for parts in golden.questions(file):
        if parts[0].startswith("=="):
            dialogues.append(Dialogue(parts[0].removeprefix("==").strip(), DATABASES[file], []))
            continue
        who, statement, *answers = parts
        mariadb, mysql = answers if answers else ("", "")
        line = Line(who[0], who[1:], statement, (mariadb, mariadb if mysql == "=" else mysql))
        dialogues[-1].lines.append(line)
    return dialogues


def describe_rows(
    columns: Sequence[tuple[Any, ...]], rows: Sequence[Sequence[str | bytes | None]], status: int, *, is_full: bool
) -> str:
    """A result set; a column is name, type, length, flags, decimals and charset."""
    cells = json.dumps([list(map(_cell, row)) for row in rows], ensure_ascii=False)
    if not is_full:
        return f"rows {status:#x} {cells}"
    described = " ; ".join(
        f"{name} {kind} {length} {flags:#x} {decimals} {charset}"
        for name, kind, length, flags, decimals, charset in columns
    )
    return f"rows {status:#x} {described} => {cells}"


def _cell(cell: str | bytes | None) -> Any:
    return {"hex": cell.hex()} if isinstance(cell, bytes) else cell


def in_turn(answers: Sequence[str]) -> str:
    """The answer of a statement that has several results."""
    return " || ".join(answers)


def describe_ok(affected: int, status: int, insert_id: int, info: str) -> str:
    return f"ok {affected} {status:#x}" + (f" id {insert_id}" if insert_id else "") + (f" {info}" if info else "")


def with_warnings(answer: str, warnings: Sequence[Sequence[str | None]]) -> str:
    return answer + (f" warn {json.dumps([list(line) for line in warnings], ensure_ascii=False)}" if warnings else "")
