"""What is heard in place of sound that was lost: the voice goes on at its own pitch for a moment, and fades.

Opus itself knows more (its in-band copies of the frame before), but FFmpeg's decoder does not give it out.
"""

from __future__ import annotations

import numpy as np

from localtok.recording.compose.mixer import RATE, Samples

# A frame of Opus is repeated as it was; three in a row are silence by then.
HELD, FADED = RATE // 50, 3 * RATE // 50
# The pitch of voices, 70 to 400 Hz, and how much sound it is looked for in.
SHORTEST, LONGEST, COMPARED = RATE // 400, RATE // 70, RATE // 100
REMEMBERED = LONGEST + COMPARED
# The voice that goes on and the one that comes back cross over this long.
CROSSED = RATE // 200
# A longer hole is a pause: the place of what comes next says how long.
LONGEST_HOLE = RATE
_FADING = np.interp(np.arange(FADED), [0, HELD, FADED], [1, 1, 0]).astype(np.float32)


class Concealment:
    """Follows one voice, frame by frame."""

    def __init__(self) -> None:
        self._heard: Samples = np.zeros(0, np.float32)
        self._beyond: Samples = np.zeros(0, np.float32)

    def heard(self, samples: Samples) -> Samples:
        """The frame as it is to be heard: after a hole it begins without a click."""
        crossed = min(len(self._beyond), len(samples))
        if crossed:
            rising = np.linspace(0, 1, crossed, dtype=np.float32)
            samples = samples.copy()
            samples[:crossed] = samples[:crossed] * rising + self._beyond[:crossed] * (1 - rising)
            self._beyond = self._beyond[:0]
        self._heard = np.concatenate([self._heard, samples])[-REMEMBERED:]
        return samples

    def fill(self, missing: int) -> Samples:
        """What is heard for the `missing` samples after the last frame; of a pause only its beginning."""
        length = missing if missing <= LONGEST_HOLE else FADED
        period = self._period()
        if not period:
            return np.zeros(length, np.float32)
        whole = np.zeros(length + CROSSED, np.float32)
        fading = _FADING[: len(whole)]
        whole[: len(fading)] = np.resize(self._heard[-period:], len(fading)) * fading
        self._beyond = whole[length:]
        return whole[:length]

    def _period(self) -> int:
        """After how many samples the sound is most like itself; 0 before there is enough of it."""
        if len(self._heard) < REMEMBERED:
            return 0
        last = self._heard[-COMPARED:]
        before = np.lib.stride_tricks.sliding_window_view(self._heard, COMPARED)[-1 - LONGEST : -SHORTEST]
        likeness = before @ last / (np.linalg.norm(before, axis=1) + 1e-6)
        return LONGEST - int(likeness.argmax())
