"""How much media work and how many events wait, and since when: read from the rows, whatever the queue.

Each answer comes from a partial index of what is unfinished, however much has been finished before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from archives import clock
from archives.models import Delivery
from archives.services import deliveries
from archives.services.jobs.kinds import Kind
from archives.services.jobs.table import KINDS


@dataclass(frozen=True)
class Backlog:
    # Jobs that no process works on yet, or all that are not done if the kind does not distinguish these.
    waiting: int
    since: datetime | None

    @property
    def age_s(self) -> float:
        """Of the oldest that waits; 0 if none does."""
        return max(0.0, (clock.now() - self.since).total_seconds()) if self.since else 0.0


NOTHING = Backlog(0, None)


def backlogs() -> dict[str, Backlog]:
    """Of every kind of job, by its name."""
    return {name: _backlog(kind) if kind.enabled() else NOTHING for name, kind in KINDS.items()}


def events() -> Backlog:
    """Deliveries that wait, for their first attempt or another; since when the oldest is tried."""
    return _counted(Delivery.objects.filter(status=Delivery.Status.WAITING), "since")


def events_unsent() -> Backlog:
    """Those that could be sent now, since when: with a sender at work they are taken within seconds."""
    return _counted(deliveries.deliverable(clock.now()).order_by(), "due_at")


def _backlog(kind: Kind) -> Backlog:
    return _counted(kind.waiting(kind.pending()).order_by(), kind.since)


def _counted(rows: QuerySet[Any], since: Any) -> Backlog:
    found = rows.aggregate(waiting=Count("pk"), since=Min(since))
    return Backlog(found["waiting"], found["since"])
