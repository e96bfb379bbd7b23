"""Pictures that carry a number: who publishes it and which picture it is, to be read back from a recording.

A white frame around a grid of 7 by 4 blocks, black for 0 and white for 1, from the upper left: 4 bits of
identity, 16 bits of number, 8 bits of checksum (CRC-8, polynomial 0x07, begun with 0x5A)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 7, 4
BLACK, WHITE = 24, 228
# In units: the white frame, the black gap inside it, and one block.
FRAME, GAP, BLOCK = 2, 1, 6

Picture = NDArray[np.uint8]


def counted(number: int, identity: int, width: int, height: int) -> Picture:
    """yuv420p planes of shape (height * 3 / 2, width); `number` wraps at 65536, `identity` at 16."""
    number, identity = number % 65536, identity % 16
    luma = np.full((height, width), WHITE, np.uint8)
    edge_x, edge_y = _at(width, COLUMNS, FRAME), _at(height, ROWS, FRAME)
    luma[edge_y : height - edge_y, edge_x : width - edge_x] = BLACK
    value = (identity << 16 | number) << 8 | checksum(identity, number)
    for index in range(COLUMNS * ROWS):
        if value >> (COLUMNS * ROWS - 1 - index) & 1:
            row, column = divmod(index, COLUMNS)
            luma[_block(height, ROWS, row), _block(width, COLUMNS, column)] = WHITE
    return np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])


def checksum(identity: int, number: int) -> int:
    crc = 0x5A
    for byte in (identity, number >> 8, number & 0xFF):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc


def _block(length: int, blocks: int, index: int) -> slice:
    first = FRAME + GAP + index * BLOCK
    return slice(_at(length, blocks, first), _at(length, blocks, first + BLOCK))


def _at(length: int, blocks: int, units: int) -> int:
    return round(length * units / (blocks * BLOCK + 2 * (FRAME + GAP)))
