"""A run's pieces, seams and gaps as one SVG, to see at a glance what was recorded when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from archives.models import Seam, Segment, Side

WIDTH, LANE, HEIGHT = 1000.0, 22, 56
COLOURS = {Side.PRIMARY: "#2f6fb3", Side.SECONDARY: "#7a5aa8"}
STYLE = (
    "<defs><pattern id='hatch' width='6' height='6' patternUnits='userSpaceOnUse' "
    "patternTransform='rotate(45)'><rect width='6' height='6' fill='#fff'/>"
    "<rect width='3' height='6' fill='#b3261e'/></pattern></defs>"
)

Bounds = tuple[datetime, datetime]


def time_bar(segments: Iterable[Segment], gaps: Iterable[Seam], now: datetime) -> SafeString:
    """One lane for each session; overlaps as joints, gaps hatched. "" where nothing was recorded yet."""
    pieces = [(s, (s.started_at, s.stopped_at or now)) for s in segments if s.started_at is not None]
    if not pieces:
        return SafeString("")
    begin = min(bounds[0] for _, bounds in pieces)
    end = max(max(bounds[1] for _, bounds in pieces), begin)
    scale = WIDTH / max((end - begin).total_seconds(), 1.0)
    drawn = [
        *(_block(segment, bounds, begin, scale) for segment, bounds in pieces),
        *(_joint(one[1], other[1], begin, scale) for one, other in pairwise(pieces)),
        *(_gap(gap, begin, scale) for gap in gaps),
    ]
    return format_html(
        '<svg viewBox="0 0 {} {}" width="100%" height="{}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}{}</svg>',
        WIDTH,
        HEIGHT,
        HEIGHT,
        f"{len(pieces)} pieces from {begin:%H:%M:%S} to {end:%H:%M:%S} UTC",
        SafeString(STYLE),
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _rect(bounds: Bounds, begin: datetime, scale: float, y: int, height: int, fill: str, title: str) -> str:
    x = (bounds[0] - begin).total_seconds() * scale
    width = max((bounds[1] - bounds[0]).total_seconds() * scale, 1.0)
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"><title>{}</title></rect>',
        f"{x:.2f}",
        y,
        f"{width:.2f}",
        height,
        fill,
        title,
    )


def _block(segment: Segment, bounds: Bounds, begin: datetime, scale: float) -> str:
    y = 4 if segment.session == Side.PRIMARY else 4 + LANE + 4
    title = (
        f"Piece {segment.ordinal}, {segment.get_session_display().lower()}, "
        f"{segment.get_status_display().lower()}, {bounds[0]:%H:%M:%S} to {bounds[1]:%H:%M:%S}"
    )
    return _rect(bounds, begin, scale, y, LANE, COLOURS[Side(segment.session)], title)


def _joint(one: Bounds, other: Bounds, begin: datetime, scale: float) -> str:
    overlap = (max(one[0], other[0]), min(one[1], other[1]))
    if overlap[0] >= overlap[1]:
        return SafeString("")
    length = (overlap[1] - overlap[0]).total_seconds()
    return _rect(overlap, begin, scale, 4 + LANE, 4, "#1b7f4b", f"Both record for {length:.1f} s")


def _gap(gap: Seam, begin: datetime, scale: float) -> str:
    if gap.gap_from is None or gap.gap_until is None:
        return SafeString("")
    length = (gap.gap_until - gap.gap_from).total_seconds()
    bounds = (gap.gap_from, gap.gap_until)
    return _rect(
        bounds, begin, scale, 0, HEIGHT, "url(#hatch)", f"Not recorded for {length:.1f} s: {gap.cause}"
    )
