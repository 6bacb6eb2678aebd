"""The same scenarios over real TCP and on the simulated network: protocols see the same callbacks in the same order.

The real network is the loopback of this machine, the only sockets that the simulation's tests open. How the bytes are
cut is not compared, for no network promises that, and neither is when a writer is told to pause, for that depends on
the kernel's buffers.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from fakemysql.simulation import Network, Simulation

DEADLINE_SECONDS = 20.0
SOON_SECONDS = 0.02
"""Long enough for a segment to cross the loopback, and the simulated network; nothing is waited for by it."""


class Side:
    """What one side's protocol is told, and what the scenario waits for."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.keep_open = False
        self.on_made: Callable[[asyncio.Transport], None] = lambda transport: None
        loop = asyncio.get_running_loop()
        self.made: asyncio.Future[None] = loop.create_future()
        self.eof: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.received = bytearray()
        self._wanted: tuple[int, asyncio.Future[None]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.log.append("made")
        self.transport = cast("asyncio.Transport", transport)
        self.on_made(self.transport)
        self.made.set_result(None)

    def take(self, data: bytes) -> None:
        if self.log[-1] != "data":
            self.log.append("data")
        self.received += data
        if self._wanted is not None and len(self.received) >= self._wanted[0]:
            self._wanted[1].set_result(None)
            self._wanted = None

    async def bytes_received(self, count: int) -> None:
        """Wait until so many bytes came in all."""
        if len(self.received) < count:
            self._wanted = (count, asyncio.get_running_loop().create_future())
            await self._wanted[1]

    def eof_received(self) -> bool:
        self.log.append("eof")
        self.eof.set_result(None)
        return self.keep_open

    def connection_lost(self, error: Exception | None) -> None:
        self.log.append(("lost", type(error).__name__, getattr(error, "errno", None)))
        self.lost.set_result(None)


class StreamingSide(Side, asyncio.Protocol):
    """A side that is given bytes."""

    def data_received(self, data: bytes) -> None:
        self.take(data)


class BufferedSide(Side, asyncio.BufferedProtocol):
    """A side that is asked for a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray(1000)

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self.buffer)

    def buffer_updated(self, nbytes: int) -> None:
        self.take(bytes(self.buffer[:nbytes]))


Scenario = Callable[[Side, Side], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """List a scenario: it is given the client's and the server's side, connected, and ends when both are lost."""
    SCENARIOS[function.__name__] = function
    return function


async def both_lost(client: Side, server: Side) -> None:
    await client.lost
    await server.lost


def linger_zero(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@scenario
async def bytes_then_close(client: Side, server: Side) -> None:
    client.transport.write(b"hello")
    client.transport.close()
    await both_lost(client, server)


@scenario
async def there_and_back(client: Side, server: Side) -> None:
    client.transport.write(b"question")
    await server.bytes_received(8)
    server.transport.write(b"answer")
    await client.bytes_received(6)
    server.transport.close()
    await both_lost(client, server)


@scenario
async def half_close_then_answer(client: Side, server: Side) -> None:
    server.keep_open = True
    client.transport.write(b"all I have")
    client.transport.write_eof()
    await server.eof
    server.transport.write(b"noted")
    server.transport.close()
    await both_lost(client, server)


@scenario
async def half_close_answered_by_close(client: Side, server: Side) -> None:
    client.transport.write_eof()
    await both_lost(client, server)


@scenario
async def close_with_bytes_unread_is_a_reset(client: Side, server: Side) -> None:
    server.transport.pause_reading()
    client.transport.write(b"never read")
    await asyncio.sleep(SOON_SECONDS)
    server.transport.close()
    await both_lost(client, server)


@scenario
async def abort_with_bytes_unread_is_a_reset(client: Side, server: Side) -> None:
    server.transport.pause_reading()
    client.transport.write(b"never read")
    await asyncio.sleep(SOON_SECONDS)
    server.transport.abort()
    await both_lost(client, server)


@scenario
async def abort_of_an_idle_connection_is_an_ordinary_end(client: Side, server: Side) -> None:
    server.transport.abort()
    await both_lost(client, server)


@scenario
async def abort_after_write_delivers_what_the_network_has(client: Side, server: Side) -> None:
    server.transport.write(b"last words")
    server.transport.abort()
    await both_lost(client, server)


@scenario
async def linger_zero_is_a_reset(client: Side, server: Side) -> None:
    linger_zero(server.transport)
    server.transport.close()
    await both_lost(client, server)


@scenario
async def bytes_before_a_reset_are_read(client: Side, server: Side) -> None:
    client.transport.pause_reading()
    server.transport.write(b"ERR packet")
    await asyncio.sleep(SOON_SECONDS)
    linger_zero(server.transport)
    server.transport.close()
    await asyncio.sleep(SOON_SECONDS)
    client.transport.resume_reading()
    await both_lost(client, server)


@scenario
async def write_to_a_closed_peer_is_answered_with_a_reset(client: Side, server: Side) -> None:
    client.keep_open = True
    server.transport.close()
    await client.eof
    client.transport.write(b"anybody there?")
    await asyncio.sleep(SOON_SECONDS)
    client.transport.write(b"nobody")
    await both_lost(client, server)


@scenario
async def eof_to_a_closed_peer_is_nothing(client: Side, server: Side) -> None:
    client.keep_open = True
    server.transport.close()
    await client.eof
    client.transport.write_eof()
    await asyncio.sleep(SOON_SECONDS)
    client.transport.pause_reading()
    client.transport.resume_reading()
    client.log.append(("closing", client.transport.is_closing()))
    client.transport.close()
    await both_lost(client, server)


@scenario
async def abort_with_a_full_buffer(client: Side, server: Side) -> None:
    server.transport.pause_reading()
    client.transport.write(b"x" * 10_000_000)
    client.log.append(("buffered", client.transport.get_write_buffer_size() > 0))
    await asyncio.sleep(SOON_SECONDS)
    client.transport.abort()
    client.log.append(("buffered", client.transport.get_write_buffer_size() > 0))
    server.transport.resume_reading()
    await both_lost(client, server)
    server.received.clear()  # how much the kernel had taken is its own affair


@scenario
async def write_on_its_way_to_a_peer_that_closes(client: Side, server: Side) -> None:
    client.transport.pause_reading()  # the end of the stream is there and not read
    server.transport.close()
    await server.lost
    await asyncio.sleep(SOON_SECONDS)
    client.transport.write(b"one")
    await asyncio.sleep(SOON_SECONDS)
    client.transport.resume_reading()
    await both_lost(client, server)


@scenario
async def paused_reader_misses_nothing(client: Side, server: Side) -> None:
    client.transport.pause_reading()
    server.transport.write(b"one ")
    server.transport.write(b"two")
    server.transport.close()
    await asyncio.sleep(SOON_SECONDS)
    client.transport.resume_reading()
    await both_lost(client, server)


@scenario
async def both_close_at_once(client: Side, server: Side) -> None:
    client.transport.close()
    server.transport.close()
    await both_lost(client, server)


@scenario
async def a_megabyte_and_close(client: Side, server: Side) -> None:
    server.transport.write(bytes(range(256)) * 4096)
    server.transport.close()
    await both_lost(client, server)


@scenario
async def a_megabyte_each_way(client: Side, server: Side) -> None:
    client.transport.write(b"c" * 1_000_000)
    server.transport.write(b"s" * 1_000_000)
    await client.bytes_received(1_000_000)
    await server.bytes_received(1_000_000)
    client.transport.close()
    await both_lost(client, server)


@scenario
async def a_megabyte_to_a_reader_who_pauses(client: Side, server: Side) -> None:
    client.transport.pause_reading()
    server.transport.write(b"x" * 1_000_000)
    server.transport.write_eof()
    await asyncio.sleep(SOON_SECONDS)
    client.transport.resume_reading()
    await both_lost(client, server)


@scenario
async def writelines_then_eof(client: Side, server: Side) -> None:
    client.transport.writelines([b"a", bytearray(b"b"), memoryview(b"c")])
    client.transport.write_eof()
    client.transport.write_eof()
    await both_lost(client, server)


@scenario
async def write_after_eof_is_refused(client: Side, server: Side) -> None:
    client.transport.write_eof()
    try:
        client.transport.write(b"too late")
    except RuntimeError as error:
        client.log.append(str(error))
    await both_lost(client, server)


@scenario
async def write_after_close_is_ignored(client: Side, server: Side) -> None:
    client.transport.close()
    client.log.append(("closing", client.transport.is_closing(), client.transport.is_reading()))
    client.transport.write(b"too late")
    client.transport.close()
    client.transport.abort()
    await both_lost(client, server)


@scenario
async def not_bytes_are_refused(client: Side, server: Side) -> None:
    try:
        client.transport.write(cast("bytes", "text"))
    except TypeError:
        client.log.append("TypeError")
    client.transport.write(b"")
    client.transport.close()
    await both_lost(client, server)


@scenario
async def a_reset_while_reading_is_paused_is_heard_on_resuming(client: Side, server: Side) -> None:
    client.transport.pause_reading()
    linger_zero(server.transport)
    server.transport.abort()
    await server.lost
    await asyncio.sleep(SOON_SECONDS)
    client.log.append(("closing", client.transport.is_closing()))
    client.transport.resume_reading()
    await both_lost(client, server)


@scenario
async def a_reset_while_reading_is_paused_is_heard_on_writing(client: Side, server: Side) -> None:
    client.transport.pause_reading()
    linger_zero(server.transport)
    server.transport.abort()
    await server.lost
    await asyncio.sleep(SOON_SECONDS)
    client.transport.write(b"x")
    await both_lost(client, server)


@scenario
async def shutdown_of_the_socket_ends_the_stream(client: Side, server: Side) -> None:
    server.keep_open = True
    client.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
    await server.eof
    server.transport.write(b"heard")
    await client.bytes_received(5)
    server.transport.close()
    await both_lost(client, server)


@scenario
async def a_duplicate_keeps_the_connection(client: Side, server: Side) -> None:
    duplicate = client.transport.get_extra_info("socket").dup()
    client.transport.close()
    await client.lost
    server.transport.write(b"still there?")
    await asyncio.sleep(SOON_SECONDS)
    server.log.append(("closing", server.transport.is_closing()))
    loop = asyncio.get_running_loop()
    second = type(client)()
    await loop.create_connection(lambda: cast("asyncio.Protocol", second), sock=duplicate)
    second.transport.write(b"still here")
    await second.bytes_received(12)
    await server.bytes_received(10)
    second.transport.close()
    await server.lost
    client.log.extend(second.log)


async def play(one: Scenario, kind: type[Side]) -> tuple[object, ...]:
    """Play a scenario between two sides of a kind, and answer with what they were told."""
    loop = asyncio.get_running_loop()
    server_side = kind()
    client_side = kind()
    server = await loop.create_server(lambda: cast("asyncio.Protocol", server_side), "127.0.0.1", 0)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            port = server.sockets[0].getsockname()[1]
            await loop.create_connection(lambda: cast("asyncio.Protocol", client_side), "127.0.0.1", port)
            await server_side.made
            await one(client_side, server_side)
    finally:
        server.close()
        await server.wait_closed()
    return client_side.log, bytes(client_side.received), server_side.log, bytes(server_side.received)


@pytest.mark.skipif(sys.platform != "linux", reason="the odd corners of TCP differ between systems; Linux is followed")
@pytest.mark.parametrize("kind", [StreamingSide, BufferedSide])
@pytest.mark.parametrize("name", SCENARIOS)
def test_protocols_see_what_they_see_over_tcp(name: str, kind: type[Side]) -> None:
    """Protocols are called back in the same order, with the same bytes and errors, as over real TCP."""
    real = asyncio.run(play(SCENARIOS[name], kind))
    for seed, network in enumerate([Network.instant(), Network(), Network(split=0.5, segment_bytes=5000)]):
        with Simulation(seed, network) as sim:
            simulated = sim.run(play(SCENARIOS[name], kind))
            assert simulated == real, f"{network}\n{sim.timeline.text(50)}"
            assert not sim.network.links
