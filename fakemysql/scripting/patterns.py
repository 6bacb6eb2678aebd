"""Which statements a test means: exact text, text with stars, a regular expression, or a function.

A string is compared as SQL is read: white space and comments count as one space, outside of quotes letter case does not
count, and a semicolon at the end is nothing. A ``*`` stands for anything, itself included, so that ``SELECT * FROM t``
as a pattern fits that statement too; :func:`exact` takes it for a star. No other sign has a meaning: statements hold
question marks, brackets and percent signs of their own. A compiled pattern is searched for in the text as it was sent,
and a function is given that text.

The module knows how SQL is quoted and commented, and no more; what follows from a match is for rules to say.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

PatternLike: TypeAlias = "str | re.Pattern[str] | Callable[[str], bool] | Pattern"

# One alternative each: what is kept as it is, what counts as a space (/*! and /*+ say something), what has no case.
_PIECES: Final = re.compile(
    r"""
    (?P<quoted> '[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'? | "[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"? | `[^`]*+`? )
  | (?P<space> (?: \s | /\*(?![!+M]).*?(?:\*/|\Z) | --(?=\s|\Z)[^\n]* | \#[^\n]* )+ )
  | (?P<other> [^'"`\s/\-\#]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def normalized(statement: str) -> str:
    """The statement as patterns see it: single spaces, small letters outside of quotes, no comments, no last semicolon.

    What begins a quotation or a comment and never ends it reaches to the end.
    """
    return _remembered(statement) if len(statement) <= _REMEMBERED_CHARACTERS else _normalized(statement)


def _normalized(statement: str) -> str:
    parts: list[str] = []
    for match in _PIECES.finditer(statement):
        kind = match.lastgroup
        parts.append(" " if kind == "space" else match[0] if kind == "quoted" else match[0].lower())
    return "".join(parts).strip("; ")


# Each rule asks anew, and clients say the same again; a blob of 16 MiB is not worth keeping.
_REMEMBERED_CHARACTERS: Final = 4096
_remembered: Final = functools.lru_cache(maxsize=256)(_normalized)


class Pattern:
    """What a rule or an expectation waits for.

    Args:
        wanted: see the module's text.
        is_exact: a star in a string is a star.

    Raises:
        TypeError: wanted is none of these.
        ValueError: an empty string, which no statement is.
    """

    __slots__ = ("_find", "_text", "source")

    def __init__(self, wanted: str | re.Pattern[str] | Callable[[str], bool], *, is_exact: bool = False) -> None:
        self.source = wanted
        self._find: Callable[[str], object] | None = None
        self._text: str | None = None
        if isinstance(wanted, str):
            text = normalized(wanted)
            if not text:
                raise ValueError(f"{wanted!r} is an empty pattern; '*' stands for any statement")
            if "*" in text and not is_exact:
                anything = ".*".join(map(re.escape, text.split("*")))
                self._find = re.compile(anything, re.DOTALL).fullmatch
            else:
                self._text = text
        elif isinstance(wanted, re.Pattern):
            if not isinstance(wanted.pattern, str):
                raise TypeError(f"{wanted!r} is a pattern of bytes; statements are text")
        elif not callable(wanted):
            raise TypeError(f"{wanted!r} is no pattern; give a str, a compiled pattern or a function of the statement")

    def match(self, statement: str) -> re.Match[str] | bool:
        """Whether the statement fits; for a compiled pattern the match itself."""
        if self._text is not None:
            return normalized(statement) == self._text
        if self._find is not None:
            return self._find(normalized(statement)) is not None
        if isinstance(self.source, re.Pattern):
            return self.source.search(statement) or False
        assert callable(self.source)
        return bool(self.source(statement))

    def nearness(self, statement: str) -> float:
        """How alike the statement and the pattern's text are, from 0 to 1; for the reports of what did not match."""
        from difflib import SequenceMatcher

        source = self.source
        if isinstance(source, str):
            text = normalized(source)
        elif isinstance(source, re.Pattern):
            text = " ".join(re.findall(r"\w+", source.pattern)).lower()
        else:
            return 0.0
        return SequenceMatcher(None, text, normalized(statement), autojunk=False).ratio()

    def __str__(self) -> str:
        source = self.source
        if isinstance(source, str):
            return repr(source)
        if isinstance(source, re.Pattern):
            return f"re.compile({source.pattern!r})"
        return getattr(source, "__qualname__", repr(source))

    def __repr__(self) -> str:
        return f"<Pattern {self}>"


def exact(statement: str) -> Pattern:
    """The pattern of this very statement: a ``*`` in it is a star and nothing else."""
    return Pattern(statement, is_exact=True)


def pattern_of(wanted: PatternLike) -> Pattern:
    """Whatever a test may write for a pattern, as one."""
    return wanted if isinstance(wanted, Pattern) else Pattern(wanted)
