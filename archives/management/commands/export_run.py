"""`manage.py export_run`: makes a run's MP4 here and now, or hands over the one that is made already."""

import json
import shutil
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from archives import clock, errors
from archives.media import jobs
from archives.media.files.copies import local_copies
from archives.models import ArchiveRun, Export
from archives.services.jobs import exports

POLL_S = 1.0
FAILED, UNKNOWN, NOT_READY, CANCELLED = 1, 3, 4, 5


class Command(BaseCommand):
    help = (
        "Writes a recording as one MP4. Exit codes: 0 done, 1 failed, 2 wrong arguments, "
        "3 no such recording, 4 not complete yet or without files, 5 cancelled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="the id of the recording, or its name where only one has it")
        parser.add_argument(
            "--gaps",
            choices=Export.Gaps.values,
            default=Export.Gaps.BLACK,
            help="black: as black and silence of true length; close: closed up (default %(default)s)",
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="also copy the MP4 there")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = _run(options["run"])
        try:
            export = exports.request(run=run, gaps=options["gaps"]).export
        except errors.ArchiveError as error:
            raise CommandError(error.message, returncode=NOT_READY) from error
        export = self._made(Export.objects.select_related("run__room").get(pk=export.pk))
        if options["output"]:
            _copy(export, options["output"])
        self._tell(export, options["json"])

    def _made(self, export: Export) -> Export:
        """Makes it, or waits for the process that does."""
        while export.status in Export.ACTIVE:
            if not _is_being_made(export):
                jobs.run(exports.KIND, export, self._progress)
            export.refresh_from_db()
            if export.status in Export.ACTIVE:
                self._progress(export.progress)
                time.sleep(POLL_S)
        self._progress(None)
        if export.status != Export.Status.DONE:
            code = CANCELLED if export.status == Export.Status.CANCELLED else FAILED
            raise CommandError(export.job_error or "The export was cancelled.", returncode=code)
        return export

    def _progress(self, share: float | None) -> None:
        """On a terminal only: a log has no use for it."""
        if sys.stderr.isatty():
            self.stderr.write("\n" if share is None else f"\r{share:4.0%}", ending="")
            self.stderr.flush()

    def _tell(self, export: Export, as_json: bool) -> None:
        if as_json:
            facts = {"id": str(export.pk), "file": export.file, "size": export.size}
            facts |= {"duration_ms": export.duration_ms, "report": export.report}
            self.stdout.write(json.dumps(facts, indent=1))
            return
        seams = len(export.report["seams"]) - 1
        self.stdout.write(
            f"{export.file}: {export.duration_ms / 1000:.1f} s, {export.size} bytes, {seams} seams"
        )
        for note in export.report["notes"]:
            self.stdout.write(f"  {note}")


def _is_being_made(export: Export) -> bool:
    """By a process whose lease has not expired; one that only waits in a queue may be taken from there."""
    held = export.due_at is not None and export.due_at > clock.now()
    return export.status == Export.Status.RUNNING and held


def _run(text: str) -> ArchiveRun:
    runs = ArchiveRun.objects.select_related("room")
    try:
        found = list(runs.filter(pk=UUID(text)))
    except ValueError:
        found = list(runs.filter(name=text)[:2])
    if len(found) == 1:
        return found[0]
    many = "Several recordings have this name; give the id." if found else "There is no such recording."
    raise CommandError(many, returncode=UNKNOWN)


def _copy(export: Export, target: Path) -> None:
    """Under a temporary name first, so that whoever waits for the file never sees half of it."""
    part = target.with_name(f".{target.name}.part")
    try:
        with local_copies() as copies:
            shutil.copyfile(copies.path(export.file), part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CommandError(f"{target} could not be written: {error}", returncode=FAILED) from error
