"""The plugin's fake servers: fixtures, marker, what is asserted at the end, and what a failing test shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fakemysql

pytest_plugins = ["pytester"]


@pytest.fixture
def tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty folder of tests with the plugin loaded, to be run in processes of their own.

    pytest's own process would forget what the inner run imports, and a server would find itself with two of a module.
    """
    monkeypatch.setenv("PYTHONPATH", str(Path(fakemysql.__file__).parent.parent))
    # There pytest shows each failure's text once more, in its summary.
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "addopts = -p fakemysql.pytest_plugin --strict-markers -p no:cacheprovider\nfilterwarnings = error\n"
    )
    pytester.makeconftest(
        """
        import contextlib
        import pymysql

        def said(server, *statements):
            connection = pymysql.connect(**server.connect_kwargs("pymysql"))
            with contextlib.closing(connection), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall()
        """
    )
    return pytester


def test_the_fixtures_give_servers_and_the_marker_says_which(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import aiomysql, pytest
        from conftest import said

        pytestmark = pytest.mark.fake_mysql(persona="mariadb-10.11")

        def test_in_a_thread(fake_mysql):
            fake_mysql.on("SELECT name FROM users", rows=[("ann",)])
            assert said(fake_mysql, "SELECT name FROM users") == (("ann",),)

        @pytest.mark.fake_mysql(users={"app": "s3cret"}, max_connections=3, assert_clean=True)
        def test_marked_twice(fake_mysql):
            assert fake_mysql.persona.name == "mariadb-10.11"
            assert said(fake_mysql, "SELECT @@max_connections") == ((3,),)
            assert fake_mysql.connect_kwargs("pymysql", user="app")["password"] == "s3cret"

        async def test_in_the_loop(fake_mysql_server):
            async with fake_mysql_server(databases=["shop"]) as server:
                assert server.persona.name == "mariadb-10.11"
                connection = await aiomysql.connect(**server.connect_kwargs("aiomysql", database="shop"))
                async with connection.cursor() as cursor:
                    await cursor.execute("SELECT DATABASE()")
                    assert await cursor.fetchone() == ("shop",)
                await connection.ensure_closed()

        @pytest.mark.simulated(seeds=2)
        async def test_in_a_simulated_loop(fake_mysql_server):
            async with fake_mysql_server() as server:
                server.on("SELECT name FROM users", rows=[("ann",)], delay=3600)
                connection = await aiomysql.connect(**server.connect_kwargs("aiomysql"))
                async with connection.cursor() as cursor:
                    await cursor.execute("SELECT name FROM users")
                    assert await cursor.fetchone() == ("ann",)
                await connection.ensure_closed()

        def test_in_a_simulated_world(simulation, fake_mysql_server):
            async def main():
                async with fake_mysql_server() as server:
                    return server._nonce
            assert simulation.run(main()) == simulation.random.randbytes
        """
    )
    readme = (Path(fakemysql.__file__).parent / "README.md").read_text()
    (example,) = [
        block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "fake_mysql_server" in block
    ]
    (tests.path / "test_readme.py").write_text(example)
    tests.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=8)


def test_a_passed_test_is_held_to_its_script_and_a_failed_one_shows_what_was_said(
    tests: pytest.Pytester,
) -> None:
    tests.makepyfile(
        """
        import pymysql, pytest
        from conftest import said

        def test_unused(fake_mysql):
            fake_mysql.on("SELECT name FROM users", rows=[("ann",)])

        def test_unknown(fake_mysql):
            with pytest.raises(pymysql.err.Error):
                said(fake_mysql, "INSTALL PLUGIN x SONAME 'y'")

        @pytest.mark.fake_mysql(assert_clean=True)
        def test_unclean(fake_mysql):
            said(fake_mysql, "BEGIN")

        @pytest.mark.fake_mysql(assert_clean="close")
        async def test_left_open(fake_mysql_server):
            import aiomysql
            async with fake_mysql_server() as server:
                connection = await aiomysql.connect(**server.connect_kwargs("aiomysql"))
            connection.close()

        def test_failed_anyway(fake_mysql):
            fake_mysql.on("SELECT name FROM users", rows=[("ann",)])
            assert 1 == 2

        @pytest.mark.fake_mysql(assert_all_used=False, assert_no_unhandled=False)
        def test_let_off(fake_mysql):
            fake_mysql.on("SELECT name FROM users", rows=[("ann",)])
            with pytest.raises(pymysql.err.Error):
                said(fake_mysql, "INSTALL PLUGIN x SONAME 'y'")

        def test_long(fake_mysql):
            said(fake_mysql, *["SELECT 'long'"] * 40)
            assert False

        @pytest.mark.fake_mysql("mariadb-10.11")
        def test_wrong_marker(fake_mysql):
            pass
        """
    )
    result = tests.runpytest_subprocess()
    result.assert_outcomes(failed=6, passed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "*what was scripted and what came do not agree:",
            "*on('SELECT name FROM users'): used never, wanted at least once",
            "*connection 1: INSTALL PLUGIN x SONAME 'y'",
            "*connection 1 ('root') ended inside a transaction, which is lost; it last said COM_QUERY BEGIN",
            "*connection 1 ('root') was still connected when the server stopped*",
            "*assert 1 == 2",
            "*fake MySQL server on port *",
            "(nothing happened)",
            "(* events before)",
            "*> COM_QUERY SELECT 'long'",
            "*closed by quit*",
            "*the marker fake_mysql takes keywords only, not ('mariadb-10.11',)*",
        ]
    )
    assert result.stdout.str().count("used never") == 1, "what failed by itself is not judged"
    assert "During handling" not in result.stdout.str()


def test_without_pytest_asyncio_a_blocking_test_is_served(tests: pytest.Pytester) -> None:
    tests.makeini("[pytest]\naddopts = -p fakemysql.pytest_plugin -p no:asyncio -p no:cacheprovider\n")
    tests.makepyfile(
        """
        from conftest import said

        def test_it(fake_mysql):
            assert said(fake_mysql, "SELECT 1") == ((1,),)
        """
    )
    tests.runpytest_subprocess().assert_outcomes(passed=1)
