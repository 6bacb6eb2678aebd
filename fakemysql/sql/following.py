"""What a client that follows its session has been told, and what it has yet to be told.

A session whose client agreed to CLIENT_SESSION_TRACK has a :class:`Tracker`; all others have none and pay nothing.
Whoever changes something (SET, USE, PREPARE, a transaction, a table that is used) says so here;
:mod:`fakemysql.tracking` asks with each OK what is to be told, and writes the bytes. The variables session_track_*
decide what is followed.

A transaction is followed in two forms. Its *state* is eight letters: begun explicitly (T) or by use (I), what it has
read (r in tables of engines without transactions, R in others) and written (W), whether a statement could go otherwise
elsewhere (s, see :mod:`~fakemysql.sql.unsafe`), whether rows were sent (S), whether tables are locked (L). Its
*characteristics* are the statements that would begin it again on another server.

MySQL follows beginnings and ends whatever session_track_transaction_info says, and tells them as soon as anything else
is followed; MariaDB follows nothing unless it is asked to. MySQL keeps what it could not tell for the next OK; MariaDB
tells with an OK only what its own statement has changed. Of GTIDs there is nothing to tell, as without a binary log.

Source: asked of MariaDB 10.11.19 and MySQL 9.7.4 (``tests/fakemysql/tracking_dialogues.py``).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from . import nodes, own_reading, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .session import Session
    from .variables import Setting

SYSTEM_VARIABLES: Final = 0
SCHEMA: Final = 1
STATE_CHANGE: Final = 2
CHARACTERISTICS: Final = 4
STATE: Final = 5


class Trait(enum.Flag):
    """One thing that is known of a transaction."""

    NONE = 0
    EXPLICIT = enum.auto()
    IMPLICIT = enum.auto()
    READ_OTHERS = enum.auto()  # of an engine without transactions
    READ = enum.auto()
    SNAPSHOT = enum.auto()
    WROTE = enum.auto()
    UNSAFE = enum.auto()
    SENT_ROWS = enum.auto()
    LOCKED = enum.auto()


_OPEN: Final = Trait.EXPLICIT | Trait.IMPLICIT
_ACCESS: Final = Trait.READ_OTHERS | Trait.READ | Trait.WROTE
# The letters in their places; of several for one place the first that fits.
_LETTERS: Final = (
    (("T", Trait.EXPLICIT), ("I", Trait.IMPLICIT)),
    (("r", Trait.READ_OTHERS),),
    (("R", Trait.READ | Trait.SNAPSHOT),),
    (("w", Trait.NONE),),
    (("W", Trait.WROTE),),
    (("s", Trait.UNSAFE),),
    (("S", Trait.SENT_ROWS),),
    (("L", Trait.LOCKED),),
)
_STATEMENT_ID: Final = "statement_id"
# SHOWs, and tables of MySQL's, that read tables of an engine without transactions, or none.
_OF_ANOTHER_ENGINE: Final = frozenset(("VARIABLES", "STATUS"))
_OF_NO_ENGINE: Final = frozenset(
    ("ENGINES", "PLUGINS", *(f"information_schema.{name}" for name in own_reading.MADE_ANEW))
)


class Tracker:
    """What one session has to tell."""

    __slots__ = (
        "_assigned",
        "_followed",
        "_follows_gtids",
        "_gtids_are_news",
        "_has_moved",
        "_info",
        "_is_marked",
        "_is_transaction",
        "_isolation",
        "_lists_all",
        "_new_characteristics",
        "_read_only",
        "_state_has_changed",
        "_statement",
        "_told",
        "_transaction_is_news",
        "mariadb",
        "session",
        "traits",
    )

    def __init__(self, session: Session) -> None:
        self.session = session
        self.mariadb = session.instance.dialect.mariadb
        self._assigned: dict[str, None] = {}
        self._has_moved = False
        self._state_has_changed = False
        self._gtids_are_news = False
        self._statement: object = None
        # Whether something was changed since the last answer, or statement: what MariaDB goes by.
        self._is_marked = False
        self._is_transaction = False
        self.traits = Trait.NONE
        # None where even that there is nothing has to be told.
        self._told: Trait | None = Trait.NONE
        self._transaction_is_news = False
        self._new_characteristics = False
        self._read_only: bool | None = None
        self._isolation: str | None = None
        self._info = str(session.setting("session_track_transaction_info"))
        self._follow_variables(session.setting("session_track_system_variables"))
        self._follows_gtids = "OFF" if self.mariadb else str(session.setting("session_track_gtids"))

    # --- what happens -------------------------------------------------------------------------------------------------

    def begin(self, statement: object) -> None:
        """A statement is about to be carried out."""
        self._statement = statement
        if not self.mariadb and self._follows(_STATEMENT_ID):
            self._assigned[_STATEMENT_ID] = None

    def answer(self, *, has_rows: bool) -> None:
        """The statement has been carried out and is about to be answered."""
        statement, self._statement = self._statement, None
        if self._is_transaction:
            self.forget_characteristics()
        if self._info != "OFF" and self.traits & _OPEN:
            if has_rows:
                self._add(Trait.SENT_ROWS)
            from .unsafe import is_unsafe

            if is_unsafe(statement, mariadb=self.mariadb):
                self._add(Trait.UNSAFE)
        if self._follows_gtids == "ALL_GTIDS" and statement is not None and not self.session.transaction.is_open:
            self._gtids_are_news = True

    def assign(self, name: str) -> None:
        """A system variable of the session has a value, which may be the one it had."""
        if self._follows(name):
            self._assigned[name] = None
            self._is_marked = True
        if not self.mariadb and name == "session_track_state_change":
            self._state_has_changed = False
        else:
            self.change()

    def change(self) -> None:
        """Something that another server would have to be told, too: a variable, a prepared statement, a table."""
        if self._is_on("session_track_state_change"):
            self._state_has_changed = self._is_marked = True

    def move(self) -> None:
        """Another database, or the same, was chosen."""
        if self._is_on("session_track_schema"):
            self._has_moved = self._is_marked = True
        self.change()

    # --- transactions -------------------------------------------------------------------------------------------------

    def began(self) -> None:
        """BEGIN, or AND CHAIN."""
        if self.mariadb and self._info == "OFF":
            return
        self.traits = Trait.EXPLICIT
        self._new_characteristics = True
        self._compare()

    def took_snapshot(self) -> None:
        """WITH CONSISTENT SNAPSHOT."""
        if not self.mariadb or self._info != "OFF":
            self._add(Trait.SNAPSHOT)

    def ended(self) -> None:
        """Whatever was open is over; what was asked for by SET TRANSACTION may go on."""
        if self.mariadb and self._info == "OFF":
            return
        if self.traits:
            if self.traits & Trait.EXPLICIT:
                self._new_characteristics = True
            self.traits &= Trait.LOCKED
        self._compare()

    def characterize(self, *, read_only: bool | None = None, isolation: str | None = None) -> None:
        """SET TRANSACTION, or what START TRANSACTION says."""
        if self._info == "OFF":
            return
        if read_only is not None and read_only is not self._read_only:
            self._read_only = read_only
            self._mark_characteristics()
        if isolation is not None and isolation != self._isolation:
            self._isolation = isolation
            self._mark_characteristics()

    def pass_transaction(self) -> None:
        """The statement is a transaction of its own, and uses up what SET TRANSACTION asked for when it is over."""
        self._is_transaction = True

    def forget_characteristics(self) -> None:
        """The next transaction is one as the session has them."""
        self._is_transaction = False
        if self._read_only is not None or self._isolation is not None:
            self._read_only = self._isolation = None
            self._mark_characteristics()

    def _mark_characteristics(self) -> None:
        self._new_characteristics = self._transaction_is_news = self._is_marked = True

    def used(self, *, writes: bool) -> None:
        """A table is used; a SELECT ... FOR UPDATE does not read it but writes."""
        if self._info != "OFF":
            statement = self._statement
            if isinstance(statement, statements.Query):
                writes = any(core.locking & nodes.Locking.UPDATE for core in statement.select.cores)
            self._add(Trait.WROTE if writes else Trait.READ)

    def used_own(self, table: str) -> None:
        """A table of the server's is read, or what a SHOW of this kind reads; MySQL has many of them in tables."""
        if self._info == "OFF" or self.mariadb:
            return
        if table in _OF_ANOTHER_ENGINE or table.startswith("performance_schema."):
            self._add(Trait.READ_OTHERS)
        elif table not in _OF_NO_ENGINE:
            self._add(Trait.READ)

    def locked(self) -> None:
        """LOCK TABLES."""
        if self._info != "OFF":
            self._add(Trait.LOCKED)

    def unlocked(self) -> None:
        if self._info != "OFF":
            self.traits &= ~Trait.LOCKED
            self._compare()

    def _add(self, trait: Trait) -> None:
        if not self.traits & _OPEN and trait & _ACCESS and not self.session.transaction.is_autocommit:
            self.traits |= Trait.IMPLICIT
        if self.traits & _OPEN or trait is Trait.LOCKED:
            self.traits |= trait
        self._compare()

    def _compare(self) -> None:
        if self.traits != self._told or self._new_characteristics:
            self._transaction_is_news = self._is_marked = True

    # --- what is followed ---------------------------------------------------------------------------------------------

    def switch(self, name: str, setting: Setting) -> None:
        """A variable session_track_* is about to have this value."""
        if name == "session_track_transaction_info":
            self._switch_transactions(str(setting))
        elif name == "session_track_system_variables":
            self._follow_variables(setting)
        elif name == "session_track_gtids":
            if self._follows_gtids == "ALL_GTIDS":
                self._gtids_are_news = True
            self._follows_gtids = str(setting)

    def _switch_transactions(self, info: str) -> None:
        before, self._info = self._info, info
        if info == "OFF":
            return
        if before == "OFF":
            self.traits = Trait.NONE
            self._told = None if self.mariadb else Trait.NONE
            self._new_characteristics = False
        self._transaction_is_news = self._is_marked = True
        if info == "CHARACTERISTICS":
            self._new_characteristics = True

    def _follow_variables(self, setting: Setting) -> None:
        # By name in lower case; MySQL repeats the name as the list spells it.
        listed = [name.strip() for name in str(setting or "").split(",")]
        self._followed = {name.lower(): name for name in listed if name}
        self._lists_all = "*" in self._followed
        self._assigned.clear()

    def _follows(self, name: str) -> bool:
        return self._lists_all or name in self._followed

    def _is_on(self, name: str) -> bool:
        return self.session.setting(name) == "ON"

    @property
    def _follows_anything(self) -> bool:
        return bool(
            self._followed
            or self._info != "OFF"
            or self._follows_gtids != "OFF"
            or self._is_on("session_track_schema")
            or self._is_on("session_track_state_change")
        )

    # --- what is told -------------------------------------------------------------------------------------------------

    @property
    def marks_rows(self) -> bool:
        """The EOF behind definitions or rows, which can tell nothing, says that there is something: on MariaDB."""
        return self.mariadb and self._is_marked and self._follows_anything

    def pass_by(self) -> None:
        """An answer has gone out that told nothing."""
        if self._is_transaction:
            self.forget_characteristics()
        self._is_marked = False

    def take(self) -> list[tuple[int, tuple[str, ...]]] | None:
        """The entries of the OK that is due, each a kind and its texts, told once; None where it is like any other."""
        is_marked, self._is_marked = self._is_marked, False
        has_news = is_marked or (
            not self.mariadb
            and (
                self._has_moved
                or self._state_has_changed
                or self._gtids_are_news
                or self._transaction_is_news
                or bool(self._assigned)
            )
        )
        if not has_news or not self._follows_anything:
            return None
        entries = [*self._variables(), *self._rest()]
        self._assigned.clear()
        self._has_moved = self._state_has_changed = self._gtids_are_news = False
        self._transaction_is_news = self._new_characteristics = False
        self._told = self.traits
        return entries

    def _variables(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        instance = self.session.instance
        spelled = {(name if self.mariadb else self._followed.get(name, name)): name for name in self._assigned}
        # By the alphabet, as MySQL does; MariaDB goes by where its variables lie in memory, so each server by its own.
        for spelling in sorted(spelled):
            name = spelled[spelling]
            definition = instance.definitions[name]
            value = definition.to_text(instance.reader(definition, "")(self.session)) or ""
            yield SYSTEM_VARIABLES, (spelling, value)

    def _rest(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        if self._has_moved:
            yield SCHEMA, (self.session.database,)
        if self._state_has_changed:
            yield STATE_CHANGE, ("1",)
        if self._transaction_is_news and self.traits != self._told:
            yield STATE, (self._letters(),)
        if self._new_characteristics and self._info == "CHARACTERISTICS":
            yield CHARACTERISTICS, (self._statements(),)

    def _letters(self) -> str:
        return "".join(next((letter for letter, trait in place if self.traits & trait), "_") for place in _LETTERS)

    def _statements(self) -> str:
        """What would begin the transaction anew."""
        access = "" if self._read_only is None else "READ ONLY" if self._read_only else "READ WRITE"
        found = []
        if self._isolation is not None:
            found.append(f"SET TRANSACTION ISOLATION LEVEL {self._isolation.replace('-', ' ')};")
        if self.traits & Trait.EXPLICIT:
            ways = ["WITH CONSISTENT SNAPSHOT"] if self.traits & Trait.SNAPSHOT else []
            ways += [access] if access else []
            found.append(" ".join(["START TRANSACTION", ", ".join(ways)]).rstrip() + ";")
        elif access:
            found.append(f"SET TRANSACTION {access};")
        return " ".join(found)
