"""The fake judged by clients that were not written for it: PyMySQL in a thread, aiomysql and asyncmy, the mariadb CLI.

Each says the same to both personas and reads what its users would read.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING, Any

import aiomysql
import asyncmy
import pymysql
import pytest
from pymysql.constants import CLIENT, COMMAND, SERVER_STATUS

from fakemysql import Account, Cut, Fail, FakeServer, Gate, Hook, Reset, Send, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PERSONAS = ("mysql-9.7", "mariadb-10.11")
MARIADB_CLI = shutil.which("mariadb")


@pytest.fixture(params=PERSONAS)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[FakeServer]:
    users: dict[str, str | Account] = {
        "app": "s3cret",
        "native": Account("native", "pw", "mysql_native_password"),
        "sha2": Account("sha2", "pw", "caching_sha2_password"),
    }
    async with FakeServer(
        persona=request.param, users=users, databases=("other",), variables={"max_allowed_packet": 1 << 26}
    ) as running:
        yield running


def dial(server: FakeServer, **options: Any) -> Any:
    """A connection of PyMySQL, which has types for only a part of what it offers."""
    settings: dict[str, Any] = {"user": "root", "password": "", "database": "test", "ssl_disabled": True}
    return pymysql.connect(host=server.host, port=server.port, **(settings | options))


def ask(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


# --------------------------------------------------------------------------------------------------------------- logins


@pytest.mark.parametrize(("user", "password"), [("root", ""), ("app", "s3cret"), ("native", "pw"), ("sha2", "pw")])
async def test_pymysql_logs_in_with_each_plugin(server: FakeServer, user: str, password: str) -> None:
    def work() -> None:
        with dial(server, user=user, password=password) as connection:
            assert ask(connection, "SELECT USER(), DATABASE(), CONNECTION_ID()") == (
                (f"{user}@localhost", "test", connection.thread_id()),
            )
            assert connection.get_server_info().endswith(server.persona.greeting_version)

    await in_thread(work)
    await server.wait_for(connections=0)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            {"user": "app", "password": "wrong"},
            1045,
            "Access denied for user 'app'@'localhost' (using password: YES)",
        ),
        ({"user": "app"}, 1045, "Access denied for user 'app'@'localhost' (using password: NO)"),
        ({"user": "nobody"}, 1045, "Access denied for user 'nobody'@'localhost' (using password: NO)"),
        ({"database": "nosuch"}, 1049, "Unknown database 'nosuch'"),
    ],
)
async def test_pymysql_is_refused_in_the_servers_words(
    server: FakeServer, options: dict[str, str], code: int, words: str
) -> None:
    with pytest.raises(pymysql.err.OperationalError) as caught:
        await in_thread(lambda: dial(server, **options))
    assert caught.value.args == (code, words)
    await server.wait_for(connections=0)


async def test_pymysql_meets_a_full_server() -> None:
    async with FakeServer(max_connections=1) as server:

        def work() -> None:
            with dial(server):
                with pytest.raises(pymysql.err.OperationalError, match="Too many connections") as caught:
                    dial(server)
                assert caught.value.args[0] == 1040

        await in_thread(work)


# ----------------------------------------------------------------------------------------------------------- commands


async def test_pymysql_sees_true_status_flags(server: FakeServer) -> None:
    def work() -> None:
        with dial(server) as connection:
            transaction, autocommit = SERVER_STATUS.SERVER_STATUS_IN_TRANS, SERVER_STATUS.SERVER_STATUS_AUTOCOMMIT
            seen = []
            for statement in ("SELECT 1", "SET autocommit=1", "BEGIN", "SELECT 1", "COMMIT"):
                ask(connection, statement)
                seen.append(connection.server_status & (transaction | autocommit))
            both = transaction | autocommit
            assert seen == [0, autocommit, both, both, autocommit]

    await in_thread(work)


async def test_pymysql_uses_every_command(server: FakeServer) -> None:
    def work() -> None:
        with dial(server) as connection:
            connection.ping(reconnect=False)
            connection.select_db("other")
            assert ask(connection, "SELECT DATABASE()") == (("other",),)
            with pytest.raises(pymysql.err.OperationalError, match="Unknown database 'nosuch'"):
                connection.select_db("nosuch")
            connection._execute_command(COMMAND.COM_CREATE_DB, "")
            with pytest.raises(pymysql.err.OperationalError, match="Unknown command") as caught:
                connection._read_packet()
            assert caught.value.args[0] == 1047
            connection._execute_command(COMMAND.COM_STATISTICS, "")
            assert connection._read_packet().read_all().startswith(b"Uptime: ")
            assert ask(connection, "SELECT 1") == ((1,),)

    await in_thread(work)
    said = [str(event) for event in server.transcript]
    assert any("COM_INIT_DB other" in line for line in said)
    assert any("ERR 1047" in line for line in said)


async def test_letters_beyond_the_basic_plane_are_lost_in_names_and_messages_alone(server: FakeServer) -> None:
    def work() -> None:
        with dial(server) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT '🐬', 'ž'")
            assert [column[0] for column in cursor.description] == ["?", "ž"]
            assert cursor.fetchall() == (("🐬", "ž"),)
            with pytest.raises(pymysql.err.ProgrammingError, match=r"near '1 '\?'' at line 1"):
                cursor.execute("SELECT 1 1 '🐬'")

    await in_thread(work)


async def test_pymysql_reads_several_results(server: FakeServer) -> None:
    def work() -> None:
        with dial(server, client_flag=CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1; SET @a = 5; SELECT @a, 'two'")
            found = [cursor.fetchall()]
            while cursor.nextset():
                found.append(tuple(cursor.fetchall()))
            assert found == [((1,),), (), ((5, "two"),)]

    await in_thread(work)


async def test_pymysql_sends_and_reads_more_than_sixteen_mebibytes(server: FakeServer) -> None:
    def work() -> None:
        with dial(server, max_allowed_packet=1 << 26) as connection:
            big = "x" * ((1 << 24) + 100)
            assert ask(connection, f"SELECT '{big}'") == ((big,),)
            exact = "y" * (0xFFFFFF - len("\x03SELECT ''"))
            assert ask(connection, f"SELECT '{exact}'") == ((exact,),)

    await in_thread(work)


async def test_pymysql_meets_max_allowed_packet() -> None:
    async with FakeServer(variables={"max_allowed_packet": 1 << 20}) as server:

        def work() -> None:
            with dial(server) as connection, pytest.raises(pymysql.err.OperationalError):
                ask(connection, "SELECT '" + "x" * (1 << 21) + "'")

        await in_thread(work)
        assert any("ERR 1153" in str(event) for event in server.transcript)


async def test_pymysql_reads_values_in_their_types(server: FakeServer) -> None:
    def work() -> None:
        with dial(server) as connection:
            [row] = ask(connection, "SELECT 1, -2.50, 1e0, 'schön', x'00ff', NULL, DATE'2024-02-29', TIME'-01:02:03'")
            assert [str(value) for value in row] == [
                "1",
                "-2.50",
                "1.0",
                "schön",
                "b'\\x00\\xff'",
                "None",
                "2024-02-29",
                "-1 day, 22:57:57",
            ]

    await in_thread(work)


async def test_pymysql_reads_a_bad_statement_as_a_programming_error(server: FakeServer) -> None:
    def work() -> None:
        with dial(server) as connection:
            with pytest.raises(pymysql.err.ProgrammingError, match="near 'SELEC 1' at line 1") as caught:
                ask(connection, "SELEC 1")
            assert caught.value.args[0] == 1064
            assert server.persona.product in caught.value.args[1]

    await in_thread(work)


async def test_kill_and_kill_query_as_each_server_has_them(server: FakeServer) -> None:
    def sleep(connection: Any) -> Any:
        return ask(connection, "SELECT SLEEP(60)")

    def kill(victim: int, what: str) -> None:
        with dial(server) as killer:
            ask(killer, f"KILL {what} {victim}")

    connection = await in_thread(lambda: dial(server))
    victim = connection.thread_id()
    for what in ("QUERY", "CONNECTION"):
        sleeping = asyncio.create_task(in_thread(lambda: sleep(connection)))
        await server.wait_for(lambda server: server.connections[victim].statement == "SELECT SLEEP(60)")
        await in_thread(lambda what=what: kill(victim, what))  # type: ignore[misc]
        if what == "CONNECTION":
            with pytest.raises(pymysql.err.OperationalError) as caught:
                await sleeping
            assert caught.value.args[0] == 2013
        elif server.persona.product == "MySQL":
            assert await sleeping == ((1,),)
        else:
            with pytest.raises(pymysql.err.OperationalError) as caught:
                await sleeping
            assert caught.value.args[0] == 1317
    with contextlib.suppress(pymysql.err.Error):
        connection.close()


async def test_killing_oneself(server: FakeServer) -> None:
    def work() -> int:
        connection = dial(server)
        with pytest.raises(pymysql.err.OperationalError) as caught:
            ask(connection, "KILL CONNECTION_ID()")
        with pytest.raises(pymysql.err.OperationalError, match="2013"):
            ask(connection, "SELECT 1")
        return int(caught.value.args[0])

    assert await in_thread(work) == server.persona.killed_by_itself[0]


async def test_an_idle_session_ends_after_wait_timeout() -> None:
    """A second is the shortest that a client can ask for; both personas wait for it at once."""

    def work(server: FakeServer) -> Any:
        connection = dial(server)
        ask(connection, "SET SESSION wait_timeout = 1")
        return connection

    async def ends(persona: str) -> None:
        async with FakeServer(persona=persona) as server:
            connection = await in_thread(lambda: work(server))
            await server.wait_for(connections=0)
            with pytest.raises(pymysql.err.OperationalError) as caught:
                await in_thread(lambda: ask(connection, "SELECT 1"))
            assert caught.value.args[0] in (2006, 2013, 4031)

    await asyncio.gather(*map(ends, PERSONAS))


async def test_faults_as_pymysql_meets_them(server: FakeServer) -> None:
    def fails(statement: str = "SELECT 1") -> tuple[int, str]:
        connection = dial(server)
        try:
            with pytest.raises(pymysql.err.MySQLError) as caught:
                ask(connection, statement)
        finally:
            with contextlib.suppress(pymysql.err.Error):
                connection.close()
        return caught.value.args[0], str(caught.value.args[1])

    for action, at, options in (
        (Cut(), Hook.COMMAND, {}),
        (Reset(), Hook.COMMAND, {}),
        (Cut(after_bytes=2), Hook.ANSWER, {}),
        (Cut(after_bytes=20), Hook.ANSWER, {}),
        (Reset(), Hook.ROWS, {"after_rows": 1}),
    ):
        server.faults.arm(action, at=at, matching="SELECT*", **options)  # type: ignore[arg-type]
        assert (await in_thread(fails))[0] == 2013
    server.faults.arm(Fail(1213, "40001", "Deadlock found"), at=Hook.COMMAND, matching="SELECT 1")
    assert await in_thread(fails) == (1213, "Deadlock found")
    server.faults.arm(Fail(1045, "28000", "go away"), at=Hook.LOGIN)
    with pytest.raises(pymysql.err.OperationalError, match="go away"):
        await in_thread(lambda: dial(server))
    server.faults.arm(Cut(), at=Hook.CONNECT)
    with pytest.raises(pymysql.err.OperationalError) as caught:
        await in_thread(lambda: dial(server))
    assert caught.value.args[0] == 2013
    server.faults.arm(Send(b"\x01\0\0\x07!"), at=Hook.COMMAND, matching="SELECT 1")
    with pytest.raises(pymysql.err.InternalError, match="sequence"):
        await in_thread(lambda: ask(dial(server), "SELECT 1"))
    assert server.faults.never_fired == []


# ---------------------------------------------------------------------------------------------------- clients in-loop


async def test_aiomysql_and_asyncmy_work_and_leave(server: FakeServer) -> None:
    options = {"host": server.host, "port": server.port, "user": "app", "password": "s3cret", "db": "test"}
    one = await aiomysql.connect(**options)
    async with one.cursor() as cursor:
        await cursor.execute("SELECT CONNECTION_ID(), %s", ("schön",))
        assert await cursor.fetchall() == ((one.thread_id(), "schön"),)
    one.close()
    other = await asyncmy.connect(**options)
    async with other.cursor() as cursor:
        await cursor.execute("SELECT DATABASE(), %s", (5,))
        assert tuple(await cursor.fetchall()) == (("test", 5),)
    await other.ensure_closed()
    await server.wait_for(connections=0)


async def test_a_pool_of_aiomysql_on_a_server_that_answers_in_single_bytes() -> None:
    async with FakeServer(segment=1) as server:
        pool = await aiomysql.create_pool(host=server.host, port=server.port, user="root", minsize=2, maxsize=3)
        assert len(server.connections.of("root")) == 2

        async def use(number: int) -> int:
            async with pool.acquire() as connection, connection.cursor() as cursor:
                await cursor.execute("SELECT %s", (number,))
                return int((await cursor.fetchone())[0])

        assert await asyncio.gather(*map(use, range(12))) == list(range(12))
        assert server.connections.peak <= 3
        pool.close()
        await pool.wait_closed()
        await server.wait_for(connections=0)


async def test_a_stalled_login_holds_up_its_client_alone(server: FakeServer) -> None:
    gate = Gate()
    server.faults.arm(Stall(gate), at=Hook.LOGIN)
    options = {"host": server.host, "port": server.port, "user": "root"}
    stalled = asyncio.create_task(asyncmy.connect(**options))
    await server.wait_for(lambda server: bool(server.faults.never_fired) is False)
    quick = await asyncmy.connect(**options)
    assert not stalled.done()
    gate.open()
    for connection in (await stalled, quick):
        await connection.ensure_closed()


async def test_two_hundred_clients_at_once_are_all_answered(server: FakeServer) -> None:
    server.instance.globals = {**server.instance.globals, "max_connections": 300}

    async def use(number: int) -> int:
        connection = await aiomysql.connect(host=server.host, port=server.port, user="root")
        async with connection.cursor() as cursor:
            await cursor.execute(f"SELECT {number}")
            [row] = await cursor.fetchall()
        connection.close()
        return int(row[0])

    assert await asyncio.gather(*map(use, range(200))) == list(range(200))
    await server.wait_for(connections=0)
    assert server.connections.opened == 200


# ------------------------------------------------------------------------------------------------------------- the CLI


@pytest.mark.skipif(MARIADB_CLI is None, reason="the mariadb command-line client is not installed on this machine")
async def test_the_mariadb_cli_connects_asks_and_leaves(server: FakeServer) -> None:
    assert MARIADB_CLI is not None
    process = await asyncio.create_subprocess_exec(
        MARIADB_CLI,
        "--no-defaults",
        "--batch",
        "--skip-ssl",
        f"--host={server.host}",
        f"--port={server.port}",
        "--user=app",
        "--password=s3cret",
        "test",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said = b"SELECT VERSION() AS v, USER() AS u;\nUSE other\nSELECT DATABASE() AS d;\nstatus\n"
    out, err = (part.decode() for part in await process.communicate(said))
    assert process.returncode == 0, err
    lines = out.splitlines()
    assert lines[:4] == ["v\tu", f"{server.persona.version}\tapp@localhost", "d", "other"]
    assert any(line.startswith("Uptime:") for line in lines)
    await server.wait_for(connections=0)
