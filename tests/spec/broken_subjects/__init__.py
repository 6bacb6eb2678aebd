"""Pools that are wrong on purpose, each in one thing: what the conformance suite has to catch.

A broken pool is a driver like any other, so the suite itself can be pointed at one:

    python -m spec run --driver tests.spec.broken_subjects:driver_NoLimit

It wraps a *base*, a driver that conforms, forwards everything to it, and overrides what it gets wrong. So whatever a
clause says about a broken pool is said about that one thing, and the base can be any conforming driver: refpool, or
the one that CATCHES_BASE names. Each is caught by its clause on every base; what else its fault shows in depends on how
the base itself takes, say, a connection that is closed under it, and is written down for refpool.

`sound.py` has what they are made of, and then there is a module a chapter of POOL.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    acquire,
    cancellation,
    close,
    creation,
    echo,
    gates,
    release,
    robustness,
    sizes,
    terminate,
    time_passes,
)
from .sound import IDS, SUBJECTS, BrokenDriver, Sound, Subject, base

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IDS", "SUBJECTS", "BrokenDriver", "Sound", "Subject", "base"]

# Imported for what they enter into SUBJECTS.
CHAPTERS = (
    *(creation, sizes, acquire, release, close, terminate, echo),
    *(robustness, cancellation, gates, time_passes),
)
FACTORY_PREFIX = "driver_"

SUBJECTS.sort(key=lambda subject: IDS.index(subject.clause))


def __getattr__(name: str) -> Callable[[], BrokenDriver]:
    """`driver_NoLimit` is a factory for the suite's --driver."""
    for subject in SUBJECTS:
        if name == FACTORY_PREFIX + subject.name:
            return lambda: subject(base())
    raise AttributeError(f"{__name__} has no {name!r}")
