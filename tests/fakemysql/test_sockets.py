"""The fake's own transports over real sockets: what asyncio promises of a transport, and no more turns than needed."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import struct
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from fakemysql import FakeServer, sockets
from fakemysql.simulation import Simulation
from fakemysql.sockets import Listener, PlainTransport, listen_on_path, listen_on_port, serves

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

HOST = "127.0.0.1"
# More than a loopback connection holds on its way.
LARGE = bytes(range(256)) * 40_000
RST_AT_CLOSE = struct.pack("ii", 1, 0)


class Told(asyncio.BufferedProtocol):
    """Keeps what it is told; greeting is said at once."""

    def __init__(self, greeting: bytes = b"", *, keeps_open: bool = False) -> None:
        self.greeting = greeting
        self.keeps_open = keeps_open
        self.transport: PlainTransport
        self.received = bytearray()
        self.told: list[str] = []
        self.lost: list[Exception | None] = []
        self.buffer = bytearray(1000)
        self.changed = asyncio.Event()

    def note(self, what: str) -> None:
        self.told.append(what)
        self.changed.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, PlainTransport)
        self.transport = transport
        self.note("made")
        if self.greeting:
            transport.write(self.greeting)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self.buffer[:nbytes]
        self.changed.set()

    def eof_received(self) -> bool:
        self.note("eof")
        return self.keeps_open

    def pause_writing(self) -> None:
        self.note("pause")

    def resume_writing(self) -> None:
        self.note("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)
        self.note("lost")

    async def until(self, condition: Callable[[Told], object]) -> None:
        async with asyncio.timeout(20):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


class Place:
    """A listener, its protocols and plain clients of it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.made: list[Told] = []
        self.make: Callable[[], Told] = Told
        self.listener = listen_on_port(self.loop, self.protocol, HOST, 0, 100)
        self.clients: list[socket.socket] = []
        self.complaints: list[dict[str, Any]] = []
        self.changed = asyncio.Event()
        self.loop.set_exception_handler(self.complain)

    def protocol(self) -> Told:
        self.made.append(self.make())
        self.changed.set()
        return self.made[-1]

    def complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.append(context)
        self.changed.set()

    async def until(self, condition: Callable[[Place], object]) -> None:
        async with asyncio.timeout(20):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()

    async def dial(self) -> socket.socket:
        client = socket.socket()
        self.clients.append(client)
        client.setblocking(False)
        await self.loop.sock_connect(client, self.listener.sockets[0].getsockname())
        return client

    async def pair(self, make: Callable[[], Told] = Told) -> tuple[socket.socket, Told]:
        """A client, and the protocol that serves it."""
        self.make = make
        count = len(self.made)
        client = await self.dial()
        await self.until(lambda place: len(place.made) > count)
        return client, self.made[-1]

    async def read(self, client: socket.socket, count: int | None = None) -> bytes:
        """So many bytes, or all to the end."""
        data = bytearray()
        async with asyncio.timeout(20):
            while count is None or len(data) < count:
                piece = await self.loop.sock_recv(client, 1 << 16)
                if not piece:
                    break
                data += piece
        return bytes(data)

    async def close(self) -> None:
        self.listener.close()
        for client in self.clients:
            client.close()
        for each in self.made:
            if each.told:
                each.transport.abort()
                await each.until(lambda each: each.lost)


def open_descriptors() -> int:
    """How many there are; 0 where nobody can tell."""
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    before = open_descriptors()
    made = Place()
    try:
        yield made
    finally:
        await made.close()
    for each in made.made:
        assert len(each.lost) == each.told.count("made"), "connection_lost comes exactly once"
    assert open_descriptors() == before, "no descriptor is left"


# ----------------------------------------------------------------------------------------------------------- beginning


async def test_a_client_is_greeted_in_the_turn_in_which_it_is_accepted(place: Place) -> None:
    """From the connect to the greeting the loop goes round once for each, and nothing waits for another turn."""
    place.make = lambda: Told(b"hello")
    client = socket.create_connection(place.listener.sockets[0].getsockname())
    place.clients.append(client)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    client.setblocking(False)
    assert client.recv(100) == b"hello"


async def test_what_is_sent_arrives_both_ways_without_delay(place: Place) -> None:
    client, served = await place.pair(lambda: Told(b"hello"))
    assert await place.read(client, 5) == b"hello"
    client.send(b"one")
    await served.until(lambda told: told.received == b"one")
    served.transport.write(b"")
    served.transport.writelines([b"two", b"three"])
    assert await place.read(client, 8) == b"twothree"
    sock = served.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert served.transport.get_extra_info("peername") == client.getsockname()
    assert served.transport.get_extra_info("sockname") == client.getpeername()
    assert served.transport.get_extra_info("cipher", "none") == "none"
    assert served.transport.get_protocol() is served


async def test_where_options_are_not_inherited_each_connection_sets_its_own(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_INHERITS", False)
    listener = listen_on_port(place.loop, place.protocol, HOST, 0, 10)
    place.clients.append(socket.create_connection(listener.sockets[0].getsockname()))
    await place.until(lambda place: place.made)
    sock = place.made[0].transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    listener.close()


async def test_a_crowd_that_comes_at_once_is_let_in_soon(place: Place) -> None:
    address = place.listener.sockets[0].getsockname()
    place.clients += [socket.create_connection(address) for _ in range(80)]
    turns = 0
    while len(place.made) < 80:
        await asyncio.sleep(0)
        turns += 1
    assert turns < 40, "the more are there, the more are let in at once"


async def test_the_protocol_of_a_transport_can_be_exchanged(place: Place) -> None:
    client, served = await place.pair()
    other = Told()
    other.connection_made(served.transport)
    served.transport.set_protocol(other)
    client.send(b"x")
    await other.until(lambda told: told.received == b"x")
    with pytest.raises(TypeError, match="reads into a protocol's own buffer"):
        served.transport.set_protocol(asyncio.Protocol())
    served.transport.set_protocol(served)


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_protocol_may_end_the_connection_as_it_begins(place: Place, how: str) -> None:
    class Brief(Told):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            getattr(transport, how)()
            assert not self.lost, "not from within a call of its own"
            assert not self.transport.is_reading()

    client, served = await place.pair(Brief)
    await served.until(lambda told: told.lost)
    assert await place.read(client) == b""
    assert served.lost == [None]
    assert repr(served.transport) == "<PlainTransport, closed>"


async def test_a_protocol_that_fails_at_the_beginning_is_reported_and_others_are_served(place: Place) -> None:
    class Failing(Told):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            raise ZeroDivisionError

    client, served = await place.pair(Failing)
    assert await place.read(client) == b""
    await served.until(lambda told: told.lost)
    assert [type(each["exception"]) for each in place.complaints] == [ZeroDivisionError]
    client, served = await place.pair()
    client.send(b"x")
    await served.until(lambda told: told.received)


# ------------------------------------------------------------------------------------------------------------- reading


async def test_reading_pauses_and_goes_on(place: Place) -> None:
    client, served = await place.pair()
    transport = served.transport
    assert transport.is_reading()
    transport.pause_reading()
    transport.pause_reading()
    client.send(b"later")
    for _ in range(10):
        await asyncio.sleep(0)
    assert not served.received
    assert not transport.is_reading()
    transport.resume_reading()
    transport.resume_reading()
    await served.until(lambda told: told.received == b"later")


async def test_after_an_end_that_was_noticed_nothing_is_read_and_writing_goes_on(place: Place) -> None:
    client, served = await place.pair(lambda: Told(keeps_open=True))
    client.shutdown(socket.SHUT_WR)
    await served.until(lambda told: "eof" in told.told)
    served.transport.pause_reading()
    served.transport.resume_reading()
    served.transport.write(b"still here")
    assert await place.read(client, 10) == b"still here"
    served.transport.close()
    await served.until(lambda told: told.lost)
    assert served.told == ["made", "eof", "lost"]


async def test_an_end_closes_unless_the_protocol_says_otherwise(place: Place) -> None:
    client, served = await place.pair()
    client.shutdown(socket.SHUT_WR)
    await served.until(lambda told: told.lost)
    assert served.told == ["made", "eof", "lost"]
    assert served.lost == [None]


async def test_a_peer_that_breaks_off_is_told_as_an_error(place: Place) -> None:
    client, served = await place.pair()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_AT_CLOSE)
    client.close()
    await served.until(lambda told: told.lost)
    assert isinstance(served.lost[0], ConnectionResetError)
    assert not place.complaints
    served.transport.write(b"into the void")
    served.transport.write_eof()
    served.transport.abort()
    assert served.transport.get_extra_info("socket") is None


@pytest.mark.parametrize("method", ["buffer_updated", "eof_received"])
async def test_a_protocol_that_fails_while_it_is_told_is_reported_and_ended(place: Place, method: str) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    client, served = await place.pair()
    setattr(served, method, fail)
    client.send(b"x")
    client.shutdown(socket.SHUT_WR)
    await served.until(lambda told: told.lost)
    assert [type(each["exception"]) for each in place.complaints] == [ZeroDivisionError]
    assert isinstance(served.lost[0], ZeroDivisionError)


# ------------------------------------------------------------------------------------------------------------- writing


async def test_what_the_socket_does_not_take_at_once_is_kept_and_sent_in_order(place: Place) -> None:
    client, served = await place.pair()
    transport = served.transport
    transport.write(LARGE)
    transport.write(b"the end")
    assert transport.get_write_buffer_size() > 0
    assert served.told == ["made", "pause"]
    assert "to write" in repr(transport)
    assert await place.read(client, len(LARGE) + 7) == LARGE + b"the end"
    await served.until(lambda told: "resume" in told.told)
    assert transport.get_write_buffer_size() == 0
    assert served.told == ["made", "pause", "resume"]
    transport.write(b"again")
    assert await place.read(client, 5) == b"again"


async def test_a_protocol_writes_on_when_it_is_told_to(place: Place) -> None:
    class Eager(Told):
        def resume_writing(self) -> None:
            super().resume_writing()
            if self.told.count("resume") < 3:
                self.transport.write(LARGE)

    client, served = await place.pair(Eager)
    served.transport.write(LARGE)
    assert await place.read(client, 3 * len(LARGE)) == 3 * LARGE
    assert served.told == ["made", "pause", "resume", "pause", "resume", "pause", "resume"]


async def test_the_marks_can_be_set(place: Place) -> None:
    _, served = await place.pair()
    transport = served.transport
    assert transport.get_write_buffer_limits() == (1 << 14, 1 << 16)
    transport.set_write_buffer_limits(high=1000)
    assert transport.get_write_buffer_limits() == (250, 1000)
    transport.set_write_buffer_limits(low=1000)
    assert transport.get_write_buffer_limits() == (1000, 4000)
    transport.set_write_buffer_limits()
    assert transport.get_write_buffer_limits() == (1 << 14, 1 << 16)
    with pytest.raises(ValueError, match="low=5, high=4"):
        transport.set_write_buffer_limits(4, 5)
    transport.set_write_buffer_limits(high=1 << 30)
    transport.write(LARGE)
    assert served.told == ["made"], "nothing is above the mark"


@pytest.mark.parametrize("size", [5, len(LARGE)])
async def test_our_direction_ends_behind_what_was_written(place: Place, size: int) -> None:
    client, served = await place.pair(lambda: Told(keeps_open=True))
    transport = served.transport
    assert transport.can_write_eof()
    transport.write(LARGE[:size])
    transport.write_eof()
    transport.write_eof()
    with pytest.raises(RuntimeError, match="after write_eof"):
        transport.write(b"more")
    assert await place.read(client) == LARGE[:size]
    client.send(b"I hear")
    await served.until(lambda told: told.received == b"I hear")


async def test_a_write_that_fails_loses_the_connection(place: Place) -> None:
    client, served = await place.pair(lambda: Told(keeps_open=True))
    transport = served.transport
    transport.pause_reading()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_AT_CLOSE)
    client.close()
    transport.write(b"x")
    assert not served.lost, "not from within a call of the protocol's own"
    await served.until(lambda told: told.lost)
    assert isinstance(served.lost[0], ConnectionError)
    assert transport.is_closing()


async def test_what_is_kept_is_given_up_when_the_connection_breaks(place: Place) -> None:
    client, served = await place.pair()
    served.transport.pause_reading()
    served.transport.write(LARGE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_AT_CLOSE)
    client.close()
    await served.until(lambda told: told.lost)
    assert isinstance(served.lost[0], ConnectionError)
    assert served.transport.get_write_buffer_size() == 0


@pytest.mark.parametrize("method", ["pause_writing", "resume_writing"])
async def test_a_protocol_that_fails_at_back_pressure_is_reported(place: Place, method: str) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    client, served = await place.pair()
    setattr(served, method, fail)
    served.transport.write(LARGE)
    assert await place.read(client, len(LARGE)) == LARGE
    await place.until(lambda place: place.complaints)
    [complaint] = place.complaints
    assert complaint["message"] == f"protocol.{method}() failed"


class Choked(socket.socket):
    """A socket that takes nothing for so many sends, and then fails with an error, if there is one."""

    refusals = 0
    error: OSError | None = None

    def send(self, data: Any, flags: int = 0) -> int:
        if self.refusals:
            self.refusals -= 1
            raise BlockingIOError
        if self.error is not None:
            raise self.error
        return super().send(data, flags)


@pytest.fixture
def choked() -> Iterator[tuple[Choked, socket.socket]]:
    ours, theirs = socket.socketpair()
    sock = Choked(fileno=ours.detach())
    for each in (sock, theirs):
        each.setblocking(False)
    yield sock, theirs
    theirs.close()


async def test_a_socket_that_takes_nothing_is_asked_again(place: Place, choked: tuple[Choked, socket.socket]) -> None:
    sock, client = choked
    sock.refusals = 2
    served = place.protocol()
    transport = PlainTransport(place.loop, sock, "", lambda: None)
    transport.begin(served)
    transport.write(b"again")
    assert transport.get_write_buffer_size() == 5
    assert await place.read(client, 5) == b"again"
    assert not sock.refusals


async def test_a_socket_that_fails_later_loses_the_connection(
    place: Place, choked: tuple[Choked, socket.socket]
) -> None:
    sock, _client = choked
    sock.refusals = 1
    sock.error = BrokenPipeError()
    served = place.protocol()
    transport = PlainTransport(place.loop, sock, "", lambda: None)
    transport.begin(served)
    transport.write(b"again")
    await served.until(lambda told: told.lost)
    assert served.lost == [sock.error]


# -------------------------------------------------------------------------------------------------------------- ending


async def test_closing_sends_what_is_kept_first(place: Place) -> None:
    client, served = await place.pair()
    transport = served.transport
    transport.write(LARGE)
    transport.close()
    transport.close()
    await asyncio.sleep(0)
    assert transport.is_closing()
    assert not transport.is_reading()
    assert not served.lost
    assert await place.read(client) == LARGE
    await served.until(lambda told: told.lost)
    assert served.lost == [None]


@pytest.mark.parametrize("closes_first", [False, True])
async def test_aborting_sends_nothing_more(place: Place, closes_first: bool) -> None:
    client, served = await place.pair()
    transport = served.transport
    transport.write(LARGE)
    if closes_first:
        transport.close()
    transport.abort()
    transport.abort()
    transport.write(b"nothing")
    transport.resume_reading()
    assert not served.lost, "not from within a call of the protocol's own"
    assert transport.get_write_buffer_size() == 0
    await served.until(lambda told: told.lost)
    assert len(await place.read(client)) < len(LARGE)
    assert served.lost == [None]


async def test_aborting_when_told_to_write_on(place: Place) -> None:
    class Weary(Told):
        def resume_writing(self) -> None:
            super().resume_writing()
            self.transport.abort()

    client, served = await place.pair(Weary)
    served.transport.write(LARGE)
    await place.read(client)
    await served.until(lambda told: told.lost)
    assert served.lost == [None]


async def test_callbacks_that_were_due_as_it_ended_do_nothing(place: Place) -> None:
    """Both ends become ready in one turn, and the first callback ends what the second is about."""
    _client, served = await place.pair()
    served.transport.write(LARGE)
    served.transport.abort()
    served.transport._read()
    served.transport._write_on()
    await served.until(lambda told: told.lost)
    served.transport._read()
    served.transport._write_on()
    assert served.told == ["made", "pause", "lost"]


async def test_a_readiness_without_bytes_is_passed_over(place: Place) -> None:
    client, served = await place.pair()
    served.transport._read()
    assert served.told == ["made"]
    client.send(b"x")
    await served.until(lambda told: told.received)


async def test_a_connection_that_has_ended_leaves_the_garbage_collector_nothing(place: Place) -> None:
    client, served = await place.pair()
    there = weakref.ref(served)
    client.close()
    await served.until(lambda told: told.lost)
    gc.disable()
    try:
        place.made.clear()
        del served
        await asyncio.sleep(0)
        assert there() is None
    finally:
        gc.enable()


async def test_a_transport_that_is_dropped_says_so_and_closes_its_socket() -> None:
    ours, theirs = socket.socketpair()
    transport = PlainTransport(asyncio.get_running_loop(), ours, "", lambda: None)
    assert "paused" in repr(transport)
    dropped = [transport]
    del transport
    with pytest.warns(ResourceWarning, match="unclosed transport <PlainTransport"):
        dropped.clear()
    assert theirs.recv(1) == b""
    theirs.close()


# ----------------------------------------------------------------------------------------------------------- listening


class Lacking(socket.socket):
    """A listening socket whose process has no descriptor left, for so many accepts."""

    error = errno.EMFILE
    lacks = 1

    def accept(self) -> tuple[socket.socket, Any]:
        if self.lacks:
            self.lacks -= 1
            raise OSError(self.error, os.strerror(self.error))
        return super().accept()


@pytest.fixture
def lacking() -> Iterator[Lacking]:
    sock = Lacking()
    sock.bind((HOST, 0))
    yield sock
    sock.close()


async def test_without_descriptors_it_complains_looks_away_and_looks_again(
    place: Place, lacking: Lacking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "RETRY_SECONDS", 0.01)
    listener = Listener(place.loop, place.protocol, lacking, 10)
    client = socket.create_connection(listener.sockets[0].getsockname())
    place.clients.append(client)
    await place.until(lambda place: place.made)
    [complaint] = place.complaints
    assert "out of system resource" in complaint["message"]
    assert complaint["exception"].errno == errno.EMFILE
    listener.close()


async def test_it_can_be_closed_while_it_looks_away(place: Place, lacking: Lacking) -> None:
    assert sockets.RETRY_SECONDS == 1.0
    listener = Listener(place.loop, place.protocol, lacking, 10)
    place.clients.append(socket.create_connection(listener.sockets[0].getsockname()))
    await place.until(lambda place: place.complaints)
    assert not lacking.lacks
    for _ in range(5):
        await asyncio.sleep(0)
    listener.close()
    listener.close()
    assert not place.made
    assert listener.sockets == ()
    assert not listener.is_serving()
    await listener.wait_closed()


async def test_another_error_of_accept_is_the_loops_to_report(place: Place, lacking: Lacking) -> None:
    lacking.error = errno.EPERM
    listener = Listener(place.loop, place.protocol, lacking, 10)
    assert listener.is_serving()
    place.clients.append(socket.create_connection(listener.sockets[0].getsockname()))
    await place.until(lambda place: place.made)
    assert isinstance(place.complaints[0]["exception"], PermissionError)
    listener.close()


async def test_a_client_that_gave_up_before_it_was_accepted_is_passed_over(place: Place, lacking: Lacking) -> None:
    lacking.error = errno.ECONNABORTED
    listener = Listener(place.loop, place.protocol, lacking, 10)
    place.clients.append(socket.create_connection(listener.sockets[0].getsockname()))
    await place.until(lambda place: place.made)
    assert not place.complaints
    listener.close()


async def test_who_closes_the_listener_while_it_accepts_is_the_last(place: Place) -> None:
    for _ in range(8):
        await place.pair()

    def close() -> Told:
        place.listener.close()
        return Told()

    place.make = close
    address = place.listener.sockets[0].getsockname()
    place.clients += [socket.create_connection(address) for _ in range(2)]
    await place.until(lambda place: not place.listener.is_serving())
    assert len(place.made) == 9


async def test_an_address_that_is_taken_is_named(place: Place, tmp_path: Path) -> None:
    port = place.listener.sockets[0].getsockname()[1]
    with pytest.raises(OSError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: .*in use") as caught:
        listen_on_port(place.loop, Told, HOST, port, 10)
    assert caught.value.errno == errno.EADDRINUSE
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match=r"cannot listen on .*file"):
        listen_on_path(place.loop, Told, str(file), 10)
    assert file.exists(), "only a socket is taken away"


async def test_a_socket_that_was_left_behind_is_taken_away(place: Place, tmp_path: Path) -> None:
    path = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    listener = listen_on_path(place.loop, place.protocol, path, 10)
    place.make = lambda: Told(b"hello")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.setblocking(False)
        assert await place.read(client, 5) == b"hello"
    assert place.made[-1].transport.get_extra_info("peername") == ""
    listener.close()


async def test_over_ipv6(place: Place) -> None:
    try:
        listener = listen_on_port(place.loop, place.protocol, "::1", 0, 10)
    except OSError as error:  # pragma: no cover - a machine without
        pytest.skip(f"no IPv6 here: {error}")
    place.make = lambda: Told(b"hello")
    with socket.create_connection(listener.sockets[0].getsockname()[:2]) as client:
        client.setblocking(False)
        assert await place.read(client, 5) == b"hello"
    listener.close()


# ---------------------------------------------------------------------------------------------------- who is served so


async def test_a_server_on_asyncios_own_loop_is_served_so() -> None:
    assert serves(asyncio.get_running_loop())
    async with FakeServer() as server:
        assert [type(each) for each in server._listeners] == [Listener]


def test_a_simulated_loop_keeps_its_own_listeners() -> None:
    async def main() -> None:
        assert not serves(asyncio.get_running_loop())
        async with FakeServer() as server:
            assert Listener not in map(type, server._listeners)

    with Simulation() as sim:
        sim.run(main())
