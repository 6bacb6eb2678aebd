"""Gets stock clients, records what they see on real servers, and holds the fake to it.

    python -m tests.clients install [--seconds N] [--debian]
    python -m tests.clients record [--families NAME,...] [CLIENT ...]
    python -m tests.clients matrix [--families NAME,...] [--report FILE] [--explain] [CLIENT ...]
    python -m tests.clients expected

``record`` starts a MariaDB and a MySQL of its own. ``matrix`` writes its table to reports/clients.md, tells of each
cell that differs without an explanation, and ends with status 1 if there is one; with ``--explain`` it brings known.tsv
up to what it found, new lines without a reason. ``expected`` writes docs/clients.md, which follows from the record.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fakemysql.clients import CLIENTS, FRAMEWORKS

from . import harness, install, matrix, servers
from .harness import PERSONAS, Answer, Client

if TYPE_CHECKING:
    from collections.abc import Sequence

# Most of a dialogue is waiting; a machine with two cores carries so many of them at once.
AT_ONCE = 8
COMMITTED = harness.ROOT / "docs" / "clients.md"


def chosen(names: Sequence[str]) -> tuple[list[Client], dict[str, str]]:
    """The clients of these names (all for none) that are here, and why the others are not."""
    here, missing = [], {}
    for client in harness.clients():
        if names and client.name not in names:
            continue
        why = client.missing()
        if why is None:
            here.append(client)
        else:
            missing[client.name] = why
    return here, missing


def record(names: Sequence[str], families: Sequence[str]) -> int:
    """Write down what the clients see on real servers; families that are not told again keep their answers."""
    here, missing = chosen(names)
    for name, why in missing.items():
        print(f"{name}: {why}")
    found: dict[tuple[str, str], tuple[str, list[Answer]]] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(PERSONAS)) as threads:
        for each in threads.map(lambda persona: record_on(persona, here, families), PERSONAS):
            found |= each
    for client in here:
        if not all((client.name, persona) in found for persona in PERSONAS):
            continue
        answers = {}
        version = ""
        for persona in PERSONAS:
            version, fresh = found[client.name, persona]
            answers[persona] = merged(client, persona, fresh, families)
        harness.write_record(client, version, answers)
        print(f"{client.name}: {version}, {len(answers[PERSONAS[0]])} steps")
    return 0


def merged(client: Client, persona: str, fresh: Sequence[Answer], families: Sequence[str]) -> list[Answer]:
    old = harness.read_record(client)[1][persona] if harness.record_of(client).exists() else []
    return [
        answer
        for family in harness.families()
        for answer in (fresh if family in families else old)
        if answer.family == family
    ]


def record_on(
    persona: str, clients: Sequence[Client], families: Sequence[str]
) -> dict[tuple[str, str], tuple[str, list[Answer]]]:
    """One real server: all clients one after the other, and then all at once for the family that ends with its stop."""
    found: dict[tuple[str, str], tuple[str, list[Answer]]] = {}
    before = [family for family in families if family != STOP]
    with servers.real(persona) as (place, stop):
        for client in clients:
            servers.prepare(place, persona)
            try:
                found[client.name, persona] = harness.run(client, place, before)
            except TimeoutError as error:
                print(f"{client.name} on {persona}: {error}", flush=True)
        if STOP in families and clients:
            servers.prepare(place, persona)

            def stop_all() -> None:
                # The last to arrive has seen some statement asleep, not each of them.
                time.sleep(1.0)
                stop()

            together = threading.Barrier(len(clients), action=stop_all)

            def arrive() -> None:
                together.wait(harness.DEADLINE)

            with concurrent.futures.ThreadPoolExecutor(max_workers=len(clients)) as threads:
                ends = {client.name: threads.submit(harness.run, client, place, [STOP], arrive) for client in clients}
            for name, end in ends.items():
                if (name, persona) in found:
                    found[name, persona][1].extend(end.result()[1])
    return found


STOP = "server stop"


def settings_complaints() -> list[str]:
    """Connect with the settings that the fake gives for each Python client that is here."""
    found = []
    for name in (*CLIENTS, *FRAMEWORKS):
        interpreter, why_not = harness.interpreter_for(name)
        if why_not is not None:
            print(f"connection settings for {name}: {why_not}")
            continue
        words = [interpreter, "-m", "tests.clients.settings", name]
        done = subprocess.run(words, cwd=harness.ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            found.append(done.stdout.strip() or done.stderr.strip())
    return found


def run_matrix(names: Sequence[str], families: Sequence[str], report: Path, *, explain: bool) -> int:
    """Every client that is here on a fake of each persona; the table, the complaints, and 1 if there are any."""
    here, missing = chosen(names)
    with concurrent.futures.ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        running = [threads.submit(matrix.compare, client, persona, families) for client in here for persona in PERSONAS]
        comparisons = [each.result() for each in running]
    wrong_settings = [] if names else settings_complaints()
    if explain:
        print(f"{matrix.rewrite_known(comparisons)} lines of known.tsv want a reason")
    report.parent.mkdir(exist_ok=True)
    report.write_text(matrix.table(comparisons, missing), encoding="utf-8")
    wrong = len(wrong_settings)
    for complaint in wrong_settings:
        print(f"connection settings: {complaint}")
    for comparison in comparisons:
        states = [cell.state for cell in comparison.cells.values()]
        tally = ", ".join(f"{states.count(state)} {state.name.lower()}" for state in matrix.State if state in states)
        print(f"{comparison.client} on {comparison.persona}: {tally}")
        for complaint in comparison.complaints():
            wrong += 1
            print(f"  {complaint}")
    for name, why in missing.items():
        print(f"{name}: {why}")
    print(f"{len(comparisons)} dialogues, {len(missing)} clients not installed, {wrong} unexplained; {report}")
    return 1 if wrong else 0


def write_expected() -> int:
    """The committed table, from the record and the explanations."""
    COMMITTED.write_text(expected_table(), encoding="utf-8")
    return 0


def expected_table() -> str:
    recorded = [client for client in harness.clients() if harness.record_of(client).exists()]
    return matrix.table([matrix.expected(client, persona) for client in recorded for persona in PERSONAS], {})


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.clients", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("install", help="get the clients that are not here")
    verb.add_argument("--seconds", type=float, default=300.0, help="for everything together (default 300)")
    verb.add_argument("--debian", action="store_true", help="apt-get the Debian packages, too; needs root")
    for name, help_ in (("record", "write down what real servers answer"), ("matrix", "hold the fake to the record")):
        verb = verbs.add_parser(name, help=help_)
        verb.add_argument("clients", nargs="*", metavar="CLIENT", help="names; all for none")
        verb.add_argument("--families", type=lambda text: text.split(","), default=harness.families())
    verb.add_argument("--report", type=Path, default=harness.ROOT / "reports" / "clients.md")
    verb.add_argument("--explain", action="store_true", help="rewrite known.tsv")
    verbs.add_parser("expected", help="write docs/clients.md")
    options = parser.parse_args(words)
    if options.verb == "install":
        for name, why in install.install(seconds=options.seconds, debian=options.debian).items():
            print(f"{name}: {why}")
        return 0
    if options.verb == "record":
        return record(options.clients, options.families)
    if options.verb == "matrix":
        return run_matrix(options.clients, options.families, options.report, explain=options.explain)
    return write_expected()


if __name__ == "__main__":
    sys.exit(main())
