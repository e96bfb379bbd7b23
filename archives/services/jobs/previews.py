"""Thumbnails and sound levels of a run: made anew where its timeline has changed."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import QuerySet

from archives import clock, errors
from archives.models import ArchiveRun, Preview
from archives.services.jobs import leases
from archives.services.jobs.digests import adopt_former, fingerprint
from archives.services.jobs.kinds import Event, Facts, Kind
from archives.timeline import timeline_for

PICTURE, CUES, LEVELS, COVER = "thumbnails.jpg", "thumbnails.vtt", "levels.json", "cover.jpg"
FILES = (PICTURE, CUES, LEVELS, COVER)


def _rows() -> QuerySet[Preview]:
    return Preview.objects.select_related("run__room")


def _facts(event: Event) -> Facts:
    # Without a digest the process that makes it knows that its files are not wanted.
    of_events: dict[Event, Facts] = {Event.AGAIN: {"progress": 0.0}, Event.CALLED_OFF: {"digest": ""}}
    return of_events.get(event, {})


KIND = Kind(
    name="preview",
    label="the preview",
    worker="archives.media.previews.job.PreviewWorker",
    priority=0,
    rows=_rows,
    # A run can be watched without it.
    pauses_s=(60, 120, 180),
    renew_every_s=2.0,
    facts=_facts,
)


def plan(*, run: ArchiveRun) -> Preview | None:
    """Have the run's preview made, unless it has one; None where there is nothing to be seen."""
    if not settings.KEEP_FILES:
        return None
    try:
        digest = fingerprint(run, timeline_for(run))
    except (errors.FilesNotKept, errors.NothingToExport):
        return None
    preview, _ = Preview.objects.get_or_create(run=run)
    adopt_former(run, digest)
    stale = Preview.objects.filter(pk=preview.pk).exclude(digest=digest)
    leases.restart(KIND, stale, digest=digest)
    return preview


def renew(*, run_id: UUID) -> None:
    """A piece came or a seam was measured after the run was complete: its preview follows, once all are."""
    run = ArchiveRun.objects.filter(pk=run_id, status=ArchiveRun.Status.COMPLETE).first()
    if run is not None and not run.seams.exclude(due_at=None).exists():
        plan(run=run)


def done(preview: Preview, *, folder: str, digest: str) -> bool:
    """They lie in `folder`, made of what the run was by `digest`; an older one's files go."""
    old = Preview.objects.values_list("folder", flat=True).get(pk=preview.pk)
    done = leases.done(preview, folder=folder, digest=digest, progress=1.0, made_at=clock.now())
    if done and old not in ("", folder):
        delete_files(old)
    return done


def unwanted(preview: Preview, *, digest: str) -> bool:
    """Its run was removed for good while it was made, or has become another."""
    return not Preview.objects.filter(pk=preview.pk, digest=digest).exists()


def version(folder: str) -> str:
    """Of the files in there: another one for others, so that a browser may remember what it has."""
    return folder.rsplit("/", 1)[-1]


def delete_files(folder: str) -> None:
    for name in FILES:
        storages["archives"].delete(f"{folder}/{name}")
