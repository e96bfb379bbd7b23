"""The start of a run: rows first, then the platform; its outcome may be known only later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from archives import clock, errors
from archives.models import (
    NAME_MAX,
    RESTART_AFTER_MAX,
    RESTART_AFTER_MIN,
    ArchiveRun,
    Room,
    Segment,
    Side,
)
from archives.services import history, rooms, runs, segments
from archives.services.claims import Claim, lease_s
from archives.services.rooms import CONTROL

Status = ArchiveRun.Status
START_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Started:
    """`archive` is the platform's raw JSON; None while its answer is looked up (run `starting`)."""

    run: ArchiveRun
    archive: dict[str, Any] | None
    created: bool = True


def clean_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise errors.InvalidName("Give the recording a name.", detail={"field": "name"})
    if len(name) > NAME_MAX:
        raise errors.InvalidName(
            f"The name is too long: {len(name)} characters, at most {NAME_MAX}.", detail={"field": "name"}
        )
    if CONTROL.search(name):
        raise errors.InvalidName("The name must be one line of plain text.", detail={"field": "name"})
    return name.strip()


def clean_restart_after(seconds: object) -> int | None:
    if seconds is None:
        return None
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or not RESTART_AFTER_MIN <= seconds <= RESTART_AFTER_MAX:  # type: ignore[operator]
        raise errors.InvalidInput(
            f"Give the seconds of recording before a restart, {RESTART_AFTER_MIN} to {RESTART_AFTER_MAX}.",
            detail={"field": "restart_after_s"},
        )
    return seconds  # type: ignore[return-value]


def actor(user: User | AnonymousUser | None) -> str:
    return f"host:{user.get_username()}" if user is not None and user.is_authenticated else "host"


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
    by = actor(requested_by)
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
        runs.fail(claim=claim, why=error.message)
        claim.release(0)
        raise
    runs.record(claim=claim, segment=segment)
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
