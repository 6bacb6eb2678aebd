"""Transcript events as lines: JSON for programs, text for people.

One line an event, in the order in which things happened. In JSON every line is an object with ``at`` (seconds on the
server's clock), ``connection``, ``event`` (the type's name in the transcript) and the event's own fields; bytes are
hexadecimal text, enumerations their value.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from .transcript import Event


def json_line(event: Event) -> str:
    """The event as one JSON object, without a line end."""
    fields = {field.name: _plain(getattr(event, field.name)) for field in dataclasses.fields(event)}
    head = {"at": round(fields.pop("at"), 6), "connection": fields.pop("connection_id"), "event": type(event).__name__}
    return json.dumps(head | fields, ensure_ascii=False)


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
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


FORMATS: Final[dict[str, Callable[[Event], str]]] = {"jsonl": json_line, "text": text_line}
"""By the name that the command line has for them."""
