"""A clause: a statement of POOL.md and the test that decides it, as one thing.

    @must("With a minsize of 0, creating the pool opens no connection.")
    async def test_minsize_zero_starts_empty(spec: Bench) -> None:
        pool = await spec.pool(minsize=0)
        ...

The function's name without `test_` is the clause's id; number, level and place come with the statement, which is looked
up when the module is imported: a sentence that the document does not have is an error there and then.

What `must` returns is a plain synchronous test that runs the coroutine in an event loop of its own, through the
fixture `spec`. So it makes no difference whether the host has pytest-asyncio, in which mode, or any other plugin for
coroutines.

Knows: the document, and how a clause is registered. Kept from knowing: pytest's hooks, drivers, worlds.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from .bench import Bench
    from .document import Statement

    Body = Callable[[Bench], Coroutine[object, object, None]]
    Test = Callable[[Bench], None]

PREFIX = "test_"
MODULES = tuple(sorted(path.stem for path in Path(__file__).parent.glob(f"{PREFIX}*.py")))


class StrayClause(Exception):
    """A clause does not fit the document: its sentence is not there, or stands under another id or level."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause.

    Attributes:
        hint: the docstring of its function, "" where there is none. where: "test_sizes.py:40".
        is_simulated: it is decided in the simulated world alone.
    """

    id: str
    statement: Statement
    body: Body
    hint: str
    where: str
    is_simulated: bool = False


class Register:
    """The clauses of one document, in the order in which their modules were imported."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.clauses: list[Clause] = []

    def must(self, sentence: str) -> Callable[[Body], Test]:
        """The function below decides this sentence, which the page requires. Raises StrayClause."""
        return self._clause(sentence, "must")

    def should(self, sentence: str, *, simulated: bool = False) -> Callable[[Body], Test]:
        """The function below decides this sentence, which the page does not say. Raises StrayClause.

        Args:
            simulated: only the simulated world can: steps are counted, or hours pass.
        """
        return self._clause(sentence, "should", simulated=simulated)

    def _clause(self, sentence: str, level: str, *, simulated: bool = False) -> Callable[[Body], Test]:
        def enter(body: Body) -> Test:
            identity = body.__name__.removeprefix(PREFIX)
            try:
                statement = self.document.locate(sentence)
            except LookupError as error:
                raise StrayClause(f"clause {identity}: {error}") from None
            if statement.level != level:
                raise StrayClause(f"clause {identity} is a {level}, statement {statement.number} a {statement.level}")
            where = f"{Path(body.__code__.co_filename).name}:{body.__code__.co_firstlineno}"
            clause = Clause(identity, statement, body, inspect.getdoc(body) or "", where, simulated)
            self.clauses.append(clause)

            def test(spec: Bench) -> None:
                __tracebackhide__ = True
                spec.run(clause)

            # Not functools.wraps: pytest would follow __wrapped__ and collect the coroutine function.
            test.__name__, test.__qualname__ = body.__name__, body.__qualname__
            test.__module__, test.__doc__ = body.__module__, body.__doc__
            test.clause = clause  # type: ignore[attr-defined]
            return test

        return enter

    def in_document_order(self) -> list[Clause]:
        """The clauses as the document has their statements; one whose id is not its statement's comes with it."""
        order = {statement.id: index for index, statement in enumerate(self.document.statements)}
        return sorted(self.clauses, key=lambda clause: order[clause.statement.id])

    def pairs(self) -> Iterable[tuple[str, str]]:
        """For `document.gaps`: the id of each clause and of the statement whose sentence it carries."""
        return [(clause.id, clause.statement.id) for clause in self.clauses]


def of_test(test: object) -> Clause | None:
    """The clause that a test function is, or None."""
    clause = getattr(test, "clause", None)
    return clause if isinstance(clause, Clause) else None


REGISTER = Register(Document.read())
must = REGISTER.must
should = REGISTER.should


def all_clauses() -> list[Clause]:
    """Every clause of this suite, in document order; imports the modules that hold them. Raises StrayClause."""
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return REGISTER.in_document_order()
