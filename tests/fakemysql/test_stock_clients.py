"""Stock clients see the fake as they saw the servers.

``tests/clients`` tells each client what ``steps.tsv`` says; what it saw on a real MariaDB and MySQL is recorded there,
and ``known.tsv`` says where the fake is known to answer otherwise, and why. Here two clients of the ordinary
environment talk to the fake, of everything but megabytes. All clients that can be had are told all of it by ``make
clients``.

The dialogues are mostly waiting (for a kill, for a timeout of one second), so that all of them go on at the same time.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import pytest

from tests.clients import harness, matrix
from tests.clients.__main__ import COMMITTED, expected_table
from tests.clients.harness import PERSONAS, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = {client.name: client for client in harness.clients()}
HERE = ("python-pymysql", "python-refpool")
MEGABYTES = ("big packets", "max_allowed_packet", "big results")


@pytest.fixture(scope="module")
def comparisons() -> Iterator[Callable[[str, str], matrix.Comparison]]:
    families = [family for family in harness.families() if family not in MEGABYTES]
    missing = {name: why for name in HERE if (why := CLIENTS[name].missing()) is not None}
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        running = {
            (name, persona): threads.submit(matrix.compare, CLIENTS[name], persona, families)
            for name in HERE
            if name not in missing
            for persona in PERSONAS
        }

        def found(name: str, persona: str) -> matrix.Comparison:
            if name in missing:
                pytest.skip(f"{name}: {missing[name]}")
            return running[name, persona].result()

        yield found


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("name", HERE)
def test_a_stock_client_sees_what_it_saw_on_the_server(
    name: str, persona: str, comparisons: Callable[[str, str], matrix.Comparison]
) -> None:
    """Each answer is the recorded one, or explained; and what is explained does differ."""
    comparison = comparisons(name, persona)
    assert not comparison.complaints(), f"{comparison.version}:\n" + "\n".join(comparison.complaints())


def test_every_explanation_is_of_a_step_that_there_is_and_has_a_reason() -> None:
    recorded = {
        matrix.Spot(persona, client.name, answer.family, answer.step)
        for client in CLIENTS.values()
        for persona, answers in harness.read_record(client)[1].items()
        for answer in answers
    }
    explanations = matrix.known()
    assert explanations.keys() <= recorded
    assert all(len(explanation.reason) > len("because") for explanation in explanations.values())


def test_every_client_has_answered_every_step() -> None:
    told = [(step.family, str(step)) for step in harness.steps() if step.is_answered]
    for client in CLIENTS.values():
        for answers in harness.read_record(client)[1].values():
            assert [(answer.family, answer.step) for answer in answers] == told, client.name


def test_the_committed_table_is_what_the_record_and_the_explanations_say() -> None:
    """``python -m tests.clients expected`` writes it; every run of the matrix holds it to what happens."""
    assert COMMITTED.read_text(encoding="utf-8") == expected_table()


# ------------------------------------------------------------------------------------------------- the judge himself

RECORD = [
    Answer("one", "a query SELECT 1", "1"),
    Answer("one", "a ping", "ok"),
    Answer("two", "a reset", "unsupported"),
]
SPOT = matrix.Spot("mysql-9.7", "a-client", "one", "a ping")


def judged(*texts: str, explained: bool = False, is_steady: bool = True) -> matrix.Comparison:
    answers = [Answer(recorded.family, recorded.step, text) for recorded, text in zip(RECORD, texts, strict=False)]
    explanations = {SPOT: matrix.Explanation("moods of the wire", is_steady)} if explained else {}
    return matrix.judge("a-client", "mysql-9.7", "1.0", answers, RECORD, explanations)


def states(comparison: matrix.Comparison) -> list[matrix.State]:
    return [cell.state for cell in comparison.cells.values()]


def test_equal_answers_are_the_same_and_what_is_not_there_is_not_offered() -> None:
    assert states(judged("1", "ok", "unsupported")) == [matrix.State.SAME, matrix.State.NOT_OFFERED]


def test_another_answer_is_a_complaint_with_both() -> None:
    comparison = judged("1", "oh", "unsupported")
    assert states(comparison)[0] is matrix.State.DIFFERENT
    assert comparison.complaints() == ["[one] a ping\n    server: ok\n    fake:   oh"]


def test_an_explained_difference_is_no_complaint() -> None:
    comparison = judged("1", "oh", "unsupported", explained=True)
    assert states(comparison)[0] is matrix.State.EXPLAINED
    assert not comparison.complaints()


def test_an_explanation_of_what_does_not_differ_is_a_complaint() -> None:
    (complaint,) = judged("1", "ok", "unsupported", explained=True).complaints()
    assert "strike the line" in complaint


def test_what_differs_now_and_then_may_also_not_differ() -> None:
    assert not judged("1", "ok", "unsupported", explained=True, is_steady=False).complaints()


def test_answers_that_are_missing_are_a_complaint() -> None:
    (complaint,) = judged("1").complaints()
    assert "not answered" in complaint
