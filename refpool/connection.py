"""One connection, one command at a time (skeleton: the face on which the pool is built; the body follows)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from refpool.session_state import Fitness
from refpool.settings import ConnectSettings

__all__ = ["Connection", "open_connection"]


async def open_connection(settings: ConnectSettings, *, loop: asyncio.AbstractEventLoop | None = None) -> Connection:
    """Open a connection; the whole of it is bounded by settings.connect_timeout; on error nothing is left open."""
    raise ConnectionError(f"skeleton: no connection to {settings.host} yet")


class Connection:
    """One session on the server."""

    _fit: bool
    _on_unfit: Callable[[Connection], None] | None
    _pool: Any
    _pool_ticket: int
    _pool_generation: int
    _pool_born: float
    _pool_idle_since: float

    @property
    def closed(self) -> bool:
        return not self._fit

    @property
    def fitness(self) -> Fitness:
        return Fitness.READY if self._fit else Fitness.UNFIT

    def close(self) -> None:
        """Say goodbye if between commands, then close; in the middle of a command: abort. Never waits."""

    def abort(self) -> None:
        """Drop at once, no goodbye; a command in flight fails at once."""

    async def wait_closed(self) -> None:
        """Wait until the transport has said connection_lost."""

    async def ensure_closed(self) -> None:
        """Say goodbye, and wait until the connection is closed."""

    async def rollback(self) -> None:
        """Roll back the current transaction."""

    async def ping(self, reconnect: bool = True) -> None:
        """Ask the server for a sign of life."""

    async def reset(self) -> None:
        """Make the session as new."""
