"""The adapter for refpool."""

from __future__ import annotations

from typing import Any

import refpool


class Driver:
    """See `subject.Driver`."""

    name = logger = "refpool"
    version = refpool.__version__
    options = {  # noqa: RUF012 - nobody changes it
        "pre_ping": "pool_pre_ping",
        "recycle": "pool_recycle",
        "acquire_timeout": "acquire_timeout",
    }

    def create_pool(self, **parameters: Any) -> Any:
        return refpool.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Any:
        return refpool.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Any:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()

    def unbuffered(self, connection: Any) -> Any:
        return connection.cursor(refpool.SSCursor)
