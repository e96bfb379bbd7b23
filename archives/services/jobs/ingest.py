"""The job of keeping a segment's file: who holds it and how it ended.

`keep_due_at` is due time, lease and fence in one: whoever moves it from the value that it read holds the job.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from archives import clock
from archives.models import ArchiveRun, Segment, SegmentQuerySet
from archives.services.jobs import seams

# A try holds the segment for this long, and again with every block that comes.
HOLD_S = 120
# A queued task that has not begun by then is taken as lost and queued again.
QUEUED_S = 600
BACKOFF_S = (5, 15, 60, 300, 900, 3600)


def due(now: datetime) -> SegmentQuerySet:
    """Ended segments whose file is neither kept nor given up, and which nobody holds."""
    available = Q(status__in=(Segment.Status.AVAILABLE, Segment.Status.UPLOADED))
    return Segment.objects.filter(available, kept_at=None, keep_error="", keep_due_at__lte=now)


def hold(segment: Segment, *, seconds: float = HOLD_S) -> bool:
    """Take the job, or hold it for longer; False where somebody else has moved it meanwhile."""
    until = clock.after(seconds)
    mine = _held(segment).update(keep_due_at=until) == 1
    if mine:
        segment.keep_due_at = until
    return mine


def done(segment: Segment, *, file: str, size: int, sha256: str, **media: int | str | None) -> bool:
    """The file lies in the storage as `file` ("" where it lies in the user's own bucket).

    `media`: media_begin_ms, media_end_ms and media_note, where somebody has looked into it.
    """
    now = clock.now()
    facts = {"file": file, "size": size, "sha256": sha256, **media}
    kept = _held(segment).update(kept_at=now, keep_failures=0, keep_due_at=now, **facts)
    if kept:
        _settled(segment)
    return kept == 1


def give_up(segment: Segment, why: str) -> bool:
    """There is no file to keep, now or later."""
    given_up = _held(segment).update(keep_error=why, keep_due_at=clock.now())
    if given_up:
        _settled(segment)
    return given_up == 1


def fail(segment: Segment) -> int:
    """Try again later; returns how many tries have failed in a row."""
    failures = segment.keep_failures + 1
    wait = timedelta(seconds=BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])
    _held(segment).update(keep_failures=failures, keep_due_at=clock.now() + wait)
    return failures


def resume(segment: Segment) -> None:
    """Due again at once, with a fresh link: the old one ended while the file was coming in."""
    _held(segment).update(keep_due_at=clock.now())


def _held(segment: Segment) -> SegmentQuerySet:
    return Segment.objects.filter(pk=segment.pk, keep_due_at=segment.keep_due_at, kept_at=None, keep_error="")


def _settled(segment: Segment) -> None:
    """Its seams can be measured, and its run may be complete: the worker should look now."""
    seams.plan(run_id=segment.run_id)
    if settings.KEEP_FILES:
        processing = ArchiveRun.objects.filter(pk=segment.run_id, status=ArchiveRun.Status.PROCESSING)
        processing.update(due_at=clock.now())
