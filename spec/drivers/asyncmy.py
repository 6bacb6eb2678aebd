"""The adapter for asyncmy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncmy
import asyncmy.version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from ..subject import Pool


class Driver:
    name = logger = "asyncmy"
    version = asyncmy.version.__version__

    def create_pool(self, **parameters: Any) -> Awaitable[Pool]:
        return asyncmy.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Awaitable[Any]:
        return asyncmy.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()
