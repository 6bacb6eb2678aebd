"""The transaction machine: every pair of its table, and what both servers answered to 5,615 sequences of statements."""

from __future__ import annotations

import re

import pytest

from fakemysql.answers import End, Failure, Ok
from fakemysql.sql.transactions import TRANSITIONS, Event, State, Transaction

from . import golden
from .engine_client import Bench, Client

SEQUENCES = golden.DATA / "status_sequences.txt"


def at(state: State) -> Transaction:
    transaction = Transaction()
    transaction.state = state
    return transaction


def followed(transaction: Transaction) -> list[bool]:
    """How the transaction ends from now on, in order: whether it commits."""
    ends: list[bool] = []

    class Follower:
        def ended(self, *, commits: bool) -> None:
            ends.append(commits)

    transaction.follower = Follower()
    return ends


def test_the_table_knows_every_event_in_every_state() -> None:
    """No pair is missing, and autocommit changes by SET autocommit alone."""
    assert set(TRANSITIONS) == {(state, event) for state in State for event in Event}
    for (state, event), then in TRANSITIONS.items():
        transaction = at(state)
        transaction.happen(event)
        assert transaction.state is then
        assert transaction.status == then.value
        if event not in (Event.AUTOCOMMIT_ON, Event.AUTOCOMMIT_OFF):
            assert (state.value ^ then.value) & State.ON_NONE.value == 0


@pytest.mark.parametrize("state", list(State))
def test_a_transaction_that_ends_or_begins_forgets_its_savepoints(state: State) -> None:
    for event in (Event.BEGIN, Event.BEGIN_READS, Event.END, Event.CHAIN):
        transaction = at(state)
        transaction.savepoints.append("a")
        ends = followed(transaction)
        transaction.happen(event, "rollback")
        assert transaction.savepoints == []
        assert ends == [False]


def test_set_autocommit_commits_only_where_it_was_off() -> None:
    kept, committed = at(State.ON_OPEN), at(State.OFF_OPEN)
    ends = followed(kept), followed(committed)
    kept.set_autocommit(True)
    committed.set_autocommit(True)
    assert (kept.state, committed.state) == (State.ON_OPEN, State.ON_NONE)
    assert ends == ([], [True])


def test_savepoints_are_a_stack_whose_names_ignore_case() -> None:
    transaction = at(State.ON_OPEN)
    for name in ("a", "b", "c"):
        transaction.set_savepoint(name)
    transaction.rollback_to("B")
    assert transaction.savepoints == ["a", "b"]
    transaction.set_savepoint("A")
    assert transaction.savepoints == ["b", "A"]
    transaction.release("b")
    assert transaction.savepoints == []


def recorded() -> tuple[list[str], list[tuple[tuple[int, ...], tuple[str, str]]]]:
    """The statements by number, and every sequence of them with its last outcome on MariaDB and on MySQL."""
    names: list[str] = []
    outcomes: list[tuple[tuple[int, ...], tuple[str, str]]] = []
    for line in SEQUENCES.read_text(encoding="utf-8").splitlines():
        numbered = re.match(r"#   \d+ (.*)", line)
        if numbered is not None:
            names.append(numbered[1])
        elif not line.startswith("#"):
            before, _, following = line.partition(":")
            prefix = tuple(map(int, before.split()))
            for pair in following.split():
                number, _, outcome = pair.partition("=")
                mariadb, _, mysql = outcome.partition("/")
                outcomes.append(((*prefix, int(number)), (mariadb, mysql or mariadb)))
    return names, outcomes


def outcome(client: Client, statement: str) -> str:
    last = client.say(statement)[-1]
    if isinstance(last, Failure):
        return f"!{last.code}"
    assert isinstance(last, (Ok, End))
    return f"{'' if isinstance(last, Ok) else 'r'}{last.status:x}"


@pytest.mark.parametrize("persona", golden.PERSONAS)
def test_status_words_equal_the_record_of_the_server(persona: str) -> None:
    names, sequences = recorded()
    assert len(sequences) == 5615
    bench = Bench(persona, databases=["test", "fm_d"])
    bench.login(database="fm_d").ok("CREATE TABLE tx0 (a INT)")
    client = bench.login(database="test")
    different = []
    for sequence, answers in sequences:
        client.engine.reset(client.session)
        for number in sequence[:-1]:
            client.say(names[number])
        given = outcome(client, names[sequence[-1]])
        if given != answers[golden.PERSONAS.index(persona)]:
            different.append(([names[number] for number in sequence], answers, given))
    assert not different, "\n".join(map(str, [len(different), *different[:10]]))
