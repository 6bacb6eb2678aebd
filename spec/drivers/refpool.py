"""The adapter for refpool."""

from __future__ import annotations

from typing import Any

import refpool


class Driver:
    """See `subject.Driver`."""

    name = logger = "refpool"
    version = refpool.__version__

    def create_pool(self, **parameters: Any) -> Any:
        return refpool.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Any:
        return refpool.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Any:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()
