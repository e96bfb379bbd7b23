"""A run as facts, and the account that they amount to. Imports no model: it follows what a run has."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from archives import clock

from .absences import Absent, merged
from .account import Account, account_of
from .causes import CAUSES, code_of
from .clocks import Bounds, Pause
from .edges import ROUNDED_MS
from .facts import RunFacts, SegmentFacts, State
from .parts import Timeline
from .remarks import Remarked, Shown, place
from .verdicts import Estimate

if TYPE_CHECKING:
    from archives.models import ArchiveRun, Segment

# A long run has thousands of segments, and what the platform said of each of them is not needed here.
READ = (
    "run", "ordinal", "session", "status", "created_at_ms", "duration_ms", "ended_at", "ended_after",
    "reason", "error_code", "error", "due_at", "job_error_code", "job_error", "stored_at", "file",
    "media_begin_ms", "media_end_ms", "media_note", "stop_requested_at", "confirmed_at",
)  # fmt: skip
# Within this of a change of status, the begin or end of a stream is taken as its time.
NEAR_MS = 2000.0
STREAM_ERROR_MS = 300.0
# Callbacks are tried again for a day.
CALLBACKS_COME = timedelta(days=1)
# The platform's reason for a stream whose page it lost; people who leave give another.
DISCONNECTED = "networkDisconnected"
# Beside the sessions: when somebody was in the call whose connection was lost.
CUT_OFF = "cut_off"
STOPPED_BY_CALL = ("", "user initiated")


def account_for(run: ArchiveRun) -> Account:
    """The account of a run as its rows stand, in five queries however many segments it has."""
    return account_of(facts_for(run))


def timeline_for(run: ArchiveRun) -> Timeline:
    """What can be played of it."""
    return account_for(run).timeline


def remarks_for(run: ArchiveRun, timeline: Timeline | None = None) -> list[Shown]:
    """Visible and audible faults in what the run shows; one query, and those of its timeline."""
    rows = run.segments.exclude(remarks=None).values_list(
        "pk", "remarks__code", "remarks__from_ms", "remarks__until_ms", "remarks__values"
    )
    remarks = [Remarked(str(segment), *rest) for segment, *rest in rows]
    return place(timeline or timeline_for(run), remarks) if remarks else []


def facts_for(run: ArchiveRun) -> RunFacts:
    now = clock.now()
    streams = _streams(run, now)
    by_session = _by_session(streams, now)
    pauses = _pauses(run, streams)
    segments = run.segments.exclude(created_at_ms=None).only(*READ)
    return RunFacts(
        tuple(_segment(segment, pauses.get(segment.pk, ())) for segment in segments),
        _ms(now),
        live=run.is_live and run.stop_requested_at is None,
        finished=run.status in run.ENDED,
        stop_requested_ms=_ms(run.stop_requested_at) if run.stop_requested_at else None,
        estimates=_estimates(run),
        absences=tuple(_absences(run)),
        published=tuple(merged(each for bounds in by_session.values() for each in bounds))
        if streams
        else None,
        published_in=by_session,
    )


# (session, created, destroyed)
Stream = tuple[str, datetime, datetime | None]


def _streams(run: ArchiveRun, now: datetime) -> list[Stream]:
    """What was published while the run was on; as its account knows it once no callback can come."""
    if run.ended_at and run.ended_at < now - CALLBACKS_COME:
        account = getattr(run, "account", None)
        if account is not None and account.published is not None:
            return [
                (session, clock.from_ms(begin), clock.from_ms(end))
                for session, bounds in account.published.items()
                for begin, end in bounds
            ]
    begun = run.started_at or run.created_at
    streams = run.room.presences.exclude(destroyed_at__lt=begun).order_by("created_at")
    if run.ended_at:
        streams = streams.filter(created_at__lte=run.ended_at)
    rows = list(streams.values_list("session", "created_at", "destroyed_at", "participant", "reason"))
    return [row[:3] for row in rows] + _cut_off(rows)


def _cut_off(rows: list[tuple[str, datetime, datetime | None, str, str]]) -> list[Stream]:
    """From when a person's connection was lost until they published again: they had not left.

    `rows`: (session, created, destroyed, participant, reason), in order of creation.
    """
    found: list[Stream] = []
    last: dict[str, datetime] = {}
    for _, created, destroyed, participant, reason in rows:
        if (since := last.pop(participant, None)) is not None and since < created:
            found.append((CUT_OFF, since, created))
        if participant and destroyed and reason == DISCONNECTED:
            last[participant] = destroyed
    return found


def _by_session(streams: list[Stream], now: datetime) -> dict[str, list[tuple[int, int]]]:
    """When anybody published in each session, and when somebody was cut off."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for session, since, until in streams:
        found[session].append(_bounds(since, until, now))
    return {session: merged(bounds) for session, bounds in found.items()}


def _bounds(since: datetime, until: datetime | None, now: datetime) -> tuple[int, int]:
    return round(_ms(since)), max(round(_ms(since)), round(_ms(until or now)))


def _estimates(run: ArchiveRun) -> dict[tuple[str, str], tuple[Estimate, ...]]:
    found: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
    rows = run.seams.exclude(estimates=None).values_list(
        "earlier_id",
        "later_id",
        "estimates__source",
        "estimates__offset_ms",
        "estimates__low_ms",
        "estimates__high_ms",
        "estimates__confidence",
        "estimates__residual_av_ms",
        "estimates__former",
    )
    for earlier, later, source, offset, low, high, confidence, residual, former in rows:
        estimate = Estimate(source, offset, low, high, confidence, residual, former)
        found[str(earlier), str(later)].append(estimate)
    return {pair: tuple(estimates) for pair, estimates in found.items()}


def _absences(run: ArchiveRun) -> list[Absent]:
    rows = run.absences.values_list("participant", "name", "absent_from", "absent_until", "cause", "source")
    return [
        Absent(
            participant,
            name,
            (round(_ms(since)), round(_ms(until))),
            (cause,) if cause else (),
            source == "platform",
        )
        for participant, name, since, until, cause, source in rows
    ]


def _pauses(run: ArchiveRun, streams: list[Stream]) -> dict[Any, tuple[Pause, ...]]:
    """By segment, their ends made exact by a stream of the segment's session if one fits."""
    found: dict[Any, list[Pause]] = defaultdict(list)
    changes = _changes(streams)
    rows = run.segments.exclude(pauses=None).values_list(
        "pk",
        "session",
        "pauses__since_low",
        "pauses__since_high",
        "pauses__until_low",
        "pauses__until_high",
    )
    for pk, session, since_low, since_high, until_low, until_high in rows:
        emptied, filled = changes.get(session, ([], []))
        since = _sharpened((_ms(since_low), _ms(since_high)), emptied)
        until = None
        if until_low and until_high:
            until = _sharpened((_ms(until_low), _ms(until_high)), filled)
        found[pk].append(Pause(since, until))
    return {pk: tuple(sorted(pauses, key=lambda each: each.since)) for pk, pauses in found.items()}


def _changes(streams: list[Stream]) -> dict[str, tuple[list[float], list[float]]]:
    """By session: when its last stream ended, and when a first one began; each time."""
    own: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for session, since, until in streams:
        own[session].append((_ms(since), _ms(until) if until else inf))
    found = {}
    for session, bounds in own.items():
        on: list[tuple[float, float]] = []
        for begin, end in sorted(bounds):
            if on and begin <= on[-1][1]:
                on[-1] = (on[-1][0], max(on[-1][1], end))
            else:
                on.append((begin, end))
        found[session] = ([end for _, end in on if end < inf], [begin for begin, _ in on])
    return found


def _sharpened(bounds: Bounds, instants: list[float]) -> Bounds:
    near = [each for each in instants if bounds[0] - NEAR_MS <= each <= bounds[1]]
    if len(near) != 1:
        return bounds
    return near[0] - STREAM_ERROR_MS, near[0] + STREAM_ERROR_MS


def _ms(instant: datetime) -> float:
    return instant.timestamp() * 1000


def _segment(segment: Segment, pauses: tuple[Pause, ...]) -> SegmentFacts:
    began_ms = float(segment.created_at_ms or 0)
    return SegmentFacts(
        id=str(segment.pk),
        ordinal=segment.ordinal,
        session=segment.session,
        state=_state(segment),
        began_ms=began_ms,
        media_ms=(float(segment.media_begin_ms or 0), _end_ms(segment)),
        ended_ms=_ended(segment, began_ms),
        rounded_ms=ROUNDED_MS if began_ms % 1000 == 0 else 0.0,
        probed=segment.media_end_ms is not None,
        pauses=pauses,
        closed_ms=_ms(segment.stop_requested_at)
        if segment.stop_requested_at and _was_closed(segment)
        else None,
        confirmed_ms=_ms(segment.confirmed_at) if segment.confirmed_at else None,
        cause=cause_of(segment),
        detail=segment.error or segment.given_up or segment.media_note or segment.reason,
    )


def _end_ms(segment: Segment) -> float | None:
    """The media's end, as its file says or else the platform; None if neither does."""
    if segment.media_end_ms is not None:
        return float(segment.media_end_ms)
    return float(segment.duration_ms) if segment.duration_ms else None


def _ended(segment: Segment, began_ms: float) -> Bounds | None:
    if segment.ended_at is None:
        return None
    seen = max(_ms(segment.ended_at), began_ms)
    asked = segment.stop_requested_at if _was_closed(segment) else None
    known = [began_ms, *(_ms(each) for each in (segment.ended_after, asked) if each is not None)]
    return min(max(known), seen), seen


def _was_closed(segment: Segment) -> bool:
    """By this software, and not by anything else before."""
    failed = segment.status == segment.Status.FAILED
    return segment.stop_requested_at is not None and segment.reason in STOPPED_BY_CALL and not failed


def _state(segment: Segment) -> State:
    if segment.has_media:
        return "ready"
    if _is_elsewhere(segment):
        return "elsewhere"
    if segment.is_settled:
        return "lost"
    return "live" if segment.is_live else "pending"


def _is_elsewhere(segment: Segment) -> bool:
    """The platform has put its file into a storage of somebody's own, and this site does not read that."""
    if segment.file or segment.given_up:
        return False
    uploaded = segment.is_settled and segment.status == segment.Status.UPLOADED
    return segment.stored_at is not None or (uploaded and bool(segment.duration_ms))


def cause_of(segment: Segment) -> str:
    """The code of why it ended, or why nothing of it can be played; "" if neither needs a reason."""
    if (state := _state(segment)) in ("lost", "elsewhere"):
        return _why_lost(segment) if state == "lost" else state
    return "" if _was_closed(segment) else code_of(segment.reason) or ENDED.get(segment.status, "")


ENDED = {"failed": "recorder_failed", "stopped": "archive_ended", "available": "archive_ended"}


def _why_lost(segment: Segment) -> str:
    for code in (segment.error_code, segment.job_error_code if segment.given_up else ""):
        if code in CAUSES:
            return code
    if segment.status == segment.Status.ABSENT:
        return "never_started"
    if segment.status == segment.Status.FAILED:
        return "recorder_failed"
    if segment.status in (segment.Status.EXPIRED, segment.Status.DELETED):
        return "file_gone"
    if segment.given_up:
        return "not_stored"
    return "unreadable" if segment.media_note else "empty"
