"""Holding a job for longer while it is being done."""

from __future__ import annotations

from collections.abc import Callable

from archives import clock

RENEW_EVERY_S = 20

# Of the 30 s between SIGTERM and SIGKILL: so long may a task go on, the rest is for giving it back.
DRAIN_S = 20


class HoldLost(Exception):
    """Another process has this job now, or it was called off: whatever this one has made does not count."""


class Renewal:
    """To be called often: asks `hold` for more time now and then; raises HoldLost where it is refused."""

    def __init__(self, hold: Callable[[], bool], every_s: float | None = None) -> None:
        self._hold = hold
        self._every_s = RENEW_EVERY_S if every_s is None else every_s
        self._due = clock.steady() + self._every_s

    def __call__(self, *_: object) -> None:
        if clock.steady() < self._due:
            return
        if not self._hold():
            raise HoldLost
        self._due = clock.steady() + self._every_s
