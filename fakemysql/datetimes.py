"""Many datetimes at once, as text and in binary, without a call for each of their fields.

A datetime is pickled as ten bytes: the year in two of them, month, day, hour, minute, second, and the microsecond in
three. ``__reduce__`` hands them out for a fifth of what ``isoformat`` costs, and since pickles must stay readable, they
will stay what they are. The bytes of a whole batch are one string, every tenth byte of it is a column, and a column
becomes digits by ``bytes.translate``. Measured: 150 ns a value as text, half of ``isoformat``, and a tenth of packing
one value after the other for the binary protocol.

Fractions of a second are not written here, and a zone is left out, as everywhere.
"""

from __future__ import annotations

import datetime
import functools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIZE: Final = 10
_YEAR: Final = 0
_TENS: Final = bytes(ord("0") + number // 10 % 10 for number in range(256))
_ONES: Final = bytes(ord("0") + number % 10 for number in range(256))
_TEXT: Final = b"....-..-.. ..:..:.."
# Where month, day, hour, minute and second stand among the ten bytes, and in the text.
_PLACES: Final = ((2, 5), (3, 8), (4, 11), (5, 14), (6, 17))
# The length, then what the binary protocol has for a DATETIME without a fraction.
_BINARY: Final = b"\x07......."
_AT_MIDNIGHT: Final = "\0\0\0"


def texts(values: Sequence[datetime.datetime]) -> list[str]:
    """Each as YYYY-MM-DD HH:MM:SS; the values are exact datetimes, and there is at least one."""
    states = _states(values)
    century = states[_YEAR]
    if states[_YEAR::_SIZE].count(century) != len(values):
        return [value.isoformat(" ", "seconds")[: len(_TEXT)] for value in values]
    written = bytearray(_TEXT * len(values))
    years = states[_YEAR + 1 :: _SIZE]
    for place, digits in enumerate(_digits_of_years(century)):
        written[place :: len(_TEXT)] = years.translate(digits)
    for source, place in _PLACES:
        column = states[source::_SIZE]
        written[place :: len(_TEXT)] = column.translate(_TENS)
        written[place + 1 :: len(_TEXT)] = column.translate(_ONES)
    whole = written.decode("ascii")
    return [whole[start : start + len(_TEXT)] for start in range(0, len(whole), len(_TEXT))]


def cells(values: Sequence[datetime.datetime]) -> list[str]:
    """Each as a cell of the binary protocol, without a fraction, a character a byte; the values are as in texts()."""
    states = _states(values)
    packed = bytearray(_BINARY * len(values))
    # The year is the other way round.
    for place, source in enumerate((1, 0, 2, 3, 4, 5, 6), 1):
        packed[place :: len(_BINARY)] = states[source::_SIZE]
    whole = packed.decode("latin-1")
    made = [whole[start : start + len(_BINARY)] for start in range(0, len(whole), len(_BINARY))]
    # Those at midnight are dates, and shorter.
    return [f"\x04{cell[1:5]}" if cell[5:] == _AT_MIDNIGHT else cell for cell in made]


def _states(values: Sequence[datetime.datetime]) -> bytes:
    return b"".join([reduced[1][0] for reduced in map(datetime.datetime.__reduce__, values)])  # type: ignore[misc]


@functools.lru_cache(40)
def _digits_of_years(century: int) -> list[bytes]:
    """The four digits of the years that have this first byte, each as a table by the second one; at most 9999."""
    years = [f"{min(century << 8 | low, datetime.MAXYEAR):04}".encode() for low in range(256)]
    return [bytes(year[place] for year in years) for place in range(4)]
