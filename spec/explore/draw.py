"""Chance: a history from a generator of random numbers.

What is drawn leans toward small pools that are short of connections, toward things that happen at the same time, and
toward faults and cancellations while somebody waits; a history of which all is ordinary finds nothing. Half of all
histories have no fault at all, for then no error is excused.

Knows: what a history is made of. Kept from knowing: where the numbers come from, and what is done with a history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .history import Fault, History, Strike, User, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

MAXSIZES = (1, 1, 1, 2, 2, 2, 2, 3, 3, 5, 0)
WORK: Sequence[tuple[str, ...]] = (
    *20 * [()],
    *14 * [("hold",)],
    *5 * [("ask",)],
    ("hold", "ask"),
    ("ask", "ask"),
    ("wait",),
    ("mistake",),
    *3 * [("begin",)],
    ("begin", "hold"),
    ("begin", "ask"),
    ("begin", "ask", "commit"),
    ("begin", "rollback"),
    ("unread",),
    ("close",),
    ("close",),
)
"""Most visits say nothing to the server: what goes wrong between users goes wrong without it, and ten times faster."""
AFTER = (0.0, 0.0, 0.0, 0.0, 0.001, 0.01, 0.02, 0.05)
LATER = (0.5, 1.5, 4.0)
"""Long enough for a session or a connection to have grown old."""
WITHIN = (0.0, 0.001, 0.01, 0.05, 1.0)
BLOWS: Sequence[tuple[str, ...]] = (
    ("cancel",),
    ("cancel",),
    ("cancel",),
    ("cancel",),
    ("cancel", "release"),
    ("release", "cancel"),
    ("release",),
    ("cancel", "kill"),
    ("kill",),
    ("cancel", "close"),
    ("close", "cancel"),
    ("close",),
    ("cancel", "terminate"),
    ("terminate",),
    ("clear",),
    ("clear", "cancel"),
    ("cancel", "cancel"),
)
FAULTS = ("kill", "kill", "kill", "reset", "stall", "refuse", "refuse", "full", "full", "deny", "deny", "slow", "clear")
ENDS = ("close", "close", "terminate")
LASTING = ("stall", "refuse", "full", "deny", "slow")
SECONDS = (0.005, 0.02, 0.06, 0.3, 1.0)
NETWORKS = ("instant", "mild", "mild", "rough")
WAIT_TIMEOUTS = (1, 3)
PERCENT_STRUCK = 33
MANY = 24


def draw(
    chance: Random,
    seed: int,
    extensions: Mapping[str, Sequence[Any]],
    *,
    maxsize: int | None = None,
    users: int | None = None,
) -> History:
    """A history.

    Args:
        chance: where all of it comes from.
        seed: of the network.
        extensions: for each further parameter of create_pool() the values that it may be given.
        maxsize, users: fixed instead of drawn.
    """
    random = chance.random
    if maxsize is None:
        maxsize = _one(random, MAXSIZES)
    if users is None:
        users = 2 + int(random() * 7) if random() < 0.95 else int(9 + random() * (MANY - 8))
    has_faults = random() < 0.5
    grows_old = random() < 0.06
    network = _one(random, NETWORKS)
    drawn = tuple(_user(random, has_faults=has_faults, grows_old=grows_old) for _ in range(users))
    return History(
        seed=seed,
        users=drawn,
        faults=_faults(random, 5.0 if network == "rough" else 1.0) if has_faults else (),
        minsize=int(random() * (min(maxsize or 3, 3) + 1)),
        maxsize=maxsize,
        autocommit=random() < 0.9,
        more={name: _one(random, values) for name, values in extensions.items() if random() < 0.07},
        network=network,
        wait_timeout=_one(random, WAIT_TIMEOUTS) if grows_old else 28_800,
        eager=random() < 0.1,
    )


def _one(random: Any, choices: Sequence[Any]) -> Any:
    """One of them; the same from the same generator on every Python, which Random.choice does not promise."""
    return choices[int(random() * len(choices))]


def _user(random: Any, *, has_faults: bool, grows_old: bool) -> User:
    count = 1 + (random() < 0.05)
    visits = tuple(_visit(random, grows_old=grows_old) for _ in range(count))
    struck = 100 * random() < PERCENT_STRUCK
    if not struck:
        return User(visits)
    # A cancellation is no fault: it excuses nobody else. Everything that is done beside it may be one.
    what = _one(random, BLOWS) if has_faults else ("cancel",)
    return User(visits, Strike(1 + int(random() ** 2 * 7), _one(random, ("parked", "woken")), what))


def _visit(random: Any, *, grows_old: bool) -> Visit:
    later = grows_old and random() < 0.5
    return Visit(
        do=_one(random, WORK),
        after=_one(random, LATER if later else AFTER),
        form="block" if random() < 0.6 else "hands",
        within=_one(random, WITHIN) if random() < 0.1 else None,
    )


def _faults(random: Any, scale: float) -> tuple[Fault, ...]:
    found = []
    for _ in range(int(random() * 4)):
        what = _one(random, FAULTS)
        early = what != "clear" and random() < 0.2
        seconds = _one(random, SECONDS) if what in LASTING else 0.0
        found.append(Fault(_moment(random, scale), what, int(random() * 8), seconds, early))
    if random() < 0.4:
        found.append(Fault(_moment(random, scale), _one(random, ENDS)))
    return tuple(found)


def _moment(random: Any, scale: float) -> float:
    """Half of them within the first milliseconds, when everybody comes at once."""
    moment: float = scale * random() * (0.01 if random() < 0.5 else 0.1)
    return round(moment, 4)
