"""What a client that follows its session is told by a real server: as it was recorded, which the fake is held to.

Runs only where SPEC_MYSQL_URL names a server. ``tests/fakemysql/test_tracking.py`` replays the record on the fake in
every run; here the record itself is held against the server of today.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

import pytest

from tests.fakemysql.prepared_dialogues import Client
from tests.fakemysql.tracking_dialogues import DIALOGUES, MODES, comparable, recorded, told

if TYPE_CHECKING:
    from collections.abc import Iterator

URL: Final = os.environ.get("SPEC_MYSQL_URL")
pytestmark = pytest.mark.skipif(URL is None, reason="SPEC_MYSQL_URL names no server to compare with")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The real server, in a database of its own."""
    assert URL is not None
    database = f"track_{os.getpid()}"
    with contextlib.closing(Client(URL)) as arranger:
        list(arranger.answers(b"\x03CREATE DATABASE " + database.encode()))
        yield URL.rpartition("/")[0] + "/" + database
        list(arranger.answers(b"\x03DROP DATABASE " + database.encode()))


@pytest.mark.parametrize("mode", list(MODES), ids=lambda mode: mode.rstrip(": ") or "plain")
@pytest.mark.parametrize("name", list(DIALOGUES))
def test_the_server_tells_what_was_recorded(url: str, name: str, mode: str) -> None:
    with contextlib.closing(Client(url)) as client:
        place = 1 if client.is_mariadb else 2
    wanted = [comparable(line[place]) for line in recorded()[mode + name]]
    assert list(map(comparable, told(url, DIALOGUES[name], MODES[mode]))) == wanted
