"""Findings in the tables of the file alone: a missing track, its length, sound that drifts from its times."""

from __future__ import annotations

import numpy as np

from archives.media.content.findings import (
    LENGTH,
    NO_AUDIO,
    NO_VIDEO,
    SKEW,
    Finding,
    Times,
    holes,
)
from archives.media.export.packets import Track

MIN_HOLE_MS = 2000
# The platform states whole seconds, and its clock starts up to a second before the media.
MAX_LENGTH_DIFFERENCE_MS = 2000
MAX_SKEW_MS = 100
AAC_SAMPLES = 1024
# A packet that is farther from its usual length is a gap or a repetition; later packets are in time again.
STRETCHED = 0.25


def no_audio(track: Track | None, begin_ms: float, end_ms: float) -> list[Finding]:
    return _missing(NO_AUDIO, _times(track), begin_ms, end_ms)


def no_video(track: Track | None, begin_ms: float, end_ms: float) -> list[Finding]:
    """Before the first frame and after the last one; a gap between frames is a frozen picture."""
    times = _times(track)
    edges = times if len(times) < 2 else np.arange(times.min(), times.max(), MIN_HOLE_MS / 2)
    return _missing(NO_VIDEO, np.append(edges, times[-1:]), begin_ms, end_ms)


def _times(track: Track | None) -> Times:
    return np.zeros(0) if track is None else np.sort(track.ticks * 1000 / track.rate)


def _missing(code: str, times: Times, begin_ms: float, end_ms: float) -> list[Finding]:
    least = min(MIN_HOLE_MS, end_ms - begin_ms)
    return [Finding(code, round(a), round(b)) for a, b in holes(times, begin_ms, end_ms, least) if b > a]


def length(end_ms: float, stated_ms: float | None) -> list[Finding]:
    """The file ends elsewhere than the platform's duration says; 0 or None is no statement."""
    if not stated_ms or abs(end_ms - stated_ms) <= MAX_LENGTH_DIFFERENCE_MS:
        return []
    values = {"difference_ms": round(end_ms - stated_ms)}
    return [Finding(LENGTH, round(min(end_ms, stated_ms)), round(max(end_ms, stated_ms)), values)]


def skew(audio: Track | None, end_ms: float) -> list[Finding]:
    """Packets whose times are farther apart than their samples last: the sound lags more and more.

    `skew_ms` is the lag at the end, below 0 where the sound comes early.
    """
    if audio is None or len(audio) < 2:
        return []
    ticks = np.sort(audio.ticks)
    steps = np.diff(ticks)
    usual = np.abs(steps - AAC_SAMPLES) <= STRETCHED * AAC_SAMPLES
    drift = np.cumsum(np.where(usual, steps - AAC_SAMPLES, 0)) * 1000 / audio.rate
    far = np.flatnonzero(np.abs(drift) > MAX_SKEW_MS)
    if not len(far) or abs(drift[-1]) <= MAX_SKEW_MS:
        return []
    begin = float(ticks[far[0] + 1]) * 1000 / audio.rate
    return [Finding(SKEW, round(begin), round(end_ms), {"skew_ms": round(float(drift[-1]))})]
