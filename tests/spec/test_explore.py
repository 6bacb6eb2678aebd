"""The command explore: the same in any number of processes; a story and a test for what is found; true lists."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from spec import cli
from spec.drivers import find
from spec.explore import History, Violation
from spec.explore.command import LISTS, Progress
from spec.explore.known import Known, file_name, read_known
from spec.explore.run import Errand, Tally, draw_seed, explore, make_smaller, play
from spec.explore.story import as_test
from spec.settings import UsageError

from .race_mutants import MUTANTS

if TYPE_CHECKING:
    from pathlib import Path

EASY = next(mutant for mutant in MUTANTS if mutant.name == "CountsTheCancelledTwice")
EASY_NAME = f"tests.spec.race_mutants:driver_{EASY.name}"
ENTRY = """[acquire_ends]\nseed = 7\nshows = "user 2"\nwhy = "so"\nlink = "none: not yet reported"\n"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit status, and what was printed."""
    status = cli.main(["explore", *arguments])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_refpool_breaks_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, "--driver", "refpool", "--seeds", "60", "--start", "0", "--jobs", "1")
    assert status == 0, told
    assert "seeds 0 to 59; the same again: python -m spec explore --driver refpool --start 0" in told
    assert re.search(r"60 histories, [\d,]+ for each second of a processor", told)
    assert told.endswith("no rule was broken\n")


def test_without_a_first_seed_one_is_drawn_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    told = [run(capsys, "--seeds", "1", "--jobs", "1")[1] for _ in range(2)]
    seeds = [re.findall(r"seeds (\d+) to", one) for one in told]
    assert len(seeds[0]) == len(seeds[1]) == 1
    assert seeds[0] != seeds[1]


def test_what_comes_of_seeds_does_not_depend_on_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spec.explore.run.CHUNK", 25)
    errand = Errand("aiomysql", 0, 60, known=frozenset(read_known(LISTS / file_name("aiomysql"))))
    alone, together = (explore(errand, jobs, lambda _: None) for jobs in (1, 2))
    assert alone.failure == together.failure is None
    assert alone.played == together.played == 60
    assert alone.known == together.known
    assert alone.known.total() > 5


def test_the_first_failure_in_order_of_seeds_ends_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spec.explore.run.CHUNK", 5)
    told: list[int] = []
    start = EASY.seed - 7
    first = next(seed for seed in range(start, EASY.seed + 1) if play(EASY(), draw_seed(EASY(), seed)))
    tally = explore(Errand(EASY_NAME, start, 30), 1, lambda tally: told.append(tally.played))
    assert tally.failure is not None
    assert tally.failure[0] == first
    assert told == [*range(5, first - start, 5), first - start + 1]


def test_a_failure_is_told_and_what_is_printed_fails_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, "--driver", EASY_NAME, "--seeds", "50", "--start", str(EASY.seed), "--jobs", "1")
    assert status == 1
    assert f"seed {EASY.seed} breaks {EASY.rule}: " in told
    assert re.search(
        r"made smaller in \d+ plays: \d+ users? and \d faults? before, [123] users? and \d faults? now", told
    )
    assert "   0.000000  main        create_pool(" in told
    code = told.partition("--- the same as a test ---\n")[2].partition("as it was drawn")[0]
    module: dict[str, Any] = {}
    exec(compile(code, "printed", "exec"), module)
    with pytest.raises(Violation, match=EASY.rule):
        module[f"test_tests_spec_race_mutants_{EASY.rule}"]()


def test_one_seed_is_told_whether_it_breaks_a_rule_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, "--seed", "3", "--driver", "refpool", "--users", "1", "--maxsize", "1")
    assert status == 0
    assert "user 1      acquire()" in told
    assert "seed 3 breaks no rule" in told
    status, told = run(capsys, "--seed", str(EASY.seed), "--driver", EASY_NAME, "--no-shrink")
    assert status == 1
    assert "made smaller" not in told
    known = read_known(LISTS / file_name("aiomysql"))["acquire_ends"]
    status, told = run(capsys, "--seed", str(known.seed), "--driver", "aiomysql", "--no-shrink")
    assert status == 0
    assert known.why in told


@pytest.mark.parametrize("arguments", [("--seeds", "0"), ("--jobs", "0"), ("--driver", "nobody"), ("--users", "x")])
def test_what_cannot_be_is_refused_in_a_line(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status, told = run(capsys, *arguments)
    except SystemExit as exit:
        status, told = int(exit.code or 0), capsys.readouterr().err
    assert status == 4
    assert len(told.splitlines()) == 1


def test_progress_is_a_bar_on_a_terminal_and_some_lines_elsewhere() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        progress = Progress(100, stream)
        for played in (10, 50, 100):
            progress(Tally(played=played))
    assert terminal.getvalue().count("\r[") == 3
    assert "\r[############            ] 50 of 100, " in terminal.getvalue()
    assert terminal.getvalue().endswith(" \n")
    assert [line.split(",")[0] for line in file.getvalue().splitlines()] == ["50 of 100", "100 of 100"]


# Lists of what is known


@pytest.mark.parametrize("driver", ["aiomysql", "asyncmy"])
def test_each_entry_of_a_list_is_shown_by_its_seed(driver: str) -> None:
    known = read_known(LISTS / file_name(driver))
    assert {"closed_lends_nothing", "acquire_ends"} <= set(known)
    adapter = find(driver)
    for entry in known.values():
        assert entry.complaint(play(adapter, draw_seed(adapter, entry.seed))) is None
        assert entry.seed < 10_000
    assert all(known[rule].seed < 1_000 for rule in ("closed_lends_nothing", "acquire_ends"))


def test_refpool_has_no_list() -> None:
    assert not (LISTS / file_name("refpool")).exists()


def test_an_entry_that_is_not_true_any_more_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file_name("refpool")).write_text(ENTRY)
    monkeypatch.setenv("SPEC_DEVIATIONS", str(tmp_path))
    status, told = run(capsys, "--driver", "refpool", "--seeds", "1", "--jobs", "1")
    assert status == 1
    assert "refpool.histories.toml: [acquire_ends] is listed with seed 7, which breaks no rule" in told


def test_an_entry_names_what_its_seed_shows() -> None:
    entry = Known("acquire_ends", 7, "user 2", "so", "none")
    assert entry.complaint(Violation("acquire_ends", "user 2 waits")) is None
    assert "something else: acquire_ends: user 1" in str(entry.complaint(Violation("acquire_ends", "user 1 waits")))
    assert "something else: calls_end" in str(entry.complaint(Violation("calls_end", "user 2 waits")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is not TOML"),
        (ENTRY.replace("acquire_ends", "acquire_begins"), "is no rule"),
        (ENTRY.replace("seed", "sead"), "is a table of seed, shows"),
        (ENTRY.replace("7", '"7"'), "names no seed"),
        (ENTRY.replace('"so"', '""'), "does not say why"),
        ("acquire_ends = 5", "is a table of"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "some.histories.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        read_known(path)


def test_no_list_is_an_empty_one_and_entries_may_be_about_some_pythons(tmp_path: Path) -> None:
    path = tmp_path / "some.histories.toml"
    assert read_known(path) == {}
    path.write_text(f'{ENTRY}python = "<3.0"\n')
    assert read_known(path) == {}
    path.write_text(ENTRY)
    assert read_known(path)["acquire_ends"].seed == 7


def test_a_test_imports_what_it_names() -> None:
    text = as_test("x", "refpool", History(), Violation("acquire_ends", "somebody waits"), "poolspec")
    assert text.startswith("from poolspec.explore import History, User, replay\n")


def test_made_smaller_is_the_same_each_time() -> None:
    history = draw_seed(EASY(), EASY.seed)
    first = make_smaller(EASY(), history, EASY.rule)
    assert first == make_smaller(EASY(), history, EASY.rule)
    assert len(first[0].users) < len(history.users)
