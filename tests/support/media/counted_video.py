"""Pictures that carry a number a machine can read back after VP8, scaling and x264.

A white frame around a grid of 7 x 4 black or white blocks: 4 bits say whose picture it is, 16 bits are
the number, 8 bits are a checksum. The frame lets the reader find the picture inside a letterboxed tile,
and the checksum turns a smeared or blended picture into None instead of into a wrong number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

COLUMNS, ROWS = 7, 4
IDENTITY_BITS, NUMBER_BITS, CHECK_BITS = 4, 16, 8
BLACK, WHITE = 24, 228
# Two units of white frame and one of black gap on each side, where a block is six units wide and high.
FRAME, GAP, BLOCK = 2, 1, 6
# A block whose mean lies between these is a blend of two pictures, so the whole picture is refused.
SURELY_BLACK, SURELY_WHITE = 95, 160


class Counted(NamedTuple):
    identity: int
    number: int


def draw(number: int, width: int, height: int, identity: int = 0) -> Gray:
    """The picture of `number` (0–65535) by `identity` (0–15): luma of shape (height, width), 16–235."""
    if not (0 <= number < 1 << NUMBER_BITS and 0 <= identity < 1 << IDENTITY_BITS):
        raise ValueError("number must fit 16 bits and identity 4 bits")
    picture = np.full((height, width), WHITE, np.uint8)
    xs, ys = _edges(width, COLUMNS), _edges(height, ROWS)
    left, right = _units(width, COLUMNS, FRAME), width - _units(width, COLUMNS, FRAME)
    top, bottom = _units(height, ROWS, FRAME), height - _units(height, ROWS, FRAME)
    picture[top:bottom, left:right] = BLACK
    for index, bit in enumerate(_bits(identity, number)):
        if bit:
            row, column = divmod(index, COLUMNS)
            picture[ys[row] : ys[row + 1], xs[column] : xs[column + 1]] = WHITE
    return picture


def to_i420(gray: Gray) -> Gray:
    """The same picture as planar yuv420p without colour: shape (height * 3 / 2, width); even sizes only."""
    height, width = gray.shape
    return np.concatenate([gray, np.full((height // 2, width), 128, np.uint8)])


def read(gray: Gray, identity: int | None = None) -> int | None:
    """The number in a luma tile, or None when it holds no whole picture or that of another identity."""
    found = decode(gray)
    if found is None or (identity is not None and found.identity != identity):
        return None
    return found.number


def decode(gray: Gray) -> Counted | None:
    """Who and which number: None unless every block is clear and the checksum agrees."""
    picture = _inside_letterbox(gray)
    if picture is None:
        return None
    height, width = picture.shape
    xs, ys = _edges(width, COLUMNS), _edges(height, ROWS)
    value = 0
    for row in range(ROWS):
        for column in range(COLUMNS):
            mean = _middle(picture, xs[column], xs[column + 1], ys[row], ys[row + 1])
            if SURELY_BLACK < mean < SURELY_WHITE:
                return None
            value = value << 1 | (mean >= SURELY_WHITE)
    counted = Counted(value >> NUMBER_BITS + CHECK_BITS, value >> CHECK_BITS & 0xFFFF)
    return counted if _check(*counted) == value & 0xFF else None


def _bits(identity: int, number: int) -> list[int]:
    value = (identity << NUMBER_BITS | number) << CHECK_BITS | _check(identity, number)
    return [value >> shift & 1 for shift in reversed(range(COLUMNS * ROWS))]


def _check(identity: int, number: int) -> int:
    """CRC-8 (polynomial 0x07), turned so that an all-black or all-white picture never passes."""
    crc = 0x5A
    for byte in (identity, number >> 8, number & 0xFF):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc


def _units(length: int, blocks: int, units: int) -> int:
    return round(length * units / (blocks * BLOCK + 2 * (FRAME + GAP)))


def _edges(length: int, blocks: int) -> list[int]:
    return [_units(length, blocks, FRAME + GAP + block * BLOCK) for block in range(blocks + 1)]


def _inside_letterbox(gray: Gray) -> Gray | None:
    """The part of the tile within the outer edge of the white frame."""
    bright = gray > (BLACK + WHITE) // 2
    if not bright.any():
        return None
    columns = np.flatnonzero(bright.mean(axis=0) > bright.mean(axis=0).max() * 0.7)
    rows = np.flatnonzero(bright.mean(axis=1) > bright.mean(axis=1).max() * 0.7)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    if bottom - top < ROWS * BLOCK or right - left < COLUMNS * BLOCK:
        return None
    return gray[top:bottom, left:right]


def _middle(picture: Gray, left: int, right: int, top: int, bottom: int) -> float:
    """Mean of the inner half of a block: its edges are smeared by scaling and by the codec."""
    dx, dy = (right - left) // 4, (bottom - top) // 4
    return float(picture[top + dy : bottom - dy, left + dx : right - dx].mean())
