"""A run's rows as a timeline."""

import pytest

from archives import clock
from archives.models import ArchiveRun, Room, Seam, Segment
from archives.timeline import account_for, timeline_for
from archives.timeline.rows import cause_of

START = 1_700_000_000_000
pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    room = Room.objects.create(slug="court-4", name="Court 4")
    return ArchiveRun.objects.create(room=room, name="Day 1", strategy="dual_session", status="complete")


def segment(run, begin, length, status="available", **kw):
    ordinal = run.segments.count() + 1
    return Segment.objects.create(
        run=run,
        ordinal=ordinal,
        session="primary",
        session_id="s",
        archive_id=f"archive-{run.pk}-{ordinal}",
        status=status,
        created_at_ms=START + begin,
        duration_ms=length,
        **kw,
    )


def measured(run, earlier, later, offset_ms, confidence=1.0, source="audio", **facts):
    seam = Seam.objects.create(run=run, earlier=earlier, later=later, settled_at=clock.now())
    bounds = {"low_ms": offset_ms - 20, "high_ms": offset_ms + 20}
    seam.estimates.create(source=source, offset_ms=offset_ms, confidence=confidence, **bounds, **facts)


def test_it_follows_measured_seams_rather_than_the_platforms_clock(run):
    first, second = segment(run, 0, 60_000), segment(run, 54_000, 60_000)
    measured(run, first, second, 55_200)
    timeline = timeline_for(run)
    assert timeline.duration_ms == 115_200
    assert timeline.spans[0].out_ms - timeline.spans[1].in_ms == 55_200


def test_a_seam_that_was_not_measured_leaves_the_platforms_clock(run):
    first, second = segment(run, 0, 60_000), segment(run, 54_000, 60_000)
    Seam.objects.create(run=run, earlier=first, later=second)
    assert timeline_for(run).duration_ms == 114_000


def test_a_piece_that_failed_is_a_gap_with_its_reason(run):
    segment(run, 0, 60_000)
    segment(run, 60_000, 30_000, status="failed", reason="failure")
    segment(run, 90_000, 60_000)
    gap = timeline_for(run).spans[1]
    assert (gap.kind, gap.start_ms, gap.out_ms) == ("gap", 60_000, 30_000)
    assert gap.causes == ("recorder_failed",)


def test_a_piece_that_expired_is_shown_only_if_its_file_was_kept(run):
    segment(run, 0, 60_000, status="expired", file="kept.mp4")
    segment(run, 59_000, 60_000, status="expired")
    assert [span.kind for span in timeline_for(run).spans] == ["segment", "gap"]


def test_a_gap_says_why_the_archive_before_it_has_ended(run):
    segment(run, 0, 60_000, reason="maximum idle time exceeded")
    segment(run, 70_000, 60_000)
    gaps = [span for span in timeline_for(run).spans if span.kind == "gap"]
    assert [(gap.start_ms, gap.out_ms, gap.causes) for gap in gaps] == [(60_000, 10_000, ("idle_limit",))]


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"status": "failed", "error_code": "archive_lost", "error": "any text"}, "archive_lost"),
        ({"status": "failed", "error": "any text"}, "recorder_failed"),
        ({"status": "absent", "error_code": "no_clients", "error": "any text"}, "never_started"),
        ({"due_at": None, "job_error_code": "empty", "job_error": "any text"}, "empty"),
        ({"due_at": None, "job_error_code": "file_gone", "job_error": "any text"}, "file_gone"),
        ({"due_at": None, "job_error": "The archive has no media: its file is 0 bytes long."}, "not_stored"),
        # Of an attempt that is followed by another.
        (
            {"status": "deleted", "due_at": clock.now(), "job_error_code": "empty", "job_error": "x"},
            "file_gone",
        ),
    ],
)
def test_what_is_lost_has_the_cause_of_its_code(run, settings, facts, cause):
    settings.KEEP_FILES = True
    assert cause_of(segment(run, 0, 60_000, **facts)) == cause


def test_a_run_without_pieces_is_empty(run):
    assert timeline_for(run).spans == ()


def test_a_piece_that_still_records_is_not_part_of_the_run_yet(run):
    segment(run, 0, 60_000)
    segment(run, 59_000, 0, status="started")
    assert timeline_for(run).duration_ms == 60_000


@pytest.mark.parametrize("pieces", [2, 40])
def test_it_takes_five_queries_however_many_pieces(run, pieces, django_assert_num_queries):
    for number in range(pieces):
        segment(run, number * 10_000, 11_000)
    with django_assert_num_queries(5):
        assert len(timeline_for(run).spans) == pieces


@pytest.mark.parametrize("kept", [True, False])
def test_a_file_in_a_storage_of_somebody_elses_is_not_lost(run, settings, kept):
    """The platform has uploaded it, and this site does not read that storage: it is there all the same."""
    settings.KEEP_FILES = kept
    stored_at = clock.now() if kept else None
    segment(run, 0, 60_000, status="uploaded", size=1000, stored_at=stored_at)
    account = account_for(run)
    assert (account.result, account.duration_ms) == ("complete", 60_000)
    assert account.timeline.spans[0].causes == ("elsewhere",)


def test_an_uploaded_file_of_no_length_is_empty(run, settings):
    settings.KEEP_FILES = False
    segment(run, 0, 0, status="uploaded", size=0)
    assert account_for(run).result == "nothing_recorded"
