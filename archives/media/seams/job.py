"""Measures one seam in the stored files of its two segments, and writes down what was found."""

from __future__ import annotations

import logging
from pathlib import Path

from archives.media.files.copies import Copies, local_copies
from archives.media.jobs import Worker
from archives.media.seams import SeamMeasure, SourceEstimate, UnreadableMedia, measure
from archives.models import Estimate, Seam, Segment
from archives.services.jobs import previews, seams
from archives.services.jobs.kinds import Kind
from archives.services.jobs.leases import CannotBeDone
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for

log = logging.getLogger(__name__)

# Both archives' times are those of the platform: rounded, and late by the start of a recording.
HINT_ERROR_MS = 3000.0
# By how much a sure measurement is off at most (benchmarks/seams.py).
BOUNDS_MS = {"audio": 20, "video": 40}


class SeamWorker(Worker[Seam]):
    """Whatever the files are, the seam gets an answer."""

    def work(self) -> None:
        _settle(self.job, self._measured())

    def give_up(self, kind: Kind, why: str, code: str = "") -> None:
        _settle(self.job, None, why, code)

    def _measured(self) -> SeamMeasure:
        seam, later = self.job, _later(self.job)
        with local_copies(self.lease) as copies:
            files = [_file(copies, segment) for segment in (seam.earlier, later)]
            try:
                return measure(*files, hint_offset_ms=_hint_ms(seam), max_hint_error_ms=HINT_ERROR_MS)
            except UnreadableMedia as error:
                told = str(error)
                for file, segment in zip(files, (seam.earlier, later), strict=True):
                    told = told.replace(str(file), file.name).replace(file.name, f"segment {segment.number}")
                raise CannotBeDone(told, "unreadable") from error


def _file(copies: Copies, segment: Segment) -> Path:
    if not segment.file:
        lies = "lies in your own bucket" if segment.status == segment.Status.UPLOADED else "has no file"
        raise CannotBeDone(f"Segment {segment.number} {lies}. {segment.given_up}".strip(), "no_file")
    return copies.path(segment.file)


def _hint_ms(seam: Seam) -> float | None:
    """Where the later segment begins in the earlier one by their clocks, standstills included."""
    later = _later(seam)
    if seam.earlier.created_at_ms is None or later.created_at_ms is None:
        return None
    return LaidOut(facts_for(seam.run)).offset_by_clocks(str(seam.earlier_id), str(later.pk))


def _later(seam: Seam) -> Segment:
    if seam.later is None:
        raise CannotBeDone("Nothing follows this segment.", "nothing_follows")
    return seam.later


def _settle(seam: Seam, found: SeamMeasure | None, error: str = "", code: str = "") -> None:
    estimates = [] if found is None else [_estimate(seam, each) for each in _found(found)]
    if found is not None and estimates:
        estimates[0].residual_av_ms = found.residual_av_ms
    if seams.settle(seam, error=error, code=code, found=estimates):
        previews.renew(run_id=seam.run_id)
        found_in_media = ", ".join(map(str, estimates))
        log.info("seam %s: %s", seam.pk, found_in_media or error or "nothing found in the media")


def _found(measured: SeamMeasure) -> list[SourceEstimate]:
    """What sound and pictures say, each; first the one that the measurement rests on."""
    if measured.method not in ("audio", "video") or measured.offset_ms is None:
        return []
    first = SourceEstimate(measured.method, measured.offset_ms, measured.confidence)
    return [first, *([measured.other] if measured.other else [])]


def _estimate(seam: Seam, found: SourceEstimate) -> Estimate:
    offset, error = round(found.offset_ms), BOUNDS_MS[found.method]
    return Estimate(
        seam=seam,
        source=found.method,
        offset_ms=offset,
        low_ms=offset - error,
        high_ms=offset + error,
        confidence=round(found.confidence, 4),
    )
