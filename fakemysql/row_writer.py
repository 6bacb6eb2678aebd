"""Rows put together out of columns, by a list comprehension that is written out for each row of columns.

A batch arrives as one stream a column: of texts that still need their length in front, of integers, or of complete
cells. For a shape of three such columns this is compiled, once, and kept::

    [
        f'{H[(n0 := len(a0)) + (n1 := len(t1 := str(a1))) + len(a2) + 2]}{q}{P[n0]}{a0}{P[n1]}{t1}{a2}'
        for a0, a1, a2, q in rows
    ]

with the lengths of packets in H, those of texts in P, and the numbers of the packets in q; each character is a byte
(Latin-1). Streams that are mapped, added and chained in C without any code of their own took two and a half times as
long: what counts is how often a cell is touched. ``pickle`` was turned down too. It writes a short ASCII string as an
opcode, its length and its bytes in a third of the time, but rows have to be found again in what it wrote, so that each
gets its head, and that costs what was won.

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
"""A stream of texts of up to SHORT bytes; exact ``str``, since a subclass may format itself as something else."""

INTEGER: Final = "i"
"""A stream of exact ``int``, written in decimal."""

CELL: Final = "c"
"""A stream of cells: texts with their lengths, NULL, values of the binary protocol; exact ``str`` too."""

PREFIXES: Final = tuple(map(chr, range(SHORT + 1)))
"""The length of a short text, as a character."""

_NUMBERS: Final = tuple(map(chr, range(256)))
# A sum is compiled as deep as it is long, and takes its time: 0.1 ms for 5 columns, 1 ms for so many.
_WIDEST: Final = 64
_KEPT_HEADS: Final = 4096


class RowTooLong(Exception):
    """A row does not fit one packet."""


class _Heads(dict[int, str]):
    """The three bytes of each length, made when they are first asked for."""

    def __missing__(self, size: int) -> str:
        if size >= MAX_BODY:
            raise RowTooLong
        head = size.to_bytes(3, "little").decode("latin-1")
        if len(self) < _KEPT_HEADS:
            self[size] = head
        return head


_HEADS: Final = _Heads()


def side_by_side(streams: Sequence[Iterable[Any]], shape: str, count: int, framing: Framing) -> bytes:
    """Rows as packets, numbered on by framing.

    Args:
        streams: one a column, each of count items.
        shape: a letter a column: TEXT, INTEGER or CELL.

    Raises:
        IndexError: a text is longer than SHORT bytes.
        RowTooLong: a row needs a second packet. After either, framing is as it was, and streams that are iterators are
            used up.
    """
    while len(shape) > _WIDEST:
        # Pieces of rows are the cells of a row that is not as wide.
        pieces = [slice(start, start + _WIDEST) for start in range(0, len(shape), _WIDEST)]
        streams = [
            _writer(shape[piece], has_head=False)(_HEADS, PREFIXES, zip(*streams[piece], strict=True))
            for piece in pieces
        ]
        shape = CELL * len(streams)
    first = framing.sequence
    numbers = (_NUMBERS * (count // 256 + 2))[first : first + count]
    packets = _writer(shape)(_HEADS, PREFIXES, zip(*streams, numbers, strict=True))
    framing.sequence = (first + count) & 0xFF
    return "".join(packets).encode("latin-1")


# A server of many statements has as many shapes; one that was forgotten is compiled again.
@functools.lru_cache(256)
def _writer(shape: str, *, has_head: bool = True) -> Callable[[_Heads, tuple[str, ...], Iterable[Any]], list[str]]:
    """The comprehension for rows of this shape; see the module's text."""
    sizes: list[str] = []
    cells: list[str] = []
    for place, letter in enumerate(shape):
        value = f"a{place}"
        if letter == CELL:
            sizes.append(f"len({value})")
            cells.append(f"{{{value}}}")
            continue
        text, made = (f"t{place}", f"t{place} := str({value})") if letter == INTEGER else (value, value)
        sizes.append(f"(n{place} := len({made}))")
        cells.append(f"{{P[{f'n{place}' if has_head else f'len({made})'}]}}{{{text}}}")
    names = [f"a{place}" for place in range(len(shape))]
    if has_head:
        cells.insert(0, f"{{H[{' + '.join(sizes)} + {len(shape) - shape.count(CELL)}]}}{{q}}")
        names.append("q")
    written: Callable[..., list[str]] = eval(
        f"lambda H, P, rows: [f'{''.join(cells)}' for {', '.join(names)}, in rows]"
    )
    return written
