"""Integers and strings as MySQL writes them: fixed, length-encoded, null-terminated.

The lowest layer: it knows single fields and no packet. Reading goes through :class:`FieldReader`, a cursor that never
passes the end of its bytes and never raises anything but :class:`MalformedPacket`, whatever the bytes are. Writing is
plain functions that return bytes.

Source: MySQL manual, "Protocol Data Types" (Protocol::LengthEncodedInteger and the others).
"""

from __future__ import annotations

from typing import Final

NULL_CELL: Final = b"\xfb"


class MalformedPacket(Exception):
    """Bytes that cannot be read as what was due; the text says which field, and where it stood."""


def fixed_int(value: int, size: int) -> bytes:
    """Protocol::FixedLengthInteger of size bytes, little-endian; OverflowError if it does not fit."""
    return value.to_bytes(size, "little")


def lenenc_int(value: int) -> bytes:
    """Protocol::LengthEncodedInteger: 1, 3, 4 or 9 bytes, the shortest that holds value (0..2**64-1)."""
    if value < 0xFB:
        return value.to_bytes(1, "little")
    if value <= 0xFFFF:
        return b"\xfc" + value.to_bytes(2, "little")
    if value <= 0xFFFFFF:
        return b"\xfd" + value.to_bytes(3, "little")
    return b"\xfe" + value.to_bytes(8, "little")


def lenenc_bytes(value: bytes) -> bytes:
    """Protocol::LengthEncodedString: the length, then the bytes."""
    return lenenc_int(len(value)) + value


def null_terminated(value: bytes) -> bytes:
    """Protocol::NullTerminatedString; ValueError for bytes that hold a NUL, which would end the string early."""
    if 0 in value:
        raise ValueError(f"a null-terminated string cannot hold a NUL byte: {value!r}")
    return value + b"\x00"


class FieldReader:
    """A cursor over one packet's body."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self._position = position

    @property
    def remaining(self) -> int:
        """The count of bytes not yet read."""
        return len(self._data) - self._position

    def fixed_bytes(self, size: int, what: str) -> bytes:
        """The next size bytes; what names the field in the error."""
        end = self._position + size
        if end > len(self._data):
            raise MalformedPacket(
                f"{what} wants {size} bytes at offset {self._position}, but the packet has {self.remaining} left"
            )
        value = self._data[self._position : end]
        self._position = end
        return value

    def fixed_int(self, size: int, what: str) -> int:
        """A little-endian integer of size bytes."""
        return int.from_bytes(self.fixed_bytes(size, what), "little")

    def lenenc_int(self, what: str) -> int:
        """A length-encoded integer; 0xFB (NULL) and 0xFF are none."""
        first = self.fixed_int(1, what)
        if first < 0xFB:
            return first
        if first == 0xFC:
            return self.fixed_int(2, what)
        if first == 0xFD:
            return self.fixed_int(3, what)
        if first == 0xFE:
            return self.fixed_int(8, what)
        raise MalformedPacket(f"{what} begins with {first:#04x}, which starts no length-encoded integer")

    def lenenc_bytes(self, what: str) -> bytes:
        """A length-encoded string."""
        return self.fixed_bytes(self.lenenc_int(f"length of {what}"), what)

    def lenenc_bytes_or_null(self, what: str) -> bytes | None:
        """A cell of a text row: a length-encoded string, or None for 0xFB."""
        if self._data[self._position : self._position + 1] == NULL_CELL:
            self._position += 1
            return None
        return self.lenenc_bytes(what)

    def null_terminated(self, what: str) -> bytes:
        """The bytes up to the next NUL, which is passed over."""
        end = self._data.find(b"\x00", self._position)
        if end < 0:
            raise MalformedPacket(f"{what} at offset {self._position} is not ended by a NUL")
        value = self._data[self._position : end]
        self._position = end + 1
        return value

    def rest(self) -> bytes:
        """Everything that is left."""
        value = self._data[self._position :]
        self._position = len(self._data)
        return value
