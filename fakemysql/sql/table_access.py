"""One session's way to tables: which of them it may use, what it sees of their rows, and how it waits.

A :class:`TableSession` stands between a session and the :class:`~fakemysql.sql.tables.Store`. It follows the session's
transaction (:meth:`ended` is called when that ends), so that rows are committed and rolled back exactly when the
status word says so; it finds tables, temporary ones first; it decides which snapshot a statement reads; and it waits:
:meth:`patiently` tries again whenever one of those in the way has let go, until time runs out (1205), the statement is
killed (1317), or waiting would never end (1213).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

from .. import answers
from ..answers import Pause, Wake, Woken
from . import sqlerrors
from .sqlerrors import SqlError
from .tables import NEVER, Blocked, Store, Table, Use
from .tables import Participant as _Participant

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from .foreign_keys import Keeper
    from .instance import Instance
    from .session import Session
    from .tables import Work

T = TypeVar("T")

# How soon a server notices that a client that waits for a lock is gone.
_CLIENT_CHECK_SECONDS: Final = 1.0
_KEPT: Final = frozenset({Use.KEPT_FOR_READING, Use.KEPT_FOR_WRITING})


def tables_of(session: Session) -> TableSession:
    """The session's way to tables, made when it first needs one."""
    if session.tables is None:
        instance = session.instance
        if instance.tables is None:
            instance.tables = Store()
        session.tables = TableSession(session, instance, instance.tables)
        session.transaction.follower = session.tables
    return session.tables


class TableSession:
    """What one session does with tables. wakes are those of other sessions that may go on, for the engine to send."""

    __slots__ = ("_instance", "_mark", "me", "session", "store", "wakes")

    def __init__(self, session: Session, instance: Instance, store: Store) -> None:
        self.session = session
        self._instance = instance
        self.store = store
        self.me = _Participant(session.connection_id)
        self.wakes: list[Wake] = []
        self._mark = 0

    # --- names --------------------------------------------------------------------------------------------------------

    def find(self, database: str, name: str) -> Table | None:
        """A temporary table of the session's, or one of the server's."""
        return self.me.temporary.get((database, name)) or self.store.table(database, name)

    def need(self, database: str, name: str) -> Table:
        """The table of this name.

        Raises:
            SqlError: 1146, there is none; 1100 where it would have to be locked first.
        """
        table = self.find(database, name)
        if table is None:
            if self.me.has_locked:
                raise not_locked(name)
            raise missing(self._instance, database, name)
        return table

    # --- statements and transactions ----------------------------------------------------------------------------------

    def begin_statement(self) -> Work:
        """A statement uses rows: the work that it is part of."""
        session = self.session
        session.transaction.touch()
        if self._instance.dialect.warnings_outlive and not session.statement_warnings:
            session.warnings = []
        work = self.store.begin(self.me)
        self._mark = len(work.changes)
        return work

    def begin_snapshot(self) -> None:
        """START TRANSACTION WITH CONSISTENT SNAPSHOT."""
        work = self.store.begin(self.me)
        isolation, dialect = self.isolation, self._instance.dialect
        if isolation == "REPEATABLE-READ":
            self.store.settle_snapshot(work)
        elif not dialect.mariadb:
            self.session.warn(
                "Warning",
                138,
                "InnoDB: WITH CONSISTENT SNAPSHOT was ignored because this phrase can only be used with REPEATABLE READ"
                " isolation level.",
            )
        elif isolation == "READ-UNCOMMITTED":
            text = "InnoDB: WITH CONSISTENT SNAPSHOT is ignored at READ UNCOMMITTED isolation level."
            self.session.warn("Warning", 138, text)

    def refuse_writes_where_read_only(self, *, is_temporary: bool = False) -> None:
        """Raise error 1792 in a transaction that only reads, 1290 on a server that does."""
        transaction = self.session.transaction
        if transaction.will_read_only:
            end = self._instance.dialect.pick("", ".")
            raise SqlError(1792, "25006", f"Cannot execute statement in a READ ONLY transaction{end}")
        if not is_temporary:
            self.refuse_on_read_only_server()

    def refuse_writes_to(self, database: str, name: str) -> None:
        """The same for writes to a table, be it there or not; a temporary one may always be written."""
        if (database, name) not in self.me.temporary:
            self.refuse_writes_where_read_only()

    def need_for_writing(self, database: str, name: str) -> Table:
        """The table of this name, once it may be written: servers ask for that before they look at the statement.

        Raises:
            SqlError: 1792 and 1290, nothing may be; 1099 and 1100, it is not locked for it; those of :meth:`need`.
        """
        self.refuse_writes_to(database, name)
        table = self.need(database, name)
        if self.me.has_locked and not table.definition.is_temporary:
            # MySQL looks at the statement before it asks what the lock is for.
            self._check_kept(table, Use.WRITE if self._instance.dialect.mariadb else Use.READ)
        return table

    def begin_definition(self) -> None:
        """A statement defines something: what was before is committed.

        Raises:
            SqlError: 1290; 1792 where the session's transactions only read, as the statement's own then does.
        """
        self.refuse_on_read_only_server()
        self.session.transaction.end()
        if self.session.transaction.reads_by_default:
            self.refuse_writes_where_read_only(is_temporary=True)

    def refuse_on_read_only_server(self) -> None:
        """Raise error 1290 under read_only, which is not for admins, and super_read_only, which is for everybody."""
        settings = self._instance.globals
        option = "--super-read-only" if settings.get("super_read_only") == "ON" else "--read-only"
        account = self.session.login.account
        is_on = settings.get("super_read_only") == "ON" or (
            settings.get("read_only") == "ON" and (account is None or not self._instance.accounts.is_admin(account))
        )
        if is_on:
            product = self._instance.dialect.product
            raise SqlError(
                1290,
                "HY000",
                f"The {product} server is running with the {option} option so it cannot execute this statement",
            )

    def finish_statement(self) -> None:
        """The statement has done what it does; outside of a transaction that is committed."""
        if not self.session.transaction.is_open:
            self.ended(commits=True)

    def fail_statement(self) -> None:
        """Take back what the statement did, and nothing of what its transaction did before."""
        if self.me.work is not None:
            self.store.roll_back_to(self.me.work, self._mark)
        self.finish_statement()

    def ended(self, *, commits: bool) -> None:
        """The transaction is over: its rows are everybody's or nobody's, and what it held is free."""
        self.settle(self.me, commits=commits)

    def settle(self, participant: _Participant, *, commits: bool) -> None:
        """Somebody's transaction is over, if not this session's, then one that a session has left behind."""
        self.store.end(participant, commits=commits)
        for table in participant.used:
            del table.used[participant]
        participant.used.clear()
        self._wake_waiters(participant)

    def detach(self) -> _Participant:
        """Leave the transaction to others, with all that it holds; the session's temporary tables stay."""
        left, self.me = self.me, _Participant(self.me.connection_id)
        self.me.temporary, left.temporary = left.temporary, {}
        return left

    def _wake_waiters(self, participant: _Participant) -> None:
        self.wakes += [Wake(waiter.connection_id) for waiter in participant.waiters]
        participant.waiters.clear()

    def take_wakes(self) -> list[Wake]:
        """Whom to wake, told once."""
        wakes, self.wakes = self.wakes, []
        return wakes

    def leave(self) -> list[Wake]:
        """The session ends or starts afresh: everything is rolled back, unlocked and dropped."""
        self.ended(commits=False)
        self.unlock()
        self.me.temporary.clear()
        return self.take_wakes()

    def set_savepoint(self, name: str) -> None:
        self.me.marks[name.lower()] = 0 if self.me.work is None else len(self.me.work.changes)

    def roll_back_to(self, name: str) -> None:
        """Undo what was done since the savepoint; one that was set before any row was changed is at the beginning."""
        if self.me.work is not None:
            self.store.roll_back_to(self.me.work, self.me.marks.get(name.lower(), 0))

    @contextlib.contextmanager
    def nested(self) -> Iterator[None]:
        """A function's statements run inside of another statement, which is still to be undone as a whole."""
        mark = self._mark
        try:
            yield
        finally:
            self._mark = mark

    # --- what is seen -------------------------------------------------------------------------------------------------

    @property
    def isolation(self) -> str:
        chosen = self.session.transaction.isolation
        return chosen or str(self.session.setting(self._instance.dialect.isolation_variable))

    def snapshot(self) -> int:
        """The number at which a plain read of this statement looks at rows."""
        isolation = self.isolation
        if isolation == "READ-UNCOMMITTED":
            return NEVER
        if isolation == "READ-COMMITTED" or self.me.work is None or not self.session.transaction.is_open:
            return self.store.serial
        return self.store.settle_snapshot(self.me.work)

    @property
    def reads_hold(self) -> bool:
        """SERIALIZABLE: within a transaction plain reads hold what they read."""
        return self.isolation == "SERIALIZABLE" and self.session.transaction.is_open

    # --- tables in use ------------------------------------------------------------------------------------------------

    def open(self, table: Table, use: Use) -> Generator[Pause | Wake, Woken | None, None]:
        """Use a table until the statement, or the transaction, ends.

        Raises:
            SqlError: 1099 or 1100 under LOCK TABLES, 1146 when it is gone by the time that it is free, 1205.
        """
        tracker = self.session.tracker
        if tracker is not None and use in (Use.READ, Use.WRITE):
            tracker.used(writes=use is Use.WRITE)
        if table.definition.is_temporary or self.me.used.get(table, 0) >= use:
            return
        if self.me.has_locked:
            self._check_kept(table, use)
            return
        definition = table.definition
        yield from self.patiently(lambda: self._take(table, use))
        if self.store.table(definition.database, definition.name) is not table:
            raise missing(self._instance, definition.database, definition.name)

    def _take(self, table: Table, use: Use) -> None:
        blockers = table.blockers(self.me, use)
        if blockers:
            raise Blocked(blockers, is_row=False)
        if use in _KEPT:
            table.kept[self.me] = self.me.kept[table] = use
        else:
            table.used[self.me] = self.me.used[table] = max(use, self.me.used.get(table, use))

    def _check_kept(self, table: Table, use: Use) -> None:
        name = table.definition.name
        kept = self.me.kept.get(table)
        if kept is None:
            raise not_locked(name)
        if kept is Use.KEPT_FOR_READING and use is not Use.READ:
            raise SqlError(1099, "HY000", f"Table '{name}' was locked with a READ lock and can't be updated")

    def check_may_create(self, known: Table | None, name: str) -> None:
        """Raise error 1100 under LOCK TABLES, unless it is a table that is locked; on MariaDB for writing, or 1099."""
        if not self.me.has_locked:
            return
        if known is None or known not in self.me.kept:
            raise not_locked(name)
        if self._instance.dialect.mariadb:
            self._check_kept(known, Use.DEFINE)

    def forget(self, table: Table) -> None:
        """A table is dropped: nobody need unlock it, and with the last one LOCK TABLES is over."""
        if self.me.kept.pop(table, None) is not None and not self.me.kept:
            self.me.has_locked = False
        table.kept.pop(self.me, None)

    def drop_database(self, name: str) -> Generator[Pause | Wake, Woken | None, int]:
        """Forget all tables of a database, once nobody uses them; how many there were."""
        for table in list(self.store.databases.get(name, {}).values()):
            yield from self.open(table, Use.DEFINE)
        dropped = self.store.remove_database(name)
        for table in dropped:
            self.forget(table)
        return len(dropped)

    def keep(self, wanted: Iterable[tuple[Table, Use]]) -> Generator[Pause | Wake, Woken | None, None]:
        """LOCK TABLES: what was locked before is free first."""
        self.unlock()
        self.me.has_locked = True
        for table, use in wanted:
            if not table.definition.is_temporary:
                stronger = max(use, self.me.kept.get(table, use))
                self.me.kept.pop(table, None)
                table.kept.pop(self.me, None)
                yield from self.patiently(lambda table=table, use=stronger: self._take(table, use))  # type: ignore[misc]

    def unlock(self) -> None:
        """UNLOCK TABLES, also where BEGIN implies it."""
        if self.me.has_locked and self.session.tracker is not None:
            self.session.tracker.unlocked()
        self.me.has_locked = False
        for table in self.me.kept:
            table.kept.pop(self.me, None)
        self.me.kept.clear()
        self._wake_waiters(self.me)

    # --- waiting ------------------------------------------------------------------------------------------------------

    def patiently(self, attempt: Callable[[], T]) -> Generator[Pause | Wake, Woken | None, T]:
        """What attempt returns, once nobody is in its way any more.

        Raises:
            SqlError: 1205, 1213, 1317.
        """
        try:
            return attempt()
        except Blocked as first:
            blocked = first
        variable = "innodb_lock_wait_timeout" if blocked.is_row else "lock_wait_timeout"
        deadline = self._instance.clock() + float(self.session.setting(variable) or 0)
        while True:
            yield from self._wait(blocked, deadline)
            try:
                return attempt()
            except Blocked as again:
                blocked = again

    def _wait(self, blocked: Blocked, deadline: float) -> Generator[Pause | Wake, Woken | None, None]:
        me = self.me
        me.waits_for = blocked.others
        for other in blocked.others:
            other.waiters[me] = None
        try:
            victim = self._deadlock_victim()
            if victim is me:
                raise self._deadlock()
            if victim is not None:
                victim.is_victim = True
                yield Wake(victim.connection_id)
            seconds = max(deadline - self._instance.clock(), 0.0)
            state = "updating" if blocked.is_row else "Waiting for table metadata lock"
            woken = yield answers.Pause(seconds, state, _CLIENT_CHECK_SECONDS)
        finally:
            me.waits_for = []
            for other in blocked.others:
                other.waiters.pop(me, None)
        if woken is Woken.KILLED:
            raise sqlerrors.interrupted()
        if me.is_victim:
            me.is_victim = False
            raise self._deadlock()
        if woken is Woken.ELAPSED:
            raise SqlError(1205, "HY000", "Lock wait timeout exceeded; try restarting transaction")

    def _deadlock_victim(self) -> _Participant | None:
        """Whom it costs least to give up, if those in the way wait for this session in turn."""
        path = self._way_back(self.me, [])
        if path is None:
            return None
        return min([self.me, *path], key=lambda each: each.weight)

    def _way_back(self, start: _Participant, path: list[_Participant]) -> list[_Participant] | None:
        for other in start.waits_for:
            if other is self.me:
                return path
            if other not in path:
                found = self._way_back(other, [*path, other])
                if found is not None:
                    return found
        return None

    def _deadlock(self) -> SqlError:
        """The error, after the whole transaction has been rolled back."""
        self.session.transaction.end(how="rollback")
        return SqlError(1213, "40001", "Deadlock found when trying to get lock; try restarting transaction")


def keeper_of(tables: TableSession, table: Table) -> Keeper | None:
    """Who looks after foreign keys in a statement that writes to a table; None where there are none."""
    if not tables.store.has_foreign_keys:
        return None
    from .foreign_keys import keeper_of as keeper

    return keeper(tables, table)


def missing(instance: Instance, database: str, name: str) -> SqlError:
    """The error for a table that does not exist; MySQL looks first whether its database does."""
    if not instance.dialect.mariadb and database not in instance.databases:
        return sqlerrors.unknown_database(database)
    return sqlerrors.no_such_table(database, name)


def not_locked(name: str) -> SqlError:
    return SqlError(1100, "HY000", f"Table '{name}' was not locked with LOCK TABLES")
