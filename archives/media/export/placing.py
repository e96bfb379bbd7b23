"""Puts the spans of a plan on the clock of the export, which runs on without a hole."""

from collections.abc import Iterator
from dataclasses import dataclass

from archives.media.export.plan import ExportError, ExportPlan, GapSpan, PieceSpan

# Rounding of a plan's times, not a hole in it.
TOLERANCE_MS = 2.0


@dataclass(frozen=True)
class Placed:
    """A span between two instants of the export. `moved_ms` is added to the run's clock to get there."""

    number: int
    span: PieceSpan | GapSpan
    begin_ms: float
    end_ms: float
    moved_ms: float = 0.0

    @property
    def add_ms(self) -> float:
        """Added to a presentation time of the piece to get the instant of the export."""
        assert isinstance(self.span, PieceSpan)  # noqa: S101 — a gap has no clock of its own
        return self.span.start_ms + self.moved_ms - self.span.in_ms

    @property
    def add_to_pictures_ms(self) -> float:
        """The same for frames, which may come before or after their sound."""
        assert isinstance(self.span, PieceSpan)  # noqa: S101 — a gap has no clock of its own
        return self.add_ms + self.span.pictures_early_ms

    @property
    def window_ms(self) -> tuple[float, float] | None:
        """Where the change-over to this piece may lie, on the clock of the export."""
        span = self.span
        if isinstance(span, GapSpan) or span.cut_earliest_ms is None or span.cut_latest_ms is None:
            return None
        return span.cut_earliest_ms + self.moved_ms, span.cut_latest_ms + self.moved_ms


def place(plan: ExportPlan) -> Iterator[Placed]:
    """Raises ExportError when the spans leave a hole, run backwards or hold nothing."""
    if not any(isinstance(span, PieceSpan) for span in plan.spans):
        raise ExportError("There is nothing to export: the run has no pieces with media yet.")
    at = None
    moved = -plan.spans[0].start_ms
    for number, span in enumerate(plan.spans):
        _check(number, span, at)
        at = span.start_ms + span.length_ms
        if isinstance(span, GapSpan) and plan.gaps == "close":
            moved -= span.length_ms
            continue
        yield Placed(number, span, span.start_ms + moved, at + moved, moved)


def _check(number: int, span: PieceSpan | GapSpan, at: float | None) -> None:
    if span.length_ms < 0:
        raise ExportError(f"Span {number} of the plan ends before it begins.")
    if at is not None and abs(span.start_ms - at) > TOLERANCE_MS:
        raise ExportError(
            f"Span {number} begins at {span.start_ms:.0f} ms, but the one before it ends at {at:.0f} ms."
        )
