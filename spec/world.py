"""The server as seen from the wire: the face that every world shows to the clauses.

A *world* is a server with a wire in front of it. There are three (`worlds/`): the fake server in a simulated network
and on virtual time, the fake server over TCP, and a real one over TCP. All show this one face. A clause asks the wire,
never the server and never the driver, how many connections there are, how each of them ended and what was said, so that
one observation judges every driver on every server, and nothing but an ordinary account is needed.

Knows: names and values. Kept from knowing: sockets, event loops, who implements this.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager


class Ending(enum.Enum):
    """How a link ended, from whichever side did it first."""

    QUIT = "the client said COM_QUIT"
    EOF = "the client closed without COM_QUIT"
    RESET = "the client's side broke off"
    SERVER = "the server closed"
    CUT = "the world cut it"
    REFUSED = "the world refused it"


class Point(enum.Enum):
    """Where a link can be held up."""

    DIAL = "accepted, and the server not yet dialled"
    GREETING = "the server's greeting held back"
    LOGIN = "the server's answers to the login held back"
    REPLY = "the server's answers to commands held back, and its end after a COM_QUIT"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a client. name: COM_QUERY and so on, in the manual's spelling; text: of a COM_QUERY, else ""."""

    name: str
    text: str


class Link(Protocol):
    """One connection between a client and the server, from its first moment on; it stays readable after its end."""

    @property
    def number(self) -> int:
        """1 for the first link that was accepted, and so on."""

    @property
    def thread_id(self) -> int | None:
        """The server's CONNECTION_ID() of it, from the greeting; None before that."""

    @property
    def is_open(self) -> bool:
        """Neither side has closed it."""

    @property
    def ending(self) -> Ending | None:
        """None while it is open."""

    @property
    def commands(self) -> Sequence[Command]:
        """What the client asked for after its login, in order."""

    @property
    def statements(self) -> Sequence[str]:
        """The texts of its COM_QUERYs, in order."""

    @property
    def is_in_transaction(self) -> bool:
        """Whether the server's last OK on it said that a transaction is open."""


class Gate(Protocol):
    """A stall that is in force."""

    @property
    def waiting(self) -> Sequence[Link]:
        """The links that are held up at it, in the order in which they came: open, or waiting for the server's end."""

    def open(self) -> None:
        """Let everything pass, now and later."""


class Wire(Protocol):
    """All links of one clause."""

    @property
    def links(self) -> Sequence[Link]:
        """Every link ever accepted, in order."""

    @property
    def accepted(self) -> int:
        """How many links there ever were."""

    @property
    def live(self) -> int:
        """How many links are open now."""

    @property
    def peak(self) -> int:
        """The most links that were open at one time."""

    @property
    def statements(self) -> Sequence[str]:
        """The texts of all COM_QUERYs on all links, in the order in which they came."""

    def link(self, thread_id: int) -> Link:
        """The link whose greeting carried this id. Raises LookupError, which lists the ids there are."""
        ...

    def cut(self, link: Link, *, reset: bool = False) -> None:
        """End a link as a dying server or network does: an end of stream, or with reset a connection reset."""

    def say(self, link: Link, data: bytes) -> None:
        """Send a client what its server has not said."""

    def refuse(self, number: int, *, code: int | None = None) -> None:
        """End the link with this number as soon as it is accepted; with a code, after an error packet that carries it.

        code: of the error packet that stands where a greeting is due, such as 1040 for too many connections.
        """

    def stall(self, point: Point, link: Link | int | None = None) -> AbstractContextManager[Gate]:
        """Hold up one link, or all, at a point, until the gate is opened or the block ends.

        link: a link, or the number that one will have which is not there yet; None is all.
        """
        ...

    @property
    def events(self) -> int:
        """How much has happened on all links so far; it stands still while nothing does."""

    @property
    def is_answer_due(self) -> bool:
        """The server owes somebody something, on a link that no gate holds up."""

    async def fence(self) -> None:
        """Return when whatever was dialled before this call has been accepted and counted."""

    def story(self) -> str:
        """What happened on the wire, a line an event, with seconds since the beginning: for failure reports."""
        ...


class Stepped(Protocol):
    """A coroutine whose steps are counted, and in which something is done between two of them."""

    @property
    def acted(self) -> bool:
        """It was done; not where the coroutine ended before."""

    def __await__(self) -> Generator[Any, Any, Any]:
        """Run the coroutine."""
        ...


class Stepper(Protocol):
    """Makes a coroutine that does something after a certain step.

    A step is what runs from one await that really waits to the next. at: after which step, from 1. act: called with the
    task that runs it. is_woken: not at once, but when what it waits for has come and it has not gone on yet.
    """

    def __call__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        at: int,
        act: Callable[[asyncio.Task[Any]], object],
        *,
        is_woken: bool,
    ) -> Stepped:
        """Make it; a task has to run it."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What a world sets up for one clause.

    Attributes:
        settings: host, port, user, password and db, for connect().
        stepped: how steps are counted, in a world where a second run takes the same steps; None in others.
    """

    wire: Wire
    settings: Mapping[str, Any]
    stepped: Stepper | None = None


class World(Protocol):
    """A kind of server that clauses can run against.

    name: "sim", "tcp" or "real": the world's name in reports. server: what answers, with its version.
    """

    name: str
    server: str

    @property
    def loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop] | None:
        """Makes the event loop for one clause; None is asyncio's own choice."""

    @property
    def seed(self) -> int | None:
        """What all chance comes from, in a world where the same seed gives the same run; None in others."""

    def check(self) -> None:
        """Find out whether the server answers, before any clause runs. Raises Unavailable."""

    def stage(self) -> AbstractAsyncContextManager[Stage]:
        """Enter in the clause's own loop; all that it opened is closed at the end."""
        ...

    def remark(self, error: BaseException) -> str | None:
        """Why an error says something about this world rather than about the driver; None where it does not."""


class Unavailable(Exception):
    """There is no such world here; the text is one line, and says what to do."""
