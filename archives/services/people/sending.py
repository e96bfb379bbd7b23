"""What pages report of their own sending: evidence against a recording that takes nothing in.

A page knows by its browser's statistics whether its media goes out into a session and is acknowledged. Its
word only ever contradicts: who reports nothing counts by the platform's list of streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from archives import clock, errors
from archives.models import NAME_MAX, ArchiveRun, Room, Segment, Sending, Side
from archives.models.names import readable
from archives.services.people import absences
from archives.services.rooms import PARTICIPANT

State = Sending.State
# A page reports every five seconds, and every second while a recording is moved.
FRESH = timedelta(seconds=8)
# What is shorter is a browser that has just begun to send, or was not looked at for a moment.
SHORTEST = timedelta(seconds=2)
KINDS = {"camera": "", "screen": ":screen"}
MUTE = (State.SILENT, State.NONE)
MOST = len(KINDS) * len(Side.values)


@dataclass(frozen=True)
class Word:
    """What a page says of one of its streams in one session."""

    key: str
    session: str
    state: str
    since: datetime


def report(*, room: Room, participant: object, name: object, media: object) -> None:
    """Take in a page's heartbeat: all that it publishes now, `[{session, kind, state, for_ms}]`.

    It is kept while a run is on, and a person whose media goes into no session that is recorded is stated as
    absent. Raises InvalidInput.
    """
    if not isinstance(participant, str) or not PARTICIPANT.fullmatch(participant):
        raise errors.InvalidInput("Give the participant's id.", detail={"field": "participant"})
    words = _words(participant, media)
    run = ArchiveRun.objects.filter(room=room, status__in=ArchiveRun.RUNNING).first()
    if run is None:
        return
    shown = readable(name, longest=NAME_MAX)
    before = _store(room, participant, shown, words)
    _state_absence(run, participant, shown, before)


def contradicted(*, room: Room, by: Side) -> frozenset[str]:
    """Whose pages say that nothing of theirs goes into session `by`, although it may go into the other one.

    Who is silent in both is not waited for: no move of the recording would bring them back.
    """
    states = {(row.participant, row.session): row.state for row in _fresh(room)}
    mute = {key for key, session in states if session == by and states[key, session] in MUTE}
    other = Side.SECONDARY if by == Side.PRIMARY else Side.PRIMARY
    return frozenset(key for key in mute if states.get((key, other)) not in MUTE)


def _fresh(room: Room) -> QuerySet[Sending]:
    return Sending.objects.filter(room=room, reported_at__gte=clock.now() - FRESH)


def _words(participant: str, media: object) -> list[Word]:
    if not isinstance(media, list) or len(media) > MOST:
        raise errors.InvalidInput(f"Give a list of at most {MOST}.", detail={"field": "media"})
    words = {(word.key, word.session): word for word in (_word(participant, each) for each in media)}
    return list(words.values())


def _word(participant: str, told: Any) -> Word:
    """Raises InvalidInput where it is none."""
    field = told if isinstance(told, dict) else {}
    for_ms = field.get("for_ms", 0)
    length = isinstance(for_ms, int) and not isinstance(for_ms, bool) and 0 <= for_ms <= absences.LONGEST_MS
    known = (field.get("kind") in [*KINDS], field.get("session") in Side.values)
    if not (length and all(known) and field.get("state") in State.values):
        raise errors.InvalidInput("Give session, kind, state and for_ms of each.", detail={"field": "media"})
    since = clock.now() - timedelta(milliseconds=for_ms)
    return Word(participant + KINDS[field["kind"]], field["session"], field["state"], since)


def _store(room: Room, participant: str, name: str, words: list[Word]) -> list[Sending]:
    """Replace what the page said before by what it says now; return what it said before."""
    now = clock.now()
    keys = [participant + suffix for suffix in KINDS.values()]
    with transaction.atomic():
        before = list(Sending.objects.select_for_update().filter(room=room, participant__in=keys))
        said = {(row.participant, row.session): row for row in before}
        gone = [row.pk for at, row in said.items() if at not in {(word.key, word.session) for word in words}]
        if gone:
            Sending.objects.filter(pk__in=gone).delete()
        for word in words:
            row = said.get((word.key, word.session))
            # Each report states the whole length so far: its begin must not wander with the network's delay.
            since = row.since if row is not None and row.state == word.state else word.since
            Sending.objects.update_or_create(
                room=room,
                participant=word.key,
                session=word.session,
                defaults={"name": name, "state": word.state, "since": since, "reported_at": now},
            )
    return before


def _state_absence(run: ArchiveRun, participant: str, name: str, before: list[Sending]) -> None:
    """Record that nothing of this person's camera and microphone is recorded, or that this has ended."""
    recorded = _recorded_since(run)
    now = clock.now()
    rows = list(_fresh(run.room).filter(participant=participant))
    since = _silent_since(run.room, rows, recorded)
    until = now
    if since is None:
        # The last report of a silence was some seconds before its end.
        since = _silent_since(run.room, [row for row in before if row.participant == participant], recorded)
        until = min((row.since for row in rows if row.state == State.FLOWS), default=now)
        if not any(row.state == State.FLOWS for row in rows):
            return
    if since is not None and until - since >= SHORTEST:
        absences.state_silence(run=run, participant=participant, name=name, since=since, until=until)


def _recorded_since(run: ArchiveRun) -> dict[str, datetime]:
    """The sessions whose archive is recording, and since when one of it has been."""
    since: dict[str, datetime] = {}
    for segment in run.segments.filter(status=Segment.Status.STARTED):
        began = segment.started_at or segment.intent_at
        since[segment.session] = min(since.get(segment.session, began), began)
    return since


def _silent_since(room: Room, rows: list[Sending], recorded: dict[str, datetime]) -> datetime | None:
    """Since when nothing has gone into any recorded session; None if something may, or nothing is known."""
    there = [row for row in rows if row.session in recorded]
    if not there or any(row.state not in MUTE for row in there):
        return None
    if all(row.state == State.NONE for row in there) and not _others_flow(room, there):
        # Statistics that show no way to the server for anybody prove nothing.
        return None
    return max(max(row.since, recorded[row.session]) for row in there)


def _others_flow(room: Room, rows: list[Sending]) -> bool:
    sessions = {row.session for row in rows}
    return any(row.state == State.FLOWS and row.session in sessions for row in _fresh(room))
