"""What clients make of faults: a record of each, and how it is made anew.

Each scenario is a fault and, with each client, a connect and two queries. What comes of them is written in a few
words: ``ok``, ``stale`` (the answer to the query before), ``hang``, or the error's class and code (``I`` an
InterfaceError, ``O`` an OperationalError, ``D`` another DatabaseError, otherwise the name). Clients for asyncio run in
a simulated world, where a hang costs nothing; those that block run beside a server in a thread, with short time-outs.

    python -m tests.fakemysql.fault_outcomes     writes the record of the clients that are installed here, and the table
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.metadata
import json
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakemysql import FakeServer
from fakemysql.faults import (
    HTTP_BANNER,
    Cut,
    Delay,
    Duplicate,
    Fail,
    Garble,
    Hook,
    Replace,
    Reset,
    Segments,
    Stall,
    Switch,
    WrongInteger,
    WrongNumber,
)
from fakemysql.simulation import Network, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakemysql.faults import Action
    from fakemysql.threaded import ThreadedServer

RECORD = Path(__file__).parent / "data" / "fault_outcomes.json"
TABLE = Path(__file__).parents[2] / "docs" / "faults.md"

FIRST, SECOND = "SELECT 'one' UNION ALL SELECT 'uno'", "SELECT 'two'"
HANG_SECONDS = 60.0
SHORT_SECONDS = 0.3
LONG_SECONDS = 5.0

SHUTTING_DOWN = Fail(1053, "08S01", "Server shutdown in progress", closes=True)
KILLED = Fail(1927, "70100", "Connection was killed", closes=True)
TOO_IDLE = Fail(4031, "HY000", "The client was disconnected by the server because of inactivity.", True, sequence=0)

CONNECTS: dict[str, tuple[Action, Hook] | None] = {
    "refused": None,
    "FIN before the greeting": (Cut(), Hook.CONNECT),
    "RST before the greeting": (Reset(), Hook.CONNECT),
    "no greeting": (Stall(), Hook.CONNECT),
    "no answer to the login": (Stall(), Hook.LOGIN),
    "1040 for a greeting": (Fail(1040, "08004", "Too many connections"), Hook.CONNECT),
    "garbled greeting": (Garble(count=40), Hook.CONNECT),
    "HTTP for a greeting": (Replace(HTTP_BANNER, closes=True), Hook.CONNECT),
    "unknown plugin": (Switch("nonesuch"), Hook.LOGIN),
}
"""Faults of a connect; None is a closed port."""

QUERIES: dict[str, tuple[Action, Hook]] = {
    "FIN for an answer": (Cut(), Hook.COMMAND),
    "FIN inside of the header": (Cut(2), Hook.ANSWER),
    "FIN inside of a definition": (Cut(20), Hook.ANSWER),
    "FIN inside of a row": (Cut(6), Hook.ROWS),
    "RST for an answer": (Reset(), Hook.COMMAND),
    "no answer": (Stall(), Hook.COMMAND),
    "1053 and FIN": (SHUTTING_DOWN, Hook.COMMAND),
    "1927 and FIN": (KILLED, Hook.COMMAND),
    "4031 with number 0, for an answer": (TOO_IDLE, Hook.COMMAND),
    "wrong number": (WrongNumber(packet=0), Hook.ANSWER),
    "row of a wrong length": (WrongInteger(), Hook.ROWS),
    "answer twice": (Duplicate(), Hook.ANSWER),
    "byte by byte": (Segments(1), Hook.COMMAND),
    "4031 with number 0, while idle": (TOO_IDLE, Hook.IDLE),
    "FIN while idle": (Cut(), Hook.IDLE),
    "RST while idle": (Reset(), Hook.IDLE),
}
"""Faults of the first of two queries, armed once the client has logged in."""

SCENARIOS = (*CONNECTS, *QUERIES)

BY_LUCK = {
    # Its compiled parser believes the length; what comes of it depends on what lies behind the packet.
    ("asyncmy", "row of a wrong length"): "reads past its buffer",
    # A server in a thread of the same process cannot send the rest meanwhile; one in another process can.
    ("mariadb", "byte by byte"): "waits with the interpreter held",
}
"""What has no single outcome, and why."""


def in_words(error: BaseException) -> str:
    """The class and the code of an error."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else getattr(error, "errno", None)
    name = type(error).__name__
    kinds = {kind.__name__ for kind in type(error).__mro__}
    for letter, kind in (("I", "InterfaceError"), ("O", "OperationalError")):
        if kind in kinds:
            name = letter
    if name == "DatabaseError":
        name = "D"
    return f"{name}{code}" if isinstance(code, int) else name


def judged(found: list[str], expected: list[str]) -> str:
    if found == expected:
        return "ok"
    return "stale" if found == ["one", "uno"] else repr(found)


# -------------------------------------------------------------------------------------------- clients of two kinds


def _nonce(count: int) -> bytes:
    return bytes(range(count))


async def _settled(awaitable: Any) -> Any:
    """The result or the error; "hang" for neither in a long time."""
    task = asyncio.ensure_future(awaitable)
    await asyncio.wait([task], timeout=HANG_SECONDS)
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
        return "hang"
    return task.exception() or task.result()


async def _asked(connection: Any, statement: str) -> list[str]:
    async with connection.cursor() as cursor:
        await cursor.execute(statement)
        return [row[0] for row in await cursor.fetchall()]


async def _scene(module: Any, scenario: str) -> str:
    async with FakeServer(nonce=_nonce) as server:
        if scenario in CONNECTS:
            _arm_connect(server, scenario)
        keywords = {"host": server.host, "port": server.port, "user": "root", "db": "test", "connect_timeout": 2}
        connection = await _settled(module.connect(**keywords))
        if isinstance(connection, str | BaseException):
            return connection if isinstance(connection, str) else in_words(connection)
        if scenario in CONNECTS:
            connection.close()
            return "ok"
        _arm(server, scenario)
        await asyncio.sleep(1)
        said = []
        for statement, expected in ((FIRST, ["one", "uno"]), (SECOND, ["two"])):
            found = await _settled(_asked(connection, statement))
            if isinstance(found, list):
                said.append(judged(found, expected))
            else:
                said.append(found if isinstance(found, str) else in_words(found))
            if said[-1] == "hang":
                break
        with contextlib.suppress(Exception):
            connection.close()
        await asyncio.sleep(1)
        return ", ".join(said)


def _arm_connect(server: FakeServer, scenario: str) -> None:
    fault = CONNECTS[scenario]
    if fault is None:
        server.stop_listening()
        return
    if isinstance(fault[0], Reset):
        # At once it may come while the client's kernel is still connecting, which is another error.
        server.faults.arm(Delay(0.05), at=Hook.CONNECT)
    server.faults.arm(fault[0], at=fault[1], seed=1)


def _arm(server: FakeServer, scenario: str) -> None:
    action, hook = QUERIES[scenario]
    options: dict[str, Any] = {} if hook is Hook.IDLE else {"matching": FIRST}
    if hook is Hook.ROWS:
        options["after_rows"] = 0 if isinstance(action, WrongInteger) else 1
    server.faults.arm(action, at=hook, **options)


def asyncio_client(name: str) -> Callable[[str], str]:
    def play(scenario: str) -> str:
        module = importlib.import_module(name)
        with warnings.catch_warnings(), Simulation(network=Network.instant()) as world:
            warnings.simplefilter("ignore")  # what a client forgets when a connect fails is its own affair
            return world.run(_scene(module, scenario))

    return play


def blocking_client(name: str, settings: dict[str, Any]) -> Callable[[str], str]:
    def play(scenario: str) -> str:
        module = importlib.import_module(name)
        hung = threading.Event()
        with FakeServer(nonce=_nonce) as server, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if scenario in CONNECTS:
                server.called(_arm_connect)(server.server, scenario)

            def give_up() -> None:
                hung.set()
                server.kill_all()

            watch = threading.Timer(LONG_SECONDS, give_up)
            watch.start()
            try:
                connection = module.connect(
                    host=server.host, port=server.port, user="root", database="test", **settings
                )
            except Exception as error:  # noqa: BLE001 - whatever a client raises is what is recorded
                return "hang" if hung.is_set() else in_words(error)
            else:
                return ", ".join(_said(server, connection, scenario, hung))
            finally:
                watch.cancel()

    return play


def _said(server: ThreadedServer, connection: Any, scenario: str, hung: threading.Event) -> list[str]:
    said: list[str] = []
    try:
        if scenario in CONNECTS:
            return ["ok"]
        server.called(_arm)(server.server, scenario)
        if QUERIES[scenario][1] is Hook.IDLE:
            server.wait_for(connections=0)
        for statement, expected in ((FIRST, ["one", "uno"]), (SECOND, ["two"])):
            try:
                cursor = connection.cursor()
                cursor.execute(statement)
                said.append(judged([row[0] for row in cursor.fetchall()], expected))
            except Exception as error:  # noqa: BLE001
                said.append(in_words(error))
            if hung.is_set():
                return [*said[:-1], "hang"]
        return said
    finally:
        with contextlib.suppress(Exception):
            connection.close()


CLIENTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "PyMySQL": (
        "pymysql",
        blocking_client("pymysql", {"connect_timeout": SHORT_SECONDS, "read_timeout": SHORT_SECONDS}),
    ),
    "aiomysql": ("aiomysql", asyncio_client("aiomysql")),
    "asyncmy": ("asyncmy", asyncio_client("asyncmy")),
    "refpool": ("refpool", asyncio_client("refpool")),
    "mysqlclient": ("MySQLdb", blocking_client("MySQLdb", {"connect_timeout": 1, "read_timeout": 1})),
    "mysql-connector-python": (
        "mysql.connector",
        blocking_client(
            "mysql.connector", {"connection_timeout": 1, "read_timeout": 1, "use_pure": True, "ssl_disabled": True}
        ),
    ),
    "mariadb": ("mariadb", blocking_client("mariadb", {"connect_timeout": 1, "read_timeout": 1})),
}
"""By the distribution's name: the module, and what plays a scenario with it."""


def version_of(client: str) -> str | None:
    """The installed version; None where it cannot be imported. refpool's is that of this tree."""
    try:
        importlib.import_module(CLIENTS[client][0])
    except ImportError:
        return None
    return "this" if client == "refpool" else importlib.metadata.version(client)


def outcomes_of(client: str) -> dict[str, str]:
    """What it makes of each scenario, now."""
    play = CLIENTS[client][1]
    return {
        scenario: BY_LUCK[client, scenario] if (client, scenario) in BY_LUCK else play(scenario)
        for scenario in SCENARIOS
    }


def recorded() -> dict[str, Any]:
    """By client: the version, and the outcome of each scenario."""
    record: dict[str, Any] = json.loads(RECORD.read_text())
    return record


def table() -> str:
    """The record, for people."""
    record = recorded()
    heads = [
        client if entry["version"] == "this" else f"{client} {entry['version']}" for client, entry in record.items()
    ]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    lines += [
        f"| {scenario} | {' | '.join(entry['outcomes'][scenario] for entry in record.values())} |"
        for scenario in SCENARIOS
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Record the clients that are here, keep what is known of the others, and print the table into the text."""
    record = recorded() if RECORD.exists() else {}
    for client in CLIENTS:
        version = version_of(client)
        if version is not None:
            record[client] = {"version": version, "outcomes": outcomes_of(client)}
    ordered = {client: record[client] for client in CLIENTS if client in record}
    RECORD.write_text(json.dumps(ordered, indent=1) + "\n")
    head, mark, _ = TABLE.read_text().partition("the same connection meets.\n")
    TABLE.write_text(f"{head}{mark}\n{table()}")


if __name__ == "__main__":
    main()
