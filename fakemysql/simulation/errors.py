"""What a simulation says when it cannot go on. Knows no loop and no network: the texts are handed in."""

from __future__ import annotations

__all__ = ["DeadlockError", "NotSimulated", "RunawayError", "SimulationError"]


class SimulationError(RuntimeError):
    """The simulated world cannot go on; the code under test, or the test, waits or runs for ever."""


class DeadlockError(SimulationError):
    """Nothing can ever run again: no callback is ready, no timer is set, no byte is on its way.

    The text lists every pending task with the lines at which it waits, the open links and the end of the timeline.
    """


class RunawayError(SimulationError):
    """The run took more loop iterations, or more virtual seconds, than allowed; the text lists what still ran."""


class NotSimulated(NotImplementedError):
    """The simulated world has no answer to this call, which would have reached for the real one.

    It is a NotImplementedError because that is what asyncio's loops raise for what they do not have: code that goes on
    without signal handlers on one platform goes on without them here.
    """


class NotSimulatedAttribute(NotSimulated, AttributeError):
    """The same for an attribute of a simulated socket, so that `hasattr` and `getattr` with a default keep working."""
