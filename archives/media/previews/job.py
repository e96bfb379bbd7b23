"""Makes the thumbnails and sound levels of one run."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from archives.media.export.job import planned
from archives.media.files.copies import store, work_folder
from archives.media.previews import thumbnails
from archives.media.renewal import HoldLost, Renewal
from archives.models import Preview
from archives.services.jobs import previews
from archives.services.jobs.digests import fingerprint
from archives.services.jobs.previews import COVER, CUES, FILES, LEVELS, PICTURE
from archives.timeline import timeline_for

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


def preview_make(preview: Preview) -> None:
    """Make it, unless somebody else does."""
    if not previews.begin(preview):
        return
    if preview.attempts > previews.MOST_ATTEMPTS:
        previews.give_up(preview)
        return
    try:
        _make(preview)
    except HoldLost:
        log.info("preview of run %s: another process makes it", preview.run_id)
    except Exception as error:
        log.exception("preview of run %s: try %s failed", preview.run_id, preview.attempts)
        previews.fail(preview, f"{type(error).__name__}: {error}")


def _make(preview: Preview) -> None:
    run, timeline = preview.run, timeline_for(preview.run)
    digest = fingerprint(run, timeline)
    # A folder of its own: whoever looks meanwhile has the old picture with the old places in it.
    stored = f"{run.room.slug}/{run.pk}/preview/{digest[:16]}"
    job = _Job(preview)
    with tempfile.TemporaryDirectory(prefix="preview-", dir=work_folder()) as name:
        folder = Path(name)
        with planned(run, timeline, job.hold_on) as plan:
            thumbnails.sprite(
                plan.spans,
                folder / PICTURE,
                folder / CUES,
                address=f"{PICTURE}?v={previews.version(stored)}",
                progress=lambda share: job.progress(share / 2),
            )
            thumbnails.cover(folder / PICTURE, folder / COVER)
            thumbnails.sound_levels(
                plan.spans, folder / LEVELS, progress=lambda share: job.progress(0.5 + share / 2)
            )
        for file in FILES:
            store(folder / file, f"{stored}/{file}")
    if not previews.done(preview, folder=stored, digest=digest):
        if previews.unwanted(preview, digest=digest):
            previews.delete_files(stored)
        raise HoldLost


class _Job:
    """Says how far it is and holds the row for longer; raises HoldLost where it is somebody else's by now."""

    def __init__(self, preview: Preview) -> None:
        self._share = 0.0
        self.hold_on = Renewal(lambda: previews.hold(preview, progress=round(self._share, 4)), LOOK_EVERY_S)

    def progress(self, share: float) -> None:
        self._share = share
        self.hold_on()
