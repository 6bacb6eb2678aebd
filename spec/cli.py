"""The command line: run, list, trace, smoke, explore, vendor.

Knows: commands, and how they are said in environment variables. Kept from knowing: how a clause is run; `run` is
pytest on this folder, with this folder's own configuration, so that the host's does not come in.

Exit statuses: 0, everything is as it should be. 1, a clause fails, a list of deviations is out of date, statements
and clauses do not match, a vendored copy was changed. 4, nothing could be found out: the command, a name, the
environment or the server is wrong, and one line says what to do. Others are pytest's own: 2, interrupted; 3, an error
within pytest.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import __version__, document, drivers, smoke, vendoring, worlds
from .explore import command as explore
from .report import in_words
from .settings import LEVELS, WORLDS, Settings, UsageError
from .world import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .document import Document

FOLDER = Path(__file__).parent
PROGRAM = f"python -m {__package__}"
OK, FAILED, USAGE = 0, 1, 4


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; try {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the result is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except UsageError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # `| head` has read enough; nothing is left to be flushed when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=PROGRAM, description="Does a pool of MySQL connections do what POOL.md says?")
    parser.add_argument("--version", action="version", version=f"{__package__} {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="judge drivers and print the table")
    _add_subject(run)
    run.add_argument("--clause", nargs="+", action="extend", metavar="ID", help="run these clauses alone")
    run.add_argument(
        "--level",
        metavar="LEVEL",
        help=f"{' or '.join(LEVELS)}: must runs the musts alone, with should a should that is not kept fails the run",
    )
    run.add_argument("--json", metavar="FILE", help="write the report as JSON")
    run.add_argument("--markdown", metavar="FILE", help="write the report as Markdown")
    run.add_argument("-v", "--verbose", action="store_true", help="a line a clause, and whole tracebacks")
    run.set_defaults(command=_run)

    listing = commands.add_parser("list", help="show every statement; nothing is run")
    listing.set_defaults(command=_list)

    trace = commands.add_parser("trace", help="show which statement restates which place of the page, and check it")
    trace.set_defaults(command=_trace)

    trial = commands.add_parser("smoke", help="try whether an adapter works at all")
    _add_subject(trial)
    trial.set_defaults(command=_smoke)

    explore.add_parser(commands)

    vendor = commands.add_parser("vendor", help="copy the suite, and the fake server with it, into your project")
    vendor.add_argument("target", type=Path, metavar="FOLDER", help="the copy; its name becomes the package's name")
    vendor.add_argument("--check", action="store_true", help="only tell whether the copy is whole and up to date")
    vendor.set_defaults(command=_vendor)
    return parser


def _add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--driver",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"{', '.join(drivers.known())}, or package.module:factory of your own; several with commas or spaces",
    )
    parser.add_argument(
        "--world", metavar="NAME", help=f"{', '.join(WORLDS)}; real where SPEC_MYSQL_URL is given, else {WORLDS[0]}"
    )
    parser.add_argument("--seed", metavar="N", help="of the world sim: the same seed, the same run")


def _run(options: argparse.Namespace) -> int:
    import pytest  # not needed by the other commands, nor to say that one was misspelt

    # Environment variables, since no plugin of the host can have an option of the same name. The host's plugins and
    # options stay out altogether: a run is the same on every machine, and half a second shorter.
    os.environ.update(_variables(options), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    os.environ.pop("PYTEST_ADDOPTS", None)
    arguments = [str(FOLDER), "-c", str(FOLDER / "pytest.ini"), "--rootdir", str(FOLDER), "-p", "no:cacheprovider"]
    arguments += ["-v", "--tb=long"] if options.verbose else ["-q", "--tb=short"]
    return int(pytest.main(arguments))


def _variables(options: argparse.Namespace) -> dict[str, str]:
    given = {"SPEC_DRIVER": options.driver, "SPEC_CLAUSE": getattr(options, "clause", None)}
    variables = {key: ",".join(values) for key, values in given.items() if values}
    for name in ("world", "seed", "level"):
        if value := getattr(options, name, None):
            variables[f"SPEC_{name.upper()}"] = value
    for name in ("json", "markdown"):
        if path := getattr(options, name, None):
            variables[f"SPEC_{name.upper()}"] = str(Path(path).resolve())
    return variables


def _list(options: argparse.Namespace) -> int:
    chapter = ""
    statements = document.Document.read().statements
    width = max(len(statement.id) for statement in statements)
    for statement in statements:
        if statement.chapter != chapter:
            chapter = statement.chapter
            print(chapter)
        print(f"{statement.number:<5} {statement.level:<6} {statement.id:<{width}}  {statement.text}")
    return OK


def _trace(options: argparse.Namespace) -> int:
    from . import clause

    try:
        clause.all_clauses()
    except clause.StrayClause as error:
        print(error)
        return FAILED
    register = clause.REGISTER
    where = {one.statement.id: one.where for one in register.clauses}
    for line in _pairs(register.document, where):
        print(line)
    found = document.gaps(register.document, register.pairs())
    for gap in found:
        print(f"not in order: {gap}")
    if not found:
        count = len(register.clauses)
        print(f"{count} statements and {count} clauses, one to one; every place of the page has its statement")
    return FAILED if found else OK


def _pairs(text: Document, where: dict[str, str]) -> list[str]:
    """One line a place of the page and one a statement that the page does not make, in their order."""
    by_place = {statement.place: statement for statement in text.statements if statement.place}
    widest = max(len(place.name) for place in text.places)
    width = max(len(statement.id) for statement in text.statements)
    lines = []
    for place in text.places:
        statement = by_place.get(place.name)
        told = "(heading)" if place.is_heading else "-"
        if statement:
            told = f"{statement.number:<5} {statement.id:<{width}}  {where.get(statement.id, '-')}"
        lines.append(f"{place.name:<{widest}}  {told}")
    for statement in text.statements:
        if statement.reason:
            told = f"{statement.number:<5} {statement.id:<{width}}  {where.get(statement.id, '-')}"
            lines.append(f"{'(not on the page)':<{widest}}  {told}")
    return lines


def _smoke(options: argparse.Namespace) -> int:
    settings = Settings.read({**os.environ, **_variables(options)})
    try:
        world = worlds.choose(settings)
        world.check()
    except Unavailable as error:
        raise UsageError(str(error)) from None
    for driver in drivers.find_all(settings.drivers):
        smoke.try_adapter(driver, world, settings.deadline)
        print(f"{driver.name} {driver.version}: the adapter works on {in_words(world.server, world.name, world.seed)}")
    return OK


def _vendor(options: argparse.Namespace) -> int:
    target: Path = options.target
    if options.check:
        found = vendoring.check(target)
        for line in found:
            print(line)
        if not found:
            print(f"{target} is a whole copy of {__version__}")
        return FAILED if found else OK
    count = vendoring.copy(target)
    print(
        f"{target}: {count} files of {__version__}. Set SPEC_DRIVER and let pytest collect it; README.md tells the rest"
    )
    return OK
