"""Random histories find the races that the clauses let pass, each within 5,000 seeds.

Each mutant meets the history of a seed that is known to show it, and a few others. That none of their seeds is above
5,000 is the promise; `python -m spec explore --driver tests.spec.race_mutants:driver_NAME --start 0` finds it again.
"""

from __future__ import annotations

import pytest

from spec.drivers.refpool import Driver
from spec.explore.run import draw_seed, play

from .race_mutants import MUTANTS, Mutant

FAR = 5_000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_race_is_found(mutant: Mutant) -> None:
    violation = play(mutant(), draw_seed(Driver(), mutant.seed))
    assert violation is not None, "its seed breaks no rule any more: find another one as told above"
    assert violation.rule == mutant.rule
    assert mutant.seed < FAR


@pytest.mark.parametrize("seed", sorted({mutant.seed for mutant in MUTANTS}))
def test_without_the_race_nothing_is_found(seed: int) -> None:
    assert play(Driver(), draw_seed(Driver(), seed)) is None


def test_there_are_a_dozen() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 12
