"""Random histories of a pool: what users do, what befalls them and when, drawn from a seed, in simulated time.

    python -m spec explore --driver aiomysql --seeds 10000

How the parts fit: `draw` makes a `History` from a seed; `play` plays it in an arena (`worlds/arena.py`) and looks after
the `rules`; `shrink` makes one smaller that breaks a rule, `story` tells it, `known` lists what a driver is known for;
`run` does this for many seeds, and `command` is the command line. What is printed as a test needs the names below.
"""

from .history import Fault, History, Strike, User, Visit
from .replay import replay
from .rules import RULES, Violation

__all__ = ["History", "User", "Visit", "Strike", "Fault", "replay", "RULES", "Violation"]
