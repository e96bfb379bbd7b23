"""Arrays that lie in a file and not in memory, and the packets of one output track kept in such a one."""

import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from archives.media.export.boxes import BoxError
from archives.media.export.packets import Ints, Sizes, Track

# The spool of freshly encoded packets is always the first source.
SPOOL = 0
ROW = np.dtype(
    [
        ("file", "<u4"),
        ("offset", "<i8"),
        ("size", "<u4"),
        ("ticks", "<i8"),
        ("late", "<i4"),
        ("key", "?"),
        ("sets", "u1"),
    ]
)
BLOCK_ROWS = 1 << 16


class Stored:
    """An array of `count` rows in a file, from byte `at` on: only what is asked for comes into memory."""

    def __init__(self, file: IO[bytes], kind: DTypeLike, count: int = 0, at: int = 0) -> None:
        self.kind = np.dtype(kind)
        self._file = file
        self._count = count
        self._at = at

    def __len__(self) -> int:
        return self._count

    def part(self, low: int, high: int) -> NDArray[Any]:
        """Rows `low`..`high`, to be changed freely. Raises BoxError where the file is shorter."""
        size, at = (high - low) * self.kind.itemsize, self._at + low * self.kind.itemsize
        data = os.pread(self._file.fileno(), size, at)
        if len(data) != size:
            raise BoxError("a table is shorter than it says")
        return np.frombuffer(bytearray(data), self.kind)

    def blocks(self) -> Iterator[NDArray[Any]]:
        """All rows, some at a time."""
        for low in range(0, self._count, BLOCK_ROWS):
            yield self.part(low, min(self._count, low + BLOCK_ROWS))

    def first_from(self, value: int, column: str | None = None) -> int:
        """The number of the first row that is not below `value`; rows rise."""

        def row(number: int) -> int:
            found = self.part(number, number + 1)
            return int(found[column][0] if column else found[0])

        return bisect_left(range(self._count), value, key=row)


class Column(Stored):
    """One that grows, in a nameless file in `folder`: a kill leaves nothing behind."""

    def __init__(self, folder: Path, kind: DTypeLike) -> None:
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 — lives as long as the column
        super().__init__(file, kind)

    def extend(self, rows: NDArray[Any]) -> None:
        self.write(self._count, rows.astype(self.kind, copy=False))
        self._count += len(rows)

    def write(self, low: int, rows: NDArray[Any]) -> None:
        left, at = memoryview(rows.tobytes()), low * self.kind.itemsize
        while left:
            written = os.pwrite(self._file.fileno(), left, at)
            left, at = left[written:], at + written


class Table(Column):
    """Rows in the order in which they are decoded: 30 bytes for each packet.

    `ticks` rise. A frame is shown `late` ticks after them: where frames are shown in another order than they
    are decoded, the first to be decoded has the ticks of the first to be shown, and so on.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ROW)
        self.folder = folder
        self.last_ticks: int | None = None

    def add(
        self, file: int, offsets: Ints, sizes: Sizes | Ints, shown: Ints, keys: Any, sets: int = 0
    ) -> None:
        """`shown`: when each packet is shown."""
        keys, ticks = np.broadcast_to(keys, len(offsets)), np.sort(shown)
        for low in range(0, len(offsets), BLOCK_ROWS):
            part = slice(low, low + BLOCK_ROWS)
            rows = np.zeros(len(offsets[part]), ROW)
            rows["file"], rows["offset"], rows["size"] = file, offsets[part], sizes[part]
            rows["ticks"], rows["late"] = ticks[part], shown[part] - ticks[part]
            rows["key"], rows["sets"] = keys[part], sets
            self.extend(rows)
            self.last_ticks = int(rows["ticks"][-1])


class Aside(Table):
    """Packets of tracks that are needed once more later."""

    def keep(self, track: Track) -> Callable[[], Track]:
        """What comes back reads the track again."""
        low = len(self)
        self.add(SPOOL, track.offsets, track.sizes, track.ticks, track.keys)
        bare = track.take(slice(0, 0))
        return partial(self._read, bare, low, len(self))

    def _read(self, bare: Track, low: int, high: int) -> Track:
        rows = self.part(low, high)
        return replace(
            bare,
            offsets=rows["offset"],
            sizes=rows["size"],
            ticks=rows["ticks"] + rows["late"],
            keys=rows["key"],
        )
