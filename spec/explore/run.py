"""Many histories: drawn seed by seed, played in several processes, the first that breaks a rule told in full.

Knows: seeds, processes, and what is known of a driver. Kept from knowing: the terminal (`command.py` prints).

The result of a run follows from its first seed and its number alone, however many processes there are: they are given
chunks in order, and their reports are taken in order.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from .. import drivers
from .draw import draw
from .hearing import hearing
from .play import Play
from .shrink import shrink
from .story import Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..subject import Driver
    from .history import History
    from .rules import Violation

CHUNK = 200
"""Histories that a process is given at a time: a fifth of a second or so."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What to play. driver: its name as given. maxsize, users: None is drawn. known: rules that may be broken."""

    driver: str
    start: int
    count: int
    maxsize: int | None = None
    users: int | None = None
    known: frozenset[str] = frozenset()


@dataclass(slots=True)
class Tally:
    """What came of it. failure: the first seed that broke a rule that is not known, with the rule and the text."""

    played: int = 0
    known: Counter[str] = field(default_factory=Counter)
    failure: tuple[int, str, str] | None = None
    cpu_seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Take in what came next."""
        self.played += other.played
        self.known += other.known
        self.failure = self.failure or other.failure
        self.cpu_seconds += other.cpu_seconds


def draw_seed(driver: Driver, seed: int, *, maxsize: int | None = None, users: int | None = None) -> History:
    """The history of a seed: the same for the same driver in every process."""
    return draw(Random(seed), seed, getattr(driver, "extensions", {}), maxsize=maxsize, users=users)


def play(driver: Driver, history: History) -> Violation | None:
    """Play one history; the first rule that it breaks."""
    with hearing() as heard, _collecting_when_told():
        return Play(driver, history, heard).run()


def tell(driver: Driver, history: History) -> tuple[Violation | None, str]:
    """The same, with the story."""
    story = Story()
    with hearing() as heard, _collecting_when_told():
        violation = Play(driver, history, heard, story.tell).run()
    return violation, str(story)


def make_smaller(driver: Driver, history: History, rule: str) -> tuple[History, int]:
    """The smallest history found that breaks the same rule, and how many were tried."""

    def still_breaks(candidate: History) -> bool:
        violation = Play(driver, candidate, heard).run()
        return violation is not None and violation.rule == rule

    with hearing() as heard, _collecting_when_told():
        return shrink(history, still_breaks)


def explore_here(errand: Errand) -> Tally:
    """Play an errand in this process, up to the first failure."""
    driver = drivers.find(errand.driver)
    tally = Tally()
    began = time.process_time()
    with hearing() as heard, _collecting_when_told():
        for seed in range(errand.start, errand.start + errand.count):
            history = draw_seed(driver, seed, maxsize=errand.maxsize, users=errand.users)
            violation = Play(driver, history, heard).run()
            tally.played += 1
            if violation is None:
                continue
            if violation.rule not in errand.known:
                tally.failure = seed, violation.rule, violation.text
                break
            tally.known[violation.rule] += 1
    tally.cpu_seconds = time.process_time() - began
    return tally


def explore(errand: Errand, jobs: int, progress: Callable[[Tally], object]) -> Tally:
    """Play an errand in so many processes, up to the first failure in order of seeds.

    progress: called with what is known by then, now and then.
    """
    tally = Tally()
    if jobs == 1:
        results: Iterable[Tally] = map(explore_here, _chunks(errand))
        _gather(tally, results, progress)
        return tally
    # Spawned, not forked: a fork takes threads' locks along, and a driver may have started threads.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as workers:
        _gather(tally, workers.map(explore_here, _chunks(errand)), progress)
        workers.shutdown(cancel_futures=True)
    return tally


def _gather(tally: Tally, results: Iterable[Tally], progress: Callable[[Tally], object]) -> None:
    for result in results:
        tally.add(result)
        progress(tally)
        if tally.failure is not None:
            return


def _chunks(errand: Errand) -> Iterator[Errand]:
    end = errand.start + errand.count
    for start in range(errand.start, end, CHUNK):
        yield Errand(errand.driver, start, min(CHUNK, end - start), errand.maxsize, errand.users, errand.known)


@contextmanager
def _collecting_when_told() -> Iterator[None]:
    """Within a history garbage is collected at its end and not before, or chance would have a say in it."""
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()  # what there was before is not looked at again and again
    try:
        yield
    finally:
        for _ in range(3):  # a destructor may bring back what it belongs to, once
            gc.collect()
        gc.unfreeze()
        if was_enabled:
            gc.enable()
