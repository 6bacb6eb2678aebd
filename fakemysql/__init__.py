"""A MySQL server for tests, in the test's own process, on the standard library alone.

    async with fakemysql.FakeServer() as server:
        connection = await any_driver.connect(host=server.host, port=server.port, user="root", db="test")

It speaks the protocol to whoever dials, keeps truthful sessions, records what was said (``server.transcript``), shows
who is connected (``server.connections``) and goes wrong on command (``server.faults``).

Names are loaded when they are first used, so that collecting a thousand tests, none of which starts a server, costs
nothing.
"""

from __future__ import annotations

# As type checkers read it; from Python 3.14 on asyncio does without typing, whose import takes 5 ms.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .connections import Connection, Connections
    from .faults import (
        HTTP_BANNER,
        Action,
        Certificate,
        Cut,
        Delay,
        Duplicate,
        Fail,
        Fault,
        Faults,
        FullAuthentication,
        Garble,
        Gate,
        Hook,
        Occasion,
        Refuse,
        Replace,
        Reset,
        Segments,
        Send,
        Stall,
        Switch,
        Throttle,
        WrongInteger,
        WrongLength,
        WrongNumber,
    )
    from .persona import MARIADB_10_11, MYSQL_9_7, PERSONAS, Persona
    from .rows import Precoded
    from .scripting.answers import error, ok, pass_on, result
    from .scripting.expecting import Expectation, Request
    from .scripting.patterns import exact
    from .scripting.rules import Call, Rule
    from .server import FakeServer
    from .sql.accounts import Account
    from .transcript import ClosedBy, Transcript

__all__ = [
    "FakeServer",
    "Account",
    "Connection",
    "Connections",
    "Transcript",
    "ClosedBy",
    "Faults",
    "Fault",
    "Hook",
    "Action",
    "Gate",
    "Delay",
    "Stall",
    "Cut",
    "Reset",
    "Fail",
    "Send",
    "Segments",
    "Throttle",
    "Replace",
    "HTTP_BANNER",
    "Duplicate",
    "Garble",
    "WrongNumber",
    "WrongLength",
    "WrongInteger",
    "Refuse",
    "Certificate",
    "Switch",
    "FullAuthentication",
    "Occasion",
    "Precoded",
    "Rule",
    "Call",
    "Expectation",
    "Request",
    "ok",
    "error",
    "result",
    "pass_on",
    "exact",
    "Persona",
    "PERSONAS",
    "MARIADB_10_11",
    "MYSQL_9_7",
]

_HOMES = {
    "connections": ("Connection", "Connections"),
    "faults": (
        "HTTP_BANNER",
        "Action",
        "Certificate",
        "Cut",
        "Delay",
        "Duplicate",
        "Fail",
        "Fault",
        "Faults",
        "FullAuthentication",
        "Garble",
        "Gate",
        "Hook",
        "Occasion",
        "Refuse",
        "Replace",
        "Reset",
        "Segments",
        "Send",
        "Stall",
        "Switch",
        "Throttle",
        "WrongInteger",
        "WrongLength",
        "WrongNumber",
    ),
    "persona": ("MARIADB_10_11", "MYSQL_9_7", "PERSONAS", "Persona"),
    "rows": ("Precoded",),
    "scripting.answers": ("error", "ok", "pass_on", "result"),
    "scripting.expecting": ("Expectation", "Request"),
    "scripting.patterns": ("exact",),
    "scripting.rules": ("Call", "Rule"),
    "server": ("FakeServer",),
    "sql.accounts": ("Account",),
    "transcript": ("ClosedBy", "Transcript"),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
