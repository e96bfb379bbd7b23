"""The claimed overlap of two sounds, looked at in windows that each name their own best place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .correlation import vertex, within
from .resampling import SOUND_RATE, Floats

WINDOW_SEARCH_MS = 45
# Windows that agree on a place within this (beyond what drift moves them) belong together.
AGREE_MS = 2.0
MAX_WINDOWS = 12


@dataclass(frozen=True)
class Window:
    at_ms: float
    lag_ms: float
    likeness: float
    weight: float


def windows(first: Floats, second: Floats, lag: int) -> list[Window]:
    """The claimed overlap in pieces; those where either side is silent say nothing and are left out."""
    begin, end = max(0, -lag), min(len(second), len(first) - lag)
    length = int(np.clip((end - begin) // 8, SOUND_RATE // 10, SOUND_RATE))
    count = min(MAX_WINDOWS, max(1, (end - begin) // length))
    starts = np.linspace(begin, end - length, count).astype(int)
    looked = _looked(first, second, lag, starts, length)
    loudest = max(window.weight for window in looked)
    return [window for window in looked if window.weight > 0.02 * loudest]


def _looked(first: Floats, second: Floats, lag: int, starts: NDArray[np.intp], length: int) -> list[Window]:
    """All windows at once: one transform of many rows costs less than many of one."""
    reach = WINDOW_SEARCH_MS * SOUND_RATE // 1000
    parts = second[starts[:, None] + np.arange(length)]
    places = starts[:, None] + np.arange(lag - reach, lag + length + reach)
    inside = (places >= 0) & (places < len(first))
    around = np.where(inside, first.take(places, mode="clip"), 0)
    power = np.cumsum(np.square(around, dtype=np.float64), axis=1)
    energy = power[:, length - 1 :].copy()
    energy[:, 1:] -= power[:, :-length]
    own = np.sum(np.square(parts, dtype=np.float64), axis=1)
    floor = 1e-3 * own * energy.max(axis=1) + 1e-20
    likeness = within(around, parts) / np.sqrt(own[:, None] * energy + floor[:, None])
    # A window is looked for where all of it lies in the other sound.
    likeness[~(inside[:, : 2 * reach + 1] & inside[:, length - 1 :])] = -1
    best = likeness.argmax(axis=1)
    return [
        Window(
            (start + length / 2) * 1000 / SOUND_RATE,
            (at + vertex(row, at) - reach) * 1000 / SOUND_RATE,
            float(row[at]),
            float(min(mine, theirs[reach])) ** 0.5,
        )
        for start, row, at, mine, theirs in zip(
            starts.tolist(), likeness, best.tolist(), own.tolist(), energy, strict=True
        )
    ]


def agreeing(windows: list[Window]) -> tuple[list[Window], float]:
    """The largest group of windows that name one place, and its share of the weight of all."""
    places = np.array([window.lag_ms for window in windows])
    weights = np.array([window.weight * max(window.likeness, 0.0) for window in windows])
    support = [float(np.sum(weights[np.abs(places - place) <= AGREE_MS])) for place in places]
    centre = places[int(np.argmax(support))]
    kept = [window for window in windows if abs(window.lag_ms - centre) <= AGREE_MS and window.likeness > 0.1]
    return kept, sum(window.weight for window in kept) / sum(window.weight for window in windows)


def placed(windows: list[Window], middle_ms: float) -> tuple[float, float | None]:
    """The shift in the middle of the overlap and, where enough windows tell it, the drift in ppm."""
    times = np.array([window.at_ms - middle_ms for window in windows])
    shifts = np.array([window.lag_ms for window in windows])
    weights = np.array([window.weight * window.likeness for window in windows])
    if len(windows) < 6 or np.ptp(times) < 4000:
        return float(np.average(shifts, weights=weights)), None
    slope, middle = np.polyfit(times, shifts, 1, w=np.sqrt(weights))
    return float(middle), float(slope * 1e6)
