"""The platform's copies of what is kept here: deleted once the kept file has been read and compared."""

from __future__ import annotations

import contextlib
import hashlib
from enum import StrEnum

from django.core.files.storage import storages
from django.db.models import QuerySet

from archives import errors
from archives.models import ArchiveRun, Segment
from archives.platform import gateway
from archives.services.history import move

BLOCK = 1 << 20
DELETED = "the kept file was read again and is whole: the platform's copy is deleted"


class Outcome(StrEnum):
    DONE = "done"
    # The kept file is missing, or is not what was fetched: the platform's copy may be the last one.
    DIFFERS = "differs"
    # No longer asked for: the run is held, or runs, by now.
    LEFT = "left"


def copies_to_delete() -> QuerySet[Segment]:
    """Pieces of ended runs without a hold that are kept here, can be played and still lie at the platform.

    What the platform uploaded into the user's own bucket is no copy: it is the file.
    """
    kept = Segment.objects.filter(status=Segment.Status.AVAILABLE, stored_at__isnull=False, job_error="")
    playable = kept.filter(media_end_ms__isnull=False).exclude(file="").exclude(sha256="")
    runs = ArchiveRun.objects.filter(status__in=ArchiveRun.ENDED, legal_hold=False)
    return playable.filter(run__in=runs).select_related("run__room").order_by("stored_at")


def copy_delete(segment: Segment, *, by: str, dry_run: bool = False) -> Outcome:
    """Delete the platform's copy of one piece, or only tell what would come of it. Raises PlatformError."""
    if not _is_whole(segment):
        return Outcome.DIFFERS
    # To read a long file takes minutes, in which somebody may have put a hold on the run.
    if not copies_to_delete().filter(pk=segment.pk).exists():
        return Outcome.LEFT
    if dry_run:
        return Outcome.DONE
    # Not found: an earlier call whose answer was lost, or the 72 hours. It is gone either way.
    with contextlib.suppress(errors.NotFound):
        gateway.platform().archive_delete(segment.archive_id)
    move(segment, Segment.Status.DELETED, old=Segment.Status.AVAILABLE, by=by, why=DELETED)
    return Outcome.DONE


def _is_whole(segment: Segment) -> bool:
    """Whether the storage gives back, byte for byte, what was fetched."""
    storage, digest, size = storages["archives"], hashlib.sha256(), 0
    try:
        with storage.open(segment.file) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        return False
    return size == segment.size and digest.hexdigest() == segment.sha256
