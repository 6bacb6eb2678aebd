"""How the SQL of MariaDB and MySQL differs, as data that the session side reads.

A deviation between the two servers is a field here with a value for each, so that the code that evaluates an expression
or answers a statement asks what to do and never which server it plays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family of servers, as far as statements can tell.

    product: the name in error texts; mariadb: which registry of charsets and which comment syntax.
    """

    product: str
    mariadb: bool


MARIADB: Final = Dialect(product="MariaDB", mariadb=True)
MYSQL: Final = Dialect(product="MySQL", mariadb=False)
