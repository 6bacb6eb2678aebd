"""Logins: scrambles, the plugins' dialogues, and each refusal with its text."""

from __future__ import annotations

import hashlib

import pytest

from fakemysql.auth import (
    Account,
    Accounts,
    Granted,
    Refused,
    Verdict,
    authenticate,
    native_scramble,
    needs_answer,
    sha2_scramble,
)
from fakemysql.constants import CLIENT_PLUGIN_AUTH
from fakemysql.packets import AuthMoreData, AuthSwitchRequest
from fakemysql.persona import MARIADB_10_11, MYSQL_9_7, Persona

NONCE = b"abcdefghijklmnopqrst"
FRESH = b"ABCDEFGHIJKLMNOPQRST"


def login(
    persona: Persona,
    user: str,
    response: bytes,
    *answers: bytes,
    plugin: str | None = None,
    capabilities: int = CLIENT_PLUGIN_AUTH,
    always_switch: bool = False,
) -> tuple[list[AuthSwitchRequest | AuthMoreData], Verdict]:
    """Play one authentication to its end; the messages the server sent, and its verdict."""
    users: dict[str, str | Account] = {
        "app": "s3cret",
        "old": Account("old", "pw", "mysql_native_password"),
        "new": Account("new", "pw", "caching_sha2_password"),
    }
    dialogue = authenticate(
        Accounts(users, persona),
        user=user,
        client_host="localhost",
        client_plugin=plugin or persona.default_auth_plugin,
        response=response,
        nonce=NONCE,
        fresh_nonce=lambda: FRESH,
        capabilities=capabilities,
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
        ("app", b"y" * 32, "YES"),
        ("root", b"z" * 20, "YES"),
        ("App", b"x", "YES"),
        ("nobody", b"", "NO"),
        ("nobody", b"x" * 32, "YES"),
    ],
)
def test_a_wrong_proof_is_refused_in_the_servers_words(persona: Persona, user: str, response: bytes, used: str) -> None:
    assert login(persona, user, response) == ([], denied(user, used))


@pytest.mark.parametrize("persona", [MARIADB_10_11, MYSQL_9_7], ids=lambda persona: persona.name)
def test_another_plugin_than_the_accounts_is_switched_with_a_fresh_nonce(persona: Persona) -> None:
    sent, verdict = login(persona, "old", b"whatever", native_scramble(b"pw", FRESH), plugin="caching_sha2_password")
    assert sent == [AuthSwitchRequest("mysql_native_password", FRESH)]
    assert isinstance(verdict, Granted)
    sent, verdict = login(persona, "new", b"whatever", sha2_scramble(b"pw", FRESH), plugin="mysql_native_password")
    assert sent == [AuthSwitchRequest("caching_sha2_password", FRESH), AuthMoreData(b"\x03")]
    assert isinstance(verdict, Granted)


def test_the_old_nonce_proves_nothing_after_a_switch() -> None:
    _, verdict = login(MYSQL_9_7, "old", b"", native_scramble(b"pw", NONCE), plugin="caching_sha2_password")
    assert verdict == denied("old", "YES")


def test_an_unknown_user_is_refused_at_once_or_after_a_round_as_the_persona_has_it() -> None:
    assert login(MARIADB_10_11, "nobody", b"x" * 32, plugin="caching_sha2_password") == ([], denied("nobody", "YES"))
    sent, verdict = login(MYSQL_9_7, "nobody", b"x" * 20, b"x" * 32, plugin="mysql_native_password")
    assert sent == [AuthSwitchRequest("caching_sha2_password", FRESH)]
    assert verdict == denied("nobody", "YES")


def test_change_user_switches_even_to_the_plugin_that_the_client_began_with() -> None:
    for persona, scramble in ((MARIADB_10_11, native_scramble), (MYSQL_9_7, sha2_scramble)):
        sent, verdict = login(persona, "app", b"", scramble(b"s3cret", FRESH), always_switch=True)
        assert sent[0] == AuthSwitchRequest(persona.default_auth_plugin, FRESH)
        assert isinstance(verdict, Granted)
    sent, verdict = login(MARIADB_10_11, "nobody", b"", b"x" * 20, always_switch=True)
    assert len(sent) == 1
    assert verdict == denied("nobody", "YES")


def test_a_client_without_plugins_can_use_the_old_one_alone() -> None:
    _, verdict = login(MYSQL_9_7, "old", native_scramble(b"pw", NONCE), capabilities=0)
    assert isinstance(verdict, Granted)
    _, verdict = login(MYSQL_9_7, "app", native_scramble(b"s3cret", NONCE), capabilities=0)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.sqlstate) == (1251, "08004")


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
