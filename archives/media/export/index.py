"""Where each packet of a piece lies in its file, and when it is shown: read from the tables of the MP4.

The media itself is not touched, so a piece of four hours is indexed in milliseconds. A fragmented MP4 has
no such tables: its packets are found by walking it with libavformat.
"""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from archives.media.export import boxes, h264, walk
from archives.media.export.boxes import Bytes
from archives.media.export.packets import (
    UPRIGHT,
    VIDEO_RATE,
    Ints,
    Piece,
    Sizes,
    Track,
    Turn,
    UnreadablePiece,
)

CODECS = {b"avc1": "h264", b"avc3": "h264", b"mp4a": "aac"}
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
AAC_LC = 2
# A row of a run-length table as it stands in the file.
RUN = np.dtype([("count", ">u4"), ("value", ">u4")])


# What reads tables that make no sense fails so: too long, too short, below zero.
DAMAGE = (ValueError, OverflowError, MemoryError, struct.error, IndexError, FFmpegError)
KINDS = {b"vide": "picture", b"soun": "sound"}


def read_piece(path: Path) -> Piece:
    """The H.264 and the AAC of a piece.

    Raises UnreadablePiece when it has neither, OSError when the file cannot be read.
    """
    piece = read_tables(path)
    if piece.video or piece.audio:
        return piece
    raise UnreadablePiece(next(iter(piece.left_out), "the file has neither H.264 video nor AAC audio"))


def read_tables(path: Path) -> Piece:
    """As read_piece, but a file of other codecs is a piece without tracks. A track that is damaged does not
    take the other one with it.
    """
    size = path.stat().st_size
    if not size:
        raise UnreadablePiece("the file is empty (0 bytes)")
    left_out: list[str] = []
    with path.open("rb") as file:
        try:
            tables, fragmented = moov(file, size)
            found = _walked(path, tables) if fragmented else _tracks(path, tables, size, left_out)
        except UnreadablePiece:
            raise
        except DAMAGE as error:
            raise UnreadablePiece(f"the file is damaged: {error}") from error
    return chosen(found, left_out)


def _walked(path: Path, tables: Bytes) -> list[Track]:
    return [track for track in walk.tracks(path, turns_of(tables)) if track.codec in CODECS.values()]


def chosen(tracks: list[Track], left_out: list[str]) -> Piece:
    """The first track of each kind that holds anything."""
    videos = [track for track in tracks if track.width and len(track)]
    audios = [track for track in tracks if track.channels and len(track)]
    for kind, others in (("picture", videos[1:]), ("sound", audios[1:])):
        if others:
            left_out.append(f"the file has {len(others) + 1} tracks of {kind}, of which the first is used")
    return Piece(next(iter(videos), None), next(iter(audios), None), tuple(left_out))


def moov(file: BinaryIO, size: int) -> tuple[Bytes, bool]:
    """The table of contents, and whether the file is fragmented. Raises UnreadablePiece when it has none."""
    found: Bytes = b""
    fragmented = False
    for place in boxes.top_level(file, size):
        if place.kind == b"moov" and place.end <= size:
            file.seek(place.body)
            found = memoryview(file.read(place.end - place.body))
        fragmented = fragmented or place.kind == b"moof"
    if not found:
        raise UnreadablePiece("the file was not finished: it has no table of contents (moov)")
    return found, fragmented


def _tracks(path: Path, tables: Bytes, size: int, left_out: list[str]) -> list[Track]:
    """Adds to `left_out` why a track is not among them."""
    mvhd = need(tables, b"mvhd")
    movie_rate = struct.unpack_from(">I", mvhd, 20 if mvhd[0] else 12)[0]
    found = []
    for trak in traks(tables):
        try:
            track = _track(path, trak, movie_rate, size)
        except UnreadablePiece as error:
            left_out.append(f"its {_kind(trak)} is not used: {error}")
        except DAMAGE as error:
            left_out.append(f"its {_kind(trak)} is damaged: {error}")
        else:
            found += [track] if track is not None else []
    return found


def _kind(trak: Bytes) -> str:
    """As people call what the track holds, by its handler."""
    hdlr = boxes.find(trak, b"mdia", b"hdlr")
    return KINDS.get(bytes(hdlr[8:12]) if hdlr is not None else b"", "text")


def traks(tables: Bytes) -> list[Bytes]:
    return [body for kind, body in boxes.children(tables) if kind == b"trak"]


def need(data: Bytes, *path: bytes) -> Bytes:
    found = boxes.find(data, *path)
    if found is None:
        raise boxes.BoxError(f"no {path[-1].decode()} box")
    return found


def _track(path: Path, trak: Bytes, movie_rate: int, size: int) -> Track | None:
    table = need(trak, b"mdia", b"minf", b"stbl")
    kind, entry = next(boxes.children(need(table, b"stsd"), 8), (b"", b""))
    if kind not in CODECS or (kind == b"mp4a" and not _is_aac(entry)):
        return None
    mdhd = need(trak, b"mdia", b"mdhd")
    media_rate = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)[0]
    sizes = _sizes(need(table, b"stsz"))
    offsets = _offsets(table, sizes)
    shown = _shown(table, len(sizes))
    end = _last_end(table, shown)
    shift = edit_shift(boxes.find(trak, b"edts", b"elst"), movie_rate, media_rate)
    shown += shift
    keys = _keys(boxes.find(table, b"stss"), len(sizes))
    described = describe(CODECS[kind], entry)
    rate = described.get("rate", VIDEO_RATE)
    ticks = shown if rate == media_rate else np.rint(shown * (rate / media_rate)).astype(np.int64)
    described |= {"codec": CODECS[kind], "rate": rate, "offsets": offsets, "sizes": sizes}
    end = round((end + shift) * (rate / media_rate))
    track = Track(path=path, ticks=ticks, keys=keys, end=end, turn=_turn(trak), **described)
    whole = (offsets >= 0) & (offsets + sizes <= size) & (sizes > 0)
    # What is cut short ends with the last packet that is whole.
    return track if whole.all() else replace(track.take(whole), end=0)


def _sizes(stsz: Bytes) -> Sizes:
    same, count = struct.unpack_from(">II", stsz, 4)
    if same:
        return np.full(count, same, np.int32)
    return np.frombuffer(stsz, ">u4", count, 12).astype(np.int32)


def _offsets(table: Bytes, sizes: Sizes) -> Ints:
    """File offset of each packet: the chunk it lies in plus what lies before it in that chunk."""
    places, per_chunk = chunks(table)
    offsets = np.cumsum(sizes, dtype=np.int64)
    offsets -= sizes
    first = np.cumsum(per_chunk) - per_chunk
    used = first < len(sizes)
    begins = places[used] - offsets[first[used]]
    offsets += _for_each(begins, per_chunk[used], len(sizes))
    return offsets


def _for_each(values: Ints, counts: Ints, packets: int) -> Ints:
    """A run-length table unfolded for so many packets."""
    unfolded = np.repeat(values, np.minimum(counts, packets))[:packets]
    if len(unfolded) < packets:
        raise boxes.BoxError("its tables do not reach the last packet")
    return unfolded


def chunks(table: Bytes) -> tuple[Ints, Ints]:
    """Of each chunk: its offset in the file, and how many packets it holds."""
    stco, co64 = boxes.find(table, b"stco"), boxes.find(table, b"co64")
    found, width = (stco, ">u4") if stco is not None else (co64, ">u8")
    if found is None:
        raise boxes.BoxError("no chunk offsets")
    places = np.frombuffer(found, width, struct.unpack_from(">I", found, 4)[0], 8).astype(np.int64)
    stsc = np.frombuffer(need(table, b"stsc"), ">u4", -1, 8).reshape(-1, 3).astype(np.int64)
    if len(stsc) and (stsc[:, 2] != stsc[0, 2]).any():
        raise UnreadablePiece("the file changes its parameters half-way (several sample descriptions)")
    ends = np.append(stsc[1:, 0], len(places) + 1)
    return places, np.repeat(stsc[:, 1], ends - stsc[:, 0])


def runs(body: Bytes, kind: str) -> tuple[Ints, Ints]:
    pairs = np.frombuffer(body, RUN, -1, 8)
    return pairs["count"].astype(np.int64), pairs["value"].view(kind).astype(np.int64)


def _shown(table: Bytes, count: int) -> Ints:
    counts, lengths = runs(need(table, b"stts"), ">u4")
    shown = np.zeros(count, np.int64)
    shown[1:] = _for_each(lengths, counts, max(0, count - 1))
    np.cumsum(shown, out=shown)
    ctts = boxes.find(table, b"ctts")
    if ctts is not None:
        counts, late = runs(ctts, ">i4")
        shown += _for_each(late, counts, count)
    return shown


def _last_end(table: Bytes, shown: Ints) -> int:
    """Where the packet that is shown last ends; 0 without packets."""
    if not len(shown):
        return 0
    last = int(shown.argmax())
    counts, lengths = runs(need(table, b"stts"), ">u4")
    run = int(np.searchsorted(np.cumsum(counts), last, "right"))
    return int(shown[last]) + (int(lengths[run]) if run < len(lengths) else 0)


def turns_of(tables: Bytes) -> dict[int, Turn]:
    """By the number of a track, how its frames are turned when they are shown."""
    heads = [(need(trak, b"tkhd"), trak) for trak in traks(tables)]
    return {struct.unpack_from(">I", head, 20 if head[0] else 12)[0]: _turn(trak) for head, trak in heads}


def _turn(trak: Bytes) -> Turn:
    """Turns by a right angle and mirrored frames; of any other matrix, upright."""
    head = need(trak, b"tkhd")
    a, b, _, c, d = struct.unpack_from(">5i", head, 52 if head[0] else 40)
    found = tuple((value > 0) - (value < 0) for value in (a, b, c, d))
    straight = (a == d == 0 and b and c) or (b == c == 0 and a and d)
    return found if straight else UPRIGHT


def edit_shift(elst: Bytes | None, movie_rate: int, media_rate: int) -> int:
    """Ticks to add so that 0 is where the presentation begins: empty edits first, then one stretch."""
    if elst is None:
        return 0
    form, step = (">QqI", 20) if elst[0] else (">IiI", 12)
    shift = 0
    for number in range(struct.unpack_from(">I", elst, 4)[0]):
        length, media_time, _ = struct.unpack_from(form, elst, 8 + number * step)
        if media_time != -1:
            return shift - int(media_time)
        shift += round(length * media_rate / movie_rate)
    return shift


def _keys(stss: Bytes | None, count: int) -> NDArray[np.bool_]:
    if stss is None:
        return np.ones(count, np.bool_)
    keys = np.zeros(count, np.bool_)
    keys[np.frombuffer(stss, ">u4", -1, 8).astype(np.int64) - 1] = True
    return keys


def describe(codec: str, entry: Bytes) -> dict[str, Any]:
    if codec == "h264":
        width, height = struct.unpack_from(">HH", entry, 24)
        avcc = bytes(next((body for kind, body in boxes.children(entry, 78) if kind == b"avcC"), b""))
        h264.read_avcc(avcc)
        return {"config": avcc, "width": width, "height": height}
    esds = next((body for kind, body in boxes.children(entry, 28) if kind == b"esds"), b"")
    config = _audio_config(esds)
    return {"config": config, "rate": aac_rate(config), "channels": aac_channels(config)}


def _audio_config(esds: Bytes) -> bytes:
    """AudioSpecificConfig: the descriptor with tag 5 inside those with tags 3 and 4 (ISO/IEC 14496-1)."""
    at = 4
    while at < len(esds):
        tag, at = esds[at], at + 1
        length = 0
        for _ in range(4):
            length, more = length << 7 | esds[at] & 127, esds[at] & 128
            at += 1
            if not more:
                break
        if tag == 5:
            return bytes(esds[at : at + length])
        at += {3: 3, 4: 13}.get(tag, length)
    raise boxes.BoxError("no audio configuration")


def _is_aac(entry: Bytes) -> bool:
    """What is called mp4a may be MP3 as well; and an entry of QuickTime's kind is read by libavformat."""
    esds = next((body for kind, body in boxes.children(entry, 28) if kind == b"esds"), b"")
    try:
        return aac_channels(_audio_config(esds)) > 0
    except (boxes.BoxError, IndexError):
        return False


def aac_rate(config: bytes) -> int:
    """Sampling rate by an AudioSpecificConfig (ISO/IEC 14496-3)."""
    number = (config[0] & 7) << 1 | config[1] >> 7
    return AAC_RATES[number] if number < len(AAC_RATES) else 48_000


def aac_channels(config: bytes) -> int:
    """Channels by an AudioSpecificConfig; 0 if it describes them one by one."""
    number = config[1] >> 3 & 15
    return {7: 8}.get(number, number)


def is_plain_aac(config: bytes) -> bool:
    """AAC-LC with packets of 1024 samples and nothing on top, such as spectral band replication."""
    no_extension = config[2:] in (b"", b"\x56\xe5\x00")
    return config[0] >> 3 == AAC_LC and not config[1] & 4 and no_extension and aac_channels(config) > 0
