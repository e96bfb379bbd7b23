"""Derives the verdict on a seam from its estimates. Pure; docs/timeline.md states the rule.

No estimate replaces another. An estimate is about `offset_ms`: the position on the
media clock of the earlier segment at which media time 0 of the later one lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from operator import itemgetter
from typing import Literal

Kind = Literal["overlap", "gap"]

# A media measurement at least this confident holds, whatever the times say.
SURE = 0.8
MEDIA = ("audio", "video")
# What is shorter is no gap that anybody could see or hear: one frame at 25 per second.
LEAST_GAP_MS = 40
# Sound and pictures of one archive may be this far apart; no farther does a measurement look for the other.
AV_APART_MS = 400.0
# Of two that contradict each other at most one is right.
CONTRADICTED = 0.5


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


# Whether the platform's times allow an estimate.
Fits = Callable[[Estimate], bool]


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
    """`overlap_ms` is negative for a gap that long. `contradicted_by`: estimates that cannot be right too."""

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
    fits: Fits | None = None,
) -> Verdict:
    """The sure measurement if there is one; else the times, refined by an unsure measurement that agrees.

    `fits`: whether a measurement lies within the times' bounds by the wall clock; by default both are
    compared on the media clock, which is the same if nothing stood still.
    """
    within = fits or (lambda each: times.low_ms <= each.offset_ms <= times.high_ms)
    weighed = [_weighed(each, measured, within) for each in measured]
    # What agreement has made sure does not replace what was sure without it.
    binding = [(_rank(own), each) for own, each in zip(measured, weighed, strict=True) if each.holds]
    if binding:
        _, chosen = max(binding, key=itemgetter(0))
        return _verdict(meeting, chosen, weighed, times, within)
    settled = _settled(meeting, times)
    agreeing = [each for each in weighed if _both_overlap(meeting, each, settled) and within(each)]
    return _verdict(meeting, max(agreeing, key=_rank, default=settled), weighed, settled, within)


def sure_of(measured: Sequence[Estimate]) -> Estimate | None:
    """The one that is sure, was not made by a former version, and is not contradicted by another one."""
    uncontradicted = [_contradicted(each, measured) for each in measured]
    return max((each for each in uncontradicted if each.sure and not each.former), key=_rank, default=None)


def _rank(estimate: Estimate) -> tuple[bool, bool, bool, float, bool]:
    # Of two that are sure the sound is the finer one.
    heard = estimate.source == "audio"
    return not estimate.former, estimate.sure, estimate.sure and heard, estimate.confidence, heard


def _weighed(estimate: Estimate, measured: Sequence[Estimate], within: Fits) -> Estimate:
    """Less sure beside a contradiction; surer if the other source says the same and the times allow it."""
    agreeing = [
        other
        for other in _others(estimate, measured)
        if _meet(estimate, other) and within(estimate) and within(other)
    ]
    confidence = 1 - prod(1 - each.confidence for each in (estimate, *agreeing))
    return _contradicted(replace(estimate, confidence=confidence) if agreeing else estimate, measured)


def _contradicted(estimate: Estimate, measured: Sequence[Estimate]) -> Estimate:
    """Only what is sure takes sureness away."""
    against = any(other.sure and _apart(estimate, other) for other in _others(estimate, measured))
    return replace(estimate, confidence=min(estimate.confidence, CONTRADICTED)) if against else estimate


def _others(estimate: Estimate, measured: Sequence[Estimate]) -> list[Estimate]:
    """Of the other source in the media; what a former version concluded is no statement beside a new one."""
    if estimate.former or estimate.source not in MEDIA:
        return []
    return [
        each
        for each in measured
        if each.source in MEDIA and each.source != estimate.source and not each.former
    ]


def _meet(one: Estimate, other: Estimate) -> bool:
    return one.low_ms <= other.high_ms and other.low_ms <= one.high_ms


def _apart(one: Estimate, other: Estimate) -> bool:
    return abs(one.offset_ms - other.offset_ms) > AV_APART_MS


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


def _verdict(
    meeting: Meeting,
    chosen: Estimate,
    measured: Sequence[Estimate],
    times: Estimate,
    within: Fits,
) -> Verdict:
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
        tuple(
            each
            for each in others
            if _insists_on_another(meeting, each, kind) or _lies_elsewhere(each, chosen, within)
        ),
    )


def _insists_on_another(meeting: Meeting, estimate: Estimate, kind: Kind) -> bool:
    """Within its bounds it can only mean the other kind."""
    return kind not in (_kind(meeting, estimate.low_ms), _kind(meeting, estimate.high_ms))


def _lies_elsewhere(estimate: Estimate, chosen: Estimate, within: Fits) -> bool:
    """A measurement of the same kind, and yet at another place than what was chosen."""
    if estimate.source not in MEDIA or estimate.former:
        return False
    return _apart(estimate, chosen) if chosen.source in MEDIA else not within(estimate)
