"""What is said to prepared statements, and a client of few means that says it and writes down the answers.

The same dialogues are recorded from real servers (``python -m tests.fakemysql.prepared_dialogues URL``, into
``data/``), replayed on the fake in every run, and held side by side with a live server where there is one.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from fakemysql.auth import native_scramble, sha2_scramble
from fakemysql.constants import (
    CLIENT_CONNECT_WITH_DB,
    CLIENT_DEPRECATE_EOF,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_TRANSACTIONS,
)
from fakemysql.packets import AuthSwitchRequest, HandshakeResponse41, HandshakeV10

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CAPABILITIES: Final = (
    CLIENT_PROTOCOL_41
    | CLIENT_CONNECT_WITH_DB
    | CLIENT_TRANSACTIONS
    | CLIENT_SECURE_CONNECTION
    | CLIENT_PLUGIN_AUTH
    | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
)
_ID: Final = re.compile(rb"(statement handler|The statement) \(\d+\)")


def executed(block: str = "", flags: int = 0) -> bytes:
    """COM_STMT_EXECUTE of the statement that was prepared last; ID stands where its id goes."""
    return b"\x17ID" + struct.pack("<BI", flags, 1) + bytes.fromhex(block)


def bound(kind: int, value: str, flags: int = 0) -> bytes:
    """An execution with one parameter, written as hexadecimal digits behind its type."""
    return executed(f"00 01 {kind:02x} {flags:02x} {value}")


NULL_BOUND: Final = executed("01 01 0300")
FETCH_1, FETCH_5 = b"\x1cID\x01\x00\x00\x00", b"\x1cID\x05\x00\x00\x00"
RESET, CLOSE, PING = b"\x1aID", b"\x19ID", b"\x0e"

# Each type that a client can bind: its number, its flags, a value.
_VALUES: Final = {
    "tiny": (1, 0, "ff"),
    "unsigned tiny": (1, 0x80, "ff"),
    "short": (2, 0, "ffff"),
    "long": (3, 0, "05000000"),
    "unsigned long": (3, 0x80, "ffffffff"),
    "longlong": (8, 0, "0500000000000000"),
    "unsigned longlong": (8, 0x80, "ffffffffffffffff"),
    "float": (4, 0, "0000c03f"),
    "double": (5, 0, "9a9999999999b93f"),
    "decimal": (0, 0, "04312e3530"),
    "newdecimal": (246, 0, "04312e3530"),
    "varchar": (15, 0, "02c3a9"),
    "var_string": (253, 0, "0178"),
    "var_string of digits": (253, 0, "023132"),
    "var_string of digits and more": (253, 0, "03313278"),
    "string": (254, 0, "0178"),
    "blob": (252, 0, "020078"),
    "long blob": (251, 0, "020078"),
    "date": (10, 0, "04e807021d"),
    "datetime": (12, 0, "07e807021d010203"),
    "datetime at midnight": (12, 0, "04e807021d"),
    "datetime with a fraction": (12, 0, "0be807021d01020301000000"),
    "timestamp": (7, 0, "07e807021d010203"),
    "time": (11, 0, "080101000000020304"),
    "no time": (11, 0, "00"),
    "time with a fraction": (11, 0, "0c000100000002030401000000"),
    "json": (245, 0, "027b7d"),
    "enum": (247, 0, "0178"),
    "null type with a value": (6, 0, ""),
    "bool": (244, 0, "01"),
}
# Types one after the other in the same place; on MySQL the first may pin the second.
_PAIRS: Final = [
    ("long", "var_string"),
    ("long", "var_string of digits"),
    ("long", "var_string of digits and more"),
    ("long", "double"),
    ("long", "newdecimal"),
    ("long", "unsigned longlong"),
    ("long", "datetime"),
    ("var_string", "long"),
    ("var_string", "blob"),
    ("blob", "var_string"),
    ("double", "var_string"),
    ("double", "long"),
    ("double", "newdecimal"),
    ("newdecimal", "long"),
    ("newdecimal", "double"),
    ("datetime", "var_string"),
    ("date", "datetime"),
    ("datetime", "date"),
    ("time", "var_string"),
    ("time", "datetime"),
]
_STATEMENTS: Final = [
    "SELECT 1",
    "SELECT NULL, TRUE, 1.5, 1e0, 'é', x'41', CURRENT_DATE IS NULL",
    "SELECT 'a?b' AS `x?y` /* ? */ -- ?",
    "SELECT @@version IS NULL, CONNECTION_ID() > 0, DATABASE() IS NULL",
    "SELECT DATE '2024-02-29' AS a, TIME '12:00:00' AS b, TIMESTAMP '2024-02-29 01:02:03.5' AS c",
    "DO 1",
    "SET @a = 1",
    "SET NAMES utf8mb4",
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "SAVEPOINT a",
    "KILL 999999999",
    "USE nosuch_db",
    "SELECT 1; SELECT 2",
    "SELEC 1",
    "SELECT x",
    "",
    ";",
    "-- nothing",
    "SHOW WARNINGS",
]

LONG_DATA: Final = b"\x18ID\x00\x00"
DIALOGUES: dict[str, Sequence[bytes | str]] = {
    **{f"bind {name}": ["SELECT ?", bound(kind, value, flags), PING] for name, (kind, flags, value) in _VALUES.items()},
    **{
        f"bind {first}, then {then}": [
            "SELECT ?",
            *(bound(_VALUES[name][0], _VALUES[name][2], _VALUES[name][1]) for name in (first, then)),
            b"\x03SHOW WARNINGS",
        ]
        for first, then in _PAIRS
    },
    **{f"prepare {text}": [text, executed(), PING] for text in _STATEMENTS},
    "null": ["SELECT ?", NULL_BOUND, bound(3, "05000000"), NULL_BOUND],
    "two": ["SELECT ?, ?", executed("00 01 0300 fd00 07000000 0178"), executed("02 01 fc00 fd00 020078"), PING],
    "types once": ["SELECT ?", bound(3, "05000000"), executed("00 00 06000000"), PING],
    "no types": ["SELECT ?", executed("00 00 06000000"), PING],
    "values cut off": ["SELECT ?", executed("00 01 0300 05"), PING],
    "types cut off": ["SELECT ?", executed("00 01 03"), PING],
    "nothing": ["SELECT ?", executed(), PING],
    "no head": ["SELECT 1", b"\x17ID", b"\x17\x01", b"\x1aID", PING],
    "set and read": ["SET @a = ?", bound(8, "0500000000000000"), b"\x03SELECT @a"],
    "unknown id": [
        b"\x17\xff\x00\x00\x00\x00\x01\x00\x00\x00",
        b"\x1a\xff\x00\x00\x00",
        b"\x1c\xff\x00\x00\x00\x01\x00\x00\x00",
        b"\x19\xff\x00\x00\x00",
        PING,
    ],
    "closed": ["SELECT 1", CLOSE, executed(), PING],
    "closed by a reset": ["SELECT 1", b"\x1f", executed(), PING],
    "cursor": ["SELECT 1 UNION SELECT 2 UNION SELECT 3", executed(flags=1), FETCH_1, FETCH_1, FETCH_5, FETCH_5],
    "cursor to the end": ["SELECT 1 UNION SELECT 2", executed(flags=1), FETCH_1, FETCH_1, FETCH_1, FETCH_1],
    "cursor, then others": ["SELECT 1 UNION SELECT 2", executed(flags=1), b"\x03SELECT 5", FETCH_5],
    "cursor, reset": ["SELECT 1 UNION SELECT 2", executed(flags=1), RESET, FETCH_5],
    "cursor twice": ["SELECT 1 UNION SELECT 2", executed(flags=1), executed(flags=1), FETCH_5],
    "no cursor": ["SELECT 1", FETCH_1, PING],
    "long data": ["SELECT ?", LONG_DATA + b"abc", LONG_DATA + b"def", executed("00 01 fc00"), bound(253, "0178")],
    "long data of a null": ["SELECT ?", LONG_DATA + b"abc", executed("01 01 fc00"), PING],
    "long data, reset": ["SELECT ?", LONG_DATA + b"abc", RESET, bound(253, "0178")],
    "long data for nobody": ["SELECT ?", b"\x18ID\x07\x00abc", bound(253, "0178"), RESET, bound(253, "0178")],
    "parameter in a query": [b"\x03SELECT ?", PING],
    "warnings of an execution": [
        "SELECT 'x' + 0, CAST('2x' AS SIGNED)",
        executed(),
        b"\x03SHOW WARNINGS",
        executed(),
        PING,
        b"\x03SHOW COUNT(*) WARNINGS",
    ],
    "warnings of an execution without rows": ["DO 'x' + 0", executed(), b"\x03SHOW WARNINGS", PING],
    "warnings that name bytes": [
        b"\x03SELECT CAST(x'c3a9ff' AS SIGNED)",
        b"\x03SHOW WARNINGS",
        b"\x03SET @a = x'41c3a900'",
        b"\x03SELECT CAST(@a AS SIGNED)",
        b"\x03SHOW WARNINGS",
    ],
    "warnings and a reset": [b"\x03SELECT 'x' + 0", "SELECT 1", RESET, b"\x03SHOW WARNINGS", executed()],
    "warnings, prepared": [
        b"\x03SELECT 'x' + 0",
        "SHOW WARNINGS",
        executed(),
        b"\x03SELECT 'y' + 0, 'z' + 0",
        executed(),
        RESET,
        executed(),
    ],
}
_TABLE: Final = (
    b"\x03CREATE TEMPORARY TABLE fm_prepared"
    b" (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(10), n DECIMAL(5,2), d DATETIME)"
)
_ON_TABLES: Final[dict[str, Sequence[str]]] = {
    "INSERT INTO fm_prepared (v) VALUES (?)": ["00 01 fd00 0178"],
    "INSERT INTO fm_prepared (id, v, n) VALUES (?, 'a', ?), (5, ?, 1)": ["00 01 0300 fd00 fd00 07000000 03312e35 0179"],
    "UPDATE fm_prepared SET v = ? WHERE id = ?": ["00 01 fd00 0300 0178 01000000"],
    "DELETE FROM fm_prepared WHERE v = ?": ["00 01 fd00 0178"],
    "SELECT * FROM fm_prepared WHERE id = ?": ["00 01 0300 01000000"],
    "SELECT v, id + ?, n FROM fm_prepared": ["00 01 0300 01000000"],
    "INSERT INTO fm_prepared VALUES (?)": [],
    "UPDATE fm_prepared SET nosuch = ?": [],
    "SELECT * FROM fm_nosuch WHERE id = ?": [],
}
DIALOGUES = {
    **DIALOGUES,
    **{
        f"table: {text}": [_TABLE, b"\x03INSERT INTO fm_prepared (v) VALUES ('x')", text, *map(executed, blocks), PING]
        for text, blocks in _ON_TABLES.items()
    },
}
# Where the fake answers otherwise: MySQL takes a parameter's type from the column that it stands beside, and MariaDB
# never says of an expression with a parameter that it cannot be null. A dialogue that is listed and equal fails too.
KNOWN: Final = {
    "mysql": {
        "table: INSERT INTO fm_prepared (id, v, n) VALUES (?, 'a', ?), (5, ?, 1)",
        "table: UPDATE fm_prepared SET v = ? WHERE id = ?",
        "table: SELECT * FROM fm_prepared WHERE id = ?",
        "table: SELECT v, id + ?, n FROM fm_prepared",
    },
    "mariadb": {"table: SELECT v, id + ?, n FROM fm_prepared"},
}
MODES: Final = {"plain": 0, "deprecate eof": CLIENT_DEPRECATE_EOF}


class Client:
    """Knows framing, the login, and how many packets answer a command."""

    def __init__(self, url: str, extra: int = 0) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port or 3306), timeout=20)
        self.deprecates_eof = bool(extra & CLIENT_DEPRECATE_EOF)
        self.statement = bytes(4)
        self._buffer = b""
        greeting = HandshakeV10.parse(self.packet()[1])
        self.is_mariadb = "MariaDB" in greeting.server_version
        password = unquote(parts.password or "").encode()
        scramble = sha2_scramble if greeting.auth_plugin == "caching_sha2_password" else native_scramble
        response = HandshakeResponse41(
            CAPABILITIES | extra,
            1 << 24,
            45,
            unquote(parts.username or "root"),
            scramble(password, greeting.nonce),
            parts.path.lstrip("/"),
            greeting.auth_plugin,
        )
        self.send(response.serialize(), 1)
        number, payload = self.packet()
        if payload[:1] == b"\xfe":
            switch = AuthSwitchRequest.parse(payload)
            again = {"caching_sha2_password": sha2_scramble}.get(switch.plugin, native_scramble)
            self.send(again(password, switch.data), number + 1)
            number, payload = self.packet()
        if payload == b"\x01\x03":
            number, payload = self.packet()
        assert payload[:1] == b"\x00", payload

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = self.socket.recv(65536)
            assert data, "the server hung up"
            self._buffer += data
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def packet(self) -> tuple[int, bytes]:
        head = self._take(4)
        return head[3], self._take(int.from_bytes(head[:3], "little"))

    def send(self, payload: bytes, number: int = 0) -> None:
        self.socket.sendall(len(payload).to_bytes(3, "little") + bytes((number,)) + payload)

    def answers(self, said: bytes | str) -> Iterator[tuple[int, bytes]]:
        """Say it, and take the packets that answer it. A text is prepared."""
        payload = b"\x16" + said.encode() if isinstance(said, str) else said.replace(b"ID", self.statement)
        self.send(payload)
        command = payload[:1]
        if command == b"\x18" or (command == b"\x19" and len(payload) == 5):
            return
        number, first = self.packet()
        if command == b"\x16" and first[:1] == b"\x00":
            self.statement = first[1:5]
            yield number, b"\x00ID" + first[5:]
            for at in (7, 5):
                count = int.from_bytes(first[at : at + 2], "little")
                for _ in range(count + (bool(count) and not self.deprecates_eof)):
                    yield self.packet()
            return
        yield number, _ID.sub(rb"\1 (ID)", first)
        if first[:1] in (b"\x00", b"\xff", b"\xfe") and not (command == b"\x1c" and first[:1] == b"\x00"):
            return
        if command != b"\x1c":
            for _ in range(first[0]):
                yield self.packet()
            if not self.deprecates_eof:
                number, end = self.packet()
                yield number, end
                if end[3] & 0x40:
                    return
        yield from self._rows()

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        while True:
            number, payload = self.packet()
            yield number, payload
            if payload[:1] in (b"\xfe", b"\xff") and (len(payload) < 10 or payload[:1] == b"\xff"):
                return

    def close(self) -> None:
        self.socket.close()


def told(url: str, said: Sequence[bytes | str], extra: int = 0) -> list[str]:
    """Each packet that a server answers, as its number and its bytes in hexadecimal; an empty line ends an answer."""
    lines = []
    with contextlib.closing(Client(url, extra)) as client:
        for each in said:
            lines += [f"{number} {payload.hex()}" for number, payload in client.answers(each)]
            lines.append("")
    return lines


def all_told(url: str) -> Iterator[str]:
    for mode, extra in MODES.items():
        for name, said in DIALOGUES.items():
            yield f"# {mode}: {name}"
            yield from told(url, said, extra)


def recorded(text: str) -> dict[str, list[str]]:
    """A recording by the names of its dialogues."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            lines = found[line[2:]] = []
        else:
            lines.append(line)
    return found


def main() -> None:
    for line in all_told(sys.argv[1]):
        print(line)


if __name__ == "__main__":
    main()
