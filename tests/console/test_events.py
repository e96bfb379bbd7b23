"""The console's pages about events: who sets an address, what is shown of it, and what is sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client

from archives.models import Delivery, Event, Room, Subscriber
from archives.services import events

pytestmark = pytest.mark.django_db
SUBSCRIBERS, EVENTS, DELIVERIES = (
    f"/admin/archives/{model}/" for model in ("subscriber", "event", "delivery")
)
URL = "https://hooks.example.org/services/T0KEN"


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def operator() -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.groups.add(Group.objects.get(name="operators"))
    client = Client()
    client.force_login(user)
    return client


def form(**facts: Any) -> dict[str, Any]:
    return {"name": "Monitoring", "kind": "webhook", "address": URL, "enabled": "on", **facts}


def added(client: Client, **facts: Any) -> tuple[Subscriber | None, str]:
    page = client.post(f"{SUBSCRIBERS}add/", form(**facts), follow=True).content.decode()
    return Subscriber.objects.first(), page


def delivery() -> Delivery:
    with transaction.atomic():
        events.record(type=Event.Type.RUN_LOSSES, room=Room.objects.get())
    return Delivery.objects.get()


def act(client: Client, path: str, action: str, row: Any) -> str:
    asked = {"action": action, "_selected_action": str(row.pk)}
    assert "Are you sure?" in client.post(path, asked).content.decode()
    return client.post(path, {**asked, "confirmed": "yes"}, follow=True).content.decode()


def test_a_secret_is_shown_once_and_an_address_only_masked(administrator: Client) -> None:
    subscriber, page = added(administrator, types=["alarm.opened"])
    assert subscriber
    assert subscriber.secret in page
    assert subscriber.types == ["alarm.opened"]
    assert str(subscriber.created_by) == "root"
    shown = [SUBSCRIBERS, f"{SUBSCRIBERS}{subscriber.pk}/change/", f"{SUBSCRIBERS}{subscriber.pk}/history/"]
    pages = "".join(administrator.get(path).content.decode() for path in shown)
    assert "https://hooks.example.org/…" in pages
    assert f"whsec_…{subscriber.secret[-4:]}" in pages
    assert "T0KEN" not in pages
    assert subscriber.secret not in pages
    assert "T0KEN" not in "".join(entry.change_message for entry in LogEntry.objects.all())


def test_an_empty_address_keeps_the_one_that_there_is(administrator: Client) -> None:
    subscriber, _ = added(administrator)
    assert subscriber
    page = f"{SUBSCRIBERS}{subscriber.pk}/change/"
    administrator.post(page, form(address="", name="Renamed"))
    renamed = Subscriber.objects.get()
    assert (renamed.name, renamed.address, renamed.secret) == ("Renamed", URL, subscriber.secret)
    administrator.post(page, form(address="https://other.example.org/"))
    assert Subscriber.objects.get().address == "https://other.example.org/"


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("webhook", "http://hooks.example.org/"),
        ("webhook", "https://127.0.0.1/"),
        ("webhook", ""),
        ("chat", "json://hooks.example.org/"),
        ("chat", URL),
        ("email", URL),
        ("email", "ann@example.org"),  # without EMAIL_URL
        ("alert_url", URL),
    ],
)
def test_a_wrong_address_is_refused(administrator: Client, kind: str, address: str, settings: Any) -> None:
    settings.EVENTS_ALLOW_PRIVATE, settings.EMAIL_URL = False, ""
    subscriber, page = added(administrator, kind=kind, address=address)
    assert subscriber is None
    assert "errorlist" in page


def test_addresses_of_mail_and_chat_are_taken(administrator: Client, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    added(administrator, kind="email", address="ann@example.org")
    added(administrator, kind="chat", address="discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
    assert set(Subscriber.objects.values_list("kind", flat=True)) == {"email", "chat"}
    page = administrator.get(SUBSCRIBERS).content.decode()
    assert "JHMHI8qBe7bk2ZwO5U711o3dV_js" not in page
    assert "ann@example.org" in page


def test_operators_look_and_send_again_and_set_no_address(operator: Client) -> None:
    subscriber = Subscriber.objects.create(name="Monitoring", address=URL)
    assert operator.get(f"{SUBSCRIBERS}add/").status_code == 403
    page = f"{SUBSCRIBERS}{subscriber.pk}/change/"
    assert operator.post(page, form(address="https://evil.example.org/")).status_code == 403
    shown = operator.get(page).content.decode()
    assert "https://hooks.example.org/…" in shown
    assert "T0KEN" not in shown
    operator.post(
        SUBSCRIBERS, {"action": "send_test", "_selected_action": str(subscriber.pk), "confirmed": "yes"}
    )
    assert not Event.objects.exists()


def test_a_delivery_is_sent_again(operator: Client) -> None:
    Subscriber.objects.create(name="Monitoring", address=URL)
    row = delivery()
    Delivery.objects.update(status="given_up", attempts=9, error="It answered 500.", last_status=500)
    page = operator.get(DELIVERIES).content.decode()
    assert "Given up" in page
    assert "It answered 500." in page
    act(operator, DELIVERIES, "send_again", row)
    assert Delivery.objects.get().status == "waiting"
    assert "has not ended yet" in act(operator, DELIVERIES, "send_again", row)


def test_who_may_only_look_sends_nothing_again(operator: Client) -> None:
    Group.objects.get(name="operators").permissions.filter(codename="change_delivery").delete()
    Subscriber.objects.create(name="Monitoring", address=URL)
    row = delivery()
    Delivery.objects.update(status="given_up")
    form = {"action": "send_again", "_selected_action": str(row.pk), "confirmed": "yes"}
    operator.post(DELIVERIES, form)
    assert Delivery.objects.get().status == "given_up"


def test_a_test_event_is_sent(administrator: Client) -> None:
    subscriber, _ = added(administrator)
    act(administrator, SUBSCRIBERS, "send_test", subscriber)
    assert Delivery.objects.get().event.type == "test"


def test_a_new_secret_is_shown_once(administrator: Client) -> None:
    subscriber, _ = added(administrator)
    assert subscriber
    page = act(administrator, SUBSCRIBERS, "new_secret", subscriber)
    secret = Subscriber.objects.get().secret
    assert secret != subscriber.secret
    assert secret in page
    assert secret not in administrator.get(SUBSCRIBERS).content.decode()


def test_the_row_of_alert_webhook_url_is_not_edited(administrator: Client, settings: Any) -> None:
    settings.ALERT_WEBHOOK_URL = URL
    row = events.alert_url()
    page = f"{SUBSCRIBERS}{row.pk}/change/"
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, form()).status_code == 403
    assert administrator.post(f"{SUBSCRIBERS}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_event_shows_what_it_says_and_where_it_went(operator: Client) -> None:
    Subscriber.objects.create(name="Monitoring", address=URL)
    event = delivery().event
    Event.objects.update(data={"number": "<b>"})
    page = operator.get(f"{EVENTS}{event.pk}/change/").content.decode()
    assert "&lt;b&gt;" in page
    assert "Monitoring" in page
    assert operator.get(f"{EVENTS}?type__exact=run.losses").status_code == 200
