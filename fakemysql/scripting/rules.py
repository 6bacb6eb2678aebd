"""Rules: which statements a test answers itself, with what, and how often.

    rule = server.on("SELECT slow", rows=[(1,)], delay=0.2).times(2).then(error(1213))

A rule is a pattern, perhaps bound to a connection, a user, a database or to parameters, and a row of *stages*: an
answer, a delay, and for how many statements it holds. The last stage holds for all that come unless ``times()`` says
otherwise; one that another follows holds for one statement unless it does. Of several rules that fit, the one that was
registered last answers; a rule that is used up lets the ones before it answer, and at last the engine. A rule counts
and keeps what it matched (``calls``).

The module decides and keeps; it does not answer, wait or know the wire.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .answers import answer_of, encode_ahead, result
from .patterns import Pattern, pattern_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from ..answers import Column, Value
    from ..sql.declared import Declared
    from .answers import Answer, AnswerLike, ColumnsLike, RowsLike
    from .patterns import PatternLike

# What did not match is kept for the reports of rules that were never used.
_KEPT_MISSES: Final = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One statement that came, and the session that it came from, at that moment.

    statement is its text as sent, without the others of a multi-statement text; args are the values of a prepared
    statement's parameters, None for a statement that was sent as text. match is that of a compiled pattern.
    """

    statement: str
    args: tuple[Value, ...] | None
    connection_id: int
    user: str
    database: str | None
    in_transaction: bool
    autocommit: bool
    at: float
    match: re.Match[str] | None = None

    def __str__(self) -> str:
        args = "" if self.args is None else f" with {self.args!r}"
        return f"connection {self.connection_id} ({self.user!r}): {self.statement}{args}"


@dataclass(slots=True)
class Stage:
    """What a rule answers for a while. times is None for always; columns are those that a prepared statement is told
    of where the answer is a function."""

    answer: Answer | Callable[[Call], Any]
    delay: float
    times: int | None
    columns: tuple[Declared | Column, ...] = ()
    used: int = 0

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.used >= self.times


class Rule:
    """Made by ``server.on()``; see the module's text."""

    def __init__(
        self,
        rules: Rules,
        pattern: Pattern,
        stage: Stage,
        *,
        user: str | None,
        database: str | None,
        connection_id: int | None,
        args: Sequence[Value] | Callable[[tuple[Value, ...]], bool] | None,
        follows: Rule | None,
    ) -> None:
        self.pattern = pattern
        self.user = user
        self.database = database
        self.connection_id = connection_id
        self.args = tuple(args) if args is not None and not callable(args) else args
        self.is_optional = False
        self.calls: list[Call] = []
        """What it matched, in order."""
        self.used = 0
        """How often it matched."""
        self.keeps_calls = True
        """Whether calls grows; a server that runs for days should keep none."""
        self._rules = rules
        self._stages = [stage]
        self._follows = follows

    # ---------------------------------------------------------------------------------------------- how often, and then

    def times(self, count: int) -> Rule:
        """The answer given last holds for so many statements."""
        self._stages[-1].times = _times(count)
        return self

    def forever(self) -> Rule:
        """The answer given last holds for all statements that come; so it does anyway, unless times() was said."""
        self._stages[-1].times = None
        return self

    def then(
        self,
        answer: AnswerLike | None = None,
        *,
        rows: RowsLike | None = None,
        columns: ColumnsLike | None = None,
        delay: float = 0.0,
    ) -> Rule:
        """Another answer for the statements after those; the arguments are those of ``server.on()``."""
        before = self._stages[-1]
        stage = stage_of(answer, rows=rows, columns=columns, delay=delay, times=None, as_prepared=self.args is not None)
        if before.times is None:
            before.times = max(before.used, 1)
        self._stages.append(stage)
        return self

    def optional(self) -> Rule:
        """``assert_all_used()`` does not mind if no statement comes."""
        self.is_optional = True
        return self

    def remove(self) -> None:
        """It answers no more, and is missed by no assertion. Harmless a second time."""
        self._rules.remove(self)

    # -------------------------------------------------------------------------------------------------- for the engine

    @property
    def stage(self) -> Stage | None:
        """What it answers next; None when it is used up."""
        for stage in self._stages:
            if not stage.is_spent:
                return stage
        return None

    @property
    def is_spent(self) -> bool:
        """Every answer was given as often as it was to be."""
        return self.stage is None

    @property
    def is_satisfied(self) -> bool:
        """It was used as often as it was to be: an answer without an end once, the others so many times."""
        return all(stage.used >= (stage.times or 1) for stage in self._stages)

    def match(self, call: Call, *, any_args: bool = False) -> Call | None:
        """The call with its match, if the rule answers it now. any_args: for a prepare, which has no values yet."""
        matched = self.pattern.match(call.statement)
        if not matched or self.hindrance(call, any_args=any_args):
            return None
        return call if matched is True else replace(call, match=matched)

    def hindrance(self, call: Call, *, any_args: bool = False) -> str:
        """Why it does not answer a call whose statement fits; "" for no reason."""
        for name, wanted, came in (
            ("user", self.user, call.user),
            ("database", self.database, call.database),
            ("connection_id", self.connection_id, call.connection_id),
        ):
            if wanted is not None and wanted != came:
                return f"the rule is for {name}={wanted!r}, and this had {came!r}"
        if self.args is not None and not any_args:
            if call.args is None:
                return f"the rule is for a prepared statement with the parameters {self.args!r}, and this had none"
            fits = self.args(call.args) if callable(self.args) else self.args == call.args
            if not fits:
                return f"the rule is for the parameters {self.args!r}, and there were {call.args!r}"
        if self._follows is not None and not self._follows.is_spent:
            return f"it was not its turn: {self._follows.pattern} comes first"
        if self.is_spent:
            return "the rule was used up"
        return ""

    def take(self, call: Call) -> Stage:
        """Count a use; the stage that answers it."""
        stage = self.stage
        assert stage is not None, "a rule that matched is not used up"
        stage.used += 1
        self.used += 1
        if self.keeps_calls:
            self.calls.append(call)
        return stage

    @property
    def wanted(self) -> str:
        """How often it was to be used, in words."""
        counts = ["at least once" if stage.times is None else f"{stage.times} times" for stage in self._stages]
        return ", then ".join(counts).replace("1 times", "once")

    def __str__(self) -> str:
        bound = {"user": self.user, "database": self.database, "connection_id": self.connection_id, "args": self.args}
        more = "".join(f", {name}={value!r}" for name, value in bound.items() if value is not None)
        return f"on({self.pattern}{more})"

    def __repr__(self) -> str:
        return f"<Rule {self}: used {self.used}, wanted {self.wanted}>"


def stage_of(
    answer: AnswerLike | None,
    *,
    rows: RowsLike | None,
    columns: ColumnsLike | None,
    delay: float,
    times: int | None,
    as_prepared: bool = False,
) -> Stage:
    """An answer as ``on()`` and ``then()`` take it; many rows are turned into packets here, so that no client waits.

    as_prepared: only executions of prepared statements will have it.

    Raises:
        TypeError, ValueError: it is none, or two at once, or the delay is negative.
    """
    _check_delay(delay)
    if times is not None:
        _times(times)
    if rows is not None:
        if answer is not None:
            raise TypeError(f"give either rows= or an answer, not both: {answer!r}")
        answer, columns = result(rows, columns), None
    if answer is None:
        raise TypeError("say what is answered: rows=[...], ok(), error(code), a list of these, or a function")
    if callable(answer) and not isinstance(answer, type):
        described = result([], columns).columns if columns is not None else ()
        return Stage(answer, delay, times, described)
    if columns is not None:
        raise TypeError(f"columns= belongs to rows=, or to a function; the answer is {answer!r}")
    made = answer_of(answer)
    encode_ahead(made, as_prepared=as_prepared)
    return Stage(made, delay, times)


def _times(count: object) -> int:
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"times counts from 1; got {count!r}. To let a rule go, use remove()")
    return count


def _check_delay(delay: object) -> None:
    if not isinstance(delay, int | float) or not delay >= 0:
        raise ValueError(f"delay is in seconds from 0; got {delay!r}")


class Rules:
    """The rules of one server, and what came that none of them matched. changed is called after each change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.all: list[Rule] = []
        self.changed = changed
        self.missed: deque[Call] = deque(maxlen=_KEPT_MISSES)

    def add(
        self,
        pattern: PatternLike,
        stage: Stage,
        *,
        user: str | None = None,
        database: str | None = None,
        connection_id: int | None = None,
        args: Sequence[Value] | Callable[[tuple[Value, ...]], bool] | None = None,
        follows: Rule | None = None,
    ) -> Rule:
        """Register a rule."""
        rule = Rule(
            self,
            pattern_of(pattern),
            stage,
            user=user,
            database=database,
            connection_id=connection_id,
            args=args,
            follows=follows,
        )
        self.all.append(rule)
        self.changed()
        return rule

    def remove(self, rule: Rule) -> None:
        """Forget it."""
        if rule in self.all:
            self.all.remove(rule)
            self.changed()

    def find(self, call: Call, *, any_args: bool = False, before: Rule | None = None) -> tuple[Rule, Call] | None:
        """The rule that answers, and the call as it matched; before: only rules registered before that one."""
        is_due = before is None
        for rule in reversed(self.all):
            if is_due:
                matched = rule.match(call, any_args=any_args)
                if matched is not None:
                    return rule, matched
            elif rule is before:
                is_due = True
        return None

    def miss(self, call: Call) -> None:
        """A statement came that no rule answers."""
        self.missed.append(call)

    def clear(self) -> None:
        """Forget all rules and what came."""
        self.all.clear()
        self.missed.clear()
        self.changed()
