"""Tells stock clients what ``steps.tsv`` says, and writes down what each of them answers.

A client is a program beside this module that reads one step a line and answers with one line; ``README.md`` explains
them. The harness does what no client can do for itself: it kills a statement that runs, and it waits until a server has
noticed an end. It knows the clients and an account that may kill; it knows neither the fake nor a real server, so that
both are judged alike.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

HERE = Path(__file__).resolve().parent
# Longer than any answer takes; a pass never uses it up.
DEADLINE = 30.0
# In the order of the columns of a record.
PERSONAS = ("mariadb-10.11", "mysql-9.7")
USERS = {"stock": "s3cret", "stock_open": ""}
DATABASES = ("stock", "other_stock")


@dataclass(frozen=True)
class Client:
    """One stock client: its name, how to start its program, and what must be there for that."""

    name: str
    command: tuple[str, ...]
    need: tuple[str, ...]
    """A command that ends with status 0 where the client is installed."""

    def missing(self) -> str | None:
        """Why the client cannot run here, in words; None when it can."""
        if shutil.which(self.need[0]) is None:
            return f"{self.need[0]} is not installed"
        if subprocess.run(self.need, capture_output=True, check=False).returncode:
            return f"not installed here, or not built: {' '.join(self.need)} fails"
        return None


def steps() -> Iterator[list[str]]:
    """The words of each step."""
    for line in (HERE / "steps.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


class Program:
    """A client's program, running."""

    def __init__(self, client: Client, host: str, port: int) -> None:
        self._process = subprocess.Popen(
            [*client.command, host, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
        )
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._unread = b""
        self.version = self.read()

    def tell(self, words: list[str]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(("\t".join(words) + "\n").encode())
        self._process.stdin.flush()

    def read(self) -> str:
        """The next line; EOFError when the program has ended, TimeoutError when it says nothing."""
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            if not self._selector.select(DEADLINE):
                raise TimeoutError(f"no answer within {DEADLINE} s")
            more = os.read(self._process.stdout.fileno(), 1 << 16)
            if not more:
                raise EOFError(f"the program ended: {self.complaint()}")
            self._unread += more
        line, self._unread = self._unread.split(b"\n", 1)
        return line.decode(errors="replace")

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


def run(client: Client, url: SplitResult) -> tuple[str, list[tuple[str, str]]]:
    """What a client says of itself, and its steps with their answers, made normal.

    Args:
        url: the server, with an account that may see and kill the others.
    """
    admin: Any = pymysql.connect(
        host=url.hostname, port=url.port or 0, user=url.username, password=url.password or "", autocommit=True
    )
    program = Program(client, str(url.hostname), url.port or 0)
    ids: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    try:
        for words in steps():
            name, verb, *rest = words
            if name == "harness":
                _act(admin, program, verb, [ids.get(word.strip("{}"), word) for word in rest])
                continue
            try:
                if verb == "answer":
                    answer = program.read()
                elif verb.startswith("&"):
                    program.tell([name, verb[1:], *rest])
                    continue
                elif verb == "columns":
                    program.tell([name, "query", *rest])
                    answer = re.sub(r"(rows .*?: ?)[\[(].*", r"\1...", program.read())
                else:
                    program.tell(words)
                    answer = program.read()
            except (EOFError, TimeoutError, BrokenPipeError) as error:
                found.append((" ".join(words), f"{type(error).__name__}: {error}"))
                break
            found.append((" ".join(words), normal(answer).replace("\t", "\\t")))
            if verb == "connect" and answer.startswith("ok"):
                ids[name] = _newest(admin)
        return program.version, found
    finally:
        program.end()
        admin.close()


def _rows(admin: Any, statement: str) -> list[tuple[Any, ...]]:
    with admin.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _newest(admin: Any) -> str:
    return str(max(row[0] for row in _rows(admin, "SHOW PROCESSLIST") if str(row[1]).startswith("stock")))


def _act(admin: Any, program: Program, verb: str, words: list[str]) -> None:
    """Carry out one of the harness's own steps; nothing where the client has answered and there is nothing to kill."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        rows = _rows(admin, "SHOW FULL PROCESSLIST")
        if verb == "gone":
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
    """Every client that there is a program for. Compiled ones are taken from ``build/``, see :data:`BUILDS`."""
    python = (
        ("pymysql", "pymysql"),
        ("aiomysql", "aiomysql"),
        ("asyncmy", "asyncmy"),
        ("mysqldb", "MySQLdb"),
        ("connector", "mysql.connector"),
        ("mariadb", "mariadb"),
    )
    interpreter = os.environ.get("STOCK_CLIENTS_PYTHON", sys.executable)
    found = [
        Client(f"python-{kind}", (interpreter, _here("client.py"), kind), (interpreter, "-c", f"import {module}"))
        for kind, module in python
    ]
    for kind, extension in (("mysqli", "mysqli"), ("pdo", "pdo_mysql")):
        need = ("php", "-r", f"exit(extension_loaded('{extension}') ? 0 : 1);")
        found.append(Client(f"php-{kind}", ("php", _here("client.php"), kind), need))
    for kind in ("mysql", "MariaDB"):
        found.append(Client(f"perl-{kind}", ("perl", _here("client.pl"), kind), ("perl", f"-MDBD::{kind}", "-e", "1")))
    for kind in ("mysql2", "mariadb", "mysql"):
        found.append(Client(f"node-{kind}", ("node", _here("client.js"), kind), ("node", "-e", f"require('{kind}')")))
    found.append(Client("ruby-mysql2", ("ruby", _here("client.rb"), "mysql2"), ("ruby", "-e", "require 'mysql2'")))
    found.append(
        Client("c-libmariadb", (_here("build/client-c"), "libmariadb"), ("test", "-x", _here("build/client-c")))
    )
    found.append(Client("go-mysql", (_here("build/client-go"), "mysql"), ("test", "-x", _here("build/client-go"))))
    java = ("java", "-cp", f"{JDBC}:{_here('build')}", "Client", "mariadb")
    found.append(Client("java-mariadb", java, ("test", "-e", _here("build/Client.class"))))
    return found


JDBC = os.environ.get("STOCK_CLIENTS_JDBC", "/usr/share/java/mariadb-java-client.jar")
BUILDS = {
    "c-libmariadb": "gcc -O1 -Wall -o build/client-c $(mariadb_config --cflags) client.c $(mariadb_config --libs)",
    "go-mysql": "GO111MODULE=off GOPATH=/usr/share/gocode go build -o build/client-go client.go",
    "java-mariadb": "javac -d build Client.java",
}
"""How the compiled programs are made, in this folder; the paths are Debian's."""


def build() -> dict[str, str]:
    """Compile what can be compiled here; what went wrong, by client."""
    (HERE / "build").mkdir(exist_ok=True)
    failed = {}
    for name, command in BUILDS.items():
        done = subprocess.run(["sh", "-c", command], cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode:
            failed[name] = done.stderr.strip()
    return failed


def _here(name: str) -> str:
    return str(HERE / name)


# ------------------------------------------------------------------------------------------------------------ records


def normal(answer: str) -> str:
    """An answer without what no two servers have in common: ids of connections, ports."""
    return re.sub(r"(thread id: |conn[:=]|port=|127\.0\.0\.1:)\d+", r"\1N", answer)


def record_of(client: Client) -> Path:
    """Where the answers of the real servers to this client are kept."""
    return HERE / "answers" / f"{client.name}.tsv"


def read_record(client: Client) -> tuple[str, dict[str, list[tuple[str, str]]]]:
    """What the client said of itself when it was recorded, and by persona its steps with their answers."""
    version, *lines = record_of(client).read_text(encoding="utf-8").split("\n")[:-1]
    found: dict[str, list[tuple[str, str]]] = {persona: [] for persona in PERSONAS}
    for line in lines:
        step, *answers = line.split("\t")
        for persona, answer in zip(PERSONAS, answers, strict=True):
            found[persona].append((step, answers[0] if answer == "=" else answer))
    return version.removeprefix("# "), found


def write_record(client: Client, version: str, answers: dict[str, list[tuple[str, str]]]) -> None:
    lines = [f"# {version}"]
    for (step, one), (_, other) in zip(answers[PERSONAS[0]], answers[PERSONAS[1]], strict=True):
        lines.append("\t".join((step, one, "=" if other == one else other)))
    record_of(client).parent.mkdir(exist_ok=True)
    record_of(client).write_text("\n".join(lines) + "\n", encoding="utf-8")


def known_differences() -> dict[tuple[str, str], str]:
    """Steps in which the fake is known to answer otherwise, by persona and step, with the reason."""
    found = {}
    for line in (HERE / "known.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            personas, step, reason = line.split("\t")
            for persona in PERSONAS if personas == "*" else (personas,):
                found[persona, step] = reason
    return found
