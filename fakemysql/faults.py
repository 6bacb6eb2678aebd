"""What a test wants to go wrong: an action, the place in the dialogue, and the occasion.

    server.faults.arm(Stall(gate), at=Hook.LOGIN)                       the next login waits for the gate
    server.faults.arm(Fail(1045, "28000", "no"), at=Hook.LOGIN, times=None)    every login is refused
    server.faults.arm(Cut(), at=Hook.ANSWER, matching="COMMIT")         the next COMMIT is done, and never answered
    server.faults.arm(Reset(), at=Hook.ROWS, after_rows=3, nth=2)       the second large result breaks off

A fault fires once unless ``times`` says otherwise. :class:`Faults` is the plan: the conversation asks it at each hook
what is to happen there, and carries it out; the plan itself does nothing. Two faults that fit one occasion both happen,
in the order in which they were armed. A new action is a new value here and a branch in the conversation; a new hook is
a name here and a question there.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable


class Hook(enum.Enum):
    """Where in the dialogue a fault can strike."""

    CONNECT = "the client has connected; nothing is said yet"
    LOGIN = "the handshake response has come; nothing is checked yet"
    WELCOME = "the login has succeeded; its OK is not sent yet"
    COMMAND = "a command has come; nothing is carried out yet"
    ANSWER = "the command is carried out; its answer is not sent yet"
    ROWS = "some rows of a result set are sent (after_rows), more or its end are due"
    ANSWERED = "the answer is sent in full"


class Gate:
    """What a stalled connection waits for. Open it once; waiters go on then, later ones do not wait at all."""

    def __init__(self) -> None:
        self.is_open = False
        self._waiting: list[Callable[[], None]] = []

    def open(self) -> None:
        """Let everyone through, now and later."""
        self.is_open = True
        waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on()

    def when_open(self, go_on: Callable[[], None]) -> None:
        """Call go_on once the gate opens; at once if it is open."""
        if self.is_open:
            go_on()
        else:
            self._waiting.append(go_on)

    def forget(self, go_on: Callable[[], None]) -> None:
        """Do not call go_on any more."""
        if go_on in self._waiting:
            self._waiting.remove(go_on)

    def __repr__(self) -> str:
        return f"<Gate {'open' if self.is_open else f'shut, {len(self._waiting)} waiting'}>"


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, then go on as if nothing had been. seconds are of the server's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing until the gate opens; without a gate, until the client or the server ends the connection."""

    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection in order (FIN), after_bytes into the answer if the hook is ANSWER."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection (RST), after_bytes into the answer if the hook is ANSWER.

    On a unix socket, which has no RST, the client sees an end, or ECONNRESET where bytes of its own were unread.
    """

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with this error instead. The connection ends at CONNECT, LOGIN and WELCOME, otherwise only with closes."""

    code: int
    sqlstate: str
    message: str
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes, which nobody asked for and no packet need be, then go on."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Segments:
    """From now on write this connection's bytes in pieces of size, each on its own."""

    size: int


Action: TypeAlias = Delay | Stall | Cut | Reset | Fail | Send | Segments

Matcher: TypeAlias = "str | re.Pattern[str] | Callable[[str], bool]"


class Fault:
    """One armed fault. fired counts how often it struck."""

    def __init__(
        self,
        action: Action,
        at: Hook,
        *,
        matching: Matcher | None,
        command: str | None,
        connection_id: int | None,
        user: str | None,
        after_rows: int,
        nth: int,
        times: int | None,
    ) -> None:
        self.action = action
        self.at = at
        self.matching = matching
        self.command = command
        self.connection_id = connection_id
        self.user = user
        self.after_rows = after_rows
        self.nth = nth
        self.times = times
        self.seen = 0
        self.fired = 0
        self._matches = _matcher(matching)

    @property
    def is_spent(self) -> bool:
        """It will not fire again."""
        return self.times is not None and self.fired >= self.times

    def wants(self, occasion: Occasion) -> bool:
        """Whether this is an occasion for it; counts those that are, so ask once."""
        if (
            self.is_spent
            or self.at is not occasion.hook
            or self.connection_id not in (None, occasion.connection_id)
            or self.user not in (None, occasion.user)
            or self.command not in (None, occasion.command)
            or self.after_rows != occasion.rows
            or (self._matches is not None and not self._matches(occasion.text))
        ):
            return False
        self.seen += 1
        if self.seen < self.nth:
            return False
        self.fired += 1
        return True

    def __str__(self) -> str:
        wanted = {
            "matching": self.matching,
            "command": self.command,
            "connection_id": self.connection_id,
            "user": self.user,
            "after_rows": self.after_rows or None,
            "nth": self.nth if self.nth > 1 else None,
        }
        where = "".join(f", {name}={value!r}" for name, value in wanted.items() if value is not None)
        return f"{self.action} at {self.at.name}{where}"

    def __repr__(self) -> str:
        times = "every time" if self.times is None else f"{self.times} times"
        return f"<Fault {self}: fired {self.fired}, wanted {times}>"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a conversation is when it asks. text is the command's argument; user is "" before the login."""

    hook: Hook
    connection_id: int
    user: str = ""
    command: str | None = None
    text: str = ""
    rows: int = 0


class Faults:
    """The plan of one server: every fault that was armed, in order."""

    def __init__(self) -> None:
        self._all: list[Fault] = []
        self._live: dict[Hook, list[Fault]] = {}

    def arm(
        self,
        action: Action,
        *,
        at: Hook,
        matching: Matcher | None = None,
        command: str | None = None,
        connection_id: int | None = None,
        user: str | None = None,
        after_rows: int = 0,
        nth: int = 1,
        times: int | None = 1,
    ) -> Fault:
        """Plan a fault.

        Args:
            action: what happens.
            at: where in the dialogue.
            matching: which statement: its text in any letter case, ``*`` for anything; or a compiled pattern, which is
                searched for; or a function of the text.
            command: which command, by the manual's name, as in ``"COM_PING"``.
            connection_id: on which connection. None for any.
            user: of which user, once one has logged in.
            after_rows: how many rows of the result are sent first (Hook.ROWS).
            nth: on which of the occasions that fit, from 1.
            times: how often from then on; None for always.

        Raises:
            ValueError: the arguments do not fit together.
        """
        if nth < 1 or (times is not None and times < 1):
            raise ValueError(f"nth and times count from 1; got nth={nth}, times={times}")
        if after_rows and at is not Hook.ROWS:
            raise ValueError(f"after_rows={after_rows} has a meaning at Hook.ROWS only, not at Hook.{at.name}")
        if isinstance(action, Cut | Reset) and action.after_bytes and at is not Hook.ANSWER:
            raise ValueError(f"{action} cuts inside an answer: use it at Hook.ANSWER, not at Hook.{at.name}")
        if isinstance(action, Segments) and action.size < 1:
            raise ValueError(f"a segment has at least 1 byte, not {action.size}")
        fault = Fault(
            action,
            at,
            matching=matching,
            command=command,
            connection_id=connection_id,
            user=user,
            after_rows=after_rows,
            nth=nth,
            times=times,
        )
        self._all.append(fault)
        self._live.setdefault(at, []).append(fault)
        return fault

    def disarm(self, fault: Fault) -> None:
        """It will not fire any more, and is no longer missed if it never did."""
        self._all.remove(fault)
        live = self._live.get(fault.at, [])
        if fault in live:
            live.remove(fault)

    def clear(self) -> None:
        """Disarm everything."""
        self._all.clear()
        self._live.clear()

    @property
    def armed(self) -> list[Fault]:
        """Faults that may still fire."""
        return [fault for fault in self._all if not fault.is_spent]

    @property
    def never_fired(self) -> list[Fault]:
        """Faults whose occasion has not come: in a test that has ended, as a rule a mistake of the test."""
        return [fault for fault in self._all if not fault.fired]

    def expects(self, hook: Hook) -> bool:
        """Whether any fault may fire at that hook; the cheap question, asked first."""
        return bool(self._live) and bool(self._live.get(hook))

    def row_marks(self) -> list[int]:
        """After how many rows of a result somebody wants to be asked, ascending."""
        return sorted({fault.after_rows for fault in self._live.get(Hook.ROWS, ())})

    def strike(self, occasion: Occasion) -> list[Fault]:
        """The faults that fire here, in the order in which they were armed; counts them as fired."""
        live = self._live.get(occasion.hook, [])
        struck = [fault for fault in live if fault.wants(occasion)]
        if struck:
            self._live[occasion.hook] = [fault for fault in live if not fault.is_spent]
        return struck


def _matcher(matching: Matcher | None) -> Callable[[str], bool] | None:
    if matching is None:
        return None
    if isinstance(matching, re.Pattern):
        return lambda text: matching.search(text) is not None
    if isinstance(matching, str):
        # Statements hold brackets and question marks of their own: the star is the only sign with a meaning.
        anything = ".*".join(re.escape(part) for part in matching.split("*"))
        pattern = re.compile(anything, re.IGNORECASE | re.DOTALL)
        return lambda text: pattern.fullmatch(text.strip()) is not None
    return matching
