"""Removing a recording for good: its files go, its rows stay and say so."""

from __future__ import annotations

from typing import NamedTuple

from django.core.files.storage import storages

from archives.models import ArchiveRun, Export, Preview, Segment
from archives.services import captions, history
from archives.services.history import move
from archives.services.jobs import leases, previews
from archives.services.jobs.table import KINDS
from archives.services.library import require_removable

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
    Before each file it is asked again whether the run may go. Counted is what this call has settled.
    """
    require_removable(run)
    # First of all: what a job stores from now on, it removes.
    for kind in KINDS.values():
        leases.call_off(kind, kind.rows().filter(run=run))
    # Of a piece that is deleted at the platform there may still be a file here.
    there = run.segments.exclude(status=Segment.Status.DELETED, file="")
    pieces = [_segment(piece, by) for piece in there]
    exports = [_export(export) for export in run.exports.exclude(file="")]
    for preview in Preview.objects.filter(run=run).exclude(folder="", digest=""):
        _preview(preview)
    captions.purge(run=run)
    removed = _counted([*pieces, *exports])
    why = f"{removed.files} files, {removed.size} bytes"
    history.record(run, old="in the trash", new="removed", by=by, why=why, field="trash")
    return removed


def _counted(sizes: list[int]) -> Removed:
    """An empty file is none that anybody would miss."""
    return Removed(sum(bool(size) for size in sizes), sum(sizes))


def _segment(piece: Segment, by: str) -> int:
    """Its size where it had a file that nobody else has settled meanwhile."""
    require_removable(piece.run)
    if piece.file:
        storages["archives"].delete(piece.file)
    had = (Segment.Status.AVAILABLE, Segment.Status.UPLOADED, Segment.Status.EXPIRED)
    mine = {"file": piece.file}
    settled = move(piece, Segment.Status.DELETED, old=had, by=by, why=GONE, where=mine, file="")
    if not settled:
        settled = bool(Segment.objects.filter(pk=piece.pk, **mine).update(file=""))
    return piece.size if mine["file"] and settled else 0


def _export(export: Export) -> int:
    require_removable(export.run)
    storages["archives"].delete(export.file)
    gone = Export.objects.filter(pk=export.pk, file=export.file)
    settled = gone.update(status=Export.Status.REMOVED, job_error=f"Its file was {GONE}.", file="")
    return export.size if settled else 0


def _preview(preview: Preview) -> None:
    """Whoever is making it meanwhile finds its hold lost."""
    require_removable(preview.run)
    if preview.folder:
        previews.delete_files(preview.folder)
    Preview.objects.filter(pk=preview.pk).update(folder="", digest="", due_at=None)
