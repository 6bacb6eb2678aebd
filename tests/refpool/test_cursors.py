"""Cursors, against a server that does what each test tells it to."""

from __future__ import annotations

import asyncio
import gc
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import refpool
from refpool import errors
from refpool.cursors import DeserializationCursor, SSDeserializationCursor
from refpool.session_state import Fitness
from tests.support import scripted_server as script
from tests.support.scripted_server import Peer, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from contextlib import AbstractAsyncContextManager

NUMBER = script.column("n", script.LONGLONG, script.BINARY)
NAME = script.column("name", table="t")
OTHER = script.column("name", table="u")
THREE = script.result([NUMBER], [script.row(str(number)) for number in (1, 2, 3)])
SEVEN = script.result([NUMBER], [script.row("7")])
Serve = Any


def fit(conn: refpool.Connection) -> Fitness:
    """Its fitness, read anew: a type checker takes an attribute for constant."""
    return conn.fitness


class Played:
    """A server that answers each statement from a list, and keeps what it was asked."""

    def __init__(self, *replies: list[bytes]) -> None:
        self._replies = list(replies)
        self.seen: list[str] = []

    async def __call__(self, peer: Peer) -> None:
        await peer.login()
        for payloads in self._replies:
            self.seen.append(await peer.query())
            peer.say(*payloads)
        await peer.gone()


class Session:
    """``async with Session(replies...) as conn``; then ``seen`` has the statements."""

    def __init__(self, *replies: list[bytes], **settings: Any) -> None:
        self._played = Played(*replies)
        self._server = ScriptedServer(self._played)
        self._settings = settings

    @property
    def seen(self) -> list[str]:
        return self._played.seen

    async def __aenter__(self) -> refpool.Connection:
        await self._server.__aenter__()
        self.conn = await refpool.connect(**{**self._server.where, **self._settings})
        return self.conn

    async def __aexit__(self, *exc: Any) -> None:
        await self.conn.ensure_closed()
        await self._server.__aexit__(*exc)


class TestOpening:
    """conn.cursor()."""

    async def test_the_ways_to_open(self) -> None:
        """await, async with, yield from, wait_for; each gives a cursor of the default class."""

        @types.coroutine
        def generator(conn: refpool.Connection) -> Generator[Any, Any, Any]:
            cur = yield from conn.cursor()
            yield from cur.execute("SELECT 7")
            row = yield from cur.fetchone()
            return row

        async with Session(SEVEN) as conn:
            cur = await conn.cursor()
            assert type(cur) is refpool.Cursor
            assert cur.connection is conn
            async with conn.cursor() as cur:
                assert not cur.closed
            assert cur.closed
            async with await conn.cursor() as cur:
                assert not cur.closed
            assert type(await asyncio.wait_for(conn.cursor(), 5)) is refpool.Cursor
            assert await generator(conn) == (7,)

    async def test_classes(self) -> None:
        """cursorclass, one class, several mixed; what is no cursor class is refused."""
        async with Session(cursorclass=refpool.DictCursor) as conn:
            assert type(await conn.cursor()) is refpool.DictCursor
            assert type(await conn.cursor(refpool.SSCursor)) is refpool.SSCursor
            mixed = await conn.cursor(refpool.DictCursor, refpool.SSCursor)
            assert isinstance(mixed, refpool.DictCursor)
            assert isinstance(mixed, refpool.SSCursor)
            assert type(mixed).__name__ == "DictSSCursor"
            for wrong in ((int,), ("Cursor",), (refpool.Cursor, int)):
                with pytest.raises(TypeError, match="Custom cursor must be subclass of Cursor"):
                    conn.cursor(*wrong)

    async def test_before_the_first_statement(self) -> None:
        """Its attributes, and that there is nothing to fetch."""
        async with Session() as conn:
            cur = await conn.cursor()
            assert (cur.rowcount, cur.rownumber, cur.arraysize) == (-1, 0, 1)
            assert (cur.description, cur.lastrowid, cur.echo, cur.closed) == (None, None, False, False)
            cur.arraysize = 5
            assert cur.arraysize == 5
            cur.setinputsizes(1)
            cur.setoutputsizes(1)
            cur.setoutputsize(1)
            for fetch in (cur.fetchone, cur.fetchmany, cur.fetchall, lambda: cur.scroll(1)):
                with pytest.raises(refpool.ProgrammingError, match=r"execute\(\) first"):
                    await fetch()

    async def test_afterwards(self) -> None:
        """A closed cursor runs nothing; closing again is harmless."""
        async with Session() as conn:
            cur = await conn.cursor()
            await cur.close()
            await cur.close()
            assert cur.closed
            assert cur.connection is None
            for use in (cur.execute("X"), cur.executemany("X", [1]), cur.callproc("p"), cur.nextset()):
                with pytest.raises(refpool.ProgrammingError, match="Cursor closed"):
                    await use
            with pytest.raises(refpool.ProgrammingError, match="Cursor closed"):
                cur.mogrify("X")


class TestParameters:
    """What execute() sends."""

    @pytest.mark.parametrize(
        ("query", "args", "sent"),
        [
            ("SELECT 100%", None, "SELECT 100%"),
            ("SELECT %s, %s", (1, "a'b"), r"SELECT 1, 'a\'b'"),
            ("SELECT %s", [None], "SELECT NULL"),
            ("SELECT %(x)s", {"x": 2}, "SELECT 2"),
            ("SELECT %(x)s", types.MappingProxyType({"x": 2}), "SELECT 2"),
            ("SELECT %s", 5, "SELECT 5"),
            ("SELECT %s", "five", "SELECT 'five'"),
            ("SELECT %s", (b"\x00",), "SELECT _binary X'00'"),
            ("WHERE a IN %s", ((1, "b"),), "WHERE a IN (1,'b')"),
            ("SELECT '%%'", (), "SELECT '%'"),
        ],
    )
    async def test_each_form(self, query: str, args: Any, sent: str) -> None:
        """Sequences, mappings and single values; mogrify() shows the same."""
        session = Session(SEVEN)
        async with session as conn:
            cur = await conn.cursor()
            assert cur.mogrify(query, args) == sent
            await cur.execute(query, args)
        assert session.seen == [sent]

    @pytest.mark.parametrize(("query", "args"), [("SELECT %s, %s", (1,)), ("SELECT 1", (1,)), ("SELECT %d", ("x",))])
    async def test_what_does_not_fit_is_told(self, query: str, args: Any) -> None:
        """With statement and parameters; nothing is sent."""
        async with Session() as conn:
            cur = await conn.cursor()
            with pytest.raises(errors.WrongParameters, match="do not fit the placeholders"):
                await cur.execute(query, args)
            assert fit(conn) is Fitness.READY

    async def test_bytes_and_odd_characters(self) -> None:
        """A statement may be bytes; text goes in the connection's character set."""
        session = Session([script.ok()], [script.ok()])
        async with session as conn:
            cur = await conn.cursor()
            await cur.execute("SELECT 'ä'".encode())
            await cur.execute(bytearray(b"SELECT 1"))
        assert session.seen == ["SELECT 'ä'", "SELECT 1"]


class TestBuffered:
    """Cursor."""

    async def test_fetching(self) -> None:
        """One, many, all; the types are aiomysql's."""
        async with Session(THREE, THREE, SEVEN) as conn:
            cur = await conn.cursor()
            assert await cur.execute("SELECT n") == 3
            assert (cur.rowcount, cur.rownumber, cur.lastrowid) == (3, 0, None)
            assert cur.description == (("n", 8, None, 80, 80, 0, True),)
            assert await cur.fetchone() == (1,)
            assert await cur.fetchmany() == ((2,),)
            assert cur.rownumber == 2
            assert await cur.fetchall() == ((3,),)
            assert await cur.fetchone() is None
            assert await cur.fetchmany(9) == ()
            assert await cur.fetchall() == ()
            await cur.execute("SELECT n")
            assert await cur.fetchmany(2) == ((1,), (2,))
            assert [row async for row in cur] == [(3,)]
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == ((7,),)

    async def test_rows_go_with_their_cursor(self) -> None:
        """The connection, which may idle for hours, does not hold on to them."""
        async with Session(script.result([script.column("t")], [script.row("x" * 300)])) as conn:
            cur = await conn.cursor()
            await cur.execute("SELECT")
            ((value,),) = await cur.fetchall()
            del cur
            gc.collect()
            # The name here and getrefcount's own argument.
            assert sys.getrefcount(value) <= 2

    async def test_a_statement_without_rows(self) -> None:
        """Rows changed, and the new id; nothing to fetch."""
        async with Session([script.ok(affected=2, insert_id=9)]) as conn:
            cur = await conn.cursor()
            assert await cur.execute("INSERT") == 2
            assert (cur.lastrowid, conn.insert_id(), cur.description) == (9, 9, None)
            assert await cur.fetchone() is None
            assert await cur.fetchmany() == []
            assert await cur.fetchall() == []
            with pytest.raises(IndexError):
                await cur.scroll(0)

    async def test_fetched_values_are_there_already(self) -> None:
        """They can be asked without awaiting, gathered, and bring no turn of the loop."""
        async with Session(THREE) as conn:
            cur = await conn.cursor()
            await cur.execute("SELECT n")
            assert cur.fetchone().result() == (1,)
            assert list(await asyncio.gather(cur.fetchone(), cur.fetchone())) == [(2,), (3,)]
            cur.scroll(0, "absolute")
            assert await asyncio.wait_for(cur.fetchone(), 5) == (1,)

    async def test_scrolling(self) -> None:
        """Relative and absolute; out of range it stays where it is."""
        async with Session(THREE) as conn:
            cur = await conn.cursor()
            await cur.execute("SELECT n")
            await cur.scroll(2)
            assert await cur.fetchone() == (3,)
            await cur.scroll(1, "absolute")
            await cur.scroll(-1)
            assert await cur.fetchone() == (1,)
            for value, mode in ((9, "relative"), (-2, "relative"), (3, "absolute")):
                with pytest.raises(IndexError):
                    await cur.scroll(value, mode)
            assert cur.rownumber == 1
            with pytest.raises(refpool.ProgrammingError, match="unknown scroll mode odd"):
                await cur.scroll(1, "odd")

    async def test_several_results(self) -> None:
        """nextset() goes on; another statement, or close(), reads what is left."""
        first = script.result([NUMBER], [script.row("1")], status=script.MORE_RESULTS)
        middle = [script.ok(script.MORE_RESULTS, affected=4)]

        def both() -> list[bytes]:
            return [*first, *middle, *SEVEN]

        async with Session(both(), both(), both(), SEVEN, both()) as conn:
            cur = await conn.cursor()
            await cur.execute("one")
            assert fit(conn) is Fitness.UNFIT
            assert await cur.nextset() is True
            assert cur.rowcount == 4
            assert await cur.nextset() is True
            assert await cur.fetchall() == ((7,),)
            assert await cur.nextset() is None
            assert fit(conn) is Fitness.READY
            await cur.execute("two")  # left behind by this cursor
            await cur.execute("three")  # left behind by another
            other = await conn.cursor()
            await other.execute("SELECT 7")
            assert await other.fetchall() == ((7,),)
            assert await cur.nextset() is None
            await cur.execute("four")
            await cur.close()
            assert fit(conn) is Fitness.READY

    async def test_an_error_in_a_later_result(self) -> None:
        """nextset() raises it; so does the statement that finds it; the connection is in step each time."""
        first = script.result([NUMBER], [script.row("1")], status=script.MORE_RESULTS)
        async with Session([*first, script.err(1146)], [*first, script.err(1146)], SEVEN) as conn:
            cur = await conn.cursor()
            await cur.execute("SELECT 1; SELECT * FROM nosuch")
            with pytest.raises(refpool.ProgrammingError):
                await cur.nextset()
            await cur.execute("SELECT 1; SELECT * FROM nosuch")
            other = await conn.cursor()
            with pytest.raises(refpool.ProgrammingError):
                await other.execute("SELECT 7")
            assert await other.execute("SELECT 7") == 1

    async def test_warnings_of_the_server(self) -> None:
        """They are asked for and become Python's; not while another result is to come."""
        shown = script.result(
            [NAME, NUMBER, NAME], [script.row("Note", "1051", "Unknown table"), script.row("Note", "1", "Other")]
        )
        more = [script.ok(script.MORE_RESULTS, warnings=1), script.ok()]
        session = Session([script.ok(warnings=2)], shown, more, [script.ok(warnings=1)], [script.ok()])
        async with session as conn:
            cur = await conn.cursor()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                await cur.execute("DROP TABLE IF EXISTS t")
            assert [(each.category, str(each.message)) for each in caught] == [
                (refpool.Warning, "Unknown table"),
                (refpool.Warning, "Other"),
            ]
            await cur.execute("a; b")
            await cur.nextset()
            await cur.execute("c")
        assert session.seen == ["DROP TABLE IF EXISTS t", "SHOW WARNINGS", "a; b", "c", "SHOW WARNINGS"]


class TestExecutemany:
    """Many sets of parameters."""

    async def run(self, query: str, args: Any, count: int, **attributes: Any) -> tuple[list[str], Any]:
        session = Session(*[[script.ok(affected=2)]] * count)
        async with session as conn:
            cur = await conn.cursor()
            for name, value in attributes.items():
                setattr(cur, name, value)
            rows = await cur.executemany(query, args)
            if count:
                assert cur.rowcount == rows == 2 * count
        return session.seen, rows

    @pytest.mark.parametrize(
        ("query", "sent"),
        [
            ("INSERT INTO t (a, b) VALUES (%s, %s)", "INSERT INTO t (a, b) VALUES (1, 'x'),(2, 'y')"),
            ("insert into t value (%s,%s) ;", "insert into t value (1,'x'),(2,'y') "),
            (" REPLACE t VALUES(%s, %s)", " REPLACE t VALUES(1, 'x'),(2, 'y')"),
            (
                "INSERT t VALUES (%s, %s) ON DUPLICATE KEY UPDATE b = CONCAT(VALUES(b), '100%%')",
                "INSERT t VALUES (1, 'x'),(2, 'y') ON DUPLICATE KEY UPDATE b = CONCAT(VALUES(b), '100%')",
            ),
            (
                "INSERT t VALUES (%s, %s) AS new(a, b) ON DUPLICATE KEY UPDATE b = new.b",
                "INSERT t VALUES (1, 'x'),(2, 'y') AS new(a, b) ON DUPLICATE KEY UPDATE b = new.b",
            ),
        ],
    )
    async def test_an_insert_is_sent_with_many_rows(self, query: str, sent: str) -> None:
        """One statement for all."""
        seen, _ = await self.run(query, [(1, "x"), (2, "y")], 1)
        assert [each.strip() for each in seen] == [sent.strip()]

    async def test_named_placeholders(self) -> None:
        """As well."""
        seen, _ = await self.run("INSERT t VALUES (%(a)s, %(b)s)", ({"a": n, "b": None} for n in (1, 2)), 1)
        assert seen == ["INSERT t VALUES (1, NULL),(2, NULL)"]

    async def test_statements_are_no_longer_than_allowed(self) -> None:
        """max_stmt_length bytes, whatever the number of rows; a row that alone is longer has its own."""
        query = "INSERT t VALUES (%s)"
        seen, _ = await self.run(query, [("a" * 20,), ("b" * 20,), ("c" * 20,), ("d" * 90,)], 3, max_stmt_length=70)
        assert [each.count("(") for each in seen] == [2, 1, 1]
        assert all(len(each) <= 70 for each in seen[:2])

    @pytest.mark.parametrize(
        "query",
        [
            "UPDATE t SET a = %s WHERE b = %s",
            "INSERT t VALUES (%s, NOW(), %s)",
            "INSERT t VALUES (%s, 1) ON DUPLICATE KEY UPDATE b = %s",
            "INSERT t SELECT %s, %s",
        ],
    )
    async def test_others_are_sent_one_by_one(self, query: str) -> None:
        """As many statements as sets of parameters."""
        seen, _ = await self.run(query, [(1, 2), (3, 4)], 2)
        assert seen == [query % (1, 2), query % (3, 4)]

    async def test_placeholders_behind_the_row_are_sent_one_by_one(self) -> None:
        """They belong to each row, and cannot be shared."""
        query = "INSERT t VALUES (%s) ON DUPLICATE KEY UPDATE b = %s"
        seen, _ = await self.run(query, [(1, 2), (3, 4)], 2)
        assert seen == [query % (1, 2), query % (3, 4)]

    async def test_no_parameters(self) -> None:
        """Nothing is sent; a generator that gives nothing sends nothing, either."""
        assert await self.run("INSERT t VALUES (%s)", [], 0) == ([], None)
        assert await self.run("INSERT t VALUES (%s)", iter(()), 0) == ([], 0)

    async def test_echo(self, caplog: pytest.LogCaptureFixture) -> None:
        """The call, its parameters, and each statement."""
        caplog.set_level("INFO", "refpool")
        async with Session([script.ok()], [script.ok()], [script.ok()], echo=True) as conn:
            cur = await conn.cursor()
            await cur.executemany("INSERT t VALUES (%s)", [(1,), (2,)])
            await cur.callproc("p", (1,))
        assert caplog.messages == [
            "CALL INSERT t VALUES (%s)", "[(1,), (2,)]", "b'INSERT t VALUES (1),(2)'", "None", "CALL p", "(1,)",
        ]  # fmt: skip


async def test_callproc() -> None:
    """Parameters travel in variables; the arguments come back; results are read as usual."""
    session = Session([script.ok()], SEVEN, [script.ok()])
    async with session as conn:
        cur = await conn.cursor()
        assert await cur.callproc("add", (1, "x")) == (1, "x")
        assert await cur.fetchone() == (7,)
        assert await cur.callproc("none") == ()
    assert session.seen == ["SET @_add_0=1,@_add_1='x'", "CALL add(@_add_0,@_add_1)", "CALL none()"]


class TestDicts:
    """DictCursor."""

    ROWS = script.result([NUMBER, NAME, OTHER], [script.row("1", "a", "b"), script.row("2", None, "d")])

    async def test_rows_are_dicts(self) -> None:
        """In lists; a second column of one name has its table's before it."""
        async with Session(self.ROWS, self.ROWS, [script.ok()]) as conn:
            cur = await conn.cursor(refpool.DictCursor)
            await cur.execute("SELECT")
            assert await cur.fetchall() == [
                {"n": 1, "name": "a", "u.name": "b"},
                {"n": 2, "name": None, "u.name": "d"},
            ]
            await cur.execute("SELECT")
            assert await cur.fetchone() == {"n": 1, "name": "a", "u.name": "b"}
            assert await cur.fetchmany(5) == [{"n": 2, "name": None, "u.name": "d"}]
            assert await cur.fetchone() is None
            await cur.execute("INSERT")
            assert await cur.fetchall() == []

    async def test_a_type_of_ones_own(self) -> None:
        """dict_type, and _conv_row, can be overridden."""

        class Row(dict[str, Any]):
            pass

        class RowCursor(refpool.DictCursor):
            dict_type = Row

        class UpperCursor(refpool.DictCursor):
            def _conv_row(self, row: Any) -> Any:
                return {key.upper(): value for key, value in super()._conv_row(row).items()}

        async with Session(SEVEN, SEVEN) as conn:
            cur = await conn.cursor(RowCursor)
            await cur.execute("SELECT")
            assert type(await cur.fetchone()) is Row
            upper = await conn.cursor(UpperCursor)
            await upper.execute("SELECT")
            assert await upper.fetchone() == {"N": 7}

    async def test_streamed(self) -> None:
        """SSDictCursor gives the same, row by row."""
        async with Session(self.ROWS) as conn:
            cur = await conn.cursor(refpool.SSDictCursor)
            await cur.execute("SELECT")
            assert await cur.fetchone() == {"n": 1, "name": "a", "u.name": "b"}
            assert await cur.fetchall() == [{"n": 2, "name": None, "u.name": "d"}]
            assert await cur.fetchone() is None


class TestDeserialization:
    """Values of JSON columns."""

    COLUMNS: ClassVar = [script.column("j", script.JSON, script.BINARY), NAME]
    ROWS: ClassVar = [script.row('{"a": [1]}', "{}"), script.row("not json", "x"), script.row(None, None)]
    VALUES: ClassVar = [({"a": [1]}, "{}"), ("not json", "x"), (None, None)]

    @pytest.mark.parametrize("kind", [DeserializationCursor, SSDeserializationCursor])
    async def test_they_are_what_they_say(self, kind: type[refpool.Cursor]) -> None:
        """What is no JSON stays text; other columns are left alone."""
        async with Session(script.result(self.COLUMNS, self.ROWS), [script.ok()]) as conn:
            cur = await conn.cursor(kind)
            await cur.execute("SELECT")
            assert list(await cur.fetchall()) == self.VALUES
            await cur.execute("INSERT")
            assert list(await cur.fetchall()) == []

    @pytest.mark.parametrize("base", [refpool.DictCursor, refpool.SSDictCursor])
    async def test_mixed_with_dicts(self, base: type[refpool.Cursor]) -> None:
        """Buffered and streamed."""
        async with Session(script.result(self.COLUMNS, self.ROWS)) as conn:
            cur = await conn.cursor(DeserializationCursor, base)
            await cur.execute("SELECT")
            assert await cur.fetchall() == [dict(zip(("j", "name"), value, strict=True)) for value in self.VALUES]


class TestStreamed:
    """SSCursor."""

    async def test_fetching(self) -> None:
        """The same names; lists; no number of rows."""
        async with Session(THREE, THREE, THREE) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            assert await cur.execute("SELECT n") == 2**64 - 1
            assert (cur.rowcount, cur.rownumber) == (2**64 - 1, 0)
            assert fit(conn) is Fitness.UNFIT
            assert await cur.fetchone() == (1,)
            assert await cur.fetchmany() == [(2,)]
            assert cur.rownumber == 2
            assert fit(conn) is Fitness.UNFIT
            assert await cur.fetchall() == [(3,)]
            assert (cur.rownumber, conn.fitness) == (3, Fitness.READY)
            assert await cur.fetchone() is None
            assert await cur.fetchmany(2) == []
            await cur.execute("SELECT n")
            assert [row async for row in cur] == [(1,), (2,), (3,)]
            await cur.execute("SELECT n")
            assert await cur.fetchmany(2) == [(1,), (2,)]
            await cur.close()
            assert fit(conn) is Fitness.READY
            await cur.close()

    async def test_scrolling(self) -> None:
        """Forward only."""
        async with Session(THREE) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT n")
            await cur.scroll(1)
            assert await cur.fetchone() == (2,)
            await cur.scroll(3, "absolute")
            assert await cur.fetchone() is None
            for value, mode in ((-1, "relative"), (1, "absolute")):
                with pytest.raises(refpool.NotSupportedError, match="Backwards scrolling"):
                    await cur.scroll(value, mode)
            with pytest.raises(refpool.ProgrammingError, match="unknown scroll mode"):
                await cur.scroll(1, "odd")

    async def test_what_is_left_is_dropped_with_a_warning(self) -> None:
        """By another statement of the connection; the old cursor has no more rows then."""
        async with Session(THREE, SEVEN) as conn:
            streamed = await conn.cursor(refpool.SSCursor)
            await streamed.execute("SELECT n")
            other = await conn.cursor()
            with pytest.warns(UserWarning, match="Previous unbuffered result was left incomplete"):
                await other.execute("SELECT 7")
            assert await other.fetchall() == ((7,),)
            assert await streamed.fetchone() is None
            await streamed.close()

    async def test_what_has_come_is_dropped_too(self) -> None:
        """Rows that the cursor has in hand would look like all there were, if it went on to give them."""
        async with Session(THREE, SEVEN, THREE, SEVEN) as conn:
            streamed, other = await conn.cursor(refpool.SSCursor), await conn.cursor()
            for fetch in (streamed.fetchmany, streamed.fetchall):
                await streamed.execute("SELECT n")
                assert await streamed.fetchone() == (1,)
                with pytest.warns(UserWarning, match="left incomplete"):
                    await other.execute("SELECT 7")
                assert await fetch() == []

    async def test_the_same_cursor_is_told_too(self) -> None:
        """A statement of the cursor that has rows unread drops them with the same warning; without them, silently."""
        async with Session(THREE, SEVEN, SEVEN) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT n")
            assert await cur.fetchone() == (1,)
            with pytest.warns(UserWarning, match="left incomplete"):
                await cur.execute("SELECT 7")
            assert await cur.fetchall() == [(7,)]
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == [(7,)]

    async def test_warnings_of_the_server_cost_no_rows(self) -> None:
        """A result that comes at once has its count of warnings with it; asking for them now would drop the rows."""
        noted = script.result([NUMBER], [script.row(str(number)) for number in (1, 2, 3)], warnings=1)
        async with Session(noted) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT 1/0")
            assert await cur.fetchall() == [(1,), (2,), (3,)]
            assert fit(conn) is Fitness.READY

    async def test_several_results(self) -> None:
        """nextset() drops what is left of one, and streams the next; so does another statement, with a warning."""
        first = script.result([NUMBER], [script.row("1"), script.row("2")], status=script.MORE_RESULTS)
        async with Session([*first, *THREE], [*first, *THREE], SEVEN, [*first, *THREE]) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            assert await cur.fetchone() == (1,)
            assert await cur.nextset() is True
            assert await cur.fetchall() == [(1,), (2,), (3,)]
            assert await cur.nextset() is None
            await cur.execute("SELECT")
            with pytest.warns(UserWarning, match="left incomplete"):
                await cur.execute("SELECT 7")
            assert await cur.fetchall() == [(7,)]
            await cur.execute("SELECT")
            await cur.close()
            assert fit(conn) is Fitness.READY

    async def test_without_rows(self) -> None:
        """A statement without rows, and one that fails."""
        async with Session([script.ok(affected=3, insert_id=4)], [script.err(1064)]) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            assert await cur.execute("INSERT") == 3
            assert (cur.lastrowid, await cur.fetchone(), await cur.fetchall()) == (4, None, [])
            with pytest.raises(refpool.ProgrammingError):
                await cur.execute("BAD")
            assert fit(conn) is Fitness.READY

    async def test_an_error_comes_behind_the_rows_before_it(self) -> None:
        """Of the server, or of a converter; the connection is in step."""
        killed = [*THREE[:-1], script.err(1317, "interrupted")]
        broken = script.result([NUMBER], [script.row("1"), script.row("x"), script.row("3")])
        async with Session(killed, broken, SEVEN) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            assert await cur.fetchmany(3) == [(1,), (2,), (3,)]
            with pytest.raises(refpool.OperationalError, match="interrupted"):
                await cur.fetchone()
            assert await cur.fetchone() is None
            assert fit(conn) is Fitness.READY
            await cur.execute("SELECT")
            assert await cur.fetchone() == (1,)
            with pytest.raises(ValueError, match="invalid literal"):
                await cur.fetchone()
            assert fit(conn) is Fitness.READY
            await cur.execute("SELECT 7")
            assert await cur.fetchall() == [(7,)]


class TestStreamedSlowly:
    """Rows that come one by one, or too many, or not at all."""

    @staticmethod
    def serving(play: Callable[[Peer], Any]) -> AbstractAsyncContextManager[refpool.Connection]:
        from contextlib import asynccontextmanager

        async def script_(peer: Peer) -> None:
            await peer.login()
            await peer.query()
            await play(peer)
            await peer.gone()

        @asynccontextmanager
        async def session() -> AsyncIterator[refpool.Connection]:
            async with ScriptedServer(script_) as server:
                conn = await refpool.connect(**server.where)
                yield conn
                conn.close()
                await conn.wait_closed()

        return session()

    async def test_a_row_is_there_as_soon_as_it_came(self) -> None:
        """Nobody waits for the end."""
        got = asyncio.Event()

        async def play(peer: Peer) -> None:
            peer.say(*THREE[:4])
            await got.wait()
            got.clear()
            peer.say(THREE[4], first=5)
            await got.wait()
            peer.say(*THREE[5:], first=6)

        async with self.serving(play) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            assert await cur.fetchone() == (1,)
            got.set()
            assert await cur.fetchone() == (2,)
            got.set()
            assert await cur.fetchall() == [(3,)]

    @pytest.mark.parametrize("way", ["fetch", "drop"])
    async def test_a_fetch_given_up_closes_the_connection(self, way: str) -> None:
        """The rest would be taken for the next reply."""
        begun = asyncio.Event()

        async def play(peer: Peer) -> None:
            peer.say(*THREE[:4])
            begun.set()

        async with self.serving(play) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            await begun.wait()
            assert await cur.fetchone() == (1,)
            task = asyncio.create_task(cur.fetchone() if way == "fetch" else cur.close())
            await asyncio.sleep(0)
            other = await conn.cursor()
            with pytest.raises(errors.ConnectionBusy):
                await other.execute("SELECT 7")
            with pytest.raises(errors.ConnectionBusy):
                await cur.fetchone()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert conn.closed

    async def test_a_connection_lost_among_rows(self) -> None:
        """What came before is given, then the loss is told."""

        async def play(peer: Peer) -> None:
            peer.say(*THREE[:4])
            peer.writer.close()

        async with self.serving(play) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            with pytest.raises(errors.ConnectionLost):
                await cur.fetchall()
            assert conn.closed
            with pytest.raises(errors.NotConnected):
                await cur.fetchone()

    async def test_the_server_is_held_back(self) -> None:
        """Nobody fetches, and the server can send no more than the buffers between take; then all is there."""
        row = script.row("x" * 1000)
        count = 40_000
        sent = 0

        async def play(peer: Peer) -> None:
            nonlocal sent
            peer.say(b"\x01", NAME, script.eof())
            for number in range(count):
                peer.say(row, first=4 + number & 0xFF)
                sent += 1
                await peer.writer.drain()
            peer.say(script.eof(), first=4 + count & 0xFF)

        async with self.serving(play) as conn:
            cur = await conn.cursor(refpool.SSCursor)
            await cur.execute("SELECT")
            before = -1
            while before != sent:
                before = sent
                for _ in range(50):
                    await asyncio.sleep(0)
            assert sent < count
            assert conn._link is not None
            assert conn._link._paused_reading
            assert len(await cur.fetchall()) == count
            assert fit(conn) is Fitness.READY
