"""Makes sound a little longer or shorter without changing its pitch: periods are repeated or left out.

Two clocks that differ by 100 millionths are 21 ms apart after some minutes. That much silence, or a cut, is
heard as a click; a few periods of a voice more or less, each faded over where it resembles its neighbour, are
not.
"""

import numpy as np

from archives.media.export.sound import Sound

# Of voices: 80 Hz to 400 Hz.
MIN_PERIOD_S, MAX_PERIOD_S = 0.0025, 0.0125
FADE_S = 0.005
# A splice is looked for at every so many samples.
STEP = 32


def stretched(sound: Sound, length: int, rate: int, margin: int) -> Sound:
    """The sound as `length` samples; `margin` samples at either end are left as they are."""
    missing = length - sound.shape[1]
    shortest, longest = round(MIN_PERIOD_S * rate), round(MAX_PERIOD_S * rate)
    splices = max(1, -(-abs(missing) // (longest // 2)))
    begin, rest = margin, abs(missing)
    for left in range(splices, 0, -1):
        room = (sound.shape[1] - margin - begin) // left
        low, high = max(shortest, rest - (left - 1) * longest), min(longest, rest - (left - 1) * shortest)
        if rest and low <= high:
            at, period = _splice(sound, (begin, begin + room), (low, high), missing > 0, round(FADE_S * rate))
            sound = _spliced(sound, at, period if missing > 0 else -period, round(FADE_S * rate))
            rest -= period
            begin += room + (period if missing > 0 else -period)
    return sound


def _splice(
    sound: Sound, within: tuple[int, int], periods: tuple[int, int], longer: bool, fade: int
) -> tuple[int, int]:
    """Where, and by how much, to go back (or on) so that what follows resembles most what would follow."""
    mono = sound.mean(axis=0).astype(np.float64)
    low, high = periods
    squares = np.concatenate([[0.0], np.cumsum(mono**2)])
    best, found = np.inf, (within[0] + high, low)
    for at in range(within[0] + high, within[1] - high - fade, STEP):
        begin = at - high if longer else at + low
        others = mono[begin : begin + high - low + fade]
        alike = np.correlate(others, mono[at : at + fade], "valid")
        starts = begin + np.arange(len(alike))
        energies = squares[starts + fade] - squares[starts] + squares[at + fade] - squares[at]
        apart = energies - 2 * alike
        nearest = int(apart.argmin())
        if apart[nearest] < best:
            best, found = float(apart[nearest]), (at, high - nearest if longer else low + nearest)
    return found


def _spliced(sound: Sound, at: int, back: int, fade: int) -> Sound:
    """Goes on from `back` samples before `at` (after it, if below zero), faded over."""
    slope = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)).astype(np.float32)
    other = at - back
    faded = sound[:, at : at + fade] * (1 - slope) + sound[:, other : other + fade] * slope
    return np.concatenate([sound[:, :at], faded, sound[:, other + fade :]], axis=1)
