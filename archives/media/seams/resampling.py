"""Sound brought down to few samples, in blocks: one long array costs more in fresh memory than in work."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SOUND_RATE = 8000
# The filter lets pass what is below, and reaches so many samples of SOUND_RATE to either side.
PASSED_HZ = 3750
REACH = 8
KAISER = 6
# So many samples of SOUND_RATE are made at once.
GROUPS = 4096


def resampled(placed: Iterable[tuple[int, Floats]], length: int, rate: int) -> Floats:
    """`length` samples of `rate` at SOUND_RATE; each lies where its place says, so a hole stays a hole."""
    if rate % SOUND_RATE:
        return _converted(placed, length, rate)
    thinned = _Thinned(length, rate // SOUND_RATE)
    for at, samples in placed:
        thinned.put(at, samples)
    return thinned.ended()


class _Thinned:
    """One of `factor` samples each, after a filter that moves nothing in time; samples come in order."""

    def __init__(self, length: int, factor: int) -> None:
        self._length, self._factor = length, factor
        self._taps = _taps(factor)
        self._made = np.zeros(-(-length // factor), np.float32)
        self._done = 0
        # Groups of `factor` samples, some of those before and after what is made of them.
        self._held = np.zeros((GROUPS + 2 * REACH) * factor, np.float32)
        self._sums = np.zeros((len(self._taps), GROUPS + 2 * REACH), np.float32)
        self._begin = -REACH * factor
        self._filled = 0

    def put(self, at: int, samples: Floats) -> None:
        """What lies before the last one's end is left out; silence where nothing is put."""
        samples = samples[max(0, self._filled - at) :]
        self._filled = max(self._filled, at)
        while len(samples) and self._filled < self._length:
            free = self._begin + len(self._held) - self._filled
            if free <= 0:
                self._make()
                continue
            place = self._filled - self._begin
            taken = samples[: min(free, self._length - self._filled)]
            self._held[place : place + len(taken)] = taken
            self._filled += len(taken)
            samples = samples[len(taken) :]

    def ended(self) -> Floats:
        while self._done < len(self._made):
            self._make()
        return self._made

    def _make(self) -> None:
        """Each group meets each group of taps once; the sums along the diagonals are what is filtered."""
        np.matmul(self._taps, self._held.reshape(-1, self._factor).T, out=self._sums)
        made = self._made[self._done : self._done + GROUPS]
        for number, sums in enumerate(self._sums):
            made += sums[number : number + len(made)]
        self._done += len(made)
        kept = 2 * REACH * self._factor
        self._held[:kept] = self._held[-kept:]
        self._held[kept:] = 0
        self._begin += GROUPS * self._factor


@cache
def _taps(factor: int) -> Floats:
    """Of a low pass, in groups of `factor`; the middle one is the first of the group at REACH."""
    reach = REACH * factor
    at = np.arange(-reach, reach + 1)
    taps = np.zeros((2 * REACH + 1) * factor)
    taps[: len(at)] = np.sinc(at * 2 * PASSED_HZ / (SOUND_RATE * factor)) * np.kaiser(len(at), KAISER)
    return (taps / taps.sum()).astype(np.float32).reshape(-1, factor)


def _converted(placed: Iterable[tuple[int, Floats]], length: int, rate: int) -> Floats:
    """Of rates that are no multiple of SOUND_RATE: none of a recorder's own, so its time does not matter."""
    whole = np.zeros((1, max(1, length)), np.float32)
    for at, samples in placed:
        begin = max(0, at)
        there = whole[0, begin : begin + len(samples) - (begin - at)]
        there[:] = samples[begin - at :][: len(there)]
    frame = av.AudioFrame.from_ndarray(whole, format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_RATE)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts])
