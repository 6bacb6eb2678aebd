"""Expressions that are ready to run, and the table of functions that make them.

An expression is *bound* once for a session, which settles its :class:`~fakemysql.sql.shapes.Shape`, and then run for
each row. Running is synchronous. A function that must wait (SLEEP, GET_LOCK) raises :class:`Suspended`; whoever runs
the statement yields the pause and then runs the same row again, and :meth:`Scope.once` answers from memory what has
already happened, so that a lock is taken once and a sleep slept once however often the row is run.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from .. import constants as c
from ..records import record
from . import shapes, sqlerrors, values
from .nodes import UserVariable
from .shapes import Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from ..answers import Kill, Pause, Wake, Woken
    from .charsets import Collation
    from .dialect import Dialect
    from .evaluation import UserValue
    from .instance import Instance
    from .nodes import Expression
    from .session import Session
    from .values import Number, Value

T = TypeVar("T")


class Suspended(Exception):  # not an error: it asks for a pause and for being run again
    """The expression waits. The answer to the pause goes to :meth:`Scope.resume`."""

    def __init__(self, pause: Pause, settle: Callable[[Woken], Value]) -> None:
        super().__init__(pause)
        self.pause = pause
        self.settle = settle


class Scope:
    """What an expression sees while it runs: the session, the server, the row, and what has already happened.

    effects collects steps (wake-ups of other sessions) for whoever drives the statement. outer is what a query inside
    of another one sees of that one; subqueries holds the rows of queries that are the same for every row.
    """

    __slots__ = ("_done", "_replayed", "_undo", "effects", "instance", "outer", "row", "session", "subqueries")

    def __init__(self, session: Session, instance: Instance, outer: Scope | None = None) -> None:
        self.session = session
        self.instance = instance
        self.outer = outer
        self.subqueries: dict[object, list[Sequence[Value]]] | None = None
        self.row: Sequence[Value] = ()
        self.effects: list[Wake | Kill] = []
        self._undo: dict[str, UserValue | None] = {}
        self._done: list[Value] = []
        self._replayed = 0

    def warn(self, code: int, text: str, level: str = "Warning") -> None:
        """Enter a line for SHOW WARNINGS."""
        if text.endswith("value: ''") and not self.instance.dialect.mariadb:
            return  # to MySQL an empty text is a number, and a silent nought
        self.session.warn(level, code, text)

    def begin_row(self, row: Sequence[Value]) -> None:
        """A new row: nothing has happened for it yet."""
        self.row = row
        self._done.clear()
        self._undo.clear()
        self._replayed = 0

    def replay(self) -> None:
        """The same row once more, after a pause: what it assigned is taken back, what else it did is remembered."""
        variables = self.session.user_variables
        for name, before in self._undo.items():
            if before is None:
                variables.pop(name, None)
            else:
                variables[name] = before
        self._undo.clear()
        self._replayed = 0

    def assign(self, name: str, value: UserValue) -> None:
        """Give a user variable a value, so that it can be taken back."""
        variables = self.session.user_variables
        self._undo.setdefault(name, variables.get(name))
        variables[name] = value

    def resume(self, answer: Value) -> None:
        """The value of the call that was suspended."""
        self._done.append(answer)

    def once(self, happen: Callable[[], Value]) -> Value:
        """The result of something that must happen once a row, however often the row is run."""
        if self._replayed == len(self._done):
            self._done.append(happen())
        self._replayed += 1
        return self._done[self._replayed - 1]


class Trial(Scope):
    """A scope for finding out what a constant is: it lists no warnings, but remembers that there were some."""

    __slots__ = ("noticed",)

    def __init__(self, session: Session, instance: Instance) -> None:
        super().__init__(session, instance)
        self.noticed = False

    def warn(self, code: int, text: str, level: str = "Warning") -> None:
        self.noticed = True


class Bound(NamedTuple):
    """An expression of known shape. is_constant: it gives the same value in every row and session."""

    shape: Shape
    run: Callable[[Scope], Value]
    is_constant: bool = False


class CallSite:
    """A function call being bound: its arguments, and short ways to read them as one type or another.

    Readers are callables that take a scope; a reader answers None for NULL.
    """

    def __init__(self, name: str, binder: Surroundings, nodes: Sequence[Expression], arguments: list[Bound]) -> None:
        self.name = name
        self.binder = binder
        self.nodes = nodes
        self.arguments = arguments
        self.dialect = binder.dialect

    def __len__(self) -> int:
        return len(self.arguments)

    def shape(self, index: int) -> Shape:
        return self.arguments[index].shape

    @property
    def shapes(self) -> list[Shape]:
        return [argument.shape for argument in self.arguments]

    @property
    def is_nullable(self) -> bool:
        return any(argument.shape.nullable for argument in self.arguments)

    @property
    def is_constant(self) -> bool:
        return all(argument.is_constant for argument in self.arguments)

    def constant(self, index: int) -> Value:
        """The value of a constant argument, None where it is none."""
        argument = self.arguments[index]
        # MariaDB takes a user variable for a constant of the statement.
        known = argument.is_constant or (self.dialect.mariadb and isinstance(self.nodes[index], UserVariable))
        return argument.run(self.binder.nowhere) if known else None

    # --- shapes ---------------------------------------------------------------------------------------------------

    def integer(
        self, mariadb: int, mysql: int, *, big: bool = False, unsigned: bool = False, nullable: bool | None = None
    ) -> Shape:
        """An integer result of these widths; MariaDB sends it as INT unless big, MySQL always as BIGINT."""
        field_type = None
        if self.dialect.mariadb:
            field_type = c.FIELD_TYPE_LONGLONG if big else c.FIELD_TYPE_LONG
        return shapes.integer(
            self.dialect.pick(mariadb, mysql),
            unsigned=unsigned,
            nullable=self.is_nullable if nullable is None else nullable,
            field_type=field_type,
        )

    def string(self, length: int, collation: Collation | None = None, *, fixed_decimals: bool = False) -> Shape:
        """A string result of so many characters, in the collation of the connection unless another is given."""
        return shapes.string(length, collation or self.binder.collation, fixed_decimals=fixed_decimals)

    def mixed_collation(self, *indexes: int) -> Collation:
        """The collation that these arguments (all, when none is named) have together."""
        chosen = [self.arguments[index].shape for index in indexes] if indexes else self.shapes
        texts = [shape for shape in chosen if shape.collation is not None]
        if texts:
            return shapes.aggregate(texts, self.dialect.charsets)[0]
        if all(shape.family is Family.NULL for shape in chosen) and chosen:
            return self.binder.binary
        return self.binder.collation

    def length(self, index: int) -> int:
        return shapes.text_length(self.shape(index), self.dialect)

    # --- readers --------------------------------------------------------------------------------------------------

    def value(self, index: int) -> Callable[[Scope], Value]:
        return self.arguments[index].run

    def string_as(self, index: int, collation: Collation) -> Callable[[Scope], str | bytes | None]:
        """An argument as a string of this collation's kind: bytes where it is binary, else str."""
        return as_string(self.arguments[index], collation)

    def text(self, index: int) -> Callable[[Scope], str | None]:
        return as_text(self.arguments[index])

    def raw(self, index: int) -> Callable[[Scope], bytes | None]:
        """An argument as the bytes that it has in its own character set."""
        bound = self.arguments[index]
        collation = bound.shape.collation or self.binder.collation
        run, shape = bound.run, bound.shape

        def read(scope: Scope) -> bytes | None:
            text = values.to_text(run(scope), shape)
            return None if text is None else values.to_bytes(text, collation)

        return read

    def integer_of(self, index: int) -> Callable[[Scope], int | None]:
        bound = self.arguments[index]
        return lambda scope: values.to_integer(bound.run(scope), bound.shape, scope.warn)

    def number(self, index: int) -> Callable[[Scope], Number | None]:
        bound = self.arguments[index]
        return lambda scope: values.to_number(bound.run(scope), bound.shape, scope.warn)

    def double(self, index: int) -> Callable[[Scope], float | None]:
        bound = self.arguments[index]
        return lambda scope: values.to_double(bound.run(scope), bound.shape, scope.warn)

    def decimal(self, index: int) -> Callable[[Scope], Decimal | None]:
        bound = self.arguments[index]
        return lambda scope: values.to_decimal(bound.run(scope), bound.shape, scope.warn)

    def moment(self, index: int, *, is_date: bool = False) -> Callable[[Scope], dt.datetime | None]:
        """An argument as a date with a time; what is no date is NULL and warns, on MySQL of a date or a datetime."""
        is_cut = is_date and not self.dialect.mariadb
        wording = "Truncated incorrect date value" if is_cut else "Incorrect datetime value"
        bound = self.arguments[index]

        def read(scope: Scope) -> dt.datetime | None:
            value = bound.run(scope)
            if isinstance(value, dt.timedelta):
                return scope.session.local_time().replace(hour=0, minute=0, second=0, microsecond=0) + value
            moment = values.to_datetime(value, bound.shape)
            if moment is None and value is not None:
                scope.warn(1292, f"{wording}: '{plain_text(value, bound.shape)}'")
            return moment

        return read

    def time(self, index: int) -> Callable[[Scope], dt.timedelta | None]:
        bound = self.arguments[index]

        def read(scope: Scope) -> dt.timedelta | None:
            value = bound.run(scope)
            time = values.to_time(value, bound.shape)
            if time is None and value is not None:
                wording = self.dialect.pick("Incorrect", "Truncated incorrect")
                scope.warn(1292, f"{wording} time value: '{plain_text(value, bound.shape)}'")
            return time

        return read

    # --- results --------------------------------------------------------------------------------------------------

    def make(self, shape: Shape, compute: Callable[..., Value], *readers: Callable[[Scope], Value]) -> Bound:
        """A result that is NULL when any of its readers gives NULL, and else what compute makes of their values."""
        constant = self.is_constant
        if len(readers) == 1:
            read = readers[0]

            def run_one(scope: Scope) -> Value:
                value = read(scope)
                return None if value is None else compute(value)

            return Bound(shape, run_one, constant)

        def run(scope: Scope) -> Value:
            read_values = [reader(scope) for reader in readers]
            return None if None in read_values else compute(*read_values)

        return Bound(shape, run, constant)


class Surroundings:
    """What binding knows of the session. The binder in ``evaluation.py`` adds names and subqueries."""

    dialect: Dialect
    collation: Collation
    binary: Collation
    session: Session
    instance: Instance
    nowhere: Scope
    is_stable: bool

    def bind(self, node: Expression) -> Bound:
        """An expression, ready to run."""
        raise NotImplementedError  # pragma: no cover  # the binder overrides it


def as_text(bound: Bound) -> Callable[[Scope], str | None]:
    run, shape = bound.run, bound.shape

    def read(scope: Scope) -> str | None:
        text = values.to_text(run(scope), shape)
        return text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text

    return read


def as_string(bound: Bound, collation: Collation) -> Callable[[Scope], str | bytes | None]:
    run, shape = bound.run, bound.shape
    own = shape.collation
    to_binary = collation.id == 63

    def read(scope: Scope) -> str | bytes | None:
        text = values.to_text(run(scope), shape)
        if text is None:
            return None
        if to_binary:
            return values.to_bytes(text, own or collation)
        return collation.charset.decode(text) if isinstance(text, bytes) else text

    return read


def converted(bound: Bound, shape: Shape) -> Callable[[Scope], Value]:
    """How values of bound become values of shape, which holds them all."""
    run, own = bound.run, bound.shape
    if shape.family is Family.STRING and shape.collation is not None:
        return as_string(bound, shape.collation)
    if shape.family is Family.DOUBLE:
        return lambda scope: values.to_double(run(scope), own, scope.warn)
    if shape.family is Family.DECIMAL:
        return lambda scope: values.to_decimal(run(scope), own, scope.warn)
    if shape.family is Family.DATETIME:
        return lambda scope: values.to_datetime(run(scope), own)
    return run


def plain_text(value: Value, shape: Shape) -> str:
    text = values.to_text(value, shape)
    assert text is not None
    return values.text_of(text)


@record
class Native:
    """A native function: how many arguments it takes (most None for any number), and how a call of it is bound."""

    least: int
    most: int | None
    bind: Callable[[CallSite], Bound]
    mariadb_only: bool = False
    mysql_only: bool = False

    def exists_in(self, dialect: Dialect) -> bool:
        return not (self.mysql_only if dialect.mariadb else self.mariadb_only)


NATIVES: Final[dict[str, Native]] = {}


def native(
    names: str, least: int, most: int | None = -1, *, mariadb_only: bool = False, mysql_only: bool = False
) -> Callable[[Callable[[CallSite], Bound]], Callable[[CallSite], Bound]]:
    """Enter a function in the table under each of the names; most is the same as least unless given."""

    def enter(bind: Callable[[CallSite], Bound]) -> Callable[[CallSite], Bound]:
        for name in names.split():
            NATIVES[name] = Native(least, least if most == -1 else most, bind, mariadb_only, mysql_only)
        return bind

    return enter


def check_arguments(function: Native, name: str, count: int) -> None:
    """Raise error 1582 unless so many arguments fit."""
    if count < function.least or (function.most is not None and count > function.most):
        raise sqlerrors.wrong_argument_count(name)
