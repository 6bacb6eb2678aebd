"""Tells stock clients what ``steps.tsv`` says, and writes down what each of them answers.

A client is a program beside this module that reads one step a line and answers with one line; ``README.md`` explains
them. The harness does what no client can do for itself: it kills a statement that runs, and it waits until a server has
noticed an end. It knows the clients and an account that may kill; it knows neither the fake nor a real server, so that
both are judged alike.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = HERE / "build"
"""Where ``install`` puts what it fetches and makes."""

# Longer than any answer takes; a pass never uses it up.
DEADLINE = 30.0
# An answer that is longer is kept as its length and a digest.
LONGEST_KEPT = 4096
# In the order of the columns of a record.
PERSONAS = ("mariadb-10.11", "mysql-9.7")
ALL_OPTIONS = frozenset({"plain", "tls", "tls_ca", "socket", "compress"})


@dataclass(frozen=True)
class Place:
    """Where a server is, and an account on it that may do everything.

    socket: the path of its unix socket. ca: the file by which its certificate is verified.
    """

    host: str
    port: int
    user: str
    password: str
    socket: str
    ca: str


@dataclass(frozen=True)
class Client:
    """One stock client: its name, how to start its program, and what must be there for that."""

    name: str
    command: tuple[str, ...]
    need: tuple[str, ...]
    """A command that ends with status 0 where the client is installed."""
    options: frozenset[str] = frozenset()
    """The ways to connect that its program knows, of :data:`ALL_OPTIONS`, for steps that name one."""

    def missing(self) -> str | None:
        """Why the client cannot run here, in words; None when it can."""
        if shutil.which(self.need[0]) is None:
            return f"{Path(self.need[0]).name} is not installed"
        if subprocess.run(self.need, capture_output=True, check=False, env=_environment()).returncode:
            return f"not installed, or not built: {' '.join(Path(word).name for word in self.need)} fails"
        return None


@dataclass(frozen=True)
class Step:
    """One line of ``steps.tsv``, and the family under which it stands."""

    family: str
    words: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        """A client says something to it, now; others are only sent, or the harness's own."""
        return self.words[0] != "harness" and not self.words[1].startswith("&")

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Answer:
    """What a client said to one step."""

    family: str
    step: str
    text: str


def steps() -> Iterator[Step]:
    """Every step, in order."""
    family = ""
    for line in (HERE / "steps.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            family = line.strip("[]")
        elif line and not line.startswith("#"):
            yield Step(family, tuple(line.split("\t")))


def families() -> list[str]:
    """The names of the families, in order."""
    return list(dict.fromkeys(step.family for step in steps()))


class Program:
    """A client's program, running."""

    def __init__(self, client: Client, place: Place) -> None:
        self._process = subprocess.Popen(
            [*client.command, place.host, str(place.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment() | {"STOCK_SOCKET": place.socket, "STOCK_CA": place.ca},
        )
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._unread = bytearray()
        self.version = self.read()

    def tell(self, words: Sequence[str]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(("\t".join(map(_expanded, words)) + "\n").encode())
        self._process.stdin.flush()

    def read(self) -> str:
        """The next line; EOFError when the program has ended, TimeoutError when it says nothing."""
        assert self._process.stdout is not None
        looked_at = 0
        while (end := self._unread.find(b"\n", looked_at)) < 0:
            looked_at = len(self._unread)
            if not self._selector.select(DEADLINE):
                raise TimeoutError(f"no answer within {DEADLINE} s")
            more = os.read(self._process.stdout.fileno(), 1 << 16)
            if not more:
                raise EOFError(f"the program ended: {self.complaint()}")
            self._unread += more
        line = self._unread[:end].decode(errors="replace")
        del self._unread[: end + 1]
        return line

    def has_answered(self) -> bool:
        """There is something to read now."""
        return bool(self._unread or self._selector.select(0))

    def complaint(self) -> str:
        """What it wrote to its standard error, when it has ended."""
        assert self._process.stderr is not None
        return self._process.stderr.read().decode(errors="replace").strip()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._selector.close()


def _columns_alone(answer: str) -> str:
    """A result without its rows; what a command line client draws is as wide as the widest value."""
    drawn = re.match(r"\+[-+]+\+\\n(\|.*?\|)\\n", answer)
    if drawn:
        return re.sub(r" +", " ", drawn[1])
    return re.sub(r"(rows .*?: ?)[\[(].*", r"\1...", answer)


def _expanded(word: str) -> str:
    """A word with ``{x*3}`` as ``xxx``: what is too long to be written down."""
    return re.sub(r"\{(.)\*(\d+)\}", lambda found: found[1] * int(found[2]), word)


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": path,
        "NODE_PATH": os.environ.get("NODE_PATH", str(BUILD / "node" / "node_modules")),
    }


def run(
    client: Client, place: Place, wanted: Collection[str], stop: Callable[[], None] | None = None
) -> tuple[str, list[Answer]]:
    """What a client says of itself, and its answers, made normal.

    Args:
        place: the server, with an account that may see and kill the others.
        wanted: the families to tell it.
        stop: ends the server, for the family that asks for it.
    """
    admin: Any = pymysql.connect(
        host=place.host, port=place.port, user=place.user, password=place.password, autocommit=True, ssl_disabled=True
    )
    program = Program(client, place)
    ids: dict[str, str] = {}
    unopened: set[str] = set()
    has_ended = False
    found: list[Answer] = []
    try:
        for step in steps():
            if step.family not in wanted:
                continue
            name, verb, *rest = step.words
            if has_ended and step.family != found[-1].family:
                program.end()
                program = Program(client, place)
                has_ended = False
            if has_ended:
                if name != "harness" and not verb.startswith("&"):
                    found.append(Answer(step.family, str(step), "the program has ended"))
                continue
            if name == "harness":
                if verb == "sql":
                    _rows(admin, rest[0])
                elif verb == "stop":
                    assert stop is not None, "this family wants to stop the server"
                    stop()
                elif verb == "down":
                    _wait_until_down(place, admin)
                else:
                    _act(admin, program, verb, [ids.get(word.strip("{}"), word) for word in rest])
                continue
            if verb in ("connect", "connect_with"):
                unopened.discard(name)
            if verb == "connect_with" and rest[0] not in client.options:
                unopened.add(name)
            if name in unopened:
                if not verb.startswith("&"):
                    found.append(Answer(step.family, str(step), "unsupported"))
                continue
            try:
                if verb == "answer":
                    answer = program.read()
                elif verb.startswith("&"):
                    program.tell([name, verb[1:], *rest])
                    continue
                elif verb == "columns":
                    program.tell([name, "query", *rest])
                    answer = _columns_alone(program.read())
                else:
                    program.tell(step.words)
                    answer = program.read()
            except (EOFError, TimeoutError, BrokenPipeError) as error:
                found.append(Answer(step.family, str(step), f"{type(error).__name__}: {error}"))
                has_ended = True
                continue
            found.append(Answer(step.family, str(step), normal(answer).replace("\t", "\\t")))
            if verb == "connect" and answer.startswith("ok"):
                ids[name] = _newest(admin)
            elif verb == "connect_with" and answer == "unsupported":
                unopened.add(name)
        return program.version, found
    finally:
        program.end()
        # After the last family there may be no server to say goodbye to.
        with contextlib.suppress(pymysql.MySQLError):
            admin.close()


def _rows(admin: Any, statement: str) -> list[tuple[Any, ...]]:
    with admin.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _newest(admin: Any) -> str:
    return str(max(row[0] for row in _rows(admin, "SHOW PROCESSLIST") if str(row[1]).startswith("stock")))


def _wait_until_down(place: Place, admin: Any) -> None:
    """Return when nobody listens any more, and the idle have been told."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            socket.create_connection((place.host, place.port)).close()
        except OSError:
            break
        time.sleep(0.01)
    # The next that comes to an idle connection is its end, whatever is said before.
    link = socket.socket(fileno=os.dup(admin._sock.fileno()))
    link.settimeout(DEADLINE)
    with link, contextlib.suppress(ConnectionError):
        while link.recv(1 << 16):
            pass


def _act(admin: Any, program: Program, verb: str, words: list[str]) -> None:
    """Carry out one of the harness's own steps; nothing where the client has answered and there is nothing to kill."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        rows = _rows(admin, "SHOW FULL PROCESSLIST")
        if verb == "asleep":
            if program.has_answered() or any(str(row[7]).startswith("SELECT SLEEP(3") for row in rows):
                return
        elif verb == "gone":
            if all(str(row[0]) != words[0] for row in rows):
                return
        else:
            sleeping = [row[0] for row in rows if str(row[7]).startswith("SELECT SLEEP(3")]
            if sleeping:
                _rows(admin, f"KILL {'QUERY ' if verb == 'kill_query' else ''}{sleeping[0]}")
                return
            if program.has_answered():
                return
        time.sleep(0.01)
    raise TimeoutError(f"{verb} {words}: not within {DEADLINE} s")


def clients() -> list[Client]:
    """Every client that there is a program for; what ``install`` fetches and makes is in ``build/``."""
    here, apart = sys.executable, _python_apart()
    found = []
    for kind, module, interpreter in (
        ("pymysql", "pymysql", here),
        ("aiomysql", "aiomysql", here),
        ("asyncmy", "asyncmy", here),
        ("refpool", "refpool", here),
        ("mysqldb", "MySQLdb", apart),
        ("connector", "mysql.connector", apart),
        ("connector_aio", "mysql.connector.aio", apart),
        ("mariadb", "mariadb", apart),
    ):
        need = (interpreter, "-c", f"import {module}")
        command = (interpreter, _here("client.py"), kind)
        # Compressed, the asynchronous connector waits for ever for a MySQL's first answer.
        options = ALL_OPTIONS - ({"compress"} if kind == "connector_aio" else set())
        found.append(Client(f"python-{kind}", command, need, options))
    for name, module in ENGINES.items():
        need = (apart, "-c", f"import {name.partition('-')[0]}, {module}")
        found.append(Client(name, (apart, _here("client_engines.py"), name), need, ALL_OPTIONS))
    found.append(
        Client("cli-mariadb", (here, _here("client_cli.py"), "mariadb"), ("mariadb", "--version"), ALL_OPTIONS)
    )
    for kind, extension in (("mysqli", "mysqli"), ("pdo", "pdo_mysql")):
        need = ("php", "-r", f"exit(extension_loaded('{extension}') ? 0 : 1);")
        found.append(Client(f"php-{kind}", ("php", _here("client.php"), kind), need))
    for kind in ("mysql", "MariaDB"):
        found.append(Client(f"perl-{kind}", ("perl", _here("client.pl"), kind), ("perl", f"-MDBD::{kind}", "-e", "1")))
    for kind in ("mysql2", "mariadb", "mysql"):
        need = ("node", "-e", f"require('{kind}')")
        found.append(Client(f"node-{kind}", ("node", _here("client.js"), kind), need, ALL_OPTIONS))
    found.append(Client("ruby-mysql2", ("ruby", _here("client.rb"), "mysql2"), ("ruby", "-e", "require 'mysql2'")))
    found.append(
        Client("c-libmariadb", (_here("build/client-c"), "libmariadb"), ("test", "-x", _here("build/client-c")))
    )
    found.append(Client("go-mysql", (_here("build/client-go"), "mysql"), ("test", "-x", _here("build/client-go"))))
    java = ("java", "-cp", f"{JDBC}:{_here('build')}", "Client", "mariadb")
    found.append(Client("java-mariadb", java, ("test", "-e", _here("build/Client.class"))))
    return found


ENGINES = {
    "sqlalchemy-pymysql": "pymysql",
    "sqlalchemy-mysqldb": "MySQLdb",
    "sqlalchemy-mysqlconnector": "mysql.connector",
    "sqlalchemy-mariadbconnector": "mariadb",
    "sqlalchemy-aiomysql": "aiomysql, greenlet",
    "sqlalchemy-asyncmy": "asyncmy, greenlet",
    "django-mysqldb": "MySQLdb",
    "peewee-pymysql": "pymysql",
}
"""What stands on a driver: its name, and the modules that must be there beside it."""
JDBC = os.environ.get("STOCK_CLIENTS_JDBC", "/usr/share/java/mariadb-java-client.jar")


_MODULES = {
    "mysqlclient": ("MySQLdb",),
    "mysql-connector-python": ("mysql.connector",),
    "sqlalchemy+mysqldb": ("sqlalchemy", "MySQLdb"),
    "sqlalchemy+mysqlconnector": ("sqlalchemy", "mysql.connector"),
    "sqlalchemy+mariadbconnector": ("sqlalchemy", "mariadb"),
    "sqlalchemy+pymysql": ("sqlalchemy", "pymysql"),
    "sqlalchemy+aiomysql": ("sqlalchemy", "greenlet", "aiomysql"),
    "sqlalchemy+asyncmy": ("sqlalchemy", "greenlet", "asyncmy"),
    "django": ("django", "MySQLdb"),
    "peewee": ("peewee", "pymysql"),
}


def interpreter_for(name: str) -> tuple[str, str | None]:
    """The interpreter that has a client of :mod:`fakemysql.clients`, and why it cannot be had, if so."""
    interpreter = sys.executable if name in ("pymysql", "aiomysql", "asyncmy", "refpool") else _python_apart()
    modules = ", ".join(_MODULES.get(name, (name,)))
    words = [interpreter, "-c", f"import {modules}"]
    done = subprocess.run(words, capture_output=True, check=False, env=_environment())
    return interpreter, f"import {modules} fails" if done.returncode else None


def _python_apart() -> str:
    """The interpreter that has the clients which are not in the project's own groups of dependencies."""
    installed = BUILD / "python" / "bin" / "python"
    return os.environ.get("STOCK_CLIENTS_PYTHON", str(installed) if installed.exists() else sys.executable)


def _here(name: str) -> str:
    return str(HERE / name)


# ------------------------------------------------------------------------------------------------------------ records


def normal(answer: str) -> str:
    """An answer without what no two servers have in common: ids of connections, ports; a long one as its digest."""
    answer = re.sub(r"(thread id: |conn[:=]|port=|port: ?|127\.0\.0\.1(?::|', ))\d+", r"\1N", answer)
    # The packager's part of a version.
    answer = re.sub(r"(10\.11\.\d+-MariaDB|9\.7\.\d+)[-.](0\+deb12u1|2)\b", r"\1", answer)
    answer = re.sub(r"(127\.0\.0\.1' )\(\d+\)", r"\1(N)", answer)
    # Python's own words for parameters that do not fit; from 3.15 on it counts them.
    answer = re.sub(r"( format string| string formatting) \((required \d+, )?got \d+\)", r"\1", answer)
    if len(answer) > LONGEST_KEPT:
        digest = hashlib.sha256(answer.encode()).hexdigest()[:16]
        return f"{answer[:80]}... {len(answer)} characters, sha256 {digest}"
    return answer


def record_of(client: Client) -> Path:
    """Where the answers of the real servers to this client are kept."""
    return HERE / "answers" / f"{client.name}.tsv"


def read_record(client: Client) -> tuple[str, dict[str, list[Answer]]]:
    """What the client said of itself when it was recorded, and its answers by persona."""
    version, *lines = record_of(client).read_text(encoding="utf-8").split("\n")[:-1]
    found: dict[str, list[Answer]] = {persona: [] for persona in PERSONAS}
    family = ""
    for line in lines:
        if line.startswith("["):
            family = line.strip("[]")
            continue
        step, *answers = line.split("\t")
        for persona, answer in zip(PERSONAS, answers, strict=True):
            found[persona].append(Answer(family, step, answers[0] if answer == "=" else answer))
    return version.removeprefix("# "), found


def write_record(client: Client, version: str, answers: dict[str, list[Answer]]) -> None:
    lines = [f"# {version}"]
    family = ""
    for one, other in zip(answers[PERSONAS[0]], answers[PERSONAS[1]], strict=True):
        if one.family != family:
            family = one.family
            lines.append(f"[{family}]")
        lines.append("\t".join((one.step, one.text, "=" if other.text == one.text else other.text)))
    record_of(client).parent.mkdir(exist_ok=True)
    record_of(client).write_text("\n".join(lines) + "\n", encoding="utf-8")
