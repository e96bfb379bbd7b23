"""What this process counts by itself until it is written to the rows that all processes share.

No rows here, so that the gateway may count its calls. `services.counters` writes; `metrics` reads the rows.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass, field

# Upper bounds in seconds; what is larger than all of them comes last.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
PLATFORM_CALL, DUE_LAG, RESTART, SEAM = "platform_call", "due_lag", "restart", "seam"
MEDIA_JOB = "media_job"

Key = tuple[str, str, str]  # metric, kind, result


@dataclass
class Counted:
    count: int = 0
    total: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.buckets[bisect_left(BUCKETS, value)] += 1

    def merge(self, other: Counted) -> None:
        self.count += other.count
        self.total += other.total
        self.buckets = [one + two for one, two in zip(self.buckets, other.buckets, strict=True)]


_lock = threading.Lock()
_counted: dict[Key, Counted] = {}


def observe(metric: str, value: float, *, kind: str = "", result: str = "") -> None:
    """One more of `metric`, of `value` seconds. `kind` and `result` come from small fixed sets."""
    with _lock:
        _counted.setdefault((metric, kind, result), Counted()).add(value)


def take() -> dict[Key, Counted]:
    """All that was counted since the last time; whoever takes it has to write it, or to give it back."""
    with _lock:
        taken = dict(_counted)
        _counted.clear()
        return taken


def give_back(taken: dict[Key, Counted]) -> None:
    with _lock:
        for key, counted in taken.items():
            _counted.setdefault(key, Counted()).merge(counted)
