"""A report says the same in JSON, in Markdown and in the terminal, for every state and every width."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from spec.document import Statement
from spec.report import Column, Report, Result, summary
from spec.table import ROOM_ENOUGH, Style, render
from spec.verdict import LEGEND, State
from tests.spec.suite import PROJECT

ONE = Statement("1.1", "opens", "1. Creation", "A pool opens what it needs, and | nothing more.", "must", "A", None)
TWO = Statement("1.2", "counts_exactly", "1. Creation", "It counts.", "must", "B", None)
THREE = Statement("8.1", "survives", "8. Robustness", "It survives a cut.", "should", None, "cuts happen")
STATEMENTS = (ONE, TWO, THREE)


def make_report(*, complete: bool = True) -> Report:
    refpool = Column("refpool", "0.1.0", {one.id: Result(State.CONFORMS, None, 0.0123456789) for one in STATEMENTS})
    other = Column(
        "other",
        "12.34.567",
        {
            "opens": Result(State.DEVIATES, "it opens twice", 0.5),
            "counts_exactly": Result(State.FAILS, "it miscounts", 0.25),
            "survives": Result(State.WEAK, "it hangs", 2.5),
        },
    )
    return Report("2026.11.0", "sim", 7, "fakemysql 0.1.0", "3.11.7", STATEMENTS, [refpool, other], complete)


def test_json_has_the_documented_shape_and_order() -> None:
    content = json.loads(make_report().as_json())
    assert list(content) == ["suite", "world", "seed", "server", "python", "drivers", "complete"]
    assert content["suite"] == "2026.11.0"
    assert (content["world"], content["seed"]) == ("sim", 7)
    assert (content["server"], content["python"]) == ("fakemysql 0.1.0", "3.11.7")
    assert content["complete"] is True
    refpool, other = content["drivers"]
    assert list(refpool) == ["name", "version", "clauses"]
    assert (refpool["name"], refpool["version"]) == ("refpool", "0.1.0")
    assert refpool["clauses"][0] == {
        "id": "opens",
        "level": "must",
        "state": "conforms",
        "shown": None,
        "seconds": 0.012346,
    }
    assert [clause["state"] for clause in other["clauses"]] == ["deviates", "fails", "weak"]
    assert [clause["shown"] for clause in other["clauses"]] == ["it opens twice", "it miscounts", "it hangs"]
    assert other["clauses"][2]["level"] == "should"


def test_json_tells_what_was_not_run() -> None:
    report = make_report(complete=False)
    del report.columns[1].results["opens"]
    content = json.loads(report.as_json())
    assert content["complete"] is False
    assert content["drivers"][1]["clauses"][0] == {
        "id": "opens",
        "level": "must",
        "state": "not run",
        "shown": None,
        "seconds": 0.0,
    }


def test_the_states_are_the_documented_words() -> None:
    assert [state.value for state in State] == [
        *("conforms", "deviates", "fails", "weak", "not offered", "not run", "flaky")
    ]
    assert set(LEGEND) == set(State)


def test_markdown_has_a_row_a_statement_and_what_each_difference_shows() -> None:
    text = make_report().as_markdown()
    lines = text.splitlines()
    assert "| | statement | refpool 0.1.0 | other 12.34.567 |" in lines
    assert "| 1.1 `opens` | A pool opens what it needs, and \\| nothing more. | conforms | **deviates** |" in lines
    assert "| 8.1 `survives` | It survives a cut. *(should)* | conforms | **weak** |" in lines
    assert lines.index("## What other 12.34.567 shows") < lines.index("- 1.2 `counts_exactly`, fails: it miscounts")
    assert "## What refpool 0.1.0 shows" not in lines
    assert "Incomplete" not in text
    assert "**Incomplete:**" in make_report(complete=False).as_markdown()
    for state, meaning in LEGEND.items():
        assert state.value in text
        assert meaning in text


def test_a_summary_counts_levels_apart() -> None:
    refpool, other = make_report().columns
    assert summary(refpool, STATEMENTS) == "refpool 0.1.0: 2 of 2 conform; should: 1 of 1 conform"
    assert (
        summary(other, STATEMENTS)
        == "other 12.34.567: 0 of 2 conform, 1 deviates, 1 fails; should: 0 of 1 conform, 1 weak"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 140, 200, 400])
@pytest.mark.parametrize("has_unicode", [True, False])
def test_the_table_fits_and_never_cuts_ids_and_states(width: int, has_unicode: bool) -> None:
    text = render(make_report(), Style(width, has_unicode=has_unicode))
    rows = [line for line in text.splitlines() if line[:1].isdigit() and line.split()[1] in ("opens", "counts_exactly")]
    assert len(rows) == 2
    for row in rows:
        least = len("1.1  counts_exactly  refpool  12.34.567")
        assert len(row) <= max(min(width, ROOM_ENOUGH), least)
    assert rows[0].split()[-1] == "deviates"
    assert rows[1].split()[-1] == "fails"
    assert text.isascii() is not has_unicode
    assert ("✓" in text) is has_unicode


def test_columns_stand_below_one_another() -> None:
    lines = render(make_report(), Style(100)).splitlines()
    at = next(line for line in lines if "refpool  other" in line).index("other")
    rows = [line for line in lines if line.startswith(("1.1", "1.2", "8.1"))]
    assert [row[at:] for row in rows] == ["deviates", "fails", "weak"]
    assert [row[at - 9] for row in rows] == ["✓", "✓", "✓"]


def test_the_sentence_is_cut_before_it_is_left_out() -> None:
    wide, narrow, slim = (render(make_report(), Style(width)) for width in (120, 69, 50))
    assert "A pool opens what it needs, and | nothing more." in wide
    assert "A pool opens what it needs…" in narrow
    assert "A pool" not in slim


def test_chapters_are_headed_in_document_order() -> None:
    lines = render(make_report(), Style(100)).splitlines()
    assert lines.index("1. Creation") < lines.index("8. Robustness")


def test_the_legend_explains_what_occurs_and_nothing_else() -> None:
    text = render(make_report(), Style(100))
    assert LEGEND[State.WEAK] in text
    assert LEGEND[State.FLAKY] not in text


def test_what_the_weak_show_is_told_unless_it_was_told_in_full() -> None:
    text = render(make_report(), Style(100))
    assert "weak  other  survives: " in text
    assert "--level should" in text
    assert "--level should" not in render(make_report(), Style(100), is_should_told=True)
    report = make_report()
    del report.columns[0]
    assert "weak  survives: " in render(report, Style(100))
    del report.columns[0].results["survives"]
    assert "--level should" not in render(report, Style(100))


def test_colour_is_for_terminals_alone() -> None:
    assert "\x1b" not in render(make_report(), Style(100))
    coloured = render(make_report(), Style(100, has_colour=True))
    assert "\x1b[1;31mfails" in coloured
    assert "\x1b[33mdeviates" in coloured


def test_what_was_not_run_is_counted_and_left_out_of_the_table() -> None:
    report = make_report(complete=False)
    for column in report.columns:
        del column.results["survives"]
    text = render(report, Style(100))
    assert "survives" not in text
    assert "1 more statements were not run" in text


def test_a_table_of_nothing_is_still_a_table() -> None:
    report = Report("1", "tcp", None, "s", "3", STATEMENTS, [Column("refpool", "0.1.0")], complete=False)
    assert "3 more statements were not run" in render(report, Style(80))


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    """`python -m spec list | head -1` ends without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "spec", "list"]
    done = subprocess.run(command, cwd=PROJECT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
