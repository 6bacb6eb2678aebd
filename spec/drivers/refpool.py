"""The adapter for refpool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import refpool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from ..subject import Pool


class Driver:
    name = logger = "refpool"
    version = refpool.__version__

    def create_pool(self, **parameters: Any) -> Awaitable[Pool]:
        return refpool.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Awaitable[Any]:
        return refpool.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()
