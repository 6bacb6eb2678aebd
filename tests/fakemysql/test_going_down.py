"""SHUTDOWN, and ends that follow an answer: what every client sees, as both servers were seen to do it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakemysql import Account, FakeServer
from fakemysql.answers import Failure, Ok, Pause, Rows, Woken
from fakemysql.simulation import Simulation
from fakemysql.sql.sqlerrors import SqlError

from .doubles import RawClient
from .engine_client import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MARIADB, MYSQL = "mariadb-10.11", "mysql-9.7"
both = pytest.mark.parametrize("persona", [MARIADB, MYSQL])
# The client below knows one plugin.
USERS = {"root": Account("root", plugin="caching_sha2_password")}
OK = b"\x00\x00\x00\x02\x00\x00\x00"
KILLED = b"\xff\x87\x07#70100Connection was killed"


@pytest.fixture(params=[MARIADB, MYSQL])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[FakeServer]:
    async with FakeServer(persona=request.param, users=USERS) as running:
        yield running


async def rest(client: RawClient) -> list[tuple[int, bytes]]:
    """What still comes, up to the end."""
    found = []
    try:
        while True:
            found.append(await client.packet())
    except asyncio.IncompleteReadError:
        await client.hang_up()
        return found


@both
def test_everybody_is_given_up_in_the_personas_own_way(persona: str) -> None:
    """On virtual time: MySQL gives two seconds to whoever is still there."""

    async def scenario() -> None:
        async with FakeServer(persona=persona, users=USERS) as server:
            await everybody_is_given_up(server)

    with Simulation() as world:
        world.run(scenario())


async def everybody_is_given_up(server: FakeServer) -> None:
    is_mysql = server.persona.name == MYSQL
    went_down = asyncio.Event()
    server.on_shutdown = went_down.set
    idle, sleeper, last = [await RawClient.log_in(server) for _ in range(3)]
    sleeper.say(b"\x03SELECT SLEEP(60)")
    await server.wait_for(lambda server: any(each.statement for each in server.connections))
    last.say(b"\x03SHUTDOWN")
    assert await rest(last) == ([(1, OK)] if is_mysql else [(1, OK), (1, KILLED)])
    slept = await rest(sleeper)
    if is_mysql:
        # It was interrupted and answered; the others have two seconds more.
        assert (3, b"\x011") in [(number - 1, payload) for number, payload in slept]
        assert not went_down.is_set()
        assert len(server.connections) == 1
    else:
        assert slept == []
    assert await rest(idle) == []
    await went_down.wait()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_the_command_is_an_old_one(server: FakeServer) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x08")
    if server.persona.name == MYSQL:
        number, payload = await client.packet()
        assert (number, payload[1:3]) == (1, (1047).to_bytes(2, "little"))
        await client.hang_up()
    else:
        assert await rest(client) == [(1, b"\xfe\x00\x00\x02\x00")]


@pytest.mark.parametrize("statement", [b"COMMIT RELEASE", b"ROLLBACK RELEASE"])
async def test_a_session_that_is_released_ends_behind_its_answer(server: FakeServer, statement: bytes) -> None:
    client = await RawClient.log_in(server)
    client.say(b"\x03" + statement)
    assert await rest(client) == [(1, OK)]


async def test_mariadb_kills_by_user_and_oneself_last() -> None:
    async with FakeServer(persona=MARIADB, users=USERS) as server:
        victim, killer = await RawClient.log_in(server), await RawClient.log_in(server)
        killer.say(b"\x03KILL QUERY ID 7")
        assert (await killer.packet())[1].endswith(b"Unknown query id: 7")
        killer.say(b"\x03KILL USER root@elsewhere")
        assert await killer.packet() == (1, OK)
        killer.say(b"\x03KILL USER CURRENT_USER")
        assert await rest(killer) == [(1, b"\x00\x02\x00\x02\x00\x00\x00")]
        assert await rest(victim) == []


# --------------------------------------------------------------------------------------------------------- time limits


def test_a_statement_past_its_time_is_an_error_on_mariadb() -> None:
    client = Bench(MARIADB).login()
    client.ok("SET max_statement_time = 0.5")
    assert Pause(0.5, "User sleep") in client.say("SELECT SLEEP(2)")
    text = "Query execution was interrupted (max_statement_time exceeded)"
    assert client.failure("SELECT SLEEP(2)") == Failure(1969, "70100", text)
    assert client.rows("SELECT SLEEP(0.25)") == [(0,)]
    assert client.say("SELECT SLEEP(0.25)", woken=Woken.KILLED)[-1] == Failure(
        1317, "70100", "Query execution was interrupted"
    )
    client.ok("SET max_statement_time = 0")
    assert client.rows("SELECT SLEEP(2)") == [(0,)]
    assert client.failure("SET STATEMENT max_statement_time = 0.5 FOR SELECT SLEEP(2)").code == 1969
    assert client.rows("SELECT SLEEP(2)") == [(0,)]


def test_a_sleep_past_its_time_answers_as_a_killed_one_on_mysql() -> None:
    client = Bench(MYSQL).login()
    client.ok("SET max_execution_time = 500")
    assert client.rows("SELECT SLEEP(2)") == [(1,)]
    assert client.say("DO SLEEP(2)")[0] == Pause(2.0, "User sleep")


def test_the_time_of_a_statement_is_all_its_waits_together() -> None:
    bench = Bench(MARIADB)
    client = bench.login()
    client.ok("SET max_statement_time = 3")
    steps = client.steps("SELECT SLEEP(2), SLEEP(2)")
    next(steps)
    assert next(steps) == Pause(2.0, "User sleep")
    bench.now += 2
    assert steps.send(Woken.ELAPSED) == Pause(1.0, "User sleep")


# -------------------------------------------------------------------------------------------------- prepared statements


@both
def test_prepared_statements_have_a_common_limit(persona: str) -> None:
    bench = Bench(persona, variables={"max_prepared_stmt_count": 1})
    client, other = bench.login(), bench.login()
    assert isinstance(client.ok("PREPARE s FROM 'SELECT 1'"), Ok)
    text = "Can't create more than max_prepared_stmt_count statements (current value: 1)"
    assert other.failure("PREPARE s FROM 'SELECT 1'") == Failure(1461, "42000", text)
    client.ok("DEALLOCATE PREPARE s")
    other.ok("PREPARE s FROM 'SELECT 2'")
    assert Rows([(2,)]) in [Rows(list(map(tuple, step.rows))) for step in other.say("EXECUTE s") if type(step) is Rows]


def test_statements_of_the_protocol_count_too() -> None:
    server = FakeServer()
    assert server.instance.count_prepared() == 0


def test_nobody_without_an_account_is_asked_for_one() -> None:
    """An engine in a test of its own has sessions without accounts."""
    bench = Bench(MYSQL)
    client = bench.login(user="nobody", account=None)
    client.ok("SET max_execution_time = 500")
    assert client.rows("SELECT 1") == [(1,)]
    assert client.rows("SHOW GRANTS") == [("GRANT USAGE ON *.* TO `nobody`@`%`",)]
    with pytest.raises(SqlError):
        bench.instance.database("nosuch")
