"""Drives a command line client by the lines that README.md explains. Usage: python client_cli.py PROGRAM HOST PORT

A statement is told as it is typed, behind a delimiter that no statement has; what the program prints until it has
carried out an ``echo`` is the answer: the rows with their column names, the count, errors with code and SQLSTATE.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

PROGRAM, HOST, PORT = sys.argv[1:4]
DELIMITER = "//"
END = "that was all"
# How long a statement took, and what is printed to say that the statement itself follows.
NOISE = re.compile(r" \(?\d+\.\d+ sec\)?|^-{5,}\n.*?\n-{5,}\n", re.MULTILINE | re.DOTALL)


class Unsupported(Exception):
    """The program has no option for this."""


class Link:
    """The program, running, with its error output between the other."""

    def __init__(self, way: str, user: str, password: str, database: str) -> None:
        place = ["--protocol=TCP", f"--host={HOST}", f"--port={PORT}"]
        if way == "socket":
            place = [f"--socket={os.environ['STOCK_SOCKET']}"]
        options = {
            "compress": ["--compress"],
            "tls": ["--ssl"],
            "tls_ca": [f"--ssl-ca={os.environ['STOCK_CA']}", "--ssl-verify-server-cert"],
        }.get(way, [])
        words = [*place, *options, f"--user={user}", f"--password={password}", "--default-character-set=utf8mb4"]
        always = ["--no-defaults", "--unbuffered", "--force", "--batch", "-vvv", "--skip-reconnect"]
        self._process = subprocess.Popen(
            [PROGRAM, *always, *words, f"--delimiter={DELIMITER}", *([database] if database else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._connected = self.told("")

    def told(self, typed: str) -> str:
        """What the program answers to a line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        found = []
        try:
            self._process.stdin.write(f"{typed}\n\\! echo; echo '{END}'\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return "the program has ended"
        for line in self._process.stdout:
            if line == f"{END}\n":
                break
            found.append(line)
        else:
            found.append("(the program has ended)\n")
        return NOISE.sub("", "".join(found)).strip("\n")

    def greeting(self) -> str:
        return self._connected or "ok"

    def end(self) -> None:
        self._process.communicate("\\q\n")


def answer(links: dict[str, Link], name: str, verb: str, words: list[str]) -> str:
    if verb.startswith("connect"):
        way = words.pop(0) if verb == "connect_with" else ""
        links[name] = Link(way, *words)
        return links[name].greeting()
    if verb in ("query", "multi", "multi_fails", "columns"):
        return links[name].told(f"{words[0]}\n{DELIMITER}")
    if verb == "use":
        return links[name].told(f"\\u {words[0]}")
    if verb == "charset":
        return links[name].told(f"\\C {words[0]}")
    if verb == "reset":
        return links[name].told("\\x")
    if verb == "quit":
        links[name].end()
        return "ok"
    return "unsupported"


def main() -> None:
    links: dict[str, Link] = {}
    ids: dict[str, str] = {}
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False).stdout
    print(re.sub(r"^\S*/", "", version.strip().partition(", for")[0]).replace("  ", " "), flush=True)
    for line in sys.stdin:
        name, verb, *words = line.rstrip("\n").split("\t")
        words = [re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], found[0]), word) for word in words]
        told = answer(links, name, verb, words)
        if verb == "connect" and told == "ok":
            found = re.search(r"^\| +(\d+) \|$", links[name].told(f"SELECT CONNECTION_ID()\n{DELIMITER}"), re.MULTILINE)
            ids[name] = found[1] if found else "0"
        print(told.replace("\t", "|").replace("\n", "\\n").replace("\r", "\\r"), flush=True)


if __name__ == "__main__":
    main()
