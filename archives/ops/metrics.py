"""`/metrics` for Prometheus, of the whole installation: read from the rows, so all processes tell the same.

What happens inside a process (calls to the platform, how late a visit is) is summed up in `Tally` rows by
all processes of all hosts; a directory of files would hold those of one host only, and not survive a dyno.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from archives import clock
from archives.errors import error_body
from archives.models import Alarm, ArchiveRun, Beat, Delivery, Restart, Tally
from archives.ops import backlog, telemetry
from archives.services.counters import STORAGE
from archives.services.heartbeats import ALIVE, MEDIA, WORKER

PREFIX = "dualarchive"
# By the values of their labels, in order.
ByLabels = dict[Any, Any]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN, 401 without that token as `Authorization: Bearer <token>`."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        body = error_body("metrics_token", "Send METRICS_TOKEN as Authorization: Bearer <token>.")
        return JsonResponse(body, status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Installation())
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers=headers)


class Installation:
    """A collector: as many queries for a million rows as for none, each answered by an index."""

    def collect(self) -> Iterator[Metric]:
        yield from _runs()
        yield from _processes()
        yield from _queues()
        yield from _given_up()
        yield from _tallies()


def _gauge(name: str, text: str, values: ByLabels, labels: Iterable[str] = ()) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=tuple(labels))
    for label, value in values.items():
        family.add_metric(label, value)
    return family


def _runs() -> Iterator[Metric]:
    active = ArchiveRun.objects.filter(status__in=ArchiveRun.ACTIVE).order_by()
    found = dict(active.values_list("status").annotate(count=Count("pk")))
    runs = {(status.value,): found.get(status, 0) for status in ArchiveRun.ACTIVE}
    yield _gauge("runs", "Runs that have not ended, by status.", runs, ["status"])
    oldest = ArchiveRun.objects.due(clock.now()).order_by().aggregate(at=Min("due_at"))["at"]
    late_s = (clock.now() - oldest).total_seconds() if oldest else 0.0
    yield _gauge("due_lag_seconds", "How long the most overdue run has waited for a worker.", {(): late_s})
    running = Restart.objects.filter(status=Restart.Status.RUNNING).count()
    yield _gauge("restarts_running", "Restarts under way.", {(): running})
    open_alarms = Alarm.objects.filter(cleared_at=None).order_by()
    alarms = {(code,): count for code, count in open_alarms.values_list("code").annotate(n=Count("pk"))}
    yield _gauge("alarms", "Open alarms by code.", alarms, ["code"])


def _processes() -> Iterator[Metric]:
    now = clock.now()
    alive = Count("pk", filter=Q(at__gte=now - ALIVE))
    rows = {kind: (count, last) for kind, count, last in _beats().annotate(alive=alive, last=Max("at"))}
    kinds = sorted({WORKER, MEDIA, *rows})
    counts = {(kind,): rows[kind][0] if kind in rows else 0 for kind in kinds}
    yield _gauge("processes", "Processes that have said within a minute that they live.", counts, ["kind"])
    ages = {(kind,): (now - last).total_seconds() for kind, (_, last) in rows.items()}
    yield _gauge("last_beat_age_seconds", "Since the last sign of life.", ages, ["kind"])


def _beats() -> Any:
    return Beat.objects.order_by().values_list("kind")


def _queues() -> Iterator[Metric]:
    backlogs = {**backlog.backlogs(), "event": backlog.events()}
    waiting = {(name,): each.waiting for name, each in backlogs.items()}
    text = "Media work that is not done yet, and events that have not arrived."
    yield _gauge("queue_length", text, waiting, ["queue"])
    ages = {(name,): each.age_s for name, each in backlogs.items()}
    yield _gauge("queue_age_seconds", "Since when the oldest of it waits.", ages, ["queue"])


def _given_up() -> Iterator[Metric]:
    count = Delivery.objects.filter(status=Delivery.Status.GIVEN_UP).count()
    yield _gauge("deliveries_given_up", "Events that a subscriber did not take for a day.", {(): count})


def _tallies() -> Iterator[Metric]:
    rows = list(Tally.objects.order_by("metric", "kind", "result"))
    of = {name: [row for row in rows if row.metric == name] for name in {row.metric for row in rows}}
    yield _histogram(
        "platform_call_duration_seconds",
        "Calls to the video platform, by call and by what came of them.",
        of.get(telemetry.PLATFORM_CALL, []),
        {"call": "kind", "result": "result"},
    )
    restarts = of.get(telemetry.RESTART, [])
    ended = "Restarts that have ended, by result."
    yield _histogram("restart_duration_seconds", ended, restarts, {"result": "result"})
    visits = of.get(telemetry.DUE_LAG, [])
    yield _histogram("visit_lag_seconds", "How late visits to due runs began.", visits, {})
    yield from _seams({row.kind: row for row in of.get(telemetry.SEAM, [])})
    yield _histogram(
        "media_job_duration_seconds",
        "Attempts at media jobs, by kind and by how they ended.",
        of.get(telemetry.MEDIA_JOB, []),
        {"kind": "kind", "result": "result"},
    )
    sizes = {(row.kind,): row.total for row in of.get(STORAGE, [])}
    yield _gauge("storage_bytes", "What is kept, summed up every ten minutes.", sizes, ["what"])


def _seams(rows: dict[str, Tally]) -> Iterator[Metric]:
    """Of runs that are complete; a gap in one that is still recorded is an alarm."""
    counted = CounterMetricFamily(f"{PREFIX}_seams", "Seams of complete runs, by kind.", labels=["kind"])
    seconds = CounterMetricFamily(
        f"{PREFIX}_seam_seconds", "Their overlaps and gaps, summed up.", labels=["kind"]
    )
    for kind in ("overlap", "gap"):
        row = rows.get(kind)
        counted.add_metric([kind], row.count if row else 0)
        seconds.add_metric([kind], row.total if row else 0)
    yield counted
    yield seconds


def _histogram(name: str, text: str, rows: list[Tally], labels: dict[str, str]) -> Metric:
    """`labels` names for each label the row's field that holds its value."""
    family = HistogramMetricFamily(f"{PREFIX}_{name}", text, labels=list(labels))
    for row in rows:
        values = [getattr(row, field) for field in labels.values()]
        family.add_metric(values, _cumulated(row.buckets), row.total)
    return family


def _cumulated(buckets: list[int]) -> list[tuple[str, float]]:
    """Prometheus counts in each bucket what the smaller ones hold too."""
    bounds = [*map(str, telemetry.BUCKETS), "+Inf"]
    return [(bound, sum(buckets[: number + 1])) for number, bound in enumerate(bounds)]
