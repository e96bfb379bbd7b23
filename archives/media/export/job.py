"""Makes one export of a run: pieces from the storage, one MP4 back into it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from archives import clock, errors
from archives.media.export import ExportCancelled, ExportError, ExportPlan, ExportReport
from archives.media.export import export as export_media
from archives.media.export.timeline_plan import plan_for
from archives.media.files.copies import local_copies, store, storing_s, work_folder
from archives.media.renewal import HoldLost, Renewal
from archives.models import ArchiveRun, Export
from archives.services.jobs import exports
from archives.services.jobs.digests import adopt_former, fingerprint
from archives.timeline import Timeline, timeline_for

log = logging.getLogger(__name__)

# So long may a cancel stay unnoticed, and progress stand still.
LOOK_EVERY_S = 1.0
Watch = Callable[[float], None]


def export_make(export: Export, watch: Watch = lambda share: None) -> None:
    """Make it, unless somebody else does; the row says how it ended. `watch` gets the progress, 0 to 1."""
    if not exports.begin(export):
        return
    export.refresh_from_db(fields=["attempts"])
    if export.attempts > exports.MOST_ATTEMPTS:
        exports.fail(export, f"Given up after {exports.MOST_ATTEMPTS} tries. {export.error}".strip())
        return
    try:
        _make(export, watch)
    except (HoldLost, ExportCancelled):
        log.info("export %s: called off, or made by another process", export.pk)
    except (ExportError, errors.FilesNotKept, errors.NothingToExport) as error:
        exports.fail(export, str(error))
    except Exception as error:
        # Storage trouble or a mistake of ours: later tries may do better, and there are only so many.
        log.exception("export %s: try %s failed", export.pk, export.attempts)
        exports.retry(export, f"{type(error).__name__}: {error}")
    except BaseException:
        # Ended from outside, with time to say so: the next process need not wait for the lease.
        exports.retry(export, "The process that was making it was ended.")
        raise


def _make(export: Export, watch: Watch) -> None:
    run, timeline = export.run, timeline_for(export.run)
    digest = fingerprint(run, timeline)
    adopt_former(run, digest)
    export.refresh_from_db(fields=["digest"])
    if digest != export.digest:
        raise ExportError("The recording has changed since this export was asked for. Ask for another.")
    job = _Job(export, watch)
    target = work_folder() / f"{export.pk}.mp4"
    try:
        with planned(run, timeline, job.hold_on, gaps=export.gaps) as plan:
            report = export_media(plan, target, progress=job.progress, cancelled=job.cancelled)
        if not exports.hold(export, seconds=exports.HOLD_S + storing_s(report.size)):
            raise HoldLost
        _keep(export, report, store(target, f"{run.room.slug}/{run.pk}/exports/{export.pk}.mp4"))
    finally:
        target.unlink(missing_ok=True)


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


def _keep(export: Export, report: ExportReport, file: str) -> None:
    told = asdict(report)
    del told["path"]
    done = exports.done(
        export, file=file, size=report.size, duration_ms=round(report.duration_ms), report=told
    )
    if not done:
        raise HoldLost
    log.info("export %s: %s bytes as %s", export.pk, report.size, file)


class _Job:
    """Says how far it is, holds the row for longer, and learns from it whether to go on."""

    def __init__(self, export: Export, watch: Watch) -> None:
        self._export = export
        self._watch = watch
        self._share = 0.0
        self._renewal = Renewal(self._hold, LOOK_EVERY_S)

    def _hold(self) -> bool:
        return exports.hold(self._export, progress=round(self._share, 4))

    def hold_on(self) -> None:
        """Raises HoldLost."""
        self._renewal()

    def progress(self, share: float) -> None:
        self._share = share
        self._watch(share)

    def cancelled(self) -> bool:
        try:
            self._renewal()
        except HoldLost:
            return True
        return False
