"""Binding: expression trees to callables of known shape, by MySQL's rules of typing.

A binder holds what a session's settings say about meaning: the collation of literals, the dialect. It knows names,
variables, CASE and subqueries, and who binds the rest: ``literals.py``, ``operators.py``, ``casts.py``, and for a
function the table that its module enters it in. Columns are resolved through the relation that it is given; without
one every name is unknown.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol

from .. import constants as c
from . import casts, literals, nodes, operators, shapes, sqlerrors, values
from .calls import NATIVES, Bound, CallSite, Scope, Surroundings, Trial, check_arguments, converted
from .operators import boolean_shape
from .shapes import NULL, Coercibility, Family, Shape
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .charsets import Collation
    from .instance import Instance
    from .nodes import Expression, Select
    from .session import Session
    from .values import Value


class Resolver(Protocol):
    """What FROM brings into view."""

    def resolve(self, parts: tuple[str, ...]) -> tuple[int, Shape] | None:
        """The position in the row and the shape of a column, None for an unknown one."""
        ...


class SelectRunner(Protocol):
    """Runs a subquery; the module that selects provides it, so that this one need not know how."""

    def __call__(
        self, select: Select, outer: Binder, /
    ) -> tuple[list[Shape], Callable[[Scope], list[Sequence[Value]]]]: ...


class Binder(Surroundings):
    """Binds expressions for one session and one statement.

    is_stable turns False when what was bound depends on more than the text and the connection's settings, so that the
    next run must bind again.
    """

    def __init__(
        self,
        session: Session,
        instance: Instance,
        resolver: Resolver | None = None,
        run_select: SelectRunner | None = None,
        clause: str = "",
        outer: Binder | None = None,
    ) -> None:
        self.session = session
        self.instance = instance
        self.dialect = instance.dialect
        self.collation = session.collation
        self.binary = self.dialect.charsets.by_id[63]
        self.utf8 = self.dialect.charsets.by_id[33]
        self.resolver = resolver
        self.run_select = run_select
        self.clause = clause
        # The binder of the query around this one, and whether its columns are named here.
        self.outer = outer
        self.reaches_out = False
        self.nowhere = Trial(session, instance)
        self.is_stable = True
        # User variables that the expressions bound so far give a value to.
        self._assigned: set[str] = set()

    def bind(self, node: Expression) -> Bound:
        return _BINDERS[type(node)](self, node)

    def bind_all(self, expressions: Sequence[Expression]) -> list[Bound]:
        return [self.bind(each) for each in expressions]

    def introduced_collation(self, charset: str) -> Collation:
        """The collation of a text that is said to be in this character set."""
        if charset == self.collation.charset.name:
            return self.collation
        registry = self.dialect.charsets
        return registry.default(registry.charsets[charset])

    # --- names and variables ------------------------------------------------------------------------------------------

    def _name(self, node: nodes.Name) -> Bound:
        found = self.find(node.parts)
        if found is not None:
            return found
        if self.resolver is None and len(node.parts) > 1 and not self.clause:
            table = ".".join(node.parts[:-1]) if self.dialect.mariadb else node.parts[-2]
            raise sqlerrors.unknown_table_in(self.dialect, table)
        raise sqlerrors.unknown_column(self.dialect, ".".join(node.parts), self.clause)

    def find(self, parts: tuple[str, ...]) -> Bound | None:
        """What a name stands for: a variable of the routine that runs, or a column of this query or one around it.

        Raises:
            SqlError: 1052, several fit.
        """
        if self.session.frame is not None and len(parts) == 1:
            variable = self.session.frame.find(parts[0])
            if variable is not None:
                self.is_stable = False
                return Bound(variable.shape, lambda _scope: variable.value)
        if self.resolver is not None:
            try:
                found = self.resolver.resolve(parts)
            except LookupError:
                raise sqlerrors.ambiguous(self.dialect, ".".join(parts), self.clause) from None
            if found is not None:
                position, shape = found
                return Bound(shape, lambda scope: scope.row[position])
        around = None if self.outer is None else self.outer.find(parts)
        if around is None:
            return None
        self.reaches_out = True

        def run(scope: Scope) -> Value:
            assert scope.outer is not None, "a query that looks around itself runs inside of another"
            return around.run(scope.outer)

        return Bound(around.shape, run)

    def _user_variable(self, node: nodes.UserVariable) -> Bound:
        self.is_stable = False
        name = node.name.lower()
        stored = self.session.user_variables.get(name)
        if name in self._assigned:
            return self._assigned_variable(name, stored)
        shape = self.variable_shape(stored)

        def run(scope: Scope) -> Value:
            found = scope.session.user_variables.get(name)
            return None if found is None else found.value

        return Bound(shape, run)

    def _assigned_variable(self, name: str, before: UserValue | None) -> Bound:
        """A variable that the statement itself gives a value: it is read as what it held before, nothing as a text."""
        if before is None:
            shape = self._blob(c.FIELD_TYPE_LONG_BLOB, self.dialect.pick(67108860, 268435440), self.collation)
        else:
            shape = self.variable_shape(before)
        family = shape.family
        convert: Callable[[Value, Shape], Value] = _AS_HELD.get(family, values.to_text)

        def run(scope: Scope) -> Value:
            found = scope.session.user_variables.get(name)
            if found is None or found.shape.family is family:
                return None if found is None else found.value
            return convert(found.value, found.shape)

        return Bound(shape, run)

    def variable_shape(self, stored: UserValue | None) -> Shape:
        """The shape of a user variable that holds this."""
        pick = self.dialect.pick
        if stored is None:
            field_type, length = pick((c.FIELD_TYPE_LONG_BLOB, 16777216), (c.FIELD_TYPE_VAR_STRING, 65532))
            rank = pick(Coercibility.IMPLICIT, Coercibility.NULL)
            return self._blob(field_type, length, self.binary).but(coercibility=rank)
        if stored.shape.family is Family.INTEGER:
            return shapes.integer(pick(20, 21), unsigned=stored.shape.unsigned, nullable=True)
        if stored.shape.family is Family.DECIMAL:
            length, scale = pick((83, 38), (67, 30))
            rank = Coercibility.IMPLICIT
            return Shape(Family.DECIMAL, length, scale, nullable=True, precision=65, coercibility=rank)
        if stored.shape.family is Family.DOUBLE:
            return shapes.double(nullable=True)
        if stored.shape.is_character and stored.shape.collation is not None:
            return self._blob(c.FIELD_TYPE_LONG_BLOB, pick(67108860, 268435440), stored.shape.collation)
        return self._blob(pick(c.FIELD_TYPE_LONG_BLOB, c.FIELD_TYPE_MEDIUM_BLOB), 16777215, self.binary)

    @staticmethod
    def _blob(field_type: int, wire_length: int, collation: Collation) -> Shape:
        return Shape(
            Family.STRING,
            wire_length // collation.charset.max_bytes,
            nullable=True,
            collation=collation,
            coercibility=Coercibility.IMPLICIT,
            field_type=field_type,
            wire_length=wire_length,
        )

    def _assignment(self, node: nodes.Assignment) -> Bound:
        self.is_stable = False
        bound = self.bind(node.value)
        name = node.name.lower()
        self._assigned.add(name)

        def run(scope: Scope) -> Value:
            value = bound.run(scope)
            stored = store(value, bound.shape, self.collation)
            scope.assign(name, stored)
            return stored.value

        shape = bound.shape
        if shape.family.is_temporal:
            shape = shapes.string(shape.length, self.collation, nullable=shape.nullable, fixed_decimals=True)
        return Bound(shape.but(is_literal=False), run)

    def _system_variable(self, node: nodes.SystemVariable) -> Bound:
        self.is_stable = False
        name = node.name
        if node.qualified:
            named = name if self.dialect.mariadb else f"{node.qualified}.{name}"
            raise sqlerrors.unknown_variable(named)
        definition = self.instance.definition(name)
        read = self.instance.reader(definition, node.scope)
        current = read(self.session)
        shape = self._variable_shape_of(definition.kind, definition.unsigned, current)
        return Bound(shape, lambda scope: definition.to_value(read(scope.session)))

    def _variable_shape_of(self, kind: str, unsigned: bool, current: object) -> Shape:
        if kind == "bool":
            field_type = c.FIELD_TYPE_LONGLONG if self.dialect.mariadb else None
            return shapes.integer(1, nullable=True, field_type=field_type)
        if kind == "int":
            return shapes.integer(21, unsigned=unsigned, nullable=True)
        if kind == "double":
            return shapes.double(self.dialect.pick(21, 23), decimals=6, nullable=True)
        length = len(str(current)) if self.dialect.mariadb and current is not None else self.dialect.pick(0, 21845)
        shape = shapes.string(length, self.utf8, coercibility=Coercibility.SYSTEM)
        # MySQL measures in the connection's largest unit and still calls it a string, not a text.
        return shape if self.dialect.mariadb else shape.but(field_type=c.FIELD_TYPE_VAR_STRING)

    # --- CASE ---------------------------------------------------------------------------------------------------------

    def _case(self, node: nodes.Case) -> Bound:
        conditions = [
            self.bind(when if node.operand is None else nodes.Operation("=", (node.operand, when)))
            for when, _ in node.branches
        ]
        results = [self.bind(then) for _, then in node.branches]
        otherwise = Bound(NULL, lambda _scope: None, True) if node.otherwise is None else self.bind(node.otherwise)
        shape = shapes.union([bound.shape for bound in (*results, otherwise)], self.dialect.charsets, self.dialect)
        if self.dialect.mariadb and any(condition.shape.nullable for condition in conditions):
            shape = shape.but(nullable=True)
        branches = [
            (condition, converted(result, shape)) for condition, result in zip(conditions, results, strict=True)
        ]
        last = converted(otherwise, shape)

        def run(scope: Scope) -> Value:
            for condition, result in branches:
                if values.truth(condition.run(scope), condition.shape, scope.warn):
                    return result(scope)
            return last(scope)

        constant = all(bound.is_constant for bound in (*conditions, *results, otherwise))
        return Bound(shape, run, constant)

    # --- calls and subqueries -----------------------------------------------------------------------------------------

    def _call(self, node: nodes.Call) -> Bound:
        name = node.name.upper()
        if node.is_loose:
            raise self.unknown_function(node)
        function = NATIVES.get(name)
        if function is None or node.database or not function.exists_in(self.dialect):
            stored = None
            if self.instance.routines:
                from .routines import function_call

                stored = function_call(self, node)
            if stored is None:
                raise self.unknown_function(node)
            return stored
        check_arguments(function, node.name, len(node.arguments))
        arguments = [
            Bound(NULL, lambda _scope: None, True)
            if isinstance(argument, (nodes.Interval, nodes.Star))
            else self.bind(argument)
            for argument in node.arguments
        ]
        bound = function.bind(CallSite(node.name, self, node.arguments, arguments))
        if name in _NULLABLE_WHERE_STRICT or (self.dialect.mariadb and name in _NULLABLE_WHERE_STRICT_ON_MARIADB):
            # What tells of its argument is never NULL itself.
            return self._nullable_where_strict(bound, () if name in _TELLS_OF_AN_ARGUMENT else arguments)
        return bound

    def _nullable_where_strict(self, bound: Bound, arguments: Sequence[Bound]) -> Bound:
        """Many texts may be NULL under a strict sql_mode, as they may become too long; else where an argument may."""
        if self.session.is_strict:
            return bound
        nullable = any(argument.shape.nullable for argument in arguments)
        return bound._replace(shape=bound.shape.but(nullable=nullable))

    def _cast(self, node: nodes.Cast) -> Bound:
        bound = casts.cast(self, node)
        return self._nullable_where_strict(bound, [self.bind(node.value)]) if node.to.name in _TEXTS else bound

    def _collate(self, node: nodes.Collate) -> Bound:
        return self._nullable_where_strict(casts.collate(self, node), [self.bind(node.value)])

    def _convert(self, node: nodes.ConvertUsing) -> Bound:
        return self._nullable_where_strict(casts.convert_using(self, node), [self.bind(node.value)])

    def unknown_function(self, node: nodes.Call) -> sqlerrors.SqlError:
        if not node.database and not node.is_loose:
            from .foreign_functions import has

            if has(self.dialect, node.name.upper()):
                return sqlerrors.unsupported(f"the function {node.name}")
        database = node.database or self.session.database
        if not database:
            # MySQL misses a database to look in; MariaDB says what it does not find.
            return sqlerrors.unknown_function(node.name) if self.dialect.mariadb else sqlerrors.no_database()
        if node.is_loose:
            return sqlerrors.loose_call(f"{database}.{node.name}")
        return sqlerrors.unknown_function(f"{database}.{node.name}")

    def _run_select(self, select: Select) -> tuple[list[Shape], Callable[[Scope], list[Sequence[Value]]]]:
        if self.run_select is None:
            raise sqlerrors.unsupported("a subquery in this place")
        return self.run_select(select, self)

    def column_of(self, select: Select) -> tuple[Shape, Callable[[Scope], list[Sequence[Value]]]]:
        """The one column of a subquery, nullable where no row may come, and its rows.

        Raises:
            SqlError: 1241, it has more columns than one.
        """
        (column,), rows_of = self.columns_of(select, 1)
        return column, rows_of

    def columns_of(self, select: Select, count: int) -> tuple[list[Shape], Callable[[Scope], list[Sequence[Value]]]]:
        """The columns of a subquery that must have so many, nullable where no row may come, and its rows.

        Raises:
            SqlError: 1241, it has another number of columns.
        """
        columns, rows_of = self._run_select(select)
        if len(columns) != count:
            raise sqlerrors.operand_columns(count)
        may_be_none = not _gives_one_row(select)
        return [column.but(nullable=column.nullable or may_be_none) for column in columns], rows_of

    def _subquery(self, node: nodes.Subquery) -> Bound:
        column, rows_of = self.column_of(node.select)

        def run(scope: Scope) -> Value:
            rows = rows_of(scope)
            if len(rows) > 1:
                raise sqlerrors.subquery_rows()
            return rows[0][0] if rows else None

        return Bound(column.but(is_literal=False), run)

    def _exists(self, node: nodes.Exists) -> Bound:
        _, rows_of = self._run_select(node.select)
        return Bound(boolean_shape(self), lambda scope: int(bool(rows_of(scope))))

    def _interval(self, node: nodes.Interval) -> Bound:
        raise sqlerrors.unsupported(f"INTERVAL ... {node.unit}")

    def _concatenated(self, _node: nodes.Concatenated) -> Bound:
        raise sqlerrors.group_function()

    def _row_value(self, _node: nodes.RowValue) -> Bound:
        raise sqlerrors.operand_columns(1)

    def _parameter(self, node: nodes.Parameter) -> Bound:
        self.is_stable = False
        value, shape = self.session.parameter(node.index)
        return Bound(shape, lambda _scope: value)


def _gives_one_row(select: Select) -> bool:
    """Whether a query gives exactly one row whatever happens: nothing in it drops rows or adds some."""
    core = select.cores[0]
    return not (select.is_union or core.table or core.where or core.having or select.limit)


class UserValue:
    """What a user variable holds: a value, and the shape that it was given with."""

    __slots__ = ("shape", "value")

    def __init__(self, value: Value, shape: Shape) -> None:
        self.value = value
        self.shape = shape


def store(value: Value, shape: Shape, collation: Collation) -> UserValue:
    """A value as a user variable keeps it: dates become text, everything else stays what it is."""
    if isinstance(value, (dt.date, dt.timedelta)):
        value = values.to_text(value, shape)
        shape = shapes.string(shape.length, collation)
    elif value is None and shape.family is not Family.STRING:
        shape = NULL
    elif isinstance(value, Decimal):
        value = values.rounded(value, shape.decimals)
    elif shape.is_hex:
        shape = shape.but(is_hex=False, is_number=False, unsigned=False)
    return UserValue(value, shape.but(is_literal=False, nullable=True))


_AS_HELD: Final[dict[Family, Callable[[Value, Shape], Value]]] = {
    Family.INTEGER: values.to_integer,
    Family.DECIMAL: values.to_decimal,
    Family.DOUBLE: values.to_double,
}
_TELLS_OF_AN_ARGUMENT: Final = frozenset(("CHARSET", "COLLATION"))
_TEXTS: Final = frozenset(("CHAR", "BINARY"))
_NULLABLE_WHERE_STRICT: Final = frozenset(
    words(
        """
    CHAR CHARSET COLLATION CONCAT CONCAT_WS CURRENT_USER FORMAT HEX LCASE LEFT LOWER LPAD LTRIM MID QUOTE REPEAT
    REPLACE REVERSE RIGHT RPAD RTRIM SESSION_USER SOUNDEX SPACE SUBSTR SUBSTRING SUBSTRING_INDEX SYSTEM_USER TO_BASE64
    TRIM UCASE UPPER USER UUID TRIM-FROM LTRIM-FROM RTRIM-FROM
    """
    )
)
_NULLABLE_WHERE_STRICT_ON_MARIADB: Final = frozenset(("MD5", "PASSWORD", "SHA", "SHA1"))
_BINDERS: Final[dict[type, Callable[[Binder, Expression], Bound]]] = {
    nodes.Literal: literals.literal,  # type: ignore[dict-item]  # each is called with the node it is entered for
    nodes.Name: Binder._name,  # type: ignore[dict-item]
    nodes.UserVariable: Binder._user_variable,  # type: ignore[dict-item]
    nodes.SystemVariable: Binder._system_variable,  # type: ignore[dict-item]
    nodes.Assignment: Binder._assignment,  # type: ignore[dict-item]
    nodes.Operation: operators.operation,  # type: ignore[dict-item]
    nodes.Call: Binder._call,  # type: ignore[dict-item]
    nodes.Case: Binder._case,  # type: ignore[dict-item]
    nodes.Cast: Binder._cast,  # type: ignore[dict-item]
    nodes.ConvertUsing: Binder._convert,  # type: ignore[dict-item]
    nodes.Collate: Binder._collate,  # type: ignore[dict-item]
    nodes.Interval: Binder._interval,  # type: ignore[dict-item]
    nodes.Subquery: Binder._subquery,  # type: ignore[dict-item]
    nodes.Exists: Binder._exists,  # type: ignore[dict-item]
    nodes.Concatenated: Binder._concatenated,  # type: ignore[dict-item]
    nodes.RowValue: Binder._row_value,  # type: ignore[dict-item]
    nodes.Parameter: Binder._parameter,  # type: ignore[dict-item]
}
