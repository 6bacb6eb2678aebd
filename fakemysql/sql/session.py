"""One client's session as the server sees it: who, where, which settings, which transaction.

A session knows nothing of sockets and of other sessions; the instance holds those. Whoever drives the engine reads
``status`` and ``wait_timeout`` here, and sets ``command``, ``state``, ``state_since`` and ``info``, which PROCESSLIST
shows.

Settings are kept as what differs from the global values at the time of the login, so that an idle session is small.
"""

from __future__ import annotations

import datetime as dt
import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Ok
from ..records import record
from . import sqlerrors
from .shapes import NULL, Shape
from .transactions import Transaction
from .variables import zone_offset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..prepared import Statement as Prepared
    from .accounts import Account
    from .charsets import Charset, Collation
    from .evaluation import UserValue
    from .following import Tracker
    from .instance import Instance
    from .news import News
    from .routine_bodies import Frame
    from .shapes import Results
    from .table_access import TableSession
    from .tokens import Lexis
    from .values import Value
    from .variables import Setting

# MariaDB tells clients by a bit of its own that double quotes are names.
_MARIADB_STATUS_ANSI_QUOTES: Final = 0x8000
_STRICT: Final = frozenset({"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"})
_EPOCH: Final = dt.datetime(1970, 1, 1)
_RANDOM_MODULUS: Final = 0x3FFFFFFF
# What sql_select_limit is unless somebody has set it.
_NO_LIMIT: Final = (1 << 64) - 1


@functools.cache
def _modes_of(sql_mode: str) -> frozenset[str]:
    # Nearly every session has the same, which would else be a fifth of what an idle one costs.
    return frozenset(sql_mode.split(",")) if sql_mode else frozenset()


_NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})


@record
class Login:
    """What a client told when it logged in, after authentication.

    database is "" for none; collation is the id of the handshake response; capabilities are the effective ones, of both
    sides; client_host is the host as in USER() and PROCESSLIST ("localhost"), client_port None over a unix socket;
    account is the one that fitted, None where nobody asked for any; tls is the version and the cipher, or nothing.
    """

    connection_id: int
    user: str
    client_host: str = "localhost"
    client_port: int | None = None
    database: str = ""
    collation: int = 45
    capabilities: int = 0
    attributes: Mapping[str, str] = _NO_ATTRIBUTES
    account: Account | None = None
    tls: tuple[str, str] = ("", "")


class SessionRefused(Exception):
    """The login is refused after authentication, with these fields of an ERR packet."""

    def __init__(self, code: int, sqlstate: str, message: str) -> None:
        super().__init__(code, sqlstate, message)
        self.code = code
        self.sqlstate = sqlstate
        self.message = message


@record
class Warning_:  # "Warning" is the built-in
    """A line of SHOW WARNINGS; level is Note, Warning or Error."""

    level: str
    code: int
    message: str


class Session:
    """The state of one connection.

    collation is collation_connection; client_charset is character_set_client; results is how strings are sent. tables
    is the way to tables, None until the session first uses some. tracker knows what the client is to be told of all
    this, None for one that does not follow its session.
    """

    __slots__ = (
        "_database",
        "_random_seeds",
        "client_charset",
        "collation",
        "command",
        "connection_id",
        "counts_before",
        "fixed_time",
        "found_rows",
        "frame",
        "globals",
        "info",
        "initial",
        "insert_id",
        "instance",
        "is_restricted",
        "last_insert_id",
        "lexis",
        "login",
        "modes",
        "multi_statements",
        "news",
        "parameters",
        "prepared",
        "results",
        "role",
        "row_count",
        "select_limit",
        "settings",
        "started",
        "state",
        "state_since",
        "statement_warnings",
        "tables",
        "tracker",
        "transaction",
        "user_variables",
        "warnings",
    )

    def __init__(self, instance: Instance, login: Login) -> None:
        self.instance: Instance = instance
        self.connection_id: int = login.connection_id
        self.command = "Sleep"
        self.state = ""
        self.state_since = instance.clock()
        self.info: str | None = None
        # Both servers keep these over a reset and another login.
        self.found_rows = 0
        self.multi_statements = bool(login.capabilities & c.CLIENT_MULTI_STATEMENTS)
        # What of init_connect is still to be said.
        self.initial = ""
        self.news: list[News] = []
        self.become(login)
        if login.capabilities & c.CLIENT_IGNORE_SPACE:
            self._ignore_space()

    def become(self, login: Login) -> None:
        """A fresh session for this login: everything but the connection starts anew."""
        self.login = login
        self._database = login.database
        self.forget(login.collation)
        if login.database:
            self.database = login.database

    def forget(self, collation: int | None) -> None:
        """Global values again for every setting, no variables, no transaction; collation None is the server's own."""
        instance = self.instance
        self.globals: Mapping[str, Setting] = instance.globals
        self.settings: dict[str, Setting] = {}
        self.user_variables: dict[str, UserValue] = {}
        # What PREPARE has prepared, by name in lower case; a dict of its own for who uses it.
        self.prepared: dict[str, Prepared] | None = None
        self.role = ""
        self.tables: TableSession | None = None
        # The variables of the stored routine that runs.
        self.frame: Frame | None = None
        self.tracker: Tracker | None = None
        if self.login.capabilities & c.CLIENT_SESSION_TRACK:
            from .following import Tracker

            self.tracker = Tracker(self)
        self.transaction: Transaction = Transaction(self.news, self.tracker)
        self.warnings: list[Warning_] = []
        self.statement_warnings = 0
        # Warnings and errors of the statement before, where a statement starts a list of its own.
        self.counts_before = (0, 0)
        self.last_insert_id: int = 0
        self.insert_id: int = 0
        self.row_count = 0
        self.fixed_time: float | None = None
        self.started: dt.datetime | None = None
        self.parameters: Sequence[tuple[Value, Shape]] = ()
        self._random_seeds: tuple[int, int] | None = None
        self.use_collation(instance.login_collation(collation))
        self.set_modes(str(self.globals["sql_mode"]))
        self.limit_selects(int(self.globals["sql_select_limit"] or 0))
        if self.login.capabilities & c.CLIENT_IGNORE_SPACE and instance.dialect.ignores_space_after_reset:
            self._ignore_space()
        if self.globals["autocommit"] == "OFF":
            self.transaction.set_autocommit(False)
        self.transaction.reads_by_default = self.globals[instance.dialect.read_only_variable] == "ON"
        self.mark()

    def mark(self) -> None:
        """Note whether somebody has to look at each statement: see ``restrictions.py``."""
        account = self.login.account
        self.is_restricted = bool(self.setting(self.instance.dialect.time_limit_variable)) or (
            account is not None and bool(account.is_expired or account.max_queries_per_hour)
        )

    # --- the current database -----------------------------------------------------------------------------------------

    @property
    def database(self) -> str:
        """The current database, "" for none."""
        return self._database

    @database.setter
    def database(self, name: str) -> None:
        self._database = name
        if self.tracker is not None:
            self.tracker.move()

    # --- what whoever drives the engine reads -------------------------------------------------------------------------

    @property
    def status(self) -> int:
        """The SERVER_STATUS word, without what only a result can say."""
        status = self.transaction.state.value
        if self.modes:
            if "NO_BACKSLASH_ESCAPES" in self.modes:
                status |= c.SERVER_STATUS_NO_BACKSLASH_ESCAPES
            if "ANSI_QUOTES" in self.modes and self.instance.dialect.mariadb:
                status |= _MARIADB_STATUS_ANSI_QUOTES
        return status

    @property
    def wait_timeout(self) -> float:
        """Seconds that the session may idle."""
        settings = self.settings
        # Asked after each command, by way of setting() alone where something is out of the ordinary.
        if settings or self.login.capabilities & c.CLIENT_INTERACTIVE:
            return float(self.setting("wait_timeout") or 0)
        return float(self.globals["wait_timeout"] or 0)

    @property
    def user(self) -> str:
        return self.login.user

    @property
    def current_user(self) -> str:
        """The account, as CURRENT_USER() names it."""
        return f"{self.login.user}@%" if self.login.account is None else str(self.login.account)

    @property
    def host(self) -> str:
        """As in PROCESSLIST."""
        port = self.login.client_port
        return self.login.client_host if port is None else f"{self.login.client_host}:{port}"

    @property
    def counts_found_rows(self) -> bool:
        """An UPDATE tells how many rows it found, not how many it changed."""
        return bool(self.login.capabilities & c.CLIENT_FOUND_ROWS)

    def ok(self, **fields: int | str) -> Ok:
        """An OK with the status and warnings of now."""
        return Ok(self.status, warnings=self.statement_warnings, **fields)  # type: ignore[arg-type]

    # --- settings -----------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> Setting:
        """The session's value of a variable that is kept as a setting; most are."""
        if name in self.settings:
            return self.settings[name]
        if name == "wait_timeout" and self.login.capabilities & c.CLIENT_INTERACTIVE:
            # An interactive client's wait_timeout starts as the global interactive_timeout.
            return self.globals["interactive_timeout"]
        return self.globals[name]

    def use_collation(self, collation: Collation) -> None:
        """SET NAMES: client, connection and results, all of this collation's character set."""
        self.collation: Collation = collation
        self.client_charset: Charset = collation.charset
        self.results: Results = self.instance.results(collation.charset, collation)

    def use_results(self, charset: Charset | None) -> None:
        """character_set_results; None sends strings as they are."""
        self.results = self.instance.results(charset)

    def limit_selects(self, count: int) -> None:
        """sql_select_limit: how many rows a SELECT without LIMIT gives; the greatest number is no limit."""
        self.select_limit = None if count == _NO_LIMIT else count

    def set_modes(self, sql_mode: str) -> None:
        """sql_mode, as a canonical list."""
        self.modes = _modes_of(sql_mode)
        self.lexis: Lexis = self.instance.lexis(
            backslash_escapes="NO_BACKSLASH_ESCAPES" not in self.modes, ansi_quotes="ANSI_QUOTES" in self.modes
        )

    def _ignore_space(self) -> None:
        """The global modes, and IGNORE_SPACE with them."""
        wanted = f"{self.globals['sql_mode']},IGNORE_SPACE"
        modes = str(self.instance.checker.sql_mode(self.instance.definitions["sql_mode"], wanted))
        self.settings["sql_mode"] = modes
        self.set_modes(modes)

    @property
    def is_strict(self) -> bool:
        """A value that does not fit is an error where it is stored, and no warning."""
        return not _STRICT.isdisjoint(self.modes)

    @property
    def no_backslash_escapes(self) -> bool:
        return "NO_BACKSLASH_ESCAPES" in self.modes

    # --- time ---------------------------------------------------------------------------------------------------------

    def utc_time(self) -> dt.datetime:
        """The moment at which the statement began, in UTC, or the one that SET timestamp fixed."""
        if self.started is None:
            self.started = (
                self.instance.wall()
                if self.fixed_time is None
                else _EPOCH + dt.timedelta(microseconds=round(self.fixed_time * 1e6))
            )
        return self.started

    @property
    def offset(self) -> dt.timedelta:
        """How far the session's time zone is east of UTC; the system's own is UTC."""
        zone = str(self.setting("time_zone"))
        return dt.timedelta(seconds=zone_offset(zone, True) or 0)

    def local_time(self) -> dt.datetime:
        return self.utc_time() + self.offset

    # --- warnings, chance, parameters ---------------------------------------------------------------------------------

    def warn(self, level: str, code: int, message: str) -> None:
        """Enter a line for SHOW WARNINGS; the first of a statement drops those of the statement before."""
        if not self.statement_warnings and self.warnings:
            self.warnings = []
        self.statement_warnings += 1
        if len(self.warnings) < int(self.setting("max_error_count") or 0):
            self.warnings.append(Warning_(level, code, message))

    def count_warnings(self, level: str = "") -> int:
        return sum(1 for warning in self.warnings if not level or warning.level == level)

    def count_all(self) -> tuple[int, int]:
        """Warnings and errors so far; those that max_error_count kept out of the list count as warnings."""
        return max(self.statement_warnings, len(self.warnings)), self.count_warnings("Error")

    def counts(self) -> tuple[int, int]:
        """@@warning_count and @@error_count: of the statement before, if asking has started a list of its own."""
        return self.count_all() if self.instance.dialect.warnings_outlive else self.counts_before

    @property
    def random_seeds(self) -> tuple[int, int]:
        """Where RAND() stands; drawn when it is first asked for, as most sessions never do."""
        if self._random_seeds is None:
            self._random_seeds = self.instance.next_seeds()
        return self._random_seeds

    @random_seeds.setter
    def random_seeds(self, seeds: tuple[int, int]) -> None:
        self._random_seeds = seeds

    def random(self) -> float:
        """RAND(): the servers' own generator, so that a seed gives the same numbers."""
        self.random_seeds, number = step_random(self.random_seeds)
        return number

    def parameter(self, index: int) -> tuple[Value, Shape]:
        """The value of a prepared statement's parameter; outside of one it is NULL."""
        return self.parameters[index] if index < len(self.parameters) else (None, NULL)

    def need_database(self) -> str:
        """The current database, or error 1046."""
        if not self.database:
            raise sqlerrors.no_database()
        return self.database


def step_random(seeds: tuple[int, int]) -> tuple[tuple[int, int], float]:
    """The next number below 1, and the seeds of the one after: the generator behind RAND() of both servers."""
    first = (seeds[0] * 3 + seeds[1]) % _RANDOM_MODULUS
    second = (first + seeds[1] + 33) % _RANDOM_MODULUS
    return (first, second), first / _RANDOM_MODULUS


def seeds_of(seed: int) -> tuple[int, int]:
    """RAND(seed)'s starting point."""
    seed &= 0xFFFFFFFF
    return (seed * 0x10001 + 55555555) % (1 << 32) % _RANDOM_MODULUS, seed * 0x10000001 % (1 << 32) % _RANDOM_MODULUS
