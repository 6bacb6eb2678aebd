"""The table in the terminal: a row a statement, a column a driver, as wide as there is room and no wider.

Knows: the report, a width, whether there are colours and letters beyond ASCII. Kept from knowing: the terminal itself.

What conforms is quiet, what differs is a word: the eye finds the words. With little room the sentences are cut first,
then left out; the ids and the states are always whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .report import summary
from .verdict import LEGEND, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .document import Statement
    from .report import Column, Report

GAP = "  "
WORTH_READING = 24  # characters of a sentence; less says nothing
ROOM_ENOUGH = 140  # columns beyond which a table gets harder to read along

COLOURS = {
    State.CONFORMS: "32",
    State.DEVIATES: "33",
    State.FAILS: "1;31",
    State.WEAK: "35",
    State.NOT_OFFERED: "36",
    State.NOT_RUN: "2",
    State.FLAKY: "35",
}
BOLD, DIM = "1", "2"


@dataclass(frozen=True, slots=True)
class Style:
    """What the terminal can do. width: in columns."""

    width: int = 100
    has_colour: bool = False
    has_unicode: bool = True

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colour and text.strip() else text

    def word(self, state: State) -> str:
        """A state as it stands in a cell."""
        if state is State.CONFORMS:
            return "✓" if self.has_unicode else "ok"
        word: str = state.value
        return word

    def cut(self, text: str, room: int) -> str:
        """The text, with an ellipsis where it does not fit."""
        if len(text) <= room:
            return text
        dots = "…" if self.has_unicode else "..."
        return text[: room - len(dots)].rstrip(" ,;:") + dots


def render(report: Report, style: Style, *, is_should_told: bool = False) -> str:
    """The whole closing block: head, table, legend, what the weak show, a line a driver. Ends without a newline.

    is_should_told: a should that was not kept has been told in full, as a failure of the run.
    """
    return "\n".join(_lines(report, style, is_should_told=is_should_told))


def _lines(report: Report, style: Style, *, is_should_told: bool) -> Iterator[str]:
    dot = "·" if style.has_unicode else "-"
    head = [f"pool conformance {report.suite}", report.where, f"Python {report.python}"]
    yield style.paint(f" {dot} ".join(head), BOLD)
    yield ""
    shown = [one for one in report.statements if any(one.id in column.results for column in report.columns)]
    yield from _table(report.columns, shown, style)
    yield ""
    if left := len(report.statements) - len(shown):
        yield f"{left} more statements were not run"
    yield from _legend(report.columns, shown, style)
    if not is_should_told:
        yield from _weak(report.columns, shown, style)
    yield ""
    for column in report.columns:
        yield style.paint(summary(column, report.statements), BOLD)


def _table(columns: Sequence[Column], statements: Sequence[Statement], style: Style) -> Iterator[str]:
    numbers = max((len(one.number) for one in statements), default=0)
    ids = max((len(one.id) for one in statements), default=0)
    cells = [_width(column, statements, style) for column in columns]
    room = min(style.width, ROOM_ENOUGH) - numbers - ids - 2 * len(GAP) - sum(len(GAP) + cell for cell in cells)
    longest = max((len(one.text) for one in statements), default=0)
    room = min(room, longest) if room >= WORTH_READING else 0
    left = numbers + len(GAP) + ids + (len(GAP) + room if room else 0)
    for part, code in (("name", BOLD), ("version", DIM)):
        words = [style.paint(getattr(one, part).ljust(cell), code) for one, cell in zip(columns, cells, strict=True)]
        yield (" " * left + "".join(GAP + word for word in words)).rstrip()
    chapter = ""
    for statement in statements:
        if statement.chapter != chapter:
            chapter = statement.chapter
            yield style.paint(chapter, BOLD)
        row = [statement.number.ljust(numbers), statement.id.ljust(ids)]
        if room:
            row.append(style.paint(style.cut(statement.text, room).ljust(room), DIM))
        for column, cell in zip(columns, cells, strict=True):
            state = column.result(statement).state
            row.append(style.paint(style.word(state).ljust(cell), COLOURS[state]))
        yield GAP.join(row).rstrip()


def _width(column: Column, statements: Sequence[Statement], style: Style) -> int:
    words = [style.word(column.result(one).state) for one in statements]
    return max(len(word) for word in (column.name, column.version, *words))


def _legend(columns: Sequence[Column], statements: Sequence[Statement], style: Style) -> Iterator[str]:
    """The states that occur in this table, each with its meaning."""
    seen = {column.result(statement).state for statement in statements for column in columns}
    used = [state for state in LEGEND if state in seen]
    width = max((len(style.word(state)) for state in used), default=0)
    for state in used:
        yield f"{style.paint(style.word(state).ljust(width), COLOURS[state])}{GAP}{LEGEND[state]}"


def _weak(columns: Sequence[Column], statements: Sequence[Statement], style: Style) -> Iterator[str]:
    """What each should shows that is not kept: no failure of the run has told it."""
    found = [(one, each) for each in columns for one in statements if each.result(one).state is State.WEAK]
    if found:
        yield ""
        yield "What the weak show; with --level should each is told in full, with the wire and whoever waited:"
    for statement, column in found:
        driver = f"{column.name}  " if len(columns) > 1 else ""
        shown = column.result(statement).shown
        yield f"{style.paint(style.word(State.WEAK), COLOURS[State.WEAK])}  {driver}{statement.id}: {shown}"
