"""The two clocks of a segment: where its media time lies on the wall clock. Pure.

A recorder that stands still (nobody publishes, or it stalls) writes nothing, so the media clock stops while
the wall clock runs. The map from media to wall is piecewise linear, with one break per standstill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

# Positions are milliseconds of the media clock, instants milliseconds of Unix time.
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Break:
    """The media clock stood still at position `at_ms` for `length_ms`.

    `margins_ms`: by how much the standstill may have begun earlier and ended later than stated.
    """

    at_ms: float
    length_ms: float
    cause: str
    margins_ms: Bounds = (0.0, 0.0)


@dataclass(frozen=True)
class Pause:
    """The recorder was seen to stand still: each end lies between two instants of the wall clock.

    `until` is None if the segment ended while it stood still.
    """

    since: Bounds
    until: Bounds | None
    cause: str = "nobody_published"


def elapsed_ms(breaks: Sequence[Break], media_ms: float) -> float:
    """Wall-clock time from the recording's begin to this position, which lies after a break at itself."""
    return media_ms + sum(each.length_ms for each in breaks if each.at_ms <= media_ms)


def media_ms(breaks: Sequence[Break], elapsed: float) -> float:
    """The inverse of `elapsed_ms`; within a standstill, the position at which it happened."""
    position = elapsed
    for each in breaks:
        if position <= each.at_ms:
            break
        position = max(each.at_ms, position - each.length_ms)
    return position


def stretches(breaks: Sequence[Break], begin_ms: float, end_ms: float) -> list[tuple[float, float, float]]:
    """[(begin, end, shift)]: media positions between breaks, and by how much their wall time is later."""
    found: list[tuple[float, float, float]] = []
    begin, shift = begin_ms, 0.0
    for each in breaks:
        if each.at_ms >= end_ms:
            break
        if each.at_ms > begin:
            found.append((begin, each.at_ms, shift))
            begin = each.at_ms
        shift += each.length_ms
    return [*found, (begin, end_ms, shift)]


class _Closed(NamedTuple):
    """A pause that ended: middle and half width of the bounds of either end."""

    since: float
    since_half: float
    until: float
    until_half: float
    cause: str

    @property
    def length(self) -> float:
        return self.until - self.since

    @property
    def slack(self) -> float:
        return self.since_half + self.until_half

    def stretched(self, share: float) -> tuple[float, float]:
        """Its ends with `share` (-1 to 1) of the slack used to make it longer."""
        return self.since - share * self.since_half, self.until + share * self.until_half


def breaks_of(pauses: Sequence[Pause], zero_ms: float, lost: Bounds | None = None) -> tuple[Break, ...]:
    """Pauses as breaks of a segment whose media time 0 was at `zero_ms`.

    `lost`: how much shorter the media is than the time recorded, within bounds, if that is known; lengths are
    chosen within the pauses' own bounds so that their sum fits it.
    """
    most = inf if lost is None else lost[1]
    closed = sorted(_closed(pause.since, pause.until, most, pause.cause) for pause in pauses if pause.until)
    slack, length = sum(each.slack for each in closed), sum(each.length for each in closed)
    wanted = length if lost is None else min(max(length, lost[0]), lost[1])
    share = (wanted - length) / slack if slack else 0.0
    return tuple(_breaks(closed, zero_ms, min(max(share, -1.0), 1.0)))


def _closed(since: Bounds, until: Bounds, most: float, cause: str) -> _Closed:
    """A pause is no longer than all that is missing in the media (`most`), which bounds its ends as well."""
    since = min(max(since[0], until[0] - most), since[1]), since[1]
    until = until[0], max(min(until[1], since[1] + most), until[0])
    halves = (since[1] - since[0]) / 2, (until[1] - until[0]) / 2
    return _Closed(sum(since) / 2, halves[0], sum(until) / 2, halves[1], cause)


def _breaks(closed: Sequence[_Closed], zero_ms: float, share: float) -> Iterator[Break]:
    before = at = 0.0
    for each in closed:
        since, until = each.stretched(share)
        since = max(since, zero_ms + before + at)
        if until <= since:
            continue
        at = since - zero_ms - before
        margins = since - (each.since - each.since_half), each.until + each.until_half - until
        yield Break(at, until - since, each.cause, margins)
        before += until - since
