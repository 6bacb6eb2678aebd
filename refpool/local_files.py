"""LOAD DATA LOCAL: the file that the server asks for.

This module knows how a file goes to the server, and what is said when it does not. It is kept from knowing what became
of the statement: when the file, or the packet that says there is none, is sent, the reply goes on as any other.

The server names the file, and a server that is not what it seems can name any: it gets none unless the connection was
opened with ``local_infile``, and then whoever opened it trusts the server with the client's files.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final

from refpool.errors import LocalFileError

if TYPE_CHECKING:
    import asyncio

    from refpool.replies import Reply
    from refpool.transport import Link

__all__ = ["answer_with_file"]

_CHUNK_BYTES: Final = 256 * 1024

# Error codes as PyMySQL and the servers have them.
_CANNOT_FIND: Final = 1017  # ER_FILE_NOT_FOUND
_CANNOT_READ: Final = 1024  # ER_ERROR_ON_READ
_NOT_ALLOWED: Final = 1148  # ER_NOT_ALLOWED_COMMAND


async def answer_with_file(link: Link, reply: Reply, *, allowed: bool, loop: asyncio.AbstractEventLoop) -> None:
    """Send the file that the reply asks for, and wait for the verdict.

    A file that is not sent leaves the connection in step; why is the reply's error then.

    Args:
        allowed: local_infile was given.

    Raises:
        MySQLError: the link's failure.
    """
    assert reply.filename is not None
    name = os.fsdecode(reply.filename)
    sequence = reply.sequence
    error: LocalFileError | None = None
    if allowed:
        pieces = _Pieces(name)
        try:
            # In a thread, since a disk may be slow.
            while piece := await loop.run_in_executor(None, pieces.following):
                sequence = await link.send_payload(piece, sequence)
        except OSError as cause:
            code, what = (_CANNOT_READ, "read") if pieces.opened else (_CANNOT_FIND, "opened")
            error = LocalFileError.for_file(code, name, f"it cannot be {what}: {cause}")
            error.__cause__ = cause
        finally:
            pieces.close()
    else:
        error = LocalFileError.for_file(
            _NOT_ALLOWED, name, "local_infile was not given, the server had no leave to ask"
        )
    # The empty packet ends the file, also one of which nothing was sent: the server answers, and all is in step.
    sequence = await link.send_payload(b"", sequence)
    reply.file_sent(sequence)
    await link.wait(reply)
    if error is not None:
        reply.error = error


class _Pieces:
    """A file, read piece by piece in threads; closed also when nobody waits for the thread any more."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: BinaryIO | None = None
        self._closed = False

    @property
    def opened(self) -> bool:
        return self._file is not None

    def following(self) -> bytes:
        """The next piece, empty at the end. In a thread."""
        if self._file is None:
            self._file = open(self._name, "rb")  # noqa: SIM115 - close() closes it
        if self._closed:
            self._file.close()
            return b""
        return self._file.read(_CHUNK_BYTES)

    def close(self) -> None:
        self._closed = True
        if self._file is not None:
            self._file.close()
