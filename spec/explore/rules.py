"""What must hold in every history, whatever the users do and whatever befalls them. All of it is seen from outside.

Knows: the rules by their ids. Kept from knowing: how any of them is looked after (`play.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "pool_is_made": "create_pool() with sound parameters makes a pool, unless a fault hinders it.",
    "sizes_hold": "At every moment 0 <= freesize <= size <= maxsize.",
    "server_sees_maxsize": "The server never has more than maxsize connections of the pool at one time.",
    "lent_to_one": "A connection is lent to one user at a time.",
    "rows_are_own": "A user reads the rows of his own statement.",
    "session_is_clean": "A connection is lent without a transaction of somebody else.",
    "acquire_ends": "Whoever waits for a connection gets one, or an error.",
    "free_serves_waiting": "No connection and no room stays unused while somebody waits.",
    "statement_ends": "A statement comes to an end.",
    "calls_end": "create_pool(), release(), clear() and wait_closed() come to an end.",
    "closed_lends_nothing": "A pool that was closed lends nothing, to nobody.",
    "closed_opens_nothing": "A pool that was closed opens no connection.",
    "errors_have_causes": "An error has a cause: a fault, a limit in time, a close.",
    "cancel_is_delivered": "A task that is cancelled ends cancelled.",
    "capacity_returns": "When everybody has gone all connections are free, and maxsize of them can be lent at once.",
    "nothing_left_open": "No connection is open that the pool does not own, and after wait_closed() none at all.",
    "nothing_unsaid": "No error is lost, no coroutine is left unawaited, nothing is collected that is open.",
    "comes_to_rest": "A pool of which nobody wants anything does nothing.",
}
"""Each rule's statement, by the id that lists of deviations name."""


class Violation(AssertionError):
    """A rule was broken. rule: its id; text: by whom and how, in one line that is the same in every run."""

    def __init__(self, rule: str, text: str) -> None:
        """Name the rule. KeyError if there is none of this name."""
        super().__init__(f"{rule}: {text}")
        self.statement = RULES[rule]
        self.rule = rule
        self.text = text
