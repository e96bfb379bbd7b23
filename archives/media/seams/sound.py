"""Where one piece's sound lies in another's: whitened cross-correlation, then window by window.

The sound of both is whitened by one common zero-phase filter, so that a hum or a loud vowel does not
outweigh the rest and the peak stays sharp after different encoders. At every lag the sum of products is
divided by its own spread, were the two unrelated: a long wrong overlap and a short right one are then
compared fairly. What a peak claims is proved over the whole overlap that it claims, in windows that each
look for their own best place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .correlation import Doubles, correlation, fft_size, lead, ramp, within
from .pieces import Sound
from .resampling import SOUND_RATE, Floats
from .windows import agreeing, placed, windows

BAND_HZ = (120, 3700)
WHITENING_HZ = 25
# Below this level (-66 dBFS) an encoder's own noise decides what is heard.
QUIET = 5e-4
MIN_OVERLAP_MS = 200
LEAST_SHARED = MIN_OVERLAP_MS * SOUND_RATE // 1000
BLOCK = 64
CANDIDATES = 4
# Chance alone reaches this over the lags of half a minute.
LEAST_SCORE = 5.0
# Unrelated speech or music stays below this.
UNLIKE_SCORE = 10.0
# Of sound that was stretched each time in another way little is alike: below this it is certainly another.
APART_SCORE = 8.5
EDGE_MS = 400
# Lags nearer than this are the same peak: the pitch of a voice repeats within it.
SAME_PEAK_MS = 15
# A peak this far off is another place: what is reported as sure may not be off by so much.
RIVAL_MS = 20
# Jitter buffers move sound by less than this either way; so many peaks of a group are looked at.
STRETCHED_MS = 100
STRETCHED_PEAKS = 12
# So much of the shared sound is looked for elsewhere in both pieces, so far to either side.
SAMPLE_MS = 1000
REPEAT_REACH_MS = 6000


@dataclass(frozen=True)
class SoundMatch:
    """`offset_ms` holds at `middle_ms` of the later piece; the earlier clock is faster by `drift_ppm`.

    `score` is the height of the peak, in spreads of what chance gives; `agreement` the share of the windows
    that name this one place.
    """

    offset_ms: float
    confidence: float
    score: float
    agreement: float
    middle_ms: float
    drift_ppm: float | None


class Heard:
    """What two pieces sound like where they may overlap; whitened and compared once, however often asked.

    `lowest_ms` and `highest_ms` bound the offsets that are looked at.
    """

    def __init__(self, earlier: Sound, later: Sound, lowest_ms: float, highest_ms: float) -> None:
        self._earlier, self._later = earlier, later
        self._lags = _lags(earlier, later, lowest_ms, highest_ms)
        self._usable = bool(self._lags) and _audible(earlier.samples) and _audible(later.samples)

    def match(self) -> SoundMatch | None:
        """The likeliest place of the later in the earlier; None where there is no usable sound in both.

        A confidence is the least of what the evidence says of the peak's height, its lead over the next peak,
        the agreement of the windows and that the shared sound is heard only once in each piece: 0..1.
        """
        best = self._best(self._lags)
        if best is None or best.confidence == 0:
            return best
        lag = round((best.offset_ms + self._later.start_ms - self._earlier.start_ms) * SOUND_RATE / 1000)
        return replace(best, confidence=min(best.confidence, _heard_once(*self._white, lag)))

    def near(self, lowest_ms: float, highest_ms: float) -> SoundMatch | None:
        """As match, for fewer offsets; something else has led here, so it may be heard more than once."""
        near = _lags(self._earlier, self._later, lowest_ms, highest_ms)
        return self._best(range(max(near.start, self._lags.start), min(near.stop, self._lags.stop)))

    def apart(self, best: SoundMatch | None) -> bool:
        """Whether the sound proves that the later piece does not begin within the earlier one.

        It does when the end of the one and the head of the other are both heard, and nothing alike was found.
        """
        edge = EDGE_MS * SOUND_RATE // 1000
        heard = _audible(self._earlier.samples[-edge:]) and _audible(self._later.samples[:edge])
        return heard and (best is None or best.score < APART_SCORE)

    def together_ms(self, offset_ms: float) -> float:
        """For how long both are heard at once if the later piece lies at an offset in the earlier one."""
        shift = round((offset_ms + self._later.start_ms - self._earlier.start_ms) * SOUND_RATE / 1000)
        first, second = self._earlier.samples[max(0, shift) :], self._later.samples[max(0, -shift) :]
        length = min(len(first), len(second)) // BLOCK
        both = _loud(first)[:length] & _loud(second)[:length]
        return float(np.count_nonzero(both)) * BLOCK * 1000 / SOUND_RATE

    def stretched(self) -> float | None:
        """About where the pieces are alike though each part names another place; None if that is not clear.

        Two recorders that each stretched the sound in their own way leave a group of peaks.
        """
        peaks = np.array(_peaks(self._score, STRETCHED_PEAKS), int)
        places, power = self._offset_ms(peaks + self._lags.start), np.square(self._score[peaks])
        groups = [float(power[np.abs(places - place) <= STRETCHED_MS].sum()) for place in places]
        best = int(np.argmax(groups))
        own = np.abs(places - places[best]) <= STRETCHED_MS
        rest = max((group for group, near in zip(groups, own, strict=True) if not near), default=0.0)
        return float(np.average(places[own], weights=power[own])) if rest < groups[best] / 2 else None

    @cached_property
    def _white(self) -> tuple[Floats, Floats]:
        return _whitened(self._earlier.samples, self._later.samples)

    @cached_property
    def _score(self) -> Floats:
        return _scores(*self._white, self._lags)

    def _offset_ms(self, lag: Any) -> Any:
        return self._earlier.start_ms - self._later.start_ms + lag * (1000 / SOUND_RATE)

    def _best(self, lags: range) -> SoundMatch | None:
        if not (self._usable and lags):
            return None
        score = self._score[lags.start - self._lags.start : lags.stop - self._lags.start]
        best: SoundMatch | None = None
        for peak in _peaks(score, CANDIDATES):
            standing = _standing(score, peak)
            # To look at its windows costs much, and cannot make it more than its standing.
            if best is not None and standing <= best.confidence:
                continue
            match = self._proved(lags[peak], float(score[peak]), standing)
            if match is not None and (best is None or match.confidence > best.confidence):
                best = match
        return best

    def _proved(self, lag: int, score: float, standing: float) -> SoundMatch | None:
        first, second = self._white
        looked = windows(first, second, lag)
        kept, agreement = agreeing(looked) if looked else ([], 0.0)
        if not kept:
            return None
        middle_ms = (max(0, -lag) + min(len(second), len(first) - lag)) * 500 / SOUND_RATE
        shift_ms, drift_ppm = placed(kept, middle_ms)
        likeness = float(np.average([w.likeness for w in kept], weights=[w.weight for w in kept]))
        confidence = min(standing, ramp(agreement, 0.4, 0.75), ramp(likeness, 0.1, 0.35))
        middle_ms += self._later.start_ms
        offset_ms = self._offset_ms(lag) + shift_ms
        return SoundMatch(offset_ms, confidence, score, agreement, middle_ms, drift_ppm)


def _lags(earlier: Sound, later: Sound, lowest_ms: float, highest_ms: float) -> range:
    """The lags (samples) of the offsets between two at which enough is shared to be compared."""
    zero_ms = earlier.start_ms - later.start_ms
    lowest = ceil((lowest_ms - zero_ms) * SOUND_RATE / 1000)
    highest = floor((highest_ms - zero_ms) * SOUND_RATE / 1000)
    return range(
        max(lowest, LEAST_SHARED - len(later.samples)),
        min(highest, len(earlier.samples) - LEAST_SHARED) + 1,
    )


def _loud(samples: Floats) -> NDArray[np.bool_]:
    whole = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return np.sqrt(np.mean(np.square(whole), axis=1)) > QUIET


def _audible(samples: Floats) -> bool:
    return bool(np.count_nonzero(_loud(samples)) * BLOCK * 1000 / SOUND_RATE > MIN_OVERLAP_MS / 2)


def _whitened(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    size = fft_size(max(len(first), len(second)) + SOUND_RATE // WHITENING_HZ)
    spectra = [np.fft.rfft(samples, size) for samples in (first, second)]
    power = sum(
        (np.square(spectrum.real) + np.square(spectrum.imag)) / (np.sum(np.square(samples)) + 1e-12)
        for spectrum, samples in zip(spectra, (first, second), strict=True)
    )
    bins_per_hz = size / SOUND_RATE
    smooth = _boxed(power, int(WHITENING_HZ * bins_per_hz))
    weight = (1 / np.sqrt(smooth + 1e-4 * smooth.max())).astype(np.float32)
    weight[: int(BAND_HZ[0] * bins_per_hz)] = 0
    weight[int(BAND_HZ[1] * bins_per_hz) :] = 0
    first_white, second_white = (
        np.fft.irfft(spectrum * weight, size)[: len(samples)].astype(np.float32)
        for spectrum, samples in zip(spectra, (first, second), strict=True)
    )
    return first_white, second_white


def _boxed(values: NDArray[np.floating], width: int) -> Doubles:
    """A running mean over `width` values, as long as what it is given."""
    width = max(1, min(width, len(values)))
    padded = np.pad(values.astype(np.float64), (width // 2 + 1, width - width // 2 - 1), mode="edge")
    total = np.cumsum(padded)
    return (total[width:] - total[:-width])[: len(values)] / width


def _scores(first: Floats, second: Floats, lags: range) -> Floats:
    """At each lag, how many times its own spread (were they unrelated) the sum of products is."""
    power_first, power_second = (_block_power(samples) for samples in (first, second))
    least = float(np.mean(power_first) * np.mean(power_second)) * LEAST_SHARED * 0.25
    spread = _spread(power_first, power_second, lags) + np.float32(least + 1e-20)
    scores: Floats = correlation(first, second, lags[0], lags[-1]) / np.sqrt(spread)
    return scores


def _spread(power_first: Floats, power_second: Floats, lags: range) -> Floats:
    """What the products' sum varies by, from blocks: between those on a straight line."""
    lowest, highest = 1 - len(power_second), len(power_first) - 1
    of_blocks: Floats = np.maximum(correlation(power_first, power_second, lowest, highest), 0) * BLOCK
    begin, end = lags.start // BLOCK, lags.stop // BLOCK + 1
    of_blocks = of_blocks.take(np.arange(begin - lowest, end - lowest + 1), mode="clip")
    share = (np.arange(BLOCK) / BLOCK).astype(np.float32)
    lines = (of_blocks[:-1, None] + np.diff(of_blocks)[:, None] * share).ravel()
    return lines[lags.start - begin * BLOCK :][: len(lags)]


def _block_power(samples: Floats) -> Floats:
    whole = np.pad(samples, (0, -len(samples) % BLOCK)).reshape(-1, BLOCK)
    return np.mean(np.square(whole), axis=1)


def _peaks(score: Floats, most: int) -> list[int]:
    left = score.copy()
    width = SAME_PEAK_MS * SOUND_RATE // 1000
    found: list[int] = []
    while len(found) < most and left[peak := int(np.argmax(left))] > LEAST_SCORE:
        found.append(peak)
        left[max(0, peak - width) : peak + width + 1] = 0
    return found


def _standing(score: Floats, peak: int) -> float:
    """What a peak's height and its lead over the next place allow it to be worth: 0..1."""
    return min(
        ramp(float(score[peak]), LEAST_SCORE + 1, 16),
        ramp(lead(score, peak, RIVAL_MS * SOUND_RATE // 1000), 0.05, 0.3),
    )


def _heard_once(first: Floats, second: Floats, lag: int) -> float:
    """0 where what is shared also lies elsewhere in a piece: in a loop no place is sure."""
    begin, end = max(0, -lag), min(len(second), len(first) - lag)
    length = min(SAMPLE_MS * SOUND_RATE // 1000, end - begin)
    power = np.cumsum(np.square(second[begin:end] * first[begin + lag : end + lag], dtype=np.float64))
    loudest = int(np.argmax(power[length - 1 :] - np.concatenate([[0.0], power[:-length]])))
    part = second[begin + loudest : begin + loudest + length]
    again = max(_elsewhere(second, part, begin + loudest), _elsewhere(first, part, begin + loudest + lag))
    return ramp(1 - again, 0.2, 0.4)


def _elsewhere(whole: Floats, part: Floats, at: int) -> float:
    """How alike to `part` any other place of `whole` is, next to the place itself: 1 is just as alike."""
    reach = REPEAT_REACH_MS * SOUND_RATE // 1000
    begin = max(0, at - reach)
    whole, at = whole[begin : at + len(part) + reach], at - begin
    products = within(whole, part)
    power = np.cumsum(np.concatenate([[0.0], np.square(whole, dtype=np.float64)]))
    energy = (power[len(part) :] - power[: len(power) - len(part)]).astype(np.float32)
    alike = products / np.sqrt(energy + 0.05 * float(energy.max()) + 1e-20)
    near = RIVAL_MS * SOUND_RATE // 1000
    own = float(np.max(alike[max(0, at - near) : at + near + 1], initial=0.0))
    alike[max(0, at - near) : at + near + 1] = 0
    return float(np.max(alike)) / own if own > 0 else 1.0
