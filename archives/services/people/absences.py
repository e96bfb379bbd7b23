"""Who is missing from a recording that goes on: by the platform's word, and by that of their own page."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from archives import clock, errors
from archives.models import NAME_MAX, Absence, ArchiveRun, Restart, Room, Side, StreamPresence
from archives.models.names import readable
from archives.services import accounts
from archives.services.rooms import PARTICIPANT
from archives.timeline.absences import RESOLUTION_MS, Bounds, Published, Recorded, missing
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import DISCONNECTED, facts_for

LONGEST_MS = 86_400_000
# Codes (timeline/causes.py) by the reasons of the platform's session callbacks; others are not known.
CAUSES = {
    DISCONNECTED: "connection_lost",
    "clientDisconnected": "left_and_returned",
    "forceDisconnected": "removed",
    "forceUnpublished": "removed",
    "mediaStopped": "not_publishing",
    "unpublished": "not_publishing",
}
NOT_OVER = "not_in_second_session"
SILENT = "sends_nothing"
NOBODY: frozenset[str] = frozenset()
Streams = list[StreamPresence]


def report(
    *,
    room: Room,
    participant: object,
    name: object,
    away_ms: object,
    ago_ms: object = 0,
    stood_still: bool = False,
) -> list[Absence]:
    """A page reports that its connection was away, or that it stood still, for `away_ms` until `ago_ms` ago.

    It may be missing from the runs that were on. Lengths, since pages' clocks are wrong. Raises InvalidInput.
    """
    if not isinstance(participant, str) or not PARTICIPANT.fullmatch(participant):
        raise errors.InvalidInput("Give the participant's id.", detail={"field": "participant"})
    until = clock.now() - timedelta(milliseconds=_length(ago_ms, "ago_ms", least=0))
    since = until - timedelta(milliseconds=_length(away_ms, "away_ms", least=1))
    told = []
    for run in _on_between(room, since, until):
        bounds = (max(since, run.started_at or since), min(until, run.ended_at or until))
        if (bounds[1] - bounds[0]).total_seconds() * 1000 >= RESOLUTION_MS:
            cause = "page_stood_still" if stood_still else CAUSES[DISCONNECTED]
            told.append(_write(run, participant, readable(name, longest=NAME_MAX), bounds, cause))
    return told


def state_silence(
    *, run: ArchiveRun, participant: str, name: str, since: datetime, until: datetime
) -> Absence:
    """By its own word their page was in the call and sent nothing. `until` grows with each report."""
    return _write(run, participant, name, (since, until), SILENT)


def _length(told: object, field: str, least: int) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not least <= told <= LONGEST_MS:
        raise errors.InvalidInput(f"Give the milliseconds, {least} to {LONGEST_MS}.", detail={"field": field})
    return told


def _on_between(room: Room, since: datetime, until: datetime) -> QuerySet[ArchiveRun]:
    begun = ArchiveRun.objects.filter(room=room, created_at__lt=until)
    return begun.filter(Q(ended_at=None) | Q(ended_at__gt=since)).exclude(status=ArchiveRun.Status.FAILED)


def _write(
    run: ArchiveRun,
    participant: str,
    name: str,
    bounds: tuple[datetime, datetime],
    cause: str,
    source: str = Absence.Source.PAGE,
) -> Absence:
    facts = {"name": name, "absent_until": bounds[1], "cause": cause}
    absence, created = Absence.objects.get_or_create(
        run=run, participant=participant, source=source, absent_from=bounds[0], defaults=facts
    )
    if not created and any(getattr(absence, field) != value for field, value in facts.items()):
        Absence.objects.filter(pk=absence.pk).update(**facts, changed_at=clock.now())
    return absence


def refresh_room(*, room: Room, since: datetime, until: datetime | None) -> None:
    """State anew who was missing from the runs that were on in that time."""
    runs = _on_between(room, since, until or clock.now())
    # Whether anybody published distinguishes a pause from a loss.
    accounts.expire(runs=runs)
    for run in runs:
        refresh_run(run_id=run.pk)


def refresh_run(*, run_id: UUID) -> None:
    """State who is in none of the run's pieces for a time, as callbacks and lists tell by now.

    As with gaps this may be called at any time and by anybody, and what turns out to be none is taken back.
    Nothing is said of somebody who has not come back, until the run is over; and then only of those whose
    connection was lost.
    """
    run = ArchiveRun.objects.get(pk=run_id)
    restarts = list(run.restarts.all())
    recorded = _recorded(run, restarts)
    if not recorded:
        return
    begin, end = min(each.bounds[0] for each in recorded), max(each.bounds[1] for each in recorded)
    notes = _notes(run, clock.from_ms(begin), clock.from_ms(end))
    stated = [row for streams in notes.values() for row in _state(run, recorded, streams)]
    for person, name in _unheard(restarts, notes):
        # By the platform's lists alone: they were in the call, and not in the second session.
        in_the_call = [Published(Side.PRIMARY, (begin, end))]
        stated += _write_all(run, person, name, missing(person, recorded, in_the_call), lambda _: NOT_OVER)
    _take_back(run, notes, stated)


def _take_back(run: ArchiveRun, notes: dict[str, Streams], stated: list[Absence]) -> None:
    """What is older than the notes that there are stays: those have been cleaned up."""
    mistaken = run.absences.filter(source=Absence.Source.PLATFORM).exclude(pk__in=[row.pk for row in stated])
    if notes:
        since = min(stream.created_at for streams in notes.values() for stream in streams)
        mistaken = mistaken.filter(absent_from__gte=since)
    if notes or stated:
        mistaken.delete()


def _recorded(run: ArchiveRun, restarts: list[Restart]) -> list[Recorded]:
    missed = {restart.pk: frozenset(person["key"] for person in restart.missing) for restart in restarts}
    restart_of = dict(run.segments.values_list("pk", "restart"))
    laid_out = LaidOut(facts_for(run))
    return [
        Recorded(
            segment.session, (round(begin), round(end)), missed.get(restart_of[UUID(segment.id)], NOBODY)
        )
        for segment in laid_out.facts.segments
        # Who is only in a file that is lost is not recorded.
        if segment.state != "lost"
        for begin, end in laid_out.recorded(segment)
    ]


def _unheard(restarts: list[Restart], notes: dict[str, Streams]) -> list[tuple[str, str]]:
    """[(key, name)] of those who were missed in a second session, and of whom no callback tells."""
    missed = {person["key"]: person["name"] for restart in restarts for person in restart.missing}
    return [
        (key, name)
        for key, name in missed.items()
        if key and key not in notes and not key.endswith(":screen")
    ]


def _bounds(since: datetime, until: datetime | None) -> Bounds:
    return clock.to_ms(since), clock.to_ms(until or clock.now())


def _notes(run: ArchiveRun, begin: datetime, end: datetime) -> dict[str, Streams]:
    """The streams of each known person, screens apart, that were published while the run was on."""
    streams = StreamPresence.objects.filter(room=run.room_id, created_at__lte=end).exclude(participant="")
    streams = streams.filter(Q(destroyed_at=None) | Q(destroyed_at__gt=begin)).exclude(video_type="screen")
    people: dict[str, Streams] = defaultdict(list)
    for stream in streams.order_by("created_at", "pk"):
        people[stream.participant].append(stream)
    return people


def _state(run: ArchiveRun, recorded: list[Recorded], streams: Streams) -> list[Absence]:
    person, name = streams[-1].participant, streams[-1].name
    published = [Published(each.session, _bounds(each.created_at, each.destroyed_at)) for each in streams]
    last = max(streams, key=_end_ms)
    lost = not run.is_live and last.destroyed_at is not None and last.reason == DISCONNECTED
    absent = missing(person, recorded, published, to_the_end=lost)
    return _write_all(run, person, name, absent, lambda begin: _cause(streams, begin))


def _write_all(
    run: ArchiveRun, person: str, name: str, absent: list[Bounds], cause: Callable[[int], str]
) -> list[Absence]:
    return [
        _write(
            run,
            person,
            name,
            (clock.from_ms(begin), clock.from_ms(end)),
            cause(begin),
            Absence.Source.PLATFORM,
        )
        for begin, end in absent
    ]


def _cause(streams: Streams, begin: float) -> str:
    """Why their last stream before `begin` had ended; where it goes on, it is not in what was recorded."""
    last = max((each for each in streams if clock.to_ms(each.created_at) <= begin), key=_end_ms)
    if _end_ms(last) > begin + RESOLUTION_MS:
        return NOT_OVER
    return CAUSES.get(last.reason, "")


def _end_ms(stream: StreamPresence) -> float:
    return clock.to_ms(stream.destroyed_at) if stream.destroyed_at else math.inf
