"""A timeline as the plan of an export. Knows the shape of `archives.timeline`, not the rows behind it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from archives.media.export.plan import ExportPlan, GapSpan, PieceSpan
from archives.timeline import Span, Timeline
from archives.timeline.causes import sentence


def plan_for(
    timeline: Timeline,
    path_of: Callable[[str], Path],
    *,
    name: str,
    created_at: datetime,
    gaps: Literal["black", "close"] = "black",
) -> ExportPlan:
    """`path_of` gives the kept file of a segment's id."""
    spans = tuple(_span(span, path_of) for span in timeline.spans)
    return ExportPlan(name, created_at, spans, gaps)


def _span(span: Span, path_of: Callable[[str], Path]) -> PieceSpan | GapSpan:
    if span.segment is None:
        return GapSpan(span.start_ms, span.length_ms, " ".join(map(sentence, span.causes)))
    window = span.change_from_ms, span.change_until_ms
    return PieceSpan(
        path_of(span.segment),
        span.start_ms,
        span.in_ms,
        span.out_ms,
        *window,
        pictures_early_ms=span.pictures_early_ms,
    )
