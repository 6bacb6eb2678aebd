"""Adapters, one module a driver, and how one is found. This folder alone names a driver.

A driver is named by its module here (`aiomysql`) or, from anywhere, as `package.module:factory`; the factory is called
without arguments and returns an adapter (`subject.Driver`); left out, it is `Driver`. An adapter is imported only
when it is named, so a driver that is not installed is nobody's problem.

With no name given, the suite runs the driver of the project it stands in: `refpool`, where that package lies beside the
suite's own folder, as it does in its repository and where both are installed. A copy anywhere else has to be told.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..subject import Driver

HERE = Path(__file__).parent
DEFAULT = "refpool"
WANTED = {"name", "version", "logger", "create_pool", "connect", "query"}


def known() -> list[str]:
    """The drivers that have an adapter here."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem != "__init__")


def find_all(names: Sequence[str], beside: Path = HERE.parent.parent) -> list[Driver]:
    """The adapters of these drivers, in this order.

    Args:
        beside: the folder that holds the suite's own.

    Raises:
        UsageError: none named and no default here, an unknown one, or one that cannot be imported.
    """
    if not names:
        if not (beside / DEFAULT / "__init__.py").is_file():
            raise UsageError(
                f"no driver is named: set SPEC_DRIVER to one of {', '.join(known())}, to package.module:factory,"
                " or to several with commas between"
            )
        names = (DEFAULT,)
    drivers = [find(name) for name in names]
    for name, driver in zip(names, drivers, strict=True):
        if [other.name for other in drivers].count(driver.name) > 1:
            raise UsageError(
                f"two drivers call themselves {driver.name!r}, one of them {name!r}: each needs its own name"
            )
    return drivers


def find(name: str) -> Driver:
    """The adapter of one driver. Raises UsageError."""
    module_name, _, factory = name.partition(":")
    is_ours = not factory and "." not in name
    if is_ours:
        if name not in known():
            raise UsageError(
                f"there is no driver {name!r}: known are {', '.join(known())}, or give package.module:factory"
            )
        module_name = f"{__name__}.{name}"
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        missing = error.name or str(error)
        elsewhere = f"put it where python finds {missing!r} (`python -m pytest` looks here, `pytest` does not)"
        todo = f"pip install {missing.partition('.')[0]}" if is_ours else elsewhere
        raise UsageError(f"driver {name!r} cannot be imported ({error}): {todo}") from error
    except Exception as error:
        raise UsageError(f"driver {name!r} cannot be imported: {type(error).__name__}: {error}") from error
    factory = factory or "Driver"
    make = getattr(module, factory, None)
    if not callable(make):
        raise UsageError(f"driver {name!r}: module {module_name} has no function {factory!r}")
    try:
        driver: Driver = make()
    except Exception as error:
        raise UsageError(f"driver {name!r}: {factory}() failed: {type(error).__name__}: {error}") from error
    for attribute in sorted(WANTED):
        if not hasattr(driver, attribute):
            raise UsageError(f"driver {name!r}: what {factory}() returns has no {attribute!r}")
    return driver
