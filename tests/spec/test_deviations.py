"""A list of deviations excuses exactly what it names, and any difference from it fails the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec import drivers
from spec.clause import all_clauses
from spec.plan import LISTS, Plan
from spec.report import Result
from spec.settings import Settings, UsageError
from spec.verdict import Deviation, Judgement, State, check_list, judge, read_list

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = Deviation("keeps", shows="it does not", why="it cannot", link="none: not yet reported")
FLAKY = Deviation("keeps", shows="", why="now and then", link="none: not yet reported", is_flaky=True)


@pytest.mark.parametrize(
    ("level", "shown", "listed", "state", "complaint"),
    [
        ("must", None, None, State.CONFORMS, None),
        ("must", "it fails", None, State.FAILS, None),
        ("should", "it fails", None, State.WEAK, None),
        ("should", None, None, State.CONFORMS, None),
        ("must", "it does not, today", ENTRY, State.DEVIATES, None),
        ("should", "it does not", ENTRY, State.DEVIATES, None),
        ("must", "it crashes", ENTRY, State.FAILS, "listed with another message; the clause shows: it crashes"),
        ("should", "it crashes", ENTRY, State.FAILS, "listed with another message"),
        ("must", None, ENTRY, State.CONFORMS, "is listed, and the clause passes: remove the entry"),
        ("must", "anything", Deviation("keeps", "", "", ""), State.FAILS, "listed with another message"),
        ("must", None, FLAKY, State.FLAKY, None),
        ("must", "it fails", FLAKY, State.FLAKY, None),
    ],
)
def test_states_follow_from_level_message_and_list(
    level: str, shown: str | None, listed: Deviation | None, state: State, complaint: str | None
) -> None:
    verdict = judge(level, shown, listed)
    assert verdict.state is state
    if complaint is None:
        assert verdict == Judgement(state)
    else:
        assert complaint in (verdict.complaint or "")


def test_a_good_list_has_nothing_against_it() -> None:
    assert check_list([ENTRY], ["keeps"]) == []
    assert check_list([FLAKY], ["keeps"]) == []


def test_a_list_must_name_clauses_and_give_message_reason_and_link() -> None:
    found = check_list([Deviation("other", "", "", "")], ["keeps"])
    assert [line.split("]")[1].split(":")[0].strip() for line in found] == [
        "is no clause",
        "gives no reason",
        "has no link",
        "does not say what the clause shows",
    ]


def write(folder: Path, text: str) -> Path:
    path = folder / "some.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, '[a]\nshows = "x"\nwhy = " y "\nlink = "z"\n[b]\nflaky = true\nwhy = "y"\nlink = "z"\n')
    assert read_list(path) == {"a": Deviation("a", "x", "y", "z"), "b": Deviation("b", "", "y", "z", is_flaky=True)}


def test_an_entry_may_be_about_some_pythons_alone(tmp_path: Path) -> None:
    path = write(tmp_path, '[old]\npython = "<3.13"\n[new]\npython = ">=3.13"\n[all]\nwhy = "always"\n')
    assert set(read_list(path, (3, 12))) == {"old", "all"}
    assert set(read_list(path, (3, 13))) == {"new", "all"}


def test_no_file_is_an_empty_list(tmp_path: Path) -> None:
    assert read_list(tmp_path / "missing.toml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a\n", "some.toml is not TOML"),
        ('a = "b"\n', "a is no table"),
        ('[a]\nuntil = "1"\n', r"\[a\] has until, and may have shows, why, link, flaky, python"),
        ('[a]\npython = "3.13"\n', r"some.toml: python is '3.13'; write \"<3.13\" or \">=3.13\""),
        ("[a]\npython = 3.13\n", "some.toml: python is 3.13; write"),
        ("[a]\nwhy = 1\n", "shows, why and link are texts"),
        ('[a]\nflaky = "yes"\n', "flaky is true or false"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_list(write(tmp_path, text))


# The lists in the run as a whole


class Adapter:
    name, version, logger = "adapter", "1", "adapter"


class World:
    name, server, loop_factory, seed = "tcp", "none", None, None


def make_plan(lists: dict[str, Deviation]) -> Plan:
    return Plan(Settings(), all_clauses(), [Adapter()], World(), {"adapter": lists})  # type: ignore[list-item, arg-type]


def enter_all(plan: Plan, state: State = State.CONFORMS) -> None:
    for clause in plan.clauses:
        plan.enter("adapter", clause.id, Result(state), [])


def test_a_run_without_complaints_is_in_order() -> None:
    plan = make_plan({})
    enter_all(plan)
    assert plan.finish()
    assert plan.report().complete


def test_a_run_of_nothing_is_a_failure() -> None:
    plan = make_plan({})
    assert not plan.finish()
    assert plan.complaints == ["no clause ran, so nothing is known: that is a failure"]
    assert not plan.report().complete


def test_a_run_in_which_nothing_was_decided_is_a_failure() -> None:
    plan = make_plan({})
    enter_all(plan, State.NOT_RUN)
    assert not plan.finish()


def test_an_unknown_id_in_a_list_is_not_in_order() -> None:
    plan = make_plan({"nonsense": Deviation("nonsense", "x", "y", "z")})
    enter_all(plan)
    assert not plan.finish()
    assert plan.complaints == ["adapter.toml: [nonsense] is no clause"]


def test_an_entry_whose_clause_did_not_run_is_not_in_order_in_a_complete_run() -> None:
    plan = make_plan({"basic_usage": Deviation("basic_usage", "x", "y", "z")})
    enter_all(plan)
    plan.enter("adapter", "basic_usage", Result(State.NOT_RUN), [])
    assert not plan.finish()
    assert plan.complaints == ["adapter.toml: [basic_usage] is listed, and the clause did not run"]


def test_an_entry_whose_clause_was_not_asked_for_is_in_order() -> None:
    plan = make_plan({"basic_usage": Deviation("basic_usage", "x", "y", "z")})
    plan.enter("adapter", "echo_attribute", Result(State.CONFORMS), [])
    assert plan.finish()
    assert not plan.report().complete


def test_tasks_left_running_are_told_with_driver_and_clause() -> None:
    plan = make_plan({})
    plan.enter("adapter", "echo_attribute", Result(State.CONFORMS), ["wakeup"])
    assert plan.leaks == ["adapter: echo_attribute left running: wakeup"]


# The suite's own lists


def test_refpool_has_no_list() -> None:
    assert not (LISTS / "refpool.toml").exists()


# What histories find has lists of another form; test_explore.py holds those.
CLAUSE_LISTS = [path for path in sorted(LISTS.glob("*.toml")) if not path.stem.endswith(".histories")]


@pytest.mark.parametrize("path", CLAUSE_LISTS, ids=lambda path: path.stem)
def test_every_list_belongs_to_a_driver_and_names_links(path: Path) -> None:
    assert path.stem in drivers.known()
    entries = read_list(path).values()
    assert check_list(entries, [clause.id for clause in all_clauses()]) == []
    for entry in entries:
        assert entry.link.startswith(("https://", "none: "))
