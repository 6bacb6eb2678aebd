"""Which statements a pattern means: white space, letter case, quotes, comments, stars."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakemysql.scripting.patterns import Pattern, exact, normalized, pattern_of


@pytest.mark.parametrize(
    ("pattern", "statement"),
    [
        ("SELECT 1", "select   1 ;"),
        ("select a,\n  b FROM t", "\tSELECT A, b from T;"),
        ("SELECT 1", "/* trace 7 */ SELECT /* hm */ 1 -- why\n # not\n"),
        ("SELECT 'It''s'", "select 'It''s'"),
        (r"SELECT 'a\'B ; c'", r"SELECT  'a\'B ; c'"),
        ("SELECT * FROM t", "SELECT * FROM t"),
        ("SELECT * FROM t", "SELECT a, b FROM t"),
        ("SELECT * FROM t*", "select a\nfrom T where x = '*'"),
        ("*", "ANYTHING at all"),
        ("INSERT*VALUES (?, ?)", "INSERT INTO t (a, b) VALUES (?, ?)"),
        ("SELECT 1 /* never ends", "SELECT 1"),
        ("SELECT 'never ends", "SELECT 'never ends"),
        ("SELECT 10-1", "SELECT 10-1"),
        ("SELECT 4 / 2", "SELECT 4 / 2"),
        (exact("SELECT * FROM t"), "select * from T"),
        (re.compile(r"^\s*SELECT (\d+)"), " SELECT 17"),
        (str.isupper, "SELECT 1"),
    ],
)
def test_a_pattern_fits(pattern: Pattern, statement: str) -> None:
    assert pattern_of(pattern).match(statement)


@pytest.mark.parametrize(
    ("pattern", "statement"),
    [
        ("SELECT 1", "SELECT 11"),
        ("SELECT 1", "SELECT 1 FROM t"),
        ("SELECT 'a'", "SELECT 'A'"),
        ("SELECT `a`", "SELECT `A`"),
        ("SELECT 'a  b'", "SELECT 'a b'"),
        ("SELECT 1", "SELECT /*! 1 */"),
        ("SELECT ?", "SELECT 1"),
        ("SELECT [a]", "SELECT a"),
        ("SELECT a", "SELECTa"),
        (exact("SELECT * FROM t"), "SELECT a FROM t"),
        (re.compile("^SELECT"), "select 1"),
        (str.isupper, "select 1"),
    ],
)
def test_a_pattern_does_not_fit(pattern: Pattern, statement: str) -> None:
    assert not pattern_of(pattern).match(statement)


def test_hints_are_no_comments() -> None:
    assert normalized("SELECT /*+ MAX_EXECUTION_TIME(5) */ 1") == "select /*+ max_execution_time(5) */ 1"


def test_the_match_of_a_regular_expression_is_kept() -> None:
    found = Pattern(re.compile(r"id = (\d+)")).match("SELECT * FROM t WHERE id = 42")
    assert isinstance(found, re.Match)
    assert found[1] == "42"


@pytest.mark.parametrize("wrong", [17, None, re.compile(b"SELECT")])
def test_what_is_no_pattern_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"no pattern|a pattern of bytes"):
        Pattern(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("empty", ["", "  ;", "/* nothing */"])
def test_an_empty_pattern_is_refused(empty: str) -> None:
    with pytest.raises(ValueError, match=r"'\*' stands for any statement"):
        Pattern(empty)


def test_a_pattern_says_what_it_is() -> None:
    assert str(Pattern("SELECT 1")) == "'SELECT 1'"
    assert repr(Pattern(re.compile("^a"))) == "<Pattern re.compile('^a')>"
    assert str(Pattern(str.isupper)) == "str.isupper"


def test_nearness_is_told_for_text_alone() -> None:
    assert Pattern("SELECT a FROM users").nearness("SELECT a FROM user") > 0.9
    assert Pattern(re.compile(r"^SELECT\s+a FROM users$")).nearness("SELECT a FROM user") > 0.8
    assert Pattern("SELECT a FROM users").nearness("COMMIT") < 0.5
    assert Pattern(str.isupper).nearness("COMMIT") == 0.0


def test_a_long_statement_is_matched_and_not_kept() -> None:
    blob = "INSERT INTO t VALUES ('" + "x\\'" * 100_000 + "')"
    assert Pattern("insert into t*").match(blob)
    assert Pattern("INSERT INTO t VALUES (*)").match(blob)


# Pieces of statements, and the ways in which each may be written without meaning another.
_WORDS = st.sampled_from(
    ["SELECT", "a", "42", "=", ",", "(", ")", "'It''s; a -- b'", '"q\\"x"', "`T`", "@@x", "?", "%"]
)
_GAPS = st.sampled_from([" ", "\n", "\t \n", " /* c; 'd' */ ", " -- e\n", " # f\n"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_WORDS, _GAPS, _GAPS, st.booleans()), min_size=1, max_size=8))
def test_a_statement_fits_itself_however_it_is_laid_out(pieces: list[tuple[str, str, str, bool]]) -> None:
    one = "".join(word + gap for word, gap, _, _ in pieces)
    other = "".join(
        (word.swapcase() if swap and word[0] not in "'\"`" else word) + gap for word, _, gap, swap in pieces
    )
    assert exact(one).match(other + " ; ")


def _fits(pattern: str, text: str) -> bool:
    """What a star means, the slow way."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_fits(pattern[1:], text[place:]) for place in range(len(text) + 1))
    return bool(text) and pattern[0] == text[0] and _fits(pattern[1:], text[1:])


@settings(max_examples=200, deadline=None)
@given(st.text("ab*.", min_size=1, max_size=6), st.text("ab*.", min_size=1, max_size=8))
@example("a*b", "ab")
@example("**", "a")
def test_a_star_stands_for_anything(pattern: str, text: str) -> None:
    assert bool(Pattern(pattern).match(text)) == _fits(pattern, text)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_read_once_and_for_all(text: str) -> None:
    assert normalized(normalized(text)) == normalized(text)
