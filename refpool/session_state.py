"""What one connection may do next (skeleton: the table follows)."""

from __future__ import annotations

import enum

__all__ = ["Fitness"]


class Fitness(enum.Enum):
    """What a pool may do with a connection that has come back."""

    READY = "ready"  # idle, nothing unread, no transaction: may be lent as it is
    IN_TRANSACTION = "in transaction"  # idle, but a transaction is open: roll back first
    UNFIT = "unfit"  # a command in flight, unread rows, pending results, stray bytes, out of step, lost, closed
