"""Rooms: their two sessions, and letting people in."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from archives import clock, errors
from archives.models import DEFAULT_ROOM, Room, Side
from archives.models.names import UnusableName, clean
from archives.platform import gateway

PARTICIPANT = re.compile(r"[A-Za-z0-9_-]{1,64}")
PERSON_NAME_MAX = 100


@dataclass(frozen=True)
class Joined:
    participant: str
    name: str
    primary_token: str
    secondary_token: str


def get(*, slug: str = DEFAULT_ROOM) -> Room:
    room = Room.objects.filter(slug=slug or DEFAULT_ROOM).first()
    if room is None:
        raise errors.UnknownRoom(detail={"room": slug})
    return room


def create(*, slug: str, name: str = "", **values: Any) -> Room:
    """A new room; its sessions are made on first use. Raises InvalidInput, its detail field by field."""
    room = Room(slug=slug, name=name or slug, **values)
    try:
        room.full_clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise errors.InvalidInput(f"{field}: {problems[0]}", detail=error.message_dict) from None
    room.save(force_insert=True)
    return room


def ensure_sessions(*, room: Room) -> Room:
    """Give the room its two sessions on first use. Two processes at once end up with the same pair.

    Raises PlatformError where a session has to be created and cannot be.
    """
    for side in Side:
        field = f"session_id_{side}"
        if getattr(room, field):
            continue
        session_id = _configured(room, side) or gateway.platform().session_create()
        Room.objects.filter(pk=room.pk, **{field: ""}).update(**{field: session_id})
        room.refresh_from_db(fields=[field])
    return room


def schedule(*, room: Room, in_s: float) -> None:
    """Have the sweep look at the room in so many seconds, if it would not sooner."""
    due = clock.after(in_s)
    Room.objects.filter(pk=room.pk, due_at__gt=due).update(due_at=due)


def _configured(room: Room, side: Side) -> str:
    if room.slug != DEFAULT_ROOM:
        return ""
    return settings.SESSION_ID_PRIMARY if side is Side.PRIMARY else settings.SESSION_ID_SECONDARY


def clean_person(name: str, *, field: str) -> str:
    """A person's name as it is stored. Raises InvalidInput."""
    try:
        return clean(name, longest=PERSON_NAME_MAX)
    except UnusableName as error:
        raise errors.InvalidInput(f"The name {error}.", detail={"field": field}) from None


def join(*, room: Room, name: str, participant: str = "") -> Joined:
    """Tokens for both sessions, whose connection data say who this is. Raises InvalidInput, PlatformError."""
    if not name.strip():
        raise errors.InvalidInput(
            f"Give your name, at most {PERSON_NAME_MAX} characters.", detail={"field": "name"}
        )
    name = clean_person(name, field="name")
    # A reload sends the id again; anything that is not one of ours is replaced, not refused.
    if not PARTICIPANT.fullmatch(participant):
        participant = uuid.uuid4().hex[:12]
    ensure_sessions(room=room)
    data = json.dumps({"participant": participant, "name": name}, ensure_ascii=False)
    platform = gateway.platform()
    return Joined(
        participant,
        name,
        platform.token(room.session_id_primary, data),
        platform.token(room.session_id_secondary, data),
    )
