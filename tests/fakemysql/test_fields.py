"""Integers and strings on the wire: the manual's examples, round trips, and bytes that are nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.fields import FieldReader, MalformedPacket, fixed_int, lenenc_bytes, lenenc_int, null_terminated

# The borders of each form, with the bytes that the manual's table gives.
LENGTH_ENCODED = [
    (0, b"\x00"),
    (250, b"\xfa"),
    (251, b"\xfc\xfb\x00"),
    (65535, b"\xfc\xff\xff"),
    (65536, b"\xfd\x00\x00\x01"),
    (16777215, b"\xfd\xff\xff\xff"),
    (16777216, b"\xfe\x00\x00\x00\x01\x00\x00\x00\x00"),
    (2**64 - 1, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff"),
]


@pytest.mark.parametrize(("value", "written"), LENGTH_ENCODED)
def test_a_length_encoded_integer_has_the_manuals_bytes_both_ways(value: int, written: bytes) -> None:
    assert lenenc_int(value) == written
    reader = FieldReader(written)
    assert reader.lenenc_int("n") == value
    assert reader.remaining == 0


@given(st.integers(0, 2**64 - 1))
def test_any_integer_comes_back_and_leaves_what_follows(value: int) -> None:
    reader = FieldReader(lenenc_int(value) + b"rest")
    assert reader.lenenc_int("n") == value
    assert reader.rest() == b"rest"


@given(st.binary(max_size=300), st.binary(max_size=5))
def test_strings_come_back_and_leave_what_follows(value: bytes, behind: bytes) -> None:
    reader = FieldReader(lenenc_bytes(value) + behind)
    assert reader.lenenc_bytes("s") == value
    assert reader.rest() == behind
    if 0 not in value:
        reader = FieldReader(null_terminated(value) + behind)
        assert reader.null_terminated("s") == value
        assert reader.rest() == behind


def test_a_nul_inside_a_null_terminated_string_is_the_writers_mistake() -> None:
    with pytest.raises(ValueError, match="cannot hold a NUL"):
        null_terminated(b"a\x00b")


def test_null_is_a_cell_of_its_own() -> None:
    reader = FieldReader(b"\xfb\x01x")
    assert reader.lenenc_bytes_or_null("cell") is None
    assert reader.lenenc_bytes_or_null("cell") == b"x"


@pytest.mark.parametrize(
    ("data", "read", "words"),
    [
        (b"\x01", lambda r: r.fixed_int(2, "port"), "port wants 2 bytes at offset 0, but the packet has 1 left"),
        (b"\xfb", lambda r: r.lenenc_int("rows"), "rows begins with 0xfb"),
        (b"\xff", lambda r: r.lenenc_int("rows"), "rows begins with 0xff"),
        (b"\xfc\x01", lambda r: r.lenenc_int("rows"), "rows wants 2 bytes"),
        (b"\x05abc", lambda r: r.lenenc_bytes("name"), "name wants 5 bytes at offset 1"),
        (b"abc", lambda r: r.null_terminated("user"), "user at offset 0 is not ended by a NUL"),
    ],
)
def test_what_ends_inside_a_field_is_malformed_and_says_which(data: bytes, read: object, words: str) -> None:
    assert callable(read)
    with pytest.raises(MalformedPacket, match=words):
        read(FieldReader(data))


@given(st.binary(max_size=40), st.lists(st.sampled_from(["lenenc_int", "lenenc_bytes", "null_terminated", "cell"])))
def test_arbitrary_bytes_raise_nothing_but_malformed_packet(data: bytes, reads: list[str]) -> None:
    reader = FieldReader(data)
    for read in reads:
        try:
            if read == "cell":
                reader.lenenc_bytes_or_null("x")
            else:
                getattr(reader, read)("x")
        except MalformedPacket:
            break
    assert 0 <= reader.remaining <= len(data)


def test_a_fixed_integer_is_little_endian() -> None:
    assert fixed_int(0x010203, 3) == b"\x03\x02\x01"
    assert FieldReader(b"\x03\x02\x01").fixed_int(3, "n") == 0x010203
