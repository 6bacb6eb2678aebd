"""A session's news as events of the transcript: where what SQL did meets when, and on which connection.

Loaded with the first news that there are; most statements make none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sql.news import Assigned, Began, Ended, Locked
from .transcript import LockReleased, LockTaken, TransactionBegan, TransactionEnded, VariableSet

if TYPE_CHECKING:
    from typing import Any

    from .sql.news import News


def event_of(news: News) -> tuple[Any, ...]:
    """What stands in the transcript for one piece of news: the kind of event, and its fields but time and place."""
    if isinstance(news, Assigned):
        return VariableSet, news.scope, news.name, news.value
    if isinstance(news, Began):
        return TransactionBegan, news.read_only
    if isinstance(news, Ended):
        return TransactionEnded, news.how
    if isinstance(news, Locked):
        return LockTaken, news.name
    return LockReleased, news.name
