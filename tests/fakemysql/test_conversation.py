"""The server's side of one connection, driven by hand: phases, logins, commands, answers, ends."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.answers import Failure, Wake, Woken
from fakemysql.constants import (
    CLIENT_CONNECT_ATTRS,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PROTOCOL_41,
    CLIENT_SSL,
    SERVER_MORE_RESULTS_EXISTS,
)
from fakemysql.conversation import TRANSITIONS, Event, Phase
from fakemysql.effects import FLUSH, Close, Hangup, KillOther, Wait, WakeOther
from fakemysql.faults import Delay, Fail, Hook
from fakemysql.packets import (
    AuthSwitchRequest,
    ComChangeUser,
    EofPacket,
    ErrPacket,
    HandshakeResponse41,
    OkPacket,
    SSLRequest,
    TextRow,
)
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona
from fakemysql.rows import Precoded
from fakemysql.transcript import (
    Closed,
    ClosedBy,
    CommandReceived,
    Killed,
    LoginReceived,
    Replied,
    ReplyKind,
    SessionReset,
    StatementClosed,
)
from tests.fakemysql.doubles import CAPABILITIES, NONCE, Dialogue, SmallEngine

BOTH = pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
FIN_BY_CLIENT = Close(Hangup.FIN, ClosedBy.EOF)


def errors(answers: list[tuple[int, bytes]]) -> list[tuple[int, int, str | None, str]]:
    """(number, code, SQLSTATE, text) of each answer, which must all be errors."""
    found = []
    for number, payload in answers:
        packet = ErrPacket.parse(payload)
        found.append((number, packet.code, packet.sqlstate, packet.message.decode()))
    return found


def closed_by(dialogue: Dialogue) -> ClosedBy:
    event = dialogue.transcript.events[-1]
    assert isinstance(event, Closed)
    assert dialogue.conversation.is_over
    return event.by


# ------------------------------------------------------------------------------------------------------------- phases


def test_every_pair_of_phase_and_event_is_in_the_table_or_is_refused() -> None:
    """What ends, ends for good; nothing is answered before it was asked."""
    for phase, event in itertools.product(Phase, Event):
        follows = TRANSITIONS.get((phase, event))
        if event is Event.ENDED:
            assert follows is (None if phase is Phase.CLOSED else Phase.CLOSED)
        elif phase is Phase.CLOSED:
            assert follows is None
        elif event is Event.COMMAND_CAME:
            assert (follows is Phase.BUSY) == (phase is Phase.READY)
    assert {phase for phase, _ in TRANSITIONS} == set(Phase) - {Phase.CLOSED}
    assert set(TRANSITIONS.values()) == set(Phase) - {Phase.CONNECTED}


def test_an_event_that_cannot_come_names_itself_and_the_phase() -> None:
    dialogue = Dialogue()
    with pytest.raises(AssertionError, match=r"COMMAND_CAME cannot come in Phase\.CONNECTED"):
        dialogue.conversation._move(Event.COMMAND_CAME)


def test_a_connection_passes_through_its_phases() -> None:
    dialogue = Dialogue()
    phases = [dialogue.conversation.phase]
    dialogue.advance()
    phases.append(dialogue.conversation.phase)
    dialogue = Dialogue()
    dialogue.log_in()
    phases.append(dialogue.conversation.phase)
    dialogue.say(b"\x03SLEEP")
    phases.append(dialogue.conversation.phase)
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    phases.append(dialogue.conversation.phase)
    dialogue.say(b"\x01")
    phases.append(dialogue.conversation.phase)
    assert phases == [Phase.CONNECTED, Phase.GREETED, Phase.READY, Phase.BUSY, Phase.READY, Phase.CLOSED]


# ------------------------------------------------------------------------------------------------------------- logins


@BOTH
def test_the_greeting_is_the_personas(persona: Persona) -> None:
    greeting = Dialogue(persona=persona).greet()
    assert greeting.connection_id == 7
    assert greeting.nonce == NONCE
    assert greeting.server_version == persona.greeting_version
    assert greeting.capabilities == persona.capabilities
    assert greeting.auth_plugin == persona.default_auth_plugin
    assert greeting.status == 2
    assert not greeting.capabilities & CLIENT_SSL, "what is not offered yet is not advertised"


@BOTH
def test_a_login_is_answered_with_the_sessions_status(persona: Persona) -> None:
    dialogue = Dialogue(persona=persona)
    answers = dialogue.log_in()
    assert answers[-1] == (answers[-1][0], bytes.fromhex("00000002000000"))
    assert dialogue.conversation.user == "root"
    [login] = dialogue.transcript.all(LoginReceived)
    assert (login.user, login.database, login.attributes) == ("root", None, {"who": "me"})
    session = dialogue.conversation.session
    assert session is not None
    assert session.login.capabilities == persona.capabilities & CAPABILITIES


def test_a_password_is_acknowledged_before_the_ok() -> None:
    assert Dialogue().log_in("app", "s3cret") == [(2, b"\x01\x03"), (3, bytes.fromhex("00000002000000"))]


def test_a_switch_takes_two_numbers_more() -> None:
    dialogue = Dialogue(persona=MARIADB_10_11)
    answers = dialogue.log_in(plugin="caching_sha2_password")
    assert AuthSwitchRequest.parse(answers[0][1]) == AuthSwitchRequest("mysql_native_password", NONCE)
    assert answers[1] == (4, bytes.fromhex("00000002000000"))


@pytest.mark.parametrize(
    ("user", "password", "database", "error"),
    [
        ("app", "", None, (2, 1045, "28000", "Access denied for user 'app'@'localhost' (using password: NO)")),
        ("root", "", "nosuch", (2, 1049, "42000", "Unknown database 'nosuch'")),
    ],
)
def test_after_a_refused_login_nothing_is_answered_any_more(
    user: str, password: str, database: str | None, error: tuple[int, int, str, str]
) -> None:
    dialogue = Dialogue()
    assert errors(dialogue.log_in(user, password, database=database)) == [error]
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.REFUSED)]
    assert closed_by(dialogue) is ClosedBy.REFUSED
    assert dialogue.say(b"\x0e") == []
    assert dialogue.engine.open == {}


@pytest.mark.parametrize(
    ("payload", "sqlstate"),
    [
        (b"", "08S01"),
        (b"\x01", "08S01"),
        (b"\x00\x00\x00\x00xxxx", None),
        (b"\x00\x02\x00\x00xxxx", "08S01"),
        (SSLRequest(CLIENT_SSL | CLIENT_PROTOCOL_41, 0, 45).serialize(), "08S01"),
        (HandshakeResponse41(CLIENT_PROTOCOL_41, 0, 8, "u", b"").serialize()[:-3], "08S01"),
    ],
    ids=["nothing", "one byte", "before 4.1", "too short", "TLS that was not offered", "cut short"],
)
def test_a_response_that_is_none_is_a_bad_handshake(payload: bytes, sqlstate: str | None) -> None:
    dialogue = Dialogue()
    dialogue.greet()
    [(number, body)] = dialogue.say(payload, 1)
    assert number == 2
    assert ErrPacket.parse(body, protocol_41=sqlstate is not None) == ErrPacket(1043, sqlstate, b"Bad handshake")
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.REFUSED)]


def test_a_client_turned_away_sees_an_error_without_sqlstate_in_place_of_the_greeting() -> None:
    dialogue = Dialogue()
    dialogue.conversation.turn_away(Failure(1040, "08004", "Too many connections"))
    dialogue.advance()
    assert dialogue.heard() == [(0, b"\xff\x10\x04Too many connections")]
    assert closed_by(dialogue) is ClosedBy.REFUSED


# ----------------------------------------------------------------------------------------------------------- commands

OK = bytes.fromhex("00000002000000")


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b"\x0e", OK),
        (b"\x1f", OK),
        (b"\x02test", OK),
        (b"\x1b\x00\x00", b"\xfe\x00\x00\x02\x00"),
        (b"\x09", b"Uptime: 1"),
        (b"\x02nosuch", b"\xff\x19\x04#42000Unknown database 'nosuch'"),
        (b"\x1b\x05\x00", b"\xff\x17\x04#08S01Unknown command"),
        (b"\x50", b"\xff\x17\x04#08S01Unknown command"),
        (b"\x00", b"\xff\x17\x04#08S01Unknown command"),
        (b"", b"\xff\x17\x04#08S01Unknown command"),
    ],
)
def test_a_command_is_answered_in_one_packet_numbered_one(payload: bytes, answer: bytes) -> None:
    dialogue = Dialogue().ready()
    assert dialogue.say(payload) == [(1, answer)]
    assert dialogue.say(b"\x0e") == [(1, OK)], "and the next command is answered, too"


def test_under_deprecate_eof_an_eof_is_an_ok_in_disguise() -> None:
    dialogue = Dialogue().ready(deprecate_eof=True)
    assert dialogue.say(b"\x1b\x00\x00") == [(1, OkPacket(2, ends_result_set=True).serialize())]


@BOTH
def test_an_option_that_is_cut_short_is_malformed(persona: Persona) -> None:
    dialogue = Dialogue(persona=persona).ready()
    assert errors(dialogue.say(b"\x1b\x05")) == [(1, *persona.malformed_command)]


def test_quit_is_not_answered() -> None:
    dialogue = Dialogue().ready()
    assert dialogue.say(b"\x01") == []
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.QUIT)]
    assert dialogue.engine.open == {}


def test_pipelined_commands_are_answered_in_order_each_from_number_one() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.receive(
        b"\x01\0\0\0\x1f" + b"\x05\0\0\0\x03SET" + b" " + b"\x01\0\0\0\x0e" + b"\x01\0\0\0\x01"
    )
    dialogue.advance()
    assert [number for number, _ in dialogue.heard()] == [1, 1, 1]
    assert closed_by(dialogue) is ClosedBy.QUIT


def test_what_is_pipelined_behind_a_wait_waits_with_it() -> None:
    dialogue = Dialogue().ready()
    assert dialogue.say(b"\x03SLEEP") == []
    assert dialogue.say(b"\x0e") == []
    assert dialogue.conversation.unread_bytes == 5
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    assert [number for number, _ in dialogue.heard()] == [1, 2, 3, 4, 5, 1]


@BOTH
def test_a_reset_wakes_those_who_waited_for_its_locks(persona: Persona) -> None:
    dialogue = Dialogue(persona=persona).ready()
    assert dialogue.say(b"\x1f") == [(1, OK)]
    assert dialogue.effects == [WakeOther(77)]


# -------------------------------------------------------------------------------------------------------- change user


def change_user(user: str = "root", database: str = "") -> bytes:
    return ComChangeUser(user, b"", database, 45, "mysql_native_password").serialize(
        CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS
    )


@BOTH
def test_change_user_switches_first_and_numbers_on(persona: Persona) -> None:
    dialogue = Dialogue(persona=persona).ready()
    [(number, switch)] = dialogue.say(change_user())
    assert number == 1
    assert AuthSwitchRequest.parse(switch).plugin == persona.default_auth_plugin
    assert dialogue.conversation.phase is Phase.AUTHENTICATING
    assert dialogue.say(b"", 2) == [(3, OK)]
    assert dialogue.effects == [WakeOther(78)]
    assert dialogue.say(b"\x0e") == [(1, OK)]


@pytest.mark.parametrize(("persona", "repeats"), [(MARIADB_10_11, True), (MYSQL_9_7, False)])
def test_change_user_repeats_the_nonce_of_the_greeting_or_draws_one(persona: Persona, repeats: bool) -> None:
    dialogue = Dialogue(persona=persona).ready()
    fresh = b"another nonce of 20."
    dialogue.conversation.surroundings = replace(dialogue.surroundings, nonce=lambda: fresh)
    [(_, switch)] = dialogue.say(change_user())
    assert AuthSwitchRequest.parse(switch).data == (NONCE if repeats else fresh)


@pytest.mark.parametrize("how", ["unknown user", "unknown database", "malformed"])
def test_a_refused_change_user_ends_the_connection_on_mysql(how: str) -> None:
    dialogue = Dialogue(persona=MYSQL_9_7).ready()
    _refused(dialogue, how)
    assert closed_by(dialogue) is ClosedBy.REFUSED


@pytest.mark.parametrize("how", ["unknown user", "unknown database", "malformed"])
def test_on_mariadb_the_old_user_goes_on_three_times(how: str) -> None:
    dialogue = Dialogue(persona=MARIADB_10_11).ready()
    for _ in range(3):
        _refused(dialogue, how)
        assert dialogue.conversation.user == "root"
        assert dialogue.say(b"\x0e") == [(1, OK)]
    assert errors(dialogue.say(change_user())) == [(1, 1047, "08S01", "Unknown command")]
    assert dialogue.say(b"\x0e") == [(1, OK)]


def test_a_refusal_on_mariadb_closes_prepared_statements() -> None:
    """And tells observers that the session has started afresh."""
    dialogue = Dialogue(persona=MARIADB_10_11).ready()
    dialogue.say(b"\x16SELECT 1")
    _refused(dialogue, "unknown user")
    assert [reset.how for reset in dialogue.transcript.all(SessionReset)] == ["change user"]
    assert len(dialogue.transcript.all(StatementClosed)) == 1


def _refused(dialogue: Dialogue, how: str) -> None:
    if how == "malformed":
        assert errors(dialogue.say(b"\x11\x05")) == [(1, 1047, "08S01", "Unknown command")]
        return
    unknown = how == "unknown user"
    dialogue.say(change_user("nobody") if unknown else change_user(database="nosuch"))
    [(number, code, _, _)] = errors(dialogue.say(b"", 2))
    assert (number, code) == (3, 1045 if unknown else 1049)


# ------------------------------------------------------------------------------------------------------------ answers


def test_a_result_set_has_its_packets_in_order_with_eofs() -> None:
    dialogue = Dialogue().ready()
    answers = dialogue.say(b"\x03SELECT 2")
    assert [number for number, _ in answers] == [1, 2, 3, 4, 5, 6]
    assert answers[0][1] == b"\x01"
    assert answers[2][1] == EofPacket(2).serialize()
    assert [payload for _, payload in answers[3:5]] == [b"\x010", b"\x011"]
    assert answers[5][1] == EofPacket(2, 1).serialize()
    [*_, reply] = dialogue.transcript.all(Replied)
    assert (reply.kind, reply.rows, reply.status) == (ReplyKind.ROWS, 2, 2)


def test_a_result_set_under_deprecate_eof_has_one_end_and_no_middle() -> None:
    dialogue = Dialogue().ready(deprecate_eof=True)
    answers = dialogue.say(b"\x03SELECT 1")
    assert [number for number, _ in answers] == [1, 2, 3, 4]
    assert answers[3][1] == OkPacket(2, warnings=1, ends_result_set=True).serialize()


def test_a_result_that_broke_off_ends_in_an_error_that_numbers_on() -> None:
    dialogue = Dialogue().ready()
    answers = dialogue.say(b"\x03BROKEN")
    assert errors(answers[-1:]) == [(5, 1317, "70100", "Query execution was interrupted")]
    assert dialogue.say(b"\x0e") == [(1, OK)]


def test_an_ok_carries_what_the_engine_said() -> None:
    dialogue = Dialogue().ready()
    [(number, payload)] = dialogue.say(b"\x03SET x")
    assert number == 1
    assert OkPacket.parse(payload) == OkPacket(2, 3, 0, 0, b"fine")


def test_a_large_result_is_written_piece_by_piece() -> None:
    dialogue = Dialogue().ready()
    answers = dialogue.say(b"\x03SELECT 50000")
    assert dialogue.effects.count(FLUSH) > 2
    assert len(answers) == 50004
    assert TextRow.parse(answers[3 + 49999][1]).cells == (b"49999",)
    assert [number for number, _ in answers] == [(index + 1) & 0xFF for index in range(50004)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_a_dialogue_is_the_same_however_the_bytes_are_cut(sizes: list[int]) -> None:
    """Every split of what the client says gives the same answers."""
    said = b"\x04\0\0\0\x03SET" + b"\x09\0\0\0\x03SELECT 1" + b"\x01\0\0\0\x0e"
    whole = Dialogue().ready()
    whole.conversation.receive(said)
    whole.advance()
    cut = Dialogue().ready()
    position = 0
    for size in itertools.cycle(sizes):
        cut.conversation.receive(said[position : position + size])
        cut.advance()
        position += size
        if position >= len(said):
            break
    assert cut.heard() == whole.heard()


# --------------------------------------------------------------------------------------------------- waits and kills


def test_nothing_of_an_answer_is_shown_while_its_statement_waits() -> None:
    """Servers hold the column definitions back; whoever is killed in SLEEP sees a bare end."""
    dialogue = Dialogue().ready()
    assert dialogue.say(b"\x03SLEEP 5") == []
    assert dialogue.waits() == Wait(5.0, client_check_seconds=5.0)
    dialogue.conversation.kill(by=3)
    dialogue.advance()
    assert dialogue.heard() == []
    assert dialogue.effects[-1] == Close(Hangup.FIN, ClosedBy.KILL)
    assert dialogue.engine.closed_steps == 1


def test_the_first_of_two_answers_is_shown_before_the_second_waits() -> None:
    dialogue = Dialogue().ready()
    [(number, payload)] = dialogue.say(b"\x03TWO")
    assert (number, OkPacket.parse(payload).status) == (1, 2 | SERVER_MORE_RESULTS_EXISTS)


@pytest.mark.parametrize("woken", [Woken.ELAPSED, Woken.AWAKENED])
def test_a_statement_is_told_why_it_goes_on(woken: Woken) -> None:
    dialogue = Dialogue().ready()
    dialogue.say(b"\x03SLEEP")
    if woken is Woken.AWAKENED:
        dialogue.conversation.awaken()
    else:
        dialogue.conversation.resume(woken)
    dialogue.advance()
    assert dialogue.engine.woken == [woken]
    assert len(dialogue.heard()) == 5


def test_kill_query_interrupts_a_wait() -> None:
    dialogue = Dialogue().ready()
    dialogue.say(b"\x03SLEEP")
    dialogue.conversation.kill_query(by=3)
    dialogue.advance()
    assert dialogue.engine.woken == [Woken.KILLED]
    assert [(event.by, event.query_only) for event in dialogue.transcript.all(Killed)] == [(3, True)]


def test_kill_query_of_an_idle_session_does_nothing() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.kill_query(by=None)
    dialogue.advance()
    assert dialogue.say(b"\x03SET") == [(1, OkPacket(2, 3, 0, 0, b"fine").serialize())]
    assert dialogue.transcript.all(Killed) == []


def test_kill_query_breaks_off_a_result_that_is_being_written() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.receive(b"\x0d\0\0\0\x03SELECT 50000")
    while dialogue.conversation.advance() is not FLUSH:
        pass
    dialogue.conversation.kill_query(by=3)
    dialogue.advance()
    answers = dialogue.heard()
    assert len(answers) < 50000
    assert errors(answers[-1:])[0][1:] == (1317, "70100", "Query execution was interrupted")
    assert dialogue.engine.closed_steps == 1


@pytest.mark.parametrize("fault", [False, True], ids=["as packets", "where a fault may strike"])
def test_precoded_rows_are_the_same_rows_every_time(fault: bool) -> None:
    dialogue = Dialogue().ready()
    dialogue.engine.precoded = Precoded([(number,) for number in range(50000)])
    if fault:
        dialogue.faults.arm(Delay(1), at=Hook.ROWS, after_rows=60000)
    values = dialogue.say(b"\x03SELECT 50000")
    # The end of a SELECT has a warning here, the other has none.
    for _ in range(2):
        dialogue.effects.clear()
        assert dialogue.say(b"\x03AGAIN")[:-1] == values[:-1]
        assert dialogue.effects.count(FLUSH) > 2


def test_kill_query_breaks_off_precoded_rows_too_and_the_error_numbers_on() -> None:
    dialogue = Dialogue().ready()
    dialogue.engine.precoded = Precoded([(number,) for number in range(50000)])
    dialogue.conversation.receive(b"\x06\0\0\0\x03AGAIN")
    while dialogue.conversation.advance() is not FLUSH:
        pass
    dialogue.conversation.kill_query(by=3)
    dialogue.advance()
    answers = dialogue.heard()
    assert 3 < len(answers) < 50000
    [(number, code, _, _)] = errors(answers[-1:])
    assert (number, code) == (len(answers) & 0xFF, 1317)


def test_kill_of_an_idle_session_is_a_bare_end() -> None:
    dialogue = Dialogue().ready()
    dialogue.engine.wakes_on_close = [Wake(9)]
    dialogue.conversation.kill(by=None)
    assert dialogue.advance() == [Close(Hangup.FIN, ClosedBy.KILL), WakeOther(9)]
    assert dialogue.heard() == []
    dialogue.conversation.kill(by=None)
    assert dialogue.advance() == [], "and a second kill finds nobody"


@pytest.mark.parametrize(("statement", "query_only"), [(b"KILL 3", False), (b"KILL 3 QUERY", True)])
def test_a_kill_of_another_is_an_effect_and_then_an_ok(statement: bytes, query_only: bool) -> None:
    dialogue = Dialogue().ready()
    assert dialogue.say(b"\x03" + statement) == [(1, OK)]
    assert dialogue.effects == [KillOther(3, query_only)]


def test_a_statement_may_wake_another() -> None:
    dialogue = Dialogue().ready()
    assert dialogue.say(b"\x03WAKE 4") == [(1, OK)]
    assert dialogue.effects == [WakeOther(4)]


@BOTH
def test_killing_oneself_is_answered_and_ends(persona: Persona) -> None:
    dialogue = Dialogue(persona=persona).ready()
    assert errors(dialogue.say(b"\x03KILL 7")) == [(1, *persona.killed_by_itself)]
    assert closed_by(dialogue) is ClosedBy.KILL


def test_killing_ones_own_query_is_an_error_and_no_end() -> None:
    dialogue = Dialogue().ready()
    assert errors(dialogue.say(b"\x03KILL 7 QUERY")) == [(1, 1317, "70100", "Query execution was interrupted")]
    assert dialogue.say(b"\x0e") == [(1, OK)]


def test_a_wake_or_an_elapsed_wait_that_comes_late_is_ignored() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.awaken()
    dialogue.conversation.resume(Woken.ELAPSED)
    assert dialogue.advance() == []
    assert dialogue.say(b"\x0e") == [(1, OK)]


# --------------------------------------------------------------------------------------------------------------- ends


def test_an_idle_mysql_session_is_told_why_it_ends() -> None:
    """4031 with number 0, as from 8.0.24 on: it answers nothing."""
    dialogue = Dialogue(persona=MYSQL_9_7).ready()
    dialogue.say(b"\x0e")
    dialogue.conversation.time_out()
    dialogue.advance()
    [(number, code, sqlstate, text)] = errors(dialogue.heard())
    assert (number, code, sqlstate) == (0, 4031, "HY000")
    assert text.startswith("The client was disconnected by the server because of inactivity.")
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.TIMEOUT)]


def test_a_silent_client_is_told_so_on_mysql_before_the_login() -> None:
    dialogue = Dialogue(persona=MYSQL_9_7)
    dialogue.greet()
    dialogue.conversation.time_out()
    dialogue.advance()
    assert errors(dialogue.heard()) == [(1, 1159, "08S01", "Got timeout reading communication packets")]


def test_mariadb_breaks_with_an_idle_client_without_a_word() -> None:
    for dialogue in (Dialogue(persona=MARIADB_10_11), Dialogue(persona=MARIADB_10_11).ready()):
        dialogue.advance()
        dialogue.heard()
        dialogue.conversation.time_out()
        assert dialogue.advance() == [Close(Hangup.RST, ClosedBy.TIMEOUT)]
        assert dialogue.heard() == []


def test_a_busy_session_does_not_time_out() -> None:
    dialogue = Dialogue().ready()
    dialogue.say(b"\x03SLEEP")
    dialogue.conversation.time_out()
    assert dialogue.advance() == []
    assert not dialogue.conversation.is_over


@BOTH
@pytest.mark.parametrize("logged_in", [True, False])
def test_a_packet_out_of_order_is_answered_with_the_number_that_was_due(persona: Persona, logged_in: bool) -> None:
    dialogue = Dialogue(persona=persona)
    due = 0 if logged_in else 1
    if logged_in:
        dialogue.ready()
    else:
        dialogue.greet()
    assert errors(dialogue.say(b"\x0e", 7)) == [(due, 1156, "08S01", "Got packets out of order")]
    how = Hangup.RST if persona.resets_after_disorder else Hangup.FIN
    assert dialogue.effects == [Close(how, ClosedBy.PROTOCOL)]
    assert closed_by(dialogue) is ClosedBy.PROTOCOL


def test_a_packet_too_big_is_refused_and_ends_the_connection() -> None:
    dialogue = Dialogue(limit_bytes=1000).ready()
    dialogue.conversation.receive((1001).to_bytes(3, "little") + b"\x00")
    dialogue.advance()
    assert errors(dialogue.heard()) == [(1, 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")]
    assert dialogue.effects == [Close(Hangup.FIN, ClosedBy.PROTOCOL)]


def test_a_client_that_leaves_without_a_word_ends_its_session() -> None:
    dialogue = Dialogue().ready()
    dialogue.engine.wakes_on_close = [Wake(5)]
    dialogue.conversation.client_has_gone()
    assert dialogue.advance() == [FIN_BY_CLIENT, WakeOther(5)]


def test_what_a_client_said_before_it_left_is_still_answered() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.receive(b"\x01\0\0\0\x0e\x01\0\0\0\x0e")
    dialogue.conversation.client_has_gone()
    dialogue.advance()
    assert [payload for _, payload in dialogue.heard()] == [OK, OK]
    assert closed_by(dialogue) is ClosedBy.EOF


def test_a_statement_that_waits_does_not_see_its_client_leave() -> None:
    """A server looks from time to time; whoever drives the conversation decides when that is."""
    dialogue = Dialogue().ready()
    dialogue.say(b"\x03SLEEP")
    dialogue.conversation.client_has_gone()
    assert dialogue.advance() == []
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    assert len(dialogue.heard()) == 5
    assert closed_by(dialogue) is ClosedBy.EOF


def test_an_end_from_outside_is_an_end_and_a_second_is_none() -> None:
    dialogue = Dialogue().ready()
    dialogue.conversation.end(ClosedBy.STOP, Hangup.FIN)
    dialogue.conversation.end(ClosedBy.RESET, Hangup.RST)
    assert dialogue.advance() == [Close(Hangup.FIN, ClosedBy.STOP)]
    assert len(dialogue.transcript.all(Closed)) == 1


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_arbitrary_bytes_never_break_a_conversation(chunks: list[bytes]) -> None:
    for dialogue in (Dialogue(), Dialogue().ready()):
        dialogue.advance()
        for chunk in chunks:
            dialogue.conversation.receive(chunk)
            dialogue.advance()
        assert dialogue.conversation.is_over or dialogue.conversation.awaits_client or dialogue.conversation.is_waiting


# ------------------------------------------------------------------------------------------------------ what it shows


def test_the_transcript_has_everything_that_was_said() -> None:
    dialogue = Dialogue()
    dialogue.log_in("app", "s3cret")
    dialogue.now = 1.5
    dialogue.say(b"\x03SELECT 1")
    dialogue.say(b"\x01")
    text = str(dialogue.transcript)
    for words in (
        "greeting of 9.7.4, caching_sha2_password",
        "login of 'app', caching_sha2_password",
        "server: AuthMoreData",
        "1.500000  #7    > COM_QUERY SELECT 1",
        "1 rows, status 0x0002",
        "COM_QUIT",
        "closed by quit",
    ):
        assert words in text
    assert dialogue.transcript.statements() == ["SELECT 1"]
    [closed] = dialogue.transcript.all(Closed)
    assert closed.received_bytes == dialogue.conversation.received_bytes > 0
    assert closed.sent_bytes == dialogue.conversation.sent_bytes > 0


def test_the_process_list_can_see_what_is_done() -> None:
    dialogue = Dialogue().ready()
    session = dialogue.conversation.session
    assert session is not None
    dialogue.now = 3.0
    dialogue.say(b"\x03SLEEP 5")
    assert (session.command, session.state, session.info, session.state_since) == (
        "Query",
        "User sleep",
        "SLEEP 5",
        3.0,
    )
    assert dialogue.conversation.statement == "SLEEP 5"
    dialogue.now = 8.0
    dialogue.conversation.resume(Woken.ELAPSED)
    dialogue.advance()
    assert (session.command, session.state, session.info, session.state_since) == ("Sleep", "", None, 8.0)
    assert dialogue.conversation.statement is None


def test_names_of_commands_are_the_manuals_and_only_two_show_their_argument() -> None:
    dialogue = Dialogue().ready()
    dialogue.say(b"\x02test")
    dialogue.say(b"\x50abc")
    found = [(event.command, event.argument) for event in dialogue.transcript.all(CommandReceived)]
    assert found == [("COM_INIT_DB", "test"), ("command 0x50", "")]


def test_an_error_of_a_fault_stands_in_the_place_of_an_answer_also_when_a_statement_was_running() -> None:
    engine = SmallEngine()
    dialogue = Dialogue(engine=engine).ready()
    dialogue.faults.arm(Fail(1213, "40001", "Deadlock"), at=Hook.ANSWER)
    assert errors(dialogue.say(b"\x03SELECT 1")) == [(1, 1213, "40001", "Deadlock")]
    assert engine.closed_steps == 1
    assert dialogue.say(b"\x0e") == [(1, OK)]
