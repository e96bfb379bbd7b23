"""Jobs as tasks of Django's task interface; `manage.py media` carries them out.

The rows are the jobs. `hold` is the `due_at` that a row had when its task was queued: an older copy of the
task, or one whose row has been settled, called off or taken over since, does nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django_tasks import task
from redis.exceptions import RedisError

from archives import clock
from archives.media import jobs
from archives.media.old_tasks import keep_segment, make_export, make_preview, measure_seam
from archives.models import Job
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind
from archives.services.jobs.table import KINDS

__all__ = ["enqueue_due", "keep_segment", "make_export", "make_preview", "measure_seam", "run_job"]

logger = logging.getLogger(__name__)

BATCH = 20
# Seconds until a task that the queue did not accept (Redis does not answer) is queued again.
QUEUE_PAUSE_S = 5


@task
def run_job(kind: str, pk: str, hold: str) -> None:
    jobs.perform(KINDS[kind], pk, datetime.fromisoformat(hold))


def enqueue_due() -> int:
    """Queue what has to be done; the worker's sweep calls this. Returns how many were queued."""
    return sum(_enqueue_kind(kind) for kind in KINDS.values() if kind.enabled())


def _enqueue_kind(kind: Kind) -> int:
    due = leases.due(kind, clock.now()).order_by("due_at")
    return sum(_enqueue(kind, job) for job in due[:BATCH])


def _enqueue(kind: Kind, job: Job) -> bool:
    """Hold the row for as long as its task may wait, and queue that; False if neither came about."""
    with transaction.atomic():
        if not leases.renew(job, seconds=leases.QUEUED_S):
            return False
        put = partial(_put, kind, job)
        if not settings.REDIS_URL:
            # The queue is a table: both happen, or neither.
            put()
            return True
    try:
        # Another process may begin at once, so the hold has to be seen before.
        put()
    except RedisError as error:
        leases.renew(job, seconds=QUEUE_PAUSE_S)
        logger.error("Redis takes no tasks (%s); trying again in %s s", type(error).__name__, QUEUE_PAUSE_S)
        return False
    return True


def _put(kind: Kind, job: Job) -> None:
    run_job.using(priority=kind.priority).enqueue(kind.name, str(job.pk), str(job.due_at))
