"""`manage.py media`: carries out media tasks, from Redis or from the database."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from archives.media import renewal
from archives.reconciler import heartbeat
from archives.services.heartbeats import MEDIA


class DatabaseWorker(Worker):
    """django-tasks' own, but a task that is under way at SIGTERM may go on for DRAIN_S only."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        if not self.running:
            # As a supervisor and a terminal may both send it; the drain is under way already.
            return
        signal.signal(signal.SIGALRM, self._give_back)
        signal.alarm(renewal.DRAIN_S)
        super().shutdown(signum, frame)

    def _give_back(self, signum: int, frame: FrameType | None) -> None:
        if self.running_task:
            sys.exit(1)


class Command(BaseCommand):
    help = "Carries out media tasks until SIGTERM: from Redis where REDIS_URL is set, else from the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="do what is queued now, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        (serve_redis if settings.REDIS_URL else serve_database)(batch=options["batch"])


def database_worker(*, batch: bool) -> DatabaseWorker:
    return DatabaseWorker(
        queue_names=["*"],
        interval=1,
        batch=batch,
        backend_name="default",
        startup_delay=not batch,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )


def serve_database(*, batch: bool) -> None:
    worker = database_worker(batch=batch)
    worker.configure_signals()
    ended = threading.Event()
    beating = threading.Thread(target=heartbeat.Beats(MEDIA).run, args=(ended,), daemon=True)
    beating.start()
    try:
        worker.run()
    finally:
        # An interpreter that ends no longer has the handler: a late alarm would kill it.
        signal.alarm(0)
        ended.set()
        beating.join(5)


def serve_redis(*, batch: bool) -> None:
    from redis.exceptions import RedisError

    from archives.media.queues import media_worker

    beat = heartbeat.Beats(MEDIA)
    try:
        worker = media_worker()
        worker.on_beat, worker.on_task_end = beat.beat_and_close, beat.flush
        worker.work(burst=batch, logging_level=settings.LOG_LEVEL)
    except RedisError as error:
        raise CommandError(f"REDIS_URL does not answer ({type(error).__name__}). Check it.") from None
    finally:
        beat.end()
