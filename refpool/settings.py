"""What a connection is opened with: every parameter of connect(), checked when it is given.

This module knows the parameters, their types and their defaults. It is kept from knowing how a connection is made: it
opens no socket, and a pool with ``minsize=0`` can therefore tell its maker about a bad argument at once, long before
anything is dialled. Names, order and defaults are aiomysql's, so that its users change one word; ``database`` is
accepted beside ``db`` because the other drivers call it that.

Nothing is ignored in silence: an argument that cannot be used raises, and the text names it and its value. The one
value never shown is a password's.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from refpool import wire

__all__ = ["ConnectSettings", "connect_settings"]

# What changes the shape of packets that this driver reads or writes, and is not spoken here.
_FLAGS_NOT_SPOKEN: Final = {
    1 << 5: "CLIENT_COMPRESS: compression is not there yet",
    1 << 11: "CLIENT_SSL: pass ssl=<ssl.SSLContext> instead",
    1 << 25: "CLIENT_OPTIONAL_RESULTSET_METADATA: not there yet",
    1 << 26: "CLIENT_ZSTD_COMPRESSION_ALGORITHM: compression is not there yet",
    1 << 27: "CLIENT_QUERY_ATTRIBUTES: not there yet",
    1 << 28: "MULTI_FACTOR_AUTHENTICATION: not there yet",
}

AUTH_PLUGINS: Final = frozenset(
    {
        "mysql_native_password",
        "caching_sha2_password",
        "sha256_password",
        "mysql_clear_password",
        "client_ed25519",
    }
)
"""The login plugins that refpool can answer."""

_BARE_SQL_MODES: Final = re.compile(r"[A-Za-z_]*(?:\s*,\s*[A-Za-z_]*)*")

# my.cnf's name for each parameter that a file can give.
_OPTIONS_OF_A_FILE: Final = {
    "user": "user",
    "password": "password",
    "host": "host",
    "db": "database",
    "unix_socket": "socket",
    "port": "port",
    "charset": "default-character-set",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectSettings:
    """The parameters of one connect(), checked and complete. Make them with connect_settings().

    Attributes:
        user: never empty; the name of the operating system's user where none was given.
        password: as it enters the scrambles.
        charset: a name that PyMySQL knows, with Python's codec for it.
        sql_mode: the text behind ``SET sql_mode=``, quoted where it must be.
        connect_timeout: seconds for the whole of connecting; None: no limit.
        autocommit: None leaves the server's default.
    """

    host: str
    user: str | bytes
    password: bytes = field(repr=False)
    db: str | None
    port: int
    unix_socket: str | None
    charset: wire.Charset
    sql_mode: str | None
    conv: wire.Converters = field(repr=False)
    use_unicode: bool
    client_flag: int
    cursorclass: Callable[..., Any] | None
    init_command: str | None
    connect_timeout: float | None
    autocommit: bool | None
    echo: bool
    local_infile: bool
    loop: Any = field(repr=False)
    ssl: Any
    auth_plugin: str
    program_name: str
    server_public_key: bytes | None = field(repr=False)

    @property
    def address(self) -> str:
        """Where the connection goes, for messages: "host:port", or the path of the unix socket."""
        return self.unix_socket or f"{self.host}:{self.port}"


def connect_settings(
    host: str | None = "localhost",
    user: str | bytes | None = None,
    password: str | bytes | None = "",
    db: str | None = None,
    port: int = 3306,
    unix_socket: str | os.PathLike[str] | None = None,
    charset: str | None = "",
    sql_mode: str | None = None,
    read_default_file: str | os.PathLike[str] | None = None,
    conv: wire.Converters | None = wire.decoders,
    use_unicode: bool | None = None,
    client_flag: int = 0,
    cursorclass: Callable[..., Any] | None = None,
    init_command: str | None = None,
    connect_timeout: float | None = None,
    read_default_group: str | None = None,
    autocommit: bool | None = False,
    echo: bool = False,
    local_infile: bool = False,
    loop: Any = None,
    ssl: Any = None,
    auth_plugin: str | None = "",
    program_name: str | None = "",
    server_public_key: bytes | str | None = None,
    *,
    database: str | None = None,
    **unknown: object,
) -> ConnectSettings:
    """Connect to a MySQL or MariaDB server: ``conn = await connect(...)``, or ``async with connect(...) as conn:``.

    Args:
        host: name or address of the server.
        user: None: the operating system's user.
        password: text is sent as latin1, as PyMySQL does; give bytes for anything else.
        db, database: the initial database, under one of the two names.
        port: 1..65535.
        unix_socket: path; used instead of host and port.
        charset: the connection's character set; empty: utf8mb4.
        sql_mode: modes separated by commas, with or without quotes around them, or an expression of SQL.
        read_default_file: a my.cnf, whose values override the arguments.
        conv: a function for each field type (PyMySQL's constants.FIELD_TYPE), instead of PyMySQL's own decoders; a type
            that is not in it comes as text.
        use_unicode: False: text columns come as bytes.
        client_flag: further capabilities to ask for (PyMySQL's constants.CLIENT).
        cursorclass: what ``conn.cursor()`` makes; None: Cursor.
        init_command: SQL that is run once after the login, then committed.
        connect_timeout: seconds for the whole of connecting: name, TCP, TLS, login, first commands. None: no limit.
        read_default_group: the group in read_default_file; None: "client".
        autocommit: None leaves the server's default.
        echo: log what is executed to the logger ``refpool``.
        local_infile: let the server ask for local files (LOAD DATA LOCAL).
        loop: the running event loop, or None.
        ssl: an ssl.SSLContext; then nothing but the first packet is ever sent in plain text.
        auth_plugin: the login plugin to begin with; empty: the server's choice.
        program_name: a connection attribute, seen in performance_schema.
        server_public_key: PEM; spares caching_sha2_password and sha256_password the question for it.

    Raises:
        TypeError, ValueError: an argument cannot be used; the text names it and its value.
    """
    for name, value in unknown.items():
        raise TypeError(_unknown_argument(name, value))
    if db is not None and database is not None:
        raise TypeError(f"db={db!r} and database={database!r} are two names of one argument: give one of them")

    given: dict[str, Any] = {
        "host": host,
        "user": user,
        "password": password,
        "db": database if db is None else db,
        "unix_socket": unix_socket,
        "port": port,
        "charset": charset,
    }
    if _path("read_default_file", read_default_file):
        given |= _from_file(read_default_file, read_default_group)
    elif read_default_group:
        raise ValueError(f"read_default_group={read_default_group!r} is a group of a file: give read_default_file, too")

    return ConnectSettings(
        host=_text("host", given["host"]) or "localhost",
        user=_user(given["user"]),
        password=_password(given["password"]),
        db=_text("db" if database is None else "database", given["db"]) or None,
        port=_port(given["port"]),
        unix_socket=_path("unix_socket", given["unix_socket"]) or None,
        charset=_charset(given["charset"]),
        sql_mode=None if sql_mode is None else _sql_mode(_text("sql_mode", sql_mode)),
        conv=_conv(conv),
        use_unicode=_flag("use_unicode", True if use_unicode is None else use_unicode),
        client_flag=_client_flag(client_flag),
        cursorclass=_cursorclass(cursorclass),
        init_command=_text("init_command", init_command) or None,
        connect_timeout=_seconds("connect_timeout", connect_timeout),
        autocommit=None if autocommit is None else _flag("autocommit", autocommit),
        echo=_flag("echo", echo),
        local_infile=_flag("local_infile", local_infile),
        loop=_loop(loop),
        ssl=_ssl(ssl),
        auth_plugin=_auth_plugin(auth_plugin),
        program_name=_text("program_name", program_name),
        server_public_key=_key(server_public_key),
    )


_PARAMETERS: Final = tuple(name for name in connect_settings.__annotations__ if name not in ("unknown", "return"))
_OTHER_NAMES: Final = {"passwd": "password", "cursor_cls": "cursorclass", "socket": "unix_socket", "username": "user"}


def _unknown_argument(name: str, value: object) -> str:
    import difflib  # here: whoever makes no mistake need not wait for it

    shown = "..." if "pass" in name.lower() else repr(value)
    close = [_OTHER_NAMES[name]] if name in _OTHER_NAMES else difflib.get_close_matches(name, _PARAMETERS, n=1)
    hint = f", did you mean {close[0]}?" if close else ""
    return f"connect() got an unexpected keyword argument {name!r} (given {name}={shown}){hint}"


def _from_file(path: object, group: object) -> dict[str, Any]:
    file = os.path.expanduser(_path("read_default_file", path))
    wanted = _text("read_default_group", group) or "client"
    try:
        options = wire.read_option_file(file, wanted, _OPTIONS_OF_A_FILE.values())
    except (OSError, ValueError) as cause:
        raise ValueError(f"read_default_file={path!r} cannot be read: {cause}") from cause
    if options is None:
        if group is not None:
            raise ValueError(f"read_default_group={group!r} is not in {file}")
        return {}
    values: dict[str, Any] = {name: options[key] for name, key in _OPTIONS_OF_A_FILE.items() if key in options}
    if "port" in values:
        try:
            values["port"] = int(values["port"])
        except ValueError:
            raise ValueError(f"read_default_file={path!r}: port={values['port']!r} is no number") from None
    return values


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name}={value!r} should be text, not {type(value).__name__}")
    return value


def _path(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name}={value!r} should be a path, not {type(value).__name__}")
    return str(os.fspath(value))


def _user(value: object) -> str | bytes:
    if isinstance(value, bytes) and value:
        return value
    if not isinstance(value, bytes) and _text("user", value):
        return _text("user", value)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no entry; OSError since Python 3.13
        return "unknown"


def _password(value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"password should be text or bytes, not {type(value).__name__}")
    try:
        return value.encode("latin1")
    except UnicodeEncodeError:
        raise ValueError(
            "password has characters outside latin1: give it as bytes, encoded as the account was made"
        ) from None


def _port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"port={value!r} should be an int, not {type(value).__name__}")
    if not 0 < value < 65536:
        raise ValueError(f"port={value!r} should be within 1..65535")
    return value


def _charset(value: object) -> wire.Charset:
    name = _text("charset", value) or "utf8mb4"
    try:
        return wire.charset_named(name)
    except LookupError as cause:
        raise ValueError(f"charset={value!r} is not known: {cause}") from cause


def _sql_mode(text: str) -> str:
    # A list of modes is quoted, whether it has one or many; DEFAULT is a keyword; what else there is is SQL.
    bare = text.strip()
    if _BARE_SQL_MODES.fullmatch(bare) and bare.upper() != "DEFAULT":
        return f"'{bare}'"
    return bare


def _conv(value: object) -> wire.Converters:
    if value is None:
        return wire.decoders
    if not isinstance(value, Mapping):
        raise TypeError(f"conv={value!r} should be a mapping from field types to functions, not {type(value).__name__}")
    return value


def _flag(name: str, value: object) -> bool:
    if value not in (True, False):
        raise TypeError(f"{name}={value!r} should be True or False")
    return bool(value)


def _client_flag(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"client_flag={value!r} should be an int, not {type(value).__name__}")
    if not 0 <= value < 1 << 32:
        raise ValueError(f"client_flag={value!r} should be within 0..2**32-1")
    for flag, reason in _FLAGS_NOT_SPOKEN.items():
        if value & flag:
            raise ValueError(f"client_flag={value!r} has {reason}")
    return value


def _cursorclass(value: Callable[..., Any] | None) -> Callable[..., Any] | None:
    if value is not None and not callable(value):
        raise TypeError(f"cursorclass={value!r} should be a class of cursors, not {type(value).__name__}")
    return value


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r} should be a number of seconds or None, not {type(value).__name__}")
    if not value > 0:
        raise ValueError(f"{name}={value!r} should be more than 0 seconds, or None for no limit")
    return float(value)


def _loop(value: Any) -> Any:
    if value is not None and not hasattr(value, "create_connection"):
        raise TypeError(f"loop={value!r} should be an event loop or None, not {type(value).__name__}")
    return value


def _ssl(value: Any) -> Any:
    if value is None or value is False or value == {}:
        return None
    # By what it can do: this module imports no ssl.
    if not hasattr(value, "wrap_bio"):
        raise TypeError(f"ssl={value!r} should be an ssl.SSLContext or None, not {type(value).__name__}")
    return value


def _auth_plugin(value: object) -> str:
    name = _text("auth_plugin", value)
    if name and name not in AUTH_PLUGINS:
        raise ValueError(f"auth_plugin={name!r} is not there yet; there are: {', '.join(sorted(AUTH_PLUGINS))}")
    return name


def _key(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value or None
    return _text("server_public_key", value).encode("ascii") or None
