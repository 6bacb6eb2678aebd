"""Rows as callers want them: tuples, dicts or decoded JSON; buffered or streamed.

This module knows the DB-API's cursor, with the names and habits of aiomysql's. It is kept from knowing packets and the
wire: it asks its connection to run a statement and takes the rows from the reply.

A buffered cursor has all rows in memory when execute() returns; its fetch methods answer with a value that is there
already and can be awaited, with no future and no turn of the loop. A streamed one (``SS...``) takes rows in batches, as
many as a read has brought, while the server is held back by what nobody has fetched.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from refpool.errors import DBAPIErrors, NotSupportedError, ProgrammingError, Warning, WrongParameters
from refpool.utils import Ready
from refpool.wire import FIELD_TYPE

if TYPE_CHECKING:
    from types import TracebackType

    from refpool.connection import Connection
    from refpool.replies import Reply

__all__ = [
    "Cursor",
    "DeserializationCursor",
    "DictCursor",
    "SSCursor",
    "SSDeserializationCursor",
    "SSDictCursor",
]

logger: Final = logging.getLogger("refpool")

Args = Sequence[Any] | Mapping[str, Any] | Any
ScrollMode = Literal["relative", "absolute"]

_PLACEHOLDER: Final = r"%(?:\([^)]+\))?s"
_BULK_INSERT: Final = re.compile(
    rf"""
    \s* (?P<head> (?:INSERT|REPLACE)\b .* \bVALUES?\s* )
    (?P<row> \( \s*{_PLACEHOLDER}\s* (?: ,\s*{_PLACEHOLDER}\s* )* \) )
    (?P<tail> \s* (?: AS\s+[^\s()]+\s* (?: \([^()]*\)\s* )? )? (?: ON\s+DUPLICATE\b.* )? )
    ;? \s*
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""A statement whose one row of placeholders can be repeated: executemany() sends many rows at once."""


class Cursor(DBAPIErrors):
    """Runs statements and holds the rows of their results. Made by ``conn.cursor()``."""

    max_stmt_length: ClassVar[int] = 1_024_000
    """Bytes of a statement that executemany() builds; servers take 1 MiB and more (max_allowed_packet)."""

    def __init__(self, connection: Connection, echo: bool = False) -> None:
        self._connection: Connection | None = connection
        self._loop = connection.loop
        self._echo = echo
        self._arraysize = 1
        self._executed: str | bytes | bytearray | None = None
        self._last_executed: str | bytes | bytearray | None = None
        self._result: Reply | None = None
        self._rows: Sequence[Any] | None = None
        self._rownumber = 0
        self._rowcount = -1
        self._description: tuple[Any, ...] | None = None
        self._lastrowid: int | None = None

    # -- What is known --------------------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection | None:
        """The connection, None once the cursor is closed."""
        return self._connection

    @property
    def description(self) -> tuple[tuple[Any, ...], ...] | None:
        """The DB-API's seven of each column; None when there is no result set."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows read or changed; -1 before the first statement; 2**64-1 of a streamed result."""
        return self._rowcount

    @property
    def rownumber(self) -> int:
        """Index of the row that is fetched next."""
        return self._rownumber

    @property
    def arraysize(self) -> int:
        """How many rows fetchmany() returns if it is not told."""
        return self._arraysize

    @arraysize.setter
    def arraysize(self, val: int) -> None:
        self._arraysize = val

    @property
    def lastrowid(self) -> int | None:
        """What AUTO_INCREMENT gave to the last statement; None after a result set."""
        return self._lastrowid

    @property
    def echo(self) -> bool:
        """Whether what is executed is logged to ``refpool``."""
        return self._echo

    @property
    def closed(self) -> bool:
        """Whether the cursor is closed."""
        return self._connection is None

    def setinputsizes(self, *args: object) -> None:
        """Does nothing; the DB-API wants it."""

    def setoutputsizes(self, *args: object) -> None:
        """Does nothing; the DB-API wants it."""

    setoutputsize = setoutputsizes

    # -- Statements -----------------------------------------------------------------------------------------------

    def mogrify(self, query: str, args: Args = None) -> str:
        """The statement as execute() would send it."""
        connection = self._get_db()
        return query if args is None else self._bound(query, args, connection)

    async def execute(self, query: str | bytes | bytearray, args: Args = None) -> int:
        """Run a statement.

        Args:
            query: with ``%s`` (args: a sequence) or ``%(name)s`` (args: a mapping) for each value.

        Returns:
            rows read or changed.

        Raises:
            ProgrammingError: the cursor is closed, or the parameters do not fit.
            MySQLError: the server's answer, or the connection's end.
        """
        connection = self._get_db()
        await self._leave_results()
        if args is not None:
            query = self._bound(query, args, connection)
        if self._echo:
            logger.info(query)
            logger.info("%r", args)
        await self._query(query)
        self._executed = query
        return self._rowcount

    async def executemany(self, query: str, args: Iterable[Args]) -> int | None:
        """Run a statement once for each set of parameters.

        INSERT and REPLACE of one row of placeholders are sent with many rows at once, up to max_stmt_length bytes.

        Returns:
            rows read or changed in all; None when there were no parameters.
        """
        if not args:
            return None
        connection = self._get_db()
        if self._echo:
            logger.info("CALL %s", query)
            logger.info("%r", args)
        bulk = _BULK_INSERT.fullmatch(query)
        if bulk is not None and "%" not in (bulk["head"] + bulk["tail"]).replace("%%", ""):
            rows = await self._insert_in_bulk(connection, bulk["head"] % (), bulk["row"], bulk["tail"] % (), args)
        else:
            rows = 0
            for each in args:
                rows += await self.execute(query, each)
        self._rowcount = rows
        return rows

    async def _insert_in_bulk(
        self, connection: Connection, head: str, row: str, tail: str, args: Iterable[Args]
    ) -> int:
        encoding = connection.encoding
        begin, end = head.encode(encoding, "surrogateescape"), tail.encode(encoding, "surrogateescape")
        statement = bytearray()
        changed = 0
        for each in args:
            values = self._bound(row, each, connection).encode(encoding, "surrogateescape")
            if statement and len(statement) + len(values) + len(end) + 1 > self.max_stmt_length:
                changed += await self.execute(bytes(statement + end))
                statement.clear()
            statement += b"," + values if statement else begin + values
        if statement:
            changed += await self.execute(bytes(statement + end))
        return changed

    async def callproc(self, procname: str, args: Sequence[Any] = ()) -> Sequence[Any]:
        """Call a stored procedure.

        Its parameters travel in the server's user variables ``@_procname_0``, ``@_procname_1``, ..., where OUT and
        INOUT values can be SELECTed afterwards. Its results are read with the fetch methods and nextset(); the last
        is the procedure's own, without rows.

        Returns:
            args as they were given.
        """
        connection = self._get_db()
        if self._echo:
            logger.info("CALL %s", procname)
            logger.info("%r", args)
        names = [f"@_{procname}_{index}" for index in range(len(args))]
        if names:
            values = ",".join(f"{name}={connection.escape(arg)}" for name, arg in zip(names, args, strict=True))
            await self._query(f"SET {values}")
            await self.nextset()
        call = f"CALL {procname}({','.join(names)})"
        await self._query(call)
        self._executed = call
        return args

    async def nextset(self) -> bool | None:
        """Go on to the next result of the statement.

        Returns:
            True, or None when there is none.
        """
        return await self._nextset(unbuffered=False)

    async def _leave_results(self) -> None:
        """Another statement is to come: read what is left of the results of this one."""
        while await self.nextset():
            pass

    async def _nextset(self, *, unbuffered: bool) -> bool | None:
        connection = self._get_db()
        result = self._result
        if result is None or result is not connection._result or not result.has_next:
            return None
        self._clear_result()
        await connection.next_result(unbuffered=unbuffered)
        await self._do_get_result()
        return True

    async def close(self) -> None:
        """Read what is left of the results, and part from the connection. Once more is harmless."""
        if self._connection is None:
            return
        try:
            while await self.nextset():
                pass
        finally:
            self._connection = None

    # -- Rows -----------------------------------------------------------------------------------------------------

    def fetchone(self) -> Any:
        """The next row, None when there are no more; to be awaited."""
        self._check_executed()
        rows, number = self._rows, self._rownumber
        if rows is None or number >= len(rows):
            return Ready(None)
        self._rownumber = number + 1
        return Ready(rows[number])

    def fetchmany(self, size: int | None = None) -> Any:
        """The next rows, at most ``size`` (None: arraysize); to be awaited."""
        self._check_executed()
        if self._rows is None:
            return Ready([])
        end = self._rownumber + (size or self._arraysize)
        rows = self._rows[self._rownumber : end]
        self._rownumber = min(end, len(self._rows))
        return Ready(rows)

    def fetchall(self) -> Any:
        """The rows that are left; to be awaited."""
        self._check_executed()
        if self._rows is None:
            return Ready([])
        rows = self._rows[self._rownumber :] if self._rownumber else self._rows
        self._rownumber = len(self._rows)
        return Ready(rows)

    def scroll(self, value: int, mode: ScrollMode = "relative") -> Any:
        """Move to another row; to be awaited.

        Raises:
            IndexError: there is no such row; the cursor has not moved.
        """
        self._check_executed()
        if mode == "relative":
            number = self._rownumber + value
        elif mode == "absolute":
            number = value
        else:
            raise ProgrammingError(f"unknown scroll mode {mode}")
        if self._rows is None or not 0 <= number < len(self._rows):
            raise IndexError("out of range")
        self._rownumber = number
        return Ready(None)

    def __aiter__(self) -> Cursor:
        return self

    async def __anext__(self) -> Any:
        row = await self.fetchone()
        if row is None:
            raise StopAsyncIteration
        return row

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    # -- For subclasses -------------------------------------------------------------------------------------------

    def _get_db(self) -> Connection:
        if self._connection is None:
            raise ProgrammingError("Cursor closed")
        return self._connection

    def _check_executed(self) -> None:
        if not self._executed:
            raise ProgrammingError("execute() first")

    def _conv_row(self, row: Any) -> Any:
        """Make a decoded row what the caller gets."""
        return row

    def _escape_args(self, args: Args, conn: Connection) -> Any:
        if isinstance(args, (tuple, list)):
            return tuple([conn.escape(arg) for arg in args])
        if isinstance(args, Mapping):
            return {key: conn.escape(value) for key, value in args.items()}
        return conn.escape(args)

    def _bound(self, query: Any, args: Args, connection: Connection) -> str:
        literals = self._escape_args(args, connection)
        try:
            bound: str = query % literals
        except TypeError as cause:
            raise WrongParameters(
                f"{cause}: the parameters {args!r} do not fit the placeholders of {query!r}"
            ) from cause
        return bound

    async def _query(self, q: str | bytes | bytearray) -> None:
        connection = self._get_db()
        self._last_executed = q
        self._clear_result()
        await connection.query(q)
        await self._do_get_result()

    def _clear_result(self) -> None:
        self._result = None
        self._rows = None
        self._rownumber = 0
        self._rowcount = 0
        self._description = None
        self._lastrowid = None

    async def _do_get_result(self) -> None:
        connection = self._get_db()
        result = connection._result
        assert result is not None
        self._result = result
        self._rownumber = 0
        self._rowcount = result.affected_rows
        self._description = result.description
        self._lastrowid = result.insert_id
        self._rows = result.rows
        if not result.unbuffered:
            # They are the cursor's now: an idle connection, in a pool for hours, should not hold on to a million rows.
            result.rows = None
        # A streamed result that came at once has its count already, but asking would throw its unread rows away.
        if result.warning_count and (result.description is None or not result.unbuffered):
            await self._show_warnings(connection)

    async def _show_warnings(self, conn: Connection) -> None:
        if self._result is not None and self._result.has_next:
            return  # asking would throw away what is still to come
        for warning in await conn.show_warnings() or ():
            warnings.warn(str(warning[-1]), Warning, stacklevel=4)


class _DictMixin(Cursor):
    """Rows as dicts; of two columns of one name, the second is called ``table.name``."""

    dict_type: ClassVar[Any] = dict
    """What makes a row; it is given pairs."""

    _fields: list[str]

    async def _do_get_result(self) -> None:
        await super()._do_get_result()
        self._fields = names = []
        result = self._result
        if result is None or result.fields is None:
            return
        for field in result.fields:
            names.append(f"{field.table_name}.{field.name}" if field.name in names else field.name)
        if self._rows and not result.unbuffered:
            if type(self)._conv_row is _DictMixin._conv_row:
                make = self.dict_type  # without two calls a row, if nobody has put his own there
                self._rows = [make(zip(names, row, strict=False)) for row in self._rows]
            else:
                self._rows = [self._conv_row(row) for row in self._rows]

    def _conv_row(self, row: Any) -> Any:
        row = super()._conv_row(row)
        return self.dict_type(zip(self._fields, row, strict=False))


class _DeserializationMixin(Cursor):
    """Values of JSON columns as what they say."""

    async def _do_get_result(self) -> None:
        await super()._do_get_result()
        if self._rows and self._result is not None and not self._result.unbuffered:
            self._rows = [self._deserialized(row) for row in self._rows]

    def _deserialized(self, row: Any) -> Any:
        by_name = isinstance(row, dict)
        values = row if by_name else list(row)
        for index, (name, kind, *_) in enumerate(self._description or ()):
            if kind == FIELD_TYPE.JSON:
                key = name if by_name else index
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    values[key] = json.loads(values[key])
        return values if by_name else tuple(values)

    def _conv_row(self, row: Any) -> Any:
        return self._deserialized(super()._conv_row(row))


class SSCursor(Cursor):
    """Streams rows instead of holding them all: for results that memory, or patience, is too short for.

    As long as rows are unread the connection can do nothing else; another statement on it drops them with a warning. It
    scrolls forward only, and knows no number of rows.
    """

    def __init__(self, connection: Connection, echo: bool = False) -> None:
        super().__init__(connection, echo)
        self._batch: list[Any] = []  # rows that have come, the next one last

    async def close(self) -> None:
        """Walk over what is left of the results, and part from the connection. Once more is harmless."""
        connection = self._connection
        if connection is None:
            return
        try:
            while await self.nextset():
                pass
        finally:
            self._batch = []
            self._connection = None

    async def nextset(self) -> bool | None:
        """Go on to the next result of the statement; what is left of this one is walked over."""
        connection = self._get_db()
        if self._result is not None and self._result is connection._result:
            await connection._drop_rows(self._result)
        return await self._nextset(unbuffered=True)

    async def _leave_results(self) -> None:
        """Left to the connection, which drops what is unread and, if there were rows among it, says so."""

    async def _query(self, q: str | bytes | bytearray) -> None:
        connection = self._get_db()
        self._last_executed = q
        self._clear_result()
        await connection.query(q, unbuffered=True)
        await self._do_get_result()

    def _clear_result(self) -> None:
        super()._clear_result()
        self._batch = []

    async def _read_next(self) -> Any:
        result = self._result
        if result is None or result.description is None:
            return None
        connection = self._get_db()
        if result is not connection._result:
            self._batch = []  # another statement has dropped the rest: with these, it would look like all of it
        if not self._batch:
            self._batch = await connection._fetch(result)
            if not self._batch:
                return None
            self._batch.reverse()
        return self._conv_row(self._batch.pop())

    async def fetchone(self) -> Any:
        """The next row, None when there are no more."""
        self._check_executed()
        row = await self._read_next()
        if row is not None:
            self._rownumber += 1
        return row

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, at most ``size`` (None: arraysize)."""
        self._check_executed()
        rows: list[Any] = []
        for _ in range(self._arraysize if size is None else size):
            row = await self._read_next()
            if row is None:
                break
            rows.append(row)
        self._rownumber += len(rows)
        return rows

    async def fetchall(self) -> list[Any]:
        """The rows that are left, all of them in memory."""
        self._check_executed()
        rows: list[Any] = []
        while (row := await self._read_next()) is not None:
            rows.append(row)
            if self._batch:  # the rest of what has come at once, without an await a row
                self._batch.reverse()
                rows += map(self._conv_row, self._batch)
                self._batch = []
        self._rownumber += len(rows)
        return rows

    async def scroll(self, value: int, mode: ScrollMode = "relative") -> None:
        """Walk forward to another row.

        Raises:
            NotSupportedError: the row lies behind.
        """
        self._check_executed()
        if mode == "relative":
            count = value
        elif mode == "absolute":
            count = value - self._rownumber
        else:
            raise ProgrammingError(f"unknown scroll mode {mode}")
        if count < 0:
            raise NotSupportedError("Backwards scrolling not supported by this cursor")
        for _ in range(count):
            await self._read_next()
        self._rownumber += count


class DictCursor(_DictMixin, Cursor):
    """Rows as dicts."""


class SSDictCursor(_DictMixin, SSCursor):
    """Rows as dicts, streamed."""


class DeserializationCursor(_DeserializationMixin, Cursor):
    """Values of JSON columns as what they say; ``conn.cursor(DeserializationCursor, DictCursor)`` gives dicts."""


class SSDeserializationCursor(_DeserializationMixin, SSCursor):
    """Values of JSON columns as what they say, streamed."""
