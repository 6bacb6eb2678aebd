"""refpool: an asyncio MySQL driver and connection pool.

    async with refpool.create_pool(host="127.0.0.1", user="app", db="shop") as pool:
        async with pool.acquire() as conn, conn.cursor() as cur:
            await cur.execute("SELECT name FROM item WHERE id = %s", (7,))
            (name,) = await cur.fetchone()

Names, signatures and behaviour are those that users know from aiomysql; the exceptions are PyMySQL's classes.
"""

from refpool import cursors
from refpool.connection import Connection, connect
from refpool.cursors import Cursor, DictCursor, SSCursor, SSDictCursor
from refpool.errors import (
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
from refpool.pool import Pool, PoolClosed, PoolStats, PoolTimeout, TooManyWaiting, create_pool
from refpool.version import __version__
from refpool.wire import (
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
    escape_dict,
    escape_sequence,
    escape_string,
)

apilevel = "2.0"
threadsafety = 1
paramstyle = "pyformat"

__all__ = [
    "connect",
    "create_pool",
    "Connection",
    "Pool",
    "PoolClosed",
    "PoolStats",
    "PoolTimeout",
    "TooManyWaiting",
    "Cursor",
    "DictCursor",
    "SSCursor",
    "SSDictCursor",
    "cursors",
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
    "escape_dict",
    "escape_sequence",
    "escape_string",
    "apilevel",
    "threadsafety",
    "paramstyle",
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
    "__version__",
]
