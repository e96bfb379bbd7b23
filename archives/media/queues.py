"""Media work on Redis (RQ): a queue for each kind, and the process that serves them.

The rows are the jobs here too. What Redis loses is queued again once the hold of its row runs out.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Any

import django_rq
from django.core.checks import CheckMessage
from django.db import connections
from django_tasks.base import Task, TaskResult
from django_tasks_rq import Job, RQBackend
from rq.job import Job as RQJob
from rq.worker import HerokuWorker

from archives.media.renewal import DRAIN_S
from dualarchive.addons import QUEUES

logger = logging.getLogger(__name__)

WORKER_TTL_S = 60
FAILURE_TTL_S = 86_400


class RedisQueues(RQBackend):
    """A task's priority chooses its queue: RQ serves queues in order, and knows no priority within one."""

    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        # Tasks are declared without a queue, as the database backend has them.
        self.queues = set()

    def enqueue(self, task: Task, args: Any, kwargs: Any) -> TaskResult:
        return super().enqueue(task.using(queue_name=queue_of(task.priority), priority=0), args, kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Without the wish for django_rq in INSTALLED_APPS, which would bring its dashboard into the console.

        That empties queues and edits jobs by hand, while the rows stay the truth, by scripts that our
        Content-Security-Policy refuses.
        """
        return [said for said in super().check(**kwargs) if "app not installed" not in said.msg]


def queue_of(priority: int) -> str:
    """30, 20, 10, 0 are the four queues, from the most to the least urgent."""
    return QUEUES[max(0, min(3, 3 - priority // 10))]


class MediaWorker(HerokuWorker):
    """Each task in a process of its own, so that what a media library leaks or breaks ends with the task.

    SIGTERM, sent to this process or (as Heroku does) to all of them, lets the task go on for DRAIN_S.
    Then SystemExit is raised in it: it gives its row back, and another process begins it again.
    """

    imminent_shutdown_delay = DRAIN_S
    on_beat: Callable[[], None] = staticmethod(lambda: None)
    on_task_end: Callable[[], None] = staticmethod(lambda: None)

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        super().heartbeat(*args, **kwargs)
        if not self.is_horse:
            self.on_beat()

    def fork_work_horse(self, job: RQJob, queue: Any) -> None:
        # A connection must not be used on both sides of a fork.
        connections.close_all()
        super().fork_work_horse(job, queue)

    def prepare_job_execution(self, job: RQJob, *args: Any, **kwargs: Any) -> None:
        job.failure_ttl = FAILURE_TTL_S
        super().prepare_job_execution(job, *args, **kwargs)

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return super().perform_job(*args, **kwargs)
        finally:
            self.on_task_end()
            connections.close_all()

    def request_force_stop_sigrtmin(self, signum: int, frame: Any) -> None:
        signal.signal(signal.SIGRTMIN, signal.SIG_IGN)
        signal.alarm(0)
        logger.warning("the task under way is given back: this process has to end")
        raise SystemExit(1)


def media_worker() -> MediaWorker:
    """Raises redis.exceptions.ConnectionError where Redis does not answer."""
    queues = [django_rq.get_queue(name, job_class=Job) for name in QUEUES]
    return MediaWorker(
        queues,
        connection=queues[0].connection,
        job_class=Job,
        queue_class=type(queues[0]),
        serializer="rq.serializers.JSONSerializer",
        worker_ttl=WORKER_TTL_S,
        job_monitoring_interval=10,
        log_job_description=False,
    )
