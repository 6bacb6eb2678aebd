"""Chapter 7 of POOL.md: what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .clause import must

if TYPE_CHECKING:
    from .bench import Bench


@must("Where echo is not given, it is off and no statement is logged.")
async def test_echo_is_off_by_default(spec: Bench) -> None:
    pool = await spec.pool()
    assert pool.echo is False, "echo is not False by default"
    connection = await pool.acquire()
    with spec.logged() as messages:
        await spec.query(connection, "SELECT 'unheard'")
    assert "SELECT 'unheard'" in spec.wire.statements, "the statement did not reach the server"
    assert not any("unheard" in message for message in messages), "a statement was logged although echo is off"


@must("The attribute echo tells whether statements are logged.")
async def test_echo_attribute(spec: Bench) -> None:
    assert (await spec.pool(echo=True)).echo is True, "echo is not True in a pool created with echo=True"
    assert (await spec.pool(echo=False)).echo is False, "echo is not False in a pool created with echo=False"


@must("With echo on, every statement that is executed is logged once, to the logger that bears the driver's name.")
async def test_echo_logs_statements(spec: Bench) -> None:
    """If this fails for the second connection only, look at whether echo is handed on to connections made later."""
    pool = await spec.pool(minsize=1, maxsize=2, echo=True)
    statements = ["SELECT 'first'", "SET @spec = 'second'", "SELECT 'third'"]
    for connection in [await pool.acquire(), await pool.acquire()]:
        with spec.logged() as messages:
            for statement in statements:
                await spec.query(connection, statement)
        counts = [sum(statement in message for message in messages) for statement in statements]
        assert 0 not in counts, "a statement was executed and not logged although echo is on"
        assert max(counts) == 1, "a statement was logged more than once"
