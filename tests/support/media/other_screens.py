"""What is shared or drawn by a computer: slides, code, a tile of initials. It has no sensor's noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.media.other_cameras import Luma, Rng, Stage


def _words(rng: Rng, page: Luma, y: int, ink: tuple[int, int], left: int) -> None:
    """One line of words, as bars of the height of small letters."""
    tall, x = max(2, page.shape[1] // 90), left
    while x < page.shape[1] * rng.uniform(0.5, 0.95):
        long = int(rng.integers(2, 9)) * tall
        page[y : y + tall, x : x + long] = rng.integers(*ink)
        page[y : y + tall : 2, x : x + long : 3] //= 2
        x += long + tall


def slide(rng: Rng, shape: tuple[int, int]) -> Luma:
    """A light page: a title, some lines, often bars of a chart."""
    height, width = shape
    page = np.full(shape, rng.integers(215, 235), np.uint8)
    page[: height // 8] = rng.integers(40, 120)
    for number in range(int(rng.integers(3, 9))):
        _words(rng, page, height // 5 + number * height // 14, (30, 90), width // 16)
    if rng.random() < 0.5:
        for bar in range(6):
            left = width // 2 + bar * width // 14
            page[height - int(rng.integers(10, height // 2)) : height - 8, left : left + width // 20] = 110
    return page


def slides(stage: Stage, stands_s: tuple[float, float] = (40, 200)) -> Iterator[Luma]:
    """Pages that stand still for a long time; the pointer moves now and then."""
    rng = stage.rng
    while True:
        page, left = slide(rng, stage.shape), stage.frames(*stands_s)
        while left > 0:
            still = stage.frames(2, 60)
            yield from (page for _ in range(still))
            yield from _pointing(stage, page)
            left -= still


def _pointing(stage: Stage, page: Luma) -> Iterator[Luma]:
    """The pointer goes from one place to another within a second or two."""
    height, width = stage.shape
    begin, end = stage.rng.random((2, 2)) * (height - 12, width - 12)
    count = stage.frames(0.5, 2)
    for number in range(count):
        y, x = (begin + (end - begin) * number / count).astype(int)
        shown = page.copy()
        shown[y : y + 9, x : x + 6] = np.where(np.tri(9, 6, dtype=bool), 20, shown[y : y + 9, x : x + 6])
        yield shown


def code(stage: Stage) -> Iterator[Luma]:
    """A dark editor: the cursor blinks, words are typed, the page is scrolled now and then."""
    rng, (height, width) = stage.rng, stage.shape
    tall = max(6, height // 30)
    text = np.full((height * 6, width), 34, np.uint8)
    for y in range(4, len(text) - tall, tall):
        if rng.random() < 0.85:
            _words(rng, text, y, (110, 190), width // 20 * int(rng.integers(1, 5)))
    top = 0
    while True:
        yield from _typed(stage, text[top : top + height].copy(), tall)
        goal = int(rng.integers(0, height * 5))
        while top != goal:
            top += int(np.clip(goal - top, -tall, tall))
            yield text[top : top + height].copy()


def _typed(stage: Stage, shown: Luma, tall: int) -> Iterator[Luma]:
    """Some seconds on one part of the file: mostly the cursor alone, at times letters before it."""
    rng, (height, width) = stage.rng, stage.shape
    y, x = int(rng.integers(2, height // tall - 2)) * tall, width // 5
    for number in range(stage.frames(5, 60)):
        if rng.random() < 1.5 / stage.fps and x < width - 30:
            shown[y : y + tall // 2, x : x + tall // 2] = 160
            x += tall // 2 + 1
        lit = number * 2 // stage.fps % 2
        shown[y : y + tall, x + 1 : x + 3] = 200 if lit else 34
        yield shown.copy()


def initials(stage: Stage) -> Luma:
    """The tile of somebody whose camera is off: a disc with two letters on an even ground."""
    (height, width), rng = stage.shape, stage.rng
    tile = np.full(stage.shape, rng.integers(45, 90), np.uint8)
    y, x = np.ogrid[:height, :width]
    tile[(y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 4) ** 2] = 140
    unit = max(2, height // 40)
    for left in (width // 2 - 5 * unit, width // 2 + unit):
        tile[height // 2 - 3 * unit : height // 2 + 3 * unit, left : left + unit] = 230
        tile[height // 2 - unit : height // 2, left : left + 4 * unit] = 230
    return tile


def camera_at_times(
    stage: Stage, camera: Iterator[Luma], on_s: tuple[float, float], off_s: tuple[float, float]
) -> Iterator[Luma]:
    """A camera that its owner switches off at times; initials stand there then."""
    tile = initials(stage)
    while True:
        yield from (next(camera) for _ in range(stage.frames(*on_s)))
        yield from (tile for _ in range(stage.frames(*off_s)))


def in_corner(large: Iterator[Luma], small: Iterator[Luma]) -> Iterator[Luma]:
    """A shared screen with the one who talks in its lower right corner."""
    while True:
        picture, tile = next(large).copy(), next(small)
        picture[-tile.shape[0] :, -tile.shape[1] :] = tile
        yield picture
