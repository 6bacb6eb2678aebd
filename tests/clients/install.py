"""Fetches and makes the clients that are not there: an environment of Python, packages of Node, compiled programs.

Everything goes into ``build/`` beside this module. Each client is a step of its own, bounded in time; one that fails is
reported with its reason and harms no other. Nothing of the system is changed, unless Debian packages are asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from .harness import BUILD, HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = (
    *("mariadb-client", "php-cli", "php-mysql", "libdbd-mysql-perl", "libdbd-mariadb-perl", "ruby-mysql2"),
    *("libmariadb-dev", "gcc", "golang-go", "golang-github-go-sql-driver-mysql-dev"),
    *("default-jdk-headless", "libmariadb-java", "nodejs", "npm"),
)

BUILDS = {
    "c-libmariadb": "gcc -O1 -Wall -o build/client-c $(mariadb_config --cflags) client.c $(mariadb_config --libs)",
    "go-mysql": "GO111MODULE=off GOPATH=/usr/share/gocode go build -o build/client-go client.go",
    "java-mariadb": "javac -d build Client.java",
}
"""How the compiled programs are made, in this folder; the paths are Debian's."""


def install(*, seconds: float, debian: bool) -> dict[str, str]:
    """Get what can be had; what went wrong, by client.

    Args:
        seconds: for everything together; what is not reached is reported as such.
        debian: install the packages of :data:`DEBIAN` first, as root.
    """
    BUILD.mkdir(exist_ok=True)
    deadline = time.monotonic() + seconds
    failed = {}
    for name, command in _commands(deadline, debian=debian):
        why = _run(command, deadline - time.monotonic())
        if why is not None:
            failed[name] = why
    return failed


def requirements() -> list[str]:
    """The Python packages, pinned to the versions with which the answers were recorded."""
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _commands(deadline: float, *, debian: bool) -> Iterator[tuple[str, str]]:
    if debian:
        for package in DEBIAN:
            yield package, f"DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends {package}"
    if not (BUILD / "python" / "bin" / "python").exists():
        yield "python", f"{sys.executable} -m venv build/python"
    pip = "build/python/bin/python -m pip install --quiet --disable-pip-version-check"
    # All at once is the quick way; one by one tells whose fault it was.
    together = " ".join(f"'{line}'" for line in requirements())
    if _run(f"{pip} {together}", deadline - time.monotonic()) is not None:
        for line in requirements():
            yield line.partition("==")[0], f"{pip} '{line}'"
    yield (
        "node",
        "mkdir -p build/node && cp package.json build/node/ && cd build/node && npm install --silent --no-audit",
    )
    yield from BUILDS.items()


def _run(command: str, seconds: float) -> str | None:
    """Carry out a command in this folder; None, or the last lines of its complaint."""
    if seconds <= 0:
        return f"no time was left for {command}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=HERE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"not done within {seconds:.0f} s: {command}"
    if done.returncode == 0:
        return None
    tail = " / ".join((done.stdout + done.stderr).strip().splitlines()[-2:])
    return f"{tail or f'status {done.returncode}'}: {command}"


def clean() -> None:
    """Take away all that was fetched and made."""
    shutil.rmtree(BUILD, ignore_errors=True)
