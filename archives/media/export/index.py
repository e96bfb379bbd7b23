"""Where each packet of a piece lies in its file, and when it is shown: read from the tables of the MP4.

The media itself is not touched, so a piece of four hours is indexed in milliseconds. A fragmented MP4 has
no such tables: its packets are found by walking it with libavformat.
"""

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from archives.media.export import boxes, h264
from archives.media.export.boxes import Bytes

Ints = NDArray[np.int64]
Sizes = NDArray[np.int32]
VIDEO_RATE = 90_000
CODECS = {b"avc1": "h264", b"avc3": "h264", b"mp4a": "aac"}
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
AAC_LC = 2
# A row of a run-length table as it stands in the file.
RUN = np.dtype([("count", ">u4"), ("value", ">u4")])


class UnreadablePiece(ValueError):
    """The file holds no media that can be used; the message says why."""


@dataclass(frozen=True)
class Track:
    """Packets of one track in decoding order.

    `ticks` are presentation times on the piece's clock after its edit list, `rate` of them to the second
    (90000 for video, the sampling rate for audio): the priming of AAC lies before 0.
    """

    path: Path
    codec: str
    config: bytes
    rate: int
    offsets: Ints
    sizes: Sizes | Ints
    ticks: Ints
    keys: NDArray[np.bool_]
    width: int = 0
    height: int = 0
    channels: int = 0

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def reordered(self) -> bool:
        """Frames are shown in another order than they are stored: it has B-frames."""
        return bool(len(self) and (np.diff(self.ticks) < 0).any())

    @property
    def frame_ticks(self) -> int:
        """The usual distance of two packets; that of 25 fps when there is only one."""
        if len(self) < 2:
            return self.rate // 25
        return max(1, int(np.median(np.diff(np.sort(self.ticks[:1000])))))

    def take(self, chosen: Any) -> "Track":
        """The same track with only these packets."""
        kept = {name: getattr(self, name)[chosen] for name in ("offsets", "sizes", "ticks", "keys")}
        return replace(self, **kept)


@dataclass(frozen=True)
class Piece:
    video: Track | None
    audio: Track | None


def read_piece(path: Path) -> Piece:
    """Raises UnreadablePiece when there is nothing to use, OSError when the file cannot be read."""
    size = path.stat().st_size
    if not size:
        raise UnreadablePiece("the file is empty (0 bytes)")
    with path.open("rb") as file:
        try:
            tables, fragmented = moov(file, size)
            tracks = _walk(path) if fragmented else _tracks(path, tables, size)
        except UnreadablePiece:
            raise
        # Tables that make no sense fail in whatever reads them: too long, too short, below zero.
        except (ValueError, OverflowError, MemoryError, struct.error, IndexError, FFmpegError) as error:
            raise UnreadablePiece(f"the file is damaged: {error}") from error
    video = next((track for track in tracks if track.width and len(track)), None)
    audio = next((track for track in tracks if track.channels and len(track)), None)
    if not video and not audio:
        raise UnreadablePiece("the file has neither H.264 video nor AAC audio")
    return Piece(video, audio)


class Pieces:
    """As read_piece, with the last two remembered: the tables of a long piece take room."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Path, int], Piece] = {}

    def __call__(self, path: Path, changed_ns: int) -> Piece:
        """`changed_ns` tells a file from a later one of its name."""
        wanted = path, changed_ns
        if wanted not in self.kept:
            # The older one goes before the new one comes, not after.
            while len(self.kept) > 1:
                del self.kept[next(iter(self.kept))]
            self.kept[wanted] = read_piece(path)
        return self.kept[wanted]

    def forget(self) -> None:
        self.kept.clear()


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


def _tracks(path: Path, tables: Bytes, size: int) -> list[Track]:
    mvhd = need(tables, b"mvhd")
    movie_rate = struct.unpack_from(">I", mvhd, 20 if mvhd[0] else 12)[0]
    traks = [body for kind, body in boxes.children(tables) if kind == b"trak"]
    tracks = (_track(path, trak, movie_rate, size) for trak in traks)
    return [track for track in tracks if track is not None]


def need(data: Bytes, *path: bytes) -> Bytes:
    found = boxes.find(data, *path)
    if found is None:
        raise boxes.BoxError(f"no {path[-1].decode()} box")
    return found


def _track(path: Path, trak: Bytes, movie_rate: int, size: int) -> Track | None:
    table = need(trak, b"mdia", b"minf", b"stbl")
    kind, entry = next(boxes.children(need(table, b"stsd"), 8), (b"", b""))
    if kind not in CODECS:
        return None
    mdhd = need(trak, b"mdia", b"mdhd")
    media_rate = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)[0]
    sizes = _sizes(need(table, b"stsz"))
    offsets = _offsets(table, sizes)
    shown = _shown(table, len(sizes))
    shown += edit_shift(boxes.find(trak, b"edts", b"elst"), movie_rate, media_rate)
    keys = _keys(boxes.find(table, b"stss"), len(sizes))
    described = describe(CODECS[kind], entry)
    rate = described.get("rate", VIDEO_RATE)
    ticks = shown if rate == media_rate else np.rint(shown * (rate / media_rate)).astype(np.int64)
    described |= {"codec": CODECS[kind], "rate": rate, "offsets": offsets, "sizes": sizes}
    track = Track(path=path, ticks=ticks, keys=keys, **described)
    whole = (offsets >= 0) & (offsets + sizes <= size) & (sizes > 0)
    return track if whole.all() else track.take(whole)


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
    return {"config": config, "rate": aac_rate(config), "channels": config[1] >> 3 & 15}


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


def aac_rate(config: bytes) -> int:
    """Sampling rate by an AudioSpecificConfig (ISO/IEC 14496-3)."""
    number = (config[0] & 7) << 1 | config[1] >> 7
    return AAC_RATES[number] if number < len(AAC_RATES) else 48_000


def is_plain_aac(config: bytes) -> bool:
    """AAC-LC with packets of 1024 samples and nothing on top, such as spectral band replication."""
    no_extension = config[2:] in (b"", b"\x56\xe5\x00")
    return config[0] >> 3 == AAC_LC and not config[1] & 4 and no_extension


def _walk(path: Path) -> list[Track]:
    with av.open(str(path)) as container:
        streams = [s for s in (*container.streams.video[:1], *container.streams.audio[:1]) if _usable(s)]
        rows: dict[int, list[tuple[int, int, int, bool]]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams) if streams else ():
            if packet.size and packet.pos is not None and packet.pts is not None:
                rows[packet.stream_index].append((packet.pos, packet.size, packet.pts, packet.is_keyframe))
        return [_walked(path, stream, rows[stream.index]) for stream in streams]


def _usable(stream: Any) -> bool:
    context = stream.codec_context
    return bool(context and context.name in CODECS.values() and context.extradata)


def _walked(path: Path, stream: Any, rows: list[tuple[int, int, int, bool]]) -> Track:
    context = stream.codec_context
    table = np.array(rows, np.int64).reshape(-1, 4)
    video = stream.type == "video"
    rate = VIDEO_RATE if video else context.sample_rate
    scale = Fraction(stream.time_base) * rate
    ticks = table[:, 2] * scale.numerator // scale.denominator
    shape = {"width": context.width, "height": context.height} if video else {"channels": context.channels}
    config, keys = bytes(context.extradata), table[:, 3] > 0
    return Track(path, context.name, config, rate, table[:, 0], table[:, 1], ticks, keys, **shape)
