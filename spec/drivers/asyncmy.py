"""The adapter for asyncmy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncmy
import asyncmy.version
from asyncmy.cursors import SSCursor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Driver:
    """See `subject.Driver`."""

    name = logger = "asyncmy"
    version = asyncmy.version.__version__
    options = {"recycle": "pool_recycle"}  # noqa: RUF012 - nobody changes it

    extensions: Mapping[str, Sequence[Any]] = {"pool_recycle": (0, 1), "connect_timeout": (1,)}

    def create_pool(self, **parameters: Any) -> Any:
        return asyncmy.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Any:
        return asyncmy.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Any:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()

    def unbuffered(self, connection: Any) -> Any:
        return connection.cursor(SSCursor)
