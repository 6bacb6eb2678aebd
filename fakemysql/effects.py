"""What a conversation asks of whoever drives it, as values.

A conversation does no I/O: where the outside must act, it answers with one of these. Between the decider and the shell
they are the whole vocabulary; the bytes to write are taken beside them.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, TypeAlias

from .records import record

if TYPE_CHECKING:
    from .answers import Failure
    from .faults import Gate
    from .transcript import ClosedBy


class Hangup(enum.Enum):
    """How the connection is to end."""

    FIN = "in order, once everything is written"
    RST = "at once, and so that the client sees it broken"


@record
class Flush:
    """Write the output; go on when there is room for more."""


@record
class Wait:
    """Call resume() when seconds are over (ELAPSED) or the gate opens (AWAKENED), whichever is given.

    client_check_seconds: how often somebody who waits notices that the client has gone; 0 for at once.
    """

    seconds: float | None
    gate: Gate | None = None
    client_check_seconds: float = 0.0


@record
class CutOutput:
    """From now on write in pieces of these sizes, which take turns, gap_seconds apart (0: one a turn of the loop)."""

    sizes: tuple[int, ...]
    gap_seconds: float = 0.0


@record
class LimitRate:
    """From now on so many bytes a second, in these directions."""

    bytes_per_second: float
    to_client: bool
    to_server: bool


@record
class KillOther:
    """Call kill() or kill_query() on another connection's conversation."""

    connection_id: int
    query_only: bool


@record
class WakeOther:
    """Call awaken() on another connection's conversation."""

    connection_id: int


@record
class ShutDown:
    """End the server, this connection first."""


@record
class Close:
    """End the connection. Nothing follows but wakes of others.

    seconds, gate: what the end waits for, where a fault holds it back; the conversation is over all the same.
    """

    how: Hangup
    by: ClosedBy
    seconds: float | None = None
    gate: Gate | None = None


Effect: TypeAlias = Flush | Wait | CutOutput | LimitRate | KillOther | WakeOther | ShutDown | Close

FLUSH: Final = Flush()


class Refusal(Exception):
    """Raised inside a dialogue: the client is turned away with this error, and the connection ends."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class AnsweredByFault(Exception):
    """Raised inside a dialogue: a fault took the place of the answer; the command is over."""
