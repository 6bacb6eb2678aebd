"""`Simulation`: one simulated world from its beginning to its end, to be used with `with`.

It does for a SimulatedLoop what asyncio.Runner does for a loop: runs coroutines, cancels what is left, closes. Two
things are its own: what is left is cancelled in the order of creation, and a task that does not end even then is named
instead of waited for.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .errors import SimulationError
from .loop import SimulatedLoop
from .network import EPOCH
from .transport import SimulatedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from random import Random
    from types import TracebackType
    from typing import Self

    from .network import Network, SimulatedNetwork
    from .timeline import Timeline

__all__ = ["Simulation"]

T = TypeVar("T")

CLOSING_ROUNDS: Final = 100
"""What is told of its end may begin something new; an end must come all the same."""

TLS_ENDS_AFTER_ITERATIONS: Final = 2
"""An aborted transport tells its protocol in the next iteration; TLS tells the application's in the one after."""


class Simulation:
    """A simulated world.

        with Simulation(seed=7) as sim:
            sim.run(main())

    Attributes:
        loop: its event loop.
        seed: what all chance comes from.
        network: links and faults.
        timeline: what happened, still there when the world is closed.
        random: the generator of all chance.
    """

    def __init__(
        self, seed: int | str = 0, network: Network | None = None, *, debug: bool = False, **options: Any
    ) -> None:
        """Make a world; the loop is there at once.

        Args:
            seed: the same seed, the same history.
            network: what the network may do; None is `Network()`.
            debug: asyncio's debug mode.
            options: max_iterations, max_seconds, eager_tasks, inline_executor, kept_events, as of SimulatedLoop.
        """
        self.loop = SimulatedLoop(seed, network, **options)
        if debug:
            self.loop.set_debug(True)
        self.seed = seed
        self.network: SimulatedNetwork = self.loop.network
        self.timeline: Timeline = self.loop.timeline
        self.random: Random = self.loop.random
        self._context: Context | None = None

    def __enter__(self) -> Self:
        """Answer with itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close; an error on the way is added to the one that is on its way already."""
        try:
            self.close()
        except SimulationError as on_closing:
            if error is None:
                raise
            error.add_note(f"while the simulation was closed: {on_closing}")

    @property
    def elapsed(self) -> float:
        """Virtual seconds since the world began."""
        return self.loop.time() - EPOCH

    @property
    def now(self) -> float:
        """The loop's time."""
        return self.loop.time()

    def run(self, coro: Coroutine[Any, Any, T], *, context: Context | None = None) -> T:
        """Run a coroutine to its end and answer with its result; may be called again.

        Raises:
            DeadlockError: nothing can ever run again.
            RunawayError: it took more iterations or more virtual time than allowed.
        """
        __tracebackhide__ = True
        if not asyncio.iscoroutine(coro):
            raise ValueError(f"a coroutine was expected, got {coro!r}")
        if asyncio._get_running_loop() is not None:
            coro.close()
            raise RuntimeError("Simulation.run() cannot be called from a running event loop")
        if context is None:
            if self._context is None:
                self._context = copy_context()
            context = self._context
        return self.loop.run_until_complete(self.loop.create_task(coro, context=context))

    def note(self, text: str) -> None:
        """Put a line of your own into the timeline."""
        self.loop.note(text)

    def after_each_iteration(self, callback: Callable[[], object]) -> Callable[[], None]:
        """See SimulatedLoop.after_each_iteration."""
        return self.loop.after_each_iteration(callback)

    def close(self) -> None:
        """End the world: cancel the tasks that are left, abort the connections that are open, close the loop.

        Tasks are cancelled in order of creation and waited for; connections are aborted in order of dialling, so that
        nobody complains of them later, when they are collected. Look at `network.links` before, to see whether any was
        left open.

        Raises:
            SimulationError: tasks that were cancelled did not end; the text names them.
        """
        loop = self.loop
        if loop.is_closed():
            return
        try:
            for _ in range(CLOSING_ROUNDS):
                tasks = loop.pending_tasks()
                transports = self._open_transports()
                if not tasks and not transports:
                    break
                if tasks:
                    self._cancel(tasks)
                else:
                    self._abort(transports)
            else:
                raise SimulationError(f"something new begins whenever the old has been ended:\n{loop.describe()}")
            if not loop.is_at_rest():
                loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def _open_transports(self) -> list[SimulatedTransport]:
        users = [end.user for link in self.network.links for end in (link.client, link.server)]
        return [user for user in users if isinstance(user, SimulatedTransport) and not user.is_closing()]

    def _abort(self, transports: list[SimulatedTransport]) -> None:
        for transport in transports:
            transport.abort()
        for _ in range(TLS_ENDS_AFTER_ITERATIONS):
            self.loop.run_until_complete(asyncio.sleep(0))

    def _cancel(self, tasks: list[asyncio.Task[Any]]) -> None:
        loop = self.loop
        for task in tasks:
            task.cancel("the simulation ends")
        try:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        except SimulationError:
            for task in loop.pending_tasks():
                # asyncio would complain of each one when it is collected; the error says it, and better
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            raise
        for task in tasks:
            if not task.cancelled() and task.exception() is not None:
                loop.call_exception_handler(
                    {
                        "message": "a task that was left over failed when the simulation cancelled it",
                        "exception": task.exception(),
                        "task": task,
                    }
                )
