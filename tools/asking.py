"""A session on a real server that a URL names, for the tools that capture what servers answer.

Knows how to dial; what is asked, and how the answers are written down, is known to each tool.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql

PLAIN: dict[str, Any] = {"charset": "utf8mb4", "autocommit": None, "conv": {}}
"""Settings of a session that sends nothing by itself and gets values as the server wrote them."""


def dial(url: str, **settings: Any) -> Any:
    """A connection of PyMySQL, which has no types for what the tools look at.

    Args:
        url: mysql://user:password@host:port/database, percent-encoded.
        settings: what connect() is to be told besides, or instead.
    """
    parts = urlsplit(url)
    where: dict[str, Any] = {
        "host": parts.hostname or "",
        "port": parts.port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path[1:] or None,
    }
    return pymysql.connect(**(where | settings))
