"""The order of packets in the file: two seconds of one track, then two seconds of the next.

So a player never has to jump far between sound and picture, and the table of places is short: one for each of
these stretches, however the packets lay in their source. The order is computed in windows, twice: once to
know every place before the first byte is written (the table of contents comes first), once to copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archives.media.export.packets import Ints
from archives.media.export.table import Column, Table

BUCKET_S = 2
WINDOW_S = 600
# What lies no farther apart than this, and twice its size, is read at once.
SPREAD = 1 << 20
# From which chunk on (from 1) each holds how many packets of which description: as it stands in the file.
CHUNK_RUN = np.dtype([("chunk", ">u4"), ("packets", ">u4"), ("description", ">u4")])


@dataclass
class Media:
    """One output track: its rows, ticks to the second, and what goes in front of key frames (by sets)."""

    rows: Table
    rate: int
    prefixes: tuple[bytes, ...] = ()
    chunk_offsets: Column = field(init=False)
    chunk_runs: Column = field(init=False)
    _chunk_packets: int = 0

    def __post_init__(self) -> None:
        self.chunk_offsets = Column(self.rows.folder, np.int64)
        self.chunk_runs = Column(self.rows.folder, CHUNK_RUN)

    def sizes(self, rows: NDArray[Any]) -> Ints:
        """Sizes in the output: the packet and what is put in front of it."""
        sizes = rows["size"].astype(np.int64)
        if self.prefixes:
            lengths = np.array([len(prefix) for prefix in self.prefixes])
            sizes += np.where(rows["key"], lengths[rows["sets"]], 0)
        return sizes

    def add_chunks(self, offsets: Ints, packets: Ints) -> None:
        changed = np.flatnonzero(np.diff(packets, prepend=self._chunk_packets))
        runs = np.ones(len(changed), CHUNK_RUN)
        runs["chunk"], runs["packets"] = len(self.chunk_offsets) + changed + 1, packets[changed]
        self.chunk_runs.extend(runs)
        self.chunk_offsets.extend(offsets)
        self._chunk_packets = int(packets[-1])


class Bucket(NamedTuple):
    """Some seconds of the film, in the order of the file.

    `stretches`: of which source, from where and how many bytes, and which of `Media.prefixes` goes in front
    (-1: none). `begin` and `size` are those of all of it, where it lies together in one source; else 0.
    """

    stretches: list[tuple[int, int, int, int]]
    begin: int
    size: int
    bytes: int


def windows(tracks: list[Media]) -> Iterator[list[NDArray[Any]]]:
    end = max((track.rows.last_ticks or 0) // track.rate for track in tracks)
    for begin in range(0, end + 1, WINDOW_S):
        yield [_part(track, begin) for track in tracks]


def _part(track: Media, begin: int) -> NDArray[Any]:
    low, high = (track.rows.first_from(at * track.rate, "ticks") for at in (begin, begin + WINDOW_S))
    return track.rows.part(low, high)


def _buckets(tracks: list[Media], parts: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Of every row, track after track: the number of its bucket; within a bucket track goes after track."""
    numbers = [
        part["ticks"] // (track.rate * BUCKET_S) * len(tracks) + number
        for number, (track, part) in enumerate(zip(tracks, parts, strict=True))
    ]
    return np.concatenate(numbers)


def place_chunks(tracks: list[Media]) -> int:
    """Fills the chunk tables of every track, with offsets from the first byte of media; returns all bytes."""
    at = 0
    for parts in windows(tracks):
        order = np.argsort(_buckets(tracks, parts), kind="stable")
        sizes = [track.sizes(part) for track, part in zip(tracks, parts, strict=True)]
        ordered = np.concatenate(sizes)[order]
        offsets = np.empty(len(order), np.int64)
        offsets[order] = at + np.cumsum(ordered) - ordered
        at += int(ordered.sum())
        first = 0
        for track, own in zip(tracks, sizes, strict=True):
            _add_chunks(track, offsets[first : first + len(own)], own)
            first += len(own)
    return at


def _add_chunks(track: Media, offsets: Ints, sizes: Ints) -> None:
    if not len(offsets):
        return
    begins = np.flatnonzero(np.append(True, offsets[1:] != offsets[:-1] + sizes[:-1]))
    track.add_chunks(offsets[begins], np.diff(np.append(begins, len(offsets))))


def buckets(tracks: list[Media]) -> Iterator[tuple[Media, Bucket]]:
    """What to copy. Only one track may have prefixes."""
    with_prefix = next((track for track in tracks if track.prefixes), tracks[0])
    for parts in windows(tracks):
        numbers = _buckets(tracks, parts)
        order = np.argsort(numbers, kind="stable")
        rows = np.concatenate(parts)[order]
        prefix = np.full(len(rows), -1)
        if with_prefix.prefixes:
            is_key = [part["key"] & (track is with_prefix) for track, part in zip(tracks, parts, strict=True)]
            prefix = np.where(np.concatenate(is_key)[order], rows["sets"].astype(np.int64), -1)
        if len(rows):
            found = _merged(rows, prefix, numbers[order] // len(tracks))
            yield from ((with_prefix, bucket) for bucket in found)


def _merged(rows: NDArray[Any], prefix: Ints, numbers: Ints) -> Iterator[Bucket]:
    """Neighbours that lie one after the other in the same source are one stretch."""
    offsets, sizes, files = rows["offset"], rows["size"].astype(np.int64), rows["file"]
    cuts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    apart = np.append(True, (offsets[1:] != offsets[:-1] + sizes[:-1]) | (files[1:] != files[:-1]))
    apart[cuts] = True
    begins = np.flatnonzero(apart | (prefix >= 0))
    columns = files[begins], offsets[begins], np.add.reduceat(sizes, begins), prefix[begins]
    stretches = list(zip(*(column.tolist() for column in columns), strict=True))
    low, total = np.minimum.reduceat(offsets, cuts), np.add.reduceat(sizes, cuts)
    size = np.maximum.reduceat(offsets + sizes, cuts) - low
    one = np.minimum.reduceat(files, cuts) == np.maximum.reduceat(files, cuts)
    size[~one | (size > SPREAD + 2 * total)] = 0
    ends = np.searchsorted(begins, np.append(cuts, len(rows))).tolist()
    for number, (first, end) in enumerate(pairwise(ends)):
        yield Bucket(stretches[first:end], int(low[number]), int(size[number]), int(total[number]))
