"""The account of a run as one SVG, to see at a glance what was recorded when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from archives import clock
from archives.models import Side
from archives.timeline import Account, Gap, Seam
from archives.timeline.causes import sentence
from archives.timeline.facts import SegmentFacts

LANE, HEIGHT = 22, 56
COLOURS = {Side.PRIMARY: "#2f6fb3", Side.SECONDARY: "#7a5aa8"}
# As on the player's line; red is for what records.
HATCH = (
    "<defs><pattern id='hatch' width='8' height='8' patternUnits='userSpaceOnUse' "
    "patternTransform='rotate(45)'><rect width='8' height='8' fill='#b8860b' opacity='.25'/>"
    "<rect width='4' height='8' fill='#b8860b'/></pattern></defs>"
)

STATES = {"ready": "available", "pending": "not ready yet", "live": "recording", "lost": "lost"}

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


def time_bar(account: Account) -> SafeString:
    """One lane per session; overlaps as seams, gaps hatched. "" if nothing began."""
    if not account.stretches:
        return SafeString("")
    began = account.began_at_ms
    ends = [bounds[1] for _, bounds in account.stretches]
    begin = clock.from_ms(round(min(bounds[0] for _, bounds in account.stretches)))
    end = clock.from_ms(round(max(*ends, began + account.duration_ms)))
    scale = Scale(begin, max((end - begin).total_seconds(), 1.0))
    drawn = [
        *(_block(segment, _instants(bounds), scale) for segment, bounds in account.stretches),
        *(_joint(seam, scale) for seam in account.seams if seam.verdict.kind == "overlap"),
        *(_gap(gap, began, scale) for gap in account.gaps),
    ]
    segments = len({segment.id for segment, _ in account.stretches})
    return format_html(
        '<svg width="100%" height="{}" role="img" aria-label="{}">{}{}</svg>',
        HEIGHT,
        f"{segments} segments from {begin:%H:%M:%S} to {end:%H:%M:%S} UTC",
        SafeString(HATCH),
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _instants(bounds: tuple[float, float]) -> Bounds:
    return clock.from_ms(round(bounds[0])), clock.from_ms(round(bounds[1]))


def _block(segment: SegmentFacts, bounds: Bounds, scale: Scale) -> str:
    y = 4 if segment.session == Side.PRIMARY else 4 + LANE + 4
    title = (
        f"Segment {segment.ordinal + 1}, {segment.session}, {STATES[segment.state]}, "
        f"{bounds[0]:%H:%M:%S} to {bounds[1]:%H:%M:%S} UTC"
    )
    return scale.rect(bounds, y, LANE, COLOURS[Side(segment.session)], title)


def _joint(seam: Seam, scale: Scale) -> str:
    shared = _instants(seam.wall_ms)
    length = (shared[1] - shared[0]).total_seconds()
    return scale.rect(shared, 4 + LANE, 4, "#1b7f4b", f"Both record for {length:.1f} s")


def _gap(gap: Gap, began_at_ms: int, scale: Scale) -> str:
    bounds = _instants((began_at_ms + gap.start_ms, began_at_ms + gap.end_ms))
    why = " ".join(sentence(cause, "operator") for cause in gap.causes)
    return scale.rect(
        bounds, 0, HEIGHT, "url(#hatch)", f"Not recorded for {gap.length_ms / 1000:.1f} s. {why}"
    )
