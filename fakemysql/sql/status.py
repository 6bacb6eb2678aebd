"""What the server counts: the numbers behind SHOW STATUS and COM_STATISTICS.

Counters are integers by the name that SHOW STATUS gives them; whoever does something counts it here. What can be
computed when it is asked for (Uptime, Threads_connected) is not counted.
"""

from __future__ import annotations

from typing import Final

from .wordlist import words

# Counters that SHOW STATUS lists from the start, with nothing counted yet.
_LISTED: Final = words(
    """
    Aborted_clients Aborted_connects Bytes_received Bytes_sent Connection_errors_max_connections
    Com_begin Com_change_db Com_commit
    Com_create_db Com_do Com_drop_db Com_flush Com_kill Com_release_savepoint Com_rollback
    Com_rollback_to_savepoint Com_savepoint Com_select Com_set_option Com_show_databases Com_show_processlist
    Com_show_status Com_show_tables Com_show_variables Com_show_warnings Connections Created_tmp_tables
    Handler_commit Handler_rollback Max_used_connections Open_tables Opened_tables Queries Questions
    Slow_queries Table_locks_waited Threads_cached Threads_created
    """
)


class Counters:
    """Counts by name; an unknown name counts from nought."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = dict.fromkeys(_LISTED, 0)

    def add(self, name: str, amount: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + amount

    def __getitem__(self, name: str) -> int:
        return self._counts.get(name, 0)

    def note_connections(self, open_now: int) -> None:
        """So many are open at this time."""
        self._counts["Max_used_connections"] = max(self._counts["Max_used_connections"], open_now)

    def listed(self) -> dict[str, int]:
        return dict(self._counts)

    def restart(self) -> None:
        """The server starts anew."""
        self._counts = dict.fromkeys(_LISTED, 0)

    def reset(self) -> None:
        """FLUSH STATUS."""
        for name in self._counts:
            if name not in ("Connections", "Questions", "Queries"):
                self._counts[name] = 0
