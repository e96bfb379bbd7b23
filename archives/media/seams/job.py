"""Measures one seam in the kept files of its two pieces, and writes down what was found."""

from __future__ import annotations

import logging
from pathlib import Path

from archives.media.files.copies import Copies, local_copies
from archives.media.renewal import HoldLost, Renewal
from archives.media.seams import SeamMeasure, UnreadableMedia, measure
from archives.models import Estimate, Seam, Segment
from archives.services.jobs import previews, seams
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for

log = logging.getLogger(__name__)

# Both archives' times are those of the platform: rounded, and late by the start of a recording.
HINT_ERROR_MS = 3000.0
# By how much a sure measurement is off at most (benchmarks/seams.py).
BOUNDS_MS = {"audio": 20, "video": 40}


class NoMedia(Exception):
    """One of the pieces has no file that could be read here; says which and why."""


def seam_measure(seam: Seam) -> None:
    """Measure a seam, unless somebody else does. Whatever the files are, the seam gets an answer."""
    if not seams.hold(seam, attempt=True):
        return
    if seam.attempts > seams.MOST_ATTEMPTS:
        why = f"Given up after {seams.MOST_ATTEMPTS} tries. {seam.error}"
        _settle(seam, None, why.strip())
        return
    try:
        found = _measured(seam)
    except HoldLost:
        log.info("seam %s: another process measures it", seam.pk)
    except (NoMedia, UnreadableMedia) as error:
        _settle(seam, None, str(error))
    except Exception as error:
        # Storage trouble or a mistake of ours: later tries may do better, and there are only so many.
        log.exception("seam %s: try %s failed", seam.pk, seam.attempts)
        seams.fail(seam, f"{type(error).__name__}: {error}")
    else:
        _settle(seam, found)


def _measured(seam: Seam) -> SeamMeasure:
    later = _later(seam)
    with local_copies(Renewal(lambda: seams.hold(seam))) as copies:
        files = [_file(copies, segment) for segment in (seam.earlier, later)]
        try:
            return measure(*files, hint_offset_ms=_hint_ms(seam), max_hint_error_ms=HINT_ERROR_MS)
        except UnreadableMedia as error:
            told = str(error)
            for file, segment in zip(files, (seam.earlier, later), strict=True):
                told = told.replace(str(file), file.name).replace(file.name, f"piece {segment.ordinal}")
            raise UnreadableMedia(told) from error


def _file(copies: Copies, segment: Segment) -> Path:
    if not segment.file:
        lies = "lies in your own bucket" if segment.status == segment.Status.UPLOADED else "has no file"
        raise NoMedia(f"Piece {segment.ordinal} {lies}. {segment.keep_error}".strip())
    return copies.path(segment.file)


def _hint_ms(seam: Seam) -> float | None:
    """Where the later segment begins in the earlier one by their clocks, standstills included."""
    later = _later(seam)
    if seam.earlier.created_at_ms is None or later.created_at_ms is None:
        return None
    return LaidOut(facts_for(seam.run)).offset_by_clocks(str(seam.earlier_id), str(later.pk))


def _later(seam: Seam) -> Segment:
    if seam.later is None:
        raise NoMedia("Nothing follows this segment.")
    return seam.later


def _settle(seam: Seam, found: SeamMeasure | None, error: str = "") -> None:
    estimates = [_estimate(seam, found)] if found is not None and found.method in BOUNDS_MS else []
    if seams.settle(seam, error=error, found=estimates):
        previews.renew(run_id=seam.run_id)
        log.info("seam %s: %s", seam.pk, estimates[0] if estimates else error or "nothing found in the media")


def _estimate(seam: Seam, found: SeamMeasure) -> Estimate:
    offset, error = round(found.offset_ms or 0), BOUNDS_MS[found.method]
    return Estimate(
        seam=seam,
        source=found.method,
        offset_ms=offset,
        low_ms=offset - error,
        high_ms=offset + error,
        confidence=round(found.confidence, 4),
        residual_av_ms=found.residual_av_ms,
    )
