"""Deliveries: which may be sent now, who holds one, how it ended, and sending again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet

from archives import clock, errors
from archives.models import Alarm, Delivery, Event, Subscriber
from archives.models.events import NO_LANE

Status, Type = Delivery.Status, Event.Type
BACKOFF_MIN_S, BACKOFF_MAX_S = 5.0, 900.0
TRIED_FOR = timedelta(days=1)
ERROR_MAX = 300
CLEARED = "The alarm was cleared before it could be delivered."
DISABLED = "The subscriber is disabled."
NO_ALERT_URL = "ALERT_WEBHOOK_URL is not set any more."
GONE = "The alarm was deleted."
NEVER_OPENED = "The alarm was cleared before it was delivered as open."


class StillWaiting(errors.ArchiveError):
    status = 409
    code = "delivery_waiting"
    message = "This delivery has not ended yet: further attempts follow."


def deliverable(now: datetime) -> QuerySet[Delivery]:
    """Due, and with no earlier one of the same lane still waiting, for the same subscriber."""
    earlier = Delivery.objects.filter(
        status=Status.WAITING,
        subscriber=OuterRef("subscriber"),
        lane=OuterRef("lane"),
        pk__lt=OuterRef("pk"),
    ).exclude(lane=NO_LANE)
    due = Delivery.objects.filter(status=Status.WAITING, due_at__lte=now)
    return due.filter(~Exists(earlier)).order_by("due_at", "pk")


def hold_next(*, busy: Collection[int], lease_s: dict[str, float]) -> Delivery | None:
    """Take the next delivery whose subscriber is not in `busy`; None if there is none.

    `lease_s`: seconds to hold it, by the kind of subscriber. Deliveries that are not needed any more are
    dropped on the way.
    """
    related = ("subscriber", "event__run", "event__room", "event__alarm__room")
    rows = deliverable(clock.now()).exclude(subscriber__in=busy).select_related(*related)
    while found := rows.first():
        if why := not_needed(found):
            _held(found).update(status=Status.DROPPED, error=why)
        elif _hold(found, lease_s[found.subscriber.kind]):
            return found
    return None


def not_needed(delivery: Delivery) -> str:
    """Why it must not be sent (any more); "" if it must be."""
    event, subscriber = delivery.event, delivery.subscriber
    if not subscriber.enabled:
        return DISABLED
    if subscriber.kind == Subscriber.Kind.ALERT_URL and not settings.ALERT_WEBHOOK_URL:
        return NO_ALERT_URL
    if event.type in (Type.ALARM_OPENED, Type.ALARM_CLEARED) and event.alarm is None:
        return GONE
    if event.type == Type.ALARM_OPENED and event.alarm and event.alarm.cleared_at:
        return CLEARED
    if event.type == Type.ALARM_CLEARED and _never_tried(event.alarm, subscriber.pk):
        return NEVER_OPENED
    return ""


def _never_tried(alarm: Alarm | None, subscriber_id: int) -> bool:
    """The subscriber cannot have seen the alarm open. One that was tried may have arrived."""
    opened = Delivery.objects.filter(
        event__alarm=alarm, event__type=Type.ALARM_OPENED, subscriber=subscriber_id
    )
    return opened.filter(status=Status.DROPPED, attempts=0, delivered_at=None).exists()


def _hold(delivery: Delivery, seconds: float) -> bool:
    until = clock.after(seconds)
    if not _held(delivery).update(due_at=until, attempts=F("attempts") + 1):
        return False
    delivery.due_at, delivery.attempts = until, delivery.attempts + 1
    return True


def done(delivery: Delivery, *, status: int | None) -> bool:
    """It was accepted. False if the lease had run out and another process has taken it."""
    now = clock.now()
    facts = {"delivered_at": now, "last_status": status, "error": ""}
    if not _held(delivery).update(status=Status.DELIVERED, **facts):
        return False
    if delivery.subscriber.kind == Subscriber.Kind.ALERT_URL:
        Alarm.objects.filter(events=delivery.event, sent_at=None).update(sent_at=now)
    return True


def fail(delivery: Delivery, *, status: int | None, error: str) -> None:
    """Try again later: the last time a day after the first, then give it up."""
    facts = {"last_status": status, "error": error[:ERROR_MAX]}
    last = delivery.since + TRIED_FOR
    if clock.now() >= last:
        _held(delivery).update(status=Status.GIVEN_UP, **facts)
        return
    _held(delivery).update(due_at=min(clock.after(_backoff_s(delivery)), last), **facts)


def _backoff_s(delivery: Delivery) -> float:
    """Half of the time for which it has been tried: each pause is half as long again as the one before."""
    tried_s = (clock.now() - delivery.since).total_seconds()
    return min(BACKOFF_MAX_S, max(BACKOFF_MIN_S, tried_s / 2))


def again(*, delivery: Delivery) -> None:
    """Send it once more, for another day if need be. Raises StillWaiting."""
    ended = Delivery.objects.filter(pk=delivery.pk).exclude(status=Status.WAITING)
    now = clock.now()
    if not ended.update(status=Status.WAITING, due_at=now, since=now, error=""):
        raise StillWaiting


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at, status=Status.WAITING)
