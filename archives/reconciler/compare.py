"""Look before acting: what the platform holds, compared with the rows, and the difference repaired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from archives import clock, errors
from archives.models import ArchiveRun, Room, Segment, SegmentQuerySet, Side, Strategy
from archives.platform import gateway
from archives.services import claims, run_states, segments, signals
from archives.services.claims import Claim
from archives.services.reopening import reopen
from archives.services.restart_table import secondary_wanted

SKEW = timedelta(seconds=5)  # the platform's clock and ours, and createdAt rounded to a second
GRACE = timedelta(seconds=20)  # how late the effect of a start that was never answered may show
SWEEP_S = 60.0
IDLE_SWEEP_S = 900.0
LIVE = {"started", "paused"}
LOOK_BACK = timedelta(hours=12)  # the longest archive there is, pauses counted


def look(claim: Claim) -> None:
    """Bring the run's rows up to date with the platform. Raises PlatformError, ClaimLost."""
    run = claim.run
    seen: dict[str, dict[str, Any]] = {}
    since = (run.started_at or run.created_at) - SKEW
    for session_id in _session_ids(run):
        claim.hold()
        for archive in gateway.platform().archives_list(session_id, clock.to_ms(since - LOOK_BACK)):
            # What began before this run concerns it only where it records still, and so is in its way.
            if _created(archive) >= clock.to_ms(since) or archive["status"] in LIVE:
                seen[str(archive["id"])] = archive
    known = set(Segment.objects.filter(archive_id__in=seen).values_list("archive_id", flat=True))
    for archive in sorted(seen.values(), key=_created):
        if archive["id"] not in known:
            _explain(claim, archive)
    _sync(claim, seen)


def _created(archive: dict[str, Any]) -> int:
    return int(archive.get("createdAt") or 0)


def _session_ids(run: ArchiveRun) -> list[str]:
    room = run.room
    if run.strategy == Strategy.DUAL_SESSION or run.segments.filter(session=Side.SECONDARY).exists():
        return [room.session_id_primary, room.session_id_secondary]
    return [room.session_id_primary]


def _sync(claim: Claim, seen: dict[str, dict[str, Any]]) -> None:
    for segment in claim.run.segments.unfinished().exclude(archive_id=""):
        archive = seen.get(segment.archive_id) or _read(claim, segment)
        if archive:
            segments.sync(archive=archive, segment=segment, by=claim.by)
    _correct(claim.run.segments.all(), seen, by=claim.by)


def _correct(rows: SegmentQuerySet, seen: dict[str, dict[str, Any]], *, by: str) -> list[Segment]:
    """Apply what the platform now says of failed archives; return those that have not failed after all.

    Rows that failed are final and so not read one by one: a list that was fetched anyway shows them.
    """
    failed = rows.filter(status=Segment.Status.FAILED, archive_id__in=seen)
    for segment in failed:
        segments.sync(archive=seen[segment.archive_id], segment=segment, by=by)
    return [segment for segment in failed if segment.status != Segment.Status.FAILED]


def _read(claim: Claim, segment: Segment) -> dict[str, Any] | None:
    """One archive that the list did not have; lists may lag behind."""
    claim.hold()
    try:
        return gateway.platform().archive_get(segment.archive_id)
    except errors.NotFound:
        if segment.intent_at < clock.now() - GRACE:
            segments.lost(claim=claim, segment=segment)
        return None


def _explain(claim: Claim, archive: dict[str, Any]) -> None:
    """An archive that no row knows: what an intent of ours started, or somebody else's.

    The intent may be another run's of this room, whose start is being answered just now: it gets its own. A
    run that has stopped recording takes over nothing else; that is the sweep's.
    """
    segment = intent_of(archive, Q(run__room=claim.run.room))
    if segment:
        segments.attach(segment=segment, archive=archive, by=claim.by, why="found by looking")
        if segment.run_id != claim.run.pk:
            reopen(run=segment.run, by=claim.by, why="a segment turned up")
            claims.wake(run_id=segment.run_id)
    elif settings.ADOPT_UNKNOWN != "ignore" and claim.run.is_live:
        adopted = segments.adopt(run=claim.run, archive=archive, by=claim.by)
        if settings.ADOPT_UNKNOWN == "stop" and adopted.is_live:
            segments.stop(claim=claim, segment=adopted)


def intent_of(archive: dict[str, Any], among: Q) -> Segment | None:
    """The intent whose call this archive must come from: same session and name, asked for before it began."""
    began = clock.from_ms(_created(archive))
    intents = Segment.objects.filter(
        among,
        archive_id="",
        asked_at__isnull=False,
        session_id=str(archive.get("sessionId", "")),
        run__name=str(archive.get("name") or ""),
        intent_at__lte=began + SKEW,
    )
    tag = str(archive.get("multiArchiveTag") or "")
    if tag:
        intents = intents.filter(multi_archive_tag=tag)
    return intents.order_by("intent_at").last()


# --- a room without a live run ---
def _archives_of(room: Room) -> dict[str, dict[str, Any]]:
    """The room's archives by id, as the platform lists them. Raises PlatformError."""
    found: dict[str, dict[str, Any]] = {}
    for side in Side:
        if room.session_id(side):
            since = clock.to_ms(room.created_at - SKEW)
            for archive in gateway.platform().archives_list(room.session_id(side), since):
                found[str(archive["id"])] = archive
    return found


def _unknown(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that no row knows, oldest first."""
    known = set(Segment.objects.filter(archive_id__in=found).values_list("archive_id", flat=True))
    return sorted((a for a in found.values() if a["id"] not in known), key=_created)


def room_sweep(room: Room, *, by: str, dry_run: bool = False) -> list[str]:
    """Explain what no run knows; what was found and done, a line each. Raises PlatformError."""
    live = ArchiveRun.objects.live().filter(room=room)
    if live.exists():
        return []  # Its own looks see to it.
    found = _archives_of(room)
    unknown = _unknown(found)
    # A start writes its row before it calls: asked after the list, this cannot miss a run just begun.
    if live.exists():
        return []
    lines = [_sweep_one(room, archive, by, dry_run) for archive in unknown]
    return lines + ([] if dry_run else _correct_ended(room, found, by))


def _correct_ended(room: Room, found: dict[str, dict[str, Any]], by: str) -> list[str]:
    of_room = Segment.objects.filter(run__room=room).select_related("run")
    return [
        f"{room.slug}: archive {segment.archive_id} had failed and is {segment.status}; it belongs to "
        f"{segment.run.name}"
        for segment in _correct(of_room, found, by=by)
    ]


def _sweep_one(room: Room, archive: dict[str, Any], by: str, dry_run: bool) -> str:
    live = archive["status"] in LIVE
    label = f"{room.slug}: archive {archive['id']} ({archive['status']}) has no row"
    if settings.ADOPT_UNKNOWN == "ignore":
        return f"{label}; ignored"
    if dry_run:
        return f"{label}; it would be taken over"
    intent = intent_of(archive, Q(run__room=room))
    run = intent.run if intent else _run_at(room, archive)
    if intent:
        segments.attach(segment=intent, archive=archive, by=by, why="found by the sweep")
    elif run:
        segments.adopt(run=run, archive=archive, by=by)
    if run:
        # An ended run must not go on recording: its worker ends what turned up and settles it again.
        reopen(run=run, by=by, why="a segment turned up")
        return f"{label}; it belongs to {run.name}"
    keep = live and settings.ADOPT_UNKNOWN == "adopt"
    adopted = run_states.adopt(room=room, archive=archive, live=keep, by=by)
    return f"{label}; adopted as {adopted.name}" if adopted else f"{label}; left to the recording under way"


def _run_at(room: Room, archive: dict[str, Any]) -> ArchiveRun | None:
    """The ended run that was on when the archive began; one that never recorded has no part in it."""
    began = clock.from_ms(_created(archive))
    recorded = room.runs.exclude(started_at=None)
    return recorded.filter(created_at__lte=began + SKEW, ended_at__gte=began).order_by("created_at").last()


def people_sweep(room: Room) -> list[str]:
    """Signal those out who were left in the second session. Raises PlatformError."""
    if not room.session_id_secondary or _second_session_in_use(room):
        return []
    left = gateway.platform().streams_list(room.session_id_secondary)
    if not left or _second_session_in_use(room):
        return []
    try:
        signals.to_second_session(room=room, type="leave")
    except errors.NoClients:
        # The signal goes to the first session, and nobody is there to hear it.
        return [f"{room.slug}: {len(left)} left in the second session cannot be asked to leave"]
    return [f"{room.slug}: {len(left)} left in the second session were asked to leave"]


def _second_session_in_use(room: Room) -> bool:
    """A restart is under way, or only the second session's piece records: whoever is there must stay."""
    run = ArchiveRun.objects.filter(room=room, status__in=ArchiveRun.RUNNING).first()
    if run is None:
        return False
    return run.unfinished_restart is not None or secondary_wanted(None, run.segments.live())


def differences(room: Room) -> list[str]:
    """Where an unfinished segment's row and the platform disagree, a line each. Raises PlatformError."""
    lines = []
    for segment in Segment.objects.unfinished().filter(run__room=room).select_related("run"):
        label = f"{room.slug}: {segment.run.name}, segment {segment.number}"
        if not segment.archive_id:
            lines.append(f"{label} was asked for and never explained")
            continue
        try:
            status = gateway.platform().archive_get(segment.archive_id)["status"]
        except errors.NotFound:
            status = "unknown"
        if status != segment.status:
            lines.append(f"{label} is {segment.status} here and {status} on the platform")
    return lines
