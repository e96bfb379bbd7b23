"""Correlating two rows of values, and judging the top of what comes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]


def ramp(value: float, none: float, full: float) -> float:
    """0 at `none` and before, 1 at `full` and beyond, a straight line between."""
    return float(np.clip((value - none) / (full - none), 0, 1))


def vertex(values: NDArray[np.floating], peak: int) -> float:
    """How far the top of the parabola through a peak and its neighbours lies from the peak, -0.5..0.5."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, top, right = values[peak - 1 : peak + 2]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def lead(values: NDArray[np.floating], peak: int, width: int) -> float:
    """By what part of its height a peak stands above everything farther from it than `width`, at most 1."""
    rival = values.copy()
    rival[max(0, peak - width) : peak + width + 1] = 0
    return min(1.0, 1 - float(np.max(rival)) / float(values[peak]))


def correlation(first: Floats, second: Floats, lowest: int, highest: int) -> Floats:
    """Sum over m of first[m + lag] * second[m], for each lag from `lowest` to `highest`."""
    # What else such a circle lays over each other falls on lags that are not asked for.
    size = fft_size(max(len(first), len(second), len(first) - lowest, len(second) + highest))
    spectrum = np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size))
    circular = np.fft.irfft(spectrum, size)
    negative = circular[size + min(lowest, 0) : size + min(highest + 1, 0)]
    return np.concatenate([negative, circular[max(lowest, 0) : max(highest + 1, 0)]])


def within(whole: NDArray[np.floating], part: NDArray[np.floating]) -> NDArray[np.floating]:
    """Sum over m of whole[m + lag] * part[m], for every lag at which the part lies inside the whole.

    Of rows of each, row by row.
    """
    size = fft_size(whole.shape[-1])
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    return np.fft.irfft(spectrum, size)[..., : whole.shape[-1] - part.shape[-1] + 1]


def fft_size(least: int) -> int:
    """The next size that has only small factors: those transform quickly."""
    return min(odd << max(0, (-(-least // odd) - 1).bit_length()) for odd in (1, 3, 5, 9, 15, 25, 27, 45, 75))
