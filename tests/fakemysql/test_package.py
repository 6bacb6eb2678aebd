"""The package's face: its names, its personas, and what an import costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fakemysql
from fakemysql.constants import CLIENT_LONG_PASSWORD, CLIENT_OPTIONAL_RESULTSET_METADATA, CLIENT_SSL
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, PERSONAS, Persona, persona_named
from fakemysql.scripting.files import register
from fakemysql.transcript import Closed
from tests.fakemysql.doubles import RawClient


def test_every_public_name_is_there_and_listed() -> None:
    for name in fakemysql.__all__:
        assert getattr(fakemysql, name).__class__ is not None
    assert set(fakemysql.__all__) <= set(dir(fakemysql))
    homes = [name for names in fakemysql._HOMES.values() for name in names]
    assert sorted(homes) == sorted(fakemysql.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fakemysql' has no attribute 'RealServer'"):
        fakemysql.RealServer  # noqa: B018 - the access is the test


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=lambda persona: persona.name)
def test_a_persona_offers_only_what_is_carried_out(persona: Persona) -> None:
    assert persona_named(persona.name) is persona
    assert not persona.capabilities & (CLIENT_SSL | CLIENT_OPTIONAL_RESULTSET_METADATA)
    assert persona.product in ("MariaDB", "MySQL")


def test_mariadb_shows_by_a_cleared_bit_that_it_is_mariadb() -> None:
    assert not MARIADB_10_11.capabilities & CLIENT_LONG_PASSWORD
    assert MYSQL_9_7.capabilities & CLIENT_LONG_PASSWORD


def test_an_unknown_persona_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"no persona is named 'sybase'; there are mariadb-10\.11, mysql-8\.0, "):
        persona_named("sybase")


def examples() -> list[str]:
    """The README's blocks of Python."""
    text = (Path(fakemysql.__file__).parent / "README.md").read_text()
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_readmes_first_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(examples()[0], {})
    printed = capsys.readouterr().out
    assert printed.startswith("(1, '9.7.4')\n")
    assert "> COM_QUERY SELECT CONNECTION_ID(), VERSION()" in printed


def test_the_readmes_programs_run(capsys: pytest.CaptureFixture[str]) -> None:
    tables, scripted, stepped = (block for block in examples()[1:] if "FakeServer" in block and "with" in block)
    exec(tables, {})
    assert capsys.readouterr().out.splitlines() == ["(('ann',),)", "(('eve',),)"]
    exec(scripted, {})
    assert capsys.readouterr().out.splitlines() == [
        "((1, 'ann'), (2, None))",
        "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
        "77",
    ]
    exec(stepped, {})
    assert capsys.readouterr().out.splitlines() == ["SELECT stock FROM items False", "[OperationalError("]


def test_the_readmes_rules_can_be_registered() -> None:
    server = fakemysql.FakeServer()
    (rules,) = (block for block in examples() if "server.script(" in block)
    exec(rules, {"server": server})
    with pytest.raises(AssertionError) as caught:
        server.assert_all_used()
    assert str(caught.value).count("used never") == rules.count("server.on(") + 3 - rules.count(".optional()")


def test_the_readmes_script_can_be_read() -> None:
    text = (Path(fakemysql.__file__).parent / "README.md").read_text()
    (script,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert len(register(script, fakemysql.FakeServer().on)) == 3


def test_the_readmes_faults_can_be_armed() -> None:
    server = fakemysql.FakeServer()
    (block,) = (block for block in examples() if "faults.arm(" in block)
    arming, asserting = block.split("assert ")
    exec(arming, {"server": server})
    assert len(server.faults.never_fired) == arming.count(".arm(")
    assert not eval(asserting.partition("#")[0], {"server": server})


async def test_what_the_readme_does_now_happens(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (block for block in examples() if "def now(" in block)
    names: dict[str, Any] = {}
    exec(block, names)
    async with fakemysql.FakeServer() as server:
        port = server.port
        clients = [await RawClient.log_in(server) for _ in range(8)]
        await names["now"](server)
        assert server.port == port
        again = await RawClient.log_in(server)
        for client in (*clients, again):
            await client.hang_up()
        await server.wait_for(connections=0)
    assert len(server.transcript.all(Closed)) == 9


async def test_the_readme_looks_at_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (block for block in examples() if "def look(" in block)
    names: dict[str, Any] = {}
    exec(block, names)
    async with fakemysql.FakeServer() as server:
        client = await RawClient.log_in(server)
        await client.query("SELECT 1", 5)
        names["look"](server)
        await client.hang_up()
    printed = capsys.readouterr().out
    assert "> COM_QUERY SELECT 1" in printed
    assert "<Connection 1 of 'root'" in printed


def test_an_import_loads_nothing_until_a_name_is_used() -> None:
    """Whoever collects tests and starts no server pays for nothing; a server needs the standard library alone."""
    script = (
        "import sys, fakemysql\n"
        "assert not [name for name in sys.modules if name.startswith('fakemysql.')], 'loaded too early'\n"
        "fakemysql.FakeServer\n"
        "foreign = {'pymysql', 'aiomysql', 'refpool', 'spec', 'pytest', 'cryptography'} & set(sys.modules)\n"
        "assert not foreign, foreign\n"
        "optional = {'tls', 'compression', 'rsa', 'binary', 'prepared', 'com_stmt', 'preparing', 'threaded'}\n"
        "optional |= {'scripting', 'suffering', 'distortions', 'pacing', 'listening', 'telling', 'eventlog'}\n"
        "server = fakemysql.FakeServer()\n"
        "server.assert_all_used(), server.clear(), server.unhandled\n"
        "assert not [name for name in optional if f'fakemysql.{name}' in sys.modules]\n"
    )
    root = Path(fakemysql.__file__).parent.parent
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": str(root)})
