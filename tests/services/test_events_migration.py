"""The migration of events, on both databases: rows stay, and what waited to be sent is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from archives import clock
from archives.services import events
from tests.support.servers.scratch_database import scratch_database

THIS = "0023_events"


@pytest.fixture
def scratch(database_url: str, django_db_blocker: Any, django_db_setup: None) -> Iterator[None]:
    with django_db_blocker.unblock(), scratch_database(database_url):
        yield


def migrated(name: str) -> Any:
    """The models as they were after this migration of the app."""
    executor = MigrationExecutor(connections["default"])
    executor.migrate([("archives", name)])
    return MigrationExecutor(connections["default"]).loader.project_state(("archives", name)).apps


def before() -> str:
    loader = MigrationExecutor(connections["default"]).loader
    return next(
        name for app, name in loader.get_migration("archives", THIS).dependencies if app == "archives"
    )


def test_alarms_stay_and_those_not_sent_yet_go_through_the_outbox(scratch: None, settings: Any) -> None:
    settings.ALERT_WEBHOOK_URL = "https://hooks.example.org/"
    old = migrated(before())
    room = old.get_model("archives", "Room").objects.get()
    run = old.get_model("archives", "ArchiveRun").objects.create(
        room=room, name="Hearing", status="recording"
    )
    now = clock.now()
    facts = {
        "waits": {},
        "sent": {"sent_at": now},
        "over": {"cleared_at": now},
        "long_ago": {"since": now - timedelta(hours=2)},
    }
    for code, more in facts.items():
        old.get_model("archives", "Alarm").objects.create(room=room, run=run, code=code, message=code, **more)
    new = migrated(THIS)
    assert set(new.get_model("archives", "Alarm").objects.values_list("code", flat=True)) == set(facts)
    delivery = new.get_model("archives", "Delivery").objects.get()
    assert (delivery.event.alarm.code, delivery.lane) == ("waits", str(run.pk))
    assert delivery.subscriber.kind == "alert_url"


def test_without_an_address_nothing_waits(scratch: None, settings: Any) -> None:
    settings.ALERT_WEBHOOK_URL = ""
    old = migrated(before())
    room = old.get_model("archives", "Room").objects.get()
    old.get_model("archives", "Alarm").objects.create(room=room, code="waits", message="…")
    assert not migrated(THIS).get_model("archives", "Event").objects.exists()


def test_an_event_belongs_into_a_transaction(scratch: None) -> None:
    migrated(THIS)
    with pytest.raises(transaction.TransactionManagementError):
        events.record(type="run.losses")
