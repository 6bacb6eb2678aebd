"""The command phase, without I/O: what the server answers to one command, packet by packet.

This module knows framing (sequence numbers, the 16 MiB continuation) and the order of packets in a reply. It is kept
from knowing sockets and tasks: a ``Reply`` is fed windows of bytes, takes whole packets from their front, and says when
whoever waits for it should look (``news``). The shell may cut the stream anywhere; a packet that is not there whole is
asked for again, with the number of bytes that would make it whole (``need``), so that a packet of 20 MB is not looked
at a thousand times.

A reply is over with an OK, an ERR or the end of its rows. When the value of a row cannot be converted, the rest of the
rows is walked over and the reply ends as usual: the error is the caller's or his data's, and the connection is in step.
"""

from __future__ import annotations

import enum
import struct
from typing import Any, Final

from refpool import wire
from refpool.errors import ConnectionLost, MySQLError, OutOfStep
from refpool.rows import Decoder, Row, RowFailed, Shape, Shapes, check_row, decode_row, skip_rows
from refpool.wire import Field, MalformedPacket

__all__ = ["Dialect", "OnePacket", "Reply", "farewell"]

_header_at: Final = struct.Struct("<I").unpack_from

ROWS_UNCOUNTED: Final = 2**64 - 1
"""rowcount of an unbuffered result: MySQLdb's choice, which its successors keep."""


class Phase(enum.IntEnum):
    """Which packet is due."""

    FIRST = 0  # OK, ERR, a file's name, or the number of columns
    COLUMNS = 1  # a column definition
    COLUMNS_END = 2  # the EOF behind them, without CLIENT_DEPRECATE_EOF
    ROWS = 3  # a row, or the end of rows
    FILE = 4  # none: the server waits for a file
    OVER = 5  # none


class Dialect:
    """What was agreed with the server, and the shapes met so far: shared by all replies of a connection."""

    __slots__ = ("deprecate_eof", "session_track", "shapes")

    def __init__(self, capabilities: int, shapes: Shapes) -> None:
        self.deprecate_eof = bool(capabilities & wire.CLIENT_DEPRECATE_EOF)
        self.session_track = bool(capabilities & wire.CLIENT_SESSION_TRACK)
        self.shapes = shapes


class Packets:
    """Framing: takes whole packets from the front of a window and hands their payloads to ``_take``.

    Attributes:
        sequence: the number of the packet that is due.
        need: how many bytes there must be before it is worth looking again.
        over: nothing more is due.
        news: whoever waits should look.
    """

    __slots__ = ("_parts", "need", "news", "over", "sequence")

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self.need = 4
        self.over = False
        self.news = False
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> int:
        """Take what is whole.

        Args:
            data: all bytes that have come and were not taken yet.

        Returns:
            how many bytes were taken from the front.

        Raises:
            OutOfStep: a packet is out of sequence, or cannot be read.
            ConnectionLost: the server said goodbye instead of answering.
        """
        position, end = 0, len(data)
        self.need = 4
        while True:
            position = self._take_many(data, position, end)
            if end - position < 4:
                break
            (header,) = _header_at(data, position)
            stop = position + 4 + (header & 0xFFFFFF)
            if stop > end:
                self.need = stop - position
                break
            if header >> 24 != self.sequence:
                raise self._wrong_sequence(header >> 24, data[position:])
            payload = data[position + 4 : stop]
            position = stop
            self.sequence = self.sequence + 1 & 0xFF
            if len(payload) == wire.LARGEST_PAYLOAD:
                self._parts.append(payload)
                continue
            if self._parts:
                payload = b"".join((*self._parts, payload))
                self._parts = []
            try:
                self._take(payload)
            except MalformedPacket as cause:
                raise OutOfStep.malformed(str(cause)) from cause
            if self.news and not self._goes_on():
                break
        return position

    def _wrong_sequence(self, came: int, data: bytes) -> MySQLError:
        # A server that shuts down, or ends an idle session, numbers its last words from the start; one that is sent a
        # packet too long for it answers before it has read all of it.
        words = farewell(data) if came == 0 or self._nothing_came() else None
        return words or OutOfStep.sequence(came, self.sequence)

    def _nothing_came(self) -> bool:
        return True

    def _take_many(self, data: bytes, position: int, end: int) -> int:
        return position

    def _goes_on(self) -> bool:
        return False

    def _take(self, payload: bytes) -> None:
        raise AssertionError("a subclass takes the payload")


class OnePacket(Packets):
    """The next packet, whatever it is: the connection phase reads one at a time."""

    __slots__ = ("payload",)

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.payload = b""

    def _take(self, payload: bytes) -> None:
        self.payload = payload
        self.over = self.news = True


class Reply(Packets):
    """The reply to one command, or one of several results.

    The attributes without an underscore that are not of framing are what aiomysql's ``MySQLResult`` has.

    Attributes:
        affected_rows: rows changed; rows read, of a buffered result; ROWS_UNCOUNTED of an unbuffered one.
        insert_id: of the last row inserted; None for a result set.
        server_status: status flags; None after an error.
        fields, description: of the columns; None when there are none.
        rows: all rows, as a tuple, of a buffered result; those not fetched yet, as a list, of an unbuffered one.
        has_next: another result follows.
        unbuffered_active: rows may still come that nobody has fetched.
        error: what the server reports, or what a row's conversion raised.
        schema: the session's new database, when it changed.
        filename: the file that the server asks for.
    """

    __slots__ = (
        "_decode",
        "_definitions",
        "_dialect",
        "_phase",
        "_shape",
        "affected_rows",
        "description",
        "error",
        "field_count",
        "fields",
        "filename",
        "has_next",
        "insert_id",
        "message",
        "rows",
        "schema",
        "server_status",
        "taken_bytes",
        "unbuffered",
        "warning_count",
    )

    def __init__(self, dialect: Dialect, sequence: int = 1, *, unbuffered: bool = False) -> None:
        # Not through super(): this runs once a command, and costs as much as the rest of it.
        self.sequence = sequence
        self.need = 4
        self.over = False
        self.news = False
        self._parts = []
        self.affected_rows: int = 0
        self.insert_id: int | None = None
        self.server_status: int | None = None
        self.warning_count: int = 0
        self.message: bytes | None = None
        self.field_count: int = 0
        self.fields: list[Field] | None = None
        self.description: tuple[Any, ...] | None = None
        self.rows: Any = None
        self.has_next: bool = False
        self.error: BaseException | None = None
        self.schema: str | None = None
        self.filename: bytes | None = None
        self.unbuffered = unbuffered
        self.taken_bytes = 0
        self._dialect = dialect
        self._phase = Phase.FIRST
        self._definitions: list[bytes] = []
        self._shape: Shape | None = None
        self._decode: Decoder | None = None

    @property
    def unbuffered_active(self) -> bool:
        return self.unbuffered and not self.over

    def take_rows(self) -> list[Row]:
        """The rows that have come of an unbuffered result, which forgets them."""
        rows: list[Row] = self.rows or []
        self.rows = []
        self.taken_bytes = 0
        self.news = self.over
        return rows

    def drop_rows(self) -> None:
        """Nobody wants the rest: walk over it."""
        self._decode = skip_rows
        self.take_rows()

    def file_sent(self, sequence: int) -> None:
        """The file is sent, up to and with the empty packet; the verdict comes with this number."""
        self.sequence = sequence
        self.news = False
        self.filename = None
        self._phase = Phase.FIRST

    def _nothing_came(self) -> bool:
        return self._phase is Phase.FIRST

    def _goes_on(self) -> bool:
        # Rows of an unbuffered result are taken while somebody waits for them, too: as many as the window holds.
        return self._phase is Phase.ROWS

    def _take_many(self, data: bytes, position: int, end: int) -> int:
        decode = self._decode
        # Below the greatest length no packet in the window can be continued, and the decoder need not ask.
        if decode is None or self._parts or end - position >= wire.LARGEST_PAYLOAD:
            return position
        begin, rows_before = position, len(self.rows)
        try:
            position, self.sequence = decode(data, position, end, self.sequence, self.rows.append)
        except RowFailed as failure:
            (header,) = _header_at(data, failure.position)
            self._fail(data[failure.position + 4 : failure.position + 4 + (header & 0xFFFFFF)], failure.__cause__)
            # The failed row is walked over with those behind it.
            position, self.sequence = skip_rows(data, failure.position, end, failure.sequence, None)
        shape = self._shape
        if shape is not None and not shape.written_out and self._decode is shape.decode:
            shape.seen(len(self.rows) - rows_before)
            self._decode = shape.decode
        if self.unbuffered:
            self.taken_bytes += position - begin
            self.news = self.news or bool(self.rows)
        return position

    def _fail(self, payload: bytes, cause: BaseException | None) -> None:
        try:
            check_row(payload, self.field_count)
        except MalformedPacket as malformed:
            raise OutOfStep.malformed(str(malformed)) from malformed
        self.error = cause
        self._decode = skip_rows

    def _take(self, payload: bytes) -> None:
        if not payload:
            raise MalformedPacket("a packet without a payload came")
        if payload[0] == 0xFF:
            self.error = wire.error_from_payload(payload)
            self._end()
        elif self._phase is Phase.FIRST:
            self._first(payload)
        elif self._phase is Phase.COLUMNS:
            self._definitions.append(payload)
            if len(self._definitions) == self.field_count:
                self._columns_known()
        elif self._phase is Phase.COLUMNS_END:
            self._rows_begin()
        else:
            self._row(payload)

    def _first(self, payload: bytes) -> None:
        kind = payload[0]
        if kind == 0:
            self._ok(payload)
            self._end()
        elif kind == 0xFB:
            self.filename = payload[1:]
            self._phase = Phase.FILE
            self.news = True
        else:
            self.field_count, _ = wire.lenenc_int_at(payload, 0)
            self._phase = Phase.COLUMNS

    def _columns_known(self) -> None:
        shape = self._shape = self._dialect.shapes.of(tuple(self._definitions))
        self.fields = shape.fields
        self.description = shape.description
        if self._dialect.deprecate_eof:
            self._rows_begin()
        else:
            self._phase = Phase.COLUMNS_END

    def _rows_begin(self) -> None:
        assert self._shape is not None
        self._phase = Phase.ROWS
        self._decode = self._shape.decode
        self.rows = []
        if self.unbuffered:
            self.affected_rows = ROWS_UNCOUNTED
            self.news = True

    def _row(self, payload: bytes) -> None:
        # A row, too, begins with 0xFE when its first value has 16 MiB and more.
        if payload[0] == 0xFE and len(payload) < (wire.LARGEST_PAYLOAD if self._dialect.deprecate_eof else 9):
            if self._dialect.deprecate_eof:
                ok = wire.parse_ok(payload, session_track=self._dialect.session_track)
                self._status(ok.status, ok.warning_count)
                self.schema = ok.schema
            else:
                self._status(*wire.parse_eof(payload))
            self._end()
            return
        assert self._shape is not None
        if self._decode is skip_rows:
            return
        try:
            row = decode_row(payload, self._shape.columns)
        except MalformedPacket:
            raise
        except Exception as cause:  # noqa: BLE001 - it is kept, and raised once the reply is over
            self._fail(payload, cause)
            return
        self.rows.append(row)
        if self.unbuffered:
            self.taken_bytes += len(payload)
            self.news = True

    def _ok(self, payload: bytes) -> None:
        ok = wire.parse_ok(payload, session_track=self._dialect.session_track)
        self.affected_rows = ok.affected_rows
        self.insert_id = ok.insert_id
        self.message = ok.message
        self.schema = ok.schema
        self._status(ok.status, ok.warning_count)

    def _status(self, status: int, warning_count: int) -> None:
        self.server_status = status
        self.warning_count = warning_count
        self.has_next = bool(status & wire.STATUS_MORE_RESULTS)

    def _end(self) -> None:
        self._phase = Phase.OVER
        self.over = self.news = True
        if self.rows is not None and not self.unbuffered:
            self.rows = tuple(self.rows)
            self.affected_rows = len(self.rows)


def farewell(data: bytes) -> ConnectionLost | None:
    """Read the server's last words from bytes that nobody asked for.

    Returns:
        None when they are no ERR packet, or not all of one: whether more of it may come, ``may_be_farewell`` says.
    """
    if len(data) < 5 or data[4] != 0xFF:
        return None
    stop = 4 + (_header_at(data, 0)[0] & 0xFFFFFF)
    if stop > len(data):
        return None
    try:
        error = wire.error_from_payload(data[4:stop])
    except MalformedPacket:
        return None
    code, message = error.args
    return ConnectionLost.because(f"the server said: {message} ({code})", (code, message))


def may_be_farewell(data: bytes) -> bool:
    """Whether more bytes could make this one ERR packet."""
    if len(data) < 5:
        return True
    return data[4] == 0xFF and len(data) < 4 + (_header_at(data, 0)[0] & 0xFFFFFF)
