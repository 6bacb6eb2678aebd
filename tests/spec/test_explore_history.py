"""Histories are data: drawn alike from the same seed, written as Python that makes them again, made smaller."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from spec.explore import history as language
from spec.explore.draw import draw
from spec.explore.history import Fault, History, Strike, User, Visit, source
from spec.explore.shrink import shrink, smaller

EXTENSIONS = {"use_lifo": (True,), "on_release": ("close", "reset")}
NAMES = {kind.__name__: kind for kind in (Fault, History, Strike, User, Visit)}


def drawn(seed: int, **options: Any) -> History:
    return draw(Random(seed), seed, EXTENSIONS, **options)


SAMPLE = [drawn(seed) for seed in range(300)]


def test_a_seed_is_a_history_and_another_seed_another() -> None:
    assert [drawn(seed) for seed in range(300)] == SAMPLE
    assert len({source(one) for one in SAMPLE}) == 300


def test_what_is_fixed_is_not_drawn() -> None:
    histories = [drawn(seed, maxsize=2, users=6) for seed in range(50)]
    assert {(one.maxsize, len(one.users)) for one in histories} == {(2, 6)}
    assert {one.minsize for one in histories} == {0, 1, 2}


def test_all_that_can_be_meant_is_drawn() -> None:
    sample = [drawn(seed) for seed in range(1500)]
    visits = [visit for one in sample for user in one.users for visit in user.visits]
    strikes = [user.strike for one in sample for user in one.users if user.strike]
    assert {deed for visit in visits for deed in visit.do} == set(language.DEEDS)
    assert {visit.form for visit in visits} == set(language.FORMS)
    assert {blow for strike in strikes for blow in strike.what} == set(language.BLOWS)
    assert {strike.moment for strike in strikes} == set(language.MOMENTS)
    assert {fault.what for one in sample for fault in one.faults} == set(language.FAULTS)
    assert {one.network for one in sample} == set(language.NETWORKS)
    assert {name for one in sample for name in one.more} == set(EXTENSIONS)
    assert {True, False} == {one.eager for one in sample} == {one.autocommit for one in sample}
    assert any(fault.early for one in sample for fault in one.faults)
    assert any(visit.within is not None for visit in visits)
    assert 0 in {one.maxsize for one in sample}
    assert 1 in {one.wait_timeout for one in sample}


def test_a_history_without_faults_is_struck_by_cancellations_alone() -> None:
    """Anything else would be an excuse."""
    quiet = [one for one in SAMPLE if not one.faults and any(user.strike for user in one.users)]
    for one in quiet:
        blows = {blow for user in one.users if user.strike for blow in user.strike.what}
        if blows == {"cancel"}:
            break
    else:
        pytest.fail("no history is without an excuse")


@pytest.mark.parametrize("history", [History(), *SAMPLE[:100]], ids=lambda one: str(one.seed))
def test_a_history_can_be_written_down_and_read_again(history: History) -> None:
    text = source(history)
    assert eval(text, NAMES) == history
    assert max(map(len, text.splitlines())) <= 110


def test_what_is_by_default_is_not_written() -> None:
    assert source(History()) == "History(users=(User(),))"
    assert source(History(users=(User((Visit(after=0.5),)),))) == (
        "History(users=(User(visits=(Visit(do=('ask',), after=0.5),)),))"
    )


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: History(users=(User((Visit(do=("dance",)),)),)), "no 'dance'"),
        (lambda: History(users=(User((Visit(form="feet"),)),)), "no 'feet'"),
        (lambda: History(users=(User(strike=Strike(1, what=("tickle",))),)), "no 'tickle'"),
        (lambda: History(users=(User(strike=Strike(1, "asleep")),)), "no 'asleep'"),
        (lambda: History(faults=(Fault(0.0, "rain"),)), "no 'rain'"),
        (lambda: History(network="pigeons"), "it can be instant, mild, rough"),
        (lambda: History(faults=(Fault(0.0, "close", early=True),)), "there is no pool yet"),
    ],
)
def test_what_nobody_could_play_is_refused(make: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


# Making smaller


def test_each_smaller_history_is_another_one() -> None:
    for history in SAMPLE[:40]:
        assert history not in list(smaller(history))


def test_nothing_is_smaller_than_the_smallest() -> None:
    smallest = History(users=(User((Visit(do=()),)),), minsize=0, maxsize=1)
    assert list(smaller(smallest)) == []


def test_a_history_is_made_as_small_as_what_it_has_to_show() -> None:
    def shows(history: History) -> bool:
        return (
            any(fault.what == "kill" for fault in history.faults)
            and any(user.strike and "cancel" in user.strike.what for user in history.users)
            and history.maxsize != 1
        )

    found = next(one for one in SAMPLE if shows(one) and len(one.users) > 5)
    smallest, tried = shrink(found, shows)
    assert smallest == History(
        users=(User((Visit(do=()),), Strike(1)),), faults=(Fault(0.0, "kill"),), minsize=0, maxsize=smallest.maxsize
    )
    assert (smallest, tried) == shrink(found, shows)


def test_shrinking_ends_after_so_many_plays() -> None:
    asked: list[History] = []

    def never(history: History) -> bool:
        asked.append(history)
        return False

    assert shrink(SAMPLE[0], never, plays=3) == (SAMPLE[0], 3)
    assert len(asked) == 3
    _, tried = shrink(SAMPLE[0], never)
    assert len(asked) == 3 + tried == 3 + len({repr(one) for one in asked[3:]}), "a history was tried twice"
