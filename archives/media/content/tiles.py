"""Finds one tile among others that is dark, or stands still while the others go on.

No layout is known. What shows a tile is that a whole rectangle of a live picture, and nothing
around it, turns dark or stops at one instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from archives.media.content.findings import TILE_DARK, TILE_FROZEN, Bools, Finding
from archives.media.content.freeze import CAMERA_NOISE
from archives.media.content.looks import Looks, coarse, frames_between, of_blocks
from archives.media.content.picture import BLACK_LUMA, BLACK_NOISE, is_black
from archives.media.content.places import MIN_BLOCKS, Place, place_of
from archives.media.content.standing import BEFORE, freezes
from archives.media.export.index import Track

MIN_MS = 6000
# Of the blocks of a rectangle that turn dark; the others bear a mark of the recorder.
FILL = 0.9
# The same while it is dark: traces of what moves beside it show at the edges.
FRAME_FILL = 0.75
# As many others may turn dark at the same time.
BESIDE = 0.1
# Of the blocks of a live picture that change from look to look. Between key frames encoders leave out noise.
LIVE_SHARE, MOVES_SHARE = 0.5, 0.05
# A place becomes empty when somebody goes. The callback's time differs from the picture's by up to this.
CHANGES_MS = 3000
# Where nobody's picture is, the recorder's own black is.
BACKGROUND, BACKGROUND_RANGE = 16, 0.75

# When each stream was published, on the media clock in ms.
Published = Sequence[tuple[float, float]]
Stretch = tuple[float, float, Place]


def tiles(track: Track, looks: Looks, end_ms: float, published: Published | None = None) -> list[Finding]:
    """`published`: by the callbacks; None if they are not known."""
    if len(looks) < BEFORE + 2 or (looks.sizes != looks.sizes[0]).any():
        return []
    known = published is not None
    frozen = ((TILE_FROZEN, each) for each in freezes(track, looks, end_ms))
    dark = (
        (TILE_DARK, each) for each in (*_lit(track, looks, known), *_darkened(track, looks, end_ms, known))
    )
    return [
        Finding(code, round(begin), round(end), place.values)
        for code, (begin, end, place) in (*dark, *frozen)
        if end - begin >= MIN_MS and not _somebody_else(published, begin, end)
    ]


def _somebody_else(published: Published | None, begin: float, end: float) -> bool:
    """Somebody went when it began, or came when it ended; or one picture alone was there, so no tile."""
    if published is None:
        return False
    there = [since for since, until in published if since < end and until > begin]
    went = any(abs(until - begin) <= CHANGES_MS for _, until in published)
    came = begin == 0 and any(abs(since - end) <= CHANGES_MS for since, _ in published)
    return len(there) < 2 or went or came


def _is_dark(looks: Looks) -> Bools:
    return np.asarray((looks.means <= BLACK_LUMA) & (looks.spreads <= BLACK_NOISE), np.bool_)


def _darkened(track: Track, looks: Looks, end_ms: float, people_known: bool) -> Iterator[Stretch]:
    """A live picture becomes dark."""
    dark = _is_dark(looks)
    turned = dark[1:] & ~dark[:-1]
    for first in (np.flatnonzero(turned.sum(axis=1) >= MIN_BLOCKS) + 1).tolist():
        place = place_of(turned[first - 1], FILL, BESIDE)
        if place is None or not _is_live(looks, place.inside, slice(max(1, first - BEFORE), first)):
            continue
        if _is_picture(looks, place.inside, first, people_known):
            bright = np.flatnonzero(dark[first:, place.inside].mean(axis=1) < FRAME_FILL)
            last = first + int(bright[0]) - 1 if len(bright) else len(looks) - 1
            end = _end(track, looks, place.inside, last)
            yield _begin(track, looks, place.inside, first), end_ms if end is None else end, place


def _lit(track: Track, looks: Looks, people_known: bool) -> Iterator[Stretch]:
    """A picture is dark when the segment begins, and becomes live."""
    dark = _is_dark(looks)
    since_begin = np.logical_and.accumulate(dark, axis=0)
    turned = since_begin[:-1] & ~dark[1:]
    for last in np.flatnonzero(turned.sum(axis=1) >= MIN_BLOCKS).tolist():
        place = place_of(turned[last], FILL, BESIDE)
        if place and _is_live(looks, place.inside, slice(last + 2, last + 2 + BEFORE)):
            end = _end(track, looks, place.inside, last)
            if end is not None and _is_picture(looks, place.inside, last, people_known):
                yield 0.0, end, place


def _is_live(looks: Looks, inside: Bools, numbers: slice) -> bool:
    """A shared page that becomes black stood still before."""
    moving = (looks.changes[numbers][:, inside] >= CAMERA_NOISE).mean(axis=1)
    live = moving >= np.where(looks.keys[numbers], LIVE_SHARE, MOVES_SHARE)
    return bool(len(live) and live.all())


def _is_picture(looks: Looks, inside: Bools, number: int, people_known: bool) -> bool:
    """Not all that is to be seen; nor, if it is not known who was there, the recorder's own black."""
    means, spreads = looks.means[number], looks.spreads[number]
    background = abs(means[inside].mean() - BACKGROUND) < BACKGROUND_RANGE
    return (people_known or not background) and not is_black(means[~inside], spreads[~inside])


def _begin(track: Track, looks: Looks, inside: Bools, first: int) -> float:
    """From the first dark frame after the last look that was not."""
    begin = at_ms = float(looks.times_ms[first])
    for at, frame in frames_between(track, looks.times_ms[first - 1], at_ms):
        begin = min(begin, at) if _shows_dark(frame, inside) else at_ms
    return begin


def _end(track: Track, looks: Looks, inside: Bools, last: int) -> float | None:
    """The first frame after the last dark look that is not dark; None if there is no other look."""
    if last + 1 >= len(looks):
        return None
    low, high = looks.times_ms[last : last + 2]
    within = (
        at for at, frame in frames_between(track, low, high) if at >= low and not _shows_dark(frame, inside)
    )
    return next(within, float(high))


def _shows_dark(frame: object, inside: Bools) -> bool:
    means, spreads = of_blocks(coarse(frame))
    return bool(((means <= BLACK_LUMA) & (spreads <= BLACK_NOISE))[inside].mean() >= FRAME_FILL)
