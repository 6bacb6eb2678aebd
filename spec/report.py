"""What a run found, as one value, and its two written forms: JSON and Markdown.

Knows: statements and states. Kept from knowing: where it is printed, and how the states came about.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .verdict import LEGEND, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .document import Statement


@dataclass(frozen=True, slots=True)
class Result:
    """One clause on one driver. shown: the first line of its message, None where it had none; seconds: of its run."""

    state: State
    shown: str | None = None
    seconds: float = 0.0


NOT_RUN = Result(State.NOT_RUN)


@dataclass(slots=True)
class Column:
    """One driver's results, by id of the statement; what is missing was not run."""

    name: str
    version: str
    results: dict[str, Result] = field(default_factory=dict)

    def result(self, statement: Statement) -> Result:
        """The result for a statement."""
        return self.results.get(statement.id, NOT_RUN)

    def count(self, statements: Sequence[Statement], level: str) -> Counter[State]:
        """How many statements of a level are in which state."""
        return Counter(self.result(statement).state for statement in statements if statement.level == level)


@dataclass(slots=True)
class Report:
    """One run. statements: all of the document's, in its order. complete: every one of them was run on every driver."""

    suite: str
    world: str
    seed: int | None
    server: str
    python: str
    statements: Sequence[Statement]
    columns: list[Column]
    complete: bool

    @property
    def where(self) -> str:
        """Where it was run, in words."""
        return in_words(self.server, self.world, self.seed)

    def as_json(self) -> str:
        """The report as JSON text; `complete` stands last, so that a file that was cut short does not have it."""
        content: dict[str, Any] = {
            "suite": self.suite,
            "world": self.world,
            "seed": self.seed,
            "server": self.server,
            "python": self.python,
            "drivers": [
                {
                    "name": column.name,
                    "version": column.version,
                    "clauses": [
                        {
                            "id": statement.id,
                            "level": statement.level,
                            "state": result.state.value,
                            "shown": result.shown,
                            "seconds": round(result.seconds, 6),
                        }
                        for statement in self.statements
                        for result in (column.result(statement),)
                    ],
                }
                for column in self.columns
            ],
            "complete": self.complete,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def as_markdown(self) -> str:
        """The report as a page: a table, what each difference shows, the legend."""
        names = [f"{column.name} {column.version}" for column in self.columns]
        lines = [
            "# Pool conformance",
            "",
            f"Suite {self.suite} on {self.where}, Python {self.python}."
            + ("" if self.complete else " **Incomplete:** not every clause was run."),
            "",
            "| | statement | " + " | ".join(names) + " |",
            "| --- | --- |" + " --- |" * len(names),
        ]
        chapter = ""
        for statement in self.statements:
            if statement.chapter != chapter:
                chapter = statement.chapter
                lines.append(f"| | **{_cell(chapter)}** |" + " |" * len(names))
            cells = [_mark(column.result(statement).state) for column in self.columns]
            # No link: a report lies anywhere, and the document is not always beside it.
            name = f"{statement.number} `{statement.id}`"
            text = f"{_cell(statement.text)}{'' if statement.level == 'must' else ' *(should)*'}"
            lines.append(f"| {name} | {text} | " + " | ".join(cells) + " |")
        lines += ["", *(f"- {summary(column, self.statements)}" for column in self.columns)]
        for column in self.columns:
            told = [(one, column.result(one)) for one in self.statements if column.result(one).shown]
            if told:
                lines += ["", f"## What {column.name} {column.version} shows", ""]
                lines += [f"- {one.number} `{one.id}`, {result.state.value}: {result.shown}" for one, result in told]
        lines += ["", "## Legend", "", *(f"- {_mark(state)}: {meaning}" for state, meaning in LEGEND.items())]
        lines += [
            "",
            "Keeping this document is no ranking of drivers: it says whether they can stand in for one another.",
        ]
        return "\n".join(lines) + "\n"


def in_words(server: str, world: str, seed: int | None) -> str:
    """A server and its world: "fakemysql (world sim, seed 0)"."""
    return f"{server} (world {world}{'' if seed is None else f', seed {seed}'})"


def _mark(state: State) -> str:
    return "conforms" if state is State.CONFORMS else f"**{state.value}**"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def summary(column: Column, statements: Sequence[Statement]) -> str:
    """One line about one driver: "refpool 0.1.0: 48 of 48 conform"."""
    parts = []
    for level in ("must", "should"):
        counts = column.count(statements, level)
        if total := counts.total():
            others = [
                f"{counts[state]} {state.value}" for state in State if counts[state] and state is not State.CONFORMS
            ]
            label = "" if level == "must" else "should: "
            parts.append(label + ", ".join([f"{counts[State.CONFORMS]} of {total} conform", *others]))
    return f"{column.name} {column.version}: " + "; ".join(parts)
