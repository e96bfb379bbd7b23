"""A run's rows as a timeline. Imports no model: it only follows what a run has."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .absences import Absent, as_told
from .layout import build
from .parts import Hole, Join, Piece, State, Timeline
from .remarks import Remarked, Shown, place

if TYPE_CHECKING:
    from archives.models import ArchiveRun, Segment


# A long run has thousands of pieces, and what the platform said of each of them is not needed here.
READ = (
    "run", "ordinal", "session", "status", "created_at_ms", "duration_ms", "ended_at", "reason", "error",
    "due_at", "job_error", "file", "media_begin_ms", "media_end_ms", "media_note",
)  # fmt: skip


def timeline_for(run: ArchiveRun) -> Timeline:
    """The timeline of a run as its rows stand now, in two queries however many pieces it has."""
    segments = list(run.segments.exclude(created_at_ms=None).only(*READ))
    seams = run.seams.values_list(
        "earlier_id",
        "later_id",
        "kind",
        "offset_ms",
        "confidence",
        "measured_at",
        "gap_from",
        "gap_until",
        "cause",
    )
    joins: list[Join] = []
    holes: list[Hole] = []
    for earlier, later, kind, offset_ms, confidence, measured_at, gap_from, gap_until, cause in seams:
        if later and offset_ms is not None and measured_at:
            joins.append(Join(str(earlier), str(later), offset_ms, confidence))
        if kind == "gap" and gap_from and gap_until:
            holes.append(Hole(_ms(gap_from), _ms(gap_until), cause))
    return build([_piece(segment) for segment in segments], joins, holes)


def absences_for(run: ArchiveRun) -> list[Absent]:
    """Who is missing although something was recorded, in order of time, in two queries."""
    rows = run.absences.values_list("participant", "name", "absent_from", "absent_until", "cause", "source")
    absent = [
        Absent(participant, name, _bounds(since, until), cause, source == "platform")
        for participant, name, since, until, cause, source in rows
    ]
    holes = run.seams.filter(kind="gap").values_list("gap_from", "gap_until") if absent else []
    return as_told(absent, [_bounds(since, until) for since, until in holes if since and until])


def remarks_for(run: ArchiveRun, timeline: Timeline | None = None) -> list[Shown]:
    """What is wrong to see or to hear in what the run shows; one query, and those of its timeline."""
    rows = run.segments.exclude(remarks=None).values_list(
        "pk", "remarks__code", "remarks__from_ms", "remarks__until_ms", "remarks__values"
    )
    remarks = [Remarked(str(segment), *rest) for segment, *rest in rows]
    return place(timeline or timeline_for(run), remarks) if remarks else []


def _bounds(since: datetime, until: datetime) -> tuple[int, int]:
    return round(_ms(since)), round(_ms(until))


def _ms(instant: datetime) -> float:
    return instant.timestamp() * 1000


def _piece(segment: Segment) -> Piece:
    return Piece(
        id=str(segment.pk),
        session=segment.session,
        wall_ms=float(segment.created_at_ms or 0),
        end_ms=_end_ms(segment),
        begin_ms=float(segment.media_begin_ms or 0),
        state=_state(segment),
        note=_note(segment),
    )


def _end_ms(segment: Segment) -> float:
    """The media's end, as its file says or else the platform, or until that is known how long it recorded."""
    if segment.media_end_ms is not None:
        return float(segment.media_end_ms)
    if segment.duration_ms or not segment.ended_at:
        return float(segment.duration_ms)
    return max(0.0, segment.ended_at.timestamp() * 1000 - (segment.created_at_ms or 0))


def _state(segment: Segment) -> State:
    if segment.has_media:
        return "ready"
    return "lost" if segment.status in segment.FINAL else "pending"


def _note(segment: Segment) -> str:
    why = segment.error or segment.given_up or segment.media_note or segment.reason
    what = {"lost": "has no recording", "pending": "is not ready yet"}.get(_state(segment), "")
    return f"piece {segment.ordinal} {what}{f': {why}' if why and what else ''}"
