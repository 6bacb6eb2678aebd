"""A session's news as events of the transcript: where what SQL did meets when, and on which connection.

Loaded with the first news that there are; most statements make none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sql.news import Assigned, Began, Ended, Locked
from .transcript import LockReleased, LockTaken, TransactionBegan, TransactionEnded, VariableSet

if TYPE_CHECKING:
    from .sql.news import News
    from .transcript import Event


def event_of(news: News, at: float, connection_id: int) -> Event:
    """The event that stands in the transcript for one piece of news."""
    if isinstance(news, Assigned):
        return VariableSet(at, connection_id, news.scope, news.name, news.value)
    if isinstance(news, Began):
        return TransactionBegan(at, connection_id, news.read_only)
    if isinstance(news, Ended):
        return TransactionEnded(at, connection_id, news.how)
    if isinstance(news, Locked):
        return LockTaken(at, connection_id, news.name)
    return LockReleased(at, connection_id, news.name)
