"""`python -m spec`, or `python -m poolspec`: whatever name the folder has."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":  # pragma: no branch - documentation tools import everything
    sys.exit(main())
