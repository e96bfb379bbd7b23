"""Who publishes where: stream lists are the truth, session callbacks say whose stream it is."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from archives import clock
from archives.models import NAME_MAX, Room, StreamPresence
from archives.models.names import readable

# Pages publish as "Ann [id]", a screen as "Ann [id:screen]", since stream lists have no connection data.
TAGGED = re.compile(r"^(?P<name>.*?)\s*\[(?P<key>[A-Za-z0-9_-]{1,64}(?::screen)?)\]$", re.DOTALL)

# Whose key at the end must not be cut off.
TITLE_MAX = 1000

# Callbacks are tried again for a day, and streams last for hours.
LATEST = timedelta(days=7)

Person = dict[str, str]


def record(*, room: Room, event: dict[str, Any]) -> StreamPresence | None:
    """Take over a streamCreated or streamDestroyed callback; None where it names no stream.

    In any order: a stream that was destroyed stays so when its creation is told late.
    """
    stream = event.get("stream")
    if not isinstance(stream, dict) or not stream.get("id"):
        return None
    told = stream.get("connection")
    connection: dict[str, Any] = told if isinstance(told, dict) else {}
    participant, name = _who(connection.get("data"))
    happened = _when(event.get("timestamp"))
    begun = min(happened, _when(stream.get("createdAt")))
    presence, _ = StreamPresence.objects.get_or_create(
        stream_id=str(stream["id"])[:100],
        defaults={
            "room": room,
            "session": room.side_of(str(event.get("sessionId", ""))),
            "connection_id": str(connection.get("id", ""))[:100],
            "participant": participant[:100],
            "name": readable(name or stream.get("name"), longest=NAME_MAX),
            "video_type": str(stream.get("videoType", ""))[:20],
            "created_at": begun,
        },
    )
    if begun < presence.created_at:
        # Its end was told before its beginning.
        presence.created_at = begun
        presence.save(update_fields=["created_at"])
    if event.get("event") == "streamDestroyed" and presence.destroyed_at is None:
        presence.destroyed_at = max(happened, presence.created_at)
        presence.reason = str(event.get("reason") or "")[:50]
        presence.save(update_fields=["destroyed_at", "reason"])
    return presence


def _when(told: object) -> datetime:
    """The platform's time of an event, which may reach us late; now, where it tells none that can be."""
    now = clock.now()
    if isinstance(told, bool) or not isinstance(told, int | float):
        return now
    earliest = clock.to_ms(now - LATEST)
    return clock.from_ms(round(told)) if earliest <= told <= clock.to_ms(now) else now


def _who(data: object) -> tuple[str, str]:
    try:
        said = json.loads(data) if isinstance(data, str) else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return "", ""
    return str(said.get("participant", "")), str(said.get("name", ""))


def people(*, streams: list[dict[str, Any]]) -> list[Person]:
    """[{key, name}] of those who publish `streams` (as the platform lists them), one for each stream."""
    ids = [str(stream.get("id", "")) for stream in streams]
    told = {p.stream_id: p for p in StreamPresence.objects.filter(stream_id__in=ids)}
    return [_person(stream, told.get(str(stream.get("id", "")))) for stream in streams]


def _person(stream: dict[str, Any], told: StreamPresence | None) -> Person:
    title = readable(stream.get("name"), longest=TITLE_MAX)
    match = TAGGED.match(title)
    if match:
        return {"key": match["key"], "name": readable(match["name"], longest=NAME_MAX) or "Somebody"}
    if told and told.participant:
        screen = ":screen" if stream.get("videoType") == "screen" else ""
        return {"key": told.participant + screen, "name": told.name or title}
    return {"key": title, "name": title or "Somebody"}


def missing(expected: list[Person], arrived: list[Person]) -> list[Person]:
    """Who of `expected` is not among `arrived`; people without an id are counted, not told apart."""
    left = Counter(person["key"] for person in arrived)
    gone = []
    for person in expected:
        if left[person["key"]]:
            left[person["key"]] -= 1
        else:
            gone.append(person)
    return gone
