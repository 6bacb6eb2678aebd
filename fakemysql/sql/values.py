"""Values and the ways between them: text to numbers and back, numbers to dates, comparison under a collation.

Pure functions on Python values. A character string is a ``str``, a binary string ``bytes``, NULL is ``None``; TIME is
a ``timedelta``. A conversion that loses something says so through the ``warn`` callable that it is given, with the
code and text that a server would list in SHOW WARNINGS.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from .shapes import NOT_FIXED, Coercibility, Family, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from .charsets import Collation

Value: TypeAlias = bool | int | float | Decimal | str | bytes | dt.date | dt.datetime | dt.timedelta | None
Number: TypeAlias = int | float | Decimal
Warn: TypeAlias = "Callable[[int, str], None]"

# The servers compute decimals with up to 81 digits and round halves away from zero.
CONTEXT: Final = decimal.Context(prec=81, rounding=decimal.ROUND_HALF_UP, Emin=-999999, Emax=999999)
INT64_MIN: Final = -(1 << 63)
INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1

_NUMBER_PREFIX: Final = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_INTEGER_PREFIX: Final = re.compile(r"\s*[-+]?\d+")


class OfBytes(str):
    """Bytes read one character a byte, to be looked through as a text."""

    __slots__ = ()


def truncated(kind: str, text: str) -> tuple[int, str]:
    if isinstance(text, OfBytes):
        text = "".join(char if char.isascii() and char.isprintable() else f"\\x{ord(char):02X}" for char in text)
    return 1292, f"Truncated incorrect {kind} value: '{text}'"


def ignore(_code: int, _text: str) -> None:
    """A warn callable for conversions whose losses nobody lists."""


# --- to text ---------------------------------------------------------------------------------------------------------


def double_text(value: float, decimals: int = NOT_FIXED) -> str:
    """A double as both servers print it: shortest digits that read back the same, plain between 1e-15 and 1e15."""
    if decimals < NOT_FIXED:
        return f"{value:.{decimals}f}"
    if value == int(value) if abs(value) < 1e15 else False:
        return str(int(value))
    mantissa, _, exponent_text = repr(value).partition("e")
    if not exponent_text and 1e-4 <= abs(value) < 1e15:
        return mantissa
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    body = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent  # where the decimal point stands, counted from the first digit
    prefix = "-" if sign else ""
    if point > 15 or point < -14:
        fraction = "." + body[1:] if len(body) > 1 else ""
        return f"{prefix}{body[0]}{fraction}e{point - 1}"
    # What lies between has no exponent in Python's repr() either, but for numbers below 0.0001.
    return f"{prefix}0.{'0' * -point}{body}"


def decimal_text(value: Decimal, scale: int) -> str:
    return format(rounded(value, scale), "f")


def rounded(value: Decimal, scale: int) -> Decimal:
    """value with exactly so many digits behind the point, halves away from zero; never minus zero."""
    result = value.quantize(Decimal(1).scaleb(-scale), context=CONTEXT)
    return abs(result) if result.is_zero() else result


def date_text(value: dt.date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def datetime_text(value: dt.datetime, decimals: int = 0) -> str:
    text = f"{date_text(value)} {value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return text + fraction_text(value.microsecond, decimals)


def time_text(value: dt.timedelta, decimals: int = 0) -> str:
    micros = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(micros, 1_000_000)
    hours, rest = divmod(seconds, 3600)
    return f"{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}" + fraction_text(fraction, decimals)


def fraction_text(microseconds: int, decimals: int) -> str:
    if not 0 < decimals <= 6:
        return ""
    return "." + f"{microseconds:06d}"[:decimals]


def to_text(value: Value, shape: Shape) -> str | bytes | None:
    """A value as the text protocol writes it: str, or bytes where it is a binary string."""
    if value is None or isinstance(value, (str, bytes)):
        return str(value) if type(value) is Listed else value
    if shape.zeros:
        return to_text(value, shape.but(zeros=0)).zfill(shape.zeros)  # type: ignore[union-attr]  # a number is a str
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        # What a user variable holds has the digits that it was given, whatever its column says.
        is_fixed = shape.family is Family.DECIMAL and shape.coercibility is not Coercibility.IMPLICIT
        return decimal_text(value, shape.decimals if is_fixed else _scale(value))
    if isinstance(value, float):
        return double_text(value, shape.decimals if shape.family is Family.DOUBLE else NOT_FIXED)
    if isinstance(value, dt.datetime):
        return datetime_text(value, shape.decimals)
    if isinstance(value, dt.timedelta):
        return time_text(value, shape.decimals)
    return date_text(value)


def _scale(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# --- to numbers ------------------------------------------------------------------------------------------------------


class Listed(str):
    """What an ENUM or a SET holds: its text, and the number that it is by its list."""

    __slots__ = ("number",)
    number: int

    @classmethod
    def of(cls, text: str, number: int) -> Listed:
        made = cls(text)
        made.number = number
        return made


def text_of(value: str | bytes) -> str:
    return value if isinstance(value, str) else OfBytes(value, "latin-1")


def to_number(value: Value, shape: Shape, warn: Warn = ignore, kind: str = "DOUBLE") -> Number | None:
    """A value as a number; text counts as far as it is a number, and warns of the rest."""
    if value is None or isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, (str, bytes)):
        if shape.is_number and isinstance(value, bytes):
            return int.from_bytes(value[-8:], "big")
        if type(value) is Listed:
            return value.number
        return text_to_double(text_of(value), warn, kind)
    return temporal_number(value, shape.decimals)


def text_to_double(text: str, warn: Warn = ignore, kind: str = "DOUBLE") -> float:
    match = _NUMBER_PREFIX.match(text)
    if match is None or match.end() < len(text.rstrip()):
        warn(*truncated(kind, text))
    if match is None:
        return 0.0
    value = float(match[0])
    if value in (float("inf"), float("-inf")):
        warn(*truncated(kind, text))
        return 1.7976931348623157e308 if value > 0 else -1.7976931348623157e308
    return value


def text_to_decimal(text: str, warn: Warn = ignore) -> Decimal:
    match = _NUMBER_PREFIX.match(text)
    if match is None or match.end() < len(text.rstrip()):
        warn(*truncated("DECIMAL", text))
    return CONTEXT.create_decimal(match[0].strip()) if match is not None else Decimal(0)


def temporal_number(value: dt.date | dt.datetime | dt.timedelta, decimals: int = 0) -> int | Decimal:
    """A date or time as the number that its digits make: 20200102, 20200102030405, 30405."""
    if isinstance(value, dt.timedelta):
        text, fraction = time_text(value).replace(":", ""), value.microseconds
    elif isinstance(value, dt.datetime):
        text, fraction = value.strftime("%Y%m%d%H%M%S").rjust(14, "0"), value.microsecond
    else:
        text, fraction = value.strftime("%Y%m%d").rjust(8, "0"), 0
    if decimals:
        return Decimal(text + fraction_text(fraction, decimals))
    return int(text)


def to_integer(value: Value, shape: Shape, warn: Warn = ignore) -> int | None:
    """A value as an integer, rounded; text counts up to its first character that is no digit."""
    if value is None or isinstance(value, int):
        return value
    if type(value) is Listed:
        return value.number
    if isinstance(value, (str, bytes)) and not shape.is_number:
        text = text_of(value)
        match = _INTEGER_PREFIX.match(text)
        number = int(match[0]) if match is not None else 0
        if match is None or match.end() < len(text.rstrip()) or not INT64_MIN <= number <= UINT64_MAX:
            warn(*truncated("INTEGER", text))
        return min(max(number, INT64_MIN), UINT64_MAX)
    return round_half_away(to_number(value, shape, warn))


def round_half_away(number: Number | None) -> int | None:
    """The nearest integer; of two as near, a decimal takes the one farther from zero, a double the even one."""
    if number is None or isinstance(number, int):
        return number
    if isinstance(number, float):
        return round(number)
    return int(number.to_integral_value(decimal.ROUND_HALF_UP))


def to_decimal(value: Value, shape: Shape, warn: Warn = ignore) -> Decimal | None:
    if value is None:
        return None
    if type(value) is Listed:
        return Decimal(value.number)
    if isinstance(value, (str, bytes)) and not shape.is_number:
        return text_to_decimal(text_of(value), warn)
    number = to_number(value, shape, warn)
    if isinstance(number, float):
        return CONTEXT.create_decimal(repr(number))
    return Decimal(number) if isinstance(number, int) else number


def to_double(value: Value, shape: Shape, warn: Warn = ignore) -> float | None:
    number = to_number(value, shape, warn)
    return None if number is None else float(number)


def truth(value: Value, shape: Shape, warn: Warn = ignore) -> bool | None:
    """Whether a value counts as true, None for NULL."""
    number = to_number(value, shape, warn)
    return None if number is None else number != 0


# --- to dates and times ----------------------------------------------------------------------------------------------

_DATETIME: Final = re.compile(
    r"\s*(\d{4}|\d{2})[-./:](\d{1,2})[-./:](\d{1,2})"
    r"(?:[ T]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?)?\s*$"
)
_COMPACT: Final = re.compile(r"\s*(\d{2}|\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})(?:\.(\d*))?)?\s*$")
_TIME: Final = re.compile(r"\s*(-?)(?:(\d+)\s+)?(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?\s*$")
_COMPACT_TIME: Final = re.compile(r"\s*(-?)(\d{1,7})(?:\.(\d*))?\s*$")


def micros(fraction: str | None) -> int:
    return int((fraction or "").ljust(6, "0")[:6] or 0)


def parse_datetime(text: str) -> dt.datetime | None:
    """A date with or without a time, in any of the spellings that the servers read; None if it is none."""
    match = _DATETIME.match(text) or _COMPACT.match(text)
    if match is None:
        return None
    year = int(match[1])
    if len(match[1]) == 2:
        year += 2000 if year < 70 else 1900
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    try:
        return dt.datetime(year, int(match[2]), int(match[3]), hour, minute, second, micros(match[7]))
    except ValueError:
        return None


def parse_time(text: str) -> dt.timedelta | None:
    match = _TIME.match(text)
    if match is not None:
        sign, days, hours, minutes, seconds, fraction = match.groups()
        total = (int(days or 0) * 24 + int(hours)) * 3600 + int(minutes) * 60 + int(seconds or 0)
        valid = int(minutes) < 60 and int(seconds or 0) < 60
    else:
        compact = _COMPACT_TIME.match(text)
        if compact is None:
            moment = parse_datetime(text)
            return None if moment is None else time_of_day(moment)
        sign, digits, fraction = compact.groups()
        padded = digits.rjust(6, "0")
        hours, minutes, seconds = padded[:-4], padded[-4:-2], padded[-2:]
        total = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        valid = int(minutes) < 60 and int(seconds) < 60
    if not valid:
        return None
    value = dt.timedelta(seconds=total, microseconds=micros(fraction))
    return -value if sign else value


def time_of_day(moment: dt.datetime) -> dt.timedelta:
    return dt.timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )


def fraction_digits(text: str) -> int:
    """How many digits of a second a literal is written with, six at most."""
    _, point, fraction = text.strip().rpartition(".")
    return min(len(fraction), 6) if point and fraction.isdigit() and ":" in text else 0


def to_datetime(value: Value, shape: Shape) -> dt.datetime | None:
    """A value as a moment; None for NULL and for what is no date."""
    if value is None or isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, dt.timedelta):
        return None
    if isinstance(value, (str, bytes)):
        return parse_datetime(text_of(value))
    text = to_text(value, shape)
    assert isinstance(text, str)
    whole, _, fraction = text.partition(".")
    digits = whole.rjust(14 if len(whole) > 8 else 8 if len(whole) > 6 else 6, "0")
    return parse_datetime(digits + (f".{fraction}" if fraction and len(digits) == 14 else ""))


def to_time(value: Value, shape: Shape) -> dt.timedelta | None:
    if value is None or isinstance(value, dt.timedelta):
        return value
    if isinstance(value, dt.datetime):
        return time_of_day(value)
    if isinstance(value, dt.date):
        return dt.timedelta()
    text = to_text(value, shape)
    assert text is not None
    return parse_time(text_of(text))


def round_micros(microseconds: int, decimals: int, *, truncate: bool) -> int:
    """A fraction of a second at fewer digits; the caller carries a whole second over."""
    unit: int = 10 ** (6 - decimals)
    return microseconds // unit * unit if truncate else (microseconds + unit // 2) // unit * unit


# --- comparison ------------------------------------------------------------------------------------------------------


def collation_key(text: str, collation: Collation) -> str:
    """What two strings must have in common to be equal under a collation, ordered as it orders them."""
    if collation.pads_spaces:
        text = text.rstrip(" ")
    if collation.is_binary:
        return text
    if text.isascii():
        return text.lower() if collation.ignores_case else text
    if collation.ignores_accents:
        text = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    if "_general_" in collation.name:
        return text.lower()  # one character for one, so that "ss" is none of its sharp s
    return text.casefold() if collation.ignores_case else text


def compare_texts(one: str | bytes, other: str | bytes, collation: Collation) -> int:
    """Negative, zero or positive, as one stands before, with or behind other."""
    if collation.id == 63 or isinstance(one, bytes) or isinstance(other, bytes):
        left, right = to_bytes(one, collation), to_bytes(other, collation)
        return (left > right) - (left < right)
    first, second = collation_key(one, collation), collation_key(other, collation)
    return (first > second) - (first < second)


def to_bytes(value: str | bytes, collation: Collation) -> bytes:
    if isinstance(value, bytes):
        return value
    charset = collation.charset
    return value.encode("utf-8", "surrogateescape") if charset.name == "binary" else charset.encode(value)


def is_like(text: str, shape: Shape) -> bool:
    """Whether a text can be read as the kind of date or time that a shape is."""
    return (parse_time(text) if shape.family is Family.TIME else parse_datetime(text)) is not None


def compare(
    one: Value,
    shape: Shape,
    other: Value,
    other_shape: Shape,
    collation: Collation,
    warn: Warn,
    kind: str = "DOUBLE",
) -> int | None:
    """How two values of these shapes compare, None if either is NULL; kind is what text is read as among numbers."""
    if one is None or other is None:
        return None
    if isinstance(one, int) and isinstance(other, int):
        return (one > other) - (one < other)
    if isinstance(one, (str, bytes)) and isinstance(other, (str, bytes)):
        return compare_texts(one, other, collation)
    if shape.family.is_temporal or other_shape.family.is_temporal:
        answer = _compare_moments(one, shape, other, other_shape)
        if answer is not None:
            return answer
    left, right = to_number(one, shape, warn, kind), to_number(other, other_shape, warn, kind)
    assert left is not None
    assert right is not None
    return (left > right) - (left < right)


def order(one: Value, shape: Shape, other: Value, other_shape: Shape, collation: Collation) -> int:
    """How ORDER BY puts two values: as :func:`compare`, NULL first, members of a list as they are listed."""
    if one is None or other is None:
        return (other is None) - (one is None)
    if type(one) is Listed and type(other) is Listed:
        return (one.number > other.number) - (one.number < other.number)
    return compare(one, shape, other, other_shape, collation, ignore) or 0


def _compare_moments(one: Value, shape: Shape, other: Value, other_shape: Shape) -> int | None:
    if Family.TIME in (shape.family, other_shape.family):
        times = to_time(one, shape), to_time(other, other_shape)
        if times[0] is not None and times[1] is not None:
            return (times[0] > times[1]) - (times[0] < times[1])
        return None
    moments = to_datetime(one, shape), to_datetime(other, other_shape)
    if moments[0] is not None and moments[1] is not None:
        return (moments[0] > moments[1]) - (moments[0] < moments[1])
    return None


def like_pattern(pattern: str, escape: str, collation: Collation) -> re.Pattern[str]:
    """The regular expression that a LIKE pattern stands for; text must first pass through :func:`like_text`."""
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            parts.append(re.escape(like_text(next(characters, escape), collation)))
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        else:
            parts.append(re.escape(like_text(character, collation)))
    return re.compile("".join(parts), re.DOTALL)


def like_text(text: str, collation: Collation) -> str:
    """Text folded as LIKE compares it, one character for each: LIKE never ignores trailing spaces."""
    if collation.is_binary or not collation.ignores_case:
        return text
    return text.lower()
