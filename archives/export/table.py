"""The packets of one output track: where each is copied from and when it is shown."""

import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archives.export.index import Ints, Sizes

# The spool of freshly encoded packets is always the first source.
SPOOL = 0
ROW = np.dtype(
    [("file", "<u4"), ("offset", "<i8"), ("size", "<u4"), ("ticks", "<i8"), ("key", "?"), ("sets", "u1")]
)
BLOCK_ROWS = 1 << 16


class Table:
    """Rows in the order in which they are shown: 26 bytes for each packet, in a nameless file in `folder`.

    So a long run takes room on the disk and not in memory, and a kill leaves nothing behind.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 — lives as long as the table
        self._count = 0
        self.last_ticks: int | None = None

    def __len__(self) -> int:
        return self._count

    def add(
        self, file: int, offsets: Ints, sizes: Sizes | Ints, ticks: Ints, keys: Any, sets: int = 0
    ) -> None:
        keys = np.broadcast_to(keys, len(offsets))
        for low in range(0, len(offsets), BLOCK_ROWS):
            part = slice(low, low + BLOCK_ROWS)
            rows = np.zeros(len(offsets[part]), ROW)
            rows["file"], rows["offset"], rows["size"] = file, offsets[part], sizes[part]
            rows["ticks"], rows["key"], rows["sets"] = ticks[part], keys[part], sets
            self.write(self._count, rows)
            self._count += len(rows)
            self.last_ticks = int(rows["ticks"][-1])

    def part(self, low: int, high: int) -> NDArray[Any]:
        """Rows `low`..`high`, to be changed freely; `write` puts them back."""
        data = os.pread(self._file.fileno(), (high - low) * ROW.itemsize, low * ROW.itemsize)
        return np.frombuffer(bytearray(data), ROW)

    def write(self, low: int, rows: NDArray[Any]) -> None:
        left, at = memoryview(rows.tobytes()), low * ROW.itemsize
        while left:
            written = os.pwrite(self._file.fileno(), left, at)
            left, at = left[written:], at + written

    def blocks(self) -> Iterator[NDArray[Any]]:
        """All rows, some at a time."""
        for low in range(0, self._count, BLOCK_ROWS):
            yield self.part(low, min(self._count, low + BLOCK_ROWS))

    def first_from(self, ticks: int) -> int:
        """The number of the first row that is shown at `ticks` or later."""
        return bisect_left(
            range(self._count), ticks, key=lambda row: int(self.part(row, row + 1)["ticks"][0])
        )
