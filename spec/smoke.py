"""Does the adapter work, and does the server let it in?

Asked before any clause speaks, so that neither is mistaken for a statement that the driver does not keep.

Knows: the few calls of an adapter. Kept from knowing: clauses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bench import Bench, shown_of
from .settings import UsageError

if TYPE_CHECKING:
    from .subject import Driver
    from .world import World


def log_in(driver: Driver, world: World, deadline: float) -> None:
    """Open one plain connection. Raises UsageError."""
    bench = Bench(driver, world, deadline)

    async def attempt(bench: Bench) -> None:
        await bench.connect()

    try:
        bench.perform(attempt)
    except Exception as error:
        raise UsageError(
            f"{driver.name} cannot log in to {world.server} as {bench.settings.get('user')!r}"
            f" ({shown_of(error, bench.settings.get('port'))}): correct the account or database in SPEC_MYSQL_URL"
        ) from error


def find_simulated(driver: Driver, world: World, deadline: float) -> None:
    """See that a driver is one that can be simulated: that it dials through the event loop. Raises UsageError."""
    bench = Bench(driver, world, deadline)

    async def attempt(bench: Bench) -> None:
        await bench.connect()

    try:
        bench.perform(attempt)
    except Exception as error:  # noqa: BLE001 - whatever it fails with, the clauses will say it better
        reason = world.remark(error)
        if reason is None and not bench.wire.accepted:
            reason = f"it does not dial through the event loop ({shown_of(error, None)}), so use --world tcp"
        if reason:
            raise UsageError(f"{driver.name} cannot be judged in the world {world.name}: {reason}") from None


def try_adapter(driver: Driver, world: World, deadline: float) -> None:
    """Try every method of an adapter once. Raises UsageError, which says which part is wrong."""
    bench = Bench(driver, world, deadline)
    step = "connect"

    async def attempt(bench: Bench) -> None:
        nonlocal step
        connection = await bench.connect()
        step = "query"
        if await bench.thread_id(connection) != bench.wire.links[0].thread_id:
            raise UsageError("CONNECTION_ID() is not the id in the server's greeting: the adapter dials something else")
        step = "create_pool"
        pool = await bench.pool(minsize=1, maxsize=2)
        step = "close the pool"
        pool.close()
        await pool.wait_closed()

    try:
        bench.perform(attempt)
    except Exception as error:
        shown = shown_of(error, bench.settings.get("port"))
        raise UsageError(f"the adapter of {driver.name} does not work: it cannot {step} ({shown})") from error
