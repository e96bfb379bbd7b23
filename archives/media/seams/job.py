"""Measures one seam in the stored files of its two segments, and writes down what was found."""

from __future__ import annotations

import logging
from pathlib import Path

from archives import clock
from archives.media.files.copies import Copies, local_copies
from archives.media.jobs import Worker
from archives.media.seams import SeamMeasure, UnreadableMedia, from_times, measure
from archives.models import Seam, Segment
from archives.services.jobs import previews, seams
from archives.services.jobs.kinds import Kind
from archives.services.jobs.leases import CannotBeDone

log = logging.getLogger(__name__)

# Both archives' times are those of the platform: rounded, and late by the start of a recording.
HINT_ERROR_MS = 3000.0
IN_THE_MEDIA = ("audio", "video")


class SeamWorker(Worker[Seam]):
    """Whatever the files are, the seam gets an answer."""

    def work(self) -> None:
        _settle(self.job, self._measured())

    def give_up(self, kind: Kind, why: str) -> None:
        _settle(self.job, _by_times(self.job), why)

    def _measured(self) -> SeamMeasure:
        seam, later = self.job, _later(self.job)
        with local_copies(self.lease) as copies:
            files = [_file(copies, segment) for segment in (seam.earlier, later)]
            try:
                return measure(*files, hint_offset_ms=_hint_ms(seam), max_hint_error_ms=HINT_ERROR_MS)
            except UnreadableMedia as error:
                told = str(error)
                for file, segment in zip(files, (seam.earlier, later), strict=True):
                    told = told.replace(str(file), file.name).replace(file.name, f"piece {segment.ordinal}")
                raise CannotBeDone(told) from error


def _file(copies: Copies, segment: Segment) -> Path:
    if not segment.file:
        lies = "lies in your own bucket" if segment.status == segment.Status.UPLOADED else "has no file"
        raise CannotBeDone(f"Piece {segment.ordinal} {lies}. {segment.given_up}".strip())
    return copies.path(segment.file)


def _hint_ms(seam: Seam) -> float | None:
    earlier, later = seam.earlier.created_at_ms, _later(seam).created_at_ms
    return None if earlier is None or later is None else float(later - earlier)


def _later(seam: Seam) -> Segment:
    if seam.later is None:
        raise CannotBeDone("Nothing follows this piece.")
    return seam.later


def _by_times(seam: Seam) -> SeamMeasure:
    end_ms = seam.earlier.media_end_ms or seam.earlier.duration_ms
    return from_times(end_ms, _hint_ms(seam))


def _settle(seam: Seam, found: SeamMeasure, error: str = "") -> None:
    """A gap stays a gap, and an overlap an overlap, unless the media say otherwise."""
    facts: dict[str, object] = {
        "method": found.method,
        "confidence": round(found.confidence, 4),
        "residual": found.residual_av_ms,
        "overlap_ms": round(found.overlap_ms or 0),
    }
    if found.offset_ms is not None:
        facts["offset_ms"] = round(found.offset_ms)
    if found.method in IN_THE_MEDIA:
        facts |= {"kind": Seam.Kind.OVERLAP, "measured_at": clock.now()}
        facts |= {"gap_from": None, "gap_until": None, "cause": ""}
    if seams.settle(seam, error=error, **facts):
        previews.renew(run_id=seam.run_id)
        log.info("seam %s: %s ms by %s, %.2f sure", seam.pk, found.offset_ms, found.method, found.confidence)
