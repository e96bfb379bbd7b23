"""Findings in the picture: black, another size than expected."""

from __future__ import annotations

from typing import Any

import numpy as np

from archives.media.content.findings import BLACK, WRONG_SIZE, Bools, Finding, stretches
from archives.media.content.looks import Looks, coarse, frames_between, of_blocks
from archives.media.export.packets import Track

# Of 16 (black) to 235 (white). A browser's black may be 0: beside the recorder's own it is no contrast.
BLACKEST_LUMA = 16
# A single brighter block is something to be seen.
BLACK_LUMA = 24
BLACK_RANGE = 5
# A dark room is not black: its camera's noise is there.
BLACK_NOISE = 1.2
MIN_BLACK_MS = 3000


def is_black(means: Any, spreads: Any) -> Bools:
    """Of looks (n, blocks), or of one (blocks)."""
    least = np.maximum(means.min(-1), BLACKEST_LUMA)
    dark = (means.max(-1) <= BLACK_LUMA) & (means.max(-1) - least <= BLACK_RANGE)
    return np.asarray(dark & (np.median(spreads, -1) <= BLACK_NOISE), np.bool_)


def black(track: Track, looks: Looks, end_ms: float) -> list[Finding]:
    """Looks show which stretches are black, the frames between two looks when exactly."""
    if not len(looks):
        return []
    on = is_black(looks.means, looks.spreads)
    found = []
    for begin, end in stretches(looks.times_ms, on, end_ms):
        first = _begin(track, looks, begin)
        until = _end(track, looks, end) if end < end_ms else end
        if until - first >= MIN_BLACK_MS:
            found.append(Finding(BLACK, round(first), round(until)))
    return found


def _begin(track: Track, looks: Looks, at_ms: float) -> float:
    """From the first black frame after the last look that was not."""
    number = int(np.searchsorted(looks.times_ms, at_ms))
    if number == 0:
        return 0.0
    begin = at_ms
    for instant, frame in frames_between(track, looks.times_ms[number - 1], at_ms):
        dark = bool(is_black(*of_blocks(coarse(frame))))
        begin = min(begin, instant) if dark else at_ms
    return begin


def _end(track: Track, looks: Looks, at_ms: float) -> float:
    """`at_ms` is the first look that is not black: the first such frame since the look before it."""
    number = int(np.searchsorted(looks.times_ms, at_ms))
    for instant, frame in frames_between(track, looks.times_ms[number - 1], at_ms):
        if instant >= looks.times_ms[number - 1] and not is_black(*of_blocks(coarse(frame))):
            return instant
    return at_ms


def wrong_size(looks: Looks, expected: tuple[int, int] | None, end_ms: float) -> list[Finding]:
    """Frames of another size than `expected` or, if that is not known, than the first frame."""
    if not len(looks):
        return []
    wanted = np.array(expected) if expected else looks.sizes[0]
    found = []
    for width, height in dict.fromkeys(map(tuple, looks.sizes.tolist())):
        same = (looks.sizes == (width, height)).all(axis=1)
        if (width, height) != tuple(wanted):
            values = {"width": int(width), "height": int(height)}
            parts = stretches(looks.times_ms, same, end_ms)
            found += [Finding(WRONG_SIZE, round(begin), round(end), values) for begin, end in parts]
    return found
