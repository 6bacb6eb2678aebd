"""Builds the compiled clients, or records what all clients that are here see on the real servers.

    python -m tests.clients build
    python -m tests.clients record MARIADB_URL MYSQL_URL [CLIENT ...]

The URLs are of accounts that may do everything; the accounts and databases that the steps use are made on the way.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import pymysql

from . import harness

if TYPE_CHECKING:
    from collections.abc import Sequence


def prepare(url: SplitResult) -> None:
    """Make what the steps need, and log in once, so that caching_sha2_password knows the accounts."""
    admin: Any = pymysql.connect(
        host=url.hostname, port=url.port or 0, user=url.username, password=url.password or "", autocommit=True
    )
    with admin, admin.cursor() as cursor:
        for database in harness.DATABASES:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
        for name, password in harness.USERS.items():
            cursor.execute(f"CREATE USER IF NOT EXISTS '{name}'@'%' IDENTIFIED BY '{password}'")
            cursor.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{name}'@'%'")
    for name, password in harness.USERS.items():
        once: Any = pymysql.connect(host=url.hostname, port=url.port or 0, user=name, password=password)
        once.close()


def record(urls: Sequence[str], wanted: Sequence[str]) -> None:
    servers = dict(zip(harness.PERSONAS, map(urlsplit, urls), strict=True))
    for url in servers.values():
        prepare(url)
    for client in harness.clients():
        if wanted and client.name not in wanted:
            continue
        why_not = client.missing()
        if why_not is not None:
            print(f"{client.name}: {why_not}")
            continue
        version, answers = "", {}
        for persona, url in servers.items():
            version, answers[persona] = harness.run(client, url)
        harness.write_record(client, version, answers)
        print(f"{client.name}: {version}, {len(answers[harness.PERSONAS[0]])} steps")


def main(words: Sequence[str]) -> int:
    if words[:1] == ["build"]:
        failed = harness.build()
        for name, why in failed.items():
            print(f"{name}: {why}")
        return bool(failed)
    if words[:1] == ["record"] and len(words) >= 3:
        record(words[1:3], words[3:])
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
