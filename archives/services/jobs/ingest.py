"""The ingest of a segment's file: what is due, and how it ended."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from archives import clock
from archives.models import ArchiveRun, Segment
from archives.services.jobs import content, leases, seams
from archives.services.jobs.kinds import Kind


def _rows() -> QuerySet[Segment]:
    """Segments whose file the platform has and the storage has not."""
    has_file = Segment.objects.filter(status__in=(Segment.Status.AVAILABLE, Segment.Status.UPLOADED))
    return has_file.filter(stored_at=None).select_related("run__room").order_by()


def _examine_again(run: ArchiveRun) -> int:
    """The bucket of uploaded files that were not read may be readable by now."""
    unread = run.segments.filter(status=Segment.Status.UPLOADED, sha256="", stored_at__isnull=False)
    return leases.restart(KIND, unread, stored_at=None)


KIND = Kind(
    name="ingest",
    label="files to be stored",
    worker="archives.media.ingest.job.IngestWorker",
    priority=30,
    rows=_rows,
    # The platform deletes its copy after 72 hours; until then every failure may pass.
    pauses_s=(5, 15, 60, 300, 900, 3600),
    max_failures=None,
    since=Coalesce("ended_at", "intent_at"),
    enabled=lambda: bool(settings.KEEP_FILES),
    again=_examine_again,
)


def done(segment: Segment, *, file: str, size: int, sha256: str, **media: int | str | None) -> bool:
    """The file lies in the storage as `file` ("" if it lies in the user's own bucket).

    `media`: media_begin_ms, media_end_ms and media_note, if the file was read.
    """
    facts = {"file": file, "size": size, "sha256": sha256, "stored_at": clock.now(), **media}
    stored = leases.done(segment, **facts)
    if stored:
        _settled(segment)
        if file and media.get("media_end_ms", 0) is not None:
            content.plan(segment=segment)
    return stored


def unwanted(segment: Segment) -> bool:
    """Its run was removed for good while the file was stored."""
    return not Segment.objects.filter(pk=segment.pk).exclude(status=Segment.Status.DELETED).exists()


def give_up(segment: Segment, why: str, code: str = "") -> bool:
    """There is no file to store, now or later."""
    given_up = leases.give_up(KIND, segment, why, code)
    if given_up:
        _settled(segment)
    return given_up


def _settled(segment: Segment) -> None:
    """Its seams can be measured, and its run may be complete: the worker should look now."""
    seams.plan(run_id=segment.run_id)
    if settings.KEEP_FILES:
        processing = ArchiveRun.objects.filter(pk=segment.run_id, status=ArchiveRun.Status.PROCESSING)
        processing.update(due_at=clock.now())
