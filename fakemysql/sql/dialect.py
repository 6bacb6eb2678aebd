"""How the SQL of MariaDB and MySQL differs, as data that the session side reads.

A deviation that several places have to know, or that is a matter of statements and sessions, is a field here with a
value for each server. What one function or operator does differently on one of them stands in its own entry, as two
numbers from which :meth:`Dialect.pick` chooses or as a branch on :attr:`Dialect.mariadb`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from .. import constants as c
from ..records import record
from .charsets import mariadb_charsets, mysql_charsets

if TYPE_CHECKING:
    from .charsets import Charsets

T = TypeVar("T")


@record
class Dialect:
    """One family of servers, as far as statements can tell.

    product: the name in error texts. version_number: what ``/*!50110 ... */`` is compared with. select_clause: how an
    error names the list behind SELECT. string_decimals: the decimals of a string column. string_types: from how many
    bytes on a string is of which blob type. isolation_variable, read_only_variable: what the two settings are called.
    begin_keeps_read_only: BEGIN within a read-only transaction starts another read-only one. show_scans: SHOW reads a
    table without an index, and says so in the status. show_opens_transaction: SHOW of tables opens a transaction under
    autocommit=0. temporary_table_opens_transaction: so does CREATE TEMPORARY TABLE where it makes one, and not
    where the table is there already; elsewhere it is the other way round. killed_sleep: what SLEEP answers when KILL
    QUERY ends it, None for error 1317. time_limit_variable: what bounds how long a statement may take.
    warnings_outlive: a statement that reads no table keeps the warnings of the one before.
    reset_restores_handshake_charset: a reset goes back to the character set of the login.
    ignores_space_after_reset: the mode that CLIENT_IGNORE_SPACE asks for at the login is set again by a reset and
    another login. longest_alias_bytes: where the name that a column is given is cut off, in UTF-8.
    lock_names_fold: GET_LOCK('A') asks for the lock 'a'.
    """

    product: str
    mariadb: bool
    version_number: int
    select_clause: str
    string_decimals: int
    string_types: tuple[tuple[int, int], ...]
    isolation_variable: str
    read_only_variable: str
    begin_keeps_read_only: bool
    show_scans: bool
    show_opens_transaction: bool
    temporary_table_opens_transaction: bool
    killed_sleep: int | None
    time_limit_variable: str
    warnings_outlive: bool
    reset_restores_handshake_charset: bool
    ignores_space_after_reset: bool
    longest_alias_bytes: int
    lock_names_fold: bool

    def pick(self, mariadb: T, mysql: T) -> T:
        return mariadb if self.mariadb else mysql

    @property
    def charsets(self) -> Charsets:
        return mariadb_charsets() if self.mariadb else mysql_charsets()

    def string_type(self, length_bytes: int) -> int:
        """The field type of a string column that may hold so many bytes."""
        for least, field_type in self.string_types:
            if length_bytes >= least:
                return field_type
        return c.FIELD_TYPE_VAR_STRING


MARIADB: Final = Dialect(
    product="MariaDB",
    mariadb=True,
    version_number=101119,
    select_clause="SELECT",
    string_decimals=39,
    string_types=((1 << 24, c.FIELD_TYPE_LONG_BLOB), (1 << 16, c.FIELD_TYPE_MEDIUM_BLOB)),
    isolation_variable="tx_isolation",
    read_only_variable="tx_read_only",
    begin_keeps_read_only=False,
    show_scans=True,
    show_opens_transaction=False,
    temporary_table_opens_transaction=False,
    killed_sleep=None,
    time_limit_variable="max_statement_time",
    warnings_outlive=True,
    reset_restores_handshake_charset=True,
    ignores_space_after_reset=False,
    longest_alias_bytes=255,
    lock_names_fold=False,
)
MYSQL: Final = Dialect(
    product="MySQL",
    mariadb=False,
    version_number=90704,
    select_clause="field list",
    string_decimals=31,
    string_types=((1 << 24, c.FIELD_TYPE_LONG_BLOB), (1 << 16, c.FIELD_TYPE_MEDIUM_BLOB)),
    isolation_variable="transaction_isolation",
    read_only_variable="transaction_read_only",
    begin_keeps_read_only=True,
    show_scans=False,
    show_opens_transaction=True,
    temporary_table_opens_transaction=True,
    killed_sleep=1,
    time_limit_variable="max_execution_time",
    warnings_outlive=False,
    reset_restores_handshake_charset=False,
    ignores_space_after_reset=True,
    longest_alias_bytes=256,
    lock_names_fold=True,
)
