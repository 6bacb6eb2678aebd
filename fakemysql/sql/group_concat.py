"""GROUP_CONCAT: the texts of a group's rows, put in order and joined. Loaded with the first call of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import shapes, values
from .calls import Bound, as_string
from .nodes import Literal, LiteralKind
from .shapes import Coercibility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .calls import Scope
    from .nodes import Concatenated, Order
    from .select import SelectBinder
    from .shapes import Shape
    from .values import Value

# What MySQL declares for each character that may come, and for its least.
_WIDTH_FACTOR: Final = 16
_LEAST_BYTES: Final = 4


class ConcatAggregate:
    """One call, over the rows of a group."""

    __slots__ = ("_collation", "_keys", "_limit_bytes", "_node", "_readers", "result")

    def __init__(self, binder: SelectBinder, node: Concatenated) -> None:
        arguments = binder.bind_all(node.arguments)
        texts = [each.shape for each in arguments if each.shape.collation is not None]
        self._node = node
        self._collation = shapes.aggregate(texts, binder.dialect.charsets)[0] if texts else binder.collation
        self._readers = [as_string(each, self._collation) for each in arguments]
        self._keys = [(_key(binder, order, arguments), order.descending) for order in node.order_by]
        limit = int(binder.session.setting("group_concat_max_len") or 0)
        self._limit_bytes = max(limit, _LEAST_BYTES)
        self.result: Value = None

    def shape(self, binder: SelectBinder) -> Shape:
        """A text as long as the setting allows."""
        made = shapes.string(self._limit_bytes, self._collation, coercibility=Coercibility.LITERAL)
        if binder.dialect.mariadb:
            return made.but(is_stored=True, field_type=c.FIELD_TYPE_BLOB)
        length = self._limit_bytes * _WIDTH_FACTOR * self._collation.charset.max_bytes
        return made.but(field_type=c.FIELD_TYPE_LONG_BLOB, wire_length=length)

    def compute(self, scope: Scope, rows: Sequence[Sequence[Value]]) -> None:
        """Join what the rows give; one with a NULL gives nothing."""
        found: list[tuple[str, tuple[Value, ...]]] = []
        for row in rows:
            scope.row = row
            parts = [reader(scope) for reader in self._readers]
            if None not in parts:
                text = "".join(values.text_of(part) for part in parts if part is not None)
                found.append((text, tuple(key.run(scope) for key, _ in self._keys)))
        if self._node.is_distinct:
            first: dict[object, tuple[str, tuple[Value, ...]]] = {}
            for each in found:
                first.setdefault(values.collation_key(each[0], self._collation), each)
            found = list(first.values())
        found.sort(key=functools.cmp_to_key(functools.partial(self._order, scope)))
        self.result = self._cut([text for text, _ in found], scope) if found else None

    def _order(self, scope: Scope, one: tuple[str, tuple[Value, ...]], other: tuple[str, tuple[Value, ...]]) -> int:
        for (key, descending), left, right in zip(self._keys, one[1], other[1], strict=True):
            answer = values.order(left, key.shape, right, key.shape, key.shape.collation or scope.session.collation)
            if answer:
                return -answer if descending else answer
        return 0

    def _cut(self, texts: list[str], scope: Scope) -> str:
        """All of them, or as much as the setting lets through, with a warning that names the row."""
        joined = self._node.separator.join(texts)
        data = joined.encode("utf-8", "surrogateescape")
        if len(data) <= self._limit_bytes:
            return joined
        length = 0
        for number, text in enumerate(texts, 1):
            length += len(text.encode("utf-8", "surrogateescape"))
            if length > self._limit_bytes or number == len(texts):
                break
            length += len(self._node.separator.encode())
        scope.warn(1260, f"Row {number} was cut by GROUP_CONCAT()")
        return data[: self._limit_bytes].decode("utf-8", "ignore")


def _key(binder: SelectBinder, order: Order, arguments: Sequence[Bound]) -> Bound:
    """What rows are ordered by; a number is the place of an argument."""
    node = order.expression
    if isinstance(node, Literal) and node.kind is LiteralKind.INTEGER and 0 < int(node.text) <= len(arguments):
        return arguments[int(node.text) - 1]
    return binder.bind(node)


def bind(binder: SelectBinder, node: Concatenated) -> Bound:
    """A call, entered among the aggregates of its query."""
    aggregate = ConcatAggregate(binder, node)
    binder.aggregates.append(aggregate)
    binder.is_stable = False
    return Bound(aggregate.shape(binder), lambda _scope: aggregate.result)
