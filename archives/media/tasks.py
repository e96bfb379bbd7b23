"""Media work as tasks of Django's task interface; `manage.py media` carries them out.

The rows are the jobs. `hold` is the `due_at` that a row had when its task was queued: an older copy of the
task, or one whose row has been settled, called off or taken over meanwhile, does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tasks import task
from redis.exceptions import RedisError

from archives import clock
from archives.media.export.job import export_make
from archives.media.ingest.job import segment_keep
from archives.media.previews.job import preview_make
from archives.media.seams.job import seam_measure
from archives.models import Export, Preview, Seam, Segment
from archives.services.jobs import exports, ingest, previews, seams
from dualarchive import logs

logger = logging.getLogger(__name__)

BATCH = 20
# What could not be handed to the queue (Redis does not answer) is handed to it again after so long.
QUEUE_PAUSE_S = 5
# What the platform will delete comes first, what somebody waits for next.
KEEP, MEASURE, EXPORT, PREVIEW = 30, 20, 10, 0


@task(priority=KEEP)
def keep_segment(segment_id: str, hold: str) -> None:
    segment = Segment.objects.select_related("run__room").filter(pk=segment_id, kept_at=None).first()
    if segment is not None and segment.keep_due_at == _instant(hold):
        with logs.about(run=segment.run_id), _given_back(ingest.hold, segment):
            segment_keep(segment)


@task(priority=MEASURE)
def measure_seam(seam_id: int, hold: str) -> None:
    rows = Seam.objects.select_related("earlier", "later")
    seam = rows.filter(pk=seam_id, due_at=_instant(hold)).first()
    if seam is not None:
        with logs.about(run=seam.run_id), _given_back(seams.hold, seam):
            seam_measure(seam)


@task(priority=EXPORT)
def make_export(export_id: str, hold: str) -> None:
    rows = Export.objects.select_related("run__room")
    export = rows.filter(pk=export_id, due_at=_instant(hold), status__in=Export.ACTIVE).first()
    if export is not None:
        with logs.about(run=export.run_id):
            export_make(export)


@task(priority=PREVIEW)
def make_preview(preview_id: int, hold: str) -> None:
    rows = Preview.objects.select_related("run__room")
    preview = rows.filter(pk=preview_id, due_at=_instant(hold)).first()
    if preview is not None:
        with logs.about(run=preview.run_id), _given_back(previews.give_back, preview):
            preview_make(preview)


@contextmanager
def _given_back(hold: Callable[..., bool], row: Any) -> Iterator[None]:
    """A process that is ended while it works lets go of its row, so that the next one need not wait."""
    try:
        yield
    except SystemExit:
        hold(row, seconds=0)
        raise


def _instant(hold: str) -> datetime:
    return datetime.fromisoformat(hold)


def enqueue_due() -> int:
    """Queue what has to be done; the worker's sweep calls this. Returns how many were queued."""
    now = clock.now()
    queued = 0
    if settings.KEEP_FILES:
        due = ingest.due(now).order_by("keep_due_at").values_list("pk", flat=True)
        queued += sum(_enqueue_keep(pk) for pk in due[:BATCH])
    queued += _enqueue_all(seams.due(now), seams.hold, measure_seam)
    queued += _enqueue_all(exports.due(now), exports.hold, make_export)
    return queued + _enqueue_all(previews.due(now), previews.hold, make_preview)


def _enqueue_keep(pk: UUID) -> bool:
    return _enqueue(Segment.objects.get(pk=pk), ingest.hold, keep_segment, lambda row: row.keep_due_at)


def _enqueue_all(rows: Any, hold: Any, queued: Any) -> int:
    due_rows = rows.order_by("due_at")[:BATCH]
    return sum(_enqueue(row, hold, queued, lambda row: row.due_at) for row in due_rows)


def _enqueue(row: Any, hold: Any, queued: Any, due_at: Callable[[Any], datetime]) -> bool:
    """Hold the row for as long as its task may wait, and queue that; False where neither came about."""
    pk = row.pk if isinstance(row.pk, int) else str(row.pk)
    with transaction.atomic():
        if not hold(row, seconds=seams.QUEUED_S):
            return False
        put = partial(queued.enqueue, pk, due_at(row).isoformat())
        if not settings.REDIS_URL:
            # The queue is a table: both happen, or neither.
            put()
            return True
    try:
        # Another process may begin at once, so the hold has to be seen before.
        put()
    except RedisError as error:
        hold(row, seconds=QUEUE_PAUSE_S)
        logger.error("Redis takes no tasks (%s); trying again in %s s", type(error).__name__, QUEUE_PAUSE_S)
        return False
    return True
