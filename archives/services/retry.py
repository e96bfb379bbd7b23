"""Trying again what has failed or waits to be tried: a run's change-over, files, seams, exports, preview."""

from __future__ import annotations

from django.db import transaction

from archives import clock, errors
from archives.models import ArchiveRun, Restart, Room
from archives.services import claims, history, rooms
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind
from archives.services.jobs.table import KINDS


class NothingFailed(errors.ArchiveError):
    status = 409
    code = "nothing_failed"
    message = "Nothing of this recording has failed or waits for another try."


def retry_run(*, run: ArchiveRun, by: str) -> list[str]:
    """Have everything of the run that has failed tried again now; what, in words. Raises NothingFailed."""
    with transaction.atomic():
        counts = {
            "the step of the change-over": _restart_step(run),
            "the change-over": _failed_restart(run),
            **{kind.label: _jobs(kind, run) for kind in KINDS.values()},
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


def _jobs(kind: Kind, run: ArchiveRun) -> int:
    return leases.restart(kind, kind.failed(kind.rows().filter(run=run))) + kind.again(run)
