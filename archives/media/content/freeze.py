"""Finds freezes: a picture that stands still although its source did not.

A slide stands as still as a frozen camera. They differ in how they begin: a camera moves, and
its noise is in every block, until everything stops from one frame to the next without a change of scene.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from archives.media.content.findings import FROZEN, Bools, Finding, Times, holes, joined
from archives.media.content.looks import (
    COLUMNS,
    ROWS,
    Looks,
    Pixels,
    coarse,
    difference,
    frames_between,
    of_blocks,
)
from archives.media.export.packets import Ints, Sizes, Track

# No frame for this long is a freeze: a recorder writes 25 of them a second, whatever they show.
MIN_HOLE_MS = 2000
MIN_STILL_MS = 6000
# Mean difference of the pixels of two looks: less than this is one picture that was coded twice. An encoder
# that has just met a still picture codes it a little better with the next key frame or two.
SAME_PICTURE = 0.3
SETTLING = 2.0
SETTLING_MS = 4500
# Of 100 blocks 99 differ less than this from the settled picture while it settles; movement differs more.
STANDING = 2.5
# The same of frames between key frames, which are not coded again.
SAME_FRAME = 0.02
LIVE_FRAME = 0.1
# A frame in which nothing changes is a header and one run of skipped macroblocks (H.264, 7.3.4).
STILL_BYTES = 48
STILL_BYTES_PER_MACROBLOCK = 0.03
# A frame larger than the usual still frame by this many bytes shows a change.
MORE_BYTES = 16
STEADY_BYTES = 2
# Before a freeze there must be this much material, with noise in most blocks that have a texture.
LIVE_MS = 6000
CAMERA_LOOKS = 3
CAMERA_SHARE = 0.7
CAMERA_TEXTURE = 0.15
CAMERA_NOISE = 0.4
# A key frame of another quality alone changes text by a few hundredths of its contrast.
CAMERA_NOISE_OF_TEXTURE = 0.04
# Blocks without any texture (bars beside the picture, saturated white) say nothing.
TEXTURE = 1.5
# Correlation of the blocks' light of two looks at one scene.
ALIKE = 0.3
# The frames right before show whether it is the same scene, and whether something moved or flickered.
LAST_MS = 2000
REFERENCES_MS = (2000, 1000, 400)
SCENE_CHANGE = 20.0
SAME_SCENE_SHARE = 0.5
MOVED = 0.02
MOVED_SHARE = 0.1


def frozen(track: Track, looks: Looks, end_ms: float) -> list[Finding]:
    order = np.argsort(track.ticks, kind="stable")
    instants = track.ticks[order] * 1000 / track.rate
    found = holes(instants, float(instants[0]), float(instants[-1]), MIN_HOLE_MS)
    inter = order[~track.keys[order]]
    frames = _Frames(track.ticks[inter] * 1000 / track.rate, track.sizes[inter], end_ms)
    floor = max(STILL_BYTES, STILL_BYTES_PER_MACROBLOCK * track.width * track.height / 256)
    for first, last in still(looks):
        end = frames.end(looks, first, last, floor)
        # Slides have many stills, so the cheap conditions come first.
        if end is not None and _was_camera(looks, looks.times_ms[first] - SETTLING_MS / 2):
            begin = _begin(track, looks.times_ms[first])
            if end - begin >= MIN_STILL_MS and begin - instants[0] >= LIVE_MS:
                found += [(begin, end)] if _was_camera(looks, begin) and _stopped(track, begin) else []
    return [Finding(FROZEN, round(begin), round(end)) for begin, end in joined(sorted(found), 0)]


def still(looks: Looks) -> list[tuple[int, int]]:
    """Runs of looks at one picture, as (first, last)."""
    changes = np.nan_to_num(looks.changes, nan=np.inf).mean(axis=1) if len(looks) else np.zeros(0)
    same = changes <= np.where(looks.keys, SAME_PICTURE, SAME_FRAME)
    # Where key frames are rare, one of them codes again what the frames around it only repeat.
    for number in np.flatnonzero(looks.keys)[1:-1].tolist():
        before, after = number - 1, min(number + 1, len(same) - 1)
        if same[before] and same[after] and not looks.keys[before] and not looks.keys[after]:
            same[number] |= changes[number] <= SETTLING and not _settled(looks, same, before)
    edges = np.flatnonzero(np.diff(same.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [(int(begin) - 1, int(end) - 1) for begin, end in edges]


def _settled(looks: Looks, same: Bools, number: int) -> bool:
    """There was a key frame already in the run of looks at one picture that reaches to this one."""
    different = np.flatnonzero(~same[: number + 1])
    first = int(different[-1]) + 1 if len(different) else 0
    return bool(looks.keys[first : number + 1].any())


class _Frames:
    """The frames between key frames, in the order in which they are shown: when, and how many bytes."""

    def __init__(self, times: Times, sizes: Ints | Sizes, end_ms: float) -> None:
        self._times, self._sizes, self._end_ms = times, sizes, end_ms

    def end(self, looks: Looks, first: int, last: int, floor: float) -> float | None:
        """When something changes after the last look; None if it does in between."""
        low, high = np.searchsorted(self._times, (looks.times_ms[first], looks.times_ms[last]))
        usual, many = np.quantile(self._sizes[low:high], (0.5, 0.9)) if high > low else (np.inf, np.inf)
        # Where there is no second key frame to compare, noise shows in the sizes of the frames alone.
        compared = looks.keys[first + 1 : last + 1].sum() > 1
        if usual > floor or (not compared and many - usual > STEADY_BYTES):
            return None
        after = self._times[(self._sizes > usual + MORE_BYTES) & (self._times > looks.times_ms[last])]
        end = float(after[0]) if len(after) else self._end_ms
        different = float(looks.times_ms[last + 1]) if last + 1 < len(looks) else end
        # Only a key frame shows a change: that is noise, which the frames between leave out.
        noise = different < end and not compared
        return None if noise else end


def _begin(track: Track, at_ms: float) -> float:
    """The first frame from which on all show what stands at `at_ms`, coded better and better."""
    frames = [(at, coarse(frame)) for at, frame in frames_between(track, at_ms - SETTLING_MS, at_ms)]
    begin = at_ms
    for at, pixels in reversed(frames):
        apart = difference(pixels, frames[-1][1])
        if not np.quantile(apart, 0.99) <= STANDING:
            break
        begin = at
    return begin


def _was_camera(looks: Looks, begin: float) -> bool:
    """In the looks before, what has texture changed a little: noise is everywhere, a cursor is not.

    Noise shows in key frames. In others, an encoder leaves it out where it is little.
    """
    before = np.flatnonzero((looks.times_ms < begin) & ~np.isnan(looks.changes[:, 0]))[-CAMERA_LOOKS:]
    spreads, changes = looks.spreads[before], looks.changes[before]
    textured = spreads >= TEXTURE
    noisy = textured & (changes >= np.maximum(CAMERA_NOISE, CAMERA_NOISE_OF_TEXTURE * spreads))
    shares = noisy.sum(axis=1) / np.maximum(1, textured.sum(axis=1))
    shares[~_alike(looks, before, begin)] = 0
    keys = looks.keys[before]
    live = changes[~keys].mean(axis=1) > LIVE_FRAME
    noise = not keys.any() or shares[keys].mean() >= CAMERA_SHARE
    enough = textured.mean(axis=1) >= CAMERA_TEXTURE
    return bool(len(before) and live.all() and noise and enough.all())


def _alike(looks: Looks, numbers: Ints, begin: float) -> Bools:
    """Which of these looks show light and dark where the one that stands does, so are of one scene."""
    standing = looks.means[min(int(np.searchsorted(looks.times_ms, begin)) + 1, len(looks) - 1)]
    one = looks.means[numbers] - looks.means[numbers].mean(axis=1, keepdims=True)
    other = standing - standing.mean()
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other)
    return np.asarray(one @ other >= ALIKE * np.maximum(norms, 1e-6), np.bool_)


def _stopped(track: Track, begin: float) -> bool:
    """The frames before `begin` showed the same scene, and something moved or flickered in much of it."""
    last = [
        (at, bool(frame.key_frame), coarse(frame))
        for at, frame in frames_between(track, begin - LAST_MS, begin + 200)
        if at >= begin - LAST_MS
    ]
    if len(last) < 2 or any(pixels.shape != last[-1][2].shape for _, _, pixels in last):
        return False
    stands = last[-1][2]
    earlier = [next(pixels for at, _, pixels in last if at >= begin - ms) for ms in REFERENCES_MS]
    return all(_same_scene(pixels, stands) for pixels in earlier) and _moved(last)


def _same_scene(one: Pixels, other: Pixels) -> bool:
    """A slide that replaces a camera, or text that was scrolled, is another scene."""
    textured = np.maximum(of_blocks(one)[1], of_blocks(other)[1]) >= TEXTURE
    same = textured & (difference(one, other) <= SCENE_CHANGE)
    return bool(same.sum() >= SAME_SCENE_SHARE * max(1, textured.sum()))


def _moved(last: list[tuple[float, bool, Pixels]]) -> bool:
    """A key frame alone changes every block a little: changes at other frames count."""
    changed = np.zeros(ROWS * COLUMNS, np.bool_)
    for (_, _, before), (_, key, now) in pairwise(last):
        if not key:
            changed |= difference(before, now) > MOVED
    textured = of_blocks(last[-1][2])[1] >= TEXTURE
    return bool((changed & textured).sum() >= MOVED_SHARE * max(1, textured.sum()))
