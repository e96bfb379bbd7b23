"""The job of measuring seams: which pieces meet, who holds a seam, and what came of it.

`due_at` is due time, lease and fence in one: whoever moves it from the value that it read holds the job.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet

from archives import clock
from archives.models import ArchiveRun, Estimate, Seam, Segment
from archives.services import accounts
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for

HOLD_S = 120
# A queued task that has not begun by then is taken as lost and queued again.
QUEUED_S = 600
MOST_ATTEMPTS = 4
BACKOFF_S = 15
# A run is complete without its seams after that: they go on being measured, and the player gains then.
PATIENCE = timedelta(hours=1)


def plan(*, run_id: UUID) -> int:
    """Have every seam measured whose two pieces are kept by now; may be called at any time and by anybody.

    Returns how many are new. Without kept files there is nothing to measure.
    """
    if not settings.KEEP_FILES:
        return 0
    known = set(Seam.objects.filter(run_id=run_id).exclude(later=None).values_list("earlier_id", "later_id"))
    pairs = _settled_neighbours(run_id)
    new = [pair for pair in pairs if pair not in known]
    Seam.objects.bulk_create(
        [Seam(run_id=run_id, earlier_id=one, later_id=two) for one, two in new],
        ignore_conflicts=True,
    )
    waiting = Seam.objects.filter(run_id=run_id, settled_at=None, due_at=None).exclude(later=None)
    ready = set(pairs)
    due = [pk for pk, *pair in waiting.values_list("pk", "earlier_id", "later_id") if tuple(pair) in ready]
    Seam.objects.filter(pk__in=due, settled_at=None, due_at=None).update(due_at=clock.now())
    return len(new)


def _settled_neighbours(run_id: UUID) -> list[tuple[UUID, UUID]]:
    """The ids of segments that follow each other, both ready to be measured."""
    laid_out = LaidOut(facts_for(ArchiveRun.objects.get(pk=run_id)))
    segments = Segment.objects.filter(run_id=run_id).exclude(created_at_ms=None)
    ready = {segment.pk for segment in segments if segment.is_settled}
    pairs = [(UUID(one.id), UUID(other.id)) for one, other in laid_out.pairs]
    return [pair for pair in pairs if ready.issuperset(pair)]


def due(now: datetime) -> QuerySet[Seam]:
    return Seam.objects.filter(due_at__lte=now)


def hold(seam: Seam, *, seconds: float = HOLD_S, attempt: bool = False) -> bool:
    """Take the job, or hold it for longer; False where somebody else has moved it meanwhile."""
    until = clock.after(seconds)
    counted = {"attempts": F("attempts") + 1} if attempt else {}
    if not _held(seam).update(due_at=until, **counted):
        return False
    seam.due_at = until
    seam.attempts += attempt
    return True


def settle(seam: Seam, *, error: str = "", found: Iterable[Estimate] = ()) -> bool:
    """The measurement has ended with these estimates; they replace those that former measurements made."""
    with transaction.atomic():
        if not _held(seam).update(due_at=None, error=error, settled_at=clock.now()):
            return False
        estimates = list(found)
        if estimates:
            seam.estimates.all().delete()
            Estimate.objects.bulk_create(estimates)
    accounts.refresh(run_id=seam.run_id)
    _wake_run(seam.run_id)
    return True


def fail(seam: Seam, error: str) -> None:
    """Try again in a while."""
    _held(seam).update(due_at=clock.after(BACKOFF_S * seam.attempts), error=error)


def pending(*, run: ArchiveRun) -> bool:
    """Whether the run should wait for its seams: some are still to be measured, and not for too long."""
    if not run.seams.exclude(due_at=None).exists():
        return False
    kept_at = run.segments.aggregate(last=Max("kept_at"))["last"]
    since = max(filter(None, (kept_at, run.ended_at)), default=clock.now())
    return clock.now() - since < PATIENCE


def _held(seam: Seam) -> QuerySet[Seam]:
    return Seam.objects.filter(pk=seam.pk, due_at=seam.due_at)


def _wake_run(run_id: UUID) -> None:
    """A run is complete once its last seam is measured: the worker should look now."""
    ArchiveRun.objects.filter(pk=run_id, status=ArchiveRun.Status.PROCESSING).update(due_at=clock.now())
