"""The one runner of jobs: claims a job, runs its worker, and records how the attempt ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from django.utils.module_loading import import_string

from archives import clock
from archives.media.renewal import Lease
from archives.models import Job
from archives.ops import telemetry
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind
from dualarchive import logs

log = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)


class Worker(Generic[J]):
    """The work on one kind of job, for one attempt; `Kind.worker` is the path of a subclass."""

    def __init__(self, job: J, lease: Lease) -> None:
        self.job = job
        self.lease = lease

    def work(self) -> None:
        """End with a write that makes the job done, or raise an `Outcome`; anything else is a failure."""
        raise NotImplementedError

    def give_up(self, kind: Kind, why: str, code: str = "") -> None:
        """It cannot be done, has failed too often, or ends every process that tries."""
        leases.give_up(kind, self.job, why, code)

    def after_failure(self, why: str) -> None:
        """A failure was recorded, and the job will be tried again."""


def perform(kind: Kind, pk: str, due_at: datetime) -> None:
    """What a queued task does; nothing if the job has moved since the task was queued."""
    job = kind.pending().filter(pk=pk, due_at=due_at).first()
    if job is not None:
        with logs.about(run=job.run_id):
            run(kind, job)


def run(kind: Kind, job: Job, watch: Callable[[float], None] = lambda share: None) -> None:
    """One attempt, unless another process has moved the job. `watch` gets its progress, 0 to 1."""
    if not leases.claim(kind, job):
        return
    began, result = clock.steady(), "interrupted"
    try:
        result = _attempt(kind, job, import_string(kind.worker)(job, Lease(kind, job, watch)))
    except (SystemExit, KeyboardInterrupt):
        # SIGTERM: the next process need not wait until the lease expires.
        leases.release(kind, job)
        raise
    finally:
        telemetry.observe(telemetry.MEDIA_JOB, clock.steady() - began, kind=kind.name, result=result)
        log.info("Attempt ended kind=%s job=%s result=%s", kind.name, job.pk, result)


def _attempt(kind: Kind, job: Job, worker: Worker[Job]) -> str:
    """Work, and record the outcome; return it in a word."""
    try:
        if job.interruptions > leases.MAX_INTERRUPTIONS:
            raise leases.CannotBeDone(_interrupted(job))
        worker.work()
    except leases.LeaseLost:
        return "lost"
    except leases.Unfinished:
        leases.release(kind, job)
        return "unfinished"
    except leases.CannotBeDone as error:
        worker.give_up(kind, str(error), error.code)
        return "given_up"
    except Exception as error:
        return _failed(kind, job, worker, error)
    return "done"


def _interrupted(job: Job) -> str:
    times = leases.MAX_INTERRUPTIONS
    return (
        f"Given up after {times} attempts whose process was killed, as happens if memory runs out. "
        f"{job.job_error}".strip()
    )


def _failed(kind: Kind, job: Job, worker: Worker[Job], error: Exception) -> str:
    """Storage trouble or a defect: later attempts may do better."""
    known = isinstance(error, leases.Failed)
    why = str(error) if known else f"{type(error).__name__}: {error}"
    failures = job.failures + 1
    log.warning(
        "Attempt failed kind=%s job=%s failures=%s: %s", kind.name, job.pk, failures, why, exc_info=not known
    )
    if not kind.may_fail_again(failures):
        worker.give_up(kind, f"Given up after {failures} failed attempts. {why}")
        return "given_up"
    if leases.retry(kind, job, why):
        worker.after_failure(why)
    return "failed"
