"""One run, from what it was asked to do to its report: the drivers, the world, the lists of deviations, the results.

Knows: how these are put together, and when a run as a whole has failed. Kept from knowing: pytest. `conftest.py`
holds the hooks and asks here.
"""

from __future__ import annotations

import difflib
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, drivers, smoke, worlds
from .clause import REGISTER, all_clauses
from .report import Column, Report, Result
from .settings import UsageError
from .verdict import State, check_list, not_run_complaint, read_list
from .world import Unavailable

if TYPE_CHECKING:
    from .clause import Clause
    from .settings import Settings
    from .subject import Driver
    from .verdict import Deviation
    from .world import World

LISTS = Path(__file__).with_name("deviations")


@dataclass(slots=True)
class Plan:
    """What is run, and what came of it. clauses: of the levels asked for; results: by driver's name and clause's id."""

    settings: Settings
    clauses: list[Clause]
    drivers: list[Driver]
    world: World
    lists: dict[str, dict[str, Deviation]]
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, settings: Settings) -> Plan:
        """Find everything that the settings name. Raises UsageError."""
        clauses = all_clauses()
        known = [clause.id for clause in clauses]
        for name in settings.clauses:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise UsageError(f"there is no clause {name!r}: {hint}`python -m {__package__} list` shows them all")
        adapters = drivers.find_all(settings.drivers)
        try:
            world = worlds.choose(settings)
        except Unavailable as error:
            raise UsageError(str(error)) from None
        lists = {driver.name: _list_of(driver, settings) for driver in adapters}
        asked = [clause for clause in clauses if settings.level != "must" or clause.statement.level == "must"]
        return cls(settings, asked, adapters, world, lists)

    def check_server(self) -> None:
        """See that the server answers, and lets every driver in. Raises UsageError."""
        try:
            self.world.check()
            for driver in self.drivers:
                if self.settings.world == "real":
                    smoke.log_in(driver, self.world, self.settings.deadline)
                elif self.settings.world == "sim":
                    smoke.find_simulated(driver, self.world, self.settings.deadline)
        except Unavailable as error:
            raise UsageError(str(error)) from None

    def again(self, driver: str, clause: str) -> str | None:
        """The command that repeats one clause to the last byte; None where this world cannot."""
        if self.world.seed is None:
            return None
        names = dict(zip((one.name for one in self.drivers), self.settings.drivers, strict=False))
        name = f" --driver {names[driver]}" if driver in names else ""
        level = " --level should" if self.settings.level == "should" else ""  # else a weak one would not be told again
        world = f" --world {self.world.name} --seed {self.world.seed}"
        return f"python -m {__package__} run{name}{world} --clause {clause}{level}"

    def is_selected(self, clause: Clause) -> bool:
        """Whether this clause is to run."""
        return clause in self.clauses and (not self.settings.clauses or clause.id in self.settings.clauses)

    def enter(self, driver: str, clause: str, result: Result, leaked: list[str]) -> None:
        """Take what came of one clause."""
        self.results[driver, clause] = result
        if leaked:
            self.leaks.append(f"{driver}: {clause} left running: {', '.join(leaked)}")

    def finish(self) -> bool:
        """Look over the lists of deviations when everything has run; whether the run as a whole is in order."""
        for driver in self.drivers:
            entries = self.lists[driver.name]
            self.complaints += [f"{driver.name}.toml: {text}" for text in self._list_complaints(driver.name, entries)]
        ran = [result for result in self.results.values() if result.state is not State.NOT_RUN]
        if not ran:
            self.complaints.append("no clause ran, so nothing is known: that is a failure")
        return not self.complaints

    def _list_complaints(self, driver: str, entries: dict[str, Deviation]) -> list[str]:
        found = check_list(entries.values(), REGISTER.document.by_id)
        if self._is_complete(driver):
            for entry in entries.values():
                result = self.results.get((driver, entry.id))
                if result and result.state is State.NOT_RUN and self._can_be_run(entry.id):
                    found.append(not_run_complaint(entry))
        return found

    def _can_be_run(self, clause: str) -> bool:
        return self.world.seed is not None or all(not one.is_simulated for one in self.clauses if one.id == clause)

    def _is_complete(self, driver: str) -> bool:
        return all((driver, clause.id) in self.results for clause in self.clauses)

    def report(self) -> Report:
        """What is known by now."""
        columns = []
        for driver in self.drivers:
            results = {identity: result for (name, identity), result in self.results.items() if name == driver.name}
            columns.append(Column(driver.name, driver.version, results))
        return Report(
            suite=__version__,
            world=self.world.name,
            seed=self.world.seed,
            server=self.world.server,
            python=platform.python_version(),
            statements=[clause.statement for clause in self.clauses],
            columns=columns,
            complete=all(self._is_complete(driver.name) for driver in self.drivers),
        )

    def write(self) -> list[Path]:
        """Write the files that were asked for; returns which. Raises OSError."""
        written = []
        report = self.report()
        for path, text in ((self.settings.json, report.as_json), (self.settings.markdown, report.as_markdown)):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text(), encoding="utf-8")
                written.append(path)
        return written


def _list_of(driver: Driver, settings: Settings) -> dict[str, Deviation]:
    """The driver's list: the adopter's own where there is one, else the suite's."""
    name = f"{driver.name}.toml"
    if settings.deviations is not None and (settings.deviations / name).is_file():
        return read_list(settings.deviations / name)
    return read_list(LISTS / name)
