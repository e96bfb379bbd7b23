"""Subscribers: their addresses are checked and masked, their secrets made here and shown once."""

from __future__ import annotations

import base64
import secrets
from urllib.parse import urlsplit

from archives import errors
from archives.models import Event, Subscriber
from archives.services import events

SECRET_PREFIX = "whsec_"  # noqa: S105 - of Standard Webhooks
# Standard Webhooks asks for 24 to 64.
SECRET_BYTES = 32
TYPES = tuple(type for type in Event.Type if type != Event.Type.TEST)


def new_secret(*, subscriber: Subscriber) -> str:
    """Give the webhook another secret and return it; from then on it is only shown masked."""
    if subscriber.kind != Subscriber.Kind.WEBHOOK:
        raise errors.InvalidInput("Only webhooks are signed.")
    text = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    Subscriber.objects.filter(pk=subscriber.pk).update(secret=text)
    subscriber.secret = text
    return text


def masked_secret(subscriber: Subscriber) -> str:
    return f"{SECRET_PREFIX}…{subscriber.secret[-4:]}" if subscriber.secret else ""


def masked_address(subscriber: Subscriber) -> str:
    """An e-mail address as it is; of a URL the scheme and host, because path and query may be its password.

    A chat's host may be a token too, so only its scheme is shown.
    """
    if subscriber.kind == Subscriber.Kind.EMAIL:
        return subscriber.address
    if subscriber.kind == Subscriber.Kind.ALERT_URL:
        return "in the environment"
    parts = urlsplit(subscriber.address)
    if subscriber.kind == Subscriber.Kind.CHAT:
        return f"{parts.scheme}://…" if parts.scheme else "…"
    return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else "–"


def send_test(*, subscriber: Subscriber) -> None:
    """Send it an event of type `test`. Raises InvalidInput if it is disabled."""
    if not subscriber.enabled:
        raise errors.InvalidInput("This subscriber is disabled.")
    events.record_test(subscriber=subscriber)
