"""What a driver fails: every clause of the suite, one after the other, and what each shows.

All of it happens in the simulated world: what hangs there takes no time, and nothing that goes on in the machine can
make a deadline pass. CATCHES_WORLD=tcp has the fake server behind real sockets instead, and real the server that
SPEC_MYSQL_URL names; there SPEC_DEADLINE bounds each wait.

There every run of a clause is like the last. So a clause that makes no use of what a broken pool overrides cannot fail
because of it, and is left out: two fifths of the time are saved like this. And a pool meets the
clauses of the level that it breaks: who cannot lend is not robust either, and to list that tells nothing of any clause.

Of the clauses that are left a pool meets its own, those that its fault is said to show in, and every tenth of the
others: another tenth for each pool, so that every clause meets a share of the pools. Of those that the simulated world
alone decides, each of which is many plays, it meets its own and one other, whether its fault is said to show there or
not. CATCHES_EVERY=1 has all meet all; `make catches` does that, for it takes its time.

Knows: the suite's machinery, and the worlds. Kept from knowing: what the faults are. It stands apart from the tests so
that other processes can import it.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from spec import worlds
from spec.bench import Bench, Undecided, shown_of
from spec.clause import all_clauses
from spec.settings import Settings

from .broken_subjects import SUBJECTS, Sound, Subject, base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec.clause import Clause
    from spec.subject import Driver
    from spec.world import World

WORLD_VARIABLE = "CATCHES_WORLD"
SHARE_VARIABLE = "CATCHES_EVERY"
USUAL_SHARE = 10
ALWAYS_USED = ("__init__", "__getattribute__", "create_pool", "make", "arrange", "settle", "query")


@cache
def _settings() -> Settings:
    return Settings.read(os.environ, {"SPEC_WORLD": os.environ.get(WORLD_VARIABLE, "sim")})


@cache
def every() -> int:
    """One in how many of the clauses that say nothing of its fault a broken pool meets; 1 is all of them."""
    return int(os.environ.get(SHARE_VARIABLE, USUAL_SHARE))


@cache
def _world() -> World:
    return worlds.choose(_settings())


@cache
def _simulated() -> World:
    return worlds.choose(Settings.read({}, {"SPEC_WORLD": "sim"}))


def failures(driver: Driver, clauses: Iterable[Clause] | None = None) -> dict[str, str]:
    """The first line that each clause shows which the driver fails, by the clause's id; None is all clauses."""
    found = {}
    with no_litter():
        for clause in clauses or all_clauses():
            bench = Bench(driver, _simulated() if clause.is_simulated else _world(), _settings().deadline)
            try:
                bench.run(clause)
            except Undecided:
                continue
            except Exception as error:  # noqa: BLE001 - whatever a clause raises is its verdict
                found[clause.id] = shown_of(error, bench.settings.get("port"))
    return found


def trial_of(name: str) -> tuple[dict[str, str], set[str]]:
    """What the broken pool of this name fails, and the ids of all that it met. Raises StopIteration for none."""
    subject = next(subject for subject in SUBJECTS if subject.name == name)
    own = next(clause for clause in all_clauses() if clause.id == subject.clause)
    alike = [clause for clause in all_clauses() if clause.statement.level == own.statement.level]
    others = [clause for clause in alike if not clause.is_simulated and subject.overrides & _uses()[clause.id]]
    number, named = SUBJECTS.index(subject), {subject.clause, *subject.also}
    met = [clause for index, clause in enumerate(others) if (index - number) % every() == 0 or clause.id in named]
    swept = [clause for clause in alike if clause.is_simulated]
    if swept and every() > 1:
        one = swept[number % len(swept)]
        swept = [clause for clause in swept if clause in (own, one)]
    met += swept
    return failures(subject(base()), met), {clause.id for clause in met}


@cache
def _uses() -> dict[str, frozenset[str]]:
    """The names of a pool that each clause uses, directly or by way of other names, by its id."""
    used: set[str] = set()

    class Watched(Sound):
        def __getattribute__(self, name: str) -> Any:
            used.add(name)
            return super().__getattribute__(name)

        def __iter__(self) -> Iterator[Any]:  # looked up in the class: __getattribute__ does not see it
            used.add("__iter__")
            return super().__iter__()

        @classmethod
        async def connect(cls, base: Driver, given: dict[str, Any]) -> Any:
            used.add("connect")
            return await super().connect(base, given)

    found = {}
    watched = Subject("Watched", "", "", frozenset(), Watched)(base())
    for clause in all_clauses():
        if clause.is_simulated:
            continue
        used.clear()
        used.update(ALWAYS_USED)

        async def body(bench: Bench, clause: Clause = clause) -> None:
            await clause.body(bench)
            found[clause.id] = frozenset(used)  # before the pool is cleared away, which has no say in the verdict

        Bench(watched, _world(), _settings().deadline).perform(body)
    return found


@contextmanager
def no_litter() -> Iterator[None]:
    """Pools that fail leave litter; what they leave is collected here, and what Python says of it stays here."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    gc.freeze()  # so that the collection at the end looks at the litter alone
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
            gc.collect()
    finally:
        gc.unfreeze()
        sys.unraisablehook = hook
