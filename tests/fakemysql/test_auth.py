"""Logins: scrambles, the plugins' dialogues, and each refusal with its text."""

from __future__ import annotations

import hashlib

import pymysql._auth
import pytest

from fakemysql.auth import (
    Granted,
    Refused,
    Verdict,
    authenticate,
    native_scramble,
    needs_answer,
    sha2_scramble,
)
from fakemysql.constants import CLIENT_PLUGIN_AUTH, CLIENT_SECURE_CONNECTION
from fakemysql.packets import AuthMoreData, AuthSwitchRequest
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona
from fakemysql.rsa import default_key
from fakemysql.sql.accounts import Account, Accounts

NONCE = b"abcdefghijklmnopqrst"
FRESH = b"ABCDEFGHIJKLMNOPQRST"


def login(
    persona: Persona,
    user: str,
    response: bytes,
    *answers: bytes,
    plugin: str | None = None,
    capabilities: int = CLIENT_PLUGIN_AUTH,
    is_secure: bool = False,
    is_encrypted: bool = False,
    requires_tls: bool = False,
    always_switch: bool = False,
    accounts: Accounts | None = None,
) -> tuple[list[AuthSwitchRequest | AuthMoreData], Verdict]:
    """Play one authentication to its end; the messages the server sent, and its verdict."""
    users: dict[str, str | Account] = {
        "app": "s3cret",
        "old": Account("old", "pw", "mysql_native_password"),
        "new": Account("new", "pw", "caching_sha2_password"),
        "cold": Account("cold", "pw", "caching_sha2_password", is_cached=False),
        "sha256": Account("sha256", "pw", "sha256_password"),
        "clear": Account("clear", "pw", "mysql_clear_password"),
    }
    dialogue = authenticate(
        accounts or Accounts(users, persona),
        user=user,
        client_host="localhost",
        client_plugin=persona.default_auth_plugin if plugin is None else plugin,
        response=response,
        nonce=NONCE,
        fresh_nonce=lambda: FRESH,
        capabilities=capabilities,
        is_secure=is_secure,
        is_encrypted=is_encrypted,
        requires_tls=requires_tls,
        always_switch=always_switch,
    )
    sent: list[AuthSwitchRequest | AuthMoreData] = []
    left = list(answers)
    try:
        message = next(dialogue)
        while True:
            sent.append(message)
            message = dialogue.send(left.pop(0) if needs_answer(message) else b"")
    except StopIteration as stop:
        assert not left, "the server asked for less than the test gave"
        verdict: Verdict = stop.value
        return sent, verdict


def denied(user: str, used: str) -> Refused:
    return Refused(1045, "28000", f"Access denied for user '{user}'@'localhost' (using password: {used})")


def test_the_scrambles_prove_the_password_without_showing_it() -> None:
    """As the manual defines them: the server, which keeps a hash of a hash, can undo the XOR."""
    once = hashlib.sha1(b"pw").digest()
    mask = hashlib.sha1(NONCE + hashlib.sha1(once).digest()).digest()
    assert bytes(a ^ b for a, b in zip(native_scramble(b"pw", NONCE), mask, strict=True)) == once
    once = hashlib.sha256(b"pw").digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + NONCE).digest()
    assert bytes(a ^ b for a, b in zip(sha2_scramble(b"pw", NONCE), mask, strict=True)) == once
    assert native_scramble(b"", NONCE) == sha2_scramble(b"", NONCE) == b""


def test_the_right_password_passes_by_the_personas_own_plugin() -> None:
    sent, verdict = login(MARIADB_10_11, "app", native_scramble(b"s3cret", NONCE))
    assert (sent, verdict) == ([], Granted(Account("app", "s3cret")))
    sent, verdict = login(MYSQL_9_7, "app", sha2_scramble(b"s3cret", NONCE))
    assert sent == [AuthMoreData(b"\x03")]
    assert verdict == Granted(Account("app", "s3cret"))


# caching_sha2_password has a second spelling of no password.
@pytest.mark.parametrize(("persona", "empty"), [(MARIADB_10_11, b""), (MYSQL_9_7, b""), (MYSQL_9_7, b"\x00")])
def test_root_needs_no_password_and_no_second_message(persona: Persona, empty: bytes) -> None:
    assert login(persona, "root", empty) == ([], Granted(Account("root")))


@pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
@pytest.mark.parametrize(
    ("user", "response", "used"),
    [
        ("app", b"", "NO"),
        ("app", b"x", "YES"),
        ("app", b"y" * 20, "YES"),
        ("app", b"y" * 33, "YES"),
        ("root", b"z" * 20, "YES"),
        ("App", b"x", "YES"),
        ("nobody", b"", "NO"),
        ("nobody", b"x" * 32, "YES"),
    ],
)
def test_a_wrong_proof_is_refused_in_the_servers_words(persona: Persona, user: str, response: bytes, used: str) -> None:
    assert login(persona, user, response) == ([], denied(user, used))


@pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
def test_another_plugin_than_the_accounts_is_switched_with_the_nonce_of_the_greeting(persona: Persona) -> None:
    sent, verdict = login(persona, "old", b"whatever", native_scramble(b"pw", NONCE), plugin="caching_sha2_password")
    assert sent == [AuthSwitchRequest("mysql_native_password", NONCE)]
    assert isinstance(verdict, Granted)
    sent, verdict = login(persona, "new", b"whatever", sha2_scramble(b"pw", NONCE), plugin="mysql_native_password")
    assert sent == [AuthSwitchRequest("caching_sha2_password", NONCE), AuthMoreData(b"\x03")]
    assert isinstance(verdict, Granted)


def test_the_old_nonce_proves_nothing_where_a_fresh_one_was_sent() -> None:
    _, verdict = login(MYSQL_9_7, "old", b"", native_scramble(b"pw", NONCE), always_switch=True)
    assert verdict == denied("old", "YES")


def test_an_unknown_user_is_refused_at_once_or_after_a_round_as_the_persona_has_it() -> None:
    assert login(MARIADB_10_11, "nobody", b"x" * 32, plugin="caching_sha2_password") == ([], denied("nobody", "YES"))
    sent, verdict = login(MYSQL_9_7, "nobody", b"x" * 20, b"x" * 32, plugin="mysql_native_password")
    assert sent == [AuthSwitchRequest("caching_sha2_password", NONCE)]
    assert verdict == denied("nobody", "YES")


def test_change_user_switches_even_to_the_plugin_that_the_client_began_with() -> None:
    for persona, scramble, nonce in ((MARIADB_10_11, native_scramble, NONCE), (MYSQL_9_7, sha2_scramble, FRESH)):
        sent, verdict = login(persona, "app", b"", scramble(b"s3cret", nonce), always_switch=True)
        assert sent[0] == AuthSwitchRequest(persona.default_auth_plugin, nonce)
        assert isinstance(verdict, Granted)
    sent, verdict = login(MARIADB_10_11, "nobody", b"", b"x" * 20, always_switch=True)
    assert len(sent) == 1
    assert verdict == denied("nobody", "YES")


def test_a_client_without_plugins_can_use_the_old_one_alone() -> None:
    _, verdict = login(MYSQL_9_7, "old", native_scramble(b"pw", NONCE), capabilities=CLIENT_SECURE_CONNECTION)
    assert isinstance(verdict, Granted)
    _, verdict = login(MYSQL_9_7, "app", native_scramble(b"s3cret", NONCE), capabilities=0)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.sqlstate) == (1251, "08004")


@pytest.mark.parametrize(("capabilities", "plugin"), [(0, None), (CLIENT_PLUGIN_AUTH, "mysql_old_password")])
def test_a_password_scrambled_as_before_4_1_is_too_old_for_everybody(capabilities: int, plugin: str | None) -> None:
    """MariaDB names itself in the error, as it was measured."""
    _, verdict = login(MARIADB_10_11, "old", b"abcdefgh", capabilities=capabilities, plugin=plugin)
    text = "Client does not support authentication protocol requested by server; consider upgrading MariaDB client"
    assert verdict == Refused(1251, "08004", text)


def test_a_plugin_without_a_name_is_not_the_old_one() -> None:
    messages, _ = login(MARIADB_10_11, "old", b"", native_scramble(b"pw", NONCE), plugin="")
    assert messages == [AuthSwitchRequest("mysql_native_password", NONCE)]


# ---------------------------------------------------------------------------------------- the password over the wire

KEY = AuthMoreData(default_key().public_pem)
FULL = AuthMoreData(b"\x04")
SHA2 = "caching_sha2_password"


def encrypted(password: bytes, nonce: bytes = NONCE) -> bytes:
    """As PyMySQL's own client side does it."""
    ciphertext: bytes = pymysql._auth.sha2_rsa_encrypt(password, nonce, default_key().public_pem)
    return ciphertext


def test_an_account_that_is_not_cached_shows_its_password_once() -> None:
    accounts = Accounts({"cold": Account("cold", "pw", SHA2, is_cached=False)}, MYSQL_9_7)
    scramble = sha2_scramble(b"pw", NONCE)
    sent, verdict = login(MYSQL_9_7, "cold", scramble, b"pw\x00", is_secure=True, accounts=accounts)
    assert (sent, verdict) == ([FULL], Granted(accounts["cold"]))
    assert login(MYSQL_9_7, "cold", scramble, accounts=accounts)[0] == [AuthMoreData(b"\x03")]
    accounts.forget("cold")
    assert login(MYSQL_9_7, "cold", scramble, b"no\x00", is_secure=True, accounts=accounts)[0] == [FULL]
    assert not accounts.is_cached(accounts["cold"])


def test_without_tls_the_password_comes_encrypted_with_the_servers_key() -> None:
    scramble = sha2_scramble(b"pw", NONCE)
    sent, verdict = login(MYSQL_9_7, "cold", scramble, b"\x02", encrypted(b"pw"), plugin=SHA2)
    assert sent == [FULL, KEY]
    assert isinstance(verdict, Granted)
    # A client that has the key already does not ask for it.
    sent, verdict = login(MYSQL_9_7, "cold", scramble, encrypted(b"pw"), plugin=SHA2)
    assert sent == [FULL]
    assert isinstance(verdict, Granted)


@pytest.mark.parametrize(
    ("is_secure", "answers"),
    [
        (False, [b"\x02", encrypted(b"no")]),
        (False, [b"\x02", encrypted(b"pw", FRESH)]),
        (False, [b"\x02", b"y" * 256]),
        (False, [b"pw\x00"]),
        (False, [b"\x07"]),
        (False, [b""]),
        (True, [b"pw"]),
        (True, [b"no\x00"]),
        (True, [b"\x02"]),
    ],
    ids=["other password", "other nonce", "noise", "in clear", "nothing known", "nothing", "no end", "other", "asks"],
)
@pytest.mark.parametrize("user", ["cold", "new"])
def test_a_wrong_password_is_found_out_by_the_password(user: str, is_secure: bool, answers: list[bytes]) -> None:
    """As a server does it: a scramble that does not fit asks for the password, cached or not."""
    sent, verdict = login(MYSQL_9_7, user, b"x" * 32, *answers, is_secure=is_secure)
    assert sent[0] == FULL
    assert verdict == denied(user, "YES")


@pytest.mark.parametrize(
    ("response", "is_encrypted", "answers", "sent"),
    [
        (b"pw\x00", True, [], []),
        (b"\x01", False, [encrypted(b"pw")], [KEY]),
        (encrypted(b"pw"), False, [], []),
    ],
    ids=["in clear", "asks for the key", "has the key"],
)
def test_sha256_password_is_always_the_password_itself(
    response: bytes, is_encrypted: bool, answers: list[bytes], sent: list[AuthMoreData]
) -> None:
    said = login(MYSQL_9_7, "sha256", response, *answers, plugin="sha256_password", is_encrypted=is_encrypted)
    assert said == (sent, Granted(Account("sha256", "pw", "sha256_password")))


def test_sha256_password_takes_no_password_in_clear_over_a_unix_socket() -> None:
    """caching_sha2_password does; here the server wants it encrypted."""
    said = login(MYSQL_9_7, "sha256", b"pw\x00", plugin="sha256_password", is_secure=True)
    assert said == ([], denied("sha256", "YES"))


def test_sha256_password_refuses_what_is_not_the_password() -> None:
    for response, used in ((b"", "NO"), (b"\x00", "NO"), (b"no\x00", "YES")):
        said = login(MYSQL_9_7, "sha256", response, plugin="sha256_password", is_encrypted=True)
        assert said == ([], denied("sha256", used))
    empty = Accounts({"none": Account("none", "", "sha256_password")}, MYSQL_9_7)
    assert isinstance(login(MYSQL_9_7, "none", b"\x00", plugin="sha256_password", accounts=empty)[1], Granted)


@pytest.mark.parametrize("response", [b"pw\x00", b"pw"])
def test_a_password_in_clear_is_taken_where_the_account_wants_it(response: bytes) -> None:
    sent, verdict = login(MYSQL_9_7, "clear", b"", response)
    assert sent == [AuthSwitchRequest("mysql_clear_password", NONCE)]
    assert isinstance(verdict, Granted)
    assert login(MYSQL_9_7, "clear", b"", b"no\x00")[1] == denied("clear", "YES")


def test_where_tls_is_required_others_are_turned_away_at_once_or_after_their_proof() -> None:
    native, sha2 = native_scramble(b"s3cret", NONCE), sha2_scramble(b"s3cret", NONCE)
    assert login(MARIADB_10_11, "app", native, requires_tls=True) == ([], denied("app", "YES"))
    _, verdict = login(MYSQL_9_7, "app", sha2, requires_tls=True)
    assert verdict == Refused(
        3159,
        "HY000",
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.",
    )
    assert login(MYSQL_9_7, "app", b"", requires_tls=True)[1] == denied("app", "NO")
    for persona, scramble in ((MARIADB_10_11, native), (MYSQL_9_7, sha2)):
        assert isinstance(login(persona, "app", scramble, requires_tls=True, is_secure=True)[1], Granted)


def test_accounts_are_checked_when_they_are_given() -> None:
    with pytest.raises(ValueError, match=r"users\['a'\] wants the plugin 'magic'; there are caching_sha2_password"):
        Accounts({"a": Account("a", "", "magic")}, MYSQL_9_7)
    with pytest.raises(ValueError, match=r"users\['a'\] is an account with another name, 'b'"):
        Accounts({"a": Account("b")}, MYSQL_9_7)


def test_root_is_always_there_and_may_be_given_a_password() -> None:
    accounts = Accounts({"root": "pw"}, MYSQL_9_7)
    assert [account.name for account in accounts] == ["root"]
    assert accounts["root"].password == "pw"
    assert accounts.get("nobody") is None
