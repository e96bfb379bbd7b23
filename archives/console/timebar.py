"""A run's pieces, seams and gaps as one SVG, to see at a glance what was recorded when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from archives.models import Seam, Segment, Side

LANE, HEIGHT = 22, 56
COLOURS = {Side.PRIMARY: "#2f6fb3", Side.SECONDARY: "#7a5aa8"}
# As on the player's line; red is for what records.
HATCH = (
    "<defs><pattern id='hatch' width='8' height='8' patternUnits='userSpaceOnUse' "
    "patternTransform='rotate(45)'><rect width='8' height='8' fill='#b8860b' opacity='.25'/>"
    "<rect width='4' height='8' fill='#b8860b'/></pattern></defs>"
)

Bounds = tuple[datetime, datetime]


@dataclass(frozen=True)
class Scale:
    """Places are in per cent, so that nothing is squeezed on a narrow page."""

    begin: datetime
    seconds: float

    def rect(self, bounds: Bounds, y: int, height: int, fill: str, title: str) -> str:
        x, end = (100 * (instant - self.begin).total_seconds() / self.seconds for instant in bounds)
        return format_html(
            '<rect x="{}%" y="{}" width="{}%" height="{}" fill="{}"><title>{}</title></rect>',
            f"{x:.3f}",
            y,
            f"{max(end - x, 0.1):.3f}",
            height,
            fill,
            title,
        )


def time_bar(segments: Iterable[Segment], gaps: Iterable[Seam], now: datetime) -> SafeString:
    """One lane for each session; overlaps as joints, gaps hatched. "" where nothing was recorded yet."""
    pieces = [(s, (s.started_at, s.stopped_at or now)) for s in segments if s.started_at is not None]
    if not pieces:
        return SafeString("")
    begin = min(bounds[0] for _, bounds in pieces)
    end = max(max(bounds[1] for _, bounds in pieces), begin)
    scale = Scale(begin, max((end - begin).total_seconds(), 1.0))
    drawn = [
        *(_block(segment, bounds, scale) for segment, bounds in pieces),
        *(_joint(one[1], other[1], scale) for one, other in pairwise(pieces)),
        *(_gap(gap, scale) for gap in gaps),
    ]
    return format_html(
        '<svg width="100%" height="{}" role="img" aria-label="{}">{}{}</svg>',
        HEIGHT,
        f"{len(pieces)} pieces from {begin:%H:%M:%S} to {end:%H:%M:%S} UTC",
        SafeString(HATCH),
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _block(segment: Segment, bounds: Bounds, scale: Scale) -> str:
    y = 4 if segment.session == Side.PRIMARY else 4 + LANE + 4
    title = (
        f"Piece {segment.ordinal}, {segment.get_session_display().lower()}, "
        f"{segment.get_status_display().lower()}, {bounds[0]:%H:%M:%S} to {bounds[1]:%H:%M:%S}"
    )
    return scale.rect(bounds, y, LANE, COLOURS[Side(segment.session)], title)


def _joint(one: Bounds, other: Bounds, scale: Scale) -> str:
    overlap = (max(one[0], other[0]), min(one[1], other[1]))
    if overlap[0] >= overlap[1]:
        return SafeString("")
    length = (overlap[1] - overlap[0]).total_seconds()
    return scale.rect(overlap, 4 + LANE, 4, "#1b7f4b", f"Both record for {length:.1f} s")


def _gap(gap: Seam, scale: Scale) -> str:
    if gap.gap_from is None or gap.gap_until is None:
        return SafeString("")
    length = (gap.gap_until - gap.gap_from).total_seconds()
    bounds = (gap.gap_from, gap.gap_until)
    return scale.rect(bounds, 0, HEIGHT, "url(#hatch)", f"Not recorded for {length:.1f} s: {gap.cause}")
