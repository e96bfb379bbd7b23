"""Derives the verdict on a seam from its estimates. Pure; docs/timeline.md states the rule.

No estimate replaces another. An estimate is about `offset_ms`: the position on the
media clock of the earlier segment at which media time 0 of the later one lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["overlap", "gap"]

# A media measurement at least this confident holds, whatever the times say.
SURE = 0.8
MEDIA = ("audio", "video")
# What is shorter is no gap that anybody could see or hear: one frame at 25 per second.
LEAST_GAP_MS = 40


@dataclass(frozen=True)
class Estimate:
    """`low_ms` to `high_ms`: where the offset lies if the estimate is right at all (`confidence`, 0 to 1).

    `former`: the verdict of a former version; it holds until the seam is measured again.
    """

    source: str
    offset_ms: float
    low_ms: float
    high_ms: float
    confidence: float
    residual_av_ms: float | None = None
    former: bool = False

    @property
    def sure(self) -> bool:
        return self.source in MEDIA and self.confidence >= SURE

    @property
    def holds(self) -> bool:
        return self.sure or self.former


@dataclass(frozen=True)
class Meeting:
    """The two segments of a seam: where the earlier one's media ends and the later one's begins (ms).

    `covered`: the earlier one was closed only after the later one was confirmed, so that no gap can lie
    between them unless a file is shorter than it should be.
    """

    earlier_end_ms: float
    later_begin_ms: float
    covered: bool

    def overlap_ms(self, offset_ms: float) -> float:
        """Negative for a gap that long."""
        return self.earlier_end_ms - offset_ms - self.later_begin_ms


@dataclass(frozen=True)
class Verdict:
    """`overlap_ms` is negative for a gap that long. `contradicted_by`: estimates of the other kind."""

    kind: Kind
    offset_ms: float
    overlap_ms: float
    source: str
    confidence: float
    low_ms: float
    high_ms: float
    residual_av_ms: float | None = None
    contradicted_by: tuple[Estimate, ...] = ()

    @property
    def sure(self) -> bool:
        return self.source in MEDIA and self.confidence >= SURE


def decide(
    meeting: Meeting,
    times: Estimate,
    measured: Sequence[Estimate],
    fits: Callable[[Estimate], bool] | None = None,
) -> Verdict:
    """The sure measurement if there is one; else the times, refined by an unsure measurement that agrees.

    `fits`: whether a measurement lies within the times' bounds by the wall clock; by default both are
    compared on the media clock, which is the same if nothing stood still.
    """
    within = fits or (lambda each: times.low_ms <= each.offset_ms <= times.high_ms)
    if binding := [each for each in measured if each.holds]:
        return _verdict(meeting, max(binding, key=_rank), measured, times)
    settled = _settled(meeting, times)
    agreeing = [each for each in measured if _both_overlap(meeting, each, settled) and within(each)]
    return _verdict(meeting, max(agreeing, key=_rank, default=settled), measured, settled)


def _rank(estimate: Estimate) -> tuple[bool, bool, float, bool]:
    return not estimate.former, estimate.sure, estimate.confidence, estimate.source == "audio"


def _settled(meeting: Meeting, times: Estimate) -> Estimate:
    """The times' own estimate. Covered segments at least touch, if the times' bounds allow that."""
    touching = meeting.earlier_end_ms - meeting.later_begin_ms
    if meeting.covered and times.low_ms <= touching < times.offset_ms:
        return Estimate(times.source, touching, times.low_ms, max(touching, times.low_ms), times.confidence)
    return times


def _kind(meeting: Meeting, offset_ms: float) -> Kind:
    return "gap" if meeting.overlap_ms(offset_ms) <= -LEAST_GAP_MS else "overlap"


def _both_overlap(meeting: Meeting, one: Estimate, other: Estimate) -> bool:
    """The sides of a gap share nothing that could be compared: only an overlap is refined."""
    return all(_kind(meeting, each.offset_ms) == "overlap" for each in (one, other))


def _verdict(meeting: Meeting, chosen: Estimate, measured: Sequence[Estimate], times: Estimate) -> Verdict:
    kind = _kind(meeting, chosen.offset_ms)
    others = [each for each in (*measured, times) if each is not chosen]
    return Verdict(
        kind,
        chosen.offset_ms,
        meeting.overlap_ms(chosen.offset_ms),
        chosen.source,
        chosen.confidence,
        chosen.low_ms,
        chosen.high_ms,
        chosen.residual_av_ms,
        tuple(each for each in others if _insists_on_another(meeting, each, kind)),
    )


def _insists_on_another(meeting: Meeting, estimate: Estimate, kind: Kind) -> bool:
    """Within its bounds it can only mean the other kind."""
    return kind not in (_kind(meeting, estimate.low_ms), _kind(meeting, estimate.high_ms))
