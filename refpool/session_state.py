"""What one connection may do next: states, events and the table that joins them.

This module knows the phases of a connection's life and what may follow what. It is kept from knowing sockets, packets
and time: whoever waits for those reports an event and is told the next state, or is refused. The connection's two
promises are read off the table: a second command never starts while one is running (no ``SEND`` from ``WAITING``), and
after a loss nothing is ever sent again (nothing but ``CONNECT`` leaves ``LOST`` and ``CLOSED`` for the better).

What fits no table is whether a transaction is open. The server says so in the status flags of each OK, EOF and last
packet of a result, but not in an ERR: with autocommit off, an INSERT that fails with a duplicate key has opened a
transaction that no flag tells of (seen on MariaDB 10.11 and MySQL 9.7). ``opened_in_silence`` decides when to doubt.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TRANSITIONS", "Event", "Fitness", "Refused", "State", "next_state", "opened_in_silence"]


class Fitness(enum.Enum):
    """What a pool may do with a connection that has come back."""

    READY = "ready"  # idle, nothing unread, no transaction: may be lent as it is
    IN_TRANSACTION = "in transaction"  # idle, but a transaction is open, or may be: roll back first
    UNFIT = "unfit"  # a command in flight, unread rows, pending results, stray bytes, out of step, lost, closed


class State(enum.IntEnum):  # an IntEnum, because hashing a plain Enum is a Python call on the path of every command
    """Where a connection stands."""

    CONNECTING = 0  # dialling, greeting, TLS, login, the session's first commands
    IDLE = 1  # between commands, nothing unread
    WAITING = 2  # one task waits: for a reply, for its next rows, or for its next result
    STREAMING = 3  # rows of an unbuffered result are unread, nobody waits
    PENDING = 4  # a result was read whole, another one was announced, nobody waits
    LOST = 5  # ended by the server, the network, or a broken exchange; the next command is told
    CLOSED = 6  # ended by its user, or told of its loss


class Event(enum.IntEnum):
    """What happened to it."""

    LOGGED_IN = 0  # the login and the session's first commands are done
    SEND = 1  # a command is about to be sent
    READ_ON = 2  # somebody asks for more of a result, or for the next one
    ANSWERED = 3  # the reply is over and no other follows
    ROWS_LEFT = 4  # the reply has rows that nobody has asked for yet
    RESULTS_LEFT = 5  # the reply is over and another one follows
    LOSS = 6  # the transport is gone, or the exchange is broken beyond repair
    CLOSE = 7  # its user closes it, cancels a command on it, or is told of its loss
    CONNECT = 8  # it is to be connected anew


class Refused(Exception):
    """An event that the state does not allow."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event.name} is not possible when a connection is {state.name}")
        self.state = state
        self.event = event


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = {
    (State.CONNECTING, Event.LOGGED_IN): State.IDLE,
    (State.CONNECTING, Event.LOSS): State.LOST,
    (State.CONNECTING, Event.CLOSE): State.CLOSED,
    (State.IDLE, Event.SEND): State.WAITING,
    (State.IDLE, Event.LOSS): State.LOST,
    (State.IDLE, Event.CLOSE): State.CLOSED,
    (State.WAITING, Event.ANSWERED): State.IDLE,
    (State.WAITING, Event.ROWS_LEFT): State.STREAMING,
    (State.WAITING, Event.RESULTS_LEFT): State.PENDING,
    (State.WAITING, Event.LOSS): State.LOST,
    (State.WAITING, Event.CLOSE): State.CLOSED,
    (State.STREAMING, Event.READ_ON): State.WAITING,
    (State.STREAMING, Event.LOSS): State.LOST,
    (State.STREAMING, Event.CLOSE): State.CLOSED,
    (State.PENDING, Event.READ_ON): State.WAITING,
    (State.PENDING, Event.LOSS): State.LOST,
    (State.PENDING, Event.CLOSE): State.CLOSED,
    (State.LOST, Event.CLOSE): State.CLOSED,
    (State.LOST, Event.CONNECT): State.CONNECTING,
    (State.CLOSED, Event.CLOSE): State.CLOSED,
    (State.CLOSED, Event.LOSS): State.CLOSED,  # the transport tells of its end after close(), too
    (State.CLOSED, Event.CONNECT): State.CONNECTING,
}  # an absent pair is refused, and the refusal names both


def next_state(state: State, event: Event) -> State:
    """The state that follows.

    Raises:
        Refused: the pair is not in the table.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Refused(state, event) from None


# Refused by the parser, before any table is looked at.
_NOTHING_RAN: Final = frozenset({1064, 1065, 1149})  # ER_PARSE_ERROR, ER_EMPTY_QUERY, ER_SYNTAX_ERROR


def opened_in_silence(code: int, *, autocommit: bool, statement: bytes) -> bool:
    """Whether a transaction may be open after an ERR, which carries no status flags.

    Args:
        code: the error's.
        autocommit: the session's mode, as last heard. With it on, a single statement leaves no transaction behind;
            a procedure may.
        statement: its text, or as much of the beginning as there is.
    """
    if code in _NOTHING_RAN:
        return False
    return not autocommit or statement.lstrip()[:4].upper() == b"CALL"
