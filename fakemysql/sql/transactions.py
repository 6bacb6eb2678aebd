"""A session's transaction, as a table: which state, which event, which state then.

The status word of every answer follows from the state. The table is what both servers were seen to do in 5,615
sequences of statements; where they differ, another event happens, and the dialect says which. Whether a statement
begins, ends or merely uses a transaction is for the statement to say; what a savepoint keeps is for whoever keeps
rows.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import sqlerrors
from .news import Began, Ended

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Follower(Protocol):
        """Whoever keeps rows."""

        def ended(self, *, commits: bool) -> None:
            """The transaction is over."""
            ...

    from .following import Tracker
    from .news import News
    from .xa import Branch


class State(enum.Enum):
    """Whether autocommit is on, and which transaction is open; the value is its part of the status word."""

    ON_NONE = c.SERVER_STATUS_AUTOCOMMIT
    ON_OPEN = c.SERVER_STATUS_AUTOCOMMIT | c.SERVER_STATUS_IN_TRANS
    ON_READS = c.SERVER_STATUS_AUTOCOMMIT | c.SERVER_STATUS_IN_TRANS | c.SERVER_STATUS_IN_TRANS_READONLY
    OFF_NONE = 0
    OFF_OPEN = c.SERVER_STATUS_IN_TRANS
    OFF_READS = c.SERVER_STATUS_IN_TRANS | c.SERVER_STATUS_IN_TRANS_READONLY

    # Members are single; the hash that Enum has is a call into Python at each look into the table.
    __hash__ = object.__hash__


class Event(enum.Enum):
    BEGIN = "a transaction is begun, after the open one is committed"
    BEGIN_READS = "a read-only transaction is begun, after the open one is committed"
    END = "COMMIT, ROLLBACK, or a statement that commits"
    CHAIN = "COMMIT AND CHAIN, ROLLBACK AND CHAIN"
    TOUCH = "a statement uses tables"
    TOUCH_READS = "a statement uses tables where the next transaction is to be read-only"
    AUTOCOMMIT_ON = "SET autocommit = 1"
    AUTOCOMMIT_OFF = "SET autocommit = 0"

    __hash__ = object.__hash__


def _table() -> Mapping[tuple[State, Event], State]:
    s, e = State, Event
    columns = (s.ON_NONE, s.ON_OPEN, s.ON_READS, s.OFF_NONE, s.OFF_OPEN, s.OFF_READS)
    rows = {
        e.BEGIN: (s.ON_OPEN, s.ON_OPEN, s.ON_OPEN, s.OFF_OPEN, s.OFF_OPEN, s.OFF_OPEN),
        e.BEGIN_READS: (s.ON_READS, s.ON_READS, s.ON_READS, s.OFF_READS, s.OFF_READS, s.OFF_READS),
        e.END: (s.ON_NONE, s.ON_NONE, s.ON_NONE, s.OFF_NONE, s.OFF_NONE, s.OFF_NONE),
        e.CHAIN: (s.ON_OPEN, s.ON_OPEN, s.ON_READS, s.OFF_OPEN, s.OFF_OPEN, s.OFF_READS),
        e.TOUCH: (s.ON_NONE, s.ON_OPEN, s.ON_READS, s.OFF_OPEN, s.OFF_OPEN, s.OFF_READS),
        e.TOUCH_READS: (s.ON_NONE, s.ON_OPEN, s.ON_READS, s.OFF_READS, s.OFF_OPEN, s.OFF_READS),
        # Set where it is already on it keeps the transaction; where it was off it commits.
        e.AUTOCOMMIT_ON: (s.ON_NONE, s.ON_OPEN, s.ON_READS, s.ON_NONE, s.ON_NONE, s.ON_NONE),
        e.AUTOCOMMIT_OFF: (s.OFF_NONE, s.OFF_OPEN, s.OFF_READS, s.OFF_NONE, s.OFF_OPEN, s.OFF_READS),
    }
    return {(state, event): then for event, row in rows.items() for state, then in zip(columns, row, strict=True)}


TRANSITIONS: Final = _table()
_NOT_OPEN: Final = (State.ON_NONE, State.OFF_NONE)
_READS: Final = (State.ON_READS, State.OFF_READS)


class Transaction:
    """Where one session stands.

    next_is_read_only and next_isolation are what SET TRANSACTION asked for the next transaction alone;
    reads_by_default is the session's transaction_read_only. isolation is what the open transaction was begun with, None
    for the session's own. savepoints are names in the order they were set. news is told of each transaction that begins
    or ends, follower of each end, tracker of everything, where the client follows its session.
    """

    __slots__ = (
        "_savepoints",
        "follower",
        "isolation",
        "news",
        "next_is_read_only",
        "next_isolation",
        "reads_by_default",
        "state",
        "tracker",
        "xa",
    )

    def __init__(self, news: list[News] | None = None, tracker: Tracker | None = None) -> None:
        self.news: list[News] = [] if news is None else news
        self.state = State.ON_NONE
        self.next_is_read_only: bool | None = None
        self.next_isolation: str | None = None
        self.reads_by_default = False
        self.isolation: str | None = None
        # Most have none, and an idle session is to be small.
        self._savepoints: list[str] | None = None
        self.follower: Follower | None = None
        # The XA transaction that this one is, which refuses what would end it otherwise.
        self.xa: Branch | None = None
        self.tracker = tracker

    @property
    def is_autocommit(self) -> bool:
        return bool(self.state.value & c.SERVER_STATUS_AUTOCOMMIT)

    @property
    def is_open(self) -> bool:
        return self.state not in _NOT_OPEN

    @property
    def reads_only(self) -> bool:
        return self.state in _READS

    @property
    def status(self) -> int:
        return self.state.value

    @property
    def will_read_only(self) -> bool:
        """A statement of now would be part of a transaction that only reads."""
        return self.reads_only if self.is_open else self._next_reads

    @property
    def _next_reads(self) -> bool:
        return self.reads_by_default if self.next_is_read_only is None else self.next_is_read_only

    def happen(self, event: Event, how: str = "ddl") -> None:
        """Move on by the table; how tells by what a transaction that ends here has ended."""
        before = self.state
        if self.xa is not None:
            is_use = event in (Event.TOUCH, Event.TOUCH_READS)
            if (is_use and self.xa.state != "ACTIVE") or (not is_use and event is not Event.AUTOCOMMIT_OFF):
                raise sqlerrors.xa_state(self.xa.state)
        self.state = TRANSITIONS[before, event]
        ends = event in (Event.BEGIN, Event.BEGIN_READS, Event.END, Event.CHAIN) or (
            before not in _NOT_OPEN and self.state in _NOT_OPEN
        )
        was_open = before not in _NOT_OPEN
        if ends:
            self._savepoints = None
            if self.follower is not None:
                self.follower.ended(commits=how != "rollback")
            if was_open:
                self.news.append(Ended(how))
        if self.is_open and (ends or not was_open):
            self.news.append(Began(self.reads_only))
        if self.tracker is not None:
            self._track(self.tracker, event, ends=ends, was_open=was_open)
        if self.is_open or event in (Event.END, Event.TOUCH, Event.TOUCH_READS):
            # What SET TRANSACTION asked for is used up by the transaction that has begun, by the one that a statement
            # was for itself, or that COMMIT has passed by.
            if event is Event.END:
                self.isolation = None
            elif event is not Event.CHAIN and (ends or not was_open):
                self.isolation = self.next_isolation
            self.next_is_read_only = self.next_isolation = None

    def _track(self, tracker: Tracker, event: Event, *, ends: bool, was_open: bool) -> None:
        """Tell whoever follows. What SET TRANSACTION asked for goes on over AND CHAIN and, on MySQL, over BEGIN."""
        if ends:
            tracker.ended()
        begins = event in (Event.BEGIN, Event.BEGIN_READS)
        if event is Event.END or (begins and was_open and tracker.mariadb):
            tracker.forget_characteristics()
        elif event in (Event.TOUCH, Event.TOUCH_READS) and not self.is_open:
            tracker.pass_transaction()
        if begins or event is Event.CHAIN:
            tracker.began()

    def begin(self, *, read_only: bool | None, keeps_read_only: bool) -> None:
        """BEGIN or START TRANSACTION; read_only is None when the statement does not say.

        keeps_read_only: the server lets a plain BEGIN inside a read-only transaction begin another such.
        """
        said = read_only
        if read_only is None:
            read_only = self._next_reads or (keeps_read_only and self.reads_only)
        self.happen(Event.BEGIN_READS if read_only else Event.BEGIN, "begin")
        if said is not None and self.tracker is not None:
            self.tracker.characterize(read_only=said)

    def end(self, *, chain: bool = False, how: str = "ddl") -> None:
        """COMMIT or ROLLBACK, or (how) a statement that commits."""
        if not chain:
            self.happen(Event.END, how)
        elif not self.is_open and self._next_reads:
            self.happen(Event.BEGIN_READS, how)
        else:
            self.happen(Event.CHAIN, how)

    def part(self) -> None:
        """The transaction goes on without this session, whose next one has not begun."""
        self._savepoints = None
        self.state = TRANSITIONS[self.state, Event.END]
        self.isolation = None
        self.news.append(Ended("xa prepare"))

    def touch(self) -> None:
        """A statement uses tables, which opens a transaction where autocommit is off."""
        self.happen(Event.TOUCH_READS if self._next_reads else Event.TOUCH)

    def set_autocommit(self, on: bool) -> None:
        self.happen(Event.AUTOCOMMIT_ON if on else Event.AUTOCOMMIT_OFF, "autocommit")

    def characteristics(self, *, read_only: bool | None, isolation: str | None) -> None:
        """SET TRANSACTION without a scope.

        Raises:
            SqlError: 1568 inside a transaction.
        """
        if self.is_open:
            raise sqlerrors.transaction_in_progress()
        if read_only is not None:
            self.next_is_read_only = read_only
        if isolation is not None:
            self.next_isolation = isolation
        if self.tracker is not None:
            self.tracker.characterize(read_only=read_only, isolation=isolation)

    # --- savepoints: with autocommit, and outside of a transaction, they vanish at once
    # -----------------------------------

    @property
    def savepoints(self) -> list[str]:
        if self._savepoints is None:
            self._savepoints = []
        return self._savepoints

    def set_savepoint(self, name: str) -> None:
        self._forget(name)
        if self.state is not State.ON_NONE:
            self.savepoints.append(name)

    def rollback_to(self, name: str) -> None:
        place = self._find(name)
        del self.savepoints[place + 1 :]

    def release(self, name: str) -> None:
        place = self._find(name)
        del self.savepoints[place:]

    def _find(self, name: str) -> int:
        for place, known in enumerate(self.savepoints):
            if known.lower() == name.lower():
                return place
        raise sqlerrors.unknown_savepoint(name)

    def _forget(self, name: str) -> None:
        self.savepoints[:] = [known for known in self.savepoints if known.lower() != name.lower()]
