"""How old a segment may become: the platform's limit, the reserve before it, and when a restart is due."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings

from archives.models import ArchiveRun, Side


def reserve_s() -> float:
    """How long before the limit a restart must have begun: ten minutes, or a twentieth of a short limit."""
    return min(600.0, settings.ARCHIVE_LIMIT / 20)


def restart_due(run: ArchiveRun, piece_started: datetime) -> datetime:
    """When the piece that began at `piece_started` must be followed by another.

    Jittered earlier, so that rooms which began together do not all restart at one moment.
    """
    jitter = random.uniform(0, min(settings.RESTART_JITTER, run.restart_after / 10))  # noqa: S311
    after_s = min(run.restart_after, restart_after_most_s())
    return piece_started + timedelta(seconds=max(0.0, after_s - jitter))


def restart_after_most_s() -> float:
    """A piece that is older would come too near to the platform's limit."""
    return settings.ARCHIVE_LIMIT - reserve_s()


def limit_at(run: ArchiveRun) -> datetime | None:
    """When the piece that is being recorded reaches the platform's limit; None where nothing records."""
    piece = run.segments.live().filter(session=Side.PRIMARY).order_by("-ordinal").first()
    if piece is None or piece.started_at is None:
        return None
    return piece.started_at + timedelta(seconds=settings.ARCHIVE_LIMIT)
