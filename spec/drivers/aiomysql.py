"""The adapter for aiomysql."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiomysql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from ..subject import Pool


class Driver:
    name = logger = "aiomysql"
    version = aiomysql.__version__

    def create_pool(self, **parameters: Any) -> Awaitable[Pool]:
        return aiomysql.create_pool(**parameters)

    def connect(self, **parameters: Any) -> Awaitable[Any]:
        return aiomysql.connect(**parameters)

    async def query(self, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
            return await cursor.fetchall()
