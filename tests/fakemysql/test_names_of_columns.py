"""What a column is called in its definition: how long a name may be, and in which bytes it is sent."""

from __future__ import annotations

import pymysql
import pytest

from fakemysql import FakeServer
from fakemysql.answers import Columns

from .engine_client import Bench


def name_of(persona: str, item: str) -> str:
    columns = Bench(persona).login().say(f"SELECT {item}")[0]
    assert isinstance(columns, Columns)
    return columns.columns[0].name


@pytest.mark.parametrize("persona", ["mariadb-10.11", "mysql-9.7"])
def test_an_expressions_text_is_cut_off_after_255_bytes(persona: str) -> None:
    assert name_of(persona, f"'{'x' * 300}'") == "x" * 255
    assert name_of(persona, f"'{'x' * 255}'") == "x" * 255
    assert name_of(persona, f"LENGTH('{'x' * 300}')") == f"LENGTH('{'x' * 247}"
    # Never within a character.
    assert name_of(persona, f"'{'ž' * 300}'") == "ž" * 127


@pytest.mark.parametrize(("persona", "limit"), [("mariadb-10.11", 255), ("mysql-9.7", 256)])
def test_a_name_that_is_given_is_cut_off_too(persona: str, limit: int) -> None:
    assert name_of(persona, f"1 AS `{'x' * 300}`") == "x" * limit
    assert name_of(persona, f"1 AS `{'ž' * 300}`") == "ž" * (limit // 2)


@pytest.mark.parametrize(
    ("persona", "name"), [("mariadb-10.11", r"HEX('\x00\xFFa')"), ("mysql-9.7", "HEX('"), ("mysql-9.7", "HEX('?a')")]
)
def test_bytes_that_are_no_text_are_spelled_in_a_name(persona: str, name: str) -> None:
    """Clients decode names, and a byte that a parameter brought must not break that."""
    nul = b"" if "?" in name else b"\0"
    columns = Bench(persona).login().say(b"SELECT HEX('" + nul + b"\xffa')")[0]
    assert isinstance(columns, Columns)
    assert columns.columns[0].name == name


@pytest.mark.parametrize("persona", ["mariadb-10.11", "mysql-9.7"])
def test_results_as_bytes_are_those_of_utf8(persona: str) -> None:
    """Under character_set_results = binary neither names nor texts are converted."""
    with FakeServer(persona=persona) as server:
        connection = pymysql.connect(**server.connect_kwargs("pymysql"))
        with connection, connection.cursor() as cursor:
            cursor.execute("SET character_set_results = binary")
            cursor.execute("SELECT 'žluť'")
            assert cursor.fetchall() == (("žluť".encode(),),)
            assert cursor.description[0][0] == "žluť"
