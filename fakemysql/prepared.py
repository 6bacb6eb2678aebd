"""The prepared statements of one connection: ids, parameter types, long data, cursors, and the answer to each misuse.

A prepared statement is a text that the engine has described once, a place for the types and the long data that a
client binds, and perhaps a cursor with rows that are still to be fetched. :class:`Statements` holds those of one
connection and reads the bodies of COM_STMT_*; it decides everything but what a statement means, which the engine knows,
and puts nothing on the wire, which is the conversation's.

What MariaDB and MySQL do differently here is a :class:`Manners`. The largest difference is when a ``?`` gets its type:
on MariaDB with each execution, from what the client binds; on MySQL when the statement is resolved, and then for good
as long as what is bound can be converted to it (a string can be converted to any number). A statement that was first
executed with 5 and then with 'x' therefore answers 'x' on MariaDB, and 0 with a warning on MySQL.

Source: MySQL manual, "Prepared Statements" of the protocol; everything else asked of MariaDB 10.11.19 and MySQL 9.7.4.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from . import constants as c
from .answers import Failure
from .binary import (
    CURSOR_TYPE_READ_ONLY,
    PARAMETER_COUNT_AVAILABLE,
    ComStmtExecute,
    MalformedValues,
    Parameter,
    ParameterReader,
    ParameterType,
    UnknownTypes,
)
from .fields import FieldReader, MalformedPacket
from .records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .answers import Column, Value


class Family(enum.Enum):
    """The types that MySQL tells apart when it asks whether one parameter can stand in for another."""

    STRING = "strings and blobs"
    INTEGER = "integers"
    DECIMAL = "decimals"
    DOUBLE = "floats"
    DATE = "dates"
    TIME = "times"
    DATETIME = "dates with a time"
    NULL = "none of them"


_FAMILIES: Final[dict[int, Family]] = {
    c.FIELD_TYPE_TINY: Family.INTEGER,
    c.FIELD_TYPE_SHORT: Family.INTEGER,
    c.FIELD_TYPE_YEAR: Family.INTEGER,
    c.FIELD_TYPE_INT24: Family.INTEGER,
    c.FIELD_TYPE_LONG: Family.INTEGER,
    c.FIELD_TYPE_LONGLONG: Family.INTEGER,
    c.FIELD_TYPE_DECIMAL: Family.DECIMAL,
    c.FIELD_TYPE_NEWDECIMAL: Family.DECIMAL,
    c.FIELD_TYPE_FLOAT: Family.DOUBLE,
    c.FIELD_TYPE_DOUBLE: Family.DOUBLE,
    c.FIELD_TYPE_DATE: Family.DATE,
    c.FIELD_TYPE_TIME: Family.TIME,
    c.FIELD_TYPE_DATETIME: Family.DATETIME,
    c.FIELD_TYPE_TIMESTAMP: Family.DATETIME,
    c.FIELD_TYPE_NULL: Family.NULL,
}  # everything else is a string

# What MySQL converts without resolving the statement anew: the type that a place has, and the families it takes in.
_TAKES_IN: Final[dict[Family, frozenset[Family]]] = {
    Family.STRING: frozenset({Family.STRING}),
    Family.INTEGER: frozenset({Family.INTEGER, Family.STRING}),
    Family.DECIMAL: frozenset({Family.DECIMAL, Family.INTEGER, Family.STRING}),
    Family.DOUBLE: frozenset({Family.DOUBLE, Family.DECIMAL, Family.INTEGER, Family.STRING}),
    Family.DATE: frozenset({Family.DATE, Family.INTEGER, Family.STRING}),
    Family.TIME: frozenset({Family.TIME, Family.DATETIME, Family.INTEGER, Family.STRING}),
    Family.DATETIME: frozenset({Family.DATETIME, Family.DATE, Family.TIME, Family.INTEGER, Family.STRING}),
}
UNBOUND: Final = ParameterType(c.FIELD_TYPE_VAR_STRING)

_LONG_DATA_TOO_LONG: Final = Failure(
    1105,
    "HY000",
    "Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' "
    "bytes",
)


def family(type_number: int) -> Family:
    """The family of a type on the wire."""
    return _FAMILIES.get(type_number, Family.STRING)


@dataclass(frozen=True, slots=True)
class Manners:
    """What one server does and another does not. Functions are as error texts name them.

    malformed: the ERR of a body that ends inside a field. values_are_arguments: a body whose values make no sense is
    refused as "Incorrect arguments", otherwise as malformed. types_are_pinned: see the module's text.
    long_data_is_binary: what was sent in pieces is a binary string, whatever type is bound. silent_without_answer: a
    COM_STMT_CLOSE or SEND_LONG_DATA that ends inside a field is passed over, otherwise it is answered with an error.
    last_id: the id that stands for the statement prepared last, so that a client may send its execution along with the
    prepare; None for none. refused_types: types that nobody may bind, and whether the refusal speaks of arguments,
    otherwise of the packet.
    """

    execute: str
    reset: str
    fetch: str
    send_long_data: str
    no_open_cursor: str
    malformed: Failure
    values_are_arguments: bool
    types_are_pinned: bool
    long_data_is_binary: bool
    silent_without_answer: bool
    last_id: int | None
    refused_types: Mapping[int, bool]

    def unknown(self, statement_id: int, function: str) -> Failure:
        return Failure(1243, "HY000", f"Unknown prepared statement handler ({statement_id}) given to {function}")

    def arguments(self, function: str) -> Failure:
        return Failure(1210, "HY000", f"Incorrect arguments to {function}")


MANNERS: Final[dict[str, Manners]] = {
    "MariaDB": Manners(
        execute="mysqld_stmt_execute",
        reset="mysqld_stmt_reset",
        fetch="mysqld_stmt_fetch",
        send_long_data="mysqld_stmt_send_long_data",
        no_open_cursor="The statement ({}) has no open cursor",
        malformed=Failure(1835, "HY000", "Malformed communication packet"),
        values_are_arguments=True,
        types_are_pinned=False,
        long_data_is_binary=False,
        silent_without_answer=True,
        last_id=0xFFFFFFFF,
        # The server lets types that it has no form for pass as NULL and misreads what follows; here they are refused.
        refused_types={
            c.FIELD_TYPE_NULL: True,
            c.FIELD_TYPE_JSON: True,
            c.FIELD_TYPE_YEAR: True,
            c.FIELD_TYPE_INT24: True,
            c.FIELD_TYPE_BIT: True,
            c.FIELD_TYPE_GEOMETRY: True,
        },
    ),
    "MySQL": Manners(
        execute="mysql_stmt_precheck",
        reset="mysql_stmt_precheck",
        fetch="mysql_stmt_precheck",
        send_long_data="mysql_stmt_precheck",
        no_open_cursor="The statement ({}) has no open cursor.",
        malformed=Failure(1835, "HY000", "Malformed communication packet."),
        values_are_arguments=False,
        types_are_pinned=True,
        long_data_is_binary=True,
        silent_without_answer=False,
        last_id=None,
        refused_types={
            c.FIELD_TYPE_NULL: False,
            c.FIELD_TYPE_YEAR: False,
            c.FIELD_TYPE_INT24: False,
            c.FIELD_TYPE_BIT: True,
            c.FIELD_TYPE_ENUM: True,
            c.FIELD_TYPE_SET: True,
            c.FIELD_TYPE_GEOMETRY: True,
        },
    ),
}
"""By the product that a persona names in its error texts."""


class CursorUse(enum.Enum):
    """What becomes of a cursor that is asked for with the execution of a statement."""

    OPENS = "the rows wait to be fetched"
    PASSED_OVER = "the answer is the same as without"
    REFUSED = "error 1210"


@dataclass(frozen=True, slots=True)
class Description:
    """What a statement is found to be without running it; handle is the engine's own, handed back at execution.

    limits: the parameters behind LIMIT, whose types are not kept.
    """

    parameters: tuple[Column, ...]
    columns: tuple[Column, ...]
    warnings: int = 0
    handle: object = None
    cursor_use: CursorUse = CursorUse.OPENS
    limits: frozenset[int] = frozenset()


@dataclass(slots=True)
class Cursor:
    """Rows that wait to be fetched. status is the word of the answer that they belong to, without cursor bits."""

    columns: tuple[Column, ...]
    rows: list[Sequence[Value]]
    status: int
    position: int = 0

    def take(self, count: int) -> tuple[Sequence[Sequence[Value]], int]:
        """The next rows, at most count, and the status word after them; fewer than count are the last."""
        taken = self.rows[self.position : self.position + count]
        self.position += len(taken)
        mark = c.SERVER_STATUS_LAST_ROW_SENT if len(taken) < count else c.SERVER_STATUS_CURSOR_EXISTS
        return taken, self.status | mark


@dataclass(slots=True)
class Statement:
    """One prepared statement. types are those of the last execution, None before the first."""

    id: int
    text: str
    description: Description
    types: list[ParameterType] | None = None
    resolved: list[ParameterType] = field(default_factory=list)
    long_data: dict[int, bytearray] = field(default_factory=dict)
    long_data_failure: Failure | None = None
    cursor: Cursor | None = None

    @property
    def parameter_count(self) -> int:
        return len(self.description.parameters)


@record
class Execution:
    """A COM_STMT_EXECUTE that makes sense. attributes are the query attributes, which no ``?`` stands for."""

    statement: Statement
    parameters: Sequence[Parameter]
    attributes: Sequence[Parameter]
    wants_cursor: bool


class Statements:
    """The prepared statements of one connection.

    Args:
        manners: of which server.
        named_parameters: CLIENT_QUERY_ATTRIBUTES was agreed.
        limit_bytes: how long the long data of one parameter may become (max_allowed_packet).
    """

    def __init__(self, manners: Manners, *, named_parameters: bool, limit_bytes: Callable[[], int]) -> None:
        self.manners = manners
        self._named = named_parameters
        self._limit_bytes = limit_bytes
        self._by_id: dict[int, Statement] = {}
        self._last_id = 0
        self._newest: int | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    def next_id(self) -> int:
        """A new id. A prepare that fails uses one up too."""
        self._last_id += 1
        self._newest = None
        return self._last_id

    def open(self, statement_id: int, text: str, description: Description) -> Statement:
        """Keep a statement under an id of :meth:`next_id`."""
        resolved = [UNBOUND] * len(description.parameters)
        statement = Statement(statement_id, text, description, resolved=resolved)
        self._by_id[statement_id] = statement
        self._newest = statement_id
        return statement

    def get(self, statement_id: int) -> Statement | None:
        """The statement of that id, which may also be the one that stands for the newest; None for none."""
        if statement_id == self.manners.last_id and self._newest is not None:
            statement_id = self._newest
        return self._by_id.get(statement_id)

    def text_of(self, body: bytes) -> str:
        """The text of the statement whose id begins the body of a command; "" for none."""
        statement = self.get(int.from_bytes(body[:4], "little"))
        return "" if statement is None else statement.text

    def id_of(self, body: bytes) -> int | None:
        """The id of the statement that the body of a command names; None where there is none."""
        statement = self.get(int.from_bytes(body[:4], "little"))
        return None if statement is None else statement.id

    def close_all(self) -> list[int]:
        """Forget them all, as COM_RESET_CONNECTION and COM_CHANGE_USER do; says which there were."""
        ids = list(self._by_id)
        self._by_id.clear()
        return ids

    # ------------------------------------------------------------------------------------ bodies, less the first byte

    def send_long_data(self, body: bytes) -> Failure | None:
        """COM_STMT_SEND_LONG_DATA: keep a piece. Nothing is answered to it; what is wrong is answered at execution.

        Returns:
            A failure only where the server answers a body that ends inside a field.
        """
        reader = FieldReader(body)
        try:
            statement_id = reader.fixed_int(4, "statement id")
            index = reader.fixed_int(2, "parameter index")
        except MalformedPacket:
            return None if self.manners.silent_without_answer else self.manners.malformed
        statement = self.get(statement_id)
        if statement is None or statement.long_data_failure is not None:
            return None
        if index >= statement.parameter_count:
            statement.long_data_failure = self.manners.arguments(self.manners.send_long_data)
            return None
        data = reader.rest()
        kept = statement.long_data.setdefault(index, bytearray())
        if len(kept) + len(data) > self._limit_bytes():
            statement.long_data_failure = _LONG_DATA_TOO_LONG
            statement.long_data.clear()
        else:
            kept += data
        return None

    def read_execute(self, body: bytes, decode: Callable[[bytes], str]) -> Execution | Failure:
        """COM_STMT_EXECUTE: which statement, with which values. Closes the cursor that may be open.

        Args:
            decode: text of bytes in the client's character set.
        """
        manners = self.manners
        try:
            request = ComStmtExecute.parse(body)
        except MalformedPacket:
            return manners.malformed
        statement = self.get(request.statement_id)
        if statement is None:
            return manners.unknown(request.statement_id, manners.execute)
        statement.cursor = None
        if statement.long_data_failure is not None:
            return statement.long_data_failure
        try:
            bound = self._bound(statement, request, decode)
        except UnknownTypes:
            return manners.arguments("mysqld_stmt_execute")
        except MalformedValues:
            return manners.arguments("mysqld_stmt_execute") if manners.values_are_arguments else manners.malformed
        except MalformedPacket:
            return manners.malformed
        if isinstance(bound, Failure):
            return bound
        wants_cursor = bool(request.flags & CURSOR_TYPE_READ_ONLY)
        if not bound:
            statement.types = []
            return Execution(statement, (), (), wants_cursor)
        count = statement.parameter_count
        parameters = bound[:count]
        refusal = self._refusal_of(parameters)
        if refusal is not None:
            return refusal
        statement.types = [parameter.type for parameter in bound]
        if manners.long_data_is_binary:
            blob = ParameterType(c.FIELD_TYPE_BLOB)
            for index, data in statement.long_data.items():
                parameters[index] = Parameter(blob, bytes(data))
        statement.long_data = {}
        if manners.types_are_pinned:
            parameters = pinned(statement, parameters)
        return Execution(statement, parameters, bound[count:], wants_cursor)

    def _bound(
        self, statement: Statement, request: ComStmtExecute, decode: Callable[[bytes], str]
    ) -> list[Parameter] | Failure:
        reader = FieldReader(request.rest)
        count = statement.parameter_count
        if self._named and (count or request.flags & PARAMETER_COUNT_AVAILABLE):
            sent = reader.lenenc_int("parameter count")
            if sent < count:
                return self.manners.arguments("COM_STMT_EXECUTE")
            count = sent
        if not count:
            return []
        long_data = {index: bytes(data) for index, data in statement.long_data.items()}
        return ParameterReader(decode, named=self._named).read(reader, count, statement.types, long_data)

    def _refusal_of(self, parameters: Sequence[Parameter]) -> Failure | None:
        for parameter in parameters:
            # A NULL needs no form, and so may have any type.
            if parameter.value is not None and parameter.type.type in self.manners.refused_types:
                as_arguments = self.manners.refused_types[parameter.type.type]
                return self.manners.arguments("mysqld_stmt_execute") if as_arguments else self.manners.malformed
        return None

    def fetch(self, body: bytes) -> tuple[Sequence[Column], Sequence[Sequence[Value]], int] | Failure:
        """COM_STMT_FETCH: the columns, the next rows, and the status word after them. The last close it."""
        reader = FieldReader(body)
        manners = self.manners
        try:
            statement_id = reader.fixed_int(4, "statement id")
            row_count = reader.fixed_int(4, "row count") if reader.remaining or not manners.silent_without_answer else 0
        except MalformedPacket:
            return manners.malformed
        statement = self.get(statement_id)
        if statement is None:
            return manners.unknown(statement_id, manners.fetch)
        cursor = statement.cursor
        if cursor is None:
            return Failure(1421, "HY000", manners.no_open_cursor.format(statement_id))
        rows, status = cursor.take(row_count)
        if status & c.SERVER_STATUS_LAST_ROW_SENT:
            statement.cursor = None
        return cursor.columns, rows, status

    def reset(self, body: bytes) -> Failure | None:
        """COM_STMT_RESET: forget long data and close the cursor; None where an OK is due."""
        try:
            statement_id = FieldReader(body).fixed_int(4, "statement id")
        except MalformedPacket:
            return self.manners.malformed
        statement = self.get(statement_id)
        if statement is None:
            return self.manners.unknown(statement_id, self.manners.reset)
        statement.long_data = {}
        statement.long_data_failure = None
        statement.cursor = None
        return None

    def close(self, body: bytes) -> Failure | None:
        """COM_STMT_CLOSE: forget the statement. Nothing is answered, not even for an id that does not exist."""
        try:
            statement_id = FieldReader(body).fixed_int(4, "statement id")
        except MalformedPacket:
            return None if self.manners.silent_without_answer else self.manners.malformed
        statement = self.get(statement_id)
        if statement is not None:
            del self._by_id[statement.id]
        return None


# What a cursor reads has been put into a temporary table, whose columns forget a few things.
_NOT_MARKED: Final = frozenset({Family.INTEGER, Family.DOUBLE, Family.DECIMAL})
_NARROW_DIGITS: Final = 10


def of_a_temporary_table(column: Column, *, mariadb: bool, bytes_each: int = 1) -> Column:
    """A result's column as a cursor sends it: named after itself, computed numbers without the mark of being binary.

    MySQL makes an INT of what has less than ten digits; NULL becomes a string on both, and a long string a blob.
    bytes_each: so many a character has at most.
    """
    made = replace(column, org_name=column.name)
    if column.org_name:
        return made  # a table's already
    if column.type == c.FIELD_TYPE_NULL:
        return replace(made, type=c.FIELD_TYPE_STRING if mariadb else c.FIELD_TYPE_VAR_STRING)
    what = family(column.type)
    if what in _NOT_MARKED:
        made = replace(made, flags=made.flags & ~c.BINARY_FLAG)
        if not mariadb and column.type == c.FIELD_TYPE_LONGLONG and column.column_length < _NARROW_DIGITS:
            made = replace(made, type=c.FIELD_TYPE_LONG)
    elif what is Family.STRING:
        made = replace(made, flags=made.flags & ~c.UNSIGNED_FLAG, decimals=0)
        if column.column_length > _LONGEST_TEXT * bytes_each and column.type in _TEXTS:
            made = replace(made, type=c.FIELD_TYPE_BLOB, flags=made.flags | c.BLOB_FLAG)
            made = replace(made, column_length=_blob_length(column, bytes_each, mariadb=mariadb))
    return made


def _blob_length(column: Column, bytes_each: int, *, mariadb: bool) -> int:
    """What a server says of a blob that it made of a text: MariaDB what such a blob holds; both count bytes twice."""
    is_small = column.column_length < _SMALL_BLOB
    if mariadb:
        return (_SMALL_BLOB - 1 if is_small else _MEDIUM_BLOB - 1) * bytes_each
    return column.column_length * bytes_each if is_small else column.column_length


# In characters; what is longer becomes a blob in a table of the server's own.
_LONGEST_TEXT: Final = 512
_SMALL_BLOB, _MEDIUM_BLOB = 1 << 16, 1 << 24
_TEXTS: Final = frozenset((c.FIELD_TYPE_VAR_STRING, c.FIELD_TYPE_MEDIUM_BLOB))


def pinned(statement: Statement, parameters: Sequence[Parameter]) -> list[Parameter]:
    """The values under the types that their places have; all places get new types if one value cannot be converted."""
    apart = statement.description.limits
    fits = all(
        parameter.value is None or place in apart or _takes_in(resolved, parameter.type)
        for place, (resolved, parameter) in enumerate(zip(statement.resolved, parameters, strict=True))
    )
    if not fits:
        statement.resolved = [
            resolved if parameter.value is None else _widest(parameter.type)
            for resolved, parameter in zip(statement.resolved, parameters, strict=True)
        ]
    return [
        parameter if place in apart else Parameter(resolved, parameter.value)
        for place, (resolved, parameter) in enumerate(zip(statement.resolved, parameters, strict=True))
    ]


def _takes_in(resolved: ParameterType, bound: ParameterType) -> bool:
    place, value = family(resolved.type), family(bound.type)
    if place is Family.INTEGER and value is Family.INTEGER:
        return resolved.unsigned == bound.unsigned
    return value in _TAKES_IN[place]


_WIDEST: Final = {
    Family.INTEGER: c.FIELD_TYPE_LONGLONG,
    Family.DOUBLE: c.FIELD_TYPE_DOUBLE,
    Family.DECIMAL: c.FIELD_TYPE_NEWDECIMAL,
    Family.DATETIME: c.FIELD_TYPE_DATETIME,
}


def _widest(bound: ParameterType) -> ParameterType:
    """A place is resolved to the widest type of what is bound: integers become BIGINT, floats DOUBLE."""
    kind = _WIDEST.get(family(bound.type), bound.type)
    return ParameterType(kind, bound.unsigned and kind == c.FIELD_TYPE_LONGLONG)
