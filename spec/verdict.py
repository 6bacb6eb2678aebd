"""From what a clause showed to its state: known deviations, levels, and what is wrong with a list of deviations.

Knows: states, and the lists of deviations as data. Kept from knowing: pytest, the loop, files other than the lists.

A list names, for a clause that its driver does not keep, the message that the clause shows. A clause that fails in
another way than listed is a failure, so that a regression cannot hide behind a known difference; and a list that is
not true any more is one too, so that it cannot rot.
"""

from __future__ import annotations

import enum
import re
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .settings import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class State(enum.Enum):
    """What became of a clause; the value is the word in every report."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    FAILS = "fails"
    WEAK = "weak"
    NOT_OFFERED = "not offered"
    NOT_RUN = "not run"
    FLAKY = "flaky"


LEGEND: Mapping[State, str] = {
    State.CONFORMS: "the driver keeps the statement",
    State.DEVIATES: "it does not, and its list of deviations says so, with a reason and a link",
    State.FAILS: "it does not, and no list says so: the run fails",
    State.WEAK: "it does not, and the statement is a should: shown, and the run goes on",
    State.NOT_OFFERED: "the statement is about an extension that the driver does not have",
    State.NOT_RUN: "not decided in this run",
    State.FLAKY: "listed as flaky: run, reported, and without a say",
}


KEYS = ("shows", "why", "link", "flaky", "python")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry of a list. shows: how the clause's first line begins, "" for a flaky one."""

    id: str
    shows: str
    why: str
    link: str
    is_flaky: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A state, and what is wrong with the list of deviations if the clause came out like this; None is nothing."""

    state: State
    complaint: str | None = None


def read_list(path: Path, python: tuple[int, ...] = sys.version_info[:2]) -> dict[str, Deviation]:
    """The deviations in a file, by clause; empty where there is no file.

    Args:
        python: the version that the clauses run on; an entry that is not about it is left out.

    Raises:
        UsageError: the file is not TOML, or has something other than tables of text in it.
    """
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not TOML: {error}") from None
    entries = {identity: _read_entry(path.name, identity, entry) for identity, entry in content.items()}
    return {identity: one for identity, one in entries.items() if is_about(path.name, content[identity], python)}


def is_about(file: str, entry: Mapping[str, Any], python: tuple[int, ...] = sys.version_info[:2]) -> bool:
    """Whether an entry holds for a Python: python = "<3.13" or ">=3.13", and without one it does for each."""
    told = entry.get("python", ">=3.0")
    match = re.fullmatch(r"(<|>=)(\d+)\.(\d+)", told) if isinstance(told, str) else None
    if match is None:
        raise UsageError(f'{file}: python is {told!r}; write "<3.13" or ">=3.13"')
    bound = (int(match[2]), int(match[3]))
    return python < bound if match[1] == "<" else python >= bound


def _read_entry(file: str, identity: str, entry: Any) -> Deviation:
    if not isinstance(entry, dict):
        raise UsageError(f"{file}: {identity} is no table; write [{identity}] and under it shows, why and link")
    if unknown := entry.keys() - set(KEYS):
        raise UsageError(f"{file}: [{identity}] has {', '.join(sorted(unknown))}, and may have {', '.join(KEYS)}")
    texts = {key: entry.get(key, "") for key in ("shows", "why", "link")}
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(entry.get("flaky", False), bool):
        raise UsageError(f"{file}: in [{identity}] shows, why and link are texts, flaky is true or false")
    return Deviation(identity, is_flaky=entry.get("flaky", False), **{key: text.strip() for key, text in texts.items()})


def check_list(deviations: Iterable[Deviation], known: Iterable[str]) -> list[str]:
    """What is wrong with a list before anything has run."""
    ids = set(known)
    found = []
    for one in deviations:
        if one.id not in ids:
            found.append(f"[{one.id}] is no clause")
        if not one.why:
            found.append(f"[{one.id}] gives no reason: fill in why")
        if not one.link:
            found.append(f'[{one.id}] has no link: name the report, or write "none: not yet reported"')
        if not one.shows and not one.is_flaky:
            found.append(f"[{one.id}] does not say what the clause shows: fill in shows")
    return found


def judge(level: str, shown: str | None, listed: Deviation | None) -> Judgement:
    """The state of a clause that has run.

    Args:
        level: "must" or "should".
        shown: the first line of its message, None where it passed.
        listed: the driver's entry for it, if there is one.
    """
    if listed and listed.is_flaky:
        return Judgement(State.FLAKY)
    if shown is None:
        if listed:
            return Judgement(State.CONFORMS, f"[{listed.id}] is listed, and the clause passes: remove the entry")
        return Judgement(State.CONFORMS)
    if listed:
        if listed.shows and shown.startswith(listed.shows):
            return Judgement(State.DEVIATES)
        return Judgement(State.FAILS, f"[{listed.id}] is listed with another message; the clause shows: {shown}")
    return Judgement(State.FAILS if level == "must" else State.WEAK)


def not_run_complaint(listed: Deviation) -> str:
    """What is wrong with an entry whose clause was not decided although everything was to run."""
    return f"[{listed.id}] is listed, and the clause did not run"
