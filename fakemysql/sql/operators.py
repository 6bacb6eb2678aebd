"""Operators: arithmetic, comparison, logic and patterns, by the servers' rules of typing.

An operator takes operands that the binder has bound and makes one expression of them. Known here are the shapes of
results, what is computed, and what a NULL or a text does to either; names, literals and functions are not.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import nodes, shapes, sqlerrors, values
from .calls import Bound, Scope, as_string
from .literals import integer_literal
from .shapes import Coercibility, Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .evaluation import Binder
    from .nodes import Expression
    from .values import Value


def _wrap_int(value: int, shape: Shape, source: str) -> int:
    """value, or error 1690 when it does not fit its 64 bits."""
    if shape.unsigned:
        if 0 <= value <= values.UINT64_MAX:
            return value
        raise sqlerrors.out_of_range("BIGINT UNSIGNED", source)
    if values.INT64_MIN <= value <= values.INT64_MAX:
        return value
    raise sqlerrors.out_of_range("BIGINT", source)


def operation(binder: Binder, node: nodes.Operation) -> Bound:
    """An operator with its operands, ready to run."""
    return _OPERATORS[node.operator](binder, node)


def _negative(binder: Binder, node: nodes.Operation) -> Bound:
    operand = binder.bind(node.operands[0])
    shape = operand.shape
    if shape.is_literal and shape.family is Family.INTEGER and shape.coercibility is Coercibility.NUMERIC:
        value = operand.run(binder.nowhere)
        assert isinstance(value, int)
        return _negative_literal(binder, -value)
    if shape.family is Family.NULL:
        return Bound(shapes.double(binder.dialect.pick(1, 17), decimals=0, nullable=True), lambda _scope: None, True)
    number = shapes.as_number(shape)
    if number.family is Family.INTEGER:
        result = shapes.integer(number.length + (1 if number.unsigned else 0), nullable=number.nullable)
    elif number.family is Family.DOUBLE:
        length = shape.length + 1 if shape.family is Family.DOUBLE else shapes.DOUBLE_LENGTH
        if shape.family is Family.STRING and shape.collation is not None:
            length = shape.length * shape.collation.charset.max_bytes + 1
        result = shapes.double(binder.dialect.pick(length, shapes.DOUBLE_LENGTH), nullable=number.nullable)
    else:
        result = number.but(is_literal=False, coercibility=Coercibility.NUMERIC)
    source = _quoted(binder, node.source)

    def run(scope: Scope) -> Value:
        value = values.to_number(operand.run(scope), shape, scope.warn)
        if value is None:
            return None
        if isinstance(value, int):
            return _wrap_int(-value, result, source)
        # A plain minus would round to the 28 digits of Python's own context.
        return values.CONTEXT.minus(value) if isinstance(value, Decimal) else -value

    return Bound(result, run, operand.is_constant)


def _negative_literal(binder: Binder, value: int) -> Bound:
    if value < values.INT64_MIN or (value > 0 and not binder.dialect.mariadb) or value > values.INT64_MAX:
        # MySQL takes the sign off a negative number as off a decimal.
        exact = Decimal(value)
        return Bound(shapes.decimal(len(str(abs(value))), 0), lambda _scope: exact, True)
    shape = integer_literal(binder, value, len(str(abs(value))))
    return Bound(shape, lambda _scope: value, True)


def _quoted(binder: Binder, source: str) -> str:
    """An expression as an error message quotes it."""
    spaced = re.sub(r"\s*([-+*])\s*", r" \1 ", source).strip()
    return spaced if binder.dialect.mariadb else f"({spaced})"


def _arithmetic(binder: Binder, node: nodes.Operation) -> Bound:
    left, right = binder.bind_all(node.operands)
    operator = node.operator
    shape = _arithmetic_shape(binder, operator, left.shape, right.shape)
    source = _quoted(binder, node.source)
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
    places = binder.dialect.pick(-(-scale // 9) * 9, scale)

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
            return _wrap_int(result, shape, source)
        if isinstance(result, float) and (result in _INFINITIES or result != result):
            raise sqlerrors.out_of_range("DOUBLE", source)
        if rounds and isinstance(result, Decimal):
            return _cut(result, places) if binder.dialect.mariadb else values.rounded(result, places)
        return result

    return Bound(shape, run, is_constant)


def _arithmetic_shape(binder: Binder, operator: str, left: Shape, right: Shape) -> Shape:
    nullable = left.nullable or right.nullable or operator in ("/", "DIV", "%")
    if operator == "DIV":
        whole, by = shapes.as_number(left), shapes.as_number(right)
        digits = max(whole.digits - whole.decimals, 1)
        unsigned = left.unsigned or right.unsigned
        if not binder.dialect.mariadb:
            # A divisor such as 0.01 makes the quotient longer.
            digits += (by.decimals if by.family is Family.DECIMAL else 0) + (0 if unsigned else 1)
        return shapes.integer(digits, unsigned=unsigned, nullable=True)
    if Family.NULL in (left.family, right.family):
        known = right if left.family is Family.NULL else left
        exact = known.family in (Family.INTEGER, Family.DECIMAL)
        scale = known.decimals if exact else 0
        length = binder.dialect.pick(17 + scale, known.length if exact else 17)
        return shapes.double(length, decimals=scale, nullable=True)
    one, other = shapes.as_number(left), shapes.as_number(right)
    family = max(one.family, other.family)
    if family is Family.DOUBLE:
        return shapes.double(nullable=nullable)
    if operator == "/":
        digits = one.digits + other.decimals + 4
        return shapes.decimal(digits, one.decimals + 4, unsigned=one.unsigned and other.unsigned, nullable=True)
    if family is Family.INTEGER:
        return _integer_result(binder, operator, one, other, nullable=nullable)
    scale = max(one.decimals, other.decimals)
    whole_digits = max(one.digits - one.decimals, other.digits - other.decimals)
    if operator == "*":
        return shapes.decimal(one.digits + other.digits, one.decimals + other.decimals, nullable=nullable)
    carry = 0 if operator == "%" else 1
    return shapes.decimal(whole_digits + scale + carry, scale, nullable=nullable)


def _integer_result(binder: Binder, operator: str, one: Shape, other: Shape, *, nullable: bool) -> Shape:
    unsigned = one.unsigned or other.unsigned
    if operator == "%":
        unsigned = one.unsigned
        digits = max(one.digits, other.digits) + (1 if unsigned and not binder.dialect.mariadb else 0)
    else:
        digits = one.digits + other.digits if operator == "*" else max(one.digits, other.digits) + 1
    return shapes.integer(digits + (0 if unsigned else 1), unsigned=unsigned, nullable=nullable)


def _bits(binder: Binder, node: nodes.Operation) -> Bound:
    bounds = binder.bind_all(node.operands)
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


def boolean_shape(binder: Binder, *bounds: Bound) -> Shape:
    """The shape of what is true or false, or NULL where one of bounds may be."""
    field_type = c.FIELD_TYPE_LONG if binder.dialect.mariadb else None
    return shapes.integer(1, nullable=any(bound.shape.nullable for bound in bounds), field_type=field_type)


def _comparison(binder: Binder, node: nodes.Operation) -> Bound:
    left_node, right_node = node.operands
    if isinstance(left_node, nodes.RowValue) or isinstance(right_node, nodes.RowValue):
        return _row_comparison(binder, node.operator, left_node, right_node)
    left, right = binder.bind(left_node), binder.bind(right_node)
    compare = _comparer(binder, left, right)
    holds = _HOLDS[node.operator]
    if node.operator == "<=>":
        shape = boolean_shape(
            binder,
        )

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

    return Bound(boolean_shape(binder, left, right), run, left.is_constant and right.is_constant)


def _comparer(binder: Binder, left: Bound, right: Bound) -> Callable[[Value, Value, Scope], int]:
    texts = [bound.shape for bound in (left, right) if bound.shape.collation is not None]
    collation = shapes.aggregate(texts, binder.dialect.charsets)[0] if len(texts) == 2 else binder.collation
    one_shape, other_shape = left.shape, right.shape
    exact = {one_shape.family, other_shape.family} & {Family.INTEGER, Family.DECIMAL}
    kind = "DECIMAL" if exact and binder.dialect.mariadb else "DOUBLE"

    def compare(one: Value, other: Value, scope: Scope) -> int:
        answer = values.compare(one, one_shape, other, other_shape, collation, scope.warn, kind)
        assert answer is not None
        return answer

    if one_shape.family.is_temporal != other_shape.family.is_temporal:
        moment = one_shape if one_shape.family.is_temporal else other_shape

        def compare_with_text(one: Value, other: Value, scope: Scope) -> int:
            for value in (one, other):
                if isinstance(value, str) and not values.is_like(value, moment):
                    return _no_moment(binder, value, moment.family, scope)
            return compare(one, other, scope)

        return compare_with_text

    return compare


def _no_moment(binder: Binder, text: str, family: Family, scope: Scope) -> int:
    """A text is compared with a date or time, and is none."""
    if binder.dialect.mariadb:
        scope.warn(1292, f"Truncated incorrect {'time' if family is Family.TIME else 'datetime'} value: '{text}'")
    elif family is not Family.TIME:
        raise sqlerrors.SqlError(1525, "HY000", f"Incorrect {family.name} value: '{text}'")
    return 1


def _row_comparison(binder: Binder, operator: str, left: Expression, right: Expression) -> Bound:
    if not isinstance(left, nodes.RowValue) or not isinstance(right, nodes.RowValue):
        row = left if isinstance(left, nodes.RowValue) else right
        assert isinstance(row, nodes.RowValue)
        raise sqlerrors.operand_columns(1 if row is right else len(row.items))
    if len(left.items) != len(right.items):
        raise sqlerrors.operand_columns(len(left.items))
    pairs = tuple(zip(left.items, right.items, strict=True))
    if operator in ("=", "<=>"):
        return _all_of(binder, [nodes.Operation(operator, pair) for pair in pairs])
    if operator == "<>":
        return _not(binder, nodes.Operation("NOT", (nodes.Operation("=", (left, right)),)))
    # (a, b) < (c, d) is a < c OR (a = c AND b < d).
    strict = operator.rstrip("=")
    last = nodes.Operation(operator, pairs[-1])
    made: Expression = last
    for one, other in reversed(pairs[:-1]):
        equal = nodes.Operation("=", (one, other))
        made = nodes.Operation("OR", (nodes.Operation(strict, (one, other)), nodes.Operation("AND", (equal, made))))
    return binder.bind(made)


def _all_of(binder: Binder, conditions: Sequence[Expression]) -> Bound:
    made = conditions[0]
    for condition in conditions[1:]:
        made = nodes.Operation("AND", (made, condition))
    return binder.bind(made)


def _and_or(binder: Binder, node: nodes.Operation) -> Bound:
    """AND and OR: a side that is false, or true, settles the matter; a NULL leaves it open."""
    left, right = binder.bind_all(node.operands)
    settling = node.operator == "OR"

    def run(scope: Scope) -> Value:
        one = values.truth(left.run(scope), left.shape, scope.warn)
        if one is settling:
            return int(settling)
        other = values.truth(right.run(scope), right.shape, scope.warn)
        if other is settling:
            return int(settling)
        return None if one is None or other is None else int(not settling)

    return Bound(boolean_shape(binder, left, right), run, left.is_constant and right.is_constant)


def _xor(binder: Binder, node: nodes.Operation) -> Bound:
    left, right = binder.bind_all(node.operands)

    def run(scope: Scope) -> Value:
        one = values.truth(left.run(scope), left.shape, scope.warn)
        other = values.truth(right.run(scope), right.shape, scope.warn)
        return None if one is None or other is None else int(one != other)

    return Bound(boolean_shape(binder, left, right), run, left.is_constant and right.is_constant)


def _not(binder: Binder, node: nodes.Operation) -> Bound:
    operand = binder.bind(node.operands[0])

    def run(scope: Scope) -> Value:
        value = values.truth(operand.run(scope), operand.shape, scope.warn)
        return None if value is None else int(not value)

    return Bound(boolean_shape(binder, operand), run, operand.is_constant)


def _is_null(binder: Binder, node: nodes.Operation) -> Bound:
    operand = binder.bind(node.operands[0])
    return Bound(
        boolean_shape(
            binder,
        ),
        lambda scope: int(operand.run(scope) is None),
        operand.is_constant,
    )


def _is_true(binder: Binder, node: nodes.Operation) -> Bound:
    operand = binder.bind(node.operands[0])
    wanted = node.operator == "IS TRUE"
    return Bound(
        boolean_shape(
            binder,
        ),
        lambda scope: int(values.truth(operand.run(scope), operand.shape, scope.warn) is wanted),
        operand.is_constant,
    )


def _in(binder: Binder, node: nodes.Operation) -> Bound:
    first, *rest = node.operands
    if len(rest) == 1 and isinstance(rest[0], nodes.Subquery):
        return _in_subquery(binder, first, rest[0])
    equals = [binder.bind(nodes.Operation("=", (first, candidate))) for candidate in rest]
    return _any_of(binder, equals)


def _any_of(binder: Binder, conditions: list[Bound]) -> Bound:
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
    return Bound(boolean_shape(binder, *conditions), run, constant)


def _in_subquery(binder: Binder, first: Expression, subquery: nodes.Subquery) -> Bound:
    operands = binder.bind_all(first.items if isinstance(first, nodes.RowValue) else [first])
    columns, rows_of = binder.columns_of(subquery.select, len(operands))
    comparers = [
        _comparer(binder, operand, Bound(column, lambda _scope: None))
        for operand, column in zip(operands, columns, strict=True)
    ]

    def is_row(mine: list[Value], other: Sequence[Value], scope: Scope) -> bool | None:
        answer: bool | None = True
        for value, theirs, compare in zip(mine, other, comparers, strict=True):
            if value is None or theirs is None:
                answer = None
            elif compare(value, theirs, scope) != 0:
                return False
        return answer

    def run(scope: Scope) -> Value:
        mine = [operand.run(scope) for operand in operands]
        answer: Value = 0
        for row in rows_of(scope):
            found = is_row(mine, row, scope)
            if found:
                return 1
            if found is None:
                answer = None
        return answer

    shape = boolean_shape(binder, *operands)
    return Bound(shape.but(nullable=shape.nullable or any(column.nullable for column in columns)), run)


def _quantified(binder: Binder, node: nodes.Operation) -> Bound:
    """A comparison with ALL or ANY of the rows of a subquery."""
    operator, _, quantifier = node.operator.partition(" ")
    first, second = node.operands
    if not isinstance(second, nodes.Subquery):
        raise sqlerrors.unsupported(f"{node.operator} of what is no subquery")
    operand = binder.bind(first)
    column, rows_of = binder.column_of(second.select)
    compare = _comparer(binder, operand, Bound(column, lambda _scope: None))
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

    shape = boolean_shape(binder, operand)
    return Bound(shape.but(nullable=shape.nullable or column.nullable), run)


def _between(binder: Binder, node: nodes.Operation) -> Bound:
    value, low, high = node.operands
    return _all_of(binder, [nodes.Operation(">=", (value, low)), nodes.Operation("<=", (value, high))])


def _like(binder: Binder, node: nodes.Operation) -> Bound:
    bounds = binder.bind_all(node.operands)
    subject, pattern = bounds[0], bounds[1]
    texts = [bound.shape for bound in (subject, pattern) if bound.shape.collation is not None]
    collation = shapes.aggregate(texts, binder.dialect.charsets)[0] if texts else binder.collation
    read_subject, read_pattern = as_string(subject, collation), as_string(pattern, collation)
    escape_of = as_string(bounds[2], collation) if len(bounds) > 2 else None
    default_escape = "" if binder.session.no_backslash_escapes else "\\"
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

    return Bound(boolean_shape(binder, subject, pattern), run, all(bound.is_constant for bound in bounds))


def _regexp(binder: Binder, node: nodes.Operation) -> Bound:
    subject, pattern = binder.bind_all(node.operands)
    texts = [bound.shape for bound in (subject, pattern) if bound.shape.collation is not None]
    collation = shapes.aggregate(texts, binder.dialect.charsets)[0] if texts else binder.collation
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

    return Bound(boolean_shape(binder, subject, pattern), run, subject.is_constant and pattern.is_constant)


_INFINITIES: Final = (float("inf"), float("-inf"))


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

_OPERATORS: Final[dict[str, Callable[[Binder, nodes.Operation], Bound]]] = {
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(_BIT_OPERATORS, _bits),
    **dict.fromkeys(_HOLDS, _comparison),
    **{f"{operator} {each}": _quantified for operator in _HOLDS for each in ("ALL", "ANY", "SOME")},
    "NEGATIVE": _negative,
    "AND": _and_or,
    "OR": _and_or,
    "XOR": _xor,
    "NOT": _not,
    "NOT TEST": _not,
    "!": _not,
    "IS NULL": _is_null,
    "IS TRUE": _is_true,
    "IS FALSE": _is_true,
    "IN": _in,
    "BETWEEN": _between,
    "LIKE": _like,
    "REGEXP": _regexp,
}
