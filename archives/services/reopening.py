"""An ended run takes up work again, because more of it has turned up."""

from __future__ import annotations

from archives import clock
from archives.models import ArchiveRun
from archives.services.history import move


def reopen(*, run: ArchiveRun, by: str, why: str) -> bool:
    """Have the worker end what still records and settle the run once more. False if the run has not ended."""
    now = clock.now()
    return move(run, ArchiveRun.Status.PROCESSING, old=ArchiveRun.ENDED, by=by, why=why, due_at=now)
