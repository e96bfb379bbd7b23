"""Rectangles of blocks: where a tile stands in a composed picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archives.media.content.findings import Bools
from archives.media.content.looks import COLUMNS, ROWS

# A tile of twenty-five in a square picture. Less than that is something within a picture.
MIN_ROWS, MIN_COLUMNS = 3, 5
MIN_BLOCKS = MIN_ROWS * MIN_COLUMNS
# More than that is the whole picture.
MAX_SHARE = 0.85
# Tiles of up to five rows and columns, whose edges are known to a block.
MOST_ACROSS = 5
EDGE = 1.0
# An upright picture, 9:16, in a tile of 16:9.
BOXED = 0.3
# Rows of a rectangle have this share of its longest one, and so have its columns.
ROW_SHARE = 0.5


@dataclass(frozen=True)
class Place:
    """Rows [top, bottom) and columns [left, right) of blocks."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def inside(self) -> Bools:
        """Of each block of a look, whether it is in there."""
        inside = np.zeros((ROWS, COLUMNS), np.bool_)
        inside[self.top : self.bottom, self.left : self.right] = True
        return inside.ravel()

    @property
    def values(self) -> dict[str, int]:
        """In percent of the picture's width and height."""
        return {
            "left": round(100 * self.left / COLUMNS),
            "top": round(100 * self.top / ROWS),
            "width": round(100 * (self.right - self.left) / COLUMNS),
            "height": round(100 * (self.bottom - self.top) / ROWS),
        }

    @property
    def in_grid(self) -> bool:
        """It is as high as a tile of a grid and in the middle of its width, or as wide and half-way up."""
        # A short last row stands in the middle, half a tile aside.
        high, wide = _Extent(self.top, self.bottom, ROWS, 1), _Extent(self.left, self.right, COLUMNS, 2)
        return (high.fills and wide.is_centred) or (wide.fills and high.is_centred)


@dataclass(frozen=True)
class _Extent:
    """Blocks [low, high) of `count` along one side of the picture; parts begin at every 1/`steps` of one."""

    low: int
    high: int
    count: int
    steps: int

    @property
    def fills(self) -> bool:
        """It is one of the equal parts of the side."""
        return any(
            abs(self.high - self.low - part) <= EDGE and self._off(self.low, part) <= EDGE
            for part in self._parts
        )

    @property
    def is_centred(self) -> bool:
        """It is in one of those parts, with bars beside it."""
        size = self.high - self.low
        return any(
            BOXED * part <= size <= part + EDGE and self._off((self.low + self.high - part) / 2, part) <= EDGE
            for part in self._parts
        )

    @property
    def _parts(self) -> list[float]:
        return [self.count / across for across in range(1, MOST_ACROSS + 1)]

    def _off(self, at: float, part: float) -> float:
        step = part / self.steps
        return abs(at - round(at / step) * step)


def place_of(chosen: Bools, fill: float, beside: float) -> Place | None:
    """The one rectangle of which `fill` is chosen.

    None if they form none, or more than `beside` of its blocks are chosen elsewhere.
    """
    blocks = _largest(chosen.reshape(ROWS, COLUMNS))
    top, bottom = _reach(blocks.sum(axis=1))
    left, right = _reach(blocks[top:bottom].sum(axis=0))
    high, wide = bottom - top, right - left
    inside = int(blocks[top:bottom, left:right].sum())
    place = Place(top, bottom, left, right)
    fits = high >= MIN_ROWS and wide >= MIN_COLUMNS and high * wide <= MAX_SHARE * ROWS * COLUMNS
    alone = chosen.sum() - inside <= beside * inside
    return place if fits and alone and inside >= fill * high * wide and place.in_grid else None


def _largest(blocks: Bools) -> Bools:
    """The most blocks that are connected."""
    left, best = {(int(row), int(column)) for row, column in np.argwhere(blocks)}, set[tuple[int, int]]()
    while len(left) > len(best):
        reached = [left.pop()]
        for row, column in reached:
            near = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)} & left
            left -= near
            reached.extend(near)
        best = max(best, set(reached), key=len)
    found = np.zeros_like(blocks)
    found[tuple(np.array(sorted(best), np.intp).reshape(-1, 2).T)] = True
    return found


def _reach(counts: NDArray[np.int64]) -> tuple[int, int]:
    """From the first to behind the last that is long enough."""
    enough = np.flatnonzero(counts >= max(1, ROW_SHARE * counts.max()))
    return (int(enough[0]), int(enough[-1]) + 1) if len(enough) else (0, 0)
