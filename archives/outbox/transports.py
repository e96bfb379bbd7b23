"""Sends one parcel: by HTTP, by e-mail, or to a chat service. Runs in threads without a database."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from urllib3.exceptions import HTTPError, ProtocolError, SSLError

from archives.models import Subscriber
from archives.outbox import chats, webhooks
from archives.outbox.addresses import AddressRefused, checked_url, trusted_url
from archives.outbox.parcels import Parcel

logger = logging.getLogger(__name__)
Kind = Subscriber.Kind


@dataclass(frozen=True)
class Outcome:
    """`status`: of HTTP, if there was an answer. `error`: "" if the receiver accepted it."""

    error: str = ""
    status: int | None = None


def send(parcel: Parcel) -> Outcome:
    """Never raises: what went wrong is in the outcome, without address and secret."""
    try:
        return SEND[Kind(parcel.kind)](parcel)
    except AddressRefused as error:
        return Outcome(str(error))
    except TimeoutError:
        return Outcome(f"No answer within {settings.EVENTS_TIMEOUT:g} s.")
    except (ssl.SSLError, SSLError):
        return Outcome("The connection could not be secured: TLS failed.")
    except (OSError, HTTPError, smtplib.SMTPException) as error:
        return Outcome(f"It could not be reached ({_kind(error)}).")
    except Exception as error:
        logger.exception("Sending to a subscriber failed")
        return Outcome(f"Internal error ({type(error).__name__}).")


def _kind(error: Exception) -> str:
    """The class of what went wrong; urllib3 wraps the system's error. Its text may repeat the address."""
    cause = error.args[-1] if isinstance(error, ProtocolError) and error.args else error
    return type(cause if isinstance(cause, Exception) else error).__name__


def _post(parcel: Parcel, *, trusted: bool) -> Outcome:
    url = trusted_url(parcel.address) if trusted else checked_url(parcel.address)
    status = webhooks.post(
        url,
        parcel.body,
        parcel.headers,
        timeout_s=settings.EVENTS_TIMEOUT,
        trusted=trusted or settings.EVENTS_ALLOW_PRIVATE,
    )
    return Outcome("" if 200 <= status < 300 else f"It answered {status}.", status)


def _webhook(parcel: Parcel) -> Outcome:
    return _post(parcel, trusted=False)


def _alert_url(parcel: Parcel) -> Outcome:
    """Its address comes from the environment, and may lie in a private network, as it always could."""
    return _post(parcel, trusted=True)


def _email(parcel: Parcel) -> Outcome:
    if not settings.EMAIL_URL:
        return Outcome("EMAIL_URL is not set.")
    message = EmailMessage(parcel.title, parcel.text, settings.DEFAULT_FROM_EMAIL, [parcel.address])
    return Outcome() if message.send() else Outcome("The mail server did not take it.")


def _chat(parcel: Parcel) -> Outcome:
    sent = chats.notify(parcel.address, title=parcel.title, text=parcel.text)
    return Outcome() if sent else Outcome("The chat service did not take it.")


SEND: dict[Kind, Callable[[Parcel], Outcome]] = {
    Kind.WEBHOOK: _webhook,
    Kind.ALERT_URL: _alert_url,
    Kind.EMAIL: _email,
    Kind.CHAT: _chat,
}
