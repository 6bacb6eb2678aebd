"""The pytest plugin: fixture, marker, seeds, loop factory, and what a failing test shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty folder of tests with the plugin loaded."""
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "addopts = -p fakemysql.pytest_plugin --strict-markers -p no:cacheprovider\nfilterwarnings = error\n"
    )
    return pytester


def test_the_fixture_is_a_simulation(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import pytest
        from fakemysql.simulation import Network, Simulation

        worlds = []

        def test_plain(simulation):
            assert isinstance(simulation, Simulation)
            assert simulation.seed == 0
            simulation.run(asyncio.sleep(1000))
            worlds.append(simulation)

        def test_it_is_closed_at_the_end():
            assert worlds[0].loop.is_closed()

        @pytest.mark.simulated(seed="fixed", network=Network.instant(), max_iterations=3)
        def test_marked(simulation):
            assert simulation.seed == "fixed"
            assert simulation.network.settings == Network.instant()

        @pytest.mark.simulated(seeds=3)
        def test_seeds(simulation):
            worlds.append(simulation)

        def test_each_had_its_own():
            assert [world.seed for world in worlds[1:]] == [0, 1, 2]
        """
    )
    result = tests.runpytest("-v")
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["*test_seeds?seed-2? PASSED*"])


def test_the_marker_gives_pytest_asyncio_a_simulated_loop(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import pytest
        from fakemysql.simulation import SimulatedLoop, running_loop

        seeds = []

        @pytest.mark.simulated(seeds=3)
        async def test_simulated():
            await asyncio.sleep(1000)
            seeds.append(running_loop().seed)

        @pytest.fixture
        async def fixed():
            await asyncio.sleep(1000)
            yield running_loop().seed
            await asyncio.sleep(1000)

        @pytest.mark.simulated(seed=42)
        async def test_with_an_asynchronous_fixture(fixed):
            assert fixed == running_loop().seed == 42

        async def test_not_marked():
            assert not isinstance(asyncio.get_running_loop(), SimulatedLoop)

        def test_seeds_were_all_there():
            assert seeds == [0, 1, 2]
        """
    )
    tests.runpytest("-v").assert_outcomes(passed=6)


def test_the_option_chooses_the_seed(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import pytest
        from fakemysql.simulation import running_loop

        @pytest.mark.simulated(seeds=30)
        def test_fixture(simulation):
            assert simulation.seed == 17

        @pytest.mark.simulated(seeds=30)
        async def test_loop():
            assert running_loop().seed == 17

        @pytest.mark.simulated(seed=5)
        def test_fixed(simulation):
            assert simulation.seed == 5
        """
    )
    tests.runpytest("--simulation-seed=17").assert_outcomes(passed=3)


def test_a_failing_test_shows_its_seed_and_its_timeline(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import pytest
        from fakemysql.simulation import running_loop

        async def main():
            await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 3306)
            reader, writer = await asyncio.open_connection("127.0.0.1", 3306)
            await reader.read()
            writer.close()
            assert False, "look at the timeline"

        @pytest.mark.simulated(seed=31)
        def test_fixture(simulation):
            simulation.run(main())

        @pytest.mark.simulated(seed=32)
        async def test_loop():
            await main()

        @pytest.mark.simulated(seed=33)
        def test_nothing(simulation):
            assert False

        async def test_plain():
            assert False
        """
    )
    result = tests.runpytest()
    result.assert_outcomes(failed=4)
    output = result.stdout.str()
    for seed in (31, 32):
        result.stdout.fnmatch_lines([f"*simulated network, --simulation-seed={seed}*", "*#1*connect*127.0.0.1:3306"])
    assert "simulated network, --simulation-seed=33" in output
    assert "(nothing happened on the network)" in output
    assert output.count("--simulation-seed=") == 3


def test_transcript_and_timeline_of_a_failing_test_have_one_clock(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import pytest
        from fakemysql.simulation import Network

        @pytest.mark.simulated(network=Network(latency=(0.25, 0.25), split=0))
        async def test_loop(fake_mysql_server):
            async with fake_mysql_server() as server:
                _, writer = await asyncio.open_connection(server.host, server.port)
                await asyncio.sleep(1)
                writer.close()
                assert False
        """
    )
    result = tests.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*fake MySQL server*",
            " *  0.750000  #1* connection from *",
            "*simulated network*",
            " *  0.750000  #1 * accept",
        ]
    )


def test_a_deadlock_fails_the_test_at_once(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import asyncio
        import pytest

        @pytest.mark.simulated
        async def test_stuck():
            await asyncio.Event().wait()

        def test_stuck_with_the_fixture(simulation):
            simulation.run(asyncio.Event().wait())
        """
    )
    result = tests.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["nothing can ever run again*", ">*simulation.run(*", "*DeadlockError*"])
    # No line of asyncio's, pytest-asyncio's or our own: who waits where is told in words.
    assert [line for line in result.outlines if line.startswith(">")] == [
        ">       simulation.run(asyncio.Event().wait())"
    ]


def test_it_works_without_pytest_asyncio(tests: pytest.Pytester) -> None:
    tests.makeini("[pytest]\naddopts = -p fakemysql.pytest_plugin -p no:asyncio -p no:cacheprovider\n")
    tests.makepyfile("def test_fixture(simulation):\n    assert simulation.elapsed == 0\n")
    tests.runpytest().assert_outcomes(passed=1)


def test_neither_the_package_nor_the_simulation_imports_pytest() -> None:
    """And the package does not import the simulation until it is asked for."""
    program = (
        "import sys, fakemysql; assert 'fakemysql.simulation' not in sys.modules;"
        "import fakemysql.simulation; assert 'pytest' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
