"""Which server the fake passes for, as data: every difference between MariaDB and MySQL stands here, none in code.

What SQL answers differently is in ``dialect``; what the wire shows differently (greeting, capabilities, farewells) is in
the persona itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fakemysql.dialect import MARIADB, MYSQL, Dialect


@dataclass(frozen=True, slots=True)
class Persona:
    """One server. version is what VERSION() answers; name is what callers choose it by."""

    name: str
    version: str
    dialect: Dialect


MARIADB_10_11: Final = Persona(name="mariadb-10.11", version="10.11.19-MariaDB", dialect=MARIADB)
MYSQL_9_7: Final = Persona(name="mysql-9.7", version="9.7.4", dialect=MYSQL)

PERSONAS: Final = {persona.name: persona for persona in (MARIADB_10_11, MYSQL_9_7)}
