"""pytest's side: fake servers and simulated worlds as fixtures, and what a failing test shows of them.

    pytest_plugins = ["fakemysql.pytest_plugin"]    # in the top conftest.py, or -p fakemysql.pytest_plugin

    def test_something(fake_mysql):                 # a running server in a thread, for clients that block
        fake_mysql.on("SELECT name FROM users*", rows=[("ann",)])
        run_app(fake_mysql.url("pymysql"))

    async def test_other(fake_mysql_server):        # a factory, for the test's own event loop, simulated or not
        async with fake_mysql_server() as server: ...

    @pytest.mark.fake_mysql(persona="mariadb-10.11", users={"app": "s3cret"}, max_connections=5)
    def test_third(fake_mysql): ...                 # arguments of FakeServer

    def test_fourth(simulation):                    # a Simulation, closed at the end
        simulation.run(main())

    @pytest.mark.simulated(seeds=20)                # a test of pytest-asyncio, on a simulated loop
    async def test_fifth(): ...

When a test that used ``fake_mysql`` or ``fake_mysql_server`` has passed so far, every rule must have been used and no
statement unknown, or it fails. In the marker ``assert_all_used=False`` and ``assert_no_unhandled=False`` say otherwise,
and ``assert_clean=True`` (or "quit", "close", "none", see ``FakeServer.assert_clean``) asks for more. A test that fails
shows the end of each server's transcript, and of a simulated world the seed and the end of its timeline;
`--simulation-seed=7` replays a seed.

The plugin is no entry point of the distribution: whoever installs a driver has not asked for fixtures, and pytest would
import this package in every run, before coverage begins to measure. This module alone imports pytest; nothing imports
this module.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .server import FakeServer
from .simulation import SimulatedLoop, Simulation, SimulationError
from .simulation.network import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from .threaded import ThreadedServer
    from .transcript import Event

SHOWN_EVENTS = 60
"""How much of the timeline, and of each transcript, a failing test shows."""

SERVERS_KEY = pytest.StashKey[list["FakeServer | ThreadedServer"]]()
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
    """Announce the markers."""
    config.addinivalue_line(
        "markers",
        "fake_mysql(assert_all_used=True, assert_no_unhandled=True, assert_clean=False, **options): how the servers of"
        " the fixtures `fake_mysql` and `fake_mysql_server` are made, and what they are held to at the end of the test;"
        " assert_clean: True, or one of 'quit', 'close', 'none'; options: as of fakemysql.FakeServer.",
    )
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


# ------------------------------------------------------------------------------------------------------- fake servers


def _wanted(item: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a test's servers are held to, and what they are made with."""
    options: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("fake_mysql"))):
        if marker.args:
            raise pytest.UsageError(f"{item.nodeid}: the marker fake_mysql takes keywords only, not {marker.args!r}")
        options |= marker.kwargs
    held = {name: options.pop(name, default) for name, default in _HELD_TO.items()}
    return held, options


_HELD_TO = {"assert_all_used": True, "assert_no_unhandled": True, "assert_clean": False}


@pytest.fixture
def fake_mysql_server(request: pytest.FixtureRequest) -> Callable[..., FakeServer]:
    """Make servers as the `fake_mysql` marker says, with more options or others; to be started with `async with`.

    On a simulated loop a server takes its chance and its date from there.
    """
    _, options = _wanted(request.node)
    servers = request.node.stash.setdefault(SERVERS_KEY, [])

    def make(**more: Any) -> FakeServer:
        server = FakeServer(**{**_of_the_loop(), **options, **more})
        servers.append(server)
        return server

    return make


def _of_the_loop() -> dict[str, Any]:
    loop = asyncio._get_running_loop()
    if not isinstance(loop, SimulatedLoop):
        return {}
    return {"nonce": loop.random.randbytes, "random": loop.random, "wall": loop.utcnow}


@pytest.fixture
def fake_mysql(request: pytest.FixtureRequest) -> Generator[ThreadedServer]:
    """A running server, made as the `fake_mysql` marker says; its thread ends with the test.

    What waits (`wait_for`, `expect().wait()`) blocks, so that a test whose client runs on an event loop of its own uses
    `fake_mysql_server`.
    """
    _, options = _wanted(request.node)
    with FakeServer(**options) as server:
        request.node.stash.setdefault(SERVERS_KEY, []).append(server)
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the servers of a test that has passed to what its marker says."""
    outcome = yield
    held, _ = _wanted(item)
    complaint = None
    try:
        for server in item.stash.get(SERVERS_KEY, []):
            if held["assert_all_used"]:
                server.assert_all_used()
            if held["assert_no_unhandled"]:
                server.assert_no_unhandled()
            if held["assert_clean"]:
                server.assert_clean(goodbye="quit" if held["assert_clean"] is True else held["assert_clean"])
    except AssertionError as error:
        complaint = str(error)
    if complaint is not None:
        pytest.fail(complaint, pytrace=False)
    return outcome


# ---------------------------------------------------------------------------------------------------- simulated worlds


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
    """Add to the report of a test that failed: transcripts of its servers, seed and timeline of its world."""
    report = yield
    if report.failed:
        world = item.stash.get(SIMULATION_KEY, None)
        loops = [] if world is None else [world.loop]
        callspec = getattr(item, "callspec", None)
        if callspec is not None:
            factories = [value for value in callspec.params.values() if isinstance(value, _Factory)]
            loops += [factory.loop for factory in factories if factory.loop is not None]
            if factories and call.excinfo is not None and isinstance(call.excinfo.value, SimulationError):
                # Its text says who waits where; a traceback would be of pytest-asyncio and of asyncio alone.
                report.longrepr = call.excinfo.getrepr(style="value")
        for server in item.stash.get(SERVERS_KEY, []):
            # In a simulated world the clock begins where the timeline does, so that the two can be read side by side.
            began = EPOCH if loops and isinstance(server, FakeServer) else 0.0
            report.sections.append((f"fake MySQL server on port {server.port}", _told(server.transcript.events, began)))
        for loop in loops:
            text = loop.timeline.text(SHOWN_EVENTS) or "(nothing happened on the network)"
            report.sections.append((f"simulated network, --simulation-seed={loop.seed}", text))
    return report


def _told(events: Sequence[Event], began: float) -> str:
    """The last of a transcript, a line an event, with seconds since `began` on the server's clock."""
    lines = [str(replace(event, at=event.at - began)) for event in events[-SHOWN_EVENTS:]]
    if len(events) > SHOWN_EVENTS:
        lines.insert(0, f"({len(events) - SHOWN_EVENTS} events before)")
    return "\n".join(lines) or "(nothing happened)"
