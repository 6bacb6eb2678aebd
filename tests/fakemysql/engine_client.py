"""A client of the engine without a wire: says statements, resumes pauses as a test wishes, reads the steps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from fakemysql.answers import Columns, End, Failure, Ok, Pause, Rows, Woken
from fakemysql.persona import PERSONAS
from fakemysql.sql import values
from fakemysql.sql.accounts import Accounts
from fakemysql.sql.engine import SessionEngine
from fakemysql.sql.instance import Instance
from fakemysql.sql.session import Login

from . import golden

if TYPE_CHECKING:
    from fakemysql.answers import Column, Step, Steps
    from fakemysql.sql.session import Session

NOW = dt.datetime(2023, 11, 14, 22, 13, 20, 123456)


class Bench:
    """One server's engine, with a clock that the test moves."""

    def __init__(self, persona: str = "mysql-9.7", **options: Any) -> None:
        self.now = 1000.0
        self.wall = NOW
        accounts = Accounts({"spec": ""}, PERSONAS[persona])
        given = {"databases": ["spec", "test"], "random": Random(7), "accounts": accounts}
        settings: dict[str, Any] = given | options
        self.instance = Instance(PERSONAS[persona], wall=lambda: self.wall, clock=lambda: self.now, **settings)
        self.engine = SessionEngine(self.instance)
        self._last_id = 0

    def login(self, **fields: Any) -> Client:
        self._last_id += 1
        collation = 45 if self.instance.dialect.mariadb else 255
        settings: dict[str, Any] = {"user": "spec", "database": "spec", "collation": collation} | fields
        settings.setdefault("account", self.instance.accounts.get(settings["user"]))
        return Client(self, self.engine.open_session(Login(self._last_id, **settings)))


class Client:
    """One session and what it says."""

    def __init__(self, bench: Bench, session: Session) -> None:
        self.bench = bench
        self.engine = bench.engine
        self.session = session

    def steps(self, statement: str | bytes) -> Steps:
        """The statement's steps, for a test that resumes them itself."""
        data = statement.encode("utf-8", "surrogateescape") if isinstance(statement, str) else statement
        return self.engine.query(self.session, data)

    def say(self, statement: str | bytes, *, woken: Woken = Woken.ELAPSED) -> list[Step]:
        """All steps, each pause ended in the same way."""
        steps = self.steps(statement)
        said: list[Step] = []
        answer: Woken | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return said
            said.append(step)
            answer = woken if isinstance(step, Pause) else None

    def ok(self, statement: str | bytes) -> Ok:
        said = self.say(statement)
        assert len(said) == 1, said
        assert isinstance(said[0], Ok), said
        return said[0]

    def failure(self, statement: str | bytes) -> Failure:
        last = self.say(statement)[-1]
        assert isinstance(last, Failure), last
        return last

    def rows(self, statement: str | bytes) -> list[tuple[Any, ...]]:
        """The rows of the last result set, as values."""
        said = self.say(statement)
        assert not isinstance(said[-1], Failure), said[-1]
        return [tuple(row) for step in said if isinstance(step, Rows) for row in step.rows]

    def value(self, expression: str) -> Any:
        ((value,),) = self.rows(f"SELECT {expression}")
        return value

    def column(self, expression: str) -> Column:
        for step in self.say(f"SELECT {expression}"):
            if isinstance(step, Columns):
                return step.columns[0]
        raise AssertionError(f"no columns: {expression}")

    def status(self, statement: str) -> int | Failure:
        """The status word of the answer's last packet."""
        last = self.say(statement)[-1]
        if isinstance(last, (Ok, End)):
            return last.status
        assert isinstance(last, Failure)
        return last

    def warnings(self) -> list[list[str | None]]:
        return [[str(cell) for cell in row] for row in self.rows("SHOW WARNINGS")]

    def describe(self, question: str, statement: str) -> str:
        """The answer as a golden line."""
        said = self.say(statement)
        last = said[-1]
        if isinstance(last, Failure):
            return golden.describe_error(last.code, last.message)
        if isinstance(last, Ok):
            return golden.describe_ok(last.affected_rows, last.status, last.warnings)
        columns = next(step for step in said if isinstance(step, Columns)).columns
        rows = [
            [cell_text(value, column) for value, column in zip(row, columns, strict=True)]
            for step in said
            if isinstance(step, Rows)
            for row in step.rows
        ]
        described = [
            (each.name, each.type, each.column_length, each.flags, each.decimals, each.character_set)
            for each in columns
        ]
        return golden.describe_rows(question, described, rows, self.warnings())


def cell_text(value: Any, column: Column) -> str | bytes | None:
    """A cell as the text protocol writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value if column.character_set == 63 else value.decode()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return values.double_text(value, column.decimals)
    if isinstance(value, dt.datetime):
        return values.datetime_text(value, column.decimals)
    if isinstance(value, dt.timedelta):
        return values.time_text(value, column.decimals)
    return values.date_text(value) if isinstance(value, dt.date) else str(int(value))
