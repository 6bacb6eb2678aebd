"""Prepared statements on the fake and on a real server: the same dialogues, side by side, packet for packet.

Runs only where SPEC_MYSQL_URL names a server. What was recorded from one server is replayed on the fake in every run
(``tests/fakemysql/test_preparing.py``); here the record itself is held against the server of today.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import pytest

from fakemysql import FakeServer
from tests.fakemysql.prepared_dialogues import DIALOGUES, KNOWN, MODES, Client, told

if TYPE_CHECKING:
    from collections.abc import Iterator

URL: Final = os.environ.get("SPEC_MYSQL_URL")
pytestmark = pytest.mark.skipif(URL is None, reason="SPEC_MYSQL_URL names no server to compare with")


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """The real server, and a fake of its family with the same account and database."""
    assert URL is not None
    parts = urlsplit(URL)
    user, password, database = unquote(parts.username or "root"), unquote(parts.password or ""), parts.path.lstrip("/")
    with contextlib.closing(Client(URL)) as client:
        persona = "mariadb-10.11" if client.is_mariadb else "mysql-9.7"
    with FakeServer(persona=persona, users={user: password}, databases=(database,)) as fake:
        account = URL.partition("@")[0]
        yield URL, f"{account}@{fake.host}:{fake.port}/{database}"


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("name", list(DIALOGUES))
def test_the_fake_answers_as_the_server_does(urls: tuple[str, str], name: str, mode: str) -> None:
    real, fake = (told(url, DIALOGUES[name], MODES[mode]) for url in urls)
    with contextlib.closing(Client(urls[0])) as client:
        family = "mariadb" if client.is_mariadb else "mysql"
    if name in KNOWN[family]:
        assert fake != real
    else:
        assert fake == real
