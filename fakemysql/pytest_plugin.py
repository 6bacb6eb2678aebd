"""pytest's side of the simulation: a fixture, a marker, and a loop factory for pytest-asyncio. Loaded when asked for:

    pytest_plugins = ["fakemysql.pytest_plugin"]    # in the top conftest.py, or -p fakemysql.pytest_plugin

    def test_something(simulation):                 # the fixture: a Simulation, closed at the end
        simulation.run(main())

    @pytest.mark.simulated(seeds=20)                # the marker: a test of pytest-asyncio, on a simulated loop
    async def test_other():
        ...

`--simulation-seed=7` replays one seed. A failing test says its seed and the end of its timeline. This module alone
imports pytest; nothing imports this module.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from .simulation import SimulatedLoop, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

SHOWN_EVENTS = 60
"""How much of the timeline a failing test shows."""

SIMULATION_KEY = pytest.StashKey[Simulation]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --simulation-seed."""
    parser.getgroup("simulation").addoption(
        "--simulation-seed",
        type=int,
        default=None,
        metavar="N",
        help="the seed of every simulated test that names none",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker."""
    config.addinivalue_line(
        "markers",
        "simulated(seed=None, seeds=1, network=None, **options): how the `simulation` fixture is made, and for a test"
        " of pytest-asyncio that it runs on a simulated loop; seed: always this one; seeds: so many, each a test of its"
        " own; network: a fakemysql.simulation.Network; options: as of SimulatedLoop.",
    )


def _choice(item: Any, config: pytest.Config) -> tuple[list[int | str], dict[str, Any]]:
    """Answer with the seeds of a test and the other options of its marker."""
    marker = item.get_closest_marker("simulated")
    options = dict(marker.kwargs) if marker is not None else {}
    seed, count = options.pop("seed", None), options.pop("seeds", 1)
    if seed is not None:
        return [seed], options
    asked = config.getoption("--simulation-seed")
    return ([asked] if asked is not None else list(range(count))), options


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each seed, for those that use the fixture; the loop factories below do it for pytest-asyncio."""
    if "simulation" in metafunc.fixturenames:
        seeds, _ = _choice(metafunc.definition, metafunc.config)
        if len(seeds) > 1:
            metafunc.parametrize("simulation", seeds, indirect=True, ids=[f"seed-{seed}" for seed in seeds])


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Generator[Simulation]:
    """A simulated world, made as the `simulated` marker says, and closed at the end of the test."""
    seeds, options = _choice(request.node, request.config)
    with Simulation(getattr(request, "param", seeds[0]), **options) as world:
        request.node.stash[SIMULATION_KEY] = world
        yield world


class _Factory:
    """A loop factory that remembers its loop, for the report of a failure."""

    def __init__(self, seed: int | str, options: Mapping[str, Any]) -> None:
        self._seed = seed
        self._options = options
        self.loop: SimulatedLoop | None = None

    def __call__(self) -> SimulatedLoop:
        self.loop = SimulatedLoop(self._seed, **self._options)
        return self.loop


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give a marked test a simulated loop for each seed, and any other the loop it would have had."""
    if item.get_closest_marker("simulated") is None:
        return {"asyncio": asyncio.new_event_loop}
    seeds, options = _choice(item, config)
    return {f"seed-{seed}": _Factory(seed, options) for seed in seeds}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the seed and the end of the timeline to the report of a test that failed."""
    report = yield
    if report.failed:
        world = item.stash.get(SIMULATION_KEY, None)
        loops = [] if world is None else [world.loop]
        callspec = getattr(item, "callspec", None)
        if callspec is not None:
            factories = [value for value in callspec.params.values() if isinstance(value, _Factory)]
            loops += [factory.loop for factory in factories if factory.loop is not None]
        for loop in loops:
            text = loop.timeline.text(SHOWN_EVENTS) or "(nothing happened on the network)"
            report.sections.append((f"simulated network, --simulation-seed={loop.seed}", text))
    return report
