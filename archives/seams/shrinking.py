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
EIGHT_BIT_LUMA_FIRST = {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray"}


class Shrink:
    """Takes frame after frame of one track; their size may change on the way."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._rows = self._pairs = np.zeros(0, np.intp)

    def __call__(self, frame: Any) -> NDArray[np.uint16]:
        """Grey levels of WIDTH * HEIGHT points, each the sum of FINE * FINE samples of 0..255."""
        if frame.format.name not in EIGHT_BIT_LUMA_FIRST:
            frame = frame.reformat(format="gray")
        plane = frame.planes[0]
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            # The first row of every point, then the second of every point; the pairs of columns likewise.
            self._rows = _spread(HEIGHT * FINE, frame.height).reshape(HEIGHT, FINE).T.ravel()
            self._pairs = _spread(WIDTH * FINE // 2, frame.width // 2).reshape(WIDTH, -1).T.ravel()
        luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        # Two samples in one number: a pair of columns is summed up without making each wider first.
        pairs = luma.take(self._rows, axis=0).view(np.uint16)
        pairs = ((pairs & 0xFF) + (pairs >> 8)).reshape(FINE, HEIGHT, -1)
        tall = np.add.reduce(pairs, axis=0, dtype=np.uint16).take(self._pairs, axis=1)
        return (tall[:, :WIDTH] + tall[:, WIDTH:]).ravel()


def _spread(count: int, length: int) -> NDArray[np.intp]:
    """`count` places evenly over a length; some come twice in a length that is shorter."""
    return ((np.arange(count) + 0.5) * length / count).astype(np.intp)
