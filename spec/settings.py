"""What a run is asked to do: environment variables and command line as one checked value.

Knows: the names of the variables, their forms and defaults. Kept from knowing: which drivers, clauses or servers there
are. Every refusal is one line that names the value and says what to write instead.

| variable | option | meaning |
| --- | --- | --- |
| SPEC_DRIVER | --driver | the drivers, comma-separated: names in `drivers/`, or package.module:factory |
| SPEC_CLAUSE | --clause | run these clauses alone, comma-separated |
| SPEC_MYSQL_URL | | the real server; without it the fake one is used |
| SPEC_WORLD | --world | sim, tcp or real; left out, it is real where SPEC_MYSQL_URL is given and sim elsewhere |
| SPEC_SEED | --seed | what all chance comes from in the world sim, 0 where not given |
| SPEC_DEADLINE | | seconds that one clause may take, 5 where not given; longer never changes a verdict |
| SPEC_DEVIATIONS | | a folder with lists of deviations of your own, looked into before the suite's |
| SPEC_LEVEL | --level | must: the musts alone; should: a should that is not kept fails the run too |
| SPEC_JSON, SPEC_MARKDOWN | --json, --markdown | write the report to this file |
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 3306
DEFAULT_DEADLINE = 5.0
DEFAULT_SEED = 0
WORLDS = ("sim", "tcp", "real")
LEVELS = ("must", "should")
URL_FORM = "mysql://user:password@host:port/database"


class UsageError(Exception):
    """The run was asked for something that cannot be; the text is one line, and says what to do. Exit status 4."""


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A real server and an account on it, percent-decoded."""

    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def parse(cls, text: str) -> ServerUrl:
        """Read mysql://user:password@host:port/database; the password and the port may be left out.

        Raises:
            UsageError: what is missing or wrong, without the password.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"SPEC_MYSQL_URL cannot be read ({error}); write {URL_FORM}") from None
        database = unquote(parts.path.removeprefix("/"))
        if parts.scheme != "mysql":
            raise UsageError(f"SPEC_MYSQL_URL does not begin with mysql://; write {URL_FORM}")
        for what, value in (("host", parts.hostname), ("user", parts.username), ("database", database)):
            if not value:
                raise UsageError(f"SPEC_MYSQL_URL names no {what}; write {URL_FORM}")
        if port == 0 or "/" in database or parts.query or parts.fragment:
            raise UsageError(f"SPEC_MYSQL_URL has a part that is not understood; write {URL_FORM}")
        return cls(
            host=parts.hostname or "",
            port=DEFAULT_PORT if port is None else port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=database,
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings. drivers and clauses are names as given; empty is "not named".

    level: "must" runs the musts alone; "should" runs all, and all of them bind; None runs all, and the musts bind.
    """

    drivers: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    url: ServerUrl | None = None
    world: str = "sim"
    seed: int = DEFAULT_SEED
    deadline: float = DEFAULT_DEADLINE
    deviations: Path | None = None
    level: str | None = None
    json: Path | None = None
    markdown: Path | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str], options: Mapping[str, str | None] | None = None) -> Settings:
        """Read the environment, and options over it.

        Args:
            options: by the name of the variable that each stands for; None and "" are "not given".

        Raises:
            UsageError
        """
        given = {key: value for key, value in environment.items() if key.startswith("SPEC_")}
        given |= {key: value for key, value in (options or {}).items() if value}
        url = ServerUrl.parse(given["SPEC_MYSQL_URL"]) if given.get("SPEC_MYSQL_URL") else None
        level = given.get("SPEC_LEVEL") or None
        if level not in (None, *LEVELS):
            raise UsageError(f"SPEC_LEVEL is {level!r}; it can be {' or '.join(LEVELS)}")
        folder = Path(given["SPEC_DEVIATIONS"]) if given.get("SPEC_DEVIATIONS") else None
        if folder is not None and not folder.is_dir():
            raise UsageError(f"SPEC_DEVIATIONS names {str(folder)!r}, which is no folder")
        world = _world(given.get("SPEC_WORLD", ""), url)
        return cls(
            drivers=_names(given.get("SPEC_DRIVER", "")),
            clauses=_names(given.get("SPEC_CLAUSE", "")),
            url=url,
            world=world,
            seed=_seed(given.get("SPEC_SEED", ""), world),
            deadline=_seconds(given.get("SPEC_DEADLINE", "")),
            deviations=folder,
            level=level,
            json=Path(given["SPEC_JSON"]) if given.get("SPEC_JSON") else None,
            markdown=Path(given["SPEC_MARKDOWN"]) if given.get("SPEC_MARKDOWN") else None,
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _world(name: str, url: ServerUrl | None) -> str:
    chosen = name or ("real" if url else "sim")
    if chosen not in WORLDS:
        raise UsageError(f"there is no world {chosen!r}; SPEC_WORLD can be {', '.join(WORLDS[:-1])} or {WORLDS[-1]}")
    if chosen == "real" and url is None:
        raise UsageError(f"the real world needs a server: set SPEC_MYSQL_URL={URL_FORM}")
    return chosen


def _seed(text: str, world: str) -> int:
    if not text:
        return DEFAULT_SEED
    if world != "sim":
        raise UsageError(f"SPEC_SEED is for the world sim, where the same seed gives the same run; this one is {world}")
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"SPEC_SEED is {text!r}; it is a whole number") from None


def _seconds(text: str) -> float:
    if not text:
        return DEFAULT_DEADLINE
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"SPEC_DEADLINE is {text!r}; it is a number of seconds above 0")
    return seconds
