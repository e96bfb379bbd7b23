"""What one kind of job is: its rows, its place in the queue, and how often it may fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from archives.models import ArchiveRun

Facts = dict[str, Any]


class Event(Enum):
    """What happens to a job besides its lease; a kind whose rows have a status writes it then."""

    BEGUN = auto()
    AGAIN = auto()
    GIVEN_UP = auto()
    CALLED_OFF = auto()


@dataclass(frozen=True)
class Kind:
    """A row of the table of jobs. A row of the database that is one has `run_id` and the fields of `Job`."""

    # In tasks, metrics and logs.
    name: str
    # In the history of a run that is retried.
    label: str
    # Dotted path of the class that does the work (`archives.media.jobs.Worker`): only a media process loads
    # what it needs.
    worker: str
    # 30, 20, 10 or 0: from the most to the least urgent.
    priority: int
    # All rows of the kind, with what the work needs of the rows around them.
    rows: Callable[[], QuerySet[Any]]
    # Pauses in seconds after the first, second, … failure in a row; the last one is repeated.
    pauses_s: Sequence[float]
    # Failures in a row after which it is given up; None: never.
    max_failures: int | None = 4
    # Of the pending rows those that wait for a process, and since when they do.
    waiting: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda pending: pending
    since: str | Combinable = "due_at"
    # How often an attempt renews its lease, and so notices that it was called off.
    renew_every_s: float = 20.0
    enabled: Callable[[], bool] = lambda: True
    facts: Callable[[Event], Facts] = lambda event: {}
    # Of these rows (of one run) those that a manual retry starts again.
    failed: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows.exclude(job_error="")

    # What else such a retry starts again of a run; returns how much.
    again: Callable[[ArchiveRun], int] = lambda run: 0

    def pending(self) -> QuerySet[Any]:
        """Neither done nor given up nor called off."""
        return self.rows().filter(due_at__isnull=False)

    def pause_s(self, failures: int) -> float:
        return self.pauses_s[min(failures, len(self.pauses_s)) - 1]

    def may_fail_again(self, failures: int) -> bool:
        return self.max_failures is None or failures < self.max_failures
