"""Exports: asked for once for each state of a run, held by one process, and how they ended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from archives import clock, errors
from archives.models import ArchiveRun, Event, Export
from archives.services import events
from archives.services.library import require_unheld
from archives.timeline import Timeline, timeline_for

Status = Export.Status
User = AbstractBaseUser | AnonymousUser
HOLD_S = 120
MOST_ATTEMPTS = 4
BACKOFF_S = 30
# Whoever fetches a file in parts asks for it many times.
USE_NOTED_EVERY = timedelta(hours=1)


class Requested(NamedTuple):
    export: Export
    created: bool


def request(
    *, run: ArchiveRun, gaps: object = Export.Gaps.BLACK, requested_by: User | None = None
) -> Requested:
    """The export of the run as it stands now: the one there is, or a new one for the media tasks to make.

    Raises InvalidInput, NotComplete, NothingToExport, FilesNotKept.
    """
    if gaps not in Export.Gaps.values:
        one_of = " or ".join(Export.Gaps.values)
        raise errors.InvalidInput(f"gaps is {one_of}.", detail={"field": "gaps"})
    if run.status != ArchiveRun.Status.COMPLETE:
        raise errors.NotComplete(detail={"status": run.status})
    digest = fingerprint(run, timeline_for(run))
    same = Export.objects.filter(run=run, gaps=gaps, digest=digest, status__in=(*Export.ACTIVE, Status.DONE))
    if (found := same.first()) and not _file_is_gone(found):
        record_use(found)
        return Requested(found, False)
    user = requested_by if requested_by is not None and requested_by.is_authenticated else None
    try:
        with transaction.atomic():
            new = Export.objects.create(run=run, gaps=gaps, digest=digest, requested_by=user)  # type: ignore[misc]
    except IntegrityError:
        return Requested(same.get(), False)
    return Requested(new, True)


def fingerprint(run: ArchiveRun, timeline: Timeline) -> str:
    """Equal as long as an export of the run would be. Raises NothingToExport, FilesNotKept."""
    files = {str(pk): sha256 or file for pk, file, sha256 in run.segments.values_list("pk", "file", "sha256")}
    shown = [span.segment for span in timeline.spans if span.segment]
    if not shown:
        raise errors.NothingToExport
    if missing := [pk for pk in shown if not files[pk]]:
        raise errors.FilesNotKept(detail={"segments": missing})
    spans = [(astuple(span), files.get(span.segment or "")) for span in timeline.spans]
    return hashlib.sha256(json.dumps([run.name, timeline.began_at_ms, spans]).encode()).hexdigest()


def _file_is_gone(export: Export) -> bool:
    """An export whose file somebody has removed from the storage does not count as done any more."""
    if export.status != Status.DONE or storages["archives"].exists(export.file):
        return False
    gone = Export.objects.filter(pk=export.pk, status=Status.DONE)
    gone.update(status=Status.REMOVED, error="Its file was removed from the storage.", file="")
    return True


def cancel(*, export: Export) -> Export:
    """Call it off; whoever is making it notices within seconds. What has ended stays as it is."""
    Export.objects.filter(pk=export.pk, status__in=Export.ACTIVE).update(
        status=Status.CANCELLED, ended_at=clock.now()
    )
    export.refresh_from_db()
    return export


def record_use(export: Export) -> None:
    """Somebody asks for it or fetches it, so it is not removed for its age."""
    now = clock.now()
    if export.used_at is None or export.used_at < now - USE_NOTED_EVERY:
        Export.objects.filter(pk=export.pk).update(used_at=now)


def remove(*, export: Export, why: str) -> bool:
    """From now on nobody is given its file. False where somebody has used it meanwhile. Raises OnHold."""
    with transaction.atomic():
        require_unheld(export.run)
        shown = ArchiveRun.objects.shown().filter(pk=export.run_id, status=ArchiveRun.Status.COMPLETE)
        unused = Export.objects.filter(pk=export.pk, used_at=export.used_at, run__in=shown)
        ended = unused.filter(status__in=(Status.DONE, Status.REMOVED)).exclude(file="")
        return bool(ended.update(status=Status.REMOVED, error=why))


def due(now: datetime) -> QuerySet[Export]:
    return Export.objects.filter(status__in=Export.ACTIVE, due_at__lte=now)


def begin(export: Export) -> bool:
    """Take the job for one try."""
    return hold(export, status=Status.RUNNING, attempts=F("attempts") + 1, started_at=clock.now())


def hold(export: Export, *, seconds: float = HOLD_S, **facts: Any) -> bool:
    """Take the job, or hold it for longer; False where it was called off or somebody else has moved it."""
    until = clock.after(seconds)
    if not _held(export).update(due_at=until, **facts):
        return False
    export.due_at = until
    return True


def done(export: Export, *, file: str, size: int, duration_ms: int, report: dict[str, Any]) -> bool:
    facts = {"file": file, "size": size, "duration_ms": duration_ms, "report": report}
    with transaction.atomic():
        ended = _ended(export, Status.DONE, progress=1.0, error="", **facts)
        if ended:
            about = {"export": str(export.pk), "gaps": export.gaps, "size": size, "duration_ms": duration_ms}
            events.record(type=Event.Type.EXPORT_READY, run=export.run, data=about)
    return ended


def fail(export: Export, why: str) -> bool:
    return _ended(export, Status.FAILED, error=why)


def retry(export: Export, why: str) -> None:
    """Try once more in a while."""
    _held(export).update(
        status=Status.QUEUED, progress=0.0, due_at=clock.after(BACKOFF_S * export.attempts), error=why
    )


def _ended(export: Export, status: str, **facts: Any) -> bool:
    return _held(export).update(status=status, ended_at=clock.now(), **facts) == 1


def _held(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, due_at=export.due_at, status__in=Export.ACTIVE)
