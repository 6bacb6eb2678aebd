"""What the body of a stored routine does: variables, ways through it, cursors, handlers, and the statements in it.

A :class:`Frame` holds what one block declares; the session's innermost one is where expressions find variables. A
:class:`Runner` walks through a body as a generator of steps: results of its statements go to the client with the flag
that more will come, OKs of its statements do not. What a routine is called with, and what comes of it, is for
``routines.py``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from .. import answers
from .. import constants as c
from ..answers import Columns, Kill, Ok, Wake
from . import statements, values
from .calls import Scope
from .declaring import declare
from .evaluation import Binder
from .nodes import Operation, TableName
from .routine_grammar import Block, Branches, CursorStep, Embedded, Jump, Repeated, Return, Signal
from .select import Planner, evaluate, rows_of, steps_of_effects
from .sqlerrors import SqlError, unsupported
from .storing import Writing, converter
from .table_grammar import CreateTable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..answers import Step, Woken
    from .engine import SessionEngine
    from .nodes import Expression, Select
    from .routine_grammar import Condition, HandlerNode, Node
    from .session import Session
    from .shapes import Shape
    from .table_grammar import ColumnNode
    from .values import Value

    Steps = Generator[Step, Woken | None, None]

_NO_DATA: Final = "No data - zero rows fetched, selected, or processed"
_STICKY: Final = c.SERVER_STATUS_NO_INDEX_USED | c.SERVER_STATUS_NO_GOOD_INDEX_USED
_INTERRUPTED: Final = 1317


class Variable:
    """A variable of a routine: a value, and what makes another value one of its type."""

    __slots__ = ("_convert", "shape", "value")

    def __init__(self, shape: Shape, convert: Callable[[Value, Shape], Value]) -> None:
        self.shape = shape
        self._convert = convert
        self.value: Value = None

    def assign(self, value: Value, shape: Shape) -> None:
        """Take a value over.

        Raises:
            SqlError: it does not fit, in strict mode.
        """
        self.value = None if value is None else self._convert(value, shape)


class _Cursor:
    def __init__(self, select: Select) -> None:
        self.select = select
        self.rows: Sequence[Sequence[Value]] | None = None
        self.shapes: tuple[Shape, ...] = ()
        self.place = 0


class Frame:
    """What one block declares, and the block around it. routine and caller are told by a routine's own frame alone."""

    __slots__ = ("caller", "cursors", "handlers", "is_handling", "outer", "routine", "variables")

    def __init__(self, outer: Frame | None, routine: object = None, caller: Frame | None = None) -> None:
        self.outer = outer
        self.routine = routine
        self.caller = caller
        self.variables: dict[str, Variable] = {}
        self.cursors: dict[str, _Cursor] = {}
        self.handlers: tuple[HandlerNode, ...] = ()
        self.is_handling = False

    def find(self, name: str) -> Variable | None:
        """The variable of this name, in any letter case, of this block or of one around it."""
        frame: Frame | None = self
        while frame is not None:
            found = frame.variables.get(name.lower())
            if found is not None:
                return found
            frame = frame.outer
        return None

    def cursor(self, name: str) -> _Cursor:
        frame = self
        while name not in frame.cursors:
            assert frame.outer is not None, "the grammar lets nobody name a cursor that is not there"
            frame = frame.outer
        return frame.cursors[name]

    def declare(self, session: Session, columns: Sequence[ColumnNode]) -> list[Variable]:
        """Variables of these names and types, in order."""
        dialect = session.instance.dialect
        made = declare(session, CreateTable(TableName("", "routine"), False, False, tuple(columns)), "")
        writing = Writing(session, made)
        writing.row = dialect.pick(0, 1)
        found: list[Variable] = []
        for place, column in enumerate(made.columns):
            convert = converter(column)

            def assign(
                value: Value, shape: Shape, convert: Callable[..., Value] = convert, name: str = column.name
            ) -> Value:
                writing.column = name
                return convert(value, shape, writing)

            shape = made.shape(place, dialect).but(nullable=True, is_stored=True)
            found.append(Variable(shape, assign))
            self.variables[column.name.lower()] = found[-1]
        return found


class _Jumped(Exception):  # not an error: LEAVE and ITERATE on their way to the label
    def __init__(self, jump: Jump) -> None:
        super().__init__(jump)
        self.label = jump.label
        self.leaves = jump.leaves


class Returned(Exception):  # not an error: RETURN on its way out of the function
    def __init__(self, value: Value, shape: Shape) -> None:
        super().__init__(value)
        self.value = value
        self.shape = shape


class _Exited(Exception):  # not an error: an EXIT handler has run
    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.frame = frame


class Runner:
    """Runs one body. affected is what CALL tells: of all statements on MariaDB, of the last one on MySQL.

    is_function: a statement around it is under way, which keeps its warnings and its tables.
    """

    def __init__(self, engine: SessionEngine, session: Session, *, is_function: bool = False) -> None:
        self.engine = engine
        self.session = session
        self.affected = 0
        # What the status word goes on telling once a statement has told it.
        self.status = 0
        self._is_function = is_function
        self._handled: list[SqlError] = []

    @property
    def _frame(self) -> Frame:
        frame = self.session.frame
        assert isinstance(frame, Frame), "a body runs in a frame"
        return frame

    def run(self, node: Node) -> Steps:
        """One statement of a body, with the handlers for what goes wrong in it."""
        try:
            yield from self._do(node)
        except SqlError as error:
            found = self._handler_for(error)
            if found is None:
                raise
            caught = error
        else:
            return
        frame, handler = found
        before, self.session.frame = self.session.frame, frame
        frame.is_handling = True
        self._handled.append(caught)
        try:
            yield from self.run(handler.body)
        finally:
            self._handled.pop()
            frame.is_handling = False
            self.session.frame = before
        if handler.is_exit:
            raise _Exited(frame)

    def _do(self, node: Node) -> Steps:
        if isinstance(node, Embedded):
            yield from self._embedded(node)
        elif isinstance(node, Block):
            yield from self._block(node)
        elif isinstance(node, Branches):
            yield from self._branches(node)
        elif isinstance(node, Repeated):
            yield from self._repeated(node)
        elif isinstance(node, CursorStep):
            yield from self._cursor(node)
        elif isinstance(node, Signal):
            yield from self._signal(node)
        elif isinstance(node, Jump):
            raise _Jumped(node)
        else:
            assert isinstance(node, Return)
            value, shape = yield from self.evaluate(node.value, "RETURN")
            raise Returned(value, shape)

    def _handler_for(self, error: SqlError) -> tuple[Frame, HandlerNode] | None:
        frame: Frame | None = self._frame if error.code != _INTERRUPTED else None
        while frame is not None:
            for handler in () if frame.is_handling else frame.handlers:
                if any(_fits(condition, error) for condition in handler.conditions):
                    return frame, handler
            frame = frame.outer
        return None

    # --- expressions --------------------------------------------------------------------------------------------------

    def evaluate(self, node: Expression, clause: str = "SET") -> Generator[Step, Woken | None, tuple[Value, Shape]]:
        """The value of an expression, and its shape."""
        session, engine = self.session, self.engine
        planner = Planner(session, engine.instance, engine.catalogue)
        binder = Binder(session, engine.instance, None, planner.subquery, engine.dialect.pick(clause, "field list"))
        bound = binder.bind(node)
        for relation in planner.relations:
            yield from relation.open(session)
        scope = Scope(session, engine.instance)
        (value,) = yield from evaluate((bound,), scope, ())
        yield from steps_of_effects(scope)
        return value, bound.shape

    def _holds(self, node: Expression) -> Generator[Step, Woken | None, bool]:
        value, shape = yield from self.evaluate(node)
        return bool(values.truth(value, shape, values.ignore))

    # --- ways through a body ------------------------------------------------------------------------------------------

    def _body(self, nodes: Sequence[Node]) -> Steps:
        for node in nodes:
            yield from self.run(node)

    def _block(self, node: Block) -> Steps:
        session = self.session
        frame = session.frame = Frame(self._frame)
        try:
            for group in node.variables:
                value, shape = None, None
                if group.default is not None:
                    value, shape = yield from self.evaluate(group.default)
                for variable in frame.declare(session, group.columns):
                    if shape is not None:
                        variable.assign(value, shape)
            frame.cursors = {name.lower(): _Cursor(select) for name, select in node.cursors}
            frame.handlers = node.handlers
            yield from self._body(node.body)
        except _Exited as exited:
            if exited.frame is not frame:
                raise
        except _Jumped as jumped:
            if not (jumped.leaves and node.label and jumped.label == node.label.lower()):
                raise
        finally:
            session.frame = frame.outer

    def _branches(self, node: Branches) -> Steps:
        for condition, body in node.branches:
            if node.operand is not None:
                condition = Operation("=", (node.operand, condition))
            if (yield from self._holds(condition)):
                yield from self._body(body)
                return
        if node.otherwise is None and node.is_case:
            raise SqlError(1339, "20000", "Case not found for CASE statement")
        yield from self._body(node.otherwise or ())

    def _repeated(self, node: Repeated) -> Steps:
        while node.before is None or (yield from self._holds(node.before)):
            try:
                yield from self._body(node.body)
            except _Jumped as jumped:
                if not node.label or jumped.label != node.label.lower():
                    raise
                if jumped.leaves:
                    return
            if node.after is not None and (yield from self._holds(node.after)):
                return

    # --- statements ---------------------------------------------------------------------------------------------------

    def _embedded(self, node: Embedded) -> Steps:
        engine, session, statement = self.engine, self.session, node.part.statement
        if self._is_function or _uses_no_tables(statement):
            # It leaves alone the warnings of what was before.
            steps = engine.carry_out(session, node.part, c.SERVER_MORE_RESULTS_EXISTS, None)
        else:
            steps = engine.begin(session, node.part, c.SERVER_MORE_RESULTS_EXISTS, None)
        woken: Woken | None = None
        while True:
            try:
                step = steps.send(woken)
            except StopIteration:
                break
            woken = None
            if isinstance(step, Ok):
                self.status |= step.status & _STICKY
                if not _is_local(statement):
                    self.affected = step.affected_rows + (self.affected if engine.dialect.mariadb else 0)
                continue
            if isinstance(step, (Columns, answers.End)):
                self.status |= step.status & _STICKY
                step = dataclasses.replace(step, status=step.status | self.status)
            woken = yield step
        if not self._is_function:
            yield from engine.leave_tables(session)
        if isinstance(statement, statements.Query):
            if not statement.select.into and not engine.dialect.mariadb:
                self.affected = 0
            self._look_for_no_data()

    def _look_for_no_data(self) -> None:
        """SELECT ... INTO without a row is an error only to a handler that asks for it."""
        if self.session.warnings and self.session.warnings[-1].code == 1329:
            error = SqlError(1329, "02000", _NO_DATA)
            if self._handler_for(error) is not None:
                raise error

    def _cursor(self, node: CursorStep) -> Steps:
        cursor = self._frame.cursor(node.cursor)
        if node.action == "OPEN":
            if cursor.rows is not None:
                raise SqlError(1325, "24000", "Cursor is already open")
            yield from self._open(cursor)
            return
        if cursor.rows is None:
            raise SqlError(1326, "24000", "Cursor is not open")
        if node.action == "CLOSE":
            cursor.rows = None
            return
        if len(node.into) != len(cursor.shapes):
            raise SqlError(1328, "HY000", "Incorrect number of FETCH variables")
        if cursor.place >= len(cursor.rows):
            self.status |= c.SERVER_STATUS_LAST_ROW_SENT
            raise SqlError(1329, "02000", _NO_DATA)
        row = cursor.rows[cursor.place]
        cursor.place += 1
        for name, value, shape in zip(node.into, row, cursor.shapes, strict=True):
            variable = self._frame.find(name)
            assert variable is not None, "the grammar lets nobody fetch into what is not declared"
            variable.assign(value, shape)

    def _open(self, cursor: _Cursor) -> Steps:
        engine, session = self.engine, self.session
        plan = Planner(session, engine.instance, engine.catalogue).plan(cursor.select)
        for relation in plan.relations:
            yield from relation.open(session)
        scope = Scope(session, engine.instance)
        cursor.rows = list((yield from rows_of(plan, scope)))
        yield from steps_of_effects(scope)
        cursor.shapes, cursor.place = plan.shapes, 0
        self.status |= c.SERVER_STATUS_CURSOR_EXISTS | (c.SERVER_STATUS_NO_INDEX_USED if plan.scans else 0)

    def _signal(self, node: Signal) -> Steps:
        before = self._handled[-1] if self._handled else None
        if node.is_resignal and before is None:
            raise SqlError(1645, "0K000", "RESIGNAL when handler not active")
        sqlstate = node.sqlstate or ("" if before is None else before.sqlstate)
        code, message = (1644, "Unhandled user-defined exception condition")
        if before is not None and node.is_resignal:
            code, message = before.code, before.message
        elif sqlstate.startswith("01"):
            code, message = 1642, "Unhandled user-defined warning condition"
        elif sqlstate.startswith("02"):
            code, message = 1643, "Unhandled user-defined not found condition"
        for name, expression in node.items:
            value, shape = yield from self.evaluate(expression)
            if name == "MESSAGE_TEXT":
                text = values.to_text(value, shape)
                message = "" if text is None else values.text_of(text)
            elif name == "MYSQL_ERRNO":
                code = values.to_integer(value, shape, values.ignore) or code
        error = SqlError(code, sqlstate, message)
        if sqlstate.startswith("01") and self._handler_for(error) is None:
            self.session.warn("Warning", code, message)
            return
        raise error


def _fits(condition: Condition, error: SqlError) -> bool:
    if condition.code:
        return condition.code == error.code
    if condition.sqlstate:
        return condition.sqlstate == error.sqlstate
    kinds = {"01": "SQLWARNING", "02": "NOT FOUND"}
    return condition.kind == kinds.get(error.sqlstate[:2], "SQLEXCEPTION")


def _uses_no_tables(statement: object) -> bool:
    if isinstance(statement, statements.Query):
        return all(core.table is None for core in statement.select.cores)
    return isinstance(statement, (statements.Set, statements.Do))


def _is_local(statement: object) -> bool:
    """SET of the routine's own variables alone, which counts for no statement."""
    return isinstance(statement, statements.Set) and all(
        isinstance(each, statements.SetLocal) for each in statement.assignments
    )


def to_end(steps: Steps, scope: Scope) -> None:
    """Run a function's body where nobody can wait.

    Raises:
        SqlError: 1235, it would have to wait.
    """
    for step in steps:
        if isinstance(step, (Wake, Kill)):
            scope.effects.append(step)
        else:
            raise unsupported("a function that waits in the body of a function")
