"""Payloads to values and back, and what PyMySQL does for us."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from pathlib import Path

import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql import _auth

from refpool import wire
from tests.support import scripted_server as script


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_a_length_encoded_integer_comes_back(number: int, behind: bytes) -> None:
    """Written and read, it is the same, whatever stands behind it; cut short anywhere, it is refused."""
    data = wire.lenenc(number)
    assert wire.lenenc_int_at(data + behind, 0) == (number, len(data))
    assert data == script.lenenc(number)
    for size in range(len(data)):
        with pytest.raises(wire.MalformedPacket):
            wire.lenenc_int_at(data[:size], 0)


@pytest.mark.parametrize("first", [0xFB, 0xFF])
def test_null_and_error_begin_no_integer(first: int) -> None:
    """0xFB is NULL and 0xFF begins an ERR."""
    with pytest.raises(wire.MalformedPacket, match="begins no length-encoded integer"):
        wire.lenenc_int_at(bytes((first,)) * 9, 0)


class TestGreeting:
    """Protocol::HandshakeV10."""

    def test_it_is_read_whole(self) -> None:
        """All fields, the salt without its closing zero byte."""
        greeting = wire.parse_greeting(script.greeting(script.BASIC, "caching_sha2_password", 2, 99))
        assert greeting == wire.Greeting(
            10, "8.4.0-script", 99, script.SALT, script.BASIC, script.UTF8MB4, 2, "caching_sha2_password"
        )

    def test_an_old_server_says_less(self) -> None:
        """Without the second half there is an 8-byte salt and no plugin; before 5.5.10 the name is not ended."""
        whole = script.greeting(plugin="x")
        short = wire.parse_greeting(whole[: len(b"\x0a8.4.0-script\0") + 4 + 9 + 2])
        assert (short.salt, short.collation, short.auth_plugin) == (script.SALT[:8], None, "")
        assert wire.parse_greeting(whole[:-1]).auth_plugin == "x"
        assert wire.parse_greeting(script.greeting(script.PROTOCOL_41)).auth_plugin == ""

    @pytest.mark.parametrize("payload", [b"", b"\x09x", b"\x0a5.7\0\x01", b"\x0a5.7"])
    def test_another_protocol_is_refused(self, payload: bytes) -> None:
        """Version 9, and what is cut short."""
        with pytest.raises(wire.MalformedPacket):
            wire.parse_greeting(payload)


class TestOk:
    """OK_Packet and EOF_Packet."""

    @given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 65535), st.integers(0, 65535))
    def test_it_is_read_whole(self, affected: int, insert_id: int, status: int, warnings: int) -> None:
        """Numbers of any size, and the message behind them."""
        payload = script.ok(status, affected=affected, insert_id=insert_id, warnings=warnings, tail=b"hello")
        assert wire.parse_ok(payload, session_track=False) == (affected, insert_id, status, warnings, b"hello", None)

    def test_a_changed_schema_is_told(self) -> None:
        """With CLIENT_SESSION_TRACK the message has a length, and changes of the session follow."""
        changes = b"\x00" + script.text(script.text("autocommit") + script.text("ON"))
        changes += b"\x01" + script.text(script.text("shop"))
        payload = script.ok(1 << 14, tail=script.text("") + script.text(changes))
        assert wire.parse_ok(payload, session_track=True).schema == "shop"
        assert wire.parse_ok(script.ok(1 << 14, tail=script.text("") + script.text(b"")), session_track=True)[5] is None
        plain = wire.parse_ok(script.ok(2, tail=script.text("Rows matched")), session_track=True)
        assert (plain.message, plain.schema) == (b"Rows matched", None)

    @pytest.mark.parametrize("payload", [b"\0", b"\0\0\0", b"\0\0\0\2\0\0", b"\0\xfc\1", b"\0\0\0\2\0\0\0\x09x"])
    def test_a_short_one_is_refused(self, payload: bytes) -> None:
        """It ended inside a field."""
        with pytest.raises(wire.MalformedPacket):
            wire.parse_ok(payload, session_track=True)

    def test_an_eof_has_status_and_warnings(self) -> None:
        """In this order, which is not the packet's."""
        assert wire.parse_eof(script.eof(3, 7)) == (3, 7)
        with pytest.raises(wire.MalformedPacket, match="no status"):
            wire.parse_eof(b"\xfe\0\0")


class TestErr:
    """ERR_Packet."""

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (1062, pymysql.err.IntegrityError),
            (1064, pymysql.err.ProgrammingError),
            (1045, pymysql.err.OperationalError),
            (9999, pymysql.err.OperationalError),
            (900, pymysql.err.InternalError),
            (40000, pymysql.err.OperationalError),
        ],
    )
    def test_the_code_chooses_the_class(self, code: int, kind: type[Exception]) -> None:
        """By PyMySQL's table, codes above 32767 included."""
        error = wire.error_from_payload(script.err(code, "wörds", "42000"))
        assert type(error) is kind
        assert error.args == (code, "wörds")
        assert vars(error)["sqlstate"] == "42000"

    def test_a_refusal_before_the_greeting_has_no_sqlstate(self) -> None:
        """1040, for one."""
        error = wire.error_from_payload(script.err(1040, "Too many connections", None))
        assert (error.args, vars(error)["sqlstate"]) == ((1040, "Too many connections"), None)
        with pytest.raises(wire.MalformedPacket):
            wire.error_from_payload(b"\xff\x01")


def test_a_column_is_read_with_its_seven() -> None:
    """The attributes, and the DB-API's description as PyMySQL fills it."""
    field = wire.parse_field(script.column("ä", script.VAR_STRING, script.UTF8MB4, "tab"), "utf8")
    assert (field.name, field.table_name, field.type_code, field.charsetnr) == ("ä", "tab", 253, 45)
    assert field.description() == ("ä", 253, None, 80, 80, 0, True)


@pytest.mark.parametrize(
    "payload", [b"", b"\x03def", script.column()[:-8], script.column(b"\xff".decode("latin1"))[:20]]
)
def test_a_column_cut_short_is_refused(payload: bytes) -> None:
    """It ended inside a field."""
    with pytest.raises(wire.MalformedPacket, match="cannot be read"):
        wire.parse_field(payload, "utf8")


def test_charsets() -> None:
    """PyMySQL's, with Python's codec; an unknown one is a LookupError."""
    known = wire.charset_named("latin1")
    assert (known.name, known.encoding, known.collation) == ("latin1", "cp1252", "latin1_swedish_ci")
    assert wire.charset_name_of_collation(45) == "utf8mb4"
    assert wire.charset_name_of_collation(60000) is None
    with pytest.raises(LookupError, match="klingon"):
        wire.charset_named("klingon")


class TestEscape:
    """Values to literals."""

    @pytest.mark.parametrize(
        ("value", "literal"),
        [
            ("it's\\", r"'it\'s\\'"),
            (b"\x00'\xff", "_binary X'0027ff'"),
            (bytearray(b"\x01"), "_binary X'01'"),
            (memoryview(b"\x02"), "_binary X'02'"),
            ((1, "a", b"b"), "(1,'a',_binary X'62')"),
            ([1, 2], "(1,2)"),
            ({3}, "(3)"),
            (frozenset({4}), "(4)"),
            (((1, 2), (3, 4)), "((1,2),(3,4))"),
            (None, "NULL"),
            (True, "1"),
            (7, "7"),
            (1.5, "1.5e0"),
            (Decimal("1.10"), "1.10"),
            (datetime.date(2024, 1, 2), "'2024-01-02'"),
            (datetime.datetime(2024, 1, 2, 3, 4, 5, 6), "'2024-01-02 03:04:05.000006'"),
            (datetime.timedelta(hours=30), "'30:00:00'"),
            (datetime.timedelta(hours=838, minutes=59, seconds=59), "'838:59:59'"),
            (datetime.timedelta(minutes=1, microseconds=20), "'00:01:00.000020'"),
            (datetime.timedelta(seconds=-1), "'-00:00:01'"),
            (-datetime.timedelta(hours=30, microseconds=5), "'-30:00:00.000005'"),
            (datetime.time(1, 2, 3), "'01:02:03'"),
            (Path("a'b"), r"'a\'b'"),
        ],
    )
    def test_each_type_has_its_literal(self, value: object, literal: str) -> None:
        """PyMySQL's converters, and bytes and sequences, which break in aiomysql with PyMySQL of today."""
        assert wire.escape(value, "utf8mb4") == literal

    def test_without_backslashes(self) -> None:
        """Under NO_BACKSLASH_ESCAPES a backslash is itself, also in values that are made text first."""
        assert wire.escape("a'\\", "utf8mb4", no_backslash_escapes=True) == "'a''\\'"
        assert wire.escape(("'",), "utf8mb4", no_backslash_escapes=True) == "('''')"
        assert wire.escape(Path("a'\\"), "utf8mb4", no_backslash_escapes=True) == "'a''\\'"
        assert wire.escape(7, "utf8mb4", no_backslash_escapes=True) == "7"

    def test_what_has_no_literal_is_refused(self) -> None:
        """A dict is a TypeError, nan a ProgrammingError."""
        with pytest.raises(TypeError, match="dict"):
            wire.escape({"a": 1}, "utf8mb4")
        with pytest.raises(pymysql.err.ProgrammingError):
            wire.escape(math.nan, "utf8mb4")

    def test_the_two_helpers_of_aiomysql(self) -> None:
        """escape_sequence and escape_dict give literals."""
        assert wire.escape_sequence([1, "a"], "utf8mb4") == "(1,'a')"
        assert wire.escape_dict({"k": b"\1"}, "utf8mb4") == {"k": "_binary X'01'"}


class TestPasswords:
    """The scrambles are PyMySQL's; what is ours is what happens when a package is missing."""

    def test_scrambles_have_their_lengths(self) -> None:
        """20 bytes native, 32 caching_sha2, none for an empty password."""
        assert len(wire.scramble_native(b"p", script.SALT)) == 20
        assert len(wire.scramble_caching_sha2(b"p", script.SALT)) == 32
        assert wire.scramble_native(b"", script.SALT) == wire.scramble_caching_sha2(b"", script.SALT) == b""

    def test_missing_packages_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The text says what to install."""
        monkeypatch.setattr(_auth, "_have_cryptography", False)
        with pytest.raises(wire.MissingPackage, match=r"pip install refpool\[rsa\]"):
            wire.encrypt_password(b"p", script.SALT, b"key")

        def missing() -> None:
            raise RuntimeError("no nacl")

        monkeypatch.setattr(_auth, "_nacl_bindings", False)
        monkeypatch.setattr(_auth, "_init_nacl", missing)
        with pytest.raises(wire.MissingPackage, match=r"pip install PyMySQL\[ed25519\]"):
            wire.scramble_ed25519(b"p", script.SALT)
