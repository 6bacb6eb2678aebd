"""The adapter for refpool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import refpool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Driver:
    """See `subject.Driver`."""

    name = logger = "refpool"
    version = refpool.__version__
    options = {  # noqa: RUF012 - nobody changes it
        "pre_ping": "pool_pre_ping",
        "recycle": "pool_recycle",
        "acquire_timeout": "acquire_timeout",
        "reset": {"on_release": "reset"},
    }

    extensions: Mapping[str, Sequence[Any]] = {
        "on_release": ("close", "reset"),
        "pool_recycle": (0, 1),
        "pool_pre_ping": (True, 0.01),
        "use_lifo": (True,),
        "max_connecting": (1, 2),
        "acquire_timeout": (0.4, 2.0),
        "max_idle": (0.5,),
        "connect_timeout": (0.5,),
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
