"""The job of measuring seams: which segments meet, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from archives import clock
from archives.models import ArchiveRun, Estimate, Seam, Segment
from archives.services import accounts
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for

# A run is complete without its seams after that: they go on being measured, and the player gains then.
PATIENCE = timedelta(hours=1)


def _rows() -> QuerySet[Seam]:
    return Seam.objects.select_related("run", "earlier", "later").order_by()


def _failed(rows: QuerySet[Seam]) -> QuerySet[Seam]:
    return rows.exclude(job_error="", failures=0).exclude(later=None)


KIND = Kind(
    name="seam",
    label="seams to be measured",
    worker="archives.media.seams.job.SeamWorker",
    priority=20,
    rows=_rows,
    pauses_s=(15, 30, 45),
    failed=_failed,
)


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


def settle(seam: Seam, *, error: str = "", code: str = "", found: Iterable[Estimate] = ()) -> bool:
    """The measurement has ended.

    Each estimate replaces the one that the same source made before. Those of other sources stay, and what a
    former version had settled on holds no longer.
    """
    with transaction.atomic():
        if not leases.done(seam, job_error=error, job_error_code=code, settled_at=clock.now()):
            return False
        estimates = list(found)
        if estimates:
            seam.estimates.filter(source__in=[each.source for each in estimates]).delete()
            seam.estimates.update(former=False)
            Estimate.objects.bulk_create(estimates)
    accounts.refresh(run_id=seam.run_id)
    _wake_run(seam.run_id)
    return True


def pending(*, run: ArchiveRun) -> bool:
    """Whether the run should wait for its seams: some are still to be measured, and not for too long."""
    if not run.seams.exclude(due_at=None).exists():
        return False
    stored_at = run.segments.aggregate(last=Max("stored_at"))["last"]
    since = max(filter(None, (stored_at, run.ended_at)), default=clock.now())
    return clock.now() - since < PATIENCE


def _wake_run(run_id: UUID) -> None:
    """A run is complete once its last seam is measured: the worker should look now."""
    ArchiveRun.objects.filter(pk=run_id, status=ArchiveRun.Status.PROCESSING).update(due_at=clock.now())
