"""Commands that SQL has overtaken, and that client libraries still send: answers as both servers were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from fakemysql.effects import KillOther
from fakemysql.packets import ErrPacket
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona
from tests.fakemysql.doubles import CAPABILITIES, Dialogue

from .engine_client import Bench

if TYPE_CHECKING:
    from tests.fakemysql.doubles import SmallEngine

BOTH = pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
OK = b"\x00\x00\x00\x02\x00\x00\x00"
EOF = b"\xfe\x00\x00\x02\x00"


def dialogue(persona: Persona, database: str = "test") -> tuple[Dialogue, Bench]:
    bench = Bench(persona.name)
    made = Dialogue(persona=persona, engine=cast("SmallEngine", bench.engine))
    assert made.log_in(database=database or None, capabilities=CAPABILITIES)[-1][1] == OK
    return made, bench


def refused(answers: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    [(number, payload)] = answers
    assert number == 1
    error = ErrPacket.parse(payload)
    return error.code, error.message


@BOTH
def test_debug_is_answered_with_an_eof(persona: Persona) -> None:
    assert dialogue(persona)[0].say(b"\x0d") == [(1, EOF)]


@BOTH
def test_a_list_of_fields_is_of_a_table_that_does_not_exist(persona: Persona) -> None:
    client, _ = dialogue(persona)
    assert refused(client.say(b"\x04nosuch\x00%")) == (1146, b"Table 'test.nosuch' doesn't exist")
    nowhere, _ = dialogue(persona, database="")
    assert refused(nowhere.say(b"\x04nosuch\x00")) == (1046, b"No database selected")


def test_a_name_without_an_end_is_taken_by_mariadb_alone() -> None:
    assert refused(dialogue(MARIADB_10_11)[0].say(b"\x04nosuch"))[0] == 1146
    assert refused(dialogue(MYSQL_9_7)[0].say(b"\x04nosuch"))[0] == 1835


@pytest.mark.parametrize("command", [b"\x07\x01", b"\x0a", b"\x0c\x01\x00\x00\x00"])
def test_mysql_knows_the_others_no_more(command: bytes) -> None:
    assert refused(dialogue(MYSQL_9_7)[0].say(command)) == (1047, b"Unknown command")


def test_mariadb_refreshes_kills_and_lists() -> None:
    client, bench = dialogue(MARIADB_10_11)
    assert client.say(b"\x07\x01") == [(1, OK)]
    assert refused(client.say(b"\x0c\xff\xff\xff\x7f")) == (1094, b"Unknown thread id: 2147483647")
    bench._last_id = 40
    other = bench.login(user="root", database="test").session
    assert client.say(b"\x0c" + other.connection_id.to_bytes(4, "little")) == [(1, OK)]
    assert KillOther(other.connection_id, query_only=False) in client.effects
    listed = client.say(b"\x0a")
    assert listed[0] == (1, b"\x09")
    assert listed[1][1].startswith(b"\x03def")
    assert b"\x04root" in listed[-2][1]
