"""PREPARE, EXECUTE and DEALLOCATE PREPARE as statements; EXECUTE IMMEDIATE on MariaDB. Loaded with the first of them.

A session keeps by name what it has prepared; reading a text and running it with values is ``preparing.py``'s, which the
protocol's own prepared statements use too. Values come from user variables, with the types that these have.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Failure, Ok
from ..prepared import UNBOUND
from ..prepared import Statement as Prepared
from . import shapes
from .calls import Scope, as_text
from .evaluation import Binder, UserValue, store
from .nodes import UserVariable
from .select import evaluate
from .shapes import Family
from .sqlerrors import SqlError, syntax
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..answers import Step, Woken
    from .calls import Bound
    from .engine import Handler, SessionEngine
    from .nodes import Expression
    from .session import Session
    from .statements import Statement, StatementParser

    Steps = Generator[Step, Woken | None, None]


@dataclass(frozen=True, slots=True)
class Prepare:
    name: str
    text: Expression


@dataclass(frozen=True, slots=True)
class Execute:
    """name None is EXECUTE IMMEDIATE, which has a text."""

    name: str | None
    text: Expression | None
    using: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Deallocate:
    name: str


# --- reading ----------------------------------------------------------------------------------------------------------


def _text(parser: StatementParser) -> Expression:
    if not parser.dialect.mariadb and parser.token.kind not in (Kind.STRING, Kind.USER_VARIABLE):
        parser.fail()
    return parser.expression()


def prepare(parser: StatementParser) -> Statement:
    parser.need_word("PREPARE")
    name = parser.need_name()
    parser.need_word("FROM")
    return Prepare(name, _text(parser))


def execute(parser: StatementParser) -> Statement:
    parser.need_word("EXECUTE")
    name: str | None = None
    text: Expression | None = None
    if parser.dialect.mariadb and parser.take_word("IMMEDIATE"):
        text = _text(parser)
    else:
        name = parser.need_name()
    using: list[Expression] = []
    if parser.take_word("USING"):
        using.append(_value(parser))
        while parser.take(","):
            using.append(_value(parser))
    return Execute(name, text, tuple(using))


def _value(parser: StatementParser) -> Expression:
    if not parser.dialect.mariadb and parser.token.kind is not Kind.USER_VARIABLE:
        parser.fail()
    return parser.expression()


def deallocate(parser: StatementParser) -> Statement:
    parser.advance()
    parser.need_word("PREPARE")
    return Deallocate(parser.need_name())


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {
    "PREPARE": prepare,
    "EXECUTE": execute,
    "DEALLOCATE": deallocate,
    "DROP": deallocate,
}


# --- carrying out -----------------------------------------------------------------------------------------------------


def _kept(session: Session) -> dict[str, Prepared]:
    if session.prepared is None:
        session.prepared = {}
    return session.prepared


def _unknown(name: str, function: str) -> SqlError:
    return SqlError(1243, "HY000", f"Unknown prepared statement handler ({name}) given to {function}")


def _bind(session: Session, expressions: Sequence[Expression]) -> tuple[Bound, ...]:
    binder = Binder(session, session.instance, None, None, session.instance.dialect.pick("EXECUTE", "field list"))
    return tuple(binder.bind_all(expressions))


def _read(engine: SessionEngine, session: Session, text: Expression) -> Prepared:
    """The statement that a text holds, described as COM_STMT_PREPARE describes one."""
    from .preparing import prepare as describe

    (bound,) = _bind(session, (text,))
    source = as_text(bound)(Scope(session, session.instance))
    if source is None:
        raise syntax(engine.dialect, "NULL", 1)
    # Reading it begins a list of warnings of its own, and so does running it.
    description = describe(engine, session, session.client_charset.encode(source), as_command=False)
    if isinstance(description, Failure):
        raise SqlError(description.code, description.sqlstate, description.message)
    return Prepared(0, source, description, resolved=[UNBOUND] * len(description.parameters))


def _prepare(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Prepare)
    engine.instance.counters.add("Com_prepare_sql")
    kept, key = _kept(session), statement.name.lower()
    kept.pop(key, None)
    kept[key] = _read(engine, session, statement.text)
    session.row_count = 0
    if session.tracker is not None:
        session.tracker.change()
    yield Ok(session.status | more, warnings=session.statement_warnings, info="Statement prepared")


def _execute(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    from .preparing import run_with

    assert isinstance(statement, Execute)
    if statement.name is None:
        assert statement.text is not None, "what has no name has a text"
        engine.instance.counters.add("Com_execute_immediate")
        found = _read(engine, session, statement.text)
    else:
        engine.instance.counters.add("Com_execute_sql")
        kept = _kept(session).get(statement.name.lower())
        if kept is None:
            raise _unknown(statement.name, "EXECUTE")
        found = kept
    if len(statement.using) != found.parameter_count:
        raise SqlError(1210, "HY000", "Incorrect arguments to EXECUTE")
    values = yield from _values(session, statement.using)
    yield from run_with(engine, session, found, values, more)


def _values(session: Session, using: Sequence[Expression]) -> Generator[Step, Woken | None, list[UserValue]]:
    bound = _bind(session, using)
    row = yield from evaluate(bound, Scope(session, session.instance), ())
    found = []
    for node, value, each in zip(using, row, bound, strict=True):
        is_variable = isinstance(node, UserVariable)
        kept = session.user_variables.get(node.name.lower()) if isinstance(node, UserVariable) else None
        if kept is None:
            kept = store(value, each.shape, session.collation)
        if not session.instance.dialect.mariadb:
            found.append(kept)
        elif is_variable:
            found.append(_mariadb_place(kept))
        else:
            found.append(UserValue(kept.value, kept.shape.but(nullable=value is None)))
    return found


def parameter_type(value: UserValue) -> int:
    """The type on the wire that stands for a user variable's."""
    held = value.value
    if isinstance(held, int):
        return c.FIELD_TYPE_LONGLONG
    if isinstance(held, float):
        return c.FIELD_TYPE_DOUBLE
    if isinstance(held, Decimal):
        return c.FIELD_TYPE_NEWDECIMAL
    return c.FIELD_TYPE_VAR_STRING if value.shape.family is not Family.STRING or isinstance(held, str) else _BLOB


_BLOB: Final = c.FIELD_TYPE_BLOB
_BIGINT_LENGTH: Final = 20


def _mariadb_place(value: UserValue) -> UserValue:
    """A user variable as MariaDB takes it for a ``?``: never NULL where it is not, and a text of any length."""
    shape, held = value.shape.but(nullable=value.value is None), value.value
    if isinstance(held, str):
        # The length counts bytes, and is taken for characters.
        assert shape.collation is not None, "a text has a collation"
        shape = shape.but(field_type=c.FIELD_TYPE_LONG_BLOB, length=len(held) * shape.collation.charset.max_bytes)
    elif isinstance(held, bytes):
        shape = shape.but(field_type=c.FIELD_TYPE_LONG_BLOB, length=len(held))
    elif isinstance(held, int):
        shape = shape.but(field_type=c.FIELD_TYPE_LONGLONG, length=_BIGINT_LENGTH)
    elif isinstance(held, float):
        shape = shape.but(length=shapes.DOUBLE_LENGTH)
    return UserValue(held, shape)


def _deallocate(engine: SessionEngine, session: Session, statement: object, more: int) -> Steps:
    assert isinstance(statement, Deallocate)
    engine.instance.counters.add("Com_dealloc_sql")
    if _kept(session).pop(statement.name.lower(), None) is None:
        raise _unknown(statement.name, "DEALLOCATE PREPARE")
    session.row_count = 0
    if session.tracker is not None:
        session.tracker.change()
    yield Ok(session.status | more, warnings=session.statement_warnings)


HANDLERS: Final[dict[type, Handler]] = {Prepare: _prepare, Execute: _execute, Deallocate: _deallocate}
"""Who carries out each of these statements."""

NOT_PREPARABLE: Final = (Prepare, Execute, Deallocate)
"""What neither server prepares."""
