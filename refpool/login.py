"""The connection phase, without I/O: from the greeting to the first OK.

This module knows the order of greeting, TLS, answer, plugin switch and verdict, and each plugin's answers. It is kept
from knowing sockets: ``login`` and ``change_user`` are generators that yield what to send and are sent what came, so
that every path through a login, rare ones included, is tested by a few plain calls. The shell numbers the packets.

A secret is given away in plain text only over TLS or a unix socket; to ``sha256_password`` over TLS alone, for the
server's plugin takes no unix socket for secure. A server that asks for it over plain TCP is refused, unless the caller
himself chose ``auth_plugin="mysql_clear_password"``.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from refpool import wire
from refpool.errors import LoginFailed, OutOfStep, TLSRefused
from refpool.wire import CLIENT, Greeting

if TYPE_CHECKING:
    from refpool.settings import ConnectSettings

__all__ = ["LoggedIn", "StartTLS", "Talk", "change_user", "login"]


class StartTLS(bytes):
    """A payload to send, behind which the connection turns to TLS. The generator is then sent b''."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a login found out.

    Attributes:
        capabilities: those that both sides have.
        status: of the OK that ended it.
        plugin: the one whose answer was taken.
        schema: the database the session is in.
        public_key: the server's RSA key, when it was asked for or given.
    """

    greeting: Greeting
    capabilities: int
    status: int
    plugin: str
    schema: str | None
    public_key: bytes | None


Talk = Generator[bytes | None, bytes, LoggedIn]
"""Yields bytes: send this payload, then give me the next that comes; None: give me the next that comes."""

_ALWAYS: Final = (
    CLIENT.CAPABILITIES
    | CLIENT.MULTI_STATEMENTS
    | CLIENT.PS_MULTI_RESULTS
    | wire.CLIENT_SESSION_TRACK
    | wire.CLIENT_DEPRECATE_EOF
)

_RESPONSE_HEAD: Final = struct.Struct("<IIB23x")


def login(settings: ConnectSettings, *, secure: bool, attributes: Mapping[str, str]) -> Talk:
    """Log in.

    Args:
        secure: nobody can listen even without TLS: a unix socket.
        attributes: the connection attributes to send.

    Raises:
        MySQLError: the server's refusal (1045 and its kin), TLSRefused, LoginFailed.
        OutOfStep: what came is no packet of the connection phase.
        wire.MissingPackage: the plugin needs a package that is not installed.
    """
    payload = yield None
    if payload[:1] == b"\xff":
        raise wire.error_from_payload(payload)
    greeting = wire.parse_greeting(payload)

    wanted = _ALWAYS | settings.client_flag
    if settings.db:
        wanted |= CLIENT.CONNECT_WITH_DB
    if settings.local_infile:
        wanted |= CLIENT.LOCAL_FILES
    if settings.ssl is not None:
        if not greeting.capabilities & CLIENT.SSL:
            raise TLSRefused.by(settings.address)
        wanted |= CLIENT.SSL
    if not greeting.capabilities & CLIENT.PROTOCOL_41:
        raise OutOfStep.malformed("the greeting is of a server before 4.1")
    capabilities = wanted & greeting.capabilities

    head = _RESPONSE_HEAD.pack(capabilities, wire.LARGEST_PAYLOAD, settings.charset.collation_id)
    if settings.ssl is not None:
        yield StartTLS(head)
        secure = True

    answers = _Answers(settings, greeting.salt, secure=secure)
    plugin = settings.auth_plugin or greeting.auth_plugin or "mysql_native_password"
    response = answers.first(plugin) if plugin in answers.known else b""
    parts = [head, _encoded(settings, settings.user), b"\0"]
    if capabilities & CLIENT.PLUGIN_AUTH_LENENC_CLIENT_DATA:
        parts.append(wire.lenenc_bytes(response))
    else:
        parts += (bytes((len(response),)), response)
    if capabilities & CLIENT.CONNECT_WITH_DB and settings.db:
        parts += (_encoded(settings, settings.db), b"\0")
    if capabilities & CLIENT.PLUGIN_AUTH:
        parts += (plugin.encode("latin1"), b"\0")
    if capabilities & CLIENT.CONNECT_ATTRS:
        parts.append(_packed(attributes))
    return (yield from _verdict(b"".join(parts), plugin, answers, settings, greeting, capabilities))


def change_user(settings: ConnectSettings, before: LoggedIn, *, secure: bool, attributes: Mapping[str, str]) -> Talk:
    """Log in again on a connection that stands (COM_CHANGE_USER): the session begins anew, in the initial database.

    Args:
        before: what the first login found out.

    Raises:
        As login() does.
    """
    greeting, capabilities = before.greeting, before.capabilities
    answers = _Answers(settings, greeting.salt, secure=secure)
    answers.public_key = before.public_key
    plugin = before.plugin
    response = answers.first(plugin) if plugin in answers.known else b""
    if len(response) > 255:
        # An encrypted password does not fit here. The server, offered another plugin, asks for the right one, and that
        # answer has a packet of its own.
        plugin = "mysql_native_password"
        response = answers.first(plugin)
    payload = b"".join(
        (
            b"\x11",
            _encoded(settings, settings.user) + b"\0",
            bytes((len(response),)) + response,
            _encoded(settings, settings.db or "") + b"\0",
            struct.pack("<H", settings.charset.collation_id),
            plugin.encode("latin1") + b"\0" if capabilities & CLIENT.PLUGIN_AUTH else b"",
            _packed(attributes) if capabilities & CLIENT.CONNECT_ATTRS else b"",
        )
    )
    return (yield from _verdict(payload, plugin, answers, settings, greeting, capabilities))


def _verdict(
    payload: bytes,
    plugin: str,
    answers: _Answers,
    settings: ConnectSettings,
    greeting: Greeting,
    capabilities: int,
) -> Talk:
    """Send the answer and go on until the server has decided."""
    reply = yield payload
    switched = False
    while True:
        kind = reply[:1]
        if kind == b"\x00":
            ok = wire.parse_ok(reply, session_track=bool(capabilities & wire.CLIENT_SESSION_TRACK))
            return LoggedIn(
                greeting=greeting,
                capabilities=capabilities,
                status=ok.status,
                plugin=plugin,
                schema=settings.db,
                public_key=answers.public_key,
            )
        if kind == b"\xff":
            raise wire.error_from_payload(reply)
        if kind == b"\xfe":
            if switched:
                raise LoginFailed.in_plugin(plugin, "the server changed the plugin twice")
            switched = True
            name, _, salt = reply[1:].partition(b"\0")
            # One byte alone is the switch to the scramble of MySQL 4.0, which no server of today knows.
            plugin = name.decode("latin1") or "mysql_old_password"
            if plugin not in answers.known:
                raise LoginFailed.unknown_plugin(plugin)
            answers.salt = salt.removesuffix(b"\0") if len(salt) == 21 else salt
            reply = yield answers.first(plugin)
        elif kind == b"\x01":
            reply = yield from answers.further(plugin, reply[1:])
        else:
            raise OutOfStep.malformed(f"{kind.hex() or 'an empty packet'} came during the login")


class _Answers:
    """What each plugin answers."""

    def __init__(self, settings: ConnectSettings, salt: bytes, *, secure: bool) -> None:
        self.salt = salt
        self.public_key = settings.server_public_key
        self._password = settings.password
        self._secure = secure
        # Whoever wants TLS and is not offered it does not come so far.
        self._over_tls = settings.ssl is not None
        self._clear_text_chosen = settings.auth_plugin == "mysql_clear_password"
        self.known = {
            "mysql_native_password": self._native,
            "caching_sha2_password": self._caching_sha2,
            "sha256_password": self._sha256,
            "mysql_clear_password": self._clear,
            "client_ed25519": self._ed25519,
        }

    def first(self, plugin: str) -> bytes:
        """The answer to the salt."""
        return self.known[plugin]()

    def further(self, plugin: str, data: bytes) -> Generator[bytes | None, bytes, bytes]:
        """Answer a packet of more data, and return the first packet that the plugin leaves to others."""
        if plugin == "caching_sha2_password" and data == b"\x03":  # the fast way: the server knew the password
            return (yield None)
        if plugin == "caching_sha2_password" and data == b"\x04":  # the full way: it wants to see it
            return (yield from self._whole_password(plugin, key_request=b"\x02"))
        if plugin == "sha256_password":  # the answer to the request for the key, made in first()
            self.public_key = data
            return (yield self._encrypted(plugin))
        raise LoginFailed.in_plugin(plugin, f"the server sent {data[:20]!r}, which means nothing here")

    def _native(self) -> bytes:
        return wire.scramble_native(self._password, self.salt)

    def _caching_sha2(self) -> bytes:
        return wire.scramble_caching_sha2(self._password, self.salt)

    def _ed25519(self) -> bytes:
        return wire.scramble_ed25519(self._password, self.salt)

    def _clear(self) -> bytes:
        if self._secure or self._clear_text_chosen:
            return self._password + b"\0"
        raise LoginFailed.in_plugin(
            "mysql_clear_password",
            "the server asks for the password in plain text over a connection without TLS; give ssl, or "
            "auth_plugin='mysql_clear_password' if that is meant",
        )

    def _sha256(self) -> bytes:
        if not self._password:
            return b"\0"
        if self._over_tls:  # the server's plugin asks for TLS, and reads what came over a unix socket as encrypted
            return self._password + b"\0"
        return b"\x01" if self.public_key is None else self._encrypted("sha256_password")

    def _whole_password(self, plugin: str, key_request: bytes) -> Generator[bytes | None, bytes, bytes]:
        if self._secure:
            return (yield self._password + b"\0")
        if self.public_key is None:
            reply = yield key_request
            if reply[:1] == b"\xff":
                raise wire.error_from_payload(reply)
            if reply[:1] != b"\x01":
                raise LoginFailed.in_plugin(plugin, f"the server's public key was due, {reply[:20]!r} came")
            self.public_key = reply[1:]
        return (yield self._encrypted(plugin))

    def _encrypted(self, plugin: str) -> bytes:
        assert self.public_key is not None
        try:
            return wire.encrypt_password(self._password, self.salt, self.public_key)
        except ValueError as cause:
            raise LoginFailed.in_plugin(plugin, "the server's public key cannot be read") from cause


def _encoded(settings: ConnectSettings, name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode(settings.charset.encoding)


def _packed(attributes: Mapping[str, str]) -> bytes:
    return _packed_once(tuple(attributes.items()))


@functools.lru_cache(maxsize=64)
def _packed_once(attributes: tuple[tuple[str, str], ...]) -> bytes:
    # All connections of a pool say the same of themselves.
    return wire.lenenc_bytes(
        b"".join(wire.lenenc_bytes(text.encode("utf8")) for name, value in attributes for text in (name, value))
    )
