"""The pool under test, as two Protocols: all that a driver must show to be judged.

Nothing here counts connections or asks whether one is open: what a pool does is seen on the wire (`world.py`), so
that a driver's own opinion of itself never decides a verdict. An adapter is about ten lines; `drivers/` holds three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence


class Pool(Protocol):
    """What POOL.md names of a pool, and nothing else.

    The attributes are read-only by what the document says; a clause tries to set them.
    """

    @property
    def minsize(self) -> int:
        """The smallest size, in connections."""

    @property
    def maxsize(self) -> int:
        """The largest size, in connections; 0 is no limit."""

    @property
    def size(self) -> int:
        """Lent and free connections together."""

    @property
    def freesize(self) -> int:
        """Free connections."""

    @property
    def echo(self) -> bool:
        """Whether statements are logged."""

    def close(self) -> Any:
        """Lend no more; end each connection when it comes back."""

    def terminate(self) -> Any:
        """Lend no more; end lent connections now."""

    def wait_closed(self) -> Awaitable[Any]:
        """Wait for what close() or terminate() began."""

    def acquire(self) -> Awaitable[Any]:
        """Borrow a connection."""

    def release(self, connection: Any, /) -> Any:
        """Give a connection back."""


OPTIONS: Mapping[str, str] = {
    "pre_ping": "True: a free connection is asked whether it lives before it is lent",
    "recycle": "seconds after which a connection that was idle so long is replaced",
    "acquire_timeout": "seconds that an acquire may take",
    "reset": "True: a connection that comes back is reset before it is lent again",
}
"""Options that an adapter may offer, by the suite's name for each."""


class Driver(Protocol):
    """An adapter: three strings and three methods.

    name: of the column, and of the file of deviations. version: of the driver, shown beside its name.
    logger: the name of the logger to which the driver's echo goes.

    Two more it may have, and where one is missing, what needs it is *not offered*. options: a dict from the name of an
    option in `OPTIONS` to the parameter of create_pool() that stands for it, or to a dict that turns it on.
    unbuffered(connection): a cursor, good for `async with`, whose rows come from the server as they are fetched; it has
    execute(statement) and fetchone().
    A third is asked for by random histories alone. extensions: a mapping from further parameters of create_pool() to
    the values that may be drawn for each.
    """

    name: str
    version: str
    logger: str

    def create_pool(self, **parameters: Any) -> Awaitable[Pool]:
        """Call the driver's create_pool and hand its result on as it is.

        parameters: host, port, user, password, db; and what a clause adds: minsize, maxsize, loop, echo, autocommit,
        charset, init_command. A driver that spells one of them differently gets it translated here.
        """

    def connect(self, **parameters: Any) -> Awaitable[Any]:
        """Open a plain connection; the same parameters, without the pool's own."""

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        """Execute one statement and return all its rows; none where it answers without a result set."""
        ...
