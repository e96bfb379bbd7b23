"""Alarms: what needs a person, raised once and cleared when it is over."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from archives import clock
from archives.models import Alarm, ArchiveRun, Room
from archives.services import events

logger = logging.getLogger(__name__)


def open(*, room: Room, code: str, message: str, run: ArchiveRun | None = None) -> Alarm:
    """Open the alarm, or give the one that is open already; a new one is logged at ERROR."""
    found = Alarm.objects.filter(room=room, run=run, code=code, cleared_at=None).first()
    if found:
        return found
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(room=room, run=run, code=code, message=message)
            events.alarm_opened(alarm)
    except IntegrityError:
        return Alarm.objects.get(room=room, run=run, code=code, cleared_at=None)
    logger.error("%s: %s (room %s, run %s)", code, message, room.slug, run.pk if run else "-")
    return alarm


def renew(*, room: Room, code: str, message: str, run: ArchiveRun | None = None) -> Alarm:
    """For what happens more than once: a new alarm, but where the open one says the very same."""
    same = Alarm.objects.filter(room=room, run=run, code=code, cleared_at=None, message=message).first()
    if same:
        return same
    clear(room=room, run=run, codes=[code])
    return open(room=room, run=run, code=code, message=message)


def clear(*, room: Room, codes: list[str], run: ArchiveRun | None = None) -> int:
    """Clear the open alarms of these codes; returns how many there were."""
    return _cleared(Alarm.objects.filter(room=room, run=run, code__in=codes))


def clear_all(*, run: ArchiveRun) -> int:
    return _cleared(Alarm.objects.filter(run=run))


def _cleared(alarms: QuerySet[Alarm]) -> int:
    """Each in the transaction of its event; one that another process clears first is not counted."""
    still_open = alarms.filter(cleared_at=None).select_related("room", "run__room")
    return sum(map(_clear, still_open.order_by("since")))


def _clear(alarm: Alarm) -> bool:
    now = clock.now()
    with transaction.atomic():
        if not Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(cleared_at=now):
            return False
        events.alarm_cleared(alarm, cleared_at=now)
    return True
