"""Transcript events as lines: JSON for programs, text for people.

One line an event, in the order in which things happened. In JSON every line is an object with ``at`` (seconds on the
server's clock), ``connection``, ``event`` (the type's name in the transcript) and the event's own fields; bytes are
hexadecimal text, enumerations their value. A byte of a statement that was no text is written as a backslash and
``udc80`` to ``udcff``. :func:`parse_line` reads such a line back.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from . import transcript
from .transcript import Closed, ClosedBy, Event, Replied, ReplyKind, SentUnasked

if TYPE_CHECKING:
    from collections.abc import Callable


def json_line(event: Event) -> str:
    """The event as one JSON object, without a line end."""
    fields = {field.name: _plain(getattr(event, field.name)) for field in dataclasses.fields(event)}
    head = {"at": round(fields.pop("at"), 6), "connection": fields.pop("connection_id"), "event": type(event).__name__}
    return json.dumps(head | fields, ensure_ascii=False)


def parse_line(line: str) -> Event:
    """The event of a JSON line; times come back to the microsecond.

    Raises:
        ValueError: it is no JSON, or no event of this version.
    """
    fields = json.loads(line)
    try:
        kind = EVENTS[fields.pop("event")]
        values = {name: _value(kind, name, value) for name, value in fields.items() if name not in ("at", "connection")}
        return kind(at=fields["at"], connection_id=fields["connection"], **values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no event of fakemysql: {error!r} in {line!r}") from error


def text_line(event: Event) -> str:
    """The event as the transcript prints it, on one line whatever the statement holds."""
    return "\\n".join(str(event).splitlines())


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        # Bytes that were no text stand in statements as lone surrogates, which no JSON reader takes.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def _value(kind: type[Event], name: str, value: Any) -> Any:
    made = _MADE.get((kind, name))
    if made is not None:
        return made(value)
    if isinstance(value, str):
        return _NO_TEXT.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, dict):
        return {_value(kind, "", key): _value(kind, "", item) for key, item in value.items()}
    return value


_NO_TEXT: Final = re.compile(r"\\u(dc[89a-f][0-9a-f])")
_MADE: Final[dict[tuple[type[Event], str], Callable[[Any], Any]]] = {
    (Closed, "by"): ClosedBy,
    (Replied, "kind"): ReplyKind,
    (SentUnasked, "data"): bytes.fromhex,
}

EVENTS: Final[dict[str, type[Event]]] = {
    name: value
    for name, value in vars(transcript).items()
    if isinstance(value, type) and issubclass(value, Event) and value is not Event
}
"""Every type of event by its name."""

FORMATS: Final[dict[str, Callable[[Event], str]]] = {"jsonl": json_line, "text": text_line}
"""By the name that the command line has for them."""
