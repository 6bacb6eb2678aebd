"""System variables: who may set them, to what, and what a table's line says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fakemysql.persona import PERSONAS
from fakemysql.sql.dialect import MARIADB, MYSQL
from fakemysql.sql.instance import Instance
from fakemysql.sql.sqlerrors import SqlError
from fakemysql.sql.values import ignore
from fakemysql.sql.variables import Checker, definitions, zone_offset

from . import golden
from .engine_client import Bench

both = pytest.mark.parametrize("persona", golden.PERSONAS)


@pytest.mark.parametrize(("mariadb", "count"), [(True, 675), (False, 628)])
def test_there_are_as_many_as_the_server_has(mariadb: bool, count: int) -> None:
    known = definitions(mariadb=mariadb)
    assert len(known) == count
    for each in known.values():
        assert each.kind in ("bool", "int", "double", "text", "enum", "set")
        assert each.has_global or each.has_session
        assert each.access in "rwx"
        if each.kind == "bool":
            assert each.default in ("ON", "OFF")


def test_nothing_of_the_machine_that_they_were_captured_on_is_left() -> None:
    for mariadb in (True, False):
        for each in definitions(mariadb=mariadb).values():
            assert "refpool" not in str(each.default), each.name
            assert "throwaway" not in str(each.default), each.name


@both
def test_show_variables_agrees_with_reading_each(persona: str) -> None:
    client = Bench(persona).login()
    shown = dict(client.rows("SHOW VARIABLES"))
    assert len(shown) == len(client.bench.instance.definitions)
    shown.pop("statement_id", None)  # which is another for each statement
    for name, text in shown.items():
        definition = client.bench.instance.definition(name)
        value = client.value(f"@@{name}")
        if definition.kind == "bool":
            value = "ON" if value else "OFF"
        elif definition.kind == "double":
            value = f"{value:.6f}"
        assert ("" if value is None else str(value)) == text, name
    globals_shown = dict(client.rows("SHOW GLOBAL VARIABLES"))
    assert "warning_count" not in globals_shown
    assert globals_shown["max_connections"] == "151"


@both
def test_an_assignment_that_fails_changes_nothing(persona: str) -> None:
    client = Bench(persona).login()
    failure = client.failure("SET @a = 1, wait_timeout = 5, SESSION nosuch = 1")
    assert failure.code == 1193
    assert client.rows("SELECT @a, @@wait_timeout") == [(None, 28800)]


@pytest.mark.parametrize(
    ("assignment", "code"),
    [
        ("GLOBAL timestamp = 1", 1228),
        ("GLOBAL max_connections = 'x'", 1232),
        ("max_connections = 1", 1229),
        ("SESSION max_allowed_packet = 1", 1621),
        ("GLOBAL version = 'x'", 1238),
        ("GLOBAL init_connect = 5", 1232),
        ("completion_type = NULL", 1231),
        ("completion_type = 1.5", 1232),
        ("optimizer_switch = NULL", 1231),
        ("lc_time_names = NULL", 1231),
        ("default_storage_engine = NULL", 1231),
    ],
)
def test_what_cannot_be_assigned(assignment: str, code: int) -> None:
    assert Bench().login().failure(f"SET {assignment}").code == code


def test_global_values_of_every_kind() -> None:
    client = Bench().login()
    client.ok("SET GLOBAL init_connect = x'4142', @@global.max_connections = 7, GLOBAL read_only = ON")
    assert client.rows("SELECT @@init_connect, @@max_connections, @@read_only") == [("AB", 7, 1)]
    client.ok("SET GLOBAL init_connect = ''")
    assert client.value("@@init_connect") == ""


def test_warnings_tell_of_values_that_were_cut() -> None:
    client = Bench().login()
    assert client.ok("SET wait_timeout = 0, net_write_timeout = 5").warnings == 1
    assert client.warnings() == [["Warning", "1292", "Truncated incorrect wait_timeout value: '0'"]]


def test_sets_are_checked_word_by_word() -> None:
    checker = Checker(MARIADB, MARIADB.charsets)
    old_mode = definitions(mariadb=True)["old_mode"]
    assert checker.check(old_mode, "ZERO_DATE_TIME_CAST,no_progress_info", ignore) == (
        "NO_PROGRESS_INFO,ZERO_DATE_TIME_CAST"
    )
    assert checker.check(old_mode, 3, ignore) == "NO_DUP_KEY_WARNINGS_WITH_IGNORE,NO_PROGRESS_INFO"
    assert checker.check(old_mode, "", ignore) == ""
    for value in ("nosuch", None, Decimal("1.5")):
        with pytest.raises(SqlError):
            checker.check(old_mode, value, ignore)


def test_switches_are_laid_over_the_current_ones() -> None:
    client = Bench().login()
    before = client.value("@@optimizer_switch")
    client.ok("SET optimizer_switch = 'mrr=off,batched_key_access=on'")
    changed = client.value("@@optimizer_switch")
    assert "mrr=off" in changed
    assert "batched_key_access=on" in changed
    client.ok("SET optimizer_switch = 'mrr=default'")
    assert "mrr=on" in client.value("@@optimizer_switch")
    client.ok("SET optimizer_switch = 'default'")
    assert client.value("@@optimizer_switch") == before
    for value in ("'mrr=maybe'", "'nosuch=on'", "5"):
        assert client.failure(f"SET optimizer_switch = {value}").code == 1231


@pytest.mark.parametrize(
    ("text", "mariadb", "seconds"),
    [
        ("+00:00", True, 0),
        ("-01:30", False, -5400),
        ("+13:00", True, 46800),
        ("+14:00", True, None),
        ("+14:00", False, 50400),
        ("+14:01", False, None),
        ("-12:59", True, -46740),
        ("-13:59", False, -50340),
        ("+1:60", True, None),
        ("UTC", True, None),
    ],
)
def test_time_zones_are_offsets(text: str, mariadb: bool, seconds: int | None) -> None:
    assert zone_offset(text, mariadb) == seconds


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"nosuch": 1}, "mysql-9.7 has no variable 'nosuch'"),
        ({"max_connections": "many"}, "Incorrect argument type to variable 'max_connections'"),
        ({"sql_mode": "nosuch"}, "can't be set to the value of 'nosuch'"),
    ],
)
def test_a_server_with_impossible_variables_is_refused(variables: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Bench(variables=variables)


def test_variables_of_a_server_can_be_given() -> None:
    bench = Bench("mariadb-10.11", variables={"Wait_Timeout": 5, "sql_mode": "ANSI", "autocommit": "OFF"})
    client = bench.login()
    assert client.session.wait_timeout == 5
    assert client.session.status == 0x8000
    assert client.value("@@sql_mode") == "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI"


@pytest.mark.parametrize("name", sorted(PERSONAS))
def test_the_version_is_the_personas(name: str) -> None:
    persona = PERSONAS[name]
    client = Bench(name).login()
    assert client.rows("SELECT VERSION(), @@version, @@version_comment") == [
        (persona.version, persona.version, persona.version_comment)
    ]
    assert isinstance(client.bench.instance, Instance)
    assert MYSQL.pick(1, 2) == 2
