"""Writes drawn calls as a recorder would, and joins such files by copying their packets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from fractions import Fraction
from math import gcd
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame

from tests.support.media.call_scenes import FPS, Luma
from tests.support.media.call_sounds import RATE, Samples

AAC = 1024
KEY_FRAMES = 50
CRF = 26


def aligned_frames(fps: int) -> int:
    """After so many frames a whole number of AAC packets ends too, so that files join without a rest."""
    return AAC // gcd(AAC, RATE // fps)


Instant = tuple[Luma | None, Samples | None]


def write(
    path: Path,
    instants: Iterable[Instant],
    size: tuple[int, int],
    *,
    gop: int = KEY_FRAMES,
    fps: int = FPS,
    crf: int = CRF,
    tracks: Sequence[str] = ("video", "audio"),
) -> Path:
    """One file of these frames and blocks of sound, a key frame every `gop` frames.

    Where an instant has None, nothing is recorded, and what follows keeps its time.
    """
    with av.open(str(path), "w", format="mp4") as container:
        video = _video(container, size, gop, fps, crf) if "video" in tracks else None
        audio = _Sound(container) if "audio" in tracks else None
        for number, (luma, block) in enumerate(instants):
            if video and luma is not None:
                container.mux(video.encode(_frame(luma, number, fps)))
            if audio and block is not None:
                audio.add(block, number * RATE // fps)
        if video:
            container.mux(video.encode(None))
        if audio:
            audio.end()
    return path


class _Sound:
    """Cuts blocks into packets; a hole begins a packet of its own."""

    def __init__(self, container: Any) -> None:
        self._container, self._stream = container, _audio(container)
        self._rest, self._at = np.zeros(0, np.float32), 0

    def add(self, block: Samples, at: int) -> None:
        if at > self._at + len(self._rest):
            self._rest, self._at = np.zeros(0, np.float32), at
        self._rest = np.concatenate([self._rest, block])
        while len(self._rest) >= AAC:
            self._container.mux(self._stream.encode(_block(self._rest[:AAC], self._at)))
            self._rest, self._at = self._rest[AAC:], self._at + AAC

    def end(self) -> None:
        self._container.mux(self._stream.encode(None))


def _video(container: Any, size: tuple[int, int], gop: int, fps: int, crf: int) -> Any:
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.thread_count = 1
    stream.codec_context.colorspace, stream.codec_context.color_range = 6, 1
    x264 = f"bframes=0:scenecut=0:keyint={gop}:min-keyint={gop}:repeat-headers=1"
    stream.options = {"preset": "ultrafast", "profile": "baseline", "crf": str(crf), "x264-params": x264}
    return stream


def _audio(container: Any) -> Any:
    stream = container.add_stream("aac", rate=RATE, layout="mono")
    stream.bit_rate = 64_000
    # The thorough one takes half of the time that all the rest does.
    stream.options = {"aac_coder": "fast"}
    return stream


def _frame(luma: Luma, number: int, fps: int) -> VideoFrame:
    height, width = luma.shape
    grey = np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])
    frame = VideoFrame.from_ndarray(grey, format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame


def _block(samples: Samples, at: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples.reshape(1, -1)), format="fltp", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


class Packets:
    """The packets of one file, in memory, so that they can be written many times."""

    def __init__(self, path: Path, fps: int = FPS) -> None:
        self.fps = fps
        with av.open(str(path)) as container:
            self.video, self.audio = [], []
            for packet in container.demux():
                if packet.size and packet.pts is not None and packet.pts >= 0:
                    kept = self.video if packet.stream.type == "video" else self.audio
                    kept.append((bytes(packet), packet.is_keyframe))
        whole = aligned_frames(fps)
        aligned = len(self.video) // whole * whole
        self.video = self.video[:aligned]
        self.audio = self.audio[: self._blocks(aligned)]

    def _blocks(self, frames: int) -> int:
        return frames * RATE // self.fps // AAC

    def part(self, first: int, frames: int) -> Packets:
        """`frames` from the key frame `first` on; both are multiples of `aligned_frames`."""
        chosen = copy(self)
        chosen.video = self.video[first : first + frames]
        chosen.audio = self.audio[self._blocks(first) : self._blocks(first + frames)]
        return chosen


def join(path: Path, template: Path, parts: Sequence[Packets], *, stretch: float = 1.0) -> Path:
    """One file of these packets, one after the other, described as `template` is.

    `stretch`: how far apart the times of sound are, by their samples; anything but 1 makes it drift.
    """
    fps = parts[0].fps
    with av.open(str(template)) as source, av.open(str(path), "w", format="mp4") as target:
        streams = [target.add_stream_from_template(each) for each in source.streams]
        video = next(each for each in streams if each.type == "video")
        audio = next(each for each in streams if each.type == "audio")
        frames = [packet for part in parts for packet in part.video]
        blocks = iter([packet for part in parts for packet in part.audio])
        sent = 0
        for number, (data, key) in enumerate(frames):
            target.mux(_packet(data, key, number, Fraction(1, fps), video))
            while sent * AAC < (number + 1) * RATE // fps and (block := next(blocks, None)):
                target.mux(_packet(block[0], True, round(sent * AAC * stretch), Fraction(1, RATE), audio))
                sent += 1
    return path


def _packet(data: bytes, key: bool, at: int, base: Fraction, stream: Any) -> Any:
    packet = av.Packet(data)
    packet.pts = packet.dts = at
    packet.time_base, packet.is_keyframe, packet.stream = base, key, stream
    return packet
