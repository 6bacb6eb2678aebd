"""The table of a connection's life."""

from __future__ import annotations

import itertools

import pytest

from refpool.session_state import TRANSITIONS, Event, Refused, State, next_state, opened_in_silence

PAIRS = list(itertools.product(State, Event))


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda value: value.name)
def test_every_pair_is_in_the_table_or_refused_by_name(state: State, event: Event) -> None:
    """A pair of the table gives its state; any other is refused, and the refusal names both."""
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(Refused, match=rf"{event.name} is not possible when a connection is {state.name}") as caught:
            next_state(state, event)
        assert (caught.value.state, caught.value.event) == (state, event)


def test_a_command_begins_in_idle_alone() -> None:
    """Two commands never overlap, and none is sent before what the last one left has been read."""
    assert [state for state, event in TRANSITIONS if event is Event.SEND] == [State.IDLE]


def test_nothing_but_connecting_anew_helps_what_has_ended() -> None:
    """From LOST and CLOSED no event leads to a state in which something is sent, but CONNECT."""
    for (state, event), after in TRANSITIONS.items():
        if state in (State.LOST, State.CLOSED) and event is not Event.CONNECT:
            assert after in (State.LOST, State.CLOSED)


def test_everything_can_be_closed_and_lost() -> None:
    """close() is possible in every state, and the network may end in every state that has one."""
    for state in State:
        assert next_state(state, Event.CLOSE) is State.CLOSED
    for state in set(State) - {State.LOST}:
        assert next_state(state, Event.LOSS) in (State.LOST, State.CLOSED)


def test_every_state_is_reached() -> None:
    """No state is there for nothing."""
    assert set(TRANSITIONS.values()) == set(State)


@pytest.mark.parametrize(
    ("code", "autocommit", "statement", "doubtful"),
    [
        (1062, False, b"INSERT INTO t VALUES (1)", True),  # both servers: the next OK says IN_TRANS
        (1062, True, b"INSERT INTO t VALUES (1)", False),
        (1064, False, b"SELEC", False),
        (1065, False, b"", False),
        (1062, True, b"  call p()", True),  # a procedure may have begun one
        (1064, True, b"CALL (", False),
    ],
)
def test_an_error_may_have_opened_a_transaction(code: int, autocommit: bool, statement: bytes, doubtful: bool) -> None:
    """With autocommit off, what failed after it was parsed may have opened a transaction that no flag tells of."""
    assert opened_in_silence(code, autocommit=autocommit, statement=statement) is doubtful
