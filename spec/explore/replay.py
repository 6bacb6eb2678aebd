"""One history as a test: `replay("refpool", history)`.

Knows: how a driver is found. Kept from knowing: where the history comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import drivers
from .run import tell

if TYPE_CHECKING:
    from ..subject import Driver
    from .history import History


def replay(driver: str | Driver, history: History) -> None:
    """Play a history.

    Args:
        driver: an adapter, or its name as on the command line.
        history: what is to happen.

    Raises:
        Violation: the first rule that it breaks, with the story as a note.
        UsageError: there is no such driver.
    """
    violation, story = tell(drivers.find(driver) if isinstance(driver, str) else driver, history)
    if violation is not None:
        violation.add_note(f"The story: virtual seconds, who, what.\n{story}")
        raise violation
