"""Who may log in, and the dialogue that proves it: each plugin is a generator.

A plugin is started with an :class:`Attempt`, yields each message that it wants sent, is resumed with the client's next
packet, and returns whether the proof holds. :func:`authenticate` chooses the plugin, switches to it where the client
began with another, and turns the outcome into a :data:`Verdict`. Nothing here sees a socket or a sequence number, and
chance comes in as the nonces.

caching_sha2_password knows two ways: the fast one, a scramble checked against the server's cache, and the full one,
where the password itself crosses a secure channel: in clear under TLS or on a unix socket, otherwise encrypted with the
server's RSA key, which is loaded by the first client that asks for it. An account is in the cache from the start, as if
it had logged in before, unless it is made otherwise or :meth:`Accounts.forget` takes it out. A scramble that does not
fit leads to the full way too, as on a server: a wrong password is found out by the password.

Source: MySQL manual, "Native Authentication" and "Caching SHA-256 information"; refusals as both servers worded them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, TypeAlias

from .constants import CLIENT_PLUGIN_AUTH, CLIENT_SECURE_CONNECTION
from .packets import AuthMoreData, AuthSwitchRequest
from .records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .sql.accounts import Account, Accounts

FAST_AUTH_SUCCESS: Final = b"\x03"
PERFORM_FULL_AUTHENTICATION: Final = b"\x04"

# How a client asks for the RSA key.
_SHA2_KEY_REQUEST: Final = b"\x02"
_SHA256_KEY_REQUEST: Final = b"\x01"
_SHA2_SCRAMBLE_BYTES: Final = 32
_NATIVE_SCRAMBLE_BYTES: Final = 20

# What a client that lacks CLIENT_PLUGIN_AUTH can do, and nothing else.
_BEFORE_PLUGINS: Final = "mysql_native_password"
# What one can do that lacks CLIENT_SECURE_CONNECTION as well, which no server of today takes.
_BEFORE_SECURE: Final = "mysql_old_password"


@record
class Attempt:
    """What a plugin judges: the account's password, the nonce that was sent, and the client's first response.

    is_secure: nobody listens in, so that a password may come in clear. is_cached: the fast way is open. native_hash:
    the SHA1 of the SHA1 of a password that is not known itself; None where it is. is_encrypted: under TLS.
    """

    password: bytes
    nonce: bytes
    response: bytes
    is_secure: bool = False
    is_cached: bool = True
    native_hash: bytes | None = None
    is_encrypted: bool = False


@record
class Granted:
    """The client is who it says."""

    account: Account


@record
class Refused:
    """The client is turned away with this ERR."""

    code: int
    sqlstate: str
    message: str


Verdict: TypeAlias = Granted | Refused
Dialogue: TypeAlias = Generator[AuthSwitchRequest | AuthMoreData, bytes, bool]
Plugin: TypeAlias = Callable[[Attempt], Dialogue]


def native_scramble(password: bytes, nonce: bytes) -> bytes:
    """mysql_native_password: SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))); empty for no password."""
    if not password:
        return b""
    once = hashlib.sha1(password).digest()
    return _xor(once, hashlib.sha1(nonce + hashlib.sha1(once).digest()).digest())


def sha2_scramble(password: bytes, nonce: bytes) -> bytes:
    """caching_sha2_password: SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce); empty for no password."""
    if not password:
        return b""
    once = hashlib.sha256(password).digest()
    return _xor(once, hashlib.sha256(hashlib.sha256(once).digest() + nonce).digest())


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def mysql_native_password(attempt: Attempt) -> Dialogue:
    """One response, right or wrong."""
    yield from ()
    if attempt.native_hash is None:
        return attempt.response == native_scramble(attempt.password, attempt.nonce)
    if len(attempt.response) != _NATIVE_SCRAMBLE_BYTES:
        return False
    once = _xor(attempt.response, hashlib.sha1(attempt.nonce + attempt.native_hash).digest())
    return hashlib.sha1(once).digest() == attempt.native_hash


def caching_sha2_password(attempt: Attempt) -> Dialogue:
    """The fast way, or the full one; an empty password takes neither."""
    if _is_empty(attempt.response) or len(attempt.response) != _SHA2_SCRAMBLE_BYTES:
        return _is_empty(attempt.response) and not attempt.password
    if attempt.is_cached and attempt.response == sha2_scramble(attempt.password, attempt.nonce):
        # Nothing is due from the client: whoever drives this resumes at once, see needs_answer().
        yield AuthMoreData(FAST_AUTH_SUCCESS)
        return True
    response = yield AuthMoreData(PERFORM_FULL_AUTHENTICATION)
    return (yield from _password_came(attempt, response, _SHA2_KEY_REQUEST, is_secure=attempt.is_secure))


def sha256_password(attempt: Attempt) -> Dialogue:
    """Always the password itself; the first response is the password already, or asks for the key."""
    if _is_empty(attempt.response):
        return not attempt.password
    # To this plugin a unix socket is no secure channel.
    return (yield from _password_came(attempt, attempt.response, _SHA256_KEY_REQUEST, is_secure=attempt.is_encrypted))


def mysql_clear_password(attempt: Attempt) -> Dialogue:
    """The password in clear and ended by a NUL, whoever listens in: that is the client's decision."""
    yield from ()
    return attempt.response.removesuffix(b"\x00") == attempt.password


def _is_empty(response: bytes) -> bool:
    # The client library sends no password as a lone NUL, most others as nothing at all.
    return response in (b"", b"\x00")


def _password_came(attempt: Attempt, response: bytes, key_request: bytes, *, is_secure: bool) -> Dialogue:
    """The password over the wire: in clear where nobody listens in, otherwise encrypted, with the key if asked for."""
    if is_secure:
        return response == attempt.password + b"\x00"
    from .rsa import DecryptionFailed, default_key

    key = default_key()
    if response == key_request:
        response = yield AuthMoreData(key.public_pem)
    try:
        return key.recover_password(response, attempt.nonce) == attempt.password
    except DecryptionFailed:
        return False


PLUGINS: Final[Mapping[str, Plugin]] = {
    "mysql_native_password": mysql_native_password,
    "caching_sha2_password": caching_sha2_password,
    "sha256_password": sha256_password,
    "mysql_clear_password": mysql_clear_password,
}


def needs_answer(message: AuthSwitchRequest | AuthMoreData) -> bool:
    """Whether the client says something after this message; all but the fast path's acknowledgement need it."""
    return not (isinstance(message, AuthMoreData) and message.data == FAST_AUTH_SUCCESS)


def authenticate(
    accounts: Accounts,
    *,
    user: str,
    client_host: str,
    client_plugin: str | None,
    response: bytes,
    nonce: bytes,
    fresh_nonce: Callable[[], bytes],
    capabilities: int,
    is_secure: bool = False,
    is_encrypted: bool = False,
    requires_tls: bool = False,
    always_switch: bool = False,
) -> Generator[AuthSwitchRequest | AuthMoreData, bytes, Verdict]:
    """The server's half of one authentication.

    Args:
        client_host: as the refusal names it.
        client_plugin: the plugin that made response, None where the client named none.
        nonce: what the greeting carried.
        fresh_nonce: 20 new bytes, for a COM_CHANGE_USER where the server draws some; every other switch repeats nonce.
        capabilities: the effective ones.
        is_secure: nobody listens in: TLS, or a unix socket. is_encrypted: TLS.
        requires_tls: nobody may log in where somebody may listen in.
        always_switch: switch even if the plugin is right, as COM_CHANGE_USER does.
    """
    account = accounts.match(user, client_host)
    plugin = accounts.plugin_of(account)
    persona = accounts.persona
    if requires_tls and not is_secure and persona.insecure_transport_is_denied_at_once:
        return _denied(user, client_host, response)
    names_plugins = bool(capabilities & CLIENT_PLUGIN_AUTH)
    if client_plugin is None or not names_plugins:
        is_old = not names_plugins and not capabilities & CLIENT_SECURE_CONNECTION and not _is_empty(response)
        client_plugin = _BEFORE_SECURE if is_old else _BEFORE_PLUGINS
    is_too_old = (client_plugin, plugin) == (_BEFORE_SECURE, _BEFORE_PLUGINS)
    if is_too_old or (not names_plugins and client_plugin != plugin):
        return Refused(
            1251,
            "08004",
            "Client does not support authentication protocol requested by server; consider upgrading"
            f" {persona.product} client",
        )
    if names_plugins and (always_switch or client_plugin != plugin):
        if not always_switch and account is None and persona.unknown_user_is_refused_at_once:
            return _denied(user, client_host, response)
        if always_switch and persona.change_user_brings_a_fresh_nonce:
            nonce = fresh_nonce()
        response = yield AuthSwitchRequest(plugin, nonce)
    if account is None:
        return _denied(user, client_host, response)
    if not (account.password or account.native_hash or response):
        # Nothing to prove and no proof, as in most tests' logins: all plugins say the same to it, and at once.
        proved = True
    else:
        native_hash = bytes.fromhex(account.native_hash[1:]) if account.native_hash else None
        is_cached = accounts.is_cached(account)
        attempt = Attempt(account.password.encode(), nonce, response, is_secure, is_cached, native_hash, is_encrypted)
        proved = yield from PLUGINS[plugin](attempt)
    if not proved or (account.requires_tls and not is_encrypted):
        return _denied(user, client_host, response)
    accounts.remember(account)
    if account.is_locked:
        code, sqlstate, text = persona.account_locked
        return Refused(code, sqlstate, text.format(user=user, host=client_host))
    if requires_tls and not is_secure:
        return Refused(
            3159,
            "HY000",
            "Connections using insecure transport are prohibited while --require_secure_transport=ON.",
        )
    return Granted(account)


def _denied(user: str, client_host: str, response: bytes) -> Refused:
    used = "NO" if _is_empty(response) else "YES"
    return Refused(1045, "28000", f"Access denied for user '{user}'@'{client_host}' (using password: {used})")
