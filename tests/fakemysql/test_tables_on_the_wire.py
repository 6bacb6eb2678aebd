"""Tables through whole conversations: COM_FIELD_LIST, prepared statements, what a lost connection leaves behind."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pymysql
import pytest

from fakemysql import FakeServer

PERSONAS = ("mariadb-10.11", "mysql-9.7")
TABLE = (
    "create table t (id int primary key auto_increment, v varchar(20) default 'x', n int not null, m int default 5,"
    " dt datetime default now(), b bit(2) default 1, e enum('a') not null default 'a')"
)


def connect(server: Any, **options: Any) -> Any:
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": "root", "database": "test"} | options
    return pymysql.connect(**settings)


def field_list(client: Any, argument: bytes) -> list[bytes]:
    """The packets that answer COM_FIELD_LIST."""
    client._execute_command(4, argument)
    packets: list[bytes] = []
    while not packets or packets[-1][:1] != b"\xfe":
        packets.append(client._read_packet()._data)
    return packets


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_field_list_tells_columns_and_defaults(persona: str) -> None:
    """As both servers were seen to send it, but for the collation of the texts."""
    with FakeServer(persona=persona) as server, connect(server, autocommit=True) as client:
        client.cursor().execute(TABLE)
        packets = field_list(client, b"t\x00")
        assert packets[0] == b"\x03def\x04test\x01t\x01t\x02id\x02id\x0c?\x00\x0b\x00\x00\x00\x03\x03B\x00\x00\x00\x010"
        assert (
            packets[2] == b"\x03def\x04test\x01t\x01t\x01n\x01n\x0c?\x00\x0b\x00\x00\x00\x03\x01\x10\x00\x00\x00\x010"
        )
        assert [packet[-2:] for packet in packets[1:-1]] == [
            b"\x01x",
            b"\x010",
            b"\x015",
            b"\x00\xfb",
            b"\x01\x01",
            b"\x01a",
        ]
        assert packets[-1] == b"\xfe\x00\x00\x02\x00"
        assert len(field_list(client, b"t\x00%d%\x00")) == 3
        with pytest.raises(pymysql.err.ProgrammingError, match="nosuch"):
            field_list(client, b"nosuch\x00")


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_lost_connection_lets_go_of_rows_and_temporary_tables(persona: str) -> None:
    """Whoever waited for a row goes on when its holder is gone, and finds it unchanged."""
    with FakeServer(persona=persona) as server:
        holder, other = connect(server), connect(server, autocommit=True)
        cursor = holder.cursor()
        cursor.execute("create table t (id int primary key, a int)")
        cursor.execute("insert into t values (1, 1)")
        holder.commit()
        cursor.execute("update t set a = 2")
        other._execute_command(3, b"update t set a = a + 10")
        holder._force_close()
        assert other._read_query_result() == 1
        cursor = other.cursor()
        cursor.execute("select * from t")
        assert cursor.fetchall() == ((1, 11),)
        other.close()


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_client_that_counts_found_rows_is_told_them(persona: str) -> None:
    with FakeServer(persona=persona) as server:
        for flag, affected in ((0, 0), (2, 1)):
            client = connect(server, autocommit=True, client_flag=flag)
            cursor = client.cursor()
            cursor.execute("create temporary table t (a int)")
            cursor.execute("insert into t values (1)")
            assert cursor.execute("update t set a = 1") == affected
            client.close()


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_large_table_is_read_whole(persona: str) -> None:
    with FakeServer(persona=persona) as server, connect(server) as client:
        cursor = client.cursor()
        cursor.execute("create table t (id int primary key auto_increment, v varchar(20))")
        cursor.execute("insert into t (v) values " + ",".join(f"('value {number}')" for number in range(5000)))
        for _ in range(2):
            cursor.execute("insert into t (v) select v from t")
        cursor.execute("select * from t")
        rows = cursor.fetchall()
        assert len(rows) == 20000
        assert rows[0] == (1, "value 0")
        assert rows[-1][1] == "value 4999"


def test_tables_are_loaded_by_whoever_uses_them() -> None:
    script = (
        "import sys, fakemysql.server; "
        "print([name for name in sys.modules if name.startswith('fakemysql.sql.') and ('table' in name or "
        "name.endswith(('storing', 'inserting', 'definitions', 'column_types', 'declaring', 'access_paths')))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
