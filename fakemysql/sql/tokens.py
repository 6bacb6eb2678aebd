"""The one tokenizer: statement text to tokens, each with its place in the text.

It knows how the two servers spell strings, numbers, names and comments, and nothing of what statements mean. Places
are kept because a server shows the source text again: as the name of a column, and behind "near" in a syntax error.

The text is what the client's bytes decode to with ``surrogateescape``: bytes that are no text in the client's
character set stand in it as lone surrogates, so that a ``_binary`` literal gives back exactly the bytes that were
sent.
"""

from __future__ import annotations

import enum
import functools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ..records import record

if TYPE_CHECKING:
    from collections.abc import Sequence


class Kind(enum.IntEnum):
    """What a token is."""

    WORD = 1  # a name or a keyword, unquoted
    QUOTED = 2  # a name in backticks, or in double quotes under ANSI_QUOTES
    STRING = 3
    NATIONAL = 4  # N'...'
    INTEGER = 5
    DECIMAL = 6
    FLOAT = 7
    HEX = 8
    BIT = 9
    USER_VARIABLE = 10  # @name, the name unquoted
    SYSTEM_VARIABLE = 11  # @@, the name follows in tokens of its own
    OPERATOR = 12
    PARAMETER = 13
    END = 14
    BAD = 15  # no token starts here; value says nothing


class Token(NamedTuple):
    """kind; value: the name, the unescaped string or the digits; start and end: offsets in the text."""

    kind: Kind
    value: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The keyword, if this is one; quoted names and literals are none."""
        return self.value.upper() if self.kind is Kind.WORD else ""


@record
class Lexis:
    """How text is to be read; hashable, so that it can be part of a cache's key.

    version: five or six digits as in ``/*!50110 ... */``, which is executed up to this version. backslash_escapes is
    off under NO_BACKSLASH_ESCAPES.
    """

    mariadb: bool
    version: int
    backslash_escapes: bool = True
    ansi_quotes: bool = False


# Bytes that are no text are decoded to lone surrogates, and end a name.
_NAME: Final = r"0-9A-Za-z_$\u0080-\ud7ff\ue000-\U0010ffff"
_SKIPPED: Final = r"[ \t\r\n\v\f]+|\#[^\n]*|--(?=[\x00-\x20]|$)[^\n]*"
# Possessive, so that a literal of 16 MiB is read without a stack of places to go back to.
_ESCAPED_STRING: Final = r"[^{q}\\]*+(?:(?:\\.|{q}{q})[^{q}\\]*+)*+"
_PLAIN_STRING: Final = r"[^{q}]*+(?:{q}{q}[^{q}]*+)*+"
_OPERATORS: Final = r"<=>|<=|>=|<>|!=|<<|>>|:=|\|\||&&|->>|->|\\N\b|[-+*/%^&|~!=<>(),;.:{}\[\]]"

_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_VERSION: Final = re.compile(r"(M?)!(\d{5,6})?")


def _string(quote: str, *, escapes: bool) -> str:
    return (_ESCAPED_STRING if escapes else _PLAIN_STRING).format(q=quote)


@functools.cache
def _pattern(*, escapes: bool, ansi_quotes: bool) -> re.Pattern[str]:
    """One alternative a kind; the group that matched names it."""
    single = _string("'", escapes=escapes)
    # A name knows no backslash escapes.
    double = _string('"', escapes=escapes and not ansi_quotes)
    return re.compile(
        rf"""
        (?P<skip>{_SKIPPED})
      | (?P<comment>/\*)
      | (?P<close>\*/)
      | [nN]'(?P<national>{single})'
      | [xX]'(?P<hex>(?:[0-9A-Fa-f]{{2}})*)'
      | [bB]'(?P<bit>[01]*)'
      | (?P<badliteral>[xXbB]'[^']*'?)
      | 0x(?P<hexdigits>[0-9A-Fa-f]+)(?![{_NAME}])
      | 0b(?P<bitdigits>[01]+)(?![{_NAME}])
      | '(?P<string>{single})'
      | "(?P<double>{double})"
      | `(?P<backtick>{_string("`", escapes=False)})`
      | (?P<float>(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+)
      | (?P<decimal>\d+\.\d*|\.\d+)
      | (?P<integer>\d+)(?![{_NAME}])
      | (?P<system>@@)
      | @'(?P<uservar1>{single})'
      | @"(?P<uservar2>{double})"
      | @`(?P<uservar3>{_string("`", escapes=False)})`
      | @(?P<uservar>[.{_NAME}]*)
      | (?P<word>[{_NAME}]+)
      | (?P<parameter>\?)
      | (?P<operator>{_OPERATORS})
        """,
        re.VERBOSE | re.DOTALL,
    )


def unescape(body: str, quote: str, *, escapes: bool) -> str:
    """The value between two quotes: doubled quotes once, and backslash sequences replaced unless they are off."""
    doubled = quote + quote
    if not escapes or "\\" not in body:
        return body.replace(doubled, quote) if doubled in body else body
    if "\\%" in body or "\\_" in body:  # these two keep their backslash, for LIKE
        return _escape_pattern(quote).sub(lambda match: _unescaped(match[1], quote), body)
    # A blob of 16 MiB may hold a million backslashes: a few passes in C, not one Python call for each.
    return "\\".join(_unescaped_part(part, doubled, quote) for part in body.split("\\\\"))


def _unescaped_part(part: str, doubled: str, quote: str) -> str:
    part = part.replace(doubled, quote)
    if "\\" in part:
        for sequence, character in _ESCAPES.items():
            part = part.replace("\\" + sequence, character)
        part = part.replace("\\", "")
    return part


def _unescaped(escaped: str | None, quote: str) -> str:
    if escaped is None:
        return quote
    return "\\" + escaped if escaped in "%_" else _ESCAPES.get(escaped, escaped)


@functools.cache
def _escape_pattern(quote: str) -> re.Pattern[str]:
    return re.compile(rf"\\(.)|{quote}{quote}", re.DOTALL)


def tokenize(text: str, lexis: Lexis) -> list[Token]:
    """All tokens of the text, an END token last; a place where none fits is a BAD token that reaches to the end.

    Comments vanish, but what stands in ``/*! ... */`` and, on MariaDB, in ``/*M! ... */`` is read when the version
    written there is not above the server's.
    """
    tokens: list[Token] = []
    match_at = _pattern(escapes=lexis.backslash_escapes, ansi_quotes=lexis.ansi_quotes).match
    position, length = 0, len(text)
    conditional = 0  # how many executed comments are open
    while position < length:
        match = match_at(text, position)
        group = match.lastgroup if match else None
        if match is None or group is None or group == "badliteral":
            tokens.append(Token(Kind.BAD, "", position, length))
            position = length
            break
        start, position = position, match.end()
        if group == "skip":
            continue
        if group == "comment":
            body, opened = _comment(text, start, lexis)
            if body < 0:
                tokens.append(Token(Kind.BAD, "", start, length))
                position = length
                break
            conditional += opened
            position = body
            continue
        if group == "close" and conditional:
            conditional -= 1
            continue
        tokens.append(_token(group, match, start, lexis))
        if group == "close":  # an asterisk and a slash that close nothing
            position = start + 1
    tokens.append(Token(Kind.END, "", position, position))
    return tokens


def _comment(text: str, start: int, lexis: Lexis) -> tuple[int, int]:
    """Where reading goes on behind ``/*``, and 1 if what follows is to be executed; -1 if the comment never ends."""
    version = _VERSION.match(text, start + 2)
    if version is not None and (lexis.mariadb or not version[1]):
        number = int(version[2] or 0)
        # MariaDB takes no heed of comments that are meant for MySQL 5.7 and later.
        meant_for_mysql = lexis.mariadb and not version[1] and 50700 <= number <= 99999
        if number <= lexis.version and not meant_for_mysql:
            return version.end(), 1
    end = text.find("*/", start + 2)
    return (end + 2, 0) if end >= 0 else (-1, 0)


_SIMPLE: Final = {
    "hex": Kind.HEX,
    "hexdigits": Kind.HEX,
    "bit": Kind.BIT,
    "bitdigits": Kind.BIT,
    "float": Kind.FLOAT,
    "decimal": Kind.DECIMAL,
    "integer": Kind.INTEGER,
    "system": Kind.SYSTEM_VARIABLE,
    "uservar": Kind.USER_VARIABLE,
    "word": Kind.WORD,
    "parameter": Kind.PARAMETER,
    "operator": Kind.OPERATOR,
}
_QUOTES: Final = {
    "string": (Kind.STRING, "'"),
    "national": (Kind.NATIONAL, "'"),
    "double": (Kind.STRING, '"'),
    "backtick": (Kind.QUOTED, "`"),
    "uservar1": (Kind.USER_VARIABLE, "'"),
    "uservar2": (Kind.USER_VARIABLE, '"'),
    "uservar3": (Kind.USER_VARIABLE, "`"),
}


def _token(group: str, match: re.Match[str], start: int, lexis: Lexis) -> Token:
    simple = _SIMPLE.get(group)
    if simple is not None:
        value = match[group]
        if group == "hexdigits" and len(value) % 2:
            value = "0" + value
        return Token(simple, value, start, match.end())
    if group == "close":
        return Token(Kind.OPERATOR, "*", start, start + 1)
    kind, quote = _QUOTES[group]
    name = group == "double" and lexis.ansi_quotes
    value = unescape(match[group], quote, escapes=lexis.backslash_escapes and quote != "`" and not name)
    return Token(Kind.QUOTED if name else kind, value, start, match.end())


def line_of(text: str, position: int) -> int:
    """The line that a position is in, counted from 1, as in "at line 2"."""
    return text.count("\n", 0, position) + 1


def statement_end(tokens: Sequence[Token], index: int) -> int:
    """The index of the semicolon or END that closes the statement which starts at index."""
    while not (tokens[index].kind is Kind.END or (tokens[index].kind is Kind.OPERATOR and tokens[index].value == ";")):
        index += 1
    return index
