"""The content check of a stored segment: when it is due, and what it found.

Nothing waits for it: a segment is stored, and a run complete, whether or not its content was checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from archives import clock
from archives.models import ArchiveRun, ContentCheck, Remark, Segment
from archives.services import alarms
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind

ALARM = "content"


def _rows() -> QuerySet[ContentCheck]:
    return ContentCheck.objects.select_related("segment", "run__room")


KIND = Kind(
    name="content",
    label="the content check",
    worker="archives.media.content.job.ContentWorker",
    priority=0,
    rows=_rows,
    # A run can be watched without it.
    pauses_s=(60, 300, 900),
)


def plan(*, segment: Segment) -> None:
    """Have the segment's stored file checked, even if it was before: it may be another file."""
    check, _ = ContentCheck.objects.get_or_create(segment=segment, defaults={"run_id": segment.run_id})
    leases.restart(KIND, ContentCheck.objects.filter(pk=check.pk))


def plan_older(*, version: int, runs: QuerySet[ArchiveRun] | None = None) -> int:
    """Have every stored segment checked that no check of this version has seen; returns how many."""
    stored = Segment.objects.filter(stored_at__isnull=False).exclude(file="")
    if runs is not None:
        stored = stored.filter(run__in=runs)
    new = stored.filter(content_check=None).values_list("pk", "run_id")
    rows = [ContentCheck(segment_id=pk, run_id=run) for pk, run in new]
    ContentCheck.objects.bulk_create(rows, ignore_conflicts=True)
    older = ContentCheck.objects.filter(segment__in=stored, version__lt=version, due_at=None)
    return leases.restart(KIND, older)


def done(check: ContentCheck, *, version: int, remarks: Sequence[Remark]) -> bool:
    """Replace the remarks of an earlier check with these."""
    with transaction.atomic():
        if not leases.done(check, version=version, checked_at=clock.now()):
            return False
        Remark.objects.filter(segment_id=check.segment_id).delete()
        Remark.objects.bulk_create(remarks)
    _alarm(check)
    return True


def _alarm(check: ContentCheck) -> None:
    """One alarm for a run, as long as a segment of it has something of CONTENT_ALARMS."""
    codes = settings.CONTENT_ALARMS
    rows = Remark.objects.filter(segment__run=check.run_id, code__in=codes).select_related("segment")
    ordered = rows.order_by("segment__ordinal", "from_ms") if codes else []
    what = dict.fromkeys(f"{row.get_code_display()} (segment {row.segment.ordinal + 1})" for row in ordered)
    run = check.run
    if what:
        alarms.renew(room=run.room, run=run, code=ALARM, message=f"{'; '.join(what)}.")
    else:
        alarms.clear(room=run.room, run=run, codes=[ALARM])
