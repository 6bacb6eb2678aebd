"""What a session did beside answering, for whoever keeps a record: a transaction begun, a lock taken, a variable set.

A session collects these values in its ``news``; who drives the engine takes them from there with each answer. Nothing
in the engine reads them back.
"""

from __future__ import annotations

from typing import TypeAlias

from ..records import record


@record
class Began:
    """A transaction is open from now on."""

    read_only: bool


@record
class Ended:
    """The open transaction is over; how as in :class:`~fakemysql.transcript.TransactionEnded`."""

    how: str


@record
class Assigned:
    """A variable has a value; scope is user, session, global or names."""

    scope: str
    name: str
    value: str | None


@record
class Locked:
    """A named lock was taken."""

    name: str


@record
class Unlocked:
    """A named lock was given back."""

    name: str


News: TypeAlias = Began | Ended | Assigned | Locked | Unlocked
