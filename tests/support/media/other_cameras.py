"""What cameras of other rooms see: people, boards, windows, dusk; with the noise of sensors and codecs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Rng = np.random.Generator
BLOCK = 16
WHITE, BLACK = 235, 16


@dataclass(frozen=True)
class Stage:
    """The picture that is to be filled: `shape` is (height, width) in pixels."""

    rng: Rng
    shape: tuple[int, int]
    fps: int

    def frames(self, low_s: float, high_s: float) -> int:
        return max(1, round(float(self.rng.uniform(low_s, high_s)) * self.fps))

    def part(self, down: int, across: int) -> Stage:
        return replace(self, shape=(self.shape[0] // down, self.shape[1] // across))


class Sensor:
    """Noise of `sigma` grey levels: new in all pixels of each frame, or as a sender's codec leaves it.

    Such a codec renews only a share of the blocks in each frame.
    """

    def __init__(self, stage: Stage, sigma: float, renewed: float = 1.0) -> None:
        height, width = stage.shape
        self._rng, self._shape, self._share = stage.rng, stage.shape, renewed
        self._pool = np.rint(self._rng.normal(0, sigma, (height * 2, width * 2))).astype(np.int16)
        self._now = self._field().copy()

    def _field(self) -> NDArray[np.int16]:
        y, x = (int(self._rng.integers(0, each)) for each in self._shape)
        return self._pool[y : y + self._shape[0], x : x + self._shape[1]]

    def _renew(self) -> None:
        if self._share >= 1:
            self._now = self._field()
            return
        new, (height, width) = self._field(), self._shape
        for _ in range(self._rng.poisson(self._share * height * width / BLOCK**2)):
            y, x = int(self._rng.integers(0, height)), int(self._rng.integers(0, width))
            self._now[y : y + BLOCK, x : x + BLOCK] = new[y : y + BLOCK, x : x + BLOCK]

    def __call__(self, seen: NDArray[Any]) -> Luma:
        self._renew()
        return np.clip(seen + self._now, BLACK, WHITE).astype(np.uint8)


def wall(stage: Stage, light: float) -> Luma:
    """A room: a wall lit from one side, with a few shelves, doors and pictures."""
    rng, (height, width) = stage.rng, stage.shape
    room = np.linspace(light * 0.8, light * 1.15, width)[None, :] * np.linspace(1.05, 0.9, height)[:, None]
    for _ in range(int(rng.integers(3, 9))):
        y, x = int(rng.integers(0, height * 3 // 4)), int(rng.integers(0, width * 3 // 4))
        down, across = int(rng.integers(8, height // 2)), int(rng.integers(8, width // 3))
        room[y : y + down, x : x + across] *= rng.uniform(0.6, 1.3)
    return np.clip(room, BLACK, WHITE).astype(np.uint8)


class Sitter:
    """Somebody before a wall. `lively` is how often he shifts: 1 is every 3 s; `x`, `y` are his place."""

    def __init__(self, stage: Stage, light: float, lively: float = 1.0) -> None:
        self._stage, self._lively, self.room = stage, lively, wall(stage, light)
        self._body, self._mask = _body(stage, light)
        self.y = self.goal_y = stage.shape[0] * 0.22
        self.x = self.goal_x = stage.shape[1] * 0.28
        self._speaks = 0

    def _move(self) -> None:
        rng, stage = self._stage.rng, self._stage
        if rng.random() < self._lively / (3 * stage.fps):
            self.goal_y = stage.shape[0] * rng.uniform(0.18, 0.26)
            self.goal_x = stage.shape[1] * rng.uniform(0.22, 0.34)
        self.y += (self.goal_y - self.y) * 2 / stage.fps
        self.x += (self.goal_x - self.x) * 2 / stage.fps
        if rng.random() < 0.5 / stage.fps:
            self._speaks = stage.frames(0, 4) if self._lively >= 0.5 else 0

    def frame(self) -> Luma:
        self._move()
        picture = self.room.copy()
        paste(picture, self._body, self._mask, round(self.y), round(self.x))
        self._mouth(picture)
        return picture

    def _mouth(self, picture: Luma) -> None:
        (tall, wide), self._speaks = self._body.shape, self._speaks - 1
        if self._speaks > 0:
            y, x = round(self.y + tall * 0.36), max(0, round(self.x + wide * 0.44))
            picture[y : y + int(self._stage.rng.integers(1, 2 + tall // 20)), x : x + wide // 8] //= 2


def _body(stage: Stage, light: float) -> tuple[Luma, NDArray[np.bool_]]:
    """Head and shoulders, and where they cover the room."""
    tall, wide = stage.shape[0] * 4 // 5, stage.shape[1] * 9 // 20
    y, x = np.mgrid[:tall, :wide]
    y, x = y / tall, x / wide - 0.5
    head = (y - 0.25) ** 2 / 0.05 + x**2 / 0.05 < 1
    shoulders = (y - 1.05) ** 2 / 0.3 + x**2 / 0.25 < 1
    body = np.where(head, light * 1.25 * (1 - x), light * stage.rng.uniform(0.4, 0.9) * (1 + y / 4))
    body[head & (y < 0.12)] *= 0.4
    body[((y - 0.22) ** 2 + (np.abs(x) - 0.09) ** 2) < 0.0006] = light * 0.3
    return np.clip(body, BLACK, WHITE).astype(np.uint8), head | shoulders


def paste(picture: Luma, body: Luma, mask: NDArray[np.bool_], y: int, x: int) -> None:
    """Put the body into the picture, as much of it as is inside."""
    top, left = max(0, y), max(0, x)
    bottom, right = min(picture.shape[0], y + body.shape[0]), min(picture.shape[1], x + body.shape[1])
    if bottom > top and right > left:
        part = np.s_[top - y : bottom - y, left - x : right - x]
        np.copyto(picture[top:bottom, left:right], body[part], where=mask[part])


def sitting(
    stage: Stage, light: float = 110, sigma: float = 2, renewed: float = 0.05, lively: float = 1
) -> Iterator[Luma]:
    """Somebody who talks, or with little `lively` listens."""
    person, sensor = Sitter(stage, light, lively), Sensor(stage, sigma, renewed)
    while True:
        yield sensor(person.frame())


def coming_and_going(stage: Stage) -> Iterator[Luma]:
    """Somebody who walks out of the picture for up to two minutes and comes back."""
    person, sensor = Sitter(stage, 100), Sensor(stage, 1.5, 0.04)
    while True:
        yield from (sensor(person.frame()) for _ in range(stage.frames(20, 70)))
        for _ in range(stage.frames(15, 120)):
            person.goal_x = stage.shape[1] * 1.5
            yield sensor(person.frame())
        person.goal_x = stage.shape[1] * 0.28


def dusk(stage: Stage) -> Iterator[Luma]:
    """A room that gets dark and is not lit; the sensor turns its gain up, and noise comes with it."""
    person, sensor = Sitter(stage, 120, 0.4), Sensor(stage, 4, 0.5)
    for number in range(10**9):
        light = 0.23 + 0.3 * np.cos(min(np.pi / 2, number / (120 * stage.fps)))
        yield sensor(person.frame() * light)


def monitor_light(stage: Stage) -> Iterator[Luma]:
    """A night room: only the changing light of a screen falls on a face."""
    person, sensor = Sitter(stage, 90, 0.5), Sensor(stage, 5)
    person.room[:] = 19
    while True:
        glow = stage.rng.uniform(0.5, 1.0)
        yield from (sensor(person.frame() * glow) for _ in range(stage.frames(1, 12)))


def bright_window(stage: Stage) -> Iterator[Luma]:
    """A dark figure before a window that is white; the exposure pumps."""
    person, sensor = Sitter(stage, 70), Sensor(stage, 1.5, 0.1)
    person.room[stage.shape[0] // 10 : stage.shape[0] * 3 // 4, stage.shape[1] // 8 :] = 232
    for number in range(10**9):
        yield sensor(np.minimum(255, person.frame() * (1 + 0.1 * np.sin(number / (3 * stage.fps)))))


def whiteboard(stage: Stage) -> Iterator[Luma]:
    """A board that fills with strokes; an arm comes to write and goes for up to a minute."""
    rng, sensor, (height, width) = stage.rng, Sensor(stage, 1.2, 0.05), stage.shape
    clean = np.full(stage.shape, 195, np.uint8)
    clean[height * 9 // 10 :] = 90
    board = clean.copy()
    while True:
        yield from (sensor(board) for _ in range(stage.frames(3, 60)))
        board = clean.copy() if rng.random() < 0.15 else board
        y, x = rng.uniform(0.1, 0.7) * height, rng.uniform(0.1, 0.6) * width
        for _ in range(stage.frames(4, 20)):
            y, x = np.clip([y + rng.normal(0, 3), x + rng.normal(0.5, 3)], 4, [height * 0.85, width - 9])
            board[int(y) : int(y) + 3, int(x) : int(x) + 3] = 50
            shown = board.copy()
            shown[int(y) + 4 :, int(x) + 4 : int(x) + 4 + width // 9] = 85
            yield sensor(shown)


def bowing(stage: Stage) -> Iterator[Luma]:
    """A violinist: the bow goes to and fro while there is music, and rests."""
    person, sensor, (height, width) = Sitter(stage, 130, 2), Sensor(stage, 2, 0.2), stage.shape
    while True:
        tempo = stage.rng.uniform(1, 3)
        for number in range(stage.frames(5, 30)):
            picture = person.frame()
            left = int(width * (0.25 + 0.15 * np.sin(2 * np.pi * tempo * number / stage.fps)))
            picture[height * 5 // 8 : height * 5 // 8 + 4, left : left + width // 2] = 220
            yield sensor(picture)
        yield from (sensor(person.frame()) for _ in range(stage.frames(2, 12)))


def handheld(stage: Stage) -> Iterator[Luma]:
    """An upright telephone in a hand that trembles, between two black bars."""
    (height, width), rng = stage.shape, stage.rng
    inner = replace(stage, shape=(height, height * 9 // 16 // 2 * 2))
    left, frames = (width - inner.shape[1]) // 2, sitting(inner, 140, 3, 0.3, 2)
    picture, shift = np.full(stage.shape, BLACK, np.uint8), np.zeros(2)
    while True:
        shift = shift * 0.9 + rng.normal(0, 1, 2)
        picture[:, left : left + inner.shape[1]] = np.roll(next(frames), shift.astype(int), (0, 1))
        yield picture.copy()


def news(stage: Stage) -> Iterator[Luma]:
    """Shots of 2 to 9 s that follow by cuts, a few through black for less than half a second."""
    shots = [Sitter(stage, float(light), 2) for light in stage.rng.uniform(50, 180, 8)]
    sensor = Sensor(stage, 1, 0.2)
    while True:
        shot = shots[int(stage.rng.integers(len(shots)))]
        yield from (sensor(shot.frame()) for _ in range(stage.frames(2, 9)))
        if stage.rng.random() < 0.15:
            yield from (np.full(stage.shape, BLACK, np.uint8) for _ in range(stage.frames(0.1, 0.4)))


def side_by_side(stage: Stage, tiles: Sequence[Iterator[Luma]], across: int = 2) -> Iterator[Luma]:
    """Tiles in rows of `across`, all of one size, as the platform composes them."""
    while True:
        shown = [next(tile) for tile in tiles]
        rows = [np.hstack(shown[at : at + across]) for at in range(0, len(shown), across)]
        yield np.vstack(rows)


def poor_line(stage: Stage, frames: Iterator[Luma], camera_fps: int) -> Iterator[Luma]:
    """A camera slower than the recording, whose picture also stands for up to 2.5 s now and then."""
    owed, last = 1.0, next(frames)
    while True:
        yield last
        owed += camera_fps / stage.fps
        while owed >= 1:
            owed, last = owed - 1, next(frames)
        if stage.rng.random() < 1 / (40 * stage.fps):
            yield from (last for _ in range(stage.frames(0.4, 2.5)))
