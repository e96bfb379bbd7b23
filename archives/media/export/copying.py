"""Copies the media of an export from its sources, some megabytes at a time.

The packets of a segment mostly lie as they are needed, but for sound and frames that take turns. So what a
batch needs is read at once, and written from there in its new order by one call for a thousand packets.
"""

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from archives.media.export import layout
from archives.media.export.boxes import Bytes
from archives.media.export.layout import Stretches
from archives.media.export.packets import Ints
from archives.media.export.sources import Sources

BATCH = 4 << 20
# A stretch of this size is copied by the kernel.
LARGE = 1 << 20
# A batch whose packets lie farther apart than twice its size and this much is read packet by packet.
SPREAD = 1 << 20
# So many buffers may be written by one call (IOV_MAX of Linux).
MAX_BUFFERS = 1024


def copy_media(
    file: BinaryIO, tracks: list[layout.Media], sources: Sources, copied: Callable[[int], None]
) -> None:
    """Calls `copied` with the bytes written so far, once for each batch. Raises EOFError, OSError."""
    file.flush()
    target, done = file.fileno(), 0
    copy = _Copy(target, sources)
    for part in layout.stretches(tracks):
        for first, end in batches(part):
            done += copy(part, first, end)
            copied(done)
    file.seek(0, os.SEEK_END)


def batches(part: Stretches) -> Iterator[tuple[int, int]]:
    """Which stretches to copy together: of one source, of some size, and large ones alone."""
    number = np.cumsum(part.sizes) // BATCH
    large = part.sizes >= LARGE
    apart = (np.diff(part.files) != 0) | (np.diff(number) != 0) | large[1:] | large[:-1]
    yield from pairwise([0, *(np.flatnonzero(apart) + 1).tolist(), len(part.sizes)])


class _Copy:
    """Holds one buffer for all reads: fresh memory would cost as much as the copy."""

    def __init__(self, target: int, sources: Sources) -> None:
        self._target, self._sources = target, sources
        self._buffer = memoryview(bytearray(2 * BATCH + 2 * SPREAD))

    def __call__(self, part: Stretches, first: int, end: int) -> int:
        """Copies stretches `first`..`end`, all of one source; returns the bytes written."""
        chosen = slice(first, end)
        source, prefix = int(part.files[first]), part.prefix[chosen]
        if end - first == 1 and part.sizes[first] >= LARGE:
            head = b"" if prefix[0] < 0 else part.prefixes[int(prefix[0])]
            size = int(part.sizes[first])
            self._write([head])
            self._sources.copy(source, int(part.offsets[first]), size, self._target)
            return len(head) + size
        found = self._read(source, part.offsets[chosen], part.sizes[chosen])
        # From the last on, so that the places of those before stay what they are.
        for at in np.flatnonzero(prefix >= 0)[::-1].tolist():
            found.insert(at, part.prefixes[int(prefix[at])])
        return self._write(found)

    def _read(self, source: int, offsets: Ints, sizes: Ints) -> list[Bytes]:
        begin, ends = int(offsets.min()), offsets + sizes
        span, total = int(ends.max()) - begin, int(sizes.sum())
        if span > min(len(self._buffer), 2 * total + SPREAD):
            rows = zip(offsets.tolist(), sizes.tolist(), strict=True)
            return [self._sources.read(source, offset, size) for offset, size in rows]
        held = self._buffer[:span]
        self._sources.read_into(source, begin, held)
        return list(map(held.__getitem__, map(slice, (offsets - begin).tolist(), (ends - begin).tolist())))

    def _write(self, buffers: list[Bytes]) -> int:
        total = 0
        for low in range(0, len(buffers), MAX_BUFFERS):
            part = buffers[low : low + MAX_BUFFERS]
            wanted = sum(map(len, part))
            written = os.writev(self._target, part)
            if written < wanted:
                _write_rest(self._target, b"".join(part)[written:])
            total += wanted
        return total


def _write_rest(target: int, rest: bytes) -> None:
    """What a call has not written: the next one says why, or writes it."""
    while rest:
        rest = rest[os.write(target, rest) :]
