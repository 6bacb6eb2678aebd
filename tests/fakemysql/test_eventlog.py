"""Events as lines."""

from __future__ import annotations

import json

from fakemysql.eventlog import FORMATS, json_line, text_line
from fakemysql.transcript import Accepted, Closed, ClosedBy, CommandReceived, LoginReceived, SentUnasked


def test_an_event_is_one_json_object() -> None:
    event = CommandReceived(1.2345678, 7, "COM_QUERY", "SELECT 'é\n'")
    line = json_line(event)
    assert "\n" not in line
    assert json.loads(line) == {
        "at": 1.234568,
        "connection": 7,
        "event": "CommandReceived",
        "command": "COM_QUERY",
        "argument": "SELECT 'é\n'",
        "attributes": {},
    }


def test_bytes_enumerations_and_mappings_are_plain_in_json() -> None:
    assert json.loads(json_line(SentUnasked(0, 1, b"\x00\xff")))["data"] == "00ff"
    assert json.loads(json_line(Closed(0, 1, ClosedBy.QUIT, 1, 2)))["by"] == "quit"
    login = LoginReceived(0, 1, "root", None, 5, 45, None, {"_pid": "7"})
    assert json.loads(json_line(login))["attributes"] == {"_pid": "7"}


def test_bytes_that_were_no_text_make_no_broken_json() -> None:
    event = CommandReceived(0, 1, "COM_QUERY", b"SELECT '\xff'".decode("utf-8", "surrogateescape"))
    assert json.loads(json_line(event).encode())["argument"] == "SELECT '\\udcff'"


def test_text_is_what_the_transcript_prints_on_one_line() -> None:
    assert text_line(Accepted(1.5, 3, "localhost:5")) == str(Accepted(1.5, 3, "localhost:5"))
    assert text_line(CommandReceived(0, 1, "COM_QUERY", "SELECT\n1")).endswith("COM_QUERY SELECT\\n1")


def test_both_have_names() -> None:
    assert list(FORMATS) == ["jsonl", "text"]
