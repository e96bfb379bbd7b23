"""Measures one seam in the kept files of its two pieces, and writes down what was found."""

from __future__ import annotations

import logging
from pathlib import Path

from archives import clock
from archives.media.files.copies import Copies, local_copies
from archives.media.renewal import HoldLost, Renewal
from archives.media.seams import SeamMeasure, UnreadableMedia, from_times, measure
from archives.models import Seam, Segment
from archives.services.jobs import previews, seams

log = logging.getLogger(__name__)

# Both archives' times are those of the platform: rounded, and late by the start of a recording.
HINT_ERROR_MS = 3000.0
IN_THE_MEDIA = ("audio", "video")


class NoMedia(Exception):
    """One of the pieces has no file that could be read here; says which and why."""


def seam_measure(seam: Seam) -> None:
    """Measure a seam, unless somebody else does. Whatever the files are, the seam gets an answer."""
    if not seams.hold(seam, attempt=True):
        return
    if seam.attempts > seams.MOST_ATTEMPTS:
        why = f"Given up after {seams.MOST_ATTEMPTS} tries. {seam.error}"
        _settle(seam, _by_times(seam), why.strip())
        return
    try:
        found = _measured(seam)
    except HoldLost:
        log.info("seam %s: another process measures it", seam.pk)
    except (NoMedia, UnreadableMedia) as error:
        _settle(seam, _by_times(seam), str(error))
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
    earlier, later = seam.earlier.created_at_ms, _later(seam).created_at_ms
    return None if earlier is None or later is None else float(later - earlier)


def _later(seam: Seam) -> Segment:
    if seam.later is None:
        raise NoMedia("Nothing follows this piece.")
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
