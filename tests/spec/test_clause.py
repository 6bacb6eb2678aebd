"""A clause is id, statement and test in one; running one ends in time, cleanly, with a first line that stays."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import textwrap
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakemysql.simulation import Network, SimulatedLoop
from spec.bench import Bench, DeadlineMissed, NotOffered, WorldFailed, shown_of
from spec.clause import Clause, Register, StrayClause, of_test
from spec.document import Document
from spec.world import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from spec.world import World

DOCUMENT = Document.parse(
    textwrap.dedent("""
        ## 1. Only
        ### 1.1 `keeps`
        It keeps what it promises.
        Must. Page: here
        ### 1.2 `helps`
        It helps.
        Should. Reason: users need it.
        """)
)
must = Register(DOCUMENT).must


class QuietWire:
    """A wire without links."""

    def __init__(self) -> None:
        self.fences = 0
        self.events = 0
        self.is_answer_due = False

    async def fence(self) -> None:
        self.fences += 1

    def story(self) -> str:
        return "nothing happened"


class EmptyWorld:
    """A world whose stage has a wire and nothing behind it."""

    name = "empty"
    server = "nothing 1.0"
    seed: int | None = None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None

    def __init__(self) -> None:
        self.wire = QuietWire()
        self.is_closed = False

    def check(self) -> None: ...

    def remark(self, error: BaseException) -> str | None:
        return None

    @contextlib.asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        yield Stage(self.wire, {"port": 4711})  # type: ignore[arg-type]
        self.is_closed = True


class VirtualWorld(EmptyWorld):
    """The same, where time takes none."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = SimulatedLoop(network=Network.instant())
        self.loop_factory = lambda: self._loop
        self.seconds = 0.0

    @contextlib.asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        began = self._loop.time()
        async with super().stage() as stage:
            try:
                yield stage
            finally:
                self.seconds = self._loop.time() - began


class FakeDriver:
    """An adapter whose pools and connections are what a test says."""

    name, version, logger = "pretender", "1.0", "pretender"

    def __init__(self, made: Any = None) -> None:
        self.made = made

    async def create_pool(self, **parameters: Any) -> Any:
        return self.made

    async def connect(self, **parameters: Any) -> Any:
        return self.made

    async def query(self, connection: Any, statement: str) -> Any:
        return [[statement]]


def make_bench(deadline: float = 5.0, made: Any = None, world: World | None = None) -> Bench:
    return Bench(FakeDriver(made), world or EmptyWorld(), deadline)


def run(body: Callable[[Bench], Any], bench: Bench | None = None) -> Bench:
    """Run a coroutine function as a clause is run."""
    bench = bench or make_bench()
    body.__name__ = "test_keeps"
    test = Register(DOCUMENT).must("It keeps what it promises.")(body)
    test(bench)
    return bench


# What must() makes


def test_a_clause_is_a_plain_function_with_the_name_and_doc_of_its_body() -> None:
    async def test_keeps(spec: Bench) -> None:
        """Look there."""

    test = must("It keeps what it promises.")(test_keeps)
    assert not inspect.iscoroutinefunction(test)
    assert not hasattr(test, "__wrapped__")
    assert list(inspect.signature(test).parameters) == ["spec"]
    assert (test.__name__, test.__doc__, test.__module__) == ("test_keeps", "Look there.", __name__)
    clause = of_test(test)
    assert isinstance(clause, Clause)
    assert (clause.id, clause.statement.number, clause.hint) == ("keeps", "1.1", "Look there.")
    assert clause.where.startswith("test_clause.py:")


def test_other_functions_are_no_clauses() -> None:
    assert of_test(make_bench) is None


def test_a_sentence_that_the_document_lacks_is_an_error_at_once() -> None:
    async def test_keeps(spec: Bench) -> None: ...

    with pytest.raises(StrayClause, match=r"clause keeps: POOL.md has no statement that reads: It keeps nothing"):
        must("It keeps nothing.")(test_keeps)


def test_a_clause_of_the_other_level_is_an_error_at_once() -> None:
    async def test_helps(spec: Bench) -> None: ...

    with pytest.raises(StrayClause, match=r"clause helps is a must, statement 1\.2 a should"):
        must("It helps.")(test_helps)
    register = Register(DOCUMENT)
    register.should("It helps.")(test_helps)
    assert register.pairs() == [("helps", "helps")]


def test_clauses_come_in_document_order() -> None:
    async def test_helps(spec: Bench) -> None: ...
    async def test_keeps(spec: Bench) -> None: ...

    register = Register(DOCUMENT)
    register.should("It helps.")(test_helps)
    register.must("It keeps what it promises.")(test_keeps)
    assert [clause.id for clause in register.in_document_order()] == ["keeps", "helps"]


# How a clause runs


def test_a_clause_has_a_loop_of_its_own_and_leaves_nothing_behind() -> None:
    loops = []

    async def body(spec: Bench) -> None:
        loops.append(asyncio.get_running_loop())

    world = EmptyWorld()
    bench = run(body, make_bench(world=world))
    run(body)
    assert loops[0] is not loops[1]
    assert all(loop.is_closed() for loop in loops)
    assert world.is_closed
    assert bench.notes.story == "nothing happened"


def test_the_world_chooses_the_loop() -> None:
    class OwnLoop(asyncio.SelectorEventLoop):
        pass

    async def body(spec: Bench) -> None:
        assert isinstance(asyncio.get_running_loop(), OwnLoop)

    world = EmptyWorld()
    world.loop_factory = OwnLoop
    run(body, make_bench(world=world))


def test_a_failure_comes_out_as_it_is_from_the_clause_on() -> None:
    async def body(spec: Bench) -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost") as caught:
        run(body)
    frames = [frame.name for frame in caught.traceback]
    assert frames[-1] == "body"
    assert "_perform" not in frames


def test_a_clause_that_hangs_fails_at_its_deadline_and_says_where() -> None:
    async def body(spec: Bench) -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlineMissed, match=r"not done by the deadline: await asyncio.Event") as caught:
        run(body, make_bench(deadline=0.01))
    assert str(caught.value).splitlines()[1] == "The clause had 0.01 seconds."


def test_a_clause_that_hangs_on_being_cancelled_fails_at_its_deadline() -> None:
    is_over = asyncio.Event()

    async def body(spec: Bench) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        is_over.set()

    with pytest.raises(DeadlineMissed):
        run(body, make_bench(deadline=0.01))
    assert is_over.is_set()


def test_tasks_that_outlive_a_clause_are_told() -> None:
    async def stay() -> None:
        await asyncio.Event().wait()

    async def body(spec: Bench) -> None:
        spec.forgotten = asyncio.ensure_future(stay())  # type: ignore[attr-defined]

    assert [name.rpartition(".")[2] for name in run(body).notes.leaked] == ["stay"]


def test_tasks_that_a_clause_started_on_the_bench_are_cancelled() -> None:
    async def body(spec: Bench) -> None:
        spec.start(asyncio.Event().wait())

    assert run(body).notes.leaked == []


class StubbornPool:
    """A pool that cannot be cleared away."""

    def terminate(self) -> None:
        raise OSError("no")

    async def wait_closed(self) -> None:
        raise ValueError("never")


class LonelyPool(StubbornPool):
    """A pool that waits for a task of its own which was cancelled."""

    async def wait_closed(self) -> None:
        raise asyncio.CancelledError


def test_a_cancellation_out_of_a_pool_in_clearing_away_is_noted_like_other_trouble() -> None:
    async def body(spec: Bench) -> None:
        await spec.pool()

    complaints = run(body, make_bench(made=LonelyPool())).notes.complaints
    assert complaints == ["clearing away: OSError: no", "clearing away: CancelledError: "]


def test_a_cancellation_that_comes_out_of_a_driver_is_a_failure() -> None:
    async def body(spec: Bench) -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    with pytest.raises(AssertionError, match=r"^something ended cancelled that nobody had cancelled$"):
        run(body)


def test_a_bench_that_is_cancelled_itself_stays_so() -> None:
    async def body(spec: Bench) -> None:
        await spec.pool()
        main = spec._main
        assert main is not None
        asyncio.get_running_loop().call_soon(main.cancel)
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        run(body, make_bench(made=LonelyPool()))


def test_trouble_in_clearing_away_is_noted_and_no_failure() -> None:
    async def body(spec: Bench) -> None:
        await spec.pool()

    assert run(body, make_bench(made=StubbornPool())).notes.complaints == [
        "clearing away: OSError: no",
        "clearing away: ValueError: never",
    ]


def test_plain_connections_are_closed_whether_close_is_awaited_or_not() -> None:
    closed = []

    class Connection:
        async def close(self) -> None:
            closed.append(self)

    async def body(spec: Bench) -> None:
        await spec.connect()

    run(body, make_bench(made=Connection()))
    assert len(closed) == 1


def test_what_the_loop_complains_about_is_noted() -> None:
    async def body(spec: Bench) -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "odd", "exception": OSError("x")})
        asyncio.get_running_loop().call_exception_handler({"message": "odder"})

    assert run(body).notes.complaints == ["odd: OSError('x')", "odder"]


def test_a_world_that_cannot_be_set_up_is_told_from_a_failing_clause() -> None:
    class BrokenWorld(EmptyWorld):
        @contextlib.asynccontextmanager
        async def stage(self) -> AsyncIterator[Stage]:
            if self.server:
                raise OSError("no port is free")
            yield Stage(self.wire, {})  # type: ignore[arg-type]

    async def body(spec: Bench) -> None: ...

    with pytest.raises(WorldFailed, match=r"nothing 1\.0 could not be set up: OSError\('no port is free'\)"):
        run(body, make_bench(world=BrokenWorld()))


def test_a_bench_names_driver_and_server() -> None:
    assert repr(make_bench()) == "<pretender 1.0 on nothing 1.0>"


# Waiting


def test_finishes_gives_the_result_and_fails_with_its_message_on_a_hang() -> None:
    async def body(spec: Bench) -> None:
        assert await spec.finishes(asyncio.sleep(0, "done"), "hung") == "done"
        assert await spec.finishes(spec.start(asyncio.sleep(0, "task")), "hung") == "task"
        await spec.finishes(asyncio.Event().wait(), "it hung")

    with pytest.raises(AssertionError, match=r"^it hung$"):
        run(body, make_bench(deadline=0.02))


def test_outcome_gives_a_value_or_an_error_and_fails_on_a_hang() -> None:
    async def fail() -> None:
        raise OSError("no")

    async def body(spec: Bench) -> None:
        assert (await spec.outcome(asyncio.sleep(0, 7), "hung")).value == 7
        assert isinstance((await spec.outcome(fail(), "hung")).error, OSError)
        await spec.outcome(spec.start(asyncio.Event().wait()), "it hung")

    with pytest.raises(AssertionError, match=r"^it hung$"):
        run(body, make_bench(deadline=0.02))


def test_what_is_awaited_on_the_spot_fails_at_once_or_not() -> None:
    async def fail() -> None:
        raise OSError("no")

    async def body(spec: Bench) -> None:
        assert await spec.fails_at_once(fail())
        assert not await spec.fails_at_once(asyncio.sleep(0))

    run(body)


def test_eventually_waits_for_a_condition_and_fails_with_its_message() -> None:
    async def body(spec: Bench) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + 0.006
        await spec.eventually(lambda: loop.time() > due, "never came")
        await spec.eventually(lambda: False, "never came")

    with pytest.raises(AssertionError, match=r"^never came$"):
        run(body, make_bench(deadline=0.1))


def test_what_is_served_gives_its_result_and_what_ended_its_error() -> None:
    async def fail() -> None:
        raise OSError("no")

    async def body(spec: Bench) -> None:
        assert await spec.served(asyncio.sleep(0, "done"), "stuck") == "done"
        assert (await spec.ended(asyncio.sleep(0.03, 7), "stuck")).value == 7
        assert isinstance((await spec.ended(spec.start(fail()), "stuck")).error, OSError)
        await spec.served(fail(), "stuck")

    with pytest.raises(OSError, match="no"):
        run(body)


@pytest.mark.parametrize("way", ["served", "ended", "happens"])
def test_a_standstill_ends_the_waiting_long_before_the_deadline(way: str) -> None:
    async def body(spec: Bench) -> None:
        event = asyncio.Event()
        await getattr(spec, way)(event.is_set if way == "happens" else event.wait(), "it is stuck")

    world = VirtualWorld()
    with pytest.raises(AssertionError, match=r"^it is stuck$"):
        run(body, make_bench(deadline=100.0, world=world))
    assert world.loop_factory is not None
    assert 0.1 < world.seconds < 0.5


def test_while_something_goes_on_there_is_no_standstill() -> None:
    """An answer that is due, then bytes now and then: both count, and nothing but the deadline ends the waiting."""
    seconds = []

    async def body(spec: Bench) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        wire = cast("QuietWire", spec.wire)
        wire.is_answer_due = True
        await spec.happens(lambda: loop.time() > began + 3, "stuck")
        seconds.append(loop.time() - began)
        wire.is_answer_due = False

        def more() -> None:
            wire.events += 1
            loop.call_later(0.05, more)

        more()
        with pytest.raises(AssertionError, match=r"^stuck$"):
            await spec.happens(lambda: False, "stuck")
        seconds.append(loop.time() - began)

    run(body, make_bench(deadline=10.0, world=VirtualWorld()))
    assert 3 < seconds[0] < 3.1
    assert 8 < seconds[1] < 8.2


def test_the_garbage_collector_is_kept_out_and_let_in_again() -> None:
    async def body(spec: Bench) -> None:
        with spec.uncollected():
            assert not gc.isenabled()
            with spec.uncollected():
                pass
            assert not gc.isenabled()
        assert gc.isenabled()

    run(body)


def test_never_sees_what_happens_in_later_turns_of_the_loop() -> None:
    async def body(spec: Bench) -> None:
        happened: list[int] = []

        async def slowly() -> None:
            for _ in range(10):
                await asyncio.sleep(0)
            happened.append(1)

        spec.start(slowly())
        await spec.never(lambda: bool(happened), "it happened")

    with pytest.raises(AssertionError, match=r"^it happened$"):
        run(body)


def test_never_goes_over_the_wire_and_over_a_connection_where_there_is_one() -> None:
    async def body(spec: Bench) -> None:
        await spec.never(lambda: False, "no")
        await spec.never(lambda: False, "no", via="a connection")

    world = EmptyWorld()
    run(body, make_bench(world=world))
    assert world.wire.fences == 2


def test_an_extension_that_a_driver_lacks_is_not_offered() -> None:
    async def body(spec: Bench) -> None:
        assert spec.offered("text", "upper")() == "TEXT"
        spec.offered("text", "clear")

    with pytest.raises(NotOffered, match=r"^pretender has no clear$"):
        run(body)


def test_blocks_that_a_driver_lacks_are_not_offered_and_leave_no_coroutine_behind() -> None:
    class Plain:
        async def acquire(self) -> None: ...

    async def borrowing(spec: Bench) -> None:
        spec.acquire_block(Plain())  # type: ignore[arg-type]

    async def creating(spec: Bench) -> None:
        spec.creation_block(minsize=1)

    for body, call in ((borrowing, r"pool\.acquire\(\)"), (creating, r"create_pool\(\)")):
        with pytest.raises(NotOffered, match=rf"^pretender has no `async with {call}`$"):
            run(body)


def test_an_option_is_given_in_the_drivers_own_name_or_not_offered() -> None:
    async def body(spec: Bench) -> None:
        spec.driver.options = {"recycle": "best_before"}  # type: ignore[attr-defined]
        assert spec.option("recycle", 60) == {"best_before": 60}
        spec.driver.options["reset"] = {"on_return": "reset"}  # type: ignore[attr-defined]
        assert spec.option("reset", True) == {"on_return": "reset"}
        assert not spec.has_option("pre_ping")
        spec.option("pre_ping", True)

    with pytest.raises(NotOffered, match=r"^pretender has no option pre_ping: True: a free connection is asked"):
        run(body)


def test_the_drivers_log_is_heard_and_left_as_it_was() -> None:
    import logging

    logger = logging.getLogger("pretender")
    logger.setLevel(logging.ERROR)
    logger.disabled = True

    async def body(spec: Bench) -> None:
        with spec.logged() as messages:
            logger.debug("said %s", "softly")
        assert messages == ["said softly"]

    try:
        run(body)
        assert logger.disabled
        assert logger.level == logging.ERROR
        assert logger.handlers == []
    finally:
        logger.disabled = False


# What is shown


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (AssertionError("size is not 0\nassert 1 == 0"), "size is not 0"),
        (ValueError("maxsize should be not less"), "ValueError: maxsize should be not less"),
        (ValueError(), "ValueError"),
        (OSError("no answer from 127.0.0.1:4711"), "OSError: no answer from 127.0.0.1:PORT"),
        (RuntimeError("<Connection at 0x7fcc2b14c4d0> is lost"), "RuntimeError: <Connection at 0x…> is lost"),
    ],
)
def test_what_is_shown_is_one_line_that_does_not_vary(error: Exception, shown: str) -> None:
    assert shown_of(error, 4711) == shown


def test_what_is_shown_before_there_was_a_port() -> None:
    assert shown_of(KeyError("x"), None) == "KeyError: 'x'"
