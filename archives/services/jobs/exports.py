"""Exports: asked for once for each state of a run, and how they ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from archives import clock, errors
from archives.models import ArchiveRun, Export
from archives.services import events
from archives.services.jobs import leases
from archives.services.jobs.digests import adopt_former, fingerprint
from archives.services.jobs.kinds import Event, Facts, Kind
from archives.services.library import require_unheld
from archives.timeline import timeline_for

Status = Export.Status
User = AbstractBaseUser | AnonymousUser
# Whoever fetches a file in parts asks for it many times.
USE_NOTED_EVERY = timedelta(hours=1)


def _rows() -> QuerySet[Export]:
    return Export.objects.select_related("run__room")


def _facts(event: Event) -> Facts:
    now = clock.now()
    of_events: dict[Event, Facts] = {
        Event.BEGUN: {"status": Status.RUNNING, "started_at": now},
        Event.AGAIN: {"status": Status.QUEUED, "progress": 0.0},
        Event.GIVEN_UP: {"status": Status.FAILED, "ended_at": now},
        Event.CALLED_OFF: {"status": Status.CANCELLED, "ended_at": now},
    }
    return of_events[event]


def _failed(rows: QuerySet[Export]) -> QuerySet[Export]:
    """The newest for each treatment of gaps, if that failed: none like it is under way or done."""
    newest = [rows.filter(gaps=gaps).order_by("-created_at").first() for gaps in Export.Gaps.values]
    failed = [export.pk for export in newest if export and export.status == Status.FAILED and not export.file]
    return rows.filter(pk__in=failed, status=Status.FAILED)


KIND = Kind(
    name="export",
    label="exports",
    worker="archives.media.export.job.ExportWorker",
    priority=10,
    rows=_rows,
    pauses_s=(30, 60, 90),
    waiting=lambda pending: pending.filter(status=Status.QUEUED),
    since="created_at",
    # Within a second of a cancel the work on it ends.
    renew_every_s=1.0,
    facts=_facts,
    failed=_failed,
)


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
    adopt_former(run, digest)
    same = Export.objects.filter(run=run, gaps=gaps, digest=digest, status__in=(*Export.ACTIVE, Status.DONE))
    if (found := same.first()) and not _file_is_gone(found):
        record_use(found)
        return Requested(found, False)
    user = requested_by if requested_by is not None and requested_by.is_authenticated else None
    try:
        with transaction.atomic():
            wanted = {"run": run, "gaps": gaps, "digest": digest, "requested_by": user}
            new = Export.objects.create(**wanted, due_at=clock.now())
    except IntegrityError:
        return Requested(same.get(), False)
    return Requested(new, True)


def _file_is_gone(export: Export) -> bool:
    """An export whose file somebody has removed from the storage does not count as done any more."""
    if export.status != Status.DONE or storages["archives"].exists(export.file):
        return False
    gone = Export.objects.filter(pk=export.pk, status=Status.DONE)
    gone.update(status=Status.REMOVED, job_error="Its file was removed from the storage.", file="")
    return True


def cancel(*, export: Export) -> Export:
    """Call it off; the process that makes it notices within seconds. What has ended stays as it is."""
    leases.call_off(KIND, Export.objects.filter(pk=export.pk))
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
        return bool(ended.update(status=Status.REMOVED, job_error=why))


def unwanted(export: Export, *, file: str) -> bool:
    """It was called off or removed while it was made: no row refers to `file`, and none will."""
    wanted = Export.objects.filter(Q(due_at__isnull=False) | Q(file=file), pk=export.pk)
    return not wanted.exists()


def done(export: Export, *, file: str, size: int, duration_ms: int, report: dict[str, Any]) -> bool:
    facts = {"file": file, "size": size, "duration_ms": duration_ms, "report": report}
    with transaction.atomic():
        ended = leases.done(export, status=Status.DONE, ended_at=clock.now(), progress=1.0, **facts)
        if ended:
            about = {"export": str(export.pk), "gaps": export.gaps, "size": size, "duration_ms": duration_ms}
            events.record(type=events.Type.EXPORT_READY, run=export.run, data=about)
    return ended
