"""The tokenizer: strings, numbers, names, comments, and where each token stands."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.sql.tokens import Kind, Lexis, line_of, statement_end, tokenize, unescape

MARIADB = Lexis(mariadb=True, version=101119)
MYSQL = Lexis(mariadb=False, version=90704)


def read(text: str, lexis: Lexis = MYSQL) -> list[tuple[str, str]]:
    """Kinds and values, without the END."""
    tokens = tokenize(text, lexis)
    assert tokens[-1].kind is Kind.END
    return [(token.kind.name, token.value) for token in tokens[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a'", ("STRING", "a")),
        ("'it''s'", ("STRING", "it's")),
        (r"'a\'b\\\n\t\r\0\Z\b'", ("STRING", "a'b\\\n\t\r\0\x1a\b")),
        (r"'\q\%\_'", ("STRING", r"q\%\_")),
        (r"'50\% \\ it''s\n'", ("STRING", "50\\% \\ it's\n")),
        ('"d""q"', ("STRING", 'd"q')),
        ("`a``b`", ("QUOTED", "a`b")),
        ("N'x'", ("NATIONAL", "x")),
        ("n'x''y'", ("NATIONAL", "x'y")),
        ("x'4142'", ("HEX", "4142")),
        ("0x4142", ("HEX", "4142")),
        ("0x142", ("HEX", "0142")),
        ("b'101'", ("BIT", "101")),
        ("0b101", ("BIT", "101")),
        ("12", ("INTEGER", "12")),
        ("1.5", ("DECIMAL", "1.5")),
        ("1.", ("DECIMAL", "1.")),
        (".5", ("DECIMAL", ".5")),
        ("1e3", ("FLOAT", "1e3")),
        (".5E-3", ("FLOAT", ".5E-3")),
        ("1a", ("WORD", "1a")),
        ("0x", ("WORD", "0x")),
        ("0xZ", ("WORD", "0xZ")),
        ("$$", ("WORD", "$$")),
        ("ä", ("WORD", "ä")),
        ("@x", ("USER_VARIABLE", "x")),
        ("@a.b", ("USER_VARIABLE", "a.b")),
        ("@'q v'", ("USER_VARIABLE", "q v")),
        ('@"q"', ("USER_VARIABLE", "q")),
        ("@`q``v`", ("USER_VARIABLE", "q`v")),
        ("@", ("USER_VARIABLE", "")),
        ("?", ("PARAMETER", "?")),
        (r"\N", ("OPERATOR", r"\N")),
    ],
)
def test_one_token(text: str, expected: tuple[str, str]) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "operator", ["<=>", "<=", ">=", "<>", "!=", "<<", ">>", ":=", "||", "&&", "->", "->>", ";", "{"]
)
def test_operators_are_read_at_their_longest(operator: str) -> None:
    assert read(f"1{operator}2") == [("INTEGER", "1"), ("OPERATOR", operator), ("INTEGER", "2")]


@pytest.mark.parametrize(
    "text", ["1 -- c\n+ 2", "1 # c\n+ 2", "1 /* c */ + 2", "1 --\n+ 2", "1 /*+ hint */+ 2", "1/**/+2"]
)
def test_comments_vanish(text: str) -> None:
    assert read(text) == [("INTEGER", "1"), ("OPERATOR", "+"), ("INTEGER", "2")]


def test_two_dashes_without_a_space_are_two_minuses() -> None:
    assert read("5--6") == [("INTEGER", "5"), ("OPERATOR", "-"), ("OPERATOR", "-"), ("INTEGER", "6")]


@pytest.mark.parametrize(
    ("comment", "in_mariadb", "in_mysql"),
    [
        ("/*! 1 */", True, True),
        ("/*!50110 1 */", True, True),
        ("/*!50700 1 */", False, True),
        ("/*!80000 1 */", False, True),
        ("/*!99999 1 */", False, False),
        ("/*!100000 1 */", True, False),
        ("/*!999999 1 */", False, False),
        ("/*M! 1 */", True, False),
        ("/*M!100000 1 */", True, False),
        ("/*M!999999 1 */", False, False),
    ],
)
def test_a_comment_is_executed_up_to_its_version(comment: str, in_mariadb: bool, in_mysql: bool) -> None:
    executed = [("INTEGER", "1")]
    assert read(comment, MARIADB) == (executed if in_mariadb else [])
    assert read(comment, MYSQL) == (executed if in_mysql else [])


def test_executed_comments_nest() -> None:
    assert read("/*! 1 /*!50000 + 2 */ */ - 3", MARIADB) == read("1 + 2 - 3")


def test_the_end_of_a_comment_that_never_began_is_an_asterisk_and_a_slash() -> None:
    assert read("1 */ 2") == [("INTEGER", "1"), ("OPERATOR", "*"), ("OPERATOR", "/"), ("INTEGER", "2")]


@pytest.mark.parametrize("text", ["'abc", '"abc', "`abc", "/* abc", "x'4'", "b'2'", "x'zz", "[1] ` "])
def test_what_no_token_begins_with_reaches_to_the_end(text: str) -> None:
    tokens = tokenize(f"1 {text}", MYSQL)
    bad = next(token for token in tokens if token.kind is Kind.BAD)
    assert bad.end == len(text) + 2
    assert tokens[-1].kind is Kind.END


def test_without_backslash_escapes_a_backslash_is_a_character() -> None:
    lexis = Lexis(mariadb=False, version=90704, backslash_escapes=False)
    assert read(r"'a\' 'b'", lexis) == [("STRING", "a\\"), ("STRING", "b")]
    assert read("'it''s'", lexis) == [("STRING", "it's")]


def test_with_ansi_quotes_double_quotes_make_names() -> None:
    lexis = Lexis(mariadb=False, version=90704, ansi_quotes=True)
    assert read(r'"a\" "b""c"', lexis) == [("QUOTED", "a\\"), ("QUOTED", 'b"c')]


def test_places_are_offsets_in_the_text() -> None:
    text = "SELECT  'a\\'b' -- c\n, `x`"
    tokens = tokenize(text, MYSQL)
    assert [text[token.start : token.end] for token in tokens] == ["SELECT", "'a\\'b'", ",", "`x`", ""]
    assert line_of(text, tokens[2].start) == 2
    assert tokens[0].upper == "SELECT"
    assert tokens[1].upper == ""


def test_a_statement_ends_at_its_semicolon() -> None:
    tokens = tokenize("a ; b", MYSQL)
    assert statement_end(tokens, 0) == 1
    assert statement_end(tokens, 2) == 3


def test_surrogates_of_undecodable_bytes_are_characters_of_a_string() -> None:
    text = b"'\xff\x00\x80'".decode("utf-8", "surrogateescape")
    assert read(text) == [("STRING", "\udcff\x00\udc80")]


@given(st.text(alphabet="a'\\\"%_n0 \n", max_size=20))
def test_quoting_what_was_read_gives_it_back(body: str) -> None:
    """Escaping as clients do is undone exactly."""
    escaped = body.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    assert unescape(escaped, "'", escapes=True) == body
    assert read(f"'{escaped}'") == [("STRING", body)]
    assert unescape(body.replace("'", "''"), "'", escapes=False) == body


@given(st.text(max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    """No text raises, tokens stand in order, and what lies between them is space or comment."""
    for lexis in (MARIADB, MYSQL):
        tokens = tokenize(text, lexis)
        places = [place for token in tokens for place in (token.start, token.end)]
        assert places == sorted(places)
        assert places[-1] == len(text) or tokens[-1].kind is Kind.END


def test_a_literal_of_16_mib_with_a_million_escapes_takes_no_noticeable_time() -> None:
    text = "SELECT '" + "0123456789abcd\\'" * (1 << 20) + "'"
    started = time.perf_counter()
    tokens = tokenize(text, MYSQL)
    assert len(tokens[1].value) == 15 << 20
    # A regular expression that backtracks, or a Python call for each escape, takes five seconds.
    assert time.perf_counter() - started < 3
