"""What an OK tells a client that follows the session: as both servers were recorded, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from fakemysql import constants as c
from fakemysql.packets import OkPacket
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona
from fakemysql.tracking import tell
from tests.fakemysql.doubles import CAPABILITIES, Dialogue

from .engine_client import Bench

if TYPE_CHECKING:
    from tests.fakemysql.doubles import SmallEngine

BOTH = pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)


def variable(name: str, value: str) -> bytes:
    data = bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
    return bytes((0, len(data))) + data


def schema(name: str) -> bytes:
    return bytes((1, len(name) + 1, len(name))) + name.encode()


def names(persona: str, charset: str) -> bytes:
    order = ("connection", "client") if persona.startswith("mariadb") else ("client", "connection")
    return b"".join(variable(f"character_set_{which}", charset) for which in (*order, "results"))


@pytest.mark.parametrize("persona", ["mariadb-10.11", "mysql-9.7"])
def test_what_was_assigned_is_told_once(persona: str) -> None:
    client = Bench(persona, databases=("spec", "other")).login(database="other")
    session = client.session
    assert tell(session) == schema("other")
    assert tell(session) is None
    for statement, told in {
        "SET autocommit = 0": variable("autocommit", "OFF"),
        "SET @@autocommit = 0": variable("autocommit", "OFF"),
        "SET autocommit = DEFAULT": variable("autocommit", "ON"),
        "SET NAMES latin1": names(persona, "latin1"),
        "SET NAMES utf8mb4": names(persona, "utf8mb4"),
        "SET character_set_results = NULL": variable("character_set_results", ""),
        "SET time_zone = '+02:00', sql_mode = ''": variable("time_zone", "+02:00"),
        "USE other": schema("other"),
        "SET wait_timeout = 5, @a = 1": None,
        "BEGIN": None,
    }.items():
        client.ok(statement)
        assert tell(session) == told, statement


def test_several_variables_come_in_an_order_of_each_server() -> None:
    statement = (
        "SET time_zone = 'SYSTEM', character_set_results = utf8mb4, autocommit = 1, character_set_client = utf8mb4"
    )
    results, client_ = (variable(f"character_set_{which}", "utf8mb4") for which in ("results", "client"))
    for persona, order in (
        ("mariadb-10.11", [client_, variable("time_zone", "SYSTEM"), results]),
        ("mysql-9.7", [client_, results, variable("time_zone", "SYSTEM")]),
    ):
        client = Bench(persona).login()
        tell(client.session)
        client.ok(statement)
        assert tell(client.session) == variable("autocommit", "ON") + b"".join(order)


def test_the_session_says_what_is_followed() -> None:
    client = Bench(databases=("spec", "other")).login()
    tell(client.session)
    client.ok("SET session_track_schema = 0")
    client.ok("SET session_track_system_variables = 'wait_timeout'")
    assert tell(client.session) is None
    client.ok("USE other")
    client.ok("SET wait_timeout = 7, autocommit = 0")
    assert tell(client.session) == variable("wait_timeout", "7")
    client.ok("SET session_track_system_variables = '*'")
    client.ok("SET sql_mode = ''")
    assert tell(client.session) == variable("session_track_system_variables", "*") + variable("sql_mode", "")
    mariadb = Bench("mariadb-10.11").login()
    mariadb.ok("SET session_track_system_variables = '*'")
    mariadb.ok("SET wait_timeout = 7, autocommit = 1")
    tail = variable("session_track_system_variables", "*") + variable("wait_timeout", "7")
    assert tell(mariadb.session) == variable("autocommit", "ON") + tail + schema("spec")


def test_a_reset_tells_nothing_and_a_dropped_database_is_told_as_none() -> None:
    client = Bench(databases=("spec", "other")).login(database="")
    assert tell(client.session) is None
    client.ok("USE other")
    client.session.forget(45)
    assert tell(client.session) is None
    client.ok("DROP DATABASE other")
    assert tell(client.session) == schema("")


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
    for follows, told in ((c.CLIENT_SESSION_TRACK, schema("test")), (0, None)):
        engine = Bench(persona.name).engine
        dialogue = Dialogue(persona=persona, engine=cast("SmallEngine", engine))
        [*_, (_, welcome)] = dialogue.log_in(database="test", capabilities=CAPABILITIES | follows)
        assert OkPacket.parse(welcome) == OkPacket(2, session_state=told)
        [(_, answer)] = dialogue.say(b"\x0e")
        assert OkPacket.parse(answer) == OkPacket(2)
