"""What random histories are known to find in a driver: a list of rules, each with a seed that shows it.

    [acquire_ends]
    seed = 1                                  # python -m spec explore --driver aiomysql --seed 1
    shows = "user 2 for ever waits for acquire()"   # how the violation begins there
    why = "release() wakes nobody when the connection was closed."
    link = "none: not yet reported"

A rule that is listed is broken now and then, and that is no failure. That it still is, is looked at in each run: a seed
that shows something else, or nothing, makes the run fail, so that a list cannot outlive what it tells of.

Knows: the file. Kept from knowing: how a seed is played.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..settings import UsageError
from ..verdict import is_about
from .rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .rules import Violation

TEXTS = ("shows", "why", "link")
KEYS = ("seed", *TEXTS, "python")


@dataclass(frozen=True, slots=True)
class Known:
    """One entry."""

    rule: str
    seed: int
    shows: str
    why: str
    link: str

    def complaint(self, violation: Violation | None) -> str | None:
        """What is wrong with the entry if its seed shows this; None where nothing is."""
        if violation is None:
            return (
                f"[{self.rule}] is listed with seed {self.seed}, which breaks no rule: find another seed, or remove it"
            )
        if violation.rule != self.rule or not violation.text.startswith(self.shows):
            return f"[{self.rule}] is listed with seed {self.seed}, which shows something else: {violation}"
        return None


def file_name(driver: str) -> str:
    """Of a driver's list."""
    return f"{driver}.histories.toml"


def read_known(path: Path) -> dict[str, Known]:
    """The list in a file, by rule; empty where there is no file.

    Raises:
        UsageError: the file is not TOML, or an entry is not as above.
    """
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not TOML: {error}") from None
    entries = {rule: _read(path.name, rule, entry) for rule, entry in content.items()}
    return {rule: one for rule, one in entries.items() if is_about(path.name, content[rule])}


def _read(file: str, rule: str, entry: Any) -> Known:
    if rule not in RULES:
        raise UsageError(f"{file}: [{rule}] is no rule; there are {', '.join(RULES)}")
    if not isinstance(entry, dict) or not set(entry) <= set(KEYS):
        raise UsageError(f"{file}: [{rule}] is a table of {', '.join(KEYS)}")
    texts: Mapping[str, Any] = {key: entry.get(key) for key in TEXTS}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{file}: [{rule}] does not say {key}")
    seed = entry.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise UsageError(f"{file}: [{rule}] names no seed; write seed = 17, one that shows it")
    return Known(rule, seed, **texts)
