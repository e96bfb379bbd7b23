"""Thumbnails and sound levels of a run: made anew where its timeline has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import F, QuerySet

from archives import clock, errors
from archives.models import ArchiveRun, Preview
from archives.services.jobs.digests import adopt_former, fingerprint
from archives.timeline import timeline_for

PICTURE, CUES, LEVELS, COVER = "thumbnails.jpg", "thumbnails.vtt", "levels.json", "cover.jpg"
FILES = (PICTURE, CUES, LEVELS, COVER)
HOLD_S = 120
MOST_ATTEMPTS = 4
BACKOFF_S = 60


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
    stale.update(digest=digest, due_at=clock.now(), attempts=0, progress=0.0, error="")
    return preview


def renew(*, run_id: UUID) -> None:
    """A piece came or a seam was measured after the run was complete: its preview follows, once all are."""
    run = ArchiveRun.objects.filter(pk=run_id, status=ArchiveRun.Status.COMPLETE).first()
    if run is not None and not run.seams.exclude(due_at=None).exists():
        plan(run=run)


def due(now: datetime) -> QuerySet[Preview]:
    return Preview.objects.filter(due_at__lte=now)


def begin(preview: Preview) -> bool:
    """Take the job for one try."""
    if not hold(preview, attempts=F("attempts") + 1):
        return False
    preview.attempts += 1
    return True


def hold(preview: Preview, *, seconds: float = HOLD_S, **facts: Any) -> bool:
    """Take the job, or hold it for longer; False where somebody else has moved it meanwhile."""
    until = clock.after(seconds)
    if not _held(preview).update(due_at=until, **facts):
        return False
    preview.due_at = until
    return True


def give_back(preview: Preview, *, seconds: float = 0) -> bool:
    """Due again at once: to be ended on the way, as at each deploy, is no failed try."""
    return hold(preview, seconds=seconds, attempts=max(0, preview.attempts - 1))


def done(preview: Preview, *, folder: str, digest: str) -> bool:
    """They lie in `folder`, made of what the run was by `digest`; an older one's files go."""
    old = Preview.objects.values_list("folder", flat=True).get(pk=preview.pk)
    facts = {"folder": folder, "digest": digest, "progress": 1.0, "made_at": clock.now(), "error": ""}
    done = _held(preview).update(due_at=None, **facts) == 1
    if done and old not in ("", folder):
        delete_files(old)
    return done


def unwanted(preview: Preview, *, digest: str) -> bool:
    """Its run was removed for good while it was made, or has become another."""
    return not Preview.objects.filter(pk=preview.pk, digest=digest).exists()


def version(folder: str) -> str:
    """Of the files in there: another one for others, so that a browser may remember what it has."""
    return folder.rsplit("/", 1)[-1]


def give_up(preview: Preview) -> None:
    """Whatever makes it ends the process that does, again and again."""
    why = f"Given up after {MOST_ATTEMPTS} tries. {preview.error}".strip()
    _held(preview).update(due_at=None, error=why)


def delete_files(folder: str) -> None:
    for name in FILES:
        storages["archives"].delete(f"{folder}/{name}")


def fail(preview: Preview, why: str) -> None:
    """Try again in a while, but not for ever: a run is watched as well without."""
    again = clock.after(BACKOFF_S * preview.attempts) if preview.attempts < MOST_ATTEMPTS else None
    _held(preview).update(due_at=again, error=why)


def _held(preview: Preview) -> QuerySet[Preview]:
    return Preview.objects.filter(pk=preview.pk, due_at=preview.due_at)
