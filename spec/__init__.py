"""The executable standard for pools of MySQL connections: one statement, one clause, any driver.

`POOL.md` is the normative document. Each of its statements is decided by one *clause*, a test that drives a pool
through a driver's adapter and watches the wire between pool and server. `README.md` tells how to plug a driver in.

    python -m spec run --driver aiomysql      (in an installed copy: python -m poolspec run ...)

The folder is self-contained: standard library, pytest, relative imports. It can be copied under any name.
"""

from __future__ import annotations

__version__ = "2026.11.0"
"""Year, month, number. A clause that is new or stricter means a new year.month; ids of clauses never change."""
