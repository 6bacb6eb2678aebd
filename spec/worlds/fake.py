"""The world of the fake server: fakemysql in the clause's own loop, over TCP, with the proxy before it.

Knows: how a fake server is started. A vendored copy of the suite carries the fake along as `_fakemysql`; elsewhere it
is the installed `fakemysql`. Each clause has a server of its own, so nothing carries over from one to the next.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from typing import TYPE_CHECKING

from ..world import Stage, Unavailable
from .proxy import LOOPBACK, Proxy

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable
    from types import ModuleType

PARENT = __package__.rpartition(".")[0]


def find_fake() -> ModuleType:
    """The fake's package. Raises Unavailable."""
    if importlib.util.find_spec(f"{PARENT}._fakemysql"):
        return importlib.import_module(f"{PARENT}._fakemysql")
    try:
        import fakemysql
    except ModuleNotFoundError:
        raise Unavailable(
            "the fake server is not installed: copy the suite by `python -m spec vendor FOLDER`, which takes it along,"
            " put its folder fakemysql beside this one, pip install refpool, or name a real server in SPEC_MYSQL_URL"
        ) from None
    return fakemysql


class FakeWorld:
    """A world that needs nothing but this process."""

    name = "tcp"
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    seed: int | None = None

    def __init__(self) -> None:
        self._fake = find_fake()
        self.server = "fakemysql"

    def check(self) -> None:
        """There is nothing that could be missing: the package was found."""

    def remark(self, error: BaseException) -> str | None:
        """Nothing: here a driver can do all that it can anywhere."""

    @contextlib.asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        """A fresh server, with its account root and its database test."""
        async with self._fake.FakeServer() as server, Proxy(server.host, server.port) as proxy:
            yield Stage(proxy, {"host": LOOPBACK, "port": proxy.port, "user": "root", "password": "", "db": "test"})
