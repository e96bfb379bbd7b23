"""`/readyz`: whether this installation can record and keep now, part by part, and which part cannot.

Every part is asked for a short time only. Nothing told here is a secret: no address, no name, no error text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from archives import clock, errors
from archives.errors import error_body
from archives.ops import backlog
from archives.platform import gateway
from archives.services import heartbeats
from archives.services.heartbeats import ALIVE, MEDIA, WORKER

OK, OFF = "ok", "off"
PATIENCE_S = 3.0
# Load balancers and strangers ask often; what is outside is asked at most this often for all of them.
ASK_EVERY_S = 5.0
PLATFORM_HEALTH_S = 2
DATABASE_TIMEOUT_MS = 2000
# Pieces are safe at the platform for 72 hours, but so long a queue does not come from a busy hour.
QUEUE_LATE_S = 3600.0
# Each subscriber is sent one event at a time, so after an outage many wait for a while.
EVENTS_LATE_S = 3600.0


class Probe:
    """Asks one thing at a time, in a thread of its own, and waits for it no longer than PATIENCE_S."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answer: Future[str] | None = None
        self._asked_at = 0.0

    def answer(self) -> str:
        try:
            return self._current().result(PATIENCE_S)
        except TimeoutError:
            return f"no answer within {PATIENCE_S:g} s"

    def forget(self) -> None:
        with self._lock:
            self._answer = None

    def _current(self) -> Future[str]:
        with self._lock:
            stale = clock.steady() - self._asked_at >= ASK_EVERY_S
            if self._answer is None or (self._answer.done() and stale):
                self._answer, self._asked_at = Future(), clock.steady()
                threading.Thread(target=self._run, args=(self._answer,), daemon=True).start()
            return self._answer

    def _run(self, answer: Future[str]) -> None:
        try:
            answer.set_result(self._ask())
        except Exception:
            answer.set_result("down")
        finally:
            connection.close()


def _platform() -> str:
    try:
        gateway.platform().ping()
    except errors.ArchiveError as error:
        return error.code
    return OK


def _storage() -> str:
    """Whether it answers; that it may be written to is for `manage.py check_platform` to try."""
    storages["archives"].exists("readyz.probe")
    return OK


platform_probe, storage_probe = Probe(_platform), Probe(_storage)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where the database and the platform answer, else 503 with which of them does not."""
    detail = {
        "database": _database(),
        "platform": cache.get_or_set("healthz:platform", _platform, PLATFORM_HEALTH_S),
    }
    if set(detail.values()) == {OK}:
        return JsonResponse({"status": OK})
    down = " and ".join(name for name, state in detail.items() if state != "ok")
    return JsonResponse(error_body("unhealthy", f"Not answering: {down}.", detail), status=503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where every part is ok (or off by its setting), else 503 and which part is not."""
    parts = {**_from_the_database(), "platform": platform_probe.answer(), "storage": storage_probe.answer()}
    wrong = [name for name, state in parts.items() if state not in (OK, OFF)]
    headers = {"Cache-Control": "no-store"}
    if not wrong:
        return JsonResponse({"status": OK, "detail": parts}, headers=headers)
    body = error_body("not_ready", f"Not ready: {', '.join(wrong)}.", parts)
    return JsonResponse(body, status=503, headers=headers)


def _from_the_database() -> dict[str, str]:
    try:
        with transaction.atomic():
            _limit_statements()
            return {"database": OK, "worker": _alive(WORKER), "media": _media(), **_queues()}
    except DatabaseError:
        return {"database": "down", **dict.fromkeys(("worker", "media", "queue", "events"), "unknown")}


def _limit_statements() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(DATABASE_TIMEOUT_MS)])


def _alive(kind: str) -> str:
    last = heartbeats.last(kind)
    if last is None:
        return "none has ever run, or all were ended"
    silent = clock.now() - last
    return OK if silent <= ALIVE else f"silent for {silent.total_seconds():.0f} s"


def _media() -> str:
    return _alive(MEDIA) if settings.KEEP_FILES else OFF


def _queues() -> dict[str, str]:
    return {"queue": _queue(), "events": _events()}


def _events() -> str:
    """Whether they are sent; a receiver that is away does not make this installation unready."""
    age_s = backlog.events_unsent().age_s
    return OK if age_s < EVENTS_LATE_S else f"waiting for {age_s:.0f} s"


def _queue() -> str:
    if not settings.KEEP_FILES:
        return OFF
    age_s = max(each.age_s for each in backlog.backlogs().values())
    return OK if age_s < QUEUE_LATE_S else f"waiting for {age_s:.0f} s"
