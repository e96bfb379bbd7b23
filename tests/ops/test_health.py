"""/readyz: 200 where everything can go on, else which part cannot; soon, and without a secret."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import OperationalError, connection, transaction
from django.test import Client

from archives import clock, errors
from archives.models import Beat, Delivery, Export, Segment, Subscriber
from archives.ops import health
from archives.platform import gateway
from archives.services import events, heartbeats
from archives.services.heartbeats import MEDIA, WORKER
from archives.services.jobs.table import KINDS
from tests.support.media.stored_segments import new_run
from tests.support.platform.fake_platform import FakePlatform

pytestmark = pytest.mark.django_db
ALL_WELL = dict.fromkeys(("database", "worker", "media", "queue", "events", "platform", "storage"), "ok")


@pytest.fixture(autouse=True)
def everything_runs(settings: Any, tmp_path: Any, platform: FakePlatform) -> None:
    settings.KEEP_FILES = True
    for kind in (WORKER, MEDIA):
        heartbeats.record(process=f"{kind}:here:1", kind=kind)
    for probe in (health.platform_probe, health.storage_probe):
        probe.forget()


def asked(status: int) -> dict[str, Any]:
    answer = Client().get("/readyz")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def test_it_is_ready_when_every_part_is() -> None:
    assert asked(200) == {"status": "ok", "detail": ALL_WELL}


@pytest.mark.parametrize("kind", [WORKER, MEDIA])
def test_it_names_the_process_that_is_silent(kind: str) -> None:
    Beat.objects.filter(kind=kind).update(at=clock.now() - timedelta(seconds=90))
    body = asked(503)
    assert body["message"] == f"Not ready: {kind}."
    assert body["detail"] == ALL_WELL | {kind: "silent for 90 s"}


def test_it_says_where_no_process_runs() -> None:
    heartbeats.end(process="worker:here:1")
    assert asked(503)["detail"]["worker"].startswith("none")


def test_one_process_that_lives_is_enough() -> None:
    Beat.objects.create(process="worker:there:1", kind=WORKER, at=clock.now() - timedelta(hours=1))
    assert asked(200)["detail"] == ALL_WELL


def test_media_is_nothing_to_wait_for_where_no_files_are_kept(settings: Any) -> None:
    settings.KEEP_FILES = False
    heartbeats.end(process="media:here:1")
    assert asked(200)["detail"] == ALL_WELL | {"media": "off", "queue": "off"}


def test_it_names_a_queue_that_stands_still() -> None:
    long_ago = clock.now() - timedelta(seconds=health.QUEUE_LATE_S + 10)
    piece = {"session": "primary", "session_id": "s", "archive_id": "a", "status": "available"}
    Segment.objects.create(run=new_run(), ordinal=0, ended_at=long_ago, **piece)
    assert asked(503)["detail"]["queue"] == f"waiting for {health.QUEUE_LATE_S + 10:.0f} s"
    Segment.objects.update(due_at=None, job_error="There is no file any more.")
    assert asked(200)["detail"] == ALL_WELL
    Export.objects.create(run=new_run(), digest="0", created_at=long_ago, due_at=long_ago)
    assert asked(503)["detail"]["queue"].startswith("waiting")


def test_it_names_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise errors.PlatformRefused

    monkeypatch.setattr(gateway.platform(), "ping", refuse)
    assert asked(503)["detail"] == ALL_WELL | {"platform": "platform_refused"}


def test_it_names_the_storage_and_tells_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> bool:
        raise OSError("https://key:secret@bucket.example.org refused us")

    monkeypatch.setattr(storages["archives"], "exists", refuse)
    body = asked(503)
    assert body["detail"] == ALL_WELL | {"storage": "down"}
    assert "secret" not in str(body)


def test_a_part_that_does_not_answer_is_waited_for_a_short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, asking = threading.Event(), []
    monkeypatch.setattr(health, "PATIENCE_S", 0.1)

    def hang() -> None:
        asking.append(1)
        let_go.wait(20)

    monkeypatch.setattr(gateway.platform(), "ping", hang)
    assert asked(503)["detail"]["platform"] == "no answer within 0.1 s"
    assert asked(503)["detail"]["platform"] == "no answer within 0.1 s"
    assert len(asking) == 1, "it is asked once while it does not answer"
    let_go.set()


def test_it_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: str) -> None:
        raise OperationalError

    monkeypatch.setattr(heartbeats, "last", refuse)
    detail = asked(503)["detail"]
    assert (detail["database"], detail["worker"], detail["platform"]) == ("down", "unknown", "ok")


def test_it_is_no_error_of_ours_that_something_is_not_ready(caplog: pytest.LogCaptureFixture) -> None:
    heartbeats.end(process="worker:here:1")
    asked(503)
    assert [record for record in caplog.records if record.name == "django.request"] == []


def test_it_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    # PostgreSQL is asked to give up after a time, which is a statement of its own.
    with django_assert_max_num_queries(5 + len(KINDS) + (connection.vendor == "postgresql")):
        asked(200)


def test_it_says_that_no_worker_sends_events() -> None:
    Subscriber.objects.create(name="Monitoring", kind="email", address="ann@example.org")
    with transaction.atomic():
        events.record(type="run.losses", run=new_run())
    assert asked(200)["detail"] == ALL_WELL
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=3700))
    assert asked(503)["detail"] == ALL_WELL | {"events": "waiting for 3700 s"}
    Delivery.objects.update(
        due_at=clock.now() + timedelta(seconds=900), since=clock.now() - timedelta(hours=9)
    )
    assert asked(200)["detail"] == ALL_WELL, "a receiver that is away is no fault of this installation"
