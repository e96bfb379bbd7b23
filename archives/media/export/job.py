"""Makes one export of a run: segments from the storage, one MP4 back into it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.files.storage import storages

from archives import clock, errors
from archives.media.export import ExportCancelled, ExportError, ExportPlan, ExportReport
from archives.media.export import export as export_media
from archives.media.export.timeline_plan import plan_for
from archives.media.files.copies import local_copies, store, storing_s, work_folder
from archives.media.jobs import Worker
from archives.models import ArchiveRun, Export
from archives.services.jobs import exports
from archives.services.jobs.digests import adopt_former, fingerprint
from archives.services.jobs.leases import CannotBeDone, LeaseLost
from archives.timeline import Timeline, timeline_for

log = logging.getLogger(__name__)


class ExportWorker(Worker[Export]):
    def work(self) -> None:
        try:
            self._make()
        except ExportCancelled:
            raise LeaseLost from None
        except ExportError as error:
            raise CannotBeDone(str(error)) from error
        except (errors.FilesNotKept, errors.NothingToExport) as error:
            raise CannotBeDone(error.message, error.code) from error

    def _make(self) -> None:
        export, run = self.job, self.job.run
        timeline = timeline_for(run)
        digest = fingerprint(run, timeline)
        adopt_former(run, digest)
        export.refresh_from_db(fields=["digest"])
        if digest != export.digest:
            why = "The recording has changed since this export was asked for. Ask for another."
            raise CannotBeDone(why, "changed")
        target = work_folder() / f"{export.pk}.mp4"
        try:
            with planned(run, timeline, self.lease, gaps=export.gaps) as plan:
                report = export_media(
                    plan, target, progress=self.lease.progress, cancelled=self.lease.is_lost
                )
            self.lease.renew(more_s=storing_s(report.size))
            self._store(report, store(target, f"{run.room.slug}/{run.pk}/exports/{export.pk}.mp4"))
        finally:
            target.unlink(missing_ok=True)

    def _store(self, report: ExportReport, file: str) -> None:
        facts = asdict(report)
        del facts["path"]
        duration_ms = round(report.duration_ms)
        if not exports.done(self.job, file=file, size=report.size, duration_ms=duration_ms, report=facts):
            if exports.unwanted(self.job, file=file):
                storages["archives"].delete(file)
            raise LeaseLost
        log.info("export %s: %s bytes as %s", self.job.pk, report.size, file)


@contextmanager
def planned(
    run: ArchiveRun, timeline: Timeline, hold_on: Callable[[], object], *, gaps: Any = "black"
) -> Iterator[ExportPlan]:
    """The run's plan with local paths, which hold as long as the block runs."""
    files = {str(pk): file for pk, file in run.segments.values_list("pk", "file")}
    began = clock.from_ms(timeline.began_at_ms)
    shown = {span.segment for span in timeline.spans}
    with local_copies(hold_on) as copies:
        paths = {pk: copies.path(file) for pk, file in files.items() if pk in shown}
        yield plan_for(timeline, paths.__getitem__, name=run.name, created_at=began, gaps=gaps)
