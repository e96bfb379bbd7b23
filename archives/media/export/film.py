"""A finished export, read again by its own tables: they stay on the disk, only what is asked for is unfolded.

libavformat unfolds the whole table of a file, some 30 bytes for each packet, before it shows the first
picture. For a day's recording that is more memory than all the rest of the export takes.
"""

import os
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import DTypeLike

from archives.media.export import boxes, index
from archives.media.export.boxes import BoxError, Place
from archives.media.export.index import RUN
from archives.media.export.layout import CHUNK_RUN
from archives.media.export.packets import Ints, UnreadablePiece
from archives.media.export.table import Stored

UNFOLDED = 1 << 12
# A decoder that hides no damage. It need not smooth the edges of blocks, which none of it depends on.
STRICT = {"err_detect": "explode", "skip_loop_filter": "all"}


class Film:
    """Decodes parts of one file that has tables in front (not fragmented), written by this package."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadablePiece or BoxError where the file has no such tables."""
        self._file = path.open("rb")
        try:
            moov = _moov(self._file, path.stat().st_size)
            mvhd = moov.need(b"mvhd").body()
            rate = struct.unpack_from(">I", mvhd, 20 if mvhd[0] else 12)[0]
            self._traks = [part for part in moov.parts() if part.place.kind == b"trak"]
            self._tracks = [_Packets(trak, rate) for trak in self._traks if _is_media(trak)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._file.close()

    def rises(self) -> bool:
        """Whether the time stamps of every track rise."""
        tables = (trak.need(b"mdia", b"minf", b"stbl", b"stts").table(RUN) for trak in self._traks)
        return all((rows["value"] > 0).all() for table in tables for rows in table.blocks())

    def packet(self, track: int, number: int) -> bytes:
        """One packet of the track of frames or sound that is so many in the file."""
        return self._tracks[track].read(self._file.fileno(), number)

    def length_ms(self) -> float:
        """Until the last packet of any track ends."""
        return max(track.end_ms for track in self._tracks)

    def decodes(self, begin_ms: float, end_ms: float) -> bool:
        """Whether all between two instants decodes, by decoders that hide no damage."""
        return all(_decodes(self._file.fileno(), track, begin_ms, end_ms) for track in self._tracks)


class _Box:
    """A box of a file, of which nothing is read but what is asked for."""

    def __init__(self, file: BinaryIO, place: Place) -> None:
        self.file, self.place = file, place

    def parts(self) -> "list[_Box]":
        return [_Box(self.file, place) for place in boxes.within(self.file, self.place.body, self.place.end)]

    def find(self, *path: bytes) -> "_Box | None":
        found = self
        for kind in path:
            inner = next((part for part in found.parts() if part.place.kind == kind), None)
            if inner is None:
                return None
            found = inner
        return found

    def need(self, *path: bytes) -> "_Box":
        found = self.find(*path)
        if found is None:
            raise BoxError(f"no {path[-1].decode()} box")
        return found

    def body(self) -> bytes:
        self.file.seek(self.place.body)
        return self.file.read(self.place.end - self.place.body)

    def table(self, kind: DTypeLike, head: int = 8) -> Stored:
        """The rows that follow so many bytes."""
        at = self.place.body + head
        return Stored(self.file, kind, (self.place.end - at) // np.dtype(kind).itemsize, at)


def _moov(file: BinaryIO, size: int) -> _Box:
    place = next((place for place in boxes.top_level(file, size) if place.kind == b"moov"), None)
    if place is None or place.end > size:
        raise UnreadablePiece("the file was not finished: it has no table of contents (moov)")
    return _Box(file, place)


def _is_media(trak: _Box) -> bool:
    return trak.need(b"mdia", b"hdlr").body()[8:12] in (b"vide", b"soun")


class Runs:
    """A run-length table, of which only some rows are unfolded at a time: where each step begins.

    `unfold` gives counts and lengths of rows `low`..`high`: so many steps of such a length.
    """

    def __init__(self, rows: int, unfold: Callable[[int, int], tuple[Ints, Ints]]) -> None:
        self._rows, self._unfold = rows, unfold
        steps, positions = [0], [0]
        for low in range(0, rows, UNFOLDED):
            counts, lengths = self._unfolded(low)
            steps.append(steps[-1] + int(counts.sum()))
            positions.append(positions[-1] + int((counts * lengths).sum()))
        # Where each part of so many rows begins.
        self._steps, self._positions = np.array(steps), np.array(positions)
        self.end = positions[-1]

    def begin_of(self, step: int) -> int:
        part = self._part(self._steps, step)
        counts, lengths = self._unfolded(part * UNFOLDED)
        begins = int(self._steps[part]) + np.cumsum(counts) - counts
        run = max(0, int(np.searchsorted(begins, step, "right")) - 1)
        before = int((counts * lengths)[:run].sum())
        return int(self._positions[part]) + before + (step - int(begins[run])) * int(lengths[run])

    def step_at(self, position: int) -> int:
        part = self._part(self._positions, position)
        counts, lengths = self._unfolded(part * UNFOLDED)
        begins = int(self._positions[part]) + np.cumsum(counts * lengths) - counts * lengths
        run = max(0, int(np.searchsorted(begins, position, "right")) - 1)
        before = int(counts[:run].sum())
        return int(self._steps[part]) + before + (position - int(begins[run])) // int(lengths[run])

    def _part(self, begins: Ints, wanted: int) -> int:
        return min(max(0, int(np.searchsorted(begins, wanted, "right")) - 1), max(0, len(begins) - 2))

    def _unfolded(self, low: int) -> tuple[Ints, Ints]:
        return self._unfold(low, min(self._rows, low + UNFOLDED))


def durations(stts: Stored) -> Runs:
    """Steps are packets, positions are ticks."""

    def unfold(low: int, high: int) -> tuple[Ints, Ints]:
        rows = stts.part(low, high)
        return rows["count"].astype(np.int64), rows["value"].astype(np.int64)

    return Runs(len(stts), unfold)


def chunks(stsc: Stored, count: int) -> Runs:
    """Steps are the `count` chunks, positions are packets."""

    def unfold(low: int, high: int) -> tuple[Ints, Ints]:
        rows = stsc.part(low, min(len(stsc), high + 1))
        begins = np.append(rows["chunk"].astype(np.int64), count + 1)
        return np.diff(begins[: high - low + 1]), rows["packets"][: high - low].astype(np.int64)

    return Runs(len(stsc), unfold)


class _Packets:
    """Where each packet of a track lies and when it is shown, from the tables in the file."""

    def __init__(self, trak: _Box, movie_rate: int) -> None:
        table = trak.need(b"mdia", b"minf", b"stbl")
        kind, entry = next(boxes.children(table.need(b"stsd").body(), 8))
        mdhd = trak.need(b"mdia", b"mdhd").body()
        self.rate = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)[0]
        self.codec = index.CODECS[kind]
        self.config = index.describe(self.codec, entry)["config"]
        elst = trak.find(b"edts", b"elst")
        self._shift = index.edit_shift(elst.body() if elst else None, movie_rate, self.rate)
        self._times = durations(table.need(b"stts").table(RUN))
        self.end_ms = (self._times.end + self._shift) * 1000 / self.rate
        self._sizes = table.need(b"stsz").table(">u4", 12)
        stss = table.find(b"stss")
        self._keys = stss.table(">u4") if stss else None
        co64 = table.find(b"co64")
        self._places = co64.table(">u8") if co64 else table.need(b"stco").table(">u4")
        self._chunks = chunks(table.need(b"stsc").table(CHUNK_RUN), len(self._places))

    def between(self, begin_ms: float, end_ms: float) -> range:
        """The packets that show what lies between, from the key frame before on."""
        first, last = (self._at(ms) for ms in (begin_ms, end_ms))
        if self._keys is not None:
            # Key frames are numbered from 1: that from which on the first one is beyond.
            key = max(0, self._keys.first_from(first + 2) - 1)
            first = int(self._keys.part(key, key + 1)[0]) - 1
        return range(first, last + 1)

    def _at(self, ms: float) -> int:
        packet = self._times.step_at(round(ms * self.rate / 1000) - self._shift)
        return min(max(0, packet), len(self._sizes) - 1)

    def ticks(self, packet: int) -> int:
        return self._times.begin_of(packet) + self._shift

    def read(self, file: int, packet: int) -> bytes:
        chunk = self._chunks.step_at(packet)
        sizes = self._sizes.part(self._chunks.begin_of(chunk), packet + 1).astype(np.int64)
        place = int(self._places.part(chunk, chunk + 1)[0])
        return os.pread(file, int(sizes[-1]), place + int(sizes[:-1].sum()))


def _decodes(file: int, track: _Packets, begin_ms: float, end_ms: float) -> bool:
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config
    context.options = dict(STRICT)
    reached_ms = begin_ms
    try:
        for number in (*track.between(begin_ms, end_ms), None):
            packet = None
            if number is not None:
                packet = av.Packet(track.read(file, number))
                packet.pts = packet.dts = track.ticks(number)
                packet.time_base = Fraction(1, track.rate)
            for frame in context.decode(packet):
                reached_ms = max(reached_ms, frame.pts * 1000 / track.rate)
    except FFmpegError:
        return False
    return reached_ms >= end_ms - (end_ms - max(0.0, begin_ms)) / 4
