"""`python -m spec explore`: the options, the progress, and what is printed.

Knows: the terminal and the clock on the wall. Kept from knowing: how a history is played.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .. import drivers
from ..settings import Settings, UsageError
from ..world import Unavailable
from ..worlds.arena import find_parts
from .known import file_name, read_known
from .rules import RULES
from .run import Errand, draw_seed, explore, make_smaller, play, tell
from .story import as_test

if TYPE_CHECKING:
    import argparse

    from ..subject import Driver
    from .history import History
    from .known import Known
    from .run import Tally

PACKAGE = __package__.rpartition(".")[0]
LISTS = Path(__file__).parent.parent / "deviations"
OK, FAILED = 0, 1
SEEDS = 10_000
LARGEST_SEED = 2**31
BAR_WIDTH = 24
LINES_WITHOUT_A_TERMINAL = 5


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explore", help="play random histories of users and faults, and see whether every rule holds"
    )
    parser.add_argument("--driver", metavar="NAME", help=f"{', '.join(drivers.known())}, or package.module:factory")
    parser.add_argument(
        "--seeds", type=int, metavar="N", default=SEEDS, help=f"how many histories, {SEEDS:,} unless given"
    )
    parser.add_argument("--start", type=int, metavar="SEED", help="the first seed; drawn and printed unless given")
    parser.add_argument("--seed", type=int, metavar="SEED", help="play this one alone, and tell its story")
    parser.add_argument("--users", type=int, metavar="N", help="so many users in each history; drawn unless given")
    parser.add_argument("--maxsize", type=int, metavar="N", help="of each pool; drawn unless given")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; as many as processors unless given")
    parser.add_argument(
        "--no-shrink", action="store_false", dest="shrink", help="print a history that breaks a rule as it was drawn"
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Do it; the result is the exit status. Raises UsageError."""
    _check(options)
    name = options.driver or os.environ.get("SPEC_DRIVER") or drivers.DEFAULT
    driver = drivers.find_all([name])[0]
    try:
        find_parts()
    except Unavailable as error:
        raise UsageError(str(error)) from None
    print(f"random histories of {driver.name} {driver.version}")
    if options.seed is not None:
        return _tell_one(options, name, driver)
    start = random.SystemRandom().randrange(LARGEST_SEED) if options.start is None else options.start
    known = _known(driver, os.environ)
    print(f"seeds {start} to {start + options.seeds - 1}; the same again: {_again(options, name)} --start {start}")
    complaints = [text for one in known.values() if (text := one.complaint(play(driver, draw_seed(driver, one.seed))))]
    for text in complaints:
        print(f"{file_name(driver.name)}: {text}")
    errand = Errand(name, start, options.seeds, options.maxsize, options.users, frozenset(known))
    tally = explore(errand, options.jobs or os.cpu_count() or 1, Progress(options.seeds, sys.stdout))
    _sum_up(tally)
    if tally.failure is not None:
        _tell_failure(options, name, driver, tally.failure[0])
    return FAILED if complaints or tally.failure else OK


def _check(options: argparse.Namespace) -> None:
    for option, least in (("seeds", 1), ("start", 0), ("seed", 0), ("users", 1), ("maxsize", 0), ("jobs", 1)):
        value = getattr(options, option)
        if value is not None and value < least:
            raise UsageError(f"--{option} is {value}; it is a number from {least} on")


def _known(driver: Driver, environment: Any) -> dict[str, Known]:
    folder = Settings.read(environment).deviations
    if folder is not None and (folder / file_name(driver.name)).is_file():
        return read_known(folder / file_name(driver.name))
    return read_known(LISTS / file_name(driver.name))


def _again(options: argparse.Namespace, name: str) -> str:
    given = [
        f" --{option} {value}" for option in ("users", "maxsize") if (value := getattr(options, option)) is not None
    ]
    return f"python -m {PACKAGE} explore --driver {name}{''.join(given)}"


class Progress:
    """A bar that is drawn over itself on a terminal; elsewhere a line now and then."""

    def __init__(self, seeds: int, stream: TextIO) -> None:
        self.seeds = seeds
        self.stream = stream
        self.is_terminal = stream.isatty()
        self.began = time.monotonic()
        self.next_line = seeds / LINES_WITHOUT_A_TERMINAL

    def __call__(self, tally: Tally) -> None:
        """Show how far it is."""
        seconds = time.monotonic() - self.began
        text = f"{tally.played:,} of {self.seeds:,}, {tally.played / max(seconds, 1e-9):,.0f} a second"
        if self.is_terminal:
            filled = BAR_WIDTH * tally.played // self.seeds
            self.stream.write(f"\r[{'#' * filled}{' ' * (BAR_WIDTH - filled)}] {text} ")
            if tally.played == self.seeds or tally.failure:
                self.stream.write("\n")
        elif tally.played >= self.next_line:
            self.next_line += self.seeds / LINES_WITHOUT_A_TERMINAL
            self.stream.write(f"{text}\n")
        self.stream.flush()


def _sum_up(tally: Tally) -> None:
    rate = tally.played / tally.cpu_seconds if tally.cpu_seconds else 0.0
    print(f"{tally.played:,} histories, {rate:,.0f} for each second of a processor")
    for rule, count in sorted(tally.known.items()):
        print(f"known: {rule} in {count:,}. {RULES[rule]}")
    if tally.failure is None:
        print("no other rule was broken" if tally.known else "no rule was broken")


def _tell_one(options: argparse.Namespace, name: str, driver: Driver) -> int:
    history = draw_seed(driver, options.seed, maxsize=options.maxsize, users=options.users)
    violation, story = tell(driver, history)
    print(story)
    if violation is None:
        print(f"seed {options.seed} breaks no rule")
        return OK
    _tell_failure(options, name, driver, options.seed)
    known = _known(driver, os.environ).get(violation.rule)
    if known is not None:
        print(f"known: {known.why} ({known.link})")
    return OK if known is not None else FAILED


def _tell_failure(options: argparse.Namespace, name: str, driver: Driver, seed: int) -> None:
    history = draw_seed(driver, seed, maxsize=options.maxsize, users=options.users)
    violation = play(driver, history)
    assert violation is not None, "it was broken before, and every play is like the last"
    print(f"\nseed {seed} breaks {violation}\n  {violation.statement}")
    if options.shrink:
        smallest, tried = make_smaller(driver, history, violation.rule)
        print(f"made smaller in {tried} plays: {_size(history)} before, {_size(smallest)} now")
        history = smallest
    again, story = tell(driver, history)
    assert again is not None, "a history is only taken for smaller if it breaks the rule"
    print(f"\n--- the story: virtual seconds, who, what (session: > client, < server) ---\n{story}")
    print("\n--- the same as a test ---")
    print(as_test(f"{name.partition(':')[0].replace('.', '_')}_{again.rule}", name, history, again, PACKAGE))
    print(f"as it was drawn: {_again(options, name)} --seed {seed}")


def _size(history: History) -> str:
    users, faults = len(history.users), len(history.faults)
    return f"{users} user{'s' * (users != 1)} and {faults} fault{'s' * (faults != 1)}"
