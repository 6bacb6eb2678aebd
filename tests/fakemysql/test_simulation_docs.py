"""The examples of docs/simulation.md are run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Each example with its lines on the page before it, empty, so that an error names the page's own line.
BLOCKS = [
    (TEXT.count("\n", 0, match.start(1)), match[1])
    for match in re.finditer(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
]
FILES = {name: block for _, block in BLOCKS for name in re.findall(r"\A# (\S+\.py)\n", block)}
PROGRAMS = {f"line {line}": "\n" * line + block for line, block in BLOCKS if block not in FILES.values()}


def test_the_page_has_examples() -> None:
    assert len(PROGRAMS) >= 4
    assert set(FILES) == {"conftest.py", "test_orders.py"}


@pytest.mark.parametrize("place", PROGRAMS)
def test_an_example_runs(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(PROGRAMS[place], str(PAGE), "exec"), {"__name__": "__main__"})
    assert "send" in capsys.readouterr().out or "print" not in PROGRAMS[place]


def test_the_example_for_pytest_runs(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
        "addopts = --strict-markers -p no:cacheprovider\nfilterwarnings = error\n"
    )
    for name, text in FILES.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    pytester.runpytest().assert_outcomes(passed=22)
