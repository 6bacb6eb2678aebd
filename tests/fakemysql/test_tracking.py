"""What an OK tells a client that follows the session's state: as both servers were recorded, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from fakemysql import FakeServer
from fakemysql import constants as c
from fakemysql.packets import OkPacket
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona
from fakemysql.tracking import mark_of_definitions, mark_of_rows, pass_by, tell
from tests.fakemysql.doubles import CAPABILITIES, Dialogue
from tests.fakemysql.tracking_dialogues import DIALOGUES, KNOWN, MODES, comparable, recorded, told

from .engine_client import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakemysql.doubles import SmallEngine

BOTH = pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
PERSONAS = ("mariadb-10.11", "mysql-9.7")


@pytest.fixture(scope="module", params=PERSONAS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with FakeServer(persona=request.param, users={"spec": ""}, databases=("talks",)) as fake:
        yield f"mysql://spec:@{fake.host}:{fake.port}/talks?{request.param}"


@pytest.mark.parametrize("mode", list(MODES), ids=lambda mode: mode.rstrip(": ") or "plain")
@pytest.mark.parametrize("name", list(DIALOGUES))
def test_the_fake_tells_what_the_servers_told(url: str, name: str, mode: str) -> None:
    url, _, persona = url.partition("?")
    record = recorded()[mode + name]
    assert [statement for statement, _, _ in record] == list(DIALOGUES[name])
    answers = told(url, DIALOGUES[name], MODES[mode])
    known = {statement for place, statement in KNOWN if place == mode + name} if persona == PERSONAS[0] else set()
    differing = set()
    for answer, (statement, *wanted) in zip(answers, record, strict=True):
        expected = wanted[PERSONAS.index(persona)]
        if comparable(answer) != comparable(expected):
            assert statement in known, f"{statement}: the server told {expected}, the fake {answer}"
            differing.add(statement)
    assert differing == known


def variable(name: str, value: str) -> bytes:
    data = bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
    return bytes((0, len(data))) + data


def schema(name: str) -> bytes:
    return bytes((1, len(name) + 1, len(name))) + name.encode()


def follower(persona: str = "mysql-9.7", **fields: object) -> Bench:
    return Bench(persona, databases=("spec", "other"), **fields)


@pytest.mark.parametrize("persona", PERSONAS)
def test_what_was_assigned_is_told_once(persona: str) -> None:
    client = follower(persona).login(database="other", capabilities=c.CLIENT_SESSION_TRACK)
    session = client.session
    assert tell(session) == schema("other")
    assert tell(session) is None
    for statement, entry in {
        "SET autocommit = 0": variable("autocommit", "OFF"),
        "SET @@autocommit = 0": variable("autocommit", "OFF"),
        "SET character_set_results = NULL": variable("character_set_results", ""),
        "USE other": schema("other"),
        "SET wait_timeout = 5, @a = 1": None,
    }.items():
        client.ok(statement)
        assert tell(session) == entry, statement


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_transaction_is_told_by_letters_and_by_the_statements_that_would_begin_it(persona: str) -> None:
    client = follower(persona).login(capabilities=c.CLIENT_SESSION_TRACK)
    client.ok("SET session_track_transaction_info = CHARACTERISTICS")
    tell(client.session)
    client.ok("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    text = b"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;"
    assert tell(client.session) == b"\x05\x09\x08T_R_____" + b"\x04\x37\x36" + text


def test_a_reset_tells_nothing_and_a_dropped_database_is_told_as_none() -> None:
    client = follower().login(database="", capabilities=c.CLIENT_SESSION_TRACK)
    assert tell(client.session) is None
    client.ok("USE other")
    client.session.forget(45)
    assert tell(client.session) is None
    client.ok("DROP DATABASE other")
    assert tell(client.session) == schema("")


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_does_not_follow_has_nothing_to_keep(persona: str) -> None:
    client = follower(persona).login()
    client.ok("SET session_track_transaction_info = STATE, autocommit = 0, @a = 1")
    client.ok("CREATE TEMPORARY TABLE t (a INT)")
    client.ok("PREPARE p FROM 'SELECT 1'")
    client.ok("DEALLOCATE PREPARE p")
    client.ok("DROP TEMPORARY TABLE t")
    assert client.session.tracker is None
    assert tell(client.session) is None
    assert mark_of_definitions(client.session) == mark_of_rows(client.session) == 0
    pass_by(client.session)


def test_what_a_statement_that_fails_has_changed_is_not_told_by_mariadb() -> None:
    client = follower("mariadb-10.11").login(capabilities=c.CLIENT_SESSION_TRACK)
    client.ok("SET session_track_transaction_info = STATE")
    client.ok("BEGIN")
    client.ok("CREATE TABLE t (a INT)")
    client.ok("SET TRANSACTION READ ONLY")
    tell(client.session)
    client.rows("SELECT * FROM t")
    pass_by(client.session)
    client.ok("DO 1")
    assert tell(client.session) is None


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        (OkPacket(2, session_state=schema("stock")), b"\x00\x00\x00\x02\x40\x00\x00\x00\x08\x01\x06\x05stock"),
        (OkPacket(2, info=b"i", session_state=b""), b"\x00\x00\x00\x02\x40\x00\x00\x01i\x00"),
    ],
)
def test_an_ok_carries_it_behind_the_info(packet: OkPacket, payload: bytes) -> None:
    assert packet.serialize() == payload
    assert OkPacket.parse(payload) == packet


@BOTH
def test_only_who_follows_is_told(persona: Persona) -> None:
    assert persona.capabilities & c.CLIENT_SESSION_TRACK
    for follows, entry in ((c.CLIENT_SESSION_TRACK, schema("test")), (0, None)):
        engine = Bench(persona.name).engine
        dialogue = Dialogue(persona=persona, engine=cast("SmallEngine", engine))
        [*_, (_, welcome)] = dialogue.log_in(database="test", capabilities=CAPABILITIES | follows)
        assert OkPacket.parse(welcome) == OkPacket(2, session_state=entry)
        [(_, answer)] = dialogue.say(b"\x0e")
        assert OkPacket.parse(answer) == OkPacket(2)
