"""The server behind all connections: sessions by id, global variables, databases, users, named locks, counters.

Time and chance come in as callables, so that a test decides both; nothing here waits. Global variables are a mapping
that is replaced, never changed: a session keeps the one it logged in with, as a server's session keeps its copies.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING

from . import sqlerrors
from .accounts import Accounts
from .locks import NamedLocks
from .shapes import Results
from .status import Counters
from .tokens import Lexis
from .variables import Checker, Definition, definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

    from ..persona import Persona
    from .charsets import Charset, Collation
    from .session import Session
    from .tables import Store
    from .values import Value
    from .variables import Setting
    from .xa import Branch, Xid

# Nobody writes there, whoever it is.
OWN_DATABASE = "information_schema"
SYSTEM_DATABASES = (OWN_DATABASE, "mysql", "performance_schema", "sys")


class Instance:
    """One server's state.

    Args:
        persona: which server it passes for.
        wall: the date and time, in UTC, naive.
        clock: seconds, monotonic.
        random: the source of RAND() and UUID(); without one they follow from the date alone.
        accounts: who may log in; None for root alone.
        databases: the names of the databases that exist from the start.
        variables: global variables that differ from the persona's defaults.

    Raises:
        ValueError: a variable is unknown, or its value is none that it can have.
    """

    def __init__(
        self,
        persona: Persona,
        *,
        wall: Callable[[], datetime],
        clock: Callable[[], float],
        random: Random | None = None,
        accounts: Accounts | None = None,
        databases: Iterable[str] = ("test",),
        variables: Mapping[str, Value] | None = None,
    ) -> None:
        self.persona = persona
        self.dialect = persona.dialect
        self.charsets = self.dialect.charsets
        self.wall = wall
        self.clock = clock
        self.started = clock()
        self.accounts = accounts if accounts is not None else Accounts(None, persona)
        self.databases: list[str] = [*SYSTEM_DATABASES, *databases]
        self.sessions: dict[int, Session] = {}
        # Those that have connected and not yet logged in, which is known outside.
        self.count_strangers: Callable[[], int] = lambda: 0
        # How many clients are connected, those that have not logged in yet among them.
        self.count_connections: Callable[[], int] = lambda: len(self.sessions) + 1
        self.locks = NamedLocks(folds_case=self.dialect.lock_names_fold)
        # Made with the first table, or the first transaction that needs a snapshot.
        self.tables: Store | None = None
        # XA transactions, from their start to their end.
        self.branches: dict[Xid, Branch] = {}
        # Stored routines by database, kind and name in small letters.
        self.routines: dict[tuple[str, str, str], object] = {}
        self.counters = Counters()
        self.definitions = definitions(mariadb=self.dialect.mariadb)
        self.checker = Checker(self.dialect, self.charsets)
        # The prepared statements of all connections, those of PREPARE apart.
        self.count_protocol_statements: Callable[[], int] = lambda: 0
        self._seed = random.getrandbits(30) if random is not None else int(wall().timestamp()) & 0x3FFFFFFF
        self._results: dict[tuple[bool, int], Results] = {}
        self._lexes: dict[tuple[bool, bool], Lexis] = {}
        # What MySQL's SET PERSIST has put aside for the next start.
        self.persisted: dict[str, Setting] = {}
        self._as_default = _defaults(persona)
        self.globals: Mapping[str, Setting] = self._as_default
        if variables:
            self.globals = self._with(variables)

    @property
    def has_default_globals(self) -> bool:
        """Whether no global variable has been set to anything else than the persona's value."""
        return self.globals is self._as_default

    def limit_connections(self, count: int) -> None:
        """Set max_connections past the checks: a test may want a smaller server than MariaDB, whose least is 10.

        No statement's plan depends on it, so that these globals still count as the persona's own.
        """
        is_default = self.has_default_globals
        self.globals = {**self.globals, "max_connections": count}
        if is_default:
            self._as_default = self.globals

    def _with(self, overrides: Mapping[str, Value]) -> Mapping[str, Setting]:
        settings = dict(self.globals)
        for name, value in overrides.items():
            definition = self.definitions.get(name.lower())
            if definition is None:
                raise ValueError(f"{self.persona.name} has no variable {name!r}")
            try:
                settings[definition.name] = self.checker.check(
                    definition,
                    value,
                    lambda _code, _text: None,
                    settings[definition.name],
                )
            except sqlerrors.SqlError as error:
                raise ValueError(f"variables: {error.message}") from None
        return settings

    # --- sessions -----------------------------------------------------------------------------------------------------

    def enter(self, session: Session) -> None:
        self.sessions[session.connection_id] = session
        self.counters.note_connections(len(self.sessions))

    def leave(self, session: Session) -> bool:
        """Forget a session; False when it was forgotten before."""
        return self.sessions.pop(session.connection_id, None) is not None

    def draw_from(self, random: Random) -> None:
        """Another source of RAND() and UUID(), for sessions that are opened from now on."""
        self._seed = random.getrandbits(30)

    def count_prepared(self) -> int:
        """How many prepared statements there are in all sessions (Prepared_stmt_count)."""
        named = sum(len(session.prepared) for session in self.sessions.values() if session.prepared)
        return named + self.count_protocol_statements()

    def next_seeds(self) -> tuple[int, int]:
        """Seeds for a session's RAND(), other ones each time."""
        self._seed = (self._seed * 1103515245 + 12345) & 0x3FFFFFFF
        return self._seed, (self._seed * 3 + 7) & 0x3FFFFFFF

    @property
    def uptime(self) -> int:
        return int(self.clock() - self.started)

    def database(self, name: str) -> str:
        """The name of a database as it is known.

        Raises:
            SqlError: 1046, 1102, this is no name for one; 1049, there is none of this name.
        """
        if not name:
            raise sqlerrors.no_database()
        if name.endswith(" "):
            raise sqlerrors.SqlError(1102, "42000", f"Incorrect database name '{name}'")
        if name in self.databases:
            return name
        if name.lower() == "information_schema":
            return "information_schema"
        raise sqlerrors.unknown_database(name)

    # --- character sets -----------------------------------------------------------------------------------------------

    def login_collation(self, number: int | None) -> Collation:
        """The collation for a login with this id; an unknown one, or None, gives the server's own."""
        if number is None or number not in self.charsets.by_id:
            return self.charsets.by_name[str(self.globals["collation_server"])]
        found = self.charsets.by_id[number]
        # A character set that no statement can be written in is not taken over.
        return found if found.charset.min_bytes == 1 else self.login_collation(None)

    def results(self, charset: Charset | None, collation: Collation | None = None) -> Results:
        """How results are sent in a character set, under its default collation unless one was named."""
        number = 63 if charset is None else (collation or self.charsets.default(charset)).id
        # "As they are" and the character set binary share their number.
        key = charset is None, number
        found = self._results.get(key)
        if found is None:
            found = self._results[key] = Results(charset, number)
        return found

    def lexis(self, *, backslash_escapes: bool, ansi_quotes: bool) -> Lexis:
        key = backslash_escapes, ansi_quotes
        found = self._lexes.get(key)
        if found is None:
            dialect = self.dialect
            found = self._lexes[key] = Lexis(dialect.mariadb, dialect.version_number, *key)
        return found

    # --- variables ----------------------------------------------------------------------------------------------------

    def definition(self, name: str) -> Definition:
        """A variable by its name in any letter case.

        Raises:
            SqlError: 1193, there is none.
        """
        found = self.definitions.get(name.lower())
        if found is None:
            raise sqlerrors.unknown_variable(name)
        return found

    def reader(self, definition: Definition, scope: str) -> Callable[[Session], Setting]:
        """How to read a variable in a scope: "GLOBAL", "SESSION" or "" for the session's value if there is one.

        Raises:
            SqlError: 1238, the variable has no value in this scope.
        """
        name = definition.name
        if scope == "GLOBAL" or (not scope and not definition.has_session):
            if not definition.has_global:
                raise sqlerrors.wrong_scope(name, "SESSION")
            return lambda _session: self.globals[name]
        if not definition.has_session:
            raise sqlerrors.wrong_scope(name, "GLOBAL")
        live = LIVE.get(name)
        return live if live is not None else (lambda session: session.setting(name))

    def set_global(self, name: str, setting: Setting) -> None:
        self.globals = {**self.globals, name: setting, **self._followers(name, setting)}

    def _followers(self, name: str, setting: Setting) -> dict[str, Setting]:
        """Character sets and their collations move together."""
        stem, _, what = name.rpartition("_")
        if stem == "character_set":
            charset = self.charsets.charset(str(setting))
            return {} if charset is None or what not in _PAIRED else {f"collation_{what}": charset.default_collation}
        if stem == "collation":
            return {f"character_set_{what}": self.charsets.by_name[str(setting)].charset.name}
        return {}


@functools.cache
def _defaults(persona: Persona) -> Mapping[str, Setting]:
    """A persona's global variables; one mapping for all its servers, as it is never changed."""
    charsets = persona.dialect.charsets
    server = charsets.collation(persona.server_collation)
    settings = {each.name: each.default for each in definitions(mariadb=persona.dialect.mariadb).values()}
    return settings | {
        "version": persona.version,
        "version_comment": persona.version_comment,
        "character_set_client": server.charset.name,
        "character_set_connection": server.charset.name,
        "character_set_results": server.charset.name,
        "character_set_server": server.charset.name,
        "character_set_database": server.charset.name,
        "collation_connection": server.name,
        "collation_server": server.name,
        "collation_database": server.name,
    }


_PAIRED = ("server", "database", "connection")


def _timestamp(session: Session) -> float:
    return round((session.utc_time() - datetime(1970, 1, 1)).total_seconds(), 6)


# Session variables whose value is not a setting but follows from the session's state.
LIVE: Mapping[str, Callable[[Session], Setting]] = {
    "character_set_client": lambda session: session.client_charset.name,
    "character_set_connection": lambda session: session.collation.charset.name,
    "character_set_results": lambda session: None if session.results.charset is None else session.results.charset.name,
    "collation_connection": lambda session: session.collation.name,
    "error_count": lambda session: session.counts()[1],
    "warning_count": lambda session: session.counts()[0],
    "last_insert_id": lambda session: session.last_insert_id,
    "identity": lambda session: session.last_insert_id,
    "insert_id": lambda session: session.insert_id,
    "statement_id": lambda session: session.instance.counters["Questions"],
    "in_transaction": lambda session: int(session.transaction.is_open),
    "timestamp": _timestamp,
    "rand_seed1": lambda _session: 0,
    "rand_seed2": lambda _session: 0,
    "pseudo_thread_id": lambda session: session.settings.get("pseudo_thread_id", session.connection_id),
    "autocommit": lambda session: "ON" if session.transaction.status & 2 else "OFF",
}
