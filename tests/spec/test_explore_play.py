"""A history is played the same way each time, and each rule is broken by a driver that was made to break it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spec.drivers import find
from spec.explore import RULES, Fault, History, Strike, User, Violation, Visit, replay
from spec.explore.hearing import hearing
from spec.explore.play import Play
from spec.explore.run import draw_seed, play, tell
from spec.explore.story import Story
from spec.worlds.arena import Arena

from .wayward import WAYWARD

REFPOOL = find("refpool")
ROOT = Path(__file__).parent.parent.parent
SEEDS = range(25)


def transcript(seed: int) -> str:
    """All that users, server and network do in a seed's history."""
    story = Story()
    with hearing() as heard:
        one = Play(REFPOOL, draw_seed(REFPOOL, seed), heard, story.tell)
        violation = one.run(keeps=True)
    return f"{story}\n{one.arena.timeline()}\n{violation}"


def test_a_seed_is_the_same_history_to_the_byte_each_time() -> None:
    assert [transcript(seed) for seed in SEEDS] == [transcript(seed) for seed in SEEDS]


def test_another_seed_is_another_history() -> None:
    assert len({transcript(seed) for seed in SEEDS}) == len(SEEDS)


def test_other_processes_with_other_hashes_play_the_same_history() -> None:
    program = (
        "import hashlib; from tests.spec.test_explore_play import SEEDS, transcript;"
        "print(hashlib.sha256(''.join(map(transcript, SEEDS)).encode()).hexdigest())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            text=True,
        )
        for seed in ("1", "4711")
    ]
    told = [process.communicate()[0] for process in running]
    assert told[0] == told[1] != ""
    assert [process.returncode for process in running] == [0, 0]


def test_no_history_that_was_played_stays_in_memory() -> None:
    """A destructor may bring back what it belongs to, once, and that into an older generation: hence three times."""
    with hearing() as heard:
        for seed in SEEDS:
            Play(REFPOOL, draw_seed(REFPOOL, seed), heard).run()
    for _ in range(3):
        gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, Arena)] == []


def test_what_a_story_is_told_changes_nothing() -> None:
    for seed in SEEDS:
        history = draw_seed(REFPOOL, seed)
        assert str(play(REFPOOL, history)) == str(tell(REFPOOL, history)[0])


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_looked_after(rule: str) -> None:
    make, history = WAYWARD[rule]
    violation = play(make(), history)
    assert violation is not None, "the driver that was made to break it passes"
    assert violation.rule == rule, str(violation)
    assert violation.statement == RULES[rule]


def test_a_sound_pool_keeps_the_rules_in_those_histories() -> None:
    for _, history in WAYWARD.values():
        assert play(REFPOOL, history) is None


@pytest.mark.parametrize(
    "history",
    [
        History(users=(User((Visit(do=("ask", "unread")), Visit(after=0.1))),), maxsize=1),
        History(users=(User((Visit(within=0.01),)), User((Visit(do=("hold",), form="hands"),))), maxsize=1, minsize=0),
        History(users=(User((Visit(form="hands", within=0.0),)), User((Visit(do=("hold",)),))), maxsize=1),
        History(users=(User((Visit(do=("mistake", "ask")),)),), faults=(Fault(0.0, "kill"), Fault(0.0, "reset", 3))),
        History(users=3 * (User(),), minsize=0, faults=(Fault(0.0, "refuse", 0, 1.0), Fault(0.5, "refuse", 0, 1.0))),
        History(users=3 * (User(),), minsize=0, faults=(Fault(0.0, "full", 0, 1.0), Fault(0.0, "slow", 0, 0.1))),
        History(users=(User((Visit(after=0.5),)),), minsize=0, faults=(Fault(0.018, "slow", 0, 1.0),), network="rough"),
        History(minsize=2, faults=(Fault(0.0, "deny", 0, 1.0, early=True),)),
        History(users=(User((Visit(do=("hold",)),)),), faults=(Fault(0.01, "stall", 0, 1.0), Fault(0.01, "clear"))),
        History(users=2 * (User((Visit(do=("hold",)),)),), faults=(Fault(0.01, "terminate"), Fault(0.02, "close"))),
        History(users=(User((Visit(do=("hold", "ask")),)), User(strike=Strike(1, "woken", ("release",))))),
        History(users=(User(strike=Strike(1, what=("kill", "close"))), User())),
        History(users=(User((Visit(do=("wait",)),), Strike(2, what=("clear", "terminate"))),), network="rough"),
        History(users=(User((Visit(after=3.0),)),), wait_timeout=1, autocommit=False, network="mild"),
        History(users=3 * (User((Visit(do=("ask",), form="hands"),)),), more={"acquire_timeout": 0.4}, eager=True),
        History(users=3 * (User(),), faults=(Fault(0.0, "reset"), Fault(0.0, "stall"))),
    ],
    ids=lambda one: str(one.faults or one.users[0])[:60],
)
def test_refpool_keeps_the_rules_whatever_happens(history: History) -> None:
    replay("refpool", history)


def test_a_story_says_who_did_what_when() -> None:
    history = History(users=(User((Visit(do=("ask",), after=0.5, form="hands"),)),), minsize=0, maxsize=1)
    violation, story = tell(REFPOOL, history)
    assert violation is None
    for line in (
        "   0.000000  main        create_pool(minsize=0, maxsize=1)",
        "   0.500000  user 1      acquire()",
        "   0.500000  session 1   > COM_QUERY SELECT '1.1'",
        "   0.500000  user 1      reads '1.1'",
        "   0.500000  user 1      release()",
    ):
        assert line in story.splitlines()


def test_a_replay_raises_with_the_story() -> None:
    make, history = WAYWARD["rows_are_own"]
    with pytest.raises(Violation, match=r"rows_are_own: user 1 asked for '1\.1' and read") as raised:
        replay(make(), history)
    assert "BROKEN" in raised.value.__notes__[0]


def test_a_driver_may_lack_what_is_asked_for_by_histories_alone() -> None:
    class Plain:
        name, version, logger = "plain", "1", "plain"
        create_pool, connect, query = REFPOOL.create_pool, REFPOOL.connect, REFPOOL.query

    history = History(users=(User((Visit(do=("unread",)),)),))
    assert play(Plain(), history) is None
    assert draw_seed(Plain(), 1).more == {}
