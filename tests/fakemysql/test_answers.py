"""The seam itself: whoever stands between steps passes on what they are resumed with, and closes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakemysql.answers import Ok, Pause, Stepping, Woken

if TYPE_CHECKING:
    from collections.abc import Generator

    from fakemysql.answers import Step, Steps


def maker(heard: list[object]) -> Steps:
    try:
        heard.append((yield Pause(1.0, "User sleep")))
        heard.append((yield Ok(2)))
    finally:
        heard.append("closed")


def between(steps: Steps) -> Generator[Step, Woken | None, None]:
    with Stepping(steps) as each:
        for step in each:
            each.woken = yield step


def test_each_step_is_resumed_with_what_came_back_for_it() -> None:
    heard: list[object] = []
    steps = between(maker(heard))
    assert next(steps) == Pause(1.0, "User sleep")
    assert steps.send(Woken.ELAPSED) == Ok(2)
    assert list(steps) == []
    assert heard == [Woken.ELAPSED, None, "closed"]


def test_what_woke_one_step_does_not_wake_the_next() -> None:
    heard: list[object] = []
    with Stepping(maker(heard)) as each:
        next(each)
        each.woken = Woken.KILLED
        next(each)
        assert list(each) == []
    assert heard == [Woken.KILLED, None, "closed"]


def test_steps_that_are_given_up_are_closed() -> None:
    heard: list[object] = []
    steps = between(maker(heard))
    next(steps)
    steps.close()
    assert heard == ["closed"]
