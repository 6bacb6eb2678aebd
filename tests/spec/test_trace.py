"""Document, page and clauses stand one to one to one, and the check of it finds every way in which they do not."""

from __future__ import annotations

import textwrap

import pytest

from spec.clause import REGISTER, all_clauses
from spec.document import Document, MalformedDocument, gaps

SMALL = """
    # A document

    ## 1. First

    ### 1.1 `one`

    The first sentence,
    on two lines.

    Must. Page: A, sentence 1

    ### 1.2 `two`

    The second sentence.

    Should. Reason: users need it.

    ## The page, place by place

    | place | kind |
    | --- | --- |
    | A, its name | heading |
    | A, sentence 1 | |
"""


def parse(text: str = SMALL) -> Document:
    return Document.parse(textwrap.dedent(text))


def test_a_statement_is_read_whole() -> None:
    one, two = parse().statements
    assert (one.number, one.id, one.chapter, one.level) == ("1.1", "one", "1. First", "must")
    assert one.text == "The first sentence, on two lines."
    assert (one.place, one.reason) == ("A, sentence 1", None)
    assert (two.level, two.place, two.reason) == ("should", None, "users need it.")


def test_places_are_read_in_order_and_headings_are_told_apart() -> None:
    assert [(place.name, place.is_heading) for place in parse().places] == [
        ("A, its name", True),
        ("A, sentence 1", False),
    ]


def test_a_sentence_is_found_whatever_its_white_space() -> None:
    assert parse().locate("The  first sentence,\n  on two lines.").id == "one"


def test_a_sentence_that_is_not_there_is_an_error_that_quotes_it() -> None:
    with pytest.raises(LookupError, match="no statement that reads: The third sentence"):
        parse().locate("The third sentence.")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    Must. Page: A, sentence 1\n", "", "statement 1.1 has no line of level and source"),
        ("Should. Reason: users need it.", "It should.", "statement 1.2 has no line of level and source"),
        ("### 1.2 `two`", "### 1.2 two", "'### 1.2 two' is not '### N.N `id`' inside a chapter"),
        ("## 1. First", "## First", "inside a chapter"),
        ("### 1.2 `two`", "### 1.2 `one`", "two statements have the same id: one"),
        ("### 1.2 `two`", "### 1.1 `two`", "two statements have the same number: 1.1"),
        ("The second sentence.", "The first sentence, on two lines.", "two statements have the same text"),
        ("The second sentence.", "", "statement 1.2 has no sentence"),
    ],
)
def test_a_malformed_document_is_refused_by_what_is_wrong(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(MalformedDocument, match=message):
        parse(SMALL.replace(old, new))


def test_a_document_that_breaks_off_is_refused() -> None:
    with pytest.raises(MalformedDocument, match=r"at the end: statement 1\.1"):
        Document.parse("## 1. First\n### 1.1 `one`\nA sentence.\n")


WHOLE = [("one", "one"), ("two", "two")]


def test_nothing_is_found_where_all_stand_one_to_one() -> None:
    assert gaps(parse(), WHOLE) == []


@pytest.mark.parametrize(
    ("clauses", "found"),
    [
        ([("one", "one")], ["statement 1.2 two has no clauses, not one"]),
        ([*WHOLE, ("two", "two")], ["statement 1.2 two has 2 clauses, not one"]),
        ([*WHOLE, ("three", "three")], ["clause three belongs to no statement"]),
        ([("one", "one"), ("twice", "two")], ["clause twice carries the sentence of two"]),
    ],
)
def test_statements_and_clauses_must_match(clauses: list[tuple[str, str]], found: list[str]) -> None:
    assert gaps(parse(), clauses) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Page: A, sentence 1", "Page: B", ["names 'B', which is no place", "no statement restates 'A, sentence 1'"]),
        (
            "Page: A, sentence 1",
            "Page: A, its name",
            ["names 'A, its name', which is a heading", "no statement restates"],
        ),
        ("Should. Reason: users need it.", "Must. Page: A, sentence 1", ["2 statements name 'A, sentence 1'"]),
        ("| A, its name | heading |", "| A, sentence 2 | |", ["no statement restates 'A, sentence 2'"]),
        ("| A, its name | heading |", "| A, sentence 1 | |", ["the list of places has 'A, sentence 1' 2 times"]),
    ],
)
def test_places_are_partitioned(old: str, new: str, found: list[str]) -> None:
    assert old in SMALL
    told = gaps(parse(SMALL.replace(old, new)), WHOLE)
    assert len(told) == len(found)
    for line, part in zip(told, found, strict=True):
        assert part in line


def test_every_statement_has_one_clause_and_every_place_one_statement() -> None:
    clauses = all_clauses()
    assert gaps(REGISTER.document, [(clause.id, clause.statement.id) for clause in clauses]) == []
    assert [clause.statement for clause in clauses] == list(REGISTER.document.statements)


def test_a_clause_stands_in_the_module_of_its_chapter() -> None:
    for clause in all_clauses():
        chapter = clause.statement.chapter.split(". ")[1].lower()
        assert clause.where.startswith(f"test_{chapter}.py:"), clause.id
