"""The package's face."""

from __future__ import annotations

import pytest

import refpool

# Everything that ``aiomysql`` offers by name, so that its users change one word.
NAMES_OF_AIOMYSQL = [
    "Error", "DataError", "DatabaseError", "IntegrityError", "InterfaceError", "InternalError", "MySQLError",
    "NotSupportedError", "OperationalError", "ProgrammingError", "Warning", "escape_dict", "escape_sequence",
    "escape_string", "Connection", "Pool", "connect", "create_pool", "Cursor", "SSCursor", "DictCursor", "SSDictCursor",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES_OF_AIOMYSQL)
def test_the_names_that_users_know_are_there(name: str) -> None:
    """And listed."""
    assert hasattr(refpool, name)
    assert name in refpool.__all__


def test_all_that_is_listed_is_there_once() -> None:
    """__all__ is true."""
    assert all(hasattr(refpool, name) for name in refpool.__all__)
    assert len(set(refpool.__all__)) == len(refpool.__all__)


def test_the_dbapis_globals() -> None:
    """What tools read of a DB-API module."""
    assert (refpool.apilevel, refpool.threadsafety, refpool.paramstyle) == ("2.0", 1, "pyformat")
    assert refpool.Binary(b"x") == b"x"
    assert refpool.STRING == 253
    assert refpool.__version__
    assert issubclass(refpool.cursors.DeserializationCursor, refpool.Cursor)
