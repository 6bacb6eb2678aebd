"""Running the suite as its users do: in a process of its own, with an exit status and what it printed.

`python -m` runs in a fork (`forked.py`) where nothing speaks against it, since to start Python and import pytest and
the drivers would be most of the time of most runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import forked

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]
LIMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ran:
    """One run. out: both streams, in order."""

    status: int
    out: str

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line for line in self.out.splitlines() if line.strip()]

    def state(self, clause: str) -> list[str]:
        """The states in a clause's row of the table, a driver each; ✓ is conforms."""
        for line in self.lines:
            if re.match(rf"\d+\.\d+ +{clause} ", line):
                return re.findall(r"✓|conforms|deviates|fails|weak|not offered|not run|flaky", line.split(clause, 1)[1])
        raise AssertionError(f"the table has no row {clause}:\n{self.out}")


async def run(*arguments: str | Path, cwd: Path = PROJECT, **variables: str) -> Ran:
    """Run this Python with these arguments; no SPEC_ variable but the given ones is set."""
    environment, given = _environment(variables), [str(one) for one in arguments]
    if given[0] == "-m" and "PYTHONHASHSEED" not in variables and not _is_measured():
        return await _run_forked(given[1], given[2:], cwd, environment)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *given,
        cwd=cwd,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode())


async def _run_forked(module: str, arguments: list[str], cwd: Path, environment: dict[str, str]) -> Ran:
    loop = asyncio.get_running_loop()
    with tempfile.NamedTemporaryFile() as out:
        process = forked.start(module, arguments, str(cwd), environment, out.name)
        ended = asyncio.Event()
        loop.add_reader(process.sentinel, ended.set)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await ended.wait()
        finally:
            loop.remove_reader(process.sentinel)
            if not ended.is_set():
                process.kill()
            process.join()
        assert process.exitcode is not None
        status = process.exitcode
        process.close()
        return Ran(status, out.read().decode())


def _is_measured() -> bool:
    return any(name in os.environ for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"))


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    # Bytecode may be kept: a fresh copy of the suite would be compiled anew in every process otherwise.
    left_out = ("SPEC_", "PYTEST_", "COLUMNS", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    return {**kept, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **variables}


def read_json(path: Path) -> dict[str, Any]:
    """A report."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def states(report: dict[str, Any], driver: str) -> dict[str, str]:
    """The state of each clause in a report."""
    (column,) = [column for column in report["drivers"] if column["name"] == driver]
    return {clause["id"]: clause["state"] for clause in column["clauses"]}
