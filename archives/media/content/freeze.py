"""Findings in the movement: a picture that stands still although its source did not.

A still slide stands as still as a frozen camera. What tells them apart is how it began: a camera moves, and
its noise is in every block, until everything stops from one frame to the next without a change of scene.
"""

from __future__ import annotations

import numpy as np

from archives.media.content.findings import FROZEN, Bools, Finding, Times, holes, joined, stretches
from archives.media.content.looks import Looks, coarse, difference, frames_between
from archives.media.export.index import Track

# No frame at all for so long: a recorder writes 25 of them a second, whatever they show.
MIN_HOLE_MS = 2000
MIN_STILL_MS = 6000
# A frame in which nothing changes is a header and one run of skipped macroblocks (H.264, 7.3.4).
STILL_BYTES = 48
STILL_BYTES_PER_MACROBLOCK = 0.03
# Of the frames of a second, all but this share are that small.
STILL_EXCEPTIONS = 0.08
# For so long before, every second has movement.
LIVE_MS = 5000
# Mean difference of pixels between two looks at one thing: less than this is one picture coded twice.
SAME_PICTURE = 0.3
CAMERA_NOISE = 0.4
# Blocks without any texture (bars beside the picture, saturated white) say nothing.
TEXTURE = 1.5
CAMERA_SHARE = 0.6
SCENE_BEFORE_MS = 400
SCENE_CHANGE = 20.0
SAME_SCENE_SHARE = 0.5


def frozen(track: Track, looks: Looks, end_ms: float) -> list[Finding]:
    instants = np.sort(track.ticks * 1000 / track.rate)
    stopped = holes(instants[1:], float(instants[0]), float(instants[-1]), MIN_HOLE_MS)
    found = [(begin, end) for begin, end in stopped]
    quiet = still(track, end_ms)
    for begin, end in quiet:
        if end - begin < MIN_STILL_MS:
            continue
        if _was_live(begin, quiet, float(instants[0])) and _is_one_picture(looks, begin, end):
            if _was_camera(looks, begin) and _is_same_scene(track, begin):
                found.append((begin, end))
    return [Finding(FROZEN, round(begin), round(end)) for begin, end in joined(sorted(found), 0)]


def still(track: Track, end_ms: float) -> list[tuple[float, float]]:
    """Seconds and more in which frames carry nothing; key frames do not count."""
    order = np.argsort(track.ticks, kind="stable")
    order = order[~track.keys[order]]
    times, sizes = track.ticks[order] * 1000 / track.rate, track.sizes[order]
    floor = max(STILL_BYTES, STILL_BYTES_PER_MACROBLOCK * track.width * track.height / 256)
    return [
        (begin, end)
        for begin, end in stretches(times, _mostly(sizes <= floor, times), end_ms)
        if end - begin >= 1000
    ]


def _mostly(small: Bools, times: Times) -> Bools:
    """Frames that are small, or exceptions in a second of small ones."""
    ahead = np.searchsorted(times, times + 1000)
    total = np.append(0, np.cumsum(small))
    count = np.maximum(ahead - np.arange(len(times)), 1)
    calm = (total[ahead] - total[:-1] >= (1 - STILL_EXCEPTIONS) * count) & small
    marks = np.zeros(len(times) + 1, np.int64)
    begins = np.flatnonzero(calm)
    np.add.at(marks, begins, 1)
    np.add.at(marks, ahead[begins], -1)
    return np.asarray(np.cumsum(marks)[:-1] > 0, np.bool_)


def _was_live(at_ms: float, quiet: list[tuple[float, float]], first_ms: float) -> bool:
    calm_before = any(begin < at_ms and end > at_ms - LIVE_MS for begin, end in quiet)
    return at_ms - first_ms >= LIVE_MS and not calm_before


def _is_one_picture(looks: Looks, begin: float, end: float) -> bool:
    """The encoder settles on it over two or three key frames; a camera's noise never does."""
    inside = np.flatnonzero((looks.times_ms >= begin) & (looks.times_ms < end))[1:]
    if len(inside) < 2:
        return False
    changes = np.nan_to_num(looks.changes[inside], nan=np.inf).mean(axis=1)
    return bool(changes[1:].max() <= SAME_PICTURE)


def _was_camera(looks: Looks, begin: float) -> bool:
    """In the looks before, most of what has texture changed a little: noise is everywhere, a cursor is not."""
    before = np.flatnonzero(looks.times_ms < begin)[-3:]
    if not len(before):
        return False
    textured = looks.spreads[before] >= TEXTURE
    noisy = textured & (looks.changes[before] >= CAMERA_NOISE)
    return bool(noisy.sum() >= CAMERA_SHARE * max(1, textured.sum()))


def _is_same_scene(track: Track, begin: float) -> bool:
    """What stands was there a moment ago: a slide that replaces a camera is another scene."""
    frames = [coarse(frame) for at, frame in frames_between(track, begin - SCENE_BEFORE_MS, begin + 200)
              if at >= begin - SCENE_BEFORE_MS]  # fmt: skip
    if len(frames) < 2:
        return False
    apart = difference(frames[0], frames[-1])
    return bool((apart <= SCENE_CHANGE).mean() >= SAME_SCENE_SHARE)
