"""The native functions on dates and times.

A moment without a fraction is a date; one with hours is a datetime; TIME is a duration. The moment of NOW() is the
session's, in its time zone; named zones are unknown here, as they are to a server whose zone tables nobody has
loaded.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .. import constants as c
from . import nodes, shapes, values
from .calls import Bound, CallSite, Scope, native, plain_text
from .casts import too_precise
from .shapes import Family
from .variables import zone_offset
from .wordlist import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shapes import Shape
    from .values import Value

_EPOCH: Final = dt.datetime(1970, 1, 1)
_MONTHS: Final = (
    words(
    """
    January February March April May June July August September October November December
    """
)
)  # fmt: skip
_DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


# --- now --------------------------------------------------------------------------------------------------------------


def _precision(site: CallSite, mariadb_name: str) -> int:
    digits = site.constant(0) if len(site) else 0
    digits = digits if isinstance(digits, int) else 0
    if digits > 6:
        name = site.name.lower()
        raise too_precise(site.dialect.mariadb, digits, site.dialect.pick(mariadb_name or name, name))
    return digits


def _cut(moment: dt.datetime, digits: int) -> dt.datetime:
    return moment.replace(microsecond=values.round_micros(moment.microsecond, digits, truncate=True))


def _now(site: CallSite) -> Bound:
    digits = _precision(site, "current_timestamp")
    shape = shapes.temporal(Family.DATETIME, digits, nullable=False)
    return Bound(shape, lambda scope: _cut(scope.session.local_time(), digits))


native("NOW CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP", 0, 1)(_now)


@native("SYSDATE", 0, 1)
def _sysdate(site: CallSite) -> Bound:
    digits = _precision(site, "")
    shape = shapes.temporal(Family.DATETIME, digits, nullable=False)
    return Bound(shape, lambda scope: _cut(scope.instance.wall() + scope.session.offset, digits))


@native("UTC_TIMESTAMP", 0, 1)
def _utc_timestamp(site: CallSite) -> Bound:
    digits = _precision(site, "")
    shape = shapes.temporal(Family.DATETIME, digits, nullable=False)
    return Bound(shape, lambda scope: _cut(scope.session.utc_time(), digits))


@native("CURDATE CURRENT_DATE", 0)
def _curdate(_site: CallSite) -> Bound:
    return Bound(shapes.temporal(Family.DATE, nullable=False), lambda scope: scope.session.local_time().date())


@native("UTC_DATE", 0)
def _utc_date(_site: CallSite) -> Bound:
    return Bound(shapes.temporal(Family.DATE, nullable=False), lambda scope: scope.session.utc_time().date())


def _time_now(clock: Callable[[Scope], dt.datetime]) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        digits = _precision(site, "")
        shape = shapes.temporal(Family.TIME, digits, nullable=False, length=site.dialect.pick(10, 8))
        return Bound(shape, lambda scope: values.time_of_day(_cut(clock(scope), digits)))

    return bind


native("CURTIME CURRENT_TIME", 0, 1)(_time_now(lambda scope: scope.session.local_time()))
native("UTC_TIME", 0, 1)(_time_now(lambda scope: scope.session.utc_time()))


# --- to and from numbers ----------------------------------------------------------------------------------------------


@native("UNIX_TIMESTAMP", 0, 1)
def _unix_timestamp(site: CallSite) -> Bound:
    whole = site.integer(17, 21, big=True, nullable=bool(site.dialect.mariadb) or site.is_nullable)
    if not len(site):
        return Bound(whole, lambda scope: int((scope.session.utc_time() - _EPOCH).total_seconds()))
    digits = _fraction_of(site, 0)
    moment = site.moment(0)

    def run(scope: Scope) -> Value:
        at = moment(scope)
        if at is None:
            return None
        since = at - scope.session.offset - _EPOCH
        if since < dt.timedelta():
            return site.dialect.pick(None, 0)
        if not digits:
            return since // dt.timedelta(seconds=1)
        return Decimal(since // dt.timedelta(microseconds=1)) / 1_000_000

    if not digits:
        return Bound(whole, run, False)
    wire = shapes.decimal(12 + digits, digits, nullable=whole.nullable)
    return Bound(wire.but(length=site.dialect.pick(18 + digits, 13 + digits)), run)


def _fraction_of(site: CallSite, index: int) -> int:
    """How many digits of a second an argument has, told from its shape or, for a constant, from its text."""
    shape = site.shape(index)
    if shape.family.is_temporal:
        return shape.decimals
    value = site.constant(index)
    if isinstance(value, (str, bytes)):
        return values.fraction_digits(values.text_of(value))
    return shape.decimals if shape.family is Family.DECIMAL else 0


@native("FROM_UNIXTIME", 1, 2)
def _from_unixtime(site: CallSite) -> Bound:
    number = site.decimal(0)
    digits = 0 if site.shape(0).family is Family.NULL else min(shapes.as_number(site.shape(0)).decimals, 6)

    def run(scope: Scope) -> Value:
        seconds = number(scope)
        if seconds is None or seconds < 0 or seconds > 32536771199:
            return None
        return _EPOCH + scope.session.offset + dt.timedelta(microseconds=int(seconds * 1_000_000))

    made = Bound(shapes.temporal(Family.DATETIME, digits), run, False)
    if len(site) == 1:
        return made
    return _formatted(site, made, 1)


@native("TO_DAYS", 1)
def _to_days(site: CallSite) -> Bound:
    return site.make(
        site.integer(6, 8, nullable=True), lambda moment: moment.toordinal() + 365, site.moment(0, is_date=True)
    )


@native("FROM_DAYS", 1)
def _from_days(site: CallSite) -> Bound:
    def compute(number: int) -> Value:
        ordinal = number - 365
        return dt.date.fromordinal(ordinal) if 1 <= ordinal <= dt.date.max.toordinal() else None

    return site.make(shapes.temporal(Family.DATE), compute, site.integer_of(0))


@native("TIME_TO_SEC", 1)
def _time_to_sec(site: CallSite) -> Bound:
    return site.make(
        site.integer(17, 10, big=True, nullable=True), lambda time: time // dt.timedelta(seconds=1), site.time(0)
    )


@native("SEC_TO_TIME", 1)
def _sec_to_time(site: CallSite) -> Bound:
    digits = min(shapes.as_number(site.shape(0)).decimals, 6)
    return site.make(
        shapes.temporal(Family.TIME, digits),
        lambda seconds: dt.timedelta(microseconds=int(seconds * 1_000_000)),
        site.decimal(0),
    )


# --- parts ------------------------------------------------------------------------------------------------------------


def _week(moment: dt.datetime, mode: int) -> int:
    """WEEK(): mode bit 0 Monday first, bit 1 weeks from 1, bit 2 the first week is the one with the first such day."""
    monday_first, from_one, first_day = bool(mode & 1), bool(mode & 2), bool(mode & 4)
    if not monday_first:
        first_day = not first_day

    def number(day: dt.datetime) -> int:
        new_year = day.replace(month=1, day=1)
        weekday = new_year.weekday() if monday_first else (new_year.weekday() + 1) % 7
        start = (7 - weekday) % 7 if first_day else (-weekday if weekday < 4 else 7 - weekday)
        return (day.timetuple().tm_yday - 1 - start) // 7 + 1

    week = number(moment)
    if week < 1 and from_one:
        return number(moment.replace(year=moment.year - 1, month=12, day=31))
    if week > 52 and from_one and not first_day:
        following = moment.replace(year=moment.year + 1, month=1, day=1)
        weekday = following.weekday() if monday_first else (following.weekday() + 1) % 7
        if weekday < 4:
            return 1
    return max(week, 0)


def _part(mariadb: int, mysql: int, compute: Callable[[dt.datetime], int]) -> Callable[[CallSite], Bound]:
    """A part of a date as a number."""

    def bind(site: CallSite) -> Bound:
        return site.make(site.integer(mariadb, mysql, nullable=True), compute, site.moment(0, is_date=True))

    return bind


def _time_part(mariadb: int, mysql: int, compute: Callable[[dt.timedelta], int]) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        return site.make(site.integer(mariadb, mysql, nullable=True), lambda time: compute(abs(time)), site.time(0))

    return bind


def _hours(time: dt.timedelta) -> int:
    return time // dt.timedelta(hours=1)


@native("YEAR", 1)
def _year(site: CallSite) -> Bound:
    shape = site.integer(4, 4, nullable=True)
    if not site.dialect.mariadb:
        shape = shape.but(unsigned=True, field_type=c.FIELD_TYPE_YEAR)
    return site.make(shape, lambda moment: moment.year, site.moment(0, is_date=True))


native("MONTH", 1)(_part(2, 3, lambda moment: moment.month))
native("DAY DAYOFMONTH", 1)(_part(2, 3, lambda moment: moment.day))
native("QUARTER", 1)(_part(1, 2, lambda moment: (moment.month + 2) // 3))
native("DAYOFWEEK", 1)(_part(1, 2, lambda moment: moment.isoweekday() % 7 + 1))
native("WEEKDAY", 1)(_part(1, 2, lambda moment: moment.weekday()))
native("DAYOFYEAR", 1)(_part(3, 4, lambda moment: moment.timetuple().tm_yday))
native("HOUR", 1)(_time_part(2, 4, _hours))
native("MINUTE", 1)(_time_part(2, 3, lambda time: time.seconds // 60 % 60))
native("SECOND", 1)(_time_part(2, 3, lambda time: time.seconds % 60))
native("MICROSECOND", 1)(_time_part(6, 21, lambda time: time.microseconds))


@native("WEEK", 1, 2)
def _week_of(site: CallSite) -> Bound:
    mode = site.integer_of(1) if len(site) == 2 else None
    moment = site.moment(0, is_date=True)

    def run(scope: Scope) -> Value:
        at = moment(scope)
        chosen = int(scope.session.setting("default_week_format") or 0) if mode is None else mode(scope)
        return None if at is None else _week(at, (chosen or 0) & 7)

    return Bound(site.integer(2, 3, nullable=True), run)


# Widths on MariaDB and on MySQL.
_EXTRACT_WIDTHS: Final = {
    "YEAR": (4, 5),
    "QUARTER": (1, 2),
    "MONTH": (2, 3),
    "WEEK": (2, 3),
    "DAY": (2, 3),
    "HOUR": (3, 4),
    "MINUTE": (3, 3),
    "SECOND": (3, 3),
    "MICROSECOND": (7, 7),
    "YEAR_MONTH": (6, 7),
    "DAY_HOUR": (10, 9),
    "DAY_MINUTE": (12, 11),
    "DAY_SECOND": (14, 13),
    "HOUR_MINUTE": (5, 6),
    "HOUR_SECOND": (7, 8),
    "MINUTE_SECOND": (5, 5),
    "DAY_MICROSECOND": (20, 20),
    "HOUR_MICROSECOND": (13, 14),
    "MINUTE_MICROSECOND": (11, 11),
    "SECOND_MICROSECOND": (9, 9),
}
_EXTRACT_LARGE: Final = 11


@native("EXTRACT", 2)
def _extract(site: CallSite) -> Bound:
    unit = site.constant(0)
    assert isinstance(unit, str)
    mariadb, mysql = _EXTRACT_WIDTHS[unit]
    shape = site.integer(mariadb, mysql, nullable=True, big=mariadb >= _EXTRACT_LARGE)
    take = _EXTRACTED[unit]
    if unit.startswith(("HOUR", "MINUTE", "SECOND", "MICROSECOND")):
        return site.make(shape, lambda time: take(_AS_MOMENT + time), site.time(1))
    return site.make(shape, take, site.moment(1))


# A day to count hours, minutes and seconds from.
_AS_MOMENT: Final = dt.datetime(2000, 1, 1)
_EXTRACTED: Final[dict[str, Callable[[dt.datetime], int]]] = {
    "YEAR": lambda at: at.year,
    "QUARTER": lambda at: (at.month + 2) // 3,
    "MONTH": lambda at: at.month,
    "WEEK": lambda at: _week(at, 0),
    "DAY": lambda at: at.day,
    "HOUR": lambda at: at.hour,
    "MINUTE": lambda at: at.minute,
    "SECOND": lambda at: at.second,
    "MICROSECOND": lambda at: at.microsecond,
    "YEAR_MONTH": lambda at: at.year * 100 + at.month,
    "DAY_HOUR": lambda at: at.day * 100 + at.hour,
    "DAY_MINUTE": lambda at: (at.day * 100 + at.hour) * 100 + at.minute,
    "DAY_SECOND": lambda at: ((at.day * 100 + at.hour) * 100 + at.minute) * 100 + at.second,
    "HOUR_MINUTE": lambda at: at.hour * 100 + at.minute,
    "HOUR_SECOND": lambda at: (at.hour * 100 + at.minute) * 100 + at.second,
    "MINUTE_SECOND": lambda at: at.minute * 100 + at.second,
    "SECOND_MICROSECOND": lambda at: at.second * 1_000_000 + at.microsecond,
    "MINUTE_MICROSECOND": lambda at: (at.minute * 100 + at.second) * 1_000_000 + at.microsecond,
    "HOUR_MICROSECOND": lambda at: ((at.hour * 100 + at.minute) * 100 + at.second) * 1_000_000 + at.microsecond,
    "DAY_MICROSECOND": lambda at: (
        (((at.day * 100 + at.hour) * 100 + at.minute) * 100 + at.second) * 1_000_000 + at.microsecond
    ),
}


def _named_part(compute: Callable[[dt.datetime], str]) -> Callable[[CallSite], Bound]:
    def bind(site: CallSite) -> Bound:
        return site.make(site.string(9, fixed_decimals=True), compute, site.moment(0, is_date=True))

    return bind


native("MONTHNAME", 1)(_named_part(lambda moment: _MONTHS[moment.month - 1]))
native("DAYNAME", 1)(_named_part(lambda moment: _DAYS[moment.weekday()]))


# --- dates ------------------------------------------------------------------------------------------------------------


@native("DATE", 1)
def _date(site: CallSite) -> Bound:
    return site.make(shapes.temporal(Family.DATE), lambda moment: moment.date(), site.moment(0, is_date=True))


@native("TIME", 1)
def _time(site: CallSite) -> Bound:
    return site.make(shapes.temporal(Family.TIME, _fraction_of(site, 0)), lambda time: time, site.time(0))


@native("TIMESTAMP", 1, 2)
def _timestamp(site: CallSite) -> Bound:
    shape = shapes.temporal(Family.DATETIME, _fraction_of(site, 0))
    if len(site) == 1:
        return site.make(shape, lambda moment: moment, site.moment(0))
    return site.make(shape, lambda moment, time: moment + time, site.moment(0), site.time(1))


@native("LAST_DAY", 1)
def _last_day(site: CallSite) -> Bound:
    def compute(moment: dt.datetime) -> Value:
        following = (moment.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        return (following - dt.timedelta(days=1)).date()

    return site.make(shapes.temporal(Family.DATE), compute, site.moment(0, is_date=True))


@native("MAKEDATE", 2)
def _makedate(site: CallSite) -> Bound:
    def compute(year: int, day: int) -> Value:
        if day < 1 or not 0 <= year <= 9999:
            return None
        full = year + (2000 if year < 70 else 1900) if year < 100 else year
        return dt.date(full, 1, 1) + dt.timedelta(days=day - 1)

    return site.make(shapes.temporal(Family.DATE), compute, site.integer_of(0), site.integer_of(1))


@native("MAKETIME", 3)
def _maketime(site: CallSite) -> Bound:
    def compute(hours: int, minutes: int, seconds: Decimal) -> Value:
        if not (0 <= minutes < 60 and 0 <= seconds < 60):
            return None
        time = dt.timedelta(hours=abs(hours), minutes=minutes, microseconds=int(seconds * 1_000_000))
        return -time if hours < 0 else time

    digits = min(shapes.as_number(site.shape(2)).decimals, 6)
    readers = (site.integer_of(0), site.integer_of(1), site.decimal(2))
    return site.make(shapes.temporal(Family.TIME, digits), compute, *readers)


@native("DATEDIFF", 2)
def _datediff(site: CallSite) -> Bound:
    return site.make(
        site.integer(8, 9, nullable=True),
        lambda one, other: one.toordinal() - other.toordinal(),
        site.moment(0, is_date=True),
        site.moment(1, is_date=True),
    )


@native("TIMESTAMPDIFF", 3)
def _timestampdiff(site: CallSite) -> Bound:
    unit = site.constant(0)
    assert isinstance(unit, str)

    def compute(one: dt.datetime, other: dt.datetime) -> int:
        sign = 1 if other >= one else -1
        first, last = (one, other) if sign > 0 else (other, one)
        if unit in ("MONTH", "QUARTER", "YEAR"):
            months = (last.year - first.year) * 12 + last.month - first.month
            if (last.day, last.time()) < (first.day, first.time()):
                months -= 1
            return sign * (months // {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit])
        return sign * ((last - first) // _SPANS[unit])

    shape = site.integer(21, 21, big=True, nullable=True)
    return site.make(shape, compute, site.moment(1), site.moment(2))


_SPANS: Final = {
    "MICROSECOND": dt.timedelta(microseconds=1),
    "SECOND": dt.timedelta(seconds=1),
    "MINUTE": dt.timedelta(minutes=1),
    "HOUR": dt.timedelta(hours=1),
    "DAY": dt.timedelta(days=1),
    "WEEK": dt.timedelta(weeks=1),
}
_COMPOUND: Final = {
    "YEAR_MONTH": ("YEAR", "MONTH"),
    "DAY_HOUR": ("DAY", "HOUR"),
    "DAY_MINUTE": ("DAY", "HOUR", "MINUTE"),
    "DAY_SECOND": ("DAY", "HOUR", "MINUTE", "SECOND"),
    "DAY_MICROSECOND": ("DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND"),
    "HOUR_MINUTE": ("HOUR", "MINUTE"),
    "HOUR_SECOND": ("HOUR", "MINUTE", "SECOND"),
    "HOUR_MICROSECOND": ("HOUR", "MINUTE", "SECOND", "MICROSECOND"),
    "MINUTE_SECOND": ("MINUTE", "SECOND"),
    "MINUTE_MICROSECOND": ("MINUTE", "SECOND", "MICROSECOND"),
    "SECOND_MICROSECOND": ("SECOND", "MICROSECOND"),
}
_DATE_UNITS: Final = frozenset(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "YEAR_MONTH"])


def shift(moment: dt.datetime, amount: Decimal | str, unit: str, sign: int) -> dt.datetime | None:
    """moment so much later (sign 1) or earlier (-1), None out of the calendar's range."""
    months, span = _amount(amount, unit)
    try:
        if months:
            total = moment.year * 12 + moment.month - 1 + sign * months
            year, month = divmod(total, 12)
            following = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
            days = (following - dt.timedelta(days=1)).day
            moment = moment.replace(year=year, month=month + 1, day=min(moment.day, days))
        return moment + sign * span
    except (ValueError, OverflowError):
        return None


def _amount(amount: Decimal | str, unit: str) -> tuple[int, dt.timedelta]:
    """An interval as months and a span."""
    if unit in _COMPOUND:
        parts = _COMPOUND[unit]
        text = str(amount)
        numbers = re.findall(r"\d+", text)[-len(parts) :]
        signed = -1 if text.strip().startswith("-") else 1
        pairs = list(zip(parts[-len(numbers) :], numbers, strict=True)) if numbers else []
        months, span = 0, dt.timedelta()
        for name, number in pairs:
            # Behind a point stand fractions of a second, not a count of microseconds.
            digits = number.ljust(6, "0")[:6] if name == "MICROSECOND" else number
            more, longer = _amount(Decimal(digits), name)
            months, span = months + more, span + longer
        return signed * months, signed * span
    exact = amount if isinstance(amount, Decimal) else values.text_to_decimal(amount)
    if unit in ("MONTH", "QUARTER", "YEAR"):
        return int(exact.to_integral_value()) * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit], dt.timedelta()
    if unit == "SECOND":
        return 0, dt.timedelta(microseconds=int(exact * 1_000_000))
    return 0, int(exact.to_integral_value()) * _SPANS[unit]


def _shifted(sign: int) -> Callable[[CallSite], Bound]:
    """DATE_ADD (1) and DATE_SUB (-1)."""

    def bind(site: CallSite) -> Bound:
        node = site.nodes[1]
        if not isinstance(node, nodes.Interval):
            # ADDDATE and SUBDATE take a number of days, too.
            node = nodes.Interval(node, "DAY")
        unit = node.unit
        amount = site.binder.bind(node.value)
        source = site.arguments[0]
        shape = _shifted_shape(site, source.shape, unit, amount.shape)
        read = site.moment(0)

        def run(scope: Scope) -> Value:
            value = amount.run(scope)
            if source.shape.family is Family.TIME and shape.family is Family.TIME:
                return _shift_time(source.run(scope), value, amount.shape, unit, sign)
            moment = read(scope)
            if moment is None or value is None:
                return None
            how_much = (
                plain_text(value, amount.shape)
                if unit in _COMPOUND
                else values.to_decimal(value, amount.shape, scope.warn) or Decimal(0)
            )
            result = shift(moment, how_much, unit, sign)
            if result is None:
                scope.warn(1441, "Datetime function: datetime field overflow")
                return None
            return _as_shape(result, shape, unit, source.run(scope))

        return Bound(shape, run, source.is_constant and amount.is_constant)

    return bind


def _shift_time(time: Value, value: Value, shape: Shape, unit: str, sign: int) -> Value:
    if not isinstance(time, dt.timedelta) or value is None:
        return None
    amount = plain_text(value, shape) if unit in _COMPOUND else values.to_decimal(value, shape) or Decimal(0)
    return time + sign * _amount(amount, unit)[1]


def _shifted_shape(site: CallSite, source: Shape, unit: str, amount: Shape) -> Shape:
    digits = source.decimals if source.family.is_temporal else 0
    if "MICROSECOND" in unit:
        digits = 6
    elif unit == "SECOND" and amount.family is Family.DECIMAL:
        digits = max(digits, min(amount.decimals, 6))
    if source.family is Family.DATE and unit in _DATE_UNITS:
        return shapes.temporal(Family.DATE)
    if source.family is Family.TIME and (unit not in _DATE_UNITS or (unit == "DAY" and site.dialect.mariadb)):
        return shapes.temporal(Family.TIME, digits)
    if source.family in (Family.DATE, Family.DATETIME, Family.TIME):
        return shapes.temporal(Family.DATETIME, digits)
    length = site.dialect.pick(19, 29)
    return site.string(length, fixed_decimals=True).but(field_type=c.FIELD_TYPE_STRING)


def _as_shape(moment: dt.datetime, shape: Shape, unit: str, source: Value) -> Value:
    if shape.family is Family.DATE:
        return moment.date()
    if shape.family is Family.DATETIME:
        return moment
    text = values.text_of(source) if isinstance(source, (str, bytes)) else ""
    if ":" not in text and unit in _DATE_UNITS and moment.time() == dt.time():
        return values.date_text(moment)
    return values.datetime_text(moment, 6 if moment.microsecond else 0)


native("DATE_ADD ADDDATE", 2)(_shifted(1))
native("DATE_SUB SUBDATE", 2)(_shifted(-1))


def _time_sum(sign: int) -> Callable[[CallSite], Bound]:
    """ADDTIME (1) and SUBTIME (-1)."""

    def bind(site: CallSite) -> Bound:
        source = site.shape(0)
        digits = max(_fraction_of(site, 0), _fraction_of(site, 1))
        more = site.time(1)
        if source.family in (Family.DATE, Family.DATETIME):
            shape = shapes.temporal(Family.DATETIME, digits)
            return site.make(shape, lambda moment, time: moment + sign * time, site.moment(0), more)
        if source.family is Family.TIME:
            shape = shapes.temporal(Family.TIME, digits)
            return site.make(shape, lambda time, other: time + sign * other, site.time(0), more)
        text = site.text(0)

        kind = site.dialect.pick("time", "datetime")

        def run(scope: Scope) -> Value:
            written, other = text(scope), more(scope)
            if written is None or other is None:
                return None
            total = compute(written, other)
            if total is None:
                scope.warn(1292, f"Incorrect {kind} value: '{written}'")
            return total

        def compute(written: str, other: dt.timedelta) -> Value:
            if "-" in written.strip()[1:]:
                moment = values.parse_datetime(written)
                if moment is not None:
                    result = moment + sign * other
                    return values.datetime_text(result, 6 if result.microsecond else 0)
            time = values.parse_time(written)
            if time is None:
                return None
            total = time + sign * other
            return values.time_text(total, 6 if total.microseconds else 0)

        shape = site.string(site.dialect.pick(26, 29)).but(field_type=c.FIELD_TYPE_STRING)
        return Bound(shape, run, site.is_constant)

    return bind


native("ADDTIME", 2)(_time_sum(1))
native("SUBTIME", 2)(_time_sum(-1))


@native("CONVERT_TZ", 3)
def _convert_tz(site: CallSite) -> Bound:
    def compute(moment: dt.datetime, from_zone: str, to_zone: str) -> Value:
        offsets = []
        for zone in (from_zone, to_zone):
            offset = 0 if zone.upper() == "SYSTEM" else zone_offset(zone, site.dialect.mariadb)
            if offset is None:
                return None
            offsets.append(offset)
        return moment + dt.timedelta(seconds=offsets[1] - offsets[0])

    shape = shapes.temporal(Family.DATETIME, _fraction_of(site, 0))
    return site.make(shape, compute, site.moment(0), site.text(1), site.text(2))


# --- formats ----------------------------------------------------------------------------------------------------------


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_FORMATS: Final[dict[str, Callable[[dt.datetime], str]]] = {
    "a": lambda at: _DAYS[at.weekday()][:3],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "c": lambda at: str(at.month),
    "D": lambda at: _ordinal(at.day),
    "d": lambda at: f"{at.day:02d}",
    "e": lambda at: str(at.day),
    "f": lambda at: f"{at.microsecond:06d}",
    "H": lambda at: f"{at.hour:02d}",
    "h": lambda at: f"{(at.hour + 11) % 12 + 1:02d}",
    "I": lambda at: f"{(at.hour + 11) % 12 + 1:02d}",
    "i": lambda at: f"{at.minute:02d}",
    "j": lambda at: f"{at.timetuple().tm_yday:03d}",
    "k": lambda at: str(at.hour),
    "l": lambda at: str((at.hour + 11) % 12 + 1),
    "M": lambda at: _MONTHS[at.month - 1],
    "m": lambda at: f"{at.month:02d}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "r": lambda at: f"{(at.hour + 11) % 12 + 1:02d}:{at.minute:02d}:{at.second:02d} {'AM' if at.hour < 12 else 'PM'}",
    "S": lambda at: f"{at.second:02d}",
    "s": lambda at: f"{at.second:02d}",
    "T": lambda at: f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}",
    "U": lambda at: f"{_week(at, 0):02d}",
    "u": lambda at: f"{_week(at, 1):02d}",
    "W": lambda at: _DAYS[at.weekday()],
    "w": lambda at: str(at.isoweekday() % 7),
    "Y": lambda at: f"{at.year:04d}",
    "y": lambda at: f"{at.year % 100:02d}",
    "%": lambda _at: "%",
}
# As many characters as the servers allow each in the length of the result; hours may have seven, in a TIME.
_WIDTHS: Final = {
    **dict.fromkeys("MW", 64),
    **dict.fromkeys("ab", 32),
    **dict.fromkeys("DYxX", 4),
    "j": 3,
    **dict.fromkeys("uUvVymdhiIlpSsce", 2),
    **dict.fromkeys("kH", 7),
    "r": 11,
    "T": 8,
    "f": 6,
}


def _formatted(site: CallSite, source: Bound, index: int) -> Bound:
    pattern = site.constant(index)
    length = _format_width(pattern) if isinstance(pattern, str) else site.length(index) * 10
    pattern_of = site.text(index)

    def run(scope: Scope) -> Value:
        moment, layout = source.run(scope), pattern_of(scope)
        if not isinstance(moment, dt.datetime) or layout is None:
            return None
        return re.sub(r"%(.)", lambda match: _format_part(match[1], moment), layout)

    return Bound(site.string(length, fixed_decimals=True), run, source.is_constant)


def _format_part(letter: str, moment: dt.datetime) -> str:
    write = _FORMATS.get(letter)
    return letter if write is None else write(moment)


def _format_width(pattern: str) -> int:
    width = 0
    characters = iter(pattern)
    for character in characters:
        width += _WIDTHS.get(next(characters, ""), 1) if character == "%" else 1
    return width


@native("DATE_FORMAT", 2, 3)
def _date_format(site: CallSite) -> Bound:
    moment = site.moment(0)
    return _formatted(site, Bound(site.shape(0), moment, site.arguments[0].is_constant), 1)


@native("TIME_FORMAT", 2)
def _time_format(site: CallSite) -> Bound:
    time = site.time(0)

    def moment(scope: Scope) -> Value:
        value = time(scope)
        return None if value is None else dt.datetime(2000, 1, 1) + value

    return _formatted(site, Bound(site.shape(0), moment, site.arguments[0].is_constant), 1)


_PARSERS: Final = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{2})", "m": r"(?P<m>\d{1,2})", "c": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})", "e": r"(?P<d>\d{1,2})", "H": r"(?P<H>\d{1,2})", "k": r"(?P<H>\d{1,2})",
    "h": r"(?P<I>\d{1,2})", "I": r"(?P<I>\d{1,2})", "l": r"(?P<I>\d{1,2})", "i": r"(?P<i>\d{1,2})",
    "s": r"(?P<s>\d{1,2})", "S": r"(?P<s>\d{1,2})", "f": r"(?P<f>\d{1,6})", "p": r"(?P<p>AM|PM)",
    "M": rf"(?P<M>{'|'.join(_MONTHS)})", "b": rf"(?P<b>{'|'.join(month[:3] for month in _MONTHS)})",
    "T": r"(?P<H>\d{1,2}):(?P<i>\d{1,2}):(?P<s>\d{1,2})", "%": "%",
}  # fmt: skip


@native("STR_TO_DATE", 2)
def _str_to_date(site: CallSite) -> Bound:
    pattern = site.constant(1)
    letters = set(re.findall(r"%(.)", pattern)) if isinstance(pattern, str) else {"Y", "H"}
    has_date, has_time = bool(letters & set("YymcdeMbDjUuWwa")), bool(letters & set("HkhIlisSfTrp"))
    family = Family.DATETIME if has_date and has_time else Family.TIME if has_time else Family.DATE
    digits = 6 if "f" in letters and family is not Family.DATE else 0
    text_of, layout_of = site.text(0), site.text(1)

    def run(scope: Scope) -> Value:
        text, layout = text_of(scope), layout_of(scope)
        if text is None or layout is None:
            return None
        moment = _parsed(text, layout)
        if moment is None:
            scope.warn(1411, f"Incorrect datetime value: '{text}' for function str_to_date")
            return None
        if family is Family.DATE:
            return moment.date()
        return moment if family is Family.DATETIME else values.time_of_day(moment)

    return Bound(shapes.temporal(family, digits), run, site.is_constant)


def _parsed(text: str, layout: str) -> dt.datetime | None:
    pattern = re.sub(
        r"%(.)|(\s+)|([^%\s]+)",
        lambda match: _PARSERS.get(match[1], ".*?") if match[1] else r"\s*" if match[2] else re.escape(match[3]),
        layout,
    )
    try:
        match = re.match(r"\s*" + pattern, text, re.IGNORECASE)
    except re.error:  # the same part twice
        return None
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts.get("Y") or 0) or (
        int(parts["y"]) + (2000 if int(parts["y"]) < 70 else 1900) if "y" in parts else 2000
    )
    month = int(parts.get("m") or 1)
    for key, size in (("M", None), ("b", 3)):
        if parts.get(key):
            month = [name[:size].lower() for name in _MONTHS].index(parts[key].lower()) + 1
    hour = int(parts.get("H") or 0)
    if parts.get("I"):
        hour = int(parts["I"]) % 12 + (12 if (parts.get("p") or "").upper() == "PM" else 0)
    minute, second = int(parts.get("i") or 0), int(parts.get("s") or 0)
    try:
        return dt.datetime(year, month, int(parts.get("d") or 1), hour, minute, second, values.micros(parts.get("f")))
    except ValueError:
        return None
