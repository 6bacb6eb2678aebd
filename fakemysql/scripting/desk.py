"""All that one server's test has scripted, and where it is put: the engine and the commands that conversations use.

While there are no rules, conversations use the server's own engine, and while nothing is expected, the common table of
commands; each is exchanged with the first that is registered and put back with the last that goes. So a server that is
not scripted answers as if this package did not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..commands import COMMANDS
from . import verdicts
from .engine import ScriptedEngine
from .expecting import Expectations, commands_asking
from .rules import Rules, stage_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ..conversation import Surroundings
    from .answers import AnswerLike
    from .patterns import PatternLike
    from .rules import Rule


class Desk:
    """See the module's text.

    Args:
        surroundings: those of the server; their engine is the one behind all rules.
        clock: seconds, the server's.
        lost: wait until the connection of that id has ended.
        unknown: what answers statements that the engine does not know; None for its error.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        clock: Callable[[], float],
        lost: Callable[[int], Awaitable[None]],
        unknown: AnswerLike | None,
    ) -> None:
        self._surroundings = surroundings
        self._behind = surroundings.engine
        self.rules = Rules(self._place)
        self.engine = ScriptedEngine(self._behind, self.rules, clock)
        if unknown is not None:
            self.engine.unknown = stage_of(unknown, rows=None, columns=None, delay=0.0, times=None)
        self.expectations = Expectations(self.engine, lost, lambda: surroundings.transcript.events, self._place)
        self._asking = commands_asking(self.expectations)
        self._place()

    def _place(self) -> None:
        engine = self.engine
        is_needed = bool(self.rules.all) or engine.unknown is not None or engine.has_described
        self._surroundings.engine = engine.as_engine() if is_needed else self._behind
        self._surroundings.commands = COMMANDS if self.expectations.is_idle else self._asking

    def script(self, steps: Iterable[tuple[PatternLike, AnswerLike]], **bound: Any) -> list[Rule]:
        """Rules for statements that come in this order; see ``FakeServer.script``."""
        stages = [(pattern, stage_of(answer, rows=None, columns=None, delay=0.0, times=1)) for pattern, answer in steps]
        made: list[Rule] = []
        for pattern, stage in stages:
            made.append(self.rules.add(pattern, stage, follows=made[-1] if made else None, **bound))
        return made

    def assert_all_used(self) -> None:
        """See ``FakeServer.assert_all_used``."""
        found = verdicts.unused(self.rules.all, self.rules.missed, self.expectations.pending)
        verdicts.verdict("what was scripted and what came do not agree:", found + self.complaints())

    def clear(self) -> None:
        """Forget everything; what is held is passed on."""
        self.rules.clear()
        self.engine.mistakes.clear()
        self.expectations.clear()

    def stop(self) -> str:
        """The server stops, and whoever waits is told; what to say of commands that nobody has answered."""
        unanswered = self._unanswered
        self.expectations.stop("the server has stopped")
        return unanswered

    def complaints(self) -> list[str]:
        """What is wrong whatever was to be asserted: functions that raised, requests that nobody has answered."""
        found = [
            f"the function of {rule or 'unknown='} raised {type(error).__name__}: {error}"
            for rule, error in self.engine.mistakes
        ]
        return [*found, self._unanswered] if self._unanswered else found

    @property
    def _unanswered(self) -> str:
        return verdicts.unanswered([request for request in self.expectations.requests if request.is_open])
