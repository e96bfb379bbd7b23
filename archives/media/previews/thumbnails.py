"""Small pictures and sound levels for the scrubber of the player: a sprite (JPEG), WebVTT, JSON.

Only key frames are decoded, one for each thumbnail, so four hours take seconds. Knows nothing of Django;
takes the same spans as an export.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image

from archives.media.export.index import read_piece
from archives.media.export.packets import Track, UnreadablePiece
from archives.media.export.plan import GapSpan, PieceSpan

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
WIDTH, HEIGHT = 160, 90
COLUMNS = 10
# One sprite is one picture to load: more thumbnails than this are spaced wider instead.
MOST_THUMBNAILS = 400
LEVEL_EVERY_MS = 500
# The line under the player is a thousand columns wide: longer runs have longer intervals.
MOST_LEVELS = 20_000
JPEG_QUALITY = 75
# It is stored for the second time, so nearly as it is.
COVER_QUALITY = 90
# Packets between two looks at whether to go on: some twenty seconds of sound, a few milliseconds of work.
CHECK_EVERY = 1000


class Cancel(Exception):
    """Somebody asked to stop; nothing was written."""


@dataclass(frozen=True)
class Sprite:
    """What was written: `count` pictures, one every `interval_ms` of the run."""

    count: int
    interval_ms: int


def sprite(
    spans: Sequence[PieceSpan | GapSpan],
    picture: Path,
    cues: Path,
    *,
    address: str = "",
    every_ms: int = 10_000,
    progress: Progress = lambda share: None,
    cancelled: Cancelled = lambda: False,
) -> Sprite:
    """Writes `picture` (JPEG) and `cues` (WebVTT naming parts of it by `#xywh=`, as `address` or its name).

    Each shows the middle of its interval: where a recording begins nobody's picture has come yet. Gaps and
    pieces without a usable picture stay black. Raises Cancel when `cancelled` turns true.
    """
    length_ms = round(spans[-1].start_ms + spans[-1].length_ms) if spans else 0
    interval_ms = max(every_ms, -(-length_ms // MOST_THUMBNAILS))
    count = max(1, -(-length_ms // interval_ms))
    sheet = Image.new("RGB", (min(count, COLUMNS) * WIDTH, -(-count // COLUMNS) * HEIGHT))
    for number, image in _images(spans, _middles(count, interval_ms, length_ms)):
        if cancelled():
            raise Cancel("The thumbnails were cancelled.")
        if image is not None:
            sheet.paste(image, _corner(number))
        progress((number + 1) / count)
    _write(picture, lambda path: sheet.save(path, "JPEG", quality=JPEG_QUALITY))
    text = web_vtt(address or picture.name, count, interval_ms, length_ms)
    _write(cues, lambda path: path.write_text(text))
    progress(1.0)
    return Sprite(count, interval_ms)


def cover(picture: Path, target: Path) -> None:
    """Writes the first thumbnail alone: a list of runs need not load all of each."""
    with Image.open(picture) as sheet:
        first = sheet.crop((0, 0, WIDTH, HEIGHT))
    _write(target, lambda path: first.save(path, "JPEG", quality=COVER_QUALITY))


def _corner(number: int) -> tuple[int, int]:
    return number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT


def _write(target: Path, write: Callable[[Path], Any]) -> None:
    """Under a temporary name first: nobody ever loads half a file."""
    partial = target.with_name(f".{target.name}.part")
    try:
        write(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def web_vtt(picture: str, count: int, interval_ms: int, length_ms: int) -> str:
    cues = ["WEBVTT"]
    for number in range(count):
        begin, end = number * interval_ms, min((number + 1) * interval_ms, max(length_ms, 1))
        left, top = _corner(number)
        place = f"{picture}#xywh={left},{top},{WIDTH},{HEIGHT}"
        cues.append(f"{_clock(begin)} --> {_clock(end)}\n{place}")
    return "\n\n".join(cues) + "\n"


def _clock(ms: int) -> str:
    seconds, thousandths = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _middles(count: int, interval_ms: int, length_ms: int) -> list[float]:
    return [
        (begin + min(begin + interval_ms, length_ms)) / 2
        for begin in range(0, count * interval_ms, interval_ms)
    ]


def _images(
    spans: Sequence[PieceSpan | GapSpan], instants: Sequence[float]
) -> Iterator[tuple[int, Image.Image | None]]:
    """(number, picture or None) of each of these ascending instants of the run."""
    for span in spans:
        track = _track(span, "video")
        first = bisect_left(instants, span.start_ms)
        for number in range(first, bisect_left(instants, span.start_ms + span.length_ms)):
            if track is None or isinstance(span, GapSpan):
                yield number, None
            else:
                yield number, key_frame(track, instants[number] - span.start_ms + span.in_ms)


def _track(span: PieceSpan | GapSpan, kind: str) -> Track | None:
    """None for what has no such track, or is no media at all."""
    if isinstance(span, GapSpan):
        return None
    try:
        piece = read_piece(span.path)
    except UnreadablePiece:
        return None
    return piece.video if kind == "video" else piece.audio


def key_frame(track: Track, at_ms: float) -> Image.Image | None:
    """The key frame nearest to an instant of the piece, small, in its own proportions on black."""
    keys = np.flatnonzero(track.keys)
    if not len(keys):
        return None
    key = int(keys[np.abs(track.ticks[keys] - at_ms * track.rate / 1000).argmin()])
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config
    with track.path.open("rb") as file:
        file.seek(int(track.offsets[key]))
        packet = av.Packet(file.read(int(track.sizes[key])))
    try:
        frames = [*context.decode(packet), *context.decode(None)]
    except FFmpegError:
        return None
    return _small(frames[0]) if frames else None


def _small(frame: Any) -> Image.Image:
    scale = min(WIDTH / frame.width, HEIGHT / frame.height)
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    image = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_image()
    canvas = Image.new("RGB", (WIDTH, HEIGHT))
    canvas.paste(image, ((WIDTH - width) // 2, (HEIGHT - height) // 2))
    return canvas


def sound_levels(
    spans: Sequence[PieceSpan | GapSpan],
    target: Path,
    *,
    every_ms: int = LEVEL_EVERY_MS,
    progress: Progress = lambda share: None,
    cancelled: Cancelled = lambda: False,
) -> list[float]:
    """Writes {"every_ms", "peaks"} as JSON: the loudest sample (0 to 1) of each interval of the run."""
    length_ms = spans[-1].start_ms + spans[-1].length_ms if spans else 0
    every_ms = max(every_ms, ceil(length_ms / MOST_LEVELS))
    peaks = np.zeros(int(-(-length_ms // every_ms)), np.float32)
    for span in spans:
        track = _track(span, "audio")
        if track is None or isinstance(span, GapSpan):
            continue
        for number, (at_ms, loudest) in enumerate(_loudness(track, span)):
            if number % CHECK_EVERY == 0:
                if cancelled():
                    raise Cancel("The sound levels were cancelled.")
                progress(at_ms / length_ms)
            interval = min(max(0, int(at_ms // every_ms)), len(peaks) - 1)
            peaks[interval] = max(peaks[interval], loudest)
    rounded = [round(min(1.0, float(peak)), 3) for peak in peaks]
    _write(target, lambda path: path.write_text(json.dumps({"every_ms": every_ms, "peaks": rounded})))
    progress(1.0)
    return rounded


def _loudness(track: Track, span: PieceSpan) -> Iterator[tuple[float, float]]:
    """(instant of the run in ms, loudest sample) of each packet inside the span."""
    context: Any = av.CodecContext.create("aac", "r")
    context.extradata = track.config
    instants = track.ticks * 1000 / track.rate
    inside = np.flatnonzero((instants >= span.in_ms) & (instants < span.out_ms))
    with track.path.open("rb") as file:
        for index in inside.tolist():
            file.seek(int(track.offsets[index]))
            block = _decoded(context, av.Packet(file.read(int(track.sizes[index]))))
            yield float(instants[index]) - span.in_ms + span.start_ms, float(np.abs(block).max(initial=0))


def _decoded(context: Any, packet: Any) -> NDArray[np.float32]:
    try:
        parts = [frame.to_ndarray() for frame in context.decode(packet)]
    # Damage shows as any of them: one bad packet is no reason to do without the others.
    except FFmpegError:
        parts = []
    return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)
