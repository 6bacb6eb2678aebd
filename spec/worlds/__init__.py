"""The worlds that clauses can run in, all with the face that `world.py` describes.

This folder alone names the fake server. A world is chosen by name here and imported only when it is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..settings import Settings
    from ..world import World


def choose(settings: Settings) -> World:
    """The world that the settings ask for. Raises Unavailable where it cannot be had at all."""
    if settings.world == "real":
        assert settings.url is not None, "Settings.read() refuses the real world without a server"
        from .real import RealWorld

        return RealWorld(settings.url)
    if settings.world == "tcp":
        from .fake import FakeWorld

        return FakeWorld()
    from .simulated import SimulatedWorld

    return SimulatedWorld(settings.seed)
