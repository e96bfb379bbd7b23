"""How well the instants are known at which stretches of media begin and end. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from .clocks import Bounds
from .facts import SegmentFacts
from .laid_out import EDGE_MS, STALL_MS, LaidOut, last_pause
from .parts import Piece

# The platform's lengths and times may be those of the second before or after.
ROUNDED_MS = 1000.0


class Edges:
    """How well the instants are known at which stretches of media end and begin."""

    def __init__(self, laid_out: LaidOut) -> None:
        ends: list[Bounds] = []
        begins: list[Bounds] = []
        for segment in laid_out.facts.segments:
            piece, zero = laid_out.pieces_of[segment.id], laid_out.zeros[segment.id]
            # Where a measured seam has put it, against its own clock.
            moved = abs(zero - piece.wall_ms)
            begins.append((laid_out.begin_of(segment), segment.rounded_ms))
            stood_ms = 0.0
            for each in piece.breaks:
                ended = zero + each.at_ms + stood_ms
                stood_ms += each.length_ms
                ends.append((ended, moved + each.margins_ms[0]))
                begins.append((ended + each.length_ms, moved + each.margins_ms[1]))
            ends.append(
                (laid_out.end_of(segment), segment.rounded_ms + _end_margin_ms(laid_out, segment, piece))
            )
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


def _end_margin_ms(laid_out: LaidOut, segment: SegmentFacts, piece: Piece) -> float:
    """By how much its media may end earlier than stated."""
    if segment.ended_ms is None:
        return 0.0
    pause = last_pause(segment)
    ended_ms = pause.since if pause else segment.ended_ms
    lacks_ms = ended_ms[0] - segment.zero_ms - piece.elapsed_ms(piece.end_ms)
    if max(lacks_ms, laid_out.lacks_ms(segment)) > STALL_MS:
        # Its recorder may have stood still at any time.
        return piece.end_ms - piece.begin_ms
    slack = sum(sum(each.margins_ms) for each in piece.breaks)
    known = ended_ms[1] - ended_ms[0] + EDGE_MS
    return min(slack, known) + (0.0 if segment.probed else _unprobed_ms(segment, ended_ms))


def _unprobed_ms(segment: SegmentFacts, ended_ms: Bounds) -> float:
    """As long as nobody has looked into the file."""
    if segment.media_ms[1] is not None:
        return ROUNDED_MS if segment.media_ms[1] % 1000 == 0 else 0.0
    return ended_ms[1] - ended_ms[0]
