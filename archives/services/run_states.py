"""What becomes of a run that was started: recording, processing, complete or failed, adopted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from archives import clock
from archives.models import NAME_MAX, ArchiveRun, Event, Room, Segment
from archives.models.names import readable
from archives.services import account_reports, accounts, alarms, counters, events, history, rooms, segments
from archives.services.claims import Claim
from archives.services.history import move
from archives.services.limits import restart_due
from archives.services.people import absences
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for

Status = ArchiveRun.Status
# When the sweep looks for archives that began late, so that nothing records 60 s after a stop.
LATE_S = 30.0
NOTHING_RECORDED = "Nothing was recorded."


def record(*, claim: Claim, segment: Segment) -> bool:
    """starting → recording, once an archive is known."""
    started = segment.started_at or clock.now()
    with transaction.atomic():
        recorded = move(
            claim.run,
            Status.RECORDING,
            old=Status.STARTING,
            by=claim.by,
            claim=claim,
            started_at=started,
            restart_due_at=restart_due(claim.run, started),
            attempts=0,
            error_code="",
            error="",
        )
        if recorded:
            events.record(type=Event.Type.RUN_STARTED, run=claim.run, data=_times(claim.run))
    return recorded


def fail(*, claim: Claim, code: str, why: str) -> bool:
    """`code`: of an error or a cause; `why`: its text for hosts."""
    for segment in claim.run.segments.filter(status=Segment.Status.STARTING, archive_id=""):
        segments.absent(claim=claim, segment=segment, code=code, why=why)
    alarms.clear_all(run=claim.run)
    rooms.schedule(room=claim.run.room, in_s=LATE_S)
    failed = move(
        claim.run,
        Status.FAILED,
        old=(Status.STARTING, Status.PROCESSING),
        by=claim.by,
        why=why,
        claim=claim,
        error_code=code,
        error=why,
        ended_at=claim.run.ended_at or clock.now(),
    )
    if failed and claim.run.started_at:
        accounts.refresh(run_id=claim.run.pk)
    return failed


def process(*, claim: Claim) -> bool:
    """stopping → processing: nothing records any more."""
    alarms.clear_all(run=claim.run)
    run = claim.run
    rooms.schedule(room=run.room, in_s=LATE_S)
    first = run.segments.exclude(created_at_ms=None).first()
    moved = move(
        run,
        Status.PROCESSING,
        old=Status.STOPPING,
        by=claim.by,
        claim=claim,
        # A stop may come before the start was known to have succeeded.
        started_at=run.started_at or (first and first.started_at),
        ended_at=clock.now(),
        attempts=0,
        error="",
    )
    absences.refresh_run(run_id=run.pk)
    return moved


def complete(*, claim: Claim) -> bool:
    """processing → complete, or failed where not one piece was recorded."""
    run = claim.run
    if not run.segments.exclude(status__in=(Segment.Status.FAILED, Segment.Status.ABSENT)).exists():
        code, why = _why_nothing(run)
        return fail(claim=claim, code=code, why=why)
    alarms.clear_all(run=run)
    first_time = not run.transitions.filter(subject="run", new=Status.COMPLETE).exists()
    began, ended = _bounds(run)
    with transaction.atomic():
        completed = move(
            run,
            Status.COMPLETE,
            old=Status.PROCESSING,
            by=claim.by,
            claim=claim,
            started_at=began,
            ended_at=ended,
            attempts=0,
            error_code="",
            error="",
        )
        if completed:
            absences.refresh_run(run_id=run.pk)
            account = accounts.refresh(run_id=run.pk)
            if first_time:
                counters.count_seams(run)
            numbers = account_reports.numbers(account)
            events.record(type=Event.Type.RUN_COMPLETE, run=run, data=_times(run) | numbers)
    return completed


def _why_nothing(run: ArchiveRun) -> tuple[str, str]:
    """What became of its starts, if the platform has never given it an archive: code and text."""
    begun = run.segments.exclude(archive_id="").exists()
    last = None if begun else run.segments.exclude(error="").order_by("ordinal").last()
    return (last.error_code, last.error) if last else ("nothing_recorded", NOTHING_RECORDED)


def _times(run: ArchiveRun) -> dict[str, str | None]:
    bounds = {"started_at": run.started_at, "ended_at": run.ended_at}
    return {name: at.isoformat() if at else None for name, at in bounds.items()}


def _bounds(run: ArchiveRun) -> tuple[datetime | None, datetime | None]:
    """When the run was on; where nobody saw its start or asked for its stop, as its pieces say."""
    laid_out = LaidOut(facts_for(run))
    segments = laid_out.facts.segments
    if not segments:
        return run.started_at, run.ended_at
    first = clock.from_ms(round(min(laid_out.begin_of(segment) for segment in segments)))
    ends = [laid_out.end_of(segment) for segment in segments if segment.state != "lost"]
    last = clock.from_ms(round(max(ends or map(laid_out.begin_of, segments))))
    return run.started_at or first, run.ended_at if run.stop_requested_at else last


def replace(*, claim: Claim, segment: Segment) -> None:
    """`segment` has followed one that the platform ended: the next restart counts from there."""
    due = restart_due(claim.run, segment.started_at or clock.now())
    with transaction.atomic():
        claim.guard(restart_due_at=due, attempts=0)
    claim.run.restart_due_at = due


def record_attempts(*, claim: Claim, attempts: int, code: str = "", error: str = "") -> None:
    """Remember how often in a row the platform let this run down."""
    if (claim.run.attempts, claim.run.error) == (attempts, error):
        return
    with transaction.atomic():
        claim.guard(attempts=attempts, error_code=code, error=error)
    claim.run.attempts, claim.run.error_code, claim.run.error = attempts, code, error


def adopt(*, room: Room, archive: dict[str, Any], live: bool, by: str) -> ArchiveRun | None:
    """A run for an archive that no run knows; None where the room has a live run by now."""
    status = Status.RECORDING if live else Status.PROCESSING
    why = "an archive without a recording was found on the platform"
    began = clock.from_ms(int(archive.get("createdAt") or clock.to_ms(clock.now())))
    try:
        with transaction.atomic():
            run = ArchiveRun.objects.create(
                room=room,
                name=readable(archive.get("name"), longest=NAME_MAX) or "Recovered recording",
                strategy=room.strategy_used,
                status=status,
                started_at=began,
                ended_at=None if live else _ended(archive, began),
            )
            run.restart_due_at = restart_due(run, began)
            run.save(update_fields=["restart_due_at"])
            history.record(run, old="", new=status, by=by, why=why)
            segments.adopt(run=run, archive=archive, by=by, why=why)
            if live:
                events.record(type=Event.Type.RUN_STARTED, run=run, data=_times(run))
    except IntegrityError:
        return None
    return run


def _ended(archive: dict[str, Any], began: datetime) -> datetime:
    """When an archive that is not ours ended; where its length is not known yet, by now."""
    duration_ms = segments.whole(archive.get("duration"), 1000)
    return began + timedelta(milliseconds=duration_ms) if duration_ms else clock.now()
