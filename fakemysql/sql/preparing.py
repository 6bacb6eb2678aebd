"""The engine's side of prepared statements: what a text is found to be without running it, and running it with values.

A ``?`` is an expression whose value and shape the session holds (``Session.parameters``) while the statement is
described or run. Here each value that a client bound becomes such a pair, with the shape that the server of the dialect
gives it: MariaDB keeps the type that was bound, MySQL knows a few types of parameters only, and converts to the one
that the place has.

This module knows statements, shapes and the engine; ``prepared.py`` decides which type a place has. Loaded with the
first prepared statement.

Source: the definitions that MariaDB 10.11.19 and MySQL 9.7.4 sent for ``SELECT ?`` with each type bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast, overload

from .. import constants as c
from ..answers import Columns, Ok, Stepping
from ..binary import Parameter, ParameterType
from ..prepared import CursorUse, Description, Family, family, pinned
from . import shapes, statements, values
from .absent import Call, found, no_procedure
from .engine import Reading, Text
from .prepared_statements import NOT_PREPARABLE, parameter_type
from .select import Planner
from .settings import Assigner
from .show import SCANNING, Shower, is_diagnostic
from .sqlerrors import SqlError, Unsupported

if TYPE_CHECKING:
    from ..answers import Column, Failure, Steps
    from ..prepared import Statement as PreparedStatement
    from .engine import SessionEngine
    from .evaluation import UserValue
    from .session import Session
    from .shapes import Shape
    from .statements import Part, Statement
    from .values import Value

_NOT_SUPPORTED: Final = "This command is not supported in the prepared statement protocol yet"
# Kinds of modules that are not worth loading for this.
_NOT_FOR_MYSQL: Final = frozenset(["LoadData", "LockTables"])
_DYNAMIC_PARAMETERS: Final = "Dynamic parameters can only be used in DML statements."

# Statements that MySQL does not prepare; MariaDB prepares them all.
_TEXT_ONLY: Final = (
    statements.Begin,
    statements.Savepoint,
    statements.Use,
    statements.UnlockTables,
    statements.Nothing,
)
# max_prepared_stmt_count from its default on limits nothing that a test would meet, and counting takes time.
_UNCOUNTED_FROM: Final = 16382
_DIAGNOSTICS: Final = frozenset(["WARNINGS", "ERRORS", "COUNT WARNINGS", "COUNT ERRORS"])
# SHOWs whose columns both servers tell only at execution.
_UNDESCRIBED: Final = frozenset(["PROCESSLIST", "WARNINGS", "ERRORS"])

# Where the statements on tables are; to name their types would load them.
_TABLE_STATEMENTS: Final = "fakemysql.sql.table_grammar"
# Statements that MySQL executes as ever when a cursor is asked for, by name since to name their types would load them.
# DO is one of them here alone: MySQL shows what it has computed as a result, once there is a cursor.
_WITHOUT_CURSOR: Final = frozenset(["Insert", "Update", "Delete", "Do", "ShowAccount", "ShowCreate"])

# What an error calls the command that runs a prepared statement, where it is none of SQL.
_BY_PROTOCOL: Final = "mysqld_stmt_execute"
_MARIADB_INTEGER_LENGTHS: Final = {c.FIELD_TYPE_TINY: 4, c.FIELD_TYPE_SHORT: 6, c.FIELD_TYPE_LONG: 11}
_BIGINT_LENGTH: Final = 21
_MYSQL_LIMIT: Final = shapes.integer(_BIGINT_LENGTH, unsigned=True, nullable=True)
_MARIADB_TIME_LENGTH: Final = 23
_MYSQL_BYTES: Final = 65535
_MYSQL_FRACTION: Final = 6
_BLOBS: Final = frozenset({c.FIELD_TYPE_TINY_BLOB, c.FIELD_TYPE_MEDIUM_BLOB, c.FIELD_TYPE_LONG_BLOB, c.FIELD_TYPE_BLOB})
_ZERO_DATE: Final = "0000-00-00"


def prepare(
    engine: SessionEngine, session: Session, statement: bytes, *, as_command: bool = True
) -> Description | Failure:
    """COM_STMT_PREPARE: see :class:`~fakemysql.sql.engine.Engine`; as_command: not PREPARE, which is a statement."""
    if as_command:
        engine.instance.counters.add("Com_stmt_prepare")
    most = int(engine.instance.globals["max_prepared_stmt_count"] or 0)
    if most < _UNCOUNTED_FROM and engine.instance.count_prepared() >= most:
        text = f"Can't create more than max_prepared_stmt_count statements (current value: {most})"
        return engine.refusal(session, SqlError(1461, "42000", text))
    text = session.client_charset.decode(statement)
    parts = statements.parse(text, session.lexis, engine.dialect, session.modes, several=False, takes_parameters=True)
    part = parts[0]
    # What tells of warnings leaves them alone where it can be prepared at all.
    engine.begin_diagnostics(session, part.statement if engine.dialect.mariadb else None)
    for code, warning in part.warnings:
        session.warn("Warning", code, warning)
    place = shapes.NULL if engine.dialect.mariadb else _mysql_text(session)
    session.parameters = [(None, place)] * part.parameters
    try:
        if part.statement is None:
            assert part.error is not None
            raise part.error.copy()
        if isinstance(part.statement, NOT_PREPARABLE):
            raise SqlError(1295, "HY000", _NOT_SUPPORTED)
        if not engine.dialect.mariadb:
            _refuse_what_mysql_does_not_prepare(engine, session, part)
        columns = _columns(engine, session, part.statement)
    except SqlError as error:
        return engine.refusal(session, error.of(part.text) if isinstance(error, Unsupported) else error)
    finally:
        session.parameters = ()
    parameter = shapes.column("?", place, session.results, engine.dialect)
    definitions = [parameter] * part.parameters
    if not engine.dialect.mariadb:
        for index in part.limits:
            definitions[index] = shapes.column("?", _MYSQL_LIMIT, session.results, engine.dialect)
    # A statement that tells of warnings has none of its own, though those of before are still there.
    tells = isinstance(part.statement, statements.Show) and is_diagnostic(part.statement.kind)
    warnings = 0 if tells else session.statement_warnings
    # What the text is warned of has been told now, and is not told again by each execution.
    reading = Reading(Text([replace(part, warnings=())] if part.warnings else parts))
    use = _cursor_use(engine, part.statement)
    return Description(tuple(definitions), columns, warnings, reading, use, part.limits)


def _refuse_what_mysql_does_not_prepare(engine: SessionEngine, session: Session, part: Part) -> None:
    statement = part.statement
    if type(statement).__name__ in _NOT_FOR_MYSQL:
        raise SqlError(1295, "HY000", _NOT_SUPPORTED)
    if isinstance(statement, Call) and found(engine, session, statement) is None:
        raise no_procedure(session, statement)
    if isinstance(statement, _TEXT_ONLY) or (isinstance(statement, statements.Show) and statement.kind in _DIAGNOSTICS):
        raise SqlError(1295, "HY000", _NOT_SUPPORTED)
    if isinstance(statement, statements.Kill) and part.parameters:
        raise SqlError(6413, "HY000", _DYNAMIC_PARAMETERS)


def _cursor_use(engine: SessionEngine, statement: Statement) -> CursorUse:
    """A SHOW that is no query inside has no cursor; MySQL refuses one for what has no rows and changes none."""
    if isinstance(statement, statements.Query):
        return CursorUse.OPENS
    if isinstance(statement, statements.Show):
        return CursorUse.OPENS if statement.kind in SCANNING else CursorUse.PASSED_OVER
    name = type(statement).__name__
    if name == "Listing":
        from .listings import Listing, is_query

        assert isinstance(statement, Listing)
        return CursorUse.OPENS if is_query(statement) else CursorUse.PASSED_OVER
    if engine.dialect.mariadb or name in _WITHOUT_CURSOR:
        return CursorUse.PASSED_OVER
    return CursorUse.REFUSED


def _columns(engine: SessionEngine, session: Session, statement: Statement) -> tuple[Column, ...]:
    """The columns of the result, as far as the servers tell them before it is there."""
    if isinstance(statement, statements.SetFor):
        engine.check_settings_of(statement)
        _assigner(engine, session).resolve(statement.assignments)
        return _columns(engine, session, statement.statement)
    if isinstance(statement, statements.Set):
        _assigner(engine, session).resolve(statement.assignments)
        return ()
    if isinstance(statement, statements.Do):
        engine.binder_of_do(session).bind_all(statement.expressions)
        return ()
    if isinstance(statement, statements.Query):
        planner = Planner(session, engine.instance, engine.catalogue)
        plan = planner.plan(statement.select)
        if plan.casts is not None:
            return planner.foretold(plan)
        return () if plan.into else plan.columns
    if type(statement).__module__ == _TABLE_STATEMENTS:
        from . import table_statements

        table_statements.check(engine, session, statement)
        return ()
    if isinstance(statement, statements.Show) and statement.kind not in _UNDESCRIBED:
        columns, _ = Shower(session, engine.instance, engine.catalogue).show(statement)
        return columns
    return ()


def _assigner(engine: SessionEngine, session: Session) -> Assigner:
    return Assigner(session, engine.instance, Planner(session, engine.instance, engine.catalogue).subquery)


def execute(engine: SessionEngine, session: Session, handle: object, parameters: Sequence[Parameter]) -> Steps:
    """COM_STMT_EXECUTE: see :class:`~fakemysql.sql.engine.Engine`."""
    assert isinstance(handle, Reading)
    engine.instance.counters.add("Com_stmt_execute")
    if not parameters:
        # Nothing to convert and so nothing to warn of: as any other statement.
        return cast("Steps", engine.run_one(session, handle.parts[0], 0, handle))
    return _run(engine, session, handle, parameters)


def _run(
    engine: SessionEngine,
    session: Session,
    reading: Reading,
    parameters: Sequence[Parameter],
    more: int = 0,
    *,
    command: str = _BY_PROTOCOL,
) -> Steps:
    bound = _Bound(session, parameters, reading.parts[0].limits, command)
    session.parameters = bound
    steps = engine.run_one(session, reading.parts[0], more, reading)
    try:
        with Stepping(steps) as each:
            for step in each:
                if isinstance(step, Ok) and bound.enter_warnings():
                    step = replace(step, warnings=session.statement_warnings)
                each.woken = yield step
                if isinstance(step, Columns):
                    bound.enter_warnings()
    finally:
        session.parameters = ()


def run_with(
    engine: SessionEngine, session: Session, statement: PreparedStatement, given: Sequence[UserValue], more: int
) -> Steps:
    """EXECUTE ... USING: the statement with values that user variables hold."""
    reading = statement.description.handle
    assert isinstance(reading, Reading)
    if not engine.dialect.mariadb:
        parameters = [Parameter(ParameterType(parameter_type(each)), each.value) for each in given]
        yield from _run(engine, session, reading, pinned(statement, parameters), more, command="EXECUTE")
        return
    for index in reading.parts[0].limits:
        value = given[index].value
        if isinstance(value, int) and value < 0:
            yield engine.note(session, SqlError(1210, "HY000", "Incorrect arguments to EXECUTE"))
            return
    session.parameters = [(each.value, each.shape) for each in given]
    try:
        yield from engine.run_one(session, reading.parts[0], more)
    finally:
        session.parameters = ()


class _Bound(Sequence["tuple[Value, Shape]"]):
    """Values with their shapes, each made when the statement first asks for it.

    Not before, and what a conversion loses is entered into the warnings later still: a server converts while it makes
    rows, so that the end of the definitions does not count these warnings yet.
    """

    def __init__(self, session: Session, parameters: Sequence[Parameter], limits: frozenset[int], command: str) -> None:
        self._session = session
        self._parameters = parameters
        self._limits = limits
        self._command = command
        self._lost: list[tuple[int, str]] = []

    def enter_warnings(self) -> bool:
        """Rows are due, or the end of a statement that has none; whether there were any."""
        lost, self._lost = self._lost, []
        for code, message in lost:
            self._session.warn("Warning", code, message)
        return bool(lost)

    def __len__(self) -> int:
        return len(self._parameters)

    @overload
    def __getitem__(self, index: int) -> tuple[Value, Shape]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[Value, Shape]]: ...

    def __getitem__(self, index: int | slice) -> tuple[Value, Shape] | Sequence[tuple[Value, Shape]]:
        assert isinstance(index, int), "parameters are asked for one by one"
        parameter = self._parameters[index]
        if self._session.instance.dialect.mariadb:
            return _mariadb_value(self._session, parameter)
        if index in self._limits:
            return _mysql_limit(parameter.value, self._command), _MYSQL_LIMIT
        return _mysql_value(self._session, parameter, lambda code, text: self._lost.append((code, text)))


def _mariadb_value(session: Session, parameter: Parameter) -> tuple[Value, Shape]:
    """The value as it was bound, with the type that was bound."""
    kind, value = parameter.type, parameter.value
    if value is None:
        return None, shapes.NULL.but(field_type=kind.type)
    what = family(kind.type)
    if isinstance(value, int):
        length = _MARIADB_INTEGER_LENGTHS.get(kind.type, _BIGINT_LENGTH)
        return value, shapes.integer(length, unsigned=kind.unsigned, field_type=kind.type)
    if isinstance(value, float):
        return value, shapes.double().but(field_type=kind.type)
    if isinstance(value, Decimal):
        return value, _decimal_shape(value).but(field_type=kind.type)
    if what in (Family.DATE, Family.DATETIME):
        is_date = what is Family.DATE
        fraction = 6 if isinstance(value, dt.datetime) and value.microsecond else 0
        shape = shapes.temporal(shapes.Family.DATE if is_date else shapes.Family.DATETIME, nullable=False)
        return value, shape.but(decimals=fraction, field_type=kind.type)
    if isinstance(value, dt.timedelta):
        fraction = 6 if value.microseconds else 0
        shape = shapes.temporal(shapes.Family.TIME, nullable=False, length=_MARIADB_TIME_LENGTH)
        return value, shape.but(decimals=fraction)
    if isinstance(value, bytes):
        binary = session.instance.charsets.by_id[63]
        return value, shapes.string(len(value), binary, nullable=False).but(field_type=kind.type)
    assert isinstance(value, str)
    shape = shapes.string(len(value), session.collation, nullable=False)
    return value, shape.but(field_type=kind.type) if kind.type == c.FIELD_TYPE_STRING else shape


def _mysql_limit(value: Value, command: str) -> int:
    """A number of rows as MySQL takes it: an integer, or by the protocol the number that a text begins with.

    Raises:
        SqlError: 1210, 1690.
    """
    by_protocol = command == _BY_PROTOCOL
    if value is None:
        return 0
    if isinstance(value, int):
        if value < 0:
            kind = "SIGNED INTEGER" if by_protocol else "unsigned integer"
            raise SqlError(1690, "22003", f"{kind} value is out of range in '{command}'")
        return value
    if by_protocol and isinstance(value, (str, bytes)):
        return max(values.to_integer(value, _MYSQL_LIMIT.but(is_number=False)) or 0, 0)
    raise SqlError(1210, "HY000", f"Incorrect arguments to {command}")


def _decimal_shape(value: Decimal) -> Shape:
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    return shapes.decimal(max(len(digits) + max(int(exponent), 0), scale), scale)


def _mysql_value(session: Session, parameter: Parameter, warn: values.Warn) -> tuple[Value, Shape]:
    """The value converted to the type of its place, which is one of the few that MySQL has for parameters."""
    kind, value = parameter.type, parameter.value
    place = _mysql_shape(session, parameter)
    if value is None:
        return None, place
    charset = session.client_charset
    what = family(kind.type)
    if what is Family.STRING:
        if place.is_binary:
            return charset.encode(value) if isinstance(value, str) else value, place
        return charset.decode(value) if isinstance(value, bytes) else value, place

    source = _source_shape(session, value)
    if what is Family.INTEGER:
        return values.to_integer(value, source, warn), place
    if what is Family.DOUBLE:
        return values.to_double(value, source, warn), place
    if what is Family.DECIMAL:
        return values.to_decimal(value, source, warn), place
    return _mysql_moment(value, source, what, warn), place


def _mysql_shape(session: Session, parameter: Parameter) -> Shape:
    what = family(parameter.type.type)
    if what is Family.INTEGER:
        return shapes.integer(_BIGINT_LENGTH, unsigned=parameter.type.unsigned, nullable=True)
    if what is Family.DOUBLE:
        return shapes.double(nullable=True)
    if what is Family.DECIMAL:
        # Declared with all the digits there can be, and shown with those it has, as what is stored.
        shape = shapes.decimal(shapes.MAX_DECIMAL_DIGITS, shapes.MAX_DECIMAL_SCALE, nullable=True)
        return shape.but(coercibility=shapes.Coercibility.IMPLICIT)
    if what is Family.DATE:
        return shapes.temporal(shapes.Family.DATE)
    if what is Family.DATETIME:
        return shapes.temporal(shapes.Family.DATETIME, _MYSQL_FRACTION)
    if what is Family.TIME:
        return shapes.temporal(shapes.Family.TIME, _MYSQL_FRACTION)
    if parameter.type.type in _BLOBS:
        return shapes.string(_MYSQL_BYTES, session.instance.charsets.by_id[63])
    return _mysql_text(session)


def _mysql_text(session: Session) -> Shape:
    """As many characters as are sure to fit into the bytes."""
    return shapes.string(_MYSQL_BYTES // session.collation.charset.max_bytes, session.collation)


def _source_shape(session: Session, value: Value) -> Shape:
    """The shape of a value that is to be converted."""
    if isinstance(value, int):
        return shapes.integer(_BIGINT_LENGTH)
    if isinstance(value, float):
        return shapes.double()
    if isinstance(value, Decimal):
        return _decimal_shape(value)
    if isinstance(value, dt.datetime):
        return shapes.temporal(shapes.Family.DATETIME, _MYSQL_FRACTION)
    if isinstance(value, dt.date):
        return shapes.temporal(shapes.Family.DATE)
    if isinstance(value, dt.timedelta):
        return shapes.temporal(shapes.Family.TIME, _MYSQL_FRACTION)
    assert value is not None
    return shapes.string(len(value), session.collation)


def _mysql_moment(value: Value, source: Shape, what: Family, warn: values.Warn) -> Value:
    """A date, a time or both; what is none of them is the zero one, with a warning."""
    if isinstance(value, str) and value.startswith(_ZERO_DATE):
        return value
    if what is Family.TIME:
        time = values.to_time(value, source)
        if time is None:
            warn(*values.truncated("time", str(value)))
        return dt.timedelta(0) if time is None else time
    moment = values.to_datetime(value, source)
    if moment is None:
        warn(
            1292,
            f"Incorrect {'date' if what is Family.DATE else 'datetime'} value: '{values.to_text(value, source)!s}'",
        )
        return _ZERO_DATE if what is Family.DATE else f"{_ZERO_DATE} 00:00:00"
    return moment.date() if what is Family.DATE else moment
