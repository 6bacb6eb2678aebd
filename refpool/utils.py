"""Two kinds of thing to await: a value that is already there, and work that begins when it is awaited.

This module knows Python's protocols of awaiting and nothing of databases. Both kinds can be awaited, iterated by
``yield from`` in a generator under ``types.coroutine``, and given to gather(), wait_for(), ensure_future() and
create_task(), because users of aiomysql do all of that. Neither makes a future or a turn of the loop of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Deferred", "Ready"]

T_co = TypeVar("T_co", covariant=True)


class Ready(Coroutine[Any, Any, T_co], Generic[T_co]):
    """A value that is there already. It can be awaited any number of times, or never."""

    __slots__ = ("_value",)

    def __init__(self, value: T_co) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self._value
        yield  # type: ignore[unreachable]  # makes it a generator, the cheapest thing to await that a class can return

    __iter__ = __await__

    def done(self) -> bool:
        """True: there is nothing to wait for."""
        return True

    def result(self) -> T_co:
        """The value."""
        return self._value

    def send(self, value: Any) -> Any:
        raise StopIteration(self._value)

    def throw(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object | None = None,
        tb: TracebackType | None = None,
    ) -> Any:
        raise typ

    def close(self) -> None:
        """Nothing is running that could be stopped."""


class Deferred(Coroutine[Any, Any, T_co], Generic[T_co]):
    """Work that begins when it is awaited; what was never awaited has cost nothing and warns of nothing."""

    __slots__ = ("_coroutine", "_make")

    def __init__(self, make: Callable[[], Coroutine[Any, Any, T_co]]) -> None:
        self._make = make
        self._coroutine: Coroutine[Any, Any, T_co] | None = None

    def _begun(self) -> Coroutine[Any, Any, T_co]:
        if self._coroutine is None:
            self._coroutine = self._make()
        return self._coroutine

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self._begun().__await__()

    __iter__ = __await__

    def send(self, value: Any) -> Any:
        return self._begun().send(value)

    def throw(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object | None = None,
        tb: TracebackType | None = None,
    ) -> Any:
        # The three arguments are what the abstract class declares; with one, Python 3.12 and later warn of nothing.
        error = typ if isinstance(typ, BaseException) else val if isinstance(val, BaseException) else typ()
        return self._begun().throw(error)

    def close(self) -> None:
        """Stop the work if it has begun."""
        if self._coroutine is not None:
            self._coroutine.close()
