"""What the servers answered in dialogues about tables, asked of the fake: types, errors, snapshots, waits, deadlocks.

A difference is mended, or listed here with its reason; one that is listed and no longer there fails too.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from fakemysql.answers import Columns, End, Failure, Ok, Pause, Rows, Wake, Woken
from fakemysql.constants import FIELD_TYPE_FLOAT, ZEROFILL_FLAG
from fakemysql.rows import number_text

from . import dialogues, golden
from .dialogues import WAITS
from .engine_client import Bench, Client, cell_text

_COSTS = "the optimizer weighs costs, of a table with two rows at that"
_ORDERS = "which of two tables is read first is a matter of costs, and where rows are sorted follows from it"
_MERGED = "the condition around a query in FROM, or of a query in IN, is not looked at inside of it"
_NO_GOOD = "which indexes were thought of and not used is not told"
_LATE = "what a function reads is known when it has run, and columns have been sent by then"
_COPY = "the name of the copy that a server makes"
_SUMS = "a sum with an ENUM or a SET is a double here, as MySQL has it"

_SIDES = "tables side by side"
_INSIDE = "queries inside of queries"
_KEYS = "foreign keys"
_FUNCTIONS = "stored functions"
_PAIRS = "select t1.name, t2.name from a as t1 cross join a t2 where t1.id < t2.id order by t1.id, t2.id"
_INNER = "select * from (select id, name from a) as d where id > 1"

# Dialogue, statement, and why the fake answers otherwise.
KNOWN: dict[str, dict[tuple[str, str], str]] = {
    "mariadb-10.11": {
        ("what the status word tells of indexes", "select id from t where id in (1,2)"): _COSTS,
        ("keys, ways to rows, duplicates", "select * from k4 where id>0 and n>'0'"): _COSTS,
        ("lists as numbers", "select e+0, s+0 from l"): _SUMS,
        ("tables made of queries", "show create table c5"): "a UNION keeps no default of its columns",
        (_KEYS, "alter table c add  foreign key (p_id) references p (id)"): _COPY,
        ("ALTER TABLE", "alter table t modify caption int"): "an error of its own for values that become numbers",
        (_FUNCTIONS, "select cnt()"): _LATE,
        (_FUNCTIONS, "set @x = cnt() + 1"): _LATE,
        (_FUNCTIONS, "insert into t values (cnt(), g(5))"): _LATE,
        (_SIDES, _PAIRS): _NO_GOOD,
        (
            _INSIDE,
            "select a.id, (select v from b where b.a_id = a.id order by b.id desc limit 1) as v from a where a.id > 0",
        ): _COSTS,
        (_INSIDE, "select name from a where id in (select a_id from b) and id > 0"): _MERGED,
        (
            _INSIDE,
            "select name from a where id not in (select a_id from b where a_id is not null) and id > 0",
        ): _MERGED,
        (_INSIDE, _INNER): _MERGED,
    },
    "mysql-9.7": {
        (_KEYS, "alter table c add  foreign key (p_id) references p (id)"): _COPY,
        (
            _KEYS,
            "select constraint_name, table_name, column_name, ordinal_position, referenced_table_name,"
            " referenced_column_name from information_schema.key_column_usage where constraint_schema = database()"
            " and table_name in ('cas', 'nul') and referenced_table_name is not null order by 1, 2",
        ): _COSTS,
        (
            _KEYS,
            "select constraint_name, constraint_type from information_schema.table_constraints"
            " where table_schema = database() and table_name = 'nul' order by 1",
        ): _COSTS,
        ("ALTER TABLE", "show index from t"): "how many values an index has is an estimate",
        (_SIDES, _PAIRS): _NO_GOOD,
        (_SIDES, "select * from a, b where a.id = b.a_id order by b.id"): _ORDERS,
        (_SIDES, "select a.name, b.v from a join b on a.id = b.a_id order by b.id"): _ORDERS,
        (_SIDES, "select b.*, a.* from b right join a on a.id = b.a_id"): _ORDERS,
        (_SIDES, "select * from b right join a using (id) order by a.id"): _ORDERS,
        (
            _SIDES,
            "select * from (a join b on a.id=b.a_id) left join a as c on c.id=b.id+1 order by b.id",
        ): _ORDERS,
        (_SIDES, "select distinct b.e from a join b on a.id=b.a_id order by b.e"): _ORDERS,
        (
            _INSIDE,
            "select a.id, (select count(*) from b where b.a_id = a.id) as n from a where a.id > 0",
        ): "AUTO_INCREMENT is a flag that a column named in a query inside loses",
        (_INSIDE, "select a.id from a where x > (select avg(z.x) from a z where z.id <= a.id)"): _NO_GOOD,
        (_INSIDE, _INNER): _MERGED,
        ("changes", "select * from t where v like 'a%' and not id=1"): _COSTS,
        ("keys, ways to rows, duplicates", "select * from k4 where id between 1 and 2"): _COSTS,
        ("keys, ways to rows, duplicates", "select * from k4 where id>0 and n>'0'"): _COSTS,
        (
            "defaults of SHOW and information_schema",
            "select index_name, seq_in_index, column_name, non_unique from information_schema.statistics"
            " where table_schema='fm_tables'",
        ): "the order in which a join of six tables of the dictionary comes out",
        (
            "defaults of SHOW and information_schema",
            "create table w like u",
        ): "a warning of the definition that is copied",
    },
}

# Moments that are those of the recording.
_VOLATILE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class Room:
    """The sessions of one dialogue: whoever is woken by another goes on at once."""

    def __init__(self, persona: str, database: str) -> None:
        self.database = database
        self.bench = Bench(persona, databases=[database])
        self.clients: dict[str, Client] = {}
        self.speeches: dict[int, Speech] = {}

    def client(self, speaker: str) -> Client:
        if speaker not in self.clients:
            self.clients[speaker] = self.bench.login(database=self.database)
        return self.clients[speaker]

    def say(self, line: dialogues.Line) -> str:
        client = self.client(line.speaker)
        number = client.session.connection_id
        if line.mark == "?":
            speech = self.speeches[number]
            if speech.pause is not None:
                # Nobody has woken it: time runs out.
                self.bench.now += speech.pause.seconds or 0.0
                self.go_on(speech, Woken.ELAPSED)
            return self.shown(speech)
        speech = self.speeches[number] = Speech(client, line)
        self.go_on(speech, None)
        return WAITS if speech.pause is not None else self.shown(speech)

    def go_on(self, speech: Speech, woken: Woken | None) -> None:
        speech.pause = None
        woke: list[int] = []
        while True:
            try:
                step = speech.steps.send(woken)
            except StopIteration:
                break
            woken = None
            if isinstance(step, Pause):
                speech.pause = step
                break
            if isinstance(step, Wake):
                woke.append(step.connection_id)
            else:
                speech.said.append(step)
        for number in woke:
            other = self.speeches.get(number)
            if other is not None and other.pause is not None:
                self.go_on(other, Woken.AWAKENED)

    def shown(self, speech: Speech) -> str:
        """The answer as a line, asked for once, since that empties the list of warnings."""
        if not speech.shown:
            speech.shown = describe(speech)
        return speech.shown


class Speech:
    """One statement under way."""

    def __init__(self, client: Client, line: dialogues.Line) -> None:
        self.client = client
        self.line = line
        self.steps = client.steps(line.statement)
        self.said: list[Any] = []
        self.pause: Pause | None = None
        self.shown = ""


def describe(speech: Speech) -> str:
    results: list[list[Any]] = [[]]
    for step in speech.said:
        results[-1].append(step)
        if isinstance(step, (Ok, End, Failure)):
            results.append([])
    said = dialogues.in_turn([_describe_one(result, is_full=speech.line.mark == "*") for result in results[:-1]])
    last = results[-2][-1]
    has_warnings = not isinstance(last, Failure) and last.warnings
    return dialogues.with_warnings(said, speech.client.warnings() if has_warnings else [])


def _describe_one(result: list[Any], *, is_full: bool) -> str:
    last = result[-1]
    if isinstance(last, Failure):
        return golden.describe_error(last.code, last.message)
    if isinstance(last, Ok):
        return dialogues.describe_ok(last.affected_rows, last.status, last.last_insert_id, last.info)
    assert isinstance(last, End)
    columns = next(step for step in result if isinstance(step, Columns)).columns
    rows = [
        [_cell(value, column) for value, column in zip(row, columns, strict=True)]
        for step in result
        if isinstance(step, Rows)
        for row in step.rows
    ]
    described = [
        (each.name, each.type, each.column_length, each.flags, each.decimals, each.character_set) for each in columns
    ]
    return dialogues.describe_rows(described, rows, last.status, is_full=is_full)


def _cell(value: Any, column: Any) -> str | bytes | None:
    text: str | bytes | None
    if isinstance(value, float):
        text = number_text(value, column.decimals, single=column.type == FIELD_TYPE_FLOAT)
    else:
        text = cell_text(value, column)
    is_filled = isinstance(value, (int, float, Decimal)) and column.flags & ZEROFILL_FLAG
    return text.zfill(column.column_length) if is_filled and isinstance(text, str) else text


@pytest.mark.parametrize("persona", golden.PERSONAS)
@pytest.mark.parametrize("dialogue", dialogues.load(), ids=lambda dialogue: dialogue.name)
def test_the_fake_answers_as_the_servers_did(persona: str, dialogue: dialogues.Dialogue) -> None:
    room = Room(persona, dialogue.database)
    known = KNOWN[persona]
    different, mended = [], []
    for line in dialogue.lines:
        recorded = line.answers[golden.PERSONAS.index(persona)]
        try:
            given = room.say(line)
        except Exception as error:
            raise AssertionError(f"{line.statement}: {error!r}") from error
        is_known = (dialogue.name, line.statement) in known
        is_same = _VOLATILE.sub("moment", given) == _VOLATILE.sub("moment", recorded)
        if is_known:
            mended += [line.statement] if is_same else []
        elif not is_same:
            different.append(f"{line.speaker}{line.mark} {line.statement}\n    server: {recorded}\n    fake:   {given}")
    assert not different, f"{len(different)} answers differ:\n" + "\n".join(different)
    assert not mended, f"listed as different, and equal: {mended}"
