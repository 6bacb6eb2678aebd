"""How a session is opened: the login carried out, and the commands that set the session up.

This module knows the way from a link to a session that is as its settings say. It is kept from knowing connections:
``Connection`` calls it when it connects, and again when a session is to be made new.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from refpool import wire
from refpool.errors import OutOfStep
from refpool.login import StartTLS
from refpool.replies import OnePacket
from refpool.version import __version__
from refpool.wire import COMMAND

if TYPE_CHECKING:
    from refpool.login import LoggedIn, Talk
    from refpool.settings import ConnectSettings
    from refpool.transport import Link

__all__ = ["attributes", "carry_out", "set_autocommit", "setup_commands"]


async def carry_out(talk: Talk, link: Link, settings: ConnectSettings) -> LoggedIn:
    """Carry a login out: send what it says, give it what comes, turn to TLS where it wants to.

    Raises:
        MySQLError: the login's, or the link's failure.
        OSError: TLS could not be begun.
    """
    sequence = 0
    said = next(talk)
    while True:
        if said is not None:
            sequence = await link.send_payload(said, sequence)
        if isinstance(said, StartTLS):
            await link.start_tls(settings.ssl, settings.host)
            heard = b""
        else:
            packet = OnePacket(sequence)
            link.expect(packet)
            await link.wait(packet)
            sequence, heard = packet.sequence, packet.payload
        try:
            said = talk.send(heard)
        except StopIteration as stop:
            logged_in: LoggedIn = stop.value
            return logged_in
        except wire.MalformedPacket as cause:
            raise OutOfStep.malformed(str(cause)) from cause


def attributes(settings: ConnectSettings) -> dict[str, str]:
    """The connection attributes: what performance_schema shows of a client."""
    named = {"_client_name": "refpool", "_client_version": __version__, "_pid": str(os.getpid())}
    if settings.program_name:
        named["program_name"] = settings.program_name
    return named


def setup_commands(settings: ConnectSettings, *, autocommit: bool | None) -> list[tuple[int, bytes]]:
    """The commands, each with its body, that make a session what its settings say.

    Args:
        autocommit: the mode of a session that has just logged in, so that what the login has done is not done again;
            None: nothing is known, and everything is said.
    """
    charset = settings.charset
    statements = []
    if autocommit is None:
        statements.append(f"SET NAMES {charset.name} COLLATE {charset.collation}".encode())
    if settings.sql_mode is not None:
        statements.append(f"SET sql_mode={settings.sql_mode}".encode(charset.encoding))
    if settings.init_command is not None:
        statements += (settings.init_command.encode(charset.encoding), b"COMMIT")
    if settings.autocommit is not None and (settings.autocommit != autocommit or settings.init_command is not None):
        statements.append(set_autocommit(settings.autocommit))
    return [(COMMAND.COM_QUERY, statement) for statement in statements]


def set_autocommit(value: bool) -> bytes:
    """The statement that sets the autocommit mode."""
    return b"SET AUTOCOMMIT = %d" % value
