"""`manage.py check_content`: queue content checks of stored segments that this version has not seen."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from archives.media.content.findings import VERSION
from archives.models import ArchiveRun
from archives.services.jobs import content


class Command(BaseCommand):
    help = "Queues the content check of stored segments that this version of it has not seen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", nargs="?", type=UUID, help="one recording only; all of them without")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = ArchiveRun.objects.filter(pk=options["run"]) if options["run"] else None
        if runs is not None and not runs.exists():
            raise CommandError("There is no such recording.")
        queued = content.plan_older(version=VERSION, runs=runs)
        self.stdout.write(f"{queued} segments will be checked")
