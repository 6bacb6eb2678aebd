"""What a statement fails with: the code, the SQLSTATE and the text of both servers, one constructor an error.

Raised while a statement is parsed, bound or run, and turned into a :class:`~fakemysql.answers.Failure` in one place,
the engine. Where the two servers' texts differ the difference is in the :class:`~fakemysql.sql.dialect.Dialect`; a
constructor whose text depends on it takes it as an argument.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .dialect import Dialect

# A server prints at most so many characters of the statement behind "near".
NEAR_LIMIT_CHARACTERS: Final = 80


class SqlError(Exception):
    """An ERR packet in the making: code, sqlstate (five characters) and message."""

    def __init__(self, code: int, sqlstate: str, message: str) -> None:
        super().__init__(code, sqlstate, message)
        self.code = code
        self.sqlstate = sqlstate
        self.message = message

    def copy(self) -> SqlError:
        """The same error, as if it had never been raised."""
        return SqlError(self.code, self.sqlstate, self.message)


class Unsupported(SqlError):
    """A statement that a real server may well understand and this one does not: error 1235, quoting it.

    what: the part of it that is not supported. Who finds a part may not know the whole; the engine adds it by of().
    """

    def __init__(self, statement: str, what: str = "this statement") -> None:
        quoted = statement if len(statement) <= 200 else statement[:200] + "..."
        super().__init__(1235, "42000", f"fakemysql does not yet support {what}; script an answer for it: {quoted}")
        self.statement = statement
        self.what = what

    def copy(self) -> Unsupported:
        """The same error, as if it had never been raised."""
        return Unsupported(self.statement, self.what)

    def of(self, statement: str) -> Unsupported:
        """The error with the statement that it is about, unless it has one."""
        return self if self.statement else Unsupported(statement, self.what)


def unsupported(what: str) -> Unsupported:
    """A part of a statement, in words that go behind "does not yet support"."""
    return Unsupported("", what)


_NO_TEXT: Final = re.compile("[\udc80-\udcff]")
_UP_TO_NO_TEXT: Final = re.compile("[\0\udc80-\udcff]")


def syntax(dialect: Dialect, rest: str, line: int) -> SqlError:
    """rest is the statement from the token that did not fit to the end of the text."""
    # Servers print up to a NUL; a byte that is no text ends it on MySQL, and is a question mark on MariaDB.
    near = _NO_TEXT.sub("?", rest.partition("\0")[0]) if dialect.mariadb else _UP_TO_NO_TEXT.split(rest)[0]
    near = near[:NEAR_LIMIT_CHARACTERS]
    return SqlError(
        1064,
        "42000",
        "You have an error in your SQL syntax; check the manual that corresponds to your"
        f" {dialect.product} server version for the right syntax to use near '{near}' at line {line}",
    )


def empty_query() -> SqlError:
    return SqlError(1065, "42000", "Query was empty")


def unknown_column(dialect: Dialect, name: str, clause: str = "") -> SqlError:
    return SqlError(1054, "42S22", f"Unknown column '{name}' in '{clause or dialect.select_clause}'")


def ambiguous(dialect: Dialect, name: str, clause: str = "") -> SqlError:
    where = clause or dialect.select_clause
    return SqlError(1052, "23000", f"Column '{name}' in {where} is ambiguous")


def unknown_table_in(dialect: Dialect, name: str) -> SqlError:
    return SqlError(1109, "42S02", f"Unknown table '{name}' in {dialect.select_clause}")


def bad_table(name: str) -> SqlError:
    return SqlError(1051, "42S02", f"Unknown table '{name}'")


def no_such_table(database: str, table: str) -> SqlError:
    return SqlError(1146, "42S02", f"Table '{database}.{table}' doesn't exist")


def database_denied(account: str, database: str) -> SqlError:
    """account: as in CURRENT_USER()."""
    name, _, host = account.rpartition("@")
    return SqlError(1044, "42000", f"Access denied for user '{name}'@'{host}' to database '{database}'")


def no_database() -> SqlError:
    return SqlError(1046, "3D000", "No database selected")


def unknown_database(name: str) -> SqlError:
    return SqlError(1049, "42000", f"Unknown database '{name}'")


def group_function() -> SqlError:
    return SqlError(1111, "HY000", "Invalid use of group function")


def no_tables_used() -> SqlError:
    return SqlError(1096, "HY000", "No tables used")


def unknown_variable(name: str) -> SqlError:
    return SqlError(1193, "HY000", f"Unknown system variable '{name}'")


def undeclared_variable(name: str) -> SqlError:
    return SqlError(1327, "42000", f"Undeclared variable: {name}")


def wrong_value(name: str, value: str) -> SqlError:
    return SqlError(1231, "42000", f"Variable '{name}' can't be set to the value of '{value}'")


def wrong_type(name: str) -> SqlError:
    return SqlError(1232, "42000", f"Incorrect argument type to variable '{name}'")


def read_only(name: str) -> SqlError:
    return SqlError(1238, "HY000", f"Variable '{name}' is a read only variable")


def wrong_scope(name: str, scope: str) -> SqlError:
    """scope is GLOBAL or SESSION: the only one that the variable has, when the other is read."""
    return SqlError(1238, "HY000", f"Variable '{name}' is a {scope} variable")


def global_only(name: str) -> SqlError:
    return SqlError(1229, "HY000", f"Variable '{name}' is a GLOBAL variable and should be set with SET GLOBAL")


def session_only(name: str) -> SqlError:
    return SqlError(1228, "HY000", f"Variable '{name}' is a SESSION variable and can't be used with SET GLOBAL")


def session_read_only(name: str) -> SqlError:
    return SqlError(1621, "HY000", f"SESSION variable '{name}' is read-only. Use SET GLOBAL to assign the value")


def unknown_function(name: str) -> SqlError:
    return SqlError(1305, "42000", f"FUNCTION {name} does not exist")


def loose_call(name: str) -> SqlError:
    """A native function was written with a space before its parenthesis."""
    return SqlError(
        1630,
        "42000",
        f"FUNCTION {name} does not exist. Check the 'Function Name Parsing and Resolution' section in the Reference"
        " Manual",
    )


def xa_state(state: str) -> SqlError:
    text = "The command cannot be executed when global transaction is in the"
    return SqlError(1399, "XAE07", f"XAER_RMFAIL: {text}  {state} state")


def unknown_savepoint(name: str) -> SqlError:
    return SqlError(1305, "42000", f"SAVEPOINT {name} does not exist")


def wrong_argument_count(name: str) -> SqlError:
    return SqlError(1582, "42000", f"Incorrect parameter count in the call to native function '{name}'")


def unknown_charset(name: str) -> SqlError:
    return SqlError(1115, "42000", f"Unknown character set: '{name}'")


def unknown_collation(name: str) -> SqlError:
    return SqlError(1273, "HY000", f"Unknown collation: '{name}'")


def collation_mismatch(collation: str, charset: str) -> SqlError:
    return SqlError(1253, "42000", f"COLLATION '{collation}' is not valid for CHARACTER SET '{charset}'")


def unknown_thread(number: int) -> SqlError:
    return SqlError(1094, "HY000", f"Unknown thread id: {number}")


INTERRUPTED: Final = 1317


def interrupted() -> SqlError:
    return SqlError(INTERRUPTED, "70100", "Query execution was interrupted")


def out_of_range(kind: str, expression: str) -> SqlError:
    return SqlError(1690, "22003", f"{kind} value is out of range in '{expression}'")


def operand_columns(count: int) -> SqlError:
    return SqlError(1241, "21000", f"Operand should contain {count} column(s)")


def subquery_rows() -> SqlError:
    return SqlError(1242, "21000", "Subquery returns more than 1 row")


def different_columns() -> SqlError:
    return SqlError(1222, "21000", "The used SELECT statements have a different number of columns")


def transaction_in_progress() -> SqlError:
    return SqlError(1568, "25001", "Transaction characteristics can't be changed while a transaction is in progress")
