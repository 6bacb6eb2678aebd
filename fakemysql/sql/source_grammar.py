"""What FROM names, read: tables side by side, joins, queries in the place of tables, and WITH.

Functions that stand on a :class:`~fakemysql.sql.query_grammar.QueryParser` and move it on; loaded by the first FROM
that names more than one table. What a join means is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .nodes import Derived, Join, TableName
from .sqlerrors import SqlError
from .tokens import Kind

if TYPE_CHECKING:
    from .nodes import Expression, Select, Source
    from .query_grammar import QueryParser

_QUERY_WORDS: Final = ("SELECT", "WITH")
_HINTS: Final = ("USE", "FORCE", "IGNORE")


def sources(parser: QueryParser, first: TableName | None = None) -> Source:
    """Everything behind FROM; first is a table that has been read already."""
    left = _joined(parser, first)
    while parser.take(","):
        left = Join("INNER", left, _joined(parser))
    return left


def _joined(parser: QueryParser, first: TableName | None = None) -> Source:
    if parser.at_word("PARTITION"):
        parser.unsupported()
    left: Source = _source(parser) if first is None else first
    _hints(parser)
    while True:
        if parser.take_word("NATURAL"):
            kind = parser.take_any("INNER", "LEFT", "RIGHT") or "INNER"
            _outer(parser, kind)
            parser.need_word("JOIN")
            left = Join(kind, left, _source(parser), using=())
        elif kind := parser.take_any("LEFT", "RIGHT"):
            _outer(parser, kind)
            parser.need_word("JOIN")
            right = _source(parser)
            condition, using = _condition(parser)
            if condition is None and using is None:
                parser.fail()
            left = Join(kind, left, right, condition, using)
        elif parser.take_any("INNER", "CROSS"):
            parser.need_word("JOIN")
            left = _inner(parser, left)
        elif parser.take_any("JOIN", "STRAIGHT_JOIN"):
            left = _inner(parser, left)
        else:
            return left


def _outer(parser: QueryParser, kind: str) -> None:
    if kind != "INNER":
        parser.take_word("OUTER")


def _inner(parser: QueryParser, left: Source) -> Join:
    right = _source(parser)
    condition, using = _condition(parser)
    return Join("INNER", left, right, condition, using)


def _condition(parser: QueryParser) -> tuple[Expression | None, tuple[str, ...] | None]:
    """ON and USING, if one of them comes next."""
    if parser.take_word("ON"):
        return parser.expression(), None
    if not parser.take_word("USING"):
        return None, None
    parser.need("(")
    names = _names(parser)
    return None, names


def _names(parser: QueryParser) -> tuple[str, ...]:
    """Names up to the closing parenthesis."""
    names = [parser.need_name()]
    while parser.take(","):
        names.append(parser.need_name())
    parser.need(")")
    return tuple(names)


def _source(parser: QueryParser) -> Source:
    if parser.at("("):
        if _opens_query(parser):
            return _derived(parser)
        parser.advance()
        inner = sources(parser)
        parser.need(")")
        return inner
    if parser.at_word("LATERAL") or parser.at_word("JSON_TABLE"):
        parser.unsupported()
    table = parser.table_name()
    if parser.at_word("PARTITION"):
        parser.unsupported()
    parser.take_word("AS")
    alias = parser.advance().value if parser.at_name() else ""
    _hints(parser)
    known = None if table.database else parser.common_tables.get(table.name.lower())
    if known is not None:
        return Derived(known.select, alias or table.name, known.columns, known.recursive_name)
    return TableName(table.database, table.name, alias)


def _opens_query(parser: QueryParser) -> bool:
    """Whether a query comes behind the parentheses that open here."""
    index = parser.index
    while parser.tokens[index].kind is Kind.OPERATOR and parser.tokens[index].value == "(":
        index += 1
    return parser.tokens[index].upper in _QUERY_WORDS


def _derived(parser: QueryParser) -> Derived:
    parser.need("(")
    select = parser.select()
    parser.need(")")
    parser.take_word("AS")
    if not parser.at_name():
        if parser.dialect.mariadb:
            parser.fail()
        raise SqlError(1248, "42000", "Every derived table must have its own alias")
    alias = parser.advance().value
    columns = _names(parser) if not parser.dialect.mariadb and parser.take("(") else ()
    return Derived(select, alias, columns)


def _hints(parser: QueryParser) -> None:
    """USE INDEX (...) and its like, which change no answer."""
    while parser.token.upper in _HINTS and parser.tokens[parser.index + 1].upper in ("INDEX", "KEY"):
        parser.index += 2
        if parser.take_word("FOR"):
            if parser.take_any("ORDER", "GROUP"):
                parser.need_word("BY")
            else:
                parser.need_word("JOIN")
        parser.need("(")
        while not parser.take(")"):
            if parser.is_at_end:
                parser.fail()
            parser.advance()


# --- WITH -------------------------------------------------------------------------------------------------------------


def common_tables(parser: QueryParser) -> Select:
    """WITH and the query behind it."""
    parser.need_word("WITH")
    is_recursive = parser.take_word("RECURSIVE")
    before = parser.common_tables
    try:
        while True:
            name = parser.need_name()
            columns = _names(parser) if parser.take("(") else ()
            parser.need_word("AS")
            parser.need("(")
            select = parser.select()
            parser.need(")")
            recursive_name = name if is_recursive and select.is_union else ""
            parser.common_tables = {
                **parser.common_tables,
                name.lower(): Derived(select, name, columns, recursive_name),
            }
            if not parser.take(","):
                break
        if parser.token.upper in ("UPDATE", "DELETE"):
            parser.unsupported()
        return parser.select()
    finally:
        parser.common_tables = before
