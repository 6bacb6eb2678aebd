"""SHUTDOWN carried out: the server listens no more, and gives its clients up in the persona's own way.

Whoever asked has had an answer and ends by itself. MariaDB gives everybody up at once, whatever runs. MySQL interrupts
what runs, lets it answer and ends it then; those that say nothing see the end two seconds later. Loaded by the first
SHUTDOWN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conversation import Phase

if TYPE_CHECKING:
    from .server import FakeServer


def go_down(server: FakeServer) -> None:
    """Begin; ``server.on_shutdown`` is called when nobody is left to be given up."""
    server.stop_listening()
    grace = server.persona.shutdown_grace
    if not grace:
        _give_up(server)
        return
    for link in server.links():
        if link.conversation.phase is Phase.BUSY:
            link.shut_down()
    server.call_later(grace, lambda: _give_up(server))


def _give_up(server: FakeServer) -> None:
    for link in server.links():
        link.shut_down()
    if server.on_shutdown is not None:
        server.on_shutdown()
