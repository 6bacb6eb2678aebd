"""Prepared statements as real servers answered them, packet for packet, and what no record can show."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakemysql import FakeServer
from tests.fakemysql.prepared_dialogues import DIALOGUES, KNOWN, MODES, Client, bound, executed, recorded, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakemysql.threaded import ThreadedServer

PERSONAS = {"mysql": "mysql-9.7", "mariadb": "mariadb-10.11"}
RECORDS = {
    family: recorded((Path(__file__).parent / "data" / f"prepared_{family}.txt").read_text()) for family in PERSONAS
}


@pytest.fixture(scope="module", params=list(PERSONAS))
def side(request: pytest.FixtureRequest) -> Iterator[tuple[str, ThreadedServer]]:
    with FakeServer(persona=PERSONAS[request.param], users={"spec": ""}, databases=("spec",)) as server:
        yield request.param, server


def url(server: ThreadedServer) -> str:
    return f"mysql://spec:@{server.host}:{server.port}/spec"


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("name", list(DIALOGUES))
def test_every_packet_is_what_the_server_sent(side: tuple[str, ThreadedServer], name: str, mode: str) -> None:
    family, server = side
    answers, record = told(url(server), DIALOGUES[name], MODES[mode]), RECORDS[family][f"{mode}: {name}"]
    if name in KNOWN[family]:
        assert answers != record
    else:
        assert answers == record


def test_every_dialogue_is_recorded_and_every_record_is_a_dialogue() -> None:
    names = {f"{mode}: {name}" for mode in MODES for name in DIALOGUES}
    assert all(set(record) == names for record in RECORDS.values())


def answers_of(server: ThreadedServer, *said: bytes | str) -> list[list[bytes]]:
    """The payloads that answer each command."""
    with contextlib.closing(Client(url(server))) as client:
        return [[payload for _, payload in client.answers(each)] for each in said]


def test_a_statement_waits_with_the_values_it_was_given(side: tuple[str, ThreadedServer]) -> None:
    _, server = side
    *_, answer = answers_of(server, "SELECT SLEEP(?)", bound(5, struct.pack("<d", 0.01).hex()))
    assert answer[-2].rstrip(b"\x00") == b""
    # KILL ? is a statement that MySQL does not prepare with a parameter.
    prepared, *_ = answers_of(server, "KILL ?", executed())
    assert (prepared[0][:1] == b"\x00") == server.persona.dialect.mariadb


def test_a_parameter_stands_where_a_value_can(side: tuple[str, ThreadedServer]) -> None:
    _, server = side
    statement = "SELECT ? + 1, CONCAT(?, 'x'), IF(? > 2, 'more', 'less'), (SELECT ?)"
    types = "0300 fd00 0300 0300"
    answer = answers_of(server, statement, executed(f"00 01 {types} 05000000 0161 03000000 07000000"))[-1]
    row = answer[-2]
    assert b"\x02ax" in row
    assert b"\x04more" in row
    assert row[-4:] in (b"\x07\x00\x00\x00", bytes(4))


def test_a_set_for_a_statement_is_described_as_that_statement() -> None:
    with FakeServer(persona="mariadb-10.11", users={"spec": ""}, databases=("spec",)) as server:
        prepared, answer = answers_of(server, "SET STATEMENT max_statement_time=1 FOR SELECT ?", bound(1, "07"))
        assert struct.unpack("<HH", prepared[0][3:7]) == (1, 1)
        assert answer[-2][-1:] == b"\x07"


def test_what_a_show_answers_is_described_where_servers_do(side: tuple[str, ThreadedServer]) -> None:
    _, server = side
    counts = {}
    for what in ("VARIABLES LIKE 'autocommit'", "DATABASES", "PROCESSLIST"):
        prepared, answer = answers_of(server, f"SHOW {what}", executed())
        counts[what] = prepared[0][3]
        assert answer[0][0] > 0
    assert counts == {"VARIABLES LIKE 'autocommit'": 2, "DATABASES": 1, "PROCESSLIST": 0}


def test_a_result_into_a_variable_has_no_columns(side: tuple[str, ThreadedServer]) -> None:
    _, server = side
    prepared, answer, value = answers_of(server, "SELECT ? INTO @b", bound(1, "07"), b"\x03SELECT @b")
    assert prepared[0][3:7] == b"\x00\x00\x01\x00"
    assert answer[0][:1] == b"\x00"
    assert value[-2] == b"\x017"


def test_a_statement_that_nobody_understands_is_listed(side: tuple[str, ThreadedServer]) -> None:
    _, server = side
    [[error]] = answers_of(server, "CHECKSUM TABLE nosuch, nosuch2")
    assert error[:1] == b"\xff"


@pytest.mark.parametrize(
    ("first", "then", "cell"),
    [
        # A place that is a date, a moment or a time, and what MySQL makes of other values there.
        ((10, "04e807021d"), (253, "0a323032342d30332d3031"), b"\x04\xe8\x07\x03\x01"),
        ((10, "04e807021d"), (10, "00"), b"\x00"),
        ((12, "07e807021d010203"), (12, "00"), b"\x00"),
        ((11, "080101000000020304"), (253, "0830313a30323a3033"), b"\x08\x00\x00\x00\x00\x00\x01\x02\x03"),
        ((252, "0178"), (253, "0179"), b"\x01y"),
    ],
)
def test_mysql_converts_to_the_type_that_the_place_has(
    first: tuple[int, str], then: tuple[int, str], cell: bytes
) -> None:
    with FakeServer(users={"spec": ""}, databases=("spec",)) as server:
        answer = answers_of(server, "SELECT ?", bound(*first), bound(*then))[-1]
        assert answer[-2][2:] == cell


def test_mysql_takes_text_where_bytes_were_bound_with_other_types() -> None:
    with FakeServer(users={"spec": ""}, databases=("spec",)) as server:
        blob_and_number = executed("00 01 fc00 0300 0178 05000000")
        text_and_number = executed("00 01 fd00 0300 02c3a9 05000000")
        answer = answers_of(server, "SELECT ?, ?", blob_and_number, text_and_number)[-1]
        assert answer[-2][2:5] == b"\x02\xc3\xa9"


def test_mariadb_begins_a_list_of_warnings_with_each_command_that_it_does_not_know(
    side: tuple[str, ThreadedServer],
) -> None:
    family, server = side
    *_, shown = answers_of(server, b"P", b"P", b"\x03SHOW WARNINGS")
    assert sum(b"Unknown command" in packet for packet in shown) == (1 if family == "mariadb" else 2)
