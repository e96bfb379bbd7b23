"""Composed calls in which one tile of several is dark or stands still, and some that only seem to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from archives.media.content.findings import Finding
from tests.support.media.call_files import write
from tests.support.media.call_kinds import KINDS, Instants, instants
from tests.support.media.call_scenes import FPS, Camera, Luma, Scene, Scrolling, Slides, avatar
from tests.support.media.planted_faults import Planted

Rng = np.random.Generator
Size = tuple[int, int]
# Left, top, width, height.
Tile = tuple[int, int, int, int]
SIZES = ((320, 240), (640, 360))
PEOPLE = (2, 3, 4, 5, 6, 9)
BLACK = 16
SECONDS = 60
# A recorder's last picture of a camera that sends nothing, black frames, a lens that is covered.
FAULTS = {
    "tile frozen": "tile_frozen", "tile black": "tile_dark", "tile covered": "tile_dark",
    "tile covered at first": "tile_dark",
}  # fmt: skip
# By how many percent of the picture a place may reach out of the tile, and how much of it is covered.
PLACE_OFF = 8
COVERS = 0.6


def best_fit(count: int, size: Size) -> list[Tile]:
    """Equal tiles in as many columns as rows, or one more; a short last row stands in the middle."""
    width, height = size
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    wide, tall = width // columns // 2 * 2, height // rows // 2 * 2
    found = []
    for number in range(count):
        row, column = divmod(number, columns)
        left = (width - min(columns, count - row * columns) * wide) // 2
        found.append((left + column * wide, row * tall, wide, tall))
    return found


def composed(scenes: Sequence[Scene], tiles: Sequence[Tile], size: Size) -> Scene:
    """One scene in each tile; they speak by turns."""

    def drawn(number: int, loud: float) -> Luma:
        picture = np.full((size[1], size[0]), BLACK, np.uint8)
        for index, (scene, (left, top, wide, tall)) in enumerate(zip(scenes, tiles, strict=True)):
            speaks = index == number // 300 % len(scenes)
            picture[top : top + tall, left : left + wide] = scene(number, loud if speaks else 0)
        return picture

    return drawn


def upright(scene: Scene) -> Scene:
    """The middle of a scene, between bars."""

    def boxed(number: int, loud: float) -> Luma:
        picture = scene(number, loud).copy()
        bar = picture.shape[1] // 4
        picture[:, :bar] = picture[:, -bar:] = BLACK
        return picture

    return boxed


def camera(rng: Rng, size: Size) -> Scene:
    """One that shows its noise: of others no check can say that they stand still."""
    return Camera(rng, size, noise=rng.uniform(1.2, 4), sway=rng.uniform(0.02, 0.06))


def beside(rng: Rng, size: Size) -> Scene:
    """Who else is there: mostly a camera; somebody without one, or a shared screen."""
    face, kind = avatar(size), rng.random()
    if kind < 0.12:
        return lambda number, loud: face
    return Slides(rng, size) if kind < 0.2 else camera(rng, size)


def switched(one: Scene, other: Scene, begin: int, end: int) -> Scene:
    """`other` from the frame `begin` until `end`."""
    return lambda number, loud: (other if begin <= number < end else one)(number, loud)


def black(rng: Rng, size: Size) -> Scene:
    dark = np.full((size[1], size[0]), BLACK, np.uint8)
    return lambda number, loud: dark


def covered(rng: Rng, size: Size) -> Scene:
    """A lens with a hand on it: its sensor's noise, nearly black."""
    light, noise = rng.uniform(18, 20), rng.normal(0, 1.2, (size[1] + 64, size[0] + 64))

    def drawn(number: int, loud: float) -> Luma:
        top, left = number * 37 % 64, number * 23 % 64
        seen = light + noise[top : top + size[1], left : left + size[0]]
        return np.clip(seen, BLACK, 235).astype(np.uint8)

    return drawn


def held(scene: Scene, begin: int, end: int) -> Scene:
    last: list[Luma] = []

    def drawn(number: int, loud: float) -> Luma:
        if begin <= number < end and last:
            return last[0]
        last[:] = [scene(number, loud)]
        return last[0]

    return drawn


@dataclass(frozen=True)
class PlantedTile(Planted):
    tile: Tile = (0, 0, 0, 0)
    picture: Size = (0, 0)
    people: int = 0

    @property
    def published(self) -> list[tuple[float, float]]:
        """As callbacks say it: all of them, all the time."""
        return [(-5000.0, SECONDS * 1000.0)] * self.people

    @property
    def place(self) -> dict[str, int]:
        """In percent."""
        names = {"left": 0, "top": 1, "width": 0, "height": 1}
        return {
            name: round(100 * at / self.picture[axis])
            for (name, axis), at in zip(names.items(), self.tile, strict=True)
        }

    def is_at(self, finding: Finding) -> bool:
        """It lies in the tile and covers most of it: margins without texture show no freeze."""
        said, true = finding.values, self.place
        inside = all(
            said[begin] >= true[begin] - PLACE_OFF
            and said[begin] + said[size] <= true[begin] + true[size] + PLACE_OFF
            for begin, size in (("left", "width"), ("top", "height"))
        )
        covers = said["width"] * said["height"] >= COVERS * true["width"] * true["height"]
        return inside and covers


def plant_tile(path: Path, fault: str, seed: int) -> PlantedTile:
    """A segment of a minute in which one tile has this fault once; in one of seven until its end."""
    rng = np.random.default_rng([seed, 1717])
    size = SIZES[int(rng.random() < 0.3)]
    tiles = best_fit(int(rng.choice(PEOPLE)), size)
    of_tile, victim = tiles[0][2:], int(rng.integers(len(tiles)))
    begin, end = round(rng.uniform(14, 28) * FPS), round(rng.uniform(40, 57) * FPS)
    end = SECONDS * FPS if rng.random() < 0.15 and "first" not in fault else end
    begin, end = (0, min(end, 50 * FPS)) if "first" in fault else (begin, end)
    gop = int(rng.choice([50, 50, 50, 25, 250]))
    whole = camera(rng, of_tile)
    faulty = {
        "tile frozen": lambda: held(whole, begin, end),
        "tile black": lambda: switched(whole, black(rng, of_tile), begin, end),
        "tile covered": lambda: switched(whole, covered(rng, of_tile), begin, end),
        "tile covered at first": lambda: switched(whole, covered(rng, of_tile), begin, end),
    }[fault]()
    live = (victim + 1) % len(tiles)
    scenes = [
        camera(rng, of_tile) if number == live else beside(rng, of_tile) for number in range(len(tiles))
    ]
    scenes[victim] = faulty
    write(path, _with_sound(composed(scenes, tiles, size), seed), size, gop=gop)
    bounds = begin * 1000 / FPS, end * 1000 / FPS
    where = {"tile": tiles[victim], "picture": size, "people": len(tiles)}
    return PlantedTile(path, fault, FAULTS[fault], *bounds, kind=f"{len(tiles)} tiles", gop=gop, **where)  # type: ignore[arg-type]


def _with_sound(scene: Scene, seed: int, seconds: int = SECONDS) -> Instants:
    talk = instants(KINDS[0], seed, (32, 32))
    for number, (_, block) in enumerate(islice(talk, seconds * FPS)):
        yield scene(number, 0.5), block


# --- what only seems so ------------------------------------------------------------------------------
def _leaves(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """A place in the grid stays empty after somebody has left it, until the next one comes."""
    tiles = best_fit(4, size)
    of_tile = tiles[0][2:]
    scenes = [camera(rng, of_tile) for _ in tiles]
    scenes[3] = switched(scenes[3], black(rng, of_tile), begin, end)
    return composed(scenes, tiles, size)


def _turned(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """A telephone is turned upright: bars come beside its picture."""
    tiles = best_fit(2, size)
    of_tile = tiles[0][2:]
    flat = camera(rng, of_tile)
    return composed([camera(rng, of_tile), switched(flat, upright(flat), begin, end)], tiles, size)


def _relaid(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Of five one leaves, then comes back: all tiles become others."""
    people = [int(each) for each in rng.integers(0, 1 << 30, 5)]

    def of(count: int) -> Scene:
        tiles = best_fit(count, size)
        cameras = [Camera(np.random.default_rng(seed), tiles[0][2:], noise=2) for seed in people[:count]]
        return composed(cameras, tiles, size)

    return switched(of(5), of(4), begin, end)


def _no_camera(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Somebody switches the camera off: a picture of a head stands there."""
    tiles = best_fit(4, size)
    of_tile = tiles[0][2:]
    scenes, face = [camera(rng, of_tile) for _ in tiles], avatar(of_tile)
    scenes[1] = switched(scenes[1], lambda number, loud: face, begin, end)
    return composed(scenes, tiles, size)


def _photograph(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Somebody switches the camera off: a photograph stands there."""
    tiles = best_fit(4, size)
    of_tile = tiles[0][2:]
    scenes, photograph = [camera(rng, of_tile) for _ in tiles], camera(rng, of_tile)(0, 0)
    scenes[1] = switched(scenes[1], lambda number, loud: photograph, begin, end)
    return composed(scenes, tiles, size)


def _blank_slide(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Who presents makes the screen black, to be listened to; before, a text was scrolled."""
    tiles = best_fit(2, size)
    of_tile = tiles[0][2:]
    shared = Slides(rng, of_tile, cursor=True) if rng.random() < 0.5 else Scrolling(rng, of_tile)
    page = switched(shared, black(rng, of_tile), begin, end)
    return composed([page, camera(rng, of_tile)], tiles, size)


def _dim(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """A lamp goes out in one of the rooms: what its camera sees is very dark, and noisy."""
    tiles = best_fit(3, size)
    of_tile = tiles[0][2:]
    seed = int(rng.integers(1 << 30))
    lit, unlit = (Camera(np.random.default_rng(seed), of_tile, noise=2.2, light=light) for light in (1, 0.1))
    return composed(
        [switched(lit, unlit, begin, end), camera(rng, of_tile), camera(rng, of_tile)], tiles, size
    )


def _boxed(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Upright telephones between bars that are always there."""
    tiles = best_fit(4, size)
    return composed([upright(camera(rng, tiles[0][2:])) for _ in tiles], tiles, size)


def _stalls(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """A poor line: one picture stands for up to 3 s, time and again."""
    tiles = best_fit(4, size)
    of_tile = tiles[0][2:]
    scenes = [camera(rng, of_tile) for _ in tiles]
    for start in range(100, SECONDS * FPS, 300):
        scenes[2] = held(scenes[2], start, start + int(rng.integers(20, 75)))
    return composed(scenes, tiles, size)


def _empty_chair(rng: Rng, size: Size, begin: int, end: int) -> Scene:
    """Somebody gets up from before a camera that goes on."""
    tiles = best_fit(4, size)
    of_tile = tiles[0][2:]
    seed = int(rng.integers(1 << 30))
    there, gone = (
        Camera(np.random.default_rng(seed), of_tile, noise=1.5, person=person) for person in (True, False)
    )
    scenes = [camera(rng, of_tile) for _ in tiles]
    scenes[0] = switched(there, gone, begin, end)
    return composed(scenes, tiles, size)


def went_and_came(seed: int) -> list[tuple[float, float]]:
    """The callbacks of somebody who leaves a place empty in `seeming`, and of the next one who comes."""
    _, begin, end, _ = _drawn(seed)
    whole = (-5000.0, SECONDS * 1000.0)
    return [whole, whole, whole, (whole[0], begin * 1000 / FPS), (end * 1000 / FPS, whole[1])]


def _drawn(seed: int) -> tuple[Size, int, int, Rng]:
    rng = np.random.default_rng([seed, 2929])
    size = SIZES[int(rng.random() < 0.3)]
    return size, round(rng.uniform(14, 28) * FPS), round(rng.uniform(40, 57) * FPS), rng


SEEMS: dict[str, Callable[[Rng, Size, int, int], Scene]] = {
    "somebody leaves, the place stays empty": _leaves,
    "a telephone is turned": _turned,
    "tiles are laid out again": _relaid,
    "a camera is switched off": _no_camera,
    "a shared screen is made black": _blank_slide,
    "a lamp goes out": _dim,
    "bars beside pictures": _boxed,
    "a poor line": _stalls,
    "an empty chair": _empty_chair,
    "a photograph stands for a camera": _photograph,
}


def seeming(path: Path, name: str, seed: int) -> Path:
    """A minute in which no tile has a fault."""
    size, begin, end, rng = _drawn(seed)
    gop = int(rng.choice([50, 50, 25, 250]))
    return write(path, _with_sound(SEEMS[name](rng, size, begin, end), seed), size, gop=gop)


def shuffled(count: int) -> Iterator[str]:
    """`count` faults, each kind as often."""
    return islice(cycle(FAULTS), count)
