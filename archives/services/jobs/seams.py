"""The job of measuring seams: which pieces meet, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, QuerySet

from archives import clock
from archives.models import ArchiveRun, Seam, Segment
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind

# A run is complete without its seams after that: they go on being measured, and the player gains then.
PATIENCE = timedelta(hours=1)
UNSETTLED = "platform"


def _rows() -> QuerySet[Seam]:
    return Seam.objects.select_related("run", "earlier", "later").order_by()


def _failed(rows: QuerySet[Seam]) -> QuerySet[Seam]:
    return rows.exclude(job_error="", failures=0).exclude(later=None).filter(measured_at=None)


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
    pieces = Segment.objects.filter(run_id=run_id).exclude(created_at_ms=None)
    known = set(Seam.objects.filter(run_id=run_id).exclude(later=None).values_list("earlier_id", "later_id"))
    pairs = [(one.pk, two.pk) for one, two in neighbours(pieces) if one.is_settled and two.is_settled]
    new = [pair for pair in pairs if pair not in known]
    Seam.objects.bulk_create(
        [Seam(run_id=run_id, earlier_id=one, later_id=two, kind=Seam.Kind.OVERLAP) for one, two in new],
        ignore_conflicts=True,
    )
    waiting = Seam.objects.filter(run_id=run_id, method=UNSETTLED, due_at=None).exclude(later=None)
    ready = set(pairs)
    due = [pk for pk, *pair in waiting.values_list("pk", "earlier_id", "later_id") if tuple(pair) in ready]
    Seam.objects.filter(pk__in=due, method=UNSETTLED, due_at=None).update(due_at=clock.now())
    return len(new)


def neighbours(pieces: Iterable[Segment]) -> Iterator[tuple[Segment, Segment]]:
    """Each piece with the one it follows: of those that began before it, the one that reaches farthest.

    A piece without media is nobody's neighbour: the pieces around it meet each other.
    """
    last: Segment | None = None
    for piece in sorted(pieces, key=lambda piece: (piece.created_at_ms or 0, piece.ordinal)):
        if piece.is_settled and not piece.has_media:
            continue
        if last is not None:
            yield last, piece
        if last is None or _end_ms(piece) > _end_ms(last):
            last = piece


def _end_ms(piece: Segment) -> float:
    if not piece.is_settled and not piece.duration_ms:
        return float("inf")
    return (piece.created_at_ms or 0) + (piece.media_end_ms or piece.duration_ms)


def settle(seam: Seam, *, error: str = "", **measured: Any) -> bool:
    """Write what was found out, the last word on this seam. `kind` and a gap's bounds only where measured."""
    settled = leases.done(seam, job_error=error, **measured)
    if settled:
        _wake_run(seam.run_id)
    return settled


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
