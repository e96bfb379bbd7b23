"""Events: recorded in the transaction of what they report, with one delivery for each subscriber."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from archives import clock
from archives.models import Alarm, ArchiveRun, Delivery, Event, Room, Subscriber
from archives.models.events import NO_LANE
from archives.services import run_book

Type = Event.Type
# What ALERT_WEBHOOK_URL gets, as ever.
ALERT_URL_TYPES = (Type.ALARM_OPENED,)


def record(
    *,
    type: str,
    run: ArchiveRun | None = None,
    room: Room | None = None,
    alarm: Alarm | None = None,
    data: dict[str, Any] | None = None,
    named: dict[str, Any] | None = None,
) -> Event:
    """Write the event and its deliveries. Call it inside the transaction of what it reports.

    `data`: JSON that every subscriber gets. `named`: JSON that may name people. `room`: that of the run if
    left out. Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Record an event in the transaction of its cause.")
    room = room or (run.room if run else None)
    event = Event.objects.create(
        type=type, run=run, room=room, alarm=alarm, data=data or {}, named=named or {}
    )
    _deliver(event, (each for each in _enabled() if wants(each, type)))
    return event


def record_test(*, subscriber: Subscriber) -> Event:
    """An event for this subscriber alone, whatever its types."""
    with transaction.atomic():
        event = Event.objects.create(type=Type.TEST, data={"message": "This is a test."})
        _deliver(event, [subscriber])
    return event


def wants(subscriber: Subscriber, type: str) -> bool:
    if subscriber.kind == Subscriber.Kind.ALERT_URL:
        return type in ALERT_URL_TYPES
    return not subscriber.types or type in subscriber.types


def body(event: Event, subscriber: Subscriber) -> dict[str, Any]:
    """The JSON body of a delivery, in the form of Standard Webhooks."""
    data = _subject(event, names=subscriber.include_names) | event.data
    if subscriber.include_names:
        data |= event.named
    return {"type": event.type, "timestamp": event.created_at.isoformat(), "data": data}


def alert_body(alarm: Alarm) -> dict[str, Any]:
    """The body that ALERT_WEBHOOK_URL has always had."""
    return {
        "code": alarm.code,
        "message": alarm.message,
        "room": alarm.room.slug,
        "run": str(alarm.run_id) if alarm.run_id else None,
        "since": alarm.since.isoformat(),
    }


def alarm_opened(alarm: Alarm) -> None:
    _record_alarm(Type.ALARM_OPENED, alarm, {"since": alarm.since.isoformat()})


def alarm_cleared(alarm: Alarm, *, cleared_at: Any) -> None:
    times = {"since": alarm.since.isoformat(), "cleared_at": cleared_at.isoformat()}
    _record_alarm(Type.ALARM_CLEARED, alarm, times)


def _record_alarm(type: str, alarm: Alarm, times: dict[str, str]) -> None:
    entry = run_book.entry(alarm.code)
    record(
        type=type,
        run=alarm.run,
        room=alarm.room,
        alarm=alarm,
        data={
            "code": alarm.code,
            "message": entry.message or alarm.message,
            "run_book": run_book.link(alarm.code),
            **times,
        },
        named={"message": alarm.message},
    )


def _subject(event: Event, *, names: bool) -> dict[str, Any]:
    room, run = event.room, event.run
    about: dict[str, Any] = {
        "room": room.slug if room else None,
        "run": str(run.pk) if run else None,
        "url": page(event),
    }
    if names:
        about |= {"room_name": room.name if room else None, "run_name": run.name if run else None}
    return about


def page(event: Event) -> str | None:
    """Address of the run's page, or the room's; None without SITE_URL or without either."""
    if not settings.SITE_URL:
        return None
    if event.run:
        return f"{settings.SITE_URL}{reverse('player')}?run={event.run.pk}"
    return settings.SITE_URL + reverse("host", args=[event.room.slug]) if event.room else None


def _enabled() -> list[Subscriber]:
    """With the one that stands for ALERT_WEBHOOK_URL if that is set, and without it if it is not."""
    found = list(Subscriber.objects.filter(enabled=True).exclude(kind=Subscriber.Kind.ALERT_URL))
    return [*found, alert_url()] if settings.ALERT_WEBHOOK_URL else found


def alert_url() -> Subscriber:
    """The subscriber that stands for ALERT_WEBHOOK_URL, so that it has deliveries like any other."""
    kind = Subscriber.Kind.ALERT_URL
    found, _ = Subscriber.objects.get_or_create(kind=kind, defaults={"name": kind.label})
    return found


def _deliver(event: Event, subscribers: Iterable[Subscriber]) -> None:
    now = clock.now()
    Delivery.objects.bulk_create(
        Delivery(event=event, subscriber=each, lane=_lane(event), due_at=now, since=now)
        for each in subscribers
    )


def _lane(event: Event) -> str:
    """Events of one run are delivered in order, and so are those of a room without a run."""
    if event.run_id:
        return str(event.run_id)
    return f"room {event.room_id}" if event.room_id else NO_LANE
