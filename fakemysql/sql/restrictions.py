"""Who may open a session, and what a session that is not quite free may do: limits, expired passwords.

Both servers ask in this order once a client has proved its password: is the password one that has to be changed, is
there room, has the account had its share, does the database exist (which the engine asks). A session whose account has
a limit by the hour, or a password to change, is marked, so that all others pay nothing for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..answers import Pause, Stepping, Woken
from ..constants import CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS
from . import statements
from .sqlerrors import SqlError

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..answers import Step
    from .accounts import Account
    from .instance import Instance
    from .session import Login, Session


def admit(instance: Instance, login: Login, again: Session | None = None) -> None:
    """Let a client in, or not; again is its own session where it logs in once more.

    Raises:
        SqlError: 1040, 1203, 1226 or 1862.
    """
    account = login.account
    if account is None:
        return
    settings = instance.globals
    if (
        account.is_expired
        and settings["disconnect_on_expired_password"] == "ON"
        and not login.capabilities & CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS
    ):
        text = "Your password has expired. To log in you must change it using a client that supports expired passwords"
        raise SqlError(1862, "HY000", text + instance.persona.expired_suffix)
    accounts = instance.accounts
    is_full = instance.count_connections() > int(settings["max_connections"] or 0)
    most_each = int(settings["max_user_connections"] or 0)
    if (is_full or most_each) and not accounts.is_admin(account):
        if is_full and again is None:
            instance.counters.add("Connection_errors_max_connections")
            raise SqlError(1040, "08004", "Too many connections")
        if most_each and _sessions_of(instance, account, again) >= most_each:
            text = f"User {account.name} already has more than 'max_user_connections' active connections"
            raise SqlError(1203, "42000", text)
    most = account.max_user_connections
    if most and _sessions_of(instance, account, again) >= most:
        raise _exceeded(account, "max_user_connections", most)
    most = account.max_connections_per_hour
    if most and not accounts.count(account, "connections", most, instance.clock()):
        raise _exceeded(account, instance.persona.question_limits[1], most)


def run(
    session: Session, statement: object, steps: Generator[Step, Woken | None, None]
) -> Generator[Step, Woken | None, None]:
    """The steps of a statement of a session that is marked, if it may be run, and for as long as it may.

    Raises:
        SqlError: 1226 or 1820; 1969 or 3024 when its time is up.
    """
    _check(session, statement)
    dialect = session.instance.dialect
    limit = float(session.setting(dialect.time_limit_variable) or 0)
    if not dialect.mariadb:
        # In milliseconds, and for SELECT alone.
        limit = limit / 1000 if isinstance(statement, statements.Query) else 0
    if not limit:
        yield from steps
        return
    due = session.instance.clock() + limit
    is_late = False
    try:
        with Stepping(steps) as each:
            for step in each:
                if not isinstance(step, Pause):
                    each.woken = yield step
                    continue
                left = max(due - session.instance.clock(), 0.0)
                if step.seconds is not None and step.seconds <= left:
                    each.woken = yield step
                    continue
                each.woken = yield replace(step, seconds=left)
                if each.woken is Woken.ELAPSED:
                    is_late, each.woken = True, Woken.KILLED
    except SqlError as error:
        if is_late and error.code == _INTERRUPTED:
            raise SqlError(*_TOO_LATE[dialect.mariadb]) from None
        raise


_INTERRUPTED: Final = 1317
_TOO_LATE: Final = {
    True: (1969, "70100", "Query execution was interrupted (max_statement_time exceeded)"),
    False: (3024, "HY000", "Query execution was interrupted, maximum statement execution time exceeded"),
}


def _check(session: Session, statement: object) -> None:
    account = session.login.account
    if account is None:
        return
    instance = session.instance
    most = account.max_queries_per_hour
    if most and not instance.accounts.count(account, "queries", most, instance.clock()):
        raise _exceeded(account, instance.persona.question_limits[0], most)
    if account.is_expired and not _changes_password(statement, may_set=instance.dialect.mariadb):
        raise SqlError(1820, "HY000", instance.persona.must_change_password)


def _changes_password(statement: object, *, may_set: bool) -> bool:
    """Whether a session may run this before its password is changed; may_set: so it may any SET."""
    name = type(statement).__name__
    return name in ("SetPassword", "AlterUser") or (may_set and isinstance(statement, statements.Set))


def _sessions_of(instance: Instance, account: Account, but: Session | None) -> int:
    return sum(
        other.login.account is not None and other.login.account.key == account.key
        for other in instance.sessions.values()
        if other is not but
    )


def _exceeded(account: Account, limit: str, most: int) -> SqlError:
    return SqlError(1226, "42000", f"User '{account.name}' has exceeded the '{limit}' resource (current value: {most})")
