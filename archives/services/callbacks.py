"""Callbacks: stored as they came, once each, then taken over. They only make the sweep faster."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from archives import clock, errors
from archives.models import ArchiveRun, Callback, Room
from archives.services import claims, segments
from archives.services.people import absences, presence


def receive(*, source: str, body: bytes) -> Callback | None:
    """Store and take over one callback; None where the same one came before.

    Raises InvalidInput where the body is not a JSON object.
    """
    try:
        text = body.decode()
        said = json.loads(text)
        # Refuses what a database could not hold: Infinity, NaN, half a surrogate pair.
        json.dumps(said, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise errors.InvalidInput("The body must be a JSON object.")
    digest = hashlib.sha256(source.encode() + b"\0" + body).hexdigest()
    callback, created = Callback.objects.get_or_create(
        digest=digest, defaults={"source": source, "body": text}
    )
    if not created and callback.handled_at:
        return None
    outcome, run_id = _archive(said) if source == Callback.Source.ARCHIVE else _session(said)
    taken = {"handled_at": clock.now(), "outcome": outcome[:200], "run_id": run_id}
    Callback.objects.filter(pk=callback.pk).update(**taken)
    return callback


def _archive(said: dict[str, Any]) -> tuple[str, UUID | None]:
    """What was done, and whose recording it is about."""
    segment = segments.sync(archive=said)
    if segment is None:
        return _wake_room(said), None
    claims.wake(run_id=segment.run_id)
    return f"segment {segment.pk} is {segment.status}", segment.run_id


def _wake_room(said: dict[str, Any]) -> str:
    session = str(said.get("sessionId") or "-")
    rooms = Room.objects.filter(Q(session_id_primary=session) | Q(session_id_secondary=session))
    if not rooms.update(due_at=clock.now()):
        return "not a session of ours"
    ArchiveRun.objects.live().filter(room__in=rooms).update(due_at=clock.now())
    return "the room is looked at"


def _session(said: dict[str, Any]) -> tuple[str, UUID | None]:
    session = str(said.get("sessionId") or "-")
    room = Room.objects.filter(Q(session_id_primary=session) | Q(session_id_secondary=session)).first()
    if room is None:
        return "not a session of ours", None
    event = str(said.get("event", ""))
    if event in ("streamCreated", "streamDestroyed"):
        told = presence.record(room=room, event=said)
        if told:
            absences.refresh_room(room=room, since=told.created_at, until=told.destroyed_at)
    elif event == "sessionNotification":
        # The media server rotates soon and takes the archives with it: restart now, while we may choose when.
        ArchiveRun.objects.filter(room=room, status=ArchiveRun.Status.RECORDING).update(
            restart_due_at=clock.now()
        )
    live = ArchiveRun.objects.live().filter(room=room)
    live.update(due_at=clock.now())
    return event or "without an event", live.values_list("pk", flat=True).first()


def delete_old() -> int:
    """Delete what is older than CALLBACK_KEEP."""
    old = clock.now() - settings.CALLBACK_KEEP
    return Callback.objects.filter(received_at__lt=old).delete()[0]
