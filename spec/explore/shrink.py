"""Make a history smaller that breaks a rule, for as long as it breaks the same rule.

Each step leaves something out or makes it plainer; the first smaller history that still breaks the rule is taken, and
all begins anew. No chance is involved: the same history always shrinks to the same one. Small beats simple: users,
faults and visits go first, then what they do, then numbers.

Knows: what a history is made of. Kept from knowing: how a history is played.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from .history import Fault, History, Strike, User, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

PLAYS = 3000
"""At most so many tries; the usual history takes a few hundred."""


def shrink(history: History, still_breaks: Callable[[History], bool], plays: int = PLAYS) -> tuple[History, int]:
    """The smallest history that was found, and how many were tried.

    Args:
        history: one that breaks a rule.
        still_breaks: whether another one breaks it too.
        plays: how many may be tried.
    """
    seen: set[str] = set()
    while True:
        for candidate in smaller(history):
            if len(seen) == plays:
                return history, plays
            told = repr(candidate)
            if told in seen:
                continue
            seen.add(told)
            if still_breaks(candidate):
                history = candidate
                break
        else:
            return history, len(seen)


def smaller(history: History) -> Iterator[History]:
    """Every history that is one step smaller or plainer, the boldest step first."""
    for users in _without(history.users):
        if users:
            yield replace(history, users=users)
    for faults in _without(history.faults):
        yield replace(history, faults=faults)
    yield from _plainer_settings(history)
    for users in _with_one_changed(history.users, _plainer_user):
        yield replace(history, users=users)
    for faults in _with_one_changed(history.faults, _plainer_fault):
        yield replace(history, faults=faults)


def _without(parts: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Halves of it, then all but one."""
    half = len(parts) // 2
    if half:
        yield parts[:half]
        yield parts[half:]
    for place in reversed(range(len(parts))):
        if len(parts) != 2:  # else the halves were that
            yield parts[:place] + parts[place + 1 :]


def _with_one_changed(parts: tuple[T, ...], plainer: Callable[[T], Iterator[T]]) -> Iterator[tuple[T, ...]]:
    for place, part in enumerate(parts):
        for changed in plainer(part):
            yield (*parts[:place], changed, *parts[place + 1 :])


def _plainer_settings(history: History) -> Iterator[History]:
    plain = History()
    for name in history.more:
        yield replace(history, more={key: value for key, value in history.more.items() if key != name})
    for name in ("network", "eager", "wait_timeout", "autocommit", "seed"):
        if getattr(history, name) != getattr(plain, name):
            changed: dict[str, Any] = {name: getattr(plain, name)}
            yield replace(history, **changed)
    if history.network == "rough":
        yield replace(history, network="mild")
    for size in range(history.minsize):
        yield replace(history, minsize=size)
    for size in range(max(1, history.minsize), history.maxsize or 4):
        yield replace(history, maxsize=size)


def _plainer_user(user: User) -> Iterator[User]:
    for visits in _without(user.visits):
        if visits:
            yield replace(user, visits=visits)
    if user.strike is not None:
        yield replace(user, strike=None)
        for strike in _plainer_strike(user.strike):
            yield replace(user, strike=strike)
    for visits in _with_one_changed(user.visits, _plainer_visit):
        yield replace(user, visits=visits)


def _plainer_strike(strike: Strike) -> Iterator[Strike]:
    for what in _without(strike.what):
        if what:
            yield replace(strike, what=what)
    for step in range(1, strike.step):
        yield replace(strike, step=step)
    if strike.moment == "woken":
        yield replace(strike, moment="parked")


def _plainer_visit(visit: Visit) -> Iterator[Visit]:
    for do in _without(visit.do):
        yield replace(visit, do=do)
    if visit.within is not None:
        yield replace(visit, within=None)
    if visit.form != "block":
        yield replace(visit, form="block")
    yield from (replace(visit, after=number) for number in _plainer_number(visit.after))
    for place, deed in enumerate(visit.do):
        if deed not in ("ask", "hold", "close"):
            yield replace(visit, do=(*visit.do[:place], "ask", *visit.do[place + 1 :]))


def _plainer_fault(fault: Fault) -> Iterator[Fault]:
    if fault.early:
        yield replace(fault, early=False)
    if fault.to:
        yield replace(fault, to=0)
    yield from (replace(fault, at=number) for number in _plainer_number(fault.at))
    yield from (replace(fault, seconds=number) for number in _plainer_number(fault.seconds))


def _plainer_number(number: float) -> Iterator[float]:
    """Zero, then the number with fewer digits."""
    found = dict.fromkeys([0.0, *(round(number, digits) for digits in range(4))])
    yield from (one for one in found if one < number)
