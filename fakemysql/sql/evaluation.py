"""Binding: expression trees to callables of known shape, by MySQL's rules of typing.

A binder holds what a session's settings say about meaning: the collation of literals, the dialect. It knows
operators, literals, variables, CASE and CAST; functions stand in tables of their own (``functions.py`` and its
neighbours). Columns are resolved through the relation that it is given; without one every name is unknown.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final, Protocol

from .. import constants as c
from . import nodes, shapes, sqlerrors, values
from .calls import NATIVES, Bound, CallSite, Scope, Surroundings, Trial, as_string, check_arguments, plain_text
from .nodes import LiteralKind
from .shapes import NULL, Coercibility, Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .charsets import Collation
    from .instance import Instance
    from .nodes import Expression, Select
    from .session import Session
    from .values import Value

_TRUE_SHAPE_LENGTH: Final = (5, 1)


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


def wrap_int(value: int, shape: Shape, source: str) -> int:
    """value, or error 1690 when it does not fit its 64 bits."""
    if shape.unsigned:
        if 0 <= value <= values.UINT64_MAX:
            return value
        raise sqlerrors.out_of_range("BIGINT UNSIGNED", source)
    if values.INT64_MIN <= value <= values.INT64_MAX:
        return value
    raise sqlerrors.out_of_range("BIGINT", source)


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
        self.nowhere = Trial(session, instance)
        self.is_stable = True

    def bind(self, node: Expression) -> Bound:
        return _BINDERS[type(node)](self, node)

    def bind_all(self, expressions: Sequence[Expression]) -> list[Bound]:
        return [self.bind(each) for each in expressions]

    # --- literals -----------------------------------------------------------------------------------------------------

    def _literal(self, node: nodes.Literal) -> Bound:
        value, shape = _LITERALS[node.kind](self, node)
        return Bound(shape, lambda _scope: value, True)

    def _null(self, _node: nodes.Literal) -> tuple[Value, Shape]:
        return None, NULL

    def _boolean(self, node: nodes.Literal) -> tuple[Value, Shape]:
        # MariaDB measures the literal by its longest spelling, "FALSE".
        field_type = c.FIELD_TYPE_LONG if self.dialect.mariadb else None
        shape = shapes.integer(self.dialect.pick(*_TRUE_SHAPE_LENGTH), field_type=field_type).but(precision=1)
        return int(node.kind is LiteralKind.TRUE), shape

    def _integer(self, node: nodes.Literal) -> tuple[Value, Shape]:
        value, digits = int(node.text), len(node.text)
        if value > values.UINT64_MAX:
            return Decimal(value), shapes.decimal(len(str(value)), 0)
        return value, self.integer_literal(value, digits)

    def integer_literal(self, value: int, digits: int) -> Shape:
        unsigned = value > values.INT64_MAX
        signed = value < 0 or (not self.dialect.mariadb and not unsigned)
        length = digits + (1 if signed else 0)
        return Shape(Family.INTEGER, length, unsigned=unsigned, precision=digits, is_literal=True)

    def _decimal(self, node: nodes.Literal) -> tuple[Value, Shape]:
        whole, _, fraction = node.text.partition(".")
        if not self.dialect.mariadb:
            whole = whole.lstrip("0") or ("0" if whole else "")
        digits = len(whole) + len(fraction)
        return Decimal(node.text), shapes.decimal(max(digits, 1), len(fraction)).but(is_literal=True)

    def _float(self, node: nodes.Literal) -> tuple[Value, Shape]:
        value = float(node.text)
        if value == float("inf"):
            raise sqlerrors.SqlError(1367, "22007", f"Illegal double '{node.text}' value found during parsing")
        return value, shapes.double(len(node.text)).but(is_literal=True)

    def _string(self, node: nodes.Literal) -> tuple[Value, Shape]:
        if node.charset == "binary":
            data = self.client_bytes(node.text)
            return data, Shape(
                Family.STRING, len(data), collation=self.binary, coercibility=Coercibility.LITERAL, is_literal=True
            )
        collation, text = self.collation, node.text
        if node.charset:
            charset = self.dialect.charsets.charsets[node.charset]
            collation = self.introduced_collation(node.charset)
            if any("\udc80" <= character <= "\udcff" for character in text) or not text.isascii():
                text = self.decode_literal(self.client_bytes(text), collation)
            del charset
        return text, Shape(
            Family.STRING, len(text), collation=collation, coercibility=Coercibility.LITERAL, is_literal=True
        )

    def introduced_collation(self, charset: str) -> Collation:
        if charset == self.collation.charset.name:
            return self.collation
        registry = self.dialect.charsets
        return registry.default(registry.charsets[charset])

    def client_bytes(self, text: str) -> bytes:
        """The bytes that the client sent for this text."""
        return self.session.client_charset.encode(text)

    def decode_literal(self, data: bytes, collation: Collation) -> str:
        """Bytes behind an introducer as text.

        Raises:
            SqlError: 1300, they are none in this character set.
        """
        try:
            return data.decode(collation.charset.codec)
        except UnicodeDecodeError as error:
            bad = data[error.start : error.start + 6].hex().upper()
            raise sqlerrors.SqlError(
                1300, "HY000", f"Invalid {collation.charset.name} character string: '{bad}'"
            ) from None

    def _national(self, node: nodes.Literal) -> tuple[Value, Shape]:
        return node.text, Shape(
            Family.STRING,
            len(node.text),
            collation=self.utf8,
            coercibility=Coercibility.LITERAL,
            is_literal=True,
        )

    def _hex(self, node: nodes.Literal) -> tuple[Value, Shape]:
        return self._bytes_literal(bytes.fromhex(node.text), node)

    def _bit(self, node: nodes.Literal) -> tuple[Value, Shape]:
        size = (len(node.text) + 7) // 8
        return self._bytes_literal(int(node.text or "0", 2).to_bytes(size, "big"), node)

    def _bytes_literal(self, data: bytes, node: nodes.Literal) -> tuple[Value, Shape]:
        if node.charset and node.charset != "binary":
            collation = self.introduced_collation(node.charset)
            text = self.decode_literal(data, collation)
            return text, Shape(
                Family.STRING, len(text), collation=collation, coercibility=Coercibility.LITERAL, is_literal=True
            )
        return data, Shape(
            Family.STRING,
            len(data),
            collation=self.binary,
            coercibility=Coercibility.LITERAL,
            unsigned=not node.charset and (node.kind is LiteralKind.HEX or self.dialect.mariadb),
            is_hex=not node.charset,
            # MariaDB takes 0x41 for a number among numbers, but x'41' for a string.
            is_number=not (self.dialect.mariadb and node.source.startswith(("x", "X"))),
            field_type=c.FIELD_TYPE_VAR_STRING,
            is_literal=True,
        )

    def _date(self, node: nodes.Literal) -> tuple[Value, Shape]:
        moment = values.parse_datetime(node.text)
        if moment is None or ":" in node.text:
            raise sqlerrors.SqlError(1525, "HY000", f"Incorrect DATE value: '{node.text}'")
        return moment.date(), shapes.temporal(Family.DATE, nullable=False)

    def _time(self, node: nodes.Literal) -> tuple[Value, Shape]:
        time = values.parse_time(node.text)
        if time is None:
            raise sqlerrors.SqlError(1525, "HY000", f"Incorrect TIME value: '{node.text}'")
        return time, shapes.temporal(Family.TIME, values.fraction_digits(node.text), nullable=False)

    def _timestamp(self, node: nodes.Literal) -> tuple[Value, Shape]:
        moment = values.parse_datetime(node.text)
        if moment is None or not (":" in node.text or len(node.text.strip()) >= 12):
            raise sqlerrors.SqlError(1525, "HY000", f"Incorrect DATETIME value: '{node.text}'")
        return moment, shapes.temporal(Family.DATETIME, values.fraction_digits(node.text), nullable=False)

    # --- names and variables ------------------------------------------------------------------------------------------

    def _name(self, node: nodes.Name) -> Bound:
        if self.resolver is not None:
            found = self.resolver.resolve(node.parts)
            if found is not None:
                position, shape = found
                return Bound(shape, lambda scope: scope.row[position])
        elif len(node.parts) > 1 and not self.clause:
            table = ".".join(node.parts[:-1]) if self.dialect.mariadb else node.parts[-2]
            raise sqlerrors.unknown_table_in(self.dialect, table)
        raise sqlerrors.unknown_column(self.dialect, ".".join(node.parts), self.clause)

    def _user_variable(self, node: nodes.UserVariable) -> Bound:
        self.is_stable = False
        name = node.name.lower()
        stored = self.session.user_variables.get(name)
        shape = self.variable_shape(stored)

        def run(scope: Scope) -> Value:
            found = scope.session.user_variables.get(name)
            return None if found is None else found.value

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

    # --- operators ----------------------------------------------------------------------------------------------------

    def _operation(self, node: nodes.Operation) -> Bound:
        return _OPERATORS[node.operator](self, node)

    def _negative(self, node: nodes.Operation) -> Bound:
        operand = self.bind(node.operands[0])
        shape = operand.shape
        if shape.is_literal and shape.family is Family.INTEGER and shape.coercibility is Coercibility.NUMERIC:
            value = operand.run(self.nowhere)
            assert isinstance(value, int)
            return self._negative_literal(-value)
        if shape.family is Family.NULL:
            return Bound(shapes.double(self.dialect.pick(1, 17), decimals=0, nullable=True), lambda _scope: None, True)
        number = shapes.as_number(shape)
        if number.family is Family.INTEGER:
            result = shapes.integer(number.length + (1 if number.unsigned else 0), nullable=number.nullable)
        elif number.family is Family.DOUBLE:
            length = shape.length + 1 if shape.family is Family.DOUBLE else shapes.DOUBLE_LENGTH
            if shape.family is Family.STRING and shape.collation is not None:
                length = shape.length * shape.collation.charset.max_bytes + 1
            result = shapes.double(self.dialect.pick(length, shapes.DOUBLE_LENGTH), nullable=number.nullable)
        else:
            result = number.but(is_literal=False, coercibility=Coercibility.NUMERIC)
        source = self.quote(node.source)

        def run(scope: Scope) -> Value:
            value = values.to_number(operand.run(scope), shape, scope.warn)
            if value is None:
                return None
            if isinstance(value, int):
                return wrap_int(-value, result, source)
            # A plain minus would round to the 28 digits of Python's own context.
            return values.CONTEXT.minus(value) if isinstance(value, Decimal) else -value

        return Bound(result, run, operand.is_constant)

    def _negative_literal(self, value: int) -> Bound:
        if value < values.INT64_MIN or (value > 0 and not self.dialect.mariadb) or value > values.INT64_MAX:
            # MySQL takes the sign off a negative number as off a decimal.
            exact = Decimal(value)
            return Bound(shapes.decimal(len(str(abs(value))), 0), lambda _scope: exact, True)
        shape = self.integer_literal(value, len(str(abs(value))))
        return Bound(shape, lambda _scope: value, True)

    def quote(self, source: str) -> str:
        """An expression as an error message quotes it."""
        spaced = re.sub(r"\s*([-+*])\s*", r" \1 ", source).strip()
        return spaced if self.dialect.mariadb else f"({spaced})"

    def _arithmetic(self, node: nodes.Operation) -> Bound:
        left, right = self.bind_all(node.operands)
        operator = node.operator
        shape = self._arithmetic_shape(operator, left.shape, right.shape)
        source = self.quote(node.source)
        compute = _ARITHMETIC[operator]
        family = shape.family
        is_constant = left.is_constant and right.is_constant
        read = _NUMBER_READERS[family if operator != "DIV" else Family.DECIMAL]
        if operator == "DIV" and Family.DOUBLE in (
            shapes.as_number(left.shape).family,
            shapes.as_number(right.shape).family,
        ):
            read = values.to_decimal
        scale = shape.decimals
        rounds = operator == "/" and family is Family.DECIMAL
        # MariaDB computes on with nine digits at a time, MySQL with those that the result shows.
        places = self.dialect.pick(-(-scale // 9) * 9, scale)

        def run(scope: Scope) -> Value:
            one = read(left.run(scope), left.shape, scope.warn)
            other = read(right.run(scope), right.shape, scope.warn)
            if one is None or other is None:
                return None
            result = compute(one, other)
            if result is None:
                scope.warn(1365, "Division by 0")
                return None
            if isinstance(result, int):
                return wrap_int(result, shape, source)
            if isinstance(result, float) and (result in _INFINITIES or result != result):
                raise sqlerrors.out_of_range("DOUBLE", source)
            if rounds and isinstance(result, Decimal):
                return _cut(result, places) if self.dialect.mariadb else values.rounded(result, places)
            return result

        return Bound(shape, run, is_constant)

    def _arithmetic_shape(self, operator: str, left: Shape, right: Shape) -> Shape:
        nullable = left.nullable or right.nullable or operator in ("/", "DIV", "%")
        if operator == "DIV":
            whole, by = shapes.as_number(left), shapes.as_number(right)
            digits = max(whole.digits - whole.decimals, 1)
            unsigned = left.unsigned or right.unsigned
            if not self.dialect.mariadb:
                # A divisor such as 0.01 makes the quotient longer.
                digits += (by.decimals if by.family is Family.DECIMAL else 0) + (0 if unsigned else 1)
            return shapes.integer(digits, unsigned=unsigned, nullable=True)
        if Family.NULL in (left.family, right.family):
            known = right if left.family is Family.NULL else left
            exact = known.family in (Family.INTEGER, Family.DECIMAL)
            scale = known.decimals if exact else 0
            length = self.dialect.pick(17 + scale, known.length if exact else 17)
            return shapes.double(length, decimals=scale, nullable=True)
        one, other = self._operand_shape(left), self._operand_shape(right)
        family = max(one.family, other.family)
        if family is Family.DOUBLE:
            return shapes.double(nullable=nullable)
        if operator == "/":
            digits = one.digits + other.decimals + 4
            return shapes.decimal(digits, one.decimals + 4, unsigned=one.unsigned and other.unsigned, nullable=True)
        if family is Family.INTEGER:
            return self._integer_result(operator, one, other, nullable=nullable)
        scale = max(one.decimals, other.decimals)
        whole_digits = max(one.digits - one.decimals, other.digits - other.decimals)
        if operator == "*":
            return shapes.decimal(one.digits + other.digits, one.decimals + other.decimals, nullable=nullable)
        carry = 0 if operator == "%" else 1
        return shapes.decimal(whole_digits + scale + carry, scale, nullable=nullable)

    def _operand_shape(self, shape: Shape) -> Shape:
        """A hexadecimal literal is a number among numbers; on MariaDB only when it is written 0x."""
        return shapes.as_number(shape)

    def _integer_result(self, operator: str, one: Shape, other: Shape, *, nullable: bool) -> Shape:
        unsigned = one.unsigned or other.unsigned
        if operator == "%":
            unsigned = one.unsigned
            digits = max(one.digits, other.digits) + (1 if unsigned and not self.dialect.mariadb else 0)
        else:
            digits = one.digits + other.digits if operator == "*" else max(one.digits, other.digits) + 1
        return shapes.integer(digits + (0 if unsigned else 1), unsigned=unsigned, nullable=nullable)

    def _bits(self, node: nodes.Operation) -> Bound:
        bounds = self.bind_all(node.operands)
        compute = _BIT_OPERATORS[node.operator]
        shape = shapes.integer(21, unsigned=True, nullable=any(bound.shape.nullable for bound in bounds))

        def run(scope: Scope) -> Value:
            numbers: list[int] = []
            for bound in bounds:
                number = values.to_integer(bound.run(scope), bound.shape, scope.warn)
                if number is None:
                    return None
                numbers.append(number & values.UINT64_MAX)
            return compute(*numbers) & values.UINT64_MAX

        return Bound(shape, run, all(bound.is_constant for bound in bounds))

    def _boolean_shape(self, *bounds: Bound) -> Shape:
        field_type = c.FIELD_TYPE_LONG if self.dialect.mariadb else None
        return shapes.integer(1, nullable=any(bound.shape.nullable for bound in bounds), field_type=field_type)

    def _comparison(self, node: nodes.Operation) -> Bound:
        left_node, right_node = node.operands
        if isinstance(left_node, nodes.RowValue) or isinstance(right_node, nodes.RowValue):
            return self._row_comparison(node.operator, left_node, right_node)
        left, right = self.bind(left_node), self.bind(right_node)
        compare = self._comparer(left, right)
        holds = _HOLDS[node.operator]
        if node.operator == "<=>":
            shape = self._boolean_shape()

            def run_null_safe(scope: Scope) -> Value:
                one, other = left.run(scope), right.run(scope)
                if one is None or other is None:
                    return int(one is other)
                return int(compare(one, other, scope) == 0)

            return Bound(shape, run_null_safe, left.is_constant and right.is_constant)

        def run(scope: Scope) -> Value:
            one, other = left.run(scope), right.run(scope)
            if one is None or other is None:
                return None
            return int(holds(compare(one, other, scope)))

        return Bound(self._boolean_shape(left, right), run, left.is_constant and right.is_constant)

    def _comparer(self, left: Bound, right: Bound) -> Callable[[Value, Value, Scope], int]:
        texts = [bound.shape for bound in (left, right) if bound.shape.collation is not None]
        collation = shapes.aggregate(texts, self.dialect.charsets)[0] if len(texts) == 2 else self.collation
        one_shape, other_shape = left.shape, right.shape
        exact = {one_shape.family, other_shape.family} & {Family.INTEGER, Family.DECIMAL}
        kind = "DECIMAL" if exact and self.dialect.mariadb else "DOUBLE"

        def compare(one: Value, other: Value, scope: Scope) -> int:
            answer = values.compare(one, one_shape, other, other_shape, collation, scope.warn, kind)
            assert answer is not None
            return answer

        if one_shape.family.is_temporal != other_shape.family.is_temporal:
            moment = one_shape if one_shape.family.is_temporal else other_shape

            def compare_with_text(one: Value, other: Value, scope: Scope) -> int:
                for value in (one, other):
                    if isinstance(value, str) and not values.is_like(value, moment):
                        return self._no_moment(value, moment.family, scope)
                return compare(one, other, scope)

            return compare_with_text

        return compare

    def _no_moment(self, text: str, family: Family, scope: Scope) -> int:
        """A text is compared with a date or time, and is none."""
        if self.dialect.mariadb:
            scope.warn(1292, f"Truncated incorrect {'time' if family is Family.TIME else 'datetime'} value: '{text}'")
        elif family is not Family.TIME:
            raise sqlerrors.SqlError(1525, "HY000", f"Incorrect {family.name} value: '{text}'")
        return 1

    def _row_comparison(self, operator: str, left: Expression, right: Expression) -> Bound:
        if not isinstance(left, nodes.RowValue) or not isinstance(right, nodes.RowValue):
            row = left if isinstance(left, nodes.RowValue) else right
            assert isinstance(row, nodes.RowValue)
            raise sqlerrors.operand_columns(1 if row is right else len(row.items))
        if len(left.items) != len(right.items):
            raise sqlerrors.operand_columns(len(left.items))
        pairs = tuple(zip(left.items, right.items, strict=True))
        if operator in ("=", "<=>"):
            return self._all_of([nodes.Operation(operator, pair) for pair in pairs])
        if operator == "<>":
            return self._not(nodes.Operation("NOT", (nodes.Operation("=", (left, right)),)))
        # (a, b) < (c, d) is a < c OR (a = c AND b < d).
        strict = operator.rstrip("=")
        last = nodes.Operation(operator, pairs[-1])
        made: Expression = last
        for one, other in reversed(pairs[:-1]):
            equal = nodes.Operation("=", (one, other))
            made = nodes.Operation("OR", (nodes.Operation(strict, (one, other)), nodes.Operation("AND", (equal, made))))
        return self.bind(made)

    def _all_of(self, conditions: Sequence[Expression]) -> Bound:
        made = conditions[0]
        for condition in conditions[1:]:
            made = nodes.Operation("AND", (made, condition))
        return self.bind(made)

    def _and(self, node: nodes.Operation) -> Bound:
        left, right = self.bind_all(node.operands)

        def run(scope: Scope) -> Value:
            one = values.truth(left.run(scope), left.shape, scope.warn)
            if one is False:
                return 0
            other = values.truth(right.run(scope), right.shape, scope.warn)
            if other is False:
                return 0
            return None if one is None or other is None else 1

        return Bound(self._boolean_shape(left, right), run, left.is_constant and right.is_constant)

    def _or(self, node: nodes.Operation) -> Bound:
        left, right = self.bind_all(node.operands)

        def run(scope: Scope) -> Value:
            one = values.truth(left.run(scope), left.shape, scope.warn)
            if one:
                return 1
            other = values.truth(right.run(scope), right.shape, scope.warn)
            if other:
                return 1
            return None if one is None or other is None else 0

        return Bound(self._boolean_shape(left, right), run, left.is_constant and right.is_constant)

    def _xor(self, node: nodes.Operation) -> Bound:
        left, right = self.bind_all(node.operands)

        def run(scope: Scope) -> Value:
            one = values.truth(left.run(scope), left.shape, scope.warn)
            other = values.truth(right.run(scope), right.shape, scope.warn)
            return None if one is None or other is None else int(one != other)

        return Bound(self._boolean_shape(left, right), run, left.is_constant and right.is_constant)

    def _not(self, node: nodes.Operation) -> Bound:
        operand = self.bind(node.operands[0])

        def run(scope: Scope) -> Value:
            value = values.truth(operand.run(scope), operand.shape, scope.warn)
            return None if value is None else int(not value)

        return Bound(self._boolean_shape(operand), run, operand.is_constant)

    def _is_null(self, node: nodes.Operation) -> Bound:
        operand = self.bind(node.operands[0])
        return Bound(self._boolean_shape(), lambda scope: int(operand.run(scope) is None), operand.is_constant)

    def _is_true(self, node: nodes.Operation) -> Bound:
        operand = self.bind(node.operands[0])
        wanted = node.operator == "IS TRUE"
        return Bound(
            self._boolean_shape(),
            lambda scope: int(values.truth(operand.run(scope), operand.shape, scope.warn) is wanted),
            operand.is_constant,
        )

    def _in(self, node: nodes.Operation) -> Bound:
        first, *rest = node.operands
        if len(rest) == 1 and isinstance(rest[0], nodes.Subquery):
            return self._in_subquery(first, rest[0])
        equals = [self.bind(nodes.Operation("=", (first, candidate))) for candidate in rest]
        return self._any_of(equals)

    def _any_of(self, conditions: list[Bound]) -> Bound:
        def run(scope: Scope) -> Value:
            answer: Value = 0
            for condition in conditions:
                holds = condition.run(scope)
                if holds:
                    return 1
                if holds is None:
                    answer = None
            return answer

        constant = all(condition.is_constant for condition in conditions)
        return Bound(self._boolean_shape(*conditions), run, constant)

    def _in_subquery(self, first: Expression, subquery: nodes.Subquery) -> Bound:
        operand = self.bind(first)
        columns, rows_of = self._run_select(subquery.select)
        if len(columns) != 1:
            raise sqlerrors.operand_columns(1)
        compare = self._comparer(operand, Bound(columns[0], lambda _scope: None))

        def run(scope: Scope) -> Value:
            value = operand.run(scope)
            found: list[Value] = [row[0] for row in rows_of(scope)]
            if not found:
                return 0
            if value is None:
                return None
            if any(other is not None and compare(value, other, scope) == 0 for other in found):
                return 1
            return None if None in found else 0

        shape = self._boolean_shape(operand)
        nullable = shape.nullable or columns[0].nullable or not _gives_one_row(subquery.select)
        return Bound(shape.but(nullable=nullable), run)

    def _quantified(self, node: nodes.Operation) -> Bound:
        """A comparison with ALL or ANY of the rows of a subquery."""
        operator, _, quantifier = node.operator.partition(" ")
        first, second = node.operands
        if not isinstance(second, nodes.Subquery):
            raise sqlerrors.Unsupported(f"{node.operator} of what is no subquery")
        operand = self.bind(first)
        columns, rows_of = self._run_select(second.select)
        if len(columns) != 1:
            raise sqlerrors.operand_columns(1)
        compare = self._comparer(operand, Bound(columns[0], lambda _scope: None))
        holds = _HOLDS[operator]
        # One row that answers so settles the matter; without one, or without any row, it is the other.
        settling = quantifier != "ALL"

        def run(scope: Scope) -> Value:
            value = operand.run(scope)
            answer: Value = int(not settling)
            for other, *_ in rows_of(scope):
                if value is None or other is None:
                    answer = None
                elif holds(compare(value, other, scope)) is settling:
                    return int(settling)
            return answer

        shape = self._boolean_shape(operand)
        nullable = shape.nullable or columns[0].nullable or not _gives_one_row(second.select)
        return Bound(shape.but(nullable=nullable), run)

    def _between(self, node: nodes.Operation) -> Bound:
        value, low, high = node.operands
        return self._all_of([nodes.Operation(">=", (value, low)), nodes.Operation("<=", (value, high))])

    def _like(self, node: nodes.Operation) -> Bound:
        bounds = self.bind_all(node.operands)
        subject, pattern = bounds[0], bounds[1]
        texts = [bound.shape for bound in (subject, pattern) if bound.shape.collation is not None]
        collation = shapes.aggregate(texts, self.dialect.charsets)[0] if texts else self.collation
        read_subject, read_pattern = as_string(subject, collation), as_string(pattern, collation)
        escape_of = as_string(bounds[2], collation) if len(bounds) > 2 else None
        default_escape = "" if self.session.no_backslash_escapes else "\\"
        compiled: dict[tuple[str, str], re.Pattern[str]] = {}

        def run(scope: Scope) -> Value:
            text, wanted = read_subject(scope), read_pattern(scope)
            if text is None or wanted is None:
                return None
            escape = default_escape if escape_of is None else values.text_of(escape_of(scope) or "")
            key = values.text_of(wanted), escape
            matcher = compiled.get(key)
            if matcher is None:
                matcher = compiled[key] = values.like_pattern(*key, collation)
            return int(matcher.fullmatch(values.like_text(values.text_of(text), collation)) is not None)

        return Bound(self._boolean_shape(subject, pattern), run, all(bound.is_constant for bound in bounds))

    def _regexp(self, node: nodes.Operation) -> Bound:
        subject, pattern = self.bind_all(node.operands)
        texts = [bound.shape for bound in (subject, pattern) if bound.shape.collation is not None]
        collation = shapes.aggregate(texts, self.dialect.charsets)[0] if texts else self.collation
        flags = re.IGNORECASE if collation.ignores_case else re.RegexFlag(0)
        read_subject, read_pattern = as_string(subject, collation), as_string(pattern, collation)

        def run(scope: Scope) -> Value:
            text, wanted = read_subject(scope), read_pattern(scope)
            if text is None or wanted is None:
                return None
            try:
                return int(re.search(values.text_of(wanted), values.text_of(text), flags) is not None)
            except re.error as error:
                raise sqlerrors.SqlError(1139, "42000", f"Got error '{error}' from regexp") from None

        return Bound(self._boolean_shape(subject, pattern), run, subject.is_constant and pattern.is_constant)

    # --- CASE, CAST and their like ------------------------------------------------------------------------------------

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
            (condition, self.cast_to(result, shape)) for condition, result in zip(conditions, results, strict=True)
        ]
        last = self.cast_to(otherwise, shape)

        def run(scope: Scope) -> Value:
            for condition, result in branches:
                if values.truth(condition.run(scope), condition.shape, scope.warn):
                    return result(scope)
            return last(scope)

        constant = all(bound.is_constant for bound in (*conditions, *results, otherwise))
        return Bound(shape, run, constant)

    def cast_to(self, bound: Bound, shape: Shape) -> Callable[[Scope], Value]:
        """How values of bound become values of shape, which holds them all."""
        if shape.family is Family.STRING and shape.collation is not None:
            return as_string(bound, shape.collation)
        if shape.family is Family.DOUBLE:
            return lambda scope: values.to_double(bound.run(scope), bound.shape, scope.warn)
        if shape.family is Family.DECIMAL:
            return lambda scope: values.to_decimal(bound.run(scope), bound.shape, scope.warn)
        if shape.family is Family.DATETIME:
            return lambda scope: values.to_datetime(bound.run(scope), bound.shape)
        return bound.run

    def _cast(self, node: nodes.Cast) -> Bound:
        bound = self.bind(node.value)
        self._cast_node = node
        return _CASTS[node.to.name](self, bound, node.to)

    _cast_node: nodes.Cast

    def _cast_char(self, bound: Bound, to: nodes.CastType) -> Bound:
        collation = self.collation
        if to.charset:
            collation = self._named_charset(to.charset)
        length = shapes.text_length(bound.shape, self.dialect) if to.length is None else to.length
        shape = shapes.string(length, collation, coercibility=Coercibility.IMPLICIT, fixed_decimals=True)
        read = as_string(bound, collation)
        limit = to.length

        def run(scope: Scope) -> Value:
            text = read(scope)
            if text is not None and limit is not None and len(text) > limit:
                scope.warn(*values.truncated(f"CHAR({limit})", values.text_of(text)))
                return text[:limit]
            return text

        return Bound(shape, run, bound.is_constant)

    def _named_charset(self, name: str) -> Collation:
        charset = self.dialect.charsets.charset(name)
        if charset is None:
            raise sqlerrors.unknown_charset(name)
        return self.introduced_collation(charset.name)

    def _cast_binary(self, bound: Bound, to: nodes.CastType) -> Bound:
        own = bound.shape.collation
        length = bound.shape.length * (own.charset.max_bytes if own is not None else 1)
        shape = shapes.string(length if to.length is None else to.length, self.binary, fixed_decimals=True)
        read = as_string(bound, self.binary)
        size = to.length

        def run(scope: Scope) -> Value:
            data = read(scope)
            if data is None or size is None:
                return data
            assert isinstance(data, bytes)
            if len(data) > size:
                scope.warn(*values.truncated(f"BINARY({size})", values.text_of(data)))
            return data[:size].ljust(size, b"\0")

        return Bound(shape, run, bound.is_constant)

    def _cast_integer(self, bound: Bound, to: nodes.CastType) -> Bound:
        unsigned = to.name == "UNSIGNED"
        length = 21
        if self.dialect.mariadb:
            length = max(bound.shape.length, 1 if unsigned else 2)
            value = bound.run(self.nowhere) if bound.is_constant else None
            if isinstance(value, float) or (isinstance(value, int) and value < 0 and unsigned):
                length = 20
        shape = shapes.integer(length, unsigned=unsigned, nullable=bound.shape.nullable)

        def overflow(scope: Scope, source: Value, kind: str) -> None:
            shown = plain_text(source, bound.shape)
            scope.warn(1916, f"Got overflow when converting '{shown}' to {kind} BIGINT. Value truncated", "Note")

        def run(scope: Scope) -> Value:
            source = bound.run(scope)
            value = values.to_integer(source, bound.shape, scope.warn)
            if value is None:
                return None
            if unsigned:
                if value < 0 and self.dialect.mariadb:
                    scope.warn(1105, "Cast to unsigned converted negative integer to it's positive complement", "Note")
                if value < 0:
                    return max(value, values.INT64_MIN) & values.UINT64_MAX
                if value > values.UINT64_MAX:
                    if not self.dialect.mariadb:
                        return values.INT64_MAX
                    overflow(scope, source, "UNSIGNED")
                return min(value, values.UINT64_MAX)
            # A text is read as 64 bits without a sign before it is given one.
            wide = bound.shape.unsigned or bound.shape.family is Family.STRING
            limit = values.UINT64_MAX if wide else values.INT64_MAX
            if value > limit or value < values.INT64_MIN:
                if self.dialect.mariadb:
                    overflow(scope, source, "SIGNED")
                return values.INT64_MAX if value > 0 else values.INT64_MIN
            return value - (1 << 64) if value > values.INT64_MAX else value

        return Bound(shape, run, bound.is_constant)

    def _cast_decimal(self, bound: Bound, to: nodes.CastType) -> Bound:
        digits, scale = 10 if to.length is None else to.length, to.decimals or 0
        if digits > shapes.MAX_DECIMAL_DIGITS:
            raise too_precise(self.dialect.mariadb, digits, self._cast_node.value_source, shapes.MAX_DECIMAL_DIGITS)
        if digits < scale:
            text = "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '')"
            raise sqlerrors.SqlError(1427, "42000", text + self.dialect.pick("", "."))
        shape = shapes.decimal(digits or 10, scale, nullable=bound.shape.nullable)
        limit = Decimal(10) ** ((digits or 10) - scale) - Decimal(1).scaleb(-scale)
        source = self._cast_node.source

        def run(scope: Scope) -> Value:
            value = values.to_decimal(bound.run(scope), bound.shape, scope.warn)
            if value is None:
                return None
            result = values.rounded(value, scale)
            if abs(result) > limit:
                scope.warn(1264, f"Out of range value for column '{source}' at row 1")
                return limit if result > 0 else -limit
            return result

        return Bound(shape, run, bound.is_constant)

    def _cast_double(self, bound: Bound, to: nodes.CastType) -> Bound:
        nullable = True if self.dialect.mariadb else bound.shape.nullable
        if to.name == "FLOAT":
            shape = shapes.double(self.dialect.pick(12, 23), nullable=nullable).but(field_type=c.FIELD_TYPE_FLOAT)
            return Bound(
                shape,
                lambda scope: _single(values.to_double(bound.run(scope), bound.shape, scope.warn)),
                bound.is_constant,
            )
        shape = shapes.double(self.dialect.pick(22, 23), nullable=nullable)
        return Bound(
            shape, lambda scope: values.to_double(bound.run(scope), bound.shape, scope.warn), bound.is_constant
        )

    def _cast_date(self, bound: Bound, _to: nodes.CastType) -> Bound:
        def run(scope: Scope) -> Value:
            moment = self.moment_of(bound, scope, "date")
            return None if moment is None else moment.date()

        return Bound(shapes.temporal(Family.DATE), run, bound.is_constant)

    def moment_of(self, bound: Bound, scope: Scope, kind: str) -> dt.datetime | None:
        value = bound.run(scope)
        if isinstance(value, dt.timedelta):
            today = scope.session.local_time().replace(hour=0, minute=0, second=0, microsecond=0)
            return today + value
        moment = values.to_datetime(value, bound.shape)
        if moment is None and value is not None:
            text = plain_text(value, bound.shape)
            wording = f"Incorrect datetime value: '{text}'"
            is_cut = kind == "date" and not self.dialect.mariadb
            scope.warn(1292, f"Truncated incorrect date value: '{text}'" if is_cut else wording)
        return moment

    def _cast_datetime(self, bound: Bound, to: nodes.CastType) -> Bound:
        digits = self._fraction(to)

        def run(scope: Scope) -> Value:
            moment = self.moment_of(bound, scope, "datetime")
            return None if moment is None else self.at_precision(moment, digits)

        return Bound(shapes.temporal(Family.DATETIME, digits), run, bound.is_constant)

    def at_precision(self, moment: dt.datetime, digits: int) -> dt.datetime:
        """A moment with so many digits of a second: MariaDB cuts, MySQL rounds."""
        micro = values.round_micros(moment.microsecond, digits, truncate=self.dialect.mariadb)
        return moment.replace(microsecond=0) + dt.timedelta(microseconds=micro)

    def _cast_time(self, bound: Bound, to: nodes.CastType) -> Bound:
        digits = self._fraction(to)

        def run(scope: Scope) -> Value:
            value = bound.run(scope)
            time = values.to_time(value, bound.shape)
            if time is None:
                if value is not None:
                    wording = self.dialect.pick("Incorrect", "Truncated incorrect")
                    scope.warn(1292, f"{wording} time value: '{plain_text(value, bound.shape)}'")
                return None
            micro = values.round_micros(time.microseconds, digits, truncate=self.dialect.mariadb)
            return time - dt.timedelta(microseconds=time.microseconds) + dt.timedelta(microseconds=micro)

        return Bound(shapes.temporal(Family.TIME, digits), run, bound.is_constant)

    def _fraction(self, to: nodes.CastType) -> int:
        digits = to.length or 0
        if digits > 6:
            name = self.dialect.pick(self._cast_node.value_source, "CAST")
            raise too_precise(self.dialect.mariadb, digits, name)
        return digits

    def _cast_year(self, bound: Bound, _to: nodes.CastType) -> Bound:
        shape = shapes.integer(4, unsigned=True, nullable=True, field_type=c.FIELD_TYPE_YEAR)
        return Bound(
            shape, lambda scope: values.to_integer(bound.run(scope), bound.shape, scope.warn), bound.is_constant
        )

    def _convert_using(self, node: nodes.ConvertUsing) -> Bound:
        charset = self.dialect.charsets.charset(node.charset)
        if charset is None:
            raise sqlerrors.unknown_charset(node.charset)
        bound = self.bind(node.value)
        collation = self.introduced_collation(charset.name)
        length = shapes.text_length(bound.shape, self.dialect)
        if bound.shape.is_binary and self.dialect.mariadb:
            length = -(-length // collation.charset.max_bytes)
        if collation.id == 63 and bound.shape.collation is not None and not self.dialect.mariadb:
            length *= bound.shape.collation.charset.max_bytes
        read = as_string(bound, collation)
        shape = shapes.string(length, collation, coercibility=Coercibility.IMPLICIT)
        if collation.id == 63:
            return Bound(shape, read, bound.is_constant)

        def run(scope: Scope) -> Value:
            text = read(scope)
            if text is None:
                return None
            assert isinstance(text, str)
            if any("\udc80" <= character <= "\udcff" for character in text):
                scope.warn(1300, f"Invalid {charset.name} character string: '{charset.encode(text)[:6].hex().upper()}'")
                return None
            return charset.decode(charset.encode(text))

        return Bound(shape, run, bound.is_constant)

    def _collate(self, node: nodes.Collate) -> Bound:
        collation = self.dialect.charsets.named(node.collation)
        if collation is None:
            raise sqlerrors.unknown_collation(node.collation)
        bound = self.bind(node.value)
        own = bound.shape.collation or self.collation
        if own.charset.name != collation.charset.name:
            raise sqlerrors.collation_mismatch(collation.name, own.charset.name)
        shape = shapes.string(bound.shape.length, collation, coercibility=Coercibility.EXPLICIT)
        return Bound(shape, as_string(bound, collation), bound.is_constant)

    # --- calls and subqueries -----------------------------------------------------------------------------------------

    def _call(self, node: nodes.Call) -> Bound:
        name = node.name.upper()
        if node.is_loose:
            raise self.unknown_function(node)
        function = NATIVES.get(name)
        if function is None or node.database or not function.exists_in(self.dialect):
            raise self.unknown_function(node)
        check_arguments(function, node.name, len(node.arguments))
        arguments = [
            Bound(NULL, lambda _scope: None, True)
            if isinstance(argument, (nodes.Interval, nodes.Star))
            else self.bind(argument)
            for argument in node.arguments
        ]
        return function.bind(CallSite(node.name, self, node.arguments, arguments))

    def unknown_function(self, node: nodes.Call) -> sqlerrors.SqlError:
        database = node.database or self.session.database
        if not database:
            # MySQL misses a database to look in; MariaDB says what it does not find.
            return sqlerrors.unknown_function(node.name) if self.dialect.mariadb else sqlerrors.no_database()
        if node.is_loose:
            return sqlerrors.loose_call(f"{database}.{node.name}")
        return sqlerrors.unknown_function(f"{database}.{node.name}")

    def _run_select(self, select: Select) -> tuple[list[Shape], Callable[[Scope], list[Sequence[Value]]]]:
        if self.run_select is None:
            raise sqlerrors.Unsupported("a subquery in this place")
        return self.run_select(select, self)

    def _subquery(self, node: nodes.Subquery) -> Bound:
        columns, rows_of = self._run_select(node.select)
        if len(columns) != 1:
            raise sqlerrors.operand_columns(1)

        def run(scope: Scope) -> Value:
            rows = rows_of(scope)
            if len(rows) > 1:
                raise sqlerrors.subquery_rows()
            return rows[0][0] if rows else None

        nullable = columns[0].nullable or not _gives_one_row(node.select)
        return Bound(columns[0].but(is_literal=False, nullable=nullable), run)

    def _exists(self, node: nodes.Exists) -> Bound:
        _, rows_of = self._run_select(node.select)
        return Bound(self._boolean_shape(), lambda scope: int(bool(rows_of(scope))))

    def _interval(self, node: nodes.Interval) -> Bound:
        raise sqlerrors.Unsupported(f"INTERVAL ... {node.unit}")

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


def too_precise(mariadb: bool, digits: int, name: str, most: int = 6) -> sqlerrors.SqlError:
    """Error 1426 for so many digits where at most so many are possible."""
    if mariadb:
        return sqlerrors.SqlError(1426, "42000", f"Too big precision specified for '{name}'. Maximum is {most}")
    return sqlerrors.SqlError(1426, "42000", f"Too-big precision {digits} specified for '{name}'. Maximum is {most}.")


_INFINITIES: Final = (float("inf"), float("-inf"))


def _single(value: float | None) -> float | None:
    """A double as a FLOAT prints it: six significant digits."""
    return None if value is None else float(f"{value:.6g}")


def _cut(value: Decimal, places: int) -> Decimal:
    """A quotient with so many digits behind the point, the rest cut off, as the servers divide."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN, context=values.CONTEXT)


def _add(one: values.Number, other: values.Number) -> values.Number | None:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return values.CONTEXT.add(one, other)
    return one + other  # type: ignore[operator]  # both operands were read as one type


def _subtract(one: values.Number, other: values.Number) -> values.Number | None:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return values.CONTEXT.subtract(one, other)
    return one - other  # type: ignore[operator]  # both operands were read as one type


def _multiply(one: values.Number, other: values.Number) -> values.Number | None:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return values.CONTEXT.multiply(one, other)
    return one * other  # type: ignore[operator]  # both operands were read as one type


def _divide(one: values.Number, other: values.Number) -> values.Number | None:
    if not other:
        return None
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return values.CONTEXT.divide(one, other)
    return one / other  # type: ignore[operator]  # both operands were read as one type


def _whole(one: values.Number, other: values.Number) -> values.Number | None:
    if not other:
        return None
    return int(values.CONTEXT.divide(Decimal(one), Decimal(other)))


def _modulo(one: values.Number, other: values.Number) -> values.Number | None:
    """What a division leaves over, with the sign of the dividend."""
    if not other:
        return None
    if isinstance(one, int) and isinstance(other, int):
        rest = abs(one) % abs(other)
        return -rest if one < 0 else rest
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return values.CONTEXT.remainder(one, other)
    return math.fmod(one, other)


_ARITHMETIC: Final = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "DIV": _whole,
    "%": _modulo,
}

_NUMBER_READERS: Final = {
    Family.INTEGER: values.to_integer,
    Family.DECIMAL: values.to_decimal,
    Family.DOUBLE: values.to_double,
}

_BIT_OPERATORS: Final[dict[str, Callable[..., int]]] = {
    "|": lambda one, other: one | other,
    "&": lambda one, other: one & other,
    "^": lambda one, other: one ^ other,
    "<<": lambda one, other: one << other if other < 64 else 0,
    ">>": lambda one, other: one >> other,
    "~": lambda one: ~one,
}

_HOLDS: Final[dict[str, Callable[[int], bool]]] = {
    "=": lambda order: order == 0,
    "<=>": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}

_LITERALS: Final[dict[LiteralKind, Callable[[Binder, nodes.Literal], tuple[Value, Shape]]]] = {
    LiteralKind.NULL: Binder._null,
    LiteralKind.TRUE: Binder._boolean,
    LiteralKind.FALSE: Binder._boolean,
    LiteralKind.INTEGER: Binder._integer,
    LiteralKind.DECIMAL: Binder._decimal,
    LiteralKind.FLOAT: Binder._float,
    LiteralKind.STRING: Binder._string,
    LiteralKind.NATIONAL: Binder._national,
    LiteralKind.HEX: Binder._hex,
    LiteralKind.BIT: Binder._bit,
    LiteralKind.DATE: Binder._date,
    LiteralKind.TIME: Binder._time,
    LiteralKind.TIMESTAMP: Binder._timestamp,
}

_OPERATORS: Final[dict[str, Callable[[Binder, nodes.Operation], Bound]]] = {
    **dict.fromkeys(_ARITHMETIC, Binder._arithmetic),
    **dict.fromkeys(_BIT_OPERATORS, Binder._bits),
    **dict.fromkeys(_HOLDS, Binder._comparison),
    **{f"{operator} {each}": Binder._quantified for operator in _HOLDS for each in ("ALL", "ANY", "SOME")},
    "NEGATIVE": Binder._negative,
    "AND": Binder._and,
    "OR": Binder._or,
    "XOR": Binder._xor,
    "NOT": Binder._not,
    "NOT TEST": Binder._not,
    "!": Binder._not,
    "IS NULL": Binder._is_null,
    "IS TRUE": Binder._is_true,
    "IS FALSE": Binder._is_true,
    "IN": Binder._in,
    "BETWEEN": Binder._between,
    "LIKE": Binder._like,
    "REGEXP": Binder._regexp,
}

_CASTS: Final[dict[str, Callable[[Binder, Bound, nodes.CastType], Bound]]] = {
    "CHAR": Binder._cast_char,
    "BINARY": Binder._cast_binary,
    "SIGNED": Binder._cast_integer,
    "UNSIGNED": Binder._cast_integer,
    "DECIMAL": Binder._cast_decimal,
    "DOUBLE": Binder._cast_double,
    "FLOAT": Binder._cast_double,
    "DATE": Binder._cast_date,
    "DATETIME": Binder._cast_datetime,
    "TIME": Binder._cast_time,
    "YEAR": Binder._cast_year,
}

_BINDERS: Final[dict[type, Callable[[Binder, Expression], Bound]]] = {
    nodes.Literal: Binder._literal,  # type: ignore[dict-item]  # each is called with the node it is entered for
    nodes.Name: Binder._name,  # type: ignore[dict-item]
    nodes.UserVariable: Binder._user_variable,  # type: ignore[dict-item]
    nodes.SystemVariable: Binder._system_variable,  # type: ignore[dict-item]
    nodes.Assignment: Binder._assignment,  # type: ignore[dict-item]
    nodes.Operation: Binder._operation,  # type: ignore[dict-item]
    nodes.Call: Binder._call,  # type: ignore[dict-item]
    nodes.Case: Binder._case,  # type: ignore[dict-item]
    nodes.Cast: Binder._cast,  # type: ignore[dict-item]
    nodes.ConvertUsing: Binder._convert_using,  # type: ignore[dict-item]
    nodes.Collate: Binder._collate,  # type: ignore[dict-item]
    nodes.Interval: Binder._interval,  # type: ignore[dict-item]
    nodes.Subquery: Binder._subquery,  # type: ignore[dict-item]
    nodes.Exists: Binder._exists,  # type: ignore[dict-item]
    nodes.RowValue: Binder._row_value,  # type: ignore[dict-item]
    nodes.Parameter: Binder._parameter,  # type: ignore[dict-item]
}
