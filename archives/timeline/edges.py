"""How well the instants are known at which stretches of media begin and end. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from .clocks import Bounds
from .facts import SegmentFacts
from .laid_out import EDGE_MS, LaidOut

# The platform's lengths and times may be those of the second before or after.
ROUNDED_MS = 1000.0


class Edges:
    """How well the instants are known at which stretches of media end and begin."""

    def __init__(self, laid_out: LaidOut) -> None:
        ends: list[Bounds] = []
        begins: list[Bounds] = []
        for segment in laid_out.facts.segments:
            piece, zero = laid_out.pieces_of[segment.id], laid_out.zeros[segment.id]
            begins.append((laid_out.begin_of(segment), segment.rounded_ms))
            for each in piece.breaks:
                resumed = zero + piece.elapsed_ms(each.at_ms)
                ends.append((resumed - each.length_ms, each.margins_ms[0]))
                begins.append((resumed, each.margins_ms[1]))
            ends.append((laid_out.end_of(segment), segment.rounded_ms + _end_margin_ms(segment)))
        self._ends, self._begins = sorted(ends), sorted(begins)

    def margins(self, since: float, until: float) -> tuple[int, int]:
        """By how much a gap between these instants may have begun earlier, and ended later."""
        before, after = _nearest(self._ends, since), _nearest(self._begins, until)
        return round(EDGE_MS + before), round(EDGE_MS + after)


def _nearest(edges: Sequence[Bounds], instant: float) -> float:
    """The margin of the edge at this instant (to rounding); 0 if there is none."""
    at = bisect_left(edges, instant, key=lambda edge: edge[0])
    near = [edge for edge in edges[max(0, at - 1) : at + 2] if abs(edge[0] - instant) <= 2]
    return max((margin for _, margin in near), default=0.0)


def _end_margin_ms(segment: SegmentFacts) -> float:
    """By how much its media may end earlier than stated: as long as nobody has looked into the file."""
    if segment.probed or segment.ended_ms is None:
        return 0.0
    if segment.media_ms[1] is not None:
        return ROUNDED_MS if segment.media_ms[1] % 1000 == 0 else 0.0
    return segment.ended_ms[1] - segment.ended_ms[0]
