"""The compressed protocol: recorded bytes, round trips, and whatever bytes may come."""

from __future__ import annotations

import random
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakemysql.compression import MIN_COMPRESSED_BYTES, PIECE_BYTES, CannotUncompress, CompressedFraming, Compression
from fakemysql.framing import Framing, FramingError, OutOfOrder, PacketTooBig

# SELECT 1 as it was answered by MariaDB 10.11.19 over CLIENT_COMPRESS, the packets inside and the form they came in.
ANSWER_INSIDE = bytes.fromhex(
    "010000010117000002036465660000000131000c3f000100000003810000000005000003fe0000020002000004013105000005fe00000200"
)


def compressed(piece: bytes, number: int = 0, declared: int | None = None) -> bytes:
    """A compressed packet by another hand than ours."""
    body = zlib.compress(piece)
    size = len(piece) if declared is None else declared
    return len(body).to_bytes(3, "little") + bytes([number]) + size.to_bytes(3, "little") + body


def plain(piece: bytes, number: int = 0) -> bytes:
    return len(piece).to_bytes(3, "little") + bytes([number]) + bytes(3) + piece


def pieces(compression: Compression) -> list[bytes]:
    taken = []
    while (piece := compression.next_piece()) is not None:
        taken.append(piece)
    return taken


@pytest.mark.parametrize("number", [0, 1, 255])
def test_a_short_piece_is_sent_as_it_is(number: int) -> None:
    compression = Compression()
    compression.sequence = number
    piece = b"x" * (MIN_COMPRESSED_BYTES - 1)
    assert compression.wrap(piece) == plain(piece, number)
    assert compression.sequence == (number + 1) % 256


def test_an_answer_of_a_server_is_wrapped_as_the_server_wrapped_it() -> None:
    compression = Compression()
    compression.receive(plain(b"\x09\x00\x00\x00\x03SELECT 1"))
    assert compression.next_piece() == b"\x09\x00\x00\x00\x03SELECT 1"
    wrapped = compression.wrap(ANSWER_INSIDE)
    assert len(ANSWER_INSIDE) == 56
    assert wrapped[:7] == bytes.fromhex("340000 01 380000")
    assert zlib.decompress(wrapped[7:]) == ANSWER_INSIDE


def test_a_piece_that_would_grow_is_sent_as_it_is() -> None:
    noise = random.Random(7).randbytes(PIECE_BYTES)
    assert Compression().wrap(noise) == plain(noise)


def framed(*bodies: bytes) -> bytes:
    framing = Framing(limit_bytes=1 << 25)
    framing.sequence = 1
    return b"".join(map(framing.frame, bodies))


@pytest.mark.parametrize(
    ("bodies", "sizes"),
    [
        ([b"x"], [5]),
        ([b"x" * 16_380], [PIECE_BYTES]),
        ([b"x" * 16_381], [PIECE_BYTES, 1]),
        ([b"x" * 30_000], [PIECE_BYTES, 13_620]),
        ([b"x" * 100] * 400, [PIECE_BYTES, PIECE_BYTES, 8_832]),
        # SELECT REPEAT('x', 100000) and the same with 17 MiB, as MariaDB 10.11.19 and MySQL 9.7.4 cut their answers.
        ([b"x", b"x" * 40, b"x" * 5, b"x" * 100_004, b"x" * 5], [PIECE_BYTES, 83_682, 9]),
        (
            [b"x", b"x" * 47, b"x" * 5, b"x" * 17_825_801, b"x" * 5],
            [PIECE_BYTES, 16_760_900, PIECE_BYTES, 1_032_206, 9],
        ),
    ],
    ids=["short", "just", "a byte more", "long", "many", "recorded", "recorded, 16 MiB"],
)
def test_a_stream_is_cut_where_servers_cut_it(bodies: list[bytes], sizes: list[int]) -> None:
    """mysql-connector-python loses bytes of a long answer that is cut otherwise."""
    sealing = CompressedFraming(limit_bytes=1 << 25)
    wire = sealing.seal(framed(*bodies))
    reader = Compression()
    reader.receive(wire)
    taken = pieces(reader)
    assert [len(piece) for piece in taken] == sizes
    assert b"".join(taken) == framed(*bodies)


def test_nothing_makes_no_packet() -> None:
    assert CompressedFraming(limit_bytes=100).seal(b"") == b""


def test_bytes_that_are_no_packets_are_sealed_as_well() -> None:
    """A fault writes what it likes."""
    reader = Compression()
    reader.receive(CompressedFraming(limit_bytes=100).seal(b"\xff" * 20_000 + b"no packet"))
    assert b"".join(pieces(reader)) == b"\xff" * 20_000 + b"no packet"


def test_a_compressed_framing_joins_payloads_and_numbers_answers_on_from_the_outer_number() -> None:
    framing = CompressedFraming(limit_bytes=1 << 25)
    body = b"\x03SELECT '" + b"x" * 100_000 + b"'"
    stream = len(body).to_bytes(3, "little") + b"\x00" + body
    wire = b"".join(
        compressed(stream[start : start + 30_000], number) for number, start in enumerate(range(0, 100_014, 30_000))
    )
    for byte in wire[:-1]:
        framing.receive(bytes([byte]))
        assert framing.next_payload() is None
    assert framing.pending_bytes > 0
    framing.receive(wire[-1:])
    assert framing.next_payload() == body
    assert framing.frame(b"answer")[3] == 4
    assert framing.seal(framing.frame(b"answer"))[3] == 4
    framing.restart()
    framing.receive(plain(b"\x01\x00\x00\x07\x0e", 0))
    assert framing.next_payload() == b"\x0e", "the inner number is not looked at"
    assert framing.next_payload() is None


def test_a_compressed_framing_keeps_its_limit() -> None:
    framing = CompressedFraming(limit_bytes=1000)
    framing.receive(compressed(b"\xff\xff\xff\x00" + bytes(100_000)))
    with pytest.raises(PacketTooBig):
        framing.next_payload()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=80), st.integers(1, 500)), min_size=1, max_size=8), st.integers(1, 64))
def test_whatever_is_wrapped_comes_out_in_any_segmentation(parts: list[tuple[bytes, int]], size: int) -> None:
    streams = [part * times for part, times in parts]
    writer, reader = Compression(), Compression()
    wire = b"".join(map(writer.wrap, streams))
    taken = b""
    for start in range(0, len(wire), size):
        reader.receive(wire[start : start + size])
        taken += b"".join(pieces(reader))
    assert taken == b"".join(streams)
    assert reader.sequence == writer.sequence
    assert reader.pending_bytes == 0


def test_a_packet_is_taken_when_it_is_whole_and_not_before() -> None:
    compression = Compression()
    wire = compressed(b"hello " * 20)
    for byte in wire[:-1]:
        compression.receive(bytes([byte]))
        assert compression.next_piece() is None
    assert compression.pending_bytes == len(wire) - 1
    compression.receive(wire[-1:] + b"next")
    assert compression.next_piece() == b"hello " * 20
    assert (compression.next_piece(), compression.pending_bytes) == (None, 4)


def test_numbers_count_over_both_directions_and_begin_anew_with_each_command() -> None:
    compression = Compression()
    compression.receive(plain(b"a", 0) + compressed(b"b", 1))
    assert pieces(compression) == [b"a", b"b"]
    assert compression.wrap(b"answer")[3] == 2
    compression.restart()
    compression.receive(plain(b"c", 0))
    assert pieces(compression) == [b"c"]


def test_a_number_that_is_not_due_is_refused_for_good() -> None:
    compression = Compression()
    compression.receive(plain(b"a", 3))
    with pytest.raises(OutOfOrder, match="packet 3 came, 0 was due"):
        compression.next_piece()
    compression.receive(plain(b"a", 0))
    with pytest.raises(OutOfOrder):
        compression.next_piece()
    assert compression.sequence == 0


def test_a_length_that_promises_too_much_is_let_pass() -> None:
    """Both servers do."""
    compression = Compression()
    compression.receive(compressed(b"SELECT 2", declared=32))
    assert compression.next_piece() == b"SELECT 2"


def test_the_declared_length_may_be_met_exactly() -> None:
    """The stream's end may come with a later call of zlib than its last byte."""
    for size in (1, 2, 50, 16_384, 100_000):
        compression = Compression()
        compression.receive(compressed(b"x" * size))
        assert compression.next_piece() == b"x" * size


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (compressed(b"SELECT 2", declared=7), "more than the 7 bytes declared"),
        (compressed(b"x" * 100_000, declared=1), "more than the 1 bytes declared"),
        (plain(b"SELECT 2")[:4] + b"\x20\x00\x00SELECT 2", "damaged"),
        (b"\x05\x00\x00\x00\x20\x00\x00" + zlib.compress(b"SELECT 2")[:5], "cut off"),
        (b"\x00\x00\x00\x00\x20\x00\x00", "cut off"),
    ],
    ids=["a byte more", "a bomb", "not zlib", "cut off", "empty"],
)
def test_a_piece_that_is_not_what_its_header_says_is_refused_for_good(wire: bytes, said: str) -> None:
    compression = Compression()
    compression.receive(wire + plain(b"next", 1))
    for _ in range(2):
        with pytest.raises(CannotUncompress, match=said):
            compression.next_piece()
    assert compression.pending_bytes == 0


def test_a_bomb_yields_no_more_than_it_declares() -> None:
    """A declared size is the most that is ever allocated: 16 MiB of zeros behind a header that says 1000."""
    compression = Compression()
    compression.receive(compressed(bytes(2**24), declared=1000))
    tracemalloc.start()
    try:
        with pytest.raises(CannotUncompress):
            compression.next_piece()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_raise_anything_but_a_framing_error(parts: list[bytes]) -> None:
    compression = Compression()
    arrived = 0
    for part in parts:
        compression.receive(part)
        arrived += len(part)
        try:
            pieces(compression)
        except FramingError:
            return
        assert compression.pending_bytes <= arrived


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_raises_nothing_but_a_framing_error(piece: bytes, place: int, change: int) -> None:
    wire = bytearray(compressed(piece))
    wire[place % len(wire)] ^= change
    compression = Compression()
    compression.receive(bytes(wire))
    try:
        taken = compression.next_piece()
    except FramingError:
        return
    # Only headers that promise too much, or more to come, are let pass.
    assert taken in (None, piece) or wire[4:7] == bytes(3)
