"""Every packet of the text protocol as a value, with ``parse`` and ``serialize`` side by side.

A packet here is the body alone; lengths and sequence numbers are framing's. Where a body can only be read knowing what
was agreed, the agreed capabilities are an argument. Both directions are written out in full, the client's too, so that
a test can play either side and a round trip can be checked.

``parse`` raises :class:`~fakemysql.fields.MalformedPacket` and nothing else, whatever the bytes are. Text is UTF-8 with
surrogateescape, so that it survives a round trip; statements stay bytes, for their charset is the session's.

Source: MySQL manual, "Connection Phase Packets", "Generic Response Packets", "Text Protocol"; both servers' answers.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, TypeAlias

from .constants import (
    CLIENT_CONNECT_ATTRS,
    CLIENT_CONNECT_WITH_DB,
    CLIENT_LONG_PASSWORD,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_SECURE_CONNECTION,
    CLIENT_SSL,
    SERVER_SESSION_STATE_CHANGED,
)
from .fields import (
    NULL_CELL,
    FieldReader,
    MalformedPacket,
    fixed_int,
    lenenc_bytes,
    lenenc_int,
    null_terminated,
)
from .records import record

OK_HEADER: Final = 0x00
AUTH_MORE_DATA_HEADER: Final = 0x01
EOF_HEADER: Final = 0xFE
ERR_HEADER: Final = 0xFF

# How many attributes a client may send; the servers stop at 64 KiB of them.
_MAX_ATTRIBUTES_BYTES: Final = 65536


class Command(enum.IntEnum):
    """enum_server_command: the first byte of each command."""

    COM_SLEEP = 0
    COM_QUIT = 1
    COM_INIT_DB = 2
    COM_QUERY = 3
    COM_FIELD_LIST = 4
    COM_CREATE_DB = 5
    COM_DROP_DB = 6
    COM_REFRESH = 7
    COM_SHUTDOWN = 8
    COM_STATISTICS = 9
    COM_PROCESS_INFO = 10
    COM_CONNECT = 11
    COM_PROCESS_KILL = 12
    COM_DEBUG = 13
    COM_PING = 14
    COM_TIME = 15
    COM_DELAYED_INSERT = 16
    COM_CHANGE_USER = 17
    COM_BINLOG_DUMP = 18
    COM_TABLE_DUMP = 19
    COM_CONNECT_OUT = 20
    COM_REGISTER_SLAVE = 21
    COM_STMT_PREPARE = 22
    COM_STMT_EXECUTE = 23
    COM_STMT_SEND_LONG_DATA = 24
    COM_STMT_CLOSE = 25
    COM_STMT_RESET = 26
    COM_SET_OPTION = 27
    COM_STMT_FETCH = 28
    COM_DAEMON = 29
    COM_BINLOG_DUMP_GTID = 30
    COM_RESET_CONNECTION = 31


_COMMAND_NAMES: Final = {int(command): command.name for command in Command}


def command_name(payload: bytes) -> str:
    """The manual's name of a command packet's command, or its number for one that the manual does not list."""
    if not payload:
        return "an empty packet"
    return _COMMAND_NAMES.get(payload[0]) or f"command {payload[0]:#04x}"


def to_text(data: bytes) -> str:
    """Names and messages: UTF-8, with surrogates for what is none."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The inverse of :func:`to_text`."""
    return text.encode("utf-8", "surrogateescape")


def _expect(reader: FieldReader, header: int, name: str) -> None:
    first = reader.fixed_int(1, f"header of {name}")
    if first != header:
        raise MalformedPacket(f"{name} begins with {header:#04x}, not with {first:#04x}")


# ---------------------------------------------------------------------------------------------------- connection phase


# Of HandshakeV10, what stands between the two parts of the nonce: capabilities low, collation, status, capabilities
# high, length of the nonce, extended capabilities.
_GREETING: Final = struct.Struct("<xHBHHB6xI")
# Of HandshakeResponse41, what stands before the user: capabilities, max packet size, collation, extended capabilities.
_RESPONSE: Final = struct.Struct("<IIB19xI")


@record
class HandshakeV10:
    """Protocol::HandshakeV10, the greeting.

    nonce: 20 bytes. extended_capabilities are MariaDB's, sent where the reserved bytes end, and there only when
    CLIENT_LONG_PASSWORD (which MariaDB calls CLIENT_MYSQL) is not set.
    """

    server_version: str
    connection_id: int
    nonce: bytes
    capabilities: int
    collation: int
    status: int
    auth_plugin: str
    extended_capabilities: int = 0

    def serialize(self) -> bytes:
        before, between, after = self.parts()
        return before + fixed_int(self.connection_id, 4) + self.nonce[:8] + between + self.nonce[8:] + after

    def parts(self) -> tuple[bytes, bytes, bytes]:
        """The packet without what each connection has of its own: before connection id and the nonce's first 8 bytes,
        between these and its last 12, and behind them.
        """
        if len(self.nonce) != 20:
            raise ValueError(f"the greeting's nonce has 20 bytes, not {len(self.nonce)}")
        extended = 0 if self.capabilities & CLIENT_LONG_PASSWORD else self.extended_capabilities
        fixed = _GREETING.pack(
            self.capabilities & 0xFFFF,
            self.collation & 0xFF,
            self.status,
            self.capabilities >> 16,
            len(self.nonce) + 1,
            extended,
        )
        version, plugin = to_bytes(self.server_version), to_bytes(self.auth_plugin)
        return b"\x0a" + null_terminated(version), fixed, b"\x00" + null_terminated(plugin)

    @classmethod
    def parse(cls, payload: bytes) -> HandshakeV10:
        reader = FieldReader(payload)
        _expect(reader, 0x0A, "HandshakeV10")
        server_version = to_text(reader.null_terminated("server version"))
        connection_id = reader.fixed_int(4, "connection id")
        nonce = reader.fixed_bytes(8, "nonce, part 1")
        reader.fixed_bytes(1, "filler")
        capabilities = reader.fixed_int(2, "capabilities, low")
        collation = reader.fixed_int(1, "collation")
        status = reader.fixed_int(2, "status")
        capabilities |= reader.fixed_int(2, "capabilities, high") << 16
        nonce_length = reader.fixed_int(1, "length of the nonce")
        if nonce_length != 21:
            raise MalformedPacket(f"the nonce and its NUL have 21 bytes, not {nonce_length}")
        reader.fixed_bytes(6, "reserved")
        extended = reader.fixed_int(4, "extended capabilities")
        nonce += reader.fixed_bytes(12, "nonce, part 2")
        reader.fixed_bytes(1, "end of the nonce")
        auth_plugin = to_text(reader.null_terminated("authentication plugin"))
        if capabilities & CLIENT_LONG_PASSWORD:
            extended = 0
        return cls(server_version, connection_id, nonce, capabilities, collation, status, auth_plugin, extended)


@record
class SSLRequest:
    """Protocol::SSLRequest: the first 32 bytes of a handshake response, and nothing else."""

    capabilities: int
    max_packet_bytes: int
    collation: int

    SIZE = 32

    def serialize(self) -> bytes:
        return (
            fixed_int(self.capabilities, 4)
            + fixed_int(self.max_packet_bytes, 4)
            + fixed_int(self.collation, 1)
            + bytes(23)
        )

    @classmethod
    def parse(cls, payload: bytes) -> SSLRequest:
        reader = FieldReader(payload)
        request = cls(
            reader.fixed_int(4, "capabilities"),
            reader.fixed_int(4, "max packet size"),
            reader.fixed_int(1, "collation"),
        )
        reader.fixed_bytes(23, "reserved")
        if reader.remaining or not request.capabilities & CLIENT_SSL:
            raise MalformedPacket("an SSLRequest has 32 bytes and CLIENT_SSL set")
        return request


@record
class HandshakeResponse41:
    """Protocol::HandshakeResponse41: who the client is and what it can do.

    capabilities are the client's own, unmasked: clients set bits that the server never offered, and every optional
    field of this packet follows the client's bits. What was agreed is their AND with the server's. database and
    auth_plugin are None where the client did not send one; an empty database means none, too.
    """

    capabilities: int
    max_packet_bytes: int
    collation: int
    user: str
    auth_response: bytes
    database: str | None = None
    auth_plugin: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    extended_capabilities: int = 0

    def serialize(self) -> bytes:
        capabilities = self.capabilities
        extended = 0 if capabilities & CLIENT_LONG_PASSWORD else self.extended_capabilities
        parts = [
            fixed_int(capabilities, 4),
            fixed_int(self.max_packet_bytes, 4),
            fixed_int(self.collation, 1),
            bytes(19),
            fixed_int(extended, 4),
            null_terminated(to_bytes(self.user)),
        ]
        if capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA:
            parts.append(lenenc_bytes(self.auth_response))
        elif capabilities & CLIENT_SECURE_CONNECTION:
            parts.append(fixed_int(len(self.auth_response), 1) + self.auth_response)
        else:
            parts.append(null_terminated(self.auth_response))
        if capabilities & CLIENT_CONNECT_WITH_DB:
            parts.append(null_terminated(to_bytes(self.database or "")))
        if capabilities & CLIENT_PLUGIN_AUTH:
            parts.append(null_terminated(to_bytes(self.auth_plugin or "")))
        if capabilities & CLIENT_CONNECT_ATTRS:
            parts.append(serialize_attributes(self.attributes))
        return b"".join(parts)

    @classmethod
    def parse(cls, payload: bytes) -> HandshakeResponse41:
        """Read one.

        Raises:
            MalformedPacket: also for a client without CLIENT_PROTOCOL_41, whose packet has another shape.
        """
        if len(payload) < _RESPONSE.size:
            raise MalformedPacket(f"a handshake response has {_RESPONSE.size} bytes at least, not {len(payload)}")
        capabilities, max_packet_bytes, collation, extended = _RESPONSE.unpack_from(payload)
        if not capabilities & CLIENT_PROTOCOL_41:
            raise MalformedPacket("the client is older than MySQL 4.1: CLIENT_PROTOCOL_41 is not set")
        reader = FieldReader(payload, _RESPONSE.size)
        user = to_text(reader.null_terminated("user"))
        if capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA:
            auth_response = reader.lenenc_bytes("authentication response")
        elif capabilities & CLIENT_SECURE_CONNECTION:
            length = reader.fixed_int(1, "length of the authentication response")
            auth_response = reader.fixed_bytes(length, "authentication response")
        else:
            auth_response = reader.null_terminated("authentication response")
        # Some clients set a bit and then end the packet early; the servers take what is missing for empty.
        database = auth_plugin = None
        if capabilities & CLIENT_CONNECT_WITH_DB and reader.remaining:
            database = to_text(reader.null_terminated("database"))
        if capabilities & CLIENT_PLUGIN_AUTH and reader.remaining:
            auth_plugin = to_text(reader.null_terminated("authentication plugin"))
        attributes: tuple[tuple[str, str], ...] = ()
        if capabilities & CLIENT_CONNECT_ATTRS and reader.remaining:
            attributes = parse_attributes(reader)
        return cls(
            capabilities,
            max_packet_bytes,
            collation,
            user,
            auth_response,
            database,
            auth_plugin,
            attributes,
            0 if capabilities & CLIENT_LONG_PASSWORD else extended,
        )


def serialize_attributes(attributes: tuple[tuple[str, str], ...]) -> bytes:
    """Connection attributes: the length of all, then keys and values in turn."""
    return lenenc_bytes(b"".join(lenenc_bytes(to_bytes(text)) for pair in attributes for text in pair))


def parse_attributes(reader: FieldReader) -> tuple[tuple[str, str], ...]:
    """Read connection attributes, at most 64 KiB of them as on a server."""
    data = reader.lenenc_bytes("connection attributes")
    if len(data) > _MAX_ATTRIBUTES_BYTES:
        raise MalformedPacket(f"connection attributes of {len(data)} bytes; {_MAX_ATTRIBUTES_BYTES} are allowed")
    inner = FieldReader(data)
    attributes = []
    while inner.remaining:
        key = to_text(inner.lenenc_bytes("attribute's name"))
        attributes.append((key, to_text(inner.lenenc_bytes("attribute's value"))))
    return tuple(attributes)


@record
class AuthSwitchRequest:
    """Protocol::AuthSwitchRequest: authenticate again, with this plugin and this data (a nonce, as a rule)."""

    plugin: str
    data: bytes

    def serialize(self) -> bytes:
        return b"\xfe" + null_terminated(to_bytes(self.plugin)) + self.data + b"\x00"

    @classmethod
    def parse(cls, payload: bytes) -> AuthSwitchRequest:
        reader = FieldReader(payload)
        _expect(reader, EOF_HEADER, "AuthSwitchRequest")
        plugin = to_text(reader.null_terminated("authentication plugin"))
        data = reader.rest()
        if not data.endswith(b"\x00"):
            raise MalformedPacket("the data of an AuthSwitchRequest ends with a NUL")
        return cls(plugin, data[:-1])


@record
class AuthSwitchResponse:
    """Protocol::AuthSwitchResponse, and every later packet of the client's side of an authentication: bytes alone."""

    data: bytes

    def serialize(self) -> bytes:
        return self.data

    @classmethod
    def parse(cls, payload: bytes) -> AuthSwitchResponse:
        return cls(payload)


@record
class AuthMoreData:
    """Protocol::AuthMoreData: a plugin's own next message."""

    data: bytes

    def serialize(self) -> bytes:
        return b"\x01" + self.data

    @classmethod
    def parse(cls, payload: bytes) -> AuthMoreData:
        reader = FieldReader(payload)
        _expect(reader, AUTH_MORE_DATA_HEADER, "AuthMoreData")
        return cls(reader.rest())


# --------------------------------------------------------------------------------------------------- generic responses


@record
class OkPacket:
    """OK_Packet; under CLIENT_DEPRECATE_EOF also the end of a result set, then with 0xFE as its header.

    info is always length-encoded, with session tracking and without: both servers do so, though the manual says
    otherwise, and clients depend on it. It is left out when empty and last. session_state is what a client with
    CLIENT_SESSION_TRACK is told, marked by SERVER_SESSION_STATE_CHANGED, which is set here.
    """

    status: int
    affected_rows: int = 0
    last_insert_id: int = 0
    warnings: int = 0
    info: bytes = b""
    ends_result_set: bool = False
    session_state: bytes | None = None

    def serialize(self) -> bytes:
        tells = self.session_state is not None
        return b"".join(
            (
                b"\xfe" if self.ends_result_set else b"\x00",
                lenenc_int(self.affected_rows),
                lenenc_int(self.last_insert_id),
                fixed_int(self.status | SERVER_SESSION_STATE_CHANGED if tells else self.status, 2),
                fixed_int(self.warnings, 2),
                lenenc_bytes(self.info) if self.info or tells else b"",
                b"" if self.session_state is None else lenenc_bytes(self.session_state),
            )
        )

    @classmethod
    def parse(cls, payload: bytes) -> OkPacket:
        reader = FieldReader(payload)
        header = reader.fixed_int(1, "header of OK")
        if header not in (OK_HEADER, EOF_HEADER):
            raise MalformedPacket(f"OK begins with 0x00 or 0xfe, not with {header:#04x}")
        affected_rows = reader.lenenc_int("affected rows")
        last_insert_id = reader.lenenc_int("last insert id")
        status = reader.fixed_int(2, "status")
        warnings = reader.fixed_int(2, "warnings")
        info = reader.lenenc_bytes("info") if reader.remaining else b""
        state = reader.lenenc_bytes("session state") if status & SERVER_SESSION_STATE_CHANGED else None
        status &= ~SERVER_SESSION_STATE_CHANGED
        return cls(status, affected_rows, last_insert_id, warnings, info, header == EOF_HEADER, state)


@record
class ErrPacket:
    """ERR_Packet. sqlstate is None where it is not sent: before a client with CLIENT_PROTOCOL_41 has shown itself."""

    code: int
    sqlstate: str | None
    message: bytes

    def serialize(self) -> bytes:
        state = b"" if self.sqlstate is None else b"#" + self.sqlstate.encode("ascii")
        return b"\xff" + fixed_int(self.code, 2) + state + self.message

    @classmethod
    def parse(cls, payload: bytes, *, protocol_41: bool = True) -> ErrPacket:
        reader = FieldReader(payload)
        _expect(reader, ERR_HEADER, "ERR")
        code = reader.fixed_int(2, "error code")
        sqlstate = None
        if protocol_41:
            marked = reader.fixed_bytes(6, "SQLSTATE")
            if marked[:1] != b"#" or not marked.isascii():
                raise MalformedPacket(f"a SQLSTATE is # and 5 ASCII characters, not {marked!r}")
            sqlstate = marked[1:].decode("ascii")
        return cls(code, sqlstate, reader.rest())


@record
class EofPacket:
    """EOF_Packet, where CLIENT_DEPRECATE_EOF was not agreed."""

    status: int
    warnings: int = 0

    def serialize(self) -> bytes:
        return b"\xfe" + fixed_int(self.warnings, 2) + fixed_int(self.status, 2)

    @classmethod
    def parse(cls, payload: bytes) -> EofPacket:
        reader = FieldReader(payload)
        _expect(reader, EOF_HEADER, "EOF")
        warnings = reader.fixed_int(2, "warnings")
        return cls(reader.fixed_int(2, "status"), warnings)


# --------------------------------------------------------------------------------------------------------- result sets


@record
class ColumnCount:
    """Protocol::Text Resultset, first packet."""

    count: int

    def serialize(self) -> bytes:
        return lenenc_int(self.count)

    @classmethod
    def parse(cls, payload: bytes) -> ColumnCount:
        return cls(FieldReader(payload).lenenc_int("column count"))


@record
class ColumnDefinition41:
    """Protocol::ColumnDefinition41. character_set is a collation id, column_length counts bytes."""

    name: bytes
    type: int
    character_set: int
    column_length: int
    flags: int = 0
    decimals: int = 0
    schema: bytes = b""
    table: bytes = b""
    org_table: bytes = b""
    org_name: bytes = b""

    def serialize(self) -> bytes:
        return b"".join(
            (
                b"\x03def",
                lenenc_bytes(self.schema),
                lenenc_bytes(self.table),
                lenenc_bytes(self.org_table),
                lenenc_bytes(self.name),
                lenenc_bytes(self.org_name),
                b"\x0c",
                fixed_int(self.character_set, 2),
                fixed_int(self.column_length, 4),
                fixed_int(self.type, 1),
                fixed_int(self.flags, 2),
                fixed_int(self.decimals, 1),
                b"\x00\x00",
            )
        )

    @classmethod
    def parse(cls, payload: bytes) -> ColumnDefinition41:
        reader = FieldReader(payload)
        catalogue = reader.lenenc_bytes("catalogue")
        if catalogue != b"def":
            raise MalformedPacket(f"the catalogue is always 'def', not {catalogue!r}")
        schema = reader.lenenc_bytes("schema")
        table = reader.lenenc_bytes("table")
        org_table = reader.lenenc_bytes("org_table")
        name = reader.lenenc_bytes("name")
        org_name = reader.lenenc_bytes("org_name")
        fixed_length = reader.lenenc_int("length of the fixed fields")
        if fixed_length != 0x0C:
            raise MalformedPacket(f"the fixed fields of a column have 12 bytes, not {fixed_length}")
        character_set = reader.fixed_int(2, "character set")
        column_length = reader.fixed_int(4, "column length")
        column_type = reader.fixed_int(1, "type")
        flags = reader.fixed_int(2, "flags")
        decimals = reader.fixed_int(1, "decimals")
        reader.fixed_bytes(2, "filler")
        return cls(name, column_type, character_set, column_length, flags, decimals, schema, table, org_table, org_name)


@record
class TextRow:
    """ProtocolText::ResultsetRow: the cells as bytes, None for NULL. ``rows.py`` writes many of them at a time."""

    cells: tuple[bytes | None, ...]

    def serialize(self) -> bytes:
        return b"".join(NULL_CELL if cell is None else lenenc_bytes(cell) for cell in self.cells)

    @classmethod
    def parse(cls, payload: bytes) -> TextRow:
        reader = FieldReader(payload)
        cells = []
        while reader.remaining:
            cells.append(reader.lenenc_bytes_or_null("cell"))
        return cls(tuple(cells))


# ------------------------------------------------------------------------------------------------------------ commands


@record
class ComChangeUser:
    """COM_CHANGE_USER: another login on the same connection.

    The fields after the database may be missing, as from old clients; they are None or empty then. Attributes are there
    only when CLIENT_CONNECT_ATTRS was agreed.
    """

    user: str
    auth_response: bytes
    database: str
    collation: int | None = None
    auth_plugin: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def serialize(self, capabilities: int) -> bytes:
        parts = [
            fixed_int(Command.COM_CHANGE_USER, 1),
            null_terminated(to_bytes(self.user)),
            fixed_int(len(self.auth_response), 1) + self.auth_response,
            null_terminated(to_bytes(self.database)),
        ]
        if self.collation is not None:
            parts.append(fixed_int(self.collation, 2))
            if capabilities & CLIENT_PLUGIN_AUTH and self.auth_plugin is not None:
                parts.append(null_terminated(to_bytes(self.auth_plugin)))
                if capabilities & CLIENT_CONNECT_ATTRS:
                    parts.append(serialize_attributes(self.attributes))
        return b"".join(parts)

    @classmethod
    def parse(cls, payload: bytes, capabilities: int) -> ComChangeUser:
        reader = FieldReader(payload)
        _expect(reader, Command.COM_CHANGE_USER, "COM_CHANGE_USER")
        user = to_text(reader.null_terminated("user"))
        length = reader.fixed_int(1, "length of the authentication response")
        auth_response = reader.fixed_bytes(length, "authentication response")
        database = to_text(reader.null_terminated("database"))
        collation = auth_plugin = None
        attributes: tuple[tuple[str, str], ...] = ()
        if reader.remaining:
            collation = reader.fixed_int(2, "collation")
            if capabilities & CLIENT_PLUGIN_AUTH and reader.remaining:
                auth_plugin = to_text(reader.null_terminated("authentication plugin"))
                if capabilities & CLIENT_CONNECT_ATTRS and reader.remaining:
                    attributes = parse_attributes(reader)
        return cls(user, auth_response, database, collation, auth_plugin, attributes)


@record
class ComSetOption:
    """COM_SET_OPTION: one number of enum_mysql_set_option."""

    option: int

    def serialize(self) -> bytes:
        return fixed_int(Command.COM_SET_OPTION, 1) + fixed_int(self.option, 2)

    @classmethod
    def parse(cls, payload: bytes) -> ComSetOption:
        reader = FieldReader(payload)
        _expect(reader, Command.COM_SET_OPTION, "COM_SET_OPTION")
        return cls(reader.fixed_int(2, "option"))


@record
class PlainCommand:
    """Every other command of the text protocol: its number, then bytes that it alone understands.

    For COM_QUERY they are the statement, for COM_INIT_DB the database's name; COM_QUIT, COM_PING, COM_STATISTICS and
    COM_RESET_CONNECTION have none. number need not be one that the manual lists.
    """

    number: int
    body: bytes = b""

    def serialize(self) -> bytes:
        return fixed_int(self.number, 1) + self.body

    @classmethod
    def parse(cls, payload: bytes) -> PlainCommand:
        reader = FieldReader(payload)
        return cls(reader.fixed_int(1, "command"), reader.rest())


Packet: TypeAlias = (
    HandshakeV10
    | SSLRequest
    | HandshakeResponse41
    | AuthSwitchRequest
    | AuthSwitchResponse
    | AuthMoreData
    | OkPacket
    | ErrPacket
    | EofPacket
    | ColumnCount
    | ColumnDefinition41
    | TextRow
    | ComSetOption
    | PlainCommand
)
"""Every packet that serializes without being told what was agreed."""
