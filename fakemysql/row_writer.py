"""Rows put together out of columns, by a list comprehension that is written out for each row of columns.

A batch arrives as one stream a column: of texts that still need their length in front, of integers, or of complete
cells. For a shape of three such columns this is compiled, once, and kept::

    [
        f'{H[len(row)]}{number}{row}'
        for a0, a1, a2, number in rows
        for t1 in [str(a1)]
        for row in [J((P[len(a0)], a0, P[len(t1)], t1, a2))]
    ]

with the lengths of packets in H, those of texts in P and ``"".join`` in J; each character is a byte (Latin-1). Streams
that are mapped, added and chained in C without any code of their own took two and a half times as long: what counts is
how often a cell is touched. ``pickle`` was turned down too. It writes a short ASCII string as an opcode, its length and
its bytes in a third of the time, but rows have to be found again in what it wrote, so that each gets its head, and that
costs what was won.

The module knows heads, lengths and packets, and is kept from knowing values, columns and charsets.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from .framing import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .framing import Framing

SHORT: Final = 250
"""The longest text whose length takes one byte."""

TEXT: Final = "t"
"""A stream of texts of up to SHORT bytes, of ``str`` or a subclass."""

INTEGER: Final = "i"
"""A stream of exact ``int``, written in decimal."""

CELL: Final = "c"
"""A stream of cells: texts with their lengths, NULL, values of the binary protocol."""

PREFIXES: Final = tuple(map(chr, range(SHORT + 1)))
"""The length of a short text, as a character."""

# The numbers of packets, as often as a batch and its first number need.
_NUMBERS: Final = tuple(map(chr, range(256))) * 4
# What is written out takes its time to compile: 0.1 ms for 5 columns, 1 ms for so many.
_WIDEST: Final = 64
# Up to so many short texts a head is found in a tuple, for two thirds of what a dict with a default takes.
_FEW_COLUMNS: Final = 16
_KEPT_HEADS: Final = (SHORT + 1) * _FEW_COLUMNS + 1


class RowTooLong(Exception):
    """A row does not fit one packet."""


def _head(size: int) -> str:
    return size.to_bytes(3, "little").decode("latin-1")


@functools.cache
def _few_heads() -> tuple[str, ...]:
    """The three bytes of each length that a row of a few short texts may have."""
    return tuple(map(_head, range(_KEPT_HEADS)))


class _Heads(dict[int, str]):
    """The three bytes of any length, made when they are first asked for."""

    def __missing__(self, size: int) -> str:
        if size >= MAX_BODY:
            raise RowTooLong
        head = _head(size)
        if len(self) < _KEPT_HEADS:
            self[size] = head
        return head


_HEADS: Final = _Heads()


def side_by_side(
    streams: Sequence[Iterable[Any]],
    shape: str,
    count: int,
    framing: Framing,
    rows: Iterable[Sequence[Any]] | None = None,
) -> bytes:
    """Rows as packets, numbered on by framing.

    Args:
        streams: one a column, each of count items.
        shape: a letter a column: TEXT, INTEGER or CELL.
        rows: what the streams would be if they were turned back; a little quicker where that is at hand.

    Raises:
        IndexError: a text is longer than SHORT bytes.
        RowTooLong: a row needs a second packet. After either, framing is as it was, and streams that are iterators are
            used up.
    """
    while len(shape) > _WIDEST:
        # Pieces of rows are the cells of a row that is not as wide.
        pieces = [slice(start, start + _WIDEST) for start in range(0, len(shape), _WIDEST)]
        streams = [
            _writer(shape[piece], has_head=False)((), PREFIXES, "".join, zip(*streams[piece], strict=True))
            for piece in pieces
        ]
        shape, rows = CELL * len(streams), None
    first = framing.sequence
    numbers = (_NUMBERS if first + count <= len(_NUMBERS) else _NUMBERS * (count // 256 + 1))[first : first + count]
    heads = _HEADS if CELL in shape or len(shape) > _FEW_COLUMNS else _few_heads()
    source = zip(*streams, numbers, strict=True) if rows is None else zip(rows, numbers, strict=True)
    packets = _writer(shape, takes_rows=rows is not None)(heads, PREFIXES, "".join, source)
    framing.sequence = (first + count) & 0xFF
    return "".join(packets).encode("latin-1")


# A server of many statements has as many shapes; one that was forgotten is compiled again.
@functools.lru_cache(256)
def _writer(shape: str, *, has_head: bool = True, takes_rows: bool = False) -> Callable[..., list[str]]:
    """The comprehension for rows of this shape; see the module's text."""
    texts = ""
    cells = ""
    for place, letter in enumerate(shape):
        text = f"a{place}"
        if letter == INTEGER:
            text = f"t{place}"
            texts += f" for {text} in [str(a{place})]"
        cells += f"{text}, " if letter == CELL else f"P[len({text})], {text}, "
    names = "".join(f"a{place}, " for place in range(len(shape)))
    if takes_rows:
        names = f"({names}), "
    # Joined, and not formatted, which a subclass of str might do as it likes.
    source = f"[J(({cells})) for {names} in rows{texts}]"
    if has_head:
        source = f"[f'{{H[len(row)]}}{{number}}{{row}}' for {names} number in rows{texts} for row in [J(({cells}))]]"
    written: Callable[..., list[str]] = eval(f"lambda H, P, J, rows: {source}")
    return written
