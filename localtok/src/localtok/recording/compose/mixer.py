"""Mixes the sound of all streams by media time: float32 mono at 48 kHz in and out. Pure."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 48_000
# A clock that slews moves sound by stretching it: four samples in a frame of 960 cannot be heard.
MOST_STRETCH = 4
# After a stall being on time again matters more: 2.5 % faster, and without what is softer than this.
CATCH_UP_STRETCH = 24
QUIET = 0.01
# Below a millisecond nothing is corrected; beyond this it is a gap or a jump, not drift.
IGNORED, JUMP = RATE // 1000, RATE // 10
# Sound further ahead than this cannot come from a sane clock.
MOST_AHEAD = 30 * RATE
KNEE = 0.8


class Voice:
    """Where the sound of one stream stands in the recording."""

    def __init__(self) -> None:
        self._next: int | None = None

    def place(self, samples: Samples, position: int, earliest: int = 0) -> tuple[int, Samples]:
        """Where these samples go (in samples since the beginning), and the samples, perhaps stretched.

        What lies before `earliest` is written already, so late sound is heard later instead of never, and
        the voice catches up by leaving out its pauses and by speaking a little faster.
        """
        position = max(position, earliest)
        error = 0 if self._next is None else position - self._next
        if self._next is None or self._next < earliest or error > JUMP:
            self._next = position
        elif error < -JUMP:
            samples = samples[:0] if _quiet(samples) else _stretched(samples, -CATCH_UP_STRETCH)
        elif abs(error) > IGNORED:
            samples = _stretched(samples, max(-MOST_STRETCH, min(MOST_STRETCH, error)))
        start = self._next
        self._next = start + len(samples)
        return start, samples


class Mixer:
    """Adds voices up in one buffer that begins at the next sample to be taken."""

    def __init__(self) -> None:
        self.taken = 0
        self.late = 0
        self._sum: Samples = np.zeros(0, np.float32)

    def add(self, start: int, samples: Samples) -> None:
        """Samples in -1..1 to be heard from `start`; what lies before the taken part is counted as late."""
        late = min(max(0, self.taken - start), len(samples))
        self.late += late
        samples, start = samples[late:], start + late - self.taken
        if not len(samples) or start > MOST_AHEAD:
            return
        missing = start + len(samples) - len(self._sum)
        if missing > 0:
            self._sum = np.concatenate([self._sum, np.zeros(missing, np.float32)])
        self._sum[start : start + len(samples)] += samples

    def take(self, count: int) -> Samples:
        """The next `count` samples of the mix, within -1..1; silence where nobody spoke."""
        mixed = self._sum[:count]
        self._sum = self._sum[count:]
        self.taken += count
        padded = np.zeros(count, np.float32)
        padded[: len(mixed)] = mixed
        return limited(padded)


def limited(samples: Samples) -> Samples:
    """Unchanged up to KNEE, bent smoothly above, never over 1."""
    size = np.abs(samples)
    if not (size > KNEE).any():
        return samples
    bent = KNEE + (1 - KNEE) * np.tanh((size - KNEE) / (1 - KNEE))
    return np.where(size > KNEE, np.sign(samples) * bent, samples).astype(np.float32)


def _quiet(samples: Samples) -> bool:
    return not len(samples) or float(np.abs(samples).max()) < QUIET


def _stretched(samples: Samples, by: int) -> Samples:
    if len(samples) < 2:
        return samples
    places = np.linspace(0, len(samples) - 1, max(1, len(samples) + by))
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
