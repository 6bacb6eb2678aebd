"""What happened on the simulated network, in virtual time: for failure reports and for comparing two runs.

A run appends plain tuples, for that is all that a message may cost; events and text are made of them when somebody
asks. It knows nothing of the loop and of the network's rules: it is told.

Bytes that went through TLS are counted and not shown. OpenSSL draws its keys from the operating system, so they differ
from run to run, and two runs of one seed are the same text.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KEPT_EVENTS", "Event", "Timeline"]

HEAD_BYTES: Final = 24
"""How much of each piece of data is kept: the header of a MySQL packet, its command and the start of its text."""

KEPT_EVENTS: Final = 100_000
"""How many events a timeline keeps; a run of hours would fill the memory. The text says how many went before."""


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        at: virtual seconds since the simulation began.
        link: number of the link, from 1 in order of dialling; 0 where it concerns none.
        what: connect, open, accept or refuse; send and arrive; fin and rst when they are sent, end and broken when they
            are read; closed; the name of a fault; or note.
        who: "client" or "server", the end that did it; "" where it concerns neither or both.
        size: bytes sent or arrived, otherwise 0.
        detail: head of the bytes in hexadecimal, addresses of a connect, the text of a note.
    """

    at: float
    link: int
    what: str
    who: str
    size: int
    detail: str

    def __str__(self) -> str:
        """Answer with one line, without its end."""
        link = f"#{self.link}" if self.link else "-"
        words = [f"{self.at:12.6f}  {link:<4}", self.who, self.what, str(self.size) if self.size else "", self.detail]
        return " ".join(word for word in words if word)


Record = tuple[float, int, str, str, int, bytes | str]


class Timeline:
    """The events of one simulation, oldest first: iterate over it, take its `len`, or print it.

    Attributes:
        keeps: whether anything is kept at all. Who adds much and often may ask first, and save making what is added.
        total: events ever added, those that are no longer kept included.
    """

    __slots__ = ("_began", "_records", "keeps", "total")

    def __init__(self, began: float = 0.0, kept: int = KEPT_EVENTS) -> None:
        """Start empty.

        Args:
            began: what the loop's clock showed when the simulation began.
            kept: how many of the last events stay; 0 for a run of which nobody will ask what happened.
        """
        self._began = began
        self._records: deque[Record] = deque(maxlen=kept)
        self.keeps = kept > 0
        self.total = 0

    def add(self, now: float, link: int, what: str, who: str = "", size: int = 0, detail: bytes | str = "") -> None:
        """Record an event at `now`, in the loop's time; of bytes the first `HEAD_BYTES` stay."""
        self.total += 1
        self._records.append((now, link, what, who, size, detail[:HEAD_BYTES] if type(detail) is bytes else detail))

    def __len__(self) -> int:
        """Count the events that are kept."""
        return len(self._records)

    def __iter__(self) -> Iterator[Event]:
        """Go through the kept events, oldest first."""
        return iter(self.tail(len(self._records)))

    def tail(self, count: int) -> list[Event]:
        """Answer with the last `count` events, oldest first."""
        records = list(self._records)[-count:] if count else []
        return [
            Event(now - self._began, link, what, who, size, detail.hex(" ") if isinstance(detail, bytes) else detail)
            for now, link, what, who, size, detail in records
        ]

    def text(self, count: int | None = None) -> str:
        """Answer with one line for each of the last `count` events (None: all that are kept), and a first line that
        says how many are left out, if any.
        """
        events = self.tail(len(self._records) if count is None else count)
        left_out = self.total - len(events)
        lines = [f"({left_out} earlier events)"] if left_out else []
        return "\n".join([*lines, *map(str, events)])

    def __str__(self) -> str:
        """Answer with the whole text."""
        return self.text()
