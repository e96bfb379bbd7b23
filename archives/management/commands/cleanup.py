"""`manage.py cleanup`: removes what is kept for a while only, and what lies in the trash for long."""

import contextlib
import stat
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef, QuerySet
from django_tasks_db.models import DBTaskResult

from archives import clock
from archives.errors import ArchiveError, PlatformError
from archives.media.cleanup import vendor_copies
from archives.media.cleanup.exports import Ages, Outcome, exports_unused, unused_export_remove
from archives.media.cleanup.removal import Removed, run_purge, run_purgeable
from archives.media.cleanup.vendor_copies import copies_to_delete, copy_delete
from archives.media.files.copies import STORAGE_ERRORS
from archives.models import (
    ArchiveRun,
    Callback,
    Delivery,
    Event,
    Export,
    Preview,
    Segment,
    Sending,
    StreamPresence,
)
from archives.models.captions import Captions
from archives.services import library
from archives.services.library import RETENTION_MAX

# A transfer that was not continued for so long is not continued any more: the platform's copy is gone too.
PARTS_KEEP = timedelta(days=4)


def days(text: str) -> timedelta:
    """As 90, 0.5 or 90d."""
    try:
        count = float(text.removesuffix("d"))
    except ValueError:
        count = -1
    if not 0 <= count <= RETENTION_MAX:
        raise ArgumentTypeError("give a number of days, 0 or more")
    return timedelta(days=count)


class Command(BaseCommand):
    help = (
        "Puts recordings into the trash whose days are over (RETENTION_DAYS, or their own), and removes the "
        "files of those that lie there for 30 days. Removes exports that nobody has fetched for long: after "
        "30 days where they no longer fit their recording, after EXPORT_DAYS all of them, never one that "
        "could not be made again. Removes old callbacks, stream notes, events, finished tasks and broken-off "
        "transfers; with DELETE_VENDOR_COPIES also the platform's copies of kept files. What is on legal "
        "hold stays, and what is being recorded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=days,
            metavar="DAYS",
            help="for this time: recordings older than this go into the trash, whatever RETENTION_DAYS says, "
            "unless they have days of their own; exports and rows go at this age too. Where left out, as "
            "the settings say, and rows after 30 days. How long the trash is kept does not change.",
        )
        parser.add_argument("--dry-run", action="store_true", help="print only; remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        older_than, dry_run = options["older_than"], options["dry_run"]
        before = clock.now() - (settings.CALLBACK_KEEP if older_than is None else older_than)
        rows: dict[str, QuerySet[Any]] = {
            "callbacks": Callback.objects.filter(received_at__lt=before),
            "stream notes": StreamPresence.objects.filter(destroyed_at__lt=before),
            "words of pages": Sending.objects.filter(reported_at__lt=before),
            "finished tasks": DBTaskResult.objects.finished().filter(finished_at__lt=before),
            "events": _ended_events().filter(created_at__lt=before),
        }
        verb = "would be removed" if dry_run else "removed"
        for what, found in rows.items():
            # Without the rows that go with them.
            count = found.count() if dry_run else found.delete()[1].get(found.model._meta.label, 0)
            self.stdout.write(f"{count} {what} {verb}")
        parts = [size for path, size in list(_stale_parts()) if dry_run or _remove(path)]
        self.stdout.write(f"{len(parts)} broken-off transfers ({sum(parts)} bytes) {verb}")
        self._retire(dry_run, older_than)
        self._remove_exports(dry_run, verb, _export_ages(older_than))
        self._empty_trash(dry_run, verb)
        if settings.DELETE_VENDOR_COPIES:
            self._delete_copies(dry_run, verb)

    def _retire(self, dry_run: bool, older_than: timedelta | None) -> None:
        """Nothing is removed by this: whoever misses a recording has 30 days to restore it."""
        retired = 0
        for run in library.past_retention(older_than):
            with contextlib.suppress(ArchiveError):
                if dry_run or library.expire(run=run, by="cleanup", why="its days are over"):
                    retired += 1
                    self.stdout.write(f"{run.room.slug}: {run.name}, ended {run.ended_at:%Y-%m-%d}")
        verb = "would be put" if dry_run else "put"
        self.stdout.write(f"{retired} recordings {verb} into the trash, because their days are over")

    def _remove_exports(self, dry_run: bool, verb: str, ages: Ages) -> None:
        found: list[tuple[Outcome, int]] = []
        for export in exports_unused(ages):
            name = f"{export.run.room.slug}: {export.run.name}, export of {export.created_at:%Y-%m-%d}"
            try:
                outcome = unused_export_remove(export, ages, dry_run=dry_run)
            except (ArchiveError, *STORAGE_ERRORS) as error:
                self.stderr.write(f"{name} was not removed. {error}")
                continue
            found.append((outcome, export.size))
            if outcome == Outcome.DONE:
                self.stdout.write(name)
        sizes = [size for outcome, size in found if outcome == Outcome.DONE]
        self.stdout.write(f"{len(sizes)} exports ({sum(sizes)} bytes) that nobody fetches {verb}")
        if last := sum(outcome == Outcome.LAST for outcome, _ in found):
            self.stdout.write(f"{last} exports stay, because not every piece of their recordings is there")

    def _empty_trash(self, dry_run: bool, verb: str) -> None:
        """Not by `--older-than`: how long one may still restore does not hang on who cleans up."""
        removed = [Removed(0, 0)]
        for run in _long_in_trash():
            if dry_run:
                removed.append(run_purgeable(run))
                continue
            try:
                removed.append(run_purge(run=run, by="cleanup"))
            except (ArchiveError, *STORAGE_ERRORS) as error:
                # The others' turn all the same; what is left of this one goes the next time.
                self.stderr.write(f"{run.room.slug}: {run.name} was not removed. {error}")
        files, size = (sum(column) for column in zip(*removed, strict=True))
        self.stdout.write(
            f"{files} files ({size} bytes) of {len(removed) - 1} recordings in the trash {verb}"
        )

    def _delete_copies(self, dry_run: bool, verb: str) -> None:
        """Whatever goes wrong with one of them leaves it where it is, until the next time."""
        sizes = []
        for piece in copies_to_delete():
            name = f"{piece.run.room.slug}: {piece.run.name}, segment {piece.number}"
            try:
                outcome = copy_delete(piece, by="cleanup", dry_run=dry_run)
            except (PlatformError, *STORAGE_ERRORS) as error:
                self.stderr.write(f"{name}: the platform's copy was not deleted. {error}")
                continue
            if outcome == vendor_copies.Outcome.DIFFERS:
                self.stderr.write(f"{name}: the kept file is not what was fetched; the copy stays.")
            elif outcome == vendor_copies.Outcome.DONE:
                sizes.append(piece.size)
        self.stdout.write(f"{len(sizes)} copies at the platform ({sum(sizes)} bytes) {verb}")


def _ended_events() -> QuerySet[Event]:
    """Delivered, given up or dropped, to each of its subscribers."""
    waiting = Delivery.objects.filter(event=OuterRef("pk"), status=Delivery.Status.WAITING)
    return Event.objects.filter(~Exists(waiting))


def _export_ages(older_than: timedelta | None) -> Ages:
    if older_than is not None:
        return Ages(older_than, older_than)
    return Ages(settings.EXPORT_KEEP, timedelta(days=settings.EXPORT_DAYS) if settings.EXPORT_DAYS else None)


def _long_in_trash() -> QuerySet[ArchiveRun]:
    """Of which not everything is gone yet: a hold may have come, and ended, in the middle of a removal."""
    old = ArchiveRun.objects.filter(trashed_at__lt=clock.now() - settings.TRASH_KEEP, legal_hold=False)
    mine = OuterRef("pk")
    left = (
        Segment.objects.filter(run=mine).exclude(file=""),
        Export.objects.filter(run=mine).exclude(file=""),
        Preview.objects.filter(run=mine).exclude(folder=""),
        Captions.objects.filter(run=mine),
    )
    return old.filter(reduce(or_, map(Exists, left)))


def _stale_parts() -> Iterator[tuple[Path, int]]:
    """What a killed transfer, export or preview left behind, the copies it had made too; with sizes."""
    oldest = (clock.now() - PARTS_KEEP).timestamp()
    for path in (Path(settings.ARCHIVES_DIR) / ".parts").rglob("*"):
        # Another clean-up, or the transfer itself, may remove it between two looks.
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime < oldest:
                yield path, found.st_size


def _remove(path: Path) -> bool:
    """And the folder that it lay in, once that is empty. False where somebody else has removed it."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    if path.parent.name != ".parts":
        with contextlib.suppress(OSError):
            path.parent.rmdir()
    return True
