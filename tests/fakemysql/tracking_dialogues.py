"""What is said to follow a session's state, and a client that writes down what the OKs tell of it.

``python -m tests.fakemysql.tracking_dialogues MARIADB_URL MYSQL_URL`` asks the real servers and prints what is kept in
``data/tracking.tsv``: one line a statement, parted by tabs: the statement, MariaDB's answer, MySQL's ("=" for the
same). A line that begins with ``==`` begins a dialogue, with a session of its own. An answer is the status word of
each OK or EOF, with its count of warnings if there are any, and behind it the session state information that came
along: the kind of each entry, and its text. An OK that is marked as telling something and tells nothing has ``()``.

Words that begin with ``!`` are commands of the protocol, of which ``!execute`` carries out what was prepared last.
"""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fakemysql.constants import (
    CLIENT_DEPRECATE_EOF,
    CLIENT_MULTI_RESULTS,
    CLIENT_MULTI_STATEMENTS,
    CLIENT_SESSION_TRACK,
    SERVER_MORE_RESULTS_EXISTS,
)
from fakemysql.fields import FieldReader
from fakemysql.packets import AuthSwitchRequest, ComChangeUser, OkPacket
from tests.fakemysql import golden
from tests.fakemysql.prepared_dialogues import CAPABILITIES, Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE: Final = "tracking.tsv"
_EVERY: Final = CLIENT_SESSION_TRACK | CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS

_TRANSACTIONS: Final = [
    "BEGIN",
    "SELECT 1",
    "SELECT a FROM fm_track",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SAVEPOINT s",
    "ROLLBACK TO s",
    "SET @a = 1",
    "DO 1",
    "COMMIT",
    "SELECT a FROM fm_track",
    "INSERT INTO fm_track (b) VALUES ('y')",
    "START TRANSACTION",
    "START TRANSACTION",
    "UPDATE fm_track SET b = 'z' WHERE a = 1",
    "ROLLBACK",
    "ROLLBACK",
    "START TRANSACTION READ ONLY",
    "SELECT b FROM fm_track WHERE a = 1",
    "INSERT INTO fm_track (b) VALUES ('y')",
    "COMMIT",
    "START TRANSACTION READ WRITE",
    "DELETE FROM fm_track WHERE a = 99",
    "COMMIT AND CHAIN",
    "SELECT 1",
    "ROLLBACK AND CHAIN",
    "ROLLBACK",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
    "SELECT a FROM fm_track",
    "COMMIT",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    "COMMIT AND CHAIN",
    "COMMIT",
    "SET TRANSACTION READ ONLY",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "BEGIN",
    "SELECT a FROM fm_track",
    "COMMIT AND CHAIN",
    "COMMIT",
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SELECT 1",
    "SELECT a FROM fm_track",
    "SET TRANSACTION READ WRITE",
    "SET TRANSACTION READ ONLY, ISOLATION LEVEL READ UNCOMMITTED",
    "COMMIT",
    "SET TRANSACTION READ ONLY",
    "SET TRANSACTION READ ONLY",
    "ROLLBACK",
    "BEGIN; SELECT 1; ROLLBACK",
    "BEGIN",
    "SELEC 1",
    "SELECT nosuch FROM fm_track",
    "SELECT * FROM fm_nosuch",
    "SELECT 1",
    "COMMIT",
    "SET SESSION TRANSACTION READ ONLY",
    "BEGIN",
    "SELECT a FROM fm_track",
    "COMMIT",
    "SET SESSION TRANSACTION READ WRITE, ISOLATION LEVEL REPEATABLE READ",
    "BEGIN",
    "COMMIT RELEASE",
]
_IMPLICIT: Final = [
    "SET autocommit = 0",
    "SELECT 1",
    "SELECT a FROM fm_track",
    "COMMIT",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT a FROM fm_track",
    "SELECT UUID()",
    "ROLLBACK",
    "SELECT a FROM fm_track",
    "SET autocommit = 1",
    "SET autocommit = 1",
    "BEGIN",
    "SET autocommit = 1",
    "SET autocommit = 0",
    "SET autocommit = 0",
    "COMMIT",
    "SELECT a FROM fm_track",
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "SHOW TABLES LIKE 'nosuch'",
    "SHOW VARIABLES LIKE 'nosuch'",
    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'nosuch'",
    "COMMIT",
    "SELECT * FROM fm_nosuch",
    "SELECT 1",
    "COMMIT",
    "BEGIN",
    "SELECT a FROM fm_track",
    "START TRANSACTION",
    "COMMIT",
    "SET autocommit = DEFAULT",
]
_DEFINITIONS: Final = [
    "BEGIN",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "CREATE TABLE fm_track2 (a INT)",
    "BEGIN",
    "CREATE TABLE fm_track2 (a INT)",
    "BEGIN",
    "DROP TABLE fm_track2",
    "BEGIN",
    "DROP TABLE IF EXISTS fm_nosuch",
    "BEGIN",
    "TRUNCATE TABLE fm_track",
    "BEGIN",
    "CREATE TEMPORARY TABLE fm_track3 (a INT)",
    "INSERT INTO fm_track3 VALUES (1)",
    "SELECT a FROM fm_track3",
    "DROP TEMPORARY TABLE fm_track3",
    "COMMIT",
    "CREATE TEMPORARY TABLE fm_track3 (a INT)",
    "DROP TEMPORARY TABLE fm_track3",
    "BEGIN",
    "LOCK TABLES fm_track READ",
    "SELECT a FROM fm_track",
    "SELECT 1",
    "BEGIN",
    "UNLOCK TABLES",
    "COMMIT",
    "LOCK TABLES fm_track WRITE",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT a FROM fm_track",
    "COMMIT",
    "LOCK TABLES fm_track READ",
    "UNLOCK TABLES",
    "UNLOCK TABLES",
    "SET autocommit = 0",
    "LOCK TABLES fm_track WRITE",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT a FROM fm_track",
    "COMMIT",
    "UNLOCK TABLES",
    "CREATE TEMPORARY TABLE fm_track3 (a INT)",
    "INSERT INTO fm_track3 VALUES (1)",
    "COMMIT",
    "CREATE TABLE fm_track2 (a INT)",
    "DROP TABLE fm_track2",
]
_KINDS_OF_STATEMENTS: Final = [
    "BEGIN",
    "SELECT UUID()",
    "COMMIT",
    "BEGIN",
    "SELECT RAND()",
    "SELECT NOW()",
    "SELECT CONNECTION_ID()",
    "COMMIT",
    "BEGIN",
    "SELECT VERSION(), USER(), DATABASE()",
    "COMMIT",
    "BEGIN",
    "INSERT INTO fm_track (b) VALUES (RAND())",
    "COMMIT",
    "BEGIN",
    "DELETE FROM fm_track LIMIT 1",
    "COMMIT",
    "BEGIN",
    "UPDATE fm_track SET b = 'q' ORDER BY a LIMIT 1",
    "COMMIT",
    "BEGIN",
    "INSERT INTO fm_track (b) SELECT 'w'",
    "COMMIT",
    "BEGIN",
    "SELECT a FROM fm_track LIMIT 1",
    "COMMIT",
    "BEGIN",
    "SELECT a FROM fm_track FOR UPDATE",
    "COMMIT",
    "BEGIN",
    "SELECT a FROM fm_track WHERE a = 1 LOCK IN SHARE MODE",
    "COMMIT",
    "BEGIN",
    "REPLACE INTO fm_track VALUES (1, 'r')",
    "COMMIT",
    "BEGIN",
    "INSERT IGNORE INTO fm_track VALUES (1, 'r')",
    "COMMIT",
    "BEGIN",
    "SELECT SLEEP(0)",
    "COMMIT",
    "BEGIN",
    "SELECT GET_LOCK('fm_track', 0)",
    "SELECT RELEASE_LOCK('fm_track')",
    "COMMIT",
    "BEGIN",
    "SELECT @a",
    "SELECT @@autocommit",
    "COMMIT",
    "BEGIN",
    "SELECT LAST_INSERT_ID(), FOUND_ROWS(), ROW_COUNT()",
    "COMMIT",
    "BEGIN",
    "SHOW WARNINGS",
    "SHOW TABLES LIKE 'nosuch'",
    "SHOW VARIABLES LIKE 'nosuch'",
    "SHOW DATABASES LIKE 'nosuch'",
    "SHOW STATUS LIKE 'nosuch'",
    "COMMIT",
    "BEGIN",
    "SHOW CREATE TABLE fm_track",
    "COMMIT",
    "BEGIN",
    "DESCRIBE fm_track",
    "COMMIT",
    "BEGIN",
    "SELECT 1 INTO @a",
    "SELECT a FROM fm_track WHERE a = 1 INTO @a",
    "COMMIT",
    "BEGIN",
    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'nosuch'",
    "COMMIT",
    "BEGIN",
    "SELECT 1 FROM DUAL WHERE 0",
    "SELECT 1 UNION SELECT 2",
    "COMMIT",
    "BEGIN",
    "DO RAND()",
    "SET @a = UUID()",
    "SET @a = (SELECT MAX(a) FROM fm_track)",
    "COMMIT",
    "BEGIN",
    "KILL 999999999",
    "USE {database}",
    "SET NAMES utf8mb4",
    "FLUSH STATUS",
    "!ping",
    "COMMIT",
    "BEGIN",
    "!use {database}",
    "!prepare SELECT 1",
    "!execute",
    "!close",
    "!prepare SELECT a FROM fm_track",
    "!execute",
    "!prepare INSERT INTO fm_track (b) VALUES ('p')",
    "!execute",
    "!prepare COMMIT",
    "!execute",
    "BEGIN",
    "SELECT a FROM fm_track",
    "!reset",
    "SELECT 1",
    "BEGIN",
]
_STATE: Final = [
    "SET session_track_state_change = 1",
    "SELECT 1",
    "SET @a = 1",
    "SET @a = 1",
    "SET autocommit = 1",
    "SET wait_timeout = 28800",
    "SET @b = 1, autocommit = 1",
    "SET NAMES utf8mb4",
    "USE {database}",
    "!use {database}",
    "BEGIN",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT LAST_INSERT_ID()",
    "SELECT LAST_INSERT_ID(5)",
    "COMMIT",
    "PREPARE p FROM 'SELECT 1'",
    "EXECUTE p",
    "DEALLOCATE PREPARE p",
    "!prepare SELECT 1",
    "!execute",
    "!close",
    "!ping",
    "!prepare SET @a = 2",
    "!execute",
    "CREATE TEMPORARY TABLE fm_track3 (a INT)",
    "INSERT INTO fm_track3 VALUES (1)",
    "DROP TEMPORARY TABLE fm_track3",
    "CREATE TABLE IF NOT EXISTS fm_track2 (a INT)",
    "DROP TABLE fm_track2",
    "SELECT GET_LOCK('fm_track', 0)",
    "SELECT RELEASE_LOCK('fm_track')",
    "DO GET_LOCK('fm_track', 0)",
    "DO RELEASE_ALL_LOCKS()",
    "SELECT @c := 5",
    "SELECT 5 INTO @c",
    "DO @c := 6",
    "LOCK TABLES fm_track READ",
    "UNLOCK TABLES",
    "SET TRANSACTION READ ONLY",
    "SET SESSION TRANSACTION READ WRITE",
    "SET autocommit = 7",
    "SET nosuch = 7",
    "SET @d = 1; SELECT 1; SET @e = 2",
    "SHOW WARNINGS",
    "SET session_track_state_change = 1",
    "SET session_track_state_change = 0",
    "SET @a = 1",
    "SET session_track_state_change = 1, @a = 2",
    "!reset",
    "SET @a = 1",
]
_STATE_ALONE: Final = [
    "SET session_track_schema = 0, session_track_system_variables = ''",
    "BEGIN",
    "COMMIT",
    "USE {database}",
    "SET session_track_state_change = 1",
    "BEGIN",
    "COMMIT",
    "USE {database}",
    "SET NAMES utf8mb4",
    "SET @a = 1",
]
_VARIABLES: Final = [
    "SELECT @@session_track_system_variables",
    "SET autocommit = 1",
    "SET autocommit = 1, wait_timeout = 5",
    "SET time_zone = 'SYSTEM', character_set_results = utf8mb4, autocommit = 1, character_set_client = utf8mb4",
    "SET NAMES utf8mb4",
    "SET CHARACTER SET utf8mb4",
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET collation_connection = utf8mb4_bin",
    "SET character_set_connection = utf8mb4",
    "SET character_set_results = NULL",
    "SET time_zone = '+02:00', sql_mode = ''",
    "SET session_track_system_variables = 'sql_mode,wait_timeout , TIME_ZONE'",
    "SET sql_mode = '', wait_timeout = 7, time_zone = 'SYSTEM', autocommit = 1",
    "SET wait_timeout = 8",
    "SET session_track_system_variables = 'wait_timeout,nosuch'",
    "SHOW WARNINGS",
    "SET wait_timeout = 9",
    "SELECT @@session_track_system_variables",
    "SET session_track_system_variables = ''",
    "SET autocommit = 1",
    "SET session_track_system_variables = NULL",
    "SET session_track_system_variables = '*'",
    "SET session_track_system_variables = '*'",
    "SET autocommit = 1",
    "SET wait_timeout = 9, sql_mode = '', autocommit = 1, interactive_timeout = 9",
    "SET timestamp = 5",
    "SET timestamp = DEFAULT",
    "SET last_insert_id = 7",
    "SET insert_id = 7",
    "SET sql_select_limit = DEFAULT",
    "SET max_error_count = 64",
    "SET NAMES latin1",
    "SET NAMES utf8mb4",
    "SET SESSION TRANSACTION READ ONLY",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION TRANSACTION READ WRITE",
    "SET TRANSACTION READ ONLY",
    "SET @a = 5",
    "USE {database}",
    "!use {database}",
    "SET wait_timeout = 5; SELECT 1; SET autocommit = 1",
    "SET wait_timeout = nosuch",
    "SET wait_timeout = 5, nosuch = 7",
    "SELECT 1",
    "SET autocommit = DEFAULT",
    "!prepare SET autocommit = 1",
    "!execute",
    "!reset",
    "SET autocommit = 1",
    "SET session_track_system_variables = 'autocommit', session_track_schema = 0",
    "USE {database}",
    "!use {database}",
    "SET session_track_system_variables = 'character_set_server,collation_server,collation_connection,"
    "character_set_database'",
    "SET character_set_server = latin1",
    "SET collation_server = utf8mb4_bin",
    "SET collation_connection = utf8mb4_bin",
    "SET NAMES utf8mb4",
    "SET CHARACTER SET latin1",
    "SET session_track_system_variables = DEFAULT",
    "!change",
    "SET autocommit = 1",
]
# What a function, a clause or a kind of SHOW adds to the state, each asked in a transaction that is new.
_ADDED_TO_THE_STATE: Final = [
    *(
        f"SELECT {expression}"
        for expression in (
            "1",
            "NULL, 'a', 1 + 1",
            "NOW()",
            "CURDATE()",
            "SYSDATE()",
            "UTC_TIMESTAMP()",
            "UNIX_TIMESTAMP()",
            "CONNECTION_ID()",
            "VERSION()",
            "USER()",
            "CURRENT_USER()",
            "DATABASE()",
            "UUID()",
            "RAND()",
            "RAND(5)",
            "SLEEP(0)",
            "GET_LOCK('fm_track', 0)",
            "RELEASE_LOCK('fm_track')",
            "IS_FREE_LOCK('fm_track')",
            "IS_USED_LOCK('fm_track')",
            "RELEASE_ALL_LOCKS()",
            "BENCHMARK(1, 1)",
            "FOUND_ROWS()",
            "ROW_COUNT()",
            "LAST_INSERT_ID()",
            "LAST_INSERT_ID(5)",
            "@a",
            "@a := 1",
            "@@autocommit",
            "@@session.autocommit",
            "@@global.autocommit",
            "@@version",
            "@@timestamp",
            "@@last_insert_id",
            "@@character_set_client",
            "CONCAT('a', 'b'), IF(1, 2, 3)",
            "CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL",
            "(SELECT RAND())",
            "1 LIMIT 1",
            "1 LIMIT 0",
            "a FROM fm_track LIMIT 0",
            "a FROM fm_track WHERE 0",
            "a FROM fm_track ORDER BY RAND()",
            "1 UNION SELECT 2 LIMIT 1",
            "(SELECT a FROM fm_track LIMIT 1)",
            "COUNT(*) FROM fm_track",
            "a FROM fm_track WHERE a = 1",
            "a FROM fm_track ORDER BY a LIMIT 1",
            "a FROM fm_track WHERE RAND() < 2",
            "a FROM fm_track FOR UPDATE",
            "a FROM fm_track LOCK IN SHARE MODE",
            "1 FROM DUAL WHERE 0",
            "1 INTO @a",
            "RAND() INTO @a",
        )
    ),
    "INSERT INTO fm_track (b) VALUES (LEFT(UUID(), 9))",
    "INSERT INTO fm_track (b) VALUES (RAND())",
    "INSERT INTO fm_track (b) VALUES (NOW())",
    "INSERT INTO fm_track (b) VALUES (USER())",
    "INSERT INTO fm_track (b) VALUES (LAST_INSERT_ID())",
    "INSERT INTO fm_track (b) VALUES (@a)",
    "INSERT INTO fm_track (b) VALUES (@@autocommit)",
    "INSERT INTO fm_track (b) VALUES (@@version)",
    "INSERT INTO fm_track (b) VALUES (SLEEP(0))",
    "INSERT INTO fm_track (b) SELECT RAND()",
    "INSERT INTO fm_track (b) SELECT b FROM fm_track WHERE a = 1",
    "INSERT INTO fm_track (b) SELECT b FROM fm_track WHERE a = 1 LIMIT 1",
    "INSERT IGNORE INTO fm_track VALUES (1, 'r')",
    "INSERT INTO fm_track VALUES (1, 'r') ON DUPLICATE KEY UPDATE b = 's'",
    "INSERT INTO fm_track VALUES (1, 'r')",
    "REPLACE INTO fm_track VALUES (1, 'r')",
    "REPLACE INTO fm_track SELECT 1, 'x'",
    "REPLACE INTO fm_track VALUES (1, RAND())",
    "INSERT IGNORE INTO fm_track SELECT 1, 'x'",
    "INSERT INTO fm_track SELECT 1, 'x' ON DUPLICATE KEY UPDATE b = 'z'",
    "UPDATE IGNORE fm_track SET b = 'y' WHERE a = 1",
    "UPDATE fm_track SET b = LEFT(UUID(), 9) WHERE a = 1",
    "UPDATE fm_track SET b = 'u' WHERE a = 1 LIMIT 1",
    "UPDATE fm_track SET b = 'u' WHERE RAND() < 2",
    "DELETE FROM fm_track WHERE a = 99",
    "DELETE FROM fm_track WHERE a = 99 LIMIT 1",
    "DO 1",
    "DO UUID()",
    "DO @@autocommit",
    "DO (SELECT COUNT(*) FROM fm_track)",
    "SET @a = 1",
    "SET @a = RAND()",
    "SET @a = @@autocommit",
    "SET @a = @b",
    "SET wait_timeout = @@wait_timeout",
    "SET @a = (SELECT COUNT(*) FROM fm_track)",
    "SHOW WARNINGS",
    "SHOW ERRORS",
    "SHOW COUNT(*) WARNINGS",
    "SHOW DATABASES",
    "SHOW TABLES",
    "SHOW FULL TABLES LIKE 'nosuch'",
    "SHOW TABLE STATUS LIKE 'nosuch'",
    "SHOW COLUMNS FROM fm_track",
    "SHOW INDEX FROM fm_track",
    "SHOW CREATE TABLE fm_track",
    "SHOW VARIABLES LIKE 'autocommit'",
    "SHOW GLOBAL VARIABLES WHERE Variable_name = 'autocommit'",
    "SHOW STATUS LIKE 'Uptime'",
    "SHOW GLOBAL STATUS LIKE 'Uptime'",
    "SHOW PROCESSLIST",
    "SHOW ENGINES",
    "SHOW PLUGINS",
    "SHOW COLLATION LIKE 'utf8mb4_bin'",
    "SHOW CHARACTER SET LIKE 'latin1'",
    "SHOW GRANTS",
    "SHOW PRIVILEGES",
    "SHOW CREATE DATABASE {database}",
    "SHOW TRIGGERS",
    "SHOW EVENTS",
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME = 'nosuch'",
    "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = 0",
    "ROLLBACK TO nosuch",
    "USE {database}",
    "SELEC 1",
    "!ping",
    "!prepare SELECT a FROM fm_track WHERE a = RAND()",
    "!execute",
    "!prepare INSERT INTO fm_track (b) VALUES ('p')",
    "!execute",
]
_READ_ONLY_AGAIN: Final = [
    "START TRANSACTION READ ONLY",
    "BEGIN",
    "COMMIT",
    "START TRANSACTION READ ONLY",
    "START TRANSACTION READ WRITE",
    "START TRANSACTION",
    "COMMIT",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET autocommit = 0",
    "SELECT a FROM fm_track",
    "SET autocommit = 1",
    "SET TRANSACTION READ ONLY",
    "CREATE TABLE IF NOT EXISTS fm_track2 (a INT)",
    "COMMIT",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "BEGIN",
    "CREATE TABLE IF NOT EXISTS fm_track2 (a INT)",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SHOW TABLES LIKE 'nosuch'",
    "BEGIN",
    "BEGIN",
    "COMMIT",
    "SET TRANSACTION READ WRITE",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SET TRANSACTION READ ONLY",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT a FROM fm_track",
    "SET TRANSACTION READ ONLY",
    "LOCK TABLES fm_track READ",
    "UNLOCK TABLES",
    "SET TRANSACTION READ ONLY",
    "SET autocommit = 1",
    "START TRANSACTION READ WRITE, WITH CONSISTENT SNAPSHOT",
    "ROLLBACK AND CHAIN",
    "CREATE TEMPORARY TABLE fm_track3 (a INT)",
    "COMMIT",
    "START TRANSACTION READ ONLY",
    "!reset",
    "SET session_track_transaction_info = CHARACTERISTICS",
    "BEGIN",
]
_GTIDS: Final = [
    "SET session_track_gtids = ALL_GTIDS",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SELECT 1",
    "DO 1",
    "!ping",
    "BEGIN",
    "SELECT 1",
    "COMMIT",
    "SELEC 1",
    "CREATE TABLE fm_track2 (a INT)",
    "SET session_track_gtids = OWN_GTID",
    "DO 1",
    "BEGIN",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "COMMIT",
    "INSERT INTO fm_track (b) VALUES ('x')",
    "SET session_track_gtids = OFF",
    "DO 1",
]


def _followed(how: str, said: Sequence[str]) -> list[str]:
    return [f"SET session_track_transaction_info = {how}", *said]


DIALOGUES: Final[dict[str, Sequence[str]]] = {
    "plain transactions": _TRANSACTIONS,
    "plain autocommit": _IMPLICIT,
    "plain definitions": _DEFINITIONS,
    **{
        f"{how} {name}": _followed(how, said)
        for how in ("STATE", "CHARACTERISTICS")
        for name, said in {
            "transactions": _TRANSACTIONS,
            "autocommit": _IMPLICIT,
            "definitions": _DEFINITIONS,
            "statements": _KINDS_OF_STATEMENTS,
        }.items()
    },
    "plain statements": _KINDS_OF_STATEMENTS,
    "switched in the middle": [
        "BEGIN",
        "SET session_track_transaction_info = STATE",
        "SELECT a FROM fm_track",
        "COMMIT",
        "BEGIN",
        "SET session_track_transaction_info = OFF",
        "COMMIT",
        "SET session_track_transaction_info = CHARACTERISTICS",
        "BEGIN",
        "SET session_track_transaction_info = STATE",
        "COMMIT",
        "SET session_track_transaction_info = 'nosuch'",
        "SET session_track_transaction_info = 1",
        "BEGIN",
        "!reset",
        "BEGIN",
    ],
    "state changes": _STATE,
    "nothing else is followed": _STATE_ALONE,
    "nothing is followed, transactions": [
        "SET session_track_schema = 0, session_track_system_variables = ''",
        *_TRANSACTIONS,
    ],
    "everything": [
        "SET session_track_state_change = 1, session_track_system_variables = '*',"
        " session_track_transaction_info = CHARACTERISTICS",
        "USE {database}",
        "SET autocommit = 0",
        "BEGIN",
        "SET @a = 1, wait_timeout = 5",
        "INSERT INTO fm_track (b) VALUES ('x')",
        "COMMIT",
        "SET SESSION TRANSACTION READ ONLY",
    ],
    "variables": _VARIABLES,
    "STATE added": [
        "SET session_track_transaction_info = STATE, @b = 1, autocommit = 0",
        "BEGIN",
        *(line for said in _ADDED_TO_THE_STATE for line in (said, *["ROLLBACK AND CHAIN"] * (said[:8] != "!prepare"))),
    ],
    "CHARACTERISTICS read only": _followed("CHARACTERISTICS", _READ_ONLY_AGAIN),
    "plain read only": _READ_ONLY_AGAIN,
    "gtids": _GTIDS,
    "unknown at the login": ["!ping", "SELECT 1", "!change", "SELECT 1"],
}
MODES: Final = {"": 0, "deprecate eof: ": CLIENT_DEPRECATE_EOF}


class Follower(Client):
    """A client that agreed to be told of the session's state."""

    def __init__(self, url: str, extra: int) -> None:
        self.url = url
        super().__init__(url, extra | _EVERY)

    def says(self, text: str) -> str:
        """Say it; the answer as a line."""
        verb, _, words = text.partition(" ")
        database = urlsplit(self.url).path.lstrip("/")
        words = words.replace("{database}", database)
        if verb == "!change":
            return self._change_user(database)
        if verb == "!close":
            self.send(b"\x19" + self.statement)
            return "nothing"
        self.send(
            {
                "!ping": b"\x0e",
                "!reset": b"\x1f",
                "!use": b"\x02" + words.encode(),
                "!prepare": b"\x16" + words.encode(),
                "!execute": b"\x17" + self.statement + b"\x00\x01\x00\x00\x00",
            }.get(verb)
            or b"\x03" + text.replace("{database}", database).encode()
        )
        if verb == "!prepare":
            return self._prepared()
        return " | ".join(self._results()).replace(database, "{database}")

    def _change_user(self, database: str) -> str:
        user = urlsplit(self.url).username or "root"
        self.send(ComChangeUser(user, b"", database, 45, "mysql_native_password").serialize(CAPABILITIES))
        number, packet = self.packet()
        if packet[:1] == b"\xfe":
            AuthSwitchRequest.parse(packet)
            self.send(b"", number + 1)
            number, packet = self.packet()
        if packet == b"\x01\x03":
            number, packet = self.packet()
        return shown(packet)[1].replace(database, "{database}")

    def _prepared(self) -> str:
        _, first = self.packet()
        if first[:1] == b"\xff":
            return shown(first)[1]
        self.statement = first[1:5]
        for at in (7, 5):
            count = int.from_bytes(first[at : at + 2], "little")
            for _ in range(count + (bool(count) and not self.deprecates_eof)):
                self.packet()
        return "prepared"

    def _results(self) -> Iterator[str]:
        more = True
        while more:
            _, first = self.packet()
            if first[:1] in (b"\x00", b"\xff", b"\xfe"):
                status, text = shown(first)
                yield text
            else:
                for _ in range(first[0]):
                    self.packet()
                before = "" if self.deprecates_eof else shown(self.packet()[1])[1] + " "
                while (packet := self.packet()[1])[:1] not in (b"\xfe", b"\xff") or len(packet) > 200:
                    pass
                status, text = shown(packet)
                yield f"rows {before}{text}"
            more = bool(status & SERVER_MORE_RESULTS_EXISTS)


def shown(packet: bytes) -> tuple[int, str]:
    """The status word of an OK or EOF, and the packet as text."""
    if packet[:1] == b"\xff":
        return 0, f"error {int.from_bytes(packet[1:3], 'little')}"
    if packet[:1] == b"\xfe" and len(packet) == 5:
        status, warnings = int.from_bytes(packet[3:5], "little"), int.from_bytes(packet[1:3], "little")
        return status, f"{status:#x}" + (f" w{warnings}" if warnings else "")
    ok = OkPacket.parse(packet)
    text = f"{ok.status:#x}" + (f" w{ok.warnings}" if ok.warnings else "")
    if ok.session_state is not None:
        text += f" ({', '.join(entries(ok.session_state))})"
    return ok.status, text


def entries(state: bytes) -> Iterator[str]:
    """Session state information, entry by entry."""
    reader = FieldReader(state)
    while reader.remaining:
        kind = reader.lenenc_int("kind")
        data = FieldReader(reader.lenenc_bytes("entry"))
        fields = []
        if kind == 2:
            fields.append(data.rest())
        while data.remaining:
            fields.append(data.lenenc_bytes("field"))
        if fields[0] == b"statement_id":
            # Which statement of the server's it is.
            fields[1] = b"N"
        yield f"{kind} " + "=".join(field.decode() for field in fields)


# Where the fake answers otherwise than MariaDB, and why; statements of a dialogue.
_SELECT_AFTER_ONE_THAT_FAILED: Final = "MariaDB has read a table even where it does not find a column in it"
_SCANS_FOR_CHANCE: Final = "MariaDB looks for a value by its key only where it is the same for each row"
KNOWN: Final[dict[tuple[str, str], str]] = {
    ("deprecate eof: STATE transactions", "SELECT 1"): _SELECT_AFTER_ONE_THAT_FAILED,
    ("deprecate eof: CHARACTERISTICS transactions", "SELECT 1"): _SELECT_AFTER_ONE_THAT_FAILED,
    ("STATE added", "!execute"): _SCANS_FOR_CHANCE,
    ("deprecate eof: STATE added", "!execute"): _SCANS_FOR_CHANCE,
}


def comparable(answer: str) -> str:
    """An answer with its variables by the alphabet: MariaDB's order is that of their places in memory."""
    return re.sub(r"\((0 [^)]*)\)", lambda found: f"({', '.join(sorted(found[1].split(', ')))})", answer)


def recorded() -> dict[str, list[tuple[str, str, str]]]:
    """The dialogues as they were recorded: each statement with MariaDB's and MySQL's answer."""
    dialogues: dict[str, list[tuple[str, str, str]]] = {}
    for line in (golden.DATA / FILE).read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = dialogues[line.removeprefix("== ")] = []
            continue
        statement, mariadb, mysql = line.split("\t")
        lines.append((statement, mariadb, mariadb if mysql == "=" else mysql))
    return dialogues


def prepare(url: str) -> None:
    """A table with one row, as at the beginning of each dialogue."""
    with contextlib.closing(Follower(url, 0)) as client:
        for statement in (
            "DROP TABLE IF EXISTS fm_track, fm_track2",
            "CREATE TABLE fm_track (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(30))",
            "INSERT INTO fm_track (b) VALUES ('first')",
        ):
            assert not client.says(statement).startswith("error"), statement


def told(url: str, said: Sequence[str], extra: int = 0) -> list[str]:
    """The answers to a dialogue, in a session of its own."""
    prepare(url)
    with contextlib.closing(Follower(url, extra)) as client:
        return [client.says(each) for each in said]


def main() -> None:
    mariadb, mysql = sys.argv[1:]
    for mode, extra in MODES.items():
        for name, said in DIALOGUES.items():
            print(f"== {mode}{name}")
            for text, *answers in zip(said, *(told(url, said, extra) for url in (mariadb, mysql)), strict=True):
                print("\t".join((text, answers[0], "=" if answers[0] == answers[1] else answers[1])))
    for url in (mariadb, mysql):
        with contextlib.closing(Follower(url, 0)) as client:
            client.says("DROP TABLE IF EXISTS fm_track, fm_track2")


if __name__ == "__main__":
    main()
