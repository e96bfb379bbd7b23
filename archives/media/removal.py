"""Removing a recording for good: its files go, its rows stay and say so."""

from __future__ import annotations

from typing import NamedTuple

from django.core.files.storage import storages

from archives.captions import Captions
from archives.models import ArchiveRun, Export, Preview, Segment
from archives.services.library import require_removable
from archives.services.previews import FILES
from archives.services.story import move, tell

GONE = "removed for good from the trash"


class Removed(NamedTuple):
    files: int
    size: int


def run_purgeable(run: ArchiveRun) -> Removed:
    """What `run_purge` would remove."""
    pieces = run.segments.exclude(file="").values_list("size", flat=True)
    exports = run.exports.exclude(file="").values_list("size", flat=True)
    return _counted([*pieces, *exports])


def run_purge(*, run: ArchiveRun, by: str) -> Removed:
    """Delete every file of a run that lies in the trash. Safe to repeat; raises NotInTrash, OnHold.

    The files go first: a process that dies in between leaves rows without files, which the next call settles.
    """
    require_removable(run)
    # Of a piece that is deleted at the platform there may still be a file here.
    there = run.segments.exclude(status=Segment.Status.DELETED, file="")
    pieces = [_segment(piece, by) for piece in there]
    exports = [_export(export) for export in run.exports.exclude(file="")]
    for preview in Preview.objects.filter(run=run).exclude(folder=""):
        for name in FILES:
            storages["archives"].delete(f"{preview.folder}/{name}")
        Preview.objects.filter(pk=preview.pk).update(folder="", digest="", due_at=None)
    Captions.objects.filter(run=run).delete()
    removed = _counted([*pieces, *exports])
    why = f"{removed.files} files, {removed.size} bytes"
    tell(run, old="in the trash", new="removed", by=by, why=why, field="trash")
    return removed


def _counted(sizes: list[int]) -> Removed:
    """An empty file is none that anybody would miss."""
    return Removed(sum(bool(size) for size in sizes), sum(sizes))


def _segment(piece: Segment, by: str) -> int:
    """Its size where it had a file. A hold that came meanwhile is honoured before each piece."""
    require_removable(piece.run)
    size = piece.size if piece.file else 0
    if piece.file:
        storages["archives"].delete(piece.file)
    had = (Segment.Status.AVAILABLE, Segment.Status.UPLOADED, Segment.Status.EXPIRED)
    if not move(piece, Segment.Status.DELETED, old=had, by=by, why=GONE, file=""):
        Segment.objects.filter(pk=piece.pk).update(file="")
    return size


def _export(export: Export) -> int:
    require_removable(export.run)
    storages["archives"].delete(export.file)
    gone = Export.objects.filter(pk=export.pk)
    gone.update(status=Export.Status.FAILED, error=f"Its file was {GONE}.", file="")
    return export.size
