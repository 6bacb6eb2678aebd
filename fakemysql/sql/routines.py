"""Stored procedures and functions: made, called, found by SHOW and by expressions. Loaded with the first of them.

What they are is kept by the instance, as :class:`Routine`; who reads them is ``routine_grammar.py``, and what a body
does is in ``routine_bodies.py``.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Ok
from . import evaluation, nodes, sqlerrors, statements
from .calls import Bound
from .sqlerrors import SqlError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Generator, Iterator, Sequence

    from ..answers import Step, Woken
    from .absent import Call
    from .calls import Scope
    from .definitions import ColumnDefinition
    from .engine import SessionEngine
    from .evaluation import Binder
    from .instance import Instance
    from .routine_bodies import Frame, Variable
    from .routine_grammar import CreateRoutine
    from .session import Session
    from .shapes import Shape
    from .values import Value

    Steps = Generator[Step, Woken | None, None]

_RETURNED: Final = "\0returned"


@dataclasses.dataclass(frozen=True, slots=True)
class Routine:
    """A stored routine, and the session in which it was made, as SHOW tells. returned is a function's type."""

    node: CreateRoutine
    database: str
    definer: str
    created: dt.datetime
    modes: str
    charset: str
    collation: str
    engine: SessionEngine
    returned: ColumnDefinition | None = None

    @property
    def kind(self) -> str:
        return self.node.kind

    @property
    def name(self) -> str:
        return self.node.name

    def said(self, what: str) -> str:
        """A characteristic that was said, "" for one that was not."""
        return dict(self.node.characteristics).get(what, "")

    def text(self, instance: Instance) -> str:
        """CREATE as the server prints it."""
        from .column_types import quoted
        from .definitions import name_text

        user, _, host = self.definer.rpartition("@")
        node = self.node
        text = f"CREATE DEFINER={name_text(user)}@{name_text(host)} {self.kind} {name_text(self.name)}"
        text += f"({node.parameters_text})"
        if self.returned is not None:
            text += f" RETURNS {_type_text(self.returned, instance)}"
        lines = [text]
        access = self.said("access")
        if access and access != "CONTAINS SQL":
            lines.append(f"    {access}")
        if self.said("deterministic"):
            lines.append("    DETERMINISTIC")
        if self.said("security") == "INVOKER":
            lines.append("    SQL SECURITY INVOKER")
        if self.said("comment"):
            lines.append(f"    COMMENT {quoted(self.said('comment'))}")
        return "\n".join([*lines, node.text])


def _type_text(column: ColumnDefinition, instance: Instance) -> str:
    text = column.type.spelling(instance.dialect)
    collation = column.type.collation
    if collation is None or column.type.is_binary:
        return text
    text += f" CHARSET {collation.charset.name}"
    return text + (f" COLLATE {collation.name}" if instance.dialect.mariadb else "")


def find(instance: Instance, database: str, kind: str, name: str) -> Routine | None:
    """The routine of this name, in any letter case."""
    found = instance.routines.get((database, kind, name.lower()))
    assert found is None or isinstance(found, Routine)
    return found


# --- CREATE -----------------------------------------------------------------------------------------------------------


def create(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    """CREATE PROCEDURE and CREATE FUNCTION."""
    from .routine_bodies import Frame
    from .routine_grammar import CreateRoutine
    from .table_grammar import ColumnNode

    assert isinstance(statement, CreateRoutine)
    instance = engine.instance
    instance.counters.add(f"Com_create_{statement.kind.lower()}")
    database = statement.database or session.need_database()
    if database not in instance.databases:
        raise sqlerrors.unknown_database(database)
    if statement.kind == "FUNCTION" and not statement.has_return:
        raise SqlError(1320, "42000", f"No RETURN found in FUNCTION {database}.{statement.name}")
    for name in _assigned(statement.body):
        instance.definition(name)
    session.transaction.end()
    Frame(None).declare(session, [each.column for each in statement.parameters])
    key = database, statement.kind, statement.name.lower()
    if key in instance.routines and not statement.replaces:
        text = f"{statement.kind} {statement.name} already exists"
        if not statement.if_not_exists:
            raise SqlError(1304, "42000", text)
        session.warn("Note", 1304, text)
    else:
        returned = None
        if statement.returns is not None:
            returned = _returned(session, ColumnNode("returned", statement.returns))
        instance.routines[key] = Routine(
            statement,
            database,
            f"{session.user}@%",
            session.local_time().replace(microsecond=0),
            str(session.setting("sql_mode")),
            session.client_charset.name,
            session.collation.name,
            engine,
            returned,
        )
    yield engine.ok(session, more)


def _returned(session: Session, node: object) -> ColumnDefinition:
    from .declaring import declare
    from .table_grammar import ColumnNode, CreateTable

    assert isinstance(node, ColumnNode)
    made = declare(session, CreateTable(nodes.TableName("", "routine"), False, False, (node,)), "")
    return made.columns[0]


def _assigned(node: object) -> Iterator[str]:
    """The system variables that a body sets."""
    if isinstance(node, statements.Set):
        yield from (each.name for each in node.assignments if isinstance(each, statements.SetSystem))
    elif isinstance(node, tuple):
        for each in node:
            yield from _assigned(each)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for field in dataclasses.fields(node):
            yield from _assigned(getattr(node, field.name))


# --- CALL -------------------------------------------------------------------------------------------------------------


def call(engine: SessionEngine, session: Session, statement: Call, routine: Routine, more: int) -> Steps:
    """CALL of a procedure that is there.

    Raises:
        SqlError: 1318, 1414, 1456, and whatever its statements raise.
    """
    from .routine_bodies import Frame, Runner

    parameters = routine.node.parameters
    _check_count(routine, len(statement.arguments))
    runner = Runner(engine, session)
    given = []
    for number, (parameter, argument) in enumerate(zip(parameters, statement.arguments, strict=True), 1):
        if parameter.mode != "IN" and not _takes_values(session, argument):
            text = (
                f"OUT or INOUT argument {number} for routine {routine.database}.{routine.name} is not a variable or NEW"
                " pseudo-variable in BEFORE trigger"
            )
            raise SqlError(1414, "42000", text)
        given.append((yield from runner.evaluate(argument, "CALL")) if parameter.mode != "OUT" else None)
    caller = session.frame
    assert caller is None or isinstance(caller, Frame)
    _check_recursion(caller, routine)
    frame = Frame(None, routine, caller)
    variables = frame.declare(session, [each.column for each in parameters])
    for variable, value in zip(variables, given, strict=True):
        if value is not None:
            variable.assign(*value)
    with _inside(session, frame, routine):
        yield from runner.run(routine.node.body)
    for parameter, argument, variable in zip(parameters, statement.arguments, variables, strict=True):
        if parameter.mode != "IN":
            _give_back(session, argument, variable)
    session.row_count = runner.affected
    status = runner.status
    if engine.dialect.mariadb:
        status &= ~(c.SERVER_STATUS_CURSOR_EXISTS | c.SERVER_STATUS_LAST_ROW_SENT)
    yield Ok(
        session.status | more | status,
        affected_rows=runner.affected,
        warnings=session.statement_warnings,
    )


@contextlib.contextmanager
def _inside(session: Session, frame: Frame, routine: Routine) -> Iterator[None]:
    """A routine runs, in its own database."""
    caller, database = session.frame, session.database
    session.frame = frame
    if database != routine.database:
        session.database = routine.database
    try:
        yield
    finally:
        session.frame = caller
        if session.database != database:
            session.database = database


def _check_count(routine: Routine, count: int) -> None:
    expected = len(routine.node.parameters)
    if expected != count:
        text = f"Incorrect number of arguments for {routine.kind} {routine.database}.{routine.name};"
        raise SqlError(1318, "42000", f"{text} expected {expected}, got {count}")


def _check_recursion(frame: Frame | None, routine: Routine) -> None:
    while frame is not None:
        while frame.outer is not None:
            frame = frame.outer
        if frame.routine is routine:
            if routine.kind == "FUNCTION":
                raise SqlError(1424, "HY000", "Recursive stored functions and triggers are not allowed.")
            raise SqlError(
                1456,
                "HY000",
                "Recursive limit 0 (as set by the max_sp_recursion_depth variable) was exceeded for routine"
                f" {routine.name}",
            )
        frame = frame.caller


def _takes_values(session: Session, argument: nodes.Expression) -> bool:
    if isinstance(argument, nodes.Name):
        return session.frame is not None and session.frame.find(argument.parts[-1]) is not None
    return isinstance(argument, (nodes.UserVariable, nodes.Parameter))


def _give_back(session: Session, argument: nodes.Expression, variable: Variable) -> None:
    if isinstance(argument, nodes.UserVariable):
        stored = evaluation.store(variable.value, variable.shape, session.collation)
        session.user_variables[argument.name.lower()] = stored
    elif isinstance(argument, nodes.Name):
        found = None if session.frame is None else session.frame.find(argument.parts[-1])
        assert found is not None, "what takes values was found before"
        found.assign(variable.value, variable.shape)


# --- functions in expressions -----------------------------------------------------------------------------------------


def function_call(binder: Binder, node: nodes.Call) -> Bound | None:
    """A call of a stored function, bound; None where there is no such function.

    Raises:
        SqlError: 1318, the number of arguments is wrong.
    """
    routine = find(binder.instance, node.database or binder.session.database, "FUNCTION", node.name)
    if routine is None:
        return None
    _check_count(routine, len(node.arguments))
    arguments = binder.bind_all(node.arguments)
    binder.is_stable = False
    assert routine.returned is not None
    shape = routine.returned.type.shape(binder.dialect, nullable=True).but(is_stored=True)
    return Bound(shape, lambda scope: _value(routine, [(each.run(scope), each.shape) for each in arguments], scope))


def _value(routine: Routine, given: Sequence[tuple[Value, Shape]], scope: Scope) -> Value:
    from .routine_bodies import Frame, Returned, Runner, to_end
    from .table_grammar import ColumnNode

    session = scope.session
    caller = session.frame
    assert caller is None or isinstance(caller, Frame)
    _check_recursion(caller, routine)
    frame = Frame(None, routine, caller)
    for variable, value in zip(
        frame.declare(session, [each.column for each in routine.node.parameters]), given, strict=True
    ):
        variable.assign(*value)
    assert routine.node.returns is not None
    (answer,) = Frame(None).declare(session, [ColumnNode(routine.name, routine.node.returns)])
    runner = Runner(routine.engine, session, is_function=True)
    keeping = contextlib.nullcontext() if session.tables is None else session.tables.nested()
    with _inside(session, frame, routine), keeping:
        try:
            to_end(runner.run(routine.node.body), scope)
        except Returned as returned:
            answer.assign(returned.value, returned.shape)
            return answer.value
    raise SqlError(1321, "2F005", f"FUNCTION {routine.name} ended without RETURN")


# --- what SHOW and information_schema tell ----------------------------------------------------------------------------


def all_routines(instance: Instance) -> list[Routine]:
    """Every stored routine, by database and name."""
    return [found for _, found in sorted(instance.routines.items()) if isinstance(found, Routine)]


def status_line(routine: Routine, instance: Instance) -> tuple[Value, ...]:
    """The line of SHOW PROCEDURE STATUS."""
    language = () if instance.dialect.mariadb else ("SQL",)
    return (
        routine.database,
        routine.name,
        routine.kind,
        *language,
        routine.definer,
        routine.created,
        routine.created,
        routine.said("security") or "DEFINER",
        routine.said("comment"),
        routine.charset,
        routine.collation,
        str(instance.globals["collation_server"]),
    )


def schema_line(routine: Routine, instance: Instance) -> dict[str, Value]:
    """The line of information_schema.ROUTINES, by the names of its columns."""
    returned = routine.returned
    return {
        "SPECIFIC_NAME": routine.name,
        "ROUTINE_CATALOG": "def",
        "ROUTINE_SCHEMA": routine.database,
        "ROUTINE_NAME": routine.name,
        "ROUTINE_TYPE": routine.kind,
        "DATA_TYPE": "" if returned is None else returned.type.data_type(instance.dialect),
        "DTD_IDENTIFIER": None if returned is None else returned.type.spelling(instance.dialect),
        "ROUTINE_BODY": "SQL",
        "ROUTINE_DEFINITION": routine.node.text,
        "EXTERNAL_LANGUAGE": instance.dialect.pick("", "SQL"),
        "PARAMETER_STYLE": "SQL",
        "IS_DETERMINISTIC": routine.said("deterministic") or "NO",
        "SQL_DATA_ACCESS": routine.said("access") or "CONTAINS SQL",
        "SECURITY_TYPE": routine.said("security") or "DEFINER",
        "CREATED": routine.created,
        "LAST_ALTERED": routine.created,
        "SQL_MODE": routine.modes,
        "ROUTINE_COMMENT": routine.said("comment"),
        "DEFINER": routine.definer,
        "CHARACTER_SET_CLIENT": routine.charset,
        "COLLATION_CONNECTION": routine.collation,
        "DATABASE_COLLATION": str(instance.globals["collation_server"]),
    }
