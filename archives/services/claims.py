"""Who may write for a run: a fence that only grows, and a lease that a dead worker lets run out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from archives import clock, errors
from archives.models import ArchiveRun

# A lease so fresh outlasts any call and cannot be another's yet.
FRESH = timedelta(seconds=2)


def lease_s() -> float:
    """Longer than the longest single call: connect, a read that is retried until its time is out, read."""
    return 2 * settings.OPENTOK_TIMEOUT + 5


@dataclass
class Claim:
    run: ArchiveRun
    fence: int
    by: str
    # `due_at` when the claim was made: whoever changed it since wants the run looked at again at once.
    due_at: datetime
    changed: bool = False
    # The rows were compared with what the platform holds.
    looked: bool = False
    renewed_at: datetime = field(default_factory=clock.now)

    def hold(self) -> None:
        """Before each call to the platform: as `guard`, where the lease is not fresh."""
        if clock.now() - self.renewed_at > FRESH:
            self.guard()

    def guard(self, **values: Any) -> None:
        """First statement of every transaction under this claim: locks the run's row, or raises ClaimLost."""
        held = ArchiveRun.objects.filter(pk=self.run.pk, fence=self.fence)
        now = clock.now()
        if not held.update(lease_until=clock.after(lease_s()), **values):
            raise errors.ClaimLost
        self.renewed_at = now

    def release(self, due_in_s: float) -> None:
        """Give the run back, due in so many seconds, or sooner where somebody asked for that meanwhile."""
        mine = ArchiveRun.objects.filter(pk=self.run.pk, fence=self.fence)
        due_at = clock.after(due_in_s)
        now = clock.now()
        done = {"lease_until": None} | ({"looked_at": now, "seen_at": now} if self.looked else {})
        as_it_was_or_later = Q(due_at=self.due_at) | Q(due_at__gt=due_at)
        if not mine.filter(as_it_was_or_later).update(due_at=due_at, **done):
            mine.update(**done)


def claim(*, run_id: UUID, by: str) -> Claim | None:
    """Take the run for one visit; None where another holds it or changed it first."""
    run = ArchiveRun.objects.select_related("room").get(pk=run_id)
    if run.status not in ArchiveRun.ACTIVE:
        return None  # It has ended since it was found due.
    now = clock.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = ArchiveRun.objects.filter(free, pk=run_id, fence=run.fence, status=run.status).update(
        fence=F("fence") + 1, lease_until=clock.after(lease_s())
    )
    return Claim(run, run.fence + 1, by, run.due_at) if taken else None


def wake(*, run_id: UUID) -> None:
    """Have a worker look at the run at once; a visit that is under way is followed by another."""
    ArchiveRun.objects.filter(pk=run_id).update(due_at=clock.now())
