"""The order of packets in the file: two seconds of every track at a time, as they lie in their source.

So a player never has to jump far between sound and picture, and the bytes of a piece are copied in long
stretches instead of packet by packet. The order is computed in windows, twice: once to know every place
before the first byte is written (the table of contents comes first), once to copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archives.export.index import Ints
from archives.export.table import SPOOL, Table

BUCKET_S = 2
WINDOW_S = 600


@dataclass
class Media:
    """One output track: its rows, ticks to the second, and what goes in front of key frames (by sets)."""

    rows: Table
    rate: int
    prefixes: tuple[bytes, ...] = ()
    chunk_offsets: list[Ints] = field(default_factory=list)
    chunk_counts: list[NDArray[np.uint32]] = field(default_factory=list)

    def sizes(self, rows: NDArray[Any]) -> Ints:
        """Sizes in the output: the packet and what is put in front of it."""
        sizes = rows["size"].astype(np.int64)
        if self.prefixes:
            lengths = np.array([len(prefix) for prefix in self.prefixes])
            sizes += np.where(rows["key"], lengths[rows["sets"]], 0)
        return sizes


@dataclass(frozen=True)
class Stretch:
    """Bytes to copy; `prefix` (of `Media.prefixes`) goes in front of them, -1 for none."""

    file: int
    offset: int
    length: int
    prefix: int


def windows(tracks: list[Media]) -> Iterator[list[NDArray[Any]]]:
    end = max((track.rows.last_ticks or 0) // track.rate for track in tracks)
    for begin in range(0, end + 1, WINDOW_S):
        yield [_part(track, begin) for track in tracks]


def _part(track: Media, begin: int) -> NDArray[Any]:
    low, high = (track.rows.first_from(at * track.rate) for at in (begin, begin + WINDOW_S))
    return track.rows.part(low, high)


def _order(tracks: list[Media], parts: list[NDArray[Any]]) -> NDArray[np.intp]:
    buckets = [part["ticks"] // (track.rate * BUCKET_S) for track, part in zip(tracks, parts, strict=True)]
    # What was encoded anew keeps the order of its track: the same silence is copied many times.
    own = [np.arange(len(part)) + (number << 40) for number, part in enumerate(parts)]
    files = np.concatenate([part["file"] for part in parts])
    places = np.concatenate([part["offset"] for part in parts])
    places = np.where(files == SPOOL, np.concatenate(own), places)
    return np.lexsort((places, files, np.concatenate(buckets)))


def place_chunks(tracks: list[Media]) -> int:
    """Fills the chunk tables of every track, with offsets from the first byte of media; returns all bytes."""
    at = 0
    for parts in windows(tracks):
        order = _order(tracks, parts)
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
    track.chunk_offsets.append(offsets[begins])
    track.chunk_counts.append(np.diff(np.append(begins, len(offsets))).astype(np.uint32))


def stretches(tracks: list[Media]) -> Iterator[tuple[Media, Stretch]]:
    """What to copy, in the order of the file. Only one track may have prefixes."""
    with_prefix = next((track for track in tracks if track.prefixes), tracks[0])
    for parts in windows(tracks):
        order = _order(tracks, parts)
        rows = np.concatenate(parts)[order]
        prefix = np.full(len(rows), -1)
        if with_prefix.prefixes:
            is_key = [part["key"] & (track is with_prefix) for track, part in zip(tracks, parts, strict=True)]
            prefix = np.where(np.concatenate(is_key)[order], rows["sets"].astype(np.int64), -1)
        for file, offset, length, number in _merged(rows, prefix):
            yield with_prefix, Stretch(file, offset, length, number)


def _merged(rows: NDArray[Any], prefix: Ints) -> Iterator[tuple[int, int, int, int]]:
    """Neighbours that lie one after the other in the same source are one stretch."""
    if not len(rows):
        return
    offsets, sizes, files = rows["offset"], rows["size"].astype(np.int64), rows["file"]
    apart = (offsets[1:] != offsets[:-1] + sizes[:-1]) | (files[1:] != files[:-1]) | (prefix[1:] >= 0)
    begins = np.flatnonzero(np.append(True, apart))
    columns = files[begins], offsets[begins], np.add.reduceat(sizes, begins), prefix[begins]
    yield from zip(*(column.tolist() for column in columns), strict=True)
