"""How much media work and how many events wait, and since when: read from the rows, whatever the queue.

Each answer comes from a partial index of what is unfinished, however much has been finished before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from archives import clock
from archives.models import Delivery, Export, Preview, Seam, Segment
from archives.services import deliveries


@dataclass(frozen=True)
class Backlog:
    waiting: int
    since: datetime | None

    @property
    def age_s(self) -> float:
        """Of the oldest that waits; 0 where nothing does."""
        return max(0.0, (clock.now() - self.since).total_seconds()) if self.since else 0.0


NOTHING = Backlog(0, None)


def ingest() -> Backlog:
    """Pieces whose file the platform has and we do not, since their end."""
    if not settings.KEEP_FILES:
        return NOTHING
    with_file = Q(status__in=(Segment.Status.AVAILABLE, Segment.Status.UPLOADED))
    rows = Segment.objects.filter(with_file, kept_at=None, keep_error="")
    return _backlog(rows, Min(Coalesce("ended_at", "intent_at")))


def export() -> Backlog:
    """Exports that nobody makes yet, since they were asked for."""
    queued = Q(status=Export.Status.QUEUED)
    rows = Export.objects.filter(status__in=Export.ACTIVE).filter(queued)
    return _backlog(rows, Min("created_at"))


def seams() -> int:
    return Seam.objects.exclude(due_at=None).count()


def previews() -> int:
    return Preview.objects.exclude(due_at=None).count()


def events() -> Backlog:
    """Deliveries that wait, for their first attempt or another; since when the oldest is tried."""
    return _backlog(Delivery.objects.filter(status=Delivery.Status.WAITING), Min("since"))


def events_unsent() -> Backlog:
    """Those that could be sent now, since when: with a sender at work they are taken within seconds."""
    return _backlog(deliveries.deliverable(clock.now()).order_by(), Min("due_at"))


def _backlog(rows: QuerySet, since: Min) -> Backlog:
    told = rows.aggregate(waiting=Count("pk"), since=since)
    return Backlog(told["waiting"], told["since"])
