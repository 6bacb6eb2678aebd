"""What Python says aside: warnings of things that were left open or never awaited, and errors in destructors.

Knows: Python's two hooks. Kept from knowing: who is the cause; a play listens to what is said during itself.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Collect it in a list, instead of on stderr, within the block.

    Logging is off meanwhile: a host's handler would keep all that drivers name in a record alive, pools included.
    """
    heard: list[str] = []

    def hear_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, ResourceWarning | RuntimeWarning):
            heard.append(told(f"{category.__name__}: {message}"))

    def hear_error(what: Any) -> None:
        heard.append(told(f"{type(what.exc_value).__name__} in {what.object!r}: {what.exc_value}"))

    hook, sys.unraisablehook = sys.unraisablehook, hear_error
    disabled = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # else a host that makes errors of warnings would change verdicts
            warnings.simplefilter("always", ResourceWarning)
            warnings.simplefilter("always", RuntimeWarning)
            warnings.showwarning = hear_warning
            yield heard
    finally:
        sys.unraisablehook = hook
        logging.disable(disabled)


def told(what: str | BaseException) -> str:
    """A text or an error in one line, without the places in memory, which differ from run to run."""
    text = what if isinstance(what, str) else f"{type(what).__name__}: {what}"
    return re.sub(r"\b0x[0-9a-f]{6,}\b", "0x…", text.strip().split("\n")[0])
