"""A long finished export, read again by its own tables: they stay packed, only what is asked for is unfolded.

libavformat unfolds the whole table of a file, some 30 bytes for each packet, before it shows the first
picture. For a day's recording that is more memory than all the rest of the export takes.
"""

import os
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from archives.export import boxes, index
from archives.export.boxes import Bytes
from archives.export.index import Ints

UNFOLDED = 1 << 12


class Film:
    """Decodes parts of one file that has tables in front (not fragmented), written by this package."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadablePiece or BoxError where the file has no such tables."""
        self.path = path
        moov = index.mapped_moov(path)
        mvhd = index.need(moov, b"mvhd")
        rate = struct.unpack_from(">I", mvhd, 20 if mvhd[0] else 12)[0]
        traks = [body for kind, body in boxes.children(moov) if kind == b"trak"]
        self._tracks = [_Packets(trak, rate) for trak in traks if _is_media(trak)]

    def length_ms(self) -> float:
        """Until the last packet of any track ends."""
        return max(track.end_ms for track in self._tracks)

    def decodes(self, begin_ms: float, end_ms: float) -> bool:
        """Whether all between two instants decodes, by decoders that hide no damage."""
        with self.path.open("rb") as file:
            return all(_decodes(file.fileno(), track, begin_ms, end_ms) for track in self._tracks)


def _is_media(trak: Bytes) -> bool:
    return bytes(index.need(trak, b"mdia", b"hdlr")[8:12]) in (b"vide", b"soun")


class Times:
    """When packets begin, from their run-length table, of which only some runs are unfolded at a time."""

    def __init__(self, runs: NDArray[Any]) -> None:
        self._runs = runs
        packets, ticks = [0], [0]
        for low in range(0, len(runs), UNFOLDED):
            counts, lengths = self._unfolded(low)
            packets.append(packets[-1] + int(counts.sum()))
            ticks.append(ticks[-1] + int((counts * lengths).sum()))
        # Where each part of so many runs begins.
        self._packets, self._ticks = np.array(packets), np.array(ticks)
        self.end = ticks[-1]

    def begin_of(self, packet: int) -> int:
        part = self._part(self._packets, packet)
        counts, lengths = self._unfolded(part * UNFOLDED)
        begins = int(self._packets[part]) + np.cumsum(counts) - counts
        run = max(0, int(np.searchsorted(begins, packet, "right")) - 1)
        before = int((counts * lengths)[:run].sum())
        return int(self._ticks[part]) + before + (packet - int(begins[run])) * int(lengths[run])

    def packet_at(self, ticks: int) -> int:
        part = self._part(self._ticks, ticks)
        counts, lengths = self._unfolded(part * UNFOLDED)
        begins = int(self._ticks[part]) + np.cumsum(counts * lengths) - counts * lengths
        run = max(0, int(np.searchsorted(begins, ticks, "right")) - 1)
        before = int(counts[:run].sum())
        return int(self._packets[part]) + before + (ticks - int(begins[run])) // int(lengths[run])

    def _part(self, begins: Ints, wanted: int) -> int:
        return min(max(0, int(np.searchsorted(begins, wanted, "right")) - 1), max(0, len(begins) - 2))

    def _unfolded(self, low: int) -> tuple[Ints, Ints]:
        part = self._runs[low : low + UNFOLDED]
        return part["count"].astype(np.int64), part["value"].astype(np.int64)


class _Packets:
    """Where each packet of a track lies and when it is shown, from the packed tables."""

    def __init__(self, trak: Bytes, movie_rate: int) -> None:
        table = index.need(trak, b"mdia", b"minf", b"stbl")
        kind, entry = next(boxes.children(index.need(table, b"stsd"), 8))
        mdhd = index.need(trak, b"mdia", b"mdhd")
        self.rate = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)[0]
        self.codec = index.CODECS[kind]
        self.config = index.describe(self.codec, entry)["config"]
        self._shift = index.edit_shift(trak, movie_rate, self.rate)
        self._sizes = np.frombuffer(index.need(table, b"stsz"), ">u4", -1, 12)
        self._times = Times(index.packed_runs(index.need(table, b"stts"), ">u4"))
        stss = boxes.find(table, b"stss")
        self.end_ms = (self._times.end + self._shift) * 1000 / self.rate
        self._keys = None if stss is None else np.frombuffer(stss, ">u4", -1, 8).astype(np.int64) - 1
        self._chunks, per_chunk = index.chunks(table)
        self._chunk_packets = np.cumsum(per_chunk) - per_chunk

    def between(self, begin_ms: float, end_ms: float) -> range:
        """The packets that show what lies between, from the key frame before on."""
        first, last = (self._at(ms) for ms in (begin_ms, end_ms))
        if self._keys is not None:
            first = int(self._keys[max(0, int(np.searchsorted(self._keys, first, "right")) - 1)])
        return range(first, last + 1)

    def _at(self, ms: float) -> int:
        packet = self._times.packet_at(round(ms * self.rate / 1000) - self._shift)
        return min(max(0, packet), len(self._sizes) - 1)

    def ticks(self, packet: int) -> int:
        return self._times.begin_of(packet) + self._shift

    def read(self, file: int, packet: int) -> bytes:
        chunk = int(np.searchsorted(self._chunk_packets, packet, "right")) - 1
        before: Ints = self._sizes[int(self._chunk_packets[chunk]) : packet]
        return os.pread(
            file, int(self._sizes[packet]), int(self._chunks[chunk]) + int(before.sum(dtype=np.int64))
        )


def _decodes(file: int, track: _Packets, begin_ms: float, end_ms: float) -> bool:
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config
    context.options = {"err_detect": "explode"}
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
