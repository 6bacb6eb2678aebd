"""What a statement answers, as values: the seam between what decides and what speaks the protocol.

An engine (``sql/engine.py``) turns a statement into *steps*; a conversation (``conversation.py``) makes them packets.
The engine knows SQL and sessions and never sees a packet; the conversation knows packets and never reads SQL. Another
engine, with tables of its own, fits behind the same seam.

A statement is a generator of steps. It is resumed with a :class:`Woken` after each :class:`Pause` and with ``None``
after any other step, so that whoever drives it decides how time passes: a real loop, a virtual one, or a plain test
that resumes at once. One COM_QUERY may hold several statements: their steps follow one another in the same generator,
each answer but the last with SERVER_MORE_RESULTS_EXISTS in its ``status``. A :class:`Failure` ends the generator.

The shape of an answer, in order::

    Ok                                       a statement without a result set
    Columns, Rows*, End                      a result set
    Columns, Rows*, Failure                  a result set that broke off (KILL QUERY on MariaDB)
    Failure                                  an error

and before, between or after these: ``Pause``, ``Kill``, ``Wake``, ``Shutdown``, which put nothing on this connection's
wire.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from .records import record

if TYPE_CHECKING:
    import datetime
    import decimal
    from collections.abc import Generator, Sequence
    from typing import TypeAlias

    # What a cell may hold; how it is written follows from its column's type, in text or in binary.
    Value: TypeAlias = (
        bool
        | int
        | float
        | decimal.Decimal
        | str
        | bytes
        | datetime.date
        | datetime.datetime
        | datetime.timedelta
        | None
    )

    Step: TypeAlias = "Ok | Columns | Rows | End | Failure | Pause | Kill | Wake | Shutdown | LocalFile"
    Steps: TypeAlias = Generator[
        "Ok | Columns | Rows | End | Failure | Pause | Kill | Wake | Shutdown | LocalFile", "Woken | None", None
    ]


@record
class Column:
    """One column of a result set; the fields are those of ColumnDefinition41, in the manual's units.

    character_set is a collation id (63 is binary); column_length counts bytes.
    """

    name: str
    type: int
    character_set: int
    column_length: int
    flags: int = 0
    decimals: int = 0
    schema: str = ""
    table: str = ""
    org_table: str = ""
    org_name: str = ""


@record
class Ok:
    """A statement that answers no rows: an OK packet. status holds SERVER_STATUS_* bits."""

    status: int
    affected_rows: int = 0
    last_insert_id: int = 0
    warnings: int = 0
    info: str = ""


@record
class Columns:
    """A result set begins. status and warnings stand in the EOF after the definitions, where there is one."""

    columns: tuple[Column, ...]
    status: int
    warnings: int = 0


@record
class Rows:
    """Some rows of the result set that is open; each has one value a column. See ``rows.Precoded`` for many."""

    rows: Sequence[Sequence[Value]]


@record
class End:
    """The open result set is complete."""

    status: int
    warnings: int = 0


@record
class Failure:
    """An ERR packet, instead of an answer or in the middle of one; nothing of this command follows it.

    code: 1..65535; sqlstate: 5 ASCII characters.
    """

    code: int
    sqlstate: str
    message: str


class Constant:
    """The answer of a statement that can never have another one: a result set, and its packets once it was sent.

    Attributes:
        columns, rows: of the result set.
        statement: as the engine read it, for the engine.
        packets: those before the end of the answer to a command, and the number of the packet after them; by the
            status word in the EOF behind definitions, None where there is no such EOF. Whoever sends the answer keeps
            them here.
    """

    __slots__ = ("columns", "packets", "rows", "statement")

    def __init__(self, columns: tuple[Column, ...], rows: Sequence[Sequence[Value]], statement: Any = None) -> None:
        self.columns = columns
        self.rows = rows
        self.statement = statement
        self.packets: dict[int | None, tuple[bytes, int]] = {}


class Woken(enum.Enum):
    """Why a paused statement goes on."""

    ELAPSED = "the seconds of the pause are over"
    AWAKENED = "another session's Wake named this connection"
    KILLED = "KILL QUERY, or a timer of the server, interrupts the statement"


@record
class Pause:
    """The statement waits: SLEEP, a named lock that another session holds.

    seconds is None where only a Wake or a KILL ends the wait. state is what PROCESSLIST shows meanwhile. A server that
    waits looks every client_check_seconds whether its client is still there, and gives the session up if not (measured:
    5 for SLEEP on both servers, under 1 for locks).
    """

    seconds: float | None
    state: str
    client_check_seconds: float = 5.0


@record
class Kill:
    """The statement ends another connection, this one, or what either is running.

    is_answered: it has had its answer, so that its own connection ends without another word.
    """

    connection_id: int
    query_only: bool
    is_answered: bool = False


@record
class Wake:
    """Another connection's pause may be over (a lock came free): resume it with Woken.AWAKENED."""

    connection_id: int


class LocalFile:
    """The client is asked for a file of its own: its contents have been added to data when the statement goes on.

    A client that will not, or cannot, sends nothing, and it is for the client to say so.
    """

    __slots__ = ("data", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.data = bytearray()


@record
class Shutdown:
    """The statement ends the server, and has had its answer."""


class Stepping:
    """Steps one by one, for whoever stands between those who make them and those who carry them out.

        with Stepping(steps) as each:
            for step in each:
                each.woken = yield step

    What is put into woken resumes the steps once; leaving the block closes them.
    """

    __slots__ = ("_steps", "woken")

    def __init__(self, steps: Generator[Step, Woken | None, object]) -> None:
        self._steps = steps
        self.woken: Woken | None = None

    def __enter__(self) -> Stepping:
        return self

    def __exit__(self, *_: object) -> None:
        self._steps.close()

    def __iter__(self) -> Stepping:
        return self

    def __next__(self) -> Step:
        woken, self.woken = self.woken, None
        return self._steps.send(woken)
