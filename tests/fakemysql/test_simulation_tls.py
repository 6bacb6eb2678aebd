"""TLS on the simulated network: asyncio's own SSLProtocol over a simulated transport, however a driver begins it."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any, cast

import pytest

from fakemysql.simulation import Network, Simulation, running_loop

DATA = Path(__file__).parent / "data"
CERTIFICATE = DATA / "simulation-certificate.pem"  # self-signed for localhost, db.test and 127.0.0.1, good until 2126
KEY = DATA / "simulation-key.pem"
HOST, PORT = "127.0.0.1", 3306


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


NETWORKS = [Network.instant(), Network(), Network(split=0.5, segment_bytes=400, buffer_bytes=700)]


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each line in capitals, until the end."""
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int = 3000) -> None:
    """Ask, and see that the answer is right."""
    writer.write(b"x" * size + b"\n")
    assert await reader.readline() == b"X" * size + b"\n"


@pytest.mark.parametrize("network", NETWORKS)
def test_tls_from_the_first_byte(network: Network) -> None:
    """create_connection(ssl=) to create_server(ssl=); the certificate is checked, the timeline keeps no bytes."""

    async def main() -> None:
        server = await asyncio.start_server(shout, "localhost", PORT, ssl=server_context())
        reader, writer = await asyncio.open_connection("localhost", PORT, ssl=client_context())
        await ask(reader, writer)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert writer.get_extra_info("peercert")["subjectAltName"]
        assert writer.get_extra_info("peername") == (HOST, PORT)
        assert writer.get_extra_info("socket").fileno() == -1
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    with Simulation(1, network) as sim:
        sim.run(main())
        events = [event for event in sim.timeline if event.what == "send"]
        assert events
        assert {event.detail for event in events} == {"tls"}


@pytest.mark.parametrize("network", NETWORKS)
def test_start_tls_in_the_middle_of_a_connection(network: Network) -> None:
    """loop.start_tls on both sides, by way of the streams' own start_tls."""

    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        await writer.start_tls(server_context())
        await shout(reader, writer)

    async def main() -> None:
        await asyncio.start_server(upgrade, HOST, PORT)
        reader, writer = await asyncio.open_connection(HOST, PORT)
        writer.write(b"STARTTLS\n")
        assert await reader.readline() == b"go\n"
        await writer.start_tls(client_context(), server_hostname="db.test")
        await ask(reader, writer)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(60)
        assert not running_loop().network.links

    with Simulation(2, network) as sim:
        sim.run(main())
        assert str(sim.timeline).count("tls") > 5
        assert "53 54 41 52 54 54 4c 53" in str(sim.timeline)


@pytest.mark.parametrize("network", NETWORKS)
def test_tls_over_a_duplicate_of_the_socket(network: Network) -> None:
    """Some drivers duplicate the transport's socket, close the transport and connect anew with sock= and ssl=."""

    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        await writer.start_tls(server_context())
        await shout(reader, writer)

    async def main() -> None:
        await asyncio.start_server(upgrade, HOST, PORT)
        reader, writer = await asyncio.open_connection(HOST, PORT)
        writer.write(b"STARTTLS\n")
        assert await reader.readline() == b"go\n"
        transport = cast("asyncio.Transport", writer.transport)
        transport.pause_reading()
        duplicate = transport.get_extra_info("socket").dup()
        transport.close()
        reader, writer = await asyncio.open_connection(sock=duplicate, ssl=client_context(), server_hostname=HOST)
        await ask(reader, writer)
        writer.close()
        await writer.wait_closed()

    with Simulation(3, network) as sim:
        sim.run(main())


def test_tls_on_a_unix_socket() -> None:
    async def main() -> None:
        await asyncio.start_unix_server(shout, "/run/mysqld.sock", ssl=server_context())
        reader, writer = await asyncio.open_unix_connection(
            "/run/mysqld.sock", ssl=client_context(), server_hostname="localhost"
        )
        await ask(reader, writer)
        writer.close()
        await writer.wait_closed()

    with Simulation() as sim:
        sim.run(main())


@pytest.mark.parametrize("server_hostname", ["elsewhere.test", None])
def test_a_certificate_of_the_wrong_name_is_refused(server_hostname: str | None) -> None:
    """And nothing is left of the connection on either side; the server goes on."""

    async def main() -> None:
        server = await asyncio.start_server(shout, "10.0.0.1", PORT, ssl=server_context())
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("10.0.0.1", PORT, ssl=client_context(), server_hostname=server_hostname)
        await asyncio.sleep(60)
        assert not running_loop().network.links
        reader, writer = await asyncio.open_connection(
            "10.0.0.1", PORT, ssl=client_context(), server_hostname="localhost"
        )
        await ask(reader, writer)
        writer.close()
        await writer.wait_closed()
        server.close()

    with Simulation() as sim:
        sim.run(main())


def test_the_default_context_trusts_no_self_signed_certificate() -> None:
    async def main() -> None:
        await asyncio.start_server(shout, "localhost", PORT, ssl=server_context())
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("localhost", PORT, ssl=True)

    with Simulation() as sim:
        sim.run(main())


def test_a_handshake_that_nobody_answers_times_out_in_virtual_time() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        await loop.create_server(asyncio.Protocol, HOST, PORT)
        began = loop.time()
        with pytest.raises(ConnectionAbortedError, match="SSL handshake is taking longer than 60"):
            await loop.create_connection(asyncio.Protocol, HOST, PORT, ssl=client_context())
        with pytest.raises(ConnectionAbortedError):
            await loop.create_connection(asyncio.Protocol, HOST, PORT, ssl=client_context(), ssl_handshake_timeout=5)
        return loop.time() - began

    with Simulation() as sim:
        assert 65 < sim.run(main()) < 66


def test_a_link_reset_under_tls_reaches_the_application() -> None:
    async def main() -> None:
        await asyncio.start_server(shout, HOST, PORT, ssl=server_context())
        reader, writer = await asyncio.open_connection(HOST, PORT, ssl=client_context())
        running_loop().network.reset(writer)
        with pytest.raises(ConnectionResetError):
            await ask(reader, writer)
        writer.close()

    with Simulation() as sim:
        sim.loop.set_exception_handler(lambda loop, context: None)  # the server's handler fails, which is not the point
        sim.run(main())


def test_connections_left_open_under_tls_are_aborted_at_the_end() -> None:
    lost: list[Any] = []

    class Told(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            lost.append(error)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(Told, HOST, PORT, ssl=server_context())
        await loop.create_connection(Told, HOST, PORT, ssl=client_context())
        await asyncio.sleep(1)

    with Simulation() as sim:
        sim.run(main())
    assert lost == [None, None]


def test_the_history_under_tls_is_the_same_for_the_same_seed() -> None:
    """OpenSSL draws its keys from the system, so the bytes differ; their number, their times and their order do not."""

    async def main() -> None:
        server = await asyncio.start_server(shout, HOST, PORT, ssl=server_context())
        reader, writer = await asyncio.open_connection(HOST, PORT, ssl=client_context())
        for size in (1, 100, 20_000):
            await ask(reader, writer, size)
        writer.close()
        await writer.wait_closed()
        server.close()

    histories = []
    for seed in (5, 5, 6):
        with Simulation(seed) as sim:
            sim.run(main())
            histories.append(str(sim.timeline))
    assert histories[0] == histories[1] != histories[2]
