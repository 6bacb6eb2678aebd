"""Who is connected, as a test sees it: what each connection is doing, what can be done to it, and counts of all.

A test holds a :class:`Connection`, never the link behind it: what it tells is read from the conversation when it is
asked, and what it does is done now and awaited until it is on the wire. Kept from knowing: transports, and how a
conversation and a transport keep step.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .effects import Hangup
from .faults import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .conversation import Phase
    from .faults import Fail
    from .link import Link


class Connection:
    """One live connection, for tests: what it is doing, and what to do to it."""

    __slots__ = ("_link",)

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def id(self) -> int:
        """What CONNECTION_ID() answers."""
        return self._link.conversation.connection_id

    @property
    def user(self) -> str:
        """Who logged in or tries to; "" before."""
        return self._link.conversation.user

    @property
    def database(self) -> str | None:
        """The current database; None for none, or before the login."""
        session = self._link.conversation.session
        return (session.database or None) if session is not None else None

    @property
    def peer(self) -> str:
        """The client's address."""
        return str(self._link.peer)

    @property
    def phase(self) -> Phase:
        """Where the dialogue is."""
        return self._link.conversation.phase

    @property
    def status(self) -> int:
        """The session's SERVER_STATUS word; 0 before the login."""
        return self._link.conversation.status

    @property
    def in_transaction(self) -> bool:
        """A transaction is open."""
        return self._link.conversation.in_transaction

    @property
    def statement(self) -> str | None:
        """The statement that is being carried out; None when idle."""
        return self._link.conversation.statement

    @property
    def prepared(self) -> int:
        """How many prepared statements it has open."""
        statements = self._link.conversation.statements
        return 0 if statements is None else len(statements)

    @property
    def attributes(self) -> Mapping[str, str]:
        """The connection attributes that the client sent; empty before the login."""
        session = self._link.conversation.session
        return session.login.attributes if session is not None else {}

    async def kill(self, *, query_only: bool = False) -> None:
        """As KILL from another session; returns when the end, if there is one, is on the wire."""
        self._link.kill(None, query_only=query_only)
        if not query_only:
            await self.closed()

    async def cut(self) -> None:
        """End it in order (FIN), now; returns when that is on the wire."""
        self._link.hang_up(Hangup.FIN)
        await self.closed()

    async def close(self) -> None:
        """The same as :meth:`cut`."""
        await self.cut()

    async def reset(self) -> None:
        """Break it (RST), now; returns when that is on the wire."""
        self._link.hang_up(Hangup.RST)
        await self.closed()

    async def idle_close(self, error: Fail | None = None) -> None:
        """End it as past wait_timeout: with the persona's farewell, or with this error; returns when it is on the wire.

        Raises:
            RuntimeError: it is not idle, and no server ends it so.
        """
        self._link.give_up(error)
        await self.closed()

    def stall(self, gate: Gate | None = None) -> Gate:
        """From now on do nothing for this connection, whatever comes, until the gate opens; the gate is returned."""
        return self._link.stall(gate or Gate())

    def send(self, data: bytes) -> None:
        """Write bytes that the client did not ask for."""
        self._link.send_unasked(data)

    async def closed(self) -> None:
        """Wait until it has ended, on the wire too."""
        await self._link.wait_lost()

    def __repr__(self) -> str:
        doing = self.statement or self.phase.name
        who = repr(self.user) if self.user else "nobody"
        return f"<Connection {self.id} of {who} from {self.peer}: {doing}>"


class Connections:
    """The live connections in the order in which they came, and what became of all: iterate, count, look up by id.

    opened counts those that were let in, ever; peak is the most there were at once; aborted counts those that ended
    without a goodbye or were never logged in, as Aborted_clients and Aborted_connects do together.
    """

    def __init__(self) -> None:
        self._live: dict[int, Connection] = {}
        self.opened = 0
        self.peak = 0
        self.aborted = 0

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._live.values()))

    def __contains__(self, connection_id: int) -> bool:
        return connection_id in self._live

    def __getitem__(self, connection_id: int) -> Connection:
        try:
            return self._live[connection_id]
        except KeyError:
            raise KeyError(f"no live connection has the id {connection_id}; there are {sorted(self._live)}") from None

    def of(self, user: str) -> list[Connection]:
        """Those of one user."""
        return [connection for connection in self._live.values() if connection.user == user]

    def by_user(self) -> dict[str, int]:
        """How many each user has; "" for those that have not said who they are."""
        return dict(Counter(connection.user for connection in self._live.values()))

    def by_database(self) -> dict[str | None, int]:
        """How many have each database as their current one; None for none."""
        return dict(Counter(connection.database for connection in self._live.values()))

    def in_transaction(self) -> list[Connection]:
        """Those with an open transaction."""
        return [connection for connection in self._live.values() if connection.in_transaction]

    def add(self, connection_id: int, connection: Connection) -> None:
        """The server's: one came."""
        self._live[connection_id] = connection
        self.opened += 1
        if len(self._live) > self.peak:
            self.peak = len(self._live)

    def discard(self, connection_id: int) -> None:
        """The server's: one went, or never was."""
        self._live.pop(connection_id, None)

    def __repr__(self) -> str:
        return f"<Connections: {len(self)} live, peak {self.peak}, {self.opened} opened>"
