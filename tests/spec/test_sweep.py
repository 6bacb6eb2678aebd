"""A sweep plays each step, each moment and each company once, and names the play in which something was lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from spec import sweep, test_gates
from spec.bench import Bench, NotRun
from spec.clause import Clause, all_clauses
from spec.drivers import find
from spec.gates import Fate, Play, fates_at
from spec.plan import Plan
from spec.report import Result
from spec.settings import Settings
from spec.sweep import Company, Instant, Scene, nothing_is_lost
from spec.test_gates import OPENING
from spec.verdict import Deviation, State
from spec.waiting import who_waits
from spec.world import Point
from spec.worlds.fake import FakeWorld
from spec.worlds.simulated import SimulatedWorld

from . import broken_subjects
from .trial import failures

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


def perform(body: Any) -> Bench:
    bench = Bench(find("refpool"), SimulatedWorld(0), deadline=5.0)
    bench.perform(body)
    return bench


def sweep_of(call: Any, **scene: Any) -> Any:
    """A clause that sweeps this coroutine function, which is given the pool."""

    async def body(spec: Bench) -> None:
        async def arrange() -> Scene:
            pool = await spec.pool(minsize=1, maxsize=1)
            return Scene(lambda: call(pool), pool, **scene)

        await nothing_is_lost(spec, "call", arrange)

    return body


def test_each_step_and_moment_is_played_with_each_company() -> None:
    met: list[tuple[int, str]] = []

    async def call(pool: Any) -> None:
        step = 0
        try:
            for each in (1, 2, 3):
                step = each
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            met.append((step, "closed" if pool.freesize == 0 else "open"))
            raise

    perform(sweep_of(call))
    assert len(met) == 3 * 2 * (1 + 2 * 4), "three steps, two moments, alone and four companies before and after"
    assert {step for step, _ in met} == {1, 2, 3}
    assert {state for _, state in met} == {"open", "closed"}


def failing(call: Any, **scene: Any) -> pytest.ExceptionInfo[AssertionError]:
    with pytest.raises(AssertionError) as caught:
        perform(sweep_of(call, **scene))
    return caught


def test_one_that_goes_on_is_found_and_the_moment_is_named() -> None:
    async def call(pool: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.001)

    caught = failing(call)
    assert str(caught.value) == "a cancelled call went on as if nothing had been"
    assert caught.value.__notes__ == ["cancelled after step 1, while it waited"]


def test_one_that_fails_is_found() -> None:
    async def call(pool: Any) -> None:
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            raise ValueError("oh") from None

    assert str(failing(call).value) == "a cancelled call ended with an error\nIt was ValueError: oh"


def test_one_that_keeps_a_connection_is_found() -> None:
    async def call(pool: Any) -> None:
        connection = await pool.acquire()
        await asyncio.sleep(0.001)
        pool.release(connection)

    assert str(failing(call).value) == "who came after a cancelled call was not served"


def test_one_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def call(pool: Any) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    monkeypatch.setattr(sweep, "MOST_STEPS", 20)

    assert str(failing(call).value) == "a call takes too many steps to be swept\nIt takes 20 or more."


def test_an_instant_says_what_came_first() -> None:
    first = Instant(2, is_woken=True, company=Company.CLOSE, is_company_first=True)
    assert str(first) == "cancelled after step 2, when what it waited for had come, just after the pool's close"
    last = Instant(1, is_woken=False, company=Company.KILL, is_company_first=False)
    assert str(last) == "cancelled after step 1, while it waited, just before the server's end of every connection"


# Gates


def test_behind_a_gate_that_is_not_passed_all_are_ordinary() -> None:
    assert len(list(fates_at("connect"))) == 4
    assert len(list(fates_at("connect", "greeting"))) == 2 * 4 + 2
    assert len(list(fates_at("connect", "greeting", "login"))) == 2 * (2 * 4 + 2) + 2
    assert {"connect": Fate.NEVER, "greeting": Fate.OK} in fates_at("connect", "greeting")
    assert {"connect": Fate.NEVER, "greeting": Fate.SLOW} not in fates_at("connect", "greeting")


def test_each_fate_comes_about_and_a_failure_names_them_all() -> None:
    async def body(spec: Bench) -> None:
        for fate in Fate:
            async with Play(spec, {"statement": fate}) as play:
                connection = await spec.connect()
                play.meet("statement", Point.REPLY, spec.wire.links)
                began = asyncio.get_running_loop().time()
                outcome = await spec.within(100.0, spec.value(connection, "SELECT 10"))
                took = asyncio.get_running_loop().time() - began
                if fate is Fate.NEVER:
                    assert outcome is None
                elif fate is Fate.ERROR:
                    assert outcome is not None
                    assert outcome.error is not None
                else:
                    assert outcome is not None
                    assert outcome.value == 10
                    assert (took > 1.0) == (fate is Fate.SLOW)
        async with Play(spec, {"one": Fate.OK, "other": Fate.SLOW}, "close"):
            raise AssertionError("no")

    with pytest.raises(AssertionError, match="no") as caught:
        perform(body)
    assert caught.value.__notes__ == ["one ok, other slow, close"]


CELLS = [(gate, fate) for gate in (*OPENING, "statement", "rollback", "reset", "ping", "close") for fate in Fate]


def test_each_gate_is_reached_with_each_fate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fate that is planned at a gate where nobody comes would be a play that shows nothing."""
    met = {(gate, Fate.OK) for gate, _ in CELLS}
    leave = Play.__aexit__

    async def note(play: Play, *error: Any) -> None:
        met.update((name, play.fates[name]) for name in play.reached)
        await leave(play, *error)

    monkeypatch.setattr(Play, "__aexit__", note)
    for clause in all_clauses():
        if clause.body.__module__ == test_gates.__name__:
            perform(clause.body)
    assert met == set(CELLS)


# For each gate, the broken pools that an error, a slow server and a silent one there must find out.
FOUND_OUT_AT = {
    **dict.fromkeys(OPENING, ("ConnectsInTroubleKeepTheirPlace", "GivesUpEarly", "OneInTroubleHoldsAll")),
    "statement": ("UsersInTroubleKeepTheirPlace", "GivesStatementsUpEarly", "UsersInTroubleKeepTheirPlace"),
    **dict.fromkeys(("rollback", "reset"), 3 * ("LosesWhatIsSlowToComeBack",)),
    "ping": ("BelievesInPings", "GivesUpEarly", "BelievesInPings"),
    "close": ("SaysGoodbyeAndWaits", "HasNoTimeForGoodbyes", "SaysGoodbyeAndWaits"),
}
BITES = [
    (gate, fate, name)
    for gate, names in FOUND_OUT_AT.items()
    for fate, name in zip((Fate.ERROR, Fate.SLOW, Fate.NEVER), names, strict=True)
]


@pytest.mark.parametrize(("gate", "fate", "name"), BITES, ids=[f"{gate}-{fate.value}" for gate, fate, _ in BITES])
def test_each_fate_at_each_gate_finds_somebody_out(
    gate: str, fate: Fate, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself: all other gates are as they should be."""

    def this_alone(*names: str) -> Iterator[dict[str, Fate]]:
        planned = dict.fromkeys(names, Fate.OK)
        yield planned | {gate: fate} if gate in names else planned

    monkeypatch.setattr(test_gates, "fates_at", this_alone)
    clauses = [clause for clause in all_clauses() if clause.body.__module__ == test_gates.__name__]
    assert failures(getattr(broken_subjects, f"driver_{name}")(), clauses)


async def packet_of(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(4)
    return await reader.readexactly(int.from_bytes(header[:3], "little"))


async def end_at(spec: Bench, fate: Fate) -> tuple[float, object]:
    """A client that says COM_QUIT, ends its stream and waits for the server's end: how long, and what came."""
    loop = asyncio.get_running_loop()
    async with Play(spec, {"close": fate}) as play:
        reader, writer = await asyncio.open_connection(spec.settings["host"], spec.settings["port"])
        await packet_of(reader)
        login = (
            (0x8_8200).to_bytes(4, "little") + bytes(4) + b"\x2d" + bytes(23)
        )  # plugins, 4.1's protocol and passwords
        login += b"root\0" + b"\0" + b"caching_sha2_password\0"
        writer.write(len(login).to_bytes(3, "little") + b"\x01" + login)
        assert (await packet_of(reader))[0] == 0, "the login was refused"
        play.meet("close", Point.REPLY, spec.wire.links, reset=True)
        began = loop.time()
        writer.write(b"\x01\x00\x00\x00\x01")
        writer.write_eof()
        outcome = await spec.within(100.0, reader.read())
        writer.close()
        return loop.time() - began, None if outcome is None else outcome.error or "the end"


def test_a_connection_meets_its_fate_at_its_end() -> None:
    told: dict[Fate, tuple[float, object]] = {}

    async def body(spec: Bench) -> None:
        for fate in Fate:
            told[fate] = await end_at(spec, fate)

    perform(body)
    assert told[Fate.OK][1] == told[Fate.SLOW][1] == "the end"
    assert told[Fate.OK][0] < 1.0 < told[Fate.SLOW][0] < 2.0
    assert isinstance(told[Fate.ERROR][1], ConnectionResetError)
    assert told[Fate.NEVER][1] is None


# Where they run


@pytest.fixture
def swept() -> Clause:
    return next(clause for clause in all_clauses() if clause.is_simulated)


def test_what_counts_steps_is_not_run_over_tcp(swept: Clause) -> None:
    with pytest.raises(NotRun, match="which the simulated world alone can repeat: --world sim"):
        Bench(find("refpool"), FakeWorld(), deadline=5.0).run(swept)


def test_a_listed_clause_that_this_world_cannot_run_is_no_complaint(swept: Clause) -> None:
    for world, complaints in (("tcp", 0), ("sim", 1)):
        plan = Plan.make(Settings(world=world))
        plan.lists["refpool"] = {swept.id: Deviation(swept.id, "shows", "why", "link")}
        for clause in plan.clauses:
            plan.enter("refpool", clause.id, Result(State.CONFORMS), [])
        plan.enter("refpool", swept.id, Result(State.NOT_RUN), [])
        plan.finish()
        assert len(plan.complaints) == complaints, (world, plan.complaints)


# Who waits


async def test_tasks_are_told_down_to_their_innermost_await() -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def outer() -> None:
        await inner()

    tasks = [asyncio.create_task(outer(), name="Task-10"), asyncio.create_task(Compiled(), name="Task-9")]
    await asyncio.sleep(0)
    name = test_tasks_are_told_down_to_their_innermost_await.__name__
    told = [line for line in who_waits(tasks) if "locks.py" not in line]
    assert told[:3] == ["Compiled", "    (it has not begun, or its code shows no frames)", f"{name}.<locals>.outer"]
    assert [line.partition(" in ")[2] for line in told[3:]] == [
        "outer: await inner()",
        "inner: await asyncio.Event().wait()",
    ]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class Compiled(Coroutine[Any, Any, None]):
    """Waits for ever and shows no frame, as compiled code does."""

    def send(self, value: Any) -> Any:
        return asyncio.get_running_loop().create_future().__await__().send(None)

    def throw(self, *error: Any) -> Any:
        raise asyncio.CancelledError

    def close(self) -> None: ...

    def __await__(self) -> Generator[Any, Any, None]:
        raise AssertionError("it is run as a task")
