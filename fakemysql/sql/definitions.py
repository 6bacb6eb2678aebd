"""What a table is declared to be: columns, indexes and options, and what SHOW prints of them.

Plain values, made by ``table_grammar.py`` out of CREATE TABLE and checked by :func:`define`, which knows what a table
must not be (two columns of one name, a key on a column that is not there). No rows here: they are in ``tables.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import shapes, values
from .column_types import Kind, quoted
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..answers import Column
    from .charsets import Collation
    from .column_types import ColumnType
    from .dialect import Dialect
    from .nodes import Expression
    from .shapes import Results, Shape
    from .values import Value

# A column is part of a key (the manual lists this bit among those of the server's own use).
PART_KEY_FLAG: Final = 0x4000


@dataclass(frozen=True, slots=True)
class Now:
    """CURRENT_TIMESTAMP as a default, with so many digits of a second."""

    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """An expression in parentheses as a default, and how it was written."""

    expression: Expression
    source: str


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column. default holds a stored value, Now or Computed.

    has_default tells DEFAULT NULL from nothing said, is_nullable_said NULL from nothing said.
    """

    name: str
    type: ColumnType
    nullable: bool = True
    has_default: bool = False
    default: Value | Now | Computed = None
    on_update_now: bool = False
    auto_increment: bool = False
    comment: str = ""
    is_nullable_said: bool = False

    @property
    def must_be_given(self) -> bool:
        """An INSERT that leaves the column out is at fault."""
        return not self.nullable and not self.has_default and not self.auto_increment


@dataclass(frozen=True, slots=True)
class Index:
    """A key. prefixes hold how many characters of each column count, None for all of them."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool = False
    is_primary: bool = False
    prefixes: tuple[int | None, ...] = ()
    using: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference to rows of another table; database is "" for the table's own, an action "" where none was said."""

    name: str
    columns: tuple[str, ...]
    database: str
    table: str
    referenced: tuple[str, ...]
    on_delete: str = ""
    on_update: str = ""

    def text(self, database: str) -> str:
        """The constraint as SHOW prints it for a table of this database; "" to name the database in any case."""
        columns = ", ".join(map(name_text, self.columns))
        referenced = ", ".join(map(name_text, self.referenced))
        place = name_text(self.table)
        if self.database and self.database != database:
            place = f"{name_text(self.database)}.{place}"
        text = f"CONSTRAINT {name_text(self.name)} FOREIGN KEY ({columns}) REFERENCES {place} ({referenced})"
        for event, action in (("DELETE", self.on_delete), ("UPDATE", self.on_update)):
            text += f" ON {event} {action}" if action and action != "RESTRICT" else ""
        return text


@dataclass(frozen=True, slots=True)
class Options:
    """What stands behind the columns, as far as SHOW prints it; others holds further options as they are printed."""

    engine: str = "InnoDB"
    collation: str = ""
    comment: str = ""
    auto_increment: int | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table's shape. indexes stand in the order in which servers keep them: primary, unique, others."""

    database: str
    name: str
    columns: tuple[ColumnDefinition, ...]
    indexes: tuple[Index, ...] = ()
    options: Options = field(default_factory=Options)
    is_temporary: bool = False
    foreign_keys: tuple[ForeignKey, ...] = ()
    positions: dict[str, int] = field(default_factory=dict, compare=False)
    shapes: list[Shape] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        self.positions.update({column.name.lower(): place for place, column in enumerate(self.columns)})

    @property
    def primary(self) -> Index | None:
        return next((index for index in self.indexes if index.is_primary), None)

    @property
    def clustered(self) -> Index | None:
        """The key that rows are ordered by: the primary one, or else the first that is unique and not null."""
        for index in self.indexes:
            if (
                index.is_unique
                and not any(index.prefixes)
                and all(not self.column(name).nullable for name in index.columns)
            ):
                return index
        return None

    @property
    def auto_position(self) -> int | None:
        """The place of the AUTO_INCREMENT column."""
        return next((place for place, column in enumerate(self.columns) if column.auto_increment), None)

    def column(self, name: str) -> ColumnDefinition:
        return self.columns[self.positions[name.lower()]]

    @property
    def promoted(self) -> Index | None:
        """The key that is shown as the primary one."""
        return self.primary or self.clustered

    def key_flags(self, name: str) -> int:
        """The flags of a column's definition that tell of keys."""
        flags = 0
        for index in self.indexes:
            columns = [each.lower() for each in index.columns]
            if name.lower() not in columns:
                continue
            flags |= PART_KEY_FLAG
            if index is self.promoted:
                flags |= c.PRI_KEY_FLAG
            elif columns[0] == name.lower():
                is_alone = index.is_unique and len(columns) == 1
                flags |= c.UNIQUE_KEY_FLAG if is_alone else c.MULTIPLE_KEY_FLAG
        return flags

    def key_of(self, name: str) -> str:
        """The Key of SHOW COLUMNS: PRI, UNI, MUL or nothing."""
        flags = self.key_flags(name)
        if flags & c.PRI_KEY_FLAG:
            return "PRI"
        if flags & c.UNIQUE_KEY_FLAG:
            return "UNI"
        return "MUL" if flags & c.MULTIPLE_KEY_FLAG else ""

    def shape(self, place: int, dialect: Dialect) -> Shape:
        """What expressions know of a column; made once, since each statement asks for all of them."""
        if not self.shapes:
            self.shapes.extend(column.type.shape(dialect, nullable=column.nullable) for column in self.columns)
        return self.shapes[place]

    def definition(self, place: int, name: str, alias: str, results: Results, dialect: Dialect) -> Column:
        """The definition of a column that is selected as it is, under a name."""
        column = self.columns[place]
        made = shapes.column(name, self.shape(place, dialect), results, dialect)
        kind = column.type.kind
        dropped = c.BINARY_FLAG if kind.is_number or kind in (Kind.BIT, Kind.YEAR) else 0
        flags = (made.flags & ~dropped) | column.type.flags() | self.key_flags(column.name)
        if column.must_be_given:
            flags |= c.NO_DEFAULT_VALUE_FLAG
        if column.auto_increment:
            flags |= c.AUTO_INCREMENT_FLAG
        if column.on_update_now:
            flags |= c.ON_UPDATE_NOW_FLAG
        if kind is Kind.TIMESTAMP and (column.on_update_now or isinstance(column.default, Now)):
            flags |= c.TIMESTAMP_FLAG
        return replace(
            made,
            character_set=63 if made.type == c.FIELD_TYPE_JSON else made.character_set,
            flags=flags,
            decimals=made.decimals if kind.is_number or kind.is_temporal else 0,
            schema=self.database,
            table=alias,
            org_table=self.name,
            org_name=column.name,
        )

    # --- SHOW CREATE TABLE --------------------------------------------------------------------------------------------

    def text(self, dialect: Dialect, *, next_id: int) -> str:
        """CREATE TABLE as the server prints it; next_id is what AUTO_INCREMENT counts next."""
        lines = [self._column_text(column, dialect) for column in self.columns]
        lines += [self._index_text(index) for index in self.indexes]
        lines += [key.text(self.database) for key in sorted(self.foreign_keys, key=lambda key: key.name)]
        kind = "TEMPORARY TABLE" if self.is_temporary else "TABLE"
        options = self.options
        collation = dialect.charsets.by_name[options.collation]
        counted = f" AUTO_INCREMENT={next_id}" if next_id > 1 else ""
        tail = (
            f") ENGINE={options.engine}{counted} DEFAULT CHARSET={collation.charset.name}"
            + (f" COLLATE={collation.name}" if _says_collation(collation, dialect) else "")
            + "".join(f" {option}" for option in options.others)
            + (f" COMMENT={quoted(options.comment)}" if options.comment else "")
        )
        return f"CREATE {kind} {name_text(self.name)} (\n  " + ",\n  ".join(lines) + f"\n{tail}"

    def _column_text(self, column: ColumnDefinition, dialect: Dialect) -> str:
        text = f"{name_text(column.name)} {column.type.spelling(dialect)}"
        collation = column.type.collation
        is_json = column.type.kind is Kind.JSON
        says_collation = collation is not None and not column.type.is_binary and not (is_json and not dialect.mariadb)
        if says_collation and collation is not None and (is_json or collation.name != self.options.collation):
            text += f" CHARACTER SET {collation.charset.name} COLLATE {collation.name}"
        if not column.nullable:
            text += " NOT NULL"
        elif column.type.kind is Kind.TIMESTAMP:
            text += " NULL"
        if column.auto_increment:
            text += " AUTO_INCREMENT"
        text += self._default_text(column, dialect)
        if column.on_update_now:
            text += f" ON UPDATE {now_text(column.type.decimals or 0, dialect)}"
        if is_json and dialect.mariadb:
            text += f" CHECK (json_valid({name_text(column.name)}))"
        return text + (f" COMMENT {quoted(column.comment)}" if column.comment else "")

    @staticmethod
    def _default_text(column: ColumnDefinition, dialect: Dialect) -> str:
        if not column.has_default or column.auto_increment:
            is_silent = not column.nullable or column.auto_increment
            # MySQL does not print what a text cannot have anyway.
            is_silent = is_silent or (column.type.kind is Kind.TEXT and not dialect.mariadb)
            return "" if is_silent else " DEFAULT NULL"
        if column.default is None:
            is_silent = column.type.kind is Kind.TEXT and not dialect.mariadb
            return "" if is_silent else " DEFAULT NULL"
        if isinstance(column.default, Now):
            return f" DEFAULT {now_text(column.default.decimals, dialect)}"
        shown = default_text(column, dialect)
        assert shown is not None
        if isinstance(column.default, Computed):
            return f" DEFAULT {dialect.pick(shown, f'({shown})')}"
        if column.type.kind is Kind.BIT or (dialect.mariadb and column.type.kind.is_number):
            return f" DEFAULT {shown}"
        return f" DEFAULT {quoted(shown)}"

    def _index_text(self, index: Index) -> str:
        prefixes = index.prefixes or (None,) * len(index.columns)
        columns = ",".join(
            name_text(name) + (f"({length})" if length else "")
            for name, length in zip(index.columns, prefixes, strict=True)
        )
        kind = (
            "PRIMARY KEY"
            if index.is_primary
            else f"{'UNIQUE KEY' if index.is_unique else 'KEY'} {name_text(index.name)}"
        )
        text = f"{kind} ({columns})" + (f" USING {index.using}" if index.using else "")
        return text + (f" COMMENT {quoted(index.comment)}" if index.comment else "")


def _says_collation(collation: Collation, dialect: Dialect) -> bool:
    """MySQL names no collation that a character set has by itself, but for that of utf8mb4, which has changed."""
    charset = collation.charset
    return dialect.mariadb or charset.default_collation != collation.name or charset.name == "utf8mb4"


def name_text(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def now_text(decimals: int, dialect: Dialect) -> str:
    digits = f"({decimals})" if decimals else dialect.pick("()", "")
    return dialect.pick("current_timestamp", "CURRENT_TIMESTAMP") + digits


def default_text(column: ColumnDefinition, dialect: Dialect) -> str | None:
    """A default as SHOW COLUMNS prints it."""
    default = column.default
    if isinstance(default, Now):
        return now_text(default.decimals, dialect)
    if isinstance(default, Computed):
        return default.source
    if default is None:
        return None
    if column.type.kind is Kind.BIT:
        assert isinstance(default, bytes)
        return f"b'{int.from_bytes(default, 'big'):b}'"
    text = values.to_text(default, column.type.shape(dialect, nullable=True))
    return values.text_of(text) if text is not None else None


# --- what a table must not be -----------------------------------------------------------------------------------------


def define(
    database: str,
    name: str,
    columns: Sequence[ColumnDefinition],
    indexes: Sequence[Index],
    options: Options,
    *,
    is_temporary: bool = False,
    foreign_keys: Sequence[ForeignKey] = (),
) -> TableDefinition:
    """A table's definition, checked and put in order.

    Raises:
        SqlError: 1060, 1061, 1068, 1072, 1075, 1170 and the like.
    """
    seen: dict[str, ColumnDefinition] = {}
    for column in columns:
        if column.name.lower() in seen:
            raise SqlError(1060, "42S21", f"Duplicate column name '{column.name}'")
        seen[column.name.lower()] = column
    named = _named(indexes, seen)
    primary = next((index for index in named if index.is_primary), None)
    if primary is not None:
        for key in primary.columns:
            column = seen[key.lower()]
            if column.nullable and column.is_nullable_said:
                raise SqlError(1171, "42000", NULL_IN_PRIMARY)
            implied = column.has_default and column.default is None
            seen[key.lower()] = replace(column, nullable=False, has_default=column.has_default and not implied)
    _check_auto_increment(seen, named)
    placed = tuple(seen[column.name.lower()] for column in columns)
    ordered = sorted(named, key=lambda index: _rank(index, seen))
    return TableDefinition(database, name, placed, tuple(ordered), options, is_temporary, tuple(foreign_keys))


def _rank(index: Index, columns: dict[str, ColumnDefinition]) -> int:
    """Primary, then unique without NULL, then unique, then the rest, each as they were written."""
    if index.is_primary:
        return 0
    if not index.is_unique:
        return 3
    return 2 if any(columns[name.lower()].nullable for name in index.columns) else 1


def _named(indexes: Sequence[Index], columns: dict[str, ColumnDefinition]) -> list[Index]:
    """The indexes with names, each on columns that are there."""
    named: list[Index] = []
    taken: set[str] = {index.name.lower() for index in indexes if index.name}
    given: set[str] = set()
    for index in indexes:
        if index.is_primary and any(other.is_primary for other in named):
            raise SqlError(1068, "42000", "Multiple primary key defined")
        for name, prefix in zip(index.columns, index.prefixes or (None,) * len(index.columns), strict=True):
            column = columns.get(name.lower())
            if column is None:
                raise SqlError(1072, "42000", f"Key column '{name}' doesn't exist in table")
            if column.type.kind is Kind.TEXT and not prefix:
                raise SqlError(
                    1170, "42000", f"BLOB/TEXT column '{column.name}' used in key specification without a key length"
                )
        lowered = [name.lower() for name in index.columns]
        if len(set(lowered)) < len(lowered):
            twice = next(name for place, name in enumerate(index.columns) if name.lower() in lowered[:place])
            raise SqlError(1060, "42S21", f"Duplicate column name '{twice}'")
        name = index.name
        if not name:
            name, number = columns[lowered[0]].name, 2
            while name.lower() in taken:
                name, number = f"{columns[lowered[0]].name}_{number}", number + 1
        elif name.lower() in given:
            raise SqlError(1061, "42000", f"Duplicate key name '{name}'")
        taken.add(name.lower())
        given.add(name.lower())
        spelled = tuple(columns[each].name for each in lowered)
        named.append(replace(index, name=name, columns=spelled))
    return named


NULL_IN_PRIMARY: Final = "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead"


def _check_auto_increment(columns: dict[str, ColumnDefinition], indexes: Sequence[Index]) -> None:
    counted = [column for column in columns.values() if column.auto_increment]
    leads = {index.columns[0].lower() for index in indexes}
    if len(counted) > 1 or any(column.name.lower() not in leads for column in counted):
        raise SqlError(
            1075,
            "42000",
            "Incorrect table definition; there can be only one auto column and it must be defined as a key",
        )
