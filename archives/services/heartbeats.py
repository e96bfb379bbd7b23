"""Processes say that they live, so that somebody notices when none does any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from archives import clock
from archives.models import Beat

# A process that has said nothing for so long is not counted; its row goes after a day.
ALIVE = timedelta(seconds=60)
FORGET = timedelta(days=1)
WORKER, MEDIA = "worker", "media"


def record(*, process: str, kind: str) -> None:
    now = clock.now()
    if not Beat.objects.filter(process=process).update(at=now):
        Beat.objects.update_or_create(process=process[:200], defaults={"kind": kind, "at": now})


def end(*, process: str) -> None:
    """It ends because it was asked to."""
    Beat.objects.filter(process=process).delete()


def delete_old() -> int:
    return Beat.objects.filter(at__lt=clock.now() - FORGET).delete()[0]


def last(kind: str) -> datetime | None:
    return Beat.objects.filter(kind=kind).order_by("-at").values_list("at", flat=True).first()
