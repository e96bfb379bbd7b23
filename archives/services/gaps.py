"""Gaps: what could not be recorded, with its bounds and its cause."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from archives import clock
from archives.models import ArchiveRun, Seam, Segment
from archives.services import alarms

Hole = tuple[Segment, Segment | None, datetime, datetime]
STOPPED_BY_CALL = ("", "user initiated")


def refresh(*, run_id: UUID) -> None:
    """State every hole between the run's pieces, and before its stop, as its rows tell them by now.

    A hole is found as soon as both its ends are known, and made exact when the pieces' lengths are: this may
    be called at any time and by anybody. A gap that turns out to be none is taken back.
    """
    run = ArchiveRun.objects.select_related("room").get(pk=run_id)
    stated = [_state(run, hole) for hole in _holes(run)]
    mistaken = run.seams.filter(kind=Seam.Kind.GAP, measured_at=None)
    mistaken.exclude(pk__in=[seam.pk for seam in stated]).delete()
    if not stated:
        alarms.clear(room=run.room, run=run, codes=["gap"])


def _holes(run: ArchiveRun) -> list[Hole]:
    pieces = [piece for piece in run.segments.exclude(archive_id="") if piece.started_at]
    holes: list[Hole] = []
    last: Segment | None = None
    for piece in sorted(pieces, key=lambda piece: piece.started_at or piece.intent_at):
        if last and not last.is_live and not _was_covered(last, piece):
            _add(holes, last, piece, piece.started_at)
        if last is None or (not last.is_live and (piece.is_live or segment_end(piece) > segment_end(last))):
            last = piece
    if last and not last.is_live and not _was_stopped(last):
        _add(holes, last, None, run.stop_requested_at)
    return holes


def _add(holes: list[Hole], earlier: Segment, later: Segment | None, until: datetime | None) -> None:
    if until and segment_end(earlier) < until:
        holes.append((earlier, later, segment_end(earlier), until))


def segment_end(piece: Segment) -> datetime:
    """Where the length is not known yet, the end is when we saw it; a piece of no length recorded nothing."""
    if piece.started_at and piece.status in Segment.FINAL and not piece.duration_ms:
        return piece.started_at
    return piece.stopped_at or piece.started_at or piece.intent_at


def _was_stopped(piece: Segment) -> bool:
    failed = piece.status == Segment.Status.FAILED
    return piece.stop_requested_at is not None and piece.reason in STOPPED_BY_CALL and not failed


def _was_covered(earlier: Segment, later: Segment) -> bool:
    """It was closed by us with `later` confirmed: what the rounded times say between them is not a hole."""
    closed, confirmed = earlier.stop_requested_at, later.confirmed_at
    return _was_stopped(earlier) and closed is not None and confirmed is not None and confirmed <= closed


def _state(run: ArchiveRun, hole: Hole) -> Seam:
    earlier, later, gap_from, gap_until = hole
    cause = (earlier.reason or earlier.error or "the archive ended")[:200]
    facts = {"kind": Seam.Kind.GAP, "gap_from": gap_from, "gap_until": gap_until, "cause": cause}
    if later and earlier.created_at_ms is not None:
        facts["offset_ms"] = clock.to_ms(gap_until) - earlier.created_at_ms
    seam, created = Seam.objects.get_or_create(
        earlier=earlier, later=later, defaults=facts | {"run_id": run.pk}
    )
    if created:
        _alarm(run, seam)
    elif seam.measured_at is None:
        Seam.objects.filter(pk=seam.pk).update(**facts)
    return seam


def _alarm(run: ArchiveRun, seam: Seam) -> None:
    """Each gap is an alarm of its own, also where the one before is still shown."""
    when = f"{seam.gap_from:%H:%M:%S} to {seam.gap_until:%H:%M:%S} UTC"
    message = f"Nothing was recorded from {when}: {seam.cause}."
    alarms.renew(room=run.room, run=run, code="gap", message=message)
