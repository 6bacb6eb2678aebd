"""Clients meet faults as they were recorded to; see ``fault_outcomes.py``, which records anew."""

from __future__ import annotations

import pytest

from tests.fakemysql.fault_outcomes import CLIENTS, TABLE, outcomes_of, recorded, table, version_of


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_meets_each_fault_as_it_was_recorded(client: str) -> None:
    version, entry = version_of(client), recorded().get(client)
    if version is None:
        pytest.skip(f"{client} is not installed here")
    if entry is None or entry["version"] != version:
        pytest.skip(f"{client} {version} is not recorded; python -m tests.fakemysql.fault_outcomes does it")
    assert outcomes_of(client) == entry["outcomes"]


def test_the_record_is_the_documented_table() -> None:
    assert table() in TABLE.read_text()
