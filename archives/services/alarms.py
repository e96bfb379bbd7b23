"""Alarms: what needs a person, raised once and cleared when it is over."""

from __future__ import annotations

import json
import logging
import threading

import requests
from django.conf import settings
from django.db import IntegrityError, transaction

from archives import clock
from archives.models import Alarm, ArchiveRun, Room

logger = logging.getLogger(__name__)


def open(*, room: Room, code: str, message: str, run: ArchiveRun | None = None) -> Alarm:
    """Open the alarm, or give the one that is open already; a new one is logged at ERROR."""
    found = Alarm.objects.filter(room=room, run=run, code=code, cleared_at=None).first()
    if found:
        return found
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(room=room, run=run, code=code, message=message)
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
    return Alarm.objects.filter(room=room, run=run, code__in=codes, cleared_at=None).update(
        cleared_at=clock.now()
    )


def clear_all(*, run: ArchiveRun) -> int:
    return Alarm.objects.filter(run=run, cleared_at=None).update(cleared_at=clock.now())


def send_next() -> bool:
    """POST one alarm that was not sent yet to ALERT_WEBHOOK_URL; True where there was one."""
    if not settings.ALERT_WEBHOOK_URL:
        return False
    alarm = Alarm.objects.filter(sent_at=None, since__gte=clock.after(-3600)).order_by("since").first()
    if alarm is None or not Alarm.objects.filter(pk=alarm.pk, sent_at=None).update(sent_at=clock.now()):
        return False
    body = {
        "code": alarm.code,
        "message": alarm.message,
        "room": alarm.room.slug,
        "run": str(alarm.run_id) if alarm.run_id else None,
        "since": alarm.since.isoformat(),
    }
    # A slow alert receiver must not hold up the recording, so it is told from a thread of its own.
    threading.Thread(target=_post, args=(body,), daemon=True).start()
    return True


def _post(body: dict[str, object]) -> None:
    try:
        requests.post(
            settings.ALERT_WEBHOOK_URL,
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=settings.OPENTOK_TIMEOUT,
        ).raise_for_status()
    except requests.RequestException as error:
        logger.warning("ALERT_WEBHOOK_URL was not reached: %s", type(error).__name__)
