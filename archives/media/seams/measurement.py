"""The true offset between the media clocks of two neighbouring pieces of one call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from .motion import Motion, MotionMatch, match_motion, stands_still
from .pieces import MediaSource, Piece
from .sound import UNLIKE_SCORE, Heard, SoundMatch

Method = Literal["audio", "video", "times", "none"]

# A measure at least this confident is off by at most 20 ms (audio) or 40 ms (video) in every generated pair
# of benchmarks/seams.py; below FOUND nothing is said to be found in the media.
SURE = 0.8
FOUND = 0.5
# What the archives' own times are worth: they may be rounded to a second and late by the start of a
# recording.
TIMES_CONFIDENCE = 0.3
HINT_ERROR_MS = 3000.0
# How much of the earlier piece's end and of the later one's head is looked at.
REACH_MS = 30_000.0
# The later piece's head is heard first; mostly it is enough, and half the work.
HEAD_MS = 6000.0
SHORTEST_OVERLAP_MS = 200.0
# Where a sound repeats itself, the pictures at the joint tell which repeat is meant; mostly few are enough.
JOINTS_MS = (3000.0, HEAD_MS)
# Windows of sound that agree so far name one place, or several alike; fewer were stretched.
REPEATS_AGREEMENT = 0.6
# Where the sound tells about where to look, a few seconds of pictures inside the overlap are enough.
SEEN_SPAN_MS = 3000.0
SEEN_REACH_MS = 400.0
ENOUGH_SEEN_MS = 2000.0
SETTLING_MS = 1000.0
PLACES_TRIED = 9
# Sound this near what the pictures say belongs to it; if both pieces are heard and nothing is alike, neither
# fits.
NEAR_PICTURES_MS = 200.0
LEAST_HEARD_MS = 6000.0
HEARD_TOGETHER_MS = 150.0


@dataclass(frozen=True)
class SourceEstimate:
    """What one source says of a seam: offset and confidence as in SeamMeasure."""

    method: Literal["audio", "video"]
    offset_ms: float
    confidence: float


@dataclass(frozen=True)
class SeamMeasure:
    """How two neighbouring pieces lie to each other. Times are milliseconds of the pieces' media clocks.

    Attributes:
        offset_ms: where in the earlier piece the later piece's time 0 falls; with clocks that drift apart,
            the value that holds in the middle of the overlap. None when nothing is known.
        overlap_ms: how long both show the same; negative for a gap so long. None when nothing is known.
        confidence: 0..1; from SURE on the offset is held to be right.
        method: what told: the sound, the pictures, the archives' own times, or nothing.
        residual_av_ms: by how much the pictures jump ahead (negative: back) when changing pieces where the
            sound is continuous. None unless both could be measured.
        drift_ppm: how much faster the earlier clock runs. None unless the sound told over four seconds.
        other: what the other of sound and pictures says; None unless it was measured too.
    """

    offset_ms: float | None
    overlap_ms: float | None
    confidence: float
    method: Method
    residual_av_ms: float | None = None
    drift_ppm: float | None = None
    other: SourceEstimate | None = None

    @property
    def sure(self) -> bool:
        return self.method in ("audio", "video") and self.confidence >= SURE


@dataclass(frozen=True)
class _Region:
    """What may be shared: the spans of both pieces to decode and the offsets that are possible."""

    earlier_ms: tuple[float, float]
    later_ms: tuple[float, float]
    lowest_ms: float
    highest_ms: float

    def joint(self, reach_ms: float) -> _Region:
        """The end of the one and the head of the other: of overlaps up to twice that, something is shared."""
        end, later_end = self.earlier_ms[1], min(self.later_ms[1], self.later_ms[0] + reach_ms)
        return replace(
            self,
            earlier_ms=(max(self.earlier_ms[0], end - reach_ms), end),
            later_ms=(self.later_ms[0], later_end),
        )

    def shows(self, whole: _Region) -> bool:
        """Whether enough of whatever the whole may share lies in it; least does for the lowest offset."""
        begin = max(self.earlier_ms[0], self.lowest_ms + self.later_ms[0])
        end = min(self.earlier_ms[1], self.lowest_ms + self.later_ms[1])
        return self.lowest_ms == whole.lowest_ms and end - begin >= ENOUGH_SEEN_MS

    def head(self) -> _Region:
        end = min(self.later_ms[1], self.later_ms[0] + HEAD_MS)
        earlier_end = min(self.earlier_ms[1], self.highest_ms + end)
        return replace(self, earlier_ms=(self.earlier_ms[0], earlier_end), later_ms=(self.later_ms[0], end))


def measure(
    earlier: MediaSource,
    later: MediaSource,
    *,
    hint_offset_ms: float | None = None,
    max_hint_error_ms: float = HINT_ERROR_MS,
    check_av: bool = True,
) -> SeamMeasure:
    """Measure the seam of two pieces of one call; each is a path or a seekable binary file.

    Only what may overlap is decoded: the last and the first 30 s, or with a hint (from the archives' own
    times) what it leaves possible within `max_hint_error_ms` either way. An offset outside that bound is
    never reported. `check_av` also measures how far sound and pictures disagree, at the cost of decoding
    some pictures.

    Raises:
        UnreadableMedia: a piece is empty, cut or no recording; `from_times` says what is known then.
    """
    with Piece(earlier) as first, Piece(later) as second:
        region = _region(first, second, hint_offset_ms, max_hint_error_ms)
        found = _Seam(first, second, region).found(check_av) if region is not None else None
        return found or from_times(first.end_ms, hint_offset_ms)


def from_times(earlier_end_ms: float, hint_offset_ms: float | None) -> SeamMeasure:
    """What is known of a seam without its media: the archives' own times, or nothing."""
    if hint_offset_ms is None:
        return SeamMeasure(None, None, 0.0, "none")
    return SeamMeasure(hint_offset_ms, earlier_end_ms - hint_offset_ms, TIMES_CONFIDENCE, "times")


def _region(first: Piece, second: Piece, hint_ms: float | None, error_ms: float) -> _Region | None:
    latest = first.end_ms - second.start_ms
    if hint_ms is None:
        lowest, highest = max(first.start_ms, first.end_ms - REACH_MS) - second.start_ms, latest
    else:
        lowest, highest = hint_ms - error_ms, min(hint_ms + error_ms, latest)
    later_end = min(second.end_ms, second.start_ms + REACH_MS, first.end_ms - lowest)
    earlier = (max(first.start_ms, lowest + second.start_ms), min(first.end_ms, highest + later_end))
    later = (max(second.start_ms, first.start_ms - highest), later_end)
    if min(earlier[1] - earlier[0], later[1] - later[0]) < SHORTEST_OVERLAP_MS:
        return None
    return _Region(earlier, later, lowest, highest)


class _Seam:
    """Two opened pieces and what may be shared: the sound decoded once, the pictures only when asked for."""

    def __init__(self, first: Piece, second: Piece, region: _Region) -> None:
        self._first, self._second, self._region = first, second, region
        self._listen(region.head())
        self._unsure_pictures: MotionMatch | None = None

    def _listen(self, region: _Region) -> None:
        self._sound = self._heard(region)
        self._match = self._sound.match()

    def _heard(self, region: _Region) -> Heard:
        """Somewhat more than may be shared, if that is short: so a repeating sound is told from any other."""
        earlier, later = region.earlier_ms, region.later_ms
        return Heard(
            self._first.sound(min(earlier[0], earlier[1] - LEAST_HEARD_MS), earlier[1]),
            self._second.sound(later[0], max(later[1], later[0] + LEAST_HEARD_MS)),
            region.lowest_ms,
            region.highest_ms,
        )

    def found(self, check_av: bool) -> SeamMeasure | None:
        region = self._region
        if (heard := self._surely_heard(check_av)) is not None:
            return heard
        if self._sound.apart(self._match):
            return None
        seen, all_shown = None, False
        for part in self._led_by(self._match):
            if (seen := self._by_pictures(part)) and seen.sure:
                return seen
            if all_shown := part.shows(region):
                break
        if region.head() != region:
            self._listen(region)
            if (heard := self._surely_heard(check_av)) is not None:
                return heard
        return (seen if all_shown else self._by_pictures(region)) or self._by_unsure_sound()

    def _surely_heard(self, check_av: bool) -> SeamMeasure | None:
        match = self._match
        if match is None or match.confidence < SURE:
            return None
        pictures = self._pictures_at(match.offset_ms) if check_av else None
        return self._by_sound(match, pictures)

    def _by_unsure_sound(self) -> SeamMeasure | None:
        match = self._match
        return self._by_sound(match, None) if match is not None and match.confidence >= FOUND else None

    def _led_by(self, sound: SoundMatch | None) -> list[_Region]:
        """Where a look at few pictures may be enough, because of what was heard."""
        region = self._region
        if sound is None or sound.score < UNLIKE_SCORE:
            return []
        if sound.agreement >= REPEATS_AGREEMENT:
            return [joint for reach in JOINTS_MS if (joint := region.joint(reach)) != region]
        place_ms = self._sound.stretched()
        return [] if place_ms is None else [self._around(place_ms)]

    def _by_sound(self, match: SoundMatch, pictures: MotionMatch | None) -> SeamMeasure:
        """`pictures`: as they are where the sound was found, beyond doubt."""
        overlap = self._overlap(match.offset_ms)
        offset = match.offset_ms
        if match.drift_ppm is not None:
            middle = max(self._first.start_ms - offset, self._second.start_ms) + overlap / 2
            offset += match.drift_ppm * 1e-6 * (middle - match.middle_ms)
        residual_ms = None if pictures is None else pictures.offset_ms - match.offset_ms
        other = _as_estimate("video", pictures or self._unsure_pictures)
        return SeamMeasure(offset, overlap, match.confidence, "audio", residual_ms, match.drift_ppm, other)

    def _by_pictures(self, region: _Region) -> SeamMeasure | None:
        """The pictures' place, or the sound's near it: what was seen tells repeated sounds apart."""
        pictures = None if self._still else self._seen(region)
        if pictures is None or pictures.confidence < FOUND:
            return None
        near = pictures.offset_ms - NEAR_PICTURES_MS, pictures.offset_ms + NEAR_PICTURES_MS
        sound = self._sound.near(*near)
        if sound is not None and min(sound.confidence, pictures.confidence) >= SURE:
            return self._by_sound(sound, pictures)
        if self._refutes(sound, pictures):
            return None
        self._unsure_pictures = None if pictures.confidence >= SURE else pictures
        overlap, other = self._overlap(pictures.offset_ms), _as_estimate("audio", self._match)
        return SeamMeasure(pictures.offset_ms, overlap, pictures.confidence, "video", other=other)

    def _seen(self, region: _Region) -> MotionMatch | None:
        later = Motion(self._second.pictures(*region.later_ms))
        if not later.moves:
            return None
        earlier = Motion(self._first.pictures(*region.earlier_ms))
        return match_motion(earlier, later, region.lowest_ms, region.highest_ms)

    @cached_property
    def _still(self) -> bool:
        return stands_still(self._second.key_pictures(*self._region.later_ms))

    def _refutes(self, sound: SoundMatch | None, pictures: MotionMatch) -> bool:
        """Whether both are heard where the pictures lie over each other, and are not alike there.

        Sound that two recorders stretched each in its own way is alike, though its windows name no one place.
        """
        if sound is not None and sound.confidence > 0:
            return False
        if sound is not None and sound.score >= UNLIKE_SCORE and pictures.confidence >= SURE:
            return False
        return self._sound.together_ms(pictures.offset_ms) >= HEARD_TOGETHER_MS

    def _overlap(self, offset_ms: float) -> float:
        begin = max(self._first.start_ms, self._second.start_ms + offset_ms)
        return min(self._first.end_ms, self._second.end_ms + offset_ms) - begin

    def _pictures_at(self, offset_ms: float) -> MotionMatch | None:
        """Where the pictures of the overlap are alike if its sound is at this offset; None if not surely."""
        match = self._seen(self._around(offset_ms))
        return match if match is not None and match.confidence >= SURE else None

    def _around(self, offset_ms: float) -> _Region:
        """A few seconds of what is shared if the later piece lies there, the cheapest ones to decode."""
        begin = max(self._first.start_ms - offset_ms, self._second.start_ms)
        spare = max(0.0, min(self._overlap(offset_ms), REACH_MS) - SEEN_SPAN_MS)
        start = min(self._starts(begin, spare, offset_ms), key=lambda at_ms: self._lead_ms(at_ms, offset_ms))
        end = min(start + SEEN_SPAN_MS, begin + self._overlap(offset_ms))
        shifted = start + offset_ms - SEEN_REACH_MS, end + offset_ms + SEEN_REACH_MS
        return _Region(shifted, (start, end), offset_ms - SEEN_REACH_MS, offset_ms + SEEN_REACH_MS)

    def _starts(self, begin: float, spare: float, offset_ms: float) -> list[float]:
        """Some instants of the later piece, and those at which one of the two need not be decoded before."""
        # A recording needs a moment to settle.
        settled = begin + min(spare / 2, SETTLING_MS)
        starts = [float(at_ms) for at_ms in np.linspace(settled, begin + spare, PLACES_TRIED)]
        moved = offset_ms - SEEN_REACH_MS
        keys = {self._second.key_ms(at_ms) for at_ms in starts}
        keys |= {self._first.key_ms(at_ms + moved) - moved for at_ms in starts}
        return starts + sorted(key for key in keys if key >= settled)

    def _lead_ms(self, at_ms: float, offset_ms: float) -> float:
        """How much lies between an instant and the key frames before it, in both pieces."""
        earlier_ms = at_ms + offset_ms - SEEN_REACH_MS
        return at_ms - self._second.key_ms(at_ms) + earlier_ms - self._first.key_ms(earlier_ms)


def _as_estimate(
    method: Literal["audio", "video"], match: SoundMatch | MotionMatch | None
) -> SourceEstimate | None:
    if match is None or match.confidence < FOUND:
        return None
    return SourceEstimate(method, match.offset_ms, match.confidence)
