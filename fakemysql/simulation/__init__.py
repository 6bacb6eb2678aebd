"""A simulated world for asyncio code: virtual time and an in-memory network, replayed from a seed.

    from fakemysql.simulation import Simulation

    with Simulation(seed=7) as sim:
        sim.run(main())

Whatever runs on its loop, servers and clients alike, meets a network whose delays, cut writes and faults come from one
seed, and a clock that moves only when everybody waits. No socket is opened and no real time passes; the same seed gives
the same history; a wait that can never end is an error at once. docs/simulation.md tells how to use it.

`Simulation` runs coroutines; `loop_factory` gives the loop alone, to asyncio.Runner and others; `Network` says what the
network may do; `Steps` counts a task's steps and cancels it at one of them. It knows nothing of MySQL.
"""

from .errors import DeadlockError, NotSimulated, RunawayError, SimulationError
from .link import Link
from .loop import SimulatedLoop, loop_factory, running_loop
from .network import Network, SimulatedNetwork
from .runner import Simulation
from .steps import Moment, Steps, cancellation_points
from .timeline import Event, Timeline

__all__ = [
    "Simulation",
    "SimulatedLoop",
    "loop_factory",
    "running_loop",
    "Network",
    "SimulatedNetwork",
    "Link",
    "Timeline",
    "Event",
    "Steps",
    "Moment",
    "cancellation_points",
    "SimulationError",
    "DeadlockError",
    "RunawayError",
    "NotSimulated",
]
