"""A MySQL server for tests, in the test's own process, on the standard library alone.

    async with fakemysql.FakeServer() as server:
        connection = await any_driver.connect(host=server.host, port=server.port, user="root", db="test")

It speaks the protocol to whoever dials, keeps truthful sessions, records what was said (``server.transcript``), shows who
is connected (``server.connections``) and goes wrong on command (``server.faults``).
"""

from .auth import Account
from .faults import Action, Cut, Delay, Fail, Fault, Faults, Gate, Hook, Reset, Segments, Send, Stall
from .persona import MARIADB_10_11, MYSQL_9_7, PERSONAS, Persona
from .server import Connection, Connections, FakeServer
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
    "Persona",
    "PERSONAS",
    "MARIADB_10_11",
    "MYSQL_9_7",
]
