"""Does the suite bite? Each clause meets pools that are wrong in what it states, and has to say so in its own words.

Every broken pool (`broken_subjects/`) runs against its clause and a share of the others, and in `make catches` against
every one, so that it is known where else its fault shows, and a clause that fails for a reason of its own is found out.
A clause that no broken pool fails proves nothing, and a broken pool that fails none is itself broken.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest

from spec.clause import all_clauses
from spec.drivers import find
from spec.settings import UsageError

from .broken_subjects import IDS, SUBJECTS, Sound, Subject, base
from .trial import every, failures, trial_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

Trial = tuple[dict[str, str], set[str]]


@pytest.fixture(scope="module")
def found_in(request: pytest.FixtureRequest) -> Iterator[Callable[[Subject], Trial]]:
    """What a broken pool fails, and what it met. Those of this run are tried beforehand, on all processors at once."""
    params = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = {one.params["subject"].name: one.params["subject"] for one in params if one and "subject" in one.params}
    # Spawned, not forked: a process of many tests may have threads by now.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as workers:
        pending = {name: workers.submit(trial_of, name) for name in chosen}
        yield lambda subject: pending[subject.name].result()
        workers.shutdown(cancel_futures=True)


def complaints(subject: Subject, found: Mapping[str, str], met: Collection[str] = IDS) -> list[str]:
    """What is wrong with a broken pool, or with the clauses, if this is what it failed of those that it met."""
    if not found:
        return [f"{subject.name} breaks nothing: no clause fails"]
    wrong = []
    shown = found.get(subject.clause)
    if shown is None:
        wrong.append(f"{subject.clause} lets it pass")
    elif not shown.startswith(subject.shows):
        wrong.append(f"{subject.clause} shows {shown!r} and not {subject.shows!r}")
    others = found.keys() - {subject.clause} - subject.may
    wrong += [f"{one} fails too, and also= does not say so: {found[one]}" for one in sorted(others - subject.also)]
    wrong += [f"{one} passes, and also= says that it fails" for one in sorted(subject.also.intersection(met) - others)]
    return wrong


def test_the_base_keeps_every_statement() -> None:
    """Else each broken pool would fail for the base's reasons. The dear ones are played in `make catches` alone."""
    clauses = [clause for clause in all_clauses() if every() == 1 or not clause.is_simulated]
    assert failures(base(), clauses) == {}


def test_forwarding_alone_breaks_nothing_and_is_found_out() -> None:
    harmless = Subject("Harmless", "minsize_attribute", "minsize", frozenset(), Sound)
    clauses = [clause for clause in all_clauses() if not clause.is_simulated]
    assert complaints(harmless, failures(harmless(base()), clauses)) == ["Harmless breaks nothing: no clause fails"]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: f"{subject.clause}-{subject.name}")
def test_a_broken_pool_is_caught_by_its_clause(subject: Subject, found_in: Callable[[Subject], Trial]) -> None:
    """With its clause's message rather than an error or a deadline, and by no other clauses than those it names."""
    wrong = complaints(subject, *found_in(subject))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("identity", IDS)
def test_each_clause_has_a_broken_pool(identity: str) -> None:
    assert any(subject.clause == identity for subject in SUBJECTS), f"no broken pool is made for {identity}"


def test_a_broken_pool_is_a_driver_that_the_suite_finds_by_name() -> None:
    subject = SUBJECTS[0]
    assert find(f"tests.spec.broken_subjects:driver_{subject.name}").name == subject.name
    with pytest.raises(UsageError, match="has no function 'driver_Sound'"):
        find("tests.spec.broken_subjects:driver_Sound")


def test_broken_pools_have_names_of_their_own_and_name_clauses_that_exist() -> None:
    names = [subject.name for subject in SUBJECTS]
    assert sorted(set(names)) == sorted(names)
    named = {identity for subject in SUBJECTS for identity in (subject.clause, *subject.also, *subject.may)}
    assert named <= set(IDS)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, ["Wrong breaks nothing: no clause fails"]),
        ({"a": "it is", "b": "so"}, []),
        ({"b": "so"}, ["a lets it pass"]),
        ({"a": "no", "b": "so"}, ["a shows 'no' and not 'it'"]),
        ({"a": "it is"}, ["b passes, and also= says that it fails"]),
        ({"a": "it is", "b": "so", "c": "why"}, ["c fails too, and also= does not say so: why"]),
    ],
)
def test_whatever_differs_from_what_is_said_of_a_broken_pool_is_told(found: dict[str, str], said: list[str]) -> None:
    assert complaints(Subject("Wrong", "a", "it", frozenset({"b"}), Sound), found, {"a", "b", "c"}) == said


def test_a_clause_that_a_broken_pool_has_not_met_tells_nothing() -> None:
    assert complaints(Subject("Wrong", "a", "it", frozenset({"b"}), Sound), {"a": "it is"}, {"a"}) == []
