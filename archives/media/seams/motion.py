"""Where one piece's pictures lie in another's, from what moves in them.

Small grey pictures are put on one fine grid of time and compared by what changed in each point within a
fifth of a second, so that a still background, another layout of the edges or another brightness says
nothing. A still picture has nothing to compare, and then no place is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .correlation import Doubles, fft_size, lead, ramp, vertex
from .pieces import Floats, Pictures

STEP_MS = 20
CHANGE_MS = 200
MIN_OVERLAP_MS = 240
# Grey levels (of 255) that the liveliest points must change by, as a root mean square: encoders alone reach
# about 1.
MOTION = 2.0
SAME_PEAK_MS = 160
# So many of the points are compared at every lag; all of them near the likeliest.
LIVELY = 144
NEAR_STEPS = 3
# What is the same at so many key frames stands still.
STILL_KEYS = 4
STILL = 1.2


@dataclass(frozen=True)
class MotionMatch:
    offset_ms: float
    confidence: float


class Motion:
    """`changes` is (steps, points): what each point changes by in CHANGE_MS, every STEP_MS from the start."""

    def __init__(self, pictures: Pictures) -> None:
        enough = len(pictures.times_ms) >= 4
        self.start_ms = float(pictures.times_ms[0]) if enough else 0.0
        self.changes: Floats = _changes(pictures) if enough else pictures.luma[:0]

    @cached_property
    def moves(self) -> bool:
        """Whether anything moves enough to name a place by it."""
        return len(self.changes) > 0 and _level(self.changes) > MOTION


def stands_still(keys: Pictures) -> bool:
    """Whether key frames alone tell that nothing moves; False where they are too few to tell."""
    return len(keys.times_ms) >= STILL_KEYS and _level(np.diff(keys.luma, axis=0)) < STILL


def match_motion(earlier: Motion, later: Motion, lowest_ms: float, highest_ms: float) -> MotionMatch | None:
    """The likeliest place of `later` in `earlier` between two offsets; None where too little moves."""
    if not (earlier.moves and later.moves):
        return None
    first, second = earlier.changes, later.changes
    likeness, lags = _likeness(*_liveliest(first, second))
    offsets = earlier.start_ms - later.start_ms + lags * STEP_MS
    likeness[(offsets < lowest_ms - STEP_MS) | (offsets > highest_ms + STEP_MS)] = 0
    peak = int(np.argmax(likeness))
    if likeness[peak] <= 0:
        return None
    lag, alike = _refined(first, second, int(lags[peak]))
    place = earlier.start_ms - later.start_ms + lag * STEP_MS
    return MotionMatch(place, _confidence(likeness, peak, first, second, round(lag), alike))


def _refined(first: Floats, second: Floats, lag: int) -> tuple[float, float]:
    """The best lag (steps, with a fraction) near one, and how alike the pictures are there.

    Over a short overlap a longer claim draws the peak towards itself; among neighbours only likeness counts.
    """
    near = [lag + step for step in range(-NEAR_STEPS, NEAR_STEPS + 1)]
    alike = np.array([_alike(*_shared(first, second, place)) for place in near])
    best = int(np.argmax(alike))
    return near[best] + vertex(alike, best), float(alike[best])


def _shared(first: Floats, second: Floats, lag: int) -> tuple[Floats, Floats]:
    begin, end = max(0, -lag), max(0, min(len(second), len(first) - lag))
    if (end - begin) * STEP_MS + CHANGE_MS < MIN_OVERLAP_MS:
        return first[:0], second[:0]
    return first[begin + lag : end + lag], second[begin:end]


def _changes(pictures: Pictures) -> Floats:
    begin, end = pictures.times_ms[0], pictures.times_ms[-1]
    grid = np.arange(begin, end, STEP_MS)
    after = np.clip(np.searchsorted(pictures.times_ms, grid, side="right"), 1, len(pictures.times_ms) - 1)
    before_ms, after_ms = pictures.times_ms[after - 1], pictures.times_ms[after]
    share = ((grid - before_ms) / np.maximum(after_ms - before_ms, 1e-6)).astype(np.float32)[:, None]
    smooth = pictures.luma[after - 1] * (1 - share) + pictures.luma[after] * share
    reach = CHANGE_MS // STEP_MS
    return smooth[reach:] - smooth[:-reach]


def _level(changes: Floats) -> float:
    """By how much the liveliest points change, as a root mean square."""
    per_point = np.sqrt(np.mean(np.square(changes), axis=0))
    return float(np.quantile(per_point, 0.95))


def _liveliest(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The points that change most: the others, a wall, add to the work and not to the sum."""
    lively = np.argsort(np.square(first).sum(axis=0) * np.square(second).sum(axis=0))[-LIVELY:]
    return first[:, lively], second[:, lively]


def _likeness(first: Floats, second: Floats) -> tuple[Doubles, np.ndarray]:
    """At each lag, the normalised sum of products over the shared steps, drawn to 0 where few move."""
    size = fft_size(len(first) + len(second))
    # One row for each point: what is transformed lies together.
    spectra = [np.fft.rfft(np.ascontiguousarray(changes.T), size) for changes in (first, second)]
    spectrum = np.einsum("pf,pf->f", spectra[0], np.conj(spectra[1]))
    products = _by_lag(np.fft.irfft(spectrum, size), first, second)
    power_first, power_second = (np.square(changes).sum(axis=1) for changes in (first, second))
    ones_first, ones_second = np.ones(len(first)), np.ones(len(second))
    of_first = _by_lag(_circular(power_first, ones_second, size), first, second)
    of_second = _by_lag(_circular(ones_first, power_second, size), first, second)
    lags = np.arange(-len(second) + 1, len(first))
    shared = np.minimum(lags + len(second), len(first)) - np.maximum(lags, 0)
    little = float(power_first.mean() * power_second.mean()) ** 0.5 * MIN_OVERLAP_MS / STEP_MS / 2
    likeness = products / (np.sqrt(np.maximum(of_first, 0) * np.maximum(of_second, 0)) + little)
    likeness[shared * STEP_MS + CHANGE_MS < MIN_OVERLAP_MS] = 0
    return likeness, lags


def _circular(first: Doubles, second: Doubles, size: int) -> Doubles:
    return np.fft.irfft(np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size)), size)


def _by_lag(circular: Doubles, first: Floats, second: Floats) -> Doubles:
    return np.concatenate([circular[len(circular) - len(second) + 1 :], circular[: len(first)]])


def _confidence(likeness: Doubles, peak: int, first: Floats, second: Floats, lag: int, alike: float) -> float:
    """The least of: how alike, the lead over the next place, and whether both halves name the same place."""
    begin, end = max(0, -lag), min(len(second), len(first) - lag)
    half = (begin + end) // 2
    apart = max(_shift(first, second[begin:half], lag + begin), _shift(first, second[half:end], lag + half))
    return min(
        ramp(float(likeness[peak]), 0.3, 0.5),
        # The same motion through two encoders is alike to 0.9 and more, chance reaches about 0.5.
        ramp(alike, 0.65, 0.8),
        ramp(lead(likeness, peak, SAME_PEAK_MS // STEP_MS), 0.1, 0.35),
        ramp(2 * STEP_MS - apart, -STEP_MS / 2, STEP_MS / 2),
    )


def _shift(first: Floats, part: Floats, at: int) -> float:
    """How far (ms) the best place of `part` is from `at`, up to SAME_PEAK_MS; 0 where nothing moves."""
    reach = SAME_PEAK_MS // STEP_MS
    shifts = [shift for shift in range(-reach, reach + 1) if 0 <= at + shift <= len(first) - len(part)]
    if len(part) == 0 or not shifts:
        return 0.0
    alike = [_alike(first[at + shift : at + shift + len(part)], part) for shift in shifts]
    best = int(np.argmax(alike))
    return abs(shifts[best]) * float(STEP_MS) if alike[best] > 0 else 0.0


def _alike(one: Floats, other: Floats) -> float:
    one, other = one.ravel(), other.ravel()
    power = float(np.dot(one, one)) * float(np.dot(other, other))
    return float(np.dot(one, other)) / power**0.5 if power > 0 else 0.0
