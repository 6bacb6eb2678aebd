"""The TLS filter, judged by Python's own client side in memory and by a TLS socket."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql.tls import CERTIFICATE_PATH, KEY_PATH, TlsFailed, TlsFilter, default_context


def client_context(**versions: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that verifies the certificate and the name."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE_PATH))
    for name, version in versions.items():
        setattr(context, name, version)
    return context


class Client:
    """The client's end, in memory."""

    def __init__(self, context: ssl.SSLContext | None = None, name: str = "localhost") -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = (context or client_context()).wrap_bio(self.incoming, self.outgoing, server_hostname=name)

    def step(self, data: bytes = b"") -> bytes:
        """Take bytes of the server, go on with the handshake, return what is to be sent."""
        self.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.object.do_handshake()
        return self.outgoing.read()

    def say(self, text: bytes) -> bytes:
        self.object.write(text)
        return self.outgoing.read()

    def hear(self, data: bytes) -> bytes:
        self.incoming.write(data)
        heard = b""
        try:
            while chunk := self.object.read(65536):
                heard += chunk
        except ssl.SSLWantReadError:
            pass
        return heard

    def goodbye(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):
            self.object.unwrap()
        return self.outgoing.read()


def take(server: TlsFilter, data: bytes) -> tuple[bytes, bytes]:
    """What the client said in these bytes, and what is to be answered at once."""
    return server.receive(data), server.seal(b"")


def shake_hands(server: TlsFilter, client: Client) -> None:
    to_server = client.step()
    while not server.established:
        plaintext, to_client = take(server, to_server)
        assert plaintext == b""
        to_server = client.step(to_client)
    assert to_server == b""


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_client_that_verifies_name_and_certificate_is_content(name: str, version: ssl.TLSVersion) -> None:
    server = TlsFilter()
    client = Client(client_context(minimum_version=version, maximum_version=version), name)
    assert (server.version, server.cipher) == ("", "")
    shake_hands(server, client)
    assert take(server, client.say(b"to the server")) == (b"to the server", b"")
    assert client.hear(server.seal(b"to the client")) == b"to the client"
    assert server.version == version.name.replace("_", ".")
    assert server.cipher == (client.object.cipher() or ("",))[0]


def test_the_certificate_is_for_the_named_hosts_only() -> None:
    server, client = TlsFilter(), Client(name="db.example.org")
    _, to_client = take(server, client.step())
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        client.step(to_client)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=50), st.binary(max_size=40_000))
def test_any_segmentation_gives_the_same_plaintext(sizes: list[int], text: bytes) -> None:
    server, client = TlsFilter(), Client()
    lengths = itertools.cycle(sizes)

    def receive_in_pieces(data: bytes) -> tuple[bytes, bytes]:
        heard, answered, rest = b"", b"", data
        while rest:
            size = next(lengths)
            plaintext, to_send = take(server, rest[:size])
            heard, answered, rest = heard + plaintext, answered + to_send, rest[size:]
        return heard, answered

    _, to_client = receive_in_pieces(client.step())
    # The client's last flight and its first words in one stream, as clients send them.
    assert receive_in_pieces(client.step(to_client) + client.say(text)) == (text, b"")


def test_the_first_words_may_come_with_the_end_of_the_handshake() -> None:
    server, client = TlsFilter(), Client()
    _, to_client = take(server, client.step())
    last_flight = client.step(to_client)
    assert take(server, last_flight + client.say(b"login") + client.say(b"query")) == (b"loginquery", b"")


def test_sixteen_mebibytes_pass_in_both_directions() -> None:
    server, client = TlsFilter(), Client()
    shake_hands(server, client)
    text = bytes(range(256)) * 65536
    assert server.receive(client.say(text)) == text
    assert client.hear(server.seal(text)) == text


def test_nothing_to_send_makes_no_record() -> None:
    server, client = TlsFilter(), Client()
    shake_hands(server, client)
    assert server.seal(b"") == b""


def test_before_the_handshake_there_are_no_keys() -> None:
    """What is said then disturbs the handshake, as a test may want; a goodbye is none."""
    server = TlsFilter()
    server.close()
    assert server.seal(b"stray") == b"stray"


def test_no_tickets_follow_the_handshake() -> None:
    """A client that hangs up with tickets unread would reset the connection."""
    server, client = TlsFilter(), Client()
    _, to_client = take(server, client.step())
    plaintext, to_send = take(server, client.step(to_client))
    assert (server.established, server.version, plaintext, to_send) == (True, "TLSv1.3", b"", b"")


def test_a_client_that_says_goodbye_is_heard() -> None:
    server, client = TlsFilter(), Client()
    shake_hands(server, client)
    assert server.receive(client.say(b"quit") + client.goodbye()) == b"quit"
    assert server.peer_closed
    assert server.receive(b"") == b""
    server.close()
    client.incoming.write(server.seal(b""))
    client.object.unwrap()


def test_the_servers_goodbye_reads_as_an_end() -> None:
    server, client = TlsFilter(), Client()
    shake_hands(server, client)
    last_words = server.seal(b"last words")
    server.close()
    goodbye = server.seal(b"")
    assert goodbye
    assert client.hear(last_words + goodbye) == b"last words"
    assert not server.peer_closed
    server.close()
    assert server.seal(b"") == b""


def test_what_is_not_tls_is_refused() -> None:
    server = TlsFilter()
    with pytest.raises(TlsFailed, match="handshake failed"):
        server.receive(b"\x20\x00\x00\x02 this is a login in clear text")
    assert not server.established


def test_a_client_that_refuses_the_certificate_is_reported() -> None:
    server, client = TlsFilter(), Client(ssl.create_default_context())
    _, to_client = take(server, client.step())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.step(to_client)
    with pytest.raises(TlsFailed, match=r"ALERT|alert"):
        server.receive(client.outgoing.read())


def test_a_damaged_record_is_refused() -> None:
    server, client = TlsFilter(), Client()
    shake_hands(server, client)
    record = bytearray(client.say(b"hello"))
    record[-1] ^= 1
    with pytest.raises(TlsFailed, match="a record was refused"):
        server.receive(bytes(record))


def test_no_version_in_common_is_refused_with_an_alert() -> None:
    new_only = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    new_only.load_cert_chain(CERTIFICATE_PATH, KEY_PATH)
    new_only.minimum_version = ssl.TLSVersion.TLSv1_3
    server, client = TlsFilter(new_only), Client(client_context(maximum_version=ssl.TLSVersion.TLSv1_2))
    with pytest.raises(TlsFailed, match="UNSUPPORTED_PROTOCOL"):
        server.receive(client.step())
    with pytest.raises(ssl.SSLError, match="ALERT"):
        client.step(server.seal(b""))


def test_a_context_of_ones_own_is_used() -> None:
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asking.load_cert_chain(CERTIFICATE_PATH, KEY_PATH)
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.maximum_version = ssl.TLSVersion.TLSv1_2
    server, client = TlsFilter(asking), Client()
    _, to_client = take(server, client.step())
    with pytest.raises(TlsFailed, match="CERTIFICATE"):
        server.receive(client.step(to_client))


def test_the_default_context_is_made_once() -> None:
    assert default_context() is default_context()


def test_a_tls_socket_of_the_standard_library_is_served() -> None:
    """The filter behind a real socket, the client in a thread."""
    ours, theirs = socket.socketpair()
    heard: list[bytes] = []

    def client() -> None:
        with client_context().wrap_socket(theirs, server_hostname="localhost") as link:
            link.sendall(b"ping")
            heard.append(link.recv(100))
            heard.append(link.recv(100))

    thread = threading.Thread(target=client)
    thread.start()
    server = TlsFilter()
    try:
        ours.settimeout(10)
        plaintext = b""
        while not plaintext:
            plaintext, to_send = take(server, ours.recv(65536))
            ours.sendall(to_send)
        assert plaintext == b"ping"
        ours.sendall(server.seal(b"pong"))
        server.close()
        ours.sendall(server.seal(b""))
        thread.join(10)
    finally:
        ours.close()
    assert heard == [b"pong", b""]


def test_ssl_is_imported_when_tls_is_asked_for() -> None:
    code = (
        "import sys, fakemysql.tls; print('ssl' in sys.modules); fakemysql.tls.TlsFilter(); print('ssl' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
