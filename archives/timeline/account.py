"""The account of a run: what it holds, what is missing, why, and how sure that is. Pure.

Computed here and nowhere else; whatever shows a duration, a gap, a seam or an absence reads it from here.
docs/timeline.md states the rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .absences import Absent, as_told, both, without
from .clocks import Bounds
from .edges import Edges
from .facts import RunFacts, SegmentFacts
from .laid_out import TIMES_CONFIDENCE, LaidOut
from .layout import NOT_READY, build
from .parts import Hole, Timeline
from .verdicts import LEAST_GAP_MS, Estimate, Verdict

# Changes with the rules: accounts of another version are made again.
VERSION = 2

# Causes by which nothing was lost, as far as the callbacks of streams say so too.
NOBODY = {"nobody_published", "session_ended", "idle_limit"}
# Less than that is no loss: streams and archives begin and end within it of each other.
LEAST_LOSS_MS = 1000

Result = Literal["in_progress", "complete", "complete_with_losses", "nothing_recorded"]


@dataclass(frozen=True)
class Gap:
    """Nothing is recorded from `start_ms` to `end_ms` of the run.

    `margins_ms`: by how much it may have begun earlier, and ended later, than stated. `open`: it goes on.
    """

    start_ms: int
    end_ms: int
    causes: tuple[str, ...]
    margins_ms: tuple[int, int] = (0, 0)
    open: bool = False
    # The part of it in which somebody published, as far as that is known; all of it if it is not.
    lost_ms: int = 0

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True)
class Seam:
    """Where a segment meets the next one; the run's last ends in a gap if `later` is None."""

    earlier: SegmentFacts
    later: SegmentFacts | None
    verdict: Verdict
    # Unix time (ms) of the gap, or of what both have recorded.
    wall_ms: Bounds
    causes: tuple[str, ...] = ()
    # What was measured in the media, as it is stored.
    measured: tuple[Estimate, ...] = ()


@dataclass(frozen=True)
class Account:
    """`timeline` is what can be played; gaps and lengths are of all that was recorded, stored or not."""

    timeline: Timeline
    began_at_ms: int
    duration_ms: int
    gaps: tuple[Gap, ...]
    absences: tuple[Absent, ...]
    seams: tuple[Seam, ...]
    pending_ms: int
    result: Result
    # When each segment recorded, in Unix time (ms).
    stretches: tuple[tuple[SegmentFacts, Bounds], ...] = ()
    # When anybody published in each session, None if that is not known.
    published: Mapping[str, list[tuple[int, int]]] | None = None

    @property
    def missing_ms(self) -> int:
        return sum(gap.length_ms for gap in self.gaps)

    @property
    def playable(self) -> bool:
        return any(span.segment for span in self.timeline.spans)


def account_of(facts: RunFacts) -> Account:
    """What the facts amount to; O(n log n) in the segments."""
    laid_out = LaidOut(facts)
    recorded = build(laid_out.presumed, laid_out.joins, laid_out.holes)
    playable = recorded
    if laid_out.has_pending:
        playable = _playable(laid_out, recorded.began_at_ms)
    playable = _in_sync(playable, laid_out.pictures_early())
    gaps = tuple(_gaps(laid_out, recorded))
    walls = [_wall(recorded, gap) for gap in gaps]
    absences = tuple(as_told(facts.absences, walls))
    # Told as one with what only a page reported, it is not sure any more.
    certain = as_told([each for each in facts.absences if each.sure], walls)
    return Account(
        playable,
        recorded.began_at_ms,
        recorded.duration_ms,
        gaps,
        absences,
        tuple(_seams(laid_out, recorded, gaps)),
        _pending_ms(playable, walls),
        _result(facts, gaps, certain),
        tuple((segment, bounds) for segment in facts.segments for bounds in laid_out.recorded(segment)),
        facts.published_in if facts.published is not None else None,
    )


def _in_sync(timeline: Timeline, early: Mapping[str, int]) -> Timeline:
    """The same with what is known of pictures that come before or after their sound."""
    if not early:
        return timeline
    spans = (replace(span, pictures_early_ms=early.get(span.segment or "", 0)) for span in timeline.spans)
    return replace(timeline, spans=tuple(spans))


def _playable(laid_out: LaidOut, began_at_ms: int) -> Timeline:
    """What there is to play now, with the same 0 as the run."""
    playable = build(laid_out.pieces, laid_out.joins, laid_out.holes)
    if not playable.spans or playable.began_at_ms <= began_at_ms:
        return playable
    head = Hole(began_at_ms, playable.began_at_ms, NOT_READY)
    return build(laid_out.pieces, laid_out.joins, [*laid_out.holes, head])


def _pending_ms(playable: Timeline, gaps: Sequence[tuple[int, int]]) -> int:
    """What was recorded and cannot be played yet."""
    began = playable.began_at_ms
    waiting = [(began + s.start_ms, began + s.end_ms) for s in playable.spans if NOT_READY in s.causes]
    return sum(end - begin for begin, end in without(waiting, gaps))


def _wall(timeline: Timeline, gap: Gap) -> tuple[int, int]:
    return timeline.began_at_ms + gap.start_ms, timeline.began_at_ms + gap.end_ms


def _result(facts: RunFacts, gaps: Sequence[Gap], certain: Sequence[Absent]) -> Result:
    if not facts.finished:
        return "in_progress"
    if all(segment.state == "lost" or not segment.has_length for segment in facts.segments):
        return "nothing_recorded"
    lossy = any(gap.lost_ms >= LEAST_LOSS_MS for gap in gaps)
    return "complete_with_losses" if lossy or certain else "complete"


def _gaps(laid_out: LaidOut, recorded: Timeline) -> Iterable[Gap]:
    edges, facts = Edges(laid_out), laid_out.facts
    for span in recorded.spans:
        if span.kind == "gap" and span.length_ms >= LEAST_GAP_MS:
            bounds = recorded.began_at_ms + span.start_ms, recorded.began_at_ms + span.end_ms
            is_open = facts.live and span is recorded.spans[-1]
            lost = _lost_ms(facts, bounds, span.causes)
            causes = _causes(facts, span.causes, lost, span.length_ms)
            yield Gap(span.start_ms, span.end_ms, causes, edges.margins(*bounds), is_open, lost)


def _causes(facts: RunFacts, causes: tuple[str, ...], lost_ms: int, length_ms: int) -> tuple[str, ...]:
    """If people published while an archive was paused, nothing of theirs arrived: theirs is not the cause."""
    if facts.published is None or lost_ms * 2 <= length_ms:
        return causes
    return tuple("nothing_arrived" if cause == "nobody_published" else cause for cause in causes)


def _lost_ms(facts: RunFacts, gap: tuple[int, int], causes: tuple[str, ...]) -> int:
    """The part of a gap in which somebody published; all of it unless two sources say that nobody did."""
    if facts.published is None or not set(causes) <= NOBODY:
        return gap[1] - gap[0]
    first = max(0, bisect_right(facts.published, gap[0], key=lambda each: each[0]) - 1)
    until = bisect_right(facts.published, gap[1], key=lambda each: each[0])
    lost = sum(end - begin for begin, end in both([gap], facts.published[first:until]))
    return lost if lost >= LEAST_LOSS_MS else 0


def _seams(laid_out: LaidOut, recorded: Timeline, gaps: Sequence[Gap]) -> Iterable[Seam]:
    causes = _CausesAt(recorded.began_at_ms, gaps)
    for earlier, later in laid_out.pairs:
        verdict = laid_out.verdict(earlier, later)
        ends, begins = laid_out.end_of(earlier), laid_out.begin_of(later)
        measured = laid_out.facts.estimates.get((earlier.id, later.id), ())
        if verdict.kind == "gap":
            yield Seam(earlier, later, verdict, (ends, begins), causes.of((ends, begins)), measured)
        else:
            shared = begins, max(begins, min(ends, laid_out.end_of(later)))
            yield Seam(earlier, later, verdict, shared, measured=measured)
    if gaps and gaps[-1].end_ms == recorded.duration_ms:
        last = max(laid_out.facts.segments, key=laid_out.end_of)
        since, until = _wall(recorded, gaps[-1])
        verdict = Verdict("gap", 0.0, float(since - until), "times", TIMES_CONFIDENCE, 0.0, 0.0)
        yield Seam(last, None, verdict, (since, until), gaps[-1].causes)


class _CausesAt:
    """Why nothing is there, by the gap in whose stretch an instant lies."""

    def __init__(self, began_at_ms: int, gaps: Sequence[Gap]) -> None:
        self._began_at_ms, self._gaps = began_at_ms, gaps

    def of(self, wall: Bounds) -> tuple[str, ...]:
        middle = (wall[0] + wall[1]) / 2 - self._began_at_ms
        at = bisect_right(self._gaps, middle, key=lambda gap: gap.start_ms) - 1
        return self._gaps[at].causes if at >= 0 and middle < self._gaps[at].end_ms else ()
