"""The accounts of a server: who may log in, from where, with what, how often, and what was granted to whom.

An account is its name and the hosts that it may come from, as on a server: of several that fit a client the one whose
host says most is taken. Passwords are kept as they are, since a test wants to read them back; whether one was proved is
``auth.py``'s business. What was granted is kept and shown, and enforced nowhere: everybody may do everything, but for
what :attr:`Account.is_admin` says.

Knows of no packet and of no statement: the login asks here, and so do CREATE USER and its kin
(``account_statements.py``).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ..records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..persona import Persona

PLUGIN_NAMES: Final = ("caching_sha2_password", "mysql_clear_password", "mysql_native_password", "sha256_password")
ANY_HOST: Final = "%"
EVERYTHING: Final = "*.*"
ALL_PRIVILEGES: Final = "ALL PRIVILEGES"
_HOUR_SECONDS: Final = 3600.0
# A client on this machine is known by either name.
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
# Who has one of these for everything may connect when nobody else may, and write when nobody else may.
_ADMIN: Final = frozenset(
    (ALL_PRIVILEGES, "SUPER", "CONNECTION ADMIN", "CONNECTION_ADMIN", "READ_ONLY ADMIN", "READ ONLY ADMIN")
)


@record
class Account:
    """One account.

    Attributes:
        plugin: None for the persona's default.
        is_cached: caching_sha2_password lets it in by the fast way from the start.
        host: where it may come from: a name, an address, or a pattern with ``%`` and ``_``.
        is_locked: refused once it has proved its password: 3118, and 4151 on MariaDB.
        is_expired: its password is to be changed first: 1862 at the login, or 1820 for every other statement.
        max_user_connections: at once; one more gets 1226. 0 is no limit, here and below.
        max_queries_per_hour: one more gets 1226.
        max_connections_per_hour: one more gets 1226.
        requires_tls: 1045 without.
        is_admin: it has one connection beyond max_connections, and writes where read_only is set. A real server's root
            may; here root may not unless a test says so, since tests connect as root and want to meet these limits.
        native_hash: ``*`` and 40 hexadecimal digits, where the password is known by its hash alone.
    """

    name: str
    password: str = ""
    plugin: str | None = None
    is_cached: bool = True
    host: str = ANY_HOST
    is_locked: bool = False
    is_expired: bool = False
    max_user_connections: int = 0
    max_queries_per_hour: int = 0
    max_connections_per_hour: int = 0
    requires_tls: bool = False
    is_admin: bool = False
    native_hash: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What no two accounts have in common."""
        return self.name, self.host

    def __str__(self) -> str:
        return f"{self.name}@{self.host}"


@dataclass(slots=True)
class _Usage:
    """What an account has done in the hour that began then."""

    since: float
    queries: int = 0
    connections: int = 0


class Grants:
    """What was granted to one account, by level (``*.*``, ```db`.*``): privileges, and whether it may pass them on."""

    def __init__(self) -> None:
        self.privileges: dict[str, dict[str, None]] = {}
        self.may_grant: set[str] = set()
        self.roles: dict[str, None] = {}

    def add(self, level: str, privileges: Sequence[str], *, may_grant: bool = False) -> None:
        found = self.privileges.setdefault(level, {})
        if ALL_PRIVILEGES in privileges:
            found.clear()
        if ALL_PRIVILEGES not in found:
            found |= dict.fromkeys(privileges)
        if may_grant:
            self.may_grant.add(level)

    def take(self, level: str, privileges: Sequence[str]) -> bool:
        """Whether there was anything to take from at this level."""
        found = self.privileges.get(level)
        if found is None:
            return level == EVERYTHING
        if ALL_PRIVILEGES in privileges:
            found.clear()
        for privilege in privileges:
            found.pop(privilege, None)
        if not found and level not in self.may_grant:
            del self.privileges[level]
        return True

    def clear(self) -> None:
        self.privileges.clear()
        self.may_grant.clear()

    @property
    def is_admin(self) -> bool:
        return not _ADMIN.isdisjoint(self.privileges.get(EVERYTHING, ()))


class Accounts:
    """The accounts of a server. ``root`` with an empty password is always there, unless it is given another.

    Args:
        users: name, or ``name@host``, to password or to an :class:`Account`.
        persona: whose default plugin is meant where an account names none.
    """

    def __init__(self, users: Mapping[str, str | Account] | None, persona: Persona) -> None:
        self.persona = persona
        self.roles: set[str] = set()
        self._accounts: dict[tuple[str, str], Account] = {("root", ANY_HOST): Account("root")}
        self._grants: dict[tuple[str, str], Grants] = {}
        self._usage: dict[tuple[str, str], _Usage] = {}
        for name, given in (users or {}).items():
            account = given if isinstance(given, Account) else _named(name, given)
            if name not in (account.name, str(account)):
                raise ValueError(f"users[{name!r}] is an account with another name, {account.name!r}")
            if account.plugin is not None and account.plugin not in PLUGIN_NAMES:
                raise ValueError(
                    f"users[{name!r}] wants the plugin {account.plugin!r}; there are {', '.join(PLUGIN_NAMES)}"
                )
            self._accounts[account.key] = account
        for account in self:
            self.grants_of(account).add(EVERYTHING, [ALL_PRIVILEGES], may_grant=True)
        self._cached = {account.key for account in self if account.is_cached}
        # Of those that a test gave it has said whether they are admins.
        self._given = frozenset(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def __getitem__(self, name: str) -> Account:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str) -> Account | None:
        """The first account of that name, or of that ``name@host``; names are compared letter by letter."""
        return next((account for account in self if name in (account.name, str(account))), None)

    def find(self, name: str, host: str) -> Account | None:
        """The account of exactly this name and host."""
        return self._accounts.get((name, host.lower()))

    def match(self, user: str, client_host: str) -> Account | None:
        """The account that a client of this user name and host logs in with, the anonymous one (``''``) last."""
        names = (user, "")
        fitting = [
            each for each in self._accounts.values() if each.name in names and _host_fits(each.host, client_host)
        ]
        return min(fitting, key=_vagueness) if len(fitting) > 1 else fitting[0] if fitting else None

    # --- changing them ------------------------------------------------------------------------------------------------

    def put(self, account: Account) -> None:
        """A new account, or one as it is from now on; caching_sha2_password has it in no cache."""
        self._accounts[account.key] = account
        self._cached.discard(account.key)
        self._usage.pop(account.key, None)

    def remove(self, account: Account) -> None:
        self._accounts.pop(account.key)
        self._grants.pop(account.key, None)
        self._cached.discard(account.key)

    def rename(self, account: Account, name: str, host: str) -> None:
        grants = self.grants_of(account)
        self.remove(account)
        renamed = replace(account, name=name, host=host)
        self.put(renamed)
        self._grants[renamed.key] = grants

    def grants_of(self, account: Account) -> Grants:
        return self._grants.setdefault(account.key, Grants())

    def is_admin(self, account: Account) -> bool:
        """See :attr:`Account.is_admin`; for an account of CREATE USER it follows from what was granted."""
        return account.is_admin or (account.key not in self._given and self.grants_of(account).is_admin)

    # --- caching_sha2_password's cache --------------------------------------------------------------------------------

    def forget(self, name: str) -> None:
        """Take the account out of caching_sha2_password's cache: its next login is a full one."""
        self._cached = {key for key in self._cached if key[0] != name}

    def remember(self, account: Account) -> None:
        """The account has proved its password: caching_sha2_password lets it in by the fast way from now on."""
        self._cached.add(account.key)

    def is_cached(self, account: Account) -> bool:
        """Whether caching_sha2_password lets it in by the fast way."""
        return account.key in self._cached

    def plugin_of(self, account: Account | None) -> str:
        """The plugin that an account logs in with; the default also for one that does not exist."""
        return (account.plugin if account is not None else None) or self.persona.default_auth_plugin

    # --- limits by the hour -------------------------------------------------------------------------------------------

    def count(self, account: Account, what: str, limit: int, now: float) -> bool:
        """One more of this hour's ("queries" or "connections"); False when the limit had been reached."""
        usage = self._usage.get(account.key)
        if usage is None or now - usage.since >= _HOUR_SECONDS:
            usage = self._usage[account.key] = _Usage(now)
        counted: int = getattr(usage, what)
        if limit and counted >= limit:
            return False
        setattr(usage, what, counted + 1)
        return True

    def forget_usage(self) -> None:
        """FLUSH USER_RESOURCES: the hours begin anew."""
        self._usage.clear()


def _named(text: str, password: str) -> Account:
    name, at, host = text.rpartition("@")
    return Account(name, password, host=host) if at else Account(text, password)


@functools.cache
def _host_pattern(host: str) -> Callable[[str], object]:
    parts = {"%": ".*", "_": "."}
    pattern = "".join(parts.get(character, re.escape(character)) for character in host.lower())
    return re.compile(pattern, re.DOTALL).fullmatch


def _host_fits(host: str, client_host: str) -> bool:
    if host == ANY_HOST:
        return True
    fits = _host_pattern(host or ANY_HOST)
    names = _LOCAL if client_host in _LOCAL else (client_host,)
    return any(fits(name.lower()) for name in names)


def _vagueness(account: Account) -> tuple[bool, int, int, bool]:
    """Sorts who says most first: a host without wildcards, then the later wildcard, the longer host, a name."""
    wildcards = [account.host.find(character) for character in "%_" if character in account.host]
    return bool(wildcards), -min(wildcards, default=0), -len(account.host), not account.name
