"""The segments of a run laid out in time: their clocks, how they meet, and what was not recorded. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .causes import UNKNOWN
from .clocks import Bounds, Break, Pause, breaks_of, media_ms, stretches
from .facts import RunFacts, SegmentFacts
from .layout import zeros_of
from .parts import Hole, Join, Piece, State
from .verdicts import LEAST_GAP_MS, Estimate, Meeting, Verdict, decide

# The platform's times of two archives, and a recorder's start-up, agree to about this.
TIMES_ERROR_MS = 1500.0
TIMES_CONFIDENCE = 0.3
# How late the last frames of an archive, or the first of the next, may be against the stated instants.
EDGE_MS = 200.0
# A file that is shorter than the time recorded by more than this: its recorder stood still.
STALL_MS = 2500.0
# An end known to better than this shows how long the recorder stood still.
END_KNOWN_MS = 2500.0


class LaidOut:
    """Lays the segments out when it is made."""

    def __init__(self, facts: RunFacts) -> None:
        self.facts = facts
        self.pieces_of = {segment.id: _piece(segment, facts.now_ms) for segment in facts.segments}
        self.has_pending = any(
            segment.state in ("pending", "live", "elsewhere") for segment in facts.segments
        )
        self.pairs = list(neighbours(facts.segments, self._reach))
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._joins: dict[tuple[str, str], Join] = {}
        self._join()
        self.zeros = zeros_of(self.pieces, self.joins)

    @property
    def pieces(self) -> list[Piece]:
        return list(self.pieces_of.values())

    @property
    def presumed(self) -> list[Piece]:
        """What still records, or is not stored yet, counts as recorded."""
        return [replace(each, state="ready") if each.state == "pending" else each for each in self.pieces]

    @property
    def joins(self) -> list[Join]:
        return list(self._joins.values())

    def begin_of(self, segment: SegmentFacts) -> float:
        """When its media begins, by the wall clock."""
        piece = self.pieces_of[segment.id]
        return self.zeros[segment.id] + piece.elapsed_ms(piece.begin_ms)

    def end_of(self, segment: SegmentFacts) -> float:
        piece = self.pieces_of[segment.id]
        return self.zeros[segment.id] + _elapsed_at_end(piece)

    def recorded(self, segment: SegmentFacts) -> list[Bounds]:
        """When it recorded, by the wall clock."""
        piece, zero = self.pieces_of[segment.id], self.zeros[segment.id]
        found = stretches(piece.breaks, piece.begin_ms, piece.end_ms)
        return [(zero + begin + shift, zero + end + shift) for begin, end, shift in found]

    def verdict(self, earlier: SegmentFacts, later: SegmentFacts) -> Verdict:
        """How two neighbours lie to each other; if nothing was measured, as the layout has placed them."""
        decided = self._verdicts[earlier.id, later.id]
        if (earlier.id, later.id) in self._joins:
            return decided
        one, other = self.pieces_of[earlier.id], self.pieces_of[later.id]
        offset = _offset_ms(one, other, self.zeros[later.id] - self.zeros[earlier.id])
        meeting = Meeting(one.end_ms, other.begin_ms, covered=False)
        placed = Estimate("times", offset, decided.low_ms, decided.high_ms, decided.confidence)
        return replace(decide(meeting, placed, ()), contradicted_by=decided.contradicted_by)

    def offset_by_clocks(self, earlier: str, later: str) -> float:
        """Position in the media of `earlier` at which that of `later` begins, as far as clocks know."""
        one, other = self.pieces_of[earlier], self.pieces_of[later]
        return _offset_ms(one, other, other.wall_ms - one.wall_ms)

    def _reach(self, segment: SegmentFacts) -> float:
        piece = self.pieces_of[segment.id]
        return piece.wall_ms + _elapsed_at_end(piece)

    # --- how segments lie to each other ---
    def _join(self) -> None:
        for earlier, later in self.pairs:
            self._decide(earlier, later, later.began_ms - earlier.began_ms)
        # Groups of joined segments are placed by their members' clocks together: that may tear apart what was
        # covered and is in no group with its neighbour.
        zeros = zeros_of(self.pieces, self.joins)
        for earlier, later in self.pairs:
            if (earlier.id, later.id) not in self._joins:
                self._decide(earlier, later, zeros[later.id] - zeros[earlier.id])

    def _decide(self, earlier: SegmentFacts, later: SegmentFacts, apart_ms: float) -> None:
        """`apart_ms`: wall-clock time between their media times 0, by their clocks."""
        pair = earlier.id, later.id
        measured = self.facts.estimates.get(pair, ())
        self._find_stall(earlier, later, measured, apart_ms)
        one, other = self.pieces_of[earlier.id], self.pieces_of[later.id]
        meeting = Meeting(one.end_ms, other.begin_ms, _covered(earlier, later))
        offset = _offset_ms(one, other, apart_ms)
        error = TIMES_ERROR_MS + earlier.rounded_ms + later.rounded_ms
        times = Estimate("times", offset, offset - error, offset + error, TIMES_CONFIDENCE)
        verdict = self._verdicts[pair] = decide(meeting, times, measured)
        if verdict.source != "times" or verdict.offset_ms != offset:
            self._joins[pair] = Join(earlier.id, later.id, verdict.offset_ms, verdict.confidence)

    def _find_stall(
        self, earlier: SegmentFacts, later: SegmentFacts, measured: Sequence[Estimate], apart_ms: float
    ) -> None:
        """A measured seam says how long the earlier one's media was until then; the clocks, how long it took.

        Where that differs by more than clocks can, its recorder stood still. When exactly is not known.
        """
        sure = next((each for each in measured if each.sure and not each.former), None)
        one, other = self.pieces_of[earlier.id], self.pieces_of[later.id]
        if sure is None or not one.begin_ms < sure.offset_ms + other.begin_ms <= one.end_ms:
            return
        at = sure.offset_ms + other.begin_ms
        stood_ms = apart_ms + other.elapsed_ms(other.begin_ms) - one.elapsed_ms(at)
        error = earlier.rounded_ms + later.rounded_ms
        # The earlier one has to have been on for so much longer than its media, too.
        until = earlier.ended_ms[1] if earlier.ended_ms else earlier.began_ms
        most = until - earlier.began_ms - _elapsed_at_end(one) + TIMES_ERROR_MS
        if STALL_MS + error < stood_ms <= most + error:
            stall = Break(at, stood_ms, "recorder_stalled", (at - one.begin_ms, 0.0))
            self.pieces_of[earlier.id] = replace(one, breaks=_in_order([*one.breaks, stall]))

    # --- what is missing ---
    @property
    def holes(self) -> list[Hole]:
        """Why nothing is there after a segment's end; and what follows the last one until the stop."""
        holes = []
        for earlier, later in self._ends():
            begin = self.end_of(earlier)
            until = self.begin_of(later) if later else self._expected_until_ms(earlier)
            if until is not None and until - begin >= LEAST_GAP_MS:
                holes.append(Hole(begin, until, _why_ended(earlier, later)))
        return holes

    def _ends(self) -> Iterable[tuple[SegmentFacts, SegmentFacts | None]]:
        """Each segment that something follows, and the last one, which nothing follows."""
        yield from self.pairs
        kept = [each for each in self.facts.segments if each.state != "lost"] or list(self.facts.segments)
        if kept:
            yield max(kept, key=self.end_of), None

    def _expected_until_ms(self, last: SegmentFacts) -> float | None:
        """Until when something should have recorded after `last`: the stop that was asked for, or now."""
        if _open_pause(last) is None:
            if last.ended_ms is None:
                return None
            if last.closed_ms is not None and last.closed_ms - self.end_of(last) < STALL_MS:
                return None
        if self.facts.stop_requested_ms is not None:
            return self.facts.stop_requested_ms
        # A gap that begins just now counts already: no later write would report it.
        return max(self.facts.now_ms, self.end_of(last) + LEAST_GAP_MS) if self.facts.live else None


def neighbours(
    segments: Iterable[SegmentFacts], reach: Callable[[SegmentFacts], float]
) -> Iterable[tuple[SegmentFacts, SegmentFacts]]:
    """Each segment with the one it follows: of those that began before it, the one that reaches farthest.

    What is lost or has no media is no neighbour: the segments around it meet each other.
    """
    last: SegmentFacts | None = None
    for segment in sorted(segments, key=lambda each: (each.began_ms, each.ordinal)):
        if segment.state == "lost" or not segment.has_length:
            continue
        if last is not None:
            yield last, segment
        if last is None or reach(segment) > reach(last):
            last = segment


def _covered(earlier: SegmentFacts, later: SegmentFacts) -> bool:
    """This software closed it once `later` was confirmed: a gap between their rounded times is none."""
    closed, confirmed = earlier.closed_ms, later.confirmed_ms
    return closed is not None and confirmed is not None and confirmed <= closed


def _why_ended(earlier: SegmentFacts, later: SegmentFacts | None) -> str:
    if pause := _open_pause(earlier):
        return pause.cause
    if later is not None and _covered(earlier, later):
        return "file_ends_early"
    return earlier.cause or UNKNOWN


def _open_pause(segment: SegmentFacts) -> Pause | None:
    """It has ended, or goes on, without having resumed."""
    return next((pause for pause in segment.pauses if pause.until is None), None)


def _piece(segment: SegmentFacts, now_ms: float) -> Piece:
    begin, end = segment.media_ms
    breaks = _breaks(segment)
    if end is None:
        # Until its length is known: as long as it has recorded.
        until = segment.ended_ms[1] if segment.ended_ms else now_ms
        if pause := _open_pause(segment):
            until = sum(pause.since) / 2
        elif segment.state == "live":
            # What records is there from its first instant on.
            until = max(until, segment.began_ms + 1)
        end = max(begin, media_ms(breaks, max(0.0, until - segment.began_ms)))
    known: dict[str, State] = {"ready": "ready", "lost": "lost"}
    state = known.get(segment.state, "pending")
    return Piece(segment.id, segment.session, segment.began_ms, end, begin, state, segment.cause, breaks)


def _breaks(segment: SegmentFacts) -> tuple[Break, ...]:
    end = segment.media_ms[1]
    lost = None
    if end is not None and segment.ended_ms is not None:
        pause = _open_pause(segment)
        ended = pause.since if pause else segment.ended_ms
        if ended[1] - ended[0] <= END_KNOWN_MS:
            error = EDGE_MS + segment.rounded_ms
            lost = (
                max(0.0, ended[0] - segment.began_ms - end - error),
                max(0.0, ended[1] - segment.began_ms - end + error),
            )
    return breaks_of(segment.pauses, segment.began_ms, lost)


def _in_order(breaks: list[Break]) -> tuple[Break, ...]:
    return tuple(sorted(breaks, key=lambda each: each.at_ms))


def _offset_ms(earlier: Piece, later: Piece, apart_ms: float) -> float:
    """Position in `earlier` at which media time 0 of `later` lies, `apart_ms` being between their times 0."""
    at = apart_ms + later.elapsed_ms(later.begin_ms)
    within = media_ms(earlier.breaks, at)
    end = _elapsed_at_end(earlier)
    return (within if at <= end else earlier.end_ms + at - end) - later.begin_ms


def _elapsed_at_end(piece: Piece) -> float:
    """Wall-clock time from its media time 0 to its end: a break there lies after it."""
    return piece.end_ms + sum(each.length_ms for each in piece.breaks if each.at_ms < piece.end_ms)
