"""Foreign keys, read: behind FOREIGN KEY, behind a column's type, in CREATE TABLE and ALTER TABLE.

Functions that stand on a :class:`~fakemysql.sql.statements.StatementParser` and move it on; loaded with the first
foreign key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes import TableName
    from .statements import StatementParser


@dataclass(frozen=True, slots=True)
class ForeignKeyNode:
    """name is that of the constraint, index_name that of the index which it needs; each "" where none was said."""

    name: str
    index_name: str
    columns: tuple[str, ...]
    table: TableName
    referenced: tuple[str, ...]
    on_delete: str = ""
    on_update: str = ""


def is_next(parser: StatementParser) -> bool:
    """Whether a foreign key comes next, perhaps with its name in front."""
    if parser.at_word("FOREIGN"):
        return True
    if not parser.at_word("CONSTRAINT"):
        return False
    following = parser.tokens[parser.index + 1 : parser.index + 3]
    return any(token.upper == "FOREIGN" for token in following)


def read(parser: StatementParser) -> ForeignKeyNode:
    """``[CONSTRAINT [name]] FOREIGN KEY [index] (columns) REFERENCES ...``."""
    name = ""
    if parser.take_word("CONSTRAINT") and parser.at_name():
        name = parser.advance().value
    parser.need_word("FOREIGN", "KEY")
    if parser.take_word("IF"):
        parser.unsupported()
    index_name = parser.advance().value if parser.at_name() else ""
    return references(parser, name, index_name, _names(parser))


def references(parser: StatementParser, name: str, index_name: str, columns: tuple[str, ...]) -> ForeignKeyNode:
    """``REFERENCES table (columns)`` and what is to happen to the rows."""
    parser.need_word("REFERENCES")
    table = parser.table_name()
    referenced = _names(parser)
    if parser.take_word("MATCH"):
        parser.take_any("FULL", "PARTIAL", "SIMPLE") or parser.fail()
    actions = {"DELETE": "", "UPDATE": ""}
    while parser.take_word("ON"):
        event = parser.take_any("DELETE", "UPDATE") or parser.fail()
        actions[event] = _action(parser)
    return ForeignKeyNode(name, index_name, columns, table, referenced, actions["DELETE"], actions["UPDATE"])


def _action(parser: StatementParser) -> str:
    if word := parser.take_any("CASCADE", "RESTRICT"):
        return word
    if parser.take_word("NO", "ACTION"):
        return "NO ACTION"
    parser.need_word("SET")
    return "SET NULL" if parser.take_word("NULL") else parser.unsupported()


def _names(parser: StatementParser) -> tuple[str, ...]:
    parser.need("(")
    names = [parser.need_name()]
    while parser.take(","):
        names.append(parser.need_name())
    parser.need(")")
    return tuple(names)
