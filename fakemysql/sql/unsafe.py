"""Which statements might give something else when they are repeated on another server.

Replication by statements asks that, and so does the state of a transaction that a client follows: see ``following.py``.
Loaded with the first session that follows transactions.

Source: asked of MariaDB 10.11.19 and MySQL 9.7.4, function by function and variable by variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import nodes
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Iterator

# What statement-based replication cannot repeat.
_UNSAFE_FUNCTIONS: Final = frozenset(
    words(
        """
    CURRENT_USER FOUND_ROWS GET_LOCK IS_FREE_LOCK IS_USED_LOCK LOAD_FILE RAND RELEASE_ALL_LOCKS RELEASE_LOCK
    ROW_COUNT SESSION_USER SLEEP SYSDATE SYSTEM_USER USER UUID UUID_SHORT VERSION
    """
    )
)
_UNSAFE_ON_MARIADB: Final = frozenset(("CURRENT_ROLE",))
# Variables whose values are repeated with the statement.
_SAFE_VARIABLES: Final = frozenset(
    words(
        """
    auto_increment_increment auto_increment_offset character_set_client character_set_connection
    character_set_database character_set_server check_constraint_checks collation_connection collation_database
    collation_server default_collation_for_utf8mb4 default_table_encryption enable_cascade_triggers
    explicit_defaults_for_timestamp foreign_key_checks generated_random_password_length identity
    immediate_server_version insert_id last_insert_id lc_time_names original_commit_timestamp
    original_server_version pseudo_thread_id rand_seed1 rand_seed2 sql_auto_is_null sql_if_exists
    sql_require_primary_key system_versioning_insert_history time_zone timestamp unique_checks xa_detach_on_prepare
    """
    )
)


def is_unsafe(statement: object, *, mariadb: bool) -> bool:
    """Whether a statement could give something else when it is repeated, as the servers see it."""
    from .table_grammar import Insert, Update

    if isinstance(statement, Insert) and statement.select is not None:
        if statement.replaces or statement.ignore or statement.on_duplicate:
            return True
    elif isinstance(statement, Update) and statement.ignore:
        return True
    # MariaDB repeats the seeds of RAND() with an INSERT.
    repeats_chance = mariadb and isinstance(statement, Insert) and not statement.replaces
    return any(_is_unsafe_node(node, mariadb, repeats_chance) for node in _parts(statement))


def _is_unsafe_node(node: object, mariadb: bool, repeats_chance: bool) -> bool:
    if isinstance(node, nodes.Call):
        name = node.name.upper()
        if repeats_chance and name == "RAND":
            return False
        return name in _UNSAFE_FUNCTIONS or (mariadb and name in _UNSAFE_ON_MARIADB)
    if isinstance(node, nodes.SystemVariable):
        return node.name.lower() not in _SAFE_VARIABLES
    # Of a SELECT, an UPDATE, a DELETE; that of a SHOW is a number.
    limit = getattr(node, "limit", None)
    if limit is None or isinstance(limit, int):
        return False
    return not (mariadb and isinstance(limit, nodes.Literal) and limit.text == "0")


def _parts(tree: object) -> Iterator[object]:
    """A statement and all that it is made of."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, tuple):
            left.extend(node)
            continue
        names = getattr(node, "__match_args__", None)
        if names:
            yield node
            left.extend(getattr(node, name) for name in names)
