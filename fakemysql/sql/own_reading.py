"""How a server reads tables of its own: along an index or not, as part of a transaction or not.

Nothing here knows lines of these tables; only what reading them leaves in the status word, and in the state of a
transaction that a client follows. On MariaDB information_schema is made anew for each statement, always read from one
end to the other, and no part of any transaction. On MySQL most of it are views of tables of InnoDB that have keys.

Source: asked of MariaDB 10.11.19 and MySQL 9.7.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .nodes import Call, Literal, Name, Operation, Parameter, SystemVariable, UserVariable

if TYPE_CHECKING:
    from .dialect import Dialect
    from .nodes import Expression

# Of information_schema, those that MySQL makes anew for each statement, too.
MADE_ANEW: Final = frozenset(("engines", "plugins", "processlist", "innodb_trx"))
# Those that MySQL reads along an index even where nothing is looked for, and those where looking does not help.
_ALONG_A_KEY: Final = frozenset(("character_sets", "views"))
_WITHOUT_A_KEY: Final = MADE_ANEW | {"collations"}
# What MySQL looks up in tables that have the right key, whatever is asked for; and if the pattern begins with letters.
_SHOWN_BY_KEY: Final = frozenset(["TABLES", "COLUMNS", "INDEX", "TABLE STATUS"])
_SHOWN_BY_PATTERN: Final = "CHARSET"
_PAIR: Final = 2
# The column that is a key where others are looked up by a WHERE, "" for any.
_KEYS: Final = {
    "VARIABLES": "variable_name",
    "STATUS": "variable_name",
    "DATABASES": "database",
    "COLLATION": "collation",
    "CHARSET": "charset",
    "PROCEDURE STATUS": "",
    "FUNCTION STATUS": "",
}


def opens_transaction(dialect: Dialect, database: str, name: str) -> bool:
    """Reading this table is part of a transaction; names in small letters."""
    if database == "information_schema":
        return not dialect.mariadb and name not in MADE_ANEW
    return database != "performance_schema"


def is_scanned(dialect: Dialect, database: str, name: str, where: Expression | None) -> bool:
    """Reading this table for a WHERE uses no index, which the status word tells; names in small letters."""
    if dialect.mariadb:
        # mysql.user is a view there; the others of that database have keys.
        return database != "mysql" or name == "user"
    if database == "mysql" or name in _ALONG_A_KEY:
        return False
    return name in _WITHOUT_A_KEY or not _looks_up(where)


def _looks_up(where: Expression | None, column: str = "") -> bool:
    """A column, or the one of this name, is compared with a value that is known.

    Any column is taken for one that has a key, as those have that clients ask for.
    """
    if not isinstance(where, Operation):
        return False
    if where.operator == "AND":
        return any(_looks_up(operand, column) for operand in where.operands)
    # A list of one is that one.
    return (
        (where.operator == "=" or (where.operator == "IN" and len(where.operands) == _PAIR))
        and any(isinstance(operand, Name) and column in ("", operand.parts[-1].lower()) for operand in where.operands)
        and any(map(_is_known, where.operands))
    )


def _is_known(node: Expression) -> bool:
    """A value that is no column's."""
    if isinstance(node, Call):
        return all(map(_is_known, node.arguments))
    return isinstance(node, (Literal, Parameter, SystemVariable, UserVariable))


def show_scans(dialect: Dialect, kind: str, *, like: str | None = None, where: Expression | None = None) -> bool:
    """The same for a SHOW with this LIKE or WHERE."""
    if dialect.show_scans:
        return True
    if kind == _SHOWN_BY_PATTERN and like is not None and not like.startswith(("%", "_")):
        return False
    return kind not in _SHOWN_BY_KEY and not (kind in _KEYS and _looks_up(where, _KEYS[kind]))
