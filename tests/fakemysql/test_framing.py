"""Packets out of a stream and into one: any cut of the bytes, long bodies, wrong numbers, limits."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakemysql.framing import MAX_BODY, Framing, OutOfOrder, PacketTooBig

LIMIT = 1 << 26


def payloads(framing: Framing) -> list[bytes]:
    found = []
    while (payload := framing.next_payload()) is not None:
        found.append(payload)
    return found


def framed(bodies: list[bytes]) -> bytes:
    writer = Framing(limit_bytes=LIMIT)
    return b"".join(writer.frame(body) for body in bodies)


@given(st.lists(st.binary(max_size=50), max_size=6), st.data())
def test_however_the_stream_is_cut_the_same_payloads_come_out(bodies: list[bytes], data: st.DataObject) -> None:
    stream = framed(bodies)
    reader = Framing(limit_bytes=LIMIT)
    found: list[bytes] = []
    position = 0
    while position < len(stream):
        size = data.draw(st.integers(1, len(stream) - position))
        reader.receive(stream[position : position + size])
        found += payloads(reader)
        position += size
    assert found == bodies
    assert reader.pending_bytes == 0


@pytest.mark.parametrize("bodies", [[b""], [b"x"], [b"abc", b"", b"d" * 300]])
def test_whole_or_byte_by_byte_or_with_another_behind_it(bodies: list[bytes]) -> None:
    whole = Framing(limit_bytes=LIMIT)
    whole.receive(framed([*bodies, b"behind"]))
    assert payloads(whole) == [*bodies, b"behind"]
    slow = Framing(limit_bytes=LIMIT)
    found = []
    for byte in framed(bodies):
        slow.receive(bytes((byte,)))
        found += payloads(slow)
    assert found == bodies


def test_the_header_is_length_and_number() -> None:
    framing = Framing(limit_bytes=LIMIT)
    assert framing.frame(b"abc") == b"\x03\x00\x00\x00abc"
    assert framing.frame(b"") == b"\x00\x00\x00\x01"


def test_both_directions_share_one_counter_and_a_command_restarts_it() -> None:
    framing = Framing(limit_bytes=LIMIT)
    framing.frame(b"greeting")
    framing.receive(b"\x01\x00\x00\x01r")
    assert framing.next_payload() == b"r"
    assert framing.frame(b"ok")[3] == 2
    framing.restart()
    framing.receive(b"\x01\x00\x00\x00q")
    assert framing.next_payload() == b"q"
    assert framing.frame(b"ok")[3] == 1


def test_the_counter_wraps_at_256() -> None:
    framing = Framing(limit_bytes=LIMIT)
    numbers = [framing.frame(b"")[3] for _ in range(258)]
    assert numbers[255:] == [255, 0, 1]


@pytest.mark.parametrize(
    ("size", "lengths"),
    [
        (MAX_BODY - 1, [MAX_BODY - 1]),
        (MAX_BODY, [MAX_BODY, 0]),
        (MAX_BODY + 5, [MAX_BODY, 5]),
        (2 * MAX_BODY + 1, [MAX_BODY, MAX_BODY, 1]),
    ],
)
def test_a_long_body_goes_on_in_further_packets(size: int, lengths: list[int]) -> None:
    """Sixteen mebibytes exactly are followed by an empty packet, in both directions."""
    body = bytes(size)
    stream = Framing(limit_bytes=LIMIT).frame(body)
    position = 0
    found: list[int] = []
    while position < len(stream):
        length = int.from_bytes(stream[position : position + 3], "little")
        assert stream[position + 3] == len(found)
        found.append(length)
        position += 4 + length
    assert found == lengths
    reader = Framing(limit_bytes=LIMIT)
    reader.receive(stream[: MAX_BODY // 2])
    assert reader.next_payload() is None
    reader.receive(stream[MAX_BODY // 2 :] + b"\x01\x00\x00" + bytes((len(lengths),)) + b"z")
    assert payloads(reader) == [body, b"z"]


def test_a_packet_out_of_order_is_refused_and_stays_refused() -> None:
    framing = Framing(limit_bytes=LIMIT)
    framing.receive(b"\x01\x00\x00\x05x")
    with pytest.raises(OutOfOrder, match="packet 5 came, 0 was due") as caught:
        framing.next_payload()
    assert (caught.value.expected, caught.value.received) == (0, 5)
    assert framing.sequence == 0
    assert framing.pending_bytes == 0
    with pytest.raises(OutOfOrder):
        framing.next_payload()


def test_a_body_past_the_limit_is_refused_at_its_header() -> None:
    """The announcement is enough: nothing of the body has to arrive."""
    framing = Framing(limit_bytes=1000)
    framing.receive((1001).to_bytes(3, "little") + b"\x00")
    with pytest.raises(PacketTooBig, match="at least 1001 bytes was announced; the limit is 1000"):
        framing.next_payload()
    assert framing.sequence == 1


def test_a_body_in_several_packets_is_measured_as_one() -> None:
    framing = Framing(limit_bytes=MAX_BODY + 10)
    framing.receive(b"\xff\xff\xff\x00" + bytes(MAX_BODY) + b"\x0b\x00\x00\x01")
    with pytest.raises(PacketTooBig) as caught:
        framing.next_payload()
    assert caught.value.declared_bytes == MAX_BODY + 11
    assert framing.sequence == 2
    assert framing.pending_bytes == 0


def test_a_body_of_just_the_limit_is_taken() -> None:
    framing = Framing(limit_bytes=3)
    framing.receive(b"\x03\x00\x00\x00abc")
    assert framing.next_payload() == b"abc"


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_arbitrary_bytes_raise_nothing_of_their_own_and_are_not_multiplied(chunks: list[bytes]) -> None:
    framing = Framing(limit_bytes=64)
    arrived = 0
    try:
        for chunk in chunks:
            arrived += len(chunk)
            framing.receive(chunk)
            payloads(framing)
            assert framing.pending_bytes <= arrived
    except (OutOfOrder, PacketTooBig):
        assert framing.pending_bytes == 0


def test_a_header_alone_allocates_nothing() -> None:
    """A length is what somebody says; memory is taken for what came."""
    framing = Framing(limit_bytes=1 << 30)
    tracemalloc.start()
    try:
        framing.receive(b"\xff\xff\xff\x00" + bytes(100))
        assert framing.next_payload() is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000
    assert framing.pending_bytes <= 104
