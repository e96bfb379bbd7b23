"""The order of packets in the file: two seconds of one track, then two seconds of the next.

So a player never has to jump far between sound and picture, and the table of places is short: one for each of
these stretches, however the packets lay in their source. The order is computed in windows, twice: once to
know every place before the first byte is written (the table of contents comes first), once to copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archives.media.export.packets import Ints
from archives.media.export.table import Column, Table

BUCKET_S = 2
WINDOW_S = 600
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


class Stretches(NamedTuple):
    """Some minutes of the film in the order of the file, as arrays: of which source, from where and how many
    bytes. `prefix`: which of `prefixes` goes in front (-1: none).
    """

    files: Ints
    offsets: Ints
    sizes: Ints
    prefix: Ints
    prefixes: tuple[bytes, ...]


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


def stretches(tracks: list[Media]) -> Iterator[Stretches]:
    """What to copy. Only one track may have prefixes."""
    with_prefix = next((track for track in tracks if track.prefixes), tracks[0])
    for parts in windows(tracks):
        order = np.argsort(_buckets(tracks, parts), kind="stable")
        rows = np.concatenate(parts)[order]
        prefix = np.full(len(rows), -1)
        if with_prefix.prefixes:
            is_key = [part["key"] & (track is with_prefix) for track, part in zip(tracks, parts, strict=True)]
            prefix = np.where(np.concatenate(is_key)[order], rows["sets"].astype(np.int64), -1)
        if len(rows):
            yield _merged(rows, prefix, with_prefix.prefixes)


def _merged(rows: NDArray[Any], prefix: Ints, prefixes: tuple[bytes, ...]) -> Stretches:
    """Neighbours that lie one after the other in the same source are one stretch."""
    offsets, sizes, files = rows["offset"], rows["size"].astype(np.int64), rows["file"].astype(np.int64)
    apart = np.append(True, (offsets[1:] != offsets[:-1] + sizes[:-1]) | (files[1:] != files[:-1]))
    begins = np.flatnonzero(apart | (prefix >= 0))
    lengths = np.add.reduceat(sizes, begins)
    return Stretches(files[begins], offsets[begins], lengths, prefix[begins], prefixes)
