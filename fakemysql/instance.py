"""The server behind all connections: sessions by id, global variables, databases, users, named locks, counters.

Time and chance come in as callables, so that a test decides both; nothing here waits.
"""

from __future__ import annotations

import random as _random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from random import Random

    from fakemysql.persona import Persona
    from fakemysql.session import Session


class Instance:
    """One server's state.

    Args:
        persona: which server it passes for.
        wall: the date and time, in UTC, naive.
        clock: seconds, monotonic.
        random: the source of RAND() and UUID().
        users: the names of the accounts.
        databases: the names of the databases that exist from the start.
        variables: global variables that differ from the persona's defaults.
    """

    def __init__(
        self,
        persona: Persona,
        *,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
        random: Random | None = None,
        users: Iterable[str] = ("root",),
        databases: Iterable[str] = ("test",),
        variables: Mapping[str, object] | None = None,
    ) -> None:
        self.persona = persona
        self.wall = wall
        self.clock = clock
        self.sessions: dict[int, Session] = {}
