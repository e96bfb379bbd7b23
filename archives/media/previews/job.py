"""Makes the thumbnails and sound levels of one run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from archives.media.export.job import planned
from archives.media.files.copies import store, work_folder
from archives.media.jobs import Worker
from archives.media.previews import thumbnails
from archives.models import Preview
from archives.services.jobs import previews
from archives.services.jobs.digests import fingerprint
from archives.services.jobs.leases import LeaseLost
from archives.services.jobs.previews import COVER, CUES, FILES, LEVELS, PICTURE
from archives.timeline import Timeline, timeline_for


class PreviewWorker(Worker[Preview]):
    def work(self) -> None:
        run, timeline = self.job.run, timeline_for(self.job.run)
        digest = fingerprint(run, timeline)
        # A new folder, so that an open page keeps the old picture together with the old places in it.
        stored = f"{run.room.slug}/{run.pk}/preview/{digest[:16]}"
        with tempfile.TemporaryDirectory(prefix="preview-", dir=work_folder()) as name:
            self._make(timeline, Path(name), f"{PICTURE}?v={previews.version(stored)}")
            for file in FILES:
                store(Path(name) / file, f"{stored}/{file}")
        if not previews.done(self.job, folder=stored, digest=digest):
            if previews.unwanted(self.job, digest=digest):
                previews.delete_files(stored)
            raise LeaseLost

    def _make(self, timeline: Timeline, folder: Path, address: str) -> None:
        progress = self.lease.progress
        with planned(self.job.run, timeline, self.lease) as plan:
            thumbnails.sprite(
                plan.spans,
                folder / PICTURE,
                folder / CUES,
                address=address,
                progress=lambda share: progress(share / 2),
            )
            thumbnails.cover(folder / PICTURE, folder / COVER)
            thumbnails.sound_levels(
                plan.spans, folder / LEVELS, progress=lambda share: progress(0.5 + share / 2)
            )
