"""The one clock of localtok, so that a test can own time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Unix time in milliseconds. It runs with the machine's clock, ahead of it by what was advanced;
    with `frozen_at_ms` it stands still until it is advanced."""

    def __init__(self, frozen_at_ms: int | None = None) -> None:
        self._frozen_at_ms = frozen_at_ms
        self._ahead_ms = 0
        # Called when the clock leaps: whoever waits for a time looks again.
        self.on_advance: list[Callable[[], None]] = []

    def now_ms(self) -> int:
        base = self._frozen_at_ms if self._frozen_at_ms is not None else int(time.time() * 1000)
        return base + self._ahead_ms

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("The clock only moves forward.")
        self._ahead_ms += round(seconds * 1000)
        for listener in self.on_advance:
            listener()

    def reset(self) -> None:
        """Back to the machine's time: whoever calls it has forgotten all that happened until now."""
        self._ahead_ms = 0


def wall_s() -> int:
    """The machine's own time. Tokens are signed by others, who know nothing of an advanced clock."""
    return int(time.time())
