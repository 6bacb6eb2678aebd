"""From a CREATE TABLE as it was read to a table's definition: types resolved, defaults converted, options filled in.

``table_grammar.py`` knows the words, ``column_types.py`` what a type is; what lies between is here, with the errors for
types that cannot be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import sqlerrors
from .calls import Scope
from .column_types import INTEGERS, TEXTS, ColumnType, Kind
from .definitions import NULL_IN_PRIMARY, ColumnDefinition, Computed, ForeignKey, Index, Now, Options, define
from .evaluation import Binder
from .nodes import Literal, LiteralKind
from .sqlerrors import SqlError
from .storing import Writing, converter
from .table_grammar import ComputedNode, NowNode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .charsets import Collation
    from .definitions import TableDefinition
    from .foreign_key_grammar import ForeignKeyNode
    from .nodes import Expression
    from .session import Session
    from .table_grammar import ColumnNode, CreateTable, IndexNode, OptionsNode, TypeNode
    from .values import Value

_SIZES: Final = {"TINY": "tiny", "": "", "MEDIUM": "medium", "LONG": "long"}
_ENGINES: Final = {"INNODB": "InnoDB", "MYISAM": "MyISAM", "MEMORY": "MEMORY", "ARIA": "Aria", "HEAP": "MEMORY"}
_LONGEST_CHAR: Final = 255
_MOST_BYTES: Final = 65535
_WIDEST_DISPLAY: Final = 255
_MOST_DIGITS: Final = 65
_MOST_DECIMALS: Final = 30
_MOST_BITS: Final = 64
_MOST_FRACTION: Final = 6


def declare(session: Session, statement: CreateTable, database: str) -> TableDefinition:
    """The definition that CREATE TABLE asks for.

    Raises:
        SqlError: a type, a default, a key or an option cannot be.
    """
    options = options_of(session, statement.options, statement.table.name)
    table_collation = session.instance.charsets.by_name[options.collation]
    nodes = statement.columns
    columns = [_column(session, node, table_collation) for node in nodes]
    indexes = [
        Index(
            "PRIMARY" if node.key == "PRIMARY" else "",
            (node.name,),
            is_unique=True,
            is_primary=node.key == "PRIMARY",
        )
        for node in nodes
        if node.key
    ]
    indexes += [declared_index(session, node) for node in statement.indexes]
    name = statement.table.name
    foreign_keys: list[ForeignKey] = []
    for reference in statement.foreign_keys:
        foreign_keys.append(foreign_key(reference, name, [each.name for each in foreign_keys]))
        needed = needed_index(reference, indexes)
        indexes += [] if needed is None else [needed]
    made = define(database, name, columns, indexes, options, is_temporary=statement.is_temporary)
    writing = Writing(session, made)
    writing.is_strict = True
    writing.row = session.instance.dialect.pick(0, 1)
    return define(
        database,
        name,
        [_with_default(session, column, node, writing) for column, node in zip(made.columns, nodes, strict=True)],
        indexes,
        options,
        is_temporary=statement.is_temporary,
        foreign_keys=foreign_keys,
    )


def foreign_key(node: ForeignKeyNode, table: str, taken: Collection[str]) -> ForeignKey:
    """A foreign key, named after its table if it has no name."""
    name, number = node.name, 1
    while not name:
        candidate = f"{table}_ibfk_{number}"
        name, number = ("" if candidate in taken else candidate), number + 1
    target = node.table
    return ForeignKey(name, node.columns, target.database, target.name, node.referenced, node.on_delete, node.on_update)


def needed_index(node: ForeignKeyNode, indexes: Sequence[Index]) -> Index | None:
    """The index that a foreign key needs, None where one of these begins with its columns."""
    if any(begins_with(index, node.columns) for index in indexes):
        return None
    return Index(node.name or node.index_name, node.columns)


def begins_with(index: Index, columns: Sequence[str]) -> bool:
    """Whether these are the first columns of an index, in this order."""
    wanted = [name.lower() for name in columns]
    return [name.lower() for name in index.columns][: len(wanted)] == wanted


def check_columns(session: Session, statement: CreateTable) -> None:
    """Raise the error that a type or a default has, which servers look for before anything else."""
    options = statement.options
    said = "" if options.charset or options.collation else str(session.instance.globals["collation_server"])
    table_collation = collation_of(session, options.charset, options.collation or said)
    for node in statement.columns:
        # MariaDB may make a text of a VARCHAR that is too long, and looks later whether it may.
        if not (session.instance.dialect.mariadb and node.type.name == "VARCHAR"):
            resolve(session, node, table_collation)
        is_null = isinstance(node.default, Literal) and node.default.kind is LiteralKind.NULL
        if is_null and (node.nullable is False or node.key == "PRIMARY"):
            raise SqlError(1067, "42000", f"Invalid default value for '{node.name}'")


def options_of(session: Session, node: OptionsNode, table: str) -> Options:
    instance = session.instance
    engine = _ENGINES.get(node.engine.upper(), "") if node.engine else "InnoDB"
    if not engine:
        if "NO_ENGINE_SUBSTITUTION" in session.modes:
            raise SqlError(1286, "42000", f"Unknown storage engine '{node.engine}'")
        session.warn("Warning", 1286, f"Unknown storage engine '{node.engine}'")
        session.warn("Warning", 1266, f"Using storage engine InnoDB for table '{table}'")
        engine = "InnoDB"
    charset, collation = node.charset, node.collation
    if not charset and not collation:
        collation = str(instance.globals["collation_server"])
    found = collation_of(session, charset, collation)
    return Options(engine, found.name, node.comment, node.auto_increment, node.others)


def collation_of(session: Session, charset: str, collation: str) -> Collation:
    """The collation that is meant by a character set, a collation, or both.

    Raises:
        SqlError: 1115, 1273 or 1253.
    """
    charsets = session.instance.charsets
    chosen = None
    if charset:
        known = charsets.charset(charset)
        if known is None:
            raise sqlerrors.unknown_charset(charset)
        chosen = charsets.default(known)
    if collation:
        named = charsets.by_name.get(collation.lower())
        if named is None:
            raise sqlerrors.unknown_collation(collation)
        if chosen is not None and named.charset is not chosen.charset:
            raise sqlerrors.collation_mismatch(named.name, chosen.charset.name)
        chosen = named
    assert chosen is not None
    return chosen


# --- types ------------------------------------------------------------------------------------------------------------


def _column(session: Session, node: ColumnNode, table_collation: Collation) -> ColumnDefinition:
    """A column without its default, which needs the table to be converted in."""
    column_type = resolve(session, node, table_collation)
    nullable = True if node.nullable is None else node.nullable
    if node.auto_increment:
        nullable = False
    if node.key == "PRIMARY" and node.nullable and not session.instance.dialect.mariadb:
        raise SqlError(1171, "42000", NULL_IN_PRIMARY)
    return ColumnDefinition(
        node.name,
        column_type,
        nullable and node.key != "PRIMARY",
        on_update_now=node.on_update is not None,
        auto_increment=node.auto_increment,
        comment=node.comment,
        is_nullable_said=node.nullable is True,
    )


def resolve(session: Session, node: ColumnNode, table_collation: Collation) -> ColumnType:
    """A column's type.

    Raises:
        SqlError: 1074, 1426, 1427, 1439 and the like: it is too long, or makes no sense.
    """
    written = node.type
    name = written.name
    where = f"'{node.name}'" if session.instance.dialect.mariadb else f"column '{node.name}'"
    if name.lower() in INTEGERS:
        if written.length is not None and written.length > _WIDEST_DISPLAY:
            raise SqlError(1439, "42000", f"Display width out of range for {where} (max = {_WIDEST_DISPLAY})")
        return ColumnType(Kind.INTEGER, name.lower(), written.length, None, written.unsigned, written.zerofill)
    if name == "DECIMAL":
        return _decimal(session, node)
    if name in ("FLOAT", "DOUBLE"):
        return _float(node)
    if name == "BIT":
        length = written.length or 1
        if length > _MOST_BITS:
            raise SqlError(1439, "42000", f"Display width out of range for {where} (max = {_MOST_BITS})")
        return ColumnType(Kind.BIT, "bit", length)
    if name == "YEAR":
        return ColumnType(Kind.YEAR, "year")
    if name in ("DATE", "TIME", "DATETIME", "TIMESTAMP"):
        decimals = written.length or 0
        if decimals > _MOST_FRACTION:
            text = f"Too-big precision {decimals} specified for '{node.name}'. Maximum is {_MOST_FRACTION}."
            if session.instance.dialect.mariadb:
                text = f"Too big precision specified for '{node.name}'. Maximum is {_MOST_FRACTION}"
            raise SqlError(1426, "42000", text)
        return ColumnType(Kind[name], name.lower(), None, decimals)
    return _text(session, node, table_collation)


def _decimal(session: Session, node: ColumnNode) -> ColumnType:
    written = node.type
    digits = 10 if written.length is None else written.length or 10
    decimals = written.decimals or 0
    if digits > _MOST_DIGITS or decimals > _MOST_DECIMALS:
        code, kind, most = (1426, "precision", _MOST_DIGITS) if digits > _MOST_DIGITS else (1425, "scale", 30)
        given = digits if code == 1426 else decimals
        text = f"Too-big {kind} {given} specified for '{node.name}'. Maximum is {most}."
        if session.instance.dialect.mariadb:
            text = f"Too big {kind} specified for '{node.name}'. Maximum is {most}"
        raise SqlError(code, "42000", text)
    _check_scale(session, node, digits, decimals)
    return ColumnType(Kind.DECIMAL, "decimal", digits, decimals, written.unsigned, written.zerofill)


def _check_scale(session: Session, node: ColumnNode, digits: int, decimals: int) -> None:
    if decimals > digits:
        end = "" if session.instance.dialect.mariadb else "."
        raise SqlError(
            1427,
            "42000",
            f"For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '{node.name}'){end}",
        )


def _float(node: ColumnNode) -> ColumnType:
    written = node.type
    is_single = written.name == "FLOAT" and (written.decimals is not None or (written.length or 0) <= 24)
    kind = Kind.FLOAT if is_single else Kind.DOUBLE
    length = written.length if written.decimals is not None else None
    return ColumnType(kind, kind.value, length, written.decimals, written.unsigned, written.zerofill)


def _text(session: Session, node: ColumnNode, table_collation: Collation) -> ColumnType:
    written = node.type
    name = written.name
    binary = session.instance.charsets.by_id[63]
    if name.endswith("BLOB") or name in ("BINARY", "VARBINARY"):
        collation = binary
    elif name == "JSON":
        return ColumnType(Kind.JSON, "json", collation=session.instance.charsets.by_name["utf8mb4_bin"])
    else:
        collation = _text_collation(session, written, table_collation)
    if name in ("ENUM", "SET"):
        members = tuple(member.rstrip(" ") for member in written.members)
        return ColumnType(Kind[name], name.lower(), collation=collation, members=members)
    if name.endswith(("TEXT", "BLOB")):
        return _sized_text(written, collation)
    length = 1 if written.length is None else written.length
    is_fixed = name in ("CHAR", "BINARY")
    most = _LONGEST_CHAR if is_fixed else _MOST_BYTES // collation.charset.max_bytes
    if length > most:
        raise SqlError(
            1074,
            "42000",
            f"Column length too big for column '{node.name}' (max = {most}); use BLOB or TEXT instead",
        )
    kind = Kind.CHAR if is_fixed else Kind.VARCHAR
    return ColumnType(kind, kind.value, length, collation=collation)


def _sized_text(written: TypeNode, collation: Collation) -> ColumnType:
    stem = "blob" if written.name.endswith("BLOB") else "text"
    size = _SIZES[written.name[: -len(stem)]]
    if written.length is not None and not size:
        # TEXT(n) is the smallest text that holds n characters.
        needed = written.length * collation.charset.max_bytes
        size = next(each for each, limit in TEXTS.items() if needed <= limit)
    return ColumnType(Kind.TEXT, size + stem, TEXTS[size], collation=collation)


def _text_collation(session: Session, written: TypeNode, table_collation: Collation) -> Collation:
    chosen = table_collation
    if written.charset or written.collation:
        chosen = collation_of(session, written.charset, written.collation)
    if written.is_binary:
        chosen = session.instance.charsets.by_name[f"{chosen.charset.name}_bin"]
    return chosen


# --- defaults and keys ------------------------------------------------------------------------------------------------


def _with_default(session: Session, column: ColumnDefinition, node: ColumnNode, writing: Writing) -> ColumnDefinition:
    if node.default is None or column.auto_increment:
        return column
    return with_default(session, column, node.default, writing)


def with_default(
    session: Session,
    column: ColumnDefinition,
    default: Expression | NowNode | ComputedNode,
    writing: Writing,
) -> ColumnDefinition:
    """The column with this default.

    Raises:
        SqlError: 1067 or 1101, it cannot have it.
    """
    if isinstance(default, NowNode):
        is_moment = column.type.kind in (Kind.DATETIME, Kind.TIMESTAMP)
        decimals = column.type.decimals or 0
        if not is_moment or (default.decimals != decimals and not session.instance.dialect.mariadb):
            raise _invalid_default(column)
        return replace(column, has_default=True, default=Now(decimals))
    if isinstance(default, ComputedNode):
        return replace(column, has_default=True, default=Computed(default.expression, default.source))
    value = _literal_default(session, column, default, writing)
    if value is None and not column.nullable:
        raise _invalid_default(column)
    return replace(column, has_default=True, default=value)


def _literal_default(session: Session, column: ColumnDefinition, node: Expression, writing: Writing) -> Value:
    bound = Binder(session, session.instance).bind(node)
    value = bound.run(Scope(session, session.instance))
    if value is None:
        return None
    is_text = column.type.kind in (Kind.TEXT, Kind.JSON)
    if is_text and not session.instance.dialect.mariadb:
        raise SqlError(1101, "42000", f"BLOB, TEXT, GEOMETRY or JSON column '{column.name}' can't have a default value")
    writing.column = column.name
    before = session.statement_warnings
    try:
        made = converter(column)(value, bound.shape, writing)
    except SqlError:
        raise _invalid_default(column) from None
    if session.statement_warnings > before and column.type.kind.is_number and session.instance.dialect.mariadb:
        session.statement_warnings = before
        del session.warnings[before:]
    return made


def _invalid_default(column: ColumnDefinition) -> SqlError:
    return SqlError(1067, "42000", f"Invalid default value for '{column.name}'")


_NO_HASH: Final = (
    "This storage engine does not support the HASH index algorithm, storage engine default was used instead."
)


def declared_index(session: Session, node: IndexNode) -> Index:
    prefixes = tuple(length for _, length in node.columns)
    using = node.using
    if using == "HASH" and not session.instance.dialect.mariadb:
        session.warn("Note", 3502, _NO_HASH)
        using = ""
    return Index(
        node.name,
        tuple(name for name, _ in node.columns),
        is_unique=node.kind != "KEY",
        is_primary=node.kind == "PRIMARY",
        prefixes=prefixes if any(prefixes) else (),
        using=using,
        comment=node.comment,
    )
