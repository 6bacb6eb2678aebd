"""Named locks (GET_LOCK): who holds which, who waits for which, and whom to wake.

Knows sessions by their connection ids alone. A waiter is woken when a lock comes free and then asks again; the one
that waited longest gets it, because nobody else is given a lock that somebody waits for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..answers import Wake

if TYPE_CHECKING:
    from collections.abc import Callable


class LockDeadlock(Exception):  # the caller words the error as its server does
    """Waiting would wait for itself."""


@dataclass(slots=True)
class _Lock:
    owner: int
    count: int = 1
    waiters: list[int] = field(default_factory=list)


class NamedLocks:
    """All named locks of a server.

    folds_case: names that differ in letter case alone name the same lock, as on MySQL; on MariaDB they name two.
    """

    def __init__(self, *, folds_case: bool = True) -> None:
        self._key: Callable[[str], str] = str.lower if folds_case else str
        self._locks: dict[str, _Lock] = {}
        self._reserved: dict[str, list[int]] = {}
        self._waiting: dict[int, str] = {}

    @property
    def are_idle(self) -> bool:
        """Nobody holds one or waits for one."""
        return not (self._locks or self._reserved or self._waiting)

    def key(self, name: str) -> str:
        """The name as the lock is known by it."""
        return self._key(name)

    def owner(self, name: str) -> int | None:
        lock = self._locks.get(self._key(name))
        return None if lock is None else lock.owner

    def held_by(self, owner: int) -> int:
        """How many locks a session holds, each counted as often as it was taken."""
        return sum(lock.count for lock in self._locks.values() if lock.owner == owner)

    def names_of(self, owner: int) -> list[str]:
        """The locks that a session holds."""
        return [name for name, lock in self._locks.items() if lock.owner == owner]

    def acquire(self, name: str, owner: int) -> bool:
        """Take the lock, or queue up for it; a session may take a lock that it holds once more.

        Raises:
            LockDeadlock: the holder waits, perhaps by way of others, for a lock that owner holds.
        """
        key = self._key(name)
        lock = self._locks.get(key)
        if lock is None:
            heirs = self._reserved.get(key, [])
            if heirs and heirs[0] != owner:
                if owner not in heirs:
                    heirs.append(owner)
                self._waiting[owner] = key
                return False
            rest = heirs[1:]
            self._reserved.pop(key, None)
            self._waiting.pop(owner, None)
            self._locks[key] = _Lock(owner, waiters=rest)
            return True
        if lock.owner == owner:
            lock.count += 1
            return True
        if self._would_deadlock(key, owner):
            raise LockDeadlock
        if owner not in lock.waiters:
            lock.waiters.append(owner)
        self._waiting[owner] = key
        return False

    def _would_deadlock(self, key: str, owner: int) -> bool:
        seen: set[str] = set()
        wanted: str | None = key
        while wanted is not None and wanted not in seen:
            seen.add(wanted)
            lock = self._locks.get(wanted)
            if lock is None:
                return False
            if lock.owner == owner:
                return True
            wanted = self._waiting.get(lock.owner)
        return False

    def give_up(self, owner: int) -> list[Wake]:
        """A wait is over without the lock: time ran out, or the statement was killed."""
        key = self._waiting.pop(owner, None)
        if key is None:
            return []
        lock = self._locks.get(key)
        if lock is not None:
            lock.waiters.remove(owner)
            return []
        heirs = self._reserved[key]
        was_next = heirs[0] == owner
        heirs.remove(owner)
        if not heirs:
            del self._reserved[key]
            return []
        return [Wake(heirs[0])] if was_next else []

    def release(self, name: str, owner: int) -> tuple[bool | None, list[Wake]]:
        """True when owner held the lock, False when another does, None when nobody does; and whom to wake."""
        key = self._key(name)
        lock = self._locks.get(key)
        if lock is None:
            return None, []
        if lock.owner != owner:
            return False, []
        lock.count -= 1
        return True, [] if lock.count else self._free(key)

    def release_all(self, owner: int) -> tuple[int, list[Wake]]:
        """How many locks owner gave back, and whom to wake."""
        held = [key for key, lock in self._locks.items() if lock.owner == owner]
        count = self.held_by(owner)
        return count, [wake for key in held for wake in self._free(key)]

    def _free(self, key: str) -> list[Wake]:
        lock = self._locks.pop(key)
        if not lock.waiters:
            return []
        self._reserved[key] = lock.waiters
        return [Wake(lock.waiters[0])]
