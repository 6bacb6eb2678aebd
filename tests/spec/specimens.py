"""Adapters for tests of the suite: refpool, and refpool with a fault of each kind that the suite must report well."""

from __future__ import annotations

import asyncio
from typing import Any

from spec.drivers import refpool


class Driver(refpool.Driver):
    """refpool under another name, so that it has no list of deviations but a test's own."""

    name = "specimen"


class _Wrapped:
    """A pool that does everything as the one within."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Mute(_Wrapped):
    """Says that it does not log; and a task of it is left behind."""

    @property
    def echo(self) -> None:
        _LEFT_BEHIND.append(asyncio.ensure_future(_stay()))


_LEFT_BEHIND: list[asyncio.Future[None]] = []


async def _stay() -> None:
    await asyncio.Event().wait()


class Faulty(Driver):
    """Fails echo_attribute by an assertion and create_pool_takes_minsize by an error of its own."""

    name = "faulty"

    async def create_pool(self, **parameters: Any) -> Any:
        if parameters.get("minsize") == 2:
            raise ValueError(f"no pool of two at port {parameters['port']}, not even {object()!r}")
        return _Mute(await super().create_pool(**parameters))


class Misread(Faulty):
    """As faulty, for a list with another message."""

    name = "misread"


class Fickle(Faulty):
    """As faulty, for a list that calls it flaky."""

    name = "fickle"


class _Late(_Wrapped):
    """Does nothing at close() unless it is awaited."""

    async def close(self) -> None:
        self.inner.close()


class Unawaited(Driver):
    """Its close() is a coroutine function; that nobody awaits it, Python warns of."""

    name = "unawaited"

    async def create_pool(self, **parameters: Any) -> Any:
        return _Late(await super().create_pool(**parameters))


class Hanging(Driver):
    """Its create_pool never ends where echo is given."""

    name = "hanging"

    async def create_pool(self, **parameters: Any) -> Any:
        if "echo" in parameters:
            await asyncio.Event().wait()
        return await super().create_pool(**parameters)


class Stranger(Driver):
    """Its query answers something else."""

    name = "stranger"

    async def query(self, connection: Any, statement: str) -> Any:
        return await super().query(connection, "SELECT 11")
