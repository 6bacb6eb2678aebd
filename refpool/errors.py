"""The exceptions of refpool.

    MySQLError                      PyMySQL's classes throughout, so that ``except pymysql.err.OperationalError`` works
    ├── Warning
    └── Error
        ├── InterfaceError
        │   ├── NotConnected        the caller's: used after it was closed, cancelled or lost
        │   └── ConnectionBusy      the caller's: a second command while one is running
        └── DatabaseError
            ├── DataError, IntegrityError, NotSupportedError
            ├── OperationalError
            │   ├── ConnectFailed   the network's or the clock's: no connection was made (2003)
            │   ├── TLSRefused      the peer's: TLS was asked for and the server has none (2026)
            │   ├── LoginFailed     the peer's: its login plugin is unknown, or speaks out of turn (2059, 2061)
            │   ├── ConnectionLost  the network's or the peer's: a connection that stood is gone (2013)
            │   └── LocalFileError  the caller's: the file of LOAD DATA LOCAL is not to be had (1017, 1024)
            ├── InternalError
            │   └── OutOfStep       the peer's: its packets do not follow one another
            └── ProgrammingError
                └── WrongParameters the caller's: the parameters do not fit the statement (a TypeError, too)

An error that the server sent is one of the DB-API's classes itself, by its code. The leaves are ours: whose fault a
thing was is in the class, and what there is to know about it is in fields as well as in the text. None of them has a
constructor of its own: args are (code, message), as everywhere in PyMySQL, and the exceptions can be pickled.
"""

from __future__ import annotations

from refpool.wire import (
    CR,
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

__all__ = [
    "MySQLError",
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "OperationalError",
    "IntegrityError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
    "ConnectFailed",
    "ConnectionBusy",
    "ConnectionLost",
    "LocalFileError",
    "LoginFailed",
    "NotConnected",
    "OutOfStep",
    "TLSRefused",
    "WrongParameters",
    "DBAPIErrors",
]


class NotConnected(InterfaceError):
    """The connection was used after it was closed. The text is the one that users of aiomysql look for."""

    @classmethod
    def because(cls, reason: str | None) -> NotConnected:
        """Make the error; ``reason`` says how the connection came to be closed, None for an ordinary close()."""
        return cls("(0, 'Not connected')" if reason is None else reason)


class ConnectionBusy(InterfaceError):
    """A second command came while one was running: one task at a time may use a connection.

    Attributes:
        thread_id: the server's number of the connection.
    """

    thread_id: int = 0

    @classmethod
    def on(cls, thread_id: int) -> ConnectionBusy:
        error = cls(
            0,
            f"connection {thread_id} is busy with another command: one task at a time may use a connection, "
            f"each further one needs a connection of its own",
        )
        error.thread_id = thread_id
        return error


class ConnectFailed(OperationalError):
    """No connection was made.

    Attributes:
        address: "host:port" or the path of the unix socket.
        timed_out: connect_timeout ended the attempt.
    """

    address: str = ""
    timed_out: bool = False

    @classmethod
    def to(cls, host: str, address: str, reason: str, *, timed_out: bool = False) -> ConnectFailed:
        error = cls(CR.CR_CONN_HOST_ERROR, f"Can't connect to MySQL server on {host!r} ({address}: {reason})")
        error.address = address
        error.timed_out = timed_out
        return error


class TLSRefused(OperationalError):
    """TLS was asked for, and the server offers none; nothing was said in plain text."""

    @classmethod
    def by(cls, address: str) -> TLSRefused:
        return cls(
            CR.CR_SSL_CONNECTION_ERROR,
            f"ssl was given, but the server at {address} offers no TLS; the connection was closed before anything was "
            f"sent in plain text",
        )


class LoginFailed(OperationalError):
    """The login ended before the server decided: its plugin is not one of ours, or it spoke out of turn.

    Attributes:
        plugin: the login plugin, as the server names it.
    """

    plugin: str = ""

    @classmethod
    def unknown_plugin(cls, plugin: str) -> LoginFailed:
        error = cls(
            CR.CR_AUTH_PLUGIN_CANNOT_LOAD,
            f"Authentication plugin {plugin!r} not configured: the server wants it for this account, refpool has none",
        )
        error.plugin = plugin
        return error

    @classmethod
    def in_plugin(cls, plugin: str, reason: str) -> LoginFailed:
        error = cls(CR.CR_AUTH_PLUGIN_ERR, f"Authentication plugin {plugin!r}: {reason}")
        error.plugin = plugin
        return error


class ConnectionLost(OperationalError):
    """A connection that stood is gone.

    Attributes:
        farewell: (code, message) of the server's last words, when it said any: 4031 after wait_timeout, 1053 at a
            shutdown, 1927 after a KILL.
    """

    farewell: tuple[int, str] | None = None

    @classmethod
    def because(cls, reason: str, farewell: tuple[int, str] | None = None) -> ConnectionLost:
        error = cls(CR.CR_SERVER_LOST, f"Lost connection to MySQL server during query ({reason})")
        error.farewell = farewell
        return error


class LocalFileError(OperationalError, RuntimeError):
    """The file that LOAD DATA LOCAL asked for was not sent. A RuntimeError as well: aiomysql's users look for one."""

    @classmethod
    def for_file(cls, code: int, name: str, reason: str) -> LocalFileError:
        return cls(code, f"LOAD DATA LOCAL: {name!r} was not sent: {reason}")


class OutOfStep(InternalError):
    """The server's packets do not follow one another, or cannot be read; the connection is closed.

    Attributes:
        came, due: sequence numbers, 0..255, when it was they that did not fit.
    """

    came: int | None = None
    due: int | None = None

    @classmethod
    def sequence(cls, came: int, due: int) -> OutOfStep:
        error = cls(0, f"Packet sequence number wrong - got {came} expected {due}; the connection is closed")
        error.came, error.due = came, due
        return error

    @classmethod
    def malformed(cls, reason: str) -> OutOfStep:
        return cls(0, f"the server sent a packet that cannot be read: {reason}; the connection is closed")


class WrongParameters(ProgrammingError, TypeError):
    """The parameters do not fit the statement's placeholders. A TypeError as well, as with aiomysql."""


class DBAPIErrors:
    """The DB-API's optional extension: its error classes as attributes of connections and cursors."""

    Warning = Warning
    Error = Error
    InterfaceError = InterfaceError
    DatabaseError = DatabaseError
    DataError = DataError
    OperationalError = OperationalError
    IntegrityError = IntegrityError
    InternalError = InternalError
    ProgrammingError = ProgrammingError
    NotSupportedError = NotSupportedError
