"""What was last asked of localtok and what it last told: for its page, and for tests."""

from __future__ import annotations

from collections import deque
from typing import Any

from localtok.process.clock import Clock

KEPT = 500


class Journal:
    """The last REST calls and callbacks, oldest first. Neither tokens nor bodies of signals are kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._number = 0
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def note(self, kind: str, what: str, outcome: str, **more: Any) -> None:
        """`kind` is call, callback or event."""
        self._number += 1
        at_ms = self._clock.now_ms()
        self._entries.append(
            {"n": self._number, "at_ms": at_ms, "kind": kind, "what": what, "outcome": outcome, **more}
        )

    @property
    def last(self) -> int:
        """The number of the newest entry, also when it is forgotten."""
        return self._number

    def after(self, number: int) -> list[dict[str, Any]]:
        return [entry for entry in self._entries if entry["n"] > number]

    def clear(self) -> None:
        self._entries.clear()
