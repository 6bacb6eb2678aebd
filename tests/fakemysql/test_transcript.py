"""Events: what a failing test shows, and what an assertion asks for."""

from __future__ import annotations

from typing import Any

import pytest

from fakemysql.transcript import (
    Accepted,
    AuthMessage,
    Closed,
    ClosedBy,
    CommandReceived,
    Event,
    FaultFired,
    Greeted,
    Killed,
    LoginReceived,
    Replied,
    ReplyKind,
    SentUnasked,
    Transcript,
)

EVENTS = [
    (Accepted(0.5, 1, "localhost:5000"), "    0.500000  #1    - connection from localhost:5000"),
    (Greeted(0.5, 1, "9.7.4", "plug"), "    0.500000  #1    < greeting of 9.7.4, plug"),
    (
        LoginReceived(0.5, 1, "app", "test", 0x200, 45, "plug", {}),
        "    0.500000  #1    > login of 'app', database 'test', plug, capabilities 0x00000200",
    ),
    (
        LoginReceived(0.5, 1, "app", None, 0x200, 45, None, {}),
        "    0.500000  #1    > login of 'app', None, capabilities 0x00000200",
    ),
    (AuthMessage(0.5, 1, True, "AuthMoreData"), "    0.500000  #1    < server: AuthMoreData"),
    (AuthMessage(0.5, 1, False, "20 bytes"), "    0.500000  #1    > client: 20 bytes"),
    (CommandReceived(12.25, 20, "COM_PING", ""), "   12.250000  #20   > COM_PING"),
    (CommandReceived(12.25, 20, "COM_QUERY", "SELECT 1"), "   12.250000  #20   > COM_QUERY SELECT 1"),
    (Replied(0, 1, ReplyKind.OK, 2, affected_rows=3), "    0.000000  #1    < OK, 3 affected, status 0x0002"),
    (Replied(0, 1, ReplyKind.ROWS, 3, rows=9), "    0.000000  #1    < 9 rows, status 0x0003"),
    (Replied(0, 1, ReplyKind.EOF, 2), "    0.000000  #1    < EOF, status 0x0002"),
    (Replied(0, 1, ReplyKind.ERR, code=1045, text="no"), "    0.000000  #1    < ERR 1045 no"),
    (Replied(0, 1, ReplyKind.TEXT, text="Uptime: 1"), "    0.000000  #1    < Uptime: 1"),
    (FaultFired(0, 1, "Cut() at LOGIN"), "    0.000000  #1    ! fault: Cut() at LOGIN"),
    (SentUnasked(0, 1, b"\x01"), "    0.000000  #1    < unasked: b'\\x01'"),
    (Killed(0, 1, 7, False), "    0.000000  #1    ! connection killed by connection 7"),
    (Killed(0, 1, None, True), "    0.000000  #1    ! statement killed by the test"),
    (Closed(0, 1, ClosedBy.EOF, 10, 20), "    0.000000  #1    - closed by eof after 10 bytes in, 20 out"),
    (Event(0, 1), "    0.000000  #1    - Event"),
]


@pytest.mark.parametrize(("event", "line"), EVENTS, ids=lambda value: type(value).__name__)
def test_an_event_is_a_readable_line(event: Event, line: str) -> None:
    assert str(event) == line


def filled() -> Transcript:
    transcript = Transcript(lambda: 0.0)
    for number, statement in ((1, "SELECT 1"), (2, "SELECT 2"), (1, "SELECT 3")):
        transcript.note(CommandReceived, number, "COM_QUERY", statement)
        transcript.note(Replied, number, ReplyKind.ROWS, 2, 1)
    transcript.note(CommandReceived, 2, "COM_PING", "")
    return transcript


def test_a_transcript_can_be_asked_by_connection_by_type_and_for_statements() -> None:
    transcript = filled()
    assert transcript.statements() == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert transcript.statements(1) == ["SELECT 1", "SELECT 3"]
    assert len(transcript.of(2)) == 3
    assert len(transcript.all(Replied)) == 3
    assert len(transcript) == len(list(transcript)) == 7
    transcript.clear()
    assert transcript.events == []


def test_a_transcript_prints_the_whole_dialogue() -> None:
    transcript = filled()
    assert str(transcript).splitlines()[0] == "    0.000000  #1    > COM_QUERY SELECT 1"
    assert repr(transcript).startswith("<Transcript of 7 events>\n")


@pytest.mark.parametrize(("keep", "kept"), [(None, 7), (2, 2), (0, 0)])
def test_a_transcript_keeps_the_newest_and_tells_its_listener_of_all(keep: int | None, kept: int) -> None:
    source = filled().events
    transcript = Transcript(lambda: 0.0)
    heard: list[Event] = []
    tapped: list[Any] = []
    transcript.keep = keep
    transcript.listener = heard.append
    transcript.tap = lambda *told: tapped.append(told)
    for event in source:
        transcript.note(type(event), *event.__reduce__()[1][1:])
    assert heard == source
    assert [kind(at, session, *values) for kind, at, session, values in tapped] == source
    assert transcript.events == source[len(source) - kept :]
