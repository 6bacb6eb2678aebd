"""What the tests on a real server have in common: where it is, and a connection to arrange things with."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import pytest

import refpool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONG: Final = 60.0  # seconds; a deadline that a passing test never uses


@pytest.fixture(scope="session")
def where() -> dict[str, Any]:
    """Arguments of connect(), from SPEC_MYSQL_URL=mysql://user:password@host:port/database."""
    url = os.environ.get("SPEC_MYSQL_URL")
    if not url:
        pytest.skip("SPEC_MYSQL_URL names no server")
    parts = urlsplit(url)
    return {
        "host": parts.hostname or "localhost",
        "port": parts.port or 3306,
        "user": unquote(parts.username or "root"),
        "password": unquote(parts.password or ""),
        "db": parts.path.lstrip("/"),
    }


@pytest.fixture
async def beside(where: dict[str, Any]) -> AsyncIterator[refpool.Connection]:
    """A connection beside those of the test, in autocommit mode."""
    async with asyncio.timeout(LONG), refpool.connect(**where, autocommit=True) as connection:
        yield connection
