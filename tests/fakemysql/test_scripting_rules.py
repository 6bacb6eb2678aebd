"""Rules in front of the engine: which one answers, how often, with which status; what the assertions say."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakemysql import FakeServer, error, exact, ok, pass_on, result
from fakemysql import constants as c
from fakemysql.answers import Columns, End, Failure, Ok, Pause, Rows, Woken
from fakemysql.binary import Parameter, ParameterType
from fakemysql.prepared import Description
from fakemysql.scripting.desk import Desk
from fakemysql.scripting.files import BadScript, register
from fakemysql.scripting.rules import stage_of
from tests.fakemysql.engine_client import Bench, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakemysql.answers import Step
    from fakemysql.conversation import Surroundings
    from fakemysql.scripting.rules import Call, Rule

AUTOCOMMIT, IN_TRANS, MORE = c.SERVER_STATUS_AUTOCOMMIT, c.SERVER_STATUS_IN_TRANS, c.SERVER_MORE_RESULTS_EXISTS
TEXT = ParameterType(c.FIELD_TYPE_VAR_STRING)


class Around:
    """As much of a server's surroundings as scripting exchanges."""

    def __init__(self, engine: object) -> None:
        self.engine: Any = engine
        self.commands: object = None
        self.transcript = self
        self.events: list[object] = []


class Scripted(Client):
    """A session on an engine with rules in front of it."""

    def __init__(self, persona: str = "mysql-9.7", unknown: Any = None, **login: Any) -> None:
        bench = Bench(persona)
        client = bench.login(**login)
        super().__init__(bench, client.session)
        self.around = Around(bench.engine)
        self.desk = Desk(cast("Surroundings", self.around), lambda: bench.now, cast("Any", None), unknown)

    def on(self, pattern: Any, answer: Any = None, **more: Any) -> Rule:
        stage = {name: more.pop(name, default) for name, default in _STAGE.items()}
        return self.desk.rules.add(pattern, stage_of(answer, **stage), **more)

    def steps(self, statement: str | bytes) -> Any:
        data = statement.encode() if isinstance(statement, str) else statement
        return self.around.engine.query(self.session, data)

    def prepare(self, statement: str) -> Description | Failure:
        return cast("Description | Failure", self.around.engine.prepare(self.session, statement.encode()))

    def execute(self, description: object, *args: Any) -> list[Step]:
        assert isinstance(description, Description)
        parameters = [Parameter(TEXT, arg) for arg in args]
        return list(self.around.engine.execute(self.session, description.handle, parameters))

    def rows(self, statement: str | bytes) -> list[tuple[object, ...]]:
        return [tuple(row) for step in self.say(statement) if isinstance(step, Rows) for row in step.rows]


_STAGE: dict[str, Any] = {"rows": None, "columns": None, "delay": 0.0, "times": None}


def codes(steps: Sequence[Step]) -> list[int]:
    return [step.code for step in steps if isinstance(step, Failure)]


def statuses(steps: Sequence[Step]) -> list[int]:
    return [step.status for step in steps if isinstance(step, Ok | End)]


# ---------------------------------------------------------------------------------------------------- which one answers


def test_a_rule_answers_and_other_statements_go_to_the_engine() -> None:
    client = Scripted()
    rule = client.on("SELECT id, name FROM users", rows=[(1, "ann"), (2, None)], columns="id:int, name:varchar(20)")
    columns, rows, end = client.say("select id, name\nfrom USERS;")
    assert isinstance(columns, Columns)
    assert [(column.name, column.type) for column in columns.columns] == [
        ("id", c.FIELD_TYPE_LONG),
        ("name", c.FIELD_TYPE_VAR_STRING),
    ]
    assert (rows, end) == (Rows(((1, "ann"), (2, None))), End(AUTOCOMMIT))
    assert client.rows("SELECT 1") == [(1,)]
    assert (rule.used, [call.statement for call in rule.calls]) == (1, ["select id, name\nfrom USERS;"])


def test_the_rule_registered_last_answers_and_one_that_is_used_up_lets_the_others() -> None:
    client = Scripted()
    client.on("SELECT *", rows=[("any",)])
    last = client.on("SELECT 1", rows=[("one",)], times=2)
    assert [client.rows("SELECT 1") for _ in range(3)] == [[("one",)], [("one",)], [("any",)]]
    assert last.is_spent
    last.remove()
    last.remove()
    assert client.rows("SELECT 1") == [("any",)]


def test_answers_follow_one_another() -> None:
    client = Scripted()
    rule = client.on("SELECT slow", rows=[(1,)]).times(2).then(error(1213)).then(rows=[(2,)])
    assert [codes(client.say("SELECT slow")) for _ in range(2)] == [[], []]
    assert codes(client.say("SELECT slow")) == [1213]
    assert [client.rows("SELECT slow") for _ in range(2)] == [[(2,)], [(2,)]], "the last holds"
    assert rule.wanted == "2 times, then once, then at least once"
    assert repr(rule) == "<Rule on('SELECT slow'): used 5, wanted 2 times, then once, then at least once>"


def test_then_after_uses_without_a_count_begins_at_once() -> None:
    client = Scripted()
    rule = client.on("SELECT x", rows=[(1,)])
    client.say("SELECT x")
    client.say("SELECT x")
    rule.then(error(1205)).times(1).then(ok()).times(3).forever()
    assert codes(client.say("SELECT x")) == [1205]
    assert codes(client.say("SELECT x")) == []


@pytest.mark.parametrize(
    ("bound", "answered"),
    [
        ({"user": "spec"}, True),
        ({"user": "ann"}, False),
        ({"database": "spec"}, True),
        ({"database": "shop"}, False),
        ({"connection_id": 1}, True),
        ({"connection_id": 2}, False),
        ({"args": ("a",)}, False),
    ],
)
def test_a_rule_can_be_bound(bound: dict[str, Any], answered: bool) -> None:
    client = Scripted()
    rule = client.on("SELECT 'x'", rows=[("scripted",)], **bound)
    assert client.rows("SELECT 'x'") == [("scripted" if answered else "x",)]
    assert next(iter(bound)) in str(rule)


def test_a_rule_of_a_server_that_runs_for_days_keeps_no_calls() -> None:
    client = Scripted()
    rule = client.on("SELECT 'x'", ok())
    rule.keeps_calls = False
    client.say("SELECT 'x'")
    assert (rule.used, rule.calls) == (1, [])


def test_a_script_comes_in_order() -> None:
    client = Scripted()
    rules = client.desk.script([("BEGIN", ok()), ("INSERT*", ok(1)), ("INSERT*", error(1062)), ("COMMIT", error(1213))])
    assert codes(client.say("INSERT INTO t VALUES (1)")), "it is not its turn"
    client.say("BEGIN")
    assert client.ok("INSERT INTO t VALUES (1)").affected_rows == 1
    assert codes(client.say("INSERT INTO t VALUES (1)")) == [1062]
    assert not rules[3].used
    assert codes(client.say("COMMIT")) == [1213]
    assert all(rule.is_satisfied for rule in rules)


def test_a_function_is_given_the_call_and_returns_an_answer() -> None:
    client = Scripted(database="spec")
    seen: list[Call] = []

    def answer(call: Call) -> object:
        seen.append(call)
        assert call.match is not None
        return result([(int(call.match[1]) * 2,)])

    client.on(re.compile(r"double (\d+)"), answer)
    client.say("BEGIN")
    client.bench.now += 5
    assert client.rows("SELECT double 21") == [(42,)]
    call = seen[0]
    assert (call.args, call.connection_id, call.user, call.database, call.at) == (None, 1, "spec", "spec", 1005.0)
    assert (call.in_transaction, call.autocommit) == (True, True)
    assert str(call) == "connection 1 ('spec'): SELECT double 21"


@pytest.mark.parametrize("answer", [lambda call: 1 / 0, lambda call: "rows"])
def test_a_function_that_goes_wrong_is_told_to_client_and_test(answer: Callable[[Call], object]) -> None:
    client = Scripted()
    client.on("SELECT x", answer)
    failure = client.failure("SELECT x")
    assert (failure.code, failure.message[:47]) == (1105, "fakemysql: the function that answers 'SELECT x'")
    with pytest.raises(AssertionError, match=r"the function of on\('SELECT x'\) raised (ZeroDivision|Type)Error"):
        client.desk.assert_all_used()
    assert client.rows("SELECT 1") == [(1,)]


def test_what_is_passed_on_goes_to_rules_that_were_registered_before_alone() -> None:
    client = Scripted()
    client.on("SELECT 1", pass_on())
    client.on("SELECT 1", pass_on(), times=1)
    client.on("SELECT 1", rows=[("last",)], times=1)
    assert [client.rows("SELECT 1") for _ in range(3)] == [[("last",)], [(1,)], [(1,)]]


def test_what_is_passed_on_is_answered_by_the_rule_before_or_by_the_engine() -> None:
    client = Scripted()
    client.on("SELECT 2", rows=[("rule",)])
    counted = client.on("SELECT *", pass_on())
    assert client.rows("SELECT 2") == [("rule",)]
    assert client.rows("SELECT 3") == [(3,)]
    assert counted.used == 2
    assert isinstance(client.prepare("SELECT 2, ?"), Description)


def test_a_delay_is_a_pause_that_a_kill_ends() -> None:
    client = Scripted()
    client.on("SELECT slow", rows=[(1,)], delay=5)
    steps = client.steps("SELECT slow")
    assert next(steps) == Pause(5, "executing")
    client.bench.now += 2
    assert steps.send(Woken.AWAKENED) == Pause(3, "executing"), "a lock that came free is nothing to it"
    assert isinstance(steps.send(Woken.ELAPSED), Columns)
    assert codes(client.say("SELECT slow", woken=Woken.KILLED)) == [1317]


# ----------------------------------------------------------------------------------------------------------- the status


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ([], "SELECT a FROM t", AUTOCOMMIT),
        (["SET autocommit=0"], "SELECT a FROM t", IN_TRANS),
        (["SET autocommit=0"], "(SELECT a FROM t)", IN_TRANS),
        (["SET autocommit=0"], "WITH x AS (SELECT 1) SELECT a FROM x", 0),
        (["SET autocommit=0"], "SELECT 'a from t'", 0),
        (["SET autocommit=0"], "SELECT 1 FROM DUAL", 0),
        (["SET autocommit=0"], "INSERT INTO t VALUES (1)", IN_TRANS),
        (["SET autocommit=0"], "SHOW WHATEVER", 0),
        (["BEGIN"], "UPDATE t SET a = 1", AUTOCOMMIT | IN_TRANS),
        (["BEGIN"], "CREATE TABLE t (a INT)", AUTOCOMMIT),
        (["BEGIN"], "CREATE TEMPORARY TABLE t (a INT)", AUTOCOMMIT | IN_TRANS),
        (["BEGIN"], "COMMIT", AUTOCOMMIT),
        (["BEGIN"], "ROLLBACK", AUTOCOMMIT),
        ([], "BEGIN", AUTOCOMMIT | IN_TRANS),
        ([], "SET autocommit = 0", 0),
        (["SET autocommit=0", "BEGIN"], "LOCK TABLES t READ", IN_TRANS),
        ([], "SET nosuch = 1", AUTOCOMMIT),
    ],
)
def test_an_ok_says_what_the_session_is_like_after_it(
    persona: str, before: list[str], statement: str, after: int
) -> None:
    """The statement counts as carried out, in this answer's status and in the next."""
    client = Scripted(persona)
    for each in before:
        client.say(each)
    client.on(exact(statement), ok(2, last_insert_id=77, info="fine"))
    assert client.ok(statement) == Ok(after, 2, 77, info="fine")
    assert client.session.status == after
    assert client.rows("SELECT ROW_COUNT(), LAST_INSERT_ID()") == [(2, 77)]
    assert not client.engine.unhandled


def recorded() -> list[tuple[str, str, int, int]]:
    """Persona, statement, and the status after it: under autocommit=0, and inside of BEGIN."""
    lines = (Path(__file__).parent / "data" / "scripted-status.txt").read_text().splitlines()
    fields = [line.split("|") for line in lines if not line.startswith("#")]
    names = {"mariadb": "mariadb-10.11", "mysql": "mysql-9.7"}
    return [(names[server], statement, int(off), int(begun)) for server, statement, off, begun in fields]


# What only the definition of something tells: a procedure that uses no table; a WITH that nobody reads from.
UNSEEN = {("mysql-9.7", "WITH x AS (SELECT * FROM t) SELECT 1")} | {
    (persona, "CALL p()") for persona in ("mysql-9.7", "mariadb-10.11")
}


@pytest.mark.parametrize(("persona", "statement", "off", "begun"), recorded())
def test_the_status_is_what_the_servers_told_of_such_statements(
    persona: str, statement: str, off: int, begun: int
) -> None:
    for before, after in (("SET autocommit=0", off), ("BEGIN", begun)):
        client = Scripted(persona)
        client.say(before)
        client.on(exact(statement), ok())
        differs = client.ok(statement).status != after
        assert differs is ((persona, statement) in UNSEEN and before != "BEGIN")


@pytest.mark.parametrize(
    ("statement", "reads"),
    [
        ("SELECT EXTRACT(YEAR FROM NOW()), TRIM(LEADING 'x' FROM 'xy')", False),
        ("SELECT EXTRACT(YEAR FROM a) FROM t", True),
        ("SELECT (1) FROM (SELECT 1) x JOIN t", True),
        ("SELECT 1)", False),
        ("SHOW FULL TABLES", True),
        ("DESC SELECT 1", False),
        ("FROM", False),
        ("(", False),
    ],
)
def test_a_table_is_found_where_one_is_read(statement: str, reads: bool) -> None:
    client = Scripted()
    client.say("SET autocommit=0")
    client.on(exact(statement), ok())
    assert bool(client.ok(statement).status & IN_TRANS) is reads


def test_a_result_may_have_no_rows() -> None:
    client = Scripted()
    client.on("SELECT a FROM t", rows=[], columns="a:int")
    assert [type(step) for step in client.say("SELECT a FROM t")] == [Columns, End]


def test_an_engine_that_keeps_no_list_of_the_unknown_can_be_scripted() -> None:
    client = Scripted(unknown=ok())
    client.on("COMMIT", ok(7))
    del client.engine.unhandled
    assert client.ok("COMMIT").affected_rows == 7


def test_rows_move_the_session_too() -> None:
    client = Scripted()
    client.say("SET autocommit=0")
    client.on("SELECT a FROM t", rows=[(1,), (2,)])
    assert statuses(client.say("SELECT a FROM t")) == [IN_TRANS]
    assert client.rows("SELECT FOUND_ROWS(), ROW_COUNT()") == [(2, -1)]


@pytest.mark.parametrize(("code", "stays_open"), [(1213, False), (1205, True), (1062, True)])
def test_a_deadlock_rolls_the_transaction_back(code: int, stays_open: bool) -> None:
    client = Scripted()
    client.on("UPDATE*", error(code))
    client.say("BEGIN")
    assert codes(client.say("UPDATE t SET a = 1")) == [code]
    assert bool(client.session.status & IN_TRANS) is stays_open
    assert client.rows("SHOW ERRORS")[0][1] == code


def test_warnings_are_counted_and_shown() -> None:
    client = Scripted()
    client.on("INSERT*", ok(1, warnings=[("Warning", 1265, "Data truncated"), ("Note", 1, "n")]))
    assert client.ok("INSERT INTO t VALUES (1)").warnings == 2
    assert client.rows("SHOW WARNINGS") == [("Warning", 1265, "Data truncated"), ("Note", 1, "n")]
    client.on("SELECT w", result([(1,)], warnings=1))
    assert [step.warnings for step in client.say("SELECT w") if isinstance(step, Columns | End)] == [1, 1]


# ------------------------------------------------------------------------------------------------------ several at once


def test_each_statement_of_a_text_is_matched_by_itself() -> None:
    client = Scripted(capabilities=c.CLIENT_MULTI_STATEMENTS)
    client.on("SELECT 'b'", rows=[("scripted",)], times=1)
    steps = client.say("SELECT 'a'; SELECT 'b'; SELECT ';'; SELECT 'b'")
    assert [row for step in steps if isinstance(step, Rows) for row in step.rows] == [
        ("a",),
        ("scripted",),
        (";",),
        ("b",),
    ]
    assert statuses(steps) == [AUTOCOMMIT | MORE] * 3 + [AUTOCOMMIT]
    assert [call.statement for call in client.desk.rules.missed] == ["SELECT 'a'", "SELECT ';'", "SELECT 'b'"]


def test_empty_statements_of_a_text_are_none() -> None:
    client = Scripted(capabilities=c.CLIENT_MULTI_STATEMENTS)
    client.on("SELECT 'b'", rows=[("scripted",)])
    assert client.rows("SELECT 'b';; SELECT 'b'; ;") == [("scripted",), ("scripted",)]
    assert codes(client.say(" ; ")) == [1065]


def test_nothing_follows_an_error() -> None:
    client = Scripted(capabilities=c.CLIENT_MULTI_STATEMENTS)
    client.on("SELECT 'b'", error(1064))
    assert codes(client.say("SELECT 'a'; SELECT 'b'; SELECT 'c'")) == [1064]
    assert client.say("SELECT 'b'; SELECT 'c'") == [Failure(1064, "42000", "You have an error in your SQL syntax")]
    client.on("SELECT 'd'", ok())
    assert codes(client.say("SELECT nosuch; SELECT 'd'")) == [1054]


def test_a_client_that_may_send_one_is_matched_by_its_whole_text() -> None:
    client = Scripted()
    client.on("SELECT 'b'", rows=[("scripted",)])
    assert codes(client.say("SELECT 'a'; SELECT 'b'")) == [1064]


def test_one_statement_can_have_several_results() -> None:
    client = Scripted()
    client.on("CALL report()", [result([(1,)]), ok(3), result([("x",)], "name"), ok()])
    steps = client.say("CALL report()")
    assert statuses(steps) == [AUTOCOMMIT | MORE] * 3 + [AUTOCOMMIT]
    client.on("CALL fails()", [result([(1,)]), error(1644)])
    steps = client.say("CALL fails()")
    assert (statuses(steps), codes(steps)) == ([AUTOCOMMIT | MORE], [1644])


# ------------------------------------------------------------------------------------------------------------- prepared


@pytest.mark.parametrize("persona", ["mysql-9.7", "mariadb-10.11"])
def test_a_prepared_statement_is_described_and_executed_by_its_rule(persona: str) -> None:
    client = Scripted(persona)
    rule = client.on("SELECT id FROM users WHERE name = ?*", rows=[(7,)], columns="id:int")
    description = client.prepare("SELECT id FROM users WHERE name = ? AND note <> '?' /* ? */")
    assert isinstance(description, Description)
    assert (len(description.parameters), [column.name for column in description.columns]) == (1, ["id"])
    assert rule.used == 0, "a prepare is no use"
    assert [step.rows for step in client.execute(description, "ann") if isinstance(step, Rows)] == [((7,),)]
    assert rule.calls[0].args == ("ann",)
    assert str(rule.calls[0]).endswith("with ('ann',)")


def test_executions_are_told_apart_by_their_values() -> None:
    client = Scripted()
    client.on("SELECT ?", rows=[("any",)])
    client.on("SELECT ?", rows=[("ann's",)], args=("ann",))
    client.on("SELECT ?", error(1644), args=lambda args: args[0].startswith("x"))
    description = client.prepare("SELECT ?")
    assert codes(client.execute(description, "xyz")) == [1644]
    assert [step.rows for step in client.execute(description, "ann") if isinstance(step, Rows)] == [(("ann's",),)]
    assert [step.rows for step in client.execute(description, "bob") if isinstance(step, Rows)] == [(("any",),)]


def test_a_rule_that_is_used_up_lets_the_engine_execute() -> None:
    client = Scripted()
    rule = client.on("SELECT ?", rows=[("scripted",)], times=1)
    description = client.prepare("SELECT ?")
    client.execute(description, "x")
    assert [step.rows for step in client.execute(description, "x") if isinstance(step, Rows)] == [[("x",)]]
    unknown = client.on("SELECT nosuch, ?", ok(), times=1)
    description = client.prepare("SELECT nosuch, ?")
    client.execute(description, "x")
    assert codes(client.execute(description, "x")) == [1054]
    rule.remove()
    unknown.remove()
    assert codes(client.execute(description, "x")) == [1054], "also when no rule is left"


def test_a_statement_that_was_prepared_before_there_were_rules_is_matched_too() -> None:
    client = Scripted()
    description = client.prepare("SELECT ?")
    client.on("SELECT ?", rows=[("scripted",)], times=1)
    client.session.info = "SELECT ?"
    assert [step.rows for step in client.execute(description, "x") if isinstance(step, Rows)] == [(("scripted",),)]
    assert [step.rows for step in client.execute(description, "x") if isinstance(step, Rows)] == [[("x",)]]


def test_a_function_can_tell_its_columns_to_a_prepare() -> None:
    client = Scripted()
    client.on("SELECT double(?)", lambda call: result([(call.args[0] * 2,)], "d"), columns="d:varchar(9)")
    client.on("CALL both()", [result([(1,)], "first"), ok()])
    client.on("DELETE*", error(1205))
    description = client.prepare("SELECT double(?)")
    assert isinstance(description, Description)
    assert [column.name for column in description.columns] == ["d"]
    assert [step.rows for step in client.execute(description, "ab") if isinstance(step, Rows)] == [(("abab",),)]
    both = client.prepare("CALL both()")
    assert isinstance(both, Description)
    assert [column.name for column in both.columns] == ["first"]
    delete = client.prepare("DELETE FROM t WHERE a = ?")
    assert isinstance(delete, Description)
    assert delete.columns == (), "an error comes at the execution"
    assert codes(client.execute(delete, "x")) == [1205]


# ------------------------------------------------------------------------------------------------------- unknown, clear


def test_statements_that_the_engine_does_not_know_can_have_an_answer() -> None:
    client = Scripted(unknown=ok(), capabilities=c.CLIENT_MULTI_STATEMENTS)
    assert client.ok("INSTALL PLUGIN x SONAME 'y'").status == AUTOCOMMIT
    assert statuses(client.say("SELECT 1; INSTALL PLUGIN x SONAME 'y'; SELECT 2")) == [
        AUTOCOMMIT | MORE,
        AUTOCOMMIT | MORE,
        AUTOCOMMIT,
    ]
    assert codes(client.say("SELECT nosuch")) == [1054]
    description = client.prepare("INSTALL PLUGIN x SONAME 'y'")
    assert [type(step) for step in client.execute(description)] == [Ok]
    assert isinstance(client.prepare("SELECT nosuch"), Failure)
    assert client.engine.unhandled == []


def test_a_function_can_choose_which_unknown_statements_it_answers() -> None:
    client = Scripted(unknown=lambda call: ok() if "good" in call.statement else pass_on())
    assert client.ok("INSTALL PLUGIN good SONAME 'y'").status == AUTOCOMMIT
    assert codes(client.say("INSTALL PLUGIN bad SONAME 'y'")) == [1235]
    assert client.engine.unhandled == ["INSTALL PLUGIN bad SONAME 'y'"]
    assert client.engine.unhandled[0].connection_id == 1
    broken = Scripted(unknown=lambda call: 1 / 0)
    assert codes(broken.say("INSTALL PLUGIN x SONAME 'y'")) == [1105]
    with pytest.raises(AssertionError, match="the function of unknown= raised ZeroDivisionError"):
        broken.desk.assert_all_used()


def test_an_engine_without_rules_is_not_wrapped() -> None:
    client = Scripted()
    assert client.around.engine is client.engine
    rule = client.on("SELECT 1", ok())
    assert client.around.engine is not client.engine
    assert client.around.engine.statistics().startswith("Uptime")
    rule.remove()
    assert client.around.engine is client.engine
    client.on("SELECT 1", ok())
    client.desk.clear()
    assert client.around.engine is client.engine


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "say what is answered: rows="),
        ({"answer": ok(), "rows": [(1,)]}, "give either rows= or an answer, not both"),
        ({"answer": ok(), "columns": "a"}, "columns= belongs to rows="),
        ({"answer": "ok"}, "an answer is result"),
        ({"answer": ok(), "delay": -1}, "delay is in seconds from 0; got -1"),
        ({"answer": ok(), "times": 0}, "times counts from 1; got 0"),
        ({"answer": type(ok())}, "an answer is result"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        FakeServer().on("SELECT 1", **arguments)


# ----------------------------------------------------------------------------------------------------- what is asserted


def complaint(client: Scripted) -> str:
    with pytest.raises(AssertionError) as caught:
        client.desk.assert_all_used()
    return str(caught.value)


def test_a_rule_that_was_not_used_is_told_with_what_nearly_was() -> None:
    client = Scripted()
    client.on("SELECT name FROM users WHERE id = 1", ok())
    client.say("SELECT name FROM user WHERE id = 1")
    client.say("COMMIT")
    told = complaint(client)
    assert "  on('SELECT name FROM users WHERE id = 1'): used never, wanted at least once" in told.splitlines()
    assert "      nearly: connection 1 ('spec'): SELECT name FROM user WHERE id = 1" in told.splitlines()
    assert "COMMIT" not in told


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        ({"user": "ann"}, "the rule is for user='ann', and this had 'spec'"),
        ({"database": "shop"}, "the rule is for database='shop', and this had 'spec'"),
        ({"connection_id": 9}, "the rule is for connection_id=9, and this had 1"),
        ({"args": ("a",)}, "the rule is for a prepared statement with the parameters ('a',), and this had none"),
    ],
)
def test_what_kept_a_rule_from_answering_is_told(bound: dict[str, Any], why: str) -> None:
    client = Scripted()
    client.on("SELECT 'x'", ok(), **bound)
    client.say("SELECT 'x'")
    assert f"nearly: connection 1 ('spec'): SELECT 'x'; {why}" in complaint(client)


def test_other_reasons_are_told_too() -> None:
    client = Scripted()
    args = client.on("SELECT ?", ok(), args=("a",))
    client.execute(client.prepare("SELECT ?"), "b")
    assert "the rule is for the parameters ('a',), and there were ('b',)" in complaint(client)
    args.remove()
    client.desk.clear()
    client.say("SELECT 'early'")
    client.on("SELECT 'other'", ok()).optional()
    client.say("SELECT 'early'")
    client.on("SELECT 'early'", ok())
    assert "SELECT 'early'; it came before the rule" in complaint(client)
    client.desk.clear()
    client.desk.script([("SELECT 'a'", ok()), ("SELECT 'b'", ok())])
    client.say("SELECT 'b'")
    assert """it was not its turn: "SELECT 'a'" comes first""" in complaint(client)
    client.desk.clear()
    client.on("SELECT 'x'", ok()).times(2)
    client.on("SELECT 'x*'", rows=[(1,)])
    client.say("SELECT 'x'")
    assert "answered by on(\"SELECT 'x*'\"): connection 1" in complaint(client)
    client.desk.clear()
    client.on("SELECT 'x'", ok()).times(2)
    client.say("SELECT 'x'")
    told = complaint(client)
    assert "used once, wanted 2 times" in told
    assert "nothing like it came; 0 other statements did" in told
    client.on("SELECT 'long'", ok(), user="ann")
    client.say("SELECT 'long' /*" + "x" * 500 + "*/")
    assert "xxx...; the rule is for user" in complaint(client)


def test_nothing_is_said_of_rules_that_were_used_or_need_not_be() -> None:
    client = Scripted()
    client.on("SELECT 1", ok()).optional()
    client.on("SELECT 2", ok()).times(1)
    client.say("SELECT 2")
    client.desk.assert_all_used()
    assert client.desk.rules.all[1].hindrance(client.desk.rules.all[1].calls[0]) == "the rule was used up"


# ----------------------------------------------------------------------------------------------------------------- JSON


def test_rules_are_read_from_json() -> None:
    client = Scripted()
    text = """[
      {"on": "SELECT a FROM t*", "columns": "a:int, b", "rows": [[1, "x"], [null, "y"]], "times": 1,
       "then": [{"error": 1213, "times": 2}, {"ok": true}]},
      {"exact": "SELECT *", "rows": [[{"date": "2024-02-29"}, {"decimal": "1.50"}, {"hex": "ff00"},
        {"datetime": "2024-02-29 12:00:00"}, {"time": "-12:30:00.5"}, 1.5, true]]},
      {"regex": "^INSERT .* (?i:orders)", "delay": 0,
       "ok": {"affected_rows": 1, "last_insert_id": 77, "warnings": [["Note", 1, "n"]]},
       "user": "spec", "database": "spec"},
      {"on": "CALL p()", "results": [{"rows": [[1]], "columns": [["n", "int"]]}, {"ok": {}}]},
      {"on": "DROP*", "error": {"code": 9999, "message": "no"}, "then": {"pass_on": true}},
      {"on": "EXECUTED", "args": [1, null], "ok": true}
    ]"""
    rules = register(text, client.on)
    assert len(rules) == 6
    assert client.rows("SELECT a FROM t") == [(1, "x"), (None, "y")]
    assert [codes(client.say("SELECT a FROM t")) for _ in range(3)] == [[1213], [1213], []]
    assert client.rows("SELECT *") == [
        (
            dt.date(2024, 2, 29),
            Decimal("1.50"),
            b"\xff\x00",
            dt.datetime(2024, 2, 29, 12),
            -dt.timedelta(hours=12, minutes=30, seconds=0.5),
            1.5,
            True,
        )
    ]
    inserted = client.ok("INSERT INTO ORDERS VALUES (1)")
    assert (inserted.last_insert_id, inserted.warnings) == (77, 1)
    assert statuses(client.say("CALL p()")) == [AUTOCOMMIT | MORE, AUTOCOMMIT]
    assert codes(client.say("DROP x")) == [9999]
    assert rules[5].args == (1, None)
    assert register('{"rules": [{"on": "A", "rows": [{"a": 1}]}]}', client.on)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"on": "A",}]', r"rules\.json: line 1, column \d+: "),
        ('{"on": "A", "ok": true}', r"rules\.json: a list of rules is wanted, .*; this is an object"),
        ("17", "this is a number"),
        ("[17]", r"rules\[0\]: an object is wanted, \{...\}; this is a number"),
        ('[{"ok": true}]', r"rules\[0\]: one of on, exact, regex is wanted; there is none"),
        ('[{"on": "A", "regex": "B", "ok": true}]', r"one of on, exact, regex is wanted; there are on and regex"),
        ('[{"on": 1, "ok": true}]', r"rules\[0\]\.on: the text of a statement is wanted; this is a number"),
        ('[{"on": "A"}]', r"rules\[0\]: one of rows, ok, error, results, pass_on is wanted; there is none"),
        ('[{"on": "A", "okay": true}]', r"rules\[0\]: there is no 'okay'; there are args, columns, database"),
        ('[{"on": "A", "ok": true, "user": 1}]', r"rules\[0\]\.user: a text is wanted; this is a number"),
        ('[{"on": "A", "ok": true, "delay": "1"}]', r"rules\[0\]\.delay: seconds from 0 are wanted; this is '1'"),
        ('[{"on": "A", "ok": true, "times": 0}]', r"rules\[0\]\.times: a count from 1 is wanted; this is 0"),
        ('[{"on": "A", "ok": true, "columns": "a"}]', r"rules\[0\]\.columns: columns belong to rows"),
        ('[{"on": "A", "ok": {"affected_rows": -1}}]', r"rules\[0\]\.ok: affected_rows is a count"),
        ('[{"on": "A", "error": 9999}]', r"rules\[0\]\.error: error 9999 is not known here"),
        ('[{"on": "A", "error": {"message": "x"}}]', r"rules\[0\]\.error: the code is missing"),
        ('[{"on": "A", "error": null}]', r"rules\[0\]\.error: an object is wanted, \{...\}; this is null"),
        ('[{"on": "A", "rows": 1}]', r"rules\[0\]\.rows: a list of rows is wanted; this is a number"),
        ('[{"on": "A", "rows": ["a"]}]', r"rules\[0\]\.rows\[0\]: a list of values is wanted; this is a text"),
        ('[{"on": "A", "rows": [[{"place": "1 1"}]]}]', r"rules\[0\]\.rows\[0\]\[0\]: .* is no value"),
        ('[{"on": "A", "rows": [[[1]]]}]', r"rules\[0\]\.rows\[0\]\[0\]: \[1\] is no value; beside those of JSON"),
        ('[{"on": "A", "rows": [[{"date": "x"}]]}]', r"rules\[0\]\.rows\[0\]\[0\]: 'x' is no date"),
        ('[{"on": "A", "rows": [[{"time": "x"}]]}]', r"rules\[0\]\.rows\[0\]\[0\]: 'x' is no time"),
        ('[{"on": "A", "rows": [[1], [1, 2]]}]', r"rules\[0\]\.rows: rows\[1\] has 2 values for 1 columns"),
        ('[{"on": "A", "rows": [[1]], "columns": 1}]', r'rules\[0\]\.columns: "id:int, name" or a list is wanted'),
        ('[{"on": "A", "results": []}]', r"rules\[0\]\.results: a list of answers is wanted; this is a list"),
        ('[{"on": "A", "results": [{"ok": 1}]}]', r"rules\[0\]\.results\[0\]\.ok: an object is wanted"),
        ('[{"on": "A", "ok": true, "then": 1}]', r"rules\[0\]\.then: an object is wanted"),
        ('[{"on": "A", "ok": true, "then": [{"on": "B"}]}]', r"rules\[0\]\.then\[0\]: there is no 'on'"),
        ('[{"regex": "(", "ok": true}]', r"rules\[0\]\.regex: '\(' is no regular expression: "),
        ('[{"on": "A", "ok": true, "args": 1}]', r"rules\[0\]\.args: a list of values is wanted"),
    ],
)
def test_a_file_that_makes_no_sense_is_told_by_its_place(text: str, message: str) -> None:
    registered: list[object] = []
    with pytest.raises(BadScript, match=message):
        register(text, registered.append, "rules.json")  # type: ignore[arg-type]
    assert registered == []
