"""Every event arrives once or more, in order per run, whatever its receiver does."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from standardwebhooks import Webhook

from archives.models import Alarm, ArchiveRun, Delivery, Event, Subscriber
from archives.outbox.sender import Sender
from archives.services import alarms, deliveries, events, subscribers
from tests.outbox.conftest import Time, new_run, webhook
from tests.support.platform.fake_platform import FakePlatform
from tests.support.servers.event_receiver import Receiver

pytestmark = pytest.mark.django_db
Status = Delivery.Status


def record(run: ArchiveRun, number: int) -> Event:
    with transaction.atomic():
        return events.record(type=Event.Type.RUN_LOSSES, run=run, data={"number": number})


def pass_time(clock: Time, sender: Sender, seconds: float, step_s: float = 5.0) -> None:
    for _ in range(int(seconds / step_s)):
        sender.drain()
        clock.pass_(step_s)
    sender.drain()


def numbers(receiver: Receiver, run: ArchiveRun) -> list[int]:
    """Of the run's events, in the order of their first arrival."""
    mine = [each["body"]["data"] for each in receiver.took if each["body"]["data"]["run"] == str(run.pk)]
    return list(dict.fromkeys(data["number"] for data in mine))


def test_it_is_signed_and_says_what_happened_and_where(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender, settings: Any
) -> None:
    settings.SITE_URL, settings.RUNBOOK_URL = "https://rec.example.org", "https://docs.example.org/operations"
    alarm = alarms.open(room=run.room, run=run, code="gap", message="Nothing was recorded.")
    sender.drain()
    headers, raw = receiver.saw[0]
    body = Webhook(subscriber.secret).verify(raw, headers)
    assert body == {
        "type": "alarm.opened",
        "timestamp": alarm.events.get().created_at.isoformat(),
        "data": {
            "room": "hearing",
            "run": str(run.pk),
            "url": f"https://rec.example.org/player/?run={run.pk}",
            "code": "gap",
            "message": "Nothing was recorded.",
            "run_book": "https://docs.example.org/operations#gap",
            "since": alarm.since.isoformat(),
        },
    }
    assert headers["webhook-id"] == f"msg_{alarm.events.get().uid.hex}"


def test_another_secret_or_another_body_does_not_verify(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    record(run, 1)
    sender.drain()
    headers, raw = receiver.saw[0]
    with pytest.raises(Exception, match="signature"):
        Webhook(subscriber.secret).verify(raw.replace(b"1", b"2"), headers)
    with pytest.raises(Exception, match="signature"):
        Webhook(subscribers.new_secret(subscriber=subscriber)).verify(raw, headers)


@pytest.mark.parametrize("trouble", ["down", "500", "hang", "drip", "redirect"])
def test_an_hour_of_trouble_loses_nothing_and_keeps_the_order(
    trouble: str, receiver: Receiver, subscriber: Subscriber, time_: Time, sender: Sender, settings: Any
) -> None:
    settings.EVENTS_TIMEOUT = 0.1
    rooms = [new_run(name) for name in ("One", "Two")]
    _begin(receiver, trouble)
    for number in range(12):
        for run in rooms:
            record(run, number)
        pass_time(time_, sender, 300, step_s=60)
    assert receiver.took == []
    assert Delivery.objects.filter(status=Status.WAITING).count() == 24
    _end(receiver, trouble)
    pass_time(time_, sender, 1000, step_s=20)
    for run in rooms:
        assert numbers(receiver, run) == list(range(12))
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DELIVERED}


def _begin(receiver: Receiver, trouble: str) -> None:
    if trouble == "down":
        receiver.down()
    receiver.status = {"500": 500, "redirect": 307}.get(trouble, 204)
    behave = {"hang": receiver.hang, "drip": receiver.drip}.get(trouble)
    if behave:
        receiver.behave = behave


def _end(receiver: Receiver, trouble: str) -> None:
    if trouble == "down":
        receiver.up()
    receiver.status, receiver.behave = 204, receiver.answer


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("down", "It could not be reached (ConnectionRefusedError)."),
        ("500", "It answered 500."),
        ("hang", "No answer within 0.3 s."),
        ("drip", "No answer within 0.3 s."),
    ],
)
def test_the_list_says_what_went_wrong(
    trouble: str,
    error: str,
    receiver: Receiver,
    subscriber: Subscriber,
    run: ArchiveRun,
    sender: Sender,
    settings: Any,
) -> None:
    settings.EVENTS_TIMEOUT = 0.3
    _begin(receiver, trouble)
    record(run, 1)
    sender.drain()
    assert Delivery.objects.get().error == error


def test_a_redirect_is_not_followed(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    receiver.status = 302
    record(run, 1)
    sender.drain()
    assert len(receiver.saw) == 1
    assert Delivery.objects.get().last_status == 302


def test_pauses_grow_and_after_a_day_it_is_given_up(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, time_: Time, sender: Sender
) -> None:
    receiver.status = 503
    record(run, 1)
    began = time_.now
    at = []
    while (delivery := Delivery.objects.get()).status == Status.WAITING and len(at) < 200:
        time_.now = max(time_.now, delivery.due_at)
        at.append((time_.now - began).total_seconds())
        sender.drain()
    pauses = [round(later - earlier, 3) for earlier, later in pairwise(at)]
    assert pauses[:2] == [5, 5]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert (max(pauses), at[-1]) == (900, 86_400)
    assert (delivery.status, delivery.last_status, delivery.error) == ("given_up", 503, "It answered 503.")


def test_one_that_was_given_up_lets_the_next_of_its_run_pass_and_can_be_sent_again(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, time_: Time, sender: Sender
) -> None:
    receiver.status = 503
    record(run, 1)
    pass_time(time_, sender, 90_000, step_s=900)
    receiver.status = 204
    record(run, 2)
    sender.drain()
    deliveries.again(delivery=Delivery.objects.get(status=Status.GIVEN_UP))
    sender.drain()
    assert numbers(receiver, run) == [2, 1]


def test_a_slow_receiver_holds_up_no_other(
    receiver: Receiver, other: Receiver, run: ArchiveRun, sender: Sender, settings: Any
) -> None:
    settings.EVENTS_TIMEOUT = 30
    receiver.behave = receiver.hang
    slow, quick = webhook(receiver.url), webhook(other.url)
    for number in range(50):
        record(new_run(f"Run{number}"), number)
    deadline = time.monotonic() + 20
    while len(other.took) < 50 and time.monotonic() < deadline:
        sender.step()
        time.sleep(0.005)
    assert len(other.took) == 50
    assert quick.deliveries.filter(status=Status.WAITING).count() <= 1
    assert len(receiver.saw) == 1, "more than one thread is bound by the slow receiver"
    assert slow.deliveries.filter(status=Status.DELIVERED).count() == 0
    receiver.released.set()


def test_the_answers_body_is_not_read(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 65_536)

    receiver.behave = endless
    record(run, 1)
    sender.drain()
    assert Delivery.objects.get().status == Status.DELIVERED


def test_a_killed_senders_delivery_is_sent_by_another_once_the_lease_is_over(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, time_: Time, sender: Sender
) -> None:
    record(run, 1)
    record(run, 2)
    killed = deliveries.hold_next(busy=[], lease_s=dict.fromkeys(Subscriber.Kind.values, 25.0))
    assert killed
    sender.drain()
    assert receiver.took == [], "the one that is held may still arrive, and the later one waits for it"
    time_.pass_(26)
    sender.drain()
    assert numbers(receiver, run) == [1, 2]
    assert not deliveries.done(killed, status=200), "its lease was over"


def test_a_message_that_comes_twice_has_the_same_id(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, time_: Time, sender: Sender
) -> None:
    record(run, 1)
    receiver.status = 500
    sender.drain()
    receiver.status = 204
    time_.pass_(60)
    sender.drain()
    (first, _), (second, _) = receiver.saw
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


# --- alarms ------------------------------------------------------------------------------------------
def test_an_alarm_that_was_cleared_before_it_was_sent_is_never_sent(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    alarms.open(room=run.room, run=run, code="gap", message="…")
    alarms.clear_all(run=run)
    sender.drain()
    assert receiver.saw == []
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DROPPED}


def test_one_that_may_have_arrived_is_cleared_but_not_opened_again(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, time_: Time, sender: Sender
) -> None:
    receiver.behave = receiver.hang
    alarms.open(room=run.room, run=run, code="gap", message="…")
    sender.drain()
    alarms.clear(room=run.room, run=run, codes=["gap"])
    receiver.behave = receiver.answer
    time_.pass_(60)
    sender.drain()
    assert [json.loads(raw)["type"] for _, raw in receiver.saw] == ["alarm.opened", "alarm.cleared"]


def test_one_that_was_delivered_is_cleared(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    alarms.open(room=run.room, run=run, code="gap", message="…")
    sender.drain()
    alarms.clear_all(run=run)
    sender.drain()
    body = receiver.took[-1]["body"]
    assert [each["body"]["type"] for each in receiver.took] == ["alarm.opened", "alarm.cleared"]
    assert body["data"]["cleared_at"] == Alarm.objects.get().cleared_at.isoformat()  # type: ignore[union-attr]


def test_names_are_left_out_unless_the_subscriber_includes_them(
    receiver: Receiver, other: Receiver, run: ArchiveRun, sender: Sender
) -> None:
    webhook(receiver.url)
    webhook(other.url, include_names=True)
    alarms.open(room=run.room, run=run, code="publisher_missing", message="Missing: Ann.")
    sender.drain()
    assert b"Ann" not in receiver.saw[0][1]
    assert b"Hearing" not in receiver.saw[0][1]
    data = other.took[0]["body"]["data"]
    assert (data["message"], data["run_name"]) == ("Missing: Ann.", "Hearing")


def test_a_code_that_the_run_book_does_not_know_passes_no_message_on(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    alarms.open(room=run.room, run=run, code="something_new", message="Ann left.")
    sender.drain()
    assert b"Ann" not in receiver.saw[0][1]


# --- who gets what -----------------------------------------------------------------------------------
def test_a_subscriber_gets_the_types_that_it_asked_for(
    receiver: Receiver, other: Receiver, run: ArchiveRun, sender: Sender
) -> None:
    webhook(receiver.url, types=["run.losses"])
    webhook(other.url, types=["export.ready"])
    record(run, 1)
    sender.drain()
    assert (len(receiver.took), len(other.took)) == (1, 0)


def test_a_disabled_subscriber_gets_nothing_even_of_what_waits(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, sender: Sender
) -> None:
    record(run, 1)
    Subscriber.objects.update(enabled=False)
    record(run, 2)
    sender.drain()
    assert receiver.saw == []
    assert Delivery.objects.get().status == Status.DROPPED


def test_a_test_event_goes_to_its_subscriber_alone(
    receiver: Receiver, other: Receiver, sender: Sender
) -> None:
    subscribers.send_test(subscriber=webhook(receiver.url, types=["run.losses"]))
    webhook(other.url)
    sender.drain()
    assert (receiver.took[0]["body"]["type"], other.took) == ("test", [])


def test_an_event_that_cannot_be_written_is_put_off_and_the_next_is_sent(
    receiver: Receiver, other: Receiver, run: ArchiveRun, sender: Sender
) -> None:
    broken = webhook(receiver.url)
    Subscriber.objects.filter(pk=broken.pk).update(secret="")
    webhook(other.url)
    record(run, 1)
    sender.drain()
    assert len(other.took) == 1
    assert broken.deliveries.get().error.startswith("Internal error")


# --- ALERT_WEBHOOK_URL -------------------------------------------------------------------------------
def test_alert_webhook_url_keeps_its_body_and_is_sent_after_a_2xx(
    receiver: Receiver, run: ArchiveRun, time_: Time, sender: Sender, settings: Any
) -> None:
    settings.ALERT_WEBHOOK_URL, settings.EVENTS_ALLOW_PRIVATE = receiver.url, False
    receiver.status = 500
    alarm = alarms.open(room=run.room, run=run, code="publisher_missing", message="Missing: Ann.")
    record(run, 1)
    sender.drain()
    assert Alarm.objects.get().sent_at is None
    receiver.status = 200
    time_.pass_(10)
    sender.drain()
    assert [each["body"] for each in receiver.took] == [
        {
            "code": "publisher_missing",
            "message": "Missing: Ann.",
            "room": "hearing",
            "run": str(run.pk),
            "since": alarm.since.isoformat(),
        }
    ]
    assert Alarm.objects.get().sent_at == time_.now
    assert "webhook-signature" not in receiver.saw[0][0]


def test_without_the_setting_nothing_waits_for_it(run: ArchiveRun, sender: Sender, settings: Any) -> None:
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
    alarms.open(room=run.room, run=run, code="gap", message="…")
    settings.ALERT_WEBHOOK_URL = ""
    sender.drain()
    assert Delivery.objects.get().error == deliveries.NO_ALERT_URL
    alarms.open(room=run.room, run=run, code="late", message="…")
    assert Delivery.objects.count() == 1


def test_a_worker_that_runs_once_sends_what_is_due(
    receiver: Receiver, subscriber: Subscriber, run: ArchiveRun, platform: FakePlatform
) -> None:
    ArchiveRun.objects.update(status="complete")
    record(run, 1)
    call_command("runworker", "--once")
    assert numbers(receiver, run) == [1]
