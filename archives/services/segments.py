"""Segments: the intent before the call, what came of it, and what the platform says since."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from archives import clock, errors
from archives.models import ArchiveRun, Pause, Restart, Segment, Side, Strategy
from archives.platform import gateway
from archives.services import accounts, history
from archives.services.claims import Claim
from archives.services.history import move
from archives.services.reopening import reopen

Status = Segment.Status
PLATFORM = "platform"
# No time (unix ms, the year 9999) and no size of a file is larger.
LARGEST = 253_402_300_799_000
NEVER_STARTED = "The video platform never started it."
GONE = (Status.EXPIRED, Status.DELETED)
KNOWN = {status.value for status in Status} - {Status.STARTING, Status.ABSENT}


def next_ordinal(run: ArchiveRun) -> int:
    last = run.segments.aggregate(last=Max("ordinal"))["last"]
    return 0 if last is None else last + 1


def intend(*, claim: Claim, side: Side | str, restart: Restart | None = None) -> Segment:
    """Write down that an archive is about to be started; `start` then asks for it."""
    run = claim.run
    pk = uuid.uuid4()
    with transaction.atomic():
        claim.guard()
        segment = Segment.objects.create(
            id=pk,
            run=run,
            restart=restart,
            ordinal=next_ordinal(run),
            session=side,
            session_id=run.room.session_id(side),
            multi_archive_tag=pk.hex if run.strategy == Strategy.OVERLAP else "",
        )
        history.record(segment, old="", new=Status.STARTING, by=claim.by)
    return segment


def start(*, claim: Claim, segment: Segment) -> dict[str, Any]:
    """Ask the platform for the intended archive; gives its raw JSON.

    Raises PlatformError. Where nothing can have been started the segment ends `absent`, except after
    AlreadyRecording, which passes; where that is not certain, also because of an earlier try whose answer
    was lost, the intent stays open and is looked up.
    """
    unexplained = segment.asked_at is not None
    _mark_asked(claim, segment)
    try:
        archive = gateway.platform().archive_start(
            segment.session_id, claim.run.name, segment.multi_archive_tag
        )
    except errors.PlatformError as error:
        if error.happened is False and not unexplained:
            Segment.objects.filter(pk=segment.pk, archive_id="").update(asked_at=None)
            segment.asked_at = None
            if not isinstance(error, errors.AlreadyRecording):
                absent(claim=claim, segment=segment, code=error.code, why=error.message)
        raise
    attach(segment=segment, archive=archive, by=claim.by)
    return archive


def _mark_asked(claim: Claim, segment: Segment) -> None:
    now = clock.now()
    # A later try must not hide what an earlier one, still unexplained, may have started.
    intent = segment.intent_at if segment.asked_at else now
    with transaction.atomic():
        claim.guard()
        Segment.objects.filter(pk=segment.pk).update(asked_at=now, intent_at=intent)
    segment.asked_at, segment.intent_at = now, intent


def attach(*, segment: Segment, archive: dict[str, Any], by: str, why: str = "") -> bool:
    """This archive is what the segment intended. A fact, so no claim is needed to write it."""
    archive_id = str(archive["id"])
    if Segment.objects.filter(archive_id=archive_id).exclude(pk=segment.pk).exists():
        return False
    Segment.objects.filter(pk=segment.pk, archive_id="").update(archive_id=archive_id, asked_at=None)
    segment.refresh_from_db()
    if segment.archive_id != archive_id:
        return False
    sync(archive=archive, by=by, why=why)
    segment.refresh_from_db()
    return True


def adopt(
    *, run: ArchiveRun, archive: dict[str, Any], by: str, why: str = "found on the platform"
) -> Segment:
    """Make an archive that no row knows a segment of `run`."""
    with transaction.atomic():
        ArchiveRun.objects.select_for_update().get(pk=run.pk)
        segment = Segment.objects.create(
            run=run,
            ordinal=next_ordinal(run),
            session=run.room.side_of(str(archive.get("sessionId", ""))),
            session_id=str(archive.get("sessionId", "")),
            archive_id=str(archive["id"]),
            adopted=True,
        )
        history.record(segment, old="", new=Status.STARTING, by=by, why=why)
    sync(archive=archive, by=by, why=why)
    segment.refresh_from_db()
    return segment


def sync(
    *, archive: dict[str, Any], segment: Segment | None = None, by: str = PLATFORM, why: str = ""
) -> Segment | None:
    """Take over what the platform says of one of our archives (whose row is `segment`, if that is known).

    None where no row knows it. Status is monotone: late, doubled or reordered news changes nothing back.
    """
    segment = segment or Segment.objects.filter(archive_id=str(archive.get("id") or "-")).first()
    if segment is None:
        return None
    status = str(archive.get("status", ""))
    now = clock.now()
    facts = _facts(segment, archive, status)
    if _goes_forward(segment, status):
        _advance(segment, status, facts, by=by, why=why)
    else:
        news = {name: told for name, told in facts.items() if getattr(segment, name) != told}
        # Most looks find nothing new: then there is nothing to write either.
        if not news:
            return segment
        Segment.objects.filter(pk=segment.pk).update(synced_at=now, **news)
    segment.refresh_from_db()
    return segment


def _last_seen(segment: Segment) -> datetime:
    """When the segment was last known to be in the state of its row."""
    began = segment.started_at or segment.intent_at
    return max([began, *(each for each in (segment.run.seen_at, segment.synced_at) if each)])


def _record_pause(segment: Segment, was: str, seen: datetime, now: datetime) -> None:
    """`segment` was last seen in its former status `was` at `seen`."""
    if segment.status == Status.PAUSED:
        # What starts paused has not recorded at all.
        low = segment.started_at or now if was == Status.STARTING else seen
        bounds = {"since_low": min(low, now), "since_high": min(low, now) if was == Status.STARTING else now}
        Pause.objects.get_or_create(segment=segment, until_high=None, defaults=bounds)
    elif was == Status.PAUSED and segment.status == Status.STARTED:
        pauses = Pause.objects.filter(segment=segment, until_high=None)
        pauses.update(until_low=seen, until_high=now, changed_at=now)


def _advance(segment: Segment, status: str, facts: dict[str, Any], *, by: str, why: str) -> None:
    now, old = clock.now(), segment.status
    seen = min(_last_seen(segment), now)
    if status in Segment.LIVE:
        facts |= {"ended_at": None, "ended_after": None}
    elif segment.ended_at is None:
        facts |= {"ended_at": now, "ended_after": seen}
    if old == Status.FAILED:
        facts |= {"error_code": "", "error": "", "job_error_code": "", "job_error": "", "due_at": now}
    why = why or facts.get("reason", "")
    if not move(segment, status, old=old, by=by, why=why, synced_at=now, **facts):
        return
    _record_pause(segment, old, seen, now)
    accounts.refresh(run_id=segment.run_id)
    if old == Status.FAILED and status not in GONE:
        reopen(run=segment.run, by=by, why="an archive that had failed turned up")


def _goes_forward(segment: Segment, new: str) -> bool:
    old = segment.status
    if new not in KNOWN or new == old:
        return False
    if _is_lost(segment):
        return True
    swaps = old in Segment.LIVE and new in Segment.LIVE
    return swaps or Segment.RANK[Status(new)] > Segment.RANK[Status(old)]


def _is_lost(segment: Segment) -> bool:
    """This software concluded that it failed (`lost`): any status of the platform outranks that."""
    return segment.status == Status.FAILED and segment.raw.get("status") != Status.FAILED


def _facts(segment: Segment, archive: dict[str, Any], status: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    # A callback's createdAt is that of the call, rounded; what a read says is when recording really began,
    # so an "event" (which only callbacks have) never replaces a value.
    created = whole(archive.get("createdAt"))
    if created and not (archive.get("event") and segment.created_at_ms):
        facts["created_at_ms"] = created
    if duration_ms := whole(archive.get("duration"), 1000):
        facts["duration_ms"] = duration_ms
    if size := whole(archive.get("size")):
        facts["size"] = size
    if archive.get("reason"):
        facts["reason"] = str(archive["reason"])[:200]
    if status == segment.status or _goes_forward(segment, status):
        facts["raw"] = archive
    return facts


def whole(told: object, times: int = 1) -> int:
    """A number of the platform's as a whole one above 0; 0 where it cannot be one of ours."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told * times < LARGEST:
        return 0
    return round(told * times)


def confirm(*, claim: Claim, segment: Segment) -> None:
    """The platform's own record says that it records, and that its session has the streams."""
    with transaction.atomic():
        claim.guard()
        fresh = Segment.objects.filter(pk=segment.pk, confirmed_at=None)
        claim.changed |= bool(fresh.update(confirmed_at=clock.now()))


def take(*, claim: Claim, segment: Segment, restart: Restart) -> None:
    """A recording that is already running in the session becomes what the restart would have started."""
    with transaction.atomic():
        claim.guard()
        Segment.objects.filter(pk=segment.pk).update(restart=restart)


def expire(*, claim: Claim, older_than: datetime) -> bool:
    """Close the intents that came to nothing; True where some are still too fresh to tell."""
    fresh = False
    for segment in claim.run.segments.filter(status=Status.STARTING, archive_id=""):
        if segment.asked_at is None or segment.asked_at < older_than:
            absent(claim=claim, segment=segment, code="never_started", why=NEVER_STARTED)
        else:
            fresh = True
    return fresh


def stop(*, claim: Claim, segment: Segment) -> None:
    """Have the platform end it. Raises PlatformError where that is not known to have happened."""
    with transaction.atomic():
        claim.guard()
        Segment.objects.filter(pk=segment.pk, stop_requested_at=None).update(stop_requested_at=clock.now())
    platform = gateway.platform()
    try:
        archive = platform.archive_stop(segment.archive_id)
    except errors.WrongStatus:
        archive = platform.archive_get(segment.archive_id)
    except errors.NotFound:
        lost(claim=claim, segment=segment)
        return
    sync(archive=archive, by=claim.by)


def absent(*, claim: Claim, segment: Segment, code: str, why: str) -> bool:
    """The intent came to nothing. `code`: of an error or a cause."""
    return move(
        segment,
        Status.ABSENT,
        old=Status.STARTING,
        by=claim.by,
        why=why,
        claim=claim,
        where={"archive_id": ""},
        error_code=code,
        error=why,
        ended_at=clock.now(),
    )


def lost(*, claim: Claim, segment: Segment) -> bool:
    """The platform does not know an archive that it once gave us."""
    why = "The video platform does not know this archive any more."
    return move(
        segment,
        Status.FAILED,
        old=(Status.STARTED, Status.PAUSED, Status.STOPPED, Status.STARTING),
        by=claim.by,
        why=why,
        claim=claim,
        error_code="archive_lost",
        error=why,
        ended_at=segment.ended_at or clock.now(),
    )
