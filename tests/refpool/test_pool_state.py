"""The pool's decisions as plain function calls: no loop, no time but what is passed in."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from refpool.pool_state import (
    RETURNED,
    TOP_UP_PAUSE,
    Fate,
    OnRelease,
    Phase,
    PoolClosed,
    PoolSettings,
    PoolState,
    TooManyWaiting,
)
from refpool.session_state import Fitness
from tests.refpool.pool_pieces import Conn, Queued, open_all, orders_of

if TYPE_CHECKING:
    from collections.abc import Callable

State = PoolState[Conn]


def state_with(idle: int = 0, *, mends_all: bool = False, **settings: Any) -> State:
    """An open pool with so many idle connections."""
    settings.setdefault("minsize", 0)
    state: State = PoolState(PoolSettings(**settings), mends_all=mends_all)
    state.fill(idle)
    open_all(state)
    return state


def lent_from(state: State, now: float = 0.0) -> Conn:
    connection = state.take(now)
    assert connection is not None
    return connection


def queue(state: State, *numbers: int) -> list[Queued]:
    waiters = [Queued(number) for number in numbers]
    for waiter in waiters:
        state.enqueue(waiter)
    return waiters


# Where a connection that comes back goes


def test_every_fitness_has_a_fate_under_every_rule() -> None:
    assert set(RETURNED) == set(itertools.product(Fitness, OnRelease))


@pytest.mark.parametrize(("fitness", "on_release"), list(RETURNED))
@pytest.mark.parametrize("waited_for", [False, True])
@pytest.mark.parametrize("mends_all", [False, True])
def test_a_returned_connection_meets_its_fate(
    fitness: Fitness, on_release: OnRelease, waited_for: bool, mends_all: bool
) -> None:
    state = state_with(1, maxsize=1, on_release=on_release, mends_all=mends_all)
    connection = lent_from(state)
    waiters = queue(state, 1) if waited_for else []
    connection.become(fitness)
    state.give_back(connection, 0.0)
    fate = RETURNED[fitness, on_release]
    if mends_all and fate is Fate.LEND_AGAIN:
        fate = Fate.MEND
    orders = orders_of(state)
    if fate is Fate.LEND_AGAIN:
        assert orders == []
        assert (connection in state.used) == waited_for
        assert (connection in state.free) != waited_for
        assert [waiter.connection for waiter in waiters] == [connection] * len(waiters)
    elif fate is Fate.MEND:
        assert orders == [("mend", connection)]
        assert state.mending == {connection}
        assert not any(waiter.done() for waiter in waiters)
        connection.become(Fitness.READY)
        state.mended(connection, 0.0, sound=True)
        assert orders_of(state) == []
        assert [waiter.connection for waiter in waiters] == [connection] * len(waiters)
    else:
        assert orders[0] == ("close", connection)
        assert [kind for kind, _ in orders[1:]] == ["open"] * len(waiters)
        assert state.size == len(waiters)
    assert connection._pool_ticket == 1


def test_a_connection_that_is_not_sound_after_mending_is_closed_and_its_slot_goes_on() -> None:
    def unsound(connection: Conn) -> bool:
        return False

    def still_in_transaction(connection: Conn) -> bool:
        return True

    for outcome in (unsound, still_in_transaction):
        state = state_with(1, maxsize=1)
        connection = lent_from(state).become(Fitness.IN_TRANSACTION)
        queue(state, 1)
        state.give_back(connection, 0.0)
        orders_of(state)
        state.mended(connection, 0.0, sound=outcome(connection))
        assert [kind for kind, _ in orders_of(state)] == ["close", "open"]


def test_mending_that_ends_after_terminate_changes_nothing() -> None:
    state = state_with(1)
    connection = lent_from(state).become(Fitness.IN_TRANSACTION)
    state.give_back(connection, 0.0)
    state.terminate()
    assert ("close", connection) in orders_of(state)
    state.mended(connection, 0.0, sound=True)
    state.doubt(connection)
    assert orders_of(state) == []
    assert state.size == 0


def test_waiters_count_on_a_connection_being_mended_until_it_is_doubted() -> None:
    state = state_with(1, maxsize=5)
    connection = lent_from(state).become(Fitness.IN_TRANSACTION)
    state.give_back(connection, 0.0)
    (waiter,) = queue(state, 1)
    assert orders_of(state) == [("mend", connection)]
    state.doubt(connection)
    ((kind, opening),) = orders_of(state)
    assert kind == "open"
    connection.become(Fitness.READY)
    state.mended(connection, 0.0, sound=True)
    assert waiter.connection is connection
    state.opened(opening, Conn(2), 0.0)
    assert len(state.free) == 1
    assert orders_of(state) == []


# Order, and nobody left out


def test_waiters_are_served_in_order_of_arrival_by_whatever_comes_free() -> None:
    state = state_with(2, maxsize=3)
    first, second = lent_from(state), lent_from(state)
    waiters = queue(state, 1, 2, 3)
    ((_, opening),) = orders_of(state)
    state.give_back(second, 0.0)
    third = Conn(3)
    state.opened(opening, third, 0.0)
    state.give_back(first, 0.0)
    assert [waiter.connection for waiter in waiters] == [second, third, first]
    assert orders_of(state) == []


def test_a_waiter_that_has_left_is_passed_over() -> None:
    state = state_with(1, maxsize=1)
    connection = lent_from(state)
    gone, here = queue(state, 1, 2)
    gone.left = True
    state.give_back(connection, 0.0)
    assert here.connection is connection
    gone, also = queue(state, 3, 4)
    gone.left = also.left = True
    state.give_back(connection, 0.0)
    assert list(state.free) == [connection]
    state.check()


def test_who_comes_back_to_the_queue_comes_first() -> None:
    state = state_with(1, maxsize=1, max_waiting=2)
    connection = lent_from(state)
    old, older = queue(state, 1, 2)
    again = Queued(0)
    state.enqueue(again, first=True)
    state.give_back(connection, 0.0)
    assert again.connection is connection
    assert not old.done()
    assert not older.done()


def test_max_waiting_refuses_the_next() -> None:
    state = state_with(1, maxsize=1, max_waiting=1)
    lent_from(state)
    queue(state, 1)
    with pytest.raises(TooManyWaiting, match="1 acquirers are waiting already, max_waiting is 1"):
        queue(state, 2)


def test_each_waiter_has_an_opening_of_its_own_as_far_as_the_sizes_allow() -> None:
    state = state_with(0, maxsize=2)
    waiters = queue(state, 1, 2, 3)
    orders = orders_of(state)
    assert [(kind, opening.sponsor) for kind, opening in orders] == [("open", waiters[0]), ("open", waiters[1])]
    assert state.open_failed(orders[0][1], ValueError("first"))
    assert str(waiters[0].error) == "first"
    ((_, opening),) = orders_of(state)
    assert opening.sponsor is waiters[2]
    state.opened(orders[1][1], Conn(1), 0.0)
    assert waiters[1].connection is not None
    assert not waiters[2].done()


def test_unlimited_opens_for_everybody_and_max_connecting_for_so_many() -> None:
    assert len(orders_of(_with_queue(PoolSettings(minsize=0, maxsize=0), 50))) == 50
    state = _with_queue(PoolSettings(minsize=0, maxsize=0, max_connecting=3), 50)
    openings = [what for _, what in orders_of(state)]
    assert len(openings) == 3
    state.opened(openings[0], Conn(1), 0.0)
    assert len(orders_of(state)) == 1


def _with_queue(settings: PoolSettings, length: int) -> State:
    state: State = PoolState(settings)
    queue(state, *range(length))
    return state


def test_a_waiter_served_by_anothers_connect_may_have_a_second_one_started_when_the_rest_fail() -> None:
    """Its own connect is over (it served somebody else), so it has none, and the next free one is started for it."""
    state = state_with(0, maxsize=2)
    first, second = queue(state, 1, 2)
    one, two = [what for _, what in orders_of(state)]
    state.opened(two, Conn(1), 0.0)
    assert first.connection is not None
    assert not state.open_failed(one, ValueError("for nobody"))  # started for the first, who is served
    ((_, third),) = orders_of(state)
    assert third.sponsor is second
    assert state.open_failed(third, ValueError("for the second"))
    assert str(second.error) == "for the second"


def test_a_failure_for_a_waiter_that_has_left_is_kept_and_the_next_one_tried() -> None:
    state = state_with(0, maxsize=1)
    gone, here = queue(state, 1, 2)
    ((_, opening),) = orders_of(state)
    gone.left = True
    error = ValueError("for nobody")
    assert not state.open_failed(opening, error)
    assert state.last_error is error
    ((_, second),) = orders_of(state)
    assert second.sponsor is here
    assert state.leave(gone)
    assert not state.leave(gone)


def test_a_cancelled_opening_blames_nobody() -> None:
    state = state_with(0, maxsize=1)
    (waiter,) = queue(state, 1)
    ((_, opening),) = orders_of(state)
    assert not state.open_failed(opening, None)
    assert not waiter.done()
    ((_, again),) = orders_of(state)
    assert again.sponsor is waiter
    assert (state.connect_errors, state.last_error) == (0, None)


def test_the_connect_goes_on_when_its_waiter_leaves_and_serves_the_next() -> None:
    state = state_with(0, maxsize=1)
    (gone,) = queue(state, 1)
    ((_, opening),) = orders_of(state)
    gone.left = True
    state.leave(gone)
    (here,) = queue(state, 2)
    assert orders_of(state) == []
    connection = Conn(1)
    state.opened(opening, connection, 0.0)
    assert here.connection is connection


def test_a_connection_that_is_unfit_when_it_arrives_is_closed_and_another_one_opened() -> None:
    state = state_with(0, maxsize=1)
    queue(state, 1)
    ((_, opening),) = orders_of(state)
    dead = Conn(1).become(Fitness.UNFIT, closed=True)
    state.opened(opening, dead, 0.0)
    assert [kind for kind, _ in orders_of(state)] == ["close", "open"]


# What is lost, dropped, too old


def test_lost_connections_free_their_slot_if_they_are_closed_or_idle() -> None:
    state = state_with(3, maxsize=3)
    lent, idle = lent_from(state), state.free[0]
    lent.become(Fitness.UNFIT)
    state.lost(lent)
    assert orders_of(state) == []
    lent.closed = True
    state.lost(lent)
    state.lost(lent)
    state.lost(idle.become(Fitness.UNFIT))
    assert orders_of(state) == [("close", lent), ("close", idle)]
    assert state.size == 1
    assert state.accept_late_release(lent)
    assert not state.accept_late_release(lent)
    assert not state.accept_late_release(idle)


def test_a_lost_lent_connection_serves_the_waiter() -> None:
    state = state_with(1, maxsize=1)
    connection = lent_from(state)
    queue(state, 1)
    state.lost(connection.become(Fitness.UNFIT, closed=True))
    assert [kind for kind, _ in orders_of(state)] == ["close", "open"]


def test_a_lost_connection_may_come_back_while_there_is_room() -> None:
    state = state_with(2, maxsize=2)
    connection, other = lent_from(state), lent_from(state)
    assert state.take_back(connection, 5.0)  # never lost its slot
    state.lost(connection.become(Fitness.UNFIT, closed=True))
    state.expire()
    assert state.take_back(connection, 7.0)
    assert (state.size, connection._pool_generation, connection._pool_born) == (2, 1, 7.0)
    assert orders_of(state) == [("close", connection)]
    assert not state.accept_late_release(connection)
    state.lost(connection)
    queue(state, 1)
    assert not state.take_back(connection, 9.0)
    assert not state.take_back(Conn(9), 9.0)
    state.drop(other)
    state.close()
    assert not state.take_back(connection, 9.0)


def test_the_pool_does_not_keep_alive_what_its_holder_closed() -> None:
    state = state_with(1)
    connection = lent_from(state)
    reference = weakref.ref(connection)
    state.lost(connection.become(Fitness.UNFIT, closed=True))
    orders_of(state)
    del connection
    gc.collect()
    assert reference() is None
    assert not state.written_off


def test_dropping_closes_and_serves_the_next_and_forgets_what_was_lost_before() -> None:
    state = state_with(2, maxsize=2)
    connection, other = lent_from(state), lent_from(state)
    queue(state, 1)
    state.drop(connection)
    assert [kind for kind, _ in orders_of(state)] == ["close", "open"]
    assert connection._pool_ticket == 1
    state.lost(other.become(Fitness.UNFIT, closed=True))
    orders_of(state)
    state.drop(other)
    assert orders_of(state) == []
    assert not state.accept_late_release(other)


def test_take_skips_what_is_unfit_and_lends_in_the_order_asked_for() -> None:
    for use_lifo in (False, True):
        state = state_with(3, use_lifo=use_lifo)
        one, two, three = state.free
        two.become(Fitness.IN_TRANSACTION)
        expected = [three, one] if use_lifo else [one, three]
        assert [state.take(0.0), state.take(0.0), state.take(0.0)] == [*expected, None]
        assert orders_of(state) == [("close", two)]


@pytest.mark.parametrize(
    ("settings", "idle", "kept"),
    [
        ({"pool_recycle": 10}, 10, True),
        ({"pool_recycle": 10}, 10.1, False),
        ({"pool_recycle": -1}, 1e9, True),
        ({"pool_recycle": 0}, 0, True),
        ({"pool_recycle": 0}, 0.1, False),
        ({"max_lifetime": 10}, 9.9, True),
        ({"max_lifetime": 10}, 10, False),
    ],
)
def test_ages_are_looked_at_when_lending(settings: dict[str, Any], idle: float, kept: bool) -> None:
    state = state_with(1, **settings)
    connection = state.free[0]
    assert (state.take(idle) is connection) == kept
    assert orders_of(state) == ([] if kept else [("close", connection)])


def test_lifetime_is_looked_at_when_giving_back_and_shortened_by_jitter() -> None:
    for jitter, kept in ((0.0, True), (1.0, False)):
        state = state_with(0, max_lifetime=10)
        state.fill(1)
        ((_, opening),) = orders_of(state)
        connection = Conn(1)
        state.opened(opening, connection, 5.0, jitter=jitter)
        assert state.take(6.0) is connection
        state.give_back(connection, 14.5)
        assert orders_of(state) == ([] if kept else [("close", connection)])


def test_give_back_notes_the_time_only_for_those_who_count_it() -> None:
    cases: list[tuple[dict[str, Any], float]] = [({}, 0.0), ({"pool_recycle": 5}, 7.0), ({"pool_pre_ping": 3}, 7.0)]
    for settings, noted in cases:
        state = state_with(1, **settings)
        connection = lent_from(state)
        state.give_back(connection, 7.0)
        assert connection._pool_idle_since == noted


def test_shrink_closes_one_that_was_spare_all_the_time_and_stops_at_minsize() -> None:
    state = state_with(3, minsize=1, max_idle=60)
    state.shrink()
    assert orders_of(state) == []  # nothing is known yet of the time before
    state.shrink()
    assert [kind for kind, _ in orders_of(state)] == ["close"]
    both = [lent_from(state), lent_from(state)]
    for connection in both:
        state.give_back(connection, 0.0)
    state.shrink()
    assert orders_of(state) == []  # both were needed
    state.shrink()
    assert [kind for kind, _ in orders_of(state)] == ["close"]
    state.shrink()
    assert orders_of(state) == []
    assert state.size == 1


def test_shrink_with_all_that_was_spare_gone_meanwhile() -> None:
    state = state_with(2, max_idle=60)
    state.shrink()
    state.clear()
    orders_of(state)
    state.fill(1)
    orders_of(state)
    state.shrink()
    assert orders_of(state) == []


# Top-up


def test_top_up_opens_what_is_missing_and_not_again_for_a_while() -> None:
    state = state_with(1, minsize=3)
    lent_from(state)
    assert len(state.top_up(5.0)) == 2
    for opening in [what for _, what in orders_of(state)]:
        assert opening.sponsor is None
        assert not state.open_failed(opening, ValueError("refused"))
    assert state.top_up(5.0 + TOP_UP_PAUSE / 2) == []
    assert len(state.top_up(5.0 + TOP_UP_PAUSE)) == 2
    assert state.top_up(100.0) == []  # they are on their way


def test_top_up_keeps_to_max_connecting_and_to_an_open_pool() -> None:
    state = state_with(0, minsize=5, max_connecting=2)
    assert len(state.top_up(0.0)) == 2
    assert state.fill(3) == []
    state.close()
    assert state.top_up(50.0) == []


# The end


def test_close_ends_idle_ones_and_waiters_and_openings_and_nothing_else() -> None:
    state = state_with(1, maxsize=2, name="orders")
    lent = lent_from(state)
    waiters = queue(state, 1, 2)
    waiters[0].left = True
    ((_, opening),) = orders_of(state)
    state.close()
    assert orders_of(state) == [("cancel", opening)]
    assert waiters[0].error is None
    assert isinstance(waiters[1].error, PoolClosed)
    assert "pool 'orders' is closing" in str(waiters[1].error)
    assert state.size == 2
    state.close()
    assert orders_of(state) == []
    with pytest.raises(PoolClosed):
        queue(state, 3)
    arrived = Conn(9)
    state.opened(opening, arrived, 0.0)
    state.give_back(lent, 0.0)
    assert orders_of(state) == [("close", arrived), ("close", lent)]
    state.finish()
    assert state.phase is Phase.CLOSED
    with pytest.raises(PoolClosed, match="is closed"):
        state.require_open()


def test_terminate_ends_lent_and_mending_ones_too_and_expects_their_release() -> None:
    state = state_with(3)
    lent, mending = lent_from(state), lent_from(state).become(Fitness.IN_TRANSACTION)
    idle = state.free[0]
    state.give_back(mending, 0.0)
    orders_of(state)
    state.terminate()
    assert orders_of(state) == [("close", idle), ("close", lent), ("close", mending)]
    assert (state.size, lent._pool_ticket) == (0, 1)
    assert state.accept_late_release(lent)
    assert not state.accept_late_release(mending)
    state.terminate()
    assert orders_of(state) == []


def test_terminate_ends_the_oldest_first_in_every_run() -> None:
    """What is lent is kept in a set, and the order of a set is one of addresses."""
    state = state_with(10)
    lent = [lent_from(state) for _ in range(10)]
    for index, connection in enumerate(lent):
        connection._pool_born = float(index * 7 % 10)
    orders_of(state)
    state.terminate()
    assert [connection for _, connection in orders_of(state)] == sorted(lent, key=lambda one: one._pool_born)


def test_terminate_ends_those_of_the_same_age_in_the_order_of_their_opening() -> None:
    """Two logins may end in the same iteration of the loop; the server sees the same in every run nevertheless."""
    state = state_with(20, maxsize=20)
    lent = [lent_from(state) for _ in range(20)]
    assert len({connection._pool_born for connection in lent}) == 1
    orders_of(state)
    state.terminate()
    ended = [connection._pool_number for _, connection in orders_of(state)]
    assert ended == sorted(connection._pool_number for connection in lent)
    assert len(set(ended)) == 20


def test_a_pool_cannot_end_before_its_connections() -> None:
    state = state_with(1)
    with pytest.raises(AssertionError, match="this one is open with 1"):
        state.finish()
    lent_from(state)
    state.close()
    with pytest.raises(AssertionError, match="this one is closing with 1"):
        state.finish()


def test_expire_ends_idle_ones_now_lent_ones_at_release_and_openings_when_they_arrive() -> None:
    state = state_with(3)
    lent, in_transaction = lent_from(state), lent_from(state)
    idle = state.free[0]
    state.fill(1)
    ((_, opening),) = orders_of(state)
    state.expire()
    assert orders_of(state) == [("close", idle)]
    state.give_back(lent, 0.0)
    state.give_back(in_transaction.become(Fitness.IN_TRANSACTION), 0.0)
    arrived = Conn(4)
    state.opened(opening, arrived, 0.0)
    assert orders_of(state) == [("close", lent), ("close", in_transaction), ("close", arrived)]
    assert state.size == 0


def test_clear_serves_a_waiter_that_the_freed_slots_allow() -> None:
    state = state_with(2, maxsize=2)
    state.clear()
    assert [kind for kind, _ in orders_of(state)] == ["close", "close"]
    queue(state, 1)
    assert [kind for kind, _ in orders_of(state)] == ["open"]


# Transitions that are refused


@pytest.mark.parametrize("place", ["nowhere", "free", "mending", "gone"])
def test_only_a_lent_connection_can_be_given_back(place: str) -> None:
    state = state_with(2)
    connection = {"nowhere": Conn(), "free": state.free[0]}.get(place) or lent_from(state)
    if place == "mending":
        state.give_back(connection.become(Fitness.IN_TRANSACTION), 0.0)
    elif place == "gone":
        state.give_back(connection.become(Fitness.UNFIT), 0.0)
    orders_of(state)
    before = (state.size, list(state.free), set(state.used))
    with pytest.raises(KeyError):
        state.give_back(connection, 0.0)
    assert (state.size, list(state.free), set(state.used)) == before


def test_an_opening_ends_once() -> None:
    state = state_with(0)
    (opening,) = state.fill(1)
    state.open_failed(opening, ValueError())
    for again in (lambda: state.open_failed(opening, None), lambda: state.opened(opening, Conn(), 0.0)):
        with pytest.raises(KeyError):
            again()
    assert state.size == 0


# The invariants are worth something


def test_check_finds_what_is_wrong() -> None:
    def in_two_places(state: State) -> None:
        state.free.append(next(iter(state.used)))

    def miscounted(state: State) -> None:
        state.size = 7

    def too_many(state: State) -> None:
        state.free.append(Conn())
        state.size = 4

    def doubted_for_nothing(state: State) -> None:
        state.late.add(Conn())

    def idling_while_somebody_waits(state: State) -> None:
        state.waiters[Queued()] = None

    def nothing_on_the_way(state: State) -> None:
        state.free.clear()
        state.size = 2
        state.waiters[Queued()] = None

    def waiting_at_a_closing_pool(state: State) -> None:
        state.phase = Phase.CLOSING
        nothing_on_the_way(state)

    def idling_in_a_closing_pool(state: State) -> None:
        state.phase = Phase.CLOSING

    def closed_too_early(state: State) -> None:
        state.free.clear()
        state.size = 2
        state.phase = Phase.CLOSED

    spoilers: dict[Callable[[State], None], str] = {
        in_two_places: "two places",
        miscounted: "size is 7",
        too_many: "exceeds 3",
        doubted_for_nothing: "doubted",
        idling_while_somebody_waits: "1 idle while 1 wait",
        nothing_on_the_way: "1 wait, only 0",
        waiting_at_a_closing_pool: "somebody waits",
        idling_in_a_closing_pool: "keeps an idle",
        closed_too_early: "closed with size 2",
    }
    for spoil, complaint in spoilers.items():
        state = state_with(3, maxsize=3)
        lent_from(state)
        lent_from(state)
        state.check()
        spoil(state)
        with pytest.raises(AssertionError, match=complaint):
            state.check()


def test_check_finds_a_waiter_with_two_openings() -> None:
    state = state_with(0)
    (waiter,) = queue(state, 1)
    state.fill(1)[0].sponsor = waiter
    with pytest.raises(AssertionError, match="sponsors two"):
        state.check()


def test_the_counts() -> None:
    state = state_with(1, maxsize=2)
    connection = lent_from(state)
    queue(state, 1)[0].left = True
    stats = state.stats()
    assert (stats.size, stats.used, stats.free, stats.opening, stats.mending) == (2, 1, 0, 1, 0)
    assert (stats.waiting, stats.requests, stats.queued, stats.opened, stats.discarded) == (0, 1, 1, 1, 0)
    state.drop(connection)
    assert state.stats().discarded == 1
