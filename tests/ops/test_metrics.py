"""/metrics: protected, right whatever process is asked, and as cheap for many rows as for few."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from archives import clock, errors
from archives.models import (
    ArchiveRun,
    Beat,
    Delivery,
    Export,
    Restart,
    Room,
    Segment,
    Subscriber,
    Tally,
)
from archives.ops import telemetry
from archives.platform import gateway
from archives.reconciler import heartbeat
from archives.reconciler.worker import Worker
from archives.services import alarms, counters, events, heartbeats, restarts, runs
from archives.services.heartbeats import WORKER
from tests.support.media.stored_segments import new_run
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
TOKEN = "a token of tests"
GROWING = "archiverun|segment|restart|seam|export|preview|alarm|transition|callback|event|delivery"


@pytest.fixture(autouse=True)
def protected(settings: Any) -> None:
    settings.METRICS_TOKEN, settings.KEEP_FILES = TOKEN, True
    telemetry.take()


def scraped() -> dict[str, float]:
    """Each sample as `name{label=value,…}`, without the common beginning."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name.removeprefix('dualarchive_')}{{{labels}}}"] = sample.value
    return found


def restarted(world: World) -> ArchiveRun:
    run = world.start()
    world.restart(run)
    world.until(lambda: run.restarts.filter(status=Restart.Status.DONE).exists())
    return run


def test_there_is_none_without_a_token_in_the_settings(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer ", "Bearer \u00fc"])
def test_it_wants_the_token(header: str) -> None:
    assert Client().get("/metrics", headers={"Authorization": header}).status_code == 401


def test_it_tells_what_records_and_what_is_late(world: World) -> None:
    run = world.start()
    ArchiveRun.objects.filter(pk=run.pk).update(due_at=clock.now() - timedelta(seconds=7), lease_until=None)
    found = scraped()
    assert found["runs{status=recording}"] == 1
    assert found["runs{status=stopping}"] == 0
    assert found["due_lag_seconds{}"] == pytest.approx(7, abs=0.5)


def test_it_counts_restarts_with_their_result_and_duration(world: World) -> None:
    run = restarted(world)
    done = Restart.objects.get(run=run)
    took_s = (done.ended_at - done.created_at).total_seconds()
    restarts.request(run=run, by="host")
    runs.stop(run=run, by="host")
    found = scraped()
    assert found["restart_duration_seconds_count{result=done}"] == 1
    assert found["restart_duration_seconds_sum{result=done}"] == pytest.approx(took_s)
    assert found["restart_duration_seconds_count{result=cancelled}"] == 1
    assert found["restarts_running{}"] == 0


def test_it_sums_up_overlaps_and_gaps_of_complete_runs(world: World, settings: Any) -> None:
    settings.KEEP_FILES = False
    run = restarted(world)
    world.wait(10)
    world.platform.end(world.platform.live()[0], "maximum duration exceeded")
    world.wait(20)
    assert scraped()["seams_total{kind=gap}"] == 0
    runs.stop(run=run, by="host")
    world.until(lambda: ArchiveRun.objects.get(pk=run.pk).status == ArchiveRun.Status.COMPLETE)
    found = scraped()
    one, two, three, four = sorted(world.platform.archives.values(), key=lambda archive: archive.began)
    overlaps = [(one.ended - two.began).total_seconds(), (two.ended - three.began).total_seconds()]
    assert min(overlaps) > 0
    assert found["seams_total{kind=overlap}"] == 2
    assert found["seam_seconds_total{kind=overlap}"] == pytest.approx(sum(overlaps), abs=0.1)
    gap_s = (four.began - three.ended).total_seconds()
    assert (found["seams_total{kind=gap}"], gap_s > 0) == (1, True)
    assert found["seam_seconds_total{kind=gap}"] == pytest.approx(gap_s, abs=0.1)


def test_calls_to_the_platform_are_summed_up_over_processes() -> None:
    for _ in range(2):
        telemetry.observe(telemetry.PLATFORM_CALL, 0.2, kind="archive_start", result="ok")
        telemetry.observe(telemetry.PLATFORM_CALL, 400.0, kind="archive_start", result="ok")
        counters.flush()  # each time as another process would
    found = scraped()
    name = "platform_call_duration_seconds"
    of = "call=archive_start"
    assert found[f"{name}_count{{{of},result=ok}}"] == 4
    assert found[f"{name}_sum{{{of},result=ok}}"] == pytest.approx(800.4)
    assert found[f"{name}_bucket{{{of},le=0.1,result=ok}}"] == 0
    assert found[f"{name}_bucket{{{of},le=0.25,result=ok}}"] == 2
    assert found[f"{name}_bucket{{{of},le=300.0,result=ok}}"] == 2
    assert found[f"{name}_bucket{{{of},le=+Inf,result=ok}}"] == 4


def test_nothing_is_forgotten_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry.observe(telemetry.DUE_LAG, 1.0)

    def refuse(counted: Any) -> None:
        raise DatabaseError

    with monkeypatch.context() as away:
        away.setattr(counters, "add", refuse)
        counters.flush()
    telemetry.observe(telemetry.DUE_LAG, 2.0)
    counters.flush()
    assert (Tally.objects.get().count, Tally.objects.get().total) == (2, 3.0)


def test_the_gateway_counts_its_calls_by_what_came_of_them(settings: Any) -> None:
    secret = "a secret that is long enough for HS256"
    away = gateway.OpenTokPlatform("100", secret, "http://127.0.0.1:9", 1.0)
    with pytest.raises(errors.PlatformUnavailable):
        away.archive_stop("7b1c3a52-an-id")
    with pytest.raises(errors.PlatformUnavailable):
        away.signal("a-session", "join", "")
    counted = {(kind, result): count.count for (_, kind, result), count in telemetry.take().items()}
    assert counted == {
        ("archive_stop", "platform_unavailable"): 1,
        ("signal", "platform_unavailable"): 1,
    }


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v2/project/1/archive", "archive_start"),
        ("GET", "/v2/project/1/archive", "archives_list"),
        ("GET", "/v2/project/1/archive/an-id", "archive_get"),
        ("DELETE", "/v2/project/1/archive/an-id", "archive_delete"),
        ("POST", "/v2/project/1/archive/an-id/stop", "archive_stop"),
        ("GET", "/v2/project/1/session/an-id/stream", "streams_list"),
        ("POST", "/v2/project/1/session/an-id/signal", "signal"),
        ("DELETE", "/v2/project/1/session/an-id/connection/another", "disconnect"),
    ],
)
def test_a_call_has_one_of_a_few_names(method: str, path: str, name: str) -> None:
    assert gateway._call_name(method, path) == name


def test_it_tells_how_much_media_work_waits(world: World) -> None:
    run, long_ago = new_run(), clock.now() - timedelta(seconds=60)
    piece = {"session": "primary", "session_id": "s", "archive_id": "a", "status": "available"}
    Segment.objects.create(run=run, ordinal=0, ended_at=long_ago, **piece)
    asked = {"created_at": clock.now() - timedelta(seconds=30), "due_at": clock.now()}
    Export.objects.create(run=run, digest="0", **asked)
    found = scraped()
    assert (found["queue_length{queue=ingest}"], found["queue_length{queue=export}"]) == (1, 1)
    assert found["queue_age_seconds{queue=ingest}"] == pytest.approx(60, abs=0.5)
    assert found["queue_age_seconds{queue=export}"] == pytest.approx(30, abs=0.5)


def test_the_worker_sums_up_the_storage_now_and_then(world: World) -> None:
    run = new_run()
    piece = {"session": "primary", "session_id": "s", "status": "available"}
    for number in range(3):
        at = {"ordinal": number, "archive_id": f"a{number}", "size": 1000}
        Segment.objects.create(run=run, stored_at=clock.now() if number else None, **at, **piece)
    Export.objects.create(run=run, digest="0", status="done", size=500)
    Worker("one").work_once()
    found = scraped()
    assert (found["storage_bytes{what=pieces}"], found["storage_bytes{what=exports}"]) == (2000, 500)
    Segment.objects.update(size=1)
    assert not counters.weigh_storage(), "not again so soon"
    Tally.objects.update(at=clock.now() - timedelta(seconds=counters.STORAGE_EVERY_S + 1))
    assert counters.weigh_storage()
    assert scraped()["storage_bytes{what=pieces}"] == 2


def test_it_counts_the_processes_that_live() -> None:
    pulse = heartbeat.Beats(WORKER)
    pulse.beat()
    Beat.objects.create(process="worker:there:1", kind=WORKER, at=clock.now() - timedelta(hours=1))
    found = scraped()
    assert (found["processes{kind=worker}"], found["processes{kind=media}"]) == (1, 0)
    assert found["last_beat_age_seconds{kind=worker}"] < 5
    Beat.objects.update(at=clock.now() - timedelta(days=2))
    assert heartbeats.delete_old() == 2


def test_it_counts_events_that_have_not_arrived() -> None:
    Subscriber.objects.create(name="Monitoring", kind="email", address="ann@example.org")
    for _ in range(3):
        events.record(type="run.losses", room=Room.objects.get())
    first, second, _ = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(since=clock.now() - timedelta(hours=1))
    Delivery.objects.filter(pk=second.pk).update(status="given_up")
    found = scraped()
    assert found["queue_length{queue=event}"] == 2
    assert found["queue_age_seconds{queue=event}"] == pytest.approx(3600, abs=5)
    assert found["deliveries_given_up{}"] == 1


def queries() -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        scraped()
    return [query["sql"] for query in captured.captured_queries]


def test_it_takes_as_many_queries_for_many_rows_as_for_few(world: World) -> None:
    before = len(queries())
    for number in range(20):
        room = Room.objects.create(slug=f"room-{number}", name="Room")
        run = ArchiveRun.objects.create(room=room, name="Run", status="recording", strategy="overlap")
        alarms.open(room=room, run=run, code="gap", message="…")
        Export.objects.create(run=run, digest="0")
        telemetry.observe(telemetry.PLATFORM_CALL, 1.0, kind="archive_get", result=f"result-{number}")
    counters.flush()
    assert len(queries()) == before <= 14


@pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's plans")
def test_no_query_reads_a_whole_table(world: World) -> None:
    restarted(world)
    with connection.cursor() as cursor:
        # With few rows PostgreSQL would rather read them all; forbidden to, it shows whether it has to.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries():
            cursor.execute(f"EXPLAIN {query}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert not re.search(rf"Seq Scan on archives_({GROWING})\b", plan), f"{query}\n{plan}"
