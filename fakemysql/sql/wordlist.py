"""Lists of words, written as text: a hundred keywords read better as a paragraph than as a hundred quoted strings."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(text.split())
