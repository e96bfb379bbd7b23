"""The plan of an export says what the timeline says."""

from datetime import UTC, datetime
from pathlib import Path

from archives.media.export import GapSpan, PieceSpan
from archives.media.export.timeline_plan import plan_for
from archives.timeline import Span, Timeline

CREATED = datetime(2026, 3, 4, tzinfo=UTC)


def planned(*spans: Span) -> tuple[PieceSpan | GapSpan, ...]:
    return plan_for(
        Timeline(spans, 0), lambda segment: Path(f"{segment}.mp4"), name="Run", created_at=CREATED
    ).spans


def test_it_names_the_file_of_each_segment_and_the_cause_of_each_gap() -> None:
    spans = planned(
        Span("segment", "a", "primary", 0, 0, 5000),
        Span("gap", None, None, 5000, 0, 700, ("nobody_published",)),
    )
    assert spans == (
        PieceSpan(Path("a.mp4"), 0, 0, 5000),
        GapSpan(5000, 700, "Nobody was sending picture or sound."),
    )


def test_it_lets_the_cut_move_where_both_pieces_show_the_same() -> None:
    (span,) = planned(Span("segment", "b", "secondary", 10_000, 2000, 9000, (), 8600, 12_000))
    assert span == PieceSpan(Path("b.mp4"), 10_000, 2000, 9000, 8600, 12_000)
