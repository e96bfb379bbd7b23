"""The one leased job: claimed, renewed, released, tried again, done or given up.

`due_at` is due time, lease and fence in one: the process that moves it from the value it read holds the job,
and every write here is conditioned on that value. A kind of job is a `Kind`, a row of `table.KINDS`.

An attempt that fails counts as a failure. One whose process ends does not: after SIGTERM it counts for
nothing, after SIGKILL it remains as an interruption, of which there may be many.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from archives import clock
from archives.models import Job
from archives.services.jobs.kinds import Event, Kind

LEASE_S = 120
# A queued task that has not begun by then is taken as lost and queued again.
QUEUED_S = 600
# A job that kills its process (no memory, a crash in a library) must not do so for ever. Without progress it
# takes 50 attempts: with the pauses about 36 h, within the 72 h for which the platform keeps a file.
MAX_INTERRUPTIONS = 50
# Up to this number, interruptions are put down to deploys and to hosts that restart.
UNSUSPICIOUS = 10
MAX_PAUSE_S = 3600
FRESH: dict[str, Any] = {"failures": 0, "interruptions": 0, "job_error": "", "job_error_code": ""}


class Outcome(Exception):
    """How an attempt ends other than done; raised by its work."""


class LeaseLost(Outcome):
    """Another process has this job now, or it was called off: nothing that this one has made counts."""


class CannotBeDone(Outcome):
    """No later attempt can do better; the text says why, and so does `code` if there is one for it."""

    def __init__(self, why: str, code: str = "") -> None:
        super().__init__(why)
        self.code = code


class Unfinished(Outcome):
    """No failure: this attempt has made progress, and the next one continues at once."""


class Failed(Outcome):
    """A failure of a known kind: the text says all of it."""


def due(kind: Kind, now: datetime) -> QuerySet[Any]:
    return kind.pending().filter(due_at__lte=now)


def claim(kind: Kind, job: Job) -> bool:
    """Begin an attempt; False if another process has moved the job since it was read."""
    attempts = job.interruptions + 1
    begun = {"interruptions": attempts, **kind.facts(Event.BEGUN)}
    return _move(job, clock.after(lease_s(attempts)), **begun)


def renew(job: Job, *, seconds: float = LEASE_S, **facts: Any) -> bool:
    """Hold the job for `seconds` from now; False if it is no longer held."""
    return _move(job, clock.after(seconds), **facts)


def lease_s(attempts: int) -> float:
    """Lease (s) of the last of these interrupted attempts: the next one begins when it expires."""
    suspicious = attempts - UNSUSPICIOUS
    return LEASE_S + (min(MAX_PAUSE_S, 60 * 2.0 ** (suspicious - 1)) if suspicious > 0 else 0)


def release(kind: Kind, job: Job) -> bool:
    """Hand a claimed job back: due at once, as if this attempt had not been."""
    facts = kind.facts(Event.AGAIN)
    return _move(job, clock.now(), interruptions=_without_this(job), **facts)


def retry(kind: Kind, job: Job, error: str) -> bool:
    """An attempt has failed: due again after the pause of its kind."""
    failures = job.failures + 1
    facts = FRESH | {"failures": failures, "interruptions": _without_this(job), "job_error": error}
    return _move(job, clock.after(kind.pause_s(failures)), **facts, **kind.facts(Event.AGAIN))


def done(job: Job, **facts: Any) -> bool:
    return _move(job, None, **FRESH | facts)


def give_up(kind: Kind, job: Job, error: str, code: str = "", **facts: Any) -> bool:
    return _move(job, None, job_error=error, job_error_code=code, **kind.facts(Event.GIVEN_UP), **facts)


def call_off(kind: Kind, jobs: QuerySet[Any]) -> int:
    """The work is no longer wanted: the process that does it notices at its next renewal."""
    facts = kind.facts(Event.CALLED_OFF)
    return jobs.filter(due_at__isnull=False).update(due_at=None, job_error="", job_error_code="", **facts)


def restart(kind: Kind, jobs: QuerySet[Any], **facts: Any) -> int:
    """Make all of them due now, with their counts at zero."""
    return jobs.update(due_at=clock.now(), **FRESH, **kind.facts(Event.AGAIN), **facts)


def _without_this(job: Job) -> int:
    return max(0, job.interruptions - 1)


def _move(job: Job, due_at: datetime | None, **facts: Any) -> bool:
    held = type(job)._default_manager.filter(pk=job.pk, due_at=job.due_at, due_at__isnull=False)
    if not held.update(due_at=due_at, **facts):
        return False
    for name, value in {"due_at": due_at, **facts}.items():
        setattr(job, name, value)
    return True
