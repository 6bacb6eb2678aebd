"""ALTER TABLE, CREATE INDEX and DROP INDEX, read: a table and a list of changes. Loaded with the first of them.

What a change means, and which rows have to be made anew for it, is for ``altering.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import table_grammar
from .table_grammar import ColumnNode, IndexNode, OptionsNode
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .foreign_key_grammar import ForeignKeyNode
    from .nodes import Expression, TableName
    from .session import Session
    from .statements import Statement, StatementParser
    from .table_grammar import ComputedNode, NowNode


@dataclass(frozen=True, slots=True)
class PutColumn:
    """ADD, MODIFY and CHANGE of a column. old is "" for a new one; after is None to leave it where it is, "" for FIRST.

    is_careful: IF [NOT] EXISTS.
    """

    column: ColumnNode
    old: str = ""
    after: str | None = None
    is_careful: bool = False


@dataclass(frozen=True, slots=True)
class AddIndex:
    index: IndexNode
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddForeignKey:
    key: ForeignKeyNode


@dataclass(frozen=True, slots=True)
class Drop:
    """kind is COLUMN, INDEX or FOREIGN KEY."""

    kind: str
    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Rename:
    """kind is COLUMN or INDEX."""

    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RenameTo:
    table: TableName


@dataclass(frozen=True, slots=True)
class SetDefault:
    """default None is DROP DEFAULT."""

    column: str
    default: Expression | NowNode | ComputedNode | None


@dataclass(frozen=True, slots=True)
class SetOptions:
    options: OptionsNode


@dataclass(frozen=True, slots=True)
class Convert:
    """CONVERT TO CHARACTER SET."""

    charset: str
    collation: str


@dataclass(frozen=True, slots=True)
class Rebuild:
    """FORCE and ORDER BY: the table is written anew, with the same rows."""

    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class SwitchKeys:
    on: bool


Change = (
    PutColumn
    | AddIndex
    | AddForeignKey
    | Drop
    | Rename
    | RenameTo
    | SetDefault
    | SetOptions
    | Convert
    | Rebuild
    | SwitchKeys
)


@dataclass(frozen=True, slots=True)
class AlterTable:
    table: TableName
    changes: tuple[Change, ...]
    if_exists: bool = False


_FOREIGN: Final = frozenset(
    {
        "FULLTEXT", "SPATIAL", "CHECK", "PARTITION", "DISCARD", "IMPORT", "COALESCE", "REORGANIZE",
        "EXCHANGE", "ANALYZE", "OPTIMIZE", "REBUILD", "REPAIR", "TRUNCATE", "REMOVE", "PERIOD", "SYSTEM", "VERSIONING",
        "SECONDARY_LOAD", "SECONDARY_UNLOAD", "WITH", "WITHOUT",
    }
)  # fmt: skip


def alter(parser: StatementParser) -> Statement:
    """ALTER TABLE."""
    parser.need_word("ALTER")
    if parser.dialect.mariadb:
        parser.take_any("ONLINE", "IGNORE")
    parser.need_word("TABLE")
    if_exists = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
    table = parser.table_name()
    changes: list[Change] = []
    while not parser.is_at_end:
        if changes and not parser.take(","):
            parser.fail()
        changes += _changes(parser)
    return AlterTable(table, tuple(changes), if_exists)


def _changes(parser: StatementParser) -> list[Change]:
    if parser.token.upper in _FOREIGN:
        parser.unsupported()
    read = _CHANGES.get(parser.token.upper)
    if read is not None:
        return read(parser)
    start = parser.index
    options = table_grammar.read_options(parser)
    if parser.index == start:
        parser.fail(parser.tokens[start + 1] if parser.dialect.mariadb and parser.at_name() else None)
    return [SetOptions(options)]


def _add(parser: StatementParser) -> list[Change]:
    parser.advance()
    if parser.token.upper in _FOREIGN:
        parser.unsupported()
    if parser.token.upper in ("FOREIGN", "CONSTRAINT"):
        from . import foreign_key_grammar

        if foreign_key_grammar.is_next(parser):
            return [AddForeignKey(foreign_key_grammar.read(parser))]
    index = table_grammar.read_index(parser)
    if index is not None:
        return [AddIndex(index)]
    parser.take_word("COLUMN")
    is_careful = parser.dialect.mariadb and parser.take_word("IF", "NOT", "EXISTS")
    if not parser.take("("):
        return [_put(parser, "", is_careful=is_careful)]
    found: list[Change] = [PutColumn(table_grammar.read_column(parser))]
    while parser.take(","):
        found.append(PutColumn(table_grammar.read_column(parser)))
    parser.need(")")
    return found


def _put(parser: StatementParser, old: str, *, is_careful: bool) -> PutColumn:
    column = table_grammar.read_column(parser)
    after = None
    if parser.take_word("FIRST"):
        after = ""
    elif parser.take_word("AFTER"):
        after = parser.need_name()
    return PutColumn(column, old, after, is_careful)


def _modify(parser: StatementParser) -> list[Change]:
    parser.advance()
    parser.take_word("COLUMN")
    is_careful = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
    name = parser.token.value
    return [_put(parser, name, is_careful=is_careful)]


def _change(parser: StatementParser) -> list[Change]:
    parser.advance()
    parser.take_word("COLUMN")
    is_careful = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
    return [_put(parser, parser.need_name(), is_careful=is_careful)]


def _drop(parser: StatementParser) -> list[Change]:
    parser.advance()
    if parser.take_word("FOREIGN"):
        parser.need_word("KEY")
        if_exists = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
        return [Drop("FOREIGN KEY", parser.need_name(), if_exists)]
    if parser.token.upper in ("CONSTRAINT", "CHECK", "PARTITION", "SYSTEM", "PERIOD"):
        parser.unsupported()
    if parser.take_word("PRIMARY"):
        parser.need_word("KEY")
        return [Drop("INDEX", "PRIMARY")]
    kind = "INDEX" if parser.take_any("INDEX", "KEY") else "COLUMN"
    if kind == "COLUMN":
        parser.take_word("COLUMN")
    if_exists = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
    name = parser.need_name()
    parser.take_any("RESTRICT", "CASCADE")
    return [Drop(kind, name, if_exists)]


def _rename(parser: StatementParser) -> list[Change]:
    parser.advance()
    kind = {"COLUMN": "COLUMN", "INDEX": "INDEX", "KEY": "INDEX"}.get(parser.take_any("COLUMN", "INDEX", "KEY"), "")
    if kind:
        before = parser.need_name()
        parser.need_word("TO")
        return [Rename(kind, before, parser.need_name())]
    if not parser.take_any("TO", "AS"):
        parser.take("=")
    return [RenameTo(parser.table_name())]


def _alter_column(parser: StatementParser) -> list[Change]:
    parser.advance()
    if parser.token.upper in ("INDEX", "CHECK", "CONSTRAINT"):
        parser.unsupported()
    parser.take_word("COLUMN")
    name = parser.need_name()
    if parser.take_word("DROP"):
        parser.need_word("DEFAULT")
        return [SetDefault(name, None)]
    parser.need_word("SET", "DEFAULT")
    return [SetDefault(name, table_grammar.read_default(parser))]


def _convert(parser: StatementParser) -> list[Change]:
    parser.advance()
    parser.need_word("TO")
    if not parser.take_word("CHARSET"):
        parser.need_word("CHARACTER", "SET")
    charset = parser.charset_name()
    parser.deprecate_charset(charset)
    return [Convert(charset, parser.charset_name() if parser.take_word("COLLATE") else "")]


def _switch_keys(parser: StatementParser) -> list[Change]:
    on = parser.advance().upper == "ENABLE"
    parser.need_word("KEYS")
    return [SwitchKeys(on)]


def _force(parser: StatementParser) -> list[Change]:
    parser.advance()
    return [Rebuild()]


def _order(parser: StatementParser) -> list[Change]:
    parser.order_by()
    return [Rebuild(is_ordered=True)]


def _algorithm(parser: StatementParser) -> list[Change]:
    """ALGORITHM and LOCK, which say how and not what."""
    parser.advance()
    parser.take("=")
    parser.advance()
    return []


_CHANGES: Final[dict[str, Callable[[StatementParser], list[Change]]]] = {
    "ADD": _add,
    "MODIFY": _modify,
    "CHANGE": _change,
    "DROP": _drop,
    "RENAME": _rename,
    "ALTER": _alter_column,
    "CONVERT": _convert,
    "ENABLE": _switch_keys,
    "DISABLE": _switch_keys,
    "FORCE": _force,
    "ORDER": _order,
    "ALGORITHM": _algorithm,
    "LOCK": _algorithm,
}


def create_index(parser: StatementParser) -> Statement:
    """CREATE [UNIQUE] INDEX."""
    parser.need_word("CREATE")
    replaces = parser.take_word("OR", "REPLACE")
    kind = "UNIQUE" if parser.take_word("UNIQUE") else "KEY"
    parser.need_word("INDEX")
    if replaces:
        parser.unsupported()
    if_not_exists = parser.dialect.mariadb and parser.take_word("IF", "NOT", "EXISTS")
    name = parser.need_name()
    using = table_grammar.read_using(parser)
    parser.need_word("ON")
    table = parser.table_name()
    columns, said, comment = table_grammar.read_index_parts(parser)
    while parser.token.upper in ("ALGORITHM", "LOCK"):
        _algorithm(parser)
    index = IndexNode(kind, name, columns, said or using, comment)
    return AlterTable(table, (AddIndex(index, if_not_exists),))


def drop_index(parser: StatementParser) -> Statement:
    """DROP INDEX."""
    parser.need_word("DROP", "INDEX")
    if_exists = parser.dialect.mariadb and parser.take_word("IF", "EXISTS")
    name = parser.need_name()
    parser.need_word("ON")
    table = parser.table_name()
    while parser.token.upper in ("ALGORITHM", "LOCK"):
        _algorithm(parser)
    if parser.token.kind is not Kind.END and not parser.is_at_end:
        parser.fail()
    return AlterTable(table, (Drop("INDEX", name, if_exists),))


STATEMENTS: Final[dict[str, Callable[[StatementParser], Statement]]] = {
    "ALTER": alter,
    "CREATE": create_index,
    "DROP": drop_index,
}


def _handle(
    engine: SessionEngine, session: Session, statement: object, more: int
) -> Generator[Step, Woken | None, None]:
    from . import altering

    return altering.alter_table(engine, session, statement, more)


HANDLERS: Final[dict[type, Handler]] = {AlterTable: _handle}
"""Who carries out this statement."""
