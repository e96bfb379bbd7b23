"""What ordinary calls look like, drawn: cameras, rooms, slides, documents. Luma only, made to be quick.

A scene is called with the number of a frame (25 a second) and how loud somebody speaks (0 to 1), and gives a
frame of luma, 16..235, of shape (height, width).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Scene = Callable[[int, float], Luma]
FPS = 25
# Noise is cut from a sheet that is larger than the picture by this much.
SHEET = 211


def _clip(picture: NDArray[np.float32]) -> Luma:
    return np.clip(picture, 16, 235).astype(np.uint8)


class Camera:
    """A person in a room. `noise` is the sensor's, in steps of luma; `every` > 1 is a slow camera."""

    def __init__(
        self,
        rng: np.random.Generator,
        size: tuple[int, int],
        *,
        noise: float = 2.0,
        light: float = 1.0,
        person: bool = True,
        sway: float = 0.05,
        every: int = 1,
        handheld: float = 0.0,
    ) -> None:
        self._width, self._height = size
        self._every, self._sway, self._handheld, self._person = every, sway, handheld, person
        ys, xs = np.mgrid[0 : self._height + 32, 0 : self._width + 32].astype(np.float32)
        phase = rng.uniform(0, 9, 4)
        wide = rng.uniform(14, 40)
        room = 85 + 35 * np.sin(xs / wide + phase[0]) * np.cos(ys / (wide * 0.8) + phase[1])
        shelf = ((xs // rng.integers(17, 40)) + (ys // rng.integers(17, 40))) % 2
        self._room = ((room + 22 * shelf - 16) * light + 16).astype(np.float32)
        self._light = light
        self._noise = rng.normal(0, noise, (self._height + SHEET, self._width + SHEET)).astype(np.float32)
        self._rates = rng.uniform(0.3, 1.4, 4)
        self._phase = phase
        radius = self._height * rng.uniform(0.2, 0.28)
        ys, xs = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
        self._mask = (xs / 0.8) ** 2 + ys**2 < radius**2
        self._face = (120 + 30 * np.cos(xs / radius * 2) + 12 * np.sin(ys / 5)).astype(np.float32)
        self._mouth = (np.abs(xs) < radius * 0.35) & (np.abs(ys - radius * 0.45) < radius * 0.16)

    def __call__(self, number: int, loud: float) -> Luma:
        number -= number % self._every
        at = number / FPS
        picture = self._room[self._shift(at, 0) :, self._shift(at, 1) :][: self._height, : self._width].copy()
        if self._person:
            self._draw_person(picture, at, loud)
        return _clip(picture + self._noise_of(number))

    def _noise_of(self, number: int) -> NDArray[np.float32]:
        """Another part of the sheet for each frame, the same one while a slow camera's frame stands."""
        top, left = number * 7919 % SHEET, number * 104_729 // SHEET % SHEET
        return self._noise[top : top + self._height, left : left + self._width]

    def _shift(self, at: float, axis: int) -> int:
        wave = np.sin(at * self._rates[axis] + self._phase[axis]) + 0.4 * np.sin(at * 3.1 + axis)
        return int(16 + np.clip(wave * self._handheld, -15, 15))

    def _draw_person(self, picture: NDArray[np.float32], at: float, loud: float) -> None:
        sway = self._sway * self._width
        x = self._width / 2 + sway * np.sin(at * self._rates[2] + self._phase[2]) + 4 * loud * np.sin(at * 7)
        y = self._height * 0.55 + sway * 0.4 * np.sin(at * self._rates[3]) + 3 * loud * np.cos(at * 5)
        tall, wide = self._mask.shape
        top = int(np.clip(y - tall / 2, 0, self._height - tall))
        left = int(np.clip(x - wide / 2, 0, self._width - wide))
        face = np.where(self._mouth, 120 - 90 * loud, self._face)
        part = picture[top : top + tall, left : left + wide]
        part[self._mask] = (face[self._mask] - 16) * self._light + 16


def avatar(size: tuple[int, int]) -> Luma:
    """What stands in for a camera that is switched off."""
    width, height = size
    ys, xs = np.mgrid[0:height, 0:width]
    head = (xs - width / 2) ** 2 + (ys - height * 0.4) ** 2 < (height * 0.15) ** 2
    body = ((xs - width / 2) / 1.3) ** 2 + (ys - height * 0.85) ** 2 < (height * 0.25) ** 2
    return np.where(head | body, 130, 45).astype(np.uint8)


def text_page(rng: np.random.Generator, size: tuple[int, int], lines: int = 99, dark: bool = False) -> Luma:
    """Lines of words, the first `lines` of them."""
    width, height = size
    page = np.full((height, width), 230, np.uint8)
    for top in list(range(12, height - 12, 11))[:lines]:
        left = 14 + 12 * int(rng.integers(3))
        while left < width - 30 and rng.random() > 0.06:
            word = int(rng.integers(5, 30))
            page[top : top + 6, left : left + word] = np.where(rng.random((6, word)) < 0.55, 40, 215)
            left += word + 5
    return np.clip(264 - page.astype(np.int16), 16, 235).astype(np.uint8) if dark else page


def slide(rng: np.random.Generator, size: tuple[int, int]) -> Luma:
    """A title, some lines, sometimes a picture."""
    width, height = size
    page = text_page(rng, size, lines=int(rng.integers(3, 12)), dark=bool(rng.random() < 0.3))
    page[:22, :] = int(rng.integers(60, 200))
    if rng.random() < 0.5:
        picture = Camera(rng, (width // 2 // 2 * 2, height // 2 // 2 * 2), noise=4)(0, 0)
        page[height // 2 : height // 2 + picture.shape[0], width // 2 : width // 2 + picture.shape[1]] = (
            picture
        )
    return page


class Slides:
    """One slide after the other, each for a while; `fade_s` of a dissolve, a `cursor` that moves at times."""

    def __init__(
        self,
        rng: np.random.Generator,
        size: tuple[int, int],
        *,
        each_s: tuple[float, float] = (15, 90),
        fade_s: float = 0.0,
        cursor: bool = False,
    ) -> None:
        self._rng, self._size, self._each, self._cursor = rng, size, each_s, cursor
        self._fade = round(fade_s * FPS)
        self._before = self._now = slide(rng, size)
        self._since, self._until = 0, self._next(0)

    def _next(self, number: int) -> int:
        return number + round(self._rng.uniform(*self._each) * FPS)

    def __call__(self, number: int, loud: float) -> Luma:
        if number >= self._until:
            self._before, self._now = self._now, slide(self._rng, self._size)
            self._since, self._until = number, self._next(number)
        page = self._now
        if number - self._since < self._fade:
            share = (number - self._since) / self._fade
            page = (self._before * (1 - share) + self._now * share).astype(np.uint8)
        return self._with_cursor(page, number) if self._cursor else page

    def _with_cursor(self, page: Luma, number: int) -> Luma:
        width, height = self._size
        # It moves for five seconds out of sixteen.
        at = number // 400 * 5 + min(number % 400, 125) / FPS
        x = int((0.5 + 0.4 * np.sin(at * 1.7)) * (width - 12))
        y = int((0.5 + 0.4 * np.cos(at * 1.1)) * (height - 16))
        page = page.copy()
        page[y : y + 12, x : x + 7] = 20
        return page


class Typing:
    """A document that grows, with pauses for thought."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], dark: bool = False) -> None:
        self._rng, self._page = rng, text_page(rng, size, dark=dark)
        self._blank = np.full_like(self._page, 34 if dark else 230)
        self._done, self._pause = 0.0, 0

    def __call__(self, number: int, loud: float) -> Luma:
        height, width = self._page.shape
        if self._pause:
            self._pause -= 1
        else:
            self._done = (self._done + 0.25) % (height // 11 * 40)
            self._pause = int(self._rng.integers(100, 1200)) if self._rng.random() < 0.01 else 0
        line, word = divmod(int(self._done), 40)
        page = self._blank.copy()
        page[: 12 + line * 11] = self._page[: 12 + line * 11]
        reached = word * width // 40
        page[12 + line * 11 : 23 + line * 11, :reached] = self._page[
            12 + line * 11 : 23 + line * 11, :reached
        ]
        return page


class Scrolling:
    """A long document: scrolled for some seconds, then read for up to a minute."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        self._rng, self._height = rng, size[1]
        self._page = np.concatenate([text_page(rng, size) for _ in range(8)])
        self._top, self._left, self._speed = 0.0, 50, 2.0

    def __call__(self, number: int, loud: float) -> Luma:
        if self._left == 0:
            self._speed = 0.0 if self._speed else float(self._rng.choice([1.5, 3, 6]))
            self._left = int(self._rng.integers(20, 250) if self._speed else self._rng.integers(100, 1500))
        self._left -= 1
        self._top = (self._top + self._speed) % (len(self._page) - self._height)
        return self._page[int(self._top) : int(self._top) + self._height]


class Drawing:
    """A whiteboard on which somebody draws now and then."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        self._rng, self._board = rng, np.full((size[1], size[0]), 228, np.uint8)
        self._x, self._y, self._left, self._draws = size[0] / 2, size[1] / 2, 100, True

    def __call__(self, number: int, loud: float) -> Luma:
        if self._left == 0:
            self._draws = not self._draws
            self._left = int(self._rng.integers(50, 300) if self._draws else self._rng.integers(100, 1000))
        self._left -= 1
        if self._draws:
            height, width = self._board.shape
            self._x = float(np.clip(self._x + self._rng.normal(0, 4), 4, width - 6))
            self._y = float(np.clip(self._y + self._rng.normal(0, 4), 4, height - 6))
            self._board[int(self._y) : int(self._y) + 3, int(self._x) : int(self._x) + 3] = 30
        return self._board.copy()


def grid(scenes: list[Scene], size: tuple[int, int]) -> Scene:
    """Two columns of tiles of equal size; what is left over stays dark."""
    width, height = size
    rows = -(-len(scenes) // 2)
    tall, wide = height // rows, width // 2

    def drawn(number: int, loud: float) -> Luma:
        picture = np.full((height, width), 16, np.uint8)
        for index, scene in enumerate(scenes):
            tile = scene(number, loud if index == number // 500 % len(scenes) else 0)[:tall, :wide]
            top, left = index // 2 * tall, index % 2 * wide
            picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        return picture

    return drawn


def inset(page: Scene, small: Scene, size: tuple[int, int]) -> Scene:
    """`page` with a quarter of it covered by `small`, at the lower right."""
    width, height = size

    def drawn(number: int, loud: float) -> Luma:
        picture = page(number, loud).copy()
        tile = small(number, loud)
        picture[height - tile.shape[0] :, width - tile.shape[1] :] = tile
        return picture

    return drawn


def in_turn(scenes: list[Scene], rng: np.random.Generator, each_s: tuple[float, float]) -> Scene:
    """One scene for a while, then the next: cameras switched on and off, a screen shared, people who come."""
    until, current = round(rng.uniform(*each_s) * FPS), 0

    def drawn(number: int, loud: float) -> Luma:
        nonlocal until, current
        if number >= until:
            until, current = number + round(rng.uniform(*each_s) * FPS), (current + 1) % len(scenes)
        return scenes[current](number, loud)

    return drawn


def dimmed(scene: Scene, over_s: float) -> Scene:
    """The light goes slowly down to a third and up again."""

    def drawn(number: int, loud: float) -> Luma:
        share = 0.65 + 0.35 * np.cos(2 * np.pi * number / FPS / over_s)
        return _clip((scene(number, loud).astype(np.float32) - 16) * share + 16)

    return drawn


def windowed(video: Scene, rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """A page with a film in a part of it, which is paused now and then."""
    page = text_page(rng, size)
    played, stands, film = 0, 0, video(0, 0)

    def drawn(number: int, loud: float) -> Luma:
        nonlocal played, stands, film
        if stands:
            stands -= 1
        else:
            played += 1
            film = video(played, 0)
            stands = int(rng.integers(100, 1000)) if rng.random() < 0.002 else 0
        picture = page.copy()
        picture[30 : 30 + film.shape[0], 30 : 30 + film.shape[1]] = film
        return picture

    return drawn
