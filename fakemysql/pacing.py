"""Bytes of one connection, let out in pieces and at a pace: what stands between a link and its transport.

Loaded by the first connection that wants it. A :class:`Pacer` works for either direction: it is given bytes, and calls
a function with them later, in the same order. The module knows the loop's ``call_soon``, ``call_later`` and ``time``,
and no packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

# How often a connection of limited speed is written to: short for people and long for a loop.
_BEAT_SECONDS: Final = 0.05


class Pacer:
    """One direction.

    sizes: pieces of so many bytes, in turn; none for all there is. gap_seconds: between two pieces.
    bytes_per_second: None for no limit.

    Args:
        pass_on: takes one piece.
        drained: told when the last one has been taken.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, pass_on: Callable[[bytes], object], drained: Callable[[], object]
    ) -> None:
        self.sizes: tuple[int, ...] = ()
        self.gap_seconds = 0.0
        self.bytes_per_second: float | None = None
        self._loop = loop
        self._pass_on = pass_on
        self._drained = drained
        self._data = bytearray()
        self._pieces = 0
        self._free_at = 0.0
        self._call: asyncio.Handle | None = None

    @property
    def held_bytes(self) -> int:
        """How much has been given and not passed on."""
        return len(self._data)

    @property
    def is_busy(self) -> bool:
        """Something is to be passed on."""
        return self._call is not None

    def put(self, data: bytes) -> None:
        """Pass this on in its turn."""
        self._data += data
        if self._call is None and self._data:
            self._plan()

    def stop(self) -> None:
        """Pass nothing on any more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._data.clear()

    def _plan(self) -> None:
        wait = self._free_at - self._loop.time()
        self._call = self._loop.call_later(wait, self._next) if wait > 0 else self._loop.call_soon(self._next)

    def _next(self) -> None:
        size = self._size()
        piece = bytes(self._data[:size])
        del self._data[:size]
        self._pieces += 1
        pause = self.gap_seconds
        if self.bytes_per_second is not None:
            pause = max(pause, len(piece) / self.bytes_per_second)
        self._free_at = self._loop.time() + pause
        self._call = None
        self._pass_on(piece)
        if self._data:
            self._plan()
        else:
            self._drained()

    def _size(self) -> int:
        if self.sizes:
            return self.sizes[self._pieces % len(self.sizes)]
        if self.bytes_per_second is None:
            return len(self._data)
        return max(1, int(self.bytes_per_second * _BEAT_SECONDS))
