"""What a statement is once it is read: expressions as trees, statements as records.

Plain frozen values, made by the parsers (``expressions.py``, ``statements.py``) and read by whoever gives them
meaning. A node holds nothing of a session, so that a statement is read once and run often.
"""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

from ..records import record

# What stands in front of a routine's own variable among names of user variables.
LOCAL_MARK: Final = "\0"


class LiteralKind(enum.Enum):
    NULL = "NULL"
    TRUE = "TRUE"
    FALSE = "FALSE"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    STRING = "string"
    NATIONAL = "national"
    HEX = "hex"
    BIT = "bit"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"


@record
class Literal:
    """text: the digits or the unescaped string; charset: the introducer's, "" for none; source: as it was written."""

    kind: LiteralKind
    text: str
    charset: str = ""
    source: str = ""


@record
class Name:
    """A column, perhaps with its table and database in front."""

    parts: tuple[str, ...]


@record
class UserVariable:
    name: str


@record
class SystemVariable:
    """scope: GLOBAL, SESSION or "" for either; qualified: the name had another name and a dot in front."""

    scope: str
    name: str
    qualified: str = ""


@record
class Assignment:
    """``@name := value`` inside an expression."""

    name: str
    value: Expression


@record
class Operation:
    """An operator and its operands; source is the text, for error messages that quote it."""

    operator: str
    operands: tuple[Expression, ...]
    source: str = ""


@record
class Call:
    """A function by name; name is as written, database what stood in front of it with a dot.

    is_loose: a space keeps the native function of this name from being meant.
    """

    name: str
    arguments: tuple[Expression, ...]
    database: str = ""
    is_quoted: bool = False
    is_loose: bool = False


@record
class Case:
    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@record
class CastType:
    """What CAST makes: name is CHAR, BINARY, SIGNED, UNSIGNED, DECIMAL, DATE, TIME, DATETIME, DOUBLE, FLOAT or YEAR."""

    name: str
    length: int | None = None
    decimals: int | None = None
    charset: str = ""


@record
class Cast:
    value: Expression
    to: CastType
    source: str = ""
    value_source: str = ""


@record
class ConvertUsing:
    value: Expression
    charset: str


@record
class Collate:
    value: Expression
    collation: str


@record
class Interval:
    """``INTERVAL value unit``; only an operand of date arithmetic."""

    value: Expression
    unit: str


@record
class Subquery:
    select: Select


@record
class Exists:
    select: Select


@record
class RowValue:
    """Several values in parentheses, for row comparison."""

    items: tuple[Expression, ...]


@record
class Star:
    """``*`` or ``table.*``."""

    table: tuple[str, ...] = ()


@record
class Parameter:
    """A ``?`` of a prepared statement, counted from 0."""

    index: int


@record
class Concatenated:
    """GROUP_CONCAT, which has an order and a separator of its own."""

    arguments: tuple[Expression, ...]
    is_distinct: bool = False
    order_by: tuple[Order, ...] = ()
    separator: str = ","


Expression: TypeAlias = (
    Literal
    | Name
    | UserVariable
    | SystemVariable
    | Assignment
    | Operation
    | Call
    | Case
    | Cast
    | ConvertUsing
    | Collate
    | Interval
    | Subquery
    | Exists
    | RowValue
    | Star
    | Parameter
    | Concatenated
)


@record
class Item:
    """One expression of a select list and the name that its column gets."""

    expression: Expression
    name: str


@record
class TableName:
    """database is "" where the current one is meant."""

    database: str
    name: str
    alias: str = ""


@record
class Derived:
    """A query in the place of a table. recursive_name: what the query calls its own rows, "" where it does not."""

    select: Select
    alias: str
    columns: tuple[str, ...] = ()
    recursive_name: str = ""


@record
class Join:
    """Two sources side by side; kind is INNER, LEFT or RIGHT. using None joins by the condition, () is NATURAL."""

    kind: str
    left: Source
    right: Source
    condition: Expression | None = None
    using: tuple[str, ...] | None = None


# What FROM names.
Source: TypeAlias = TableName | Derived | Join


def tables_in(source: Source | None) -> tuple[TableName, ...]:
    """The tables that FROM names itself, and not in a query of its own."""
    if isinstance(source, Join):
        return tables_in(source.left) + tables_in(source.right)
    return (source,) if isinstance(source, TableName) else ()


@record
class Order:
    expression: Expression
    descending: bool = False


class Locking(enum.Flag):
    """What a SELECT asks for the rows that it reads."""

    NONE = 0
    SHARE = 1  # nobody may change them
    UPDATE = 2  # nobody else may have them
    NOWAIT = 4  # an error where one would wait
    SKIP = 8  # leave out those for which one would wait


@record
class SelectCore:
    """One SELECT without what applies to a whole UNION. table is None without FROM, or FROM DUAL."""

    items: tuple[Item, ...]
    table: Source | None = None
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    having: Expression | None = None
    is_distinct: bool = False
    counts_rows: bool = False
    locking: Locking = Locking.NONE


@record
class Select:
    """SELECTs joined by UNION, with the order and limit of the whole.

    distinct_until: rows of the first so many parts, and of the part after them, are made distinct; 0 for UNION ALL
    alone. into: the user variables that take the only row; behind LOCAL_MARK those of the routine that runs.
    """

    cores: tuple[SelectCore, ...]
    distinct_until: int = 0
    order_by: tuple[Order, ...] = ()
    limit: Expression | None = None
    offset: Expression | None = None
    into: tuple[str, ...] = ()
    is_union: bool = False
