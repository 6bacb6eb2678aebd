"""Faults: when a plan strikes, and what each action does to a conversation."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from fakemysql.answers import Woken
from fakemysql.effects import FLUSH, Close, CutOutput, Hangup, Wait
from fakemysql.faults import (
    FITS,
    Action,
    Certificate,
    Cut,
    Delay,
    Duplicate,
    Fail,
    Faults,
    Garble,
    Gate,
    Hook,
    Occasion,
    Refuse,
    Reset,
    Segments,
    Send,
    Stall,
    Throttle,
    WrongInteger,
)
from fakemysql.packets import ErrPacket
from fakemysql.transcript import ClosedBy, FaultFired, SentUnasked
from tests.fakemysql.doubles import Dialogue

FIN = Close(Hangup.FIN, ClosedBy.FAULT)
RST = Close(Hangup.RST, ClosedBy.FAULT)


def command(text: str = "", *, connection_id: int = 1, user: str = "root", name: str = "COM_QUERY") -> Occasion:
    return Occasion(Hook.COMMAND, connection_id, user, name, text)


# ----------------------------------------------------------------------------------------------------------- the plan


def test_a_fault_fires_once_unless_it_is_told_otherwise() -> None:
    plan = Faults()
    once, twice, always = (plan.arm(Cut(), at=Hook.COMMAND, times=times) for times in (1, 2, None))
    struck = [plan.strike(command()) for _ in range(4)]
    assert struck == [[once, twice, always], [twice, always], [always], [always]]
    assert (once.fired, twice.fired, always.fired) == (1, 2, 4)
    assert plan.armed == [always]


def test_nth_counts_the_occasions_that_fit() -> None:
    plan = Faults()
    fault = plan.arm(Cut(), at=Hook.COMMAND, matching="SELECT*", nth=2)
    assert [bool(plan.strike(command(text))) for text in ("SELECT 1", "SET x", "SELECT 2", "SELECT 3")] == [
        False,
        False,
        True,
        False,
    ]
    assert fault.is_spent


@pytest.mark.parametrize(
    ("matching", "fits", "fits_not"),
    [
        ("commit", "COMMIT", "COMMIT AND CHAIN"),
        ("SELECT * FROM t[1]*", "select a,\nb from T[1] where x", "SELECT 1"),
        (re.compile(r"t\d"), "SELECT * FROM t7", "SELECT * FROM t"),
        (lambda text: len(text) == 3, "abc", "abcd"),
    ],
)
def test_a_statement_is_matched_by_text_pattern_or_function(matching: object, fits: str, fits_not: str) -> None:
    plan = Faults()
    plan.arm(Cut(), at=Hook.COMMAND, matching=matching, times=None)  # type: ignore[arg-type]
    assert plan.strike(command(fits_not)) == []
    assert len(plan.strike(command(fits))) == 1


def test_a_fault_keeps_to_its_connection_its_user_its_command_and_its_hook() -> None:
    plan = Faults()
    fault = plan.arm(Cut(), at=Hook.COMMAND, connection_id=2, user="app", command="COM_PING")
    for other in (
        command(connection_id=1, user="app", name="COM_PING"),
        command(connection_id=2, user="root", name="COM_PING"),
        command(connection_id=2, user="app", name="COM_QUERY"),
        Occasion(Hook.ANSWER, 2, "app", "COM_PING"),
    ):
        assert plan.strike(other) == []
    assert plan.strike(command(connection_id=2, user="app", name="COM_PING")) == [fault]


def test_the_faults_that_never_fired_can_be_listed_and_are_readable() -> None:
    plan = Faults()
    fired = plan.arm(Cut(), at=Hook.COMMAND)
    missed = plan.arm(Reset(), at=Hook.ROWS, after_rows=3, nth=2, matching="SELECT*")
    plan.strike(command())
    assert plan.never_fired == [missed]
    assert str(missed) == "Reset(after_bytes=0) at ROWS, matching='SELECT*', after_rows=3, nth=2"
    assert repr(fired) == "<Fault Cut(after_bytes=0) at COMMAND: fired 1, wanted 1 times>"
    assert "every time" in repr(plan.arm(Cut(), at=Hook.LOGIN, times=None))
    plan.disarm(missed)
    plan.disarm(fired)
    assert plan.never_fired == [fault for fault in plan.armed if fault.times is None]
    plan.clear()
    assert not plan.armed
    assert not plan.expects(Hook.COMMAND)


@pytest.mark.parametrize(
    ("action", "options", "words"),
    [
        (Cut(), {"at": Hook.COMMAND, "nth": 0}, "count from 1; got nth=0"),
        (Cut(), {"at": Hook.COMMAND, "times": 0}, "times=0"),
        (
            Cut(),
            {"at": Hook.COMMAND, "after_rows": 1},
            r"after_rows has no meaning at Hook\.COMMAND .*; it has at ROWS$",
        ),
        (Cut(5), {"at": Hook.IDLE}, r"use it at CONNECT, LOGIN, .*, not at Hook\.IDLE"),
        (Cut(-5), {"at": Hook.COMMAND}, "after_bytes counts from 0"),
        (Reset(5), {"at": Hook.CLOSE}, "cuts inside of what is due"),
        (Segments(0), {"at": Hook.CONNECT}, "size is 0, but the least is 1"),
        (Segments((3, 0)), {"at": Hook.CONNECT}, "size is 0"),
        (Segments(()), {"at": Hook.CONNECT}, "at least one size"),
        (Delay(-1), {"at": Hook.CONNECT}, "seconds is -1, but the least is 0"),
        (Garble(count=0), {"at": Hook.ANSWER}, "count is 0, but the least is 1"),
        (Throttle(0), {"at": Hook.CONNECT}, "more than 0 bytes a second"),
        (Throttle(1, "up"), {"at": Hook.CONNECT}, "toward one of both, client, server"),
        (Certificate("expired"), {"at": Hook.TLS}, "there is 'wrong-name', or an ssl"),
        (Fail(1, "HY000", "", sequence=256), {"at": Hook.COMMAND}, "a sequence number is 0 to 255"),
        (Refuse(), {"at": Hook.COMMAND}, r"Refuse fits LISTEN; at COMMAND fit Delay, Stall, Cut"),
        (Stall, {"at": Hook.COMMAND}, "is no action; there are Delay, Stall"),
        (Cut(), {"at": Hook.CONNECT, "matching": "x"}, "matching has no meaning at Hook.CONNECT"),
        (Cut(), {"at": Hook.GREETED, "user": "root"}, "user has no meaning at Hook.GREETED"),
        (Delay(1), {"at": Hook.LISTEN, "connection_id": 1}, "connection_id has no meaning at Hook.LISTEN"),
        (Cut(), {"at": Hook.COMMAND, "closed_by": ClosedBy.QUIT}, "it has at CLOSE"),
        (Cut(), {"at": Hook.IDLE, "after_seconds": -1}, "after_seconds=-1: it counts from 0"),
        (Cut(), {"at": Hook.COMMAND, "probability": 0}, "more than 0, and 1 at most"),
        (Cut(), {"at": Hook.COMMAND, "every": 0}, "count from 1; got nth=1, every=0"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_when_it_is_made(
    action: Action, options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Faults().arm(action, **options)  # type: ignore[arg-type]


def test_a_gate_lets_through_who_waits_and_who_comes_later() -> None:
    gate, through = Gate(), []
    gate.when_open(lambda: through.append("waited"))
    forgotten = lambda: through.append("forgotten")  # noqa: E731 - the same object is needed twice
    gate.when_open(forgotten)
    gate.forget(forgotten)
    gate.forget(forgotten)
    assert repr(gate) == "<Gate shut, 1 waiting>"
    gate.open()
    gate.when_open(lambda: through.append("late"))
    assert through == ["waited", "late"]
    assert repr(gate) == "<Gate open>"


# ---------------------------------------------------------------------------------------------------- what they do


def struck(dialogue: Dialogue) -> int:
    return len(dialogue.transcript.all(FaultFired))


@pytest.mark.parametrize(("action", "end"), [(Cut(), FIN), (Reset(), RST)])
def test_a_connection_ends_before_a_word_is_said(action: Action, end: Close) -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(action, at=Hook.CONNECT)
    assert dialogue.advance() == [end]
    assert dialogue.heard() == []


def test_a_connect_is_delayed_and_then_goes_on() -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Delay(1.5), at=Hook.CONNECT)
    assert dialogue.advance() == [FLUSH, Wait(1.5)]
    assert dialogue.heard() == []
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.log_in()
    assert struck(dialogue) == 1


def test_a_login_stalls_until_the_gate_opens() -> None:
    dialogue, gate = Dialogue(), Gate()
    dialogue.faults.arm(Stall(gate), at=Hook.LOGIN)
    assert dialogue.log_in() == []
    assert dialogue.waits() == Wait(None, gate)
    dialogue.conversation.awaken()
    assert dialogue.advance() == [], "only the gate ends it, not what would wake a statement"
    dialogue.conversation.resume(Woken.AWAKENED)
    dialogue.advance()
    assert len(dialogue.heard()) == 1


def test_an_open_gate_stalls_nobody() -> None:
    dialogue, gate = Dialogue(), Gate()
    gate.open()
    dialogue.faults.arm(Stall(gate), at=Hook.WELCOME)
    assert len(dialogue.log_in()) == 1


def test_a_client_that_gives_up_a_stalled_connection_ends_it() -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Stall(), at=Hook.CONNECT)
    dialogue.advance()
    dialogue.conversation.client_has_gone()
    assert dialogue.advance() == [Close(Hangup.FIN, ClosedBy.EOF)]
    before = Dialogue()
    before.faults.arm(Stall(), at=Hook.CONNECT)
    before.conversation.client_has_gone()
    assert before.advance()[-1] == Close(Hangup.FIN, ClosedBy.EOF)


@pytest.mark.parametrize("hook", [Hook.LOGIN, Hook.WELCOME])
def test_a_login_is_answered_with_an_error_and_ends(hook: Hook) -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Fail(1045, "28000", "no"), at=hook, user="root")
    assert dialogue.log_in() == [(2, ErrPacket(1045, "28000", b"no").serialize())]
    assert dialogue.effects == [FIN]


def test_a_connect_is_answered_with_an_error_in_place_of_the_greeting() -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Fail(1129, "HY000", "Host is blocked"), at=Hook.CONNECT)
    dialogue.advance()
    assert dialogue.heard() == [(0, b"\xff\x69\x04Host is blocked")]


def test_a_command_fails_unexecuted_and_the_next_is_answered() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Fail(1205, "HY000", "Lock wait timeout"), at=Hook.COMMAND, matching="SELECT*")
    assert dialogue.say(b"\x03SELECT 1") == [(1, ErrPacket(1205, "HY000", b"Lock wait timeout").serialize())]
    assert dialogue.engine.closed_steps == 0
    assert len(dialogue.say(b"\x03SELECT 1")) == 5


def test_an_error_with_an_end() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Fail(1053, "08S01", "Server shutdown in progress", closes=True), at=Hook.COMMAND)
    assert dialogue.say(b"\x0e") == [(1, ErrPacket(1053, "08S01", b"Server shutdown in progress").serialize())]
    assert dialogue.effects == [FIN]


@pytest.mark.parametrize(("hook", "carried_out"), [(Hook.COMMAND, 0), (Hook.ANSWER, 1)])
def test_cutting_at_the_command_leaves_it_undone_and_at_the_answer_leaves_it_done(hook: Hook, carried_out: int) -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Cut(), at=hook, matching="SET*")
    assert dialogue.say(b"\x03SET x") == []
    assert dialogue.effects == [FIN]
    assert dialogue.engine.closed_steps == carried_out


@pytest.mark.parametrize("payload", [b"\x03SELECT 1", b"\x0e", b"\x09"])
@pytest.mark.parametrize(("action", "end"), [(Cut(6), FIN), (Reset(6), RST)])
def test_an_answer_is_cut_after_so_many_bytes(payload: bytes, action: Action, end: Close) -> None:
    whole = Dialogue().ready()
    whole.conversation.receive(len(payload).to_bytes(4, "little") + payload)
    whole.advance()
    dialogue = Dialogue().ready()
    dialogue.faults.arm(action, at=Hook.ANSWER)
    dialogue.conversation.receive(len(payload).to_bytes(4, "little") + payload)
    assert dialogue.advance()[-1] == end
    assert dialogue.wire == whole.wire[:6]


def test_an_answer_that_is_shorter_than_the_cut_is_sent_whole() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Cut(1000), at=Hook.ANSWER)
    assert len(dialogue.say(b"\x0e")) == 1
    assert dialogue.effects[-1] == FIN


def test_a_cut_deep_inside_a_large_answer() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Cut(200_000), at=Hook.ANSWER)
    dialogue.conversation.receive(b"\x0d\0\0\0\x03SELECT 50000")
    dialogue.advance()
    assert len(dialogue.wire) == 200_000
    assert dialogue.effects[-1] == FIN


@pytest.mark.parametrize("rows", [0, 1, 3, 700, 1000])
def test_a_result_breaks_off_after_so_many_rows(rows: int) -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Cut(), at=Hook.ROWS, after_rows=rows)
    answers = dialogue.say(b"\x03SELECT 1000")
    assert len(answers) == 3 + rows
    assert dialogue.effects[-1] == FIN


def test_an_error_in_the_middle_of_a_result_numbers_on() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Fail(1317, "70100", "Query execution was interrupted"), at=Hook.ROWS, after_rows=2)
    answers = dialogue.say(b"\x03SELECT 5")
    assert answers[5] == (6, ErrPacket(1317, "70100", b"Query execution was interrupted").serialize())
    assert len(answers) == 6
    assert len(dialogue.say(b"\x0e")) == 1


def test_rows_come_in_parts_with_a_pause_between() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Delay(1), at=Hook.ROWS, after_rows=2)
    assert len(dialogue.say(b"\x03SELECT 5")) == 5
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    assert len(dialogue.heard()) == 4


def test_bytes_that_nobody_asked_for_come_before_and_behind_an_answer() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Send(b"\x01\x00\x00\x09x"), at=Hook.COMMAND)
    dialogue.faults.arm(Send(b"\x01\x00\x00\x08y"), at=Hook.ANSWERED)
    assert [number for number, _ in dialogue.say(b"\x0e")] == [9, 1, 8]
    assert [event.data for event in dialogue.transcript.all(SentUnasked)] == [
        b"\x01\x00\x00\x09x",
        b"\x01\x00\x00\x08y",
    ]


def test_an_error_behind_an_answer_answers_nothing() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Fail(4031, "HY000", "idle"), at=Hook.ANSWERED)
    answers = dialogue.say(b"\x0e")
    assert [payload[0] for _, payload in answers] == [0x00, 0xFF]
    assert len(dialogue.say(b"\x0e")) == 1


def test_from_now_on_in_small_pieces() -> None:
    dialogue = Dialogue()
    dialogue.faults.arm(Segments(3), at=Hook.CONNECT)
    assert dialogue.advance() == [FLUSH, CutOutput((3,))]


def test_two_faults_on_one_occasion_both_happen() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Delay(1), at=Hook.COMMAND)
    dialogue.faults.arm(Cut(), at=Hook.COMMAND)
    dialogue.say(b"\x0e")
    assert dialogue.waits() == Wait(1)
    dialogue.conversation.resume(Woken.ELAPSED)
    assert dialogue.advance() == [FIN]
    assert struck(dialogue) == 2


def test_kill_query_reaches_a_statement_that_a_fault_delays() -> None:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(Delay(1), at=Hook.COMMAND)
    dialogue.say(b"\x03SELECT 1")
    dialogue.conversation.kill_query(by=None)
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    [(number, payload)] = dialogue.heard()
    assert (number, ErrPacket.parse(payload).code) == (1, 1317)


# ------------------------------------------------------------------------------------------------- the documentation


def documented() -> str:
    return (Path(__file__).parents[2] / "docs" / "faults.md").read_text()


@pytest.mark.parametrize("hook", Hook, ids=lambda hook: hook.name)
def test_every_place_and_what_fits_there_is_documented(hook: Hook) -> None:
    assert f"| `{hook.name}` | {hook.value} |" in documented()
    fits = " | ".join("x" if hook in hooks else "" for hooks in FITS.values())
    assert f"| `{hook.name}` | {fits} |" in documented()


def test_every_action_is_documented_with_its_arguments() -> None:
    heads = " | ".join(f"`{kind.__name__}`" for kind in FITS)
    assert f"| | {heads} |" in documented()
    for kind in FITS:
        arguments = ", ".join(field.name for field in dataclasses.fields(kind))
        assert f"| `{kind.__name__}({arguments})` | " in documented()


# ------------------------------------------------------------------------------------------------------- the occasions


def test_every_counts_from_the_nth() -> None:
    plan = Faults()
    plan.arm(Cut(), at=Hook.COMMAND, nth=2, every=3)
    assert [len(plan.strike(command())) for _ in range(9)] == [0, 1, 0, 0, 1, 0, 0, 1, 0]


def test_chance_follows_from_the_seed() -> None:
    def struck(seed: int | None, plan_seed: int = 0) -> list[int]:
        plan = Faults(plan_seed)
        plan.arm(Cut(), at=Hook.COMMAND, probability=0.3, seed=seed)
        return [len(plan.strike(command())) for _ in range(200)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert struck(None) == struck(None)
    assert struck(None) != struck(None, plan_seed=1)
    assert 40 < sum(struck(1)) < 80


def test_a_fault_is_over_when_its_gate_opens() -> None:
    plan, gate = Faults(), Gate()
    fault = plan.arm(Cut(), at=Hook.COMMAND, until=gate)
    assert [len(plan.strike(command())) for _ in range(3)] == [1, 1, 1]
    gate.open()
    assert plan.strike(command()) == []
    assert fault.is_spent
    assert not plan.live


def test_a_function_may_judge_the_occasion() -> None:
    plan = Faults()
    plan.arm(Cut(), at=Hook.COMMAND, when=lambda occasion: occasion.connection_id % 2 == 0, nth=2)
    assert [len(plan.strike(command(connection_id=number))) for number in range(1, 7)] == [0, 0, 0, 1, 0, 0]


def test_an_end_is_known_by_who_ends_it() -> None:
    plan = Faults()
    plan.arm(Reset(), at=Hook.CLOSE, closed_by=ClosedBy.QUIT)
    assert plan.strike(Occasion(Hook.CLOSE, 1, closed_by=ClosedBy.EOF)) == []
    assert len(plan.strike(Occasion(Hook.CLOSE, 1, closed_by=ClosedBy.QUIT))) == 1


def test_who_missed_is_said_in_words() -> None:
    plan = Faults()
    plan.assert_all_fired()
    plan.arm(Cut(), at=Hook.COMMAND, nth=3, matching="SELECT*")
    plan.strike(command("SELECT 1"))
    with pytest.raises(AssertionError, match=r"1 of 1 faults never fired:\n  Cut.*nth=3 \(1 occasions fitted\)"):
        plan.assert_all_fired()


# --------------------------------------------------------------------------------------------------------- distortions


def result_with(action: Action, **options: object) -> list[tuple[int, bytes]]:
    dialogue = Dialogue().ready()
    dialogue.faults.arm(action, at=Hook.ANSWER, **options)  # type: ignore[arg-type]
    return dialogue.say(b"\x03SELECT 2")


def test_one_packet_in_the_middle_comes_twice() -> None:
    numbers = [number for number, _ in result_with(Duplicate(packet=3))]
    assert numbers == [1, 2, 3, 4, 4, 5, 6]
    assert [number for number, _ in result_with(Duplicate(packet=77))] == [1, 2, 3, 4, 5, 6]


def test_what_holds_no_integer_stays_as_it_is() -> None:
    undisturbed = Dialogue().ready().say(b"\x03SELECT 2")
    assert result_with(WrongInteger(packet=2)) == undisturbed, "an EOF"
    dialogue = Dialogue().ready()
    dialogue.faults.arm(WrongInteger(), at=Hook.ANSWER)
    assert dialogue.say(b"\x03nonsense") == Dialogue().ready().say(b"\x03nonsense"), "an ERR"


def test_a_garbled_packet_is_garbled_as_often_as_it_can_be() -> None:
    (_, before), *_ = Dialogue().ready().say(b"\x03SELECT 2")
    (_, after), *_ = result_with(Garble(count=1000, packet=0), seed=3)
    assert len(after) == len(before)
    assert all(old != new for old, new in zip(before, after, strict=True))
