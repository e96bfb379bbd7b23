"""Pictures brought down to a few grey points: what is compared is what moves, not what it looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Enough to tell a moving head from a still one, small enough that shrinking costs less than decoding.
WIDTH, HEIGHT = 32, 18
# So many rows of the picture, and as many columns in two neighbouring pairs, are summed up in each point;
# more cost time and tell nothing.
FINE = 4
# So many pictures are summed up at once.
BATCH = 16
EIGHT_BIT_LUMA_FIRST = {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray"}


class Shrink:
    """Takes frame after frame of one track; their size may change on the way."""

    def __init__(self) -> None:
        self._shape = (0, 0, 0)
        self._rows = self._pairs = np.zeros(0, np.intp)
        self._held = np.zeros((0, 0, 0), np.uint8)
        self._count = 0
        self._sums: list[NDArray[np.uint16]] = []

    def take(self, frame: Any) -> None:
        if frame.format.name not in EIGHT_BIT_LUMA_FIRST:
            frame = frame.reformat(format="gray")
        plane = frame.planes[0]
        shape = (frame.height, frame.width, plane.line_size)
        if self._shape != shape:
            self._sum_up()
            self._fit(shape)
        luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        luma.take(self._rows, axis=0, out=self._held[self._count], mode="clip")
        self._count += 1
        if self._count == BATCH:
            self._sum_up()

    def points(self) -> NDArray[np.uint16]:
        """(frames, WIDTH * HEIGHT) grey levels, each the sum of FINE * FINE samples of 0..255."""
        self._sum_up()
        return np.concatenate([np.zeros((0, WIDTH * HEIGHT), np.uint16), *self._sums])

    def _fit(self, shape: tuple[int, int, int]) -> None:
        self._shape = shape
        height, width, line_size = shape
        # The first row of every point, then the second of every point; the pairs of columns likewise.
        self._rows = _spread(HEIGHT * FINE, height).reshape(HEIGHT, FINE).T.ravel()
        self._pairs = _spread(WIDTH * FINE // 2, width // 2).reshape(WIDTH, -1).T.ravel()
        self._held = np.zeros((BATCH, len(self._rows), line_size), np.uint8)

    def _sum_up(self) -> None:
        if not self._count:
            return
        # Two samples in one number: a pair of columns is summed up without making each wider first.
        pairs = self._held[: self._count].view(np.uint16)
        pairs = ((pairs & 0xFF) + (pairs >> 8)).reshape(self._count, FINE, HEIGHT, -1)
        tall = np.add.reduce(pairs, axis=1, dtype=np.uint16).take(self._pairs, axis=2)
        self._sums.append((tall[..., :WIDTH] + tall[..., WIDTH:]).reshape(self._count, -1))
        self._count = 0


def _spread(count: int, length: int) -> NDArray[np.intp]:
    """`count` places evenly over a length; some come twice in a length that is shorter."""
    return ((np.arange(count) + 0.5) * length / count).astype(np.intp)
