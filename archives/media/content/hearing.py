"""How loud each packet of a segment's sound is, and how much of it lies at full scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from archives.media.export.packets import Track

# What is cut off at full scale rings a little after AAC: it is near full scale and beyond.
FULL_SCALE = 0.97
# Packets between two looks at whether to go on: some twenty seconds of sound.
CHECK_EVERY = 1000


@dataclass(frozen=True)
class Hearing:
    """Of n packets: `times_ms`, `peaks` (0 to 1 and a little more), and the share of samples at full scale.

    A packet that cannot be decoded has NaN.
    """

    times_ms: NDArray[np.float64]
    peaks: NDArray[np.float32]
    full: NDArray[np.float32]


def hear(track: Track, hold_on: Callable[[], object] = lambda: None) -> Hearing:
    """Decodes all of it; `hold_on` is called now and then and may raise."""
    order = np.argsort(track.ticks, kind="stable")
    times = track.ticks[order] * 1000 / track.rate
    peaks = np.full(len(order), np.nan, np.float32)
    full = np.full(len(order), np.nan, np.float32)
    context: Any = av.CodecContext.create("aac", "r")
    context.extradata = track.config
    with track.path.open("rb") as file:
        for number, index in enumerate(order.tolist()):
            if number % CHECK_EVERY == 0:
                hold_on()
            file.seek(int(track.offsets[index]))
            samples = _samples(context, file.read(int(track.sizes[index])))
            if samples.size:
                peaks[number] = loudest = max(samples.max(), -samples.min())
                full[number] = (np.abs(samples) >= FULL_SCALE).mean() if loudest >= FULL_SCALE else 0
    return Hearing(times, peaks, full)


def _samples(context: Any, data: bytes) -> NDArray[np.float32]:
    try:
        planes = [plane for frame in context.decode(av.Packet(data)) for plane in frame.planes]
    except FFmpegError:
        return np.zeros(0, np.float32)
    parts = [np.frombuffer(plane, np.float32) for plane in planes]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])
