"""Rules written as JSON, so that tests in any language can script a server: ``python -m fakemysql --script FILE``.

A file holds a list of rules, in the order in which they are registered::

    [
      {"on": "SELECT id, name FROM users*", "columns": "id:int, name:varchar(20)", "rows": [[1, "ann"], [2, null]]},
      {"on": "INSERT INTO orders*", "ok": {"affected_rows": 1, "last_insert_id": 77}},
      {"regex": "^COMMIT", "error": 1213, "delay": 0.2, "times": 2, "then": {"ok": true}}
    ]

Each says what it is for (``on``, ``exact`` or ``regex``; ``args``, ``user``, ``database``), and what is answered: one
of ``rows``, ``ok``, ``error``, ``results`` (a list of such answers) and ``pass_on``, with ``delay`` in seconds and
``times``; ``then`` is another answer, or a list of them. A value that JSON has no form for is an object of one key:
``{"date": "2024-02-29"}``, ``datetime``, ``time`` ("-12:30:00"), ``decimal`` ("1.50"), ``hex`` ("ff00").

What is wrong with a file is told with its line where it is no JSON, and otherwise with the place in it, as in
``rules[2].rows[0]``.
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
from typing import TYPE_CHECKING, Any, Final

from .answers import error, ok, pass_on, result
from .patterns import exact

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..answers import Value
    from .answers import ErrorAnswer, OkAnswer, PassOn, ResultAnswer
    from .patterns import PatternLike
    from .rules import Rule


class BadScript(ValueError):
    """A file of rules that makes no sense; the text says where and why."""


_PATTERNS: Final = ("on", "exact", "regex")
_ANSWERS: Final = ("rows", "ok", "error", "results", "pass_on")
_OF_ANSWER: Final = frozenset((*_ANSWERS, "columns", "delay", "times"))
_OF_RULE: Final = _OF_ANSWER | {*_PATTERNS, "args", "user", "database", "then"}
_TIME: Final = re.compile(r"(-?)(\d+):(\d\d):(\d\d(?:\.\d{1,6})?)")


def register(text: str, on: Callable[..., Rule], name: str = "the script") -> list[Rule]:
    """Register the rules of a file's text with ``server.on``.

    Args:
        text: JSON.
        on: the server's method.
        name: the file's name, for the message.

    Raises:
        BadScript: nothing of the file is registered.
    """
    try:
        rules = json.loads(text)
    except json.JSONDecodeError as mistake:
        raise BadScript(f"{name}: line {mistake.lineno}, column {mistake.colno}: {mistake.msg}") from None
    if isinstance(rules, dict) and set(rules) == {"rules"}:
        rules = rules["rules"]
    if not isinstance(rules, list):
        raise BadScript(f'{name}: a list of rules is wanted, [{{"on": ..., "rows": ...}}, ...]; this is {_kind(rules)}')
    place = ""
    try:
        read = []
        for number, rule in enumerate(rules):
            place = f"rules[{number}]"
            read.append(_rule(rule, place))
    except BadScript as mistake:
        raise BadScript(f"{name}: {mistake}") from None
    registered: list[Rule] = []
    try:
        for number, (pattern, bound, stages) in enumerate(read):
            place = f"rules[{number}]"
            registered.append(on(pattern, stages[0][0], delay=stages[0][1], times=stages[0][2], **bound))
            for answer, delay, times in stages[1:]:
                registered[-1].then(answer, delay=delay)
                if times is not None:
                    registered[-1].times(times)
    except ValueError as mistake:
        # Values that do not fit their columns are found where many rows are turned into packets.
        for rule in registered:
            rule.remove()
        raise BadScript(f"{name}: {place}: {mistake}") from None
    return registered


def _rule(rule: object, place: str) -> tuple[PatternLike, dict[str, Any], list[tuple[Any, float, int | None]]]:
    fields = _object(rule, place, _OF_RULE)
    chosen = _one_of(fields, _PATTERNS, place)
    pattern = fields[chosen]
    if not isinstance(pattern, str) or not pattern.strip():
        raise BadScript(f"{place}.{chosen}: the text of a statement is wanted; this is {_kind(pattern)}")
    bound: dict[str, Any] = {}
    for name in ("user", "database"):
        if name in fields:
            if not isinstance(fields[name], str):
                raise BadScript(f"{place}.{name}: a text is wanted; this is {_kind(fields[name])}")
            bound[name] = fields[name]
    if "args" in fields:
        bound["args"] = _row(fields["args"], f"{place}.args")
    stages = [_stage(fields, place)]
    then = fields.get("then", [])
    several = then if isinstance(then, list) else [then]
    for number, each in enumerate(several):
        where = f"{place}.then[{number}]" if isinstance(then, list) else f"{place}.then"
        stages.append(_stage(_object(each, where, _OF_ANSWER), where))
    if chosen == "regex":
        try:
            return re.compile(pattern), bound, stages
        except re.error as mistake:
            raise BadScript(f"{place}.regex: {pattern!r} is no regular expression: {mistake}") from None
    return (exact(pattern) if chosen == "exact" else pattern), bound, stages


def _stage(fields: dict[str, Any], place: str) -> tuple[Any, float, int | None]:
    delay, times = fields.get("delay", 0), fields.get("times")
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        raise BadScript(f"{place}.delay: seconds from 0 are wanted; this is {delay!r}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadScript(f"{place}.times: a count from 1 is wanted; this is {times!r}")
    return _answer(fields, place), delay, times


def _answer(
    fields: dict[str, Any], place: str
) -> OkAnswer | ErrorAnswer | ResultAnswer | PassOn | list[OkAnswer | ErrorAnswer | ResultAnswer]:
    chosen = _one_of(fields, _ANSWERS, place)
    if "columns" in fields and chosen != "rows":
        raise BadScript(f"{place}.columns: columns belong to rows; this rule answers {chosen!r}")
    value, where = fields[chosen], f"{place}.{chosen}"
    try:
        if chosen == "pass_on":
            return pass_on()
        if chosen == "ok":
            return ok() if value is True else ok(**_ok_fields(value, where))
        if chosen == "error":
            return _error(value, where)
        if chosen == "rows":
            return _result(value, fields.get("columns"), where)
        if not isinstance(value, list) or not value:
            raise BadScript(f"{where}: a list of answers is wanted; this is {_kind(value)}")
        answers = []
        for number, each in enumerate(value):
            inner = f"{where}[{number}]"
            answers.append(_answer(_object(each, inner, frozenset(("rows", "columns", "ok", "error"))), inner))
        return answers  # type: ignore[return-value]
    except (TypeError, ValueError) as mistake:
        if isinstance(mistake, BadScript):
            raise
        raise BadScript(f"{where}: {mistake}") from None


def _ok_fields(value: object, where: str) -> dict[str, Any]:
    fields = _object(value, where, frozenset(("affected_rows", "last_insert_id", "info", "warnings")))
    if "warnings" in fields and isinstance(fields["warnings"], list):
        fields["warnings"] = [tuple(line) for line in fields["warnings"]]
    return fields


def _error(value: object, where: str) -> ErrorAnswer:
    if isinstance(value, int):
        return error(value)
    fields = _object(value, where, frozenset(("code", "sqlstate", "message")))
    if "code" not in fields:
        raise BadScript(f"{where}: the code is missing: a number, or {{'code': 1213, 'message': ...}}")
    return error(fields["code"], fields.get("sqlstate"), fields.get("message"))


def _result(value: object, columns: object, where: str) -> ResultAnswer:
    if not isinstance(value, list):
        raise BadScript(f"{where}: a list of rows is wanted; this is {_kind(value)}")
    wanted: Any = (
        [tuple(each) if isinstance(each, list) else each for each in columns] if isinstance(columns, list) else columns
    )
    if wanted is not None and not isinstance(wanted, str | list):
        raise BadScript(
            f'{where.removesuffix("rows")}columns: "id:int, name" or a list is wanted, not {_kind(columns)}'
        )
    rows: list[Any] = []
    for number, row in enumerate(value):
        inner = f"{where}[{number}]"
        if isinstance(row, dict):
            rows.append({name: _value(cell, f"{inner}.{name}") for name, cell in row.items()})
        else:
            rows.append(_row(row, inner))
    return result(rows, wanted)


def _row(row: object, place: str) -> tuple[Value, ...]:
    if not isinstance(row, list):
        raise BadScript(f"{place}: a list of values is wanted; this is {_kind(row)}")
    return tuple(_value(cell, f"{place}[{number}]") for number, cell in enumerate(row))


_FORMS: Final[dict[str, Callable[[str], Any]]] = {
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "time": lambda text: _time(text),
    "decimal": decimal.Decimal,
    "hex": bytes.fromhex,
}


def _value(value: Any, place: str) -> Value:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((form, text),) = value.items()
        if form in _FORMS and isinstance(text, str):
            try:
                made: Value = _FORMS[form](text)
            except (ValueError, ArithmeticError):
                raise BadScript(f"{place}: {text!r} is no {form}") from None
            return made
    forms = ", ".join(_FORMS)
    raise BadScript(f'{place}: {value!r} is no value; beside those of JSON there are {{"FORM": "text"}}, of {forms}')


def _time(text: str) -> datetime.timedelta:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    time = datetime.timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=float(match[4]))
    return -time if match[1] else time


def _object(value: object, place: str, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadScript(f"{place}: an object is wanted, {{...}}; this is {_kind(value)}")
    for name in value:
        if name not in known:
            raise BadScript(f"{place}: there is no {name!r}; there are {', '.join(sorted(known))}")
    return dict(value)


def _one_of(fields: dict[str, Any], names: tuple[str, ...], place: str) -> str:
    found = [name for name in names if name in fields]
    if len(found) != 1:
        raise BadScript(f"{place}: one of {', '.join(names)} is wanted; there {_are(found)}")
    return found[0]


def _are(found: list[str]) -> str:
    return f"are {' and '.join(found)}" if found else "is none"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
