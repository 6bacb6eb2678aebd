"""Named locks: one holder, a queue in order of arrival, and who is woken."""

from __future__ import annotations

import pytest

from fakemysql.answers import Wake
from fakemysql.sql.locks import LockDeadlock, NamedLocks


def test_a_lock_has_one_holder_who_may_take_it_again() -> None:
    locks = NamedLocks()
    assert locks.acquire("a", 1)
    assert locks.acquire("A", 1)
    assert not locks.acquire("a", 2)
    assert (locks.owner("a"), locks.held_by(1), locks.held_by(2)) == (1, 2, 0)
    assert locks.release("a", 1) == (True, [])
    assert locks.release("a", 1) == (True, [Wake(2)])
    assert locks.owner("a") is None
    assert locks.acquire("a", 2)


def test_releasing_what_is_not_held_says_whose_it_is() -> None:
    locks = NamedLocks()
    locks.acquire("a", 1)
    assert locks.release("b", 1) == (None, [])
    assert locks.release("a", 2) == (False, [])


def test_a_lock_that_came_free_is_kept_for_the_one_that_waited_longest() -> None:
    locks = NamedLocks()
    locks.acquire("a", 1)
    for waiter in (2, 3, 3):
        locks.acquire("a", waiter)
    assert locks.release_all(1) == (1, [Wake(2)])
    assert not locks.acquire("a", 4)
    assert not locks.acquire("a", 3)
    assert locks.acquire("a", 2)
    assert locks.release("a", 2) == (True, [Wake(3)])
    assert locks.acquire("a", 3)
    assert locks.release("a", 3) == (True, [Wake(4)])


def test_giving_up_leaves_the_queue_in_order() -> None:
    locks = NamedLocks()
    locks.acquire("a", 1)
    for waiter in (2, 3, 4):
        locks.acquire("a", waiter)
    assert locks.give_up(9) == []
    assert locks.give_up(3) == []
    assert locks.release("a", 1) == (True, [Wake(2)])
    assert locks.give_up(2) == [Wake(4)]
    assert locks.give_up(4) == []
    assert locks.acquire("a", 5)


def test_one_who_is_not_next_gives_up_without_waking_anybody() -> None:
    locks = NamedLocks()
    locks.acquire("a", 1)
    for waiter in (2, 3):
        locks.acquire("a", waiter)
    locks.release("a", 1)
    assert locks.give_up(3) == []
    assert locks.acquire("a", 2)


def test_a_circle_of_waiters_is_refused() -> None:
    locks = NamedLocks()
    for name, owner in (("a", 1), ("b", 2), ("c", 3)):
        locks.acquire(name, owner)
    assert not locks.acquire("b", 1)
    assert not locks.acquire("c", 2)
    with pytest.raises(LockDeadlock):
        locks.acquire("a", 3)


def test_waiting_for_a_lock_on_its_way_to_an_heir_is_no_deadlock() -> None:
    locks = NamedLocks()
    locks.acquire("a", 1)
    locks.acquire("b", 2)
    locks.acquire("a", 2)
    locks.release("a", 1)
    assert not locks.acquire("b", 3)
    assert not locks.acquire("a", 3)


def test_release_all_counts_each_time_a_lock_was_taken() -> None:
    locks = NamedLocks()
    for name in ("a", "a", "b"):
        locks.acquire(name, 1)
    assert locks.release_all(1) == (3, [])
    assert locks.release_all(1) == (0, [])
