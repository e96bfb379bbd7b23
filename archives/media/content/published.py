"""Who published while a segment was recorded, by the callbacks of its session."""

from __future__ import annotations

from django.db.models import Q

from archives import clock
from archives.media.content.tiles import Published
from archives.models import Segment
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for


def published(segment: Segment) -> Published | None:
    """When each stream of its session was, on its media clock in ms; None if no callback says so.

    One that has not ended reaches to now.
    """
    pk, now = str(segment.pk), clock.now()
    laid_out = LaidOut(facts_for(segment.run))
    if pk not in laid_out.pieces_of or segment.started_at is None:
        return None
    ended = segment.ended_at or now
    streams = segment.run.room.presences.filter(session=segment.session, created_at__lte=ended)
    there = streams.filter(Q(destroyed_at=None) | Q(destroyed_at__gte=segment.started_at))
    return [
        (
            laid_out.media_at(pk, since.timestamp() * 1000),
            laid_out.media_at(pk, (until or now).timestamp() * 1000),
        )
        for since, until in there.values_list("created_at", "destroyed_at")
    ] or None
