"""JSON documents as MySQL keeps them: read with its complaints, written in its spelling.

:func:`normalized` reads a text and writes it again: keys in the order of their length, a space behind each comma and
colon, each number as it is stored. What is wrong with a text is told in the words of MySQL, with the byte at which it
was noticed (:class:`NotJson`). MariaDB keeps the text that it was given and says no more than that it is none; it
needs only the yes or no.

Source: what MySQL 9.7.4 answered to some sixty texts.
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

from ..rows import number_text

Document: TypeAlias = "dict[str, Document] | list[Document] | str | int | float | bool | None"

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]*)?")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_WORDS: Final[dict[str, tuple[str, bool | None]]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}
_ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_LEAST_INTEGER: Final = -(1 << 63)
_GREATEST_INTEGER: Final = (1 << 64) - 1
_WIDEST_PLAIN: Final = 1e15


class NotJson(Exception):
    """What is wrong with a text, in MySQL's words, and at which byte."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem, position)
        self.problem = problem
        self.position = position


def normalized(text: str) -> str:
    """A document as MySQL shows it.

    Raises:
        NotJson: it is none.
    """
    return _written(_Reader(text).document())


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def document(self) -> Document:
        if not self._next():
            raise self._problem("The document is empty.")
        value = self._value()
        if self._next():
            raise self._problem("The document root must not be followed by other values.")
        return value

    def _problem(self, problem: str, at: int | None = None) -> NotJson:
        before = self._text[: self._at if at is None else at]
        return NotJson(problem, len(before.encode("utf-8", "surrogateescape")))

    def _next(self) -> str:
        """The next character that is no space, or nothing at the end."""
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        found = self._next() == character
        self._at += found
        return found

    def _value(self) -> Document:
        first = self._next()
        if first == "{":
            return self._object()
        if first == "[":
            return self._array()
        if first == '"':
            return self._string()
        if first in _WORDS:
            return self._word(*_WORDS[first])
        return self._number()

    def _word(self, word: str, value: bool | None) -> bool | None:
        for character in word:
            if self._text[self._at : self._at + 1] != character:
                raise self._problem("Invalid value.")
            self._at += 1
        return value

    def _object(self) -> Document:
        self._at += 1
        members: dict[str, Document] = {}
        if self._take("}"):
            return members
        while True:
            if self._next() != '"':
                raise self._problem("Missing a name for object member.")
            name = self._string()
            if not self._take(":"):
                raise self._problem("Missing a colon after a name of object member.")
            members[name] = self._value()
            if self._take("}"):
                return members
            if not self._take(","):
                raise self._problem("Missing a comma or '}' after an object member.")

    def _array(self) -> Document:
        self._at += 1
        elements: list[Document] = []
        if self._take("]"):
            return elements
        while True:
            elements.append(self._value())
            if self._take("]"):
                return elements
            if not self._take(","):
                raise self._problem("Missing a comma or ']' after an array element.")

    def _string(self) -> str:
        self._at += 1
        parts: list[str] = []
        while True:
            match = _PLAIN.match(self._text, self._at)
            assert match is not None
            parts.append(match[0])
            self._at = match.end()
            end = self._text[self._at : self._at + 1]
            if end == '"':
                self._at += 1
                return "".join(parts)
            if end != "\\":
                raise self._problem(
                    "Invalid encoding in string." if end else "Missing a closing quotation mark in string."
                )
            parts.append(self._escaped())

    def _escaped(self) -> str:
        start = self._at
        letter = self._text[start + 1 : start + 2]
        self._at += 2
        if letter != "u":
            if letter not in _ESCAPED:
                raise self._problem("Invalid escape character in string.", start)
            return _ESCAPED[letter]
        code = self._hex(start)
        if not 0xD800 <= code < 0xE000:
            return chr(code)
        low = 0
        if self._text.startswith("\\u", self._at):
            self._at += 2
            low = self._hex(start)
        if code >= 0xDC00 or not 0xDC00 <= low < 0xE000:
            raise self._problem("The surrogate pair in string is invalid.", start)
        return chr(0x10000 + ((code & 0x3FF) << 10 | low & 0x3FF))

    def _hex(self, start: int) -> int:
        match = _HEX.match(self._text, self._at)
        if match is None:
            raise self._problem("Incorrect hex digit after \\u escape in string.", start)
        self._at = match.end()
        return int(match[0], 16)

    def _number(self) -> int | float:
        start = self._at
        match = _NUMBER.match(self._text, start)
        if match is None:
            raise self._problem("Invalid value.", start + (self._text[start : start + 1] == "-"))
        whole, fraction, exponent = match[0], match[1], match[2]
        self._at = match.end()
        if fraction == ".":
            raise self._problem("Miss fraction part in number.", match.end(1))
        if exponent and not exponent[-1].isdigit():
            raise self._problem("Miss exponent in number.")
        if not fraction and not exponent and _LEAST_INTEGER <= int(whole) <= _GREATEST_INTEGER:
            return int(whole)
        number = float(whole)
        if number in (float("inf"), float("-inf")):
            raise self._problem("Number too big to be stored in double.", start)
        return number


def _written(value: Document) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_quoted(key)}: {_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, float):
        text = number_text(value)
        return text if abs(value) >= _WIDEST_PLAIN or "." in text or "e" in text else text + ".0"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
