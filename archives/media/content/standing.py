"""Finds the part of a picture that a camera filled and that stands still from one frame on.

What moves beside it makes the encoder code its key frames a little otherwise each time;
between key frames nothing of it changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from archives.media.content.findings import Bools
from archives.media.content.freeze import (
    CAMERA_NOISE,
    CAMERA_NOISE_OF_TEXTURE,
    CAMERA_SHARE,
    MOVED,
    MOVED_SHARE,
    STANDING,
    TEXTURE,
)
from archives.media.content.looks import Floats, Looks, Pixels, coarse, difference, frames_between
from archives.media.content.places import MIN_BLOCKS, Place, place_of
from archives.media.export.index import Track

# Looks before and after, by whose median a block is judged.
BEFORE, AFTER = 3, 4
# Of the blocks of a rectangle that stop; the others have no texture.
FILL = 0.7
# As many others may stop at the same time: where somebody has moved, and does no more.
BESIDE = 0.5
# A picture that stands differs from look to look by its coding only: by less than this share of the
# noise before.
STILL_SHARE = 0.5
# Looks until then: an encoder codes a still picture better with each of the first key frames.
SETTLING = 4
# So many frames right before show that something moved: one alone is another page.
LAST_MS, LAST_FRAMES = 1000, 3
# The same of a single key frame where they are rare, or one of another quality.
CODED_SHARE = 1.5
# In so many looks before it must have been a camera's, in each of them.
CAMERA_LOOKS = 5
# Of the looks, those in which something else moves.
GOES_ON_SHARE = 0.5
# Luma by which a block differs between two looks or frames, if they do not show one scene.
OTHER_SCENE, SAME_SCENE_SHARE = 20.0, 0.8
# Of its blocks, those that change from frame to frame although it stands, and once it moves again.
STANDS_SHARE, MOVES_SHARE = 0.02, 0.1


def freezes(track: Track, looks: Looks, end_ms: float) -> Iterator[tuple[float, float, Place]]:
    """(begin, end, place), in order of time."""
    until = 0.0
    for number in range(BEFORE, len(looks) - 2):
        place = _stopped(looks, number) if looks.times_ms[number] >= until else None
        found = _Still(track, looks, place, number).bounds(end_ms) if place else None
        if place and found:
            until = found[1]
            yield *found, place


def _stopped(looks: Looks, number: int) -> Place | None:
    """What was a camera's until this look, and repeats itself from then on."""
    spreads, noise = looks.spreads[number + 1], _noise(looks, number)
    camera = (spreads >= TEXTURE) & (noise >= np.maximum(CAMERA_NOISE, CAMERA_NOISE_OF_TEXTURE * spreads))
    after = np.median(looks.changes[number + 1 : number + 1 + AFTER], axis=0)
    stopped = camera & (after <= STILL_SHARE * noise)
    return place_of(stopped, FILL, BESIDE) if stopped.sum() >= MIN_BLOCKS else None


def _noise(looks: Looks, number: int) -> Floats:
    return np.asarray(np.median(looks.changes[number - BEFORE + 1 : number + 1], axis=0), np.float32)


class _Still:
    """A place that stands in the look of this number, or right after it."""

    def __init__(self, track: Track, looks: Looks, place: Place, number: int) -> None:
        self._track, self._looks, self._inside, self._first = track, looks, place.inside, number
        calm = np.flatnonzero(~self._calm())
        self._last = number + int(calm[0]) if len(calm) else len(looks) - 1

    def bounds(self, end_ms: float) -> tuple[float, float] | None:
        """None if it is no freeze of a tile."""
        if not self._was_one_scene() or not self._others_move() or not self._stands():
            return None
        begin = self._begin()
        return (begin, self._end(end_ms)) if begin is not None and self._was_camera(begin) else None

    def _was_camera(self, begin: float) -> bool:
        """Noise was in each look before. A page is coded otherwise now and then, and the same in between."""
        end = int(np.searchsorted(self._looks.times_ms, begin))
        before = slice(max(1, end - CAMERA_LOOKS), end)
        spreads, changes = (
            self._looks.spreads[before, self._inside],
            self._looks.changes[before, self._inside],
        )
        textured = spreads >= TEXTURE
        noisy = textured & (changes >= np.maximum(CAMERA_NOISE, CAMERA_NOISE_OF_TEXTURE * spreads))
        shares = noisy.sum(axis=1) / np.maximum(1, textured.sum(axis=1))
        live = shares >= np.where(self._looks.keys[before], CAMERA_SHARE, MOVES_SHARE)
        return bool(len(live) >= BEFORE - 1 and live.all())

    def _calm(self) -> Bools:
        """Whether each look after the first repeats the one before it."""
        noise = np.maximum(_noise(self._looks, self._first)[self._inside], CAMERA_NOISE)
        after = self._looks.changes[self._first + 1 :, self._inside]
        calm = (after <= STILL_SHARE * noise).mean(axis=1) >= FILL
        coded = (after <= CODED_SHARE * noise).mean(axis=1) >= FILL
        calm[1:-1] |= coded[1:-1] & calm[:-2] & calm[2:]
        return np.asarray(calm, np.bool_)

    def _was_one_scene(self) -> bool:
        """A text that was scrolled is another one in each look, and so is what replaces a camera."""
        before = self._looks.changes[self._first - BEFORE + 1 : self._first + 1, self._inside]
        return bool(((before <= OTHER_SCENE).mean(axis=1) >= SAME_SCENE_SHARE).all())

    def _others_move(self) -> bool:
        beside = self._looks.changes[self._first + 1 : self._last + 1, ~self._inside] >= CAMERA_NOISE
        return bool(len(beside) and (beside.sum(axis=1) >= MIN_BLOCKS).mean() >= GOES_ON_SHARE)

    def _stands(self) -> bool:
        """Between its last two looks nothing changes."""
        shares = [share for _, share in self._changes(self._last - 1, self._last)]
        return bool(shares) and float(np.mean(shares)) <= STANDS_SHARE

    def _end(self, end_ms: float) -> float:
        if self._last + 1 >= len(self._looks):
            return end_ms
        changes = self._changes(self._last, self._last + 1)
        moves = (at for at, share in changes if share > MOVES_SHARE)
        return next(moves, float(self._looks.times_ms[self._last + 1]))

    def _changes(self, first: int, last: int) -> Iterator[tuple[float, float]]:
        """(ms, share of its blocks that change) of the frames between two looks, but for key frames."""
        for (_, _, before), (at, key, now) in pairwise(self._frames(first, last)):
            if not key:
                yield at, float((difference(before, now)[self._inside] > MOVED).mean())

    def _frames(self, first: int, last: int) -> Iterator[tuple[float, bool, Pixels]]:
        low, high = self._looks.times_ms[first], self._looks.times_ms[last]
        for at, frame in frames_between(self._track, low, high):
            if at >= low:
                yield at, bool(frame.key_frame), coarse(frame)

    def _begin(self) -> float | None:
        """From when on frame follows frame without a change; None if nothing moved right before."""
        frames = list(self._frames(max(0, self._first - SETTLING), self._first))
        changed = np.zeros((len(frames), int(self._inside.sum())), np.bool_)
        for number, ((_, _, before), (_, key, now)) in enumerate(pairwise(frames), 1):
            changed[number] = not key and difference(before, now)[self._inside] > MOVED
        moves = np.flatnonzero(changed.mean(axis=1) > STANDS_SHARE)
        recent = [number for number in moves if frames[number][0] > frames[moves[-1]][0] - LAST_MS]
        if len(recent) < LAST_FRAMES or changed[recent].any(axis=0).mean() < MOVED_SHARE:
            return None
        return self._settled(frames[: moves[-1] + 1])

    def _settled(self, frames: list[tuple[float, bool, Pixels]]) -> float:
        """The first of the frames that show what the last one does, coded better and better."""
        begin, _, stands = frames[-1]
        for at, _, pixels in reversed(frames):
            apart = difference(pixels, stands)[self._inside]
            if np.quantile(apart, 1 - STANDS_SHARE) > STANDING:
                break
            begin = at
        return begin
