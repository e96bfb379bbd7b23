"""Seams measured in kept files: what is measured when, what is written, and what a failure costs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from archives import clock
from archives.media import tasks
from archives.media.ingest.probe import probe
from archives.media.seams import SeamMeasure, SourceEstimate
from archives.media.seams import job as seaming
from archives.models import ArchiveRun, Estimate, Seam, Segment
from archives.services.jobs import ingest, leases
from archives.services.jobs import seams as measuring
from archives.timeline import Seam as Meeting
from archives.timeline import account_for, timeline_for
from archives.timeline.laid_out import LaidOut
from archives.timeline.rows import facts_for
from tests.support.media.segment_files import Recipe, make
from tests.support.media.stored_segments import START, keep_in, measured, new_run, piece

pytestmark = [pytest.mark.django_db, pytest.mark.media]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    return keep_in(tmp_path, settings)


@pytest.fixture
def run() -> ArchiveRun:
    return new_run()


def meetings(run: ArchiveRun) -> tuple[Meeting, ...]:
    """What holds of each seam now."""
    return account_for(run).seams


def sources(seam: Seam) -> list[str]:
    return [estimate.source for estimate in seam.estimates.all()]


def test_it_finds_the_true_offset_whatever_the_platforms_clock_says(run: ArchiveRun, folder: Path) -> None:
    piece(run, folder, 0, 250)
    piece(run, folder, 150, 400, wrong_ms=730)
    piece(run, folder, 325, 500, wrong_ms=-410)
    seams = measured(run)
    assert all(seam.settled_at and seam.due_at is None for seam in seams)
    for estimates in (list(seam.estimates.all()) for seam in seams):
        assert [(each.source, each.former) for each in estimates] == [("audio", False), ("video", False)]
        for estimate in estimates:
            assert estimate.low_ms < estimate.offset_ms < estimate.high_ms
            assert estimate.confidence >= 0.8
    verdicts = [met.verdict for met in meetings(run)]
    assert [verdict.source for verdict in verdicts] == ["audio", "audio"]
    assert [verdict.offset_ms for verdict in verdicts] == pytest.approx([6000, 7000], abs=2)
    assert [verdict.overlap_ms for verdict in verdicts] == pytest.approx([4000, 3000], abs=30)
    assert all(verdict.sure and verdict.confidence > 0.8 for verdict in verdicts)
    timeline = timeline_for(run)
    assert [span.kind for span in timeline.spans] == ["segment"] * 3
    assert timeline.duration_ms == pytest.approx(20_000, abs=30)
    joins = [one.out_ms - two.in_ms for one, two in zip(timeline.spans, timeline.spans[1:], strict=False)]
    assert joins == pytest.approx([6000, 7000], abs=2)


def test_a_gap_that_the_media_cannot_bridge_stays_with_its_bounds_and_its_cause(
    run: ArchiveRun, folder: Path
) -> None:
    piece(run, folder, 0, 150)
    piece(run, folder, 250, 400)
    (seam,) = measured(run)
    assert seam.settled_at is not None
    assert not [estimate for estimate in seam.estimates.all() if estimate.confidence >= 0.8]
    (met,) = meetings(run)
    assert (met.verdict.kind, met.verdict.source, met.verdict.sure) == ("gap", "times", False)
    assert met.verdict.overlap_ms == pytest.approx(-4000, abs=30)
    assert met.wall_ms == pytest.approx((START + 6000, START + 10_000), abs=30)
    (gap,) = account_for(run).gaps
    assert (gap.start_ms, gap.end_ms) == pytest.approx((6000, 10_000), abs=30)
    assert gap.causes == ("archive_ended",)
    spans = timeline_for(run).spans
    assert [span.kind for span in spans] == ["segment", "gap", "segment"]
    assert spans[1].causes == ("archive_ended",)


def test_a_gap_by_the_clock_that_the_media_refute_is_none(run: ArchiveRun, folder: Path) -> None:
    piece(run, folder, 0, 250)
    piece(run, folder, 225, 400, wrong_ms=1500)
    (before,) = account_for(run).gaps
    assert before.length_ms == pytest.approx(500, abs=30)
    measured(run)
    (met,) = meetings(run)
    assert (met.verdict.kind, met.verdict.source, met.causes) == ("overlap", "audio", ())
    assert account_for(run).gaps == ()
    assert [span.kind for span in timeline_for(run).spans] == ["segment", "segment"]


def test_a_piece_that_is_no_recording_is_a_hole_and_its_neighbours_meet(
    run: ArchiveRun, folder: Path
) -> None:
    one = piece(run, folder, 0, 200)
    broken = piece(run, folder, 150, 300, content=b"not a recording at all")
    two = piece(run, folder, 180, 400)
    assert broken.media_note.startswith("the file cannot be opened as a recording")
    (seam,) = measured(run)
    assert (seam.earlier, seam.later, sources(seam)) == (one, two, ["audio", "video"])
    assert all(span.segment != str(broken.pk) for span in timeline_for(run).spans)


def test_what_sound_and_pictures_say_is_stored_for_each(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With bounds and confidence of its own; the residual is with the one that the measurement rests on."""
    piece(run, folder, 0, 250)
    piece(run, folder, 150, 400)
    sound = SourceEstimate("audio", 4711.2, 0.61)
    both = SeamMeasure(6003.6, 3996.4, 0.93, "video", 1.5, other=sound)
    monkeypatch.setattr(seaming, "measure", lambda *files, **hints: both)
    (seam,) = measured(run)
    assert [
        (each.source, each.offset_ms, each.high_ms - each.low_ms, each.confidence, each.residual_av_ms)
        for each in seam.estimates.all()
    ] == [("audio", 4711, 40, 0.61, None), ("video", 6004, 80, 0.93, 1.5)]


def test_a_file_damaged_after_it_was_kept_is_told_and_the_times_are_used(
    run: ArchiveRun, folder: Path
) -> None:
    piece(run, folder, 0, 200)
    two = piece(run, folder, 150, 300)
    (folder / two.file).write_bytes(b"")
    (seam,) = measured(run)
    assert seam.settled_at is not None
    assert sources(seam) == []
    (met,) = meetings(run)
    assert (met.verdict.source, met.verdict.confidence) == ("times", 0.3)
    assert seam.job_error.startswith("segment 2 cannot be opened")
    assert seam.job_error_code == "unreadable"
    assert timeline_for(run).duration_ms == pytest.approx(12_000, abs=30)


def test_pieces_without_sound_are_measured_by_their_pictures_or_by_the_clock(
    run: ArchiveRun, folder: Path
) -> None:
    for number, (first, end) in enumerate([(0, 250), (150, 400)]):
        segment = piece(run, folder, first, end)
        make(folder / f"{number}.mp4", Recipe(first, end, sound=False))
        media = probe(folder / f"{number}.mp4")
        assert media.note == "no sound"
        assert segment.has_media
    measured(run)
    (met,) = meetings(run)
    assert met.verdict.source in ("video", "times")
    assert met.verdict.offset_ms == pytest.approx(6000, abs=40)


def test_a_piece_without_pictures_is_a_fact(folder: Path) -> None:
    media = probe(make(folder / "sound.mp4", Recipe(0, 50, picture=False)))
    assert (media.note, media.end_ms) == ("no picture", pytest.approx(2000, abs=30))
    (folder / "empty.mp4").write_bytes(b"")
    nothing = probe(folder / "empty.mp4")
    assert (nothing.begin_ms, nothing.end_ms) == (None, None)
    assert nothing.note.startswith("the file cannot be opened")


def test_a_piece_inside_another_does_not_hide_the_one_that_reaches_farther(
    run: ArchiveRun, folder: Path
) -> None:
    long, short, last = (
        piece(run, folder, 0, 300),
        piece(run, folder, 50, 100),
        piece(run, folder, 250, 400),
    )
    pairs = [(one.id, other.id) for one, other in LaidOut(facts_for(run)).pairs]
    assert pairs == [(str(long.pk), str(short.pk)), (str(long.pk), str(last.pk))]


def test_a_seam_waits_for_both_files(run: ArchiveRun, folder: Path) -> None:
    piece(run, folder, 0, 100)
    two = piece(run, folder, 50, 150)
    Segment.objects.filter(pk=two.pk).update(stored_at=None, file="")
    assert measuring.plan(run_id=run.pk) == 0
    two.refresh_from_db()
    assert ingest.done(two, file="1.mp4", size=1, sha256="", media_end_ms=4000)
    assert run.seams.get().due_at is not None


def test_the_sweep_queues_a_seam_once_and_the_task_measures_it(run: ArchiveRun, folder: Path) -> None:
    piece(run, folder, 0, 250)
    piece(run, folder, 150, 400)
    measuring.plan(run_id=run.pk)
    assert (tasks.enqueue_due(), tasks.enqueue_due()) == (1, 0)
    task = DBTaskResult.objects.get()
    tasks.run_job.call(*task.args_kwargs["args"])
    assert sources(run.seams.get()) == ["audio", "video"]
    run.refresh_from_db()
    assert run.due_at <= clock.now(), "the run is looked at again"


def test_a_task_that_was_killed_costs_a_wait_and_its_older_copy_does_nothing(
    run: ArchiveRun, folder: Path
) -> None:
    piece(run, folder, 0, 250)
    piece(run, folder, 150, 400)
    measuring.plan(run_id=run.pk)
    assert leases.claim(measuring.KIND, run.seams.get()), "begun, then killed"
    assert tasks.enqueue_due() == 0
    Seam.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert tasks.enqueue_due() == 1
    older = DBTaskResult.objects.get().args_kwargs["args"]
    Seam.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert tasks.enqueue_due() == 1
    tasks.run_job.call(*older)
    assert run.seams.get().settled_at is None
    assert not Estimate.objects.exists()


def test_a_seam_that_never_succeeds_ends_with_what_the_times_say(
    run: ArchiveRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **options: object) -> None:
        raise RuntimeError("the decoder crashed")

    monkeypatch.setattr(seaming, "measure", crash)
    piece(run, folder, 0, 250)
    piece(run, folder, 150, 400)
    for _ in range(3):
        (seam,) = measured(run)
        assert seam.due_at is not None
        assert measuring.pending(run=run)
    (seam,) = measured(run)
    assert (sources(seam), seam.due_at) == ([], None)
    assert seam.settled_at is not None
    (met,) = meetings(run)
    assert (met.verdict.source, met.verdict.offset_ms) == ("times", pytest.approx(6000, abs=30))
    assert seam.job_error == "Given up after 4 failed attempts. RuntimeError: the decoder crashed"
    assert not measuring.pending(run=run)


def test_a_run_does_not_wait_for_its_seams_for_ever(run: ArchiveRun, folder: Path) -> None:
    piece(run, folder, 0, 100)
    piece(run, folder, 50, 150)
    measuring.plan(run_id=run.pk)
    assert measuring.pending(run=run)
    long_ago = clock.now() - timedelta(hours=2)
    run.segments.update(stored_at=long_ago)
    run.ended_at = long_ago
    assert not measuring.pending(run=run)


def test_without_kept_files_nothing_is_planned(run: ArchiveRun, folder: Path, settings: Any) -> None:
    settings.KEEP_FILES = False
    piece(run, folder, 0, 100)
    piece(run, folder, 50, 150)
    assert measuring.plan(run_id=run.pk) == 0
    assert not Seam.objects.exists()
