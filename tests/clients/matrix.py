"""Compares what clients see on the fake with what they saw on the servers, and writes the table of it.

A cell is one client, one family of steps, one persona. Its states:

- *same*: every answer is the recorded one.
- *explained*: some differ, and ``known.tsv`` has a line with the reason for each of them.
- *different*: some differ and nothing explains it, or a line explains what does not differ any more.
- *not offered*: the client has nothing for any of the family's steps.

What the table ought to be follows from the records and ``known.tsv`` alone (:func:`expected`); a run holds it to what
happens (:func:`compare`). So the committed table can be checked where no client is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from . import harness, servers
from .harness import PERSONAS, Answer, Client

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

KNOWN = harness.HERE / "known.tsv"


class State(Enum):
    """What is written into a cell."""

    SAME = "same"
    EXPLAINED = "explained"
    DIFFERENT = "DIFFERENT"
    NOT_OFFERED = "-"


@dataclass(frozen=True)
class Spot:
    """Where a difference may be: a persona, a client, a family, a step."""

    persona: str
    client: str
    family: str
    step: str


@dataclass(frozen=True)
class Explanation:
    """Why the fake differs in one place. is_steady: it does so every time, so that not to differ is news."""

    reason: str
    is_steady: bool


@dataclass(frozen=True)
class Difference:
    """A step whose answer on the fake is another one."""

    answer: Answer
    wanted: str

    def __str__(self) -> str:
        return f"[{self.answer.family}] {self.answer.step}\n    server: {self.wanted}\n    fake:   {self.answer.text}"


@dataclass
class Cell:
    """One client, one family, one persona: how many steps it has, and how many of them differ for a known reason."""

    steps: int = 0
    offered: int = 0
    explained: int = 0
    unexplained: list[str] = field(default_factory=list)

    @property
    def state(self) -> State:
        if self.unexplained:
            return State.DIFFERENT
        if not self.offered:
            return State.NOT_OFFERED
        return State.EXPLAINED if self.explained else State.SAME


@dataclass
class Comparison:
    """One client on one persona."""

    client: str
    persona: str
    version: str
    cells: dict[str, Cell]
    differences: list[Difference] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """All that nothing explains, and all explanations that explain nothing."""
        return [text for cell in self.cells.values() for text in cell.unexplained]


def known() -> dict[Spot, Explanation]:
    """The lines of ``known.tsv``: where the fake answers otherwise, and why."""
    found = {}
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        personas, clients, family, step, reason = line.split("\t")
        for persona in PERSONAS if personas == "*" else (personas,):
            for client in clients.split(" "):
                names = [each.name for each in harness.clients()] if client == "?*" else [client.removeprefix("?")]
                for name in names:
                    where = Spot(persona, name, family, step)
                    found[where] = Explanation(reason, is_steady=not client.startswith("?"))
    return found


def compare(client: Client, persona: str, wanted: Collection[str]) -> Comparison:
    """Tell a client those families on a fake of its own, and hold its answers against the record."""
    with servers.fake(persona) as (place, stop):
        version, answers = harness.run(client, place, wanted, stop)
    recorded = [answer for answer in harness.read_record(client)[1][persona] if answer.family in wanted]
    return judge(client.name, persona, version, answers, recorded, known())


def judge(
    client: str,
    persona: str,
    version: str,
    answers: Sequence[Answer],
    recorded: Sequence[Answer],
    explanations: Mapping[Spot, Explanation],
) -> Comparison:
    """Hold answers against recorded ones, in order, and both against the explanations."""
    comparison = Comparison(client, persona, version, {answer.family: Cell() for answer in recorded})
    differing = set()
    for place, wanted in enumerate(recorded):
        cell = comparison.cells[wanted.family]
        cell.steps += 1
        cell.offered += wanted.text != "unsupported"
        if place >= len(answers) or (answers[place].family, answers[place].step) != (wanted.family, wanted.step):
            cell.unexplained.append(
                f"[{wanted.family}] {wanted.step}: not answered; the record and the steps part here"
            )
            break
        if answers[place].text == wanted.text:
            continue
        difference = Difference(answers[place], wanted.text)
        comparison.differences.append(difference)
        where = Spot(persona, client, wanted.family, wanted.step)
        differing.add(where)
        if where in explanations:
            cell.explained += 1
        else:
            cell.unexplained.append(str(difference))
    for where, explanation in explanations.items():
        if (where.persona, where.client) != (persona, client) or where.family not in comparison.cells:
            continue
        if explanation.is_steady and where not in differing:
            text = f"[{where.family}] {where.step}: known.tsv says that it differs, and it does not: strike the line"
            comparison.cells[where.family].unexplained.append(text)
    return comparison


def expected(client: Client, persona: str) -> Comparison:
    """What a run ought to find, by the record and the explanations."""
    version, recorded = harness.read_record(client)
    explanations = known()
    steady = {where for where, explanation in explanations.items() if explanation.is_steady}
    answers = [
        Answer(answer.family, answer.step, "otherwise")
        if Spot(persona, client.name, answer.family, answer.step) in steady
        else answer
        for answer in recorded[persona]
    ]
    return judge(client.name, persona, version, answers, recorded[persona], explanations)


def table(comparisons: Iterable[Comparison], missing: Mapping[str, str]) -> str:
    """The matrix as Markdown: a table for each persona, what is not installed, and the reasons."""
    by_persona: dict[str, list[Comparison]] = {persona: [] for persona in PERSONAS}
    for comparison in comparisons:
        by_persona[comparison.persona].append(comparison)
    families = harness.families()
    lines = [
        "# Stock clients on fakemysql, against real servers",
        "",
        "Every client is told the same steps on the fake and on real servers; `make clients` does it again. `=`: all",
        "answers are the server's. `2!`: two differ, for a reason that stands below. `DIFFERENT`: some differ, and",
        "nothing explains it. `-`: the client has nothing for this family. A blank: the family was not told. A reason",
        "with `now and then` is of an answer that depends on the moment, on servers too.",
        "",
        "| client | version |",
        "|---|---|",
        *(f"| {one.client} | {one.version} |" for one in by_persona[PERSONAS[0]]),
        *(f"| {name} | not installed: {why} |" for name, why in sorted(missing.items())),
    ]
    for persona, rows in by_persona.items():
        lines += [
            "",
            f"## {persona}",
            "",
            "| client | " + " | ".join(families) + " |",
            "|---" * (len(families) + 1) + "|",
        ]
        for row in rows:
            marks = [_mark(row.cells.get(family)) for family in families]
            lines.append(f"| {row.client} | " + " | ".join(marks) + " |")
    reasons: dict[str, set[str]] = {}
    for where, explanation in known().items():
        reason = explanation.reason if explanation.is_steady else f"{explanation.reason} (now and then)"
        reasons.setdefault(reason, set()).add(f"{where.family}: `{where.step}`")
    lines += ["", "## What differs, and why", ""]
    for reason, places in sorted(reasons.items()):
        lines.append(f"- {reason}: {'; '.join(sorted(places))}")
    return "\n".join(lines) + "\n"


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return " "
    if cell.state is State.SAME:
        return "="
    return f"{cell.explained}!" if cell.state is State.EXPLAINED else cell.state.value


def rewrite_known(comparisons: Iterable[Comparison]) -> int:
    """Bring ``known.tsv`` up to what these runs found: lines that explain nothing go, new ones come without a reason.

    Returns:
        How many lines have no reason yet, and want one.
    """
    lines: dict[Spot, Explanation] = dict(known())
    for comparison in comparisons:
        found = {
            Spot(comparison.persona, comparison.client, each.answer.family, each.answer.step)
            for each in comparison.differences
        }
        for where, explanation in list(lines.items()):
            told = (where.persona, where.client) == (comparison.persona, comparison.client)
            if told and where.family in comparison.cells and explanation.is_steady and where not in found:
                del lines[where]
        for where in found:
            lines.setdefault(where, Explanation(_reason_elsewhere(lines, where), is_steady=True))
    write_known(lines)
    return sum(explanation.reason == NO_REASON for explanation in lines.values())


NO_REASON = "?"


def _reason_elsewhere(lines: Mapping[Spot, Explanation], where: Spot) -> str:
    """The reason that another client has for the same step."""
    for other, explanation in lines.items():
        if (other.family, other.step) == (where.family, where.step) and explanation.reason != NO_REASON:
            return explanation.reason
    return NO_REASON


def write_known(lines: Mapping[Spot, Explanation]) -> None:
    """Write the lines in the order of the steps, clients and personas with the same reason on one."""
    header = [line for line in KNOWN.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    everybody = {f"?{client.name}" for client in harness.clients()}
    clients_of: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for where, explanation in lines.items():
        name = where.client if explanation.is_steady else f"?{where.client}"
        by_persona = clients_of.setdefault((where.family, where.step, explanation.reason), {})
        by_persona.setdefault(where.persona, set()).add(name)
    order = {(step.family, str(step)): number for number, step in reversed(list(enumerate(harness.steps())))}
    written = []
    for (family, step, reason), by_persona in clients_of.items():
        groups: dict[str, set[str]] = dict(by_persona)
        if len(groups) == 2 and groups[PERSONAS[0]] == groups[PERSONAS[1]]:
            groups = {"*": groups[PERSONAS[0]]}
        for persona, names in groups.items():
            listed = "?*" if names == everybody else " ".join(sorted(names))
            line = "\t".join((persona, listed, family, step, reason))
            written.append((order.get((family, step), -1), persona, line))
    KNOWN.write_text("\n".join([*header, *(line for _, _, line in sorted(written))]) + "\n", encoding="utf-8")
