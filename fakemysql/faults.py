"""What a test wants to go wrong: an action, the place in the dialogue, and the occasion.

    server.faults.arm(Stall(gate), at=Hook.LOGIN)                       the next login waits for the gate
    server.faults.arm(Fail(1045, "28000", "no"), at=Hook.LOGIN, times=None)    every login is refused
    server.faults.arm(Cut(), at=Hook.ANSWER, matching="COMMIT")         the next COMMIT is done, and never answered
    server.faults.arm(Reset(), at=Hook.ROWS, after_rows=3, nth=2)       the second large result breaks off
    server.faults.arm(Garble(), at=Hook.ANSWER, probability=0.1)        one answer in ten is damaged

A fault fires once unless ``times`` says otherwise. :class:`Faults` is the plan: the conversation asks it at each hook
what is to happen there; the plan itself does nothing. Two faults that fit one occasion both happen, in the order in
which they were armed. :data:`FITS` is the table of which action has a meaning where; what is not in it is refused when
it is armed, in words that say what fits.

How the parts fit: an action is a value here, how it is carried out stands in ``suffering.py``, and what it does to
bytes in ``distortions.py``; both are loaded by the first fault that strikes. A conversation in which nothing is armed
asks one question at each hook, whether ``live`` is empty.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from .records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import EllipsisType

    from .transcript import ClosedBy


class Hook(enum.Enum):
    """Where in the dialogue a fault can strike."""

    LISTEN = "the server is about to take connects: at its start, after stop_listening(), after restart()"
    ACCEPT = "a client has dialled; whether there is room for it is not judged yet"
    CONNECT = "the client has connected; nothing is said yet, the greeting is due"
    GREETED = "the greeting is sent; it is the client's turn"
    TLS = "the client has asked for TLS (SSLRequest); nothing is negotiated yet"
    HANDSHAKE = "the client's first part of the TLS handshake has come; ours is due"
    LOGIN = "the handshake response has come; nothing is checked yet"
    AUTH = "a further message of the authentication is due: a switch, more data"
    WELCOME = "the login has succeeded; its OK is not sent yet"
    COMMAND = "a command has come; nothing is carried out yet"
    ANSWER = "the command is carried out; its answer is not sent yet"
    COLUMNS = "some definitions of a result set are sent (after_columns; 0: their number alone)"
    ROWS = "some rows of a result set are sent (after_rows), more or its end are due"
    ANSWERED = "the answer is sent in full"
    IDLE = "the client is logged in and has been silent for after_seconds"
    CLOSE = "the connection is over, by whomever (closed_by); its end is not on the wire yet"


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
        self._waiting.append(go_on)
        # Asked only now, since the gate may be opened in another thread.
        if self.is_open and go_on in self._waiting:
            self._waiting.remove(go_on)
            go_on()

    def forget(self, go_on: Callable[[], None]) -> None:
        """Do not call go_on any more."""
        if go_on in self._waiting:
            self._waiting.remove(go_on)

    def __repr__(self) -> str:
        return f"<Gate {'open' if self.is_open else f'shut, {len(self._waiting)} waiting'}>"


# ------------------------------------------------------------------------------------------------------------ actions


@record
class Delay:
    """Wait, then go on as if nothing had been. Seconds of the server's clock; up to jitter more, drawn each time.

    At LISTEN connects are refused meanwhile; at CLOSE the end is held back.
    """

    seconds: float
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing until the gate opens; without a gate, until the client or the server ends the connection.

    At LISTEN connects are neither accepted nor refused meanwhile, as where the backlog is full; at CLOSE no end comes.
    """

    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True, slots=True)
class Refuse:
    """The port is closed, and connects are refused, until the gate opens or ``listen()`` is called."""

    gate: Gate = field(default_factory=Gate)


@record
class Cut:
    """End the connection in order (FIN), after_bytes into what is due; what is shorter is sent whole before the end."""

    after_bytes: int = 0


@record
class Reset:
    """Break the connection (RST), after_bytes into what is due.

    On a unix socket, which has no RST, the client sees an end, or ECONNRESET where bytes of its own were unread.
    """

    after_bytes: int = 0


@record
class Fail:
    """Answer with this error instead. Before and during the login the connection ends with it, later only with closes.

    sequence: the packet's number; None for the one that is due.
    """

    code: int
    sqlstate: str
    message: str
    closes: bool = False
    sequence: int | None = None


@record
class Send:
    """Write these bytes, which nobody asked for and no packet need be, then go on."""

    data: bytes


@record
class Replace:
    """Write these bytes in the place of what is due, then go on as if it had been said, or end with a FIN (closes)."""

    data: bytes
    closes: bool = False


HTTP_BANNER: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request"
"""What a client hears that has dialled a web server: ``Replace(HTTP_BANNER)`` at CONNECT."""


@record
class Duplicate:
    """Send all that is due twice, or only its packet of that index, from 0."""

    packet: int | None = None


@record
class Garble:
    """Change count bytes in the body of each packet that is due, or of the one of that index, as the seed decides."""

    count: int = 1
    packet: int | None = None


@record
class WrongNumber:
    """Put sequence numbers into the headers of what is due that are off by so much; packet as in Garble."""

    by: int = 1
    packet: int | None = None


@record
class WrongLength:
    """Announce, in one header of what is due, a body that is so many bytes longer (or shorter) than what comes."""

    by: int = 1
    packet: int = 0


@record
class WrongInteger:
    """Put 2**64 - 1 in the place of the first length-encoded integer of one packet of what is due.

    That is a count of columns, the length of a first field, the affected rows of an OK. What has none (ERR, EOF) stays.
    """

    packet: int = 0


@record
class Segments:
    """From now on write this connection's bytes in pieces of size, each on its own; several sizes take turns.

    gap: seconds between two pieces; 0 for one in each turn of the loop.
    """

    size: int | tuple[int, ...]
    gap: float = 0.0


@record
class Throttle:
    """From now on so many bytes a second, in each direction or toward the "client" or the "server" alone."""

    bytes_per_second: float
    toward: str = "both"


@record
class Certificate:
    """Use another certificate: ``"wrong-name"`` is of the same authority for another host; or an ssl.SSLContext."""

    which: object = "wrong-name"


@record
class Switch:
    """Ask the client to switch to this plugin, known or not, so many times (None: for ever); then go on in earnest."""

    plugin: str
    rounds: int | None = 1


@record
class FullAuthentication:
    """Whatever the cache has, caching_sha2_password wants the password itself this time."""


Action: TypeAlias = (
    Delay
    | Stall
    | Refuse
    | Cut
    | Reset
    | Fail
    | Send
    | Replace
    | Duplicate
    | Garble
    | WrongNumber
    | WrongLength
    | WrongInteger
    | Segments
    | Throttle
    | Certificate
    | Switch
    | FullAuthentication
)

Matcher: TypeAlias = "str | re.Pattern[str] | Callable[[str], bool]"


# ---------------------------------------------------------------------------------------------------- what fits where

_ALL: Final = frozenset(Hook)
_ON_WIRE: Final = _ALL - {Hook.LISTEN}
# Where something of ours is due, which can be cut short, changed or replaced.
DUE: Final = frozenset(
    (
        Hook.CONNECT,
        Hook.LOGIN,
        Hook.AUTH,
        Hook.WELCOME,
        Hook.COMMAND,
        Hook.ANSWER,
        Hook.COLUMNS,
        Hook.ROWS,
    )
)

FITS: Final[Mapping[type[Action], frozenset[Hook]]] = {
    Delay: _ALL,
    Stall: _ALL,
    Refuse: frozenset((Hook.LISTEN,)),
    Cut: _ON_WIRE,
    Reset: _ON_WIRE,
    Fail: _ON_WIRE,
    Send: _ON_WIRE,
    Replace: DUE,
    Duplicate: DUE,
    Garble: DUE,
    WrongNumber: DUE,
    WrongLength: DUE,
    WrongInteger: frozenset((Hook.WELCOME, Hook.COMMAND, Hook.ANSWER, Hook.COLUMNS, Hook.ROWS)),
    Segments: _ON_WIRE - {Hook.CLOSE},
    Throttle: _ON_WIRE - {Hook.CLOSE},
    Certificate: frozenset((Hook.TLS,)),
    Switch: frozenset((Hook.LOGIN,)),
    FullAuthentication: frozenset((Hook.LOGIN,)),
}
"""Where each action has a meaning. The table in the README is printed from this one."""

# Which occasions know what: a trigger that asks for more could never be met.
_WITH_COMMAND: Final = frozenset((Hook.COMMAND, Hook.ANSWER, Hook.COLUMNS, Hook.ROWS, Hook.ANSWERED))
_KNOWN: Final[Mapping[str, frozenset[Hook]]] = {
    "matching": _WITH_COMMAND | {Hook.AUTH},
    "command": _WITH_COMMAND,
    "connection_id": _ON_WIRE,
    "user": frozenset((Hook.LOGIN, Hook.AUTH, Hook.WELCOME, Hook.IDLE, Hook.CLOSE)) | _WITH_COMMAND,
    "after_rows": frozenset((Hook.ROWS,)),
    "after_columns": frozenset((Hook.COLUMNS,)),
    "after_seconds": frozenset((Hook.IDLE,)),
    "closed_by": frozenset((Hook.CLOSE,)),
}


def _names(hooks: Iterable[Hook]) -> str:
    chosen = set(hooks)
    return ", ".join(hook.name for hook in Hook if hook in chosen)


def _check(action: Action, at: Hook) -> None:
    """ValueError for an action that has no meaning at this hook, or none at all."""
    kind = type(action)
    if kind not in FITS:
        raise ValueError(f"{action!r} is no action; there are {', '.join(each.__name__ for each in FITS)}")
    if at not in FITS[kind]:
        fitting = ", ".join(each.__name__ for each, hooks in FITS.items() if at in hooks)
        raise ValueError(
            f"{action} has no meaning at Hook.{at.name} ({at.value}). "
            f"{kind.__name__} fits {_names(FITS[kind])}; at {at.name} fit {fitting}"
        )
    if isinstance(action, Cut | Reset) and action.after_bytes:
        if action.after_bytes < 0:
            raise ValueError(f"{action}: after_bytes counts from 0")
        if at not in DUE:
            raise ValueError(f"{action} cuts inside of what is due: use it at {_names(DUE)}, not at Hook.{at.name}")
    for name, least in _LEAST.get(kind, {}).items():
        value = getattr(action, name)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and not each >= least:
                raise ValueError(f"{action}: {name} is {each}, but the least is {least}")
    if isinstance(action, Segments) and action.size == ():
        raise ValueError(f"{action}: give at least one size")
    if isinstance(action, Throttle) and (action.bytes_per_second <= 0 or action.toward not in TOWARD):
        raise ValueError(f"{action}: more than 0 bytes a second, toward one of {', '.join(TOWARD)}")
    if isinstance(action, Certificate) and isinstance(action.which, str) and action.which != "wrong-name":
        raise ValueError(f"{action}: there is 'wrong-name', or an ssl.SSLContext of your own")
    if isinstance(action, Fail) and not 0 <= (action.sequence or 0) <= 255:
        raise ValueError(f"{action}: a sequence number is 0 to 255")


TOWARD: Final = ("both", "client", "server")

_LEAST: Final[Mapping[type[Action], Mapping[str, int]]] = {
    Delay: {"seconds": 0, "jitter": 0},
    Segments: {"size": 1, "gap": 0},
    Duplicate: {"packet": 0},
    Garble: {"count": 1, "packet": 0},
    WrongNumber: {"packet": 0},
    WrongLength: {"packet": 0},
    WrongInteger: {"packet": 0},
    Switch: {"rounds": 1},
}


# ------------------------------------------------------------------------------------------------------------ the plan


class Chance:
    """Numbers that follow from a seed, the same ones on every machine.

    Chance of the world's own stays outside of what decides; this is arithmetic (splitmix64).
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """64 of them."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = (self._state ^ self._state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
        return mixed ^ mixed >> 31

    def fraction(self) -> float:
        """From 0 up to, and without, 1."""
        return (self.bits() >> 11) / (1 << 53)

    def below(self, limit: int) -> int:
        """A whole number from 0, less than limit."""
        return self.bits() % limit


_MASK: Final = (1 << 64) - 1


@record
class Occasion:
    """Where a conversation is when it asks.

    text is the command's argument, at AUTH the message that is due; user is "" before the login. count is how many
    rows or columns were sent, and at IDLE the seconds of silence.
    """

    hook: Hook
    connection_id: int
    user: str = ""
    command: str | None = None
    text: str = ""
    count: float = 0
    closed_by: ClosedBy | None = None


class Fault:
    """One armed fault. seen counts the occasions that fitted, fired how often it struck."""

    def __init__(
        self,
        action: Action,
        at: Hook,
        *,
        matching: Matcher | None,
        command: str | None,
        connection_id: int | None,
        user: str | None,
        count: float,
        closed_by: ClosedBy | None,
        nth: int,
        every: int,
        times: int | None,
        probability: float,
        until: Gate | None,
        when: Callable[[Occasion], bool] | None,
        chance: Chance,
    ) -> None:
        self.action = action
        self.at = at
        self.matching = matching
        self.command = command
        self.connection_id = connection_id
        self.user = user
        self.count = count
        self.closed_by = closed_by
        self.nth = nth
        self.every = every
        self.times = times
        self.probability = probability
        self.until = until
        self.when = when
        self.chance = chance
        self.seen = 0
        self.fired = 0
        self._matches = matcher(matching)

    @property
    def is_spent(self) -> bool:
        """It will not fire again."""
        return (self.times is not None and self.fired >= self.times) or (self.until is not None and self.until.is_open)

    def wants(self, occasion: Occasion) -> bool:
        """Whether this is an occasion for it; counts those that are, so ask once."""
        if (
            self.is_spent
            or self.at is not occasion.hook
            or self.connection_id not in (None, occasion.connection_id)
            or self.user not in (None, occasion.user)
            or self.command not in (None, occasion.command)
            or self.closed_by not in (None, occasion.closed_by)
            or self.count != occasion.count
            or (self._matches is not None and not self._matches(occasion.text))
            or (self.when is not None and not self.when(occasion))
        ):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.seen - self.nth) % self.every:
            return False
        if self.probability < 1 and self.chance.fraction() >= self.probability:
            return False
        self.fired += 1
        return True

    def __str__(self) -> str:
        wanted = {
            "matching": self.matching,
            "command": self.command,
            "connection_id": self.connection_id,
            "user": self.user,
            _COUNTED.get(self.at, ""): self.count or None,
            "closed_by": self.closed_by and self.closed_by.value,
            "nth": self.nth if self.nth > 1 else None,
            "every": self.every if self.every > 1 else None,
            "probability": self.probability if self.probability < 1 else None,
            "until": self.until,
            "when": self.when,
        }
        where = "".join(f", {name}={value!r}" for name, value in wanted.items() if value is not None)
        return f"{self.action} at {self.at.name}{where}"

    def __repr__(self) -> str:
        times = "every time" if self.times is None else f"{self.times} times"
        return f"<Fault {self}: fired {self.fired}, wanted {times}>"


_COUNTED: Final = {Hook.ROWS: "after_rows", Hook.COLUMNS: "after_columns", Hook.IDLE: "after_seconds"}


class Faults:
    """The plan of one server: every fault that was armed, in order.

    live: the faults that may still fire, by hook; empty when there are none, which is the cheap question.
    seed: what faults that were given no seed of their own draw from.
    listener: told when a fault has been armed, for what does not wait for a conversation to ask.
    """

    def __init__(self, seed: int = 0) -> None:
        self.live: dict[Hook, list[Fault]] = {}
        self.seed = seed
        self.listener: Callable[[Fault], None] | None = None
        self._all: list[Fault] = []

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
        after_columns: int = 0,
        after_seconds: float = 0.0,
        closed_by: ClosedBy | None = None,
        nth: int = 1,
        every: int = 1,
        times: int | EllipsisType | None = ...,
        probability: float = 1.0,
        seed: int | None = None,
        until: Gate | None = None,
        when: Callable[[Occasion], bool] | None = None,
    ) -> Fault:
        """Plan a fault.

        Args:
            action: what happens.
            at: where in the dialogue.
            matching: which statement: its text in any letter case, ``*`` for anything; or a compiled pattern, which is
                searched for; or a function of the text. At AUTH, which message, as the transcript names it.
            command: which command, by the manual's name, as in ``"COM_PING"``.
            connection_id: on which connection. None for any.
            user: of which user, once one has said who it is.
            after_rows: how many rows of the result are sent first (ROWS).
            after_columns: how many definitions are sent first (COLUMNS).
            after_seconds: how long the client has been silent (IDLE).
            closed_by: which end (CLOSE); None for any.
            nth: on which of the occasions that fit, from 1.
            every: from then on, on each so-many-th.
            times: how often at most; None for always. Once, unless every, probability or until are given.
            probability: the chance that it strikes on such an occasion, drawn from seed.
            seed: what is drawn, here and by Garble and Delay, follows from it; None for one that the plan draws.
            until: not any more once this gate is open.
            when: asked of an occasion that fits otherwise.

        Raises:
            ValueError: the action has no meaning at that hook, or an argument none with it; the text says what fits.
        """
        _check(action, at)
        given = {
            "matching": matching is not None,
            "command": command is not None,
            "connection_id": connection_id is not None,
            "user": user is not None,
            "after_rows": bool(after_rows),
            "after_columns": bool(after_columns),
            "after_seconds": bool(after_seconds),
            "closed_by": closed_by is not None,
        }
        for name, is_given in given.items():
            if is_given and at not in _KNOWN[name]:
                raise ValueError(
                    f"{name} has no meaning at Hook.{at.name} ({at.value}); it has at {_names(_KNOWN[name])}"
                )
        if times is ...:
            times = 1 if every == 1 and probability == 1.0 and until is None else None
        if min(nth, every) < 1 or (times is not None and times < 1):
            raise ValueError(f"nth, every and times count from 1; got nth={nth}, every={every}, times={times}")
        if not 0 < probability <= 1:
            raise ValueError(f"probability={probability}: give more than 0, and 1 at most")
        count = after_rows or after_columns or after_seconds
        if count < 0:
            raise ValueError(f"{_COUNTED[at]}={count}: it counts from 0")
        number = len(self._all)
        fault = Fault(
            action,
            at,
            matching=matching,
            command=command,
            connection_id=connection_id,
            user=user,
            count=count,
            closed_by=closed_by,
            nth=nth,
            every=every,
            times=times,
            probability=probability,
            until=until,
            when=when,
            chance=Chance(self.seed * 0x10001 + number if seed is None else seed),
        )
        self._all.append(fault)
        self.live.setdefault(at, []).append(fault)
        if self.listener is not None:
            self.listener(fault)
        return fault

    def disarm(self, fault: Fault) -> None:
        """It will not fire any more, and is no longer missed if it never did."""
        self._all.remove(fault)
        self._keep(fault.at, [other for other in self.live.get(fault.at, ()) if other is not fault])

    def clear(self) -> None:
        """Disarm everything."""
        self._all.clear()
        self.live.clear()

    @property
    def armed(self) -> list[Fault]:
        """Faults that may still fire."""
        return [fault for fault in self._all if not fault.is_spent]

    @property
    def never_fired(self) -> list[Fault]:
        """Faults whose occasion has not come: in a test that has ended, as a rule a mistake of the test."""
        return [fault for fault in self._all if not fault.fired]

    def assert_all_fired(self) -> None:
        """AssertionError that lists the faults whose occasion has not come, and how many occasions nearly fitted."""
        missed = self.never_fired
        if missed:
            lines = "".join(f"\n  {fault} ({fault.seen} occasions fitted)" for fault in missed)
            raise AssertionError(f"{len(missed)} of {len(self._all)} faults never fired:{lines}")

    def expects(self, hook: Hook) -> bool:
        """Whether any fault may fire at that hook."""
        return hook in self.live

    def marks(self, hook: Hook) -> list[float]:
        """After how many rows, columns or seconds somebody wants to be asked at that hook, ascending."""
        return sorted({fault.count for fault in self.live.get(hook, ())})

    def strike(self, occasion: Occasion) -> list[Fault]:
        """The faults that fire here, in the order in which they were armed; counts them as fired."""
        live = self.live.get(occasion.hook)
        if live is None:
            return []
        struck = [fault for fault in live if fault.wants(occasion)]
        self._keep(occasion.hook, [fault for fault in live if not fault.is_spent])
        return struck

    def _keep(self, hook: Hook, faults: list[Fault]) -> None:
        if faults:
            self.live[hook] = faults
        else:
            self.live.pop(hook, None)


def matcher(matching: Matcher | None) -> Callable[[str], bool] | None:
    """What ``matching`` means: a function of a text; None for any text."""
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
