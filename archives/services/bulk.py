"""Whose turn a patrol is, and when the recordings that it has seen are looked at next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from archives import clock
from archives.models import ArchiveRun, RunQuerySet, Tally

Item = TypeVar("Item")
PATROL = "patrol"
# In looks (LOOK_INTERVAL): how far a patrol puts the next visit off, and how old the last full look may get.
AHEAD, FULL_LOOK = 3, 60
# What is due so soon is being visited, or a callback has just asked for it: that is left as it is.
SOON_S = 2.0
ROWS = 1000


def take() -> bool:
    """Whether one is due now; over all processes only one of them is told so."""
    now = clock.now()
    row, created = Tally.objects.get_or_create(metric=PATROL, kind="", result="", defaults={"at": now})
    due = Tally.objects.filter(pk=row.pk, at=row.at, at__lte=clock.after(-settings.LOOK_INTERVAL))
    return created or bool(due.update(at=now))


def runs_at_rest() -> RunQuerySet:
    """Recording, held by nobody, lately looked at in full, and nothing to be done before the next patrols."""
    look = timedelta(seconds=settings.LOOK_INTERVAL)
    now = clock.now()
    return ArchiveRun.objects.filter(
        _free(now),
        status=ArchiveRun.Status.RECORDING,
        attempts=0,
        due_at__gt=now + timedelta(seconds=SOON_S),
        looked_at__gte=now - FULL_LOOK * look,
        restart_due_at__gt=now + AHEAD * look,
    )


def runs_put_off(run_ids: Iterable[UUID]) -> int:
    """A patrol has seen them as their rows say: visits that are due before long are due later."""
    ahead = clock.after(AHEAD * settings.LOOK_INTERVAL)
    nearly = clock.after((AHEAD - 1) * settings.LOOK_INTERVAL)
    # Asked again: whoever was claimed or woken since the patrol began is not at rest any more.
    put_off, now = 0, clock.now()
    for some in batches(run_ids):
        at_rest = runs_at_rest().filter(pk__in=some)
        at_rest.update(seen_at=now)
        put_off += at_rest.filter(due_at__lte=nearly).update(due_at=ahead)
    return put_off


def runs_wake(run_ids: Iterable[UUID]) -> int:
    now = clock.now()
    asleep = ArchiveRun.objects.filter(_free(now), due_at__gt=now)
    return sum(asleep.filter(pk__in=some).update(due_at=now) for some in batches(run_ids))


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """No statement with more values than a database takes."""
    rest = list(items)
    for start in range(0, len(rest), ROWS):
        yield rest[start : start + ROWS]


def _free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now)
