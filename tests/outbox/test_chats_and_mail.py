"""Chat services through apprise, and e-mail through Django."""

from __future__ import annotations

import smtplib
from typing import Any

import apprise
import pytest
from django.core import mail

from archives.models import ArchiveRun, Delivery, Subscriber
from archives.outbox import chats
from archives.outbox.addresses import AddressRefused
from archives.outbox.chats import FIXED_HOSTS, OWN_HOSTS, checked_chat
from archives.outbox.sender import Sender
from archives.services import alarms
from tests.support.servers.event_receiver import Receiver

pytestmark = pytest.mark.django_db
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"


@pytest.mark.parametrize(
    "address",
    [
        "json://10.0.0.1/", "jsons://example.org/", "xml://localhost/", "form://localhost/", "syslog://",
        "file:///etc/passwd", "https://hooks.slack.com/services/T1/A1/x", "http://localhost/", "dbus://",
        "ntfy://localhost/topic", "mmost://10.0.0.1/token", "workflows://example.org/a/b", "slack://",
        f"{SLACK}?template=/etc/passwd", f"{SLACK}?host=localhost", f"{SLACK}?+template=/etc/passwd",
        "mailto://user:password@localhost", "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_is_refused(address: str, settings: Any) -> None:
    settings.EVENTS_ALLOW_PRIVATE = False
    with pytest.raises(AddressRefused):
        checked_chat(address)


def test_an_address_of_a_service_with_a_fixed_host_is_taken(settings: Any) -> None:
    settings.EVENTS_ALLOW_PRIVATE = False
    assert checked_chat(SLACK).service_name == "Slack"


@pytest.mark.parametrize("scheme", sorted({*FIXED_HOSTS, *OWN_HOSTS}))
def test_apprise_knows_the_services_that_are_named(scheme: str) -> None:
    known = [each for service in details()["schemas"] for each in schemes(service)]
    assert scheme in known


def details() -> Any:
    return apprise.Apprise().details()


def schemes(service: dict[str, Any]) -> list[str]:
    return [*(service["protocols"] or ()), *(service["secure_protocols"] or ())]


@pytest.mark.parametrize("scheme", sorted(FIXED_HOSTS))
def test_no_address_of_a_fixed_host_takes_a_host(scheme: str) -> None:
    """Its templates would name the host that is posted to."""
    service = next(each for each in details()["schemas"] if scheme in schemes(each))
    templates = service["details"]["templates"]
    assert templates
    assert [each for each in templates if "{host}" in each or "{port}" in each] == []


def test_a_chat_on_a_host_of_ones_own_gets_a_message(
    receiver: Receiver, run: ArchiveRun, sender: Sender, settings: Any
) -> None:
    settings.SITE_URL = "https://rec.example.org"
    address = f"mmost://127.0.0.1:{receiver.port}/3ccdd113474722377935511fc85d3dd4"
    Subscriber.objects.create(name="Chat", kind="chat", address=address)
    receiver.status = 200
    alarms.open(room=run.room, run=run, code="gap", message="Nothing was recorded.")
    sender.drain()
    text = receiver.saw[0][1].decode()
    assert "An alarm was opened (hearing)" in text
    assert "Nothing was recorded." in text
    assert f"https://rec.example.org/player/?run={run.pk}" in text
    assert Delivery.objects.get().status == "delivered"


def test_a_chat_that_refuses_is_tried_again(receiver: Receiver, run: ArchiveRun, sender: Sender) -> None:
    address = f"mmost://127.0.0.1:{receiver.port}/3ccdd113474722377935511fc85d3dd4"
    Subscriber.objects.create(name="Chat", kind="chat", address=address)
    receiver.status = 403
    alarms.open(room=run.room, run=run, code="gap", message="…")
    sender.drain()
    assert (Delivery.objects.get().status, Delivery.objects.get().attempts) == ("waiting", 1)


@pytest.fixture
def mailbox(settings: Any) -> Subscriber:
    settings.EMAIL_URL = "memorymail://"
    settings.DEFAULT_FROM_EMAIL = "recorder@example.org"
    return Subscriber.objects.create(name="On call", kind="email", address="ann@example.org")


def test_an_alarm_comes_by_mail(mailbox: Subscriber, run: ArchiveRun, sender: Sender) -> None:
    alarms.open(room=run.room, run=run, code="gap", message="Nothing was recorded.")
    sender.drain()
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("An alarm was opened (hearing)", ["ann@example.org"])
    assert "Nothing was recorded." in message.body
    assert "docs/operations.md#gap" in message.body
    assert Delivery.objects.get().status == "delivered"


def test_a_mail_server_that_is_away_is_tried_again(
    mailbox: Subscriber, run: ArchiveRun, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise smtplib.SMTPServerDisconnected("secret words of the server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    alarms.open(room=run.room, run=run, code="gap", message="…")
    sender.drain()
    assert Delivery.objects.get().error == "It could not be reached (SMTPServerDisconnected)."


def test_without_a_mail_server_nothing_counts_as_sent(
    mailbox: Subscriber, run: ArchiveRun, sender: Sender, settings: Any
) -> None:
    settings.EMAIL_URL = ""
    alarms.open(room=run.room, run=run, code="gap", message="…")
    sender.drain()
    assert (mail.outbox, Delivery.objects.get().error) == ([], "EMAIL_URL is not set.")


def test_time_outs_of_chats_are_those_of_the_setting(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.EVENTS_TIMEOUT = 3.5
    used: list[tuple[float, float]] = []

    def notify(self: Any, **_: Any) -> bool:
        used.append((self.socket_connect_timeout, self.socket_read_timeout))
        return True

    monkeypatch.setattr(apprise.NotifyBase, "notify", notify)
    assert chats.notify(SLACK, title="Title", text="Text")
    assert used == [(3.5, 3.5)]
