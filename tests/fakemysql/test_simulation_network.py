"""The simulated network: addresses, servers, order, back-pressure, chance, faults, and the timeline."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import itertools
import logging
import socket
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.simulation import DeadlockError, Network, NotSimulated, Simulation, running_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

HOST, PORT = "127.0.0.1", 3306


class Collector(asyncio.Protocol):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.events: list[object] = []
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(error)

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


async def pair(host: str = HOST, port: int = PORT) -> tuple[Collector, Collector]:
    """Answer with the protocols of a client and a server, connected to each other."""
    loop = asyncio.get_running_loop()
    accepted: asyncio.Future[Collector] = loop.create_future()

    def accept() -> Collector:
        accepted.set_result(Collector())
        return accepted.result()

    server = await loop.create_server(accept, host, port)
    _, client = await loop.create_connection(Collector, host, port)
    other = await accepted
    await asyncio.sleep(0)
    server.close()
    return client, other


def simulated(
    network: Network | None = None, seed: int = 0
) -> Callable[[Callable[[], Coroutine[Any, Any, Any]]], None]:
    """Run a coroutine function in a simulation of its own."""

    def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        with Simulation(seed, network) as sim:
            sim.run(main())

    return run


# Addresses.


@pytest.mark.parametrize(
    ("listen", "dial"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("::1", "::1"),
        ("::1", "localhost"),
        ("localhost", "::1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "::1"),
        (None, "127.0.0.1"),
        ("", "::1"),
        ("10.1.2.3", "10.1.2.3"),
        (["127.0.0.1", "10.1.2.3"], "10.1.2.3"),
        ("db.test", "db.test"),
        ("db.test", "10.9.9.9"),
    ],
)
def test_who_listens_is_found(listen: Any, dial: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Collector, listen, PORT)
        transport, _ = await loop.create_connection(Collector, dial, PORT)
        assert transport.get_extra_info("peername")[1] == PORT

    simulated(Network(hosts={"db.test": ["10.9.9.9"]}))(main)


@pytest.mark.parametrize(("listen", "dial"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1"), ("0.0.0.0", "::1")])
def test_nobody_listens_there(listen: str, dial: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Collector, listen, PORT)
        with pytest.raises(ConnectionRefusedError) as caught:
            await loop.create_connection(Collector, dial, PORT)
        assert caught.value.errno == errno.ECONNREFUSED
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Collector, listen, PORT + 1)

    simulated()(main)


def test_a_host_with_several_addresses_is_tried_in_order() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(OSError, match=r"Multiple exceptions: .*10\.0\.0\.1.*10\.0\.0\.2"):
            await loop.create_connection(Collector, "db.test", PORT)
        with pytest.raises(ExceptionGroup) as caught:
            await cast("Any", loop).create_connection(Collector, "db.test", PORT, all_errors=True)
        assert [type(error) for error in caught.value.exceptions] == [ConnectionRefusedError] * 2
        await loop.create_server(Collector, "10.0.0.2", PORT)
        transport, _ = await loop.create_connection(Collector, "db.test", PORT)
        assert transport.get_extra_info("peername") == ("10.0.0.2", PORT)

    simulated(Network(hosts={"db.test": ("10.0.0.1", "10.0.0.2")}))(main)


def test_addresses_have_their_families_shape() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        four = await loop.create_server(Collector, HOST, 0)
        six = await loop.create_server(Collector, "::1", 0)
        listening = [s.getsockname() for s in (*four.sockets, *six.sockets)]
        assert listening == [(HOST, 49_152), ("::1", 49_153, 0, 0)]
        transport, _ = await loop.create_connection(Collector, "::1", six.sockets[0].getsockname()[1])
        assert transport.get_extra_info("sockname") == ("::1", 32_768, 0, 0)
        transport, _ = await loop.create_connection(Collector, HOST, 49_152, local_addr=(HOST, 1234))
        assert transport.get_extra_info("sockname") == (HOST, 1234)
        transport, _ = await loop.create_connection(Collector, HOST, 49_152, local_addr=("localhost", 0))
        assert transport.get_extra_info("sockname")[0] == HOST
        assert transport.get_extra_info("sockname")[1] != 0
        assert {s.family for s in (*four.sockets, *six.sockets)} == {socket.AF_INET, socket.AF_INET6}

    simulated()(main)


def test_ports_are_the_same_in_every_run_and_never_given_twice() -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        await loop.create_server(Collector, HOST, 49_153)
        servers = [await loop.create_server(Collector, HOST, 0) for _ in range(3)]
        servers[0].close()
        servers.append(await loop.create_server(Collector, HOST, 0))
        return [server.sockets[0].getsockname()[1] for server in servers[1:]]

    for seed in range(3):
        with Simulation(seed) as sim:
            assert sim.run(main()) == [49_154, 49_155, 49_156]


def test_an_address_is_bound_once_or_not_at_all() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(Collector, HOST, PORT)
        with pytest.raises(OSError, match="in use") as caught:
            await loop.create_server(Collector, ["10.0.0.1", HOST], PORT)
        assert caught.value.errno == errno.EADDRINUSE
        await loop.create_server(Collector, "10.0.0.1", PORT)
        first.close()
        await loop.create_server(Collector, HOST, PORT)

    simulated()(main)


def test_ports_can_run_out() -> None:
    async def main() -> None:
        network = running_loop().network
        for _ in range(49_152, 65_536):
            network.bind((HOST, 0))
        with pytest.raises(OSError, match="every port"):
            network.bind((HOST, 0))
        for _ in range(49_152 - 32_768):
            network.dialling_address((HOST, PORT))
        assert network.dialling_address((HOST, PORT)) == (HOST, 32_768)

    simulated()(main)


def test_names_are_looked_up_in_memory() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        stream = socket.SOCK_STREAM
        assert await loop.getaddrinfo("localhost", 80) == [
            (socket.AF_INET, stream, 0, "", (HOST, 80)),
            (socket.AF_INET6, stream, 0, "", ("::1", 80, 0, 0)),
        ]
        assert [info[4] for info in await loop.getaddrinfo(b"localhost", "80", family=socket.AF_INET)] == [(HOST, 80)]
        assert (await loop.getaddrinfo(HOST, None, type=socket.SOCK_DGRAM))[0][1] == socket.SOCK_DGRAM
        assert await loop.getnameinfo((HOST, 80)) == (HOST, "80")
        with pytest.raises(socket.gaierror, match=r"Network\(hosts=") as caught:
            await loop.getaddrinfo("nowhere.test", 80)
        assert caught.value.errno == socket.EAI_NONAME
        with pytest.raises(socket.gaierror) as caught:
            await loop.getaddrinfo(HOST, 80, family=socket.AF_INET6)
        assert caught.value.errno == socket.EAI_FAMILY
        with pytest.raises(socket.gaierror) as caught:
            await loop.getaddrinfo(HOST, "mysql")
        assert caught.value.errno == socket.EAI_SERVICE
        with pytest.raises(OverflowError, match="0-65535"):
            await loop.create_connection(Collector, HOST, 65_536)
        with pytest.raises(socket.gaierror):
            await loop.create_server(Collector, "nowhere.test", 80)

    simulated()(main)


def test_unix_sockets(tmp_path: Path) -> None:
    """A path is an address like any other; no file is made; what a closed server leaves behind follows the Python."""
    path = tmp_path / "mysql.sock"

    async def main() -> None:
        loop = running_loop()
        with pytest.raises(FileNotFoundError):
            await loop.create_unix_connection(Collector, path)
        server = await loop.create_unix_server(Collector, path)
        transport, _ = await loop.create_unix_connection(Collector, str(path))
        assert transport.get_extra_info("peername") == str(path)
        assert transport.get_extra_info("sockname") == ""
        assert transport.get_extra_info("socket").family == socket.AF_UNIX
        assert "(unnamed) > " in repr(transport)
        second, _ = await loop.create_unix_connection(Collector, sock=transport.get_extra_info("socket").dup())
        second.close()
        server.close()
        with pytest.raises(FileNotFoundError if sys.version_info >= (3, 13) else ConnectionRefusedError):
            await loop.create_unix_connection(Collector, bytes(path))
        await loop.create_unix_server(Collector, path)
        await loop.create_unix_connection(Collector, path)

    simulated()(main)
    assert not path.exists()


def test_a_family_can_be_asked_for() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Collector, None, PORT, family=socket.AF_INET)
        assert [sock.getsockname() for sock in server.sockets] == [("0.0.0.0", PORT)]
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Collector, "localhost", PORT, family=socket.AF_INET6)

    simulated()(main)


def test_a_call_that_makes_no_sense_is_refused_as_asyncio_refuses_it() -> None:
    async def main() -> None:
        loop = cast("Any", asyncio.get_running_loop())
        with pytest.raises(ValueError, match="host and port was not specified"):
            await loop.create_connection(Collector)
        with pytest.raises(ValueError, match="can not be specified at the same time"):
            await loop.create_connection(Collector, HOST, PORT, sock=object())
        with pytest.raises(ValueError, match="only meaningful with ssl"):
            await loop.create_connection(Collector, HOST, PORT, server_hostname="x")
        with pytest.raises(ValueError, match="only meaningful with ssl"):
            await loop.create_connection(Collector, HOST, PORT, ssl_handshake_timeout=1)
        with pytest.raises(ValueError, match="You must set server_hostname"):
            await loop.create_unix_connection(Collector, "/x", ssl=True)
        with pytest.raises(ValueError, match="either path or sock"):
            await loop.create_unix_connection(Collector)
        with pytest.raises(ValueError, match="Neither host/port nor sock"):
            await loop.create_server(Collector)
        with pytest.raises(TypeError, match="SSLContext or None"):
            await loop.create_server(Collector, HOST, PORT, ssl=True)
        with socket.socket() as real:
            for call in (loop.create_connection, loop.create_server, loop.create_unix_server):
                with pytest.raises(NotSimulated, match="a real socket"):
                    await call(Collector, sock=real)
        with pytest.raises(NotSimulated, match="happy_eyeballs_delay"):
            await loop.create_connection(Collector, HOST, PORT, happy_eyeballs_delay=0.25)

    simulated()(main)


# Servers.


def test_a_server_serves_when_it_is_told_to() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Collector, HOST, PORT, start_serving=False)
        assert not server.is_serving()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Collector, HOST, PORT)
        await server.start_serving()
        await server.start_serving()
        assert server.is_serving()
        assert server.get_loop() is loop
        assert "127.0.0.1" in repr(server)
        await loop.create_connection(Collector, HOST, PORT)
        server.close()
        server.close()
        assert server.sockets == ()
        assert not server.is_serving()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Collector, HOST, PORT)
        with pytest.raises(RuntimeError, match="is closed"):
            await server.start_serving()

    simulated()(main)


def test_serve_forever_ends_by_cancellation_or_close() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        for end in ("cancel", "close"):
            server = await loop.create_server(Collector, HOST, PORT)
            task = asyncio.create_task(server.serve_forever())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="already being awaited"):
                await server.serve_forever()
            if end == "cancel":
                task.cancel()
            else:
                server.close()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not server.is_serving()
            async with server:
                pass

    simulated()(main)


def test_wait_closed_waits_for_the_last_connection() -> None:
    """Except on 3.11, where asyncio's own returns at once when the server is closed."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Collector, HOST, PORT)
        impatient = asyncio.create_task(server.wait_closed())
        waiting = asyncio.create_task(server.wait_closed())
        transport, client = await loop.create_connection(Collector, HOST, PORT)
        await asyncio.sleep(1)
        server.close()
        await asyncio.sleep(1)
        assert not waiting.done()
        impatient.cancel()
        late = asyncio.create_task(server.wait_closed())
        await asyncio.sleep(0)
        assert late.done() == (sys.version_info < (3, 12))
        transport.close()
        await client.lost
        await waiting
        await late
        await server.wait_closed()

    simulated()(main)


@pytest.mark.parametrize("how", ["close_clients", "abort_clients"])
def test_a_servers_clients_are_closed_in_order(how: str) -> None:
    async def main() -> list[str]:
        loop = running_loop()
        server = await loop.create_server(Collector, HOST, PORT)
        clients = [(await loop.create_connection(Collector, HOST, PORT))[1] for _ in range(10)]
        await asyncio.sleep(1)
        getattr(server, how)()
        assert await asyncio.gather(*(client.lost for client in clients)) == [None] * 10
        closed = [event for event in loop.timeline if event.what == "closed" and event.who == "server"]
        assert [event.link for event in closed] == list(range(1, 11))
        return list(map(str, loop.timeline))

    with Simulation() as first, Simulation() as second:
        assert first.run(main()) == second.run(main())


def test_a_protocol_factory_that_fails_ends_one_connection_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        made = 0

        def factory() -> Collector:
            nonlocal made
            made += 1
            if made == 1:
                raise LookupError("no protocol today")
            return Collector()

        server = await loop.create_server(factory, HOST, PORT)
        _, first = await loop.create_connection(Collector, HOST, PORT)
        assert await first.lost is None
        _, second = await loop.create_connection(Collector, HOST, PORT)
        await asyncio.sleep(1)
        assert not second.lost.done()
        server.close()

    with caplog.at_level(logging.ERROR, "asyncio"):
        simulated()(main)
    assert "protocol factory failed" in caplog.text


def test_a_client_whose_factory_fails_leaves_no_connection() -> None:
    async def main() -> None:
        loop = running_loop()
        server_side: list[Collector] = []

        def accept() -> Collector:
            server_side.append(Collector())
            return server_side[0]

        def fail() -> Collector:
            raise LookupError("no protocol")

        await loop.create_server(accept, HOST, PORT)
        with pytest.raises(LookupError):
            await loop.create_connection(fail, HOST, PORT)
        await asyncio.sleep(1)
        assert await server_side[0].lost is None
        assert not loop.network.links

    simulated()(main)


def test_a_server_that_closes_before_it_accepts_resets() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Collector, HOST, PORT)
        _, client = await loop.create_connection(Collector, HOST, PORT)
        server.close()
        assert isinstance(await client.lost, ConnectionResetError)

    simulated(Network(latency=(0.1, 0.1)))(main)


# Cancellation of a connect.


def test_a_connect_can_be_cancelled_at_every_moment() -> None:
    """Nothing is left of it: the server sees no connection, or one that ends."""
    outcomes = set()
    for iterations, port in itertools.product(range(12), (PORT, PORT + 1)):
        accepted: list[Collector] = []

        async def main(iterations: int, port: int, accepted: list[Collector]) -> bool:
            loop = running_loop()

            def accept() -> Collector:
                accepted.append(Collector())
                return accepted[-1]

            await loop.create_server(accept, HOST, PORT)
            task = asyncio.create_task(loop.create_connection(Collector, HOST, port))
            for _ in range(iterations):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and task.exception() is None:
                task.result()[0].close()
            await asyncio.sleep(1)
            assert not loop.network.links
            for collector in accepted:
                assert await collector.lost is None
            return task.cancelled()

        with Simulation(network=Network.instant()) as sim:
            cancelled = sim.run(main(iterations, port, accepted))
        outcomes.add((port == PORT, cancelled, len(accepted)))
    assert outcomes == {(True, True, 0), (True, True, 1), (True, False, 1), (False, True, 0), (False, False, 0)}


# Order, cutting, delay.


@given(
    seed=st.integers(),
    split=st.floats(0, 0.9),
    segment_bytes=st.integers(1, 100),
    buffer_bytes=st.integers(1, 300),
    speed=st.none() | st.floats(100, 100_000),
    writes=st.lists(st.binary(max_size=200), max_size=10),
    reply=st.binary(max_size=500),
)
def test_bytes_come_whole_and_in_order_however_they_are_cut(
    seed: int,
    split: float,
    segment_bytes: int,
    buffer_bytes: int,
    speed: float | None,
    writes: list[bytes],
    reply: bytes,
) -> None:
    """Both directions, followed by the end of the stream."""

    async def main() -> None:
        client, server = await pair()
        for data in writes:
            client.transport.write(data)
        server.transport.write(reply)
        await asyncio.sleep(1000)
        assert server.data == b"".join(writes)
        assert client.data == reply
        assert all(0 < len(piece) <= 256 * 1024 for piece in server.pieces)
        client.transport.write(b"last")
        client.transport.close()
        assert await server.lost is None
        assert server.data.endswith(b"last")

    network = Network(split=split, segment_bytes=segment_bytes, buffer_bytes=buffer_bytes, bytes_per_second=speed)
    simulated(network, seed)(main)


def test_what_happens_at_one_instant_happens_in_the_order_of_its_causes() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        order: list[int] = []

        class Ordered(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                order.append(data[0])

        await loop.create_server(Ordered, HOST, PORT)
        transports = [(await loop.create_connection(Collector, HOST, PORT))[0] for _ in range(20)]
        await asyncio.sleep(1)
        for number in (7, 3, 19, 0, 12):
            transports[number].write(bytes([number]))
        await asyncio.sleep(1)
        assert order == [7, 3, 19, 0, 12]

    simulated(Network.instant())(main)


@pytest.mark.parametrize("seed", range(20))
def test_a_reset_overtakes_nothing(seed: int) -> None:
    """Whoever can be told of it by a failing write can also read all that came before."""

    async def main() -> None:
        client, server = await pair()
        (link,) = running_loop().network.links
        client.transport.pause_reading()
        for _ in range(10):
            server.transport.write(b"x")
        link.server.linger_zero = True
        server.transport.close()
        while not link.client.is_broken():  # noqa: ASYNC110 # the moment is what is looked for
            await asyncio.sleep(0.1)
        told = running_loop().time()
        client.transport.resume_reading()
        assert isinstance(await client.lost, ConnectionResetError)
        assert client.data == b"x" * 10
        assert running_loop().time() == told

    simulated(Network(latency=(0, 10)), seed)(main)


def test_callbacks_run_in_the_context_in_which_the_connection_was_made() -> None:
    """As with asyncio's own transports: a span or a request's number is seen in data_received."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    class Seeing(Collector):
        def data_received(self, data: bytes) -> None:
            seen.append(variable.get())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        variable.set("listening")
        await loop.create_server(Seeing, HOST, PORT)
        variable.set("dialling")
        transport, _ = await loop.create_connection(Seeing, HOST, PORT)
        variable.set("later")
        await asyncio.sleep(1)
        transport.write(b"x")
        await asyncio.sleep(1)
        cast("Any", running_loop().network.links[0].server.user).write(b"y")
        await asyncio.sleep(1)

    simulated()(main)
    assert seen == ["listening", "dialling"]


def test_transports_hash_alike_in_every_run() -> None:
    """So that a set of them is gone through in the same order."""

    async def main() -> list[int]:
        return [hash(collector.transport) for collector in await pair()]

    with Simulation() as first, Simulation() as second:
        assert first.run(main()) == second.run(main())


def test_instant_is_one_iteration_and_no_chance() -> None:
    async def main() -> None:
        client, server = await pair()
        loop = running_loop()
        before = loop.time()
        state = loop.random.getstate()
        client.transport.write(b"x" * 50_000)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert server.pieces == [b"x" * 50_000]
        assert loop.time() == before
        assert loop.random.getstate() == state

    simulated(Network.instant())(main)


def test_latency_lies_between_its_limits_and_a_connect_takes_two() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        client, server = await pair()
        assert began + 3 <= loop.time() <= began + 6.1  # a round trip, and the way of the last packet to the server
        delays = []
        for _ in range(50):
            began = loop.time()
            count = len(server.pieces)
            client.transport.write(b"x")
            while len(server.pieces) == count:  # noqa: ASYNC110 # the moment is what is measured
                await asyncio.sleep(0.01)
            delays.append(loop.time() - began)
        assert min(delays) < 1.2
        assert max(delays) > 1.8
        assert all(1 <= delay <= 2.02 for delay in delays)

    simulated(Network(latency=(1, 2), split=0))(main)


def test_the_server_thinks_and_the_client_does_not() -> None:
    async def main() -> None:
        client, server = await pair()
        for one, other, seconds in ((client, server, 0.0), (server, client, 5.0)):
            one.transport.write(b"x")
            await asyncio.sleep(seconds + 0.5)
            assert other.data == b"x"
            assert len(other.pieces) == 1

    simulated(Network(latency=(0, 0), think=(5, 5)))(main)


def test_a_slow_line_takes_its_time() -> None:
    async def main() -> None:
        client, server = await pair()
        client.transport.write(b"x" * 1000)
        client.transport.write(b"y" * 1000)
        await asyncio.sleep(9.9)
        assert len(server.data) < 1000
        await asyncio.sleep(0.2)
        assert server.data == b"x" * 1000
        await asyncio.sleep(10)
        assert len(server.data) == 2000

    simulated(Network(latency=(0, 0), split=0, bytes_per_second=100))(main)


# Back-pressure.


def test_a_writer_is_paused_and_resumed() -> None:
    """What the network does not take is buffered; above the high mark the protocol is told, at the low one again."""

    async def main() -> None:
        client, server = await pair()
        transport = client.transport
        assert transport.get_write_buffer_limits() == (16_384, 65_536)
        transport.set_write_buffer_limits(high=1000)
        assert transport.get_write_buffer_limits() == (250, 1000)
        server.transport.pause_reading()
        assert not server.transport.is_reading()
        transport.write(b"x" * 5000)
        assert transport.get_write_buffer_size() == 0
        transport.write(b"x" * 1000)
        assert transport.get_write_buffer_size() == 1000
        assert client.events == []
        transport.write(b"x" * 1)
        assert client.events == ["pause"]
        await asyncio.sleep(10)
        assert transport.get_write_buffer_size() == 1001
        server.transport.resume_reading()
        await asyncio.sleep(10)
        assert client.events == ["pause", "resume"]
        assert len(server.data) == 6001
        transport.set_write_buffer_limits(low=10)
        assert transport.get_write_buffer_limits() == (10, 40)
        transport.set_write_buffer_limits()
        with pytest.raises(ValueError, match="must be >= low"):
            transport.set_write_buffer_limits(1, 2)

    simulated(Network(buffer_bytes=5000))(main)


def test_eof_and_close_wait_for_what_is_buffered() -> None:
    async def main() -> None:
        client, server = await pair()
        server.transport.pause_reading()
        client.transport.write(b"x" * 300)
        client.transport.write_eof()
        await asyncio.sleep(1)
        server.transport.resume_reading()
        assert await server.lost is None
        assert len(server.data) == 300
        assert client.transport.can_write_eof()

    simulated(Network(buffer_bytes=100))(main)


def test_a_drain_that_nobody_relieves_is_a_deadlock() -> None:
    async def main() -> None:
        async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        await asyncio.start_server(stuck, HOST, PORT)
        _reader, writer = await asyncio.open_connection(HOST, PORT)
        writer.write(b"x" * 1_000_000)
        await writer.drain()

    with Simulation() as sim:
        sim.loop.set_exception_handler(lambda loop, context: None)
        with pytest.raises(DeadlockError, match=r"in main: await writer\.drain\(\)") as caught:
            sim.run(main())
        assert "65536 bytes not yet read by the server" in str(caught.value)


@pytest.mark.parametrize("iterations", range(6))
def test_room_that_comes_when_it_is_too_late_is_no_second_end(iterations: int) -> None:
    complaints: list[dict[str, Any]] = []

    async def main() -> None:
        running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        client, server = await pair()
        server.transport.pause_reading()
        client.transport.write(b"x" * 300)
        await asyncio.sleep(1)
        server.transport.resume_reading()
        for _ in range(iterations):
            await asyncio.sleep(0)
        client.transport.abort()
        assert await client.lost is None
        await asyncio.sleep(1)

    simulated(Network(latency=(0, 0), buffer_bytes=100))(main)
    assert complaints == []


@pytest.mark.parametrize("name", ["pause_writing", "resume_writing"])
def test_a_protocol_that_fails_to_pause_is_reported(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        client, server = await pair()

        def fail() -> None:
            raise LookupError("cannot")

        setattr(client, name, fail)
        server.transport.pause_reading()
        client.transport.write(b"x" * 300_000)
        server.transport.resume_reading()
        await asyncio.sleep(1)
        assert len(server.data) == 300_000

    with caplog.at_level(logging.ERROR, "asyncio"):
        simulated()(main)
    assert f"protocol.{name}() failed" in caplog.text


# Protocols that fail.


@pytest.mark.parametrize("name", ["data_received", "eof_received"])
def test_a_protocol_that_fails_loses_its_connection(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        client, server = await pair()

        def fail(*data: bytes) -> None:
            raise LookupError("cannot")

        setattr(client, name, fail)
        server.transport.write(b"x")
        server.transport.write_eof()
        assert isinstance(await client.lost, LookupError)

    with caplog.at_level(logging.ERROR, "asyncio"):
        simulated()(main)
    assert f"Fatal error: protocol.{name}() call failed." in caplog.text


@pytest.mark.parametrize("fault", ["get_buffer", "buffer_updated", "empty"])
def test_a_buffered_protocol_that_fails_loses_its_connection(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    class Buffered(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

        def get_buffer(self, sizehint: int) -> bytearray:
            if fault == "get_buffer":
                raise LookupError("cannot")
            return bytearray(0 if fault == "empty" else 10)

        def buffer_updated(self, nbytes: int) -> None:
            raise LookupError("cannot")

        def connection_lost(self, error: Exception | None) -> None:
            self.lost.set_result(error)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Collector, HOST, PORT)
        _, client = await loop.create_connection(Buffered, HOST, PORT)
        await asyncio.sleep(1)
        (link,) = running_loop().network.links
        cast("Any", link.server.user).write(b"x")
        assert isinstance(await client.lost, RuntimeError if fault == "empty" else LookupError)

    with caplog.at_level(logging.ERROR, "asyncio"):
        simulated()(main)
    assert "Fatal error" in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("name", ["data_received", "eof_received", "pause_writing"])
def test_an_interrupt_goes_through(name: str, error: type[BaseException]) -> None:
    async def main() -> None:
        client, server = await pair()

        def interrupt(*data: bytes) -> None:
            raise error

        setattr(client, name, interrupt)
        if name == "pause_writing":
            server.transport.pause_reading()
            client.transport.write(b"x" * 300_000)
        server.transport.write(b"x")
        server.transport.write_eof()
        await client.lost

    with pytest.raises(error), Simulation() as sim:
        sim.run(main())


def test_an_interrupt_of_a_buffered_protocol_goes_through() -> None:
    class Buffered(asyncio.BufferedProtocol):
        def get_buffer(self, sizehint: int) -> bytearray:
            raise KeyboardInterrupt

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Buffered, HOST, PORT)
        _, client = await loop.create_connection(Collector, HOST, PORT)
        client.transport.write(b"x")
        await client.lost

    with pytest.raises(KeyboardInterrupt), Simulation() as sim:
        sim.run(main())


# The transport and its socket.


def test_a_transport_tells_what_drivers_ask() -> None:
    async def main() -> None:
        client, server = await pair()
        transport = client.transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, True)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == bytes(8)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
        sock.setsockopt(socket.SOL_SOCKET, 9999, None, 4)
        assert sock.getsockopt(socket.SOL_SOCKET, 9999, 4) == bytes(4)
        assert sock is transport.get_extra_info("socket")
        assert sock.fileno() == -1
        assert (sock.family, sock.type, sock.proto) == (socket.AF_INET, socket.SOCK_STREAM, 0)
        assert sock.getsockname() == transport.get_extra_info("sockname") == server.transport.get_extra_info("peername")
        assert sock.getpeername() == transport.get_extra_info("peername") == (HOST, PORT)
        assert sock.gettimeout() == 0
        assert not sock.getblocking()
        sock.setblocking(False)
        sock.settimeout(0)
        with pytest.raises(NotSimulated, match="blocking"):
            sock.settimeout(1)
        with pytest.raises(NotSimulated, match=r"socket\.recv is not simulated"):
            sock.recv(1)
        assert not hasattr(sock, "sendall")
        with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
            _ = sock.nonsense
        assert "3306" in repr(sock)
        assert transport.get_extra_info("sslcontext") is None
        assert transport.get_extra_info("compression", "none") == "none"
        assert transport.get_extra_info("link") is server.transport.get_extra_info("link")
        assert transport.get_protocol() is client
        assert transport == transport
        assert transport != server.transport
        assert len({transport, server.transport}) == 2
        assert "open" in repr(transport)
        transport.close()
        assert "closing" in repr(transport)
        transport.pause_reading()
        transport.resume_reading()
        await client.lost
        assert "closed" in repr(transport)
        with pytest.raises(OSError, match="Bad file descriptor"):
            sock.dup()
        sock.shutdown(socket.SHUT_RDWR)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
        sock.close()
        sock.close()

    simulated()(main)


def test_a_listening_socket_has_no_peer_and_nothing_to_duplicate() -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Collector, HOST, PORT)
        (sock,) = server.sockets
        with pytest.raises(OSError, match="not connected"):
            sock.getpeername()
        with pytest.raises(OSError, match="Bad file descriptor"):
            sock.dup()
        sock.shutdown(socket.SHUT_RDWR)

    simulated()(main)


def test_a_duplicate_that_is_closed_lets_the_link_go() -> None:
    async def main() -> None:
        client, server = await pair()
        duplicate = client.transport.get_extra_info("socket").dup()
        client.transport.close()
        await asyncio.sleep(1)
        assert not server.lost.done()
        duplicate.shutdown(socket.SHUT_RD)
        duplicate.close()
        assert await server.lost is None
        with pytest.raises(OSError, match="is closed"):
            await asyncio.get_running_loop().create_connection(Collector, sock=duplicate)

    simulated()(main)


def test_connection_made_may_close_at_once() -> None:
    class Rejecting(Collector):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            transport.close()

    async def main() -> None:
        loop = running_loop()
        await loop.create_server(Rejecting, HOST, PORT)
        _, client = await loop.create_connection(Collector, HOST, PORT)
        assert await client.lost is None
        await loop.create_server(Collector, HOST, PORT + 1)
        transport, rejecting = await loop.create_connection(Rejecting, HOST, PORT + 1)
        assert transport.is_closing()
        assert await rejecting.lost is None
        await asyncio.sleep(1)
        assert not loop.network.links

    simulated()(main)


def test_abort_can_be_made_a_reset() -> None:
    async def main() -> None:
        client, server = await pair()
        server.transport.abort()
        assert isinstance(await client.lost, ConnectionResetError)

    simulated(Network(abort_resets=True))(main)


# Faults.


def test_refuse_and_allow() -> None:
    async def main() -> None:
        loop = running_loop()
        await loop.create_server(Collector, HOST, PORT)
        loop.network.refuse(("localhost", PORT))
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Collector, HOST, PORT)
        loop.network.allow(("localhost", PORT))
        await loop.create_connection(Collector, HOST, PORT)

    simulated()(main)


def test_reset_tells_both_ends_at_once_and_loses_what_is_on_its_way() -> None:
    async def main() -> None:
        client, server = await pair()
        client.transport.write(b"lost on the way")
        running_loop().network.reset(client.transport)
        for side in (client, server):
            assert isinstance(await side.lost, ConnectionResetError)
            assert side.data == b""
        assert not running_loop().network.links

    simulated()(main)


def test_a_cut_is_told_to_nobody() -> None:
    """Neither end hears anything; a limit of its own is all that helps, and without one it is a deadlock."""

    async def main() -> None:
        client, server = await pair()
        network = running_loop().network
        client.transport.write(b"on its way")
        network.cut(network.links[0])
        client.transport.write(b"into the void")
        network.resume(network.links[0])
        await asyncio.sleep(86_400)
        assert server.data == b""
        assert "cut towards the client" in repr(network.links[0])
        client.transport.close()
        assert await client.lost is None
        await server.lost

    with Simulation() as sim, pytest.raises(DeadlockError, match="closed by the client"):
        sim.run(main())


@pytest.mark.parametrize("target", ["link", "transport", "address", "host"])
def test_stall_and_resume(target: str) -> None:
    async def main() -> None:
        client, server = await pair()
        network = running_loop().network
        aim = {
            "link": network.links[0],
            "transport": server.transport,
            "address": (HOST, PORT),
            "host": ("localhost", PORT),
        }[target]
        network.stall(aim)
        client.transport.write(b"question")
        server.transport.write(b"answer")
        server.transport.close()
        await asyncio.sleep(100)
        assert client.data == server.data == b""
        network.resume(aim)
        assert await client.lost is None
        assert (client.data, server.data) == (b"answer", b"")

    simulated()(main)


def test_a_path_can_be_stalled() -> None:
    async def main() -> None:
        loop = running_loop()
        await loop.create_unix_server(Collector, "/run/mysqld.sock")
        await loop.create_unix_connection(Collector, "/run/mysqld.sock")
        loop.network.stall("/run/mysqld.sock")
        assert "stalled towards the server, stalled towards the client" in loop.describe()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.create_unix_connection(Collector, "/run/mysqld.sock"), 10)
        loop.network.resume("/run/mysqld.sock")
        await loop.create_unix_connection(Collector, "/run/mysqld.sock")

    simulated()(main)


def test_one_direction_can_be_stalled_alone() -> None:
    async def main() -> None:
        client, server = await pair()
        network = running_loop().network
        network.stall((HOST, PORT), toward="client")
        client.transport.write(b"question")
        server.transport.write(b"answer")
        await asyncio.sleep(100)
        assert server.data == b"question"
        assert client.data == b""
        network.resume(client.transport)
        await asyncio.sleep(1)
        assert client.data == b"answer"

    simulated()(main)


def test_an_address_that_is_stalled_answers_no_connect_until_it_is_resumed() -> None:
    async def main() -> None:
        loop = running_loop()
        await loop.create_server(Collector, HOST, PORT)
        loop.network.stall((HOST, PORT))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.create_connection(Collector, HOST, PORT), 10)
        patient = asyncio.create_task(loop.create_connection(Collector, HOST, PORT))
        await asyncio.sleep(100)
        assert not patient.done()
        loop.network.resume((HOST, PORT))
        await patient
        assert len(loop.network.links) == 1

    simulated()(main)


def test_delay_holds_for_links_and_connects() -> None:
    async def main() -> None:
        client, server = await pair()
        loop = running_loop()
        await loop.create_server(Collector, HOST, PORT)
        loop.network.delay((HOST, PORT), 5)
        client.transport.write(b"x")
        await asyncio.sleep(4.9)
        assert server.data == b""
        await asyncio.sleep(0.2)
        assert server.data == b"x"
        began = loop.time()
        await loop.create_connection(Collector, HOST, PORT)
        assert loop.time() - began >= 10
        loop.network.delay(client.transport, 0)
        client.transport.write(b"y")
        await asyncio.sleep(0.1)
        assert server.data == b"xy"
        with pytest.raises(ValueError, match="0 or more"):
            loop.network.delay((HOST, PORT), -1)

    simulated()(main)


def test_faults_by_chance_come_from_the_seed() -> None:
    """Refusals, resets and cuts: as often as asked for, the same for the same seed."""

    async def main() -> list[str]:
        loop = running_loop()
        await loop.create_server(Collector, HOST, PORT)
        outcomes = []
        for _ in range(200):
            try:
                _, client = await loop.create_connection(Collector, HOST, PORT)
            except ConnectionRefusedError:
                outcomes.append("refused")
                continue
            client.transport.write(b"x")
            try:
                await asyncio.wait_for(client.lost, 60)
            except TimeoutError:
                outcomes.append("cut" if loop.network.links[-1].client.silent else "fine")
                client.transport.close()
            else:
                outcomes.append("reset")
        return outcomes

    histories = []
    for seed in (1, 1, 2):
        with Simulation(seed, Network(refusals=0.2, resets=0.2, cuts=0.2)) as sim:
            histories.append(sim.run(main()))
    assert histories[0] == histories[1] != histories[2]
    assert all(20 < histories[0].count(outcome) < 150 for outcome in ("refused", "reset", "cut", "fine"))


def test_what_is_written_when_a_cable_is_cut_counts_as_sent() -> None:
    async def main() -> None:
        client, server = await pair()
        client.transport.write(b"x" * 10)
        assert [event.what for event in running_loop().timeline.tail(2)] == ["cut", "send"]
        client.transport.write(b"x" * 10)
        assert client.transport.get_write_buffer_size() == 5
        await asyncio.sleep(1)
        assert server.data == b""

    simulated(Network(cuts=1, buffer_bytes=15))(main)


def test_a_fault_wants_something_with_a_link() -> None:
    with Simulation() as sim:
        for target in (object(), 7, None):
            with pytest.raises(NotSimulated, match="has no simulated link"):
                sim.network.reset(target)


def test_a_fault_takes_a_stream_writer() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_server(Collector, HOST, PORT)
        reader, writer = await asyncio.open_connection(HOST, PORT)
        assert running_loop().network.link_of(writer).number == 1
        running_loop().network.reset(writer)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    simulated()(main)


# Settings.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latency": (2, 1)}, r"latency=\(2, 1\)"),
        ({"think": (-1, 1)}, "think"),
        ({"split": 1.5}, "a chance is a number from 0 to 1"),
        ({"split": 1}, "segment_bytes=1"),
        ({"resets": -0.1}, "resets"),
        ({"segment_bytes": 0}, "segment_bytes=0"),
        ({"buffer_bytes": -1}, "greater than 0"),
        ({"bytes_per_second": 0}, "bytes_per_second"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network(**settings)


# The timeline.


def test_the_timeline_tells_the_story() -> None:
    async def main() -> None:
        client, server = await pair()
        running_loop().note("hello comes")
        client.transport.write(b"\x06\x00\x00\x00\x03hello")
        await asyncio.sleep(1)
        server.transport.close()
        await client.lost
        with pytest.raises(ConnectionRefusedError):
            await asyncio.get_running_loop().create_connection(Collector, HOST, 1)

    with Simulation(3, Network.instant()) as sim:
        sim.run(main())
        sim.note("the end")
    assert str(sim.timeline).splitlines() == [
        "    0.000000  #1   client connect 127.0.0.1:32768 > 127.0.0.1:3306",
        "    0.000000  #1   client open",
        "    0.000000  #1   server accept",
        "    0.000000  -    note hello comes",
        "    0.000000  #1   client send 10 06 00 00 00 03 68 65 6c 6c 6f",
        "    0.000000  #1   server arrive 10",
        "    1.000000  #1   server fin",
        "    1.000000  #1   server closed",
        "    1.000000  #1   client end",
        "    1.000000  #1   client fin",
        "    1.000000  #1   client closed",
        "    1.000000  #2   client connect 127.0.0.1:32769 > 127.0.0.1:1",
        "    1.000000  #2   refuse 127.0.0.1:1",
        "    1.000000  -    note the end",
    ]
    events = list(sim.timeline)
    assert len(events) == len(sim.timeline) == sim.timeline.total == 14
    assert events[4].size == 10
    assert sim.timeline.text(1) == "(13 earlier events)\n    1.000000  -    note the end"
    assert sim.timeline.text(0) == "(14 earlier events)"


def test_an_ipv6_address_is_written_with_brackets() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_server(Collector, "::1", PORT)
        await asyncio.get_running_loop().create_connection(Collector, "::1", PORT)

    with Simulation() as sim:
        sim.run(main())
        assert "[::1]:32768 > [::1]:3306" in str(sim.timeline)
        assert "[::1]:3306" in repr(sim.network.links[0])


def test_no_timeline_grows_for_ever() -> None:
    with Simulation() as sim:
        for number in range(100_010):
            sim.note(str(number))
    assert len(sim.timeline) == 100_000
    assert sim.timeline.text(1).startswith("(100009 earlier events)")
