"""The native functions that ask the session or the server, and those that wait.

SLEEP and GET_LOCK raise :class:`~fakemysql.sql.calls.Suspended`; everything that must not happen twice when a row is
run again after a pause goes through :meth:`~fakemysql.sql.calls.Scope.once`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import constants as c
from ..answers import Pause, Woken
from . import nodes, shapes, sqlerrors, values
from .calls import Bound, CallSite, Scope, Suspended, native
from .locks import LockDeadlock
from .news import Locked, Unlocked
from .session import seeds_of, step_random
from .shapes import Coercibility, Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from .values import Value

# BENCHMARK keeps a server busy; here nobody gains by that.
_BENCHMARK_RUNS: Final = 100
_MYSQL_NAME_CHARACTERS: Final = 64
_MARIADB_NAME_BYTES: Final = 192
_SHOWN_BYTES: Final = 100
_MYSQL_SHOWN_BYTES: Final = 192
_INT_LENGTH: Final = 11
# What MariaDB takes for no lock's name, in its words.
_NO_NAMES: Final = {
    Family.INTEGER: "int",
    Family.DECIMAL: "decimal",
    Family.DOUBLE: "double",
    Family.DATE: "date",
    Family.TIME: "time",
    Family.DATETIME: "datetime",
}
_MYSQL_ROLES_LENGTH: Final = 50331648
# GET_LOCK with a negative timeout waits without end, and with a larger one than this for as long.
_LOCK_TIMEOUT_LIMIT: Final = 31_536_000.0


def _system_string(site: CallSite, length: int, *, nullable: bool = True) -> shapes.Shape:
    """A string that the system knows, such as a name: utf8mb3 whatever the connection's character set."""
    return shapes.string(length, site.dialect.charsets.by_id[33], nullable=nullable, coercibility=Coercibility.SYSTEM)


def _asks(shape_of: Callable[[CallSite], shapes.Shape], ask: Callable[[Scope], Value]) -> Callable[[CallSite], Bound]:
    """A function without arguments that asks the session."""

    def bind(site: CallSite) -> Bound:
        return Bound(shape_of(site), ask)

    return bind


def _user(scope: Scope) -> str:
    return f"{scope.session.user}@{scope.session.login.client_host}"


native("CONNECTION_ID", 0)(
    _asks(lambda site: site.integer(10, 21, unsigned=True), lambda scope: scope.session.connection_id)
)
native("DATABASE SCHEMA", 0)(_asks(lambda site: _system_string(site, 64), lambda scope: scope.session.database or None))
native("USER SESSION_USER SYSTEM_USER", 0)(_asks(lambda site: _system_string(site, site.dialect.pick(384, 288)), _user))
native("CURRENT_USER", 0)(
    _asks(lambda site: _system_string(site, site.dialect.pick(384, 288)), lambda scope: scope.session.current_user)
)


@native("CURRENT_ROLE", 0)
def _current_role(site: CallSite) -> Bound:
    if site.dialect.mariadb:
        return Bound(_system_string(site, 128), lambda scope: scope.session.role or None)
    shape = _system_string(site, _MYSQL_ROLES_LENGTH).but(field_type=c.FIELD_TYPE_LONG_BLOB, wire_length=201326592)
    return Bound(shape, lambda scope: f"`{scope.session.role}`@`%`" if scope.session.role else "NONE")


native("ROW_COUNT", 0)(_asks(lambda site: site.integer(21, 21, big=True), lambda scope: scope.session.row_count))


@native("VERSION", 0)
def _version(site: CallSite) -> Bound:
    version = site.binder.instance.persona.version
    return Bound(_system_string(site, len(version), nullable=False), lambda _scope: version)


@native("FOUND_ROWS", 0)
def _found_rows(site: CallSite) -> Bound:
    return Bound(site.integer(21, 21, big=True), lambda scope: scope.session.found_rows)


@native("LAST_INSERT_ID", 0, 1)
def _last_insert_id(site: CallSite) -> Bound:
    if not len(site):
        return Bound(site.integer(21, 21, big=True, unsigned=True), lambda scope: scope.session.last_insert_id)
    read = site.integer_of(0)

    def run(scope: Scope) -> Value:
        value = read(scope)
        scope.session.last_insert_id = (value or 0) & values.UINT64_MAX
        return None if value is None else scope.session.last_insert_id

    return Bound(site.integer(site.length(0), 21, big=True, unsigned=True), run)


@native("RAND", 0, 1)
def _rand(site: CallSite) -> Bound:
    shape = shapes.double(nullable=site.is_nullable)
    if not len(site):
        return Bound(shape, lambda scope: scope.once(scope.session.random))
    read = site.integer_of(0)
    seeds: tuple[int, int] | None = None

    def run(scope: Scope) -> Value:
        nonlocal seeds
        # A constant seed starts one row of numbers, any other seeds each row anew.
        if seeds is None or not site.arguments[0].is_constant:
            seeds = seeds_of(read(scope) or 0)
        seeds, number = step_random(seeds)
        return number

    site.binder.is_stable = False
    return Bound(shape, run)


@native("UUID", 0)
def _uuid(site: CallSite) -> Bound:
    utf8 = site.dialect.charsets.by_id[33]
    field_type = c.FIELD_TYPE_STRING if site.dialect.mariadb else None
    shape = shapes.string(36, utf8).but(field_type=field_type)

    def run(scope: Scope) -> Value:
        def make() -> str:
            session = scope.session
            bits = 0
            for _ in range(5):
                bits = bits << 30 | int(session.random() * (1 << 30))
            text = f"{bits & ((1 << 128) - 1):032x}"
            return f"{text[:8]}-{text[8:12]}-11{text[14:16]}-{text[16:20]}-{text[20:]}"

        return scope.once(make)

    return Bound(shape, run)


@native("UUID_SHORT", 0)
def _uuid_short(site: CallSite) -> Bound:
    shape = site.integer(21, 21, big=True, unsigned=True)
    return Bound(shape, lambda scope: scope.once(lambda: int(scope.session.random() * (1 << 56)) + 1))


@native("BENCHMARK", 2)
def _benchmark(site: CallSite) -> Bound:
    count, subject = site.integer_of(0), site.arguments[1]
    shape = site.integer(1, 1, nullable=site.dialect.pick(False, True))

    def run(scope: Scope) -> Value:
        times = count(scope)
        if times is None:
            return None
        if times < 0:
            scope.warn(1411, f"Incorrect count value: '{times}' for function benchmark")
            return None
        for _ in range(min(times, _BENCHMARK_RUNS)):
            subject.run(scope)
        return 0

    return Bound(shape, run)


# --- waiting ----------------------------------------------------------------------------------------------------------


@native("SLEEP", 1)
def _sleep(site: CallSite) -> Bound:
    read = site.double(0)
    dialect = site.dialect

    def settle(woken: Woken) -> Value:
        if woken is not Woken.KILLED:
            return 0
        if dialect.killed_sleep is None:
            raise sqlerrors.interrupted()
        return dialect.killed_sleep

    def run(scope: Scope) -> Value:
        def begin() -> Value:
            seconds = read(scope)
            if (seconds is None or seconds < 0) and not dialect.mariadb:
                raise sqlerrors.SqlError(1210, "HY000", "Incorrect arguments to sleep.")
            if not seconds or seconds <= 0:
                return 0
            raise Suspended(Pause(seconds, "User sleep"), settle)

        return scope.once(begin)

    return Bound(site.integer(1, 21), run)


def _lock_name_of(site: CallSite) -> Callable[[Scope], str | None]:
    """How the lock's name is read: None is a name that no lock can have, and the answer is NULL.

    Raises:
        SqlError: 4079, MariaDB takes no number for a name.
    """
    read, dialect = site.text(0), site.dialect
    if dialect.mariadb and (kind := _NO_NAMES.get(site.shape(0).family)):
        if site.shape(0).family is Family.INTEGER and site.shape(0).length > _INT_LENGTH:
            kind = "bigint"
        text = f"Illegal parameter data type {kind} for operation '{site.name.lower()}'"
        raise sqlerrors.SqlError(4079, "HY000", text)

    def mariadb_name(scope: Scope) -> str | None:
        name = read(scope)
        if name is not None and len(name.encode()) > _MARIADB_NAME_BYTES:
            raise sqlerrors.SqlError(1059, "42000", f"Identifier name '{_cut(name)}' is too long")
        return name or None

    def mysql_name(scope: Scope) -> str | None:
        name = read(scope)
        if not name:
            empty = "NULL" if name is None else ""
            why = "The name is empty, NULL, or can not be expressed in the current character-set."
            raise sqlerrors.SqlError(3057, "42000", f"Incorrect user-level lock name '{empty}'. {why}")
        if len(name) > _MYSQL_NAME_CHARACTERS:
            shown = name.encode()[:_MYSQL_SHOWN_BYTES].decode(errors="ignore")
            text = f"User-level lock name '{shown}' should not exceed {_MYSQL_NAME_CHARACTERS} characters."
            raise sqlerrors.SqlError(4163, "42000", text)
        return name

    return mariadb_name if dialect.mariadb else mysql_name


def _cut(name: str) -> str:
    """A name as errors of MariaDB show one that is long: its first bytes, and dots."""
    if len(name.encode()) <= _SHOWN_BYTES:
        return name
    return name.encode()[: _SHOWN_BYTES - 3].decode(errors="ignore") + "..."


@native("GET_LOCK", 2)
def _get_lock(site: CallSite) -> Bound:
    name_of, timeout_of = _lock_name_of(site), site.double(1)
    dialect = site.dialect

    def run(scope: Scope) -> Value:
        locks, me = scope.instance.locks, scope.session.connection_id

        def begin() -> Value:
            key, timeout = name_of(scope), timeout_of(scope)
            if key is None:
                return None
            if dialect.mariadb and (timeout is None or round(timeout) < 0):
                shown = "NULL" if timeout is None else f"{timeout:g}"
                scope.warn(1411, f"Incorrect timeout value: '{shown}' for function get_lock")
                return None
            seconds = _LOCK_TIMEOUT_LIMIT if timeout is None or timeout < 0 else min(timeout, _LOCK_TIMEOUT_LIMIT)
            deadline = scope.instance.clock() + seconds
            if take(key):
                return 1
            if not seconds:
                scope.effects.extend(locks.give_up(me))
                return 0
            raise Suspended(Pause(seconds, "User lock"), lambda woken: settle(woken, key, deadline))

        def take(key: str) -> bool:
            try:
                taken = locks.acquire(key, me)
            except LockDeadlock:
                raise _deadlock(site) from None
            if taken:
                scope.session.news.append(Locked(locks.key(key)))
            return taken

        def settle(woken: Woken, key: str, deadline: float) -> Value:
            if woken is Woken.AWAKENED and take(key):
                return 1
            if woken is Woken.KILLED:
                scope.effects.extend(locks.give_up(me))
                if not dialect.mariadb:
                    raise sqlerrors.interrupted()
                return None
            left = deadline - scope.instance.clock()
            if woken is Woken.AWAKENED and left > 0:
                raise Suspended(Pause(left, "User lock"), lambda again: settle(again, key, deadline))
            scope.effects.extend(locks.give_up(me))
            return 0

        return scope.once(begin)

    return Bound(site.integer(1, 1, nullable=True), run)


def _deadlock(site: CallSite) -> sqlerrors.SqlError:
    if site.dialect.mariadb:
        return sqlerrors.SqlError(1213, "40001", "Deadlock found when trying to get lock; try restarting transaction")
    return sqlerrors.SqlError(
        3058,
        "HY000",
        "Deadlock found when trying to get user-level lock; try rolling back transaction/releasing locks and"
        " restarting lock acquisition.",
    )


@native("RELEASE_LOCK", 1)
def _release_lock(site: CallSite) -> Bound:
    name_of = _lock_name_of(site)

    def run(scope: Scope) -> Value:
        def happen() -> Value:
            key = name_of(scope)
            if key is None:
                return None
            released, wakes = scope.instance.locks.release(key, scope.session.connection_id)
            scope.effects.extend(wakes)
            if released:
                scope.session.news.append(Unlocked(scope.instance.locks.key(key)))
            return None if released is None else int(released)

        return scope.once(happen)

    return Bound(site.integer(1, 1, nullable=True), run)


@native("RELEASE_ALL_LOCKS", 0)
def _release_all_locks(site: CallSite) -> Bound:
    def run(scope: Scope) -> Value:
        def happen() -> Value:
            scope.session.news += map(Unlocked, scope.instance.locks.names_of(scope.session.connection_id))
            count, wakes = scope.instance.locks.release_all(scope.session.connection_id)
            scope.effects.extend(wakes)
            return count

        return scope.once(happen)

    return Bound(site.integer(11, 21, unsigned=True), run)


@native("IS_FREE_LOCK", 1)
def _is_free_lock(site: CallSite) -> Bound:
    name_of = _lock_name_of(site)

    def run(scope: Scope) -> Value:
        name = name_of(scope)
        return None if name is None else int(scope.instance.locks.owner(name) is None)

    return Bound(site.integer(1, 1, nullable=True), run)


@native("IS_USED_LOCK", 1)
def _is_used_lock(site: CallSite) -> Bound:
    name_of = _lock_name_of(site)

    def run(scope: Scope) -> Value:
        name = name_of(scope)
        return None if name is None else scope.instance.locks.owner(name)

    return Bound(site.integer(10, 21, unsigned=not site.dialect.mariadb, nullable=True), run)


@native("NAME_CONST", 2)
def _name_const(site: CallSite) -> Bound:
    if not isinstance(site.nodes[1], nodes.Literal) or site.shape(0).family is Family.NULL:
        raise sqlerrors.SqlError(1210, "HY000", "Incorrect arguments to NAME_CONST")
    value = site.arguments[1]
    return Bound(value.shape.but(nullable=True), value.run, True)
