"""The grammar of SELECT: its lists, its clauses, UNION, and what names a column.

Reads what stands in one query and knows expressions; which other statements there are, and what a query does, it does
not. What of MySQL's grammar is not read here ends as :class:`~fakemysql.sql.sqlerrors.Unsupported`, with the whole
statement.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn

from . import sqlerrors
from .expressions import ExpressionParser
from .nodes import (
    LOCAL_MARK,
    Derived,
    Item,
    Literal,
    LiteralKind,
    Locking,
    Name,
    Order,
    Parameter,
    Select,
    SelectCore,
    Star,
    TableName,
)
from .tokens import Kind, statement_end
from .values import UINT64_MAX

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .nodes import Expression, Source

# Where the text of an expression is cut off when it becomes the name of a column.
_LONGEST_NAME_BYTES: Final = 255
# What a part of a UNION that has a LIMIT of its own is called; MySQL has no name for it.
_SET_APART: Final = ("__2", "")
_LATE_INTO: Final = (
    "'<select expression> INTO <destination>;' is deprecated and will be removed in a future release. Please use"
    " 'SELECT <select list> INTO <destination> FROM...' instead"
)
_SELECT_OPTIONS: Final = (
    "ALL", "DISTINCT", "DISTINCTROW", "HIGH_PRIORITY", "STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT",
    "SQL_BUFFER_RESULT", "SQL_NO_CACHE", "SQL_CACHE", "SQL_CALC_FOUND_ROWS",
)  # fmt: skip
# What stands behind a table when it is not alone, or how to read it is said.
_JOIN_WORDS: Final = frozenset(
    ["JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "NATURAL", "STRAIGHT_JOIN", "USE", "FORCE", "IGNORE", "PARTITION"]
)


class QueryParser(ExpressionParser):
    """Reads one query, and then stands behind it."""

    _first = 0  # where the statement begins
    # Variables of the routine that is read, in small letters.
    locals: Collection[str] = frozenset()
    # What WITH has defined, for FROM to name.
    common_tables: Mapping[str, Derived] = MappingProxyType({})

    def select(self) -> Select:
        """One SELECT or several joined by UNION, parenthesised or not."""
        if self.at_word("WITH"):
            from . import source_grammar

            return source_grammar.common_tables(self)
        in_parentheses = [self.at("(")]
        parts, distinct_until = [self._select_part()], 0
        while self.take_word("UNION"):
            if not self.take_word("ALL"):
                self.take_word("DISTINCT")
                distinct_until = len(parts)
            in_parentheses.append(self.at("("))
            parts.append(self._select_part())
        if self.at_word("EXCEPT") or self.at_word("INTERSECT"):
            self.unsupported()
        if len(parts) > 1 or self.at_word("LIMIT") or self.at_word("ORDER"):
            parts = [
                _set_apart(part, self.dialect.pick(*_SET_APART)) if is_set_apart else part
                for part, is_set_apart in zip(parts, in_parentheses, strict=True)
            ]
        last = parts[-1]
        cores = tuple(core for part in parts for core in part.cores)
        order_by, limit, offset, into = last.order_by, last.limit, last.offset, last.into
        if not order_by:
            order_by = self.order_by()
        if limit is None:
            limit, offset = self.limit()
        into = into or self._into()
        self._locking()
        return Select(cores, distinct_until, order_by, limit, offset, into or self._into(), len(parts) > 1)

    def _select_part(self) -> Select:
        if self.take("("):
            inner = self.select()
            self.need(")")
            return inner
        self.need_word("SELECT")
        is_distinct = counts_rows = False
        while word := self.take_any(*_SELECT_OPTIONS):
            is_distinct |= word in ("DISTINCT", "DISTINCTROW")
            if word == "SQL_NO_CACHE":
                self.deprecate("'SQL_NO_CACHE' is deprecated and will be removed in a future release.", 1681)
            elif word == "SQL_CALC_FOUND_ROWS":
                self.deprecate(
                    "SQL_CALC_FOUND_ROWS is deprecated and will be removed in a future release. Consider using two"
                    " separate queries instead."
                )
            counts_rows |= word == "SQL_CALC_FOUND_ROWS"
        items = self.items()
        into = self._into()
        table = self._from()
        where = self.expression() if self.take_word("WHERE") else None
        group_by: tuple[Expression, ...] = ()
        if self.take_word("GROUP"):
            self.need_word("BY")
            group_by = tuple(order.expression for order in self._orders())
        having = self.expression() if self.take_word("HAVING") else None
        order_by = self.order_by()
        limit, offset = self.limit()
        into = into or self._late_into(table)
        locking = self._locking()
        into = into or self._late_into(table)
        core = SelectCore(items, table, where, group_by, having, is_distinct, counts_rows, locking)
        return Select((core,), 0, order_by, limit, offset, into)

    def items(self) -> tuple[Item, ...]:
        """A select list."""
        items = [self._item(first=True)]
        while self.take(","):
            items.append(self._item(first=False))
        return tuple(items)

    def operand(self) -> Expression:
        """A literal with its sign, a name, a call: what binds more tightly than any operator."""
        return self._unary()

    def _item(self, *, first: bool) -> Item:
        if self.at("*"):
            if not first:
                self.fail()
            self.advance()
            return Item(Star(), "*")
        star = self._qualified_star()
        if star is not None:
            return Item(star, "*")
        start = self.token.start
        expression = self.expression()
        end = self.tokens[self.index - 1].end
        span = self.inner_spans.get(id(expression))
        if span is not None:
            start, end = span
        alias = self._alias()
        if alias:
            return Item(expression, _shortened(alias, self.dialect.longest_alias_bytes))
        return Item(expression, _shortened(self._source_name(expression, start, end), _LONGEST_NAME_BYTES))

    def _qualified_star(self) -> Star | None:
        """``table.*`` or ``database.table.*``, if that is what comes next."""
        start = self.index
        parts: list[str] = []
        while self.at_name() and self._next_is(".") and len(parts) < 2:
            parts.append(self.advance().value)
            self.advance()
            if self.take("*"):
                return Star(tuple(parts))
        self.index = start
        return None

    def _alias(self) -> str | None:
        token = self.token
        if self.take_word("AS"):
            token = self.token
            if token.kind is not Kind.STRING and not self.at_name():
                self.fail()
            return self.advance().value.strip() or "\0"
        if token.kind is Kind.STRING or self.at_name():
            return self.advance().value.strip() or "\0"
        return None

    def _source_name(self, expression: Expression, start: int, end: int) -> str:
        if isinstance(expression, Literal):
            if expression.kind in (LiteralKind.STRING, LiteralKind.NATIONAL):
                return expression.source
            if expression.kind in (LiteralKind.NULL, LiteralKind.TRUE, LiteralKind.FALSE):
                return expression.source
        if isinstance(expression, Name):
            return expression.parts[-1]
        if isinstance(expression, Parameter):
            return "?"
        return self.text[start:end]

    def _from(self) -> Source | None:
        if not self.take_word("FROM"):
            return None
        if self.take_word("DUAL"):
            return None
        table = None
        if not self.at("(") and not self.common_tables:
            table = self.table_name()
            self.take_word("AS")
            if self.at_name():
                table = TableName(table.database, table.name, self.advance().value)
            if not self.at(",") and self.token.upper not in _JOIN_WORDS:
                return table
        from . import source_grammar

        return source_grammar.sources(self, table)

    def table_name(self) -> TableName:
        """A table, alone or behind its database and a dot."""
        name = self.need_name()
        if self.take("."):
            if self.token.kind not in (Kind.WORD, Kind.QUOTED):
                self.fail()
            return TableName(name, self.advance().value)
        return TableName("", name)

    def _orders(self) -> list[Order]:
        orders = []
        while True:
            expression = self.expression()
            descending = self.take_any("ASC", "DESC") == "DESC"
            orders.append(Order(expression, descending))
            if not self.take(","):
                return orders

    def order_by(self) -> tuple[Order, ...]:
        """ORDER BY and what follows, if it comes next."""
        if not self.take_word("ORDER"):
            return ()
        self.need_word("BY")
        return tuple(self._orders())

    def limit(self) -> tuple[Expression | None, Expression | None]:
        """LIMIT: how many rows, and how many to pass over."""
        if not self.take_word("LIMIT"):
            return None, None
        first = self._limit_number()
        if self.take(","):
            return self._limit_number(), first
        if self.take_word("OFFSET"):
            return first, self._limit_number()
        return first, None

    def _limit_number(self) -> Expression:
        if self.token.kind not in (Kind.INTEGER, Kind.PARAMETER):
            self.fail()
        if self.token.kind is Kind.INTEGER and int(self.token.value) > UINT64_MAX:
            self.fail()
        number = self._simple()
        if isinstance(number, Parameter):
            self.limit_parameters.add(number.index)
        return number

    def _into(self) -> tuple[str, ...]:
        if not self.take_word("INTO"):
            return ()
        if self.token.upper in ("OUTFILE", "DUMPFILE"):
            self.unsupported()
        names = [self._user_variable_name()]
        while self.take(","):
            names.append(self._user_variable_name())
        return tuple(names)

    def _late_into(self, table: Source | None) -> tuple[str, ...]:
        """INTO at the end, which MariaDB would rather have before FROM."""
        names = self._into()
        if names and table is not None and self.dialect.mariadb:
            self.warnings.append((1287, _LATE_INTO))
        return names

    def _user_variable_name(self) -> str:
        """A user variable, or behind its mark a routine's own."""
        if self.at_name():
            if self.token.value.lower() in self.locals:
                return LOCAL_MARK + self.advance().value.lower()
            raise sqlerrors.undeclared_variable(self.token.value)
        if self.token.kind is not Kind.USER_VARIABLE:
            self.fail()
        return self.advance().value

    def _locking(self) -> Locking:
        """FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE."""
        locking = Locking.NONE
        while True:
            if self.take_word("FOR"):
                is_update = self.take_word("UPDATE")
                if not is_update and (self.dialect.mariadb or not self.take_word("SHARE")):
                    self.fail()
                locking = Locking.UPDATE if is_update else Locking.SHARE
                if self.take_word("NOWAIT"):
                    locking |= Locking.NOWAIT
                elif self.take_word("SKIP"):
                    self.need_word("LOCKED")
                    locking |= Locking.SKIP
            elif self.take_word("LOCK"):
                self.need_word("IN", "SHARE", "MODE")
                locking = Locking.SHARE
            else:
                return locking

    def whole_statement(self) -> str:
        """The text from here to the end of the statement."""
        last = self.tokens[statement_end(self.tokens, self.index)]
        end = len(self.text) if last.kind is Kind.END else last.start
        return self.text[self.token.start : end].strip("; \r\n\t")

    def unsupported(self) -> NoReturn:
        """The statement from its first word on is MySQL's, and not ours."""
        self.index = self._first
        raise sqlerrors.Unsupported(self.whole_statement())


def _set_apart(part: Select, alias: str) -> Select:
    """A SELECT in parentheses, whose LIMIT and UNION are its own, as a part of others: a query in a table's place."""
    if part.limit is None and len(part.cores) == 1:
        # An order that nothing is cut off by is none.
        return replace(part, order_by=())
    names = [item.name for item in part.cores[0].items]
    if any(isinstance(item.expression, Star) for item in part.cores[0].items):
        return Select((SelectCore((Item(Star(), "*"),), Derived(part, alias)),))
    places = tuple(map(str, range(len(names))))
    items = tuple(Item(Name((place,)), name) for place, name in zip(places, names, strict=True))
    return Select((SelectCore(items, Derived(part, alias, places)),))


def _shortened(name: str, limit_bytes: int) -> str:
    """As much of a column's name as a server sends."""
    if len(name) * 4 <= limit_bytes:
        return name
    return name[:limit_bytes].encode("utf-8", "surrogateescape")[:limit_bytes].decode("utf-8", "ignore")
