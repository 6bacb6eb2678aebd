"""The statements on tables, read: CREATE TABLE, INSERT and their kin, each as a record that says what was asked for.

Functions that stand on a :class:`~fakemysql.sql.statements.StatementParser` and move it on, so that this grammar is
loaded by the first statement that needs it. What a type or a statement means is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import sqlerrors
from .expressions import NATIONAL_WARNING
from .nodes import Literal, LiteralKind, TableName
from .tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..answers import Step, Woken
    from .engine import Handler, SessionEngine
    from .foreign_key_grammar import ForeignKeyNode
    from .nodes import Expression, Item, Order, Select
    from .session import Session
    from .statements import Show, StatementParser
    from .tokens import Token


@dataclass(frozen=True, slots=True)
class Default:
    """DEFAULT in the place of a value; column is named in DEFAULT(column)."""

    column: str = ""


@dataclass(frozen=True, slots=True)
class TypeNode:
    """A type as it was written; name is the word in capitals, with PRECISION and VARYING left out."""

    name: str
    length: int | None = None
    decimals: int | None = None
    unsigned: bool = False
    zerofill: bool = False
    charset: str = ""
    collation: str = ""
    members: tuple[str, ...] = ()
    is_binary: bool = False  # CHAR(3) BINARY: the _bin collation of the character set


@dataclass(frozen=True, slots=True)
class NowNode:
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class ComputedNode:
    expression: Expression
    source: str


@dataclass(frozen=True, slots=True)
class ColumnNode:
    """nullable is None where nothing was said; default is None without DEFAULT."""

    name: str
    type: TypeNode
    nullable: bool | None = None
    default: Expression | NowNode | ComputedNode | None = None
    on_update: NowNode | None = None
    auto_increment: bool = False
    key: str = ""  # PRIMARY, UNIQUE or nothing
    comment: str = ""
    references: ForeignKeyNode | None = None


@dataclass(frozen=True, slots=True)
class IndexNode:
    """kind is PRIMARY, UNIQUE or KEY; columns are names and how many characters of each count."""

    kind: str
    name: str
    columns: tuple[tuple[str, int | None], ...]
    using: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class OptionsNode:
    engine: str = ""
    charset: str = ""
    collation: str = ""
    comment: str = ""
    auto_increment: int | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTable:
    table: TableName
    is_temporary: bool
    if_not_exists: bool
    columns: tuple[ColumnNode, ...] = ()
    indexes: tuple[IndexNode, ...] = ()
    options: OptionsNode = OptionsNode()
    like: TableName | None = None
    select: Select | None = None
    foreign_keys: tuple[ForeignKeyNode, ...] = ()
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class DropTable:
    tables: tuple[TableName, ...]
    is_temporary: bool
    if_exists: bool


@dataclass(frozen=True, slots=True)
class Truncate:
    table: TableName


@dataclass(frozen=True, slots=True)
class RenameTable:
    pairs: tuple[tuple[TableName, TableName], ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT and REPLACE. columns is None where none were listed; alias is what the new row is called."""

    table: TableName
    columns: tuple[str, ...] | None
    rows: tuple[tuple[Expression | Default, ...], ...] = ()
    select: Select | None = None
    replaces: bool = False
    ignore: bool = False
    on_duplicate: tuple[tuple[str, Expression | Default], ...] = ()
    alias: str = ""
    alias_columns: tuple[str, ...] = ()
    returning: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    table: TableName
    assignments: tuple[tuple[str, Expression | Default], ...]
    where: Expression | None
    order_by: tuple[Order, ...]
    limit: Expression | None
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    table: TableName
    where: Expression | None
    order_by: tuple[Order, ...]
    limit: Expression | None
    returning: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class LockTables:
    """Each table and whether it is locked for writing."""

    tables: tuple[tuple[TableName, bool], ...]


_INTEGER_WORDS: Final = {
    "TINYINT": "TINYINT", "INT1": "TINYINT", "SMALLINT": "SMALLINT", "INT2": "SMALLINT", "MEDIUMINT": "MEDIUMINT",
    "INT3": "MEDIUMINT", "MIDDLEINT": "MEDIUMINT", "INT": "INT", "INTEGER": "INT", "INT4": "INT", "BIGINT": "BIGINT",
    "INT8": "BIGINT",
}  # fmt: skip
_OTHER_WORDS: Final = {
    "DECIMAL": "DECIMAL", "DEC": "DECIMAL", "NUMERIC": "DECIMAL", "FIXED": "DECIMAL", "FLOAT": "FLOAT",
    "FLOAT4": "FLOAT", "DOUBLE": "DOUBLE", "FLOAT8": "DOUBLE", "REAL": "DOUBLE", "BIT": "BIT", "DATE": "DATE",
    "TIME": "TIME", "DATETIME": "DATETIME", "TIMESTAMP": "TIMESTAMP", "YEAR": "YEAR", "CHAR": "CHAR",
    "CHARACTER": "CHAR", "NCHAR": "CHAR", "VARCHAR": "VARCHAR", "VARCHARACTER": "VARCHAR", "NVARCHAR": "VARCHAR",
    "BINARY": "BINARY", "VARBINARY": "VARBINARY", "TINYTEXT": "TINYTEXT", "TEXT": "TEXT", "MEDIUMTEXT": "MEDIUMTEXT",
    "LONGTEXT": "LONGTEXT", "TINYBLOB": "TINYBLOB", "BLOB": "BLOB", "MEDIUMBLOB": "MEDIUMBLOB",
    "LONGBLOB": "LONGBLOB", "ENUM": "ENUM", "SET": "SET", "JSON": "JSON", "BOOL": "BOOL", "BOOLEAN": "BOOL",
    "SERIAL": "SERIAL",
}  # fmt: skip
# Types that the servers have and this one has not.
_FOREIGN_TYPES: Final = frozenset(
    {
        "GEOMETRY", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
        "GEOMETRYCOLLECTION",
    }
)  # fmt: skip
_MARIADB_TYPES: Final = frozenset({"INET4", "INET6", "UUID"})
_NEED_LENGTH: Final = frozenset({"VARCHAR", "VARBINARY"})
_NOW_WORDS: Final = ("CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP")
_DEPRECATED_WIDTH: Final = "Integer display width is deprecated and will be removed in a future release."
_DEPRECATED_ZEROFILL: Final = (
    "The ZEROFILL attribute is deprecated and will be removed in a future release. Use the LPAD function to zero-pad"
    " numbers, or store the formatted numbers in a CHAR column."
)
_DEPRECATED_UNSIGNED: Final = (
    "UNSIGNED for decimal and floating point data types is deprecated and support for it will be removed in a future"
    " release."
)
_DEPRECATED_DIGITS: Final = (
    "Specifying number of digits for floating point data types is deprecated and will be removed in a future release."
)
_DEPRECATED_BINARY: Final = (
    "'BINARY as attribute of a type' is deprecated and will be removed in a future release. Please use a CHARACTER SET"
    " clause with _bin collation instead"
)
_DEPRECATED_VALUES: Final = (
    "'VALUES function' is deprecated and will be removed in a future release. Please use an alias (INSERT INTO ..."
    " VALUES (...) AS alias) and replace VALUES(col) in the ON DUPLICATE KEY UPDATE clause with alias.col instead"
)


# --- names and small things -------------------------------------------------------------------------------------------


def _string(parser: StatementParser) -> str:
    if parser.token.kind is not Kind.STRING:
        parser.fail()
    return parser.advance().value


def _names(parser: StatementParser) -> tuple[str, ...]:
    names = [parser.need_name()]
    while parser.take(","):
        names.append(parser.need_name())
    return tuple(names)


def _column_name(parser: StatementParser) -> str:
    """A column that is assigned to; its table may stand in front of it."""
    name = parser.need_name()
    while parser.take("."):
        name = parser.advance().value
    return name


def _follows(parser: StatementParser, operator: str) -> bool:
    token = parser.tokens[parser.index + 1]
    return token.kind is Kind.OPERATOR and token.value == operator


# --- CREATE TABLE -----------------------------------------------------------------------------------------------------


def create(parser: StatementParser, *, is_temporary: bool) -> CreateTable:
    """CREATE [TEMPORARY] TABLE, from the word TABLE on."""
    parser.need_word("TABLE")
    if_not_exists = parser.take_word("IF", "NOT", "EXISTS")
    table = parser.table_name()
    if parser.take_word("LIKE"):
        return CreateTable(table, is_temporary, if_not_exists, like=parser.table_name())
    columns: list[ColumnNode] = []
    indexes: list[IndexNode] = []
    foreign_keys: list[ForeignKeyNode] = []
    if parser.at("(") and parser.tokens[parser.index + 1].upper != "SELECT":
        parser.advance()
        if parser.take_word("LIKE"):
            like = parser.table_name()
            parser.need(")")
            return CreateTable(table, is_temporary, if_not_exists, like=like)
        while True:
            _column_or_key(parser, columns, indexes, foreign_keys)
            if not parser.take(","):
                break
        parser.need(")")
    options = read_options(parser)
    select = None
    parser.take_word("AS")
    if parser.at_word("SELECT") or parser.at("("):
        select = parser.select()
    elif not columns:
        if not parser.is_at_end:
            parser.fail()
        if parser.dialect.mariadb:
            raise sqlerrors.SqlError(1113, "42000", "A table must have at least 1 column")
        raise sqlerrors.SqlError(4028, "HY000", "A table must have at least one visible column.")
    foreign_keys += [column.references for column in columns if column.references is not None]
    return CreateTable(
        table,
        is_temporary,
        if_not_exists,
        tuple(columns),
        tuple(indexes),
        options,
        select=select,
        foreign_keys=tuple(foreign_keys),
    )


def _column_or_key(
    parser: StatementParser,
    columns: list[ColumnNode],
    indexes: list[IndexNode],
    foreign_keys: list[ForeignKeyNode],
) -> None:
    if parser.token.upper in ("FULLTEXT", "SPATIAL", "CHECK", "PERIOD"):
        parser.unsupported()
    if parser.token.upper in ("FOREIGN", "CONSTRAINT"):
        from . import foreign_key_grammar

        if foreign_key_grammar.is_next(parser):
            foreign_keys.append(foreign_key_grammar.read(parser))
            return
    index = read_index(parser)
    if index is not None:
        indexes.append(index)
        return
    column = read_column(parser)
    columns.append(column)


def read_index(parser: StatementParser) -> IndexNode | None:
    """An index of CREATE TABLE, if that is what comes next."""
    name = ""
    if parser.take_word("CONSTRAINT"):
        if parser.at_name():
            name = parser.advance().value
        if parser.token.upper == "CHECK":
            parser.unsupported()
        if parser.token.upper not in ("PRIMARY", "UNIQUE"):
            parser.fail()
    if parser.take_word("PRIMARY"):
        parser.need_word("KEY")
        if name and parser.dialect.mariadb:
            parser.warnings.append((1280, f"Name '{name}' ignored for PRIMARY key."))
        kind, name = "PRIMARY", "PRIMARY"
    elif parser.take_word("UNIQUE"):
        parser.take_any("KEY", "INDEX")
        kind = "UNIQUE"
    elif parser.take_any("KEY", "INDEX"):
        kind = "KEY"
    else:
        return None
    if parser.at_name() and not parser.at_word("USING"):
        said = parser.advance().value
        name = name if kind == "PRIMARY" else said
    using = read_using(parser)
    columns, said, comment = read_index_parts(parser)
    return IndexNode(kind, name, columns, said or using, comment)


def read_index_parts(parser: StatementParser) -> tuple[tuple[tuple[str, int | None], ...], str, str]:
    """The columns of an index in their parentheses, and what may stand behind: USING and a comment."""
    parser.need("(")
    columns = [_index_part(parser)]
    while parser.take(","):
        columns.append(_index_part(parser))
    parser.need(")")
    using = comment = ""
    while True:
        using = read_using(parser) or using
        if parser.take_word("COMMENT"):
            comment = _string(parser)
        elif parser.at_word("KEY_BLOCK_SIZE"):
            parser.unsupported()
        elif not (parser.at_word("USING") or parser.take_any("VISIBLE")):
            return tuple(columns), using, comment


def read_using(parser: StatementParser) -> str:
    if not parser.take_word("USING"):
        return ""
    return parser.take_any("BTREE", "HASH") or parser.fail()


def _index_part(parser: StatementParser) -> tuple[str, int | None]:
    if parser.at("("):
        parser.unsupported()
    name, length = parser.need_name(), None
    if parser.take("("):
        length = parser.need_integer()
        parser.need(")")
    parser.take_any("ASC", "DESC")
    return name, length


_UNKNOWN_OF_COLUMNS: Final = frozenset(
    {
        "CHECK", "CONSTRAINT", "GENERATED", "AS", "INVISIBLE", "VIRTUAL", "COLUMN_FORMAT", "STORAGE",
    }
)  # fmt: skip


def read_column(parser: StatementParser) -> ColumnNode:
    name = parser.need_name()
    column_type, is_serial = read_type(parser)
    nullable: bool | None = False if is_serial else None
    default: Expression | NowNode | ComputedNode | None = None
    on_update: NowNode | None = None
    auto_increment, key, comment = is_serial, "UNIQUE" if is_serial else "", ""
    references: ForeignKeyNode | None = None
    while True:
        if parser.take_word("NOT", "NULL"):
            nullable = False
        elif parser.take_word("NULL"):
            nullable = True
        elif parser.take_word("DEFAULT"):
            default = read_default(parser)
        elif parser.take_word("ON", "UPDATE"):
            on_update = _now(parser) or parser.fail()
        elif parser.take_word("AUTO_INCREMENT"):
            auto_increment = True
        elif parser.take_word("PRIMARY", "KEY") or parser.take_word("KEY"):
            key = "PRIMARY"
        elif parser.take_word("UNIQUE"):
            parser.take_word("KEY")
            key = key or "UNIQUE"
        elif parser.take_word("COMMENT"):
            comment = _string(parser)
        elif parser.take_word("COLLATE"):
            column_type = _with_collation(column_type, parser.charset_name())
        elif parser.take_word("SERIAL", "DEFAULT", "VALUE"):
            nullable, auto_increment, key = False, True, key or "UNIQUE"
        elif parser.at_word("REFERENCES"):
            from . import foreign_key_grammar

            references = foreign_key_grammar.references(parser, "", "", (name,))
        elif parser.token.upper in _UNKNOWN_OF_COLUMNS:
            parser.unsupported()
        else:
            return ColumnNode(name, column_type, nullable, default, on_update, auto_increment, key, comment, references)


def _with_collation(node: TypeNode, collation: str) -> TypeNode:
    return TypeNode(
        node.name, node.length, node.decimals, node.unsigned, node.zerofill, node.charset, collation, node.members,
        node.is_binary,
    )  # fmt: skip


def read_default(parser: StatementParser) -> Expression | NowNode | ComputedNode:
    now = _now(parser)
    if now is not None:
        return now
    if parser.at("("):
        start = parser.token.end
        parser.advance()
        expression = parser.expression()
        source = re.sub(r"\s*([-+*/])\s*", r" \1 ", parser.text[start : parser.token.start]).strip()
        parser.need(")")
        return ComputedNode(expression, f"({source})")
    return parser.operand()


def _now(parser: StatementParser) -> NowNode | None:
    if parser.token.upper not in _NOW_WORDS:
        return None
    token = parser.advance()
    decimals = 0
    if parser.take("("):
        if not parser.at(")"):
            decimals = parser.need_integer()
        parser.need(")")
    elif token.upper == "NOW":
        if parser.dialect.mariadb:
            raise sqlerrors.unknown_column(parser.dialect, token.value, "DEFAULT")
        parser.fail(token)
    return NowNode(decimals)


def read_type(parser: StatementParser) -> tuple[TypeNode, bool]:
    """A type, and whether it was written SERIAL."""
    token = parser.token
    word = token.upper
    is_national = word in ("NATIONAL", "NCHAR", "NVARCHAR")
    if word == "NATIONAL":
        parser.advance()
        word = parser.token.upper
        if word not in ("CHAR", "CHARACTER", "VARCHAR", "VARCHARACTER"):
            parser.fail()
    if word == "LONG":
        parser.advance()
        word = parser.take_any("VARCHAR", "VARBINARY")
        name = "MEDIUMBLOB" if word == "VARBINARY" else "MEDIUMTEXT"
        return _text_type(parser, name, None, is_national=False), False
    name = _INTEGER_WORDS.get(word) or _OTHER_WORDS.get(word, "")
    if not name:
        if word in _FOREIGN_TYPES or (word in _MARIADB_TYPES and parser.dialect.mariadb):
            parser.unsupported()
        if parser.dialect.mariadb and parser.at_name():
            raise sqlerrors.SqlError(4161, "HY000", f"Unknown data type: '{token.value}'")
        parser.fail()
    parser.advance()
    if is_national:
        parser.deprecate(NATIONAL_WARNING, 3720)
    if name == "SERIAL":
        return TypeNode("BIGINT", unsigned=True), True
    if name == "BOOL":
        return TypeNode("TINYINT", 1), False
    if name in ("ENUM", "SET"):
        parser.need("(")
        members = [_string(parser)]
        while parser.take(","):
            members.append(_string(parser))
        parser.need(")")
        return _text_type(parser, name, None, is_national=False, members=tuple(members)), False
    if name == "DOUBLE":
        parser.take_word("PRECISION")
    if name == "CHAR" and parser.take_word("VARYING"):
        name = "VARCHAR"
    return _sized_type(parser, name, is_integer=word in _INTEGER_WORDS, is_national=is_national), False


def _sized_type(parser: StatementParser, name: str, *, is_integer: bool, is_national: bool) -> TypeNode:
    length = decimals = None
    if parser.take("("):
        length = parser.need_integer()
        if name in ("DECIMAL", "FLOAT", "DOUBLE") and parser.take(","):
            decimals = parser.need_integer()
        parser.need(")")
    elif name in _NEED_LENGTH:
        parser.fail()
    if is_integer or name in ("DECIMAL", "FLOAT", "DOUBLE"):
        return _number_type(parser, name, length, decimals, is_integer=is_integer)
    if name in ("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"):
        return _text_type(parser, name, length, is_national=is_national)
    return TypeNode(name, length)


def _number_type(
    parser: StatementParser, name: str, length: int | None, decimals: int | None, *, is_integer: bool
) -> TypeNode:
    unsigned = zerofill = False
    while word := parser.take_any("UNSIGNED", "SIGNED", "ZEROFILL"):
        unsigned |= word in ("UNSIGNED", "ZEROFILL")
        zerofill |= word == "ZEROFILL"
    if zerofill:
        parser.deprecate(_DEPRECATED_ZEROFILL, 1681)
    elif unsigned and not is_integer:
        parser.deprecate(_DEPRECATED_UNSIGNED, 1681)
    if is_integer and length is not None:
        parser.deprecate(_DEPRECATED_WIDTH, 1681)
    if name in ("FLOAT", "DOUBLE") and decimals is not None:
        parser.deprecate(_DEPRECATED_DIGITS, 1681)
    return TypeNode(name, length, decimals, unsigned, zerofill)


def _text_type(
    parser: StatementParser, name: str, length: int | None, *, is_national: bool, members: tuple[str, ...] = ()
) -> TypeNode:
    charset, collation, is_binary = "utf8mb3" if is_national else "", "", False
    while True:
        if parser.take_word("CHARACTER", "SET") or parser.take_word("CHARSET"):
            charset = parser.charset_name()
            parser.deprecate_charset(charset)
        elif parser.take_word("COLLATE"):
            collation = parser.charset_name()
        elif parser.take_word("BINARY"):
            parser.deprecate(_DEPRECATED_BINARY)
            is_binary = True
        elif word := parser.take_any("ASCII", "UNICODE"):
            charset = "latin1" if word == "ASCII" else "ucs2"
            parser.deprecate(
                f"'{word}' is deprecated and will be removed in a future release. Please use CHARACTER SET charset_name"
                " instead"
            )
        else:
            return TypeNode(name, length, None, False, False, charset, collation, members, is_binary)


# In the order in which SHOW prints them.
_OPTION_WORDS: Final = (
    "MIN_ROWS", "MAX_ROWS", "AVG_ROW_LENGTH", "PACK_KEYS", "STATS_PERSISTENT", "STATS_AUTO_RECALC",
    "STATS_SAMPLE_PAGES", "CHECKSUM", "PAGE_CHECKSUM", "DELAY_KEY_WRITE", "ROW_FORMAT", "TRANSACTIONAL",
    "KEY_BLOCK_SIZE", "COMPRESSION", "ENCRYPTION", "INSERT_METHOD",
)  # fmt: skip


def read_options(parser: StatementParser) -> OptionsNode:
    engine = charset = collation = comment = ""
    auto_increment: int | None = None
    others: dict[str, str] = {}
    while not parser.is_at_end:
        if parser.take_word("ENGINE"):
            parser.take("=")
            engine = parser.advance().value
        elif parser.take_word("AUTO_INCREMENT"):
            parser.take("=")
            auto_increment = parser.need_integer()
        elif parser.take_word("COMMENT"):
            parser.take("=")
            comment = _string(parser)
        elif parser.take_word("COLLATE") or parser.take_word("DEFAULT", "COLLATE"):
            parser.take("=")
            collation = parser.charset_name()
        elif _takes_charset(parser):
            parser.take("=")
            charset = parser.charset_name()
            parser.deprecate_charset(charset)
        elif parser.token.upper in _OPTION_WORDS:
            word = parser.advance().upper
            parser.take("=")
            others[word] = _option_text(parser.advance())
        elif parser.token.upper in ("PARTITION", "DATA", "INDEX", "TABLESPACE", "UNION", "WITH"):
            parser.unsupported()
        else:
            break
        parser.take(",")
    ordered = tuple(f"{word}={others[word]}" for word in _OPTION_WORDS if word in others)
    return OptionsNode(engine, charset, collation, comment, auto_increment, ordered)


def _takes_charset(parser: StatementParser) -> bool:
    return any(
        parser.take_word(*spelling)
        for spelling in (("DEFAULT", "CHARACTER", "SET"), ("DEFAULT", "CHARSET"), ("CHARACTER", "SET"), ("CHARSET",))
    )


def _option_text(token: Token) -> str:
    return f"'{token.value}'" if token.kind is Kind.STRING else token.value.upper()


# --- DROP, TRUNCATE, RENAME, LOCK -------------------------------------------------------------------------------------


def drop(parser: StatementParser, *, is_temporary: bool) -> DropTable:
    """DROP [TEMPORARY] TABLE, from the word TABLE on."""
    if not parser.take_any("TABLE", "TABLES"):
        parser.fail()
    if_exists = parser.take_word("IF", "EXISTS")
    tables = [parser.table_name()]
    while parser.take(","):
        tables.append(parser.table_name())
    parser.take_any("RESTRICT", "CASCADE")
    return DropTable(tuple(tables), is_temporary, if_exists)


def truncate(parser: StatementParser) -> Truncate:
    parser.need_word("TRUNCATE")
    parser.take_word("TABLE")
    return Truncate(parser.table_name())


def rename(parser: StatementParser) -> RenameTable:
    parser.need_word("RENAME")
    if not parser.take_any("TABLE", "TABLES"):
        parser.unsupported()
    pairs = []
    while True:
        before = parser.table_name()
        parser.need_word("TO")
        pairs.append((before, parser.table_name()))
        if not parser.take(","):
            return RenameTable(tuple(pairs))


def lock(parser: StatementParser) -> LockTables:
    parser.need_word("LOCK")
    if not parser.take_any("TABLES", "TABLE"):
        parser.unsupported() if parser.token.upper == "INSTANCE" else parser.fail()
    tables: list[tuple[TableName, bool]] = []
    while True:
        table = parser.table_name()
        if parser.take_word("AS") or parser.at_name():
            table = TableName(table.database, table.name, parser.need_name())
        if parser.take_word("READ"):
            parser.take_word("LOCAL")
            tables.append((table, False))
        else:
            if parser.dialect.mariadb:
                parser.take_word("LOW_PRIORITY")
            parser.need_word("WRITE")
            tables.append((table, True))
        if not parser.take(","):
            return LockTables(tuple(tables))


def describe(parser: StatementParser) -> Show:
    """DESC, DESCRIBE and EXPLAIN of a table; EXPLAIN of a statement is for another server."""
    from .statements import Show

    parser.advance()
    if parser.is_at_end:
        parser.fail()
    if not parser.at_name() or parser.at_word("ANALYZE") or parser.at_word("FORMAT"):
        parser.unsupported()
    table = parser.table_name()
    like: str | None = None
    if parser.token.kind is Kind.STRING or parser.at_name():
        like = parser.advance().value
    return Show("COLUMNS", "", table.database, like, name=table.name)


# --- INSERT, UPDATE, DELETE -------------------------------------------------------------------------------------------


def insert(parser: StatementParser) -> Insert:
    """INSERT and REPLACE."""
    replaces = parser.advance().upper == "REPLACE"
    ignore = False
    while word := parser.take_any("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE"):
        ignore |= word == "IGNORE" and not replaces
    parser.take_word("INTO")
    table = parser.table_name()
    if parser.at_word("PARTITION"):
        parser.unsupported()
    if parser.take_word("SET"):
        pairs = assignments(parser)
        columns, values = tuple(name for name, _ in pairs), tuple(value for _, value in pairs)
        return Insert(table, columns, (values,), None, replaces, ignore, *_tail(parser))
    columns_said: tuple[str, ...] | None = None
    if parser.at("(") and parser.tokens[parser.index + 1].upper != "SELECT":
        parser.advance()
        columns_said = () if parser.at(")") else _column_names(parser)
        parser.need(")")
    if word := parser.take_any("VALUES", "VALUE"):
        may_say_row = word == "VALUES" and not parser.dialect.mariadb
        rows = [_row(parser, may_say_row=may_say_row)]
        while parser.take(","):
            rows.append(_row(parser, may_say_row=may_say_row))
        return Insert(table, columns_said, tuple(rows), None, replaces, ignore, *_tail(parser))
    if not (parser.at_word("SELECT") or parser.at("(")):
        parser.unsupported() if parser.token.upper in ("TABLE", "WITH") else parser.fail()
    select = parser.select()
    return Insert(table, columns_said, (), select, replaces, ignore, *_tail(parser))


def _column_names(parser: StatementParser) -> tuple[str, ...]:
    names = [_column_name(parser)]
    while parser.take(","):
        names.append(_column_name(parser))
    return tuple(names)


def _row(parser: StatementParser, *, may_say_row: bool) -> tuple[Expression | Default, ...]:
    if may_say_row:
        parser.take_word("ROW")
    parser.need("(")
    if parser.take(")"):
        return ()
    values = [_value(parser)]
    while parser.take(","):
        values.append(_value(parser))
    parser.need(")")
    return tuple(values)


_PLAIN: Final = {Kind.INTEGER: LiteralKind.INTEGER, Kind.DECIMAL: LiteralKind.DECIMAL, Kind.STRING: LiteralKind.STRING}


def _value(parser: StatementParser) -> Expression | Default:
    """A value to be stored. Most are literals, which need none of an expression's grammar."""
    if parser.is_at_end:
        parser.fail()
    token, following = parser.tokens[parser.index], parser.tokens[parser.index + 1]
    if following.kind is Kind.OPERATOR and following.value in (",", ")"):
        kind = _PLAIN.get(token.kind)
        if kind is not None:
            parser.index += 1
            return Literal(kind, token.value)
        if token.upper == "NULL":
            parser.index += 1
            return Literal(LiteralKind.NULL, "NULL", source="NULL")
    if token.upper == "DEFAULT":
        parser.advance()
        if not parser.take("("):
            return Default()
        name = _column_name(parser)
        parser.need(")")
        return Default(name)
    return parser.expression()


def assignments(parser: StatementParser) -> tuple[tuple[str, Expression | Default], ...]:
    """What stands behind SET: columns and what they are given."""
    pairs = []
    while True:
        name = _column_name(parser)
        if not (parser.take("=") or parser.take(":=")):
            parser.fail()
        pairs.append((name, _value(parser)))
        if not parser.take(","):
            return tuple(pairs)


def _tail(
    parser: StatementParser,
) -> tuple[tuple[tuple[str, Expression | Default], ...], str, tuple[str, ...], tuple[Item, ...]]:
    """What may stand behind the values: a name for the new row, ON DUPLICATE KEY UPDATE, RETURNING."""
    alias = ""
    alias_columns: tuple[str, ...] = ()
    if not parser.dialect.mariadb and parser.take_word("AS"):
        alias = parser.need_name()
        if parser.take("("):
            alias_columns = _names(parser)
            parser.need(")")
    pairs: tuple[tuple[str, Expression | Default], ...] = ()
    if parser.take_word("ON"):
        parser.need_word("DUPLICATE", "KEY", "UPDATE")
        start = parser.index
        pairs = assignments(parser)
        for place in range(start, parser.index):
            if parser.tokens[place].upper == "VALUES":
                parser.deprecate(_DEPRECATED_VALUES)
    return pairs, alias, alias_columns, _returning(parser)


def _returning(parser: StatementParser) -> tuple[Item, ...]:
    if not parser.dialect.mariadb or not parser.take_word("RETURNING"):
        return ()
    return parser.items()


def update(parser: StatementParser) -> Update:
    parser.need_word("UPDATE")
    parser.take_word("LOW_PRIORITY")
    ignore = parser.take_word("IGNORE")
    table = _aliased(parser)
    parser.need_word("SET")
    assigned = assignments(parser)
    where = parser.expression() if parser.take_word("WHERE") else None
    order_by = parser.order_by()
    return Update(table, assigned, where, order_by, _row_limit(parser), ignore)


def delete(parser: StatementParser) -> Delete:
    parser.need_word("DELETE")
    while parser.take_any("LOW_PRIORITY", "QUICK", "IGNORE"):
        pass
    if not parser.take_word("FROM"):
        if parser.at_name():
            parser.advance()
        parser.fail() if parser.is_at_end else parser.unsupported()
    table = _aliased(parser)
    if parser.at_word("USING"):
        parser.unsupported()
    where = parser.expression() if parser.take_word("WHERE") else None
    order_by = parser.order_by()
    return Delete(table, where, order_by, _row_limit(parser), _returning(parser))


def _aliased(parser: StatementParser) -> TableName:
    table = parser.table_name()
    parser.take_word("AS")
    if parser.at_name():
        table = TableName(table.database, table.name, parser.advance().value)
    if parser.at(",") or parser.token.upper in ("JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "NATURAL", "STRAIGHT_JOIN"):
        parser.unsupported()
    return table


def _row_limit(parser: StatementParser) -> Expression | None:
    if not parser.at_word("LIMIT"):
        return None
    count, offset = parser.limit()
    if offset is not None:
        # At the number or, for MySQL, at the comma before it.
        parser.fail(parser.tokens[parser.index - (1 if parser.dialect.mariadb else 2)])
    return count


# --- who carries them out ---------------------------------------------------------------------------------------------


def _handled(name: str) -> Handler:
    """A function of ``table_statements.py``, which is loaded when it is first called."""

    def handle(
        engine: SessionEngine, session: Session, statement: object, more: int
    ) -> Generator[Step, Woken | None, None]:
        from . import table_statements

        made: Generator[Step, Woken | None, None] = getattr(table_statements, name)(engine, session, statement, more)
        return made

    return handle


HANDLERS: Final[dict[type, Handler]] = {
    CreateTable: _handled("create_table"),
    DropTable: _handled("drop_table"),
    Truncate: _handled("truncate"),
    RenameTable: _handled("rename_table"),
    LockTables: _handled("lock_tables"),
    Insert: _handled("insert"),
    Update: _handled("update"),
    Delete: _handled("delete"),
}
"""What the engine asks for a statement of this module."""
