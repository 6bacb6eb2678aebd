"""What fakemysql costs beside a real MariaDB, in one table: start, import, login, round trips, rows, memory, a crowd.

    python -m benchmarks.fake_server [--quick] [--mimic]

The real server is the one that SPEC_MYSQL_URL names (mysql://user:password@host:port/database), or one that is started
for the run where mariadbd is installed, or none; then its column is empty. The fake runs in a process of its own, and
both are asked by the same raw client over TCP, the two taking turns, so that a busy moment hurts both alike. All share
one processor where that can be asked for: a round trip between two takes 20 us or 60 by the kernel's whim, and what is
to be compared is work. A figure is the median of the rounds; trust the ratio, not the figure. Memory is what the
server's process has grown by (Linux only), without what the kernel keeps for sockets.

Rows are drained as bytes, and the client's part of that is in each figure. Where nothing else is said, the fake's rows
are given as values: its engine answers with a list of Python tuples, which is turned into packets anew for each answer,
while the client waits. "A rule's" are the same tuples, given to ``server.on()``, which has turned them into packets
when it returns; "the first time" is the first answer that any client gets of a rule, "later" are the next ones, and
what it costs a test to give them has a line of its own. "Precoded" rows were turned into packets before they were asked
for.

--mimic adds a column for mysql-mimic, which pip puts in an environment that is thrown away afterwards; where that fails
the column says so. --quick takes fewer rounds and a thousand connections in place of ten thousand. Exits with 1 where a
target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import _raw
from fakemysql import FakeServer, Precoded
from fakemysql import constants as c
from fakemysql.answers import Column, Columns, End, Rows
from fakemysql.prepared import Description
from fakemysql.sql.engine import SessionEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fakemysql.answers import Failure, Steps, Value
    from fakemysql.binary import Parameter
    from fakemysql.sql.session import Session

ROW_COUNT: Final = 100_000
TABLE: Final = "fakemysql_bench_rows"
SELECTS: Final = {
    "ints and texts": f"SELECT id, name, number, code, note FROM {TABLE}",
    "with floats and datetimes": f"SELECT id, name, price, made, note FROM {TABLE}",
}
PRECODED: Final = "SELECT * FROM precoded"
# What rules answer, each but the last asked for once.
FIRST_TIMES: Final = tuple(f"SELECT * FROM rule_{number}" for number in range(8))
LATER: Final = "SELECT * FROM rule"
ROOT: Final = Path(__file__).resolve().parent.parent
MADE: Final = datetime.datetime(2024, 5, 6, 7, 8, 9)

# ------------------------------------------------------------------------------------------------------- the servers


def rows(which: str) -> list[tuple[Value, ...]]:
    """What the table holds, as Python values."""
    if which == "ints and texts":
        return [(n, f"name {n}", n * 7, f"code {n % 97}", f"a longer note {n}") for n in range(ROW_COUNT)]
    second = datetime.timedelta(seconds=1)
    return [(n, f"name {n}", n + 0.25, MADE + n * second, f"a longer note {n}") for n in range(ROW_COUNT)]


def columns(which: str) -> tuple[Column, ...]:
    """As MariaDB describes them."""
    number = Column("n", c.FIELD_TYPE_LONG, 63, 11, c.NOT_NULL_FLAG)
    text = Column("t", c.FIELD_TYPE_VAR_STRING, 45, 320)
    if which == "ints and texts":
        return number, text, number, text, text
    price = Column("price", c.FIELD_TYPE_DOUBLE, 63, 22, 0, 31)
    return number, text, price, Column("made", c.FIELD_TYPE_DATETIME, 63, 19), text


class BenchEngine(SessionEngine):
    """Knows, besides, a table of rows given as Python values, and the same ones pre-encoded."""

    tables: dict[bytes, tuple[tuple[Column, ...], Sequence[Sequence[Value]]]]

    def query(self, session: Session, statement: bytes) -> Steps:
        """The answer from the table, or the session engine's."""
        if statement not in self.tables:
            yield from super().query(session, statement)
            return
        yield from self.answer(session, statement)

    def prepare(self, session: Session, statement: bytes) -> Description | Failure:
        """The table's columns, or the session engine's description."""
        if statement not in self.tables:
            return super().prepare(session, statement)
        return Description((), self.tables[statement][0], handle=statement)

    def execute(self, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
        """As query()."""
        if not isinstance(handle, bytes):
            yield from super().execute(session, handle, parameters)
            return
        yield from self.answer(session, handle)

    def answer(self, session: Session, statement: bytes) -> Steps:
        """All rows of a table."""
        described, given = self.tables[statement]
        yield Columns(described, session.status)
        yield Rows(given)
        yield End(session.status)


async def serve() -> None:
    """The fake, until standard input ends; prints its port."""
    raise_descriptor_limit()
    BenchEngine.tables = {SELECTS[which].encode(): (columns(which), rows(which)) for which in SELECTS}
    which = "ints and texts"
    BenchEngine.tables[PRECODED.encode()] = (columns(which), Precoded(rows(which), columns(which)))
    async with FakeServer(persona="mariadb-10.11", max_connections=20_000, engine=BenchEngine) as server:
        # A long run is no test: nobody will read what was said.
        server.transcript.keep = 1000
        await until_input_ends(server.port)


async def serve_rules() -> None:
    """A fake whose tables are rules of a test; a process of its own, as rules are looked through at each statement."""
    async with FakeServer(persona="mariadb-10.11") as server:
        server.transcript.keep = 1000
        which = "ints and texts"
        for name in (*FIRST_TIMES, LATER):
            server.on(name, rows=rows(which), columns=columns(which))
        await until_input_ends(server.port)


async def until_input_ends(port: int) -> None:
    """Print the port, and wait."""
    print(port, flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


@dataclass
class Server:
    """One server that is asked."""

    name: str
    target: _raw.Target
    pid: int | None = None
    replies: dict[bytes, int] = field(default_factory=dict)


@contextlib.contextmanager
def process(command: Sequence[str], name: str) -> Iterator[Server]:
    """A server in a process of its own, which prints its port first and ends with its standard input."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError(f"{name} did not start: {line!r}")
        yield Server(name, _raw.Target("127.0.0.1", int(line), "root", "", "test"), child.pid)
    finally:
        child.communicate()


MIMIC_SCRIPT: Final = """
import asyncio, sys
from mysql_mimic import MysqlServer
async def main():
    server = MysqlServer()
    listener = await server.start_server(host="127.0.0.1", port=0)
    print((listener or server._server).sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
"""


@contextlib.contextmanager
def mimic() -> Iterator[Server]:
    """mysql-mimic in an environment that is thrown away; RuntimeError where it cannot be had."""
    with tempfile.TemporaryDirectory(prefix="mimic-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        installing = subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "mysql-mimic"],
            capture_output=True,
            text=True,
            timeout=300,
        )
        if installing.returncode:
            raise RuntimeError((installing.stderr.strip().splitlines() or ["pip failed"])[-1])
        with process([python, "-c", MIMIC_SCRIPT], "mysql-mimic") as server:
            yield server


def fill(server: Server) -> None:
    """Make the table on a real server."""
    digits = "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {d}" for d in range(1, 10)) + ")"
    number = "a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d"
    tables = ", ".join(f"{digits} AS {name}" for name in "abcde")
    connection = _raw.RawConnection(server.target)
    for statement in (
        f"DROP TABLE IF EXISTS {TABLE}",
        f"CREATE TABLE {TABLE} (id INT PRIMARY KEY, name VARCHAR(80), number INT, code VARCHAR(80), price DOUBLE, "
        "made DATETIME, note VARCHAR(80))",
        f"INSERT INTO {TABLE} SELECT n, CONCAT('name ', n), n * 7, CONCAT('code ', n % 97), n + 0.25, "
        f"'{MADE}' + INTERVAL n SECOND, CONCAT('a longer note ', n) "
        f"FROM (SELECT {number} AS n FROM {tables}) AS numbers",
    ):
        ask(connection, _raw.query(statement))
    connection.close()


def empty(server: Server) -> None:
    """And take it away."""
    connection = _raw.RawConnection(server.target)
    ask(connection, _raw.query(f"DROP TABLE IF EXISTS {TABLE}"))
    connection.close()


# ------------------------------------------------------------------------------------------------------- measurements


def ask(connection: _raw.RawConnection, command: bytes) -> int:
    """One command, its reply read packet by packet; how long the reply was in bytes."""
    replies, length = _raw.Replies(), 0
    connection.socket.sendall(command)
    while True:
        data = connection.socket.recv(1 << 20)
        assert data, "the server hung up"
        length += len(data)
        if replies.feed(data):
            return length


def drain(connection: _raw.RawConnection, command: bytes, length: int, buffer: bytearray) -> None:
    """One command, its reply read and not looked at."""
    connection.socket.sendall(command)
    while length > 0:
        length -= connection.socket.recv_into(buffer)


def round_trips(server: Server, command: bytes, count: int) -> Callable[[], float]:
    """Microseconds of one command's round trip, the median of count."""
    connection = _raw.RawConnection(server.target)
    length = ask(connection, command)
    buffer = bytearray(1 << 16)

    def measure() -> float:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            drain(connection, command, length, buffer)
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1e6

    return measure


def execution(connection: _raw.RawConnection, statement: str, width: int) -> bytes:
    """The COM_STMT_EXECUTE of a statement without parameters, which is prepared now, and its columns counted."""
    connection.socket.sendall(_raw.packet(b"\x16" + statement.encode()))
    # PREPARE_OK, the columns, an EOF.
    stream = bytearray()
    answer: list[bytes] = []
    while len(answer) < width + 2:
        stream += connection.socket.recv(4096)
        answer += _raw.packets(stream)
    return _raw.packet(b"\x17" + answer[0][1:5] + b"\0\x01\0\0\0")


def prepared(server: Server, count: int) -> Callable[[], float]:
    """Microseconds of one COM_STMT_EXECUTE of SELECT 1."""
    connection = _raw.RawConnection(server.target)
    execute = execution(connection, "SELECT 1", 1)
    length = ask(connection, execute)
    buffer = bytearray(1 << 16)

    def measure() -> float:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            drain(connection, execute, length, buffer)
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1e6

    return measure


def logins(server: Server, count: int) -> Callable[[], float]:
    """Milliseconds to connect, log in, ask SELECT 1 and leave."""
    command = _raw.query("SELECT 1")
    length = ask(_raw.RawConnection(server.target), command)
    buffer = bytearray(1 << 16)

    def measure() -> float:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            connection = _raw.RawConnection(server.target)
            drain(connection, command, length, buffer)
            times.append(time.perf_counter() - began)
            connection.close()
        return statistics.median(times) * 1e3

    return measure


def rows_a_second(server: Server, statement: str, *, binary: bool = False) -> Callable[[], float]:
    """Millions of rows that arrive in a second; in the binary protocol, or as text."""
    connection = _raw.RawConnection(server.target)
    command = execution(connection, statement, 5) if binary else _raw.query(statement)
    length = ask(connection, command)
    buffer = bytearray(1 << 20)

    def measure() -> float:
        began = time.perf_counter()
        drain(connection, command, length, buffer)
        return ROW_COUNT / (time.perf_counter() - began) / 1e6

    return measure


def first_rows_a_second(server: Server) -> Callable[[], float]:
    """The same of rules that have not answered before, a rule each time."""
    measures = [rows_a_second_unasked(server, statement) for statement in FIRST_TIMES]
    return lambda: measures.pop()()


def rows_a_second_unasked(server: Server, statement: str) -> Callable[[], float]:
    """As rows_a_second(), the statement asked once and not before."""

    def measure() -> float:
        connection = _raw.RawConnection(server.target)
        began = time.perf_counter()
        connection.socket.sendall(_raw.query(statement))
        # A packet of five bytes, 0xfe before all, ends the rows; the same behind the definitions comes much earlier.
        tail, length = b"", 0
        while not (tail[:3] == b"\x05\0\0" and tail[4:5] == b"\xfe" and length > ROW_COUNT):
            data = connection.socket.recv(1 << 20)
            length += len(data)
            tail = (tail + data)[-9:]
        return ROW_COUNT / (time.perf_counter() - began) / 1e6

    return measure


def giving_to_a_rule(rounds: int) -> float:
    """Milliseconds that server.on() takes with as many rows as a rule answers in the lines before."""
    which = "ints and texts"
    given, described = rows(which), columns(which)
    times = []
    for _ in range(rounds):
        server = FakeServer()
        began = time.perf_counter()
        server.on("SELECT", rows=given, columns=described)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


def import_ms(statement: str) -> Callable[[], float]:
    """Milliseconds that a fresh interpreter takes for a statement, its own start included; its caches are warm."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", statement]

    def measure() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
        return (time.perf_counter() - began) * 1e3

    measure()
    return measure


def start_and_stop(count: int) -> float:
    """Milliseconds to start a server in the running loop and stop it again."""

    async def one_after_another() -> list[float]:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            async with FakeServer():
                pass
            times.append(time.perf_counter() - began)
        return times

    return statistics.median(asyncio.run(one_after_another())) * 1e3


def start_and_stop_in_thread(count: int) -> float:
    """The same in a thread of its own, as for clients that block."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        with FakeServer():
            pass
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


def raise_descriptor_limit() -> int:
    """As many sockets as the machine allows; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft


def idle_kib(server: Server, count: int) -> float:
    """KiB that the server's process grows by for each connection that is logged in and idle."""

    def resident() -> int:
        return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    few = [_raw.RawConnection(server.target) for _ in range(50)]
    before = resident()
    many = [_raw.RawConnection(server.target) for _ in range(count)]
    grown = resident() - before
    for connection in few + many:
        connection.close()
    return grown / count / 1024


class Busy(asyncio.Protocol):
    """One of a crowd: logs in, waits for the start, sends its statements one after the other."""

    def __init__(self, target: _raw.Target, statements: int, ready: asyncio.Future[None]) -> None:
        self.ready = ready
        self.finished: float | None = None
        self.slowest = 0.0
        self.left = statements
        self._target = target
        self._inbox: bytearray | None = bytearray()
        self._replies = _raw.Replies()
        self._command = _raw.query("SELECT 1")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._inbox is not None:
            self._inbox += data
            for greeting in _raw.packets(self._inbox):
                self._inbox = None
                self.transport.write(_raw.login(self._target, greeting))
                break
        elif self._replies.feed(data):
            if not self.ready.done():
                self.ready.set_result(None)
                return
            self.slowest = max(self.slowest, time.perf_counter() - self.asked)
            self.left -= 1
            self.ask()

    def ask(self) -> None:
        """The next statement, or the end."""
        self.asked = time.perf_counter()
        if self.left:
            self.transport.write(self._command)
        elif not self.done.done():
            self.finished = self.asked
            self.done.set_result(None)

    def start(self, done: asyncio.Future[None]) -> None:
        """Now."""
        self.done = done
        self.ask()


def _same(member: Busy) -> Busy:
    return member


async def crowd(server: Server, count: int, statements: int) -> tuple[int, float, float, float]:
    """How many of a crowd were served, statements a second, last/first finish, and the longest wait in milliseconds."""
    loop = asyncio.get_running_loop()
    members: list[Busy] = []
    for _ in range(count):
        ready: asyncio.Future[None] = loop.create_future()
        member = Busy(server.target, statements, ready)
        await loop.create_connection(partial(_same, member), server.target.host, server.target.port)
        members.append(member)
    await asyncio.gather(*(member.ready for member in members))
    began = time.perf_counter()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in members]
    for member, end in zip(members, ends, strict=True):
        member.start(end)
    await asyncio.wait_for(asyncio.gather(*ends), 300)
    times = sorted(member.finished - began for member in members if member.finished is not None)
    for member in members:
        member.transport.close()
    slowest = max(member.slowest for member in members)
    return len(times), count * statements / times[-1], times[-1] / times[0], slowest * 1e3


# ------------------------------------------------------------------------------------------------------------- table


@dataclass(frozen=True)
class Line:
    """One line of the table; target bounds the fake's figure, or with against the ratio to MariaDB's."""

    measure: str
    mariadb: float | None
    fake: float
    target: float
    against: bool = True
    at_least: bool = False
    mimic: float | None = None

    @property
    def ratio(self) -> float | None:
        """The fake's figure by MariaDB's."""
        return None if self.mariadb is None else self.fake / self.mariadb

    @property
    def holds(self) -> bool:
        """Whether the target is met; also where there is nothing to hold the fake against."""
        figure = self.ratio if self.against else self.fake
        return figure is None or (figure >= self.target if self.at_least else figure <= self.target)

    def __str__(self) -> str:
        def shown(figure: float | None) -> str:
            return f"{figure:10.3f}" if figure is not None else f"{'-':>10}"

        bound = f"{'>=' if self.at_least else '<='} {self.target:g}{' times' if self.against else ''}"
        verdict = "" if self.holds else "  MISSED"
        mimic = f" {shown(self.mimic)}" if self.mimic is not None else ""
        figures = " ".join(map(shown, (self.mariadb, self.fake, self.ratio)))
        return f"{self.measure:48} {figures}  {bound:12}{mimic}{verdict}"


def side_by_side(measures: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """The medians of several measures that take turns."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, times in zip(measures, taken, strict=True):
            times.append(measure())
    return list(map(statistics.median, taken))


def compare(
    name: str,
    servers: Sequence[Server | None],
    make: Callable[[Server], Callable[[], float]],
    rounds: int,
    target: float,
    *,
    at_least: bool = False,
) -> Line:
    """A line of one measure, asked of each server in turn."""
    medians = iter(side_by_side([make(server) for server in servers if server is not None], rounds))
    real, fake, other = (None if server is None else next(medians) for server in servers)
    assert fake is not None
    return Line(name, real, fake, target, at_least=at_least, mimic=other)


def lines(real: Server | None, fake: Server, ruled: Server, other: Server | None, *, quick: bool) -> Iterator[Line]:
    """Measure, a line at a time."""
    all_three = (real, fake, other)
    rounds, count = (3, 200) if quick else (7, 400)
    yield compare("connect, log in, SELECT 1 (ms)", all_three, partial(logins, count=count // 4), rounds, 2)
    select = _raw.query("SELECT 1")
    yield compare("SELECT 1 (us)", all_three, partial(round_trips, command=select, count=count), rounds, 2.5)
    yield compare("COM_STMT_EXECUTE of SELECT 1 (us)", (real, fake, None), partial(prepared, count=count), rounds, 2.5)
    yield compare("COM_PING (us)", all_three, partial(round_trips, command=_raw.COM_PING, count=count), rounds, 2.5)
    both = (real, fake, None)
    for kind, statement in SELECTS.items():
        make = partial(rows_a_second, statement=statement)
        yield compare(f"100,000 rows of 5, {kind} (M/s)", both, make, rounds, 0.5, at_least=True)

    table = SELECTS["ints and texts"]
    in_binary = partial(rows_a_second, statement=table, binary=True)
    yield compare("the same, ints and texts, in binary (M/s)", both, in_binary, rounds, 0.2, at_least=True)

    def first_or_table(server: Server) -> Callable[[], float]:
        return first_rows_a_second(server) if server is ruled else rows_a_second(server, table)

    def later_or_table(server: Server) -> Callable[[], float]:
        return rows_a_second(server, LATER if server is ruled else table)

    def packets_or_table(server: Server) -> Callable[[], float]:
        return rows_a_second(server, PRECODED if server is fake else table)

    by_rule = (real, ruled, None)
    yield compare("the same, a rule's, the first time (M/s)", by_rule, first_or_table, rounds, 0.5, at_least=True)
    yield compare("the same, a rule's, later (M/s)", by_rule, later_or_table, rounds, 0.5, at_least=True)
    yield compare("100,000 rows of 5, precoded (M/s)", both, packets_or_table, rounds, 1, at_least=True)
    yield Line("give 100,000 rows of 5 to a rule (ms)", None, giving_to_a_rule(rounds), 250, against=False)
    yield Line("start and stop in the running loop (ms)", None, start_and_stop(count), 1, against=False)
    yield Line("start and stop in a thread (ms)", None, start_and_stop_in_thread(count // 4), 1, against=False)
    imports = ("import asyncio", "import asyncio, fakemysql", "import asyncio, fakemysql; fakemysql.FakeServer()")
    [base, bare, ready] = side_by_side([import_ms(statement) for statement in imports], 5 if quick else 11)
    yield Line("import fakemysql, over asyncio (ms)", None, bare - base, 20, against=False)
    yield Line("import and make a FakeServer, over asyncio (ms)", None, ready - base, 50, against=False)
    if platform.system() == "Linux":
        open_at_once = min(1000 if quick else 10_000, raise_descriptor_limit() - 200)
        grown = idle_kib(fake, open_at_once)
        yield Line(f"an idle connection of {open_at_once:,} (KiB)", None, grown, 4, against=False)


def report_crowd(server: Server) -> bool:
    """A thousand connections at once, a hundred statements each."""
    count = min(1000, raise_descriptor_limit() - 200)
    served, a_second, fairness, longest = asyncio.run(crowd(server, count, 100))
    print(
        f"{count} connections at once, 100 statements each: {served} served in full, {a_second:,.0f} statements a "
        f"second; the last was done {fairness:.2f} times as late as the first, the longest wait was {longest:.0f} ms"
    )
    return served == count


def measure_all(*, quick: bool, with_mimic: bool) -> int:
    """The whole table."""
    url = os.environ.get("SPEC_MYSQL_URL")
    real = Server("MariaDB", _raw.Target.of(url)) if url else None
    with contextlib.ExitStack() as stack:
        itself = [sys.executable, "-m", "benchmarks.fake_server"]
        fake = stack.enter_context(process([*itself, "--serve"], "fakemysql"))
        ruled = stack.enter_context(process([*itself, "--serve-rules"], "fakemysql with rules"))
        other = None
        if with_mimic:
            try:
                other = stack.enter_context(mimic())
            except (RuntimeError, subprocess.SubprocessError) as error:
                print(f"mysql-mimic: not installed ({error})")
        if real is not None:
            fill(real)
            stack.callback(empty, real)
        else:
            print(
                "No MariaDB here: its column is empty, and targets that are ratios are not looked at. Install mariadbd,"
            )
            print("or name a server in SPEC_MYSQL_URL.")
        last = f" {'mimic':>10}" if other is not None else ""
        print(f"{'measure':48} {'MariaDB':>10} {'fakemysql':>10} {'ratio':>10}  {'target':12}{last}")
        all_hold = True
        for line in lines(real, fake, ruled, other, quick=quick):
            print(line, flush=True)
            all_hold = all_hold and line.holds
        all_hold = report_crowd(fake) and all_hold
    return 0 if all_hold else 1


def main() -> int:
    """Find a real server, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer connections")
    parser.add_argument("--mimic", action="store_true", help="mysql-mimic too, installed by pip for this run")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--serve-rules", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-real", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve or arguments.serve_rules:
        asyncio.run(serve() if arguments.serve else serve_rules())
        return 0
    if hasattr(os, "sched_setaffinity"):
        # The servers that are started from here inherit it; one that runs already is mostly drawn to its client's side.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if "SPEC_MYSQL_URL" not in os.environ and not arguments.no_real and shutil.which("mariadbd"):
        again = [sys.executable, "-m", "benchmarks.fake_server", *sys.argv[1:], "--no-real"]
        return subprocess.run(
            [sys.executable, "tools/real_server.py", "run", "mariadb", "--", *again], cwd=ROOT
        ).returncode
    return measure_all(quick=arguments.quick, with_mimic=arguments.mimic)


if __name__ == "__main__":
    sys.exit(main())
