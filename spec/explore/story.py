"""A history that broke a rule, told to people: what was said and done in virtual time, and a test that repeats it.

Knows: lines, and how a test is written. Kept from knowing: how a history is played.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from .history import Fault, History, Strike, User, Visit, source

if TYPE_CHECKING:
    from .rules import Violation

WIDTH = 110


class Story:
    """Collects what it is told, a line an event: virtual seconds, who, what. Hand `tell` to a play."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, at: float, who: str, what: str) -> None:
        """Add a line."""
        self.lines.append(f"{at:11.6f}  {who:<11} {what}")

    def __str__(self) -> str:
        return "\n".join(self.lines)


def as_test(name: str, driver: str, history: History, violation: Violation, package: str) -> str:
    """A module for pytest that plays the history and fails as it does.

    Args:
        name: of the test function, after "test_".
        driver: as it is named on the command line.
        package: under which the suite is imported.
    """
    body = source(history, "    ")
    names = [kind.__name__ for kind in (Fault, History, Strike, User, Visit) if f"{kind.__name__}(" in body]
    told = textwrap.fill(
        f'"""{violation.statement} {violation.text}"""', WIDTH, initial_indent="    ", subsequent_indent="    "
    )
    return (
        f"from {package}.explore import {', '.join([*names, 'replay'])}\n\n\n"
        f"def test_{name}() -> None:\n"
        f"{told}\n"
        f"    history = {body}\n"
        f"    replay({driver!r}, history)\n"
    )
