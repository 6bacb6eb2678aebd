"""Connections and waiters for tests of pool_state alone: plain objects, no event loop."""

from __future__ import annotations

from typing import Any

from refpool.pool_state import Cancel, Close, Mend, Open, Opening, PoolState
from refpool.session_state import Fitness

__all__ = ["Conn", "Queued", "open_all", "orders_of"]


class Conn:
    """A connection as far as the state looks at it."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.fitness = Fitness.READY
        self.closed = False
        self._fit = True
        self._pool: Any = None
        self._pool_ticket = 0
        self._pool_generation = 0
        self._pool_number = 0
        self._pool_born = 0.0
        self._pool_idle_since = 0.0

    def __repr__(self) -> str:
        return f"c{self.number}"

    def become(self, fitness: Fitness, *, closed: bool = False) -> Conn:
        """Change what may be done with it; the connection itself, for use in an expression."""
        self.fitness = fitness
        self._fit = fitness is Fitness.READY
        self.closed = closed
        return self


class Queued:
    """A waiter; left stands for a cancellation that the queue has not heard of yet."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.left = False
        self.connection: Conn | None = None
        self.error: BaseException | None = None

    def __repr__(self) -> str:
        return f"w{self.number}"

    def done(self) -> bool:
        """As of a future."""
        return self.left or self.connection is not None or self.error is not None

    def set_result(self, result: Conn, /) -> None:
        """As of a future."""
        assert not self.done(), f"{self} was told twice"
        self.connection = result

    def set_exception(self, exception: BaseException, /) -> None:
        """As of a future."""
        assert not self.done(), f"{self} was told twice"
        self.error = exception


def orders_of(state: PoolState[Conn]) -> list[tuple[str, Any]]:
    """What the state has ordered since the last look, as (kind, what); the state must be sound."""
    state.check()
    seen: list[tuple[str, Any]] = []
    while state.orders:
        match state.orders.popleft():
            case Open(opening):
                seen.append(("open", opening))
            case Cancel(opening):
                seen.append(("cancel", opening))
            case Close(connection):
                seen.append(("close", connection))
            case Mend(connection):
                seen.append(("mend", connection))
    return seen


def open_all(state: PoolState[Conn], *, now: float = 0.0) -> list[Conn]:
    """Let every opening ordered so far succeed; the connections, numbered from 1."""
    made = []
    openings: list[Opening[Conn]] = [what for kind, what in orders_of(state) if kind == "open"]
    for opening in openings:
        connection = Conn(state.opened_count + 1)
        state.opened(opening, connection, now)
        made.append(connection)
    return made
