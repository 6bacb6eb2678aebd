"""The connection phase, packet by packet."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from refpool import wire
from refpool.errors import LoginFailed, OutOfStep, TLSRefused
from refpool.login import LoggedIn, StartTLS, change_user, login
from refpool.settings import connect_settings
from tests.support import scripted_server as script

OK = script.ok(2)
NATIVE = wire.scramble_native(b"secret", script.SALT)
SHA2 = wire.scramble_caching_sha2(b"secret", script.SALT)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Context:
    """What settings take for an ssl.SSLContext."""

    def wrap_bio(self) -> None: ...


def talk(*heard: bytes, secure: bool = False, greeting: bytes | None = None, **arguments: Any) -> tuple[list[Any], Any]:
    """Play the server's part: what the login said after the greeting, and how it ended."""
    settings = connect_settings(**{"user": "u", "password": "secret", **arguments})
    plugin = "mysql_native_password"
    conversation = login(settings, secure=secure, attributes={"_pid": "1"})
    assert next(conversation) is None
    said = []
    try:
        said.append(
            conversation.send(script.greeting(script.BASIC | script.SSL, plugin) if greeting is None else greeting)
        )
        for payload in heard:
            said.append(conversation.send(payload))
    except StopIteration as stop:
        return said, stop.value
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return said, error
    return said, None


def answer_of(response: bytes) -> bytes:
    """The plugin's answer in a handshake response: behind the user's name, with its length before it."""
    at = response.index(b"\0", 32) + 1
    return response[at + 1 : at + 1 + response[at]]


def decrypted(data: bytes) -> bytes:
    mgf = padding.MGF1(hashes.SHA1())
    plain = KEY.decrypt(data, padding.OAEP(mgf=mgf, algorithm=hashes.SHA1(), label=None))
    return bytes(byte ^ script.SALT[index % 20] for index, byte in enumerate(plain))


def switch(plugin: str, salt: bytes = script.SALT + b"\0") -> bytes:
    return b"\xfe" + plugin.encode() + b"\0" + salt


class TestResponse:
    """HandshakeResponse41."""

    def test_it_has_all_parts(self) -> None:
        """Capabilities, greatest packet, collation, user, answer, database, plugin, attributes."""
        (response,), ended = talk(OK, db="shop", greeting=script.greeting())
        capabilities, greatest, collation = struct.unpack_from("<IIB", response)
        assert (
            capabilities & (script.CONNECT_WITH_DB | script.PLUGIN_AUTH) == script.CONNECT_WITH_DB | script.PLUGIN_AUTH
        )
        assert not capabilities & (script.SSL | script.LOCAL_FILES | script.DEPRECATE_EOF)
        assert (greatest, collation) == (0xFFFFFF, 45)
        assert response[32:] == (
            b"u\0"
            + script.text(NATIVE)
            + b"shop\0"
            + b"mysql_native_password\0"
            + script.text(script.text("_pid") + script.text("1"))
        )
        assert isinstance(ended, LoggedIn)
        assert (ended.status, ended.plugin, ended.schema) == (2, "mysql_native_password", "shop")
        assert ended.capabilities == capabilities

    def test_only_what_both_have_is_agreed(self) -> None:
        """An older server without plugins, long answers and attributes."""
        offered = script.PROTOCOL_41 | script.SECURE_CONNECTION
        (response,), ended = talk(OK, db="shop", greeting=script.greeting(offered, ""))
        assert response[32:] == b"u\0" + bytes((20,)) + NATIVE
        assert ended.capabilities == offered

    def test_flags_are_added(self) -> None:
        """local_infile, client_flag; names in the connection's character set."""
        (response,), _ = talk(OK, local_infile=True, client_flag=2, user="ü", charset="latin1")
        assert int.from_bytes(response[:4], "little") & (script.LOCAL_FILES | 2) == script.LOCAL_FILES | 2
        assert response[32:34] == b"\xfc\0"
        (response,), _ = talk(OK, user=b"\xfe")
        assert response[32:34] == b"\xfe\0"

    def test_a_refusal_instead_of_a_greeting(self) -> None:
        """1040."""
        said, ended = talk(greeting=script.err(1040, "Too many connections", None))
        assert said == []
        assert ended.args == (1040, "Too many connections")

    def test_a_server_before_41_is_refused(self) -> None:
        """It could not be spoken with."""
        assert isinstance(talk(greeting=script.greeting(script.SECURE_CONNECTION))[1], OutOfStep)


class TestTLS:
    """ssl=."""

    def test_nothing_but_the_capabilities_is_sent_before_it(self) -> None:
        """Then the whole response, over TLS."""
        said, ended = talk(b"", OK, ssl=Context())
        assert isinstance(said[0], StartTLS)
        assert len(said[0]) == 32
        assert said[1][:32] == said[0]
        assert isinstance(ended, LoggedIn)

    def test_without_tls_there_is_nothing_said(self) -> None:
        """Not a byte in plain text when TLS was asked for."""
        said, ended = talk(ssl=Context(), greeting=script.greeting(script.BASIC))
        assert said == []
        assert isinstance(ended, TLSRefused)
        assert ended.args[0] == 2026


class TestPlugins:
    """What each plugin answers."""

    def test_native(self) -> None:
        """At once, and after a switch with a salt of its own."""
        said, _ = talk(OK)
        assert answer_of(said[0]) == NATIVE
        said, ended = talk(switch("mysql_native_password", b"z" * 20 + b"\0"), OK)
        assert said[1] == wire.scramble_native(b"secret", b"z" * 20)
        assert isinstance(ended, LoggedIn)

    def test_the_greetings_plugin_is_begun_with_and_auth_plugin_overrules_it(self) -> None:
        """The server's choice, or the caller's."""
        greeting = script.greeting(plugin="caching_sha2_password")
        assert answer_of(talk(OK, greeting=greeting)[0][0]) == SHA2
        assert answer_of(talk(OK, greeting=greeting, auth_plugin="mysql_native_password")[0][0]) == NATIVE
        assert answer_of(talk(OK, greeting=script.greeting(plugin="dialog"))[0][0]) == b""

    def test_caching_sha2_the_fast_way(self) -> None:
        """0x03: the server knew it; the OK follows."""
        said, ended = talk(switch("caching_sha2_password"), b"\x01\x03", OK)
        assert said[1:] == [SHA2, None]
        assert ended.plugin == "caching_sha2_password"

    def test_caching_sha2_the_full_way_where_nobody_listens(self) -> None:
        """0x04 over TLS or a unix socket: the password itself."""
        assert talk(switch("caching_sha2_password"), b"\x01\x04", OK, secure=True)[0][2] == b"secret\0"
        assert talk(b"", switch("caching_sha2_password"), b"\x01\x04", OK, ssl=Context())[0][3] == b"secret\0"

    def test_caching_sha2_the_full_way_in_the_open(self) -> None:
        """The server's key is asked for, and the password encrypted with it."""
        said, ended = talk(switch("caching_sha2_password"), b"\x01\x04", b"\x01" + PEM, OK)
        assert said[2] == b"\x02"
        assert decrypted(said[3]) == b"secret\0"
        assert ended.public_key == PEM

    def test_a_key_that_is_known_is_not_asked_for(self) -> None:
        """server_public_key works, for both plugins."""
        said, _ = talk(switch("caching_sha2_password"), b"\x01\x04", OK, server_public_key=PEM)
        assert decrypted(said[2]) == b"secret\0"
        said, _ = talk(switch("sha256_password"), OK, server_public_key=PEM.decode())
        assert decrypted(said[1]) == b"secret\0"

    def test_sha256(self) -> None:
        """The key is asked for at once; over TLS the password is sent; an empty one is a zero byte."""
        said, ended = talk(switch("sha256_password"), b"\x01" + PEM, OK)
        assert said[1] == b"\x01"
        assert decrypted(said[2]) == b"secret\0"
        assert ended.plugin == "sha256_password"
        assert talk(b"", switch("sha256_password"), OK, ssl=Context())[0][2] == b"secret\0"
        assert talk(switch("sha256_password"), OK, password="")[0][1] == b"\0"

    def test_to_sha256_a_unix_socket_is_as_plain_tcp(self) -> None:
        """MySQL's plugin takes the password over TLS alone; in clear over a unix socket it is error 1045."""
        said, _ = talk(switch("sha256_password"), b"\x01" + PEM, OK, secure=True)
        assert said[1] == b"\x01"
        assert decrypted(said[2]) == b"secret\0"

    def test_empty_passwords(self) -> None:
        """An empty answer."""
        assert answer_of(talk(OK, password="")[0][0]) == b""
        assert talk(switch("caching_sha2_password"), OK, password="")[0][1] == b""

    def test_clear_text_only_where_nobody_listens_or_as_told(self) -> None:
        """A server in the middle cannot talk the driver into giving the password away."""
        _, ended = talk(switch("mysql_clear_password", b""), OK)
        assert isinstance(ended, LoginFailed)
        assert "plain text" in str(ended)
        assert talk(switch("mysql_clear_password", b""), OK, secure=True)[0][1] == b"secret\0"
        assert answer_of(talk(OK, auth_plugin="mysql_clear_password")[0][0]) == b"secret\0"

    def test_ed25519(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """MariaDB's, with 32 bytes of salt, through PyMySQL."""
        monkeypatch.setattr(wire, "scramble_ed25519", lambda password, salt: password + salt)
        assert talk(switch("client_ed25519", b"s" * 32), OK)[0][1] == b"secret" + b"s" * 32


class TestRefusals:
    """How a login fails."""

    @pytest.mark.parametrize(
        ("heard", "text"),
        [
            ([switch("dialog")], "'dialog' not configured"),
            ([b"\xfe"], "'mysql_old_password' not configured"),
            ([switch("mysql_native_password"), switch("mysql_native_password")], "changed the plugin twice"),
            ([b"\x01\x03"], "which means nothing here"),
            ([switch("caching_sha2_password"), b"\x01\x07"], "which means nothing here"),
            ([switch("caching_sha2_password"), b"\x01\x04", b"\x00"], "public key was due"),
            ([switch("caching_sha2_password"), b"\x01\x04", b"\x01no key"], "public key cannot be read"),
        ],
    )
    def test_the_plugin_is_named(self, heard: list[bytes], text: str) -> None:
        """A LoginFailed with the plugin and what was wrong."""
        _, ended = talk(*heard)
        assert isinstance(ended, LoginFailed)
        assert text in str(ended)

    @pytest.mark.parametrize(
        "heard", [[], [switch("caching_sha2_password")], [switch("caching_sha2_password"), b"\x01\x04"]]
    )
    def test_the_servers_refusal_is_raised(self, heard: list[bytes]) -> None:
        """1045, at each point."""
        _, ended = talk(*heard, script.err(1045, "Access denied", "28000"))
        assert ended.args == (1045, "Access denied")

    @pytest.mark.parametrize("payload", [b"", b"\x07"])
    def test_what_is_no_packet_of_a_login_is_refused(self, payload: bytes) -> None:
        """Then nothing can be believed."""
        assert isinstance(talk(payload)[1], OutOfStep)


class TestChangeUser:
    """COM_CHANGE_USER."""

    def change(self, *heard: bytes, plugin: str = "mysql_native_password", **arguments: Any) -> tuple[list[Any], Any]:
        settings = connect_settings(**{"user": "u", "password": "secret", **arguments})
        greeting = wire.parse_greeting(script.greeting())
        before = LoggedIn(greeting, script.BASIC, 2, plugin, None, settings.server_public_key)
        conversation = change_user(settings, before, secure=False, attributes={})
        said = [next(conversation)]
        try:
            for payload in heard:
                said.append(conversation.send(payload))
        except StopIteration as stop:
            return said, stop.value
        raise AssertionError("it goes on")

    def test_it_has_all_parts(self) -> None:
        """User, answer, database, collation, plugin, attributes; a switch is answered as in a login."""
        said, ended = self.change(switch("mysql_native_password"), OK, db="shop")
        assert said[0] == (
            b"\x11u\0" + bytes((20,)) + NATIVE + b"shop\0" + b"\x2d\0" + b"mysql_native_password\0" + b"\0"
        )
        assert said[1] == NATIVE
        assert ended.schema == "shop"

    def test_an_answer_too_long_for_it_gets_a_packet_of_its_own(self) -> None:
        """An encrypted password has 256 bytes, the field holds 255: another plugin is named, the server switches."""
        said, ended = self.change(
            switch("sha256_password"), OK, plugin="sha256_password", server_public_key=PEM.decode()
        )
        assert b"mysql_native_password\0" in said[0]
        assert decrypted(said[1]) == b"secret\0"
        assert ended.plugin == "sha256_password"
