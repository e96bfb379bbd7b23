"""Holding a job while an attempt works on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archives import clock
from archives.models import Job
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind

# Of the 30 s between SIGTERM and SIGKILL: so long may a task go on, the rest is for giving it back.
DRAIN_S = 20


class Lease:
    """Of a claimed job, to be called often: renews it now and then. Raises LeaseLost if that is refused."""

    def __init__(self, kind: Kind, job: Job, watch: Callable[[float], None]) -> None:
        self._kind = kind
        self._job = job
        self._watch = watch
        self._facts: dict[str, Any] = {}
        self._due = clock.steady() + kind.renew_every_s

    def __call__(self, *_: object) -> None:
        if clock.steady() >= self._due:
            self.renew()

    def renew(self, *, more_s: float = 0) -> None:
        """Hold the job from now on, for so much longer than usual."""
        attempts = self._facts.get("interruptions", self._job.interruptions)
        held_s = leases.lease_s(attempts) + more_s
        if not leases.renew(self._job, seconds=held_s, **self._facts):
            raise leases.LeaseLost
        self._due = clock.steady() + self._kind.renew_every_s

    def progress(self, share: float) -> None:
        """Of a job that has a `progress`: 0 to 1, written with the next renewal."""
        self._facts["progress"] = round(share, 4)
        self._watch(share)
        self()

    def advanced(self) -> None:
        """The next attempt need not repeat what this one has done: forget earlier interruptions."""
        if self._job.interruptions > 1:
            self._facts["interruptions"] = 1
            self.renew()
            del self._facts["interruptions"]

    def is_lost(self) -> bool:
        try:
            self()
        except leases.LeaseLost:
            return True
        return False
