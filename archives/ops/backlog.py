"""How much media work waits, and since when: read from the rows, so it is the same for every queue.

Each answer comes from a partial index of what is unfinished, however much has been finished before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from archives import clock
from archives.services.jobs.kinds import Kind
from archives.services.jobs.table import KINDS


@dataclass(frozen=True)
class Backlog:
    # Jobs that no process works on yet, or all that are not done if the kind does not tell these apart.
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


def _backlog(kind: Kind) -> Backlog:
    rows = kind.waiting(kind.pending()).order_by()
    found = rows.aggregate(waiting=Count("pk"), since=Min(kind.since))
    return Backlog(found["waiting"], found["since"])
