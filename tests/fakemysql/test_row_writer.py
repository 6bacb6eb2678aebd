"""Rows put together out of columns: every shape and width, heads of all lengths, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakemysql.fields import lenenc_int
from fakemysql.framing import MAX_BODY, Framing
from fakemysql.row_writer import _HEADS, CELL, INTEGER, TEXT, RowTooLong, side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence


def framing(sequence: int = 0) -> Framing:
    made = Framing(limit_bytes=1 << 26)
    made.sequence = sequence
    return made


def one_by_one(streams: Sequence[Sequence[Any]], shape: str, count: int, numbering: Framing) -> bytes:
    """The same rows, each framed by itself."""
    wire = b""
    for row in range(count):
        body = ""
        for stream, letter in zip(streams, shape, strict=True):
            text = str(stream[row])
            body += text if letter == CELL else lenenc_int(len(text)).decode("latin-1") + text
        wire += numbering.frame(body.encode("latin-1"))
    return wire


@pytest.mark.parametrize("width", [1, 2, 16, 17, 64, 65, 200])
@pytest.mark.parametrize("letters", [TEXT, INTEGER, CELL, TEXT + INTEGER + CELL])
def test_rows_of_any_width_are_what_each_is_by_itself(width: int, letters: str) -> None:
    count = 30
    shape = (letters * width)[:width]
    streams: list[list[Any]] = [
        [-place * row if letter == INTEGER else "é" * (place + row) for row in range(count)]
        for place, letter in enumerate(shape)
    ]
    numbering, expected = framing(250), framing(250)
    assert side_by_side(streams, shape, count, numbering) == one_by_one(streams, shape, count, expected)
    assert numbering.sequence == expected.sequence
    numbering.sequence = 250
    rows = list(zip(*streams, strict=True))
    expected.sequence = 250
    wire = side_by_side([iter(stream) for stream in streams], shape, count, numbering, rows)
    assert wire == one_by_one(streams, shape, count, expected), "where the rows themselves are at hand"


@pytest.mark.parametrize("count", [1, 255, 256, 773, 774, 1500])
def test_numbers_of_packets_wrap_in_a_batch_of_any_size(count: int) -> None:
    numbering = framing(251)
    wire = side_by_side([[""] * count], CELL, count, numbering)
    assert [wire[index * 4 + 3] for index in range(count)] == [(251 + index) & 0xFF for index in range(count)]
    assert numbering.sequence == (251 + count) & 0xFF


@pytest.mark.parametrize("size", [0, 250, 251, 255, 256, 4016, 4017, 65535, 65536, MAX_BODY - 1])
def test_a_head_says_any_length_below_sixteen_mebibytes(size: int) -> None:
    wire = side_by_side([["a" * size]], CELL, 1, framing(7))
    assert wire[:4] == size.to_bytes(3, "little") + b"\x07"
    assert len(wire) == 4 + size


def test_a_row_of_sixteen_mebibytes_is_refused_and_counts_no_packet() -> None:
    numbering = framing(7)
    with pytest.raises(RowTooLong):
        side_by_side([["", "a" * MAX_BODY]], CELL, 2, numbering)
    assert numbering.sequence == 7


@pytest.mark.parametrize(("letter", "value"), [(TEXT, "a" * 251), (INTEGER, 10**250)])
def test_a_text_that_is_not_short_is_refused_and_counts_no_packet(letter: str, value: object) -> None:
    numbering = framing(7)
    with pytest.raises(IndexError):
        side_by_side([["b", "c"], ["", value]], TEXT + letter, 2, numbering)
    assert numbering.sequence == 7


def test_heads_of_ever_other_lengths_are_not_kept_for_ever() -> None:
    body = "a" * 10_000
    for size in range(4500, 9500):
        assert side_by_side([[body[:size]]], CELL, 1, framing())[:3] == size.to_bytes(3, "little")
    assert len(_HEADS) <= 5000
