"""Writes the table of contents (moov) of the export: tracks, times, chapters, names."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from archives.media.export import turning
from archives.media.export.boxes import Bytes, Parts, Streamed, box, full_box, joined
from archives.media.export.index import RUN
from archives.media.export.layout import Media
from archives.media.export.packets import UPRIGHT, Turn
from archives.media.export.table import Column, Stored

MOVIE_RATE = 1000
# The format counts seconds from here (ISO/IEC 14496-12, 8.2.2).
EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
MATRIX = turning.matrix(UPRIGHT, 0, 0)
FILE_TYPE = joined(box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41"))
# Nero's chapter box counts in one byte; the chapter track has no such limit.
MOST_NERO_CHAPTERS = 255


@dataclass
class Entry:
    """A track of the header. `media_time`: the tick shown first; `end`: where the last packet ends."""

    media: Media
    handler: bytes
    sample_entry: bytes
    end: int
    media_time: int = 0
    width: int = 0
    height: int = 0
    enabled: bool = True
    turn: Turn = UPRIGHT

    @cached_property
    def tables(self) -> "_Tables":
        return _Tables.of(self)


@dataclass
class _Tables:
    """Run lengths of the durations and, for pictures, numbers of key frames (from 1) and run lengths of how
    much later than they are decoded they are shown: as in the file.
    """

    lengths: Column
    keys: Column
    late: Column

    @classmethod
    def of(cls, entry: Entry) -> "_Tables":
        rows_of = entry.media.rows
        folder = rows_of.folder
        found = cls(Column(folder, RUN), Column(folder, ">u4"), Column(folder, RUN))
        done, before = 0, np.zeros(0, np.int64)
        for rows in rows_of.blocks():
            if entry.handler == b"vide":
                found.keys.extend(np.flatnonzero(rows["key"]) + done + 1)
                add_runs(found.late, rows["late"])
            # The last length of a block is known with the next one.
            ticks = np.concatenate([before, rows["ticks"]])
            add_runs(found.lengths, np.diff(ticks))
            done, before = done + len(rows), ticks[-1:]
        add_runs(found.lengths, entry.end - before)
        return found


def add_runs(table: Column, values: NDArray[Any]) -> None:
    """Equal neighbours are one row; one may go on from the part before."""
    if not len(values):
        return
    begins = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    more = np.empty(len(begins), RUN)
    more["count"] = np.diff(np.append(begins, len(values)))
    # Below zero in two's complement, as version 1 of such a table has it.
    more["value"] = values[begins].astype(np.int64) & 0xFFFFFFFF
    count = len(table)
    last = table.part(max(0, count - 1), count)
    if count and last["value"][0] == more["value"][0]:
        last["count"] += more["count"][0]
        table.write(count - 1, last)
        more = more[1:]
    table.extend(more)


@dataclass(frozen=True)
class Chapter:
    start_ms: int
    title: str


def moov(
    entries: list[Entry],
    *,
    length_ms: int,
    created_at: datetime,
    title: str,
    chapters: list[Chapter],
    base: int,
) -> Parts:
    """The whole box; chunk offsets are counted from `base`."""
    made = int((created_at - EPOCH).total_seconds())
    traks = [_trak(entry, number + 1, entries, length_ms, made, base) for number, entry in enumerate(entries)]
    return box(b"moov", _mvhd(made, length_ms, len(entries) + 1), *traks, _udta(title, chapters, created_at))


def _mvhd(made: int, length_ms: int, next_track: int) -> Parts:
    return full_box(
        b"mvhd", 1, 0,
        struct.pack(">QQIQ", made, made, MOVIE_RATE, length_ms),
        struct.pack(">IH10x", 0x10000, 0x100), MATRIX, bytes(24), struct.pack(">I", next_track),
    )  # fmt: skip


def _trak(entry: Entry, number: int, entries: list[Entry], length_ms: int, made: int, base: int) -> Parts:
    volume = 0x100 if entry.handler == b"soun" else 0
    tkhd = full_box(
        b"tkhd", 1, 3 if entry.enabled else 0,
        struct.pack(">QQIIQ8xHHH2x", made, made, number, 0, length_ms, 0, int(volume > 0), volume),
        turning.matrix(entry.turn, entry.width, entry.height),
        struct.pack(">II", entry.width << 16, entry.height << 16),
    )  # fmt: skip
    elst = full_box(b"elst", 1, 0, struct.pack(">IQqI", 1, length_ms, entry.media_time, 0x10000))
    chapters = [at + 1 for at, other in enumerate(entries) if other.handler == b"text"]
    tref: Bytes | Parts = b""
    if chapters and entry.handler != b"text":
        tref = box(b"tref", box(b"chap", struct.pack(f">{len(chapters)}I", *chapters)))
    return box(b"trak", tkhd, box(b"edts", elst), tref, _mdia(entry, made, base))


def _mdia(entry: Entry, made: int, base: int) -> Parts:
    mdhd = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", made, made, entry.media.rate, entry.end, 0x55C4, 0))
    hdlr = full_box(b"hdlr", 0, 0, bytes(4), entry.handler, bytes(12), b"\0")
    kind = {
        b"vide": full_box(b"vmhd", 0, 1, bytes(8)),
        b"soun": full_box(b"smhd", 0, 0, bytes(4)),
        b"text": box(b"gmhd", full_box(b"gmin", 0, 0, struct.pack(">6H", 64, 0x8000, 0x8000, 0x8000, 0, 0))),
    }[entry.handler]
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(b"mdia", mdhd, hdlr, box(b"minf", kind, dinf, _stbl(entry, base)))


def _stbl(entry: Entry, base: int) -> Parts:
    media, tables = entry.media, entry.tables
    stsd = full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry.sample_entry)
    stss: Bytes | Parts = b""
    # Without such a table every packet is a key, as those of sound are.
    if 0 < len(tables.keys) < len(media.rows):
        stss = _counted(b"stss", tables.keys)
    ctts: Bytes | Parts = b""
    if len(tables.late) > 1:
        ctts = _counted(b"ctts", tables.late, version=1)
    count = len(media.rows)
    sizes = Streamed(4 * count, lambda: (_raw(media.sizes(rows), ">u4") for rows in media.rows.blocks()))
    stsz = full_box(b"stsz", 0, 0, struct.pack(">II", 0, count), sizes)
    stsc = _counted(b"stsc", media.chunk_runs)
    return box(
        b"stbl", stsd, _counted(b"stts", tables.lengths), ctts, stss, stsc, stsz, _offsets(media, base)
    )


def _counted(kind: bytes, table: Stored, version: int = 0) -> Parts:
    """A table as it lies on the disk, with the number of its rows in front."""
    size = len(table) * table.kind.itemsize
    body = Streamed(size, lambda: (_raw(rows, table.kind) for rows in table.blocks()))
    return full_box(kind, version, 0, struct.pack(">I", len(table)), body)


def _raw(rows: NDArray[Any], kind: DTypeLike) -> bytes:
    return rows.astype(kind, copy=False).tobytes()


def _offsets(media: Media, base: int) -> Parts:
    chunks = media.chunk_offsets
    last = int(chunks.part(len(chunks) - 1, len(chunks))[0])
    box_kind, kind = (b"stco", ">u4") if last + base < 1 << 32 else (b"co64", ">u8")
    size = len(chunks) * np.dtype(kind).itemsize
    body = Streamed(size, lambda: (_raw(offsets + base, kind) for offsets in chunks.blocks()))
    return full_box(box_kind, 0, 0, struct.pack(">I", len(chunks)), body)


def _udta(title: str, chapters: list[Chapter], created_at: datetime) -> Parts:
    hdlr = full_box(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    day = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    items = (b"\xa9nam", title), (b"\xa9day", day), (b"\xa9too", "Dual Session Archive")
    ilst = box(b"ilst", *(box(kind, _item(text)) for kind, text in items))
    return box(b"udta", full_box(b"meta", 0, 0, hdlr, ilst), _nero(chapters[:MOST_NERO_CHAPTERS]))


def _item(text: str) -> Parts:
    return box(b"data", struct.pack(">II", 1, 0), text.encode())


def _nero(chapters: list[Chapter]) -> Parts:
    """Start in units of 100 ns, length of the name in one byte."""
    names = [(chapter.start_ms, chapter.title.encode()[:255]) for chapter in chapters]
    rows = (struct.pack(">QB", start_ms * 10_000, len(name)) + name for start_ms, name in names)
    return full_box(b"chpl", 1, 0, bytes(4), bytes([len(names)]), *rows)


def video_entry(width: int, height: int, avcc: bytes) -> bytes:
    return joined(box(
        b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", width, height),
        struct.pack(">IIIH32xHh", 0x480000, 0x480000, 0, 1, 24, -1), box(b"avcC", avcc),
    ))  # fmt: skip


def audio_entry(rate: int, channels: int, config: bytes) -> bytes:
    decoder = b"\x40\x15" + bytes(3) + struct.pack(">II", 128_000, 128_000) + _descriptor(5, config)
    stream = struct.pack(">HB", 0, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return joined(box(
        b"mp4a", bytes(6), struct.pack(">H", 1), bytes(8),
        struct.pack(">HHII", channels, 16, 0, rate << 16), full_box(b"esds", 0, 0, _descriptor(3, stream)),
    ))  # fmt: skip


def _descriptor(tag: int, body: bytes) -> bytes:
    """The length in four bytes of seven bits each, as everybody writes it."""
    length = bytes(len(body) >> shift & 127 | (0x80 if shift else 0) for shift in (21, 14, 7, 0))
    return bytes([tag]) + length + body


def text_entry() -> bytes:
    """QuickTime text, as chapter tracks use it: all defaults."""
    return joined(box(b"text", bytes(6), struct.pack(">H", 1), struct.pack(">II", 1, 1), bytes(35)))


def text_sample(title: str) -> bytes:
    name = title.encode()
    return struct.pack(">H", len(name)) + name + joined(box(b"encd", struct.pack(">I", 0x100)))
