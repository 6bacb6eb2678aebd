"""One to three sessions on the fake and on a real server, told the same by chance, must be answered the same.

Hypothesis draws what is said, and to whom; every packet of every answer is compared. A difference is shrunk to the
shortest talk that shows it. Runs only where SPEC_MYSQL_URL names a server of a persona's version. The talks are the
same in each run; DIFFERENTIAL_TALKS=N has N other ones drawn.

What a session would have to wait for another one is not drawn (a lock that is held, a row that another transaction has
written): waiting is compared by tests of its own, since a talk has one thing happen at a time.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fakemysql import FakeServer
from fakemysql.constants import SERVER_STATUS_AUTOCOMMIT, SERVER_STATUS_IN_TRANS
from tests.real.differential import KNOWN, MODES, Known, Pair, Session, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

URL: Final = os.environ.get("SPEC_MYSQL_URL")
TALKS: Final = os.environ.get("DIFFERENTIAL_TALKS")
pytestmark = pytest.mark.skipif(URL is None, reason="SPEC_MYSQL_URL names no server to compare with")

NAMES: Final = st.sampled_from(["a", "b", "C"])
LITERALS: Final = st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "1.50",
        "2e0",
        "'x'",
        "'12'",
        "''",
        "NULL",
        "TRUE",
        "x'41'",
        "b'101'",
        "'é'",
        "18446744073709551615",
    ]
)
VARIABLES: Final = st.sampled_from(
    [
        "autocommit",
        "sql_mode",
        "wait_timeout",
        "sql_select_limit",
        "max_allowed_packet",
        "unique_checks",
        "foreign_key_checks",
        "time_zone",
        "character_set_client",
        "character_set_results",
        "collation_connection",
        "sql_safe_updates",
        "lc_time_names",
        "no_such_variable",
    ]
)
# Whatever is a value somewhere, so that each variable gets good ones and bad ones.
SETTINGS: Final = st.sampled_from(
    [
        "0",
        "1",
        "ON",
        "OFF",
        "DEFAULT",
        "NULL",
        "''",
        "2",
        "600",
        "'ANSI'",
        "'utf8mb4'",
        "'latin1'",
        "'+01:00'",
        "-1",
        "1.5",
    ]
)
EXPRESSIONS: Final = st.one_of(
    LITERALS,
    NAMES.map("@{}".format),
    VARIABLES.map("@@{}".format),
    st.sampled_from(
        [
            "LAST_INSERT_ID()",
            "LAST_INSERT_ID(7)",
            "ROW_COUNT()",
            "FOUND_ROWS()",
            "DATABASE()",
            "1/0",
            "CAST('1x' AS SIGNED)",
            "COALESCE(NULL, @a)",
            "IF(@a, 'yes', 'no')",
            "CONCAT(@a, '-', @b)",
            "@a := 3",
            "@@session.autocommit + 0",
            "nosuch",
            "NOSUCH(1)",
            "SLEEP(0)",
            "CHARSET(@a)",
            "REPEAT('ab', 3)",
        ]
    ),
)
TRANSACTIONS: Final = st.sampled_from(
    [
        "BEGIN",
        "START TRANSACTION",
        "START TRANSACTION READ ONLY",
        "START TRANSACTION READ WRITE",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        "COMMIT",
        "COMMIT AND CHAIN",
        "ROLLBACK",
        "ROLLBACK AND CHAIN",
        "SET autocommit=0",
        "SET autocommit=1",
        "SET TRANSACTION READ ONLY",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION READ WRITE",
        "SAVEPOINT a",
        "SAVEPOINT b",
        "ROLLBACK TO a",
        "ROLLBACK TO SAVEPOINT b",
        "RELEASE SAVEPOINT a",
    ]
)
OTHERS: Final = st.sampled_from(
    [
        "SHOW WARNINGS",
        "SHOW ERRORS",
        "SHOW COUNT(*) WARNINGS",
        "SHOW TABLES",
        "SHOW VARIABLES LIKE 'autocommit'",
        "USE {database}",
        "USE nosuch_database",
        "SET NAMES utf8mb4",
        "SET NAMES latin1",
        "SET NAMES nosuch",
        "SET @a = 1, @b = 'x'",
        "SET @a = @b, autocommit = 5",
        "DO 1, @a",
        "DO 1/0",
        "",
        "-- nothing",
        "SELEC 1",
        "SELECT 1 FROM nosuch",
        "KILL 999999999",
        "SELECT 1 UNION SELECT 2 LIMIT 1",
        "SELECT SQL_CALC_FOUND_ROWS 1 UNION SELECT 2 LIMIT 1",
        "PREPARE p FROM 'SELECT ?'",
        "EXECUTE p USING @a",
        "DEALLOCATE PREPARE p",
        "EXECUTE nosuch",
        "SELECT 1; SELECT @a",
        "SET @a = 5; SELEC 1; SELECT 2",
        "BEGIN; SELECT 1; ROLLBACK",
    ]
)
STATEMENTS: Final = st.one_of(
    TRANSACTIONS,
    OTHERS,
    EXPRESSIONS.map("SELECT {}".format),
    st.tuples(EXPRESSIONS, EXPRESSIONS).map(lambda two: f"SELECT {two[0]} AS x, {two[1]}"),
    st.tuples(NAMES, LITERALS).map(lambda two: f"SET @{two[0]} = {two[1]}"),
    st.tuples(st.sampled_from(["", "SESSION ", "@@"]), VARIABLES, SETTINGS).map(
        lambda three: f"SET {three[0]}{three[1]} = {three[2]}"
    ),
)
# Where nobody else has a transaction open, nobody has to wait.
READS: Final = st.sampled_from(
    [
        "SELECT * FROM t",
        "SELECT a FROM t LIMIT 1",
        "SELECT a, b FROM t WHERE a = 1",
        "SELECT COUNT(*) FROM t",
        "DESCRIBE t",
    ]
)
WRITES: Final = st.sampled_from(
    [
        "INSERT INTO t VALUES (1, 'x')",
        "INSERT INTO t (b) VALUES ('y'), ('z')",
        "INSERT INTO t VALUES (1, 'x', 2)",
        "INSERT INTO t (nosuch) VALUES (1)",
        "UPDATE t SET b = 'u'",
        "UPDATE t SET b = 'u' WHERE a = 1",
        "DELETE FROM t WHERE a = 1",
        "DELETE FROM t",
    ]
)
DEFINITIONS: Final = st.sampled_from(
    [
        "CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20))",
        "CREATE TABLE IF NOT EXISTS t (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20))",
        "CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT PRIMARY KEY, b VARCHAR(20))",
        "DROP TABLE t",
        "DROP TABLE IF EXISTS t",
        "DROP TEMPORARY TABLE IF EXISTS t",
        "TRUNCATE TABLE t",
        "LOCK TABLES t WRITE",
        "LOCK TABLES t READ",
        "UNLOCK TABLES",
    ]
)
PARAMETRIZED: Final = st.sampled_from(["SELECT ?", "SELECT ? + 1", "SET @p = ?", "DO ?", "SELECT ?, 'a?b'"])
UNPARAMETRIZED: Final = st.sampled_from(
    [
        "SELECT 1",
        "SELECT @a",
        "COMMIT",
        "SET @p = 1",
        "SELEC 1",
        "SELECT nosuch",
        "SELECT 1 UNION SELECT 2",
        "SHOW WARNINGS",
    ]
)
BOUND: Final = st.sampled_from(
    [
        b"\x00\x01\x03\x00\x05\x00\x00\x00",
        b"\x00\x01\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x00\x01\xfd\x00\x02\xc3\xa9",
        b"\x01\x01\x06\x00",
        b"\x00\x01\x05\x00\x00\x00\x00\x00\x00\x00\xf8?",
    ]
)


class World:
    """The two servers, as long as the test lasts."""

    def __init__(self, real: str, fake: str, database: str, mariadb: bool) -> None:
        self.real, self.fake, self.database, self.mariadb = real, fake, database, mariadb
        self.known = [known for known in KNOWN if known.mariadb is mariadb]
        self.locks = 0
        self.tables_used = False


world: World


class Talk(RuleBasedStateMachine):
    """What is said to whom; each rule ends with both answers being equal."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[Pair] = []
        self.holder: int | None = None
        self.extra = 0
        self.history: list[str] = []
        world.locks += 1

    @initialize(extra=st.sampled_from(MODES))
    def begin(self, extra: int) -> None:
        self.extra = extra
        self._open()

    def _open(self) -> None:
        self.sessions.append(Pair(world.real, world.fake, self.extra))
        self._lose_patience(len(self.sessions) - 1)

    def _lose_patience(self, who: int) -> None:
        # Should anybody have to wait for a lock after all, then not for long, and with the same error on both sides.
        self._query(who, "SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1")

    def _agree(self, who: int, what: str, answers: tuple[list[str], list[str]]) -> None:
        self.history.append(f"session {who}: {what}")
        if parted := differences(*answers):
            talk = "\n    ".join(self.history)
            pytest.fail(f"after\n    {talk}\n{parted}", pytrace=False)

    def _say(self, who: int, payload: bytes) -> None:
        if any(known.commands.search(payload) for known in world.known):
            return
        self._agree(who, repr(payload)[2:-1], self.sessions[who].say(payload, self.sessions))

    def _query(self, who: int, statement: str) -> None:
        self._say(who, b"\x03" + statement.replace("{database}", world.database).encode())

    def _nobody_else_has_a_transaction(self, who: int) -> bool:
        # Without autocommit a statement that fails may have opened one, which no status word tells.
        words = [pair.real.status for n, pair in enumerate(self.sessions) if n != who]
        return all(word & SERVER_STATUS_AUTOCOMMIT and not word & SERVER_STATUS_IN_TRANS for word in words)

    # --- what happens -------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.sessions) < 3)
    @rule()
    def another_session(self) -> None:
        self._open()

    @rule(data=st.data(), statement=STATEMENTS)
    def statement(self, data: st.DataObject, statement: str) -> None:
        self._query(self._who(data), statement)

    @rule(data=st.data(), statement=READS)
    def read(self, data: st.DataObject, statement: str) -> None:
        who = self._who(data)
        if self._nobody_else_locks(who):
            world.tables_used = True
            self._query(who, statement)

    @rule(data=st.data(), statement=st.one_of(WRITES, DEFINITIONS))
    def write(self, data: st.DataObject, statement: str) -> None:
        who = self._who(data)
        if self._nobody_else_has_a_transaction(who) and self._nobody_else_locks(who):
            world.tables_used = True
            self._query(who, statement)
            if statement.startswith("LOCK"):
                self.holder = who
            elif statement == "UNLOCK TABLES" and self.holder == who:
                self.holder = None

    def _nobody_else_locks(self, who: int) -> bool:
        # Whoever has locked tables is the only one to use them from then on, even where another lock has ended that.
        return self.holder in (None, who)

    @rule(
        data=st.data(),
        name=NAMES,
        word=st.sampled_from(["GET_LOCK({}, 0)", "RELEASE_LOCK({})", "IS_FREE_LOCK({})", "IS_USED_LOCK({})"]),
    )
    def named_lock(self, data: st.DataObject, name: str, word: str) -> None:
        # Locks of the talk before may live a moment longer than its connections; so each talk has names of its own.
        self._query(self._who(data), "SELECT " + word.format(f"'{name}{world.locks}'"))

    @rule(data=st.data())
    def release_all(self, data: st.DataObject) -> None:
        self._query(self._who(data), "DO RELEASE_ALL_LOCKS()")

    @rule(data=st.data(), statement=st.one_of(PARAMETRIZED, UNPARAMETRIZED))
    def prepare(self, data: st.DataObject, statement: str) -> None:
        who = self._who(data)
        if self.sessions[who].prepared < 5:
            self._say(who, b"\x16" + statement.encode())

    @rule(data=st.data(), bound=BOUND, has_cursor=st.booleans())
    def execute(self, data: st.DataObject, bound: bytes, has_cursor: bool) -> None:
        who = self._who(data)
        if prepared := self.sessions[who].prepared:
            number = data.draw(st.integers(0, prepared - 1), label="statement")
            if not world.mariadb:
                # MySQL answers with half a result where a statement had a cursor and is then executed without one.
                has_cursor = bool(number % 2)
            flags = b"\x01" if has_cursor else b"\x00"
            self._say(who, b"\x17{s%d}" % number + flags + b"\x01\x00\x00\x00" + bound)

    @rule(data=st.data(), command=st.sampled_from([b"\x1a{s%d}", b"\x19{s%d}", b"\x1c{s%d}\x01\x00\x00\x00"]))
    def of_a_statement(self, data: st.DataObject, command: bytes) -> None:
        who = self._who(data)
        if prepared := self.sessions[who].prepared:
            self._say(who, command % data.draw(st.integers(0, prepared - 1), label="statement"))

    @rule(
        data=st.data(),
        command=st.sampled_from(
            [b"\x0e", b"\x1b\x00\x00", b"\x1b\x01\x00", b"\x02nosuch", b"\x02{d}", b"\x0d", b"\x50"]
        ),
    )
    def other_command(self, data: st.DataObject, command: bytes) -> None:
        self._say(self._who(data), command.replace(b"{d}", world.database.encode()))

    @rule(data=st.data())
    def reset(self, data: st.DataObject) -> None:
        who = self._who(data)
        self._forget_lock(who)
        self._say(who, b"\x1f")
        self._lose_patience(who)

    @rule(data=st.data(), has_database=st.booleans())
    def change_user(self, data: st.DataObject, has_database: bool) -> None:
        who = self._who(data)
        self._forget_lock(who)
        database = world.database if has_database else ""
        self._agree(who, f"change user, database {database!r}", self.sessions[who].change_user(database))
        self._lose_patience(who)

    @precondition(lambda self: len(self.sessions) > 1)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        who = self._who(data)
        victim = data.draw(st.integers(0, len(self.sessions) - 1).filter(lambda n: n != who), label="victim")
        self._say(who, b"\x03KILL {c%d}" % victim)
        pair = self.sessions[victim]
        self._forget_lock(victim)
        self._agree(victim, "(killed)", pair.rest())
        pair.close()
        self.sessions[victim] = Pair(world.real, world.fake, self.extra)
        self.history.append(f"session {victim} is a new one")
        self._lose_patience(victim)

    @precondition(lambda self: len(self.sessions) > 1)
    @rule(data=st.data())
    def kill_query_of_who_is_idle(self, data: st.DataObject) -> None:
        self._say(
            self._who(data), b"\x03KILL QUERY {c%d}" % data.draw(st.integers(0, len(self.sessions) - 1), label="victim")
        )

    def _forget_lock(self, who: int) -> None:
        if self.holder == who:
            self.holder = None

    def _who(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, len(self.sessions) - 1), label="session")

    def teardown(self) -> None:
        for pair in self.sessions:
            pair.close()
        if world.tables_used:
            world.tables_used = False
            drop_tables()


def drop_tables() -> None:
    """Nothing is left of a talk's tables, on either side; waits for the connections that may still hold them."""
    for url in (world.real, world.fake):
        with contextlib.closing(Session(url, 0)) as session:
            list(session.told(b"\x03DROP TABLE IF EXISTS t"))


@pytest.fixture(scope="module", autouse=True)
def _servers() -> Iterator[None]:
    global world
    assert URL is not None
    own = URL.rpartition("/")[0] + "/"
    with contextlib.closing(Session(URL, 0)) as arranger:
        version = arranger.cell(b"\x03SELECT VERSION()")
        mariadb = "MariaDB" in version
        if not version.startswith("10.11." if mariadb else "9."):
            pytest.skip(f"the server is a {version}; the personas are MariaDB 10.11 and MySQL 9")
        database = f"talks_{os.getpid()}"
        list(arranger.told(b"\x03CREATE DATABASE " + database.encode()))
        user = URL.partition("//")[2].partition(":")[0]
        with FakeServer(
            persona="mariadb-10.11" if mariadb else "mysql-9.7", users={user: ""}, databases=(database,)
        ) as fake:
            account = URL.partition("@")[0]
            world = World(own + database, f"{account}@{fake.host}:{fake.port}/{database}", database, mariadb)
            yield
        list(arranger.told(b"\x03DROP DATABASE " + database.encode()))


def test_talks_are_answered_alike() -> None:
    run_state_machine_as_test(
        Talk,
        settings=settings(
            max_examples=int(TALKS or 60),
            stateful_step_count=30,
            derandomize=TALKS is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: repr(known.talk[-1]))
def test_a_known_difference_still_differs(known: Known) -> None:
    if known not in world.known:
        pytest.skip("a difference from the other server")
    with contextlib.closing(Pair(world.real, world.fake, 0)) as pair:
        answers = [pair.say(payload) for payload in known.talk]
    assert any(differences(*answer) for answer in answers), f"remove it from KNOWN: {known}"
