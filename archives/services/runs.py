"""What people do to a run: start it, stop it, put its restart off. The worker carries out what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from archives import clock, errors
from archives.models import ArchiveRun, Restart, Room, Segment, Side
from archives.platform import gateway
from archives.services import counters, history, limits, rooms, run_states, segments
from archives.services.claims import Claim, lease_s
from archives.services.history import move
from archives.services.run_input import clean_name, clean_restart_after

Status = ArchiveRun.Status
START_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Started:
    """`archive` is the platform's raw JSON; None while its answer is looked up (run `starting`)."""

    run: ArchiveRun
    archive: dict[str, Any] | None
    created: bool = True


def start(
    *,
    room: Room,
    name: object,
    requested_by: User | AnonymousUser | None = None,
    idempotency_key: str = "",
    restart_after_s: object = None,
) -> Started:
    """Record the room under `name`: the rows first, then the platform.

    `restart_after_s` is the age at which this run's pieces are followed by others; the room's where None.
    Raises InvalidName, InvalidInput, RunInProgress, and the PlatformError that made the start fail for sure
    (NoClients, PlatformRefused, …); the run then is `failed` and the next start is free. Where the outcome is
    unknown the run stays `starting`, and the worker looks it up.
    """
    name = clean_name(name)
    restart_after_s = clean_restart_after(restart_after_s)
    known = _same_request(room, idempotency_key)
    if known:
        return known
    rooms.ensure_sessions(room=room)
    by = history.actor(requested_by)
    try:
        claim, segment = _write_intent(
            room,
            by,
            name=name,
            requested_by=requested_by if isinstance(requested_by, User) else None,
            idempotency_key=idempotency_key[:200],
            restart_after_s=restart_after_s,
        )
    except IntegrityError:
        known = _same_request(room, idempotency_key)
        if known:
            return known
        raise errors.RunInProgress(detail=_live_run(room)) from None
    return _ask(claim, segment)


def _ask(claim: Claim, segment: Segment) -> Started:
    try:
        archive = segments.start(claim=claim, segment=segment)
    except errors.PlatformError as error:
        if error.happened is None or isinstance(error, errors.AlreadyRecording):
            claim.release(0.5)
            return Started(claim.run, None)
        run_states.fail(claim=claim, code=error.code, why=error.message)
        claim.release(0)
        raise
    run_states.record(claim=claim, segment=segment)
    claim.release(0)
    return Started(claim.run, archive)


def _same_request(room: Room, key: str) -> Started | None:
    run = ArchiveRun.objects.filter(room=room, idempotency_key=key).first() if key else None
    if run is None:
        return None
    first = run.segments.exclude(archive_id="").first()
    return Started(run, first.raw if first else None, created=False)


def _live_run(room: Room) -> dict[str, str] | None:
    run = ArchiveRun.objects.live().filter(room=room).first()
    return {"run": str(run.pk), "name": run.name} if run else None


def _write_intent(room: Room, by: str, **values: Any) -> tuple[Claim, Segment]:
    with transaction.atomic():
        run = ArchiveRun.objects.create(
            room=room,
            strategy=room.strategy_used,
            fence=1,
            # The request is this run's first worker; if it dies, the lease runs out and another looks.
            lease_until=clock.after(lease_s()),
            **values,
        )
        history.record(run, old="", new=Status.STARTING, by=by)
        rooms.schedule(room=room, in_s=START_PATIENCE_S)
        claim = Claim(run, 1, by, run.due_at)
        return claim, segments.intend(claim=claim, side=Side.PRIMARY)


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
            error_code="",
            error="",
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
    latest = limits.limit_at(run)
    if run.status != Status.RECORDING or run.restart_due_at is None or latest is None:
        raise errors.RunNotLive
    due = min(
        max(run.restart_due_at, clock.now()) + timedelta(seconds=seconds),
        latest - timedelta(seconds=limits.reserve_s()),
    )
    changed = ArchiveRun.objects.filter(pk=run.pk, status=Status.RECORDING).update(
        restart_due_at=due, due_at=clock.now()
    )
    if not changed:
        raise errors.RunNotLive
    run.refresh_from_db()
    return run


def signal_state(room: Room) -> None:
    """Tell the pages to fetch the state again; they poll as well, so a failure does not matter."""
    if not room.session_id_primary:
        return
    try:
        gateway.platform().signal(room.session_id_primary, "state", "")
    except errors.PlatformError:
        return
