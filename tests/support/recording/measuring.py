"""Seams as a measurement of the media would find them: right, unsure, or unsure and wrong.

The truth is what each archive of the fake platform recorded; the product pairs the segments.
"""

from __future__ import annotations

from datetime import datetime

from archives import clock
from archives.models import ArchiveRun, Seam, Segment
from archives.timeline.absences import both
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for
from tests.support.platform.fake_platform import FakeArchive, FakePlatform
from tests.support.recording.recorded import recorded_of

# A measurement needs so much that both recorded.
LEAST_SHARED_MS = 500
SURE, UNSURE, WRONG = KINDS = ("sure", "unsure", "wrong")
# (error of the offset in ms, confidence)
OF_OVERLAPS = {SURE: (4, 0.95), UNSURE: (20, 0.5), WRONG: (-620, 0.53)}


def measure(platform: FakePlatform, run: ArchiveRun, kinds: list[str]) -> None:
    """Probe every file that there is and measure every seam between two of them, each as one of `kinds`."""
    archives = {pk: a for pk, a in platform.archives.items() if a.ended and a.status == "available"}
    for segment in run.segments.filter(archive_id__in=archives, status="available"):
        end_ms = round(archives[segment.archive_id].recorded_s() * 1000)
        Segment.objects.filter(pk=segment.pk).update(media_begin_ms=0, media_end_ms=end_ms)
    known = dict(run.segments.filter(media_end_ms__gt=0).values_list("pk", "archive_id"))
    by_id = {str(pk): archives[archive_id] for pk, archive_id in known.items() if archive_id in archives}
    for index, (earlier, later) in enumerate(LaidOut(facts_for(run)).pairs):
        if earlier.id in by_id and later.id in by_id:
            _measure(
                run, earlier.id, later.id, (by_id[earlier.id], by_id[later.id]), kinds[index % len(kinds)]
            )


def _measure(
    run: ArchiveRun, earlier: str, later: str, archives: tuple[FakeArchive, FakeArchive], kind: str
) -> None:
    offset_ms = _true_offset_ms(*archives)
    if offset_ms is None:
        if kind == SURE:
            return
        # Nothing is shared, but something like it was found: words repeat.
        offset_ms, confidence = archives[0].recorded_s() * 1000 - 620, 0.53
    else:
        error_ms, confidence = OF_OVERLAPS[kind]
        offset_ms += error_ms
    seam, _ = Seam.objects.get_or_create(run=run, earlier_id=earlier, later_id=later)
    Seam.objects.filter(pk=seam.pk).update(settled_at=clock.now())
    facts = {"offset_ms": offset_ms, "low_ms": offset_ms - 20, "high_ms": offset_ms + 20}
    seam.estimates.update_or_create(source="audio", defaults=facts | {"confidence": confidence})


def _true_offset_ms(earlier: FakeArchive, later: FakeArchive) -> float | None:
    """The place in the earlier one's media of media time 0 of the later one; None if nothing can show it.

    A standstill in what both recorded makes that two places: nothing is measured then.
    """
    assert earlier.ended
    assert later.ended
    ours, theirs = (recorded_of(archive, archive.ended or later.ended) for archive in (earlier, later))
    shared = both(*([(clock.to_ms(a), clock.to_ms(b)) for a, b in spans] for spans in (ours, theirs)))
    if len(shared) != 1 or shared[0][1] - shared[0][0] < LEAST_SHARED_MS:
        return None
    at = clock.from_ms(shared[0][0])
    return _media_ms(ours, at) - _media_ms(theirs, at)


def _media_ms(recorded: list[tuple[datetime, datetime]], at: datetime) -> float:
    return sum(max(0.0, (min(until, at) - since).total_seconds()) for since, until in recorded) * 1000
