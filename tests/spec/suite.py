"""Running the suite as its users do: in a process of its own, with an exit status and what it printed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, arguments),
        cwd=cwd,
        env=_environment(variables),
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
