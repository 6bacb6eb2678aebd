"""What the assertions of a server say when they fail: which rule, which connection, and what nearly was.

Functions of what was recorded, to text; an empty list or string means that all is well. They change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..transcript import Closed, ClosedBy, CommandReceived, LoginReceived

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..transcript import Event
    from .expecting import Expectation, Request
    from .rules import Call, Rule

_SHOWN_NEAR: Final = 3
_NEAR: Final = 0.6
_SHOWN_CHARACTERS: Final = 200

GOODBYES: Final = ("quit", "close", "none")
"""How a connection may have ended: with COM_QUIT, also without it, or not at all."""

# How a client can end a connection by itself; what the test or the server ended is not the client's fault.
_WITHOUT_QUIT: Final = {
    ClosedBy.EOF: "closed its connection without COM_QUIT",
    ClosedBy.RESET: "broke its connection off (RST)",
    ClosedBy.PROTOCOL: "was thrown out for what it sent",
}


def unused(rules: Sequence[Rule], missed: Iterable[Call], expectations: Sequence[Expectation]) -> list[str]:
    """The rules that were not used as often as they were to be, and what was expected and did not come."""
    found = []
    calls = list(missed)
    for rule in rules:
        if rule.is_optional or rule.is_satisfied:
            continue
        lines = [f"{rule}: used {_times(rule.used)}, wanted {rule.wanted}"]
        lines += [f"    {near}" for near in _near(rule, calls, rules)]
        found.append("\n".join(lines))
    found += [f"{expectation}: it has not come" for expectation in expectations]
    return found


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _near(rule: Rule, missed: Sequence[Call], rules: Sequence[Rule]) -> list[str]:
    """Statements that the rule nearly matched, the nearest first, each told once."""
    lines: dict[str, float] = {}
    for other in rules:
        if other is not rule:
            for call in other.calls:
                if rule.pattern.match(call.statement):
                    lines.setdefault(f"answered by {other}: {_short(call)}", 2.0)
    for call in missed:
        if rule.pattern.match(call.statement):
            why = rule.hindrance(call) or "it came before the rule"
            lines.setdefault(f"nearly: {_short(call)}; {why}", 1.5)
        else:
            likeness = rule.pattern.nearness(call.statement)
            if likeness >= _NEAR:
                lines.setdefault(f"nearly: {_short(call)}", likeness)
    nearest = sorted(lines, key=lines.__getitem__, reverse=True)[:_SHOWN_NEAR]
    return nearest or [f"nothing like it came; {len(missed)} other statements did"]


def _short(call: Call) -> str:
    text = str(call)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def unhandled(statements: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """The statements that the engine did not know, each with its connection and the rule that it nearly matched."""
    found = []
    for statement in statements:
        connection_id = getattr(statement, "connection_id", None)
        who = "" if connection_id is None else f"connection {connection_id}: "
        lines = [f"{who}{statement}"]
        near = max(rules, key=lambda rule: rule.pattern.nearness(statement), default=None)
        if near is not None and near.pattern.nearness(statement) >= _NEAR:
            lines.append(f"    nearly {near}")
        found.append("\n".join(lines))
    return found


def unanswered(requests: Sequence[Request]) -> str:
    """Commands that the test holds; "" for none."""
    if not requests:
        return ""
    listed = "".join(f"\n    {request}, since {request.at:.6f}" for request in requests)
    return f"commands were taken by expect() and never answered (reply, pass_on, hang_up, done):{listed}"


@dataclass(frozen=True, slots=True)
class Live:
    """A connection that has not ended."""

    connection_id: int
    user: str
    in_transaction: bool
    prepared: int


def unclean(live: Sequence[Live], events: Iterable[Event], unfinished: Mapping[int, str], goodbye: str) -> list[str]:
    """What clients have left behind.

    Args:
        live: connections that have not ended.
        events: the transcript.
        unfinished: users by the connections that their clients ended inside a transaction.
        goodbye: one of :data:`GOODBYES`.
    """
    users: dict[int, str] = {}
    last: dict[int, str] = {}
    ends: dict[int, Closed] = {}
    for event in events:
        if isinstance(event, LoginReceived):
            users[event.connection_id] = event.user
        elif isinstance(event, CommandReceived) and event.command != "COM_QUIT":
            last[event.connection_id] = event.describe()
        elif isinstance(event, Closed):
            ends[event.connection_id] = event
    found: list[str] = []

    def tell(connection_id: int, user: str, what: str) -> None:
        said = last.get(connection_id)
        found.append(f"connection {connection_id} ({user!r}) {what}; it last said {said or 'nothing'}")

    for each in live:
        if each.in_transaction:
            tell(each.connection_id, each.user, "has a transaction open")
        if each.prepared:
            tell(each.connection_id, each.user, f"never closed {each.prepared} of its prepared statements")
        if goodbye != "none":
            tell(each.connection_id, each.user, "is still connected")
    for connection_id, user in unfinished.items():
        tell(connection_id, user, "ended inside a transaction, which is lost")
    for connection_id, user in users.items():
        by = ends[connection_id].by if connection_id in ends else None
        if by is ClosedBy.STOP and goodbye != "none":
            tell(connection_id, user, "was still connected when the server stopped")
        elif by in _WITHOUT_QUIT and goodbye == "quit":
            tell(connection_id, user, _WITHOUT_QUIT[by])
    return found


def verdict(title: str, findings: Sequence[str]) -> None:
    """Raise an AssertionError that lists the findings; nothing if there are none."""
    if findings:
        raise AssertionError("\n".join([title, *(f"  {line}" for found in findings for line in found.splitlines())]))
