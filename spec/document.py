"""POOL.md as data: its statements, the places of the page they restate, and whether the two fit together.

Knows: how the document is written. Kept from knowing: clauses, drivers, pytest; :func:`gaps` is handed the clauses as
plain (id, statement id) pairs, so that a test of it is a function call on a few lines of text.

The document is the only list there is. A statement's number, id, level and place are read from its heading and its last
line, so that nothing has to be kept in step by hand.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = Path(__file__).with_name("POOL.md")

_CHAPTER = re.compile(r"^## (?P<number>\d+)\. (?P<title>.+)$")
_STATEMENT = re.compile(r"^### (?P<number>\d+\.\d+) `(?P<id>\w+)`$")
_SOURCE = re.compile(r"^(?P<level>Must\. Page|Should\. Reason): (?P<source>.+)$")
_PLACES = "## The page, place by place"
_PLACE = re.compile(r"^\| (?P<place>[^|]+?) \| *(?P<kind>heading)? *\|$")


class MalformedDocument(ValueError):
    """The document cannot be read; the text names the line and what was expected there."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One numbered sentence of the document.

    number: "2.10", as printed; id: a Python identifier, also the clause's; text: one line, single spaces;
    level: "must" or "should"; place: where the page says so, None for a should; reason: why, None for a must.
    """

    number: str
    id: str
    chapter: str
    text: str
    level: str
    place: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """One passage of the page, named and not quoted."""

    name: str
    is_heading: bool


@dataclass(frozen=True)
class Document:
    """The statements in the order in which they are written, and the page's places in the page's order."""

    statements: tuple[Statement, ...]
    places: tuple[Place, ...]

    @cached_property
    def by_id(self) -> dict[str, Statement]:
        """The statement of each id."""
        return {statement.id: statement for statement in self.statements}

    @classmethod
    def read(cls, path: Path = PATH) -> Document:
        """Read the document from a file. Raises MalformedDocument."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Document:
        """Read the document. Raises MalformedDocument, naming the line."""
        statements: list[Statement] = []
        places: list[Place] = []
        chapter, heading, in_places = "", None, False
        sentence: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if in_places:
                if (row := _PLACE.match(line)) and row["place"] not in ("place", "---"):
                    places.append(Place(row["place"], row["kind"] is not None))
            elif line == _PLACES or _CHAPTER.match(line):
                if heading:
                    raise MalformedDocument(
                        f"line {number}: statement {heading['number']} has no line of level and source"
                    )
                in_places = line == _PLACES
                chapter = "" if in_places else line.removeprefix("## ")
            elif line.startswith("### "):
                if heading:
                    raise MalformedDocument(
                        f"line {number}: statement {heading['number']} has no line of level and source"
                    )
                heading, sentence = _STATEMENT.match(line), []
                if not heading or not chapter:
                    raise MalformedDocument(f"line {number}: {line!r} is not '### N.N `id`' inside a chapter")
            elif heading and (source := _SOURCE.match(line)):
                statements.append(_statement(heading, chapter, sentence, source))
                heading = None
            elif heading:
                sentence.append(line)
        if heading:
            raise MalformedDocument(f"at the end: statement {heading['number']} has no line of level and source")
        document = cls(tuple(statements), tuple(places))
        document._check()
        return document

    def _check(self) -> None:
        for what in ("id", "number", "text"):
            counts = Counter(getattr(statement, what) for statement in self.statements)
            if twice := [str(value) for value, count in counts.items() if count > 1]:
                raise MalformedDocument(f"two statements have the same {what}: {', '.join(twice)}")
        if empty := [statement.number for statement in self.statements if not statement.text]:
            raise MalformedDocument(f"statement {', '.join(empty)} has no sentence")

    def locate(self, text: str) -> Statement:
        """The statement with this sentence. White space is not compared. Raises LookupError where there is none."""
        wanted = " ".join(text.split())
        for statement in self.statements:
            if statement.text == wanted:
                return statement
        raise LookupError(f"POOL.md has no statement that reads: {wanted}")


def _statement(heading: re.Match[str], chapter: str, sentence: list[str], source: re.Match[str]) -> Statement:
    is_must = source["level"].startswith("Must")
    return Statement(
        number=heading["number"],
        id=heading["id"],
        chapter=chapter,
        text=" ".join(" ".join(sentence).split()),
        level="must" if is_must else "should",
        place=source["source"] if is_must else None,
        reason=None if is_must else source["source"],
    )


def gaps(document: Document, clauses: Iterable[tuple[str, str]]) -> list[str]:
    """What keeps statements, clauses and places from standing one to one to one; empty where nothing does.

    Args:
        clauses: for each clause its own id and the id of the statement whose sentence it carries.
    """
    found: list[str] = []
    pairs = list(clauses)
    for clause, statement in pairs:
        if statement not in document.by_id:
            found.append(f"clause {clause} belongs to no statement")
        elif clause != statement:
            found.append(f"clause {clause} carries the sentence of {statement}")
    by_statement = Counter(statement for _, statement in pairs)
    found += [
        f"statement {one.number} {one.id} has {by_statement[one.id] or 'no'} clauses, not one"
        for one in document.statements
        if by_statement[one.id] != 1
    ]
    named = Counter(one.place for one in document.statements if one.place is not None)
    listed = Counter(place.name for place in document.places)
    headings = {place.name for place in document.places if place.is_heading}
    found += [f"the list of places has {place!r} {count} times" for place, count in listed.items() if count > 1]
    for place, count in named.items():
        if place not in listed:
            found.append(f"a statement names {place!r}, which is no place of the page")
        elif place in headings:
            found.append(f"a statement names {place!r}, which is a heading")
        elif count > 1:
            found.append(f"{count} statements name {place!r}")
    found += [f"no statement restates {place!r}" for place in listed if place not in named and place not in headings]
    return found
