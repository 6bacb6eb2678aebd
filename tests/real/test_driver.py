"""The driver on a real server: logins, values, files, long packets, and how a session ends.

Runs only where SPEC_MYSQL_URL names a server; the account must be allowed to create users and set global variables.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import refpool
from refpool import errors
from refpool.session_state import Fitness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ANY_CERTIFICATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


async def rows(connection: refpool.Connection, statement: str, args: Any = None) -> Any:
    """All rows of a statement's first result."""
    async with connection.cursor() as cursor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", refpool.Warning)
            await cursor.execute(statement, args)
        return await cursor.fetchall()


def fit(connection: refpool.Connection) -> Fitness:
    """Its fitness, read anew: a type checker takes an attribute for constant."""
    return connection.fitness


def is_mariadb(connection: refpool.Connection) -> bool:
    return "MariaDB" in connection.get_server_info()


@pytest.fixture
async def table(beside: refpool.Connection) -> AsyncIterator[str]:
    """A table with a primary key, empty."""
    await rows(beside, "DROP TABLE IF EXISTS t_driver")
    await rows(beside, "CREATE TABLE t_driver (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(50)) ENGINE=InnoDB")
    yield "t_driver"
    await rows(beside, "DROP TABLE t_driver")


PLUGINS = ["mysql_native_password", "caching_sha2_password", "sha256_password"]


class TestLogin:
    """Accounts of each plugin."""

    @pytest.fixture(params=PLUGINS)
    async def account(
        self, request: pytest.FixtureRequest, beside: refpool.Connection, where: dict[str, Any]
    ) -> AsyncIterator[dict[str, Any]]:
        """Arguments of connect() for an account with this plugin and a password."""
        plugin = request.param
        name = f"drv_{plugin[:8]}"
        await rows(beside, f"DROP USER IF EXISTS '{name}'@'%'")
        try:
            if is_mariadb(beside) and plugin == "mysql_native_password":
                await rows(beside, f"CREATE USER '{name}'@'%' IDENTIFIED BY 'secret'")
            else:
                await rows(beside, f"CREATE USER '{name}'@'%' IDENTIFIED WITH {plugin} BY 'secret'")
        except refpool.Error as cause:
            pytest.skip(f"this server makes no account with {plugin}: {cause}")
        await rows(beside, f"GRANT ALL ON *.* TO '{name}'@'%'")
        yield {**where, "user": name, "password": "secret"}
        await rows(beside, f"DROP USER '{name}'@'%'")

    async def test_the_right_password(self, account: dict[str, Any]) -> None:
        """In the open, the full way and the fast one; and beginning with the wrong plugin."""
        for plugin in ("", "", "mysql_native_password", "caching_sha2_password"):
            async with refpool.connect(**account, auth_plugin=plugin) as connection:
                ((user,),) = await rows(connection, "SELECT CURRENT_USER()")
                assert user.startswith(account["user"])

    async def test_over_tls(self, account: dict[str, Any]) -> None:
        """A server without TLS is refused, one with it is encrypted."""
        try:
            connection = await refpool.connect(**account, ssl=ANY_CERTIFICATE)
        except errors.TLSRefused:
            return
        async with connection:
            ((_, cipher),) = await rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'")
            assert cipher
            await connection.reset()

    async def test_the_wrong_password(self, account: dict[str, Any]) -> None:
        """1045."""
        for password in ("wrong", ""):
            with pytest.raises(refpool.OperationalError) as caught:
                await refpool.connect(**{**account, "password": password})
            assert caught.value.args[0] == 1045

    async def test_a_session_made_new_by_another_login(self, account: dict[str, Any]) -> None:
        """Without a database of its own the session leaves the one it was taken to."""
        database = account.pop("db")
        async with refpool.connect(**account) as connection:
            await connection.select_db(database)
            await rows(connection, "SET @x = 1")
            await connection.reset()
            assert await rows(connection, "SELECT DATABASE(), @x, @@autocommit") == ((None, None, 0),)
            assert fit(connection) is Fitness.READY


class TestConnecting:
    """What connect() sets up."""

    async def test_an_unknown_database(self, where: dict[str, Any]) -> None:
        """1049."""
        with pytest.raises(refpool.OperationalError) as caught:
            await refpool.connect(**{**where, "db": "nosuch_database"})
        assert caught.value.args[0] == 1049

    @pytest.mark.parametrize("name", ["utf8mb4", "utf8", "latin1", "gbk", "cp1251"])
    async def test_character_sets(self, where: dict[str, Any], name: str) -> None:
        """Text goes there and back."""
        text = {"latin1": "äöü", "gbk": "中文", "cp1251": "привет"}.get(name, "ä中🎉")
        async with refpool.connect(**where, charset=name) as connection:
            assert await rows(connection, "SELECT %s", (text,)) == ((text,),)
            ((client,),) = await rows(connection, "SELECT @@character_set_client")
            assert client.startswith(name)
            await connection.set_charset("utf8mb4")
            assert await rows(connection, "SELECT %s", ("🎉",)) == (("🎉",),)

    async def test_settings_hold_and_come_back(self, where: dict[str, Any]) -> None:
        """sql_mode, init_command, autocommit, database, character set: before and after a reset."""
        settings: dict[str, Any] = {"sql_mode": "ANSI,NO_ZERO_DATE", "init_command": "SET @x=7", "autocommit": True}
        ask = "SELECT @@sql_mode, @x, @@autocommit, @@character_set_client, @@collation_connection, DATABASE()"
        async with refpool.connect(**where, **settings) as connection:
            ((mode, *others),) = before = await rows(connection, ask)
            assert "ANSI_QUOTES" in mode
            assert "NO_ZERO_DATE" in mode
            assert others == [7, 1, "utf8mb4", "utf8mb4_general_ci", where["db"]]
            for statement in (
                "SET sql_mode=''", "SET @x=8", "SET NAMES latin1", "USE information_schema", "SET @y=1",
                f"CREATE TEMPORARY TABLE {where['db']}.t_gone (a INT)", "SET autocommit=0", "SELECT GET_LOCK('drv', 0)",
            ):  # fmt: skip
                await rows(connection, statement)
            await connection.begin()
            await connection.reset()
            assert await rows(connection, ask) == before
            assert await rows(connection, "SELECT @y, IS_FREE_LOCK('drv')") == ((None, 1),)
            with pytest.raises(refpool.ProgrammingError):
                await rows(connection, "SELECT * FROM t_gone")
            assert fit(connection) is Fitness.READY


class TestValues:
    """What becomes of values."""

    async def test_there_and_back(self, beside: refpool.Connection) -> None:
        """As parameters, and as results."""
        moment = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
        values = (
            1, -(2**63), "it's ä\\ 🎉", b"\x00\xff'\\", 1.5, Decimal("12345678901234567890.123"), None,
        )  # fmt: skip
        ((*got,),) = await rows(beside, "SELECT %s, %s, %s, %s, CAST(%s AS DOUBLE), %s, %s", values)
        assert tuple(got) == values
        ((got_moment, got_date, got_time, got_bits),) = await rows(
            beside, "SELECT CAST(%s AS DATETIME(6)), CAST(%s AS DATE), CAST(%s AS TIME(6)), b'101'",
            (moment, moment.date(), -datetime.timedelta(hours=100, microseconds=5)),
        )  # fmt: skip
        assert (got_moment, got_date, got_bits) == (moment, moment.date(), b"\x05")
        assert got_time == -datetime.timedelta(hours=100, microseconds=5)

    async def test_sequences_and_bytes_as_parameters(self, beside: refpool.Connection, table: str) -> None:
        """What breaks in aiomysql with today's PyMySQL."""
        async with beside.cursor() as cursor:
            names = [(name,) for name in ("x", "y", "z")]
            assert await cursor.executemany(f"INSERT INTO {table} (b) VALUES (%s)", names) == 3
            assert await cursor.execute(f"SELECT a FROM {table} WHERE b IN %s", (("x", "z"),)) == 2
            assert await cursor.execute(f"SELECT a FROM {table} WHERE b IN %s", ([b"x", b"y"],)) == 2
            assert await cursor.execute(f"INSERT INTO {table} (b) VALUES (%s)", ("w",)) == 1
            assert cursor.lastrowid == 4

    async def test_without_backslashes(self, where: dict[str, Any]) -> None:
        """NO_BACKSLASH_ESCAPES is followed."""
        async with refpool.connect(**where, sql_mode="NO_BACKSLASH_ESCAPES") as connection:
            assert await rows(connection, "SELECT %s", ("a'\\",)) == (("a'\\",),)

    async def test_json_and_spatial_columns(self, beside: refpool.Connection) -> None:
        """JSON is text, or what it says; a point is bytes."""
        async with beside.cursor(refpool.cursors.DeserializationCursor, refpool.DictCursor) as cursor:
            await cursor.execute("SELECT JSON_EXTRACT('{\"a\": [1]}', '$.a') AS j, ST_GeomFromText('POINT(1 2)') AS p")
            row = await cursor.fetchone()
            assert row["j"] in ([1], "[1]")  # MariaDB's JSON is text
            assert isinstance(row["p"], bytes)

    async def test_many_rows(self, beside: refpool.Connection) -> None:
        """Buffered and streamed, in step with one another."""
        statement = (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "SELECT i, CONCAT('row ', i), i / 4, NULL FROM n"
        )
        limit = "max_recursive_iterations" if is_mariadb(beside) else "cte_max_recursion_depth"
        await rows(beside, f"SET {limit} = 100000")
        expected = [(i, f"row {i}", Decimal(i) / 4, None) for i in range(1, 20001)]
        assert list(await rows(beside, statement)) == expected
        async with beside.cursor(refpool.SSCursor) as cursor:
            await cursor.execute(statement)
            assert [row async for row in cursor] == expected


class TestLength:
    """Packets of 16 MiB and more."""

    @pytest.fixture
    async def roomy(self, beside: refpool.Connection, where: dict[str, Any]) -> AsyncIterator[refpool.Connection]:
        """A session that may send and get 64 MiB."""
        ((before,),) = await rows(beside, "SELECT @@max_allowed_packet")
        await rows(beside, "SET GLOBAL max_allowed_packet = 67108864")
        async with refpool.connect(**where) as connection:
            yield connection
        await rows(beside, "SET GLOBAL max_allowed_packet = %s", (before,))

    async def test_a_parameter_of_twenty_megabytes(self, roomy: refpool.Connection) -> None:
        """There and back."""
        value = "x" * (20 * 1024 * 1024)
        assert await rows(roomy, "SELECT %s, 1", (value,)) == ((value, 1),)

    async def test_around_the_length_of_one_packet(self, roomy: refpool.Connection) -> None:
        """No length is special."""
        overhead = len(b"\x03SELECT LENGTH('')")
        for packets_length in (0xFFFFFF, 2 * 0xFFFFFF):
            for length in range(packets_length - overhead - 1, packets_length - overhead + 2):
                assert await rows(roomy, f"SELECT LENGTH('{'x' * length}')") == ((length,),)
        for length in (0xFFFFFF - 5, 0xFFFFFF - 4, 0xFFFFFF - 3):
            ((value,),) = await rows(roomy, "SELECT REPEAT('x', %s)", (length,))
            assert len(value) == length
        assert fit(roomy) is not Fitness.UNFIT

    async def test_one_that_is_too_long(self, beside: refpool.Connection, where: dict[str, Any]) -> None:
        """The server's reason is told, whether it reads to the end or not."""
        ((before,),) = await rows(beside, "SELECT @@max_allowed_packet")
        await rows(beside, "SET GLOBAL max_allowed_packet = 1048576")
        try:
            for size in (2_000_000, 20_000_000, 60_000_000):
                connection = await refpool.connect(**where)
                with pytest.raises(refpool.OperationalError, match="max_allowed_packet"):
                    await rows(connection, f"SELECT LENGTH('{'x' * size}')")
                await connection.ensure_closed()
        finally:
            await rows(beside, "SET GLOBAL max_allowed_packet = %s", (before,))


async def test_local_files(beside: refpool.Connection, where: dict[str, Any], table: str, tmp_path: Path) -> None:
    """LOAD DATA LOCAL sends a file, or says why not, and the connection is in step."""
    path = tmp_path / "rows"
    path.write_text("".join(f"{number}\trow {number}\n" for number in range(1, 50_001)))
    ((before,),) = await rows(beside, "SELECT @@local_infile")
    await rows(beside, "SET GLOBAL local_infile = 1")
    load = f"LOAD DATA LOCAL INFILE %s INTO TABLE {table}"
    async with refpool.connect(**where, local_infile=True, autocommit=True) as connection:
        cursor = await connection.cursor()
        assert await cursor.execute(load, (str(path),)) == 50_000
        with pytest.raises(errors.LocalFileError):
            await cursor.execute(load, (str(path) + "nosuch",))
        assert await rows(connection, f"SELECT COUNT(*) FROM {table}") == ((50_000,),)
    async with refpool.connect(**where, client_flag=128) as connection:
        with pytest.raises(errors.LocalFileError):
            await rows(connection, load, (str(path),))
        assert await rows(connection, "SELECT 7") == ((7,),)
    await rows(beside, "SET GLOBAL local_infile = %s", (before,))


class TestResults:
    """Several of them, and procedures."""

    async def test_several_statements(self, beside: refpool.Connection) -> None:
        """Each has its result; an error among them ends them."""
        async with beside.cursor() as cursor:
            await cursor.execute("SELECT 1; DO 1; SELECT 2, 3; SELEC")
            assert fit(beside) is Fitness.UNFIT
            assert await cursor.fetchall() == ((1,),)
            assert await cursor.nextset()
            assert cursor.description is None
            assert await cursor.nextset()
            assert await cursor.fetchall() == ((2, 3),)
            with pytest.raises(refpool.ProgrammingError):
                await cursor.nextset()
        assert fit(beside) is Fitness.READY

    async def test_a_procedure(self, beside: refpool.Connection) -> None:
        """Its results, and its OUT parameter."""
        await rows(beside, "DROP PROCEDURE IF EXISTS p_driver")
        await rows(beside, "CREATE PROCEDURE p_driver (IN a INT, OUT b INT) BEGIN SELECT a; SET b = a + 1; END")
        async with beside.cursor() as cursor:
            assert await cursor.callproc("p_driver", (4, None)) == (4, None)
            assert await cursor.fetchall() == ((4,),)
            assert await cursor.nextset()
            assert await cursor.nextset() is None
            await cursor.execute("SELECT @_p_driver_1")
            assert await cursor.fetchall() == ((5,),)
        await rows(beside, "DROP PROCEDURE p_driver")

    async def test_warnings(self, beside: refpool.Connection) -> None:
        """Become Python's."""
        async with beside.cursor() as cursor:
            with pytest.warns(refpool.Warning, match="t_never_was"):
                await cursor.execute("DROP TABLE IF EXISTS t_never_was")


class TestTransactions:
    """What the driver knows of them."""

    async def test_flags_are_followed(self, where: dict[str, Any], table: str) -> None:
        """A SELECT opens one with autocommit off; so does an INSERT that fails, of which no flag tells."""
        async with refpool.connect(**where) as connection:
            assert connection.get_autocommit() is False
            await rows(connection, f"SELECT * FROM {table}")
            assert (fit(connection), connection.get_transaction_status()) == (Fitness.IN_TRANSACTION, True)
            await connection.rollback()
            assert fit(connection) is Fitness.READY
            async with connection.cursor(refpool.SSCursor) as cursor:
                await cursor.execute(f"SELECT * FROM {table}")
            assert fit(connection) is Fitness.IN_TRANSACTION
            await connection.rollback()
            await rows(connection, f"INSERT INTO {table} VALUES (1, 'x')")
            await connection.commit()
            with pytest.raises(refpool.IntegrityError):
                await rows(connection, f"INSERT INTO {table} VALUES (1, 'y')")
            assert fit(connection) is Fitness.IN_TRANSACTION
            await rows(connection, "DO 1")
            assert connection.get_transaction_status() is True
            await connection.rollback()
            assert fit(connection) is Fitness.READY


class TestTheEnd:
    """How a session ends."""

    async def ended(self, beside: refpool.Connection, number: int) -> None:
        """Wait until the server lists the session no more."""
        while await rows(  # noqa: ASYNC110 - the server tells nobody
            beside, "SELECT 1 FROM information_schema.processlist WHERE id = %s", (number,)
        ):
            await asyncio.sleep(0.01)

    async def test_a_killed_session_is_known_to_be_lost(
        self, beside: refpool.Connection, where: dict[str, Any]
    ) -> None:
        """While it is idle; ping() connects anew."""
        connection = await refpool.connect(**where)
        told = asyncio.Event()
        connection._on_unfit = lambda which: told.set()
        before = connection.thread_id()
        await beside.kill(before)
        await told.wait()
        assert connection.closed
        with pytest.raises(errors.ConnectionLost):
            await connection.ping(reconnect=False)
        await connection.ping()
        assert connection.thread_id() != before
        await connection.ensure_closed()
        await self.ended(beside, connection.thread_id())

    async def test_a_session_that_idled_too_long(self, where: dict[str, Any]) -> None:
        """wait_timeout; servers that say why (4031) are quoted."""
        connection = await refpool.connect(**where, init_command="SET wait_timeout = 1")
        await connection.wait_closed()
        assert fit(connection) is Fitness.UNFIT
        with pytest.raises(errors.ConnectionLost) as caught:
            await connection.begin()
        if caught.value.farewell is not None:
            assert caught.value.farewell[0] == 4031

    async def test_a_cancelled_command(self, where: dict[str, Any]) -> None:
        """The connection is closed, and its next use says so."""
        connection = await refpool.connect(**where)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rows(connection, "SELECT SLEEP(5)"), 0.1)
        assert connection.closed
        with pytest.raises(refpool.InterfaceError, match="Cancelled during execution"):
            await connection.begin()

    async def test_two_tasks_at_once(self, where: dict[str, Any]) -> None:
        """The second is refused, the first has its own rows."""
        async with refpool.connect(**where) as connection:
            first = asyncio.create_task(rows(connection, "SELECT SLEEP(0.1), 5"))
            await asyncio.sleep(0)
            with pytest.raises(errors.ConnectionBusy):
                await rows(connection, "SELECT 6")
            assert await first == ((0, 5),)

    async def test_ensure_closed_ends_the_session(self, beside: refpool.Connection, where: dict[str, Any]) -> None:
        """The server lists it no more."""
        connection = await refpool.connect(**where)
        number = connection.thread_id()
        await connection.ensure_closed()
        await self.ended(beside, number)
