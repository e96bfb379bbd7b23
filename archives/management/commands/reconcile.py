"""`manage.py reconcile`: one pass over all rooms, comparing the rows with the platform."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archives import errors
from archives.models import ArchiveRun, Room
from archives.reconciler import compare
from archives.reconciler.worker import Worker


class Command(BaseCommand):
    help = "Compares the rows with the platform, repairs the difference, and prints what it found and did."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print only; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        try:
            lines = [line for room in Room.objects.all() for line in self._room(room, dry_run)]
        except errors.PlatformError as error:
            raise CommandError(error.message) from error
        for line in lines:
            self.stdout.write(line)
        self.stdout.write(f"{len(lines)} found" + (", nothing changed" if dry_run else ""))

    def _room(self, room: Room, dry_run: bool) -> list[str]:
        if not room.session_id_primary:
            return []
        lines = compare.differences(room)
        if dry_run:
            return lines + compare.room_sweep(room, by="reconcile", dry_run=True)
        for run in ArchiveRun.objects.filter(room=room, status__in=ArchiveRun.ACTIVE):
            if not Worker("reconcile").visit(run.pk):
                lines.append(f"{room.slug}: {run.name} is being attended by a worker just now")
        return lines + compare.room_sweep(room, by="reconcile") + compare.people_sweep(room)
