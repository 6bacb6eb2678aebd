"""The engine with a test's rules in front: what a rule answers never reaches the engine behind it.

It stands behind the same seam as the engine that it wraps, so that conversations need not know: while a server has no
rules it is not there at all. A text of several statements is taken apart where a rule answers one of them; a prepared
statement is described by its rule's answer, and its execution is matched anew, by text and values.

Source for 1317 where a delayed answer is killed: both servers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from .. import constants as c
from ..answers import Columns, End, Failure, Ok, Pause, Stepping, Woken
from ..prepared import Description
from ..sql import scripted, shapes
from .answers import PassOn, ResultAnswer, answer_of
from .rules import Call, Rules
from .steps import INTERRUPTED, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..answers import Column, Step, Steps, Value
    from ..binary import Parameter
    from ..sql.declared import Declared
    from ..sql.engine import Engine
    from ..sql.session import Session
    from .answers import Answer
    from .rules import Rule, Stage

    Outcome = Generator[Step, Woken | None, bool]

_NOT_SUPPORTED: Final = 1235
_MYSQL_TEXT_CHARACTERS: Final = 16383


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The handle of a statement that a rule described; the engine behind has not seen it."""

    text: str


class ScriptedEngine:
    """See the module's text. Whatever is not about statements is the engine's own, unchanged."""

    def __init__(self, behind: Engine, rules: Rules, clock: Callable[[], float]) -> None:
        self.behind = behind
        self.rules = rules
        self.unknown: Stage | None = None
        """What answers a statement that the engine behind does not know; None for its error 1235."""
        self.mistakes: list[tuple[Rule | None, Exception]] = []
        """What functions of rules raised; told by the assertions."""
        self.has_described = False
        """A statement was prepared that the engine behind has not seen."""
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)

    @property
    def unhandled(self) -> list[Any]:
        """The statements that the engine behind did not know; none where it keeps no list."""
        return getattr(self.behind, "unhandled", [])

    def as_engine(self) -> Engine:
        """Itself: with what it hands through it has the whole face of an engine."""
        return cast("Engine", self)

    # ------------------------------------------------------------------------------------------------- as the engine

    def constant(self, session: Session, statement: bytes) -> None:
        """Nothing: a rule may answer any statement."""

    def query(self, session: Session, statement: bytes) -> Steps:
        """COM_QUERY."""
        text = session.client_charset.decode(statement)
        pieces = [text]
        if session.multi_statements and ";" in text:
            pieces = scripted.split(text, session)
        calls = [self._call(session, piece, None) for piece in pieces]
        if self.unknown is None and not any(self.rules.find(call) for call in calls):
            for call in calls:
                self.rules.miss(call)
            yield from self.behind.query(session, statement)
            return
        for place, call in enumerate(calls):
            more = 0 if place == len(calls) - 1 else c.SERVER_MORE_RESULTS_EXISTS
            encoded = statement if len(calls) == 1 else session.client_charset.encode(call.statement)

            def ask_behind(encoded: bytes = encoded) -> Steps:
                return self.behind.query(session, encoded)

            if not (yield from self._answered(session, call, more, ask_behind)):
                return

    def prepare(self, session: Session, statement: bytes) -> Description | Failure:
        """COM_STMT_PREPARE."""
        text = session.client_charset.decode(statement)
        call = self._call(session, text, None)
        found = self.rules.find(call, any_args=True)
        while found is not None:
            stage = found[0].stage
            assert stage is not None, "a rule that matched is not used up"
            if not isinstance(stage.answer, PassOn):
                return self.describe(session, text, stage.answer, stage.columns)
            found = self.rules.find(call, any_args=True, before=found[0])
        known = len(self.unhandled)
        description = self.behind.prepare(session, statement)
        if self.unknown is None or not self._is_unknown(description, known):
            return description
        del self.unhandled[known:]
        return self.describe(session, text, self.unknown.answer, self.unknown.columns)

    def describe(
        self, session: Session, text: str, answer: object, columns: Sequence[Declared | Column] = ()
    ) -> Description:
        """What a prepare tells of a statement that is answered so.

        Args:
            answer: rows tell their columns; of several results the first is told. An error comes at execution.
            columns: those of a function's rows, as far as the test has said.
        """
        dialect, results = session.instance.dialect, session.results
        first = answer[0] if isinstance(answer, tuple) else answer
        if not isinstance(first, ResultAnswer):
            first = ResultAnswer(tuple(columns), ())
        place = shapes.NULL if dialect.mariadb else shapes.string(_MYSQL_TEXT_CHARACTERS, session.collation)
        parameter = shapes.column("?", place, results, dialect)
        if not self.has_described:
            self.has_described = True
            self.rules.changed()
        count = scripted.count_parameters(text, session)
        return Description((parameter,) * count, first.definitions(results, dialect), handle=_Prepared(text))

    def execute(self, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
        """COM_STMT_EXECUTE."""
        # One that was prepared before there were rules has the engine's own handle; its text is what PROCESSLIST shows.
        text = handle.text if isinstance(handle, _Prepared) else session.info or ""
        call = self._call(session, text, tuple(parameter.value for parameter in parameters))

        def ask_behind() -> Steps:
            if not isinstance(handle, _Prepared):
                yield from self.behind.execute(session, handle, parameters)
                return
            description = self.behind.prepare(session, session.client_charset.encode(text))
            if isinstance(description, Failure):
                session.warn("Error", description.code, description.message)
                yield description
            else:
                yield from self.behind.execute(session, description.handle, parameters)

        yield from self._answered(session, call, 0, ask_behind)

    # ------------------------------------------------------------------------------------------------------- answering

    def _answered(self, session: Session, call: Call, more: int, ask_behind: Callable[[], Steps]) -> Outcome:
        """One statement, by the rules or by the engine behind them; whether it went well."""
        found = self.rules.find(call)
        while found is not None:
            rule, call = found
            stage = rule.take(call)
            answer = yield from self._stage(session, call, stage, rule)
            if answer is None:
                return False
            if not isinstance(answer, PassOn):
                return (yield from self._give(session, call, answer, more))
            found = self.rules.find(call, before=rule)
        self.rules.miss(call)
        return (yield from self._from_behind(session, call, more, ask_behind))

    def _stage(
        self, session: Session, call: Call, stage: Stage, rule: Rule | None
    ) -> Generator[Step, Woken | None, Answer | None]:
        """The answer that a stage gives, after its delay; None where the statement was killed meanwhile."""
        if stage.delay:
            woken = yield Pause(stage.delay, "executing")
            while woken is Woken.AWAKENED:
                woken = yield Pause(max(call.at + stage.delay - self._clock(), 0.0), "executing")
            if woken is Woken.KILLED:
                scripted.begin(session)
                scripted.failed(self.behind, session, INTERRUPTED, rolls_back=False)
                yield INTERRUPTED
                return None
        answer = stage.answer
        if not callable(answer):
            return answer
        try:
            return answer_of(answer(call), f"what the function of {rule or 'unknown='} returns")
        except Exception as error:  # noqa: BLE001 - the function is the test's; the client is told, and so is the test
            self.mistakes.append((rule, error))
            text = f"fakemysql: the function that answers {call.statement!r} raised {type(error).__name__}: {error}"
            failure = Failure(1105, "HY000", text)
            scripted.begin(session)
            scripted.failed(self.behind, session, failure, rolls_back=False)
            yield failure
            return None

    def _give(self, session: Session, call: Call, answer: Answer, more: int) -> Outcome:
        scripted.begin(session)
        answers = answer if isinstance(answer, tuple) else (answer,)
        assert not any(isinstance(each, PassOn) for each in answers), "what is passed on is not given"
        return (yield from steps_of(self.behind, session, call.statement, answers, more))  # type: ignore[arg-type]

    def _from_behind(self, session: Session, call: Call, more: int, ask_behind: Callable[[], Steps]) -> Outcome:
        """The engine's own answer, with more results announced; what it does not know goes to ``unknown``."""
        known = len(self.unhandled)
        went_well = True
        with Stepping(ask_behind()) as each:
            for step in each:
                if isinstance(step, Failure):
                    went_well = False
                    if self.unknown is not None and self._is_unknown(step, known):
                        answer = yield from self._stage(session, call, self.unknown, None)
                        if not isinstance(answer, PassOn):
                            del self.unhandled[known:]
                            return answer is not None and (yield from self._give(session, call, answer, more))
                if more and isinstance(step, Ok | Columns | End):
                    step = replace(step, status=step.status | more)
                each.woken = yield step
        return went_well

    def _is_unknown(self, answer: object, known: int) -> bool:
        """It is error 1235, which the engine has just entered into its list of so many before."""
        return isinstance(answer, Failure) and answer.code == _NOT_SUPPORTED and len(self.unhandled) > known

    def _call(self, session: Session, text: str, args: tuple[Value, ...] | None) -> Call:
        return Call(
            statement=text,
            args=args,
            connection_id=session.connection_id,
            user=session.user,
            database=session.database or None,
            in_transaction=bool(session.status & c.SERVER_STATUS_IN_TRANS),
            autocommit=bool(session.status & c.SERVER_STATUS_AUTOCOMMIT),
            at=self._clock(),
        )
