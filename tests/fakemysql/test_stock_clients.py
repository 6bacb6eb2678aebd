"""Stock clients of other languages and libraries see the fake as they saw the servers.

``tests/clients`` tells each client what ``steps.tsv`` says; what it saw on a real MariaDB and MySQL is recorded there.
Here the clients that are installed talk to the fake, and each answer must be the recorded one, but for the differences
that ``known.tsv`` lists with their reasons. Clients that are not here are skipped; nothing is fetched or built.

The dialogues are mostly waiting (for a kill, for a timeout of one second), so that all of them go on at the same time.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from fakemysql import FakeServer
from tests.clients import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = {client.name: client for client in harness.clients()}
Answers = tuple[str, list[tuple[str, str]]]


def talk(name: str, persona: str) -> Answers | str:
    """What a client says of a fake of its own, or why it cannot be asked."""
    client = CLIENTS[name]
    why_not = client.missing()
    if why_not is not None:
        return why_not
    with FakeServer(persona=persona, users=harness.USERS, databases=harness.DATABASES) as server:
        return harness.run(client, urlsplit(server.url))


@pytest.fixture(scope="module")
def talks() -> Iterator[Callable[[str, str], Answers | str]]:
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        running = {
            (name, persona): threads.submit(talk, name, persona) for name in CLIENTS for persona in harness.PERSONAS
        }
        yield lambda name, persona: running[name, persona].result()


@pytest.mark.parametrize("persona", harness.PERSONAS)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_stock_client_sees_what_it_saw_on_the_server(
    name: str, persona: str, talks: Callable[[str, str], Answers | str]
) -> None:
    answers = talks(name, persona)
    if isinstance(answers, str):
        pytest.skip(f"{name}: {answers}")
    recorded_version, recorded = harness.read_record(CLIENTS[name])
    version, seen = answers
    known = harness.known_differences()
    assert [step for step, _ in seen] == [step for step, _ in recorded[persona]]
    differences = [
        f"{step}\n    server: {wanted}\n    fake:   {found}"
        for (step, found), (_, wanted) in zip(seen, recorded[persona], strict=True)
        if found != wanted and (persona, step) not in known
    ]
    assert not differences, f"{version}, recorded with {recorded_version}:\n" + "\n".join(differences)


def test_the_known_differences_are_steps_that_there_are() -> None:
    """A line about a step that is gone explains nothing."""
    recorded = {step for client in CLIENTS.values() for step, _ in harness.read_record(client)[1]["mysql-9.7"]}
    assert {step for _, step in harness.known_differences()} <= recorded
