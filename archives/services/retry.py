"""Trying again what has failed or waits to be tried: a run's change-over, files, seams, exports, preview."""

from __future__ import annotations

from django.db import transaction

from archives import clock, errors
from archives.models import ArchiveRun, Export, Preview, Restart, Room, Segment
from archives.services import claims, history, rooms


class NothingFailed(errors.ArchiveError):
    status = 409
    code = "nothing_failed"
    message = "Nothing of this recording has failed or waits for another try."


def retry_run(*, run: ArchiveRun, by: str) -> list[str]:
    """Have everything of the run that has failed tried again now; what, in words. Raises NothingFailed."""
    now = clock.now()
    with transaction.atomic():
        counts = {
            "the step of the change-over": _restart_step(run),
            "the change-over": _failed_restart(run),
            "pieces to be kept": _pieces(run),
            "seams to be measured": run.seams.exclude(error="")
            .exclude(later=None)
            .filter(measured_at=None)
            .update(due_at=now, attempts=0, error=""),
            "exports": _exports(run),
            "the preview": Preview.objects.filter(run=run).exclude(error="").update(due_at=now, attempts=0),
        }
        tried = [what for what, count in counts.items() if count]
        if not tried:
            raise NothingFailed
        history.record(run, old="", new="tried again", by=by, why=", ".join(tried), field="retry")
    claims.wake(run_id=run.pk)
    return tried


def reconcile_run(*, run: ArchiveRun) -> None:
    """Have the worker compare the run, and its room, with the platform at once."""
    claims.wake(run_id=run.pk)
    reconcile_room(room=run.room)


def reconcile_room(*, room: Room) -> None:
    for run in ArchiveRun.objects.filter(room=room, status__in=ArchiveRun.ACTIVE):
        claims.wake(run_id=run.pk)
    rooms.schedule(room=room, in_s=0)


def _restart_step(run: ArchiveRun) -> int:
    """A step that failed waits for its next try: now."""
    waiting = run.restarts.filter(status=Restart.Status.RUNNING, attempts__gt=0)
    return waiting.update(due_at=clock.now())


def _failed_restart(run: ArchiveRun) -> int:
    """One that was given up is followed by another: now."""
    last = run.restarts.first()
    if last is None or last.status != Restart.Status.FAILED:
        return 0
    recording = ArchiveRun.objects.filter(pk=run.pk, status=ArchiveRun.Status.RECORDING)
    return recording.update(restart_due_at=clock.now())


def _pieces(run: ArchiveRun) -> int:
    has_file = run.segments.filter(status=Segment.Status.AVAILABLE, kept_at=None)
    given_up = has_file.exclude(keep_error="") | has_file.filter(keep_failures__gt=0)
    # Uploaded files that were never read: their bucket may be readable by now.
    uploaded = run.segments.filter(status=Segment.Status.UPLOADED, sha256="")
    due = {"keep_error": "", "kept_at": None, "keep_due_at": clock.now()}
    return given_up.update(**due) + uploaded.update(**due)


def _exports(run: ArchiveRun) -> int:
    """The newest of each kind, where it failed and none of the same is under way or done."""
    again = 0
    for gaps in Export.Gaps.values:
        last = run.exports.filter(gaps=gaps).first()
        if last is not None and last.status == Export.Status.FAILED and not last.file:
            again += run.exports.filter(pk=last.pk, status=Export.Status.FAILED).update(
                status=Export.Status.QUEUED, attempts=0, progress=0.0, error="", due_at=clock.now()
            )
    return again
