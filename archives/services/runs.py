"""Runs once they are there: recording, postponed, stopped, and how they end."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from archives import clock, errors
from archives.models import (
    NAME_MAX,
    ArchiveRun,
    Restart,
    Room,
    Segment,
    Side,
)
from archives.platform import gateway
from archives.services import absences, alarms, counters, gaps, history, rooms, segments
from archives.services.claims import Claim
from archives.services.history import move

Status = ArchiveRun.Status
# When the sweep looks for archives that began late, so that nothing records 60 s after a stop.
LATE_S = 30.0


def reserve_s() -> float:
    """How long before the limit a restart must have begun: ten minutes, or a twentieth of a short limit."""
    return min(600.0, settings.ARCHIVE_LIMIT / 20)


def record(*, claim: Claim, segment: Segment) -> bool:
    """starting → recording, once an archive is known."""
    started = segment.started_at or clock.now()
    return move(
        claim.run,
        Status.RECORDING,
        old=Status.STARTING,
        by=claim.by,
        claim=claim,
        started_at=started,
        restart_due_at=restart_due(claim.run, started),
        attempts=0,
        error="",
    )


def restart_due(run: ArchiveRun, piece_started: datetime) -> datetime:
    """When the piece that began at `piece_started` must be followed by another.

    Jittered earlier, so that rooms which began together do not all restart at one moment.
    """
    jitter = random.uniform(0, min(settings.RESTART_JITTER, run.restart_after / 10))  # noqa: S311
    after_s = min(run.restart_after, restart_after_most_s())
    return piece_started + timedelta(seconds=max(0.0, after_s - jitter))


def restart_after_most_s() -> float:
    """A piece that is older would come too near to the platform's limit."""
    return settings.ARCHIVE_LIMIT - reserve_s()


def limit_at(run: ArchiveRun) -> datetime | None:
    """When the piece that is being recorded reaches the platform's limit; None where nothing records."""
    piece = run.segments.live().filter(session=Side.PRIMARY).order_by("-ordinal").first()
    if piece is None or piece.started_at is None:
        return None
    return piece.started_at + timedelta(seconds=settings.ARCHIVE_LIMIT)


def fail(*, claim: Claim, why: str) -> bool:
    for segment in claim.run.segments.filter(status=Segment.Status.STARTING, archive_id=""):
        segments.absent(claim=claim, segment=segment, why=why)
    rooms.schedule(room=claim.run.room, in_s=LATE_S)
    return move(
        claim.run,
        Status.FAILED,
        old=(Status.STARTING, Status.PROCESSING),
        by=claim.by,
        why=why,
        claim=claim,
        error=why,
        ended_at=claim.run.ended_at or clock.now(),
    )


def stop(*, run: ArchiveRun, by: str) -> ArchiveRun:
    """Have all recording of the run ended; the worker carries it out. A second stop changes nothing."""
    with transaction.atomic():
        moved = move(
            run,
            Status.STOPPING,
            old=(Status.RESTARTING, Status.RECORDING, Status.STARTING),
            by=by,
            stop_requested_at=clock.now(),
            due_at=clock.now(),
            attempts=0,
        )
        if moved:
            for restart in run.restarts.filter(status=Restart.Status.RUNNING):
                cancelled = move(
                    restart,
                    Restart.Status.CANCELLED,
                    old=Restart.Status.RUNNING,
                    by=by,
                    why="the recording was stopped",
                    ended_at=clock.now(),
                )
                if cancelled:
                    counters.count_restart(restart)
    run.refresh_from_db()
    return run


def postpone(*, run: ArchiveRun, seconds: object, by: str) -> ArchiveRun:
    """Put the automatic restart off, at most to the reserve before the limit.

    Raises InvalidInput, RunNotLive.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 86_400:
        raise errors.InvalidInput("Give the seconds to wait, 1 to 86400.", detail={"field": "seconds"})
    latest = limit_at(run)
    if run.status != Status.RECORDING or run.restart_due_at is None or latest is None:
        raise errors.RunNotLive
    due = min(
        max(run.restart_due_at, clock.now()) + timedelta(seconds=seconds),
        latest - timedelta(seconds=reserve_s()),
    )
    changed = ArchiveRun.objects.filter(pk=run.pk, status=Status.RECORDING).update(
        restart_due_at=due, due_at=clock.now()
    )
    if not changed:
        raise errors.RunNotLive
    run.refresh_from_db()
    return run


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
    )
    absences.refresh_run(run_id=run.pk)
    return moved


def complete(*, claim: Claim) -> bool:
    """processing → complete, or failed where not one piece was recorded."""
    run = claim.run
    if not run.segments.exclude(status__in=(Segment.Status.FAILED, Segment.Status.ABSENT)).exists():
        return fail(claim=claim, why=run.error or "Nothing was recorded.")
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
        )
        if completed and first_time:
            counters.count_seams(run)
    absences.refresh_run(run_id=run.pk)
    return completed


def _bounds(run: ArchiveRun) -> tuple[datetime | None, datetime | None]:
    """When the run was on; where nobody saw its start or asked for its stop, as its pieces say."""
    pieces = [piece for piece in run.segments.all() if piece.started_at]
    if not pieces:
        return run.started_at, run.ended_at
    first = min(piece.started_at for piece in pieces if piece.started_at)
    last = max(gaps.segment_end(piece) for piece in pieces)
    return run.started_at or first, run.ended_at if run.stop_requested_at else last


def replace(*, claim: Claim, segment: Segment) -> None:
    """A piece that ended by itself has been followed by `segment`: the next restart counts from there."""
    due = restart_due(claim.run, segment.started_at or clock.now())
    with transaction.atomic():
        claim.guard(restart_due_at=due, attempts=0)
    claim.run.restart_due_at = due


def record_attempts(*, claim: Claim, attempts: int, error: str = "") -> None:
    """Remember how often in a row the platform let this run down."""
    if (claim.run.attempts, claim.run.error) == (attempts, error):
        return
    with transaction.atomic():
        claim.guard(attempts=attempts, error=error)
    claim.run.attempts, claim.run.error = attempts, error


def reopen(*, run: ArchiveRun, by: str, why: str) -> bool:
    """A piece of an ended run has turned up: have the worker end it and settle the run again."""
    ended = (Status.COMPLETE, Status.FAILED)
    return move(run, Status.PROCESSING, old=ended, by=by, why=why, due_at=clock.now())


def adopt(*, room: Room, archive: dict[str, Any], live: bool, by: str) -> ArchiveRun | None:
    """A run for an archive that no run knows; None where the room has a live run by now."""
    status = Status.RECORDING if live else Status.PROCESSING
    why = "an archive without a recording was found on the platform"
    began = clock.from_ms(int(archive.get("createdAt") or clock.to_ms(clock.now())))
    try:
        with transaction.atomic():
            run = ArchiveRun.objects.create(
                room=room,
                name=str(archive.get("name") or "Recovered recording")[:NAME_MAX],
                strategy=room.strategy_used,
                status=status,
                started_at=began,
                ended_at=None if live else _ended(archive, began),
            )
            run.restart_due_at = restart_due(run, began)
            run.save(update_fields=["restart_due_at"])
            history.record(run, old="", new=status, by=by, why=why)
            segments.adopt(run=run, archive=archive, by=by, why=why)
    except IntegrityError:
        return None
    return run


def _ended(archive: dict[str, Any], began: datetime) -> datetime:
    """When an archive that is not ours ended; where its length is not known yet, by now."""
    duration_ms = segments.whole(archive.get("duration"), 1000)
    return began + timedelta(milliseconds=duration_ms) if duration_ms else clock.now()


def signal_state(room: Room) -> None:
    """Tell the pages to fetch the state again; they poll as well, so a failure does not matter."""
    if not room.session_id_primary:
        return
    try:
        gateway.platform().signal(room.session_id_primary, "state", "")
    except errors.PlatformError:
        return
