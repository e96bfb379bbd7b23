"""What people do with a recording that there is: rename it, put it into the trash and back, hold it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from archives import clock, errors
from archives.models import ArchiveRun, Event
from archives.services import events, history
from archives.services.run_input import clean_name

RETENTION_MAX = 36_500


def rename(*, run: ArchiveRun, name: object, by: str) -> ArchiveRun:
    """Another name; the story keeps the old one. Raises InvalidName."""
    name, old = clean_name(name), run.name
    if name != old:
        _change(run, by=by, field="name", old=old, new=name, why=f"“{old}” is “{name}” now", name=name)
    return run


def retain(*, run: ArchiveRun, days: object, by: str) -> ArchiveRun:
    """Keep it for so many days from its end: 0 for ever, None as the setting says. Raises InvalidInput."""
    whole = isinstance(days, int) and not isinstance(days, bool)
    if days is not None and not (whole and 0 <= days <= RETENTION_MAX):  # type: ignore[operator]
        raise errors.InvalidInput(
            f"Give the days to keep it, 0 (for ever) to {RETENTION_MAX}, or null.",
            detail={"field": "retention_days"},
        )
    old = run.retention_days
    if days != old:
        _change(run, by=by, field="retention", old=_kept(old), new=_kept(days), retention_days=days)
    return run


def _kept(days: object) -> str:
    return "as the setting says" if days is None else f"{days} days" if days else "for ever"


def past_retention(keep: timedelta | None = None) -> Iterator[ArchiveRun]:
    """Ended runs, not held and not in the trash, whose days are over, oldest first.

    Their own days; where they have none, `keep` or, where that is None, RETENTION_DAYS.
    """
    ended = ArchiveRun.objects.filter(status__in=ArchiveRun.ENDED, trashed_at=None, legal_hold=False)
    own = ended.exclude(retention_days=None).order_by().values_list("retention_days", flat=True).distinct()
    keeps = [(timedelta(days=days), Q(retention_days=days)) for days in own if days]
    if keep is not None or settings.RETENTION_DAYS:
        others = timedelta(days=settings.RETENTION_DAYS) if keep is None else keep
        keeps.insert(0, (others, Q(retention_days=None)))
    for kept, whose in keeps:
        found = ended.filter(whose, ended_at__lt=clock.now() - kept).select_related("room")
        yield from found.order_by("ended_at").iterator()


def trash(*, run: ArchiveRun, by: str, why: str = "") -> ArchiveRun:
    """Out of everybody's sight, its files kept. Twice is the same as once. Raises StillRecording, OnHold."""
    if run.trashed_at is None:
        retire(run=run, by=by, why=why)
    return run


def retire(*, run: ArchiveRun, by: str, why: str = "") -> bool:
    """As `trash`; False where somebody else has put it there meanwhile."""
    may = {"trashed_at": None, "legal_hold": False, "status__in": ArchiveRun.ENDED}
    if _change(run, by=by, field="trash", new="in the trash", why=why, where=may, trashed_at=clock.now()):
        return True
    run.refresh_from_db()
    if run.trashed_at is None:
        raise errors.OnHold if run.legal_hold else errors.StillRecording(detail={"status": run.status})
    return False


def expire(*, run: ArchiveRun, by: str, why: str) -> bool:
    """As `retire`, because its days are over: subscribers are notified, and may restore it."""
    with transaction.atomic():
        retired = retire(run=run, by=by, why=why)
        if retired and run.trashed_at:
            about = {
                "ended_at": run.ended_at.isoformat() if run.ended_at else None,
                "trashed_at": run.trashed_at.isoformat(),
                "removed_after": (run.trashed_at + settings.TRASH_KEEP).isoformat(),
            }
            events.record(type=Event.Type.RETENTION_DUE, run=run, data=about)
    return retired


def restore(*, run: ArchiveRun, by: str) -> ArchiveRun:
    """Out of the trash. Twice is the same as once."""
    trashed = {"trashed_at__isnull": False}
    _change(run, by=by, field="trash", old="in the trash", new="restored", where=trashed, trashed_at=None)
    return run


def hold(*, run: ArchiveRun, by: str, why: str = "") -> ArchiveRun:
    """Keep it, whatever anybody asks; one that lies in the trash stays there, with its files."""
    _change(run, by=by, field="hold", new="on hold", why=why, where={"legal_hold": False}, legal_hold=True)
    return run


def release(*, run: ArchiveRun, by: str, why: str = "") -> ArchiveRun:
    held = {"legal_hold": True}
    _change(run, by=by, field="hold", old="on hold", new="released", why=why, where=held, legal_hold=False)
    return run


def require_unheld(run: ArchiveRun) -> None:
    """Raises OnHold, as the row says by now; locks it, so that no hold comes before the caller's commit."""
    # By a filter on the hold, a row without one would be found by nobody and locked by nobody.
    if ArchiveRun.objects.select_for_update().values_list("legal_hold", flat=True).get(pk=run.pk):
        raise errors.OnHold


def require_removable(run: ArchiveRun) -> None:
    """Raises NotInTrash, OnHold, as the row says by now."""
    run.refresh_from_db(fields=["trashed_at", "legal_hold"])
    if run.legal_hold:
        raise errors.OnHold
    if run.trashed_at is None:
        raise errors.NotInTrash


def _change(
    run: ArchiveRun,
    *,
    by: str,
    field: str,
    new: str,
    old: str = "",
    why: str = "",
    where: dict[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Write `values` and tell it, in one transaction; False where the row is not as `where` wants it."""
    with transaction.atomic():
        if not ArchiveRun.objects.filter(pk=run.pk, **(where or {})).update(**values):
            return False
        history.record(run, old=old[:30], new=new[:30], by=by, why=why, field=field)
    for name, value in values.items():
        setattr(run, name, value)
    return True
