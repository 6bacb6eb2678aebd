"""The native functions on strings, and those that take bytes apart or digest them.

Each entry names the function, how many arguments it takes, and what a call of it is: its shape, with the widths of
MariaDB and of MySQL side by side, and how it is computed. What chooses between values is in ``choosing.py``, numbers
are in ``numeric_functions.py``, dates and times in ``temporal.py``, what asks the session or waits for something in
``session_functions.py``.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Final

from . import sqlerrors, values
from .calls import Bound, CallSite, Scope, as_string, native
from .shapes import Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from .charsets import Collation
    from .values import Value

# --- strings ----------------------------------------------------------------------------------------------------------


@native("CONCAT", 1, None)
def _concat(site: CallSite) -> Bound:
    collation = site.mixed_collation()
    shape = site.string(_bytes_or_characters(site, range(len(site)), collation), collation)
    readers = [as_string(argument, collation) for argument in site.arguments]
    return site.make(shape, lambda *parts: _join(parts), *readers)


def _join(parts: tuple[str | bytes, ...]) -> str | bytes:
    if isinstance(parts[0], bytes):
        return b"".join(part for part in parts if isinstance(part, bytes))
    return "".join(part for part in parts if isinstance(part, str))


def _bytes_or_characters(site: CallSite, indexes: range, collation: Collation) -> int:
    """The length of the arguments together, in the units of the result; MySQL counts characters as bytes there."""
    total = 0
    for index in indexes:
        own = site.shape(index).collation
        width = own.charset.max_bytes if own and collation.id == 63 and not site.dialect.mariadb else 1
        total += site.length(index) * width
    return total


@native("CONCAT_WS", 2, None)
def _concat_ws(site: CallSite) -> Bound:
    collation = site.mixed_collation()
    rest = range(1, len(site))
    separators = site.length(0) * (len(site) - 2)
    shape = site.string(sum(site.length(index) for index in rest) + separators, collation)
    separator = as_string(site.arguments[0], collation)
    readers = [as_string(site.arguments[index], collation) for index in rest]

    def run(scope: Scope) -> Value:
        between = separator(scope)
        if between is None:
            return None
        parts = [part for read in readers if (part := read(scope)) is not None]
        if isinstance(between, bytes):
            return between.join(part for part in parts if isinstance(part, bytes))
        return between.join(part for part in parts if isinstance(part, str))

    return Bound(shape, run, site.is_constant)


def _length_of(site: CallSite) -> Bound:
    return site.make(site.integer(10, 11), lambda data: len(data), site.raw(0))


native("LENGTH OCTET_LENGTH", 1)(_length_of)


@native("CHAR_LENGTH CHARACTER_LENGTH", 1)
def _char_length(site: CallSite) -> Bound:
    collation = site.shape(0).collation or site.binder.collation
    return site.make(site.integer(10, 11), lambda text: len(text), as_string(site.arguments[0], collation))


@native("BIT_LENGTH", 1)
def _bit_length(site: CallSite) -> Bound:
    return site.make(site.integer(11, 11, big=True), lambda data: len(data) * 8, site.raw(0))


def _mapped(change: Callable[[str | bytes], str | bytes]) -> Callable[[CallSite], Bound]:
    """A function of one string that gives a string as long."""

    def bind(site: CallSite) -> Bound:
        collation = site.mixed_collation(0)
        return site.make(site.string(site.length(0), collation), change, as_string(site.arguments[0], collation))

    return bind


def _upper(text: str | bytes) -> str | bytes:
    """Letter by letter, as the servers' tables have it: what would become two letters stays as it is."""
    if isinstance(text, bytes) or text.isascii():
        return text if isinstance(text, bytes) else text.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text)


def _lower(text: str | bytes) -> str | bytes:
    """Letter by letter: no sigma is the last of a word, and a capital dotted i loses its dot."""
    if isinstance(text, bytes) or text.isascii():
        return text if isinstance(text, bytes) else text.lower()
    return "".join(letter.lower()[0] for letter in text)


native("UPPER UCASE", 1)(_mapped(_upper))
native("LOWER LCASE", 1)(_mapped(_lower))
native("REVERSE", 1)(_mapped(lambda text: text[::-1]))


def _substring(text: str | bytes, start: int, size: int | None = None) -> str | bytes:
    if start < 0:
        start += len(text)
        if start < 0:
            return text[:0]
    elif start == 0:
        return text[:0]
    else:
        start -= 1
    end = None if size is None else start + max(size, 0)
    return text[start:end]


@native("SUBSTRING SUBSTR MID", 2, 3)
def _substr(site: CallSite) -> Bound:
    collation = site.mixed_collation(0)
    length = site.length(0)
    start = site.constant(1)
    if isinstance(start, int):
        behind = length - start + 1 if start > 0 else -start
        if start < 0 and behind > length and not site.dialect.mariadb:
            behind = 0
        beyond = length if site.dialect.mariadb else 0
        length = (behind if behind > 0 else beyond) if start else 0
    size = site.constant(2) if len(site) == 3 else None
    if isinstance(size, int):
        length = max(size, 0) if site.dialect.mariadb else min(length, max(size, 0))
    readers: list[Callable[[Scope], Value]] = [as_string(site.arguments[0], collation), site.integer_of(1)]
    if len(site) == 3:
        readers.append(site.integer_of(2))
    return site.make(site.string(length, collation), _substring, *readers)


@native("SUBSTRING_INDEX", 3)
def _substring_index(site: CallSite) -> Bound:
    collation = site.mixed_collation(0, 1)

    def compute(text: str, separator: str, count: int) -> str:
        if not separator or not count:
            return text[:0]
        parts = text.split(separator)
        chosen = parts[:count] if count > 0 else parts[count:]
        return separator.join(chosen)

    readers = [as_string(site.arguments[0], collation), as_string(site.arguments[1], collation), site.integer_of(2)]
    return site.make(site.string(site.length(0), collation), compute, *readers)


def _side(site: CallSite, cut: Callable[[str | bytes, int], str | bytes]) -> Bound:
    collation = site.mixed_collation(0)
    count = site.constant(1)
    length = site.length(0)
    if isinstance(count, int):
        length = min(length, max(count, 0))
    readers = [as_string(site.arguments[0], collation), site.integer_of(1)]
    return site.make(site.string(length, collation), cut, *readers)


@native("LEFT", 2)
def _left(site: CallSite) -> Bound:
    return _side(site, lambda text, count: text[: max(count, 0)])


@native("RIGHT", 2)
def _right(site: CallSite) -> Bound:
    return _side(site, lambda text, count: text[max(len(text) - count, 0) :] if count > 0 else text[:0])


def _trimmed(*, left: bool, right: bool) -> Callable[[CallSite], Bound]:
    def trim(text: str | bytes, remove: str | bytes | None = None) -> str | bytes:
        gone = remove if remove is not None else (" " if isinstance(text, str) else b" ")
        if not gone:
            return text
        while left and text.startswith(gone):  # type: ignore[arg-type]  # both are of one kind
            text = text[len(gone) :]
        while right and text.endswith(gone):  # type: ignore[arg-type]  # both are of one kind
            text = text[: len(text) - len(gone)]
        return text

    def bind(site: CallSite) -> Bound:
        collation = site.mixed_collation()
        readers = [as_string(argument, collation) for argument in site.arguments]
        return site.make(site.string(site.length(0), collation), trim, *readers)

    return bind


native("TRIM", 1)(_trimmed(left=True, right=True))
native("LTRIM", 1)(_trimmed(left=True, right=False))
native("RTRIM", 1)(_trimmed(left=False, right=True))
# TRIM(x FROM y) in its forms; no name that a statement can spell.
native("TRIM-FROM", 1, 2)(_trimmed(left=True, right=True))
native("LTRIM-FROM", 1, 2)(_trimmed(left=True, right=False))
native("RTRIM-FROM", 1, 2)(_trimmed(left=False, right=True))


@native("REPLACE", 3)
def _replace(site: CallSite) -> Bound:
    collation = site.mixed_collation()
    length = site.length(0)
    if site.dialect.mariadb:
        growth = site.length(2) - site.length(1)
        if growth > 0 and site.length(1):
            length += length // site.length(1) * growth
        if site.shape(1).family is Family.NULL:
            length = site.length(0)
    elif site.length(1) and site.length(2) > site.length(1):
        length = max(length, length // site.length(1) * (site.length(2) - site.length(1)))
    readers = [as_string(argument, collation) for argument in site.arguments]
    return site.make(
        site.string(length, collation), lambda text, old, new: text.replace(old, new) if old else text, *readers
    )


@native("REPEAT", 2)
def _repeat(site: CallSite) -> Bound:
    collation = site.mixed_collation(0)
    count = site.constant(1)
    limit_characters = 16777216 // collation.charset.max_bytes
    length = 16777216
    if isinstance(count, int):
        length = min(site.length(0) * max(count, 0), length)
        if count < 0 and not site.dialect.mariadb and site.length(0):
            length = limit_characters * collation.charset.max_bytes
    if site.shape(0).family is Family.NULL or (site.dialect.mariadb and site.shape(1).family is Family.NULL):
        length = 0
    shape = _unbounded(site, collation) if count is None and length else _large(site, length, collation)

    def run(scope: Scope) -> Value:
        text, times = read(scope), times_of(scope)
        if text is None or times is None:
            return None
        times = max(times, 0)
        limit = int(scope.session.setting("max_allowed_packet") or 0)
        if len(text) * times > limit:
            scope.warn(1301, f"Result of repeat() was larger than max_allowed_packet ({limit}) - truncated")
            return None
        return text * times

    read, times_of = as_string(site.arguments[0], collation), site.integer_of(1)
    return Bound(shape, run, site.is_constant and isinstance(count, int) and length < 1 << 16)


def _unbounded(site: CallSite, collation: Collation) -> Shape:
    """A string of which nobody knows beforehand how long it gets."""
    shape = site.string(16777216, collation)
    return shape if collation.id == 63 else shape.but(wire_length=site.dialect.pick(67108864, 268435456))


def _large(site: CallSite, length: int, collation: Collation) -> Shape:
    """A string that may be too long for a VARCHAR; as a blob it is measured in largest characters twice."""
    shape = site.string(length, collation)
    in_bytes = length * collation.charset.max_bytes
    threshold = 65532 if site.dialect.mariadb else 65536
    if in_bytes < threshold or collation.id == 63:
        return shape
    return shape.but(wire_length=min(in_bytes, 16777216) * collation.charset.max_bytes)


@native("SPACE", 1)
def _space(site: CallSite) -> Bound:
    count = site.constant(0)
    shape = _unbounded(site, site.binder.collation)
    if isinstance(count, int) or site.shape(0).family is Family.NULL:
        shape = site.string(min(max(count, 0), 1 << 24) if isinstance(count, int) else 0)
    return site.make(shape, lambda number: " " * max(number, 0), site.integer_of(0))


def _padded(*, left: bool) -> Callable[[CallSite], Bound]:
    def pad(empty: Callable[[str], str | None], text: str, size: int, padding: str = " ") -> str | None:
        if size < 0:
            return None
        if size <= len(text):
            return text[:size]
        if not padding:
            return empty(text)
        missing = size - len(text)
        filler = (padding * (missing // len(padding) + 1))[:missing]
        return filler + text if left else text + filler

    def bind(site: CallSite) -> Bound:
        if len(site) == 2 and not site.dialect.mariadb:
            raise sqlerrors.wrong_argument_count(site.name)
        collation = site.mixed_collation(0, 2) if len(site) == 3 else site.mixed_collation(0)
        size = site.constant(1)
        length = max(size, 0) if isinstance(size, int) else 1 << 24
        readers: list[Callable[[Scope], Value]] = [as_string(site.arguments[0], collation), site.integer_of(1)]
        if len(site) == 3:
            readers.append(as_string(site.arguments[2], collation))
        # With nothing to pad with, MariaDB gives up and MySQL leaves the text as it is.
        empty: Callable[[str], str | None] = (lambda _text: None) if site.dialect.mariadb else (lambda text: text)
        return site.make(_padded_shape(site, length, collation), functools.partial(pad, empty), *readers)

    return bind


def _padded_shape(site: CallSite, length: int, collation: Collation) -> Shape:
    if site.constant(1) is None:
        return _unbounded(site, collation)
    return site.string(length, collation)


native("LPAD", 2, 3)(_padded(left=True))
native("RPAD", 2, 3)(_padded(left=False))


def _find(hay: str | bytes, needle: str | bytes, start: int, collation: Collation) -> int:
    """The place of needle in hay, counted from 1, from start on; 0 when it is not there."""
    if start < 1 or start > len(hay) + 1:
        return 0
    if isinstance(hay, str) and isinstance(needle, str) and collation.ignores_case:
        hay, needle = hay.lower(), needle.lower()
    return hay.find(needle, start - 1) + 1  # type: ignore[arg-type]  # both are of one kind


@native("INSTR", 2)
def _instr(site: CallSite) -> Bound:
    collation = site.mixed_collation()
    readers = [as_string(argument, collation) for argument in site.arguments]
    return site.make(site.integer(11, 11), lambda hay, needle: _find(hay, needle, 1, collation), *readers)


@native("LOCATE", 2, 3)
def _locate(site: CallSite) -> Bound:
    collation = site.mixed_collation(0, 1)
    readers: list[Callable[[Scope], Value]] = [as_string(site.arguments[index], collation) for index in (0, 1)]
    if len(site) == 3:
        readers.append(site.integer_of(2))
    return site.make(site.integer(11, 11), lambda needle, hay, start=1: _find(hay, needle, start, collation), *readers)


@native("FIND_IN_SET", 2)
def _find_in_set(site: CallSite) -> Bound:
    collation = site.mixed_collation()

    def compute(wanted: str, words: str) -> int:
        if not words:
            return 0
        key = values.collation_key(wanted, collation)
        for place, word in enumerate(words.split(","), 1):
            if values.collation_key(word, collation) == key:
                return place
        return 0

    return site.make(site.integer(3, 11), compute, site.text(0), site.text(1))


@native("STRCMP", 2)
def _strcmp(site: CallSite) -> Bound:
    collation = site.mixed_collation()
    readers = [as_string(argument, collation) for argument in site.arguments]
    return site.make(site.integer(2, 2), lambda one, other: values.compare_texts(one, other, collation), *readers)


@native("ASCII", 1)
def _ascii(site: CallSite) -> Bound:
    return site.make(site.integer(3, 4), lambda data: data[0] if data else 0, site.raw(0))


@native("ORD", 1)
def _ord(site: CallSite) -> Bound:
    collation = site.shape(0).collation or site.binder.collation

    def compute(text: str | bytes) -> int:
        return int.from_bytes(values.to_bytes(text[:1], collation), "big")

    return site.make(site.integer(7, 21), compute, as_string(site.arguments[0], collation))


@native("CHAR", 1, None)
def _char(site: CallSite) -> Bound:
    numbers = [site.integer_of(index) for index in range(len(site))]

    def run(scope: Scope) -> Value:
        data = b""
        for read in numbers:
            number = read(scope)
            if number is not None:
                number &= 0xFFFFFFFF
                data += number.to_bytes(max((number.bit_length() + 7) // 8, 1), "big")
        return data

    return Bound(site.string(len(site) * 4, site.binder.binary), run, site.is_constant)


@native("HEX", 1)
def _hex(site: CallSite) -> Bound:
    shape = site.shape(0)
    if shape.family.is_number:
        return site.make(
            site.string(16, fixed_decimals=True), lambda number: f"{number & values.UINT64_MAX:X}", site.integer_of(0)
        )
    width = shape.collation.charset.max_bytes if shape.collation else 1
    return site.make(
        site.string(site.length(0) * width * 2, fixed_decimals=True), lambda data: data.hex().upper(), site.raw(0)
    )


@native("UNHEX", 1)
def _unhex(site: CallSite) -> Bound:
    own = site.shape(0).collation
    length = (site.length(0) + 1) // 2 * (own.charset.max_bytes if own and site.length(0) else 1)
    if own is not None and site.length(0) % 2:
        length = (site.length(0) * own.charset.max_bytes + 1) // 2
    read = site.text(0)

    def run(scope: Scope) -> Value:
        text = read(scope)
        if text is None:
            return None
        try:
            return bytes.fromhex("0" * (len(text) % 2) + text)
        except ValueError:
            if not site.dialect.mariadb:
                scope.warn(1411, f"Incorrect string value: ''{text}'' for function unhex")
            return None

    return Bound(site.string(length, site.binder.binary, fixed_decimals=True), run, site.is_constant)


def _in_base(base: int) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        return site.make(site.string(65), lambda number: _digits(number & values.UINT64_MAX, base), site.integer_of(0))

    return bind


def _digits(number: int, base: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, base)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest] + digits
        if not number:
            return digits


native("BIN", 1)(_in_base(2))
native("OCT", 1)(_in_base(8))


@native("CONV", 3)
def _conv(site: CallSite) -> Bound:
    def compute(text: str, from_base: int, to_base: int) -> str | None:
        if not 2 <= abs(from_base) <= 36 or not 2 <= abs(to_base) <= 36:
            return None
        number = 0
        for character in text.strip().lower():
            digit = "0123456789abcdefghijklmnopqrstuvwxyz".find(character)
            if not 0 <= digit < abs(from_base):
                break
            number = number * abs(from_base) + digit
        return _digits(min(number, values.UINT64_MAX), abs(to_base))

    return site.make(site.string(65), compute, site.text(0), site.integer_of(1), site.integer_of(2))


@native("QUOTE", 1)
def _quote(site: CallSite) -> Bound:
    escapes = {"'": "\\'", "\\": "\\\\", "\0": "\\0", "\x1a": "\\Z"}
    read = site.text(0)

    def run(scope: Scope) -> Value:
        text = read(scope)
        return "NULL" if text is None else "'" + "".join(escapes.get(each, each) for each in text) + "'"

    if site.shape(0).family is Family.NULL:
        return Bound(site.string(4), run, True)
    return Bound(site.string(site.length(0) * 2 + 2, site.mixed_collation(0)), run, site.is_constant)


@native("FORMAT", 2, 3)
def _format(site: CallSite) -> Bound:
    places = site.constant(1)
    length = site.length(0)
    scale = places if isinstance(places, int) and places > 0 else 0
    decimals = site.shape(0).decimals
    whole = length - (decimals + 1 if decimals else 0) - 1
    shape = site.string(
        site.dialect.pick(
            whole + whole // 3 + scale + (2 if scale else 1), length + (length + 1) // 3 + (1 if decimals else 0) + 31
        )
    )

    def compute(number: Decimal, digits: int, *_locale: object) -> str:
        return f"{values.rounded(number, min(max(digits, 0), 38)):,f}"

    return site.make(shape, compute, site.decimal(0), site.integer_of(1))


@native("TO_BASE64", 1)
def _to_base64(site: CallSite) -> Bound:
    own = site.shape(0).collation
    encoded = (site.length(0) * (own.charset.max_bytes if own else 1) + 2) // 3 * 4
    return site.make(
        site.string(encoded + max(encoded - 1, 0) // _BASE64_LINE),
        lambda data: _wrapped(base64.b64encode(data).decode("ascii")),
        site.raw(0),
    )


_BASE64_LINE: Final = 76


def _wrapped(text: str) -> str:
    return "\n".join(text[start : start + _BASE64_LINE] for start in range(0, len(text), _BASE64_LINE))


@native("FROM_BASE64", 1)
def _from_base64(site: CallSite) -> Bound:
    def compute(text: str) -> bytes | None:
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error:
            return None

    own = site.shape(0).collation
    length = site.length(0) * (own.charset.max_bytes if own else 1) * 3 // 4
    return site.make(site.string(length, site.binder.binary), compute, site.text(0))


@native("SOUNDEX", 1)
def _soundex(site: CallSite) -> Bound:
    codes = {**dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3"),
             "L": "4", **dict.fromkeys("MN", "5"), "R": "6"}  # fmt: skip

    def compute(text: str) -> str:
        letters = [letter for letter in text.upper() if letter.isalpha()]
        if not letters:
            return ""
        result, last = letters[0], codes.get(letters[0], "")
        for letter in letters[1:]:
            code = codes.get(letter, "")
            if code and code != last:
                result += code
            if letter not in "HW":
                last = code
        return result.ljust(4, "0")

    return site.make(site.string(max(site.length(0), 4), site.mixed_collation(0)), compute, site.text(0))


@native("INET_ATON", 1)
def _inet_aton(site: CallSite) -> Bound:
    def compute(text: str) -> int | None:
        if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,3}", text):
            return None
        parts = [int(part) for part in text.split(".")]
        if max(parts) > 255:
            return None
        *head, last = parts
        return sum(part << (24 - 8 * place) for place, part in enumerate(head)) + last

    return site.make(site.integer(21, 21, big=True, unsigned=True, nullable=True), compute, site.text(0))


@native("INET_NTOA", 1)
def _inet_ntoa(site: CallSite) -> Bound:
    def compute(number: int) -> str | None:
        if not 0 <= number < 1 << 32:
            return None
        return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

    return site.make(site.string(31, fixed_decimals=True), compute, site.integer_of(0))


# --- digests ----------------------------------------------------------------------------------------------------------


def _digest(name: str, characters: int) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        return site.make(
            site.string(characters),
            lambda data: hashlib.new(name, data, usedforsecurity=False).hexdigest(),
            site.raw(0),
        )

    return bind


native("MD5", 1, mariadb_only=True)(_digest("md5", 32))
native("SHA1 SHA", 1, mariadb_only=True)(_digest("sha1", 40))


@native("SHA2", 2)
def _sha2(site: CallSite) -> Bound:
    bits = site.constant(1)
    known = bits in (0, 224, 256, 384, 512)
    length = (bits or 256) // 4 if isinstance(bits, int) and known else 64
    if isinstance(bits, int) and not known and site.dialect.mariadb:
        shape = site.string(0, site.binder.binary)
    else:
        shape = site.string(length)
    read, bits_of = site.raw(0), site.integer_of(1)

    def run(scope: Scope) -> Value:
        data, size = read(scope), bits_of(scope)
        if data is None:
            return None
        if size is None and site.dialect.mariadb:
            size = 0
        if size not in (0, 224, 256, 384, 512):
            scope.warn(1583, "Incorrect parameters in the call to native function 'sha2'")
            return None
        return hashlib.new(f"sha{size or 256}", data).hexdigest()

    return Bound(shape, run, site.is_constant)


@native("PASSWORD", 1, mariadb_only=True)
def _password(site: CallSite) -> Bound:
    def compute(data: bytes) -> str:
        if not data:
            return ""
        once = hashlib.new("sha1", data, usedforsecurity=False).digest()
        return "*" + hashlib.new("sha1", once, usedforsecurity=False).hexdigest().upper()

    return site.make(site.string(41), compute, site.raw(0))


@native("CRC32", 1)
def _crc32(site: CallSite) -> Bound:
    return site.make(site.integer(10, 10, unsigned=True), lambda data: zlib.crc32(data), site.raw(0))


# --- what a string is -------------------------------------------------------------------------------------------------


def _named(name_of: Callable[[Collation], str]) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        collation = site.shape(0).collation or site.binder.binary
        name = name_of(collation)
        utf8 = site.dialect.charsets.by_id[33]
        return Bound(site.string(64, utf8), lambda _scope: name, True)

    return bind


native("CHARSET", 1)(_named(lambda collation: collation.charset.name))
native("COLLATION", 1)(_named(lambda collation: collation.name))


@native("COERCIBILITY", 1)
def _coercibility(site: CallSite) -> Bound:
    rank = int(site.shape(0).coercibility)
    return Bound(site.integer(10, 10, nullable=False), lambda _scope: rank, True)
