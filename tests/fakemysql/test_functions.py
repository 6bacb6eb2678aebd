"""Native functions, where golden answers do not reach: chance, sizes, the calendar, session state."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.answers import Rows, Woken
from fakemysql.sql.calls import NATIVES, CallSite, Scope, Surroundings, Trial
from fakemysql.sql.evaluation import Binder
from fakemysql.sql.nodes import Interval, Literal, LiteralKind
from fakemysql.sql.sqlerrors import SqlError
from fakemysql.sql.temporal import shift

from .engine_client import NOW, Bench


def test_rand_is_a_number_of_its_own_in_every_session_and_row() -> None:
    bench = Bench()
    one, two = bench.login(), bench.login()
    drawn = [one.value("RAND()"), one.value("RAND()"), two.value("RAND()")]
    assert len(set(drawn)) == 3
    assert all(0 <= number < 1 for number in drawn)
    assert one.value("RAND(1)") == one.value("RAND(1)") == 0.40540353712197724
    assert one.rows("SELECT RAND(1), RAND(1)") == [(0.40540353712197724, 0.40540353712197724)]


def test_letters_change_one_by_one() -> None:
    client = Bench().login()
    assert client.value("UPPER('straße µ')") == "STRAßE \N{GREEK CAPITAL LETTER MU}"
    assert client.value("LOWER('ΟΔΟΣ İ')") == "οδοσ i"
    assert client.value("UPPER(x'c3')") == b"\xc3"
    assert client.value("LOWER(x'41')") == b"A"
    assert client.value("LOWER('ABC')") == "abc"


def test_two_servers_with_one_source_of_chance_draw_alike() -> None:
    assert Bench().login().value("RAND()") == Bench().login().value("RAND()")
    plain = Bench(random=None)
    assert 0 <= plain.login().value("RAND()") < 1


def test_seeds_can_be_set() -> None:
    client = Bench().login()
    client.ok("SET rand_seed1 = 10, rand_seed2 = 20")
    first = client.value("RAND()")
    client.ok("SET rand_seed1 = 10, rand_seed2 = 20")
    assert client.value("RAND()") == first


def test_a_seed_that_is_no_constant_starts_each_row_anew() -> None:
    client = Bench().login()
    rows = client.rows("SELECT RAND(id) FROM information_schema.processlist")
    assert rows == [(0.40540353712197724,)]


def test_uuids_are_unique_and_well_formed() -> None:
    client = Bench().login()
    made = {client.value("UUID()") for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-11[0-9a-f]{2}-[0-9a-f]{4}-[0-9a-f]{12}", each) for each in made)
    assert client.value("UUID_SHORT()") != client.value("UUID_SHORT()")


def test_now_is_one_moment_in_a_statement_and_sysdate_is_not() -> None:
    bench = Bench()
    client = bench.login()
    now, utc, date, system = client.rows("SELECT NOW(6), UTC_TIMESTAMP(6), CURDATE(), SYSDATE(6)")[0]
    assert (now, utc, date, system) == (NOW, NOW, NOW.date(), NOW)
    steps = client.steps("SELECT NOW(6), SLEEP(1), SYSDATE(6), NOW(6)")
    next(steps)
    next(steps)
    bench.wall = NOW + dt.timedelta(seconds=1)
    row = steps.send(Woken.ELAPSED)
    assert row == Rows([(NOW, 0, bench.wall, NOW)])


def test_the_time_zone_moves_local_time_alone() -> None:
    client = Bench().login()
    client.ok("SET time_zone = '+02:00'")
    assert client.value("NOW() = UTC_TIMESTAMP() + INTERVAL 2 HOUR") == 1
    assert client.value("UNIX_TIMESTAMP()") == client.value("UNIX_TIMESTAMP(NOW())") == 1700000000
    assert client.value("FROM_UNIXTIME(0)") == dt.datetime(1970, 1, 1, 2)
    client.ok("SET timestamp = 86400.5")
    assert client.value("NOW(3)") == dt.datetime(1970, 1, 2, 2, 0, 0, 500000)
    assert client.value("@@timestamp") == 86400.5
    client.ok("SET timestamp = DEFAULT")
    assert client.value("NOW()") == NOW.replace(microsecond=0) + dt.timedelta(hours=2)


def test_a_string_longer_than_a_packet_is_not_made() -> None:
    client = Bench(variables={"max_allowed_packet": 1024}).login()
    assert client.value("REPEAT('ab', 513)") is None
    assert client.warnings() == [
        ["Warning", "1301", "Result of repeat() was larger than max_allowed_packet (1024) - truncated"]
    ]
    assert client.value("LENGTH(REPEAT('ab', 512))") == 1024


def test_benchmark_does_its_work_and_answers_nought() -> None:
    client = Bench().login()
    client.ok("SET @n = 0")
    assert client.value("BENCHMARK(1000000, @n := @n + 1)") == 0
    assert 0 < client.value("@n") <= 1000


def test_last_insert_id_can_be_given() -> None:
    client = Bench().login()
    assert client.value("LAST_INSERT_ID(42)") == 42
    assert client.rows("SELECT LAST_INSERT_ID(), @@last_insert_id, @@identity") == [(42, 42, 42)]


def test_password_hashes_as_the_account_table_keeps_them() -> None:
    client = Bench("mariadb-10.11").login()
    assert client.value("PASSWORD('')") == ""
    assert client.value("PASSWORD('x')").startswith("*")


@given(st.dates(min_value=dt.date(1000, 1, 1), max_value=dt.date(9998, 12, 31)), st.integers(-3000, 3000))
def test_adding_months_and_days_is_undone_by_taking_them_away(date: dt.date, days: int) -> None:
    start = dt.datetime(date.year, date.month, date.day)
    there = shift(start, str(days), "DAY", 1)
    assert there is not None
    assert shift(there, str(days), "DAY", -1) == start
    months = shift(start, str(days // 30), "MONTH", 1)
    assert months is None or months.day <= start.day


@pytest.mark.parametrize("mode", range(8))
def test_weeks_count_up_through_a_year(mode: int) -> None:
    """Whatever a week is, the days of a year never fall back but at its ends."""
    client = Bench().login()
    for year in (2018, 2020, 2023):
        weeks = [client.value(f"WEEK('{year}-06-01' + INTERVAL {day} DAY, {mode})") for day in range(0, 180, 7)]
        assert weeks == list(range(weeks[0], weeks[0] + len(weeks)))


def test_functions_of_one_server_are_unknown_to_the_other() -> None:
    for persona, present, absent in (
        ("mariadb-10.11", "MD5('a')", "ANY_VALUE(1)"),
        ("mysql-9.7", "ANY_VALUE(1)", "MD5('a')"),
    ):
        client = Bench(persona).login()
        client.value(present)
        assert client.failure(f"SELECT {absent}").code == 1305


def test_every_function_refuses_one_argument_too_many_or_too_few() -> None:
    client = Bench("mariadb-10.11").login()
    for name, function in NATIVES.items():
        if not name.isidentifier() or not function.exists_in(client.bench.instance.dialect):
            continue
        if function.most is not None:
            many = ", ".join(["1"] * (function.most + 1))
            assert client.failure(f"SELECT {name}({many})").code in (1064, 1582), name
        if function.least:
            few = ", ".join(["1"] * (function.least - 1))
            assert client.failure(f"SELECT {name}({few})").code in (1064, 1582), name


def test_an_interval_is_an_operand_of_dates_alone() -> None:
    client = Bench().login()
    binder = Binder(client.session, client.bench.instance)
    with pytest.raises(SqlError) as refused:
        binder.bind(Interval(Literal(LiteralKind.INTEGER, "1"), "DAY"))
    assert refused.value.code == 1235


def test_a_trial_lists_nothing_and_remembers_that_there_was_something() -> None:
    client = Bench().login()
    trial = Trial(client.session, client.bench.instance)
    trial.warn(1292, "x")
    assert trial.noticed
    assert client.session.warnings == []


def test_a_site_reads_its_arguments_in_several_ways() -> None:
    client = Bench().login()
    binder = Binder(client.session, client.bench.instance)
    site = CallSite("F", binder, (), [binder.bind(Literal(LiteralKind.STRING, "5"))])
    scope = Scope(client.session, client.bench.instance)
    assert isinstance(binder, Surroundings)
    assert len(site) == 1
    assert site.string_as(0, binder.binary)(scope) == b"5"
    assert site.value(0)(scope) == site.text(0)(scope) == "5"
    assert site.decimal(0)(scope) == site.double(0)(scope) == site.number(0)(scope) == 5
