"""Looks at the picture of a segment: one for each key frame, and more where key frames are rare.

A look keeps a coarse copy of the luma (ROWS x COLUMNS blocks of a few rows each), and of each block its mean,
its spread, and by how much its pixels differ from those of the look before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from archives.media.export.packets import Track

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

ROWS, COLUMNS = 18, 32
# Rows of pixels that are looked at in each row of blocks.
FINE = 4
# If two key frames are farther apart, the frames between them are decoded and looked at this often.
LOOK_EVERY_MS = 2000
MAX_KEY_DISTANCE_MS = 4000
LUMA_FIRST = {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray"}


@dataclass(frozen=True)
class Looks:
    """Of n looks: `times_ms`, `keys`, `sizes` (width, height), and per block `means`, `spreads`, `changes`.

    The latter are (n, blocks); `changes` is NaN for the first look and after a change of size.
    """

    times_ms: NDArray[np.float64]
    keys: NDArray[np.bool_]
    sizes: NDArray[np.int64]
    means: Floats
    spreads: Floats
    changes: Floats

    def __len__(self) -> int:
        return len(self.times_ms)


def look_through(track: Track, hold_on: Callable[[], object] = lambda: None) -> Looks:
    """Decodes what is needed for a look every LOOK_EVERY_MS; damaged frames are left out.

    `hold_on` is called for each look and may raise.
    """
    rows: list[tuple[float, bool, tuple[int, int], Floats, Floats, Floats]] = []
    before: Pixels | None = None
    for at_ms, frame in _looked_at(track):
        hold_on()
        pixels = coarse(frame)
        means, spreads = of_blocks(pixels)
        size = (frame.width, frame.height)
        rows.append((at_ms, bool(frame.key_frame), size, means, spreads, difference(before, pixels)))
        before = pixels
    blocks = np.zeros((0, ROWS * COLUMNS), np.float32)
    return Looks(
        np.array([row[0] for row in rows], np.float64),
        np.array([row[1] for row in rows], np.bool_),
        np.array([row[2] for row in rows], np.int64).reshape(-1, 2),
        *(np.array([row[number] for row in rows], np.float32) if rows else blocks for number in (3, 4, 5)),
    )


def _looked_at(track: Track) -> Iterator[tuple[float, Any]]:
    keys = np.flatnonzero(track.keys)
    following = np.append(keys[1:], len(track))
    instants = track.ticks * 1000 / track.rate
    decoder = _decoder(track)
    for key, end in zip(keys.tolist(), following.tolist(), strict=True):
        if instants[end - 1] - instants[key] < MAX_KEY_DISTANCE_MS:
            yield from _decoded(track, range(key, key + 1), decoder)
        else:
            yield from _now_and_then(_decoded(track, range(key, end), decoder))


def _now_and_then(frames: Iterator[tuple[float, Any]]) -> Iterator[tuple[float, Any]]:
    due = -np.inf
    for at_ms, frame in frames:
        if at_ms >= due:
            due = at_ms + LOOK_EVERY_MS
            yield at_ms, frame


def frames_between(track: Track, from_ms: float, until_ms: float) -> Iterator[tuple[float, Any]]:
    """Every frame of [from_ms, until_ms] and those before it back to a key frame, as (ms, frame)."""
    instants = track.ticks * 1000 / track.rate
    keys = np.flatnonzero(track.keys & (instants <= from_ms))
    first = int(keys[-1]) if len(keys) else 0
    last = int(np.searchsorted(np.maximum.accumulate(instants), until_ms, "right"))
    yield from _decoded(track, range(first, last), _decoder(track))


def _decoder(track: Track) -> Any:
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config
    context.thread_count = 1
    # Unsmoothed edges of blocks are the same in each look, and save a third of the time.
    context.options = {"skip_loop_filter": "all", "flags2": "+fast"}
    return context


def _decoded(track: Track, numbers: range, decoder: Any) -> Iterator[tuple[float, Any]]:
    """A decoder is emptied after each group: it holds frames back otherwise."""
    decoder.flush_buffers()
    with track.path.open("rb") as file:
        for number in numbers:
            file.seek(int(track.offsets[number]))
            packet = av.Packet(file.read(int(track.sizes[number])))
            packet.pts = int(track.ticks[number])
            yield from _frames(track, decoder, packet)
        yield from _frames(track, decoder, None)


def _frames(track: Track, decoder: Any, packet: Any) -> list[tuple[float, Any]]:
    try:
        return [(frame.pts * 1000 / track.rate, frame) for frame in decoder.decode(packet)]
    except FFmpegError:
        return []


def coarse(frame: Any) -> Pixels:
    """Luma as (ROWS * FINE, columns): some rows of pixels of the frame, whole blocks only."""
    if frame.format.name not in LUMA_FIRST:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    rows = ((np.arange(ROWS * FINE) + 0.5) * frame.height / (ROWS * FINE)).astype(np.intp)
    return luma[rows, : frame.width // COLUMNS * COLUMNS]


def of_blocks(pixels: Pixels) -> tuple[Floats, Floats]:
    """(mean, standard deviation) of each block."""
    blocks = _blocks(pixels.astype(np.float32))
    means = blocks.mean(axis=(1, 3))
    squares = np.square(blocks).mean(axis=(1, 3)) - np.square(means)
    return means.ravel(), np.sqrt(np.maximum(squares, 0)).ravel()


def difference(one: Pixels | None, other: Pixels) -> Floats:
    """Mean absolute difference of the pixels of each block; NaN where the two are not of one size."""
    if one is None or one.shape != other.shape:
        return np.full(ROWS * COLUMNS, np.nan, np.float32)
    apart = np.maximum(one, other) - np.minimum(one, other)
    return _blocks(apart).mean(axis=(1, 3), dtype=np.float32).ravel()


def _blocks(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels.reshape(ROWS, FINE, COLUMNS, -1)
