"""A port that is there and does not serve: closed for a while, or so busy that nobody is accepted.

Loaded by the first test that asks for it. A connect to a closed port is refused, which needs nobody. A connect to a
port whose backlog is full is answered by nobody: the listener here accepts nothing and fills its own backlog, after
which Linux drops what else wants in; a client's kernel tries again, and gets through once the server listens in
earnest. Where a loop has a network of its own (a simulated one), it is asked to hold the connects.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from .faults import Delay, Refuse, Stall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .faults import Fault, Gate
    from .server import FakeServer

# A backlog of 0 takes one connect; the second finds it full, and a third makes sure.
_FILLERS: Final = 3


class FullBacklog:
    """The port of a server that accepts nobody, until :meth:`close`."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sockets = [socket.socket(family, socket.SOCK_STREAM)]
        try:
            listener = self._sockets[0]
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(0)
            for _ in range(_FILLERS):
                filler = socket.socket(family, socket.SOCK_STREAM)
                self._sockets.append(filler)
                filler.setblocking(False)
                filler.connect_ex((host, port))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Give the port up. Harmless a second time."""
        for each in self._sockets:
            each.close()


async def listen_later(server: FakeServer, struck: Sequence[Fault]) -> None:
    """Suffer these faults of LISTEN, one after the other, then listen in earnest."""
    for fault in struck:
        action = fault.action
        if isinstance(action, Delay):
            await asyncio.sleep(action.seconds + action.jitter * fault.chance.fraction())
        elif isinstance(action, Refuse):
            await _opened(action.gate)
        else:
            assert isinstance(action, Stall), f"{action} is refused at LISTEN"
            server.stop_accepting()
            await _opened(action.gate)
            server.accept_again()
    await server.begin_listening()


async def _opened(gate: Gate) -> None:
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[None] = loop.create_future()

    def go_on() -> None:
        # The gate may be opened in any thread.
        loop.call_soon_threadsafe(_set, opened)

    gate.when_open(go_on)
    try:
        await opened
    finally:
        gate.forget(go_on)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
