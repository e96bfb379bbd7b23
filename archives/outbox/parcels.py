"""What is sent to a subscriber: everything that a thread without a database needs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from archives import clock
from archives.models import Delivery, Event, Subscriber
from archives.outbox.webhooks import signed_headers
from archives.services import events

Kind = Subscriber.Kind
# Of `data`, in the order and with the words of e-mails and chats.
LABELS = {
    "message": "",
    "room_name": "Room: ",
    "run_name": "Recording: ",
    "code": "Alarm: ",
    "since": "Since: ",
    "cleared_at": "Cleared: ",
    "url": "",
    "run_book": "Run-book: ",
}


@dataclass(frozen=True)
class Parcel:
    kind: str
    address: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    title: str = ""
    text: str = ""


def parcel(delivery: Delivery) -> Parcel:
    """Reads the database: the run's row, the alarm's, the subscriber's address."""
    event, subscriber = delivery.event, delivery.subscriber
    kind = Kind(subscriber.kind)
    if kind == Kind.ALERT_URL:
        alert = events.alert_body(event.alarm) if event.alarm else {}
        return Parcel(kind, settings.ALERT_WEBHOOK_URL, json.dumps(alert).encode())
    content = events.body(event, subscriber)
    if kind == Kind.WEBHOOK:
        return _webhook(subscriber, event, content)
    return Parcel(kind, subscriber.address, title=_title(event), text=_text(content["data"]))


def _webhook(subscriber: Subscriber, event: Event, content: dict[str, Any]) -> Parcel:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed_headers(secret=subscriber.secret, message_id=event.message_id, at=clock.now(), body=body)
    return Parcel(subscriber.kind, subscriber.address, body, headers)


def _title(event: Event) -> str:
    room = f" ({event.room.slug})" if event.room else ""
    return f"{event.get_type_display()}{room}"


def _text(data: dict[str, Any]) -> str:
    return "\n".join(f"{label}{data[name]}" for name, label in LABELS.items() if data.get(name))
