"""Frames that a display matrix turns by right angles or mirrors."""

import struct
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from archives.media.export.packets import UPRIGHT, Turn

ONE, LAST = 0x10000, 0x40000000


def between(own: Turn, common: Turn) -> Turn:
    """What turns frames that are shown by `own` so that they look the same when shown by `common`."""
    a, b, c, d = own
    # The inverse of such a matrix is its transpose.
    e, f, g, h = common
    return a * e + b * f, a * g + b * h, c * e + d * f, c * g + d * h


def matrix(turn: Turn, width: int, height: int) -> bytes:
    """The matrix of a track header (ISO/IEC 14496-12, 8.3.2): nothing is shown left of 0, or above it."""
    a, b, c, d = turn
    x, y = width * (a < 0) + height * (c < 0), width * (b < 0) + height * (d < 0)
    values = a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, x * ONE, y * ONE, LAST
    return struct.pack(">9i", *values)


def turned(frame: VideoFrame, turn: Turn) -> VideoFrame:
    """The frame as it is shown, in YUV 4:2:0."""
    if turn == UPRIGHT:
        return frame
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    source = frame.reformat(width=width, height=height, format="yuv420p").to_ndarray().reshape(-1)
    planes = []
    for divide in (1, 2, 2):
        size = width * height // divide**2
        planes.append(_plane(source[:size].reshape(height // divide, width // divide), turn))
        source = source[size:]
    shown = planes[0].shape
    flat = np.concatenate([plane.reshape(-1) for plane in planes])
    return VideoFrame.from_ndarray(flat.reshape(shown[0] * 3 // 2, shown[1]), format="yuv420p")


def _plane(plane: NDArray[Any], turn: Turn) -> NDArray[Any]:
    a, b, c, d = turn
    plane = plane.T if a == 0 else plane
    plane = plane[:, ::-1] if a + c < 0 else plane
    return np.ascontiguousarray(plane[::-1] if b + d < 0 else plane)
