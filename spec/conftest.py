"""pytest's part: options, one item a clause and driver, states, the closing table.

Knows: pytest's hooks. What they decide is asked of `plan.py` and `verdict.py`. The hooks act on the clauses of this
folder alone, so that the folder can stand inside any other project's tests; under pytest-xdist the results travel in
`user_properties`, for the process that prints the table has run nothing.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from . import clause as clauses
from .bench import Bench, NotOffered, Undecided, WorldFailed, shown_of
from .plan import Plan
from .report import Result
from .settings import Settings, UsageError
from .table import Style, render
from .verdict import Judgement, State, judge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .clause import Clause

OPTIONS = {
    "SPEC_DRIVER": ("--driver", "NAME[,NAME...]", "drivers to judge: names, or package.module:factory"),
    "SPEC_CLAUSE": ("--clause", "ID[,ID...]", "run these clauses alone"),
    "SPEC_WORLD": ("--world", "NAME", "sim, tcp or real"),
    "SPEC_SEED": ("--seed", "N", "of the world sim: the same seed, the same run"),
    "SPEC_LEVEL": ("--level", "LEVEL", "must: the musts alone; should: a should that is not kept fails the run too"),
    "SPEC_JSON": ("--json", "FILE", "write the report as JSON"),
    "SPEC_MARKDOWN": ("--markdown", "FILE", "write the report as Markdown"),
}
PLAN = pytest.StashKey[Plan]()
REFUSAL = pytest.StashKey[str]()
PROPERTY = "pool_spec"
MARKS = {
    State.CONFORMS: ("passed", ".", ("CONFORMS", {"green": True})),
    State.DEVIATES: ("xfailed", "d", ("DEVIATES", {"yellow": True})),
    State.WEAK: ("xfailed", "w", ("WEAK", {"purple": True})),
    State.FLAKY: ("xfailed", "~", ("FLAKY", {"purple": True})),
    State.NOT_OFFERED: ("skipped", "-", ("NOT OFFERED", {"cyan": True})),
    State.NOT_RUN: ("skipped", "s", ("NOT RUN", {"cyan": True})),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pool conformance")
    for variable, (option, metavar, meaning) in OPTIONS.items():
        # Another plugin of the host may have an option of this name already; then the variable alone is ours.
        _, unknown = parser.parse_known_and_unknown_args([f"{option}=x"])
        if unknown:
            group.addoption(
                option, action="append", dest=variable, metavar=metavar, help=f"{meaning} (or set {variable})"
            )


def plan_of(config: pytest.Config) -> Plan:
    """The run's plan, made when it is first asked for. What is wrong with it ends the run, with status 4."""
    if REFUSAL in config.stash:
        raise pytest.UsageError(config.stash[REFUSAL])
    if PLAN not in config.stash:
        given = {variable: config.getoption(variable, None) for variable in OPTIONS}
        try:
            settings = Settings.read(os.environ, {key: ",".join(value) for key, value in given.items() if value})
            plan = Plan.make(settings)
            if not _is_worker(config):
                plan.check_server()
        except (UsageError, clauses.StrayClause) as error:
            config.stash[REFUSAL] = str(error)
            raise pytest.UsageError(str(error)) from error
        config.stash[PLAN] = plan
        if not _is_worker(config):
            config.pluginmanager.register(Closing(plan), "pool conformance")
    return config.stash[PLAN]


def _is_worker(config: pytest.Config) -> bool:
    """Whether this is one of pytest-xdist's processes, which run clauses and neither judge nor print the whole."""
    return hasattr(config, "workerinput")


def pytest_sessionstart(session: pytest.Session) -> None:
    if not session.config.option.collectonly:
        plan_of(session.config)


def pytest_report_header(config: pytest.Config) -> str | None:
    if PLAN not in config.stash:
        return None
    report = config.stash[PLAN].report()
    names = ", ".join(f"{column.name} {column.version}" for column in report.columns)
    return f"pool conformance {report.suite}: {names} on {report.where}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if clauses.of_test(metafunc.function):  # pragma: no branch - a host may put tests of its own into the folder
        try:
            drivers = plan_of(metafunc.config).drivers
        except pytest.UsageError:
            # The folder was met in the middle of a host's collection, where an exception would only fail one file. When
            # all is collected, pytest_collection_modifyitems asks again and ends the run.
            return
        metafunc.parametrize("spec", drivers, ids=[driver.name for driver in drivers], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Clauses run in document order, those that were not asked for do not; other tests stay where they are."""
    ours = [(index, clause, item) for index, item in enumerate(items) if (clause := clause_of(item))]
    if not ours:
        return
    plan = plan_of(config)
    order = {identity: index for index, identity in enumerate(clauses.REGISTER.document.by_id)}
    ordered = sorted(ours, key=lambda one: order[one[1].id])
    for (index, _, _), (_, _, item) in zip(ours, ordered, strict=True):
        items[index] = item
        # A verdict is about a statement: what a host makes of warnings must not change it.
        item.add_marker(pytest.mark.filterwarnings("default"))
    dropped = [item for _, clause, item in ours if not plan.is_selected(clause)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def clause_of(item: pytest.Item) -> Clause | None:
    """The clause that an item runs, None for other tests."""
    return clauses.of_test(getattr(item, "obj", None))


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> Bench:
    """The bench of one clause and one driver."""
    plan = plan_of(request.config)
    return Bench(request.param, plan.world, plan.settings.deadline)


@pytest.fixture(autouse=True, scope="module")
def _no_litter() -> Iterator[None]:
    """What a driver left to the garbage collector is collected here, not in the middle of somebody's test."""
    yield
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    clause = clause_of(item)
    if clause is None or not (call.when == "call" or (call.when == "setup" and call.excinfo)):
        return report
    plan, bench = plan_of(item.config), item.funcargs.get("spec")  # type: ignore[attr-defined]
    driver = item.callspec.params["spec"].name  # type: ignore[attr-defined]
    error = call.excinfo.value if call.excinfo else None
    shown = shown_of(error, bench.settings.get("port") if bench else None) if error else None
    entry = plan.lists[driver].get(clause.id)
    if isinstance(error, Undecided):
        verdict = Judgement(State.NOT_OFFERED if isinstance(error, NotOffered) else State.NOT_RUN)
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, str(error))
    elif report.skipped or isinstance(error, WorldFailed):
        verdict = Judgement(State.NOT_RUN)
    else:
        verdict = judge(clause.statement.level, shown, entry)
        reason = entry.why if entry else clause.statement.text
        is_binding = plan.settings.level == "should"
        _set_outcome(report, verdict, reason, is_failure=error is not None, is_should_binding=is_binding)
    if report.failed:
        report.sections += _explain(clause, bench, verdict)
        if again := plan.again(driver, clause.id):
            report.sections.append(("the same once more", again))
    found = {
        "driver": driver,
        "clause": clause.id,
        "state": verdict.state.value,
        "shown": shown,
        "seconds": report.duration,
        "leaked": bench.notes.leaked if bench else [],
    }
    report.user_properties.append((PROPERTY, found))
    return report


def _set_outcome(
    report: pytest.TestReport, verdict: Judgement, reason: str, *, is_failure: bool, is_should_binding: bool
) -> None:
    """What pytest is to make of a verdict: an expected failure is told apart from one that fails the run."""
    if verdict.complaint and not is_failure:
        report.outcome = "failed"
        report.longrepr = verdict.complaint
    elif is_failure and (
        verdict.state in (State.DEVIATES, State.FLAKY) or (verdict.state is State.WEAK and not is_should_binding)
    ):
        report.outcome = "skipped"
        report.wasxfail = reason


def _explain(clause: Clause, bench: Bench | None, verdict: Judgement) -> list[tuple[str, str]]:
    """The sections under a failure: what was promised and where, what the wire saw, what to look at."""
    statement = clause.statement
    source = f"page: {statement.place}" if statement.place else f"because: {statement.reason}"
    sections = [
        ("the statement", f"POOL.md {statement.number} {statement.id} ({statement.level})\n{statement.text}\n{source}")
    ]
    if verdict.complaint:
        sections.append(("the list of deviations", verdict.complaint))
    if clause.hint:
        sections.append(("where to look", clause.hint))
    if bench and bench.notes.story:
        sections.append(("the wire: seconds, link, > client, < server", bench.notes.story))
    if bench and bench.notes.waiting:
        sections.append(("who was waiting", "\n".join(bench.notes.waiting)))
    if bench and (told := bench.notes.complaints + [f"left running: {name}" for name in bench.notes.leaked]):
        sections.append(("besides", "\n".join(told)))
    return sections


def _found(report: Any) -> dict[str, Any] | None:
    """What a clause's report carries of its verdict, None for other tests' and for set-up and tear-down."""
    properties: dict[str, dict[str, Any]] = dict(getattr(report, "user_properties", ()))
    return properties.get(PROPERTY)


def pytest_report_teststatus(report: Any) -> Any:
    found = _found(report) if report.when == "call" and not report.failed else None
    return MARKS.get(State(found["state"])) if found else None


class Closing:
    """Collects what the clauses found, wherever they ran, and says it at the end. Registered with the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._written: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if found := _found(report):
            result = Result(State(found["state"]), found["shown"], found["seconds"])
            self._plan.enter(found["driver"], found["clause"], result, found["leaked"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        option = session.config.option
        if option.collectonly or (not self._plan.results and (option.keyword or option.markexpr)):
            return
        is_in_order = self._plan.finish()
        try:
            self._written = [str(path) for path in self._plan.write()]
        except OSError as error:
            self._plan.complaints.append(f"the report cannot be written: {error}")
            is_in_order = False
        if not is_in_order and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        writer = terminalreporter._tw
        style = Style(writer.fullwidth, writer.hasmarkup, _can_print(writer))
        terminalreporter.write_line("")
        if self._plan.results:
            told = self._plan.settings.level == "should"
            terminalreporter.write_line(render(self._plan.report(), style, is_should_told=told))
        for line in self._plan.leaks:
            terminalreporter.write_line(f"left running  {line}", yellow=True)
        for line in self._plan.complaints:
            terminalreporter.write_line(f"not in order  {line}", red=True)
        for line in self._written:
            terminalreporter.write_line(f"written       {line}")


def _can_print(writer: Any) -> bool:
    encoding = getattr(writer._file, "encoding", None) or "ascii"
    try:
        "✓…·".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
