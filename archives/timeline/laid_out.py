"""The segments of a run laid out in time: their clocks, how they meet, and what was not recorded. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .causes import UNKNOWN
from .clocks import Bounds, Break, Pause, breaks_of, media_ms, stretches
from .facts import RunFacts, SegmentFacts
from .layout import begins_after, zeros_of
from .parts import Hole, Join, Piece, State
from .skew import early_ms
from .verdicts import LEAST_GAP_MS, Estimate, Meeting, Verdict, decide, sure_of

# The platform's times of two archives, and a recorder's start-up, agree to about this.
TIMES_ERROR_MS = 1500.0
TIMES_CONFIDENCE = 0.3
# How late the last frames of an archive, or the first of the next, may be against the stated instants.
EDGE_MS = 500.0
# What begins and ends a file is known to this against the archive's own times.
LENGTH_ERROR_MS = 200.0
# A file that is shorter than the time recorded by more than this: its recorder stood still.
STALL_MS = 2500.0


class LaidOut:
    """Lays the segments out when it is made."""

    def __init__(self, facts: RunFacts) -> None:
        segments = tuple(replace(each, pauses=_settled(each)) for each in facts.segments)
        facts = self.facts = replace(facts, segments=segments)
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

    def lacks_ms(self, segment: SegmentFacts) -> float:
        """By how much its media is shorter than the time in which it was recording, at least.

        Only instants of one clock, this site's, are compared: that of the platform may be another.
        """
        if segment.ended_ms is None or segment.media_ms[1] is None or segment.confirmed_ms is None:
            return 0.0
        piece, pause = self.pieces_of[segment.id], last_pause(segment)
        until = pause.since if pause else segment.ended_ms
        recorded_ms = piece.elapsed_ms(piece.end_ms) - piece.elapsed_ms(piece.begin_ms)
        return until[0] - segment.confirmed_ms - recorded_ms

    def recorded(self, segment: SegmentFacts) -> list[Bounds]:
        """When it recorded, by the wall clock."""
        piece, zero = self.pieces_of[segment.id], self.zeros[segment.id]
        found = stretches(piece.breaks, piece.begin_ms, piece.end_ms)
        return [(zero + begin + shift, zero + end + shift) for begin, end, shift in found]

    def media_at(self, segment: str, wall_ms: float) -> float:
        """Position of its media clock at this instant, also before its begin and after its end."""
        return media_ms(self.pieces_of[segment].breaks, wall_ms - self.zeros[segment])

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

    def pictures_early(self) -> dict[str, int]:
        """By how many ms the pictures of segments come before their sound, where seams say so."""
        known = {pair: verdict for pair, verdict in self._verdicts.items() if verdict.sure}
        if not any(verdict.residual_av_ms for verdict in known.values()):
            return {}
        pairs = ((earlier.id, later.id) for earlier, later in self.pairs)
        jumps = ((*pair, known[pair].residual_av_ms if pair in known else None) for pair in pairs)
        lengths = {piece.id: piece.end_ms - piece.begin_ms for piece in self.pieces}
        return early_ms(jumps, lengths)

    def _reach(self, segment: SegmentFacts) -> float:
        piece = self.pieces_of[segment.id]
        return piece.wall_ms + _elapsed_at_end(piece)

    # --- how segments lie to each other ---
    def _join(self) -> None:
        for earlier, later in self.pairs:
            self._decide(earlier, later, later.zero_ms - earlier.zero_ms)
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
        verdict = self._verdicts[pair] = decide(
            meeting,
            times,
            measured,
            lambda each: abs(begins_after(one, other, each.offset_ms) - apart_ms) <= error,
        )
        if verdict.source != "times" or verdict.offset_ms != offset:
            self._joins[pair] = Join(earlier.id, later.id, verdict.offset_ms, verdict.confidence)

    def _find_stall(
        self, earlier: SegmentFacts, later: SegmentFacts, measured: Sequence[Estimate], apart_ms: float
    ) -> None:
        """A measured seam says how long the earlier one's media was until then; the clocks, how long it took.

        The pauses until then are fitted to that within their bounds. What they do not explain, and clocks
        cannot either, is a stall of the recorder.
        """
        sure = sure_of(measured)
        one, other = self.pieces_of[earlier.id], self.pieces_of[later.id]
        if sure is None or not one.begin_ms < sure.offset_ms + other.begin_ms <= one.end_ms:
            return
        at, took_ms = sure.offset_ms + other.begin_ms, apart_ms + other.elapsed_ms(other.begin_ms)
        error = TIMES_ERROR_MS + earlier.rounded_ms + later.rounded_ms
        pauses = [each for each in earlier.pauses if each.until]
        if any(each.until and each.until[1] > earlier.zero_ms + took_ms for each in pauses):
            # Within what both show: which part of it was measured is not known.
            return
        lost_ms = max(0.0, took_ms - at)
        breaks = breaks_of(pauses, earlier.zero_ms, (max(0.0, lost_ms - error), lost_ms + error))
        paused_ms = sum(each.length_ms for each in breaks)
        until = earlier.ended_ms[1] if earlier.ended_ms else earlier.began_ms
        most_ms = until - earlier.zero_ms - one.end_ms - paused_ms + error
        stood_ms = took_ms - at - paused_ms
        if STALL_MS + error - TIMES_ERROR_MS < stood_ms <= most_ms:
            breaks = _with_stall(breaks, at, stood_ms)
        breaks = tuple(replace(each, at_ms=min(each.at_ms, at)) for each in breaks)
        self.pieces_of[earlier.id] = replace(one, breaks=breaks)

    # --- what is missing ---
    @property
    def holes(self) -> list[Hole]:
        """Why nothing is there: after a segment's end, before a late beginning, and until the stop."""
        found = [
            (self.end_of(earlier), self.begin_of(later), _why_ended(earlier, later))
            for earlier, later in self.pairs
        ]
        for piece in self.pieces:
            zero = self.zeros[piece.id]
            found += [
                (zero + piece.begin_ms, zero + piece.elapsed_ms(piece.begin_ms), each.cause)
                for each in piece.breaks
                if each.at_ms <= piece.begin_ms
            ]
        found += [each for each in (self._leading(), self._trailing()) if each is not None]
        return [Hole(*each) for each in found if each[1] - each[0] >= LEAST_GAP_MS]

    def _leading(self) -> tuple[float, float, str] | None:
        """From the run's first archive to the first that has recorded something."""
        if not (segments := self.facts.segments):
            return None
        first = min(segments, key=lambda each: each.began_ms)
        begins = [self.begin_of(each) for each in segments if each.state != "lost" and self._has_media(each)]
        until = min(begins, default=max(map(self.end_of, segments)))
        pause = last_pause(first)
        return self.begin_of(first), until, pause.cause if pause else first.cause or UNKNOWN

    def _has_media(self, segment: SegmentFacts) -> bool:
        piece = self.pieces_of[segment.id]
        return segment.has_length and piece.end_ms > piece.begin_ms

    def _trailing(self) -> tuple[float, float, str] | None:
        """What nothing has recorded before the stop that was asked for, or until now."""
        segments, live = self.facts.segments, self.facts.live
        until = self.facts.now_ms if live else self.facts.stop_requested_ms
        if until is None or not segments or (live and any(map(_records, segments))):
            return None
        last = max(segments, key=self.end_of)
        end = self.end_of(last)
        paused = next((pause for each in segments if (pause := open_pause(each))), None)
        # A segment that was closed at the stop ends there: the platform's clock may be another than ours.
        closed = last.closed_ms is not None and last.closed_ms >= until - STALL_MS
        if paused is None and closed and not live:
            # Unless its file is too short for that: a part of it is missing somewhere.
            lacks_ms = self.lacks_ms(last)
            return (end, end + lacks_ms, "recorder_stalled") if lacks_ms > STALL_MS else None
        # A gap that begins just now is one already: nothing else would tell of it later.
        until = max(until, end + LEAST_GAP_MS) if live else until
        return end, until, paused.cause if paused else last.cause or UNKNOWN


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
    was_covered = closed is not None and confirmed is not None and confirmed <= closed
    return was_covered and last_pause(earlier) is None


def _why_ended(earlier: SegmentFacts, later: SegmentFacts) -> str:
    if pause := last_pause(earlier):
        return pause.cause
    return "file_ends_early" if _covered(earlier, later) else earlier.cause or UNKNOWN


def _records(segment: SegmentFacts) -> bool:
    return segment.state == "live" and open_pause(segment) is None


def open_pause(segment: SegmentFacts) -> Pause | None:
    """It has ended, or goes on, without having resumed."""
    return next((pause for pause in segment.pauses if pause.until is None), None)


def last_pause(segment: SegmentFacts) -> Pause | None:
    """The pause in which its media ends: it has not resumed, or recorded nothing after that."""
    if (pause := open_pause(segment)) or segment.media_ms[1] is None:
        return pause
    breaks = breaks_of(segment.pauses, segment.zero_ms)
    if breaks and breaks[-1].at_ms >= segment.media_ms[1] - EDGE_MS:
        return max(segment.pauses, key=lambda each: each.since)
    return None


def _settled(segment: SegmentFacts) -> tuple[Pause, ...]:
    """Its pauses; one whose end nobody saw has one if there is more media than before it."""
    pause, end = open_pause(segment), segment.media_ms[1]
    if pause is None or end is None or segment.ended_ms is None:
        return segment.pauses
    closed = tuple(each for each in segment.pauses if each is not pause)
    stood_ms = sum(each.length_ms for each in breaks_of(closed, segment.zero_ms))
    # At least and at most: it paused between two looks, and may have recorded until the later one.
    most_ms, least_ms = (end - (each - segment.zero_ms - stood_ms) for each in pause.since)
    if least_ms <= STALL_MS:
        return segment.pauses
    low = max(pause.since[1], segment.ended_ms[0] - most_ms)
    high = max(pause.since[1], segment.ended_ms[1] - least_ms)
    return (*closed, replace(pause, until=(low, max(low, high))))


def _piece(segment: SegmentFacts, now_ms: float) -> Piece:
    begin, end = segment.media_ms
    breaks = _breaks(segment)
    if end is None:
        # Until its length is known: as long as it has recorded.
        until = segment.ended_ms[1] if segment.ended_ms else now_ms
        if pause := open_pause(segment):
            until = sum(pause.since) / 2
        elif segment.state == "live":
            # What records is there from its first instant on.
            until = max(until, segment.began_ms + 1)
        end = max(begin, media_ms(breaks, max(0.0, until - segment.zero_ms)))
    elif not segment.probed and segment.pauses and segment.ended_ms:
        # A platform's length may count the pauses.
        most = segment.ended_ms[1] - segment.zero_ms - sum(each.length_ms for each in breaks)
        end = most if end - most > STALL_MS else end
    known: dict[str, State] = {"ready": "ready", "lost": "lost"}
    state = known.get(segment.state, "pending")
    return Piece(
        segment.id,
        segment.session,
        segment.zero_ms,
        end,
        begin,
        state,
        segment.cause,
        breaks,
        segment.confirmed_ms,
    )


def _breaks(segment: SegmentFacts) -> tuple[Break, ...]:
    end = segment.media_ms[1]
    lost = None
    if end is not None and segment.ended_ms is not None:
        pause = open_pause(segment)
        since, until = pause.since if pause else segment.ended_ms
        error = LENGTH_ERROR_MS + segment.rounded_ms
        lost = (
            max(0.0, since - segment.zero_ms - end - error),
            max(0.0, until - segment.zero_ms - end + error),
        )
    return breaks_of(segment.pauses, segment.zero_ms, lost)


def _with_stall(breaks: Sequence[Break], at_ms: float, stood_ms: float) -> tuple[Break, ...]:
    """A stall at some time before media position `at_ms`: put before the first break, or just before that.

    What comes after it in the media was recorded later by as much.
    """
    first = min((each.at_ms for each in breaks), default=at_ms + stood_ms)
    place = min(max(0.0, first - stood_ms), at_ms)
    later = [replace(each, at_ms=max(place, each.at_ms - stood_ms)) for each in breaks]
    after_ms = at_ms - place + sum(each.length_ms for each in later)
    return (Break(place, stood_ms, "recorder_stalled", (place, after_ms)), *later)


def _offset_ms(earlier: Piece, later: Piece, apart_ms: float) -> float:
    """Position in `earlier` at which media time 0 of `later` lies, `apart_ms` being between their times 0."""
    at = apart_ms + later.elapsed_ms(later.begin_ms)
    within = media_ms(earlier.breaks, at)
    end = _elapsed_at_end(earlier)
    return (within if at <= end else earlier.end_ms + at - end) - later.begin_ms


def _elapsed_at_end(piece: Piece) -> float:
    """Wall-clock time from its media time 0 to its end: a break there lies after it."""
    return piece.end_ms + sum(each.length_ms for each in piece.breaks if each.at_ms < piece.end_ms)
