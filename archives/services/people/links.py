"""Links that are handed out: into a room, and to a recording."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from archives import clock, errors
from archives.models import ArchiveRun, Event, Room
from archives.models.access import Invitation, Link, Share
from archives.services import events
from archives.services.rooms import clean_person

INVITATION_LASTS = timedelta(days=30)
SHARE_LASTS = timedelta(days=7)
LONGEST = timedelta(days=366)
OPENED_NOTED_EVERY = timedelta(hours=1)
# The host page offers one link for all; it is renewed well before it ends.
RENEWED = timedelta(days=7)


def invitation_create(*, room: Room, by: Any = None, person: str = "", hours: object = None) -> Invitation:
    """An invitation for `person`, for all where there is none. Raises InvalidInput."""
    # A name that cannot be seen must not turn an invitation for one into one for all.
    person = clean_person(person, field="person") if person.strip() else ""
    return Invitation.objects.create(
        room=room, person=person, created_by=by, expires_at=_end(hours, INVITATION_LASTS)
    )


def invitation_for_all(*, room: Room, by: Any = None) -> Invitation:
    """The room's newest invitation for everybody, a fresh one where it ends soon."""
    lasting = room.invitations.filter(person="", revoked_at=None, expires_at__gt=clock.now() + RENEWED)
    return lasting.first() or invitation_create(room=room, by=by)


def share_create(*, run: ArchiveRun, by: Any = None, hours: object = None) -> Share:
    """A link to the player of `run`. Raises InvalidInput."""
    return Share.objects.create(run=run, created_by=by, expires_at=_end(hours, SHARE_LASTS))


def revoke(*, link: Link) -> None:
    """Nobody is let in by it any more; those who are in are put out. Twice is the same as once."""
    type(link)._default_manager.filter(pk=link.pk, revoked_at=None).update(revoked_at=clock.now())


def share_opened(*, share: Share) -> None:
    """Record that a browser was let in by the link; an hour's openings are one event."""
    now = clock.now()
    lately = Q(opened_at=None) | Q(opened_at__lt=now - OPENED_NOTED_EVERY)
    with transaction.atomic():
        if Share.objects.filter(lately, pk=share.pk).update(opened_at=now):
            about = {"share": str(share.pk), "opened_at": now.isoformat()}
            events.record(type=Event.Type.SHARE_OPENED, run=share.run, data=about)


def _end(hours: object, default: timedelta) -> Any:
    if hours is None:
        return clock.now() + default
    most = int(LONGEST.total_seconds() // 3600)
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= most:
        raise errors.InvalidInput(
            f"hours must be a whole number from 1 to {most}.", detail={"field": "hours"}
        )
    return clock.now() + timedelta(hours=hours)
