"""Sums over all processes: written in one short transaction, now and then, or with the change they count."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Count, Sum

from archives import clock
from archives.models import ArchiveRun, Export, Restart, Seam, Segment, Tally
from archives.ops import telemetry
from archives.ops.telemetry import Counted, Key

STORAGE = "storage"
# Sizes are summed up over all rows, so not whenever somebody asks.
STORAGE_EVERY_S = 600.0


def add(counted: dict[Key, Counted]) -> None:
    """In the order of their keys, so that two processes never wait for each other in a circle."""
    with transaction.atomic():
        for (metric, kind, result), new in sorted(counted.items()):
            names = {"metric": metric, "kind": kind, "result": result}
            Tally.objects.get_or_create(**names, defaults={"buckets": [0] * len(new.buckets)})
            row = Tally.objects.select_for_update().get(**names)
            Tally.objects.filter(pk=row.pk).update(
                count=row.count + new.count,
                total=row.total + new.total,
                buckets=[one + two for one, two in zip(row.buckets, new.buckets, strict=True)],
                at=clock.now(),
            )


def count(metric: str, value: float, *, kind: str = "", result: str = "") -> None:
    """One observation, in the transaction of what it counts: exact whatever dies."""
    one = Counted()
    one.add(value)
    add({(metric, kind, result): one})


def flush() -> None:
    """Write what this process has counted; where the database is away it is kept for the next time."""
    taken = telemetry.take()
    if not taken:
        return
    try:
        add(taken)
    except DatabaseError:
        telemetry.give_back(taken)


def count_restart(restart: Restart) -> None:
    """A restart that has just ended, with the seconds that it took."""
    took = (clock.now() - restart.created_at).total_seconds()
    count(telemetry.RESTART, max(0.0, took), result=restart.status)


def count_seams(run: ArchiveRun) -> None:
    """Overlaps and gaps of a run that is complete (seconds), as they are known by then."""
    counted: dict[Key, Counted] = {}
    for seam in run.seams.all():
        key = (telemetry.SEAM, seam.kind, "")
        counted.setdefault(key, Counted()).add(_seconds(seam))
    add(counted)


def _seconds(seam: Seam) -> float:
    if seam.kind == Seam.Kind.OVERLAP:
        return max(0, seam.overlap_ms) / 1000
    gap = (seam.gap_until - seam.gap_from) if seam.gap_from and seam.gap_until else timedelta()
    return gap.total_seconds()


def weigh_storage() -> bool:
    """Sum up what is kept, at most every ten minutes over all processes; False where it was not due."""
    now = clock.now()
    row, created = Tally.objects.get_or_create(metric=STORAGE, kind="pieces", result="")
    stale = Tally.objects.filter(pk=row.pk, at__lte=clock.after(-STORAGE_EVERY_S))
    if not created and not stale.update(at=now):
        return False
    kept = {
        "pieces": Segment.objects.filter(stored_at__isnull=False),
        "exports": Export.objects.filter(status=Export.Status.DONE),
    }
    for kind, rows in kept.items():
        facts = rows.aggregate(count=Count("pk"), total=Sum("size", default=0)) | {"at": now}
        Tally.objects.update_or_create(metric=STORAGE, kind=kind, result="", defaults=facts)
    return True
