"""The adapter for asyncmy."""

from __future__ import annotations

from typing import Any

import asyncmy
import asyncmy.version


class Driver:
    """See `subject.Driver`."""

    name = logger = "asyncmy"
    version = asyncmy.version.__version__

    def create_pool(self, **parameters: Any) -> Any:
        return asyncmy.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Any:
        return asyncmy.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Any:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()
