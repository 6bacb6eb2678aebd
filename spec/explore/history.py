"""A history as plain data: the pool, its users, what they do, and what befalls them and when.

A history holds every decision of a run but those of the network, which come from its seed. So it can be drawn by
chance, made smaller without drawing anew, written into a test as it is printed, and played again to the byte.

Knows: names, numbers, and what can be meant by them. Kept from knowing: how any of it is done.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEDS = ("ask", "wait", "hold", "begin", "commit", "rollback", "mistake", "unread", "close")
"""What a user can do with a connection.

ask: a SELECT that gives back the user's own words. wait: SELECT SLEEP(0.05). hold: keep it for 0.02 s in silence.
begin, commit, rollback: what they say. mistake: a statement that is an error. unread: a result of which the first row
is fetched and the rest is not, where the adapter can. close: close the connection; nothing is done with it then.
"""

FORMS = ("block", "hands")
"""`async with pool.acquire()`, or acquire and release by hand."""

MOMENTS = ("parked", "woken")
"""Between two steps of a task: while what it waits for has not come, or when it has and the task has not seen it."""

BLOWS = ("cancel", "kill", "close", "terminate", "clear", "release")
"""What can be done between two steps of a user's task. cancel: the task. kill: the oldest session of the server. close,
terminate, clear: the pool. release: what another user holds by hand, in his name."""

FAULTS = ("kill", "reset", "stall", "refuse", "full", "deny", "slow", "close", "terminate", "clear")
"""What can happen at a moment of its own. kill, reset, stall: one of the links there are. refuse, full, deny, slow:
what connects meet for some seconds: nobody listens, error 1040, error 1045, a late greeting. The rest: the pool."""

NETWORKS = ("instant", "mild", "rough")
"""Without delay; delays below a millisecond and some writes cut; delays of up to 50 ms and most writes cut."""


_ALL_DEEDS = frozenset(DEEDS)
_ALL_BLOWS = frozenset(BLOWS)


@dataclass(frozen=True, slots=True)
class Visit:
    """One use of a connection. after: seconds before it; within: seconds that the acquire may take, None for all."""

    do: tuple[str, ...] = ("ask",)
    after: float = 0.0
    form: str = "block"
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Strike:
    """What is done to a user's task between its steps number `step` and `step + 1`, one after the other at once."""

    step: int
    moment: str = "parked"
    what: tuple[str, ...] = ("cancel",)


@dataclass(frozen=True, slots=True)
class User:
    """One task: its visits, one after the other, and what is done to it if anything."""

    visits: tuple[Visit, ...] = (Visit(),)
    strike: Strike | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and when.

    Attributes:
        at: seconds from the moment when the pool is there; with early from the beginning of its making.
        to: which link, counted round.
        seconds: for how long.
    """

    at: float
    what: str
    to: int = 0
    seconds: float = 0.0
    early: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """All of it.

    Attributes:
        seed: of the network's chance.
        users: in the order in which their tasks are made.
        faults: in any order.
        minsize, maxsize, autocommit: parameters of create_pool().
        more: further parameters of create_pool() that the driver has beyond the documented ones.
        network: one of NETWORKS.
        wait_timeout: seconds after which the server ends an idle session.
        eager: tasks begin to run when they are made; Python 3.12 and later, no difference before.
    """

    seed: int = 0
    users: tuple[User, ...] = (User(),)
    faults: tuple[Fault, ...] = ()
    minsize: int = 1
    maxsize: int = 2
    autocommit: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)
    network: str = "instant"
    wait_timeout: int = 28_800
    eager: bool = False

    def __post_init__(self) -> None:
        """Refuse what no play could understand, with a ValueError that names it."""
        if self._is_understood():
            return
        visits = [visit for user in self.users for visit in user.visits]
        strikes = [user.strike for user in self.users if user.strike]
        for told, known in (
            ((deed for visit in visits for deed in visit.do), DEEDS),
            ((visit.form for visit in visits), FORMS),
            ((blow for strike in strikes for blow in strike.what), BLOWS),
            ((strike.moment for strike in strikes), MOMENTS),
            ((fault.what for fault in self.faults), FAULTS),
            ((self.network,), NETWORKS),
        ):
            for name in told:
                if name not in known:
                    raise ValueError(f"a history knows no {name!r}; it can be {', '.join(known)}")
        for fault in self.faults:
            if fault.early and fault.what in ("close", "terminate", "clear"):
                raise ValueError(f"{fault!r}: there is no pool yet that could be told to")

    def _is_understood(self) -> bool:
        """The same at one glance, for each of a million that are drawn."""
        for user in self.users:
            for visit in user.visits:
                if visit.form not in FORMS or not _ALL_DEEDS.issuperset(visit.do):
                    return False
            strike = user.strike
            if strike is not None and (strike.moment not in MOMENTS or not _ALL_BLOWS.issuperset(strike.what)):
                return False
        return not self.faults and self.network in NETWORKS


def source(value: object, indent: str = "") -> str:
    """Python text for a history or a part of one, without what is as by default; lines for what does not fit in one.

    indent: of the line in which the text will stand.
    """
    if isinstance(value, tuple):
        parts = [source(one, indent + "    ") for one in value]
        brackets = "()"
    elif isinstance(value, History | User | Visit | Strike | Fault):
        kept = [
            one for one in fields(value) if one.name in ("do", "users") or getattr(value, one.name) != _default(one)
        ]
        parts = [f"{one.name}={source(getattr(value, one.name), indent + '    ')}" for one in kept]
        brackets = f"{type(value).__name__}()"
    else:
        return repr(value)
    opening, closing = brackets[:-1], brackets[-1]
    comma = "," if isinstance(value, tuple) and len(parts) == 1 else ""
    line = f"{opening}{', '.join(parts)}{comma}{closing}"
    if len(indent) + len(line) <= 100 and "\n" not in line:
        return line
    inner = "".join(f"{indent}    {part},\n" for part in parts)
    return f"{opening}\n{inner}{indent}{closing}"


def _default(one: Field[Any]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()
