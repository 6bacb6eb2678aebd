"""What one server does and another does not, as data.

A persona is a server that the fake can be taken for: its greeting, its defaults, and every place where MariaDB and
MySQL were seen to answer differently. Code asks the persona and never compares names or versions, so that a further
server is a further value. How their SQL differs is in ``sql/dialect.py``, system variables are in
``sql/variables.py``.

Only what the fake carries out is advertised: a client that is offered a capability will use it, and then be answered by
nobody. The bits here are therefore fewer than those of the servers; the differences are listed at ``_IMPLEMENTED``.

Source of the differences: both servers, asked (MariaDB 10.11.19 and MySQL 9.7.4); of MySQL 8.0 and 8.4 what is widely
known.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final

from .constants import (
    CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS,
    CLIENT_COMPRESS,
    CLIENT_CONNECT_ATTRS,
    CLIENT_CONNECT_WITH_DB,
    CLIENT_DEPRECATE_EOF,
    CLIENT_FOUND_ROWS,
    CLIENT_IGNORE_SPACE,
    CLIENT_INTERACTIVE,
    CLIENT_LOCAL_FILES,
    CLIENT_LONG_FLAG,
    CLIENT_LONG_PASSWORD,
    CLIENT_MULTI_RESULTS,
    CLIENT_MULTI_STATEMENTS,
    CLIENT_PLUGIN_AUTH,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
    CLIENT_PROTOCOL_41,
    CLIENT_PS_MULTI_RESULTS,
    CLIENT_QUERY_ATTRIBUTES,
    CLIENT_RESERVED,
    CLIENT_SECURE_CONNECTION,
    CLIENT_SESSION_TRACK,
    CLIENT_TRANSACTIONS,
)
from .sql.dialect import MARIADB, MYSQL, Dialect


class Farewell(enum.Enum):
    """What a client sees whom the server gives up."""

    ERROR_THEN_FIN = "an ERR packet, then an orderly end"
    RESET = "no further packet; the connection is reset"


# Without optional metadata and the other later additions. CLIENT_SSL is added by a server that has
# TLS. CLIENT_FOUND_ROWS is kept: it changes only what an UPDATE counts, and nothing that the fake carries out counts
# otherwise.
_IMPLEMENTED: Final = (
    CLIENT_LONG_PASSWORD
    | CLIENT_FOUND_ROWS
    | CLIENT_LONG_FLAG
    | CLIENT_CONNECT_WITH_DB
    | CLIENT_LOCAL_FILES
    | CLIENT_COMPRESS
    | CLIENT_PROTOCOL_41
    | CLIENT_IGNORE_SPACE
    | CLIENT_INTERACTIVE
    | CLIENT_TRANSACTIONS
    | CLIENT_RESERVED
    | CLIENT_SECURE_CONNECTION
    | CLIENT_SESSION_TRACK
    | CLIENT_MULTI_STATEMENTS
    | CLIENT_MULTI_RESULTS
    | CLIENT_PS_MULTI_RESULTS
    | CLIENT_PLUGIN_AUTH
    | CLIENT_CONNECT_ATTRS
    | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
    | CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS
    | CLIENT_DEPRECATE_EOF
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One server, as far as it differs from the others.

    name: how a test names it. version: what VERSION() says; greeting_version: what the greeting says, which need not be
    the same. dialect: how its SQL differs.

    greeting_collation stands in the greeting; server_collation is character_set_server's; both are collation ids.
    """

    name: str
    dialect: Dialect
    version: str
    greeting_version: str
    version_comment: str

    # MariaDB clears CLIENT_LONG_PASSWORD (it calls the bit CLIENT_MYSQL) and then says in the last 4 of the greeting's
    # reserved bytes which of its own extensions it has.
    capabilities: int
    extended_capabilities: int
    default_auth_plugin: str
    greeting_collation: int
    server_collation: int

    idle_farewell: Farewell
    """Past wait_timeout: 4031 with sequence number 0. Before the login and past connect_timeout: 1159."""

    killed_by_itself: tuple[int, str, str]
    """ERR (code, SQLSTATE, text) of KILL CONNECTION with one's own id, before the end; KILL QUERY answers 1317."""

    refused_change_users: int
    """How often COM_CHANGE_USER may be refused and the old user go on (then 1047); at 0 a refusal ends it all."""

    has_old_commands: bool
    """COM_REFRESH, COM_PROCESS_INFO and COM_PROCESS_KILL are understood; MySQL has left them to SQL."""

    change_user_brings_a_fresh_nonce: bool
    """Otherwise its switch repeats the greeting's, to which MariaDB's client library answers whatever it is sent."""

    resets_after_disorder: bool
    """A packet out of order is answered with 1156 and a reset, otherwise with 1156 and an orderly end."""

    malformed_command: tuple[int, str, str]
    """ERR (code, SQLSTATE, text) of a command that ends inside a field."""

    unknown_user_is_refused_at_once: bool
    """1045 follows the handshake response of an unknown user; otherwise an authentication round comes first."""

    insecure_transport_is_denied_at_once: bool
    """With require_secure_transport, a login without TLS gets 1045; otherwise 3159, once it has proved its password."""

    plugins: tuple[str, ...]
    """The plugins that accounts may be created with."""

    account_locked: tuple[int, str, str]
    """ERR (code, SQLSTATE, text with {user} and {host}) of a locked account that has proved its password."""

    must_change_password: str
    """Text of 1820, for whoever logged in with a password that has expired; 1862 ends with expired_suffix."""

    expired_suffix: str

    question_limits: tuple[str, str]
    """How 1226 names the limits of queries and of connections in an hour."""
    shutdown_interrupts_first: bool
    """Who sleeps at a shutdown gets the sleep's row, as after KILL QUERY, and then the end; otherwise the end alone."""

    shutdown_grace: float
    """Seconds between the OK to SHUTDOWN and the ends of the others.

    Where there are none, whoever said SHUTDOWN is told of its kill behind the OK.
    """

    @property
    def product(self) -> str:
        """The name that stands in its error texts."""
        return self.dialect.product

    def __hash__(self) -> int:
        """Of the name, which is nearly always all that differs: hashing forty fields costs more than a short answer."""
        return hash(self.name)


MARIADB_10_11: Final = Persona(
    name="mariadb-10.11",
    dialect=MARIADB,
    version="10.11.19-MariaDB",
    greeting_version="5.5.5-10.11.19-MariaDB",
    version_comment="fakemysql, in the manner of MariaDB",
    capabilities=_IMPLEMENTED & ~CLIENT_LONG_PASSWORD,
    extended_capabilities=0,
    default_auth_plugin="mysql_native_password",
    greeting_collation=8,
    server_collation=8,
    idle_farewell=Farewell.RESET,
    killed_by_itself=(1927, "70100", "Connection was killed"),
    refused_change_users=3,
    has_old_commands=True,
    change_user_brings_a_fresh_nonce=False,
    resets_after_disorder=True,
    malformed_command=(1047, "08S01", "Unknown command"),
    unknown_user_is_refused_at_once=True,
    insecure_transport_is_denied_at_once=True,
    plugins=("mysql_native_password",),
    account_locked=(4151, "HY000", "Access denied, this account is locked"),
    must_change_password="You must SET PASSWORD before executing this statement",
    expired_suffix="",
    question_limits=("max_queries_per_hour", "max_connections_per_hour"),
    shutdown_interrupts_first=False,
    shutdown_grace=0.0,
)

MYSQL_9_7: Final = Persona(
    name="mysql-9.7",
    dialect=MYSQL,
    version="9.7.4",
    greeting_version="9.7.4",
    version_comment="fakemysql, in the manner of MySQL",
    capabilities=_IMPLEMENTED | CLIENT_QUERY_ATTRIBUTES,
    extended_capabilities=0,
    default_auth_plugin="caching_sha2_password",
    greeting_collation=255,
    server_collation=255,
    idle_farewell=Farewell.ERROR_THEN_FIN,
    killed_by_itself=(1317, "70100", "Query execution was interrupted"),
    refused_change_users=0,
    has_old_commands=False,
    change_user_brings_a_fresh_nonce=True,
    resets_after_disorder=False,
    malformed_command=(1835, "HY000", "Malformed communication packet."),
    unknown_user_is_refused_at_once=False,
    insecure_transport_is_denied_at_once=False,
    plugins=("caching_sha2_password", "sha256_password"),
    account_locked=(3118, "HY000", "Access denied for user '{user}'@'{host}'. Account is locked."),
    must_change_password="You must reset your password using ALTER USER statement before executing this statement.",
    expired_suffix=".",
    question_limits=("max_questions", "max_connections_per_hour"),
    shutdown_interrupts_first=True,
    shutdown_grace=2.0,
)

# No server of these two was asked: they are 9.7 but for what is widely known of them. 8.0 still has
# mysql_native_password, and 8.4 keeps it switched off; both read the comments of their own version and of older ones.
MYSQL_8_4: Final = replace(
    MYSQL_9_7,
    name="mysql-8.4",
    dialect=replace(MYSQL, version_number=80407),
    version="8.4.7",
    greeting_version="8.4.7",
)
MYSQL_8_0: Final = replace(
    MYSQL_9_7,
    name="mysql-8.0",
    dialect=replace(MYSQL, version_number=80044),
    version="8.0.44",
    greeting_version="8.0.44",
    plugins=("caching_sha2_password", "sha256_password", "mysql_native_password"),
)

PERSONAS: Final[dict[str, Persona]] = {
    persona.name: persona for persona in (MARIADB_10_11, MYSQL_8_0, MYSQL_8_4, MYSQL_9_7)
}


def persona_named(name: str) -> Persona:
    """The persona of that name; ValueError lists the names there are."""
    try:
        return PERSONAS[name]
    except KeyError:
        raise ValueError(f"no persona is named {name!r}; there are {', '.join(sorted(PERSONAS))}") from None
