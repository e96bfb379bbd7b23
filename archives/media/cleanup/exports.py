"""Exports that nobody fetches any more: removed while they can be made again from the kept pieces."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from django.core.files.storage import storages
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from archives import clock, errors
from archives.models import ArchiveRun, Export, Segment
from archives.services.jobs import exports
from archives.timeline import timeline_for

# A link into a bucket holds for hours, and a long file is fetched with pauses.
IN_USE = timedelta(days=1)
WHY = "Its file was removed, because nobody had fetched it for long. It can be made again."


class Ages(NamedTuple):
    """For how long nobody has fetched an export that goes: one that no longer fits its run, and any at all.

    `any` is None where one that fits is kept for ever.
    """

    stale: timedelta
    any: timedelta | None


class Outcome(StrEnum):
    DONE = "done"
    # It fits its run, or is used again.
    LEFT = "left"
    # Not all pieces are there that were kept: it may be the last copy of what they showed.
    LAST = "last"


def exports_unused(ages: Ages) -> QuerySet[Export]:
    """Finished exports of complete runs, neither held nor in the trash, that nobody has fetched for so long.

    One that another clean-up has not come to the end with is among them.
    """
    runs = ArchiveRun.objects.shown().filter(status=ArchiveRun.Status.COMPLETE, legal_hold=False)
    ended = Export.objects.filter(status__in=(Export.Status.DONE, Export.Status.REMOVED), run__in=runs)
    shortest = ages.stale if ages.any is None else min(ages.stale, ages.any)
    used = ended.exclude(file="").annotate(used=Coalesce("used_at", "ended_at", "created_at"))
    before = clock.now() - max(shortest, IN_USE)
    return used.filter(used__lt=before).select_related("run__room").order_by("used")


def unused_export_remove(export: Export, ages: Ages, *, dry_run: bool = False) -> Outcome:
    """Remove the file of one of `exports_unused`, or only tell what would come of it. Raises OnHold."""
    digest = _digest_of_kept(export.run)
    if digest is None:
        return Outcome.LAST
    used = export.used_at or export.ended_at or export.created_at
    old = ages.any is not None and used < clock.now() - ages.any
    if digest == export.digest and not old:
        return Outcome.LEFT
    if dry_run:
        return Outcome.DONE
    if not exports.remove(export=export, why=WHY):
        return Outcome.LEFT
    storages["archives"].delete(export.file)
    mine = Export.objects.filter(pk=export.pk, file=export.file).update(file="")
    return Outcome.DONE if mine else Outcome.LEFT


def _digest_of_kept(run: ArchiveRun) -> str | None:
    """That of an export as it would be made now; None where not every piece is there to make one of."""
    if not all(_is_there(piece) for piece in run.segments.exclude(stored_at=None)):
        return None
    try:
        return exports.fingerprint(run, timeline_for(run))
    except (errors.FilesNotKept, errors.NothingToExport):
        return None


def _is_there(piece: Segment) -> bool:
    """As long as it was when it was kept; to read it all again is for what cannot be made anew."""
    storage = storages["archives"]
    return bool(piece.file) and storage.exists(piece.file) and storage.size(piece.file) == piece.size
