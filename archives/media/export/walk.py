"""Packets of a file that has no tables, or none that this package reads: found by libavformat."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from archives.media.export.packets import UPRIGHT, VIDEO_RATE, Track, Turn

# Position, size, presentation time, duration, whether it is a key frame.
Row = tuple[int, int, int, int, bool]


def tracks(path: Path, turns: Mapping[int, Turn]) -> list[Track]:
    """Every track of frames or sound that can be decoded, from one pass over the whole file.

    `turns`: by the number of a track. Raises av.error.FFmpegError.
    """
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if _usable(stream)]
        rows: dict[int, list[Row]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams) if streams else ():
            if packet.size and packet.pos is not None and packet.pts is not None:
                row = packet.pos, packet.size, packet.pts, packet.duration or 0, packet.is_keyframe
                rows[packet.stream_index].append(row)
        return [_track(path, stream, rows[stream.index], turns) for stream in streams]


def _usable(stream: Any) -> bool:
    """Not a cover picture, and nothing that libavcodec has no decoder for."""
    context = stream.codec_context
    if (
        context is None
        or stream.type not in ("video", "audio")
        or Disposition.attached_pic in stream.disposition
    ):
        return False
    return bool(context.extradata) or context.name not in ("h264", "aac")


def _track(path: Path, stream: Any, rows: list[Row], turns: Mapping[int, Turn]) -> Track:
    context = stream.codec_context
    table = np.array(rows, np.int64).reshape(-1, 5)
    video = stream.type == "video"
    rate = VIDEO_RATE if video else context.sample_rate
    scale = Fraction(stream.time_base) * rate
    ticks = table[:, 2] * scale.numerator // scale.denominator
    ends = ticks + table[:, 3] * scale.numerator // scale.denominator
    shape = {"width": context.width, "height": context.height} if video else {"channels": context.channels}
    return Track(
        path, context.name, bytes(context.extradata or b""), rate, table[:, 0], table[:, 1], ticks,
        table[:, 4] > 0, int(ends.max(initial=0)), turn=turns.get(stream.id, UPRIGHT), **shape,
    )  # fmt: skip
