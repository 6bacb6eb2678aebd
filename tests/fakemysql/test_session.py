"""A session: what it starts with, what a status word says, and what SET changes."""

from __future__ import annotations

import pytest

from fakemysql import constants as c
from fakemysql.sql.session import Login, SessionRefused, seeds_of, step_random

from . import golden
from .engine_client import Bench

both = pytest.mark.parametrize("persona", golden.PERSONAS)


@both
def test_a_fresh_session(persona: str) -> None:
    client = Bench(persona).login()
    session = client.session
    assert (session.status, session.command, session.state, session.info) == (2, "Sleep", "", None)
    assert session.wait_timeout == 28800.0
    assert session.user == "spec"
    assert client.rows("SELECT USER(), CURRENT_USER(), CONNECTION_ID(), DATABASE()") == [
        ("spec@localhost", "spec@%", 1, "spec")
    ]


def test_hosts_are_shown_with_their_port() -> None:
    bench = Bench()
    assert bench.login(client_host="10.0.0.1", client_port=4711).session.host == "10.0.0.1:4711"
    assert bench.login().session.host == "localhost"


def test_an_interactive_client_waits_for_interactive_timeout() -> None:
    bench = Bench(variables={"interactive_timeout": 5, "wait_timeout": 7})
    assert bench.login().session.wait_timeout == 7
    interactive = bench.login(capabilities=c.CLIENT_INTERACTIVE)
    assert interactive.session.wait_timeout == 5
    assert interactive.value("@@wait_timeout") == 5
    interactive.ok("SET wait_timeout = 9")
    assert interactive.session.wait_timeout == 9
    interactive.ok("SET wait_timeout = DEFAULT")
    assert interactive.session.wait_timeout == 7


@pytest.mark.parametrize(
    ("persona", "mode", "bits"),
    [
        ("mariadb-10.11", "NO_BACKSLASH_ESCAPES", 0x200),
        ("mariadb-10.11", "ANSI_QUOTES", 0x8000),
        ("mysql-9.7", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES", 0x200),
        ("mysql-9.7", "ANSI_QUOTES", 0),
    ],
)
def test_the_status_word_tells_of_modes_that_change_quoting(persona: str, mode: str, bits: int) -> None:
    client = Bench(persona).login()
    assert client.ok(f"SET sql_mode = '{mode}'").status == 2 | bits
    assert client.status("SELECT 1") == 2 | bits


@pytest.mark.parametrize(("persona", "sets_it_again"), [("mariadb-10.11", False), ("mysql-9.7", True)])
def test_a_client_that_ignores_spaces_gets_the_mode_for_it(persona: str, sets_it_again: bool) -> None:
    bench = Bench(persona)
    client = bench.login(capabilities=c.CLIENT_IGNORE_SPACE)
    usual = bench.login().value("@@sql_mode")
    assert client.value("@@sql_mode") == f"IGNORE_SPACE,{usual}"
    assert client.value("COUNT (*)") == 1
    client.ok("SET sql_mode = ''")
    client.session.forget(45)
    assert client.value("@@sql_mode") == (f"IGNORE_SPACE,{usual}" if sets_it_again else usual)
    client.session.become(client.session.login)
    assert client.value("@@sql_mode") == (f"IGNORE_SPACE,{usual}" if sets_it_again else usual)


def test_backslashes_are_characters_under_no_backslash_escapes() -> None:
    client = Bench().login()
    client.ok("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
    assert client.value(r"'a\n'") == r"a\n"
    assert client.value(r"'a%' LIKE 'a\%'") == 0
    assert client.value(r"'a\\x' LIKE 'a\%'") == 1


@both
def test_global_values_are_for_sessions_to_come(persona: str) -> None:
    bench = Bench(persona)
    one = bench.login()
    one.ok("SET GLOBAL wait_timeout = 77, GLOBAL autocommit = 0")
    one.ok("SET GLOBAL TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE")
    isolation = bench.instance.dialect.isolation_variable
    assert one.rows(f"SELECT @@wait_timeout, @@global.wait_timeout, @@{isolation}") == [(28800, 77, "REPEATABLE-READ")]
    two = bench.login()
    assert two.session.status == 0
    assert two.rows(f"SELECT @@wait_timeout, @@autocommit, @@{isolation}") == [(77, 0, "SERIALIZABLE")]
    assert two.ok("BEGIN").status == 0x2001
    one.ok("SET GLOBAL wait_timeout = DEFAULT")
    assert one.value("@@global.wait_timeout") == 28800


@both
def test_a_sessions_transaction_characteristics(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET SESSION TRANSACTION READ ONLY")
    assert client.ok("BEGIN").status == 0x2003
    assert client.ok("COMMIT").status == 2
    client.ok("SET TRANSACTION READ WRITE")
    assert client.ok("BEGIN").status == 3
    client.ok("COMMIT")
    assert client.ok("START TRANSACTION READ WRITE").status == 3
    assert client.failure("SET TRANSACTION READ ONLY").code == 1568
    client.ok("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    client.ok("ROLLBACK")
    assert client.session.setting(client.bench.instance.dialect.isolation_variable) == "READ-COMMITTED"


def test_global_character_sets_and_collations_move_together() -> None:
    bench = Bench()
    client = bench.login()
    client.ok("SET GLOBAL collation_server = 'latin1_bin'")
    assert client.value("@@global.character_set_server") == "latin1"
    client.ok("SET GLOBAL character_set_server = 'utf8mb3'")
    assert client.value("@@global.collation_server") == "utf8mb3_general_ci"
    client.ok("SET GLOBAL character_set_client = 'latin1', GLOBAL character_set_results = NULL")
    assert client.value("@@global.collation_connection") == "utf8mb4_0900_ai_ci"
    assert bench.login(collation=0).session.collation.name == "utf8mb3_general_ci"


def test_a_character_set_that_no_statement_can_be_written_in_is_not_taken_over() -> None:
    assert Bench().login(collation=54).session.client_charset.name == "utf8mb4"


@both
def test_results_come_in_the_character_set_that_was_asked_for(persona: str) -> None:
    client = Bench(persona).login()
    client.ok("SET character_set_results = latin1")
    column = client.column("'x'")
    assert (column.character_set, column.column_length) == (8, 1)
    client.ok("SET character_set_results = NULL")
    assert client.column("_latin1'x'").character_set == 8
    assert client.value("@@character_set_results") is None


def test_random_numbers_are_the_servers_own() -> None:
    """RAND(1) and RAND(2) of both servers, asked."""
    _, one = step_random(seeds_of(1))
    _, two = step_random(seeds_of(2))
    assert (one, two) == (0.40540353712197724, 0.6555866465490187)


def test_a_refusal_carries_its_fields() -> None:
    refused = SessionRefused(1049, "42000", "Unknown database 'x'")
    assert (refused.code, refused.sqlstate, refused.message) == (1049, "42000", "Unknown database 'x'")
    assert "Unknown database" in str(refused)


def test_a_login_has_defaults_for_what_a_test_does_not_care_about() -> None:
    login = Login(7, "me")
    assert (login.database, login.collation, login.capabilities, dict(login.attributes)) == ("", 45, 0, {})


def test_a_parameter_outside_of_a_prepared_statement_is_null() -> None:
    session = Bench().login().session
    assert session.parameter(0)[0] is None
