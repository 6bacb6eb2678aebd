"""The one place where PyMySQL enters: payloads to values, values to SQL text, ERR packets to exceptions.

This module knows the shapes of the packets a client reads and writes, and where PyMySQL already does a thing well
(converters, charsets, error classes, password scrambles, option files) it asks PyMySQL. It is kept from knowing
connections: it gets bytes and gives values, so that each of its functions is tested by a plain call, and so that a
change in PyMySQL is met in one file. PyMySQL's own packet round trips (``_auth.*_auth``, ``MySQLResult``) are left
alone: they want a blocking connection of their own.

A payload is a packet's body without the four bytes of its header, with the pieces of a packet of 16 MiB and more
already joined.
"""

from __future__ import annotations

import configparser
import functools
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pymysql import (
    BINARY,
    DATE,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    TIME,
    TIMESTAMP,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
    _auth,
    converters,
    err,
)
from pymysql.charset import charset_by_id, charset_by_name
from pymysql.constants import CLIENT, COMMAND, CR, FIELD_TYPE, SERVER_STATUS
from pymysql.converters import decoders, escape_string
from pymysql.err import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    MySQLError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from pymysql.optionfile import Parser
from pymysql.protocol import FieldDescriptorPacket

__all__ = [
    # DB-API types and constructors
    "BINARY",
    "DATE",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "TIME",
    "TIMESTAMP",
    "Binary",
    "Date",
    "DateFromTicks",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    # the manual's numbers
    "CLIENT",
    "COMMAND",
    "CR",
    "FIELD_TYPE",
    "SERVER_STATUS",
    # exceptions
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "MySQLError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "MalformedPacket",
    "MissingPackage",
    "error_from_payload",
    # payloads to values
    "Charset",
    "Field",
    "Greeting",
    "OkPacket",
    "charset_named",
    "charset_name_of_collation",
    "lenenc",
    "lenenc_bytes",
    "lenenc_int_at",
    "parse_eof",
    "parse_field",
    "parse_greeting",
    "parse_ok",
    # values to text
    "decoders",
    "encoders",
    "escape",
    "escape_dict",
    "escape_sequence",
    "escape_string",
    "parse_date",
    "parse_datetime",
    "through",
    "to_decimal",
    # passwords
    "encrypt_password",
    "scramble_caching_sha2",
    "scramble_ed25519",
    "scramble_native",
    # files
    "read_option_file",
]

# What PyMySQL calls these differs between its releases, or they are ours to name.
CLIENT_SESSION_TRACK: Final = 1 << 23
CLIENT_DEPRECATE_EOF: Final = 1 << 24
STATUS_IN_TRANS: Final = SERVER_STATUS.SERVER_STATUS_IN_TRANS
STATUS_AUTOCOMMIT: Final = SERVER_STATUS.SERVER_STATUS_AUTOCOMMIT
STATUS_MORE_RESULTS: Final = SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS
STATUS_NO_BACKSLASH_ESCAPES: Final = SERVER_STATUS.SERVER_STATUS_NO_BACKSLASH_ESCAPES
STATUS_SESSION_STATE_CHANGED: Final = 1 << 14

COM_RESET_CONNECTION: Final = 0x1F

LARGEST_PAYLOAD: Final = 0xFF_FF_FF
"""The longest payload of one packet; one of exactly this length is continued in the next (manual: "Sending More Than
16Mb")."""

BINARY_COLLATION: Final = 63

_SESSION_TRACK_SCHEMA: Final = 1


def _escape_timedelta(value: timedelta, mapping: object = None) -> str:
    # PyMySQL before 1.2 takes the sign from the days alone, and so gets every negative one wrong.
    minutes, seconds = divmod(abs(value).seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{'-' if value.days < 0 else ''}{abs(value).days * 24 + hours:02}:{minutes:02}:{seconds:02}"
    microseconds = abs(value).microseconds
    return f"'{text}.{microseconds:06}'" if microseconds else f"'{text}'"


encoders: Final[dict[type, Callable[..., str]]] = {**converters.encoders, timedelta: _escape_timedelta}
through = converters.through
parse_datetime = converters.convert_datetime
parse_date = converters.convert_date
to_decimal = Decimal

Converter = Callable[[Any], Any]
Converters = Mapping[int, Converter | None]


class MalformedPacket(ValueError):
    """A payload ended inside a field, or says something that the protocol has no meaning for."""


class MissingPackage(RuntimeError):
    """A login needs a Python package that is not installed; the text names it."""


# -- Numbers and strings of the protocol ------------------------------------------------------------------------------


def lenenc(number: int) -> bytes:
    """Write a length-encoded integer, 0..2**64-1 (manual: Protocol::LengthEncodedInteger)."""
    if number < 0xFB:
        return bytes((number,))
    if number < 1 << 16:
        return b"\xfc" + number.to_bytes(2, "little")
    if number < 1 << 24:
        return b"\xfd" + number.to_bytes(3, "little")
    return b"\xfe" + number.to_bytes(8, "little")


def lenenc_bytes(data: bytes) -> bytes:
    """Write a length-encoded string."""
    return lenenc(len(data)) + data


_LENENC_WIDTH: Final = {0xFC: 2, 0xFD: 3, 0xFE: 8}


def lenenc_int_at(data: bytes, position: int) -> tuple[int, int]:
    """Read a length-encoded integer.

    Returns:
        the number, and the position behind it.

    Raises:
        MalformedPacket: the data end before the number does, or 0xFB (NULL) or 0xFF stands where a number belongs.
    """
    if position >= len(data):
        raise MalformedPacket(f"a length-encoded integer was due at byte {position} of {len(data)}")
    first = data[position]
    if first < 0xFB:
        return first, position + 1
    width = _LENENC_WIDTH.get(first)
    if width is None:
        raise MalformedPacket(f"byte {position} is {first:#x}, which begins no length-encoded integer")
    end = position + 1 + width
    if end > len(data):
        raise MalformedPacket(f"a length-encoded integer of {width} bytes at byte {position} of {len(data)}")
    return int.from_bytes(data[position + 1 : end], "little"), end


def _lenenc_bytes_at(data: bytes, position: int) -> tuple[bytes, int]:
    size, position = lenenc_int_at(data, position)
    end = position + size
    if end > len(data):
        raise MalformedPacket(f"a string of {size} bytes at byte {position} of {len(data)}")
    return data[position:end], end


# -- Packets the server sends -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Greeting:
    """Protocol::HandshakeV10: what the server says first.

    Attributes:
        salt: 8 bytes, or 20 (the scramble without its closing zero byte).
        collation: the server's default, or None from a server that speaks the short form.
        auth_plugin: '' when the server names none.
    """

    protocol_version: int
    server_version: str
    thread_id: int
    salt: bytes
    capabilities: int
    collation: int | None
    status: int
    auth_plugin: str


_GREETING_MIDDLE: Final = struct.Struct("<I8sxH")
_GREETING_TAIL: Final = struct.Struct("<BHHB10x")


def parse_greeting(payload: bytes) -> Greeting:
    """Read Protocol::HandshakeV10.

    Raises:
        MalformedPacket: another protocol version than 10, or the payload is cut short.
    """
    if not payload or payload[0] != 10:
        raise MalformedPacket(f"the server speaks protocol version {payload[:1].hex() or 'nothing'}, 10 is known")
    version_end = payload.find(b"\0", 1)
    try:
        thread_id, salt, capabilities = _GREETING_MIDDLE.unpack_from(payload, version_end + 1)
    except struct.error:
        raise MalformedPacket(f"a greeting of {len(payload)} bytes is too short") from None
    position = version_end + 1 + _GREETING_MIDDLE.size
    collation = None
    status = 0
    auth_plugin = ""
    if len(payload) >= position + _GREETING_TAIL.size:
        collation, status, upper, salt_size = _GREETING_TAIL.unpack_from(payload, position)
        capabilities |= upper << 16
        position += _GREETING_TAIL.size
        # The manual's own formula: the second part is never shorter than 13 bytes, the last of them zero.
        part_size = max(13, salt_size - 8)
        salt += payload[position : position + part_size - 1]
        position += part_size
        if capabilities & CLIENT.PLUGIN_AUTH:
            # Servers before 5.5.10 leave out the closing zero byte (MySQL bug 59453).
            auth_plugin = payload[position:].partition(b"\0")[0].decode("latin1")
    return Greeting(
        protocol_version=payload[0],
        server_version=payload[1:version_end].decode("latin1"),
        thread_id=thread_id,
        salt=salt,
        capabilities=capabilities,
        collation=collation,
        status=status,
        auth_plugin=auth_plugin,
    )


class OkPacket(NamedTuple):
    """OK_Packet, and the OK that ends rows under CLIENT_DEPRECATE_EOF.

    Attributes:
        schema: the new default database, when the server says that it changed (CLIENT_SESSION_TRACK).
    """

    affected_rows: int
    insert_id: int
    status: int
    warning_count: int
    message: bytes
    schema: str | None


_STATUS_AND_WARNINGS: Final = struct.Struct("<HH")


def parse_ok(payload: bytes, *, session_track: bool) -> OkPacket:
    """Read an OK packet.

    Args:
        payload: payload[0] is 0x00, or 0xFE for the one that ends rows.
        session_track: CLIENT_SESSION_TRACK was agreed.

    Raises:
        MalformedPacket: the payload ended inside a field.

    Source: MySQL manual, OK_Packet.
    """
    if len(payload) > 3 and payload[1] < 0xFB and payload[2] < 0xFB:  # nearly every OK there is
        affected_rows, insert_id, position = payload[1], payload[2], 3
    else:
        affected_rows, position = lenenc_int_at(payload, 1)
        insert_id, position = lenenc_int_at(payload, position)
    try:
        status, warning_count = _STATUS_AND_WARNINGS.unpack_from(payload, position)
    except struct.error:
        raise MalformedPacket(f"an OK of {len(payload)} bytes has no status") from None
    message = payload[position + 4 :]
    schema = None
    if session_track and message:
        message, position = _lenenc_bytes_at(payload, position + 4)
        if status & STATUS_SESSION_STATE_CHANGED:
            schema = _changed_schema(_lenenc_bytes_at(payload, position)[0])
    return OkPacket(affected_rows, insert_id, status, warning_count, message, schema)


def _changed_schema(changes: bytes) -> str | None:
    schema = None
    position = 0
    while position < len(changes):
        kind = changes[position]
        data, position = _lenenc_bytes_at(changes, position + 1)
        if kind == _SESSION_TRACK_SCHEMA:
            schema = _lenenc_bytes_at(data, 0)[0].decode("utf8", "replace")
    return schema


def parse_eof(payload: bytes) -> tuple[int, int]:
    """Read an EOF packet: status and warning count.

    Raises:
        MalformedPacket: the payload is cut short.
    """
    if len(payload) < 5:
        raise MalformedPacket(f"an EOF of {len(payload)} bytes has no status")
    warning_count, status = _STATUS_AND_WARNINGS.unpack_from(payload, 1)
    return status, warning_count


def error_from_payload(payload: bytes) -> MySQLError:
    """Read an ERR packet as the exception class that PyMySQL maps its code to.

    Returns:
        an exception with args (code, message) and ``sqlstate``: 5 characters, or None when none was sent, as in a
        refusal before the greeting.

    Raises:
        MalformedPacket: the payload is cut short.
    """
    if len(payload) < 3:
        raise MalformedPacket(f"an ERR of {len(payload)} bytes has no code")
    code = int.from_bytes(payload[1:3], "little")
    sqlstate, message = None, payload[3:]
    if message[:1] == b"#":
        sqlstate, message = message[1:6].decode("ascii", "replace"), message[6:]
    # PyMySQL reads the code as a signed number, and so loses what a component numbers above 32767.
    kind = err.error_map.get(code) or (InternalError if code < 1000 else OperationalError)
    error: MySQLError = kind(code, message.decode("utf8", "replace"))
    error.sqlstate = sqlstate  # type: ignore[attr-defined]  # older releases of PyMySQL do not have the attribute
    return error


@dataclass(frozen=True, slots=True)
class Field:
    """A column definition.

    Attributes:
        length: the column's greatest length in bytes.
        flags: the manual's Column Definition Flags; scale: digits behind the point.
    """

    name: str
    org_name: str
    table_name: str
    org_table: str
    db: bytes
    charsetnr: int
    length: int
    type_code: int
    flags: int
    scale: int
    _description: tuple[Any, ...]

    def description(self) -> tuple[Any, ...]:
        """The DB-API's seven, as PyMySQL fills them."""
        return self._description


@functools.lru_cache(maxsize=512)
def parse_field(payload: bytes, encoding: str) -> Field:
    """Read Protocol::ColumnDefinition41; kept, since all connections of a pool are told the same ones.

    Raises:
        MalformedPacket: the payload ended inside a field, or a name is not text in the connection's encoding.
    """
    try:
        packet: Any = FieldDescriptorPacket(payload, encoding)
        return Field(
            packet.name,
            packet.org_name,
            packet.table_name,
            packet.org_table,
            packet.db,
            packet.charsetnr,
            packet.length,
            packet.type_code,
            packet.flags,
            packet.scale,
            packet.description(),
        )
    except (AssertionError, AttributeError, IndexError, TypeError, struct.error, UnicodeDecodeError) as cause:
        raise MalformedPacket(f"a column definition of {len(payload)} bytes cannot be read") from cause


# -- Charsets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Charset:
    """A character set of the server: its name, the id and name of its default collation, and Python's codec."""

    name: str
    collation_id: int
    collation: str
    encoding: str


@functools.lru_cache(maxsize=64)
def charset_named(name: str) -> Charset:
    """Look up a character set.

    Raises:
        LookupError: neither PyMySQL nor Python knows it.
    """
    known: Any = charset_by_name(name)
    if known is None:
        raise LookupError(f"{name!r} is no character set that PyMySQL knows")
    "".encode(known.encoding)
    return Charset(name=name, collation_id=known.id, collation=known.collation, encoding=known.encoding)


@functools.lru_cache(maxsize=64)
def charset_name_of_collation(collation_id: int) -> str | None:
    """The character set of a collation, None when PyMySQL does not know it (newer servers have many more)."""
    try:
        known: Any = charset_by_id(collation_id)
    except KeyError:
        return None
    return str(known.name)


# -- Values to SQL text -----------------------------------------------------------------------------------------------

_SEQUENCES: Final = (tuple, list, set, frozenset)


def escape(value: object, charset: str, *, no_backslash_escapes: bool = False) -> str:
    """Write a value as a literal of SQL.

    Args:
        value: anything PyMySQL converts; besides, bytes in all their forms become a hexadecimal literal (safe in every
            character set and sql_mode), and a tuple, list or set becomes ``(a,b)``, for ``IN %s``.
        charset: the connection's.
        no_backslash_escapes: the server's sql_mode has NO_BACKSLASH_ESCAPES.

    Raises:
        TypeError: a dict, or another type without a literal.
        ProgrammingError: nan or infinity.
    """
    if isinstance(value, str):
        return "'" + escape_text(value, no_backslash_escapes=no_backslash_escapes) + "'"
    if isinstance(value, (bytes, bytearray, memoryview)):
        # _binary makes it a string everywhere: a bare X'31' + 0 is 49.
        return f"_binary X'{value.hex()}'"
    if type(value) in _SEQUENCES:
        items: Any = value
        return (
            "(" + ",".join([escape(item, charset, no_backslash_escapes=no_backslash_escapes) for item in items]) + ")"
        )
    if no_backslash_escapes and type(value) not in encoders:
        return "'" + escape_text(str(value), no_backslash_escapes=True) + "'"
    return str(converters.escape_item(value, charset, encoders))


def escape_text(text: str, *, no_backslash_escapes: bool = False) -> str:
    """Escape text for use between single quotes."""
    if no_backslash_escapes:
        return text.replace("'", "''")
    return str(escape_string(text))


def escape_sequence(values: Any, charset: str, mapping: Any = None) -> str:
    """``(a,b)`` of the values' literals; kept for users of aiomysql.escape_sequence."""
    return "(" + ",".join([escape(value, charset) for value in values]) + ")"


def escape_dict(values: Mapping[Any, Any], charset: str, mapping: Any = None) -> dict[Any, str]:
    """The same keys with their values' literals; kept for users of aiomysql.escape_dict."""
    return {key: escape(value, charset) for key, value in values.items()}


# -- Passwords --------------------------------------------------------------------------------------------------------


def scramble_native(password: bytes, salt: bytes) -> bytes:
    """mysql_native_password's answer; empty for an empty password."""
    return bytes(_auth.scramble_native_password(password, salt))


def scramble_caching_sha2(password: bytes, salt: bytes) -> bytes:
    """caching_sha2_password's first answer; empty for an empty password."""
    return bytes(_auth.scramble_caching_sha2(password, salt))


def scramble_ed25519(password: bytes, salt: bytes) -> bytes:
    """MariaDB's client_ed25519 answer.

    Raises:
        MissingPackage: PyNaCl is not installed.
    """
    try:
        return bytes(_auth.ed25519_password(password, salt))
    except RuntimeError as cause:
        raise MissingPackage("the login plugin client_ed25519 needs PyNaCl: pip install PyMySQL[ed25519]") from cause


def encrypt_password(password: bytes, salt: bytes, public_key: bytes) -> bytes:
    """Encrypt a password with the server's RSA key, for caching_sha2_password and sha256_password without TLS.

    Raises:
        MissingPackage: the package cryptography is not installed.
        ValueError: the key is no PEM public key.
    """
    try:
        return bytes(_auth.sha2_rsa_encrypt(password, salt, public_key))
    except RuntimeError as cause:
        raise MissingPackage(
            "a password over a connection without TLS has to be encrypted: pip install refpool[rsa]"
        ) from cause


# -- Option files -----------------------------------------------------------------------------------------------------


def read_option_file(path: str, group: str, names: Iterable[str]) -> dict[str, str] | None:
    """Read the named options of one group of a my.cnf.

    Returns:
        the options that are there, values without their quotes; None when the file has no such group.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is no option file.
    """
    parser = Parser()
    try:
        with open(path, encoding="utf8") as file:
            parser.read_file(file, path)
    except (configparser.Error, UnicodeDecodeError) as cause:
        raise ValueError(f"{path} is no option file: {cause}") from cause
    if not parser.has_section(group):
        return None
    return {name: parser.get(group, name) for name in names if parser.has_option(group, name)}
